"""KISS2: a finite-state machine as a table of transitions.

::

    .i 1             # input bits
    .o 1             # output bits
    .p 4             # rows
    .s 2             # states
    .r even          # the initial state; by default that of the first row
    0 even even 0    # inputs (a cube), state, next state, outputs
    1 even odd  0
    0 odd  odd  1
    1 odd  even 1
    .e

A row of the state ``*`` or ``ANY`` is one of every state. A ``-`` in the outputs, and inputs of a state that no row
matches, leave the result unspecified. Rows of a state that match the same inputs must agree on the next state and on
the outputs. An unspecified next state is refused. A file must have ``.p``, ``.e`` or ``.end_kiss``, because a truncated
table would be another machine.
"""

from __future__ import annotations

from ntkproofs.formats.sources import Row, StateMachine
from ntkproofs.formats.tables import MAX_COLUMNS, MAX_ROWS, Table
from ntkproofs.formats.text import Text, quoted

__all__ = ["read_kiss"]

_COLUMNS = (1, MAX_COLUMNS)
_ANY = ("*", "ANY")
_CODES = "the codes of states are chosen by the compilation; remove it"
_REFUSED = {
    ".code": _CODES,
    ".latch_order": _CODES,
    ".latch": _CODES,
    ".model": "a state machine stands in a file alone",
}


def read_kiss(data: bytes, file: str = "text") -> StateMachine:
    r"""Return the state machine of a KISS2 text; raises InputError, with file and line, if the text is invalid.

    >>> read_kiss(b".i 1\n.o 1\n0 a a 0\n1 a b 0\n- b a 1\n.e\n").states
    ('a', 'b')
    """
    text = Text(data, file)
    table = Table(
        text,
        numbers={".i": _COLUMNS, ".o": _COLUMNS, ".p": (1, MAX_ROWS), ".s": (1, MAX_ROWS)},
        lists=(".r", ".ilb", ".ob", ".start_kiss"),
        ends=(".e", ".end", ".end_kiss"),
        refused=_REFUSED,
    )
    inputs, outputs = table.numbers[".i"], table.numbers[".o"]
    table.names(".ilb", inputs)
    table.names(".ob", outputs)
    rows = [(line, _row(table, line, words)) for line, words in table.rows]
    if not rows:
        raise text.error(text.last_line, "the machine has no rows: INPUTS STATE NEXT OUTPUTS")
    states = _states(table, [row for _, row in rows])
    rows = _expanded(table, rows, states)
    _refuse_conflicts(table, rows, states)
    return StateMachine(
        name=text.stem,
        inputs=inputs,
        outputs=outputs,
        states=states,
        rows=tuple(row for _, row in rows),
        file=text.file,
        text=data,
    )


def _row(table: Table, line: int, words: list[str]) -> Row:
    if len(words) != 4:
        raise table.text.error(line, f"a row must be: INPUTS STATE NEXT OUTPUTS, got {len(words)} words")
    row = Row(*words)
    for what, cube, directive in (("inputs", row.inputs, ".i"), ("outputs", row.outputs, ".o")):
        width = table.numbers[directive]
        if len(cube) != width:
            raise table.text.error(
                line, f"the {what} {quoted(cube)} have {len(cube)} characters; {directive} is {width}"
            )
        if cube.strip("01-"):
            raise table.text.error(line, f"the {what} {quoted(cube)} must consist of 0, 1 and -")
    if row.next in (*_ANY, "-"):
        raise table.text.error(line, f"the next state is unspecified ({row.next}); name a state")
    return row


def _states(table: Table, rows: list[Row]) -> tuple[str, ...]:
    """Return the states in the order in which they appear, after the initial state."""
    found = dict.fromkeys(state for row in rows for state in (row.state, row.next) if state not in _ANY)
    initial = table.lists.get(".r", [next(iter(found))])
    if len(initial) != 1 or initial[0] not in found:
        got = quoted(" ".join(initial))
        raise table.text.error(table.lines[".r"], f".r must be a state that occurs in the rows, got {got}")
    announced = table.numbers.get(".s", len(found))
    if announced != len(found):
        raise table.text.error(table.lines[".s"], f".s announces {announced:,} states and there are {len(found):,}")
    return tuple(dict.fromkeys((initial[0], *found)))


def _expanded(table: Table, rows: list[tuple[int, Row]], states: tuple[str, ...]) -> list[tuple[int, Row]]:
    """Return the rows with each row of any state replaced by one of every state."""
    shared = sum(row.state in _ANY for _, row in rows)
    if shared * len(states) > MAX_ROWS:
        raise table.text.error(rows[0][0], f"too large: {shared:,} rows of the state * for {len(states):,} states")
    return [
        (line, Row(row.inputs, state, row.next, row.outputs))
        for line, row in rows
        for state in (states if row.state in _ANY else (row.state,))
    ]


def _refuse_conflicts(table: Table, rows: list[tuple[int, Row]], states: tuple[str, ...]) -> None:
    """Compare the rows of each state with each other; the next state is compared by its number in binary."""
    width = len(states).bit_length()
    codes = {state: f"{index:0{width}b}" for index, state in enumerate(states)}
    groups: dict[str, list[tuple[int, str, str]]] = {}
    for line, row in rows:
        groups.setdefault(row.state, []).append((line, row.inputs, codes[row.next] + row.outputs))
    for state, group in groups.items():
        table.refuse_conflicts(group, f"both match some input in the state {quoted(state)}, with different results")
