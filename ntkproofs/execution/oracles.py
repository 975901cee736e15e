"""Oracles: what a program is meant to compute, evaluated on Python's integers or provably as if on them.

An oracle means one thing: its value on Python's integers. Up to 2^20 cases it is called for each of them. Arrays of
64-bit integers are faster and mean something else where a number overflows, where a quotient is a float, where truth
values are added. So for more cases an oracle is traced first, on ranges of integers (:class:`Span`): if it consists of
integer operations alone, without a branch, and no number in it needs more than 62 bits, then NumPy computes the same on
int64, which a random sample confirms. Any other oracle is called for each case.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn

import numpy as np
from numpy.typing import NDArray

from ntkproofs.errors import InputError
from ntkproofs.programs import Task
from ntkproofs.validation import as_integer

__all__ = ["Oracle", "Span", "Untraceable"]

MOST = 1 << 62  # in absolute value, of every number of a traced oracle
EXACT_BITS = 20  # of the inputs together: up to so many, nothing is computed on arrays
CHECKED = 64  # random cases of a block, at least, whose answers on arrays are compared with those on Python's integers
EVERY = 256  # one case in so many is compared

Words = NDArray[np.uint64]


class Untraceable(Exception):
    """An oracle does something that may differ between Python's integers and arrays of 64-bit integers.

    `raised` counts them: an oracle may catch its exceptions, and is not traced all the same.
    """

    raised: ClassVar[int] = 0

    def __init__(self, what: str) -> None:
        super().__init__(what)
        Untraceable.raised += 1


@dataclass(frozen=True, eq=False, repr=False)
class Span:
    """All integers from `low` to `high`, or the truth values among them; stands for an array while an oracle is traced.

    Operations give ranges that contain every possible result, and raise Untraceable where NumPy's int64 may differ.
    So does everything else: powers, negation, conversions, methods of int, and asking for the class.

    >>> product = Span(0, 7) * Span(0, 7) + 1
    >>> product.low, product.high
    (1, 50)
    """

    low: int
    high: int
    boolean: bool = False

    def __post_init__(self) -> None:
        if not -MOST < self.low <= self.high < MOST:
            raise Untraceable(f"numbers from {self.low} to {self.high} may not fit in 64 bits")

    def __bool__(self) -> bool:
        raise Untraceable("a branch")

    def __repr__(self) -> str:
        raise Untraceable("a text")

    def _in_place(self, other: object) -> Span:
        raise Untraceable("an operation in place, which changes an array under its other names, too")

    __iadd__ = __isub__ = __imul__ = __ifloordiv__ = __imod__ = _in_place
    __ilshift__ = __irshift__ = __iand__ = __ior__ = __ixor__ = _in_place

    def _unknown(self, *_: object) -> NoReturn:
        raise Untraceable("an operation that arrays may not have, or have otherwise")

    __pos__ = __neg__ = __abs__ = __invert__ = __round__ = __trunc__ = __floor__ = __ceil__ = _unknown
    __pow__ = __rpow__ = __truediv__ = __rtruediv__ = __matmul__ = __rmatmul__ = __divmod__ = __rdivmod__ = _unknown
    __rfloordiv__ = __rmod__ = __rlshift__ = __rrshift__ = __format__ = __str__ = __call__ = _unknown
    __int__ = __float__ = __complex__ = __index__ = __len__ = __iter__ = __getitem__ = __contains__ = _unknown
    __hash__ = _unknown
    __class__ = property(_unknown)

    def __getattr__(self, name: str) -> NoReturn:
        raise Untraceable(f"the attribute {name}")

    def _with(self, other: object, operation: Callable[[int, int], int]) -> Span:
        """Return the range of an operation that is monotone in each argument where the other is fixed."""
        right = _span(other)
        if self.boolean and right.boolean:
            raise Untraceable("arithmetic of truth values")
        ends = [operation(a, b) for a in (self.low, self.high) for b in (right.low, right.high)]
        return Span(min(ends), max(ends))

    def _compared(self, other: object) -> Span:
        _span(other)
        return Span(0, 1, boolean=True)

    def __add__(self, other: object) -> Span:
        return self._with(other, operator.add)

    def __sub__(self, other: object) -> Span:
        return self._with(other, operator.sub)

    def __rsub__(self, other: object) -> Span:
        return _span(other) - self

    def __mul__(self, other: object) -> Span:
        return self._with(other, operator.mul)

    __radd__, __rmul__ = __add__, __mul__

    def __floordiv__(self, other: object) -> Span:
        divisor = _span(other)
        if divisor.low <= 0:
            raise Untraceable("division by what may not be positive")
        return self._with(other, operator.floordiv)

    def __mod__(self, other: object) -> Span:
        divisor = _span(other)
        if divisor.low <= 0 or (self.boolean and divisor.boolean):
            raise Untraceable("division by what may not be positive")
        return Span(0, divisor.high - 1)

    def __lshift__(self, other: object) -> Span:
        return self._with(_shift(other), lambda a, b: a << b)

    def __rshift__(self, other: object) -> Span:
        return self._with(_shift(other), lambda a, b: a >> b)

    def _bits(self, other: object) -> Span:
        """Return the range of a bitwise operation on numbers that are not negative."""
        right = _span(other)
        if self.low < 0 or right.low < 0:
            raise Untraceable("bits of negative numbers")
        top = (1 << max(self.high.bit_length(), right.high.bit_length())) - 1
        return Span(0, top, boolean=self.boolean and right.boolean)

    def __and__(self, other: object) -> Span:
        both = self._bits(other)
        return Span(0, min(both.high, self.high, _span(other).high), boolean=both.boolean)

    __or__ = __xor__ = _bits
    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__
    __lt__ = __le__ = __gt__ = __ge__ = _compared

    def __eq__(self, other: object) -> Any:
        return self._compared(other)

    def __ne__(self, other: object) -> Any:
        return self._compared(other)


def _span(value: object) -> Span:
    if isinstance(value, Span):
        return value
    if type(value) is int:
        return Span(value, value)
    raise Untraceable(f"a {type(value).__name__}")


def _shift(value: object) -> Span:
    places = _span(value)
    if not 0 <= places.low <= places.high < 63 or places.boolean:
        raise Untraceable("a shift by what may be too much")
    return places


class Oracle:
    """The answers of a task's oracle for many cases; `traced` tells whether arrays provably give the same.

    Raises InputError, with the inputs, for an oracle that raises or whose value is not an integer from 0 on.

    >>> from ntkproofs.programs import addition_task
    >>> Oracle(addition_task(bits=8)).traced, Oracle(addition_task(bits=16)).traced
    (False, True)
    """

    def __init__(self, task: Task, *, exact_bits: int = EXACT_BITS) -> None:
        self.task = task
        self.traced = task.input_bits > exact_bits and self._trace()

    def _trace(self) -> bool:
        before = Untraceable.raised
        try:
            result: Any = self.task.oracle(*(Span(0, (1 << width) - 1) for width in self.task.input_widths))
        except Exception:  # whatever an oracle does with what is no integer
            return False
        return type(result) is Span and Untraceable.raised == before

    def _refusal(self, what: str) -> InputError:
        return InputError(f"the oracle of {self.task.program.name} {what}")

    def one(self, inputs: tuple[int, ...]) -> int:
        """Return the answer for one case, on Python's integers."""
        try:
            value = self.task.oracle(*inputs)
        except Exception as problem:
            raise self._refusal(f"raises {type(problem).__name__} at the inputs {inputs}: {problem}") from problem
        answer = as_integer(value)
        if answer is None or answer < 0:
            raise self._refusal(
                f"gives {value!r} ({type(value).__name__}) at the inputs {inputs}: an answer is an integer from 0 on "
                "(x // 2 is one, x / 2 is not)"
            )
        return answer

    def answers(self, inputs: Sequence[NDArray[np.int64]]) -> tuple[Words, NDArray[np.bool_]]:
        """Return the answers for arrays of inputs (of one shape), and where one needs more bits than the output has."""
        bits, shape = len(self.task.output), inputs[0].shape
        exact = self._on_arrays(inputs) if self.traced else None
        values: list[int] | None = None
        if exact is None:
            values = self._one_by_one(inputs)
            if max(values) < MOST:
                exact = np.array(values, dtype=np.int64).reshape(shape)
        if exact is not None:
            return exact.astype(np.uint64), exact >> min(bits, 63) != 0
        large = np.array([value >> bits != 0 for value in values or []], dtype=np.bool_)
        low = np.array([value & (1 << bits) - 1 for value in values or []], dtype=np.uint64)
        return low.reshape(shape), large.reshape(shape)

    def _on_arrays(self, inputs: Sequence[NDArray[np.int64]]) -> NDArray[np.int64] | None:
        """Return the answers of a traced oracle, some of them compared with those on Python's integers."""
        value: Any = self.task.oracle(*inputs)
        if not isinstance(value, np.ndarray) or value.shape != inputs[0].shape or value.dtype.kind not in "bi":
            return None
        answers: NDArray[np.int64] = value.astype(np.int64)
        flat = answers.reshape(-1)
        random = np.random.default_rng([int(each.flat[0]) for each in inputs])  # other places in every block
        drawn = random.integers(len(flat), size=max(CHECKED, len(flat) // EVERY))
        places = np.concatenate([drawn, [0, len(flat) - 1, flat.argmin(), flat.argmax()]])
        columns = [each.reshape(-1)[places].tolist() for each in inputs]
        for *case, found in zip(*columns, flat[places].tolist(), strict=True):
            answer = self.one(tuple(case))
            if answer != found:
                raise self._refusal(
                    f"gives {answer} at the inputs {tuple(case)} and {found} on arrays with them: "
                    "it must not tell arrays from integers"
                )
        return answers

    def _one_by_one(self, inputs: Sequence[NDArray[np.int64]]) -> list[int]:
        columns = [each.reshape(-1).tolist() for each in inputs]
        try:
            values = list(map(self.task.oracle, *columns))
            if {*map(type, values)} <= {int, bool} and min(values) >= 0:
                return values
        except Exception:  # the case is looked for below
            pass
        return [self.one(case) for case in zip(*columns, strict=True)]
