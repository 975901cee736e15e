"""Layout of the SBN machine: its fields, which bit stands where, and its numbers in closed form.

``W`` words of ``b`` bits, ``P`` instructions; ``A = max(1, ceil(log2 W))`` bits address a word and
``C = ceil(log2(P + 1))`` bits a target (an instruction 0 to P-1, or P: stop). A *gathering tree* over m leaves has
levels of ``ceil(m/2), ceil(m/4), ..., 1`` nodes.

=================  ==================  ==============================================================================
field              bits                holds
=================  ==================  ==============================================================================
memory             W b                 the words
program_a, _b, _c  P A, P A, P C       the instructions
counter            P + 1               one-hot: the instruction that starts now; the last cell stops the machine
next               P                   one-hot: cell j while instruction j runs
fetch1, fetch2...  2A+C+1 for a node   tree: the operands of the instruction on their way, and a token with them
operand_a, _b      A, A                the addresses fetched
target             C                   the target fetched
clock              A + b + 3           one-hot: the token, once it has left the fetch tree
select             W                   one-hot: the word that is read now
read1, read2, ...  b for a node        tree: a word on its way
p, q               b, b                the subtracter: invariant p - q
write              W                   one-hot: the word that is overwritten now
halted             1                   set for ever once the program counter has left the program
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
    """Return the number of nodes of each level of a gathering tree, from the leaves' parents to the root.

    >>> tree_levels(16), tree_levels(5), tree_levels(1)
    ((8, 4, 2, 1), (3, 2, 1), (1,))
    """
    levels = [-(-leaves // 2)]
    while levels[-1] > 1:
        levels.append(-(-levels[-1] // 2))
    return tuple(levels)


@dataclass(frozen=True)
class Layout:
    """The sizes of an SBN machine and what follows from them; raises InputError for sizes out of range.

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
        """A: bits of the address of a word."""
        return max(1, (self.words - 1).bit_length())

    @property
    def target_bits(self) -> int:
        """C: bits of the number of an instruction, P included."""
        return self.instructions.bit_length()

    @property
    def columns(self) -> int:
        """Bits of a node of the fetch tree, ``2 A + C + 1``: both addresses, the target, the token."""
        return 2 * self.address_bits + self.target_bits + 1

    @property
    def fetch_levels(self) -> tuple[int, ...]:
        """Nodes of each level of the tree that gathers the instruction from P places."""
        return tree_levels(self.instructions)

    @property
    def read_levels(self) -> tuple[int, ...]:
        """Nodes of each level of the tree that gathers a word from W places; there are A levels."""
        return tree_levels(self.words)

    @property
    def fields(self) -> dict[str, int]:
        """Every field of the state and its number of bits."""
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

    # --- numbers in closed form

    @property
    def steps_per_instruction(self) -> int:
        """``ceil(log2 P) + ceil(log2 W) + b + 4``, each logarithm at least 1; the same for every instruction."""
        return len(self.fetch_levels) + self.done + 2

    @property
    def templates(self) -> int:
        """Return K: ``2P(2A+C) + 4P + N_P(2A+C+1) + 3Wb + N_W b + 3W + 5b + 4A + 2C + 5``.

        ``N_m = ceil(m/2) + ceil(m/4) + ...``, the nodes of the tree over m leaves without its root.
        """
        W, b, P, A, C = self.words, self.bits, self.instructions, self.address_bits, self.target_bits
        fetch, read = sum(self.fetch_levels) - 1, sum(self.read_levels) - 1
        stored = 2 * P * (2 * A + C) + 4 * P + fetch * (2 * A + C + 1)
        return stored + 3 * W * b + read * b + 3 * W + 5 * b + 4 * A + 2 * C + 5

    @property
    def largest_matches(self) -> int:
        """Return the bound on n: ``Wb + P(2A+C) + max(2A + C + 3, A + C + 2 + 2b)``, at every reachable state.

        All of memory and program kept, and the busiest moment: an instruction that leaves its tree, or two words that
        follow each other through theirs.
        """
        W, b, P, A, C = self.words, self.bits, self.instructions, self.address_bits, self.target_bits
        return W * b + P * (2 * A + C) + max(2 * A + C + 3, A + C + 2 + 2 * b)

    # --- moments of the clock

    @property
    def load(self) -> int:
        """The clock's cell while the minuend stands in q, about to enter p."""
        return self.address_bits + 1

    @property
    def last(self) -> int:
        """The clock's cell one step before the result is ready."""
        return self.load + self.bits

    @property
    def done(self) -> int:
        """The clock's cell when the result stands in p: it is written, and the counter set."""
        return self.last + 1

    # --- bits

    def memory(self, word: int, place: int) -> Bit:
        """Return bit `place` of a word of memory."""
        return "memory", word * self.bits + place

    def operand(self, which: str, instruction: int, place: int) -> Bit:
        """Return bit `place` of operand `which` ("a", "b" or "c") of a stored instruction."""
        width = self.target_bits if which == "c" else self.address_bits
        return f"program_{which}", instruction * width + place

    def fetch(self, level: int, node: int, column: int) -> Bit:
        """Return a bit of the fetch tree; level 1 is next to the program."""
        return f"fetch{level}", node * self.columns + column

    def read(self, level: int, node: int, place: int) -> Bit:
        """Return a bit of the tree that gathers a word; level 1 is next to the memory."""
        return f"read{level}", node * self.bits + place
