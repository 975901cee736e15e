"""Classes of output bits: how often ``(n, p, t)`` occurs over all states.

A union bound over states may use the margin of each class instead of the worst margin, which few states attain.
Templates whose required bits are connected (through templates that share a bit) form a *component*. Components match
independently of each other, so the generating functions ::

    sum_n (number of states with n matches) X^n

of the components multiply. All assignments of a component are enumerated, so components must be small.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import TypeAlias

import numpy as np

from ntkproofs.errors import InputError
from ntkproofs.programs import TemplateProgram
from ntkproofs.programs.extremes import components

__all__ = ["Classes", "arbitrary_classes", "reachable_classes"]

Classes: TypeAlias = dict[tuple[int, int, int], int]  # (n, p, t) -> pairs of a state and an output bit
Series: TypeAlias = Mapping[int, int]  # matches -> assignments
Marked: TypeAlias = Mapping[tuple[int, int], int]  # (matches, matched writers of one bit) -> assignments

BLOCK = 1 << 13  # runs executed together
MAX_COMPONENT = 16  # bits of a component, of which 65,536 assignments are enumerated


def arbitrary_classes(program: TemplateProgram) -> Classes:
    """Return the number of pairs (state, output bit) of each class, over all ``2**bits`` states.

    Raises InputError for a program with a component of more than 16 bits.

    >>> from ntkproofs.programs import permutation
    >>> arbitrary_classes(permutation([1, 0]))
    {(0, 0, 1): 2, (1, 0, 1): 2, (1, 1, 1): 2, (2, 1, 1): 2}
    """
    parts = _components(program)
    free = program.output_bits - sum(len(bits) for bits, _ in parts)
    component_of = {index: number for number, (_, members) in enumerate(parts) for index in members}
    matching = [_matching(program, bits, members) for bits, members in parts]
    plain = [Counter(map(len, sets)) for sets in matching]
    kinds = Counter(_signature(indices, component_of, matching, plain) for indices in _writers(program))
    everything = Counter(_freeze(series) for series in plain)
    result: Counter[tuple[int, int, int]] = Counter()
    for (t, marked), bits in kinds.items():
        rest = everything.copy()
        for series, _ in marked:
            rest[series] -= 1
        others = _product(_power(dict(series), count) for series, count in rest.items() if count)
        joint = reduce(_multiply_marked, (dict(table) for _, table in marked), {(0, 0): 1})
        for (n, p), count in joint.items():
            for more, states in others.items():
                result[n + more, p, t] += count * states * bits << free
    return dict(sorted(result.items()))


def _writers(program: TemplateProgram) -> list[list[int]]:
    """Return the templates that write each bit, by position."""
    writers: list[list[int]] = [[] for _ in range(program.output_bits)]
    for index, template in enumerate(program.templates):
        for bit in template.write:
            writers[program.position(bit)].append(index)
    return writers


def reachable_classes(program: TemplateProgram, free: Sequence[int], ones: Sequence[int], steps: int) -> Classes:
    """Return the number of pairs (step of a run, output bit) of each class, over runs from all values of `free` bits.

    `ones`: the positions that are 1 at the start; all others are 0. A run ends at a state that the step maps to itself,
    which is counted once.

    >>> from ntkproofs.programs import permutation
    >>> reachable_classes(permutation([1, 0]), free=[0, 1], ones=[], steps=1)
    {(0, 0, 1): 2, (1, 0, 1): 2, (1, 1, 1): 2, (2, 1, 1): 2}
    """
    result: Counter[tuple[int, int, int]] = Counter()
    for first in range(0, 1 << len(free), BLOCK):
        cases = np.arange(first, min(first + BLOCK, 1 << len(free)))
        rows = np.zeros((len(cases), program.output_bits), dtype=np.uint8)
        rows[:, list(ones)] = 1
        rows[:, list(free)] = cases[:, None] >> np.arange(len(free)) & 1
        for _ in range(steps):
            match = program.match_rows(rows)
            matched = program.matched_writers_rows(match)
            for t in np.unique(program.writers):
                columns = matched[:, program.writers == t].astype(np.int64)
                keys = match.sum(axis=1, dtype=np.int64)[:, None] * (int(t) + 1) + columns
                for key, times in zip(*np.unique(keys, return_counts=True), strict=True):
                    result[int(key) // (int(t) + 1), int(key) % (int(t) + 1), int(t)] += int(times)
            after = (matched > 0).astype(np.uint8)
            rows = after[(after != rows).any(axis=1)]
            if not len(rows):
                break
    return dict(sorted(result.items()))


def _components(program: TemplateProgram) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return the components of a program; raises InputError for a component of more than 16 bits."""
    result = components(program)
    large = max((len(bits) for bits, _ in result), default=0)
    if large > MAX_COMPONENT:
        raise InputError(
            f"program {program.name!r}: its templates connect {large} bits; classes are counted for components of at "
            f"most {MAX_COMPONENT} bits"
        )
    return result


def _matching(program: TemplateProgram, bits: Sequence[int], members: Sequence[int]) -> list[frozenset[int]]:
    """Return, for each assignment of the component's bits, the indices of the templates that match."""
    offset = {bit: index for index, bit in enumerate(bits)}
    masks = []
    for index in members:
        when = program.templates[index].when
        mask = sum(1 << offset[program.position(bit)] for bit, _ in when)
        masks.append((index, mask, sum(value << offset[program.position(bit)] for bit, value in when)))
    return [
        frozenset(index for index, mask, value in masks if state & mask == value) for state in range(1 << len(bits))
    ]


Signature: TypeAlias = tuple[
    int, tuple[tuple[tuple[tuple[int, int], ...], tuple[tuple[tuple[int, int], int], ...]], ...]
]


def _signature(
    writers: Sequence[int],
    component_of: Mapping[int, int],
    matching: Sequence[Sequence[frozenset[int]]],
    plain: Sequence[Series],
) -> Signature:
    """Return what determines the classes of a bit: t, and the two series of each component with writers."""
    by_component: dict[int, set[int]] = defaultdict(set)
    for index in writers:
        by_component[component_of[index]].add(index)
    parts = []
    for number, indices in by_component.items():
        marked = Counter((len(match), len(match & indices)) for match in matching[number])
        parts.append((_freeze(plain[number]), tuple(sorted(marked.items()))))
    return len(writers), tuple(sorted(parts))


def _freeze(series: Series) -> tuple[tuple[int, int], ...]:
    return tuple(sorted(series.items()))


def _multiply(first: Series, second: Series) -> dict[int, int]:
    result: dict[int, int] = defaultdict(int)
    for n, count in first.items():
        for more, times in second.items():
            result[n + more] += count * times
    return dict(result)


def _power(series: Series, exponent: int) -> dict[int, int]:
    result, square = {0: 1}, dict(series)
    while exponent:
        if exponent & 1:
            result = _multiply(result, square)
        exponent >>= 1
        square = _multiply(square, square) if exponent else square
    return result


def _product(factors: Iterable[Series]) -> dict[int, int]:
    return reduce(_multiply, factors, {0: 1})


def _multiply_marked(first: Marked, second: Marked) -> dict[tuple[int, int], int]:
    result: dict[tuple[int, int], int] = defaultdict(int)
    for (n, p), count in first.items():
        for (more, further), times in second.items():
            result[n + more, p + further] += count * times
    return dict(result)
