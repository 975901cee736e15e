"""Evidence of certificates about networks with all layers trained, as JSON values."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ntkproofs.bounds.finite.all_layers import CLOSINGS, AllLayersNetwork, ColumnEvents, Tail, VectorTail

__all__ = ["all_layers_evidence"]


def all_layers_evidence(network: AllLayersNetwork) -> dict[str, Any]:
    """Return the thresholds and parameters of all events, and the parameters of all classes."""
    shared = network.shared
    return {
        "start": {
            "drop": _tail(shared.drop),
            "gram": _tail(shared.gram),
            "longest": _tail(shared.longest),
            "levels": [_texts(level.size, level.l) for level in shared.levels],
        },
        "columns": [[t, _column(events)] for t, events in network.columns.items()],
        "regressions": [
            [n, {"square": _tail(events.square), "shift": _vector(events.shift)}]
            for n, events in network.states.items()
        ],
        "kinks": [[kind.n, kind.p, kind.t, {"kinks": _tail(used.kinks)}] for kind, used in network.classes.items()],
        "classes": [
            [kind.n, kind.p, kind.t, *_texts(used.l, used.z, used.q), [[most, str(mu)] for most, mu in used.cover]]
            for kind, used in ((kind, bounds.linearised) for kind, bounds in network.classes.items())
        ],
    }


def _column(events: ColumnEvents) -> dict[str, list[str]]:
    deviated = events.deviated
    return {
        "deviation": _texts(deviated.e, deviated.z, deviated.l),
        "rest": _texts(events.rest),
        **{name: _vector(getattr(events, name)) for name in ("pull", "bulk")},
        **{name: _tail(getattr(events, name)) for name in ("label", "open", "share", *CLOSINGS)},
    }


def _tail(tail: Tail) -> list[str]:
    return _texts(tail.value, tail.l)


def _vector(tail: VectorTail) -> list[str]:
    return _texts(tail.value, tail.l, tail.z, tail.q)


def _texts(*numbers: Fraction) -> list[str]:
    return [str(number) for number in numbers]
