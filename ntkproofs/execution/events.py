"""EventRun: a single long run through the predictor, without a trace; the work of a step is that of its changes.

After each step only the templates that require a changed bit are looked at again, and the counts n, p are updated
(:mod:`~ntkproofs.execution.event_loop`). Every step is rounded right, rigorously: by the sufficient condition ``t n <=
K`` for the largest t, which for the kernels of two-layer ReLU networks implies it, or because each (n, p, t) that
occurs was decided once. States, counts and errors are those of :meth:`Machine.run
<ntkproofs.execution.machine.Machine.run>`. With llvmlite (extra ``fast``) long runs are executed by machine code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from ntkproofs.bounds.rounding import sufficient_applies
from ntkproofs.counts import Counts
from ntkproofs.errors import InputError
from ntkproofs.execution.compiled import available
from ntkproofs.execution.event_loop import CHANGING, LARGEST, MATCHES, PRESENT, advance
from ntkproofs.execution.event_tables import ARRAYS, EventTables
from ntkproofs.execution.native import Function, compiled
from ntkproofs.kernels import two_layer_relu
from ntkproofs.programs import Bit, Rows, State
from ntkproofs.validation import integer

if TYPE_CHECKING:
    from ntkproofs.execution.machine import Machine

__all__ = ["EventRun"]

LONG = 10_000  # steps from which compiling the loop pays
MOST_STEPS = 1 << 30  # of one call of the loop, which counts in 32 bits
SECONDS = 0.1  # of one call of the loop: how often progress is shown, and Ctrl-C obeyed


class EventRun:
    """A run of a machine from a state, of which only the present state is kept.

    `steps` is the number of steps done; `tables`: those of the program, if they are known.

    >>> from ntkproofs.execution import Machine
    >>> from ntkproofs.programs import addition_task
    >>> task = addition_task(bits=40)
    >>> run = Machine(task.program).begin(task.start(2**39, 2**39 - 1))
    >>> run.advance(task.steps)
    80
    >>> task.read(run.state), run.steps, run.largest_matches
    (1099511627775, 80, 40)
    """

    def __init__(self, machine: Machine, state: Mapping[str, Sequence[int]], tables: EventTables | None = None) -> None:
        self.machine, self.program, self.steps = machine, machine.program, 0
        self._tables = EventTables(machine.program) if tables is None else tables
        self._arrays = self._tables.start(machine.program.row(state))
        self._loop: Function = advance
        self._sure = -1  # for n up to this number the sufficient condition holds
        self._interrupted = False

    # --- running

    def advance(self, steps: int, *, until: Bit | None = None, watch: Callable[[int], object] | None = None) -> int:
        """Execute `steps` steps, or fewer if the bit `until` becomes 1 (or is); return the number of steps done now.

        `watch` is called about ten times a second with the number of steps of the whole run so far. Raises
        RoundingFailure at the first step that would round a bit incorrectly, which is not done.
        """
        number, done = integer(steps, "steps", low=0), 0
        stop = -1 if until is None else self.program.position(until)
        if number >= LONG:
            self._prepare_long_run()
        size = min(1000, number)
        while done < number:
            start = perf_counter()
            planned = min(size, number - done)
            now = self._call(planned, stop)
            done += now
            if now < planned:
                if stop >= 0 and self._arrays["bit"][stop]:
                    break
                self._decide()
            if perf_counter() - start < SECONDS / 2:
                size = min(2 * size, MOST_STEPS)
            if watch is not None:
                watch(self.steps)
        return done

    def _call(self, steps: int, stop: int) -> int:
        """Execute at most `steps` steps by the loop, and return their number."""
        if self._interrupted:
            raise InputError("the run was interrupted within a step: begin it again")
        classes = self._tables.classes
        self._interrupted = True  # until the loop returns
        now = self._loop(steps, stop, self._sure, classes, *(self._arrays[name] for name in ARRAYS))
        self._interrupted = False
        self.steps += now
        return now

    def _prepare_long_run(self) -> None:
        """Use the sufficient condition and machine code, if they apply; both take some time to prepare."""
        machine = self.machine
        of_networks = machine.kernel in (two_layer_relu("ntk"), two_layer_relu("nngp"))
        if of_networks and machine.at.converged and not machine.threshold and sufficient_applies(machine.kernel):
            self._sure = self.program.samples // max(1, self._tables.writers[-1])
        if available() and self._loop is advance:
            self._loop = compiled(advance)
            self._arrays = {name: np.array(values, dtype=np.int32) for name, values in self._arrays.items()}

    # --- rounding

    def _decide(self) -> None:
        """Decide the counts that occur at the state, and keep that they are rounded right.

        Raises RoundingFailure for the first bit that is rounded wrong.
        """
        arrays, tables = self._arrays, self._tables
        n, present = self.matches, self._present()
        wrong = frozenset(
            item for item in present if self.machine.above(self._counts(item)) != (tables.pair(item)[0] > 0)
        )
        if wrong:
            self._fail(wrong)
        row = int(arrays["row_of"][n])
        if row < 0:
            row = len(arrays["right"]) // tables.classes
            arrays["row_of"][n] = row
            self._append([0] * tables.classes)
        for item in present:
            arrays["right"][row * tables.classes + item] = 1

    def _append(self, row: list[int]) -> None:
        """Append a row to the table of counts that are known to be rounded right."""
        right = self._arrays["right"]
        if isinstance(right, list):
            right += row
        else:
            self._arrays["right"] = np.concatenate([right, np.array(row, dtype=np.int32)])

    def _fail(self, wrong: frozenset[int]) -> None:
        items = self._tables.base + np.array(self._arrays["matched"])
        position = next(position for position, item in enumerate(items.tolist()) if item in wrong)
        raise self.machine.failure(self.row, position, self._counts(int(items[position])))

    def _present(self) -> list[int]:
        """Return the classes of the bits at the state, in increasing order of (p, t)."""
        arrays = self._arrays
        items = [int(item) for item in arrays["present"][: int(arrays["scalars"][PRESENT])]]
        return sorted(items, key=self._tables.pair)

    def _counts(self, item: int) -> Counts:
        p, t = self._tables.pair(item)
        return Counts(self.matches, p, t, self.program.samples)

    # --- the present state

    @property
    def row(self) -> Rows:
        """The state as one row of bits."""
        return np.array(self._arrays["bit"], dtype=np.uint8)

    @property
    def state(self) -> State:
        """The state."""
        return self.program.unrow(self.row)

    @property
    def matches(self) -> int:
        """The number n of templates that match the state."""
        return int(self._arrays["scalars"][MATCHES])

    @property
    def counts(self) -> frozenset[Counts]:
        """All counts that occur at the bits after one more step."""
        return frozenset(map(self._counts, self._present()))

    @property
    def constant(self) -> bool:
        """Whether the next step leaves the state as it is, and so do all others."""
        return not self._arrays["scalars"][CHANGING]

    @property
    def largest_matches(self) -> int:
        """The largest n of the steps done, 0 if there are none."""
        return int(self._arrays["scalars"][LARGEST])
