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
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias

from ntkproofs.arithmetic.balls import working_precision
from ntkproofs.bounds.finite import descent
from ntkproofs.bounds.finite.deviation import Deviation
from ntkproofs.bounds.finite.numbers import Balls, Numbers, Real
from ntkproofs.bounds.finite.output_layer import BitClass, ClassBound, Parameters, Setting
from ntkproofs.bounds.finite.search import Report, Search, silent
from ntkproofs.bounds.finite.tuning import float_setting, least_event, short
from ntkproofs.bounds.finite.workload import PRECISION, Deviated, Requirements, TooNarrow, Workload
from ntkproofs.errors import NtkProofsError

__all__ = ["Deviated", "FiniteNetwork", "Requirements", "TooNarrow", "Workload", "find_network", "least_network"]

DESCENT = 1e-3  # share for each of the two events of gradient descent
SLACK = 2e-3  # admissible remainder of gradient descent, relative to the threshold
NEGLIGIBLE = 1e-9  # share of the failure probability below which a class does not affect the number of steps


Log: TypeAlias = Callable[[float], float]  # the logarithm of a bound as a function of the width


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


def least_network(workload: Workload, failure: Fraction) -> FiniteNetwork:
    """Return the network of the smallest width found for a workload.

    The search uses floats; the failure probability of the result is then bounded in ball arithmetic. Raises TooNarrow
    if the bound is not confirmed.
    """
    return find_network(workload, Requirements(failure))


def find_network(workload: Workload, requirements: Requirements, report: Report = silent) -> FiniteNetwork:
    """Return a network that satisfies the requirements, with all parameters of its bound, confirmed in ball arithmetic.

    A width or number of steps that is not required is the smallest one for which the bounds with these parameters
    suffice. `report` is called with lines that show progress. Raises TooNarrow if the required width or training does
    not suffice, NoMargin if no threshold separates the limits.
    """
    search = _Search(workload, requirements, report)
    return search.result(search.complete)


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


class _Search(Search):
    """Search in floats for a width and threshold with the required failure probability."""

    def __init__(self, workload: Workload, requirements: Requirements, report: Report = silent) -> None:
        super().__init__(workload, requirements, report, min(0.2, max(0.05, 1.4 / workload.samples)), 2 * DESCENT)
        self.K = workload.samples
        self.setting = float_setting(self.K)

    def independent_terms(self, width: int) -> int:
        return width

    def width_of(self, terms: float) -> int:
        return max(2, math.ceil(terms))

    @lru_cache(maxsize=16)  # noqa: B019 - a search lives for one call
    def event(self, t: int) -> Deviation:
        return Deviation(self.setting, t)

    def bound(self, kind: BitClass, width: int, threshold: float) -> ClassBound:
        return ClassBound.searched(self.setting, kind, short(threshold), self.slack(width, threshold)[kind.t])

    def at_limit(self, kind: BitClass, threshold: float) -> ClassBound:
        return ClassBound.searched(self.setting, kind, short(threshold), 0.0)

    @lru_cache(maxsize=256)  # noqa: B019 - a search lives for one call
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

    def complete(self, width: int, threshold: float) -> FiniteNetwork | None:
        """Return the network with all parameters tuned for this width; None if ball arithmetic does not confirm it."""
        tau, training, parameters = self.short_threshold(threshold), self.training(width), {}
        for kind in self.workload.classes:
            used = self.final(kind, width, float(tau))
            if used is None:
                return None
            parameters[kind] = used
        slack, largest = self.slack(width, float(tau)), max(self.workload.columns)
        steps = self.requirements.steps or training.steps(
            self.K, largest, min(slack[largest], float(min(tau, 1 - tau)) / 2)
        )
        network = FiniteNetwork(
            self.workload, width, tau, self.requirements.failure, steps, training.step, training.rise, training.drop,
            training.tilts, self.deviated(width), parameters,
        )  # fmt: skip
        return _Fitted(network, self.requirements).result()


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
                with working_precision(PRECISION):
                    bound = candidate.bound()
                if bound.upper <= network.failure:
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
            bound = ClassBound.searched(self.setting, kind, network.threshold, slack[kind.t])
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
