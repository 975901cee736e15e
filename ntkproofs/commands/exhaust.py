"""``ntkproofs exhaust``: run a program on all inputs, 64 at a time."""

from __future__ import annotations

import argparse
import contextlib
from typing import TYPE_CHECKING, Any

from ntkproofs.commands.common import HOLDS, REFUTED, UNDECIDED, print_json, remark
from ntkproofs.commands.exhaust_networks import exhaust_networks
from ntkproofs.commands.exhaust_stream import exhaust_stream
from ntkproofs.commands.infinite import infinitely_wide
from ntkproofs.commands.long_runs import add_cluster, add_resume, executor, no_cluster
from ntkproofs.commands.networks import add_networks, weights_of
from ntkproofs.commands.programs import add_options, add_padding, add_program, given, load
from ntkproofs.commands.progress import Pace, showing
from ntkproofs.commands.regime import add_regime
from ntkproofs.commands.stopping import Stoppable
from ntkproofs.commands.threshold import add_threshold
from ntkproofs.commands.training_time import add_training_time, entries_of
from ntkproofs.commands.vnnlib import add_export, check_export
from ntkproofs.errors import InputError

if TYPE_CHECKING:
    from ntkproofs.execution import Exhaustion
    from ntkproofs.loading import Loaded

__all__ = ["register"]


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "exhaust",
        help="run a program on all inputs, 64 at a time",
        description="Run a program on all inputs, 64 at a time, and compare each result with that of an oracle: of a "
        "Task its own, of a file an interpreter of the file; of a program without an oracle only rounding is checked. "
        "Rounding is proved correct for all states where t n <= K, and otherwise checked at visited states. With "
        "--networks, the networks of weights files are run, and each of their bits is decided exactly.",
        epilog="Examples: ntkproofs exhaust addition --bits 8; ntkproofs exhaust mine.py:task; ntkproofs exhaust "
        "c17.blif; ntkproofs exhaust c880.aig --sample 100000; ntkproofs exhaust s27.blif; ntkproofs exhaust "
        "permutation --bits 8 --networks p.safetensors",
    )
    add_program(parser, "exhaust")
    add_options(parser, "--steps", "--program-steps")
    add_padding(parser)
    parser.add_argument(
        "--clocks", metavar="T", help="of a sequential program: length of the sequences of inputs (default: any)"
    )
    parser.add_argument(
        "--condition", action="store_true", help="count matches at every visited state even if t n <= K for all states"
    )
    parser.add_argument("--sample", metavar="N", help="run N random inputs, in place of all (required beyond 40 bits)")
    parser.add_argument("--seed", metavar="S", help="seed of the sample (default: 0)")
    add_regime(parser, explicit=True)
    add_training_time(parser)
    add_networks(parser)
    add_threshold(parser)
    add_export(parser)
    parser.add_argument(
        "--engine",
        metavar="NAME",
        help="compiled (needs 'ntkproofs[fast]') or numpy (default: compiled, if installed)",
    )
    add_resume(parser)
    add_cluster(parser, "the cases of a task")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.set_defaults(function=_exhaust)


def _exhaust(options: argparse.Namespace) -> int:
    from ntkproofs.execution.cluster import ClusterLost
    from ntkproofs.execution.engines import fastest
    from ntkproofs.execution.exhaust import exhaust_chunks, not_begun
    from ntkproofs.processes import WorkerDied
    from ntkproofs.programs import Stream

    loaded = load(options, "exhaust")
    task, clocks = loaded.task, given(options, "clocks", "--clocks", low=1)
    sample, seed = given(options, "sample", "--sample", low=1), given(options, "seed", "--seed", low=0)
    weights = weights_of(options)
    _check(options, loaded)
    check_export(options)
    if weights is not None:
        no_cluster(options, "networks with given weights are run")
        return exhaust_networks(options, loaded, weights, clocks=clocks, sample=sample, seed=seed or 0)
    wide = infinitely_wide(options)
    if isinstance(task, Stream):
        no_cluster(options, "sequential programs are run")
        return exhaust_stream(options, loaded, task, wide, clocks)
    options.engine = options.engine or fastest()
    program = loaded.program if task is None else task
    result = not_begun(program, sample=sample, seed=seed or 0, engine=options.engine, **wide.arguments)
    with contextlib.ExitStack() as stack:
        show, pace = stack.enter_context(showing()), Pace("cases")
        stop = stack.enter_context(Stoppable())
        execute = stack.enter_context(executor(options))
        chunks = exhaust_chunks(
            program,
            sample=sample,
            seed=seed or 0,
            condition=options.condition,
            engine=options.engine,
            resume=options.resume,
            execute=execute,
            **wide.arguments,
        )
        stack.enter_context(contextlib.closing(chunks))
        try:
            for result in chunks:
                text = f"{result.cases:,} of {result.total:,} cases, {result.wrong:,} wrong"
                show(result.cases, result.total, f"{text}{pace(result.cases, result.total)}")
        except (WorkerDied, ClusterLost) as problem:
            stop.reason = f"stopped: {problem}"
    if options.json:
        print_json(_document(options, result))
    else:
        print(result)
    if not result.complete:
        remark(f"ntkproofs: {stop.reason} after {result.cases:,} of {result.total:,} cases")
        return UNDECIDED
    return HOLDS if result.holds else REFUTED


def _check(options: argparse.Namespace, loaded: Loaded) -> None:
    """Raise InputError for options that do not apply to the program."""
    from ntkproofs.programs import Stream

    stream = isinstance(loaded.task, Stream)
    for name, applies in (("clocks", stream), ("sample", not stream), ("seed", not stream), ("condition", not stream)):
        if getattr(options, name) and not applies:
            raise InputError(f"--{name} is not an option of {loaded.name}")
    if options.engine is not None and (stream or options.networks is not None):
        what = loaded.name if stream else "networks"
        raise InputError(f"--engine chooses how template logic is executed on all inputs; it is no option for {what}")
    if options.condition and options.networks is not None:
        raise InputError("--condition counts matches for the predictor; with --networks the outputs are computed")
    if options.seed is not None and options.sample is None:
        raise InputError("--seed is the seed of a sample: it requires --sample N")
    if loaded.task is None and loaded.steps > 1:
        raise InputError(f"{loaded.name} is no task: one step is run from every state, not {loaded.steps}")


def _document(options: argparse.Namespace, result: Exhaustion) -> dict[str, Any]:
    wrong, margin = result.first_wrong, result.smallest_margin()
    document: dict[str, Any] = {
        "format": 1,
        "program": options.program,
        "bits": None if options.bits is None else int(options.bits),
        "input_bits": result.task.input_bits,
        "cases": result.cases,
        "wrong": result.wrong,
        "first_wrong": None
        if wrong is None
        else {"inputs": list(wrong.inputs), "got": wrong.got, "wanted": wrong.expected},
        "steps": result.steps,
        "states": result.states,
        "engine": result.engine,
        "complete": result.complete,
        "total": result.total,
        "sampled": result.sampled,
        "seed": result.seed,
        "compared": bool(result.compared),
        "holds": result.holds if result.complete else None,
        "kernel": result.kernel.name,
        **entries_of(result.at, result.threshold),
        "samples": result.task.program.samples,
        "condition": "counted" if result.counted else "proved: t n <= K",
        "matches_bound": result.matches_bound,
        "largest_matches": result.largest_matches,
        "different_counts": len(result.visited) if result.counted else None,
        "rounded_wrong": [{"counts": str(counts), **_visit_json(result, counts)} for counts in result.unsound[:10]],
        "smallest_margin": None,
        "seconds": round(result.seconds, 4),
        "cases_per_second": round(result.cases_per_second),
    }
    if margin is not None:
        mean, _ = margin
        document["smallest_margin"] = {
            "mean": mean.mean.digits(12),
            "counts": str(mean.counts),
            **_visit_json(result, mean.counts),
        }
    return document


def _visit_json(result: Exhaustion, counts: Any) -> dict[str, Any]:
    visit = result.visited[counts]
    return {"inputs": list(result.inputs_of(visit.case)), "step": visit.step + 1, "bit": list(visit.bit)}
