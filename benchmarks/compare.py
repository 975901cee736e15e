"""Compare the engines with the bound and with the published way, and write ``benchmarks/README.md``.

``python benchmarks/compare.py [--published PYTHON] [-o FILE]`` from a clone with the extra ``fast``, and gcc. PYTHON: a
Python with neural-tangents (see ``benchmarks/published.py``); without it the published way is left out. All times are
of the processor, in one run; the machine is named by its processor and number of cores.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import straight_line

from ntkproofs.compilation.turing import compile_turing
from ntkproofs.execution import Machine, events, exhaust
from ntkproofs.execution.events import EventRun
from ntkproofs.execution.runner import Run, TracedRun
from ntkproofs.formats import read_turing
from ntkproofs.programs import State, Task, addition_task, multiplication_task, sbn
from ntkproofs.programs.sbn import assemble, layout_for, load

HERE = Path(__file__).parent
FASTER = 1 << 62  # steps: from no number on is machine code used
ROUNDS = 3  # of each short measurement, of which the fastest counts

COUNTING = """
x: .word 0
one: .word 1
minus: .word -1
zero: .word 0
loop:   sbn one x
        sbn zero minus loop
"""

HEAD = """# How fast, compared with what

Written by `python benchmarks/compare.py{options}` on one core of: {machine}. Times are of the processor, in one run;
of C and of compiled code the fastest of three. Compilation of machine code is included.

* *bound*: straight-line C of the same templates (`benchmarks/straight_line.py`), compiled by gcc -O2 -march=native: 256
  cases in a vector, one AND for each template, one OR for each written bit, and a carry-save count of the matching
  templates. It tells no counts apart and compares no answers.
* *published way*: the mean of the infinitely wide network by neural-tangents, one input and one step at a time
  (`benchmarks/published.py`); measured for {steps} steps, and multiplied.
"""


def seconds(function: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the processor time of a call, the least of some rounds."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times)


def bound(task: Task) -> float:
    """Return the seconds of the bound, after a comparison of the answers with those of the oracle."""
    ones, taken = min((straight_line.run(task) for _ in range(ROUNDS)), key=lambda item: item[1])
    x = np.arange(1 << task.input_widths[0], dtype=np.int64)
    answers = task.oracle(*np.meshgrid(x, x, indexing="ij", sparse=True))
    if ones != [int((answers >> index & 1).sum()) for index in range(len(task.output))]:
        raise SystemExit("the answers of the bound are wrong")
    return taken


def published(python: str, bits: int, steps: int) -> float:
    """Return the seconds of a step of the published way."""
    environment = {**os.environ, "PYTHONPATH": f"{HERE.parent}", "JAX_PLATFORMS": "cpu"}
    command = [python, HERE / "published.py", f"{bits}", f"{steps}"]
    return float(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)


def table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    """Yield the lines of a table of Markdown."""
    yield "| " + " | ".join(headings) + " |"
    yield "|" + "|".join([" --- ", *[" ---: "] * (len(headings) - 1)]) + "|"
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def all_inputs(name: str, task: Task, python: str | None, bits: int, steps: int) -> Iterator[str]:
    """Yield the lines about a task on all its inputs, with the counts of every step."""
    cases = 1 << task.input_bits
    yield f"\n## {name}: all {cases:,} pairs, {task.steps} steps, counted\n"
    least = bound(task)
    engines = {engine: partial(exhaust, task, engine=engine, workers=1) for engine in ("compiled", "numpy")}
    rounds = {"compiled": ROUNDS, "numpy": 1}
    times = [("bound, C", least)]
    times += [(f"`--engine {engine}`", seconds(run, rounds[engine])) for engine, run in engines.items()]
    if python is not None:
        times.append(("published way, multiplied", published(python, bits, steps) * cases * task.steps))
    rows = [
        (what, f"{taken:,.2f}" if taken < 1e4 else f"{taken:.1e}", f"{cases / taken:,.3g}", f"{taken / least:,.3g}")
        for what, taken in times
    ]
    yield from table(("", "seconds", "cases a second", "over the bound"), rows)


def one_run(machine: Machine, start: State, steps: int, how: str) -> float:
    """Return the steps a second of a run: by `machine code` or `Python` event by event, or `step by step`."""

    def run() -> None:
        events.LONG = 1 if how == "machine code" else FASTER
        begun: Run = TracedRun(machine, start) if how == "step by step" else EventRun(machine, start)
        begun.advance(steps)

    return steps / seconds(run, 1)


def long_runs() -> Iterator[str]:
    """Yield the lines about single long runs."""
    yield "\n## One long run\n"
    yield "Steps a second, with the counts of every step; the tables of a run are included, not its templates.\n"
    program = assemble(COUNTING)
    layout = layout_for(program, words=16, instructions=16)
    machine = Machine(sbn(16, 8, 16))
    size, rows = layout.steps_per_instruction, []
    for how, instructions in (("machine code", 200_000), ("Python", 1_000), ("step by step", 100)):
        rate = one_run(machine, load(layout, program), instructions * size, how)
        rows.append((f"SBN, 16 words of 8 bits, {how}", f"{rate:,.0f}", f"{rate / size:,.0f}"))
    beaver = compile_turing(read_turing(b"1RB1LC_1RC1RB_1RD0LE_1LA1LD_1RZ0LA"), cells=12_289, steps=10_000_000)
    machine = Machine(beaver.program)
    for how, steps in (("machine code", 10_000_000), ("Python", 10_000), ("step by step", 20)):
        rate = one_run(machine, beaver.start(1), steps, how)
        rows.append((f"Turing machine, 12,289 cells, {how}", f"{rate:,.0f}", ""))
    yield from table(("", "steps a second", "instructions a second"), rows)


def machine_name() -> str:
    """Return the model of the processor and its number of cores."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{models[0] if models else platform.processor() or platform.machine()}, {os.cpu_count()} cores"


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--published", metavar="PYTHON", help="a Python with neural-tangents")
    parser.add_argument("--bits", type=int, default=10, help="bits of multiplication (default: 10)")
    parser.add_argument("-o", dest="output", type=Path, default=HERE / "README.md")
    options = parser.parse_args()
    steps = 100
    shown = " --published PYTHON" if options.published else ""
    lines = [HEAD.format(options=shown, machine=machine_name(), steps=steps).strip()]
    bits = options.bits
    lines += all_inputs(f"Multiplication of {bits} bits", multiplication_task(bits), options.published, bits, steps)
    lines += all_inputs(f"Addition of {bits + 2} bits", addition_task(bits + 2), None, bits, steps)
    lines += long_runs()
    if not options.published:
        lines.append("\nThe published way was not measured: it needs `--published PYTHON`.")
    options.output.write_text("\n".join(lines) + "\n")
    print(options.output, file=sys.stderr)


if __name__ == "__main__":
    main()
