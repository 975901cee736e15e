"""Depth: for which ReLU networks the mean of a 0-bit is not positive at any state, and which thresholds are correct.

The mean of a bit that should be 0, and that some template writes, has at a state that n templates match the sign of ::

    own - other - n (matched(n) - other),

if own > other > 0. As a power series in the correlation, ``k(r) = sum c_k r**k``, with x = n**(-1/2)::

    own - other - n (matched(n) - other) = sum over k >= 1 of c_k (1 - x**(k - 2))

The term k = 1 is negative, k = 2 vanishes, and the terms k >= 3 are positive and decrease with n.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache

import sympy
from _other_networks import CORRELATION, PRECISION, SOURCE, K, a, margins_of, n, p, positive_at, size, t

from ntkproofs.bounds import choose_threshold, matches_outweigh
from ntkproofs.claims import Verdict, claim, conclude, confirm, confirm_batches, decide, derive, estimate
from ntkproofs.counts import arbitrary_counts
from ntkproofs.facts import Finding
from ntkproofs.kernels import (
    REGIMES,
    RHO,
    deep_numbers,
    deep_relu,
    expectation_by_quadrature,
    layer_gradient,
    layer_value,
    leaky_relu,
    linear,
    relu_product,
    step_product,
    two_layer_relu,
)
from ntkproofs.predictor import combine, unmatched
from ntkproofs.programs import permutation
from ntkproofs.rigor import Ball, Box, Decision, Point, at_most, enclose, equal, less

KERNELS = "Cho and Saul 2009; Jacot et al. 2018 (recursion over layers)"
theta = sympy.Symbol("theta", real=True)
DEEPEST = 64


def balance_at_two(layers: int, regime: str = "ntk") -> Ball:
    """Return B(2) for the given number of hidden layers."""
    own, other, matched = deep_numbers(layers, 2, regime, precision=PRECISION)
    return (own - other) / (matched - other)


def positive_at_two(layers: int, regime: str, *, positive: bool = True) -> Decision:
    """Decide ``2 matched(2) < own + other`` (the mean of a 0-bit is positive at n = 2), or the reverse inequality."""
    kernel = deep_relu(layers, regime)
    right = kernel.own + kernel.angular  # own + other at correlation 0
    left = 2 * kernel.angular.subs(RHO, 1 / sympy.sqrt(n))
    return decide(less(left, right) if positive else less(right, left), Point({RHO: 0, n: 2}))


# --- the kernels


@claim(
    "layers with activation phi(x) = max(x, a x), for all a and correlations r: E[phi phi] is proportional to ((1 - "
    "a)^2 k1 + 2 a r)/2 and E[phi' phi'] to ((1 - a)^2 k0 + 2 a)/2; a = 1 is the linear kernel, and one hidden ReLU "
    "layer the two-layer kernel",
    source=KERNELS,
)
def layers_of_any_slope() -> Verdict:
    ranges = {a: (-2, 2), **CORRELATION}
    # with q(g, h) = relu(g) relu(h): phi(g) phi(h) = q(g, h) + a**2 q(-g, -h) - a q(g, -h) - a q(-g, h)
    mixed = relu_product() - RHO / 2  # E[relu(g) relu(-h)], as E[relu(g) h] = r/2
    opposite = sympy.Rational(1, 2) - step_product()  # E[step(g) step(-h)]: step(-h) = 1 - step(h)
    flipped = [
        estimate(
            f"E[{name}(g) {name}(-h)] at correlation 2/9",
            expectation_by_quadrature(name, Fraction(-2, 9), digits=20),
            enclose(form, {RHO: Fraction(2, 9)}, precision=PRECISION),
            digits=20,
        )
        for name, form in (("relu", mixed), ("step", opposite))
    ]
    return conclude(
        derive(equal((1 + a**2) * relu_product() - 2 * a * mixed, (1 + a**2) / 2 * layer_value(slope=a)), ranges),
        derive(equal((1 + a**2) * step_product() + 2 * a * opposite, (1 + a**2) / 2 * layer_gradient(slope=a)), ranges),
        derive(equal(sympy.diff(layer_value(slope=a), RHO), layer_gradient(slope=a)), ranges),
        *(
            derive(equal(deep_relu(1, regime).angular, two_layer_relu(regime).angular), CORRELATION)
            for regime in REGIMES
        ),
        *(derive(equal(leaky_relu(1, regime).angular, linear(regime).angular), CORRELATION) for regime in REGIMES),
        derive(equal(linear("nngp").angular, RHO), CORRELATION),
        checks=flipped,
    )


# --- n = 2 decides for all n


@claim(
    "for every kernel that is a power series in the correlation with coefficients c_k >= 0 for k >= 3: if the mean of "
    "a 0-bit is not positive at some n >= 2, it is not positive at any larger n, so n = 2 decides for all n >= 2",
    source=SOURCE,
)
def two_matches_are_the_worst() -> Verdict:
    x, y = sympy.symbols("x y", positive=True)
    ranges = {x: (0, 1), y: (0, 1)}
    # With x = n**(-1/2) and y = x**(k - 2), the k-th term times x/(1 - x) > 0 is c_k h_k, h_k = x (1 - y)/(1 - x).
    # As h_1 = -1, h_2 = 0 and h_(k+1) = h_k + x y, h_k = x + ... + x**(k-2) for k >= 3, which increases with x. So
    # sum c_k h_k increases with x, that is, decreases with n.
    weight = x / (1 - x)
    # The series of k1 and k0, and of their sums, products and compositions, have coefficients >= 0: k1' = k0,
    # k1(0) = 1/pi, k0(0) = 1/2, and k0' = (1 - r**2)**(-1/2)/pi is a binomial series with positive coefficients.
    value, gradient = layer_value(), layer_gradient()
    return conclude(
        derive(equal(weight * (1 - 1 / x), -1), ranges),
        derive(equal(weight * (1 - x * y), weight * (1 - y) + x * y), ranges),
        derive(equal(sympy.diff(value, RHO), gradient), CORRELATION),
        derive(equal(sympy.diff(gradient, RHO), 1 / (sympy.pi * sympy.sqrt(1 - RHO**2))), CORRELATION),
        derive(equal(value.subs(RHO, 0), 1 / sympy.pi)),
        derive(equal(gradient.subs(RHO, 0), sympy.Rational(1, 2))),
        checks=[signs_in_order()],
    )


def signs_in_order() -> Finding:
    """Confirm for n = 2..40 and some depths that no positive mean follows one that is not positive."""

    def check(case: tuple[int, str]) -> bool:
        signs = [positive_at(case[0], matches, case[1]) for matches in range(2, 41)]
        return signs == sorted(signs, reverse=True)

    cases = [(layers, regime) for layers in (1, 2, 3, 5, 8) for regime in REGIMES]
    return confirm("n = 2..40, depths 1, 2, 3, 5, 8", cases, check, exhaustive=True)


# --- depth


@claim(
    "NTK, 1, 2, 3, 4 hidden ReLU layers: B(2) lies in (1.738, 1.739), (2.104, 2.105), (2.506, 2.507), (2.938, 2.939)",
    source=SOURCE,
)
def balance_by_depth() -> Verdict:
    def check(case: tuple[int, int]) -> bool:
        layers, thousandths = case
        return Fraction(thousandths, 1000) < balance_at_two(layers) < Fraction(thousandths + 1, 1000)

    cases = [(1, 1738), (2, 2104), (3, 2506), (4, 2938)]
    return conclude(confirm("B(2) to three decimals, by intervals", cases, check, exhaustive=True))


@claim(
    "NTK, L = 2..64 hidden ReLU layers: at n = 2 the mean of a 0-bit is positive, so the threshold 0 is wrong, and "
    "B(2) is greater than with L - 1 layers",
    source=SOURCE,
)
def deep_networks_fail() -> Verdict:
    def check() -> Iterator[tuple[int, str | None]]:
        last = balance_at_two(1)
        for layers in range(2, DEEPEST + 1):
            balance = balance_at_two(layers)
            good = positive_at(layers, 2, "ntk") and last < balance
            last = balance
            yield 1, None if good else f"{layers} hidden layers: B(2) = {balance.digits(8)}"

    return conclude(
        positive_at_two(2, "ntk"),
        confirm_batches(f"every depth from 2 to {DEEPEST}, by intervals", check(), exhaustive=True),
    )


@lru_cache
def ratios_rise() -> tuple[object, ...]:
    """Return findings that prove: (1 - k1(r))/(1 - r) and (1 - k0(r))/(1 - r) increase on [0, 1).

    With r = cos(theta), their derivatives are positive multiples of ``theta - sin(theta)`` and ``theta sin(theta) +
    cos(theta) - 1``.
    """
    value, gradient = layer_value(), layer_gradient()
    angle, root = sympy.acos(RHO), sympy.sqrt(1 - RHO**2)
    slopes = [sympy.diff((1 - function) / (1 - RHO), RHO) * sympy.pi * (1 - RHO) ** 2 for function in (value, gradient)]
    ranges = {RHO: (0, 1)}
    quarter = Box({theta: (0, Fraction(8, 5))})  # a little more than pi/2
    return (
        derive(equal(slopes[0], angle - root), ranges),
        derive(equal(slopes[1] * root, angle * root - (1 - RHO)), ranges),
        decide(at_most(sympy.sin(theta), theta), quarter),
        decide(at_most(1 - sympy.cos(theta), theta * sympy.sin(theta)), quarter),
        decide(less(sympy.pi / 2, Fraction(8, 5))),
        derive(equal(sympy.diff(value, RHO), gradient), ranges),
        decide(less(0, gradient), Box({RHO: (0, 1)})),
    )


@claim(
    "NNGP: with 1, 2, 3 or 4 hidden ReLU layers the mean of a 0-bit is not positive at any n, so the threshold 0 is "
    "correct for 0-bits; with L hidden layers, for all L >= 5, it is positive at n = 2",
    source=SOURCE,
)
def nngp_by_depth() -> Verdict:
    # Let p, q be 1 - S at the correlations 2**(-1/2) and 0. The mean at n = 2 is positive iff 2 p > q. A layer replaces
    # p by p f(p) and q by q f(q), f(1 - r) = (1 - k1(r))/(1 - r). As k1 increases, p <= q at every layer, hence
    # f(p) >= f(q), and p/q does not decrease. With fewer than 5 layers, n = 2 decides (two_matches_are_the_worst).
    return conclude(
        *ratios_rise(),
        positive_at_two(5, "nngp"),
        *(positive_at_two(layers, "nngp", positive=False) for layers in (1, 2, 3, 4)),
        decide(*matches_outweigh(two_layer_relu("nngp"))),
        checks=[
            confirm(
                f"the sign at n = 2 for 1 to {DEEPEST} layers, by intervals",
                [(layers, layers >= 5) for layers in range(1, DEEPEST + 1)],
                lambda case: positive_at(case[0], 2, "nngp") == case[1],
                exhaustive=True,
            ),
            confirm(
                "2 to 4 layers, n = 2..100, by intervals",
                [(layers, matches) for layers in (2, 3, 4) for matches in range(2, 101)],
                lambda case: not positive_at(case[0], case[1], "nngp"),
                exhaustive=True,
            ),
        ],
    )


@claim(
    "NTK, L hidden ReLU layers: for all L >= 2 the mean of a 0-bit is positive at n = 2, so the threshold 0 is wrong; "
    "for L = 1 it is negative for all n >= 2",
    source=SOURCE,
)
def one_hidden_layer_is_special() -> Verdict:
    # After l layers let p, q be 1 - S and P, Q be l + 1 - T, at the correlations 2**(-1/2) and 0. The mean at n = 2 is
    # positive iff G = 2 P - Q > 0. With f = 1 - k1 and g = 1 - k0 at S, the next P is f + P (1 - g) + (l + 1) g.
    f_p, f_q, g_p, g_q, P, Q, m = sympy.symbols("f_p f_q g_p g_q P Q m")  # m = l + 1
    after = 2 * (f_p + P * (1 - g_p) + m * g_p) - (f_q + Q * (1 - g_q) + m * g_q)
    names = sympy.symbols("A G W D R P_ M")
    A, G, W, D, E, P_, M = names
    quantities = {
        A: 2 * f_p - f_q,  # positive after 5 layers or more (nngp_by_depth)
        G: 2 * P - Q,  # positive by the induction hypothesis
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
        derive(equal(m + 1 - step, drop), {x: (0, 1), below: (0, 5), m: (1, 9)}),
        derive(less(0, after), quantities, A + W * G + 2 * P_ * D + M * E, positive=(W, G)),
        *ratios_rise(),
        *(positive_at_two(layers, "ntk") for layers in (2, 3, 4, 5)),  # G > 0; base case: 5 layers
        positive_at_two(5, "nngp"),  # 2 p > q
        decide(*matches_outweigh(two_layer_relu())),
    )


@claim(
    "the mean of a 0-bit is positive exactly for 2 <= n <= 2, 5, 9, 16, 25 with 2, 3, 4, 5, 6 hidden ReLU layers "
    "(NTK), and for 2 <= n <= 2, 3, 4, 5, 6 with 5, 6, 7, 8, 9 (NNGP)",
    source=SOURCE,
)
def reach_of_the_failure() -> Verdict:
    reach = {"ntk": {2: 2, 3: 5, 4: 9, 5: 16, 6: 25}, "nngp": {5: 2, 6: 3, 7: 4, 8: 5, 9: 6}}
    # the two n suffice: no positive mean follows one that is not (two_matches_are_the_worst)
    cases = [
        (layers, regime, last + above, above == 0)
        for regime, table in reach.items()
        for layers, last in table.items()
        for above in (0, 1)
    ]
    return conclude(
        confirm(
            "the last n with a positive mean, and the next n, by intervals",
            cases,
            lambda case: positive_at(case[0], case[2], case[1]) == case[3],
            exhaustive=True,
        )
    )


# --- thresholds


@claim(
    "for every kernel with own > other > 0 and matched(n) > other (ReLU networks of every depth, NTK and NNGP): with "
    "tau = t/(K + D), mean = tau + g (p - n tau); so the mean of a 0-bit is below the threshold tau for t >= 1, and "
    "that of a 1-bit above it wherever t n <= p K",
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
        derive(equal(mean, level + gain * (p - n * level)), ranges),
        # 0-bit (p = 0): tau - mean = g n tau; 1-bit: (mean - tau)(K + D) = g (p (K + D) - n t)
        derive(less(0, g * n * tau), {g: g, n: n, tau: tau}, g * n * tau, positive=(g, n, tau)),
        derive(less(0, p * (K + D) - n * t), {slack: p * K - n * t, p: p, D: D}, slack + p * D, positive=(p, D)),
        derive(equal(sympy.diff(layer_value(), RHO), layer_gradient()), CORRELATION),
        decide(less(0, layer_gradient()), Box({RHO: (0, 1)})),
    )


@claim(
    "permutation of 30 bits, NTK, 1, 2, 3, 4 hidden ReLU layers: the largest mean of a 0-bit is 0 or lies in "
    "(0.001485, 0.001486), (0.006163, 0.006164), (0.009829, 0.009830), the smallest mean of a 1-bit in (0.04602, "
    "0.04603), (0.03855, 0.03856), (0.03600, 0.03601), (0.03474, 0.03475); half the latter lies between the two",
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

    return conclude(confirm("both means, by intervals", table, check, exhaustive=True))


SIZES = {
    ("ntk", 10): ((48, 89, 127, 168), (48, 45, 32, 21)),
    ("ntk", 30): ((390, 685, 952, 1214), (390, 343, 238, 152)),
    ("nngp", 10): ((47, 66, 75, 80), (47, 33, 19, 10)),
    ("nngp", 30): ((395, 518, 567, 589), (395, 259, 142, 74)),
}


@claim(
    "permutation, all inputs, delta = 0.01, best threshold: with 1, 2, 3, 4 hidden ReLU layers, scaled to the initial "
    "variance of the two-layer network, the union bound at the smallest margin requires 48, 89, 127, 168 networks (k "
    "= 10) and 390, 685, 952, 1214 (k = 30) for the NTK, 47, 66, 75, 80 and 395, 518, 567, 589 for the NNGP kernel; "
    "unscaled, where a layer halves the variance, 48, 45, 32, 21 and 390, 343, 238, 152, and 47, 33, 19, 10 and 395, "
    "259, 142, 74",
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
