"""The machine and its traces: invalid arguments, rounding failures, contents and display of a trace."""

import copy
import pickle
from html.parser import HTMLParser

import pytest
from strategies_local import naive_counts

from ntkproofs.bounds import enclose_mean, least_padding
from ntkproofs.counts import Counts, counts_of
from ntkproofs.errors import InputError
from ntkproofs.execution import Machine, RoundingFailure, exhaust
from ntkproofs.kernels import RHO, Kernel, two_layer_relu
from ntkproofs.programs import Task, TemplateProgram, addition, addition_task, permutation


def outweighed(name="outweighed"):
    """Return a program and a state at which ten templates match; one of nine writers of r_0 matches, and K = 18."""
    program = TemplateProgram(name, fields={"a": 10, "b": 8, "r": 10})
    for index in range(10):
        program.template(when={("a", index): 1}, write=[("r", index)])
    for index in range(8):
        program.template(when={("b", index): 1}, write=[("r", 0)])
    return program, program.state(a=2**10 - 1)


def failure():
    program, state = outweighed()
    with pytest.raises(RoundingFailure) as caught:
        Machine(program).step(state)
    return caught.value


def test_the_failure_names_the_bit_that_is_rounded_incorrectly():
    program, state = outweighed()
    problem = failure()
    assert problem.state == state
    assert problem.bit == ("r", 0)
    assert problem.counts == Counts(10, 1, 9, 18) == naive_counts(program, state)["r", 0]
    for text in (
        "'outweighed'",
        "r_0",
        "a=1111111111",
        "b=00000000",
        "must be positive",
        "n = 10, p = 1, t = 9, K = 18",
    ):
        assert text in str(problem)


def test_the_mean_in_the_message_is_the_mean():
    shown = str(failure()).split("its mean is ")[1].split("…")[0]
    mean = enclose_mean(two_layer_relu(), Counts(10, 1, 9, 18), precision=200)
    assert mean.upper < 0
    assert mean.digits(20).startswith(shown)


def test_least_padding_prevents_the_failure():
    program, state = outweighed()
    padding = least_padding(two_layer_relu(), counts_of(program, state).values())
    assert padding > 0
    program.pad(padding - 1)
    with pytest.raises(RoundingFailure):
        Machine(program).step(state)
    program.pad(1)
    assert Machine(program).step(state) == program.step(state)


def test_a_failure_survives_pickling_and_copying():
    problem = failure()
    for again in (pickle.loads(pickle.dumps(problem)), copy.copy(problem)):
        assert type(again) is RoundingFailure
        assert (again.state, again.bit, again.counts) == (problem.state, problem.bit, problem.counts)
        assert str(again) == str(problem)


def test_a_run_fails_at_the_step_that_rounds_incorrectly():
    program, _ = outweighed()
    program.template(when={("r", 9): 1, ("b", 7): 0}, write=[("b", 0)])
    machine = Machine(program)
    assert len(machine.run(program.state(a=1), steps=3)) == 3
    with pytest.raises(RoundingFailure):
        machine.run(program.state(a=2**10 - 1), steps=3)


def test_a_kernel_without_interaction_rounds_correctly():
    program, state = outweighed()
    assert Machine(program, Kernel("linear", RHO)).step(state) == program.step(state)


def test_a_state_without_matching_templates_becomes_zero():
    program = permutation([1, 0])
    assert Machine(program).step({"bits": [0, 0]}) == {"bits": [0, 0]}


@pytest.mark.parametrize("thing", [None, "addition", addition])
def test_a_machine_needs_a_program(thing):
    with pytest.raises(InputError):
        Machine(thing)


def test_a_program_without_samples_cannot_be_trained():
    with pytest.raises(InputError, match="no templates"):
        Machine(TemplateProgram("empty", fields={"p": 1}))


@pytest.mark.parametrize("steps", [-1, 1.0, "2", None])
def test_the_number_of_steps_must_be_a_nonnegative_integer(steps):
    program = permutation([0])
    with pytest.raises(InputError, match="steps"):
        Machine(program).run({"bits": [1]}, steps=steps)


def test_a_machine_uses_templates_that_are_added_later():
    program = TemplateProgram("grows", fields={"p": 2})
    program.template(when={("p", 0): 1}, write=[("p", 0)])
    machine = Machine(program)
    assert machine.step({"p": [1, 0]}) == {"p": [1, 0]}
    program.template(when={("p", 1): 0}, write=[("p", 1)])
    assert machine.step({"p": [1, 0]}) == {"p": [1, 1]}


# --- traces


@pytest.fixture(scope="module")
def trace():
    task = addition_task(bits=4)
    return Machine(task.program).run(task.start(11, 6), steps=task.steps)


def test_a_trace_has_one_more_state_than_steps(trace):
    program = trace.program
    assert len(trace) == 8
    assert len(trace.states) == 9 == len(list(trace))
    assert trace.states[0] == program.state(p=11, q=6)
    for before, after in zip(trace.states, trace.states[1:], strict=False):
        assert after == program.step(before)
    assert trace.final == trace.states[-1] == program.state(p=1, c=8)
    assert len(trace.counts) == 8
    for state, counts in zip(trace.states, trace.counts, strict=False):
        assert counts == frozenset(naive_counts(program, state).values())
    assert trace.largest_matches == max(len(program.match(state)) for state in trace.states[:-1])
    assert repr(trace) == "<Trace of 'addition': 8 steps>"


def test_a_run_of_no_steps():
    task = addition_task(bits=2)
    trace = Machine(task.program).run(task.start(1, 2), steps=0)
    assert (len(trace), trace.largest_matches) == (0, 0)
    assert trace.final == trace.states[0] == task.start(1, 2)
    assert "01" in str(trace)


def test_marks_are_below_the_changed_digits(trace):
    lines = str(trace).splitlines()
    heads = lines[0].split()
    assert heads[:4] == ["step", "p", "q", "c"]
    ends = {field: lines[0].index(f" {field} ") + 2 for field in "pqc"}  # columns are right-aligned
    shown, marks = {}, {}
    for line in lines[1:]:
        label = line[:4].strip()
        if label:
            step = int(label)
            shown[step] = {field: line[end - 4 : end] for field, end in ends.items()}
            marks[step] = {field: " " * 4 for field in "pqc"}
        else:
            marks[step] = {field: line[end - 4 : end].ljust(4) for field, end in ends.items()}
    assert sorted(shown) == list(range(9))
    for step, state in enumerate(trace.states):
        digits = {field: "".join(map(str, reversed(bits))) for field, bits in state.items()}
        assert shown[step] == digits
        if step:
            for field in "pqc":
                changed = "".join(
                    "^" if now != was else " " for now, was in zip(digits[field], shown[step - 1][field], strict=True)
                )
                assert marks[step][field] == changed
    assert any("^" in mark for mark in marks[1].values())


class Table(HTMLParser):
    """Collect the texts of the cells row by row, and check that tags are closed in order."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.rows, self.tags = [], [], set()

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


def parsed(text):
    table = Table()
    table.feed(text)
    table.close()
    assert table.open == []
    return table


def test_the_html_table_is_well_formed_and_has_the_same_content(trace):
    table = parsed(trace._repr_html_())
    assert table.rows[0][:4] == ["step", "p", "q", "c"]
    assert len(table.rows) == 10
    for step, state in enumerate(trace.states):
        digits = ["".join(map(str, reversed(bits))) for bits in state.values()]
        assert table.rows[step + 1][:4] == [str(step), *digits]
    changed = sum(
        now != was
        for before, after in zip(trace.states, trace.states[1:], strict=False)
        for field in after
        for now, was in zip(after[field], before[field], strict=True)
    )
    assert trace._repr_html_().count("<b ") == changed


def test_names_are_escaped():
    hostile = "<script>alert(&)</script>"
    program = TemplateProgram("x", fields={hostile: 1})
    program.template(when={(hostile, 0): 1}, write=[(hostile, 0)])
    kernel = Kernel("<img src=x>", two_layer_relu().angular)
    text = Machine(program, kernel).run({hostile: [1]}, steps=1)._repr_html_()
    table = parsed(text)
    assert table.tags <= {"table", "caption", "thead", "tbody", "tr", "th", "td", "code", "b"}
    assert "&lt;script&gt;" in text
    assert "&lt;img" in text


def test_of_long_and_wide_traces_the_ends_are_displayed():
    task = addition_task(bits=150)
    x = 2**150 - 1
    trace = Machine(task.program).run(task.start(x, 1), steps=300)
    assert task.read(trace.final) == x + 1
    lines = str(trace).splitlines()
    first = next(index for index, line in enumerate(lines) if line.split()[0] == "step")
    steps = [line.split()[0] for line in lines[first + 1 :] if not set(line) <= {" ", "^"}]
    assert steps[0] == "0"
    assert steps[-1] == "300"
    assert steps.count("…") == 1
    hidden = int(next(line for line in lines if "more steps" in line).split(" more steps")[0].split()[-1])
    assert hidden + len(steps) - 1 == 301
    assert max(map(len, lines)) < 3 * 66 + 90
    assert "1…1" in lines[first + 1]
    table = parsed(trace._repr_html_())
    assert len(table.rows) == len(steps) + 1


def test_the_trace_as_a_rich_table_has_a_row_for_each_step(trace):
    table = trace.__rich__()
    assert table.row_count == 9
    assert [str(column.header) for column in table.columns][:4] == ["step", "p", "q", "c"]


@pytest.mark.parametrize("padding", [0, 2**31 - 18, 2**31, 2**62 - 18, 2**62, 2**63, 10**30])
def test_counts_are_exact_for_any_number_of_samples(padding):
    """A packing of K into 64 bits once overflowed for K >= 2**31 - 1, which gave wrong counts."""
    program, _ = outweighed()
    state = program.state(a=2**5 - 1, b=1)
    program.pad(padding)
    trace = Machine(program).run(state, steps=1)
    assert trace.final == program.step(state)
    assert trace.counts[0] == frozenset(naive_counts(program, state).values())
    assert trace.largest_matches == 6
    assert {item.samples for item in trace.counts[0]} == {18 + padding}
    task = Task(program, ("a", "b"), 1, (("r", 0),), lambda a, b: (a & 1) | (b > 0))
    result = exhaust(task)
    assert result.wrong == 0
    assert result.largest_matches == 18
    assert bool(result.unsound) == (padding == 0)


def test_a_thousand_bits_are_added_step_by_step():
    task = addition_task(bits=1000)
    x, y = 2**1000 - 7**100, 7**100 + 12345
    machine = Machine(task.program)
    assert machine.step(task.start(x, y)) == task.program.step(task.start(x, y))
