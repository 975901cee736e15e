"""The balance B(n) of both kernels against n."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy

from ntkproofs.kernels import Kernel, two_layer_relu
from ntkproofs.report.plots.style import BLUE, MUTED, VERMILION, frame, label, new_axes
from ntkproofs.rigor import enclose

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["balance"]

MAX_N = 40


def balance(axes: Axes | None = None) -> Axes:
    """Draw the balance ``B(n) = D / F(n)`` for n = 1 to 40 and both kernels, with its asymptote, and the line n.

    The mean of a bit that should be 0 is negative if and only if ``B(n) < n``.

    >>> balance().get_title(loc="left")
    'B(n) < n: bits that should be 0 have negative means'
    """
    axes = new_axes(axes)
    for regime, colour, offset in (("ntk", BLUE, 20), ("nngp", VERMILION, -36)):
        kernel = two_layer_relu(regime)
        numbers = range(1, MAX_N + 1)
        axes.plot(numbers, [_balance(kernel, n) for n in numbers], "o", color=colour, markersize=2.6)
        slope = _slope(kernel)
        axes.plot(
            [n / 4 for n in range(1, 4 * MAX_N + 1)],
            [slope * (n / 4) ** 0.5 for n in range(1, 4 * MAX_N + 1)],
            color=colour,
            linewidth=0.9,
        )
        text = f"{regime.upper()} ~ {slope:.3f} √n"
        label(axes, text, (MAX_N, _balance(kernel, MAX_N)), colour, xytext=(0, offset), ha="right")
    axes.plot([0, 14], [0, 14], color=MUTED, linewidth=1.2, linestyle=(0, (4, 3)))
    label(axes, "n", (14, 14), MUTED, xytext=(5, -1))
    frame(
        axes,
        title="B(n) < n: bits that should be 0 have negative means",
        x="n, matching templates",
        y="B(n) = D/F(n)",
    )
    axes.set_xlim(0, MAX_N + 1)
    axes.set_ylim(0, 14.5)
    return axes


def _balance(kernel: Kernel, n: int) -> float:
    return float(enclose(kernel.balance(n), precision=64).middle)


def _slope(kernel: Kernel) -> float:
    """Return the limit of ``B(n) / sqrt(n)``, which is D divided by the derivative of F by ``s = n**(-1/2)`` at 0."""
    s = sympy.Symbol("s", positive=True)
    slope = sympy.diff(kernel.excess(1 / s**2), s).subs(s, 0)
    return float(enclose(kernel.contrast / slope, precision=64).middle)
