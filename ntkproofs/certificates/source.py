"""The source of a claim's program: the text of the file from which it was compiled, and how the two are connected."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from ntkproofs.errors import InputError
from ntkproofs.formats.sources import Source, TuringMachine
from ntkproofs.programs import Stream, Task

__all__ = ["FORMATS", "SourceClaim", "format_of"]

FORMATS = {
    ".aag": "aag",
    ".aig": "aig",
    ".blif": "blif",
    ".kiss": "kiss",
    ".kiss2": "kiss",
    ".pla": "pla",
    ".tm": "turing",
    ".v": "yosys-blif",
}


@dataclass(frozen=True)
class SourceClaim:
    """A file, and where a program has the file's inputs and outputs: the entry `source` of a claim.

    `name`: the base name of the file; `format`: a value of FORMATS; `text`: its contents (of a Verilog file, the BLIF
    that Yosys made of it); `inputs`, `outputs`: positions in the file's order (of a Turing machine, `outputs` are the
    bits of each cell's symbol, least significant first, from left to right); `ones`: the other positions that are 1 at
    the start. Either `steps`, after which the outputs are read, or, for a file with registers or states, `period`: the
    number of steps from each setting of the inputs to the reading of the outputs. `head`: for a Turing machine, the
    number of the cell at which the head starts. Whether the program computes what the file says is decided by
    ``ntkproofs/source_checker.py``.
    """

    name: str
    format: str
    text: bytes
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    ones: tuple[int, ...] = ()
    steps: int | None = None
    period: int | None = None
    head: int | None = None

    def __post_init__(self) -> None:
        if self.format not in FORMATS.values():
            known = ", ".join(sorted(set(FORMATS.values())))
            raise InputError(f"source {self.name!r}: the format must be one of {known}, got {self.format!r}")
        if (self.steps is None) == (self.period is None):
            raise InputError(f"source {self.name!r}: exactly one of steps and period is needed")
        if (self.format == "turing") != (self.head is not None):
            raise InputError(f"source {self.name!r}: head is needed for Turing machines, and for them only")
        if not self.text:
            raise InputError(f"source {self.name!r}: the text of the file is needed")

    @classmethod
    def of(cls, source: Source, task: Task | Stream) -> SourceClaim:
        """Return the claim that a compiled program computes what its source says; InputError for one without a file."""
        program, inputs, form = task.program, _input_positions(task), format_of(source.file, source.text)
        row = program.row(task.start(*(0 for _ in task.inputs)) if isinstance(task, Task) else task.start())
        return cls(
            source.file.removesuffix(".blif") if form == "yosys-blif" else source.file,
            form,
            source.text,
            inputs,
            tuple(program.position(bit) for bit in task.output),
            tuple(index for index, bit in enumerate(row) if bit and index not in set(inputs)),
            steps=task.steps if isinstance(task, Task) else None,
            period=task.period if isinstance(task, Stream) else None,
            head=getattr(task.oracle, "head", None) if isinstance(source, TuringMachine) else None,
        )

    @property
    def json(self) -> dict[str, Any]:
        """The entry of the claim as a JSON value."""
        text = base64.b64encode(self.text).decode("ascii") if self.format == "aig" else self.text.decode("latin-1")
        entry: dict[str, Any] = {
            "name": self.name,
            "format": self.format,
            "text": text,
            "inputs": list(self.inputs),
            "outputs": list(self.outputs),
            "ones": list(self.ones),
        }
        numbers = {"steps": self.steps, "period": self.period, "head": self.head}
        return entry | {key: number for key, number in numbers.items() if number is not None}


def _input_positions(task: Task | Stream) -> tuple[int, ...]:
    if isinstance(task, Stream):
        return task.input_positions
    return tuple(index for positions in task.input_positions for index in positions)


def format_of(file: str, text: bytes) -> str:
    """Return the format of a file by its suffix, ASCII or binary AIGER by its header; InputError for another suffix.

    What Yosys made of a file ``.v`` is named with ``.blif`` appended.

    >>> format_of("c17.blif", b".model c17"), format_of("adder.aig", b"aag 1 1 0 1 0")
    ('blif', 'aag')
    """
    suffix = ".v" if file.endswith(".v.blif") else PurePath(file).suffix
    if suffix not in FORMATS:
        raise InputError(f"{file!r}: the suffix of a source must be one of {', '.join(FORMATS)}")
    if suffix in (".aag", ".aig"):
        return "aig" if text.startswith(b"aig ") else "aag"
    return FORMATS[suffix]
