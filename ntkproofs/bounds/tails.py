r"""Tails: the Gaussian tail Q, and upper bounds of it that need rational arithmetic, exp and sqrt only.

``Q(x) = phi(x) R(x)`` with the density ``phi(x) = exp(-x**2/2)/sqrt(2 pi)`` and the Mills ratio R. Laplace's continued
fraction of R has the convergents ::

    c_1 = 1/x,   c_2 = 1/(x + 1/x),   c_3 = 1/(x + 1/(x + 2/x)),   ...   c_m = P_m/Q_m,
    P_m = x P_(m-1) + (m-1) P_(m-2),   Q_m = x Q_(m-1) + (m-1) Q_(m-2),   P_0, P_1, Q_0, Q_1 = 0, 1, 1, x

**Convergents of odd order are upper bounds**, for every x > 0. Let ::

    I_m = integral from 0 to infinity of t**m/m! exp(-x t - t**2/2) dt > 0,      I_(-1) = 1

Then the Mills ratio is ``R = I_0``, and integrating the derivative of ``t**m/m! exp(-x t - t**2/2)`` gives ::

    I_(m-1) = x I_m + (m+1) I_(m+1)

So the quotients ``q_m = I_m/I_(m-1) > 0`` satisfy ``q_m = 1/(x + (m+1) q_(m+1))``, and ::

    R = q_0 = 1/(x + q_1) = 1/(x + 1/(x + 2 q_2)) = ...

Replacing the positive ``q_m`` by 0 gives ``c_m``. The replaced value stands under m nested divisions, each of which
reverses the inequality: for odd m the value increases.

**phi c_m decreases** for odd m, because ::

    c_m' - x c_m + 1 = (-1)**m m!/Q_m**2,      (phi c_m)' = -phi (1 + m!/Q_m**2)

(The same identity proves the bound again: ``phi c_m - Q`` decreases to 0. ``paper_checks/`` derives it for every m by
induction.) Hence N is the smallest integer with ``phi(sqrt(N) z) c_m(sqrt(N) z)`` below a limit if N - 1 is not.
"""

from __future__ import annotations

from typing import TypeVar

from ntkproofs.arithmetic.balls import Ball
from ntkproofs.arithmetic.expressions import Number
from ntkproofs.errors import InputError
from ntkproofs.validation import integer

__all__ = ["ORDER", "gaussian_tail", "gaussian_tail_upper", "log_tail_upper", "mills_convergent"]

ORDER = 41  # odd; at x = 2 the convergent exceeds the Mills ratio by less than 1e-10

T = TypeVar("T", bound=Number)


def mills_convergent(x: T, order: int = ORDER) -> T:
    """Return the convergent ``c_order(x)`` of the Mills ratio, x > 0; for any kind of number.

    It is an upper bound of the Mills ratio for odd `order` and a lower bound for even `order`. Raises InputError for an
    order below 1.

    >>> from fractions import Fraction
    >>> from ntkproofs.rigor import Ball
    >>> mills_convergent(Ball(2, precision=30), 3).contains(Fraction(3, 7))  # 1/(2 + 1/(2 + 2/2))
    True
    """
    denominator = x
    for step in range(integer(order, "the order of a convergent", low=1) - 1, 0, -1):
        denominator = x + x**0 * step / denominator
    return x**0 / denominator


def gaussian_tail(x: Ball) -> Ball:
    """Return ``Q(x)``, the probability that a standard normal variable exceeds x, by Arb's erfc.

    >>> print(gaussian_tail(Ball(3, precision=50)))
    0.001349898031630…
    """
    return (x / Ball(2, precision=x.precision).sqrt()).erfc() / 2


def log_tail_upper(x: Ball, order: int = ORDER) -> Ball:
    """Return ``ln(phi(x) c_order(x))``, x > 0, an upper bound of ``ln Q(x)``; raises InputError for an even order."""
    if order % 2 == 0:
        raise InputError(f"convergents of even order are lower bounds, got order {order}")
    if x.sign() <= 0:
        raise InputError(f"the elementary bound of the tail needs x > 0, got {x!r}")
    return mills_convergent(x, order).log() - x**2 / 2 - (Ball.pi(precision=x.precision) * 2).log() / 2


def gaussian_tail_upper(x: Ball, order: int = ORDER) -> Ball:
    """Return ``phi(x) c_order(x)``, x > 0, an upper bound of ``Q(x)``; raises InputError for an even order.

    >>> x = Ball(3, precision=80)
    >>> print((gaussian_tail_upper(x) / gaussian_tail(x) - 1) < Ball(1, precision=80) / 10**13)
    True
    """
    return log_tail_upper(x, order).exp()
