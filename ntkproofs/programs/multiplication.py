"""Multiplication of two l-bit numbers by shift and add: the lowest bit of one decides whether the other is added.

Numbers: ``multiplier`` M (l bits, starts as x), ``multiplicand`` D (2 l, starts as y), and the sum as in the addition
program: ``sum_p``, ``sum_q``, ``sum_c`` (2 l each). Control: ``to_check_lsb`` (1 bit, starts as 1), and flags broadcast
to every position, so that each rule looks at its own position only: ``to_shift_right`` R (l), ``to_shift_left`` S
(2 l), ``to_copy_to_sum_q`` C (2 l); ``sum_counter`` (4 l cells, at most one of them 1) waits for the carries.

====================  ===========================  =============================  =========
rule                  requires                     writes                         templates
====================  ===========================  =============================  =========
the bit is 1          check=1, M_0=1               all C                          1
the bit is 0          check=1, M_0=0               all R, all S                   1
keep M                M_i=1, R_i=0                 M_i                            l
shift M right         M_i=1, R_i=1  (i > 0)        M_{i-1}                        l - 1
check again           R_0=1                        check                          1
keep D                D_i=1, S_i=0, C_i=0          D_i                            2 l
copy D                D_i=1, S_i=0, C_i=1          D_i, sum_q_i                   2 l
shift D left          D_i=1, S_i=1  (i < 2 l - 1)  D_{i+1}                        2 l - 1
start the counter     C_0=1                        counter_0                      1
count                 counter_j=1                  counter_{j+1}                  4 l - 1
counted               counter_{4l-1}=1             all R, all S                   1
add                   the four rules of addition on sum_p, sum_q, sum_c           8 l
====================  ===========================  =============================  =========

Together 20 l + 2 templates for 18 l + 1 bits. D_i (i > 0) has three writers, no bit has more. (M_0
is used up by its check: the product does not need the rule that keeps it, whoever reads the state does.)

*Steps.* For a bit of x that is 1: one to broadcast C; one to copy (and to light counter_0); 4 l until counter_{4l-1}
has broadcast R and S; one to shift and to raise the check: 4 l + 3. For a bit that is 0: one to broadcast R and S, one
to shift: 2. So x is used up after ``2 l + (4 l + 1) (number of ones of x)`` steps, at most ``4 l^2 + 3 l``; from then
on only shifts go on. The product stands earlier, after ``4 l^2 + l`` steps (l >= 2) for every pair, and for
x = 2^l - 1, y = 2^(l-1) + 1 no sooner: its last copy lands after (l - 1)(4 l + 3) + 2 steps and starts a carry through
l positions, 2 l + 1 steps. (Every other x starts one addition less, and no addition of 2 l bits takes longer than
4 l - 1.)

*Matches.* At most ``n = 3 l + 1`` templates match a state that a run visits. One control rule matches (a single token
goes from check through C, counter, R and S back to check). After k shifts M has at most l - k ones, D at most l, and
the sum lies below 2^(l+k): when y 2^k lands on it, at most l + k positions of sum_p, sum_q hold a 1. Each matching rule
of addition writes one bit, so that no more match one step later. And l - k + l + l + k + 1 = 3 l + 1, which
x = y = 2^l - 1 reaches when the first copy has landed. Hence t n <= 9 l + 3 < K: no padding is needed.
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
    """Return the program that multiplies two numbers of `bits` bits: 20 l + 2 templates, 18 l + 1 output bits.

    >>> program = multiplication(bits=8)
    >>> program.samples, program.labels.shape, int(program.writers.max())
    (162, (162, 145), 3)
    """
    length = integer(bits, "multiplication: bits", low=1, high=(MAX_BITS - 1) // 18)
    wide = 2 * length
    program = TemplateProgram(
        "multiplication",
        fields={
            "multiplier": length,
            "to_shift_right": length,
            "multiplicand": wide,
            "to_shift_left": wide,
            "to_copy_to_sum_q": wide,
            "sum_p": wide,
            "sum_q": wide,
            "sum_c": wide,
            "sum_counter": 2 * wide,
            "to_check_lsb": 1,
        },
    )
    copy = [("to_copy_to_sum_q", i) for i in range(wide)]
    shift = [*(("to_shift_right", i) for i in range(length)), *(("to_shift_left", i) for i in range(wide))]
    program.template(when={CHECK: 1, ("multiplier", 0): 1}, write=copy)
    program.template(when={CHECK: 1, ("multiplier", 0): 0}, write=shift)
    _shift_multiplier(program, length)
    _keep_copy_or_shift_multiplicand(program, wide)
    _count(program, 2 * wide, shift)
    ripple_carry(program, wide, total="sum_p", addend="sum_q", carry="sum_c")
    return program


def _shift_multiplier(program: TemplateProgram, length: int) -> None:
    """Keep the multiplier, or move it right where its flags say so; the lowest flag raises the check again."""
    for i in range(length):
        program.template(when={("multiplier", i): 1, ("to_shift_right", i): 0}, write=[("multiplier", i)])
        if i > 0:
            program.template(when={("multiplier", i): 1, ("to_shift_right", i): 1}, write=[("multiplier", i - 1)])
    program.template(when={("to_shift_right", 0): 1}, write=[CHECK])


def _keep_copy_or_shift_multiplicand(program: TemplateProgram, wide: int) -> None:
    """Keep, copy or move the multiplicand: three cases, of which at most one matches at a position."""
    for i in range(wide):
        bit, shift, copy = ("multiplicand", i), ("to_shift_left", i), ("to_copy_to_sum_q", i)
        program.template(when={bit: 1, shift: 0, copy: 0}, write=[bit])
        program.template(when={bit: 1, shift: 0, copy: 1}, write=[bit, ("sum_q", i)])
        if i + 1 < wide:
            program.template(when={bit: 1, shift: 1}, write=[("multiplicand", i + 1)])


def _count(program: TemplateProgram, cells: int, shift: list[tuple[str, int]]) -> None:
    """Pass a token along the counter: it enters with the copy and leaves as the broadcast shift."""
    program.template(when={("to_copy_to_sum_q", 0): 1}, write=[("sum_counter", 0)])
    for j in range(cells - 1):
        program.template(when={("sum_counter", j): 1}, write=[("sum_counter", j + 1)])
    program.template(when={("sum_counter", cells - 1): 1}, write=shift)


def multiplication_task(bits: int) -> Task:
    """Return multiplication as a task: x in ``multiplier``, y in ``multiplicand``, the product in ``sum_p``.

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
