"""HTML tables for notebooks, with all text escaped and the number of rows and characters limited.

>>> "<b>" in table(["<b>"], [["p"]], caption="bits")
False
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import islice

from ntkproofs.printable import printable

__all__ = ["CODE", "MAX_CHARACTERS", "MAX_ROWS", "counted", "escaped", "facts", "table"]

MAX_ROWS = 16
MAX_CHARACTERS = 1000
ONE_LINE = 100  # captions of at most so many characters are not wrapped
CODE = "\0"  # prefix of a cell that is set as code


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, caption: str, total: int | None = None) -> str:
    """Return an HTML table of the first 16 rows; `total` is the number of all rows if `rows` is an iterator.

    A cell that starts with ``CODE`` is set as code. All cells are escaped.
    """
    listed = list(rows) if total is None else list(islice(rows, MAX_ROWS))
    omitted = (len(listed) if total is None else total) - min(len(listed), MAX_ROWS)
    head = "".join(f'<th style="text-align:left">{escaped(name)}</th>' for name in headings)
    body = [f"<tr>{''.join(map(_cell, row))}</tr>" for row in listed[:MAX_ROWS]]
    if omitted > 0:
        body.append(f'<tr><td colspan="{len(headings)}">… and {omitted:,} more</td></tr>')
    return (
        f'<table class="ntkproofs">{_caption(caption)}'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
    )


def facts(rows: Iterable[tuple[str, object]], *, caption: str) -> str:
    """Return an HTML table of two columns, names and values, without headings.

    >>> facts([("networks", 390)], caption="enough").count("<th")
    1
    """
    body = "".join(
        f'<tr><th scope="row" style="text-align:left">{escaped(name)}</th>{_cell(value)}</tr>' for name, value in rows
    )
    return f'<table class="ntkproofs">{_caption(caption)}<tbody>{body}</tbody></table>'


def counted(count: int, noun: str) -> str:
    """Return a number followed by its noun in the singular or plural.

    >>> counted(1, "step"), counted(2000, "step")
    ('1 step', '2,000 steps')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def escaped(text: object) -> str:
    r"""Return `text` as HTML on one line, with markup, control characters and format characters escaped.

    >>> print(escaped("a < b\n<script>"))
    a &lt; b\n&lt;script&gt;
    """
    return escape(printable(text))


def _caption(text: str) -> str:
    """Return the caption; a short one is not wrapped, however narrow the table."""
    style = ' style="white-space:nowrap;text-align:left"' if len(text) <= ONE_LINE else ""
    return f"<caption{style}>{escaped(_clipped(text))}</caption>"


def _cell(value: object) -> str:
    text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    if text.startswith(CODE):
        return f'<td style="text-align:left"><code>{escaped(_clipped(text[1:]))}</code></td>'
    return f'<td style="text-align:left">{escaped(_clipped(text))}</td>'


def _clipped(text: str) -> str:
    return text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 1] + "…"
