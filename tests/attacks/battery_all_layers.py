"""Facts about the rules for networks with all layers trained: term by term against balls. Delete it with its rules."""

from __future__ import annotations

import random
import types
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from typing import Any

from battery import Fact, expect, refuses
from forgery import sign
from test_all_layers_forgeries import FORGERIES, honest, runs

from ntkproofs.bounds.finite.all_layers import (
    AllLayersNetwork,
    ClassEvents,
    ColumnEvents,
    Shared,
    StateTails,
    Tail,
    VectorTail,
)
from ntkproofs.bounds.finite.linearised import LinearisedDeviation, TangentSetting
from ntkproofs.bounds.finite.network import Deviated, Workload
from ntkproofs.bounds.finite.numbers import Balls
from ntkproofs.bounds.finite.output_layer import BitClass, Parameters
from ntkproofs.bounds.finite.tails import Level
from ntkproofs.classes import arbitrary_classes, reachable_classes
from ntkproofs.errors import NtkProofsError

ALL_LAYERS_FACTS: list[Fact] = []
BALLS = Balls(300)
CELLS = Fraction(1, 50)  # how far two enclosures of a supremum over parts may be apart, relative


def all_layers_fact(function: Fact) -> Fact:
    """Register a fact: apart from the others, which are asked of every mutant, since these take seconds."""
    ALL_LAYERS_FACTS.append(function)
    return function


# --- the bounds' own objects, from a certificate's text


def tail(values: list[str]) -> Tail:
    return Tail(*map(Fraction, values))


def vector(values: list[str]) -> VectorTail:
    return VectorTail(*map(Fraction, values))


def column(values: dict[str, list[str]]) -> ColumnEvents:
    read: dict[str, Any] = {name: tail(value) for name, value in values.items() if len(value) == 2}
    read |= {name: vector(values[name]) for name in ("pull", "bulk")}
    return ColumnEvents(
        deviated=Deviated(*map(Fraction, values["deviation"])), rest=Fraction(values["rest"][0]), **read
    )


def network_of(name: str, document: dict[str, Any]) -> AllLayersNetwork:
    """Return the network of a certificate."""
    claim, evidence, run = document["claim"], document["evidence"], runs()[name]
    free = len(run.free) if claim["states"] != "arbitrary" else None
    classes = (
        arbitrary_classes(run.program)
        if free is None
        else reachable_classes(run.program, run.free, run.ones, run.steps)
    )
    room = claim["inputs"] * (1 if free is None else run.steps) if "inputs" in claim else None
    load = Workload.of(run.program.samples, classes, run.program.labels.T.tolist(), room=room)
    start = evidence["start"]
    shared = Shared(
        *(tail(start[key]) for key in ("drop", "gram", "longest")),
        tuple(Level(*map(Fraction, level)) for level in start["levels"]),
    )
    kinks = {BitClass(*row[:3]): tail(row[3]["kinks"]) for row in evidence["kinks"]}
    used = {
        BitClass(*row[:3]): Parameters(*map(Fraction, row[3:6]), tuple((most, Fraction(mu)) for most, mu in row[6]))
        for row in evidence["classes"]
    }
    return AllLayersNetwork(
        load,
        claim["width"],
        Fraction(claim["threshold"]),
        Fraction(claim["failure"]),
        claim["steps"],
        Fraction(claim["step"]),
        shared,
        {t: column(values) for t, values in evidence["columns"]},
        {n: StateTails(tail(values["square"]), vector(values["shift"])) for n, values in evidence["regressions"]},
        {kind: ClassEvents(kinks[kind], used[kind]) for kind in used},
    )


def names_of(network: AllLayersNetwork) -> Iterator[str]:
    """Yield what the checker calls the terms of the bound, in the order of the bounds."""
    yield from ("the least eigenvalue", "the Gram matrix", "the longest neuron")
    for t in network.columns:
        where = f"of columns with {t} ones"
        names = ("the deviation", "the pull", "the bulk", "the label", "open pairs")
        closed = ("writer", "cross", "turn", "other", "echo", "far_echo")
        for name in (*names, *(f"the closings {name}" for name in closed), "the share of closings"):
            yield f"{name} {where}"
    for n in network.states:
        yield f"the square of the regression at n = {n}"
        yield f"the shift of the regression at n = {n}"
    for kind in network.classes:
        where = f"at n = {kind.n}, p = {kind.p}, t = {kind.t}"
        yield f"of kinks {where}"
        yield where


# --- both engines


def said(module: types.ModuleType, document: dict[str, Any]) -> dict[str, tuple[Any, int]] | str:
    """Return the terms of the union bound that the checker adds up, or why it refuses."""
    found: dict[str, tuple[Any, int]] = {}
    unlikely = module.unlikely

    def spy(chances: Any, _: Fraction) -> None:
        found.update({where: (log, number) for where, log, number in chances})

    module.unlikely = spy  # type: ignore[attr-defined]
    try:
        code, text = module.judge(sign(document))
    finally:
        module.unlikely = unlikely  # type: ignore[attr-defined]
    return found if code == 0 else str(text)


@cache
def expected(name: str, shaken: int | None) -> tuple[dict[str, Any], list[tuple[str, Any]] | None]:
    """Return a certificate, its numbers changed at random or not, and its terms by balls, None if they refuse it."""
    document = honest()[name]
    if shaken is not None:
        document = shake(document, random.Random(f"{name} {shaken}"))
    network = network_of(name, document)
    try:
        terms = list(network.terms(TangentSetting(BALLS, network.workload.samples)))
    except NtkProofsError:
        return document, None
    return document, list(zip(names_of(network), terms, strict=True))


def shake(document: dict[str, Any], source: random.Random) -> dict[str, Any]:
    """Change the values and parameters of a certificate by up to half a percent, with room where it is at a limit."""

    def changed(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: changed(each) for key, each in value.items()}
        if isinstance(value, list):
            return [changed(each) for each in value]
        if isinstance(value, str):
            return str(Fraction(value) * Fraction(source.randint(995, 1005), 1000))
        return value

    claim, evidence = document["claim"], document["evidence"]
    covers, levels = [row[6] for row in evidence["classes"]], evidence["start"]["levels"]
    claim = claim | {"step": str(Fraction(claim["step"]) * Fraction(19, 20)), "failure": "999/1000"}
    evidence = changed(evidence)
    evidence["start"]["levels"] = levels
    for row, cover in zip(evidence["classes"], covers, strict=True):
        row[6] = cover
    for _, values in evidence["columns"]:
        values["rest"] = [str(Fraction(values["rest"][0]) * Fraction(21, 20))]
    return document | {"claim": claim, "evidence": evidence}


def agree(module: types.ModuleType, name: str, shaken: int | None) -> None:
    """Expect that the checker adds up what balls do, each term for itself."""
    document, terms = expected(name, shaken)
    got = said(module, document)
    if terms is None:
        expect(isinstance(got, str), name, shaken, "balls refuse")
        return
    expect(not isinstance(got, str), name, shaken, got)
    assert not isinstance(got, str)
    expect(set(got) == {where for where, _ in terms}, name, sorted(got))
    one = 1 << module.FRACTION_BITS
    for where, term in terms:
        log, number = got[where]
        value = term.log()
        middle = (Fraction(value.lower) + Fraction(value.upper)) / 2
        there = Fraction(log.low + log.high, 2 * one) + _log(number)
        most = CELLS if "deviation" in where else Fraction(1, 10**20)
        expect(abs(there - middle) <= most * max(1, abs(middle)), name, where, float(there), float(middle))


@cache
def _log(number: int) -> Fraction:
    value = BALLS.log(BALLS.of(number))
    return (Fraction(value.lower) + Fraction(value.upper)) / 2


@all_layers_fact
def the_terms_of_honest_certificates(module: types.ModuleType) -> None:
    for name in honest():
        agree(module, name, None)


@all_layers_fact
def forged_networks(module: types.ModuleType) -> None:
    for name, (make, code, message) in FORGERIES.items():
        got, text = module.judge(make())
        messages = [message] if isinstance(message, str) else message
        expect(got == code and any(each in text for each in messages), name, text)


@cache
def _suprema(K: int, t: int, g: Fraction) -> tuple[Fraction, Fraction]:
    """Return the largest value of E2 at some points, and the supremum that balls find."""
    other = LinearisedDeviation(TangentSetting(BALLS, K), t)
    values = [
        other.second_moment(BALLS.of(g), BALLS.of(Fraction(y, 8)), BALLS.of(Fraction(side, 4))).lower
        for y in range(-8, 9)
        for side in ((0,) if t == 1 else range(5))
    ]
    return Fraction(max(values)), Fraction(other.largest_second_moment(BALLS.of(g)).upper)


@all_layers_fact
def suprema_over_all_directions(module: types.ModuleType) -> None:
    """The supremum E2 over parts: not below its values at points, and near the one that balls find."""
    g = Fraction(2, 5)
    for K, t in ((4, 1), (5, 2)):
        column, (least, top) = module.TangentColumn(module.Tangent(K), t), _suprema(K, t, g)
        got = Fraction(column.supremum(module.Interval.of(g)).high, 1 << module.FRACTION_BITS)
        expect(least <= got and abs(got - top) <= CELLS * top, K, t, float(got), float(top), float(least))


@all_layers_fact
def parts_of_the_deviation(module: types.ModuleType) -> None:
    """What the term of a deviation is made of, apart from the supremum over parts."""
    g, b, one = Fraction(2, 5), Fraction(1, 9), 1 << module.FRACTION_BITS
    for K, t in ((4, 1), (5, 2), (7, 3)):
        column, other = module.TangentColumn(module.Tangent(K), t), LinearisedDeviation(TangentSetting(BALLS, K), t)
        for got, ball in (
            (column.constant(module.Interval.of(g), module.Interval.of(b)), other.constant(BALLS.of(g), BALLS.of(b))),
            (column.fourth_moment(), other.T2),
        ):
            off = Fraction(got.low + got.high, one) - Fraction(ball.lower) - Fraction(ball.upper)
            expect(abs(off) <= Fraction(1, 10**20), K, t, float(off))


@all_layers_fact
def the_terms_of_other_parameters(module: types.ModuleType) -> None:
    for name in honest():
        for shaken in range(2):
            agree(module, name, shaken)


@all_layers_fact
def what_no_certificate_says(module: types.ModuleType) -> None:
    program = module.program_of(honest()["permutation"]["claim"]["program"])
    pairs = module.pairs_at_arbitrary(program)
    expect(module.chosen_of(pairs, program, None)[1] == {2: 3, 3: 1})
    expect(module.chosen_of(pairs, program, 2)[1] == {2: 2, 3: 1})
    tangent = module.Tangent(3)
    refuses(module, "Rejected", "a tilt of |v| is not", tangent.chi, Fraction(0))
    refuses(
        module, "Rejected", "is not certainly", module.less, *[module.Interval.of(1)] * 2, "1 is not certainly less"
    )
