"""Activations other than ReLU: at which states the mean of a 0-bit is positive, and which thresholds are correct."""

from fractions import Fraction

import mpmath
import sympy
from _other_networks import CORRELATION, PRECISION, SOURCE, K, a, n, p, positive_at, size, t, v

from ntkproofs.bounds import matches_outweigh
from ntkproofs.claims import Verdict, claim, conclude, confirm, decide, derive, estimate
from ntkproofs.facts import Finding
from ntkproofs.kernels import (
    ACTIVATIONS,
    REGIMES,
    RHO,
    activation_kernel,
    cosine_product,
    erf_product,
    layer_gradient,
    layer_value,
    leaky_relu,
    linear,
    plane_expectation,
    sine_product,
    two_layer_relu,
)
from ntkproofs.predictor import Predictor, combine, unmatched
from ntkproofs.rigor import Box, Integers, at_most, enclose, equal, less

# --- the kernels


@claim(
    "E[erf(g) erf(h)] = (2/pi) asin(2 v r/(1 + 2 v)), for centred normal g and h with any variance v and correlation r",
    source="Williams 1997",
)
def erf_closed_form() -> Verdict:
    ranges = {v: (0, 9), **CORRELATION}
    scaled = 2 * v * RHO / (1 + 2 * v)
    root = sympy.sqrt(1 - scaled**2)
    # erf' = 2/sqrt(pi) exp(-x**2), and E exp(-g**2 - h**2) = det(1 + 2 C)**(-1/2), C the covariance of g and h
    determinant = (1 + 2 * v) ** 2 - (2 * v * RHO) ** 2
    return conclude(
        derive(equal(((1 + 2 * v) * root) ** 2, determinant), ranges),
        derive(equal(sympy.diff(erf_product(RHO, v), RHO), v * 4 / sympy.pi / ((1 + 2 * v) * root)), ranges),
        derive(equal(erf_product(sympy.Integer(0), v), 0), {v: (0, 9)}),
        checks=by_quadrature("erf", mpmath.erf),
    )


@claim(
    "E[sin(g) sin(h)] = exp(-v) sinh(v r) and E[cos(g) cos(h)] = exp(-v) cosh(v r), for centred normal g and h with "
    "any variance v and correlation r; the derivative of each in r is v times the other",
    source="characteristic function of the normal distribution",
)
def sine_and_cosine_closed_forms() -> Verdict:
    g, h = sympy.symbols("g h", real=True)
    ranges = {v: (0, 9), **CORRELATION}
    # E cos(g + h) = exp(-var(g + h)/2) with var(g +- h) = 2 v (1 +- r)
    plus, minus = (sympy.exp(-v) * sympy.exp(sign * v * RHO) for sign in (-1, 1))
    angles = {g: (0, 3), h: (0, 3)}
    return conclude(
        derive(equal(sympy.sin(g) * sympy.sin(h), (sympy.cos(g - h) - sympy.cos(g + h)) / 2), angles),
        derive(equal(sympy.cos(g) * sympy.cos(h), (sympy.cos(g - h) + sympy.cos(g + h)) / 2), angles),
        derive(equal((minus - plus) / 2, sine_product(RHO, v)), ranges),
        derive(equal((minus + plus) / 2, cosine_product(RHO, v)), ranges),
        derive(equal(sympy.diff(sine_product(RHO, v), RHO), v * cosine_product(RHO, v)), ranges),
        derive(equal(sympy.diff(cosine_product(RHO, v), RHO), v * sine_product(RHO, v)), ranges),
        checks=[*by_quadrature("sine", mpmath.sin), *by_quadrature("cosine", mpmath.cos)],
    )


def by_quadrature(activation: str, function: object) -> list[Finding]:
    """Compare a closed form with the two-dimensional Gaussian integral."""
    return [
        estimate(
            f"E[{activation} {activation}] at correlation {rho}, variance {variance}",
            plane_expectation(function, rho, variance=variance, digits=18),
            enclose(
                ACTIVATIONS[activation](RHO, sympy.Rational(variance.numerator, variance.denominator)),
                {RHO: rho},
                precision=PRECISION,
            ),
            digits=18,
        )
        for rho, variance in ((Fraction(-5, 7), Fraction(1)), (Fraction(2, 9), Fraction(1, 10)))
    ]


# --- activations


@claim(
    "erf and sine, any variance v > 0: other = 0, so that mean = p matched(n)/own for all n, p, t, K, and a 0-bit has "
    "mean 0; matched(n) > 0 for all n >= 1 (from the sign of the derivative; decided directly at v = 1), so any "
    "threshold between 0 and the means of the 1-bits is correct",
    source=SOURCE,
)
def odd_activations() -> Verdict:
    own, matched = sympy.symbols("own matched", positive=True)
    gain = matched / own
    ranges = {own: (1, 2), matched: (0, 1), n: (1, 50), K: (51, 90), p: (0, 20), t: (20, 50)}
    zero = sympy.Integer(0)
    y, s = sympy.Symbol("y", real=True), 1 / sympy.sqrt(n)
    cosh, sinh = (sympy.exp(y) + sympy.exp(-y)) / 2, (sympy.exp(y) - sympy.exp(-y)) / 2
    scaled = 2 * v * RHO / (1 + 2 * v)
    # e(0) = 0 and e' > 0, so e(r) > 0 and r e'(r) > 0 for r > 0: matched(n) > 0 in both regimes, for every v > 0
    return conclude(
        *(derive(equal(product(zero, v), 0), {v: (0, 9)}) for product in (erf_product, sine_product)),
        derive(equal(combine(gain, unmatched(own, zero, gain, n, K), p, t), p * matched / own), ranges),
        derive(
            equal(sympy.diff(erf_product(RHO, v), RHO), v * 4 / sympy.pi / ((1 + 2 * v) * sympy.sqrt(1 - scaled**2))),
            {v: (0, 9), **CORRELATION},
        ),
        derive(
            equal(sympy.diff(sine_product(RHO, v), RHO), v * sympy.exp(-v) * cosh.subs(y, v * RHO)),
            {v: (0, 9), **CORRELATION},
        ),
        # decided directly at v = 1
        *(decide(less(0, activation_kernel("erf", regime).matched(n)), Integers(n, start=1)) for regime in REGIMES),
        *(decide(less(0, shape.subs(y, s)), Integers(n, start=1)) for shape in (sinh, sinh + y * cosh)),
    )


@claim(
    "permutation of k bits, all inputs, delta = 0.01, best threshold, preactivations of variance 1: the union bound "
    "at the smallest margin requires for erf 10 (NTK) or 8 (NNGP) networks at k = 10, 24 or 19 at k = 30, for sine 18 "
    "or 14, and 46 or 33; with variance 1/k, that of the two-layer network, one network",
    source=SOURCE,
)
def ensembles_of_odd_activations() -> Verdict:
    table = [("erf", 10, 10, 8), ("erf", 30, 24, 19), ("sine", 10, 18, 14), ("sine", 30, 46, 33)]
    cases = [
        (name, bits, regime, variance, networks)
        for name, bits, *sizes in table
        for regime, unit in zip(REGIMES, sizes, strict=True)
        for variance, networks in ((Fraction(1), unit), (Fraction(1, bits), 1))
    ]
    return conclude(
        confirm(
            "the size of the ensemble",
            cases,
            lambda case: size(activation_kernel(case[0], case[2], variance=case[3]), case[1]) == case[4],
            exhaustive=True,
        )
    )


@claim(
    "cosine, n >= 2: the mean of a 0-bit is positive for all n at v = 1, and not negative for any n at any v > 0 "
    "(decided for v <= 3, by two identities for v > 3), so the threshold 0 is not correct at any n",
    source=SOURCE,
)
def cosine_always_fails() -> Verdict:
    y = sympy.Symbol("y", real=True)
    cosh, sinh = (sympy.exp(y) + sympy.exp(-y)) / 2, (sympy.exp(y) - sympy.exp(-y)) / 2
    findings: list[Finding] = []
    for shape in (cosh - 1, cosh + y * sinh - 1):  # NNGP, NTK: exp(v) k(r) - 1 at y = v r
        s = 1 / sympy.sqrt(n)
        # own - other - n (matched - other) > 0 iff shape(y)/y**2 is greater at y = v than at y = v s: it increases
        findings.append(decide(less(1 / shape.subs(y, 1), 1 / (n * shape.subs(y, s))), Integers(n, start=2)))
        rise = y * sympy.diff(shape, y) - 2 * shape  # y**3 times the derivative of shape/y**2
        findings.append(decide(at_most(0, rise), Box({y: (0, 3)})))
    # for y >= 3 both right-hand sides, (y - 2) sinh + 2 (1 - exp(-y)) and (y**2 - 2) cosh + 2, are positive
    return conclude(
        *findings,
        derive(equal(y * sinh - 2 * (cosh - 1), (y - 2) * sinh + 2 * (1 - sympy.exp(-y))), {y: (0, 9)}),
        derive(equal(y * (2 * sinh + y * cosh) - 2 * (cosh + y * sinh - 1), (y**2 - 2) * cosh + 2), {y: (0, 9)}),
        derive(equal(cosine_product(RHO, v) * sympy.exp(v), cosh.subs(y, v * RHO)), {v: (0, 9), **CORRELATION}),
    )


CRITICAL = {"ntk": (Fraction(2318, 10**4), Fraction(2319, 10**4)), "nngp": (Fraction(580, 1000), Fraction(581, 1000))}


@claim(
    "leaky ReLU of slope a, one hidden layer: for a >= 0 the mean of a 0-bit is not positive at any n; for a < 0 it is "
    "positive at some n iff -1/b < a < -b, with a number b in (0.2318, 0.2319) (NTK), (0.580, 0.581) (NNGP); so the "
    "threshold 0 is wrong for |x| (a = -1) ({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def leaky_slopes(regime: str) -> Verdict:
    plain, line = two_layer_relu(regime), linear(regime)
    s = sympy.Symbol("s", positive=True)  # n**(-1/2)

    def difference(angular: sympy.Expr) -> sympy.Expr:
        """Return ``own - other - n (matched - other)``."""
        own, other, matched = (
            angular.subs(RHO, correlation) for correlation in (sympy.Integer(1), sympy.Integer(0), s)
        )
        return own - other - (matched - other) / s**2

    scale = (1 + a**2) / 2
    value, gradient = scale * layer_value(slope=a), scale * layer_gradient(slope=a)
    leaky = value if regime == "nngp" else value + RHO * gradient
    low, high = CRITICAL[regime]
    return conclude(
        derive(equal(leaky, (1 - a) ** 2 * plain.angular + a * line.angular), {a: (-2, 2), **CORRELATION}),
        # The sign is that of (1 - a)**2 U + a V, where U < 0 (ReLU) and V = (1 - n**(1/2)) own < 0 for n >= 2. For
        # a >= 0 both terms are negative. For a = -b it is -(1 + b)**2 |U| + b |V|, which is positive exactly between
        # its two roots, whose product is 1; n = 2 decides for all n.
        derive(equal(difference(line.angular), line.own * (1 - 1 / s)), {s: (0, 1)}),
        decide(*matches_outweigh(plain)),
        decide(less(1, sympy.sqrt(n)), Integers(n, start=2)),
        decide(*matches_outweigh(leaky_relu(-low, regime))),
        decide(less(2, leaky_relu(-high, regime).balance(2))),
        decide(less(2, leaky_relu(-1, regime).balance(2))),
    )


@claim(
    "NTK, leaky ReLU of slope a = 0, 0.01, ..., 1 with 2, 3, 4, 6, 8 hidden layers: at n = 2, hence for all n, the "
    "mean of a 0-bit is not positive iff a >= 0.06, 0.19, 0.27, 0.38, 0.45",
    source=SOURCE,
)
def leak_mends_depth() -> Verdict:
    first = {2: 6, 3: 19, 4: 27, 6: 38, 8: 45}
    cases = [(layers, percent, percent < least) for layers, least in first.items() for percent in range(101)]
    # n = 2 decides (two_matches_are_the_worst): for 0 <= a <= 1 the series of a layer has coefficients >= 0
    return conclude(
        confirm(
            "the sign at n = 2, by intervals",
            cases,
            lambda case: positive_at(case[0], 2, "ntk", Fraction(case[1], 100)) == case[2],
            exhaustive=True,
        )
    )


@claim(
    "linear network (slope 1), for all n, p, t, K: mean = p n^(-1/2) and variance = 0; so one network and any "
    "threshold in (0, n^(-1/2)) are correct ({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def linear_network(regime: str) -> Verdict:
    predictor = Predictor(linear(regime), K)
    ranges = {n: (1, 100), K: (101, 400), p: (0, 50), t: (50, 100)}
    return conclude(
        derive(equal(predictor.mean(n, p, t), p / sympy.sqrt(n)), ranges),
        derive(equal(predictor.variance(n), 0), {n: (1, 100), K: (101, 400)}),
        checks=[
            confirm(
                "permutation of 30 bits: one network",
                [30],
                lambda bits: size(linear(regime), bits) == 1,
                exhaustive=True,
            )
        ],
    )
