"""Machine: execute a template program through the predictor.

Each step computes the counts of every output bit, decides the sign of the mean at these counts rigorously, and rounds.
Nothing is assumed about the program: the machine raises :class:`RoundingFailure` if a rounded mean differs from the bit
that the templates define.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ntkproofs.bounds.rounding import enclose_mean, mean_sign
from ntkproofs.counts import Counts
from ntkproofs.errors import InputError, NtkProofsError
from ntkproofs.execution.runner import Runner, StreamRun
from ntkproofs.execution.trace import Trace
from ntkproofs.kernels import Kernel, KernelLike, as_kernel
from ntkproofs.kernels.definite import FIRST_PRECISION
from ntkproofs.programs import Bit, Rows, State, TemplateProgram
from ntkproofs.programs.language import bit_name, field_name
from ntkproofs.validation import integer

__all__ = ["Machine", "RoundingFailure", "StreamRun"]


class RoundingFailure(NtkProofsError):
    """The rounded mean of an output bit differs from the bit that the templates define.

    Attributes: `state` (before the step), `bit` (field, index), `counts` (:class:`ntkproofs.counts.Counts`).
    """

    def __init__(self, program: TemplateProgram, row: Rows, bit: Bit, counts: Counts, kernel: Kernel) -> None:
        self.state, self.bit, self.counts = program.unrow(row), bit, counts
        shown = " ".join(f"{field_name(field)}={_short(text)}" for field, text in program.field_digits(row).items())
        required = "positive" if counts.matched_writers else "not positive"
        mean = enclose_mean(kernel, counts, precision=FIRST_PRECISION).digits(6)
        super().__init__(
            f"program {program.name!r}: at the state {shown} the bit {bit_name(bit)} would be rounded incorrectly: "
            f"its mean is {mean} and must be {required} ({counts})"
            + ("; more padding may help" if counts.matched_writers else "; padding does not help")
        )

    def __reduce__(self) -> tuple[object, ...]:
        return _restored_failure, (str(self), self.state, self.bit, self.counts)


def _restored_failure(text: str, state: State, bit: Bit, counts: Counts) -> RoundingFailure:
    """Return a pickled or copied failure."""
    failure = RoundingFailure.__new__(RoundingFailure)
    NtkProofsError.__init__(failure, text)
    failure.state, failure.bit, failure.counts = state, bit, counts
    return failure


def _short(text: str, limit: int = 24) -> str:
    return text if len(text) <= limit else f"{text[:8]}…({len(text)} bits)…{text[-8:]}"


class Machine(Runner):
    """Execute a template program through the predictor, rounding at threshold 0.

    Parameters: `program`; `kernel`, a Kernel or the name of one. Every bit is computed from the exact counts and the
    rigorously decided sign of the mean; floating-point numbers decide nothing. Raises InputError for anything but a
    TemplateProgram with at least one template.

    >>> from ntkproofs.programs import addition_task
    >>> task = addition_task(bits=4)
    >>> trace = Machine(task.program).run(task.start(3, 5), steps=task.steps)
    >>> task.read(trace.final)
    8
    """

    def __init__(self, program: TemplateProgram, kernel: KernelLike = "ntk") -> None:
        if not isinstance(program, TemplateProgram):
            raise InputError(f"a Machine executes a TemplateProgram, got {type(program).__name__}")
        if program.samples == 0:
            raise InputError(f"program {program.name!r} has no templates: there is nothing to train on")
        self.program = program
        self.kernel = as_kernel(kernel)

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
        return Trace(self.program, self.kernel, np.stack(rows), tuple(step_counts))

    def step_rows(self, rows: Rows) -> tuple[Rows, frozenset[Counts]]:
        """Return the next states of many states, ``(states, bits)``, and all counts that occurred at their bits."""
        program = self.program
        match = program.match_rows(rows)
        n = match.sum(axis=1, dtype=np.int64)[:, None]
        counts, index = _distinct_counts(
            n, program.matched_writers_rows(match), program.writers[None, :], program.samples
        )
        positive = np.array([mean_sign(self.kernel, item) > 0 for item in counts], dtype=np.bool_)
        expected = np.array([item.matched_writers > 0 for item in counts], dtype=np.bool_)
        wrong = (positive != expected)[index]
        if wrong.any():
            raise self._failure(rows, wrong, counts, index)
        return positive[index].astype(np.uint8), frozenset(counts)

    def _failure(
        self, rows: Rows, wrong: NDArray[np.bool_], counts: list[Counts], index: NDArray[np.intp]
    ) -> RoundingFailure:
        case, position = (int(indices[0]) for indices in np.nonzero(wrong))
        return RoundingFailure(
            self.program, rows[case], self.program.bit(position), counts[index[case, position]], self.kernel
        )


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
