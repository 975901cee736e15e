"""Estimates: independent evaluations of certified bounds with mpmath. No verdict or certificate depends on them."""

from ntkproofs.estimates.ensemble import union_bound, union_by_class
from ntkproofs.estimates.network import failure_bound

__all__ = ["failure_bound", "union_bound", "union_by_class"]
