"""Search for the least certified widths of one finite network, output layer or all layers trained; balls confirm each.

    python benchmarks/certified_widths.py > paper_checks/data/certified_widths.csv

takes less than a minute on one core. Failure probability 1/100, all inputs of the program.
"""

from __future__ import annotations

import sys
from fractions import Fraction

from ntkproofs.bounds.finite.all_layers import least_all_layers
from ntkproofs.bounds.finite.network import Workload, least_network
from ntkproofs.classes import arbitrary_classes
from ntkproofs.programs import addition, permutation

FAILURE = Fraction(1, 100)
CASES = (
    *(("permutation", bits) for bits in (5, 8, 10, 20, 30)),
    *(("addition", bits) for bits in (2, 3)),
)


def main() -> None:
    """Print the table."""
    print("program,bits,samples,trained,width,threshold,failure")
    for kind, bits in CASES:
        program = permutation(range(bits)) if kind == "permutation" else addition(bits)
        load = Workload.of(program.samples, arbitrary_classes(program), program.labels.T.tolist())
        for trained, search in (("output", least_network), ("all", least_all_layers)):
            found = search(load, FAILURE)
            print(kind, bits, program.samples, trained, found.width, found.threshold, FAILURE, sep=",")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
