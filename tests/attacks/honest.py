"""Honest certificates of small programs, built without the package: from the oracles' formulas and from brute force.

A *document* is the JSON of a certificate, unsigned; :func:`sign` gives it its digest. What is mutated in the attacks
begins here, and what the checker must accept: N is the least number of networks by the stated bound.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from claim_oracle import (
    DIGITS,
    Count,
    Ensemble,
    Program,
    claimed_states,
    counts_of,
    largest_eigenvalue,
    moments,
    number,
    training_of,
    wrong,
)
from mpmath import mp

Document = dict[str, Any]


def sign(document: Document) -> bytes:
    """Return the bytes of a document, with the digest that belongs to its claim."""
    text = json.dumps(document["claim"], sort_keys=True, separators=(",", ":")).encode()
    return json.dumps(document | {"claim_sha256": hashlib.sha256(text).hexdigest()}).encode()


def document(claim: Document, evidence: Any) -> Document:
    """Return a certificate without its digest."""
    return {"format": 1, "claim": claim, "evidence": evidence, "producer": "an attacker"}


# --- programs


def program(bits: int, templates: list[tuple[dict[int, int], list[int]]], padding: int = 0) -> Document:
    """Return a program as it stands in a claim."""
    return {
        "name": "p",
        "fields": [["a", bits]],
        "templates": [[[list(pair) for pair in when.items()], write] for when, write in templates],
        "padding": padding,
    }


def permutation(bits: int, padding: int = 0) -> Document:
    """Return the cyclic shift: one writer a bit, up to `bits` matches."""
    return program(bits, [({place: 1}, [(place + 1) % bits]) for place in range(bits)], padding)


def addition(bits: int, padding: int = 0) -> Document:
    """Return addition of two numbers: fields p, q, c at 0, bits, 2 bits; `q_0` has no writer."""
    templates: list[tuple[dict[int, int], list[int]]] = []
    for i in range(bits):
        p, q, c = i, bits + i, 2 * bits + i
        templates += [({p: 0, q: 1}, [p]), ({p: 1, q: 0}, [p]), ({p: 1, q: 1}, [c])]
        templates.append(({c: 1}, [q + 1] if i + 1 < bits else [c]))
    return program(3 * bits, templates, padding)


def random_program(source: random.Random, bits: int) -> Document:
    """Return a program of up to nine random templates; some require or write nothing, or occur twice."""
    templates: list[tuple[dict[int, int], list[int]]] = []
    for _ in range(source.randint(2, 8)):
        places = source.sample(range(bits), source.choice([0, 1, 1, 2, 2, 3][: bits + 3]))
        when = {place: source.randint(0, 1) for place in places}
        templates.append((when, source.sample(range(bits), source.choice([0, 1, 1, 1, 1, 2]))))
    templates += templates[: source.choice([0, 0, 1])]
    return program(bits, templates, source.randint(0, 8))


def crowded_program(source: random.Random) -> Document:
    """Return a program one of whose bits has many writers, few of which match together with many other templates.

    Without enough padding its 1-bits are rounded wrong.
    """
    others, writers = source.randint(2, 9), source.randint(2, 8)
    templates: list[tuple[dict[int, int], list[int]]] = [({3: 1}, [1]), *[({3: 1}, [2])] * others]
    return program(4, [*templates, *[({0: 1}, [1])] * writers], source.choice([0, 0, 2, 9, 40]))


def groups(value: Document) -> list[list[int]]:
    """Partition the templates greedily into groups of which no state matches two."""
    found: list[list[int]] = []
    for index, (when, _) in enumerate(value["templates"]):
        for group in found:
            if all(_contradict(when, value["templates"][other][0]) for other in group):
                group.append(index)
                break
        else:
            found.append([index])
    return found


def _contradict(first: list[list[int]], second: list[list[int]]) -> bool:
    values = {place: value for place, value in first}
    return any(values.get(place, value) != value for place, value in second)


def bounded_counts(value: Document) -> set[Count]:
    """Return every (n, p, t) with n up to the number of groups that the numbers of templates allow."""
    total, read = len(value["templates"]), Program.of(value)
    return {
        (n, p, t)
        for t in {read.writers(bit) for bit in range(read.bits)}
        for n in range(1, len(groups(value)) + 1)
        for p in range(min(n, t) + 1)
        if n - p <= total - t
    }


def program_digest(value: Document) -> str:
    """Return the SHA-256 of the canonical JSON of a program without its name."""
    rest = {key: value[key] for key in ("fields", "padding", "templates")}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


# --- claims


def claimed_bits(claim: Document) -> list[int]:
    """Return the output bits that an ensemble's claim speaks of."""
    read = Program.of(claim["program"])
    return [bit for bit in range(read.bits) if read.writers(bit) or not claim["drop_unwritten"]]


def rounds(claim: Document, count: Count) -> bool:
    """Tell whether the mean at a count is above 0 just where the bit is 1."""
    (n, p, t), training = count, training_of(claim)
    if t == 0 or (n == 1 and training is None):
        return True
    return (moments(claim["kernel"], Program.of(claim["program"]).samples, n, p, t, training)[0] > 0) == (p > 0)


def groups_round(claim: Document) -> bool:
    """Tell whether rounding is right at all counts that groups allow, or at arbitrary states is not claimed."""
    if claim["states"] != "arbitrary":
        return True
    return all(rounds(claim, count) for count in bounded_counts(claim["program"]))


def rounding(
    value: Document, states: Any = "arbitrary", kernel: str = "ntk", training: Document | None = None
) -> Document:
    """Return a claim of exact rounding; it may be false."""
    claim = {"kind": "rounding", "kernel": kernel, "program": value, "states": states} | trained(training)
    return document(claim, {"groups": groups(value)} if states == "arbitrary" else {})


def trained(training: Document | None) -> Document:
    """Return the entry of a claim that says how long the networks are trained, if not to convergence."""
    return {} if training is None else {"training": training}


def family(free: list[int], ones: list[int], steps: int) -> Document:
    """Return the states visited from all values of the free positions."""
    return {"free": free, "ones": ones, "steps": steps}


def margins(
    value: Document, states: Any, kernel: str, dropped: bool, training: Document | None = None
) -> tuple[Fraction, Fraction]:
    """Return the largest mean of a 0-bit and the least mean of a 1-bit (at most 1): a threshold lies between."""
    low, high = Fraction(0), Fraction(1)
    read, first = training_of(trained(training)), 2 if training is None else 1
    for n, p, t in _counts(value, states):
        if n >= first and (t or not dropped):
            with mp.workdps(DIGITS):
                mean = moments(kernel, Program.of(value).samples, n, p, t, read)[0] if t else mp.mpf(0)
                nearest = Fraction(int(mp.floor(mean * 10**9)), 10**9)
            low, high = (low, min(high, nearest)) if p else (max(low, nearest), high)
    return low, high


def _counts(value: Document, states: Any) -> set[Count]:
    if states == "arbitrary":
        return bounded_counts(value)
    read = Program.of(value)
    return counts_of(read, claimed_states(read, states))


def ensemble(
    value: Document,
    *,
    failure: str,
    threshold: str,
    inputs: Any,
    steps: int,
    states: Any = "arbitrary",
    kernel: str = "ntk",
    dropped: bool = False,
    classes: bool = False,
    training: Document | None = None,
) -> Document:
    """Return a claim of an ensemble with the least N by the stated bound, or by the union over classes."""
    claim: Document = {
        "kind": "ensemble",
        "kernel": kernel,
        "program": value,
        "states": states,
        "inputs": inputs,
        "steps": steps,
        "failure": failure,
        "threshold": threshold,
        "networks": 1,
        "drop_unwritten": dropped,
    } | trained(training)
    evidence: Document = {"groups": groups(value)} if states == "arbitrary" else {}
    if classes:
        evidence = dict(BY_CLASS)
    with mp.workdps(DIGITS):
        claim["networks"] = least_networks(claim, evidence)
    return document(claim, evidence)


BY_CLASS = {"union": "classes"}  # evidence of a union over classes


def least_networks(claim: Document, evidence: Any) -> int:
    """Return the least N for which the bound that the evidence names is at most the failure.

    It is the union over classes, or the number of cases times the tail of the least margin at the counts that groups
    allow.
    """
    read = Ensemble.of(claim)
    if evidence == BY_CLASS:
        if any(z <= 0 for z, _ in read.classes):
            raise ValueError("a mean lies beyond the threshold")
        return _least(lambda networks: read.class_bound(networks) <= number(read.failure))
    counts = {c for c in _counts(claim["program"], claim["states"]) if c[2] or not read.dropped}
    z = min((read.z(count) for count in counts), default=mp.inf)
    if z <= 0:
        raise ValueError("a mean lies beyond the threshold")
    if mp.isinf(z):
        return 1
    cases, failure = read.inputs * read.steps * len(read.bits), number(read.failure)
    return _least(lambda networks: cases * wrong(networks, z) <= failure)


def _least(fits: Callable[[int], bool]) -> int:
    high = 1
    while not fits(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high


# --- at random

BUILDERS: tuple[Callable[[random.Random], Document], ...] = (
    lambda source: permutation(source.randint(2, 5), source.choice([0, 0, 3])),
    lambda source: addition(source.randint(1, 2), source.choice([0, 0, 5])),
    crowded_program,
    lambda source: random_program(source, source.randint(2, 5)),
    lambda source: random_program(source, source.randint(2, 5)),
)


def random_states(source: random.Random, value: Document, steps: int) -> Any:
    """Return arbitrary states, or those visited from a random family."""
    bits = Program.of(value).bits
    if source.random() < 0.5:
        return "arbitrary"
    places = source.sample(range(bits), bits)
    free = sorted(places[: source.randint(0, bits)])
    return family(free, sorted(place for place in places[len(free) :] if source.random() < 0.4), steps)


def random_rounding(source: random.Random) -> Document:
    """Return a random claim of exact rounding; it may be false."""
    value, kernel = source.choice(BUILDERS)(source), source.choice(["ntk", "nngp"])
    states = random_states(source, value, source.randint(1, 6))
    training = random_training(source, value, kernel, nearest=0.7) if source.random() < 0.5 else None
    return rounding(value, states, kernel, training)


def random_training(source: random.Random, value: Document, kernel: str, nearest: float = 0.0) -> Document | None:
    """Return no training, or a random one; `nearest`: the chance of an even number of steps of nearly the largest size.

    After these a 0-bit at a sample has a negative mean.
    """
    if source.random() < 0.5:
        return None
    if source.random() < 0.3:
        return {"time": str(Fraction(source.randint(1, 90), 10))}
    with mp.workdps(DIGITS):
        limit = Fraction(int(2000 / largest_eigenvalue(kernel, Program.of(value).samples)), 1000)
    if source.random() < nearest:
        return {"steps": source.choice([2, 20, 60]), "step": str(limit * Fraction(source.randint(90, 99), 100))}
    size = limit * Fraction(source.randint(1, 99), 100)
    return {"steps": source.choice([1, 2, source.randint(1, 60)]), "step": str(size)}


def random_ensemble(source: random.Random) -> Document:
    """Return a random claim of an ensemble with a random choice of every option; it holds by the stated bound."""
    while True:
        value, steps = source.choice(BUILDERS)(source), source.randint(1, 5)
        states, kernel = random_states(source, value, steps), source.choice(["ntk", "nngp"])
        dropped, training = source.random() < 0.5, random_training(source, value, kernel)
        low, high = margins(value, states, kernel, dropped, training)
        if high - low < Fraction(1, 1000):
            continue  # rounding is not right here
        threshold = low + (high - low) * Fraction(source.randint(0 if dropped else 20, 80), 100)
        bits = Program.of(value).bits
        starts = {"free": list(range(bits)), "ones": []} if states == "arbitrary" else states
        choices: list[Any] = [
            {key: starts[key] for key in ("free", "ones")},
            source.randint(1, 1 << len(starts["free"])),
            1,
        ]
        options: dict[str, Any] = {"states": states, "kernel": kernel, "dropped": dropped}
        options |= {"classes": source.random() < 0.5, "training": training}
        failure = source.choice(["1/2", "1/50", "1/1000", "1/1000000", "99/100"])
        return ensemble(
            value, failure=failure, threshold=str(threshold), inputs=source.choice(choices), steps=steps, **options
        )


def stream(make: Callable[[random.Random], Document], seed: object) -> Iterator[Document]:
    """Yield random documents without end."""
    source = random.Random(str(seed))
    while True:
        yield make(source)
