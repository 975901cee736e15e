"""Search for the number or the width of networks with a Gaussian start that suffice; floats search, balls confirm."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from ntkproofs.bounds.finite import descent
from ntkproofs.bounds.finite.gaussian_start import (
    FirstOrder,
    GaussianEnsemble,
    GaussianLoad,
    GramDeviation,
    Length,
    MeanVector,
    Shift,
    Split,
)
from ntkproofs.bounds.finite.tuning import averaged, float_setting, least_event, minimum, short, tilted
from ntkproofs.bounds.tails import mills_convergent
from ntkproofs.errors import InputError, NoMargin, NtkProofsError, Undecided

__all__ = ["Insufficient", "Required", "find_gaussian_ensemble", "least_at_infinite_width"]

SHARE = 0.01  # of the failure probability, for each kind of event that is no class
SLACK = 1e-3  # of the threshold and of the variance, for what T steps of training leave
SHARES = np.concatenate([np.linspace(0.3, 0.9, 31), 1 - np.geomspace(0.09, 0.002, 22)])  # of a margin, for d
TILTS = np.geomspace(1e-5, 0.95, 96)  # 2 l M
MOST, WIDEST = 1 << 24, 1 << 30  # networks, and neurons of one, that are searched for
ROUNDS = 16

Floats = NDArray[np.float64]
Pairs = list[tuple[int, float]]


class Insufficient(Undecided):
    """These networks are not sufficient by the bounds; `bound`: the bound of their failure probability."""

    def __init__(self, networks: int, width: int, bound: float, failure: Fraction) -> None:
        many = "one network" if networks == 1 else f"{networks} networks"
        above = f"by {bound:.2g}" if bound < 1 else "by no number below 1"
        super().__init__(
            f"not certified: {many} of width {width} with a Gaussian start: the failure probability is bounded "
            f"{above}, {failure} is permitted"
        )
        self.networks, self.width, self.bound = networks, width, bound


@dataclass(frozen=True)
class Required:
    """Requirements on an average of networks.

    None means that the search chooses: the smallest number or the smallest width (not both), the best threshold, the
    smallest number of steps, the largest step size.
    """

    failure: Fraction
    networks: int | None = None
    width: int | None = None
    threshold: Fraction | None = None
    steps: int | None = None
    step: Fraction | None = None

    def __post_init__(self) -> None:
        if not 0 < self.failure < 1:
            raise InputError(f"a failure probability lies between 0 and 1, got {self.failure}")
        if self.networks is None and self.width is None:
            raise InputError("networks with a Gaussian start need a number of networks or a width")


def find_gaussian_ensemble(load: GaussianLoad, required: Required) -> GaussianEnsemble:
    """Return networks that satisfy the requirements, with all parameters of their bound, confirmed by balls.

    A number, a width or a number of steps that is not required is the smallest one for which the bounds with these
    parameters suffice. Raises NoMargin if no threshold separates the limits, Insufficient if the required number and
    width do not suffice by these bounds, Undecided if no number or no width does.
    """
    search = _Search(load, required)
    networks, width = search.size()
    for index in range(6):
        more = 0 if index == 0 else 1 << (2 * index - 2)
        chosen = networks + (more * max(1, networks // 1000) if required.networks is None else 0)
        wide = width + (more * max(1, width // 1000) if required.width is None else 0)
        candidate = search.complete(chosen, wide)
        result = None if candidate is None else _Fitted(candidate, required).result()
        if result is not None:
            return result
        if required.networks is not None and required.width is not None:
            break
    raise Undecided(f"balls do not confirm {networks} networks of width {width}")


def least_at_infinite_width(load: GaussianLoad, failure: Fraction, threshold: Fraction | None = None) -> int:
    """Return how many infinitely wide networks this union bound requires, in floats: a search, never a verdict."""
    return _Search(load, Required(failure, networks=1, threshold=threshold)).limit


@dataclass(frozen=True)
class _Events:
    """Parameters of the events that do not depend on the threshold, at one number of networks and width."""

    networks: int
    width: int
    rise: Fraction
    drop: Fraction
    tilts: tuple[Fraction, Fraction]
    deviations: dict[int, Length]
    shifts: dict[int, Length]
    squares: dict[int, tuple[Fraction, Fraction]]


@dataclass(frozen=True)
class _Vector:
    """What the event of one mean vector depends on: eigenvalues with multiplicities, and M."""

    dimension: int
    values: Pairs
    M: float

    @classmethod
    def of(cls, bound: MeanVector) -> _Vector:
        limits, weights = (np.array(matrix, dtype=np.float64) for matrix in bound.blocks)
        root = np.linalg.inv(np.linalg.cholesky(limits))
        block = [(1, float(value)) for value in np.linalg.eigvalsh(root @ weights @ root.T)]
        return cls(
            bound.setting.K, [*((count, float(value)) for count, value in bound.differences), *block], bound.size
        )

    def least(self, setting_bennett: Callable[[float, float], float], width: int, networks: int, log: float) -> Length:
        """Return the smallest value that the average length of the networks exceeds with log-probability `log`."""
        K, M = self.dimension, self.M
        hints = np.linspace(-0.6, 2.6, 33)
        tilts = [tilted(K, float(f"{K * math.exp(hint):.5g}")) for hint in hints]

        def at(log_x: float) -> tuple[float, ...]:
            l = math.exp(log_x) / (2 * M)
            scale = setting_bennett(l, M) * width * 2 / K
            average, q = averaged([(count, scale * value) for count, value in self.values], K)
            value, index = min(
                ((divergence + average - log / networks) / (p * l * width), i)
                for i, (p, divergence) in enumerate(tilts)
            )
            return value, l, K * math.exp(hints[index]), q

        value, l, z, q = minimum(at, math.log(1e-4), math.log(0.9), ROUNDS)
        return Length(short(value * (1 + 2e-5)), short(l), Fraction(f"{z:.5g}"), short(q))


class _Search:
    """Floats: the failure probability at a number of networks, a width and a threshold."""

    def __init__(self, load: GaussianLoad, required: Required) -> None:
        self.load, self.required, workload = load, required, load.workload
        self.K, self.failure = workload.samples, float(required.failure)
        self.setting = float_setting(self.K)
        self.kinds = list(workload.classes)
        self.terms = [FirstOrder(self.setting, kind) for kind in self.kinds]
        self.states = {n: Shift(self.setting, n) for n in load.states}
        self.deviations = {t: _Vector.of(GramDeviation(self.setting, t)) for t in workload.columns}
        self.shifts = {n: _Vector.of(shift) for n, shift in self.states.items()}
        self.means, self.signs = (np.array([getattr(term, name) for term in self.terms]) for name in ("mean", "sign"))
        self.pairs = np.log([float(workload.classes[kind]) for kind in self.kinds])
        low = max([0.0, *self.means[self.signs > 0]])
        high = min([1.0, *self.means[self.signs < 0]])
        if low >= high:
            raise NoMargin("no threshold lies between the limits of the outputs that should be 0 and 1")
        threshold = required.threshold
        if threshold is not None and not low < threshold < high:
            raise NtkProofsError(f"the threshold {threshold} is not between {low:.6g} and {high:.6g}")
        self.range = low, high

    @cached_property
    def rates(self) -> tuple[Floats, Floats]:
        """Tilts l, and log E exp(l X) of the first-order terms, by class and tilt."""
        M = np.array([term.reach * math.sqrt(term.square) for term in self.terms])
        l = TILTS / (2 * M[:, None])
        rows = [[term.log_rate(value) for value in row] for term, row in zip(self.terms, l.tolist(), strict=True)]
        return l, np.array(rows).reshape(l.shape)

    # --- events

    @lru_cache(maxsize=256)  # noqa: B019 - a search lives for one call
    def events(self, networks: int, width: int) -> _Events | None:
        """Return the parameters of the events, or None if the width is too small for gradient descent."""
        setting, load = self.setting, self.load
        each = math.log(self.failure * SHARE / networks)
        trace = least_event(lambda value, l: descent.log_trace(setting, width, value, l), each, 9.0, 0.499)
        least = least_event(lambda value, l: descent.log_small_eigenvalue(setting, width, value, l), each, 0.999, 2.0)
        if trace is None or least is None:
            return None
        columns = each - math.log(max(1, sum(load.workload.columns.values())))
        deviations = {t: vector.least(setting.bennett, width, 1, columns) for t, vector in self.deviations.items()}
        chance = {n: math.log(self.failure * SHARE / len(load.states) / many) for n, many in load.states.items()}
        shifts = {n: self.shifts[n].least(setting.bennett, width, networks, chance[n]) for n in load.states}
        squares = {n: self._square(n, networks * width, chance[n]) for n in load.states}
        return _Events(networks, width, trace[0], least[0], (trace[1], least[1]), deviations, shifts, squares)

    def _square(self, n: int, neurons: int, log: float) -> tuple[Fraction, Fraction]:
        """Return the smallest V with this log-probability, and its tilt."""
        state = self.states[n]

        def value(log_x: float) -> tuple[float, float]:
            l = math.exp(log_x) / (2 * state.square)
            return ((float(state.log_square(neurons, 0.0, l)) - log) / (l * neurons), l)

        result, l = minimum(value, -16.0, -0.02, 40)
        return short(result * (1 + 2e-5)), short(l)

    # --- totals

    def total(self, events: _Events, threshold: float) -> float:
        """Return the logarithm of the failure probability at a threshold, with the best split of each margin."""
        margins = self.signs * (threshold - self.means) - self._slack(events, threshold)
        if (margins <= 0).any():
            return math.inf
        logs = self._splits(events, margins, threshold)[0].min(axis=1, initial=math.inf) + self.pairs
        rest = math.log(self.failure * 5 * SHARE)
        fixed = [rest, *self._fixed(events, threshold)]
        return float(np.logaddexp.reduce([*logs.tolist(), *fixed]))

    def _slack(self, events: _Events, threshold: float) -> Floats:
        """Return what the margins lose: the second-order term, and the remainder of gradient descent."""
        drop = float(events.drop)
        result = [
            float(events.deviations[kind.t].value) * float(events.shifts[kind.n].value) / (1 - drop)
            + self._remainder(events, kind.t, threshold)
            for kind in self.kinds
        ]
        return np.array(result)

    def _remainder(self, events: _Events, t: int, threshold: float) -> float:
        if self.required.steps is None:
            return SLACK * threshold
        return float(self._empty(events, threshold).remainder(self.setting, t))

    def _leftover(self, events: _Events, threshold: float) -> float:
        if self.required.steps is None:
            return SLACK * min([threshold**2, *(float(value) for value, _ in events.squares.values())])
        return float(self._empty(events, threshold).leftover(self.setting))

    def _splits(self, events: _Events, margins: Floats, threshold: float) -> tuple[Floats, Floats]:
        """Return the logarithms of both terms of each class, by class and share, and the indices of the best tilts."""
        l, rates = self.rates
        x = margins[:, None] * (1 - SHARES)
        first = rates[:, None, :] - l[:, None, :] * x[:, :, None]
        best = first.argmin(axis=2) if first.size else np.zeros(x.shape, dtype=np.int64)
        logs = np.take_along_axis(first, best[:, :, None], axis=2)[:, :, 0] * (events.networks * events.width)
        leftover = self._leftover(events, threshold)
        variances = np.array([float(events.squares[kind.n][0]) for kind in self.kinds]) + leftover
        second = _log_tails(np.sqrt(events.networks / variances)[:, None] * margins[:, None] * SHARES)
        return np.logaddexp(logs, second), best

    def _fixed(self, events: _Events, threshold: float) -> list[float]:
        """Return the logarithms of the terms of bits that no template writes, and of samples."""
        N, leftover, load = events.networks, self._leftover(events, threshold), self.load
        nearest = min(threshold, 1 - threshold)
        cases = [(nearest, float(events.squares[n][0]) + leftover, pairs) for n, pairs in load.unwritten.items()]
        for t, pairs in load.samples.items():
            cases.append((nearest - self._remainder(events, t, threshold), leftover, pairs))
        if any(margin <= 0 for margin, _, _ in cases):
            return [math.inf]
        return [
            float(_log_tails(np.array(margin * math.sqrt(N / variance)))) + math.log(pairs)
            for margin, variance, pairs in cases
        ]

    def best(self, networks: int, width: int) -> tuple[float, float]:
        """Return the logarithm of the failure probability at the best threshold, and that threshold."""
        events = self.events(networks, width)
        if events is None:
            return math.inf, self.range[0]
        return self._at_best(lambda tau: self.total(events, tau))

    def _at_best(self, total: Callable[[float], float]) -> tuple[float, float]:
        if self.required.threshold is not None:
            return total(float(self.required.threshold)), float(self.required.threshold)
        low, high = self.range
        grid = low + (high - low) * np.linspace(0.04, 0.96, 24)
        values = [total(tau) for tau in grid]
        index = int(np.argmin(values))
        if values[index] == math.inf:
            return math.inf, float(grid[index])
        ends = grid[max(0, index - 1)], grid[min(23, index + 1)]
        result = minimum(lambda tau: (total(tau), tau), float(ends[0]), float(ends[1]), 10)
        return min((values[index], float(grid[index])), (result[0], result[1]))

    # --- sizes

    @cached_property
    def limit(self) -> int:
        """The number of infinitely wide networks that suffice."""
        variances = np.array([term.mean_square for term in self.terms])

        def total(networks: int, threshold: float) -> float:
            margins = self.signs * (threshold - self.means)
            if (margins <= 0).any():
                return math.inf
            logs = [*(_log_tails(np.sqrt(networks / variances) * margins) + self.pairs).tolist()]
            for n, pairs in self.load.unwritten.items():
                x = threshold * math.sqrt(networks / self.states[n].mean_square)
                logs.append(float(_log_tails(np.array(x))) + math.log(pairs))
            return float(np.logaddexp.reduce([*logs, -math.inf]))

        allowed = math.log(self.failure)
        return _least(lambda N: self._at_best(lambda tau: total(N, tau))[0] <= allowed, 1, MOST) or MOST

    def size(self) -> tuple[int, int]:
        """Return numbers that suffice: the smallest number of networks, or width, that is not required."""
        required, allowed = self.required, math.log(self.failure)
        if required.networks is not None and required.width is not None:
            networks, width = required.networks, required.width
            log, _ = self.best(networks, width)
            if log > allowed:
                raise Insufficient(networks, width, math.exp(min(log, 1.0)), required.failure)
            return networks, width
        if required.width is not None:
            width = required.width
            found = _least(lambda N: self.best(N, width)[0] <= allowed, self.limit, MOST)
            if found is None:
                raise Undecided(f"the width {width} is too small: no number of networks suffices by these bounds")
            return found, width
        networks = required.networks or 1
        if networks < self.limit:
            raise Undecided(
                f"no width is sufficient for {networks} networks: by this union bound even infinitely wide networks "
                f"with a Gaussian start must be {self.limit} or more"
            )
        found = _least(lambda w: self.best(networks, w)[0] <= allowed, 2 * self.K, WIDEST)
        if found is None:
            raise Undecided(f"no width up to {WIDEST} is sufficient for {networks} networks")
        return networks, found

    # --- all parameters

    def _empty(self, events: _Events, threshold: float) -> GaussianEnsemble:
        """Return the networks without splits; the number of steps is the required one, or 1."""
        required = self.required
        largest = 2 / (self.K * (1 + events.rise))
        tau = short(threshold) if required.threshold is None else required.threshold
        step = largest if required.step is None else required.step
        if step > largest:
            raise NtkProofsError(f"the step {step} is too large for the width {events.width}: at most {largest}")
        return GaussianEnsemble(
            self.load, events.networks, events.width, tau, required.failure, required.steps or 1, step, events.rise,
            events.drop, events.tilts, events.deviations, events.shifts, events.squares, {},
        )  # fmt: skip

    def complete(self, networks: int, width: int) -> GaussianEnsemble | None:
        """Return the networks with all parameters, or None where some margin is not positive."""
        events, (log, threshold) = self.events(networks, width), self.best(networks, width)
        if events is None or log == math.inf:
            return None
        result = self._empty(events, threshold)
        threshold = float(result.threshold)
        if self.required.steps is None:
            result = replace(result, steps=self._steps(events, result))
        margins = self.signs * (threshold - self.means) - self._slack(events, threshold)
        logs, tilts = self._splits(events, margins, threshold)
        splits = {}
        for i, kind in enumerate(self.kinds):
            share = int(logs[i].argmin())
            d = short(float(margins[i] * SHARES[share]))
            splits[kind] = Split(d, self._tilt(i, float(margins[i]) - float(d), int(tilts[i, share])))
        return replace(result, splits=splits)

    def _tilt(self, index: int, x: float, near: int) -> Fraction:
        """Return the best tilt of a first-order term at x, near one of the grid."""
        term, grid = self.terms[index], self.rates[0][index]
        ends = grid[max(0, near - 1)], grid[min(len(grid) - 1, near + 1)]
        return short(float(minimum(lambda l: (term.log_rate(l) - l * x, l), float(ends[0]), float(ends[1]), 12)[1]))

    def _steps(self, events: _Events, result: GaussianEnsemble) -> int:
        """Return the smallest number of steps after which remainder and leftover are as small as assumed."""
        threshold, setting = float(result.threshold), self.setting
        least = (1 - float(result.drop)) * setting.lam
        rate = -math.log1p(-float(result.step) * least)
        start = replace(result, steps=0)
        remainders = [float(start.remainder(setting, t)) for t in (*self.load.workload.columns, 0)]
        needed = [max(remainders) / (SLACK * threshold)]
        needed.append(math.sqrt(float(start.leftover(setting)) / self._leftover(events, threshold)))
        return max(1, math.ceil(math.log(max(needed)) / rate))


def _log_tails(x: Floats) -> Floats:
    """Return logarithms of the bound of the Gaussian tail at x > 0."""
    result = np.log(mills_convergent(x)) - x * x / 2 - math.log(2 * math.pi) / 2  # type: ignore[type-var]
    return np.asarray(result, dtype=np.float64)


def _least(suffices: Callable[[int], bool], first: int, most: int) -> int | None:
    """Return the smallest sufficient number from `first` on, by doubling and bisection; None if none is found."""
    low, high = first - 1, max(1, first)
    while not suffices(high):
        low, high = high, 2 * high
        if high > most:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if suffices(middle) else (middle, high)
    return high


class _Fitted:
    """Minimise the number or width, then the number of steps, with the other parameters fixed; balls confirm."""

    def __init__(self, ensemble: GaussianEnsemble, required: Required) -> None:
        self.ensemble, self.required = ensemble, required
        self.failure = float(required.failure)
        self.setting = float_setting(ensemble.load.workload.samples)

    def suffices(self, ensemble: GaussianEnsemble) -> bool:
        """Tell whether the bound in floats is at most the permitted probability."""
        try:
            each = sum(ensemble.each(self.setting)) * ensemble.networks
            return bool(each + sum(ensemble.together(self.setting)) <= self.failure)
        except (NtkProofsError, ValueError):
            return False

    def result(self) -> GaussianEnsemble | None:
        """Return the smallest one that balls confirm, or None."""
        found = self.ensemble
        if not self.suffices(found):
            return None
        if self.required.networks is None:
            found = self._least(found, "networks")
        if self.required.width is None:
            found = self._least(found, "width")
        fewer = found if self.required.steps is not None else self._least(found, "steps")
        for candidate in (fewer, found, self.ensemble):
            try:
                if candidate.bound().upper <= self.required.failure:
                    return candidate
            except NtkProofsError:
                continue
        return None

    def _least(self, ensemble: GaussianEnsemble, key: str) -> GaussianEnsemble:
        def changed(number: int) -> GaussianEnsemble:
            return replace(ensemble, **{key: number})  # type: ignore[arg-type]

        low, high = 0, int(getattr(ensemble, key))
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.suffices(changed(middle)) else (middle, high)
        return changed(high)
