"""Circuits as data for tests of the source checker: their text in several formats, and programs compiled from them.

The compilation is the simplest that has one writer a bit: a bit for each cube, a bit "no cube matches" for covers of
several cubes, inputs that hold themselves, and a bit for each output. It shares no code with the package.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ntkproofs.certificates import SourceClaim
from ntkproofs.programs import TemplateProgram

Literal = tuple[tuple[str, int], int]  # (bit, value)


@dataclass
class Net:
    """A combinational circuit: covers are (name, arguments, cubes, value), in topological order."""

    inputs: list[str]
    outputs: list[str]
    covers: list[tuple[str, list[str], list[str], int]]
    name: str = "net"
    extra: list[str] = field(default_factory=list)  # lines of BLIF before .end

    @property
    def blif(self) -> str:
        lines = [f".model {self.name}", ".inputs " + " ".join(self.inputs), ".outputs " + " ".join(self.outputs)]
        for name, arguments, cubes, value in self.covers:
            lines += [" ".join([".names", *arguments, name]), *(f"{cube} {value}".strip() for cube in cubes)]
        return "\n".join([*lines, *self.extra, ".end", ""])


@dataclass
class Compiled:
    """A program with the positions of the inputs and outputs of a circuit."""

    program: TemplateProgram
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    steps: int

    def claim(self, name: str, form: str, text: str | bytes, **changes: object) -> SourceClaim:
        data = text.encode("latin-1") if isinstance(text, str) else text
        values = {"inputs": self.inputs, "outputs": self.outputs, "steps": self.steps} | changes
        return SourceClaim(name, form, data, **values)


def compiled(net: Net, steps: int = 0) -> Compiled:
    """Compile a circuit; `steps`: more than the depth."""
    templates: list[tuple[list[Literal], str]] = []
    literals: dict[str, Literal] = {}  # signal -> bit and the value of the bit where the signal is 1
    level: dict[str, int] = {}
    for name in net.inputs:
        literals[name], level[name] = ((name, 0), 1), 0
        templates.append(([((name, 0), 1)], name))

    def when(pairs: list[tuple[Literal, int]]) -> list[Literal]:
        return [(bit, one if value else 1 - one) for (bit, one), value in pairs]

    for name, arguments, cubes, value in net.covers:
        deep = max((level[argument] for argument in arguments), default=0) + 1
        bits = []
        for number, cube in enumerate(cubes):
            bit = f"{name}.{number}"
            pairs = [(literals[a], int(c)) for a, c in zip(arguments, cube, strict=True) if c != "-"]
            templates.append((when(pairs), bit))
            bits.append(bit)
        if len(bits) == 1:
            literals[name], level[name] = ((bits[0], 0), value), deep
        else:
            templates.append(([((bit, 0), 0) for bit in bits], f"{name}.none"))
            literals[name], level[name] = ((f"{name}.none", 0), 1 - value), deep + 1
    for number, name in enumerate(net.outputs):
        templates.append((when([(literals[name], 1)]), f"out.{number}"))
    program = TemplateProgram(net.name, fields={bit: 1 for _, bit in templates})
    for required, bit in templates:
        program.template(when=required, write=[(bit, 0)])
    depth = max(level[name] for name in net.outputs) + 1
    return Compiled(
        program,
        tuple(program.position((name, 0)) for name in net.inputs),
        tuple(program.position((f"out.{number}", 0)) for number in range(len(net.outputs))),
        max(depth, steps),
    )


def adder(bits: int) -> Net:
    """Return an adder of two numbers with a carry: inputs a0, b0, a1, ..."""
    inputs, covers, carry = [], [], None
    for i in range(bits):
        a, b = f"a{i}", f"b{i}"
        inputs += [a, b]
        arguments = [a, b] if carry is None else [a, b, carry]
        odd = [c for c in _cubes(len(arguments)) if c.count("1") % 2]
        many = ["11"] if carry is None else ["11-", "1-1", "-11"]
        covers += [(f"s{i}", arguments, odd, 1), (f"c{i}", arguments, many, 1)]
        carry = f"c{i}"
    return Net(inputs, [*(f"s{i}" for i in range(bits)), f"c{bits - 1}"], covers, f"adder{bits}")


def _cubes(length: int) -> list[str]:
    return [format(number, f"0{length}b") for number in range(1 << length)]


# five inputs, NANDs given by their off-sets, as in the smallest of the published benchmarks
NANDS = Net(
    ["a", "b", "c", "d", "e"],
    ["x", "y"],
    [
        ("p", ["a", "c"], ["11"], 0),
        ("q", ["c", "d"], ["11"], 0),
        ("r", ["b", "q"], ["11"], 0),
        ("s", ["q", "e"], ["11"], 0),
        ("x", ["p", "r"], ["11"], 0),
        ("y", ["r", "s"], ["11"], 0),
    ],
    "nands",
)
