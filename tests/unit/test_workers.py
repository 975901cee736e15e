"""Claims run side by side: the same verdicts in the same order, and a process that dies is an error."""

import multiprocessing
import os
import signal
import sys
import time

from ntkproofs.claims import Claim, conclude
from ntkproofs.commands import workers
from ntkproofs.commands.workers import run_claims
from ntkproofs.execution import exhaust, exhaust_chunks
from ntkproofs.facts import confirm
from ntkproofs.programs import addition_task

MINE = os.getpid()


def number_claim(number: int) -> Claim:
    """A claim that holds for numbers below 15."""
    return Claim(
        f"c{number}",
        "small",
        "here",
        lambda: conclude(confirm("small", [number], lambda case: case < 15, exhaustive=True)),
    )


def test_side_by_side_gives_what_one_after_the_other_gives():
    claims = [number_claim(number) for number in range(20)]
    alone, beside = (list(run_claims(claims, jobs)) for jobs in (1, 3))
    assert [result.claim.name for result in beside] == [f"c{number}" for number in range(20)]
    assert [result.verdict for result in beside] == [result.verdict for result in alone]
    assert [result.verdict.kind for result in beside] == ["confirmed"] * 15 + ["refuted"] * 5


def test_many_claims_run_in_other_processes_and_few_here():
    def where() -> object:
        raise RuntimeError(str(os.getpid() == MINE))

    claims = [Claim(f"c{number}", "s", "here", where) for number in range(12)]
    assert {result.verdict.reason for result in run_claims(claims, 2)} == {"RuntimeError: False"}
    assert {result.verdict.reason for result in run_claims(claims[:3], 2)} == {"RuntimeError: True"}


def test_a_process_that_dies_is_an_error_and_not_the_end():
    def die() -> object:
        os._exit(0)

    claims = [number_claim(number) for number in range(9)] + [Claim("dies", "s", "here", die)]
    results = list(run_claims(claims, 2))
    assert len(results) == 10
    assert results[-1].verdict.kind == "error"
    assert "died" in results[-1].verdict.reason


def test_stopping_early_leaves_nothing_running():
    claims = [number_claim(number) for number in range(20)]
    running = run_claims(claims, 2)
    assert next(running).claim.name == "c0"
    running.close()
    assert [result.claim.name for result in run_claims(claims, 2)] == [claim.name for claim in claims]


def test_a_worker_of_a_worker_ends_by_the_signal_itself(monkeypatch):
    """The handler of a claim's process is Python; inherited, it would now and then be missed by a worker that waits."""
    module = sys.modules[exhaust_chunks.__module__]
    monkeypatch.setattr(module, "SMALL_WORK", 0)
    monkeypatch.setattr(module, "CHUNK_WORK", 1)
    monkeypatch.setattr(module, "_run_chunk", only_with_the_default(module._run_chunk))
    before = signal.signal(signal.SIGTERM, lambda number, frame: None)
    try:
        assert exhaust(addition_task(bits=8), workers=2, condition=True).wrong == 0
    finally:
        signal.signal(signal.SIGTERM, before)


def only_with_the_default(run):
    def look(plan, chunk):
        if multiprocessing.parent_process() is None or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
            raise AssertionError(f"a worker with the handler {signal.getsignal(signal.SIGTERM)}")
        return run(plan, chunk)

    return look


def test_a_process_that_misses_the_first_signal_is_ended_all_the_same():
    def deaf_at_first() -> None:
        heard = []
        signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
        while len(heard) < 3:
            time.sleep(0.01)
        os._exit(7)

    child = multiprocessing.get_context("fork").Process(target=deaf_at_first)
    child.start()
    time.sleep(0.2)
    workers._end_all([child])
    assert child.exitcode == 7
