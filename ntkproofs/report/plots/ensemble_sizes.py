"""Figure: the number of networks for a permutation, by four union bounds and by the published bound."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from ntkproofs.bounds.ensemble import Tail, ensemble_size
from ntkproofs.bounds.padding import Requirement
from ntkproofs.bounds.thresholds import choose_threshold
from ntkproofs.classes import arbitrary_classes
from ntkproofs.counts import Counts, arbitrary_counts
from ntkproofs.kernels import two_layer_relu
from ntkproofs.programs import permutation
from ntkproofs.report.plots.style import (
    BLUE,
    GREEN,
    MUTED,
    PURPLE,
    VERMILION,
    decade_ticks,
    frame,
    label,
    new_axes,
    plain_ticks,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ensemble_sizes"]

BITS = (4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
CURVES: tuple[tuple[str, str, Tail, str, int], ...] = (  # label, threshold, tail, colour, vertical offset of the label
    ("published bound", "zero", "published", MUTED, 6),
    ("threshold 0", "zero", "gaussian", VERMILION, 2),
    ("half the smallest mean", "half", "gaussian", GREEN, 3),
    ("best threshold", "best", "gaussian", BLUE, -9),
)
BY_CLASS = "by class"


def ensemble_sizes(
    axes: Axes | None = None, *, bits: tuple[int, ...] = BITS, failure: Fraction = Fraction(1, 100)
) -> Axes:
    """Draw against the number of bits the smallest ensembles that round every word of a permutation correctly.

    The probability that any word is rounded incorrectly is at most `failure`. Three curves give every word the smallest
    margin, at threshold 0, half the smallest mean of a 1-bit, and the best threshold (Gaussian tail). A fourth gives
    each class (n, p, t) its own margin, as certificates do. The published sub-Gaussian bound is at threshold 0. The
    numbers are decided by ball arithmetic.

    >>> ensemble_sizes(bits=(4, 8)).get_yscale()
    'log'
    """
    axes = new_axes(axes)
    last: dict[str, int] = {}
    for name, choice, tail, colour, offset in CURVES:
        sizes = [_networks(size, choice, tail, failure) for size in bits]
        last[name] = sizes[-1]
        dashes = (0, (4, 2.5)) if tail == "published" else "-"
        axes.plot(bits, sizes, marker="o", markersize=2.8, color=colour, linewidth=1.2, linestyle=dashes)
        label(axes, f"{name}\n{sizes[-1]:,}", (bits[-1], sizes[-1]), colour, fontsize=9, xytext=(6, offset))
    sizes = [_networks_by_class(size, failure) for size in bits]
    axes.plot(bits, sizes, marker="o", markersize=2.8, color=PURPLE, linewidth=1.2)
    label(axes, f"{BY_CLASS}\n{sizes[-1]:,}", (bits[-1], sizes[-1]), PURPLE, fontsize=9, xytext=(6, -9))
    factor = last["threshold 0"] / sizes[-1]
    frame(
        axes,
        title=f"Counting by class: {factor:.0f} times fewer networks",
        x="bits of a permuted word",
        y=f"networks, failure at most {failure}",
    )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(bits[0] * 0.9, bits[-1] * 1.05)
    powers_of_two = [size for size in bits if size & (size - 1) == 0]
    plain_ticks(axes.xaxis, powers_of_two, [str(size) for size in powers_of_two])
    decade_ticks(axes.yaxis)
    return axes


def _networks(bits: int, choice: str, tail: Tail, failure: Fraction) -> int:
    kernel, counts = two_layer_relu(), arbitrary_counts(permutation(range(bits)))
    return ensemble_size(
        kernel,
        counts,
        output_bits=bits,
        steps=1,
        inputs=2**bits,
        failure=failure,
        threshold=choose_threshold(kernel, counts, choice),
        tail=tail,
    ).networks


def _networks_by_class(bits: int, failure: Fraction) -> int:
    classes = arbitrary_classes(permutation(range(bits)))
    pairs = {Counts(*count, bits): number for count, number in classes.items()}
    required = Requirement(two_layer_relu(), frozenset(pairs), bits, 1, 2**bits, failure, pairs=pairs)
    return required.size(0).networks
