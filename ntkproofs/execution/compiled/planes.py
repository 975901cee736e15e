"""Planes as expressions: straight-line code on vectors, one lane for each case, in LLVM assembly.

A value is the name of a vector of bits in the assembly. Equal expressions have one value: what is computed once is not
computed again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count

from ntkproofs.execution.compiled.machine_code import Target

__all__ = ["Adder", "Code", "Loop", "ONES", "Value", "ZERO", "exactly"]

Value = str

ZERO, ONES = "zero", "ones"
LONGEST_BLOCK = 300  # lines of straight-line code in a basic block
XOR3, MAJORITY = 0x96, 0xE8  # truth tables of functions of three bits


@dataclass
class Code:
    """Lines of assembly, for vectors of ``target.words`` words."""

    target: Target
    lines: list[str] = field(default_factory=list)
    names: count[int] = field(default_factory=count)
    known: dict[tuple[str, ...], Value] = field(default_factory=dict)
    block: str = ""  # the label of the current basic block
    _cut: int = 0

    @property
    def vector(self) -> str:
        """The type of a vector."""
        return f"<{self.target.words} x i64>"

    @property
    def octets(self) -> int:
        """The number of bytes of a vector."""
        return 8 * self.target.words

    def add(self, line: str) -> None:
        """Append a line."""
        self.lines.append(line)

    def cut(self) -> None:
        """Begin another basic block if this one is long; without that, the code generator takes more than linear time.

        The values so far stay known.
        """
        if len(self.lines) - self._cut > LONGEST_BLOCK:
            label = f"block{next(self.names)}"
            self.add(f"br label %{label}")
            self.label(label)

    def label(self, name: str) -> None:
        """Begin a basic block."""
        self.lines.append(f"{name}:")
        self.block, self._cut = name, len(self.lines)

    def name(self) -> str:
        """Return a new name."""
        return f"%v{next(self.names)}"

    def text(self, value: Value) -> str:
        """Return a value as an operand."""
        if value == ZERO:
            return "zeroinitializer"
        return f"<{', '.join(['i64 -1'] * self.target.words)}>" if value == ONES else value

    def forget(self) -> None:
        """Forget the values so far: those that follow are computed in another basic block."""
        self.known.clear()

    def define(self, expression: str) -> str:
        """Append the definition of a new name, and return it."""
        name = self.name()
        self.add(f"{name} = {expression}")
        return name

    def load(self, pointer: str, align: int | None = None) -> Value:
        """Return the vector at a pointer."""
        return self.define(f"load {self.vector}, ptr {pointer}, align {align or self.octets}")

    def store(self, value: Value, pointer: str, align: int | None = None) -> None:
        """Store a vector."""
        self.add(f"store {self.vector} {self.text(value)}, ptr {pointer}, align {align or self.octets}")

    def at(self, pointer: str, index: int | str) -> str:
        """Return the pointer to vector number `index` from `pointer` on."""
        return pointer if index == 0 else self.define(f"getelementptr {self.vector}, ptr {pointer}, i64 {index}")

    def word(self, pointer: str, index: int | str) -> str:
        """Return the pointer to word number `index` from `pointer` on."""
        return pointer if index == 0 else self.define(f"getelementptr i64, ptr {pointer}, i64 {index}")

    def splat(self, word: str) -> Value:
        """Return the vector whose words are all equal to a word."""
        kind, one = self.vector, self.name()
        self.add(f"{one} = insertelement {kind} poison, i64 {word}, i64 0")
        return self.define(f"shufflevector {kind} {one}, {kind} poison, <{self.target.words} x i32> zeroinitializer")

    def any(self, value: Value) -> str:
        """Return the truth value whether a bit of a vector is set."""
        wide = f"i{64 * self.target.words}"
        return self.define(f"icmp ne {wide} {self.define(f'bitcast {self.vector} {self.text(value)} to {wide}')}, 0")

    def _once(self, operation: str, *values: Value) -> Value:
        key = (operation, *sorted(values))
        if key not in self.known:
            first, second = (self.text(value) for value in values)
            self.known[key] = self.define(f"{operation} {self.vector} {first}, {second}")
        return self.known[key]

    def not_(self, a: Value) -> Value:
        """Return the complement."""
        if a in (ZERO, ONES):
            return ONES if a == ZERO else ZERO
        result = self._once("xor", a, ONES)
        self.known["xor", *sorted((result, ONES))] = a
        return result

    def and_(self, a: Value, b: Value) -> Value:
        """Return the conjunction."""
        if ZERO in (a, b):
            return ZERO
        if a == b or b == ONES:
            return a
        return b if a == ONES else self._once("and", a, b)

    def or_(self, a: Value, b: Value) -> Value:
        """Return the disjunction."""
        if ONES in (a, b):
            return ONES
        if a == b or b == ZERO:
            return a
        return b if a == ZERO else self._once("or", a, b)

    def xor(self, a: Value, b: Value) -> Value:
        """Return the sum modulo 2."""
        if a == b:
            return ZERO
        if ZERO in (a, b):
            return b if a == ZERO else a
        if ONES in (a, b):
            return self.not_(b if a == ONES else a)
        return self._once("xor", a, b)

    def all_of(self, values: Iterable[Value]) -> Value:
        """Return the conjunction of values; common beginnings are computed once."""
        result = ONES
        for value in values:
            result = self.and_(result, value)
        return result

    def any_of(self, values: Iterable[Value]) -> Value:
        """Return the disjunction of values; common beginnings are computed once."""
        result = ZERO
        for value in values:
            result = self.or_(result, value)
        return result

    def choose(self, which: Value, one: Value, zero: Value) -> Value:
        """Return `one` in the lanes of `which`, and `zero` in the others."""
        return self.or_(self.and_(which, one), self.and_(self.not_(which), zero))

    def _ternary(self, table: int, a: Value, b: Value, c: Value) -> Value:
        kind = self.vector
        operands = ", ".join(f"{kind} {self.text(value)}" for value in (a, b, c))
        return self.define(f"call {kind} @llvm.x86.avx512.pternlog.q.512({operands}, i32 {table})")

    def xor3(self, a: Value, b: Value, c: Value) -> Value:
        """Return the sum of three values modulo 2."""
        if not self.target.ternary or {ZERO, ONES} & {a, b, c}:
            return self.xor(self.xor(a, b), c)
        return self._ternary(XOR3, a, b, c)

    def majority(self, a: Value, b: Value, c: Value) -> Value:
        """Return the lanes in which two of three values are set."""
        if not self.target.ternary or {ZERO, ONES} & {a, b, c}:
            return self.or_(self.and_(a, b), self.and_(c, self.xor(a, b)))
        return self._ternary(MAJORITY, a, b, c)


class Loop:
    """A loop of at least one iteration: what is appended until :meth:`end` is its body.

    `index` is the number of the iteration; `values` are vectors that the iterations hand on.
    """

    def __init__(self, code: Code, trips: int | str, initial: Sequence[Value]) -> None:
        self.code, self.trips, self.before = code, trips, code.block
        self.label, self.initial = f"loop{next(code.names)}", initial
        code.add(f"br label %{self.label}")
        code.label(self.label)
        self.index, self.values = code.name(), [code.name() for _ in initial]
        self._phi = len(code.lines)
        code.lines += [""] * (1 + len(initial))

    def end(self, values: Sequence[Value]) -> list[Value]:
        """End the body with the vectors for the next iteration; return those after the last iteration."""
        code, after = self.code, f"{self.label}.end"
        following = code.define(f"add i64 {self.index}, 1")
        again = code.define(f"icmp ult i64 {following}, {self.trips}")
        latch = code.block
        code.add(f"br i1 {again}, label %{self.label}, label %{after}")
        lines = [f"{self.index} = phi i64 [ 0, %{self.before} ], [ {following}, %{latch} ]"]
        for name, first, value in zip(self.values, self.initial, values, strict=True):
            ends = f"[ {code.text(first)}, %{self.before} ], [ {code.text(value)}, %{latch} ]"
            lines.append(f"{name} = phi {code.vector} {ends}")
        code.lines[self._phi : self._phi + len(lines)] = lines
        code.label(after)
        return list(values)


class Adder:
    """Add planes: the number of them that are set in each lane, by a carry-save adder."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self.pending: list[list[Value]] = []

    def add(self, value: Value, weight: int = 0) -> None:
        """Add a plane of the weight ``2**weight``."""
        if value == ZERO:
            return
        while len(self.pending) <= weight:
            self.pending.append([])
        self.pending[weight].append(value)
        if len(self.pending[weight]) == 3:
            self._carry(weight)

    def _carry(self, weight: int) -> None:
        """Replace the planes of a weight by one of it and one of twice the weight."""
        a, b, c = (*self.pending[weight], ZERO)[:3]
        self.pending[weight] = [self.code.xor3(a, b, c)]
        self.add(self.code.majority(a, b, c), weight + 1)

    def sum(self, bits: int) -> list[Value]:
        """Return the `bits` planes of the sum, least significant first; bits beyond them cannot be set."""
        for weight in range(bits):
            while len(self.pending) > weight and len(self.pending[weight]) > 1:
                self._carry(weight)
        planes = [values[0] if values else ZERO for values in self.pending[:bits]]
        return planes + [ZERO] * (bits - len(planes))


def exactly(code: Code, planes: Sequence[Value], number: int, most: int) -> Value:
    """Return the lanes in which `planes` is a number, if it is at most `most` in all lanes.

    A plane that is set only in larger numbers, if those of the number are, is not examined.
    """
    result = code.all_of(plane for bit, plane in enumerate(planes) if number >> bit & 1)
    for bit, plane in enumerate(planes):
        if not number >> bit & 1 and number | 1 << bit <= most:
            result = code.and_(result, code.not_(plane))
    return result
