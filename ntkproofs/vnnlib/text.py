"""The text of a property, in version 2.0 of VNN-LIB and in version 1.0."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ntkproofs.vnnlib.decimals import decimal
from ntkproofs.vnnlib.models import INPUT, OUTPUT
from ntkproofs.vnnlib.questions import Case, Question

__all__ = ["version_1", "version_2"]

Name = Callable[[str, int], str]  # the element of a tensor


def version_2(question: Question, outputs: int, comments: Sequence[str]) -> str:
    """Return the property in version 2.0; `outputs`: the number of outputs of the model; `comments`: its first lines.

    Inputs and outputs have the type ``real``: the network is a function of real numbers.
    """
    inputs = len(question.cases[0].matches)
    head = [
        "(vnnlib-version <2.0>)",
        "(declare-network network",
        f"    (declare-input {INPUT} real [1,{inputs}])",
        f"    (declare-output {OUTPUT} real [1,{outputs}]))",
    ]
    return _text(comments, head, question, lambda tensor, index: f"{tensor}[0,{index}]", lambda x, c: [f"(== {x} {c})"])


def version_1(question: Question, outputs: int, comments: Sequence[str]) -> str:
    """Return the property in version 1.0, which has no equations and counts the elements of all tensors."""
    inputs = len(question.cases[0].matches)
    head = [f"(declare-const {INPUT}_{index} Real)" for index in range(inputs)]
    head += [f"(declare-const {OUTPUT}_{index} Real)" for index in range(outputs)]
    return _text(
        comments,
        head,
        question,
        lambda tensor, index: f"{tensor}_{index}",
        lambda x, c: [f"(<= {x} {c})", f"(>= {x} {c})"],
    )


def _text(
    comments: Sequence[str],
    head: Sequence[str],
    question: Question,
    element: Name,
    equal: Callable[[str, str], list[str]],
) -> str:
    """Return the property: one of the states, with its input and an output on the wrong side."""
    disjuncts = (f"    (and {' '.join(_conditions(case, question.output, element, equal))})" for case in question.cases)
    lines = [*(f"; {line}" for line in comments), *head, "(assert (or", *disjuncts, "))"]
    return "\n".join(lines) + "\n"


def _conditions(case: Case, output: int, element: Name, equal: Callable[[str, str], list[str]]) -> Iterator[str]:
    for index, match in enumerate(case.matches):
        yield from equal(element(INPUT, index), decimal(case.entry) if match else "0.0")
    yield f"({'<=' if case.expected else '>='} {element(OUTPUT, output)} {decimal(case.bound)})"
