"""Evaluation of netlists, cover by cover, on planes of 64 cases a word or on Python integers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.errors import InputError
from ntkproofs.formats.sources import Cover, Netlist

__all__ = ["ClockedNetlist", "NetlistOracle"]

Planes: TypeAlias = NDArray[np.uint64]  # (bits, words)
Sum: TypeAlias = tuple[tuple[tuple[tuple[int, int], ...], ...], int]  # cubes of (signal, required value); the value

ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
MAX_VALUES = 1 << 22  # words held at a time


class NetlistOracle:
    """The function of a netlist without latches: integers, one an input, to the integer whose bit i is output i.

    :meth:`planes` evaluates 64 cases a word. A don't-care has no effect on the values: they are those of the covers.
    :meth:`dont_care_planes` tells for which cases each output may have either value. Raises InputError for a netlist
    with latches, and for a signal that is used before it is defined.

    >>> nand = Cover(("a", "b"), ("11",), value=0)
    >>> oracle = NetlistOracle(Netlist("nand", ("a", "b"), ("y", "a"), (("y", nand),)))
    >>> [oracle(a, b) for a in (0, 1) for b in (0, 1)]
    [1, 1, 3, 2]
    """

    def __init__(self, netlist: Netlist) -> None:
        if netlist.latches:
            raise InputError(f"{netlist.name}: the netlist has latches; ClockedNetlist evaluates it")
        self.netlist, self._covers = netlist, _Covers(netlist, netlist.inputs)

    def __call__(self, *inputs: int) -> int:
        """Return the outputs for one case; the lowest bit of each integer is the input."""
        values = self._covers.evaluate([value & 1 for value in inputs], 1)
        return sum(values[index] << weight for weight, index in enumerate(self._covers.outputs))

    def planes(self, inputs: Planes) -> Planes:
        """Return the planes of the outputs, ``(outputs, words)``, from those of the inputs, ``(inputs, words)``."""
        result = np.empty((len(self._covers.outputs), inputs.shape[1]), dtype=np.uint64)
        chunk = max(1, MAX_VALUES // max(1, self._covers.signals))
        for first in range(0, inputs.shape[1], chunk):
            values = self._covers.evaluate(list(inputs[:, first : first + chunk]), ALL)
            for plane, index in zip(result, self._covers.outputs, strict=True):
                plane[first : first + chunk] = values[index]
        return result

    def dont_care_planes(self, inputs: Planes) -> Planes:
        """Return planes, ``(outputs, words)``, of the cases in which each output may have either value."""
        result = np.zeros((len(self._covers.outputs), inputs.shape[1]), dtype=np.uint64)
        if self._covers.dont_care:
            values = self._covers.evaluate(list(inputs), ALL)
            for output, function in self._covers.dont_care:
                result[output] |= _value(function, values, ALL)
        return result


class ClockedNetlist:
    """The sequential function of a netlist: (state or None, inputs) to (next state, outputs), once a clock.

    Bit i of a state is the value of latch i; None stands for the initial values. Outputs are those of the clock's own
    inputs and of the state before it.

    >>> from ntkproofs.formats import Latch
    >>> toggle = Netlist("toggle", ("t",), ("q",), (("d", Cover(("t", "q"), ("10", "01"), 1)),), (Latch("q", "d", 0),))
    >>> clock = ClockedNetlist(toggle)
    >>> state, answer = clock(None, 1)
    >>> answer, clock(state, 1)
    (0, (0, 1))
    """

    def __init__(self, netlist: Netlist) -> None:
        self.netlist = netlist
        self._covers = _Covers(netlist, (*netlist.inputs, *(latch.output for latch in netlist.latches)))
        self._next = [self._covers.index(latch.input) for latch in netlist.latches]

    def __call__(self, state: int | None, *inputs: int) -> tuple[int, int]:
        """Return the next state and the outputs of one clock; the lowest bit of each integer is the input."""
        latches = self.netlist.latches
        bits = [latch.initial if state is None else state >> i & 1 for i, latch in enumerate(latches)]
        values = self._covers.evaluate([*(value & 1 for value in inputs), *bits], 1)
        answer = sum(values[index] << weight for weight, index in enumerate(self._covers.outputs))
        return sum(values[index] << weight for weight, index in enumerate(self._next)), answer


class _Covers:
    """The covers of a netlist with numbers for signals: first those in `given`, then one for each cover."""

    def __init__(self, netlist: Netlist, given: Sequence[str]) -> None:
        self._name = netlist.name
        self._numbers = {signal: number for number, signal in enumerate(given)}
        self._given = len(given)
        self._sums: list[Sum] = []
        for signal, cover in netlist.covers:
            self._sums.append(self._sum(cover))
            self._numbers[signal] = len(given) + len(self._sums) - 1
        self.outputs = [self.index(output) for output in netlist.outputs]
        self.dont_care = [
            (number, self._sum(cover))
            for signal, cover in netlist.dont_care
            for number, output in enumerate(netlist.outputs)
            if output == signal
        ]

    @property
    def signals(self) -> int:
        """The number of signals."""
        return self._given + len(self._sums)

    def index(self, signal: str) -> int:
        """Return the number of a signal."""
        if signal not in self._numbers:
            raise InputError(f"{self._name}: the signal {signal!r} is used, but nothing before it defines it")
        return self._numbers[signal]

    def _sum(self, cover: Cover) -> Sum:
        arguments = [self.index(signal) for signal in cover.inputs]
        cubes = tuple(
            tuple((number, int(wanted)) for number, wanted in zip(arguments, cube, strict=True) if wanted != "-")
            for cube in cover.cubes
        )
        return cubes, cover.value

    def evaluate(self, values: list[Any], ones: Any) -> list[Any]:
        """Return the values of all signals from the given ones; `ones` is 1 in every case."""
        for function in self._sums:
            values.append(_value(function, values, ones))
        return values


def _value(function: Sum, values: list[Any], ones: Any) -> Any:
    """Return the value of a sum of cubes, from the values of the signals."""
    cubes, value = function
    total = ones ^ ones
    for cube in cubes:
        product = ones
        for number, wanted in cube:
            product = product & (values[number] if wanted else values[number] ^ ones)
        total = total | product
    return total if value else total ^ ones
