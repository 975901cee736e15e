"""Exhaustion: the result of running a task on all inputs, or on a sample of them, and its table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from ntkproofs.bounds.rounding import MeanAt, extreme_means
from ntkproofs.counts import Counts
from ntkproofs.display import counted, facts
from ntkproofs.execution.case_run import CaseRun
from ntkproofs.execution.cases import case_inputs
from ntkproofs.execution.engines import NUMPY
from ntkproofs.execution.recorder import Visit
from ntkproofs.kernels import Kernel
from ntkproofs.programs import Bit, Task
from ntkproofs.programs.language import bit_name
from ntkproofs.training_time import CONVERGED, UNIT, TrainingTime

__all__ = ["Exhaustion", "WrongCase", "time_lines"]

MAX_UNSOUND = 3  # counts at which rounding is incorrect that are shown


def time_lines(at: TrainingTime, threshold: Fraction) -> Iterator[tuple[str, str]]:
    """Yield the lines of a table for a time of training and a threshold that are not the defaults."""
    if not at.converged:
        yield "networks", f"{at.phrase} ({UNIT})"
    if threshold:
        yield "threshold", str(threshold)


@dataclass(frozen=True)
class WrongCase:
    """Inputs at which the program's answer, `got`, differs from that of the oracle, `expected`."""

    inputs: tuple[int, ...]
    got: int
    expected: int


@dataclass(frozen=True)
class Exhaustion(CaseRun):
    """The result of running a task on all inputs, or on those done so far; ``print`` shows it as a table.

    `cases` of `total` inputs are done. `wrong` is the number of cases whose answer differs from the expected one, and
    `first_wrong` is the first of them; `compared` names what is expected (empty: answers are not compared, which is
    so for a program without an oracle). `visited` maps the counts (n, p, t, K) that occurred to their first occurrence;
    it is empty unless `counted`, that is if counts were not requested and ``t n <= K``, with `matches_bound` for n,
    proves that every state is rounded correctly. `unsound` are the visited counts at which rounding is incorrect.
    `seed`: that of a sample of the inputs; None if these are all inputs. `seconds` is the running time. `at` is the
    time of training, and `threshold` the one at which means are rounded. `engine` ran the steps: "compiled" or "numpy".
    """

    task: Task
    kernel: Kernel
    total: int
    cases: int = 0
    wrong: int = 0
    first_wrong: WrongCase | None = None
    visited: dict[Counts, Visit] = field(default_factory=dict, hash=False)
    unsound: tuple[Counts, ...] = ()
    counted: bool = False
    matches_bound: int = 0
    seconds: float = 0.0
    seed: int | None = None
    compared: str = "the oracle"
    at: TrainingTime = CONVERGED
    threshold: Fraction = Fraction(0)
    engine: str = NUMPY

    @property
    def holds(self) -> bool:
        """Whether all cases are done, no answer is wrong, and every visited bit is rounded correctly.

        Of a sample this says nothing of other inputs.
        """
        return self.complete and self.wrong == 0 and not self.unsound

    @property
    def steps(self) -> int:
        """The number of steps of each case."""
        return self.task.steps

    @property
    def largest_matches(self) -> int | None:
        """The largest n that occurred; None if counts were not recorded."""
        return max((counts.matches for counts in self.visited), default=None) if self.counted else None

    def smallest_margin(self) -> tuple[MeanAt, Visit] | None:
        """Return the smallest mean above the threshold, and where its counts first occur; None if there is none."""
        if not self.visited:
            return None
        smallest, _ = extreme_means(self.kernel, self.visited, at=self.at, threshold=self.threshold)
        return None if smallest is None else (smallest, self.visited[smallest.counts])

    def inputs_of(self, case: int) -> tuple[int, ...]:
        """Return the inputs of a case number: its bits are those of the first input, then of the second, and so on.

        Of a sample it is the number of the case within the sample.
        """
        return case_inputs(self.task, case, self.seed)

    def lines(self) -> Iterator[tuple[str, str]]:
        """Yield the names and values of the table."""
        if not self.complete:
            yield "not complete", f"{self.cases:,} of {self.total:,} cases were run"
            if not self.cases:
                return
        sample = f", drawn of 2^{self.task.input_bits} with the seed {self.seed}" if self.sampled else ""
        yield "cases", f"{self.cases:,}{sample}"
        yield from self._answers()
        yield "states", f"{self.states:,} ({counted(self.steps, 'step')} each)"
        yield from self._rounding()
        yield "seconds", f"{self.seconds:.2f}"
        yield "cases/second", f"{self.cases_per_second:,.0f}"

    def _answers(self) -> Iterator[tuple[str, str]]:
        if not self.compared:
            yield "answers", "not compared: there is no oracle"
            return
        other = "" if self.compared == "the oracle" else f", compared with {self.compared}"
        yield "wrong", f"{self.wrong:,}{'' if self.complete else ' so far'}{other}"
        if self.first_wrong is not None:
            wrong = self.first_wrong
            yield "first wrong", f"{self._inputs(wrong.inputs)}: got {wrong.got}, expected {wrong.expected}"

    def _rounding(self) -> Iterator[tuple[str, str]]:
        yield from time_lines(self.at, self.threshold)
        if not self.counted:
            yield (
                "rounding",
                f"right at all states: t n <= K, with n <= {self.matches_bound} by contradictory templates",
            )
            return
        so_far = "" if self.complete else " so far"
        outcome = f"wrong at {len(self.unsound)} of them" if self.unsound else "right at all of them"
        yield "rounding", f"{len(self.visited)} different counts (n, p, t) at the visited states{so_far}, {outcome}"
        for counts in self.unsound[:MAX_UNSOUND]:
            visit = self.visited[counts]
            yield "rounded wrong", f"{counts}: {self._location(visit.case, visit.step, visit.bit)}"
        yield "largest n", str(self.largest_matches)
        margin = self.smallest_margin()
        if margin is not None:
            mean, visit = margin
            yield "smallest margin", f"mean {mean.mean.digits(8)} at {mean.counts}"
            yield "", self._location(visit.case, visit.step, visit.bit)

    def _location(self, case: int, step: int, bit: Bit) -> str:
        return f"{self._inputs(self.inputs_of(case))}, step {step + 1}, bit {bit_name(bit)}"

    def _inputs(self, values: tuple[int, ...]) -> str:
        """Return inputs as text: numbers, or a word if each of them has one bit, as ``ntkproofs run`` takes them."""
        bits = len(values) > 1 and set(self.task.input_widths) == {1}
        return f"inputs {('' if bits else ', ').join(map(str, values))}"

    def __str__(self) -> str:
        return "\n".join(f"{name:<16} {value}" for name, value in self.lines())

    def __repr__(self) -> str:
        return (
            f"<Exhaustion of {self.task.program.name!r}: {self.cases:,} of {self.total:,} cases, {self.wrong:,} wrong>"
        )

    def _repr_html_(self) -> str:
        return facts(self.lines(), caption=f"{self.task.program.name}: {'sampled' if self.sampled else 'all'} inputs")
