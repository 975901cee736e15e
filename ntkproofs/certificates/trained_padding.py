"""Padding for networks of finite width trained by gradient descent: a bounded search, of which nothing is certified.

Each padding that is tried is a search for networks with all parameters, confirmed by balls. The paddings are 0, 1, 2
and so on, growing by half, up to some multiple of the samples; then numbers between the neighbours of the best one.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import pairwise

from ntkproofs.bounds.finite.gaussian_start import GaussianEnsemble
from ntkproofs.certificates.network import Request, find
from ntkproofs.errors import InputError, NoMargin, NtkProofsError, Undecided

__all__ = ["TrainedSize", "best_trained_padding", "least_trained_padding", "size_with"]

MULTIPLE = 16  # of the samples, the largest padding that is tried
WORSE, PATIENCE = 1.1, 3  # factor of the least cost, and how many costs above it end the search
REFINED = 6  # paddings between the neighbours of the best one


@dataclass(frozen=True)
class TrainedSize:
    """Networks of finite width that suffice with so many further samples of padding."""

    padding: int
    samples: int
    networks: int
    width: int

    @property
    def cost(self) -> int:
        """Networks times width times samples."""
        return self.networks * self.width * self.samples


def size_with(request: Request, padding: int) -> TrainedSize:
    """Return the size with `padding` further samples; raises the exceptions of :func:`find`."""
    program = deepcopy(request.run.program)
    program.pad(padding)
    _, found = find(replace(request, run=replace(request.run, program=program)))
    networks = found.networks if isinstance(found, GaussianEnsemble) else 1
    return TrainedSize(padding, program.samples, networks, found.width)


def best_trained_padding(request: Request) -> TrainedSize:
    """Return the padding that minimises networks times width times samples, as far as the search finds it.

    Raises NtkProofsError with the reason if no padding that is tried suffices.

    >>> from ntkproofs.certificates.network import request_for
    >>> from ntkproofs.programs import permutation_task
    >>> print(best_trained_padding(request_for(permutation_task([1, 0, 2]), failure="1/10")))
    TrainedSize(padding=0, samples=3, networks=1, width=226)
    """
    known: dict[int, TrainedSize | NtkProofsError] = {}
    worse = 0
    for padding in _paddings(request):
        size = _tried(request, padding, known)
        best = _best(known)
        if best is not None:
            worse = worse + 1 if size is None or size.cost > WORSE * best.cost else 0
        if worse == PATIENCE:
            break
    for _ in range(REFINED):
        best = _best(known)
        between = None if best is None else _between(sorted(known), best.padding)
        if between is None:
            break
        _tried(request, between, known)
    best = _best(known)
    if best is None:
        raise _last(known)
    return best


def least_trained_padding(request: Request) -> TrainedSize:
    """Return the smallest padding found with which the width (and the number of networks) of the request suffice.

    Raises NtkProofsError with the reason if none of those that are tried does.
    """
    known: dict[int, TrainedSize | NtkProofsError] = {}
    low = -1
    for padding in _paddings(request):
        size = _tried(request, padding, known)
        if size is not None:
            break
        low = padding
    else:
        raise _last(known)
    high = size.padding
    while high - low > 1:
        middle = (low + high) // 2
        smaller = _tried(request, middle, known)
        low, high = (middle, high) if smaller is None else (low, middle)
    result = known[high]
    assert isinstance(result, TrainedSize)
    return result


def _paddings(request: Request) -> Iterator[int]:
    padding = 0
    while padding <= MULTIPLE * request.run.program.samples:
        yield padding
        padding = max(padding + 1, padding * 3 // 2)


def _tried(request: Request, padding: int, known: dict[int, TrainedSize | NtkProofsError]) -> TrainedSize | None:
    """Return the size with a padding, or None if it does not suffice; an invalid argument is an error."""
    if padding not in known:
        try:
            known[padding] = size_with(request, padding)
        except InputError:
            raise
        except NtkProofsError as problem:
            known[padding] = problem
    result = known[padding]
    return result if isinstance(result, TrainedSize) else None


def _best(known: dict[int, TrainedSize | NtkProofsError]) -> TrainedSize | None:
    sizes = [each for each in known.values() if isinstance(each, TrainedSize)]
    return min(sizes, key=lambda size: size.cost, default=None)


def _between(known: list[int], best: int) -> int | None:
    """Return a number between the best padding and a neighbour, in the larger gap; None if there is none."""
    gaps = [pair for pair in pairwise(known) if best in pair and pair[1] - pair[0] > 1]
    if not gaps:
        return None
    low, high = max(gaps, key=lambda pair: pair[1] - pair[0])
    return (low + high) // 2


def _last(known: dict[int, TrainedSize | NtkProofsError]) -> NtkProofsError:
    """Return the reason without padding, with the paddings that were tried."""
    reason = next(each for each in known.values() if isinstance(each, NtkProofsError))
    kind = Undecided if isinstance(reason, Undecided) else NoMargin
    return kind(f"{reason}; the same with every padding up to {max(known)} that was tried")
