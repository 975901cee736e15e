"""Machine code of functions of integers means what Python means; what is not in the subset is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ntkproofs.errors import InputError
from ntkproofs.execution.compiled import available
from ntkproofs.execution.native import Array, compiled

pytestmark = pytest.mark.skipif(not available(), reason="llvmlite is not installed")

SEVEN = 7
TEXT = "seven"


def everything(n: int, items: Array, others: Array) -> int:
    """Use all statements and operators of the subset."""
    x = 0
    i = 0 - 1
    for i in range(n):
        if items[i] == SEVEN:
            continue
        if items[i] > SEVEN and others[i] != 3:
            x -= square(items[i]) & 255
        else:
            x = x * 3 + (others[i] | 12) - (items[i] ^ 5)
        for j in range(i, n):
            if others[j] > 11:
                break
            items[j] += (x > 0) - (i == j)
        swap(i, items, others)
        i = 5
    while x > 1000:
        x -= 1017
        if items[0] <= others[0] and x >= 17:
            return x
    return x * 10 + i


def square(x: int) -> int:
    return x * x


def swap(i: int, items: Array, others: Array) -> int:
    items[i] = items[i] + others[i]
    others[i] = items[i] - others[i]
    return 0


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(-20, 20), st.integers(-20, 20)), max_size=9))
def test_machine_code_computes_what_python_computes(pairs):
    items, others = ([pair[index] for pair in pairs] for index in (0, 1))
    first, second = (np.array(values, dtype=np.int32) for values in (items, others))
    assert compiled(everything)(len(items), first, second) == everything(len(items), items, others)
    assert (first.tolist(), second.tolist()) == (items, others)


def text(n: int) -> int:
    return n + TEXT


def divides(n: int) -> int:
    return n // 2


def steps(n: int) -> int:
    for i in range(0, n, 2):
        n += i
    return n


def no_return(n: int) -> int:
    n += 1


def after_return(n: int) -> int:  # noqa: RET503
    return n
    n += 1


def two_signs(n: int) -> int:
    if 0 < n < 5:
        return 1
    return 0


def either(n: int) -> int:
    if n == 1 or n == 2:
        return 1
    return 0


def calls_itself(n: int) -> int:
    return calls_itself(n)


def unknown_call(n: int) -> int:
    return abs(n)


def few_arguments(n: int) -> int:
    return square()


def array_as_number(items: Array) -> int:
    return items


def number_as_array(n: int) -> int:
    return n[0]


def assigns_array(items: Array) -> int:
    items = 0  # noqa: F841
    return 0


def no_annotation(n) -> int:
    return n


def while_else(n: int) -> int:
    while n > 0:
        n -= 1
    else:
        n = 3
    return n


REFUSED = [
    text,
    divides,
    steps,
    no_return,
    after_return,
    two_signs,
    either,
    calls_itself,
    unknown_call,
    few_arguments,
    array_as_number,
    number_as_array,
    assigns_array,
    no_annotation,
    while_else,
]


@pytest.mark.parametrize("function", REFUSED, ids=lambda function: function.__name__)
def test_other_python_is_refused(function):
    with pytest.raises(InputError, match=r"subset|must be a return|call itself|function is compiled|assigned to"):
        compiled(function)


def test_arguments_must_be_arrays_of_32_bits():
    good = np.zeros(4, dtype=np.int32)
    for bad in (np.zeros(4), [0, 0], good[::2]):
        with pytest.raises(InputError, match="contiguous array of int32"):
            compiled(everything)(2, bad, good)
