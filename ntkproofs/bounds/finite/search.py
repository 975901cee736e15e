"""Search in floats for a width and a threshold whose class bounds depend on both. No result is certified here."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from functools import lru_cache

from ntkproofs.bounds.finite.deviation import Deviation
from ntkproofs.bounds.finite.network import EVENT, Deviated, Workload
from ntkproofs.bounds.finite.output_layer import BitClass, ClassBound, Parameters
from ntkproofs.bounds.finite.tuning import Cover, Event, least_deviation, minimum, tune
from ntkproofs.errors import Undecided

__all__ = ["Search", "best_threshold", "bisected", "bracketed"]


LOG_OTHERS = 0.02  # allowance for the classes that are not leading, added to the logarithm


class Search(ABC):
    """The failure probability at a width and threshold, estimated by the leading classes.

    `events`: the share of the failure probability of all other events; `threshold`: the required threshold, or None.
    """

    def __init__(self, workload: Workload, failure: float, events: float, threshold: float | None = None) -> None:
        self.workload, self.failure, self.events, self.threshold = workload, failure, events, threshold
        self.leading: list[BitClass] = []
        self.hints: dict[BitClass, float] = {}
        self.covers: dict[BitClass, Cover] = {}
        self.near: dict[int, Event] = {}

    @abstractmethod
    def independent_terms(self, width: int) -> int:
        """Return the number of independent and identically distributed terms of each mean at this width."""

    @abstractmethod
    def event(self, t: int) -> Deviation:
        """Return the bound of the deviation event of a column with t ones."""

    @abstractmethod
    def bound(self, kind: BitClass, width: int, threshold: float) -> ClassBound:
        """Return the bound of a class at a width and threshold."""

    @abstractmethod
    def mean(self, kind: BitClass) -> float:
        """Return the limit of the output at the states of a class."""

    @lru_cache(maxsize=256)  # noqa: B019 - a search lives for one call
    def deviated(self, width: int) -> dict[int, Deviated] | None:
        """Return the deviation event for each t such that the probabilities sum to the share EVENT of the failure."""
        chance, result = math.log(self.failure * EVENT / sum(self.workload.columns.values())), {}
        for t in self.workload.columns:
            event = least_deviation(self.event(t), self.independent_terms(width), chance, near=self.near.get(t))
            if event is None:
                return None
            self.near[t], result[t] = event, Deviated.of(event, self.workload.samples - 1)
        return result

    def limit_range(self) -> tuple[float, float]:
        """Return the largest limit of an output with target 0 and the smallest limit of one with target 1."""
        means = [(kind, self.mean(kind)) for kind in self.workload.classes]
        low = max([0.0, *(mean for kind, mean in means if not kind.p)])
        return low, min([1.0, *(mean for kind, mean in means if kind.p)])

    def log_class(
        self, kind: BitClass, width: int, threshold: float, *, rounds: int, new_cover: bool = False
    ) -> tuple[float, Parameters | None]:
        """Return the logarithm of the bound of one class, and its parameters (None if the margin is not positive).

        With `new_cover`, the cover is computed for this width instead of reused.
        """
        events = self.deviated(width)
        if events is None:
            return math.inf, None
        bound = self.bound(kind, width, threshold)
        if bound.margin <= 0:
            return math.inf, None
        near = self.hints.get(kind)
        cover, e = None if new_cover else self.covers.get(kind), float(events[kind.t].e)
        log, parameters, hint = tune(bound, self.independent_terms(width), e, near=near, rounds=rounds, cover=cover)
        self.hints[kind], self.covers[kind] = hint, parameters.cover
        return log + math.log(self.workload.classes[kind]), parameters

    def choose_leading(self, width: int, threshold: float) -> None:
        """Choose the leading classes: the two with the largest bounds for either target, then extreme n."""
        logs = {kind: self.log_class(kind, width, threshold, rounds=2)[0] for kind in self.workload.classes}
        self.leading = []
        for ones in (False, True):
            side = sorted(
                (kind for kind in logs if bool(kind.p) is ones),
                key=lambda kind: (-logs[kind], -kind.n if kind.p else kind.n),
            )
            self.leading += side[:2]

    def total(self, width: int, threshold: float) -> float:
        """Return the logarithm of the failure probability by the leading classes and the other events."""
        logs = [self.log_class(kind, width, threshold, rounds=2)[0] for kind in self.leading]
        top = max([*logs, math.log(self.failure * self.events)])
        if top == math.inf:
            return math.inf
        total = sum(math.exp(log - top) for log in logs) + self.failure * self.events * math.exp(-top)
        return top + math.log(total) + LOG_OTHERS


def bracketed(search: Search, max_width: int) -> tuple[int, float]:
    """Return a width that suffices for the leading classes, and its threshold; the widths tried grow by half."""
    K, reselect = search.workload.samples, True
    width = 12 * K * K + 150 * K
    while width <= max_width:
        middle = best_threshold(search, width, rounds=6, reselect=reselect)
        if middle is not None and search.total(width, middle) <= math.log(search.failure):
            return width, middle
        reselect = middle is None  # otherwise the leading classes are known
        width = width * 3 // 2
    raise Undecided(f"no width up to {max_width} suffices")


def best_threshold(
    search: Search, width: int, *, rounds: int, reselect: bool = False, near: float | None = None
) -> float | None:
    """Return the required threshold, or the one with the smallest failure probability; None if no bound is finite.

    The leading classes are chosen again if `reselect`; `near`: a threshold that starts the search.
    """
    low, high = search.limit_range()
    if search.threshold is not None:
        if reselect or not search.leading:
            search.choose_leading(width, search.threshold)
        return search.threshold if search.total(width, search.threshold) < math.inf else None
    if low >= high:
        return None
    if reselect or not search.leading:  # at an interior threshold, then at the best one for these
        search.choose_leading(width, low + 0.4 * (high - low))
        result = minimum(lambda tau: (search.total(width, tau), tau), low, high, rounds)
        if result[0] == math.inf:
            return None
        search.choose_leading(width, result[1])
    if near is not None:
        low, high = max(low, near * 0.93), min(high, near * 1.07)
    result = minimum(lambda tau: (search.total(width, tau), tau), low, high, rounds)
    return result[1] if result[0] < math.inf else None


def bisected(search: Search, high: int, threshold: float) -> tuple[int, float]:
    """Return, by bisection below `high`, a smaller width that suffices for the leading classes, and its threshold."""
    low = high // 8
    while high - low > max(1, high // 1000):
        middle = (low + high) // 2
        tau = best_threshold(search, middle, rounds=4, near=threshold)
        if tau is not None and search.total(middle, tau) <= math.log(search.failure):
            high, threshold = middle, tau
        else:
            low = middle
    return high, threshold
