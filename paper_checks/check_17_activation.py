"""Activation: for which networks other than ReLU the mean of a 0-bit is never positive, and which thresholds remain."""

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


@claim("E[erf(g) erf(h)] = 2/pi asin(2 v r/(1 + 2 v)) for every variance v", source="Williams 1997")
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
    "E[sin sin] = exp(-v) sinh(v r), E[cos cos] = exp(-v) cosh(v r) for every variance v; each is v times the "
    "derivative of the other",
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
    """Hold a closed form against the two-dimensional Gaussian integral."""
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
    "erf and sine, every variance v: other = 0, templates do not interact: mean = p matched(n)/own whatever t and K, 0 "
    "for every 0-bit (with a positive variance: the threshold 0 is refused), and any threshold in between works",
    source=SOURCE,
)
def odd_activations() -> Verdict:
    own, matched = sympy.symbols("own matched", positive=True)
    gain = matched / own
    ranges = {own: (1, 2), matched: (0, 1), n: (1, 50), K: (51, 90), p: (0, 20), t: (20, 50)}
    nothing = sympy.Integer(0)
    y, s = sympy.Symbol("y", real=True), 1 / sympy.sqrt(n)
    cosh, sinh = (sympy.exp(y) + sympy.exp(-y)) / 2, (sympy.exp(y) - sympy.exp(-y)) / 2
    scaled = 2 * v * RHO / (1 + 2 * v)
    # 0 at r = 0, with a positive derivative: e(r) > 0 and r e'(r) > 0, so matched(n) > 0 in both regimes, at every v
    return conclude(
        *(derive(equal(product(nothing, v), 0), {v: (0, 9)}) for product in (erf_product, sine_product)),
        derive(equal(combine(gain, unmatched(own, nothing, gain, n, K), p, t), p * matched / own), ranges),
        derive(
            equal(sympy.diff(erf_product(RHO, v), RHO), v * 4 / sympy.pi / ((1 + 2 * v) * sympy.sqrt(1 - scaled**2))),
            {v: (0, 9), **CORRELATION},
        ),
        derive(
            equal(sympy.diff(sine_product(RHO, v), RHO), v * sympy.exp(-v) * cosh.subs(y, v * RHO)),
            {v: (0, 9), **CORRELATION},
        ),
        # and by itself at v = 1
        *(decide(less(0, activation_kernel("erf", regime).matched(n)), Integers(n, start=1)) for regime in REGIMES),
        *(decide(less(0, shape.subs(y, s)), Integers(n, start=1)) for shape in (sinh, sinh + y * cosh)),
    )


@claim(
    "permutation, all inputs, delta = 0.01, best threshold, preactivations of variance 1: erf needs 10 (NTK) or 8 "
    "(NNGP) networks for k = 10, 24 or 19 for k = 30; sine 18 or 14, 46 or 33; with the variance 1/k of the two-layer "
    "network one network is enough",
    source=SOURCE,
)
def ensembles_of_odd_activations() -> Verdict:
    table = [("erf", 10, 10, 8), ("erf", 30, 24, 19), ("sine", 10, 18, 14), ("sine", 30, 46, 33)]
    cases = [
        (name, bits, regime, variance, networks)
        for name, bits, *found in table
        for regime, one in zip(REGIMES, found, strict=True)
        for variance, networks in ((Fraction(1), one), (Fraction(1, bits), 1))
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
    "cosine: the 0-bit's mean is positive for every n >= 2 at v = 1, and never negative at any v: the threshold 0 "
    "works for no n",
    source=SOURCE,
)
def cosine_always_fails() -> Verdict:
    y = sympy.Symbol("y", real=True)
    cosh, sinh = (sympy.exp(y) + sympy.exp(-y)) / 2, (sympy.exp(y) - sympy.exp(-y)) / 2
    found: list[Finding] = []
    for shape in (cosh - 1, cosh + y * sinh - 1):  # NNGP, NTK: exp(v) k(r) - 1 at y = v r
        s = 1 / sympy.sqrt(n)
        # own - other - n (matched - other) is positive iff shape(y)/y**2 at y = v exceeds that at y = v s: it increases
        found.append(decide(less(1 / shape.subs(y, 1), 1 / (n * shape.subs(y, s))), Integers(n, start=2)))
        rise = y * sympy.diff(shape, y) - 2 * shape  # y**3 times the derivative of shape/y**2
        found.append(decide(at_most(0, rise), Box({y: (0, 3)})))
    # beyond y = 3 >= 2: y sinh - 2 cosh + 2 = (y - 2) sinh + 2 (1 - exp(-y)), and (y**2 - 2) cosh + 2, are positive
    return conclude(
        *found,
        derive(equal(y * sinh - 2 * (cosh - 1), (y - 2) * sinh + 2 * (1 - sympy.exp(-y))), {y: (0, 9)}),
        derive(equal(y * (2 * sinh + y * cosh) - 2 * (cosh + y * sinh - 1), (y**2 - 2) * cosh + 2), {y: (0, 9)}),
        derive(equal(cosine_product(RHO, v) * sympy.exp(v), cosh.subs(y, v * RHO)), {v: (0, 9), **CORRELATION}),
    )


CRITICAL = {"ntk": (Fraction(2318, 10**4), Fraction(2319, 10**4)), "nngp": (Fraction(580, 1000), Fraction(581, 1000))}


@claim(
    "leaky ReLU, one hidden layer: the 0-bit's mean is positive for no n at every slope a >= 0; for a < 0 exactly "
    "where -b <= a or a <= -1/b, b = 0.2318... (NTK), 0.580... (NNGP); |x| (a = -1) fails ({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def leaky_slopes(regime: str) -> Verdict:
    plain, line = two_layer_relu(regime), linear(regime)
    s = sympy.Symbol("s", positive=True)  # n**(-1/2)

    def sign(angular: sympy.Expr) -> sympy.Expr:  # own - other - n (matched - other), without the exact zero at s = 1
        at = [angular.subs(RHO, place) for place in (sympy.Integer(1), sympy.Integer(0), s)]
        return at[0] - at[1] - (at[2] - at[1]) / s**2

    scale = (1 + a**2) / 2
    value, gradient = scale * layer_value(slope=a), scale * layer_gradient(slope=a)
    leaky = value if regime == "nngp" else value + RHO * gradient
    low, high = CRITICAL[regime]
    return conclude(
        derive(equal(leaky, (1 - a) ** 2 * plain.angular + a * line.angular), {a: (-2, 2), **CORRELATION}),
        # so the sign is that of (1 - a)**2 U + a V; U < 0 (plain ReLU) and V = (1 - n**(1/2)) (2 or 1) < 0 for n >= 2:
        # for a >= 0 both parts are negative; for a = -b it is -(1 + b)**2 |U| + b |V|, which is positive between its
        # roots b and 1/b only; and n = 2 is the worst n
        derive(equal(sign(line.angular), line.own * (1 - 1 / s)), {s: (0, 1)}),
        decide(*matches_outweigh(plain)),
        decide(less(1, sympy.sqrt(n)), Integers(n, start=2)),
        decide(*matches_outweigh(leaky_relu(-low, regime))),
        decide(less(2, leaky_relu(-high, regime).balance(2))),
        decide(less(2, leaky_relu(-1, regime).balance(2))),
    )


@claim(
    "a leak mends depth (NTK): with 2, 3, 4, 6, 8 hidden layers the threshold 0 works at every slope of two digits "
    "from 0.06, 0.19, 0.27, 0.38, 0.45 to 1, and at none from 0 up to there",
    source=SOURCE,
)
def leak_mends_depth() -> Verdict:
    first = {2: 6, 3: 19, 4: 27, 6: 38, 8: 45}
    cases = [(layers, percent, percent < least) for layers, least in first.items() for percent in range(101)]
    # n = 2 decides (two_matches_are_the_worst): a layer's series has coefficients >= 0 for 0 <= a <= 1
    return conclude(
        confirm(
            "the sign at n = 2, by balls",
            cases,
            lambda case: positive_at(case[0], 2, "ntk", Fraction(case[1], 100)) == case[2],
            exhaustive=True,
        )
    )


@claim(
    "a linear network (slope 1): mean = p n^(-1/2) and variance 0 at every state, for all K: a single network, any "
    "threshold in (0, n^(-1/2)) ({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def linear_network(regime: str) -> Verdict:
    predictor = Predictor(linear(regime), K)
    ranges = {n: (1, 100), K: (101, 400), p: (0, 50), t: (50, 100)}
    return conclude(
        derive(equal(predictor.mean(n, p, t), p / sympy.sqrt(n)), ranges),
        derive(equal(predictor.variance(n), 0), {n: (1, 100), K: (101, 400)}),
        checks=[confirm("30 bits: one network", [30], lambda bits: size(linear(regime), bits) == 1, exhaustive=True)],
    )
