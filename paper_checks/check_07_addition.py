"""Addition of two l-bit numbers: counts, the rounding condition for every l, the number of steps, and the bit q_0."""

from collections.abc import Iterator

import numpy as np
import sympy

from ntkproofs.bounds import contrast_positive, excess_positive, matches_outweigh, rounding_condition
from ntkproofs.claims import Verdict, claim, conclude, confirm, confirm_batches, decide, derive
from ntkproofs.counts import bound_matches
from ntkproofs.execution import Machine, exhaust
from ntkproofs.kernels import REGIMES, two_layer_relu
from ntkproofs.predictor import MATCHED_WRITERS, MATCHES, SAMPLES, WRITERS, Predictor
from ntkproofs.programs import Rows, addition, addition_task
from ntkproofs.rigor import Integers, equal, less

SOURCE = "abstract; validation scripts"
n, p, t, K = MATCHES, MATCHED_WRITERS, WRITERS, SAMPLES


@claim(
    "4 l samples, 3 l output bits, at most 2 writers for a bit, at most 2 l templates match any state: l = 1..64",
    source=SOURCE,
)
def counts() -> Verdict:
    def check(bits: int) -> bool:
        program = addition(bits)
        most = program.state(p=2**bits - 1, q=2**bits - 1, c=2**bits - 1)
        return (
            program.samples == 4 * bits
            and program.output_bits == 3 * bits
            and int(program.writers.max()) == 2
            and bound_matches(program).bound == 2 * bits  # no state matches more: groups of contradictory templates
            and len(program.match(most)) == 2 * bits  # and one does
        )

    return conclude(confirm("every l from 1 to 64", range(1, 65), check, exhaustive=True))


@claim(
    "with K = 4 l, t <= 2, n <= 2 l every bit of every state is rounded right, for every l at once ({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def condition(regime: str) -> Verdict:
    kernel = two_layer_relu(regime)
    length = sympy.Symbol("l", positive=True, integer=True)
    B, D, more, fewer, spare = sympy.symbols("B D more fewer spare")
    quantities = {more: p - 1, fewer: 2 - t, spare: 2 * length - n, n: n, t: t, length: length}
    quantities |= {B: kernel.balance(n), D: kernel.contrast}
    above = decide(less(0, kernel.balance(n)), Integers(n, start=1))
    # p K - t n = 4 l (p - 1) + (2 - t) n + 2 (2 l - n), and the rest of p (K + D) - t (n - B) is p D + t B
    condition = rounding_condition(kernel, K=4 * length)
    terms = 4 * length * more + fewer * n + 2 * spare + D * (more + 1) + t * B
    return conclude(
        derive(condition, quantities, terms, positive=(D,), findings=[above]),
        above,
        decide(*excess_positive(kernel)),
        decide(*contrast_positive(kernel)),
        decide(*matches_outweigh(kernel)),  # 0-bits
    )


def _all_pairs(bits: int) -> Rows:
    """Return the initial states of all pairs, ``(4**bits, 3 bits)``."""
    pairs = np.arange(4**bits)[:, None]
    x, y = pairs & (2**bits - 1), pairs >> bits
    places = np.arange(bits)
    zero = np.zeros((len(pairs), bits), dtype=np.uint8)
    return np.concatenate([x >> places & 1, y >> places & 1, zero], axis=1).astype(np.uint8)


def _right(rows: Rows, bits: int) -> np.ndarray:
    """Tell for every pair whether the sum now stands in p, with the carry in the last bit of c."""
    pairs = np.arange(4**bits)
    weights = 2 ** np.arange(bits)
    read = rows[:, :bits].astype(np.int64) @ weights + (rows[:, -1].astype(np.int64) << bits)
    return read == (pairs & (2**bits - 1)) + (pairs >> bits)


@claim(
    "run through the predictor for 2 l steps, every pair gives its sum: l = 1..5 ({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def exact(regime: str) -> Verdict:
    def run_all() -> Iterator[tuple[int, str | None]]:
        for bits in range(1, 6):
            task = addition_task(bits)
            machine, rows = Machine(task.program, two_layer_relu(regime)), _all_pairs(bits)
            for _ in range(task.steps):
                rows, _ = machine.step_rows(rows)
            wrong = np.flatnonzero(~_right(rows, bits))
            yield len(rows), f"pair {wrong[0]} of {bits} bits" if len(wrong) else None

    return conclude(confirm_batches("all pairs of l-bit numbers, l = 1..5", run_all(), exhaustive=True))


@claim(
    "every pair gives its sum, the rounding condition holds at every visited state and bit, and at most l templates "
    "match a visited state (2 l an arbitrary one), which is reached: l = 1..10 ({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def exhaustive(regime: str) -> Verdict:
    def check(bits: int) -> tuple[int, str | None]:
        found = exhaust(addition_task(bits), kernel=two_layer_relu(regime))
        good = found.holds and found.largest_matches == bits
        return found.cases, None if good else f"l = {bits}: {found.wrong} wrong, n up to {found.largest_matches}"

    return conclude(confirm_batches("all pairs of l-bit numbers, l = 1..10", map(check, range(1, 11)), exhaustive=True))


@claim(
    "2 l - 1 steps are enough for every pair and needed by some; the sum then stays (so 2 l suffice, and none needs as "
    "many): l = 1..8",
    source=SOURCE + " (which run 2 l steps)",
)
def steps_needed() -> Verdict:
    def run_all() -> Iterator[tuple[int, str | None]]:
        for bits in range(1, 9):
            program, rows = addition(bits), _all_pairs(bits)
            done = [_right(rows, bits).all()]
            for _ in range(2 * bits + 2):
                rows = program.step_rows(rows)
                done.append(_right(rows, bits).all())
            exact = not any(done[: 2 * bits - 1]) and all(done[2 * bits - 1 :])
            yield (
                len(rows),
                None if exact else f"l = {bits}: all pairs right after steps {np.flatnonzero(done).tolist()}",
            )

    return conclude(confirm_batches("all pairs of l-bit numbers, l = 1..8", run_all(), exhaustive=True))


@claim(
    "no template writes q_0: its mean is exactly 0 at every state, and at x = y = 2^l - 1 (n = l >= 2) its variance is "
    "positive - an ensemble of any size rounds it to 1 with probability 1/2, so the threshold 0 cannot work",
    source=SOURCE,
)
def lowest_bit_of_q() -> Verdict:
    def check(bits: int) -> bool:
        program = addition(bits)
        full = program.state(p=2**bits - 1, q=2**bits - 1)  # x = y = 2^l - 1: l templates match the initial state
        return int(program.writers[program.position(("q", 0))]) == 0 and len(program.match(full)) == bits

    length = sympy.Symbol("l", positive=True, integer=True)
    kernel = two_layer_relu()
    return conclude(
        derive(equal(Predictor(kernel, K).mean(n, 0, 0), 0), {n: (1, 100), K: (101, 400)}),
        decide(less(0, Predictor(kernel, 4 * length).scaled_variance(length)), Integers(length, start=2)),
        confirm("q_0 has no writer and n = l occurs, l = 2..64", range(2, 65), check, exhaustive=True),
    )
