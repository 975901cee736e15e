"""All inputs of small programs, executed through the predictor, agree with Python integers."""

from itertools import permutations, product

import numpy as np
import pytest

from ntkproofs.execution import Machine
from ntkproofs.kernels import REGIMES, two_layer_relu
from ntkproofs.programs import addition_task, permutation

regimes = pytest.mark.parametrize("regime", REGIMES)


@regimes
@pytest.mark.parametrize("bits", range(1, 6))
def test_addition_of_all_pairs(bits, regime):
    """Each step preserves p + q + 2 c; after 2 l steps, p and the last carry are x + y."""
    task = addition_task(bits)
    machine = Machine(task.program, two_layer_relu(regime))
    pairs = list(product(range(2**bits), repeat=2))
    rows = np.array([task.program.row(task.start(x, y)) for x, y in pairs])
    overflow = np.zeros(len(pairs), dtype=bool)
    for _ in range(task.steps):
        rows, counts = machine.step_rows(rows)
        assert counts
        p, q, c = (rows[:, k * bits : (k + 1) * bits] @ (1 << np.arange(bits)) for k in range(3))
        assert (p + q + 2 * c == [x + y for x, y in pairs]).all()
        overflow |= rows[:, -1] == 1
    assert [task.read_row(row) for row in rows] == [x + y for x, y in pairs]
    assert overflow.tolist() == [x + y >= 2**bits for x, y in pairs]
    assert not rows[:, bits : 2 * bits].any()


@regimes
@pytest.mark.parametrize("bits", [1, 2])
def test_every_state_of_addition_has_the_expected_next_state(bits, regime):
    program = addition_task(bits).program
    rows = np.array(list(product((0, 1), repeat=3 * bits)), dtype=np.uint8)
    after, _ = Machine(program, two_layer_relu(regime)).step_rows(rows)
    for row, result in zip(rows.tolist(), after.tolist(), strict=True):
        p, q, c = (row[k * bits : (k + 1) * bits] for k in range(3))
        xor = [a ^ b for a, b in zip(p, q, strict=True)]
        carry = [a & b for a, b in zip(p, q, strict=True)]
        carry[-1] |= c[-1]
        assert result == [*xor, 0, *c[:-1], *carry]


@regimes
@pytest.mark.parametrize("size", range(1, 5))
def test_all_permutations_of_all_words(size, regime):
    words = np.array(list(product((0, 1), repeat=size)), dtype=np.uint8)
    for order in permutations(range(size)):
        after, _ = Machine(permutation(order), two_layer_relu(regime)).step_rows(words)
        for word, result in zip(words.tolist(), after.tolist(), strict=True):
            assert result == [word[source] for source in order]
