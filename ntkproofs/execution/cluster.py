"""Cluster: run functions of this package on the workers of the user's Dask cluster (``dask.distributed``).

Workers get text and return text. The *content*, which all calls have in common (a program, the files of claims), is
sent to a worker process once; an *argument* says which part of the work a call does. Results are data, which the caller
checks. A call whose worker dies is repeated on another one by Dask, and the result of each argument is taken once.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from hashlib import sha256
from itertools import islice
from types import TracebackType
from typing import Any, Self, TypeAlias

import numpy as np

from ntkproofs.errors import InputError, NtkProofsError, Undecided
from ntkproofs.execution.sources import package_version, sources_sha256
from ntkproofs.printable import clipped, message_of

__all__ = ["Cluster", "ClusterLost"]

CONNECT_SECONDS = 5
WORKER_SECONDS = 30  # waiting time for the first worker
AHEAD = 2  # calls that are sent for each thread of the workers
MAX_CONTENTS = 4  # contents that a worker process keeps
MAX_RESULT = 1 << 28  # characters of the result of a call
MISSING = "missing"  # the answer of a worker that has no such content

Function: TypeAlias = Callable[[str, str], str]


class ClusterLost(Undecided):
    """The scheduler of a cluster ended, or its workers ended again and again during the same work."""


class Cluster:
    """The connection to the scheduler of a Dask cluster, such as ``tcp://10.0.0.1:8786``; use it as a context.

    Entering raises InputError if distributed is not installed, if there is no connection within seconds, if there is no
    worker, and if a worker has other sources of this package.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._client: Any = None

    def __enter__(self) -> Self:
        try:
            import distributed
        except ImportError:
            raise InputError(
                "--cluster requires the package distributed: pip install 'ntkproofs[cluster]' (here and on the workers)"
            ) from None
        self._check_address()
        try:
            self._client = distributed.Client(self.address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError, TypeError, RuntimeError, ImportError) as problem:
            raise InputError(f"--cluster {clipped(self.address)}: no connection: {_first_line(problem)}") from problem
        try:
            self._check_workers()
        except BaseException:
            self._client.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    @property
    def threads(self) -> int:
        """The number of calls that the workers run at a time."""
        return max(1, int(sum(self._client.nthreads().values())))

    def _check_address(self) -> None:
        """Raise InputError for an address of another kind, and for TLS that is not configured."""
        from distributed.security import Security

        scheme, separator, _ = self.address.partition("://")
        if separator and scheme not in ("tcp", "tls"):
            raise InputError(
                f"--cluster must be the address of a scheduler, tcp://HOST:PORT or tls://HOST:PORT, got "
                f"{clipped(self.address)}"
            )
        if scheme == "tls" and Security().get_connection_args("client").get("ssl_context") is None:
            raise InputError(
                f"--cluster {clipped(self.address)}: the certificates for TLS are not configured (distributed.comm.tls "
                "in the configuration of Dask)"
            )

    def _check_workers(self) -> None:
        """Wait for a worker; raise InputError unless every worker has the sources of this process."""
        try:
            self._client.wait_for_workers(1, timeout=WORKER_SECONDS)
        except TimeoutError:
            raise InputError(
                f"--cluster {clipped(self.address)}: the scheduler has no workers after {WORKER_SECONDS} s"
            ) from None
        here = _identity()
        for worker, found in sorted(self._client.run(_identity, on_error="return").items()):
            _demand_same(worker, found, here)

    def calls(self, function: Function, content: str, arguments: Iterable[str]) -> Iterator[tuple[str, str | None]]:
        """Yield each argument with the text that ``function(content, argument)`` returns on a worker, in any order.

        `function` must be at the top level of a module of this package. The text is None if the workers that ran a call
        died again and again. Raises InputError if that is the error of a call, else ClusterLost.
        """
        from distributed import as_completed

        digest = sha256(content.encode()).hexdigest()
        waiting, running = iter(arguments), as_completed(loop=self._client.loop)
        sent: dict[str, str] = {}

        def send(argument: str, whole: bool) -> None:
            task = (_call, function, digest, content if whole else None, sources_sha256(), argument)
            future = self._client.submit(*task, pure=False)
            sent[future.key] = argument
            running.add(future)

        for argument in islice(waiting, AHEAD * self.threads):
            send(argument, whole=False)
        for future in running:
            argument = sent.pop(future.key)
            answer = self._answer(future)
            if answer == MISSING:
                send(argument, whole=True)
                continue
            for following in islice(waiting, max(0, AHEAD * self.threads - len(sent))):
                send(following, whole=False)
            yield argument, None if answer is None else _result_of(answer)

    def _answer(self, future: Any) -> str | None:
        """Return the text of a call that is over; None if the workers that ran it died."""
        from distributed import KilledWorker

        try:
            answer = future.result()
        except KilledWorker:
            return None
        except (CancelledError, OSError) as problem:
            raise ClusterLost(
                f"the connection to the cluster {self.address} was lost: {_first_line(problem)}"
            ) from None
        except Exception as problem:
            raise ClusterLost(f"a call on the cluster failed: {_first_line(problem)}") from problem
        finally:
            future.release()
        if not isinstance(answer, str) or len(answer) > MAX_RESULT:
            raise ClusterLost(f"a worker of {self.address} returned no text: {type(answer).__name__}")
        return answer


def _first_line(problem: BaseException) -> str:
    return message_of(problem).split("\n")[0]


def _demand_same(worker: str, found: Any, here: str) -> None:
    """Raise InputError unless a worker described itself as this process does."""
    if isinstance(found, BaseException):
        raise InputError(f"the worker {worker} cannot run this package: {_first_line(found)}")
    try:
        there, own = json.loads(found), json.loads(here)
        same = there["sources"] == own["sources"]
        text = "ntkproofs {version}, Python {python}, NumPy {numpy}, sources {sources:.12}"
        described = text.format(**{name: f"{value!s:.64}" for name, value in there.items()})
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise InputError(f"the worker {worker} does not describe itself: {_first_line(problem)}") from None
    if not same:
        raise InputError(
            f"the worker {worker} has other sources of this package ({described}) than this process "
            f"({text.format(**own)}): install the same version on all machines"
        )


def _result_of(answer: str) -> str:
    """Return the text in the answer of a worker; raises the error that it describes."""
    try:
        data = json.loads(answer)
        if isinstance(data["result"], str):
            return data["result"]
        kind, message = str(data["error"]), str(data["message"])
    except (KeyError, TypeError, ValueError):
        raise ClusterLost("a worker returned an invalid answer") from None
    raise (InputError if kind == "InputError" else ClusterLost)(f"on a worker: {message:.500}")


# --- on a worker


_CONTENTS: dict[str, str] = {}


def _identity() -> str:
    """Return the versions of this process, as JSON."""
    python = ".".join(map(str, sys.version_info[:3]))
    versions = {"version": package_version(), "python": python, "numpy": np.__version__}
    return json.dumps({**versions, "sources": sources_sha256()})


def _call(function: Function, digest: str, content: str | None, sources: str, argument: str) -> str:
    """Return the answer of a call, as JSON: its result, or its error; or that the content must be sent."""
    if content is not None:
        while len(_CONTENTS) >= MAX_CONTENTS and digest not in _CONTENTS:
            _CONTENTS.pop(next(iter(_CONTENTS)), None)
        _CONTENTS[digest] = content
    known = _CONTENTS.get(digest)
    if known is None:
        return MISSING
    try:
        if sources != sources_sha256():  # a worker that joined later
            raise InputError(
                f"it has other sources of ntkproofs ({package_version()}): install the same version everywhere"
            )
        return json.dumps({"result": function(known, argument)})
    except Exception as problem:
        kind = "InputError" if isinstance(problem, InputError) else type(problem).__name__
        message = f"{problem}" if isinstance(problem, NtkProofsError) else f"{type(problem).__name__}: {problem}"
        return json.dumps({"error": kind, "result": None, "message": message})
