"""Plain structural recursion: the one form of ``Fixpoint`` that a theory may hold.

The form is ::

    Fixpoint f (a : A) (n : nat) : B := match n with O => ... | S k => ... f x k ... end.

A recursive call has, in place of the argument on which the match is, a variable of the pattern itself. Coq's own guard
checker accepts much more, and some of it wrongly: what it accepts wrongly has none of this form.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["SHAPE", "recursion_problem", "tokens"]

SHAPE = "Fixpoint f (n : T) ... : U := match n with pattern => term | ... end"

_TOKEN = re.compile(r'[^\W\d][\w\']*(?:\.[^\W\d][\w\']*)*|\d+|""|=>|:=|::|\|\||&&|[^\s\w]')
_WORD = re.compile(r"[^\W\d][\w']*")
_OPEN, _CLOSE = ("(", "[", "{"), (")", "]", "}")
_BINDERS = {"fun": "=>", "forall": ",", "exists": ","}
_KEYWORDS = ("if", "then", "else", "in", "with", "end", "mod", *_BINDERS, "Prop", "Set", "Type")
_NESTED = ("fix", "cofix", "let", "match", "as", "return", "where", "struct")


class _NotPlain(Exception):
    """The recursion is of another form; the argument says how."""


def tokens(bare: str) -> list[str]:
    """Return the tokens of a sentence without comments, as far as this module needs to tell them apart.

    >>> tokens("match n with S k => f k end")
    ['match', 'n', 'with', 'S', 'k', '=>', 'f', 'k', 'end']
    """
    return _TOKEN.findall(re.sub(r'"[^"]*"', '""', bare))


def recursion_problem(bare: str) -> str:
    """Return what is not plain about a ``Fixpoint`` sentence; empty if it is of the one form.

    >>> recursion_problem("Fixpoint f (n : nat) : nat := match n with O => 0 | S k => f k end")
    ''
    >>> recursion_problem("Fixpoint f (n : nat) : nat := match n with O => 0 | S k => f (S k) end")
    'a call of f does not have a variable of the pattern in place of n'
    """
    try:
        _check(tokens(bare))
    except _NotPlain as problem:
        return str(problem)
    return ""


def _check(found: list[str]) -> None:
    if len(found) < 2 or found[0] != "Fixpoint" or _WORD.fullmatch(found[1]) is None:
        raise _NotPlain("it has no name")
    name = found[1]
    parameters, rest = _parameters(found[2:])
    if ":=" not in rest:
        raise _NotPlain("it has no body")
    split = rest.index(":=")
    body = rest[split + 1 :]
    if name in rest[:split] or name in parameters:
        raise _NotPlain(f"{name} occurs in its own type")
    nested = next((word for word in [*rest[:split], *body[1:]] if word in _NESTED), None)
    if nested is not None:
        raise _NotPlain(f"`{nested}` inside of it")
    if len(body) < 4 or body[0] != "match" or body[2] != "with" or body[-1] != "end" or body[1] not in parameters:
        raise _NotPlain("its body is no match on one of its arguments")
    place = parameters.index(body[1])
    for branch in _branches(body[3:-1]):
        _check_branch(branch, name, body[1], place)


def _parameters(rest: list[str]) -> tuple[list[str], list[str]]:
    """Return the names of the arguments, and what comes after them."""
    names: list[str] = []
    while rest[:1] == ["("]:
        end = _end_of_atom(rest, 0)
        group = rest[1 : end - 1]
        if ":" not in group:
            raise _NotPlain("an argument without a type")
        names += group[: group.index(":")]
        rest = rest[end:]
    if rest[:1] != [":"] or len(set(names)) < len(names) or not all(map(_WORD.fullmatch, names)):
        raise _NotPlain("its arguments are not of the form (name ... : type)")
    return names, rest


def _end_of_atom(found: Sequence[str], start: int) -> int:
    """Return where the argument that begins at `start` ends: one token, or what a bracket encloses."""
    depth = 0
    for place in range(start, len(found)):
        depth += (found[place] in _OPEN) - (found[place] in _CLOSE)
        if depth <= 0:
            return place + 1
    raise _NotPlain("a bracket that is not closed")


def _branches(found: list[str]) -> list[list[str]]:
    """Return the branches of a match, which bars outside of brackets separate."""
    branches: list[list[str]] = [[]]
    depth = 0
    for token in found:
        depth += (token in _OPEN) - (token in _CLOSE)
        if token == "|" and not depth:
            branches.append([])
        else:
            branches[-1].append(token)
    return branches[1:] if not branches[0] else branches


def _check_branch(branch: list[str], name: str, argument: str, place: int) -> None:
    if "=>" not in branch:
        raise _NotPlain("a branch without =>")
    arrow = branch.index("=>")
    variables = _variables(branch[:arrow])
    term = branch[arrow + 1 :]
    if ":=" in term:
        raise _NotPlain("`:=` inside of it")
    bound = _bound(term)
    if name in variables or bound & {name, *variables}:
        raise _NotPlain(f"a name that is bound again: {', '.join(sorted(bound & {name, *variables}) or [name])}")
    for start, token in enumerate(term):
        if token.split(".")[-1] == name and _argument(term, start + 1, place) not in variables:
            raise _NotPlain(f"a call of {name} does not have a variable of the pattern in place of {argument}")


def _variables(pattern: list[str]) -> set[str]:
    """Return the variables of a pattern ``C x y`` or ``x :: y``."""
    names = [token for token in pattern if token not in ("::", "[", "]", "_")]
    if not all(map(_WORD.fullmatch, names)):
        raise _NotPlain(f"the pattern `{' '.join(pattern)}` is no constructor with variables")
    return set(names if "::" in pattern else names[1:])


def _bound(term: list[str]) -> set[str]:
    """Return all words between a binder and its end."""
    found: set[str] = set()
    until = ""
    for token in term:
        if until and token == until:
            until = ""
        elif until:
            found.add(token)
        until = _BINDERS.get(token, until)
    return found


def _argument(term: list[str], start: int, place: int) -> str:
    """Return the argument number `place` of a call whose arguments begin at `start`, if all up to it are plain."""
    for _ in range(place):
        if start >= len(term) or not _is_plain(term[start]):
            return ""
        start = _end_of_atom(term, start)
    return term[start] if start < len(term) else ""


def _is_plain(token: str) -> bool:
    """Tell whether an argument begins here that no operator, scope or keyword takes apart."""
    return token in ("(", "[", '""') or token.isdigit() or (_WORD.match(token) is not None and token not in _KEYWORDS)
