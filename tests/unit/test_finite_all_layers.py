"""All layers trained from an antisymmetric start: the deterministic part against training, tails against draws."""

from __future__ import annotations

import contextlib
import math
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, pairwise

import numpy as np
import pytest

from ntkproofs.bounds.finite import tails
from ntkproofs.bounds.finite.all_layers import AllLayersNetwork, find_all_layers, least_all_layers, levels
from ntkproofs.bounds.finite.deviation import CELLS, Deviation
from ntkproofs.bounds.finite.drift import Closings, Drift, Spectrum, StateEvents
from ntkproofs.bounds.finite.linearised import LinearisedBound, LinearisedDeviation, TangentSetting, _Expansion
from ntkproofs.bounds.finite.network import Requirements, TooNarrow, Workload
from ntkproofs.bounds.finite.numbers import FLOATS, Balls
from ntkproofs.bounds.finite.output_layer import BitClass, ClassBound, Setting
from ntkproofs.classes import arbitrary_classes
from ntkproofs.errors import InputError
from ntkproofs.programs import permutation

Z = 5.0  # how many standard errors a mean over draws may be off
DRAWS = 100_000


def near(samples: np.ndarray, value: float) -> bool:
    """Return whether the mean of the samples agrees with the value up to the sampling error."""
    return bool(abs(samples.mean() - value) < Z * samples.std() / math.sqrt(len(samples)))


# --- a start and its training


class Start:
    """Random initial weights, with all quantities of the deterministic statement computed from them."""

    def __init__(self, K: int, pairs: int, t: int, seed: int) -> None:
        self.K, self.m, self.t, self.w = K, pairs, t, 2 * pairs
        self.u = np.random.default_rng(seed).standard_normal((pairs, K))
        self.v, self.gate = np.maximum(self.u, 0), self.u > 0
        self.y = np.zeros(K)
        self.y[:t] = 1
        self.unit, self.b = self.y / math.sqrt(t), 1 - self.y
        self.P = np.eye(K) - np.outer(self.unit, self.unit)
        self.setting = TangentSetting(FLOATS, K)
        self.limit = self.setting.lam * np.eye(K) + self.setting.rest
        self.gram = self.v.T @ self.v / pairs
        self.H = np.diag(self.gate.mean(0)) + self.gram
        self.sizes = np.linalg.norm(self.v, axis=1)
        eigenvalues = np.linalg.eigvalsh(self.H)
        A0 = float(self.y @ np.linalg.solve(self.limit, self.y))
        self.spectrum = Spectrum(
            least=float(eigenvalues[0]),
            inverse=float(self.y @ np.linalg.solve(self.H, self.y)) / A0,
            gram=float(np.linalg.eigvalsh(self.gram)[-1]),
            pull=float(np.linalg.norm(self.P @ (self.H - self.limit) @ self.unit)),
            bulk=float(np.linalg.norm(self.P @ (self.H - self.limit) @ self.b)),
            label=float(((self.v @ self.unit) ** 2).mean()),
            open=float(self.gate[:, :t].any(1).mean()),
            longest=float(self.sizes.max()),
        )

    def closings(self, drift: Drift) -> Closings:
        """Return the largest sums over the coordinates, for the u of this start."""
        a, kappa = drift.amax(self.sizes)[:, None], drift.kappa(self.sizes)[:, None]

        def most(values: np.ndarray) -> float:
            return float((values * self.gate).sum(0).max() / math.sqrt(self.w))

        def far(path: float) -> np.ndarray:
            return np.maximum(a * path - self.u, 0) + np.maximum(a * path - 2 * self.u, 0)

        single = np.maximum(a * drift.tw - self.u, 0)
        return Closings(
            writer=most(a * single),
            cross=most(a * single * (self.u < a * drift.back)),
            turn=most(a * a * drift.back * ((self.u < a * drift.tw) * 1.0 + (self.u < a * drift.back))),
            other=most(a * far(drift.s1)),
            echo=most(drift.tw * kappa / 2 * far(drift.tw)),
            far_echo=most(drift.s1 * kappa / 2 * far(drift.s1)),
        )

    def drift(self) -> tuple[Drift, Closings]:
        """Return the conclusions with the smallest `rest` that closes the induction."""
        rest = 0.0
        for _ in range(60):
            drift = Drift(self.setting, self.t, self.w, self.spectrum, rest)
            assert drift.amax(self.spectrum.longest) < 2
            closings = self.closings(drift)
            need = drift.variation(closings) / (self.spectrum.least * math.sqrt(self.w))
            if need < rest:
                return drift, closings
            rest = need * 1.001 + 1e-12
        raise AssertionError("no number closes the induction")

    def share(self, drift: Drift) -> float:
        longer = max(drift.tw, drift.s1) * drift.amax(self.spectrum.longest)
        return float((self.gate & (self.u < longer)).mean(0).max())

    def state(self, S: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return x, bh and the linearised output's kernel row."""
        x = np.zeros(self.K)
        x[list(S)] = 1 / math.sqrt(len(S))
        z = self.u @ x
        row = (self.v * np.maximum(z, 0)[:, None] + (z > 0)[:, None] * self.gate * x).mean(0)
        return x, np.linalg.solve(self.H, row), row


class Trained:
    """Gradient descent on all weights from one start, with its path and the maxima along it."""

    def __init__(self, start: Start, eta: float, steps: int) -> None:
        u, root = start.u, math.sqrt(start.w)
        U, a = np.stack([u, u]), np.stack([np.ones(start.m), -np.ones(start.m)])
        hats, E = U.copy(), np.zeros(start.K)
        self.c: list[np.ndarray] = []
        self.D: list[np.ndarray] = []
        self.residuals: list[np.ndarray] = []
        self.peaks = {name: np.zeros(start.m) for name in ("A", "B", "p", "d", "AvE", "BdE", "a")}
        for _ in range(steps + 1):
            relu = np.maximum(U, 0)
            f = np.einsum("sm,smk->k", a, relu) / root
            self.D.append(f + root * start.H @ E)
            e = f - start.y
            self.residuals.append(e)
            self._note(start, a, hats, E)
            c = eta / root * e
            self.c.append(c)
            self.U, self.a, self.E = U, a, E
            hats = hats - a[:, :, None] * c * start.gate
            U, a, E = U - a[:, :, None] * c * (U > 0), a - relu @ c, E + c
        self.c.pop()

    def _note(self, start: Start, a: np.ndarray, hats: np.ndarray, E: np.ndarray) -> None:
        A, B = (a[0] + a[1]) / 2, (a[0] - a[1]) / 2 - 1
        p, d = (hats[0] + hats[1]) / 2 - start.u, (hats[0] - hats[1]) / 2
        values = {
            "A": A,
            "B": 1 + B,
            "p": np.linalg.norm(p, axis=1),
            "d": np.linalg.norm(d, axis=1),
            "AvE": A + start.v @ E,
            "BdE": np.linalg.norm((1 + B)[:, None] * d + start.gate * E, axis=1),
            "a": np.abs(a).max(0),
        }
        for name, value in values.items():
            self.peaks[name] = np.maximum(self.peaks[name], np.abs(value))

    def output(self, x: np.ndarray, w: int) -> float:
        return float((self.a * np.maximum(self.U @ x, 0)).sum() / math.sqrt(w))


CASES = [(3, 300, 1), (4, 500, 1), (5, 700, 1), (6, 1500, 1), (5, 1200, 2)]


@pytest.mark.parametrize(("K", "pairs", "t"), CASES)
@pytest.mark.parametrize("part", [0.2, 0.6, 1.0])
def test_training_obeys_every_inequality(K: int, pairs: int, t: int, part: float) -> None:
    for seed in range(2):
        start = Start(K, pairs, t, 100 * K + 10 * t + seed)
        drift, closings = start.drift()
        eta, root = part / (1 + start.spectrum.gram), math.sqrt(start.w)
        lip = drift.lipschitz(closings, start.share(drift))
        rate = eta * (start.spectrum.least - lip)
        assert rate > 0
        steps = math.ceil(math.log(1e-4) / math.log1p(-rate)) if part < 1 else 25
        trained = Trained(start, eta, steps)
        path(start, drift, trained)
        neurons(start, drift, trained)
        jumps = np.linalg.norm(np.diff(trained.D, axis=0), axis=1)
        norms = np.linalg.norm(trained.residuals, axis=1)
        assert jumps.sum() <= drift.variation(closings)
        assert jumps.sum() <= drift.rest * start.spectrum.least * root
        assert np.all(jumps <= eta * norms[:-1] * lip)
        assert np.all(norms <= math.sqrt(t) * (1 - rate) ** np.arange(len(norms)) * (1 + 1e-9))
        states(start, drift, closings, trained, eta, steps)


def path(start: Start, drift: Drift, trained: Trained) -> None:
    """Check the bounds of the length of the path, by coordinates."""
    c = np.array(trained.c)
    own = np.abs(c).sum(0)
    assert np.abs(c @ start.unit).sum() <= drift.sy
    assert np.linalg.norm(c @ start.P, axis=1).sum() <= drift.st
    assert own[: start.t].max() <= drift.tw
    assert own[start.t :].max() <= drift.s1
    assert np.linalg.norm(own[start.t :]) <= drift.st
    assert np.maximum(c[:, : start.t], 0).sum(0).max() <= drift.back


def neurons(start: Start, drift: Drift, trained: Trained) -> None:
    """Check the bounds of each pair of neurons."""
    sizes, C, S = start.sizes, drift.cosh, drift.S
    vy, vt = start.v @ start.unit, np.linalg.norm(start.v @ start.P, axis=1)
    sy, st, a = drift.sy, drift.st, drift.amax(sizes)
    P0 = vy * sy * (sy / 2 + st) + vt * st * (st / 2 + sy)
    T0 = vy * sy * (sy**2 / 6 + sy * st / 2 + st**2 / 2) + vt * st * (st**2 / 6 + st * sy / 2 + sy**2 / 2)
    paths = np.where(start.y > 0, drift.tw, drift.s1)
    b = np.maximum(a[:, None] * paths - start.u, 0) * start.gate
    be = (b**2).sum(1) / (2 * a)
    assert np.all(be <= drift.be)
    peaks = trained.peaks
    assert np.all(peaks["A"] <= C * (sy * vy + st * vt + be))
    assert np.all(peaks["p"] <= C * (P0 + be * S))
    assert np.all(peaks["AvE"] <= be + C * (T0 + be * S * S / 2))
    assert np.all(peaks["d"] <= (1 + be) * drift.sinh)
    assert np.all(peaks["B"] <= (1 + be) * C)
    assert np.all(peaks["BdE"] <= (1 + be) ** 2 * drift.sinh * C - S)
    assert np.all(peaks["a"] <= a)
    free = be == 0  # nothing closes: the mean squares bound these pairs, and the gates of the writers matter
    assert free.mean() > 0.5
    for name, square in zip(("A", "p", "AvE"), drift.squares, strict=True):
        assert math.sqrt((peaks[name] ** 2 * free).mean()) <= C * square
    for power in (1, 2):
        assert (peaks["BdE"] ** power * free).mean() <= drift._open(power)


def states(start: Start, drift: Drift, closings: Closings, trained: Trained, eta: float, steps: int) -> None:
    """Check the identity, and the distance from the linearised network at every state."""
    K, t, root = start.K, start.t, math.sqrt(start.w)
    alpha = np.linalg.solve(start.limit, start.y)
    inverse = np.linalg.solve(start.H, start.y)
    deviation = inverse * (start.y @ alpha) / (start.y @ inverse) - alpha
    e = math.sqrt(deviation @ start.limit @ deviation)
    late, residual = drift.late(eta, steps), float(np.linalg.norm(trained.residuals[-1]))
    for n in range(2, K + 1):
        for S in combinations(range(K), n):
            p = sum(i < t for i in S)
            kind, (x, bh, row) = BitClass(n, p, t), start.state(S)
            linear, f = float(bh @ start.y), trained.output(x, start.w)
            D = f + root * row @ trained.E
            assert math.isclose(f - linear, D - bh @ trained.D[-1] + bh @ trained.residuals[-1], abs_tol=1e-9)
            z, a = start.u @ x, drift.amax(start.sizes)
            full, closed, below = (move + drift.blur(start.sizes) for move in drift.moves(kind, e, late))
            open_ = start.gate[:, [i for i in S if i < t]].any(1)
            above = np.where(open_, full, closed)
            kinks = (a * (np.maximum(above - z, 0) * (z > 0) + np.maximum(below + z, 0) * (z <= 0))).sum() / root
            limits = tails.StateBound(start.setting, kind, Fraction(1, 2), 0.0).limits
            sizes = (p, n - p, t - p, K - n - t + p)
            order = [i for i in S if i < t] + [i for i in S if i >= t]
            order += [i for i in range(t) if i not in S] + [i for i in range(t, K) if i not in S]
            beta = np.zeros(K)
            beta[order] = np.repeat(limits, sizes)
            tau = start.gate * ((z > 0)[:, None] * x - beta)
            square = ((np.maximum(z, 0) - start.v @ beta) ** 2 + (tau**2).sum(1)).mean()
            events = StateEvents(e, float(kinks), float(square), float(np.linalg.norm(bh - beta)))
            d = drift.distance(kind, limits, linear, events, closings, residual)
            assert (linear - f if p else f - linear) <= d, (S, p)


def test_the_bounds_of_the_deterministic_part_are_of_the_size_of_the_truth() -> None:
    start = Start(4, 2000, 1, 7)
    drift, closings = start.drift()
    trained = Trained(start, 0.9 / (1 + start.spectrum.gram), 80)
    jumps = np.linalg.norm(np.diff(trained.D, axis=0), axis=1).sum()
    assert jumps > drift.variation(closings) / 12
    assert np.abs(np.array(trained.c)[:, 0]).sum() > drift.sy / 1.5


# --- the linearised network


@pytest.mark.parametrize(
    "kind", [BitClass(2, 0, 1), BitClass(4, 1, 1), BitClass(5, 1, 1), BitClass(3, 1, 2), BitClass(4, 2, 2)]
)
def test_moments_and_suprema_of_a_class(kind: BitClass) -> None:
    K, d = 5, 0.02
    bound = LinearisedBound(TangentSetting(FLOATS, K), kind, Fraction(1, 10), d)
    group = np.repeat(np.arange(4), bound.sizes)
    x, b, alpha = (np.array(values)[group] for values in (np.array(bound.inside) * bound.root, bound.b, bound.alpha))
    u = np.random.default_rng(3).standard_normal((DRAWS, K))
    v, gate, z = np.maximum(u, 0), u > 0, u @ x
    zeta = np.maximum(z, 0) - v @ b
    tau = gate * ((z > 0)[:, None] * x - b)
    rho = v * zeta[:, None] + tau
    for i in range(K):
        assert near(bound.sign * rho[:, i], -bound.margin / bound.A0 if bound.labels[group[i]] else 0.0)
        for k in range(i + 1):
            value = bound.diagonal[group[i]] if i == k else bound.between[group[i]][group[k]]
            assert near(rho[:, i] * rho[:, k], value)
    assert near((rho @ alpha) ** 2, bound.spread)
    limit = bound.setting.lam * np.eye(K) + bound.setting.rest
    values, vectors = np.linalg.eigh(limit)
    root = vectors / np.sqrt(values) @ vectors.T
    y = root @ np.array(bound.labels)[group]
    whiten = root @ (np.eye(K) - np.outer(y, y) / (y @ y))
    for r in (0.1, 0.5):
        second = bound.sign * (v @ alpha) * zeta + r * np.abs(zeta) * np.linalg.norm(v @ whiten, axis=1)
        cover = ((bound.sizes[1], Fraction(1, 2)),)
        assert (second / (u**2).sum(1)).max() <= bound.supremum(r, cover)
        zero = bound.sign * tau @ alpha + r * np.linalg.norm(tau @ whiten, axis=1)
        assert zero.max() <= bound.constants[0] + r * bound.constants[1]


def test_bennett_of_two_degrees_increases_in_both_suprema_and_bounds_draws() -> None:
    setting = TangentSetting(FLOATS, 3)
    for l in (0.05, 0.2):
        for M in (0.1, 0.5, 1.0):
            values = [setting.bennett(l, M, constant) for constant in (0.0, 0.3, 1.0, 3.0)]
            assert values == sorted(values)
            assert setting.bennett(l, M, 0.3) <= setting.bennett(l, M + 0.2, 0.3)
            exact = math.exp(0.3 * l) * (1 - 2 * l * M) ** -1.5  # X = 0.3 + M R^2 is the case of equality
            square = 0.09 + 1.8 * M + 15 * M * M
            assert math.isclose(1 + l * (0.3 + 3 * M) + setting.bennett(l, M, 0.3) * square, exact, rel_tol=1e-9)


@pytest.mark.parametrize(("K", "t"), [(5, 1), (6, 2)])
def test_deviation_moments_agree_with_draws_and_with_the_output_layer(K: int, t: int) -> None:
    setting, rng = TangentSetting(FLOATS, K), np.random.default_rng(K)
    event = LinearisedDeviation(setting, t)
    u = rng.standard_normal((DRAWS, K))
    v, gate, y = np.maximum(u, 0), (u > 0) * 1.0, np.zeros(K)
    y[:t] = 1
    limit = setting.lam * np.eye(K) + setting.rest
    alpha = np.linalg.solve(limit, y)
    values, vectors = np.linalg.eigh(limit)
    root = vectors / np.sqrt(values) @ vectors.T
    P = np.eye(K) - np.outer(root @ y, root @ y) / (y @ alpha)
    inner = root @ P @ root
    trace = np.einsum("ri,ij,rj->r", v, inner, v) + gate @ np.diag(inner)
    assert near(trace**2, event.T2)
    for _ in range(3):
        omega = P @ rng.standard_normal(K)
        c = root @ omega / np.linalg.norm(omega)
        first, second = (v @ c) * (v @ alpha) + gate @ (c * alpha), (v @ c) ** 2 + gate @ (c * c)
        sums = [c[t:].sum(), *((part**k).sum() for k in (2, 3, 4) for part in (c[:t], c[t:]))]
        for g, b in ((0.1, 0.1), (0.7, 0.05)):
            weights = (1, 2 * g, g * g)
            exact = sum(
                weight * value * math.prod(s**k for s, k in zip(sums, powers, strict=True))
                for weight, polynomial in zip(weights, event.polynomials, strict=True)
                for powers, value in polynomial.items()
            )
            assert near((first + g * second) ** 2, exact)
            share = sums[1] / (sums[1] + sums[2])
            assert exact <= event.second_moment(g, setting.moments.single[1] * c.sum(), share) * (1 + 1e-9)
            zero = -gate @ (c * alpha) - g * gate @ (c * c) + g * b * gate @ np.diag(inner)
            assert zero.max() <= event.constant(g, b)
    other = Setting(FLOATS, K)
    old, new = Deviation(other, t), LinearisedDeviation(other, t)
    new.polynomials = _Expansion(other, t, old.top, old.a, gates=False).squares()
    for y0 in (-0.5, 0.3):
        for side, share in zip(old.sides, (0.0, 1.0), strict=False):  # all of c on one part of the samples
            assert old.second_moment(0.7, y0, side) <= new.second_moment(0.7, y0, share) * (1 + 1e-9)


# --- tails


def test_matrix_moments_agree_with_draws() -> None:
    K = 5
    setting, u = TangentSetting(FLOATS, K), np.random.default_rng(5).standard_normal((DRAWS, K))
    v, gate = np.maximum(u, 0), (u > 0) * 1.0
    limit = setting.lam * np.eye(K) + setting.rest
    inverse = np.linalg.inv(limit)
    one = np.ones(K) / math.sqrt(K)
    other = np.array([1, -1, 0, 0, 0]) / math.sqrt(2)
    for unit, value in zip((one, other), tails.second_moments(setting), strict=True):
        vector = gate * unit + v * (v @ unit)[:, None]  # N_r unit
        scale = unit @ limit @ unit
        assert near(np.einsum("ri,ij,rj->r", vector, inverse, vector) / scale, value)
    l, matrices = 0.1, np.einsum("ri,rk->rik", v[:20000], v[:20000]) + gate[:20000, :, None] * np.eye(K)
    values, vectors = np.linalg.eigh(limit)
    root = vectors / np.sqrt(values) @ vectors.T
    moved = np.exp(-l * np.linalg.eigvalsh(root @ matrices @ root)).sum(1)  # the trace of exp(-l X)
    error = Z * moved.std() / math.sqrt(len(moved))
    assert math.log(moved.mean() - error) <= tails.least_eigenvalue(setting, 1, l) <= math.log(moved.mean() * 1.02)
    l, size = 0.06, (v**2).sum(1)
    moment = tails.gram(setting, 1, l)  # the logarithm of along + (K - 1) across
    total = (K - 1) + np.exp(l * size)  # the trace of exp(l v v')
    assert math.log(total.mean()) <= moment <= math.log(total.mean() * 1.05)


@pytest.mark.parametrize(("K", "t"), [(5, 1), (6, 2), (7, 3)])
def test_vectors_of_a_column_agree_with_draws(K: int, t: int) -> None:
    setting, u = TangentSetting(FLOATS, K), np.random.default_rng(K).standard_normal((DRAWS, K))
    column = tails.Column(setting, t)
    v, gate, y = np.maximum(u, 0), (u > 0) * 1.0, np.zeros(K)
    y[:t] = 1
    unit, b = y / math.sqrt(t), 1 - y
    P = np.eye(K) - np.outer(unit, unit)
    limit = setting.lam * np.eye(K) + setting.rest
    directions = [b / np.linalg.norm(b), np.eye(K)[t] - np.eye(K)[t + 1], np.eye(K)[0] - np.eye(K)[1]]
    for spread, side in ((column.pull, unit), (column.bulk, b)):
        second, zero = v * (v @ side)[:, None] @ P, gate * side @ P - P @ limit @ side
        xi = second + zero
        counts = {count: value for count, value in spread.eigenvalues}
        assert sum(count for count, _ in spread.eigenvalues) == K - 1
        expected = [counts[1] if t != 2 else None, None, None]
        for direction, value in zip(directions[: 3 if t > 1 else 2], expected, strict=False):
            w = direction / np.linalg.norm(direction)
            matched = [x for _, x in spread.eigenvalues if near((xi @ w) ** 2, x)]
            assert matched
            assert value is None or value in matched
        assert np.linalg.norm(zero, axis=1).max() <= spread.M0 + 1e-9
        assert (np.linalg.norm(second, axis=1) / (u**2).sum(1)).max() <= spread.M2
    assert near((v @ unit) ** 2, column.mean)
    assert near((v @ unit) ** 4, column.fourth)


@pytest.mark.parametrize("kind", [BitClass(2, 0, 1), BitClass(4, 1, 1), BitClass(3, 1, 2)])
def test_regression_of_a_state_agrees_with_draws(kind: BitClass) -> None:
    K = 5
    state = tails.StateBound(TangentSetting(FLOATS, K), kind, Fraction(1, 2), 0.0)
    group = np.repeat(np.arange(4), state.sizes)
    x, beta = np.array(state.inside)[group] * state.root, np.array(state.b)[group]
    u = np.random.default_rng(8).standard_normal((DRAWS, K))
    v, z = np.maximum(u, 0), u @ x
    tau = (u > 0) * ((z > 0)[:, None] * x - beta)
    zeta = np.maximum(z, 0) - v @ beta
    square, spread, suprema = zeta**2 + (tau**2).sum(1), state.spread_of_rho, state.suprema
    assert near(square, state.square_mean)
    assert np.linalg.norm(tau, axis=1).max() <= suprema[0] + 1e-12
    assert (np.abs(zeta) / np.linalg.norm(u, axis=1)).max() <= suprema[1]
    values, vectors = np.linalg.eigh(state.setting.lam * np.eye(K) + state.setting.rest)
    root = vectors / np.sqrt(values) @ vectors.T
    assert np.linalg.norm(tau @ root, axis=1).max() <= spread.M0
    assert (np.abs(zeta) * np.linalg.norm(v @ root, axis=1) / (u**2).sum(1)).max() <= spread.M2
    rho = (v * zeta[:, None] + tau) @ root
    total = sum(count * value for count, value in spread.eigenvalues)
    limits, forms = (np.array(block) for block in state.blocks())
    assert near((rho**2).sum(1), total + float(np.trace(np.linalg.solve(limits, forms))))
    for l in (0.05, 0.2):
        assert np.exp(l * square).mean() <= math.exp(state.square_moment(1, l))


def test_windows_bound_draws() -> None:
    K, m, l = 4, 200, 6.0
    start = Start(K, m, 1, 11)
    drift = Drift(start.setting, 1, 2 * m, replace(start.spectrum, longest=5.0), 0.01)
    windows = tails.Windows(drift, levels(K, Fraction(5)))
    u = np.random.default_rng(2).standard_normal((20 * DRAWS // 4, K))
    v = np.maximum(u, 0)
    sizes = np.linalg.norm(v, axis=1)
    u, v, sizes = u[sizes <= 5], v[sizes <= 5], sizes[sizes <= 5]
    a, gate, first = drift.amax(sizes), u[:, 0] > 0, u[:, 0]

    def check(X: np.ndarray, moment: float, most: float) -> None:
        values, bound = np.exp(l * X) - 1, math.expm1(moment / m)
        error = Z * values.std() / math.sqrt(len(values))
        assert values.mean() - error <= bound <= most * (values.mean() + error)

    for path_ in (drift.tw, drift.s1):
        single, double = np.maximum(a * path_ - first, 0), np.maximum(a * path_ - 2 * first, 0)
        check(a * single * gate, windows.closing_moment(path_, l), 1.6)
        check(a * (single + double) * gate, windows.closing_moment(path_, l, twice=True), 1.8)
        kappa = drift.kappa(sizes) / 2
        check(path_ * kappa * (single + double) * gate, windows.closing_moment(path_, l, twice=True, echo=True), 3.0)
        check(a * single * gate * (first < a * 0.02), windows.cross_moment(path_, 0.02, l), 1.6)
        turns = (first < a * path_) * 1.0 + (first < a * 0.02)
        check(a * a * 0.02 * gate * turns, windows.turn_moment(path_, 0.02, l), 1.6)
    for kind in (BitClass(2, 1, 1), BitClass(3, 0, 1), BitClass(4, 1, 1)):
        x = np.zeros(K)
        x[[0, *range(1, kind.n)] if kind.p else list(range(1, kind.n + 1))] = 1 / math.sqrt(kind.n)
        z = u @ x
        full, closed, below = (move + drift.blur(sizes) for move in drift.moves(kind, 0.1, 0.0))
        above = np.where(gate, full, closed)
        X = a * (np.maximum(above - z, 0) * (z > 0) + np.maximum(below + z, 0) * (z <= 0))
        check(X, windows.kink_moment(kind, 0.1, 0.0, l), 1.8)


# --- the whole


@pytest.fixture(scope="module")
def network() -> AllLayersNetwork:
    program = permutation([1, 2, 0])
    load = Workload.of(program.samples, arbitrary_classes(program), program.labels.T.tolist())
    return find_all_layers(load, Requirements(Fraction(1, 100), width=960))


def test_the_bound_confirms_a_network_and_refuses_smaller_ones(network: AllLayersNetwork) -> None:
    assert network.bound().upper <= network.failure
    with pytest.raises(TooNarrow, match="the width 700 with this training"):
        find_all_layers(network.workload, Requirements(network.failure, width=700))
    fewer = replace(network, width=800)
    with contextlib.suppress(InputError):
        assert fewer.bound().upper > network.failure
    with pytest.raises(InputError, match="even width"):
        replace(network, width=network.width - 1).bound()
    with pytest.raises(InputError, match="the step"):
        replace(network, step=network.step * 2).bound()
    with pytest.raises(InputError, match="the residual"):
        replace(network, steps=3).bound()
    with pytest.raises(InputError, match="events are not those"):
        replace(network, classes=dict(list(network.classes.items())[1:])).bound()
    column = network.columns[1]
    small = replace(column, rest=column.rest / 2)
    with pytest.raises(InputError, match="the variation"):
        replace(network, columns={1: small}).bound()
    negative = replace(column, label=replace(column.label, l=Fraction(-1)))
    with pytest.raises(InputError, match="positive"):
        replace(network, columns={1: negative}).bound()
    with pytest.raises(InputError, match="increase"):
        replace(network, shared=replace(network.shared, levels=network.shared.levels[::-1])).bound()


def test_the_bounds_increase_with_their_arguments() -> None:
    K, t = 5, 2
    setting = TangentSetting(FLOATS, K)
    told = Spectrum(0.6, 1.3, 1.7, 0.2, 0.8, 0.7, 0.6, 6.0)
    closings = Closings(0.02, 0.01, 0.01, 0.01, 0.01, 0.001)
    known = StateEvents(0.2, 0.01, 0.3, 0.2)
    kind, limits = BitClass(3, 1, t), tails.StateBound(setting, BitClass(3, 1, t), Fraction(1, 2), 0.0).limits

    def bounds(
        spectrum: Spectrum = told, rest: float = 0.001, closed: Closings = closings, state: StateEvents = known
    ) -> np.ndarray:
        drift = Drift(setting, t, 2000, spectrum, rest)
        d = drift.distance(kind, limits, 0.1, state, closed, 1e-4)
        windows = [move + drift.blur(2.0) for move in drift.moves(kind, state.deviation, 1e-5)]
        return np.array([drift.variation(closed), drift.lipschitz(closed, 0.02), d, drift.amax(3.0), *windows])

    base = bounds()
    for name in Spectrum.__dataclass_fields__:
        factor = 0.9 if name == "least" else 1.1
        assert np.all(bounds(spectrum=replace(told, **{name: getattr(told, name) * factor})) >= base), name
    for name in Closings.__dataclass_fields__:
        assert np.all(bounds(closed=replace(closings, **{name: getattr(closings, name) * 1.1})) >= base), name
    for name in StateEvents.__dataclass_fields__:
        assert np.all(bounds(state=replace(known, **{name: getattr(known, name) * 1.1})) >= base), name
    assert np.all(bounds(rest=0.002) >= base)


def test_a_trained_network_of_this_width_executes_the_program(network: AllLayersNetwork) -> None:
    K = 3
    for seed in range(3):
        start = Start(K, network.width // 2, 1, seed)
        trained = Trained(start, float(network.step), network.steps)
        for n in range(1, K + 1):
            for S in combinations(range(K), n):
                x, _, _ = start.state(S)
                assert (trained.output(x, start.w) > network.threshold) == (0 in S)


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(InputError, match="an even width"):
        find_all_layers(Workload(3, {BitClass(2, 0, 1): 1}, {1: 3}), Requirements(Fraction(1, 100), width=901))
    with pytest.raises(InputError, match="a column of 3 targets has a target 0"):
        find_all_layers(Workload(3, {BitClass(2, 2, 3): 1}, {3: 1}), Requirements(Fraction(1, 100), width=900))
    with pytest.raises(InputError, match="between 0 and 1"):
        least_all_layers(Workload(3, {BitClass(2, 0, 1): 1}, {1: 3}), Fraction(2))


# --- the search


@pytest.mark.parametrize("kind", [BitClass(2, 0, 1), BitClass(4, 1, 1), BitClass(3, 1, 2), BitClass(3, 0, 2)])
@pytest.mark.parametrize(("cls", "of"), [(LinearisedBound, TangentSetting), (ClassBound, Setting)])
def test_interpolated_second_moments_are_those_of_the_bound(kind: BitClass, cls: type, of: type) -> None:
    setting = of(FLOATS, 6)
    cls.searched(setting, kind, Fraction(1, 5), 0.01)  # the one that is stored
    for threshold, slack in ((Fraction(1, 7), 0.0), (Fraction(3, 10), 0.05)):
        found, exact = cls.searched(setting, kind, threshold, slack), cls(setting, kind, threshold, slack)
        assert found.margin == exact.margin
        assert found.b == exact.b
        assert np.allclose(found.between, exact.between, rtol=1e-10, atol=1e-12)
        assert math.isclose(found.spread, exact.spread, rel_tol=1e-10)
        assert np.allclose(found.forms.weight, exact.forms.weight, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("t", [1, 2])
def test_the_largest_second_moment_is_the_largest_over_all_parts(t: int) -> None:
    balls = Balls(64)
    for deviation in (LinearisedDeviation(TangentSetting(balls, 6), t), Deviation(Setting(balls, 6), t)):
        g = balls.of(Fraction(2, 3))
        ends = [Fraction(2 * i - CELLS, CELLS) for i in range(CELLS + 1)]
        values = [
            deviation.second_moment(g, balls.span(low, high), side).upper
            for low, high in pairwise(ends)
            for side in deviation.sides
        ]
        assert deviation.largest_second_moment(g).upper == max(values)


def test_the_search_reports_the_widths_it_tries() -> None:
    program = permutation([1, 2, 0])
    load = Workload.of(program.samples, arbitrary_classes(program), program.labels.T.tolist())
    lines: list[str] = []
    found = find_all_layers(load, Requirements(Fraction(1, 10)), lines.append)
    assert any(line.startswith("width ") and "probability of failure" in line for line in lines)
    assert found.bound().upper <= found.failure
    fewer = replace(found, width=found.width - 2)
    with contextlib.suppress(InputError):
        assert fewer.bound().upper > found.failure * Fraction(99, 100)
