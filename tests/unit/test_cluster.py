"""exhaust and check on the workers of a Dask cluster: a real scheduler and workers, one of which is killed."""

import contextlib
import io
import json
import os
import signal
import threading
import time
from collections import Counter

import pytest

from ntkproofs.cli import main
from tests.clusters import small_cluster

pytest.importorskip("distributed")

SLOW = """\
import os, time
from ntkproofs.programs import addition_task, Task
from helper import LOG, plane_sum

class Slow:
    def __call__(self, p, q):
        return p + q

    def planes(self, inputs):
        with open(LOG, "a") as log:
            log.write(f"{os.getpid()} {''.join('1' if plane[0] & 1 else '0' for plane in inputs[::-1])}\\n")
        time.sleep(0.05)
        return plane_sum(inputs)

def task():
    adding = addition_task(bits=10)
    return Task(adding.program, adding.inputs, adding.steps, adding.output, Slow())
"""

HELPER = """\
import numpy as np
LOG = {log!r}

def plane_sum(inputs):
    bits = len(inputs) // 2
    carry = np.zeros_like(inputs[0])
    result = []
    for p, q in zip(inputs[:bits], inputs[bits:]):
        result.append(p ^ q ^ carry)
        carry = p & q | carry & (p ^ q)
    return np.stack([*result, carry])
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with small_cluster(tmp_path_factory.mktemp("cluster"), workers=2) as running:
        yield running


def run(*words):
    """Run the command line; return its exit code, its document (None if there is none) and its standard error."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = main([*map(str, words), "--json"])
    return code, json.loads(out.getvalue() or "null"), err.getvalue()


def timeless(document):
    return {name: value for name, value in document.items() if name not in ("seconds", "cases_per_second")}


def test_the_result_is_that_of_one_computer(cluster):
    words = ("exhaust", "multiplication", "--bits", "6")
    code, there, _ = run(*words, "--cluster", cluster.address)
    assert (code, there["complete"], there["cases"]) == (0, True, 4096)
    assert timeless(there) == timeless(run(*words)[1])


@pytest.fixture
def slow(tmp_path):
    """A task in a file, with a helper beside it, that logs every block that is compared with its oracle."""
    log = tmp_path / "log"
    log.touch()
    (tmp_path / "helper.py").write_text(HELPER.format(log=str(log)))
    (tmp_path / "mine.py").write_text(SLOW)
    return f"{tmp_path / 'mine.py'}:task", log


def lines(log):
    """The process and the number of the first case of every block in the log."""
    return [(int(pid), int(bits, 2)) for pid, bits in map(str.split, log.read_text().splitlines())]


def test_a_worker_is_killed_in_the_middle(cluster, slow, monkeypatch):
    """Nothing is lost and nothing counted twice; only what the worker had not handed over is run again."""
    program, log = slow
    monkeypatch.setattr("ntkproofs.execution.chunks.CHUNK_WORK", 1)  # chunks of one block
    victims = []

    def kill():
        deadline = time.monotonic() + 60
        while len(lines(log)) < 8 and time.monotonic() < deadline:
            time.sleep(0.02)
        victims.append(lines(log)[-1][0])
        os.kill(victims[0], signal.SIGKILL)

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    options = ("exhaust", program, "--engine", "numpy")
    code, there, err = run(*options, "--cluster", cluster.address)
    assert code == 0, err
    thread.join()
    times = Counter(first for _, first in lines(log))
    assert victims[0] in {worker.pid for worker in cluster.workers}
    assert (code, there["complete"], there["cases"], there["wrong"]) == (0, True, 1 << 20, 0)
    assert len(times) >= 16
    assert set(times) == set(range(0, 1 << 20, (1 << 20) // len(times)))  # every block
    again = sum(times.values()) - len(times)
    assert again <= 2 * 2  # calls that are sent ahead for each of two workers
    log.write_text("")
    assert timeless(there) == timeless(run(*options)[1])
    cluster.add_worker()


def test_claims_run_in_processes_on_the_workers(cluster, tmp_path):
    (tmp_path / "data.txt").write_text("12")
    (tmp_path / "mine.py").write_text(
        "import os, signal\n"
        "from pathlib import Path\n"
        "from ntkproofs.claims import claim, conclude\n"
        "from ntkproofs.facts import confirm\n\n"
        "@claim('a file beside this one is read', source='tests')\n"
        "def reads():\n"
        "    value = int((Path(__file__).parent / 'data.txt').read_text())\n"
        "    return conclude(confirm('below 15', [value], lambda v: v < 15, exhaustive=True))\n\n"
        "@claim('a process ends', source='tests')\n"
        "def ends():\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    words = ("check", tmp_path / "mine.py")
    (code, there, _), (_, here, _) = run(*words, "--cluster", cluster.address), run(*words)
    assert code == 3
    assert [item["verdict"] for item in there["claims"]] == ["confirmed", "error"]

    def without_time(document):
        return json.loads(
            json.dumps(document), object_hook=lambda item: {k: v for k, v in item.items() if k != "seconds"}
        )

    assert without_time(there) == without_time(here)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--cluster", "tcp://127.0.0.1:1"), "no connection"),
        (("--cluster", "http://127.0.0.1:1"), "must be the address of a scheduler"),
        (("--cluster", "tls://127.0.0.1:1"), "certificates for TLS are not configured"),
    ],
)
def test_there_is_no_cluster(words, reason, monkeypatch):
    monkeypatch.setattr("ntkproofs.execution.cluster.CONNECT_SECONDS", 0.5)
    code, document, err = run("exhaust", "addition", "--bits", "4", *words)
    assert (code, document) == (3, None)
    assert reason in err
    assert err.count("\n") == 1


def test_a_worker_with_other_sources_is_refused(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr("ntkproofs.execution.cluster.sources_sha256", lambda: "0" * 64)
    code, document, err = run("exhaust", "addition", "--bits", "4", "--cluster", cluster.address)
    assert (code, document) == (3, None)
    assert "other sources" in err
    assert err.count("\n") == 1


def test_streams_and_networks_run_on_this_computer(tmp_path):
    (tmp_path / "toggle.kiss2").write_text(".i 1\n.o 1\n.s 2\n.p 4\n0 a a 0\n1 a b 1\n0 b b 1\n1 b a 0\n.e\n")
    code, _, err = run("exhaust", tmp_path / "toggle.kiss2", "--cluster", "tcp://127.0.0.1:1")
    assert (code, "sequential programs are run on this computer" in err) == (3, True)
