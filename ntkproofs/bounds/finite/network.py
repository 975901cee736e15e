"""One finite network with a trained output layer: the width from which on it executes a program, with evidence.

The statement: hidden weights ``u_r ~ N(0, I_K)`` frozen, output weights from 0, T steps of full-batch gradient descent
of size ``eta = 2/(K (1 + rise))`` on the K basis vectors. With probability at least ``1 - failure`` every output bit at
every state of the classes given, rounded at the threshold, is right. One network carries all output bits: given u they
do not influence each other, and the union bound runs over them.

    failure >= trace + eigenvalue + sum over columns P(|delta| >= e) + sum over classes (states) P(class, |delta| < e)

States at which one template matches are training samples, at which the network differs from its target by the
remainder of gradient descent alone; bits that no template writes are exactly 0, and so is every bit where nothing
matches.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from ntkproofs.bounds.finite import descent
from ntkproofs.bounds.finite.deviation import Deviation
from ntkproofs.bounds.finite.numbers import Balls, Numbers, Real
from ntkproofs.bounds.finite.output_layer import BitClass, ClassBound, Parameters, Setting
from ntkproofs.bounds.finite.tuning import (
    adapted,
    class_bound,
    float_deviation,
    float_setting,
    least_deviation,
    minimum,
    tune,
)
from ntkproofs.classes import Classes
from ntkproofs.errors import InputError, Undecided

__all__ = ["FiniteNetwork", "Search", "Workload", "best_threshold", "bisected", "bracketed", "least_network"]

PRECISION = 128
EVENT = 0.05  # share of the failure probability for the deviation event
DESCENT = 1e-3  # share for each of the two events of gradient descent
CELLS = 96


@dataclass(frozen=True)
class Workload:
    """What must go right: pairs (state, bit) by class, and how many different columns of targets have t ones.

    >>> from ntkproofs.classes import arbitrary_classes
    >>> from ntkproofs.programs import addition
    >>> program = addition(bits=2)
    >>> load = Workload.of(program.samples, arbitrary_classes(program), program.labels.T.tolist())
    >>> load.columns
    {1: 2, 2: 3}
    """

    samples: int
    classes: Mapping[BitClass, int]
    columns: Mapping[int, int]

    @classmethod
    def of(cls, samples: int, classes: Classes, columns: Iterable[Iterable[int]]) -> Workload:
        """Return the workload of classes (n, p, t); those with n <= 1 or t = 0 need no bound and are left out."""
        kinds = {BitClass(n, p, t): count for (n, p, t), count in classes.items() if n >= 2 and t and count}
        different = {tuple(column) for column in columns}
        sizes = sorted(sum(column) for column in different if any(column))
        return cls(samples, dict(sorted(kinds.items())), {t: sizes.count(t) for t in dict.fromkeys(sizes)})


@dataclass(frozen=True)
class Deviated:
    """The event ``|delta| >= e`` of columns with t ones, with the parameters of its bound."""

    e: Fraction
    z: Fraction
    l: Fraction


@dataclass(frozen=True)
class FiniteNetwork:
    """A width, a threshold and a training that are enough for a workload, with every parameter of the bound."""

    workload: Workload
    width: int
    threshold: Fraction
    failure: Fraction
    steps: int
    rise: Fraction
    drop: Fraction
    tilts: tuple[Fraction, Fraction]  # of the trace and of the eigenvalue
    deviated: Mapping[int, Deviated]
    parameters: Mapping[BitClass, Parameters]

    @property
    def step(self) -> Fraction:
        """The size of a step of gradient descent, ``2/(K (1 + rise))``."""
        return 2 / (self.workload.samples * (1 + self.rise))

    def bound(self, numbers: Numbers | None = None) -> Real:
        """Enclose the bound of the failure probability; raises Undecided or InputError where a condition fails."""
        numbers = Balls(PRECISION) if numbers is None else numbers
        return sum(self.terms(numbers), start=numbers.of(0))

    def terms(self, numbers: Numbers) -> Iterator[Real]:
        """Yield the terms of the union bound: trace, eigenvalue, deviation events, classes."""
        setting = Setting(numbers, self.workload.samples)
        rise, drop = numbers.of(self.rise), numbers.of(self.drop)
        yield numbers.exp(descent.log_trace(setting, self.width, rise, numbers.of(self.tilts[0])))
        yield numbers.exp(descent.log_small_eigenvalue(setting, self.width, drop, numbers.of(self.tilts[1])))
        remainders = {}
        for t, columns in self.workload.columns.items():
            event = self.deviated[t]
            remainders[t] = numbers.upper(descent.remainder(setting, t, self.steps, rise, drop))
            e, z, l = (numbers.of(value) for value in (event.e, event.z, event.l))
            log = Deviation(setting, t).log_probability(self.width, e, z, l, CELLS)
            yield numbers.exp(log) * columns
        for kind, count in self.workload.classes.items():
            bound = ClassBound(setting, kind, self.threshold, remainders[kind.t])
            e = numbers.of(self.deviated[kind.t].e)
            yield numbers.exp(bound.log_probability(self.width, e, self.parameters[kind])) * count


# --- searching


@dataclass(eq=False)
class Search:
    """Floats: the failure probability at a width and threshold, by the classes that matter."""

    workload: Workload
    failure: float
    slack: float  # the remainder of gradient descent that is allowed for, relative to the threshold

    def __post_init__(self) -> None:
        self.events = EVENT + 2 * DESCENT  # share of all events
        self.leading: list[BitClass] = []
        self.hints: dict[BitClass, float] = {}

    def draws(self, width: int) -> int:
        """Return the number of independent terms."""
        return width

    @property
    def setting(self) -> Setting:
        """The constants, in floats."""
        return float_setting(self.workload.samples)

    def event(self, t: int) -> Deviation:
        """Return the deviation event of a column with t ones."""
        return float_deviation(self.workload.samples, t)

    def bound(self, kind: BitClass, width: int, threshold: float) -> ClassBound:
        """Return the bound of a class."""
        return class_bound(self.workload.samples, kind, short_fraction(threshold), threshold * self.slack)

    def mean(self, kind: BitClass) -> float:
        """Return the limit of a class."""
        return float(self.bound(kind, 0, 0.5).mean)

    @lru_cache(maxsize=256)  # noqa: B019 - a search lives for one call
    def deviated(self, width: int) -> dict[int, Deviated] | None:
        """Return the events of each column size at their share of the failure probability."""
        total, result = sum(self.workload.columns.values()), {}
        for t in self.workload.columns:
            event = least_deviation(self.event(t), self.draws(width), math.log(self.failure * EVENT / total))
            if event is None:
                return None
            e, z, l = event
            result[t] = Deviated(Fraction(f"{e * 1.0005:.6g}"), z, l)
        return result

    def log_class(
        self, kind: BitClass, width: int, threshold: float, *, rounds: int
    ) -> tuple[float, Parameters | None]:
        """Return the logarithm of the share of one class, and its parameters."""
        events = self.deviated(width)
        if events is None:
            return math.inf, None
        bound = self.bound(kind, width, threshold)
        if bound.margin <= 0:
            return math.inf, None
        near = self.hints.get(kind)
        log, parameters, hint = tune(bound, self.draws(width), float(events[kind.t].e), near=near, rounds=rounds)
        self.hints[kind] = hint
        return log + math.log(self.workload.classes[kind]), parameters

    def lead(self, width: int, threshold: float) -> None:
        """Choose the classes that decide: the largest shares on either side, or the extreme ones."""
        logs = {kind: self.log_class(kind, width, threshold, rounds=4)[0] for kind in self.workload.classes}
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
        return top + math.log(sum(math.exp(log - top) for log in logs) + self.failure * self.events * math.exp(-top))


def short_fraction(value: float) -> Fraction:
    """Return a float as a fraction of five digits."""
    return Fraction(f"{value:.5g}")


def least_network(workload: Workload, failure: Fraction, *, most: int = 1 << 40) -> FiniteNetwork:
    """Return the least width that the search finds for a workload, with threshold, training and parameters.

    Every number was searched for with floats; the failure probability is then bounded by balls. Raises Undecided if
    that does not confirm it.
    """
    if not workload.classes:
        raise InputError("no state has two matching templates: every state is a training sample or 0")
    search = Search(workload, float(failure), 2e-3)
    width, threshold = bracketed(search, most)
    width, threshold = bisected(search, width, threshold)
    for _ in range(40):
        candidate = _complete(search, failure, width, threshold)
        if candidate is not None:
            return candidate
        width += max(1, width // 500)
    raise Undecided(f"no width near {width} was confirmed")


def bracketed(search: Search, most: int) -> tuple[int, float]:
    """Return a width that is enough by the leading classes, and its threshold."""
    width = 8 * search.workload.samples**2
    while width <= most:
        middle = best_threshold(search, width, rounds=6, first=True)
        if middle is not None and search.total(width, middle) <= math.log(search.failure):
            return width, middle
        width *= 2
    raise Undecided(f"no width up to {most} is enough")


def best_threshold(
    search: Search, width: int, *, rounds: int, first: bool = False, near: float | None = None
) -> float | None:
    """Return the threshold with the least failure probability, None if none separates ones from zeros."""
    means = [(kind, search.mean(kind)) for kind in search.workload.classes]
    low = max([0.0, *(mean for kind, mean in means if not kind.p)])
    high = min([1.0, *(mean for kind, mean in means if kind.p)])
    if low >= high:
        return None
    if first or not search.leading:  # by the middle of what the classes allow, then by the best threshold for these
        search.lead(width, low + 0.4 * (high - low))
        result = minimum(lambda tau: (search.total(width, tau), tau), low, high, rounds)
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


def _complete(search: Search, failure: Fraction, width: int, threshold: float) -> FiniteNetwork | None:
    """Return the network of a width with all parameters, if balls confirm that it is enough."""
    events = search.deviated(width)
    if events is None:
        return None
    parameters = {}
    for kind in search.workload.classes:
        _, found = search.log_class(kind, width, threshold, rounds=8 if kind in search.leading else 3)
        if found is None:
            return None
        parameters[kind] = found
    K, chance = search.workload.samples, math.log(search.failure * DESCENT)
    setting = float_setting(K)
    rise, first = _least_event(lambda value, l: descent.log_trace(setting, width, value, l), chance, 4.0, 0.499)
    drop, second = _least_event(
        lambda value, l: descent.log_small_eigenvalue(setting, width, value, l), chance, 0.999, 2.0
    )
    steps = _steps(setting, search, threshold, rise, drop)
    network = FiniteNetwork(
        search.workload,
        width,
        short_fraction(threshold),
        failure,
        steps,
        rise,
        drop,
        (first, second),
        events,
        parameters,
    )
    try:
        enough = network.bound().upper <= failure
    except (Undecided, InputError):
        return None
    return network if enough else None


def _all_parameters(search: Search, width: int, threshold: float) -> dict[BitClass, Parameters] | None:
    """Return parameters for every class: those of a neighbour where they are good enough, tuned ones elsewhere."""
    events, classes = search.deviated(width), search.workload.classes
    if events is None:
        return None
    enough = math.log(search.failure * 1e-3 / len(classes))
    parameters: dict[BitClass, Parameters] = {}
    for kind in sorted(classes, key=lambda kind: (kind.t, kind.p, kind.n if kind.p == 0 else -kind.n)):
        neighbour = BitClass(kind.n + (1 if kind.p else -1), kind.p, kind.t)
        if neighbour in parameters and kind not in search.leading:
            bound = class_bound(search.workload.samples, kind, short_fraction(threshold), threshold * search.slack)
            borrowed = adapted(parameters[neighbour], bound)
            try:
                log = bound.log_probability(width, float(events[kind.t].e), borrowed)
            except ValueError:
                log = math.inf
            if log + math.log(classes[kind]) < enough:
                parameters[kind] = borrowed
                continue
        _, found = search.log_class(kind, width, threshold, rounds=4 if kind in search.leading else 2)
        if found is None:
            return None
        parameters[kind] = found
    return parameters


def _least_event(
    log: Callable[[float, float], float], chance: float, most: float, top: float
) -> tuple[Fraction, Fraction]:
    """Return the least value for which some tilt makes the event unlikely enough, and the tilt."""

    def at(value: float) -> tuple[float, ...]:
        return minimum(lambda s: (log(value, math.exp(s)), math.exp(s)), math.log(1e-7), math.log(top), 30)

    low, high = 0.0, most
    for _ in range(24):
        middle = (low + high) / 2
        low, high = (low, middle) if at(middle)[0] <= chance else (middle, high)
    value = Fraction(f"{high * 1.001:.4g}")
    return value, Fraction(f"{at(float(value))[1]:.6g}")


def _steps(setting: Setting, search: Search, threshold: float, rise: Fraction, drop: Fraction) -> int:
    """Return the number of steps after which the remainder is what the search allowed for."""
    R = setting.K * (1 + float(rise)) / (2 * (1 - float(drop)) * setting.lam)
    t = max(search.workload.columns)
    return math.ceil(math.log(threshold * search.slack / math.sqrt(t * R)) / math.log1p(-1 / R))
