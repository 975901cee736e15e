"""Searching, with floats, for the free parameters of the bounds: nothing here decides."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

import numpy as np

from ntkproofs.bounds.finite.deviation import Deviation
from ntkproofs.bounds.finite.numbers import FLOATS
from ntkproofs.bounds.finite.output_layer import BitClass, ClassBound, Parameters, Setting

__all__ = [
    "adapted",
    "averaged",
    "class_bound",
    "float_deviation",
    "float_setting",
    "least_deviation",
    "minimum",
    "short",
    "tilt",
    "tune",
]

GOLDEN = (math.sqrt(5) - 1) / 2
BLOCKS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024)


@lru_cache(maxsize=64)
def float_setting(samples: int) -> Setting:
    """Return the constants of K samples as floats."""
    return Setting(FLOATS, samples)


def minimum(function: Callable[[float], tuple[float, ...]], low: float, high: float, rounds: int) -> tuple[float, ...]:
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


@lru_cache(maxsize=1 << 14)
def tilt(dimension: int, excess: float) -> tuple[float, float, float]:
    """Return z with ``p(z) = 1/(1 + excess)``, p(z) and the divergence."""
    setting, low, high = float_setting(dimension + 1), 1e-3, 1e4 * (dimension + 1)
    for _ in range(36):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if setting.tilted(middle)[0] < 1 / (1 + excess) else (low, middle)
    p, divergence = setting.tilted(high)
    return high, p, divergence


def _cover(bound: ClassBound, r: float) -> list[tuple[int, float]]:
    """Return blocks of numbers of positive coordinates with good values of mu."""
    others = bound.sizes[1]
    ends = [end for end in BLOCKS if end < others] + [others]
    cover, least = [], 0
    for end in ends:

        def at(mu: float, least: int = least, end: int = end) -> tuple[float, ...]:
            return bound._down(r, least, end, mu), mu

        best = minimum(at, 0.0, 1.0, 10)
        cover.append((end, min(1.0, max(0.0, best[1]))))
        least = end + 1
    return cover


def _averaged(bound: ClassBound, g: float, r: float) -> tuple[float, float]:
    """Return the least value over q of the averaged exponential, and that q."""
    N, forms = bound.setting.N, bound.forms
    scale = g * r * r * 2 / N
    pairs = [(count, scale * ratio) for count, ratio in forms.differences]
    if forms.limit:
        _, weight, pull = _whitened(bound)
        side = 2 * g * r * pull
        own = np.linalg.eigvalsh(scale * weight + np.outer(side, side) / N)
        pairs += [(1, value) for value in own.tolist()]
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


def _whitened(bound: ClassBound) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the forms of W and W alpha relative to that of Gbar, computed once for a bound."""
    known = bound.__dict__.get("whitened")
    if known is None:
        root = np.linalg.inv(np.linalg.cholesky(np.array(bound.forms.limit)))
        known = (root, root @ np.array(bound.forms.weight) @ root.T, root @ np.array(bound.forms.pull))
        bound.__dict__["whitened"] = known
    return known


def tune(
    bound: ClassBound, width: int, e: float, *, near: float | None = None, rounds: int = 8
) -> tuple[float, Parameters, float]:
    """Return the least logarithm of the probability that was found for a class, its parameters, and a hint.

    The hint is the logarithm of ``1/p(z) - 1``; passed as `near` it starts the search at another width or threshold.
    """
    samples = bound.setting.K
    best: list[tuple[float, Parameters, float]] = []
    covers: dict[int, list[tuple[int, float]]] = {}

    def at(hint: float) -> tuple[float, ...]:
        z, p, divergence = tilt(samples - 1, round(math.exp(hint), 3))
        r = e / p
        cover = covers.setdefault(round(2 * hint), _cover(bound, r) if round(2 * hint) not in covers else [])
        M = max(bound._up(r), *(bound._down(r, least, most, mu) for least, most, mu in _blocks(cover)))

        def value(x: float) -> tuple[float, ...]:
            l = x / (2 * M)
            C = bound.moment_factor(l, r, M)
            t0 = C * bound.spread - l * bound.margin
            if t0 <= -0.95:
                return (math.inf, l, 0.0)
            averaged, q = _averaged(bound, width * C / (1 + t0), r)
            return (width * math.log1p(t0) + divergence + averaged, l, q)

        result, l, q = minimum(value, 0.01, 0.95, 9)
        blocks = [(most, Fraction(round(mu * 64), 64)) for most, mu in cover]
        best.append((result, Parameters(short(l), short(z), short(q), tuple(blocks)), hint))
        return (result,)

    low, high = (-2.3, 2.5) if near is None else (near - 0.4, near + 0.4)
    minimum(at, low, high, rounds)
    return min(best, key=lambda item: item[0])


def adapted(parameters: Parameters, bound: ClassBound) -> Parameters:
    """Return the parameters of a neighbouring class with blocks that fit this one."""
    others, cover = bound.sizes[1], []
    for end in [end for end in BLOCKS if end < others] + [others]:
        mu = next((mu for most, mu in parameters.cover if most >= end), parameters.cover[-1][1])
        cover.append((end, mu))
    return Parameters(parameters.l, parameters.z, parameters.q, tuple(cover))


def _blocks(cover: list[tuple[int, float]]) -> list[tuple[int, int, float]]:
    starts = [0, *(most + 1 for most, _ in cover[:-1])]
    return [(least, most, mu) for least, (most, mu) in zip(starts, cover, strict=True)]


def short(value: float) -> Fraction:
    """Return a float as a short fraction, rounded to six digits."""
    return Fraction(f"{value:.6g}")


def _second_moment(deviation: Deviation, g: float, cells: int = 48) -> float:
    """Return E2 on a grid."""
    shares = (0.0,) if deviation.t == 1 else tuple(i / 12 for i in range(13))
    values = (deviation.second_moment(g, 2 * i / cells - 1, share) for i in range(cells + 1) for share in shares)
    return float(max(values))


def least_deviation(deviation: Deviation, width: int, log_chance: float) -> tuple[float, Fraction, Fraction] | None:
    """Return the least e with ``log P(|delta| >= e) <= log_chance`` that the search finds, with z and l, or None."""
    setting, N = deviation.setting, deviation.setting.N

    def at(e: float) -> tuple[float, float, float]:
        def over(log_ratio: float) -> tuple[float, ...]:
            z = N * math.exp(log_ratio)
            p, divergence = setting.tilted(z)
            b = p / z
            g = p * e / (1 - N * b)
            M = max((math.hypot(g * (1 - b), math.sqrt(deviation.A0)) - g * (1 - b)) / 2, g * b) / setting.lam
            constant = deviation.constant(g, b)
            V = (math.sqrt(_second_moment(deviation, g, 16)) + g * b * math.sqrt(deviation.T2)) ** 2

            def value(x: float) -> tuple[float, ...]:
                l = x / (2 * M)
                t0 = setting.bennett(l, M, constant) * V - l * p * e
                return (width * math.log1p(t0), l) if t0 > -1 else (math.inf, l)

            result, l = minimum(value, 0.01, 0.95, 12)
            return (divergence + result, z, l)

        return minimum(over, -0.5, 2.5, 8)  # type: ignore[return-value]

    low, high = 0.0, 4.0
    if at(high)[0] > log_chance:
        return None
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (low, middle) if at(middle)[0] <= log_chance else (middle, high)
    _, z, l = at(high)
    return high, short(z), short(l)


@lru_cache(maxsize=64)
def float_deviation(samples: int, writers: int) -> Deviation:
    """Return the deviation event of a column in floats."""
    return Deviation(float_setting(samples), writers)


def class_bound(samples: int, kind: BitClass, threshold: Fraction, slack: float) -> ClassBound:
    """Return the bound of a class in floats."""
    return ClassBound(float_setting(samples), kind, threshold, slack)
