"""The options ``--resume`` and ``--cluster``: checkpoints of long runs, and the workers of a Dask cluster."""

from __future__ import annotations

import argparse
import contextlib
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ntkproofs.errors import InputError

if TYPE_CHECKING:
    from ntkproofs.execution.chunks import Plan
    from ntkproofs.execution.cluster import Cluster
    from ntkproofs.execution.exhaust import Execute
    from ntkproofs.execution.tally import CaseTally

__all__ = ["add_cluster", "add_resume", "executor", "no_cluster"]


def add_resume(parser: argparse.ArgumentParser) -> None:
    """Add the option ``--resume`` to a parser."""
    parser.add_argument(
        "--resume",
        metavar="FILE",
        help="write checkpoints to FILE every few seconds; if FILE is there, go on from it, or print its result if the "
        "run is finished",
    )


def add_cluster(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the option ``--cluster`` to a parser; `what`: the work that is done there."""
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help=f"run {what} on the workers of the Dask scheduler at ADDRESS, such as tcp://10.0.0.1:8786; the files that "
        "are named are sent to the workers",
    )


def no_cluster(options: argparse.Namespace, what: str) -> None:
    """Raise InputError if ``--cluster`` is given for work that is done on this computer only."""
    if options.cluster is not None:
        raise InputError(f"--cluster runs the cases of tasks and programs: {what} on this computer")


@contextlib.contextmanager
def executor(options: argparse.Namespace) -> Iterator[Execute | None]:
    """Yield what runs the chunks of a plan on the cluster of the options; None without ``--cluster``."""
    if options.cluster is None:
        yield None
        return
    from ntkproofs.commands.on_cluster import content_of
    from ntkproofs.execution.cluster import Cluster

    content = content_of(options)
    with Cluster(options.cluster) as cluster:

        def execute(plan: Plan, chunks: Sequence[range]) -> Iterator[CaseTally]:
            return _tallies(cluster, content, plan, chunks)

        yield execute


def _tallies(cluster: Cluster, content: str, plan: Plan, chunks: Sequence[range]) -> Iterator[CaseTally]:
    """Run chunks on a cluster and yield their tallies in any order."""
    from ntkproofs.commands.on_cluster import run_cases
    from ntkproofs.execution.cluster import ClusterLost

    arguments = (json.dumps([chunk.start, chunk.stop]) for chunk in chunks)
    for argument, text in cluster.calls(run_cases, content, arguments):
        first, last = json.loads(argument)
        if text is None:
            raise ClusterLost(f"the workers that ran the cases from {first:,} to {last - 1:,} ended again and again")
        try:
            tally = plan.tally(json.loads(text))
        except (ArithmeticError, LookupError, TypeError, ValueError) as problem:
            raise ClusterLost(f"a worker returned no result of cases: {problem!s:.200}") from problem
        if tally.done != ((first, last),):
            raise ClusterLost(f"a worker returned the result of other cases than those from {first:,} to {last - 1:,}")
        yield tally
