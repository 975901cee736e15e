"""Search in floats for a width and a threshold at which the bounds suffice. Nothing here is certified."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Protocol, TypeVar

import numpy as np

from ntkproofs.bounds.finite.deviation import Deviation
from ntkproofs.bounds.finite.output_layer import BitClass, ClassBound, Parameters
from ntkproofs.bounds.finite.tuning import Event, Hint, Tuned, least_deviation, reused, short, tune
from ntkproofs.bounds.finite.workload import Deviated, Requirements, TooNarrow, Workload
from ntkproofs.errors import NoMargin, NtkProofsError

__all__ = ["Report", "Search", "silent", "too_narrow"]


class HasWidth(Protocol):
    """A network."""

    @property
    def width(self) -> int:
        """The number of neurons."""


Network = TypeVar("Network", bound=HasWidth)
Report = Callable[[str], None]

MAX_WIDTH = 1 << 40  # the largest width of the search
MAX_LEADING = 10  # classes with target 0, and with target 1, that the search evaluates
NEGLIGIBLE = 1e-5  # share of the failure probability of a class for which no parameters are searched
ITERATIONS = 60
TRIALS = 24
ROOM = 0.008  # by which an allowance exceeds what it allows for, so that the width can be fitted
FEW = 40  # classes with which a network is computed again
ACCURACY = 0.01  # of the logarithm of the failure probability
RADIUS = 0.1  # of the first move of the threshold, relative
OTHERS = 1e-3  # part of the width for the classes that are not leading
LARGE = 100.0  # logarithm


@dataclass(frozen=True)
class _Rows:
    """The leading classes at one width and threshold: logarithms of the bounds, derivatives by threshold and width."""

    logs: np.ndarray
    by_threshold: np.ndarray
    by_width: np.ndarray

    def total(self) -> float:
        """Return the logarithm of the sum of the bounds."""
        return float(np.logaddexp.reduce(self.logs))

    def slope(self) -> float:
        """Return the derivative of the total by the width, with the parameters of the bounds as they are."""
        return float(np.exp(self.logs - self.total()) @ self.by_width)


class Search(ABC):
    """Search for the smallest width, and the best threshold, unless the requirements contain them.

    Only the `leading` classes, those with the largest contributions, are evaluated until the search is complete.
    `report` is called with a line about every width tried. `deviation`: the share of the failure probability for the
    deviation events; `events`: that for all other events.
    """

    def __init__(
        self, workload: Workload, requirements: Requirements, report: Report, deviation: float, events: float
    ) -> None:
        self.workload, self.requirements, self.report = workload, requirements, report
        self.deviation, self.classes_share = deviation, 1 - deviation - events
        self.failure = float(requirements.failure)
        self.leading: list[BitClass] = []
        self.hints: dict[BitClass, Hint] = {}
        self.neighbours: dict[tuple[int, bool], Hint] = {}  # of the class evaluated last, by t and target
        self.near: dict[int, Event] = {}
        self.room = ROOM

    @abstractmethod
    def independent_terms(self, width: int) -> int:
        """Return the number of independent and identically distributed terms of each mean at this width."""

    @abstractmethod
    def width_of(self, terms: float) -> int:
        """Return the width with so many independent terms, rounded up."""

    @abstractmethod
    def event(self, t: int) -> Deviation:
        """Return the bound of the deviation event of a column with t ones."""

    @abstractmethod
    def bound(self, kind: BitClass, width: int, threshold: float) -> ClassBound:
        """Return the bound of a class at a width and threshold; raises TooNarrow if there is none."""

    @abstractmethod
    def at_limit(self, kind: BitClass, threshold: float) -> ClassBound:
        """Return the bound of a class if training reached its limit and moved nothing else."""

    @lru_cache(maxsize=256)  # noqa: B019 - a search lives for one call
    def deviated(self, width: int) -> dict[int, Deviated]:
        """Return the deviation event for each t such that the probabilities sum to their share."""
        chance, result = math.log(self.failure * self.deviation / sum(self.workload.columns.values())), {}
        for t in self.workload.columns:
            event = least_deviation(self.event(t), self.independent_terms(width), chance, near=self.near.get(t))
            if event is None:
                raise TooNarrow(f"the width {width} is too small for columns with {t} ones")
            self.near[t], result[t] = event, Deviated.of(event, self.workload.samples - 1)
        return result

    def set_room(self, room: float) -> None:
        """Set by how much an allowance exceeds what it allows for, and forget the events computed with another one."""
        self.room = room

    # --- initial values

    def limit_range(self) -> tuple[float, float]:
        """Return the largest limit of an output with target 0 and the smallest limit of one with target 1.

        Raises NoMargin unless a threshold lies between them, NtkProofsError if the required one does not.
        """
        means = []
        for index, kind in enumerate(self.workload.classes):
            self.report(f"limit of class {index + 1} of {len(self.workload.classes)}")
            means.append((kind, float(self.at_limit(kind, 0.5).mean)))
        low = max([0.0, *(mean for kind, mean in means if not kind.p)])
        high = min([1.0, *(mean for kind, mean in means if kind.p)])
        if low >= high:
            raise NoMargin("no threshold lies between the limits of the outputs that should be 0 and 1")
        required = self.requirements.threshold
        if required is not None and not low < required < high:
            raise NtkProofsError(f"the threshold {required} is not between {low:.6g} and {high:.6g}")
        return low, high

    def initial_guess(self) -> tuple[int, float]:
        """Return initial values from Gaussian tails with the same second moments, and choose the leading classes."""
        (low, high), kinds = self.limit_range(), list(self.workload.classes)
        middle = low + 0.4 * (high - low)
        bounds = [self.at_limit(kind, middle) for kind in kinds]
        means, spread = np.array([bound.mean for bound in bounds]), np.array([2 * bound.spread for bound in bounds])
        logs = np.array([math.log(self.workload.classes[kind]) for kind in kinds]) - math.log(self.failure)
        grid = low + (high - low) * np.linspace(0.02, 0.98, 97)
        if self.requirements.threshold is not None:
            grid = np.array([float(self.requirements.threshold)])
        if not kinds:
            return self.requirements.width or self.width_of(10 * self.workload.samples), float(grid[len(grid) // 2])
        required = spread * logs / (grid[:, None] - means) ** 2
        best = int(required.max(axis=1).argmin())
        largest = max(required[best].max(), 10.0 * self.workload.samples)
        shares = logs - largest * logs / required[best]
        for side in (True, False):
            order = [i for i in np.argsort(-shares) if (kinds[i].p > 0) == side]
            self.leading += [kinds[i] for i in order[:MAX_LEADING] if shares[i] > shares[order[0]] - 10]
        return self.requirements.width or self.width_of(2 * largest), float(grid[best])

    # --- iterations

    def result(self, complete: Callable[[int, float], Network | None]) -> Network:
        """Return the network that `complete` returns for the smallest width it accepts, from :meth:`optimum` on.

        Raises TooNarrow if there is none, or if the required width does not suffice.
        """
        width, threshold = self.optimum()
        if self.requirements.width is not None:
            found = complete(width, threshold)
            if found is None:
                raise too_narrow(width)
            return found
        factor, reason = 1 + OTHERS, None
        for _ in range(TRIALS):
            terms = self.independent_terms(width)
            width = self.width_of(max(terms * factor, terms + 1))
            self.report(f"width {width:,}: all classes")
            try:
                found, factor = complete(width, threshold), 1.005
            except TooNarrow as problem:
                found, factor, reason = None, 1.2, problem
            if found is not None:
                return self._again(found, threshold, complete)
        raise reason or too_narrow(width)

    def _again(self, found: Network, threshold: float, complete: Callable[[int, float], Network | None]) -> Network:
        """Return a network of a smaller width, with parameters for a width closer to it and other allowances."""
        for part in (1.0, 0.6) if len(self.workload.classes) <= FEW else ():
            width = self.width_of(self.independent_terms(found.width) * (1 + part * OTHERS))
            self.set_room(part * ROOM)
            try:
                again = complete(width, threshold)
            except TooNarrow:
                continue
            found = again if again is not None and again.width < found.width else found
        return found

    def optimum(self) -> tuple[int, float]:
        """Return a nearly optimal width and threshold that satisfy the requirements; see :meth:`initial_guess`.

        The width at which the leading classes have the allowed probability at the best threshold: the secant method,
        inside the bracket of the widths tried. Raises TooNarrow if the required width does not suffice.
        """
        width, threshold = self.initial_guess()
        allowed = math.log(self.failure * self.classes_share)
        low, high, tried = 0, MAX_WIDTH, list[tuple[int, float]]()
        for _ in range(ITERATIONS if self.leading else 0):
            try:
                threshold, rows = self._at_best_threshold(width, threshold)
            except TooNarrow:
                if self.requirements.width is not None or width >= MAX_WIDTH:
                    raise
                self.report(f"width {width:,}: no bound")
                low = width
                width = self._inside(low, high, 1.4 * width)
                continue
            excess = rows.total() - allowed
            self.report(f"width {width:,}: probability of failure {self.failure * math.exp(min(excess, 9.0)):.3g}")
            if self.requirements.width is not None or abs(excess) < ACCURACY:
                break
            low, high = (width, high) if excess > 0 else (low, width)
            if high - low <= 2 and abs(excess) > 20 * ACCURACY:  # an end of the bracket was evaluated badly
                low, high = (low, MAX_WIDTH) if excess > 0 else (width // 2, high)
            elif high - low <= 2:
                break
            slope = 1.5 * rows.slope()
            if tried and tried[-1][0] != width:
                slope = min((excess - tried[-1][1]) / (width - tried[-1][0]), -1e-3 * abs(slope))
            tried.append((width, excess))
            width = self._inside(low, high, min(1.6 * width, max(0.5 * width, width - excess / slope)))
        return width, threshold

    def _inside(self, low: int, high: int, width: float) -> int:
        """Return a width inside the bracket, the suggested one if possible."""
        if not low < width < high:
            width = low + (high - low) * 0.4
        return self.width_of(self.independent_terms(1 << 20) / (1 << 20) * width)

    def _at_best_threshold(self, width: int, threshold: float) -> tuple[float, _Rows]:
        """Return the best threshold at a width, and the leading classes at a threshold close to it."""
        radius, last = RADIUS, 8
        for index in range(last + 1):
            try:
                rows = self._rows(width, threshold)
            except TooNarrow:
                inside = None if self.requirements.threshold is not None else self._room(width, threshold)
                if inside is None or index == last:
                    raise
                threshold = inside
                continue
            if self.requirements.threshold is not None:
                break
            moves = threshold * radius * np.linspace(-1, 1, 201)
            logs = np.logaddexp.reduce(rows.logs + rows.by_threshold * moves[:, None], axis=1)
            best = int(logs.argmin())
            threshold += float(moves[best])
            if abs(moves[best]) < 2e-3 * threshold:
                break
            radius = radius if best in (0, 200) else radius / 2
        return threshold, rows

    def _room(self, width: int, threshold: float) -> float | None:
        """Return a threshold at which all margins are positive at this width; None if there is none."""
        low, high = 0.0, 1.0
        try:
            for kind in self.leading:
                bound = self.bound(kind, width, threshold)
                edge = threshold - bound.sign * bound.margin  # where the margin is 0
                low, high = (low, min(high, edge)) if kind.p else (max(low, edge), high)
        except TooNarrow:
            return None
        inside = low + 0.4 * (high - low)
        return inside if low < high and not low < threshold < high else None

    def _rows(self, width: int, threshold: float) -> _Rows:
        """Evaluate the leading classes; raises TooNarrow if one of them has no bound."""
        rows, move, terms = [], 1e-3 * threshold, self.independent_terms(width)
        for kind in self.leading:
            tuned, e = self.tuned(kind, width, threshold, rounds=7), float(self.deviated(width)[kind.t].e)
            if tuned is None or tuned[0] == math.inf:
                raise too_narrow(width)
            log, parameters, _ = tuned
            near = [(threshold + move, terms), (threshold, terms * 1.001)]
            moved, more = (self._log(kind, width, tau, e, parameters, count) for tau, count in near)
            rows.append((log + math.log(self.workload.classes[kind]), (moved - log) / move, (more - log) * 1e3 / width))
        return _Rows(*np.array(rows).T)

    def _log(
        self, kind: BitClass, width: int, threshold: float, e: float, parameters: Parameters, terms: float
    ) -> float:
        """Return the logarithm of the bound of a class with other parameters, large if they are not valid."""
        try:
            return float(self.bound(kind, width, threshold).at_width(e, parameters)(terms))  # type: ignore[arg-type]
        except (ValueError, ZeroDivisionError):
            return LARGE

    # --- one class

    def tuned(
        self, kind: BitClass, width: int, threshold: float, *, rounds: int, new_cover: bool = False
    ) -> Tuned | None:
        """Return the logarithm of the bound of one class for one state, with its parameters; None without a margin."""
        bound = self.bound(kind, width, threshold)
        if bound.margin <= 0:
            return None
        terms, e, near = self.independent_terms(width), float(self.deviated(width)[kind.t].e), self.hints.get(kind)
        result = tune(bound, terms, e, near=near, rounds=rounds, new_cover=new_cover)
        if new_cover:
            result = min(result, tune(bound, terms, e, near=result[2], rounds=rounds, step=0.04), key=_logarithm)
        self.hints[kind] = result[2]
        return result

    def final(self, kind: BitClass, width: int, threshold: float) -> Parameters | None:
        """Return the parameters of a class in a complete network; None without a margin.

        A class that is not leading has those of a similar class, if they make its contribution negligible.
        """
        self.report(f"width {width:,}: class (n, p, t) = ({kind.n}, {kind.p}, {kind.t})")
        if kind in self.leading:
            tuned = self.tuned(kind, width, threshold, rounds=9, new_cover=True)
            return None if tuned is None else tuned[1]
        bound, side = self.bound(kind, width, threshold), (kind.t, kind.p > 0)
        if bound.margin <= 0:
            return None
        terms, e, near = self.independent_terms(width), float(self.deviated(width)[kind.t].e), self.neighbours.get(side)
        allowed = math.log(self.failure * NEGLIGIBLE / len(self.workload.classes) / self.workload.classes[kind])
        result = None if near is None else reused(bound, terms, e, near)
        if result is None or result[0] > allowed:
            result = tune(bound, terms, e, near=near, rounds=7, new_cover=True)
            if result[0] > allowed:
                result = min(result, tune(bound, terms, e, rounds=9), key=_logarithm)
        self.neighbours[side] = result[2]
        return result[1]

    def short_threshold(self, threshold: float) -> Fraction:
        """Return the required threshold, or a short fraction near the one found."""
        return short(threshold) if self.requirements.threshold is None else self.requirements.threshold


def _logarithm(tuned: Tuned) -> float:
    return tuned[0]


def silent(text: str) -> None:
    """Report nothing."""


def too_narrow(width: int) -> TooNarrow:
    """Return the exception that a width does not suffice."""
    return TooNarrow(f"the width {width} with this training and threshold does not suffice by these bounds")
