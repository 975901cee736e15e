"""Multiplication of two l-bit numbers by shift and add.

If the lowest bit of the multiplier is 1, the multiplicand is added to the sum; then both numbers are shifted.

Numbers: ``multiplier`` M (l bits, initially x), ``multiplicand`` D (2 l bits, initially y), and the sum as in the
addition program: ``sum_p``, ``sum_q``, ``sum_c`` (2 l bits each). Control: ``to_check_lsb`` (1 bit, initially 1), and
flags that are broadcast to every position, so that a template requires bits of one position only: ``to_shift_right`` R
(l bits), ``to_shift_left`` S (2 l bits), ``to_copy_to_sum_q`` C (2 l bits). ``sum_counter`` (4 l bits, at most one of
them 1) counts the steps of the addition.

====================  ===========================  =============================  =========
templates that        requires                     writes                         number
====================  ===========================  =============================  =========
start adding          check=1, M_0=1               all C                          1
start shifting        check=1, M_0=0               all R, all S                   1
keep M                M_i=1, R_i=0                 M_i                            l
shift M right         M_i=1, R_i=1  (i > 0)        M_{i-1}                        l - 1
check the next bit    R_0=1                        check                          1
keep D                D_i=1, S_i=0, C_i=0          D_i                            2 l
copy D                D_i=1, S_i=0, C_i=1          D_i, sum_q_i                   2 l
shift D left          D_i=1, S_i=1  (i < 2 l - 1)  D_{i+1}                        2 l - 1
start the counter     C_0=1                        counter_0                      1
count                 counter_j=1                  counter_{j+1}                  4 l - 1
end the addition      counter_{4l-1}=1             all R, all S                   1
add                   the templates of addition on sum_p, sum_q, sum_c            8 l
====================  ===========================  =============================  =========

There are 20 l + 2 templates and 18 l + 1 bits. D_i has three writers for i > 0; no bit has more than three. (The
template that keeps M_0 is not needed for the product. It keeps the multiplier readable in the state.)

*Steps.* A bit 1 of x takes 4 l + 3 steps: one to broadcast C; one to copy D and to set counter_0; 4 l until
counter_{4l-1} has broadcast R and S; one to shift and to set the check bit. A bit 0 takes two steps: one to broadcast R
and S, one to shift. All bits of x are therefore processed after ``2 l + (4 l + 1) (number of ones of x)`` steps, at
most ``4 l^2 + 3 l``; every later step only shifts. The sum holds the product earlier: after ``4 l^2 + l`` steps
(l >= 2) for every pair of inputs. This number is attained by x = 2^l - 1, y = 2^(l-1) + 1: the last copy is made after
(l - 1)(4 l + 3) + 2 steps, and starts a carry through l positions, which takes 2 l + 1 steps. (Every other x starts at
least one addition less, and an addition of 2 l bits takes at most 4 l - 1 steps.)

*Matches.* At most ``n = 3 l + 1`` templates match a state that a run visits. One control template matches, since a
single token passes from the check bit through C, the counter, R and S back to the check bit. After k shifts, M has at
most l - k ones and D at most l ones, and the sum is less than 2^(l+k): when y 2^k is copied to sum_q, at most l + k
positions of sum_p and sum_q hold a 1. Each matching template of the addition writes one bit, so no more of them match
one step later. The sum of these numbers is l - k + l + l + k + 1 = 3 l + 1; x = y = 2^l - 1 attains it after the first
copy. Hence t n <= 9 l + 3 < K, and no padding is needed.
"""

from __future__ import annotations

import operator

from ntkproofs.programs.adder import ripple_carry
from ntkproofs.programs.language import MAX_BITS, TemplateProgram
from ntkproofs.programs.tasks import Task
from ntkproofs.validation import integer

__all__ = ["multiplication", "multiplication_task"]

CHECK = ("to_check_lsb", 0)


def multiplication(bits: int) -> TemplateProgram:
    """Return the program that multiplies two numbers of l = `bits` bits: 20 l + 2 templates and 18 l + 1 output bits.

    Raises InputError for a number of bits out of range.

    >>> program = multiplication(bits=8)
    >>> program.samples, program.labels.shape, int(program.writers.max())
    (162, (162, 145), 3)
    """
    length = integer(bits, "multiplication: bits", low=1, high=(MAX_BITS - 1) // 18)
    double = 2 * length
    program = TemplateProgram(
        "multiplication",
        fields={
            "multiplier": length,
            "to_shift_right": length,
            "multiplicand": double,
            "to_shift_left": double,
            "to_copy_to_sum_q": double,
            "sum_p": double,
            "sum_q": double,
            "sum_c": double,
            "sum_counter": 2 * double,
            "to_check_lsb": 1,
        },
    )
    copy = [("to_copy_to_sum_q", i) for i in range(double)]
    shift = [*(("to_shift_right", i) for i in range(length)), *(("to_shift_left", i) for i in range(double))]
    program.template(when={CHECK: 1, ("multiplier", 0): 1}, write=copy)
    program.template(when={CHECK: 1, ("multiplier", 0): 0}, write=shift)
    _shift_multiplier(program, length)
    _keep_copy_or_shift_multiplicand(program, double)
    _count(program, 2 * double, shift)
    ripple_carry(program, double, total="sum_p", addend="sum_q", carry="sum_c")
    return program


def _shift_multiplier(program: TemplateProgram, length: int) -> None:
    """Keep the multiplier, or shift it right where its flags are set; the lowest flag also sets the check bit."""
    for i in range(length):
        program.template(when={("multiplier", i): 1, ("to_shift_right", i): 0}, write=[("multiplier", i)])
        if i > 0:
            program.template(when={("multiplier", i): 1, ("to_shift_right", i): 1}, write=[("multiplier", i - 1)])
    program.template(when={("to_shift_right", 0): 1}, write=[CHECK])


def _keep_copy_or_shift_multiplicand(program: TemplateProgram, bits: int) -> None:
    """Keep, copy or shift the multiplicand: at each position at most one of the three templates matches."""
    for i in range(bits):
        bit, shift, copy = ("multiplicand", i), ("to_shift_left", i), ("to_copy_to_sum_q", i)
        program.template(when={bit: 1, shift: 0, copy: 0}, write=[bit])
        program.template(when={bit: 1, shift: 0, copy: 1}, write=[bit, ("sum_q", i)])
        if i + 1 < bits:
            program.template(when={bit: 1, shift: 1}, write=[("multiplicand", i + 1)])


def _count(program: TemplateProgram, cells: int, shift: list[tuple[str, int]]) -> None:
    """Pass a token along the counter: it enters with the copy, and its exit broadcasts the shift."""
    program.template(when={("to_copy_to_sum_q", 0): 1}, write=[("sum_counter", 0)])
    for j in range(cells - 1):
        program.template(when={("sum_counter", j): 1}, write=[("sum_counter", j + 1)])
    program.template(when={("sum_counter", cells - 1): 1}, write=shift)


def multiplication_task(bits: int) -> Task:
    """Return multiplication as a task: inputs in ``multiplier`` and ``multiplicand``, the product in ``sum_p``.

    >>> task = multiplication_task(bits=8)
    >>> task.steps, task.input_widths
    (280, (8, 8))
    """
    program = multiplication(bits)
    length = program.fields["multiplier"]
    return Task(
        program,
        inputs=("multiplier", "multiplicand"),
        steps=4 * length**2 + 3 * length,
        output=tuple(("sum_p", index) for index in range(2 * length)),
        oracle=operator.mul,
        constants={"to_check_lsb": 1},
        widths={"multiplicand": length},
    )
