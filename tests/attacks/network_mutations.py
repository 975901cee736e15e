"""What the forger does to certificates about one finite network; each mutation changes a document in place."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import honest
from claim_oracle import TooLarge
from honest import Document
from network_oracle import Claim

# --- the claim


def narrower(d: Document, source: random.Random) -> None:
    """Another number of neurons, mostly fewer: by one, by a little, by far."""
    w = d["claim"]["width"]
    d["claim"]["width"] = source.choice(
        [w - 1, w - 1, w * 99 // 100, w * 3 // 4, w // 2, w // 8, w // 30, 1, w + 1, 2 * w]
    )


def training_step(d: Document, source: random.Random) -> None:
    """A larger step of gradient descent, by little or much, or a smaller one."""
    factors = ["1000001/1000000", "101/100", "2", "5", "99/100", "1/2", "1/50", "-1"]
    d["claim"]["step"] = str(Fraction(d["claim"]["step"]) * Fraction(source.choice(factors)))


def training_steps(d: Document, source: random.Random) -> None:
    """Fewer steps of gradient descent, or more."""
    T = d["claim"]["steps"]
    d["claim"]["steps"] = source.choice([T - 1, T * 9 // 10, T // 2, T // 10, 1, T + 1, 3 * T])


def inputs(d: Document, source: random.Random) -> None:
    """Another number of chosen inputs, more than there are, or all inputs."""
    number = d["claim"].pop("inputs", None)
    if number is None or source.random() < 0.7:
        d["claim"]["inputs"] = source.choice([1, 2, 3, 8, 1 << 6, (number or 1) + 1, 2 * (number or 1)])


def training(d: Document, source: random.Random) -> None:
    """Another training, another start."""
    key, words = source.choice([("trained", ["all", "none", "hidden"]), ("start", ["gaussian", "antisymmetric", "0"])])
    d["claim"][key] = source.choice(words)


def states(d: Document, source: random.Random) -> None:
    """Arbitrary states for visited ones, other initial states, or more steps of the runs."""
    claim, value = d["claim"], d["claim"]["states"]
    if value == "arbitrary":
        bits = sum(width for _, width in claim["program"]["fields"])
        claim["states"] = honest.family(source.sample(range(bits), source.randint(0, bits)), [], source.randint(1, 3))
    elif source.random() < 0.4:
        claim["states"] = "arbitrary"
    elif source.random() < 0.5:
        bits = sum(width for _, width in claim["program"]["fields"])
        value["free"] = sorted({*value["free"], source.randrange(bits)} - set(value["ones"]))
    else:
        value["steps"] = max(1, value["steps"] + source.choice([-1, 1, 3]))


# --- the evidence


def parameter(d: Document, source: random.Random) -> None:
    """Another tilt, deviation, l, q, mu, rise or drop."""
    e = d["evidence"]
    homes: list[tuple[Any, Any]] = [(e["descent"], "rise"), (e["descent"], "drop")]
    homes += [(e["descent"]["tilts"], place) for place in range(2)]
    homes += [(row, place) for row in e["deviations"] for place in (1, 2, 3)]
    homes += [(row, place) for row in e["classes"] for place in (3, 4, 5)] * 2
    homes += [(block, 1) for row in e["classes"] for block in row[6]]
    home, key = source.choice(homes)
    factor = source.choice(["1001/1000", "999/1000", "9/10", "11/10", "2", "1/2", "-1", "0", "40"])
    home[key] = str(Fraction(home[key]) * Fraction(factor))


def class_counts(d: Document, source: random.Random) -> None:
    """A class left out, twice, under another name, or with other blocks."""
    classes = d["evidence"]["classes"]
    row = source.choice(classes)
    change = source.choice(["left out", "twice", "another", "block left out", "block twice", "block longer"])
    if change == "left out":
        classes.remove(row)
    elif change == "twice":
        classes.append(copy.deepcopy(row))
    elif change == "another":
        row[source.randrange(3)] += source.choice([-1, 1])
    elif change == "block left out":
        row[6].pop(source.randrange(len(row[6])))
    elif change == "block twice":
        row[6].append(copy.deepcopy(source.choice(row[6])))
    else:
        source.choice(row[6])[0] += source.choice([-1, 1])


def column_counts(d: Document, source: random.Random) -> None:
    """A deviation left out, twice, or of columns with another number of ones."""
    rows = d["evidence"]["deviations"]
    change = source.choice(["left out", "twice", "another"])
    if change == "left out":
        rows.pop(source.randrange(len(rows)))
    elif change == "twice":
        rows.append(copy.deepcopy(source.choice(rows)))
    else:
        source.choice(rows)[0] += source.choice([-1, 1])


def repaired(d: Document, source: random.Random) -> None:
    """Evidence with the classes and columns of whatever the program is now: so that a claim reaches the last rule."""
    evidence = d["evidence"]
    try:
        read = Claim.of(d["claim"])
    except TooLarge:
        return

    def nearest(rows: list[Any], wanted: tuple[int, ...]) -> Any:
        size = len(wanted)
        return min(rows, key=lambda row: sum(abs(a - b) for a, b in zip(row[:size], wanted, strict=True)))[size:]

    deviations, classes = evidence["deviations"], evidence["classes"]
    evidence["deviations"] = [[t, *nearest(deviations, (t,))] for t in read.columns]
    found = []
    for n, p, t in sorted(count for count in read.classes if count[0] > 1 and count[2]):
        l, z, q, cover = nearest(classes, (n, p, t))
        kept = [block for block in cover if block[0] < n - p]
        found.append([n, p, t, l, z, q, [*kept, [n - p, cover[-1][1]]]])
    evidence["classes"] = found


Mutation = Callable[[Document, random.Random], None]
CLAIM: tuple[Mutation, ...] = (narrower, training_step, training_steps, training, states, inputs)
EVIDENCE: tuple[Mutation, ...] = (parameter, class_counts, column_counts)
