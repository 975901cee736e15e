"""Measure the width at which fewer than 1 % of random networks round a bit of some state incorrectly.

    python benchmarks/finite_widths.py > paper_checks/data/finite_widths.csv

takes about twenty minutes on one core. There is one row for each width, with the number of random networks and the
number of those that are right at every bit of every state, at the threshold that maximises it. Seeds are fixed, so rows
are reproducible. Gradient descent uses twice the default step size, with which it converges at these widths.
"""

from __future__ import annotations

import sys

from ntkproofs.programs import TemplateProgram, addition, permutation
from ntkproofs.simulation.measured import States, default_step, measure
from ntkproofs.training import Training

SEED = 20250226
CASES: dict[
    str, tuple[tuple[int, ...], tuple[int, ...], int]
] = {  # widths if the output layer is trained, widths if all layers are, number of networks
    "permutation 5": ((120, 140, 160, 180, 200, 220), (60, 72, 84, 96, 108, 120), 4000),
    "addition 2": ((120, 160, 200, 240, 280, 320), (80, 110, 140, 170, 200), 2000),
    "permutation 8": ((430, 480, 540, 600), (190, 220, 250, 280), 2000),
    "addition 3": ((300, 360, 430, 520, 620), (200, 240, 290, 350, 420), 1000),
    "permutation 10": ((700, 780, 860, 950), (300, 340, 380, 430), 1000),
}


def program_of(name: str) -> TemplateProgram:
    """Return the program of a case."""
    kind, bits = name.split()
    return permutation(range(int(bits))) if kind == "permutation" else addition(int(bits))


def main() -> None:
    """Print the table."""
    print("program,bits,samples,states,trained,start,width,draws,right,threshold,seed")
    for name, (output, all_layers, draws) in CASES.items():
        program = program_of(name)
        states = States.arbitrary(program)
        for trained, widths in (("output", output), ("all", all_layers)):
            for width in widths:
                training = Training.of(trained, step=2 * default_step(Training.of(trained), program.samples))
                result = measure(states, training, width=width, draws=draws, seed=SEED)
                kind, bits = name.split()
                row = (kind, bits, program.samples, len(states.codes), trained, training.start.name, width, draws)
                print(*row, result.right(result.threshold), f"{result.threshold:.5f}", SEED, sep=",")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
