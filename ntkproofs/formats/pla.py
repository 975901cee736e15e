r"""Espresso PLA: a table of cubes over the inputs, with a character for each output.

::

    .i 2
    .o 1
    .type fr       # f, fd (the default), fr or fdr
    .ilb a b       # names of the inputs, by default i0, i1, ...; .ob those of the outputs, o0, o1, ...
    .p 2
    11 1
    0- 0
    .e

==================  ==================================================================================
character           meaning for the output
==================  ==================================================================================
``1`` or ``4``      1 where the cube matches (on-set)
``0``               in the types fr and fdr, 0 where the cube matches (off-set); else nothing
``-`` or ``2``      in the types fd and fdr, either value where the cube matches (don't-care set); else nothing
``~`` or ``3``      nothing
==================  ==================================================================================

In the types f and fd an output is 0 where no row says otherwise; in the types fr and fdr it may have either value where
the rows give neither 1 nor 0. Rows that require 1 and 0 for the same inputs are refused. A file must have ``.e`` or
``.p`` with the right number of rows, because a truncated table would be another function.
"""

from __future__ import annotations

import re

from ntkproofs.formats.netlists import Circuit, unused_name
from ntkproofs.formats.sources import Cover, Netlist
from ntkproofs.formats.tables import MAX_COLUMNS, MAX_ROWS, Table
from ntkproofs.formats.text import Text, quoted

__all__ = ["read_pla"]

_COLUMNS = (1, MAX_COLUMNS)
_TYPES = ("f", "fd", "fr", "fdr")
_REFUSED = {
    ".phase": "complement the outputs in the rows instead",
    ".pair": "each column is one input",
    ".mv": "variables are binary; encode the others in bits",
    ".symbolic": "variables are binary; encode the others in bits",
    ".kiss": "it is a state machine, for which the suffix is .kiss2",
}
_INPUTS = str.maketrans("2", "-")
_REQUIRED = str.maketrans("~", "-")
_SAID = re.compile("[01-]")
_OUTPUTS = str.maketrans("423", "1-~")  # the digits in espresso's other spelling


def read_pla(data: bytes, file: str = "text") -> Netlist:
    r"""Return the netlist of an espresso PLA text: one cover an output; raises InputError if the text is invalid.

    >>> table = read_pla(b".i 2\n.o 2\n11 1-\n0- 01\n.e\n")
    >>> table.covers[0]
    ('o0', Cover(inputs=('i0', 'i1'), cubes=('11',), value=1))
    >>> table.dont_care
    (('o1', Cover(inputs=('i0', 'i1'), cubes=('11',), value=1)),)
    """
    text = Text(data, file)
    table = Table(
        text,
        numbers={".i": _COLUMNS, ".o": _COLUMNS, ".p": (0, MAX_ROWS)},
        lists=(".ilb", ".ob", ".type"),
        ends=(".e", ".end"),
        refused=_REFUSED,
    )
    rows = [_row(table, line, words) for line, words in table.rows]
    kind = _kind(table)
    if "r" in kind:
        required = [(line, cube, result.translate(_REQUIRED)) for line, cube, result in rows]
        table.refuse_conflicts(
            required, "both cubes match some input, for which an output is 1 in one and 0 in the other"
        )
    inputs, outputs = _names(table)
    circuit = Circuit(text)
    for name in inputs:
        circuit.add_input(name, table.lines.get(".ilb", table.lines[".i"]))
    sets = _sets([(cube, result) for _, cube, result in rows], len(outputs))
    for name, cubes in zip(outputs, sets, strict=True):
        circuit.add_output(name, table.lines.get(".ob", table.lines[".o"]))
        circuit.add_cover(name, Cover(inputs, tuple(cubes["1"]), 1), circuit.outputs[name])
        if "r" in kind:
            circuit.dont_care[name] = Cover(inputs, (*cubes["1"], *cubes["0"]), 0)
        elif "d" in kind and cubes["-"]:
            circuit.dont_care[name] = Cover(inputs, tuple(cubes["-"]), 1)
    return circuit.netlist(text.stem)


def _row(table: Table, line: int, words: list[str]) -> tuple[int, str, str]:
    """Return the line, the cube (of 0, 1 and -) and the outputs (of 0, 1, - and ~) of a row."""
    inputs, outputs = table.numbers[".i"], table.numbers[".o"]
    row = "".join(words).replace("|", "")
    if len(row) != inputs + outputs:
        expected = f".i {inputs} and .o {outputs} require {inputs + outputs}"
        raise table.text.error(line, f"the row {quoted(' '.join(words))} has {len(row)} characters; {expected}")
    cube, result = row[:inputs].translate(_INPUTS), row[inputs:].translate(_OUTPUTS)
    if cube.strip("01-"):
        raise table.text.error(line, f"the inputs {quoted(row[:inputs])} must consist of 0, 1, - and 2")
    if result.strip("01-~"):
        raise table.text.error(line, f"the outputs {quoted(row[inputs:])} must consist of 0, 1, -, ~, 2, 3 and 4")
    return line, cube, result


def _kind(table: Table) -> str:
    kinds = table.lists.get(".type", ["fd"])
    if len(kinds) != 1 or kinds[0] not in _TYPES:
        right = "f, fd, fr or fdr"
        raise table.text.error(table.lines[".type"], f".type must be {right}, got {quoted(' '.join(kinds))}")
    return kinds[0]


def _names(table: Table) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of inputs and outputs: those of the file, and i0, i1, ..., o0, o1, ... where it has none."""
    widths = table.numbers[".i"], table.numbers[".o"]
    given = table.names(".ilb", widths[0]), table.names(".ob", widths[1])
    taken = {*(given[0] or ()), *(given[1] or ())}
    inputs, outputs = (
        tuple(names or (unused_name(f"{letter}{index}", taken) for index in range(width)))
        for letter, names, width in zip("io", given, widths, strict=True)
    )
    return inputs, outputs


def _sets(rows: list[tuple[str, str]], outputs: int) -> list[dict[str, list[str]]]:
    """Return for each output the cubes of the rows, by the character that they have for it."""
    sets: list[dict[str, list[str]]] = [{"0": [], "1": [], "-": []} for _ in range(outputs)]
    for cube, result in rows:
        for match in _SAID.finditer(result):
            sets[match.start()][match[0]].append(cube)
    return sets
