"""Reader of the plain format: one problem a line, ``name | ranges | inequality | expected``.

    sine_below_line | x in (0, pi/2), y in [x, oo) | sin(x) < y        | holds
    wrong_square    | integer n in [1, oo)         | n^2 < 2^n         | fails at n = 3
    a_constant      | constants                    | 3 < pi            | holds

Brackets exclude the end if they are round. An end may use earlier variables. ``#`` begins a comment.
"""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

from benchmarks.deciding.infix import Tokens, read_sum
from benchmarks.deciding.problem import Problem, Range
from benchmarks.deciding.trees import Tree, constant, names, number
from ntkproofs.errors import InputError

__all__ = ["read_plain", "read_problem", "text"]

_WORDS = {"in", "integer", "oo", "constants"}


def read_plain(file: Path) -> list[Problem]:
    """Read a file of problems; raises InputError with the number of the line."""
    result: list[Problem] = []
    for index, line in enumerate(_lines(file), 1):
        content = line.partition("#")[0].strip()
        if not content:
            continue
        try:
            problem = read_problem(content, group=file.stem)
            if any(problem.name == other.name for other in result):
                raise InputError(f"there are two problems {problem.name}")
        except InputError as error:
            raise InputError(f"{file}, line {index}: {error}") from error
        result.append(problem)
    return result


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {file}: {error}") from error


def read_problem(line: str, group: str = "") -> Problem:
    """Read one problem.

    >>> read_problem("a | x in (0, 1] | x < 2 | holds").ranges[0].low_open
    True
    """
    fields = [part.strip() for part in line.split("|")]
    if len(fields) != 4:
        raise InputError(f"a problem is: name | ranges | inequality | expected; got {len(fields)} fields")
    name, domain, claim, expected = fields
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", name):
        raise InputError(f"the name of a problem is of letters, digits and _.-, got {name!r}")
    ranges = _ranges(domain)
    left, right, strict = _claim(claim)
    known = {item.name for item in ranges}
    unknown = sorted({*names(left), *names(right)} - known)
    if unknown:
        raise InputError(f"no range for {', '.join(unknown)}")
    outcome, point = _expected(expected, known)
    return Problem(name, group, ranges, left, right, strict, outcome, point)


def _ranges(text: str) -> tuple[Range, ...]:
    if text == "constants":
        return ()
    tokens = Tokens(text)
    result: list[Range] = []
    while True:
        item = _range(tokens)
        ends = [end for end in (item.low, item.high) if end is not None]
        later = {name for end in ends for name in names(end)} - {other.name for other in result}
        if later:
            raise InputError(f"the range of {item.name} uses {', '.join(sorted(later))}, which has no range before it")
        if any(item.name == other.name for other in result):
            raise InputError(f"two ranges for {item.name}")
        result.append(item)
        if not tokens.accept(","):
            tokens.end()
            return tuple(result)


def _range(tokens: Tokens) -> Range:
    integer = tokens.accept("integer") is not None
    name = tokens.name()
    if name in _WORDS:
        raise InputError(f"{name} cannot be the name of a variable")
    tokens.expect("in")
    opening = tokens.accept("(", "[") or tokens.refuse("'(' or '['")
    low = None if _infinity(tokens, "-") else read_sum(tokens)
    tokens.expect(",")
    high = None if _infinity(tokens, "") else read_sum(tokens)
    closing = tokens.accept(")", "]") or tokens.refuse("')' or ']'")
    if (low is None and opening == "[") or (high is None and closing == "]"):
        raise InputError(f"the range of {name} cannot contain infinity: use a round bracket")
    return Range(name, low, high, opening == "(", closing == ")", integer)


def _infinity(tokens: Tokens, sign: str) -> bool:
    text = tokens.text[tokens.offset - len(tokens.token) :]
    if not re.match(rf"{sign}\s*oo\b", text):
        return False
    if sign:
        tokens.advance()
    tokens.advance()
    return True


def _claim(text: str) -> tuple[Tree, Tree, bool]:
    tokens = Tokens(text)
    first = read_sum(tokens)
    sign = tokens.accept("<", "<=", ">", ">=") or tokens.refuse("<, <=, > or >=")
    second = read_sum(tokens)
    tokens.end()
    left, right = (first, second) if sign in ("<", "<=") else (second, first)
    return left, right, sign in ("<", ">")


def _expected(text: str, known: set[str]) -> tuple[str, dict[str, Fraction]]:
    if text in ("holds", "unknown"):
        return text, {}
    head, _, tail = text.partition(" at ")
    if head != "fails" or not tail:
        raise InputError(f"expected is: holds, unknown, or fails at x = 1/2; got {text[:40]!r}")
    point: dict[str, Fraction] = {}
    for part in tail.split(","):
        name, _, value = part.partition("=")
        exact = constant(_number(value))
        if exact is None:
            raise InputError(f"a point has rational coordinates, got {value.strip()[:40]!r}")
        point[name.strip()] = exact
    if set(point) != known:
        raise InputError(f"a point has a value for each variable ({', '.join(sorted(known))})")
    return "fails", point


def _number(text: str) -> Tree:
    tokens = Tokens(text)
    tree = read_sum(tokens)
    tokens.end()
    return tree if tree else number(0)


def text(problem: Problem) -> str:
    """Return a problem as a line of the plain format."""
    ranges = ", ".join(_range_text(item) for item in problem.ranges) or "constants"
    claim = f"{_text(problem.left)} {'<' if problem.strict else '<='} {_text(problem.right)}"
    point = ", ".join(f"{name} = {value}" for name, value in problem.point.items())
    return f"{problem.name} | {ranges} | {claim} | {f'fails at {point}' if point else problem.expected}"


def _range_text(item: Range) -> str:
    low = "-oo" if item.low is None else _text(item.low)
    high = "oo" if item.high is None else _text(item.high)
    kind = "integer " if item.integer else ""
    return f"{kind}{item.name} in {'(' if item.low_open else '['}{low}, {high}{')' if item.high_open else ']'}"


def _text(tree: Tree) -> str:
    if tree[0] == "number":
        return f"({tree[1]})" if tree[1] < 0 or tree[1].denominator > 1 else f"{tree[1]}"
    if tree[0] in ("name", "pi", "e"):
        return {"name": tree[-1], "pi": "pi", "e": "E"}[tree[0]]
    parts = [_text(part) for part in tree[1:]]
    return (
        f"({parts[0]} {tree[0]} {parts[1]})"
        if tree[0] in ("+", "-", "*", "/", "^")
        else f"{tree[0]}({', '.join(parts)})"
    )
