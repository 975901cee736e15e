"""Facts about the form of a file, and about every limit: what is within passes, what is just beyond is declined."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import types
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import honest
from battery import expect, fact, refuses, spent
from honest import Document, sign

LIMITS = {  # as the checker's head and "What is trusted, and limits" state them
    "MAX_BYTES": 33_554_432,
    "MAX_DEPTH": 100,
    "MAX_DIGITS": 4000,
    "MAX_TEXT": 200,
    "MAX_BITS": 131_072,
    "MAX_TEMPLATES": 131_072,
    "MAX_ENTRIES": 1_048_576,
    "MAX_SIZE": 131_072,
    "MAX_FREE": 28,
    "LANE_BITS": 18,
    "MAX_WORK": 1 << 34,
    "MAX_EXPONENT": 1024,
    "MAX_ARGUMENT": 4096,
    "MAX_MEMORY": 1 << 33,
    "MAX_TERMS": 12,
    "MAX_EXACT": 4096,
    "FORMAT": 1,
    "CONVERGENT": 41,
}


@fact
def limits_are_those_that_are_stated(module: types.ModuleType) -> None:
    for name, value in LIMITS.items():
        expect(getattr(module, name) == value, name, getattr(module, name))
    codes = (module.ACCEPTED, module.REJECTED, module.DECLINED, module.UNREADABLE, module.BROKEN)
    expect(codes == (0, 1, 2, 3, 70), codes)


@contextlib.contextmanager
def limited(module: types.ModuleType, name: str, value: int) -> Iterator[None]:
    """Give a limit another value for a while."""
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)


def at_the_limit(module: types.ModuleType, name: str, value: int, message: str, action: Callable[[], object]) -> None:
    """Expect that an action passes where the limit is `value` and is declined where it is less by 1."""
    with limited(module, name, value):
        action()
    with limited(module, name, value - 1):
        refuses(module, "Declined", message, action)


@cache
def small() -> Document:
    """Return an honest certificate of an ensemble."""
    return honest.ensemble(honest.permutation(3), failure="1/50", threshold="1/9", inputs=2, steps=2)


@fact
def limits_of_a_file(module: types.ModuleType) -> None:
    data = sign(small())
    at_the_limit(module, "MAX_BYTES", len(data), "bytes, at most", lambda: module.check(data))
    depth = 7  # certificate, claim, program, templates, template, requirements, requirement
    at_the_limit(module, "MAX_DEPTH", depth, "brackets nested deeper", lambda: module.check(data))
    expect(module.read(data)["format"] == 1, "read")
    nested = b"[" * 50 + b"]" * 50 + b"[" * 50 + b"]" * 50
    module._shallow(nested.decode())  # side by side is not nested
    module._shallow('"' + "[" * 500 + '\\"' + "[" * 500 + '"')  # nor within a text
    refuses(module, "Declined", "nested deeper", lambda: module._shallow('"\\\\"' + "[" * 101))
    refuses(module, "Declined", "nested deeper", lambda: module._shallow('{"a":' * 101))
    for between in ("\\a", "\\[", "\\]"):  # an escape outside of a text is no bracket
        refuses(module, "Declined", "nested deeper", module._shallow, "[" * 100 + between + "[")
        module._shallow("[" * 100 + between)


@fact
def limits_of_numbers_and_texts(module: types.ModuleType) -> None:
    digits = 4000
    expect(module._short_integer("9" * digits) == 10**digits - 1, "an integer of 4000 digits")
    refuses(module, "Declined", "a number of 4001 digits", lambda: module._short_integer("9" * (digits + 1)))
    expect(module._fraction("9" * digits, "x") == 10**digits - 1, "a fraction of 4000 digits")
    refuses(module, "Declined", "has 4001 digits", lambda: module._fraction("9" * (digits + 1), "x"))
    expect(module._text("a" * 200, "x") == "a" * 200, "a text of 200 signs")
    refuses(module, "Declined", "longer than 200", lambda: module._text("a" * 201, "x"))
    for text in ("", "a\n", 3, None):
        refuses(module, "Rejected", "is not a non-empty string of printable characters", module._text, text, "x")
    for value, number in ((5, 5), ("-3/4", Fraction(-3, 4)), ("007", 7), ("0/10", 0)):
        expect(module._fraction(value, "x") == number, "fraction", value)
    for value in ("1/0", "1/00", "1.5", "1e3", "+1", " 1", "1/-2", "", "/2", "1\n", "\u0661", True, None, 1.5):
        refuses(module, "Rejected", "is not a number", module._fraction, value, "x")
    expect([module._integer(value, 2, 4, "x") for value in (2, 3, 4)] == [2, 3, 4], "within")
    expect(module._integer(10**50, 2, None, "x") == 10**50, "no upper end")
    for value in (1, 5):
        refuses(module, "Rejected", "out of range", module._integer, value, 2, 4, "x")
    for value in (True, "3", 3.0, None):
        refuses(module, "Rejected", "is not an integer", module._integer, value, 0, 4, "x")
    expect(module._shown("a" * 58) == repr("a" * 58) and len(module._shown("a" * 59)) == 60, "shown")
    expect(module._shown("a" * 59) == "'" + "a" * 56 + "...", "shown, cut")
    expect(module._shown(Fraction(1, 3)) == "1/3" and module._shown("\u00e9") == r"'\xe9'", "shown")


@fact
def limits_of_programs(module: types.ModuleType) -> None:
    value = honest.program(3, [({0: 1, 1: 0}, [2]), ({2: 1}, [0, 1])])
    read = module.program_of(value)
    for name, limit, message, action in (
        ("MAX_BITS", 3, "bits or", lambda: module.program_of(value)),
        ("MAX_TEMPLATES", 2, "templates", lambda: module.program_of(value)),
        ("MAX_ENTRIES", 6, "entries", lambda: module.program_of(value)),
        ("MAX_FREE", 2, "free bits", lambda: module.visited(read, (0, 1), (), 1)),
        ("MAX_MEMORY", 4 * (2 + 3 + 12), "planes", lambda: module.visited(read, (0, 1), (), 1)),
        ("MAX_MEMORY", 2 * 3, "too large to look through", lambda: module.contradictory(read.templates, (0, 1))),
    ):
        at_the_limit(module, name, limit, message, action)


@fact
def every_operation_spends_work(module: types.ModuleType) -> None:
    x, y = module.Interval.of(Fraction(1, 3)), module.Interval.of(Fraction(7, 5))
    read = module.program_of(honest.permutation(3))
    operations: dict[str, Callable[[], object]] = {
        "interval arithmetic": lambda: module.Interval(0, 1),
        "products of intervals": lambda: x * y,
        "quotients of intervals": lambda: x / y,
        "roots of intervals": x.sqrt,
        "arctangents of intervals": x.atan,
        "logarithms of intervals": x.log,
        "exponentials of intervals": x.exp,
        "contradictions within groups": lambda: module.contradictory(read.templates, (0,)),
        "the execution of the program": lambda: module.visited(read, (0, 1), (), 1),
    }
    try:
        for message, action in operations.items():
            module._left[0] = 0
            refuses(module, "Declined", message, action)
        module._left[0] = 10
        module.spend(10, "all that is left")
        refuses(module, "Declined", "more work than", lambda: module.spend(1, "one more"))
    finally:
        module._left[0] = module.MAX_WORK
    expect(module.judge(sign(small()))[0] == 0 and module._left[0] == module.MAX_WORK, "each check has all of it")
    module._left[0] = 5
    expect(module.judge(sign(small()))[0] == 0, "whatever was left before")


@fact
def work_grows_with_what_is_done(module: types.ModuleType) -> None:
    """In proportion to steps, to lanes of 64 bits, and to the words of an interval's ends."""
    read = module.program_of(honest.permutation(12))
    one, ten = (spent(module, module.visited, read, (0,), (), steps) for steps in (1, 10))
    expect(9 * one < ten < 11 * one, "in proportion to the steps", one, ten)
    read = module.program_of(honest.permutation(16))
    wide = spent(module, module.visited, read, tuple(range(16)), (), 1)
    least = 256 * (1 << 16) // 64  # to add 16 planes alone takes some 200 operations on planes
    expect(least < wide < 10 * least, "in proportion to the lanes", wide)
    long = module.Interval(1 << 100_000, 1 << 100_000)
    expect(spent(module, long.__mul__, module.Interval.of(1)) > 100_000 // 64 * 4, "in proportion to the words")
    for low, high in ((0, 1 << 100_000), (-(1 << 100_000), 0)):
        found = spent(module, module.Interval, low, high)
        expect(found > 100_000 // 64, "an end", found)
        found = spent(module, module.Interval(low, high).__mul__, module.Interval.of(1))
        expect(found > 100_000 // 64 * 16, "a product by the longer end", found)
    for name in ("atan", "log", "exp"):  # some hundred products of numbers of five words
        found = spent(module, getattr(module.Interval.of(Fraction(1, 3)), name))
        expect(found > 100 * 5 * 5 * 16, "a function", name, found)


@fact
def what_a_check_costs_depends_on_nothing_before(module: types.ModuleType) -> None:
    """Also of functions whose values are kept."""
    total, spend = [0], module.spend

    def count(operations: int, what: str) -> None:
        total[0] += operations
        spend(operations, what)

    module.spend = count
    try:
        costs = []
        for function in (module.pi, module._atan, module._exp, module._log, module._log_mantissa):
            function.cache_clear()
        for _ in range(2):
            total[0] = 0
            module.judge(sign(small()))
            costs.append(total[0])
        expect(costs[0] == costs[1] > 0, "costs", costs)
    finally:
        module.spend = spend


def heavy_programs() -> Iterator[tuple[str, Document, list[int], int]]:
    """Yield programs, each heavy in one respect, their free bits, and the least number of operations of one step."""
    yield "many bits", honest.program(3000, [({0: 1}, [0])]), [], 3000
    many = [({place: 1 for place in range(60)}, [0])] * 60
    yield "many requirements", honest.program(60, many), [], 3600
    yield "many writers", honest.program(2, [({0: 0}, [1])] * 127), [], 127 * 7 * 2
    # n takes every value below 64; twenty bits have all numbers of matched writers
    templates = [({place: 1}, [7]) for place in range(6) for _ in range(1 << place)]
    spread = [(when, [*range(7, 27)]) for when, _ in templates]
    yield (
        "many counts",
        honest.program(27, [*spread, *[({26: 1}, [26 - i]) for i in range(20) for _ in range(i)]]),
        [*range(6)],
        64 * 64 * 20,
    )


@fact
def every_part_of_a_step_spends(module: types.ModuleType) -> None:
    for name, value, free, least in heavy_programs():
        read = module.program_of(value)
        found = spent(module, module.visited, read, free, (), 1)
        expect(found >= least * module.CALL, name, found, least)
    group = list(range(40))
    read = module.program_of(honest.program(40, [({place: 0 for place in range(40)}, [0])] * 40))
    found = spent(module, module.contradictory, read.templates, group)
    expect(found >= 40 * 40 * module.CALL, "a group", found)


# --- the outer form


def refused_files() -> Iterator[tuple[bytes, int, str]]:
    """Yield files that are no certificates, each with the outcome and its reason."""
    data, text = sign(small()), sign(small()).decode()
    yield b"\xff" + data, 1, "not UTF-8"
    yield data[:-1], 1, "not JSON"
    yield data + b"{}", 1, "not JSON"
    yield b"[]", 1, "the certificate is not an object"
    yield text.replace('"format": 1', '"format": 1, "format": 1').encode(), 1, "the key 'format' occurs twice"
    yield text.replace('"format": 1', '"format": 1.0').encode(), 1, "is a float"
    yield text.replace('"format": 1', '"format": NaN').encode(), 1, "is a float"
    yield text.replace('"format": 1', '"format": 2').encode(), 1, "format is out of range"
    yield text.replace('"format": 1', '"format": 0').encode(), 1, "format is out of range"
    yield text.replace('"format": 1, ', "").encode(), 1, "lacks the key format"
    yield text.replace('"format": 1', '"format": 1, "more": 1').encode(), 1, "unknown key 'more'"
    yield text.replace("an attacker", "").encode(), 1, "producer is not a non-empty string of printable characters"
    yield text.replace("an attacker", "\u00e9").encode(), 1, "producer is not ASCII"
    yield text.replace('"1/50"', '"1/51"').encode(), 1, "claim_sha256 is not the SHA-256"
    yield sign(small() | {"claim": 3}), 1, "the claim is not an object"
    yield sign(small() | {"claim": {}}), 1, "the claim's kind is not one of"
    yield sign(small() | {"claim": {"kind": ["ensemble"]}}), 1, "the claim's kind is not one of"


def refused_claims() -> Iterator[tuple[dict[str, Any], str]]:
    """Yield changes of an ensemble's claim, each with the reason why it is refused."""
    for key in ("kernel", "steps", "threshold", "drop_unwritten", "states", "inputs", "failure", "networks", "program"):
        yield {key: None}, ""
    yield {"kernel": "erf"}, "kernel is not one of ntk, nngp"
    yield {"networks": 0}, "networks is out of range"
    yield {"steps": 0}, "steps is out of range"
    yield {"inputs": 0}, "inputs is out of range"
    yield {"inputs": 9}, "there are only 2^3"
    yield {"drop_unwritten": 0}, "drop_unwritten is not true or false"
    for value in ("0", "1", "-1/2", "3/2"):
        yield {"failure": value}, "failure is not between 0 and 1"
    for value in ("1", "-1/1000"):
        yield {"threshold": value}, "threshold not at least 0 and below 1"
    for outputs in ("one scalar network for each output bit", "one network", 1, None):
        yield {"width": 10**9, "outputs": outputs}, "a withdrawn wording"
        yield {"outputs": outputs}, "a withdrawn wording"
    yield {"width": 10**9}, "a withdrawn wording"
    yield {"inputs": {"free": [0], "ones": [0]}}, "a position is both free and 1"
    yield {"inputs": {"free": [0, 0], "ones": []}}, "names a position twice"
    yield {"inputs": {"free": [3], "ones": []}}, "is out of range"
    yield {"inputs": {"free": [0]}}, "lacks the key ones"
    yield {"states": {"free": [0], "ones": [], "steps": 0}}, "states: steps is out of range"
    yield {"states": {"free": [0], "ones": [1], "steps": 2}}, "evidence has the unknown key 'groups'"


@fact
def malformed_files_are_refused(module: types.ModuleType) -> None:
    for data, code, message in refused_files():
        found, text = module.judge(data)
        expect(found == code and message in text, message, text)
    for change, message in refused_claims():
        document = small()
        found, text = module.judge(sign(document | {"claim": document["claim"] | change}))
        expect(found == 1 and message in text, message, text)
    families = {"free": [0], "ones": [1], "steps": 2}
    for parts, message in (
        ({"steps": 3}, "the states are those of 2 steps, the claim is about 3"),
        ({"steps": 1}, "the states are those of 2 steps, the claim is about 1"),
        ({"inputs": {"free": [0], "ones": []}}, "the inputs are not those whose states"),
        ({"inputs": 3}, "there are only 2^1"),
    ):
        claim = small()["claim"] | {"states": families} | parts
        found, text = module.judge(sign(honest.document(claim, {})))
        expect(found == 1 and message in text, message, text)


@fact
def malformed_evidence_is_refused(module: types.ModuleType) -> None:
    hints = {"error": "1/9", "tilts": []}  # of the withdrawn width
    groups = honest.groups(small()["claim"]["program"])
    for evidence, message in (
        ([], "evidence is not an object"),
        ({"groups": groups, "width": hints}, "evidence has the unknown key 'width'"),
        ({"groups": groups, "a": 1}, "evidence has the unknown key 'a'"),
        ({}, "evidence lacks the key groups"),
    ):
        found, text = module.judge(sign(honest.document(small()["claim"], evidence)))
        expect(found == 1 and message in text, message, text)
    for evidence in ([], {"groups": groups, "tree": ["leaf"]}):
        found, text = module.judge(sign(honest.document(small()["claim"], evidence)))
        expect(found == 1 and "evidence" in text, text)


@fact
def the_outcome_of_a_broken_check_is_none(module: types.ModuleType) -> None:
    """An error inside is no verdict: exit code 70; exhausted memory declines."""
    before = module.read
    try:
        for problem, code in ((ZeroDivisionError(), 70), (RecursionError(), 70), (MemoryError(), 2)):

            def fails(_: bytes, problem: Exception = problem) -> None:
                raise problem

            module.read = fails
            expect(module.judge(b"")[0] == code, "an error inside", code)
    finally:
        module.read = before


@fact
def the_program_reads_one_file(module: types.ModuleType) -> None:
    data = sign(small())
    with TemporaryDirectory() as folder:
        good, bad = Path(folder, "good.json"), Path(folder, "bad.json")
        good.write_bytes(data)
        bad.write_bytes(data[:-1])
        for arguments, code, first in (
            ([str(good)], 0, "accepted\n"),
            ([str(bad)], 1, "rejected: "),
            ([], 3, "unreadable: "),
            ([str(good), str(good)], 3, "unreadable: "),
            ([folder], 3, "unreadable: "),
        ):
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                found = module.main(arguments)
            expect(found == code and out.getvalue().startswith(first), arguments, found, out.getvalue())
        with limited(module, "MAX_BYTES", len(data) - 1):
            with contextlib.redirect_stdout(io.StringIO()):
                found = module.main([str(good)])
            expect(found == 2, "one byte too many", found)


@fact
def the_digest_is_of_the_canonical_claim(module: types.ModuleType) -> None:
    claim = small()["claim"]
    text = json.dumps(claim, sort_keys=True, separators=(",", ":")).encode()
    expect(module.canonical(claim) == text, "canonical")
    expect(f"claim_sha256: {hashlib.sha256(text).hexdigest()}\n" in module.judge(sign(small()))[1], "shown")
