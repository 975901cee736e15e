"""Compiled code has the results of the NumPy engine on random programs, straight or with tables, for all processors."""

from functools import reduce

import pytest
from engines_local import agreed
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from ntkproofs.execution import exhaust, references
from ntkproofs.execution.compiled import kernel, program
from ntkproofs.execution.compiled.machine_code import Target, target
from ntkproofs.execution.oracles import Oracle
from ntkproofs.programs import Task, TemplateProgram
from ntkproofs.strategies import template_programs

pytest.importorskip("llvmlite")

TARGETS = [target(), Target(2, False), Target(4, False), Target(8, False)]
LENGTHS = [0, 10**9]  # of programs with straight-line code


@st.composite
def tasks(draw):
    """Draw a task whose oracle is wrong at some inputs, and often everywhere."""
    drawn = draw(template_programs(max_templates=16))
    bits = [drawn.bit(position) for position in range(drawn.output_bits)]
    fields = draw(st.lists(st.sampled_from(sorted(drawn.fields)), min_size=1, unique=True))
    output = tuple(draw(st.lists(st.sampled_from(bits), min_size=1, max_size=70)))
    mask = draw(st.integers(0, 2 ** len(output) - 1))
    oracle = draw(st.sampled_from([lambda *x: sum(x) & mask, lambda *x: x[0] ^ x[-1], lambda *x: 0]))
    return Task(drawn, tuple(fields), draw(st.integers(1, 40)), output, oracle)


@settings(max_examples=150, deadline=None)
@given(
    tasks(),
    st.sampled_from(TARGETS),
    st.sampled_from(LENGTHS),
    st.sampled_from([1, 2, 32]),
    st.one_of(st.none(), st.integers(1, 1100)),
)
def test_every_field_is_that_of_the_numpy_engine(task, processor, straight, capacity, sample):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program, "target", lambda: processor)
        patch.setattr(kernel, "STRAIGHT", straight)
        patch.setattr(program, "CAPACITY", capacity)
        agreed(task, sample=sample)


@settings(max_examples=40, deadline=None)
@given(template_programs(max_templates=40), st.sampled_from(TARGETS), st.sampled_from(LENGTHS), st.booleans())
def test_one_step_from_all_states(drawn, processor, straight, condition):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program, "target", lambda: processor)
        patch.setattr(kernel, "STRAIGHT", straight)
        agreed(drawn, condition=condition)


# --- oracles on planes


def _operations(draw, arguments):
    """Draw an expression with integer operations; return its value on whatever the arguments are."""
    values = list(arguments)
    for _ in range(draw(st.integers(1, 5))):
        a, b = (draw(st.sampled_from(range(len(values)))) for _ in range(2))
        constant = draw(st.integers(0, 9))
        values.append((draw(st.sampled_from("+-*&|^<>crs")), a, b, constant))
    return values


def _apply(operation, x, y, constant):
    return {
        "+": lambda: x + y,
        "-": lambda: x - y,
        "*": lambda: x * y,
        "&": lambda: x & y,
        "|": lambda: x | y,
        "^": lambda: x ^ y,
        "<": lambda: x << constant,
        ">": lambda: x >> constant,
        "c": lambda: constant * x,
        "r": lambda: constant - x,
        "s": lambda: x + constant,
    }[operation]()


@st.composite
def oracles(draw):
    """Draw an oracle of two arguments that consists of integer operations, and ends with a constant added."""
    steps = _operations(draw, ["p", "q"])[2:]
    last = draw(st.integers(0, 2000))

    def oracle(p, q):
        def next_value(values, step):
            operation, a, b, constant = step
            return [*values, _apply(operation, values[a], values[b], constant)]

        return reduce(next_value, steps, [p, q])[-1] + last

    return oracle


@settings(max_examples=150, deadline=None)
@given(oracles(), st.sampled_from(TARGETS))
def test_an_oracle_on_planes_has_its_values_on_integers(oracle, processor):
    """A program that keeps its inputs is compared with the oracle: the wrong cases are those that integers give."""
    widths = (3, 4)
    kept = TemplateProgram("kept", fields={"p": 3, "q": 4})
    for field, width in kept.fields.items():
        for index in range(width):
            kept.template(when={(field, index): 1}, write=[(field, index)])
    output = tuple((field, index) for field, width in kept.fields.items() for index in range(width))
    values = {(p, q): oracle(p, q) for p in range(8) for q in range(16)}
    assume(min(values.values()) >= 0)
    task = Task(kept, ("p", "q"), 1, output, oracle)
    expected = sum(value != p + 8 * q for (p, q), value in values.items())
    traced = Oracle(task, exact_bits=0).traced
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program, "target", lambda: processor)
        patch.setattr("ntkproofs.execution.oracles.EXACT_BITS", 0)
        patch.setattr(references, "Oracle", lambda task, cases: Oracle(task, cases=cases, exact_bits=0))
        assert exhaust(task, engine="compiled", workers=1).wrong == expected
    event(f"compiled: {traced}")
    assert widths == tuple(task.input_widths)
