"""Regimes: which weights of a wide network are trained, and hence which kernel trains it."""

from __future__ import annotations

from ntkproofs.errors import InputError

__all__ = ["REGIMES", "check_regime"]

REGIMES = ("ntk", "nngp")  # all weights are trained; the output layer alone


def check_regime(regime: str) -> None:
    """Raise InputError unless `regime` is ``"ntk"`` or ``"nngp"``.

    >>> check_regime("lazy")
    Traceback (most recent call last):
    ...
    ntkproofs.errors.InputError: unknown regime 'lazy': choose one of ntk, nngp
    """
    if regime not in REGIMES:
        raise InputError(f"unknown regime {regime!r}: choose one of {', '.join(REGIMES)}")
