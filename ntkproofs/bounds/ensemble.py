"""Ensemble size: how many independent networks round every output bit right, with a stated probability of failure.

The mean of N networks has the variance ``var/N``; it falls on the wrong side of the threshold with probability at most
``Q(sqrt(N) z)``, z the smallest standardised margin (:mod:`ntkproofs.bounds.margins`). The union over all output bits,
steps and inputs stays below the permitted probability delta of failure if

* ``gaussian``: ``inputs * steps * bits * q(sqrt(N) z) <= delta`` with the elementary bound q of Q
  (:mod:`ntkproofs.bounds.tails`);
* ``published``: ``N >= 8 ln(2 * bits * inputs * steps / delta) / z**2``, the sub-Gaussian form of the paper, with the
  margin to the threshold in place of the mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from ntkproofs.arithmetic.balls import Ball, Rational, as_fraction
from ntkproofs.bounds.margins import PRECISION, Margins, SmallestMargin
from ntkproofs.bounds.ranges import smallest_margin_over
from ntkproofs.bounds.search import least_integer
from ntkproofs.bounds.tails import gaussian_tail, log_tail_upper
from ntkproofs.counts import CountRange, Counts
from ntkproofs.display import counted, facts
from ntkproofs.errors import InputError, Undecided
from ntkproofs.kernels.angular import Kernel
from ntkproofs.kernels.names import KernelLike, as_kernel
from ntkproofs.training_time import CONVERGED, TrainingTime
from ntkproofs.validation import integer

__all__ = ["TAILS", "EnsembleSize", "Least", "Tail", "ensemble_size", "networks_enough", "size_for_margin"]

Tail: TypeAlias = Literal["gaussian", "published"]
TAILS: tuple[Tail, ...] = ("gaussian", "published")
Least: TypeAlias = Literal["tail", "bound", "unknown"]

MOST = 10**60  # networks
LAST_PRECISION = 1024


@dataclass(frozen=True, eq=False)
class EnsembleSize:
    """How many networks are enough, and what was asked.

    `networks` (N) satisfies the bound `tail`, decided by balls. `least` says how much is known of N - 1: ``tail``: not
    even the exact Gaussian tail (the published form itself, for that tail) allows N - 1; ``bound``: the elementary
    bound used does not; ``unknown``: the two sides are equal as far as the precision goes. `margin` holds z, the
    threshold and the counts at which z is attained. Where nothing varies, one network is enough.
    """

    networks: int
    margin: SmallestMargin
    tail: Tail
    least: Least
    output_bits: int
    steps: int
    inputs: int
    failure: Fraction
    dropped: bool
    precision: int

    @property
    def threshold(self) -> Fraction:
        """The threshold."""
        return self.margin.threshold

    def __str__(self) -> str:
        return f"{self.networks} networks ({self.tail} tail), {self.margin}"

    def __repr__(self) -> str:
        return f"<EnsembleSize {self}>"

    def _repr_html_(self) -> str:
        one_less = {
            "tail": "not even the tail itself allows one less",
            "bound": "the bound does not allow one less",
            "unknown": "one less is not decided",
        }
        rows: list[tuple[str, object]] = [
            ("networks", f"{self.networks:,} ({one_less[self.least]})"),
            ("threshold", self.threshold),
            ("smallest margin", self.margin),
            (
                "union over",
                f"{counted(self.inputs, 'input')}, {counted(self.steps, 'step')}, "
                f"{counted(self.output_bits, 'output bit')}",
            ),
            ("probability of failure", f"at most {self.failure}"),
        ]
        return facts(rows, caption=f"enough networks, {self.tail} tail")


def networks_enough(networks: int, z: Ball, cases: int, failure: Fraction, tail: Tail = "gaussian") -> bool:
    """Tell whether N `networks` keep the union over `cases` (inputs x steps x bits) within `failure`.

    Raises Undecided if that is not certain at the precision of z.

    >>> z = Ball(Fraction(1, 2), precision=80)
    >>> networks_enough(21, z, 1, Fraction(1, 100)), networks_enough(22, z, 1, Fraction(1, 100))
    (False, True)
    """
    wanted = Ball(failure, precision=z.precision)
    if tail == "published":
        return (cases * 2 / wanted).log() * 8 <= z**2 * networks
    if tail != "gaussian":
        raise InputError(f"unknown tail {tail!r}: choose one of {', '.join(TAILS)}")
    x = Ball(networks, precision=z.precision).sqrt() * z
    return log_tail_upper(x) <= (wanted / cases).log()


def _tail_allows(networks: int, z: Ball, cases: int, failure: Fraction) -> bool:
    """Tell whether the Gaussian tail itself would allow N networks; Undecided as above."""
    x = Ball(networks, precision=z.precision).sqrt() * z
    return gaussian_tail(x) * cases <= failure


def _surely(networks: int, z: Ball, cases: int, failure: Fraction, tail: Tail) -> bool:
    try:
        return networks_enough(networks, z, cases, failure, tail)
    except Undecided:
        return False


def size_for_margin(z: Ball, cases: int, failure: Fraction, tail: Tail = "gaussian") -> tuple[int, Least]:
    """Return the least number of networks for the smallest standardised margin z, and what is known of one less.

    Both bounds improve with N (``ntkproofs.bounds.tails``), so bisection finds it. Raises Undecided if more than
    10**60 networks would be needed.
    """
    what = f"networks for the margin z = {z!r} and {cases} cases"
    high = least_integer(lambda networks: _surely(networks, z, cases, failure, tail), most=MOST, what=what)
    return high, _known_of(high - 1, z, cases, failure, tail)


def _known_of(fewer: int, z: Ball, cases: int, failure: Fraction, tail: Tail) -> Least:
    if fewer == 0:
        return "tail"  # an ensemble has a network
    try:
        networks_enough(fewer, z, cases, failure, tail)  # not True: the search would have taken it
    except Undecided:
        return "unknown"
    if tail == "published":
        return "tail"
    try:
        return "bound" if _tail_allows(fewer, z, cases, failure) else "tail"
    except Undecided:
        return "bound"


def _smallest(
    kernel: Kernel,
    counts: frozenset[Counts],
    ranges: Sequence[CountRange],
    threshold: Rational,
    drop_unwritten: bool,
    precision: int,
    at: TrainingTime,
) -> SmallestMargin:
    if ranges:
        tau = as_fraction(threshold, "the threshold")
        return smallest_margin_over(kernel, ranges, tau, drop_unwritten=drop_unwritten, precision=precision)
    margins = Margins.of(kernel, counts, drop_unwritten=drop_unwritten, precision=precision, at=at)
    return margins.smallest(threshold)


def _size(margin: SmallestMargin, cases: int, failure: Fraction, tail: Tail) -> tuple[int, Least]:
    return (1, "tail") if margin.z is None else size_for_margin(margin.z, cases, failure, tail)


def ensemble_size(
    kernel: KernelLike,
    counts: Iterable[Counts],
    *,
    output_bits: int,
    steps: int,
    inputs: int,
    failure: Rational,
    threshold: Rational,
    tail: Tail = "gaussian",
    drop_unwritten: bool = False,
    ranges: Sequence[CountRange] = (),
    at: TrainingTime = CONVERGED,
) -> EnsembleSize:
    """Return the least number of networks for which no output bit is rounded wrong, with probability 1 - `failure`.

    `counts`: all that can occur (arbitrary or visited states); `output_bits`, `steps`, `inputs`: what the union runs
    over (`inputs` as large as you like); `failure`: an exact probability, 0 < failure < 1; `threshold`: exact, from 0
    on (:func:`ntkproofs.bounds.thresholds.choose_threshold`); `ranges`: if any, they contain all counts that can occur,
    of which `counts` are some (known at convergence only); `at`: the time of training. Raises NoMargin if the threshold
    does not separate the bits, InputError for numbers that cannot be meant, Undecided if even 1024 bits do not tell.

    >>> from ntkproofs.counts import arbitrary_counts
    >>> from ntkproofs.kernels import Kernel, two_layer_relu
    >>> from ntkproofs.programs import permutation
    >>> size = ensemble_size(two_layer_relu(), arbitrary_counts(permutation(range(30))), output_bits=30, steps=1,
    ...                      inputs=2**30, failure=Fraction(1, 100), threshold=Fraction(3, 238))
    >>> size.networks, size.least
    (390, 'tail')
    """
    sizes = {"output_bits": output_bits, "steps": steps, "inputs": inputs}
    output_bits, steps, inputs = (integer(value, name, low=1) for name, value in sizes.items())
    cases = output_bits * steps * inputs
    delta = as_fraction(failure, "the probability of failure")
    if not 0 < delta < 1:
        raise InputError(f"the probability of failure must lie between 0 and 1 (both excluded), got {delta}")
    if tail not in TAILS:
        raise InputError(f"unknown tail {tail!r}: choose one of {', '.join(TAILS)}")
    if ranges and not at.converged:
        raise InputError("ranges of counts are known at convergence only: give all counts that can occur")
    given, precision = frozenset(counts), PRECISION
    while True:
        try:
            margin = _smallest(as_kernel(kernel), given, ranges, threshold, drop_unwritten, precision, at)
            networks, least = _size(margin, cases, delta, tail)
        except Undecided:
            if precision >= LAST_PRECISION:
                raise
            least = "unknown"
        if least != "unknown" or precision >= LAST_PRECISION:
            break
        precision *= 2
    return EnsembleSize(networks, margin, tail, least, output_bits, steps, inputs, delta, drop_unwritten, precision)
