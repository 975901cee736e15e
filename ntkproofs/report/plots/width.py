"""Width of linearised networks against the probability of failure."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from ntkproofs.bounds.thresholds import choose_threshold
from ntkproofs.bounds.width import least_width
from ntkproofs.counts import arbitrary_counts
from ntkproofs.kernels import two_layer_relu
from ntkproofs.programs import permutation
from ntkproofs.report.plots.style import BLUE, GREEN, VERMILION, frame, label, new_axes, plain_ticks, power

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["width"]

EXPONENTS = (1, 3, 6, 9, 12)


def width(axes: Axes | None = None, *, exponents: tuple[int, ...] = EXPONENTS) -> Axes:
    """Draw the width that these bounds certify for linearised scalar networks, permutations of 4, 8 and 16 bits.

    One network for each output bit: at that width all their kernel entries are, with probability ``1 - failure``, so
    close to their limits that the mean of every bit at every state is on the right side of half the least 1-bit mean.

    >>> width(exponents=(1,)).get_yscale()
    'log'
    """
    axes = new_axes(axes)
    for bits, colour in ((4, GREEN), (8, BLUE), (16, VERMILION)):
        counts = arbitrary_counts(permutation(range(bits)))
        threshold = choose_threshold(two_layer_relu(), counts, "half")
        found = [
            least_width(
                counts, threshold=threshold, failure=Fraction(1, 10**exponent), states=2**bits, output_bits=bits
            ).width
            for exponent in exponents
        ]
        axes.plot(exponents, found, "o-", color=colour, markersize=3, linewidth=1.2)
        label(axes, f"{bits} bits", (exponents[-1], found[-1]), colour)
    frame(
        axes,
        title="Certainty is cheap in width, bits are not",
        x="permitted probability of failure",
        y="width of a linearised network",
    )
    axes.set_yscale("log")
    plain_ticks(axes.xaxis, exponents, [power(-exponent) for exponent in exponents])
    low, high = axes.get_ylim()
    powers = [exponent for exponent in range(10) if low <= 10**exponent <= high]
    plain_ticks(axes.yaxis, [10**exponent for exponent in powers], [power(exponent) for exponent in powers])
    return axes
