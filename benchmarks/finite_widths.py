"""Measure how wide a network must be: from which width on fewer than 1 % of draws have a bit of any state wrong.

    python benchmarks/finite_widths.py > paper_checks/data/finite_widths.csv

takes about half an hour on one core. A row for each width: draws, and how many have every bit of every state right at
the threshold at which most have. Every state of every program is looked at; seeds are stated, so a row is reproducible.
"""

from __future__ import annotations

import sys

from ntkproofs.programs import TemplateProgram, addition, permutation
from ntkproofs.simulation.measured import States, measure
from ntkproofs.training import Training

SEED = 20250226
CASES: dict[str, tuple[tuple[int, ...], tuple[int, ...], int]] = {  # widths: output layer, all layers; draws
    "permutation 5": ((120, 140, 160, 180, 200, 220), (60, 72, 84, 96, 108, 120), 4000),
    "permutation 8": ((380, 430, 480, 540, 600), (160, 190, 220, 250, 280), 3000),
    "permutation 10": ((700, 780, 860, 950, 1050), (300, 340, 380, 430, 480), 2000),
    "addition 2": ((120, 160, 200, 250, 300, 360), (80, 110, 140, 180, 220), 3000),
    "addition 3": ((250, 330, 420, 540, 680), (160, 210, 270, 340, 430), 2000),
}


def program_of(name: str) -> TemplateProgram:
    """Return the program of a case."""
    kind, bits = name.split()
    return permutation(range(int(bits))) if kind == "permutation" else addition(int(bits))


def main() -> None:
    """Print the table."""
    print("program,bits,samples,states,trained,start,width,draws,right,threshold,seed")
    for name, (output, every, draws) in CASES.items():
        program = program_of(name)
        states = States.arbitrary(program)
        for trained, widths in (("output", output), ("all", every)):
            for width in widths:
                training = Training.of(trained)
                found = measure(states, training, width=width, draws=draws, seed=SEED)
                kind, bits = name.split()
                row = (kind, bits, program.samples, len(states.codes), trained, training.start.name, width, draws)
                print(*row, found.right(found.threshold), f"{found.threshold:.5f}", SEED, sep=",")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
