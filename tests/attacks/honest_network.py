"""Honest certificates about one finite network of small programs, built without the package: a coarse search of floats.

The oracle's suprema, enlarged so that the checker's closed forms are mostly smaller, with evidence of a simple kind:
one block for each number of positive samples, with a mu that is usual. The width is not the least one; the failure
probability that is claimed is slightly above the bound at that width.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import honest
import numpy as np
from honest import Document
from network_oracle import LAM, MAX_SAMPLES, Bit, Claim, Column, Descent, Refused, bennett, tilted

BIT, EVENT, LIKE = 3.0, 2.05, 1.12  # how much larger the checker's suprema may be; LIKE: of a column of a single one
SHARE = 0.05  # of the failure probability, for the events
RATIO = 1.1  # of the arguments at which suprema are computed

BUILDERS = (
    lambda source: honest.permutation(source.randint(2, 4), source.choice([0, 0, 2])),
    lambda source: honest.addition(1, source.choice([0, 3])),
    lambda source: honest.random_program(source, source.randint(2, 4)),
    lambda source: honest.random_program(source, source.randint(2, 4)),
)


def more(t: int) -> float:
    """Return by how much the supremum of a deviation of columns with t ones is enlarged."""
    return LIKE if t == 1 else EVENT


def _short(value: float) -> str:
    return str(Fraction(f"{value:.5e}"))


def _grid(value: float) -> float:
    """Return a number a little larger, one of few."""
    return float(RATIO ** math.ceil(math.log(value, RATIO)))


@dataclass(frozen=True)
class Best:
    """The least logarithm of a bound that was found, and its parameters."""

    log: float
    values: tuple[float, ...] = ()


def least(found: Iterable[Best]) -> Best:
    """Return the best of them."""
    return min(found, key=lambda each: each.log, default=Best(math.inf))


# --- events


@cache
def _column(K: int, t: int) -> Column:
    return Column(K, 0, 0, t)


@cache
def _second_moment(K: int, t: int, g: float) -> float:
    return more(t) * _column(K, t).second_moment(g)


@cache
def _fourth_moment(K: int, t: int) -> float:
    return _column(K, t).fourth_moment()


def deviation(K: int, t: int, width: int, most: float) -> Best:
    """Return parameters e, z, l of the smallest deviation, in steps, whose bound's logarithm is at most `most`."""
    for step in range(40):
        e = 0.15 * 1.15**step
        best = least(_deviations(K, t, width, e))
        if best.log <= most:
            return best
    raise Refused


def _deviations(K: int, t: int, width: int, e: float) -> Iterator[Best]:
    N, A0 = K - 1, _column(K, t).A0
    for factor in (2.0, 4.0, 8.0):
        z = factor * N
        p, divergence = tilted(N, z)
        b = p / z
        g = _grid(p * e / (1 - N * b))
        inner = g * (1 - b)
        M = max((math.sqrt(inner**2 + A0) - inner) / 2, g * b) / LAM
        V = (math.sqrt(_second_moment(K, t, g)) + g * b * math.sqrt(_fourth_moment(K, t))) ** 2
        for l in 0.45 / M * np.geomspace(0.01, 1, 12):
            t0 = bennett(K, l, M) * V - l * p * e
            if -1 < t0 < 0:
                yield Best(divergence + width * math.log1p(t0), (e, z, l))


def training(K: int, width: int, most: float) -> tuple[Descent, list[float]]:
    """Return a training whose two events have bounds with logarithms of at most `most`, with the tilts."""
    for rise in (Fraction(k, 20) for k in range(2, 40)):
        for drop in (Fraction(k, 20) for k in range(5, 19)):
            descent = Descent(K, 2 / (K * (1 + rise)), rise, drop)
            trace = least(Best(descent.log_trace(width, l), (l,)) for l in np.linspace(0.02, 0.4, 15))
            if trace.log > most:
                break
            tilts = np.geomspace(0.01, 0.9, 15)
            bottom = least(Best(descent.log_eigenvalue(width, l), (l,)) for l in _possible(descent, tilts))
            if bottom.log <= most:
                return descent, [*trace.values, *bottom.values]
    raise Refused


def _possible(descent: Descent, tilts: Iterable[float]) -> list[float]:
    result = []
    for l in tilts:
        try:
            descent.log_eigenvalue(1, l)
        except Refused:
            continue
        result.append(float(l))
    return result


# --- classes


def parameters(bit: Bit, width: int, e: float) -> Best:
    """Return parameters l, z, q of the bound of a class."""
    N, alpha, B = bit.K - 1, bit.column.alpha, bit.column.inside
    spread, Z, pull = float(alpha @ bit.W @ alpha), B @ bit.W @ B.T, B @ bit.W @ alpha
    found = [Best(math.inf)]
    for factor in (1.5, 3.0, 6.0):
        p, divergence = tilted(N, factor * N)
        r = _grid(e / p)
        M = BIT * _supremum(bit, r)
        for l in 0.45 / M * np.geomspace(0.003, 1, 16):
            C = bennett(bit.K, l, M)
            t0 = C * spread - l * bit.margin
            if not -1 < t0 < 0:
                continue
            g = width * C / (1 + t0)
            values = np.linalg.eigvalsh(r * r * g * Z + 2 * (r * g) ** 2 * np.outer(pull, pull))
            q, averaged = _averaged(N, values)
            found.append(Best(width * math.log1p(t0) + divergence + averaged, (float(l), factor * N, q)))
    return least(found)


@cache
def _supremum(bit: Bit, r: float) -> float:
    return bit.supremum(r)


def _mu(p: int, number: int) -> str:
    """Return a mu for so many positive ones among the matching samples that do not write."""
    return "11/16" if number else "3/8" if p else "0"


def _averaged(N: int, values: Any) -> tuple[float, float]:
    """Return the best q, of some, with its bound of the average over directions."""
    first = max(0.0, float(values[-1]) - N / 2)
    candidates = [(q, 1 + 2 * (q - values) / N) for q in (first + x for x in (1, 2, 4, 8))]
    candidates += [(0.0, 1 - 2 * values / N)] * (first == 0)
    return min(((q, q - float(np.sum(np.log(rest))) / 2) for q, rest in candidates), key=lambda pair: pair[1])


# --- certificates


def network(source: random.Random) -> Document:
    """Return a random claim about one network, with evidence from which it follows."""
    while True:
        value = source.choice(BUILDERS)(source)
        states = honest.random_states(source, value, source.randint(1, 3))
        claim: Document = {
            "kind": "network", "program": value, "states": states, "trained": "output", "start": "zero", "networks": 1,
            "width": 1, "steps": 1, "step": "1", "threshold": "1/2", "failure": "1/2",
        }  # fmt: skip
        if source.random() < 0.3:
            claim["inputs"] = 1
        if honest.Program.of(value).samples not in range(2, MAX_SAMPLES - 2):
            continue
        read = Claim.of(claim)
        bounded = {count for count in read.classes if count[0] > 1 and count[2]}
        means = {count: Bit(read.program.samples, count, 0.0, 0.0).mean for count in bounded}
        low = max([0.0, *(mean for count, mean in means.items() if not count[1])])
        high = min([1.0, *(mean for count, mean in means.items() if count[1])])
        if high - low > 0.2 and len(bounded) < 12:
            claim["threshold"] = _short(low + (high - low) * source.uniform(0.35, 0.55))
            return _with_evidence(claim, source.choice([0.5, 0.2, 0.05, 0.01]), source)


def _with_evidence(claim: Document, failure: float, source: random.Random) -> Document:
    """Widen until the failure probability is at most the one that is wanted."""
    K = honest.Program.of(claim["program"]).samples
    claim["width"] = 6 * K * K + source.randint(0, K)
    while True:
        claim["width"] = claim["width"] * 5 // 4 + 1
        try:
            evidence = _evidence(claim, failure)
            bound = Claim.of(claim).bound(evidence, bit=BIT, event=more)
        except Refused:
            continue
        if bound <= failure:
            claim["failure"] = str(Fraction(math.ceil(bound * 1.001 * 10**6), 10**6))
            return honest.document(claim, evidence)


def _evidence(claim: Document, failure: float) -> Document:
    read = Claim.of(claim)
    K, width, share = read.program.samples, read.width, math.log(failure * SHARE / read.columns.total())
    descent, tilts = training(K, width, share)
    largest = math.sqrt(max(read.columns) * float(K * (1 + descent.rise)) / float(1 - descent.drop))
    rate = -math.log1p(-float(descent.step) * float(1 - descent.drop) * LAM)
    claim |= {"step": str(descent.step), "steps": math.ceil(math.log(1000 * largest) / rate)}
    deviations = {t: deviation(K, t, width, share).values for t in read.columns}
    classes = []
    for count in sorted(count for count in read.classes if count[0] > 1 and count[2]):
        n, p, t = count
        bit = Bit(K, count, float(read.threshold), descent.remainder(t, claim["steps"]))
        values = parameters(bit, width, deviations[t][0]).values
        if not values:
            raise Refused
        classes.append([*count, *map(_short, values), [[k, _mu(p, k)] for k in range(n - p + 1)]])
    return {
        "descent": {"rise": str(descent.rise), "drop": str(descent.drop), "tilts": [_short(tilt) for tilt in tilts]},
        "deviations": [[t, *map(_short, values)] for t, values in deviations.items()],
        "classes": classes,
    }
