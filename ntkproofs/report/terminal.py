"""The verdict table, the census of who was believed, and the same as a JSON document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ntkproofs.claims import VERDICTS, Result
from ntkproofs.facts import Fact

__all__ = ["STYLES", "amounts", "census", "document", "not_proved", "show_results"]

MOST_LINES = 200  # shown of what a claim prints

STYLES = {
    "proved": "bold green",
    "decided": "green",
    "derived": "green",
    "confirmed": "cyan",
    "refuted": "bold red",
    "undecided": "yellow",
    "error": "bold magenta",
}


def show_results(results: Sequence[Result], console: Console, *, traceback: bool = False) -> None:
    """Print the table of verdicts, what went wrong, what the claims printed, the totals and the census.

    `traceback`: with Python's traceback of each error.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    table.add_column("claim", ratio=1, overflow="fold")
    table.add_column("verdict")
    table.add_column("engine")
    table.add_column("margin or cases")
    table.add_column("seconds", justify="right")
    for result in results:
        verdict = result.verdict
        table.add_row(
            f"{escape(result.claim.name)}\n[dim]{escape(result.claim.statement)}[/dim]",
            f"[{STYLES[verdict.kind]}]{verdict.kind}[/]",
            escape(", ".join(engine.split(" (")[0] for engine in verdict.engines)),
            "" if verdict.reason else escape(verdict.margin or amounts(verdict.facts)),
            f"{result.seconds:.2f}",
        )
    console.print(table)
    for result in results:
        if result.verdict.reason:
            console.print(
                f"\n[{STYLES[result.verdict.kind]}]{result.verdict.kind}[/] {escape(result.claim.name)}: "
                f"{escape(result.verdict.reason)}",
                highlight=False,
            )
        if traceback and result.problem is not None and result.problem.trace:
            _show_lines("traceback", result.problem.trace, console)
        if result.output.strip():
            _show_lines(f"printed by {result.claim.name}", result.output, console)
    totals = Counter(result.verdict.kind for result in results)
    shown = ", ".join(f"{totals[kind]} [{STYLES[kind]}]{kind}[/]" for kind in VERDICTS if totals[kind])
    seconds = sum(result.seconds for result in results)
    console.print(
        f"\n{len(results)} claim{'s' if len(results) != 1 else ''}: {shown} in {seconds:.1f} s", highlight=False
    )
    console.print("\nWho was believed, for what:", highlight=False)
    for line in census(results):
        console.print(f"  {escape(line)}", highlight=False)
    reasons = not_proved(results)
    if reasons:
        console.print("\nDecided by balls and not proved by Coq:", highlight=False)
    for reason, count in reasons.items():
        console.print(f"  {count} finding{'s' if count != 1 else ''}: {escape(reason)}", highlight=False)


def _show_lines(title: str, text: str, console: Console) -> None:
    """Print a text that a claim wrote, indented; a control character is shown as its number."""
    lines = text.splitlines()
    left = [f"... and {len(lines) - MOST_LINES} lines more"] if len(lines) > MOST_LINES else []
    console.print(f"\n{escape(title)}:", highlight=False)
    for line in lines[:MOST_LINES] + left:
        safe = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in line)
        console.print(f"  {escape(safe)}", highlight=False, soft_wrap=True)


def not_proved(results: Sequence[Result]) -> dict[str, int]:
    """Return why decided findings are not proved by Coq, and how many; nothing if Coq was not asked."""
    facts = (fact for result in results for fact in result.verdict.facts if fact.kind == "decided")
    reasons = Counter(fact.evidence["coq"]["reason"] for fact in facts if "coq" in fact.evidence)
    return dict(reasons.most_common())


def census(results: Sequence[Result]) -> list[str]:
    """Return one line for each engine: what it was believed for, and how much it looked at."""
    facts = [fact for result in results for fact in result.verdict.facts]
    checks = [fact for result in results for fact in result.verdict.checks]
    lines = []
    for engine in sorted({fact.engine for fact in (*facts, *checks)}):
        mine, also = ([fact for fact in group if fact.engine == engine] for group in (facts, checks))
        believed = [_amount(mine, "believed for")] if mine else []
        crossed = [_amount(also, "cross-checked")] if also else []
        lines.append(f"{engine}: {'; '.join(believed + crossed)}")
    return lines


def _amount(facts: Sequence[Fact], how: str) -> str:
    return f"{how} {len(facts)} finding{'s' if len(facts) != 1 else ''} ({amounts(facts)})"


def amounts(facts: Sequence[Fact]) -> str:
    """Return how much was looked at, unit by unit."""
    work = Counter[str]()
    for fact in facts:
        work[fact.unit] += fact.work
    return ", ".join(f"{count:,} {unit if count != 1 else _one(unit)}" for unit, count in sorted(work.items()))


def _one(unit: str) -> str:
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
