"""The two kernels of a two-layer ReLU network, from Gaussian integrals to closed forms.

The network is ``f(x) = w^(-1/2) sum_r a_r relu(u_r . x / sqrt(n0))`` with ``a_r`` and ``u_r`` standard normal and
independent, in the limit of infinite width w. Two preactivations g and h are standard normal with correlation rho.
"""

from fractions import Fraction

import sympy

from ntkproofs.claims import Verdict, claim, conclude, derive, estimate
from ntkproofs.facts import Finding
from ntkproofs.kernels import (
    REGIMES,
    RHO,
    Derivation,
    derive_relu_product,
    derive_step_product,
    expectation_by_quadrature,
    relu_product,
    step_product,
    two_layer_relu,
)
from ntkproofs.predictor import MATCHES
from ntkproofs.rigor import Identity, enclose, equal

KERNEL_PAPERS = "Cho and Saul 2009 (arc-cosine kernels); Jacot et al. 2018 (NTK)"
CORRELATION = {RHO: (Fraction(-1), Fraction(1))}
QUADRATURE_AT = (Fraction(-7, 11), Fraction(2, 9), Fraction(5, 6))
DIGITS = 30


def derived(derivation: Derivation, closed_form: sympy.Expr) -> list[Identity]:
    """Derive every step of a derivation, and that its result is the closed form."""
    steps = [derive(equal(step.left, step.right), step.domains) for step in derivation.steps]
    return [*steps, derive(equal(derivation.result, closed_form), CORRELATION)]


def quadrature(name: str, closed_form: sympy.Expr) -> list[Finding]:
    """Compare the closed form with the two-dimensional Gaussian integral at three correlations."""
    return [
        estimate(
            f"E[{name}(g) {name}(h)] at correlation {rho}",
            expectation_by_quadrature(name, rho, digits=DIGITS),
            enclose(closed_form, {RHO: rho}, precision=192),
            digits=DIGITS,
        )
        for rho in QUADRATURE_AT
    ]


@claim(
    "E[relu(g) relu(h)] = (sqrt(1 - rho^2) + (pi - acos rho) rho) / (2 pi), for standard normal g and h with any "
    "correlation rho in [-1, 1]",
    source=KERNEL_PAPERS,
)
def relu_product_closed_form() -> Verdict:
    form = relu_product()
    special = [
        derive(equal(form.subs(RHO, rho), value))
        for rho, value in ((-1, 0), (0, 1 / (2 * sympy.pi)), (1, sympy.Rational(1, 2)))
    ]
    return conclude(*derived(derive_relu_product(), form), *special, checks=quadrature("relu", form))


@claim(
    "E[step(g) step(h)] = (pi - acos rho) / (2 pi), for standard normal g and h with any correlation rho in [-1, 1]",
    source=KERNEL_PAPERS,
)
def step_product_closed_form() -> Verdict:
    form = step_product()
    special = [
        derive(equal(form.subs(RHO, rho), value))
        for rho, value in ((-1, 0), (0, sympy.Rational(1, 4)), (1, sympy.Rational(1, 2)))
    ]
    return conclude(*derived(derive_step_product(), form), *special, checks=quadrature("step", form))


@claim(
    "d/drho E[relu(g) relu(h)] = E[step(g) step(h)], for the closed forms and all rho in (-1, 1)",
    source="Price's theorem",
)
def derivative_of_relu_is_step() -> Verdict:
    return conclude(derive(equal(sympy.diff(relu_product(), RHO), step_product()), CORRELATION))


@claim(
    "NTK = E[relu(g) relu(h)] + rho E[step(g) step(h)]: for one neuron f(x) = a relu(u . x)/sqrt(n0), n0 = 3, with "
    "positive weights and inputs, grad f(x) . grad f(x') = f(x) f(x')/a^2 + a^2 x . x'/n0",
    source="Jacot et al. 2018; abstract",
)
def ntk_is_nngp_plus_first_layer() -> Verdict:
    a, *u = sympy.symbols("a u1:4", positive=True)
    x, y = sympy.symbols("x1:4", positive=True), sympy.symbols("y1:4", positive=True)
    n0 = 3

    def neuron(v: tuple[sympy.Symbol, ...]) -> sympy.Expr:  # relu is the identity where the preactivation is positive
        return a * sum(weight * entry for weight, entry in zip(u, v, strict=True)) / sympy.sqrt(n0)

    f, g = neuron(x), neuron(y)
    gradients = sum(sympy.diff(f, weight) * sympy.diff(g, weight) for weight in (a, *u))
    inner = sum(first * second for first, second in zip(x, y, strict=True))
    expected = f * g / a**2 + a**2 * inner / n0
    domain = {symbol: (Fraction(0), Fraction(2)) for symbol in (a, *u, *x, *y)}
    ntk, nngp = two_layer_relu("ntk"), two_layer_relu("nngp")
    return conclude(
        derive(equal(gradients, expected), domain),
        derive(equal(ntk.angular, relu_product() + RHO * step_product()), CORRELATION),
        derive(equal(nngp.angular, relu_product()), CORRELATION),
    )


@claim(
    "on orthonormal samples, times n0: own = 1 (NTK), 1/2 (NNGP); other = 1/(2 pi); matched(n) = (sqrt(1 - s^2) + c s "
    "(pi - acos s))/(2 pi), s = n^(-1/2), c = 2 (NTK), 1 (NNGP), for all n >= 1 ({regime})",
    source=KERNEL_PAPERS,
    each={"regime": REGIMES},
)
def three_numbers(regime: str) -> Verdict:
    kernel = two_layer_relu(regime)
    own, slope = {"ntk": (sympy.Integer(1), 2), "nngp": (sympy.Rational(1, 2), 1)}[regime]
    s = 1 / sympy.sqrt(MATCHES)
    matched = (sympy.sqrt(1 - s**2) + slope * s * (sympy.pi - sympy.acos(s))) / (2 * sympy.pi)
    return conclude(
        derive(equal(kernel.own, own)),
        derive(equal(kernel.other, 1 / (2 * sympy.pi))),
        derive(equal(kernel.matched(MATCHES), matched), {MATCHES: (1, 200)}),
        derive(equal(kernel.matched(1), kernel.own)),
    )
