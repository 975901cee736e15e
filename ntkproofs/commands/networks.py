"""The options ``--networks`` and ``--threshold``: execution through networks with given weights."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ntkproofs.commands.common import NUMBER, clipped, remark
from ntkproofs.errors import InputError

if TYPE_CHECKING:
    from ntkproofs.execution.concrete import NetworkMachine
    from ntkproofs.programs import TemplateProgram
    from ntkproofs.weights import Networks

__all__ = ["Weights", "add_networks", "repeated", "weights_of"]

OPTION = "--networks"
SEARCH = "search"
SUFFIXES = (
    *(".safetensors", ".npz", ".onnx"),
    *(".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle", ".npy"),  # refused, with the line that converts them
)
MAX_TEXT = 1000  # characters of a threshold
ORIGINS = {
    "option": "from the option --threshold",
    "file": "from the metadata of the {file}",
    "balanced": "the balanced one of the program",
    "search": "found by a search",
}


@dataclass(frozen=True)
class Weights:
    """The networks of the files of ``--networks``, and the value of ``--threshold``.

    `threshold` is None if the option is not given or is ``search``, which `search` tells.
    """

    networks: Networks
    files: tuple[str, ...]
    threshold: Fraction | None = None
    search: bool = False

    @property
    def threshold_from(self) -> str:
        """Where the threshold comes from: ``option``, ``file``, ``balanced`` (for the program) or ``search``."""
        if self.search:
            return SEARCH
        if self.threshold is not None:
            return "option"
        return "balanced" if self.networks.threshold is None else "file"

    def fit(self, program: TemplateProgram) -> None:
        """Raise InputError unless the networks have the inputs and outputs of the program.

        If the file says that they were trained for another program, this is remarked on stderr.
        """
        from ntkproofs.execution.fitting import demand_fit
        from ntkproofs.simulation.trainer import program_sha256

        try:
            demand_fit(program, self.networks)
        except InputError as problem:
            missing = self.networks.inputs - len(program.templates)
            if (
                missing < 0
                or program.samples == self.networks.inputs
                or program.output_bits != self.networks.output_bits
            ):
                raise  # padding does not help
            raise InputError(f"{problem}; with --padding {missing} they are") from problem
        trained = self.networks.metadata.get("program_sha256")
        if trained is not None and trained != program_sha256(program):
            name = clipped(self.networks.metadata.get("program", ""))
            remark(f"ntkproofs: {self.networks.source}: the file says that it was trained for other templates ({name})")

    def machine(self, program: TemplateProgram) -> NetworkMachine:
        """Return the machine that executes a program through the networks; raises InputError if they do not fit it."""
        from ntkproofs.execution.concrete import NetworkMachine

        self.fit(program)
        return NetworkMachine(program, self.networks, threshold=self.threshold)

    def document(self, threshold: Fraction | None) -> dict[str, Any]:
        """Return the entries of a JSON document that describe the networks and the threshold that was used."""
        return {
            "files": list(self.files),
            "networks": self.networks.count,
            "width": self.networks.width,
            "threshold": None if threshold is None else f"{threshold}",
            "threshold_from": self.threshold_from,
        }

    def lines(self, threshold: Fraction | None) -> list[tuple[str, str]]:
        """Return the rows of a table that describe the networks and the threshold that was used."""
        one = len(self.files) == 1
        files = self.files[0] if one else f"{len(self.files)}, from {self.files[0]} to {self.files[-1]}"
        origin = ORIGINS[self.threshold_from].format(file="file" if one else "files")
        shown = "none is right" if threshold is None else f"{threshold}, {origin}"
        return [("file" if one else "files", files), ("networks", f"{self.networks}"), ("threshold", shown)]


def add_networks(parser: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    group = parser.add_argument_group("networks with given weights")
    group.add_argument(
        OPTION,
        action="append",
        metavar="FILE",
        help="execute through the networks of these files (.safetensors .npz .onnx; several, or the option repeated: "
        "their outputs are averaged), and decide each bit exactly",
    )
    group.add_argument(
        "--threshold",
        metavar="X",
        help="with --networks: a bit is 1 if its output is above X, such as 1/8; or search: for all thresholds that "
        "are right (default: that of the file, else the balanced one for the program)",
    )


def repeated(arguments: Sequence[str]) -> list[str]:
    """Return the arguments of the command line with the option repeated before each file of a list of files.

    So a list ends where a word is no name of a weights file, and inputs may follow it.

    >>> repeated(["run", "addition", "--networks", "a.npz", "b.npz", "5", "3"])
    ['run', 'addition', '--networks', 'a.npz', '--networks', 'b.npz', '5', '3']
    """
    result: list[str] = []
    listing = ended = False
    for index, word in enumerate(arguments):
        ended = ended or word == "--"
        first = index > 0 and arguments[index - 1] == OPTION
        further = listing and not first and not word.startswith("-") and Path(word).suffix.lower() in SUFFIXES
        result += [OPTION, word] if further and not ended else [word]
        listing = not ended and (first or further or word.startswith(f"{OPTION}="))
    return result


def weights_of(options: argparse.Namespace) -> Weights | None:
    """Return the networks that the options name; None without ``--networks``.

    Raises InputError for files that are no weights files, for a threshold that is no number, and for options that do
    not apply with or without networks.
    """
    if options.networks is None:
        if options.threshold is not None:
            raise InputError("--threshold is the threshold of given networks: it requires --networks FILE")
        return None
    if options.regime is not None:
        raise InputError("--regime is the kernel of trained networks; with --networks the networks are given")
    from ntkproofs.weights import read_networks

    threshold = None if options.threshold in (None, SEARCH) else _threshold(options.threshold)
    networks = read_networks(options.networks)
    return Weights(networks, tuple(options.networks), threshold, options.threshold == SEARCH)


def _threshold(text: str) -> Fraction:
    """Return the exact value of ``--threshold``."""
    if len(text) <= MAX_TEXT and re.fullmatch(rf"-?(?:{NUMBER})", text, re.ASCII):
        return Fraction(text)
    raise InputError(f"--threshold must be a number such as 1/8 or 0.125, or the word search, got {clipped(text)}")
