"""Positive definiteness: the signs of the eigenvalues of a Gram matrix, decided by ball arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import TypeAlias

import sympy

from ntkproofs.arithmetic.balls import Ball
from ntkproofs.arithmetic.normal_form import same_normal_form
from ntkproofs.display import counted
from ntkproofs.errors import InputError, Undecided
from ntkproofs.kernels.angular import Kernel
from ntkproofs.kernels.names import KernelLike, as_kernel

__all__ = ["FIRST_PRECISION", "LAST_PRECISION", "certain_sign", "demand_definite"]

FIRST_PRECISION = 64
LAST_PRECISION = 8192


def certain_sign(enclosure: Callable[[int], Ball], what: str, *, is_zero: Callable[[], bool] = lambda: False) -> int:
    """Return the sign of a number: 1, -1, or 0 where the number is known to be exactly zero.

    `enclosure`: a ball that contains the number, as a function of the precision in bits; `what`: its name for messages;
    `is_zero`: an exact test for zero, used once if the first precision does not determine the sign. Raises Undecided if
    8192 bits do not determine it.

    >>> certain_sign(lambda precision: Ball.pi(precision=precision) - 3, "pi - 3")
    1
    """
    precision = FIRST_PRECISION
    while True:
        try:
            return enclosure(precision).sign()
        except Undecided as problem:
            if precision == FIRST_PRECISION and is_zero():
                return 0
            precision *= 2
            if precision > LAST_PRECISION:
                raise Undecided(f"the sign of {what} is not certain at {LAST_PRECISION} bits") from problem


@lru_cache(maxsize=1 << 12)
def demand_definite(kernel: KernelLike, samples: int | None) -> None:
    """Raise InputError unless a kernel is positive definite, and its prior positive semidefinite, on the samples.

    The eigenvalues of the Gram matrix of K orthonormal samples are ``own - other`` (K - 1 times) and
    ``own + (K - 1) other``. `samples`: K, or None for every number of samples, which requires that ``other`` is not
    negative. Signs are decided by balls, a zero by the normal form. Raises Undecided if 8192 bits do not determine a
    sign and the normal form is not zero.

    >>> from ntkproofs.kernels import RHO
    >>> demand_definite(Kernel("linear", RHO), 12)
    >>> demand_definite(Kernel("minus", -RHO), 12)
    Traceback (most recent call last):
    ...
    ntkproofs.errors.InputError: 'minus' is no kernel on 12 samples: the eigenvalue own - other = -1
    """
    kernel = as_kernel(kernel)
    kernels = [(kernel, 1)] if kernel.prior is None else [(kernel, 1), (kernel.prior, 0)]
    for part, least_sign in kernels:
        for name, number, enclosure, required_sign in _conditions(part, samples, least_sign):
            sign = certain_sign(enclosure, f"{name} of the kernel {part.name!r}", is_zero=partial(_is_zero, number))
            if sign < required_sign:
                value = enclosure(FIRST_PRECISION).digits(6) if sign else "0"
                raise InputError(f"{part.name!r} is no kernel on {_samples(samples)}: {name} = {value}")


def _samples(count: int | None) -> str:
    return "every number of samples" if count is None else counted(count, "sample")


def _is_zero(number: sympy.Expr) -> bool:
    return same_normal_form(number, sympy.Integer(0))


Condition: TypeAlias = tuple[str, sympy.Expr, Callable[[int], Ball], int]


def _conditions(kernel: Kernel, samples: int | None, least_sign: int) -> list[Condition]:
    """Return the quantities whose signs decide: name, exact value, enclosure, least admissible sign."""

    def gap(precision: int) -> Ball:
        own, other, _ = kernel.enclosed(1, precision=precision)
        return own - other

    def total(precision: int) -> Ball:
        own, other, _ = kernel.enclosed(1, precision=precision)
        return own + other * ((samples or 1) - 1)

    def other_value(precision: int) -> Ball:
        return kernel.enclosed(1, precision=precision)[1]

    difference: Condition = ("the eigenvalue own - other", kernel.own - kernel.other, gap, least_sign)
    if samples is None:
        return [difference, ("other", kernel.other, other_value, 0)]
    exact = kernel.own + (samples - 1) * kernel.other
    return [difference, ("the eigenvalue own + (K - 1) other", exact, total, least_sign)]
