"""Search for counterexamples, and for points and sets at which the two sides of an inequality are equal.

Everything here proposes; nothing decides. A counterexample counts only after the exact evaluation at its point, and a
contact only through the rules of ``contacts``, which prove symbolically that both sides are equal there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Any

import flint
import sympy

from ntkproofs.arithmetic.balls import Ball
from ntkproofs.arithmetic.expressions import enclose
from ntkproofs.arithmetic.jets import Jet
from ntkproofs.arithmetic.simplest import simplest_between
from ntkproofs.errors import DomainError, InputError, Undecided
from ntkproofs.rigor.contacts import Contact, ContactRules, Plain, Point, Sides, simplest, solved

__all__ = ["Minimum", "contacts_near", "local_minimum", "recognised", "simple_points"]

BITS = 192  # of the search
TINY = Fraction(1, 1 << 80)  # a value closer to 0 is taken for 0 by the search
NOISE = Fraction(1, 1 << 150)  # of a value
STEPS, POLISHING, TOLERANCE = 40, 60, 120


@dataclass(frozen=True)
class Minimum:
    """A local minimum of ``right - left``, approximately: the point (in parameters) and the value there."""

    point: Point
    value: Fraction

    @property
    def is_contact(self) -> bool:
        """Whether the value is 0 as far as the search can tell."""
        return abs(self.value) < TINY


# --- local minima


def local_minimum(rules: ContactRules, start: Point, axes: Iterable[int] | None = None) -> Minimum | None:
    """Search a local minimum from a point of the piece, moving along some axes only.

    Returns None where f is not smooth, or too large for a fraction.
    """
    try:
        return _local_minimum(rules, start, axes)
    except Undecided:
        return None


def _local_minimum(rules: ContactRules, start: Point, axes: Iterable[int] | None) -> Minimum | None:
    plain, box = Plain(rules.evaluator, rules.symbols), rules.domain
    free = set(range(len(start)) if axes is None else axes)
    try:
        point = _snapped(plain, box, _descend(plain, box, start, free), free)
        jet = _jet_at(plain, point)
        return None if jet is None else Minimum(point, jet.value.middle)
    except Undecided:  # a value is too large to be converted to a fraction
        return None


def _snapped(plain: Plain, box: Sides, point: Point, free: set[int]) -> Point:
    """Return the simplest point near a given one at which the value is not larger, as far as the search can tell."""
    jet = _jet_at(plain, point)
    for bits in (8, 16, 24, 40):
        moved = list(point)
        for axis in free:
            low, high = box[axis]
            radius = (high - low) / (1 << bits)
            moved[axis] = simplest(max(low, point[axis] - radius), min(high, point[axis] + radius))
        there = _jet_at(plain, tuple(moved))
        if jet is not None and there is not None and there.value.middle <= jet.value.middle + NOISE:
            return tuple(moved)
    return point


def _jet_at(plain: Plain, point: Point) -> Jet[Ball] | None:
    return plain.jet(tuple((value, value) for value in point), BITS)


def _descend(plain: Plain, box: Sides, start: Point, free: set[int]) -> Point:
    """Return the end of a damped Newton iteration inside a box, polished by plain Newton steps."""
    point, jet = start, _jet_at(plain, start)
    for _ in range(STEPS):
        if jet is None:
            return point
        better = next(_better(plain, box, point, jet, free), None)
        if better is None:
            break
        point, jet = better
    return _polished(plain, box, point, free)


def _better(
    plain: Plain, box: Sides, point: Point, jet: Jet[Ball], free: set[int]
) -> Iterator[tuple[Point, Jet[Ball]]]:
    """Yield points at which the value is smaller, along the Newton direction and then along the gradient."""
    active = _movable(box, point, jet, free)
    if not active:
        return
    gradient = [_middle(jet.gradient[i]) for i in active]
    widths = [box[i][1] - box[i][0] for i in active]
    directions = []
    newton = solved([[_middle(jet.entry(i, j)) for j in active] for i in active], gradient, TOLERANCE)
    if newton is not None and sum(a * b for a, b in zip(newton, gradient, strict=True)) > 0:
        directions.append(newton)
    largest = max(abs(g) * w for g, w in zip(gradient, widths, strict=True))
    if largest:
        directions.append([g * w * w / largest / 2 for g, w in zip(gradient, widths, strict=True)])
    for direction in directions:
        for halvings in range(12):
            scaled = [step / (1 << halvings) for step in direction]
            moved = _moved(box, point, active, scaled)
            there = _jet_at(plain, moved) if moved != point else None
            if there is not None and there.value.middle < jet.value.middle:
                yield moved, there


def _movable(box: Sides, point: Point, jet: Jet[Ball], free: set[int]) -> list[int]:
    """Return the axes along which a decrease does not lead out of the box at once."""
    active = []
    for axis in sorted(free):
        slope, (low, high) = _middle(jet.gradient[axis]), box[axis]
        blocked = (point[axis] == low and slope > 0) or (point[axis] == high and slope < 0)
        if slope and not blocked:
            active.append(axis)
    return active


def _moved(box: Sides, point: Point, active: list[int], step: list[Fraction]) -> Point:
    values = list(point)
    for axis, change in zip(active, step, strict=True):
        low, high = box[axis]
        values[axis] = min(max(_rounded(point[axis] - change), low), high)
    return tuple(values)


def _middle(part: Ball | None) -> Fraction:
    return Fraction(0) if part is None else part.middle


def _rounded(value: Fraction) -> Fraction:
    return Fraction(round(value * (1 << BITS)), 1 << BITS)


def _polished(plain: Plain, box: Sides, point: Point, free: set[int]) -> Point:
    """Return the limit of Newton's method for a zero of the gradient; steps of a multiple root are lengthened."""
    jet = _jet_at(plain, point)
    for _ in range(POLISHING):
        active = [] if jet is None else _movable(box, point, jet, free)
        if jet is None or not active:
            return point
        gradient = [_middle(jet.gradient[i]) for i in active]
        step = solved([[_middle(jet.entry(i, j)) for j in active] for i in active], gradient, TOLERANCE)
        if step is None or all(abs(change) < Fraction(1, 1 << (BITS - 20)) for change in step):
            return point
        moved = [_moved(box, point, active, [change * factor for change in step]) for factor in (1, 3, 5)]
        jets = [(_jet_at(plain, place), place) for place in moved]
        slopes = [(_slope(there, active), there, place) for there, place in jets if there is not None]
        if not slopes:
            return point
        best = min(slopes, key=lambda item: item[0])
        if best[0] >= _slope(jet, active):
            return point
        _, jet, point = best
    return point


def _slope(jet: Jet[Ball], active: list[int]) -> Fraction:
    return max(abs(_middle(jet.gradient[i])) for i in active)


# --- points of a simple form


def simple_points(box: Sides, point: Point) -> Iterator[Point]:
    """Yield points of a box near a given one, from simple fractions to the point itself."""
    widths = [high - low for low, high in box]
    seen = set()
    for bits in (2, 4, 6, 8, 12, 16, 24, 32, 64):
        near = []
        for value, width, (low, high) in zip(point, widths, box, strict=True):
            radius = width / (1 << bits)
            near.append(simplest(max(low, value - radius), min(high, value + radius)))
        if tuple(near) not in seen:
            seen.add(tuple(near))
            yield tuple(near)
    yield point


def recognised(value: Fraction) -> list[sympy.Expr]:
    """Return expressions that may be the number which `value` approximates, the simplest first.

    >>> recognised(Fraction(1414213562373095048801688724209698078569671875376948073, 10**54))
    [sqrt(2)]
    """
    rational = _as_rational(value)
    if rational is not None:
        return [_expression(rational)]
    found = []
    for name, inverse in _INVERSES:
        try:
            image = inverse(Ball(value, precision=BITS)).middle
        except (Undecided, DomainError):
            continue
        rational = _as_rational(image)
        if rational is not None:
            found.append(name(_expression(rational), value))
    distinct = dict.fromkeys((*found, *_quadratic(value)))
    return [number for number in distinct if _is_near(number, value)][:3]


def _is_near(number: sympy.Expr, value: Fraction) -> bool:
    return abs(enclose(number, precision=BITS).middle - value) < Fraction(1, 1 << 60)


_INVERSES: list[tuple[Any, Any]] = [
    (lambda r, value: sympy.sqrt(r) if value > 0 else -sympy.sqrt(r), lambda ball: ball * ball),
    (lambda r, _: r * sympy.pi, lambda ball: ball / Ball.pi(precision=BITS)),
    (lambda r, _: sympy.log(r), lambda ball: ball.exp()),
    (lambda r, _: sympy.exp(r), lambda ball: ball.log()),
    (lambda r, _: r / sympy.pi, lambda ball: ball * Ball.pi(precision=BITS)),
    (lambda r, _: sympy.cos(r), lambda ball: ball.acos()),
    (lambda r, _: sympy.sin(r), lambda ball: ball.asin()),
    (lambda r, _: sympy.acos(r), lambda ball: ball.cos()),
    (lambda r, _: sympy.atan(r), lambda ball: ball.sin() / ball.cos()),
]


def _expression(value: Fraction) -> sympy.Expr:
    return sympy.Rational(value.numerator, value.denominator)


def _as_rational(value: Fraction) -> Fraction | None:
    """Return the simple fraction that a number approximates to many more digits than the fraction has, or None."""
    radius = Fraction(1, 1 << 60)
    size = abs(value)
    near = simplest_between(max(size - radius, Fraction(0)), size + radius)
    if near.numerator.bit_length() + near.denominator.bit_length() > 36:
        return None
    return near if value >= 0 else -near


def _quadratic(value: Fraction) -> list[sympy.Expr]:
    """Return the root of a quadratic polynomial with small integer coefficients, found by lattice reduction."""
    scale = 1 << 80
    rows = [
        [1, 0, 0, round(value * value * scale)],
        [0, 1, 0, round(value * scale)],
        [0, 0, 1, scale],
    ]
    reduced = flint.fmpz_mat(rows).lll()
    a, b, c = (int(reduced[0, column]) for column in range(3))
    if not a or max(abs(a), abs(b), abs(c)) > 1 << 20 or b * b < 4 * a * c:
        return []
    root = sympy.sqrt(b * b - 4 * a * c)
    candidates = [(-b + sign * root) / (2 * a) for sign in (1, -1)]
    return [min(candidates, key=lambda candidate: abs(enclose(candidate, precision=BITS).middle - value))]


# --- contacts


def contacts_near(rules: ContactRules, minimum: Minimum) -> Iterator[Contact]:
    """Yield sets through a point at which both sides may be equal: of the largest dimension first."""
    count, point = len(minimum.point), minimum.point
    for size in range(1, count + 1):
        for axes in combinations(reversed(range(count)), size):
            chosen = tuple(sorted(axes))
            for surface in _surfaces(rules, point, chosen):
                yield Contact(tuple((rules.symbols[axis], value) for axis, value in zip(chosen, surface, strict=True)))


def _surfaces(rules: ContactRules, point: Point, axes: tuple[int, ...]) -> list[tuple[sympy.Expr, ...]]:
    """Return expressions for the variables on `axes`, in the other variables, that give points of equal sides."""
    others = [axis for axis in range(len(point)) if axis not in axes]
    samples = [point]
    for axis in others:
        for fraction in (Fraction(1, 8), Fraction(-3, 16)):
            sample = _followed(rules, point, axis, fraction, axes)
            if sample is None:
                return []
            samples.append(sample)
    columns = []
    for axis in axes:
        if others:
            bases = [[sample[i] for i in others] for sample in samples]
            columns.append(_fitted([sample[axis] for sample in samples], bases, [rules.symbols[i] for i in others]))
        else:
            columns.append(recognised(point[axis])[:1])
    return [tuple(column[0] for column in columns)] if all(columns) else []


def _followed(rules: ContactRules, point: Point, axis: int, fraction: Fraction, axes: tuple[int, ...]) -> Point | None:
    """Return the point of equal sides with one other variable moved, or None if there is none nearby."""
    low, high = rules.domain[axis]
    step = (high - low) * fraction
    value = point[axis] + step if low <= point[axis] + step <= high else point[axis] - step
    if not low <= value <= high:
        return None
    minimum = local_minimum(rules, (*point[:axis], value, *point[axis + 1 :]), axes)
    return minimum.point if minimum is not None and minimum.is_contact else None


def _fitted(values: list[Fraction], bases: list[list[Fraction]], symbols: list[sympy.Symbol]) -> list[sympy.Expr]:
    """Return expressions in the symbols that take the values at the bases: affine ones, or one of a few functions."""
    solution = _affine(values, bases)
    numbers = [None] if solution is None else [_as_rational(part) for part in solution]
    if None not in numbers:
        factors = [sympy.S.One, *symbols]
        affine = sympy.Add(*(_expression(n) * f for n, f in zip(numbers, factors, strict=True) if n is not None))
        if _fits(affine, values, bases, symbols):
            return [affine]
    curved = _curved(values, bases, symbols)
    return [shape for shape in curved if _fits(shape, values, bases, symbols)][:1]


def _curved(values: list[Fraction], bases: list[list[Fraction]], symbols: list[sympy.Symbol]) -> Iterator[sympy.Expr]:
    """Yield expressions whose square is affine in squares, or whose logarithm is affine in logarithms."""
    squares = _affine([value**2 for value in values], [[v**2 for v in base] for base in bases])
    if squares is not None and None not in map(_as_rational, squares):
        sign = 1 if values[0] > 0 else -1
        parts = [_expression(_as_rational(part) or Fraction(0)) for part in squares]
        yield sign * sympy.sqrt(sympy.Add(*(c * f for c, f in zip(parts, [1, *(s**2 for s in symbols)], strict=True))))
    if all(value > 0 for value in (*values, *(v for base in bases for v in base))):
        powers = _affine([_logarithm(value) for value in values], [[_logarithm(v) for v in base] for base in bases])
        exponents = [] if powers is None else [_as_rational(part) for part in powers[1:]]
        if powers is not None and all(e is not None and e.denominator in (1, 2) for e in exponents):
            for factor in recognised(Ball(powers[0], precision=BITS).exp().middle)[:1]:
                factors = [s ** _expression(e) for s, e in zip(symbols, exponents, strict=True) if e]
                yield sympy.Mul(factor, *factors)


def _logarithm(value: Fraction) -> Fraction:
    return Ball(value, precision=BITS).log().middle


def _affine(values: list[Fraction], bases: list[list[Fraction]]) -> list[Fraction] | None:
    """Return the constant and the coefficients of the affine function that takes the values at the bases."""
    count = len(bases[0])
    rows = [[Fraction(1), *base] for base in bases[:1] + bases[1 : 2 * count : 2]]
    return solved(rows, [values[0], *values[1 : 2 * count : 2]], TOLERANCE)


def _fits(
    expression: sympy.Expr, values: list[Fraction], bases: list[list[Fraction]], symbols: list[sympy.Symbol]
) -> bool:
    for value, base in zip(values, bases, strict=True):
        try:
            there = enclose(expression, dict(zip(symbols, base, strict=True)), precision=BITS).middle
        except (Undecided, DomainError, InputError):
            return False
        if abs(there - value) > Fraction(1, 1 << 36):
            return False
    return True
