"""Random programs: array operations, counts and the machine agree with naive loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies_local import (
    all_states,
    naive_counts,
    naive_match,
    naive_step,
    programs,
    programs_and_states,
)

from ntkproofs.bounds import least_padding, rounds_right
from ntkproofs.counts import Groups, arbitrary_counts, bound_matches, counts_of
from ntkproofs.errors import NtkProofsError
from ntkproofs.execution import Machine, RoundingFailure
from ntkproofs.kernels import REGIMES, two_layer_relu
from ntkproofs.programs import TemplateProgram

regimes = st.sampled_from(REGIMES)


@given(programs_and_states())
def test_match_and_step(drawn):
    program, state = drawn
    assert program.match(state).tolist() == naive_match(program, state)
    assert program.step(state) == naive_step(program, state)


@given(programs())
def test_many_states_at_once_agree_with_single_states(program):
    states = list(all_states(program))[:32]
    rows = [program.row(state) for state in states]
    together = program.step_rows(np.stack(rows))
    assert [program.unrow(row) for row in together] == [naive_step(program, state) for state in states]


@given(programs_and_states())
def test_rows_and_states_are_inverse(drawn):
    program, state = drawn
    row = program.row(state)
    assert program.unrow(row) == state
    for place, bit in enumerate(row):
        field, index = program.bit(place)
        assert state[field][index] == bit


@given(programs_and_states())
def test_labels_and_writers(drawn):
    program, _ = drawn
    labels = program.labels
    assert labels.shape == (program.samples, program.output_bits)
    for row, template in enumerate(program.templates):
        for index in range(program.output_bits):
            assert labels[row, index] == (program.bit(index) in template.write)
    assert not labels[len(program.templates) :].any()
    assert program.writers.tolist() == labels.sum(axis=0).tolist()


@given(programs_and_states())
def test_the_encoding_is_a_unit_vector_on_the_matching_templates(drawn):
    program, state = drawn
    code = program.encode(state)
    matching = naive_match(program, state)
    assert code.shape == (program.samples,)
    assert [index for index, entry in enumerate(code) if entry] == matching
    assert len(set(code[matching].tolist())) <= 1
    assert float(code @ code) == pytest.approx(1 if matching else 0, abs=1e-14)


@given(programs_and_states())
def test_counts(drawn):
    program, state = drawn
    assert counts_of(program, state) == naive_counts(program, state)


@settings(max_examples=50)
@given(programs())
def test_the_bound_of_matches_and_arbitrary_counts_cover_every_state(program):
    groups = bound_matches(program)
    groups.check(program)
    covered = arbitrary_counts(program)
    for state in all_states(program):
        assert len(naive_match(program, state)) <= groups.bound
        if naive_match(program, state):
            assert set(naive_counts(program, state).values()) <= covered


@settings(max_examples=50)
@given(programs(least_templates=2), st.data())
def test_forged_groups_are_refused(program, data):
    """Merging two groups of the greedy partition is refused unless all templates in them contradict each other."""
    groups = bound_matches(program).groups
    forged = [groups[:-1], (*groups, groups[0]), (*groups[:-1], (*groups[-1], len(program.templates)))]
    for item in forged:
        with pytest.raises(NtkProofsError, match="partition"):
            Groups(item).check(program)
    if len(groups) > 1:
        first, second = data.draw(st.lists(st.integers(0, len(groups) - 1), min_size=2, max_size=2, unique=True))
        merged = (*(g for i, g in enumerate(groups) if i not in (first, second)), groups[first] + groups[second])
        together = any(
            {*groups[first]} & {*matching} and {*groups[second]} & {*matching}
            for matching in (naive_match(program, state) for state in all_states(program))
        )
        if together:
            with pytest.raises(NtkProofsError, match="can match together"):
                Groups(merged).check(program)
        else:
            Groups(merged).check(program)


# --- the machine


@settings(max_examples=60)
@given(programs_and_states(most_templates=12), regimes)
def test_the_machine_executes_the_program_if_and_only_if_every_bit_is_rounded_correctly(drawn, regime):
    program, state = drawn
    kernel = two_layer_relu(regime)
    counts = naive_counts(program, state)
    wrong = {bit: item for bit, item in counts.items() if not rounds_right(kernel, item)}
    if not wrong:
        assert Machine(program, kernel).step(state) == naive_step(program, state)
        return
    with pytest.raises(RoundingFailure) as caught:
        Machine(program, kernel).step(state)
    failure = caught.value
    assert failure.state == state
    assert wrong[failure.bit] == failure.counts
    assert f"{failure.bit[0]}_{failure.bit[1]}" in str(failure)
    assert str(failure.counts) in str(failure)


@settings(max_examples=25)
@given(st.integers(5, 8), st.integers(4, 10), st.integers(1, 2), regimes)
def test_least_padding_prevents_incorrect_rounding(matching, unmatched, hits, regime):
    """Many templates match, but few of the many writers of one bit: without padding its mean is negative."""
    program = TemplateProgram("outweighed", fields={"a": matching, "b": unmatched, "out": matching})
    for index in range(matching):
        program.template(when={("a", index): 1}, write=[("out", 0 if index < hits else index)])
    for index in range(unmatched):
        program.template(when={("b", index): 1}, write=[("out", 0)])
    kernel = two_layer_relu(regime)
    state = program.state(a=2**matching - 1)
    padding = least_padding(kernel, counts_of(program, state).values())
    if padding == 0:
        assert Machine(program, kernel).step(state) == naive_step(program, state)
        return
    program.pad(padding - 1)
    with pytest.raises(RoundingFailure) as caught:
        Machine(program, kernel).step(state)
    assert caught.value.bit == ("out", 0)
    program.pad(1)
    assert Machine(program, kernel).step(state) == naive_step(program, state)
