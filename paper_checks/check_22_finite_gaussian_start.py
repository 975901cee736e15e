"""Ensembles of finite networks with Gaussian initial weights, output layer trained: exact distribution and sizes.

Given the hidden weights, a trained output is exactly Gaussian. Its mean is that of training from zero; its variance is
at most ``mean rho^2`` plus a remainder of training. Proofs: ``ntkproofs/bounds/finite/gaussian_start.py``.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache

import numpy as np
import sympy

from ntkproofs.bounds.finite.gaussian_start import GaussianEnsemble, GaussianLoad, Residual, least_gaussian_ensemble
from ntkproofs.bounds.finite.numbers import FLOATS
from ntkproofs.bounds.finite.output_layer import Setting
from ntkproofs.claims import Verdict, claim, conclude
from ntkproofs.classes import arbitrary_classes
from ntkproofs.facts import Comparison, confirm, measured
from ntkproofs.programs import permutation
from ntkproofs.rigor import Box, at_most, decide, identity
from ntkproofs.simulation.descent import output_layer
from ntkproofs.simulation.measured import States, measure
from ntkproofs.training import Training

SOURCE = "ensemble experiment: finite networks from a Gaussian start; exact given the hidden weights"
SEED = 20250228
BITS, WIDTH, THRESHOLD, FAILURE = 5, 3000, Fraction(2, 25), Fraction(1, 100)


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
    outputs = output_layer(u[None], starts, x[None], np.tile(y[:, None], 20_000), step=0.3, steps=steps)[0, 0]
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
        K, n = case
        residual = Residual(Setting(FLOATS, K), n)
        u = np.random.default_rng([SEED, K, n]).standard_normal((20_000, 60, K))
        beta = np.array([residual.inside] * n + [residual.outside] * (K - n))
        rho = np.maximum(u[:, :, :n].sum(axis=2) / n**0.5, 0) - np.maximum(u, 0) @ beta
        square, averages = rho**2, (rho**2).mean(axis=1)
        centred = abs(averages.mean() - residual.mean_square) < 5 * averages.std() / len(averages) ** 0.5
        tilts, value = np.linspace(0.002, 0.4, 200) / residual.M, float(np.quantile(averages, 0.999))
        bound = min(residual.log_probability(60, value, tilt) for tilt in tilts)
        wide = min(residual.log_probability(20_000, 1.15 * residual.mean_square, tilt) for tilt in tilts)
        return bool(centred and (square <= residual.M * (u**2).sum(axis=2)).all() and wide < np.log(0.001) < bound)

    return conclude(confirm("K = 4, 6, 9", [(4, 2), (6, 3), (9, 9)], check, exhaustive=False, seed=SEED))


@lru_cache(maxsize=1)
def _ensemble() -> GaussianEnsemble:
    program = permutation(range(BITS))
    load = GaussianLoad.of(program.samples, arbitrary_classes(program), program.labels.T.tolist())
    return least_gaussian_ensemble(load, FAILURE, width=WIDTH, threshold=THRESHOLD)


@claim(
    f"permutation of {BITS} bits, all inputs: the average of at most 210 networks of width {WIDTH:,} with Gaussian "
    "initial weights, output layer trained, is right at all states with probability at least 0.99 (interval "
    "arithmetic); so are 5 random ensembles of this size, while fewer than 1 % of 300 single networks are",
    source=SOURCE,
)
def enough_networks() -> Verdict:
    ensemble = _ensemble()
    states = States.arbitrary(permutation(range(BITS)))
    training = Training.of("output", "gaussian", steps=ensemble.steps, step=float(ensemble.step))

    def certified(most: int) -> bool:
        return bool(ensemble.networks <= most and ensemble.bound().upper <= FAILURE)

    def simulated(case: tuple[int, int]) -> bool:
        networks, draws = case
        right = measure(states, training, width=WIDTH, networks=networks, draws=draws, seed=SEED).right(
            float(THRESHOLD)
        )
        return right == draws if networks > 1 else right < draws / 100

    return conclude(
        confirm("size and bound, by intervals", [210], certified, exhaustive=True),
        confirm("random networks", [(ensemble.networks, 5), (1, 300)], simulated, exhaustive=False, seed=SEED),
    )
