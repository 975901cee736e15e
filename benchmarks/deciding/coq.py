"""Problems as goals of Coq-Interval, for comparison: the tactic `interval` with bisection, slopes and Taylor models.

The functions are those of Coq's library. Hyperbolic functions, arc functions and real powers, which the tactic does not
know, are written with `exp`, `ln` and `atan`. Nothing here is trusted: a proof counts only for the table.
"""

from __future__ import annotations

import resource
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.deciding.problem import NotTaken, Problem, Range
from benchmarks.deciding.trees import Tree, constant

__all__ = ["goal", "prove"]

LOADING = 3  # seconds of processor time to load the library
PATIENCE = 10  # wall-clock seconds for a second of processor time, on a busy machine

_DIRECT = {
    **{name: name for name in ("exp", "sin", "cos", "tan", "atan", "sqrt", "cosh", "sinh", "tanh")},
    "log": "ln",
    "abs": "Rabs",
    "min": "Rmin",
    "max": "Rmax",
}
_FUNCTIONS = {
    "sinh": "((exp {0} - exp (- {0})) / 2)",
    "cosh": "((exp {0} + exp (- {0})) / 2)",
    "tanh": "((exp {0} - exp (- {0})) / (exp {0} + exp (- {0})))",
    "asin": "(atan ({0} / sqrt (1 - {0} * {0})))",
    "acos": "(PI / 2 - atan ({0} / sqrt (1 - {0} * {0})))",
    "cbrt": "(exp (ln {0} / 3))",
}


def _text(tree: Tree) -> str:
    exact = constant(tree)
    if exact is not None:
        return f"({exact.numerator} / {exact.denominator})" if exact.denominator > 1 else f"({exact.numerator})"
    if tree[0] in ("name", "pi", "e"):
        return {"name": f"v_{tree[-1]}", "pi": "PI", "e": "(exp 1)"}[tree[0]]
    if tree[0] == "^":
        return _power(tree[1], tree[2])
    parts = [_text(part) for part in tree[1:]]
    if tree[0] in ("+", "-", "*", "/"):
        return f"({parts[0]} {tree[0]} {parts[1]})"
    if tree[0] in _FUNCTIONS:
        return _FUNCTIONS[tree[0]].format(*parts)
    if tree[0] not in _DIRECT:
        raise NotTaken(f"{tree[0]} is not a function of Coq-Interval")
    return f"({_DIRECT[tree[0]]} {' '.join(parts)})"


def _power(base: Tree, exponent: Tree) -> str:
    exact = constant(exponent)
    if exact is not None and exact.denominator == 1 and abs(exact) <= 1000:
        power = f"({_text(base)} ^ {abs(int(exact))})"
        return power if exact > 0 else f"(1 / {power})"
    if exact is not None and exact.denominator == 2 and exact > 0:
        return f"(sqrt {_text(base)} ^ {exact.numerator})"
    return f"(exp ({_text(exponent)} * ln {_text(base)}))"


def _premises(item: Range) -> list[tuple[str, bool]]:
    """Return the bounds of a variable as propositions, and whether they are strict."""
    name = f"v_{item.name}"
    if item.is_point() and item.low is not None:
        return [(f"{name} = {_text(item.low)}", False)]
    premises = []
    if item.low is not None:
        premises.append((f"{_text(item.low)} {'<' if item.low_open else '<='} {name}", item.low_open))
    if item.high is not None:
        premises.append((f"{name} {'<' if item.high_open else '<='} {_text(item.high)}", item.high_open))
    return premises


def goal(problem: Problem) -> str:
    """Return a Coq file that proves a problem, or fails; NotTaken if a function is not in Coq's library."""
    premises = [premise for item in problem.ranges for premise in _premises(item)]
    names = [f"v_{item.name}" for item in problem.ranges]
    sign = "<" if problem.strict else "<="
    claim = f"{_text(problem.left)} {sign} {_text(problem.right)}"
    quantified = f"forall {' '.join(names)} : R, " if names else ""
    statement = quantified + "".join(f"{text} -> " for text, _ in premises) + claim
    closed = " ".join(f"try apply Rlt_le in H{index};" for index, (_, strict) in enumerate(premises) if strict)
    hypotheses = " ".join(f"H{index}" for index in range(len(premises)))
    differ = "apply Rminus_gt_0_lt" if problem.strict else "apply Rge_le, Rminus_ge, Rle_ge"
    return (
        "From Coq Require Import Reals Lra. From Interval Require Import Tactic. Open Scope R_scope.\n"
        f"Goal {statement}.\nProof.\n  intros {' '.join(names)} {hypotheses}. {closed} try subst.\n"
        f"  first [{' | '.join(_calls(names, differ))}].\nQed.\n"
    )


def _calls(names: list[str], differ: str) -> list[str]:
    calls = ["interval with (i_prec 60)", "interval with (i_prec 200)"]
    if names:
        split = ", ".join(f"i_bisect {name}" for name in names)
        calls += [
            f"interval with (i_prec 60, {split}, i_depth 14)",
            f"interval with (i_prec 60, {split}, i_autodiff {names[0]}, i_depth 14)",
            f"interval with (i_prec 60, {split}, i_taylor {names[0]}, i_degree 10, i_depth 12)",
            f"interval with (i_prec 120, {split}, i_taylor {names[0]}, i_degree 20, i_depth 20)",
        ]
    return calls[:2] + [f"({differ}; {call})" for call in calls] + calls[2:]


def prove(problem: Problem, seconds: int, coqc: str) -> tuple[bool, str, float]:
    """Return whether Coq-Interval proves a problem within `seconds` of processor time, why not, and the time."""
    try:
        source = goal(problem)
    except NotTaken as reason:
        return False, str(reason), 0.0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "Goal.v"
        file.write_text(source, encoding="utf-8")
        limit = seconds + LOADING
        start = time.perf_counter()
        try:
            run = subprocess.run(
                [coqc, "-q", file.name],
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=limit * PATIENCE,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (limit, limit)),
            )
        except subprocess.TimeoutExpired:
            return False, "time", time.perf_counter() - start
        reason = "" if run.returncode == 0 else run.stderr[-300:] or f"stopped after {limit} s"
        return run.returncode == 0, reason, time.perf_counter() - start
