"""Reader of SMT-LIB problems about real numbers: bounds of variables and one negated inequality.

``unsat`` means that the inequality holds. Definitions and ``let`` are expanded. What is not a conjunction of bounds and
one inequality is not taken.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

from benchmarks.deciding.infix import MAX_DEPTH, decimal
from benchmarks.deciding.logic import Formula, Relation, conjuncts, inequality, relation
from benchmarks.deciding.problem import NotTaken, Problem
from benchmarks.deciding.trees import ARGUMENTS, Tree, constant, names, number
from ntkproofs.errors import InputError

__all__ = ["read_smtlib", "read_smtlib_text"]

MAX_BYTES = 1 << 20
MAX_NODES = 20_000  # of a formula with its definitions expanded
Expression: TypeAlias = Any  # a text, or a list of expressions

_TOKEN = re.compile(r'\s*(?:;[^\n]*\n?|(\(|\)|"(?:[^"]|"")*"|\|[^|]*\||[^\s();"|]+))')
_RENAMED = {"arctan": "atan", "arcsin": "asin", "arccos": "acos", "ln": "log", "pow": "^"}
_SIGNS = ("<", "<=", ">", ">=", "=")


def read_smtlib(file: Path) -> list[Problem]:
    """Read a file, which is one problem; a file that cannot be read raises InputError."""
    try:
        data = file.read_bytes()[: MAX_BYTES + 1]
    except OSError as error:
        raise InputError(f"cannot read {file}: {error}") from error
    if len(data) > MAX_BYTES:
        return [Problem.not_taken(file.stem, "smtlib", f"more than {MAX_BYTES:,} bytes")]
    return [read_smtlib_text(data.decode("utf-8", "replace"), file.stem)]


def read_smtlib_text(text: str, name: str) -> Problem:
    """Read a problem; one that is not taken says why, also if it is malformed.

    >>> read_smtlib_text("(declare-fun x () Real)(assert (< 0 x))(assert (not (< (sin x) x)))(check-sat)", "a").left
    ('sin', ('name', 'x'))
    """
    try:
        script = _Script()
        for command in _expressions(text):
            script.execute(command)
        bounds, negated = _divided(script.relations)
        return inequality(name, "smtlib", bounds, negated, script.expected)
    except (InputError, NotTaken) as problem:
        return Problem.not_taken(name, "smtlib", str(problem))


def _divided(relations: list[Relation]) -> tuple[list[Relation], Relation]:
    """Return the bounds, and the negated inequality: the only relation that is no bound, or the last relation."""
    if not relations:
        raise NotTaken("no inequality")
    others = [index for index, item in enumerate(relations) if item[0] != "=" and not _is_bound(item)]
    if len(others) > 1:
        raise NotTaken(f"{len(others)} inequalities that are not bounds of one variable")
    index = others[0] if others else len(relations) - 1
    return [*relations[:index], *relations[index + 1 :]], relations[index]


def _is_bound(item: Relation) -> bool:
    sides = item[1:]
    return any(side[0] == "name" for side in sides) and any(not set(names(side)) for side in sides)


def _expressions(text: str) -> list[Expression]:
    """Return the top-level expressions of a text."""
    stack: list[list[Expression]] = [[]]
    offset = 0
    while (match := _TOKEN.match(text, offset)) is not None and match.end() > offset:
        offset = match.end()
        token = match[1]
        if token is None:
            continue
        if token == "(":
            stack.append([])
            if len(stack) > MAX_DEPTH:
                raise InputError(f"more than {MAX_DEPTH} parentheses inside one another")
        elif token == ")":
            if len(stack) == 1:
                raise InputError("a parenthesis that was not opened")
            inner = stack.pop()
            stack[-1].append(inner)
        else:
            stack[-1].append(token)
    if text[offset:].strip():
        raise InputError(f"not SMT-LIB: {text[offset : offset + 30]!r}")
    if len(stack) > 1:
        raise InputError("a parenthesis is not closed")
    return stack[0]


class _Script:
    """The commands of a script: variables, definitions, and the relations that are asserted."""

    def __init__(self) -> None:
        self.relations: list[Relation] = []
        self.expected = "unknown"
        self._meanings: dict[str, Tree] = {}
        self._nodes = 0

    def execute(self, command: Expression) -> None:
        """Execute a command."""
        kind, *arguments = command if isinstance(command, list) and command else [command]
        if kind in ("declare-fun", "declare-const"):
            self._declare(arguments)
        elif kind == "define-fun" and len(arguments) == 4 and arguments[1] == [] and arguments[2] == "Real":
            self._meanings[self._new(arguments[0])] = self._term(arguments[3], {})
        elif kind == "assert" and len(arguments) == 1:
            self.relations += conjuncts(self._formula(arguments[0], {}))
        elif kind == "set-info":
            self._information(arguments)
        elif kind not in ("set-logic", "set-option", "check-sat", "get-model", "exit"):
            raise NotTaken(f"the command {str(kind)[:40]}")

    def _declare(self, arguments: list[Expression]) -> None:
        name, *rest = arguments or [""]
        if rest not in ([[], "Real"], ["Real"]):
            raise NotTaken(f"a declaration that is not of a real number: {str(name)[:40]}")
        self._meanings[self._new(name)] = ("name", name)

    def _new(self, name: Expression) -> str:
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]*", name) or name in self._meanings:
            raise NotTaken(f"the name {str(name)[:40]}")
        return name

    def _information(self, arguments: list[Expression]) -> None:
        if arguments[:1] == [":status"]:
            self.expected = {"unsat": "holds", "sat": "fails"}.get(str(arguments[-1]), "unknown")

    def _formula(self, node: Expression, local: dict[str, Any]) -> Formula:
        if not isinstance(node, list) or not node:
            raise NotTaken(f"the formula {str(node)[:40]}")
        kind, *parts = node
        if kind == "let" and len(parts) == 2:
            return self._formula(parts[1], local | self._let(parts[0], local))
        if kind in ("and", "or") and parts:
            return (kind, *(self._formula(part, local) for part in parts))
        if (kind == "not" and len(parts) == 1) or (kind == "=>" and len(parts) == 2):
            return (kind, *(self._formula(part, local) for part in parts))
        if kind in _SIGNS and len(parts) >= 2:
            terms = [self._term(part, local) for part in parts]
            pairs = [relation(kind, a, b) for a, b in pairwise(terms)]
            return pairs[0] if len(pairs) == 1 else ("and", *pairs)
        raise NotTaken(f"the connective {str(kind)[:40]}")

    def _let(self, bindings: Expression, local: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(bindings, list) or not all(isinstance(item, list) and len(item) == 2 for item in bindings):
            raise InputError("let takes a list of a name and a term each")
        return {str(name): self._term(term, local) for name, term in bindings}

    def _term(self, node: Expression, local: dict[str, Any]) -> Tree:
        tree = self._atom(node, local) if isinstance(node, str) else self._call(node, local)
        self._nodes += 1 if isinstance(node, list) else _size(tree)
        if self._nodes > MAX_NODES:
            raise NotTaken(f"more than {MAX_NODES:,} operations")
        return tree

    def _atom(self, text: str, local: dict[str, Any]) -> Tree:
        if text in local or text in self._meanings:
            tree: Tree = local[text] if text in local else self._meanings[text]
            return tree
        if re.fullmatch(r"\d+(\.\d+)?([eE][-+]?\d+)?", text):
            return number(decimal(text))
        if re.fullmatch(r"-\d+(\.\d+)?", text):  # not of the standard, but common
            return number(-decimal(text[1:]))
        raise NotTaken(f"the name {text[:40]}, which is not declared")

    def _call(self, node: list[Expression], local: dict[str, Any]) -> Tree:
        if not node or not isinstance(node[0], str):
            raise NotTaken("a term that is not a function of terms")
        if node[0] == "let" and len(node) == 3:
            return self._term(node[2], local | self._let(node[1], local))
        name = _RENAMED.get(node[0], node[0])
        parts = [self._term(part, local) for part in node[1:]]
        if name == "-" and len(parts) == 1:
            exact = constant(parts[0])
            return ("*", number(-1), parts[0]) if exact is None else number(-exact)
        if name in ("+", "-", "*", "/") and len(parts) >= 2:
            return _folded(name, parts)
        if (name == "^" and len(parts) == 2) or ARGUMENTS.get(name) == len(parts):
            return (name, *parts)
        raise NotTaken(f"the function {name[:40]}")


def _folded(name: str, parts: list[Tree]) -> Tree:
    tree = parts[0]
    for part in parts[1:]:
        tree = (name, tree, part)
    return tree


def _size(tree: Tree) -> int:
    return 1 if tree[0] in ("number", "name") else 1 + sum(_size(part) for part in tree[1:])
