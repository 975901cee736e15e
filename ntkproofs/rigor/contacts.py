"""Rules for cells on which both sides are equal somewhere, or nearly: monotone, convex, divided and Taylor.

Each rule proves ``f = right - left >= 0`` (or ``> 0``) on a cell from enclosures of derivatives of f over the cell:

* ``monotone``: where the derivative in a variable has a constant sign, f is smallest on a face of the cell; there the
  proof continues with fewer variables, down to a point, at which equality is decided exactly.
* ``convex``: where the Hessian matrix is positive semidefinite, ``f >= f(c) + f'(c) (x - c)`` for any point c.
* ``divided``: f is zero on a set ``x_j = g(other variables)``, which is proved symbolically: ``f = (x_j - g)**m G``,
  where the Taylor coefficients of f in ``x_j`` between the set and the cell enclose G and its derivatives.
* ``factors``: the normal form of f is a product of even powers and of factors whose signs are known.
* ``transversal``: f and its derivatives in some variables are zero on a set ``x_T = g(other variables)``, and f is
  convex in ``x_T`` between the set and the cell.
* ``taylor``: the Taylor polynomial at the middle of the cell with an interval remainder: of order 2, or of order k in
  one variable (``taylor k``).

The points, sets and orders come from a search (see ``refutation``); nothing here depends on how they were found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from math import comb
from typing import Any, Protocol, TypeAlias

import sympy

from ntkproofs.arithmetic.balls import Ball, hull
from ntkproofs.arithmetic.enclosed import Enclosed, EnclosedArithmetic
from ntkproofs.arithmetic.expressions import BallArithmetic, formula
from ntkproofs.arithmetic.jets import Jet, JetArithmetic, is_positive_semidefinite
from ntkproofs.arithmetic.notation import written
from ntkproofs.arithmetic.simplest import simplest_between
from ntkproofs.arithmetic.taylor import TaylorArithmetic
from ntkproofs.errors import DomainError, InputError, NotExact, Undecided
from ntkproofs.rigor.evaluator import Evaluator
from ntkproofs.rigor.statements import Inequality
from ntkproofs.truth import NoTruthValue

__all__ = [
    "Contact",
    "ContactRules",
    "Plain",
    "Point",
    "Proof",
    "Sides",
    "exact_jet",
    "newton_step",
    "simplest",
    "solved",
]

Sides: TypeAlias = tuple[tuple[Fraction, Fraction], ...]
Symbols: TypeAlias = tuple[sympy.Symbol, ...]
Point: TypeAlias = tuple[Fraction, ...]
_NOT_KNOWN = (Undecided, DomainError, NotExact, InputError, AttributeError)

SMOOTH_RULES = ("monotone", "convex", "taylor")
NEWTON_STEPS = 4  # towards the minimum of a convex function
MAX_ORDER = 64  # of a Taylor polynomial
MAX_MULTIPLICITY = 6  # of a zero that is divided out


@dataclass(frozen=True)
class Contact:
    """A set on which both sides are equal: for some variables, their values as expressions in the other variables.

    >>> x, y = sympy.symbols("x y")
    >>> print(Contact(((y, x),)), Contact(((x, sympy.sqrt(2)),)), sep="; ")
    y = x; x = sqrt(2)
    """

    surface: tuple[tuple[sympy.Symbol, sympy.Expr], ...]

    @property
    def symbols(self) -> Symbols:
        """The variables that are functions of the others on the set."""
        return tuple(symbol for symbol, _ in self.surface)

    def __str__(self) -> str:
        return ", ".join(f"{symbol.name} = {written(value)}" for symbol, value in self.surface)


@dataclass(frozen=True)
class AtPoint(NoTruthValue):
    """The certain sign of a function at a point, an enclosure of its value, and the bits used."""

    instead = ".sign"

    sign: int
    value: Ball
    precision: int


class Smooth(Protocol):
    """A function that is twice continuously differentiable on a box."""

    def jet(self, box: Sides, bits: int) -> Jet[Ball] | None:
        """Return enclosures of value, gradient and Hessian matrix over the box (sides may be points), or None."""

    def at(self, point: Point, bits: int) -> AtPoint | None:
        """Return the sign at a point if it is certain."""


# --- right - left as a function of its variables


@dataclass(frozen=True)
class Plain:
    """``right - left`` on a box on which both sides are known to be defined."""

    evaluator: Evaluator
    symbols: Symbols

    def jet(self, box: Sides, bits: int) -> Jet[Ball] | None:
        """Return enclosures of value, gradient and Hessian matrix over the box, or None if they are not bounded."""
        values = [Ball.between(low, high, precision=bits) for low, high in box]
        arguments = dict(zip(self.symbols, JetArithmetic.variables(values), strict=True))
        arithmetic = JetArithmetic(BallArithmetic(bits), len(box))
        try:
            result: Jet[Ball] = self.evaluator.evaluate(arguments, arithmetic, guarded=False)
        except _NOT_KNOWN:
            return None
        return result

    def at(self, point: Point, bits: int) -> AtPoint | None:
        """Return the sign at a point if it is certain."""
        try:
            result = self.evaluator.at_parameters(dict(zip(self.symbols, point, strict=True)), bits)
            if result.holds is None or result.value is None:
                return None
            return AtPoint(0 if result.exact_zero else result.value.sign(), result.value, result.precision)
        except _NOT_KNOWN:
            return None


# --- monotone and convex


@dataclass(frozen=True)
class Proof:
    """The rule that proved ``f >= bound`` (``f > 0`` if the inequality is strict) on a cell."""

    rule: str
    bound: Fraction
    precision: int = 0


def prove_smooth(function: Smooth, box: Sides, bits: int, *, strict: bool, rules: tuple[str, ...]) -> Proof | None:
    """Prove that a smooth function is nonnegative (positive if `strict`) on a box by some of the rules.

    `rules`: some of ``monotone``, ``convex`` and ``taylor``.
    """
    middle = tuple((low + high) / 2 for low, high in box)
    centre = function.jet(tuple((value, value) for value in middle), bits)
    if centre is not None and (centre.value * -1).is_positive():
        return None
    jet = function.jet(box, bits)
    if jet is None:
        return None
    for rule, enclosure in _enclosures(centre, box, jet, bits):
        if rule in ("monotone", *rules) and _satisfies(enclosure, strict):
            return Proof(rule, enclosure.lower)
    if "monotone" in rules:
        face = _lowest_face(box, jet)
        if all(low == high for low, high in face):
            return _at_corner(function, face, bits, strict=strict)
        if face != box:
            return prove_smooth(function, face, bits, strict=strict, rules=rules)
    if "convex" in rules and is_positive_semidefinite(_active_hessian(box, jet)):
        return _by_tangent(function, box, bits, strict=strict)
    return None


def _satisfies(values: Ball, strict: bool) -> bool:
    return values.is_positive() or (not strict and values.is_nonnegative())


def _enclosures(centre: Jet[Ball] | None, box: Sides, jet: Jet[Ball], bits: int) -> Iterator[tuple[str, Ball]]:
    """Yield enclosures of the values over the box: the range and the mean-value form, then the second-order form."""
    if centre is None:
        yield "monotone", jet.value
        return
    middle = tuple((low + high) / 2 for low, high in box)
    yield "monotone", jet.value.intersection(_plane(centre.value, box, middle, jet.gradient, bits))
    yield "taylor", _second_order(centre, box, jet, bits)


def _plane(start: Ball, box: Sides, point: Point, gradient: list[Ball | None], bits: int) -> Ball:
    """Return the values over the box of ``start + gradient (x - point)``."""
    total = start
    for slope, (low, high), value in zip(gradient, box, point, strict=True):
        if slope is not None and low != high:
            total = total + slope * Ball.between(low - value, high - value, precision=bits)
    return total


def _second_order(centre: Jet[Ball], box: Sides, jet: Jet[Ball], bits: int) -> Ball:
    """Return the values over the box of the Taylor polynomial at the middle, with the Hessian matrix over the box."""
    steps = [Ball.between((low - high) / 2, (high - low) / 2, precision=bits) for low, high in box]
    total = centre.value
    for i, step in enumerate(steps):
        slope, bent = centre.gradient[i], jet.entry(i, i)
        total = total + step * slope if slope is not None else total
        total = total + step**2 * bent / 2 if bent is not None else total
        for j in range(i):
            mixed = jet.entry(i, j)
            total = total + step * steps[j] * mixed if mixed is not None else total
    return total


def _lowest_face(box: Sides, jet: Jet[Ball]) -> Sides:
    """Return the face on which a function is smallest, in the variables in which it is monotone."""
    sides = []
    for (low, high), slope in zip(box, jet.gradient, strict=True):
        if slope is None or slope.is_nonnegative():
            sides.append((low, low))
        else:
            sides.append((high, high) if (-slope).is_nonnegative() else (low, high))
    return tuple(sides)


def _at_corner(function: Smooth, corner: Sides, bits: int, *, strict: bool) -> Proof | None:
    point = tuple(low for low, _ in corner)
    result = function.at(point, bits)
    if result is None or result.sign < 0 or (strict and result.sign == 0):
        return None
    return Proof("monotone", max(result.value.lower, Fraction(0)), result.precision)


def _active_hessian(box: Sides, jet: Jet[Ball]) -> list[list[Ball | None]]:
    active = [place for place, (low, high) in enumerate(box) if low != high]
    return [[jet.entry(i, j) for j in active] for i in active]


def _by_tangent(function: Smooth, box: Sides, bits: int, *, strict: bool) -> Proof | None:
    """Prove a convex function nonnegative by a tangent plane at a point of the box near its minimum."""
    point = tuple((low + high) / 2 for low, high in box)
    for _ in range(NEWTON_STEPS):
        step = newton_step(function, box, point, bits)
        if step is None:
            return None
        if step == point:
            break
        point = step
    jet = function.jet(tuple((value, value) for value in point), bits)
    plane = None if jet is None else _plane(jet.value, box, point, jet.gradient, bits)
    return Proof("convex", plane.lower) if plane is not None and _satisfies(plane, strict) else None


def newton_step(function: Smooth, box: Sides, point: Point, bits: int) -> Point | None:
    """Return a step of Newton's method for a minimum, kept inside the box; a search, from middles of enclosures."""
    jet = function.jet(tuple((value, value) for value in point), bits)
    if jet is None:
        return None
    active = [place for place, (low, high) in enumerate(box) if low != high]
    gradient = [_middle(jet.gradient[place]) for place in active]
    hessian = [[_middle(jet.entry(i, j)) for j in active] for i in active]
    step = solved(hessian, gradient, bits * 5 // 8)
    if step is None:
        return None
    values = list(point)
    for place, change in zip(active, step, strict=True):
        low, high = box[place]
        values[place] = min(max(_rounded(point[place] - change, bits), low), high)
    return tuple(values)


def _middle(part: Ball | None) -> Fraction:
    return Fraction(0) if part is None else part.middle


def _rounded(value: Fraction, bits: int) -> Fraction:
    return Fraction(round(value * (1 << bits)), 1 << bits)


def solved(matrix: list[list[Fraction]], right: list[Fraction], bits: int) -> list[Fraction] | None:
    """Solve a small linear system, leaving out variables whose pivot is 0 to `bits` bits; None if all are."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    count, pivots = len(rows), []
    tolerance = max((abs(entry) for row in matrix for entry in row), default=Fraction(0)) / (1 << bits)
    for column in range(count):
        best = max((i for i in range(count) if i not in pivots), key=lambda i: abs(rows[i][column]))
        if abs(rows[best][column]) <= tolerance:
            pivots.append(-1)
            continue
        pivots.append(best)
        for i in range(count):
            if i != best and rows[i][column]:
                factor = rows[i][column] / rows[best][column]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[best], strict=True)]
    if all(pivot < 0 for pivot in pivots):
        return None
    return [
        Fraction(0) if pivot < 0 else rows[pivot][count] / rows[pivot][column] for column, pivot in enumerate(pivots)
    ]


# --- sets on which both sides are equal


@lru_cache(maxsize=4096)
def multiplicity(evaluator: Evaluator, contact: Contact, ranges: tuple[tuple[sympy.Symbol, Any, Any], ...]) -> int:
    """Return how many Taylor coefficients of ``right - left`` in one variable are zero on a set, at most 6.

    `ranges`: the other variables with lower and upper ends. A coefficient counts if it is zero in normal form, and so
    wherever it is defined; so the result is a lower bound of the true multiplicity. Raises Undecided if ``right -
    left`` has no expansion that can be computed.
    """
    (symbol, value), found = contact.surface[0], 0
    for order in (1, 3, MAX_MULTIPLICITY - 1):
        numbers = EnclosedArithmetic(SYMBOLIC_BITS)
        others = {s: numbers.symbol(s, Ball.between(a, b, precision=SYMBOLIC_BITS)) for s, a, b in ranges}
        series = TaylorArithmetic(numbers, order)
        arguments = {s: series.series([number]) for s, number in others.items()}
        try:
            centre = formula(value).evaluate(others, numbers)
        except _NOT_KNOWN as problem:
            raise Undecided(f"no symbolic value of {value}: {problem}") from problem
        arguments[symbol] = series.series([centre, numbers.rational(Fraction(1))])
        coefficients = _symbolic(evaluator, arguments, series).coefficients
        found = next((k for k, part in enumerate(coefficients) if not part.is_zero()), order + 1)
        if found <= order:
            break
    return found


SYMBOLIC_BITS = 64


def _symbolic(evaluator: Evaluator, arguments: Mapping[sympy.Symbol, Any], arithmetic: Any) -> Any:
    try:
        return evaluator.evaluate(arguments, arithmetic, guarded=False)
    except (DomainError, NotExact, InputError, AttributeError, ValueError, ArithmeticError) as problem:
        raise Undecided(f"no symbolic expansion: {problem}") from problem


def _known_multiplicity(evaluator: Evaluator, contact: Contact, domain: Sides, box: Sides, symbols: Symbols) -> int:
    """Return the multiplicity of a zero, with the variables in their domain or, if that is not enough, in the cell."""
    best = 0
    for sides in (domain, box):
        ranges = tuple((s, *side) for s, side in zip(symbols, sides, strict=True) if s not in contact.symbols)
        try:
            best = max(best, multiplicity(evaluator, contact, ranges))
        except Undecided:
            continue
        if best:
            break
    return best


@dataclass(frozen=True)
class Divided:
    """The function G of ``right - left = t**m G``, where ``t = x_j - g`` and g depends on the other variables.

    Its variables are those of the inequality, with t in the place of ``x_j``. The k-th Taylor coefficient of G in t
    lies in the interval of coefficient ``m + k`` of ``right - left`` over the hull of 0 and the values of t.
    """

    evaluator: Evaluator
    symbols: Symbols
    contact: Contact
    order: int
    sign_of_power: int

    @property
    def _axis(self) -> int:
        return self.symbols.index(self.contact.symbols[0])

    def jet(self, box: Sides, bits: int) -> Jet[Ball] | None:
        """Return enclosures of value, gradient and Hessian matrix of ``sign * G`` over the box, or None."""
        axis, base = self._axis, BallArithmetic(bits)
        low, high = box[axis]
        sides: list[Any] = [Ball.between(a, b, precision=bits) for a, b in box]
        sides[axis] = Ball.between(min(low, Fraction(0)), max(high, Fraction(0)), precision=bits)
        try:
            coefficients = self._coefficients(sides, base)
        except _NOT_KNOWN:
            return None
        jet = _in_all_variables(coefficients, self.order, axis)
        return jet if self.sign_of_power > 0 else jet * -1

    def at(self, point: Point, bits: int) -> AtPoint | None:
        """Return the sign of ``sign * G`` at a point of the set itself if it is certain."""
        if point[self._axis] != 0:
            return None
        numbers = EnclosedArithmetic(bits)
        try:
            coefficients = self._coefficients([numbers.rational(value) for value in point], numbers)
            value = coefficients[self.order].value * self.sign_of_power
            return None if value.values is None else AtPoint(value.sign(), value.values, bits)
        except _NOT_KNOWN:
            return None

    def _coefficients(self, sides: list[Any], base: Any) -> list[Jet[Any]]:
        """Return the Taylor coefficients of ``right - left`` in t, as jets in the other variables."""
        jets = JetArithmetic(base, len(sides))
        variables = dict(zip(self.symbols, JetArithmetic.variables(sides), strict=True))
        symbol, value = self.contact.surface[0]
        del variables[symbol]
        start = formula(value).evaluate(variables, jets) + jets.constant(sides[self._axis])
        arithmetic = TaylorArithmetic(jets, self.order + 2)
        arguments = {s: arithmetic.series([variable]) for s, variable in variables.items()}
        arguments[symbol] = arithmetic.series([start, jets.rational(Fraction(1))])
        coefficients: list[Jet[Any]] = self.evaluator.evaluate(arguments, arithmetic, guarded=False).coefficients
        return coefficients


def _in_all_variables(coefficients: list[Jet[Any]], order: int, axis: int) -> Jet[Any]:
    """Return the jet of G in all variables from the coefficients in t, which are jets in the others."""
    value, slope, bent = coefficients[order : order + 3]
    gradient, count = list(value.gradient), len(value.gradient)
    gradient[axis] = slope.value
    hessian = []
    for i in range(count):
        for j in range(i, count):
            if axis not in (i, j):
                hessian.append(value.entry(i, j))
            elif i == j:
                hessian.append(bent.value * 2)
            else:
                hessian.append(slope.gradient[j if i == axis else i])
    return Jet(value.value, gradient, hessian)


def prove_divided(
    evaluator: Evaluator, symbols: Symbols, contact: Contact, domain: Sides, box: Sides, bits: int
) -> Proof | None:
    """Prove ``right - left >= 0`` on a cell by dividing out a zero on a set ``x_j = g`` inside the cell or beside it.

    Both sides must be known to be defined on the cell; a strict inequality is not proved, since the set may meet the
    cell.
    """
    if evaluator.inequality.strict or len(contact.surface) != 1:
        return None
    order = _known_multiplicity(evaluator, contact, domain, box, symbols)
    if not 1 <= order < MAX_MULTIPLICITY:
        return None
    distance = _distances(symbols, contact, box, bits)
    if distance is None:
        return None
    sign = _sign_of_power(distance, order)
    if sign == 0:
        return None
    axis = symbols.index(contact.symbols[0])
    if _coefficient_is_satisfied(evaluator, symbols, contact, box, bits, order, sign):
        return Proof("divided", Fraction(0))
    between = _extended(symbols, contact, box, bits)
    if between is not None:
        found, _ = _sign_of_coefficient(evaluator, symbols, between, bits, symbols[axis], order)
        if found == sign:
            return Proof("divided", Fraction(0))
    moved = (*box[:axis], distance, *box[axis + 1 :])
    function = Divided(evaluator, symbols, contact, order, sign)
    proof = prove_smooth(function, moved, bits, strict=False, rules=SMOOTH_RULES)
    if proof is not None:
        return Proof("divided", Fraction(0), proof.precision)
    return _convex_at_zero(function, moved, bits)


def _distances(symbols: Symbols, contact: Contact, box: Sides, bits: int) -> tuple[Fraction, Fraction] | None:
    """Return the least and the greatest value of ``t = x_j - g`` on a cell, or bounds of them."""
    sides = dict(zip(symbols, box, strict=True))
    symbol, value = contact.surface[0]
    low, high = sides.pop(symbol)
    if isinstance(value, sympy.Rational):
        exact = Fraction(int(value.p), int(value.q))
        return low - exact, high - exact
    balls = {s: Ball.between(*side, precision=bits) for s, side in sides.items()}
    try:
        centre = formula(value).evaluate(balls, BallArithmetic(bits))
        return low - centre.upper, high - centre.lower
    except _NOT_KNOWN:
        return None


def _sign_of_power(distance: tuple[Fraction, Fraction], order: int) -> int:
    """Return the sign of ``t**order`` (1 or -1) on an interval, 0 if it has both."""
    if order % 2 == 0 or distance[0] >= 0:
        return 1
    return -1 if distance[1] <= 0 else 0


def prove_factors(evaluator: Evaluator, symbols: Symbols, box: Sides, bits: int) -> Proof | None:
    """Prove an inequality on a cell by the factors of its normal form: even powers, and factors with signs.

    Both sides must be known to be defined on the cell.
    """
    sign, nonzero = _sign_of_coefficient(evaluator, symbols, box, bits, symbols[0], 0)
    proved = sign > 0 and (nonzero or not evaluator.inequality.strict)
    return Proof("factors", Fraction(0)) if proved else None


def _sign_of_coefficient(
    evaluator: Evaluator, symbols: Symbols, box: Sides, bits: int, axis: sympy.Symbol, order: int
) -> tuple[int, bool]:
    """Return the sign (1: never negative, -1: never positive, 0: not known) of a Taylor coefficient over a box.

    The coefficient of ``right - left`` in the variable `axis` is computed symbolically and factored. The second part
    says whether it is known never to be 0.
    """
    numbers = EnclosedArithmetic(bits)
    arithmetic = TaylorArithmetic(numbers, order)
    arguments: dict[sympy.Symbol, Any] = {}
    for symbol, (low, high) in zip(symbols, box, strict=True):
        variable = numbers.symbol(symbol, Ball.between(low, high, precision=bits))
        leading = [variable, numbers.rational(Fraction(1))] if symbol == axis else [variable]
        arguments[symbol] = arithmetic.series(leading)
    try:
        coefficient: Enclosed = _symbolic(evaluator, arguments, arithmetic).coefficients[order]
        return coefficient.sign_of_factors()
    except _NOT_KNOWN:
        return 0, False


def _coefficient_is_satisfied(
    evaluator: Evaluator, symbols: Symbols, contact: Contact, box: Sides, bits: int, order: int, sign: int
) -> bool:
    """Return whether the coefficient of ``t**order`` has the right sign between the set and the cell."""
    arithmetic = TaylorArithmetic(BallArithmetic(bits), order)
    balls = {s: Ball.between(*side, precision=bits) for s, side in zip(symbols, box, strict=True)}
    symbol, value = contact.surface[0]
    others = {s: ball for s, ball in balls.items() if s != symbol}
    try:
        centre = formula(value).evaluate(others, BallArithmetic(bits))
        arguments = {s: arithmetic.series([ball]) for s, ball in others.items()}
        arguments[symbol] = arithmetic.series([hull(balls[symbol], centre), Ball(1, precision=bits)])
        values = evaluator.evaluate(arguments, arithmetic, guarded=False).coefficients[order]
    except _NOT_KNOWN:
        return False
    nonnegative: bool = (values * sign).is_nonnegative()
    return nonnegative


def _convex_at_zero(function: Divided, box: Sides, bits: int) -> Proof | None:
    """Prove G nonnegative near a point of the set at which G itself is zero with its gradient, if it is convex."""
    axis = function._axis
    if not box[axis][0] <= 0 <= box[axis][1]:
        return None
    jet = function.jet(box, bits)
    if jet is None or not is_positive_semidefinite(_active_hessian(box, jet)):
        return None
    point = tuple(Fraction(0) if place == axis else simplest(low, high) for place, (low, high) in enumerate(box))
    numbers = EnclosedArithmetic(bits)
    try:
        coefficients = function._coefficients([numbers.rational(value) for value in point], numbers)
    except _NOT_KNOWN:
        return None
    exact = _in_all_variables(coefficients, function.order, axis)
    if function.sign_of_power < 0:
        exact = exact * -1
    return Proof("divided", Fraction(0)) if _is_minimum(exact, box, point) else None


def _is_minimum(exact: Jet[Enclosed], box: Sides, point: tuple[Fraction | None, ...]) -> bool:
    """Return whether a convex function is nonnegative at a point of a box and smallest there, by its exact jet."""
    try:
        if exact.value.sign() < 0:
            return False
        for slope, (low, high), value in zip(exact.gradient, box, point, strict=True):
            sign = 0 if slope is None else slope.sign()
            if value is not None and not low <= value <= high:
                return False
            if (sign > 0 and value != low) or (sign < 0 and value != high):
                return False
    except Undecided:
        return False
    return True


def prove_convex_at(evaluator: Evaluator, symbols: Symbols, contact: Contact, box: Sides, bits: int) -> Proof | None:
    """Prove ``right - left >= 0`` on a cell from an exact minimum at one point, if f is convex on the hull with it.

    At the point, f is nonnegative and its derivatives are 0, or point into the hull at a face of the hull.
    """
    if evaluator.inequality.strict or set(contact.symbols) != set(symbols):
        return None
    extended = _extended(symbols, contact, box, bits)
    jet = None if extended is None else Plain(evaluator, symbols).jet(extended, bits)
    if extended is None or jet is None or not is_positive_semidefinite(_active_hessian(extended, jet)):
        return None
    exact = exact_jet(evaluator, symbols, contact, bits)
    constants = dict(contact.surface)
    point = tuple(_rational(constants[symbol]) for symbol in symbols)
    return Proof("convex", Fraction(0)) if exact is not None and _is_minimum(exact, extended, point) else None


def _rational(value: sympy.Expr) -> Fraction | None:
    return Fraction(int(value.p), int(value.q)) if isinstance(value, sympy.Rational) else None


def exact_jet(evaluator: Evaluator, symbols: Symbols, contact: Contact, bits: int) -> Jet[Enclosed] | None:
    """Return value, gradient and Hessian matrix of ``right - left`` at the point of a contact, symbolically."""
    numbers, constants = EnclosedArithmetic(bits), dict(contact.surface)
    try:
        centre = [formula(constants[symbol]).evaluate({}, numbers) for symbol in symbols]
        arguments = dict(zip(symbols, JetArithmetic.variables(centre), strict=True))
        jet: Jet[Enclosed] = _symbolic(evaluator, arguments, JetArithmetic(numbers, len(symbols)))
    except _NOT_KNOWN:
        return None
    return jet


def simplest(low: Fraction, high: Fraction) -> Fraction:
    """Return the number of the smallest denominator in ``[low, high]``.

    >>> simplest(Fraction(-1, 3), Fraction(-1, 4)), simplest(Fraction(-1), Fraction(1))
    (Fraction(-1, 3), Fraction(0, 1))
    """
    if low <= 0 <= high:
        return Fraction(0)
    return simplest_between(low, high) if low > 0 else -simplest_between(-high, -low)


# --- several variables that are functions of the others


def prove_transversal(
    evaluator: Evaluator, symbols: Symbols, contact: Contact, domain: Sides, box: Sides, bits: int
) -> Proof | None:
    """Prove ``right - left >= 0`` on a cell from a zero on a set ``x_T = g`` with zero derivatives in ``x_T``.

    f must be convex in ``x_T`` on the hull of the cell and of the points of the set with the same other variables.
    """
    if evaluator.inequality.strict:
        return None
    for ranges in (domain, box):
        sides = dict(zip(symbols, ranges, strict=True))
        others = tuple((s, *sides[s]) for s in symbols if s not in contact.symbols)
        if _is_stationary(evaluator, contact, others):
            break
    else:
        return None
    extended = _extended(symbols, contact, box, bits)
    if extended is None:
        return None
    jet = Plain(evaluator, symbols).jet(extended, bits)
    if jet is None:
        return None
    places = [symbols.index(symbol) for symbol in contact.symbols]
    matrix = [[jet.entry(i, j) for j in places] for i in places]
    return Proof("transversal", Fraction(0)) if is_positive_semidefinite(matrix) else None


@lru_cache(maxsize=4096)
def _is_stationary(evaluator: Evaluator, contact: Contact, others: tuple[tuple[sympy.Symbol, Any, Any], ...]) -> bool:
    """Return whether ``right - left`` and its derivatives in the variables of the contact are zero on the set."""
    numbers = EnclosedArithmetic(SYMBOLIC_BITS)
    values = {s: numbers.symbol(s, Ball.between(a, b, precision=SYMBOLIC_BITS)) for s, a, b in others}
    arithmetic = TaylorArithmetic(numbers, 1)
    try:
        centres = {s: formula(value).evaluate(values, numbers) for s, value in contact.surface}
        for moved in contact.symbols:
            arguments = {s: arithmetic.series([number]) for s, number in {**values, **centres}.items()}
            arguments[moved] = arithmetic.series([centres[moved], numbers.rational(Fraction(1))])
            if not all(part.is_zero() for part in _symbolic(evaluator, arguments, arithmetic).coefficients):
                return False
    except _NOT_KNOWN:
        return False
    return True


def _extended(symbols: Symbols, contact: Contact, box: Sides, bits: int) -> Sides | None:
    """Return the hull of a cell and of the points of a set with the same other variables."""
    sides = dict(zip(symbols, box, strict=True))
    balls = {s: Ball.between(*side, precision=bits) for s, side in sides.items() if s not in contact.symbols}
    for symbol, value in contact.surface:
        try:
            centre = formula(value).evaluate(balls, BallArithmetic(bits))
            low, high = sides[symbol]
            sides[symbol] = (min(low, centre.lower), max(high, centre.upper))
        except _NOT_KNOWN:
            return None
    return tuple(sides[symbol] for symbol in symbols)


# --- all rules


@dataclass(frozen=True)
class ContactRules:
    """The rules of this module for the cells of one piece of a domain (`domain`: its box).

    `evaluator`: ``right - left`` in the parameters `symbols` of the piece.
    """

    evaluator: Evaluator
    symbols: Symbols
    domain: Sides

    def prove(self, rule: str, contact: Contact | None, box: Sides, bits: int) -> Proof | None:
        """Prove a cell, on which both sides are known to be defined, by one rule; None if it does not apply."""
        if rule.startswith("taylor "):
            order = rule.removeprefix("taylor ")
            if len(box) != 1 or not order.isdecimal() or not 1 <= int(order) <= MAX_ORDER:
                return None
            return prove_taylor(self.evaluator, self.symbols[0], box, bits, int(order))
        if contact is None:
            if rule == "factors":
                return prove_factors(self.evaluator, self.symbols, box, bits)
            rules = {"monotone": ("monotone",), "convex": ("monotone", "convex"), "taylor": ("monotone", "taylor")}
            return self.smooth(box, bits, rules[rule]) if rule in rules else None
        if not set(contact.symbols) <= set(self.symbols):
            return None
        if rule == "convex":
            return prove_convex_at(self.evaluator, self.symbols, contact, box, bits)
        provers = {"divided": prove_divided, "transversal": prove_transversal}
        if rule not in provers:
            return None
        return provers[rule](self.evaluator, self.symbols, contact, self.domain, box, bits)

    def smooth(self, box: Sides, bits: int, rules: tuple[str, ...] = SMOOTH_RULES) -> Proof | None:
        """Prove a cell by the rules ``monotone``, ``convex`` and ``taylor``, or some of them."""
        strict = self.evaluator.inequality.strict
        return prove_smooth(Plain(self.evaluator, self.symbols), box, bits, strict=strict, rules=rules)

    def is_near(self, contact: Contact | None, box: Sides, bits: int) -> bool:
        """Return whether a contact may prove a cell: not if it is a point that is far from the cell."""
        if contact is None or len(contact.symbols) < len(self.symbols):
            return True
        hull_of_both = _extended(self.symbols, contact, box, bits)
        return hull_of_both is not None and all(
            high - low <= 3 * (b - a) for (a, b), (low, high) in zip(box, hull_of_both, strict=True)
        )

    def by_contact(self, contact: Contact | None, box: Sides, bits: int) -> Proof | None:
        """Prove a cell by a contact, with the rule that fits the number of its variables; None: by ``factors``."""
        if contact is None:
            return self.prove("factors", None, box, bits)
        count = len(contact.symbols)
        rule = "divided" if count == 1 else "convex" if count == len(self.symbols) else "transversal"
        return self.prove(rule, contact, box, bits)


# --- Taylor polynomials in one variable


def prove_taylor(evaluator: Evaluator, symbol: sympy.Symbol, box: Sides, bits: int, order: int) -> Proof | None:
    """Prove an inequality on a cell of one variable by the Taylor polynomial at its middle and an interval remainder.

    The polynomial is bounded by its Bernstein coefficients. Both sides must be known to be defined on the cell. An
    absolute value has no Taylor polynomial: ``|f| <= c`` is proved as ``f <= c`` and ``-c <= f``.
    """
    enclosures = [_taylor_enclosure(branch, symbol, box, bits, order) for branch in _branches(evaluator)]
    bounds = [each.lower for each in enclosures if each is not None and evaluator.is_satisfied_by(each)]
    return Proof(f"taylor {order}", min(bounds)) if len(bounds) == len(enclosures) else None


def _branches(evaluator: Evaluator) -> list[Evaluator]:
    """Return evaluators of inequalities that are together equivalent to that of the evaluator."""
    left, right, strict = evaluator.inequality.left, evaluator.inequality.right, evaluator.inequality.strict
    if left.func is not sympy.Abs:
        return [evaluator]
    (inside,) = left.args
    pairs = (inside, right), (sympy.Mul(-1, right, evaluate=False), inside)
    return [replace(evaluator, inequality=Inequality(small, large, strict)) for small, large in pairs]


def _taylor_enclosure(evaluator: Evaluator, symbol: sympy.Symbol, box: Sides, bits: int, order: int) -> Ball | None:
    """Return an enclosure of ``right - left`` on a cell, or None."""
    low, high = box[0]
    middle, radius = (low + high) / 2, (high - low) / 2
    arithmetic = TaylorArithmetic(BallArithmetic(bits), order)
    one = Ball(1, precision=bits)
    try:
        centre = evaluator.evaluate(
            {symbol: arithmetic.series([Ball(middle, precision=bits), one])}, arithmetic, guarded=False
        )
        cell = evaluator.evaluate(
            {symbol: arithmetic.series([Ball.between(low, high, precision=bits), one])}, arithmetic, guarded=False
        )
        coefficients = [*centre.coefficients[:order], cell.coefficients[order]]
        return _bernstein(coefficients, radius, bits)
    except _NOT_KNOWN:
        return None


def _bernstein(coefficients: list[Ball], radius: Fraction, bits: int) -> Ball:
    """Return an enclosure of ``c[0] + c[1] x + ...`` for ``-radius <= x <= radius``; the c are intervals.

    With ``x = radius (2 u - 1)`` the polynomial is a convex combination of its Bernstein coefficients on [0, 1].
    """
    degree = len(coefficients) - 1
    scaled = [c * radius**k for k, c in enumerate(coefficients)]
    powers = [Ball(0, precision=bits)] * (degree + 1)  # of u
    for k, c in enumerate(scaled):
        for j in range(k + 1):
            powers[j] = powers[j] + c * (comb(k, j) * 2**j * (-1) ** (k - j))
    bernstein = []
    for i in range(degree + 1):
        total = powers[0]
        for j in range(1, i + 1):
            total = total + powers[j] * Fraction(comb(i, j), comb(degree, j))
        bernstein.append(total)
    return hull(*bernstein)
