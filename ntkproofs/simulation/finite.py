"""Networks of finite width: drawn, linearised, or trained by full-batch gradient descent. NumPy only.

``f(x) = (w n0)^(-1/2) sum_r a_r relu(u_r . x)``, all ``a_r``, ``u_r`` standard normal at the start. In these variables
the two parametrisations are the same function and differ only in how fast gradient descent moves the hidden weights u
next to the outer weights a:

* NTK parametrisation: equally fast; the tangent kernel is the NTK;
* standard parametrisation (deviations ``1/sqrt(fan in)``, one rate for all weights): ``n0/w`` times as fast (a step of
  an outer weight counts w times here, one of a hidden weight n0 times); the tangent kernel tends to the NNGP kernel.

Many networks are worked on at once: arrays begin with the axis of networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ntkproofs.errors import InputError, Undecided
from ntkproofs.programs import TemplateProgram
from ntkproofs.simulation.descent import Trained, Watch, descend, unwatched
from ntkproofs.simulation.limit import Trials

__all__ = ["PARAMETRISATIONS", "Weights", "descended", "draw_weights", "linearised", "trained"]

PARAMETRISATIONS = ("ntk", "standard")
TOLERANCE = 1e-6  # of the outputs at the samples, where targets are 0 and 1
MAX_STEPS = 20_000
CHUNK = 1 << 24  # numbers held for the hidden layer on the test states

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Weights:
    """Networks: `hidden` u, ``(networks, w, n0)``, and `outer` a, ``(networks, w, bits)``."""

    hidden: Floats
    outer: Floats

    @property
    def scale(self) -> float:
        """The factor ``(w n0)^(-1/2)`` of the output."""
        return float((self.hidden.shape[1] * self.hidden.shape[2]) ** -0.5)

    def folded(self, steps: int | None = None) -> Trained:
        """Return the same networks without a factor of the output, with the weights of the standard parametrisation."""
        _, width, n0 = self.hidden.shape
        output = self.outer.transpose(0, 2, 1) / width**0.5
        return Trained((self.hidden / n0**0.5)[:, None], output[:, None], steps)

    def outputs(self, codes: Floats) -> Floats:
        """Return the outputs on encoded states, ``(networks, states, bits)``."""
        return self.moved_outputs(codes, None)

    def moved_outputs(self, codes: Floats, move: Weights | None) -> Floats:
        """Return the outputs to first order in a move of the weights (None: the outputs themselves)."""
        networks, width, bits = self.outer.shape
        out = np.empty((networks, len(codes), bits))
        size = max(1, CHUNK // (networks * width))
        for first in range(0, len(codes), size):
            part = codes[first : first + size].T
            before = self.hidden @ part
            after = np.maximum(before, 0)
            outer = self.outer if move is None else self.outer + move.outer
            out[:, first : first + size] = after.transpose(0, 2, 1) @ outer
            if move is not None:
                turned = (before > 0) * (move.hidden @ part)
                out[:, first : first + size] += turned.transpose(0, 2, 1) @ self.outer
        out *= self.scale
        return out


def draw_weights(program: TemplateProgram, width: int, sources: Sequence[np.random.Generator]) -> Weights:
    """Draw one network from each source of random numbers."""
    K, bits = program.samples, program.output_bits
    if width < K:
        raise InputError(f"a network of width {width} cannot fit {K} samples: the width must be at least {K}")
    drawn = np.stack([source.standard_normal((width, K + bits)) for source in sources])
    return Weights(drawn[:, :, :K].copy(), drawn[:, :, K:].copy())


def _hidden_rate(program: TemplateProgram, width: int, parametrisation: str) -> float:
    """Return how fast hidden weights move next to outer ones."""
    if parametrisation not in PARAMETRISATIONS:
        raise InputError(f"unknown parametrisation {parametrisation!r}: choose one of {', '.join(PARAMETRISATIONS)}")
    return 1.0 if parametrisation == "ntk" else program.samples / width


@dataclass(frozen=True, eq=False)
class _Tangent:
    """``n0`` times the tangent kernel on the samples: ``outer[i, j]`` for equal bits plus ``own[i]`` for equal samples.

    `outer`, ``(networks, K, K)``; `own`, ``(networks, K, bits, bits)``, the hidden layer's share.
    """

    outer: Floats
    own: Floats

    @classmethod
    def of(cls, weights: Weights, rate: float) -> _Tangent:
        width = weights.hidden.shape[1]
        after = np.maximum(weights.hidden, 0)
        on = (weights.hidden > 0).astype(np.float64)
        own = np.stack(
            [
                weights.outer.transpose(0, 2, 1) @ (on[:, :, place, None] * weights.outer)
                for place in range(on.shape[2])
            ],
            axis=1,
        )
        return cls(after.transpose(0, 2, 1) @ after / width, own * (rate / width))

    def __matmul__(self, vector: Floats) -> Floats:
        product: Floats = self.outer @ vector + np.einsum("eibc,eic->eib", self.own, vector)
        return product

    def largest(self) -> Floats:
        """Return an upper bound of the largest eigenvalue of each network's kernel, ``(networks,)``."""
        bound: Floats = np.linalg.eigvalsh(self.outer)[:, -1] + np.linalg.eigvalsh(self.own)[:, :, -1].max(axis=1)
        return bound

    def solve(self, right: Floats) -> Floats:
        """Solve by conjugate gradients, ``(networks, K, bits)``, to 12 digits.

        Raises Undecided if a kernel is singular (no neuron is active at a sample), or too close to it.
        """
        found = np.zeros_like(right)
        rest, direction = right.copy(), right.copy()
        size = (rest**2).sum(axis=(1, 2))
        goal, most = 1e-24 * np.maximum(size, 1e-300), 1e24 * np.maximum(size, 1e-300)
        for _ in range(right.shape[1] * right.shape[2] + 50):
            if (size <= goal).all():
                return found
            if not (size <= most).all():  # no solution: the iteration diverges
                break
            image = self @ direction
            step = size / np.maximum((direction * image).sum(axis=(1, 2)), 1e-300)
            found += step[:, None, None] * direction
            rest -= step[:, None, None] * image
            new = (rest**2).sum(axis=(1, 2))
            direction = rest + (new / np.maximum(size, 1e-300))[:, None, None] * direction
            size = new
        raise Undecided("the tangent kernel of a network is too close to singular: a larger width helps")


def linearised(trials: Trials, weights: Weights, parametrisation: str) -> Floats:
    """Return the outputs of the linearised networks trained to the end, ``(networks, states, bits)``.

    Each network has all output bits. The kernel regression with the network's own tangent kernel (between different
    output bits too) from its own output at the start: the least move of the weights, each measured by its rate, that
    fits the samples to first order.
    """
    rate = _hidden_rate(trials.program, weights.outer.shape[1], parametrisation)
    start = weights.outputs(np.eye(trials.program.samples))
    dual = _Tangent.of(weights, rate).solve(trials.program.labels - start) * trials.program.samples
    outer = np.maximum(weights.hidden, 0) @ dual
    hidden = (weights.hidden > 0) * (weights.outer @ dual.transpose(0, 2, 1)) * rate
    return weights.moved_outputs(trials.codes, Weights(hidden * weights.scale, outer * weights.scale))


def trained(
    trials: Trials, weights: Weights, parametrisation: str, *, step_size: float = 1.0, most_steps: int = MAX_STEPS
) -> tuple[Floats, int]:
    """Train by full-batch gradient descent on the square loss; return the outputs and the number of steps.

    See :func:`descended`; trained until every output at every sample is within 1e-6 of its target.
    """
    after, steps = descended(trials.program, weights, parametrisation, step_size=step_size, most_steps=most_steps)
    return after.outputs(trials.codes), steps


def descended(
    program: TemplateProgram,
    weights: Weights,
    parametrisation: str,
    *,
    step_size: float = 1.0,
    step: float | None = None,
    steps: int | None = None,
    most_steps: int = MAX_STEPS,
    watch: Watch = unwatched,
) -> tuple[Weights, int]:
    """Return the networks after full-batch gradient descent on the square loss, and the number of steps.

    `step`: the learning rate of the weights of the parametrisation; None: `step_size` over the largest eigenvalue of
    the tangent kernel of each network at the start (from 2 on, descent is unstable there). With `steps` None each is
    trained until every output at every sample is within 1e-6 of its target. Raises Undecided if that is not so after
    `most_steps`, or if descent diverges.
    """
    networks, width, n0 = weights.hidden.shape
    rate = _hidden_rate(program, width, parametrisation)
    if step is None:
        sizes = step_size * n0 / _Tangent.of(weights, rate).largest()
    else:
        sizes = np.full(networks, step * (width if parametrisation == "standard" else 1))
    u, a = (part.transpose(0, 2, 1).copy() for part in (weights.hidden, weights.outer))
    targets = np.repeat(program.labels.astype(np.float64)[None], networks, axis=0)
    taken = descend(
        u,
        a,
        targets,
        scale=weights.scale,
        step=sizes,
        rate=rate,
        steps=steps,
        tolerance=TOLERANCE,
        most_steps=most_steps,
        watch=watch,
    )
    return Weights(u.transpose(0, 2, 1), a.transpose(0, 2, 1)), taken
