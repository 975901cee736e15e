"""``ntkproofs simulate``: finite ensembles, measured next to what is predicted."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ntkproofs.catalogue import CATALOGUE, built_ins
from ntkproofs.commands.common import HOLDS, UNDECIDED, clipped, number, print_json, remark
from ntkproofs.commands.programs import read_bits
from ntkproofs.commands.progress import showing
from ntkproofs.commands.regime import add_regime, kernel_of
from ntkproofs.commands.stopping import Stoppable
from ntkproofs.errors import InputError
from ntkproofs.training import LAYERS, STARTS

if TYPE_CHECKING:
    from ntkproofs.simulation.networks import Progress, Simulation

__all__ = ["register"]

QUANTITIES = ("mean_squared_error", "accuracy", "mean_of_ones", "mean_of_zeros", "variance")
DEFAULT_WIDTH = 2000


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "simulate",
        help="measure ensembles of networks next to what is predicted",
        description="Average networks, as the published ensemble experiment does: error, accuracy, means and variance, "
        "measured with standard errors next to the prediction for infinite width. With --trained: draw and train "
        "networks of finite width, and count how many have every bit of every state right.",
    )
    parser.add_argument(
        "program",
        choices=[entry.name for entry in built_ins("simulate")],
        help="which program (without --trained: permutation)",
    )
    parser.add_argument("--bits", required=True, metavar="K", help="bits of each word, 2 to 256")
    parser.add_argument("--networks", metavar="N", help="networks in an ensemble (with --trained: 1 unless given)")
    parser.add_argument(
        "--model",
        choices=("limit", "linearised", "trained"),
        help="infinite width (default), finite width to first order, or finite width trained by gradient descent",
    )
    parser.add_argument(
        "--parametrisation",
        choices=("ntk", "standard"),
        help="ntk (default), or standard: deviations 1/sqrt(fan in), which follows the NNGP kernel",
    )
    add_regime(parser, default=None)
    parser.add_argument("--width", metavar="W", help=f"of networks of finite width (default: {DEFAULT_WIDTH})")
    parser.add_argument(
        "--ones", metavar="M", help="ones in each test word (default: 2; with --trained: any number of ones)"
    )
    parser.add_argument(
        "--repetitions",
        metavar="R",
        help="ensembles to measure (default: up to 1000 for limit, else 1; with --trained 100)",
    )
    trained = parser.add_argument_group("really trained networks of finite width")
    trained.add_argument(
        "--trained", choices=tuple(LAYERS), help="which layers: output (one network), all (a scalar network a bit)"
    )
    trained.add_argument(
        "--start", choices=tuple(STARTS), help="how weights begin (default: output zero, all antisymmetric)"
    )
    trained.add_argument("--steps", metavar="T", help="of gradient descent (default: to convergence)")
    trained.add_argument(
        "--step", metavar="ETA", help="their size (default: half of 1 / the largest eigenvalue of the limit)"
    )
    trained.add_argument(
        "--threshold", metavar="TAU", help="above which an output is a 1 (default: where most draws are right)"
    )
    trained.add_argument(
        "--states", choices=("arbitrary", "reachable"), help="at which states: arbitrary (default) or those of runs"
    )
    parser.add_argument("--seed", default="0", metavar="S", help="the same seed draws the same networks (default: 0)")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.set_defaults(function=_simulate)


def _check_regime(options: argparse.Namespace) -> None:
    """Refuse a kernel beside options that determine another one."""
    if options.regime is None:
        return
    if options.trained is not None:
        kernel = LAYERS[options.trained].kernel
        if options.regime != kernel:
            raise InputError(
                f"--trained {options.trained} is the kernel {kernel}: --regime {clipped(options.regime)} is another"
            )
        return
    if options.parametrisation is not None:
        raise InputError("--regime names the kernel of the limit, and so does --parametrisation: give one of them")
    if options.model not in (None, "limit"):
        raise InputError("--regime is for the limit; networks of finite width (--model) are two-layer ReLU networks")


def _simulate(options: argparse.Namespace) -> int:
    _check_regime(options)
    if options.trained is not None:
        from ntkproofs.commands.simulate_trained import simulate_trained

        return simulate_trained(options)
    for name in ("start", "steps", "step", "threshold", "states"):
        if getattr(options, name) is not None:
            raise InputError(f"--{name} is for really trained networks: it needs --trained output or --trained all")
    if options.program != "permutation":
        raise InputError(f"ensembles are measured for permutations; {options.program} needs --trained output or all")
    if options.networks is None:
        raise InputError("the following arguments are required: --networks")
    options.model, options.parametrisation = options.model or "limit", options.parametrisation or "ntk"
    options.ones = options.ones or "2"
    return _ensembles(options)


def _ensembles(options: argparse.Namespace) -> int:
    done: Progress | None = None
    with contextlib.ExitStack() as stack:
        show = stack.enter_context(showing())
        stop = stack.enter_context(Stoppable())
        for done in _chunks(options):
            show(done.drawn, done.total, f"{done.drawn:,} of {done.total:,} networks")
    if done is None or not done.drawn:
        return _nothing(options, stop.reason)
    found = done.result()
    if options.json:
        print_json(_document(options, found))
    else:
        print("\n".join(_lines(found)))
    if not found.complete:
        remark(f"ntkproofs: {stop.reason} after {found.drawn:,} of {found.total:,} networks")
        return UNDECIDED
    return HOLDS


def _nothing(options: argparse.Namespace, reason: str | None) -> int:
    """Report that nothing was measured; return the exit code."""
    if options.json:
        print_json({"format": 1, "program": options.program, "complete": False, "networks_drawn": 0})
    else:
        print("not complete: no network was drawn")
    remark(f"ntkproofs: {reason} before the first network was done")
    return UNDECIDED


def _chunks(options: argparse.Namespace) -> Iterator[Progress]:
    bits = read_bits(options, "simulate", low=2)
    networks = number(options.networks, "--networks", low=1, high=10**9)
    ones = number(options.ones, "--ones", low=2, high=bits)
    seed = number(options.seed, "--seed", high=2**128 - 1)
    repetitions = options.repetitions
    if repetitions is not None:
        repetitions = number(repetitions, "--repetitions", low=1, high=10**6)
    if options.width is not None and options.model == "limit":
        raise InputError("--width is for networks of finite width (--model linearised or trained), not for the limit")
    text = str(DEFAULT_WIDTH) if options.width is None else options.width
    width = number(text, "--width", low=bits, high=10**7)

    from ntkproofs.simulation import simulate_chunks, words_with_ones

    trials = words_with_ones(CATALOGUE[options.program].task(bits).program, ones=ones, seed=seed)
    return simulate_chunks(
        trials,
        networks=networks,
        model=options.model,
        parametrisation=options.parametrisation,
        width=width,
        repetitions=repetitions,
        seed=seed,
        kernel=None if options.regime is None else kernel_of(options.regime),
    )


def _lines(found: Simulation) -> Iterator[str]:
    networks = f"{found.networks:,} network{'s' if found.networks != 1 else ''}"
    ensembles = f"{max(1, found.repetitions):,} ensemble{'s' if found.repetitions > 1 else ''} of {networks}"
    if found.width is None:
        kind = f"infinite width, {found.parametrisation} parametrisation"
    else:
        kind = f"width {found.width:,}, {found.parametrisation} parametrisation, {found.model}"
        if found.descent_steps is not None:
            kind += f" in {found.descent_steps} steps of gradient descent"
    if not found.complete:
        yield f"not complete: {found.drawn:,} of {found.total:,} networks were drawn"
    states, bits = found.trials.targets.shape
    yield f"{ensembles}; {kind}"
    yield f"{states:,} words of {bits} bits; predicted: {found.kernel.name}, infinite width"
    yield ""
    yield f"{'':<19}{'measured':>13}{'standard error':>16}{'predicted':>13}{'deviations':>12}"
    for name in QUANTITIES:
        quantity = getattr(found, name)
        if quantity is not None:
            values = f"{quantity.measured:>13.6g}{quantity.standard_error:>16.2g}{quantity.predicted:>13.6g}"
            yield f"{name.replace('_', ' '):<19}{values}{quantity.deviations:>+12.1f}"
    yield ""
    yield f"{found.seconds:.1f} seconds, seed {found.seed}"


def _document(options: argparse.Namespace, found: Simulation) -> dict[str, Any]:
    document: dict[str, Any] = {
        "format": 1,
        "program": options.program,
        "bits": int(options.bits),
        "ones": int(options.ones),
        "inputs": len(found.trials.targets),
        "model": found.model,
        "parametrisation": found.parametrisation,
        "predicted_by": found.kernel.name,
        "width": found.width,
        "seed": found.seed,
        "networks": found.networks,
        "repetitions": max(1, found.repetitions),
        "complete": found.complete,
        "networks_drawn": found.drawn,
        "networks_planned": found.total,
        "descent_steps": found.descent_steps,
        "independent_inputs": round(found.independent_inputs, 2),
        "seconds": round(found.seconds, 3),
    }
    for name in QUANTITIES:
        quantity = getattr(found, name)
        document[name] = None
        if quantity is not None:
            document[name] = {
                "measured": quantity.measured,
                "standard_error": quantity.standard_error,
                "predicted": quantity.predicted,
            }
    return document
