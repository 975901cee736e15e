"""What exact rounding needs of the counts, stated symbolically and decided for given numbers.

>>> from ntkproofs.bounds import sufficient_condition
>>> print(sufficient_condition(n=3, p=1, t=2, K=6))
6 <= 6
"""

from ntkproofs.bounds.atlas import AtlasEntry, activation_kernels, depth_kernels, sign_of_zero, survey
from ntkproofs.bounds.balance import contrast_positive, excess_positive, gap_increases, matches_outweigh
from ntkproofs.bounds.ensemble import TAILS, EnsembleSize, ensemble_size, networks_enough, size_for_margin
from ntkproofs.bounds.lower import LeastNetworks, least_networks, least_width_of_any
from ntkproofs.bounds.margins import Margins, SmallestMargin, smallest_margin
from ntkproofs.bounds.moments import Moments
from ntkproofs.bounds.padding import Padded, Requirement, TooFew, best_padding, moderate_padding, padding_for, ruled_out
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
from ntkproofs.bounds.tails import gaussian_tail, gaussian_tail_upper, log_tail_upper, mills_convergent
from ntkproofs.bounds.thresholds import THRESHOLDS, choose_threshold

__all__ = [
    "TAILS",
    "THRESHOLDS",
    "AtlasEntry",
    "EnsembleSize",
    "LeastNetworks",
    "Margins",
    "MeanAt",
    "Moments",
    "Padded",
    "Requirement",
    "SmallestMargin",
    "TooFew",
    "activation_kernels",
    "best_padding",
    "choose_threshold",
    "contrast_positive",
    "depth_kernels",
    "enclose_mean",
    "excess_positive",
    "extreme_means",
    "gap_increases",
    "least_networks",
    "least_padding",
    "least_width_of_any",
    "matches_outweigh",
    "mean_sign",
    "moderate_padding",
    "padding_for",
    "rounding_condition",
    "rounds_right",
    "ruled_out",
    "sign_of_zero",
    "sufficient_applies",
    "sufficient_condition",
    "ensemble_size",
    "gaussian_tail",
    "gaussian_tail_upper",
    "log_tail_upper",
    "mills_convergent",
    "networks_enough",
    "size_for_margin",
    "smallest_margin",
    "survey",
]
