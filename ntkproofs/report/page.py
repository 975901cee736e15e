"""One page for the browser: verdicts, who was believed, figures, and every claim with its evidence. No network.

The page is one file: style and script lie inside it, its content policy forbids anything from outside, and every text
of a claim is escaped. It says the same without its script.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from itertools import groupby
from pathlib import Path

from ntkproofs.claims import VERDICTS, Result, Verdict, VerdictKind
from ntkproofs.display import escaped
from ntkproofs.facts import Fact
from ntkproofs.report.evidence import clip, shortened
from ntkproofs.report.plots import FIGURES
from ntkproofs.report.terminal import amounts, census, engine_names, not_decided_again, not_proved

__all__ = ["html_page"]

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)
MEANINGS: dict[VerdictKind, str] = {
    "proved": "by Coq's kernel",
    "decided": "by ball arithmetic, with a margin",
    "derived": "by an exact normal form",
    "confirmed": "tried, on the stated cases",
    "refuted": "false, and it says where",
    "undecided": "beyond the methods used",
    "error": "could not be looked into",
}
BAD: tuple[VerdictKind, ...] = ("refuted", "undecided", "error")


def html_page(
    results: Sequence[Result],
    *,
    figures: Iterable[tuple[str, str]] = (),
    versions: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
) -> str:
    """Return the page as text.

    `figures`: names of figures, each with its ``<svg>`` element (:func:`ntkproofs.report.plots.svg.inline_svg`);
    `versions`: what the run was made with (:func:`ntkproofs.report.versions.versions`); `files`: the SHA-256 of each
    claim file and helper.

    >>> from ntkproofs.claims import Claim, Verdict
    >>> hostile = Claim("mine", "1 < 2 <script>", "here", lambda: None)
    >>> "1 &lt; 2 &lt;script&gt;" in html_page([hostile.run()])
    True
    """
    drawn = "\n".join(_figure(name, svg) for name, svg in figures)
    shown = f'<h2 id="figures">Figures</h2>\n<div class="figures">{drawn}</div>' if drawn else ""
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>ntkproofs: {len(results)} claims and their verdicts</title>
<style>
{_part("page.css")}</style>
</head>
<body>
<header>
<nav><a href="#verdicts">Verdicts</a> <a href="#believed">Who is believed</a>
{'<a href="#figures">Figures</a>' if drawn else ""} <a href="#claims">Claims</a>
<button type="button" hidden title="light or dark">Theme</button></nav>
{_summary(results, versions or {})}
</header>
<main>
<h2 id="verdicts">Verdicts</h2>
{_controls(results)}
{_table(results)}
<h2 id="believed">Who is believed, for what</h2>
{_believed(results)}
{shown}
<h2 id="claims">The claims, one by one</h2>
<p class="quiet">What each says, what was found, and how to look into it again.</p>
{_claims(results)}
{_digests(files or {})}
</main>
<footer>Every number on this page comes from the run that made it: <code>ntkproofs report</code>.</footer>
<script>
{_part("page.js")}</script>
</body>
</html>
"""


def _part(name: str) -> str:
    return (resources.files("ntkproofs.report") / name).read_text("utf-8")


def _figure(name: str, svg: str) -> str:
    caption = f"{escaped(FIGURES[name].reading)} <code>ntkproofs plot {name} -o {name}.svg</code>"
    return f'<figure><div class="scroll">{svg}</div><figcaption>{caption}</figcaption></figure>'


def _verdict(kind: str) -> str:
    return f'<span class="verdict {kind}">{kind}</span>'


# --- summary


def _summary(results: Sequence[Result], versions: Mapping[str, str]) -> str:
    totals = Counter(result.verdict.kind for result in results)
    bad = [f"{totals[kind]} {kind}" for kind in BAD if totals[kind]]
    hold = len(results) - sum(totals[kind] for kind in BAD)
    said = f"{hold} of {len(results)} claims hold: {', '.join(bad)}" if bad else f"All {len(results)} claims hold"
    tiles = "".join(
        f"<li{'' if totals[kind] else ' class=none'}><b>{totals[kind]}</b>"
        f"{_verdict(kind)}<small>{MEANINGS[kind]}</small></li>"
        for kind in VERDICTS
    )
    made = " · ".join(f"<span>{escaped(name)} {escaped(number)}</span>" for name, number in versions.items())
    seconds = sum(result.seconds for result in results)
    return f"""<h1>{said}</h1>
<p class="quiet">Claims about wide neural networks that execute binary programs exactly, each with its verdict, the
evidence for it and who is believed.</p>
<ul class="counts">{tiles}</ul>
<p class="made">{seconds:.1f} seconds of work{" · " + made if made else ""}</p>"""


# --- table


def _controls(results: Sequence[Result]) -> str:
    kinds = {result.verdict.kind for result in results}
    buttons = " ".join(
        f'<button type="button" value="{kind}" aria-pressed="false">{_verdict(kind)}</button>'
        for kind in VERDICTS
        if kind in kinds
    )
    return (
        '<div class="controls"><input type="search" placeholder="words in a claim" aria-label="words in a claim"> '
        f"{buttons} <output></output></div>"
    )


def _table(results: Sequence[Result]) -> str:
    rows = "\n".join(_row(place, result) for place, result in enumerate(results, 1))
    return (
        '<table class="verdicts"><thead><tr><th scope="col">claim</th><th scope="col">verdict</th>'
        '<th scope="col">engine</th><th scope="col">margin or cases</th><th scope="col" class="number">seconds</th>'
        f"</tr></thead>\n<tbody>\n{rows}\n</tbody></table>"
    )


def _row(place: int, result: Result) -> str:
    claim, verdict = result.claim, result.verdict
    margin = "" if verdict.reason else verdict.margin or amounts(verdict.facts)
    return (
        f'<tr data-kind="{verdict.kind}"><td data-key="{place}"><a href="#claim-{place}">{escaped(claim.name)}</a>'
        f"<p>{escaped(claim.statement)}</p>{_why(verdict)}</td>"
        f'<td data-key="{VERDICTS.index(verdict.kind)}">{_verdict(verdict.kind)}</td>'
        f"<td>{escaped(engine_names(verdict))}</td>"
        f'<td>{escaped(margin)}</td><td class="number">{result.seconds:.2f}</td></tr>'
    )


def _why(verdict: Verdict) -> str:
    return f'<p class="reason {verdict.kind}">{escaped(verdict.reason)}</p>' if verdict.reason else ""


def _believed(results: Sequence[Result]) -> str:
    lines = (line.split(": ", 1) for line in census(results))
    items = "".join(f"<dt>{escaped(engine)}</dt><dd>{escaped(what)}</dd>" for engine, what in lines)
    items += _reasons("Decided by balls and not proved by Coq", not_proved(results))
    items += _reasons("Decided by balls and not re-decided by the checker", not_decided_again(results))
    return f'<dl class="believed">{items}</dl>'


def _reasons(heading: str, reasons: dict[str, int]) -> str:
    listed = "".join(
        f"<dd>{count} finding{'s' if count != 1 else ''}: {escaped(reason)}</dd>" for reason, count in reasons.items()
    )
    return f"<dt>{heading}</dt>{listed}" if listed else ""


def _digests(files: Mapping[str, str]) -> str:
    """Return the list of the files that were read, with their SHA-256."""
    rows = ((escaped(name), escaped(digest)) for name, digest in files.items())
    items = "".join(f"<dt>{name}</dt><dd><code>{digest}</code></dd>" for name, digest in rows)
    return f'<h2 id="files">Files (SHA-256)</h2>\n<dl class="believed">{items}</dl>' if items else ""


# --- claims


def _claims(results: Sequence[Result]) -> str:
    parts = []
    for file, group in groupby(enumerate(results, 1), key=lambda each: each[1].claim.file):
        if file is not None:
            parts.append(f"<h3>{escaped(file.name)}</h3>")
        parts += [_claim(place, result) for place, result in group]
    return "\n".join(parts)


def _claim(place: int, result: Result) -> str:
    claim, verdict = result.claim, result.verdict
    again = f"<dt>command</dt><dd><code>{escaped(_command(claim.name, claim.file))}</code></dd>" if claim.file else ""
    return f"""<details class="claim" id="claim-{place}">
<summary>{_verdict(verdict.kind)} <code>{escaped(claim.name)}</code></summary>
<div class="inside"><p>{escaped(claim.statement)}</p>{_why(verdict)}
<dl><dt>source</dt><dd>{escaped(claim.source)}</dd><dt>seconds</dt><dd>{result.seconds:.2f}</dd>{again}</dl>
{_findings(verdict.facts, verdict.checks)}
{_printed(result)}
<details class="evidence"><summary>Evidence</summary><pre>{_lines(shortened(verdict.evidence))}</pre></details></div>
</details>"""


def _printed(result: Result) -> str:
    """Return what the claim printed, and the traceback of an error."""
    parts = (("Printed", result.output), ("Traceback", result.problem.trace if result.problem else ""))
    return "".join(
        f'<details class="evidence"><summary>{title}</summary><pre>{_lines(clip(text))}</pre></details>'
        for title, text in parts
        if text.strip()
    )


def _lines(text: str) -> str:
    return "\n".join(map(escaped, text.split("\n")))


def _command(name: str, file: Path) -> str:
    """Return the command that looks into one claim again."""
    return shlex.join(["ntkproofs", "check", file.as_posix(), "-k", name])


def _findings(facts: Sequence[Fact], checks: Sequence[Fact]) -> str:
    if not facts and not checks:
        return ""
    rows = [_finding(fact, fact.kind) for fact in facts] + [_finding(fact, f"{fact.kind} (check)") for fact in checks]
    left = len(rows) - MOST
    more = f'<tr><td class="says" colspan="6">… and {left} more</td></tr>' if left > 0 else ""
    return (
        '<div class="scroll" tabindex="0"><table class="findings"><thead><tr><th>finding</th><th>kind</th>'
        "<th>outcome</th><th>engine</th><th>margin</th><th>looked at</th></tr></thead>"
        f"<tbody>{''.join(rows[:MOST])}{more}</tbody></table></div>"
    )


MOST = 24  # findings shown of one claim
LONG = 300  # characters shown of one finding


def _finding(fact: Fact, kind: str) -> str:
    says = fact.text if len(fact.text) <= LONG else f"{fact.text[:LONG]}…"
    cells = (kind, fact.outcome, fact.engine, fact.margin, f"{fact.work:,} {fact.unit}")
    return f'<tr><td class="says">{escaped(says)}</td>{"".join(f"<td>{escaped(cell)}</td>" for cell in cells)}</tr>'
