"""``ntkproofs simulate``: measure random networks and compare them with the prediction for infinite width."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ntkproofs.catalogue import CATALOGUE
from ntkproofs.commands.common import HOLDS, UNDECIDED, clipped, number, print_json, remark
from ntkproofs.commands.programs import add_options, add_padding, add_program, load, run_of
from ntkproofs.commands.progress import showing
from ntkproofs.commands.regime import add_regime, kernel_of
from ntkproofs.commands.stopping import Stoppable
from ntkproofs.display import counted
from ntkproofs.errors import InputError
from ntkproofs.training import LAYERS, STARTS

if TYPE_CHECKING:
    from ntkproofs.loading import Loaded
    from ntkproofs.simulation.limit import Trials
    from ntkproofs.simulation.networks import Progress, Simulation

__all__ = ["register"]

QUANTITIES = ("mean_squared_error", "accuracy", "mean_of_ones", "mean_of_zeros", "variance")
DEFAULT_WIDTH = 2000


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "simulate",
        help="measure random networks and compare them with the prediction",
        description="Draw ensembles of networks, as in the published experiment, and compare error, accuracy, means "
        "and variance with the prediction for infinite width. With --trained: draw and train networks of finite width, "
        "and count those for which all bits of all states are correct.",
        epilog="Examples: ntkproofs simulate permutation --bits 10 --networks 69; "
        "ntkproofs simulate mine.py:task --trained output --width 2000",
    )
    add_program(parser, "simulate")
    add_options(parser, "--program-steps")
    add_padding(parser)
    parser.add_argument(
        "--networks",
        metavar="N",
        help="networks in each ensemble (required without --trained; with --trained default: 1)",
    )
    parser.add_argument(
        "--model",
        choices=("limit", "linearised", "trained"),
        help="limit: infinite width (default); linearised: finite width, linearised at the initial weights; trained: "
        "finite width, trained by gradient descent",
    )
    parser.add_argument(
        "--parametrisation",
        choices=("ntk", "standard"),
        help="ntk (default); standard: initial standard deviations 1/sqrt(fan-in), with the NNGP kernel",
    )
    add_regime(parser, default=None)
    parser.add_argument("--width", metavar="W", help=f"width of networks of finite width (default: {DEFAULT_WIDTH})")
    parser.add_argument(
        "--ones",
        metavar="M",
        help="number of ones in each test word (default: 2, of permutation; otherwise any number)",
    )
    parser.add_argument(
        "--repetitions",
        metavar="R",
        help="number of ensembles (default: up to 1000 with --model limit, 100 with --trained, otherwise 1)",
    )
    trained = parser.add_argument_group("trained networks of finite width")
    trained.add_argument(
        "--trained",
        choices=tuple(LAYERS),
        help="the trained layers: output (of one network) or all (of a scalar network for each output bit)",
    )
    trained.add_argument(
        "--start",
        choices=tuple(STARTS),
        help="the initial weights (default: zero with --trained output, antisymmetric with --trained all)",
    )
    trained.add_argument("--steps", metavar="T", help="number of steps of gradient descent (default: to convergence)")
    trained.add_argument(
        "--step",
        metavar="ETA",
        help="size of the steps (default: 1 / (2 x the largest eigenvalue of the kernel matrix at infinite width))",
    )
    trained.add_argument(
        "--threshold",
        metavar="TAU",
        help="outputs above TAU are 1 (default: the threshold at which most draws are correct)",
    )
    trained.add_argument(
        "--states",
        choices=("arbitrary", "reachable"),
        help="the states that are measured: arbitrary (default) or reachable in runs",
    )
    parser.add_argument("--seed", default="0", metavar="S", help="seed of the random numbers (default: 0)")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.set_defaults(function=_simulate)


def _check_regime(options: argparse.Namespace) -> None:
    """Raise InputError if ``--regime`` contradicts an option that determines the kernel."""
    if options.regime is None:
        return
    if options.trained is not None:
        kernel = LAYERS[options.trained].kernel
        if options.regime != kernel:
            contradiction = f"contradicts --regime {clipped(options.regime)}"
            raise InputError(f"--trained {options.trained} has the kernel {kernel}, which {contradiction}")
        return
    if options.parametrisation is not None:
        raise InputError("--regime and --parametrisation both determine the kernel of the limit: use one of them")
    if options.model not in (None, "limit"):
        raise InputError("--regime requires --model limit; networks of finite width are two-layer ReLU networks")


def _simulate(options: argparse.Namespace) -> int:
    _check_regime(options)
    if options.trained is not None:
        from ntkproofs.commands.simulate_trained import simulate_trained

        return simulate_trained(options)
    for name in ("start", "steps", "step", "threshold", "states"):
        if getattr(options, name) is not None:
            raise InputError(
                f"--{name} is an option of trained networks: it requires --trained output or --trained all"
            )
    loaded = load(options, "simulate", low=2)
    if loaded.steps > 1:
        raise InputError(
            f"without --trained the program must be one of a single step, such as permutation; {options.program} "
            "requires --trained output or all"
        )
    if options.networks is None:
        raise InputError("the following arguments are required: --networks")
    options.model, options.parametrisation = options.model or "limit", options.parametrisation or "ntk"
    if options.program in CATALOGUE:
        options.ones = options.ones or "2"
    return _ensembles(options, loaded)


def _ensembles(options: argparse.Namespace, loaded: Loaded) -> int:
    progress: Progress | None = None
    with contextlib.ExitStack() as stack:
        show = stack.enter_context(showing())
        stop = stack.enter_context(Stoppable())
        for progress in _chunks(options, loaded):
            show(progress.drawn, progress.total, f"{progress.drawn:,} of {counted(progress.total, 'network')}")
    if progress is None or not progress.drawn:
        return _nothing(options, stop.reason)
    simulation = progress.result()
    if options.json:
        print_json(_document(options, simulation))
    else:
        print("\n".join(_lines(simulation)))
    if not simulation.complete:
        remark(f"ntkproofs: {stop.reason} after {simulation.drawn:,} of {counted(simulation.total, 'network')}")
        return UNDECIDED
    return HOLDS


def _nothing(options: argparse.Namespace, reason: str | None) -> int:
    """Report that no network was drawn; return the exit code."""
    if options.json:
        print_json({"format": 1, "program": options.program, "complete": False, "networks_drawn": 0})
    else:
        print("not complete: no network was drawn")
    remark(f"ntkproofs: {reason} before the first network was drawn")
    return UNDECIDED


def _chunks(options: argparse.Namespace, loaded: Loaded) -> Iterator[Progress]:
    samples = loaded.program.samples
    networks = number(options.networks, "--networks", low=1, high=10**9)
    seed = number(options.seed, "--seed", high=2**128 - 1)
    repetitions = options.repetitions
    if repetitions is not None:
        repetitions = number(repetitions, "--repetitions", low=1, high=10**6)
    if options.width is not None and options.model == "limit":
        raise InputError("--width is an option of networks of finite width: it requires --model linearised or trained")
    text = str(DEFAULT_WIDTH) if options.width is None else options.width
    width = number(text, "--width", low=samples, high=10**7)

    from ntkproofs.simulation import simulate_chunks

    return simulate_chunks(
        _trials(options, loaded, seed),
        networks=networks,
        model=options.model,
        parametrisation=options.parametrisation,
        width=width,
        repetitions=repetitions,
        seed=seed,
        kernel=None if options.regime is None else kernel_of(options.regime),
    )


def _trials(options: argparse.Namespace, loaded: Loaded, seed: int) -> Trials:
    """Return the states on which networks are tried: words with ``--ones``, else initial states of the program."""
    import numpy as np

    from ntkproofs.simulation import initial_states, words_with_ones

    program = loaded.program
    if options.ones is not None:
        ones = number(options.ones, "--ones", low=2, high=program.output_bits)
        return words_with_ones(program, ones=ones, seed=seed)
    run = run_of(loaded)
    start = np.zeros(program.output_bits, dtype=np.uint8)
    start[list(run.ones)] = 1
    return initial_states(program, start, run.free, seed=seed)


def _lines(simulation: Simulation) -> Iterator[str]:
    ensembles = f"{counted(max(1, simulation.repetitions), 'ensemble')} of {counted(simulation.networks, 'network')}"
    if simulation.width is None:
        kind = f"infinite width, {simulation.parametrisation} parametrisation"
    else:
        kind = f"width {simulation.width:,}, {simulation.parametrisation} parametrisation, {simulation.model}"
        if simulation.descent_steps is not None:
            kind += f" in {counted(simulation.descent_steps, 'step')} of gradient descent"
    if not simulation.complete:
        yield f"not complete: {simulation.drawn:,} of {counted(simulation.total, 'network')} drawn"
    states, bits = simulation.trials.targets.shape
    yield f"{ensembles}; {kind}"
    yield f"{counted(states, 'word')} of {bits} bits; predicted: {simulation.kernel.name}, infinite width"
    yield ""
    yield f"{'':<19}{'measured':>13}{'standard error':>16}{'predicted':>13}{'deviations':>12}"
    for name in QUANTITIES:
        quantity = getattr(simulation, name)
        if quantity is not None:
            values = f"{quantity.measured:>13.6g}{quantity.standard_error:>16.2g}{quantity.predicted:>13.6g}"
            yield f"{name.replace('_', ' '):<19}{values}{quantity.deviations:>+12.1f}"
    yield ""
    yield f"{simulation.seconds:.1f} seconds, seed {simulation.seed}"


def _document(options: argparse.Namespace, simulation: Simulation) -> dict[str, Any]:
    document: dict[str, Any] = {
        "format": 1,
        "program": options.program,
        "bits": None if options.bits is None else int(options.bits),
        "ones": None if options.ones is None else int(options.ones),
        "inputs": len(simulation.trials.targets),
        "model": simulation.model,
        "parametrisation": simulation.parametrisation,
        "predicted_by": simulation.kernel.name,
        "width": simulation.width,
        "seed": simulation.seed,
        "networks": simulation.networks,
        "repetitions": max(1, simulation.repetitions),
        "complete": simulation.complete,
        "networks_drawn": simulation.drawn,
        "networks_planned": simulation.total,
        "descent_steps": simulation.descent_steps,
        "independent_inputs": round(simulation.independent_inputs, 2),
        "seconds": round(simulation.seconds, 3),
    }
    for name in QUANTITIES:
        quantity = getattr(simulation, name)
        document[name] = None
        if quantity is not None:
            document[name] = {
                "measured": quantity.measured,
                "standard_error": quantity.standard_error,
                "predicted": quantity.predicted,
            }
    return document
