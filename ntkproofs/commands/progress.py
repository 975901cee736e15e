"""How far a long run has come, on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Protocol

from ntkproofs.commands.common import make_console, remark
from ntkproofs.printable import printable

__all__ = ["Show", "showing"]

LINE_EVERY = 2.0  # seconds between lines where stderr is no terminal
BAR_EVERY = 0.1  # seconds between two pictures of the bar


class Show(Protocol):
    """A function that shows progress and may be called as often as one likes.

    `text`: the line, and what stands beside the bar unless `status` says something else there. Without text there is
    no line.
    """

    def __call__(self, done: int, total: int, text: str, status: str = "") -> None:
        """Show how much is done."""


@contextlib.contextmanager
def showing(*, every: float = LINE_EVERY) -> Iterator[Show]:
    """Yield a function that shows progress: a bar on a terminal, elsewhere at most one line in `every` seconds."""
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
        job, shown = bar.add_task(""), 0.0

        def advance(done: int, total: int, text: str, status: str = "") -> None:
            nonlocal shown
            if time.monotonic() - shown >= BAR_EVERY:
                shown = time.monotonic()
                bar.update(job, total=total, completed=done, description=printable(status or text), refresh=True)

        yield advance
