"""Padding against networks, lower bounds and estimates: `bounds.padding`, `bounds.lower`, `estimates`, `certify`."""

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from mpmath import mp

from ntkproofs.bounds.lower import LeastNetworks, correlation, fails, least_networks, least_width_of_any
from ntkproofs.bounds.padding import (
    Requirement,
    TooFew,
    best_padding,
    moderate_padding,
    padding_for,
    ruled_out,
)
from ntkproofs.certificates import Run, issue_ensemble
from ntkproofs.cli import main
from ntkproofs.counts import Counts, worst_counts
from ntkproofs.errors import InputError, Undecided
from ntkproofs.estimates import union_bound
from ntkproofs.kernels import two_layer_relu
from ntkproofs.programs import TemplateProgram, addition_task, permutation, permutation_task
from ntkproofs.witnesses import disjoint_states, witnesses

NTK = two_layer_relu()
DELTA = Fraction(1, 100)


def permutations(bits):
    return Requirement(NTK, worst_counts(permutation(range(bits))), bits, 1, 1 << bits, DELTA)


# --- padding


@pytest.mark.parametrize(("bits", "networks"), [(3, 1), (5, 1), (5, 4), (8, 2), (8, 7)])
def test_the_padding_found_is_enough_and_one_less_is_not(bits, networks):
    required = permutations(bits)
    found = padding_for(required, networks)
    counts = required.padded(found.padding)
    assert found.samples == bits + found.padding
    estimate = union_bound("ntk", counts, found.threshold, networks=networks, cases=required.cases)
    assert 0.005 < estimate <= 0.01
    assert ruled_out(required, found.padding - 1, networks)
    assert not ruled_out(required, found.padding, networks)
    assert required.exactly(found.padding, networks).networks == networks
    with pytest.raises(TooFew, match=f"{networks} networks are too few for this union bound"):
        required.exactly(found.padding - 1, networks)


def test_the_best_padding_is_no_worse_than_any_that_is_tried():
    required = permutations(10)
    best = best_padding(required)
    for padding in (0, 1, 5, 10, 40, 100, 200, 400):
        assert best.product <= required.size(padding).networks * (10 + padding)
    moderate = moderate_padding(required, best)
    assert 0 <= moderate.padding < best.padding
    assert moderate.product <= 2 * best.product


def test_thin_margins_need_thousands_of_networks_or_a_little_padding():
    required = permutations(90)  # as a circuit of 90 gates, each of which may match at once
    assert required.size(0).networks > 3000
    three = padding_for(required, 3)
    assert three.networks == 3
    assert three.product < required.size(0).networks * 90 / 10


def test_a_requirement_has_one_number_of_samples_and_positive_networks():
    with pytest.raises(InputError, match="one number of samples"):
        Requirement(NTK, frozenset({Counts(2, 0, 1, 5), Counts(2, 0, 1, 6)}), 1, 1, 1, DELTA)
    with pytest.raises(InputError, match="networks must be a positive integer, got 0"):
        padding_for(permutations(5), 0)
    with pytest.raises(Undecided, match="more than"):  # at threshold 0 the 0-bits' margins vanish with the padding
        padding_for(replace(permutations(5), threshold="zero"), 1)


# --- lower bounds


def states_of(bits):
    """Return all states but 0 of a permutation as unit vectors, and the joint law of one output bit at them."""
    sets = np.array([[state >> bit & 1 for bit in range(bits)] for state in range(1, 1 << bits)], dtype=float)
    x = sets / np.sqrt(sets.sum(axis=1))[:, None]

    def kernel(a, b, layers):
        rho = np.clip(a @ b.T, -1, 1)
        angle = np.arccos(rho)
        return (np.sin(angle) + layers * (np.pi - angle) * rho) / (2 * np.pi)

    samples = np.eye(bits)
    weights = np.linalg.solve(kernel(samples, samples, 2), kernel(samples, x, 2))
    cross = kernel(x, samples, 1) @ weights
    covariance = kernel(x, x, 1) + weights.T @ kernel(samples, samples, 1) @ weights - cross - cross.T
    return sets, weights.T, covariance / bits


def test_the_correlation_of_two_states_is_that_of_the_dense_posterior():
    sets, _, covariance = states_of(5)
    for i in range(0, 31, 3):
        for j in range(31):
            n, overlap = int(sets[i].sum()), int((sets[i] * sets[j]).sum())
            if i == j or n < 2 or sets[j].sum() != n:
                continue
            dense = covariance[i, j] / np.sqrt(covariance[i, i] * covariance[j, j])
            assert abs(float(correlation(NTK, n, 5, overlap).middle) - dense) < 1e-9


def test_fewer_networks_fail_too_often_in_draws_of_the_limit():
    run = Run.of(permutation_task(range(5)))
    families = witnesses(run.program, run.free, run.ones, run.steps)
    least = least_networks(NTK, families, DELTA, most=16).networks
    assert 8 <= least <= 16
    sets, means, covariance = states_of(5)
    source = np.random.default_rng(11)
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0))
    many, networks = 20_000, least - 1
    rates = []
    thresholds = np.linspace(0.05, 0.2, 16)
    wrong = np.zeros((len(thresholds), many), dtype=bool)
    for bit in range(5):
        outputs = means[:, bit] + source.standard_normal((many, 31)) @ root.T / np.sqrt(networks)
        for row, threshold in zip(wrong, thresholds, strict=True):
            row |= ((outputs > threshold) != (sets[:, bit] > 0)).any(axis=1)
    rates = wrong.mean(axis=1)
    assert rates.min() > 0.01 - 4 * np.sqrt(0.01 / many)


def test_a_lower_bound_is_decided_and_holds_for_every_smaller_number():
    run = Run.of(permutation_task(range(10)))
    families = witnesses(run.program, run.free, run.ones, run.steps)
    least = least_networks(NTK, families, DELTA, most=48)
    assert (least.networks, str(least)) == (26, "at least 26 networks, whatever the threshold")
    for networks in (1, 5, 24, 25):
        assert fails(NTK, families, networks, least.threshold, DELTA)
    assert not fails(NTK, families, 48, least.threshold, DELTA)  # these are enough
    assert least_networks(NTK, families, Fraction(1, 2), most=48) == LeastNetworks(1, Fraction(0))


def test_witnesses_are_states_that_runs_visit():
    task = addition_task(2)
    run = Run.of(task)
    (family,) = witnesses(run.program, run.free, run.ones, run.steps)
    from ntkproofs.execution.visited import visited_counts

    visited = visited_counts(run.program, run.free, run.ones, run.steps)
    for side, bit in ((family.zeros, 0), (family.ones, 1)):
        clusters = [cluster for column, _ in side for cluster in column]
        assert clusters
        for cluster in clusters:
            assert cluster.counts in visited
            assert (cluster.counts.matched_writers > 0) == bit
            assert sum(times for _, times in cluster.overlaps) == cluster.states * (cluster.states - 1)


@pytest.mark.parametrize("bits", [20, 300])
def test_witnesses_have_many_states_with_two_matches(bits):
    """The bits that should be 0 at these states need the most networks; their number must not end at some size."""
    run = Run.of(permutation_task(range(bits)))
    (family,) = witnesses(run.program, run.free, run.ones, run.steps)
    twos = [max(c.states for c in column if c.counts.matches == 2) for column, _ in family.zeros]
    assert min(twos) >= 100
    assert sum(number for _, number in family.zeros) == bits


def test_a_width_with_a_dead_sample_is_too_small():
    for states, delta in ((5, Fraction(1, 100)), (64, Fraction(1, 1000)), (1, Fraction(1, 2))):
        width = least_width_of_any(states, delta)
        assert 1 - (1 - Fraction(1, 2**width)) ** states <= delta
        assert width == 1 or 1 - (1 - Fraction(1, 2 ** (width - 1))) ** states > delta
    assert least_width_of_any(0, DELTA) == 1
    with pytest.raises(InputError, match="a failure between 0 and 1"):
        least_width_of_any(3, 1)
    pairs = TemplateProgram("pairs", fields={"a": 4})
    for place in range(4):  # two templates match together, always
        pairs.template(when={("a", place // 2 * 2): 1}, write=[("a", place)])
    assert disjoint_states(pairs, range(4), (), 1) == 2
    assert disjoint_states(pairs, range(4), (), 1, samples=True) == 0


# --- certify


def certify(*arguments):
    return main(["certify", *arguments, "--failure", "0.01"])


def test_certify_says_what_is_needed_at_least_and_what_would_cost_less(capsys):
    assert certify("addition", "--bits", "4", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert 1 <= document["at_least"] <= document["networks"]
    assert 0.8 * 0.01 < float(document["estimate"]) <= 0.01
    assert len(document["estimate"]) > 45
    reachable, *padded = document["suggestions"]
    assert (reachable["states"], reachable["padding"]) == ("reachable", 0)
    assert reachable["networks"] < document["networks"]
    for each in padded:
        again = issue_ensemble(
            padded_task(addition_task(4), each["padding"]), failure=DELTA, states=each["states"],
            networks=each["networks"],
        )  # fmt: skip
        assert again.networks == each["networks"]


def padded_task(task, padding):
    task.program.pad(padding)
    return task


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--networks", "20", "--padding", "0"), 1, "too few networks at any threshold: 20 networks with 0 samples of"),
        (
            ("--networks", "30", "--padding", "0"),
            2,
            "not certified: 30 networks with 0 samples of padding; 31 are sufficient",
        ),
        (("--networks", "48", "--padding", "0"), 0, "networks 48 "),
        (("--networks", "60", "--padding", "0"), 0, "networks 60 "),
        (("--networks", "3"), 0, "suggested with 161 samples of padding: 1 network"),
        (("--padding", "best"), 0, "(161 padding, 10 bits"),
        (("--padding", "least"), 0, "(0 padding, 10 bits"),
        (("--padding", "more"), 3, "--padding must be a nonnegative integer"),
        (("--networks", "0"), 3, "--networks must be a positive integer"),
        (("--networks", "2", "--trained", "output"), 3, "only networks with --start gaussian are averaged"),
    ],
)
def test_networks_and_padding(options, code, message, capsys):
    assert certify("permutation", "--bits", "10", *options) == code
    captured = capsys.readouterr()
    assert message in " ".join((captured.out + captured.err).split())


def test_a_width_that_is_too_small_says_which_is_enough(capsys):
    assert certify("permutation", "--bits", "4", "--trained", "output", "--width", "400") == 1
    assert "; 470 is sufficient, at least 9 necessary" in capsys.readouterr().err
    assert certify("permutation", "--bits", "4", "--trained", "output", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["at_least"] == least_width_of_any(4, DELTA) <= document["width"]
    assert 0.95 * 0.01 < float(document["estimate"]) <= 0.01


# --- estimates


def test_an_estimate_is_the_tail_of_the_thinnest_margin_and_knows_its_kernels():
    with pytest.raises(InputError, match="kernel must be one of ntk, nngp"):
        union_bound("gelu", [Counts(2, 0, 1, 5)], DELTA, networks=1, cases=1)
    assert union_bound("ntk", [Counts(1, 1, 1, 5)], DELTA, networks=1, cases=7) == 0
    sets, means, covariance = states_of(5)
    row = next(i for i in range(31) if sets[i].sum() == 3)
    bit = int(np.flatnonzero(sets[row])[0])
    z = (means[row, bit] - 0.1) / np.sqrt(covariance[row, row])
    dense = mp.erfc(mp.sqrt(4) * z / mp.sqrt(2)) / 2
    found = union_bound("ntk", [Counts(3, 1, 1, 5)], Fraction(1, 10), networks=4, cases=1)
    assert abs(found / dense - 1) < 1e-9
