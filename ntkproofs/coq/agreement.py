"""Proofs in Coq that the programs of a theory equal those of this package, template by template and in their padding.

The files of the theory that define the programs must agree with the record. The generated file imports nothing and
uses only full names and constructors, so that no notation, scope or definition of the theory can change its meaning.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ntkproofs.coq.builds import first_error
from ntkproofs.coq.programs import NAT, PROGRAM, TEMPLATE, Terms
from ntkproofs.coq.theory import Proof, Theory
from ntkproofs.errors import InputError, ProofRefused
from ntkproofs.formats.sources import Netlist
from ntkproofs.issued import issues
from ntkproofs.programs import Task, TemplateProgram

__all__ = ["CircuitPair", "Pair", "agree"]

FILES = ("Templates", "Programs", "Netlists")
TITLE = "Agreement"
HEADER = ('Set Warnings "-all".', "From Coq Require List String.", f"From NtkProofs Require {' '.join(FILES)}.")
PROGRAMS = "NtkProofs.Programs"
NETLISTS = "NtkProofs.Netlists"
EQUAL = "@Coq.Init.Logic.eq"
REFLEXIVE = "@Coq.Init.Logic.eq_refl"
PAIR = "@Coq.Init.Datatypes.pair"

_ARGUMENT = r"(?:[0-9]+|\[[0-9]+(?:; [0-9]+)*\])"
_TERM = re.compile(rf"([A-Za-z][A-Za-z0-9_]*)((?: {_ARGUMENT})*)")


@dataclass(frozen=True)
class Pair:
    """A program of the theory and the Python program that it should equal.

    `term`: the name of a definition in ``Programs.v`` and its arguments, separated by single spaces, as in
    ``permutation 3 [2; 0; 1]``. An argument is a number or a list of numbers; a list represents the function that maps
    an index to the number there. Raises InputError for any other text.
    """

    term: str
    program: TemplateProgram

    def __post_init__(self) -> None:
        if _TERM.fullmatch(self.term) is None:
            raise InputError(
                f"{self.term!r} is not a name followed by numbers and lists of numbers, as in `permutation 2 [1; 0]`"
            )

    def written(self, terms: Terms) -> str:
        """Return the term with full names."""
        name, _, rest = self.term.partition(" ")
        return " ".join([f"{PROGRAMS}.{name}", *(_argument(text, terms) for text in re.findall(_ARGUMENT, rest))])

    def numbers(self, terms: Terms) -> list[tuple[str, str, int]]:
        """Return the numbers that should be equal beside the programs: a name, a term and a number of Python each."""
        return []


@dataclass(frozen=True)
class CircuitPair:
    """A netlist, and the task whose program ``compiled_circuit`` of the theory should return for it.

    The number of steps of the task should be the depth. The covers of the netlist have one cube each, at least one is
    a gate, and there are no latches; :func:`agree` raises InputError for other covers and for latches.
    """

    netlist: Netlist
    task: Task

    @property
    def program(self) -> TemplateProgram:
        """The Python program."""
        return self.task.program

    @property
    def term(self) -> str:
        """The name of the program in messages."""
        return f"compiled_circuit {self.netlist.name}"

    def written(self, terms: Terms) -> str:
        """Return the term with full names."""
        return f"{NETLISTS}.compiled_circuit ({terms.circuit(self.netlist)})"

    def numbers(self, terms: Terms) -> list[tuple[str, str, int]]:
        """Return the numbers that should be equal beside the programs: a name, a term and a number of Python each."""
        depth = f"{NETLISTS}.depth ({NETLISTS}.ands ({terms.circuit(self.netlist)}))"
        return [("the number of steps", depth, self.task.steps)]


def _argument(text: str, terms: Terms) -> str:
    values = [int(digits) for digits in re.findall("[0-9]+", text)]
    return terms.function(values) if text.startswith("[") else terms.number(values[0])


@issues
def agree(theory: Theory, words: str, pairs: Sequence[Pair | CircuitPair]) -> Proof:
    """Prove in Coq that each term equals its Python program; if not, name the first templates or numbers that differ.

    `words`: the statement in words. Raises InputError if there are no pairs, and ProofRefused if the audit or Coq
    rejects the definitions of the theory, or if one of their files differs from the record.
    """
    if not pairs:
        raise InputError(f"no programs to compare: {words}")
    errors = [*theory.audit_errors, *theory.definition_differences(FILES)]
    if errors:
        raise ProofRefused(errors[0])
    terms = Terms()
    equations = [_equation(index, pair, terms) for index, pair in enumerate(pairs)]
    header = [*HEADER, *terms.definitions()]
    assumptions = [f"Print Assumptions same_{index}." for index in range(len(pairs))]
    compiled = theory.compile_with(FILES, TITLE, "\n".join([*header, *equations, *assumptions, ""]))
    text = "; ".join(pair.term for pair in pairs)
    if isinstance(compiled, str):
        return Proof(words, text, "open", theory.engine, theory=theory.digest, reason=compiled, count=len(pairs))
    if not compiled.ok:
        line, message = first_error(compiled)
        if not len(header) < line <= len(header) + len(pairs):
            raise ProofRefused(f"{TITLE}, line {line}: {message}")
        pair = pairs[line - len(header) - 1]
        reason = f"{pair.term} is not the Python program: {_difference(theory, pair) or message}"
        return Proof(words, text, "fails", theory.engine, theory=theory.digest, reason=reason, count=len(pairs))
    if compiled.output.splitlines() != ["Closed under the global context"] * len(pairs):
        raise ProofRefused(f"{words}: the comparison has assumptions: {' '.join(compiled.output.split())[:200]}")
    checked = theory.rechecked_with(FILES, compiled)
    if checked.refusal:
        raise ProofRefused(f"{words}: {checked.refusal}")
    return Proof(
        words,
        text,
        "open" if checked.open else "holds",
        theory.engine,
        theory=theory.digest,
        seconds=compiled.seconds,
        reason=checked.open,
        count=len(pairs),
        cached=compiled.cached and checked.cached,
    )


def _equation(index: int, pair: Pair | CircuitPair, terms: Terms) -> str:
    """Return a line that Coq accepts if and only if the two programs of a pair, and its numbers, are equal."""
    kind, left, right = PROGRAM, pair.written(terms), terms.program(pair.program)
    for _, term, value in pair.numbers(terms):
        left, right = (
            f"{PAIR} ({kind}) {NAT} ({first}) ({second})"
            for first, second in ((left, term), (right, terms.number(value)))
        )
        kind = f"Coq.Init.Datatypes.prod ({kind}) {NAT}"
    return f"Definition same_{index} : {_equal(f'({kind})', left, right)} := {REFLEXIVE} ({kind}) ({right})."


def _difference(theory: Theory, pair: Pair | CircuitPair) -> str:
    """Return the first templates or numbers that differ, at most three; empty if no difference is found."""
    terms = Terms()
    term, templates = pair.written(terms), pair.program.templates
    listed = f"(NtkProofs.Templates.templates ({term}))"
    option = f"@Coq.Init.Datatypes.option {TEMPLATE}"
    length = f"@Coq.Init.Datatypes.length {TEMPLATE} {listed}"
    checks = [
        (f"the number of templates is not {len(templates)}", _equal(NAT, length, terms.number(len(templates)))),
        *(
            (
                f"template {index} is not {template}",
                _equal(
                    f"({option})",
                    f"@Coq.Lists.List.nth_error {TEMPLATE} {listed} {terms.number(index)}",
                    f"@Coq.Init.Datatypes.Some {TEMPLATE} ({terms.template(template)})",
                ),
            )
            for index, template in enumerate(templates)
        ),
        *(
            (f"{name} is not {value}", _equal(NAT, number, terms.number(value)))
            for name, number, value in [
                ("padding", f"NtkProofs.Templates.padding ({term})", pair.program.padding),
                *pair.numbers(terms),
            ]
        ),
    ]
    goals = [
        f'Goal {equality}. first [reflexivity | idtac "differs:{number}"]. Abort.'
        for number, (_, equality) in enumerate(checks)
    ]
    compiled = theory.compile_with(FILES, "Difference", "\n".join([*HEADER, *terms.definitions(), *goals, ""]))
    different = [] if isinstance(compiled, str) else re.findall(r"^differs:(\d+)$", compiled.output, re.MULTILINE)
    return "; ".join(checks[int(number)][0] for number in different[:3])


def _equal(kind: str, left: str, right: str) -> str:
    return f"{EQUAL} {kind} ({left}) ({right})"
