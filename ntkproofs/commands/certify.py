"""``ntkproofs certify``: issue a certificate that networks execute a program correctly."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from ntkproofs.catalogue import built_ins
from ntkproofs.commands.common import HOLDS, clipped, number, print_json, probability, remark
from ntkproofs.commands.finite import network_arguments
from ntkproofs.commands.programs import (
    FILES,
    ORDER,
    OTHER,
    ProgramParsers,
    add_options,
    given,
    load,
    run_of,
    source_of,
)
from ntkproofs.commands.regime import add_regime, certified_regime
from ntkproofs.display import counted
from ntkproofs.errors import InputError
from ntkproofs.training import LAYERS, STARTS, Training

if TYPE_CHECKING:
    from ntkproofs.certificates import Certificate, Run, SourceClaim
    from ntkproofs.commands.finite import Issue
    from ntkproofs.programs import Stream
    from ntkproofs.programs.sbn import Assembly

__all__ = ["register"]

DEFAULT_CLOCKS = 1000
THRESHOLDS = ("zero", "half", "best")
WIDTHS = 40  # lines of progress, about


def register(commands: Any) -> None:
    """Add the command, with a subcommand for each program, to the parser."""
    certify = commands.add_parser(
        "certify",
        help="issue a certificate that networks execute a program correctly",
        description="Find the smallest number of networks whose average, rounded at a threshold, executes a program "
        "correctly with probability 1 - DELTA, and issue a certificate of it. With --trained: find the smallest width "
        "of one network trained by gradient descent (with --trained all: of one scalar network for each output bit); "
        "with --start gaussian the smallest number of networks of a width, or smallest width of a number of networks.",
    )
    programs = certify.add_subparsers(dest="program", metavar="PROGRAM", required=True, action=ProgramParsers)
    common = _common()
    for entry in built_ins("certify"):
        parser = programs.add_parser(entry.name, parents=[common], help=entry.help)
        limit = entry.limits["certify"]
        parser.add_argument("--bits", required=True, metavar="N", help=f"bits of each input, at most {limit}")
        if entry.ordered:
            parser.add_argument("--order", metavar=ORDER, help="the order of the bits (default: reversed)")
        parser.set_defaults(function=_certify)
    sbn = programs.add_parser(
        "sbn", parents=[common], help="a program of the subtract-and-branch machine, on its own data"
    )
    sbn.add_argument("file", metavar="PROGRAM_FILE", help="the program, as assembly text")
    sbn.add_argument("--max-instructions", metavar="M", help="stop after M instructions (default: 10000)")
    sbn.set_defaults(function=_certify)
    other = programs.add_parser(
        OTHER,
        parents=[common],
        help=f"a program of your own: {FILES}",
        description=f"Certify a program of your own: {FILES}.",
        epilog="Example: ntkproofs certify mine.py:task --failure 1e-6 -o mine.json",
    )
    add_options(other, "--program-steps")
    other.add_argument(
        "--max-instructions", metavar="M", help="stop an SBN program after M instructions (default: 10000)"
    )
    other.add_argument(
        "--clocks",
        metavar="T",
        help=f"of a sequential program: the claim holds for all sequences of T inputs (default: {DEFAULT_CLOCKS})",
    )
    other.set_defaults(function=_certify)


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--failure",
        required=True,
        metavar="DELTA",
        help="the permitted probability of failure, an exact number such as 1e-6, 0.01 or 1/1000",
    )
    common.add_argument(
        "--inputs",
        default="all",
        metavar="all|one|COUNT",
        help="number of inputs for which the claim holds together (default: all)",
    )
    common.add_argument(
        "--threshold",
        default="best",
        metavar="|".join(THRESHOLDS),
        help="the threshold of rounding (default: best); with --trained: best or a fraction",
    )
    common.add_argument(
        "--states", choices=("arbitrary", "reachable"), default="", help="the states for which the claim holds"
    )
    common.add_argument(
        "--tail",
        choices=("gaussian", "published"),
        default="gaussian",
        help="the tail bound from which the number of networks is computed (default: gaussian)",
    )
    common.add_argument(
        "--width",
        metavar="W|least",
        help="width of each network, with --trained (default: least, the smallest)",
    )
    common.add_argument(
        "--trained",
        choices=tuple(LAYERS),
        help="certify networks of finite width whose output layer, or all layers, are trained by gradient descent",
    )
    common.add_argument(
        "--start",
        choices=tuple(STARTS),
        help="initial weights: with --trained output zero (output weights) or gaussian (all weights N(0, 1); the "
        "outputs of several networks are averaged); with --trained all antisymmetric (pairs of neurons (1, u), "
        "(-1, u))",
    )
    common.add_argument(
        "--steps",
        metavar="T",
        help="number of steps of gradient descent (default: convergence; with --trained the smallest number)",
    )
    common.add_argument(
        "--step",
        metavar="ETA",
        help="size of the steps of gradient descent (with --trained the default is the largest); for infinitely wide "
        "networks in the unit of the kernel with own entry 1",
    )
    common.add_argument(
        "--time", metavar="TIME", help="infinitely wide networks at this time of gradient flow, in the same unit"
    )
    common.add_argument(
        "--drop-unwritten", action="store_true", help="exclude bits that no template writes from the claim"
    )
    common.add_argument(
        "--padding",
        metavar="P|auto|least|best",
        help="number of further samples with all-zero targets; least: the smallest for which all means are correct, or "
        "for which the number --networks, or with --trained the --width, is sufficient; best: the one found that "
        "minimises networks times samples, with --trained networks times width times samples; auto: twice the number "
        "that makes all means correct (default: 0, with --networks least, with --trained 0)",
    )
    common.add_argument(
        "--networks", metavar="N", help="number of networks, averaged for each output bit (default: the smallest)"
    )
    add_regime(common, default=None, known="ntk (default) or nngp (with --trained output the default)")
    common.add_argument("-o", dest="output", metavar="FILE", help="write the certificate to FILE")
    common.add_argument("--json", action="store_true", help="one JSON document on stdout")
    return common


@dataclass(frozen=True)
class Subject:
    """What is certified: a run; of a program that was compiled from a file, the file; and a stream with its clocks."""

    run: Run
    source: SourceClaim | None = None
    stream: Stream | None = None
    clocks: int = 0


def _certify(options: argparse.Namespace) -> int:
    from ntkproofs.certificates import write
    from ntkproofs.commands.frontier import issue_or_explain, supplements, with_padding
    from ntkproofs.files import check_writable

    if options.output is not None:
        check_writable(options.output)  # before the search
    failure = probability(options.failure)
    if options.regime is not None:
        options.regime = certified_regime(options.regime)
    _check_options(options)
    subject = _subject(options)
    run, options = subject.run, _with_inputs(options, subject)
    options = with_padding(options, run, failure)
    run.program.pad(int(options.padding))
    certificate = issue_or_explain(_issue(options, subject), options, run, failure)
    sequences = subject.stream is not None
    lines, entries = supplements(options, run, failure, certificate, sequences=sequences)
    entries |= {"inputs": "all", "clocks": subject.clocks} if sequences else {}
    if options.output is not None:
        write(certificate, options.output)
    if options.json:
        print_json(_document(options, certificate) | _details(options, certificate) | entries)
    else:
        for name, text in [*_lines(certificate), *lines]:
            print(f"{name:<10} {text}")
    if options.output is None:
        remark("ntkproofs: the certificate was not written (use -o FILE)")
    return HOLDS


def _check_options(options: argparse.Namespace) -> None:
    """Raise InputError for incompatible options."""
    from ntkproofs.commands.frontier import training_time_of

    if options.trained is None:
        for name in ("start", "width"):
            if getattr(options, name) is not None:
                raise InputError(
                    f"--{name} is an option of finite networks trained by gradient descent: it requires --trained"
                )
        training_time_of(options)
        if options.threshold not in THRESHOLDS:
            raise InputError(f"--threshold must be one of {', '.join(THRESHOLDS)}, got {clipped(options.threshold)}")
        return
    if options.time is not None:
        raise InputError(
            "--time is an option of infinitely wide networks; finite ones are trained by --steps and --step"
        )
    training = Training.of(options.trained, options.start)
    _check_start(options, training)
    if options.regime not in (None, training.kernel):
        raise InputError(
            f"--trained {options.trained} has the kernel {training.kernel}, which contradicts --regime {options.regime}"
        )
    if options.tail != "gaussian" or options.drop_unwritten:
        raise InputError("--tail and --drop-unwritten are options of ensembles, which are incompatible with --trained")
    if options.threshold in ("zero", "half"):
        raise InputError(
            f"--threshold {options.threshold} is an option of ensembles; with --trained it must be best or a fraction"
        )


def _check_start(options: argparse.Namespace, training: Training) -> None:
    """Raise InputError for a start that no certificate is about, or a number of networks that is not averaged."""
    starts = {"output": ("zero", "gaussian"), "all": ("antisymmetric",)}[training.trained]
    if training.start.name not in starts:
        required = f"with --trained {options.trained} certificates require --start {' or '.join(starts)}"
        raise InputError(f"--start {options.start}: {required}")
    if training.start.name == "gaussian":
        if options.networks is None and options.width in (None, "least"):
            raise InputError("--start gaussian requires --networks N (for the smallest width) or --width W, or both")
    elif options.networks is not None and number(options.networks, "--networks", low=1) != 1:
        raise InputError(
            f"--networks {clipped(options.networks)}: only networks with --start gaussian are averaged; the initial "
            f"function of the others is 0, and one of them is sufficient"
        )


def _with_inputs(options: argparse.Namespace, subject: Subject) -> argparse.Namespace:
    """Return the options; for a stream with the number of states at which clocks begin as the number of inputs."""
    from ntkproofs.certificates.streams import beginnings

    stream = subject.stream
    if stream is None or options.trained is not None:
        return options
    if options.inputs != "all" or options.states == "reachable":
        raise InputError(
            f"{options.program}: inputs arrive at each clock, so the claim is about all sequences of --clocks T inputs "
            "and about arbitrary states, which contradicts --inputs and --states"
        )
    states = beginnings(stream.input_bits, subject.clocks, stream.program.output_bits)
    return argparse.Namespace(**vars(options) | {"inputs": str(states), "states": "arbitrary"})


def _issue(options: argparse.Namespace, subject: Subject) -> Issue:
    """Return the function that issues the certificate of an ensemble, of a stream or of one finite network."""
    if options.trained is not None:
        return partial(_network, source=subject.source)
    if subject.stream is None:
        return partial(_ensemble, source=subject.source)
    return partial(_sequences, subject=subject)


def _ensemble(options: argparse.Namespace, run: Run, failure: Fraction, *, source: SourceClaim | None) -> Certificate:
    """Issue the certificate of an ensemble."""
    from ntkproofs.certificates import issue_ensemble
    from ntkproofs.commands.frontier import inputs_of

    return issue_ensemble(
        run, failure=failure, inputs=inputs_of(options), states=options.states, source=source, **_choices(options)
    )


def _sequences(options: argparse.Namespace, _run: Run, failure: Fraction, *, subject: Subject) -> Certificate:
    """Issue the certificate of an ensemble about all sequences of inputs of a stream."""
    from ntkproofs.certificates import issue_stream

    if subject.stream is None:
        raise InputError(f"{options.program} has no inputs at each clock")
    return issue_stream(
        subject.stream, failure=failure, clocks=subject.clocks, source=subject.source, **_choices(options)
    )


def _choices(options: argparse.Namespace) -> dict[str, Any]:
    """Return the options that all claims about ensembles share."""
    from ntkproofs.commands.frontier import networks_of, training_time_of

    return {
        "threshold": options.threshold,
        "tail": options.tail,
        "drop_unwritten": options.drop_unwritten,
        "kernel": options.regime or "ntk",
        "networks": networks_of(options),
        "at": training_time_of(options),
    }


def _network(options: argparse.Namespace, run: Run, failure: Fraction, *, source: SourceClaim | None) -> Certificate:
    """Issue the certificate of networks of finite width, and show the widths tried on stderr."""
    from ntkproofs.certificates import issue_network
    from ntkproofs.commands.progress import showing

    tried = count(1)
    with showing() as show:
        return issue_network(
            run,
            **network_arguments(options, failure),
            source=source,
            report=lambda text: show(next(tried), WIDTHS, text),
        )


def _subject(options: argparse.Namespace) -> Subject:
    """Return the run of a program: of a task on any input, of an SBN program on its data, else from any state."""
    from ntkproofs.programs import Stream

    loaded = load(options, "certify")
    clocks = given(options, "clocks", "--clocks", low=1)
    if loaded.assembly is not None:
        return Subject(_halting(options, loaded.file, loaded.assembly))
    if getattr(options, "max_instructions", None) is not None:
        raise InputError(f"--max-instructions is an option of SBN programs, not of {loaded.name}")
    if isinstance(loaded.task, Stream):
        return Subject(run_of(loaded), source_of(loaded), loaded.task, clocks or DEFAULT_CLOCKS)
    if clocks is not None:
        raise InputError(f"--clocks is not an option of {options.program}, which has no inputs at each clock")
    return Subject(run_of(loaded), source_of(loaded))


def _halting(options: argparse.Namespace, file: str, assembly: Assembly) -> Run:
    """Return the run of an SBN program on its own data, from the start until it halts."""
    from ntkproofs.certificates import Run
    from ntkproofs.execution import run_sbn
    from ntkproofs.kernels import two_layer_relu
    from ntkproofs.programs.sbn import load as initial_state
    from ntkproofs.programs.sbn import sbn

    limit = number(options.max_instructions or "10000", "--max-instructions", low=1)
    result = run_sbn(
        assembly,
        kernel=two_layer_relu(options.regime or (LAYERS[options.trained].kernel if options.trained else "ntk")),
        max_instructions=limit,
    )
    if not result.halted:
        executed = counted(result.executed, "instruction")
        raise InputError(f"{file}: the program has not halted after {executed} (--max-instructions)")
    layout = result.layout
    machine = sbn(layout.words, layout.bits, layout.instructions)
    return Run.from_state(machine, initial_state(layout, assembly), result.steps)


def _lines(certificate: Certificate) -> list[tuple[str, str]]:
    claim, verified = certificate.claim, certificate.verified
    shown = claim if claim["kind"] == "network" else claim.get("training", {})
    return [
        ("networks", f"{certificate.networks}"),
        ("threshold", claim["threshold"]),
        *((key, f"{shown[key]}") for key in ("width", "steps", "step", "time") if key in shown),
        ("claim", verified.claim),
        ("verified", verified.details),
        ("sha256", verified.digest),
    ]


def _document(options: argparse.Namespace, certificate: Certificate) -> dict[str, Any]:
    claim, verified = certificate.claim, certificate.verified
    return {
        "format": 1,
        "program": options.program,
        "networks": certificate.networks,
        "threshold": claim["threshold"],
        "failure": claim["failure"],
        "inputs": options.inputs,
        "steps": claim["steps"],
        "width": claim.get("width"),
        "states": "arbitrary" if claim["states"] == "arbitrary" else "reachable",
        "samples": len(claim["program"]["templates"]) + claim["program"]["padding"],
        "padding": claim["program"]["padding"],
        "claim": verified.claim,
        "verified": verified.details,
        "claim_sha256": verified.digest,
        "bytes": len(certificate.data),
        "file": options.output,
    }


def _details(options: argparse.Namespace, certificate: Certificate) -> dict[str, Any]:
    """Return the JSON entries that only ensembles, or only finite networks, have."""
    claim = certificate.claim
    if claim["kind"] == "network":
        return {key: claim[key] for key in ("trained", "start", "step")} | {"kernel": LAYERS[claim["trained"]].kernel}
    training = {**claim["training"], "program_steps": claim["steps"]} if "training" in claim else {}
    return training | {
        "tail": options.tail,
        "drop_unwritten": claim["drop_unwritten"],
        "kernel": claim["kernel"],
    }
