"""Estimates: certified bounds evaluated once more by mpmath, to many digits. Nothing rests on them."""

from ntkproofs.estimates.ensemble import union_bound
from ntkproofs.estimates.network import failure_bound

__all__ = ["failure_bound", "union_bound"]
