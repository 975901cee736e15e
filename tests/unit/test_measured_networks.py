"""Trained networks of finite width, measured: next to naive descent, the certificates' mathematics, and limits."""

import json
from itertools import product

import numpy as np
import pytest

from ntkproofs.cli import main
from ntkproofs.errors import InputError, Undecided
from ntkproofs.programs import TemplateProgram, addition, addition_task, permutation
from ntkproofs.simulation import measured
from ntkproofs.simulation.descent import all_layers, output_layer
from ntkproofs.simulation.drawn import default_step, draw_and_train
from ntkproofs.simulation.measured import States, measure, measure_chunks, predicted, share_bounds
from ntkproofs.simulation.streams import WEIGHTS, stream
from ntkproofs.training import STARTS, Training, starts_of


def network(trained, start, width=12, samples=3, bits=3, seed=1):
    return STARTS[start].draw(trained, np.random.default_rng(seed), width=width, samples=samples, bits=bits)


def descended(u, a, labels, step, steps, *, hidden):
    """Full-batch gradient descent on half the sum of squared errors, one output, by the chain rule."""
    u, a, root = u.copy(), a.copy(), len(u) ** 0.5
    X = np.eye(u.shape[1])
    for _ in range(steps):
        before = X @ u.T
        after = np.maximum(before, 0)
        miss = after @ a / root - labels
        turn = ((miss[:, None] * (before > 0)) * a / root).T @ X
        a = a - step * after.T @ miss / root
        u = u - step * turn * hidden
    return lambda codes: np.maximum(codes @ u.T, 0) @ a / root


@pytest.mark.parametrize("start", starts_of("output"))
def test_the_output_layer_in_closed_form_is_gradient_descent(start):
    u, a = network("output", start)
    codes, labels = np.random.default_rng(3).standard_normal((5, 3)), np.eye(3)[::-1]
    result = output_layer(u[None], a[None], labels, step=0.4, steps=17).outputs(codes)[0]
    for bit in range(3):
        assert np.allclose(
            result[:, bit], descended(u, a[:, bit], labels[:, bit], 0.4, 17, hidden=False)(codes), 0, 1e-12
        )
    ended = output_layer(u[None], a[None], labels, step=0.4).outputs(np.eye(3))[0]
    assert np.allclose(ended, labels, 0, 1e-10)


@pytest.mark.parametrize("start", starts_of("all"))
def test_all_layers_are_trained_as_by_the_chain_rule(start):
    drawn = [network("all", start, seed=seed) for seed in (1, 2)]
    u, a = (np.stack(part) for part in zip(*drawn, strict=True))
    codes, labels = np.random.default_rng(3).standard_normal((5, 3)), np.eye(3)[::-1]
    after = all_layers(u, a, labels, step=0.3, steps=23)
    result, steps = after.outputs(codes), after.steps
    assert steps == 23
    for which, bit in product(range(2), range(3)):
        naive = descended(u[which], a[which][:, bit], labels[:, bit], 0.3, 23, hidden=True)
        assert np.allclose(result[which, :, bit], naive(codes), 0, 1e-12)


def test_training_that_cannot_end_is_undecided():
    u, a = network("output", "zero", width=3)
    u[:, 0] = -1.0  # no neuron is active at the first sample
    for trained, message in ((output_layer, "singular"), (all_layers, "has not reached 1e-07 after 100000 steps")):
        with pytest.raises(Undecided, match=message):
            trained(u[None], a[None] + 1.0, np.eye(3), step=0.1)
    with pytest.raises(Undecided, match="too large"):
        output_layer(u[None], a[None], np.eye(3), step=99.0, steps=3)
    with pytest.raises(Undecided, match="diverges"):
        all_layers(*(part[None] for part in network("all", "antisymmetric")), 1e9 * np.eye(3), step=0.1)
    with pytest.raises(Undecided, match="diverges"):  # without a warning of NumPy
        all_layers(*(part[None] for part in network("all", "antisymmetric")), np.eye(3), step=1e300, steps=9)


@pytest.mark.parametrize(("trained", "steps"), [("output", None), ("output", 4), ("all", None), ("all", 4)])
def test_wide_networks_are_near_the_prediction(trained, steps):
    """The distance falls like 1/sqrt(width) for the output layer, and is small for all layers."""
    states, training = States.arbitrary(permutation([1, 2, 3, 0])), Training.of(trained, steps=steps)
    near, far = (measure(states, training, width=width, draws=20, seed=2) for width in (4000, 250))
    assert 3 < far.distance.mean() / near.distance.mean() < 5.5
    assert near.distance.mean() < 0.02


def test_the_prediction_after_many_steps_is_that_of_convergence():
    states = States.arbitrary(addition(2))
    for trained in ("output", "all"):
        ended = predicted(states, Training.of(trained))
        assert np.allclose(predicted(states, Training.of(trained, steps=2000)), ended, 0, 1e-12)
        assert not np.allclose(predicted(states, Training.of(trained, steps=5)), ended, 0, 1e-3)


def test_the_default_step_is_half_of_one_over_the_largest_eigenvalue_of_the_limit():
    for trained, own in (("output", 0.5), ("all", 1.0)):
        kernel = np.full((9, 9), 1 / (2 * np.pi)) + (own - 1 / (2 * np.pi)) * np.eye(9)
        assert default_step(Training.of(trained), 9) == pytest.approx(0.5 / np.linalg.eigvalsh(kernel)[-1], rel=1e-12)
    assert default_step(Training.of("output", step=0.5), 9) == 0.5


def test_states_are_all_that_some_template_matches_each_set_of_templates_once():
    program = addition(2)
    states = States.arbitrary(program)
    rows = np.array(list(product((0, 1), repeat=program.output_bits)), dtype=np.uint8)
    match = program.match_rows(rows)
    assert len(states.codes) == len({tuple(row) for row in match.tolist() if any(row)})
    assert (states.which, states.exhaustive) == ("all 64 states", True)
    two = States.arbitrary(permutation(range(6)), ones=2)
    assert (len(two.codes), two.which) == (15, "all 15 states with 2 ones")
    assert (np.count_nonzero(two.codes, axis=1) == 2).all()
    wide = States.arbitrary(permutation(range(40)), seed=3)
    assert (wide.which, wide.exhaustive, len(wide.codes)) == ("1,000 random states", False, 1000)
    pairs = States.arbitrary(permutation(range(40)), ones=2)
    assert (pairs.which, pairs.exhaustive, len(pairs.codes)) == ("all 780 states with 2 ones", True, 780)
    triples = States.arbitrary(permutation(range(40)), ones=3)
    assert (triples.which, triples.exhaustive) == ("1,000 random states with 3 ones", False)
    assert (np.count_nonzero(triples.codes, axis=1) == 3).all()


def test_reachable_states_are_those_of_runs():
    task = addition_task(2)
    states = States.reachable(task)
    seen = set()
    for p, q in product(range(4), repeat=2):
        row = task.program.row(task.start(p, q))
        for _ in range(task.steps):
            seen.add(tuple(task.program.match_rows(row[None])[0].tolist()))
            row = task.program.step_rows(row[None])[0]
    assert len(states.codes) == len({item for item in seen if any(item)})
    assert (states.which, states.exhaustive) == ("states visited from all 16 inputs", True)


def test_right_counts_every_bit_of_every_state_and_the_threshold_is_the_best_one():
    states = States.arbitrary(permutation([1, 2, 0]))
    result = measure(states, Training.of("output"), width=24, draws=60, seed=4)
    program, taus = states.program, np.linspace(0.001, 0.5, 200)
    draws = [
        draw_and_train(program, result.training, 24, [stream(4, WEIGHTS, k, 0)]).outputs(states.codes)[0]
        for k in range(60)
    ]
    for tau in taus[::20]:
        assert result.right(tau) == sum(bool(((outputs > tau) == states.wanted).all()) for outputs in draws)
    assert result.right(result.threshold) == max(map(result.right, taus)) < 60
    assert program.output_bits == states.wanted.shape[1]


@pytest.mark.parametrize("trained", ["output", "all"])
def test_draws_do_not_depend_on_chunks_and_ensembles_average(monkeypatch, trained):
    states, training = States.arbitrary(permutation([1, 2, 0])), Training.of(trained, steps=9)
    whole = measure(states, training, width=20, draws=5, networks=3, seed=7)
    monkeypatch.setattr(measured, "HELD", 1)
    *_, last = chunks = list(measure_chunks(states, training, width=20, draws=5, networks=3, seed=7))
    assert [item.draws for item in chunks] == [1, 2, 3, 4, 5]
    assert np.allclose(last.rows, whole.rows, 0, 1e-12)
    one = measure(states, training, width=20, draws=200, seed=7)
    many = measure(states, training, width=20, draws=200, networks=9, seed=7)
    assert 2 < one.mean_of_ones.std() / many.mean_of_ones.std() < 4.5  # 3


def test_opposite_orthogonal_rows_vary_less():
    """They have the same errors at half the width, which is the purpose of this start."""
    states = States.arbitrary(permutation(range(5)))
    for trained in ("output", "all"):
        plain, blocks = starts_of(trained)[0], "orthogonal-opposite"
        wide = measure(states, Training.of(trained, plain), width=160, draws=100)
        narrow = measure(states, Training.of(trained, blocks), width=80, draws=100)
        assert narrow.distance.mean() < wide.distance.mean()


def test_rows_on_the_sphere_vary_less_and_have_the_same_limit():
    """The same means at infinite width, and smaller errors at the same width, than with normal rows."""
    states = States.arbitrary(permutation(range(5)))
    for trained in ("output", "all"):
        plain, sphere = (measure(states, Training.of(trained, name), width=80, draws=400) for name in (None, "sphere"))
        assert sphere.distance.mean() < plain.distance.mean()
        ones = measured.means(sphere)["mean_of_ones"]
        assert ones.predicted == measured.means(plain)["mean_of_ones"].predicted
        assert abs(ones.measured - ones.predicted) < 0.01


def test_clopper_pearson_bounds_are_where_the_binomial_tail_is():
    low, high = share_bounds(3, 50)
    from math import comb

    assert sum(comb(50, k) * low**k * (1 - low) ** (50 - k) for k in range(3, 51)) == pytest.approx(0.025, rel=1e-6)
    assert sum(comb(50, k) * high**k * (1 - high) ** (50 - k) for k in range(4)) == pytest.approx(0.025, rel=1e-6)
    assert share_bounds(0, 10)[0] == 0
    assert share_bounds(10, 10)[1] == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 2}, "width 2: it must be at least 3"),
        ({"width": 10**9}, "at most"),
        ({"width": 20, "draws": 0}, "draws must be a positive integer, got 0"),
        ({"width": 20, "networks": 1.5}, "networks must be a positive integer, got 1.5"),
    ],
)
def test_invalid_values_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        measure(States.arbitrary(permutation([1, 2, 0])), Training.of("output"), **options)
    program = TemplateProgram("never", fields={"a": 2})
    program.template(when={("a", 0): 1}, write=[("a", 1)])
    with pytest.raises(InputError, match="no template matches"):
        States.of(program, np.zeros((1, 2), dtype=np.uint8), which="nothing", every=True)


# --- the command


def run(capsys, *arguments):
    code = main(["simulate", *map(str, arguments)])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.parametrize(
    ("program", "options"),
    [
        ("permutation", ("--trained", "output")),
        ("permutation", ("--trained", "all", "--start", "orthogonal", "--repetitions", 7)),
        ("permutation", ("--trained", "output", "--ones", 2, "--threshold", "1/12")),
        ("addition", ("--trained", "output", "--steps", 40, "--step", "1/4", "--networks", 3, "--start", "gaussian")),
        ("addition", ("--trained", "all", "--states", "reachable", "--repetitions", 5)),
    ],
)
def test_the_document(capsys, program, options):
    arguments = (program, "--bits", 2 if program == "addition" else 4, "--width", 100, "--seed", 5, *options)
    code, out, _ = run(capsys, *arguments, "--json")
    document = json.loads(out)
    assert (code, document["format"], document["complete"], document["model"]) == (0, 1, True, "trained")
    assert document["networks_drawn"] == document["repetitions"] * document["networks"]
    assert (
        document["share_right"]["low"] <= document["right"] / document["repetitions"] <= document["share_right"]["high"]
    )
    assert document["predicted_by"] == {"output": "nngp", "all": "ntk"}[document["trained"]]
    for name in ("mean_of_ones", "mean_of_zeros"):
        value = document[name]
        assert abs(value["measured"] - value["predicted"]) < 6 * value["standard_error"] + 0.02
    again = json.loads(run(capsys, *arguments, "--json")[1])
    assert {**document, "seconds": 0} == {**again, "seconds": 0}
    code, out, _ = run(capsys, *arguments)
    assert code == 0
    for text in (f"{document['repetitions']} draws of", f"start {document['start']}", "all bits correct at"):
        assert text in out


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("permutation", "--bits", 4, "--trained", "output"), "--trained requires --width"),
        (("permutation", "--bits", 4, "--trained", "deep"), "invalid choice"),
        (("permutation", "--bits", 4, "--networks", 3, "--start", "zero"), "--start is an option of trained networks"),
        (("addition", "--bits", 4, "--networks", 3), "addition requires --trained"),
        (("permutation", "--bits", 4, "--trained", "all", "--width", 7), "a multiple of 2"),
        (
            ("permutation", "--bits", 4, "--trained", "all", "--width", 8, "--start", "zero"),
            "not available for training 'all'",
        ),
        (("permutation", "--bits", 4, "--trained", "all", "--width", 8, "--model", "limit"), "--model limit"),
        (("permutation", "--bits", 4, "--trained", "all", "--width", 8, "--parametrisation", "ntk"), "is incompatible"),
        (("permutation", "--bits", 4, "--trained", "output", "--width", 3), "--width must be an integer from 4"),
        (
            ("permutation", "--bits", 4, "--trained", "output", "--width", 8, "--step", "0"),
            "--step must be a positive number",
        ),
        (
            ("permutation", "--bits", 4, "--trained", "output", "--width", 8, "--threshold", "x"),
            "--threshold must be a",
        ),
        (("permutation", "--bits", 4, "--trained", "output", "--width", 8, "--steps", "0"), "--steps must be"),
        (
            ("permutation", "--bits", 4, "--trained", "all", "--width", 8, "--ones", 2, "--states", "reachable"),
            "--ones selects arbitrary",
        ),
    ],
)
def test_bad_input_is_three_and_one_line(capsys, options, text):
    code, out, err = run(capsys, *options)
    assert (code, out, len(err.splitlines())) == (3, "", 1)
    assert text in err
