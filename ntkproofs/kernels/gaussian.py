"""Derivation of the arc-cosine functions from Gaussian expectations, step by step.

For standard normal g, h of correlation ``rho = cos(theta)``::

    E[relu(g) relu(h)] = (sqrt(1 - rho**2) + (pi - acos(rho)) rho) / (2 pi)
    E[step(g) step(h)] = (pi - acos(rho)) / (2 pi)

(Cho and Saul, *Kernel Methods for Deep Learning*, 2009, orders 1 and 0.) Each :class:`Derivation` holds its steps as
identities that :func:`ntkproofs.rigor.identity` can check or refute. The one step that is not an identity, the change
to polar coordinates, is tested independently by quadrature of the two-dimensional integral
(:func:`expectation_by_quadrature`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

import mpmath
import sympy

from ntkproofs.errors import InputError
from ntkproofs.kernels.angular import RHO

__all__ = ["Derivation", "Step", "derive_relu_product", "derive_step_product", "expectation_by_quadrature"]

THETA, PHI, RADIUS = sympy.symbols("theta phi r", positive=True)
ANGLES = {THETA: (Fraction(0), Fraction(3)), PHI: (Fraction(0), Fraction(1)), RADIUS: (Fraction(0), Fraction(3))}
CORRELATIONS = {RHO: (Fraction(-1), Fraction(1))}


@dataclass(frozen=True)
class Step:
    """One step of a derivation: ``left = right`` for the symbols in `domains`, and why."""

    reason: str
    left: sympy.Expr
    right: sympy.Expr
    domains: dict[sympy.Symbol, tuple[Fraction, Fraction]] = field(default_factory=dict, hash=False)

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {sympy.latex(self.left)} = {sympy.latex(self.right)}$"


@dataclass(frozen=True)
class Derivation:
    """A Gaussian expectation, the steps that lead to it, and the closed form (an expression in ``RHO``)."""

    title: str
    steps: tuple[Step, ...]
    result: sympy.Expr

    def __repr__(self) -> str:
        return f"<Derivation of {self.title}: {len(self.steps)} steps>"

    def __str__(self) -> str:
        lines = [self.title]
        lines += [f"  {step.reason}:\n    {step.left} = {step.right}" for step in self.steps]
        return "\n".join(lines)

    def _repr_latex_(self) -> str:
        rows = r" \\[1ex] ".join(
            rf"\text{{{step.reason}}} &:\quad {sympy.latex(step.left)} = {sympy.latex(step.right)}"
            for step in self.steps
        )
        return rf"$\displaystyle \begin{{aligned}} {rows} \end{{aligned}}$"


def _derive(title: str, radial_power: int, angular: sympy.Expr) -> Derivation:
    """Derive ``E = 1/(2 pi) * (integral of r**power exp(-r**2/2) dr) * (integral of angular dphi)``.

    In polar coordinates ``g = r cos(phi)``, ``h = r cos(phi - theta)``; both are positive for phi from
    ``theta - pi/2`` to ``pi/2``. The radial primitive is a polynomial times ``exp(-r**2/2)`` and vanishes at infinity.
    """
    density = RADIUS**radial_power * sympy.exp(-(RADIUS**2) / 2)
    radial_primitive = sympy.integrate(density, RADIUS)
    radial = -radial_primitive.subs(RADIUS, 0)
    low, high = THETA - sympy.pi / 2, sympy.pi / 2
    sums = (sympy.cos(THETA) + sympy.cos(2 * PHI - THETA)) / 2 if angular != 1 else sympy.Integer(1)
    angular_primitive = sympy.integrate(sums, PHI)
    wedge = sympy.expand(angular_primitive.subs(PHI, high) - angular_primitive.subs(PHI, low))
    in_angle = sympy.expand(radial * wedge / (2 * sympy.pi))
    angle = sympy.acos(RHO)
    sine, cosine = (function(angle, evaluate=False) for function in (sympy.sin, sympy.cos))
    substituted = in_angle.subs({sympy.sin(THETA): sine, sympy.cos(THETA): cosine}).subs(THETA, angle)
    result = in_angle.subs({sympy.sin(THETA): sympy.sqrt(1 - RHO**2), sympy.cos(THETA): RHO}).subs(THETA, angle)
    steps = [
        Step("radial primitive, by differentiation", sympy.diff(radial_primitive, RADIUS), density, ANGLES),
        Step("angular primitive, by differentiation", sympy.diff(angular_primitive, PHI), angular, ANGLES),
        Step(
            "angular integral over the wedge where both are positive",
            angular_primitive.subs(PHI, high) - angular_primitive.subs(PHI, low),
            wedge,
            ANGLES,
        ),
        Step("times the radial integral, over 2 pi", radial * wedge / (2 * sympy.pi), in_angle, ANGLES),
        Step("in the correlation rho = cos(theta)", substituted, result, CORRELATIONS),
    ]
    if angular != sums:
        steps.insert(1, Step("product as a sum", angular, sums, ANGLES))
    return Derivation(title, tuple(steps), result)


def derive_relu_product() -> Derivation:
    """Derive ``E[relu(g) relu(h)]``.

    >>> print(derive_relu_product().result.subs(RHO, 1))
    1/2
    """
    return _derive("E[relu(g) relu(h)]", 3, sympy.cos(PHI) * sympy.cos(PHI - THETA))


def derive_step_product() -> Derivation:
    """Derive ``E[step(g) step(h)]``.

    >>> print(derive_step_product().result.subs(RHO, 0))
    1/4
    """
    return _derive("E[step(g) step(h)]", 1, sympy.Integer(1))


def expectation_by_quadrature(what: Literal["relu", "step"], correlation: Fraction, *, digits: int = 30) -> Any:
    """Estimate ``E[a(g) a(h)]``, a the ReLU or the unit step, by quadrature of the Gaussian integral with mpmath.

    Independent of the derivation: given g, h is normal with mean ``rho g`` and variance ``1 - rho^2``, so the inner
    integral is ``Phi(c)`` for the step and ``rho g Phi(c) + sqrt(1 - rho^2) phi(c)`` for the ReLU, with ``c = rho g /
    sqrt(1 - rho^2)`` and the normal distribution function Phi and density phi; the integral over g > 0 is computed, to
    `digits` digits. An estimate, never a verdict by itself. Raises InputError unless `correlation` lies strictly
    between -1 and 1.

    >>> print(mpmath.nstr(expectation_by_quadrature("step", Fraction(0), digits=20), 12))
    0.25
    """
    if what not in ("relu", "step"):
        raise InputError(f"what must be 'relu' or 'step', got {what!r}")
    if not -1 < correlation < 1:
        raise InputError(f"the correlation must lie strictly between -1 and 1, got {correlation}")
    with mpmath.workdps(digits + 10):
        rho = mpmath.mpf(correlation.numerator) / correlation.denominator
        deviation = mpmath.sqrt(1 - rho**2)
        far = mpmath.sqrt(2 * mpmath.log(10) * (digits + 6)) + 1  # beyond, the density is below 10**-digits

        def integrand(g: Any) -> Any:
            c = rho * g / deviation
            if what == "step":
                return mpmath.npdf(g) * mpmath.ncdf(c)
            return g * mpmath.npdf(g) * (rho * g * mpmath.ncdf(c) + deviation * mpmath.npdf(c))

        return mpmath.quad(integrand, [0, far / 4, far / 2, far])
