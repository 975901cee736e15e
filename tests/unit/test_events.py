"""Long runs: known results, the sufficient condition, stops, and the engines with and without machine code."""

from fractions import Fraction

import pytest

from ntkproofs.compilation import turing
from ntkproofs.errors import InputError
from ntkproofs.execution import Machine, RoundingFailure, event_loop, events, execute_sbn, run_sbn
from ntkproofs.execution.compiled import available
from ntkproofs.execution.runner import TracedRun
from ntkproofs.formats.turing import read_turing
from ntkproofs.programs import TemplateProgram, addition_task, permutation
from ntkproofs.programs.sbn import assemble, interpret, layout_for

BB4 = b"1RB1LB_1LA0LC_1RZ1LD_1RD0RA"  # halts after 107 steps with 13 ones (Brady 1983)
COUNTING = "x: .word 0\none: .word 1\nzero: .word 0\nloop: sbn one x\n sbn one x\n sbn zero x loop"

needs_llvm = pytest.mark.skipif(not available(), reason="llvmlite is not installed")
ENGINES = [False, pytest.param(True, marks=needs_llvm)]


@pytest.fixture(params=ENGINES, ids=["python", "machine code"])
def engine(request, monkeypatch):
    """Whether runs of any length use machine code and the sufficient condition, or none does."""
    monkeypatch.setattr(events, "LONG", 1 if request.param else 1 << 62)
    return request.param


def test_the_busy_beaver_of_four_states(engine):
    task = turing.compile_turing(read_turing(BB4))
    run = Machine(task.program).begin(task.start(1))
    assert run.advance(10**6) == 10**6
    assert (sum(run.state["tape"]), any(run.state["head"]), run.constant) == (13, False, True)
    run = Machine(task.program).begin(task.start(1))
    run.advance(106)
    assert any(run.state["head"])
    assert not run.constant
    run.advance(1)
    assert not any(run.state["head"])


def test_machine_code_is_used_for_long_runs_only(monkeypatch):
    task = addition_task(bits=4)
    for installed_, steps, native in ((True, events.LONG - 1, False), (True, events.LONG, True), (False, 10**5, False)):
        monkeypatch.setattr(events, "available", lambda value=installed_: value and available())
        run = Machine(task.program).begin(task.start(5, 9))
        run.advance(steps)
        assert task.read(run.state) == 14
        assert (run._loop is not event_loop.advance) == (native and available())


def alarm():
    """Return a program with a bit that is rounded wrong at n = 9, p = 1, after a number of steps: a binary counter."""
    program = TemplateProgram("alarm", fields={"clock": 6, "sensor": 8, "log": 8, "alarm": 1})
    for i in range(5):
        program.template(when={("clock", i): 1}, write=[("clock", i + 1)])
    program.template(when={("clock", 5): 1}, write=[("sensor", 0), *(("log", i) for i in range(8))])
    for i in range(8):
        program.template(when={("sensor", i): 1}, write=[("log", i), ("alarm", 0)])
        program.template(when={("log", i): 1}, write=[("log", i)])
    return program


def test_a_failure_is_that_of_plain_execution(engine):
    program = alarm()
    start = program.state(clock=1)
    machine, failures = Machine(program), []
    for run in (TracedRun(machine, start), machine.begin(start)):
        with pytest.raises(RoundingFailure) as raised:
            run.advance(20_000)
        failures.append(raised.value)
    plain, event = failures
    assert (plain.state, plain.bit, plain.counts) == (event.state, event.bit, event.counts)
    assert f"{plain}" == f"{event}"
    assert event.counts.matches == 9
    assert run.steps == 6
    with pytest.raises(RoundingFailure):
        run.advance(1)  # the state is that before the wrong step
    program.pad(16)
    run = Machine(program).begin(start)
    assert run.advance(20_000) == 20_000
    assert run.constant


@pytest.mark.parametrize(
    ("options", "ones"), [({"threshold": Fraction(9, 10)}, 2), ({"time": 9}, 1), ({"time": Fraction(1, 9)}, 1)]
)
def test_the_sufficient_condition_is_used_at_convergence_and_threshold_zero_only(engine, options, ones):
    program = permutation(range(4))  # t n <= K at every state
    machine = Machine(program, **options)
    start = program.state(bits=(1 << ones) - 1)
    with pytest.raises(RoundingFailure) as plain:
        machine.run(start, steps=1)
    run = machine.begin(start)
    with pytest.raises(RoundingFailure) as event:
        run.advance(20_000)
    assert (run.steps, event.value.bit, event.value.counts) == (0, plain.value.bit, plain.value.counts)


def test_sbn_instructions_are_those_of_the_interpreter(engine):
    program = assemble(COUNTING)
    expected, executed = interpret(program, max_instructions=2000)
    run = run_sbn(program, max_instructions=2000)
    assert run.halted
    assert run.executed == executed
    assert tuple(run.memory.values()) == expected.memory
    shorter = run_sbn(program, max_instructions=executed - 1)
    assert (shorter.executed, shorter.halted) == (executed - 1, False)
    assert run.largest_matches >= shorter.largest_matches > 0


@pytest.mark.parametrize("every", [1, 2, 7, 1000])
def test_boundaries_are_yielded_after_every_few_instructions_and_at_the_end(engine, every):
    program = assemble(COUNTING)
    layout = layout_for(program)
    all_of_them = list(execute_sbn(program, layout))
    chosen = list(execute_sbn(program, layout, every=every))
    expected = all_of_them[::every]
    if expected[-1] != all_of_them[-1]:
        expected.append(all_of_them[-1])
    assert chosen == expected
    for most in (0, 1, 5):
        assert [item.executed for item in execute_sbn(program, layout, every=every, most=most)][-1] == most


def test_an_interrupted_run_is_not_continued(monkeypatch):
    task = addition_task(bits=4)
    run = Machine(task.program).begin(task.start(1, 2))

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "_loop", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run.advance(3)
    with pytest.raises(InputError, match="interrupted within a step: begin it again"):
        run.advance(3)


def test_progress_is_told(engine):
    task, told = addition_task(bits=4), []
    run = Machine(task.program).begin(task.start(1, 2))
    run.advance(50, watch=told.append)
    run.advance(50, watch=told.append)
    assert told[-1] == 100
    assert told == sorted(told)


def test_invalid_arguments():
    task = addition_task(bits=4)
    run = Machine(task.program).begin(task.start(1, 2))
    for steps in (-1, 1.5, True):
        with pytest.raises(InputError, match="steps must be"):
            run.advance(steps)
    with pytest.raises(InputError, match="unknown field"):
        run.advance(1, until=("x", 0))
    with pytest.raises(InputError, match="must have the fields"):
        Machine(task.program).begin({})
