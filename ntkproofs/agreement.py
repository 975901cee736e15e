"""Whether the programs of a theory are the Python programs: template by template, padding included, inside Coq."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ntkproofs.errors import InputError, ProofRefused
from ntkproofs.issued import issues
from ntkproofs.programs import TemplateProgram
from ntkproofs.programs.coq import coq_program, coq_template
from ntkproofs.rigor.builds import first_error
from ntkproofs.rigor.theorems import Proof, Theory

__all__ = ["Pair", "agree"]

FILES = ("Templates", "Programs")
TITLE = "Agreement"
HEADER = (
    'Set Warnings "-all".',
    "From Coq Require Import List String.",
    f"From NtkProofs Require Import {' '.join(FILES)}.",
    "Import ListNotations.",
    "Local Open Scope string_scope.",
    "Local Open Scope list_scope.",
    "Local Open Scope nat_scope.",
)


@dataclass(frozen=True)
class Pair:
    """A program of the theory, as a Coq term, and the Python program that it should be."""

    term: str
    program: TemplateProgram


@issues
def agree(theory: Theory, words: str, pairs: Sequence[Pair]) -> Proof:
    """Have Coq prove that every term is the Python program beside it; a difference is named, template by template.

    Raises InputError if there are no pairs, and ProofRefused if the theory's programs are refused.
    """
    if not pairs:
        raise InputError(f"nothing to compare: {words}")
    if theory.impure:
        raise ProofRefused(theory.impure[0])
    examples = [_example(place, pair) for place, pair in enumerate(pairs)]
    questions = [f"Print Assumptions same_{place}." for place in range(len(pairs))]
    done = theory.compile_with(FILES, TITLE, "\n".join([*HEADER, *examples, *questions, ""]))
    terms = "; ".join(pair.term for pair in pairs)
    if isinstance(done, str):
        return Proof(words, terms, "open", theory.engine, theory=theory.digest, reason=done, count=len(pairs))
    if done.ok and done.output.splitlines() != ["Closed under the global context"] * len(pairs):
        raise ProofRefused(f"{words}: the comparison assumes something: {' '.join(done.output.split())[:200]}")
    if done.ok:
        return Proof(words, terms, "holds", theory.engine, theory=theory.digest, seconds=done.seconds, count=len(pairs))
    line, message = first_error(done)
    before = [place for place, pair in enumerate(pairs) if _line(pairs, place) <= line]
    if not before:
        raise ProofRefused(f"{TITLE}, line {line}: {message}")
    pair = pairs[before[-1]]
    reason = f"{pair.term} is not the Python program: {_difference(theory, pair) or message}"
    return Proof(words, terms, "fails", theory.engine, theory=theory.digest, reason=reason, count=len(pairs))


def _example(place: int, pair: Pair) -> str:
    return f"Example same_{place} : {pair.term} =\n{coq_program(pair.program)}.\nProof. reflexivity. Qed."


def _line(pairs: Sequence[Pair], place: int) -> int:
    """Return the line on which the example of a pair begins."""
    return 1 + len(HEADER) + sum(_example(each, pairs[each]).count("\n") + 1 for each in range(place))


def _difference(theory: Theory, pair: Pair) -> str:
    """Return the first templates that differ, or the numbers that do; nothing if no difference is seen."""
    templates = pair.program.templates
    checks = [
        (
            f"the number of templates is not {len(templates)}",
            f"List.length (templates ({pair.term})) = {len(templates)}",
        )
    ]
    checks += [
        (
            f"template {place} is not {template}",
            f"nth_error (templates ({pair.term})) {place} = Some ({coq_template(template)})",
        )
        for place, template in enumerate(templates)
    ]
    checks.append((f"padding is not {pair.program.padding}", f"padding ({pair.term}) = {pair.program.padding}"))
    tries = [
        f'Goal {equality}. first [reflexivity | idtac "differs:{number}"]. Abort.'
        for number, (_, equality) in enumerate(checks)
    ]
    done = theory.compile_with(FILES, "Difference", "\n".join([*HEADER, *tries, ""]))
    differ = [] if isinstance(done, str) else re.findall(r"^differs:(\d+)$", done.output, re.MULTILINE)
    return "; ".join(checks[int(number)][0] for number in differ[:3])
