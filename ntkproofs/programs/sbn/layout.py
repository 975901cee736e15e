"""Layout of the SBN machine: its fields, the positions of their bits, and closed forms for its sizes.

There are ``W`` words of ``b`` bits and ``P`` instructions. ``A = max(1, ceil(log2 W))`` bits address a word, and
``C = ceil(log2(P + 1))`` bits address a target: an instruction from 0 to P-1, or P, which halts the machine. A
*gathering tree* over m leaves has levels of ``ceil(m/2), ceil(m/4), ..., 1`` nodes; it moves the value of the one
nonzero leaf to the root.

=================  ==================  ==============================================================================
field              bits                content
=================  ==================  ==============================================================================
memory             W b                 the words
program_a, _b, _c  P A, P A, P C       the instructions
counter            P + 1               one-hot: the instruction that starts; the last cell halts the machine
next               P                   one-hot: cell j while instruction j runs
fetch1, fetch2...  2A+C+1 for a node   tree: the operands of the instruction, and a token
operand_a, _b      A, A                the fetched addresses
target             C                   the fetched target
clock              A + b + 3           one-hot: the token after it has left the fetch tree
select             W                   one-hot: the word that is read
read1, read2, ...  b for a node        tree: the word that is read
p, q               b, b                the subtractor, which preserves p - q
write              W                   one-hot: the word that is overwritten
halted             1                   1 once the program has halted
=================  ==================  ==============================================================================
"""

from __future__ import annotations

from dataclasses import dataclass

from ntkproofs.programs.language import Bit
from ntkproofs.validation import integer

__all__ = ["Layout", "tree_levels", "MAX_WORDS", "MAX_WORD_BITS", "MAX_INSTRUCTIONS"]

MAX_WORDS = 256
MAX_WORD_BITS = 64
MAX_INSTRUCTIONS = 256


def tree_levels(leaves: int) -> tuple[int, ...]:
    """Return the number of nodes on each level of a gathering tree, from the parents of the leaves to the root.

    >>> tree_levels(16), tree_levels(5), tree_levels(1)
    ((8, 4, 2, 1), (3, 2, 1), (1,))
    """
    levels = [-(-leaves // 2)]
    while levels[-1] > 1:
        levels.append(-(-levels[-1] // 2))
    return tuple(levels)


@dataclass(frozen=True)
class Layout:
    """The layout of an SBN machine of the given sizes; raises InputError for sizes out of range.

    >>> layout = Layout(words=16, bits=8, instructions=16)
    >>> layout.steps_per_instruction, layout.templates, layout.largest_matches
    (20, 1291, 363)
    """

    words: int
    bits: int
    instructions: int

    def __post_init__(self) -> None:
        for name, most in (("words", MAX_WORDS), ("bits", MAX_WORD_BITS), ("instructions", MAX_INSTRUCTIONS)):
            object.__setattr__(self, name, integer(getattr(self, name), f"sbn: {name}", low=1, high=most))

    # --- sizes

    @property
    def address_bits(self) -> int:
        """A: the number of bits of the address of a word."""
        return max(1, (self.words - 1).bit_length())

    @property
    def target_bits(self) -> int:
        """C: the number of bits of a target, from 0 to P."""
        return self.instructions.bit_length()

    @property
    def columns(self) -> int:
        """The number of bits of a node of the fetch tree, ``2 A + C + 1``: two addresses, the target and the token."""
        return 2 * self.address_bits + self.target_bits + 1

    @property
    def fetch_levels(self) -> tuple[int, ...]:
        """The number of nodes on each level of the fetch tree, which has P leaves."""
        return tree_levels(self.instructions)

    @property
    def read_levels(self) -> tuple[int, ...]:
        """The number of nodes on each of the A levels of the read tree, which has W leaves."""
        return tree_levels(self.words)

    @property
    def fields(self) -> dict[str, int]:
        """The fields of the state, each with its number of bits."""
        W, b, P, A, C = self.words, self.bits, self.instructions, self.address_bits, self.target_bits
        return {
            "memory": W * b,
            "program_a": P * A,
            "program_b": P * A,
            "program_c": P * C,
            "counter": P + 1,
            "next": P,
            **{f"fetch{level}": nodes * self.columns for level, nodes in enumerate(self.fetch_levels, 1)},
            "operand_a": A,
            "operand_b": A,
            "target": C,
            "clock": self.done + 1,
            "select": W,
            **{f"read{level}": nodes * b for level, nodes in enumerate(self.read_levels, 1)},
            "p": b,
            "q": b,
            "write": W,
            "halted": 1,
        }

    # --- closed forms

    @property
    def steps_per_instruction(self) -> int:
        """The number of steps of an instruction: ``ceil(log2 P) + ceil(log2 W) + b + 4``, each logarithm at least 1."""
        return len(self.fetch_levels) + self.done + 2

    @property
    def templates(self) -> int:
        """The number K of templates: ``2P(2A+C) + 4P + N_P(2A+C+1) + 3Wb + N_W b + 3W + 5b + 4A + 2C + 5``.

        ``N_m = ceil(m/2) + ceil(m/4) + ...`` is the number of nodes of a gathering tree over m leaves, less the root.
        """
        W, b, P, A, C = self.words, self.bits, self.instructions, self.address_bits, self.target_bits
        fetch, read = sum(self.fetch_levels) - 1, sum(self.read_levels) - 1
        stored = 2 * P * (2 * A + C) + 4 * P + fetch * (2 * A + C + 1)
        return stored + 3 * W * b + read * b + 3 * W + 5 * b + 4 * A + 2 * C + 5

    @property
    def largest_matches(self) -> int:
        """A bound for n at every reachable state: ``Wb + P(2A+C) + max(2A + C + 3, A + C + 2 + 2b)``.

        The first two terms are for the templates that keep memory and program. The maximum is over the steps of an
        instruction: it is attained when the operands leave the fetch tree, or when two words are in the read tree.
        """
        W, b, P, A, C = self.words, self.bits, self.instructions, self.address_bits, self.target_bits
        return W * b + P * (2 * A + C) + max(2 * A + C + 3, A + C + 2 + 2 * b)

    # --- cells of the clock

    @property
    def load(self) -> int:
        """The cell of the clock for the step in which the minuend moves from q to p."""
        return self.address_bits + 1

    @property
    def last(self) -> int:
        """The cell of the clock one step before the result is ready."""
        return self.load + self.bits

    @property
    def done(self) -> int:
        """The cell of the clock for the step that writes the result in p to memory and sets the counter."""
        return self.last + 1

    # --- bits

    def memory(self, word: int, index: int) -> Bit:
        """Return bit number `index` of a word of the memory."""
        return "memory", word * self.bits + index

    def operand(self, which: str, instruction: int, index: int) -> Bit:
        """Return bit number `index` of operand `which` ("a", "b" or "c") of a stored instruction."""
        width = self.target_bits if which == "c" else self.address_bits
        return f"program_{which}", instruction * width + index

    def fetch(self, level: int, node: int, column: int) -> Bit:
        """Return a bit of a node of the fetch tree; level 1 consists of the parents of the leaves."""
        return f"fetch{level}", node * self.columns + column

    def read(self, level: int, node: int, index: int) -> Bit:
        """Return a bit of a node of the read tree; level 1 consists of the parents of the leaves."""
        return f"read{level}", node * self.bits + index
