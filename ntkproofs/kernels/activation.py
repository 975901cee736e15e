"""Activation: from one Gaussian expectation to both kernels of a two-layer network."""

from __future__ import annotations

from abc import ABC, abstractmethod

import sympy

from ntkproofs.kernels.angular import RHO, Kernel
from ntkproofs.kernels.regimes import check_regime

__all__ = ["Activation"]


class Activation(ABC):
    """Base class: an activation phi whose Gaussian expectation ``e(rho) = E[phi(g) phi(h)]`` is known in closed form.

    The two-layer network on unit vectors x has W hidden neurons, all weights a, u standard normal and n0 inputs::

        f(x) = (W n0)^(-1/2) sum_r a_r phi(u_r . x),        n0 NNGP = e(rho),        n0 NTK = e(rho) + rho e'(rho)

    Every preactivation has the variance 1; the NTK follows from Price's theorem ``E[phi'(g) phi'(h)] = e'(rho)``, for
    which phi must be weakly differentiable with ``E[phi'(g)**2]`` finite. A subclass supplies:

    * ``name``, for tables and messages;
    * :meth:`product`, the one method to override; own, other and matched(n) are its values at 1, 0 and ``n**(-1/2)``;
    * ``zero``, the NNGP kernel at the zero vector ``(phi(0)**2, phi(0) E[phi(h)])``, unless phi(0) = 0;
    * ``homogeneous = True`` where ``phi(c x) = c phi(x)`` for c > 0.

    >>> class Square(Activation):
    ...     name = "square"
    ...     def product(self, rho):
    ...         return 1 + 2 * rho**2
    >>> Square().kernel().own, Square().kernel("nngp").other
    (7, 1)
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """What tables and messages call the kernel."""

    @abstractmethod
    def product(self, rho: sympy.Expr) -> sympy.Expr:
        """Return ``E[phi(g) phi(h)]`` for standard normal g, h of correlation `rho`."""

    def product_of_derivatives(self, rho: sympy.Symbol) -> sympy.Expr:
        """Return ``E[phi'(g) phi'(h)]``: by Price's theorem the derivative of :meth:`product` with respect to `rho`."""
        return sympy.diff(self.product(rho), rho)

    @property
    def zero(self) -> tuple[sympy.Expr, sympy.Expr]:
        """``(phi(0)**2, phi(0) E[phi(h)])``; (0, 0) unless a subclass says otherwise."""
        return sympy.Integer(0), sympy.Integer(0)

    @property
    def homogeneous(self) -> bool:
        """Whether ``phi(c x) = c phi(x)`` for c > 0; false unless a subclass says otherwise."""
        return False

    def kernel(self, regime: str = "ntk") -> Kernel:
        """Return the kernel that trains the network: ``"ntk"`` (all weights) or ``"nngp"`` (the output layer alone).

        Raises InputError for another regime.
        """
        check_regime(regime)
        value = self.product(RHO)
        nngp = Kernel(f"{self.name}, NNGP", value, homogeneous=self.homogeneous, zero=self.zero)
        if regime == "nngp":
            return nngp
        ntk = value + RHO * self.product_of_derivatives(RHO)
        return Kernel(f"{self.name}, NTK", ntk, prior=nngp, homogeneous=self.homogeneous, zero=self.zero)
