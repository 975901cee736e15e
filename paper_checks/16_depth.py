"""Depth and activation: for which networks the mean of a 0-bit is never positive, and which thresholds remain.

The mean of a bit that should be 0 and that some template writes has, where n templates match, the sign of ::

    own - other - n (matched(n) - other),

if own > other > 0. As a power series in the correlation, ``k(r) = sum c_k r**k``, with x = n**(-1/2)::

    own - other - n (matched(n) - other) = sum over k >= 1 of c_k (1 - x**(k - 2))

Only the linear term makes it negative; k = 2 is neutral; k >= 3 makes it positive, and more so the fewer match.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache

import mpmath
import sympy

from ntkproofs.bounds import Margins, choose_threshold, ensemble_size, matches_outweigh
from ntkproofs.claims import Verdict, claim, conclude
from ntkproofs.counts import arbitrary_counts
from ntkproofs.facts import agreement, confirm, tally
from ntkproofs.kernels import (
    ACTIVATIONS,
    REGIMES,
    RHO,
    Kernel,
    activation_kernel,
    cosine_product,
    deep_numbers,
    deep_relu,
    erf_product,
    expectation_by_quadrature,
    layer_gradient,
    layer_value,
    leaky_relu,
    linear,
    plane_expectation,
    relu_product,
    sine_product,
    step_product,
    two_layer_relu,
)
from ntkproofs.predictor import MATCHED_WRITERS, MATCHES, SAMPLES, WRITERS, Predictor, combine, unmatched
from ntkproofs.programs import permutation
from ntkproofs.rigor import Ball, Box, Decision, Integers, Point, at_most, combination, decide, enclose, identity, less

SOURCE = "extension: the same theory for other networks"
KERNELS = "Cho and Saul 2009; Jacot et al. 2018 (recursion over layers)"
n, p, t, K = MATCHES, MATCHED_WRITERS, WRITERS, SAMPLES
a, v, theta = sympy.symbols("a v theta", real=True)
CORRELATION = {RHO: (Fraction(-1), Fraction(1))}
PRECISION = 128
DEEPEST = 64
DELTA = Fraction(1, 100)


def positive_at(layers: int, matches: int, regime: str, slope: Fraction = Fraction(0)) -> bool:
    """Tell whether the mean of a 0-bit is positive, by balls (Undecided if they do not tell)."""
    own, other, matched = deep_numbers(layers, matches, regime, slope=slope, precision=PRECISION)
    return (own - other - (matched - other) * matches).sign() > 0


def balance_at_two(layers: int, regime: str = "ntk") -> Ball:
    """Return B(2) at this depth."""
    own, other, matched = deep_numbers(layers, 2, regime, precision=PRECISION)
    return (own - other) / (matched - other)


def positive_at_two(layers: int, regime: str, *, positive: bool = True) -> Decision:
    """Decide ``2 matched(2) < own + other``: the 0-bit's mean is positive at n = 2; or the reverse: it is negative."""
    kernel = deep_relu(layers, regime)
    both = kernel.own + kernel.angular  # at correlation 0: own + other
    near = 2 * kernel.angular.subs(RHO, 1 / sympy.sqrt(n))
    return decide(less(near, both) if positive else less(both, near), Point({RHO: 0, n: 2}))


# --- the kernels


@claim(
    "a layer of slope a: E[phi phi] = ((1 - a)^2 k1 + 2 a r)/2 and E[phi' phi'] = ((1 - a)^2 k0 + 2 a)/2, for all a; "
    "a = 0 is ReLU, a = 1 linear; one hidden layer is the two-layer network",
    source=KERNELS,
)
def layers_of_any_slope() -> Verdict:
    ranges = {a: (-2, 2), **CORRELATION}
    # phi(g) phi(h) = rr(g, h) + a**2 rr(-g, -h) - a rr(g, -h) - a rr(-g, h), rr = relu relu; E[relu(g) h] = r/2
    mixed = relu_product() - RHO / 2  # E[relu(g) relu(-h)]
    unlike = sympy.Rational(1, 2) - step_product()  # E[step(g) step(-h)]: step(-h) = 1 - step(h)
    flipped = [
        agreement(
            f"E[{what}(g) {what}(-h)] at correlation 2/9",
            expectation_by_quadrature(what, Fraction(-2, 9), digits=20),
            enclose(form, {RHO: Fraction(2, 9)}, precision=PRECISION),
            digits=20,
        )
        for what, form in (("relu", mixed), ("step", unlike))
    ]
    return conclude(
        identity((1 + a**2) * relu_product() - 2 * a * mixed, (1 + a**2) / 2 * layer_value(slope=a), ranges),
        identity((1 + a**2) * step_product() + 2 * a * unlike, (1 + a**2) / 2 * layer_gradient(slope=a), ranges),
        identity(sympy.diff(layer_value(slope=a), RHO), layer_gradient(slope=a), ranges),
        *(identity(deep_relu(1, regime).angular, two_layer_relu(regime).angular, CORRELATION) for regime in REGIMES),
        *(identity(leaky_relu(1, regime).angular, linear(regime).angular, CORRELATION) for regime in REGIMES),
        identity(linear("nngp").angular, RHO, CORRELATION),
        checks=flipped,
    )


@claim("E[erf(g) erf(h)] = 2/pi asin(2 v r/(1 + 2 v)) for every variance v", source="Williams 1997")
def erf_closed_form() -> Verdict:
    ranges = {v: (0, 9), **CORRELATION}
    scaled = 2 * v * RHO / (1 + 2 * v)
    root = sympy.sqrt(1 - scaled**2)
    # erf' = 2/sqrt(pi) exp(-x**2), and E exp(-g**2 - h**2) = det(1 + 2 C)**(-1/2), C the covariance of g and h
    determinant = (1 + 2 * v) ** 2 - (2 * v * RHO) ** 2
    return conclude(
        identity(((1 + 2 * v) * root) ** 2, determinant, ranges),
        identity(sympy.diff(erf_product(RHO, v), RHO), v * 4 / sympy.pi / ((1 + 2 * v) * root), ranges),
        identity(erf_product(sympy.Integer(0), v), 0, {v: (0, 9)}),
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
        identity(sympy.sin(g) * sympy.sin(h), (sympy.cos(g - h) - sympy.cos(g + h)) / 2, angles),
        identity(sympy.cos(g) * sympy.cos(h), (sympy.cos(g - h) + sympy.cos(g + h)) / 2, angles),
        identity((minus - plus) / 2, sine_product(RHO, v), ranges),
        identity((minus + plus) / 2, cosine_product(RHO, v), ranges),
        identity(sympy.diff(sine_product(RHO, v), RHO), v * cosine_product(RHO, v), ranges),
        identity(sympy.diff(cosine_product(RHO, v), RHO), v * sine_product(RHO, v), ranges),
        checks=[*by_quadrature("sine", mpmath.sin), *by_quadrature("cosine", mpmath.cos)],
    )


def by_quadrature(activation: str, function: object) -> list[object]:
    """Hold a closed form against the two-dimensional Gaussian integral."""
    return [
        agreement(
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


# --- n = 2 decides


@claim(
    "of all n >= 2 the worst is n = 2: if the 0-bit's mean is not positive there, it is for no n, whatever the kernel "
    "(of a series in the correlation with coefficients >= 0 from the third power on); where it is positive, it is so "
    "for n = 2, 3, ... up to some n and no further (or for all n)",
    source=SOURCE,
)
def two_matches_are_the_worst() -> Verdict:
    x, y = sympy.symbols("x y", positive=True)
    ranges = {x: (0, 1), y: (0, 1)}
    # with y = x**(k - 2), the k-th term times x/(1 - x) > 0 is  h_k = x (1 - y)/(1 - x): h_1 = -1, h_2 = 0,
    # h_(k+1) = h_k + x y. So h_k = x + ... + x**(k-2) for k >= 3, which increases with x, and sum c_k h_k does
    weight = x / (1 - x)
    # the coefficients of k1 and k0, their sums, products and compositions, are >= 0: k1' = k0, k1(0) = 1/pi, k0(0) =
    # 1/2, and k0' = (1 - r**2)**(-1/2)/pi is a binomial series with positive coefficients
    value, gradient = layer_value(), layer_gradient()
    return conclude(
        identity(weight * (1 - 1 / x), -1, ranges),
        identity(weight * (1 - x * y), weight * (1 - y) + x * y, ranges),
        identity(sympy.diff(value, RHO), gradient, CORRELATION),
        identity(sympy.diff(gradient, RHO), 1 / (sympy.pi * sympy.sqrt(1 - RHO**2)), CORRELATION),
        identity(value.subs(RHO, 0), 1 / sympy.pi),
        identity(gradient.subs(RHO, 0), sympy.Rational(1, 2)),
        checks=[signs_in_order()],
    )


def signs_in_order() -> object:
    """Look at n = 2..40 for a few depths: no positive mean after one that is not."""

    def check(case: tuple[int, str]) -> bool:
        found = [positive_at(case[0], matches, case[1]) for matches in range(2, 41)]
        return found == sorted(found, reverse=True)

    cases = [(layers, regime) for layers in (1, 2, 3, 5, 8) for regime in REGIMES]
    return confirm("n = 2..40, depths 1, 2, 3, 5, 8", cases, check, exhaustive=True)


# --- depth


@claim("B(2) = 1.738..., 2.104..., 2.506..., 2.938... for 1, 2, 3, 4 hidden ReLU layers (NTK)", source=SOURCE)
def balance_by_depth() -> Verdict:
    def check(case: tuple[int, int]) -> bool:
        layers, thousandths = case
        return Fraction(thousandths, 1000) < balance_at_two(layers) < Fraction(thousandths + 1, 1000)

    cases = [(1, 1738), (2, 2104), (3, 2506), (4, 2938)]
    return conclude(confirm("B(2) between two thousandths, by balls", cases, check, exhaustive=True))


@claim(
    "NTK: two hidden ReLU layers fail at n = 2 already, and so does every depth from 2 to 64: the 0-bit's mean is "
    "positive, the threshold 0 wrong; B(2) grows with every layer",
    source=SOURCE,
)
def deep_networks_fail() -> Verdict:
    def check() -> Iterator[tuple[int, str | None]]:
        last = balance_at_two(1)
        for layers in range(2, DEEPEST + 1):
            found = balance_at_two(layers)
            good = positive_at(layers, 2, "ntk") and last < found
            last = found
            yield 1, None if good else f"{layers} hidden layers: B(2) = {found.digits(8)}"

    return conclude(
        positive_at_two(2, "ntk"),
        tally(f"each depth from 2 to {DEEPEST}, by balls", check(), exhaustive=True),
    )


@lru_cache
def ratios_rise() -> tuple[object, ...]:
    """Establish that (1 - k1(r))/(1 - r) and (1 - k0(r))/(1 - r) increase on [0, 1).

    With r = cos(theta), their derivatives are positive multiples of ``theta - sin(theta)`` and ``theta sin(theta) +
    cos(theta) - 1``.
    """
    value, gradient = layer_value(), layer_gradient()
    angle, root = sympy.acos(RHO), sympy.sqrt(1 - RHO**2)
    slopes = [sympy.diff((1 - function) / (1 - RHO), RHO) * sympy.pi * (1 - RHO) ** 2 for function in (value, gradient)]
    ranges = {RHO: (0, 1)}
    quarter = Box({theta: (0, Fraction(8, 5))})  # a little more than pi/2
    return (
        identity(slopes[0], angle - root, ranges),
        identity(slopes[1] * root, angle * root - (1 - RHO), ranges),
        decide(at_most(sympy.sin(theta), theta), quarter),
        decide(at_most(1 - sympy.cos(theta), theta * sympy.sin(theta)), quarter),
        decide(less(sympy.pi / 2, Fraction(8, 5))),
        identity(sympy.diff(value, RHO), gradient, ranges),
        decide(less(0, gradient), Box({RHO: (0, 1)})),
    )


@claim(
    "NNGP: with 1, 2, 3 or 4 hidden ReLU layers the 0-bit's mean is positive for no n: the threshold 0 works; with 5 "
    "or more, whatever the depth, it is positive at n = 2",
    source=SOURCE,
)
def nngp_by_depth() -> Verdict:
    # p, q: 1 - S at the correlations 2**(-1/2) and 0. The mean at n = 2 is positive iff 2 p > q. A layer replaces p by
    # p f(p), q by q f(q) with f(1 - r) = (1 - k1(r))/(1 - r); 2**(-1/2) > 0 stays above, so f(p) >= f(q): p/q never
    # falls. Below 5 layers n = 2 decides for all n (two_matches_are_the_worst).
    return conclude(
        *ratios_rise(),
        positive_at_two(5, "nngp"),
        *(positive_at_two(layers, "nngp", positive=False) for layers in (1, 2, 3, 4)),
        decide(*matches_outweigh(two_layer_relu("nngp"))),
        checks=[
            confirm(
                f"the sign at n = 2 for 1 to {DEEPEST} layers, by balls",
                [(layers, layers >= 5) for layers in range(1, DEEPEST + 1)],
                lambda case: positive_at(case[0], 2, "nngp") == case[1],
                exhaustive=True,
            ),
            confirm(
                "2 to 4 layers, n = 2..100, by balls",
                [(layers, matches) for layers in (2, 3, 4) for matches in range(2, 101)],
                lambda case: not positive_at(case[0], case[1], "nngp"),
                exhaustive=True,
            ),
        ],
    )


@claim(
    "NTK: one hidden layer is the only ReLU depth for which the threshold 0 works: for every depth from 2 on, without "
    "an end, the 0-bit's mean is positive at n = 2",
    source=SOURCE,
)
def one_hidden_layer_is_special() -> Verdict:
    # At the correlations 2**(-1/2) and 0, after l layers: p, q = 1 - S and P, Q = l + 1 - T. The mean at n = 2 is
    # positive iff G = 2 P - Q > 0. With f = 1 - k1, g = 1 - k0 (at S) the next P is f + P (1 - g) + (l + 1) g.
    f_p, f_q, g_p, g_q, P, Q, m = sympy.symbols("f_p f_q g_p g_q P Q m")  # m = l + 1
    after = 2 * (f_p + P * (1 - g_p) + m * g_p) - (f_q + Q * (1 - g_q) + m * g_q)
    names = sympy.symbols("A G W D E P_ M")
    A, G, W, D, E, P_, M = names
    given = {
        A: 2 * f_p - f_q,  # 2 p > q after 5 layers or more (nngp_by_depth)
        G: 2 * P - Q,  # the induction
        W: 1 - g_q,  # k0 > 0
        D: g_q - g_p,  # k0 increases
        E: 2 * g_p - g_q,  # g(p)/p >= g(q)/q (ratios_rise), so g_q <= (q/p) g_p <= 2 g_p where q <= 2 p
        P_: P,
        M: m,
    }
    x = sympy.Symbol("x", real=True)
    below = sympy.Symbol("T", real=True)
    step = layer_value(x) + below * layer_gradient(x)
    drop = (1 - layer_value(x)) + (m - below) * layer_gradient(x) + m * (1 - layer_gradient(x))
    return conclude(
        identity(m + 1 - step, drop, {x: (0, 1), below: (0, 5), m: (1, 9)}),
        combination(less(0, after), given, A + W * G + 2 * P_ * D + M * E, positive=(W, G)),
        *ratios_rise(),
        *(positive_at_two(layers, "ntk") for layers in (2, 3, 4, 5)),  # G > 0: the induction starts at 5 layers
        positive_at_two(5, "nngp"),  # 2 p > q
        decide(*matches_outweigh(two_layer_relu())),
    )


@claim(
    "how far the failure reaches: with 2, 3, 4, 5, 6 hidden ReLU layers the 0-bit's mean is positive exactly for n "
    "from 2 to 2, 5, 9, 16, 25 (NTK); NNGP: with 5, 6, 7, 8, 9 layers up to 2, 3, 4, 5, 6",
    source=SOURCE,
)
def reach_of_the_failure() -> Verdict:
    reach = {"ntk": {2: 2, 3: 5, 4: 9, 5: 16, 6: 25}, "nngp": {5: 2, 6: 3, 7: 4, 8: 5, 9: 6}}
    # n from 2 to the last, and no further: the signs come in this order (two_matches_are_the_worst)
    cases = [
        (layers, regime, last + above, above == 0)
        for regime, table in reach.items()
        for layers, last in table.items()
        for above in (0, 1)
    ]
    return conclude(
        confirm(
            "the last n with a positive mean and the next, by balls",
            cases,
            lambda case: positive_at(case[0], case[2], case[1]) == case[3],
            exhaustive=True,
        )
    )


# --- thresholds


@claim(
    "the threshold t/(K + D) rounds right every bit that t templates write, wherever t n <= p K for 1-bits: for every "
    "kernel with own > other > 0 and matched(n) > other, so at every depth in both regimes, and for "
    "every permutation; mean = tau + g (p - n tau)",
    source=SOURCE,
)
def a_threshold_for_every_depth() -> Verdict:
    own, other, matched, tau = sympy.symbols("own other matched tau", positive=True)
    g, slack, D = sympy.symbols("g slack D", positive=True)
    gain = (matched - other) / (own - other)
    mean = combine(gain, unmatched(own, other, gain, n, K), p, t)
    level = t / (K + own / other - 1)
    ranges = {own: (2, 3), other: (0, 1), matched: (1, 2), n: (1, 50), K: (51, 90), p: (0, 20), t: (20, 50)}
    # T and S increase with the correlation (k1' = k0 > 0, k0' > 0), so matched(n) > other at every depth
    return conclude(
        identity(mean, level + gain * (p - n * level), ranges),
        # 0-bit (p = 0): tau - mean = g n tau; 1-bit: (mean - tau)(K + D) = g (p (K + D) - n t)
        combination(less(0, g * n * tau), {g: g, n: n, tau: tau}, g * n * tau, positive=(g, n, tau)),
        combination(less(0, p * (K + D) - n * t), {slack: p * K - n * t, p: p, D: D}, slack + p * D, positive=(p, D)),
        identity(sympy.diff(layer_value(), RHO), layer_gradient(), CORRELATION),
        decide(less(0, layer_gradient()), Box({RHO: (0, 1)})),
    )


@lru_cache(maxsize=64)
def margins_of(kernel: Kernel, bits: int) -> Margins:
    """Return the margins of a permutation of so many bits, at any state."""
    return Margins.of(kernel, arbitrary_counts(permutation(range(bits))))


@claim(
    "permutation of 30 bits, NTK: thresholds that work with 1, 2, 3, 4 hidden ReLU layers run from 0, 0.001486, "
    "0.006164, 0.009830 to 0.04602, 0.03855, 0.03600, 0.03474; half the smallest 1-bit mean is always one of them",
    source=SOURCE,
)
def thresholds_by_depth() -> Verdict:
    table = [(1, 0, 4602), (2, 1485, 3855), (3, 6163, 3600), (4, 9829, 3474)]

    def check(case: tuple[int, int, int]) -> bool:
        layers, low, high = case
        margins = margins_of(deep_relu(layers), 30)
        if margins.largest_zero is None or margins.smallest_one is None:
            return False
        zero, one = margins.largest_zero.mean, margins.smallest_one.mean
        below = zero.upper == 0 if low == 0 else Fraction(low, 10**6) < zero < Fraction(low + 1, 10**6)
        tau = choose_threshold(deep_relu(layers), arbitrary_counts(permutation(range(30))), "half")
        return below and Fraction(high, 10**5) < one < Fraction(high + 1, 10**5) and zero < tau < one

    return conclude(confirm("both ends, by balls", table, check, exhaustive=True))


def size(kernel: Kernel, bits: int, choice: str = "best") -> int:
    """Return the networks that a permutation of so many bits needs, all inputs, delta = 0.01."""
    counts = arbitrary_counts(permutation(range(bits)))
    return ensemble_size(
        kernel,
        counts,
        output_bits=bits,
        steps=1,
        inputs=2**bits,
        failure=DELTA,
        threshold=choose_threshold(kernel, counts, choice),
    ).networks


SIZES = {
    ("ntk", 10): ((48, 89, 127, 168), (48, 45, 32, 21)),
    ("ntk", 30): ((390, 685, 952, 1214), (390, 343, 238, 152)),
    ("nngp", 10): ((47, 66, 75, 80), (47, 33, 19, 10)),
    ("nngp", 30): ((395, 518, 567, 589), (395, 259, 142, 74)),
}


@claim(
    "permutation, all inputs, delta = 0.01, best threshold, untrained outputs as large as those of the two-layer "
    "network: 1, 2, 3, 4 hidden ReLU layers need 48, 89, 127, 168 networks (k = 10) and 390, 685, 952, 1214 (k = 30) "
    "in the NTK regime, 47, 66, 75, 80 and 395, 518, 567, 589 in the NNGP regime. In the plain parametrisation, in "
    "which a layer halves the variance: 48, 45, 32, 21 and 390, 343, 238, 152; 47, 33, 19, 10 and 395, 259, 142, 74",
    source=SOURCE,
)
def ensembles_by_depth() -> Verdict:
    cases = [
        (regime, bits, layers, factor, networks)
        for (regime, bits), rows in SIZES.items()
        for row, scaled in zip(rows, (True, False), strict=True)
        for layers, networks in enumerate(row, start=1)
        for factor in [2 ** (layers - 1) if scaled else 1]
    ]
    return conclude(
        confirm(
            "the size of the ensemble",
            cases,
            lambda case: size(deep_relu(case[2], case[0]).scaled(case[3]), case[1]) == case[4],
            exhaustive=True,
        )
    )


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
        *(identity(product(nothing, v), 0, {v: (0, 9)}) for product in (erf_product, sine_product)),
        identity(combine(gain, unmatched(own, nothing, gain, n, K), p, t), p * matched / own, ranges),
        identity(
            sympy.diff(erf_product(RHO, v), RHO),
            v * 4 / sympy.pi / ((1 + 2 * v) * sympy.sqrt(1 - scaled**2)),
            {v: (0, 9), **CORRELATION},
        ),
        identity(
            sympy.diff(sine_product(RHO, v), RHO), v * sympy.exp(-v) * cosh.subs(y, v * RHO), {v: (0, 9), **CORRELATION}
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
    found: list[object] = []
    for shape in (cosh - 1, cosh + y * sinh - 1):  # NNGP, NTK: exp(v) k(r) - 1 at y = v r
        s = 1 / sympy.sqrt(n)
        # own - other - n (matched - other) is positive iff shape(y)/y**2 at y = v exceeds that at y = v s: it increases
        found.append(decide(less(1 / shape.subs(y, 1), 1 / (n * shape.subs(y, s))), Integers(n, start=2)))
        rise = y * sympy.diff(shape, y) - 2 * shape  # y**3 times the derivative of shape/y**2
        found.append(decide(at_most(0, rise), Box({y: (0, 3)})))
    # beyond y = 3 >= 2: y sinh - 2 cosh + 2 = (y - 2) sinh + 2 (1 - exp(-y)), and (y**2 - 2) cosh + 2, are positive
    return conclude(
        *found,
        identity(y * sinh - 2 * (cosh - 1), (y - 2) * sinh + 2 * (1 - sympy.exp(-y)), {y: (0, 9)}),
        identity(y * (2 * sinh + y * cosh) - 2 * (cosh + y * sinh - 1), (y**2 - 2) * cosh + 2, {y: (0, 9)}),
        identity(cosine_product(RHO, v) * sympy.exp(v), cosh.subs(y, v * RHO), {v: (0, 9), **CORRELATION}),
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
        identity(leaky, (1 - a) ** 2 * plain.angular + a * line.angular, {a: (-2, 2), **CORRELATION}),
        # so the sign is that of (1 - a)**2 U + a V; U < 0 (plain ReLU) and V = (1 - n**(1/2)) (2 or 1) < 0 for n >= 2:
        # for a >= 0 both parts are negative; for a = -b it is -(1 + b)**2 |U| + b |V|, which is positive between its
        # roots b and 1/b only; and n = 2 is the worst n
        identity(sign(line.angular), line.own * (1 - 1 / s), {s: (0, 1)}),
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
        identity(predictor.mean(n, p, t), p / sympy.sqrt(n), ranges),
        identity(predictor.variance(n), 0, {n: (1, 100), K: (101, 400)}),
        checks=[confirm("30 bits: one network", [30], lambda bits: size(linear(regime), bits) == 1, exhaustive=True)],
    )
