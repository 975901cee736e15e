"""Progress of long computations on stderr: a bar on a terminal, otherwise a line every few seconds."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Protocol

from ntkproofs.commands.common import make_console, remark
from ntkproofs.printable import printable

__all__ = ["Show", "showing"]

LINE_EVERY = 2.0  # seconds between lines if stderr is not a terminal
BAR_EVERY = 0.1  # seconds between updates of the bar


class Show(Protocol):
    """A function that shows progress; it may be called arbitrarily often.

    `text`: the line if stderr is not a terminal, no line if it is empty; `status`: the text beside the bar (default:
    `text`).
    """

    def __call__(self, done: int, total: int, text: str, status: str = "") -> None:
        """Show that `done` of `total` parts are done."""


@contextlib.contextmanager
def showing(*, every: float = LINE_EVERY) -> Iterator[Show]:
    """Yield a function that shows progress: a bar on a terminal, otherwise at most one line in `every` seconds."""
    console = make_console(stderr=True)
    if not console.is_terminal:
        last = time.monotonic()

        def line(done: int, total: int, text: str, status: str = "") -> None:
            nonlocal last
            if text and time.monotonic() - last >= every:
                last = time.monotonic()
                remark(text)

        yield line
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), TextColumn("{task.description}", markup=False), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, auto_refresh=False) as bar:
        task, updated = bar.add_task(""), 0.0

        def advance(done: int, total: int, text: str, status: str = "") -> None:
            nonlocal updated
            if time.monotonic() - updated >= BAR_EVERY:
                updated = time.monotonic()
                bar.update(task, total=total, completed=done, description=printable(status or text), refresh=True)

        yield advance
