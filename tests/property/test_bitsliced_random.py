"""Bit-sliced execution agrees with the template logic on random programs."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ntkproofs.execution.bitsliced import SlicedProgram, StateBlock, slice_rows, unslice
from ntkproofs.strategies import template_programs


@settings(max_examples=60)
@given(template_programs(max_templates=14), st.integers(1, 150), st.integers(0, 2**32 - 1))
def test_bit_sliced_steps_agree_with_the_program(program, states, seed):
    rows = np.random.default_rng(seed).integers(0, 2, (states, program.output_bits), dtype=np.uint8)
    planes = slice_rows(rows)
    block = StateBlock(SlicedProgram(program), words=planes.shape[1])
    block.state[:] = planes
    for _ in range(3):
        match = program.match_rows(rows)
        rows = program.step_rows(rows)
        block.step()
        assert (unslice(block.state, states) == rows).all()
        assert (unslice(block.match, states)[:, np.argsort(block.sliced.templates)] == match).all()
