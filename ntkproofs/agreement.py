"""Whether the programs of a theory are the Python programs: template by template, padding included, inside Coq.

The files of the theory that are asked about must be as recorded. The question imports nothing and says everything by
full names and constructors, so that no notation, scope or definition of the theory can change what is asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ntkproofs.errors import InputError, ProofRefused
from ntkproofs.issued import issues
from ntkproofs.programs import TemplateProgram
from ntkproofs.programs.coq import NAT, PROGRAM, TEMPLATE, Terms
from ntkproofs.rigor.builds import first_error
from ntkproofs.rigor.theorems import Proof, Theory

__all__ = ["Pair", "agree"]

FILES = ("Templates", "Programs")
TITLE = "Agreement"
HEADER = ('Set Warnings "-all".', "From Coq Require List String.", f"From NtkProofs Require {' '.join(FILES)}.")
PROGRAMS = "NtkProofs.Programs"
EQUAL = "@Coq.Init.Logic.eq"
REFLEXIVE = "@Coq.Init.Logic.eq_refl"

_ARGUMENT = r"(?:[0-9]+|\[[0-9]+(?:; [0-9]+)*\])"
_TERM = re.compile(rf"([A-Za-z][A-Za-z0-9_]*)((?: {_ARGUMENT})*)")


@dataclass(frozen=True)
class Pair:
    """A program of the theory and the Python program that it should be.

    `term`: the name of a definition in ``Programs.v`` and its arguments, numbers and lists of numbers (a list stands
    for the function from indices to its numbers), separated by single spaces: ``permutation 3 [2; 0; 1]``. Raises
    InputError for any other text.
    """

    term: str
    program: TemplateProgram

    def __post_init__(self) -> None:
        if _TERM.fullmatch(self.term) is None:
            raise InputError(
                f"{self.term!r} is no name with numbers and lists of numbers, as in `permutation 2 [1; 0]`"
            )

    def written(self, terms: Terms) -> str:
        """Return the term as Coq is asked about it."""
        name, _, rest = self.term.partition(" ")
        return " ".join([f"{PROGRAMS}.{name}", *(_argument(each, terms) for each in re.findall(_ARGUMENT, rest))])


def _argument(text: str, terms: Terms) -> str:
    values = [int(digits) for digits in re.findall("[0-9]+", text)]
    return terms.function(values) if text.startswith("[") else terms.number(values[0])


@issues
def agree(theory: Theory, words: str, pairs: Sequence[Pair]) -> Proof:
    """Have Coq prove that every term is the Python program beside it; a difference is named, template by template.

    Raises InputError if there are no pairs, and ProofRefused if the theory's programs are refused: by the audit,
    because a file of theirs is not the one recorded, or by Coq.
    """
    if not pairs:
        raise InputError(f"nothing to compare: {words}")
    offences = [*theory.impure, *theory.not_recorded(FILES)]
    if offences:
        raise ProofRefused(offences[0])
    terms = Terms()
    questions = [_question(index, pair, terms) for index, pair in enumerate(pairs)]
    before = [*HEADER, *terms.definitions()]
    printed = [f"Print Assumptions same_{index}." for index in range(len(pairs))]
    done = theory.compile_with(FILES, TITLE, "\n".join([*before, *questions, *printed, ""]))
    shown = "; ".join(pair.term for pair in pairs)
    if isinstance(done, str):
        return Proof(words, shown, "open", theory.engine, theory=theory.digest, reason=done, count=len(pairs))
    if not done.ok:
        line, message = first_error(done)
        if not len(before) < line <= len(before) + len(pairs):
            raise ProofRefused(f"{TITLE}, line {line}: {message}")
        pair = pairs[line - len(before) - 1]
        reason = f"{pair.term} is not the Python program: {_difference(theory, pair) or message}"
        return Proof(words, shown, "fails", theory.engine, theory=theory.digest, reason=reason, count=len(pairs))
    if done.output.splitlines() != ["Closed under the global context"] * len(pairs):
        raise ProofRefused(f"{words}: the comparison assumes something: {' '.join(done.output.split())[:200]}")
    checked = theory.rechecked_with(FILES, done)
    if checked.refusal:
        raise ProofRefused(f"{words}: {checked.refusal}")
    return Proof(
        words,
        shown,
        "open" if checked.open else "holds",
        theory.engine,
        theory=theory.digest,
        seconds=done.seconds,
        reason=checked.open,
        count=len(pairs),
        kept=done.kept and checked.kept,
    )


def _question(index: int, pair: Pair, terms: Terms) -> str:
    """Return one line that Coq accepts if and only if the two are the same."""
    program = terms.program(pair.program)
    same = _equal(PROGRAM, pair.written(terms), program)
    return f"Definition same_{index} : {same} := {REFLEXIVE} {PROGRAM} ({program})."


def _difference(theory: Theory, pair: Pair) -> str:
    """Return the first templates that differ, or the numbers that do; nothing if no difference is seen."""
    terms = Terms()
    term, templates = pair.written(terms), pair.program.templates
    theirs = f"(NtkProofs.Templates.templates ({term}))"
    option = f"@Coq.Init.Datatypes.option {TEMPLATE}"
    length = f"@Coq.Init.Datatypes.length {TEMPLATE} {theirs}"
    checks = [
        (f"the number of templates is not {len(templates)}", _equal(NAT, length, terms.number(len(templates)))),
        *(
            (
                f"template {index} is not {template}",
                _equal(
                    f"({option})",
                    f"@Coq.Lists.List.nth_error {TEMPLATE} {theirs} {terms.number(index)}",
                    f"@Coq.Init.Datatypes.Some {TEMPLATE} ({terms.template(template)})",
                ),
            )
            for index, template in enumerate(templates)
        ),
        (
            f"padding is not {pair.program.padding}",
            _equal(NAT, f"NtkProofs.Templates.padding ({term})", terms.number(pair.program.padding)),
        ),
    ]
    tries = [
        f'Goal {equality}. first [reflexivity | idtac "differs:{number}"]. Abort.'
        for number, (_, equality) in enumerate(checks)
    ]
    done = theory.compile_with(FILES, "Difference", "\n".join([*HEADER, *terms.definitions(), *tries, ""]))
    differ = [] if isinstance(done, str) else re.findall(r"^differs:(\d+)$", done.output, re.MULTILINE)
    return "; ".join(checks[int(number)][0] for number in differ[:3])


def _equal(kind: str, left: str, right: str) -> str:
    return f"{EQUAL} {kind} ({left}) ({right})"
