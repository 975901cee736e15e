"""Finite width: the exact Chernoff bound of every kernel entry, what it does to the mean, and a width that is enough.

All of it speaks of *linearised scalar* networks at width w, one network for each output bit with a kernel of its own;
nothing is claimed about networks with several outputs, nor about features that training changes.
"""

from collections.abc import Iterator
from fractions import Fraction

import mpmath
import numpy as np
import sympy
from numpy.typing import NDArray

from ntkproofs.bounds import least_width
from ntkproofs.bounds.width import TILT, entry_rate, moment_generating, perturbation
from ntkproofs.certificates import Certificate, Run, issue_ensemble
from ntkproofs.claims import Verdict, claim, conclude, confirm, confirm_batches, derive, estimate
from ntkproofs.counts import Counts, arbitrary_counts
from ntkproofs.kernels import RHO, two_layer_relu
from ntkproofs.predictor import MATCHES, SAMPLES, Predictor
from ntkproofs.programs import TemplateProgram, permutation
from ntkproofs.rigor import enclose, equal
from ntkproofs.simulation.finite import scalar_means
from ntkproofs.simulation.limit import Trials

SOURCE = "abstract: control of the correlations; Cramer-Chernoff"
SEED = 20250227
DRAWS = 20_000
Floats = NDArray[np.float64]


def entries(source: np.random.Generator, rho: float, width: int, draws: int) -> Floats:
    """Draw the kernel entry of two unit vectors of correlation rho for `draws` networks of the given width."""
    g, z, a = source.standard_normal((3, draws, width))
    h = rho * g + np.sqrt(1 - rho * rho) * z
    both = (g > 0) & (h > 0)
    return np.where(both, g * h + a * a * rho, 0.0).mean(axis=1)


@claim(
    "the moment generating function of an entry is elementary: 1/2 + 1/(2 (1 - 2 L)) on the diagonal, and with "
    "r = rho + L (1 - rho^2): 1 - q(rho) + sqrt((1 - rho^2)/(1 - r^2)) q(r) / sqrt(1 - 2 L rho), q = 1/4 + asin/(2 pi)",
    source=SOURCE,
)
def moments() -> Verdict:
    general, own = moment_generating(RHO), moment_generating(sympy.Integer(1))
    first = sympy.diff(general, TILT).subs(TILT, 0)
    inside = {RHO: (Fraction(0), Fraction(1))}
    return conclude(
        derive(equal(general.subs(TILT, 0), 1), inside),
        derive(equal(first, two_layer_relu().angular), inside),  # the mean is the NTK
        derive(equal(own.subs(TILT, 0), 1)),
        derive(equal(sympy.diff(own, TILT).subs(TILT, 0), two_layer_relu().own)),
        derive(equal(sympy.diff(own, TILT, 2).subs(TILT, 0), 4)),  # E step(g) (g^2 + a^2)^2 = (3 + 2 + 3) / 2
        derive(equal(general.subs(RHO, 0), moment_generating(sympy.Integer(0))), {TILT: (Fraction(-1), Fraction(1))}),
        checks=[_quadrature(*case) for case in ((0, "1/3"), ("3/5", "1/4"), ("3/5", "-2/3"))],
    )


def _quadrature(correlation: object, tilt: str) -> object:
    """Integrate E exp(L (g h + a^2 rho)) over the quadrant numerically, to 20 digits, and compare."""
    rho, L = Fraction(correlation), Fraction(tilt)
    ball = enclose(moment_generating(), {RHO: rho, TILT: L}, precision=160)
    with mpmath.workdps(30):
        r, tilted = (mpmath.mpf(value.numerator) / value.denominator for value in (rho, L))
        spread = 1 - r * r

        def density(g: mpmath.mpf, h: mpmath.mpf) -> mpmath.mpf:
            return mpmath.exp(tilted * g * h - (g * g - 2 * r * g * h + h * h) / (2 * spread))

        panels = [0, 4, 10, 22]
        inner = mpmath.quad(density, panels, panels, method="gauss-legendre", maxdegree=5)
        quadrant = mpmath.mpf(1) / 4 + mpmath.asin(r) / (2 * mpmath.pi)
        total = 1 - quadrant + inner / (2 * mpmath.pi * mpmath.sqrt(spread)) / mpmath.sqrt(1 - 2 * tilted * r)
    return estimate(f"M({tilt}) at correlation {correlation}", total, ball, digits=20)


CASES = [  # matches (0: other, 1: own), width, error, side
    (0, 40, Fraction(1, 8), True),
    (0, 40, Fraction(1, 12), False),
    (1, 40, Fraction(3, 5), True),
    (1, 40, Fraction(1, 2), False),
    (3, 40, Fraction(3, 10), True),
    (3, 40, Fraction(1, 4), False),
]


@claim(
    "simulated entries at width 40 exceed an error no more often than the bound says, and the bound is at most 20 "
    "times what is seen: own, other and matched entries, both sides",
    source=SOURCE,
)
def bound_holds_and_is_not_loose() -> Verdict:
    def check(case: tuple[int, int, Fraction, bool]) -> tuple[int, str | None]:
        matches, width, error, above = case
        rho = 0.0 if matches == 0 else matches**-0.5
        kernel = two_layer_relu()
        limit = float(enclose(kernel.matched(matches) if matches else kernel.other, precision=64).middle)
        drawn = entries(np.random.default_rng([SEED, *map(int, (matches, width, above))]), rho, width, DRAWS) - limit
        seen = float(((drawn if above else -drawn) >= float(error)).mean())
        bound = float((entry_rate(matches, error, above=above) * -width).exp().upper)
        noise = 4 * (seen / DRAWS) ** 0.5  # four standard errors of the share seen
        good = 0 < seen <= bound + noise and bound <= 20 * seen
        return DRAWS, None if good else f"{case}: seen {seen}, bound {bound}"

    return conclude(confirm_batches(f"{DRAWS} draws for each case", map(check, CASES), exhaustive=False, seed=SEED))


@claim(
    "the mean of a linearised scalar network moves by no more than sqrt(t K) eps (1 + |a|_1) / (lambda_min - K eps), "
    "eps the largest error among its kernel entries: simulated networks",
    source=SOURCE,
)
def perturbation_holds() -> Verdict:
    return conclude(
        confirm("networks of width 16,000 to 64,000", _networks(), _within, exhaustive=False, seed=SEED),
    )


def _networks() -> Iterator[tuple[Counts, int]]:
    for seed in range(20):
        for counts in (Counts(2, 1, 1, 4), Counts(2, 0, 1, 4), Counts(3, 1, 2, 6)):
            yield counts, seed


def _within(case: tuple[Counts, int]) -> bool:
    """Draw one network, solve its kernel regression, and compare with the bound at the largest error of its entries."""
    counts, seed = case
    n, K = counts.matches, counts.samples
    source = np.random.default_rng([SEED, seed, K])
    width = 16000 << (seed % 3)
    points = np.vstack([np.eye(K), np.concatenate([np.ones(n), np.zeros(K - n)]) / np.sqrt(n)])
    inner = points @ points.T
    before = source.standard_normal((width, K)) @ points.T
    after, on = np.maximum(before, 0), (before > 0).astype(float)
    a = source.standard_normal(width)
    kernel = (after.T @ after + inner * (on.T @ (a[:, None] ** 2 * on))) / width
    kernel_limit = np.array([[float(_limit(value)) for value in row] for row in np.round(inner, 12)])
    error = float(np.abs(kernel - kernel_limit).max())
    targets = np.zeros(K)
    targets[: counts.matched_writers] = 1
    targets[K - (counts.writers - counts.matched_writers) :] = 1
    mean = kernel[K, :K] @ np.linalg.solve(kernel[:K, :K], targets)
    limit = float(
        enclose(
            Predictor(two_layer_relu(), SAMPLES).mean(n, counts.matched_writers, counts.writers),
            {SAMPLES: K},
            precision=64,
        ).middle
    )
    bound = perturbation(counts, Fraction(error))
    return bound is not None and bool(abs(mean - limit) <= float(bound.upper) + 1e-12)


def _limit(correlation: float) -> Fraction:
    squared = Fraction(correlation**2).limit_denominator(100)
    rho = sympy.sqrt(sympy.Rational(squared.numerator, squared.denominator))
    return enclose(two_layer_relu().at(rho), precision=64).middle


@claim(
    "permutations of k bits: with the width found here the means of k linearised scalar networks, one for each output "
    "bit, are on the right side of half the smallest 1-bit mean with probability 0.99, at all states at once, and half "
    "that width is not certified: k = 4, 6, 8",
    source=SOURCE,
)
def width_for_permutations() -> Verdict:
    def check(size: int) -> bool:
        counts = arbitrary_counts(permutation(range(size)))
        mean = Predictor(two_layer_relu(), SAMPLES).mean(MATCHES, 1, 1)
        smallest = enclose(mean, {MATCHES: size, SAMPLES: size}, precision=64)
        found = least_width(
            counts,
            threshold=smallest.middle.limit_denominator(1000) / 2,
            failure=Fraction(1, 100),
            states=2**size,
            output_bits=size,
        )
        tails = _total(found, counts, size, found.width), _total(found, counts, size, found.width // 2)
        return tails[0] <= Fraction(1, 100) < tails[1]

    return conclude(confirm("k = 4, 6, 8", (4, 6, 8), check, exhaustive=True))


def _total(found: object, counts: frozenset[Counts], size: int, width: int) -> Fraction:
    """Add up the tails of every entry of every network anew, the matched ones of a state by its number of ones."""
    total = Fraction(0)
    numbers = {0: size * (size - 1) // 2, 1: size}
    for ones in range(2, size + 1):  # a state with one 1 is a sample
        states = sympy.binomial(size, ones)
        numbers[ones] = numbers.get(ones, 0) + int(states) * ones
        numbers[0] += int(states) * (size - ones)
    for matches, number in numbers.items():
        for above in (True, False):
            total += size * number * (entry_rate(matches, found.error, above=above) * -width).exp().upper
    return total


MANY = 3000


@claim(
    f"two templates, one of which writes {MANY:,} bits: a scalar network drawn for each output bit, of the certified "
    "least width, has its mean on the bit's side of the threshold; for the entries of one kernel alone, whatever the "
    "number of bits, the bounds ask for less than half of that width",
    source=SOURCE,
)
def many_outputs() -> Verdict:
    certificate, run = _one_writes_many()
    issued, threshold = certificate.claim, Fraction(certificate.claim["threshold"])
    both = Trials.of(run.program, run.program.row(run.program.state(a=3))[None, :])

    def on_their_sides(network: int) -> bool:
        means = scalar_means(both, issued["width"], (SEED, network))
        return bool(((means > float(threshold)) == (both.wanted > 0)).all())

    def narrower(failure: Fraction) -> bool:
        counts = arbitrary_counts(run.program)
        kernel = least_width(
            counts, threshold=threshold, failure=failure, states=4, networks=issued["networks"], output_bits=1
        )
        return 2 * kernel.width < issued["width"]

    return conclude(
        confirm(f"{MANY + 2:,} scalar networks", (0,), on_their_sides, exhaustive=False, seed=SEED),
        confirm("failure probability", (Fraction(issued["failure"]),), narrower, exhaustive=True),
    )


def _one_writes_many() -> tuple[Certificate, Run]:
    program = TemplateProgram("one_writes_many", fields={"a": 2, "many": MANY})
    program.template(when={("a", 0): 1}, write=[("many", place) for place in range(MANY)])
    program.template(when={("a", 1): 1}, write=[("a", 0)])
    run = Run(program, free=(0, 1), ones=(), steps=1)
    return issue_ensemble(run, failure="1/100", width="least", drop_unwritten=True), run
