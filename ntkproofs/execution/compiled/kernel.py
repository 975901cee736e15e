"""Kernel: the assembly of a function that runs sub-blocks of cases through all steps, and logs steps with new counts.

The cases of a block are planes of `words` words; a sub-block is a vector of each plane. For each sub-block the function
loads the inputs, runs the steps in two buffers, and stores the output planes. A step at which some lane has counts that
are not known (:mod:`ntkproofs.execution.compiled.known`) is appended to a log of states. The function returns when a
sub-block that has logged states is done, or when the log is full.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ntkproofs.execution.compiled.integers import expected_planes
from ntkproofs.execution.compiled.logic import Logic
from ntkproofs.execution.compiled.machine_code import Target
from ntkproofs.execution.compiled.planes import ONES, ZERO, Code, Loop, Value
from ntkproofs.execution.compiled.straight import StraightStep
from ntkproofs.execution.compiled.tables import TableStep, Wiring

__all__ = ["ARGUMENTS", "Answers", "Assembly", "DONE", "LOG_FULL", "LOGGED"]

ARGUMENTS = (
    "states",  # two buffers of planes, (2, bits, vector)
    "initial",  # the planes before the inputs are set, (bits, vector)
    "inputs",  # the planes of the inputs, (input bits, words)
    "input_positions",
    "input_bits",
    "outputs",  # the planes of the outputs, (output bits, words)
    "output_positions",
    "output_bits",
    "differences",  # the lanes whose outputs differ from the oracle's, (words)
    "mask",  # the lanes of cases, (words)
    "words",
    "sub_blocks",
    "steps",
    "position",  # the sub-block and the step at which to begin, and the number of logged states: read and written
    "log",  # states, (capacity, bits, vector)
    "log_positions",  # their sub-blocks and steps, (capacity, 2)
    "capacity",
    "counts",  # the planes of n and the lanes of the roots, (number bits + roots, vector)
    "bounds",
    "nodes",
    "node_count",
    "ends",
    "matches",  # planes of the templates and of parts of them, (rows, vector), for code with tables
    "tables",  # 32-bit numbers
    "scratch",  # planes of the nodes, (2 + nodes, vector)
)
STRAIGHT = 1200  # literals and written bits of a program with straight-line code
MOST_LINES = 4000  # of the code of an oracle
DONE, LOGGED, LOG_FULL = 0, 1, 2
NUMBERS = {"input_bits", "output_bits", "words", "sub_blocks", "steps", "capacity", "node_count"}
ATTRIBUTES = 'nounwind alignstack(64) "prefer-vector-width"="512" "min-legal-vector-width"="512"'


@dataclass(frozen=True)
class Answers:
    """An oracle that consists of integer operations, and the inputs and outputs of its task.

    `widths`: the number of bits of each input; `outputs`: the positions of the output bits.
    """

    oracle: Callable[..., object]
    widths: tuple[int, ...]
    outputs: tuple[int, ...]


class Assembly:
    """The assembly of the function ``run`` of a program; the `text` is that of a module.

    `compares`: whether the code compares answers. `rows` and `tables`: the number of rows of ``matches``, and the
    tables.
    """

    def __init__(self, logic: Logic, target: Target, counting: bool, answers: Answers | None) -> None:
        size = sum(len(item.ones) + len(item.zeros) for item in logic.literals) + sum(map(len, logic.writers))
        wiring = Wiring(logic) if size > STRAIGHT else None
        kernel = _Kernel(logic, wiring, target, counting, answers)
        self.text, self.compares = kernel.text(), kernel.compares
        self.rows = 0 if wiring is None else wiring.rows
        self.tables = np.zeros(1, dtype=np.int32) if wiring is None else wiring.array()


class _Kernel:
    def __init__(
        self, logic: Logic, wiring: Wiring | None, target: Target, counting: bool, answers: Answers | None
    ) -> None:
        self.wiring = wiring
        self.logic, self.counting, self.answers, self.compares = logic, counting, answers, False
        self.code = Code(target)
        self._entry()
        self._load()
        self._steps()
        self._final()

    def text(self) -> str:
        """Return the module."""
        kind, code = self.code.vector, self.code
        ternary = f"declare {kind} @llvm.x86.avx512.pternlog.q.512({kind}, {kind}, {kind}, i32 immarg)\n"
        arguments = ", ".join(f"i64 %{name}" if name in NUMBERS else f"i64 %{name}.0" for name in ARGUMENTS)
        return (
            "declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)\n"
            + (ternary if code.target.ternary else "")
            + f"define i64 @run({arguments}) {ATTRIBUTES} {{\n"
            + "\n".join(code.lines)
            + "\n}\n"
        )

    def _label(self, name: str) -> None:
        self.code.forget()
        self.code.label(name)

    def _entry(self) -> None:
        code, size = self.code, self.logic.bits * self.code.octets
        self._label("entry")
        for name in ARGUMENTS:
            if name not in NUMBERS:
                code.add(f"%{name} = inttoptr i64 %{name}.0 to ptr")
        code.add("%at_step = getelementptr i64, ptr %position, i64 1")
        code.add("%at_log = getelementptr i64, ptr %position, i64 2")
        code.add(f"%other = getelementptr i8, ptr %states, i64 {size}")
        code.add("%first = load i64, ptr %position")
        code.add("%start = load i64, ptr %at_step")
        code.add("br label %sub_block")
        self._label("sub_block")
        code.add("%sub = phi i64 [ %first, %entry ], [ %next_sub, %more ]")
        code.add("%begin = phi i64 [ %start, %entry ], [ 0, %more ]")
        code.add(f"%word = mul i64 %sub, {code.target.words}")
        code.add("%mask_at = getelementptr i64, ptr %mask, i64 %word")
        code.add(f"%lanes = load {code.vector}, ptr %mask_at, align 8")
        code.add("%resumes = icmp ne i64 %begin, 0")
        code.add("br i1 %resumes, label %ready, label %load")

    def _copy(self, source: str, target: str) -> None:
        size = self.logic.bits * self.code.octets
        self.code.add(f"call void @llvm.memcpy.p0.p0.i64(ptr {target}, ptr {source}, i64 {size}, i1 false)")

    def _load(self) -> None:
        self._label("load")
        self._copy("%initial", "%states")
        self._transfer("load", "input", "ready")
        self._label("ready")

    def _transfer(self, before: str, name: str, after: str) -> None:
        """Copy planes between the block and the state: to the state for inputs, from it for outputs."""
        code = self.code
        code.add(f"br label %{name}_test")
        self._label(f"{name}_test")
        code.add(f"%{name} = phi i64 [ 0, %{before} ], [ %{name}_next, %{name}_move ]")
        code.add(f"%{name}_left = icmp ult i64 %{name}, %{name}_bits")
        code.add(f"br i1 %{name}_left, label %{name}_move, label %{after}")
        self._label(f"{name}_move")
        code.add(f"%{name}_row = mul i64 %{name}, %words")
        code.add(f"%{name}_word = add i64 %{name}_row, %word")
        outside = code.word(f"%{name}s", f"%{name}_word")
        position = code.define(f"load i64, ptr {code.word(f'%{name}_positions', f'%{name}')}")
        inside = code.at("%states" if name == "input" else "%current", position)
        if name == "input":
            code.store(code.load(outside, 8), inside)
        else:
            code.store(code.load(inside), outside, 8)
        code.add(f"%{name}_next = add i64 %{name}, 1")
        code.add(f"br label %{name}_test")

    def _steps(self) -> None:
        code = self.code
        code.add("br label %test")
        self._label("test")
        code.add("%step = phi i64 [ %begin, %ready ], [ %next_step, %stepped ]")
        code.add("%parity = trunc i64 %step to i1")
        code.add("%current = select i1 %parity, ptr %other, ptr %states")
        code.add("%following = select i1 %parity, ptr %states, ptr %other")
        code.add("%ended = icmp eq i64 %step, %steps")
        code.add("br i1 %ended, label %final, label %run")
        self._label("run")
        if self.wiring is None:
            numbers = self._straight()
        else:
            numbers = TableStep(code, self.wiring, "%current", "%following", self.counting).numbers
        if self.counting:
            code.add(f"br i1 {code.any(self._outside(numbers))}, label %check, label %stepped")
            self._check(numbers)
        else:
            code.add("br label %stepped")
        self._label("stepped")
        code.add("%next_step = add i64 %step, 1")
        code.add("br label %test")

    def _straight(self) -> list[Value]:
        """Append straight-line code of a step; return the planes of n, and store the lanes of the roots."""
        step = StraightStep(self.code, self.logic, "%current", "%following", self.counting)
        self.lanes = [step.lanes[root] for root in self.logic.roots] if self.counting else []
        return step.numbers

    def _rejected(self, new: Value) -> Value:
        """Return `new` or the lanes of roots that are rejected."""
        code, first, roots = self.code, 2 * self.logic.number_bits, len(self.logic.roots)
        if self.wiring is None:
            for root, value in enumerate(self.lanes, first):
                code.cut()
                word = code.splat(code.define(f"load i64, ptr {code.word('%bounds', root)}"))
                new = code.or_(new, code.and_(value, word))
            return new
        loop = Loop(code, roots, [new])
        place = code.define(f"add i64 {loop.index}, {first}")
        word = code.splat(code.define(f"load i64, ptr {code.word('%bounds', place)}"))
        row = code.define(f"add i64 {loop.index}, {self.logic.number_bits}")
        value = code.load(code.at("%counts", row))
        return loop.end([code.or_(loop.values[0], code.and_(value, word))])[0]

    def _outside(self, numbers: Sequence[Value]) -> Value:
        """Return the lanes that do not pass the quick test: n is outside of the interval, or a root is rejected."""
        code = self.code
        words = (
            code.splat(code.define(f"load i64, ptr {code.word('%bounds', index)}")) for index in range(2 * len(numbers))
        )
        from_low, beyond = ONES, ZERO
        for number in numbers:
            from_low = code.majority(number, next(words), from_low)
        for number in numbers:
            beyond = code.majority(number, next(words), beyond)
        return code.and_(self._rejected(code.or_(code.not_(from_low), beyond)), "%lanes")

    def _check(self, numbers: Sequence[Value]) -> None:
        """Test by the decision diagrams, and log the state if a lane has new counts."""
        code, roots = self.code, len(self.logic.roots)
        self._label("check")
        for index, value in enumerate([*numbers, *([] if self.wiring is not None else self.lanes)]):
            code.store(value, code.at("%counts", index))
        code.store(ZERO, "%scratch")
        code.store(ONES, code.at("%scratch", 1))
        code.add("br label %node_test")
        self._label("node_test")
        code.add("%node = phi i64 [ 0, %check ], [ %next_node, %node_run ]")
        code.add("%nodes_left = icmp ult i64 %node, %node_count")
        code.add("br i1 %nodes_left, label %node_run, label %roots")
        self._label("node_run")
        row = code.define("mul i64 %node, 3")
        fields = [
            code.define(f"load i64, ptr {code.word('%nodes', code.define(f'add i64 {row}, {part}'))}")
            for part in range(3)
        ]
        bit, one, zero = (
            code.load(code.at(matrix, field))
            for matrix, field in zip(("%counts", "%scratch", "%scratch"), fields, strict=True)
        )
        place = code.define("add i64 %node, 2")
        code.store(code.choose(bit, one, zero), code.at("%scratch", place))
        code.add("%next_node = add i64 %node, 1")
        code.add("br label %node_test")
        self._label("roots")
        code.add("br label %root_test")
        self._label("root_test")
        kind = code.vector
        code.add("%root = phi i64 [ 0, %roots ], [ %next_root, %root_run ]")
        code.add(f"%new = phi {kind} [ zeroinitializer, %roots ], [ %more_new, %root_run ]")
        code.add(f"%roots_left = icmp ult i64 %root, {roots}")
        code.add("br i1 %roots_left, label %root_run, label %decide")
        self._label("root_run")
        end = code.define(f"load i64, ptr {code.word('%ends', '%root')}")
        known = code.load(code.at("%scratch", end))
        place = code.define(f"add i64 %root, {len(numbers)}")
        having = code.load(code.at("%counts", place))
        found = code.and_(having, code.not_(known))
        code.add(f"%more_new = or {kind} %new, {found}")
        code.add("%next_root = add i64 %root, 1")
        code.add("br label %root_test")
        self._label("decide")
        code.add(f"br i1 {code.any(code.and_('%new', '%lanes'))}, label %append, label %stepped")
        self._append()

    def _append(self) -> None:
        """Append the state to the log; return if it is full."""
        code, size = self.code, self.logic.bits * self.code.octets
        self._label("append")
        code.add("%logged = load i64, ptr %at_log")
        offset = code.define(f"mul i64 %logged, {size}")
        self._copy("%current", code.define(f"getelementptr i8, ptr %log, i64 {offset}"))
        place = code.word("%log_positions", code.define("mul i64 %logged, 2"))
        code.add(f"store i64 %sub, ptr {place}")
        code.add(f"store i64 %step, ptr {code.word(place, 1)}")
        code.add("%now_logged = add i64 %logged, 1")
        code.add("store i64 %now_logged, ptr %at_log")
        code.add("%full = icmp eq i64 %now_logged, %capacity")
        code.add("br i1 %full, label %stop, label %stepped")
        self._label("stop")
        code.add("store i64 %sub, ptr %position")
        code.add(f"store i64 {code.define('add i64 %step, 1')}, ptr %at_step")
        code.add(f"ret i64 {LOG_FULL}")

    def _compare(self, answers: Answers) -> None:
        """Store the lanes in which the answer is not that of the oracle, unless that has operations without code."""
        code, start = self.code, len(self.code.lines)
        inputs = []
        for row in range(sum(answers.widths)):
            word = code.define(f"add i64 {code.define(f'mul i64 %words, {row}')}, %word")
            inputs.append(code.load(code.word("%inputs", word), 8))
        expected = expected_planes(code, answers.oracle, answers.widths, inputs)
        self.compares = expected is not None and len(code.lines) - start <= MOST_LINES
        if expected is None or not self.compares:
            del code.lines[start:]
            return
        outputs = [code.load(code.at("%current", position)) for position in answers.outputs]
        width = max(len(outputs), len(expected))
        differs = ZERO
        for got, wanted in zip(outputs + [ZERO] * width, expected + [ZERO] * width, strict=False):
            differs = code.or_(differs, code.xor(got, wanted))
        code.store(differs, code.word("%differences", "%word"), 8)

    def _final(self) -> None:
        code = self.code
        self._label("final")
        self._transfer("final", "output", "stored")
        self._label("stored")
        if self.answers is not None:
            self._compare(self.answers)
        code.add("%next_sub = add i64 %sub, 1")
        code.add("%any_logged = load i64, ptr %at_log")
        code.add("%has_logged = icmp ne i64 %any_logged, 0")
        code.add("br i1 %has_logged, label %report, label %proceed")
        self._label("report")
        code.add("store i64 %next_sub, ptr %position")
        code.add("store i64 0, ptr %at_step")
        code.add(f"ret i64 {LOGGED}")
        self._label("proceed")
        code.add("%last = icmp eq i64 %next_sub, %sub_blocks")
        code.add("br i1 %last, label %end, label %more")
        self._label("more")
        code.add("br label %sub_block")
        self._label("end")
        code.add(f"ret i64 {DONE}")
