"""Loading an assembly into a state of the SBN machine, and reading a configuration out of a state.

A machine may be larger than the program: its words after the program's are 0, and the program takes the *last* places
for instructions, so that its end is the machine's end and falling off it stops.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ntkproofs.errors import InputError
from ntkproofs.programs.language import State
from ntkproofs.programs.sbn.assembly import Assembly
from ntkproofs.programs.sbn.interpreter import Configuration
from ntkproofs.programs.sbn.layout import Layout

__all__ = ["layout_for", "load", "read_configuration", "read_memory"]


def layout_for(program: Assembly, *, words: int | None = None, instructions: int | None = None) -> Layout:
    """Return the layout of a machine for `program`: one that just fits, or larger.

    Raises InputError if the sizes asked for are too small.
    """
    layout = Layout(
        len(program.names) if words is None else words,
        program.bits,
        len(program.instructions) if instructions is None else instructions,
    )
    _fits(layout, program)
    return layout


def _fits(layout: Layout, program: Assembly) -> None:
    need = (len(program.names), program.bits, len(program.instructions))
    have = (layout.words, layout.bits, layout.instructions)
    if need[0] > have[0] or need[1] != have[1] or need[2] > have[2]:
        raise InputError(
            f"a program of {need[0]} words of {need[1]} bits and {need[2]} instructions does not fit the machine "
            f"of {have[0]} words of {have[1]} bits and {have[2]} instructions"
        )


def load(layout: Layout, program: Assembly, at: Configuration | None = None) -> State:
    r"""Return the state in which the machine starts `program` (or goes on with it from the configuration `at`).

    >>> from ntkproofs.programs.sbn.assembler import assemble
    >>> program = assemble("x: .word -1\nsbn x x")
    >>> state = load(Layout(words=2, bits=8, instructions=3), program)
    >>> state["memory"], state["counter"]
    ([1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 1, 0])
    """
    _fits(layout, program)
    now = Configuration(0, program.values) if at is None else at
    shift = layout.instructions - len(program.instructions)
    state = {field: [0] * width for field, width in layout.fields.items()}
    for word, value in enumerate(now.memory):
        for place in range(layout.bits):
            field, index = layout.memory(word, place)
            state[field][index] = value >> place & 1
    for j, each in enumerate(program.instructions, shift):
        for which, number, width in (
            ("a", each.a, layout.address_bits),
            ("b", each.b, layout.address_bits),
            ("c", each.c + shift, layout.target_bits),
        ):
            for place in range(width):
                field, index = layout.operand(which, j, place)
                state[field][index] = number >> place & 1
    state["counter"][now.counter + shift] = 1
    return state


def read_memory(layout: Layout, state: Mapping[str, Sequence[int]], program: Assembly) -> dict[str, int]:
    """Return the words of a state by name, as signed numbers."""
    half, memory = 1 << (layout.bits - 1), {}
    for word, name in enumerate(program.names):
        digits = [state[field][index] for field, index in (layout.memory(word, i) for i in range(layout.bits))]
        value = sum(digit << place for place, digit in enumerate(digits))
        memory[name] = value - 2 * half if value >= half else value
    return memory


def read_configuration(layout: Layout, state: Mapping[str, Sequence[int]], program: Assembly) -> Configuration:
    """Return the configuration that a state between two instructions holds.

    Raises InputError for a state within an instruction, and for one whose counter is not in `program`.
    """
    shift = layout.instructions - len(program.instructions)
    cells = [place for place, cell in enumerate(state["counter"]) if cell]
    if len(cells) != 1 or cells[0] < shift:
        raise InputError(f"not a state between two instructions of the program: counter cells {cells} are set")
    return Configuration(cells[0] - shift, tuple(read_memory(layout, state, program).values()))
