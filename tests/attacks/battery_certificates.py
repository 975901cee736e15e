"""Facts about whole certificates: honest ones of every kind and option, and each a little beyond what holds."""

from __future__ import annotations

import copy
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from types import SimpleNamespace
from typing import Any

import honest
from battery import expect, fact, refuses
from claim_oracle import (
    Ensemble,
    Program,
    claimed_states,
    counts_of,
    largest_eigenvalue,
    rounding_truth,
    training_of,
)
from claim_oracle import number as value_of
from forge import Document
from honest import sign
from test_forgeries import FORGERIES

OUTCOMES = {0: "accepted", 1: "rejected", 2: "declined"}
RANDOM = 5  # honest certificates at random, of each kind
LARGEST = 300_000  # bytes of a forgery that is asked of every mutant

SMALL = honest.program(  # bits without writers, with one and with two; 0-bits and 1-bits at n = 1, 2, 3
    5,
    [({0: 0, 1: 1}, [0]), ({0: 1, 1: 0}, [0, 2]), ({2: 1}, [1]), ({3: 1}, [2])],
    4,
)
ALONE = honest.program(2, [({0: 0}, [0]), ({0: 1}, [1])])  # at every state one template matches: no variance


@dataclass(frozen=True)
class Case:
    """A certificate, and what a checker must say of it: the outcome, and phrases that its line holds or lacks."""

    name: str
    data: bytes
    code: int
    phrases: tuple[str, ...]
    absent: tuple[str, ...] = ()


# --- honest certificates of every kind and option


def bases() -> Iterator[tuple[str, Document]]:
    """Yield honest certificates by name: each option by itself and with others, then some at random."""
    add, permute = honest.addition(2), honest.permutation(4)
    every, visited = {"free": [0, 1, 2, 3], "ones": []}, honest.family([0, 1, 2, 3], [], 4)
    one = {"free": [], "ones": [0, 2]}
    common: dict[str, Any] = {"failure": "1/1000", "threshold": "1/25", "steps": 4}
    plain: dict[str, dict[str, Any]] = {
        "all": {"inputs": every},
        "one": {"inputs": 1},
        "one state": {"inputs": one},
        "count": {"inputs": 7},
        "dropped": {"inputs": every, "dropped": True},
        "dropped, zero": {"inputs": 3, "dropped": True, "threshold": "0", "kernel": "nngp"},
        "reachable, all": {"inputs": every, "states": visited},
        "reachable, count": {"inputs": 5, "states": visited, "kernel": "nngp"},
        "reachable, one": {"inputs": one, "states": honest.family([], [0, 2], 4)},
        "reachable, dropped": {"inputs": every, "states": visited, "dropped": True},
        "steps": {"inputs": every, "training": {"steps": 40, "step": "1/10"}},
        "time, reachable": {"inputs": 3, "states": visited, "training": {"time": "17/4"}, "kernel": "nngp"},
        "one step, dropped": {
            "inputs": 2,
            "dropped": True,
            "threshold": "13/100",
            "training": {"steps": 1, "step": "1/3"},
        },
    }
    for name, options in plain.items():
        yield f"addition, {name}", honest.ensemble(add, **(common | options))
        yield f"addition by class, {name}", honest.ensemble(add, classes=True, **(common | options))
    padded = honest.addition(2, 9)
    yield "addition, padded", honest.ensemble(padded, inputs=every, **common)
    low, high = honest.margins(permute, "arbitrary", "ntk", False)
    for name, place in (("near the zeros", "1/4"), ("near the ones", "3/4")):
        threshold = str(low + (high - low) * Fraction(place))
        yield (
            f"permutation, {name}",
            honest.ensemble(permute, failure="1/50", threshold=threshold, inputs=every, steps=2),
        )
    yield (
        "small",
        honest.ensemble(
            SMALL, failure="1/9", threshold="1/10", inputs=2, steps=3, states=honest.family([0, 1], [3], 3)
        ),
    )
    yield "alone", honest.ensemble(ALONE, failure="1/9", threshold="1/3", inputs=4, steps=3)
    documents = honest.stream(honest.random_ensemble, "battery random")
    yield from ((f"random {number}", next(documents)) for number in range(2 * RANDOM))


# --- each a little beyond what holds


def variations(document: Document) -> Iterator[tuple[str, Document]]:
    """Yield copies with one number changed: fewer networks, less failure, another threshold, more steps, and so on."""
    claim = document["claim"]

    def changed(**parts: Any) -> Document:
        other = copy.deepcopy(document)
        other["claim"] |= parts
        return other

    yield "one network fewer", changed(networks=claim["networks"] - 1)
    yield "failure halved", changed(failure=str(Fraction(claim["failure"]) / 2))
    threshold = Fraction(claim["threshold"])
    for name, place in (
        ("threshold lower", threshold * Fraction(9, 10)),
        ("threshold higher", threshold * Fraction(11, 10)),
        ("threshold zero", Fraction(0)),
        ("threshold past the margin", Fraction(99, 100)),
    ):
        yield name, changed(threshold=str(place))
    states, inputs = claim["states"], claim["inputs"]
    more = states if states == "arbitrary" else {**states, "steps": claim["steps"] + 1}
    yield "one step more", changed(steps=claim["steps"] + 1, states=more)
    if isinstance(inputs, int):
        yield "one input more", changed(inputs=inputs + 1)
    yield "the other bits", changed(drop_unwritten=not claim["drop_unwritten"])
    yield "the other kernel", changed(kernel={"ntk": "nngp", "nngp": "ntk"}[claim["kernel"]])
    for name, training in other_trainings(claim.get("training")):
        yield name, changed(training=training)


def other_trainings(training: Document | None) -> Iterator[tuple[str, Document]]:
    """Yield trainings that are a little shorter or longer, by name."""
    if training is None:
        yield "three steps only", {"steps": 3, "step": "1/10"}
    elif "time" in training:
        yield "half the time", {"time": str(Fraction(training["time"]) / 2)}
    else:
        yield "one training step more", training | {"steps": training["steps"] + 1}
        yield "half the training steps", training | {"steps": -(-training["steps"] // 2)}
        yield "smaller steps", training | {"step": str(Fraction(training["step"]) * Fraction(7, 8))}
        yield "steps far too large", training | {"step": "2"}


TOO_FEW = {False: "networks are too few", True: "the union bound"}


def expected(document: Document) -> tuple[int, str]:
    """Return what a checker must say of an ensemble's claim, by the bound that its evidence names."""
    claim, evidence = document["claim"], document["evidence"]
    states, inputs = claim["states"], claim["inputs"]
    free = sum(width for _, width in claim["program"]["fields"]) if states == "arbitrary" else len(states["free"])
    if claim["networks"] < 1:
        return 1, "networks is out of range"
    if isinstance(inputs, int) and inputs > 1 << free:
        return 1, f"inputs: there are only 2^{free}"
    if too_large(claim):
        return 1, "is not below 2 divided by the largest eigenvalue"
    try:
        least = honest.least_networks(claim, evidence)
    except ValueError:
        unwritten = Fraction(claim["threshold"]) == 0 and not claim["drop_unwritten"]
        return 1, " threshold " if unwritten else "lies beyond the threshold"
    return (0, "accepted") if claim["networks"] >= least else (1, TOO_FEW[evidence == honest.BY_CLASS])


def too_large(claim: Document) -> bool:
    """Tell whether the steps of a claim are too large for the largest eigenvalue."""
    read, samples = training_of(claim), Program.of(claim["program"]).samples
    return bool(read and read[0] and value_of(read[1]) * largest_eigenvalue(claim["kernel"], samples) >= 2)


@cache
def cases() -> tuple[Case, ...]:
    """Return every case, built once for all mutants."""
    result = []
    for name, document in bases():
        if not asked(document):
            result.append(Case(name, sign(document), 1, ("nothing is claimed",)))
            continue
        phrases, absent = words(document)
        result.append(Case(name, sign(document), 0, phrases, absent))
        for change, other in variations(document):
            code, message = expected(other)
            result.append(Case(f"{name}: {change}", sign(other), code, (message,)))
    return tuple([*roundings(), *result, *forged()])


def words(document: Document) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return phrases that the accepted claim must hold, and phrases that it must not."""
    claim, evidence = document["claim"], document["evidence"]
    states, inputs = claim["states"], claim["inputs"]
    networks, steps = claim["networks"], claim["steps"]
    holds = [
        f"the average of {networks} independent infinitely wide",
        f"({claim['kernel'].upper()})",
        f"threshold {claim['threshold']}, ",
        f"at each of {steps} steps" if steps > 1 else "at one step ",
        f"probability at least 1 - {claim['failure']}",
        f"facts: {len(asked(document))}\n",
        program_words(claim["program"]),
        training_words(claim),
        *_union_words(document),
    ]
    if evidence == honest.BY_CLASS:
        if states == "arbitrary":
            holds.append(f"counted over 2^{sum(width for _, width in claim['program']['fields'])} states")
    elif states == "arbitrary":
        holds.append(f"from n <= {len(evidence['groups'])} by contradictory groups")
    else:
        holds.append(
            f"from {steps if steps > 1 else 'one'} step{'s' * (steps > 1)} executed on 2^{len(states['free'])} inputs"
        )
    if isinstance(inputs, int):
        kind = "state" if states == "arbitrary" else "assignment"
        holds.append(
            f"from any {inputs} initial {kind}s chosen" if inputs > 1 else f"from any one initial {kind} chosen"
        )
    elif inputs["free"]:
        free = len(inputs["free"])
        holds.append(f"from all 2^{free} assignments of {f'{free} input bits' if free > 1 else 'one input bit'} simul")
    else:
        holds.append("from the initial state that the claim names")
    dropped = "(bits that no template writes taken as 0)"
    absent = [] if claim["drop_unwritten"] else [dropped]
    holds += [dropped] if claim["drop_unwritten"] else []
    return tuple(holds), tuple(absent)


def training_words(claim: Document) -> str:
    """Return how an accepted claim says for how long the networks are trained."""
    read = training_of(claim)
    if read is None:
        return "trained to convergence on the samples of the "
    rest = "(unit: the kernel with own entry 1) on half the sum of squared errors over the samples of the "
    if read[0] is None:
        return f"after the time {read[1]} of gradient flow {rest}"
    steps = "one step" if read[0] == 1 else f"{read[0]} steps"
    return f"after {steps} of size {read[1]} of full-batch gradient descent {rest}"


def _union_words(document: Document) -> list[str]:
    """Return what the union of a claim runs over, in words."""
    read, bits = Ensemble.of(document["claim"]), len(honest.claimed_bits(document["claim"]))
    if document["evidence"] != honest.BY_CLASS:
        return [f"union over {bits} output bits" if bits > 1 else "union over one output bit"]
    first = 2 if read.training is None else 1
    pairs = {count: number for count, number in read.pairs.items() if count[0] >= first}
    total = min(read.cases, sum(pairs.values()))
    if not total:
        return ["union over 0 pairs of a state and an output bit"]
    n, p, t = min(pairs, key=read.z)
    return [
        f"union over {_pairs(total)} of a state and an output bit; the least margin (n = {n}, p = {p}, t = {t}) has "
        f"{_pairs(min(read.cases, pairs[n, p, t]))}"
    ]


def _pairs(number: int) -> str:
    return "one pair" if number == 1 else f"{number} pairs"


def program_words(value: Document) -> str:
    """Return how an accepted claim names a program: its templates by their digest."""
    bits = sum(width for _, width in value["fields"])
    return (
        f"the {len(value['templates'])} templates with SHA-256 {honest.program_digest(value)} ({value['padding']} "
        f"padding, {bits} bits; the issuer calls them '{value['name']}')"
    )


def asked(document: Document) -> set[tuple[int, int, int]]:
    """Return the counts that decide a claim: those that occur, or without numbers p = 0 and the least p above."""
    claim = document["claim"]
    if claim["states"] == "arbitrary" and document["evidence"] != honest.BY_CLASS:
        all_counts = honest.bounded_counts(claim["program"])
        counts = {
            (n, p, t)
            for n, p, t in all_counts
            if p == 0 or p == min(q for m, q, s in all_counts if (m, s) == (n, t) and q)
        }
    else:
        read = Program.of(claim["program"])
        counts = counts_of(read, claimed_states(read, claim["states"]))
    return {count for count in counts if count[2] or not claim.get("drop_unwritten")}


def roundings() -> Iterator[Case]:
    """Yield claims of exact rounding, true and false ones."""
    documents = honest.stream(honest.random_rounding, "battery rounding")
    crowded = honest.program(4, [({3: 1}, [1]), *[({3: 1}, [2])] * 7, *[({0: 1}, [1])] * 6])
    yield Case("crowded", sign(honest.rounding(crowded)), 1, ("of a bit that should be 1 lies beyond",))
    for training, code, phrase in (
        ({"steps": 2, "step": "81/100"}, 0, "after 2 steps of size 81/100 of full-batch gradient descent (unit: "),
        ({"steps": 3, "step": "81/100"}, 1, "of a bit that should be 0 lies beyond the threshold at n = 1, p = 0"),
        ({"steps": 2, "step": "61/100"}, 1, "of a bit that should be 0 lies beyond the threshold at n = 1, p = 0"),
        ({"time": "99"}, 1, "of a bit that should be 0 lies beyond the threshold at n = 1, p = 0"),
    ):
        document = honest.rounding(honest.permutation(4, 6), training=training)
        yield Case(f"rounding, {training}", sign(document), code, (phrase,))
    for number in range(8 * RANDOM):
        document = next(documents)
        claim = document["claim"]
        counts = asked(document)
        if not counts:
            yield Case(f"rounding {number}", sign(document), 1, ("nothing is claimed",))
            continue
        true = rounding_truth(claim) == "implied" and _groups_round(claim, counts)
        phrases = (
            (f"facts: {len(counts)}\n", f"({claim['kernel'].upper()})", program_words(claim["program"]))
            if true
            else ("lies beyond the threshold",)
        )
        yield Case(f"rounding {number}", sign(document), 0 if true else 1, phrases)


def _groups_round(claim: Document, counts: set[tuple[int, int, int]]) -> bool:
    """Tell whether rounding is right at all counts that groups allow, whether or not some state has them."""
    return all(honest.rounds(claim, count) for count in counts)


def forged() -> Iterator[Case]:
    """Yield the forgeries of the tests, with what must be said of them."""
    for name, (make, code, message) in FORGERIES.items():
        data = make()
        if len(data) <= LARGEST:
            yield Case(name, data, code, (message,))


def certificates_get_the_outcome_that_they_must(module: types.ModuleType) -> None:
    """The slowest fact of the battery."""
    _judged(module, cases())


def some_certificates_get_theirs(module: types.ModuleType) -> None:
    """Most mutants are noticed here."""
    _judged(module, cases()[::20])


fact(some_certificates_get_theirs, "screening")
fact(certificates_get_the_outcome_that_they_must, "slow")


def _judged(module: types.ModuleType, chosen: Sequence[Case]) -> None:
    for case in chosen:
        code, text = module.judge(case.data)
        expect(code == case.code, case.name, OUTCOMES.get(code, code), text)
        for phrase in case.phrases:
            expect(phrase in text, case.name, phrase, text)
        for phrase in case.absent:
            expect(phrase not in text, case.name, phrase)
        if code:
            expect(text.startswith(f"{OUTCOMES[code]}: ") and "\n" not in text, case.name, text)
        else:
            expect([line.split(":")[0] for line in text.splitlines()] == LINES, case.name, text)


LINES = ["accepted", "claim", "claim_sha256", "facts", "verified"]


# --- what a union runs over, sequences of inputs, and sources


@fact
def the_likeliest_pairs_are_taken_first(module: types.ModuleType) -> None:
    """By the high ends, in whatever order they come, and no more than there are."""
    chances = [("a", (1, 4), 5), ("b", (0, 9), 2), ("c", (2, 3), 4), ("d", (5, 6), 1)]
    given = [(name, module.Interval(*ends), number) for name, ends, number in chances]
    single = sorted((name for name, _, number in chances for _ in range(number)), key="bdac".index)
    for cases in (0, 1, 2, 3, 7, 8, 11, 12, 13, 100):
        found = module.likeliest(iter(given), cases)
        expect([name for name, _, number in found for _ in range(number)] == single[:cases], cases)
        expect(all(number for _, _, number in found), cases)
        expect(all((name, log) in [(n, each) for n, each, _ in given] for name, log, _ in found), cases)


@fact
def numbers_of_pairs_in_words(module: types.ModuleType) -> None:
    for number, words in (
        (0, "0 pairs"),
        (1, "one pair"),
        (2, "2 pairs"),
        (10**12 - 1, "999999999999 pairs"),
        (10**12, "fewer than 2^40 pairs"),
        (2**40 - 1, "fewer than 2^40 pairs"),
        (2**40, "fewer than 2^41 pairs"),
    ):
        expect(module._pairs(number) == words, number)


@fact
def counted_states(module: types.ModuleType) -> None:
    """The pairs of a program of two bits by hand: bit 0 is written where it is 0, bit 1 where bit 0 is 1."""
    program, each = module.program_of(ALONE), module.Range.of
    states = module.counted_states_of(program, "arbitrary")
    counts = [(1, 0, 1), (1, 1, 1)]
    expect(dict(+states.pairs) == {count: 4 for count in counts} and states.counts == [each(count) for count in counts])
    expect(
        (states.words, states.source, states.steps, states.starts)
        == ("every state", "counted over 2^2 states", None, None)
    )
    states = module.counted_states_of(program, {"free": [1], "ones": [0], "steps": 1})
    expect(dict(+states.pairs) == {count: 2 for count in counts} and states.counts == [each(count) for count in counts])
    expect(
        (states.source, states.steps, states.starts)
        == ("counted over one step executed on 2^1 inputs", 1, ((1,), (0,)))
    )
    refuses(module, "Rejected", "steps", module.counted_states_of, program, {"free": [1], "ones": [0], "steps": 0})
    refuses(
        module, "Rejected", "both free and 1", module.counted_states_of, program, {"free": [1], "ones": [1], "steps": 1}
    )
    expect(module._ranges({(3, 1, 2): 1, (2, 1, 1): 0, (1, 0, 1): 3}) == [each((1, 0, 1)), each((3, 1, 2))])


@fact
def sequences_of_inputs(module: types.ModuleType) -> None:
    """How many states the clocks begin at: the number of prefixes of the sequences, or of all states."""
    arbitrary, visited = module.States([], "", ""), module.States([], "", "", 3, ((), ()))

    def read(value: Any, bits: int, states: Any = arbitrary) -> tuple[int, str]:
        return module._inputs(value, SimpleNamespace(bits=bits), states)  # type: ignore[no-any-return]

    for bits, ports, clocks in ((9, 2, 3), (9, 2, 4), (9, 2, 5), (8, 2, 4), (7, 1, 1), (7, 1, 6), (7, 1, 7), (3, 3, 1)):
        value = {"clocks": clocks, "ones": [bits - 1] if ports < bits else [], "ports": list(range(ports))}
        found, words = read(value, bits)
        prefixes = sum(len(range(2**ports)) ** length for length in range(1, clocks + 1))
        expect(found == min(prefixes, 2**bits), bits, ports, clocks, found)
        inputs = "one input" if clocks == 1 else f"{clocks} inputs"
        size, places = ("one bit" if ports == 1 else f"{ports} bits"), ", ".join(map(str, range(ports)))
        expect(f"for all 2^{ports * clocks} sequences of {inputs} of {size}, where" in words, words)
        expect(f"the bits at the port positions {places} before" in words, words)
    good: dict[str, Any] = {"clocks": 2, "ones": [3], "ports": [0, 2]}
    for change, message in (
        ({"ports": []}, "no ports, or a port with an initial value"),
        ({"ones": [2, 3]}, "no ports, or a port with an initial value"),
        ({"clocks": 0}, "inputs: clocks"),
        ({"ports": [0, 5]}, "inputs: ports"),
        ({"ports": [0, 0]}, "inputs: ports"),
        ({"ones": [5]}, "inputs: ones"),
        ({"free": []}, "inputs"),
    ):
        refuses(module, "Rejected", message, read, good | change, 5)
    refuses(module, "Rejected", "claimed at visited states", read, good, 5, visited)


@fact
def sources_in_words(module: types.ModuleType) -> None:
    """Only the form is checked: three positions of a program of 3 bits, and by the format further numbers."""
    program = {"fields": [["a", 2], ["b", 1]]}
    good: dict[str, Any] = {
        "format": "aag", "inputs": [0], "name": "f", "ones": [1], "outputs": [2, 0], "period": 1, "text": "x",
    }  # fmt: skip
    machine = good | {"format": "turing", "head": 0, "steps": 1}
    del machine["period"]

    def read(source: Any) -> str:
        return module.source_words({"program": program, "source": source})  # type: ignore[no-any-return]

    said = "that the templates compute what it says is not checked by this program"
    expect(module.source_words({"program": program}) == "", "no source")
    for claim in ({"kind": 1}, {"kind": 1, "source": 2}):
        expect(module._entries(claim, ("kind",)) == claim, "an entry that may be there")
    refuses(module, "Rejected", "the claim", module._entries, {"kind": 1, "inputs": 2}, ("kind",))
    for source, form in ((good, "aag"), (machine, "turing"), (machine | {"head": 7, "steps": 9}, "turing")):
        expect(read(source) == f"the claim names 'f' ({form}); {said}", form)
    read({**{key: value for key, value in good.items() if key != "period"}, "steps": 5})
    for source, message in (
        ([], "source is not an object"),
        (None, "source is not an object"),
        (good | {"format": "txt"}, "the source's format"),
        (good | {"name": "a b"}, "the source's name"),
        (good | {"text": ""}, "text is not a non-empty string"),
        (good | {"text": ["x"]}, "text is not a non-empty string"),
        (good | {"inputs": [1]}, "both free and 1"),
        (good | {"inputs": [3]}, "source: inputs"),
        (good | {"ones": [3]}, "source: inputs"),
        (good | {"outputs": [3]}, "source: outputs"),
        (good | {"outputs": [-1]}, "source: outputs"),
        (good | {"outputs": 2}, "source: outputs"),
        (good | {"period": 0}, "source: period"),
        (good | {"steps": 1}, "source"),
        (good | {"head": 0}, "source"),
        (machine | {"head": -1}, "source: head"),
        (machine | {"steps": 0}, "source: steps"),
        ({key: value for key, value in good.items() if key != "period"}, "source lacks"),
        ({key: value for key, value in machine.items() if key != "head"}, "source lacks"),
    ):
        refuses(module, "Rejected", message, read, source)
