"""``ntkproofs train``: draw and train networks, and write their weights to a file."""

from __future__ import annotations

import argparse
import math
import re
import time
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
    from ntkproofs.counts import Counts
    from ntkproofs.loading import Loaded
    from ntkproofs.simulation.train import Stage
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
    parser.add_argument("--width", required=True, metavar="W", help="number of neurons of each network")
    parser.add_argument(
        "--trained",
        required=True,
        choices=tuple(LAYERS),
        help="the trained layers: output (of one network) or all (of a scalar network for each output bit)",
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
    parser.add_argument(
        "--networks", default="1", metavar="N", help="number of networks averaged for each output bit (default: 1)"
    )
    parser.add_argument(
        "--threshold",
        metavar="TAU",
        help="the threshold in the file, a fraction (default: the one that balances the margins of 0-bits and 1-bits "
        "of the program at infinite width)",
    )
    parser.add_argument("--seed", default="0", metavar="S", help="seed of the random numbers (default: 0)")
    parser.add_argument("-o", dest="output", metavar="FILE", required=True, help=f"write the networks to FILE{SUFFIX}")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.set_defaults(function=_train)


def _train(options: argparse.Namespace) -> int:
    from ntkproofs.files import check_writable
    from ntkproofs.simulation.train import Stage, train
    from ntkproofs.weights import write_networks

    if Path(options.output).suffix.lower() != SUFFIX:
        raise InputError(f"-o {clipped(options.output)}: networks are written to files with the suffix {SUFFIX}")
    check_writable(options.output)  # before the training
    training = _training(options)
    loaded = load(options, "train")
    arguments = {
        "width": number(options.width, "--width", low=1, high=MAX_WIDTH),
        "networks": number(options.networks, "--networks", low=1, high=MAX_NETWORKS),
        "seed": number(options.seed, "--seed", high=2**128 - 1),
    }
    threshold = _threshold(options, loaded, training)
    start, stage = time.perf_counter(), Stage(0, 0, 0, math.inf)
    networks: Networks | None = None
    with showing() as show, Stoppable() as stop:

        def watch(latest: Stage) -> None:
            nonlocal stage
            stage = latest
            show(stage.done, stage.total, _progress(stage))

        networks = train(
            loaded.program,
            training,
            **arguments,
            threshold=threshold,
            parametrisation=options.parametrisation,
            watch=watch,
        )
    if networks is None:
        return _stopped(options, f"{stop.reason}", stage)
    write_networks(options.output, networks)
    seconds = time.perf_counter() - start
    if options.json:
        print_json(_document(options, networks) | {"seconds": round(seconds, 3)})
    else:
        print("\n".join([*_lines(options, networks), f"{seconds:.1f} seconds"]))
    return HOLDS


def _training(options: argparse.Namespace) -> Training:
    """Return the training that the options name; raises InputError for an invalid one."""
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
    raise InputError(
        f"{option} must be a {'' if zero else 'positive '}number, such as 0.02 or 1/50, got {clipped(text)}"
    )


# --- the threshold


def _threshold(options: argparse.Namespace, loaded: Loaded, training: Training) -> Fraction:
    """Return the threshold of the options, or the balanced one; raises InputError if there is none."""
    from ntkproofs.bounds.thresholds import balanced
    from ntkproofs.programs import Task
    from ntkproofs.simulation.train import threshold_of

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


def _stopped(options: argparse.Namespace, reason: str, stage: Stage) -> int:
    """Report that the training was stopped and nothing was written; return the exit code."""
    if options.json:
        print_json(
            {
                "format": 1,
                "program": options.program,
                "complete": False,
                "networks_trained": stage.done,
                "networks_planned": stage.total or None,
                "file": None,
            }
        )
    else:
        print("not complete: no file was written")
    how_far = _progress(stage) if stage.total else "before the first network was trained"
    remark(f"ntkproofs: {reason}: {how_far}; no file was written")
    return UNDECIDED


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
