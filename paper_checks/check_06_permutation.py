"""Permutations of k bits: executed exactly for every k, every permutation and every input."""

from collections.abc import Iterator
from itertools import permutations, product
from random import Random

import numpy as np
import sympy

from ntkproofs.bounds import contrast_positive, excess_positive, matches_outweigh
from ntkproofs.claims import Verdict, claim, conclude, confirm, decide, derive
from ntkproofs.counts import bound_matches
from ntkproofs.execution import Machine
from ntkproofs.kernels import REGIMES, two_layer_relu
from ntkproofs.predictor import MATCHES, SAMPLES
from ntkproofs.programs import permutation, permutation_task
from ntkproofs.rigor import Integers, less

SOURCE = "abstract; arXiv 2502.16763 v1: exact learning of permutations"
SEED = 20250220


@claim(
    "one random permutation of k bits for every k = 1..64: k samples, one writer of each bit, and k is the largest "
    "number of templates that match one state",
    source=SOURCE,
)
def counts() -> Verdict:
    def check(order: list[int]) -> bool:
        program, size = permutation(order), len(order)
        ones = program.row(program.state(bits=(1 << size) - 1))[None, :]
        reached = int(program.match_rows(ones).sum())
        return (
            program.samples == size
            and set(program.writers.tolist()) == {1}
            and bound_matches(program).bound == size == reached
        )

    source = Random(SEED)
    orders = [source.sample(range(size), size) for size in range(1, 65)]
    return conclude(confirm("one random order for each k", orders, check, exhaustive=False, seed=SEED))


@claim(
    "for every k, every permutation of k bits and every input: the sign of the mean of each output bit is the permuted "
    "bit ({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def exact(regime: str) -> Verdict:
    kernel = two_layer_relu(regime)
    n, K = MATCHES, SAMPLES
    B, D, slack = sympy.symbols("B D slack")
    quantities = {slack: K - n, D: kernel.contrast, B: kernel.balance(n)}
    balance_positive = decide(less(0, kernel.balance(n)), Integers(n, start=1))
    # t = p = 1 and n <= K: p (K + D) - t (n - B) = (K - n) + D + B
    condition = less(n - kernel.balance(n), K + kernel.contrast)
    return conclude(
        derive(condition, quantities, slack + D + B, positive=(D, B), findings=[balance_positive]),
        balance_positive,
        decide(*excess_positive(kernel)),
        decide(*contrast_positive(kernel)),
        decide(*matches_outweigh(kernel)),  # 0-bits
        checks=[
            confirm(
                "all permutations and inputs for k <= 4; one permutation and all inputs for k = 5..10",
                _orders(),
                lambda order: _is_executed(order, regime),
                exhaustive=True,
            )
        ],
    )


def _orders() -> Iterator[tuple[int, ...]]:
    for size in range(1, 5):
        yield from permutations(range(size))
    for size in range(5, 11):
        yield tuple((3 * index + 1) % size for index in range(size)) if size % 3 else tuple(reversed(range(size)))


def _is_executed(order: tuple[int, ...], regime: str) -> bool:
    """Return whether one step of the machine permutes the bits of every input."""
    task = permutation_task(order)
    rows = np.array(list(product((0, 1), repeat=len(order))), dtype=np.uint8)
    after, _ = Machine(task.program, two_layer_relu(regime)).step_rows(rows)
    return bool((after == rows[:, list(order)]).all())
