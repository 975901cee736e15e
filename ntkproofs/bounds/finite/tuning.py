"""Searching, with floats, for the free parameters of the bounds: nothing here decides."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from ntkproofs.bounds.finite.deviation import Deviation
from ntkproofs.bounds.finite.numbers import FLOATS
from ntkproofs.bounds.finite.output_layer import ClassBound, Parameters, Setting

__all__ = [
    "Event",
    "averaged",
    "float_setting",
    "least_deviation",
    "least_event",
    "minimum",
    "short",
    "tilted",
    "tune",
]

GOLDEN = (math.sqrt(5) - 1) / 2
BLOCKS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024)
CELLS = 24  # of a grid on [-1, 1]

Cover = tuple[tuple[int, Fraction], ...]
Event = tuple[float, float, float]  # e, log(z/N), l


@lru_cache(maxsize=64)
def float_setting(samples: int) -> Setting:
    """Return the constants of K samples as floats."""
    return Setting(FLOATS, samples)


def minimum(function: Callable[[float], tuple[Any, ...]], low: float, high: float, rounds: int) -> tuple[Any, ...]:
    """Return the smallest value (a tuple, compared by its first entry) of a unimodal function: golden section."""
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = function(left), function(right)
    for _ in range(rounds):
        if at_left[0] < at_right[0]:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = function(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = function(right)
    return min(at_left, at_right, key=lambda value: value[0])


def short(value: float) -> Fraction:
    """Return a float as a short fraction, rounded to six digits."""
    return Fraction(f"{value:.6g}")


@lru_cache(maxsize=1 << 14)
def tilted(dimension: int, z: float) -> tuple[float, float]:
    """Return the mean and the divergence of the tilted uniform distribution, see ``Setting.tilted``."""
    k = np.arange(1, int(z) + 60)
    logs = np.cumsum(2 * math.log(z) - np.log(2 * k * (dimension + 2.0 * k - 2)))
    top = max(0.0, float(logs.max()))
    terms = np.exp(logs - top)
    value = math.exp(-top) + float(terms.sum())
    p = float((2 * k * terms).sum()) / z / value
    return p, z * p - math.log(value) - top


def _cover(bound: ClassBound, r: float) -> list[tuple[int, Fraction]]:
    """Return blocks of numbers of positive coordinates with good values of mu."""
    others = bound.sizes[1]
    cover, least = [], 0
    for end in [end for end in BLOCKS if end < others] + [others]:
        best = minimum(_mu(bound, r, least, end), 0.0, 1.0, 7)
        cover.append((end, Fraction(round(min(1.0, max(0.0, best[1])) * 64), 64)))
        least = end + 1
    return cover


def _mu(bound: ClassBound, r: float, least: int, end: int) -> Callable[[float], tuple[Any, ...]]:
    return lambda mu: (bound.below(r, least, end, mu), mu)


class _Averaged:
    """The bound of the averaged exponential of one class, see ``ClassBound.averaged``, with the best q."""

    def __init__(self, bound: ClassBound) -> None:
        self.N, self.differences = bound.setting.N, bound.forms.differences
        self.root = np.linalg.inv(np.linalg.cholesky(np.array(bound.forms.limit))) if bound.forms.limit else None
        if self.root is not None:
            self.weight = self.root @ np.array(bound.forms.weight) @ self.root.T
            self.pull = self.root @ np.array(bound.forms.pull)

    def least(self, g: float, r: float) -> tuple[float, float]:
        """Return the least value over q, and that q."""
        N, scale = self.N, g * r * r * 2 / self.N
        pairs = [(count, scale * ratio) for count, ratio in self.differences]
        if self.root is not None:
            side = 2 * g * r * self.pull
            pairs += [
                (1, value) for value in np.linalg.eigvalsh(scale * self.weight + np.outer(side, side) / N).tolist()
            ]
        return averaged(pairs, N)


def averaged(pairs: list[tuple[int, float]], N: int) -> tuple[float, float]:
    """Return the least ``q - log det((1 + 2 q/N) I - B)/2`` over q, and that q; B by (multiplicity, eigenvalue)."""
    low = max(value for _, value in pairs)
    high = low + 1.0
    for _ in range(24):
        middle = (low + high) / 2
        slope = 0.0
        for count, value in pairs:
            slope += count / (middle - value)
        low, high = (middle, high) if slope > N else (low, middle)
    logs = 0.0
    for count, value in pairs:
        logs += count * math.log(high - value)
    q = (high - 1) * N / 2
    return q - logs / 2, q


def tune(
    bound: ClassBound,
    width: int,
    e: float,
    *,
    near: float | None = None,
    rounds: int = 6,
    cover: Cover | None = None,
) -> tuple[float, Parameters, float]:
    """Return the smallest logarithm of the probability of a class that the search gets, its parameters, and a hint.

    The hint is ``log(z/N)``; passed as `near` it starts the search at another width or threshold. `cover` is that of
    another width, if given, else a good one is looked for.
    """
    setting, averaged = bound.setting, _Averaged(bound)
    start = setting.N * math.exp(0.4 if near is None else near)
    if cover is None:
        cover = tuple(_cover(bound, e / tilted(setting.N, float(f"{start:.5g}"))[0]))
    blocks = cover
    last: list[float] = []  # log(2 l M) of the last trial

    def at(hint: float) -> tuple[Any, ...]:
        z = float(f"{setting.N * math.exp(hint):.5g}")
        p, divergence = tilted(setting.N, z)
        r = e / p
        M = bound.supremum(r, blocks)

        def value(log_x: float) -> tuple[float, ...]:
            l = math.exp(log_x) / (2 * M)
            C = bound.moment_factor(l, r, M)
            t0 = C * bound.spread - l * bound.margin
            if t0 <= -0.95:
                return (math.inf, l, 0.0, log_x)
            average, q = averaged.least(width * C / (1 + t0), r)
            return (width * math.log1p(t0) + divergence + average, l, q, log_x)

        if not last:
            last.append(minimum(value, -5.0, -0.05, 7)[3])
        result, l, q, last[0] = minimum(value, last[0] - 0.3, min(-0.05, last[0] + 0.3), 5)
        return result, Parameters(short(l), short(z), short(q), blocks), hint

    low, high = (-1.2, 2.8) if near is None else (near - 0.3, near + 0.3)
    result, parameters, hint = minimum(at, low, high, rounds)
    return float(result), parameters, float(hint)


GRID = tuple(2 * i / CELLS - 1 for i in range(CELLS + 1))


def _deviated(deviation: Deviation, width: int, e: float, near: float | None) -> tuple[Any, ...]:
    """Return the least logarithm of the probability of a deviation e, with ``log(z/N)`` and l."""
    setting = deviation.setting
    N = setting.N

    def over(hint: float) -> tuple[Any, ...]:
        z = N * math.exp(hint)
        p, divergence = tilted(N, z)
        b = p / z
        g = p * e / (1 - N * b)
        M = max((math.hypot(g * (1 - b), math.sqrt(deviation.A0)) - g * (1 - b)) / 2, g * b) / setting.lam
        constant = deviation.constant(g, b)
        V = (math.sqrt(deviation.sampled(g, GRID)) + g * b * math.sqrt(deviation.T2)) ** 2

        def value(x: float) -> tuple[float, ...]:
            l = x / (2 * M)
            t0 = setting.bennett(l, M, constant) * V - l * p * e
            return (width * math.log1p(t0), l) if t0 > -1 else (math.inf, l)

        result, l = minimum(value, 0.01, 0.95, 12)
        return (divergence + result, hint, l)

    low, high = (-0.5, 2.5) if near is None else (near - 0.25, near + 0.25)
    return minimum(over, low, high, 7 if near is None else 4)


def least_deviation(deviation: Deviation, width: int, log_chance: float, *, near: Event | None = None) -> Event | None:
    """Return the least e with ``log P(|delta| >= e) <= log_chance`` that the search gets, with log(z/N) and l, or None.

    `near`, the event at another width, starts the search.
    """
    low, high = (0.0, 4.0) if near is None else (near[0] * 0.8, near[0] * 1.25)
    hint = None if near is None else near[1]
    best = _deviated(deviation, width, high, hint)
    if best[0] > log_chance:
        return None if near is None else least_deviation(deviation, width, log_chance)
    for _ in range(12 if near is None else 8):
        middle = (low + high) / 2
        trial = _deviated(deviation, width, middle, hint)
        if trial[0] <= log_chance:
            high, best = middle, trial
        else:
            low = middle
    return high, float(best[1]), float(best[2])


def least_event(
    log: Callable[[float, float], float], log_chance: float, most: float, top: float
) -> tuple[Fraction, Fraction] | None:
    """Return the least value for which some tilt below `top` makes an event unlikely enough, and the tilt, or None."""

    def at(value: float) -> tuple[Any, ...]:
        return minimum(lambda s: (log(value, math.exp(s)), math.exp(s)), math.log(1e-9), math.log(top), 30)

    low, high = 0.0, most
    if at(high)[0] > log_chance:
        return None
    for _ in range(24):
        middle = (low + high) / 2
        low, high = (low, middle) if at(middle)[0] <= log_chance else (middle, high)
    value = Fraction(f"{high * 1.001:.4g}")
    return value, short(at(float(value))[1])
