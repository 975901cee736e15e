"""Networks of finite width in ``ntkproofs certify``: arguments, padding, errors, lower bounds, suggestions."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

from ntkproofs.commands.common import NUMBER, clipped, number
from ntkproofs.display import counted
from ntkproofs.errors import EnginesDisagree, InputError, NtkProofsError, Undecided

if TYPE_CHECKING:
    from ntkproofs.bounds.finite.gaussian_search import Insufficient
    from ntkproofs.bounds.finite.network import TooNarrow
    from ntkproofs.certificates import Certificate, Run
    from ntkproofs.certificates.network import Request
    from ntkproofs.certificates.trained_padding import TrainedSize

__all__ = [
    "Entries",
    "Issue",
    "Lines",
    "explained",
    "network_arguments",
    "supplements_of_network",
    "trained_padding",
]

FEW_SAMPLES = 12  # up to which other paddings and states are tried for suggestions
FEWER = Fraction(9, 10)  # of the networks, or of the neurons, that make a suggestion

Issue: TypeAlias = "Callable[[argparse.Namespace, Run, Fraction], Certificate]"
Lines: TypeAlias = list[tuple[str, str]]  # printed lines: label and text
Entries: TypeAlias = dict[str, Any]  # of the JSON document


def network_arguments(options: argparse.Namespace, failure: Fraction) -> dict[str, Any]:
    """Return the arguments of :func:`ntkproofs.certificates.issue_network`; raises InputError for an invalid one."""
    from ntkproofs.commands.frontier import inputs_of, networks_of

    return {
        "failure": failure,
        "trained": options.trained,
        "start": options.start or "",
        "networks": networks_of(options) or "least",
        "inputs": inputs_of(options),
        "width": _width(options) or "least",
        "threshold": "best" if options.threshold == "best" else _fraction(options.threshold, "--threshold"),
        "states": options.states,
        "steps": "least" if options.steps is None else number(options.steps, "--steps", low=1),
        "step": "largest" if options.step is None else _fraction(options.step, "--step"),
    }


def _width(options: argparse.Namespace) -> int | None:
    """Return the value of ``--width``, or None for the smallest."""
    return None if options.width in (None, "least") else number(options.width, "--width", low=1)


def _fraction(text: str, option: str) -> Fraction:
    """Return the exact value of a positive number."""
    if len(text) <= 100 and re.fullmatch(NUMBER, text, re.ASCII) and Fraction(text) > 0:
        return Fraction(text)
    raise InputError(f"{option} must be a positive number, such as 0.02 or 1/50, got {clipped(text)}")


def _request(options: argparse.Namespace, run: Run, failure: Fraction) -> Request:
    from ntkproofs.certificates.network import request_for

    return request_for(run, **network_arguments(options, failure))


def trained_padding(options: argparse.Namespace, run: Run, failure: Fraction) -> int:
    """Return the padding of ``--padding best``, or of ``--padding least`` with a width, for trained networks.

    Raises NtkProofsError with the reason if none that is tried suffices.
    """
    from ntkproofs.certificates.trained_padding import best_trained_padding, least_trained_padding

    search = best_trained_padding if options.padding == "best" else least_trained_padding
    return search(_request(options, run, failure)).padding


# --- what is not sufficient


def explained(
    issue: Issue,
    options: argparse.Namespace,
    run: Run,
    failure: Fraction,
    problem: TooNarrow | Insufficient,
) -> NtkProofsError:
    """Return the error for networks that do not suffice, with numbers that do and a necessary width."""
    from ntkproofs.bounds.finite.network import TooNarrow

    width = _width(options)
    if width is None:
        return problem
    free = "width" if isinstance(problem, TooNarrow) else "networks"
    try:
        sufficient = issue(argparse.Namespace(**vars(options) | {free: None}), run, failure)
    except NtkProofsError:
        return problem
    if isinstance(problem, TooNarrow):
        necessary = _least_width(run, sufficient)
        return TooNarrow(f"{problem}; {sufficient.claim['width']} is sufficient, at least {necessary} necessary")
    return Undecided(f"{problem}; {sufficient.networks} networks of this width are sufficient")


# --- supplements of a certificate


def supplements_of_network(
    options: argparse.Namespace, run: Run, failure: Fraction, certificate: Certificate
) -> tuple[Lines, Entries]:
    """Return lines and JSON entries with a lower bound, an estimate and suggestions for networks of finite width."""
    from mpmath import mp

    from ntkproofs.estimates import failure_bound

    least, width = _least_width(run, certificate), certificate.claim["width"]
    if least > width:
        raise EnginesDisagree(f"the width {width} is certified, but a width of at least {least} is necessary")
    estimate = failure_bound(certificate.computed)
    suggestions = _suggestions(options, run, failure, certificate)
    lines = [
        ("at least", f"width {least:,} necessary at any threshold, width {width:,} sufficient"),
        ("estimate", f"failure bound {mp.nstr(estimate, 8)} by mpmath (50 digits): an estimate, not a verdict"),
        *(("suggested", text) for text, _ in suggestions),
    ]
    entries = {"at_least": least, "estimate": mp.nstr(estimate, 50)}
    return lines, entries | {"suggestions": [entry for _, entry in suggestions]}


def _least_width(run: Run, certificate: Certificate) -> int:
    """Return a lower bound of the width of networks that satisfy the claim; the neurons of all networks count."""
    from ntkproofs.bounds.lower import least_width_of_any
    from ntkproofs.witnesses import disjoint_states

    claim = certificate.claim
    arbitrary, all_layers = claim["states"] == "arbitrary", claim["trained"] == "all"
    free, ones = (range(run.program.output_bits), ()) if arbitrary else (run.free, run.ones)
    states = disjoint_states(run.program, free, ones, max(1, run.steps), samples=all_layers)
    failure, copies = Fraction(claim["failure"]), 2 if claim["start"] == "antisymmetric" else 1
    neurons = least_width_of_any(min(states, claim.get("inputs", states)), failure, copies=copies)
    return -(-neurons // certificate.networks)


def _suggestions(
    options: argparse.Namespace, run: Run, failure: Fraction, certificate: Certificate
) -> list[tuple[str, dict[str, Any]]]:
    """Return alternatives for small programs that need a tenth fewer networks or neurons.

    They are the other kind of states and, for a Gaussian start, some padding.
    """
    from ntkproofs.certificates.trained_padding import size_with

    K, claim = run.program.samples, certificate.claim
    if K > FEW_SAMPLES or options.trained == "all":
        return []
    request, kind = _request(options, run, failure), "arbitrary" if claim["states"] == "arbitrary" else "reachable"
    other = "arbitrary" if kind == "reachable" else "reachable"
    tried = [(other, 0)] if _differ(run) else []
    tried += [(kind, K), (kind, 3 * K)] if claim["start"] == "gaussian" else []
    result = []
    for states, padding in tried:
        try:
            size = size_with(replace(request, states=states), padding)
        except NtkProofsError:
            continue
        if size.networks * size.width <= FEWER * certificate.networks * claim["width"]:
            result.append(_suggested(run, size, states, kind))
    return result


def _differ(run: Run) -> bool:
    """Tell whether reachable states can be told, and are not all states."""
    from ntkproofs.commands.frontier import MAX_INPUT_BITS

    return run.steps > 0 and len(run.free) <= MAX_INPUT_BITS and len(run.free) < run.program.output_bits


def _suggested(run: Run, size: TrainedSize, states: str, kind: str) -> tuple[str, dict[str, Any]]:
    """Return a suggestion as text and as JSON entries."""
    total = run.program.padding + size.padding
    kind_text = f"at {states} states" if states != kind else ""
    padding_text = f"with {counted(total, 'sample')} of padding" if size.padding else ""
    entries = {
        "states": states, "padding": total, "samples": size.samples, "networks": size.networks, "width": size.width
    }  # fmt: skip
    networks = f"{counted(size.networks, 'network')} of width {size.width:,}"
    return f"{' '.join(filter(None, (kind_text, padding_text)))}: {networks}", entries
