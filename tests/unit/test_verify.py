"""The command verify: the worst of several outcomes, limits, signals; a checker that is ended or broken."""

import itertools
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ntkproofs.certificates import Run, issue_rounding
from ntkproofs.certificates.format import Certificate
from ntkproofs.cli import main
from ntkproofs.commands import verify
from ntkproofs.commands.common import worst
from ntkproofs.programs import TemplateProgram, permutation

ORDER = (0, 2, 3, 1, 70)  # from good to bad


def good():
    return issue_rounding(permutation([1, 0]))


def endless():
    """Return a claim that exceeds the budget of the checker: a counter of 60 bits."""
    program = TemplateProgram("counter", fields={"a": 60})
    for i in range(60):
        program.template(when={("a", i): 0, **{("a", j): 1 for j in range(i)}}, write=[("a", i)])
        for j in range(i):
            program.template(when={("a", i): 1, ("a", j): 0}, write=[("a", i)])
    claim = issue_rounding(Run(permutation([1, 0]), (), (0,), 1), states="reachable").claim
    templates = [
        [[[program.position(bit), value] for bit, value in t.when], [program.position(bit) for bit in t.write]]
        for t in program.templates
    ]
    value = {"name": "counter", "fields": [["a", 60]], "templates": templates, "padding": 5000}
    states = {"free": [], "ones": [], "steps": 1 << 60}
    return Certificate(claim | {"program": value, "states": states}, {})


@pytest.fixture
def files(tmp_path):
    """Write a file for each outcome of the checker."""
    paths = {code: tmp_path / f"{code}.json" for code in ORDER}
    paths[0].write_bytes(good().data)
    paths[1].write_bytes(b"{}")
    paths[2].write_bytes(b"[" * 200)
    return paths  # 3 does not exist; the checker breaks where a test makes it


BROKEN = "import sys\nif sys.argv[1].endswith('70.json'):\n    raise SystemExit(70)\n"


@pytest.fixture
def breaking_checker(tmp_path, monkeypatch):
    """Replace the checker by one that fails at one of the files with an error message."""
    text = Path(verify.CHECKER).read_text()
    head, future, rest = text.partition("from __future__ import annotations\n")
    path = tmp_path / "checker.py"
    path.write_text(head + future + BROKEN + rest)
    monkeypatch.setattr(verify, "CHECKER", path)


@pytest.mark.usefixtures("breaking_checker")
@pytest.mark.parametrize(("first", "second"), itertools.product(ORDER, repeat=2))
def test_the_exit_code_is_the_worst_of_every_pair(files, first, second, capsys):
    expected = max(first, second, key=ORDER.index)
    assert main(["verify", str(files[first]), str(files[second])]) == expected
    out, err = capsys.readouterr()
    assert out.count(": accepted\n") == (first, second).count(0)
    assert len([line for line in err.splitlines() if line.startswith(str(files[first].parent))]) == 2 - (
        first,
        second,
    ).count(0)
    assert main(["verify", "--json", str(files[first]), str(files[second])]) == expected
    assert json.loads(capsys.readouterr().out)["accepted"] == (expected == 0)


def test_worst_is_a_maximum_of_a_total_order():
    for codes in itertools.product(ORDER, repeat=3):
        assert worst(codes) == max(codes, key=ORDER.index) == worst(codes[::-1])
        assert (worst(codes) == 0) == (set(codes) == {0})
    for codes in ([], [0, 5], [-9], [0, 256]):
        assert worst(codes) == 70


ENDED = """
import os, resource, signal, sys
if sys.argv[1].endswith("slow.json"):
    {how}
"""
WAYS = {
    "CPU time": ("resource.setrlimit(resource.RLIMIT_CPU, (1, 5))\n    while True: pass", 2, "the limit of CPU time"),
    "killed": (
        "os.kill(os.getpid(), signal.SIGKILL)",
        2,
        "it was killed (SIGKILL), for example at a limit of memory or CPU time",
    ),
    "ended": ("os.kill(os.getpid(), signal.SIGTERM)", 2, "it was ended (SIGTERM)"),
    "memory": ("resource.setrlimit(resource.RLIMIT_AS, (1 << 26, 1 << 26))\n    x = 'x' * (1 << 28)", 70, "code 1"),
    "crashed": ("os.kill(os.getpid(), signal.SIGSEGV)", 70, "the checker ended with exit code -11"),
    "silent": ("sys.exit(0)", 70, "the checker ended with exit code 0"),
    "other words": ("print('rejected: no'); sys.exit(0)", 70, "the checker ended with exit code 0"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("order", [1, -1])
def test_a_checker_that_is_killed_has_accepted_nothing(tmp_path, monkeypatch, capsys, way, order):
    how, code, words = WAYS[way]
    text = Path(verify.CHECKER).read_text()
    head, future, rest = text.partition("from __future__ import annotations\n")
    (tmp_path / "checker.py").write_text(head + future + ENDED.format(how=how) + rest)
    monkeypatch.setattr(verify, "CHECKER", tmp_path / "checker.py")
    paths = [tmp_path / "good.json", tmp_path / "slow.json"][::order]
    for path in paths:
        path.write_bytes(good().data)
    assert main(["verify", *map(str, paths)]) == code
    out, err = capsys.readouterr()
    assert out.startswith(f"{tmp_path / 'good.json'}: accepted\n")
    assert out.count("accepted") == 1
    assert err.startswith(f"{tmp_path / 'slow.json'}: {'declined' if code == 2 else 'failed'}: the checker ")
    assert words in err


def test_the_memory_of_the_checker_may_be_limited(tmp_path):
    """Under a limit set by the shell, the checker declines and names memory as the reason."""
    path = tmp_path / "large.json"
    path.write_bytes(b'{"claim":[' + b"1234567890123," * 500_000 + b"1]}")

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (40 << 20, 40 << 20))

    done = subprocess.run(
        [sys.executable, "-I", "-S", verify.CHECKER, path],
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "declined: the memory of this process is exhausted\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_checker_too(tmp_path, number):
    first, second = tmp_path / "good.json", tmp_path / f"endless_{number}.json"
    first.write_bytes(good().data)
    second.write_bytes(endless().data)
    process = subprocess.Popen(
        [sys.executable, "-m", "ntkproofs", "verify", "--json", first, second],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(verify.CHECKER).parent.parent)},
    )
    child = wait_for(lambda: child_with(str(second)))
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert err == "ntkproofs: interrupted\n"
    document = json.loads(out)
    assert (document["complete"], document["accepted"]) == (False, False)
    assert [row["outcome"] for row in document["files"]] == ["accepted"]
    assert not Path(f"/proc/{child}").exists()


def child_with(argument):
    """Return the process that runs the checker on a file, None if there is none."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"-I" in words and argument.encode() in words:
            return int(folder.name)
    return None


def wait_for(function, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (result := function()) is not None:
            return result
        time.sleep(0.05)
    raise TimeoutError
