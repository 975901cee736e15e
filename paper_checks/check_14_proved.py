"""Theorems for all numbers of bits, checked by Coq's kernel: one claim for each statement in coq/Statements.v."""

from functools import partial
from pathlib import Path
from random import Random

from ntkproofs.claims import Claim, ClaimFamily, Verdict, claim, conclude, confirm_batches, prove, prove_equal
from ntkproofs.coq.agreement import Pair
from ntkproofs.coq.theory import Theory
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
