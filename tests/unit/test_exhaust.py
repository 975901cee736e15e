"""exhaust beyond 40 inputs and 64 outputs, without an oracle, against another program, and with oracles on planes."""

import json

import numpy as np
import pytest

from ntkproofs.bounds import rounds_right
from ntkproofs.cli import main
from ntkproofs.counts import counts_of
from ntkproofs.errors import InputError
from ntkproofs.execution import Exhaustion, chunks, exhaust, exhaust_chunks
from ntkproofs.execution.cases import SampledCases, case_inputs, lane_mask
from ntkproofs.execution.recorder import Visit, _lanes_by_matched
from ntkproofs.programs import (
    Task,
    TemplateProgram,
    addition,
    addition_task,
    multiplication_task,
    permutation_task,
)

MASK = (1 << 64) - 1


def copies(bits, steps=1, oracle=lambda a: a):
    """Return a task whose program keeps every bit of one input."""
    program = TemplateProgram("copies", fields={"a": bits})
    for index in range(bits):
        program.template(when={("a", index): 1}, write=[("a", index)])
    return Task(program, ("a",), steps, tuple(("a", index) for index in range(bits)), oracle)


def crowd():
    """Return a program of 15 bits with few samples for its many matches: some bits are rounded wrong."""
    program = TemplateProgram("crowd", fields={"a": 8, "b": 1, "c": 6})
    for index in range(8):
        program.template(when={("a", index): 1}, write=[("a", index)])
    for index in range(6):
        program.template(when={("c", index): 1}, write=[("b", 0)])
    return program


def gate(table):
    """Return a task of two inputs of one bit and one output, with a template for each pair of inputs that gives 1."""
    program = TemplateProgram("gate", fields={"x": 1, "y": 1, "z": 1})
    for case in range(4):
        if table >> case & 1:
            program.template(when={("x", 0): case & 1, ("y", 0): case >> 1}, write=[("z", 0)])
    return Task(program, ("x", "y"), 1, (("z", 0),), lambda x, y: table >> (x + 2 * y) & 1)


# --- samples


@pytest.mark.parametrize("sample", [1, 63, 64, 65, 1000, 5000])
def test_a_sample_has_so_many_cases(sample):
    result = exhaust(addition_task(30), sample=sample, seed=3, workers=1)
    assert (result.cases, result.total, result.complete, result.wrong) == (sample, sample, True, 0)
    assert result.sampled
    assert result.holds


def test_a_sample_is_determined_by_its_seed_and_its_answers_are_those_of_the_oracle():
    task = addition_task(64)
    program_inputs = [case_inputs(task, case, seed=5) for case in range(300)]
    assert program_inputs == [case_inputs(task, case, seed=5) for case in range(300)]
    assert len(set(program_inputs)) == 300
    assert set(program_inputs).isdisjoint(case_inputs(task, case, seed=6) for case in range(300))
    assert any(max(values) >= 1 << 63 for values in program_inputs)
    odd = Task(task.program, task.inputs, task.steps, task.output, lambda p, q: p + q + (p % 5 == 2))
    result = exhaust(odd, sample=300, seed=5)
    wrong = [values for values in program_inputs if values[0] % 5 == 2]
    assert result.wrong == len(wrong) > 0
    first = result.first_wrong
    assert first.inputs == wrong[0]
    assert (first.got, first.expected) == (sum(wrong[0]), sum(wrong[0]) + 1)


def test_the_inputs_of_a_sample_are_the_same_as_integers_and_as_planes():
    program = TemplateProgram("wide", fields={"a": 3, "b": 130, "c": 62})
    program.template(when={("a", 0): 1}, write=[("a", 0)])
    task = Task(program, ("a", "b", "c"), 1, (("a", 0),), lambda a, b, c: a & 1)
    for words in (1, 8, 32):
        cases = SampledCases(task, words, 10**6, 9)
        for first in (0, words * 64, 7 * words * 64):
            values = cases.integers(first)
            for lane, word in ((0, 0), (63, words - 1), (17, words // 2)):
                expected = case_inputs(task, first + 64 * word + lane, seed=9)
                assert tuple(int(column[lane, word]) for column in values) == expected
    assert exhaust(task, sample=700).holds


def test_the_bits_of_a_sample_are_balanced():
    planes = SampledCases(addition_task(20), 64, 4096, 1).planes(0)
    ones = [sum(int(word).bit_count() for word in plane) for plane in planes]
    assert all(abs(count - 2048) < 6 * 32 for count in ones)


def test_the_result_of_a_sample_does_not_depend_on_the_blocks(monkeypatch):
    task = Task(
        *[getattr(addition_task(40), name) for name in ("program", "inputs", "steps", "output")], lambda p, q: p
    )
    expected = exhaust(task, sample=3000, workers=1)
    monkeypatch.setattr(chunks, "BLOCK_WORDS", 1)
    monkeypatch.setattr(chunks, "CHUNK_WORK", 1)
    found = exhaust(task, sample=3000, workers=1)
    assert (found.wrong, found.first_wrong) == (expected.wrong, expected.first_wrong)
    assert set(found.visited) == set(expected.visited)
    assert len(list(exhaust_chunks(task, sample=3000, workers=1))) > 1


def test_more_than_40_input_bits_need_a_sample():
    with pytest.raises(
        InputError, match=r"addition: 42 input bits; all cases are run for 1 to 40 bits: choose a sample"
    ):
        exhaust(addition_task(21))
    for sample in (0, -1, 1 << 41, 2.5):
        with pytest.raises(InputError, match="sample"):
            exhaust(addition_task(21), sample=sample)
    with pytest.raises(InputError, match="seed"):
        exhaust(addition_task(21), sample=9, seed=-1)


def test_unsound_counts_of_a_sample_are_located():
    program = crowd()
    result = exhaust(program, sample=20_000, seed=2)
    assert result.unsound
    for counts in result.unsound:
        visit = result.visited[counts]
        state = result.task.start(*result.inputs_of(visit.case))
        assert counts_of(program, state)[visit.bit] == counts


# --- many outputs


@pytest.mark.parametrize("bits", [63, 64, 65, 128, 130])
def test_more_than_64_outputs(bits):
    assert exhaust(copies(bits), sample=500).holds
    for wrong in (0, bits - 1):
        task = copies(bits, oracle=lambda a, wrong=wrong: a ^ (1 << wrong if a & 2 else 0))
        result = exhaust(task, sample=500)
        assert 150 < result.wrong < 350
        assert result.first_wrong.got ^ result.first_wrong.expected == 1 << wrong
    too_large = exhaust(copies(bits, oracle=lambda a: a | 1 << bits), sample=100)
    assert too_large.wrong == 100


# --- programs without an oracle


def test_a_program_is_checked_at_every_state():
    program = addition(bits=3)
    result = exhaust(program)
    assert (result.cases, result.steps, result.compared, result.wrong) == (512, 1, "", 0)
    brute = {
        counts
        for state in range(512)
        for counts in counts_of(program, result.task.start(*result.inputs_of(state))).values()
    }
    assert set(result.visited) == brute
    assert "not compared: there is no oracle" in str(result)


def test_a_program_whose_rounding_is_wrong_is_not_held():
    result = exhaust(crowd())
    assert set(result.unsound) == {counts for counts in result.visited if not rounds_right("ntk", counts)}
    assert result.unsound
    assert not result.holds
    assert result.complete


def test_a_program_of_many_bits_is_refused_with_what_would_work():
    program = addition(bits=20)
    with pytest.raises(InputError, match="60 bits of a state; all cases are run for 1 to 40 bits: choose a sample"):
        exhaust(program)
    assert exhaust(program, sample=100).cases == 100
    with pytest.raises(InputError, match="exhaust takes a Task or a TemplateProgram, got dict"):
        exhaust({})


# --- program against program


def test_two_programs_with_the_same_function_agree():
    assert exhaust(permutation_task([2, 0, 1]), against=permutation_task([2, 0, 1])).holds
    result = exhaust(permutation_task([2, 0, 1]), against=permutation_task([0, 2, 1]))
    wrong = result.first_wrong
    assert result.wrong == sum(
        permutation_task([2, 0, 1]).oracle(x) != permutation_task([0, 2, 1]).oracle(x) for x in range(8)
    )
    assert wrong.got == permutation_task([2, 0, 1]).oracle(*wrong.inputs)
    assert wrong.expected == permutation_task([0, 2, 1]).oracle(*wrong.inputs)
    assert "compared with permutation" in str(result)


@pytest.mark.parametrize("first", range(1, 16, 3))
@pytest.mark.parametrize("second", range(1, 16, 2))
def test_gates_differ_where_their_tables_do(first, second):
    result = exhaust(gate(first), against=gate(second))
    assert result.wrong == (first ^ second).bit_count()


def test_inputs_are_paired_by_their_names():
    def minus(names):
        program = TemplateProgram("-".join(names), fields=dict.fromkeys([*names, "z"], 1))
        program.template(when={("x", 0): 1, ("y", 0): 0}, write=[("z", 0)])
        return Task(program, names, 1, (("z", 0),), lambda *_: 0)

    assert exhaust(minus(("x", "y")), against=minus(("y", "x"))).holds
    other = TemplateProgram("renamed", fields={"p": 1, "q": 1, "z": 1})
    other.template(when={("p", 0): 1, ("q", 0): 0}, write=[("z", 0)])
    assert exhaust(minus(("x", "y")), against=Task(other, ("p", "q"), 1, (("z", 0),), lambda *_: 0)).wrong == 0
    assert exhaust(minus(("x", "y")), against=Task(other, ("q", "p"), 1, (("z", 0),), lambda *_: 0)).wrong == 2


def test_programs_with_other_inputs_or_outputs_are_not_compared():
    with pytest.raises(InputError, match="copies has inputs of 4 bits, gate of 2 x 1"):
        exhaust(copies(4), against=gate(8))
    with pytest.raises(InputError, match="output bits"):
        exhaust(addition_task(3), against=addition_task(3).__class__(*_shorter()))
    with pytest.raises(InputError, match="two tasks can be compared, got TemplateProgram and Task"):
        exhaust(addition(3), against=addition_task(3))


def _shorter():
    task = addition_task(3)
    return task.program, task.inputs, task.steps, task.output[:2], task.oracle


def test_a_sample_of_two_programs():
    result = exhaust(addition_task(64), against=addition_task(64), sample=200)
    assert result.holds
    assert result.cases == 200


# --- oracles on planes


class Xor:
    """Both inputs exclusive or, on planes; the lowest bit is wrong where `flip` is set, and free where `free` is."""

    def __init__(self, flip=False, free=False):
        self.flip, self.free, self.calls = flip, free, 0

    def __call__(self, a):
        self.calls += 1
        return a

    def planes(self, inputs):
        result = inputs.copy()
        if self.flip:
            result[0] ^= inputs[1] & inputs[2]
        return result

    @property
    def dont_care_planes(self):
        if not self.free:
            raise AttributeError
        return self._dont_care

    def _dont_care(self, inputs):
        result = np.zeros_like(inputs)
        result[0] = inputs[1]
        return result


def test_an_oracle_on_planes_is_called_on_planes():
    oracle = Xor()
    assert exhaust(copies(18, oracle=oracle), workers=1).holds
    assert oracle.calls <= 2
    assert exhaust(copies(100, oracle=Xor()), sample=1000).holds


def test_differences_on_planes_are_counted_but_for_dont_cares():
    with pytest.raises(
        InputError, match=r"the oracle of copies gives 255 at the inputs \(255,\), and its method planes 254"
    ):
        exhaust(copies(8, oracle=Xor(flip=True)))
    assert exhaust(copies(8, oracle=Xor(flip=True, free=True))).holds

    class Wrong(Xor):
        def __call__(self, a):
            return a ^ (a >> 1 & a >> 2 & 1)

    result = exhaust(copies(8, oracle=Wrong(flip=True)))
    assert result.wrong == 64
    assert (result.first_wrong.inputs, result.first_wrong.got, result.first_wrong.expected) == ((6,), 6, 7)


@pytest.mark.parametrize(
    ("planes", "message"),
    [
        (
            lambda self, inputs: inputs[:2],
            r"planes that must return a uint64 array of shape \(8, 4\), got uint64 \(2, 4\)",
        ),
        (lambda self, inputs: inputs.astype(np.int64), "got int64"),
        (lambda self, inputs: 7, "got int"),
        (lambda self, inputs: inputs[9], "raises IndexError in its method planes"),
    ],
)
def test_malformed_planes_are_refused(planes, message):
    oracle = type("Bad", (Xor,), {"planes": planes})()
    with pytest.raises(InputError, match=f"the oracle of copies .*{message}"):
        exhaust(copies(8, oracle=oracle))


@pytest.mark.parametrize(
    "oracle",
    [
        lambda a: max(a, 0) if a else int("0"),
        lambda a: {0: 0}.get(a, a),
        lambda a: a if a.bit_count() >= 0 else 1,
        lambda a: sum(1 << i for i in range(70) if a >> i & 1),
    ],
)
@pytest.mark.parametrize("bits", [6, 21, 70])
def test_plain_python_oracles_work_on_all_paths(oracle, bits):
    sample = None if bits == 6 else 300
    assert exhaust(copies(bits, oracle=oracle), sample=sample).holds


def test_an_error_of_an_oracle_names_the_input_of_the_sample():
    def fails(a):
        raise ValueError("no")

    inputs = case_inputs(copies(70), 0, seed=4)
    with pytest.raises(InputError, match=rf"the oracle of copies raises ValueError at the inputs \({inputs[0]},\): no"):
        exhaust(copies(70, oracle=fails), sample=10, seed=4)


# --- counting and printing


def test_only_numbers_that_occur_are_looked_at():
    """A bit with 300 writers of which at most one matches has p = 0 and p = 1."""
    match = np.zeros((300, 2), dtype=np.uint64)
    match[7, 0] = 5
    found = dict(_lanes_by_matched(match, [np.array([index]) for index in range(300)], lane_mask(2, 70)))
    assert sorted(found) == [0, 1]
    assert found[1].tolist() == [5, 0]
    assert found[0].tolist() == [MASK ^ 5, 63]


def test_a_result_prints_as_the_table_of_the_command(capsys):
    result = exhaust(addition_task(4))
    assert main(["exhaust", "addition", "--bits", "4"]) == 0
    shown = capsys.readouterr().out.splitlines()
    without_times = [line for line in str(result).splitlines() if not line.startswith(("seconds", "cases/second"))]
    assert [line for line in shown if line in without_times][:3] == without_times[:3]
    assert "<table" in result._repr_html_()
    assert repr(result) == "<Exhaustion of 'addition': 256 of 256 cases, 0 wrong>"
    assert isinstance(result, Exhaustion)


def test_the_command_runs_a_sample(capsys):
    assert main(["exhaust", "addition", "--bits", "12", "--sample", "500", "--seed", "3", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["cases"], document["sampled"], document["seed"], document["holds"]) == (500, True, 3, True)
    assert main(["exhaust", "addition", "--bits", "12", "--sample", "500"]) == 0
    assert "500, drawn of 2^24 with the seed 0" in capsys.readouterr().out
    assert main(["exhaust", "addition", "--bits", "4", "--seed", "3"]) == 3
    assert "--sample" in capsys.readouterr().err


def test_the_command_checks_a_program_without_an_oracle(tmp_path, capsys):
    file = tmp_path / "mine.py"
    file.write_text("from ntkproofs.programs import addition\nprogram = addition(bits=3)\n")
    assert main(["exhaust", f"{file}:program"]) == 0
    out = capsys.readouterr().out
    assert "answers          not compared: there is no oracle" in out
    assert "cases            512" in out


# --- the first visits


@pytest.mark.parametrize(
    "task", [multiplication_task(3), addition_task(5), copies(7, steps=3)], ids=lambda task: task.program.name
)
def test_the_first_visit_of_counts_is_that_of_the_least_case_then_the_least_step_then_the_first_bit(task):
    program, first = task.program, {}
    for case in range(1 << task.input_bits):
        state = program.unrow(program.row(task.start(*case_inputs(task, case))))
        for step in range(task.steps):
            for bit, counts in counts_of(program, state).items():
                first.setdefault(counts, Visit(case, step, bit))
            state = program.step(state)
    assert exhaust(task).visited == first
