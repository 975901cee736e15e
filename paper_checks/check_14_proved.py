"""Theorems for all numbers of bits, checked by Coq's kernel: one claim for each statement in coq/Statements.v."""

from functools import partial
from pathlib import Path
from random import Random

from ntkproofs.claims import Claim, ClaimFamily, Verdict, claim, conclude, confirm_batches, prove, prove_equal
from ntkproofs.compilation import compile_netlist
from ntkproofs.coq.agreement import CircuitPair, Pair
from ntkproofs.coq.theory import Theory
from ntkproofs.formats import Cover, Netlist
from ntkproofs.programs import addition, multiplication, permutation

SOURCE = "coq/Statements.v"
THEORY = Theory(Path(__file__).parent / "coq")
BITS = range(1, 9)


def proved(name: str) -> Verdict:
    return conclude(prove(THEORY, name))


theorems = ClaimFamily(
    tuple(
        Claim(statement.name, statement.words, SOURCE, partial(proved, statement.name))
        for statement in THEORY.statements
    )
)


@claim(
    "no Coq file contains an axiom, an incomplete proof or a bypass of the kernel; all agree with the record",
    source="coq/*.v; coq/statements.json",
)
def nothing_but_proofs() -> Verdict:
    wrong = [*THEORY.errors, *THEORY.record_differences.values()]
    read = len(THEORY.sources) + len(THEORY.statements)
    return conclude(confirm_batches("every file and statement", [(read, wrong[0] if wrong else None)], exhaustive=True))


SAME = "the Coq program is the Python program, template by template: proved in Coq for l = 1..8"


@claim(f"addition: {SAME}", source="coq/Programs.v; ntkproofs/programs/addition.py")
def same_addition() -> Verdict:
    return conclude(prove_equal(THEORY, "addition", [Pair(f"addition {bits}", addition(bits)) for bits in BITS]))


@claim(f"multiplication: {SAME}", source="coq/Programs.v; ntkproofs/programs/multiplication.py")
def same_multiplication() -> Verdict:
    return conclude(
        prove_equal(THEORY, "multiplication", [Pair(f"multiplication {bits}", multiplication(bits)) for bits in BITS])
    )


@claim(
    f"permutation: {SAME}, three random orders of l bits each (seed 14)",
    source="coq/Programs.v; ntkproofs/programs/permutation.py",
)
def same_permutation() -> Verdict:
    random = Random(14)
    orders = [random.sample(range(bits), bits) for bits in BITS for _ in range(3)]
    pairs = [Pair(f"permutation {len(order)} [{'; '.join(map(str, order))}]", permutation(order)) for order in orders]
    return conclude(prove_equal(THEORY, "permutation", pairs))


def nand_adder(bits: int) -> Netlist:
    """Return a ripple-carry adder with a carry c0 as an input, in which every gate is a NAND of two signals."""
    covers = []
    for i in range(bits):
        nands = f"n{i} a{i} b{i}, l{i} a{i} n{i}, r{i} b{i} n{i}, x{i} l{i} r{i}, m{i} c{i} x{i}, t{i} x{i} m{i}, "
        nands += f"h{i} c{i} m{i}, s{i} t{i} h{i}, c{i + 1} n{i} m{i}"
        covers += [(y, Cover((first, second), ("11",), 0)) for y, first, second in map(str.split, nands.split(", "))]
    inputs = ("c0", *(f"{operand}{i}" for operand in "ab" for i in range(bits)))
    return Netlist(f"adder of {bits} bits", inputs, (*(f"s{i}" for i in range(bits)), f"c{bits}"), tuple(covers))


def random_circuit(gates: int, random: Random) -> Netlist:
    """Return a circuit of different ANDs, NORs, NANDs and ORs of two or three of four inputs and of earlier gates."""
    signals, covers, cubes = ["a", "b", "c", "d"], [], set()
    while len(covers) < gates:
        operands = sorted(random.sample(range(len(signals)), random.choice((2, 3))))
        cube = "".join(random.choice("01") for _ in operands)
        if (*operands, cube) not in cubes:
            cubes.add((*operands, cube))
            names = tuple(signals[i] for i in operands)
            covers.append((f"y{len(covers)}", Cover(names, (cube,), random.choice((0, 1)))))
            signals.append(covers[-1][0])
    return Netlist(f"random of {gates} gates", tuple("abcd"), tuple(signals[4:]), tuple(covers))


@claim(
    "netlists: the compiler in Coq returns the program of the compiler in Python, template by template, and the depth "
    "is its number of steps: proved in Coq for adders of NANDs of l = 1..8 bits, and for three random circuits each of "
    "l ANDs, NORs, NANDs and ORs (seed 18)",
    source="coq/Netlists.v; ntkproofs/compilation/netlists.py",
)
def same_netlists() -> Verdict:
    random = Random(18)
    netlists = [*map(nand_adder, BITS), *(random_circuit(gates, random) for gates in BITS for _ in range(3))]
    pairs = [CircuitPair(netlist, compile_netlist(netlist)) for netlist in netlists]
    return conclude(prove_equal(THEORY, "netlists", pairs))
