"""Mutants of the checker: every small change of its syntax tree that may make it wrong, one at a time.

A mutant is named by the function it lies in and by its statement, with the change marked in braces::

    Interval.sqrt | if self.low {< -> <=} 0:

so that its name outlasts changes elsewhere in the file. Not mutated: docstrings, annotations, the messages of
exceptions, amounts of work that `spend` is told, imports, and what runs at the command line only.
"""

from __future__ import annotations

import ast
import hashlib
import re
import sys
import types
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ntkproofs import checker

TEXT = Path(checker.__file__).read_text()

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq, ast.Lt),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
}
OPPOSITE = {
    "low": "high",
    "high": "low",
    "numerator": "denominator",
    "denominator": "numerator",
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "Rejected": "Declined",
    "Declined": "Rejected",
}
PLAIN = ("abs", "set", "sorted", "reversed", "frozenset", "isqrt")  # functions that may be forgotten
MODULES = ("json", "re", "hashlib", "sys", "dict")

Slot = tuple[ast.AST, str, int | None]  # where a node hangs: parent, field, index


@dataclass(frozen=True)
class Mutant:
    """One change: a node's replacement, in the one tree that all mutants share."""

    kind: str
    function: str
    line: int
    change: str
    slot: Slot = field(compare=False, repr=False)
    new: ast.AST = field(compare=False, repr=False)

    @property
    def name(self) -> str:
        """The function and the marked statement."""
        return f"{self.function} | {self.change}"

    def applied(self, tree: ast.Module) -> list[types.CodeType]:
        """Return the code of each statement of the tree with this change, and leave the tree as it was."""
        codes = list(_codes(tree))
        places = [place for place, node in enumerate(tree.body) if node.lineno <= self.line <= (node.end_lineno or 0)]
        old = _put(self.slot, self.new)
        try:
            for place in places:
                codes[place] = _code(tree.body[place])
            return codes
        finally:
            _put(self.slot, old)


def _code(statement: ast.stmt) -> types.CodeType:
    flags = annotations.compiler_flag  # as the checker has it
    return compile(ast.Module([statement], []), "mutant", "exec", flags, dont_inherit=True)


@cache
def _codes(tree: ast.Module) -> tuple[types.CodeType, ...]:
    return tuple(map(_code, tree.body))


def _put(slot: Slot, node: Any) -> Any:
    parent, name, index = slot
    here = getattr(parent, name)
    if index is None:
        setattr(parent, name, node)
        return here
    old, here[index] = here[index], node
    return old


# --- replacements of one expression: (kind, new node)

Replacements = Iterator[tuple[str, ast.expr]]


def replacements(node: ast.AST) -> Replacements:
    """Yield what may stand in place of an expression."""
    rule = RULES.get(type(node))
    if rule is not None:
        yield from rule(node)


def _compare(node: ast.Compare) -> Replacements:
    for place, old in enumerate(node.ops):
        for new in COMPARISONS[type(old)]:
            ops = [*node.ops[:place], new(), *node.ops[place + 1 :]]
            yield "comparison", ast.Compare(node.left, ops, node.comparators)


def _binary(node: ast.BinOp) -> Replacements:
    if any(isinstance(side, ast.JoinedStr | ast.Constant) and not _is_number(side) for side in (node.left, node.right)):
        return  # text
    yield "arithmetic", ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right)
    yield "operand", node.left
    yield "operand", node.right


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int


def _unary(node: ast.UnaryOp) -> Replacements:
    yield ("not" if isinstance(node.op, ast.Not) else "sign"), node.operand


def _constant(node: ast.Constant) -> Replacements:
    if type(node.value) is int:
        yield "constant", ast.Constant(node.value + 1)
        yield "constant", ast.Constant(node.value - 1)
    elif type(node.value) is bool:
        yield "constant", ast.Constant(not node.value)


def _boolean(node: ast.BoolOp) -> Replacements:
    yield "and, or", ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    for place in range(len(node.values)):
        rest = node.values[:place] + node.values[place + 1 :]
        yield "operand", rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)


def _attribute(node: ast.Attribute) -> Replacements:
    if node.attr in OPPOSITE and isinstance(node.ctx, ast.Load):
        yield "end", ast.Attribute(node.value, OPPOSITE[node.attr], node.ctx)


def _name(node: ast.Name) -> Replacements:
    if node.id in OPPOSITE and node.id[0].islower() and node.id not in ("low", "high"):
        yield "min, max", ast.Name(OPPOSITE[node.id], node.ctx)


def _call(node: ast.Call) -> Replacements:
    symmetric = isinstance(node.func, ast.Name) and node.func.id in ("min", "max")
    if len(node.args) == 2 and not node.keywords and not symmetric:
        yield "arguments", ast.Call(node.func, node.args[::-1], [])
    if isinstance(node.func, ast.Name) and node.func.id in PLAIN and len(node.args) == 1:
        yield "call", node.args[0]
    if isinstance(node.func, ast.Attribute) and len(node.args) <= 1 and not node.keywords:
        owner = node.func.value
        if not (isinstance(owner, ast.Name) and (owner.id in MODULES or owner.id[0].isupper())) and not isinstance(
            owner, ast.Constant
        ):
            yield "call", owner


def _choice(node: ast.IfExp) -> Replacements:
    yield "condition", ast.IfExp(node.test, node.orelse, node.body)
    yield "condition", node.body
    yield "condition", node.orelse


def _subscript(node: ast.Subscript) -> Replacements:
    if isinstance(node.slice, ast.Slice) and isinstance(node.ctx, ast.Load):
        for lower, upper in ((None, node.slice.upper), (node.slice.lower, None)):
            if (lower, upper) != (node.slice.lower, node.slice.upper):
                yield "slice", ast.Subscript(node.value, ast.Slice(lower, upper, node.slice.step), node.ctx)


RULES: dict[type[ast.AST], Callable[[Any], Replacements]] = {
    ast.Compare: _compare,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Constant: _constant,
    ast.BoolOp: _boolean,
    ast.Attribute: _attribute,
    ast.Name: _name,
    ast.Call: _call,
    ast.IfExp: _choice,
    ast.Subscript: _subscript,
}


def negations(test: ast.expr, *, loop: bool = False) -> Replacements:
    """Yield what may stand in place of a condition, beside what may stand in place of any expression."""
    yield "condition", ast.Constant(False)
    if not loop:
        yield "condition", ast.Constant(True)
        yield "condition", ast.UnaryOp(ast.Not(), test)


# --- walking the tree

IGNORED = (ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.Pass)
DEFINITIONS = (ast.FunctionDef, ast.ClassDef)


@dataclass
class _Walk:
    """Collects the changes of one tree."""

    found: list[tuple[str, str, ast.stmt, Slot, ast.AST]] = field(default_factory=list)

    def body(self, owner: ast.AST, name: str, function: str) -> None:
        """Visit a list of statements."""
        bound: set[str] = set()
        for index, statement in enumerate(getattr(owner, name, [])):
            if not _ignored(statement):
                self.statement(statement, (owner, name, index), function, bound)

    def statement(self, node: ast.stmt, slot: Slot, function: str, bound: set[str]) -> None:
        """Visit one statement and what is in it."""
        if isinstance(node, DEFINITIONS):
            inner = node.name if function == "<module>" else f"{function}.{node.name}"
            return self.body(node, "body", inner)
        if _may_go(node, bound):
            self.found.append(("statement", function, node, slot, ast.Pass()))
        bound |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
        if isinstance(node, ast.Raise):
            return self.outcome(node, function)
        if _is_spending(node):
            return None
        for name in ("test", "iter", "target", "targets", "value", "items"):
            self.part(node, name, function, node)
        for name in ("body", "orelse", "finalbody"):
            self.body(node, name, function)
        for handler in getattr(node, "handlers", []):
            self.body(handler, "body", function)
        return None

    def outcome(self, node: ast.Raise, function: str) -> None:
        """Reject what should be declined, and the other way."""
        call = node.exc
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in OPPOSITE:
            other = ast.Name(OPPOSITE[call.func.id], ast.Load())
            self.found.append(("outcome", function, node, (call, "func", None), other))

    def part(self, parent: ast.AST, name: str, function: str, statement: ast.stmt) -> None:
        """Visit the expressions in one field of a node."""
        value = getattr(parent, name, None)
        nodes = enumerate(value) if isinstance(value, list) else [(None, value)]
        for index, node in nodes:
            if isinstance(node, ast.AST):
                self.expression(node, (parent, name, index), function, statement)

    def expression(self, node: ast.AST, slot: Slot, function: str, statement: ast.stmt) -> None:
        """Visit one expression: its replacements, then its parts."""
        changes = list(replacements(node))
        if slot[1] == "test" and not isinstance(slot[0], ast.IfExp):
            changes += negations(node, loop=isinstance(slot[0], ast.While))  # type: ignore[arg-type]
        if slot[1] == "ifs":
            changes += negations(node)  # type: ignore[arg-type]
        self.found += [(kind, function, statement, slot, new) for kind, new in changes]
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.AST | list) and name not in ("ctx", "annotation"):
                self.part(node, name, function, statement)


def _ignored(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True  # a docstring
    if isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias":
        return True
    return isinstance(node, IGNORED) or (isinstance(node, ast.If) and "__name__" in ast.unparse(node.test))


def _is_spending(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and ast.unparse(node).startswith("spend(")


def _may_go(node: ast.stmt, bound: set[str]) -> bool:
    """Tell whether a statement may be deleted without a name that is then unbound."""
    if isinstance(node, ast.Assign):
        names = [part.id for part in ast.walk(node.targets[0]) if isinstance(part, ast.Name)]
        return isinstance(node.targets[0], ast.Subscript) or (bool(names) and all(name in bound for name in names))
    return isinstance(node, ast.Expr | ast.AugAssign | ast.Raise | ast.Break | ast.Continue)


# --- all mutants


def _header(statement: ast.stmt) -> str:
    """Return a statement in one line, a compound one without its body."""
    return ast.unparse(statement).splitlines()[0]


TOKEN = re.compile(r"\w+|[<>=!/*]+|\s+|.", re.DOTALL)


def _marked(before: str, after: str) -> str:
    """Return the first text with the tokens that differ from the second in braces."""
    old, new = TOKEN.findall(before), TOKEN.findall(after)
    shorter, start, end = min(len(old), len(new)), 0, 0
    while start < shorter and old[start] == new[start]:
        start += 1
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    removed, added = ("".join(tokens[start : len(tokens) - end]) for tokens in (old, new))
    return f"{''.join(old[:start])}{{{removed} -> {added}}}{''.join(old[len(old) - end :])}"


def mutants_of(text: str) -> tuple[ast.Module, list[Mutant]]:
    """Return the tree of a source text, and all its mutants in the order of the text, each with a name of its own."""
    tree, walk = ast.parse(text), _Walk()
    walk.body(tree, "body", "<module>")
    result, names = [], Counter[str]()
    for kind, function, statement, slot, new in walk.found:
        before = _header(statement)
        if isinstance(new, ast.Pass):
            change = f"{{{before} -> pass}}"
        else:
            old = _put(slot, new)
            after = _header(statement)
            _put(slot, old)
            if after == before:  # two equal arguments exchanged
                continue
            change = _marked(before, after)
        names[f"{function} | {change}"] += 1
        times = names[f"{function} | {change}"]
        change += f" #{times}" if times > 1 else ""
        result.append(Mutant(kind, function, statement.lineno, change, slot, ast.fix_missing_locations(new)))
    return tree, result


def sample(mutants: Sequence[Mutant], number: int, seed: object) -> list[Mutant]:
    """Return a sample that changes little when the text changes: those whose names have the smallest digests."""

    def digest(mutant: Mutant) -> bytes:
        return hashlib.sha256(f"{seed} {mutant.name}".encode()).digest()

    return sorted(mutants, key=digest)[:number]


# --- modules


def module_from(code: Iterable[types.CodeType] | str) -> types.ModuleType:
    """Execute a checker's code as a module of its own; the code as text, or of each statement."""
    module = types.ModuleType("mutated_checker")
    sys.modules["mutated_checker"] = module  # where dataclasses look up their annotations
    for part in (code,) if isinstance(code, str) else code:
        exec(part, module.__dict__)
    return module


def module_of(old: str, new: str, text: str = TEXT) -> types.ModuleType:
    """Return a checker's module with one piece of its text replaced; raises ValueError if it is not there once."""
    if text.count(old) != 1:
        raise ValueError(f"{text.count(old)} times in the checker: {old}")
    return module_from(text.replace(old, new))
