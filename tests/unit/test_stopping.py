"""Stopped work never looks finished: it says so on stdout and in JSON, and the exit code is 2."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from ntkproofs.cli import main
from ntkproofs.commands import sbn
from ntkproofs.commands.stopping import Stoppable
from ntkproofs.display import counted
from ntkproofs.execution import chunks, events, exhaust, machine
from ntkproofs.processes import WorkerDied
from ntkproofs.simulation import networks

EXHAUST = sys.modules[exhaust.__module__]
RUN_CHUNK = EXHAUST.run_chunk
CALL = events.EventRun._call
RUNS = {
    "addition": ("run", "addition", "3", "5", "--bits", "4"),
    "permutation": ("run", "permutation", "101", "--order", "2,0,1"),
}


def run(capsys, *arguments):
    code = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return code, out, err


def raising(function, index, problem):
    """Return a function that raises from its call number `index` on, and otherwise calls `function`."""
    calls = iter(range(10**6))

    def limited(*arguments, **options):
        if next(calls) >= index:
            raise problem
        return function(*arguments, **options)

    return limited


def interrupted_after(done):
    """Return a call of the loop of event-driven runs that does one step at a time, and stops the run after `done`."""

    def call(run, steps, until):
        if run.steps >= done:
            raise KeyboardInterrupt
        return CALL(run, min(steps, 1), until)

    return call


STOPS = [
    (KeyboardInterrupt(), "interrupted after"),
    (WorkerDied("a worker process ended early"), "a worker process ended early after"),
]


@pytest.mark.parametrize(("problem", "told"), STOPS, ids=["interrupted", "died"])
@pytest.mark.parametrize("done", [0, 2])
def test_exhaust(capsys, monkeypatch, done, problem, told):
    monkeypatch.setattr(chunks, "CHUNK_WORK", 1)
    monkeypatch.setattr(chunks, "BLOCK_WORDS", 1 << 10)
    for options in ((), ("--json",)):
        monkeypatch.setattr(EXHAUST, "run_chunk", raising(RUN_CHUNK, done, problem))
        code, out, err = run(capsys, "exhaust", "addition", "--bits", 6, "--engine", "numpy", *options)
        assert code == 2
        assert f"{told} {512 * done:,} of 4,096 cases" in err
        if options:
            document = json.loads(out)
            assert (document["complete"], document["cases"], document["total"]) == (False, 512 * done, 4096)
            assert document["holds"] is None
        else:
            assert out.startswith(f"not complete     {512 * done:,} of 4,096 cases were run\n")
            assert ("wrong            0 so far\n" in out) == (done > 0)


def test_a_complete_exhaustion_is_marked_as_complete(capsys):
    code, out, _ = run(capsys, "exhaust", "addition", "--bits", 4, "--json")
    document = json.loads(out)
    assert (code, document["complete"], document["holds"], document["total"]) == (0, True, True, 256)
    code, out, _ = run(capsys, "exhaust", "addition", "--bits", 4)
    assert "not complete" not in out
    assert "so far" not in out


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("done", [0, 1])
def test_run(capsys, monkeypatch, name, done):
    step = machine.Machine.step_rows
    steps = 8 if name == "addition" else 1
    done = min(done, steps - 1)
    for options in ((), ("--json",), ("--trace",)):
        monkeypatch.setattr(machine.Machine, "step_rows", raising(step, done, KeyboardInterrupt()))
        monkeypatch.setattr(events.EventRun, "_call", interrupted_after(done))
        code, out, err = run(capsys, *RUNS[name], *options)
        assert code == 2
        assert f"interrupted after {done} of {counted(steps, 'step')}" in err
        if options == ("--json",):
            document = json.loads(out)
            assert document["complete"] is False
            assert document["result"] is None
            assert (document["steps"], document["planned_steps"]) == (done, steps)
        else:
            assert out == f"not complete: {done} of {counted(steps, 'step')}, no result\n"
    monkeypatch.setattr(events.EventRun, "_call", CALL)
    assert json.loads(run(capsys, *RUNS[name], "--json")[1])["complete"] is True


def test_run_sbn(capsys, monkeypatch, tmp_path):
    path = tmp_path / "gcd.sbn"
    path.write_text(SBN)
    monkeypatch.setattr(sbn, "TOGETHER", 1)
    monkeypatch.setattr(events.EventRun, "_call", interrupted_after(20))
    code, out, err = run(capsys, "run", "sbn", path)
    assert code == 2
    assert "not complete: executed 1 instruction" in out
    assert "interrupted after 1 instruction," in err
    code, out, _ = run(capsys, "run", "sbn", path, "--json")
    assert (code, json.loads(out)["complete"]) == (2, False)
    monkeypatch.setattr(events.EventRun, "_call", CALL)
    code, out, _ = run(capsys, "run", "sbn", path, "--json")
    assert (code, json.loads(out)["complete"]) == (0, True)


SBN = "x: .word 5\ny: .word 3\nsbn x y\nsbn x y\nsbn x y"


@pytest.mark.parametrize("done", [0, 3])
def test_simulate(capsys, monkeypatch, done):
    original = networks.Progress.draw_averages

    def interrupted(self):
        states = original(self)
        for _ in range(done):
            yield next(states)
        raise KeyboardInterrupt

    monkeypatch.setattr(networks.Progress, "draw_averages", interrupted)
    options = ("simulate", "permutation", "--bits", 4, "--networks", 9, "--repetitions", 7)
    code, out, err = run(capsys, *options, "--json")
    document = json.loads(out)
    assert (code, document["complete"], document["networks_drawn"]) == (2, False, 9 * done)
    assert "interrupted" in err
    code, out, _ = run(capsys, *options)
    assert code == 2
    assert f"not complete: {'27 of 63 networks drawn' if done else 'no network was drawn'}" in out


def test_a_block_without_a_signal_restores_the_handlers():
    before = signal.getsignal(signal.SIGTERM)
    with Stoppable() as stop:
        assert signal.getsignal(signal.SIGTERM) is not before
    assert stop.reason is None
    assert signal.getsignal(signal.SIGTERM) is before
    with Stoppable() as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
    assert stop.reason == "terminated"


@pytest.mark.parametrize(("number", "reason"), [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated")])
def test_signals_to_the_command(number, reason):
    process = subprocess.Popen(
        [sys.executable, "-m", "ntkproofs", "exhaust", "addition", "--bits", "17", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert "cases" in process.stderr.readline()  # the first line of progress
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    document = json.loads(out)
    assert document["complete"] is False
    assert 0 < document["cases"] < document["total"] == 1 << 34
    assert f"{reason} after" in err
    assert "Traceback" not in err
