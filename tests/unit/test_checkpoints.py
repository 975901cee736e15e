"""Runs that go on from checkpoints: the result of a run that was not interrupted, with nothing counted twice."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from functools import reduce
from hashlib import sha256
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from ntkproofs.cli import main
from ntkproofs.errors import InputError
from ntkproofs.execution import exhaust, exhaust_chunks, exhaust_networks, exhaust_networks_chunks, explore
from ntkproofs.execution.checkpoints import Checkpoint
from ntkproofs.execution.compiled import available
from ntkproofs.execution.exhaust import planned
from ntkproofs.execution.streams import explore_blocks
from ntkproofs.execution.tally import CaseTally
from ntkproofs.programs import Task, addition_task, multiplication_task, permutation_task
from ntkproofs.weights import Networks

CHUNKS = import_module("ntkproofs.execution.chunks")
STREAMS = import_module("ntkproofs.execution.streams")
THROUGH = import_module("ntkproofs.execution.exhaust_networks")
ENGINES = ["numpy", *(["compiled"] if available() else [])]


def timeless(result):
    return replace(result, seconds=0.0)


def wrong_sum(p, q):
    return p + q + (p * q % 97 == 5)


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of 8 words, and chunks of one block."""
    monkeypatch.setattr(CHUNKS, "BLOCK_WORDS", 1)
    monkeypatch.setattr(CHUNKS, "CHUNK_WORK", 1)


def interrupted(chunks, after):
    """Take so many results of a generator, and close it."""
    for number, _ in enumerate(chunks, 1):
        if number == after:
            break
    chunks.close()


ADDING = addition_task(bits=6)
RUNS = {
    "all": ((multiplication_task(bits=5),), {}),
    "wrong": ((Task(ADDING.program, ADDING.inputs, ADDING.steps, ADDING.output, wrong_sum),), {}),
    "sample": ((addition_task(bits=40),), {"sample": 2000, "seed": 3}),
    "program": ((addition_task(bits=4).program,), {}),
    "against": ((ADDING,), {"against": addition_task(bits=6)}),
    "time": ((addition_task(bits=5),), {"time": Fraction(3), "threshold": Fraction(1, 50)}),
    "uncounted": ((addition_task(bits=6),), {"condition": False}),
}


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.usefixtures("small_blocks")
def test_a_run_that_goes_on_has_the_same_result(name, tmp_path):
    arguments, options = RUNS[name]
    whole = exhaust(*arguments, **options, workers=1)
    file = tmp_path / "run"
    interrupted(exhaust_chunks(*arguments, **options, workers=1, resume=file), 1)
    *results, last = exhaust_chunks(*arguments, **options, workers=1, resume=file)
    assert timeless(last) == timeless(whole)
    assert [*last.visited] == [*whole.visited]  # the order decides between equal margins
    assert last.unsound == whole.unsound
    assert 0 < results[0].cases < whole.total  # what was done is not done again
    *before, finished = exhaust_chunks(*arguments, **options, workers=1, resume=file)
    assert (before, timeless(finished)) == ([], timeless(last))
    assert abs(finished.seconds - last.seconds) < 1e-5
    assert os.listdir(tmp_path) == ["run"]


@pytest.mark.usefixtures("small_blocks")
def test_tallies_add_up_in_any_order():
    """The first visits of the whole are the least ones of the parts."""
    (task,), _ = RUNS["wrong"]
    plan = planned(task, engine="numpy").plan
    parts = [plan.tally_of(chunk, CHUNKS.run_chunk(plan, chunk)) for chunk in plan.chunks()]
    sums = [reduce(CaseTally.plus, order, CaseTally()) for order in (parts, parts[::-1], parts[1::2] + parts[::2])]
    assert len(parts) > 4
    assert sums[0] == sums[1] == sums[2]
    assert sums[0].visited == {
        counts: min(part.visited[counts] for part in parts if counts in part.visited) for counts in sums[0].visited
    }
    with pytest.raises(InputError, match="counted twice"):
        sums[0].plus(parts[2])


@pytest.mark.parametrize("first", ENGINES)
@pytest.mark.parametrize("second", ENGINES)
def test_another_engine_goes_on_in_the_middle_of_a_block(first, second, tmp_path, monkeypatch):
    (task,), _ = RUNS["wrong"]
    whole = exhaust(task, engine=second, workers=1)
    assert whole.wrong > 0
    monkeypatch.setattr(CHUNKS, "BLOCK_WORDS", 1)
    monkeypatch.setattr(CHUNKS, "CHUNK_WORK", 1)
    file = tmp_path / "run"
    interrupted(exhaust_chunks(task, engine=first, workers=1, resume=file), 1)
    monkeypatch.undo()
    assert timeless(exhaust(task, engine=second, workers=1, resume=file)) == timeless(whole)


def counter():
    """A stream that counts modulo 8, with a wrong oracle at one state."""
    from tests.unit.test_explore import accumulator

    return accumulator(3)


@pytest.mark.parametrize("clocks", [None, 3])
def test_an_exploration_goes_on_at_any_block(clocks, tmp_path, monkeypatch):
    stream = counter()
    monkeypatch.setattr(STREAMS, "BLOCK", 1)
    whole = explore(stream, clocks=clocks)
    count = sum(1 for _ in explore_blocks(stream, clocks=clocks))
    for after in (1, 2, count // 2, count - 1, count):
        file = tmp_path / f"run{after}"
        interrupted(explore_blocks(stream, clocks=clocks, resume=file), after)
        assert json.loads(file.read_text())["state"]["runs"] == after - 1
        assert timeless(explore(stream, clocks=clocks, resume=file)) == timeless(whole)


def random_networks(program, seed=5):
    drawn = np.random.default_rng(seed)
    return Networks.of(
        drawn.standard_normal((20, program.samples)), drawn.standard_normal((program.output_bits, 20)) / 20
    )


@pytest.mark.parametrize("threshold", [Fraction(1, 16), None])
def test_networks_go_on_at_any_block(threshold, tmp_path, monkeypatch):
    task = permutation_task([3, 1, 0, 2, 4, 5, 6, 7, 8, 9])
    networks = random_networks(task.program)
    monkeypatch.setattr(THROUGH, "BLOCK", 1)
    run = exhaust_networks_chunks if threshold is not None else THROUGH.search_thresholds_chunks
    options = {} if threshold is None else {"threshold": threshold}
    for sample in (None, 600):
        results = list(run(task, networks, sample=sample, **options))
        assert len(results) > 2
        for after in range(1, len(results) + 1):
            file = tmp_path / f"run{sample}{after}"
            interrupted(run(task, networks, sample=sample, resume=file, **options), after)
            *_, last = run(task, networks, sample=sample, resume=file, **options)
            assert timeless(last) == timeless(results[-1])


def test_streams_through_networks_go_on_at_any_block(tmp_path, monkeypatch):
    stream = counter()
    networks = random_networks(stream.program)
    monkeypatch.setattr(STREAMS, "BLOCK", 1)
    results = list(exhaust_networks_chunks(stream, networks, threshold=0))
    assert results[-1].wrong > 0
    for after in (1, 2, len(results) // 2, len(results) - 1):
        file = tmp_path / f"run{after}"
        interrupted(exhaust_networks_chunks(stream, networks, threshold=0, resume=file), after)
        assert timeless(exhaust_networks(stream, networks, threshold=0, resume=file)) == timeless(results[-1])


# --- files that are refused


def signed(content):
    """The bytes of a checkpoint with its digest."""
    content.pop("sha256", None)
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return json.dumps({**content, "sha256": sha256(text.encode()).hexdigest()}).encode()


def changed(*path, value):
    """A function that changes an entry of a checkpoint and signs it."""

    def change(data):
        content = json.loads(data)
        item = content
        for key in path[:-1]:
            item = item[key]
        item[path[-1]] = value
        return signed(content)

    return change


REFUSED = {
    "empty": (lambda data: b"", "no valid checkpoint"),
    "half": (lambda data: data[: len(data) // 2], "no valid checkpoint"),
    "no JSON": (lambda data: b"\x80\x04N.", "no valid checkpoint"),
    "nested": (lambda data: b"[" * 100_000, "no valid checkpoint"),
    "twice": (lambda data: data.replace(b'{"format"', b'{"job":1,"format"'), "the same key twice"),
    "one digit": (lambda data: data.replace(b'"wrong":0', b'"wrong":1'), "another digest"),
    "a float": (lambda data: data.replace(b'"wrong":0', b'"wrong":0.5'), "numbers must be integers"),
    "format": (changed("format", value="ntkproofs checkpoint 2"), "no valid checkpoint"),
    "sources": (changed("sources", value="0" * 64), "other sources"),
    "version": (changed("version", value="9.9"), "other sources"),
    "program": (changed("job", "program", value="subtraction"), "another job: program is 'subtraction' there"),
    "oracle": (changed("job", "oracle sha256", value="0"), "another job: oracle sha256"),
    "more": (changed("job", "further", value=1), "another job: further"),
    "no state": (changed("state", value={}), "its state is invalid"),
    "backwards": (changed("state", "done", value=[[64, 0]]), "not disjoint and ascending"),
    "overlap": (changed("state", "done", value=[[0, 512], [256, 1024]]), "not disjoint and ascending"),
    "too far": (changed("state", "done", value=[[0, 1 << 30]]), "must be an integer from 0 to"),
    "true": (changed("state", "wrong", value=True), "must be an integer"),
    "first": (changed("state", "first_wrong", value=5), "no case that is done and wrong"),
    "counts": (changed("state", "visited", value=[[9, 0, 1, 0, 0, 5]] * 2), "no first visit"),
    "impossible": (changed("state", "visited", value=[[0, 1, 1, 0, 0, 5]]), "cannot occur"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_damaged_or_foreign_checkpoint_is_refused(name, tmp_path, capsys):
    file = tmp_path / "run"
    command = ["exhaust", "addition", "--bits", "5", "--condition", "--resume", f"{file}"]
    assert main(command) == 0
    change, reason = REFUSED[name]
    data = change(file.read_bytes())
    file.write_bytes(data)
    capsys.readouterr()
    assert main(command) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert reason in err
    assert err.count("\n") == 1
    assert file.read_bytes() == data


@pytest.mark.parametrize(
    "other",
    [("addition", "--bits", "6"), ("addition", "--bits", "5", "--sample", "9"), ("multiplication", "--bits", "5")]
    + [("addition", "--bits", "5", *more) for more in (["--padding", "1"], ["--regime", "nngp"], ["--time", "3"])],
)
def test_the_checkpoint_of_another_run_is_refused(other, tmp_path, capsys):
    file = tmp_path / "run"
    assert main(["exhaust", "addition", "--bits", "5", "--resume", f"{file}"]) == 0
    assert main(["exhaust", *other, "--resume", f"{file}"]) == 3
    assert "is the checkpoint of another job" in capsys.readouterr().err


def test_a_changed_file_is_another_task(tmp_path, capsys):
    """Also where only a helper changed that the oracle calls."""
    source = tmp_path / "mine.py"
    (tmp_path / "helper.py").write_text("def total(p, q):\n    return p + q\n")
    source.write_text(
        "from helper import total\nfrom ntkproofs.programs import Task, addition_task\n\n"
        "def task():\n    adding = addition_task(bits=3)\n"
        "    return Task(adding.program, adding.inputs, adding.steps, adding.output, lambda p, q: total(p, q))\n"
    )
    command = ["exhaust", f"{source}:task", "--resume", f"{tmp_path / 'run'}"]
    assert [main(command), main(command)] == [0, 0]
    helper = (tmp_path / "helper.py").read_text()
    (tmp_path / "helper.py").write_text(helper.replace("p + q", "p + q + 0"))
    assert main(command) == 3
    assert "oracle sha256" in capsys.readouterr().err


@pytest.mark.parametrize("path", ["", "folder", "missing/run", "/dev/null"])
def test_a_path_that_cannot_be_a_checkpoint(path, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    assert main(["exhaust", "addition", "--bits", "3", "--resume", path]) == 3
    assert capsys.readouterr().err.count("\n") == 1


def test_two_processes_do_not_share_a_checkpoint(tmp_path, capsys):
    file = tmp_path / "run"
    with Checkpoint(file, {"task": "one"}), pytest.raises(InputError, match="in use by another process"):
        Checkpoint(file, {"task": "one"}).__enter__()
    with Checkpoint(file, {"task": "one"}):
        assert main(["exhaust", "addition", "--bits", "3", "--resume", f"{file}"]) == 3
    assert "in use by another process" in capsys.readouterr().err
    with Checkpoint(file, {"task": "one"}):
        pass


# --- processes that are stopped and killed

SLOW = """\
import sys, time
import ntkproofs.execution.chunks as chunks, ntkproofs.execution.checkpoints as checkpoints
from ntkproofs.cli import main
chunks.BLOCK_WORDS = chunks.CHUNK_WORK = 1
checkpoints.SECONDS, checkpoints.SHARE = 0.2, 0
sys.exit(main(sys.argv[1:]))
"""

LOGGING = """\
import time
from pathlib import Path
import numpy as np
from ntkproofs.programs import Task, addition_task

class Sum:
    def __call__(self, p, q):
        return p + q

    def planes(self, inputs):
        with Path(__file__).with_name("log").open("a") as log:
            log.write("".join(str(int(plane[0]) & 1) for plane in inputs[::-1]) + "\\n")
        time.sleep(0.02)
        carry, result = np.zeros_like(inputs[0]), []
        for p, q in zip(inputs[:7], inputs[7:]):
            result.append(p ^ q ^ carry)
            carry = p & q | carry & (p ^ q)
        return np.stack([*result, carry])

def task():
    adding = addition_task(bits=7)
    return Task(adding.program, adding.inputs, adding.steps, adding.output, Sum())
"""


def started(folder, file):
    (folder / "mine.py").write_text(LOGGING)
    words = ("exhaust", f"{folder / 'mine.py'}:task", "--engine", "numpy", "--json", "--resume", f"{file}")
    return subprocess.Popen(
        [sys.executable, "-c", SLOW, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def cases_in(file):
    return sum(last - first for first, last in json.loads(file.read_text())["state"]["done"])


def test_killed_between_two_checkpoints(tmp_path):
    """Only what was done after the last checkpoint is done again."""
    file, log = tmp_path / "run", tmp_path / "log"
    process = started(tmp_path, file)
    deadline = time.monotonic() + 60
    while not (file.exists() and cases_in(file)) and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.1)
    process.kill()
    process.communicate()
    kept = cases_in(file)
    assert 0 < kept < 1 << 14
    done = [int(line, 2) for line in log.read_text().splitlines()]
    out, _ = started(tmp_path, file).communicate()
    document = json.loads(out)
    times = Counter(int(line, 2) for line in log.read_text().splitlines())
    size = (1 << 14) // len(times)
    assert set(times) == set(range(0, 1 << 14, size))
    assert {first for first, number in times.items() if number > 1} == {first for first in done if first >= kept}
    assert (document["complete"], document["cases"], document["wrong"]) == (True, 1 << 14, 0)
    log.unlink()
    whole = json.loads(started(tmp_path, tmp_path / "other").communicate()[0])
    for name in ("seconds", "cases_per_second"):
        document.pop(name), whole.pop(name)
    assert document == whole


def test_interrupted_by_the_user(tmp_path):
    file = tmp_path / "run"
    process = started(tmp_path, file)
    deadline = time.monotonic() + 60
    while not (file.exists() and cases_in(file)) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate()
    document = json.loads(out)
    assert (process.returncode, document["complete"]) == (2, False)
    assert document["cases"] == cases_in(file)
