"""Execute streams: one sequence of inputs through the predictor, and every sequence of inputs by exploring all states.

:func:`explore` runs a stream from its initial state with every input at every clock, and from every state that this
reaches, until no new state appears: this covers all sequences of inputs, of any length. Each answer is compared with
the oracle's, and the sign of the mean is decided rigorously for all counts that occur.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any, TypeAlias

import numpy as np

from ntkproofs.bounds.rounding import rounds_right
from ntkproofs.counts import Counts
from ntkproofs.display import counted, facts
from ntkproofs.errors import InputError
from ntkproofs.kernels import Kernel, KernelLike, as_kernel
from ntkproofs.programs import Rows, Stream
from ntkproofs.truth import NoTruthValue
from ntkproofs.validation import integer

__all__ = ["Exploration", "WrongSequence", "explore"]

Word: TypeAlias = tuple[int, ...]  # the inputs of one clock
Node: TypeAlias = tuple[bytes, Any]  # the memory of the program, and the state of the oracle
Run: TypeAlias = tuple[Node, Word]  # a clock with some inputs from such a pair

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
    which rounding is incorrect. `seconds` is the running time.
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
        yield "rounding", f"{len(self.visited)} different counts (n, p, t) at the visited states, {outcome}"
        yield "largest n", str(self.largest_matches)
        yield "seconds", f"{self.seconds:.2f}"

    def __str__(self) -> str:
        return "\n".join(f"{name:<16} {value}" for name, value in self.lines())

    def _repr_html_(self) -> str:
        return facts(self.lines(), caption=f"{self.stream.program.name}: all sequences of inputs")


def explore(
    stream: Stream, *, clocks: int | None = None, kernel: KernelLike = "ntk", max_states: int = MAX_STATES
) -> Exploration:
    """Run `stream` with all sequences of inputs; see :class:`Exploration`.

    `clocks`: the length of the sequences (default: any length); `kernel`: a Kernel or the name of one. The result is
    not complete if more than `max_states` states are reached. Raises InputError for more than 16 input bits of a clock,
    for a program without templates, and for an oracle that fails, or whose state is not hashable.

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
    requested = None if clocks is None else integer(clocks, "clocks", low=1)
    begin = time.perf_counter()
    search = Search(stream, integer(max_states, "max_states", low=1))
    done = 0
    while search.frontier and done != requested and len(search.before) <= search.max_states:
        search.advance()
        done += 1
    kernel = as_kernel(kernel)
    return Exploration(
        stream,
        kernel,
        clocks=done,
        states=len(search.before),
        runs=search.runs,
        closed=not search.frontier,
        requested=requested,
        wrong=search.wrong,
        first_wrong=search.first_wrong,
        visited=frozenset(search.visited),
        unsound=tuple(sorted(item for item in search.visited if not rounds_right(kernel, item))),
        seconds=time.perf_counter() - begin,
    )


class Search:
    """A breadth-first search of the pairs (memory of the program, state of the oracle)."""

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
        start = (stream.program.row(stream.start()).tobytes(), None)
        self.before: dict[Node, Run | None] = {start: None}  # how each pair is reached
        self.frontier: list[Node] = [start]
        self.visited: set[Counts] = set()
        self.runs = self.wrong = 0
        self.first_wrong: WrongSequence | None = None

    def advance(self) -> None:
        """Execute a clock with every input from every pair of the frontier; the new pairs are the next frontier."""
        nodes, self.frontier = self.frontier, []
        pairs = iter([(node, word) for node in nodes for word in self.words])
        size = max(1, BLOCK // (len(self.stream.program.templates) + self.stream.program.output_bits))
        while block := list(islice(pairs, size)):
            self.run_block(block)

    def run_block(self, block: Sequence[Run]) -> None:
        """Execute a clock in each of some runs."""
        program = self.stream.program
        rows = np.stack([np.frombuffer(memory, dtype=np.uint8) for (memory, _), _ in block])
        rows = self.stream.clock_rows(rows, [word for _, word in block], self.step)
        answers = self.stream.read_rows(rows)
        rows[:, self.ports] = 0  # the next inputs replace them
        self.runs += len(block)
        for index, ((node, word), row, got) in enumerate(zip(block, rows, answers, strict=True)):
            state, expected = self.stream.expected_clock(node[1], word)
            self.answered(index, (node, word), got, expected)
            self._add((row.tobytes(), state), (node, word), program.name)

    def answered(self, index: int, run: Run, got: int, expected: int) -> None:
        """Compare the answer of a run, number `index` of its block, with that of the oracle."""
        if got != expected:
            self.wrong += 1
            if self.first_wrong is None:
                self.first_wrong = WrongSequence(self.path(run), got, expected)

    def step(self, rows: Rows) -> Rows:
        """Return the next states by the ideal semantics, and record the counts at `rows`."""
        program = self.stream.program
        match = program.match_rows(rows)
        matched = program.matched_writers_rows(match)
        matches = match.sum(axis=1, dtype=np.int64)[:, None]
        keys = np.stack(np.broadcast_arrays(matches, matched, program.writers[None, :]), axis=-1).reshape(-1, 3)
        self.visited.update(Counts(n, p, t, program.samples) for n, p, t in np.unique(keys, axis=0).tolist())
        return (matched > 0).astype(np.uint8)

    def _add(self, node: Node, reached: Run, name: str) -> None:
        try:
            new = node not in self.before
        except TypeError:
            raise InputError(f"the oracle of {name}: its state must be hashable, got {node[1]!r}") from None
        if new:
            self.before[node] = reached
            self.frontier.append(node)

    def path(self, run: Run) -> tuple[Word, ...]:
        """Return the inputs from the initial state to the clock of a run."""
        node, word = run
        return (*list(self._backwards(node))[::-1], word)

    def _backwards(self, node: Node) -> Iterator[Word]:
        reached = self.before[node]
        while reached is not None:
            node, word = reached
            yield word
            reached = self.before[node]
