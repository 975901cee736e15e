"""Padding: further samples with all-zero targets, which thicken margins, against the number of networks.

A program with K samples whose counts are (n, p, t) has with P samples of padding the counts (n, p, t, K + P): with P
the weights of unmatched samples fall, the means of 1-bits rise towards ``p g(n)``, and the variance falls like
``1/(K + P)``. So the number of networks falls with P, down to one.

Floats search for a padding and a threshold; balls decide that the number of networks is enough there
(:func:`ntkproofs.bounds.ensemble.networks_enough`), and :func:`ruled_out` that no threshold would make it enough.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ntkproofs.bounds.by_class import FloatUnion, networks_enough_by_class
from ntkproofs.bounds.ensemble import MOST, EnsembleSize, Least, Tail, ensemble_size, networks_enough
from ntkproofs.bounds.margins import PRECISION, Margins, SmallestMargin, thinnest_counts
from ntkproofs.bounds.moments import State
from ntkproofs.bounds.ranges import least_margin_count, smallest_margin_over
from ntkproofs.bounds.search import least_integer
from ntkproofs.bounds.tails import ORDER
from ntkproofs.bounds.thresholds import choose_threshold, demand_separable, reaching
from ntkproofs.counts import CountRange, Counts
from ntkproofs.errors import InputError, NoMargin, Undecided
from ntkproofs.kernels.angular import Kernel
from ntkproofs.kernels.names import as_kernel
from ntkproofs.predictor import combine, spread, unmatched
from ntkproofs.validation import integer

__all__ = [
    "MAX_PADDING",
    "Padded",
    "Requirement",
    "TooFew",
    "best_padding",
    "moderate_padding",
    "padding_for",
    "ruled_out",
]

MAX_PADDING = 10**9  # samples of padding that a search goes to
HALVINGS = 60  # of a float interval of thresholds
TRIES = 12  # paddings that are put to balls, each twice as far from the float's answer as the one before
FEW = 8  # numbers of networks that the search for the least product looks at


class TooFew(Undecided):
    """A number of networks that a union bound does not allow; `enough` are enough."""

    def __init__(self, networks: int, enough: int) -> None:
        super().__init__(f"{networks} networks are too few for this union bound: {enough} are enough")
        self.networks, self.enough = networks, enough


@dataclass(frozen=True)
class Requirement:
    """What an ensemble must do: the counts of a program without further padding, and what the union runs over.

    `counts` all have the same K. `threshold`: how it is chosen, one of ``zero``, ``half``, ``best``. `ranges`: if any,
    they contain all counts that can occur, and `counts` represent them in searches
    (:func:`ntkproofs.bounds.ranges.representatives`). `pairs`: the number of pairs of a state and an output bit with
    each of the `counts`, if the union is by class (:mod:`ntkproofs.bounds.by_class`); None if it takes the smallest
    margin for every pair. The other parameters are those of :func:`ntkproofs.bounds.ensemble.ensemble_size`.
    """

    kernel: Kernel
    counts: frozenset[Counts]
    output_bits: int
    steps: int
    inputs: int
    failure: Fraction
    threshold: str = "best"
    tail: Tail = "gaussian"
    drop_unwritten: bool = False
    ranges: tuple[CountRange, ...] = ()
    pairs: Mapping[Counts, int] | None = field(default=None, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kernel", as_kernel(self.kernel))
        for name in ("output_bits", "steps", "inputs"):
            object.__setattr__(self, name, integer(getattr(self, name), name, low=1))
        if len({each.samples for each in self.counts}) != 1:
            raise InputError("the counts of one program have one number of samples")
        if self.pairs is not None and (self.tail != "gaussian" or self.pairs.keys() != self.counts):
            raise InputError("a union by class needs the number of pairs of each of the counts, and the Gaussian tail")

    @property
    def samples(self) -> int:
        """K, without further padding."""
        return next(iter(self.counts)).samples

    @property
    def cases(self) -> int:
        """The number of events in the union bound."""
        return self.output_bits * self.steps * self.inputs

    def padded(self, padding: int) -> frozenset[Counts]:
        """Return the counts with `padding` further samples."""
        return frozenset(replace(each, samples=each.samples + padding) for each in self.counts)

    def padded_ranges(self, padding: int) -> tuple[CountRange, ...]:
        """Return the ranges with `padding` further samples."""
        return tuple(replace(each, samples=each.samples + padding) for each in self.ranges)

    def chosen(self, padding: int) -> Fraction:
        """Return the threshold with `padding` further samples, as the requirement chooses it.

        Of ranges, counts with the smallest margin at the threshold are added to the representatives, until they are
        among them. Raises NoMargin where no threshold works.
        """
        counts, ranges = set(self.padded(padding)), self.padded_ranges(padding)
        kept = [each for each in ranges if each.writers or not self.drop_unwritten]
        while True:
            threshold = choose_threshold(self.kernel, counts, self.threshold, drop_unwritten=self.drop_unwritten)
            least = least_margin_count(self.kernel, kept, threshold) if kept else None
            if least is None or least in counts:
                return threshold
            counts.add(least)

    def smallest(self, padding: int, threshold: Fraction) -> SmallestMargin:
        """Return the smallest margin at a threshold with `padding` further samples; raises NoMargin."""
        if self.ranges:
            ranges = self.padded_ranges(padding)
            return smallest_margin_over(self.kernel, ranges, threshold, drop_unwritten=self.drop_unwritten)
        return self.margins(padding).smallest(threshold)

    def size(self, padding: int, threshold: Fraction | None = None) -> EnsembleSize:
        """Return the number of networks with `padding` further samples, decided by balls.

        Raises NoMargin where no threshold works. Default `threshold`: as the requirement chooses it.
        """
        if self.pairs is not None:
            return _Classes(self, padding).size(threshold)
        return ensemble_size(
            self.kernel,
            self.padded(padding),
            output_bits=self.output_bits,
            steps=self.steps,
            inputs=self.inputs,
            failure=self.failure,
            threshold=self.chosen(padding) if threshold is None else threshold,
            tail=self.tail,
            drop_unwritten=self.drop_unwritten,
            ranges=self.padded_ranges(padding),
        )

    def exactly(self, padding: int, networks: int) -> EnsembleSize:
        """Return that so many `networks` are enough with `padding` further samples, at a threshold as short as may be.

        Raises TooFew where the union bound does not allow it.
        """
        networks = integer(networks, "networks", low=1)
        threshold = _enough(self, padding, networks)
        size = self.size(padding, threshold)
        if size.networks > networks:
            raise TooFew(networks, size.networks)
        return replace(size, networks=networks, least="unknown")

    def margins(self, padding: int) -> Margins:
        """Return the margins of `counts` with `padding` further samples."""
        return Margins.of(self.kernel, self.padded(padding), drop_unwritten=self.drop_unwritten)

    @cached_property
    def search(self) -> _Search:
        """The search in floats."""
        return _Search(self)


@dataclass(frozen=True)
class Padded:
    """A number of further samples with which so many networks are enough at a threshold, decided by balls."""

    padding: int
    samples: int
    networks: int
    threshold: Fraction

    @property
    def product(self) -> int:
        """Networks times samples, a measure of the cost."""
        return self.networks * self.samples

    def __str__(self) -> str:
        return f"{self.networks} networks with {self.samples} samples ({self.padding} of padding)"


def padding_for(requirement: Requirement, networks: int) -> Padded:
    """Return the smallest padding found with which so many `networks` are enough.

    Raises Undecided if more than 10**9 samples would be needed, NoMargin where padding does not help.

    >>> from ntkproofs.counts import worst_counts
    >>> from ntkproofs.kernels import two_layer_relu
    >>> from ntkproofs.programs import permutation
    >>> requirement = Requirement(two_layer_relu(), worst_counts(permutation(range(5))), 5, 1, 32, Fraction(1, 100))
    >>> print(padding_for(requirement, 1))
    1 networks with 60 samples (55 of padding)
    """
    networks = integer(networks, "networks", low=1)
    first = requirement.search.padding(networks)
    for index in range(TRIES):
        padding = first + (1 << index) - 1
        threshold = _enough(requirement, padding, networks)
        if threshold is not None:
            return Padded(padding, requirement.samples + padding, networks, threshold)
    raise Undecided(f"{networks} networks: balls do not confirm the padding that floats find, {first} samples")


def best_padding(requirement: Requirement) -> Padded:
    """Return the padding that minimises networks times samples, as far as the search finds it.

    Looks at no padding, and at the smallest paddings with which 1 to 8 networks are enough. Raises as
    :func:`padding_for`.
    """
    search, K = requirement.search, requirement.samples
    costs = [(many * (K + search.padding(many)), many) for many in range(1, FEW + 1)]
    product, networks = min(costs)
    found = padding_for(requirement, networks)
    if search.networks(0) * K < product:
        size = requirement.size(0)
        if size.networks * K < found.product:
            return Padded(0, K, size.networks, size.threshold)
    return found


def moderate_padding(requirement: Requirement, best: Padded) -> Padded:
    """Return the smallest padding found at which networks times samples is at most twice that of `best`."""
    search, K = requirement.search, requirement.samples

    def enough(samples: int) -> bool:
        networks = 2 * best.product // (samples - 1 + K)
        return networks > 0 and search.enough(samples - 1, networks)

    if best.padding < 1:
        return best
    padding = least_integer(enough, most=MAX_PADDING, what="a moderate padding") - 1
    size = requirement.size(padding)
    return Padded(padding, K + padding, size.networks, size.threshold)


def ruled_out(requirement: Requirement, padding: int, networks: int) -> bool:
    """Tell whether balls decide that this union bound does not allow so many networks, whatever the threshold.

    >>> from ntkproofs.counts import worst_counts
    >>> from ntkproofs.kernels import two_layer_relu
    >>> from ntkproofs.programs import permutation
    >>> requirement = Requirement(two_layer_relu(), worst_counts(permutation(range(5))), 5, 1, 32, Fraction(1, 100))
    >>> ruled_out(requirement, 54, 1), ruled_out(requirement, 55, 1)
    (True, False)
    """
    margins = requirement.margins(padding)
    try:
        threshold = choose_threshold(
            requirement.kernel, requirement.padded(padding), "best", drop_unwritten=requirement.drop_unwritten
        )
    except NoMargin:
        return True
    ceiling = margins.ceiling(threshold)
    if ceiling is None:
        return False
    try:
        return not networks_enough(networks, ceiling, requirement.cases, requirement.failure, requirement.tail)
    except Undecided:
        return False


def _enough(requirement: Requirement, padding: int, networks: int) -> Fraction | None:
    """Return a threshold at which balls decide that so many networks are enough; None if there is none."""
    if requirement.pairs is not None:
        return _Classes(requirement, padding).enough(networks)
    try:
        if requirement.threshold == "best":
            threshold = reaching(requirement.margins(padding), requirement.search.needed / math.sqrt(networks))
        else:
            threshold = requirement.chosen(padding)
        z = requirement.smallest(padding, threshold).z
        if z is None or networks_enough(networks, z, requirement.cases, requirement.failure, requirement.tail):
            return threshold
    except (NoMargin, Undecided):
        pass
    return None


class _Classes:
    """The union by class of a requirement with a number of further samples: decided by balls, searched in floats."""

    def __init__(self, requirement: Requirement, padding: int) -> None:
        assert requirement.pairs is not None
        self.requirement, extra = requirement, padding
        self.pairs = {
            replace(counts, samples=counts.samples + extra): number
            for counts, number in sorted(requirement.pairs.items())
            if counts.writers or not requirement.drop_unwritten
        }
        states: dict[tuple[int, int], State] = {}
        rows = []
        for counts in self.pairs:
            key = counts.matches, counts.samples
            if key not in states:
                states[key] = State.at(requirement.kernel, *key, PRECISION)
            rows.append(states[key].moments(counts))
        self.margins = Margins(requirement.kernel, tuple(rows), requirement.drop_unwritten)
        varying = [row for row in rows if not row.certain and self.pairs[row.counts]]
        self.floats = FloatUnion.of(
            np.array([float(row.mean.middle) for row in varying]),
            np.array([float(row.sigma.middle) for row in varying]),
            np.array([row.bit == 1 for row in varying], dtype=np.bool_),
            [self.pairs[row.counts] for row in varying],
            requirement.cases,
            requirement.failure,
        )

    def allows(self, networks: int, threshold: Fraction) -> bool:
        """Tell by balls whether so many networks are enough; Undecided where the precision does not decide."""
        required = self.requirement
        return networks_enough_by_class(
            networks, self.margins.moments, self.pairs, threshold, cases=required.cases, failure=required.failure
        )

    def chosen(self, networks: int) -> Fraction:
        """Return the threshold of the requirement: the best one for so many networks, or the one that it names."""
        required = self.requirement
        if required.threshold == "best" and len(self.floats.means):
            return self.floats.threshold(networks)
        return choose_threshold(required.kernel, self.pairs, required.threshold, drop_unwritten=required.drop_unwritten)

    def enough(self, networks: int) -> Fraction | None:
        """Return a threshold at which balls decide that so many networks are enough; None if there is none."""
        try:
            threshold = self.chosen(networks)
            return threshold if self.allows(networks, threshold) else None
        except (NoMargin, Undecided):
            return None

    def size(self, threshold: Fraction | None) -> EnsembleSize:
        """Return the number of networks at a threshold, by default that of the requirement, decided by balls."""
        required = self.requirement
        if threshold is None and required.threshold != "best":
            threshold = self.chosen(1)
        demand_separable(self.margins)
        networks = self.floats.networks(MOST, None if threshold is None else float(threshold))
        for _ in range(TRIES):
            chosen = self.chosen(networks) if threshold is None else threshold
            known = self._known(networks, chosen)
            if known:
                break
            networks += 1
        else:
            raise Undecided(f"balls do not confirm the number of networks that floats find, {networks - TRIES}")
        margin, tail = self.margins.smallest(chosen), required.tail
        least: Least = "bound" if networks == 1 or self._known(networks - 1, chosen) is False else "unknown"
        sizes = required.output_bits, required.steps, required.inputs
        return EnsembleSize(networks, margin, tail, least, *sizes, required.failure, required.drop_unwritten, PRECISION)

    def _known(self, networks: int, threshold: Fraction) -> bool | None:
        """Tell whether so many networks are enough; None where balls do not decide."""
        try:
            return self.allows(networks, threshold)
        except Undecided:
            return None


# --- searching


Floats = NDArray[np.float64]


class _Search:
    """The number of networks as a function of the padding, in floats: a search, never a verdict."""

    def __init__(self, requirement: Requirement) -> None:
        self.requirement = requirement
        kernel = requirement.kernel
        if requirement.pairs is None:
            kept = thinnest_counts(requirement.counts, requirement.drop_unwritten)
        else:
            kept = sorted(each for each in requirement.counts if each.writers or not requirement.drop_unwritten)
        rows = [each for each in kept if each.matches > 1]
        self.rows = rows
        self.n, self.p, self.t = (
            np.array([getattr(each, name) for each in rows], dtype=np.float64)
            for name in ("matches", "matched_writers", "writers")
        )
        self.ones = self.p > 0
        self.trained, self.prior = (_entries(each, rows) for each in (kernel, kernel.prior or kernel))
        self.certain_one = any(each.matches == 1 and each.matched_writers for each in requirement.counts)

    @cached_property
    def needed(self) -> float:
        """``sqrt(N) z`` that the tail asks for."""
        log = math.log(self.requirement.cases) - math.log(self.requirement.failure)
        if self.requirement.tail == "published":
            return math.sqrt(8 * (log + math.log(2)))
        low, high = 1e-6, 2 + math.sqrt(2 * log)
        for _ in range(HALVINGS):
            x = (low + high) / 2
            allowed = math.log(_mills(x)) - x * x / 2 - math.log(2 * math.pi) / 2 <= -log
            low, high = (low, x) if allowed else (x, high)
        return high

    def moments(self, padding: int) -> tuple[Floats, Floats]:
        """Return the means and the standard deviations."""
        K = self.requirement.samples + padding
        own, other, matched = self.trained
        gain = (matched - other) / (own - other)
        u = unmatched(own, other, gain, self.n, K)
        means = combine(gain, u, self.p, self.t)
        return means, np.sqrt(np.maximum(spread(*self.prior, u + gain, u, self.n, K), 0) / K)

    def union(self, padding: int) -> FloatUnion:
        """Return the union by class with so many further samples."""
        required = self.requirement
        assert required.pairs is not None
        numbers = [required.pairs[each] for each in self.rows]
        return FloatUnion.of(*self.moments(padding), self.ones, numbers, required.cases, required.failure)

    def z(self, padding: int) -> float:
        """Return the smallest standardised margin at the threshold chosen; 0 where none is positive."""
        means, sigmas = self.moments(padding)
        zeros, ones = (means[~self.ones], sigmas[~self.ones]), (means[self.ones], sigmas[self.ones])

        def low(tau: float) -> float:
            return float(((tau - zeros[0]) / zeros[1]).min(initial=np.inf))

        def high(tau: float) -> float:
            return float(((ones[0] - tau) / ones[1]).min(initial=np.inf))

        top = min(1.0, float(ones[0].min(initial=1.0)))
        if top <= 0:
            return 0.0
        if self.requirement.threshold == "best":
            tau = _crossing(low, high, 0.5 if self.certain_one and not len(ones[0]) else top)
        else:
            tau = top / 2 if self.requirement.threshold == "half" else 0.0
        return max(0.0, min(low(tau), high(tau)))

    def networks(self, padding: int) -> int:
        """Return how many networks are enough, about; a huge number where none are."""
        if self.requirement.pairs is not None:
            union = self.union(padding)
            return union.networks(MOST, self._named(union))
        z = self.z(padding)
        return MOST if z <= 0 else max(1, math.ceil((self.needed / z) ** 2 * (1 - 1e-12)))

    def _named(self, union: FloatUnion) -> float | None:
        """Return the threshold ``zero`` or ``half``; None for the best one."""
        if self.requirement.threshold == "best":
            return None
        return max(0.0, union.ends[1] / 2) if self.requirement.threshold == "half" else 0.0

    def enough(self, padding: int, networks: int) -> bool:
        """Tell whether so many networks are enough, about."""
        if self.requirement.pairs is None:
            return self.networks(padding) <= networks
        union = self.union(padding)
        threshold = self._named(union)
        excess = union.best(networks)[1] if threshold is None else union.excess(networks, threshold)
        return excess <= 0

    def padding(self, networks: int) -> int:
        """Return the smallest padding for so many networks, by bisection, as if more were never worse."""
        what = f"padding for {networks} networks"
        return least_integer(lambda more: self.enough(more - 1, networks), most=2 * MAX_PADDING, what=what) - 1


def _mills(x: float) -> float:
    """Return the convergent that the certified bound uses, in floats."""
    rest = 0.0
    for step in range(ORDER - 1, 0, -1):
        rest = step / (x + rest)
    return 1 / (x + rest)


def _crossing(low: Callable[[float], float], high: Callable[[float], float], top: float) -> float:
    """Return where an increasing function meets a decreasing one in [0, top]."""
    first, last = 0.0, top
    for _ in range(HALVINGS):
        middle = (first + last) / 2
        first, last = (middle, last) if low(middle) <= high(middle) else (first, middle)
    return first


def _entries(kernel: Kernel, rows: Sequence[Counts]) -> tuple[Floats, Floats, Floats]:
    """Return own, other and matched of a kernel, for each row."""
    known: dict[int, tuple[float, ...]] = {}
    for each in rows:
        if each.matches not in known:
            known[each.matches] = tuple(
                float(ball.middle) for ball in kernel.enclosed(each.matches, precision=PRECISION)
            )
    values = np.array([known[each.matches] for each in rows], dtype=np.float64).reshape(-1, 3)
    return values[:, 0], values[:, 1], values[:, 2]
