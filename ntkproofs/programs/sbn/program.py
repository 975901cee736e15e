"""SBN (subtract and branch if negative): a universal machine as one template program.

The instruction ``a b c`` executes ``M[b] := M[b] - M[a]``. If the result is negative (its sign bit is 1), the machine
continues at instruction ``c``, else at the next instruction. It halts when the program counter leaves the program. The
memory and the SBN program are both part of the *state* (its fields are in :mod:`~ntkproofs.programs.sbn.layout`), so
that a single trained network executes every SBN program.

The phases of an instruction are controlled by a token that moves with the data, so that no template depends on time::

    fetch     counter_j copies instruction j and the token into the fetch tree; next_j remembers j
    select    at the root, b selects its word; one step later, a selects its word; the read tree gathers both
    subtract  the minuend M[b] passes through q into p, and M[a] follows into q; then b steps of
              p' = p xor q,  q' = 2 (q and not p)    (these preserve p - q, and q is 0 at the end)
    commit    write_b replaces the word by p; the sign bit of p sets either counter_{j+1} or the cell of the target

A bit that no matching template writes becomes 0, so templates such as ``memory=1, write=0 -> memory`` keep the stored
bits. Selecting one of P instructions or one of W words uses binary trees, so that no bit has more than two writers, and
no padding is needed: with t <= 2, ``t n <= p K`` follows from ``2 n <= K``. Every stored bit contributes at least two
templates to K, at most one of which matches, except for the few bits that an instruction is processing. The last cell
of the counter starts no instruction: the token disappears, and the state remains constant.

Between two instructions only bits of memory, program and one cell of the counter are 1. The assembler produces no
invalid address or target (they exist if W or P + 1 is not a power of two). An instruction with one would read 0, write
nothing, and halt.
"""

from __future__ import annotations

from collections.abc import Iterable

from ntkproofs.programs.language import Bit, TemplateProgram
from ntkproofs.programs.sbn.layout import Layout

__all__ = ["sbn"]

ONE_HOT = ("counter", "next", "clock", "select", "write")


def sbn(words: int, bits: int, instructions: int) -> TemplateProgram:
    """Return the SBN machine with `words` words of `bits` bits and at most `instructions` instructions.

    Raises InputError for sizes out of range: at most 256 words of at most 64 bits, and at most 256 instructions.

    >>> program = sbn(words=16, bits=8, instructions=16)
    >>> program.samples, program.padding, int(program.writers.max())
    (1291, 0, 2)
    """
    layout = Layout(words, bits, instructions)
    program = TemplateProgram("sbn", fields=layout.fields, text=ONE_HOT)
    _keep(program, layout)
    _fetch(program, layout)
    _run_clock(program, layout)
    _read(program, layout)
    _subtract(program, layout)
    _commit(program, layout)
    return program


def _keep(program: TemplateProgram, layout: Layout) -> None:
    """Keep memory and program, and the operands until they are used."""
    done = ("clock", layout.done)
    for word in range(layout.words):
        for index in range(layout.bits):
            bit = layout.memory(word, index)
            program.template(when={bit: 1, ("write", word): 0}, write=[bit])
    for field in ("program_a", "program_b", "program_c"):
        for index in range(program.fields[field]):
            program.template(when={(field, index): 1}, write=[(field, index)])
    for field in ("next", "operand_b", "target"):
        for index in range(program.fields[field]):
            program.template(when={(field, index): 1, done: 0}, write=[(field, index)])
    program.template(when={("halted", 0): 1}, write=[("halted", 0)])


def _fetch(program: TemplateProgram, layout: Layout) -> None:
    """Gather the operands of the instruction in the counter, together with a token."""
    token = layout.columns - 1
    for j in range(layout.instructions):
        start = ("counter", j)
        for column, bit in enumerate(_stored(layout, j)):
            program.template(when={start: 1, bit: 1}, write=[layout.fetch(1, j // 2, column)])
        program.template(when={start: 1}, write=[layout.fetch(1, j // 2, token), ("next", j)])
    for level, nodes in enumerate(layout.fetch_levels[:-1], 1):
        for node in range(nodes):
            for column in range(layout.columns):
                program.template(
                    when={layout.fetch(level, node, column): 1}, write=[layout.fetch(level + 1, node // 2, column)]
                )
    arrivals = [(f, i) for f in ("operand_a", "operand_b", "target") for i in range(program.fields[f])]
    for column, arrival in enumerate([*arrivals, ("clock", 0)]):
        program.template(when={_root(layout, column): 1}, write=[arrival])


def _stored(layout: Layout, instruction: int) -> list[Bit]:
    """Return the bits of a stored instruction in the order of the columns of the fetch tree."""
    widths = {"a": layout.address_bits, "b": layout.address_bits, "c": layout.target_bits}
    return [layout.operand(which, instruction, index) for which, width in widths.items() for index in range(width)]


def _root(layout: Layout, column: int) -> Bit:
    """Return a bit of the root of the fetch tree."""
    return layout.fetch(len(layout.fetch_levels), 0, column)


def _run_clock(program: TemplateProgram, layout: Layout) -> None:
    """Move the token by one cell in each step."""
    for cell in range(layout.done):
        program.template(when={("clock", cell): 1}, write=[("clock", cell + 1)])


def _read(program: TemplateProgram, layout: Layout) -> None:
    """Select M[b], then M[a]; gather the selected word in q."""
    A = layout.address_bits
    address_b = [_root(layout, A + index) for index in range(A)]
    address_a = [("operand_a", index) for index in range(A)]
    for word in range(layout.words):
        for token, address in ((_root(layout, layout.columns - 1), address_b), (("clock", 0), address_a)):
            program.template(when=[(token, 1), *_equals(address, word)], write=[("select", word)])
        for index in range(layout.bits):
            program.template(
                when={("select", word): 1, layout.memory(word, index): 1}, write=[layout.read(1, word // 2, index)]
            )
    for level, nodes in enumerate(layout.read_levels[:-1], 1):
        for node in range(nodes):
            for index in range(layout.bits):
                program.template(
                    when={layout.read(level, node, index): 1}, write=[layout.read(level + 1, node // 2, index)]
                )
    for index in range(layout.bits):
        program.template(when={layout.read(len(layout.read_levels), 0, index): 1}, write=[("q", index)])


def _equals(bits: Iterable[Bit], number: int) -> list[tuple[Bit, int]]:
    """Return the requirements that `bits`, least significant first, are the binary digits of `number`."""
    return [(bit, number >> index & 1) for index, bit in enumerate(bits)]


def _subtract(program: TemplateProgram, layout: Layout) -> None:
    """Subtract q from p; no borrow occurs while the minuend moves from q to p, which is zero before."""
    load, done = ("clock", layout.load), ("clock", layout.done)
    for i in range(layout.bits):
        p, q = ("p", i), ("q", i)
        program.template(when={p: 0, q: 1}, write=[p])
        program.template(when={p: 1, q: 0, done: 0}, write=[p])
        if i + 1 < layout.bits:
            program.template(when={p: 0, q: 1, load: 0}, write=[("q", i + 1)])


def _commit(program: TemplateProgram, layout: Layout) -> None:
    """Write the result to memory, and set the counter according to its sign."""
    done, sign = ("clock", layout.done), ("p", layout.bits - 1)
    operand_b = [("operand_b", index) for index in range(layout.address_bits)]
    target = [("target", index) for index in range(layout.target_bits)]
    for word in range(layout.words):
        program.template(when=[(("clock", layout.last), 1), *_equals(operand_b, word)], write=[("write", word)])
        for index in range(layout.bits):
            program.template(when={("write", word): 1, ("p", index): 1}, write=[layout.memory(word, index)])
    for j in range(layout.instructions):
        program.template(when={done: 1, sign: 0, ("next", j): 1}, write=[("counter", j + 1)])
    for j in range(layout.instructions + 1):
        program.template(when=[(done, 1), (sign, 1), *_equals(target, j)], write=[("counter", j)])
    program.template(when={("counter", layout.instructions): 1}, write=[("halted", 0)])
