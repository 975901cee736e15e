"""A single network with a trained output layer: the smallest certified width for which it executes a program.

Theorem. Let the hidden weights ``u_r ~ N(0, I_K)`` be fixed and the output weights be trained from 0 by T steps of
full-batch gradient descent with step size at most ``2/(K (1 + rise))`` on the K basis vectors. Then, with probability
at least ``1 - failure``, every output bit is correct after rounding at the threshold, at all states of the given
classes simultaneously. One network computes all output bits. Conditionally on u they are trained independently of each
other, and the union bound is over the bits::

    failure >= trace + eigenvalue + sum over columns P(|delta| >= e) + sum over classes (states) P(class, |delta| < e)

A state that exactly one template matches is a training sample: there, the network differs from its target only by the
remainder of gradient descent. Bits that no template writes are exactly 0, and so are all bits where no template
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

__all__ = ["Deviated", "FiniteNetwork", "Requirements", "TooNarrow", "Workload", "find_network", "least_network"]

PRECISION = 128
EVENT = 0.05  # share of the failure probability for the deviation event
DESCENT = 1e-3  # share for each of the two events of gradient descent
SLACK = 2e-3  # admissible remainder of gradient descent, relative to the threshold
MAX_LEADING = 10  # classes with target 0, and with target 1, that the search evaluates
NEGLIGIBLE = 1e-9  # share of the failure probability below which a class does not affect the number of steps


Log: TypeAlias = Callable[[float], float]  # the logarithm of a bound as a function of the width


class TooNarrow(NtkProofsError):
    """The bounds do not prove the requirements at this width."""


@dataclass(frozen=True)
class Workload:
    """The outputs that must be correct: pairs (state, bit) by class, and the number of distinct columns with t ones.

    `classes`: numbers of pairs; `columns`: numbers of distinct columns of targets, by t; `states`: numbers of states,
    by n.

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
        cls, samples: int, classes: Classes, columns: Iterable[Iterable[int]], *, max_states: int | None = None
    ) -> Workload:
        """Return the workload of classes (n, p, t) without those with n <= 1 or t = 0, which need no bound.

        `columns`: the targets of every output bit; `max_states`: upper limit on the number of arbitrarily chosen states
        (None: all states).
        """
        bits = [tuple(column) for column in columns]
        kinds = {BitClass(n, p, t): count for (n, p, t), count in sorted(classes.items()) if n >= 2 and t and count}
        states = dict.fromkeys((kind.n for kind in kinds), 0)
        for (n, _, _), count in classes.items():
            if n in states:
                states[n] += count
        states = {n: count // len(bits) for n, count in states.items()}
        if max_states is not None:
            writers = Counter(sum(column) for column in bits)
            kinds = {kind: min(count, max_states * writers[kind.t]) for kind, count in kinds.items()}
            states = {n: min(count, max_states) for n, count in states.items()}
        sizes = sorted(sum(column) for column in set(bits) if any(column))
        return cls(samples, kinds, {t: sizes.count(t) for t in dict.fromkeys(sizes)}, states)

    def states_with(self, n: int) -> int:
        """Return the number of states with n matches, or an upper bound of it if `states` has no entry for n."""
        return self.states.get(n) or sum(count for kind, count in self.classes.items() if kind.n == n)


@dataclass(frozen=True)
class Deviated:
    """The event ``|delta| >= e`` for columns with t ones, with the parameters z and l of its bound."""

    e: Fraction
    z: Fraction
    l: Fraction

    @classmethod
    def of(cls, event: Event, dimension: int) -> Deviated:
        """Return an event found by the search, with a slightly larger e, to allow for rounding."""
        e, hint, l = event
        return cls(short(e * 1.0005), short(dimension * math.exp(hint)), short(l))


@dataclass(frozen=True)
class FiniteNetwork:
    """A width, a threshold and a training schedule that suffice for a workload, with all parameters of the bound."""

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
        """Return an enclosure of the bound of the failure probability.

        Raises Undecided or InputError if a condition of the bound is not satisfied.
        """
        numbers = Balls(PRECISION) if numbers is None else numbers
        return sum(self.terms(numbers), start=numbers.of(0))

    def terms(self, numbers: Numbers) -> Iterator[Real]:
        """Yield the terms of the union bound, in this order: trace, eigenvalue, deviation events, classes."""
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
        """Return an upper bound of the remainder of gradient descent, by the number t of ones in a column."""
        training = (
            self.steps,
            setting.numbers.of(self.step),
            setting.numbers.of(self.rise),
            setting.numbers.of(self.drop),
        )
        return {t: setting.numbers.upper(descent.remainder(setting, t, *training)) for t in self.workload.columns}


@dataclass(frozen=True)
class Requirements:
    """Requirements on a network.

    None means that the search chooses: the smallest width, the best threshold, the smallest number of steps, the
    largest step size.
    """

    failure: Fraction
    width: int | None = None
    threshold: Fraction | None = None
    steps: int | None = None
    step: Fraction | None = None


def least_network(workload: Workload, failure: Fraction) -> FiniteNetwork:
    """Return the network of the smallest width found for a workload.

    The search uses floats; the failure probability of the result is then bounded in ball arithmetic. Raises TooNarrow
    if the bound is not confirmed.
    """
    return find_network(workload, Requirements(failure))


def find_network(workload: Workload, requirements: Requirements) -> FiniteNetwork:
    """Return a network that satisfies the requirements, with all parameters of its bound, confirmed in ball arithmetic.

    A width or number of steps that is not required is the smallest one for which the bounds with these parameters
    suffice. Raises TooNarrow if the required width or training does not suffice, NoMargin if no threshold separates the
    limits.
    """
    search = _Search(workload, requirements)
    width, threshold = search.optimum()
    for index in range(12):
        candidate = search.complete(width, threshold)
        if candidate is not None:
            return candidate
        if requirements.width is not None:
            break
        width += max(1, width * (index + 1) // 200)
    raise TooNarrow(f"the width {width} with this training and threshold does not suffice by these bounds")


# --- search


@dataclass(frozen=True)
class _Training:
    """Gradient descent at one width: rise, drop, their tilts, and the step size."""

    rise: Fraction
    drop: Fraction
    tilts: tuple[Fraction, Fraction]
    step: Fraction

    def remainder(self, samples: int, t: int, steps: int) -> float:
        """Return the remainder after `steps` steps for columns with t ones."""
        return float(
            descent.remainder(float_setting(samples), t, steps, *map(float, (self.step, self.rise, self.drop)))
        )

    def steps(self, samples: int, t: int, slack: float) -> int:
        """Return the smallest number of steps for which the remainder for columns with t ones is at most `slack`."""
        shrinking = math.log1p(-float(self.step) * (1 - float(self.drop)) * float_setting(samples).lam)
        return max(1, math.ceil(math.log(slack / self.remainder(samples, t, 0)) / shrinking))


class _Search:
    """Search in floats for a width and threshold with the required failure probability.

    Only the `leading` classes, those with the largest contributions, are evaluated until the search is complete.
    """

    def __init__(self, workload: Workload, requirements: Requirements) -> None:
        self.workload, self.requirements = workload, requirements
        self.K, self.failure = workload.samples, float(requirements.failure)
        self.setting = float_setting(self.K)
        self.deviations = {t: Deviation(self.setting, t) for t in workload.columns}
        self.events: dict[int, Event] = {}
        self.leading: list[BitClass] = []
        self.hints: dict[BitClass, float] = {}  # log(z/N) of leading classes
        self.neighbours: dict[tuple[int, bool], float] = {}  # log(z/N) of the class evaluated last, by t and target

    # --- initial values

    def optimum(self) -> tuple[int, float]:
        """Return a nearly optimal width and threshold that satisfy the requirements."""
        width, threshold = self._initial_guess()
        for index in range(24):
            before, radius = width, 0.1 / (1 + index / 4)
            width, threshold = self._improved(width, threshold, radius)
            if index > 3 and abs(width - before) < 3e-4 * width:
                break
        return width, threshold

    def _initial_guess(self) -> tuple[int, float]:
        """Return initial values from Gaussian tails with the same second moments, and choose the leading classes."""
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
        if self.requirements.threshold is not None:
            grid = np.array([float(self.requirements.threshold)])
            if not low < grid[0] < high:
                threshold = self.requirements.threshold
                raise NtkProofsError(f"the threshold {threshold} is not between {low:.6g} and {high:.6g}")
        required = spread * logs / (grid[:, None] - means) ** 2
        best = int(required.max(axis=1, initial=1.0).argmin()) if kinds else 0
        largest = max(required[best].max(initial=1.0), 10.0 * self.K)
        shares = logs - largest * logs / required[best]
        for side in (True, False):
            order = [i for i in np.argsort(-shares) if ones[i] == side]
            self.leading += [kinds[i] for i in order[:MAX_LEADING] if shares[i] > shares[order[0]] - 10]
        guess = 2 * largest
        return self.requirements.width or int(guess), float(grid[best])

    def deviated(self, width: int) -> dict[int, Event]:
        """Return the deviation event for each t such that the probabilities sum to the share EVENT of the failure."""
        log_chance = math.log(self.failure * EVENT / sum(self.workload.columns.values()))
        for t, deviation in self.deviations.items():
            event = least_deviation(deviation, width, log_chance, near=self.events.get(t))
            if event is None:
                raise TooNarrow(f"the width {width} is too small for columns with {t} ones")
            self.events[t] = event
        return self.events

    def training(self, width: int) -> _Training:
        """Return gradient descent at a width, with the required step size or the largest admissible one."""
        setting, chance = self.setting, math.log(self.failure * DESCENT)
        trace = least_event(lambda value, l: descent.log_trace(setting, width, value, l), chance, 4.0, 0.499)
        least = least_event(lambda value, l: descent.log_small_eigenvalue(setting, width, value, l), chance, 0.999, 2.0)
        if trace is None or least is None:
            raise TooNarrow(f"the width {width} is too small for gradient descent")
        largest = 2 / (self.K * (1 + trace[0]))
        step = largest if self.requirements.step is None else self.requirements.step
        if step > largest:
            raise TooNarrow(f"the step {step} is too large for the width {width}: at most {largest}")
        return _Training(trace[0], least[0], (trace[1], least[1]), step)

    def slack(self, width: int, threshold: float) -> dict[int, float]:
        """Return the admissible remainder of gradient descent, by the number t of ones in a column."""
        largest = max(self.workload.columns)
        if self.requirements.steps is None:
            return {t: SLACK * threshold * math.sqrt(t / largest) for t in self.workload.columns}
        training = self.training(width)
        return {t: training.remainder(self.K, t, self.requirements.steps) for t in self.workload.columns}

    # --- one iteration of the search

    def _improved(self, width: int, threshold: float, radius: float) -> tuple[int, float]:
        """Return an improved width and threshold, by linearising the logarithms of the leading classes in both."""
        try:
            events, slack = self.deviated(width), self.slack(width, threshold)
        except TooNarrow:
            if self.requirements.width is not None:
                raise
            return 2 * width, threshold
        rows, move = [], 1e-3 * threshold
        for kind in self.leading:
            e = events[kind.t][0]
            bound = ClassBound(self.setting, kind, short(threshold), slack[kind.t])
            if bound.margin <= 0:
                return 2 * width if self.requirements.width is None else width, threshold
            log, parameters, self.hints[kind] = tune(bound, width, e, near=self.hints.get(kind))
            moved = ClassBound(self.setting, kind, short(threshold + move), slack[kind.t])
            at_moved_threshold = _log(moved, e, parameters)
            at_larger_width = _log(bound, e, parameters)(width * 1.001)
            rows.append(
                (
                    log + math.log(self.workload.classes[kind]),
                    (at_moved_threshold(width) - log) / move,
                    (at_larger_width - log) * 1e3 / width,
                )
            )
        if not rows:
            return width, threshold
        return self._solved(np.array(rows).T, width, threshold, radius)

    def _solved(self, rows: np.ndarray, width: int, threshold: float, radius: float) -> tuple[int, float]:
        """Return the smallest width, and the threshold, for which the linearised bounds sum to the allowed probability.

        `rows`: logarithms of the classes and their derivatives by the threshold and by the width.
        """
        logs, by_threshold, by_width = rows
        moves = (
            np.array([0.0]) if self.requirements.threshold is not None else threshold * np.linspace(-radius, radius, 61)
        )
        allowed = math.log(self.failure * (1 - EVENT - 2 * DESCENT))
        base = logs + by_threshold * moves[:, None]
        if self.requirements.width is not None:
            best = int(np.logaddexp.reduce(base, axis=1).argmin())
            return width, threshold + float(moves[best])
        low, high = np.full(len(moves), -0.5 * width), np.full(len(moves), 1.0 * width)
        for _ in range(40):
            middle = (low + high) / 2
            sufficient = np.logaddexp.reduce(base + by_width * middle[:, None], axis=1) <= allowed
            low, high = np.where(sufficient, low, middle), np.where(sufficient, middle, high)
        best = int(high.argmin())
        return max(2, width + int(high[best])), threshold + float(moves[best])

    # --- all parameters

    def complete(self, width: int, threshold: float) -> FiniteNetwork | None:
        """Return the network with all parameters tuned for this width; None if ball arithmetic does not confirm it."""
        tau = short(threshold) if self.requirements.threshold is None else self.requirements.threshold
        training, events, slack = self.training(width), self.deviated(width), self.slack(width, float(tau))
        deviated = {t: Deviated.of(event, self.setting.N) for t, event in events.items()}
        parameters = {}
        for kind in self.workload.classes:
            bound = ClassBound(self.setting, kind, tau, slack[kind.t])
            if bound.margin <= 0:
                return None
            parameters[kind] = self.parameters(bound, width, float(deviated[kind.t].e))
        largest = max(self.workload.columns)
        steps = self.requirements.steps or training.steps(
            self.K, largest, min(slack[largest], float(min(tau, 1 - tau)) / 2)
        )
        network = FiniteNetwork(
            self.workload, width, tau, self.requirements.failure, steps, training.step, training.rise, training.drop,
            training.tilts, deviated, parameters,
        )  # fmt: skip
        return _Fitted(network, self.requirements).result()

    def parameters(self, bound: ClassBound, width: int, e: float) -> Parameters:
        """Return parameters of one class, tuned from those of a similar class, or from scratch if necessary."""
        kind, log_allowed = bound.kind, math.log(self.failure * 1e-4 / len(self.workload.classes))
        if kind in self.leading:
            return tune(bound, width, e, near=self.hints.get(kind), rounds=9)[1]
        side = (kind.t, kind.p > 0)
        log, parameters, hint = tune(bound, width, e, near=self.neighbours.get(side), rounds=4)
        if log + math.log(self.workload.classes[kind]) > log_allowed:
            log, parameters, hint = min(
                (log, parameters, hint), tune(bound, width, e, rounds=9), key=lambda item: item[0]
            )
        self.neighbours[side] = hint
        return parameters


def _log(bound: ClassBound, e: float, parameters: Parameters) -> Log:
    """Return the logarithm of the bound of a class as a function of the width, infinite for invalid parameters."""
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
    """Minimise the width, then the number of steps, with the other parameters of a network fixed."""

    def __init__(self, network: FiniteNetwork, requirements: Requirements) -> None:
        self.network, self.requirements = network, requirements
        self.setting, self.failure = float_setting(network.workload.samples), float(network.failure)
        balls = Setting(Balls(PRECISION), network.workload.samples)
        self.deviations = [
            (columns, [float(part) for part in _rate(balls, t, network.deviated[t])])
            for t, columns in network.workload.columns.items()
        ]

    def result(self) -> FiniteNetwork | None:
        """Return the network with the smallest width and number of steps, confirmed in ball arithmetic, or None."""
        if self.classes_at(self.network.steps) is None:
            return None
        width = self.network.width if self.requirements.width is not None else self._least_width()
        if width is None:
            return None
        network = replace(self.network, width=width)
        if self.requirements.steps is None:
            network = replace(network, steps=self._least_steps(width))
        for candidate in (network, replace(network, steps=self.network.steps)):
            try:
                if candidate.bound().upper <= network.failure:
                    return candidate
            except NtkProofsError:
                continue
        return None

    def total(self, width: int, classes: Mapping[BitClass, Log]) -> float:
        """Return the bound of the failure probability at a width."""
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
        """Return the logarithms of the class bounds after `steps` steps, as functions of the width.

        None if a margin is not positive.
        """
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
        """Return the smallest sufficient number of steps.

        It is determined by the classes that are not negligible, and by all classes if it does not suffice for these.
        """
        classes = self.classes_at(self.network.steps)
        assert classes is not None
        counts = self.network.workload.classes
        significant = [
            kind
            for kind, log in classes.items()
            if log(width) + math.log(counts[kind]) > math.log(self.failure * NEGLIGIBLE)
        ]
        steps = self._least_sufficient_steps(width, classes, significant)
        if steps < self.network.steps and self._suffices(width, classes, steps, list(classes)):
            return steps
        return self._least_sufficient_steps(width, classes, list(classes))

    def _least_sufficient_steps(self, width: int, classes: Mapping[BitClass, Log], kinds: Collection[BitClass]) -> int:
        low, high = 0, self.network.steps
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._suffices(width, classes, middle, kinds) else (middle, high)
        return high

    def _suffices(self, width: int, classes: Mapping[BitClass, Log], steps: int, kinds: Collection[BitClass]) -> bool:
        changed = self.classes_at(steps, kinds)
        return changed is not None and self.total(width, {**classes, **changed}) <= self.failure


def _rate(setting: Setting, t: int, event: Deviated) -> tuple[Real, Real]:
    """Return upper bounds of the divergence and the rate of the deviation event, by ball arithmetic."""
    numbers = setting.numbers
    divergence, log = Deviation(setting, t).rate(*map(numbers.of, (event.e, event.z, event.l)))
    return divergence.upper, log.upper
