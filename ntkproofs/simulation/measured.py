"""Drawn and trained networks of finite width, measured at all states of a program (or a stated sample of them).

A *draw* is the average of some networks (one, unless stated). Measured is how many draws have every output bit of every
state on its side of the threshold, and how their outputs lie about the prediction for infinite width::

    mean(x) = k' Theta^-1 (I - (I - step Theta)^steps) y

Floats throughout: nothing here is a verdict.

>>> from ntkproofs.programs import permutation
>>> from ntkproofs.training import Training
>>> states = States.arbitrary(permutation([2, 0, 1]))
>>> found = measure(states, Training.of("output"), width=200, draws=50, seed=1)
>>> found.draws, found.right(found.threshold) > 40
(50, True)
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.errors import InputError
from ntkproofs.kernels import Kernel, two_layer_relu
from ntkproofs.programs import Rows, Task, TemplateProgram
from ntkproofs.simulation.drawn import check_width, default_step, draw_and_train
from ntkproofs.simulation.limit import kernel_values
from ntkproofs.simulation.streams import STATES, WEIGHTS, stream
from ntkproofs.training import Training
from ntkproofs.truth import NoTruthValue
from ntkproofs.validation import integer

__all__ = ["Draws", "States", "measure", "measure_chunks", "predicted", "share_bounds"]

Floats: TypeAlias = NDArray[np.float64]

MOST_STATES = 1 << 12  # all states of a program, or all inputs of a task, up to so many
SAMPLED = 1000  # of more
HELD = 1 << 17  # numbers worked on at once: some that a cache holds


@dataclass(frozen=True, eq=False)
class States:
    """The states at which networks are measured, each set of matching templates once.

    `codes`, ``(states, K)``: encoded; `wanted`, ``(states, bits)``: the program's next bits; `which`: in words;
    `exhaustive`: whether these are all states of that description. States that no template matches are left out: every
    output is 0.
    """

    program: TemplateProgram
    codes: Floats
    wanted: NDArray[np.bool_]
    which: str
    exhaustive: bool

    @classmethod
    def of(cls, program: TemplateProgram, rows: Rows, *, which: str, every: bool) -> States:
        """Return the states `rows`, ``(states, bits)`` of 0 and 1; raises InputError if no template matches any."""
        match = np.unique(program.match_rows(rows), axis=0)
        match = match[match.any(axis=1)]
        if not len(match):
            raise InputError(f"{program.name}: no template matches at any of the states")
        codes = np.zeros((len(match), program.samples))
        codes[:, : match.shape[1]] = match / np.sqrt(match.sum(axis=1))[:, None]
        return cls(program, codes, program.matched_writers_rows(match) > 0, which, every)

    def with_matches(self, least: int) -> States:
        """Return the states that at least so many templates match."""
        kept = np.count_nonzero(self.codes, axis=1) >= least
        return replace(self, codes=self.codes[kept], wanted=self.wanted[kept])

    def sampled(self, most: int, *, seed: int = 0) -> States:
        """Return these states, or so many random ones of more."""
        if len(self.codes) <= most:
            return self
        kept = np.sort(stream(seed, STATES).permutation(len(self.codes))[:most])
        which = f"{most:,} random ones of {self.which}"
        return replace(self, codes=self.codes[kept], wanted=self.wanted[kept], which=which, exhaustive=False)

    @classmethod
    def arbitrary(cls, program: TemplateProgram, *, ones: int | None = None, seed: int = 0) -> States:
        """Return all states, or 1,000 random ones of more than 4,096; only those with so many `ones`, if given."""
        bits, source = program.output_bits, stream(seed, STATES)
        total = 1 << bits if ones is None else math.comb(bits, ones)
        which = "states" if ones is None else f"states with {ones} ones"
        if total > MOST_STATES:
            rows = source.integers(0, 2, (SAMPLED, bits), dtype=np.uint8)
            if ones is not None:
                order = source.random((SAMPLED, bits)).argsort(axis=1)
                rows = (order < ones).astype(np.uint8)
            return cls.of(program, rows, which=f"{SAMPLED:,} random {which}", every=False)
        numbers = np.arange(1 << bits) if bits <= MOST_STATES.bit_length() else None
        if numbers is None:
            return cls.of(program, _with_ones(bits, ones or 0), which=f"all {total:,} {which}", every=True)
        rows = (numbers[:, None] >> np.arange(bits) & 1).astype(np.uint8)
        rows = rows if ones is None else rows[rows.sum(axis=1) == ones]
        return cls.of(program, rows, which=f"all {total:,} {which}", every=True)

    @classmethod
    def reachable(cls, task: Task, *, seed: int = 0) -> States:
        """Return the states that runs visit from all inputs, or from 1,000 random ones if there are more than 4,096."""
        places = [place for field in task.input_positions for place in field]
        start = np.flatnonzero(task.program.row(task.start(*(0 for _ in task.inputs)))).tolist()
        return cls.visited(task.program, places, start, task.steps, seed=seed)

    @classmethod
    def visited(
        cls, program: TemplateProgram, places: Sequence[int], ones: Sequence[int], steps: int, *, seed: int = 0
    ) -> States:
        """Return the states that `steps` steps visit from all values of the bits at `places`, or from 1,000 of many.

        `ones`: the other positions that are 1 at the start.
        """
        every = 1 << len(places) <= MOST_STATES
        if every:
            inputs = np.arange(1 << len(places))[:, None] >> np.arange(len(places)) & 1
        else:
            inputs = stream(seed, STATES).integers(0, 2, (SAMPLED, len(places)))
        rows = np.zeros((len(inputs), program.output_bits), dtype=np.uint8)
        rows[:, list(ones)] = 1
        rows[:, list(places)] = inputs
        seen = [rows]
        for _ in range(steps - 1):
            rows = np.unique(program.step_rows(rows), axis=0)
            seen.append(rows)
        count = f"all {len(inputs):,}" if every else f"{SAMPLED:,} random"
        return cls.of(program, np.concatenate(seen), which=f"states visited from {count} inputs", every=every)


def _with_ones(bits: int, ones: int) -> Rows:
    from itertools import combinations

    rows = np.zeros((math.comb(bits, ones), bits), dtype=np.uint8)
    for row, places in zip(rows, combinations(range(bits), ones), strict=True):
        row[list(places)] = 1
    return rows


def predicted(states: States, training: Training) -> Floats:
    """Return the mean at infinite width after the training, ``(states, bits)``."""
    kernel, program = kernel_of(training), states.program
    values, vectors = np.linalg.eigh(kernel_values(kernel)(np.eye(program.samples)))
    learnt = 1 / values
    if training.steps is not None:
        learnt = (1 - (1 - default_step(training, program.samples) * values) ** training.steps) / values
    dual = vectors @ (learnt[:, None] * (vectors.T @ program.labels))
    return np.asarray(kernel_values(kernel)(states.codes) @ dual)


def kernel_of(training: Training) -> Kernel:
    """Return the kernel that the training follows at infinite width."""
    return two_layer_relu(training.kernel)


@dataclass(frozen=True, eq=False)
class Draws(NoTruthValue):
    """What was drawn so far: `rows`, ``(draws, 5)``, by the properties below, each with an entry for each draw.

    `networks` in each draw, `planned` draws, `steps` taken by gradient descent on all layers.
    """

    instead = ".complete"

    states: States = field(repr=False)
    training: Training
    width: int
    networks: int
    seed: int
    planned: int
    rows: Floats = field(repr=False)
    steps: int | None

    @property
    def zeros(self) -> Floats:
        """The highest output at a bit that should be 0, over all states; minus infinity where there is none."""
        return self.rows[:, 0]

    @property
    def ones(self) -> Floats:
        """The lowest output at a bit that should be 1, over all states; infinity where there is none."""
        return self.rows[:, 1]

    @property
    def mean_of_zeros(self) -> Floats:
        """The average output at bits that should be 0."""
        return self.rows[:, 2]

    @property
    def mean_of_ones(self) -> Floats:
        """The average output at bits that should be 1."""
        return self.rows[:, 3]

    @property
    def distance(self) -> Floats:
        """The root mean square distance from the prediction for infinite width."""
        return self.rows[:, 4]

    @property
    def draws(self) -> int:
        """The number of draws."""
        return len(self.rows)

    @property
    def complete(self) -> bool:
        """Whether all draws that were planned are made."""
        return self.draws == self.planned

    def right(self, threshold: float) -> int:
        """Return how many draws have every bit of every state right: 1-bits above the threshold, 0-bits not above."""
        return int(((self.ones > threshold) & (self.zeros <= threshold)).sum())

    @cached_property
    def threshold(self) -> float:
        """The threshold at which most draws are right: the middle of the longest of the best intervals, from 0 on."""
        points = np.unique(np.clip(np.concatenate([[0.0, 1.0], self.zeros, self.ones]), 0.0, 1.0))
        middles, lengths = (points[1:] + points[:-1]) / 2, np.diff(points)
        counts = np.searchsorted(np.sort(np.where(self.zeros < self.ones, self.zeros, 2.0)), middles)
        counts = counts - np.searchsorted(np.sort(np.where(self.zeros < self.ones, self.ones, 2.0)), middles)
        best = np.flatnonzero(counts == counts.max())
        return float(middles[best[lengths[best].argmax()]])


@dataclass(frozen=True)
class Mean(NoTruthValue):
    """An average over draws, its standard error (None for one draw), and the prediction for infinite width."""

    instead = ".measured"

    measured: float
    standard_error: float | None
    predicted: float


def means(found: Draws) -> dict[str, Mean]:
    """Return the averages of the outputs at 1-bits and 0-bits, and the distance from the prediction."""
    limit, wanted = predicted(found.states, found.training), found.states.wanted
    rows = {
        "mean_of_ones": (found.mean_of_ones, wanted),
        "mean_of_zeros": (found.mean_of_zeros, ~wanted),
    }
    result = {
        name: Mean(float(values.mean()), _error(values), float(limit[chosen].mean()))
        for name, (values, chosen) in rows.items()
        if chosen.any()
    }
    return result | {"distance": Mean(float(found.distance.mean()), _error(found.distance), 0.0)}


def _error(values: Floats) -> float | None:
    return float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else None


def share_bounds(count: int, draws: int, *, level: float = 0.95) -> tuple[float, float]:
    """Return the Clopper-Pearson interval for a probability of which `count` of `draws` independent trials are seen.

    >>> [round(bound, 4) for bound in share_bounds(0, 100)], [round(bound, 3) for bound in share_bounds(50, 100)]
    ([0.0, 0.0362], [0.398, 0.602])
    """
    tail = (1 - level) / 2

    def solve(count: int) -> float:
        """Return p with ``P(X >= count) = tail``, X binomial."""
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if _at_least(count, draws, middle) < tail else (low, middle)
        return (low + high) / 2

    return (solve(count) if count else 0.0, 1 - solve(draws - count) if count < draws else 1.0)


def _at_least(count: int, draws: int, p: float) -> float:
    k = np.arange(count, draws + 1)
    logs = np.array([math.lgamma(draws + 1) - math.lgamma(i + 1) - math.lgamma(draws - i + 1) for i in k.tolist()])
    with np.errstate(divide="ignore", invalid="ignore"):
        logs += np.where(k > 0, k * np.log(p), 0) + np.where(k < draws, (draws - k) * np.log1p(-p), 0)
    return float(np.exp(logs).sum())


def measure(
    states: States, training: Training, *, width: int, draws: int = 100, networks: int = 1, seed: int = 0
) -> Draws:
    """Draw and train networks, and return what was measured; see :func:`measure_chunks`."""
    *_, last = measure_chunks(states, training, width=width, draws=draws, networks=networks, seed=seed)
    return last


def measure_chunks(
    states: States, training: Training, *, width: int, draws: int = 100, networks: int = 1, seed: int = 0
) -> Iterator[Draws]:
    """Draw and train networks chunk by chunk; yield after each what was measured so far.

    `width`: neurons of each network; `networks` are averaged in each of `draws` draws. The same seed gives the same
    networks. Raises InputError for values that cannot be, Undecided if training does not converge.
    """
    sizes = {"networks": networks, "draws": draws, "width": width}
    networks, draws, width = (integer(value, name, low=1) for name, value in sizes.items())
    program = states.program
    weights = check_width(program, training, width)
    limit, rows, chunk = predicted(states, training), [np.empty((0, 5))], max(1, HELD // weights)
    steps: int | None = None
    for first in range(0, draws, chunk):
        outputs = np.zeros((min(chunk, draws - first), *states.wanted.shape))
        for network in range(networks):
            sources = [stream(seed, WEIGHTS, first + place, network) for place in range(len(outputs))]
            after = draw_and_train(program, training, width, sources)
            outputs += after.outputs(states.codes) / networks
            taken = after.steps if training.layers.scalar else None
            steps = taken if steps is None or (taken is not None and taken > steps) else steps
        rows.append(_rows(outputs, states.wanted, limit))
        rows = [np.concatenate(rows)]
        yield Draws(states, training, width, networks, seed, draws, rows[0], steps)


def _rows(outputs: Floats, wanted: NDArray[np.bool_], limit: Floats) -> Floats:
    """Return what :class:`Draws` keeps of the outputs, ``(draws, 5)``."""
    zeros, ones = outputs[:, ~wanted], outputs[:, wanted]
    return np.stack(
        [
            zeros.max(axis=1, initial=-np.inf),
            ones.min(axis=1, initial=np.inf),
            zeros.mean(axis=1) if zeros.shape[1] else np.zeros(len(outputs)),
            ones.mean(axis=1) if ones.shape[1] else np.zeros(len(outputs)),
            np.sqrt(((outputs - limit) ** 2).mean(axis=(1, 2))),
        ],
        axis=1,
    )
