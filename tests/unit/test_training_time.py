"""Training time: known values, networks that are trained, kernels with bias, states without matches, invalid times."""

import json
from fractions import Fraction as Q

import mpmath
import numpy as np
import pytest
import sympy

from ntkproofs.bounds import Margins, choose_threshold, ensemble_size, rounds_right
from ntkproofs.bounds.moments import State
from ntkproofs.bounds.padding import Requirement, padding_for
from ntkproofs.bounds.stopping import onset
from ntkproofs.cli import main
from ntkproofs.counts import Counts, arbitrary_counts, worst_counts, worst_ranges
from ntkproofs.errors import InputError, NoMargin
from ntkproofs.execution import Machine, RoundingFailure, exhaust
from ntkproofs.kernels import REGIMES, RHO, Kernel, two_layer_relu
from ntkproofs.kernels.bias import bias
from ntkproofs.predictor import MATCHES, Predictor
from ntkproofs.programs import addition_task, multiplication_task, permutation, permutation_task
from ntkproofs.rigor import enclose, identity
from ntkproofs.training_time import CONVERGED, UNIT, TrainingTime, as_training_time, fastest_step, largest_step

NTK = two_layer_relu()


def number(expression):
    return float(enclose(expression, precision=100).middle)


# --- the time


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"time": 0}, "time must be a positive rational number, got 0"),
        ({"time": -3}, "time must be a positive"),
        ({"time": 2.5}, "time must be exact"),
        ({"time": sympy.pi}, "time must be a positive rational"),
        ({"steps": 3}, "steps and step are given together"),
        ({"step": Q(1, 3)}, "steps and step are given together"),
        ({"time": 3, "steps": 3, "step": 1}, "not both"),
        ({"steps": 0, "step": 1}, "steps must be a positive integer, got 0"),
        ({"steps": 2, "step": 0}, "step must be a positive"),
        ({"steps": True, "step": 1}, "steps must be a positive integer"),
    ],
)
def test_invalid_times(arguments, message):
    with pytest.raises(InputError, match=message):
        TrainingTime(**arguments)


def test_times_are_compared_by_value():
    assert TrainingTime(time=Q(4, 2)) == as_training_time(2)
    assert hash(TrainingTime(time=2)) == hash(TrainingTime(time=Q(2)))
    assert as_training_time(CONVERGED) is CONVERGED
    with pytest.raises(InputError, match="not both"):
        as_training_time(CONVERGED, steps=2, step=1)


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("samples", [1, 2, 10, 5000])
def test_the_largest_step_is_two_over_the_largest_eigenvalue(regime, samples):
    kernel = two_layer_relu(regime)
    other = 1 / (2 * np.pi) if regime == "ntk" else 1 / np.pi
    gram = np.full((samples, samples), other) if samples < 50 else None
    largest = 1 + (samples - 1) * other
    if gram is not None:
        np.fill_diagonal(gram, 1.0)
        largest = np.linalg.eigvalsh(gram)[-1]
    bound = largest_step(kernel, samples)
    assert float(bound.middle) == pytest.approx(2 / largest, rel=1e-12)
    below, above = bound.lower * Q(999999, 1000000), bound.upper * Q(1000001, 1000000)
    TrainingTime(steps=3, step=below).demand_allowed(kernel, samples)
    for use in (
        lambda at: at.demand_allowed(kernel, samples),
        lambda at: Predictor(kernel, samples, time=at),
        lambda at: State.at(kernel, 1, samples, 64, at),
        lambda at: (
            Machine(permutation(range(samples)), kernel, time=at)
            if samples < 20
            else at.demand_allowed(kernel, samples)
        ),
    ):
        with pytest.raises(InputError, match=r"is too large: .* converges for steps below 2/lambda_max"):
            use(TrainingTime(steps=3, step=above))


def test_the_largest_step_where_different_samples_are_negatively_correlated():
    """The largest eigenvalue is then own - other, of the vectors whose entries sum to 0."""
    kernel = Kernel("negative", RHO - RHO**0 / 20)  # own 19/20, other -1/20: 20/19 and 10/19 for 10 samples
    bound = largest_step(kernel, 10)
    assert bound.lower <= Q(19, 10) <= bound.upper
    TrainingTime(steps=1, step=Q(189, 100)).demand_allowed(kernel, 10)
    with pytest.raises(InputError, match="the step 191/100 is too large"):
        TrainingTime(steps=1, step=Q(191, 100)).demand_allowed(kernel, 10)


def test_a_step_of_exactly_two_over_lambda_max_is_too_large():
    """The linear kernel has the eigenvalue 1 only: with the step 2 the error changes its sign for ever."""
    with pytest.raises(InputError, match="the step 2 is too large"):
        Predictor("linear", 3, steps=5, step=2)
    assert Predictor("linear", 3, steps=5, step=Q(3, 2)).mean(1, 1, 1) == 1 + Q(1, 32)


def test_long_times_and_many_steps_are_convergence():
    for at in (TrainingTime(time=10**9), TrainingTime(steps=10**12, step=Q(1, 10))):
        early, late = State.at(NTK, 3, 10, 128, at), State.at(NTK, 3, 10, 128)
        assert abs(early.gain.middle - late.gain.middle) < Q(1, 10**30)
        assert abs(early.variance.middle - late.variance.middle) < Q(1, 10**30)


# --- mean and variance


@pytest.mark.parametrize("regime", REGIMES)
def test_before_training_the_mean_is_zero_and_the_variance_that_of_the_start(regime):
    """After a millionth of the unit: mean of order 1e-6, variance own/K of the prior kernel, which is 1/2."""
    predictor = Predictor(two_layer_relu(regime), 10, time=Q(1, 10**6))
    assert abs(number(predictor.mean(2, 1, 1))) < 2e-6
    assert number(predictor.variance(2)) == pytest.approx(1 / 20, abs=1e-6)


def test_the_first_step_moves_the_mean_by_the_kernel():
    """One step from 0 adds eta times the kernel of the state with each sample that writes the bit."""
    predictor = Predictor(NTK, 12, steps=1, step=Q(1, 7))
    expected = (NTK.matched(MATCHES) + 2 * NTK.other) / 7
    assert identity(predictor.mean(3, 1, 3), expected.subs(MATCHES, 3)).outcome == "holds"


def test_two_steps_of_the_size_of_fastest_convergence_scale_the_means():
    q = mpmath.mpf(9) / (2 * mpmath.pi)  # l1 + l2 = 2 + 8/(2 pi), l2 - l1 = 10/(2 pi) for 10 samples
    left = (10 / (2 * mpmath.pi) / (2 + 8 / (2 * mpmath.pi))) ** 2
    assert 0 < left < q
    at = TrainingTime(steps=2, step=fastest_step(NTK, 10))
    for counts in arbitrary_counts(permutation(range(10))):
        early = State.at(NTK, counts.matches, 10, 100, at).moments(counts).mean
        late = State.at(NTK, counts.matches, 10, 100).moments(counts).mean
        assert float(early.middle) == pytest.approx(float((1 - left) * float(late.middle)), abs=2e-4)


@pytest.mark.parametrize("when", [TrainingTime(time=Q(3, 2)), TrainingTime(steps=4, step=Q(1, 3)), CONVERGED])
def test_a_kernel_with_bias_at_a_state_without_matches(when):
    """Dense matrices from `kernel.between`: prior and trained kernel differ, and neither vanishes at zero."""
    kernel, K = NTK + bias(Q(1, 3)), 4
    prior = kernel.prior
    samples = [[int(i == j) for j in range(K)] for i in range(K)]
    for n in (0, 1, 3):
        with mpmath.workdps(40):
            state = [1 / sympy.sqrt(n) if i < n else sympy.Integer(0) for i in range(K)] if n else [0] * K
            theta, theta_x, start, start_x = (
                mpmath.matrix([[_mp(k.between(u, v)) for v in right] for u in samples])
                for k, right in ((kernel, samples), (kernel, [state]), (prior, samples), (prior, [state]))
            )
            scaled = theta / theta[0, 0]
            if when.converged:
                remains = mpmath.zeros(K)
            elif when.time is not None:
                remains = mpmath.expm(-scaled * mpmath.mpf(3) / 2)
            else:
                remains = (mpmath.eye(K) - scaled / 3) ** 4
            weights = (mpmath.eye(K) - remains) * mpmath.lu_solve(theta, theta_x)
            mean = weights[K - 1] + (weights[0] if n else 0)  # the first sample, which matches, and the last
            variance = (
                _mp(prior.between(state, state)) + (weights.T * start * weights)[0] - 2 * (weights.T * start_x)[0]
            ) / K
        predictor = Predictor(kernel, K, time=when)
        p, t = (1, 2) if n else (0, 1)
        assert number(predictor.mean(n, p, t)) == pytest.approx(float(mean), abs=1e-15)
        assert number(predictor.variance(n)) == pytest.approx(float(variance), abs=1e-15)
        moments = State.at(kernel, n, K, 100, when).moments(Counts(n, p, t, K))
        assert float(moments.mean.middle) == pytest.approx(float(mean), abs=1e-15)
        assert float(moments.variance.middle) == pytest.approx(float(variance), abs=1e-15)


def _mp(expression):
    return mpmath.mpf(str(sympy.N(expression, 40)))


def test_trained_networks_have_these_moments():
    """400 networks of width 1,000, trained for 2 steps: all weights, NTK parametrisation, 4 samples."""
    K, width, steps, step, networks = 4, 1000, 2, 0.4, 400
    generator, target = np.random.default_rng(5), np.array([1.0, 0.0, 0.0, 0.0])
    outputs = []
    state = np.array([1.0, 1.0, 0.0, 0.0]) / np.sqrt(2)
    for _ in range(networks):
        hidden, outer = generator.standard_normal((width, K)), generator.standard_normal(width)
        scale = (width * K) ** -0.5
        for _ in range(steps):
            active = np.maximum(hidden, 0)  # inputs are the basis vectors
            error = scale * outer @ active - target
            rate = step * K  # the kernel has own entry 1/K
            hidden, outer = (
                hidden - rate * scale * outer[:, None] * (hidden > 0) * error,
                outer - rate * scale * active @ error,
            )
        outputs.append(scale * outer @ np.maximum(hidden @ state, 0))
    predictor = Predictor(NTK, K, steps=steps, step=Q(2, 5))
    mean, variance = number(predictor.mean(2, 1, 1)), number(predictor.variance(2))
    assert np.mean(outputs) == pytest.approx(mean, abs=4 * (variance / networks) ** 0.5)
    assert np.var(outputs) == pytest.approx(variance, rel=4 * (2 / networks) ** 0.5)
    late = Predictor(NTK, K)  # the test can tell them apart:
    assert abs(number(late.mean(2, 1, 1)) - mean) > 8 * (variance / networks) ** 0.5
    assert abs(number(late.variance(2)) - variance) > 4 * variance * (2 / networks) ** 0.5


# --- margins and ensembles


def test_at_a_training_sample_the_output_varies_before_convergence():
    early, late = (
        State.at(NTK, 1, 10, 100, at).moments(Counts(1, 1, 1, 10)) for at in (TrainingTime(time=2), CONVERGED)
    )
    assert late.certain
    assert not early.certain
    assert early.mean < 1
    assert State.at(NTK, 0, 10, 100, TrainingTime(time=2)).moments(Counts(0, 0, 1, 10)).certain


def test_networks_of_a_permutation_fall_with_time():
    counts = worst_counts(permutation(range(10)))
    sizes = []
    for at in (*(TrainingTime(time=t) for t in (1, 2, 3, 6, 40)), CONVERGED):
        threshold = choose_threshold(NTK, counts, "best", at=at)
        sizes.append(
            ensemble_size(
                NTK, counts, output_bits=10, steps=1, inputs=1024, failure=Q(1, 100), threshold=threshold, at=at
            ).networks
        )
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-2] == sizes[-1] == 48
    assert 2.9 < sizes[0] / 48 < 3.1


def test_the_threshold_zero_is_refused_before_convergence():
    with pytest.raises(NoMargin, match="on the wrong side of it, at n = 1, p = 0, t = 1, K = 10"):
        Margins.of(NTK, worst_counts(permutation(range(10))), at=TrainingTime(time=20)).smallest(0)


def test_ranges_of_counts_are_listed_before_convergence():
    program = permutation(range(10))
    asked = {"output_bits": 10, "steps": 1, "inputs": 1024, "failure": Q(1, 100), "at": TrainingTime(time=3)}
    few = frozenset(counts for counts in worst_counts(program) if counts.matches < 3)
    whole = Requirement(NTK, worst_counts(program), **asked)
    assert Requirement(NTK, few, ranges=worst_ranges(program), **asked).size(0).networks == whole.size(0).networks == 56
    with pytest.raises(InputError, match="ranges of counts are known at convergence only"):
        ensemble_size(NTK, few, threshold=Q(1, 20), ranges=worst_ranges(program), **asked)


def test_padding_helps_before_convergence_as_well():
    """And floats find the same as balls: the padding for one network, at a time of gradient flow."""
    required = Requirement(NTK, worst_counts(permutation(range(5))), 5, 1, 32, Q(1, 100), at=TrainingTime(time=8))
    point = padding_for(required, 4)
    assert required.size(point.padding).networks <= 4 < required.size(point.padding - 1).networks


# --- execution


@pytest.mark.parametrize("regime", REGIMES)
def test_only_the_samples_are_wrong_at_the_threshold_zero(regime):
    """Late in gradient flow, of all states those that one template matches are rounded wrong, at their 0-bits."""
    kernel, at = two_layer_relu(regime), TrainingTime(time=6)
    wrong = {item for item in arbitrary_counts(permutation(range(8))) if not rounds_right(kernel, item, at=at)}
    assert wrong == {Counts(1, 0, 1, 8)}


def test_a_machine_at_a_time_needs_a_threshold():
    task = addition_task(bits=4)
    with pytest.raises(
        RoundingFailure, match="networks at time 3: more training or another threshold may help"
    ) as failure:
        Machine(task.program, time=3).run(task.start(5, 3), steps=task.steps)
    assert failure.value.counts == Counts(1, 0, 2, 16)
    trace = Machine(task.program, time=3, threshold=Q(1, 10)).run(task.start(5, 3), steps=task.steps)
    assert task.read(trace.final) == 8
    late = Machine(task.program).run(task.start(5, 3), steps=task.steps)
    assert trace.states == late.states
    assert str(trace) != str(late)  # the means differ


def test_two_steps_execute_a_permutation_at_the_threshold_zero():
    task = permutation_task([2, 0, 3, 1, 4])
    result = exhaust(task, time=TrainingTime(steps=2, step=fastest_step(NTK, 5)))
    assert result.holds
    assert result.counted
    assert not exhaust(task, time=TrainingTime(steps=1, step=fastest_step(NTK, 5))).holds


def test_exhaust_at_a_time():
    task = multiplication_task(bits=2)
    assert exhaust(task, time=4, threshold=Q(1, 20), condition=False).holds
    early = exhaust(task, time=4)
    assert early.wrong == 0  # the answers are those of the templates
    assert {counts.matched_writers for counts in early.unsound} == {0}
    assert "networks         at time 4 (unit of time: the kernel with own entry 1)" in str(early)
    with pytest.raises(InputError, match="must not be negative"):
        exhaust(task, threshold=Q(-1, 2))


# --- the command line


def run(capsys, *arguments):
    code = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return code, out, " ".join(err.split())


def test_run_at_a_time(capsys):
    code, out, err = run(capsys, "run", "addition", 5, 3, "--bits", 4, "--time", 3, "--threshold", "0.1")
    assert (code, out) == (0, "8\n")
    assert "at time 3 (unit of time: the kernel with own entry 1), threshold 1/10" in err
    code, out, _ = run(
        capsys,
        *("run", "addition", 5, 3, "--bits", 4, "--training-steps", 9, "--step", "1/2", "--threshold", "1/10"),
        "--json",
    )
    document = json.loads(out)
    assert (code, document["training_steps"], document["step"], document["threshold"]) == (0, 9, "1/2", "1/10")
    assert document["result"] == 8


def test_exhaust_at_a_time_on_the_command_line(capsys):
    code, out, _ = run(capsys, "exhaust", "permutation", "--bits", 5, "--time", "7/2", "--threshold", "1/10", "--json")
    assert (code, json.loads(out)["time"], json.loads(out)["threshold"]) == (0, "7/2", "1/10")
    code, out, _ = run(capsys, "exhaust", "permutation", "--bits", 5, "--time", "7/2")
    assert code == 1
    assert "n = 1, p = 0, t = 1, K = 5" in out


TOGGLE = """.model toggle
.inputs flip
.outputs on
.latch next on 0
.names flip on next
10 1
01 1
.end
"""


def test_streams_and_sbn_programs_at_a_time_on_the_command_line(capsys, tmp_path):
    toggle, program = tmp_path / "toggle.blif", tmp_path / "p.sbn"
    toggle.write_text(TOGGLE)
    program.write_text("x: .word 5\ny: .word 3\nsbn x y\n")
    late = ("--time", 9, "--threshold", "1/10")
    assert run(capsys, "run", toggle, 1, 0, 1, *late)[:2] == (0, "0\n1\n1\n")
    code, out, _ = run(capsys, "exhaust", toggle, *late, "--json")
    assert (code, json.loads(out)["time"], json.loads(out)["threshold"]) == (0, "9", "1/10")
    code, out, _ = run(capsys, "exhaust", toggle, "--time", "1/10")
    assert (code, "wrong at" in out) == (1, True)
    code, out, err = run(capsys, "exhaust", toggle, "--training-steps", 3, "--step", 5)
    assert (code, out, "the step 5 is too large" in err) == (3, "", True)
    code, out, err = run(capsys, "run", "sbn", program, *late, "--json")
    assert (code, json.loads(out)["time"], json.loads(out)["memory"]["y"]) == (0, "9", -2)
    code, out, err = run(capsys, "run", "sbn", program, "--time", "1/100")
    assert (code, out, "networks at time 1/100: more training" in err) == (1, "", True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--time", "0"], "--time must be positive, got 0"),
        (["--time", "-1"], "--time must be a number from 0 on"),
        (["--time", "1", "--training-steps", "3", "--step", "1/2"], "a time of training is either --time or"),
        (["--training-steps", "3"], "--training-steps and --step are given together"),
        (["--step", "1/2"], "--training-steps and --step are given together"),
        (["--training-steps", "0", "--step", "1/2"], "--training-steps must be a positive integer"),
        (["--training-steps", "3", "--step", "5"], "the step 5 is too large"),
        (["--threshold", "x"], "--threshold must be a number such as 1/8 or 0.125, or the word search, got 'x'"),
    ],
)
def test_invalid_options(capsys, options, message):
    code, out, err = run(capsys, "run", "addition", 1, 1, "--bits", 2, *options)
    assert (code, out) == (3, "")
    assert message in err


# --- show


def test_show_says_when_rounding_becomes_right_and_what_stopping_early_costs(capsys):
    arguments = ("show", "permutation", "--bits", 10, "--failure", "0.01", "--templates", 0)
    code, out, _ = run(capsys, *arguments)
    assert code == 0
    assert out.split("\n\n")[-1].splitlines() == [
        f"networks that are not trained to convergence, at arbitrary states ({UNIT}):",
        "  rounding right  threshold 0:     not at time 64 of gradient flow, after 2 steps of size 11/18",
        "  rounding right  best threshold:  at time 0.001, after 1 step of size 11/18",
        "  networks        96 at time 1, 46 at time 2, 36 at time 3, 32 at time 6, 31 at convergence",
    ]
    document = json.loads(run(capsys, *arguments, "--json")[1])
    assert document["training"]["zero"] == {"time": None, "steps": 2, "step": "11/18"}
    assert document["training"]["networks"][-1] == {"time": None, "networks": 31}
    document = json.loads(run(capsys, *arguments, "--json", "--training-steps", 2, "--step", "11/18")[1])
    assert (document["training_steps"], document["frontier"][0]["networks"] > 31) == (2, True)


def test_programs_with_several_writers_are_separated_later_than_permutations():
    """At first a mean is the time times p matched(n) + (t - p) other: a 0-bit with t = 3 exceeds a 1-bit with t = 1."""
    task = multiplication_task(bits=4)
    counts = frozenset(exhaust(task).visited)
    found = onset(NTK, counts, "best")
    assert 0 < found.time < 1
    assert found.steps > 1
    early = [enclose(NTK.matched(13), precision=60), enclose(3 * NTK.other, precision=60)]
    assert early[0] < early[1]
    assert onset(NTK, [Counts(10, 1, 9, 20)], "zero").time is None  # wrong at convergence
