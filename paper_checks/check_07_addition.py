"""Addition of two l-bit numbers: counts, the rounding condition for all l, the number of steps, and the bit q_0."""

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
    "l = 1..64: 4 l samples, 3 l output bits, at most 2 writers of a bit, and 2 l is the largest number of templates "
    "that match one state, reachable or not",
    source=SOURCE,
)
def counts() -> Verdict:
    def check(bits: int) -> bool:
        program = addition(bits)
        full = program.state(p=2**bits - 1, q=2**bits - 1, c=2**bits - 1)
        return (
            program.samples == 4 * bits
            and program.output_bits == 3 * bits
            and int(program.writers.max()) == 2
            and bound_matches(program).bound == 2 * bits  # at most one template of each contradictory group matches
            and len(program.match(full)) == 2 * bits  # attained
        )

    return conclude(confirm("every l from 1 to 64", range(1, 65), check, exhaustive=True))


@claim(
    "for all l, with K = 4 l samples: the sign of the mean is the next bit wherever t <= 2 and n <= 2 l, so at every "
    "bit of every state ({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def condition(regime: str) -> Verdict:
    kernel = two_layer_relu(regime)
    length = sympy.Symbol("l", positive=True, integer=True)
    B, D, more, fewer, slack = sympy.symbols("B D more fewer slack")
    quantities = {more: p - 1, fewer: 2 - t, slack: 2 * length - n, n: n, t: t, length: length}
    quantities |= {B: kernel.balance(n), D: kernel.contrast}
    balance_positive = decide(less(0, kernel.balance(n)), Integers(n, start=1))
    # p (K + D) - t (n - B) = 4 l (p - 1) + (2 - t) n + 2 (2 l - n) + p D + t B
    condition = rounding_condition(kernel, K=4 * length)
    terms = 4 * length * more + fewer * n + 2 * slack + D * (more + 1) + t * B
    return conclude(
        derive(condition, quantities, terms, positive=(D,), findings=[balance_positive]),
        balance_positive,
        decide(*excess_positive(kernel)),
        decide(*contrast_positive(kernel)),
        decide(*matches_outweigh(kernel)),  # 0-bits
    )


def _all_pairs(bits: int) -> Rows:
    """Return the initial states of all pairs, ``(4**bits, 3 bits)``."""
    pairs = np.arange(4**bits)[:, None]
    x, y = pairs & (2**bits - 1), pairs >> bits
    indices = np.arange(bits)
    zero = np.zeros((len(pairs), bits), dtype=np.uint8)
    return np.concatenate([x >> indices & 1, y >> indices & 1, zero], axis=1).astype(np.uint8)


def _is_sum(rows: Rows, bits: int) -> np.ndarray:
    """Return for every pair whether the field p contains the sum, with the carry in the last bit of c."""
    pairs = np.arange(4**bits)
    weights = 2 ** np.arange(bits)
    read = rows[:, :bits].astype(np.int64) @ weights + (rows[:, -1].astype(np.int64) << bits)
    return read == (pairs & (2**bits - 1)) + (pairs >> bits)


@claim(
    "l = 1..5: 2 l steps of the predictor, each bit the sign of its mean, compute x + y for all pairs ({regime})",
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
            wrong = np.flatnonzero(~_is_sum(rows, bits))
            yield len(rows), f"pair {wrong[0]} of {bits} bits" if len(wrong) else None

    return conclude(confirm_batches("all pairs of l-bit numbers, l = 1..5", run_all(), exhaustive=True))


@claim(
    "l = 1..10, all pairs: 2 l steps of the templates compute x + y, the rounding condition holds at every bit of "
    "every visited state, and l is the largest number of templates that match a visited state ({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def exhaustive(regime: str) -> Verdict:
    def check(bits: int) -> tuple[int, str | None]:
        result = exhaust(addition_task(bits), kernel=two_layer_relu(regime))
        good = result.holds and result.largest_matches == bits
        return result.cases, None if good else f"l = {bits}: {result.wrong} wrong, n up to {result.largest_matches}"

    return conclude(confirm_batches("all pairs of l-bit numbers, l = 1..10", map(check, range(1, 11)), exhaustive=True))


@claim(
    "l = 16, all 4,294,967,296 pairs: 32 steps of the templates compute x + y, and rounding (NTK) is right at every "
    "bit of every state, since t n <= K",
    source=SOURCE,
    slow=True,
)
def all_pairs_of_16_bits() -> Verdict:
    def check(bits: int) -> tuple[int, str | None]:
        result = exhaust(addition_task(bits), condition=False)
        good = result.holds and result.matches_bound == 32 and result.steps == 32
        return result.cases, None if good else f"{result.wrong} wrong, n <= {result.matches_bound}"

    return conclude(confirm_batches("all pairs of 16-bit numbers", map(check, [16]), exhaustive=True))


@claim(
    "l = 1..8: after s = 0..2 l + 2 steps of the templates all pairs have their sum iff s >= 2 l - 1; so 2 l - 1 steps "
    "are sufficient, and 2 l - 2 are not",
    source=SOURCE + " (which run 2 l steps)",
)
def steps_needed() -> Verdict:
    def run_all() -> Iterator[tuple[int, str | None]]:
        for bits in range(1, 9):
            program, rows = addition(bits), _all_pairs(bits)
            complete = [_is_sum(rows, bits).all()]
            for _ in range(2 * bits + 2):
                rows = program.step_rows(rows)
                complete.append(_is_sum(rows, bits).all())
            exact = not any(complete[: 2 * bits - 1]) and all(complete[2 * bits - 1 :])
            yield (
                len(rows),
                None if exact else f"l = {bits}: all sums complete after steps {np.flatnonzero(complete).tolist()}",
            )

    return conclude(confirm_batches("all pairs of l-bit numbers, l = 1..8", run_all(), exhaustive=True))


@claim(
    "no template writes q_0 (l = 2..64), so its mean is 0 at every state; x = y = 2^l - 1 matches n = l templates, "
    "where its variance is positive (all l >= 2, NTK): at the threshold 0 an ensemble of any size rounds it to 1 with "
    "probability 1/2",
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
