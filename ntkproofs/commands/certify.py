"""``ntkproofs certify``: issue a certificate that networks execute a program correctly."""

from __future__ import annotations

import argparse
import re
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ntkproofs.catalogue import built_ins
from ntkproofs.commands.common import HOLDS, clipped, number, print_json, remark
from ntkproofs.commands.finite import NUMBER, network_arguments
from ntkproofs.commands.programs import ORDER, task_of
from ntkproofs.commands.regime import add_regime, certified_regime
from ntkproofs.display import counted
from ntkproofs.errors import InputError
from ntkproofs.training import LAYERS, STARTS, Training

if TYPE_CHECKING:
    from ntkproofs.certificates import Certificate, Run

__all__ = ["register"]

THRESHOLDS = ("zero", "half", "best")


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
    programs = certify.add_subparsers(dest="program", metavar="PROGRAM", required=True)
    common = _common()
    for entry in built_ins("certify"):
        parser = programs.add_parser(entry.name, parents=[common], help=entry.help)
        limit = entry.limits["certify"]
        parser.add_argument("--bits", required=True, metavar="N", help=f"bits of each input, at most {limit}")
        if entry.ordered:
            parser.add_argument("--order", metavar=ORDER, help="the order of the bits (default: reversed)")
        parser.set_defaults(function=_certify, make=_task_run)
    sbn = programs.add_parser(
        "sbn", parents=[common], help="a program of the subtract-and-branch machine, on its own data"
    )
    sbn.add_argument("file", metavar="PROGRAM_FILE", help="the program, as assembly text")
    sbn.add_argument(
        "--max-instructions", default="10000", metavar="M", help="stop after M instructions (default: 10000)"
    )
    sbn.set_defaults(function=_certify, make=_sbn_run)


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
        "--steps", metavar="T", help="number of steps of gradient descent, with --trained (default: the smallest)"
    )
    common.add_argument(
        "--step", metavar="ETA", help="size of the steps of gradient descent, with --trained (default: the largest)"
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


def _certify(options: argparse.Namespace) -> int:
    from ntkproofs.certificates import write
    from ntkproofs.commands.frontier import issue_or_explain, supplements, with_padding
    from ntkproofs.files import check_writable

    if options.output is not None:
        check_writable(options.output)  # before the search
    failure = _probability(options.failure)
    issue = _ensemble if options.trained is None else _network
    if options.regime is not None:
        options.regime = certified_regime(options.regime)
    _check_options(options)
    run: Run = options.make(options)
    options = with_padding(options, run, failure)
    run.program.pad(int(options.padding))
    certificate = issue_or_explain(issue, options, run, failure)
    lines, entries = supplements(options, run, failure, certificate)
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
    if options.trained is None:
        for name in ("start", "steps", "step"):
            if getattr(options, name) is not None:
                raise InputError(
                    f"--{name} is an option of gradient descent on one finite network: it requires --trained"
                )
        if options.width is not None:
            raise InputError(
                "--width is an option of one finite network trained by gradient descent: it requires --trained"
            )
        if options.threshold not in THRESHOLDS:
            raise InputError(f"--threshold must be one of {', '.join(THRESHOLDS)}, got {clipped(options.threshold)}")
        return
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


def _ensemble(options: argparse.Namespace, run: Run, failure: Fraction) -> Certificate:
    """Issue the certificate of an ensemble."""
    from ntkproofs.certificates import issue_ensemble
    from ntkproofs.commands.frontier import inputs_of, networks_of

    return issue_ensemble(
        run,
        failure=failure,
        inputs=inputs_of(options),
        threshold=options.threshold,
        states=options.states,
        tail=options.tail,
        drop_unwritten=options.drop_unwritten,
        kernel=options.regime or "ntk",
        networks=networks_of(options),
    )


def _network(options: argparse.Namespace, run: Run, failure: Fraction) -> Certificate:
    """Issue the certificate of networks of finite width."""
    from ntkproofs.certificates import issue_network

    return issue_network(run, **network_arguments(options, failure))


def _task_run(options: argparse.Namespace) -> Run:
    from ntkproofs.certificates import Run

    return Run.of(task_of(options, "certify"))


def _sbn_run(options: argparse.Namespace) -> Run:
    """Return the run of an SBN program on its own data, from the start until it halts."""
    from ntkproofs.certificates import Run
    from ntkproofs.execution import run_sbn
    from ntkproofs.kernels import two_layer_relu
    from ntkproofs.programs.sbn import load, read_assembly, sbn

    limit = number(options.max_instructions, "--max-instructions", low=1)
    assembly = read_assembly(Path(options.file))
    result = run_sbn(
        assembly,
        kernel=two_layer_relu(options.regime or (LAYERS[options.trained].kernel if options.trained else "ntk")),
        max_instructions=limit,
    )
    if not result.halted:
        executed = counted(result.executed, "instruction")
        raise InputError(f"{options.file}: the program has not halted after {executed} (--max-instructions)")
    layout = result.layout
    machine = sbn(layout.words, layout.bits, layout.instructions)
    return Run.from_state(machine, load(layout, assembly), result.steps)


def _probability(text: str) -> Fraction:
    """Return the exact value of a probability; raises InputError unless it is between 0 and 1."""
    if len(text) <= 100 and re.fullmatch(NUMBER, text, re.ASCII):
        value = Fraction(text)
        if 0 < value < 1:
            return value
    raise InputError(f"--failure must be a probability between 0 and 1, such as 1e-6 or 1/1000, got {clipped(text)}")


def _lines(certificate: Certificate) -> list[tuple[str, str]]:
    verified = certificate.verified
    shown = (
        ("width", "steps", "step") if certificate.claim["kind"] == "network" else certificate.claim.keys() & {"width"}
    )
    return [
        ("networks", f"{certificate.networks}"),
        ("threshold", certificate.claim["threshold"]),
        *((key, f"{certificate.claim[key]}") for key in ("width", "steps", "step") if key in shown),
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
    return {
        "tail": options.tail,
        "drop_unwritten": claim["drop_unwritten"],
        "kernel": claim["kernel"],
    }
