"""Display: the one way in which objects become HTML tables in a notebook. Everything is escaped, and sizes are capped.

>>> "<b>" in table(["<b>"], [["p"]], caption="bits")
False
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import islice

from ntkproofs.printable import printable

__all__ = ["CODE", "MOST_CHARACTERS", "MOST_ROWS", "counted", "escaped", "facts", "table"]

MOST_ROWS = 16
MOST_CHARACTERS = 1000
ONE_LINE = 100  # characters of a caption
CODE = "\0"  # put before a text that is code


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, caption: str, total: int | None = None) -> str:
    """Return an HTML table of the first 16 rows; `total` says how many there are where `rows` cannot be counted.

    A cell that starts with ``CODE`` is set as code. Nothing of a cell is taken for markup.
    """
    given = list(rows) if total is None else list(islice(rows, MOST_ROWS))
    left = (len(given) if total is None else total) - min(len(given), MOST_ROWS)
    head = "".join(f'<th style="text-align:left">{escaped(name)}</th>' for name in headings)
    body = [f"<tr>{''.join(map(_cell, row))}</tr>" for row in given[:MOST_ROWS]]
    if left > 0:
        body.append(f'<tr><td colspan="{len(headings)}">… and {left:,} more</td></tr>')
    return (
        f'<table class="ntkproofs">{_caption(caption)}'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
    )


def facts(rows: Iterable[tuple[str, object]], *, caption: str) -> str:
    """Return an HTML table of two columns without headings: what is said, and its value.

    >>> facts([("networks", 390)], caption="enough").count("<th")
    1
    """
    body = "".join(
        f'<tr><th scope="row" style="text-align:left">{escaped(name)}</th>{_cell(value)}</tr>' for name, value in rows
    )
    return f'<table class="ntkproofs">{_caption(caption)}<tbody>{body}</tbody></table>'


def counted(count: int, noun: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "step"), counted(2000, "step")
    ('1 step', '2,000 steps')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def escaped(text: object) -> str:
    r"""Return a text for HTML: one line, control and format characters shown as escapes, nothing of it markup.

    >>> print(escaped("a < b\n<script>"))
    a &lt; b\n&lt;script&gt;
    """
    return escape(printable(text))


def _caption(text: str) -> str:
    """Return the caption: on one line, however narrow the table, unless it is long."""
    style = ' style="white-space:nowrap;text-align:left"' if len(text) <= ONE_LINE else ""
    return f"<caption{style}>{escaped(_clipped(text))}</caption>"


def _cell(value: object) -> str:
    text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    if text.startswith(CODE):
        return f'<td style="text-align:left"><code>{escaped(_clipped(text[1:]))}</code></td>'
    return f'<td style="text-align:left">{escaped(_clipped(text))}</td>'


def _clipped(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"
