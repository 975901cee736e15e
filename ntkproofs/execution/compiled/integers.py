"""PlaneInteger: an oracle that consists of integer operations, as straight-line code on planes.

The planes of a number are those of its two's complement, least significant first; they are computed by ripple carries,
with as many bits as the range of the result (:class:`~ntkproofs.execution.oracles.IntegerRange`) needs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ntkproofs.execution.compiled.planes import ONES, ZERO, Code, Value
from ntkproofs.execution.oracles import IntegerRange, Untraceable

__all__ = ["PlaneInteger", "expected_planes"]


class PlaneInteger:
    """Integers in the lanes of planes, all in `range`; stands for an argument of an oracle.

    Operations that have no code raise Untraceable.
    """

    def __init__(self, code: Code, planes: Sequence[Value], range_: IntegerRange) -> None:
        self.code, self.range = code, range_
        self.planes = list(planes)[: _width(range_)]

    def extended(self, width: int) -> list[Value]:
        """Return the planes of the numbers modulo ``2**width``."""
        sign = self.planes[-1] if self.range.low < 0 else ZERO
        return (self.planes + [sign] * width)[:width]

    def _other(self, value: object) -> PlaneInteger:
        if isinstance(value, PlaneInteger):
            return value
        if type(value) is not int:
            raise Untraceable(f"a {type(value).__name__}")
        range_ = IntegerRange(value, value)
        return PlaneInteger(self.code, [ONES if value >> bit & 1 else ZERO for bit in range(_width(range_))], range_)

    def _sum(self, a: Sequence[Value], b: Sequence[Value], carry: Value) -> list[Value]:
        """Return the sum modulo a power of two of numbers with the same number of planes, and of a carry."""
        planes = []
        for one, two in zip(a, b, strict=True):
            self.code.cut()
            planes.append(self.code.xor3(one, two, carry))
            carry = self.code.majority(one, two, carry)
        return planes

    def __add__(self, other: object) -> PlaneInteger:
        right = self._other(other)
        range_ = self.range + right.range
        width = _width(range_)
        return PlaneInteger(self.code, self._sum(self.extended(width), right.extended(width), ZERO), range_)

    def __sub__(self, other: object) -> PlaneInteger:
        right = self._other(other)
        range_ = self.range - right.range
        width = _width(range_)
        inverse = [self.code.not_(plane) for plane in right.extended(width)]
        return PlaneInteger(self.code, self._sum(self.extended(width), inverse, ONES), range_)

    def __rsub__(self, other: object) -> PlaneInteger:
        return self._other(other) - self

    def __mul__(self, other: object) -> PlaneInteger:
        right = self._other(other)
        range_ = self.range * right.range
        width = _width(range_)
        total, factor = [ZERO] * width, self.extended(width)
        for shift, plane in enumerate(right.extended(width)):
            if plane != ZERO:
                part = [ZERO] * shift + [self.code.and_(plane, bit) for bit in factor]
                total = self._sum(total, part[:width], ZERO)
        return PlaneInteger(self.code, total, range_)

    __radd__, __rmul__ = __add__, __mul__

    def __lshift__(self, distance: object) -> PlaneInteger:
        return self * (1 << _distance(distance))

    def __rshift__(self, distance: object) -> PlaneInteger:
        range_, places = self.range >> _distance(distance), _distance(distance)
        return PlaneInteger(self.code, self.extended(places + _width(range_))[places:], range_)

    def _bitwise(self, other: object, operation: Callable[[Value, Value], Value], range_: IntegerRange) -> PlaneInteger:
        width = _width(range_)
        pairs = zip(self.extended(width), self._other(other).extended(width), strict=True)
        return PlaneInteger(self.code, [operation(a, b) for a, b in pairs], range_)

    def __and__(self, other: object) -> PlaneInteger:
        return self._bitwise(other, self.code.and_, self.range & self._other(other).range)

    def __or__(self, other: object) -> PlaneInteger:
        return self._bitwise(other, self.code.or_, self.range | self._other(other).range)

    def __xor__(self, other: object) -> PlaneInteger:
        return self._bitwise(other, self.code.xor, self.range ^ self._other(other).range)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __bool__(self) -> bool:
        raise Untraceable("a branch")


def _distance(value: object) -> int:
    if type(value) is not int or not 0 <= value < 63:
        raise Untraceable("a shift by a distance that is not constant")
    return value


def _width(range_: IntegerRange) -> int:
    """Return the number of planes of the numbers in a range: that of their bits, and one for the sign."""
    if range_.low >= 0:
        return range_.high.bit_length()
    return 1 + max(range_.high.bit_length() if range_.high > 0 else 0, (~range_.low).bit_length())


def expected_planes(
    code: Code, oracle: Callable[..., object], widths: Sequence[int], inputs: Sequence[Value]
) -> list[Value] | None:
    """Return the planes of the answers of an oracle to inputs with so many bits each, given by their planes.

    None if it has other operations, or answers that may be negative.
    """
    arguments, start = [], 0
    for width in widths:
        range_ = IntegerRange(0, (1 << width) - 1)
        arguments.append(PlaneInteger(code, inputs[start : start + width], range_))
        start += width
    try:
        result = oracle(*arguments)
    except Exception:  # of the operations that planes lack, TypeError and others
        return None
    return result.planes if isinstance(result, PlaneInteger) and result.range.low >= 0 else None
