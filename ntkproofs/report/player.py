"""The HTML page of a trace: its states step by step, the templates that match, and the value that decides each bit.

Like that of a report, the page is a single file with its style, script and data, and may load nothing else. Without its
script it shows the trace as a table.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ntkproofs.display import counted, escaped
from ntkproofs.errors import InputError
from ntkproofs.execution.trace import Trace
from ntkproofs.programs.language import bit_name, field_name
from ntkproofs.report.page import page, page_part

__all__ = ["MAX_CELLS", "MAX_FRAMES", "check_size", "player_page"]

MAX_FRAMES = 10_000  # states of a page
MAX_CELLS = 4_000_000  # bits of all states of a page
DIGITS = 4  # significant digits of a mean or an output


def check_size(bits: int, states: int) -> None:
    """Raise InputError if a page would have too many states, or too many bits in all states.

    >>> check_size(8, 20_000)
    Traceback (most recent call last):
    ntkproofs.errors.InputError: a page shows at most 10,000 states, and these are 20,000: run fewer steps
    """
    if states > MAX_FRAMES:
        raise InputError(f"a page shows at most {MAX_FRAMES:,} states, and these are {states:,}: run fewer steps")
    if states * bits > MAX_CELLS:
        raise InputError(
            f"a page shows at most {MAX_CELLS:,} bits, and these are {counted(states, 'state')} of "
            f"{counted(bits, 'bit')}: run fewer steps or a smaller program"
        )


def player_page(traces: Sequence[Trace], *, facts: Mapping[str, str]) -> str:
    """Return the page of a run as HTML text.

    `traces`: one, or one for each clock of a stream, all of one program; `facts`: what the page says about the run,
    such as its inputs and its result, each with its name. Raises InputError for no trace or too many states.

    >>> from ntkproofs.execution import Machine
    >>> from ntkproofs.programs import permutation
    >>> program = permutation([2, 0, 1])
    >>> page = player_page([Machine(program).run(program.state(bits=3), steps=1)], facts={"result": "<b>"})
    >>> "&lt;b&gt;" in page, '"frames":[{"clock":1,"step":0,"state":"110"' in page
    (True, True)
    """
    if not traces:
        raise InputError("a page shows at least one trace")
    program = traces[0].program
    check_size(program.output_bits, sum(len(trace) + 1 for trace in traces))
    title = f"{program.name}: {counted(sum(map(len, traces)), 'step')}"
    data = json.dumps(_data(traces), separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    rows = "".join(f"<dt>{escaped(name)}</dt><dd>{escaped(text)}</dd>" for name, text in facts.items())
    tables = "".join(trace._repr_html_() for trace in traces)
    body = f"""\
<header>
<h1>{escaped(program.name)}</h1>
<dl class="engines">{rows}</dl>
</header>
<main>
<noscript><div class="scroll">{tables}</div></noscript>
{page_part("player.html")}</main>
<script type="application/json" id="data">{data}</script>
"""
    return page(title, body, script="player.js", style="player.css")


def _data(traces: Sequence[Trace]) -> dict[str, Any]:
    """Return what the script shows, as JSON data; bits are given by their positions."""
    program = traces[0].program
    fields, first = [], 0
    for name, width in program.fields.items():
        fields.append({"name": field_name(name), "first": first, "width": width, "text": name in program.text})
        first += width
    frames = list(_frames(traces))
    templates = {
        index: {
            "text": f"{program.templates[index]}",
            "when": [[program.position(bit), value] for bit, value in program.templates[index].when],
            "write": [program.position(bit) for bit in program.templates[index].write],
        }
        for index in sorted({index for frame in frames for index in frame["matches"]})
    }
    return {
        "value": traces[0].value_name,
        "threshold": {"text": f"{traces[0].threshold}", "value": float(traces[0].threshold)},
        "clocked": len(traces) > 1,
        "fields": fields,
        "bits": [bit_name(program.bit(position)) for position in range(program.output_bits)],
        "templates": templates,
        "frames": frames,
    }


def _frames(traces: Sequence[Trace]) -> Iterator[dict[str, Any]]:
    """Yield a frame for each state: its bits, the templates that match it, and the values of the step from it."""
    program = traces[0].program
    for clock, trace in enumerate(traces, 1):
        for step in range(len(trace) + 1):
            row = trace.row(step)
            frame: dict[str, Any] = {
                "clock": clock,
                "step": step,
                "state": "".join(map(str, row.tolist())),
                "matches": [],
            }
            if step < len(trace):
                frame["matches"] = np.flatnonzero(program.match_rows(row[None, :])[0]).tolist()
                frame["distinct"], frame["values"] = _distinct(trace.values(step))
            yield frame


def _distinct(values: Sequence[float]) -> tuple[list[float | None], list[int]]:
    """Return the distinct values, rounded for display, and for each bit the index of its own; None is beyond floats."""
    shown = [float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None for value in values]
    numbers: dict[float | None, int] = {}
    indices = [numbers.setdefault(value, len(numbers)) for value in shown]
    return list(numbers), indices
