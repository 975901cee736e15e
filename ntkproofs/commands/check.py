"""``ntkproofs check``: evaluate the claims of files and folders, and print their verdicts."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ntkproofs.commands.common import (
    HOLDS,
    REFUTED,
    UNDECIDED,
    USAGE,
    clipped,
    make_console,
    number,
    print_json,
    remark,
    worst,
)
from ntkproofs.commands.long_runs import add_cluster
from ntkproofs.commands.progress import showing
from ntkproofs.display import counted
from ntkproofs.errors import InputError
from ntkproofs.printable import file_name

if TYPE_CHECKING:
    from ntkproofs.claims import ListedClaim, Result
    from ntkproofs.commands.workers import Listing, Source
    from ntkproofs.coq.compiler import Coqc

__all__ = ["CheckRun", "add_options", "exit_code", "listed", "run_check", "messages", "register", "use_one_thread"]

CODES = {
    "proved": HOLDS,
    "decided": HOLDS,
    "derived": HOLDS,
    "confirmed": HOLDS,
    "undecided": UNDECIDED,
    "error": USAGE,
    "refuted": REFUTED,
}
MAX_SECONDS = 10_000_000
THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
MAX_LINES = 20  # shown lines of what a file prints when it is imported


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "check",
        help="evaluate the claims of files and folders: verdict, engine, margin, seconds",
        description="Collect the claims of files or folders, evaluate them, and print the verdict of each.",
    )
    add_options(parser)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--list", action="store_true", help="print the names of the claims, and evaluate none")
    length = parser.add_mutually_exclusive_group()
    length.add_argument(
        "-q", dest="quiet", action="store_true", help="one line for each claim file, then the claims that do not hold"
    )
    length.add_argument("-v", dest="verbose", action="store_true", help="also the findings of every claim")
    parser.add_argument("--traceback", action="store_true", help="show Python's full traceback of each error")
    parser.set_defaults(function=_check)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that select claims and control how they are evaluated."""
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="claim files, folders of claim files, or claims of a file as FILE::CLAIM (default: paper_checks/, or the "
        "claims about the paper that are installed)",
    )
    parser.add_argument(
        "-k",
        dest="text",
        default="",
        metavar="EXPR",
        help="evaluate only claims whose name or statement contains a text, or texts joined by and, or, not and "
        "parentheses; `-k slow` also those that are marked slow, which are otherwise evaluated as FILE::CLAIM only",
    )
    parser.add_argument(
        "--jobs", metavar="N", help="number of claims to evaluate at a time (default: the number of cores)"
    )
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        help="time limit of each claim; a claim that exceeds it is an error (default: 1800)",
    )
    parser.add_argument(
        "--engine",
        choices=("coq", "balls"),
        help="coq: also prove with Coq the inequalities that ball arithmetic decided (default if coqc is installed); "
        "balls: do not (Coq still proves the theorems)",
    )
    parser.add_argument("-x", dest="first", action="store_true", help="stop at the first claim that does not hold")
    add_cluster(parser, "the claims")
    parser.add_argument(
        "--no-cache", action="store_true", help="do not use cached results of Coq: compile and prove everything again"
    )


def listed(options: argparse.Namespace) -> Listing:
    """Return the claims that the options select, and print messages about skipped and shadowed files on stderr."""
    from ntkproofs.commands.workers import list_claims

    listing = list_claims(_paths(options), matching=options.text, jobs=_jobs(options), seconds=_seconds(options))
    for message in messages(listing):
        remark(f"ntkproofs: {message}")
    return listing


def _paths(options: argparse.Namespace) -> list[str]:
    """Return the paths of the options; by default the claims about the paper: those here, else the installed ones."""
    from ntkproofs.installed import claims_folder

    if options.paths or Path("paper_checks").exists():
        return options.paths or ["paper_checks"]
    folder = claims_folder()
    remark(f"ntkproofs: there is no paper_checks/ here: the claims are those in {file_name(folder)}")
    return [f"{folder}"]


def messages(listing: Listing) -> list[str]:
    """Return messages about skipped files, files without claims, shadowed modules, and output of imports."""
    lines = []
    if listing.skipped:
        lines.append("skipped: " + ", ".join(f"{path}/" if path.is_dir() else f"{path}" for path in listing.skipped))
    if listing.empty:
        lines.append(f"no claims in: {', '.join(map(str, listing.empty))}")
    for source in listing.sources:
        lines += [
            f"{source.file}: `import {name}` imports the file in its folder instead of another module of this name"
            for name in source.shadowed
        ]
        printed = source.output.splitlines()[:MAX_LINES]
        lines += [f"{source.file} printed when it was imported: {line}" for line in printed]
    return lines


def _jobs(options: argparse.Namespace) -> int | None:
    return None if options.jobs is None else number(options.jobs, "--jobs", low=1, high=256)


def _seconds(options: argparse.Namespace) -> float:
    from ntkproofs.commands.workers import SECONDS

    text = options.timeout
    if text is None:
        return SECONDS
    digits = text.replace(".", "", 1)
    if not (digits.isascii() and digits.isdigit() and 0 < float(text) <= MAX_SECONDS):
        raise InputError(f"--timeout must be a positive number of seconds, at most {MAX_SECONDS}, got {clipped(text)}")
    return float(text)


@dataclass
class CheckRun:
    """The results of a check, which may have been stopped.

    `total`: the number of claims, None before they are listed; `slow`: the slow ones, which are not among them;
    `stopped`: whether Ctrl-C or SIGTERM ended the check; `failed`: whether a claim that does not hold did (``-x``);
    `coq_missing`: whether ``--engine coq`` was given but coqc is not installed.
    """

    results: list[Result] = field(default_factory=list)
    total: int | None = None
    sources: list[Source] = field(default_factory=list)
    skipped: list[Path] = field(default_factory=list)
    slow: list[ListedClaim] = field(default_factory=list)
    stopped: bool = False
    failed: bool = False
    coq_missing: bool = False

    @property
    def code(self) -> int:
        """The exit code: 2 if the check was stopped, else that of the worst verdict, else 2 if Coq is missing."""
        return (
            UNDECIDED
            if self.stopped and not self.failed
            else exit_code(self.results) or (UNDECIDED if self.coq_missing else HOLDS)
        )

    def evaluate(self, results: Iterator[Result], *, first: bool) -> None:
        """Take the results one after another; with `first` up to the first claim that does not hold."""
        for result in results:
            self.results.append(result)
            if first and exit_code([result]) != HOLDS and len(self.results) < (self.total or 0):
                self.stopped = self.failed = True
                remark(f"ntkproofs: stopped at the first claim that does not hold (-x), {self.progress}")
                return

    @property
    def digests(self) -> dict[str, str]:
        """The SHA-256 of every claim file and of every helper that it imports from its folder, by path."""
        digests = {f"{source.file}": source.sha256 for source in self.sources}
        for source in self.sources:
            digests |= {f"{source.file.parent / name}": digest for name, digest in source.helpers.items()}
        return digests

    @property
    def progress(self) -> str:
        """How many claims were evaluated when the check was stopped, in words."""
        if self.total is None:
            return "before the claims were listed"
        phase = ", while Coq was running" if len(self.results) == self.total else ""
        return f"after {len(self.results)} of {counted(self.total, 'claim')}{phase}"


def run_check(options: argparse.Namespace) -> CheckRun:
    """Evaluate the claims with progress on stderr; then prove decided inequalities with Coq unless ``--engine balls``.

    If coqc is not installed, a message says so only with ``--engine coq``. Ctrl-C and SIGTERM end the check and its
    child processes.
    """
    from ntkproofs.execution.cluster import ClusterLost

    run = CheckRun()
    try:
        with _ended_by_signal():
            listing = listed(options)
            run.total, run.sources, run.skipped = len(listing.claims), listing.sources, listing.skipped
            run.slow = listing.slow
            run.evaluate(_evaluated(listing, options), first=options.first)
            if options.engine != "balls":
                required = options.engine == "coq"
                run.results, run.coq_missing = _proved_by_coq(run.results, _jobs(options), required=required)
    except KeyboardInterrupt:
        run.stopped = True
        remark(f"ntkproofs: interrupted {run.progress}")
    except ClusterLost as problem:
        run.stopped = True
        remark(f"ntkproofs: stopped {run.progress}: {problem}")
    return run


@contextlib.contextmanager
def _ended_by_signal() -> Iterator[None]:
    """Treat SIGTERM as Ctrl-C within the context: partial results are shown and child processes are ended."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def use_one_thread() -> None:
    """Make linear algebra single-threaded, because claims run in parallel; to be called before NumPy is imported.

    Environment variables that the user has set are kept.
    """
    for name in THREAD_VARIABLES:
        os.environ.setdefault(name, "1")


def _check(options: argparse.Namespace) -> int:
    use_one_thread()
    from ntkproofs.coq.compiler import one_run
    from ntkproofs.report import document, show_evidence, show_results, show_summary

    if options.list:
        return _list(options)
    with one_run(cache=not options.no_cache):
        run = run_check(options)
    if options.json:
        print_json(
            {
                **document(run.results),
                "complete": not run.stopped,
                "done": len(run.results),
                "total": run.total,
                "files": [_source_json(source) for source in run.sources],
                "left_out": [f"{path}" for path in run.skipped],
                "slow": [claim.name for claim in run.slow],
            }
        )
        return run.code
    console = make_console()
    with console.capture() as output:
        if run.results and options.quiet:
            show_summary(run.results, console, slow=len(run.slow))
        elif run.results:
            show_results(run.results, console, traceback=options.traceback, slow=len(run.slow))
        if options.verbose:
            show_evidence(run.results, console)
        if run.stopped:
            console.print(f"\nstopped {run.progress}: the results are incomplete", highlight=False, markup=False)
    print("\n".join(line.rstrip() for line in output.get().splitlines()))
    return run.code


def _list(options: argparse.Namespace) -> int:
    """Print the names of the claims, those that are slow and not asked for included."""
    listing = listed(options)
    claims = [*listing.claims, *listing.slow]
    if options.json:
        fields = ("name", "statement", "source", "slow")
        print_json({"format": 1, "claims": [{name: getattr(claim, name) for name in fields} for claim in claims]})
        return HOLDS
    for claim in claims:
        print(claim.name + (" (slow)" if claim.slow else ""))
    return HOLDS


def _source_json(source: Source) -> dict[str, Any]:
    return {
        "file": f"{source.file}",
        "sha256": source.sha256,
        "helpers": source.helpers,
        "shadowed": list(source.shadowed),
        "output": source.output,
    }


def _proved_by_coq(results: list[Result], jobs: int | None, *, required: bool) -> tuple[list[Result], bool]:
    """Prove decided inequalities with Coq; return the results, and whether coqc is `required` but missing."""
    from ntkproofs.commands.prove import without_coq
    from ntkproofs.coq.compiler import MISSING, find_coqc

    coqc = find_coqc()
    if coqc is not None:
        return _prove_with_progress(results, coqc, jobs or os.cpu_count() or 1), False
    if not required:
        return results, False
    remark(f"ntkproofs: {MISSING}")
    return without_coq(results), True


def _prove_with_progress(results: list[Result], coqc: Coqc, jobs: int) -> list[Result]:
    """Prove decided inequalities with Coq; show the number of inequalities that were processed."""
    from ntkproofs.commands.prove import prove_results

    with showing(every=0) as show:
        show(0, 1, "", f"{coqc.engine}: proving inequalities")

        def show_progress(done: int, total: int) -> None:
            show(done, total, f"[{coqc.engine}] {done}/{total} inequalities")

        return prove_results(results, coqc, jobs=jobs, progress=show_progress)


def exit_code(results: Sequence[Result]) -> int:
    """Return the code of the worst verdict: 1 refuted, 3 error, 2 undecided, 0 if all hold."""
    return worst([CODES[result.verdict.kind] for result in results] or [HOLDS])


def _evaluated(listing: Listing, options: argparse.Namespace) -> Iterator[Result]:
    """Yield the results of the claims; show a bar and the next claim on a terminal, else a line for each claim."""
    from ntkproofs.commands.workers import run_claims

    claims, total = listing.claims, len(listing.claims)
    with contextlib.ExitStack() as stack:
        running = stack.enter_context(
            contextlib.closing(
                run_claims(
                    claims,
                    _jobs(options),
                    seconds=_seconds(options),
                    sources=listing.sources,
                    cluster=options.cluster,
                )
            )
        )
        show = stack.enter_context(showing(every=0))
        show(0, total, "", f"0/{total} {claims[0].name}")
        for done, result in enumerate(running, 1):
            line = f"[{done}/{total}] {result.claim.name}: {result.verdict.kind}, {result.seconds:.2f} s"
            show(done, total, line, f"{done}/{total} {claims[min(done, total - 1)].name}")
            yield result
