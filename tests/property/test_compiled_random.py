"""Compiled code has the results of the NumPy engine on random programs, straight or with tables, for all processors."""

import warnings
from functools import reduce

import numpy as np
import pytest
from engines_local import agreed
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from ntkproofs.counts import bound_matches
from ntkproofs.execution.bitsliced import SlicedProgram, StateBlock
from ntkproofs.execution.cases import SampledCases, lane_mask, lane_planes
from ntkproofs.execution.compiled import kernel, program
from ntkproofs.execution.compiled.integers import expected_planes
from ntkproofs.execution.compiled.kernel import ATTRIBUTES
from ntkproofs.execution.compiled.machine_code import MachineCode, Target, target
from ntkproofs.execution.compiled.planes import Code
from ntkproofs.execution.recorder import CountsRecorder
from ntkproofs.programs import DuplicateTemplate, Task, TemplateProgram, addition_task, multiplication_task
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


@settings(max_examples=60, deadline=None)
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
    widths, cases = (3, 4), range(128)
    values = [oracle(case & 7, case >> 3) for case in cases]
    code = Code(processor)
    code.label("entry")
    pointers = [code.define("inttoptr i64 %inputs to ptr"), code.define("inttoptr i64 %outputs to ptr")]
    inputs = [code.load(code.at(pointers[0], row), 8) for row in range(7)]
    expected = expected_planes(code, oracle, widths, inputs)
    event(f"compiled: {expected is not None}")
    assume(expected is not None)
    for row, plane in enumerate(expected):
        code.store(plane, code.at(pointers[1], row), 8)
    body = "\n".join(code.lines)
    kind = code.vector
    ternary = f"declare {kind} @llvm.x86.avx512.pternlog.q.512({kind}, {kind}, {kind}, i32 immarg)\n"
    text = f"define i64 @values(i64 %inputs, i64 %outputs) {ATTRIBUTES} {{\n{body}\nret i64 0\n}}\n"
    machine = MachineCode((ternary if processor.ternary else "") + text, "values", 2)
    found = np.zeros((len(expected), processor.words), dtype=np.uint64)
    given_planes = np.zeros((7, processor.words), dtype=np.uint64)
    lane_planes(given_planes, range(7))
    machine.call(given_planes.ctypes.data, found.ctypes.data)
    lanes = [[int(plane[case // 64]) >> case % 64 & 1 for plane in found] for case in cases]
    assert [sum(value << bit for bit, value in enumerate(planes)) for planes in lanes] == values


# --- which states are logged


def crowded():
    """Return a task of one step of a program with 150 templates of one literal, and two of them on most bits."""
    random, made = np.random.default_rng(0), TemplateProgram("crowded", fields={"a": 9})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DuplicateTemplate)
        for _ in range(150):
            when = {("a", int(random.integers(9))): int(random.integers(2))}
            made.template(when=when, write={("a", int(x)) for x in random.integers(9, size=2)})
    return Task(made, ("a",), 2, (("a", 0),), lambda a: 0)


@settings(max_examples=80, deadline=None)
@given(tasks(), st.sampled_from(TARGETS), st.sampled_from(LENGTHS), st.integers(0, 100), st.data())
def test_a_state_is_logged_exactly_if_a_lane_has_unknown_counts(task, processor, straight, unused, data):
    def choose(triples):
        return [data.draw(st.sets(st.sampled_from(triples), max_size=3)) for _ in range(3)]

    _check_logs(task, processor, straight, unused, choose)


@pytest.mark.parametrize("straight", LENGTHS)
@pytest.mark.parametrize(
    "task", [multiplication_task(4), addition_task(6), crowded()], ids=lambda task: task.program.name
)
def test_each_of_the_counts_of_a_program_is_logged_if_it_is_unknown(task, straight):
    """One of the programs has many writers of a bit that match together, and few of the numbers occur with all of p."""
    _check_logs(
        task, target(), straight, 5, lambda triples: [{triple} for triple in triples[:: len(triples) // 40 + 1]]
    )


def _check_logs(task, processor, straight, unused, choose):
    """Run three sub-blocks, of which `unused` lanes have no cases, with all counts known but those that are chosen."""
    words, bound = 3 * processor.words, bound_matches(task.program).bound
    cases, sliced = SampledCases(task, words, words * 64, 1), SlicedProgram(task.program)
    mask = lane_mask(words, words * 64 - unused)
    places = _places(task, sliced, cases, mask, processor.words)
    compiled = program.CompiledProgram(task.program, bound, True, None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program, "target", lambda: processor)
        patch.setattr(kernel, "STRAIGHT", straight)
        for unknown in choose(sorted(places)):
            runner, logged = program.BlockRunner(compiled, sliced, task, cases), set()
            runner.known.add(places.keys() - unknown)
            runner.known.add = lambda triples: None  # what is unknown stays so
            runner.visits.read = lambda log, steps, mask, first, logged=logged: logged.update(
                (first // 64 // processor.words, step) for step in steps.tolist()
            )
            runner._load_known()
            runner.run(cases.planes(0), mask, 0)
            assert logged == set().union(*(places[triple] for triple in unknown))


def _places(task, sliced, cases, mask, size):
    """Return for each (n, p, t) the sub-blocks of `size` words and the steps at which some lane has them."""
    block = StateBlock(sliced, cases.words)
    recorder = CountsRecorder(block)
    cases.load(block.state, 0)
    places = {}
    for step in range(task.steps):
        block.step()
        for t, p, numbers, lanes in recorder.occurring(mask):
            for n, planes in zip(numbers.tolist(), lanes, strict=True):
                found = {(int(word) // size, step) for word in np.flatnonzero(planes)}
                places.setdefault((n, p, t), set()).update(found)
    return places
