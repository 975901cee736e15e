"""Events of certificates about networks with all layers trained from pairs of neurons, measured on one start.

Symbols are those of :mod:`ntkproofs.bounds.finite.drift` and :mod:`ntkproofs.bounds.finite.tails`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.bounds.finite.drift import Closings, Drift, Spectrum, StateEvents
from ntkproofs.bounds.finite.linearised import TangentSetting
from ntkproofs.bounds.finite.numbers import FLOATS
from ntkproofs.bounds.finite.output_layer import BitClass, ClassBound
from ntkproofs.simulation.descent import Trained, all_layers
from ntkproofs.simulation.events import Event, check_weights, program_of, states_of, worst
from ntkproofs.simulation.measured import States
from ntkproofs.simulation.output_events import class_name, deviation, regressions, relative_drop
from ntkproofs.simulation.streams import WEIGHTS, stream
from ntkproofs.training import Training

if TYPE_CHECKING:
    from ntkproofs.certificates import Certificate
    from ntkproofs.weights import Networks

__all__ = ["tangent_events"]

Floats: TypeAlias = NDArray[np.float64]

CLOSINGS = {  # of one coordinate, summed over the pairs
    "writer": "closings on the path of a coordinate with target 1",
    "cross": "closings that the path back could cause",
    "turn": "reversals of a coordinate with target 1",
    "other": "closings on the path of a coordinate with target 0",
    "echo": "effect of closings on the smooth part, target 1",
    "far_echo": "effect of closings on the smooth part, target 0",
}


def tangent_events(certificate: Certificate, networks: Networks) -> list[Event]:
    """Return the events of scalar networks with all layers trained from an antisymmetric start.

    Raises InputError if training from the seed in the metadata gives other weights.
    """
    start, claim = Start.of(certificate, networks), Claim(certificate)
    outputs, result = start.final(networks), [*start.spectrum_events(claim)]
    columns: dict[tuple[int, ...], Column] = {}
    for bit, label in enumerate(start.labels.T):
        if not label.any():
            continue
        key = tuple(label.astype(int).tolist())
        if key not in columns:
            column = Column(start, claim, label)
            columns[key] = column
            trained, errors = start.trained(label, claim)
            check_weights(
                networks,
                (networks.hidden[0, bit], trained.hidden[0, 0]),
                (networks.output[0, bit], trained.output[0, 0]),
            )
            result += [*column.start_events(), *column.path_events(errors)]
        result += columns[key].class_events(outputs[:, bit])
    return worst([*result, *start.state_events(claim)])


class Claim:
    """The bounds of a certificate, as floats."""

    def __init__(self, certificate: Certificate) -> None:
        claim, evidence = certificate.claim, certificate.evidence
        self.threshold, self.step, self.steps = _float(claim["threshold"]), _float(claim["step"]), claim["steps"]
        start = evidence["start"]
        self.drop, self.gram, self.longest = (_float(start[name][0]) for name in ("drop", "gram", "longest"))
        self.columns = {
            t: {name: _float(texts[0]) for name, texts in value.items()} for t, value in evidence["columns"]
        }
        self.states = {
            n: {name: _float(texts[0]) for name, texts in value.items()} for n, value in evidence["regressions"]
        }
        self.kinks = {BitClass(n, p, t): _float(value["kinks"][0]) for n, p, t, value in evidence["kinks"]}


@dataclass(frozen=True, eq=False)
class Start:
    """The start of a network of pairs: hidden weights ``(m, K)`` of one member of each pair, and what is of them."""

    u: Floats
    labels: Floats  # (K, bits)
    states: States

    @classmethod
    def of(cls, certificate: Certificate, networks: Networks) -> Start:
        """Return the start of the networks of a file, drawn again from the seed in its metadata."""
        program = program_of(certificate)
        source = stream(int(networks.metadata["seed"]), WEIGHTS, 0, 0)
        weights = Training.of("all", certificate.claim["start"]).weights
        hidden, _ = weights.draw(source, networks.width, program.samples, program.output_bits)
        labels = program.labels.astype(np.float64)
        return cls(hidden[: networks.width // 2], labels, states_of(certificate, program))

    @property
    def width(self) -> int:
        """The number of neurons, two for each pair."""
        return 2 * len(self.u)

    @cached_property
    def setting(self) -> TangentSetting:
        """The constants of the samples."""
        return TangentSetting(FLOATS, self.u.shape[1])

    @cached_property
    def limit(self) -> Floats:
        """The kernel matrix of the samples at infinite width."""
        return np.asarray(self.setting.lam * np.eye(self.setting.K) + self.setting.rest)

    @cached_property
    def v(self) -> Floats:
        """relu(u), ``(m, K)``."""
        return np.maximum(self.u, 0)

    @cached_property
    def sizes(self) -> Floats:
        """``|v|`` of each pair."""
        return np.asarray(np.linalg.norm(self.v, axis=1))

    @cached_property
    def gram(self) -> Floats:
        """The mean of ``v v'``."""
        return np.asarray(self.v.T @ self.v / len(self.v))

    @cached_property
    def kernel(self) -> Floats:
        """H, the tangent kernel of the start at the samples."""
        return np.asarray(self.gram + np.diag((self.u > 0).mean(axis=0)))

    @cached_property
    def arguments(self) -> Floats:
        """``u . x`` of every pair and state, ``(m, states)``."""
        return np.asarray(self.u @ self.states.codes.T)

    @cached_property
    def rows(self) -> Floats:
        """``h_0`` of every state: the tangent kernel of the start with the samples, ``(states, K)``."""
        z, codes = self.arguments, self.states.codes
        gates = (z > 0).T.astype(np.float64) @ (self.u > 0) / len(self.u)
        return np.asarray(np.maximum(z, 0).T @ self.v / len(self.u) + gates * codes)

    @cached_property
    def regressions(self) -> tuple[Floats, Floats]:
        """``bh = H^-1 h_0`` of every state, and its limit beta, ``(states, K)``."""
        found = np.linalg.solve(self.kernel, self.rows.T).T
        return np.asarray(found, dtype=np.float64), regressions(self.setting, self.states)

    def final(self, networks: Networks) -> Floats:
        """Return the outputs of the trained networks, ``(states, bits)``."""
        outputs = [
            np.maximum(self.states.codes @ hidden.T, 0) @ output[0]
            for hidden, output in zip(networks.hidden[0], networks.output[0], strict=True)
        ]
        return np.stack(outputs, axis=1)

    def trained(self, label: Floats, claim: Claim) -> tuple[Trained, Floats]:
        """Return the trained network, and the errors at the samples before every step and after the last.

        The errors have the shape ``(steps + 1, K)``.
        """
        hidden = np.concatenate([self.u, self.u])[None]
        outer = np.repeat([1.0, -1.0], len(self.u))[None, :, None]
        errors: list[Floats] = []
        network = all_layers(hidden, outer, label[:, None], step=claim.step, steps=claim.steps, errors=errors)
        return network, np.array(errors)[:, 0, :, 0]

    def spectrum_events(self, claim: Claim) -> Iterator[Event]:
        """Yield the events of the start alone."""
        drop = relative_drop(self.kernel, self.limit)
        yield Event("drop", "", claim.drop, drop, "1 - least eigenvalue of the tangent kernel relative to its limit")
        yield Event("gram", "", claim.gram, float(np.linalg.eigvalsh(self.gram)[-1]), "largest eigenvalue of mean v v'")
        yield Event("longest", "", claim.longest, float(self.sizes.max()), "largest |v|")

    def state_events(self, claim: Claim) -> Iterator[Event]:
        """Yield the events of the regression at each state."""
        found, limit = self.regressions
        root = np.linalg.inv(np.linalg.cholesky(self.limit))
        for state, square in enumerate(self.squares):
            n = int(np.count_nonzero(self.states.codes[state]))
            shift = float(np.linalg.norm(root @ self.kernel @ (found[state] - limit[state])))
            yield Event("square", f"n = {n}", claim.states[n]["square"], square, "Q(beta) of a state")
            yield Event("shift", f"n = {n}", claim.states[n]["shift"], shift, "length of mean rho of a state")

    @cached_property
    def squares(self) -> list[float]:
        """``Q(beta)`` of every state."""
        _, limit = self.regressions
        result, is_open = [], self.u > 0
        for code, beta, z in zip(self.states.codes, limit, self.arguments.T, strict=True):
            tau = ((z > 0)[:, None] * code - beta) * is_open
            result.append(float(((np.maximum(z, 0) - self.v @ beta) ** 2 + (tau**2).sum(axis=1)).mean()))
        return result


class Column:
    """One column of targets: its events, and what follows from those of a certificate."""

    def __init__(self, start: Start, claim: Claim, label: Floats) -> None:
        self.start, self.claim, self.label, self.t = start, claim, label, int(label.sum())
        self.where, self.bounds = f"t = {self.t}", claim.columns[self.t]
        rest, self.ones = 1 - claim.drop, label > 0
        spectrum = Spectrum(
            least=rest * start.setting.lam,
            inverse=1 / rest,
            gram=claim.gram,
            longest=claim.longest,
            **{name: self.bounds[name] for name in ("pull", "bulk", "label", "open")},
        )
        self.drift = Drift(start.setting, self.t, start.width, spectrum, self.bounds["rest"])
        self.closings = Closings(*(self.bounds[name] for name in CLOSINGS))
        lipschitz = self.drift.lipschitz(self.closings, self.bounds["share"])
        self.residual = float(self.drift.residual((spectrum.least - lipschitz) * claim.step, claim.steps))
        self.late = float(self.drift.late(claim.step, claim.steps))

    def _event(self, name: str, measured: Any, about: str) -> Event:
        return Event(name, self.where, self.bounds[name], float(measured), about)

    def start_events(self) -> Iterator[Event]:
        """Yield the events of the start and this column."""
        start, y = self.start, self.label
        unit, b = y / np.sqrt(self.t), 1 - y
        off = (np.eye(len(y)) - np.outer(unit, unit)) @ (start.kernel - start.limit)
        yield self._event("deviation", deviation(start.kernel, start.limit, y), "|delta| of a column")
        yield self._event("pull", np.linalg.norm(off @ unit), "|P (H - limit) y^|")
        yield self._event("bulk", np.linalg.norm(off @ b), "|P (H - limit) b|")
        yield self._event("label", ((start.v @ unit) ** 2).mean(), "mean (y^ . v)^2")
        yield self._event("open", (start.u[:, self.ones] > 0).any(axis=1).mean(), "share of pairs with an open writer")
        for name, value in self._closings().items():
            yield self._event(name, value, CLOSINGS[name])
        longer = max(self.drift.tw, self.drift.s1) * self.drift.amax(self.claim.longest)
        share = ((start.u > 0) & (start.u < longer)).mean(axis=0).max()
        yield self._event("share", share, "share of pairs that may close a coordinate")

    def _closings(self) -> Mapping[str, float]:
        """Return the largest sums over the coordinates."""
        start, drift = self.start, self.drift
        a, kappa, u = drift.amax(start.sizes)[:, None], drift.kappa(start.sizes)[:, None], start.u

        def most(values: Floats) -> float:
            return float((values * (u > 0)).sum(axis=0).max() / np.sqrt(start.width))

        def far(path: float) -> Floats:
            return np.asarray(np.maximum(a * path - u, 0) + np.maximum(a * path - 2 * u, 0))

        single = np.maximum(a * drift.tw - u, 0)
        turns = (u < a * drift.tw) * 1.0 + (u < a * drift.back)
        return {
            "writer": most(a * single),
            "cross": most(a * single * (u < a * drift.back)),
            "turn": most(a * a * drift.back * turns),
            "other": most(a * far(drift.s1)),
            "echo": most(drift.tw * kappa / 2 * far(drift.tw)),
            "far_echo": most(drift.s1 * kappa / 2 * far(drift.s1)),
        }

    def path_events(self, errors: Floats) -> Iterator[Event]:
        """Yield what training does at the samples, next to its bounds."""
        start, drift, root = self.start, self.drift, self.start.width**0.5
        step, unit = self.claim.step, self.label / np.sqrt(self.t)
        jumps = errors[1:] - errors[:-1] @ (np.eye(len(unit)) - step * start.kernel)
        least = float(drift.spectrum.least)
        rest = np.linalg.norm(jumps, axis=1).sum() / least / root
        c = errors[:-1] * step / root
        along = c @ unit
        across = c - along[:, None] * unit
        for name, bound, measured, about in (
            ("rest", drift.rest, rest, "variation of the distance from the linearised path"),
            ("path along", drift.sy, np.abs(along).sum(), "path of the errors along the targets"),
            ("path across", drift.st, np.linalg.norm(across, axis=1).sum(), "path of the errors across the targets"),
            ("residual", self.residual, np.linalg.norm(errors[-1]), "length of the errors after the last step"),
        ):
            yield Event(name, self.where, float(bound), float(measured), about, derived=True)

    def class_events(self, outputs: Floats) -> Iterator[Event]:
        """Yield the events of every state, and how far its output is from that of the linearised network."""
        start, claim, drift = self.start, self.claim, self.drift
        found, _ = start.regressions
        linear = found @ self.label
        for state, code in enumerate(start.states.codes):
            matching = code > 0
            kind = BitClass(int(matching.sum()), int(matching[self.ones].sum()), self.t)
            limits = ClassBound(start.setting, kind, Fraction(1, 2), 0.0)
            sign, where = -1.0 if kind.p else 1.0, class_name(kind)
            e, n = self.bounds["deviation"], kind.n
            kinks = self._kinks(kind, matching, start.arguments[:, state], e)
            yield Event("kinks", where, claim.kinks[kind], kinks, "kinks that err in the wrong direction")
            shift = claim.states[n]["shift"] / ((1 - claim.drop) * start.setting.lam**0.5)
            known = StateEvents(e, claim.kinks[kind], claim.states[n]["square"], shift)
            d = drift.distance(kind, limits.limits, claim.threshold, known, self.closings, self.residual)
            moved = sign * float(outputs[state] - linear[state])
            yield Event("drift", where, float(d), moved, "distance of the output from the linearised one", derived=True)
            margin = sign * (claim.threshold - float(limits.mean)) - float(d)
            off = sign * (float(linear[state]) - float(limits.mean))
            yield Event("class", where, margin, off, "distance of the linearised output from its limit")

    def _kinks(self, kind: BitClass, matching: NDArray[np.bool_], z: Floats, e: float) -> float:
        start, drift = self.start, self.drift
        a, blur = drift.amax(start.sizes), drift.blur(start.sizes)
        full, closed, below = (float(move) + blur for move in drift.moves(kind, e, self.late))
        is_open = (start.u[:, matching & self.ones] > 0).any(axis=1)
        above = np.where(is_open, full, closed)
        errs = np.maximum(above - z, 0) * (z > 0) + np.maximum(below + z, 0) * (z <= 0)
        return float((a * errs).sum() / np.sqrt(start.width))


def _firsts(value: Mapping[str, Any]) -> dict[str, float]:
    """Return the bounds of some events; the other numbers are parameters of their probability."""
    return {name: _float(texts[0]) for name, texts in value.items()}


def _float(text: Any) -> float:
    return float(Fraction(text))
