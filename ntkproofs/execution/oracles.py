"""Oracles: evaluate the function that a program is meant to compute, with the semantics of Python integers.

The expected answer of a case is the value of the oracle on Python integers. For up to 2^20 cases the oracle is called
once for each case. Calling it on arrays of 64-bit integers is faster, but differs if a number overflows, if a quotient
is a float, or if truth values are added. With more cases an oracle is therefore traced first, on integer ranges
(:class:`IntegerRange`). If it consists of integer operations without branches, and no intermediate value needs more
than 62 bits, NumPy computes the same values with ``int64``, and a random sample of the cases is compared as well. Any
other oracle is called once for each case. An oracle with a method `planes` (:class:`PlaneOracle`) is evaluated on
planes of 64 cases a word instead.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ntkproofs.errors import InputError
from ntkproofs.programs import Task
from ntkproofs.validation import as_integer

__all__ = ["IntegerRange", "Oracle", "PlaneOracle", "Untraceable"]

BOUND = 1 << 62  # exceeds the absolute value of every number in a traced oracle
EXACT_BITS = 20  # with at most so many input bits, the oracle is not called on arrays
MIN_COMPARED = 64  # least number of random cases of a block whose array answers are compared with Python integers
COMPARED_EVERY = 256  # one case in so many is compared

Words = NDArray[np.uint64]


@runtime_checkable
class PlaneOracle(Protocol):
    """An oracle that is also evaluated on planes: `planes` has the values of the call, 64 cases to a word.

    `inputs` has the shape ``(input bits, words)``, the bits of the first input first, least significant first; the
    result ``(output bits, words)``. Neither has to agree where a method ``dont_care_planes(inputs)``, if there is one,
    returns a plane with the lane of the case set, ``(output bits, words)``: there the output bit may have either value.
    """

    def __call__(self, *inputs: int) -> int:
        """Return the answer for one case."""

    def planes(self, inputs: Words) -> Words:
        """Return the planes of the answers."""


class Untraceable(Exception):
    """An operation of an oracle may give different results on Python integers and on arrays of 64-bit integers.

    `raised` counts these exceptions, so that one which the oracle catches is noticed.
    """

    raised: ClassVar[int] = 0

    def __init__(self, operation: str) -> None:
        super().__init__(operation)
        Untraceable.raised += 1


@dataclass(frozen=True, eq=False, repr=False)
class IntegerRange:
    """The integers from `low` to `high`, or truth values; takes the place of an array while an oracle is traced.

    The result of an operation is a range that contains every possible value. Operations whose results may differ for
    NumPy's ``int64`` raise Untraceable, as does everything else: powers, negation, conversions, attributes, the class.

    >>> product = IntegerRange(0, 7) * IntegerRange(0, 7) + 1
    >>> product.low, product.high
    (1, 50)
    """

    low: int
    high: int
    boolean: bool = False

    def __post_init__(self) -> None:
        if not -BOUND < self.low <= self.high < BOUND:
            raise Untraceable(f"numbers from {self.low} to {self.high} may not fit in 64 bits")

    def __bool__(self) -> bool:
        raise Untraceable("a branch")

    def __repr__(self) -> str:
        raise Untraceable("conversion to text")

    def _in_place(self, other: object) -> IntegerRange:
        raise Untraceable("an in-place operation, which changes the array under all its names")

    __iadd__ = __isub__ = __imul__ = __ifloordiv__ = __imod__ = _in_place
    __ilshift__ = __irshift__ = __iand__ = __ior__ = __ixor__ = _in_place

    def _unsupported(self, *_: object) -> NoReturn:
        raise Untraceable("an operation that arrays lack or define differently")

    __pos__ = __neg__ = __abs__ = __invert__ = __round__ = __trunc__ = __floor__ = __ceil__ = _unsupported
    __pow__ = __rpow__ = __truediv__ = __rtruediv__ = __matmul__ = __rmatmul__ = __divmod__ = __rdivmod__ = _unsupported
    __rfloordiv__ = __rmod__ = __rlshift__ = __rrshift__ = __format__ = __str__ = __call__ = _unsupported
    __int__ = __float__ = __complex__ = __index__ = __len__ = __iter__ = __getitem__ = __contains__ = _unsupported
    __hash__ = _unsupported
    __class__ = property(_unsupported)

    def __getattr__(self, name: str) -> NoReturn:
        raise Untraceable(f"the attribute {name}")

    def _monotone(self, other: object, operation: Callable[[int, int], int]) -> IntegerRange:
        """Return the range of an operation that is monotone in each argument for every fixed value of the other."""
        right = _as_range(other)
        if self.boolean and right.boolean:
            raise Untraceable("arithmetic of truth values")
        ends = [operation(a, b) for a in (self.low, self.high) for b in (right.low, right.high)]
        return IntegerRange(min(ends), max(ends))

    def _comparison(self, other: object) -> IntegerRange:
        _as_range(other)
        return IntegerRange(0, 1, boolean=True)

    def __add__(self, other: object) -> IntegerRange:
        return self._monotone(other, operator.add)

    def __sub__(self, other: object) -> IntegerRange:
        return self._monotone(other, operator.sub)

    def __rsub__(self, other: object) -> IntegerRange:
        return _as_range(other) - self

    def __mul__(self, other: object) -> IntegerRange:
        return self._monotone(other, operator.mul)

    __radd__, __rmul__ = __add__, __mul__

    def __floordiv__(self, other: object) -> IntegerRange:
        divisor = _as_range(other)
        if divisor.low <= 0:
            raise Untraceable("division by a number that may not be positive")
        return self._monotone(other, operator.floordiv)

    def __mod__(self, other: object) -> IntegerRange:
        divisor = _as_range(other)
        if divisor.low <= 0 or (self.boolean and divisor.boolean):
            raise Untraceable("division by a number that may not be positive")
        return IntegerRange(0, divisor.high - 1)

    def __lshift__(self, other: object) -> IntegerRange:
        return self._monotone(_shift(other), lambda a, b: a << b)

    def __rshift__(self, other: object) -> IntegerRange:
        return self._monotone(_shift(other), lambda a, b: a >> b)

    def _bits(self, other: object) -> IntegerRange:
        """Return the range of a bitwise operation on nonnegative numbers."""
        right = _as_range(other)
        if self.low < 0 or right.low < 0:
            raise Untraceable("bits of negative numbers")
        top = (1 << max(self.high.bit_length(), right.high.bit_length())) - 1
        return IntegerRange(0, top, boolean=self.boolean and right.boolean)

    def __and__(self, other: object) -> IntegerRange:
        both = self._bits(other)
        return IntegerRange(0, min(both.high, self.high, _as_range(other).high), boolean=both.boolean)

    __or__ = __xor__ = _bits
    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__
    __lt__ = __le__ = __gt__ = __ge__ = _comparison

    def __eq__(self, other: object) -> Any:
        return self._comparison(other)

    def __ne__(self, other: object) -> Any:
        return self._comparison(other)


def _as_range(value: object) -> IntegerRange:
    if isinstance(value, IntegerRange):
        return value
    if type(value) is int:
        return IntegerRange(value, value)
    raise Untraceable(f"a {type(value).__name__}")


def _shift(value: object) -> IntegerRange:
    distance = _as_range(value)
    if not 0 <= distance.low <= distance.high < 63 or distance.boolean:
        raise Untraceable("a shift that may be negative or too large")
    return distance


class Oracle:
    """The oracle of a task, evaluated for many cases; `traced` says whether it may be called on arrays.

    `cases`: how many there are (default: all inputs); of at most ``2**exact_bits`` it is never called on arrays. Its
    methods raise InputError, with the inputs, if the oracle raises an exception or its value is not a nonnegative
    integer.

    >>> from ntkproofs.programs import addition_task
    >>> Oracle(addition_task(bits=8)).traced, Oracle(addition_task(bits=16)).traced
    (False, True)
    """

    def __init__(self, task: Task, *, cases: int | None = None, exact_bits: int = EXACT_BITS) -> None:
        self.task = task
        many = (1 << task.input_bits if cases is None else cases) > 1 << exact_bits
        self.traced = many and self._trace()

    def _trace(self) -> bool:
        """Return whether the oracle provably has the same values on arrays as on Python integers."""
        before = Untraceable.raised
        try:
            result: Any = self.task.oracle(*(IntegerRange(0, (1 << width) - 1) for width in self.task.input_widths))
        except Exception:  # an oracle may raise anything if its arguments are no integers
            return False
        return type(result) is IntegerRange and Untraceable.raised == before

    def _error(self, problem: str) -> InputError:
        return InputError(f"the oracle of {self.task.program.name} {problem}")

    def one(self, inputs: tuple[int, ...]) -> int:
        """Return the answer for one case, computed with Python integers."""
        try:
            value = self.task.oracle(*inputs)
        except Exception as problem:
            raise self._error(f"raises {type(problem).__name__} at the inputs {inputs}: {problem}") from problem
        answer = as_integer(value)
        if answer is None or answer < 0:
            raise self._error(
                f"gives {value!r} ({type(value).__name__}) at the inputs {inputs}: an answer must be a nonnegative "
                "integer (x // 2 is an integer, x / 2 is a float)"
            )
        return answer

    def answers(self, inputs: Sequence[NDArray[Any]]) -> tuple[list[Words], NDArray[np.bool_]]:
        """Return the answers for arrays of inputs of one shape, and where an answer does not fit in the output bits.

        The arrays contain int64 or Python integers. The answers are arrays of 64 bits each, the lowest bits first.
        """
        bits, shape = len(self.task.output), inputs[0].shape
        parts = -(-bits // 64)
        exact = self._on_arrays(inputs) if self.traced else None
        values: list[int] = []
        if exact is None:
            values = self._one_by_one(inputs)
            if max(values) < BOUND:
                exact = np.array(values, dtype=np.int64).reshape(shape)
        if exact is not None:
            zeros = [np.zeros(shape, dtype=np.uint64)] * (parts - 1)
            return [exact.astype(np.uint64), *zeros], exact >> min(bits, 63) != 0
        large = np.array([value >> bits != 0 for value in values], dtype=np.bool_)
        answers = [
            np.array([value >> 64 * part & (1 << 64) - 1 for value in values], dtype=np.uint64) for part in range(parts)
        ]
        return [answer.reshape(shape) for answer in answers], large.reshape(shape)

    def planes(self, inputs: Words) -> tuple[Words, Words | None]:
        """Return the planes of a :class:`PlaneOracle`, and those of its don't-cares if it has any.

        Raises InputError if it raises an exception or a result is not a matrix of so many planes.
        """
        dont_care = hasattr(self.task.oracle, "dont_care_planes")
        return self._planes("planes", inputs), self._planes("dont_care_planes", inputs) if dont_care else None

    def _planes(self, name: str, inputs: Words) -> Words:
        shape = (len(self.task.output), inputs.shape[1])
        try:
            result = getattr(self.task.oracle, name)(inputs.copy())
        except Exception as problem:
            raise self._error(f"raises {type(problem).__name__} in its method {name}: {problem}") from problem
        if not isinstance(result, np.ndarray) or result.dtype != np.uint64 or result.shape != shape:
            got = f"{result.dtype} {result.shape}" if isinstance(result, np.ndarray) else type(result).__name__
            raise self._error(f"has a method {name} that must return a uint64 array of shape {shape}, got {got}")
        return result

    def _on_arrays(self, inputs: Sequence[NDArray[np.int64]]) -> NDArray[np.int64] | None:
        """Return the answers of a traced oracle, after comparing a sample with the answers on Python integers."""
        value: Any = self.task.oracle(*inputs)
        if not isinstance(value, np.ndarray) or value.shape != inputs[0].shape or value.dtype.kind not in "bi":
            return None
        answers: NDArray[np.int64] = value.astype(np.int64)
        flat = answers.reshape(-1)
        random = np.random.default_rng([int(values.flat[0]) for values in inputs])  # a different sample for every block
        drawn = random.integers(len(flat), size=max(MIN_COMPARED, len(flat) // COMPARED_EVERY))
        sample = np.concatenate([drawn, [0, len(flat) - 1, flat.argmin(), flat.argmax()]])
        columns = [values.reshape(-1)[sample].tolist() for values in inputs]
        for *case, result in zip(*columns, flat[sample].tolist(), strict=True):
            answer = self.one(tuple(case))
            if answer != result:
                raise self._error(
                    f"gives {answer} at the inputs {tuple(case)} and {result} on arrays that contain them: "
                    "its value must not depend on the type of its arguments"
                )
        return answers

    def _one_by_one(self, inputs: Sequence[NDArray[np.int64]]) -> list[int]:
        """Return the answers for arrays of inputs, calling the oracle once for each case."""
        columns = [column.reshape(-1).tolist() for column in inputs]
        try:
            values = list(map(self.task.oracle, *columns))
            if {*map(type, values)} <= {int, bool} and min(values) >= 0:
                return values
        except Exception:  # the case that raises it is found below
            pass
        return [self.one(case) for case in zip(*columns, strict=True)]
