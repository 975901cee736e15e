"""Work that a file asks for: what repeats is noticed, everything else ends within one budget, and says what it was."""

import random
import time

import pytest
from forgery import ACCEPTED, DECLINED, judge, sign, valid

from ntkproofs import checker


def rounding(bits, templates, *, free=(), ones=(), steps, padding=0):
    """Return a claim about a program of one field."""
    document = valid()["rounding small"]
    program = {"name": "limits", "fields": [["a", bits]], "templates": templates, "padding": padding}
    states = {"free": list(free), "ones": list(ones), "steps": steps}
    document["claim"] |= {"program": program, "states": states}
    return document


def grouped(templates, *, bits=9):
    document = valid()["rounding arbitrary"]
    document["claim"]["program"] |= {"fields": [["a", bits]], "templates": templates}
    document["evidence"]["groups"] = [list(range(len(templates)))]
    return document


def counter(bits):
    """A binary counter: it repeats after ``2**bits`` steps."""
    templates = [[[[i, 1], [j, 0]], [i]] for i in range(bits) for j in range(i)]
    return templates + [[[[i, 0], *[[j, 1] for j in range(i)]], [i]] for i in range(bits)]


def leaves(depth):
    """An inequality that is true, on ``2**depth`` leaves, each with a quotient of numbers of 130,000 bits."""
    document = valid()["inequality line"]
    long = ["pow", ["add", ["var", "x"], "9" * 1000], 39]
    document["claim"] |= {"left": ["div", long, long], "right": 2, "domain": {"x": [0, 1]}}
    tree = ["leaf"]
    for _ in range(depth):
        tree = ["split", "x", "1/2", tree, tree]
    document["evidence"]["tree"] = tree
    return document


def test_two_bits_that_alternate_for_ever_are_checked_at_once():
    start = time.process_time()
    code, text = judge(sign(rounding(2, [[[[0, 1]], [1]], [[[1, 1]], [0]]], ones=[0], steps=30_000_000_000)))
    assert code == ACCEPTED
    assert "at every state visited in 30000000000 steps" in text
    assert time.process_time() - start < 1


@pytest.mark.parametrize("seed", range(60))
def test_a_repeated_state_ends_an_execution_after_all_was_looked_at(seed):
    """Random programs against plain execution: as many steps as one likes, one step less than that, one, two."""
    source = random.Random(seed)
    bits = source.randint(1, 6)
    templates = [
        [
            [[i, source.randint(0, 1)] for i in source.sample(range(bits), source.randint(1, min(3, bits)))],
            source.sample(range(bits), source.randint(1, bits)),
        ]
        for _ in range(source.randint(1, 5))
    ]
    value = {"name": "random", "fields": [["a", bits]], "templates": templates, "padding": 0}
    program = checker.program_of(value)
    free = source.sample(range(bits), source.randint(0, min(3, bits)))
    ones = [i for i in range(bits) if i not in free and source.random() < 0.5]
    for steps in (1, 2, 3, source.randint(4, 20), 10**15):
        assert checker.visited(program, free, ones, steps) == naive(program, free, ones, min(steps, 2**bits))


def naive(program, free, ones, steps):
    counts = set()
    for case in range(1 << len(free)):
        state = {*ones, *(place for number, place in enumerate(free) if case >> number & 1)}
        for _ in range(steps):
            matching = [w for when, w in program.templates if all((i in state) == bool(value) for i, value in when)]
            written = [sum(i in write for write in matching) for i in range(program.bits)]
            counts |= {(len(matching), p, t) for p, t in zip(written, program.writers, strict=True)}
            state = {i for i, p in enumerate(written) if p}
    return counts


SMALL = 1 << 22  # word operations


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda: rounding(16, counter(16), steps=10**12, padding=999), "the execution of the program"),
        (lambda: rounding(14, counter(14), free=range(14), steps=10**12, padding=999), "the execution of the program"),
        (lambda: leaves(4), "products of intervals"),
        (lambda: grouped([[[[j, i >> j & 1] for j in range(9)], [0]] for i in range(512)] * 9), "looking for contra"),
    ],
    ids=["steps", "lanes", "leaves", "groups"],
)
def test_one_budget_for_the_whole_check(monkeypatch, make, what):
    monkeypatch.setattr(checker, "MAX_WORK", SMALL)
    code, text = judge(sign(make()))
    assert code == DECLINED
    assert text.startswith(f"declined: {what}")
    assert text.endswith(f"more work than {SMALL} word operations")
    assert checker._left == [SMALL]  # the next check has a whole one


def test_the_budget_is_one_for_all_parts_and_bears_what_a_claim_needs(monkeypatch):
    """What the parts spend is added up: with less than their sum the check is declined, with as much accepted."""
    data = sign(valid()["ensemble arbitrary"])
    spent = []

    def spend(operations, _what):
        spent.append(operations)

    with monkeypatch.context() as patch:
        patch.setattr(checker, "spend", spend)
        assert judge(data)[0] == ACCEPTED
    assert max(spent) < sum(spent) / 10
    monkeypatch.setattr(checker, "MAX_WORK", sum(spent) - 1)
    assert judge(data)[0] == DECLINED
    monkeypatch.setattr(checker, "MAX_WORK", sum(spent))
    assert judge(data)[0] == ACCEPTED
    assert judge(data)[0] == ACCEPTED


def test_the_budget_is_spent_in_seconds():
    """Quotients of long numbers, of all work the longest for what it spends when the machine has nothing else to do."""
    start = time.process_time()
    assert judge(sign(leaves(13))) == (
        DECLINED,
        f"declined: quotients of intervals: more work than {checker.MAX_WORK} word operations",
    )
    assert time.process_time() - start < 60


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: rounding(9000, [[[[0, 1]], [1]]], free=range(20), steps=1),
            "an execution on 20 free bits with 36002 pl",
        ),
        (
            lambda: grouped([[[[i, 0]], [0]] for i in range(92_800)], bits=92_800),
            "a group of 92800 templates with 92800 requirements, too large to look through",
        ),
        (lambda: rounding(9000, [[[[0, 1]], [*range(9000)]]] * 117, steps=1), "templates with more than 1048576 ent"),
        (lambda: rounding(2, [[[[0, 1]], [1]]] * 131_073, steps=1), "more than 131072 bits or 131072 templates"),
    ],
    ids=["planes", "group", "entries", "templates"],
)
def test_what_does_not_fit_is_declined(make, message):
    code, text = judge(sign(make()))
    assert code == DECLINED
    assert message in text


def test_memory_that_is_exhausted_and_a_mistake_of_the_checker_are_told_apart(monkeypatch):
    data = sign(valid()["rounding small"])

    def raising(problem):
        def check(_data):
            raise problem

        return check

    monkeypatch.setattr(checker, "check", raising(MemoryError()))
    assert judge(data) == (2, "declined: the memory of this process is exhausted")
    monkeypatch.setattr(checker, "check", raising(TypeError("x")))
    assert judge(data) == (70, "failed: an error in the checker (TypeError)")
