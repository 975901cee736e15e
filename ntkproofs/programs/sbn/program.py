"""SBN, subtract and branch if negative: a universal machine as one template program.

One instruction ``a b c``: ``M[b] := M[b] - M[a]``; if the result is negative (its sign bit is 1) go to ``c``, else to
the next instruction; the machine stops when the counter leaves the program. Both the memory and the SBN program lie in
the *state* (see :mod:`~ntkproofs.programs.sbn.layout` for its fields): one trained network runs them all.

An instruction is a wave through the state. A token runs with it, so no rule needs to know the time::

    fetch     counter_j puts instruction j and the token into the fetch tree; next_j remembers j
    select    out of the root: b selects its word at once; a one step later, following it through the read tree
    subtract  the minuend M[b] passes through q into p, M[a] follows into q; then b steps of
              p' = p xor q,  q' = 2 (q and not p)    (p - q stays; q is 0 in the end)
    commit    write_b replaces the word by p; p's sign bit sends next_j to counter_{j+1} or the target to its cell

What is not written is forgotten, so every stored bit rewrites itself: ``memory=1, write=0 -> memory``. Gathering (one
of P instructions, one of W words) goes through binary trees, so that no bit has more than two writers. That is why no
padding is needed: with t <= 2, ``t n <= p K`` follows from ``2 n <= K``; every stored bit has two templates or more in
K, and but for the few bits in the wave one of them matches at a time. The machine stops by letting the token die: the
last cell of the counter starts no instruction, and the state stays as it is.

Between two instructions only memory, program and one cell of the counter are set. An address or a target that is not
there (possible if W or P + 1 is no power of two) never comes from the assembler; it would read 0, write nothing, and
stop.
"""

from __future__ import annotations

from collections.abc import Iterable

from ntkproofs.programs.language import Bit, TemplateProgram
from ntkproofs.programs.sbn.layout import Layout

__all__ = ["sbn"]

ONE_HOT = ("counter", "next", "clock", "select", "write")


def sbn(words: int, bits: int, instructions: int) -> TemplateProgram:
    """Return the SBN machine with `words` words of `bits` bits and room for `instructions` instructions.

    Raises InputError for sizes out of range (256 words of 64 bits, 256 instructions).

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
    """Store memory and program, and the operands until they are used."""
    done = ("clock", layout.done)
    for word in range(layout.words):
        for place in range(layout.bits):
            bit = layout.memory(word, place)
            program.template(when={bit: 1, ("write", word): 0}, write=[bit])
    for field in ("program_a", "program_b", "program_c"):
        for index in range(program.fields[field]):
            program.template(when={(field, index): 1}, write=[(field, index)])
    for field in ("next", "operand_b", "target"):
        for index in range(program.fields[field]):
            program.template(when={(field, index): 1, done: 0}, write=[(field, index)])
    program.template(when={("halted", 0): 1}, write=[("halted", 0)])


def _fetch(program: TemplateProgram, layout: Layout) -> None:
    """Gather the operands of the instruction that the counter points at, together with a token."""
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
    """Return the bits of a stored instruction in the order of the fetch tree's columns."""
    widths = {"a": layout.address_bits, "b": layout.address_bits, "c": layout.target_bits}
    return [layout.operand(which, instruction, place) for which, width in widths.items() for place in range(width)]


def _root(layout: Layout, column: int) -> Bit:
    return layout.fetch(len(layout.fetch_levels), 0, column)


def _run_clock(program: TemplateProgram, layout: Layout) -> None:
    """Pass the token on, one cell a step."""
    for cell in range(layout.done):
        program.template(when={("clock", cell): 1}, write=[("clock", cell + 1)])


def _read(program: TemplateProgram, layout: Layout) -> None:
    """Select M[b], then M[a]; gather the word that is selected, and deliver it in q."""
    A = layout.address_bits
    address_b = [_root(layout, A + place) for place in range(A)]
    address_a = [("operand_a", place) for place in range(A)]
    for word in range(layout.words):
        for token, address in ((_root(layout, layout.columns - 1), address_b), (("clock", 0), address_a)):
            program.template(when=[(token, 1), *_equals(address, word)], write=[("select", word)])
        for place in range(layout.bits):
            program.template(
                when={("select", word): 1, layout.memory(word, place): 1}, write=[layout.read(1, word // 2, place)]
            )
    for level, nodes in enumerate(layout.read_levels[:-1], 1):
        for node in range(nodes):
            for place in range(layout.bits):
                program.template(
                    when={layout.read(level, node, place): 1}, write=[layout.read(level + 1, node // 2, place)]
                )
    for place in range(layout.bits):
        program.template(when={layout.read(len(layout.read_levels), 0, place): 1}, write=[("q", place)])


def _equals(bits: Iterable[Bit], number: int) -> list[tuple[Bit, int]]:
    """Return the requirement that `bits`, least significant first, are the binary digits of `number`."""
    return [(bit, number >> place & 1) for place, bit in enumerate(bits)]


def _subtract(program: TemplateProgram, layout: Layout) -> None:
    """Subtract q from p; while the minuend enters the empty p through q, nothing is borrowed."""
    load, done = ("clock", layout.load), ("clock", layout.done)
    for i in range(layout.bits):
        p, q = ("p", i), ("q", i)
        program.template(when={p: 0, q: 1}, write=[p])
        program.template(when={p: 1, q: 0, done: 0}, write=[p])
        if i + 1 < layout.bits:
            program.template(when={p: 0, q: 1, load: 0}, write=[("q", i + 1)])


def _commit(program: TemplateProgram, layout: Layout) -> None:
    """Write the result, and set the counter by its sign."""
    done, sign = ("clock", layout.done), ("p", layout.bits - 1)
    operand_b = [("operand_b", place) for place in range(layout.address_bits)]
    target = [("target", place) for place in range(layout.target_bits)]
    for word in range(layout.words):
        program.template(when=[(("clock", layout.last), 1), *_equals(operand_b, word)], write=[("write", word)])
        for place in range(layout.bits):
            program.template(when={("write", word): 1, ("p", place): 1}, write=[layout.memory(word, place)])
    for j in range(layout.instructions):
        program.template(when={done: 1, sign: 0, ("next", j): 1}, write=[("counter", j + 1)])
    for j in range(layout.instructions + 1):
        program.template(when=[(done, 1), (sign, 1), *_equals(target, j)], write=[("counter", j)])
    program.template(when={("counter", layout.instructions): 1}, write=[("halted", 0)])
