"""Work in several processes, results in order; a process that dies is noticed, and none outlives the work."""

from __future__ import annotations

import multiprocessing
import pickle
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from ntkproofs.errors import NtkProofsError, Undecided

__all__ = ["WorkerDied", "can_fork", "side_by_side"]

Item = TypeVar("Item")
Result = TypeVar("Result")


class WorkerDied(Undecided):
    """A worker process ended before its work: somebody killed it, or the memory did not suffice."""


def can_fork() -> bool:
    """Tell whether this process may start others by fork: not on every platform, and not in a daemonic process."""
    return "fork" in multiprocessing.get_all_start_methods() and not multiprocessing.current_process().daemon


def side_by_side(function: Callable[[Item], Result], items: Sequence[Item], processes: int) -> Iterator[Result]:
    """Yield ``function(item)`` for each item, in order, worked out in so many processes.

    Raises what the function raises (an error that cannot be pickled as NtkProofsError with its text), and WorkerDied
    if a process dies. Whatever ends the iteration, the processes are ended with it.
    """
    context = multiprocessing.get_context("fork")
    crew: dict[Any, BaseProcess] = {}
    try:
        for _ in range(processes):
            ours, theirs = context.Pipe()
            process: BaseProcess = context.Process(target=_serve, args=(theirs, function, [*crew, ours]), daemon=True)
            process.start()
            theirs.close()  # so that its end is seen when the process dies
            crew[ours] = process
        yield from _results(crew, items)
    finally:
        for connection, process in crew.items():
            process.kill()
            process.join()
            connection.close()


def _results(crew: dict[Any, BaseProcess], items: Sequence[Item]) -> Iterator[Any]:
    """Hand out the items and yield the results in order."""
    waiting = iter(enumerate(items))
    done: dict[int, Any] = {}
    busy = 0
    for connection in crew:
        busy += _hand_out(connection, waiting)
    following = 0
    while busy:
        ready: list[Any] = list(wait(list(crew)))
        for connection in ready:
            try:
                place, outcome, problem = connection.recv()
            except (EOFError, OSError):
                process = crew[connection]
                process.join()
                raise WorkerDied(
                    f"a worker process died (exit code {process.exitcode}) after {following:,} of {len(items):,} parts"
                ) from None
            if problem is not None:
                raise problem
            done[place] = outcome
            busy += _hand_out(connection, waiting) - 1
        while following in done:
            yield done.pop(following)
            following += 1


def _hand_out(connection: Connection, waiting: Iterator[tuple[int, Any]]) -> int:
    """Send the next item, if there is one; return how many were sent."""
    for pair in waiting:
        with suppress(OSError):  # that process is dead: receiving from it says so
            connection.send(pair)
        return 1
    return 0


def _serve(connection: Connection, function: Callable[[Any], Any], others: Sequence[Connection]) -> None:
    """Work on items until there are no more: the life of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent process answers Ctrl-C
    # A handler of the parent, in Python, would be inherited, and is never run if the signal comes just before the
    # worker waits for work.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for other in others:
        other.close()
    with suppress(EOFError, OSError):  # the parent process is gone
        while True:
            place, item = connection.recv()
            outcome: Any = None
            problem: Exception | None = None
            try:
                outcome = function(item)
            except Exception as raised:
                problem = _sendable(raised)
            connection.send((place, outcome, problem))


def _sendable(problem: Exception) -> Exception:
    try:
        pickle.loads(pickle.dumps(problem))
    except Exception:
        return NtkProofsError(f"{type(problem).__name__}: {problem}")
    return problem
