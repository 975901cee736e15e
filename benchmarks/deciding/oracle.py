"""The value of a tree by mpmath, which shares no code with `decide`: it checks expected answers and decisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

import mpmath
from mpmath import mpf

from benchmarks.deciding.problem import Problem, Range
from benchmarks.deciding.trees import Tree

__all__ = ["Undefined", "contradiction", "difference", "difference_of", "samples", "value"]

DIGITS = 150
NOISE = mpf(10) ** -100  # relative to the sides, where rounding errors end


_FAST = ("exp", "sinh", "cosh", "tanh", "gamma", "factorial", "sin", "cos", "tan", "erf", "erfc")  # too slow beyond


class Undefined(Exception):
    """A formula has no value at a point."""


def value(tree: Tree, at: Mapping[str, Fraction]) -> mpf:
    """Return the value of a tree at a point, with the digits of mpmath's context; raises Undefined."""
    if tree[0] == "number":
        return mpf(tree[1].numerator) / tree[1].denominator
    if tree[0] == "name":
        return mpf(at[tree[1]].numerator) / at[tree[1]].denominator
    if tree[0] in ("pi", "e"):
        return +mpmath.pi if tree[0] == "pi" else +mpmath.e
    return _apply(tree[0], [value(part, at) for part in tree[1:]])


def _apply(name: str, values: list[mpf]) -> mpf:
    first, second = values[0], values[-1]
    if name in "+-*":
        return {"+": first + second, "-": first - second, "*": first * second}[name]
    if name in ("min", "max"):
        return min(values) if name == "min" else max(values)
    try:
        result = _partial(name, first, second)
    except (ZeroDivisionError, ValueError) as problem:
        raise Undefined(f"{problem}") from problem
    if isinstance(result, mpmath.mpc) or not mpmath.isfinite(result):
        raise Undefined(name)
    return result


def _partial(name: str, first: mpf, second: mpf) -> mpf:
    if name == "/":
        return first / second
    if name == "^":
        return _raised(first, second)
    if name == "log" and first <= 0:
        raise Undefined(name)
    if name in ("asin", "acos") and 1 < abs(first) <= 1 + NOISE:
        first = mpmath.sign(first)
    if name == "sqrt" and -NOISE < first < 0:
        first = mpf(0)
    if name in _FAST and abs(first) > 10**6:
        raise OverflowError
    if name == "cbrt":
        return mpmath.cbrt(first)
    return abs(first) if name == "abs" else getattr(mpmath, name)(first)


def _raised(base: mpf, exponent: mpf) -> mpf:
    if abs(exponent) > 10**6 and base != 1:
        raise OverflowError
    return base ** int(exponent) if exponent == int(exponent) else base**exponent


def difference(problem: Problem, at: Mapping[str, Fraction]) -> tuple[mpf, mpf]:
    """Return ``right - left`` at a point, and the size of its sides."""
    left, right = value(problem.left, at), value(problem.right, at)
    return right - left, max(abs(left), abs(right), mpf(10) ** -300)


def difference_of(first: Tree, second: Tree, at: Mapping[str, Fraction]) -> mpf:
    """Return ``first - second`` at a point, 0 if they cannot be told apart."""
    with mpmath.workdps(DIGITS):
        one, two = value(first, at), value(second, at)
        return mpf(0) if abs(one - two) <= NOISE * max(abs(one), abs(two)) else one - two


def contradiction(problem: Problem, at: Mapping[str, Fraction], *, holds: bool) -> str:
    """Return why the value at a point contradicts that the problem holds (or fails there); empty if it does not.

    What is said must be the same with twice as many digits, so that rounding errors are not taken for values.
    """
    said = {_contradiction(problem, at, digits, holds=holds) for digits in (DIGITS, 2 * DIGITS)}
    return said.pop() if len(said) == 1 else ""


def _contradiction(problem: Problem, at: Mapping[str, Fraction], digits: int, *, holds: bool) -> str:
    with mpmath.workdps(digits):
        try:
            gap, size = difference(problem, at)
        except Undefined as undefined:
            return f"undefined: {undefined}"
        except OverflowError:
            return ""
        if abs(gap) <= NOISE * size:  # equal, or not to be told apart
            return ""
        return "" if (gap > 0) == holds else f"right - left is {mpmath.nstr(gap, 8)}"


def _ends(item: Range, at: Mapping[str, Fraction]) -> tuple[Fraction | None, Fraction | None]:
    with mpmath.workdps(DIGITS):
        return tuple(  # type: ignore[return-value]
            None if end is None else _fraction(value(end, at)) for end in (item.low, item.high)
        )


def _fraction(number: mpf) -> Fraction:
    digits = mpmath.mpf(number)
    sign, mantissa, exponent, _ = digits._mpf_
    return Fraction((-1) ** sign * int(mantissa)) * Fraction(2) ** exponent


STEPS = (Fraction(1, 2), Fraction(1, 3), Fraction(2, 3), Fraction(1, 10), Fraction(9, 10), *(
    step for power in (2, 4, 9, 15) for step in (Fraction(1, 10**power), 1 - Fraction(1, 10**power))
), Fraction(3, 7), Fraction(19, 23))  # fmt: skip


def samples(problem: Problem, most: int = 400) -> Iterator[dict[str, Fraction]]:
    """Yield points of the domain: near the ends, far out, and inside; at most about `most`."""
    points: list[dict[str, Fraction]] = [{}]
    share = max(3, round(most ** (1 / max(1, len(problem.ranges)))))
    for item in problem.ranges:
        points = [point | {item.name: x} for point in points for x in _column(item, _ends(item, point), share)]
    yield from points


def _column(item: Range, ends: tuple[Fraction | None, Fraction | None], share: int) -> list[Fraction]:
    low, high = ends
    if low is not None and high is not None and low > high:
        return []
    if item.integer:
        first = -(-low // 1) if low is not None else 0
        last = first + 60 if high is None else min(high // 1, first + 60)
        column = [Fraction(n) for n in range(int(first), int(last) + 1)][: max(share - 3, 4)]
        far = [first + 10**power for power in (3, 6, 9)] if high is None else [high // 1]
        return [*column, *(Fraction(n) for n in far)]
    column = [_between(low, high, step) for step in STEPS[:share]]
    if low is not None and not item.low_open and item.low[0] == "number":  # type: ignore[index]
        column.insert(0, low)
    if high is not None and not item.high_open and item.high[0] == "number":  # type: ignore[index]
        column.insert(0, high)
    return column


def _between(low: Fraction | None, high: Fraction | None, step: Fraction) -> Fraction:
    if low is not None and high is not None:
        return low + (high - low) * step
    if low is not None:
        return low + step / (1 - step)
    if high is not None:
        return high - step / (1 - step)
    return (2 * step - 1) / (step * (1 - step))
