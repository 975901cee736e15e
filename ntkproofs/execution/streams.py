"""Execute streams: one sequence of inputs through the predictor, and every sequence of inputs by exploring all states.

:func:`explore` runs a stream from its initial state with every input at every clock, and from every state that this
reaches, until no new state appears: this covers all sequences of inputs, of any length. Each answer is compared with
the oracle's, and the sign of the mean is decided rigorously for all counts that occur.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from time import perf_counter
from typing import Any, TypeAlias

import numpy as np

from ntkproofs.arithmetic.balls import Rational
from ntkproofs.bounds.rounding import as_threshold, rounds_right
from ntkproofs.counts import Counts
from ntkproofs.display import counted, facts
from ntkproofs.errors import InputError
from ntkproofs.execution.checkpoints import opened
from ntkproofs.execution.exhaustion import time_lines
from ntkproofs.execution.jobs import described_kernel, program_sha256, source_sha256
from ntkproofs.execution.tally import natural
from ntkproofs.kernels import Kernel, KernelLike, as_kernel
from ntkproofs.programs import Rows, Stream
from ntkproofs.training_time import CONVERGED, Time, TrainingTime, as_training_time
from ntkproofs.truth import NoTruthValue
from ntkproofs.validation import integer

__all__ = ["Exploration", "WrongSequence", "explore", "explore_blocks"]

Word: TypeAlias = tuple[int, ...]  # the inputs of one clock
Node: TypeAlias = tuple[bytes, Any]  # the memory of the program, and the state of the oracle

MAX_INPUT_BITS = 16  # of a clock
MAX_STATES = 1 << 16
BLOCK = 1 << 22  # entries of the arrays that are executed together: states times templates


@dataclass(frozen=True)
class WrongSequence:
    """A shortest sequence of inputs after which the answer of the program, `got`, is not that of the oracle."""

    inputs: tuple[Word, ...]
    got: int
    expected: int


@dataclass(frozen=True)
class Exploration(NoTruthValue):
    """The result of running a stream with every input at every clock, from all states reached in `clocks` clocks.

    `states` is the number of different pairs of the program's memory and the oracle's state; `runs` the number of
    clocks that were executed. `closed`: no clock leads to a new pair, so that all sequences of inputs, of any length,
    are covered. `wrong` is the number of executed clocks whose answer differs from the oracle's, and `first_wrong` a
    shortest sequence that ends with one. `visited` are the counts (n, p, t, K) that occurred, and `unsound` those at
    which rounding is incorrect. `seconds` is the running time. `at` is the time of training, and `threshold` the one at
    which means are rounded.
    """

    instead = ".holds"

    stream: Stream
    kernel: Kernel
    clocks: int = 0
    states: int = 1
    runs: int = 0
    closed: bool = False
    requested: int | None = None
    wrong: int = 0
    first_wrong: WrongSequence | None = None
    visited: frozenset[Counts] = field(default_factory=frozenset)
    unsound: tuple[Counts, ...] = ()
    seconds: float = 0.0
    at: TrainingTime = CONVERGED
    threshold: Fraction = Fraction(0)

    @property
    def complete(self) -> bool:
        """Whether every sequence of the requested number of clocks is covered (None: of any number)."""
        return self.closed or self.clocks == self.requested

    @property
    def holds(self) -> bool:
        """Whether the exploration is complete, every answer is the oracle's, and every bit is rounded correctly."""
        return self.complete and self.wrong == 0 and not self.unsound

    @property
    def largest_matches(self) -> int:
        """The largest n that occurred."""
        return max((counts.matches for counts in self.visited), default=0)

    def lines(self) -> Iterator[tuple[str, str]]:
        """Yield the names and values of the table."""
        if not self.complete:
            yield "not complete", f"only the sequences of {counted(self.clocks, 'clock')} are covered"
        length = "any length" if self.closed else counted(self.clocks, "clock")
        yield "cases", f"{self.runs:,} clocks of {counted(self.stream.period, 'step')}: all sequences of {length}"
        yield "wrong", f"{self.wrong:,}"
        if self.first_wrong is not None:
            wrong = self.first_wrong
            inputs = " / ".join(" ".join(map(str, word)) for word in wrong.inputs)
            yield "first wrong", f"inputs {inputs}: got {wrong.got}, expected {wrong.expected}"
        yield "states", f"{self.states:,} at the beginnings of clocks"
        outcome = f"wrong at {len(self.unsound)} of them" if self.unsound else "right at all of them"
        yield from time_lines(self.at, self.threshold)
        yield "rounding", f"{len(self.visited)} different counts (n, p, t) at the visited states, {outcome}"
        yield "largest n", str(self.largest_matches)
        yield "seconds", f"{self.seconds:.2f}"

    def __str__(self) -> str:
        return "\n".join(f"{name:<16} {value}" for name, value in self.lines())

    def _repr_html_(self) -> str:
        return facts(self.lines(), caption=f"{self.stream.program.name}: all sequences of inputs")


def explore(
    stream: Stream,
    *,
    clocks: int | None = None,
    kernel: KernelLike = "ntk",
    max_states: int = MAX_STATES,
    time: Time | None = None,
    threshold: Rational = Fraction(0),
    resume: str | os.PathLike[str] | None = None,
) -> Exploration:
    """Run `stream` with all sequences of inputs; see :class:`Exploration`.

    `clocks`: the length of the sequences (default: any length); `kernel`: a Kernel or the name of one; `time` and
    `threshold`: those of :class:`~ntkproofs.execution.Machine`. The result is not complete if more than
    `max_states` states are reached. `resume`: a file for checkpoints, as of :func:`~ntkproofs.execution.exhaust`.
    Raises InputError for more than 16 input bits of a clock, for a program without templates, and for an oracle that
    fails, or whose state is not hashable.

    >>> from ntkproofs.programs import TemplateProgram
    >>> program = TemplateProgram("toggle", fields={"flip": 1, "on": 1})
    >>> program.template(when={("flip", 0): 1, ("on", 0): 0}, write=[("on", 0)])
    >>> program.template(when={("flip", 0): 0, ("on", 0): 1}, write=[("on", 0)])
    >>> def toggle(on, flip):
    ...     return (on or 0) ^ flip, (on or 0) ^ flip
    >>> result = explore(Stream(program, ("flip",), 1, (("on", 0),), toggle))
    >>> result.holds, result.closed, result.states, result.runs
    (True, True, 3, 6)
    """
    *_, result = explore_blocks(
        stream, clocks=clocks, kernel=kernel, max_states=max_states, time=time, threshold=threshold, resume=resume
    )
    return result


def explore_blocks(
    stream: Stream,
    *,
    clocks: int | None = None,
    kernel: KernelLike = "ntk",
    max_states: int = MAX_STATES,
    time: Time | None = None,
    threshold: Rational = Fraction(0),
    resume: str | os.PathLike[str] | None = None,
) -> Generator[Exploration, None, None]:
    """Run like :func:`explore`, and yield the result so far: at first, and after every block of runs."""
    requested = None if clocks is None else integer(clocks, "clocks", low=1)
    at, tau = as_training_time(time), as_threshold(threshold)
    search = Search(stream, integer(max_states, "max_states", low=1))
    kernel = as_kernel(kernel)
    at.demand_allowed(kernel, stream.program.samples)
    right: dict[Counts, bool] = {}

    def result(seconds: float) -> Exploration:
        for item in search.visited:
            if item not in right:
                right[item] = rounds_right(kernel, item, at=at, threshold=tau)
        return Exploration(
            stream,
            kernel,
            clocks=search.clocks,
            states=len(search.nodes),
            runs=search.runs,
            closed=search.closed,
            requested=requested,
            wrong=search.wrong,
            first_wrong=search.first_wrong,
            visited=frozenset(search.visited),
            unsound=tuple(sorted(item for item in search.visited if not right[item])),
            seconds=seconds,
            at=at,
            threshold=tau,
        )

    def job() -> dict[str, Any]:
        return {
            **stream_job(stream, requested, search.max_states),
            "kernel": described_kernel(kernel),
            "time": f"{at}",
            "threshold": f"{tau}",
        }

    with opened(resume, job) as checkpoint:
        before = checkpoint.restored(search.restore) or 0.0
        begin = perf_counter()
        for _ in search.blocks(requested):
            seconds = before + perf_counter() - begin
            checkpoint.update(search.saved(seconds))
            yield result(seconds)


def stream_job(stream: Stream, clocks: int | None, max_states: int) -> dict[str, Any]:
    """Return the description of the exploration of a stream for checkpoints."""
    return {
        "task": "all sequences of inputs",
        "program": stream.program.name,
        "program sha256": program_sha256(stream),
        "oracle sha256": source_sha256(stream.oracle),
        "clocks": clocks,
        "states": max_states,
    }


class Search:
    """A breadth-first search of the pairs (memory of the program, state of the oracle), which are its *nodes*.

    A run is a clock with some inputs from a node. Runs are numbered: those from node i, in the order of `nodes`, follow
    those from node i - 1, and there are as many of each as `words`. So a search is determined by the number of its
    `runs` that are done and by the numbers of the runs that first reached each node, `reached`.
    """

    def __init__(self, stream: Stream, max_states: int = MAX_STATES) -> None:
        if stream.input_bits > MAX_INPUT_BITS:
            raise InputError(
                f"{stream.program.name}: {stream.input_bits} input bits of a clock; at most {MAX_INPUT_BITS} are "
                "explored"
            )
        if not stream.program.templates:
            raise InputError(f"program {stream.program.name!r} has no templates: there is nothing to execute")
        self.stream, self.max_states = stream, max_states
        self.ports = list(stream.input_positions)
        self.words: list[Word] = list(product(*(range(1 << width) for width in stream.input_widths)))
        self.nodes: list[Node] = [(stream.program.row(stream.start()).tobytes(), None)]
        self.reached: list[int] = [-1]
        self._known = {self.nodes[0]}
        self.clocks, self._first, self._last = 0, 0, 1  # clocks that are done; the nodes of the next clock
        self.visited: set[Counts] = set()
        self.runs = self.wrong = 0
        self.first_wrong_run: int | None = None
        self.first_wrong: WrongSequence | None = None

    @property
    def closed(self) -> bool:
        """Whether no run leads to a node whose runs are not done."""
        return self._first == self._last

    def blocks(self, clocks: int | None) -> Iterator[None]:
        """Execute a clock with every input from every node, for a number of clocks (None: until no node is new).

        Yields at first, and after every block of runs.
        """
        yield
        size = max(1, BLOCK // (len(self.stream.program.templates) + self.stream.program.output_bits))
        while not self.closed and self.clocks != clocks:
            end = self._last * len(self.words)
            if self.runs == self._first * len(self.words) and len(self.nodes) > self.max_states:
                return
            while self.runs < end:
                self.run_block(range(self.runs, min(self.runs + size, end)))
                if self.runs == end:
                    self._end_clock()
                yield

    def _end_clock(self) -> None:
        self._first, self._last, self.clocks = self._last, len(self.nodes), self.clocks + 1

    def run_of(self, number: int) -> tuple[Node, Word]:
        """Return the node and the inputs of a run."""
        node, word = divmod(number, len(self.words))
        return self.nodes[node], self.words[word]

    def run_block(self, block: range) -> None:
        """Execute a clock in each of some runs."""
        runs = [self.run_of(number) for number in block]
        rows = self._clock(runs, self.step)
        answers = self.stream.read_rows(rows)
        rows[:, self.ports] = 0  # the next inputs replace them
        for index, (number, (node, word), row, got) in enumerate(zip(block, runs, rows, answers, strict=True)):
            state, expected = self.stream.expected_clock(node[1], word)
            self.answered(index, number, got, expected)
            self._add((row.tobytes(), state), number)
        self.runs = block.stop

    def _clock(self, runs: Sequence[tuple[Node, Word]], step: Callable[[Rows], Rows] | None = None) -> Rows:
        """Return the states after a clock in each of some runs."""
        rows = np.stack([np.frombuffer(memory, dtype=np.uint8) for (memory, _), _ in runs])
        return self.stream.clock_rows(rows, [word for _, word in runs], step)

    def answered(self, index: int, run: int, got: int, expected: int) -> None:
        """Compare the answer of a run, number `index` of its block, with that of the oracle."""
        if got != expected:
            self.wrong += 1
            if self.first_wrong is None:
                self.first_wrong_run, self.first_wrong = run, WrongSequence(self.path(run), got, expected)

    def step(self, rows: Rows) -> Rows:
        """Return the next states by the ideal semantics, and record the counts at `rows`."""
        program = self.stream.program
        match = program.match_rows(rows)
        matched = program.matched_writers_rows(match)
        matches = match.sum(axis=1, dtype=np.int64)[:, None]
        keys = np.stack(np.broadcast_arrays(matches, matched, program.writers[None, :]), axis=-1).reshape(-1, 3)
        self.visited.update(Counts(n, p, t, program.samples) for n, p, t in np.unique(keys, axis=0).tolist())
        return (matched > 0).astype(np.uint8)

    def _add(self, node: Node, run: int) -> bool:
        """Add a node that a run reached; return whether it is new."""
        try:
            new = node not in self._known
        except TypeError:
            name = self.stream.program.name
            raise InputError(f"the oracle of {name}: its state must be hashable, got {node[1]!r}") from None
        if new:
            self._known.add(node)
            self.nodes.append(node)
            self.reached.append(run)
        return new

    def path(self, run: int) -> tuple[Word, ...]:
        """Return the inputs from the initial state to the clock of a run."""
        words: list[Word] = []
        while run >= 0:
            node, word = divmod(run, len(self.words))
            words.append(self.words[word])
            run = self.reached[node]
        return tuple(words[::-1])

    # --- for checkpoints

    def saved(self, seconds: float) -> Callable[[], dict[str, Any]]:
        """Return a function that returns this state of the search as JSON data, also when the search has gone on."""
        number, runs, wrong, first = len(self.nodes), self.runs, self.wrong, self.first_wrong_run
        visited = frozenset(self.visited)
        return lambda: {
            "reached": self.reached[1:number],
            "runs": runs,
            "wrong": wrong,
            "first_wrong": first,
            "visited": sorted([item.matches, item.matched_writers, item.writers] for item in visited),
            "microseconds": round(seconds * 1e6),
        }

    def restore(self, data: Any) -> float:
        """Bring a search that is not begun into a saved state, and return the seconds that it took.

        The runs that reached a node are run again. Raises InputError, KeyError, TypeError or ValueError for data that
        is no such state.
        """
        runs = natural(data["runs"], "runs", self.max_states * len(self.words) * (len(self.words) + 1))
        self._restore_nodes(data["reached"], runs)
        self.runs, self.wrong = runs, natural(data["wrong"], "wrong", runs)
        first = data["first_wrong"]
        if first is not None:
            self.first_wrong_run = natural(first, "first_wrong", runs - 1)
            node, word = self.run_of(first)
            got = self.stream.read_rows(self._clock([(node, word)]))[0]
            self.first_wrong = WrongSequence(self.path(first), got, self.stream.expected_clock(node[1], word)[1])
        for item in data["visited"]:
            n, p, t = (natural(number, "a number of counts") for number in item)
            self.visited.add(Counts(n, p, t, self.stream.program.samples))
        return natural(data["microseconds"], "microseconds") / 1e6

    def _restore_nodes(self, reached: Any, runs: int) -> None:
        """Reach all nodes again, by the numbers of the runs that first reached them."""
        last, size = -1, len(self.words)
        for item in reached:
            number = natural(item, "the number of a run", min(runs, len(self.nodes) * size) - 1)
            while number >= self._last * size:
                self._end_clock()
            run = self.run_of(number)
            rows = self._clock([run])
            rows[:, self.ports] = 0
            state, _ = self.stream.expected_clock(run[0][1], run[1])
            if number <= last or not self._add((rows[0].tobytes(), state), number):
                raise InputError(f"run {number} reaches no new state")
            last = number
        while not self.closed and runs >= self._last * size:
            self._end_clock()
        if runs > self._last * size:
            raise InputError("more runs are done than there are")
