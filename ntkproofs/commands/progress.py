"""Progress of long computations on stderr: a bar on a terminal, otherwise a line every few seconds."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Protocol

from ntkproofs.commands.common import make_console, remark
from ntkproofs.printable import printable

__all__ = ["Pace", "Show", "showing"]

LINE_EVERY = 2.0  # seconds between lines if stderr is not a terminal
BAR_EVERY = 0.1  # seconds between updates of the bar


class Show(Protocol):
    """A function that shows progress; it may be called arbitrarily often.

    `text`: the line if stderr is not a terminal, no line if it is empty; `status`: the text beside the bar (default:
    `text`).
    """

    def __call__(self, done: int, total: int, text: str, status: str = "") -> None:
        """Show that `done` of `total` parts are done."""


class Pace:
    """The rate of a run, from the number of parts that were done at its first call on.

    >>> pace = Pace("cases", clock=iter([0.0, 2.0, 4.0]).__next__)
    >>> [pace(done, 5000) for done in (1000, 1000, 1100)]
    ['', '', ', 25 cases/s, 2 min 36 s left']
    """

    def __init__(self, unit: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._unit, self._clock = unit, clock
        self._begun: tuple[float, int] | None = None

    def __call__(self, done: int, total: int | None) -> str:
        """Return the rate and the time left as text that is appended to a line; empty while they are not known."""
        now = self._clock()
        if self._begun is None:
            self._begun = now, done
        begun, before = self._begun
        if done == before or now <= begun:
            return ""
        rate = (done - before) / (now - begun)
        left = "" if total is None or done >= total else f", {duration((total - done) / rate)} left"
        return f", {rate:,.{0 if rate >= 10 else 2}f} {self._unit}/s{left}"


def duration(seconds: float) -> str:
    """Return a time in two units, rounded up.

    >>> duration(0.4), duration(150), duration(3601), duration(1e6), duration(3e9)
    ('1 s', '2 min 30 s', '1 h 1 min', '11 days 14 h', '95 years 24 days')
    """
    whole = max(1, -int(-seconds // 1))
    units = (("years", 31_557_600), ("days", 86_400), ("h", 3600), ("min", 60), ("s", 1))
    for (name, size), (smaller, part) in pairwise(units):
        if whole >= size:
            number, rest = divmod(whole, size)
            further = min(-(-rest // part), size // part)
            return f"{number:,} {name}" + (f" {further} {smaller}" if further else "")
    return f"{whole} s"


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
            if not updated:
                bar.reset(task, total=total, completed=done)  # the time left is that of what is done from now on
            if time.monotonic() - updated >= BAR_EVERY:
                updated = time.monotonic()
                bar.update(task, total=total, completed=done, description=printable(status or text), refresh=True)

        yield advance
