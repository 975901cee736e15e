"""``ntkproofs simulate --trained``: draw and train networks of finite width, and measure them at every state."""

from __future__ import annotations

import argparse
import contextlib
import math
import re
import time
from collections.abc import Iterator
from typing import Any

from ntkproofs.commands.common import HOLDS, UNDECIDED, clipped, number, print_json, remark
from ntkproofs.commands.programs import load
from ntkproofs.commands.progress import showing
from ntkproofs.commands.stopping import Stoppable
from ntkproofs.display import counted
from ntkproofs.errors import InputError
from ntkproofs.programs import Task
from ntkproofs.simulation.drawn import default_step
from ntkproofs.simulation.measured import Draws, Mean, States, means, measure_chunks, share_bounds
from ntkproofs.training import Training

__all__ = ["simulate_trained"]

DEFAULT_DRAWS = 100
DECIMAL = re.compile(r"[0-9]*\.?[0-9]+([eE]-?[0-9]{1,2})?|[0-9]+/[0-9]*[1-9][0-9]*")


def simulate_trained(options: argparse.Namespace) -> int:
    """Draw, train and measure networks according to the options, and return the exit code."""
    _check(options)
    training = Training.of(
        options.trained,
        options.start,
        steps=None if options.steps is None else number(options.steps, "--steps", low=1, high=10**6),
        step=None if options.step is None else _positive(options.step, "--step"),
    )
    threshold = None if options.threshold is None else _positive(options.threshold, "--threshold")
    start, draws = time.perf_counter(), None
    with contextlib.ExitStack() as stack:
        show = stack.enter_context(showing())
        stop = stack.enter_context(Stoppable())
        for draws in _chunks(options, training):
            show(draws.draws, draws.planned, f"{draws.draws:,} of {counted(draws.planned, 'draw')}")
    if draws is None:
        if options.json:
            print_json({"format": 1, "program": options.program, "complete": False, "networks_drawn": 0})
        else:
            print("not complete: no network was drawn")
        remark(f"ntkproofs: {stop.reason} before the first network was trained")
        return UNDECIDED
    tau = draws.threshold if threshold is None else threshold
    seconds = time.perf_counter() - start
    if options.json:
        print_json(_document(options, draws, tau) | {"seconds": round(seconds, 3)})
    else:
        print(
            "\n".join([*_lines(draws, tau, chosen=threshold is None), "", f"{seconds:.1f} seconds, seed {draws.seed}"])
        )
    if not draws.complete:
        remark(f"ntkproofs: {stop.reason} after {draws.draws:,} of {counted(draws.planned, 'draw')}")
        return UNDECIDED
    return HOLDS


def _check(options: argparse.Namespace) -> None:
    """Raise InputError for incompatible options."""
    if options.model not in (None, "trained"):
        raise InputError(f"--model {options.model} is incompatible with --trained")
    if options.parametrisation is not None:
        raise InputError(
            "--parametrisation is incompatible with --trained, whose networks have the NTK parametrisation"
        )
    if options.width is None:
        raise InputError("--trained requires --width W, the number of neurons of each network")
    if options.ones is not None and options.states == "reachable":
        raise InputError("--ones selects arbitrary states, which is incompatible with --states reachable")


def _chunks(options: argparse.Namespace, training: Training) -> Iterator[Draws]:
    loaded = load(options, "simulate", low=2)
    program = loaded.program
    seed = number(options.seed, "--seed", high=2**128 - 1)
    if options.states == "reachable":
        if not isinstance(loaded.task, Task):
            raise InputError(f"{loaded.name} is no task: its reachable states are not known (--states arbitrary)")
        states = States.reachable(loaded.task, seed=seed)
    else:
        limit = program.output_bits
        ones = None if options.ones is None else number(options.ones, "--ones", low=1, high=limit)
        states = States.arbitrary(program, ones=ones, seed=seed)
    return measure_chunks(
        states,
        training,
        width=number(options.width, "--width", low=program.samples, high=10**7),
        draws=DEFAULT_DRAWS
        if options.repetitions is None
        else number(options.repetitions, "--repetitions", low=1, high=10**6),
        networks=1 if options.networks is None else number(options.networks, "--networks", low=1, high=10**6),
        seed=seed,
    )


def _positive(text: str, option: str) -> float:
    """Return a positive number, such as 0.02 or 1/50."""
    if len(text) <= 40 and DECIMAL.fullmatch(text):
        top, _, bottom = text.partition("/")
        value = float(top) / float(bottom or 1)
        if 0 < value < math.inf:
            return value
    raise InputError(f"{option} must be a positive number, such as 0.02 or 1/50, got {clipped(text)}")


def _lines(draws: Draws, threshold: float, *, chosen: bool) -> Iterator[str]:
    training, states = draws.training, draws.states
    network = "one network with all outputs" if not training.layers.scalar else "a scalar network for each output bit"
    average = network if draws.networks == 1 else f"the average of {draws.networks:,} draws of {network}"
    step = default_step(training, states.program.samples)
    if training.steps is not None:
        length = f"{counted(training.steps, 'step')} of size {step:.4g}"
    elif draws.steps is not None:
        length = f"to convergence, in at most {counted(draws.steps, 'step')} of size {step:.4g}"
    else:
        length = "to convergence"
    if not draws.complete:
        yield f"not complete: {draws.draws:,} of {counted(draws.planned, 'draw')}"
    yield f"{counted(draws.draws, 'draw')} of {average}, width {draws.width:,}"
    yield f"start {training.start.name}: {training.start.about}"
    yield f"trained: {training.trained}, {length}; predicted: the {training.kernel.upper()} at infinite width"
    right, count = draws.right(threshold), draws.draws
    low, high = share_bounds(right, count)
    yield (
        f"all bits correct at {states.which}: {right:,} of {counted(count, 'draw')} ({100 * low:.2f} % to "
        f"{100 * high:.2f} %, confidence 95 %), threshold {threshold:.5g}{' (the best)' if chosen else ''}"
    )
    yield ""
    yield f"{'':<19}{'measured':>13}{'standard error':>16}{'predicted':>13}"
    for name, mean in means(draws).items():
        error = "" if mean.standard_error is None else f"{mean.standard_error:.2g}"
        yield f"{name.replace('_', ' '):<19}{mean.measured:>13.6g}{error:>16}{mean.predicted:>13.6g}"


def _document(options: argparse.Namespace, draws: Draws, threshold: float) -> dict[str, Any]:
    training, right = draws.training, draws.right(threshold)
    low, high = share_bounds(right, draws.draws)
    return {
        "format": 1,
        "program": options.program,
        "bits": None if options.bits is None else int(options.bits),
        "ones": None if options.ones is None else int(options.ones),
        "inputs": len(draws.states.codes),
        "states": options.states or "arbitrary",
        "which_states": draws.states.which,
        "exhaustive": draws.states.exhaustive,
        "model": "trained",
        "trained": training.trained,
        "start": training.start.name,
        "steps": training.steps,
        "step": default_step(training, draws.states.program.samples),
        "parametrisation": "ntk",
        "predicted_by": training.kernel,
        "width": draws.width,
        "seed": draws.seed,
        "networks": draws.networks,
        "repetitions": draws.draws,
        "complete": draws.complete,
        "networks_drawn": draws.draws * draws.networks,
        "networks_planned": draws.planned * draws.networks,
        "descent_steps": draws.steps,
        "threshold": threshold,
        "right": right,
        "share_right": {"measured": right / draws.draws, "low": low, "high": high, "level": 0.95},
        **{name: _mean(mean) for name, mean in means(draws).items()},
    }


def _mean(mean: Mean) -> dict[str, Any]:
    return {"measured": mean.measured, "standard_error": mean.standard_error, "predicted": mean.predicted}
