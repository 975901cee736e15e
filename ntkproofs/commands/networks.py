"""The option ``--networks``: execution through networks with given weights."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ntkproofs.commands.common import clipped, remark
from ntkproofs.commands.threshold import SEARCH, searched, threshold_of
from ntkproofs.errors import InputError

if TYPE_CHECKING:
    from ntkproofs.execution.concrete import NetworkMachine
    from ntkproofs.programs import TemplateProgram
    from ntkproofs.weights import Networks

__all__ = ["Weights", "add_networks", "repeated", "weights_of"]

OPTION = "--networks"
EXCLUDED = ("--regime", "--time", "--training-steps", "--step")  # they describe infinitely wide networks
SUFFIXES = (
    *(".safetensors", ".npz", ".onnx"),
    *(".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle", ".npy"),  # refused, with the line that converts them
)
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

    def machine(self, program: TemplateProgram, threshold: Fraction | None = None) -> NetworkMachine:
        """Return the machine that executes a program through the networks; `threshold`: one that a search found."""
        from ntkproofs.execution.concrete import NetworkMachine

        return NetworkMachine(program, self.networks, self.threshold if threshold is None else threshold)

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
    """Add the option to a parser."""
    parser.add_argument(
        OPTION,
        action="append",
        metavar="FILE...",
        help="execute through the networks of these files (.safetensors .npz .onnx; several, or the option repeated: "
        "their outputs are averaged), and decide each bit exactly",
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
    not apply to given networks.
    """
    if options.networks is None:
        return None
    for option in EXCLUDED:
        if getattr(options, option[2:].replace("-", "_")) is not None:
            raise InputError(f"{option} describes infinitely wide networks; with --networks the networks are given")
    from ntkproofs.weights import read_networks

    threshold = threshold_of(options)
    return Weights(read_networks(options.networks), tuple(options.networks), threshold, searched(options))
