"""Train networks and keep their weights: :func:`train` draws and trains the networks that ``simulate`` measures.

Floats throughout: what the networks compute is decided afterwards, from their weights.

>>> from ntkproofs.programs import permutation
>>> from ntkproofs.training import Training
>>> networks = train(permutation([2, 0, 1]), Training.of("output"), width=200, seed=1)
>>> print(networks)
a network with all output bits: width 200, 3 inputs
>>> networks.threshold, networks.metadata["start"]
(Fraction(5, 33), 'zero')
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

import ntkproofs
from ntkproofs.bounds.thresholds import balanced
from ntkproofs.checker import canonical
from ntkproofs.counts import Counts
from ntkproofs.errors import InputError
from ntkproofs.execution.visited import visited_counts
from ntkproofs.programs import Task, TemplateProgram
from ntkproofs.programs.serialised import program_json
from ntkproofs.simulation import descent, finite
from ntkproofs.simulation.descent import Trained, Watch, all_layers, output_layer
from ntkproofs.simulation.drawn import check_width, default_step
from ntkproofs.simulation.finite import PARAMETRISATIONS, descended, draw_weights
from ntkproofs.simulation.streams import ENSEMBLES, WEIGHTS, stream
from ntkproofs.training import Training
from ntkproofs.validation import integer
from ntkproofs.weights import Networks

__all__ = ["Stage", "description", "program_sha256", "threshold_of", "train"]

Floats: TypeAlias = NDArray[np.float64]

MOST_WEIGHTS = 1 << 28  # hidden weights of all networks together: 2 GiB
MOST_INPUT_BITS = 20  # of a task whose runs are executed to find a threshold


@dataclass(frozen=True)
class Stage:
    """How far a training has come: `done` of `total` networks, and the steps and the largest error of the next one.

    Each scalar network of an output bit counts. The error is that of an output at a sample.
    """

    done: int
    total: int
    steps: int
    error: float


def ignored(_stage: Stage) -> None:
    """Show no progress."""


def program_sha256(program: TemplateProgram) -> str:
    """Return the digest of a program by which certificates identify it: of its JSON text without the name.

    >>> from ntkproofs.programs import permutation
    >>> program_sha256(permutation([1, 0]))[:16]
    '2c5ee66ff8469711'
    """
    value = {key: entry for key, entry in program_json(program).items() if key != "name"}
    return hashlib.sha256(canonical(value)).hexdigest()


def threshold_of(program: TemplateProgram | Task, kernel: str) -> Fraction:
    """Return the balanced threshold of a program, or of the runs of a task if none separates arbitrary states.

    See :func:`ntkproofs.bounds.thresholds.balanced`. Raises NoMargin if there is none.
    """
    if isinstance(program, TemplateProgram):
        return balanced(program, kernel)
    free = [position for positions in program.input_positions for position in positions]
    if len(free) > MOST_INPUT_BITS:
        return balanced(program.program, kernel)
    return balanced(program.program, kernel, partial(_visited, program, free))


def _visited(task: Task, free: list[int]) -> frozenset[Counts]:
    start = task.program.row(task.start(*(0 for _ in task.inputs)))
    ones = [position for position in np.flatnonzero(start).tolist() if position not in set(free)]
    return visited_counts(task.program, free, ones, task.steps)


def description(
    program: TemplateProgram, training: Training, *, width: int, seed: int = 0, parametrisation: str = "ntk"
) -> dict[str, str]:
    """Return the metadata of the networks that :func:`train` returns, without the number of steps taken.

    Raises InputError for invalid arguments.

    >>> from ntkproofs.programs import permutation
    >>> description(permutation([1, 0]), Training.of("all"), width=10)["steps"]
    'to convergence within 1e-07'
    """
    plan = _Plan.of(program, training, integer(width, "width", low=1), parametrisation)
    return plan.metadata() | {"seed": str(integer(seed, "seed", low=0, high=(1 << 128) - 1))}


def train(
    program: TemplateProgram | Task,
    training: Training,
    *,
    width: int,
    networks: int = 1,
    seed: int = 0,
    threshold: Fraction | None = None,
    parametrisation: str = "ntk",
    watch: Callable[[Stage], None] = ignored,
) -> Networks:
    """Draw and train networks, and return their weights as float64, with the scale as a factor of the output weights.

    `networks`: the number of draws that are averaged for each output bit; network i is the one that ``simulate`` with
    the same seed draws as network i of its first average. `parametrisation`: ``ntk`` or, for all layers of networks
    with all output bits from a Gaussian start, ``standard``: weights with standard deviation 1/sqrt(fan in), trained
    with one learning rate. Without a number of steps the output layer gets the weights to which gradient descent
    converges, in closed form; all layers are trained until every output of the network at every sample is within 1e-7
    (``standard``: 1e-6) of its target. `threshold`: the one of the file; None: the balanced one of the program, for
    which no network is evaluated. `watch` is called with a :class:`Stage` now and then.

    The same arguments give the same weights with the same processor, NumPy, BLAS library and number of its threads.
    Raises InputError for invalid arguments, Undecided if training does not converge, NoMargin if no threshold
    separates the program's 0-bits from its 1-bits.
    """
    task, program = program, program.program if isinstance(program, Task) else program
    plan = _Plan.of(program, training, integer(width, "width", low=1), parametrisation)
    networks, seed = integer(networks, "networks", low=1), integer(seed, "seed", low=0, high=(1 << 128) - 1)
    if networks * plan.weights > MOST_WEIGHTS:
        raise InputError(
            f"{networks:,} networks of width {width:,} have {networks * plan.weights:,} hidden weights; at most "
            f"{MOST_WEIGHTS:,} are supported"
        )
    threshold = threshold_of(task, plan.kernel) if threshold is None else threshold
    hidden, output, steps = _trained(plan, networks, seed, watch)
    names = (["network"] if networks > 1 else []) + (["bit"] if plan.scalar else [])
    dropped = tuple(axis for axis, name in enumerate(("network", "bit")) if name not in names)
    return Networks.of(
        hidden.squeeze(dropped),
        output.squeeze(dropped),
        axes=",".join(names),
        threshold=threshold,
        metadata=plan.metadata() | {"seed": str(seed)} | ({} if steps is None else {"steps_taken": str(steps)}),
        source="trained networks",
    )


@dataclass(frozen=True, eq=False)
class _Plan:
    """What is drawn and trained, whatever the number of networks and the seed; `weights`: hidden ones of a draw.

    `scalar`: whether each output bit has a network of its own.
    """

    program: TemplateProgram
    training: Training
    width: int
    parametrisation: str
    scalar: bool
    weights: int

    @classmethod
    def of(cls, program: TemplateProgram, training: Training, width: int, parametrisation: str) -> _Plan:
        """Return the plan; raises InputError for a combination that does not exist, or a width that is not allowed."""
        if parametrisation not in PARAMETRISATIONS:
            known = ", ".join(PARAMETRISATIONS)
            raise InputError(f"unknown parametrisation {parametrisation!r}: choose one of {known}")
        if parametrisation == "standard" and (training.trained, training.start.name) != ("all", "gaussian"):
            raise InputError(
                "the standard parametrisation is that of networks with all layers trained from a gaussian start, got "
                f"the layers {training.trained!r} and the start {training.start.name!r}"
            )
        scalar = training.layers.scalar and parametrisation != "standard"
        weights = check_width(program, training, width, scalar=scalar)
        return cls(program, training, width, parametrisation, scalar, weights)

    @property
    def kernel(self) -> str:
        """The kernel of training at infinite width."""
        return "nngp" if self.parametrisation == "standard" else self.training.kernel

    @property
    def blocks(self) -> int:
        """The number of networks that are trained for each draw."""
        return self.program.output_bits if self.scalar else 1

    def train(self, seed: int, network: int, watch: Callable[[int], Watch]) -> Iterator[Trained]:
        """Yield the networks of one draw: of each output bit, or one with all output bits."""
        program, training, width = self.program, self.training, self.width
        if self.parametrisation == "standard":
            start = draw_weights(program, width, [stream(seed, ENSEMBLES, 0, network)])
            weights, taken = descended(
                program, start, self.parametrisation, step=training.step, steps=training.steps, watch=watch(0)
            )
            yield weights.folded(taken)
            return
        source, step = stream(seed, WEIGHTS, 0, network), default_step(training, program.samples)
        drawn = training.weights.draw(source, width, program.samples, program.output_bits)
        (hidden, outer), labels = (part[None] for part in drawn), program.labels.astype(np.float64)
        if not self.scalar:
            yield output_layer(hidden, outer, labels, step=step, steps=training.steps)
            return
        for bit in range(program.output_bits):
            own = slice(bit, bit + 1)
            yield all_layers(
                hidden, outer[:, :, own], labels[:, own], step=step, steps=training.steps, watch=watch(bit)
            )

    def metadata(self) -> dict[str, str]:
        """Return the entries of the metadata that do not depend on the networks and the seed."""
        program, training = self.program, self.training
        return {
            "trained": training.trained,
            "start": training.start.name,
            "parametrisation": self.parametrisation,
            "kernel": self.kernel,
            "width": str(self.width),
            **self._descent(),
            "program": program.name,
            "program_sha256": program_sha256(program),
            "samples": str(program.samples),
            "padding": str(program.padding),
            "ntkproofs": ntkproofs.__version__,
            "numpy": np.__version__,
        }

    def _descent(self) -> dict[str, str]:
        """Return the entries about the steps of gradient descent."""
        training, step = self.training, repr(default_step(self.training, self.program.samples))
        if self.parametrisation == "standard" and training.step is None:
            step = "1 / the largest eigenvalue of the tangent kernel of each network at the start"
        if training.steps is not None:
            return {"steps": str(training.steps), "step": step}
        if training.trained == "output":
            return {"steps": "to convergence, in closed form"}
        tolerance = finite.TOLERANCE if self.parametrisation == "standard" else descent.TOLERANCE
        return {"steps": f"to convergence within {tolerance:g}", "step": step}


def _trained(
    plan: _Plan, networks: int, seed: int, watch: Callable[[Stage], None]
) -> tuple[Floats, Floats, int | None]:
    """Return hidden and output weights, with the axes of networks and blocks, and the largest number of steps."""
    bits, blocks = plan.program.output_bits, plan.blocks
    hidden = np.empty((networks, blocks, plan.width, plan.program.samples))
    output = np.empty((networks, blocks, bits // blocks, plan.width))
    taken: int | None = None
    for network in range(networks):

        def watch_block(block: int, first: int = network * blocks) -> Watch:
            return lambda steps, error: watch(Stage(first + block, networks * blocks, steps, error))

        for block, result in enumerate(plan.train(seed, network, watch_block)):
            hidden[network, block], output[network, block] = result.hidden[0, 0], result.output[0, 0]
            taken = result.steps if taken is None else max(taken, result.steps or 0)
            watch(Stage(network * blocks + block + 1, networks * blocks, 0, 0.0))
    return hidden, output, taken
