"""``ntkproofs certify``: how many networks run a program right, as a certificate that the checker accepts."""

from __future__ import annotations

import argparse
import re
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ntkproofs.commands.common import HOLDS, clipped, number, print_json, remark
from ntkproofs.errors import InputError

if TYPE_CHECKING:
    from ntkproofs.certificates import Certificate, Run

__all__ = ["register"]

MAX_BITS = {"addition": 4096, "multiplication": 256, "permutation": 4096}
MAX_PADDING = 10**9
WORDS = ("zero", "half", "best")


def register(commands: Any) -> None:
    """Add the command, with a subcommand for each program, to the parser."""
    certify = commands.add_parser(
        "certify",
        help="how many networks run a program right, as a certificate",
        description="Find the least number of networks whose average, rounded at the threshold, runs a program right "
        "with probability 1 - failure, and issue a certificate of it.",
    )
    programs = certify.add_subparsers(dest="program", metavar="PROGRAM", required=True)
    common = _common()
    for name, most in MAX_BITS.items():
        parser = programs.add_parser(name, parents=[common], help=f"the program {name}")
        parser.add_argument("--bits", required=True, metavar="N", help=f"bits of each input, at most {most}")
        if name == "permutation":
            parser.add_argument("--order", metavar="I,J,...", help="its order (default: the bits reversed)")
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
        "--threshold", choices=WORDS, default="best", help="what outputs are held against (default: best)"
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
        help="claim that the means of scalar networks of width W, so many for each output bit, linearised at their "
        "initialisation, are right too",
    )
    common.add_argument("--drop-unwritten", action="store_true", help="claim nothing of bits that no template writes")
    common.add_argument("--padding", default="0", metavar="P|auto", help="further samples with all-zero targets")
    common.add_argument(
        "--regime", choices=("ntk", "nngp"), default="ntk", help="the kernel that trains (default: ntk)"
    )
    common.add_argument("-o", dest="output", metavar="FILE", help="write the certificate there")
    common.add_argument("--json", action="store_true", help="one JSON document on stdout")
    return common


def _certify(options: argparse.Namespace) -> int:
    from ntkproofs.certificates import ample_padding, issue_ensemble, write
    from ntkproofs.files import check_writable

    if options.output is not None:
        check_writable(options.output)  # before the work, not after it
    failure = _probability(options.failure)
    inputs: int | str = "all"
    if options.inputs != "all":
        inputs = 1 if options.inputs == "one" else number(options.inputs, "--inputs", low=1)
    run: Run = options.make(options)
    auto = options.padding == "auto"
    padding = ample_padding(run.program) if auto else number(options.padding, "--padding", low=0, high=MAX_PADDING)
    run.program.pad(padding)
    certificate = issue_ensemble(
        run,
        failure=failure,
        inputs=inputs,
        threshold=options.threshold,
        states=options.states,
        tail=options.tail,
        drop_unwritten=options.drop_unwritten,
        kernel=options.regime,
        width=options.width if options.width in (None, "least") else number(options.width, "--width", low=1),
    )
    if options.output is not None:
        write(certificate, options.output)
    if options.json:
        print_json(_document(options, certificate))
    else:
        for name, text in _lines(certificate):
            print(f"{name:<10} {text}")
    if options.output is None:
        remark("ntkproofs: the certificate was not written; name a file with -o FILE")
    return HOLDS


def _task_run(options: argparse.Namespace) -> Run:
    from ntkproofs import programs
    from ntkproofs.certificates import Run

    name, bits = options.program, number(options.bits, "--bits", low=1, high=MAX_BITS[options.program])
    if name != "permutation":
        return Run.of({"addition": programs.addition_task, "multiplication": programs.multiplication_task}[name](bits))
    places = map(str, reversed(range(bits))) if options.order is None else options.order.split(",")
    order = [number(place.strip(), "a place in --order") for place in places]
    if len(order) != bits:
        raise InputError(f"--order names {len(order)} places for {bits} bits")
    return Run.of(programs.permutation_task(order))


def _sbn_run(options: argparse.Namespace) -> Run:
    """Return the run of one SBN program on the data it holds, from its start until it halts."""
    from ntkproofs.certificates import Run
    from ntkproofs.execution import run_sbn
    from ntkproofs.kernels import two_layer_relu
    from ntkproofs.programs.sbn import load, read_assembly, sbn

    limit = number(options.max_instructions, "--max-instructions", low=1)
    assembly = read_assembly(Path(options.file))
    done = run_sbn(assembly, kernel=two_layer_relu(options.regime), max_instructions=limit)
    if not done.halted:
        raise InputError(f"{options.file}: it has not halted after {done.executed} instructions (--max-instructions)")
    layout = done.layout
    machine = sbn(layout.words, layout.bits, layout.instructions)
    return Run.from_state(machine, load(layout, assembly), done.steps)


def _probability(text: str) -> Fraction:
    """Return a probability as typed, exactly; raises InputError unless it lies between 0 and 1."""
    if len(text) <= 100 and re.fullmatch(
        r"[0-9]*\.?[0-9]+([eE]-?[0-9]{1,3})?|[0-9]+/[0-9]*[1-9][0-9]*", text, re.ASCII
    ):
        value = Fraction(text)
        if 0 < value < 1:
            return value
    raise InputError(f"--failure is a probability between 0 and 1, such as 1e-6 or 1/1000, got {clipped(text)}")


def _lines(certificate: Certificate) -> list[tuple[str, str]]:
    verified = certificate.verified
    return [
        ("networks", f"{certificate.networks}"),
        ("threshold", certificate.claim["threshold"]),
        *([("width", f"{certificate.claim['width']}")] if "width" in certificate.claim else []),
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
        "tail": options.tail,
        "width": claim.get("width"),
        "outputs": claim.get("outputs"),
        "states": "arbitrary" if claim["states"] == "arbitrary" else "reachable",
        "drop_unwritten": claim["drop_unwritten"],
        "kernel": claim["kernel"],
        "samples": len(claim["program"]["templates"]) + claim["program"]["padding"],
        "padding": claim["program"]["padding"],
        "claim": verified.claim,
        "verified": verified.details,
        "claim_sha256": verified.digest,
        "bytes": len(certificate.data),
        "file": options.output,
    }
