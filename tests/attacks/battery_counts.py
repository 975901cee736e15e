"""Facts about which counts (n, p, t) occur: programs as read, contradictory groups, executed runs; by brute force."""

from __future__ import annotations

import random
import types
from functools import cache
from itertools import combinations
from typing import Any

import honest
from battery import expect, fact, refuses, replaced, spent
from claim_oracle import Program, runs
from honest import Document

NUMBER = 25  # random programs


@cache
def programs() -> tuple[Document, ...]:
    """Return small programs: some of the built-in ones, and random ones."""
    source = random.Random("battery programs")
    fixed = [honest.addition(2), honest.permutation(3, 2)]
    return (*fixed, *(honest.random_program(source, source.randint(2, 6)) for _ in range(NUMBER)))


@fact
def programs_are_read(module: types.ModuleType) -> None:
    for value in programs():
        read, own = module.program_of(value), Program.of(value)
        expect((read.bits, read.samples, read.name) == (own.bits, own.samples, "p"), "numbers")
        expect(read.writers == tuple(own.writers(bit) for bit in range(own.bits)), "writers")
        expect(read.digest == honest.program_digest(value), "digest")
        named = {**value, "name": "q"}
        expect(module.program_of(named).digest == read.digest, "the name is not in the digest")


@fact
def groups_are_contradictory_or_not(module: types.ModuleType) -> None:
    source = random.Random("battery groups")
    for value in programs():
        own, templates = Program.of(value), module.program_of(value).templates
        for _ in range(6):
            group = source.sample(range(len(templates)), source.randint(1, min(4, len(templates))))
            masks = [own.templates[index] for index in group]
            together = any(
                not ((a_mask & b_mask) & (a_ones ^ b_ones))
                for (a_mask, a_ones, _), (b_mask, b_ones, _) in combinations(masks, 2)
            )
            expect(module.contradictory(templates, group) == (not together), value, group)


@fact
def arbitrary_counts_are_the_worst_ones(module: types.ModuleType) -> None:
    for value in programs():
        read, allowed = module.program_of(value), honest.bounded_counts(value)
        ones: dict[tuple[int, int], int] = {}
        for n, p, t in allowed:
            if p:
                ones[n, t] = min(p, ones.get((n, t), p))
        expected = {count for count in allowed if count[1] == 0} | {(n, p, t) for (n, t), p in ones.items()}
        groups = module.at_most_groups(read, {"groups": honest.groups(value)})
        expect(groups == len(honest.groups(value)), "groups")
        ranges = module.arbitrary(read, groups)
        found = [(n, part.matched(n), part.t) for part in ranges for n in range(part.first, part.last + 1)]
        expect(sorted(found) == sorted(expected), value)
        expect(sum(map(len, ranges)) == len(found), "the number of counts")
        expect(module.arbitrary(read, 99) == module.arbitrary(read, len(value["templates"])), "as many as templates")


@cache
def families() -> tuple[tuple[Document, tuple[int, ...], tuple[int, ...], int], ...]:
    """Return programs with initial states and numbers of steps."""
    source, result = random.Random("battery families"), []
    for value in programs():
        bits = Program.of(value).bits
        places = source.sample(range(bits), bits)
        free = source.randint(0, min(4, bits))
        ones = tuple(place for place in places[free:] if source.random() < 0.5)
        result.append((value, tuple(places[:free]), ones, source.choice([1, 2, 3, 7, 50])))
    return tuple(result)


def counter(bits: int) -> Document:
    """Return a program of one bit that goes round: its states have a period, and no state stays as it is."""
    return honest.program(bits, [({place: 1}, [(place + 1) % bits]) for place in range(bits)])


@fact
def visited_counts_are_those_of_the_runs(module: types.ModuleType) -> None:
    for value, free, ones, steps in (*families(), *((counter(9), (), (0,), steps) for steps in (1, 2, 8, 9, 40))):
        own = Program.of(value)
        states = {state for run in runs(own, {"free": free, "ones": ones}, steps) for state in run}
        expected = {count for state in states for count in own.counts(state)}
        for lane_bits in (18, 2, 0):  # in parts of 2^18, four and one assignments
            with replaced(module, LANE_BITS=lane_bits):
                found = module.visited(module.program_of(value), free, ones, steps)
            expect(found == expected, value, free, ones, steps)


@fact
def long_runs_end_when_states_repeat(module: types.ModuleType) -> None:
    """A cycle whose states have different counts each, a fixed point, and a cycle that begins late."""
    late = honest.program(6, [({0: 1}, [1]), ({1: 1}, [2]), ({2: 1}, [3]), ({3: 1}, [4]), ({4: 1}, [5]), ({5: 1}, [4])])
    steps = 10**30
    for value in (counter(7), late, honest.addition(2)):
        own = Program.of(value)
        states = set().union(*runs(own, {"free": (), "ones": (0,)}, steps))
        expected = {count for state in states for count in own.counts(state)}
        before = spent(module, module.visited, module.program_of(value), (), (0,), steps)
        expect(before < 10**6, "work", before)
        expect(module.visited(module.program_of(value), (), (0,), steps) == expected, value)


def _changed(path: tuple[Any, ...], new: Any) -> Document:
    value: Any = {"name": "p", "fields": [["a", 2], ["b", 1]], "templates": [[[[0, 1], [1, 0]], [2]]], "padding": 0}
    home = value
    for key in path[:-1]:
        home = home[key]
    home[path[-1]] = new
    return value  # type: ignore[no-any-return]


@fact
def malformed_programs_are_refused(module: types.ModuleType) -> None:
    for path, new, message in (
        (("name",), "a b", "the program's name"),
        (("name",), ".a", "the program's name"),
        (("name",), "a" * 65, "the program's name"),
        (("name",), "", "the program's name"),
        (("name",), 3, "the program's name"),
        (("name",), "a\n", "the program's name"),
        (("fields", 0, 0), "b", "the same name"),
        (("fields", 0, 0), "a b", "a field's name"),
        (("fields", 0, 0), "'", "a field's name"),
        (("fields", 0, 0), "\N{CYRILLIC SMALL LETTER A}", "a field's name"),
        (("fields", 0, 0), "a" * 201, "a field's name"),
        (("fields", 0, 0), 1, "a field's name"),
        (("fields", 0), ["a"], "a field is not a list of 2"),
        (("fields", 0), ["a", 1, 1], "a field is not a list of 2"),
        (("fields", 0), {}, "a field is not a list"),
        (("fields", 0, 1), 0, "a field's width is out of range"),
        (("fields",), {}, "fields is not a list"),
        (("fields",), [], "no fields"),
        (("padding",), -1, "padding is out of range"),
        (("padding",), True, "padding is not an integer"),
        (("templates",), [], "no templates"),
        (("templates",), {}, "templates is not a list"),
        (("templates", 0), [[[0, 1]]], "a template is not a list of 2"),
        (("templates", 0, 0), [[0, 1], [0, 1]], "names a position twice"),
        (("templates", 0, 1), [1, 1], "names a position twice"),
        (("templates", 0, 0, 0), [0], "a requirement is not a list of 2"),
        (("templates", 0, 0, 0, 0), 3, "is out of range"),
        (("templates", 0, 0, 0, 0), -1, "is out of range"),
        (("templates", 0, 0, 0, 1), 2, "a required value is out of range"),
        (("templates", 0, 0, 0, 1), -1, "a required value is out of range"),
        (("templates", 0, 1), [3], "is out of range"),
        (("templates", 0, 1), [-1], "is out of range"),
    ):
        refuses(module, "Rejected", message, module.program_of, _changed(path, new))
    for path, new in (
        (("name",), "a" * 64),
        (("name",), "_A-z.0"),
        (("fields", 0, 0), "a" * 200),
        (("fields", 0, 0), "a[0]"),
        (("templates", 0, 0), []),
        (("templates", 0, 1), []),
        (("templates", 0), [[], []]),
        (("padding",), 10**50),
        (("templates", 0, 1), [0, 1, 2]),
    ):
        module.program_of(_changed(path, new))


@fact
def malformed_groups_are_refused(module: types.ModuleType) -> None:
    read = module.program_of(honest.program(2, [({0: 0}, [0]), ({0: 1}, [1]), ({1: 1}, [1])]))
    expect(module.at_most_groups(read, {"groups": [[0, 1], [2]]}) == 2, "groups")
    expect(module.at_most_groups(read, {"groups": [[2], [1, 0]]}) == 2, "in another order")
    for groups, message in (
        ([[0, 1]], "not a partition of the templates"),
        ([[0, 1], [2], [2]], "not a partition of the templates"),
        ([[0, 1], [2, 2]], "not a partition of the templates"),
        ([[0, 1, 2]], "two templates of group 0"),
        ([[0, 1], [3]], "out of range"),
        ([[0, 1], [-1]], "out of range"),
        ([[0], [1, 2]], "two templates of group 1"),
        ([0, 1, 2], "a group is not a list"),
        ({}, "groups is not a list"),
    ):
        refuses(module, "Rejected", message, module.at_most_groups, read, {"groups": groups})


@fact
def sequences_of_inputs_begin_at_few_states(module: types.ModuleType) -> None:
    """The number of states at which clocks begin, what it is said to be about, and what is refused."""
    program = module.program_of(honest.permutation(6))
    arbitrary = module.States([], "", "")

    def read(ports: Any, clocks: Any, ones: Any = (), states: Any = arbitrary, **more: Any) -> tuple[int, str]:
        value = {"ports": list(ports), "clocks": clocks, "ones": list(ones), **more}
        answer: tuple[int, str] = module._sequences(value, program, states)
        return answer

    for ports in range(1, 7):
        for clocks in (1, 2, 3, 5, 6, 7, 10**40):
            number, words = read(range(ports), clocks, range(ports, 6))
            expected = sum((1 << ports) ** clock for clock in range(1, min(clocks, 7) + 1))
            expect(number == min(expected, 64) if ports * clocks < 6 else number == 64, ports, clocks, number)
            counted = "one input" if clocks == 1 else f"{clocks} inputs", "one bit" if ports == 1 else f"{ports} bits"
            expect(f"all 2^{ports * clocks} sequences of {counted[0]} of {counted[1]}, where" in words, words)
            expect(f"at the port positions {', '.join(map(str, range(ports)))} before its clock" in words, words)
            expect("the first clock begins at the initial state that the claim names" in words, words)
    at_once, _ = module._inputs({"ports": [3], "clocks": 2, "ones": [0]}, program, arbitrary)
    expect(at_once == 6, "by the rule of inputs")
    visited = module.States([], "", "", 1, ((), ()))
    for message, arguments, more in (
        ("no ports, or a port with an initial value", ([], 1), {}),
        ("no ports, or a port with an initial value", ([0, 1], 1, [2, 1]), {}),
        ("inputs: ports names a position twice", ([0, 0], 1), {}),
        ("inputs: ones names a position twice", ([0], 1, [1, 1]), {}),
        ("inputs: ports is out of range", ([6], 1), {}),
        ("inputs: ports is out of range", ([-1], 1), {}),
        ("inputs: ones is out of range", ([0], 1, [6]), {}),
        ("inputs: clocks is out of range", ([0], 0), {}),
        ("inputs: clocks is not an integer", ([0], True), {}),
        ("inputs: clocks is not an integer", ([0], "1"), {}),
        ("inputs has the unknown key 'free'", ([0], 1), {"free": []}),
        ("sequences of inputs are claimed at visited states", ([0], 1, [], visited), {}),
    ):
        refuses(module, "Rejected", message, lambda a=arguments, m=more: read(*a, **m))
    refuses(
        module,
        "Rejected",
        "inputs lacks the key clocks",
        module._sequences,
        {"ports": [0], "ones": []},
        program,
        arbitrary,
    )
