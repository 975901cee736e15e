"""Integers of NumPy are accepted wherever an integer is: in every public function, with the same result."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

from ntkproofs.bounds import (
    Requirement,
    enclose_mean,
    ensemble_size,
    gaussian_tail,
    least_networks,
    least_padding,
    least_width_of_any,
    networks_enough,
    padding_for,
    rounding_condition,
    size_for_margin,
    survey,
)
from ntkproofs.bounds.atlas import sign_of_zero
from ntkproofs.bounds.lower import correlation
from ntkproofs.bounds.moments import demand_networks, enclose_weights
from ntkproofs.certificates import Run, issue_ensemble, issue_network, issue_rounding, issue_stream
from ntkproofs.classes import reachable_classes
from ntkproofs.counts import Counts, worst_counts
from ntkproofs.estimates.ensemble import union_bound
from ntkproofs.execution import Machine, exhaust, explore, find_failure, run_sbn
from ntkproofs.execution.visited import visited_counts
from ntkproofs.kernels import deep_relu, demand_definite, leaky_relu, two_layer_relu
from ntkproofs.predictor import Predictor
from ntkproofs.programs import (
    Copies,
    Network,
    Stream,
    Task,
    TemplateProgram,
    addition,
    addition_task,
    flooding,
    multiplication,
    multiplication_task,
    permutation,
    permutation_task,
    sbn,
)
from ntkproofs.programs.flooding import path, star
from ntkproofs.programs.sbn import assemble, layout_for
from ntkproofs.rigor import Ball, Box, Integers, Point, decide, less
from ntkproofs.simulation import simulate
from ntkproofs.simulation.limit import Trials
from ntkproofs.witnesses import disjoint_states, witnesses

x = sympy.Symbol("x", positive=True)
COUNTS = frozenset({Counts(2, 0, 1, 10), Counts(2, 1, 1, 10)})
TASK = permutation_task([1, 0])
SBN = assemble("x: .word 2\none: .word 1\nsbn one x halt")


def stream():
    return Stream(permutation([1, 0]), ("bits",), 1, (("bits", 0),), lambda state, word: (None, word >> 1))


def trials():
    return Trials.of(permutation([1, 0, 2]), np.array([[1, 1, 0]], dtype=np.uint8))


def program(i):
    made = TemplateProgram("x", fields={"p": i(3), "q": i(2)})
    made.template({("p", i(0)): i(1)}, [("q", i(1))])
    made.template([(("p", i(2)), i(0))], (("q", i(0)),))
    made.pad(i(4))
    return made, made.state(p=i(5)), made.bit(i(3)), made.position(("q", i(1)))


def wide(i, number):
    """Return a number that does not fit in 8 bits."""
    return (np.uint16 if i is np.uint8 else i)(number)


def task(i):
    both = multiplication(bits=i(2))
    made = Task(both, ("multiplicand",), i(3), (("sum_p", i(0)),), int, {"multiplier": i(3)}, {"multiplicand": i(2)})
    return made, made.start(i(3)), made.input_widths


USES = {
    "program": program,
    "task": lambda i: task(i)[0].constants | task(i)[0].widths | {"start": task(i)[1], "widths": task(i)[2]},
    "addition": lambda i: addition(bits=i(3)),
    "addition_task": lambda i: addition_task(i(3)).start(i(5), i(2)),
    "multiplication": lambda i: multiplication(bits=i(3)),
    "multiplication_task": lambda i: multiplication_task(bits=i(3)).start(i(5), i(2)),
    "permutation": lambda i: str(permutation([i(1), i(0)])),
    "permutation_task": lambda i: permutation_task([i(2), i(0), i(1)]).oracle(5),
    "sbn": lambda i: sbn(i(4), i(3), i(3)),
    "flooding": lambda i: flooding(i(2), i(3)),
    "Network": lambda i: list(Network(flooding(3, 2), i(3), path(i(3))).run([i(1), i(0), i(4)], steps=i(2)))[
        -1
    ].tolist(),
    "Network, edges": lambda i: Network(flooding(3, 2), 3, ((i(0), i(1)),)).wires,
    "star": lambda i: star(i(3)),
    "Stream": lambda i: stream().run([i(1), (i(2),)]) + stream().expected([i(1)]),
    "Copies": lambda i: list(Copies(stream(), [{}, {}], lambda a: [i(1), i(2)]).run(i(2), first=[i(1), (i(2),)])),
    "layout_for": lambda i: layout_for(SBN, words=i(3), instructions=i(2)),
    "run_sbn": lambda i: str(run_sbn(SBN, max_instructions=i(5), words=i(3), instructions=i(2))),
    "Machine.run": lambda i: str(Machine(TASK.program).run({"bits": [i(1), i(0)]}, steps=i(2))),
    "Machine.run_stream": lambda i: Machine((s := stream()).program).run_stream(s, [i(1), (i(2),)]).answers,
    "exhaust": lambda i: exhaust(TASK, workers=i(1)).cases,
    "explore": lambda i: explore(stream(), clocks=i(2), max_states=i(9)).visited,
    "find_failure": lambda i: str(find_failure(TASK.program, limit=i(100))),
    "visited_counts": lambda i: visited_counts(TASK.program, [i(0)], [i(1)], i(2)),
    "reachable_classes": lambda i: reachable_classes(TASK.program, [i(0)], [i(1)], i(2)),
    "witnesses": lambda i: witnesses(TASK.program, [i(0), i(1)], [], i(2)),
    "disjoint_states": lambda i: disjoint_states(TASK.program, [i(0), i(1)], [], i(2)),
    "Counts": lambda i: Counts(i(2), i(1), i(1), i(10)),
    "worst_counts": lambda i: worst_counts(TASK.program, i(2)),
    "Predictor": lambda i: Predictor("ntk", i(10)).mean(i(2), i(1), i(1)) + Predictor("ntk", i(10)).variance(i(2)),
    "Kernel": lambda i: (two_layer_relu().matched(i(4)), two_layer_relu().enclosed(i(4), precision=i(40))),
    "deep_relu": lambda i: deep_relu(i(3), "ntk").name,
    "leaky_relu": lambda i: leaky_relu(i(0), "ntk").name,
    "demand_definite": lambda i: demand_definite(two_layer_relu(), i(10)),
    "demand_networks": lambda i: demand_networks("ntk", i(2), i(10)),
    "enclose_weights": lambda i: enclose_weights("ntk", i(2), i(10), i(64)),
    "enclose_mean": lambda i: enclose_mean("ntk", Counts(2, 1, 1, 10), precision=i(64)),
    "correlation": lambda i: correlation("ntk", i(2), i(10), i(1)),
    "sign_of_zero": lambda i: sign_of_zero("ntk", i(2)),
    "survey": lambda i: survey({"ntk": "ntk"}, most=i(2), bits=i(3), failure=Fraction(1, 10)),
    "rounding_condition": lambda i: str(rounding_condition("ntk", i(2), i(1), i(1), i(10))),
    "least_padding": lambda i: least_padding("ntk", [Counts(i(10), i(1), i(9), i(20))]),
    "ensemble_size": lambda i: ensemble_size(
        "ntk", COUNTS, output_bits=i(3), steps=i(1), inputs=i(4), failure=Fraction(1, 100), threshold=Fraction(1, 9)
    ),
    "ensemble_size, threshold": lambda i: ensemble_size(
        "ntk", COUNTS, output_bits=3, steps=1, inputs=4, failure=Fraction(1, 100), threshold=i(0)
    ),
    "Requirement": lambda i: Requirement(two_layer_relu(), COUNTS, i(3), i(1), i(4), Fraction(1, 100)).size(i(5)),
    "padding_for": lambda i: padding_for(Requirement(two_layer_relu(), COUNTS, 3, 1, 4, Fraction(1, 100)), i(2)),
    "networks_enough": lambda i: networks_enough(i(22), Ball(Fraction(1, 2), precision=80), i(1), Fraction(1, 100)),
    "size_for_margin": lambda i: size_for_margin(Ball(Fraction(1, 2), precision=80), i(3), Fraction(1, 100)),
    "least_networks": lambda i: least_networks(
        "ntk", witnesses(TASK.program, [0, 1], [], 1), Fraction(1, 100), most=i(9)
    ),
    "least_width_of_any": lambda i: least_width_of_any(i(64), Fraction(1, 100), copies=i(2)),
    "union_bound": lambda i: union_bound("ntk", COUNTS, Fraction(1, 9), networks=i(3), cases=i(2)),
    "issue_ensemble": lambda i: issue_ensemble(TASK, failure="1/100", inputs=i(2), networks=i(9)).data,
    "issue_rounding": lambda i: issue_rounding(Run(TASK.program, (i(0),), (i(1),), i(2)), states="reachable").data,
    "issue_stream": lambda i: issue_stream(stream(), failure="1/100", clocks=i(2), networks=i(9)).data,
    "issue_network": lambda i: (
        issue_network(permutation_task([1, 0]), failure="1/10", width=wide(i, 900), inputs=i(2)).data
    ),
    "issue_network, steps": lambda i: (
        issue_network(
            permutation_task([1, 0]), failure="1/10", width=wide(i, 900), steps=wide(i, 400), step=Fraction(1, 10)
        ).data
    ),
    "simulate": lambda i: simulate(trials(), networks=i(2), repetitions=i(10), seed=i(3)).trials.targets.tolist(),
    "simulate, width": lambda i: (
        simulate(
            trials(), networks=i(2), model="linearised", width=i(20), repetitions=i(10), seed=i(3)
        ).mean_squared_error
    ),
    "Ball": lambda i: Ball(i(3), precision=i(60)) + i(2) - i(1) * Ball(2, precision=60) ** i(2),
    "Ball.digits": lambda i: Ball(Fraction(1, 3), precision=60).digits(i(5)),
    "gaussian_tail": lambda i: gaussian_tail(Ball(i(2), precision=60)),
    "decide, box": lambda i: decide(less(i(0), x), Box({x: (i(1), i(2))})).outcome,
    "decide, integers": lambda i: decide(less(x, x + i(1)), Integers(x, i(2))).outcome,
    "decide, point": lambda i: decide(less(x, i(3)), Point({x: i(2)})).outcome,
}


@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.uint64])
@pytest.mark.parametrize("name", USES)
def test_integers_of_numpy(name, kind):
    assert repr(USES[name](kind)) == repr(USES[name](int))
