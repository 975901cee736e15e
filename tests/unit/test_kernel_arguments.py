"""Wherever a kernel is a parameter, it is a Kernel or the name of one: in every public function."""

import importlib
import inspect
import pkgutil
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import find

import ntkproofs
from ntkproofs.bounds import (
    Requirement,
    choose_threshold,
    enclose_mean,
    ensemble_size,
    extreme_means,
    least_padding,
    mean_sign,
    rounding_condition,
    rounds_right,
    smallest_margin,
    sufficient_applies,
)
from ntkproofs.bounds.atlas import sign_of_zero, survey
from ntkproofs.bounds.balance import contrast_positive, excess_positive, gap_increases, matches_outweigh
from ntkproofs.bounds.lower import correlation, fails, least_networks
from ntkproofs.bounds.margins import Margins
from ntkproofs.bounds.moments import demand_networks, enclose_weights
from ntkproofs.bounds.ranges import first_wrong_count, least_margin_count, smallest_margin_over
from ntkproofs.bounds.stopping import onset
from ntkproofs.bounds.thresholds import balanced
from ntkproofs.certificates import issue_ensemble, issue_rounding, issue_stream
from ntkproofs.certificates.issue import Run, requirement
from ntkproofs.counts import Counts, arbitrary_counts, worst_ranges
from ntkproofs.errors import InputError
from ntkproofs.estimates.ensemble import union_bound, union_by_class
from ntkproofs.execution import Machine, execute_sbn, exhaust, exhaust_chunks, explore, find_failure, run_sbn
from ntkproofs.execution.exhaust import not_begun
from ntkproofs.kernels import as_kernel, demand_definite, two_layer_name, two_layer_relu
from ntkproofs.predictor import Predictor
from ntkproofs.programs import Stream, permutation, permutation_task
from ntkproofs.programs.sbn import assemble, layout_for
from ntkproofs.simulation import simulate
from ntkproofs.simulation.limit import Trials, kernel_values, limit_of
from ntkproofs.simulation.networks import simulate_chunks
from ntkproofs.simulation.trainer import threshold_of
from ntkproofs.strategies import template_programs
from ntkproofs.summary import frontier, stopping_early, summarise
from ntkproofs.training_time import eigenvalues, fastest_step, largest_step
from ntkproofs.witnesses import witnesses

COUNTS = (Counts(2, 0, 1, 10), Counts(2, 1, 1, 10))
TASK = permutation_task([1, 0])
RANGES = worst_ranges(TASK.program)
SBN = assemble("x: .word 2\none: .word 1\nsbn one x halt")
FAMILIES = witnesses(TASK.program, [0, 1], [], 1)


def stream():
    return Stream(permutation([1, 0]), ("bits",), 1, (("bits", 0),), lambda state, word: (None, word >> 1))


def trials():
    return Trials.of(permutation([1, 0, 2]), np.array([[1, 1, 0]], dtype=np.uint8))


USES = {  # each public function with a kernel: what it returns, as text
    "Machine": lambda k: Machine(TASK.program, k).run({"bits": [1, 0]}, steps=2),
    "Margins.of": lambda k: Margins.of(k, COUNTS),
    "Predictor": lambda k: Predictor(k, 10).mean(2, 1, 1),
    "Predictor, prior": lambda k: Predictor("ntk", 10, prior=k).variance(2),
    "Requirement": lambda k: Requirement(k, frozenset(COUNTS), 3, 1, 4, Fraction(1, 100)).size(5),
    "balanced": lambda k: balanced(TASK.program, k),
    "choose_threshold": lambda k: choose_threshold(k, COUNTS, "best"),
    "contrast_positive": contrast_positive,
    "correlation": lambda k: correlation(k, 2, 10, 1),
    "demand_definite": lambda k: demand_definite(k, 10),
    "demand_networks": lambda k: demand_networks(k, 2, 10),
    "eigenvalues": lambda k: eigenvalues(k, 10),
    "enclose_mean": lambda k: enclose_mean(k, COUNTS[1], precision=64),
    "enclose_weights": lambda k: enclose_weights(k, 2, 10, 64),
    "ensemble_size": lambda k: ensemble_size(
        k, COUNTS, output_bits=3, steps=1, inputs=4, failure=Fraction(1, 100), threshold=Fraction(1, 9)
    ),
    "excess_positive": excess_positive,
    "execute_sbn": lambda k: len(list(execute_sbn(SBN, layout_for(SBN), kernel=k))),
    "exhaust": lambda k: exhaust(TASK, kernel=k).smallest_margin(),
    "exhaust_chunks": lambda k: [chunk.kernel for chunk in exhaust_chunks(TASK, kernel=k)],
    "explore": lambda k: str(explore(stream(), kernel=k)),
    "extreme_means": lambda k: extreme_means(k, COUNTS),
    "fails": lambda k: fails(k, FAMILIES, 1, Fraction(1, 8), Fraction(1, 100)),
    "fastest_step": lambda k: fastest_step(k, 10),
    "first_wrong_count": lambda k: first_wrong_count(k, RANGES),
    "frontier": lambda k: frontier(Run.of(TASK), "arbitrary", Fraction(1, 100), kernel=k),
    "find_failure": lambda k: find_failure(TASK.program, kernel=k),
    "gap_increases": gap_increases,
    "issue_ensemble": lambda k: issue_ensemble(TASK, failure="1/100", kernel=k).data,
    "issue_rounding": lambda k: issue_rounding(TASK, kernel=k).data,
    "issue_stream": lambda k: issue_stream(stream(), failure="1/100", clocks=2, kernel=k).data,
    "kernel_values": lambda k: kernel_values(k)(np.array([0.25])),
    "largest_step": lambda k: largest_step(k, 10),
    "least_margin_count": lambda k: least_margin_count(k, RANGES, Fraction(1, 9)),
    "least_networks": lambda k: least_networks(k, FAMILIES, Fraction(1, 100), most=9),
    "least_padding": lambda k: least_padding(k, arbitrary_counts(TASK.program)),
    "limit_of": lambda k: limit_of(trials(), k).mean,
    "matches_outweigh": matches_outweigh,
    "mean_sign": lambda k: mean_sign(k, COUNTS[1]),
    "onset": lambda k: onset(k, COUNTS, "best"),
    "requirement": lambda k: requirement(Run.of(TASK), failure="1/100", kernel=k)[1].size(0),
    "not_begun": lambda k: not_begun(TASK, kernel=k).kernel,
    "rounding_condition": rounding_condition,
    "rounds_right": lambda k: rounds_right(k, COUNTS[1]),
    "run_sbn": lambda k: run_sbn(SBN, kernel=k),
    "sign_of_zero": lambda k: sign_of_zero(k, 2),
    "simulate": lambda k: vars(simulate(trials(), networks=2, repetitions=10, kernel=k)).get("errors"),
    "simulate_chunks": lambda k: len(list(simulate_chunks(trials(), networks=2, repetitions=10, kernel=k))),
    "smallest_margin_over": lambda k: smallest_margin_over(k, RANGES, Fraction(1, 9)),
    "summarise": lambda k: summarise(Run.of(TASK), TASK, kernel=k),
    "smallest_margin": lambda k: smallest_margin(k, COUNTS, Fraction(1, 9)),
    "stopping_early": lambda k: stopping_early(Run.of(TASK), "arbitrary", Fraction(1, 100), kernel=k),
    "sufficient_applies": sufficient_applies,
    "survey": lambda k: survey({"it": k}, most=2, bits=3),
    "template_programs": lambda k: find(template_programs(rounds=True, kernel=k), lambda program: True),
    "threshold_of": lambda k: threshold_of(TASK, k),
    "two_layer_name": two_layer_name,
    "as_kernel": as_kernel,
    "union_bound": lambda k: union_bound(k, COUNTS, Fraction(1, 9), networks=3, cases=1),
    "union_by_class": lambda k: union_by_class(k, dict.fromkeys(COUNTS, 1), Fraction(1, 9), networks=3, cases=1),
}
RESULTS = {  # classes with a kernel that the package makes
    "AtlasEntry",
    "Exhaustion",
    "Exploration",
    "FailureSearch",
    "Layers",
    "Margins",
    "RoundingFailure",
    "SbnRun",
    "Simulation",
    "Summary",
    "Trace",
}
INTERNAL = {
    "margin",  # of ntkproofs.estimates.ensemble: its kernel is a number of trained layers, by name
    "described_kernel",
    "explore_blocks",
    "planned",
}


def public():
    """Yield every public callable of the package that is no command, with its name."""
    for module in pkgutil.walk_packages(ntkproofs.__path__, "ntkproofs."):
        if "commands" not in module.name and "report" not in module.name and not module.name.endswith("__main__"):
            names = vars(importlib.import_module(module.name))
            yield from ((name, names[name]) for name in names.get("__all__", ()) if callable(names.get(name)))


def test_the_uses_are_all_public_functions_with_a_kernel():
    taking = set()
    for name, value in public():
        try:
            parameters = inspect.signature(value).parameters
        except (TypeError, ValueError):
            continue
        if parameters.keys() & {"kernel", "kernels"}:
            taking.add(name)
    assert taking - RESULTS - INTERNAL == {name for name in USES if "." not in name and "," not in name}


@pytest.mark.parametrize("regime", ["ntk", "nngp"])
@pytest.mark.parametrize("name", USES)
def test_a_kernel_may_be_given_by_its_name(name, regime):
    assert repr(USES[name](regime)) == repr(USES[name](two_layer_relu(regime)))


@pytest.mark.parametrize("kernel", ["rbf", 3, None, "NTK", b"ntk"])
@pytest.mark.parametrize("name", sorted(set(USES) - {"Predictor, prior", "simulate", "simulate_chunks"}))
def test_what_is_no_kernel_is_refused(name, kernel):
    with pytest.raises(InputError, match="kernel"):
        USES[name](kernel)
