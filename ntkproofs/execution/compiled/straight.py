"""Straight-line code of a step: every template and every output bit on its own, for programs of moderate size."""

from __future__ import annotations

from ntkproofs.execution.compiled.logic import Literals, Logic, Root
from ntkproofs.execution.compiled.planes import ONES, ZERO, Adder, Code, Value, exactly

__all__ = ["StraightStep"]

LOADED = 12  # planes of the state that are expected to be in registers


class StraightStep:
    """The code of a step from the planes at `current` to those at `following`, in one basic block.

    With `counting`, `numbers` are the planes of n, and ``lanes[t, p]`` is the plane of the lanes in which a bit with t
    writers has p matching ones.
    """

    def __init__(self, code: Code, logic: Logic, current: str, following: str, counting: bool) -> None:
        self.code, self.logic, self.current = code, logic, current
        self.state: dict[int, Value] = {}
        self.matches: dict[int, Value] = {}
        self.lanes: dict[Root, Value] = {}
        self._every: dict[int, Value] = {}
        home = {group[0]: group for group in logic.groups} if counting else {}
        counted: set[int] = set()
        adder = Adder(code)
        for position in sorted(range(logic.bits), key=self._place):
            writers = logic.writers[position]
            output = code.any_of(map(self.match, writers))
            code.store(output, code.at(following, position))
            code.cut()
            if counting:
                self._count_writers(position, output)
                for index in {*writers, *logic.groups[0][:1]} & home.keys() - counted:
                    counted.add(index)
                    adder.add(code.any_of(map(self.match, home[index])))
        for index in home.keys() - counted:
            adder.add(code.any_of(map(self.match, home[index])))
            code.cut()
        for t, value in self._every.items():
            self.lanes[t, 0] = code.not_(value)
        self.numbers = adder.sum(logic.number_bits) if counting else []

    def match(self, template: int) -> Value:
        """Return the match plane of a template."""
        if template not in self.matches:
            literals: Literals = self.logic.literals[template]
            values = [self.bit(position) for position in literals.ones]
            values += [self.code.not_(self.bit(position)) for position in literals.zeros]
            self.matches[template] = self.code.all_of(values)
        return self.matches[template]

    def bit(self, position: int) -> Value:
        """Return a plane of the current state; loading it again is faster than moving it out of a register and back."""
        if position not in self.state:
            if len(self.state) == LOADED:
                del self.state[next(iter(self.state))]
            self.state[position] = self.code.load(self.code.at(self.current, position))
        return self.state[position]

    def _place(self, position: int) -> tuple[tuple[int, ...], int]:
        """Return a sort key of output bits, so that those which depend on the same bits are computed together."""
        literals = [self.logic.literals[template] for template in self.logic.writers[position][:1]]
        return tuple(sorted(x for item in literals for x in (*item.ones, *item.zeros))), position

    def _count_writers(self, position: int, output: Value) -> None:
        """Add a bit to the lanes of the numbers of matching writers."""
        code, writers = self.code, self.logic.writers[position]
        t = len(writers)
        self._every[t] = code.and_(self._every.get(t, ONES), output)
        if self.logic.exclusive[position]:
            numbers, most = [output], 1
        else:
            adder = Adder(code)
            for template in writers:
                adder.add(self.match(template))
            numbers, most = adder.sum(t.bit_length()), t
        for p in range(1, min(t, most) + 1):
            lanes = exactly(code, numbers, p, most)
            self.lanes[t, p] = code.or_(self.lanes.get((t, p), ZERO), lanes)
