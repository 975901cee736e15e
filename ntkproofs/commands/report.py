"""``ntkproofs report``: all claims and figures as an HTML page."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from ntkproofs.commands.check import add_options, run_check, use_one_thread
from ntkproofs.commands.common import remark
from ntkproofs.display import counted
from ntkproofs.printable import file_name

__all__ = ["register"]


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "report",
        help="write all claims, their engines and the figures to an HTML page (needs matplotlib)",
        description="Evaluate the claims of files or folders, as `check` does, draw the figures, and write one "
        "self-contained HTML page. The exit code is that of `check`.",
    )
    add_options(parser)
    parser.add_argument(
        "-o", dest="output", metavar="FILE", default="report.html", help="the output file (default: report.html)"
    )
    parser.set_defaults(function=_report)


def _report(options: argparse.Namespace) -> int:
    use_one_thread()
    from ntkproofs.coq.compiler import one_run
    from ntkproofs.files import check_writable, write_atomically
    from ntkproofs.report.page import html_page
    from ntkproofs.report.plots.style import needs_matplotlib
    from ntkproofs.report.versions import versions

    target = options.output
    check_writable(target)  # before the claims are evaluated
    needs_matplotlib()
    figures = list(_figures())
    with one_run(cache=not options.no_cache):
        run = run_check(options)
    if run.stopped:
        remark(f"ntkproofs: {target} was not written")
        return run.code
    page = html_page(run.results, figures=figures, versions=versions(), files=run.digests)
    write_atomically(target, page.encode())
    remark(f"ntkproofs: {file_name(target)}: {counted(len(run.results), 'claim')}, {counted(len(figures), 'figure')}")
    return run.code


def _figures() -> Iterator[tuple[str, str]]:
    """Yield the name and the SVG text of every figure; print the name on stderr."""
    from ntkproofs.report.plots import FIGURES
    from ntkproofs.report.plots.svg import inline_svg

    for name in FIGURES:
        remark(f"drawing {name}")
        yield name, inline_svg(name)
