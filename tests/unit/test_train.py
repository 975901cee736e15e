"""Networks that are trained and kept: equal to those that are simulated, at their targets, and written reproducibly."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from ntkproofs import checker
from ntkproofs.certificates import issue_network, issue_rounding, write
from ntkproofs.cli import main
from ntkproofs.errors import InputError, NoMargin, Undecided
from ntkproofs.execution.exhaust_networks import exhaust_networks
from ntkproofs.programs import (
    TemplateProgram,
    addition,
    addition_task,
    multiplication,
    permutation,
    permutation_task,
)
from ntkproofs.programs.serialised import program_from_json, program_json
from ntkproofs.simulation import descent, finite, measured, output_events
from ntkproofs.simulation.descent import Trained
from ntkproofs.simulation.drawn import draw_and_train
from ntkproofs.simulation.events import Event, check_same, largest_ratios, measure_events, unmeasured
from ntkproofs.simulation.measured import States, measure
from ntkproofs.simulation.networks import words_with_ones
from ntkproofs.simulation.streams import ENSEMBLES, WEIGHTS, stream
from ntkproofs.simulation.trainer import description, program_sha256, threshold_of, train
from ntkproofs.training import Training, starts_of
from ntkproofs.weights import Networks, read_networks

ORDER = [2, 0, 3, 1]
KINDS = [(trained, start) for trained in ("output", "all") for start in starts_of(trained)]


def outputs(networks, codes):
    """The outputs by the definition of weights files, (states, bits)."""
    total = 0
    for hidden, output in zip(networks.hidden, networks.output, strict=True):
        parts = [np.maximum(codes @ u.T, 0) @ a.T for u, a in zip(hidden, output, strict=True)]
        total = total + np.concatenate(parts, axis=1)
    return total / networks.count


# --- the networks


@pytest.mark.parametrize(("trained", "start"), KINDS)
@pytest.mark.parametrize("steps", [None, 7])
def test_they_are_the_networks_that_simulate_draws(trained, start, steps):
    program = permutation(ORDER)
    training, states = Training.of(trained, start, steps=steps), States.arbitrary(program)
    networks = train(program, training, width=60, networks=3, seed=5)
    simulated = measure(states, training, width=60, draws=1, networks=3, seed=5)
    own = outputs(networks, states.codes)
    tolerance = 3e-7 if trained == "all" and steps is None else 1e-12  # each of them ends by itself
    assert own[~states.wanted].max() == pytest.approx(simulated.zeros[0], abs=tolerance)
    assert own[states.wanted].min() == pytest.approx(simulated.ones[0], abs=tolerance)
    if steps is not None:
        one = draw_and_train(program, training, 60, [stream(5, WEIGHTS, 0, 2)])
        assert np.allclose(one.hidden[0], networks.hidden[2], 0, 1e-13)
        assert np.allclose(one.output[0], networks.output[2], 0, 1e-13)


def test_the_standard_parametrisation_is_that_of_simulate():
    trials = words_with_ones(permutation(ORDER))
    networks = train(
        trials.program, Training.of("all", "gaussian"), width=50, networks=2, seed=4, parametrisation="standard"
    )
    sources = [stream(4, ENSEMBLES, 0, index) for index in range(2)]
    start = finite.draw_weights(trials.program, 50, sources)
    for index in range(2):  # simulate trains both until both have converged
        alone = finite.Weights(start.hidden[index : index + 1], start.outer[index : index + 1])
        expected, steps = finite.trained(trials, alone, "standard")
        one = Networks.of(networks.hidden[index, 0], networks.output[index, 0])
        assert np.allclose(outputs(one, trials.codes), expected[0], 0, 1e-12)
        assert steps <= int(networks.metadata["steps_taken"])
    assert networks.hidden.std() == pytest.approx(4**-0.5, rel=0.2)  # 1/sqrt(fan in)
    assert (networks.output_bits, networks.scalar, networks.metadata["kernel"]) == (4, False, "nngp")


@pytest.mark.parametrize(("trained", "start"), KINDS)
def test_at_convergence_the_outputs_at_the_samples_are_the_targets(trained, start):
    for program in (permutation(ORDER), addition(2)):
        networks = train(program, Training.of(trained, start), width=80, seed=3)
        at_samples = outputs(networks, np.eye(program.samples))
        assert np.abs(at_samples - program.labels).max() <= 1e-7 * (1 + 1e-6)
        assert networks.inputs == program.samples
        assert networks.output_bits == program.output_bits


def test_weights_are_counted_as_they_are_held():
    """A network with all output bits has one hidden layer, also in the standard parametrisation."""
    training = Training.of("all", "gaussian")
    description(permutation(range(64)), training, width=10**6, parametrisation="standard")
    with pytest.raises(InputError, match="at most 67,108,864 weights"):
        description(permutation(range(64)), training, width=10**6)


def test_padding_is_trained_to_zero():
    program = permutation(ORDER)
    program.pad(3)
    networks = train(program, Training.of("all"), width=80, seed=3)
    assert networks.inputs == 7
    assert np.abs(outputs(networks, np.eye(7))[4:]).max() <= 1e-7


def test_blocks_of_neurons_do_not_change_the_result(monkeypatch):
    """With blocks of a few neurons the update of one step and the outputs of the next are taken in the same pass."""
    program = addition(2)
    for parametrisation, start in (("ntk", "antisymmetric"), ("standard", "gaussian")):
        training = Training.of("all", start, steps=20)
        whole = train(program, training, width=50, seed=1, parametrisation=parametrisation)
        with monkeypatch.context() as patch:
            patch.setattr(descent, "HELD", 7 * program.samples)
            parts = train(program, training, width=50, seed=1, parametrisation=parametrisation)
        assert np.allclose(whole.hidden, parts.hidden, 0, 1e-12)
        assert np.allclose(whole.output, parts.output, 0, 1e-12)
        assert not np.array_equal(whole.hidden, train(program, training, width=50, seed=2).hidden[:1])


def test_stages_tell_how_far_training_has_come():
    seen = []
    train(permutation(ORDER), Training.of("all"), width=20, networks=2, watch=seen.append)
    assert {stage.total for stage in seen} == {8}
    assert [stage.done for stage in seen if not stage.steps and not stage.error] == list(range(1, 9))
    assert sorted(stage.done for stage in seen) == [stage.done for stage in seen]


# --- threshold and metadata


def test_the_threshold_is_the_balanced_one_of_the_program():
    for program, kernel in ((permutation(range(8)), "ntk"), (permutation(range(8)), "nngp"), (addition(3), "nngp")):
        tau = threshold_of(program, kernel)
        trained = "all" if kernel == "ntk" else "output"
        limits = measured.predicted(States.arbitrary(program), Training.of(trained))
        wanted = States.arbitrary(program).wanted
        assert limits[~wanted].max() < tau < limits[wanted].min()
        assert train(program, Training.of(trained), width=40).threshold == tau
    task = addition_task(2)
    assert threshold_of(task, "ntk") == threshold_of(task.program, "ntk")
    with pytest.raises(NoMargin, match="at arbitrary states no threshold"):
        threshold_of(multiplication(2), "ntk")
    assert train(task, Training.of("output"), width=40, threshold=Fraction(1, 7)).threshold == Fraction(1, 7)


def test_a_task_without_a_threshold_at_arbitrary_states_has_one_for_its_runs():
    from ntkproofs.programs import multiplication_task

    task = multiplication_task(2)
    tau = threshold_of(task, "nngp")
    states = States.reachable(task)
    limits = measured.predicted(states, Training.of("output"))
    assert limits[~states.wanted].max() < tau < limits[states.wanted].min()


def test_the_digest_is_the_one_that_the_checker_computes():
    task = permutation_task(ORDER)
    claim = issue_rounding(task).claim
    assert program_sha256(task.program) == checker.program_of(claim["program"]).digest
    renamed = program_from_json({**program_json(task.program), "name": "other"})
    assert program_sha256(renamed) == program_sha256(task.program)
    renamed.pad(1)
    assert program_sha256(renamed) != program_sha256(task.program)


def test_metadata_say_what_was_trained():
    networks = train(permutation(ORDER), Training.of("all", steps=5, step=0.25), width=20, seed=9)
    about = networks.metadata
    expected = {"trained": "all", "start": "antisymmetric", "parametrisation": "ntk", "kernel": "ntk", "width": "20",
                "steps": "5", "steps_taken": "5", "step": "0.25", "seed": "9", "samples": "4", "padding": "0",
                "numpy": np.__version__}  # fmt: skip
    assert expected.items() <= about.items()
    known = description(permutation(ORDER), Training.of("all", steps=5, step=0.25), width=20, seed=9)
    assert known.items() <= about.items()
    assert set(about) - set(known) == {"steps_taken"}
    assert train(permutation(ORDER), Training.of("output"), width=20).metadata["steps"].endswith("in closed form")


# --- invalid arguments


@pytest.mark.parametrize(
    ("trained", "options", "message"),
    [
        ("output", {"width": 3}, "width 3: it must be at least 4"),
        ("all", {"width": 21}, "it is a multiple of 2"),
        ("output", {"width": 2.5}, "width must be a positive integer"),
        ("output", {"width": 20, "networks": 0}, "networks must be a positive integer"),
        ("output", {"width": 20, "seed": -1}, "seed must be"),
        ("output", {"width": 10**6, "networks": 1000}, "hidden weights; at most"),
        ("all", {"width": 10**6, "networks": 17}, "17 networks of width 1,000,000 have 272,000,000 hidden weights; at"),
        ("all", {"width": 20, "parametrisation": "mean field"}, "unknown parametrisation 'mean field'"),
        ("all", {"width": 20, "parametrisation": "standard"}, "from a gaussian start, got the layers 'all' and the st"),
    ],
)
def test_invalid_arguments_are_refused(trained, options, message):
    with pytest.raises(InputError, match=message):
        train(permutation(ORDER), Training.of(trained), **options)


def test_training_that_does_not_converge_is_undecided():
    """After one step of this size no neuron is active at any sample."""
    for parametrisation, start in (("ntk", "antisymmetric"), ("standard", "gaussian")):
        training = Training.of("all", start, step=50.0)
        with pytest.raises(Undecided, match=r"has not reached 1e-0[67] after [0-9]+ steps .* a smaller step or"):
            train(permutation([1, 0]), training, width=6, parametrisation=parametrisation)


# --- events of a certificate


def certified(task, **options):
    """A certificate and networks of its kind."""
    certificate = issue_network(task, failure="1/10", **options)
    claim = certificate.claim
    training = Training.of(claim["trained"], claim["start"], steps=claim["steps"], step=float(Fraction(claim["step"])))
    networks = train(
        task, training, width=claim["width"], networks=claim["networks"], seed=1, threshold=Fraction(claim["threshold"])
    )
    return certificate, networks


@pytest.fixture(scope="module")
def pairs():
    return certified(permutation_task([1, 0, 2]), trained="all")


CERTIFIED = {
    "output": {},
    "average": {"start": "gaussian", "width": 1000},
    "reachable": {"states": "reachable"},
}


@pytest.mark.parametrize("name", CERTIFIED)
def test_events_of_trained_output_layers_hold_on_a_start(name):
    certificate, networks = certified(addition_task(1), **CERTIFIED[name])
    found = measure_events(certificate, networks)
    assert all(event.ratio < 1 for event in found)
    names = {event.name for event in found}
    assert names >= {"rise", "drop", "deviation"} | ({"shift", "split", "first order"} if name == "average" else set())


def test_events_of_all_layers_hold_on_a_start_and_the_drift_is_what_training_did(pairs):
    certificate, networks = pairs
    found = measure_events(certificate, networks)
    assert all(event.ratio < 1 for event in found)
    names = {name for value in (certificate.evidence["start"], certificate.evidence["columns"][0][1]) for name in value}
    assert names - set(unmeasured(certificate)) <= {event.name for event in found}
    assert unmeasured(certificate).keys() == {"levels"}
    assert {"square", "shift", "kinks", "class", "drift"} <= {event.name for event in found}
    # the tangent kernel of the start, by differences of the outputs in the weights
    program, width = permutation([1, 0, 2]), networks.width
    hidden, outer = Training.of("all").weights.draw(stream(1, WEIGHTS, 0, 0), width, 3, 3)
    codes = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]) / np.sqrt([[2.0], [3.0]])
    features = np.concatenate([np.eye(3), codes])
    after = np.maximum(features @ hidden.T, 0)
    gates = (features @ hidden.T > 0) * outer[:, 0]
    kernel = (after @ after.T + (gates @ gates.T) * (features @ features.T)) / width
    linear = kernel[3:, :3] @ np.linalg.solve(kernel[:3, :3], program.labels)
    moved = outputs(networks, codes) - linear
    drifts = {event.where: event.measured for event in found if event.name == "drift"}
    assert drifts["n = 3, p = 1, t = 1"] == pytest.approx(max(-moved[1]), rel=1e-6)
    assert drifts["n = 2, p = 0, t = 1"] > moved[0, 2] - 1e-9  # one of three states
    assert drifts["n = 2, p = 1, t = 1"] > max(-moved[0, :2]) - 1e-9


def test_events_of_all_layers_are_those_of_a_naive_computation(pairs):
    """The kernel is built neuron by neuron, and the path by a loop over D_k(X) = f_k(X) + sqrt(w) H E(k)."""
    certificate, networks = pairs
    found, claim, w = largest_ratios(measure_events(*pairs)), certificate.claim, networks.width
    u = Training.of("all").weights.draw(stream(1, WEIGHTS, 0, 0), w, 3, 3)[0][: w // 2]
    kernel, gram = np.zeros((3, 3)), np.zeros((3, 3))
    for row in u:
        v = np.maximum(row, 0)
        gram += np.outer(v, v) / len(u)
        kernel += (np.outer(v, v) + np.diag(row > 0)) / len(u)
    limit = np.full((3, 3), 1 / (2 * np.pi)) + np.eye(3) * (1 - 1 / (2 * np.pi))
    assert found["drop"].measured == pytest.approx(1 - np.linalg.eigvals(np.linalg.solve(limit, kernel)).real.min())
    assert found["gram"].measured == pytest.approx(np.linalg.eigvalsh(gram)[-1])
    assert found["longest"].measured == pytest.approx(np.linalg.norm(np.maximum(u, 0), axis=1).max())
    assert found["label"].measured == pytest.approx(gram.diagonal().max())  # t = 1
    assert found["open"].measured == pytest.approx((u > 0).mean(axis=0).max())
    drop, step = float(Fraction(certificate.evidence["start"]["drop"][0])), float(Fraction(claim["step"]))
    rests, along, across = [], [], []
    for target in np.eye(3):
        U, a, E = np.concatenate([u, u]), np.repeat([1.0, -1.0], len(u)), np.zeros(3)
        D, own, other = [], 0.0, 0.0
        for _ in range(claim["steps"] + 1):
            f = a @ np.maximum(U, 0) / np.sqrt(w)
            D.append(f + np.sqrt(w) * kernel @ E)
            c = step / np.sqrt(w) * (f - target)
            if len(D) <= claim["steps"]:
                own, other = own + abs(c @ target), other + np.linalg.norm(c * (1 - target))
            U, a, E = U - a[:, None] * c * (U > 0), a - np.maximum(U, 0) @ c, E + c
        least = (1 - drop) * (1 - 1 / (2 * np.pi))
        rests.append(np.linalg.norm(np.diff(D, axis=0), axis=1).sum() / least / np.sqrt(w))
        along.append(own)
        across.append(other)
    assert found["rest"].measured == pytest.approx(max(rests), rel=1e-6)
    assert found["path along"].measured == pytest.approx(max(along), rel=1e-9)
    assert found["path across"].measured == pytest.approx(max(across), rel=1e-9)


def test_a_start_on_which_an_event_fails_is_seen(monkeypatch):
    """With hidden weights 0.3 times as large the kernel is 0.09 times as large."""
    certificate, networks = certified(addition_task(1))
    whole = output_events.drawn_networks

    def smaller(*arguments):
        for network in whole(*arguments):
            yield output_events.Drawn(0.3 * network.v, 0.3 * network.h, network.outer)

    monkeypatch.setattr(output_events, "drawn_networks", smaller)
    found = largest_ratios(measure_events(certificate, networks))
    assert found["drop"].ratio > 1
    assert found["drop"].measured == pytest.approx(0.93, abs=0.05)


def test_other_networks_than_those_of_the_certificate_are_refused(pairs):
    certificate, networks = pairs
    about = dict(networks.metadata)
    for key, value in (("width", "20"), ("steps", "3"), ("step", "0.5"), ("start", "gaussian"), ("trained", "output")):
        with pytest.raises(InputError, match=f"{key} {value} instead of"):
            check_same(certificate, {**about, key: value}, networks=1, threshold=networks.threshold)
    with pytest.raises(InputError, match=r"networks 2 instead of 1, threshold 1/2 instead of"):
        check_same(certificate, about, networks=2, threshold=Fraction(1, 2))
    with pytest.raises(InputError, match="of the kind 'rounding'"):
        measure_events(issue_rounding(permutation_task([1, 0, 2])), networks)
    with pytest.raises(InputError, match="no entry 'seed'"):
        measure_events(certificate, Networks.of(networks.hidden[0], networks.output[0], axes="bit"))


def test_weights_that_the_seed_does_not_give_are_refused(pairs):
    for certificate, networks in (pairs, certified(addition_task(1))):
        other = replace(networks, metadata={**networks.metadata, "seed": "2"})
        with pytest.raises(InputError, match="the weights are not those that the entry 'seed' of the metadata, 2,"):
            measure_events(certificate, other)


def test_the_largest_ratio_of_each_name_is_kept():
    low, high = (Event("a", place, 2.0, value, "") for place, value in (("x", 1.0), ("y", 1.5)))
    assert largest_ratios([low, high, low]) == {"a": high}
    assert Event("a", "", 0.0, 1.0, "").ratio == float("inf")
    assert Event("a", "", 0.0, 0.0, "").ratio == 0


# --- the command


def run(capsys, *arguments):
    code = main(["train", *map(str, arguments)])
    out, err = capsys.readouterr()
    return code, out, err


def test_the_same_command_writes_the_same_bytes(capsys, tmp_path):
    arguments = ("permutation", "--bits", 4, "--width", 40, "--trained", "all", "--networks", 2, "--seed", 7)
    first, second, other = (tmp_path / f"{name}.safetensors" for name in "abc")
    code, out, err = run(capsys, *arguments, "-o", first)
    assert (code, err) == (0, "")
    assert "the average of 2 draws of a scalar network for each output bit" in out
    assert run(capsys, *arguments, "-o", second)[0] == 0
    assert run(capsys, *arguments[:-1], 8, "-o", other)[0] == 0
    assert first.read_bytes() == second.read_bytes() != other.read_bytes()
    networks = read_networks(first)
    kept = train(permutation(range(3, -1, -1)), Training.of("all"), width=40, networks=2, seed=7)
    assert np.array_equal(networks.hidden, kept.hidden)
    assert np.array_equal(networks.output, kept.output)
    assert networks.threshold == kept.threshold
    assert dict(networks.metadata).items() >= dict(kept.metadata).items()


def test_an_existing_file_is_replaced(capsys, tmp_path):
    """As certify replaces a certificate."""
    path = tmp_path / "a.safetensors"
    path.write_bytes(b"old")
    assert run(capsys, "addition", "--bits", 2, "--width", 20, "--trained", "output", "-o", path)[0] == 0
    assert read_networks(path).count == 1


@pytest.mark.parametrize(
    ("program", "options", "expected"),
    [
        (("permutation", "--bits", 3), ("--trained", "output"), {"descent_steps": None, "networks": 1, "steps": None}),
        (("addition", "--bits", 2), ("--trained", "all", "--steps", 4, "--step", "1/8"), {"steps": 4, "step": "0.125"}),
        (("addition", "--bits", 2), ("--trained", "all", "--parametrisation", "standard"), {"kernel": "nngp"}),
        (("rule90", "--cells", 5, "--program-steps", 2), ("--trained", "output", "--padding", 9), {"padding": 9}),
        (("permutation", "--bits", 3), ("--trained", "output", "--threshold", "1/7"), {"threshold": "1/7"}),
    ],
)
def test_the_document(capsys, tmp_path, program, options, expected):
    path = tmp_path / "n.safetensors"
    code, out, _ = run(capsys, *program, "--width", 60, *options, "-o", path, "--json")
    document = json.loads(out)
    assert (code, document["format"], document["complete"], document["file"]) == (0, 1, True, str(path))
    assert expected.items() <= document.items()
    networks = read_networks(path)
    assert (document["width"], document["samples"]) == (60, networks.inputs)
    assert Fraction(document["threshold"]) == networks.threshold
    assert document["program_sha256"] == networks.metadata["program_sha256"]


def test_a_certificate_gives_the_options_and_its_events_are_measured(capsys, tmp_path, pairs):
    certificate, path = tmp_path / "c.json", tmp_path / "n.safetensors"
    write(pairs[0], certificate)
    arguments = ("permutation", "--bits", 3, "--order", "1,0,2", "--seed", 1, "--certificate", certificate, "-o", path)
    code, out, _ = run(capsys, *arguments)
    assert code == 0
    assert "on this start, in floating point (a measurement, no verdict)" in out
    assert "drift*" in out
    assert np.array_equal(read_networks(path).hidden, pairs[1].hidden)
    document = json.loads(run(capsys, *arguments, "--json")[1])
    assert document["certificate"] == str(certificate)
    assert all(entry["ratio"] < 1 for entry in document["events"])
    assert document["not_measured"].keys() == {"levels"}
    found = {(entry["name"], entry["where"]): entry["measured"] for entry in document["events"]}
    assert found == {(event.name, event.where): event.measured for event in measure_events(*pairs)}
    path.unlink()
    for options, message in (
        (("--width", 20), "width 20 instead of"),
        (("--order", "0,1,2"), "program_sha256"),
        (("--networks", 2), "networks 2 instead of 1"),
    ):
        code, out, err = run(capsys, *arguments, *options)
        assert (code, out, len(err.splitlines())) == (3, "", 1)
        assert message in err
        assert not path.exists()


PERMUTATION = ("permutation", "--bits", 4, "--width", 40)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ((*PERMUTATION,), "required: --trained"),
        (("permutation", "--bits", 4, "--trained", "all"), "required: --width"),
        (("permutation", "--trained", "all", "--width", 40), "required: --bits"),
        ((*PERMUTATION, "--trained", "deep"), "invalid choice"),
        ((*PERMUTATION, "--trained", "all", "--start", "zero"), "not available for training 'all'"),
        ((*PERMUTATION, "--trained", "all", "--width", 41), "a multiple of 2"),
        ((*PERMUTATION, "--trained", "output", "--width", 3), "at least 4"),
        ((*PERMUTATION, "--trained", "output", "--step", 0), "--step must be a positive number"),
        ((*PERMUTATION, "--trained", "output", "--threshold", "x"), "--threshold must be a number from 0"),
        ((*PERMUTATION, "--trained", "output", "--steps", 0), "--steps must be"),
        ((*PERMUTATION, "--trained", "output", "--networks", 0), "--networks must be"),
        ((*PERMUTATION, "--trained", "output", "--seed", -1), "--seed must be"),
        ((*PERMUTATION, "--trained", "output", "--parametrisation", "standard"), "the standard parametrisation"),
        ((*PERMUTATION, "--trained", "all", "--certificate", "none.json"), "none.json cannot be read"),
        (("nothing", "--width", 40, "--trained", "all"), "PROGRAM: invalid choice"),
    ],
)
def test_bad_input_is_three_and_one_line(capsys, tmp_path, options, text):
    code, out, err = run(capsys, *options, "-o", tmp_path / "n.safetensors")
    assert (code, out, len(err.splitlines())) == (3, "", 1)
    assert text in err
    assert not list(tmp_path.iterdir())


def test_a_program_without_a_threshold_needs_one(capsys, tmp_path):
    """At arbitrary states no threshold separates the limits; a program without a task has no others."""
    program, path = tmp_path / "p.json", tmp_path / "n.safetensors"
    program.write_bytes(checker.canonical(program_json(multiplication(2))))
    arguments = (program, "--width", 150, "--trained", "output", "-o", path)
    code, out, err = run(capsys, *arguments)
    assert (code, out, len(err.splitlines())) == (3, "", 1)
    assert "--padding P gives more samples, --threshold TAU states a threshold" in err
    assert run(capsys, *arguments, "--threshold", "1/9")[0] == 0
    assert run(capsys, *arguments, "--padding", 90)[0] == 0
    assert run(capsys, "multiplication", "--bits", 2, *arguments[1:])[0] == 0


def test_the_file_is_checked_before_the_training(capsys, tmp_path):
    for path, text in ((tmp_path / "n.npz", "with the suffix .safetensors"), (tmp_path / "no" / "n.safetensors", "no")):
        code, out, err = run(capsys, *PERMUTATION, "--trained", "all", "-o", path)
        assert (code, out) == (3, "")
        assert text in err


@pytest.mark.parametrize("done", [0, 2])
def test_an_interrupted_training_writes_nothing(capsys, monkeypatch, tmp_path, done):
    calls = iter(range(100))
    whole = descent.all_layers

    def stopped(*arguments, **options):
        if next(calls) == done:
            raise KeyboardInterrupt
        return whole(*arguments, **options)

    monkeypatch.setattr(sys.modules[train.__module__], "all_layers", stopped)
    path = tmp_path / "n.safetensors"
    path.write_bytes(b"old")
    code, out, err = run(capsys, *PERMUTATION, "--trained", "all", "-o", path)
    assert (code, out) == (2, "not complete: no file was written\n")
    assert (f"interrupted: {done} of 4 networks trained" if done else "before the first network") in err
    calls = iter(range(100))
    code, out, err = run(capsys, *PERMUTATION, "--trained", "all", "-o", path, "--json")
    document = json.loads(out)
    assert (code, document["complete"], document["networks_trained"]) == (2, False, done)
    assert [item.name for item in tmp_path.iterdir()] == ["n.safetensors"]
    assert path.read_bytes() == b"old"


def test_a_signal_stops_a_training(tmp_path):
    path = tmp_path / "n.safetensors"
    arguments = ["permutation", "--bits", "200", "--width", "1000", "--trained", "all", "-o", str(path)]
    process = subprocess.Popen(
        [sys.executable, "-m", "ntkproofs", "train", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    lines = iter(process.stderr.readline, "")
    assert "of 200 networks trained" in next(lines)  # after two seconds
    time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "not complete: no file was written\n")
    assert not list(tmp_path.iterdir())


def test_trained_networks_are_evaluated_block_by_block():
    generator = np.random.default_rng(1)
    trained = Trained(generator.standard_normal((2, 3, 5, 4)), generator.standard_normal((2, 3, 2, 5)))
    codes = generator.standard_normal((300, 4))
    expected = np.einsum("nbow,nbws->nsbo", trained.output, np.maximum(trained.hidden @ codes.T, 0)).reshape(2, 300, 6)
    assert np.allclose(trained.outputs(codes), expected, 0, 1e-12)


@pytest.mark.parametrize("threshold", [None, Fraction(1, 8)])
def test_a_program_without_templates_is_refused(threshold):
    with pytest.raises(InputError, match="'empty' has no templates: there is nothing to train on"):
        train(TemplateProgram("empty", {"x": 2}), Training.of("output"), width=4, threshold=threshold)


@pytest.mark.parametrize("bits", [1, 2, 3])
@pytest.mark.parametrize("trained", ["output", "all"])
def test_small_permutations_are_executed_at_the_balanced_threshold(bits, trained):
    """The best threshold of 2 bits is 0, since their 0-bits have no variance; training leaves errors about 0."""
    task = permutation_task(range(bits))
    networks = train(task, Training.of(trained), width=400, seed=1)
    assert networks.threshold > 0
    assert exhaust_networks(task, networks).wrong == 0
