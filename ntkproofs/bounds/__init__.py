"""What exact rounding needs of the counts, stated symbolically and decided for given numbers.

>>> from ntkproofs.bounds import sufficient_condition
>>> print(sufficient_condition(n=3, p=1, t=2, K=6))
6 <= 6
"""

from ntkproofs.bounds.balance import contrast_positive, excess_positive, gap_increases, matches_outweigh
from ntkproofs.bounds.rounding import (
    MeanAt,
    enclose_mean,
    extreme_means,
    least_padding,
    mean_sign,
    rounding_condition,
    rounds_right,
    sufficient_applies,
    sufficient_condition,
)
from ntkproofs.bounds.width import Width, entry_rate, least_width, perturbation

__all__ = [
    "MeanAt",
    "Width",
    "contrast_positive",
    "enclose_mean",
    "entry_rate",
    "excess_positive",
    "extreme_means",
    "gap_increases",
    "least_padding",
    "matches_outweigh",
    "least_width",
    "mean_sign",
    "perturbation",
    "rounding_condition",
    "rounds_right",
    "sufficient_applies",
    "sufficient_condition",
]
