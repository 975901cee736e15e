"""The combined margin of several findings: the least gap, all assumptions, the number of cases, every test.

A verdict rests on all its findings, so its margin must hold for all of them, and not for one only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

from ntkproofs.coq.audit import groups_of
from ntkproofs.display import counted
from ntkproofs.facts import Fact

__all__ = ["combined_margin"]

MAX_SEEDS = 4  # listed individually


def combined_margin(facts: Iterable[Fact]) -> str:
    """Return the combined margin of findings that hold, in one line; empty if none of them has a margin.

    Inequalities: the least gap ``right - left``, one for each power of n of which gaps are multiples. Proofs: the union
    of their assumptions. Cases: their number, exhaustive only if every finding is. Statistical tests: the number of
    comparisons, the decisive p-value and the levels.

    >>> import sympy
    >>> from ntkproofs.facts import as_fact, confirm
    >>> from ntkproofs.rigor import decide, less
    >>> wide, narrow = (as_fact(decide(less(value, sympy.pi))) for value in (-1000, 3))
    >>> some = as_fact(confirm("odd", [1, 3], lambda x: x % 2 == 1, exhaustive=True))
    >>> more = as_fact(confirm("odd", [5], lambda x: x % 2 == 1, exhaustive=False, seed=7))
    >>> combined_margin([wide, some, narrow, more])
    '≥ 0.141592; 3 cases, 1 of them sampled, seed 7'
    """
    believed = [fact for fact in facts if fact.kind != "estimated"]
    parts = (part for combine in (_gaps, _assumptions, _cases, _tests) for part in combine(believed))
    return "; ".join(parts)


def _gaps(facts: Sequence[Fact]) -> list[str]:
    """Return the least gap for each scale; a scale is 1 or a power of n, given by the order of the margin."""
    least: dict[tuple[int, str], tuple[Fraction, str]] = {}
    for fact in facts:
        if fact.evidence.get("margin") is None or not fact.margin:
            continue
        order: int = fact.evidence["margin_order"]
        scale = (-order, fact.margin.partition(" ")[2].partition(" ")[2]) if order else (0, "")
        gap = Fraction(fact.evidence["margin"])
        if scale not in least or gap < least[scale][0]:
            least[scale] = gap, fact.margin
    return [text for _, (_, text) in sorted(least.items())]


def _assumptions(facts: Sequence[Fact]) -> list[str]:
    """Return the union of the assumptions of all proofs, of theorems and of inequalities that Coq proved."""
    proofs = [fact for fact in facts if fact.kind == "proved"]
    names = {name for fact in proofs for name in _axioms(fact)}
    return [f"assumes {', '.join(groups_of(names)) or 'nothing'}"] if proofs else []


def _axioms(fact: Fact) -> Iterable[str]:
    names: Iterable[str] = fact.evidence["coq"]["assumptions"]
    return names


def _cases(facts: Sequence[Fact]) -> list[str]:
    """Return the number of evaluated cases, and how many of them were sampled."""
    tallies = [fact for fact in facts if "exhaustive" in fact.evidence]
    sampled = [fact for fact in tallies if not fact.evidence["exhaustive"]]
    if len(tallies) < 2:
        return [fact.margin for fact in tallies]
    total = counted(sum(fact.work for fact in tallies), "case")
    if not sampled:
        return [f"{total}, exhaustive"]
    some = "sampled" if len(sampled) == len(tallies) else f"{sum(fact.work for fact in sampled):,} of them sampled"
    return [f"{total}, {some}, {_seeds(sampled)}"]


def _seeds(sampled: Sequence[Fact]) -> str:
    seeds = list(dict.fromkeys(str(fact.evidence["seed"]) for fact in sampled))
    if len(seeds) > MAX_SEEDS:
        return f"{len(seeds)} seeds"
    return f"seed{'s' if len(seeds) > 1 else ''} {', '.join(seeds)}"


def _tests(facts: Sequence[Fact]) -> list[str]:
    """Return summaries of the statistical tests: of predictions that hold, and of predictions that are rejected."""
    tests = [fact for fact in facts if "level" in fact.evidence]
    parts = []
    directions: tuple[tuple[bool, str, Callable[..., Fact]], ...] = ((False, "least", min), (True, "greatest", max))
    for rejects, which, extreme in directions:
        group = [fact for fact in tests if fact.evidence["rejects"] == rejects]
        if len(group) < 2:
            parts += [fact.margin for fact in group]
            continue
        key = f"{which}_p_corrected"
        decisive: str = extreme(group, key=lambda fact: _p_value(fact.evidence[key])).evidence[key]
        levels = dict.fromkeys(f"{fact.evidence['level']:g}" for fact in group)
        plural = "s" if len(levels) > 1 else ""
        comparisons = counted(sum(fact.work for fact in group), "comparison")
        parts.append(f"{comparisons} in {len(group)} tests, {which} p {decisive}, level{plural} {', '.join(levels)}")
    return parts


def _p_value(text: str) -> tuple[float, float]:
    """Return a sort key for the text of a p-value, such as ``0.046`` or ``10^-5.3``."""
    if text.startswith("10^"):
        return 0.0, float(text[3:])
    return float(text), 0.0
