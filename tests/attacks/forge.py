"""A forger: thousands of mutants of honest certificates, signed again, each held against an independent oracle.

    python tests/attacks/forge.py [--number 10000] [--seed 0] [--kind NAME ...]

prints what the checker says of the mutants of every kind against what is true of their claims. The exit code is 1 if a
mutant is accepted whose claim is not implied by the bound that it states (it is printed), else 0.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from typing import Any

import honest
import honest_network
import inequalities
import network_mutations
import remembered
from claim_oracle import FALSE, IMPLIED, TRUE, UNKNOWN, TooLarge, truth
from honest import Document, sign
from network_oracle import network_truth

from ntkproofs import checker

OUTCOMES = {0: "accepted", 1: "rejected", 2: "declined", 70: "broken"}  # by exit code
LARGE = "too large"  # for the oracle
TRUTHS = (IMPLIED, TRUE, UNKNOWN, FALSE, LARGE)
EACH = 12  # mutants of one honest certificate
EVIDENCE = {"grouping", "class_counts", "column_counts"}  # mutations of evidence that are not repaired
ORACLES = {"inequality": inequalities.truth}

SCALAR = "one scalar network for each output bit"  # the withdrawn wording

STRANGE: list[Any] = [0, 1, -1, 2, 10**9, 10**40, "0", "1/3", "-1", "x", "", None, True, False, [], {}, [[]], ["leaf"]]

Mutation = Callable[[Document, random.Random], None]
Judge = Callable[[bytes], tuple[int, str]]


# --- mutations of a program; each changes a document in place


def padding(d: Document, source: random.Random) -> None:
    """Fewer or more samples."""
    program = d["claim"]["program"]
    program["padding"] = max(0, program["padding"] + source.choice([-8, -1, 1, 5, 1000]))


def template_removed(d: Document, source: random.Random) -> None:
    """A template less."""
    templates = d["claim"]["program"]["templates"]
    del templates[source.randrange(len(templates))]


def template_repeated(d: Document, source: random.Random) -> None:
    """A template twice: one writer more."""
    templates = d["claim"]["program"]["templates"]
    templates.insert(source.randrange(len(templates) + 1), copy.deepcopy(source.choice(templates)))


def requirement_changed(d: Document, source: random.Random) -> None:
    """A requirement turned round or removed."""
    when, _ = source.choice(d["claim"]["program"]["templates"])
    place = source.randrange(len(when))
    if source.random() < 0.5:
        when[place][1] = 1 - when[place][1]
    else:
        del when[place]


def write_changed(d: Document, source: random.Random) -> None:
    """A bit written elsewhere, or another one beside it."""
    program = d["claim"]["program"]
    _, write = source.choice(program["templates"])
    bit = source.randrange(program["fields"][0][1])
    if source.random() < 0.5:
        write.append(bit)
    else:
        write[source.randrange(len(write))] = bit


def bit_added(d: Document, source: random.Random) -> None:
    """A bit that no template writes."""
    fields = d["claim"]["program"]["fields"]
    fields.append([f"b{len(fields)}", source.randint(1, 2)])


def name(d: Document, source: random.Random) -> None:
    """A name that says something, or breaks the line."""
    program = d["claim"]["program"]
    words = source.choice(["right with probability 1", "p\naccepted", "", ".p", "p" * 65, "p'", "\u0440"])
    if source.random() < 0.7:
        program["name"] = words
    else:
        program["fields"][0][0] = words


PROGRAM: tuple[Mutation, ...] = (
    padding,
    template_removed,
    template_repeated,
    requirement_changed,
    write_changed,
    bit_added,
    name,
)


# --- mutations of the rest of a claim


def kernel(d: Document, source: random.Random) -> None:
    """The other kernel."""
    d["claim"]["kernel"] = "nngp" if d["claim"]["kernel"] == "ntk" else "ntk"


def states(d: Document, source: random.Random) -> None:
    """Arbitrary states for visited ones, or the other way; or another family of visited ones."""
    claim, value = d["claim"], d["claim"]["states"]
    if value == "arbitrary":
        bits = sum(width for _, width in claim["program"]["fields"])
        free = source.sample(range(bits), source.randint(0, min(bits, 4)))
        claim["states"] = honest.family(free, [], claim.get("steps", 2))
    elif source.random() < 0.3:
        claim["states"] = "arbitrary"
    elif value["free"] and source.random() < 0.5:
        value["free"].pop(source.randrange(len(value["free"])))
    else:
        value["steps"] = max(1, value["steps"] + source.choice([-1, 1, 3]))


def networks(d: Document, source: random.Random) -> None:
    """Fewer networks, mostly by one."""
    number = d["claim"]["networks"]
    d["claim"]["networks"] = source.choice([number - 1, number - 1, number - 2, number // 2, 1, number + 1, number * 9])


def failure(d: Document, source: random.Random) -> None:
    """A smaller failure probability, or a larger one."""
    value = Fraction(d["claim"]["failure"])
    d["claim"]["failure"] = str(value * Fraction(source.choice(["1/2", "99/100", "1/1000000", "101/100", "2"])))


def threshold(d: Document, source: random.Random) -> None:
    """A threshold elsewhere: past a mean, at 0, a little to the side."""
    value = Fraction(d["claim"]["threshold"])
    choices = [Fraction(0), value * Fraction(99, 100), value * Fraction(101, 100), value * 2, value / 2, 1 - value]
    d["claim"]["threshold"] = str(source.choice([*choices, value + Fraction(source.randint(-9, 9), 30)]))


def steps(d: Document, source: random.Random) -> None:
    """More or fewer steps, mostly also in the states."""
    claim = d["claim"]
    claim["steps"] = max(1, claim["steps"] + source.choice([-1, 1, 1, 2, 40]))
    if claim["states"] != "arbitrary" and source.random() < 0.8:
        claim["states"]["steps"] = claim["steps"]


def inputs(d: Document, source: random.Random) -> None:
    """Another number of inputs, all of them, or others than those of the states."""
    claim, value = d["claim"], d["claim"]["inputs"]
    if isinstance(value, int):
        claim["inputs"] = source.choice([value + 1, value * 2, max(1, value - 1), 1 << 5])
    elif source.random() < 0.5:
        claim["inputs"] = 1 << max(0, len(value["free"]) + source.choice([-1, 0, 0, 1]))
    else:
        value["free"] = value["free"][1:] if source.random() < 0.5 else [*value["free"], len(value["free"])]


def dropped(d: Document, source: random.Random) -> None:
    """Bits that no template writes, claimed or not."""
    d["claim"]["drop_unwritten"] = not d["claim"]["drop_unwritten"]


def withdrawn(d: Document, source: random.Random) -> None:
    """A width of linearised networks, as it was claimed once."""
    d["claim"] |= source.choice([{"width": 10**9}, {"width": 10**9, "outputs": SCALAR}, {"outputs": SCALAR}])


def training(d: Document, source: random.Random) -> None:
    """A little less or more training, larger or smaller steps, another kind of it, none."""
    claim, kernel, program = d["claim"], d["claim"]["kernel"], d["claim"]["program"]
    if "training" not in claim or source.random() < 0.2:
        claim.pop("training", None)
        claim |= honest.trained(honest.random_training(source, program, kernel, nearest=0.1))
        return
    value = claim["training"]
    if "time" in value or source.random() < 0.4:
        key, factors = ("time" if "time" in value else "step"), ["1/2", "9/10", "99/100", "101/100", "2", "-1", "0"]
        value[key] = str(Fraction(value[key]) * Fraction(source.choice(factors)))
    else:
        value["steps"] += source.choice([-1, -1, 1, -value["steps"], value["steps"]])


# --- mutations of the evidence, and of anything


def grouping(d: Document, source: random.Random) -> None:
    """Fewer groups than there are, a template in none or in two."""
    groups = d["evidence"]["groups"]
    group = groups.pop(source.randrange(len(groups)))
    if groups and source.random() < 0.8:
        source.choice(groups).extend(group if source.random() < 0.8 else group[1:])
    if "networks" in d["claim"] and source.random() < 0.7:  # as many as would do for fewer matches
        d["claim"]["networks"] = max(1, source.randrange(d["claim"]["networks"]))


def repaired(d: Document, source: random.Random) -> None:
    """Honest groups of whatever the program is now: so that a forged claim reaches the last rule."""
    if d["claim"]["states"] == "arbitrary":
        d["evidence"]["groups"] = honest.groups(d["claim"]["program"])
    else:
        d["evidence"].pop("groups", None)


def anything(d: Document, source: random.Random) -> None:
    """A strange value somewhere in the claim or the evidence, or a part left out."""
    *way, last = source.choice([path for path in _paths(d) if path[:1] in (("claim",), ("evidence",))])
    home = d
    for key in way:
        home = home[key]
    if isinstance(home[last], (list, dict)) and home[last] and source.random() < 0.5:
        part = source.choice(list(home[last]) if isinstance(home[last], dict) else range(len(home[last])))
        del home[last][part]
    elif type(home[last]) is int and source.random() < 0.7:
        home[last] += source.choice([-2, -1, 1, 2])
    else:
        home[last] = source.choice(STRANGE)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    below = [deeper for key, part in items for deeper in _paths(part, (*path, key))]
    return [path, *below] if path else below


# --- the kinds


@dataclass(frozen=True)
class Kind:
    """Honest certificates of one kind, what to do to them, and how their evidence is repaired, if it can be."""

    make: Callable[[random.Random], Document]
    mutations: tuple[Mutation, ...]
    repair: Mutation | None = repaired


_ENSEMBLE = (
    *PROGRAM,
    kernel,
    states,
    networks,
    networks,
    failure,
    threshold,
    steps,
    inputs,
    dropped,
    training,
    withdrawn,
    grouping,
    grouping,
    anything,
)
_NETWORK = (
    *PROGRAM,
    *network_mutations.CLAIM * 2,
    *network_mutations.EVIDENCE,
    network_mutations.narrower,
    network_mutations.parameter,
    networks,
    *[failure] * 3,
    *[threshold] * 3,
    anything,
)
KINDS: dict[str, Kind] = {
    "rounding": Kind(
        honest.random_rounding, (*PROGRAM, *PROGRAM, kernel, states, training, training, grouping, anything)
    ),
    "ensemble": Kind(honest.random_ensemble, _ENSEMBLE),
    "inequality": Kind(inequalities.random_claim, (*inequalities.MUTATIONS, anything), repair=None),
    "network": Kind(honest_network.network, _NETWORK, repair=network_mutations.repaired),
}


def mutant(kind: Kind, document: Document, source: random.Random) -> tuple[Document, list[str]]:
    """Return a copy with one change or more, and the names of the changes."""
    forged, names = copy.deepcopy(document), []
    while not names or source.random() < 0.4:
        change = source.choice(kind.mutations)
        try:
            change(forged, source)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, ZeroDivisionError):
            continue  # there is nothing to change here, or an earlier change took it
        names.append(change.__name__)
    if kind.repair is not None and not EVIDENCE & set(names) and source.random() < 0.7:
        try:
            kind.repair(forged, source)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            names.append("beyond repair")
    return forged, names


# --- the table


@dataclass
class Table:
    """How often each outcome met each truth, and what should not have been."""

    numbers: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    wrong: list[tuple[str, str, Document]] = field(default_factory=list)
    mute: list[tuple[str, Document]] = field(default_factory=list)
    left_out: list[tuple[str, Document]] = field(default_factory=list)

    def add(self, kind: str, code: int, text: str, fact: str, document: Document) -> None:
        """Count one mutant."""
        self.numbers[kind, OUTCOMES[code], fact] += 1
        if code == checker.ACCEPTED and fact != IMPLIED:
            self.wrong.append((kind, fact, document))
        if code != checker.ACCEPTED and (OUTCOMES[code] == "broken" or "\n" in text or len(text) < 20):
            self.mute.append((text, document))

    def __str__(self) -> str:
        rows = [f"{'kind':12}{'outcome':12}" + "".join(f"{fact:>11}" for fact in TRUTHS)]
        for kind in dict.fromkeys(kind for kind, _, _ in self.numbers):
            for outcome in OUTCOMES.values():
                cells = "".join(f"{self.numbers[kind, outcome, fact]:11,}" for fact in TRUTHS)
                rows.append(f"{kind:12}{outcome:12}{cells}")
        return "\n".join(rows)


def decide(document: Document, origin: Document) -> str:
    """Return the oracle's word on a claim, made of an honest certificate; of networks with the evidence of either."""
    evidence = [document["evidence"], origin["evidence"]]
    try:
        return truth(document["claim"], ORACLES | {"network": lambda claim: network_truth(claim, evidence)})
    except TooLarge:
        return LARGE


@cache
def judge_of(kind: str) -> Judge:
    """Return the checker's verdict; about networks by its module that remembers, which is many times as fast."""
    return remembered.checker().judge if kind == "network" else checker.judge  # type: ignore[no-any-return]


def attack(kind: str, number: int, seed: object, table: Table, judge: Judge | None = None) -> None:
    """Count `number` mutants of a kind in a table."""
    judge = judge_of(kind) if judge is None else judge
    source, honest_ones = random.Random(f"{kind} {seed}"), honest.stream(KINDS[kind].make, f"{kind} {seed}")
    while number > 0:
        document = next(honest_ones)
        for _ in range(min(EACH, number)):
            forged, _ = mutant(KINDS[kind], document, source)
            code, text = judge(sign(forged))
            table.add(kind, code, text, decide(forged, document), forged)
            number -= 1


def main(arguments: list[str] | None = None) -> int:
    """Attack, print the table; 1 if something false was accepted."""
    parser = argparse.ArgumentParser(description="Mutants of honest certificates against the checker and an oracle.")
    parser.add_argument("--number", type=int, default=10_000, help="mutants of each kind")
    parser.add_argument("--seed", default="0")
    parser.add_argument("--kind", choices=list(KINDS), action="append")
    options = parser.parse_args(arguments)
    table, start = Table(), time.perf_counter()
    for kind in options.kind or KINDS:
        attack(kind, options.number, options.seed, table)
    print(table)
    for kind, fact, document in table.wrong:
        print(f"accepted, though {fact} ({kind}): {json.dumps(document)}")
    for text, document in table.mute:
        print(f"refused without a reason ({text}): {json.dumps(document)}")
    total, seconds = sum(table.numbers.values()), time.perf_counter() - start
    print(f"{total:,} mutants in {seconds:.0f} s; accepted wrongly: {len(table.wrong)}")
    return 1 if table.wrong or table.mute else 0


if __name__ == "__main__":
    sys.exit(main())
