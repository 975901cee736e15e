"""What stands for "holds or not" has no truth value: ``if``, ``and``, ``assert`` raise, and say what to ask for."""

import importlib
import inspect
import pkgutil
import re
from functools import cache

import pytest
import sympy

import ntkproofs
from ntkproofs.claims import claim, conclude, confirm, estimate
from ntkproofs.errors import InputError
from ntkproofs.rigor import Ball, at_most, combination, decide, identity, less
from ntkproofs.truth import NoTruthValue

ANSWERS = {
    "agrees",
    "closed",
    "complete",
    "halted",
    "holds",
    "ok",
    "outcome",
    "proved",
    "sufficient",
    "verdict",
    "wrong",
    "zero_works",
}
NEUTRAL = {  # what is true or false of these is no verdict
    "_zero",
    "against",
    "asks_for_slow",
    "averaged",
    "biased",
    "binary",
    "boolean",
    "busy",
    "cached",
    "certain",
    "clocked",
    "column",
    "constant",
    "converged",
    "coq_missing",
    "counted",
    "counting",
    "derived",
    "deterministic",
    "drop_unwritten",
    "dropped",
    "exact",
    "exact_zero",
    "excluded",
    "exhaustive",
    "failed",
    "false",
    "has_least",
    "homogeneous",
    "integers",
    "inverted",
    "is_at_excluded_end",
    "is_bounded",
    "is_closed_rational",
    "is_contact",
    "is_exact",
    "is_negative",
    "is_nonnegative",
    "is_nonpositive",
    "is_positive",
    "is_rational",
    "is_text",
    "is_zero",
    "least",
    "linear",
    "naive",
    "open",
    "ordered",
    "paired",
    "partial",
    "sampled",
    "scalar",
    "search",
    "silent",
    "slow",
    "stopped",
    "strict",
    "ternary",
    "theory",
    "traced",
    "unbounded",
    "vanishes",
    "words",
}
WITHOUT_A_VERDICT = {  # each with the reason why its truth misleads nobody
    "Counterexample": "there is one, or None",
    "Chunk": "counts that are added up",
    "Search": "a search that is not done",
    "Verified": "the checker returns one or raises",
    "Certificate": "holds only what the checker accepted",
    "EnsembleSize": "a number that is enough, or NoMargin is raised",
}


def annotations(kind: type) -> dict[str, str]:
    """Return the fields and properties of a class that are its own, with their types as written."""
    fields = {name: str(written) for name, written in vars(kind).get("__annotations__", {}).items()}
    for name, value in vars(kind).items():
        if isinstance(value, property) and value.fget is not None:
            fields[name] = str(value.fget.__annotations__.get("return"))
    return fields


@cache
def classes() -> list[type]:
    """Return every class that is defined in the package."""
    result = []
    for module in pkgutil.walk_packages(ntkproofs.__path__, "ntkproofs."):
        if not module.name.endswith("__main__"):
            loaded = importlib.import_module(module.name)
            result += [
                kind for _, kind in inspect.getmembers(loaded, inspect.isclass) if kind.__module__ == module.name
            ]
    return result


def answering() -> list[type]:
    """Return the classes that say whether something holds."""
    return [
        kind
        for kind in classes()
        if (ANSWERS & set(annotations(kind)) or issubclass(kind, NoTruthValue))
        and kind.__name__ not in WITHOUT_A_VERDICT
        and kind is not NoTruthValue
        and not inspect.isabstract(kind)
    ]


@pytest.mark.parametrize("kind", answering(), ids=lambda kind: kind.__name__)
def test_has_no_truth_value_and_names_what_to_ask_for(kind: type) -> None:
    some = object.__new__(kind)
    for ask in (bool, lambda it: it and True, lambda it: not it, lambda it: [0 for _ in "x" if it]):
        with pytest.raises(InputError, match=rf"an? {kind.__name__} has no truth value: ask for .+"):
            ask(some)
    first = re.match(r"\.(\w+)", kind.instead)  # type: ignore[attr-defined]
    assert first is None or first[1] in annotations(kind) or hasattr(kind, first[1])


def test_a_new_class_with_a_bool_is_noticed() -> None:
    """Every bool field is the result of a check, whose class the test above includes, or in the list of others."""
    unknown = {
        f"{kind.__name__}.{name}"
        for kind in classes()
        for name, written in annotations(kind).items()
        if written in ("bool", "bool | None") and name not in ANSWERS | NEUTRAL
    }
    assert not unknown


def test_the_public_types_are_among_them() -> None:
    names = {kind.__name__ for kind in answering()}
    assert names >= {
        *("Ball", "Inequality", "Decision", "Identity", "Combination", "Proof", "Tally", "Comparison", "Measured"),
        *("Agreement", "Fact", "Verdict", "Result", "Claim", "ClaimFamily", "Exhaustion", "SbnRun", "Simulation"),
    }


FALSE, TRUE = less(4, sympy.pi), less(sympy.pi, sympy.Rational(22, 7))


@pytest.mark.parametrize(
    "slip",
    [
        lambda: conclude(decide(FALSE) and decide(TRUE)),
        lambda: conclude(decide(FALSE) or decide(TRUE)),
        lambda: decide(FALSE and TRUE),
        lambda: conclude(decide(FALSE)) and conclude(decide(TRUE)),
        lambda: any([decide(FALSE), decide(TRUE)]),
        lambda: all([decide(FALSE), decide(TRUE)]),
        lambda: [*filter(None, [decide(FALSE)])],
        lambda: not conclude(decide(FALSE)),
        lambda: 1 if estimate("pi", sympy.pi.evalf(5)._to_mpmath(53), Ball.pi(precision=53), digits=9) else 0,
        lambda: conclude(confirm("no", [1], lambda _: False, exhaustive=True) or decide(TRUE)),
        lambda: bool(identity(1, 2)),
        lambda: bool(combination(at_most(0, 1), {}, sympy.Integer(1))),
    ],
)
def test_mistakes_that_would_drop_a_finding_are_refused(slip: object) -> None:
    with pytest.raises(InputError, match="has no truth value: ask for "):
        slip()  # type: ignore[operator]


def test_a_claim_with_such_a_slip_is_an_error() -> None:
    @claim("4 < pi < 22/7", source="nobody")
    def both() -> object:
        return conclude(decide(FALSE) and decide(TRUE))

    verdict = both.run().verdict  # type: ignore[union-attr]
    assert verdict.kind == "error"
    assert 'a Decision has no truth value: ask for .outcome == "holds"' in verdict.failure


def test_an_exhaustion_cannot_be_asserted() -> None:
    from ntkproofs.execution import exhaust
    from ntkproofs.programs import addition_task

    with pytest.raises(InputError, match=r"an Exhaustion has no truth value: ask for \.holds"):
        assert exhaust(addition_task(2), workers=1)
