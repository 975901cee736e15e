"""Writing the questions about the output bits of a program to a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ntkproofs.display import counted
from ntkproofs.errors import InputError
from ntkproofs.files import check_writable, write_atomically
from ntkproofs.printable import file_name
from ntkproofs.programs import TemplateProgram
from ntkproofs.vnnlib.models import model_bytes, summed
from ntkproofs.vnnlib.questions import Question, questions
from ntkproofs.vnnlib.text import version_1, version_2
from ntkproofs.weights.networks import Networks

__all__ = ["export_vnnlib"]

MAX_WORK = 1 << 27  # states times weights of the hidden layers
MAX_TERMS = 1 << 21  # states times inputs times output bits
SECONDS = 300  # for one property, in instances.csv


def export_vnnlib(
    networks: Networks,
    program: TemplateProgram,
    folder: str | os.PathLike[str],
    *,
    threshold: Fraction,
    states: NDArray[np.bool_],
) -> list[str]:
    """Write the question whether the networks decide a bit wrong at one of the `states`; return the names of the files.

    `states`, boolean ``(states, inputs)``: the inputs that match at each state, where input i is template i. The folder
    is made if it is missing; files in it of the same names are replaced. For each output bit there is a property
    ``bit-B.vnnlib`` (version 2.0) and ``bit-B.v1.vnnlib`` (version 1.0), ``unsat`` if the bit is right at every state;
    the model is ``network.onnx``, or ``bit-B.onnx`` if there is a scalar network for each bit; ``instances.csv`` lists
    the pairs of files, as in VNN-COMP. A model has the sum of the outputs of an ensemble.

    Raises InputError if the networks do not have the inputs and outputs of the program, if there are too many states or
    weights, if a model would not be exact, or if a file cannot be written.
    """
    _check(networks, program, states)
    one = summed(replace(networks, threshold=threshold))
    expected = states.astype(np.int64) @ program.labels > 0
    found = list(questions(networks, states, expected, threshold))
    if not found[0].cases:
        raise InputError("--export-vnnlib: there is no state, other than that no template matches it")
    files: dict[str, bytes] = {}
    instances = []
    for question in found:
        model = f"bit-{question.bit}.onnx" if networks.scalar else "network.onnx"
        if model not in files:
            files[model] = model_bytes(one, question.block)
        files |= _properties(question, networks, program, threshold)
        instances.append(f"{model},bit-{question.bit}.vnnlib,{SECONDS}\n")
    files["instances.csv"] = "".join(instances).encode("ascii")
    return _written(Path(folder), files)


def _check(networks: Networks, program: TemplateProgram, states: NDArray[np.bool_]) -> None:
    """Raise InputError unless the sizes agree and are small enough."""
    if (networks.inputs, networks.output_bits) != (program.samples, program.output_bits):
        raise InputError(
            f"{networks.source}: {networks.inputs:,} inputs and {networks.output_bits:,} output bits, but the program "
            f"{program.name!r} needs {program.samples:,} and {program.output_bits:,}"
        )
    if states.ndim != 2 or states.shape[1] != networks.inputs or states.dtype != np.bool_:
        raise InputError(f"states must be boolean, (states, {networks.inputs}), got {states.dtype} {states.shape}")
    work, terms = len(states) * networks.hidden.size, states.size * networks.output_bits
    if work > MAX_WORK or terms > MAX_TERMS:
        raise InputError(
            f"--export-vnnlib: {len(states):,} states, {networks.inputs:,} inputs, {networks.output_bits:,} output "
            f"bits and {networks.hidden.size:,} weights: at most {MAX_TERMS:,} as the product of the first three and "
            f"{MAX_WORK:,} as that of states and weights are exported; take a smaller program"
        )


def _properties(
    question: Question, networks: Networks, program: TemplateProgram, threshold: Fraction
) -> dict[str, bytes]:
    """Return both versions of a property by file name."""
    comments = list(_comments(question, networks, program, threshold))
    outputs = networks.output.shape[2]
    return {
        f"bit-{question.bit}.vnnlib": version_2(question, outputs, comments).encode("ascii"),
        f"bit-{question.bit}.v1.vnnlib": version_1(question, outputs, comments).encode("ascii"),
    }


def _comments(question: Question, networks: Networks, program: TemplateProgram, threshold: Fraction) -> Iterator[str]:
    """Return the lines that say what the property means, and its exact answer."""
    wrong = question.wrong
    yield f"Program {program.name!r}, output bit {question.bit}: is it decided wrong at some state?"
    yield f"{counted(len(question.cases), 'state')}, one disjunct each: the input, and an output on the wrong side."
    yield f"The bit is 1 above the threshold {threshold} and 0 below it; at the threshold it is wrong."
    if networks.count > 1:
        yield f"The output of the model is the sum of {networks.count} networks, and is compared with the multiple."
    if networks.biased:
        yield "A state that n templates match is 1/sqrt(n) at them, here as a decimal number."
    else:
        yield "A state that n templates match is 1/sqrt(n) at them. Without biases, the indicator itself is the input,"
        yield "and the threshold is multiplied by sqrt(n)."
    yield "The decimal numbers are chosen so that at each of these states the exact output of the model is on the side"
    yield "of them on which the true output is of the threshold (checked in exact arithmetic), so that the answer in"
    yield "real arithmetic is that of the question."
    yield f"Exact answer: {f'sat, at disjuncts {_listed(wrong)}' if wrong else 'unsat'}."


def _listed(wrong: list[int]) -> str:
    """Return the first numbers of disjuncts, counted from 0."""
    return ", ".join(map(str, wrong[:8])) + (f" and {len(wrong) - 8:,} more" if len(wrong) > 8 else "")


def _written(folder: Path, files: dict[str, bytes]) -> list[str]:
    """Write files to a folder, which is made if it is missing; return their names."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise InputError(f"{file_name(folder)}: the folder cannot be made: {problem.strerror}") from problem
    for name in files:
        check_writable(folder / name)
    for name, data in files.items():
        write_atomically(folder / name, data)
    return sorted(files)
