"""The order of the expansion at a contact point, which is raised until a coefficient is not zero."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from fractions import Fraction
from typing import TypeAlias

from ntkproofs.arithmetic.germs import Germ, GermArithmetic
from ntkproofs.arithmetic.growth import LeadingTerm
from ntkproofs.errors import OrderTooLow

__all__ = ["TAYLOR_ORDERS", "Expansion", "OrderSearch"]

TAYLOR_ORDERS = (6, 12, 24, 48)
Expansion: TypeAlias = Germ | LeadingTerm


class OrderSearch:
    """Expansions at contact points, whose order is raised until a coefficient is not zero.

    The zeros are exact, and do not depend on the size of a cell; so each order is tried once for each contact point.
    If the highest order is too low at one of them, the sides may be identical, and the others are given the lowest.
    """

    def __init__(self) -> None:
        self._tried: dict[Hashable, int] = {}  # contact point -> number of orders that are too low there

    def first(
        self, expand: Callable[[GermArithmetic], Expansion | None], place: Hashable, reach: Fraction, bits: int
    ) -> Expansion | None:
        """Return the result of `expand` for the first order that is high enough; `place` identifies the contact."""
        stop = 1 if self._is_exhausted() else len(TAYLOR_ORDERS)
        for index in range(self._tried.get(place, 0), stop):
            try:
                return expand(GermArithmetic(reach, TAYLOR_ORDERS[index], bits))
            except OrderTooLow:
                self._tried[place] = index + 1
        return None

    def _is_exhausted(self) -> bool:
        return len(TAYLOR_ORDERS) in self._tried.values()

    def note(self) -> str:
        """Return that the highest order is too low at a contact point, for messages; empty if it is not."""
        if not self._is_exhausted():
            return ""
        order = TAYLOR_ORDERS[-1]
        return f"; the leading term of right - left at a contact point is not known from an expansion of order {order}"
