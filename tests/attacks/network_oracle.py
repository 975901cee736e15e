"""What is true of a claim about one finite network whose output layer is trained from zero, without the package.

The theorem's bound is evaluated with nothing of the checker's closed forms: moments by quadrature, matrices of all K
samples instead of groups, states by brute force, and the two suprema over directions by ascent, which comes out too
small if at all. So the bound found here is at most what the checker may conclude from the same parameters. Floats, off
by less than a share of ``SLACK``. :func:`certainly_exceeds` simulates the claim itself.

Symbols: u standard normal in K dimensions, v = relu(u), h = relu(x . u), x a state; y a column of targets with t ones;
Gbar = E v v', alpha = Gbar^-1 y, A0 = alpha . y, V = Gbar^(-1/2) v, P the projection to the complement of
Gbar^(-1/2) y, of N = K - 1 dimensions.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from typing import Any

import mpmath
import numpy as np
from claim_oracle import FALSE, IMPLIED, TRUE, UNKNOWN, Count, Program, TooLarge, claimed_states, runs

Array = np.ndarray[Any, np.dtype[np.float64]]

SLACK = 1e-6  # relative, of a sum of probabilities
MAX_SAMPLES, MAX_NEURONS = 12, 20_000
KEYS = {"failure", "kind", "networks", "program", "start", "states", "step", "steps", "threshold", "trained", "width"}
NUMBER = re.compile("-?[0-9]+(/[0-9]*[1-9][0-9]*)?")
WEIGHTS = 1 / (2 * math.pi)  # E v_i v_k of two different samples
SINGLE = (1.0, math.sqrt(WEIGHTS), 0.5, 2 * math.sqrt(WEIGHTS), 1.5)  # E relu(g)^e
LAM = 0.5 - WEIGHTS


class Refused(ValueError):
    """Parameters with which the theorem gives nothing."""


# --- moments


@cache
def _nodes() -> tuple[Array, Array]:
    """Return nodes and weights for ``E f(u) [u > 0]``."""
    nodes, weights = np.polynomial.legendre.leggauss(48)
    u = 5 * (nodes + 1)
    return u, 5 * weights * np.exp(-u * u / 2) / math.sqrt(2 * math.pi)


@cache
def joint(n: int, q: int, exponents: tuple[int, ...]) -> float:
    """Return ``E v_1^(e_1) ... v_s^(e_s) relu(u_1 + ... + u_n)^q`` for s <= n; the other u_i are integrated out."""
    u, weights = _nodes()
    total, product = np.zeros([1] * len(exponents)), np.ones([1] * len(exponents))
    for axis, exponent in enumerate(exponents):
        shape = [-1 if axis == other else 1 for other in range(len(exponents))]
        total, product = total + u.reshape(shape), product * (weights * u**exponent).reshape(shape)
    return float(np.sum(product * _rectified(total, n - len(exponents), q)))


def _rectified(x: Array, variance: int, q: int) -> Array:
    """Return ``E relu(x + g)^q`` for a Gaussian g."""
    if q == 0 or variance == 0:
        return np.asarray(np.maximum(x, 0) ** q)
    s = math.sqrt(variance)
    below = np.vectorize(lambda z: math.erfc(-z / math.sqrt(2)) / 2)(x / s)
    density = s * np.exp(-(x**2) / (2 * variance)) / math.sqrt(2 * math.pi)
    return np.asarray(x * below + density if q == 1 else (x * x + variance) * below + x * density)


@dataclass(frozen=True)
class Samples:
    """K samples: moments of v, and of v and h where the first n samples match."""

    K: int

    @cached_property
    def gram(self) -> Array:
        """Gbar."""
        return LAM * np.eye(self.K) + WEIGHTS

    @cached_property
    def root(self) -> Array:
        """``Gbar^(-1/2)``."""
        values, vectors = np.linalg.eigh(self.gram)
        return np.asarray(vectors @ np.diag(values**-0.5) @ vectors.T)

    @cached_property
    def fourth(self) -> Array:
        """``E v_i v_j v_k v_l``."""
        result = np.empty((self.K,) * 4)
        for index in itertools.product(range(self.K), repeat=4):
            result[index] = math.prod(SINGLE[times] for times in Counter(index).values())
        return result

    def with_h(self, n: int, q: int) -> Array:
        """``E v_i ... h^q`` of 4 - q factors v_i, h the output of one neuron at the state of the first n samples."""
        result = np.empty((self.K,) * (4 - q))
        for index in itertools.product(range(self.K), repeat=4 - q):
            counts = Counter(index)
            inside = tuple(sorted(times for i, times in counts.items() if i < n))
            outside = math.prod(SINGLE[times] for i, times in counts.items() if i >= n)
            result[index] = outside * joint(n, q, inside) * n ** (-q / 2)
        return result

    def first(self, n: int) -> Array:
        """``E v_i h``."""
        inside = joint(n, 1, (1,)) / math.sqrt(n)
        return np.array([inside if i < n else WEIGHTS for i in range(self.K)])


@cache
def samples(K: int) -> Samples:
    """Return the one object for K samples."""
    return Samples(K)


@cache
def _with_h(K: int, n: int, q: int) -> Array:
    return samples(K).with_h(n, q)


# --- a column of targets


@dataclass(frozen=True)
class Column:
    """A column of targets: ones at the first p and at the t - p samples after the first n."""

    K: int
    n: int
    p: int
    t: int

    @cached_property
    def y(self) -> Array:
        """The targets."""
        return np.array([float(i < self.p or self.n <= i < self.n + self.t - self.p) for i in range(self.K)])

    @cached_property
    def alpha(self) -> Array:
        """``Gbar^-1 y``."""
        return np.linalg.solve(samples(self.K).gram, self.y)

    @cached_property
    def A0(self) -> float:
        """``alpha . y``."""
        return float(self.alpha @ self.y)

    @cached_property
    def inside(self) -> Array:
        """Rows: ``Gbar^(-1/2)`` and then an orthonormal basis of the N dimensions."""
        direction = samples(self.K).root @ self.y
        basis = np.linalg.svd(direction[None])[2][1:]
        return np.asarray(basis @ samples(self.K).root)

    @cached_property
    def across(self) -> Array:
        """The form ``|P V|^2`` of v."""
        return np.asarray(self.inside.T @ self.inside)

    def fourth_moment(self) -> float:
        """Return ``E |P V|^4``."""
        return float(np.einsum("ijkl,ij,kl", samples(self.K).fourth, self.across, self.across, optimize=True))

    def second_moment(self, g: float) -> float:
        """Return the supremum of ``E (Y A + g Y^2)^2``, ``Y = d . P V``, ``A = alpha . v``, over unit vectors d."""
        F, B, a = samples(self.K).fourth, self.inside, self.alpha
        two = np.einsum("ijkl,ai,bj,k,l->ab", F, B, B, a, a, optimize=True)
        three = np.einsum("ijkl,ai,bj,ck,l->abc", F, B, B, B, a, optimize=True)
        four = np.einsum("ijkl,ai,bj,ck,dl->abcd", F, B, B, B, B, optimize=True)
        N = len(B)
        d = np.concatenate([np.eye(N), -np.eye(N), *(sign * np.linalg.eigh(two)[1].T for sign in (1, -1))])
        most = 0.0
        for _ in range(60):
            products = (d[:, :, None] * d[:, None, :]).reshape(len(d), N * N)
            t2, t3 = d @ two, products @ three.reshape(N, N * N).T
            t4 = np.sum((products @ four.reshape(N * N, N * N)).reshape(len(d), N, N) * d[:, None, :], axis=2)
            values = np.sum(d * (t2 + 2 * g * t3 + g * g * t4), axis=1)
            most = max(most, float(np.max(values)))
            d = d * (abs(values[:, None]) + 1) + 2 * t2 + 6 * g * t3 + 4 * g * g * t4
            d /= np.linalg.norm(d, axis=1)[:, None]
        return most

    def log_event(self, width: int, e: float, z: float, l: float, *, more: float = 1.0) -> float:
        """Return the logarithm of the bound of ``P(|delta| >= e)``; `more` enlarges the supremum."""
        if e <= 0 or z <= 0 or l <= 0:
            raise Refused
        N = self.K - 1
        p, divergence = tilted(N, z)
        b = p / z
        g = p * e / (1 - N * b)
        inner = g * (1 - b)
        M = max((math.sqrt(inner**2 + self.A0) - inner) / 2, g * b) / LAM
        V = (
            math.sqrt(more * _second_moment(self.K, self.t, round(g, 12))) + g * b * math.sqrt(_fourth(self.K, self.t))
        ) ** 2
        return divergence + width * _log1p(bennett(self.K, l, M) * V - l * p * e)


@cache
def _second_moment(K: int, t: int, g: float) -> float:
    return Column(K, 0, 0, t).second_moment(g)


@cache
def _fourth(K: int, t: int) -> float:
    return Column(K, 0, 0, t).fourth_moment()


@cache
def tilted(N: int, z: float) -> tuple[float, float]:
    """Return mean and divergence of the uniform distribution on the sphere, N dimensions, tilted by ``exp(z w_1)``."""
    if not 0 < z <= 1 << 14:
        raise Refused
    with mpmath.workdps(30):
        half, x = mpmath.mpf(N) / 2, mpmath.mpf(z)
        psi = mpmath.hyp0f1(half, x * x / 4)
        p = x / (2 * half) * mpmath.hyp0f1(half + 1, x * x / 4) / psi
        return float(p), float(x * p - mpmath.log(psi))


def bennett(K: int, l: float, M: float) -> float:
    """Return C with ``E exp(l X) <= 1 + l E X + C E X^2`` for X homogeneous of degree 2, ``X <= M`` on the sphere."""
    y = l * M
    if not 0 < 2 * y < 1:
        raise Refused
    if y * K > 1e-3:
        return float(((1 - 2 * y) ** (-K / 2) - 1 - K * y) / (K * (K + 2) * M * M))
    terms, term = 0.0, float(K * (K + 2)) / 2  # of y^2: the series of (1 - 2 y)^(-K/2)
    for k in range(2, 40):
        terms += term * y ** (k - 2)
        term *= (K + 2 * k) / (k + 1)
    return l * l * terms / (K * (K + 2))


def _log1p(value: float) -> float:
    if value <= -1:
        raise Refused
    return math.log1p(value)


# --- an output bit of a class


@dataclass(frozen=True)
class Bit:
    """An output bit of the class (n, p, t) at a threshold; `slack` is what training may still be off."""

    K: int
    count: Count
    threshold: float
    slack: float

    @cached_property
    def column(self) -> Column:
        """The column of targets, the matching samples first."""
        return Column(self.K, *self.count)

    @cached_property
    def beta(self) -> Array:
        """``Gbar^-1 E h v``."""
        return np.linalg.solve(samples(self.K).gram, samples(self.K).first(self.count[0]))

    @property
    def sign(self) -> int:
        """The dangerous side."""
        return -1 if self.count[1] else 1

    @cached_property
    def mean(self) -> float:
        """The limit of the output."""
        return float(self.beta @ self.column.y)

    @cached_property
    def margin(self) -> float:
        """How far the limit is from the threshold, less the slack; refused if it is not on its side."""
        margin = self.sign * (self.threshold - self.mean) - self.slack
        if margin <= 0:
            raise Refused
        return margin

    @cached_property
    def b(self) -> Array:
        """``beta + s (m/A0) alpha``."""
        return self.beta + self.sign * self.margin / self.column.A0 * self.column.alpha

    @cached_property
    def W(self) -> Array:
        """``E v v' zeta^2``, ``zeta = s (h - b . v)``."""
        n, b = self.count[0], self.b
        third, fourth = _with_h(self.K, n, 1), samples(self.K).fourth
        return np.asarray(_with_h(self.K, n, 2) - 2 * third @ b + fourth @ b @ b)

    def supremum(self, r: float) -> float:
        """Return the supremum of ``(alpha . v) zeta + r |P V| |zeta|`` over unit vectors u, by ascent from many.

        From half of them within ``x . u = 0``, where h has its kink and the supremum mostly is.
        """
        n, K, b, across, alpha = self.count[0], self.K, self.b, self.column.across, self.column.alpha
        x = np.array([1 / math.sqrt(n) if i < n else 0.0 for i in range(K)])
        u = np.random.default_rng(0).standard_normal((48, K))
        u = np.concatenate([u, np.eye(K), -np.eye(K), x[None], -x[None], b[None], -b[None], alpha[None], -alpha[None]])
        u, most = np.concatenate([u, u]), 0.0
        kink = np.arange(len(u)) < len(u) // 2
        for step in range(60):
            u -= kink[:, None] * (u @ x)[:, None] * x
            u /= np.maximum(np.linalg.norm(u, axis=1), 1e-12)[:, None]
            v = np.maximum(u, 0)
            h = np.maximum(u @ x, 0)
            zeta = self.sign * (h - v @ b)
            length = np.sqrt(np.maximum(np.einsum("xi,ij,xj->x", v, across, v), 1e-300))
            factor = v @ alpha * np.sign(zeta) + r * length
            values = factor * abs(zeta)
            most = max(most, float(np.max(values)))
            slope = (self.sign * np.sign(zeta))[:, None] * ((h > 0)[:, None] * x - (u > 0) * b)
            other = (u > 0) * (np.sign(zeta)[:, None] * alpha + r * (v @ across) / length[:, None])
            u = u * (0.3 + step / 40) * most + abs(zeta)[:, None] * other + factor[:, None] * slope
        return most

    def log_wrong(self, width: int, e: float, l: float, z: float, q: float, *, more: float = 1.0) -> float:
        """Return the logarithm of the bound of P(wrong side, |delta| < e); `more` enlarges the supremum."""
        N, B, W, alpha = self.K - 1, self.column.inside, self.W, self.column.alpha
        if l <= 0:
            raise Refused
        p, divergence = tilted(N, z)
        r = e / p
        C = bennett(self.K, l, more * _supremum(self, round(r, 12)))
        t0 = C * float(alpha @ W @ alpha) - l * self.margin
        base = _log1p(t0)
        g, pull = width * C / (1 + t0), B @ W @ alpha
        Q = r * r * g * B @ W @ B.T + 2 * (r * g) ** 2 * np.outer(pull, pull)
        values = np.linalg.eigvalsh((1 + 2 * q / N) * np.eye(N) - 2 / N * Q)
        if values[0] <= 0:
            raise Refused
        return width * base + divergence + q - float(np.sum(np.log(values))) / 2


@cache
def _supremum(bit: Bit, r: float) -> float:
    return bit.supremum(r)


# --- training


@dataclass(frozen=True)
class Descent:
    """Gradient descent with a step, on the events that the trace is small and no eigenvalue is."""

    K: int
    step: Fraction
    rise: Fraction
    drop: Fraction

    def check(self) -> None:
        """Refuse numbers out of range, and a step that is too large."""
        if not (self.rise > 0 and 0 < self.drop < 1 and self.step > 0 and self.step * self.K * (1 + self.rise) <= 2):
            raise Refused

    def remainder(self, t: int, steps: int) -> float:
        """Return the bound of the distance from the end of training."""
        least = float(1 - self.drop) * LAM
        ratio = t * float(self.K * (1 + self.rise)) / 2 / least
        return math.sqrt(ratio) * math.exp(steps * math.log1p(-float(self.step) * least))

    def log_trace(self, width: int, l: float) -> float:
        """Return Chernoff's bound for the trace."""
        if not 0 < 2 * l < 1:
            raise Refused
        return width * self.K * (math.log(0.5 + 0.5 / math.sqrt(1 - 2 * l)) - l * float(1 + self.rise) / 2)

    def log_eigenvalue(self, width: int, l: float) -> float:
        """Return the matrix Laplace transform's bound for the least eigenvalue."""
        if l <= 0:
            raise Refused
        return math.log(self.K) + width * (l * float(1 - self.drop) + _log1p(-l + l * l * _largest(self.K) / 2))


@cache
def _largest(K: int) -> float:
    """Return the largest eigenvalue of ``E |V|^2 V V'``."""
    root = samples(K).root
    inner = np.einsum("ijkl,kl->ij", samples(K).fourth, root @ root)
    return float(np.linalg.eigvalsh(root @ inner @ root)[-1])


# --- claims


@dataclass(frozen=True)
class Claim:
    """What a claim says: its numbers, the columns by their number of ones, pairs (state, bit) by class."""

    program: Program
    asked: tuple[frozenset[int], ...]  # each run's states; one by one where states are arbitrary
    inputs: int  # how many of them the claim is about, any ones
    width: int
    steps: int
    step: Fraction
    threshold: Fraction
    failure: Fraction

    @classmethod
    def of(cls, claim: dict[str, Any]) -> Claim:
        """Read a claim; raises ValueError, KeyError or TypeError if it is malformed."""
        whole = [claim["networks"], claim["width"], claim["steps"]]
        if set(claim) - {"inputs"} != KEYS or claim["trained"] != "output" or claim["start"] != "zero":
            raise ValueError("no claim about a network with a trained output layer")
        step, threshold, failure = (_fraction(claim[key]) for key in ("step", "threshold", "failure"))
        if not all(type(each) is int and each > 0 for each in whole) or whole[0] != 1:
            raise ValueError("a number out of range")
        if not (step > 0 and 0 < threshold < 1 and 0 < failure < 1):
            raise ValueError("a number out of range")
        program = Program.of(claim["program"])
        if claim["states"] != "arbitrary" and not (
            type(claim["states"]["steps"]) is int and claim["states"]["steps"] > 0
        ):
            raise ValueError("states that are none")
        asked = _asked(program, claim["states"])
        inputs = claim.get("inputs", len(asked))
        if type(inputs) is not int or not 1 <= inputs <= len(asked):
            raise ValueError("inputs that are none")
        if program.samples < 2:
            raise ValueError("one sample")
        if program.samples > MAX_SAMPLES:
            raise TooLarge(f"{program.samples} samples")
        return cls(program, asked, inputs, whole[1], whole[2], step, threshold, failure)

    @property
    def columns(self) -> Counter[int]:
        """How many different columns of targets have t ones, t > 0."""
        writing = {
            tuple(write >> bit & 1 for _, _, write in self.program.templates) for bit in range(self.program.bits)
        }
        return Counter(sum(column) for column in writing if any(column))

    @property
    def states(self) -> frozenset[int]:
        """All states that may be asked."""
        return frozenset().union(*self.asked)

    @cached_property
    def classes(self) -> Counter[Count]:
        """How many pairs of a state and a bit there are of each class."""
        return Counter(count for state in self.states for count in self.program.counts(state))

    def worst(self, chances: dict[Count, float]) -> float:
        """Return the sum of the chances of all pairs at the states asked, for the worst choice of inputs."""
        if self.inputs == len(self.asked):
            return math.fsum(number * chances.get(count, 0.0) for count, number in self.classes.items())
        sums = {state: math.fsum(chances.get(c, 0.0) for c in self.program.counts(state)) for state in self.states}
        return math.fsum(
            sorted((math.fsum(sums[state] for state in run) for run in self.asked), reverse=True)[: self.inputs]
        )

    def descent(self, evidence: dict[str, Any]) -> Descent:
        """Return the training with the evidence's events."""
        found = Descent(self.program.samples, self.step, _fraction(evidence["rise"]), _fraction(evidence["drop"]))
        found.check()
        return found

    def bound(
        self, evidence: dict[str, Any], *, bit: float = 1.0, event: Callable[[int], float] = lambda t: 1.0
    ) -> float:
        """Return the theorem's bound of the failure probability with the parameters of the evidence.

        `bit` and `event` enlarge the suprema, for columns with t ones.
        """
        K, descent = self.program.samples, self.descent(evidence["descent"])
        first, second = (float(_fraction(tilt)) for tilt in evidence["descent"]["tilts"])
        logs = [(descent.log_trace(self.width, first), 1), (descent.log_eigenvalue(self.width, second), 1)]
        events = {t: [float(_fraction(each)) for each in rest] for t, *rest in evidence["deviations"]}
        hints = {(n, p, t): [float(_fraction(each)) for each in rest[:3]] for n, p, t, *rest in evidence["classes"]}
        for t, number in self.columns.items():
            logs.append((Column(K, 0, 0, t).log_event(self.width, *events[t], more=event(t)), number))
        chances = {}
        for n, p, t in self.classes:
            slack = descent.remainder(t, self.steps) if t else 0
            if n == 1 and not slack < min(self.threshold, 1 - self.threshold):
                raise Refused
            if n > 1 and t:
                one = Bit(K, (n, p, t), float(self.threshold), slack)
                chances[n, p, t] = math.exp(
                    min(9.0, one.log_wrong(self.width, events[t][0], *hints[n, p, t], more=bit))
                )
        return math.fsum(number * math.exp(min(log, 9.0)) for log, number in logs) + self.worst(chances)


def _asked(program: Program, value: Any) -> tuple[frozenset[int], ...]:
    """Return the states of each run, or each state whatever."""
    if value == "arbitrary":
        return tuple(frozenset([state]) for state in sorted(claimed_states(program, value)))
    if set(value) != {"free", "ones", "steps"} or type(value["steps"]) is not int or value["steps"] < 1:
        raise ValueError("states that are none")
    return tuple(frozenset(run) for run in runs(program, value, value["steps"]))


def _fraction(value: Any) -> Fraction:
    if type(value) is int:
        return Fraction(value)
    if type(value) is not str or not NUMBER.fullmatch(value):
        raise ValueError("no rational number")
    return Fraction(value)


def follows(claim: Claim, evidence: Any) -> bool:
    """Tell whether the theorem with these parameters gives the claim."""
    try:
        return claim.bound(evidence) <= float(claim.failure) * (1 + SLACK)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, ZeroDivisionError):
        return False


# --- draws


def certainly_exceeds(claim: Claim, *, seed: int = 0) -> bool:
    """Tell whether drawn networks fail so often that their probability of failure exceeds the claim's for certain.

    That is, a probability of at most the claim's would give so many failures with probability below ``10^-9``.
    """
    if claim.width > MAX_NEURONS or claim.steps > 10**9:
        return False
    source, failures, drawn = np.random.default_rng(seed), 0, 0
    presented = _presented(claim)
    for number in (12, 36, 100):
        failures += sum(_fails(claim, presented, source) for _ in range(number))
        drawn += number
        if _tail(drawn, failures, float(claim.failure)) < 1e-9:
            return True
        if failures <= drawn * claim.failure:
            return False
    return False


def _presented(claim: Claim) -> tuple[Array, Array, Array]:
    """Return different inputs of the network, the outputs that are right there, and the targets."""
    templates, bits, K = claim.program.templates, claim.program.bits, claim.program.samples
    states = frozenset().union(*claim.asked[: claim.inputs])  # one choice of inputs
    matching = {tuple(int(state & mask == ones) for mask, ones, _ in templates) for state in states}
    rows = [row for row in sorted(matching) if any(row)]
    targets = np.zeros((K, bits))
    for index, (_, _, write) in enumerate(templates):
        targets[index] = [write >> bit & 1 for bit in range(bits)]
    inputs = np.zeros((len(rows), K))
    inputs[:, : len(templates)] = rows
    right = inputs @ targets > 0
    return inputs / np.sqrt(inputs.sum(axis=1, keepdims=True)), right, targets


def _fails(claim: Claim, presented: tuple[Array, Array, Array], source: np.random.Generator) -> bool:
    """Draw a network, train it, and tell whether an output bit is rounded wrong."""
    inputs, right, targets = presented
    u = source.standard_normal((claim.width, inputs.shape[1]))
    v, h = np.maximum(u, 0), np.maximum(u @ inputs.T, 0)
    values, vectors = np.linalg.eigh(v.T @ v / claim.width)
    eta = float(claim.step)
    with np.errstate(all="ignore"):
        shrunk = (1 - eta * values) ** float(claim.steps)
        factors = np.where(values > 1e-12, (1 - shrunk) / np.maximum(values, 1e-12), eta * claim.steps)
        outputs = h.T @ v / claim.width @ (vectors * factors) @ vectors.T @ targets
    return bool(np.any((outputs > float(claim.threshold)) != right))


def _tail(number: int, least: int, chance: float) -> float:
    """Return the probability of `least` or more successes."""
    return math.fsum(math.comb(number, k) * chance**k * (1 - chance) ** (number - k) for k in range(least, number + 1))


def network_truth(claim: dict[str, Any], evidence: Sequence[Any]) -> str:
    """Decide a claim: implied if it follows with the first evidence, true if with another, false if draws refute it."""
    read = Claim.of(claim)
    given, *others = evidence
    if follows(read, given):
        return IMPLIED
    if any(follows(read, other) for other in others):
        return TRUE
    return FALSE if certainly_exceeds(read) else UNKNOWN
