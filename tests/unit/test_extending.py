"""What docs/maintaining.md says about a new engine and a new program, done: no file of the package is touched."""

import json
import operator
from dataclasses import dataclass, replace

import pytest

from ntkproofs.catalogue import CATALOGUE, BuiltIn, add
from ntkproofs.claims import Claim, conclude
from ntkproofs.claims.transport import from_json, to_json
from ntkproofs.cli import main
from ntkproofs.errors import InputError
from ntkproofs.facts import Fact, Finding, as_fact
from ntkproofs.issued import issues
from ntkproofs.programs import Task, TemplateProgram

# --- an engine: trial division


@dataclass(frozen=True)
class Primality(Finding):
    """Whether a number is prime, and its least divisor if it is not."""

    instead = ".divisor is None"

    number: int
    divisor: int | None

    def fact(self) -> Fact:
        return Fact(
            kind="decided",
            outcome="holds" if self.divisor is None else "fails",
            engine="trial division",
            text=f"{self.number} is prime",
            work=1,
            unit="numbers",
            reason="" if self.divisor is None else f"{self.divisor} divides it",
            evidence={"divisor": self.divisor},
            finding=self,
        )


@issues
def decide_prime(number: int) -> Primality:
    """Decide by trial division whether a number above 1 is prime."""
    return Primality(number, next((item for item in range(2, number) if number % item == 0), None))


def run(finding):
    return Claim("mine.prime", "a number is prime", "here", lambda: conclude(finding)).run()


def test_a_new_engine_gives_verdicts():
    result = run(decide_prime(101))
    assert (result.verdict.kind, result.verdict.engine) == ("decided", "trial division")
    refuted = run(decide_prime(91)).verdict
    assert (refuted.kind, refuted.reason) == ("refuted", "91 is prime: 7 divides it")
    sent = json.loads(json.dumps(to_json(result)))
    assert from_json(sent, result.claim).verdict.evidence == result.verdict.evidence


@pytest.mark.parametrize(
    "forged", [Primality(91, None), replace(decide_prime(91), divisor=None), replace(decide_prime(101))]
)
def test_a_result_that_the_new_engine_did_not_return_is_undecided(forged):
    verdict = run(forged).verdict
    assert verdict.kind == "undecided"
    assert "this Primality was not returned by its engine" in verdict.reason


class Surer(Primality):
    """To derive from an engine's result is not to be one."""


def test_a_subclass_that_does_not_say_which_fact_it_is_is_refused():
    with pytest.raises(InputError, match=r"a verdict consists of findings .*, got Surer"):
        as_fact(Surer(91, None))


def test_an_engine_that_does_not_say_which_fact_its_result_is_cannot_make_one():
    @dataclass(frozen=True)
    class Silent(Finding):
        number: int

    with pytest.raises(TypeError, match="abstract"):
        Silent(3)


# --- a program: the bitwise and


def both(bits: int) -> TemplateProgram:
    """Return the program that writes ``x & y`` to ``z``."""
    program = TemplateProgram("both", fields={"x": bits, "y": bits, "z": bits})
    for i in range(bits):
        program.template(when={("x", i): 1, ("y", i): 1}, write=[("z", i)])
    return program


def both_task(bits: int) -> Task:
    output = tuple(("z", index) for index in range(bits))
    return Task(both(bits), inputs=("x", "y"), steps=1, output=output, oracle=operator.and_)


@pytest.fixture
def _catalogued():
    limits = {"run": 64, "exhaust": 12, "certify": 64}
    add(BuiltIn("both", "the bits that two numbers share", both_task, limits=limits, operands=("X", "Y")))
    yield
    del CATALOGUE["both"]


@pytest.mark.usefixtures("_catalogued")
def test_a_new_program_is_known_to_the_commands(capsys, tmp_path):
    assert main(["run", "both", "12", "10", "--bits", "4"]) == 0
    assert capsys.readouterr().out == "8\n"
    assert main(["exhaust", "both", "--bits", "4", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cases"] == 256
    file = f"{tmp_path}/both.json"
    assert main(["certify", "both", "--bits", "4", "--failure", "1e-6", "-o", file]) == 0
    assert main(["verify", file]) == 0


@pytest.mark.usefixtures("_catalogued")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "both", "1", "2", "--bits", "65"], "--bits must be an integer from 1 to 64, got '65'"),
        (["exhaust", "both", "--bits", "2", "--order", "1,0"], "--order is not an option of both"),
        (["simulate", "both", "--bits", "4", "--networks", "2"], "invalid choice: 'both'"),
    ],
)
def test_the_limits_and_options_of_a_new_program_are_its_own(capsys, arguments, message):
    assert main(arguments) == 3
    assert message in capsys.readouterr().err


@pytest.mark.usefixtures("_catalogued")
def test_a_name_is_taken_once():
    with pytest.raises(InputError, match="already has a program with the name 'both'"):
        add(CATALOGUE["both"])


# --- names that moved


def test_earlier_names_of_facts_are_those_of_claims():
    from ntkproofs import claims, facts

    assert facts.tally is claims.confirm_batches
    assert facts.measured is claims.confirm_measured
    assert facts.agreement is claims.estimate
    assert facts.confirm is claims.confirm
    with pytest.raises(AttributeError, match="has no attribute 'guess'"):
        _ = facts.guess
