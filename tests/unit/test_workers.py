"""Each claim in a process of its own: whatever it does is its own verdict, and nothing that it started stays behind."""

import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from ntkproofs import processes
from ntkproofs.cli import main
from ntkproofs.commands.workers import list_claims, run_claims
from ntkproofs.coq.compiler import Coqc, compile_file
from ntkproofs.execution import chunks, exhaust, exhaust_chunks
from ntkproofs.processes import run_children
from ntkproofs.programs import addition_task

TOP = """\
import os, signal, subprocess, sys, time
from ntkproofs.claims import Verdict, claim, conclude
from ntkproofs.facts import confirm, tally

def tried(value=1):
    return conclude(confirm("below 15", [value], lambda v: v < 15, exhaustive=True))

"""


def written(tmp_path, text, name="mine.py"):
    file = tmp_path / name
    file.write_text(TOP + text)
    return file


def check(*paths, options=()):
    """Run the command line; return its exit code, its document and its standard error."""
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(io.StringIO()) as out,
        contextlib.redirect_stderr(io.StringIO()) as err,
    ):
        patch.setenv("NTKPROOFS_COQC", "/nonexistent/coqc")
        code = main(["check", "--json", *options, *map(str, paths)])
    return code, json.loads(out.getvalue()), err.getvalue()


def check_from(cwd, *paths, **environment):
    """The same in a process of its own, from another folder or in another environment."""
    done = subprocess.run(
        [sys.executable, "-m", "ntkproofs", "check", "--json", *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        stdin=subprocess.DEVNULL,
        cwd=cwd,
        env={**os.environ, "NTKPROOFS_COQC": "/nonexistent/coqc", **environment},
    )
    return done.returncode, json.loads(done.stdout), done.stderr


def verdicts(document):
    return {item["name"]: item["verdict"] for item in document["claims"]}


def claim_named(document, name):
    return next(item for item in document["claims"] if item["name"] == name)


# --- processes


def answer(text):
    return text.encode()


def test_results_are_in_order_of_the_work():
    def slow_first(number):
        time.sleep(0.3 if number == 0 else 0)
        return f"{number}".encode()

    ended = list(run_children([partial(slow_first, number) for number in range(7)], jobs=3, seconds=60))
    assert [item.answer for item in ended] == [b"0", b"1", b"2", b"3", b"4", b"5", b"6"]
    assert {item.failure for item in ended} == {""}


@pytest.mark.parametrize(
    ("act", "failure"),
    [
        (lambda: os._exit(0), "its process ended with exit code 0 before it had finished"),
        (lambda: os._exit(3), "exit code 3"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "its process was killed by the signal SIGKILL"),
        (lambda: os.kill(os.getpid(), signal.SIGTERM), "SIGTERM"),
        (lambda: os.closerange(3, 200), "exit code 70"),
        (lambda: os.kill(os.getpid(), signal.SIGSTOP), "not finished after 0.5 s"),
        (lambda: time.sleep(60), "not finished after 0.5 s"),
    ],
)
def test_a_process_that_ends_is_one_failure(act, failure):
    def work():
        act()
        return b"done"

    before, after = partial(answer, "before"), partial(answer, "after")
    first, failed, last = run_children([before, work, after], jobs=2, seconds=0.5 if "0.5" in failure else 60)
    assert failed.answer is None
    assert failure in failed.failure
    assert (first.answer, last.answer) == (b"before", b"after")


def test_what_is_printed_is_kept_up_to_a_limit():
    def chatty():
        print("one")
        os.write(2, b"two\n")
        subprocess.run(["echo", "three"], check=False)
        print("x" * 300_000)
        return b""

    (ended,) = run_children([chatty], jobs=1, seconds=60)
    assert ended.output.startswith("one\ntwo\nthree\nxxx")
    assert "... and 200,015 more bytes" in ended.output
    assert ended.answer == b""


def test_a_long_result_arrives_complete():
    (ended,) = run_children([lambda: b"x" * 5_000_000], jobs=1, seconds=60)
    assert ended.answer == b"x" * 5_000_000


def runs(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def until(fact):
    for _ in range(300):
        if fact():
            return
        time.sleep(0.05)
    pytest.fail("it did not come to be in 15 s")


@pytest.mark.parametrize("session", [False, True], ids=["same group", "session of its own"])
@pytest.mark.parametrize("ending", ["answers", "late", "closed"])
def test_descendants_of_a_process_end_with_it(tmp_path, session, ending):
    note = tmp_path / "pid"

    def starts():
        started = subprocess.Popen(["sleep", "60"], start_new_session=session)
        (tmp_path / "new").write_text(f"{started.pid}")
        os.rename(tmp_path / "new", note)
        if ending != "answers":
            time.sleep(60)
        return b""

    running = run_children([partial(answer, "x"), starts], jobs=2, seconds=2 if ending == "late" else 60)
    next(running)
    if ending == "closed":
        until(note.exists)
        running.close()
    else:
        next(running)
    pid = int(note.read_text())
    until(lambda: not runs(pid))


def test_a_process_with_a_result_does_not_wait_for_its_children():
    def leaves_a_fork():
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
        return b"done"

    begin = time.perf_counter()
    (ended,) = run_children([leaves_a_fork], jobs=1, seconds=60)
    assert ended.answer == b"done"
    assert time.perf_counter() - begin < 10


def test_without_fork_processes_are_spawned(tmp_path, monkeypatch):
    file = written(tmp_path, "claim('s', source='h')(tried)\nclaim('die', source='h')(lambda: os._exit(0))\n")
    monkeypatch.delattr(os, "fork")
    listing = list_claims([file], jobs=2)
    first, second = run_claims(listing.claims, 2)
    assert (first.verdict.kind, second.verdict.kind) == ("confirmed", "error")
    assert "exit code 0" in second.verdict.reason


def test_stopping_early_leaves_nothing_running(tmp_path):
    text = "for number in range(20):\n    claim('s', source='h', each={'n': (number,)})(lambda n: tried(n))\n"
    listing = list_claims([written(tmp_path, text)])
    running = run_claims(listing.claims, 2)
    assert next(running).claim.name == "mine.<lambda>[0]"
    running.close()
    kinds = [result.verdict.kind for result in run_claims(listing.claims, 2)]
    assert kinds == ["confirmed"] * 15 + ["refuted"] * 5


def test_a_worker_of_a_worker_ends_by_the_signal_itself(monkeypatch):
    """The Python handler of a claim's process is not inherited: a waiting worker could miss the signal."""
    module = sys.modules[exhaust_chunks.__module__]
    monkeypatch.setattr(module, "SMALL_WORK", 0)
    monkeypatch.setattr(chunks, "CHUNK_WORK", 1)
    monkeypatch.setattr(module, "run_chunk", only_with_the_default(module.run_chunk))
    before = signal.signal(signal.SIGTERM, lambda number, frame: None)
    try:
        assert exhaust(addition_task(bits=8), workers=2, condition=True).wrong == 0
    finally:
        signal.signal(signal.SIGTERM, before)


def only_with_the_default(run):
    parent = os.getpid()

    def checked(plan, chunk):
        if os.getpid() == parent or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
            raise AssertionError(f"a worker with the handler {signal.getsignal(signal.SIGTERM)}")
        return run(plan, chunk)

    return checked


# --- claims that try to end the run

ENDINGS = {
    "os_exit": "os._exit(0)",
    "exit": "sys.exit(0)",
    "killed": "os.kill(os.getpid(), signal.SIGKILL)",
    "parent_like": "os.killpg(0, signal.SIGKILL)",
    "interrupt": "raise KeyboardInterrupt",
    "own_class": "raise type('Mine', (BaseException,), {'__reduce__': lambda self: 1 / 0})('x')",
    "cancelled": "import asyncio; raise asyncio.CancelledError",
    "skipped": "import pytest; pytest.skip('not today')",
    "deep": "f = lambda: f(); f()",
    "unpicklable": "return conclude(confirm('x', [lambda: 1], lambda v: True, exhaustive=True), Fact)",
    "nothing": "return None",
    "stdout": "sys.stdout = open(os.devnull, 'w'); os.close(1); return tried()",
    "closed": "sys.stdout.close(); sys.stderr.close(); return tried()",
    "thread": "import threading; threading.Thread(target=time.sleep, args=(60,)).start(); return tried()",
    "atexit": "import atexit; atexit.register(os._exit, 5); return tried()",
    "chdir": "os.chdir('/'); return tried()",
    "stdin": "return tried(len(sys.stdin.read()))",
}
FINE = {"stdout", "closed", "thread", "atexit", "chdir", "stdin"}


@pytest.mark.parametrize("jobs", ["1", "4"])
def test_every_failure_of_a_claim_is_its_own_verdict(tmp_path, jobs):
    text = "".join(
        f"@claim('{name}', source='h')\ndef {name}():\n    {act}\n@claim('next', source='h')\ndef then_{name}():\n"
        "    return tried()\n"
        for name, act in ENDINGS.items()
    )
    code, document, err = check(written(tmp_path, text), options=["--jobs", jobs])
    result = verdicts(document)
    assert code == 3
    assert document["complete"] is True
    assert "internal error" not in err
    assert len(result) == 2 * len(ENDINGS)
    for name in ENDINGS:
        assert result[f"mine.then_{name}"] == "confirmed"
        assert result[f"mine.{name}"] == ("confirmed" if name in FINE else "error"), name
    assert claim_named(document, "mine.own_class")["problem"]["exception"] == "Mine"


@pytest.mark.parametrize("act", ["os._exit(0)", "sys.exit(0)", "raise KeyboardInterrupt", "os.killpg(0, 9)", "1 / 0"])
def test_a_file_that_ends_the_process_when_it_is_imported_is_an_error(tmp_path, act):
    bad = written(tmp_path, act, "bad.py")
    good = written(tmp_path, "claim('s', source='h')(tried)", "good.py")
    code, document, _ = check(bad, good)
    assert (code, verdicts(document)) == (3, {"bad": "error", "good.tried": "confirmed"})


def test_a_claim_that_does_not_end_is_ended(tmp_path):
    text = "claim('s', source='h')(tried)\n@claim('long', source='h')\ndef long():\n    while True: pass\n"
    code, document, _ = check(written(tmp_path, text), options=["--timeout", "1.5"])
    assert (code, verdicts(document)) == (3, {"mine.tried": "confirmed", "mine.long": "error"})
    assert claim_named(document, "mine.long")["problem"]["message"] == "not finished after 1.5 s"


def test_a_file_whose_import_does_not_end_is_ended(tmp_path):
    code, document, _ = check(written(tmp_path, "time.sleep(60)"), options=["--timeout", "1"])
    assert (code, verdicts(document)) == (3, {"mine": "error"})


def test_what_a_claim_prints_is_with_it_and_not_in_the_document(tmp_path):
    text = (
        "print('at import')\n@claim('s', source='h')\ndef loud():\n    print('out'); print('err', file=sys.stderr)\n"
        "    os.system('echo shell')\n    return tried()\nclaim('s', source='h')(tried)\n"
    )
    code, document, err = check(written(tmp_path, text))
    assert code == 0
    assert claim_named(document, "mine.loud")["output"] == "out\nerr\nshell\n"
    assert claim_named(document, "mine.tried")["output"] == ""
    assert document["files"][0]["output"] == "at import\n"
    assert "mine.py printed when it was imported: at import" in err
    assert "shell" not in err


# --- claims that disturb each other

DISTURB = """\
import random
from ntkproofs.programs import addition
PROGRAM = addition(bits=3)
STATE = []

@claim("the program has {place} samples more", source="h", each={"place": range(8)})
def pads(place):
    PROGRAM.pad(1)
    STATE.append(place)
    os.chdir("/")
    sys.modules["ntkproofs.facts"].confirm = None
    return conclude(tally("samples", [(1, None if PROGRAM.samples == 12 + 1 and len(STATE) == 1 else "more")],
                          exhaustive=True))
"""


def test_verdicts_do_not_depend_on_the_order_the_jobs_or_the_filter(tmp_path):
    text = DISTURB.replace("12 + 1", f"{samples_of_three_bits() + 1}")
    one, two = written(tmp_path, text, "one.py"), written(tmp_path, text, "two.py")
    expected = {f"{name}.pads[{index}]": "confirmed" for name in ("one", "two") for index in range(8)}
    for paths, options in (
        ((one, two), ["--jobs", "1"]),
        ((two, one), ["--jobs", "8"]),
        ((tmp_path,), []),
        ((tmp_path, one), ["-k", "[7]"]),
        ((two,), ["-k", "two.pads[3]"]),
    ):
        code, document, _ = check(*paths, options=options)
        result = verdicts(document)
        assert code == 0
        assert result.items() <= expected.items()
        assert len(result) == (2 if "[7]" in options else 1 if "-k" in options else 16)


def samples_of_three_bits():
    from ntkproofs.programs import addition

    return addition(bits=3).samples


SAYS = "from {module} import VALUE\n@claim(f'the helper says {{VALUE}}', source='h')\ndef f(): return tried()\n"


def test_each_folder_has_its_own_helpers(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name / "lib").mkdir(parents=True)
        (tmp_path / name / "lib" / "bounds.py").write_text(f"VALUE = {name!r}\n")
        written(tmp_path / name, SAYS.format(module="lib.bounds"))
    for order in ("ab", "ba"):
        code, document, _ = check(*(tmp_path / name for name in order), options=["--jobs", "1"])
        assert code == 0
        assert [item["statement"] for item in document["claims"]] == [f"the helper says {name}" for name in order]
        assert [item["name"] for item in document["claims"]] == [f"{name}/mine.f" for name in order]


def test_modules_of_the_current_folder_are_not_imported(tmp_path):
    claims, here = tmp_path / "claims", tmp_path / "here"
    claims.mkdir()
    here.mkdir()
    for name in ("helper", "ast", "json", "sympy"):
        (here / f"{name}.py").write_text("VALUE = 'here'\nraise SystemExit(7)\n")
    file = written(claims, SAYS.format(module="helper"))
    code, document, _ = check_from(here, file)
    assert (code, document["claims"][0]["problem"]["exception"]) == (3, "ModuleNotFoundError")
    (claims / "helper.py").write_text("VALUE = 'beside'\n")
    code, document, _ = check_from(here, file)
    assert (code, document["claims"][0]["statement"]) == (0, "the helper says beside")


def test_a_helper_with_the_name_of_a_standard_module_is_named(tmp_path):
    """The result does not depend on whether that module was imported before."""
    for name in ("random", "sched"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.py").write_text("VALUE = 'beside'\n")
        file = written(tmp_path / name, SAYS.format(module=name))
        code, document, err = check(file)
        assert (code, document["claims"][0]["statement"]) == (0, "the helper says beside")
        assert document["files"][0]["shadowed"] == [name]
        assert f"`import {name}` imports the file in its folder" in err


MANY = """\
from ntkproofs.rigor import decide, less
import sympy

@claim("3 ≤ π, {place}", source="Kürzel", each={"place": (1, 2)})
def asserts(place):
    assert place == 1, f"kept: {place}"
    return conclude(decide(less(3, sympy.pi)), tally("names", [(1, None)] * len({"a", "b"}), exhaustive=True))

@claim("the order of a set is nothing to go by", source="h")
def refutes():
    return conclude(decide(less(sympy.pi, 3)), tally(" ".join(sorted({"a", "b", "c"})), [(1, None)], exhaustive=True))
claim('s', source='h')(tried)
"""


def lasting(value):
    """Return a document without its times and without paths."""
    if isinstance(value, dict):
        return {key: lasting(item) for key, item in value.items() if key not in ("seconds", "trace")}
    return [lasting(item) for item in value] if isinstance(value, list) else value


def by_name(document):
    return {item["name"]: lasting(item) for item in document["claims"]}


def test_verdicts_and_evidence_do_not_depend_on_the_environment(tmp_path):
    """Order, jobs, filter, locale, current folder, way of calling, optimisation and hash seed are varied."""
    one, two = written(tmp_path, MANY, "one.py"), written(tmp_path, MANY, "two.py")
    (tmp_path / "sub").mkdir()
    ways = [
        check(one, two, options=["--jobs", "1"]),
        check(two, one, options=["--jobs", "7"]),
        check(tmp_path, options=["-k", "one."]),
        check_from(Path("/"), two, one, PYTHONOPTIMIZE="", PYTHONHASHSEED="0", LC_ALL="C", PYTHONUTF8="0"),
        check_from(tmp_path / "sub", one, two, PYTHONOPTIMIZE="2", PYTHONHASHSEED="1", LC_ALL="C.UTF-8"),
        check_from(tmp_path, "two.py", "one.py", PYTHONOPTIMIZE="1", PYTHONHASHSEED="2", PYTHONIOENCODING="latin-1"),
    ]
    first = by_name(ways[0][1])
    assert sorted(item["verdict"] for item in first.values()) == sorted(
        2 * ["confirmed", "error", "refuted", "confirmed"]
    )
    for code, document, _ in ways:
        result = by_name(document)
        assert code == 1
        assert len(result) in (4, 8)
        assert without_paths(result) == without_paths({name: first[name] for name in result})


def without_paths(result):
    """Return a document without the paths in its errors, which are relative to the current folder."""
    return json.loads(re.sub(r"[^ \"(]*\b(one|two)\.py", r"\1.py", json.dumps(result, ensure_ascii=False)))


@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted in /proc")
def test_claims_that_share_the_cores_use_one_thread_each(tmp_path):
    text = "@claim('s', source='h')\ndef f(): return tried(len(os.listdir('/proc/self/task')) + 13)\n"
    code, document, _ = check_from(None, written(tmp_path, "import numpy\nnumpy.eye(500) @ numpy.eye(500)\n" + text))
    assert (code, verdicts(document)) == (0, {"mine.f": "confirmed"})


def test_an_edit_within_the_same_second_is_seen(tmp_path):
    file = written(tmp_path, "from ntkproofs.rigor import decide, less\nimport sympy\nfrom helper import LOW\n")
    file.write_text(file.read_text() + "claim('s', source='h')(lambda: conclude(decide(less(LOW, sympy.pi))))\n")
    helper = tmp_path / "helper.py"
    helper.write_text("LOW = 3\n")
    os.utime(helper, (10**9, 10**9))
    first, second = check(file)[1], None
    helper.write_text("LOW = 4\n")
    os.utime(helper, (10**9, 10**9))
    second = check(file)[1]
    assert [*verdicts(first).values(), *verdicts(second).values()] == ["decided", "refuted"]
    digests = [document["files"][0]["helpers"]["helper.py"] for document in (first, second)]
    assert digests[0] != digests[1]
    assert first["files"][0]["sha256"] == second["files"][0]["sha256"]
    assert not list(tmp_path.rglob("*.pyc"))


def test_a_file_that_changes_while_it_is_checked_is_an_error(tmp_path):
    file = written(tmp_path, "claim('s', source='h')(tried)")
    listing = list_claims([file])
    file.write_text(file.read_text() + "\n# changed")
    (result,) = run_claims(listing.claims, sources=listing.sources)
    assert result.verdict.reason == "mine.py or one of its helpers changed during the check"


def test_a_claim_that_changes_when_it_is_imported_again_is_an_error(tmp_path):
    file = written(tmp_path, "claim(f'{os.getpid()}', source='h')(tried)\nclaim('s', source='h')(lambda: tried())\n")
    code, document, _ = check(file)
    assert (code, verdicts(document)) == (3, {"mine.tried": "error", "mine.<lambda>": "confirmed"})
    assert (
        "has another statement or source when mine.py is imported again" in document["claims"][0]["evidence"]["reason"]
    )


def test_a_claim_that_makes_claims_is_an_error(tmp_path):
    file = written(
        tmp_path, "@claim('s', source='h')\ndef f():\n    claim('t', source='h')(tried)\n    return tried()\n"
    )
    code, document, _ = check(file)
    assert code == 3
    assert "the claim constructs claims that are not collected: tried" in document["claims"][0]["evidence"]["reason"]


# --- errors with their place


def test_an_error_names_file_line_and_remedy(tmp_path, monkeypatch):
    (tmp_path / "helper.py").write_text("def half(x):\n    return x / 0\n")
    text = (
        "import sympy\nfrom helper import half\nfrom ntkproofs.rigor import decide, identity\n"
        "x = sympy.Symbol('x', real=True)\n"
        "@claim('s', source='h')\ndef divides():\n    return half(1)\n"
        "@claim('s', source='h')\ndef relation():\n    return conclude(decide(x < x + 1))\n"
        "@claim('s', source='h')\ndef library():\n    return conclude(identity(x, x))\n"
        "@claim('s', source='h')\ndef forgets():\n    tried()\n"
        "@claim('s', source='h')\ndef takes(value):\n    tried()\n"
    )
    monkeypatch.chdir(tmp_path)
    _, document, _ = check(written(tmp_path, text))
    problems = {item["name"].split(".")[1]: item["problem"] for item in document["claims"]}
    indices = {name: (item["exception"], item["file"], item["code"]) for name, item in problems.items()}
    assert indices == {
        "divides": ("ZeroDivisionError", "helper.py", "return x / 0"),
        "relation": ("InputError", "mine.py", "return conclude(decide(x < x + 1))"),
        "library": ("InputError", "mine.py", "return conclude(identity(x, x))"),
        "forgets": ("", "mine.py", ""),
        "takes": ("TypeError", "mine.py", "@claim('s', source='h')"),
    }
    assert problems["divides"]["line"] == 2
    assert problems["relation"]["line"] == TOP.count("\n") + 10
    assert "made by less(a, b) or at_most(a, b), got BooleanTrue True" in problems["relation"]["message"]
    assert problems["forgets"]["hint"] == "a claim must end with `return conclude(...)`"
    assert "half(1)" in problems["divides"]["trace"]


@pytest.mark.parametrize(
    ("text", "exception", "code"),
    [
        ("import no_such_module_here\n", "ModuleNotFoundError", "import no_such_module_here"),
        (
            "claim('s', source='h', each={'x': ()})(tried)\n",
            "InputError",
            "claim('s', source='h', each={'x': ()})(tried)",
        ),
        ("def f(:\n    pass\n", "SyntaxError", "def f(:"),
        ("x = 'caf\\udce9'.encode()\n", "UnicodeEncodeError", "x = 'caf\\udce9'.encode()"),
    ],
)
def test_a_file_that_cannot_be_imported_is_named_with_its_line(tmp_path, monkeypatch, text, exception, code):
    monkeypatch.chdir(tmp_path)
    _, document, _ = check(written(tmp_path, text))
    problem = document["claims"][0]["problem"]
    assert (problem["exception"], problem["file"], problem["code"]) == (exception, "mine.py", code)
    assert problem["line"] == TOP.count("\n") + 1
    assert f"(mine.py, line {problem['line']}: {code})" in document["claims"][0]["evidence"]["reason"]


# --- stopped work


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_work_is_marked_and_leaves_no_process(tmp_path, number):
    note = tmp_path / "pid"
    text = (
        "claim('s', source='h')(tried)\n@claim('long', source='h')\ndef long():\n"
        f"    with open({str(note)!r} + 'x', 'w') as file: file.write(f'{{os.getpid()}}')\n"
        f"    os.rename({str(note)!r} + 'x', {str(note)!r})\n    time.sleep(60)\n"
    )
    for options in (["--json"], []):
        note.unlink(missing_ok=True)
        command = [sys.executable, "-m", "ntkproofs", "check", "--jobs", "1", *options, str(written(tmp_path, text))]
        environment = {**os.environ, "NTKPROOFS_COQC": "/nonexistent/coqc"}
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        ) as process:
            until(note.exists)
            process.send_signal(number)
            out, err = process.communicate(timeout=30)
        assert process.returncode == 2
        assert "interrupted after 1 of 2 claims" in err
        until(lambda: not runs(int(note.read_text())))
        if options:
            document = json.loads(out)
            assert (document["complete"], document["done"], document["total"]) == (False, 1, 2)
            assert verdicts(document) == {"mine.tried": "confirmed"}
        else:
            assert "stopped after 1 of 2 claims: the results are incomplete" in out


def test_work_interrupted_while_files_are_read_is_marked(tmp_path):
    file = written(tmp_path, f"open({str(tmp_path / 'pid')!r}, 'w').close()\ntime.sleep(60)\n")
    command = [sys.executable, "-m", "ntkproofs", "check", "--json", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        until((tmp_path / "pid").exists)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    document = json.loads(out)
    assert process.returncode == 2
    assert (document["complete"], document["done"], document["total"], document["claims"]) == (False, 0, None, [])
    assert "before the claims were listed" in err


def test_a_check_that_is_killed_leaves_no_process(tmp_path):
    if sys.platform != "linux":
        pytest.skip("the kernel ends the children on Linux only")
    note = tmp_path / "pid"
    act = f"open({str(note)!r}, 'w').write(f'{{os.getpid()}} ')\n    time.sleep(60)\n"
    text = f"@claim('s', source='h')\ndef f():\n    {act}"
    command = [sys.executable, "-m", "ntkproofs", "check", str(written(tmp_path, text))]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        until(lambda: note.exists() and note.read_text().endswith(" "))
        process.kill()
    until(lambda: not runs(int(note.read_text())))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends the children on Linux only")
def test_a_compiler_ends_with_the_claim_that_waits_for_it(tmp_path):
    note, fake = tmp_path / "pid", tmp_path / "coqc"
    fake.write_text(f"#!/bin/sh\necho $$ > {note}x; mv {note}x {note}; exec sleep 60\n")
    fake.chmod(0o755)
    (tmp_path / "a.v").write_text("")

    def work():
        coqc, limits = Coqc(str(fake), "8.16.1"), {"seconds": 60, "memory_mib": 1000}
        waiting = partial(compile_file, coqc, tmp_path / "a.v", root=tmp_path, **limits)
        threading.Thread(target=waiting).start()
        while not note.exists():
            time.sleep(0.05)
        os._exit(0)

    (ended,) = run_children([work], jobs=1, seconds=60)
    assert "exit code 0" in ended.failure
    until(lambda: not runs(int(note.read_text())))


def test_the_children_of_a_process_are_known():
    with subprocess.Popen(["sleep", "30"]) as process:
        assert process.pid in processes._descendants(os.getpid())
        process.kill()
