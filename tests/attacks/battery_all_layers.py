"""Facts about the rules for networks with all layers trained, in the order of what they cost.

Honest certificates come first, with few parts in the supremum of a deviation: each term of the union bound against
balls (``ntkproofs.bounds.finite``, which shares no code with the checker). Then what is refused, with all that costs
much and is not asked left out where the refusal does not need it; whole certificates and suprema come last.
"""

from __future__ import annotations

import random
import types
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import cache
from typing import Any

from battery import Fact, expect, refuses, replaced
from battery_all_layers_pieces import PIECES
from forgery import sign
from test_all_layers_forgeries import FORGERIES, honest, runs

from ntkproofs import checker
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

ALL_LAYERS_FACTS: list[Fact] = [*PIECES]  # the fast ones first
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
    load = Workload.of(run.program.samples, classes, run.program.labels.T.tolist(), max_states=room)
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
        yield f"kinks {where}"
        yield where


# --- both engines


def said(module: types.ModuleType, document: dict[str, Any]) -> dict[str, tuple[Any, int]] | str:
    """Return the terms of the union bound that the checker adds up, or why it refuses."""
    found: dict[str, tuple[Any, int]] = {}

    def spy(chances: Any, _: Fraction) -> None:
        found.update({where: (log, number) for where, log, number in chances})

    with replaced(module, unlikely=spy):
        code, text = module.judge(sign(document))
    return found if code == 0 else str(text)


@cache
def expected(name: str, shaken: int | None) -> tuple[dict[str, Any], list[tuple[str, Fraction]] | None]:
    """Return a certificate, its numbers changed at random or not, and its terms by balls, None if they refuse it."""
    document = honest()[name]
    if shaken is not None:
        document = shake(document, random.Random(f"{name} {shaken}"))
    network = network_of(name, document)
    try:
        terms = list(network.terms(TangentSetting(BALLS, network.workload.samples)))
    except NtkProofsError:
        return document, None
    middles = [_middle(term.log()) for term in terms]
    return document, list(zip(names_of(network), middles, strict=True))


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


def agree(module: types.ModuleType, name: str, shaken: int | None, *, deviations: bool = False) -> None:
    """Expect that the checker adds up what balls do, each term for itself; the deviations of weights too, or not."""
    document, terms = expected(name, shaken)
    got = said(module, document)
    if terms is None:
        expect(isinstance(got, str), name, shaken, "balls refuse")
        return
    expect(not isinstance(got, str), name, shaken, got)
    assert not isinstance(got, str)
    expect(set(got) == {where for where, _ in terms}, name, sorted(got))
    one = 1 << module.FRACTION_BITS
    for where, middle in terms:
        if "the deviation" in where and not deviations:
            continue
        log, number = got[where]
        there = Fraction(log.low + log.high, 2 * one) + _log(number)
        most = CELLS if "the deviation" in where else Fraction(1, 10**20)
        expect(abs(there - middle) <= most * max(1, abs(middle)), name, where, float(there), float(middle))


@cache
def _log(number: int) -> Fraction:
    return _middle(BALLS.log(BALLS.of(number)))


def _middle(ball: Any) -> Fraction:
    return (Fraction(ball.lower) + Fraction(ball.upper)) / 2


def _few(module: types.ModuleType) -> Any:
    """Return the module with few parts in the supremum of a deviation."""
    honest()  # issued first: the producer asks the checker as it is
    return replaced(module, CELLS=2, SHARES=1)


def _terms_of(name: str, shaken: int | None) -> Fact:
    def terms(module: types.ModuleType) -> None:
        with _few(module):
            agree(module, name, shaken)

    terms.__name__ = f"terms_of_{name}" + ("" if shaken is None else f"_shaken_{shaken}")
    return all_layers_fact(terms)


for each, times in (("permutation", None), ("shared", None), ("visited", None), ("shared", 0), ("one", None)):
    _terms_of(each, times)


# --- the supremum of a deviation


POINTS = [(Fraction(y, 8), Fraction(side, 5)) for y in (-7, -2, 0, 3) for side in (0, 2, 5)]


@cache
def _values(K: int, t: int, g: Fraction) -> list[Fraction]:
    """Return the bound of a second moment at the points, by balls."""
    other = LinearisedDeviation(TangentSetting(BALLS, K), t)
    points = [(y, side) for y, side in POINTS if t > 1 or not side]
    return [_middle(other.second_moment(BALLS.of(g), BALLS.of(y), BALLS.of(side))) for y, side in points]


def _asked_there(module: types.ModuleType, column: Any, y: Fraction, found: list[Any]) -> Any:
    """Return what asks for a second moment at y whatever part is given, keeps it, and answers 6, 5, 4, ..."""
    at = column._at

    def there(_: Any, *given: Any) -> Any:
        found.append(at(module.Interval.of(y), *given))
        return module.Interval.of(7 - len(found))

    return there


@all_layers_fact
def second_moments_at_points(module: types.ModuleType) -> None:
    one = 1 << module.FRACTION_BITS
    for K, t, g in ((4, 1, Fraction(2, 5)), (5, 2, Fraction(2, 5)), (6, 3, Fraction(3))):
        column, heard = module.TangentColumn(module.Tangent(K), t), list[Any]()
        with replaced(column, _largest=lambda total, share, heard=heard: heard.append(total) or module.Interval.of(1)):
            column.supremum(module.Interval.of(g))
        for (y, side), value in zip([p for p in POINTS if t > 1 or not p[1]], _values(K, t, g), strict=True):
            found = list[Any]()
            there = _asked_there(module, column, y, found)
            with replaced(module, CELLS=3), replaced(column, _at=there):
                most = column._largest(heard[0], module.Interval.of(side))
            got = Fraction(found[0].low + found[0].high, 2 * one)
            expect(abs(got - value) <= Fraction(1, 10**20) * max(1, value), K, t, y, side, float(got), float(value))
            expect((most.low, most.high, len(found)) == (6 * one, 6 * one, 3), "the largest of all parts")


TILTED, B = (Fraction(2, 5), Fraction(1, 50)), Fraction(1, 7)


@cache
def _constants(K: int, t: int, g: Fraction) -> tuple[Fraction, Fraction]:
    """Return the bound of the part of degree 0, and the mean square of the trace, by balls."""
    other = LinearisedDeviation(TangentSetting(BALLS, K), t)
    return _middle(other.constant(BALLS.of(g), BALLS.of(B))), _middle(other.T2)


@all_layers_fact
def constants_of_the_deviation(module: types.ModuleType) -> None:
    of = module.Interval.of
    for K, t, g in ((K, t, g) for K, t in ((4, 1), (5, 2), (6, 3), (9, 4), (9, 1)) for g in TILTED):
        column = module.TangentColumn(module.Tangent(K), t)
        numbers = (column.constant(of(g), of(B)), column.fourth_moment())
        for found, value in zip(numbers, _constants(K, t, g), strict=True):
            got = Fraction(found.low + found.high, 2 << module.FRACTION_BITS)
            expect(abs(got - value) <= Fraction(1, 10**20) * max(1, value), K, t, g, float(got), float(value))


E, Z, PAIRS, SUPREMUM = Fraction(1, 5), Fraction(9), 300, Fraction(7, 2)


@cache
def _event(K: int, t: int, l: Fraction) -> Fraction:
    """Return the logarithm of the bound of a deviation, by balls, as if this were the supremum."""
    other = LinearisedDeviation(TangentSetting(BALLS, K), t)
    with replaced(other, largest_second_moment=lambda _: BALLS.of(SUPREMUM)):
        divergence, rate = other.rate(*map(BALLS.of, (E, Z, l)))
    return _middle(divergence + rate * PAIRS)


@all_layers_fact
def events_of_deviations(module: types.ModuleType) -> None:
    """The bound of a deviation but for its supremum, for which a number is put."""
    for K, t, l in ((4, 1, Fraction(1, 20)), (5, 2, Fraction(1, 30)), (6, 3, Fraction(1, 90))):
        column = module.TangentColumn(module.Tangent(K), t)
        with replaced(column, supremum=lambda _: module.Interval.of(SUPREMUM)):
            found = column.event(PAIRS, E, Z, l)
        got = Fraction(found.low + found.high, 2 << module.FRACTION_BITS)
        expect(abs(got - _event(K, t, l)) <= Fraction(1, 10**20), K, t, float(got), float(_event(K, t, l)))


@all_layers_fact
def parts_of_the_supremum(module: types.ModuleType) -> None:
    """The parts of y cover [-1, 1] and those of the share [0, 1], each from its low end to its high one."""
    one, column = 1 << module.FRACTION_BITS, module.TangentColumn(module.Tangent(5), 2)
    seen: list[Any] = []
    values = iter([3, 9, 5, 1, 1, 1, 2, 8, 4])

    def at(y: Any, parts: Any, *_: Any) -> Any:
        seen.append(
            (Fraction(y.low, one), Fraction(y.high, one), Fraction(parts[0].low, one), Fraction(parts[0].high, one))
        )
        return module.Interval.of(next(values))

    with replaced(module, CELLS=3, SHARES=3), replaced(column, _at=at):
        found = column.supremum(module.Interval.of(1))
    expect(found.high == 9 * one, "the largest")
    near = Fraction(2, one)
    for k, (low, high, first, last) in enumerate(seen):
        for start, end, exact, length in (
            (low, high, Fraction(k % 3 * 2, 3) - 1, 2),
            (first, last, Fraction(k // 3, 3), 1),
        ):
            expect(exact - near < start <= exact, k)
            expect(exact + Fraction(length, 3) <= end < exact + Fraction(length, 3) + near, k)
    expect(len(seen) == 9)


# --- what is refused

SLOW = {"many_levels"}  # takes seconds, and the amounts of work are not mutated


@contextmanager
def _events_left_out(module: types.ModuleType) -> Iterator[None]:
    """Leave out what costs much: probabilities that are small in honest certificates."""
    honest()  # issued first: the producer asks the checker as it is
    tiny = module.Interval.of(-100)

    def small(*_: Any) -> Any:
        return tiny

    with (
        replaced(module.Windows, layered=lambda *_: module.Interval.of(0)),
        replaced(module.TangentBit, wrong=small, _weigh=lambda _: None),
        replaced(module.TangentColumn, event=small),
        replaced(module.Regression, square_event=small, shift_event=small),
    ):
        yield


@cache
def _data(name: str) -> bytes:
    return FORGERIES[name][0]()  # type: ignore[no-any-return]


def _refused(module: types.ModuleType, name: str) -> bool:
    _, code, message = FORGERIES[name]
    got, text = module.judge(_data(name))
    messages = [message] if isinstance(message, str) else message
    return got == code and any(each in text for each in messages)


@cache
def _kinds_of_forgeries() -> tuple[list[str], list[str], list[str]]:
    """Return which are refused alike with events left out; with few parts; and by the checker as it is."""
    quick, few, whole = list[str](), list[str](), list[str]()
    for name in sorted({*FORGERIES} - SLOW):
        with _events_left_out(checker):
            if _refused(checker, name):
                quick.append(name)
                continue
        with _few(checker):
            (few if _refused(checker, name) else whole).append(name)
    return quick, few, whole


@all_layers_fact
def quickly_refused(module: types.ModuleType) -> None:
    names = _kinds_of_forgeries()[0]
    with _events_left_out(module):
        for name in names:
            expect(_refused(module, name), name)


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


@all_layers_fact
def refused_with_few_parts(module: types.ModuleType) -> None:
    names = _kinds_of_forgeries()[1]
    with _few(module):
        for name in names:
            expect(_refused(module, name), name)


# --- whole certificates


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
def whole_certificates(module: types.ModuleType) -> None:
    agree(module, "permutation", None, deviations=True)
    with _few(module):
        agree(module, "shared", 1)


@all_layers_fact
def refused_as_a_whole(module: types.ModuleType) -> None:
    for name in _kinds_of_forgeries()[2]:
        expect(_refused(module, name), name)
