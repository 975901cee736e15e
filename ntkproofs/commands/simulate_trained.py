"""``ntkproofs simulate --trained``: networks of finite width, drawn, trained, and measured at every state."""

from __future__ import annotations

import argparse
import contextlib
import math
import re
import time
from collections.abc import Iterator
from typing import Any

from ntkproofs.catalogue import CATALOGUE
from ntkproofs.commands.common import HOLDS, UNDECIDED, clipped, number, print_json, remark
from ntkproofs.commands.programs import read_bits
from ntkproofs.commands.progress import showing
from ntkproofs.commands.stopping import Stoppable
from ntkproofs.errors import InputError
from ntkproofs.simulation.measured import Draws, Mean, States, default_step, means, measure_chunks, share_bounds
from ntkproofs.training import Training

__all__ = ["simulate_trained"]

DEFAULT_DRAWS = 100
DECIMAL = re.compile(r"[0-9]*\.?[0-9]+([eE]-?[0-9]{1,2})?|[0-9]+/[0-9]*[1-9][0-9]*")


def simulate_trained(options: argparse.Namespace) -> int:
    """Draw, train and measure as the options say; return the exit code."""
    _check(options)
    training = Training.of(
        options.trained,
        options.start,
        steps=None if options.steps is None else number(options.steps, "--steps", low=1, high=10**6),
        step=None if options.step is None else _positive(options.step, "--step"),
    )
    threshold = None if options.threshold is None else _positive(options.threshold, "--threshold")
    began, done = time.perf_counter(), None
    with contextlib.ExitStack() as stack:
        show = stack.enter_context(showing())
        stop = stack.enter_context(Stoppable())
        for done in _chunks(options, training):
            show(done.draws, done.planned, f"{done.draws:,} of {done.planned:,} draws")
    if done is None:
        if options.json:
            print_json({"format": 1, "program": options.program, "complete": False, "networks_drawn": 0})
        else:
            print("not complete: no network was drawn")
        remark(f"ntkproofs: {stop.reason} before the first network was done")
        return UNDECIDED
    tau = done.threshold if threshold is None else threshold
    seconds = time.perf_counter() - began
    if options.json:
        print_json(_document(options, done, tau) | {"seconds": round(seconds, 3)})
    else:
        print("\n".join([*_lines(done, tau, chosen=threshold is None), "", f"{seconds:.1f} seconds, seed {done.seed}"]))
    if not done.complete:
        remark(f"ntkproofs: {stop.reason} after {done.draws:,} of {done.planned:,} draws")
        return UNDECIDED
    return HOLDS


def _check(options: argparse.Namespace) -> None:
    """Refuse options that do not go together, before the work."""
    if options.model not in (None, "trained"):
        raise InputError(f"--model {options.model} is no training: it does not go with --trained")
    if options.parametrisation is not None:
        raise InputError("--parametrisation does not go with --trained, whose networks have the NTK parametrisation")
    if options.width is None:
        raise InputError("--trained needs --width W, the number of neurons of each network")
    if options.ones is not None and options.states == "reachable":
        raise InputError("--ones chooses among arbitrary states: it does not go with --states reachable")


def _chunks(options: argparse.Namespace, training: Training) -> Iterator[Draws]:
    task = CATALOGUE[options.program].task(read_bits(options, "simulate", low=2))
    seed = number(options.seed, "--seed", high=2**128 - 1)
    if options.states == "reachable":
        states = States.reachable(task, seed=seed)
    else:
        most = task.program.output_bits
        ones = None if options.ones is None else number(options.ones, "--ones", low=1, high=most)
        states = States.arbitrary(task.program, ones=ones, seed=seed)
    return measure_chunks(
        states,
        training,
        width=number(options.width, "--width", low=task.program.samples, high=10**7),
        draws=DEFAULT_DRAWS
        if options.repetitions is None
        else number(options.repetitions, "--repetitions", low=1, high=10**6),
        networks=1 if options.networks is None else number(options.networks, "--networks", low=1, high=10**6),
        seed=seed,
    )


def _positive(text: str, option: str) -> float:
    """Return a number above 0, such as 0.02 or 1/50."""
    if len(text) <= 40 and DECIMAL.fullmatch(text):
        top, _, bottom = text.partition("/")
        value = float(top) / float(bottom or 1)
        if 0 < value < math.inf:
            return value
    raise InputError(f"{option} is a number above 0, such as 0.02 or 1/50, got {clipped(text)}")


def _lines(found: Draws, threshold: float, *, chosen: bool) -> Iterator[str]:
    training, states = found.training, found.states
    each = "one network with all outputs" if not training.layers.scalar else "a scalar network for each output bit"
    average = each if found.networks == 1 else f"the average of {found.networks:,} draws of {each}"
    step = default_step(training, states.program.samples)
    if training.steps is not None:
        length = f"{training.steps:,} steps of size {step:.4g}"
    elif found.steps is not None:
        length = f"to convergence, in at most {found.steps:,} steps of size {step:.4g}"
    else:
        length = "to convergence"
    if not found.complete:
        yield f"not complete: {found.draws:,} of {found.planned:,} draws were made"
    yield f"{found.draws:,} draws of {average}, width {found.width:,}"
    yield f"start {training.start.name}: {training.start.about}"
    yield f"trained: {training.trained}, {length}; predicted: the {training.kernel.upper()} at infinite width"
    right, count = found.right(threshold), found.draws
    low, high = share_bounds(right, count)
    yield (
        f"every bit right at {states.which}: {right:,} of {count:,} draws ({100 * low:.2f} % to {100 * high:.2f} %, "
        f"confidence 95 %), threshold {threshold:.5g}{', where most are' if chosen else ''}"
    )
    yield ""
    yield f"{'':<19}{'measured':>13}{'standard error':>16}{'predicted':>13}"
    for name, mean in means(found).items():
        error = "" if mean.standard_error is None else f"{mean.standard_error:.2g}"
        yield f"{name.replace('_', ' '):<19}{mean.measured:>13.6g}{error:>16}{mean.predicted:>13.6g}"


def _document(options: argparse.Namespace, found: Draws, threshold: float) -> dict[str, Any]:
    training, right = found.training, found.right(threshold)
    low, high = share_bounds(right, found.draws)
    return {
        "format": 1,
        "program": options.program,
        "bits": int(options.bits),
        "ones": None if options.ones is None else int(options.ones),
        "inputs": len(found.states.codes),
        "states": options.states or "arbitrary",
        "which_states": found.states.which,
        "exhaustive": found.states.exhaustive,
        "model": "trained",
        "trained": training.trained,
        "start": training.start.name,
        "steps": training.steps,
        "step": default_step(training, found.states.program.samples),
        "parametrisation": "ntk",
        "predicted_by": training.kernel,
        "width": found.width,
        "seed": found.seed,
        "networks": found.networks,
        "repetitions": found.draws,
        "complete": found.complete,
        "networks_drawn": found.draws * found.networks,
        "networks_planned": found.planned * found.networks,
        "descent_steps": found.steps,
        "threshold": threshold,
        "right": right,
        "share_right": {"measured": right / found.draws, "low": low, "high": high, "level": 0.95},
        **{name: _mean(mean) for name, mean in means(found).items()},
    }


def _mean(mean: Mean) -> dict[str, Any]:
    return {"measured": mean.measured, "standard_error": mean.standard_error, "predicted": mean.predicted}
