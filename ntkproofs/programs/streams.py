"""Stream: a program whose inputs arrive one after another, at *ports*: fields that the outside sets before each clock.

At each clock the ports are set to the inputs, the program runs `period` steps, and the output is read. Between clocks
nothing else is changed, so the other fields are the memory of the program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ntkproofs.errors import InputError
from ntkproofs.programs.interface import answer_of, as_constants, as_inputs, as_output, as_program, values_of
from ntkproofs.programs.language import Bit, Rows, State, TemplateProgram
from ntkproofs.validation import as_integer, integer

__all__ = ["Stream"]


@dataclass(frozen=True)
class Stream:
    """A program with ports, which takes one group of inputs at each clock.

    Parameters: `program`; `inputs`, the fields that the outside sets before each clock; `period`, the number of steps
    of a clock; `output`, the bits that are read after it, least significant first; `oracle`, the function that the
    program should compute, from its own state (None at first) and the inputs to its next state (hashable) and the
    answer, a nonnegative integer; `constants`, the initial values of fields (default: zero). Templates may write the
    bits of a port, but the values set before a clock replace them. Raises InputError for unknown fields and bits, for a
    period below 1, and for a port with an initial value.

    >>> program = TemplateProgram("parity", fields={"bit": 1, "odd": 1})
    >>> program.template(when={("bit", 0): 1, ("odd", 0): 0}, write=[("odd", 0)])
    >>> program.template(when={("bit", 0): 0, ("odd", 0): 1}, write=[("odd", 0)])
    >>> def parity(odd, bit):
    ...     after = bit if odd is None else odd ^ bit
    ...     return after, after
    >>> stream = Stream(program, ("bit",), period=1, output=(("odd", 0),), oracle=parity)
    >>> stream.run([1, 0, 1, 1]), stream.expected([1, 0, 1, 1])
    ([1, 1, 0, 1], [1, 1, 0, 1])
    """

    program: TemplateProgram
    inputs: tuple[str, ...]
    period: int
    output: tuple[Bit, ...]
    oracle: Callable[..., tuple[Any, int]]
    constants: Mapping[str, int] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        program = as_program(self.program)
        object.__setattr__(self, "period", integer(self.period, f"{program.name}: period", low=1))
        object.__setattr__(self, "inputs", as_inputs(program, self.inputs))
        object.__setattr__(self, "output", as_output(program, self.output))
        object.__setattr__(self, "constants", as_constants(program, self.constants, self.inputs))
        if not callable(self.oracle):
            raise InputError(f"{program.name}: the oracle must be a function, got {self.oracle!r}")

    @property
    def input_widths(self) -> tuple[int, ...]:
        """The number of bits of each port."""
        return tuple(self.program.fields[name] for name in self.inputs)

    @property
    def input_bits(self) -> int:
        """The number of input bits of a clock; there are ``2**(input_bits * T)`` sequences of T inputs."""
        return sum(self.input_widths)

    @property
    def input_positions(self) -> tuple[int, ...]:
        """The positions of all bits of the ports in a row, each least significant first."""
        return tuple(
            self.program.position((name, index))
            for name, width in zip(self.inputs, self.input_widths, strict=True)
            for index in range(width)
        )

    def words(self, inputs: Iterable[int | Sequence[int]]) -> list[tuple[int, ...]]:
        """Return a sequence of inputs with a tuple for each clock; raises InputError unless each fits its ports.

        With a single port, a clock may be given as an integer.
        """
        return [
            values_of(f"{self.program.name}, clock {clock}", self.inputs, self.input_widths, word)
            for clock, word in enumerate(inputs, 1)
        ]

    def start(self, /, **fields: int) -> State:
        """Return the initial state: fields that are not given have the values of `constants`, or zero."""
        return self.program.state(**{**self.constants, **fields})

    def set_rows(self, rows: Rows, words: Sequence[Sequence[int]]) -> Rows:
        """Return many states with their ports set, one tuple of inputs for each."""
        result = rows.copy()
        position = iter(self.input_positions)
        for index, width in enumerate(self.input_widths):
            values = [word[index] for word in words]
            for bit in range(width):
                result[:, next(position)] = [value >> bit & 1 for value in values]
        return result

    def read_rows(self, rows: Rows) -> list[int]:
        """Return the answers in many states."""
        positions = [self.program.position(bit) for bit in self.output]
        return [answer_of(row) for row in rows[:, positions].tolist()]

    def read(self, state: State) -> int:
        """Return the answer in `state`."""
        return answer_of([state[name][index] for name, index in self.output])

    def clock_rows(
        self, rows: Rows, words: Sequence[Sequence[int]], step: Callable[[Rows], Rows] | None = None
    ) -> Rows:
        """Return the states after one clock; `step`: a function for many states (default: the ideal semantics)."""
        rows = self.set_rows(rows, words)
        for _ in range(self.period):
            rows = (step or self.program.step_rows)(rows)
        return rows

    def run(
        self, inputs: Iterable[int | Sequence[int]], *, start: Mapping[str, Sequence[int]] | None = None
    ) -> list[int]:
        """Return the answer after each clock by the ideal semantics, from `start` (default: the initial state)."""
        rows = self.program.row(self.start() if start is None else start)[None, :]
        answers = []
        for word in self.words(inputs):
            rows = self.clock_rows(rows, [word])
            answers += self.read_rows(rows)
        return answers

    def expected_clock(self, state: Any, word: tuple[int, ...]) -> tuple[Any, int]:
        """Return the oracle's next state and answer for one clock; raises InputError, with the inputs, if it fails."""
        where = f"the oracle of {self.program.name}, in its state {state!r} with the inputs {word}"
        try:
            result = self.oracle(state, *word)
        except Exception as problem:
            raise InputError(f"{where}, raises {type(problem).__name__}: {problem}") from problem
        answer = as_integer(result[1]) if isinstance(result, tuple) and len(result) == 2 else None
        if answer is None or answer < 0:
            raise InputError(f"{where}, gives {result!r}: it must be (next state, nonnegative integer)")
        return result[0], answer

    def expected(self, inputs: Iterable[int | Sequence[int]]) -> list[int]:
        """Return the answers of the oracle for a sequence of inputs; raises InputError if it fails at one of them."""
        state, answers = None, []
        for word in self.words(inputs):
            state, answer = self.expected_clock(state, word)
            answers.append(answer)
        return answers
