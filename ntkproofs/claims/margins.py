"""The margin of several findings together: the least gap, all assumptions, the sum of the cases, every test.

A verdict rests on all its findings, so what is shown for it must be true of all of them: the margin of one, or what one
proof assumes, would be one of many shown as if it were all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

from ntkproofs.coq.audit import groups_of
from ntkproofs.display import counted
from ntkproofs.facts import Fact

__all__ = ["combined_margin"]

MOST_SEEDS = 4  # that are listed


def combined_margin(facts: Iterable[Fact]) -> str:
    """Return the margin of findings that hold together, in one line; empty if none of them has one.

    Gaps ``right - left`` that are multiples of the same power of n: the least; those of other powers are listed beside
    it. Proofs: the union of what they assume. Cases: their number, exhaustive only if every finding is. Statistical
    tests: the number of comparisons, the p-value that decides, the levels.

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
    """Return the least gap of each scale: a power of n, as the order of the margin says, or 1."""
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
    """Return what the proofs assume, all together: those of theorems and those of inequalities that Coq proved."""
    proofs = [fact for fact in facts if fact.kind == "proved"]
    names = {name for fact in proofs for name in _assumed(fact)}
    return [f"assumes {', '.join(groups_of(names)) or 'nothing'}"] if proofs else []


def _assumed(fact: Fact) -> Iterable[str]:
    names: Iterable[str] = fact.evidence["coq"]["assumptions"]
    return names


def _cases(facts: Sequence[Fact]) -> list[str]:
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
    if len(seeds) > MOST_SEEDS:
        return f"{len(seeds)} seeds"
    return f"seed{'s' if len(seeds) > 1 else ''} {', '.join(seeds)}"


def _tests(facts: Sequence[Fact]) -> list[str]:
    """Return the statistical tests: those that a prediction survives, and those that reject one."""
    tests = [fact for fact in facts if "level" in fact.evidence]
    parts = []
    ways: tuple[tuple[bool, str, Callable[..., Fact]], ...] = ((False, "least", min), (True, "greatest", max))
    for rejects, which, extreme in ways:
        mine = [fact for fact in tests if fact.evidence["rejects"] == rejects]
        if len(mine) < 2:
            parts += [fact.margin for fact in mine]
            continue
        key = f"{which}_p_corrected"
        decisive: str = extreme(mine, key=lambda fact: _p_value(fact.evidence[key])).evidence[key]
        levels = dict.fromkeys(f"{fact.evidence['level']:g}" for fact in mine)
        plural = "s" if len(levels) > 1 else ""
        comparisons = counted(sum(fact.work for fact in mine), "comparison")
        parts.append(f"{comparisons} in {len(mine)} tests, {which} p {decisive}, level{plural} {', '.join(levels)}")
    return parts


def _p_value(text: str) -> tuple[float, float]:
    """Return a p-value as it is written, ``0.046`` or ``10^-5.3``, as something to sort by."""
    if text.startswith("10^"):
        return 0.0, float(text[3:])
    return float(text), 0.0
