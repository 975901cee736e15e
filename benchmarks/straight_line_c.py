"""Straight-line C for the steps of a task with counting: the bound with which the engines are compared.

Each template and each output bit is one statement on a vector of 4 x 64 lanes; a carry-save adder counts the matching
templates. gcc compiles it with -O3 for the processor at hand. No set of counts is collected, and nothing is compared.
"""

import ctypes
import shutil
import subprocess
import time
from pathlib import Path

LANES = 256


def source(task) -> str:
    """Return the C source of a function that runs all steps of a number of blocks, from inputs that it makes up."""
    program = task.program
    lines, planes = [], []
    for index, template in enumerate(program.templates):
        literals = [f"{'' if value else '~'}s[{program.position(bit)}]" for bit, value in template.when]
        lines.append(f"v m{index} = {' & '.join(literals) or '~zero'};")
        planes.append(f"m{index}")
    level, counts = planes, []
    while level:
        carries = []
        while len(level) > 1:
            a, b, c = [*level, "zero"] if len(level) == 2 else level[:3]
            name = len(lines)
            lines.append(f"v x{name} = {a} ^ {b}, t{name} = x{name} ^ {c}, c{name} = ({a} & {b}) | (x{name} & {c});")
            level = [*level[3:], f"t{name}"]
            carries.append(f"c{name}")
        counts += level
        level = carries
    writers = [[] for _ in range(program.output_bits)]
    for index, template in enumerate(program.templates):
        for bit in template.write:
            writers[program.position(bit)].append(f"m{index}")
    writes = [f"s[{position}] = {' | '.join(names) or 'zero'};" for position, names in enumerate(writers)]
    kept = [f"count[{weight}] |= {name};" for weight, name in enumerate(counts)]
    inputs = [position for positions in task.input_positions for position in positions]
    row = task.program.row(task.start(*(0 for _ in task.inputs))).tolist()
    constants = [f"s[{position}] = zero + initial[{position}];" for position, value in enumerate(row) if value]
    fill = [f"s[{position}] = zero + block * {number + 1};" for number, position in enumerate(inputs)]
    return "\n".join(
        [
            "typedef unsigned long long v __attribute__((vector_size(32)));",
            "void run(long blocks, v *count, const unsigned long long *initial) {",
            f"v s[{program.output_bits}]; const v zero = {{0, 0, 0, 0}};",
            "for (long block = 0; block < blocks; block++) {",
            f"for (int i = 0; i < {program.output_bits}; i++) s[i] = zero;",
            *constants,
            *fill,
            f"for (int step = 0; step < {task.steps}; step++) {{",
            *lines,
            *writes,
            *kept,
            "}}}",
        ]
    )


def seconds_for_all_cases(task, folder: Path, sample: float = 1.0) -> float | None:
    """Return the time of one core for all cases, from a `sample` of them; None without gcc."""
    if shutil.which("gcc") is None:
        return None
    (folder / "steps.c").write_text(source(task))
    library = folder / f"{task.program.name}{task.input_bits}.so"  # a name is loaded only once
    subprocess.run(
        ["gcc", "-O3", "-march=native", "-shared", "-fPIC", "-o", library, folder / "steps.c"], check=True, timeout=120
    )
    run = ctypes.CDLL(str(library)).run
    count = (ctypes.c_uint64 * (4 * 64 + 8))()
    pointer = ctypes.addressof(count)
    row = task.program.row(task.start(*(0 for _ in task.inputs))).tolist()
    initial = (ctypes.c_uint64 * len(row))(*(value * (2**64 - 1) for value in row))
    blocks = max(1, int((1 << task.input_bits) / LANES * sample))
    aligned = ctypes.c_void_p(pointer + -pointer % 64)
    run(ctypes.c_long(1), aligned, initial)
    start = time.process_time()
    run(ctypes.c_long(blocks), aligned, initial)
    return (time.process_time() - start) * (1 << task.input_bits) / (blocks * LANES)
