"""Every way of counting (n, p, t) agrees: package, checker and loops over all states of random programs.

The programs contain constants, templates that write nothing, and duplicates.
"""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies_local import all_states, naive_counts, naive_match, naive_step, programs

from ntkproofs import checker
from ntkproofs.certificates.issue import program_json
from ntkproofs.classes import arbitrary_classes, reachable_classes
from ntkproofs.counts import bound_matches, worst_counts
from ntkproofs.execution.bitsliced import SlicedProgram, StateBlock, slice_rows, unslice
from ntkproofs.execution.visited import visited_counts
from ntkproofs.programs import TemplateProgram
from ntkproofs.programs.partial import UNKNOWN, step_partial


def numbers(counts):
    return (counts.matches, counts.matched_writers, counts.writers)


def brute_pairs(program, states):
    """Return how many pairs (state, bit) have each (n, p, t)."""
    return Counter(numbers(counts) for state in states for counts in naive_counts(program, state).values())


def runs(program, free, ones, steps):
    """Return the states of the runs that begin at all values of the free positions, each until it repeats itself."""
    result = []
    for number in range(1 << len(free)):
        row = np.zeros(program.output_bits, dtype=np.uint8)
        row[list(ones)] = 1
        row[list(free)] = [number >> index & 1 for index in range(len(free))]
        state = program.unrow(row)
        for _ in range(steps):
            result.append(state)
            after = naive_step(program, state)
            if after == state:
                break
            state = after
    return result


@st.composite
def programs_with_runs(draw):
    program = draw(programs())
    positions = draw(st.permutations(range(program.output_bits)))
    free = draw(st.integers(0, min(4, len(positions))))
    ones = draw(st.integers(free, len(positions)))
    return program, positions[:free], positions[free:ones], draw(st.integers(1, 5))


@settings(max_examples=150)
@given(programs_with_runs())
def test_the_counts_of_visited_states(drawn):
    program, free, ones, steps = drawn
    read = checker.program_of(program_json(program))
    pairs = brute_pairs(program, runs(program, free, ones, steps))
    assert checker.pairs_visited(read, free, ones, steps) == pairs
    assert reachable_classes(program, free, ones, steps) == pairs
    assert checker.visited(read, free, ones, steps) == set(pairs)
    assert {numbers(counts) for counts in visited_counts(program, free, ones, steps)} == {c for c in pairs if c[0]}


@settings(max_examples=100)
@given(programs())
def test_the_counts_of_arbitrary_states(program):
    read = checker.program_of(program_json(program))
    pairs = brute_pairs(program, all_states(program))
    assert checker.pairs_at_arbitrary(read) == pairs
    assert arbitrary_classes(program) == pairs
    groups = bound_matches(program)
    assert checker.at_most_groups(read, {"groups": [list(group) for group in groups.groups]}) == groups.bound
    worst = [
        (n, part.matched(n), part.t)
        for part in checker.arbitrary(read, groups.bound)
        for n in range(part.first, part.last + 1)
    ]
    assert sorted(worst) == sorted(numbers(counts) for counts in worst_counts(program))
    least = {}
    for n, p, t in pairs:
        if n and p:
            least[n, t] = min(p, least.get((n, t), p))
    claimed = set(worst)
    assert {(n, p, t) for n, p, t in pairs if n and not p} <= claimed
    assert all((n, t) in {(m, s) for m, p, s in claimed if 0 < p <= smallest} for (n, t), smallest in least.items())


@settings(max_examples=100)
@given(programs())
def test_states_64_to_a_word(program):
    states = list(all_states(program))
    rows = np.stack([program.row(state) for state in states])
    sliced = SlicedProgram(program)
    block = StateBlock(sliced, -(-len(states) // 64))
    block.state[:] = slice_rows(rows)
    block.step()
    assert [program.unrow(row) for row in unslice(block.state, len(states))] == [
        naive_step(program, state) for state in states
    ]
    matching = unslice(block.match, len(states))
    for row, state in zip(matching, states, strict=True):
        assert sorted(sliced.templates[plane] for plane in np.flatnonzero(row)) == naive_match(program, state)


@settings(max_examples=60)
@given(programs(), st.data())
def test_a_partial_state_covers_its_completions_and_no_bit_is_unknown_without_need(program, data):
    known = data.draw(
        st.lists(st.sampled_from([0, 1, UNKNOWN]), min_size=program.output_bits, max_size=program.output_bits)
    )
    row = np.array(known, dtype=np.uint8)
    after = step_partial(program, row[None, :])[0]
    covered = [state for state in map(program.row, all_states(program)) if ((row == UNKNOWN) | (row == state)).all()]
    nexts = np.stack([program.row(naive_step(program, program.unrow(state))) for state in covered])
    for position, bit in enumerate(after):
        if bit != UNKNOWN:
            assert set(nexts[:, position].tolist()) == {bit}
    if UNKNOWN not in known:
        assert after.tolist() == nexts[0].tolist()


def test_only_constants():
    """No requirement anywhere: n is the number of templates at every state."""
    program = TemplateProgram("constants", fields={"p": 3})
    for write in ([("p", 0)], [("p", 0), ("p", 2)], []):
        program.template({}, write)
    pairs = {(3, 2, 2): 8, (3, 0, 0): 8, (3, 1, 1): 8}
    read = checker.program_of(program_json(program))
    assert checker.pairs_at_arbitrary(read) == arbitrary_classes(program) == pairs
    assert checker.visited(read, (0, 1), (), 9) == set(pairs)
    assert bound_matches(program).bound == 3
    assert program.step(program.state(p=6)) == program.state(p=5)


def test_the_template_that_requires_and_writes_nothing():
    program = TemplateProgram("nothing", fields={"p": 1})
    program.template({}, [])
    assert program.match(program.state()).tolist() == [0]
    assert checker.pairs_at_arbitrary(checker.program_of(program_json(program))) == {(1, 0, 0): 2}
    with pytest.raises(checker.Rejected, match="the program has no fields"):
        checker.program_of(program_json(program) | {"fields": []})
