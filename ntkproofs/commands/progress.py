"""How far a long run has come, on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from ntkproofs.commands.common import make_console, remark
from ntkproofs.printable import printable

__all__ = ["showing"]

LINE_EVERY = 2.0  # seconds between lines where stderr is no terminal
BAR_EVERY = 0.1  # seconds between two pictures of the bar


@contextlib.contextmanager
def showing() -> Iterator[Callable[[int, int, str], None]]:
    """Yield a function ``show(done, total, text)`` that may be called as often as one likes."""
    console = make_console(stderr=True)
    if not console.is_terminal:
        last = time.monotonic()

        def line(_done: int, _total: int, text: str) -> None:
            nonlocal last
            if time.monotonic() - last >= LINE_EVERY:
                last = time.monotonic()
                remark(text)

        yield line
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), TextColumn("{task.description}", markup=False), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, auto_refresh=False) as bar:
        job, shown = bar.add_task(""), 0.0

        def advance(done: int, total: int, text: str) -> None:
            nonlocal shown
            if time.monotonic() - shown >= BAR_EVERY:
                shown = time.monotonic()
                bar.update(job, total=total, completed=done, description=printable(text), refresh=True)

        yield advance
