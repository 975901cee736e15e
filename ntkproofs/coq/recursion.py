"""A syntactic check for plain structural recursion, the only form of ``Fixpoint`` that is allowed in a theory.

The form is ::

    Fixpoint f (a : A) (n : nat) : B := match n with O => ... | S k => ... f x k ... end.

In a recursive call, the argument that is matched on must be a variable of the pattern. The guard checker of Coq accepts
much more, in some known cases wrongly; none of these cases has this form.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["SHAPE", "recursion_error", "tokens"]

SHAPE = "Fixpoint f (n : T) ... : U := match n with pattern => term | ... end"

_TOKEN = re.compile(r'[^\W\d][\w\']*(?:\.[^\W\d][\w\']*)*|\d+|""|=>|:=|::|\|\||&&|[^\s\w]')
_WORD = re.compile(r"[^\W\d][\w']*")
_OPEN, _CLOSE = ("(", "[", "{"), (")", "]", "}")
_BINDERS = {"fun": "=>", "forall": ",", "exists": ","}
_KEYWORDS = ("if", "then", "else", "in", "with", "end", "mod", *_BINDERS, "Prop", "Set", "Type")
_NESTED = ("fix", "cofix", "let", "match", "as", "return", "where", "struct")


class _NotPlain(Exception):
    """The recursion is not of the allowed form; the argument is the reason."""


def tokens(code: str) -> list[str]:
    """Split the code of a sentence into the tokens that this module distinguishes.

    >>> tokens("match n with S k => f k end")
    ['match', 'n', 'with', 'S', 'k', '=>', 'f', 'k', 'end']
    """
    return _TOKEN.findall(re.sub(r'"[^"]*"', '""', code))


def recursion_error(code: str) -> str:
    """Return why a ``Fixpoint`` sentence is not plain recursion; empty if it is.

    >>> recursion_error("Fixpoint f (n : nat) : nat := match n with O => 0 | S k => f k end")
    ''
    >>> recursion_error("Fixpoint f (n : nat) : nat := match n with O => 0 | S k => f (S k) end")
    'a recursive call of f whose argument n is not a variable of the pattern'
    """
    try:
        _check(tokens(code))
    except _NotPlain as problem:
        return str(problem)
    return ""


def _check(sentence: list[str]) -> None:
    if len(sentence) < 2 or sentence[0] != "Fixpoint" or _WORD.fullmatch(sentence[1]) is None:
        raise _NotPlain("it has no name")
    name = sentence[1]
    parameters, rest = _parameters(sentence[2:])
    if ":=" not in rest:
        raise _NotPlain("it has no body")
    split = rest.index(":=")
    body = rest[split + 1 :]
    if name in rest[:split] or name in parameters:
        raise _NotPlain(f"{name} occurs in its own type")
    nested = next((word for word in [*rest[:split], *body[1:]] if word in _NESTED), None)
    if nested is not None:
        raise _NotPlain(f"`{nested}` inside it")
    if len(body) < 4 or body[0] != "match" or body[2] != "with" or body[-1] != "end" or body[1] not in parameters:
        raise _NotPlain("its body is not a match on one of its arguments")
    index = parameters.index(body[1])
    for branch in _branches(body[3:-1]):
        _check_branch(branch, name, body[1], index)


def _parameters(rest: list[str]) -> tuple[list[str], list[str]]:
    """Return the names of the arguments and the tokens after them."""
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


def _end_of_atom(term: Sequence[str], start: int) -> int:
    """Return the index after the argument that begins at `start`: a single token, or a bracketed term."""
    depth = 0
    for index in range(start, len(term)):
        depth += (term[index] in _OPEN) - (term[index] in _CLOSE)
        if depth <= 0:
            return index + 1
    raise _NotPlain("a bracket that is not closed")


def _branches(term: list[str]) -> list[list[str]]:
    """Split the branches of a match at the bars outside of brackets."""
    branches: list[list[str]] = [[]]
    depth = 0
    for token in term:
        depth += (token in _OPEN) - (token in _CLOSE)
        if token == "|" and not depth:
            branches.append([])
        else:
            branches[-1].append(token)
    return branches[1:] if not branches[0] else branches


def _check_branch(branch: list[str], name: str, argument: str, index: int) -> None:
    if "=>" not in branch:
        raise _NotPlain("a branch without =>")
    arrow = branch.index("=>")
    variables = _variables(branch[:arrow])
    term = branch[arrow + 1 :]
    if ":=" in term:
        raise _NotPlain("`:=` inside it")
    bound = _bound(term)
    if name in variables or bound & {name, *variables}:
        raise _NotPlain(f"a name is bound again: {', '.join(sorted(bound & {name, *variables}) or [name])}")
    for start, token in enumerate(term):
        if token.split(".")[-1] == name and _argument(term, start + 1, index) not in variables:
            raise _NotPlain(f"a recursive call of {name} whose argument {argument} is not a variable of the pattern")


def _variables(pattern: list[str]) -> set[str]:
    """Return the variables of a pattern ``C x y`` or ``x :: y``."""
    names = [token for token in pattern if token not in ("::", "[", "]", "_")]
    if not all(map(_WORD.fullmatch, names)):
        raise _NotPlain(f"the pattern `{' '.join(pattern)}` is not a constructor applied to variables")
    return set(names if "::" in pattern else names[1:])


def _bound(term: list[str]) -> set[str]:
    """Return all words in the variable lists of binders."""
    names: set[str] = set()
    until = ""
    for token in term:
        if until and token == until:
            until = ""
        elif until:
            names.add(token)
        until = _BINDERS.get(token, until)
    return names


def _argument(term: list[str], start: int, index: int) -> str:
    """Return argument `index` of a call whose arguments begin at `start`; empty if an earlier one is not plain."""
    for _ in range(index):
        if start >= len(term) or not _is_plain(term[start]):
            return ""
        start = _end_of_atom(term, start)
    return term[start] if start < len(term) else ""


def _is_plain(token: str) -> bool:
    """Return whether a token begins an argument: a bracket, a number, a string or a name that is not a keyword."""
    return token in ("(", "[", '""') or token.isdigit() or (_WORD.match(token) is not None and token not in _KEYWORDS)
