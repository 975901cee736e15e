"""Estimates: certified bounds evaluated once more, by mpmath, with code of its own. Nothing rests on them."""

from ntkproofs.estimates.ensemble import union_bound

__all__ = ["union_bound"]
