"""Hundreds of mutants of every valid certificate: what is false is refused, with a reason, in time, without a crash."""

import copy
import random
import time

import pytest
from forgery import ACCEPTED, CONTROLS, DECLINED, REJECTED, is_true, judge, sign, valid

MUTANTS = 150  # of every valid certificate
SLOWER = 10
FLOOR = 0.1  # seconds: below this a comparison of times says nothing
LARGE = 10**6  # mutants with larger numbers are too much for the oracle by brute force

STRANGE = [0, 1, -1, 2, 7, 10**9, 10**40, "0", "1/3", "-1", "x", "", None, True, False, [], {}, [[]], ["leaf"], ["pi"]]


def nodes(value, path=()):
    """Yield the path of every part of a JSON value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in items:
        yield from nodes(part, (*path, key))


def mutate(document, source):
    """Change one place of the claim or of the evidence."""
    part = source.choice(["claim", "claim", "evidence"])
    *way, last = (part, *source.choice(list(nodes(document[part]))))
    home = document
    for key in way:
        home = home[key]
    value = home[last]
    options = [lambda: source.choice(STRANGE)]
    if type(value) is int:
        options += [lambda: value + source.choice([-2, -1, 1, 2]), lambda: value * 2, lambda: 1 - value] * 2
    if isinstance(value, str):
        options += [
            lambda: value + "1",
            lambda: value[1:],
            lambda: source.choice(["ntk", "nngp", "<", "<=", "arbitrary"]),
        ]
    if isinstance(value, list) and value:
        place = source.randrange(len(value))
        options += [
            lambda: value[:place] + value[place + 1 :],
            lambda: [*value, copy.deepcopy(value[place])],
            lambda: value[::-1],
            lambda: source.sample(value, len(value)),
        ] * 2
    if isinstance(value, dict) and value:
        gone = source.choice(list(value))
        options.append(lambda: {key: each for key, each in value.items() if key != gone})
    home[last] = source.choice(options)()
    if source.random() < 0.3:
        mutate(document, source)


def mutants(name):
    source = random.Random(name)
    for _ in range(MUTANTS):
        document = valid()[name]
        mutate(document, source)
        yield document


def holds(claim):
    """Return the oracle's word; None where it would take too long."""
    if any(type(value) is int and abs(value) > LARGE for value in flat(claim)):
        return None
    return is_true(claim)


def flat(value):
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    yield value
    for part in parts:
        yield from flat(part)


def look(check, name):
    """Return ``(accepted, accepted though false, refused without a reason)`` over the mutants of one certificate."""
    accepted, false, mute = 0, [], []
    for document in mutants(name):
        code, text = check(sign(document))
        if code == ACCEPTED:
            accepted += 1
            try:
                right = holds(document["claim"])
            except Exception:  # the claim is none
                right = False
            if right is False:
                false.append(document)
        elif code not in (REJECTED, DECLINED) or len(text) < 20 or "failed" in text or "\n" in text:
            mute.append(text)
    return accepted, false, mute


@pytest.mark.parametrize("name", valid())
def test_mutants(name):
    accepted, false, mute = look(judge, name)
    assert not false
    assert not mute
    assert accepted < MUTANTS / 2


@pytest.mark.parametrize("name", valid())
def test_no_mutant_takes_long(name):
    data = sign(valid()[name])
    usual = min(timed(data) for _ in range(3))
    for document in mutants(name):
        assert min(timed(sign(document)) for _ in range(2)) < max(SLOWER * usual, FLOOR)


def timed(data):
    start = time.perf_counter()
    judge(data)
    return time.perf_counter() - start


def test_control_checkers_fail_here():
    """A checker that accepts everything accepts falsehoods; one that rejects everything gives no reasons."""
    assert len(look(CONTROLS["always-accept"], "rounding small")[1]) > MUTANTS / 4
    assert len(look(CONTROLS["parse-only"], "inequality line")[1]) > MUTANTS / 4
    accepted, _, mute = look(CONTROLS["always-reject"], "ensemble arbitrary")
    assert accepted == 0
    assert mute


def test_random_bytes_in_a_file():
    source = random.Random(0)
    for name, document in valid().items():
        data = sign(document)
        for _ in range(60):
            place = source.randrange(len(data))
            changed = data[:place] + bytes([source.randrange(256)]) + data[place + 1 :]
            code, text = judge(changed)
            assert code in (ACCEPTED, REJECTED, DECLINED), name
            assert "failed" not in text
