"""Computations that Ctrl-C or SIGTERM can stop, so that partial results can be reported."""

from __future__ import annotations

import signal
import threading
from types import TracebackType
from typing import Self

__all__ = ["Stoppable"]


class Stoppable:
    """A context that Ctrl-C or SIGTERM ends early without an exception; other exceptions are passed on.

    `reason` is ``interrupted`` after Ctrl-C, ``terminated`` after SIGTERM, and None otherwise.

    >>> with Stoppable() as stop:
    ...     raise KeyboardInterrupt
    >>> stop.reason
    'interrupted'
    """

    def __init__(self) -> None:
        self.reason: str | None = None
        self._handles_sigterm = False

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGTERM, self._terminate)
            self._handles_sigterm = True
        return self

    def _terminate(self, _number: int, _frame: object) -> None:
        self.reason = "terminated"
        raise KeyboardInterrupt

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if self._handles_sigterm:
            signal.signal(signal.SIGTERM, self._before)
        stopped = kind is not None and issubclass(kind, KeyboardInterrupt)
        if stopped:
            self.reason = self.reason or "interrupted"
        return stopped
