"""Time of basic operations: decisions for all integers, identities, and programs for long additions."""

import sympy

from ntkproofs.bounds import gap_increases, mean_sign
from ntkproofs.counts import bound_matches
from ntkproofs.execution import Machine
from ntkproofs.kernels import RHO, relu_product, step_product, two_layer_relu
from ntkproofs.programs import addition, addition_task
from ntkproofs.rigor import decide, identity

LONG = 1000


def test_decide_for_all_integers(benchmark):
    decision = benchmark(lambda: decide(*gap_increases(two_layer_relu())))
    assert decision.outcome == "holds"


def test_identity(benchmark):
    result = benchmark(lambda: identity(sympy.diff(relu_product(), RHO), step_product(), {RHO: (-1, 1)}))
    assert result.outcome == "holds"


def test_build_long_addition(benchmark):
    assert benchmark(lambda: addition(LONG)).samples == 4 * LONG


def test_bound_matches_of_long_addition(benchmark):
    program = addition(LONG)
    assert benchmark.pedantic(lambda: bound_matches(program), rounds=3).bound == 2 * LONG


def test_run_long_addition(benchmark):
    task = addition_task(LONG)

    def run():
        mean_sign.cache_clear()
        return Machine(task.program).run(task.start(2**LONG - 1, 1), steps=task.steps)

    trace = benchmark.pedantic(run, rounds=3)
    assert task.read(trace.final) == 2**LONG
