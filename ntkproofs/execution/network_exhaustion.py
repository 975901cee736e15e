"""NetworkExhaustion: the result of running a program through given networks on all inputs, or on a sample of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from ntkproofs.arithmetic.simplest import simplest_between
from ntkproofs.display import counted, facts
from ntkproofs.errors import InputError
from ntkproofs.execution.case_run import CaseRun
from ntkproofs.execution.exhaustion import WrongCase
from ntkproofs.execution.streams import WrongSequence
from ntkproofs.execution.wrong_bits import WrongOutput, shown
from ntkproofs.inference import Surd
from ntkproofs.programs import Bit, State, Stream, Task
from ntkproofs.programs.language import bit_name
from ntkproofs.truth import NoTruthValue
from ntkproofs.weights import Networks

__all__ = ["Inputs", "NetworkExhaustion", "Place", "PlacedOutput", "ThresholdInterval", "WrongStep"]

Inputs: TypeAlias = tuple[int, ...] | tuple[tuple[int, ...], ...]  # of a case; of a stream, those of each clock


@dataclass(frozen=True)
class Place:
    """Where a state occurs: the inputs, the number of steps before it (of a stream: in its last clock), the state."""

    inputs: Inputs
    step: int
    state: State


@dataclass(frozen=True)
class PlacedOutput:
    """An exact output, and where it first occurs."""

    value: Surd
    place: Place
    bit: Bit


@dataclass(frozen=True)
class WrongStep:
    """A case with a wrong bit: its inputs, the number of steps before the first wrong one, and the wrong output."""

    inputs: Inputs
    step: int
    output: WrongOutput


@dataclass(frozen=True)
class NetworkExhaustion(CaseRun):
    """The result of running a task or a stream through networks, on the cases done so far; ``print`` shows a table.

    A case is the inputs of a task, or a clock of a stream in a state that occurs. It is wrong if a bit at one of its
    steps is not decided by the networks as the program writes it, or if the answer of the program is not that of
    `compared` (empty: answers are not compared). `wrong` is the number of these cases, `wrong_answers` of those where
    the answer is wrong; `first_wrong` and `first_wrong_answer` are the first of each kind.

    `match_sets` different sets of matching templates occurred; for each of them every output was decided once, which
    are `bits_decided`, and `exact_decisions` of them took integers. `at_threshold` outputs were exactly equal to the
    threshold. `least_one` is the least output of a bit that should be 1, `greatest_zero` the greatest of one that
    should be 0, exactly; states that no template matches are left out of them if there are no biases (`silent`: whether
    there was one: every output is 0 there). `total` is the number of cases, None while it is not known. `seed`: that of
    a sample; None if these are all inputs. `clocks`: of a stream, the length of the sequences that are covered so far;
    None if that is any length.
    """

    source: Task | Stream
    networks: Networks
    threshold: Fraction | None
    total: int | None
    cases: int = 0
    wrong: int = 0
    wrong_answers: int = 0
    first_wrong: WrongStep | None = None
    first_wrong_answer: WrongCase | WrongSequence | None = None
    match_sets: int = 0
    bits_decided: int = 0
    exact_decisions: int = 0
    at_threshold: int = 0
    least_one: PlacedOutput | None = None
    greatest_zero: PlacedOutput | None = None
    silent: bool = False
    seconds: float = 0.0
    seed: int | None = None
    compared: str = "the oracle"
    clocks: int | None = None

    @property
    def holds(self) -> bool:
        """Whether all cases are done, and none is wrong. Of a sample this says nothing of other inputs."""
        return self.complete and self.threshold is not None and self.wrong == 0

    @property
    def steps(self) -> int:
        """The number of steps of each case."""
        return self.source.steps if isinstance(self.source, Task) else self.source.period

    @property
    def smallest_margin(self) -> PlacedOutput | None:
        """The smallest distance of an output to the threshold, negative on the wrong side, and where it occurs.

        None without a threshold, and if there are no outputs.
        """
        if self.threshold is None:
            return None
        margins = []
        if self.least_one is not None:
            margins.append(
                PlacedOutput(self.least_one.value - self.threshold, self.least_one.place, self.least_one.bit)
            )
        if self.greatest_zero is not None:
            zero = self.greatest_zero
            margins.append(PlacedOutput(-(zero.value - self.threshold), zero.place, zero.bit))
        if len(margins) == 2 and margins[1].value < margins[0].value:
            return margins[1]
        return margins[0] if margins else None

    def problem(self) -> str:
        """Return the first wrong bit or answer in a sentence; empty if there is none and all cases are done."""
        if self.first_wrong is not None:
            wrong = self.first_wrong
            return f"{self._inputs(wrong.inputs)}, step {wrong.step + 1}: {wrong.output}"
        if self.first_wrong_answer is not None:
            first = self.first_wrong_answer
            return f"{self._inputs(first.inputs)}: the program answers {first.got}, and {first.expected} is expected"
        return "" if self.complete else f"not all {self._cases} were run, only {self.cases:,}"

    def interval(self) -> ThresholdInterval:
        """Return the thresholds that are right at everything that was done so far."""
        return ThresholdInterval(self)

    def lines(self) -> Iterator[tuple[str, str]]:
        """Yield the names and values of the table."""
        program = self.source.program
        if not self.complete:
            of = "" if self.total is None else f" of {self.total:,}"
            yield "not complete", f"{self.cases:,}{of} {self._cases} were run"
        yield "networks", f"{self.networks.source}: {self.networks}"
        yield "cases", self._what()
        if self.threshold is not None:
            yield from self._wrong()
        yield from self._answers()
        if self.threshold is not None:
            yield "threshold", f"{self.threshold}"
        yield (
            "states",
            (
                f"{self.states:,} ({counted(self.steps, 'step')} each), with {self.match_sets:,} different sets of "
                f"matching templates of {len(program.templates):,}"
            ),
        )
        yield (
            "outputs",
            (
                f"{self.bits_decided:,} ({program.output_bits} for each of these sets)"
                + ("" if self.threshold is None else f", {self.exact_decisions:,} of them decided by integers")
            ),
        )
        yield from self._margins()
        yield "seconds", f"{self.seconds:.2f}"

    @property
    def _cases(self) -> str:
        return "clocks" if isinstance(self.source, Stream) else "cases"

    def _what(self) -> str:
        if isinstance(self.source, Stream):
            length = "any length" if self.clocks is None else counted(self.clocks, "clock")
            return f"{self.cases:,} clocks of {counted(self.steps, 'step')}: all sequences of {length}"
        if self.sampled:
            return f"{self.cases:,}, drawn of 2^{self.source.input_bits} with the seed {self.seed}"
        return f"{self.cases:,}{', all inputs' if self.complete else ''}"

    def _wrong(self) -> Iterator[tuple[str, str]]:
        so_far = "" if self.complete else " so far"
        yield "wrong", f"{self.wrong:,}{so_far}"
        if self.first_wrong is not None:
            yield "first wrong", self.problem()

    def _answers(self) -> Iterator[tuple[str, str]]:
        if not self.compared:
            yield "answers", "those of the program are not compared: there is no oracle"
        elif self.first_wrong_answer is not None:
            first = self.first_wrong_answer
            yield (
                "wrong answers",
                (
                    f"{self.wrong_answers:,} of the program itself, compared with {self.compared}; "
                    f"{self._inputs(first.inputs)}: got {first.got}, expected {first.expected}"
                ),
            )

    def _margins(self) -> Iterator[tuple[str, str]]:
        if self.at_threshold:
            yield "at threshold", f"{counted(self.at_threshold, 'output')} exactly equal to it, which is wrong"
        margin = self.smallest_margin
        if margin is not None:
            yield "smallest margin", shown(margin.value)
            yield "", self.location(margin)
        for name, output in (("least 1-bit", self.least_one), ("greatest 0-bit", self.greatest_zero)):
            if output is not None:
                yield name, f"{shown(output.value)}: {self.location(output)}"

    def location(self, output: PlacedOutput) -> str:
        """Return where an output occurs, as text."""
        return f"{self._inputs(output.place.inputs)}, step {output.place.step + 1}, bit {bit_name(output.bit)}"

    def _inputs(self, values: Inputs) -> str:
        """Return inputs as text: as ``ntkproofs run`` takes them, and of a stream those of each clock."""
        if isinstance(self.source, Stream):
            return "inputs " + " / ".join(" ".join(map(str, word)) for word in values if isinstance(word, tuple))
        bits = len(values) > 1 and set(self.source.input_widths) == {1}
        return f"inputs {('' if bits else ', ').join(map(str, values))}"

    def __str__(self) -> str:
        return "\n".join(f"{name:<16} {value}" for name, value in self.lines())

    def __repr__(self) -> str:
        return f"<NetworkExhaustion of {self.source.program.name!r}: {self.cases:,} cases, {self.wrong:,} wrong>"

    def _repr_html_(self) -> str:
        return facts(self.lines(), caption=f"{self.source.program.name}: {self.networks.source}")


@dataclass(frozen=True)
class ThresholdInterval(NoTruthValue):
    """The thresholds that are right at everything that `exhaustion` ran: those between two exact outputs.

    They are the rational numbers above `low`, the greatest output of a bit that should be 0, and below `high`, the
    least output of a bit that should be 1; None: there is no such bit. (If `low` is 0 only because of a state that no
    template matches, 0 is right as well.) If ``low >= high``, no threshold is right: the
    two outputs, with their states, are the proof.
    """

    instead = '.outcome == "right"'

    exhaustion: NetworkExhaustion

    @property
    def low(self) -> Surd | None:
        """The greatest output of a bit that should be 0; 0 at least if a state occurs that no template matches."""
        zero = self.exhaustion.greatest_zero
        if self.exhaustion.silent and (zero is None or zero.value < 0):
            return Surd(Fraction(0))
        return None if zero is None else zero.value

    @property
    def high(self) -> Surd | None:
        """The least output of a bit that should be 1."""
        return None if self.exhaustion.least_one is None else self.exhaustion.least_one.value

    @property
    def outcome(self) -> str:
        """``right`` if those of an interval are right, ``none`` if no threshold is, ``open`` if interrupted."""
        if self.low is not None and self.high is not None and self.low >= self.high:
            return "none"
        return "right" if self.exhaustion.complete else "open"

    def threshold(self) -> Fraction:
        """Return a short fraction of the interval; raises InputError if it is empty.

        It lies in the middle half of the interval, or at a distance of at most 1 from its only end.
        """
        low, high = self.low, self.high
        if low is not None and high is not None:
            if low >= high:
                raise InputError("no threshold is right: the interval is empty")
            return _between(low, high)
        if low is None and high is None:
            return Fraction(1, 2)
        if low is not None:
            return _integer_above(low)
        return Fraction(0) if high is not None and high > 0 else -_integer_above(-_some(high))

    def __str__(self) -> str:
        run, low, high = self.exhaustion, self.low, self.high
        if self.outcome == "none" and low is not None and high is not None:
            zero = (
                "where no template matches"
                if run.greatest_zero is None or run.greatest_zero.value != low
                else (run.location(run.greatest_zero))
            )
            one = "" if run.least_one is None else run.location(run.least_one)
            return (
                f"no threshold is right: a bit that should be 0 has the output {shown(low)} ({zero}), one that should "
                f"be 1 has {shown(high)} ({one})"
            )
        end = "" if run.complete else f" at the {run.cases:,} cases that were run"
        if low is None and high is None:
            return f"every threshold is right{end}: there are no outputs"
        above = "" if low is None else f" above {shown(low)}"
        below = "" if high is None else f" below {shown(high)}"
        return f"the thresholds{above}{' and' if above and below else ''}{below} are right{end}"


def _some(value: Surd | None) -> Surd:
    return Surd(Fraction(0)) if value is None else value


def _between(low: Surd, high: Surd) -> Fraction:
    """Return a short fraction in the middle half between two numbers, or as near to it as enclosures tell."""
    bits = 16
    while True:
        (_, first), (last, _) = _enclosed(low, bits), _enclosed(high, bits)
        if first < last:
            quarter = (last - first) / 4
            start, end = first + quarter, last - quarter
            if start >= 0:
                return simplest_between(start, end)
            return -simplest_between(-end, -start) if end <= 0 else Fraction(0)
        bits *= 2


def _enclosed(value: Surd, bits: int) -> tuple[Fraction, Fraction]:
    return value.enclose(bits) if value.sign() else (Fraction(0), Fraction(0))


def _integer_above(value: Surd) -> Fraction:
    """Return the least integer above a number, or one of its neighbours above it."""
    return Fraction(int(_enclosed(value, 64)[1] // 1) + 1)
