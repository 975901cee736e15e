"""Beside a certificate: which padding, what is needed at least, an estimate, and what would cost less."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

from ntkproofs.commands.common import number
from ntkproofs.display import counted
from ntkproofs.errors import EnginesDisagree, InputError, NoMargin, NtkProofsError, Undecided
from ntkproofs.training import LAYERS

if TYPE_CHECKING:
    from ntkproofs.bounds.padding import Requirement, TooFew
    from ntkproofs.certificates import Certificate, Run

__all__ = ["beside", "inputs_of", "issued", "networks_of", "planned"]

MAX_PADDING = 10**9
MAX_LISTED = 16  # input bits up to which the other kind of states is executed for a comparison

Issue: TypeAlias = "Callable[[argparse.Namespace, Run, Fraction], Certificate]"
Lines: TypeAlias = list[tuple[str, str]]  # a name and what is printed beside it
Keys: TypeAlias = dict[str, Any]  # of the JSON document


def planned(options: argparse.Namespace, run: Run, failure: Fraction) -> argparse.Namespace:
    """Return the options with a number for the padding, and for the networks where the padding was sought for them.

    Raises InputError for options that do not go together, and as the search for a padding does.
    """
    from ntkproofs.bounds import least_padding
    from ntkproofs.bounds.padding import best_padding, padding_for
    from ntkproofs.certificates import ample_padding
    from ntkproofs.kernels import two_layer_relu

    networks, word = networks_of(options), options.padding
    if options.trained is not None:
        _check_one_network(networks, word)
    if word is None:
        word = "0" if networks is None or options.trained is not None else "least"
    if word == "auto":
        return _with(options, ample_padding(run.program), networks)
    if word not in ("least", "best"):
        return _with(options, number(word, "--padding", low=0, high=MAX_PADDING), networks)
    required = _required(options, run, failure, options.states or "arbitrary")
    if options.trained is not None or (word == "least" and networks is None):
        return _with(options, least_padding(two_layer_relu(_kernel(options)), required.counts), networks)
    point = best_padding(required) if networks is None or word == "best" else padding_for(required, networks)
    return _with(options, point.padding, networks or point.networks)


def _check_one_network(networks: int | None, padding: str | None) -> None:
    """Raise InputError for options about several networks where ``--trained`` certifies one."""
    if networks not in (None, 1):
        raise InputError(f"--trained certifies one network, not {networks} (--networks)")
    if padding == "best":
        raise InputError("--padding best weighs networks against samples: it does not go with --trained")


def _with(options: argparse.Namespace, padding: int, networks: int | None) -> argparse.Namespace:
    many = None if networks is None else str(networks)
    return argparse.Namespace(**vars(options) | {"padding": str(padding), "networks": many})


def issued(issue: Issue, options: argparse.Namespace, run: Run, failure: Fraction) -> Certificate:
    """Return the certificate; where a number of networks or a width given is too small, say what is needed."""
    from ntkproofs.bounds.finite.network import TooNarrow
    from ntkproofs.bounds.padding import TooFew

    try:
        return issue(options, run, failure)
    except TooFew as problem:
        raise _too_few(options, run, failure, problem) from problem
    except TooNarrow as problem:
        if options.width in (None, "least"):
            raise
        freed = argparse.Namespace(**vars(options) | {"width": None})
        try:
            enough = issue(freed, run, failure)
        except NtkProofsError:
            raise problem from None
        least = _least_width(run, enough)
        raise TooNarrow(f"{problem}; enough: {enough.claim['width']}, at least {least}") from problem


def beside(options: argparse.Namespace, run: Run, failure: Fraction, certificate: Certificate) -> tuple[Lines, Keys]:
    """Return what is said beside a certificate: a lower bound, an estimate, suggestions."""
    if options.trained is None:
        return _beside_ensemble(options, run, failure, certificate)
    return _beside_network(run, certificate)


def networks_of(options: argparse.Namespace) -> int | None:
    """Return how many networks are asked for; None for the least number."""
    return None if options.networks is None else number(options.networks, "--networks", low=1)


def _kernel(options: argparse.Namespace) -> str:
    known = "ntk" if options.trained is None else LAYERS[options.trained].kernel
    return str(options.regime or known)


def _required(options: argparse.Namespace, run: Run, failure: Fraction, states: str) -> Requirement:
    from ntkproofs.certificates.issue import requirement

    return requirement(
        run,
        failure=failure,
        inputs=inputs_of(options),
        threshold=options.threshold if options.trained is None else "best",
        states=states,
        tail=options.tail,
        drop_unwritten=options.drop_unwritten,
        kernel=_kernel(options),
    )[1]


def inputs_of(options: argparse.Namespace) -> int | str:
    """Return for how many inputs the claim is: a number or ``all``."""
    if options.inputs == "all":
        return "all"
    return 1 if options.inputs == "one" else number(options.inputs, "--inputs", low=1)


# --- ensembles


def _too_few(options: argparse.Namespace, run: Run, failure: Fraction, problem: TooFew) -> NtkProofsError:
    """Return the error for a number of networks that is refuted, or that the union bound does not allow: one line."""
    required = _required(options, run, failure, options.states)
    least = _at_least(options, run, required, problem.enough)
    needed = f"with {counted(run.program.padding, 'sample')} of padding, enough: {problem.enough}, at least {least}"
    if problem.networks < least:
        return NtkProofsError(f"too few whatever the threshold: {counted(problem.networks, 'network')} {needed}")
    return Undecided(f"not certified: {counted(problem.networks, 'network')} {needed}")


def _beside_ensemble(
    options: argparse.Namespace, run: Run, failure: Fraction, certificate: Certificate
) -> tuple[Lines, Keys]:
    from mpmath import mp

    from ntkproofs.estimates import union_bound

    claim, networks = certificate.claim, certificate.networks
    kind = "arbitrary" if claim["states"] == "arbitrary" else "reachable"
    required = _required(options, run, failure, kind)
    least = _at_least(options, run, required, networks)
    estimate = union_bound(
        _kernel(options),
        [each for each in required.counts if each.writers or not options.drop_unwritten],
        Fraction(claim["threshold"]),
        networks=networks,
        cases=required.cases,
    )
    suggestions = _suggestions(options, run, failure, kind, required, networks)
    lines = [
        ("at least", f"{counted(least, 'network')} whatever the threshold, enough: {networks:,}"),
        ("estimate", _estimated(mp.nstr(estimate, 8))),
        *(("suggested", text) for text, _ in suggestions),
    ]
    keys = {"at_least": least, "estimate": mp.nstr(estimate, 50), "suggestions": [each for _, each in suggestions]}
    return lines, keys


def _estimated(value: str) -> str:
    """Return the line about an estimate."""
    return f"failure bound {value} by mpmath (50 digits): an estimate, not a verdict"


def _at_least(options: argparse.Namespace, run: Run, required: Requirement, enough: int) -> int:
    """Return a number of networks below which every ensemble fails; raises EnginesDisagree if it exceeds `enough`."""
    from ntkproofs.bounds.lower import least_networks
    from ntkproofs.witnesses import witnesses

    every = options.inputs == "all"
    free, ones = (
        (run.free, run.ones) if every or options.states == "reachable" else (range(run.program.output_bits), ())
    )
    families = witnesses(run.program, free, ones, run.steps, single=not every, drop_unwritten=options.drop_unwritten)
    least = least_networks(required.kernel, families, required.failure, most=enough).networks
    if least > enough:
        raise EnginesDisagree(f"{enough} networks are certified, and fewer than {least} fail")
    return least


def _suggestions(
    options: argparse.Namespace, run: Run, failure: Fraction, kind: str, required: Requirement, networks: int
) -> list[tuple[str, dict[str, Any]]]:
    """Return what would need fewer networks: other states, moderate padding, best padding."""
    from ntkproofs.bounds.padding import best_padding, moderate_padding

    if networks == 1:
        return []
    kinds = {kind: (required, networks)} | _other_kind(options, run, failure, kind)
    better = min(kinds, key=lambda name: (kinds[name][1], name))
    required, networks = kinds[better]
    result = []
    if better != kind:
        size = required.size(0)
        result.append(_suggested(run, better, 0, required.samples, size.networks, size.threshold, kind))
    try:
        best = best_padding(required)
        points = [moderate_padding(required, best), best]
    except (NoMargin, Undecided):
        points = []
    for index, point in enumerate(points):
        fewer = point.networks < networks and point not in points[:index]
        if point.padding and fewer:
            result.append(_suggested(run, better, point.padding, point.samples, point.networks, point.threshold, kind))
    return result


def _other_kind(
    options: argparse.Namespace, run: Run, failure: Fraction, kind: str
) -> dict[str, tuple[Requirement, int]]:
    """Return the other kind of states, where it is possible, with its number of networks."""
    other = "arbitrary" if kind == "reachable" else "reachable"
    if other == "reachable" and (not run.steps or len(run.free) > MAX_LISTED):
        return {}
    try:
        required = _required(options, run, failure, other)
        return {other: (required, required.size(0).networks)}
    except NtkProofsError:
        return {}


def _suggested(
    run: Run, states: str, padding: int, samples: int, networks: int, threshold: Fraction, kind: str
) -> tuple[str, dict[str, Any]]:
    """Return a suggestion as a line and as JSON."""
    total = run.program.padding + padding
    where = f"at {states} states" if states != kind else ""
    more = f"with {counted(total, 'sample')} of padding" if padding else ""
    keys = {
        "states": states, "padding": total, "samples": samples, "networks": networks, "threshold": str(threshold)
    }  # fmt: skip
    return f"{' '.join(filter(None, (where, more)))}: {counted(networks, 'network')}", keys


# --- one finite network


def _beside_network(run: Run, certificate: Certificate) -> tuple[Lines, Keys]:
    from mpmath import mp

    from ntkproofs.estimates import failure_bound

    least, width = _least_width(run, certificate), certificate.claim["width"]
    if least > width:
        raise EnginesDisagree(f"the width {width} is certified, and a width below {least} fails")
    estimate = failure_bound(certificate.computed)
    lines = [
        ("at least", f"width {least:,} whatever the threshold, enough: {width:,}"),
        ("estimate", _estimated(mp.nstr(estimate, 8))),
    ]
    return lines, {"at_least": least, "estimate": mp.nstr(estimate, 50)}


def _least_width(run: Run, certificate: Certificate) -> int:
    """Return a width below which a network as in the claim fails."""
    from ntkproofs.bounds.lower import least_width_of_any
    from ntkproofs.witnesses import disjoint_states

    claim = certificate.claim
    every, whole = claim["states"] == "arbitrary", claim["trained"] == "all"
    free, ones = (range(run.program.output_bits), ()) if every else (run.free, run.ones)
    states = disjoint_states(run.program, free, ones, max(1, run.steps), samples=whole)
    failure, copies = Fraction(claim["failure"]), 2 if claim["start"] == "antisymmetric" else 1
    return least_width_of_any(min(states, claim.get("inputs", states)), failure, copies=copies)
