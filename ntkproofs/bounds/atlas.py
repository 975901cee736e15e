"""Atlas: for each kernel, the n at which the mean of a 0-bit is positive, the thresholds that work, and ensemble sizes.

>>> from ntkproofs.bounds.atlas import depth_kernels, survey
>>> for entry in survey(depth_kernels(2), most=8, bits=10):
...     print(entry)
1 layer: threshold 0 works; at threshold 8/175 48 networks
2 layers: mean of a 0-bit positive at n = 2; at threshold 31/619 89 networks
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from ntkproofs.bounds.ensemble import ensemble_size
from ntkproofs.bounds.margins import PRECISION, Margins
from ntkproofs.bounds.thresholds import best
from ntkproofs.counts import arbitrary_counts
from ntkproofs.display import counted
from ntkproofs.errors import InputError, NoMargin
from ntkproofs.kernels import Kernel, KernelLike, activation_kernel, as_kernel, deep_relu, leaky_relu, linear
from ntkproofs.kernels.regimes import check_regime
from ntkproofs.programs import permutation
from ntkproofs.rigor import Ball
from ntkproofs.truth import NoTruthValue
from ntkproofs.validation import integer

__all__ = ["AtlasEntry", "activation_kernels", "depth_kernels", "sign_of_zero", "survey"]


@dataclass(frozen=True, eq=False)
class AtlasEntry(NoTruthValue):
    """The results for one kernel; :func:`survey` explains the fields."""

    instead = ".zero_works"

    name: str
    kernel: Kernel
    signs: tuple[int, ...]
    balances: tuple[Ball | None, ...]
    bits: int
    lowest: Ball
    highest: Ball
    threshold: Fraction | None
    networks: int | None

    @property
    def last_positive(self) -> int | None:
        """The last n examined at which the mean of a 0-bit is positive (None: there is none)."""
        return max((n for n, sign in enumerate(self.signs, start=2) if sign > 0), default=None)

    @property
    def zero_works(self) -> bool:
        """Whether the mean of a 0-bit is negative at every n examined, which the threshold 0 requires."""
        return all(sign < 0 for sign in self.signs)

    def __str__(self) -> str:
        last = self.last_positive
        if self.zero_works:
            sign = "threshold 0 works"
        elif last is None:
            sign = "mean of a 0-bit 0"
        else:
            sign = f"mean of a 0-bit positive at n = {'2' if last == 2 else f'2..{last}'}"
        if self.threshold is None:
            return f"{self.name}: {sign}; no threshold works"
        return f"{self.name}: {sign}; at threshold {self.threshold} {self.networks:,} networks"


def sign_of_zero(kernel: KernelLike, matches: int, *, precision: int = PRECISION) -> int:
    """Return the sign of the mean of a 0-bit that some template writes, at n = `matches` >= 2, rigorously.

    It does not depend on K and t >= 1. Raises InputError for n < 2 and Undecided if `precision` bits do not determine
    the sign.

    >>> sign_of_zero(deep_relu(1), 2), sign_of_zero(deep_relu(2), 2), sign_of_zero(linear(), 2)
    (-1, 1, 0)
    """
    matches = integer(matches, "matches (with a single one the mean is 0)", low=2)
    own, other, matched = as_kernel(kernel).enclosed(matches, precision=precision)
    if other == 0:
        return 0
    return other.sign() * (own - other).sign() * (own - other - (matched - other) * matches).sign()


def _balance(kernel: Kernel, matches: int) -> Ball | None:
    own, other, matched = kernel.enclosed(matches, precision=PRECISION)
    return None if other == 0 else (own - other) / (matched - other)


def depth_kernels(most: int = 8, regime: str = "ntk") -> dict[str, Kernel]:
    """Return the kernels of 1 to `most` hidden ReLU layers by name, with equal variance of the untrained outputs.

    >>> list(depth_kernels(2))
    ['1 layer', '2 layers']
    """
    return {
        counted(layers, "layer"): deep_relu(layers, regime).scaled(2 ** (layers - 1)) for layers in range(1, most + 1)
    }


def activation_kernels(regime: str = "ntk", *, variance: Fraction = Fraction(1)) -> dict[str, Kernel]:
    """Return two-layer kernels of several activations by name, scaled to the variance 1/2 of untrained ReLU outputs.

    `variance`: that of the preactivations, for erf, sine and cosine. Raises InputError for another regime.

    >>> list(activation_kernels())
    ['linear', 'erf', 'sine', 'leaky 1/2', 'leaky 1/10', 'ReLU', 'cosine', '|x|']
    """
    check_regime(regime)
    kernels = {
        "linear": linear(regime),
        "erf": activation_kernel("erf", regime, variance=variance),
        "sine": activation_kernel("sine", regime, variance=variance),
        "leaky 1/2": leaky_relu(Fraction(1, 2), regime),
        "leaky 1/10": leaky_relu(Fraction(1, 10), regime),
        "ReLU": leaky_relu(0, regime),
        "cosine": activation_kernel("cosine", regime, variance=variance),
        "|x|": leaky_relu(-1, regime),
    }
    return {name: kernel.scaled(1 / (2 * (kernel.prior or kernel).own)) for name, kernel in kernels.items()}


def survey(
    kernels: Mapping[str, KernelLike], *, most: int = 32, bits: int = 30, failure: Fraction = Fraction(1, 100)
) -> tuple[AtlasEntry, ...]:
    """Return an entry for each kernel; every number is enclosed or decided by ball arithmetic.

    The fields of an entry: `signs`, those of the mean of a 0-bit at n = 2, ..., `most`; `balances`, B(n) for these n
    (None where other = 0). For a permutation of `bits` bits: `lowest` and `highest`, the largest mean of a 0-bit and
    the smallest mean of a 1-bit, between which thresholds work; `threshold`, the best threshold, rounded; `networks`,
    the number that it needs on all inputs for the probability of failure `failure`. Both are None where no threshold
    works.

    Variances are proportional to those of the untrained outputs, which kernels to be compared should have in common
    (:meth:`~ntkproofs.kernels.angular.Kernel.scaled`).
    """
    most, bits = integer(most, "most", low=2), integer(bits, "bits")
    return tuple(_entry(name, as_kernel(kernel), most, bits, failure) for name, kernel in kernels.items())


def _entry(name: str, kernel: Kernel, most: int, bits: int, failure: Fraction) -> AtlasEntry:
    counts = arbitrary_counts(permutation(range(bits)))
    margins = Margins.of(kernel, counts)
    if margins.largest_zero is None or margins.smallest_one is None:
        raise InputError(f"a permutation of {bits} bits has no 0-bit beside a 1-bit: take more bits")
    numbers = range(2, most + 1)
    threshold: Fraction | None = None
    networks: int | None = None
    try:
        threshold = best(margins)
        size = ensemble_size(
            kernel, counts, output_bits=bits, steps=1, inputs=2**bits, failure=failure, threshold=threshold
        )
        networks = size.networks
    except NoMargin:
        threshold = None
    return AtlasEntry(
        name,
        kernel,
        tuple(sign_of_zero(kernel, n) for n in numbers),
        tuple(_balance(kernel, n) for n in numbers),
        bits,
        margins.largest_zero.mean,
        margins.smallest_one.mean,
        threshold,
        networks,
    )
