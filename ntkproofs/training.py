"""Initial weights and training of networks of finite width, shared by simulation, bounds and certificates.

A network ``f(x) = w^(-1/2) sum over r of a_r relu(u_r . x)`` of width w, for inputs x of unit length, is trained by
full-batch gradient descent on half the sum of squared errors over the samples. :data:`LAYERS` lists which weights are
trained: the output weights a of one network with all output bits, or all weights of one scalar network for each output
bit. A :class:`Start` is a distribution of the initial weights; a new one is a new entry of :data:`STARTS`.

>>> from ntkproofs.training import Training
>>> Training.of("all").start.name, Training.of("output").kernel
('antisymmetric', 'nngp')
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.errors import InputError
from ntkproofs.validation import integer

__all__ = ["LAYERS", "STARTS", "Layers", "Start", "Training", "starts_of"]

Floats: TypeAlias = NDArray[np.float64]
Hidden: TypeAlias = Callable[[np.random.Generator, int, int], Floats]  # (generator, neurons, samples) -> hidden weights
Outer: TypeAlias = Callable[[np.random.Generator, int, int], Floats]  # (generator, neurons, bits) -> output weights


@dataclass(frozen=True)
class Layers:
    """The layers that are trained.

    `kernel`: the kernel of training at infinite width; `start`: the default start; `scalar`: whether each output bit
    has a network of its own (otherwise one network has all output bits).
    """

    name: str
    kernel: str
    start: str
    scalar: bool


LAYERS: Mapping[str, Layers] = MappingProxyType(
    {
        "output": Layers("output", kernel="nngp", start="zero", scalar=False),
        "all": Layers("all", kernel="ntk", start="antisymmetric", scalar=True),
    }
)


# --- hidden weights: the distribution of every single row is N(0, I), or uniform on the sphere of radius sqrt(K)


def independent(generator: np.random.Generator, neurons: int, samples: int) -> Floats:
    """Draw independent rows, ``(neurons, samples)``."""
    return generator.standard_normal((neurons, samples))


def spherical(generator: np.random.Generator, neurons: int, samples: int) -> Floats:
    """Draw independent rows, ``(neurons, samples)``, uniform on the sphere of radius ``sqrt(K)``, K = `samples`.

    The kernels at infinite width are those of standard normal rows: they are expectations of functions of a row u that
    are homogeneous, of degree 2 or 0, the direction of a standard normal row is uniform and independent of its length,
    and ``E |u|^2 = K``.
    """
    rows = generator.standard_normal((neurons, samples))
    return np.asarray(rows * (np.sqrt(samples) / np.linalg.norm(rows, axis=1, keepdims=True)))


def orthogonal(generator: np.random.Generator, neurons: int, samples: int) -> Floats:
    """Draw blocks of K = `samples` orthogonal rows: uniform orthogonal matrices whose rows have chi(K) lengths.

    Directions, lengths and blocks are independent; the last block is cut off at the number of neurons. The orthogonal
    matrix is the factor Q of the QR decomposition of a standard normal matrix, with its columns multiplied by the signs
    of the diagonal of R, which makes it uniform.
    """
    blocks = -(-neurons // samples)
    q, r = np.linalg.qr(generator.standard_normal((blocks, samples, samples)))
    q = q * np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None, :]
    lengths = np.sqrt(generator.chisquare(samples, (blocks, samples, 1)))
    return np.asarray(q * lengths).reshape(-1, samples)[:neurons]


def with_opposites(hidden: Hidden) -> Hidden:
    """Return a function that draws half of the rows with `hidden` and appends their negatives."""

    def draw(generator: np.random.Generator, neurons: int, samples: int) -> Floats:
        half = hidden(generator, neurons // 2, samples)
        return np.concatenate([half, -half])

    return draw


# --- output weights


def zeros(_source: np.random.Generator, neurons: int, bits: int) -> Floats:
    """Return output weights 0, ``(neurons, bits)``; the initial network is the function 0."""
    return np.zeros((neurons, bits))


def standard(generator: np.random.Generator, neurons: int, bits: int) -> Floats:
    """Draw independent standard normal output weights, ``(neurons, bits)``."""
    return generator.standard_normal((neurons, bits))


def signs(_source: np.random.Generator, neurons: int, bits: int) -> Floats:
    """Return +1 for the first half of the neurons and -1 for the second, ``(neurons, bits)``."""
    return np.broadcast_to(np.repeat([1.0, -1.0], neurons // 2)[:, None], (neurons, bits)).copy()


@dataclass(frozen=True)
class Weights:
    """A distribution of the weights of a network.

    `hidden`, `outer`: functions that draw the hidden and the output weights; `multiple`: the width must be a multiple
    of it; `paired`: whether the neurons of the second half have the same hidden weights as those of the first half.
    """

    hidden: Hidden
    outer: Outer
    multiple: int = 1
    paired: bool = False

    def draw(self, generator: np.random.Generator, width: int, samples: int, bits: int) -> tuple[Floats, Floats]:
        """Draw hidden ``(width, samples)`` and output weights ``(width, bits)``."""
        if width < 1 or width % self.multiple:
            raise InputError(f"the width must be a multiple of {self.multiple} for this start, got {width}")
        u = self.hidden(generator, width // 2 if self.paired else width, samples)
        return np.concatenate([u, u]) if self.paired else u, self.outer(generator, width, bits)


def antisymmetric(hidden: Hidden, multiple: int = 2) -> Weights:
    """Return the distribution of pairs of neurons ``(a, u)`` = ``(+1, u), (-1, u)``; the initial network is 0."""
    return Weights(hidden, signs, multiple, paired=True)


@dataclass(frozen=True)
class Start:
    """A distribution of the initial weights, with one :class:`Weights` for each choice of trained layers.

    `name`: the name on the command line and in certificates; `about`: the description in words.

    >>> import numpy as np
    >>> hidden, outer = STARTS["antisymmetric"].draw("all", np.random.default_rng(1), width=4, samples=3, bits=2)
    >>> hidden.shape, outer[:, 0].tolist(), bool((hidden[0] == hidden[2]).all())
    ((4, 3), [1.0, 1.0, -1.0, -1.0], True)
    """

    name: str
    about: str
    weights: Mapping[str, Weights] = field(repr=False)

    def of(self, trained: str) -> Weights:
        """Return the distribution of the weights for the trained layers; raises InputError if there is none."""
        if trained not in self.weights:
            raise InputError(
                f"the start {self.name!r} is not available for training {_layers(trained).name!r}: choose one of "
                f"{', '.join(starts_of(trained))}"
            )
        return self.weights[trained]

    def draw(
        self, trained: str, generator: np.random.Generator, *, width: int, samples: int, bits: int
    ) -> tuple[Floats, Floats]:
        """Draw hidden weights ``(width, samples)`` and output weights ``(width, bits)``, as floats.

        If there is a scalar network for each bit, all of them have the same initial hidden weights. Raises InputError
        if the width is not a multiple of the number that the start requires.
        """
        return self.of(trained).draw(generator, width, samples, bits)


_BLOCKS = "blocks of orthogonal rows of chi(K) lengths"
STARTS: Mapping[str, Start] = MappingProxyType(
    {
        start.name: start
        for start in (
            Start(
                "gaussian",
                "all weights N(0, 1)",
                {"output": Weights(independent, standard), "all": Weights(independent, standard)},
            ),
            Start("zero", "hidden weights N(0, 1), output weights 0", {"output": Weights(independent, zeros)}),
            Start("antisymmetric", "pairs (+1, u), (-1, u), u ~ N(0, I)", {"all": antisymmetric(independent)}),
            Start(
                "sphere",
                "hidden weights uniform on the sphere of radius sqrt(K); output weights 0, or pairs (+1, u), (-1, u)",
                {"output": Weights(spherical, zeros), "all": antisymmetric(spherical)},
            ),
            Start(
                "orthogonal",
                f"hidden weights: {_BLOCKS}; output weights 0, or pairs (+1, u), (-1, u)",
                {"output": Weights(orthogonal, zeros), "all": antisymmetric(orthogonal)},
            ),
            Start(
                "orthogonal-opposite",
                f"hidden weights: {_BLOCKS}, and their negatives; output weights 0, or pairs (+1, u), (-1, u)",
                {
                    "output": Weights(with_opposites(orthogonal), zeros, 2),
                    "all": antisymmetric(with_opposites(orthogonal), 4),
                },
            ),
        )
    }
)


def starts_of(trained: str) -> tuple[str, ...]:
    """Return the names of the starts that are available for the trained layers, the default first.

    >>> starts_of("output")
    ('zero', 'gaussian', 'sphere', 'orthogonal', 'orthogonal-opposite')
    """
    first = _layers(trained).start
    return (first, *(name for name, start in STARTS.items() if trained in start.weights and name != first))


def _layers(trained: str) -> Layers:
    if trained not in LAYERS:
        raise InputError(f"the trained layers must be one of {', '.join(LAYERS)}; got {trained!r}")
    return LAYERS[trained]


@dataclass(frozen=True)
class Training:
    """The trained layers, the start, the number of steps (None: to convergence) and their size (None: the default)."""

    layers: Layers
    start: Start
    steps: int | None
    step: float | None

    @classmethod
    def of(
        cls, trained: str, start: str | None = None, *, steps: int | None = None, step: float | None = None
    ) -> Training:
        """Return a training from the names of layers and start; the default start depends on the layers.

        Raises InputError for an unknown name, a start that is not available for the layers, a number of `steps` that is
        not a positive integer, and a size `step` that is not positive.
        """
        layers = _layers(trained)
        name = layers.start if start is None else start
        if name not in STARTS:
            raise InputError(f"there is no start with the name {name!r}: choose one of {', '.join(starts_of(trained))}")
        STARTS[name].of(trained)
        if steps is not None:
            steps = integer(steps, "steps", low=1)
        if step is not None and not 0 < step < float("inf"):
            raise InputError(f"the size of a step must be a positive number, got {step!r}")
        return cls(layers, STARTS[name], steps, step)

    @property
    def trained(self) -> str:
        """The name of the layers that are trained."""
        return self.layers.name

    @property
    def kernel(self) -> str:
        """The name of the kernel of training at infinite width."""
        return self.layers.kernel

    @property
    def weights(self) -> Weights:
        """The distribution of the initial weights."""
        return self.start.of(self.trained)
