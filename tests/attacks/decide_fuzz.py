"""An audit fuzzer for `decide`: random statements against mpmath, evaluated by code that the product does not use.

    python tests/attacks/decide_fuzz.py --number 5000 --seed 1

prints how often each outcome came, and every answer that high precision contradicts. The statements have undefined
regions, terms that cancel, unevaluated parts, contacts at the ends and inside, integers with poles. The domains have
closed, open, infinite, irrational and dependent ends, integers beside reals, and constraints.
"""

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction as Q

import mpmath
import sympy
from fuzzing import audited, command
from mpmath import mpf

from ntkproofs.errors import DomainError, NtkProofsError, Undecided
from ntkproofs.rigor import Box, Decision, Integers, Point, at_most, decide, less, replay

DIGITS = 200
ZERO = mpf(10) ** -60  # an argument closer to 0 than this is 0: the numbers of these statements are small
LARGE = mpf(10) ** 80  # where the digits do not tell the difference of two larger sides
EQUAL = mpf(10) ** -90  # sides that differ by less, relatively, are equal
x, y = sympy.symbols("x y")
FUNCTIONS = (sympy.exp, sympy.sin, sympy.cos, sympy.atan, sympy.log, sympy.acos, sympy.asin, sympy.sqrt)
FURTHER = (
    sympy.tan, sympy.sinh, sympy.cosh, sympy.tanh, sympy.asinh, sympy.acosh, sympy.atanh, sympy.Abs, sympy.gamma,
    sympy.loggamma, sympy.factorial, sympy.erf, sympy.erfc, sympy.cbrt, sympy.sec, sympy.coth,
)  # fmt: skip


class Undefined(Exception):
    """A side has no value at a point."""


# --- the oracle: SymPy's tree walked by mpmath


def evaluate(node: sympy.Expr, at: dict[sympy.Symbol, Q]) -> mpf:
    """Return the value of an expression at a point; raises Undefined."""
    if node.is_Symbol:
        return mpf(at[node].numerator) / at[node].denominator
    if node.is_Rational:
        return mpf(int(node.p)) / int(node.q)
    if node is sympy.pi or node is sympy.E:
        return +mpmath.pi if node is sympy.pi else +mpmath.e
    values = [evaluate(part, at) for part in node.args]
    if node.is_Add:
        return mpmath.fsum(values)
    if node.is_Mul:
        return mpmath.fprod(values)
    if node.func is sympy.Pow:
        return power(*values)
    if node.func in (sympy.Max, sympy.Min):
        return (max if node.func is sympy.Max else min)(values)
    if node.func is sympy.binomial:
        n, k = values
        return apply("factorial", n) / (apply("factorial", k) * apply("factorial", n - k))
    return apply(node.func.__name__, values[0])


def power(base: mpf, value: mpf) -> mpf:
    """Return ``base**value``, where a negative base may only have an integer as its exponent."""
    if abs(value) > 10_000:
        raise OverflowError
    if abs(base) < ZERO:
        if value < -ZERO:
            raise Undefined
        return mpf(0) if abs(value) > ZERO else mpf(1)
    nearest = mpmath.nint(value)
    if abs(value - nearest) < ZERO:
        return base ** int(nearest)
    if base < 0:
        raise Undefined
    return base**value


def apply(name: str, value: mpf) -> mpf:
    """Return a function at a value, which may miss the end of its domain by the rounding error."""
    low, high = DOMAINS.get(name, (-mpmath.inf, mpmath.inf))
    closed = name in ("sqrt", "acos", "asin", "acosh")
    if (value < low - ZERO or value > high + ZERO) if closed else (value < low + ZERO or value > high - ZERO):
        raise Undefined
    value = min(max(value, low), high)
    if name in ("factorial", "gamma"):
        argument = value + (name == "factorial")
        if argument < ZERO and abs(argument - mpmath.nint(argument)) < ZERO:
            raise Undefined
        value, name = argument, "gamma"
    if (name in ("tan", "sec") and abs(mpmath.cos(value)) < ZERO) or (name == "coth" and abs(value) < ZERO):
        raise Undefined
    if name not in ("sqrt", "log", "atan", "acos", "asin", "Abs") and abs(value) > 10_000:  # mpmath would take for ever
        raise OverflowError
    return abs(value) if name == "Abs" else getattr(mpmath, name)(value)


DOMAINS = {
    "sqrt": (0, mpmath.inf), "log": (0, mpmath.inf), "loggamma": (0, mpmath.inf), "acos": (-1, 1), "asin": (-1, 1),
    "acosh": (1, mpmath.inf), "atanh": (-1, 1),
}  # fmt: skip


# --- statements


def rational(source: random.Random) -> sympy.Rational:
    """Return a small rational number."""
    return sympy.Rational(source.randint(-6, 6), source.choice([1, 1, 2, 3, 4]))


def expression(source: random.Random, symbols: tuple[sympy.Symbol, ...], depth: int) -> sympy.Expr:
    """Return a random expression."""
    if depth == 0:
        return source.choice([*symbols, *symbols, rational(source), sympy.pi])
    first, second = (expression(source, symbols, depth - 1) for _ in range(2))
    plain = {"evaluate": source.random() < 0.7}
    kind = source.randrange(9)
    if kind == 6:
        return source.choice([sympy.Max, sympy.Min, sympy.binomial])(first, second, **plain)
    if kind == 7:
        return sympy.Pow(first, source.choice([second, sympy.Rational(2, 3), symbols[0]]), **plain)
    if kind == 8:
        return source.choice(FURTHER)(first)
    if kind == 0:
        return sympy.Add(first, second, **plain)
    if kind == 1:
        return sympy.Mul(first, second, **plain)
    if kind == 2:
        return sympy.Mul(first, sympy.Pow(second, -1, **plain), **plain)
    if kind == 3:
        return sympy.Pow(first, source.choice([2, 3, -1, -2]), **plain)
    return source.choice(FUNCTIONS)(first, **plain)


def domain(source: random.Random) -> Point | Box | Integers:
    """Return a random domain of x, or of x and y."""
    kind = source.randrange(9)
    if kind > 4:
        return general(source)
    ends = sorted(source.sample(range(-6, 7), 2))
    low, high = (Q(end, source.choice([1, 2, 3])) for end in ends)
    if low >= high:
        low, high = Q(-1), Q(1)
    if kind == 0:
        return Point({x: low, y: high})
    if kind == 1:
        return Box({x: (low, high), y: (-1, source.choice([1, 2]))})
    if kind == 2:
        inside = Q(source.randint(-3, 3), 2)
        return Box({x: (low, high)}, contacts=(inside,) if low < inside < high and source.random() < 0.5 else ())
    if kind == 3:
        return Box({x: (low, high)})
    start = source.randint(-8, 8)
    return Integers(x, start, source.choice([None, None, start + source.randint(0, 40)]))


def general(source: random.Random) -> Box:
    """Return a random box with ends of all kinds."""
    sides = {x: side(source, ())}
    if source.random() < 0.4:
        sides[y] = side(source, (x,))
    where = []
    if source.random() < 0.3:
        symbols = tuple(sides)
        where = [source.choice([less, at_most])(expression(source, symbols, 1), expression(source, symbols, 1))]
    return Box(sides, where=where)


def side(source: random.Random, earlier: tuple[sympy.Symbol, ...]) -> object:
    """Return the values of a variable."""
    kind = source.randrange(10)
    if kind == 0:
        return source.choice([sympy.S.Naturals, sympy.S.Naturals0, sympy.S.Integers, sympy.S.Reals])
    if kind == 1:
        start = source.randint(-6, 6)
        return sympy.Range(start, source.choice([start + source.randint(1, 9), sympy.oo]))
    ends = [end(source) for _ in range(2)]
    if earlier and kind < 5:
        return (
            (ends[0], ends[0] + earlier[0] ** 2) if kind == 2 else (earlier[0], earlier[0] + abs(rational(source)) + 1)
        )
    low, high = sorted(ends, key=sympy.N)
    if kind == 9:
        low = -sympy.oo
    if kind >= 8:
        high = sympy.oo
    return sympy.Interval(low, high, source.random() < 0.5, source.random() < 0.5)


def end(source: random.Random) -> sympy.Expr:
    """Return a constant end."""
    irrational = [sympy.pi, sympy.sqrt(2), sympy.pi / 2, -sympy.sqrt(3), sympy.exp(-1), -sympy.pi]
    return source.choice(irrational) if source.random() < 0.3 else rational(source)


def statement(source: random.Random) -> tuple[object, object]:
    """Return an inequality and a domain."""
    where = domain(source)
    symbols = where.symbols
    left = expression(source, symbols, source.choice([1, 2]))
    style = source.randrange(4)
    if style == 0:
        right = expression(source, symbols, source.choice([1, 2]))
    elif style == 1:
        right = left + source.choice([1, rational(source), 1 / (symbols[0] ** 2 + 1)])
    else:  # a contact, or nearly one
        right = left + (symbols[0] - rational(source)) ** source.choice([1, 2, 2, 3, 4]) * source.choice(
            [1, 2, sympy.pi]
        )
    if style != 0 and source.random() < 0.7:  # a term that cancels
        common = expression(source, symbols, source.choice([1, 2]))
        left, right = left + common, right + common
    return source.choice([less, at_most])(left, right), where


def hidden_contact(source: random.Random) -> tuple[object, object]:
    """Return an expanded statement with equality on a set inside a box, and a domain; every second one is false."""
    first, second = (source.choice([x, y, x * y, x + y, x - y, x**2, sympy.exp(x), 1 / (y + 3)]) for _ in range(2))
    zero = source.choice([first - second, first - rational(source), first - sympy.sqrt(2), first + second - 1])
    factor = source.choice([1, 2 + x, 3 - y, 1 + x**2, sympy.exp(y), x, y, -1])
    value = sympy.expand(zero ** source.choice([2, 2, 2, 3, 4]) * factor)
    value += source.choice([0, 0, 0, sympy.Rational(1, 10**6), -sympy.Rational(1, 10**6), (x - y) / 1000])
    low = source.choice([-1, 0, sympy.Rational(1, 2)])
    sides = {symbol: (low, source.choice([1, 2])) for symbol in (x, y)}
    return source.choice([less, at_most, at_most])(0, value), Box(sides)


# --- the audit


def points(source: random.Random, decision: Decision) -> list[dict[sympy.Symbol, Q]]:
    """Return points of the domain: ends, cells' corners, small fractions, random ones."""
    where = decision.domain
    if isinstance(where, Point):
        return [dict(where.values)]
    if isinstance(where, Integers):
        last = where.start + 60 if where.stop is None else where.stop
        far = [] if where.stop is not None else [10**3, 10**6, 10**9, 10**15]
        return [{where.symbol: Q(k)} for k in [*range(where.start, last + 1), *far]]
    if not where.is_closed_rational:
        with mpmath.workdps(DIGITS):
            return [at for at in (draw(source, where) for _ in range(200)) if at is not None]
    columns = []
    for axis, (symbol, low, high) in enumerate(where.sides):
        column = {low, high, (low + high) / 2, *where.contacts}
        column |= {end for cell in decision.cells[:20] for end in cell.box[axis]}
        column |= {Q(k, q) for q in (1, 2, 3, 4) for k in range(-24, 25) if low <= Q(k, q) <= high}
        column |= {low + (high - low) * Q(source.randint(0, 1000), 1000) for _ in range(5)}
        columns.append((symbol, sorted(column)))
    if len(columns) == 1:
        return [{columns[0][0]: value} for value in columns[0][1]]
    return [{symbol: source.choice(column) for symbol, column in columns} for _ in range(150)]


def draw(source: random.Random, where: Box) -> dict[sympy.Symbol, Q] | None:
    """Return a random point of a box, often near an end, or None if the one drawn is not certainly inside."""
    at: dict[sympy.Symbol, Q] = {}
    for part in where.ranges:
        low, high = (
            None if bound in (sympy.oo, -sympy.oo) else evaluate(sympy.sympify(bound), at)
            for bound in (part.low, part.high)
        )
        step = Q(source.randint(1, 999), 1000) * Q(10) ** source.randint(-12, 6)
        middle = [mpf(source.randint(-40, 40)) / source.randint(1, 4)]
        near = [*([low + step] if low is not None else []), *([high - step] if high is not None else []), *middle]
        value = Q(int(mpmath.floor(source.choice(near) * 10**40)), 10**40).limit_denominator(source.choice([4, 10**15]))
        at[part.symbol] = Q(round(value)) if part.integers else value
    return at if is_inside(where, at) else None


def is_inside(where: Box, at: dict[sympy.Symbol, Q]) -> bool:
    """Return whether high precision shows that a point lies inside a box, at closed rational ends included."""
    for part in where.ranges:
        value = at[part.symbol]
        if part.integers and value.denominator != 1:
            return False
        for bound, sign, is_open in ((part.low, 1, part.open[0]), (part.high, -1, part.open[1])):
            if bound in (sympy.oo, -sympy.oo):
                continue
            gap = sign * (mpf(value.numerator) / value.denominator - evaluate(sympy.sympify(bound), at))
            if gap < ZERO and not (abs(gap) < EQUAL and not is_open):
                return False
    return all(_is_true(constraint, at) for constraint in where.where)


def _is_true(constraint: object, at: dict[sympy.Symbol, Q]) -> bool:
    try:
        gap = evaluate(constraint.right, at) - evaluate(constraint.left, at)
    except (Undefined, OverflowError):
        return False
    return gap > ZERO or (abs(gap) < EQUAL and not constraint.strict)


def contradicted(decision: Decision, at: dict[sympy.Symbol, Q], *, holds: bool) -> str:
    """Return why high precision contradicts that the statement holds (or fails) at a point, or nothing."""
    claim = decision.inequality
    try:
        right = evaluate(claim.right, at)
        value = right - evaluate(claim.left, at)
    except Undefined:
        return "undefined"
    except OverflowError:
        return ""
    if abs(right) > LARGE:
        return ""
    scale = EQUAL * max(1, abs(right))
    true = value > scale if claim.strict else value >= -scale
    clearly_false = value < scale if claim.strict else value < -scale
    return f"right - left is {mpmath.nstr(value, 8)}" if (holds and clearly_false) or (not holds and true) else ""


def audit(source: random.Random) -> tuple[str, str]:
    """Decide one random statement; return the outcome, and what is wrong with it (nothing if all is well)."""
    try:
        claim, where = hidden_contact(source) if source.random() < 0.25 else statement(source)
        decision = decide(claim, where, max_cells=60, limit=512)
    except DomainError:
        return "undefined", ""
    except (NtkProofsError, OverflowError, TypeError, ValueError, ZeroDivisionError) as refusal:
        return f"refused: {type(refusal).__name__}", f"{refusal!r}" if isinstance(refusal, Undecided) else ""
    if decision.outcome == "open":
        return "open", ""
    assert replay(decision).outcome == decision.outcome
    tested = points(source, decision) if decision.outcome == "holds" else [dict(decision.counterexample or ())]
    with mpmath.workdps(DIGITS):
        if decision.outcome == "fails" and isinstance(where, Box) and not is_inside(where, tested[0]):
            return decision.outcome, f"{decision} BUT {tested[0]} is outside"
        for at in tested:
            problem = contradicted(decision, at, holds=decision.outcome == "holds")
            if problem:
                return decision.outcome, f"{decision} BUT {problem} at {at}"
    return decision.outcome, ""


def run(statements: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Audit that many random statements; return how often each outcome came, and what was wrong."""
    return audited(audit, statements, seed)


if __name__ == "__main__":
    command(run, "Random statements: `decide` against mpmath.", 5000)
