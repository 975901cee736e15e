"""Evaluation of finite-state machines, row by row."""

from __future__ import annotations

from ntkproofs.errors import InputError
from ntkproofs.formats.sources import Row, StateMachine

__all__ = ["MachineOracle"]

NO_STATE = ""


class MachineOracle:
    """The function of a state machine: (name of the state or None, inputs) to (name of the next state, outputs).

    Bit i of the inputs and of the outputs is character i of the rows. None stands for the initial state. Where a row
    leaves an output unspecified (``-``), it is 0. Where no row matches, the next state is ``""``, no state: all outputs
    are 0 there, and it is never left.

    >>> from ntkproofs.formats import StateMachine
    >>> rows = (Row("1", "off", "on", "1"), Row("1", "on", "off", "0"), Row("0", "on", "on", "1"))
    >>> clock = MachineOracle(StateMachine("toggle", 1, 1, ("off", "on"), rows))
    >>> clock(None, 1), clock("on", 1), clock("off", 0)
    (('on', 1), ('off', 0), ('', 0))
    """

    def __init__(self, machine: StateMachine) -> None:
        self.machine = machine
        self._rows: dict[str, list[Row]] = {state: [] for state in (*machine.states, NO_STATE)}
        for row in machine.rows:
            if row.state not in machine.states or row.next not in machine.states:
                raise InputError(f"{machine.name}: unknown state in the row {row}")
            self._rows[row.state].append(row)

    def __call__(self, state: str | None, inputs: int) -> tuple[str, int]:
        """Return the next state and the outputs of one clock."""
        present = self.machine.states[0] if state is None else state
        matching = [row for row in self._rows[present] if _matches(row.inputs, inputs)]
        outputs = (
            int(any(row.outputs[index] == "1" for row in matching)) << index for index in range(self.machine.outputs)
        )
        return matching[0].next if matching else NO_STATE, sum(outputs)


def _matches(cube: str, inputs: int) -> bool:
    return all(wanted == "-" or inputs >> index & 1 == int(wanted) for index, wanted in enumerate(cube))
