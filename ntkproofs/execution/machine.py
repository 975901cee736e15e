"""Machine: execute a template program through the predictor.

Each step computes the counts of every output bit, decides the sign of the mean at these counts rigorously, and rounds.
Nothing is assumed about the program: the machine raises :class:`RoundingFailure` if a rounded mean differs from the bit
that the templates define.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ntkproofs.arithmetic.balls import Rational
from ntkproofs.bounds.rounding import as_threshold, enclose_mean, mean_sign
from ntkproofs.counts import Counts
from ntkproofs.errors import InputError, NtkProofsError
from ntkproofs.execution.event_tables import EventTables
from ntkproofs.execution.events import EventRun
from ntkproofs.execution.runner import Runner, StreamRun
from ntkproofs.execution.trace import Trace
from ntkproofs.kernels import Kernel, KernelLike, as_kernel
from ntkproofs.kernels.definite import FIRST_PRECISION
from ntkproofs.programs import Bit, Rows, State, TemplateProgram
from ntkproofs.programs.language import bit_name, field_name
from ntkproofs.training_time import CONVERGED, Time, TrainingTime, as_training_time
from ntkproofs.validation import integer

__all__ = ["Machine", "RoundingFailure", "StreamRun"]


class RoundingFailure(NtkProofsError):
    """The rounded mean of an output bit differs from the bit that the templates define.

    Attributes: `state` (before the step), `bit` (field, index), `counts` (:class:`ntkproofs.counts.Counts`).
    """

    def __init__(
        self,
        program: TemplateProgram,
        row: Rows,
        bit: Bit,
        counts: Counts,
        kernel: Kernel,
        at: TrainingTime = CONVERGED,
        threshold: Fraction = Fraction(0),
    ) -> None:
        self.state, self.bit, self.counts = program.unrow(row), bit, counts
        shown = " ".join(f"{field_name(field)}={_short(text)}" for field, text in program.field_digits(row).items())
        mean = enclose_mean(kernel, counts, precision=FIRST_PRECISION, at=at).digits(6)
        super().__init__(
            f"program {program.name!r}: at the state {shown} the bit {bit_name(bit)} would be rounded incorrectly: "
            f"its mean is {mean} and must be {_required(counts, threshold)} ({counts}){_advice(counts, at, threshold)}"
        )

    def __reduce__(self) -> tuple[object, ...]:
        return _restored_failure, (str(self), self.state, self.bit, self.counts)


def _required(counts: Counts, threshold: Fraction) -> str:
    negation = "" if counts.matched_writers else "not "
    return f"{negation}above the threshold {threshold}" if threshold else f"{negation}positive"


def _advice(counts: Counts, at: TrainingTime, threshold: Fraction) -> str:
    if threshold or not at.converged:
        return "" if at.converged else f"; networks {at.phrase}: more training or another threshold may help"
    return "; more padding may help" if counts.matched_writers else "; padding does not help"


def _restored_failure(text: str, state: State, bit: Bit, counts: Counts) -> RoundingFailure:
    """Return a pickled or copied failure."""
    failure = RoundingFailure.__new__(RoundingFailure)
    NtkProofsError.__init__(failure, text)
    failure.state, failure.bit, failure.counts = state, bit, counts
    return failure


def _short(text: str, limit: int = 24) -> str:
    return text if len(text) <= limit else f"{text[:8]}…({len(text)} bits)…{text[-8:]}"


class Machine(Runner):
    """Execute a template program through the predictor.

    Parameters: `program`; `kernel`, a Kernel or the name of one; `time`, a time of gradient flow (unit: the kernel with
    own entry 1) or a TrainingTime (default: convergence); `threshold`, an exact number from 0 on: a bit is 1 where its
    mean is above it. Every bit is computed from the exact counts and the rigorously decided sign of the mean minus the
    threshold; floating-point numbers decide nothing. Raises InputError for anything but a TemplateProgram with at least
    one template, and for a negative threshold.

    >>> from ntkproofs.programs import addition_task
    >>> task = addition_task(bits=4)
    >>> trace = Machine(task.program).run(task.start(3, 5), steps=task.steps)
    >>> task.read(trace.final)
    8
    """

    def __init__(
        self,
        program: TemplateProgram,
        kernel: KernelLike = "ntk",
        *,
        time: Time | None = None,
        threshold: Rational = Fraction(0),
    ) -> None:
        if not isinstance(program, TemplateProgram):
            raise InputError(f"a Machine executes a TemplateProgram, got {type(program).__name__}")
        if program.samples == 0:
            raise InputError(f"program {program.name!r} has no templates: there is nothing to train on")
        self.program = program
        self.kernel = as_kernel(kernel)
        self.at = as_training_time(time)
        self.at.demand_allowed(self.kernel, program.samples)
        self.threshold = as_threshold(threshold)
        self._tables: EventTables | None = None

    def run(
        self, state: Mapping[str, Sequence[int]], *, steps: int, watch: Callable[[int], object] | None = None
    ) -> Trace:
        """Return the trace of `steps` steps from `state`.

        `watch` is called after each step with the number of steps done.
        Raises RoundingFailure at the first step that would round a bit incorrectly.
        """
        number = integer(steps, "steps", low=0)
        row = self.program.row(state)[None, :]
        rows, step_counts = [np.packbits(row[0])], []
        for _ in range(number):
            row, counts = self.step_rows(row)
            rows.append(np.packbits(row[0]))
            step_counts.append(counts)
            if watch is not None:
                watch(len(step_counts))
        return Trace(self.program, self.kernel, np.stack(rows), tuple(step_counts), self.at, self.threshold)

    def step_rows(self, rows: Rows) -> tuple[Rows, frozenset[Counts]]:
        """Return the next states of many states, ``(states, bits)``, and all counts that occurred at their bits."""
        program = self.program
        match = program.match_rows(rows)
        n = match.sum(axis=1, dtype=np.int64)[:, None]
        counts, index = _distinct_counts(
            n, program.matched_writers_rows(match), program.writers[None, :], program.samples
        )
        positive = np.array([self.above(item) for item in counts], dtype=np.bool_)
        expected = np.array([item.matched_writers > 0 for item in counts], dtype=np.bool_)
        wrong = (positive != expected)[index]
        if wrong.any():
            raise self._failure(rows, wrong, counts, index)
        return positive[index].astype(np.uint8), frozenset(counts)

    def begin(self, state: Mapping[str, Sequence[int]]) -> EventRun:
        """Return a run from `state` that keeps no trace, for many steps: each costs the work of its changes."""
        if self._tables is None or self._tables.templates is not self.program.templates:
            self._tables = EventTables(self.program)
        return EventRun(self, state, self._tables)

    def above(self, counts: Counts) -> bool:
        """Return whether the mean at these counts is above the threshold, rigorously."""
        return mean_sign(self.kernel, counts, at=self.at, threshold=self.threshold) > 0

    def failure(self, row: Rows, position: int, counts: Counts) -> RoundingFailure:
        """Return the error that the bit at a position has these counts at a state and is rounded incorrectly."""
        bit = self.program.bit(position)
        return RoundingFailure(self.program, row, bit, counts, self.kernel, self.at, self.threshold)

    def _failure(
        self, rows: Rows, wrong: NDArray[np.bool_], counts: list[Counts], index: NDArray[np.intp]
    ) -> RoundingFailure:
        case, position = (int(indices[0]) for indices in np.nonzero(wrong))
        return self.failure(rows[case], position, counts[index[case, position]])


def _distinct_counts(
    n: NDArray[np.int64], p: NDArray[np.int32], t: NDArray[np.int32], K: int
) -> tuple[list[Counts], NDArray[np.intp]]:
    """Return the distinct counts among arrays of n, p, t, and for each entry the index of its counts among them.

    Each triple is packed into one 64-bit integer, with a base for p and t given by their largest values. K may be any
    integer and is not packed. Raises InputError if the triples do not fit.
    """
    number_p, number_t = int(p.max(initial=0)) + 1, int(t.max(initial=0)) + 1
    if (int(n.max(initial=0)) + 1) * number_p * number_t >= 1 << 63:
        raise InputError(f"counts up to n = {n.max()}, p = {number_p - 1}, t = {number_t - 1} do not fit in 64 bits")
    codes, index = np.unique((n * number_p + p) * number_t + t, return_inverse=True)
    counts = []
    for code in codes.tolist():
        rest, writers = divmod(code, number_t)
        matches, matched = divmod(rest, number_p)
        counts.append(Counts(matches, matched, writers, K))
    return counts, index.reshape(p.shape)
