"""One network of finite width whose output layer is trained from zero: the parts of the bound, and certified widths.

The hidden weights u ~ N(0, I) are not trained; no linearisation and no limit of infinite width is used. A state x is
the indicator of its n matching samples divided by sqrt(n); ``v = relu(u)``, ``h = relu(x . u)``; t samples have the
target 1. The other symbols are those of :mod:`ntkproofs.bounds.finite.output_layer`.
"""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import sympy
from numpy.typing import NDArray

from ntkproofs import checker
from ntkproofs.bounds.finite.network import Requirements, Workload, find_network
from ntkproofs.bounds.finite.numbers import FLOATS
from ntkproofs.bounds.finite.output_layer import BitClass, ClassBound, Setting
from ntkproofs.certificates import Certificate, issue_network
from ntkproofs.claims import Verdict, claim, conclude, confirm, decide, derive
from ntkproofs.classes import arbitrary_classes
from ntkproofs.programs import TemplateProgram, addition_task, permutation, permutation_task
from ntkproofs.rigor import Box, at_most, equal

SOURCE = "derived here: PAC-Bayesian change of measure and Bennett's inequality for homogeneous variables"
SEED = 20250228
Floats = NDArray[np.float64]


@claim(
    "for lam = 1/2 - 1/(2 pi) and D = pi - 1, Gbar = lam I + 1 1'/(2 pi) has the inverse (I - 1 1'/(D + K))/lam, and "
    "the part of v orthogonal to the targets y has the squared norm (R^2 - Z^2/(D + K - t))/lam in the metric of the "
    "inverse; R^2 is the sum of squares of v without its part along the writers, Z the sum of v over the other samples",
    source=SOURCE,
)
def algebra() -> Verdict:
    D, K, Y, Z, R, root = sympy.symbols("D K Y Z R root_t", positive=True)
    lam, apart = sympy.Rational(1, 2) - 1 / (2 * sympy.pi), 1 / (2 * sympy.pi)
    total = root * Y + Z  # the sum of v; Y is the sum over the t = root^2 writers over root
    along = (root * Y - root**2 * total / (D + K)) / lam  # alpha . v
    weight = root**2 * (1 - root**2 / (D + K)) / lam  # alpha . y
    whole = (Y**2 + R**2 - total**2 / (D + K)) / lam
    inside = {symbol: (Fraction(1), Fraction(20)) for symbol in (K, Y, Z, R)}
    inside |= {root: (Fraction(1, 2), Fraction(1)), D: (Fraction(1), Fraction(2))}
    return conclude(
        derive(equal(lam / apart, sympy.pi - 1)),
        derive(equal(whole - along**2 / weight, (R**2 - Z**2 / (D + K - root**2)) / lam), inside),
    )


@claim(
    "exp(-x) <= 1 - x + x^2/2 and cosh x <= exp(x^2/2) for 0 <= x <= 3 (for x > 3 the right side of the first exceeds "
    "1)",
    source=SOURCE,
)
def inequalities() -> Verdict:
    x = sympy.Symbol("x")
    return conclude(
        decide(at_most(sympy.exp(-x), 1 - x + x**2 / 2), Box({x: (0, 3)})),
        decide(at_most((sympy.exp(x) + sympy.exp(-x)) / 2, sympy.exp(x**2 / 2)), Box({x: (0, 3)})),
    )


KINDS = ((6, 2, 0, 1), (6, 4, 1, 1), (7, 4, 2, 3))  # K, n, p, t


def _bound(kind: tuple[int, int, int, int]) -> ClassBound:
    K, n, p, t = kind
    return ClassBound(Setting(FLOATS, K), BitClass(n, p, t), Fraction(3, 25), 0.0)


def _drawn(bound: ClassBound, direction: int) -> tuple[Floats, Floats, Floats]:
    """Return (alpha . v) zeta, (omega . V) zeta for a random direction omega, and |u|^2, for random u."""
    source = np.random.default_rng([SEED, direction])
    group = np.repeat(np.arange(4), bound.sizes)
    u = source.standard_normal((100_000, len(group)))
    y, alpha = np.array(bound.labels)[group], np.array(bound.alpha)[group]
    gram = bound.setting.lam * np.eye(len(group)) + 1 / (2 * math.pi)
    c = source.standard_normal(len(group))
    c -= y * (c @ y) / (y @ y)
    c /= math.sqrt(c @ gram @ c)
    v, h = np.maximum(u, 0), np.maximum(u @ np.array(bound.inside)[group] / math.sqrt(bound.kind.n), 0)
    zeta = bound.sign * (h - v @ np.array(bound.b)[group])
    return (v @ alpha) * zeta, (v @ c) * zeta, (u**2).sum(axis=1)


@claim(
    "100,000 random neurons in each of 16 cases, X = (alpha . v + r omega . V) zeta with random directions omega: up "
    "to sampling errors, E (alpha . v) zeta is minus the margin and E exp(l X) <= 1 + l E X + C E X^2; no neuron "
    "exceeds the supremum M |u|^2",
    source=SOURCE,
)
def neurons() -> Verdict:
    def check(case: tuple[tuple[int, int, int, int], int]) -> bool:
        bound, r = _bound(case[0]), 0.7
        first, second, length = _drawn(bound, case[1])
        M = bound.supremum(r, ((bound.sizes[1], Fraction(1, 2)),))
        X, l = first + r * second, 0.2 / M
        C = bound.setting.bennett(l, M)
        error = 6 / math.sqrt(len(X))
        centred = abs(first.mean() + bound.margin) <= error * first.std()
        values = np.exp(l * X) - 1 - l * X - C * X**2
        return bool(centred and (M * length * (1 + 1e-9) >= X).all() and values.mean() <= error * values.std())

    cases = list(product(KINDS, range(4)))
    return conclude(confirm("100,000 neurons in each case", cases, check, exhaustive=False, seed=SEED))


def _rate(program: TemplateProgram, width: int, threshold: float, draws: int) -> float:
    """Return the fraction of random networks, trained to convergence, that are wrong at one state or more."""
    rows = np.array(list(product((0, 1), repeat=program.output_bits)), dtype=np.uint8)
    match = program.match_rows(rows)
    expected = program.matched_writers_rows(match) > 0
    states = match / np.sqrt(np.maximum(match.sum(axis=1), 1))[:, None]
    source, wrong = np.random.default_rng([SEED, width]), 0
    for _ in range(draws):
        u = source.standard_normal((program.samples, width))
        v = np.maximum(u, 0)
        values = np.maximum(states @ u, 0) @ v.T @ np.linalg.solve(v @ v.T, program.labels.astype(float))
        right = (values > threshold) == expected
        right[match.sum(axis=1) == 1] = True  # states that are samples, where the output is the target up to rounding
        wrong += not right.all()
    return wrong / draws


@claim(
    "permutation of 5 bits, all inputs and outputs of one network: at the width certified for a failure probability of "
    "1 %, none of 2,000 random networks fails; at a fifth of this width more than 1 % of 2,000 do",
    source=SOURCE,
)
def certified_next_to_measured() -> Verdict:
    program = permutation(range(5))
    load = Workload.of(5, arbitrary_classes(program), program.labels.T.tolist())
    network = find_network(load, Requirements(Fraction(1, 100)))

    def check(share: int) -> bool:
        rate = _rate(program, network.width // share, float(network.threshold), 2000)
        return rate == 0 if share == 1 else rate > 0.01

    return conclude(confirm("the certified width and a fifth of it", (1, 5), check, exhaustive=False, seed=SEED))


AIMS = {"permutation 5": 700, "permutation 10": 2500, "permutation 30": 26_000, "addition 2": 1200, "addition 3": 2500}


@claim(
    "one network of width at most 700, 2,500, 26,000 for permutations of 5, 10 and 30 bits, and 1,200, 2,500 for "
    "additions of 2 and 3 bits, executes the program on all inputs with probability at least 0.99; with one neuron or "
    "one step of training fewer, the checker rejects the certificate",
    source=SOURCE,
)
def widths() -> Verdict:
    def check(name: str) -> bool:
        kind, bits = name.split()
        task = permutation_task(range(int(bits))) if kind == "permutation" else addition_task(int(bits))
        certificate = issue_network(task, failure="1/100")
        fewer = [certificate.claim | {key: certificate.claim[key] - 1} for key in ("width", "steps")]
        codes = [checker.judge(Certificate(item, certificate.evidence).data)[0] for item in fewer]
        return bool(certificate.claim["width"] <= AIMS[name] and codes == [checker.REJECTED] * 2)

    return conclude(confirm("widths", AIMS, check, exhaustive=True))
