"""The events of a certificate about networks of finite width, measured on networks that were drawn and trained.

A certificate of the kind ``network`` bounds the probability that one of several events fails: inequalities about the
random start, such as a bound of the smallest eigenvalue of a kernel matrix. On one start each of them can be computed,
and so can what follows from them about its training. The ratio of the measured value and the bound shows how loose the
bound is there. Floats throughout: a measurement on one start, never a verdict.

>>> from ntkproofs.certificates import issue_network
>>> from ntkproofs.programs import permutation_task
>>> from ntkproofs.simulation.trainer import train
>>> from ntkproofs.training import Training
>>> task = permutation_task([1, 0, 2])
>>> certificate = issue_network(task, failure="1/10")
>>> training = Training.of("output", steps=certificate.claim["steps"], step=float(Fraction(certificate.claim["step"])))
>>> networks = train(task, training, width=certificate.claim["width"], seed=1,
...     threshold=Fraction(certificate.claim["threshold"]))
>>> max(event.ratio for event in measure_events(certificate, networks)) < 1
True
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ntkproofs.errors import InputError
from ntkproofs.programs import TemplateProgram
from ntkproofs.programs.serialised import program_from_json
from ntkproofs.simulation.measured import States
from ntkproofs.simulation.trainer import program_sha256
from ntkproofs.truth import NoTruthValue

if TYPE_CHECKING:
    from ntkproofs.certificates import Certificate
    from ntkproofs.weights import Networks

__all__ = [
    "Event",
    "check_same",
    "check_weights",
    "largest_ratios",
    "measure_events",
    "program_of",
    "states_of",
    "unmeasured",
    "worst",
]

UNMEASURED = {  # entries of the evidence that are no inequalities about one start
    "all": {"levels": "sizes that |v| of a neuron exceeds with a small probability: not about one start"},
    "output": {},
}
MOST_STATES = 256  # at which the events of states are measured


@dataclass(frozen=True)
class Event(NoTruthValue):
    """An inequality of a certificate, measured on one start: ``measured <= bound``.

    `name`: as in the evidence of the certificate, or the name of what follows from the events; `where`: the columns,
    states or class that it is about (the worst of them is measured); `about`: the quantity in words; `derived`: whether
    the inequality follows from the events of the start, so that its probability is not part of the sum.
    """

    instead = ".measured <= .bound"

    name: str
    where: str
    bound: float
    measured: float
    about: str
    derived: bool = False

    @property
    def ratio(self) -> float:
        """The measured value relative to the bound: above 1 if the event fails, near 0 if the bound is loose."""
        if self.bound > 0:
            return self.measured / self.bound
        return 0.0 if self.measured <= self.bound else float("inf")


def measure_events(certificate: Certificate, networks: Networks) -> tuple[Event, ...]:
    """Return the events of a certificate of the kind ``network``, measured on the start and training of networks.

    `networks`: as :func:`ntkproofs.simulation.trainer.train` returns them, or read from the file that the command
    ``train`` writes: their start is drawn again from the seed in the metadata. The states are all states of the claim,
    or 256 random ones of more. Raises InputError if the certificate is of another kind or about other networks, with
    what differs, and NtkProofsError if the checker does not accept it.
    """
    from ntkproofs.simulation.output_events import average_events, output_events
    from ntkproofs.simulation.tangent_events import tangent_events

    if "seed" not in networks.metadata:
        raise InputError(f"{networks.source}: the metadata have no entry 'seed', from which the start is drawn again")
    check_same(certificate, networks.metadata, networks=networks.count, threshold=networks.threshold)
    if certificate.claim["trained"] == "all":
        return tuple(tangent_events(certificate, networks))
    if certificate.claim["start"] == "gaussian":
        return tuple(average_events(certificate, networks))
    return tuple(output_events(certificate, networks))


def check_same(
    certificate: Certificate, about: Mapping[str, str], *, networks: int, threshold: Fraction | None
) -> None:
    """Raise InputError, with all that differs, unless a certificate is about networks of this kind.

    `about`: their metadata, see :func:`ntkproofs.simulation.trainer.description`. Raises NtkProofsError if the checker
    does not accept the certificate.
    """
    claim = certificate.claim
    if claim.get("kind") != "network":
        raise InputError(
            f"the certificate is of the kind {claim.get('kind')!r}; events are those of the kind 'network', about "
            "networks of finite width (certify --trained)"
        )
    _ = certificate.verified  # so that claim and evidence have the form that is relied on from here
    claimed = {
        "program_sha256": program_sha256(program_of(certificate)),
        "trained": claim["trained"],
        "start": claim["start"],
        "parametrisation": "ntk",
        "width": str(claim["width"]),
        "steps": str(claim["steps"]),
        "step": repr(float(Fraction(claim["step"]))),
        "networks": str(claim["networks"]),
        "threshold": claim["threshold"],
    }
    mine = {**about, "networks": str(networks), "threshold": str(threshold)}
    differences = [
        f"{name} {mine.get(name)} instead of {text}" for name, text in claimed.items() if mine.get(name) != text
    ]
    if differences:
        raise InputError(f"the certificate is about other networks; these have {', '.join(differences)}")


def check_weights(networks: Networks, *parts: tuple[NDArray[Any], NDArray[Any]]) -> None:
    """Raise InputError unless the weights of a file agree with those that its seed gives, `parts`, to 5 digits."""
    for mine, drawn in parts:
        if not np.allclose(mine, drawn, rtol=1e-5, atol=1e-5 * float(np.abs(drawn).max())):
            raise InputError(
                f"{networks.source}: the weights are not those that the entry 'seed' of the metadata, "
                f"{networks.metadata['seed']}, gives, so that their start is not known"
            )


def program_of(certificate: Certificate) -> TemplateProgram:
    """Return the program of a certificate."""
    return program_from_json(certificate.claim["program"])


def states_of(certificate: Certificate, program: TemplateProgram) -> States:
    """Return the states of a claim with at least two matches, up to 256 of them."""
    value = certificate.claim["states"]
    if value == "arbitrary":
        states = States.arbitrary(program)
    else:
        states = States.visited(program, value["free"], value["ones"], value["steps"])
    return states.with_matches(2).sampled(MOST_STATES)


def unmeasured(certificate: Certificate) -> Mapping[str, str]:
    """Return the entries of the evidence that cannot be measured on a start, with the reason."""
    return UNMEASURED[certificate.claim["trained"]]


def largest_ratios(events: Iterable[Event]) -> Mapping[str, Event]:
    """Return, by name, the event with the largest ratio."""
    result: dict[str, Event] = {}
    for event in events:
        if event.name not in result or event.ratio > result[event.name].ratio:
            result[event.name] = event
    return result


def worst(events: Iterable[Event]) -> list[Event]:
    """Return, for each name and place, the event with the largest ratio."""
    result: dict[Any, Event] = {}
    for event in events:
        key = event.name, event.where
        if key not in result or event.ratio > result[key].ratio:
            result[key] = event
    return list(result.values())
