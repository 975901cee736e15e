"""Compiled state machines, Turing machines and cellular automata, against plain Python and known facts."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ntkproofs.bounds.rounding import least_padding
from ntkproofs.compilation import compile_machine, compile_source, compile_turing, elementary
from ntkproofs.counts import arbitrary_counts, bound_matches
from ntkproofs.errors import InputError
from ntkproofs.execution import Machine, exhaust, explore
from ntkproofs.formats import Row, Rule, StateMachine, TuringMachine
from ntkproofs.interpreters import AutomatonOracle, MachineOracle, simulate

# --- state machines


def lock(*rows):
    """A machine with two inputs, one output and the states of the rows."""
    states = tuple(dict.fromkeys(row.split()[1] for row in rows))
    return StateMachine("lock", 2, 1, states, tuple(Row(*row.split()) for row in rows))


def test_a_machine_has_a_template_for_each_row_and_at_most_one_matches():
    """The states of a run are what the rows say, and the network only looks them up: n <= 1 at every state."""
    machine = lock("1- s0 s1 0", "0- s0 s0 0", "-1 s1 s2 1", "-0 s1 s0 0", "-- s2 s2 1")
    stream = compile_source(machine)
    assert (stream.period, stream.program.samples, bound_matches(stream.program).bound) == (1, 5, 1)
    words = [0b01, 0b00, 0b01, 0b10, 0b00]  # the first character of a row is the lowest bit
    assert stream.run(words) == stream.expected(words) == [0, 0, 0, 1, 1]
    assert least_padding("ntk", arbitrary_counts(stream.program)) == 0


@st.composite
def machines(draw):
    """Draw a machine by its table, and rows that describe it: cubes may overlap where they agree."""
    states = tuple(f"s{i}" for i in range(draw(st.integers(1, 5))))
    table = {}
    for state, word in product(states, range(8)):
        if draw(st.booleans()):
            table[state, word] = draw(st.sampled_from(states)), draw(st.sampled_from(["00", "01", "10", "-1", "--"]))
    rows = []
    for state in states:
        for cube in draw(st.lists(st.text("01-", min_size=3, max_size=3), max_size=12)):
            results = {table.get((state, word)) for word in range(8) if matches(cube, word)}
            if len(results) == 1 and None not in results:
                rows.append(Row(cube, state, *results.pop()))
    rows += [
        Row("".join(str(word >> i & 1) for i in range(3)), state, *result) for (state, word), result in table.items()
    ]
    return StateMachine("random", 3, 2, states, tuple(rows)), table


def matches(cube, word):
    return all(wanted == "-" or word >> i & 1 == int(wanted) for i, wanted in enumerate(cube))


@settings(max_examples=80)
@given(machines(), st.lists(st.integers(0, 7), min_size=1, max_size=10))
def test_random_machines_follow_their_table(drawn, words):
    machine, table = drawn
    if not machine.rows:
        return
    state, expected = machine.states[0], []
    for word in words:
        state, outputs = table.get((state, word), (None, "00"))
        expected.append(sum((value == "1") << i for i, value in enumerate(outputs)))
    stream = compile_source(machine)
    assert stream.run(words) == expected
    assert stream.expected(words) == expected
    assert explore(stream).holds
    templates = stream.program.templates
    assert all(a.contradicts(b) for i, a in enumerate(templates) for b in templates[:i])


@pytest.mark.parametrize("cubes", [("1-", "-1", "11"), ("-0", "0-"), ("0-", "-1", "1-"), ("--", "11", "1-")])
def test_rows_that_overlap_and_agree_are_split(cubes):
    stream = compile_machine(lock(*(f"{cube} a a 1" for cube in cubes)))
    assert bound_matches(stream.program).bound == 1
    expected = [int(any(matches(cube, word) for cube in cubes)) for word in range(4)]
    assert [stream.run([word])[0] for word in range(4)] == expected


def test_rows_that_overlap_and_specify_different_outputs_are_joined():
    both = StateMachine("join", 1, 2, ("a",), (Row("-", "a", "a", "1-"), Row("1", "a", "a", "-1")))
    stream = compile_machine(both)
    assert stream.run([0, 1]) == stream.expected([0, 1]) == [0b01, 0b11]


def test_without_a_row_the_machine_is_in_no_state_for_ever():
    stream = compile_machine(lock("11 a a 1"))
    assert stream.run([3, 0, 3]) == stream.expected([3, 0, 3]) == [1, 0, 0]


@pytest.mark.parametrize("second", ["-1 a b 1", "11 a a 0"])
def test_rows_that_conflict_are_refused(second):
    with pytest.raises(InputError, match=r"lock: two rows conflict where both match: Row\(inputs='1-'"):
        compile_machine(lock("1- a a 1", second, "00 b b 0"))


def test_machines_that_cannot_be_compiled():
    with pytest.raises(InputError, match="unknown state in the row"):
        compile_machine(lock("11 a b 1"))
    with pytest.raises(InputError, match="0 inputs and 1 outputs"):
        compile_machine(StateMachine("none", 0, 1, ("a",), (Row("", "a", "a", "1"),)))


def test_the_interpreter_starts_in_the_first_state():
    clock = MachineOracle(lock("-- b a 1", "-- a b 0"))
    assert clock(None, 0) == ("a", 1)


# --- Turing machines


def turing(text):
    """Read the text of the busy-beaver community: three characters a rule, ``---`` undefined, states from A on."""

    def rule(word):
        following = -1 if word[2] in "ZH" else ord(word[2]) - ord("A")
        return None if word == "---" else Rule(int(word[0]), {"L": -1, "R": 1}[word[1]], following)

    return TuringMachine(
        text, tuple(tuple(rule(row[i : i + 3]) for i in range(0, len(row), 3)) for row in text.split("_"))
    )


BB4 = "1RB1LB_1LA0LC_1RZ1LD_1RD0RA"


@pytest.mark.parametrize(
    ("text", "steps", "ones"),
    [
        ("1RB1LB_1LA1RZ", 6, 4),
        ("1RB1RZ_1LB0RC_1LC1LA", 21, 5),
        ("1RB1RZ_0RC1RB_1LC1LA", 14, 6),
        (BB4, 107, 13),
    ],
)
def test_busy_beavers_run_as_long_and_write_as_much_as_is_known(text, steps, ones):
    run = simulate(turing(text), steps=1000)
    assert (run.steps, run.halted, run.ones) == (steps, True, ones)
    task = compile_turing(turing(text))
    assert task.steps == steps
    assert int(task.program.writers.max()) <= 2 * len(turing(text).rules) + 1
    assert bound_matches(task.program).bound == run.cells
    result = exhaust(task)
    assert (result.cases, result.wrong, result.unsound) == (2, 0, ())
    trace = Machine(task.program).run(task.start(1), steps=steps)
    assert task.read(trace.final).bit_count() == ones


def test_bb4_needs_14_cells():
    assert compile_source(turing(BB4), cells=14).program.fields["tape"] == 14
    with pytest.raises(InputError, match="a tape of 13 cells is too short: the head visits 14 cells in 107 steps"):
        compile_source(turing(BB4), cells=13)


@pytest.mark.parametrize("cells", [14, 15, 22])
@pytest.mark.parametrize("steps", [1, 50, 106, 107, 200])
def test_more_cells_and_other_numbers_of_steps(cells, steps):
    task = compile_turing(turing(BB4), cells=cells, steps=steps)
    run = simulate(turing(BB4), steps=steps)
    expected = "".join(str(run.tape.get(cell, 0)) for cell in range(run.first, run.last + 1)).strip("0")
    state = task.start(1)
    for _ in range(steps):
        state = task.program.step(state)
    assert "".join(map(str, state["tape"])).strip("0") == expected
    assert task.read(state) == task.oracle(1)
    assert any(state["head"]) == (steps < 107)
    assert exhaust(task).unsound == ()


def test_at_an_undefined_rule_the_tape_stays_and_the_head_is_removed():
    machine = turing("1RB---_1LA---")
    for limit in (2, 10):
        assert (simulate(machine, steps=limit).steps, simulate(machine, steps=limit).halted) == (2, True)
    assert not simulate(machine, steps=1).halted
    assert compile_turing(machine).steps == 2
    task = compile_turing(machine, steps=5)
    state = task.start(1)
    for _ in range(5):
        state = task.program.step(state)
    assert (state["tape"], any(state["head"])) == ([1, 1], False)


def test_a_machine_whose_templates_at_the_end_write_nothing_is_padded_to_t_n():
    """Four rules write 0 and move right to A: the last of 3 cells has 1 template instead of 5, and t = 4."""
    program = compile_turing(turing("0RA0RA_0RA0RA"), steps=2).program
    assert (program.samples, program.padding, int(program.writers.max())) == (12, 1, 4)
    assert bound_matches(program).bound == 3


@st.composite
def machines_of_tapes(draw):
    symbols, states = draw(st.integers(2, 4)), draw(st.integers(1, 4))
    rule = st.none() | st.builds(
        Rule, st.integers(0, symbols - 1), st.sampled_from([-1, 1]), st.integers(-1, states - 1)
    )
    return TuringMachine("random", tuple(tuple(draw(rule) for _ in range(symbols)) for _ in range(states)))


@settings(max_examples=80)
@given(machines_of_tapes(), st.integers(1, 12))
def test_random_machines_write_what_plain_python_writes(machine, steps):
    tape, state, position = {}, 0, 0
    for _ in range(steps):
        rule = machine.rules[state][tape.get(position, 0)] if state >= 0 else None
        if rule is None:
            break
        tape[position], state, position = rule.write, rule.next, position + rule.move
    task = compile_turing(machine, steps=steps)
    width = len(task.output) // task.program.fields["tape"] * (len(machine.rules[0]) - 1).bit_length()
    written = [tape[cell] for cell in sorted(tape)]
    answer, found = task.oracle(1), []
    while answer:
        found.append(answer & (1 << width) - 1)
        answer >>= width
    assert "".join(map(str, found)).strip("0") == "".join(map(str, written)).strip("0")
    result = exhaust(task)
    assert (result.wrong, result.unsound) == (0, ())
    assert int(task.program.writers.max()) * task.program.fields["tape"] // width <= task.program.samples


def test_a_machine_that_does_not_halt_needs_a_number_of_steps(monkeypatch):
    monkeypatch.setattr("ntkproofs.compilation.turing.HALTS_WITHIN", 1000)
    with pytest.raises(InputError, match="does not halt within 1,000 steps; give a number of steps"):
        compile_turing(turing("1RA1RA"))
    assert compile_turing(turing("1RA1RA"), steps=3).program.fields["tape"] == 4
    monkeypatch.setattr("ntkproofs.interpreters.turing.MAX_CELLS", 100)
    with pytest.raises(InputError, match="after 100 steps the head has visited 101 cells"):
        compile_turing(turing("1RA1RA"))


# --- cellular automata


@pytest.mark.parametrize("rule", [1, 30, 90, 110, 184, 255])
def test_automata_follow_the_table_of_their_number(rule):
    task = elementary(rule, cells=6, steps=3)
    for cells in range(64):
        row = [cells >> i & 1 for i in range(6)]
        for _ in range(3):
            row = [rule >> int(f"{row[i - 1]}{row[i]}{row[(i + 1) % 6]}", 2) & 1 for i in range(6)]
        assert task.oracle(cells) == sum(bit << i for i, bit in enumerate(row))
    result = exhaust(task)
    assert (result.cases, result.wrong, result.unsound) == (64, 0, ())


def test_every_rule_has_t_n_at_most_K():
    for rule in range(1, 256):
        program = elementary(rule, cells=5, steps=1).program
        assert program.writers.tolist() == [rule.bit_count()] * 5
        assert bound_matches(program).bound <= 5
        assert int(program.writers.max()) * 5 == program.samples


def test_planes_of_automata_are_those_of_integers():
    planes = np.random.default_rng(0).integers(0, 2**64, (7, 2), dtype=np.uint64, endpoint=False)
    oracle = AutomatonOracle(rule=110, cells=7, steps=4)
    outputs = oracle.planes(planes)
    for word, lane in product(range(2), (0, 5, 63)):
        cells, answer = (sum((int(p[word]) >> lane & 1) << i for i, p in enumerate(m)) for m in (planes, outputs))
        assert oracle(cells) == answer


def test_rule_0_and_numbers_out_of_range_are_refused():
    with pytest.raises(InputError, match="rule 0 sets no cell"):
        elementary(0, cells=5, steps=1)
    for arguments in ({"rule": 256, "cells": 5, "steps": 1}, {"rule": 110, "cells": 2, "steps": 1}):
        with pytest.raises(InputError, match="must be an integer from"):
            elementary(**arguments)
