"""Estimates: independent evaluations of certified bounds with mpmath. No verdict or certificate depends on them."""

from ntkproofs.estimates.ensemble import union_bound

__all__ = ["union_bound"]
