"""Copies: many copies of one stream that exchange messages; what each copy receives is decided outside the network.

In a round every copy gets its inputs at its ports, runs one clock, and gives its answer; the answers of a round are
delivered as the inputs of the next. A graph algorithm is such a program: each node runs a copy, and the exchange
delivers the message of a node to its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from ntkproofs.errors import InputError
from ntkproofs.programs.interface import values_of
from ntkproofs.programs.language import Rows
from ntkproofs.programs.streams import Stream
from ntkproofs.validation import integer

__all__ = ["Copies", "Exchange"]

Exchange: TypeAlias = Callable[[tuple[int, ...]], Sequence[int | Sequence[int]]]


@dataclass(frozen=True)
class Copies:
    """Copies of one stream that exchange messages.

    Parameters: `stream`; `starts`, for each copy the initial values ``{field: number}`` of fields, in addition to the
    constants of the stream; `exchange`, a function from the answers of all copies to the inputs of all copies at the
    next round, with one entry for each copy: a tuple with the value of each port, or an integer if there is one port.
    Raises InputError if there is no copy, or the values do not fit.

    >>> from ntkproofs.programs import TemplateProgram
    >>> program = TemplateProgram("max", fields={"heard": 2, "best": 2})  # in unary: the bits of a number are a prefix
    >>> for index in range(2):
    ...     program.template(when={("heard", index): 1}, write=[("best", index)])
    ...     program.template(when={("best", index): 1}, write=[("best", index)])
    >>> best = (("best", 0), ("best", 1))
    >>> stream = Stream(program, ("heard",), 1, best, lambda known, heard: ((known or 0) | heard, (known or 0) | heard))
    >>> ring = Copies(stream, [{"best": 0}, {"best": 1}, {"best": 3}], lambda best: [best[-1], *best[:-1]])
    >>> list(ring.run(3, first=[0, 0, 0]))
    [(0, 1, 3), (3, 1, 3), (3, 3, 3)]
    """

    stream: Stream
    starts: Sequence[Mapping[str, int]]
    exchange: Exchange

    def __post_init__(self) -> None:
        if not isinstance(self.stream, Stream) or not callable(self.exchange):
            raise InputError(
                f"copies are those of a Stream, with a function for the exchange, got {self.stream!r} and "
                f"{self.exchange!r}"
            )
        if not isinstance(self.starts, Sequence) or not self.starts:
            raise InputError(
                f"{self.stream.program.name}: starts must be a list, one entry a copy, got {self.starts!r}"
            )
        object.__setattr__(self, "starts", tuple(dict(fields) for fields in self.starts))
        self.start_rows()

    def start_rows(self) -> Rows:
        """Return the initial states of all copies, ``(copies, bits)``."""
        stream = self.stream
        return np.stack([stream.program.row(stream.start(**fields)) for fields in self.starts])

    def run(
        self, rounds: int, *, first: Sequence[int | Sequence[int]], step: Callable[[Rows], Rows] | None = None
    ) -> Iterator[tuple[int, ...]]:
        """Yield the answers of all copies after each round; `first` are the inputs of all copies at the first.

        `step` maps the states of all copies to their next states (default: the ideal semantics of the program). To run
        through the predictor: ``step=lambda rows: machine.step_rows(rows)[0]``.
        """
        rows, delivered = self.start_rows(), first
        for number in range(1, integer(rounds, "rounds", low=0) + 1):
            rows = self.stream.clock_rows(rows, self._words(delivered, number), step)
            answers = tuple(self.stream.read_rows(rows))
            yield answers
            delivered = self.exchange(answers)

    def _words(self, delivered: Sequence[int | Sequence[int]], number: int) -> list[tuple[int, ...]]:
        """Return the inputs of all copies as tuples; raises InputError, with the round and the copy."""
        name = self.stream.program.name
        if not isinstance(delivered, Sequence) or len(delivered) != len(self.starts):
            raise InputError(
                f"{name}, round {number}: the inputs must be a list of {len(self.starts)}, one for "
                f"each copy, got {delivered!r}"
            )
        return [
            values_of(f"{name}, round {number}, copy {copy}", self.stream.inputs, self.stream.input_widths, word)
            for copy, word in enumerate(delivered)
        ]
