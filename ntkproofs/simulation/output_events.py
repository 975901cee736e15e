"""Events of certificates about networks whose output layer is trained, measured: one network, or an average.

Symbols are those of :mod:`ntkproofs.bounds.finite.output_layer` and :mod:`ntkproofs.bounds.finite.gaussian_start`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.bounds.finite import descent
from ntkproofs.bounds.finite.numbers import FLOATS
from ntkproofs.bounds.finite.output_layer import BitClass, ClassBound, Setting
from ntkproofs.simulation.events import Event, check_weights, program_of, states_of, worst
from ntkproofs.simulation.measured import States
from ntkproofs.simulation.streams import WEIGHTS, stream
from ntkproofs.training import Training

if TYPE_CHECKING:
    from ntkproofs.certificates import Certificate
    from ntkproofs.weights import Networks

__all__ = ["average_events", "class_name", "deviation", "output_events", "regressions", "relative_drop"]

Floats: TypeAlias = NDArray[np.float64]

DROP = "1 - least eigenvalue of"


@dataclass(frozen=True, eq=False)
class Claim:
    """What a certificate about trained output layers says, as floats, and what follows from it."""

    certificate: Certificate
    setting: Setting
    labels: Floats
    states: States
    threshold: float
    steps: int
    step: float
    rise: float
    drop: float

    @classmethod
    def of(cls, certificate: Certificate) -> Claim:
        """Return the claim of an accepted certificate."""
        program, claim, evidence = program_of(certificate), certificate.claim, certificate.evidence["descent"]
        return cls(
            certificate,
            Setting(FLOATS, program.samples),
            program.labels.astype(np.float64),
            states_of(certificate, program),
            _float(claim["threshold"]),
            claim["steps"],
            _float(claim["step"]),
            _float(evidence["rise"]),
            _float(evidence["drop"]),
        )

    @property
    def limit(self) -> Floats:
        """The kernel matrix of the samples at infinite width."""
        return np.asarray(self.setting.lam * np.eye(self.setting.K) + self.setting.rest)

    def remainder(self, t: int) -> float:
        """Return the bound of the distance of a bit with t writers from convergence."""
        return float(descent.remainder(self.setting, t, self.steps, self.step, self.rise, self.drop))

    def pairs(self) -> Iterator[tuple[int, int, BitClass, float, float]]:
        """Yield each state and written bit, by index: its class, the sign of the wrong direction, and ``s (tau - mu)``.

        The sign s is -1 for a bit that should be 1.
        """
        writers, matches = self.labels.sum(axis=0).astype(int), (self.states.codes > 0)
        counts = (matches @ self.labels).astype(int)
        means: dict[BitClass, float] = {}
        for state, n in enumerate(matches.sum(axis=1).tolist()):
            for bit in np.flatnonzero(writers).tolist():
                kind = BitClass(n, int(counts[state, bit]), int(writers[bit]))
                if kind not in means:
                    means[kind] = float(ClassBound(self.setting, kind, Fraction(1, 2), 0.0).mean)
                sign = -1.0 if kind.p else 1.0
                yield state, bit, kind, sign, sign * (self.threshold - means[kind])


@dataclass(frozen=True, eq=False)
class Drawn:
    """A network as it was drawn: the hidden layer at the samples and at the states, and its Gram matrix."""

    v: Floats  # (w, K)
    h: Floats  # (w, states)
    outer: Floats  # (w, bits)

    @property
    def gram(self) -> Floats:
        """G, the mean of ``v v'``."""
        return np.asarray(self.v.T @ self.v / len(self.v))

    @property
    def rows(self) -> Floats:
        """K of each state, ``(states, K)``."""
        return np.asarray(self.h.T @ self.v / len(self.v))


def drawn_networks(certificate: Certificate, networks: Networks, claim: Claim) -> Iterator[Drawn]:
    """Yield the networks of a file as they were drawn; raises InputError if their seed gives other hidden weights."""
    weights = Training.of("output", certificate.claim["start"]).weights
    for index in range(networks.count):
        source = stream(int(networks.metadata["seed"]), WEIGHTS, 0, index)
        hidden, outer = weights.draw(source, networks.width, networks.inputs, claim.labels.shape[1])
        check_weights(networks, (networks.hidden[index, 0], hidden))
        yield Drawn(np.maximum(hidden, 0), np.maximum(hidden @ claim.states.codes.T, 0), outer)


def output_events(certificate: Certificate, networks: Networks) -> list[Event]:
    """Return the events of one network with a trained output layer that starts at zero."""
    claim = Claim.of(certificate)
    network = next(drawn_networks(certificate, networks, claim))
    deviations = {t: _float(e) for t, e, *_ in certificate.evidence["deviations"]}
    final = network_outputs(networks, claim)
    return worst(
        [
            *_spectrum(network, claim),
            *_columns(network, claim, deviations),
            *_samples(networks, claim),
            *_outputs(network, claim, final),
        ]
    )


def network_outputs(networks: Networks, claim: Claim) -> Floats:
    """Return the outputs of the trained networks, averaged, ``(states, bits)``."""
    outputs = np.array(
        [
            np.maximum(claim.states.codes @ hidden[0].T, 0) @ output[0].T
            for hidden, output in zip(networks.hidden, networks.output, strict=True)
        ]
    )
    return np.asarray(outputs.mean(axis=0))


def _spectrum(network: Drawn, claim: Claim) -> Iterator[Event]:
    """Yield the events of gradient descent."""
    gram, K = network.gram, claim.setting.K
    yield Event("rise", "", claim.rise, 2 * float(np.trace(gram)) / K - 1, "2 trace(G)/K - 1")
    yield Event(
        "drop", "", claim.drop, relative_drop(gram, claim.limit), "1 - least eigenvalue of G relative to its limit"
    )


def relative_drop(matrix: Floats, limit: Floats) -> float:
    """Return the smallest d with ``matrix >= (1 - d) limit``."""
    root = np.linalg.inv(np.linalg.cholesky(limit))
    return 1 - float(np.linalg.eigvalsh(root @ matrix @ root.T)[0])


def deviation(matrix: Floats, limit: Floats, y: Floats) -> float:
    """Return ``|delta|`` of a column of targets: how far the minimiser of ``c' matrix c`` is from its limit."""
    alpha, inverse = np.linalg.solve(limit, y), np.linalg.solve(matrix, y)
    off = inverse * (y @ alpha) / (y @ inverse) - alpha
    return float(np.sqrt(off @ limit @ off))


def _columns(network: Drawn, claim: Claim, deviations: dict[int, float]) -> Iterator[Event]:
    gram, limit = network.gram, claim.limit
    for y in np.unique(claim.labels.T, axis=0):
        t = int(y.sum())
        if t:
            yield Event("deviation", f"t = {t}", deviations[t], deviation(gram, limit, y), "|delta| of a column")


def _samples(networks: Networks, claim: Claim) -> Iterator[Event]:
    """Yield what is left of the errors at the samples."""
    outputs = np.maximum(networks.hidden[0, 0], 0).T @ networks.output[0, 0].T
    for t, column in enumerate_columns(claim.labels):
        error = float(np.abs(outputs[:, column] - claim.labels[:, column]).max())
        yield Event("remainder", f"t = {t}, samples", claim.remainder(t), error, "error at the samples", derived=True)


def enumerate_columns(labels: Floats) -> Iterator[tuple[int, int]]:
    """Yield the number of ones and the index of each column that has some."""
    for column, t in enumerate(labels.sum(axis=0).astype(int).tolist()):
        if t:
            yield t, column


def _outputs(network: Drawn, claim: Claim, final: Floats) -> Iterator[Event]:
    """Yield, for every state and written bit, the distances from the limit and from convergence."""
    converged = network.rows @ np.linalg.solve(network.gram, claim.labels)
    for state, bit, kind, sign, margin in claim.pairs():
        where, slack = class_name(kind), claim.remainder(kind.t)
        off = sign * (converged[state, bit] - claim.threshold) + margin
        yield Event("class", where, margin - slack, off, "distance of the converged output from its limit")
        left = abs(float(final[state, bit] - converged[state, bit]))
        yield Event("remainder", f"t = {kind.t}", slack, left, "distance of the output from convergence", derived=True)


def class_name(kind: BitClass) -> str:
    """Return the name of a class."""
    return f"n = {kind.n}, p = {kind.p}, t = {kind.t}"


# --- averages of networks with a Gaussian start


def average_events(certificate: Certificate, networks: Networks) -> list[Event]:
    """Return the events of an average of networks with a trained output layer and a Gaussian start."""
    claim, evidence = Claim.of(certificate), certificate.evidence
    codes, limit = claim.states.codes, claim.limit
    root = np.linalg.inv(np.linalg.cholesky(limit))  # root' root = limit^-1: lengths are those of limit^(-1/2)
    bounds = {t: _float(value["deviation"][0]) for t, value in evidence["columns"]}
    alpha, beta = np.linalg.solve(limit, claim.labels), regressions(claim.setting, claim.states)
    lengths, squares = np.zeros(len(codes)), np.zeros(len(codes))
    first, start = (np.zeros((len(codes), claim.labels.shape[1])) for _ in range(2))
    result: list[Event] = []
    for network in drawn_networks(certificate, networks, claim):
        result += _spectrum(network, claim)
        gram, width = network.gram, len(network.v)
        for t, column in enumerate_columns(claim.labels):
            off = float(np.linalg.norm(root @ (gram - limit) @ alpha[:, column]))
            result.append(Event("deviation", f"t = {t}", bounds[t], off, "|Delta| of a column"))
        rho = network.h - network.v @ beta.T
        lengths += np.linalg.norm(root @ (network.v.T @ rho) / width, axis=0) / networks.count
        squares += (rho**2).mean(axis=0) / networks.count
        first += rho.T @ (network.v @ alpha) / width / networks.count
        start += _initial(network, claim) / networks.count
    shifts = {n: (_float(value["shift"][0]), _float(value["square"][0])) for n, value in evidence["states"]}
    for n, length, square in zip(np.count_nonzero(codes, axis=1).tolist(), lengths, squares, strict=True):
        result.append(Event("shift", f"n = {n}", shifts[n][0], float(length), "average |S| of a state"))
        result.append(Event("square", f"n = {n}", shifts[n][1], float(square), "mean rho^2 of a state"))
    splits = {BitClass(n, p, t): _float(value["split"][0]) for n, p, t, value in evidence["classes"]}
    for state, bit, kind, sign, margin in claim.pairs():
        d, where = splits[kind], class_name(kind)
        room = margin - d - bounds[kind.t] * shifts[kind.n][0] / (1 - claim.drop) - claim.remainder(kind.t)
        result.append(Event("first order", where, room, sign * float(first[state, bit]), "first-order term"))
        result.append(Event("split", where, d, sign * float(start[state, bit]), "what is left of the random start"))
    return worst(result)


def regressions(setting: Setting, states: States) -> Floats:
    """Return the limits of the regressions of the states, ``(states, K)``."""
    rows, limits = [], dict[int, tuple[float, float]]()
    for code in states.codes:
        n = int(np.count_nonzero(code))
        if n not in limits:
            inside, _, outside, _ = ClassBound(setting, BitClass(n, 1, 1), Fraction(1, 2), 0.0).limits
            limits[n] = float(inside), float(outside)
        rows.append(np.where(code > 0, *limits[n]))
    return np.array(rows)


def _initial(network: Drawn, claim: Claim) -> Floats:
    """Return the part of the trained outputs that is linear in the initial output weights, ``(states, bits)``."""
    root = len(network.v) ** 0.5
    phi, features = network.h / root, network.v / root
    values, vectors = np.linalg.eigh(network.gram)
    learnt = (1 - (1 - claim.step * values) ** claim.steps) / values
    dual = vectors @ (learnt[:, None] * (vectors.T @ (features.T @ phi)))
    return np.asarray((phi - features @ dual).T @ network.outer)


def _float(text: Any) -> float:
    return float(Fraction(text))
