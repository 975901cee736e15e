"""Finite ensembles: what N networks answer on average, measured next to what the theory predicts.

Three models of a network: ``limit`` (a draw of the Gaussian process of infinite width), ``linearised`` (finite width,
trained to first order) and ``trained`` (finite width, really trained by full-batch gradient descent), in the NTK or in
the standard parametrisation. The prediction is that of infinite width: the NTK, or for the standard parametrisation the
NNGP kernel. For ``limit`` it is exact; what a finite width does beyond it is measured here and certified nowhere.

>>> from ntkproofs.programs import permutation
>>> trials = words_with_ones(permutation([1, 0, 2, 3]), ones=2)
>>> found = simulate(trials, networks=5, seed=1)
>>> found.repetitions, abs(found.mean_squared_error.deviations) < 4
(1000, True)
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ntkproofs.errors import InputError
from ntkproofs.kernels import Kernel, KernelLike, as_kernel, two_layer_relu
from ntkproofs.programs import Rows, TemplateProgram
from ntkproofs.simulation.finite import PARAMETRISATIONS, draw_weights, linearised, trained
from ntkproofs.simulation.limit import Limit, Trials, limit_of
from ntkproofs.simulation.streams import ENSEMBLES, WORDS, stream
from ntkproofs.truth import NoTruthValue
from ntkproofs.validation import as_integer, integer

__all__ = [
    "MODELS",
    "Quantity",
    "Simulation",
    "kernel_of",
    "simulate",
    "simulate_chunks",
    "initial_states",
    "words_with_ones",
]

MODELS = ("limit", "linearised", "trained")
MOST_INPUTS = 1000
HELD = 1 << 21  # weights worked on at once
MOST_WEIGHTS = 1 << 27  # of one network

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Quantity(NoTruthValue):
    """A measured value, the value predicted, and the standard error of the first if the prediction is right."""

    instead = ".deviations"

    measured: float
    standard_error: float
    predicted: float

    @property
    def deviations(self) -> float:
        """By how many standard errors the measured value is too large."""
        return (self.measured - self.predicted) / self.standard_error


@dataclass(frozen=True)
class Simulation(NoTruthValue):
    """What was measured so far.

    `networks` in each ensemble; `repetitions`: complete ensembles measured (of `planned`); `drawn`: networks drawn so
    far; the quantities are None where there is nothing to measure (no bit should be 0; a single draw has no variance).
    An accuracy's standard error holds one failing input more or less besides the binomial error, because a count of few
    failures is far from normal; inputs are correlated, so `independent_inputs` says as how many they count.
    """

    instead = ".complete"

    trials: Trials = field(repr=False)
    model: str
    parametrisation: str
    kernel: Kernel = field(repr=False)
    width: int | None
    seed: int
    networks: int
    repetitions: int
    planned: int
    drawn: int
    total: int
    seconds: float
    descent_steps: int | None
    independent_inputs: float
    mean_squared_error: Quantity
    accuracy: Quantity
    mean_of_ones: Quantity | None
    mean_of_zeros: Quantity | None
    variance: Quantity | None

    @property
    def complete(self) -> bool:
        """Whether all that was planned is done."""
        return self.repetitions == self.planned


def kernel_of(parametrisation: str) -> Kernel:
    """Return the kernel that very wide networks follow in a parametrisation (``ntk`` or ``standard``).

    >>> kernel_of("standard").name
    'two-layer ReLU, NNGP'
    """
    if parametrisation not in PARAMETRISATIONS:
        raise InputError(f"unknown parametrisation {parametrisation!r}: choose one of {', '.join(PARAMETRISATIONS)}")
    return two_layer_relu("ntk" if parametrisation == "ntk" else "nngp")


def words_with_ones(program: TemplateProgram, *, ones: int = 2, seed: int = 0) -> Trials:
    """Return the trials on states with so many ones: all of them, or 1,000 different random ones if there are more.

    Raises InputError unless ``2 <= ones <= bits`` and at each state at least two templates match.
    """
    bits = program.output_bits
    if as_integer(ones) is None or not 2 <= ones <= bits:
        raise InputError(
            f"words of {bits} bits with {ones} ones: the number of ones must be from 2 (a word with a single one is a "
            f"training input) to {bits}"
        )
    if math.comb(bits, ones) <= MOST_INPUTS:
        chosen = set(combinations(range(bits), ones))
    else:
        source, chosen = stream(seed, WORDS), set()
        while len(chosen) < MOST_INPUTS:
            chosen.add(tuple(sorted(source.choice(bits, ones, replace=False).tolist())))
    rows = np.zeros((len(chosen), bits), dtype=np.uint8)
    for row, places in zip(rows, sorted(chosen), strict=True):
        row[list(places)] = 1
    return Trials.of(program, rows)


def initial_states(program: TemplateProgram, start: Rows, free: Sequence[int], *, seed: int = 0) -> Trials:
    """Return the trials on the row `start` with any values at the positions `free`: all, or 1,000 random ones of more.

    States that fewer than two templates match are left out; raises InputError if there are no others.

    >>> from ntkproofs.programs import permutation
    >>> program = permutation([1, 0, 2])
    >>> len(initial_states(program, program.row(program.state()), range(3)).targets)  # 110, 101, 011 and 111
    4
    """
    if 1 << len(free) <= MOST_INPUTS:
        values = np.arange(1 << len(free))[:, None] >> np.arange(len(free)) & 1
    else:
        values = stream(seed, WORDS).integers(0, 2, (MOST_INPUTS, len(free)))
    rows = np.repeat(start[None, :], len(values), axis=0)
    rows[:, list(free)] = values
    return Trials.of(program, rows[program.match_rows(rows).sum(axis=1) >= 2])


def simulate(
    trials: Trials,
    *,
    networks: int,
    model: str = "limit",
    parametrisation: str = "ntk",
    width: int = 2000,
    repetitions: int | None = None,
    seed: int = 0,
    kernel: KernelLike | None = None,
) -> Simulation:
    """Measure ensembles of `networks` networks, and predict what was measured; see :func:`simulate_chunks`."""
    *_, last = simulate_chunks(
        trials,
        networks=networks,
        model=model,
        parametrisation=parametrisation,
        width=width,
        repetitions=repetitions,
        seed=seed,
        kernel=kernel,
    )
    return last.result()


def simulate_chunks(
    trials: Trials,
    *,
    networks: int,
    model: str = "limit",
    parametrisation: str = "ntk",
    width: int = 2000,
    repetitions: int | None = None,
    seed: int = 0,
    kernel: KernelLike | None = None,
) -> Iterator[Progress]:
    """Draw or train the networks chunk by chunk; yield after each chunk how far it has come.

    `networks` in an ensemble; `repetitions`: independent ensembles (default: up to 1,000 for ``limit``, else one);
    `width`: of the networks of finite width; `kernel`: the kernel of the limit, or the name of one (default: that of
    the parametrisation). The same `seed` gives the same networks whatever the chunks. Raises InputError for invalid
    arguments, Undecided if training does not converge.
    """
    if model not in MODELS:
        raise InputError(f"unknown model {model!r}: choose one of {', '.join(MODELS)}")
    networks, width = integer(networks, "networks", low=1), integer(width, "width", low=1)
    repetitions = None if repetitions is None else integer(repetitions, "repetitions", low=1)
    used = kernel_of(parametrisation)
    if kernel is not None:
        if model != "limit":
            raise InputError(f"a kernel determines the limit; the model {model!r} draws two-layer ReLU networks")
        used = as_kernel(kernel)
    weights = width * (trials.program.samples + trials.program.output_bits)
    if model != "limit" and not trials.program.samples <= width <= weights <= MOST_WEIGHTS:
        raise InputError(
            f"width {width}: it must be at least {trials.program.samples}, the number of samples, and a network may "
            f"have at most {MOST_WEIGHTS:,} weights"
        )
    if repetitions is None:
        repetitions = 1 if model != "limit" else _affordable(trials)
    run = Progress(trials, limit_of(trials, used), used, model, parametrisation, width, seed, networks, repetitions)
    if model == "limit":
        yield from run.draw_averages()
    else:
        yield from run.draw_networks(max(1, HELD // weights))


def _affordable(trials: Trials) -> int:
    """Return how many draws of the Gaussian process take about a second."""
    states, bits = trials.targets.shape
    work = int(states * bits * (states + 100))
    return max(50, min(1000, 20_000_000_000 // work))


@dataclass(frozen=True, eq=False)
class _Sums:
    """Sums over what was drawn: the simulation's whole state, replaced in one assignment (Ctrl-C may come any time).

    `off`, `squares`: sums over the draws of output minus limit, and of its square, ``(states, bits)``; `current`: sum
    of the outputs of the ensemble under way, `pending` networks so far; `errors`, `accuracies`: sums over `ensembles`.
    """

    off: Floats
    squares: Floats
    current: Floats
    pending: int = 0
    draws: int = 0
    drawn: int = 0
    ensembles: int = 0
    errors: float = 0.0
    accuracies: float = 0.0
    steps: int = 0


class Progress:
    """A simulation on its way: sums over what was drawn so far, from which :meth:`result` makes the measurements."""

    def __init__(
        self,
        trials: Trials,
        limit: Limit,
        kernel: Kernel,
        model: str,
        parametrisation: str,
        width: int,
        seed: int,
        networks: int,
        repetitions: int,
    ) -> None:
        self.trials, self.limit, self.kernel = trials, limit, kernel
        self.model, self.parametrisation = model, parametrisation
        self.width, self.seed, self.networks, self.repetitions = width, seed, networks, repetitions
        self.start = time.perf_counter()
        zero = np.zeros(limit.mean.shape)
        self._sums = _Sums(zero, zero, zero)

    @property
    def total(self) -> int:
        """The number of networks to draw."""
        return self.networks * self.repetitions

    @property
    def drawn(self) -> int:
        """The number of networks drawn so far."""
        return self._sums.drawn

    def draw_averages(self) -> Iterator[Progress]:
        """Draw the average of each ensemble from the limit: it is Gaussian itself, with 1/N of the covariance."""
        for repetition in range(self.repetitions):
            average = self.limit.draw(stream(self.seed, ENSEMBLES, repetition), self.networks)
            self._add(average[None], self.networks)
            yield self

    def draw_networks(self, chunk: int) -> Iterator[Progress]:
        """Draw networks of finite width, `chunk` of them at a time."""
        for repetition in range(self.repetitions):
            for first in range(0, self.networks, chunk):
                places = range(first, min(first + chunk, self.networks))
                sources = [stream(self.seed, ENSEMBLES, repetition, place) for place in places]
                weights = draw_weights(self.trials.program, self.width, sources)
                if self.model == "linearised":
                    self._add(linearised(self.trials, weights, self.parametrisation), 1)
                else:
                    outputs, steps = trained(self.trials, weights, self.parametrisation)
                    self._add(outputs, 1, steps)
                yield self

    def _add(self, outputs: Floats, size: int, steps: int = 0) -> None:
        """Add draws, each the average of `size` networks."""
        old, off, count = self._sums, outputs - self.limit.mean, len(outputs) * size
        new = replace(
            old,
            off=old.off + off.sum(axis=0),
            squares=old.squares + (off**2).sum(axis=0),
            current=old.current + outputs.sum(axis=0) * size,
            pending=old.pending + count,
            draws=old.draws + len(outputs),
            drawn=old.drawn + count,
            steps=max(old.steps, steps),
        )
        if new.pending == self.networks:
            error, accuracy = self._score(new.current / self.networks)
            new = replace(
                new,
                current=np.zeros(new.current.shape),
                pending=0,
                ensembles=old.ensembles + 1,
                errors=old.errors + error,
                accuracies=old.accuracies + accuracy,
            )
        self._sums = new

    def _score(self, average: Floats) -> tuple[float, float]:
        error = float(((average - self.trials.targets) ** 2).mean())
        return error, float(((average > 0) == (self.trials.wanted > 0)).all(axis=1).mean())

    def result(self) -> Simulation:
        """Return what was measured so far; before the first ensemble is complete, on the networks drawn so far."""
        sums, networks = self._sums, self.networks
        if not sums.drawn:
            raise InputError("nothing was drawn yet")
        count, error, accuracy = sums.ensembles, sums.errors, sums.accuracies
        if not count:
            count, networks = 1, sums.pending
            error, accuracy = self._score(sums.current / networks)
        law, limit = self.limit.error_law(networks), self.limit
        unit = limit.accuracy_unit(networks)
        right = limit.accuracy(networks)
        noise = math.sqrt(unit * right * (1 - right) / count + (unit / count) ** 2)
        return Simulation(
            trials=self.trials,
            model=self.model,
            parametrisation=self.parametrisation,
            kernel=self.kernel,
            width=None if self.model == "limit" else self.width,
            seed=self.seed,
            networks=networks,
            repetitions=sums.ensembles,
            planned=self.repetitions,
            drawn=sums.drawn,
            total=self.total,
            seconds=time.perf_counter() - self.start,
            descent_steps=sums.steps if self.model == "trained" else None,
            independent_inputs=1 / unit,
            mean_squared_error=Quantity(error / count, law.deviation / math.sqrt(count), law.mean),
            accuracy=Quantity(accuracy / count, noise, right),
            mean_of_ones=self._average(sums, self.trials.wanted > 0),
            mean_of_zeros=self._average(sums, self.trials.wanted == 0),
            variance=self._variance(sums),
        )

    def _average(self, sums: _Sums, chosen: NDArray[np.bool_]) -> Quantity | None:
        """Return the average output over the chosen bits."""
        if not chosen.any():
            return None
        weights = chosen / chosen.sum()
        predicted = float((weights * self.limit.mean).sum())
        error = math.sqrt(self.limit.average_spread(weights) / sums.drawn)
        return Quantity(predicted + float((weights * sums.off).sum()) / sums.draws, error, predicted)

    def _variance(self, sums: _Sums) -> Quantity | None:
        """Return the variance of one network's output, from the scatter of the draws."""
        if sums.draws < 2:
            return None
        scatter = float((sums.squares - sums.off**2 / sums.draws).mean()) / (sums.draws - 1)
        error = math.sqrt(self.limit.variance_spread / (sums.draws - 1))
        return Quantity(scatter * sums.drawn / sums.draws, error, self.limit.variance)
