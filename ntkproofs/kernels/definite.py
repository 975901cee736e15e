"""Whether a kernel is one: the eigenvalues of its Gram matrix on the samples, decided by balls."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from ntkproofs.errors import InputError, Undecided
from ntkproofs.kernels.angular import Kernel
from ntkproofs.rigor.balls import Ball

__all__ = ["FIRST_PRECISION", "LAST_PRECISION", "certain_sign", "demand_definite"]

FIRST_PRECISION = 64
LAST_PRECISION = 8192


def certain_sign(enclosure: Callable[[int], Ball], what: str) -> int:
    """Return the sign of a number from its enclosures, a function of the precision in bits; 0 for the exact zero only.

    Raises Undecided, naming `what`, if 8192 bits do not tell.

    >>> certain_sign(lambda precision: Ball.pi(precision=precision) - 3, "pi - 3")
    1
    """
    precision = FIRST_PRECISION
    while True:
        try:
            return enclosure(precision).sign()
        except Undecided as problem:
            precision *= 2
            if precision > LAST_PRECISION:
                raise Undecided(f"the sign of {what} is not certain at {LAST_PRECISION} bits") from problem


@lru_cache(maxsize=1 << 12)
def demand_definite(kernel: Kernel, samples: int | None) -> None:
    """Raise InputError unless a kernel is positive definite, and its prior nonnegative definite, on so many samples.

    The eigenvalues of a Gram matrix of K orthonormal samples are ``own - other`` (K - 1 times) and
    ``own + (K - 1) other``. `samples` None: on every number of samples, for which ``other`` must not be negative.

    >>> from ntkproofs.kernels import RHO
    >>> demand_definite(Kernel("linear", RHO), 12)
    >>> demand_definite(Kernel("minus", -RHO), 12)
    Traceback (most recent call last):
    ...
    ntkproofs.errors.InputError: 'minus' is no kernel on 12 samples: the eigenvalue own - other = -1
    """
    kernels = [(kernel, 1)] if kernel.prior is None else [(kernel, 1), (kernel.prior, 0)]
    for each, least in kernels:
        for name, enclosure, lowest in _conditions(each, samples, least):
            if certain_sign(enclosure, f"{name} of the kernel {each.name!r}") < lowest:
                value = enclosure(FIRST_PRECISION).digits(6)
                raise InputError(f"{each.name!r} is no kernel on {_samples(samples)}: {name} = {value}")


def _samples(number: int | None) -> str:
    return "every number of samples" if number is None else f"{number} sample{'s' if number > 1 else ''}"


def _conditions(kernel: Kernel, samples: int | None, least: int) -> list[tuple[str, Callable[[int], Ball], int]]:
    """Return what must have at least a given sign: name, enclosure, sign."""

    def gap(precision: int) -> Ball:
        own, other, _ = kernel.enclosed(1, precision=precision)
        return Ball(0, precision=precision) if kernel.own == kernel.other else own - other

    def total(precision: int) -> Ball:
        own, other, _ = kernel.enclosed(1, precision=precision)
        return own + other * ((samples or 1) - 1)

    def rest(precision: int) -> Ball:
        return kernel.enclosed(1, precision=precision)[1]

    if samples is None:
        return [("the eigenvalue own - other", gap, least), ("other", rest, 0)]
    return [("the eigenvalue own - other", gap, least), ("the eigenvalue own + (K - 1) other", total, least)]
