"""Stopping early: from which time and after how many steps of training rounding is right, and what it costs.

Both are found for a set of counts, at the threshold 0 and at the best threshold, with every sign decided by balls. At
the threshold 0 the 0-bits of a sample itself (n = 1) are wrong at every time of gradient flow before convergence, if
other > 0: their mean is ``t (e1 - e2)/K``. Steps are of the size of fastest convergence
(:func:`~ntkproofs.training_time.fastest_step`), with which ``e1 = e2`` after every second step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

from ntkproofs.bounds.margins import Margins
from ntkproofs.bounds.padding import Requirement
from ntkproofs.bounds.rounding import rounds_right
from ntkproofs.bounds.search import least_integer
from ntkproofs.bounds.thresholds import demand_separable
from ntkproofs.counts import Counts
from ntkproofs.errors import InputError, NoMargin, Undecided
from ntkproofs.kernels.angular import Kernel
from ntkproofs.kernels.names import KernelLike, as_kernel
from ntkproofs.training_time import CONVERGED, TrainingTime, fastest_step

__all__ = ["Onset", "StoppingEarly", "onset", "price"]

TIMES = tuple(map(Fraction, (1, 2, 3, 6)))
LATE = 64  # the last time and the last number of steps that are tried
PARTS = 1000  # of the unit of time
MOST = 4096  # counts at which rounding is decided


@dataclass(frozen=True)
class Onset:
    """When rounding becomes right, at one choice of threshold.

    `time`: the first multiple of 1/1000 at which it is, found by bisection, as if it then stayed right; None if it is
    not right at the time 64. `steps`: the smallest number of steps of the size `step` after which it is; None if it is
    not after any number up to 64, or if there is no step of fastest convergence. Nothing is searched, and all three are
    None, where rounding is not right at convergence.
    """

    time: Fraction | None
    steps: int | None
    step: Fraction | None


@dataclass(frozen=True)
class StoppingEarly:
    """The `onset` at the threshold 0 and at the best one, and the `networks` needed at some times.

    `networks`: pairs of a time (None: convergence) and a number; None where no number is enough.
    """

    zero: Onset
    best: Onset
    networks: tuple[tuple[Fraction | None, int | None], ...]


def price(required: Requirement) -> StoppingEarly:
    """Return when rounding becomes right, and the networks needed at the times 1, 2, 3, 6 and at convergence.

    Raises InputError for more than 4,096 counts.

    >>> from ntkproofs.counts import worst_counts
    >>> from ntkproofs.kernels import two_layer_relu
    >>> from ntkproofs.programs import permutation
    >>> required = Requirement(two_layer_relu(), worst_counts(permutation(range(5))), 5, 1, 32, Fraction(1, 100))
    >>> found = price(required)
    >>> found.zero.time, found.zero.steps, found.best.steps, [number for _, number in found.networks]
    (None, 2, 1, [54, 24, 19, 16, 16])
    """
    counts = replace(required, at=TrainingTime(time=1)).counts  # with those of the ranges
    times = [(moment, _networks(replace(required, at=TrainingTime(time=moment)))) for moment in TIMES]
    return StoppingEarly(
        onset(required.kernel, counts, "zero"),
        onset(required.kernel, counts, "best"),
        (*times, (None, _networks(replace(required, at=CONVERGED)))),
    )


def onset(kernel: KernelLike, counts: Iterable[Counts], threshold: str) -> Onset:
    """Return when rounding becomes right at all `counts`, at the threshold ``zero``, or ``best``: at some threshold.

    Raises InputError for more than 4,096 counts.
    """
    items = sorted(counts)
    if len(items) > MOST:
        raise InputError(f"{len(items):,} counts: rounding before convergence is decided for at most {MOST:,}")
    right: Callable[[TrainingTime], bool] = partial(_RIGHT[threshold], as_kernel(kernel), items)
    if not right(CONVERGED):
        return Onset(None, None, None)
    time = None
    if right(TrainingTime(time=LATE)):
        what = "the time at which rounding becomes right"
        parts = least_integer(lambda k: right(TrainingTime(time=Fraction(k, PARTS))), most=2 * LATE * PARTS, what=what)
        time = Fraction(parts, PARTS)
    try:
        step = fastest_step(kernel, items[0].samples)
    except InputError:
        return Onset(time, None, None)
    numbers = (number for number in range(1, LATE + 1) if right(TrainingTime(steps=number, step=step)))
    return Onset(time, next(numbers, None), step)


def _right_at_zero(kernel: Kernel, counts: list[Counts], at: TrainingTime) -> bool:
    return all(rounds_right(kernel, item, at=at) for item in counts)


def _right_at_some(kernel: Kernel, counts: list[Counts], at: TrainingTime) -> bool:
    """Tell whether a threshold from 0 on lies between the means of 0-bits and of 1-bits."""
    try:
        demand_separable(Margins.of(kernel, counts, at=at))
    except (NoMargin, Undecided):
        return False
    return True


_RIGHT = {"zero": _right_at_zero, "best": _right_at_some}


def _networks(required: Requirement) -> int | None:
    try:
        return required.size(0).networks
    except (NoMargin, Undecided):
        return None
