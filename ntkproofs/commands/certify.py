"""``ntkproofs certify``: how many networks run a program right, as a certificate that the checker accepts."""

from __future__ import annotations

import argparse
import re
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ntkproofs.catalogue import built_ins
from ntkproofs.commands.common import HOLDS, clipped, number, print_json, remark
from ntkproofs.commands.programs import ORDER, task_of
from ntkproofs.commands.regime import add_regime, certified_regime
from ntkproofs.errors import InputError
from ntkproofs.training import LAYERS, STARTS, Training

if TYPE_CHECKING:
    from ntkproofs.certificates import Certificate, Run

__all__ = ["register"]

WORDS = ("zero", "half", "best")
NUMBER = r"[0-9]*\.?[0-9]+([eE]-?[0-9]{1,3})?|[0-9]+/[0-9]*[1-9][0-9]*"


def register(commands: Any) -> None:
    """Add the command, with a subcommand for each program, to the parser."""
    certify = commands.add_parser(
        "certify",
        help="how many networks run a program right, as a certificate",
        description="Find the least number of networks whose average, rounded at the threshold, runs a program right "
        "with probability 1 - failure, and issue a certificate of it. With --trained: the least width of one network "
        "that does, trained by gradient descent (with --trained all: of one scalar network for each output bit).",
    )
    programs = certify.add_subparsers(dest="program", metavar="PROGRAM", required=True)
    common = _common()
    for entry in built_ins("certify"):
        parser = programs.add_parser(entry.name, parents=[common], help=f"the program {entry.name}")
        most = entry.limits["certify"]
        parser.add_argument("--bits", required=True, metavar="N", help=f"bits of each input, at most {most}")
        if entry.ordered:
            parser.add_argument("--order", metavar=ORDER, help="its order (default: the bits reversed)")
        parser.set_defaults(function=_certify, make=_task_run)
    sbn = programs.add_parser(
        "sbn", parents=[common], help="a program for the subtract-and-branch machine, as it stands"
    )
    sbn.add_argument("file", metavar="PROGRAM_FILE", help="assembly text")
    sbn.add_argument("--max-instructions", default="10000", metavar="M", help="stop after M instructions")
    sbn.set_defaults(function=_certify, make=_sbn_run)


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--failure", required=True, metavar="DELTA", help="such as 1e-6, 0.01 or 1/1000; taken exactly")
    common.add_argument(
        "--inputs", default="all", metavar="all|one|COUNT", help="how many inputs must all go right together (all)"
    )
    common.add_argument(
        "--threshold",
        default="best",
        metavar="|".join(WORDS),
        help="what outputs are held against (default: best); with --trained best or a fraction",
    )
    common.add_argument("--states", choices=("arbitrary", "reachable"), default="", help="whose counts are used")
    common.add_argument(
        "--tail",
        choices=("gaussian", "published"),
        default="gaussian",
        help="which bound gives the number of networks (default: gaussian)",
    )
    common.add_argument(
        "--width",
        metavar="W|least",
        help="of the network that --trained names (default: the least)",
    )
    common.add_argument(
        "--trained",
        choices=tuple(LAYERS),
        help="certify one network of finite width, trained by gradient descent: which layers are trained",
    )
    common.add_argument(
        "--start",
        choices=tuple(STARTS),
        help="with --trained output: output weights from zero; with --trained all: pairs of neurons (1, u), (-1, u), "
        "antisymmetric",
    )
    common.add_argument("--steps", metavar="T", help="of gradient descent, with --trained (default: the fewest)")
    common.add_argument("--step", metavar="ETA", help="of gradient descent, with --trained (default: the largest)")
    common.add_argument("--drop-unwritten", action="store_true", help="claim nothing of bits that no template writes")
    common.add_argument(
        "--padding",
        metavar="P|auto|least|best",
        help="further samples with all-zero targets (default: 0, or with --networks as many as those need): least for "
        "right means, or for --networks; best: fewest networks times samples; auto: enough for ample margins",
    )
    common.add_argument("--networks", metavar="N", help="certify this number of networks (default: the least)")
    add_regime(common, default=None, known="ntk (default) or nngp (with --trained output the default)")
    common.add_argument("-o", dest="output", metavar="FILE", help="write the certificate there")
    common.add_argument("--json", action="store_true", help="one JSON document on stdout")
    return common


def _certify(options: argparse.Namespace) -> int:
    from ntkproofs.certificates import write
    from ntkproofs.commands.frontier import beside, issued, planned
    from ntkproofs.files import check_writable

    if options.output is not None:
        check_writable(options.output)  # before the work, not after it
    failure = _probability(options.failure)
    issue = _ensemble if options.trained is None else _network
    if options.regime is not None:
        options.regime = certified_regime(options.regime)
    _check_options(options)
    run: Run = options.make(options)
    options = planned(options, run, failure)
    run.program.pad(int(options.padding))
    certificate = issued(issue, options, run, failure)
    lines, keys = beside(options, run, failure, certificate)
    if options.output is not None:
        write(certificate, options.output)
    if options.json:
        print_json(_document(options, certificate) | _details(options, certificate) | keys)
    else:
        for name, text in [*_lines(certificate), *lines]:
            print(f"{name:<10} {text}")
    if options.output is None:
        remark("ntkproofs: the certificate was not written; name a file with -o FILE")
    return HOLDS


def _check_options(options: argparse.Namespace) -> None:
    """Refuse options that do not go together, before the work."""
    if options.trained is None:
        for name in ("start", "steps", "step"):
            if getattr(options, name) is not None:
                raise InputError(f"--{name} speaks of gradient descent on a finite network: it needs --trained")
        if options.width is not None:
            raise InputError("--width is of one finite network, trained by gradient descent: it needs --trained output")
        if options.threshold not in WORDS:
            raise InputError(f"--threshold is one of {', '.join(WORDS)}, got {clipped(options.threshold)}")
        return
    training = Training.of(options.trained, options.start)
    if training.start.name != training.layers.start:
        raise InputError(f"--start {options.start}: certificates are for the start {training.layers.start} alone")
    if options.regime not in (None, training.kernel):
        raise InputError(
            f"--trained {options.trained} is the kernel {training.kernel}: --regime {options.regime} is another"
        )
    if options.tail != "gaussian" or options.drop_unwritten:
        raise InputError("--tail and --drop-unwritten are about ensembles: they do not go with --trained")
    if options.threshold in ("zero", "half"):
        raise InputError(f"--threshold {options.threshold} is for ensembles; with --trained it is best or a fraction")


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
    """Issue the certificate of one finite network."""
    from ntkproofs.certificates import issue_network
    from ntkproofs.commands.frontier import inputs_of

    return issue_network(
        run,
        failure=failure,
        trained=options.trained,
        inputs=inputs_of(options),
        width="least" if options.width in (None, "least") else number(options.width, "--width", low=1),
        threshold="best" if options.threshold == "best" else _fraction(options.threshold, "--threshold"),
        states=options.states,
        steps="least" if options.steps is None else number(options.steps, "--steps", low=1),
        step="largest" if options.step is None else _fraction(options.step, "--step"),
    )


def _fraction(text: str, option: str) -> Fraction:
    """Return a positive number as typed, exactly."""
    if len(text) <= 100 and re.fullmatch(NUMBER, text, re.ASCII) and Fraction(text) > 0:
        return Fraction(text)
    raise InputError(f"{option} is a number above 0, such as 0.02 or 1/50, got {clipped(text)}")


def _task_run(options: argparse.Namespace) -> Run:
    from ntkproofs.certificates import Run

    return Run.of(task_of(options, "certify"))


def _sbn_run(options: argparse.Namespace) -> Run:
    """Return the run of one SBN program on the data it holds, from its start until it halts."""
    from ntkproofs.certificates import Run
    from ntkproofs.execution import run_sbn
    from ntkproofs.kernels import two_layer_relu
    from ntkproofs.programs.sbn import load, read_assembly, sbn

    limit = number(options.max_instructions, "--max-instructions", low=1)
    assembly = read_assembly(Path(options.file))
    done = run_sbn(
        assembly,
        kernel=two_layer_relu(options.regime or (LAYERS[options.trained].kernel if options.trained else "ntk")),
        max_instructions=limit,
    )
    if not done.halted:
        raise InputError(f"{options.file}: it has not halted after {done.executed} instructions (--max-instructions)")
    layout = done.layout
    machine = sbn(layout.words, layout.bits, layout.instructions)
    return Run.from_state(machine, load(layout, assembly), done.steps)


def _probability(text: str) -> Fraction:
    """Return a probability as typed, exactly; raises InputError unless it lies between 0 and 1."""
    if len(text) <= 100 and re.fullmatch(NUMBER, text, re.ASCII):
        value = Fraction(text)
        if 0 < value < 1:
            return value
    raise InputError(f"--failure is a probability between 0 and 1, such as 1e-6 or 1/1000, got {clipped(text)}")


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
    """Return what only an ensemble, or only a finite network, has."""
    claim = certificate.claim
    if claim["kind"] == "network":
        return {key: claim[key] for key in ("trained", "start", "step")} | {"kernel": LAYERS[claim["trained"]].kernel}
    return {
        "tail": options.tail,
        "drop_unwritten": claim["drop_unwritten"],
        "kernel": claim["kernel"],
    }
