"""The verdict table, the census of who was believed, and the same as a JSON document."""

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
from ntkproofs.facts import Fact
from ntkproofs.printable import printable

__all__ = ["STYLES", "amounts", "census", "document", "engine_names", "not_decided_again", "not_proved", "show_results"]

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

    Nothing of a claim is markup. `traceback`: with Python's traceback of each error.
    """
    console.print(_table(results))
    for result in results:
        if result.verdict.reason:
            told = f" {printable(result.claim.name)}: {printable(result.verdict.reason)}"
            console.print(Text("\n").append_text(_styled(result.verdict.kind)).append(told))
        if traceback and result.problem is not None and result.problem.trace:
            _show_lines("traceback", result.problem.trace, console)
        if result.output.strip():
            _show_lines(f"printed by {result.claim.name}", result.output, console)
    console.print(_totals(results))
    console.print("\nWho was believed, for what:")
    for line in census(results):
        console.print(f"  {printable(line)}")
    _show_reasons("Decided by balls and not proved by Coq:", not_proved(results), console)
    _show_reasons("Decided by balls and not re-decided by the checker:", not_decided_again(results), console)


def engine_names(verdict: Verdict) -> str:
    """Return the engines of a verdict without their versions: ``normal form, Arb, checker``."""
    return ", ".join(re.sub(r" \([^)]*\)", "", engine) for engine in verdict.engines)


def _show_reasons(heading: str, reasons: dict[str, int], console: Console) -> None:
    if reasons:
        console.print(f"\n{heading}")
    for reason, count in reasons.items():
        console.print(f"  {count} finding{'s' if count != 1 else ''}: {printable(reason)}")


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
    totals = Counter(result.verdict.kind for result in results)
    counts = [Text(f"{totals[kind]} ").append_text(_styled(kind)) for kind in VERDICTS if totals[kind]]
    seconds = sum(result.seconds for result in results)
    head = Text(f"\n{len(results)} claim{'s' if len(results) != 1 else ''}: ")
    return head.append_text(Text(", ").join(counts)).append(f" in {seconds:.1f} s")


def _show_lines(title: str, text: str, console: Console) -> None:
    """Print a text that a claim wrote, indented and escaped."""
    lines = text.splitlines()
    left = [f"... and {len(lines) - MOST_LINES} lines more"] if len(lines) > MOST_LINES else []
    console.print(f"\n{printable(title)}:")
    for line in lines[:MOST_LINES] + left:
        console.print(f"  {printable(line)}", soft_wrap=True)


def not_proved(results: Sequence[Result]) -> dict[str, int]:
    """Return why decided findings are not proved by Coq, and how many; nothing if Coq was not asked."""
    return _reasons(results, "coq")


def not_decided_again(results: Sequence[Result]) -> dict[str, int]:
    """Return why decided findings are not decided by the checker too, and how many."""
    return _reasons(results, "checker")


def _reasons(results: Sequence[Result], engine: str) -> dict[str, int]:
    facts = (fact for result in results for fact in result.verdict.facts if fact.kind == "decided")
    notes = (fact.evidence[engine] for fact in facts if engine in fact.evidence)
    return dict(Counter(note["reason"] for note in notes if "reason" in note).most_common())


def census(results: Sequence[Result]) -> list[str]:
    """Return one line for each engine: what it was believed for, and how much it looked at."""
    facts = [fact for result in results for fact in result.verdict.facts]
    checks = [fact for result in results for fact in result.verdict.checks]
    lines = []
    for engine in sorted({fact.engine for fact in (*facts, *checks)}):
        mine, also = ([fact for fact in group if fact.engine == engine] for group in (facts, checks))
        believed = [_amount(mine, "believed for")] if mine else []
        crossed = [_amount(also, "cross-checked")] if also else []
        kept = sum(from_cache(fact) for fact in (*mine, *also))
        before = [f"{kept} from the cache (--no-cache asks again)"] if kept else []
        lines.append(f"{engine}: {'; '.join(believed + crossed + before)}")
    return lines


def from_cache(fact: Fact) -> bool:
    """Tell whether an earlier run found a fact, and a cache kept it."""
    return bool(fact.evidence.get("coq", {}).get("from_cache"))


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
