"""Searching, with floats, for the free parameters of the bounds: nothing here decides."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from ntkproofs.bounds.finite.deviation import Deviation
from ntkproofs.bounds.finite.numbers import FLOATS
from ntkproofs.bounds.finite.output_layer import ClassBound, Parameters, Setting, tilted

__all__ = [
    "Event",
    "Hint",
    "Tuned",
    "averaged",
    "float_setting",
    "least_deviation",
    "least_event",
    "least_sufficient",
    "minimum",
    "minimum_near",
    "reused",
    "short",
    "tilted",
    "tune",
]

GOLDEN = (math.sqrt(5) - 1) / 2
BLOCKS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024)
CELLS = 24  # of a grid on [-1, 1]
THIN = 3  # blocks of a cover that make one block for a class that is negligible

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


def minimum_near(
    function: Callable[[float], tuple[Any, ...]],
    low: float,
    high: float,
    rounds: int,
    *,
    near: float | None,
    step: float,
) -> tuple[Any, ...]:
    """Return what :func:`minimum` does, by the vertex of a parabola if the minimum is found close to `near`."""
    if near is None:
        return minimum(function, low, high, rounds)
    middle = min(max(near, low + step), high - step)
    left, at, right = (function(middle + shift) for shift in (-step, 0.0, step))
    for _ in range(4):
        if left[0] < at[0] and middle - 2 * step >= low:
            middle, left, at, right = middle - step, function(middle - 2 * step), left, at
        elif right[0] < at[0] and middle + 2 * step <= high:
            middle, left, at, right = middle + step, at, right, function(middle + 2 * step)
        else:
            break
    bend = left[0] + right[0] - 2 * at[0]
    if not (at[0] <= min(left[0], right[0]) and 0 < bend < math.inf):
        return minimum(function, low, high, rounds)
    vertex = function(middle + step * (left[0] - right[0]) / bend / 2)
    return min(at, vertex, key=lambda value: value[0])


def least_sufficient(excess: Callable[[int], float], high: int) -> int:
    """Return the smallest positive integer whose excess is not positive, given that that of `high` is not.

    The excess decreases. It is nearly linear where it is finite, so the next trial is next to where the line through
    the ends of the bracket is 0, or the middle after two trials that did not halve the bracket.

    >>> least_sufficient(lambda number: 12.5 - number, 100)
    13
    """
    at_high, low = excess(high), high * 7 // 8
    while low > 0 and (at_low := excess(low)) <= 0:
        high, at_high, low = low, at_low, low * 7 // 8
    if low <= 0:
        at_low = math.inf
    slow = 0
    while high - low > 1:
        middle, size = (low + high) // 2, high - low
        if slow < 2 and at_low < math.inf and at_low > at_high:
            zero = low + size * at_low / (at_low - at_high)
            middle = min(high - 1, max(low + 1, math.floor(zero) if high - zero < zero - low else math.ceil(zero)))
        value = excess(middle)
        low, at_low, high, at_high = (low, at_low, middle, value) if value <= 0 else (middle, value, high, at_high)
        slow = slow + 1 if 2 * (high - low) > size else 0
    return high


def short(value: float) -> Fraction:
    """Return a float as a short fraction, rounded to six digits."""
    return Fraction(f"{value:.6g}")


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
    """Return the least ``q - log det((1 + 2 q/N) I - B)/2`` over q, and that q; B by (multiplicity, eigenvalue).

    With ``x = 1 + 2 q/N`` the derivative is 0 where the sum of ``count/(x - value)`` is N. The sum is convex and
    decreases above the largest eigenvalue, so Newton's method from the left increases to the solution.
    """
    top = max(value for _, value in pairs)
    x = max(value + count / N for count, value in pairs if value > top - 1)
    for _ in range(30):
        excess, slope = -float(N), 0.0
        for count, value in pairs:
            ratio = count / (x - value)
            excess, slope = excess + ratio, slope + ratio / (x - value)
        x += excess / slope
        if excess < 1e-9 * N:
            break
    logs = 0.0
    for count, value in pairs:
        logs += count * math.log(x - value)
    q = (x - 1) * N / 2
    return q - logs / 2, q


@dataclass(frozen=True)
class Hint:
    """Parameters of a class at another width or threshold, or of a similar class, from which a search starts."""

    log_z: float  # log(z/N)
    log_x: float  # log(2 l M)
    cover: Cover


class _Tuned:
    """The logarithm of the probability of a class at one width, as a function of z and l."""

    def __init__(self, bound: ClassBound, width: int, e: float, cover: Cover) -> None:
        self.bound, self.width, self.e, self.cover = bound, width, e, cover
        self.averaged = _Averaged(bound)

    def tilt(self, log_z: float) -> tuple[float, float, float, float]:
        """Return z, its divergence, r and M."""
        setting = self.bound.setting
        z = float(f"{setting.N * math.exp(log_z):.5g}")
        p, divergence = tilted(setting.N, z)
        r = self.e / p
        return z, divergence, r, self.bound.supremum(r, self.cover)

    def at(self, tilt: tuple[float, float, float, float], log_x: float) -> tuple[float, float, float, float]:
        """Return the logarithm of the probability, l, q and ``log(2 l M)``."""
        _, divergence, r, M = tilt
        l = math.exp(log_x) / (2 * M)
        C = self.bound.moment_factor(l, r, M)
        t0 = C * self.bound.spread - l * self.bound.margin
        if t0 <= -0.95:
            return (math.inf, l, 0.0, log_x)
        average, q = self.averaged.least(self.width * C / (1 + t0), r)
        return (self.width * math.log1p(t0) + divergence + average, l, q, log_x)

    def parameters(self, tilt: tuple[float, float, float, float], l: float, q: float) -> Parameters:
        return Parameters(short(l), short(tilt[0]), short(q), self.cover)


Tuned = tuple[float, Parameters, Hint]


def tune(
    bound: ClassBound, width: int, e: float, *, near: Hint | None = None, rounds: int = 6, new_cover: bool = False,
    step: float = 0.15,
) -> Tuned:  # fmt: skip
    """Return the smallest logarithm of the probability of a class that the search gets, its parameters, and a hint.

    `near`: the hint of a search at another width or threshold; its cover is used unless `new_cover`. `step`: how far
    from it the search begins.
    """
    log_z = 0.4 if near is None else near.log_z
    if near is None or new_cover:
        N = bound.setting.N
        cover = tuple(_cover(bound, e / tilted(N, float(f"{N * math.exp(log_z):.5g}"))[0]))
    else:
        cover = near.cover
    tuned = _Tuned(bound, width, e, cover)
    last = None if near is None else near.log_x  # of the last trial

    def over(hint: float) -> tuple[Any, ...]:
        nonlocal last
        tilt = tuned.tilt(hint)
        result, l, q, last = minimum_near(lambda log_x: tuned.at(tilt, log_x), -5.0, -0.05, 12, near=last, step=step)
        return result, tuned.parameters(tilt, l, q), Hint(hint, last, cover)

    result, parameters, hint = minimum_near(over, -3.0, 2.8, rounds, near=None if near is None else log_z, step=step)
    return float(result), parameters, hint


def reused(bound: ClassBound, width: int, e: float, near: Hint) -> Tuned:
    """Return what :func:`tune` does, without a search: with the parameters of a similar class, and larger blocks."""
    others, cover = bound.sizes[1], [block for block in near.cover if block[0] < bound.sizes[1]]
    cover = cover[THIN - 1 :: THIN]
    cover.append((others, next((mu for most, mu in near.cover if most >= others), near.cover[-1][1])))
    tuned = _Tuned(bound, width, e, tuple(cover))
    tilt = tuned.tilt(near.log_z)
    result, l, q, _ = tuned.at(tilt, near.log_x)
    return result, tuned.parameters(tilt, l, q), Hint(near.log_z, near.log_x, tuned.cover)


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
    if near is not None and _deviated(deviation, width, low, hint)[0] <= log_chance:
        return least_deviation(deviation, width, log_chance)
    excess: dict[float, float] = {high: best[0] - log_chance}
    for _ in range(24):
        middle = (low + high) / 2
        if low in excess and high in excess:  # the logarithm is nearly linear in the square
            part = excess[low] / (excess[low] - excess[high])
            zero = math.sqrt(low * low + part * (high * high - low * low))
            middle = min(high - (high - low) * 0.02, max(low + (high - low) * 0.02, zero))
        trial = _deviated(deviation, width, middle, hint)
        excess[middle] = trial[0] - log_chance
        if trial[0] <= log_chance:
            high, best = middle, trial
        else:
            low = middle
        if high - low < 1e-4 * high or excess[high] > -3e-3:
            break
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
