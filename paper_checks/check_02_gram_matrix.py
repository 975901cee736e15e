"""One training sample for each template: orthonormal inputs, so that the Gram matrix has two distinct entries."""

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import product

import sympy

from ntkproofs.claims import Verdict, claim, conclude, confirm, decide, derive
from ntkproofs.kernels import REGIMES, two_layer_relu
from ntkproofs.predictor import MATCHES, SAMPLES, Predictor
from ntkproofs.programs import TemplateProgram, addition, permutation
from ntkproofs.rigor import Integers, equal, less

ABSTRACT = "abstract: training data with one sample for each template"
SIZES = {MATCHES: (1, 100), SAMPLES: (101, 400)}
DENSE_SIZES = range(1, 6)


@claim(
    "for all K >= 1: the Gram matrix of K orthonormal samples is symmetric and positive definite, with the eigenvalues "
    "own - other (on vectors whose entries add up to 0) and own + (K - 1) other (on constant vectors) ({regime})",
    source=ABSTRACT,
    each={"regime": REGIMES},
)
def positive_definite(regime: str) -> Verdict:
    gram = Predictor(two_layer_relu(regime), SAMPLES).gram
    low, high = gram.eigenvalues()
    n, K = MATCHES, SAMPLES
    ones = gram.apply(1, 1, n)
    balanced = gram.apply(K - n, -n, n)  # K - n at n indices, -n elsewhere: such vectors span those with the sum 0
    return conclude(
        derive(equal(ones[0], high), SIZES),
        derive(equal(ones[1], high), SIZES),
        derive(equal(balanced[0], low * (K - n)), SIZES),
        derive(equal(balanced[1], -low * n), SIZES),
        decide(less(0, low)),
        decide(less(0, high), Integers(SAMPLES, start=1)),
        checks=[
            confirm(
                "the dense matrix is symmetric with these eigenvalues, K = 1..5",
                DENSE_SIZES,
                lambda size: _dense_agrees(regime, size),
                exhaustive=True,
            )
        ],
    )


def _dense_agrees(regime: str, size: int) -> bool:
    """Compare the determinant, trace and trace of the square of the dense matrix with those of the claimed spectrum."""
    gram = Predictor(two_layer_relu(regime), size).gram
    dense, spectrum = gram.dense(), gram.eigenvalues()
    determinant = sympy.prod(value**count for value, count in spectrum.items())
    traces = [sum(count * value**power for value, count in spectrum.items()) for power in (1, 2)]
    return (
        bool(dense == dense.T)
        and derive(equal(dense.det(), determinant)).outcome == "holds"
        and all(
            derive(equal((dense**power).trace(), trace)).outcome == "holds"
            for power, trace in zip((1, 2), traces, strict=True)
        )
    )


@claim(
    "for all K >= 2: the inverse of the Gram matrix has one value on its diagonal and one off it, those of the closed "
    "form ({regime})",
    source=ABSTRACT,
    each={"regime": REGIMES},
)
def inverse(regime: str) -> Verdict:
    gram = Predictor(two_layer_relu(regime), SAMPLES).gram
    inverse, K = gram.inverse(), SAMPLES
    diagonal = gram.diagonal * inverse.diagonal + (K - 1) * gram.rest * inverse.rest
    rest = gram.diagonal * inverse.rest + gram.rest * inverse.diagonal + (K - 2) * gram.rest * inverse.rest
    return conclude(derive(equal(diagonal, 1), {SAMPLES: (2, 400)}), derive(equal(rest, 0), {SAMPLES: (2, 400)}))


@claim(
    "at every state of four small programs (addition of 1 and 2 bits, permutation of 4 bits, and of 3 with padding) "
    "that n >= 1 templates match: the encoded state has the kernel value matched(n) with each of the n samples, other "
    "with the other samples, and own with itself ({regime})",
    source="abstract; validation scripts",
    each={"regime": REGIMES},
)
def two_values(regime: str) -> Verdict:
    kernel = two_layer_relu(regime)

    @lru_cache
    def identical(left: sympy.Expr, right: sympy.Expr) -> bool:
        return derive(equal(left, right)).outcome == "holds"

    def check(case: tuple[TemplateProgram, tuple[int, ...]]) -> bool:
        program, bits = case
        matching = set(program.match(program.unrow(bits)).tolist())
        n, K = len(matching), program.samples
        if n == 0:
            return True
        code = [1 / sympy.sqrt(n) if index in matching else sympy.Integer(0) for index in range(K)]
        rows = [[int(row == column) for column in range(K)] for row in range(K)]
        values = (
            identical(kernel.between(code, row), kernel.matched(n) if index in matching else kernel.other)
            for index, row in enumerate(rows)
        )
        return all(values) and identical(kernel.between(code, code), kernel.own)

    return conclude(confirm("all states of the four programs", _all_states(), check, exhaustive=True))


def _all_states() -> Iterator[tuple[TemplateProgram, tuple[int, ...]]]:
    padded = permutation([1, 2, 0])
    padded.pad(2)
    for program in (addition(1), addition(2), permutation([2, 0, 3, 1]), padded):
        for bits in product((0, 1), repeat=program.output_bits):
            yield program, bits


@claim(
    "at every state of four small programs: the squares of the entries of the encoded state are 1/n (up to 1e-15) at "
    "the n matching samples and 0 elsewhere, so its norm is 1 if n >= 1",
    source="abstract; validation scripts",
)
def encoded_states_are_unit_vectors() -> Verdict:
    def check(case: tuple[TemplateProgram, tuple[int, ...]]) -> bool:
        program, bits = case
        matching = program.match(program.unrow(bits))
        code = program.encode(program.unrow(bits))
        squares = [Fraction(1, len(matching)) if index in matching else Fraction(0) for index in range(program.samples)]
        accurate = all(abs(value * value - float(square)) < 1e-15 for value, square in zip(code, squares, strict=True))
        return accurate and sum(squares) == (1 if len(matching) else 0)

    return conclude(confirm("all states of the four programs", _all_states(), check, exhaustive=True))
