"""``ntkproofs train``: draw and train networks, and write their weights to a file."""

from __future__ import annotations

import argparse
import math
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ntkproofs.commands.common import HOLDS, NUMBER, UNDECIDED, clipped, number, print_json, remark
from ntkproofs.commands.programs import add_options, add_padding, add_program, load
from ntkproofs.commands.progress import showing
from ntkproofs.commands.stopping import Stoppable
from ntkproofs.display import counted
from ntkproofs.errors import InputError, NoMargin
from ntkproofs.training import LAYERS, STARTS, Training

if TYPE_CHECKING:
    from ntkproofs.certificates import Certificate
    from ntkproofs.commands.progress import Show
    from ntkproofs.counts import Counts
    from ntkproofs.loading import Loaded
    from ntkproofs.programs import TemplateProgram
    from ntkproofs.simulation.events import Event
    from ntkproofs.simulation.trainer import Stage
    from ntkproofs.weights import Networks

__all__ = ["register"]

SUFFIX = ".safetensors"
MAX_STEPS, MAX_NETWORKS, MAX_WIDTH = 10**6, 10**6, 10**8
MAX_INSTRUCTIONS = 10_000  # of an SBN program that is run for its threshold


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "train",
        help="draw and train networks, and write their weights to a file",
        description="Draw networks of finite width, train them on the templates of a program by full-batch gradient "
        "descent in double precision, and write their weights, the threshold and where they come from to a file. "
        "Whether the networks execute the program is decided afterwards: ntkproofs exhaust PROGRAM --networks FILE.",
        epilog="Example: ntkproofs train permutation --bits 8 --width 2000 --trained all --seed 1 -o p.safetensors",
    )
    add_program(parser, "train")
    add_options(parser, "--program-steps")
    add_padding(parser)
    parser.add_argument(
        "--width", metavar="W", help="number of neurons of each network (required without --certificate)"
    )
    parser.add_argument(
        "--trained",
        choices=tuple(LAYERS),
        help="the trained layers: output (of one network) or all (of a scalar network for each output bit); required "
        "without --certificate",
    )
    parser.add_argument(
        "--start",
        choices=tuple(STARTS),
        help="the initial weights (default: zero with --trained output, antisymmetric with --trained all; gaussian "
        "with --parametrisation standard)",
    )
    parser.add_argument(
        "--parametrisation",
        choices=("ntk", "standard"),
        default="ntk",
        help="ntk (default); standard, with --trained all: one network with all output bits, initial standard "
        "deviations 1/sqrt(fan-in), one learning rate for all weights",
    )
    parser.add_argument(
        "--steps",
        metavar="T",
        help="number of steps of gradient descent (default: to convergence; of the output layer in closed form, of all "
        "layers until every output at every sample is within 1e-7 of its target, 1e-6 with --parametrisation standard)",
    )
    parser.add_argument(
        "--step",
        metavar="ETA",
        help="size of the steps (default: 1 / (2 x the largest eigenvalue of the kernel matrix at infinite width); "
        "with --parametrisation standard 1 / that of the network's own kernel at the start)",
    )
    parser.add_argument("--networks", metavar="N", help="number of networks averaged for each output bit (default: 1)")
    parser.add_argument(
        "--threshold",
        metavar="TAU",
        help="the threshold in the file, a fraction (default: the one that balances the margins of 0-bits and 1-bits "
        "of the program at infinite width)",
    )
    parser.add_argument(
        "--certificate",
        metavar="FILE.json",
        help="a certificate of certify --trained: options that are not given are those of its claim, and the events on "
        "which it rests are measured on this start; exit code 3 if it is about other networks",
    )
    parser.add_argument("--seed", default="0", metavar="S", help="seed of the random numbers (default: 0)")
    parser.add_argument("-o", dest="output", metavar="FILE", required=True, help=f"write the networks to FILE{SUFFIX}")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.set_defaults(function=_train)


def _train(options: argparse.Namespace) -> int:
    from ntkproofs.files import check_writable
    from ntkproofs.weights import write_networks

    if Path(options.output).suffix.lower() != SUFFIX:
        raise InputError(f"-o {clipped(options.output)}: networks are written to files with the suffix {SUFFIX}")
    check_writable(options.output)  # before the training
    certificate = None if options.certificate is None else _certificate(options)
    training = _training(options)
    loaded = load(options, "train")
    if certificate is not None and options.padded is None:
        loaded.program.pad(max(0, certificate.claim["program"]["padding"] - loaded.program.padding))
    work = _Work(
        options,
        loaded.program,
        training,
        number(options.width, "--width", low=1, high=MAX_WIDTH),
        number(options.networks or "1", "--networks", low=1, high=MAX_NETWORKS),
        number(options.seed, "--seed", high=2**128 - 1),
        _threshold(options, loaded, training),
        certificate,
    )
    start, events = time.perf_counter(), None
    with showing() as show, Stoppable() as stop:
        events = work.done(show)
    if work.networks is None or events is None:
        return work.stopped(f"{stop.reason}")
    write_networks(options.output, work.networks)
    seconds = time.perf_counter() - start
    if options.json:
        print_json(
            _document(options, work.networks) | _entries(options, certificate, events) | {"seconds": round(seconds, 3)}
        )
    else:
        print("\n".join([*_lines(options, work.networks), f"{seconds:.1f} seconds"]))
        if certificate is not None:
            _print_events(options, certificate, events)
    return HOLDS


@dataclass
class _Work:
    """What is trained, and how far that has come."""

    options: argparse.Namespace
    program: TemplateProgram
    training: Training
    width: int
    count: int
    seed: int
    threshold: Fraction
    certificate: Certificate | None
    stage: Stage | None = None
    networks: Networks | None = None

    def done(self, show: Show) -> tuple[Event, ...]:
        """Train the networks and return the events of the certificate; raises InputError if it is about others."""
        from ntkproofs.simulation.events import check_same, measure_events
        from ntkproofs.simulation.trainer import description, train

        def watch(stage: Stage) -> None:
            self.stage = stage
            show(stage.done, stage.total, _progress(stage))

        program, training, style = self.program, self.training, self.options.parametrisation
        if self.certificate is not None:
            about = description(program, training, width=self.width, seed=self.seed, parametrisation=style)
            try:
                check_same(self.certificate, about, networks=self.count, threshold=self.threshold)
            except InputError as problem:
                raise InputError(f"{self.options.certificate}: {problem}") from problem
        self.networks = train(
            program,
            training,
            width=self.width,
            networks=self.count,
            seed=self.seed,
            threshold=self.threshold,
            parametrisation=style,
            watch=watch,
        )
        return () if self.certificate is None else measure_events(self.certificate, self.networks)

    def stopped(self, reason: str) -> int:
        """Report that the training was stopped and nothing was written; return the exit code."""
        done, total = (self.stage.done, self.stage.total) if self.stage else (0, None)
        if self.options.json:
            entries = {"complete": False, "networks_trained": done, "networks_planned": total, "file": None}
            print_json({"format": 1, "program": self.options.program, **entries})
        else:
            print("not complete: no file was written")
        how_far = "before the first network was trained" if self.stage is None else _progress(self.stage)
        remark(f"ntkproofs: {reason}: {how_far}; no file was written")
        return UNDECIDED


def _training(options: argparse.Namespace) -> Training:
    """Return the training that the options name; raises InputError for an invalid one."""
    for name in ("trained", "width"):
        if getattr(options, name) is None:
            options.refuse(f"the following arguments are required: --{name}")
    start = options.start
    if start is None and options.parametrisation == "standard" and options.trained == "all":
        start = "gaussian"
    return Training.of(
        options.trained,
        start,
        steps=None if options.steps is None else number(options.steps, "--steps", low=1, high=MAX_STEPS),
        step=None if options.step is None else float(_fraction(options.step, "--step")),
    )


def _fraction(text: str, option: str, *, zero: bool = False) -> Fraction:
    """Return the exact value of a positive number, or of 0 if that is allowed."""
    if len(text) <= 100 and re.fullmatch(NUMBER, text, re.ASCII):
        value = Fraction(text)
        if (value or zero) and float(value) < math.inf and (float(value) or not value):
            return value
    allowed = "a number from 0" if zero else "a positive number"
    raise InputError(f"{option} must be {allowed}, such as 0.02 or 1/50, got {clipped(text)}")


# --- a certificate


def _certificate(options: argparse.Namespace) -> Certificate:
    """Return the certificate; options that are not given become those of its claim."""
    from ntkproofs.certificates import read_certificate

    certificate = read_certificate(options.certificate)
    claim = certificate.claim
    if claim["kind"] != "network":
        raise InputError(
            f"{options.certificate}: a certificate of the kind {claim['kind']}; --certificate takes one about networks "
            "of finite width, of certify --trained"
        )
    for name in ("trained", "start", "networks", "width", "steps", "step", "threshold"):
        if getattr(options, name) is None:
            setattr(options, name, str(claim[name]))
    return certificate


def _print_events(options: argparse.Namespace, certificate: Certificate, events: Sequence[Event]) -> None:
    from ntkproofs.simulation.events import largest_ratios, unmeasured

    print(f"\nevents of {options.certificate} on this start, in floating point (a measurement, no verdict):")
    print(f"{'event':<12} {'worst at':<22} {'bound':>11} {'measured':>11} {'ratio':>7}")
    for event in largest_ratios(events).values():
        name = f"{event.name}{'*' if event.derived else ''}"
        values = f"{event.bound:>11.4g} {event.measured:>11.4g} {event.ratio:>7.3f}"
        print(f"{name:<12} {event.where:<22} {values}  {event.about}")
    for name, reason in unmeasured(certificate).items():
        print(f"{name:<12} {reason}")
    if any(event.derived for event in events):
        print("* follows from the other events")


def _entries(options: argparse.Namespace, certificate: Certificate | None, events: Sequence[Event]) -> dict[str, Any]:
    """Return the entries of the JSON document about the events."""
    from ntkproofs.simulation.events import unmeasured

    if certificate is None:
        return {}
    rows = [
        {
            "name": event.name,
            "where": event.where,
            "bound": event.bound,
            "measured": event.measured,
            "ratio": event.ratio if math.isfinite(event.ratio) else None,
            "derived": event.derived,
            "about": event.about,
        }
        for event in events
    ]
    return {"certificate": options.certificate, "events": rows, "not_measured": dict(unmeasured(certificate))}


# --- the threshold


def _threshold(options: argparse.Namespace, loaded: Loaded, training: Training) -> Fraction:
    """Return the threshold of the options, or the balanced one; raises InputError if there is none."""
    from ntkproofs.bounds.thresholds import balanced
    from ntkproofs.programs import Task
    from ntkproofs.simulation.trainer import threshold_of

    if options.threshold is not None:
        return _fraction(options.threshold, "--threshold", zero=True)
    kernel = "nngp" if options.parametrisation == "standard" else training.kernel
    try:
        if loaded.assembly is not None:
            return balanced(loaded.program, kernel, lambda: _visited_by_assembly(loaded))
        return threshold_of(loaded.task if isinstance(loaded.task, Task) else loaded.program, kernel)
    except NoMargin as problem:
        raise InputError(f"{problem}; --padding P gives more samples, --threshold TAU states a threshold") from problem


def _visited_by_assembly(loaded: Loaded) -> frozenset[Counts]:
    """Return the counts at the states of an SBN program on its own data, from the start until it halts."""
    from ntkproofs.execution.visited import visited_counts
    from ntkproofs.programs.sbn import interpret, layout_for
    from ntkproofs.programs.sbn import load as initial_state

    assembly = loaded.assembly
    assert assembly is not None
    _, executed = interpret(assembly, max_instructions=MAX_INSTRUCTIONS)
    layout, program = layout_for(assembly), loaded.program
    ones = [position for position, bit in enumerate(program.row(initial_state(layout, assembly))) if bit]
    return visited_counts(program, (), ones, executed * layout.steps_per_instruction)


# --- what is printed


def _progress(stage: Stage) -> str:
    """Return a line about a training in progress."""
    text = f"{stage.done:,} of {counted(stage.total, 'network')} trained"
    if not stage.steps:
        return text
    return f"{text}; the next one: {counted(stage.steps, 'step')}, largest error {stage.error:.1e}"


def _lines(options: argparse.Namespace, networks: Networks) -> list[str]:
    about = networks.metadata
    steps = f"{about['steps']}{', ' + about['steps_taken'] + ' taken' if 'steps_taken' in about else ''}"
    size = f", size {about['step']}" if "step" in about else ""
    start = STARTS[about["start"]].about
    if about["parametrisation"] == "standard":
        start = "all weights normal, with standard deviation 1/sqrt(fan in)"
    return [
        f"{options.output}: {networks}",
        f"start {about['start']}: {start}",
        f"trained: {about['trained']}; steps: {steps}{size}",
        f"threshold {networks.threshold}; seed {about['seed']}; program {about['program']}, SHA-256 of its templates "
        f"{about['program_sha256']}",
    ]


def _document(options: argparse.Namespace, networks: Networks) -> dict[str, Any]:
    about = networks.metadata
    return {
        "format": 1,
        "program": options.program,
        "bits": None if options.bits is None else int(options.bits),
        "complete": True,
        "file": options.output,
        "networks": networks.count,
        "width": networks.width,
        "samples": networks.inputs,
        "padding": int(about["padding"]),
        "output_bits": networks.output_bits,
        "trained": about["trained"],
        "start": about["start"],
        "parametrisation": about["parametrisation"],
        "kernel": about["kernel"],
        "steps": None if not about["steps"].isdigit() else int(about["steps"]),
        "step": about.get("step"),
        "descent_steps": int(about["steps_taken"]) if "steps_taken" in about else None,
        "threshold": str(networks.threshold),
        "seed": int(about["seed"]),
        "program_sha256": about["program_sha256"],
    }
