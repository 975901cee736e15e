"""Averages of finite networks with Gaussian initial weights, output layer trained: exact distribution and certificates.

Given the hidden weights, a trained output is exactly Gaussian. Its mean is that of training from zero; its variance is
at most ``mean rho^2`` plus what is left of the start after T steps. Proofs:
``ntkproofs/bounds/finite/gaussian_start.py`` and, written independently, the checker.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache

import numpy as np
import sympy

from ntkproofs import checker
from ntkproofs.bounds.finite.gaussian_start import FirstOrder, Shift
from ntkproofs.bounds.finite.numbers import FLOATS
from ntkproofs.bounds.finite.output_layer import BitClass, Setting
from ntkproofs.certificates import Certificate, issue_network
from ntkproofs.claims import Verdict, claim, conclude
from ntkproofs.facts import Comparison, confirm, measured
from ntkproofs.programs import addition_task, permutation, permutation_task
from ntkproofs.rigor import Box, at_most, decide, identity
from ntkproofs.simulation.descent import output_layer
from ntkproofs.simulation.measured import States, measure
from ntkproofs.training import Training

SOURCE = "ensemble experiment: finite networks from a Gaussian start; exact given the hidden weights"
SEED = 20250228
BITS, WIDTH, FAILURE = 5, 3000, Fraction(1, 100)


@claim(
    "one sample: the squared norm of phi - Phi G^-1 (1 - R) k is |phi - Phi G^-1 k|^2 + k G^-1 R^2 k, for all |phi|, "
    "Phi, G = Phi^2, k = Phi s and R; and 1 - x <= exp(-x) for 0 <= x <= 4",
    source=SOURCE,
)
def variance_splits() -> Verdict:
    phi, s, g, R = sympy.symbols("phi s g R", positive=True)  # |phi|, its component along Phi, |Phi|, (1 - eta G)^T
    along = s - g * (1 - R) / g**2 * (g * s)  # of phi - Phi G^-1 (1 - R) k
    inside = {symbol: (Fraction(1), Fraction(9)) for symbol in (phi, s, g, R)}
    x = sympy.Symbol("x")
    return conclude(
        identity(phi**2 - s**2 + along**2, (phi**2 - s**2) + R**2 * (g * s) ** 2 / g**2, inside),
        decide(at_most(1 - x, sympy.exp(-x)), Box({x: (0, 4)})),
    )


@claim(
    "one sample: for g = Gbar, G > 0, k > 0, alpha = 1/g and beta = kbar/g, the mean k/G of training from zero differs "
    "from kbar/g by alpha r - (Delta S)/(G/g), where r = k - G beta, S = r/root g and Delta = (G - g) alpha/root g",
    source=SOURCE,
)
def mean_splits() -> Verdict:
    g, G, k, limit = sympy.symbols("g G k kbar", positive=True)
    inside = {symbol: (Fraction(1), Fraction(9)) for symbol in (g, G, k, limit)}
    r, Delta = k - G * limit / g, (G - g) / g / sympy.sqrt(g)
    return conclude(identity(k / G - limit / g, r / g - Delta * (r / sympy.sqrt(g)) / (G / g), inside))


def _law(case: tuple[int, int]) -> Iterator[Comparison]:
    """Train random output layers on one hidden layer; compare mean and variance of an output with the formulas."""
    steps, seed = case
    source = np.random.default_rng([SEED, seed])
    u, x = source.standard_normal((40, 5)), np.array([1.0, 1, 1, 0, 0]) / 3**0.5
    Phi, phi = np.maximum(u, 0) / 40**0.5, np.maximum(u @ x, 0) / 40**0.5
    G, k, y = Phi.T @ Phi, Phi.T @ phi, np.array([1.0, 0, 0, 0, 0])
    R = np.linalg.matrix_power(np.eye(5) - 0.3 * G, steps)
    mean = k @ np.linalg.solve(G, (np.eye(5) - R) @ y)
    rest = phi - Phi @ np.linalg.solve(G, k)
    variance = rest @ rest + k @ np.linalg.solve(G, R @ R @ k)
    starts = source.standard_normal((1, 40, 20_000))
    networks = output_layer(u[None], starts, np.tile(y[:, None], 20_000), step=0.3, steps=steps)
    outputs = networks.outputs(x[None])[0, 0]
    spread = ((outputs - mean) ** 2).mean()
    for what, seen, stated, error in (
        ("mean", outputs.mean(), mean, (variance / 20_000) ** 0.5),
        ("variance", spread, variance, variance * (2 / 20_000) ** 0.5),
    ):
        yield Comparison(f"{what} after {steps} steps", seen, stated, (seen - stated) / error)


@claim(
    "one fixed hidden layer for each of T = 1, 5, 60 steps, 20,000 random output layers, trained by gradient descent: "
    "mean and variance of an output do not reject k' G^-1 (I - R) y and |phi - Phi G^-1 k|^2 + k' G^-1 R^2 k, where R "
    "= (I - eta G)^T (level 1 %)",
    source=SOURCE,
)
def law_given_the_hidden_weights() -> Verdict:
    cases = [comparison for case in ((1, 1), (5, 2), (60, 3)) for comparison in _law(case)]
    return conclude(measured("20,000 output layers in each case", cases))


@claim(
    "(K, n) = (4, 2), (6, 3), (9, 9), random neurons: the mean of rho^2 agrees with its closed form, rho^2 <= M |u|^2 "
    "for every neuron, and the bound on the tail of averages over 60 neurons is above the frequency at their 99.9 % "
    "quantile; for averages over 20,000 neurons it is below 1/1000 at 1.15 times the mean",
    source=SOURCE,
)
def residuals() -> Verdict:
    def check(case: tuple[int, int]) -> bool:
        shift = Shift(Setting(FLOATS, case[0]), case[1])
        _, rho, lengths = _drawn(*case)
        square, averages = rho**2, (rho**2).mean(axis=1)
        centred = abs(averages.mean() - shift.mean_square) < 5 * averages.std() / len(averages) ** 0.5
        tilts, value = np.linspace(0.002, 0.4, 200) / shift.square, float(np.quantile(averages, 0.999))
        bound = min(shift.log_square(60, value, tilt) for tilt in tilts)
        wide = min(shift.log_square(20_000, 1.15 * shift.mean_square, tilt) for tilt in tilts)
        return bool(centred and (square <= shift.square * lengths).all() and wide < np.log(0.001) < bound)

    return conclude(confirm("K = 4, 6, 9", [(4, 2), (6, 3), (9, 9)], check, exhaustive=False, seed=SEED))


def _drawn(K: int, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return v, rho and |u|^2 of 60 neurons in each of 20,000 draws, at a state with n matches."""
    shift = Shift(Setting(FLOATS, K), n)
    u = np.random.default_rng([SEED, K, n]).standard_normal((20_000, 60, K))
    beta = np.array([shift.limits[0]] * n + [shift.limits[2]] * (K - n))
    v = np.maximum(u, 0)
    return v, np.maximum(u[:, :, :n].sum(axis=2) / n**0.5, 0) - v @ beta, (u**2).sum(axis=2)


@claim(
    "(K, n, t) = (4, 2, 1), (6, 3, 2), (9, 9, 1), 1,200,000 random neurons in each case: mean and variance of the "
    "first-order term (alpha . v) rho do not reject 0 and the closed form alpha' W alpha (level 1 %)",
    source=SOURCE,
)
def first_order_terms() -> Verdict:
    def compare(K: int, n: int, t: int) -> Iterator[Comparison]:
        term = FirstOrder(Setting(FLOATS, K), BitClass(n, min(n, t), t))
        v, rho, _ = _drawn(K, n)
        alpha = np.array(term.alpha)[np.repeat(np.arange(4), term.sizes)]
        values = ((v @ alpha) * rho).ravel()
        for what, seen, stated in (("mean", values, 0.0), ("variance", values**2, float(term.spread))):
            error = seen.std() / len(seen) ** 0.5
            yield Comparison(
                f"{what} at K = {K}, n = {n}, t = {t}", seen.mean(), stated, (seen.mean() - stated) / error
            )

    cases = [each for case in ((4, 2, 1), (6, 3, 2), (9, 9, 1)) for each in compare(*case)]
    return conclude(measured("1,200,000 neurons in each case", cases))


@lru_cache(maxsize=1)
def _certificate() -> Certificate:
    return issue_network(permutation_task(range(BITS)), failure=FAILURE, start="gaussian", width=WIDTH)


@claim(
    f"permutation of {BITS} bits, all inputs: a certificate states that the average of at most 75 networks of width "
    f"{WIDTH:,} with Gaussian initial weights, output layer trained, is right at all states with probability at least "
    "0.99; 5 random ensembles of this size are right, while fewer than 1 % of 300 single networks are",
    source=SOURCE,
)
def enough_networks() -> Verdict:
    claimed = _certificate().claim
    states = States.arbitrary(permutation(range(BITS)))
    training = Training.of("output", "gaussian", steps=claimed["steps"], step=float(Fraction(claimed["step"])))

    def certified(most: int) -> bool:
        return bool(claimed["networks"] <= most and checker.judge(_certificate().data)[0] == checker.ACCEPTED)

    def simulated(case: tuple[int, int]) -> bool:
        networks, draws = case
        drawn = measure(states, training, width=WIDTH, networks=networks, draws=draws, seed=SEED)
        right = drawn.right(float(Fraction(claimed["threshold"])))
        return right == draws if networks > 1 else right < draws / 100

    return conclude(
        confirm("size, by the checker", [75], certified, exhaustive=True),
        confirm("random networks", [(claimed["networks"], 5), (1, 300)], simulated, exhaustive=False, seed=SEED),
    )


SIZES = {
    ("permutation 5", 3000): 75,
    ("permutation 5", 10_000): 60,
    ("permutation 8", 10_000): 195,
    ("permutation 10", 10_000): 350,
    ("addition 2", 3000): 90,
    ("addition 3", 10_000): 250,
}


@claim(
    "the average of at most 75, 60 networks of width 3,000, 10,000 (permutation of 5 bits), 195, 350 of width 10,000 "
    "(8, 10 bits), 90 of width 3,000 (addition of 2 bits), 250 of width 10,000 (3 bits) executes the program on all "
    "inputs with probability at least 0.99; with one network or one step of training fewer the checker rejects the "
    "certificate",
    source=SOURCE,
)
def sizes() -> Verdict:
    def check(case: tuple[str, int]) -> bool:
        kind, bits = case[0].split()
        task = permutation_task(range(int(bits))) if kind == "permutation" else addition_task(int(bits))
        certificate = issue_network(task, failure=FAILURE, start="gaussian", width=case[1])
        fewer = [certificate.claim | {key: certificate.claim[key] - 1} for key in ("networks", "steps")]
        codes = [checker.judge(Certificate(item, certificate.evidence).data)[0] for item in fewer]
        return bool(certificate.claim["networks"] <= SIZES[case] and codes == [checker.REJECTED] * 2)

    return conclude(confirm("sizes", SIZES, check, exhaustive=True))
