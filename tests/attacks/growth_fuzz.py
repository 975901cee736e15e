"""An audit fuzzer for statements about large integers: logarithms, powers and exponentials against mpmath.

    python tests/attacks/growth_fuzz.py --number 2000 --seed 1

Each statement compares two random sums of products such as ``n**(1/3) log(n)`` and ``exp(-sqrt(n)) sin(n)``, or of
functions of them, for all integers from a random start on. An answer is checked at 80 consecutive integers and at
larger ones up to 10**200; it is frequent that the leading terms of both sides cancel.
"""

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction as Q

import mpmath
import sympy
from fuzzing import audited, command
from mpmath import mpf

from ntkproofs.errors import DomainError, NtkProofsError
from ntkproofs.rigor import Decision, Integers, at_most, decide, less, replay

DIGITS = 460  # more than twice those of the largest integer, which is added to 1 as 1/n
EQUAL = mpf(10) ** -80
n = sympy.Symbol("n", positive=True)
SIMPLE = [
    n, sympy.sqrt(n), n ** sympy.Rational(1, 3), sympy.log(n), sympy.log(n + 1), sympy.exp(-n), 1 / n, n**2,
    sympy.exp(-sympy.sqrt(n)), sympy.log(sympy.log(n + 2)), 2**n, n ** (1 / n), sympy.sin(n), (1 + 1 / n) ** n,
    sympy.atan(n), sympy.tanh(n), sympy.erfc(sympy.sqrt(n)), sympy.exp(sympy.sqrt(sympy.log(n))), sympy.cos(1 / n),
    n ** sympy.sqrt(2), sympy.log(1 + sympy.exp(-n)), sympy.loggamma(n + 1), sympy.exp(1 / n), sympy.sqrt(n + 1),
]  # fmt: skip


def value(node: sympy.Expr, at: int) -> mpf:
    """Return the value of an expression at an integer."""
    if not node.args:
        return mpf(at) if node.is_Symbol else mpmath.mpf(int(node.p)) / int(node.q) if node.is_Rational else +mpmath.e
    parts = [value(part, at) for part in node.args]
    if node.is_Add:
        return mpmath.fsum(parts)
    if node.is_Mul:
        return mpmath.fprod(parts)
    if node.func is sympy.Pow:
        if parts[1] != int(parts[1]) and parts[0] < 0:
            raise ValueError
        return parts[0] ** parts[1]
    name = node.func.__name__
    if name in ("sin", "cos") and abs(parts[0]) > 10**30:
        raise OverflowError
    if name in ("log", "loggamma") and parts[0] <= 0:
        raise ValueError
    result = getattr(mpmath, name)(parts[0])
    if isinstance(result, mpmath.mpc):
        raise ValueError
    return result


def rational(source: random.Random) -> sympy.Rational:
    """Return a small rational number that is not zero."""
    return sympy.Rational(source.choice([-5, -3, -2, -1, 1, 1, 2, 3, 7, 20]), source.choice([1, 1, 2, 3, 10]))


def term(source: random.Random) -> sympy.Expr:
    """Return a random product, or a function of one."""
    product = rational(source) * source.choice(SIMPLE) * source.choice([1, 1, *SIMPLE])
    kind = source.randrange(12)
    if kind == 0:
        return sympy.log(1 + product**2)
    if kind == 1:
        return sympy.sqrt(1 + product**2)
    if kind == 2:
        return 1 / (2 + product**2)
    if kind == 3:
        return sympy.atan(product)
    return sympy.sin(product) if kind == 4 else product


def statement(source: random.Random) -> tuple[object, Integers]:
    """Return an inequality and its integers."""
    left, right = (sum(term(source) for _ in range(source.choice([1, 1, 2]))) for _ in range(2))
    if source.random() < 0.4:  # the leading terms of both sides cancel
        common = term(source)
        left, right = left + common, right + common * source.choice([1, 1 + source.choice(SIMPLE) / n**2])
    if source.random() < 0.3:
        right = right + source.choice([1, 10, n]) * sympy.Abs(rational(source))
    return source.choice([less, at_most])(left, right), Integers(n, source.choice([1, 1, 2, 3, 10, 50]))


def contradicted(decision: Decision, at: int, *, holds: bool) -> str:
    """Return why high precision contradicts the decision at an integer, or nothing."""
    claim = decision.inequality
    try:
        right, left = value(claim.right, at), value(claim.left, at)
    except (ValueError, ZeroDivisionError):
        return "undefined"
    except OverflowError:
        return ""
    scale = EQUAL * max(1, abs(right), abs(left))
    difference = right - left
    wrong = difference < -scale if holds else difference > scale
    return f"right - left is {mpmath.nstr(difference, 8)}" if wrong else ""


def integers(source: random.Random, start: int) -> list[int]:
    """Return integers at which an answer is checked."""
    large = [10**k + source.randint(0, 9) for k in (2, 3, 4, 5, 6, 9, 15)] + [10**30, 10**60, 10**200]
    return [*range(start, start + 80), *(k for k in large if k > start)]


def audit(source: random.Random) -> tuple[str, str]:
    """Decide one random statement; return the outcome, and what is wrong with it."""
    claim, where = statement(source)
    try:
        decision = decide(claim, where, max_cells=150, limit=512)
    except DomainError:
        return "undefined", ""
    except NtkProofsError as refusal:
        return f"refused: {type(refusal).__name__}", f"{claim}: {refusal!r}"
    if decision.outcome == "open":
        return "open", ""
    if replay(decision).outcome != decision.outcome:
        return decision.outcome, f"{decision} is not replayed"
    holds = decision.outcome == "holds"
    point = dict(decision.counterexample or ())
    with mpmath.workdps(DIGITS):
        for at in integers(source, where.start) if holds else [int(point[n])]:
            if at > 10**16 and any(name in str(claim) for name in ("2**n", "exp(-n)", "erfc", "loggamma", "sin")):
                continue  # the exponents are too large
            problem = contradicted(decision, at, holds=holds)
            if problem:
                return decision.outcome, f"{decision} BUT {problem} at {at}"
            if holds and decision.margin and not _margin_holds(decision, at):
                return decision.outcome, f"{decision} BUT the margin is smaller at {at}"
    return decision.outcome, ""


def _margin_holds(decision: Decision, at: int) -> bool:
    claim, margin = decision.inequality, decision.margin or Q(0)
    try:
        right, left = value(claim.right, at), value(claim.left, at)
    except OverflowError:
        return True
    least = mpf(margin.numerator) / margin.denominator * mpf(at) ** (-mpf(decision.order) / 2)
    return bool(right - left >= least * (1 - mpf(10) ** -12) - EQUAL * max(1, abs(right), abs(left)))


def run(statements: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Audit that many random statements; return how often each outcome came, and what was wrong."""
    return audited(audit, statements, seed)


if __name__ == "__main__":
    command(run, "Random statements about large integers: `decide` against mpmath.", 2000)
