"""Searching, with floats, for a width and a threshold for classes that depend on both: nothing here decides."""

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


OTHERS = 0.02  # the logarithm of what the other classes may add


class Search(ABC):
    """The failure probability at a width and threshold, by the classes that matter; `events`: share of the rest."""

    def __init__(self, workload: Workload, failure: float, events: float, threshold: float | None = None) -> None:
        self.workload, self.failure, self.events, self.threshold = workload, failure, events, threshold
        self.leading: list[BitClass] = []
        self.hints: dict[BitClass, float] = {}
        self.covers: dict[BitClass, Cover] = {}
        self.near: dict[int, Event] = {}

    @abstractmethod
    def draws(self, width: int) -> int:
        """Return the number of independent terms."""

    @abstractmethod
    def event(self, t: int) -> Deviation:
        """Return the deviation event of a column with t ones."""

    @abstractmethod
    def bound(self, kind: BitClass, width: int, threshold: float) -> ClassBound:
        """Return the bound of a class."""

    @abstractmethod
    def mean(self, kind: BitClass) -> float:
        """Return the limit of a class."""

    @lru_cache(maxsize=256)  # noqa: B019 - a search lives for one call
    def deviated(self, width: int) -> dict[int, Deviated] | None:
        """Return the events of each column size at their share of the failure probability."""
        chance, result = math.log(self.failure * EVENT / sum(self.workload.columns.values())), {}
        for t in self.workload.columns:
            event = least_deviation(self.event(t), self.draws(width), chance, near=self.near.get(t))
            if event is None:
                return None
            self.near[t], result[t] = event, Deviated.of(event, self.workload.samples - 1)
        return result

    def room(self) -> tuple[float, float]:
        """Return the largest limit of a bit that should be 0 and the smallest of one that should be 1."""
        means = [(kind, self.mean(kind)) for kind in self.workload.classes]
        low = max([0.0, *(mean for kind, mean in means if not kind.p)])
        return low, min([1.0, *(mean for kind, mean in means if kind.p)])

    def log_class(
        self, kind: BitClass, width: int, threshold: float, *, rounds: int, anew: bool = False
    ) -> tuple[float, Parameters | None]:
        """Return the logarithm of the share of one class, and its parameters; with a cover of its own if `anew`."""
        events = self.deviated(width)
        if events is None:
            return math.inf, None
        bound = self.bound(kind, width, threshold)
        if bound.margin <= 0:
            return math.inf, None
        near = self.hints.get(kind)
        cover, e = None if anew else self.covers.get(kind), float(events[kind.t].e)
        log, parameters, hint = tune(bound, self.draws(width), e, near=near, rounds=rounds, cover=cover)
        self.hints[kind], self.covers[kind] = hint, parameters.cover
        return log + math.log(self.workload.classes[kind]), parameters

    def lead(self, width: int, threshold: float) -> None:
        """Choose the classes that decide: the largest shares on either side, or the extreme ones."""
        logs = {kind: self.log_class(kind, width, threshold, rounds=2)[0] for kind in self.workload.classes}
        self.leading = []
        for ones in (False, True):
            side = sorted(
                (kind for kind in logs if bool(kind.p) is ones),
                key=lambda kind: (-logs[kind], -kind.n if kind.p else kind.n),
            )
            self.leading += side[:2]

    def total(self, width: int, threshold: float) -> float:
        """Return the logarithm of the failure probability by the leading classes, events included."""
        logs = [self.log_class(kind, width, threshold, rounds=2)[0] for kind in self.leading]
        top = max([*logs, math.log(self.failure * self.events)])
        if top == math.inf:
            return math.inf
        total = sum(math.exp(log - top) for log in logs) + self.failure * self.events * math.exp(-top)
        return top + math.log(total) + OTHERS


def bracketed(search: Search, most: int) -> tuple[int, float]:
    """Return a width that is enough by the leading classes, and its threshold."""
    K, first = search.workload.samples, True
    width = 12 * K * K + 150 * K
    while width <= most:
        middle = best_threshold(search, width, rounds=6, first=first)
        if middle is not None and search.total(width, middle) <= math.log(search.failure):
            return width, middle
        first = middle is None  # else it is known which classes lead
        width = width * 3 // 2
    raise Undecided(f"no width up to {most} is enough")


def best_threshold(
    search: Search, width: int, *, rounds: int, first: bool = False, near: float | None = None
) -> float | None:
    """Return the threshold given or the one with the least failure probability, None if it separates no bits."""
    low, high = search.room()
    if search.threshold is not None:
        if first or not search.leading:
            search.lead(width, search.threshold)
        return search.threshold if search.total(width, search.threshold) < math.inf else None
    if low >= high:
        return None
    if first or not search.leading:  # by the middle of what the classes allow, then by the best threshold for these
        search.lead(width, low + 0.4 * (high - low))
        result = minimum(lambda tau: (search.total(width, tau), tau), low, high, rounds)
        if result[0] == math.inf:
            return None
        search.lead(width, result[1])
    if near is not None:
        low, high = max(low, near * 0.93), min(high, near * 1.07)
    result = minimum(lambda tau: (search.total(width, tau), tau), low, high, rounds)
    return result[1] if result[0] < math.inf else None


def bisected(search: Search, high: int, threshold: float) -> tuple[int, float]:
    """Return a smaller width that is enough by the leading classes, and its threshold."""
    low = high // 8
    while high - low > max(1, high // 1000):
        middle = (low + high) // 2
        tau = best_threshold(search, middle, rounds=4, near=threshold)
        if tau is not None and search.total(middle, tau) <= math.log(search.failure):
            high, threshold = middle, tau
        else:
            low = middle
    return high, threshold
