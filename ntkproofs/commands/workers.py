"""Running claims side by side, in processes of their own."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.process import BaseProcess

from ntkproofs.claims import Claim, Result, Verdict
from ntkproofs.rigor.coqc import stop_all

__all__ = ["run_claims"]

ATTEMPTS = 20  # to end a process gently
FEW = 8  # fewer claims than these are run here, one after the other

_CLAIMS: Sequence[Claim] = ()  # what the forked workers run


def run_claims(claims: Sequence[Claim], jobs: int | None = None) -> Iterator[Result]:
    """Yield the result of every claim, in order; `jobs` of them at a time (default: one for each core).

    A claim whose process dies, and those that it takes along, come back as an ``error``.
    """
    jobs = min(jobs or os.cpu_count() or 1, len(claims))
    if jobs == 1 or len(claims) < FEW or "fork" not in multiprocessing.get_all_start_methods():
        yield from (claim.run() for claim in claims)
        return
    global _CLAIMS
    _CLAIMS = claims
    context = multiprocessing.get_context("fork")
    try:
        with ProcessPoolExecutor(jobs, mp_context=context, initializer=_heed_the_parent) as pool:
            futures = [pool.submit(_run, place) for place in range(len(claims))]
            try:
                for claim, future in zip(claims, futures, strict=True):
                    try:
                        verdict, seconds = future.result()
                    except BrokenProcessPool:
                        verdict, seconds = Verdict((), failure="the process that ran the claim died"), 0.0
                    yield Result(claim, verdict, seconds)
            except BaseException:  # interrupted: do not wait for what is still running
                pool.shutdown(wait=False, cancel_futures=True)
                _end_all(multiprocessing.active_children())
                raise
    finally:
        _CLAIMS = ()


def _heed_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent process answers Ctrl-C
    signal.signal(signal.SIGTERM, _end)


def _end_all(children: Sequence[BaseProcess]) -> None:
    """End processes by SIGTERM, again and again: the handler of one that is about to wait may miss the first."""
    for _ in range(ATTEMPTS):
        for child in children:
            child.terminate()
        for child in children:
            child.join(0.1)
        children = [child for child in children if child.is_alive()]
    for child in children:
        child.kill()


def _end(number: int, frame: object) -> None:
    """End this process and the compilers that it started, which are in process groups of their own."""
    stop_all()
    os._exit(128 + number)


def _run(place: int) -> tuple[Verdict, float]:
    result = _CLAIMS[place].run()
    return result.verdict, result.seconds
