"""Data sets of instructions, compiled to programs, against the labels themselves."""

import warnings
from itertools import product

import numpy as np
import pytest

from ntkproofs.compilation import compile_data_set, compile_source
from ntkproofs.errors import InputError
from ntkproofs.formats.sources import DataSet, Instruction
from ntkproofs.programs import DuplicateTemplate

INSTRUCTIONS = (
    Instruction(((0, 1), (4, 0)), (1, 4)),
    Instruction(((2, 1),), (2,)),
    Instruction((), (0,)),
    Instruction(((3, 1),), ()),
)
DATA = DataSet("copy", (("flag", ()), ("message", (2, 2))), INSTRUCTIONS)


def test_the_next_state_has_the_labels_of_the_instructions_that_match():
    program = compile_data_set(DATA)
    assert program.fields == {"flag": 1, "message": 4}
    labels = np.zeros((4, 5), dtype=np.uint8)
    labels[[0, 0, 1, 2], [1, 4, 2, 0]] = 1
    assert (program.labels == labels).all()
    for state in product((0, 1), repeat=5):
        matching = [all(state[i] == value for i, value in each.requires) for each in INSTRUCTIONS]
        row = np.array([state], dtype=np.uint8)
        assert program.match_rows(row)[0].tolist() == matching
        assert program.step_rows(row)[0].tolist() == (labels[matching].sum(axis=0) > 0).astype(int).tolist()


def test_duplicates_are_samples_and_warned_of():
    twice = DataSet("twice", DATA.fields, (INSTRUCTIONS[0], INSTRUCTIONS[0]))
    with pytest.warns(DuplicateTemplate, match="duplicate of an earlier template: flag_0=1, message_3=0"):
        program = compile_data_set(twice)
    assert program.samples == 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert compile_data_set(DATA).samples == 4


@pytest.mark.parametrize(
    ("instruction", "message"),
    [
        (Instruction(((5, 1),), (0,)), "there is no position 5"),
        (Instruction(((1, 1), (1, 0)), (0,)), "contradictory requirements"),
        (Instruction(((1, 2),), (0,)), "must be required to be 0 or 1, got 2"),
    ],
)
def test_instructions_that_no_program_can_have(instruction, message):
    with pytest.raises(InputError, match=message):
        compile_data_set(DataSet("bad", DATA.fields, (instruction,)))


def test_a_data_set_is_no_task():
    with pytest.raises(InputError, match="got DataSet; compile_data_set compiles data sets"):
        compile_source(DATA)
