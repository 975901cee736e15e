"""Gradient descent on a frozen hidden layer: how far T steps are from convergence, and how likely that is.

Full-batch gradient descent on the square loss with step ``eta``, output weights from 0, gives after T steps exactly
``f_T(x) = k' G^-1 (I - (I - eta G)^T) y``. By Bessel's inequality ``k' G^-1 k <= mean h^2 <= largest eigenvalue``, so
for ``eta <= 1/largest``::

    |f_T(x) - f(x)| <= sqrt(t) sqrt(largest/least) (1 - eta least)^T

With ``eta <= 2/(K (1 + rise))``, on the two events that the trace of G is at most ``K (1 + rise)/2`` and that
``G >= (1 - drop) Gbar``, hence ``least >= (1 - drop) lam``::

    |f_T - f| <= sqrt(t) sqrt(K (1 + rise) / (2 (1 - drop) lam)) (1 - eta (1 - drop) lam)^T
    P(trace too large)  <= exp(-w l K (1 + rise)/2) (1/2 + (1 - 2 l)^(-1/2)/2)^(w K)                    for 0 < l < 1/2
    P(G not >= (1 - drop) Gbar) <= K exp( w (l (1 - drop) + log(1 - l + l^2 Lam/2)) )                   for l > 0

the first by Chernoff (each of the w K squares is ``relu(g)^2``), the second by the matrix Laplace transform with
``exp(-x) <= 1 - x + x^2/2``; Lam is the largest eigenvalue of ``E |v~|^2 v~ v~'``, ``v~ = Gbar^(-1/2) v``.
"""

from __future__ import annotations

from ntkproofs.bounds.finite.numbers import Real
from ntkproofs.bounds.finite.output_layer import Setting

__all__ = ["largest_second_moment", "log_small_eigenvalue", "log_trace", "remainder"]


def remainder(setting: Setting, t: int, steps: int, step: Real, rise: Real, drop: Real) -> Real:
    """Return the bound of ``|f_T - f|`` for a bit with t writers after `steps` steps of size `step`."""
    numbers = setting.numbers
    least = (1 - drop) * setting.lam
    trace = (1 + rise) * setting.K / 2
    return numbers.sqrt(numbers.of(t) * trace / least) * numbers.exp(numbers.log(1 - least * step) * steps)


def log_trace(setting: Setting, width: int, rise: Real, l: Real) -> Real:
    """Return the logarithm of the bound that the trace of G exceeds ``K (1 + rise)/2``."""
    numbers, K = setting.numbers, setting.K
    moment = (1 + 1 / numbers.sqrt(1 - l * 2)) / 2
    return (numbers.log(moment) - l * (1 + rise) / 2) * (width * K)


def log_small_eigenvalue(setting: Setting, width: int, drop: Real, l: Real) -> Real:
    """Return the logarithm of the bound that G is not at least ``(1 - drop) Gbar``."""
    numbers = setting.numbers
    bound = numbers.log(1 - l + l * l * largest_second_moment(setting) / 2)
    return (l * (1 - drop) + bound) * width + numbers.log(numbers.of(setting.K))


def largest_second_moment(setting: Setting) -> Real:
    """Return Lam, the largest eigenvalue of ``E |v~|^2 v~ v~'``, a matrix with two values.

    ``|v~|^2 = (|v|^2 - (sum v)^2/(D + K))/lam``; the eigenvalues belong to the all-ones vector and its complement.
    """
    numbers, K, lam = setting.numbers, setting.K, setting.lam
    m1, m2, m3, m4 = setting.moments.single[1:]
    # E v_i^2 |v|^2 and E v_i v_k |v|^2; the same with (sum v)^2
    own = m4 + m2 * m2 * (K - 1)
    pair = m3 * m1 * 2 + m2 * m1 * m1 * (K - 2)
    own_sum = m4 + m3 * m1 * (2 * (K - 1)) + m2 * (m2 * (K - 1) + m1 * m1 * ((K - 1) * (K - 2)))
    pair_sum = m3 * m1 * 2 + m2 * m2 * 2 + m2 * m1 * m1 * (4 * (K - 2))
    pair_sum = pair_sum + m1 * m1 * (m2 * (K - 2) + m1 * m1 * ((K - 2) * (K - 3)))
    divisor = setting.D + K
    diagonal, other = (own - own_sum / divisor) / lam, (pair - pair_sum / divisor) / lam
    across = (diagonal - other) / lam
    along = (diagonal + other * (K - 1)) / (lam + setting.rest * K)
    return numbers.largest(across, along)
