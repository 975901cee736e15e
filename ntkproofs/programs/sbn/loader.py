"""Load an assembly into a state of the SBN machine, and read configurations from states.

A machine may be larger than the program. Its additional words are 0. The program occupies the *last* instructions of
the machine, so that execution past the end of the program halts the machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ntkproofs.display import counted
from ntkproofs.errors import InputError
from ntkproofs.programs.language import Bit, State
from ntkproofs.programs.sbn.assembly import Assembly
from ntkproofs.programs.sbn.interpreter import Configuration
from ntkproofs.programs.sbn.layout import Layout

__all__ = ["layout_for", "load", "read_configuration", "read_memory"]


def layout_for(program: Assembly, *, words: int | None = None, instructions: int | None = None) -> Layout:
    """Return the layout of a machine with `words` words and `instructions` instructions (default: those of `program`).

    Raises InputError if the program does not fit.
    """
    layout = Layout(
        len(program.names) if words is None else words,
        program.bits,
        len(program.instructions) if instructions is None else instructions,
    )
    _check_size(layout, program)
    return layout


def _check_size(layout: Layout, program: Assembly) -> None:
    """Raise InputError unless the program fits in the machine."""
    words, instructions = len(program.names), len(program.instructions)
    if words > layout.words or program.bits != layout.bits or instructions > layout.instructions:
        raise InputError(
            f"a program with {_sizes(words, program.bits, instructions)} does not fit in a machine with "
            f"{_sizes(layout.words, layout.bits, layout.instructions)}"
        )


def _sizes(words: int, bits: int, instructions: int) -> str:
    return f"{counted(words, 'word')} of {counted(bits, 'bit')} and {counted(instructions, 'instruction')}"


def load(layout: Layout, program: Assembly, at: Configuration | None = None) -> State:
    r"""Return the state that represents the configuration `at` of `program` (default: its initial configuration).

    Raises InputError if the program does not fit in the machine.

    >>> from ntkproofs.programs.sbn.assembler import assemble
    >>> program = assemble("x: .word -1\nsbn x x")
    >>> state = load(Layout(words=2, bits=8, instructions=3), program)
    >>> state["memory"], state["counter"]
    ([1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 1, 0])
    """
    _check_size(layout, program)
    configuration = Configuration(0, program.values) if at is None else at
    shift = layout.instructions - len(program.instructions)
    state = {field: [0] * width for field, width in layout.fields.items()}
    for word, value in enumerate(configuration.memory):
        _set_bits(state, value, [layout.memory(word, i) for i in range(layout.bits)])
    for j, instruction in enumerate(program.instructions, shift):
        for which, number, width in (
            ("a", instruction.a, layout.address_bits),
            ("b", instruction.b, layout.address_bits),
            ("c", instruction.c + shift, layout.target_bits),
        ):
            _set_bits(state, number, [layout.operand(which, j, i) for i in range(width)])
    state["counter"][configuration.counter + shift] = 1
    return state


def _set_bits(state: State, number: int, bits: Sequence[Bit]) -> None:
    """Store the binary digits of a number in `bits`, least significant first."""
    for weight, (field, index) in enumerate(bits):
        state[field][index] = number >> weight & 1


def read_memory(layout: Layout, state: Mapping[str, Sequence[int]], program: Assembly) -> dict[str, int]:
    """Return the values of the words of the program in a state, ``{name: signed number}``."""
    half, memory = 1 << (layout.bits - 1), {}
    for word, name in enumerate(program.names):
        digits = [state[field][index] for field, index in (layout.memory(word, i) for i in range(layout.bits))]
        value = sum(digit << weight for weight, digit in enumerate(digits))
        memory[name] = value - 2 * half if value >= half else value
    return memory


def read_configuration(layout: Layout, state: Mapping[str, Sequence[int]], program: Assembly) -> Configuration:
    """Return the configuration that a state between two instructions represents.

    Raises InputError for a state within an instruction, and for a counter outside of `program`.
    """
    shift = layout.instructions - len(program.instructions)
    cells = [index for index, cell in enumerate(state["counter"]) if cell]
    if len(cells) != 1 or cells[0] < shift:
        raise InputError(f"between two instructions, one cell of the counter from {shift} on must be set, got {cells}")
    return Configuration(cells[0] - shift, tuple(read_memory(layout, state, program).values()))
