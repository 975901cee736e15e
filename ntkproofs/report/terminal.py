"""Verdicts as tables for the terminal and as a JSON document, and a summary of the engines relied on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ntkproofs.claims import VERDICTS, Result, Verdict, VerdictKind
from ntkproofs.display import counted
from ntkproofs.facts import Fact
from ntkproofs.printable import printable

__all__ = [
    "STYLES",
    "amounts",
    "document",
    "engine_names",
    "engine_summary",
    "not_decided_again",
    "not_proved",
    "reason_lines",
    "show_evidence",
    "show_results",
    "show_summary",
]

MAX_LINES = 200  # displayed of the output of a claim

NOT_PROVED = "Decided by ball arithmetic, not proved by Coq"
NOT_DECIDED_AGAIN = "Decided by ball arithmetic, not decided again by the checker"

STYLES = {
    "proved": "bold green",
    "decided": "green",
    "derived": "green",
    "confirmed": "cyan",
    "refuted": "bold red",
    "undecided": "yellow",
    "error": "bold magenta",
}


def show_results(results: Sequence[Result], console: Console, *, traceback: bool = False, slow: int = 0) -> None:
    """Print the table of verdicts, the reasons of failures, the output of the claims, the totals and the engines.

    `traceback`: also print the Python traceback of each error; `slow`: the number of slow claims that were not
    evaluated. Texts of claims are escaped.
    """
    console.print(_table(results))
    for result in results:
        if result.verdict.reason:
            console.print(Text("\n").append_text(_reason(result)))
        if traceback and result.problem is not None and result.problem.trace:
            _show_lines("traceback", result.problem.trace, console)
        if result.output.strip():
            _show_lines(f"output of {result.claim.name}", result.output, console)
    console.print(_totals(results))
    _show_slow(slow, console)
    console.print("\nEngines relied on:")
    for line in engine_summary(results):
        console.print(f"  {printable(line)}")
    for heading, reasons in (NOT_PROVED, not_proved(results)), (NOT_DECIDED_AGAIN, not_decided_again(results)):
        if reasons:
            console.print(f"\n{heading}:")
        for line in reason_lines(reasons):
            console.print(f"  {printable(line)}")


def show_summary(results: Sequence[Result], console: Console, *, slow: int = 0) -> None:
    """Print one line for each claim file, with the number of claims of each verdict, then the claims that do not hold.

    `slow`: the number of slow claims that were not evaluated.
    """
    files: dict[str, list[Result]] = {}
    for result in results:
        files.setdefault("" if result.claim.file is None else result.claim.file.name, []).append(result)
    width = max(map(len, files), default=0)
    for name, group in files.items():
        console.print(Text(f"{printable(name):<{width}}  ").append_text(_counts(group)), soft_wrap=True)
    for result in results:
        if result.verdict.reason:
            console.print(Text("\n").append_text(_reason(result)))
    console.print(_totals(results))
    _show_slow(slow, console)


def show_evidence(results: Sequence[Result], console: Console) -> None:
    """Print the findings of every claim, each with its kind, outcome, engine, margin and work."""
    for result in results:
        console.print(f"\n{printable(result.claim.name)}:", highlight=False, markup=False, soft_wrap=True)
        groups = ("", result.verdict.facts), (" (check)", result.verdict.checks)
        for fact, note in ((fact, note) for note, facts in groups for fact in facts):
            work = amounts([fact])
            parts = [f"{fact.kind}{note}", fact.outcome, fact.engine, fact.margin, "" if work in fact.margin else work]
            console.print(f"  {printable(', '.join(filter(None, parts)))}: {printable(fact.text)}", markup=False)


def _show_slow(slow: int, console: Console) -> None:
    if slow:
        console.print(f"{counted(slow, 'slow claim')} not evaluated (-k slow evaluates them)", highlight=False)


def _reason(result: Result) -> Text:
    reason = f" {printable(result.claim.name)}: {printable(result.verdict.reason)}"
    return Text().append_text(_styled(result.verdict.kind)).append(reason)


def engine_names(verdict: Verdict) -> str:
    """Return the engines of a verdict without their versions: ``normal form, Arb, checker``."""
    return ", ".join(re.sub(r" \([^)]*\)", "", engine) for engine in verdict.engines)


def reason_lines(reasons: dict[str, int]) -> list[str]:
    """Return a line for each reason, with the number of its findings.

    >>> reason_lines({"coqc not found": 2})
    ['2 findings: coqc not found']
    """
    return [f"{counted(count, 'finding')}: {reason}" for reason, count in reasons.items()]


def _table(results: Sequence[Result]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    table.add_column("claim", ratio=1, overflow="fold")
    table.add_column("verdict")
    table.add_column("engine")
    table.add_column("margin or cases", max_width=30)
    table.add_column("seconds", justify="right")
    for result in results:
        verdict = result.verdict
        table.add_row(
            Text(f"{printable(result.claim.name)}\n").append(printable(result.claim.statement), "dim"),
            _styled(verdict.kind),
            Text(printable(engine_names(verdict))),
            Text("" if verdict.reason else printable(verdict.margin or amounts(verdict.facts))),
            f"{result.seconds:.2f}",
        )
    return table


def _styled(kind: VerdictKind) -> Text:
    return Text(kind, STYLES[kind])


def _totals(results: Sequence[Result]) -> Text:
    return Text("\n").append_text(_counts(results))


def _counts(results: Sequence[Result]) -> Text:
    """Return the number of claims, those of each verdict, and the seconds."""
    totals = Counter(result.verdict.kind for result in results)
    counts = [Text(f"{totals[kind]} ").append_text(_styled(kind)) for kind in VERDICTS if totals[kind]]
    seconds = sum(result.seconds for result in results)
    start = Text(f"{counted(len(results), 'claim')}: ")
    return start.append_text(Text(", ").join(counts)).append(f" in {seconds:.1f} s")


def _show_lines(title: str, text: str, console: Console) -> None:
    """Print the first lines of a text that a claim wrote, indented and escaped."""
    lines = text.splitlines()
    omitted = [f"... and {len(lines) - MAX_LINES} more lines"] if len(lines) > MAX_LINES else []
    console.print(f"\n{printable(title)}:")
    for line in lines[:MAX_LINES] + omitted:
        console.print(f"  {printable(line)}", soft_wrap=True)


def not_proved(results: Sequence[Result]) -> dict[str, int]:
    """Return the reasons why decided findings are not proved by Coq, each with the number of findings.

    The result is empty if Coq was not used.
    """
    return _reasons(results, "coq")


def not_decided_again(results: Sequence[Result]) -> dict[str, int]:
    """Return the reasons why decided findings were not decided again by the checker, each with their number."""
    return _reasons(results, "checker")


def _reasons(results: Sequence[Result], engine: str) -> dict[str, int]:
    facts = (fact for result in results for fact in result.verdict.facts if fact.kind == "decided")
    notes = (fact.evidence[engine] for fact in facts if engine in fact.evidence)
    return dict(Counter(note["reason"] for note in notes if "reason" in note).most_common())


def engine_summary(results: Sequence[Result]) -> list[str]:
    """Return a line for each engine: the findings that rely on it, those that it cross-checked, and its work."""
    facts = [fact for result in results for fact in result.verdict.facts]
    checks = [fact for result in results for fact in result.verdict.checks]
    lines = []
    for engine in sorted({fact.engine for fact in (*facts, *checks)}):
        relying, checked = ([fact for fact in group if fact.engine == engine] for group in (facts, checks))
        cached = sum(from_cache(fact) for fact in (*relying, *checked))
        parts = [_amount(relying)] if relying else []
        parts += [f"cross-checked {_amount(checked)}"] if checked else []
        parts += [f"{cached} from the cache (--no-cache computes them again)"] if cached else []
        lines.append(f"{engine}: {'; '.join(parts)}")
    return lines


def from_cache(fact: Fact) -> bool:
    """Return whether a fact was read from the cache of an earlier run."""
    return bool(fact.evidence.get("coq", {}).get("from_cache"))


def _amount(facts: Sequence[Fact]) -> str:
    return f"{counted(len(facts), 'finding')} ({amounts(facts)})"


def amounts(facts: Sequence[Fact]) -> str:
    """Return the amount of work of facts, in each unit: ``1 box, 40 cases``."""
    work = Counter[str]()
    for fact in facts:
        work[fact.unit] += fact.work
    return ", ".join(f"{count:,} {unit if count != 1 else _singular(unit)}" for unit, count in sorted(work.items()))


def _singular(unit: str) -> str:
    """Return the singular of a unit: one box, one inequality, one case."""
    return {"boxes": "box", "inequalities": "inequality"}.get(unit, unit.removesuffix("s"))


def document(results: Sequence[Result]) -> dict[str, Any]:
    """Return the JSON document of ``ntkproofs check --json``."""
    totals = Counter(result.verdict.kind for result in results)
    return {
        "format": 1,
        "claims": [
            {
                "name": result.claim.name,
                "statement": result.claim.statement,
                "source": result.claim.source,
                "verdict": result.verdict.kind,
                "engine": result.verdict.engine,
                "margin": result.verdict.margin or None,
                "evidence": result.verdict.evidence,
                "seconds": round(result.seconds, 3),
                "output": result.output,
                "problem": None if result.problem is None else asdict(result.problem),
            }
            for result in results
        ],
        "counts": {kind: totals[kind] for kind in VERDICTS if totals[kind]},
    }
