"""Products of floating-point arrays that are exact, or that say that they are not: for scale factors of networks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["exact_product", "exact_quotient"]

SPLIT = 134217729.0  # 2^27 + 1, Dekker's constant for 53-bit significands


def exact_product(array: NDArray[Any], factor: Any) -> NDArray[np.float64] | None:
    """Return `array` times the scalar `factor` as float64, or None if some product is not a float64 number.

    >>> exact_product(np.array([3.0, 5.0]), 0.5)
    array([1.5, 2.5])
    >>> exact_product(np.array([1 + 2**-52]), 1 + 2**-52) is None
    True
    """
    first, first_exponent = np.frexp(np.asarray(array, dtype=np.float64))
    second, second_exponent = np.frexp(np.float64(factor))
    mantissa = first * second  # of numbers in [1/2, 1), so that nothing below overflows or underflows
    exponent = first_exponent + second_exponent
    with np.errstate(over="ignore", under="ignore"):
        product = np.ldexp(mantissa, exponent)
        exact = (_error(first, second, mantissa) == 0) & (np.ldexp(product, -exponent) == mantissa)
    return np.asarray(product) if exact.all() else None


def exact_quotient(array: NDArray[Any], divisor: Any) -> NDArray[np.float64] | None:
    """Return `array` divided by the scalar `divisor` as float64, or None if some quotient is not a float64 number.

    >>> exact_quotient(np.array([3.0]), 2.0), exact_quotient(np.array([1.0]), 3.0)
    (array([1.5]), None)
    """
    if divisor == 0:
        return None
    with np.errstate(over="ignore", under="ignore"):
        quotient = np.asarray(array, dtype=np.float64) / np.float64(divisor)
    if not np.isfinite(quotient).all():
        return None
    product = exact_product(quotient, divisor)
    return quotient if product is not None and np.array_equal(product, array) else None


def _error(first: NDArray[np.float64], second: Any, product: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rounding error of the product of numbers in [1/2, 1) or 0, by Dekker's algorithm."""
    first_high, first_low = _halves(first)
    second_high, second_low = _halves(second)
    rest = ((first_high * second_high - product) + first_high * second_low) + first_low * second_high
    return np.asarray(rest + first_low * second_low)


def _halves(number: Any) -> tuple[Any, Any]:
    """Return two numbers of at most 26 bits each whose sum is `number`."""
    shifted = SPLIT * number
    high = shifted - (shifted - number)
    return high, number - high
