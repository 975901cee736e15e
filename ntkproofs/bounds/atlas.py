"""Atlas: kernel by kernel, for which n the mean of a 0-bit is positive, which thresholds work, what ensemble they need.

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
from ntkproofs.errors import InputError, NoMargin
from ntkproofs.kernels import REGIMES, Kernel, activation_kernel, deep_relu, leaky_relu, linear
from ntkproofs.programs import permutation
from ntkproofs.rigor import Ball
from ntkproofs.truth import NoTruthValue
from ntkproofs.validation import integer

__all__ = ["AtlasEntry", "activation_kernels", "depth_kernels", "sign_of_zero", "survey"]


@dataclass(frozen=True, eq=False)
class AtlasEntry(NoTruthValue):
    """What is known of one kernel; for its fields see :func:`survey`."""

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
        """The last n looked at for which the mean of a 0-bit is positive (None: none)."""
        return max((n for n, sign in enumerate(self.signs, start=2) if sign > 0), default=None)

    @property
    def zero_works(self) -> bool:
        """Whether at every n looked at the mean of a 0-bit is negative: what the threshold 0 needs."""
        return all(sign < 0 for sign in self.signs)

    def __str__(self) -> str:
        last = self.last_positive
        if self.zero_works:
            found = "threshold 0 works"
        elif last is None:
            found = "mean of a 0-bit 0"
        else:
            found = f"mean of a 0-bit positive at n = {'2' if last == 2 else f'2..{last}'}"
        if self.threshold is None:
            return f"{self.name}: {found}; no threshold works"
        return f"{self.name}: {found}; at threshold {self.threshold} {self.networks:,} networks"


def sign_of_zero(kernel: Kernel, matches: int, *, precision: int = PRECISION) -> int:
    """Return the sign of the mean of a bit that should be 0 and that some template writes, rigorously; n >= 2.

    Samples (K) and writers (t >= 1) do not matter. Raises Undecided if balls of `precision` bits do not tell.

    >>> sign_of_zero(deep_relu(1), 2), sign_of_zero(deep_relu(2), 2), sign_of_zero(linear(), 2)
    (-1, 1, 0)
    """
    matches = integer(matches, "matches (with a single one the mean is 0)", low=2)
    own, other, near = kernel.enclosed(matches, precision=precision)
    if other == 0:
        return 0
    return other.sign() * (own - other).sign() * (own - other - (near - other) * matches).sign()


def _balance(kernel: Kernel, matches: int) -> Ball | None:
    own, other, near = kernel.enclosed(matches, precision=PRECISION)
    return None if other == 0 else (own - other) / (near - other)


def depth_kernels(most: int = 8, regime: str = "ntk") -> dict[str, Kernel]:
    """Return the kernels of 1 to `most` hidden ReLU layers by name, scaled as :func:`survey` compares them.

    >>> list(depth_kernels(2))
    ['1 layer', '2 layers']
    """
    layers = range(1, most + 1)
    return {
        f"{each} layer{'s' if each > 1 else ''}": deep_relu(each, regime).scaled(2 ** (each - 1)) for each in layers
    }


def activation_kernels(regime: str = "ntk", *, variance: Fraction = Fraction(1)) -> dict[str, Kernel]:
    """Return two-layer kernels of other activations by name; untrained outputs have the variance 1/2, as with ReLU.

    `variance`: of the preactivations, for erf, sine and cosine.

    >>> list(activation_kernels())
    ['linear', 'erf', 'sine', 'leaky 1/2', 'leaky 1/10', 'ReLU', 'cosine', '|x|']
    """
    if regime not in REGIMES:
        raise InputError(f"unknown regime {regime!r}: choose one of {', '.join(REGIMES)}")
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
    kernels: Mapping[str, Kernel], *, most: int = 32, bits: int = 30, failure: Fraction = Fraction(1, 100)
) -> tuple[AtlasEntry, ...]:
    """Return an entry for every kernel: a pure function, every number enclosed or decided by balls.

    Of an entry: `signs` of the mean of a 0-bit at n = 2, ..., `most`; `balances`, B(n) there (None where different
    samples do not interact); for a permutation of so many `bits`: thresholds work from `lowest` (the largest mean of a
    0-bit, if positive) to `highest` (the smallest mean of a 1-bit); `threshold`, the best one, rounded; `networks` that
    it needs on all inputs with probability of failure `failure`. Both are None where no threshold works.

    Variances grow with the size of the untrained outputs: kernels to be compared should agree on it
    (:meth:`~ntkproofs.kernels.angular.Kernel.scaled`).
    """
    most = integer(most, "most", low=2)
    return tuple(_entry(name, kernel, most, bits, failure) for name, kernel in kernels.items())


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
        found = ensemble_size(
            kernel, counts, output_bits=bits, steps=1, inputs=2**bits, failure=failure, threshold=threshold
        )
        networks = found.networks
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
