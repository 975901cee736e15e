"""Supplements of ``ntkproofs certify``: choice of padding, lower bounds, estimates, and cheaper alternatives."""

from __future__ import annotations

import argparse
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ntkproofs.commands.common import number
from ntkproofs.commands.finite import Entries, Issue, Lines, explained, supplements_of_network, trained_padding
from ntkproofs.display import counted
from ntkproofs.errors import EnginesDisagree, InputError, NoMargin, NtkProofsError, Undecided
from ntkproofs.training import LAYERS

if TYPE_CHECKING:
    from ntkproofs.bounds.padding import Requirement, TooFew
    from ntkproofs.certificates import Certificate, Run
    from ntkproofs.training_time import TrainingTime

__all__ = ["supplements", "inputs_of", "issue_or_explain", "networks_of", "training_time_of", "with_padding"]

MAX_PADDING = 10**9
MAX_INPUT_BITS = 16  # for executing the program to compare arbitrary with reachable states


def with_padding(options: argparse.Namespace, run: Run, failure: Fraction) -> argparse.Namespace:
    """Return the options with `padding` as a number, and with `networks` as a number if the padding depends on it.

    Raises InputError for incompatible options, and the exceptions of the search for a padding.
    """
    from ntkproofs.bounds import least_padding
    from ntkproofs.bounds.padding import best_padding, padding_for
    from ntkproofs.certificates import ample_padding
    from ntkproofs.kernels import two_layer_relu

    networks, word = networks_of(options), options.padding
    if word is None:
        word = "0" if networks is None or options.trained is not None else "least"
    if word == "auto":
        return _with(options, ample_padding(run.program), networks)
    if word not in ("least", "best"):
        return _with(options, number(word, "--padding", low=0, high=MAX_PADDING), networks)
    if options.trained is not None and (word == "best" or options.width not in (None, "least")):
        return _with(options, trained_padding(options, run, failure), networks)
    required = _required(options, run, failure, options.states or "arbitrary")
    if word == "least" and networks is None and not required.at.converged:
        raise InputError("--padding least before convergence requires --networks N (or take a number, auto or best)")
    if options.trained is not None or (word == "least" and networks is None):
        return _with(options, least_padding(two_layer_relu(_kernel(options)), required.counts), networks)
    point = best_padding(required) if networks is None or word == "best" else padding_for(required, networks)
    return _with(options, point.padding, networks or point.networks)


def _with(options: argparse.Namespace, padding: int, networks: int | None) -> argparse.Namespace:
    text = None if networks is None else str(networks)
    return argparse.Namespace(**vars(options) | {"padding": str(padding), "networks": text})


def issue_or_explain(issue: Issue, options: argparse.Namespace, run: Run, failure: Fraction) -> Certificate:
    """Return the certificate; if a given number of networks or width is too small, the error names a sufficient one."""
    from ntkproofs.bounds.finite.gaussian_search import Insufficient
    from ntkproofs.bounds.finite.network import TooNarrow
    from ntkproofs.bounds.padding import TooFew

    try:
        return issue(options, run, failure)
    except TooFew as problem:
        raise _too_few(options, run, failure, problem) from problem
    except (TooNarrow, Insufficient) as problem:
        raise explained(issue, options, run, failure, problem) from problem


def supplements(
    options: argparse.Namespace, run: Run, failure: Fraction, certificate: Certificate, *, sequences: bool = False
) -> tuple[Lines, Entries]:
    """Return lines and JSON entries with a lower bound, an estimate and suggestions for a certificate.

    `sequences`: the claim is about sequences of inputs, for which there is an estimate only.
    """
    if options.trained is not None:
        return supplements_of_network(options, run, failure, certificate)
    if sequences:
        short, long = _estimates(options, certificate, _required(options, run, failure, "arbitrary"))
        return [("estimate", _estimated(short))], {"at_least": None, "estimate": long, "suggestions": []}
    return _supplements_of_ensemble(options, run, failure, certificate)


def networks_of(options: argparse.Namespace) -> int | None:
    """Return the value of ``--networks``, or None for the smallest number."""
    return None if options.networks is None else number(options.networks, "--networks", low=1)


def _kernel(options: argparse.Namespace) -> str:
    default = "ntk" if options.trained is None else LAYERS[options.trained].kernel
    return str(options.regime or default)


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
        at=training_time_of(options),
    )[1]


def training_time_of(options: argparse.Namespace) -> TrainingTime:
    """Return the time of training of infinitely wide networks; raises InputError for invalid options."""
    from ntkproofs.commands.training_time import read_training_time
    from ntkproofs.training_time import CONVERGED

    if options.trained is not None:
        return CONVERGED
    return read_training_time(options.time, options.steps, options.step, "--steps")


def inputs_of(options: argparse.Namespace) -> int | str:
    """Return the number of inputs of the claim, or ``all``."""
    if options.inputs == "all":
        return "all"
    return 1 if options.inputs == "one" else number(options.inputs, "--inputs", low=1)


# --- ensembles


def _too_few(options: argparse.Namespace, run: Run, failure: Fraction, problem: TooFew) -> NtkProofsError:
    """Return the error for a number of networks below the lower bound, or else not allowed by the union bound."""
    required = _required(options, run, failure, options.states)
    least = _least_networks(options, run, required, problem.enough)
    size = f"{counted(problem.networks, 'network')} with {counted(run.program.padding, 'sample')} of padding"
    limits = f"{problem.enough} are sufficient, at least {least} necessary"
    if problem.networks < least:
        return NtkProofsError(f"too few networks at any threshold: {size}; {limits}")
    return Undecided(f"not certified: {size}; {limits}")


def _supplements_of_ensemble(
    options: argparse.Namespace, run: Run, failure: Fraction, certificate: Certificate
) -> tuple[Lines, Entries]:
    claim, networks = certificate.claim, certificate.networks
    kind = "arbitrary" if claim["states"] == "arbitrary" else "reachable"
    required = _required(options, run, failure, kind)
    least = _least_networks(options, run, required, networks)
    short, long = _estimates(options, certificate, required)
    suggestions = _suggestions(options, run, failure, kind, required, networks)
    lines = [
        ("at least", f"{counted(least, 'network')} necessary at any threshold, {networks:,} sufficient"),
        ("estimate", _estimated(short)),
        *(("suggested", text) for text, _ in suggestions),
    ]
    entries = [entry for _, entry in suggestions]
    return lines, {"at_least": least, "estimate": long, "suggestions": entries}


def _estimates(options: argparse.Namespace, certificate: Certificate, required: Requirement) -> tuple[str, str]:
    """Return an estimate of the failure bound of an ensemble, with 8 and with 50 digits."""
    from mpmath import mp

    from ntkproofs.estimates import union_bound, union_by_class

    kernel, threshold = _kernel(options), Fraction(certificate.claim["threshold"])
    sizes: dict[str, Any] = {"networks": certificate.networks, "cases": required.cases, "at": required.at}
    if required.pairs is not None:
        pairs = {item: number for item, number in required.pairs.items() if item.writers or not options.drop_unwritten}
        estimate = union_by_class(kernel, pairs, threshold, **sizes)
    else:
        critical = required.smallest(0, threshold).counts
        counts = [*required.counts, *([critical] if critical is not None else [])]
        kept = [item for item in counts if item.writers or not options.drop_unwritten]
        estimate = union_bound(kernel, kept, threshold, **sizes)
    return mp.nstr(estimate, 8), mp.nstr(estimate, 50)


def _estimated(value: str) -> str:
    """Return the text of an estimate of the failure bound."""
    return f"failure bound {value} by mpmath (50 digits): an estimate, not a verdict"


def _least_networks(options: argparse.Namespace, run: Run, required: Requirement, certified: int) -> int:
    """Return a lower bound of the number of networks; raises EnginesDisagree if it exceeds the certified number."""
    from ntkproofs.bounds.lower import least_networks
    from ntkproofs.witnesses import witnesses

    all_inputs = options.inputs == "all"
    free, ones = (
        (run.free, run.ones) if all_inputs or options.states == "reachable" else (range(run.program.output_bits), ())
    )
    families = witnesses(
        run.program, free, ones, run.steps, single=not all_inputs, drop_unwritten=options.drop_unwritten
    )
    least = least_networks(required.kernel, families, required.failure, most=certified, at=required.at).networks
    if least > certified:
        raise EnginesDisagree(f"{certified} networks are certified, but at least {least} are necessary")
    return least


def _suggestions(
    options: argparse.Namespace, run: Run, failure: Fraction, kind: str, required: Requirement, networks: int
) -> list[tuple[str, dict[str, Any]]]:
    """Return alternatives with fewer networks: the other kind of states, moderate padding, best padding."""
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
    """Return the other kind of states with its requirement and its number of networks, if it can be determined."""
    other = "arbitrary" if kind == "reachable" else "reachable"
    if other == "reachable" and (not run.steps or len(run.free) > MAX_INPUT_BITS):
        return {}
    try:
        required = _required(options, run, failure, other)
        return {other: (required, required.size(0).networks)}
    except NtkProofsError:
        return {}


def _suggested(
    run: Run, states: str, padding: int, samples: int, networks: int, threshold: Fraction, kind: str
) -> tuple[str, dict[str, Any]]:
    """Return a suggestion as text and as JSON entries."""
    total = run.program.padding + padding
    kind_text = f"at {states} states" if states != kind else ""
    padding_text = f"with {counted(total, 'sample')} of padding" if padding else ""
    entries = {
        "states": states, "padding": total, "samples": samples, "networks": networks, "threshold": str(threshold)
    }  # fmt: skip
    return f"{' '.join(filter(None, (kind_text, padding_text)))}: {counted(networks, 'network')}", entries
