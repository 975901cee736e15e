"""Training time: how far the networks are trained, and the factors that remain of the initial error.

On orthonormal samples the Gram matrix of the trained kernel has two eigenvalues. Time is measured in the unit of the
kernel that is scaled to own entry 1, for which they are ::

    l1 = 1 - other/own                  on vectors whose entries sum to 0
    l2 = 1 + (K - 1) other/own          on the vector of ones

Gradient flow on half the sum of squared errors, at the time t (the learning rate times the time of training), and
gradient descent, after T steps of the size eta, leave of the errors in these two directions the factors ::

    e1 = exp(-l1 t),  e2 = exp(-l2 t)                     gradient flow
    e1 = (1 - eta l1)^T,  e2 = (1 - eta l2)^T             gradient descent

At convergence both are 0. Gradient descent converges iff ``eta lambda_max < 2``, which is required.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import sympy

from ntkproofs.arithmetic.balls import Ball, as_fraction
from ntkproofs.arithmetic.expressions import as_expression
from ntkproofs.arithmetic.simplest import simplest_between
from ntkproofs.display import counted
from ntkproofs.errors import InputError
from ntkproofs.kernels.definite import certain_sign
from ntkproofs.kernels.names import KernelLike, as_kernel
from ntkproofs.validation import integer

if TYPE_CHECKING:
    from ntkproofs.kernels.angular import Kernel

__all__ = [
    "CONVERGED",
    "UNIT",
    "Time",
    "TrainingTime",
    "as_training_time",
    "eigenvalues",
    "fastest_step",
    "largest_step",
]

UNIT = "unit of time: the kernel with own entry 1"
PRECISION = 128
NEGLIGIBLE = 1 << 20  # factors below exp(-NEGLIGIBLE) are enclosed by a common interval around 0


@dataclass(frozen=True)
class TrainingTime:
    """The time at which networks are regarded: convergence, a time of gradient flow, or steps of gradient descent.

    `time`: a positive rational number; `steps` and `step`: a positive integer and a positive rational number. The unit
    is that of the kernel with own entry 1. For derivations each may be a SymPy expression that contains symbols.
    Raises InputError for other values, for `time` beside `steps` or `step`, and for one of `steps` and `step` alone.

    >>> print(TrainingTime(), TrainingTime(time=Fraction(3, 2)), TrainingTime(steps=40, step=Fraction(1, 10)), sep="; ")
    convergence; time 3/2; 40 steps of size 1/10
    """

    time: Any = None
    steps: Any = None
    step: Any = None

    def __post_init__(self) -> None:
        if (self.steps is None) != (self.step is None):
            raise InputError("steps and step are given together: the number and the size of the steps of training")
        if self.time is not None and self.steps is not None:
            raise InputError("a time of training is either time or steps and step, not both")
        for name, value in (("time", self.time), ("step", self.step)):
            if value is not None:
                object.__setattr__(self, name, _positive(value, name))
        if self.steps is not None and not _symbolic(self.steps):
            object.__setattr__(self, "steps", sympy.Integer(integer(self.steps, "steps", low=1)))

    @property
    def converged(self) -> bool:
        """Whether this is convergence."""
        return self.time is None and self.steps is None

    @property
    def exact(self) -> bool:
        """Whether no symbol occurs."""
        return not any(_symbolic(value) for value in (self.time, self.steps, self.step) if value is not None)

    def remaining(self, kernel: Kernel, samples: Any) -> tuple[sympy.Expr, sympy.Expr]:
        """Return the factors ``(e1, e2)`` as expressions.

        >>> from ntkproofs.kernels import two_layer_relu
        >>> TrainingTime(time=2).remaining(two_layer_relu(), 10)
        (exp(-2 + 1/pi), exp(-9/pi - 2))
        """
        if self.converged:
            return sympy.Integer(0), sympy.Integer(0)
        l1, l2 = eigenvalues(kernel, samples)
        if self.time is not None:
            return sympy.exp(sympy.expand(-l1 * self.time)), sympy.exp(sympy.expand(-l2 * self.time))
        return (1 - self.step * l1) ** self.steps, (1 - self.step * l2) ** self.steps

    def enclose(self, kernel: Kernel, samples: int, *, precision: int) -> tuple[Ball, Ball]:
        """Return balls of the given precision (bits) that contain the factors ``(e1, e2)``.

        Raises InputError where a symbol occurs and for steps that are too large (:meth:`demand_allowed`).

        >>> from ntkproofs.kernels import two_layer_relu
        >>> print(*(e.digits(6) for e in TrainingTime(time=2).enclose(two_layer_relu(), 10, precision=64)))
        0.186059… 0.00771345…
        """
        if not self.exact:
            raise InputError(f"numbers require a time of training without symbols, got {self}")
        if self.converged:
            zero = Ball(0, precision=precision)
            return zero, zero
        self.demand_allowed(kernel, samples)
        l1, l2 = _enclosed_eigenvalues(kernel, samples, precision)
        return self._remaining_of(l1), self._remaining_of(l2)

    def _remaining_of(self, eigenvalue: Ball) -> Ball:
        if self.time is not None:
            return _exponential(eigenvalue * -_fraction(self.time))
        return _power(eigenvalue * -_fraction(self.step) + 1, int(self.steps))

    def demand_allowed(self, kernel: Kernel, samples: int) -> None:
        """Raise InputError unless ``eta lambda_max < 2``, decided by ball arithmetic, where there are steps.

        >>> from ntkproofs.kernels import two_layer_relu
        >>> TrainingTime(steps=40, step=1).demand_allowed(two_layer_relu(), 10)
        Traceback (most recent call last):
        ntkproofs.errors.InputError: the step 1 is too large: gradient descent on 10 samples converges for steps below \
2/lambda_max, such as 0.8222 (unit of time: the kernel with own entry 1)
        """
        if self.steps is not None and self.exact:
            _demand_allowed(kernel, samples, _fraction(self.step))

    @property
    def phrase(self) -> str:
        """The time with its preposition.

        >>> TrainingTime().phrase, TrainingTime(time=3).phrase, TrainingTime(steps=2, step=Fraction(1, 4)).phrase
        ('at convergence', 'at time 3', 'after 2 steps of size 1/4')
        """
        return f"{'at' if self.steps is None else 'after'} {self}"

    def __str__(self) -> str:
        if self.converged:
            return "convergence"
        if self.time is not None:
            return f"time {self.time}"
        number = counted(int(self.steps), "step") if not _symbolic(self.steps) else f"{self.steps} steps"
        return f"{number} of size {self.step}"


CONVERGED = TrainingTime()

Time: TypeAlias = TrainingTime | Any  # a time of training, or a positive rational number: a time of gradient flow


def as_training_time(time: Time | None = None, *, steps: Any = None, step: Any = None) -> TrainingTime:
    """Return the time of training that arguments ``time=`` or ``steps=, step=`` describe; convergence without any.

    >>> as_training_time().converged, as_training_time(2) == TrainingTime(time=2)
    (True, True)
    """
    if isinstance(time, TrainingTime):
        if steps is not None or step is not None:
            raise InputError("a time of training is either time or steps and step, not both")
        return time
    return TrainingTime(time, steps, step)


def eigenvalues(kernel: KernelLike, samples: Any) -> tuple[sympy.Expr, sympy.Expr]:
    """Return the eigenvalues ``(l1, l2)`` of the Gram matrix of the kernel that is scaled to own entry 1.

    >>> from ntkproofs.kernels import two_layer_relu
    >>> eigenvalues(two_layer_relu("nngp"), 10)
    (1 - 1/pi, 1 + 9/pi)
    """
    kernel = as_kernel(kernel)
    share = sympy.expand(kernel.other / kernel.own)
    return 1 - share, 1 + (samples - 1) * share


def largest_step(kernel: KernelLike, samples: int, *, precision: int = 64) -> Ball:
    """Return a ball that contains ``2/lambda_max``, below which steps of gradient descent converge.

    >>> from ntkproofs.kernels import two_layer_relu
    >>> print(largest_step(two_layer_relu(), 10).digits(6))
    0.822235…
    """
    l1, l2 = _enclosed_eigenvalues(as_kernel(kernel), samples, precision)
    bounds = [2 / l2] if samples == 1 else [2 / l1, 2 / l2]  # a single sample has no vector whose entries sum to 0
    return min(bounds, key=lambda bound: bound.lower)


def fastest_step(kernel: KernelLike, samples: int) -> Fraction:
    """Return a short fraction a little above ``2/(l1 + l2)``, the step of fastest convergence, and below 2/lambda_max.

    With two steps of the size ``2/(l1 + l2)`` the same factor remains of both errors: every mean is then the one at
    convergence times ``1 - e1``, and a slightly larger step makes no sign wrong. Raises InputError unless other > 0
    and there are at least two samples.

    >>> from ntkproofs.kernels import two_layer_relu
    >>> step = fastest_step(two_layer_relu(), 10)
    >>> left = TrainingTime(steps=2, step=step).enclose(two_layer_relu(), 10, precision=64)
    >>> print(step, *(e.digits(3) for e in left))
    11/18 0.236… 0.236…
    """
    l1, l2 = _enclosed_eigenvalues(as_kernel(kernel), samples, PRECISION)
    if samples < 2 or not (l1 > 0 and l2 > l1):
        raise InputError("the step of fastest convergence requires two samples and a kernel with 0 < other < own")
    first, last = (2 / (l1 + l2)).upper, (2 / l2).lower
    return simplest_between(first, first + (last - first) / 64)


@lru_cache(maxsize=1 << 12)
def _demand_allowed(kernel: Kernel, samples: int, step: Fraction) -> None:
    sign = certain_sign(
        lambda bits: largest_step(kernel, samples, precision=bits) - step,
        f"2/lambda_max - {step}",
        is_zero=lambda: any(l * step == 2 for l in eigenvalues(kernel, samples)),
    )
    if sign <= 0:
        raise InputError(
            f"the step {step} is too large: gradient descent on {counted(samples, 'sample')} converges for steps below "
            f"2/lambda_max, such as {_shown_below(largest_step(kernel, samples).lower)} ({UNIT})"
        )


def _shown_below(bound: Fraction) -> str:
    """Return a decimal of about four digits below a positive number."""
    scale = 1000
    while bound * scale < 1000:
        scale *= 10
    return f"{float(Fraction(-(-bound * scale // 1) - 1, scale)):.10g}"


@lru_cache(maxsize=1 << 12)
def _enclosed_eigenvalues(kernel: Kernel, samples: int, precision: int) -> tuple[Ball, Ball]:
    own, other, _ = kernel.enclosed(1, precision=precision)
    share = other / own
    return 1 - share, share * (samples - 1) + 1


def _exponential(x: Ball) -> Ball:
    """Return a ball that contains ``exp(x)`` for x < 0."""
    if x.upper < -NEGLIGIBLE:
        return Ball.between(Fraction(0), Fraction(1, 1 << NEGLIGIBLE), precision=x.precision)
    return x.exp()


def _power(base: Ball, exponent: int) -> Ball:
    """Return a ball that contains ``base**exponent`` for a base between -1 and 1."""
    size = Ball(abs(base).upper, precision=base.precision)
    if size > 0 and (size.log() * exponent).upper < -NEGLIGIBLE:
        least = Fraction(1, 1 << NEGLIGIBLE)
        return Ball.between(-least, least, precision=base.precision)
    return base**exponent


def _symbolic(value: Any) -> bool:
    return isinstance(value, sympy.Basic) and bool(value.free_symbols)


def _positive(value: Any, name: str) -> sympy.Expr:
    number = as_expression(value, name)
    if not _symbolic(number) and not (number.is_Rational and number > 0):
        raise InputError(f"{name} must be a positive rational number, got {value!r}")
    return number


def _fraction(value: sympy.Expr) -> Fraction:
    return as_fraction(Fraction(int(value.p), int(value.q)))
