"""``ntkproofs check``: every claim of the given files, with verdict and evidence."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ntkproofs.commands.common import HOLDS, REFUTED, UNDECIDED, USAGE, make_console, number, print_json, remark
from ntkproofs.errors import InputError
from ntkproofs.printable import printable

if TYPE_CHECKING:
    from ntkproofs.claims import Claim, Result
    from ntkproofs.rigor.coqc import Coqc

__all__ = ["add_options", "asked", "exit_code", "look_into", "register"]


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "check",
        help="look into every claim of the given files: verdict, engine, margin, seconds",
        description="Collect the claims of the given files or directories and give each its verdict.",
    )
    add_options(parser)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
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
        "--engine",
        choices=("coq", "balls"),
        help="coq: what ball arithmetic decides is proved by Coq's kernel too, where it can be (default if there is a "
        "coqc); balls: leave them decided (theorems are proved by Coq in any case)",
    )
    parser.add_argument(
        "--no-cache", action="store_true", help="believe nothing from earlier runs: compile and prove everything anew"
    )


def asked(options: argparse.Namespace) -> tuple[list[Claim], int | None]:
    """Return the claims asked for, and how many to look into at a time (None: one for each core)."""
    from ntkproofs.claims import collect

    paths = [Path(path) for path in options.paths or ["paper_checks"]]
    if not options.paths and not paths[0].exists():
        raise InputError(
            f"there is no paper_checks/ here: name a claim file or directory (ntkproofs {options.command} PATH)"
        )
    claims = collect(paths, matching=options.text)
    jobs = None if options.jobs is None else number(options.jobs, "--jobs", low=1, high=256)
    return claims, jobs


def look_into(claims: Sequence[Claim], jobs: int | None, engine: str | None) -> tuple[list[Result], bool]:
    """Run the claims with progress on stderr, then put to Coq what balls decided, if the engine is not ``balls``.

    Return the results, and whether somebody stopped it (Ctrl-C). Without a coqc, `engine` None is silent about it.
    """
    from ntkproofs.commands.second_engine import decided_again

    results: list[Result] = []
    interrupted = False
    try:
        results.extend(_progress(claims, jobs))
        if engine != "balls":
            results = _ask_kernel(results, jobs, asked_for=engine == "coq")
        results = decided_again(results)
    except KeyboardInterrupt:
        interrupted = True
        early = ", before Coq was done" if len(results) == len(claims) else ""
        remark(f"ntkproofs: interrupted after {len(results)} of {len(claims)} claims{early}")
    return results, interrupted


def _check(options: argparse.Namespace) -> int:
    from ntkproofs.report import document, show_results
    from ntkproofs.rigor.coqc import one_run

    claims, jobs = asked(options)
    with one_run(cache=not options.no_cache):
        results, interrupted = look_into(claims, jobs, options.engine)
    if options.json:
        print_json(document(results))
    elif results:
        console = make_console()
        with console.capture() as shown:
            show_results(results, console)
        print("\n".join(line.rstrip() for line in shown.get().splitlines()))
    return exit_code(results) or (UNDECIDED if interrupted else HOLDS)


def _ask_kernel(results: list[Result], jobs: int | None, *, asked_for: bool) -> list[Result]:
    """Have Coq prove what balls decided; without a coqc say so, if it was asked for."""
    from ntkproofs.commands.kernel import without_kernel
    from ntkproofs.rigor.coqc import MISSING, find_coqc

    coqc = find_coqc()
    if coqc is not None:
        return _proofs(results, coqc, jobs or os.cpu_count() or 1)
    if not asked_for:
        return results
    remark(f"ntkproofs: {MISSING}")
    return without_kernel(results)


def _proofs(results: list[Result], coqc: Coqc, jobs: int) -> list[Result]:
    """Run Coq; show a spinner on stderr if that is a terminal, a line for each file otherwise."""
    from ntkproofs.commands.kernel import prove_results

    console = make_console(stderr=True)
    if not console.is_terminal:

        def tell(done: int, total: int) -> None:
            remark(f"[{coqc.engine}] {done}/{total} inequalities")

        return prove_results(results, coqc, jobs=jobs, progress=tell)
    with console.status(f"{coqc.engine}: proving inequalities") as status:
        return prove_results(
            results,
            coqc,
            jobs=jobs,
            progress=lambda done, total: status.update(f"{coqc.engine}: {done}/{total} inequalities"),
        )


def exit_code(results: Sequence[Result]) -> int:
    """Return 1 if a claim is refuted, else 3 if one is an error, else 2 if one is undecided, else 0."""
    kinds = {result.verdict.kind for result in results}
    for kind, code in (("refuted", REFUTED), ("error", USAGE), ("undecided", UNDECIDED)):
        if kind in kinds:
            return code
    return HOLDS


def _progress(claims: Sequence[Claim], jobs: int | None) -> Iterator[Result]:
    """Run the claims; show a bar on stderr if that is a terminal, a line for each claim otherwise."""
    from ntkproofs.commands.workers import run_claims

    console = make_console(stderr=True)
    with contextlib.ExitStack() as stack:
        bar = None
        if console.is_terminal:
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

            name = TextColumn("{task.description}", markup=False)
            columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), name)
            bar = stack.enter_context(Progress(*columns, console=console, transient=True, auto_refresh=False))
            job = bar.add_task(printable(claims[0].name), total=len(claims))
            bar.refresh()
        for place, result in enumerate(run_claims(claims, jobs), 1):
            if bar is not None:
                following = claims[min(place, len(claims) - 1)].name
                bar.update(job, advance=1, description=printable(following), refresh=True)
            else:
                line = f"[{place}/{len(claims)}] {result.claim.name}: {result.verdict.kind}, {result.seconds:.2f} s"
                remark(line)
            yield result
