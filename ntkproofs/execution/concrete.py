"""NetworkMachine: execute a template program through networks with given weights, every bit decided exactly.

Input i of the networks is template i of the program, and padding follows; outputs are in the order of the columns of
``program.labels``. A bit of the next state is 1 if the output is above the threshold, 0 if it is below. An output that
is equal to the threshold is wrong, except at a state that no template matches, where networks without biases answer 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import numpy as np

from ntkproofs.counts import Counts
from ntkproofs.execution.executed import Executed
from ntkproofs.execution.fitting import chosen_threshold, demand_fit, kernel_of
from ntkproofs.execution.runner import Runner
from ntkproofs.execution.trace import Trace
from ntkproofs.execution.wrong_bits import WrongBit, WrongOutput
from ntkproofs.programs import Rows, TemplateProgram
from ntkproofs.validation import integer
from ntkproofs.weights import Networks

__all__ = ["NetworkMachine", "NetworkTrace", "WrongBit", "WrongOutput"]

TOGETHER = 256  # steps of a run whose outputs are computed together, in one pass over the weights


class NetworkTrace(Trace):
    """The states of a run through networks, with the least output of a 1-bit and the greatest of a 0-bit of each step.

    ``trace.margins[i]`` are these two outputs of step i + 1, as floats for display.
    """

    headings = ("step", "matching", "least 1-bit output", "greatest 0-bit output")

    def __init__(
        self,
        machine: NetworkMachine,
        packed: Rows,
        counts: tuple[frozenset[Counts], ...],
        margins: tuple[tuple[float | None, float | None], ...],
    ) -> None:
        super().__init__(machine.program, kernel_of(machine.networks), packed, counts, threshold=machine.threshold)
        self.networks, self.margins = machine.networks, margins

    @property
    def executor(self) -> str:
        """What executed the program, for the title of a table."""
        return f"{self.networks}, threshold {self.threshold}"

    @property
    def value_name(self) -> str:
        """What is compared with the threshold."""
        return "output"

    def values(self, step: int) -> list[float]:
        """Return the output of every bit, as floats for display, ``(bits,)``, at the step from state number `step`."""
        return Executed.of(self.program, self.networks, self.threshold, self.row(step)[None, :]).values(0)

    def _margins(self, step: int) -> tuple[str, str, str]:
        if step == 0:
            return "", "", ""
        least, greatest = self.margins[step - 1]
        return (
            str(next(iter(self.counts[step - 1])).matches),
            "" if least is None else f"{least:.3g}",
            "" if greatest is None else f"{greatest:.2g}",
        )


class NetworkMachine(Runner):
    """Execute a template program through networks with given weights; every bit is decided exactly.

    Parameters: `program`; `networks`; `threshold`, a fraction (default: that of the networks' file, else the balanced
    one for the program). Raises InputError if the networks do not fit the program, and for a threshold that is not
    rational.

    >>> from ntkproofs.programs import permutation
    >>> networks = Networks.of(np.eye(2), np.eye(2))
    >>> machine = NetworkMachine(permutation([1, 0]), networks, Fraction(1, 4))
    >>> print(machine.run({"bits": [1, 0]}, steps=2))
    step  bits  matching  least 1-bit output  greatest 0-bit output
       0    10
       1    01         1                   1                      0
            ^^
       2    10         1                   1                      0
            ^^
    """

    def __init__(self, program: TemplateProgram, networks: Networks, threshold: Fraction | int | None = None) -> None:
        demand_fit(program, networks)
        self.program, self.networks = program, networks
        self.threshold = chosen_threshold(program, networks, threshold)

    def step_rows(self, rows: Rows) -> tuple[Rows, frozenset[Counts]]:
        """Return the next states of many states, ``(states, bits)``, and all counts that occurred at their bits.

        Raises WrongBit for the first bit that the networks do not decide as the program does.
        """
        executed = self._execute(rows)
        return executed.expected, frozenset().union(*(executed.all_counts(state) for state in range(len(rows))))

    def _execute(self, rows: Rows) -> Executed:
        executed = Executed.of(self.program, self.networks, self.threshold, rows)
        wrong = executed.first_wrong()
        if wrong is not None:
            raise WrongBit(wrong[1])
        return executed

    def run(
        self, state: Mapping[str, Sequence[int]], *, steps: int, watch: Callable[[int], object] | None = None
    ) -> NetworkTrace:
        """Return the trace of `steps` steps from `state`.

        `watch` is called after each step with the number of steps done. Raises WrongBit at the first step that sets a
        bit otherwise than the program. (Until then the states are those of the program, so many are decided together.)
        """
        number = integer(steps, "steps", low=0)
        row = self.program.row(state)[None, :]
        packed, counts, margins = [np.packbits(row[0])], [], []
        for first in range(0, number, TOGETHER):
            rows = [row]
            for _ in range(min(TOGETHER, number - first)):
                rows.append(self.program.step_rows(rows[-1]))
            row = rows[-1]
            executed = self._execute(np.concatenate(rows[:-1]))
            for index, following in enumerate(executed.expected):
                packed.append(np.packbits(following))
                counts.append(executed.all_counts(index))
                margins.append(executed.margins(index))
                if watch is not None:
                    watch(len(counts))
        return NetworkTrace(self, np.stack(packed), tuple(counts), tuple(margins))
