"""What a finite network must compute, the requirements on it, and the event that all classes of a column share."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from ntkproofs.bounds.finite.output_layer import BitClass
from ntkproofs.bounds.finite.tuning import Event, short
from ntkproofs.classes import Classes
from ntkproofs.errors import NtkProofsError

__all__ = ["PRECISION", "Deviated", "Requirements", "TooNarrow", "Workload"]

PRECISION = 128  # of balls


class TooNarrow(NtkProofsError):
    """The bounds do not prove the requirements at this width."""


@dataclass(frozen=True)
class Workload:
    """The outputs that must be correct: pairs (state, bit) by class, and the number of distinct columns with t ones.

    `classes`: numbers of pairs; `columns`: numbers of distinct columns of targets, by t; `states`: numbers of states,
    by n.

    >>> from ntkproofs.classes import arbitrary_classes
    >>> from ntkproofs.programs import addition
    >>> program = addition(bits=2)
    >>> load = Workload.of(program.samples, arbitrary_classes(program), program.labels.T.tolist())
    >>> load.columns
    {1: 2, 2: 3}
    """

    samples: int
    classes: Mapping[BitClass, int]
    columns: Mapping[int, int]
    states: Mapping[int, int] = field(default_factory=dict)  # by number of matches

    @classmethod
    def of(
        cls, samples: int, classes: Classes, columns: Iterable[Iterable[int]], *, max_states: int | None = None
    ) -> Workload:
        """Return the workload of classes (n, p, t) without those with n <= 1 or t = 0, which need no bound.

        `columns`: the targets of every output bit; `max_states`: upper limit on the number of arbitrarily chosen states
        (None: all states).
        """
        bits = [tuple(column) for column in columns]
        kinds = {BitClass(n, p, t): count for (n, p, t), count in sorted(classes.items()) if n >= 2 and t and count}
        states = dict.fromkeys((kind.n for kind in kinds), 0)
        for (n, _, _), count in classes.items():
            if n in states:
                states[n] += count
        states = {n: count // len(bits) for n, count in states.items()}
        if max_states is not None:
            writers = Counter(sum(column) for column in bits)
            kinds = {kind: min(count, max_states * writers[kind.t]) for kind, count in kinds.items()}
            states = {n: min(count, max_states) for n, count in states.items()}
        sizes = sorted(sum(column) for column in set(bits) if any(column))
        return cls(samples, kinds, {t: sizes.count(t) for t in dict.fromkeys(sizes)}, states)

    def states_with(self, n: int) -> int:
        """Return the number of states with n matches, or an upper bound of it if `states` has no entry for n."""
        return self.states.get(n) or sum(count for kind, count in self.classes.items() if kind.n == n)


@dataclass(frozen=True)
class Requirements:
    """Requirements on a network.

    None means that the search chooses: the smallest width, the best threshold, the smallest number of steps, the
    largest step size.
    """

    failure: Fraction
    width: int | None = None
    threshold: Fraction | None = None
    steps: int | None = None
    step: Fraction | None = None


@dataclass(frozen=True)
class Deviated:
    """The event ``|delta| >= e`` for columns with t ones, with the parameters z and l of its bound."""

    e: Fraction
    z: Fraction
    l: Fraction

    @classmethod
    def of(cls, event: Event, dimension: int) -> Deviated:
        """Return an event found by the search, with a slightly larger e, to allow for rounding."""
        e, hint, l = event
        return cls(short(e * 1.0005), short(dimension * math.exp(hint)), short(l))
