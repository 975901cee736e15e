"""Certificates about infinitely wide networks before convergence: what they state, and the numbers in them."""

import json
from fractions import Fraction
from functools import cache

import pytest
from mpmath import mp, mpf

from ntkproofs import checker
from ntkproofs.bounds import padding
from ntkproofs.certificates import Run, issue_ensemble, issue_rounding, issue_stream
from ntkproofs.cli import main
from ntkproofs.errors import InputError, NtkProofsError
from ntkproofs.programs import Stream, TemplateProgram, addition_task, permutation_task
from ntkproofs.training_time import TrainingTime

FORTY = TrainingTime(steps=40, step=Fraction(1, 10))


@cache
def ensemble(at, **options):
    """Return the certificate of permutations of 10 bits, on all inputs but one time in a hundred."""
    return issue_ensemble(permutation_task(range(10)), failure="1/100", at=at, **options)


def verdict(certificate, **changes):
    """Return the verdict of the checker on a changed claim."""
    return checker.judge(type(certificate)(certificate.claim | changes, certificate.evidence).data)


# --- the checker's formulas


@pytest.mark.parametrize("kernel", ["ntk", "nngp"])
@pytest.mark.parametrize(
    ("steps", "size"), [(1, "1/10"), (40, "1/10"), (3, "2/5"), (None, "1/4"), (None, "6"), (2, "61/100")]
)
def test_the_checker_has_the_mean_and_variance_of_dense_matrices(kernel, steps, size):
    """Six samples: T steps leave of the errors a power of a matrix, a flow an exponential."""
    K, layers, number = 6, {"ntk": 2, "nngp": 1}[kernel], Fraction(size)
    with mp.workdps(60):
        eta, eye = mpf(number.numerator) / number.denominator, mp.eye(K)

        def value(layers, n):
            angle = mp.acos(1 / mp.sqrt(n))
            return (mp.sin(angle) + layers * (mp.pi - angle) * mp.cos(angle)) / (2 * mp.pi)

        def gram(layers):
            return mp.matrix(K) + mp.ones(K) / (2 * mp.pi) + eye * (layers * mp.pi - 1) / (2 * mp.pi)

        def row(layers, n):
            return mp.matrix([value(layers, n) if index < n else 1 / (2 * mp.pi) for index in range(K)])

        scaled = gram(layers) / value(layers, 1)
        left = mp.expm(-eta * scaled) if steps is None else (eye - eta * scaled) ** steps
        predictor = checker.Predictor(kernel, K, checker.StoppedTraining(steps, number))
        for n in range(1, K + 1):
            weights = (eye - left) * mp.lu_solve(gram(layers), row(layers, n))
            covariance = (weights.T * gram(1) * weights)[0] - 2 * (weights.T * row(1, n))[0]
            deviation = mp.sqrt((value(1, 1) + covariance) / K)
            for matched in {0, min(n, 2)}:
                writers = matched + min(1, K - n)
                mean = mp.fsum(weights[index] for index in [*range(matched), *range(n, n + writers - matched)])
                contains(predictor.mean(n, matched, writers), mean)
            contains(predictor.deviation(n), deviation)


def contains(interval, value):
    """Expect an interval within 1e-40 around a number with some 50 digits."""
    scaled, tiny = value * checker.ONE, checker.ONE // 10**40
    assert interval.low - tiny <= scaled <= interval.high + tiny
    assert interval.high - interval.low <= tiny


# --- what is issued


def test_an_ensemble_after_steps_needs_what_it_states():
    certificate = ensemble(FORTY)
    assert certificate.claim["training"] == {"steps": 40, "step": "1/10"}
    words = "each after 40 steps of size 1/10 of full-batch gradient descent (unit: the kernel with own entry 1) on "
    assert words in certificate.verified.claim
    assert certificate.networks == 33
    for changes in ({"networks": 32}, {"training": {"steps": 30, "step": "1/10"}}):
        code, text = verdict(certificate, **changes)
        assert (code, "the union bound exceeds the failure probability" in text) == (1, True)
    assert verdict(certificate, networks=34)[0] == 0
    assert verdict(certificate, training={"time": 4})[0] == 0  # as much as forty steps


def test_at_convergence_nothing_is_said_of_training():
    certificate = ensemble(TrainingTime())
    assert certificate.data == issue_ensemble(permutation_task(range(10)), failure="1/100").data
    assert "training" not in certificate.claim
    assert "trained to convergence" in certificate.verified.claim


def test_networks_over_time():
    """By gradient flow the number falls to that at convergence, which it keeps, however long the time."""
    times = [1, 2, 3, 6, 60, 10**7]
    assert [ensemble(TrainingTime(time=time)).networks for time in times] == [96, 46, 36, 32, 31, 31]
    assert ensemble(TrainingTime()).networks == 31
    assert ensemble(TrainingTime(steps=10**6, step=Fraction(1, 2))).networks == 31


@pytest.mark.parametrize("by_class", [False, True])
@pytest.mark.parametrize("kernel", ["ntk", "nngp"])
@pytest.mark.parametrize("at", [FORTY, TrainingTime(time=Fraction(5, 2))])
def test_one_network_fewer_is_rejected(by_class, kernel, at):
    certificate = issue_ensemble(addition_task(2), failure="1/1000", at=at, kernel=kernel, by_class=by_class)
    code, text = verdict(certificate, networks=certificate.networks - 1)
    assert (code, "too few" in text or "union bound exceeds" in text) == (1, True)


def test_reachable_states_and_numbers_of_inputs():
    run = addition_task(2)
    several = issue_ensemble(run, failure="1/1000", at=FORTY, states="reachable")
    one = issue_ensemble(run, failure="1/1000", at=FORTY, states="reachable", inputs=1)
    assert one.networks < several.networks
    assert several.claim["states"]["steps"] == several.claim["steps"] == 4


def test_streams_before_convergence():
    program = TemplateProgram("delay", fields={"now": 1, "before": 1})
    program.template(when={("now", 0): 1}, write=[("before", 0)])
    program.template(when={("before", 0): 1}, write=[])
    delay = Stream(program, ("now",), 1, (("before", 0),), lambda state, now: (None, now))
    certificate = issue_stream(delay, failure="1/1000", clocks=30, drop_unwritten=True, at=FORTY)
    assert certificate.claim["training"] == {"steps": 40, "step": "1/10"}


def test_rounding_at_zero_after_an_even_number_of_large_steps_only():
    """A 0-bit at a sample has the mean ``t (e1 - e2)/K``: below 0 only where e2 is larger, after an even number."""
    task = permutation_task(range(4))
    certificate = issue_rounding(task, at=TrainingTime(steps=2, step=Fraction(9, 10)))
    assert certificate.claim["training"] == {"steps": 2, "step": "9/10"}
    for at in (TrainingTime(steps=3, step=Fraction(9, 10)), TrainingTime(steps=2, step=Fraction(8, 10)), FORTY):
        with pytest.raises(NtkProofsError, match=r"a bit that should be 0 is on the wrong side of 0 at n = 1, p = 0"):
            issue_rounding(task, at=at, states="reachable")


def test_states_without_a_threshold_between_the_means_are_left_out():
    """After one short step 0-bits at samples exceed 1-bits where many match, unless such states do not occur."""
    program = TemplateProgram("wide", fields={"a": 12})
    for index in range(12):
        program.template(when={("a", index): 1}, write=[("a", (index + 1) % 12)])
    run, at = Run(program, free=(0, 3), ones=(), steps=2), TrainingTime(steps=1, step=Fraction(1, 20))
    reachable = issue_ensemble(run, failure="1/100", at=at, states="reachable")
    everywhere = issue_ensemble(run, failure="1/100", at=at, states="arbitrary")
    assert reachable.networks < everywhere.networks


# --- the command


def certify(*options):
    return main(["certify", *options])


def test_the_command_and_what_verify_says(tmp_path, capsys):
    file = str(tmp_path / "c.json")
    options = ["permutation", "--bits", "10", "--steps", "40", "--step", "0.1", "--failure", "0.01"]
    assert certify(*options, "-o", file) == 0
    lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert (lines["networks"], lines["steps"], lines["step"]) == ("33", "40", "1/10")
    assert main(["verify", file]) == 0
    assert "after 40 steps of size 1/10 of full-batch gradient descent" in capsys.readouterr().out
    assert certify(*options, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["steps"], document["step"], document["program_steps"]) == (40, "1/10", 1)
    assert document["at_least"] <= document["networks"] == 33
    assert float(document["estimate"]) <= 0.01


@pytest.mark.parametrize(
    "options",
    [
        ["--steps", "40", "--step", "0.1"],
        ["--steps", "40", "--step", "0.1", "--inputs", "one"],
        ["--steps", "40", "--step", "0.1", "--states", "reachable"],
        ["--steps", "40", "--step", "0.05", "--padding", "9"],
        ["--steps", "40", "--step", "0.05", "--padding", "best"],
        ["--steps", "40", "--step", "0.05", "--networks", "3"],
        ["--time", "3", "--tail", "published", "--regime", "nngp"],
    ],
)
def test_options_of_addition(tmp_path, capsys, options):
    file = str(tmp_path / "c.json")
    assert certify("addition", "--bits", "2", "--failure", "0.01", *options, "--json", "-o", file) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["program_steps"], document.get("time")) == (4, "3" if "--time" in options else None)
    assert document["at_least"] <= document["networks"]
    assert main(["verify", file]) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--steps", "40"], "--steps and --step are given together"),
        (["--step", "0.1"], "--steps and --step are given together"),
        (["--steps", "0", "--step", "0.1"], "--steps must be a positive integer"),
        (["--steps", "4", "--step", "0"], "--step must be positive"),
        (["--steps", "4", "--step", "-1"], "--step must be a number"),
        (["--steps", "4", "--step", "0.9"], "the step 9/10 is too large"),
        (["--time", "0"], "--time must be positive"),
        (["--time", "3", "--steps", "4", "--step", "0.1"], "either --time or --steps and --step"),
        (["--time", "3", "--trained", "output"], "--time is an option of infinitely wide networks"),
        (["--time", "3", "--padding", "least"], "--padding least before convergence requires --networks N"),
        (["--time", "3", "--start", "zero"], "it requires --trained"),
    ],
)
def test_options_that_are_refused(capsys, options, message):
    assert certify("permutation", "--bits", "10", "--failure", "0.01", *options) == 3
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_threshold_zero_before_convergence_is_refused(capsys):
    assert certify("permutation", "--bits", "5", "--failure", "0.01", "--time", "3", "--threshold", "zero") == 1
    assert "on the wrong side of it, at n = 1, p = 0" in capsys.readouterr().err


def test_before_convergence_all_counts_are_listed(monkeypatch):
    monkeypatch.setattr(padding, "MAX_LISTED", 18)
    with pytest.raises(InputError, match="more than 18 counts can occur: they are not all listed before convergence"):
        ensemble(FORTY, by_class=False)
