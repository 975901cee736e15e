"""Predictor: mean and variance of the outputs of a trained ensemble, in closed form.

Let networks of infinite width be trained with square loss on orthonormal samples X with targets Y. At a state x the
output has this mean and variance (Lee et al., arXiv 1902.06720), Theta being the trained kernel and C the prior
kernel::

    mean = a^T Y
    var  = C(x, x) + a^T C(X, X) a - 2 a^T C(X, x),      a = (I - E) Theta(X, X)^-1 Theta(X, x)

Here E is what remains of the errors on the samples: ``exp(-t Theta(X, X))`` at the time t, ``(I - eta Theta(X, X))^T``
after T steps, and 0 at convergence (:mod:`ntkproofs.training_time`).

The Gram matrix has two distinct entries. At a state that n templates match, so has the weight vector ``a``: one for the
samples that match and one for the others. With the gain g, which is ``F(n)/D``::

    g    = (matched(n) - other) / (own - other)
    u    = other (1 - n g) / (own - other + K other)
         = (D - n F(n)) / (D (D + K))                    weight of a sample that does not match
    m    = u + g                                         weight of a sample that matches
    mean = p g + t u

Before convergence, E has the eigenvalues e1 on vectors whose entries sum to 0, and e2 on the vector of ones, and the
same formulas hold with g and u replaced by ::

    (1 - e1) g    and    (1 - e2) u + (e1 - e2) n g / K

A state that no template matches is the zero vector. There every sample has the weight ::

    u = (1 - e2) zero / (own - other + K other)

where zero is the trained kernel of the zero vector and a sample; it is 0 for networks without biases whose activation
vanishes at 0.

`n`, `p`, `t`, `K` are ``matches``, ``matched_writers``, ``writers``, ``samples``. In the NNGP regime the trained and
the prior kernel are the same. The input dimension is the number of samples.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import sympy

from ntkproofs.arithmetic.expressions import as_expression, enclose
from ntkproofs.errors import InputError
from ntkproofs.kernels.angular import Kernel
from ntkproofs.kernels.definite import certain_sign, demand_definite
from ntkproofs.kernels.names import KernelLike, as_kernel
from ntkproofs.training_time import Time, TrainingTime, as_training_time
from ntkproofs.validation import integer

__all__ = [
    "MATCHED_WRITERS",
    "MATCHES",
    "SAMPLES",
    "WRITERS",
    "Predictor",
    "TwoValueMatrix",
    "combine",
    "spread",
    "spread_at_sample",
    "spread_at_zero",
    "stopped",
    "unmatched",
    "weight_at_zero",
]

MATCHES = sympy.Symbol("n", positive=True, integer=True)
MATCHED_WRITERS = sympy.Symbol("p", nonnegative=True, integer=True)
WRITERS = sympy.Symbol("t", nonnegative=True, integer=True)
SAMPLES = sympy.Symbol("K", positive=True, integer=True)


def unmatched(own: Any, other: Any, gain: Any, n: Any, K: Any) -> Any:
    """Return the weight u of a sample that does not match; for SymPy expressions, balls and other numbers."""
    return other * (1 - n * gain) / (own - other + K * other)


def stopped(gain: Any, u: Any, n: Any, K: Any, remaining: tuple[Any, Any]) -> tuple[Any, Any]:
    """Return the gain and the weight u of networks of which the factors ``(e1, e2)`` of the initial error remain.

    `gain` and `u`: those at convergence; for any kind of number. At a state that no template matches, n = 0.
    """
    e1, e2 = remaining
    return (1 - e1) * gain, (1 - e2) * u + (e1 - e2) * n * gain / K


def combine(gain: Any, u: Any, p: Any, t: Any) -> Any:
    """Return the mean ``p g + t u``; for any kind of number."""
    return p * gain + t * u


def spread(own: Any, other: Any, matched: Any, m: Any, u: Any, n: Any, K: Any) -> Any:
    """Return n0 times the variance, from the three values of the prior kernel and the weights; for any kind of number.

    With S1 and S2 the sums of the weights and of their squares::

        own + (own - other) S2 + other S1^2 - 2 (n m matched + (K - n) u other)
    """
    S1 = n * m + (K - n) * u
    S2 = n * m**2 + (K - n) * u**2
    return own + (own - other) * S2 + other * S1**2 - 2 * (n * m * matched + (K - n) * u * other)


def weight_at_zero(own: Any, other: Any, zero: Any, K: Any) -> Any:
    """Return the weight of every sample at a state that no template matches; for any kind of number."""
    return zero / (own - other + K * other)


def spread_at_zero(own: Any, other: Any, zero: tuple[Any, Any], u: Any, K: Any) -> Any:
    """Return n0 times the variance at a state that no template matches; for any kind of number.

    `own`, `other`: values of the prior kernel; `zero`: its values at the zero vector, with itself and with a sample;
    `u`: the weight of every sample.
    """
    return zero[0] + (own - other) * K * u**2 + other * (K * u) ** 2 - 2 * K * u * zero[1]


def spread_at_sample(own: Any, other: Any, remaining: tuple[Any, Any], K: Any) -> Any:
    """Return n0 times the variance at a sample, where the factors ``(e1, e2)`` of the initial error remain.

    It is an entry of ``E C(X, X) E``, for the values own and other of the prior kernel: a sum of squares, without the
    cancellation in :func:`spread`.
    """
    e1, e2 = remaining
    return (e1**2 * (K - 1) * (own - other) + e2**2 * (own + (K - 1) * other)) / K


@dataclass(frozen=True)
class TwoValueMatrix:
    """A symmetric matrix with one value on the diagonal and another value everywhere else.

    `size` may be a symbol. Such matrices are closed under inversion. With ``a`` on the diagonal and ``b`` elsewhere the
    eigenvalues are ``a - b`` (size - 1 times) and ``a + (size - 1) b`` (once, for the all-ones vector).

    >>> TwoValueMatrix(sympy.Integer(2), sympy.Integer(1), 3).eigenvalues()
    {1: 2, 4: 1}
    """

    diagonal: sympy.Expr
    rest: sympy.Expr
    size: Any

    def eigenvalues(self) -> dict[sympy.Expr, Any]:
        """Return ``{eigenvalue: multiplicity}``."""
        low, high = self.diagonal - self.rest, self.diagonal + (self.size - 1) * self.rest
        return {low: self.size} if self.rest == 0 else {low: self.size - 1, high: 1}

    def inverse(self) -> TwoValueMatrix:
        """Return the inverse (Sherman and Morrison); raises InputError where an eigenvalue is 0."""
        low, high = self.diagonal - self.rest, self.diagonal + (self.size - 1) * self.rest
        if low == 0 or high == 0:
            raise InputError(f"the matrix has the eigenvalues {low} and {high}: there is no inverse")
        rest = -self.rest / (low * high)
        return TwoValueMatrix(1 / low + rest, rest, self.size)

    def apply(self, first: Any, second: Any, count: Any) -> tuple[Any, Any]:
        """Return the two values of the product with the vector of `count` entries `first`, and `second` elsewhere."""
        total = self.rest * (count * first + (self.size - count) * second)
        gap = self.diagonal - self.rest
        return gap * first + total, gap * second + total

    def dense(self) -> sympy.Matrix:
        """Return the matrix itself; raises InputError unless `size` is an integer from 1 on."""
        size = integer(self.size, "the size of a matrix", low=1)
        return sympy.Matrix(size, size, lambda i, j: self.diagonal if i == j else self.rest)


@dataclass(frozen=True, init=False)
class Predictor:
    """Mean and variance of the trained network's output at a state, as SymPy expressions.

    Parameters: `kernel`, the trained kernel or the name of one; `samples`, K, a number or a symbol; `prior`, the kernel
    before training (default: that of `kernel`); `time`, a time of gradient flow (or a TrainingTime), or `steps` and
    `step` of gradient descent (default: convergence), in the unit of the kernel with own entry 1. Raises InputError for
    counts that cannot occur, for steps so large that gradient descent does not converge, and unless the trained kernel
    is positive definite and the prior kernel positive semidefinite on the samples, decided by ball arithmetic.

    >>> from ntkproofs.kernels import two_layer_relu
    >>> predictor = Predictor(two_layer_relu(), samples=10)
    >>> predictor.mean(matches=1, matched_writers=1, writers=1), predictor.variance(matches=1)
    (1, 0)
    >>> early = Predictor("linear", samples=10, time=2)
    >>> early.mean(matches=1, matched_writers=1, writers=1)
    1 - exp(-2)
    """

    kernel: Kernel
    samples: Any
    prior: Kernel
    at: TrainingTime

    def __init__(
        self,
        kernel: KernelLike,
        samples: Any,
        prior: KernelLike | None = None,
        *,
        time: Time | None = None,
        steps: Any = None,
        step: Any = None,
    ) -> None:
        trained, K = as_kernel(kernel), as_expression(samples, "samples")
        before = as_kernel(prior) if prior is not None else trained.prior or trained
        if K.is_number and not (K.is_Integer and K >= 1):
            raise InputError(f"samples must be a positive integer, got {samples!r}")
        demand_definite(replace(trained, prior=before), int(K) if K.is_number else None)
        at = as_training_time(time, steps=steps, step=step)
        if K.is_number:
            at.demand_allowed(trained, int(K))
        for field, value in (("kernel", trained), ("samples", K), ("prior", before), ("at", at)):
            object.__setattr__(self, field, value)

    @property
    def gram(self) -> TwoValueMatrix:
        """The Gram matrix ``n0 Theta(X, X)`` of the orthonormal samples."""
        return TwoValueMatrix(self.kernel.own, self.kernel.other, self.samples)

    @property
    def remaining(self) -> tuple[sympy.Expr, sympy.Expr]:
        """The factors ``(e1, e2)`` of the initial error that remain; 0 at convergence."""
        return self.at.remaining(self.kernel, self.samples)

    def gain(self, matches: Any) -> sympy.Expr:
        """Return ``g(n) = (matched(n) - other) / (own - other)``, at convergence; it is 1 for n = 1."""
        own, other = self.kernel.own, self.kernel.other
        return (self.kernel.matched(matches) - other) / (own - other)

    def weights(self, matches: Any) -> tuple[sympy.Expr, sympy.Expr]:
        """Return the weights ``(m, u)`` of a sample that matches and of a sample that does not."""
        n = self._matches(matches)
        gain, u = self._gain_and_u(n)
        return u + gain, u

    def _gain_and_u(self, n: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
        """Return the gain, and the weight of a sample that does not match, at the time of training."""
        gain = self.gain(n)
        u = unmatched(self.kernel.own, self.kernel.other, gain, n, self.samples)
        return stopped(gain, u, n, self.samples, self.remaining)

    def mean(self, matches: Any, matched_writers: Any, writers: Any) -> sympy.Expr:
        """Return the mean of an output bit that `writers` templates write, `matched_writers` of them matching.

        At a state that no template matches the encoded state is the zero vector, and the mean is 0 if the kernel
        vanishes there. Raises InputError for counts that cannot occur.
        """
        n, p, t = (as_expression(count, "a count") for count in (matches, matched_writers, writers))
        self._check(n, p, t)
        if n == 0:
            return t * self._weight_at_zero()
        return combine(*self._gain_and_u(self._matches(n)), p, t)

    def _weight_at_zero(self) -> sympy.Expr:
        u = weight_at_zero(self.kernel.own, self.kernel.other, self.kernel.at_zero[1], self.samples)
        return stopped(sympy.Integer(0), u, sympy.Integer(0), self.samples, self.remaining)[1]

    def variance(self, matches: Any) -> sympy.Expr:
        """Return the variance of every output bit of one network, including the factor 1/n0.

        Raises InputError where it is negative: then no networks have these kernels.
        """
        return self.scaled_variance(matches) / self.samples

    def scaled_variance(self, matches: Any) -> sympy.Expr:
        """Return ``n0`` times the variance, which is of order 1. Raises InputError like :meth:`variance`."""
        prior, K = self.prior, self.samples
        if matches == 0:
            n = sympy.Integer(0)
            value = spread_at_zero(prior.own, prior.other, prior.at_zero, self._weight_at_zero(), K)
        else:
            n = self._matches(matches)
            value = spread(prior.own, prior.other, prior.matched(n), *self.weights(n), n, K)
        self._demand_variance(n, value)
        return value

    def _demand_variance(self, n: sympy.Expr, value: sympy.Expr) -> None:
        """Raise InputError for a negative variance.

        At convergence the variance is exactly 0 at training samples and for linear functions.
        """
        prior, K = self.prior, self.samples
        zero = self.at.converged and (n == 1 or (self.kernel.linear and prior.linear))
        if zero or not (n.is_Integer and K.is_Integer and self.at.exact):
            return
        if certain_sign(lambda bits: enclose(value, precision=bits), f"the variance at n = {n}, K = {K}") < 0:
            raise InputError(
                f"no networks have the kernels {self.kernel.name!r} (trained) and {prior.name!r} (before training): at "
                f"n = {n}, K = {K} the variance of an output would be negative"
            )

    def _repr_latex_(self) -> str:
        gain, m, u, G = sympy.symbols("g m u G")
        n, p, t, K, prior = MATCHES, MATCHED_WRITERS, WRITERS, self.samples, self.prior
        kernel = self.kernel
        at_convergence = kernel.excess(n) / kernel.contrast if kernel.other != 0 else self.gain(n)
        if self.at.converged:
            rows = [("g", at_convergence), ("u", sympy.simplify(unmatched(kernel.own, kernel.other, gain, n, K)))]
        else:
            remain = sympy.symbols("e_1 e_2")
            stopped_gain, stopped_u = stopped(G, unmatched(kernel.own, kernel.other, G, n, K), n, K, remain)
            rows = list(zip(("e_1", "e_2"), self.remaining, strict=True))
            rows += [("G", at_convergence), ("g", stopped_gain), ("u", stopped_u)]
        rows += [
            ("m", u + gain),
            (r"\mu", combine(gain, u, p, t)),
            (r"n_0 \sigma^2", spread(prior.own, prior.other, prior.matched(n), m, u, n, K)),
        ]
        lines = r" \\ ".join(f"{name} &= {sympy.latex(value)}" for name, value in rows)
        return rf"$\displaystyle \begin{{aligned}} {lines} \end{{aligned}}$"

    def _matches(self, matches: Any) -> sympy.Expr:
        n = as_expression(matches, "matches")
        if n.is_number and not (n.is_Integer and n >= 1):
            raise InputError(f"matches must be a positive integer, got {matches!r}")
        if n.is_Integer and self.samples.is_Integer and n > self.samples:
            raise InputError(f"{n} matches among {self.samples} samples")
        return n

    def _check(self, n: sympy.Expr, p: sympy.Expr, t: sympy.Expr) -> None:
        for name, count in (("matches", n), ("matched_writers", p), ("writers", t)):
            if count.is_number and not (count.is_Integer and count >= 0):
                raise InputError(f"{name} must be an integer from 0 on, got {count}")
        for small, large, text in ((p, t, "writers"), (p, n, "matches"), (t, self.samples, "samples")):
            if small.is_Integer and large.is_Integer and small > large:
                raise InputError(f"counts that cannot occur: {small} of {large} {text}")
        if n.is_Integer and self.samples.is_Integer and n > self.samples:
            raise InputError(f"{n} matches among {self.samples} samples")
        if all(count.is_Integer for count in (n, p, t, self.samples)) and t - p > self.samples - n:
            raise InputError(f"counts that cannot occur: {t - p} writers among the {self.samples - n} others")
