"""Machine: a program executed through the predictor. Counts, then the rigorous sign of each mean, then the next state.

Nothing is assumed about the program: where the rounded mean is not the bit that the program means, the machine raises
:class:`RoundingFailure` instead of answering.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ntkproofs.bounds.rounding import enclose_mean, mean_sign
from ntkproofs.counts import Counts
from ntkproofs.errors import InputError, NtkProofsError
from ntkproofs.execution.trace import Trace
from ntkproofs.kernels import Kernel, two_layer_relu
from ntkproofs.kernels.definite import FIRST_PRECISION
from ntkproofs.programs import Bit, Rows, State, TemplateProgram
from ntkproofs.validation import integer

__all__ = ["Machine", "RoundingFailure"]


class RoundingFailure(NtkProofsError):
    """The rounded mean of an output bit is not the bit that the program means.

    Attributes: `state` (before the step), `bit` (field, index), `counts` (:class:`ntkproofs.counts.Counts`).
    """

    def __init__(self, program: TemplateProgram, row: Rows, bit: Bit, counts: Counts, kernel: Kernel) -> None:
        self.state, self.bit, self.counts = program.unrow(row), bit, counts
        shown = " ".join(f"{field}={_short(text)}" for field, text in program.written(row).items())
        wanted = "positive" if counts.matched_writers else "not positive"
        mean = enclose_mean(kernel, counts, precision=FIRST_PRECISION).digits(6)
        super().__init__(
            f"program {program.name!r}: at the state {shown} the bit {bit[0]}_{bit[1]} would be rounded wrong: "
            f"its mean is {mean} and must be {wanted} ({counts})"
            + ("; more padding may help" if counts.matched_writers else "; padding does not help")
        )

    def __reduce__(self) -> tuple[object, ...]:
        return _failure_again, (str(self), self.state, self.bit, self.counts)


def _failure_again(text: str, state: State, bit: Bit, counts: Counts) -> RoundingFailure:
    failure = RoundingFailure.__new__(RoundingFailure)
    NtkProofsError.__init__(failure, text)
    failure.state, failure.bit, failure.counts = state, bit, counts
    return failure


def _short(text: str, limit: int = 24) -> str:
    return text if len(text) <= limit else f"{text[:8]}…({len(text)} bits)…{text[-8:]}"


class Machine:
    """Executes a template program through the predictor, rounding at threshold 0.

    Parameters: `program`; `kernel` (default: the two-layer ReLU NTK). Every bit comes from the exact counts and the
    rigorous sign of the mean at those counts; no float decides.

    >>> from ntkproofs.programs import addition_task
    >>> task = addition_task(bits=4)
    >>> trace = Machine(task.program).run(task.start(3, 5), steps=task.steps)
    >>> task.read(trace.final)
    8
    """

    def __init__(self, program: TemplateProgram, kernel: Kernel | None = None) -> None:
        if not isinstance(program, TemplateProgram):
            raise InputError(f"a Machine executes a TemplateProgram, got {type(program).__name__}")
        if program.samples == 0:
            raise InputError(f"program {program.name!r} has no templates: there is nothing to train on")
        self.program = program
        self.kernel = two_layer_relu() if kernel is None else kernel

    def step(self, state: Mapping[str, Sequence[int]]) -> State:
        """Return the next state; raises RoundingFailure where a bit would be rounded wrong."""
        rows, _ = self.step_rows(self.program.row(state)[None, :])
        return self.program.unrow(rows[0])

    def run(
        self, state: Mapping[str, Sequence[int]], *, steps: int, watch: Callable[[int], object] | None = None
    ) -> Trace:
        """Return the trace of `steps` steps from `state`; raises RoundingFailure at the first that would go wrong.

        `watch` is called after each step with the number of steps done.
        """
        number = integer(steps, "steps", low=0)
        row = self.program.row(state)[None, :]
        rows, seen = [np.packbits(row[0])], []
        for _ in range(number):
            row, counts = self.step_rows(row)
            rows.append(np.packbits(row[0]))
            seen.append(counts)
            if watch is not None:
                watch(len(seen))
        return Trace(self.program, self.kernel, np.stack(rows), tuple(seen))

    def step_rows(self, rows: Rows) -> tuple[Rows, frozenset[Counts]]:
        """Return the next states of many, ``(states, bits)``, and all counts that occurred at their bits."""
        program = self.program
        match = program.match_rows(rows)
        n = match.sum(axis=1, dtype=np.int64)[:, None]
        counts, place = _different(n, program.matched_writers_rows(match), program.writers[None, :], program.samples)
        positive = np.array([mean_sign(self.kernel, each) > 0 for each in counts], dtype=np.bool_)
        meant = np.array([each.matched_writers > 0 for each in counts], dtype=np.bool_)
        wrong = (positive != meant)[place]
        if wrong.any():
            raise self._failure(rows, wrong, counts, place)
        return positive[place].astype(np.uint8), frozenset(counts)

    def _failure(
        self, rows: Rows, wrong: NDArray[np.bool_], counts: list[Counts], place: NDArray[np.intp]
    ) -> RoundingFailure:
        case, position = (int(index[0]) for index in np.nonzero(wrong))
        return RoundingFailure(
            self.program, rows[case], self.program.bit(position), counts[place[case, position]], self.kernel
        )


def _different(
    n: NDArray[np.int64], p: NDArray[np.int32], t: NDArray[np.int32], K: int
) -> tuple[list[Counts], NDArray[np.intp]]:
    """Return the different counts among arrays of n, p, t, and for each place which of them stands there.

    Triples are packed into 64-bit integers by the largest n, p and t at hand: K itself, which may be any integer, is
    not packed.
    """
    number_p, number_t = int(p.max(initial=0)) + 1, int(t.max(initial=0)) + 1
    if (int(n.max(initial=0)) + 1) * number_p * number_t >= 1 << 63:
        raise InputError(
            f"counts up to n = {n.max()}, p = {number_p - 1}, t = {number_t - 1} are too large to be counted"
        )
    codes, place = np.unique((n * number_p + p) * number_t + t, return_inverse=True)
    counts = []
    for code in codes.tolist():
        rest, writers = divmod(code, number_t)
        matches, matched = divmod(rest, number_p)
        counts.append(Counts(matches, matched, writers, K))
    return counts, place.reshape(p.shape)
