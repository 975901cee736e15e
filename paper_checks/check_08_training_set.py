"""The number of training samples is logarithmic in the number of inputs, with the exact factor."""

from fractions import Fraction

from ntkproofs.claims import Verdict, claim, conclude, confirm
from ntkproofs.programs import Task, addition_task, multiplication_task, permutation_task

SOURCE = "abstract: logarithmically many samples"


def ratio(task: Task) -> Fraction:
    """Return the number of samples divided by the binary logarithm of the number of inputs."""
    return Fraction(task.program.samples, task.input_bits)


@claim("addition of l bits, l = 1..128: exactly 2 log2(number of inputs) samples", source=SOURCE)
def addition_samples() -> Verdict:
    return conclude(
        confirm("every l from 1 to 128", range(1, 129), lambda bits: ratio(addition_task(bits)) == 2, exhaustive=True)
    )


@claim("permutation of k bits, k = 1..128: exactly log2(number of inputs) samples", source=SOURCE)
def permutation_samples() -> Verdict:
    return conclude(
        confirm(
            "every k from 1 to 128",
            range(1, 129),
            lambda size: ratio(permutation_task(range(size))) == 1,
            exhaustive=True,
        )
    )


@claim("multiplication of l bits, l = 1..64: exactly (10 + 1/l) log2(number of inputs) samples", source=SOURCE)
def multiplication_samples() -> Verdict:
    return conclude(
        confirm(
            "every l from 1 to 64",
            range(1, 65),
            lambda bits: ratio(multiplication_task(bits)) == 10 + Fraction(1, bits),
            exhaustive=True,
        )
    )
