"""Witnesses: states that runs of a program certainly visit, by output bit and class; what lower bounds are made of.

Which inputs are taken is a heuristic: words with few zeros or few ones, where margins are thin, and random ones. Every
state found is visited by a run whatever was drawn, so a lower bound that rests on these states alone holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import comb, isqrt
from random import Random
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.counts import Counts
from ntkproofs.programs import TemplateProgram

__all__ = ["Cluster", "Column", "Family", "disjoint_states", "witnesses"]

MAX_STATES = 640  # that are kept of one family
MAX_INPUTS, MAX_SINGLE = 1024, 48  # in one family; families of one input
MAX_REQUIREMENTS = 1 << 22  # looked at in the runs of all families
MAX_PAIRS = 1 << 24  # of states, for all output bits together
ENDS = 2  # smallest and largest numbers of matches whose clusters are kept
SEED = 20250222


@dataclass(frozen=True, order=True)
class Cluster:
    """States at which one output bit has the same counts.

    `states`: how many, all with different matching templates; `overlaps`: (number of templates that match at both of
    two different states, ordered pairs of states with that number).
    """

    counts: Counts
    states: int
    overlaps: tuple[tuple[int, int], ...]


Column: TypeAlias = tuple[Cluster, ...]  # of one output bit, those with the same next value


@dataclass(frozen=True)
class Family:
    """What the inputs of one family visit: for bits that should be 0 and that should be 1, columns and their number."""

    zeros: tuple[tuple[Column, int], ...]
    ones: tuple[tuple[Column, int], ...]


def witnesses(
    program: TemplateProgram,
    free: Sequence[int],
    ones: Sequence[int],
    steps: int,
    *,
    single: bool = False,
    drop_unwritten: bool = False,
) -> tuple[Family, ...]:
    """Return families of states that runs of `steps` steps visit, from values of the `free` positions.

    One family of all the inputs taken, or with `single` one for each. `ones` are the positions that are 1 at the start.
    States where fewer than two templates match are left out: there is no variance.

    >>> from ntkproofs.programs import permutation
    >>> (family,) = witnesses(permutation([2, 1, 0]), free=[0, 1, 2], ones=[], steps=1)
    >>> [(str(cluster.counts), cluster.states, bits) for (cluster,), bits in family.zeros]
    [('n = 2, p = 0, t = 1, K = 3', 1, 3)]
    """
    rows = _starts(program, free, ones, MAX_SINGLE if single else MAX_INPUTS)
    groups = np.split(rows, len(rows)) if single else [rows]
    families = (_family(program, _visited(program, group, steps, len(groups)), drop_unwritten) for group in groups)
    return tuple(dict.fromkeys(family for family in families if family.zeros or family.ones))


def disjoint_states(
    program: TemplateProgram, free: Sequence[int], ones: Sequence[int], steps: int, *, samples: bool = False
) -> int:
    """Return a number of visited states with a bit that should be 1, no two of which share a matching template.

    Runs as in :func:`witnesses`; found greedily, those with the fewest matching templates first. `samples`: only states
    that one template matches, which are training samples.

    >>> from ntkproofs.programs import permutation
    >>> disjoint_states(permutation([2, 1, 0]), free=[0, 1, 2], ones=[], steps=1)
    3
    """
    match = _visited(program, _starts(program, free, ones, MAX_INPUTS), steps, 1, least=1)
    match = match[(program.matched_writers_rows(match) > 0).any(axis=1)]
    match = match[match.sum(axis=1) == 1] if samples else match
    taken, number = np.zeros(len(program.templates), dtype=np.bool_), 0
    for row in match[np.argsort(match.sum(axis=1), kind="stable")]:
        if not (row & taken).any():
            taken |= row
            number += 1
    return number


def _starts(program: TemplateProgram, free: Sequence[int], ones: Sequence[int], many: int) -> NDArray[np.uint8]:
    """Return initial states, one a row, at most so many."""
    words = _words(len(free), many)
    rows = np.zeros((len(words), program.output_bits), dtype=np.uint8)
    rows[:, list(ones)] = 1
    rows[:, list(free)] = words
    return rows


def _words(bits: int, many: int) -> NDArray[np.uint8]:
    """Return words of so many bits: all of them if they are few, else words with few zeros or ones, and random ones."""
    if bits <= 10 and 1 << bits <= many:
        every = sorted(range(1 << bits), key=lambda word: min(word.bit_count(), bits - word.bit_count()))
        return ((np.array(every)[:, None] >> np.arange(bits)) & 1).astype(np.uint8)
    source = Random(SEED)
    chosen: list[tuple[tuple[int, ...], int]] = [((), 1), ((), 0)]  # (places of the rarer value, the value of the rest)
    singles = [(place,) for place in source.sample(range(bits), min(bits, many // 8))]
    chosen += [(places, value) for places in singles for value in (1, 0)]
    pairs = range(comb(bits, 2))
    chosen += [(_pair(index, bits), 0) for index in source.sample(pairs, min(len(pairs), many // 2))]
    words = np.frombuffer(source.randbytes(many * bits), dtype=np.uint8).reshape(many, bits) & np.uint8(1)
    for word, (places, value) in zip(words, chosen, strict=False):
        word[:] = value
        word[list(places)] = 1 - value
    return words


def _pair(index: int, bits: int) -> tuple[int, int]:
    """Return pair number `index` of ``itertools.combinations(range(bits), 2)``.

    >>> [_pair(index, 4) for index in range(6)]
    [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    """
    after = comb(bits, 2) - 1 - index
    first = (1 + isqrt(8 * after + 1)) // 2  # the numbers of both places from the end, first > second
    return bits - 1 - first, bits - 1 - (after - comb(first, 2))


def _visited(
    program: TemplateProgram, rows: NDArray[np.uint8], steps: int, families: int, least: int = 2
) -> NDArray[np.bool_]:
    """Return which templates match at different visited states where `least` do, as far as the limits allow."""
    found: dict[bytes, NDArray[np.bool_]] = {}
    left = MAX_REQUIREMENTS // families
    for _ in range(steps):
        match = program.match_rows(rows)
        for row in match[match.sum(axis=1) >= least]:
            found.setdefault(row.tobytes(), row)
        left -= match.size
        if len(found) >= MAX_STATES or left < 0:
            break
        after = (program.matched_writers_rows(match) > 0).astype(np.uint8)
        rows = after[(after != rows).any(axis=1)]
        if not len(rows):
            break
    return np.array(list(found.values())[:MAX_STATES], dtype=np.bool_).reshape(-1, len(program.templates))


def _family(program: TemplateProgram, match: NDArray[np.bool_], drop_unwritten: bool) -> Family:
    matched, n = program.matched_writers_rows(match), match.sum(axis=1, dtype=np.int64)
    most = max(64, isqrt(MAX_PAIRS // max(1, program.output_bits)))
    together = (match.astype(np.float32) @ match.astype(np.float32).T).astype(np.intp)
    zeros: Counter[Column] = Counter()
    ones: Counter[Column] = Counter()
    for bit, t in enumerate(map(int, program.writers)):
        if not t and drop_unwritten:
            continue
        p = matched[:, bit]
        for side, chosen in ((zeros, p == 0), (ones, p > 0)):
            column = tuple(_clusters(program.samples, t, n, p, np.flatnonzero(chosen), together, most))
            if column:
                side[column] += 1
    return Family(tuple(sorted(zeros.items())), tuple(sorted(ones.items())))


def _clusters(
    K: int,
    t: int,
    n: NDArray[np.int64],
    p: NDArray[np.int32],
    places: NDArray[np.intp],
    together: NDArray[np.intp],
    most: int,
) -> Iterable[Cluster]:
    """Yield clusters of one bit among the states at `places`: the fewest writers, few or many matches."""
    if not len(places):
        return
    places = places[p[places] == p[places].min()]
    several = np.unique(n[places])
    for matches in sorted({*several[:ENDS], *several[-ENDS:]}):
        members = places[n[places] == matches][:most]
        times = np.bincount(together[np.ix_(members, members)].ravel(), minlength=matches + 1)
        times[matches] -= len(members)  # each state with itself; two different ones share fewer
        counts = Counts(int(matches), int(p[places[0]]), t, K)
        yield Cluster(counts, len(members), tuple((int(v), int(times[v])) for v in np.flatnonzero(times)))
