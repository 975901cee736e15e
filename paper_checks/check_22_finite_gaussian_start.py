"""Ensembles of finite networks from a Gaussian start, output layer trained: their exact law, and how many are enough.

Given the hidden weights, a trained output is exactly Gaussian: its mean is what the start 0 gives, its variance at most
``mean rho^2`` and a leftover of training. Proofs: ``ntkproofs/bounds/finite/gaussian_start.py``.
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
    "one direction: the variance of a trained output splits into |phi - Phi G^-1 k|^2 and a leftover of training, and "
    "1 - eta g is at most exp(-eta g); here with one sample, k = |Phi| s, and T steps",
    source=SOURCE,
)
def variance_splits() -> Verdict:
    phi, s, g, left = sympy.symbols("phi s g left", positive=True)  # |phi|, component along Phi, |Phi|, (1 - eta G)^T
    along = s - g * (1 - left) / g**2 * (g * s)  # of phi - Phi G^-1 (1 - R) k
    inside = {symbol: (Fraction(1), Fraction(9)) for symbol in (phi, s, g, left)}
    x = sympy.Symbol("x")
    return conclude(
        identity(phi**2 - s**2 + along**2, (phi**2 - s**2) + left**2 * (g * s) ** 2 / g**2, inside),
        decide(at_most(1 - x, sympy.exp(-x)), Box({x: (0, 4)})),
    )


def _law(case: tuple[int, int]) -> Iterator[Comparison]:
    """Train one hidden layer from many starts: mean and variance of an output next to what is stated."""
    steps, seed = case
    source = np.random.default_rng([SEED, seed])
    u, x = source.standard_normal((40, 5)), np.array([1.0, 1, 1, 0, 0]) / 3**0.5
    Phi, phi = np.maximum(u, 0) / 40**0.5, np.maximum(u @ x, 0) / 40**0.5
    G, k, y = Phi.T @ Phi, Phi.T @ phi, np.array([1.0, 0, 0, 0, 0])
    left = np.linalg.matrix_power(np.eye(5) - 0.3 * G, steps)
    mean = k @ np.linalg.solve(G, (np.eye(5) - left) @ y)
    rest = phi - Phi @ np.linalg.solve(G, k)
    variance = rest @ rest + k @ np.linalg.solve(G, left @ left @ k)
    starts = source.standard_normal((1, 40, 20_000))
    outputs = output_layer(u[None], starts, x[None], np.tile(y[:, None], 20_000), step=0.3, steps=steps)[0, 0]
    spread = ((outputs - mean) ** 2).mean()
    for what, seen, stated, error in (
        ("mean", outputs.mean(), mean, (variance / 20_000) ** 0.5),
        ("variance", spread, variance, variance * (2 / 20_000) ** 0.5),
    ):
        yield Comparison(f"{what} after {steps} steps", seen, stated, (seen - stated) / error)


@claim(
    "networks with one hidden layer and 20,000 drawn output layers, trained by gradient descent: mean and variance of "
    "an output are k' G^-1 (I - R) y and |phi - Phi G^-1 k|^2 + k' G^-1 R^2 k",
    source=SOURCE,
)
def law_given_the_hidden_weights() -> Verdict:
    cases = [comparison for case in ((1, 1), (5, 2), (60, 3)) for comparison in _law(case)]
    return conclude(measured("20,000 starts each", cases))


@claim(
    "drawn neurons: the mean of rho^2 is its closed form, rho^2 is at most M |u|^2, averages over 60 neurons exceed a "
    "value no more often than the bound says, which over 20,000 neurons leaves a chance of 1/1000 above 1.15 times the "
    "mean",
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
    f"permutation of {BITS} bits, all inputs: the average of at most 210 networks of width {WIDTH:,} from a Gaussian "
    "start, output layer trained, is right everywhere with probability 0.99 (balls); 5 draws of that ensemble are, "
    "and of single networks from that start not one in a hundred is",
    source=SOURCE,
)
def enough_networks() -> Verdict:
    found = _ensemble()
    states = States.arbitrary(permutation(range(BITS)))
    training = Training.of("output", "gaussian", steps=found.steps, step=float(found.step))

    def certified(most: int) -> bool:
        return bool(found.networks <= most and found.bound().upper <= FAILURE)

    def drawn(case: tuple[int, int]) -> bool:
        networks, draws = case
        right = measure(states, training, width=WIDTH, networks=networks, draws=draws, seed=SEED).right(
            float(THRESHOLD)
        )
        return right == draws if networks > 1 else right < draws / 100

    return conclude(
        confirm("balls", [210], certified, exhaustive=True),
        confirm("draws", [(found.networks, 5), (1, 300)], drawn, exhaustive=False, seed=SEED),
    )
