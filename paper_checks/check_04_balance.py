"""The balance B(n) = D/F(n): four facts for all n >= 1.

Here ``D = own/other - 1`` and ``F(n) = matched(n)/other - 1``. With ``s = n^(-1/2)`` each fact is an inequality on an
interval ``0 <= s <= 1`` whose two sides agree at ``s = 0``; the decision divides by this zero.
"""

from fractions import Fraction

import sympy

from ntkproofs.bounds import contrast_positive, excess_positive, gap_increases, matches_outweigh
from ntkproofs.claims import Verdict, claim, conclude, decide, derive
from ntkproofs.kernels import REGIMES, two_layer_relu
from ntkproofs.predictor import MATCHES
from ntkproofs.rigor import Integers, equal, less

n = MATCHES
SOURCE = "abstract: control of the correlations in the kernel; validation scripts"


@claim("F(n) > 0 for all n >= 1, and D > 0 ({regime})", source=SOURCE, each={"regime": REGIMES})
def excess_is_positive(regime: str) -> Verdict:
    kernel = two_layer_relu(regime)
    return conclude(decide(*excess_positive(kernel)), decide(*contrast_positive(kernel)))


@claim("n F(n) > D for all n >= 2, with equality at n = 1 ({regime})", source=SOURCE, each={"regime": REGIMES})
def matches_outweigh_the_contrast(regime: str) -> Verdict:
    kernel = two_layer_relu(regime)
    return conclude(decide(*matches_outweigh(kernel)), derive(equal(kernel.excess(1), kernel.contrast)))


@claim("n - B(n) increases with n, for all n >= 1, from 0 at n = 1 ({regime})", source=SOURCE, each={"regime": REGIMES})
def gap_is_increasing(regime: str) -> Verdict:
    kernel = two_layer_relu(regime)
    return conclude(decide(*gap_increases(kernel)), derive(equal(1 - kernel.balance(1), 0)))


@claim(
    "NTK: 1.73830 < B(2) < 1.73831, and B(n)/sqrt(n) < (2 pi - 1)/pi for all n >= 1",
    source=SOURCE,
)
def size_of_the_balance() -> Verdict:
    kernel = two_layer_relu()
    limit = (2 * sympy.pi - 1) / sympy.pi
    digits = Fraction(173830, 10**5)
    return conclude(
        decide(less(digits, kernel.balance(2))),
        decide(less(kernel.balance(2), digits + Fraction(1, 10**5))),
        decide(less(kernel.balance(n) / sympy.sqrt(n), limit), Integers(n, start=1)),
    )
