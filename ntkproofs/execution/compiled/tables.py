"""Loops over tables for a step: for programs whose straight-line code would be too long to compile.

The templates with the same numbers of literals are one loop over a table of their positions, and so are the output bits
with the same number of writers. The code is about as long for every program; the tables are data. Conjunctions and
disjunctions of more than eight planes are trees, whose inner planes are rows of the matrix of match planes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ntkproofs.execution.compiled.logic import Logic
from ntkproofs.execution.compiled.planes import ONES, ZERO, Adder, Code, Loop, Value, exactly

__all__ = ["TableStep", "Wiring"]

ARITY = 8  # planes that one operation of a table joins
TOGETHER = 8  # match planes that are counted at a time

Join = tuple[int, tuple[int, ...]]  # the row of a result, and the rows of its operands


@dataclass
class Level:
    """Operations that do not depend on each other, by their numbers of operands."""

    joins: dict[int, list[Join]] = field(default_factory=dict)

    def add(self, join: Join) -> None:
        """Add an operation."""
        self.joins.setdefault(len(join[1]), []).append(join)


class Wiring:
    """The operations of a step in tables.

    `shapes`: the conjunctions of literals by the numbers of ones and zeros, each the row of the result and the
    positions; `both` and `either`: levels of conjunctions and of disjunctions of rows; `outputs`: for each output bit
    the rows of a disjunction of at most eight. Row i is the match plane of template i.
    """

    def __init__(self, logic: Logic) -> None:
        self.logic, self.templates = logic, len(logic.literals)
        self.rows = -(-self.templates // TOGETHER) * TOGETHER  # those after the templates stay zero
        self.counted_rows = self.rows
        self.shapes: dict[tuple[int, int], list[Join]] = {}
        self.both: list[Level] = []
        self.either: list[Level] = []
        for row, literals in enumerate(logic.literals):
            ones, zeros = literals.ones, literals.zeros
            signed = [(True, x) for x in ones] + [(False, x) for x in zeros]
            if len(signed) <= ARITY:
                self._shape(row, signed)
            else:
                parts = [signed[start : start + ARITY] for start in range(0, len(signed), ARITY)]
                self._tree(self.both, [self._shape(self._new_row(), part) for part in parts], row)
        self.outputs = [tuple(self._reduced(self.either, writers)) for writers in logic.writers]
        self.data: list[int] = []

    def _new_row(self) -> int:
        self.rows += 1
        return self.rows - 1

    def _shape(self, row: int, signed: Sequence[tuple[bool, int]]) -> int:
        ones, zeros = [x for one, x in signed if one], [x for one, x in signed if not one]
        self.shapes.setdefault((len(ones), len(zeros)), []).append((row, (*ones, *zeros)))
        return row

    def _reduced(self, levels: list[Level], rows: Sequence[int]) -> list[int]:
        """Return at most eight rows with the same disjunction (or conjunction) as `rows`."""
        left, number = list(rows), 0
        while len(left) > ARITY:
            groups = [tuple(left[start : start + ARITY]) for start in range(0, len(left), ARITY)]
            left = [self._new_row() for _ in groups]
            for join in zip(left, groups, strict=True):
                self._level(levels, number).add(join)
            number += 1
        return left

    def _level(self, levels: list[Level], number: int) -> Level:
        while len(levels) <= number:
            levels.append(Level())
        return levels[number]

    def _tree(self, levels: list[Level], rows: Sequence[int], result: int) -> None:
        left = tuple(self._reduced(levels, rows))
        number = 0
        while ARITY ** (number + 1) < len(rows):  # the levels that _reduced has used
            number += 1
        self._level(levels, number).add((result, left))

    def table(self, rows: Iterable[Iterable[int]]) -> int:
        """Append rows of numbers to the tables, and return where they begin."""
        start = len(self.data)
        for row in rows:
            self.data += row
        return start

    def array(self) -> NDArray[np.int32]:
        """Return the tables."""
        return np.array([*self.data, 0], dtype=np.int32)


class TableStep:
    """The code of a step from the planes at `current` to those at `following`, by loops over tables.

    With `counting`, `numbers` are the planes of n, and the lanes of the roots are stored at ``%counts``, after those.
    """

    def __init__(self, code: Code, wiring: Wiring, current: str, following: str, counting: bool) -> None:
        self.code, self.wiring, self.logic = code, wiring, wiring.logic
        self.root_rows = {root: row for row, root in enumerate(self.logic.roots, self.logic.number_bits)}
        if counting:
            self._clear_lanes()
        self._match(current)
        for t, positions in sorted(self.logic.classes.items()):
            for exclusive in (True, False):
                bits = [position for position in positions if self.logic.exclusive[position] is exclusive]
                if bits:
                    self._write(t, bits, following, counting, exclusive)
        if counting:
            self._count_many()
        self.numbers = self._count_matches() if counting else []

    def _match(self, current: str) -> None:
        """Compute the match planes, and the rows of which the outputs are disjunctions."""
        code, wiring = self.code, self.wiring
        for (ones, _), joins in sorted(wiring.shapes.items()):
            self._join(joins, current, "%matches", lambda values, ones=ones: self._conjunction(values, ones))
        for level in wiring.both:
            for _, joins in sorted(level.joins.items()):
                self._join(joins, "%matches", "%matches", code.all_of)
        for level in wiring.either:
            for _, joins in sorted(level.joins.items()):
                self._join(joins, "%matches", "%matches", code.any_of)

    def _clear_lanes(self) -> None:
        code, lanes = self.code, len(self.logic.roots)
        loop = Loop(code, lanes, [])
        code.store(ZERO, code.at("%counts", code.define(f"add i64 {loop.index}, {self.logic.number_bits}")))
        loop.end([])

    def _row(self, loop: Loop, start: int, width: int) -> list[str]:
        """Return the numbers in a row of a table, of the current iteration of a loop."""
        code = self.code
        first = code.define(f"add i64 {code.define(f'mul i64 {loop.index}, {width}')}, {start}")
        pointer = code.define(f"getelementptr i32, ptr %tables, i64 {first}")
        return [self._number(pointer, column) for column in range(width)]

    def _number(self, pointer: str, column: int | str) -> str:
        code = self.code
        at = code.define(f"getelementptr i32, ptr {pointer}, i64 {column}")
        return code.define(f"zext i32 {code.define(f'load i32, ptr {at}')} to i64")

    def _conjunction(self, values: Sequence[Value], ones: int) -> Value:
        return self.code.all_of([*values[:ones], *map(self.code.not_, values[ones:])])

    def _join(self, joins: Sequence[Join], source: str, target: str, operation: Callable[..., Value]) -> None:
        """Compute rows of `target` from rows of `source`."""
        code, arity = self.code, len(joins[0][1])
        start = self.wiring.table((row, *operands) for row, operands in joins)
        loop = Loop(code, len(joins), [])
        row, *operands = self._row(loop, start, arity + 1)
        code.store(operation([code.load(code.at(source, operand)) for operand in operands]), code.at(target, row))
        loop.end([])

    def _write(self, t: int, positions: Sequence[int], following: str, counting: bool, exclusive: bool) -> None:
        """Compute output bits with t writers each, and the lanes in which p of them match; see :meth:`_count_many`."""
        code = self.code
        by_arity: dict[int, list[Join]] = {}
        for position in positions:
            rows = self.wiring.outputs[position]
            by_arity.setdefault(len(rows), []).append((position, rows))
        most = min(t, 1) if exclusive else t
        counted = most if counting and (exclusive or t <= ARITY) else 0
        for arity, joins in by_arity.items():
            start = self.wiring.table((position, *rows) for position, rows in joins)
            loop = Loop(code, len(joins), [ONES] + [ZERO] * counted)
            place, *operands = self._row(loop, start, arity + 1)
            values = [code.load(code.at("%matches", operand)) for operand in operands]
            output = code.any_of(values)
            code.store(output, code.at(following, place))
            numbers = [output]
            if counted > 1:
                adder = Adder(code)
                for value in values:
                    adder.add(value)
                numbers = adder.sum(t.bit_length())
            every, *lanes = loop.values
            lanes = [code.or_(value, exactly(code, numbers, p, most)) for p, value in enumerate(lanes, 1)]
            every, *lanes = loop.end([code.and_(every, output), *lanes])
            if counting:
                for p, value in enumerate([code.not_(every), *lanes]):
                    self._add_lanes(self.root_rows[t, p], value)

    def _add_lanes(self, row: int | str, value: Value) -> None:
        pointer = self.code.at("%counts", row)
        self.code.store(self.code.or_(self.code.load(pointer), value), pointer)

    def _count_many(self) -> None:
        """Count the matching writers of bits with more than eight that may match together, in a loop for each bit."""
        by_size: dict[int, list[int]] = {}
        for position, writers in enumerate(self.logic.writers):
            if len(writers) > ARITY and not self.logic.exclusive[position]:
                by_size.setdefault(len(writers).bit_length(), []).append(position)
        for size, positions in sorted(by_size.items()):
            rows: list[Sequence[int]] = []
            for position in positions:
                writers = self.logic.writers[position]
                rows.append((self.wiring.table([writers]), len(writers), self.root_rows[len(writers), 0]))
            start = self.wiring.table(rows)
            bits = Loop(self.code, len(positions), [])
            first, number, root = self._row(bits, start, 3)
            self._count_bit(size, first, number, root)
            bits.end([])

    def _count_bit(self, size: int, first: str, number: str, root: str) -> None:
        """Add the lanes of each number of matching writers, of `size` bits, to rows from `root` on."""
        code = self.code
        loop = Loop(code, number, [ZERO] * size)
        table = code.define(f"getelementptr i32, ptr %tables, i64 {first}")
        carry, planes = code.load(code.at("%matches", self._number(table, loop.index))), []
        for plane in loop.values:
            planes.append(code.xor(plane, carry))
            carry = code.and_(plane, carry)
        planes = loop.end(planes)
        values = Loop(code, code.define(f"add i64 {number}, 1"), [])
        lanes = ONES
        for bit, plane in enumerate(planes):
            shifted = code.define(f"and i64 {code.define(f'lshr i64 {values.index}, {bit}')}, 1")
            without = code.splat(code.define(f"sub i64 {shifted}, 1"))  # all ones if the bit is 0
            lanes = code.and_(lanes, code.xor(plane, without))
        self._add_lanes(code.define(f"add i64 {root}, {values.index}"), lanes)
        values.end([])

    def _count_matches(self) -> list[Value]:
        """Return the planes of the number of matching templates; eight of them are added at a time."""
        code, bits = self.code, self.logic.number_bits
        loop = Loop(code, self.wiring.counted_rows // TOGETHER, [ZERO] * bits)
        adder = Adder(code)
        for weight, plane in enumerate(loop.values):
            adder.add(plane, weight)
        first = code.define(f"mul i64 {loop.index}, {TOGETHER}")
        for offset in range(TOGETHER):
            adder.add(code.load(code.at("%matches", code.define(f"add i64 {first}, {offset}"))))
        return loop.end(adder.sum(bits))
