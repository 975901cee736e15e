"""``ntkproofs check``: every claim of the given files, with verdict and evidence."""

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
from ntkproofs.commands.progress import showing
from ntkproofs.errors import InputError

if TYPE_CHECKING:
    from ntkproofs.claims import Result
    from ntkproofs.commands.workers import Listing, Source
    from ntkproofs.coq.compiler import Coqc

__all__ = ["Run", "add_options", "exit_code", "listed", "look_into", "register", "remarks", "use_one_thread"]

CODES = {
    "proved": HOLDS,
    "decided": HOLDS,
    "derived": HOLDS,
    "confirmed": HOLDS,
    "undecided": UNDECIDED,
    "error": USAGE,
    "refuted": REFUTED,
}
MOST_SECONDS = 10_000_000
THREADS = (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
)  # the cores are the claims'
MOST_LINES = 20  # shown of what a file prints when it is imported


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "check",
        help="look into every claim of the given files: verdict, engine, margin, seconds",
        description="Collect the claims of the given files or directories and give each its verdict.",
    )
    add_options(parser)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--traceback", action="store_true", help="Python's whole traceback of each error")
    parser.set_defaults(function=_check)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which claims are looked into, and how."""
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="claim files or directories of them (default: paper_checks/)"
    )
    parser.add_argument(
        "-k", dest="text", default="", metavar="TEXT", help="only claims with TEXT in name or statement"
    )
    parser.add_argument("--jobs", metavar="N", help="claims to look into at a time (default: one for each core)")
    parser.add_argument(
        "--timeout", metavar="SECONDS", help="end a claim that takes longer: it is an error then (default: 1800)"
    )
    parser.add_argument(
        "--engine",
        choices=("coq", "balls"),
        help="coq: what ball arithmetic decides is proved by Coq's kernel too, where it can be (default if there is a "
        "coqc); balls: leave them decided (theorems are proved by Coq in any case)",
    )
    parser.add_argument(
        "--no-cache", action="store_true", help="believe nothing from earlier runs: compile and prove everything anew"
    )


def listed(options: argparse.Namespace) -> Listing:
    """Return the claims asked for; what was not looked at, or was taken for something else, is said on stderr."""
    from ntkproofs.commands.workers import list_claims

    paths = [Path(path) for path in options.paths or ["paper_checks"]]
    if not options.paths and not paths[0].exists():
        raise InputError(
            f"there is no paper_checks/ here: name a claim file or directory (ntkproofs {options.command} PATH)"
        )
    found = list_claims(paths, matching=options.text, jobs=_jobs(options), seconds=_seconds(options))
    for line in remarks(found):
        remark(f"ntkproofs: {line}")
    return found


def remarks(found: Listing) -> list[str]:
    """Return what a reader must know of the files: those not looked at, those without claims, and what is shadowed."""
    said = []
    if found.left_out:
        said.append(
            "not looked at: " + ", ".join(f"{each}/" if each.is_dir() else f"{each}" for each in found.left_out)
        )
    if found.empty:
        said.append(f"no claims in: {', '.join(map(str, found.empty))}")
    for source in found.sources:
        said += [
            f"{source.file}: `import {name}` is the one in its folder, not the module of that name elsewhere"
            for name in source.shadowed
        ]
        printed = source.output.splitlines()[:MOST_LINES]
        said += [f"{source.file} printed when it was imported: {line}" for line in printed]
    return said


def _jobs(options: argparse.Namespace) -> int | None:
    return None if options.jobs is None else number(options.jobs, "--jobs", low=1, high=256)


def _seconds(options: argparse.Namespace) -> float:
    from ntkproofs.commands.workers import SECONDS

    text = options.timeout
    if text is None:
        return SECONDS
    whole = text.replace(".", "", 1)
    if not (whole.isascii() and whole.isdigit() and 0 < float(text) <= MOST_SECONDS):
        raise InputError(
            f"--timeout must be a number of seconds, above 0 and up to {MOST_SECONDS}, got {clipped(text)}"
        )
    return float(text)


@dataclass
class Run:
    """What came of a check: the results so far, of how many (None: not yet known), and whether all of it was done.

    `stopped`: Ctrl-C or SIGTERM; `unasked`: Coq was asked for by name and is not there.
    """

    results: list[Result] = field(default_factory=list)
    total: int | None = None
    sources: list[Source] = field(default_factory=list)
    left_out: list[Path] = field(default_factory=list)
    stopped: bool = False
    unasked: bool = False

    @property
    def code(self) -> int:
        """The exit code: 2 for work that was stopped, else that of the worst verdict, or 2 if Coq was not there."""
        return UNDECIDED if self.stopped else exit_code(self.results) or (UNDECIDED if self.unasked else HOLDS)

    @property
    def digests(self) -> dict[str, str]:
        """The SHA-256 of every claim file, and of the helpers beside it that it imports."""
        found = {f"{source.file}": source.sha256 for source in self.sources}
        for source in self.sources:
            found |= {f"{source.file.parent / name}": digest for name, digest in source.helpers.items()}
        return found

    @property
    def progress(self) -> str:
        """How much was done when it was stopped, in words."""
        if self.total is None:
            return "before the claims were listed"
        early = ", before Coq was done" if len(self.results) == self.total else ""
        return f"after {len(self.results)} of {self.total} claims{early}"


def look_into(options: argparse.Namespace) -> Run:
    """Run the claims with progress on stderr, then put to Coq what balls decided, if the engine is not ``balls``.

    Without a coqc, only ``--engine coq`` says so. Ctrl-C and SIGTERM end the work and what it started.
    """
    run = Run()
    try:
        with _ended_by_signal():
            found = listed(options)
            run.total, run.sources, run.left_out = len(found.claims), found.sources, found.left_out
            run.results.extend(_progress(found, _jobs(options), _seconds(options)))
            if options.engine != "balls":
                run.results, run.unasked = _ask_kernel(run.results, _jobs(options), asked_for=options.engine == "coq")
    except KeyboardInterrupt:
        run.stopped = True
        remark(f"ntkproofs: interrupted {run.progress}")
    return run


@contextlib.contextmanager
def _ended_by_signal() -> Iterator[None]:
    """Treat SIGTERM as Ctrl-C: what was done so far is shown, and nothing that was started is left behind."""
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
    """Have linear algebra use one thread, unless the user says otherwise; to be called before NumPy is imported."""
    for name in THREADS:
        os.environ.setdefault(name, "1")


def _check(options: argparse.Namespace) -> int:
    use_one_thread()
    from ntkproofs.coq.compiler import one_run
    from ntkproofs.report import document, show_results

    with one_run(cache=not options.no_cache):
        run = look_into(options)
    if options.json:
        print_json(
            {
                **document(run.results),
                "complete": not run.stopped,
                "done": len(run.results),
                "total": run.total,
                "files": [_source(each) for each in run.sources],
                "left_out": [f"{each}" for each in run.left_out],
            }
        )
        return run.code
    console = make_console()
    with console.capture() as shown:
        if run.results:
            show_results(run.results, console, traceback=options.traceback)
        if run.stopped:
            console.print(f"\nstopped {run.progress}: what is shown is not all", highlight=False, markup=False)
    print("\n".join(line.rstrip() for line in shown.get().splitlines()))
    return run.code


def _source(source: Source) -> dict[str, Any]:
    return {
        "file": f"{source.file}",
        "sha256": source.sha256,
        "helpers": source.helpers,
        "shadowed": list(source.shadowed),
        "output": source.output,
    }


def _ask_kernel(results: list[Result], jobs: int | None, *, asked_for: bool) -> tuple[list[Result], bool]:
    """Have Coq prove what balls decided; without a coqc say so, if it was asked for, and return that it is missing."""
    from ntkproofs.commands.prove import without_kernel
    from ntkproofs.coq.compiler import MISSING, find_coqc

    coqc = find_coqc()
    if coqc is not None:
        return _proofs(results, coqc, jobs or os.cpu_count() or 1), False
    if not asked_for:
        return results, False
    remark(f"ntkproofs: {MISSING}")
    return without_kernel(results), True


def _proofs(results: list[Result], coqc: Coqc, jobs: int) -> list[Result]:
    """Run Coq; show how many inequalities are settled."""
    from ntkproofs.commands.prove import prove_results

    with showing(every=0) as show:
        show(0, 1, "", f"{coqc.engine}: proving inequalities")

        def tell(done: int, total: int) -> None:
            show(done, total, f"[{coqc.engine}] {done}/{total} inequalities")

        return prove_results(results, coqc, jobs=jobs, progress=tell)


def exit_code(results: Sequence[Result]) -> int:
    """Return the code of the worst verdict: 1 refuted, 3 error, 2 undecided, 0 if all hold."""
    return worst([CODES[result.verdict.kind] for result in results] or [HOLDS])


def _progress(found: Listing, jobs: int | None, seconds: float) -> Iterator[Result]:
    """Run the claims; show a bar and the name of the next claim on a terminal, a line for each claim elsewhere."""
    from ntkproofs.commands.workers import run_claims

    claims, total = found.claims, len(found.claims)
    with contextlib.ExitStack() as stack:
        running = stack.enter_context(
            contextlib.closing(run_claims(claims, jobs, seconds=seconds, sources=found.sources))
        )
        show = stack.enter_context(showing(every=0))
        show(0, total, "", f"0/{total} {claims[0].name}")
        for done, result in enumerate(running, 1):
            line = f"[{done}/{total}] {result.claim.name}: {result.verdict.kind}, {result.seconds:.2f} s"
            show(done, total, line, f"{done}/{total} {claims[min(done, total - 1)].name}")
            yield result
