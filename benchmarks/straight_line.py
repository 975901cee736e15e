"""The bound: straight-line C of a program's step, 256 cases in a vector register, written from the templates alone.

For each step: an AND for each template, an OR for each written bit, and a carry-save count of the matching templates.
No answers are compared, no counts are told apart; the number of 1s of each output bit over all cases is printed, which
the caller compares. It shares no code with the engines of the package.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from ntkproofs.programs import Task

LANES = 256
HEAD = """
#include <stdint.h>
#include <stdio.h>
#include <time.h>
typedef uint64_t v __attribute__((vector_size(32)));
static const uint64_t low[6] = {0xaaaaaaaaaaaaaaaaull, 0xccccccccccccccccull, 0xf0f0f0f0f0f0f0f0ull,
                                0xff00ff00ff00ff00ull, 0xffff0000ffff0000ull, 0xffffffff00000000ull};
static v input(uint64_t first, int bit) {  /* bit `bit` of the cases first, first + 1, ... */
    uint64_t all = (first >> bit & 1) ? ~0ull : 0;
    if (bit < 6) return (v){low[bit], low[bit], low[bit], low[bit]};
    if (bit == 6) return (v){0, ~0ull, 0, ~0ull};
    if (bit == 7) return (v){0, 0, ~0ull, ~0ull};
    return (v){all, all, all, all};
}
"""


def source(task: Task) -> str:
    """Return the C program that runs a task on all inputs, and prints the 1s of each output bit and the seconds."""
    program, bits = task.program, range(task.program.output_bits)
    position = program.position
    lines = [HEAD, f"static v s[{len(bits)}], seen[64];", "static void step(void) {", "v zero = {0, 0, 0, 0};"]
    lines += [f"v b{b} = s[{b}], o{b} = zero;" for b in bits]
    planes = len(program.templates).bit_length()
    lines += [f"v c{plane} = zero;" for plane in range(planes)] + ["v m, k;"]
    for number, template in enumerate(program.templates, 1):
        parts = [f"{'' if value else '~'}b{position(bit)}" for bit, value in template.when]
        lines.append(f"m = {' & '.join(parts) or '~zero'};")
        lines += [f"o{position(bit)} |= m;" for bit in template.write]
        for plane in range(number.bit_length()):
            lines.append(f"k = c{plane} & m; c{plane} ^= m; m = k;")
    lines += [f"s[{b}] = o{b};" for b in bits] + [f"seen[{plane}] |= c{plane};" for plane in range(planes)] + ["}"]
    inputs = [place for places in reversed(task.input_positions) for place in places]  # the last input varies fastest
    outputs = [position(bit) for bit in task.output]
    constants = program.row(task.start(*(0 for _ in task.inputs)))
    lines += [f"static uint64_t ones[{len(outputs)}];", "int main(void) {", "clock_t start = clock();"]
    lines += [f"for (uint64_t first = 0; first < {1 << task.input_bits}ull; first += {LANES}) {{"]
    lines += [f"s[{b}] = (v){{{', '.join(4 * ['~0ull' if constants[b] else '0'])}}};" for b in bits]
    lines += [f"s[{place}] = input(first, {bit});" for bit, place in enumerate(inputs)]
    lines += [f"for (int i = 0; i < {task.steps}; i++) step();"]
    for index, place in enumerate(outputs):
        lines.append(f"for (int w = 0; w < 4; w++) ones[{index}] += __builtin_popcountll(s[{place}][w]);")
    lines += ["}", f'for (int i = 0; i < {len(outputs)}; i++) printf("%llu ", (unsigned long long)ones[i]);']
    lines += ['printf("%f\\n", (double)(clock() - start) / CLOCKS_PER_SEC); return 0; }']
    return "\n".join(lines)


def run(task: Task) -> tuple[list[int], float]:
    """Compile the C program with gcc and run it; return the 1s of each output bit, and the seconds of one core."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "step.c"
        file.write_text(source(task))
        subprocess.run(["gcc", "-O2", "-march=native", "-o", f"{file}.out", file], check=True)
        *ones, seconds = subprocess.run([f"{file}.out"], check=True, capture_output=True, text=True).stdout.split()
    return [int(item) for item in ones], float(seconds)
