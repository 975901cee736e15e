"""Claims run side by side: the same verdicts in the same order, and a process that dies is an error."""

import os

from ntkproofs.claims import Claim, conclude
from ntkproofs.commands.workers import run_claims
from ntkproofs.facts import confirm

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
