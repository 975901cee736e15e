"""Certificates of every kind and option at their edge: one network fewer, a little less failure, a threshold moved.

The edge comes from the union bound in mpmath, with formulas of the package's predictor; nothing of the checker.
"""

import itertools
import json
from fractions import Fraction
from functools import partial

import pytest
from forgery import (
    ACCEPTED,
    REJECTED,
    counts_at,
    failure_bound,
    first_of,
    judge,
    one_hot_run,
    program_of,
    sign,
    small_run,
    states_of,
    training_of,
    union,
    visits,
)
from mpmath import mp

from ntkproofs.bounds import enclose_mean
from ntkproofs.certificates import issue_ensemble, issue_rounding
from ntkproofs.counts import arbitrary_counts
from ntkproofs.errors import NtkProofsError
from ntkproofs.kernels import two_layer_relu
from ntkproofs.programs import addition_task, permutation_task
from ntkproofs.training_time import CONVERGED, TrainingTime

CLOSE = Fraction(1, 10**4)  # how near to the edge of the failure probability the checker must tell
RUNS = {
    "small": lambda padding: small_run(padding=padding),
    "addition": lambda padding: padded(addition_task(2), padding),
    "permutation": lambda padding: padded(permutation_task([2, 0, 1]), padding),
}
OPTIONS = {
    "run": tuple(RUNS),
    "kernel": ("ntk", "nngp"),
    "threshold": ("best", "half", "zero"),
    "states": ("arbitrary", "reachable"),
    "drop_unwritten": (False, True),
    "inputs": ("all", 1, 3),
    "padding": (4, 11),
    "by_class": (False, True),
    "at": (CONVERGED, TrainingTime(steps=30, step=Fraction(1, 10)), TrainingTime(time=4)),
}
GRID = [dict(zip(OPTIONS, choice, strict=True)) for choice in itertools.product(*OPTIONS.values())]


def padded(task, padding):
    task.program.pad(padding)
    return task


def issued(options):
    """Return the certificate with these options as JSON; None where there is none."""
    named = {name: value for name, value in options.items() if name not in ("run", "padding")}
    try:
        data = issue_ensemble(RUNS[options["run"]](options["padding"]), failure="1/10000000000", **named).data
    except NtkProofsError:
        assert options["threshold"] == "zero"
        assert not (options["drop_unwritten"] and options["at"].converged)  # before, 0-bits at samples exceed 0
        return None
    return json.loads(data)


def counts_of(claim):
    program = program_of(claim["program"])
    if claim["states"] == "arbitrary":
        return arbitrary_counts(program)
    return counts_at(program, states_of(program, claim["states"]))


def changed(document, **changes):
    return judge(sign(document | {"claim": document["claim"] | changes}))


def rational(value):
    return str(Fraction(int(mp.floor(value * mp.mpf(10) ** 60)), 10**60))


def edges(document):
    """Refuse one network fewer, half of and a little less than the failure probability needed, thresholds beyond."""
    with mp.workdps(60):
        claim, by_class = document["claim"], document["evidence"] == {"union": "classes"}
        few = "the union bound" if by_class else "networks are too few"
        counts = counts_of(claim)
        bound_of = union_bound if by_class else partial(failure_bound, counts=counts)
        bound = bound_of(claim)
        assert bound <= mp.mpf(10) ** -10 < bound_of(claim | {"networks": claim["networks"] - 1})
        code, text = changed(document, networks=claim["networks"] - 1)
        assert (code, few in text) == (REJECTED, True)
        assert changed(document, failure=rational(bound * (1 + CLOSE)))[0] == ACCEPTED
        for part in (1 - CLOSE, Fraction(1, 2)):
            code, text = changed(document, failure=rational(bound * part))
            assert (code, few in text) == (REJECTED, True)
        beyond(document, counts)


def union_bound(claim):
    program = program_of(claim["program"])
    return union(claim, program, visits(program, claim["states"]))


def beyond(document, counts):
    """Move the threshold onto and beyond the means of bits that matter: none is accepted there."""
    claim = document["claim"]
    kernel, at, first = two_layer_relu(claim["kernel"]), training_of(claim), first_of(claim)
    kept = [c for c in counts if c.matches >= first and (c.writers or not claim["drop_unwritten"])]
    ones = [enclose_mean(kernel, c, precision=100, at=at) for c in kept if c.matched_writers]
    zeros = [enclose_mean(kernel, c, precision=100, at=at) for c in kept if not c.matched_writers]
    above = min((mean.upper for mean in ones), default=Fraction(1)) + Fraction(1, 10**20)
    below = max((mean.lower for mean in zeros), default=Fraction(-1)) - Fraction(1, 10**20)
    for threshold in (above, below):
        code, text = changed(document, threshold=str(threshold.limit_denominator(10**40)), networks=10**40)
        assert code == REJECTED
        reason = "lies beyond the threshold" if 0 <= threshold < 1 else "threshold not at least 0"
        assert reason in text
    if any(c.writers == 0 for c in kept):
        assert "threshold 0 fails" in changed(document, threshold=0, networks=10**40)[1]


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("kernel", OPTIONS["kernel"])
@pytest.mark.parametrize("threshold", OPTIONS["threshold"])
def test_ensembles_at_their_edge(run, kernel, threshold):
    """One in thirteen combinations of the other options, which holds each of their values with each."""
    chosen = [o for o in GRID if (o["run"], o["kernel"], o["threshold"]) == (run, kernel, threshold)]
    documents = [document for options in chosen[::13] if (document := issued(options))]
    for document in documents:
        edges(document)
    assert documents


@pytest.mark.parametrize("kernel", OPTIONS["kernel"])
@pytest.mark.parametrize("states", OPTIONS["states"])
@pytest.mark.parametrize("run", RUNS)
def test_rounding_with_samples_taken_away(run, kernel, states):
    """With one sample fewer than the least padding that makes rounding right, it is refused, and accepted with that."""
    program = RUNS[run](0)
    document = json.loads(issue_rounding(RUNS[run](11), states=states, kernel=kernel).data)
    program = document["claim"]["program"]
    program["templates"][0][1] = sorted({*program["templates"][0][1], 0})
    outcomes = []
    for padding in range(12):
        program["padding"] = padding
        code, text = judge(sign(document))
        assert code == ACCEPTED or "lies beyond the threshold" in text
        outcomes.append(code == ACCEPTED)
        right = all(
            c.matches <= 1 or c.writers == 0 or (mean.lower > 0 if c.matched_writers else mean.upper < 0)
            for c in counts_of(document["claim"])
            for mean in [enclose_mean(two_layer_relu(kernel), c, precision=100)]
        )
        assert outcomes[-1] == right
    assert outcomes == sorted(outcomes)


def test_where_nothing_varies_one_network_is_enough():
    document = json.loads(issue_ensemble(one_hot_run(), failure="1/1000000").data)
    assert document["claim"]["networks"] == 1
    assert changed(document, failure="1/1" + "0" * 3000)[0] == ACCEPTED
    code, text = changed(document, threshold=1)
    assert (code, "threshold not at least 0 and below 1" in text) == (REJECTED, True)
