"""The HTML page of a report: verdicts, engines, figures, and every claim with its evidence.

The page is a single file that contains its style and script. Its content security policy forbids loading anything else,
and every text of a claim is escaped. Without its script it has the same content.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from itertools import groupby
from pathlib import Path

from ntkproofs.claims import VERDICTS, Result, Verdict, VerdictKind
from ntkproofs.display import counted, escaped
from ntkproofs.facts import Fact
from ntkproofs.report.evidence import clip, shortened
from ntkproofs.report.plots import FIGURES
from ntkproofs.report.terminal import (
    NOT_DECIDED_AGAIN,
    NOT_PROVED,
    amounts,
    engine_names,
    engine_summary,
    not_decided_again,
    not_proved,
    reason_lines,
)

__all__ = ["html_page", "page", "page_part"]

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)
MEANINGS: dict[VerdictKind, str] = {
    "proved": "by Coq's kernel",
    "decided": "by ball arithmetic, with a margin",
    "derived": "by an exact normal form",
    "confirmed": "executed on the stated cases",
    "refuted": "false, with a counterexample",
    "undecided": "not decided by the methods used",
    "error": "could not be evaluated",
}
NOT_HOLDING: tuple[VerdictKind, ...] = ("refuted", "undecided", "error")


def html_page(
    results: Sequence[Result],
    *,
    figures: Iterable[tuple[str, str]] = (),
    versions: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
) -> str:
    """Return the page as HTML text.

    `figures`: names of figures, each with its ``<svg>`` element (:func:`ntkproofs.report.plots.svg.inline_svg`);
    `versions`: the software of the run (:func:`ntkproofs.report.versions.versions`); `files`: the SHA-256 of each claim
    file and helper.

    >>> from ntkproofs.claims import Claim, Verdict
    >>> hostile = Claim("mine", "1 < 2 <script>", "here", lambda: None)
    >>> "1 &lt; 2 &lt;script&gt;" in html_page([hostile.run()])
    True
    """
    images = "\n".join(_figure(name, svg) for name, svg in figures)
    figure_section = f'<h2 id="figures">Figures</h2>\n<div class="figures">{images}</div>' if images else ""
    body = f"""\
<header>
<nav><a href="#verdicts">Verdicts</a> <a href="#engines">Engines</a>
{'<a href="#figures">Figures</a>' if images else ""} <a href="#claims">Claims</a>
<button type="button" hidden title="switch between light and dark">Theme</button></nav>
{_summary(results, versions or {})}
</header>
<main>
<h2 id="verdicts">Verdicts</h2>
{_controls(results)}
{_table(results)}
<h2 id="engines">Engines relied on</h2>
{_engines(results)}
{figure_section}
<h2 id="claims">Claims in detail</h2>
<p class="quiet">The statement, findings and evidence of each claim, and the command that evaluates it again.</p>
{_claims(results)}
{_digests(files or {})}
</main>
<footer>All numbers on this page come from the run of <code>ntkproofs report</code> that wrote it.</footer>
"""
    return page(f"ntkproofs: verdicts of {counted(len(results), 'claim')}", body, script="page.js")


def page(title: str, body: str, *, script: str, style: str | None = None) -> str:
    """Return a self-contained page, which may load nothing, with a body in HTML.

    `title`: text; `script`: a file of this package; `style`: one that is added to the style of all pages.
    """
    more = "" if style is None else page_part(style)
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>{escaped(title)}</title>
<style>
{page_part("page.css")}{more}</style>
</head>
<body>
{body}<script>
{page_part(script)}</script>
</body>
</html>
"""


def page_part(name: str) -> str:
    """Return the text of a file of this package."""
    return (resources.files("ntkproofs.report") / name).read_text("utf-8")


def _figure(name: str, svg: str) -> str:
    caption = f"{escaped(FIGURES[name].reading)} <code>ntkproofs plot {name} -o {name}.svg</code>"
    return f'<figure><div class="scroll">{svg}</div><figcaption>{caption}</figcaption></figure>'


def _verdict(kind: str) -> str:
    return f'<span class="verdict {kind}">{kind}</span>'


# --- summary


def _summary(results: Sequence[Result], versions: Mapping[str, str]) -> str:
    totals = Counter(result.verdict.kind for result in results)
    others = [f"{totals[kind]} {kind}" for kind in NOT_HOLDING if totals[kind]]
    holding = len(results) - sum(totals[kind] for kind in NOT_HOLDING)
    holds = "holds" if holding == 1 else "hold"
    if others:
        heading = f"{holding} of {counted(len(results), 'claim')} {holds}: {', '.join(others)}"
    else:
        heading = "The claim holds" if len(results) == 1 else f"All {len(results)} claims hold"
    tiles = "".join(
        f"<li{'' if totals[kind] else ' class=none'}><b>{totals[kind]}</b>"
        f"{_verdict(kind)}<small>{MEANINGS[kind]}</small></li>"
        for kind in VERDICTS
    )
    software = " · ".join(f"<span>{escaped(name)} {escaped(number)}</span>" for name, number in versions.items())
    seconds = sum(result.seconds for result in results)
    return f"""<h1>{heading}</h1>
<p class="quiet">Claims about wide neural networks that execute binary programs exactly, each with its verdict, its
evidence and the engines that it relies on.</p>
<ul class="counts">{tiles}</ul>
<p class="made">{seconds:.1f} seconds of computation{" · " + software if software else ""}</p>"""


# --- table


def _controls(results: Sequence[Result]) -> str:
    kinds = {result.verdict.kind for result in results}
    buttons = " ".join(
        f'<button type="button" value="{kind}" aria-pressed="false">{_verdict(kind)}</button>'
        for kind in VERDICTS
        if kind in kinds
    )
    return (
        '<div class="controls"><input type="search" placeholder="filter claims" aria-label="filter claims by words"> '
        f"{buttons} <output></output></div>"
    )


def _table(results: Sequence[Result]) -> str:
    rows = "\n".join(_row(number, result) for number, result in enumerate(results, 1))
    return (
        '<table class="verdicts"><thead><tr><th scope="col">claim</th><th scope="col">verdict</th>'
        '<th scope="col">engine</th><th scope="col">margin or cases</th><th scope="col" class="number">seconds</th>'
        f"</tr></thead>\n<tbody>\n{rows}\n</tbody></table>"
    )


def _row(number: int, result: Result) -> str:
    claim, verdict = result.claim, result.verdict
    margin = "" if verdict.reason else verdict.margin or amounts(verdict.facts)
    return (
        f'<tr data-kind="{verdict.kind}"><td data-key="{number}"><a href="#claim-{number}">{escaped(claim.name)}</a>'
        f"<p>{escaped(claim.statement)}</p>{_reason(verdict)}</td>"
        f'<td data-key="{VERDICTS.index(verdict.kind)}">{_verdict(verdict.kind)}</td>'
        f"<td>{escaped(engine_names(verdict))}</td>"
        f'<td>{escaped(margin)}</td><td class="number">{result.seconds:.2f}</td></tr>'
    )


def _reason(verdict: Verdict) -> str:
    return f'<p class="reason {verdict.kind}">{escaped(verdict.reason)}</p>' if verdict.reason else ""


def _engines(results: Sequence[Result]) -> str:
    lines = (line.split(": ", 1) for line in engine_summary(results))
    items = "".join(f"<dt>{escaped(engine)}</dt><dd>{escaped(findings)}</dd>" for engine, findings in lines)
    items += _reasons(NOT_PROVED, not_proved(results))
    items += _reasons(NOT_DECIDED_AGAIN, not_decided_again(results))
    return f'<dl class="engines">{items}</dl>'


def _reasons(heading: str, reasons: dict[str, int]) -> str:
    items = "".join(f"<dd>{escaped(line)}</dd>" for line in reason_lines(reasons))
    return f"<dt>{heading}</dt>{items}" if items else ""


def _digests(files: Mapping[str, str]) -> str:
    """Return the list of claim files and helpers with their SHA-256."""
    rows = ((escaped(name), escaped(digest)) for name, digest in files.items())
    items = "".join(f"<dt>{name}</dt><dd><code>{digest}</code></dd>" for name, digest in rows)
    return f'<h2 id="files">Files (SHA-256)</h2>\n<dl class="engines">{items}</dl>' if items else ""


# --- claims


def _claims(results: Sequence[Result]) -> str:
    parts = []
    for file, group in groupby(enumerate(results, 1), key=lambda item: item[1].claim.file):
        if file is not None:
            parts.append(f"<h3>{escaped(file.name)}</h3>")
        parts += [_claim(number, result) for number, result in group]
    return "\n".join(parts)


def _claim(number: int, result: Result) -> str:
    claim, verdict = result.claim, result.verdict
    command = f"<dt>command</dt><dd><code>{escaped(_command(claim.name, claim.file))}</code></dd>" if claim.file else ""
    return f"""<details class="claim" id="claim-{number}">
<summary>{_verdict(verdict.kind)} <code>{escaped(claim.name)}</code></summary>
<div class="inside"><p>{escaped(claim.statement)}</p>{_reason(verdict)}
<dl><dt>source</dt><dd>{escaped(claim.source)}</dd><dt>seconds</dt><dd>{result.seconds:.2f}</dd>{command}</dl>
{_findings(verdict.facts, verdict.checks)}
{_output(result)}
<details class="evidence"><summary>Evidence</summary><pre>{_lines(shortened(verdict.evidence))}</pre></details></div>
</details>"""


def _output(result: Result) -> str:
    """Return the output of a claim, and the traceback of an error."""
    parts = (("Output", result.output), ("Traceback", result.problem.trace if result.problem else ""))
    return "".join(
        f'<details class="evidence"><summary>{title}</summary><pre>{_lines(clip(text))}</pre></details>'
        for title, text in parts
        if text.strip()
    )


def _lines(text: str) -> str:
    return "\n".join(map(escaped, text.split("\n")))


def _command(name: str, file: Path) -> str:
    """Return the command that evaluates a claim again."""
    return shlex.join(["ntkproofs", "check", file.as_posix(), "-k", name])


MAX_FINDINGS = 24  # displayed of a claim
MAX_STATEMENT = 300  # characters displayed of a finding


def _findings(facts: Sequence[Fact], checks: Sequence[Fact]) -> str:
    if not facts and not checks:
        return ""
    rows = [_finding(fact, fact.kind) for fact in facts] + [_finding(fact, f"{fact.kind} (check)") for fact in checks]
    omitted = len(rows) - MAX_FINDINGS
    note = f'<tr><td class="statement" colspan="6">… and {omitted} more</td></tr>' if omitted > 0 else ""
    return (
        '<div class="scroll" tabindex="0"><table class="findings"><thead><tr><th>finding</th><th>kind</th>'
        "<th>outcome</th><th>engine</th><th>margin</th><th>work</th></tr></thead>"
        f"<tbody>{''.join(rows[:MAX_FINDINGS])}{note}</tbody></table></div>"
    )


def _finding(fact: Fact, kind: str) -> str:
    text = fact.text if len(fact.text) <= MAX_STATEMENT else f"{fact.text[:MAX_STATEMENT]}…"
    cells = (kind, fact.outcome, fact.engine, fact.margin, f"{fact.work:,} {fact.unit}")
    return (
        f'<tr><td class="statement">{escaped(text)}</td>{"".join(f"<td>{escaped(cell)}</td>" for cell in cells)}</tr>'
    )
