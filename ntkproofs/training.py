"""How a finite network starts and is trained: shared by simulation, bounds and certificates.

``f(x) = w^(-1/2) sum over r of a_r relu(u_r . x)``, inputs of unit length, trained by full-batch gradient descent on
half the sum of squared errors over the samples. What is trained is one of :data:`LAYERS`: the output weights a of one
network with all output bits, or all weights of one scalar network for each output bit. A :class:`Start` is how the
weights are drawn; a further one is an entry of :data:`STARTS`.

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
Hidden: TypeAlias = Callable[[np.random.Generator, int, int], Floats]  # (source, neurons, samples) -> their weights
Outer: TypeAlias = Callable[[np.random.Generator, int, int], Floats]  # (source, neurons, bits) -> their weights


@dataclass(frozen=True)
class Layers:
    """Which layers are trained: the kernel that training follows at infinite width, and the start that is the default.

    `scalar`: whether there is a network of its own for each output bit (else one network has all of them).
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


# --- hidden weights: every row by itself is N(0, I)


def independent(source: np.random.Generator, neurons: int, samples: int) -> Floats:
    """Draw independent rows, ``(neurons, samples)``."""
    return source.standard_normal((neurons, samples))


def orthogonal(source: np.random.Generator, neurons: int, samples: int) -> Floats:
    """Draw blocks of K = `samples` orthogonal rows: a uniform orthogonal matrix with rows of chi(K) lengths.

    Directions and lengths are independent, the blocks too; of the last block the first rows are taken. The matrix is
    the Q of ``QR`` of a standard normal matrix, with the signs of the diagonal of R, which makes it uniform.
    """
    blocks = -(-neurons // samples)
    q, r = np.linalg.qr(source.standard_normal((blocks, samples, samples)))
    q = q * np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None, :]
    lengths = np.sqrt(source.chisquare(samples, (blocks, samples, 1)))
    return np.asarray(q * lengths).reshape(-1, samples)[:neurons]


def with_opposites(hidden: Hidden) -> Hidden:
    """Return the draw of half as many rows, followed by their opposites ``-u``."""

    def draw(source: np.random.Generator, neurons: int, samples: int) -> Floats:
        half = hidden(source, neurons // 2, samples)
        return np.concatenate([half, -half])

    return draw


# --- output weights


def zeros(_source: np.random.Generator, neurons: int, bits: int) -> Floats:
    """Return output weights 0, ``(neurons, bits)``: the network begins as the function 0."""
    return np.zeros((neurons, bits))


def standard(source: np.random.Generator, neurons: int, bits: int) -> Floats:
    """Draw independent standard normal output weights, ``(neurons, bits)``."""
    return source.standard_normal((neurons, bits))


def signs(_source: np.random.Generator, neurons: int, bits: int) -> Floats:
    """Return +1 for the first half of the neurons and -1 for the second, ``(neurons, bits)``."""
    return np.broadcast_to(np.repeat([1.0, -1.0], neurons // 2)[:, None], (neurons, bits)).copy()


@dataclass(frozen=True)
class Weights:
    """How weights are drawn: `hidden` rows, `outer` weights, and a number of which the width must be a multiple.

    With `paired` there are half as many hidden rows, each in two neurons (one in either half).
    """

    hidden: Hidden
    outer: Outer
    multiple: int = 1
    paired: bool = False

    def draw(self, source: np.random.Generator, width: int, samples: int, bits: int) -> tuple[Floats, Floats]:
        """Draw hidden ``(width, samples)`` and output weights ``(width, bits)``."""
        if width < 1 or width % self.multiple:
            raise InputError(f"the width is a multiple of {self.multiple} for this start, got {width}")
        u = self.hidden(source, width // 2 if self.paired else width, samples)
        return np.concatenate([u, u]) if self.paired else u, self.outer(source, width, bits)


def antisymmetric(hidden: Hidden, multiple: int = 2) -> Weights:
    """Return pairs of neurons ``(+1, u), (-1, u)``: the network begins as the function 0, with the NTK of a^2 = 1."""
    return Weights(hidden, signs, multiple, paired=True)


@dataclass(frozen=True)
class Start:
    """A start: its name, what it is in words, and how weights are drawn for each choice of layers that it may train.

    >>> import numpy as np
    >>> hidden, outer = STARTS["antisymmetric"].draw("all", np.random.default_rng(1), width=4, samples=3, bits=2)
    >>> hidden.shape, outer[:, 0].tolist(), bool((hidden[0] == hidden[2]).all())
    ((4, 3), [1.0, 1.0, -1.0, -1.0], True)
    """

    name: str
    about: str
    weights: Mapping[str, Weights] = field(repr=False)

    def of(self, trained: str) -> Weights:
        """Return how weights are drawn to train these layers; raises InputError where this start is not for them."""
        if trained not in self.weights:
            raise InputError(
                f"the start {self.name!r} is not for training {_layers(trained).name!r}: choose one of "
                f"{', '.join(starts_of(trained))}"
            )
        return self.weights[trained]

    def draw(
        self, trained: str, source: np.random.Generator, *, width: int, samples: int, bits: int
    ) -> tuple[Floats, Floats]:
        """Draw hidden weights ``(width, samples)`` and output weights ``(width, bits)``, as floats.

        Where a scalar network is trained for each bit, all of them have the same hidden weights at the start. Raises
        InputError for a width that the start does not allow.
        """
        return self.of(trained).draw(source, width, samples, bits)


_BLOCKS = "rows in blocks of orthogonal ones, of chi(K) lengths"
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
                "orthogonal",
                f"hidden weights: {_BLOCKS}; output weights 0, or pairs (+1, u), (-1, u)",
                {"output": Weights(orthogonal, zeros), "all": antisymmetric(orthogonal)},
            ),
            Start(
                "orthogonal-opposite",
                f"hidden weights: {_BLOCKS}, each u with its opposite -u; output weights 0, or pairs (+1, u), (-1, u)",
                {
                    "output": Weights(with_opposites(orthogonal), zeros, 2),
                    "all": antisymmetric(with_opposites(orthogonal), 4),
                },
            ),
        )
    }
)


def starts_of(trained: str) -> tuple[str, ...]:
    """Return the names of the starts that may train these layers, the default first.

    >>> starts_of("output")
    ('zero', 'gaussian', 'orthogonal', 'orthogonal-opposite')
    """
    first = _layers(trained).start
    return (first, *(name for name, start in STARTS.items() if trained in start.weights and name != first))


def _layers(trained: str) -> Layers:
    if trained not in LAYERS:
        raise InputError(f"the layers trained are one of {', '.join(LAYERS)}, got {trained!r}")
    return LAYERS[trained]


@dataclass(frozen=True)
class Training:
    """What is trained, from which start, and for how long; None: to convergence, or a size that the user chooses."""

    layers: Layers
    start: Start
    steps: int | None
    step: float | None

    @classmethod
    def of(
        cls, trained: str, start: str | None = None, *, steps: int | None = None, step: float | None = None
    ) -> Training:
        """Return a training by names; the start is the default of the layers unless one is named.

        Raises InputError for names that there are not, a start that is not for these layers, and for steps or a size
        that are not positive.
        """
        layers = _layers(trained)
        name = layers.start if start is None else start
        if name not in STARTS:
            raise InputError(f"there is no start {name!r}: choose one of {', '.join(starts_of(trained))}")
        STARTS[name].of(trained)
        if steps is not None:
            steps = integer(steps, "steps", low=1)
        if step is not None and not 0 < step < float("inf"):
            raise InputError(f"the size of a step is a number above 0, got {step!r}")
        return cls(layers, STARTS[name], steps, step)

    @property
    def trained(self) -> str:
        """The name of the layers that are trained."""
        return self.layers.name

    @property
    def kernel(self) -> str:
        """The name of the kernel that training follows at infinite width."""
        return self.layers.kernel

    @property
    def weights(self) -> Weights:
        """How the weights are drawn."""
        return self.start.of(self.trained)
