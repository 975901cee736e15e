"""Work that may be stopped: Ctrl-C and SIGTERM end it, and what was done until then is reported as partial."""

from __future__ import annotations

import signal
import threading
from types import TracebackType
from typing import Self

__all__ = ["Stoppable"]


class Stoppable:
    """A block that runs until it ends or somebody stops it; `reason` says which afterwards.

    `reason`: ``interrupted`` (Ctrl-C), ``terminated`` (SIGTERM), or None if nobody stopped it. Other exceptions pass.

    >>> with Stoppable() as stop:
    ...     raise KeyboardInterrupt
    >>> stop.reason
    'interrupted'
    """

    def __init__(self) -> None:
        self.reason: str | None = None
        self._listens = False

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGTERM, self._terminate)
            self._listens = True
        return self

    def _terminate(self, _number: int, _frame: object) -> None:
        self.reason = "terminated"
        raise KeyboardInterrupt

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if self._listens:
            signal.signal(signal.SIGTERM, self._before)
        stopped = kind is not None and issubclass(kind, KeyboardInterrupt)
        if stopped:
            self.reason = self.reason or "interrupted"
        return stopped
