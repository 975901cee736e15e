"""Evidence for a claim about networks of finite width: the error that entries may have, and tilts for Chernoff bounds.

Searched with floats, for the checker bounds with whatever it is given.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from ntkproofs import checker
from ntkproofs.errors import NtkProofsError

__all__ = ["width_hints"]


def width_hints(predictor: checker.Predictor, threshold: Fraction, counts: Sequence[checker.Count]) -> dict[str, Any]:
    """Return the evidence: the largest error of kernel entries that no mean crosses the threshold by, and the tilts."""
    error = _largest_error(predictor, threshold, counts)
    kinds = [0, 1, *sorted({n for n, _, _ in counts if n > 1})]
    tilts = (_short(float(error) / _variance(n)) for n in kinds)
    return {"error": str(error), "tilts": [str(tilt) for tilt in tilts]}


def _largest_error(predictor: checker.Predictor, threshold: Fraction, counts: Iterable[checker.Count]) -> Fraction:
    """Return nearly the largest error e with ``c e / (g - K e) < gap`` for every count: ``gap g / (c + K gap)``."""
    K, least = predictor.samples, 1 - 1 / (2 * math.pi)
    largest = least / K
    for n, p, t in counts:
        if n > 1 and t:
            gain, u, _ = map(_middle, predictor.row(n))
            gap = abs(p * gain + t * u - float(threshold))
            moved = math.sqrt(t * K) * (1 + n * abs(u + gain) + (K - n) * abs(u))
            largest = min(largest, gap * least / (moved + K * gap))
    if not largest > 0:
        raise NtkProofsError("no error of the kernel entries is small enough: the margins are too thin")
    return _short(largest * (1 - 1e-6))


def _variance(n: int) -> float:
    """Return the variance of a copy ``[g, h > 0] (g h + a^2 rho)``: the best tilt is the error over it, to first order.

    With ``rho = cos theta``: the orthant holds ``q = (pi - theta)/(2 pi)``, ``E g h = (sin theta + (pi - theta) cos
    theta)/(2 pi)``, ``E g^2 h^2 = (3 sin theta cos theta + (pi - theta)(1 + 2 cos^2 theta))/(2 pi)`` there (the
    arc-cosine kernels of degree 0, 1, 2: Cho & Saul 2009), and ``E a^4 = 3``.
    """
    rho = 1 / math.sqrt(n) if n else 0.0
    theta = math.acos(rho)
    rest, sine = math.pi - theta, math.sin(theta)
    quadrant, first = rest / (2 * math.pi), (sine + rest * rho) / (2 * math.pi)
    second = (3 * sine * rho + rest * (1 + 2 * rho * rho)) / (2 * math.pi)
    mean = first + rho * quadrant
    return second + 2 * rho * first + 3 * rho * rho * quadrant - mean * mean


def _middle(interval: checker.Interval) -> float:
    return (interval.low + interval.high) / (2 * checker.ONE)


def _short(value: float) -> Fraction:
    """Return a rational below a positive float that agrees with it to some nine digits."""
    scale = 10 ** (9 - math.floor(math.log10(value)))
    return Fraction(math.floor(Fraction(value) * scale), scale) if scale >= 1 else Fraction(math.floor(value))
