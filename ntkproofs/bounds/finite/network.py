"""One finite network with a trained output layer: a width at which it executes a program, with evidence.

The statement: hidden weights ``u_r ~ N(0, I_K)`` frozen, output weights from 0, T steps of full-batch gradient descent
of a stated size, at most ``2/(K (1 + rise))``, on the K basis vectors. With probability at least ``1 - failure`` every
output bit at every state of the classes given, rounded at the threshold, is right. One network carries all output bits:
given u they do not influence each other, and the union bound runs over them.

    failure >= trace + eigenvalue + sum over columns P(|delta| >= e) + sum over classes (states) P(class, |delta| < e)

States at which one template matches are training samples, at which the network differs from its target by the
remainder of gradient descent alone; bits that no template writes are exactly 0, and so is every bit where nothing
matches.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TypeAlias

import numpy as np

from ntkproofs.bounds.finite import descent
from ntkproofs.bounds.finite.deviation import Deviation
from ntkproofs.bounds.finite.numbers import Balls, Numbers, Real
from ntkproofs.bounds.finite.output_layer import BitClass, ClassBound, Parameters, Setting
from ntkproofs.bounds.finite.tuning import Event, float_setting, least_deviation, least_event, short, tune
from ntkproofs.classes import Classes
from ntkproofs.errors import NoMargin, NtkProofsError

__all__ = ["Deviated", "FiniteNetwork", "TooNarrow", "Wanted", "Workload", "find_network", "least_network"]

PRECISION = 128
EVENT = 0.05  # share of the failure probability for the deviation event
DESCENT = 1e-3  # share for each of the two events of gradient descent
SLACK = 2e-3  # the remainder of gradient descent that is allowed for, relative to the threshold
LEADING = 10  # classes of either side that the search looks at
NEGLIGIBLE = 1e-9  # share of the failure probability below which a class does not move the number of steps


Log: TypeAlias = Callable[[float], float]  # the logarithm of a bound as a function of the width


class TooNarrow(NtkProofsError):
    """A width for which the bounds do not give what is asked."""


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
    states: Mapping[int, int] = field(default_factory=dict)  # by number of matches

    @classmethod
    def of(
        cls, samples: int, classes: Classes, columns: Iterable[Iterable[int]], *, room: int | None = None
    ) -> Workload:
        """Return the workload of classes (n, p, t); those with n <= 1 or t = 0 need no bound and are left out.

        `columns` are the targets of every output bit; `room`: at most so many states, whichever they are (None: all).
        """
        bits = [tuple(column) for column in columns]
        kinds = {BitClass(n, p, t): count for (n, p, t), count in sorted(classes.items()) if n >= 2 and t and count}
        states = dict.fromkeys((kind.n for kind in kinds), 0)
        for (n, _, _), count in classes.items():
            if n in states:
                states[n] += count
        states = {n: count // len(bits) for n, count in states.items()}
        if room is not None:
            writers = Counter(sum(column) for column in bits)
            kinds = {kind: min(count, room * writers[kind.t]) for kind, count in kinds.items()}
            states = {n: min(count, room) for n, count in states.items()}
        sizes = sorted(sum(column) for column in set(bits) if any(column))
        return cls(samples, kinds, {t: sizes.count(t) for t in dict.fromkeys(sizes)}, states)

    def states_with(self, n: int) -> int:
        """Return how many states have n matches (at most, if `states` does not say)."""
        return self.states.get(n) or sum(count for kind, count in self.classes.items() if kind.n == n)


@dataclass(frozen=True)
class Deviated:
    """The event ``|delta| >= e`` of columns with t ones, with the parameters of its bound."""

    e: Fraction
    z: Fraction
    l: Fraction

    @classmethod
    def of(cls, event: Event, dimension: int) -> Deviated:
        """Return an event of the search, with a slightly larger e."""
        e, hint, l = event
        return cls(short(e * 1.0005), short(dimension * math.exp(hint)), short(l))


@dataclass(frozen=True)
class FiniteNetwork:
    """A width, a threshold and a training that are enough for a workload, with every parameter of the bound."""

    workload: Workload
    width: int
    threshold: Fraction
    failure: Fraction
    steps: int
    step: Fraction
    rise: Fraction
    drop: Fraction
    tilts: tuple[Fraction, Fraction]  # of the trace and of the eigenvalue
    deviated: Mapping[int, Deviated]
    parameters: Mapping[BitClass, Parameters]

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
        for t, columns in self.workload.columns.items():
            event = self.deviated[t]
            divergence, log = Deviation(setting, t).rate(*map(numbers.of, (event.e, event.z, event.l)))
            yield numbers.exp(divergence + log * self.width) * columns
        slack = self.slack(setting)
        for kind, count in self.workload.classes.items():
            bound = ClassBound(setting, kind, self.threshold, slack[kind.t])
            e = numbers.of(self.deviated[kind.t].e)
            yield numbers.exp(bound.log_probability(self.width, e, self.parameters[kind])) * count

    def slack(self, setting: Setting) -> dict[int, Real]:
        """Return the remainder of gradient descent for each number of ones in a column."""
        training = (
            self.steps,
            setting.numbers.of(self.step),
            setting.numbers.of(self.rise),
            setting.numbers.of(self.drop),
        )
        return {t: setting.numbers.upper(descent.remainder(setting, t, *training)) for t in self.workload.columns}


@dataclass(frozen=True)
class Wanted:
    """What is asked of a network; None: the search chooses (the least width, the best threshold, the least steps)."""

    failure: Fraction
    width: int | None = None
    threshold: Fraction | None = None
    steps: int | None = None
    step: Fraction | None = None


def least_network(workload: Workload, failure: Fraction) -> FiniteNetwork:
    """Return the smallest width that the search gets for a workload, with threshold, training and parameters.

    Every number was searched for with floats; the failure probability is then bounded by balls. Raises Undecided if
    that does not confirm it.
    """
    return find_network(workload, Wanted(failure))


def find_network(workload: Workload, wanted: Wanted) -> FiniteNetwork:
    """Return a network as asked for, with every parameter of its bound, confirmed by balls.

    The width, if it is not given, is the smallest one, and the number of steps likewise the smallest one, for which
    the bounds with these parameters suffice. Raises TooNarrow where the width or the training asked for does not.
    """
    search = _Search(workload, wanted)
    width, threshold = search.optimum()
    for _ in range(12):
        candidate = search.complete(width, threshold)
        if candidate is not None:
            return candidate
        if wanted.width is not None:
            break
        width += max(1, width // 200)
    raise TooNarrow(f"the width {width} with this training and threshold does not suffice by these bounds")


# --- searching


@dataclass(frozen=True)
class _Training:
    """Gradient descent at some width: rise, drop, their tilts, and the step."""

    rise: Fraction
    drop: Fraction
    tilts: tuple[Fraction, Fraction]
    step: Fraction

    def remainder(self, samples: int, t: int, steps: int) -> float:
        """Return the remainder after so many steps, as a float."""
        return float(
            descent.remainder(float_setting(samples), t, steps, *map(float, (self.step, self.rise, self.drop)))
        )

    def steps(self, samples: int, t: int, slack: float) -> int:
        """Return a number of steps after which the remainder is at most `slack`."""
        shrinking = math.log1p(-float(self.step) * (1 - float(self.drop)) * float_setting(samples).lam)
        return max(1, math.ceil(math.log(slack / self.remainder(samples, t, 0)) / shrinking))


class _Search:
    """Floats: a width and a threshold at which the failure probability is what is asked, by the classes that matter."""

    def __init__(self, workload: Workload, wanted: Wanted) -> None:
        self.workload, self.wanted = workload, wanted
        self.K, self.failure = workload.samples, float(wanted.failure)
        self.setting = float_setting(self.K)
        self.deviations = {t: Deviation(self.setting, t) for t in workload.columns}
        self.events: dict[int, Event] = {}
        self.leading: list[BitClass] = []
        self.hints: dict[BitClass, float] = {}  # log(z/N) of leading classes
        self.near: dict[tuple[int, bool], float] = {}  # of the last of the others of its kind

    # --- where to begin

    def optimum(self) -> tuple[int, float]:
        """Return a width and a threshold near the best ones, within what is given."""
        width, threshold = self._first()
        for index in range(24):
            before, reach = width, 0.1 / (1 + index / 4)
            width, threshold = self._next(width, threshold, reach)
            if index > 3 and abs(width - before) < 3e-4 * width:
                break
        return width, threshold

    def _first(self) -> tuple[int, float]:
        """Return a first guess by Gaussian tails of the same second moments, and choose the classes that lead."""
        kinds = list(self.workload.classes)
        bounds = [ClassBound(self.setting, kind, Fraction(1, 2), 0.0) for kind in kinds]
        means = np.array([bound.mean for bound in bounds])
        ones = np.array([kind.p > 0 for kind in kinds], dtype=bool)
        low, high = max([0.0, *means[~ones]]), min([1.0, *means[ones]])
        if low >= high:
            raise NoMargin("no threshold lies between the limits of the outputs that should be 0 and 1")
        middle = short(low + 0.4 * (high - low))
        spread = np.array([2 * ClassBound(self.setting, kind, middle, 0.0).spread for kind in kinds])
        logs = np.array([math.log(self.workload.classes[kind]) for kind in kinds]) - math.log(self.failure)
        grid = low + (high - low) * np.linspace(0.02, 0.98, 97)
        if self.wanted.threshold is not None:
            grid = np.array([float(self.wanted.threshold)])
            if not low < grid[0] < high:
                raise NtkProofsError(f"the threshold {self.wanted.threshold} is not between {low:.6g} and {high:.6g}")
        needed = spread * logs / (grid[:, None] - means) ** 2
        best = int(needed.max(axis=1, initial=1.0).argmin()) if kinds else 0
        most = max(needed[best].max(initial=1.0), 10.0 * self.K)
        shares = logs - most * logs / needed[best]
        for side in (True, False):
            order = [i for i in np.argsort(-shares) if ones[i] == side]
            self.leading += [kinds[i] for i in order[:LEADING] if shares[i] > shares[order[0]] - 10]
        guess = 2 * most
        return self.wanted.width or int(guess), float(grid[best])

    def deviated(self, width: int) -> dict[int, Event]:
        """Return the events of each column size at their share of the failure probability."""
        log_chance = math.log(self.failure * EVENT / sum(self.workload.columns.values()))
        for t, deviation in self.deviations.items():
            event = least_deviation(deviation, width, log_chance, near=self.events.get(t))
            if event is None:
                raise TooNarrow(f"the width {width} is too small for columns with {t} ones")
            self.events[t] = event
        return self.events

    def training(self, width: int) -> _Training:
        """Return gradient descent at a width: the step as given, or the largest one."""
        setting, chance = self.setting, math.log(self.failure * DESCENT)
        trace = least_event(lambda value, l: descent.log_trace(setting, width, value, l), chance, 4.0, 0.499)
        least = least_event(lambda value, l: descent.log_small_eigenvalue(setting, width, value, l), chance, 0.999, 2.0)
        if trace is None or least is None:
            raise TooNarrow(f"the width {width} is too small for gradient descent")
        largest = 2 / (self.K * (1 + trace[0]))
        step = largest if self.wanted.step is None else self.wanted.step
        if step > largest:
            raise TooNarrow(f"the step {step} is too large for the width {width}: at most {largest}")
        return _Training(trace[0], least[0], (trace[1], least[1]), step)

    def slack(self, width: int, threshold: float) -> dict[int, float]:
        """Return the remainder of gradient descent that is allowed for, by column size."""
        most = max(self.workload.columns)
        if self.wanted.steps is None:
            return {t: SLACK * threshold * math.sqrt(t / most) for t in self.workload.columns}
        training = self.training(width)
        return {t: training.remainder(self.K, t, self.wanted.steps) for t in self.workload.columns}

    # --- one step of the search

    def _next(self, width: int, threshold: float, reach: float) -> tuple[int, float]:
        """Return a better width and threshold: logarithms of the leading classes as linear functions of both."""
        try:
            events, slack = self.deviated(width), self.slack(width, threshold)
        except TooNarrow:
            if self.wanted.width is not None:
                raise
            return 2 * width, threshold
        rows, move = [], 1e-3 * threshold
        for kind in self.leading:
            e = events[kind.t][0]
            bound = ClassBound(self.setting, kind, short(threshold), slack[kind.t])
            if bound.margin <= 0:
                return 2 * width if self.wanted.width is None else width, threshold
            log, parameters, self.hints[kind] = tune(bound, width, e, near=self.hints.get(kind))
            moved = ClassBound(self.setting, kind, short(threshold + move), slack[kind.t])
            there = _log(moved, e, parameters)
            further = _log(bound, e, parameters)(width * 1.001)
            rows.append(
                (
                    log + math.log(self.workload.classes[kind]),
                    (there(width) - log) / move,
                    (further - log) * 1e3 / width,
                )
            )
        if not rows:
            return width, threshold
        return self._solved(np.array(rows).T, width, threshold, reach)

    def _solved(self, rows: np.ndarray, width: int, threshold: float, reach: float) -> tuple[int, float]:
        """Return where the sum of ``exp(log + a move + c more)`` is what is allowed, with the least width."""
        logs, by_threshold, by_width = rows
        moves = np.array([0.0]) if self.wanted.threshold is not None else threshold * np.linspace(-reach, reach, 61)
        allowed = math.log(self.failure * (1 - EVENT - 2 * DESCENT))
        base = logs + by_threshold * moves[:, None]
        if self.wanted.width is not None:
            best = int(np.logaddexp.reduce(base, axis=1).argmin())
            return width, threshold + float(moves[best])
        low, high = np.full(len(moves), -0.5 * width), np.full(len(moves), 1.0 * width)
        for _ in range(40):
            middle = (low + high) / 2
            enough = np.logaddexp.reduce(base + by_width * middle[:, None], axis=1) <= allowed
            low, high = np.where(enough, low, middle), np.where(enough, middle, high)
        best = int(high.argmin())
        return max(2, width + int(high[best])), threshold + float(moves[best])

    # --- completion

    def complete(self, width: int, threshold: float) -> FiniteNetwork | None:
        """Return the network with all parameters, tuned for this width, if balls confirm that it is enough."""
        tau = short(threshold) if self.wanted.threshold is None else self.wanted.threshold
        training, events, slack = self.training(width), self.deviated(width), self.slack(width, float(tau))
        deviated = {t: Deviated.of(event, self.setting.N) for t, event in events.items()}
        parameters = {}
        for kind in self.workload.classes:
            bound = ClassBound(self.setting, kind, tau, slack[kind.t])
            if bound.margin <= 0:
                return None
            parameters[kind] = self.parameters(bound, width, float(deviated[kind.t].e))
        most = max(self.workload.columns)
        steps = self.wanted.steps or training.steps(self.K, most, min(slack[most], float(min(tau, 1 - tau)) / 2))
        network = FiniteNetwork(
            self.workload, width, tau, self.wanted.failure, steps, training.step, training.rise, training.drop,
            training.tilts, deviated, parameters,
        )  # fmt: skip
        return _Fitted(network, self.wanted).result()

    def parameters(self, bound: ClassBound, width: int, e: float) -> Parameters:
        """Return parameters of one class: tuned near those of its neighbours, from anew where that is not enough."""
        kind, enough = bound.kind, math.log(self.failure * 1e-4 / len(self.workload.classes))
        if kind in self.leading:
            return tune(bound, width, e, near=self.hints.get(kind), rounds=9)[1]
        side = (kind.t, kind.p > 0)
        log, parameters, hint = tune(bound, width, e, near=self.near.get(side), rounds=4)
        if log + math.log(self.workload.classes[kind]) > enough:
            log, parameters, hint = min(
                (log, parameters, hint), tune(bound, width, e, rounds=9), key=lambda item: item[0]
            )
        self.near[side] = hint
        return parameters


def _log(bound: ClassBound, e: float, parameters: Parameters) -> Log:
    """Return the logarithm of a class's bound as a function of the width; infinite where the parameters fail."""
    try:
        at_width = bound.at_width(e, parameters)
    except (ValueError, ZeroDivisionError):
        return lambda width: math.inf

    def at(width: float) -> float:
        try:
            return float(at_width(width))  # type: ignore[arg-type]
        except ValueError:
            return math.inf

    return at


class _Fitted:
    """The least width, then the least number of steps, for which a network's parameters are enough."""

    def __init__(self, network: FiniteNetwork, wanted: Wanted) -> None:
        self.network, self.wanted = network, wanted
        self.setting, self.failure = float_setting(network.workload.samples), float(network.failure)
        balls = Setting(Balls(PRECISION), network.workload.samples)
        self.deviations = [
            (columns, [float(part) for part in _rate(balls, t, network.deviated[t])])
            for t, columns in network.workload.columns.items()
        ]

    def result(self) -> FiniteNetwork | None:
        """Return the network with the least width and steps, confirmed by balls; None if it is not enough."""
        if self.classes_at(self.network.steps) is None:
            return None
        width = self.network.width if self.wanted.width is not None else self._least_width()
        if width is None:
            return None
        network = replace(self.network, width=width)
        if self.wanted.steps is None:
            network = replace(network, steps=self._least_steps(width))
        for candidate in (network, replace(network, steps=self.network.steps)):
            try:
                if candidate.bound().upper <= network.failure:
                    return candidate
            except NtkProofsError:
                continue
        return None

    def total(self, width: int, classes: Mapping[BitClass, Log]) -> float:
        """Return the failure probability at a width."""
        network, workload = self.network, self.network.workload
        rise, drop = float(network.rise), float(network.drop)
        logs = [
            descent.log_trace(self.setting, width, rise, float(network.tilts[0])),
            descent.log_small_eigenvalue(self.setting, width, drop, float(network.tilts[1])),
            *(math.log(columns) + divergence + log * width for columns, (divergence, log) in self.deviations),
            *(math.log(workload.classes[kind]) + log(width) for kind, log in classes.items()),
        ]
        return sum(math.exp(min(log, 50.0)) for log in logs)

    def classes_at(self, steps: int, kinds: Iterable[BitClass] | None = None) -> dict[BitClass, Log] | None:
        """Return the logarithms by class after so many steps, as functions of the width; None if a margin is gone."""
        network = replace(self.network, steps=steps)
        slack, result = network.slack(self.setting), {}
        if max(slack.values()) >= min(network.threshold, 1 - network.threshold):
            return None
        for kind in network.workload.classes if kinds is None else kinds:
            bound = ClassBound(self.setting, kind, network.threshold, slack[kind.t])
            if bound.margin <= 0:
                return None
            result[kind] = _log(bound, float(network.deviated[kind.t].e), network.parameters[kind])
        return result

    def _least_width(self) -> int | None:
        classes = self.classes_at(self.network.steps)
        assert classes is not None
        low, high = self.network.width // 2, self.network.width
        while self.total(high, classes) > self.failure:
            low, high = high, high + max(1, high // 200)
            if high > 1.1 * self.network.width:
                return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.total(middle, classes) <= self.failure else (middle, high)
        return high

    def _least_steps(self, width: int) -> int:
        """Return the least number of steps; classes that are negligible by far are taken as they are."""
        classes = self.classes_at(self.network.steps)
        assert classes is not None
        counts = self.network.workload.classes
        matter = [
            kind
            for kind, log in classes.items()
            if log(width) + math.log(counts[kind]) > math.log(self.failure * NEGLIGIBLE)
        ]
        steps = self._from_which(width, classes, matter)
        if steps < self.network.steps and self._suffices(width, classes, steps, list(classes)):
            return steps
        return self._from_which(width, classes, list(classes))

    def _from_which(self, width: int, classes: Mapping[BitClass, Log], kinds: Collection[BitClass]) -> int:
        low, high = 0, self.network.steps
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._suffices(width, classes, middle, kinds) else (middle, high)
        return high

    def _suffices(self, width: int, classes: Mapping[BitClass, Log], steps: int, kinds: Collection[BitClass]) -> bool:
        changed = self.classes_at(steps, kinds)
        return changed is not None and self.total(width, {**classes, **changed}) <= self.failure


def _rate(setting: Setting, t: int, event: Deviated) -> tuple[Real, Real]:
    """Return divergence and rate of the deviation event, by balls: its supremum is over parts."""
    numbers = setting.numbers
    divergence, log = Deviation(setting, t).rate(*map(numbers.of, (event.e, event.z, event.l)))
    return divergence.upper, log.upper
