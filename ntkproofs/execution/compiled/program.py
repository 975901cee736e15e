"""CompiledProgram: a program as machine code, and the buffers with which it runs blocks of cases."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntkproofs.execution.bitsliced import LANES, Planes, SlicedProgram
from ntkproofs.execution.cases import Cases
from ntkproofs.execution.compiled.kernel import ARGUMENTS, DONE, Answers, Assembly
from ntkproofs.execution.compiled.known import Known
from ntkproofs.execution.compiled.logic import Logic
from ntkproofs.execution.compiled.machine_code import MachineCode, target
from ntkproofs.execution.compiled.visits import LoggedVisits
from ntkproofs.programs import Task, TemplateProgram

__all__ = ["BlockRunner", "CompiledProgram"]

CAPACITY = 32  # most states of a log
LOG_WORDS = 1 << 22  # of the match planes of the states of a log: 32 megabytes


class CompiledProgram:
    """A program that is compiled when it is needed: once in a process, or before it starts others.

    `bound`: a number that the matching templates of a state cannot exceed. Without `counting`, only states are
    computed. `answers`: the oracle with which the answers are compared, if it consists of integer operations. Pickled
    without the machine code.
    """

    def __init__(self, program: TemplateProgram, bound: int, counting: bool, answers: Answers | None) -> None:
        self.program, self.bound, self.counting, self.answers = program, bound, counting, answers

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("program", "bound", "counting", "answers")}

    def prepare(self) -> None:
        """Compile the program now."""
        _ = self.code

    @cached_property
    def logic(self) -> Logic:
        """The program as positions."""
        return Logic(self.program, self.bound)

    @cached_property
    def code(self) -> MachineCode:
        """The machine code."""
        return MachineCode(self.assembly.text, "run", len(ARGUMENTS))

    @cached_property
    def assembly(self) -> Assembly:
        """The assembly and its tables."""
        return Assembly(self.logic, target(), self.counting, self.answers)


def _aligned(*shape: int) -> NDArray[np.uint64]:
    """Return an array of zeros that begins at a multiple of 64 bytes."""
    size = int(np.prod(shape, dtype=np.int64))
    buffer = np.zeros(size + 8, dtype=np.uint64)
    start = -buffer.ctypes.data % 64 // 8
    return buffer[start : start + size].reshape(shape)


class BlockRunner:
    """The buffers with which a compiled program runs blocks of `words` words of cases of a task.

    `outputs` are the planes of the outputs of the last block; `visits` has the counts at all states so far.
    """

    def __init__(self, compiled: CompiledProgram, sliced: SlicedProgram, task: Task, cases: Cases) -> None:
        self.code, self.compares, self.steps, self.words = (
            compiled.code,
            compiled.assembly.compares,
            task.steps,
            cases.words,
        )
        logic, size = compiled.logic, target().words
        self.size, self.padded = size, -(-cases.words // size) * size
        capacity = max(1, min(CAPACITY, LOG_WORDS // (size * len(logic.literals))))
        self.visits = LoggedVisits(sliced, size, capacity) if compiled.counting else None
        self.known = Known(logic.roots, logic.number_bits)
        self.position = np.zeros(3, dtype=np.int64)
        self.log = _aligned(capacity, logic.bits, size)
        self.log_positions = np.zeros((capacity, 2), dtype=np.int64)
        self.inputs = np.zeros((len(cases.input_positions), self.padded), dtype=np.uint64)
        self._outputs = np.zeros((len(task.output), self.padded), dtype=np.uint64)
        self._differences = np.zeros(self.padded, dtype=np.uint64)
        self._mask = np.zeros(self.padded, dtype=np.uint64)
        initial = _aligned(logic.bits, size)
        initial[:] = cases.constants
        self.arrays: dict[str, NDArray[Any]] = {
            "states": _aligned(2, logic.bits, size),
            "initial": initial,
            "inputs": self.inputs,
            "input_positions": np.array(cases.input_positions, dtype=np.int64),
            "outputs": self._outputs,
            "output_positions": np.array([task.program.position(bit) for bit in task.output], dtype=np.int64),
            "differences": self._differences,
            "mask": self._mask,
            "position": self.position,
            "log": self.log,
            "log_positions": self.log_positions,
            "counts": _aligned(logic.number_bits + len(logic.roots), size),
            "bounds": self.known.bounds,
            "matches": _aligned(compiled.assembly.rows, size),
            "tables": compiled.assembly.tables,
            "ends": self.known.ends,
        }
        self.numbers = {
            "input_bits": len(cases.input_positions),
            "output_bits": len(task.output),
            "words": self.padded,
            "sub_blocks": self.padded // size,
            "steps": task.steps,
            "capacity": capacity,
        }
        self._load_known()

    def _load_known(self) -> None:
        """Make the known counts known to the code."""
        self.arrays["nodes"] = self.known.nodes
        self.arrays["scratch"] = _aligned(2 + len(self.known.nodes), self.size)
        self.numbers["node_count"] = len(self.known.nodes)
        values = self.numbers | {name: array.ctypes.data for name, array in self.arrays.items()}
        self.arguments = [values[name] for name in ARGUMENTS]

    @property
    def outputs(self) -> Planes:
        """The planes of the outputs of the last block."""
        return self._outputs[:, : self.words]

    @property
    def differences(self) -> NDArray[np.uint64] | None:
        """The plane of the cases of the last block whose answers are wrong; None if the code does not compare them."""
        return self._differences[: self.words] if self.compares else None

    def run(self, inputs: Planes, mask: NDArray[np.uint64], first: int) -> None:
        """Run the cases from number `first` on; `inputs` are the planes of their inputs, `mask` that of their lanes."""
        self.inputs[:, : self.words] = inputs
        self._mask[: self.words] = mask
        self.position[:] = 0
        while self.code.call(*self.arguments) != DONE:
            self._read_log(first)
            if self.position[0] == self.numbers["sub_blocks"]:
                return

    def _read_log(self, first: int) -> None:
        """Record the counts of the logged states; between sub-blocks, make them known to the code."""
        if self.visits is None:
            return
        _, step, count = self.position.tolist()
        word = int(self.log_positions[0, 0]) * self.size
        mask = self._mask[word : word + self.size]
        self.visits.read(self.log[:count], self.log_positions[:count, 1], mask, first + word * LANES)
        self.position[2] = 0
        if step in (0, self.steps):
            self.known.add(self.visits.take_new())
            self._load_known()
