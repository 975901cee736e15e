"""The exact rounding condition: the sign of the mean is the next bit iff an inequality in the counts holds."""

import random
from collections.abc import Iterator

import sympy

from ntkproofs.bounds import (
    contrast_positive,
    excess_positive,
    matches_outweigh,
    mean_sign,
    rounding_condition,
)
from ntkproofs.claims import Verdict, claim, conclude, confirm, decide, derive
from ntkproofs.counts import Counts
from ntkproofs.kernels import REGIMES, two_layer_relu
from ntkproofs.predictor import MATCHED_WRITERS, MATCHES, SAMPLES, WRITERS, Predictor
from ntkproofs.rigor import Integers, equal, less

SOURCE = "abstract: the rounded output is always correct; validation scripts"
n, p, t, K = MATCHES, MATCHED_WRITERS, WRITERS, SAMPLES
COUNTS = {n: (1, 100), K: (101, 400), p: (0, 50), t: (50, 100)}


@claim(
    "for all n >= 1 and all p, t, K: mean > 0 iff t (n - B(n)) < p (K + D) ({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def condition_is_exact(regime: str) -> Verdict:
    kernel = two_layer_relu(regime)
    D, F = kernel.contrast, kernel.excess(n)
    factor = F / (D * (D + K))  # positive, so the mean has the sign of the difference of the two sides
    mean = Predictor(kernel, K).mean(n, p, t)
    return conclude(
        derive(equal(mean, factor * rounding_condition(kernel).difference), COUNTS),
        decide(*excess_positive(kernel)),
        decide(*contrast_positive(kernel)),
        checks=[
            confirm(
                f"the condition at random counts whose mean is {'positive' if sign > 0 else 'not positive'}",
                _random_counts(regime, sign),
                lambda counts, expected=expected: _condition(regime, counts) == expected,
                exhaustive=False,
                seed=SEED,
            )
            for sign, expected in ((1, "holds"), (-1, "fails"))
        ],
    )


SEED = 20250216


def _random_counts(regime: str, sign: int) -> Iterator[Counts]:
    """Yield random counts with p >= 1 whose mean has the given sign; for half of the draws both sides are close."""
    source = random.Random(SEED)
    for case in range(400):
        K_ = source.randint(2, 60)
        t_ = source.randint(1, K_)
        p_ = source.randint(1, t_)
        n_ = source.randint(p_, K_ - t_ + p_)
        if case % 2:
            n_ = min(max(p_, 2, (p_ * K_) // t_ + source.randint(0, 6)), K_ - t_ + p_)
        counts = Counts(n_, p_, t_, K_)
        if mean_sign(two_layer_relu(regime), counts) == sign:
            yield counts


def _condition(regime: str, counts: Counts) -> str:
    n_, p_, t_, K_ = counts.matches, counts.matched_writers, counts.writers, counts.samples
    return decide(rounding_condition(two_layer_relu(regime), n=n_, p=p_, t=t_, K=K_)).outcome


@claim(
    "for all n >= 1, t, K: the mean of a bit that should be 0 (p = 0) is t u(n), which is 0 if n = 1 or t = 0, and "
    "negative otherwise ({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def zero_bits(regime: str) -> Verdict:
    kernel = two_layer_relu(regime)
    D, F = kernel.contrast, kernel.excess(n)
    predictor = Predictor(kernel, K)
    negative = -(n * F - D) / (D * (D + K))  # n F > D for n >= 2 and D > 0
    return conclude(
        derive(equal(predictor.mean(n, 0, t), t * negative), COUNTS),
        decide(*matches_outweigh(kernel)),
        decide(*contrast_positive(kernel)),
        derive(equal(predictor.mean(1, 0, t), 0), {t: (0, 100), K: (101, 400)}),
        derive(equal(predictor.mean(n, 0, 0), 0), {n: (1, 100), K: (101, 400)}),
    )


@claim(
    "for all n >= 1, p >= 1, t, K: t n <= p K implies mean > 0 ({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def sufficient(regime: str) -> Verdict:
    kernel = two_layer_relu(regime)
    B, D, slack, one = sympy.symbols("B D slack p_")
    quantities = {slack: p * K - t * n, one: p, t: t, B: kernel.balance(n), D: kernel.contrast}
    balance_positive = decide(less(0, kernel.balance(n)), Integers(n, start=1))
    terms = slack + one * D + t * B
    return conclude(
        derive(rounding_condition(kernel), quantities, terms, positive=(one, D), findings=[balance_positive]),
        balance_positive,
        decide(*excess_positive(kernel)),
        decide(*contrast_positive(kernel)),
        derive(equal(kernel.balance(n) * kernel.excess(n), kernel.contrast), {n: (1, 100)}),
    )
