"""One finite network with its output layer trained from zero: parts of the bound against draws, searches, training."""

import json
import math
from collections import Counter
from fractions import Fraction
from itertools import product

import jsonschema
import numpy as np
import pytest

from ntkproofs import checker
from ntkproofs.bounds.finite import descent
from ntkproofs.bounds.finite.deviation import Deviation
from ntkproofs.bounds.finite.moments import Moments
from ntkproofs.bounds.finite.network import Requirements, TooNarrow, Workload, find_network
from ntkproofs.bounds.finite.numbers import FLOATS, Balls
from ntkproofs.bounds.finite.output_layer import BitClass, ClassBound, Setting
from ntkproofs.certificates import Run, issue_network, schema
from ntkproofs.classes import arbitrary_classes, reachable_classes
from ntkproofs.cli import main
from ntkproofs.errors import EnginesDisagree, InputError, NtkProofsError
from ntkproofs.programs import TemplateProgram, addition, multiplication_task, permutation, permutation_task

KINDS = ((6, 2, 0, 1), (6, 4, 1, 1), (7, 3, 1, 2), (7, 4, 2, 3), (5, 5, 1, 1), (6, 3, 0, 2), (3, 2, 2, 3))  # K, n, p, t


def setting(samples):
    return Setting(FLOATS, samples)


def vectors(bound):
    """Return the state, the targets, b and alpha of a class as arrays of K entries."""
    group = np.repeat(np.arange(4), bound.sizes)
    state = np.array(bound.inside)[group] / math.sqrt(bound.kind.n)
    return state, np.array(bound.labels)[group], np.array(bound.b)[group], np.array(bound.alpha)[group]


def class_bound(K, n, p, t, threshold=0.12):
    return ClassBound(setting(K), BitClass(n, p, t), Fraction(threshold).limit_denominator(10**6), 1e-4)


@pytest.mark.parametrize(("n", "q", "exponents"), [(3, 1, (1, 1, 1)), (4, 2, (1, 1)), (5, 1, (1, 2)), (2, 2, (2,))])
def test_moments_against_draws(n, q, exponents):
    u = np.random.default_rng(1).standard_normal((400_000, n))
    values = np.maximum(u.sum(axis=1), 0) ** q
    for index, exponent in enumerate(exponents):
        values = values * np.maximum(u[:, index], 0) ** exponent
    error = values.std() / math.sqrt(len(values))
    assert abs(Moments(FLOATS).joint(n, q, exponents) - values.mean()) < 5 * error


@pytest.mark.parametrize("kind", KINDS)
def test_the_limit_and_its_weights_solve_their_equations(kind):
    bound = class_bound(*kind)
    _, y, b, alpha = vectors(bound)
    K = kind[0]
    gram = bound.setting.lam * np.eye(K) + 1 / (2 * math.pi)
    assert gram @ alpha == pytest.approx(y)
    assert alpha @ y == pytest.approx(bound.A0)
    assert b @ y == pytest.approx(bound.mean + bound.sign * bound.margin)  # s (f - mu) >= m means s (f - b.y) >= 0


@pytest.mark.parametrize("kind", KINDS)
def test_second_moments_against_draws(kind):
    bound = class_bound(*kind)
    state, _, b, alpha = vectors(bound)
    u = np.random.default_rng(2).standard_normal((300_000, kind[0]))
    v, h = np.maximum(u, 0), np.maximum(u @ state, 0)
    zeta = bound.sign * (h - v @ b)
    values = ((v @ alpha) * zeta) ** 2
    assert abs(values.mean() - bound.spread) < 6 * values.std() / math.sqrt(len(u))
    first = (v @ alpha) * zeta
    assert abs(first.mean() + bound.margin) < 6 * first.std() / math.sqrt(len(u))


@pytest.mark.parametrize("kind", KINDS)
def test_no_direction_exceeds_the_supremum(kind):
    """Maximisation from many starting points comes close to the bound and does not exceed it."""
    bound, r = class_bound(*kind), 0.8
    state, _, b, alpha = vectors(bound)
    inverse = np.linalg.inv(bound.setting.lam * np.eye(kind[0]) + 1 / (2 * math.pi))

    def value(u):
        u = u / np.linalg.norm(u, axis=1)[:, None]
        v, h = np.maximum(u, 0), np.maximum(u @ state, 0)
        zeta, along = bound.sign * (h - v @ b), v @ alpha
        rest = np.sqrt(np.maximum(np.einsum("bi,ij,bj->b", v, inverse, v) - along**2 / bound.A0, 0))
        return along * zeta + r * rest * np.abs(zeta)

    source = np.random.default_rng(3)
    points = source.standard_normal((3000, kind[0]))
    for round_ in range(60):
        points = points[np.argsort(-value(points))[:100]]
        points = points / np.linalg.norm(points, axis=1)[:, None]
        moves = source.standard_normal((600, kind[0])) * source.choice([0, 1], (600, kind[0])) * 0.5 * 0.93**round_
        points = np.vstack([points, np.repeat(points, 6, axis=0) + moves])
    best = value(points).max()
    covers = [((bound.sizes[1], Fraction(i, 8)),) for i in range(9)]
    least = min(bound.supremum(r, cover) for cover in covers)
    assert best <= least * (1 + 1e-12)
    assert least < 2.2 * best


@pytest.mark.parametrize(("K", "t"), [(5, 1), (6, 2), (4, 4)])
def test_the_second_moment_of_a_deviation_is_a_supremum(K, t):
    deviation = Deviation(setting(K), t)
    y = np.arange(K) < t
    gram = setting(K).lam * np.eye(K) + 1 / (2 * math.pi)
    alpha = np.linalg.solve(gram, y.astype(float))
    v = np.maximum(np.random.default_rng(4).standard_normal((200_000, K)), 0)
    most = deviation.largest_second_moment(0.7)
    source, drawn = np.random.default_rng(5), 0.0
    for _ in range(40):
        c = source.standard_normal(K) ** 3
        c -= y * (c @ y) / t
        c /= math.sqrt(c @ gram @ c)
        Y = v @ c
        values = (Y * (v @ alpha) + 0.7 * Y**2) ** 2
        drawn = max(drawn, values.mean())
        assert values.mean() - 6 * values.std() / math.sqrt(len(v)) < most
    assert most < 3 * drawn
    balls = Deviation(Setting(Balls(128), K), t)
    assert balls.largest_second_moment(Balls(128).of(Fraction(7, 10))).upper >= most * (1 - 1e-3)


def test_the_fourth_moment_of_a_projection_against_draws():
    K, t = 6, 2
    y = (np.arange(K) < t).astype(float)
    gram = setting(K).lam * np.eye(K) + 1 / (2 * math.pi)
    inverse, alpha = np.linalg.inv(gram), np.linalg.solve(gram, y)
    v = np.maximum(np.random.default_rng(6).standard_normal((400_000, K)), 0)
    values = (np.einsum("bi,ij,bj->b", v, inverse, v) - (v @ alpha) ** 2 / (alpha @ y)) ** 2
    assert abs(Deviation(setting(K), t).T2 - values.mean()) < 6 * values.std() / math.sqrt(len(v))


def test_the_matrix_of_the_eigenvalue_event_against_draws():
    K = 5
    gram = setting(K).lam * np.eye(K) + 1 / (2 * math.pi)
    values, basis = np.linalg.eigh(gram)
    root = basis / np.sqrt(values) @ basis.T
    V = np.maximum(np.random.default_rng(7).standard_normal((400_000, K)), 0) @ root
    drawn = np.linalg.eigvalsh((V * (V**2).sum(axis=1)[:, None]).T @ V / len(V))[-1]
    assert descent.largest_second_moment(setting(K)) == pytest.approx(drawn, rel=0.03)


# --- training


def trained(program, width, steps, step, seed):
    """Train the output weights by gradient descent; return the hidden and the output weights."""
    u = np.random.default_rng(seed).standard_normal((program.samples, width))
    features = np.maximum(u, 0) / math.sqrt(width)  # of the basis vectors: sample i has the row i
    targets = program.labels.astype(float)
    a = np.zeros((width, targets.shape[1]))
    for _ in range(steps):
        a -= step * features.T @ (features @ a - targets)
    return u, a


def outputs(program, u, a):
    """Return the network's outputs at all states, with the next states and the numbers of matches."""
    rows = np.array(list(product((0, 1), repeat=program.output_bits)), dtype=np.uint8)
    match = program.match_rows(rows).astype(float)
    length = np.sqrt(np.maximum(match.sum(axis=1), 1))
    features = np.maximum(match @ u, 0) / length[:, None] / math.sqrt(u.shape[1])
    return features @ a, program.matched_writers_rows(match.astype(np.uint8)) > 0, match.sum(axis=1)


def test_gradient_descent_is_within_the_remainder_of_its_limit():
    program, width, step, rise, drop = addition(bits=2), 400, 0.2, 0.2, 0.7
    for steps in (20, 80):
        u, a = trained(program, width, steps, step, 8)
        gram = np.maximum(u, 0) @ np.maximum(u, 0).T / width
        limit = np.maximum(u, 0).T @ np.linalg.solve(gram, program.labels.astype(float)) / math.sqrt(width)
        assert np.trace(gram) <= program.samples * (1 + rise) / 2
        assert np.linalg.eigvalsh(gram)[0] >= (1 - drop) * setting(8).lam
        far = np.abs(outputs(program, u, a)[0] - outputs(program, u, limit)[0]).max(axis=0)
        t = program.labels.sum(axis=0)
        for distance, ones in zip(far, t, strict=True):
            assert distance <= descent.remainder(setting(8), int(ones), steps, step, rise, drop)


def test_outputs_at_samples_and_without_matches_are_as_stated():
    program = permutation([1, 2, 0])
    certificate = issue_network(permutation_task([1, 2, 0]), failure="1/10")
    claim = certificate.claim
    threshold = float(Fraction(claim["threshold"]))
    u, a = trained(program, claim["width"], claim["steps"], float(Fraction(claim["step"])), 9)
    values, _, n = outputs(program, u, a)
    assert (values[n == 0] == 0).all()
    ones = np.array([[1, 1, 1]] * int((n == 1).sum()))
    assert np.minimum(np.abs(values[n == 1]), np.abs(values[n == 1] - ones)).max() < threshold / 20


@pytest.mark.parametrize("width", [30, 60])
def test_fewer_networks_fail_than_the_bound_allows(width):
    """At the width certified for failure 1/2, fewer than half of the networks fail, no more than at a small one."""
    program, failure = permutation([1, 2, 0]), Fraction(1, 2)
    network = find_network(Workload.of(3, arbitrary_classes(program), program.labels.T.tolist()), Requirements(failure))
    wrong = Counter()
    for seed in range(150):
        for neurons in (network.width, width):
            u, a = trained(program, neurons, network.steps, float(network.step), (seed, neurons))
            values, after, _ = outputs(program, u, a)
            wrong[neurons] += ((values > float(network.threshold)) != after).any()
    assert wrong[network.width] <= 75
    assert wrong[width] >= wrong[network.width]


# --- classes and the search


def test_classes_are_counted_as_by_brute_force():
    program = TemplateProgram("tied", fields={"a": 5})
    program.template(when={("a", 0): 1, ("a", 1): 1}, write=[("a", 0)])
    program.template(when={("a", 1): 0, ("a", 2): 1}, write=[("a", 0), ("a", 4)])
    program.template(when={("a", 4): 1}, write=[("a", 4), ("a", 3)])
    rows = np.array(list(product((0, 1), repeat=5)), dtype=np.uint8)
    match = program.match_rows(rows)
    matched, n = program.matched_writers_rows(match), match.sum(axis=1)
    expected = Counter((int(n[i]), int(matched[i, k]), int(program.writers[k])) for i in range(32) for k in range(5))
    assert arbitrary_classes(program) == dict(sorted(expected.items()))
    assert reachable_classes(program, free=range(5), ones=(), steps=1) == dict(sorted(expected.items()))


@pytest.mark.parametrize(
    ("program", "width"), [(permutation(range(5)), 700), (permutation(range(10)), 2500), (addition(bits=2), 1200)]
)
def test_widths_are_at_most_the_stated_ones(program, width):
    load = Workload.of(program.samples, arbitrary_classes(program), program.labels.T.tolist())
    network = find_network(load, Requirements(Fraction(1, 100)))
    assert network.width <= width
    assert network.bound().upper <= Fraction(1, 100)


def test_width_threshold_steps_and_step_as_given():
    task = permutation_task(range(4))
    claim = issue_network(task, failure="1/100", threshold="1/12").claim
    assert claim["threshold"] == "1/12"
    least = issue_network(task, failure="1/100").claim
    assert least["width"] < claim["width"]
    wide = issue_network(task, failure="1/100", width=1000).claim
    assert (wide["width"], wide["steps"] < least["steps"]) == (1000, True)
    assert issue_network(task, failure="1/100", step="1/5").claim["step"] == "1/5"
    assert issue_network(task, failure="1/100", steps=400).claim["steps"] == 400


def test_refusals_and_their_reasons():
    task = permutation_task(range(4))
    with pytest.raises(TooNarrow, match="the width 300 with this training"):
        issue_network(task, failure="1/100", width=300)
    with pytest.raises(TooNarrow, match="the step 2/3 is too large for the width"):
        issue_network(task, failure="1/100", step="2/3")
    with pytest.raises(NtkProofsError, match=r"the threshold 1/3 is not between 0 and 0\.31"):
        issue_network(task, failure="1/100", threshold="1/3")
    with pytest.raises(NtkProofsError, match=r"no threshold lies between the limits .*: more padding"):
        issue_network(multiplication_task(bits=2), failure="1/100", states="arbitrary")
    for arguments, message in (
        ({"failure": 1}, "failure must lie between 0 and 1"),
        ({"width": 0}, "width must be a positive integer, or .least."),
        ({"width": True}, "width must be a positive integer, or .least."),
        ({"steps": "many"}, "steps must be a positive integer"),
        ({"step": "fast"}, "step must be a fraction"),
        ({"step": -1}, "step must be above 0"),
        ({"states": "some"}, "states must be one of arbitrary, reachable"),
    ):
        with pytest.raises(InputError, match=message):
            issue_network(task, **{"failure": "1/100", **arguments})
    program = TemplateProgram("alone", fields={"a": 2})
    program.template(when={("a", 0): 1}, write=[("a", 1)])
    with pytest.raises(InputError, match="a network needs 2 samples or more"):
        issue_network(Run(program, (0, 1), (), 1), failure="1/100")


def test_where_every_state_is_a_sample_training_alone_decides():
    program = TemplateProgram("alone", fields={"a": 1, "b": 1})
    program.template(when={("a", 0): 0}, write=[("b", 0)])
    program.template(when={("a", 0): 1}, write=[("a", 0)])
    certificate = issue_network(Run(program, (0, 1), (), 2), failure="1/100")
    assert certificate.evidence["classes"] == []
    assert "0 classes (n, p, t)" in certificate.verified.details


# --- the command


def test_certify_and_verify_a_network(tmp_path, capsys):
    path = str(tmp_path / "c.json")
    common = ["certify", "permutation", "--bits", "10", "--failure", "0.01", "--inputs", "all", "--trained", "output"]
    assert main([*common, "--width", "least", "-o", path, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["networks"], document["trained"], document["start"]) == (1, "output", "zero")
    assert document["width"] <= 2500
    assert {"steps", "step", "threshold", "padding", "samples", "failure", "file"} <= set(document)
    assert main(["verify", path]) == 0
    out = capsys.readouterr().out
    assert "accepted" in out
    assert "trained from zero by" in " ".join(out.split())


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (
            ["--trained", "all", "--regime", "nngp"],
            3,
            "--trained all has the kernel ntk, which contradicts --regime nngp",
        ),
        (["--trained", "all", "--start", "zero"], 3, "the start 'zero' is not available for training 'all'"),
        (["--trained", "output", "--inputs", "33"], 3, "inputs: there are only 2^5, got 33"),
        (["--trained", "output", "--start", "gaussian"], 3, "--start gaussian requires --networks N"),
        (["--trained", "output", "--start", "orthogonal"], 3, "certificates require --start zero or gaussian"),
        (["--trained", "output", "--start", "antisymmetric"], 3, "is not available for training 'output'"),
        (["--trained", "output", "--regime", "ntk"], 3, "has the kernel nngp, which contradicts --regime ntk"),
        (["--trained", "output", "--tail", "published"], 3, "are options of ensembles"),
        (["--trained", "output", "--threshold", "half"], 3, "best or a fraction"),
        (["--trained", "output", "--step", "-1"], 3, "--step must be a positive number"),
        (["--trained", "output", "--width", "600"], 1, "the width 600 with this training and threshold does not"),
        (["--steps", "5"], 3, "--steps and --step are given together"),
        (["--threshold", "1/3"], 3, "--threshold must be one of zero, half, best"),
    ],
)
def test_refused_options_of_certify(options, code, message, capsys):
    try:
        got = main(["certify", "permutation", "--bits", "5", "--failure", "0.01", *options])
    except SystemExit as problem:
        got = problem.code
    captured = capsys.readouterr()
    assert got == code
    assert message in " ".join((captured.out + captured.err).split())


def test_a_checker_that_rejects_is_an_internal_error(monkeypatch):
    def reject(_chances, _failure):
        raise checker.Rejected("no")

    monkeypatch.setattr(checker, "unlikely", reject)
    with pytest.raises(EnginesDisagree, match=r"the producer computes networks = 1 and width = .* rejects that: no"):
        issue_network(permutation_task([1, 2, 0]), failure="1/10")


def test_certificates_of_networks_have_the_form_of_the_schema():
    for states in ("arbitrary", "reachable"):
        certificate = issue_network(permutation_task([1, 2, 0]), failure="1/10", states=states)
        jsonschema.validate(json.loads(certificate.data), schema())
