"""Inequalities in Coq: the text says what the balls decided; what coqc refuses, or was never asked, is not proved."""

import json
import re
import sys
import time
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import mpmath
import pytest
import sympy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ntkproofs.claims import Claim, conclude
from ntkproofs.cli import main
from ntkproofs.commands.prove import prove_results
from ntkproofs.coq import compiler as coqc_module
from ntkproofs.coq import inequalities as coq
from ntkproofs.coq.compiler import (
    MISSING,
    Coqc,
    RunResult,
    cache_folder,
    compile_file,
    find_coqc,
    one_run,
    read_cache,
    write_cache,
)
from ntkproofs.coq.inequalities import LemmaResult, prove_lemmas
from ntkproofs.coq.lemmas import Lemma, NoLemma, export
from ntkproofs.coq.recheck import RecheckResult
from ntkproofs.errors import InputError
from ntkproofs.report import engine_summary
from ntkproofs.report.versions import versions
from ntkproofs.rigor import Box, Decision, Integers, Point, at_most, decide, enclose, identity, less

n, x, y = sympy.symbols("n x y")
CLAIMS = Path(__file__).parents[1] / "claims"
FAKE = Coqc("/nowhere/coqc", "0.0")


@pytest.fixture
def coqc() -> Coqc:
    found = find_coqc()
    if found is None:
        pytest.skip(MISSING)
    return found


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def written(inequality, domain=None) -> Lemma:
    lemma = export(decide(inequality, domain))
    assert isinstance(lemma, Lemma)
    return lemma


def prove(decisions: list[Decision], *, coqc: Coqc) -> list[LemmaResult]:
    """Export decisions as lemmas and return the results of Coq, in order."""
    lemmas = [export(decision) for decision in decisions]
    results = prove_lemmas([lemma for lemma in lemmas if isinstance(lemma, Lemma)], coqc=coqc)
    assert set(lemmas) == set(results)
    return [results[lemma] for lemma in lemmas]


def as_if_it_held(inequality, domain) -> Decision:
    """A decision that was never made."""
    return Decision(inequality, domain, "holds", (), Fraction(1), 0, 64)


# --- an independent reader of what is written


class Reader:
    """Reads a statement by Coq's precedences and computes with mpmath: right where the text is right."""

    def __init__(self, text: str, values: dict[str, Fraction]) -> None:
        self.tokens = re.findall(r"[A-Za-z]\w*|\d+|<=|<>|/\\|[-+*/^()<]", text)
        assert "".join(self.tokens) == re.sub(r"\s", "", text)
        self.values = values

    def accept(self, *tokens):
        return self.tokens.pop(0) if self.tokens and self.tokens[0] in tokens else None

    def statement(self):
        """Return the comparisons that are joined, each as a list: value, sign, value, ..."""
        found = self.group() if self.joins() else [self.comparison()]
        while self.accept("/\\"):
            found += self.group() if self.joins() else [self.comparison()]
        return found

    def joins(self):
        """Whether a parenthesis opens here that holds comparisons."""
        depth = 0
        for token in self.tokens if self.tokens[0] == "(" else []:
            depth += (token == "(") - (token == ")")
            if depth == 0:
                return False
            if depth == 1 and token in ("<", "<=", "<>"):
                return True
        return False

    def group(self):
        assert self.accept("(")
        found = self.statement()
        assert self.accept(")")
        return found

    def comparison(self):
        parts = [self.sum()]
        while sign := self.accept("<", "<=", "<>"):
            parts += [sign, self.sum()]
        return parts

    def sum(self):
        value = self.product()
        while sign := self.accept("+", "-"):
            other = self.product()
            value = value + other if sign == "+" else value - other
        return value

    def product(self):
        value = self.negative()
        while sign := self.accept("*", "/"):
            other = self.negative()
            value = value * other if sign == "*" else value / other
        return value

    def negative(self):
        return -self.negative() if self.accept("-") else self.power()

    def power(self):
        base = self.applied()
        return base ** int(self.tokens.pop(0)) if self.accept("^") else base

    def applied(self):
        functions = {"sqrt": mpmath.sqrt, "ln": mpmath.log, "IZR": lambda value: value}
        names = ("exp", "sin", "cos", "atan", "acos", "asin")
        functions |= {name: getattr(mpmath, name) for name in names}
        if name := self.accept(*functions):
            return functions[name](self.atom())
        return self.atom()

    def atom(self):
        if self.accept("("):
            value = self.sum()
            assert self.accept(")")
            return value
        token = self.tokens.pop(0)
        if token == "PI":
            return mpmath.pi()
        if token.isdigit():
            return mpmath.mpf(int(token))
        return mpmath.mpf(self.values[token].numerator) / self.values[token].denominator


def read(lemma: Lemma, values: dict[str, Fraction]):
    """Return the comparisons of a statement at one point: what it asks for, and at last the inequality."""
    reader = Reader(lemma.statement.rpartition(" -> ")[2], values)
    found = reader.statement()
    assert not reader.tokens
    return found[:-1], found[-1]


def true(comparison) -> bool:
    signs = {"<": lambda a, b: a < b, "<=": lambda a, b: a <= b, "<>": lambda a, b: a != b}
    return all(
        signs[sign](left, right)
        for (left, right), sign in zip(pairwise(comparison[::2]), comparison[1::2], strict=True)
    )


LEAVES = st.sampled_from([x, y, sympy.pi, sympy.Integer(2), sympy.Integer(-3), sympy.Rational(-5, 7), sympy.sqrt(2)])
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: pair[0] + pair[1]),
        st.tuples(inner, inner).map(lambda pair: pair[0] - pair[1]),
        st.tuples(inner, inner).map(lambda pair: pair[0] * pair[1]),
        st.tuples(inner, inner).map(lambda pair: pair[0] / (3 + pair[1] ** 2)),
        inner.map(lambda tree: tree**3),
        inner.map(lambda tree: (1 + tree**2) ** sympy.Rational(-3, 2)),
        inner.map(lambda tree: sympy.log(1 + tree**2)),
        inner.map(lambda tree: sympy.exp(-(tree**2))),
        inner.map(sympy.atan),
        inner.map(sympy.sin),
        inner.map(lambda tree: sympy.acos(tree / (2 + tree**2))),
        inner.map(lambda tree: sympy.asin(tree / (2 + tree**2))),
    ),
    max_leaves=8,
)
NUMBERS = st.fractions(min_value=-3, max_value=3, max_denominator=50)


@settings(max_examples=60)
@example(2 / (3 * sympy.pi * (1 + x**2)), x / (sympy.pi * (3 + y**2) * (1 + x**2)), Fraction(2), Fraction(1, 3))
@given(TREES, TREES, NUMBERS, NUMBERS)
def test_the_text_means_what_the_balls_compute(left, right, first, second):
    lemma = export(as_if_it_held(less(left, right), Box({x: (-3, 3), y: (-3, 3)})))
    if isinstance(lemma, NoLemma):
        assert lemma.reason == "the statement has more than 20000 characters"
        return
    with mpmath.workdps(60):
        asked, (low, sign, high) = read(lemma, {"x": first, "y": second})
        assert sign == "<"
        for text, side in ((low, left), (high, right)):
            ball = enclose(side, {x: first, y: second}, precision=140)
            value = Fraction(*map(int, mpmath.libmp.to_rational(mpmath.mpf(text)._mpf_)))
            room = Fraction(1, 10**30) * (1 + abs(value))
            assert ball.lower - room <= value <= ball.upper + room
        assert all(true(each) for each in asked)


@pytest.mark.parametrize(
    ("domain", "begins"),
    [
        (Point(), "sqrt"),
        (Point({n: Fraction(-1, 2)}), "forall n : R, n = (-1) / 2 -> "),
        (Box({n: (0, Fraction(1, 3)), x: (-2, 2)}), "forall n x : R, 0 <= n <= 1 / 3 -> (-2) <= x <= 2 -> "),
        (Integers(n, 3, 70), "forall n : Z, (3 <= n <= 70)%Z -> "),
        (Integers(n, 3), "forall n : Z, (3 <= n)%Z -> "),
    ],
)
def test_the_domain_is_quantified_over(domain, begins):
    assert written(less(sympy.sqrt(2), sympy.pi), domain).statement.startswith(begins)


@pytest.mark.parametrize(
    ("side", "asked"),
    [
        (1 / x, ["x <> 0"]),
        (sympy.sqrt(x), ["0 <= x"]),
        (sympy.log(x), ["0 < x"]),
        (sympy.acos(x), ["-1 <= x <= 1"]),
        (sympy.asin(x), ["-1 <= x <= 1"]),
        (x ** sympy.Rational(-3, 2), ["0 <= x", "sqrt x <> 0"]),
        (1 / (x**2 * (1 + x) ** 3), ["x <> 0", "1 + x <> 0"]),
        (x / 7 + sympy.sqrt(3), []),
    ],
)
def test_what_coq_leaves_total_is_asked_for(side, asked):
    """Coq's 1 / 0, sqrt (-1) and ln 0 are numbers; a lemma that is silent about them would say less than the claim."""
    lemma = export(as_if_it_held(less(-100, side), Box({x: (Fraction(1, 4), 1)})))
    quantifier, _, rest = lemma.statement.partition(" -> ")
    assert quantifier == "forall x : R, 1 / 4 <= x <= 1"
    conditions = " /\\ ".join(asked)
    assert rest.startswith(f"({conditions}) /\\ (-100) < " if asked else "(-100) < ")
    assert lemma.conditions == len(asked)


@pytest.mark.parametrize("name", ["a) *) Axiom f : False. (*", "n'", "λ"])
def test_a_symbol_cannot_write_coq(name):
    with pytest.raises(InputError, match="is not the name of a symbol"):
        less(0, sympy.Symbol(name))


def test_a_name_that_coq_knows_is_replaced():
    sides = {sympy.Symbol(name): (1, 2) for name in ("R", "PI", "Z", "IZR")}
    lemma = written(less(0, sum(sides)), Box(sides))
    assert lemma.statement.startswith("forall x1 x2 x3 x4 : R, 1 <= x1 <= 2 -> 1 <= x2 <= 2")


@pytest.mark.parametrize("side", [x**1001, sum(sympy.sqrt(x + k) for k in range(2000))])
def test_what_is_too_large_is_not_written(side):
    assert isinstance(export(as_if_it_held(less(-1, side), Box({x: (1, 2)}))), NoLemma)


def test_only_what_holds_is_written():
    assert isinstance(export(decide(less(sympy.pi, 3))), NoLemma)
    assert isinstance(export(replace(decide(less(3, sympy.pi)), outcome="open")), NoLemma)


# --- with Coq


def test_true_inequalities_are_proved_and_a_touch_inside_a_box_stays_open(coqc):
    middle = Fraction(1, 2)
    decisions = [
        decide(less(sympy.log(2) + sympy.exp(sympy.Rational(-1, 3)), sympy.atan(7) + sympy.sin(1))),
        decide(less(sympy.acos(1 / sympy.sqrt(n)), 2), Box({n: (1, 900)})),
        decide(less(sympy.asin(x) + sympy.acos(-x), 3), Box({x: (-middle, middle)})),
        decide(less(x * y - x, Fraction(1, 100)), Box({x: (0, 1), y: (0, 1)})),
        decide(less(x - x**2, Fraction(2501, 10000)), Box({x: (0, 1)})),
        decide(less(sympy.sqrt(n), n + Fraction(1, 4)), Point({n: 2})),
        decide(less(sympy.sqrt(n), n - 1), Integers(n, 3, 400)),
        decide(less(1 / n + 1 / n**2, middle), Integers(n, 3)),
        decide(at_most(1, 1)),
        decide(at_most(2 * x / 3, x**2 + Fraction(1, 9)), Box({x: (0, 2)}, contacts=(Fraction(1, 3),))),
        decide(less(0, sympy.sqrt(n) - sympy.sqrt(n - 1)), Integers(n, 1)),
    ]
    assert {decision.outcome for decision in decisions} == {"holds"}
    proofs = prove(decisions, coqc=coqc)
    assert [proof.reason for proof in proofs] == [""] * 9 + ["interval failed", ""]
    assert [proof.outcome for proof in proofs] == ["proved"] * 9 + ["open", "proved"]
    assert all("Coq.Logic.Classical_Prop.classic" in proof.assumptions for proof in proofs[:9])
    assert not any("PrimFloat" in name for proof in proofs for name in proof.assumptions)


TOUCHING = [
    (sympy.sqrt(n + 1) - sympy.sqrt(n), 1 / (2 * sympy.sqrt(n))),
    (1 / (n + 1), sympy.log(1 + 1 / n)),
    (1 + 1 / n, sympy.exp(1 / n)),
    (1 / n - 1 / (n + 1), 1 / n**2),
]


def test_statements_that_touch_at_infinity_have_a_proof_that_divides_the_contact_out():
    for left, right in TOUCHING:
        holds = decide(less(left, right), Integers(n))
        assert "positive_by_derivative" in export(holds).contact
        assert export(as_if_it_held(less(right, left), Integers(n))).contact == ""  # no derivative is positive


def test_coq_accepts_the_division_of_a_contact(coqc):
    proofs = prove([decide(less(left, right), Integers(n)) for left, right in TOUCHING[:2]], coqc=coqc)
    assert [proof.outcome for proof in proofs] == ["proved"] * 2


def test_false_inequalities_are_never_proved(coqc):
    """Even if balls said so: each is false, touches, or is undefined somewhere."""
    whole = Box({x: (-1, 1)})
    lies = [
        as_if_it_held(less(sympy.pi, Fraction(314, 100)), Point()),
        as_if_it_held(less(1, 1), Point()),
        as_if_it_held(less(x**2, 1), whole),
        as_if_it_held(less(-2, 1 / x), Box({x: (0, 1)})),
        as_if_it_held(at_most(0, sympy.log(x) ** 2), whole),
        as_if_it_held(at_most(0, sympy.sqrt(x)), whole),
        as_if_it_held(less(-1, sympy.acos(x)), Box({x: (0, 2)})),
        as_if_it_held(less(sympy.sqrt(n), 20), Integers(n, 1, 400)),
        as_if_it_held(less(n, 10**6), Integers(n, 1)),
    ]
    proofs = prove(lies, coqc=coqc)
    assert {proof.outcome for proof in proofs} == {"open"}
    assert {proof.reason.partition(" (")[0] for proof in proofs} == {"interval failed"}


def test_a_statement_changed_after_the_decision_is_refused(coqc):
    lemma = written(less(3, sympy.pi))
    changed = replace(lemma, statement=lemma.statement.replace("3 < PI", "4 < PI"))
    assert prove_lemmas([changed], coqc=coqc)[changed].reason == "interval failed"


@pytest.mark.parametrize(("company", "busy"), [((), False), ((less(sympy.pi, 3),), False), ((), True)])
def test_a_lemma_that_takes_too_long_is_left_and_that_is_remembered_of_an_idle_machine(
    coqc, monkeypatch, company, busy
):
    monkeypatch.setattr(coqc_module, "MIN_CPU_SHARE", 2 if busy else 0)
    monkeypatch.setattr(coq, "SECONDS", 1)
    names = sympy.symbols("a:d")
    waves = sum(sympy.sin(7 * a) * sympy.exp(b) for a, b in pairwise((*names, names[0])))
    slow = as_if_it_held(at_most(waves, 6 + sympy.cos(names[0]) / 10), Box(dict.fromkeys(names, (0, 1))))
    others = [as_if_it_held(each, Point()) for each in company]
    again = " (the machine was busy: the next run tries again)" if busy else ""
    assert prove([slow, *others], coqc=coqc)[0].reason == "interval exceeded 1 s" + again
    assert len(list(cache_folder().glob("late-*.json"))) == (not busy)
    assert len(list(cache_folder().glob("inequality-*.json"))) == len(others)
    monkeypatch.setattr(coq, "compile_file", no_compiler)
    if busy:
        with pytest.raises(AssertionError, match="compiled"):
            prove([slow], coqc=coqc)
        return
    assert prove([slow], coqc=coqc)[0].reason == "interval exceeded 1 s"
    monkeypatch.setattr(coq, "_machine", lambda: "another")
    with pytest.raises(AssertionError, match="compiled"):
        prove([slow], coqc=coqc)


def no_compiler(*_, **__):
    raise AssertionError("compiled")


@pytest.mark.parametrize(("text", "busy"), [("sleep 1", True), ("while :; do :; done & sleep 1; kill $!; wait", None)])
def test_seconds_that_a_process_waited_are_no_seconds_that_it_computed(tmp_path, text, busy):
    fake = Coqc(str(script(tmp_path, text)), "1.0")
    outcome = compile_file(fake, tmp_path / "a.v", root=tmp_path, seconds=20, memory_mib=1024)
    assert outcome.ok
    assert outcome.seconds >= 1
    assert busy is None or outcome.busy is busy


@pytest.mark.parametrize("open_because", ["", "coqchk: stopped after 140 s"])
def test_what_coqchk_does_not_accept_is_not_proved(monkeypatch, open_because):
    compiler = told(monkeypatch, (True, GOOD))
    answer = RecheckResult(open=open_because) if open_because else RecheckResult(refusal="coqchk rejects the file: no")
    monkeypatch.setattr(coq, "recheck_files", lambda *_, **__: answer)
    said = open_because.removeprefix("coqchk: ") or "coqchk rejects the file: no"
    assert (ask().outcome, ask().reason) == ("open", said)
    assert compiler.calls == 2


def test_what_was_proved_by_an_earlier_run_is_marked(monkeypatch):
    told(monkeypatch, (True, GOOD))
    lemma = written(less(3, sympy.pi))
    assert not prove_lemmas([lemma], coqc=FAKE)[lemma].cached
    assert not prove_lemmas([lemma], coqc=FAKE)[lemma].cached
    with one_run():
        assert prove_lemmas([lemma], coqc=FAKE)[lemma].cached
    with one_run(cache=False):
        assert not prove_lemmas([lemma], coqc=FAKE)[lemma].cached


def test_coqc_is_stopped_at_its_limits(coqc, tmp_path):
    endless = tmp_path / "Endless.v"
    endless.write_text("Ltac spin := idtac; spin.\nGoal True. spin.\n")
    begin = time.monotonic()
    outcome = compile_file(coqc, endless, root=tmp_path, seconds=2, memory_mib=2048)
    assert time.monotonic() - begin < 20
    assert not outcome.ok
    assert outcome.output.startswith("stopped after 2 s")
    small = compile_file(coqc, endless, root=tmp_path, seconds=20, memory_mib=64)
    assert not small.ok
    assert "more than 64 MiB of memory" in small.output


def test_check_proves_a_claim(coqc, capsys):
    assert main(["check", str(CLAIMS / "true_claims.py"), "-k", "three", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["claims"][0]
    assert (found["verdict"], found["engine"]) == ("proved", coqc.engine)
    (finding,) = found["evidence"]["findings"]
    assert finding["coq"]["statement"] == "3 < PI"
    assert "interval with (i_prec 60)" in finding["coq"]["tactic"]
    assert set(finding["coq"]) == {"statement", "tactic", "assumptions", "digest", "seconds", "from_cache"}


# --- without Coq


def script(folder: Path, text: str) -> Path:
    """A program that plays coqc."""
    file = folder / "coqc"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


def test_the_variable_names_the_compiler(monkeypatch, tmp_path):
    monkeypatch.setenv("NTKPROOFS_COQC", str(script(tmp_path, 'echo "9.1.2 4.14"')))
    assert find_coqc() == Coqc(str(tmp_path / "coqc"), "9.1.2")
    for wrong in ("/nonexistent", str(tmp_path), sys.executable):
        monkeypatch.setenv("NTKPROOFS_COQC", wrong)
        assert find_coqc() is None


def test_what_coqc_starts_ends_with_it(tmp_path):
    fake = Coqc(str(script(tmp_path, f"sleep 300 & echo $! > {tmp_path}/child; wait")), "1.0")
    outcome = compile_file(fake, tmp_path / "a.v", root=tmp_path, seconds=1.5, memory_mib=1024)
    assert outcome.output == "stopped after 1.5 s"
    child = Path(f"/proc/{(tmp_path / 'child').read_text().strip()}/stat")
    deadline = time.monotonic() + 10
    while child.exists() and child.read_text().split()[2] != "Z" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not child.exists() or child.read_text().split()[2] == "Z"


def test_the_compiler_is_given_its_arguments_and_little_of_the_environment(tmp_path, monkeypatch):
    fake = Coqc(str(script(tmp_path, 'echo "$@"; env | cut -d= -f1 | sort | xargs; echo problem >&2; exit 7')), "1.0")
    for name in (
        "COQLIB",
        "COQPATH",
        "COQBIN",
        "COQCORELIB",
        "OCAMLPATH",
        "LD_PRELOAD",
        "XDG_DATA_HOME",
        "COQEXTRAFLAGS",
    ):
        monkeypatch.setenv(name, "")
    outcome = compile_file(fake, tmp_path / "a.v", root=tmp_path, name="Mine", seconds=9, memory_mib=1024)
    said = outcome.output.splitlines()
    assert not outcome.ok
    assert said[:2] == ["coqc exited with code 7", f"-q -Q {tmp_path} Mine {tmp_path}/a.v"]
    assert set(said[2].split()) <= {"HOME", "LC_ALL", "PATH", "TMPDIR", "PWD", "OLDPWD", "SHLVL", "_"}
    assert said[3] == "problem"
    with pytest.raises(InputError, match="must be positive"):
        compile_file(fake, tmp_path / "a.v", root=tmp_path, seconds=0, memory_mib=1)


def test_the_report_names_the_compiler_that_the_engine_asks(monkeypatch, tmp_path):
    monkeypatch.setenv("NTKPROOFS_COQC", str(script(tmp_path, 'echo "9.1.2 4.14"')))
    assert versions()["Coq"] == "9.1.2"


@pytest.mark.parametrize(("engine", "said"), [(["--engine", "coq"], True), ([], False), (["--engine", "balls"], False)])
def test_without_coqc_the_verdict_stays_decided(capsys, monkeypatch, engine, said):
    monkeypatch.setenv("NTKPROOFS_COQC", "/nonexistent")
    assert main(["check", str(CLAIMS / "true_claims.py"), "-k", "three", "--json", *engine]) == (2 if said else 0)
    out, err = capsys.readouterr()
    (found,) = json.loads(out)["claims"]
    assert found["verdict"] == "decided"
    assert (MISSING in err) == said
    assert found["evidence"]["findings"][0].get("coq") == ({"reason": MISSING} if said else None)


def test_the_table_says_what_coq_did_not_prove(capsys, monkeypatch):
    monkeypatch.setenv("NTKPROOFS_COQC", "/nonexistent")
    assert main(["check", str(CLAIMS / "true_claims.py"), "--engine", "coq"]) == 2  # what was asked for was not done
    out = capsys.readouterr().out
    assert f"Decided by ball arithmetic, not proved by Coq:\n  1 finding: {MISSING}" in out
    assert main(["check", str(CLAIMS / "true_claims.py"), "--engine", "balls"]) == 0
    assert "not proved by Coq" not in capsys.readouterr().out


def test_balls_alone_never_start_coqc(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("NTKPROOFS_COQC", str(script(tmp_path, f"touch {tmp_path}/started; echo 8.16.1")))
    assert main(["check", str(CLAIMS / "true_claims.py"), "-k", "three", "--engine", "balls"]) == 0
    assert not (tmp_path / "started").exists()
    assert "Arb" in capsys.readouterr().out
    assert main(["check", str(CLAIMS / "true_claims.py"), "-k", "three", "--engine", "coq"]) == 0
    assert (tmp_path / "started").exists()


def test_an_unknown_engine_is_bad_usage(capsys):
    assert main(["check", "--engine", "sympy"]) == 3
    assert "--engine" in capsys.readouterr().err


# --- a compiler that says what it is told to


class Told:
    """Stands for compile_file; counts its calls."""

    def __init__(self, *outputs: tuple[bool, str]) -> None:
        self.outputs, self.calls = outputs, 0

    def __call__(self, *_: object, **__: object) -> RunResult:
        ok, text = self.outputs[min(self.calls, len(self.outputs) - 1)]
        self.calls += 1
        return RunResult(ok, text, 1.0)


GOOD = """assumptions begin
Axioms:
Classical_Prop.classic : forall P : Prop, P \\/ ~ P
assumptions end
Constant Coq.Logic.Classical_Prop.classic
  (shorter name to refer to it in current context is Classical_Prop.classic)"""


def told(monkeypatch, *outputs: tuple[bool, str]) -> Told:
    compiler = Told(*outputs)
    monkeypatch.setattr(coq, "compile_file", compiler)
    monkeypatch.setattr(coq, "recheck_files", lambda *_, **__: RecheckResult())
    return compiler


def ask() -> LemmaResult:
    return prove([decide(less(3, sympy.pi))], coqc=FAKE)[0]


def test_what_was_proved_is_remembered(monkeypatch):
    compiler = told(monkeypatch, (True, GOOD))
    first, second = ask(), ask()
    assert compiler.calls == 1
    assert first == second
    assert (second.outcome, second.assumptions) == ("proved", ("Coq.Logic.Classical_Prop.classic",))
    other = prove([decide(less(2, sympy.pi))], coqc=FAKE)[0]
    newer = prove([decide(less(3, sympy.pi))], coqc=Coqc(FAKE.path, "0.1"))[0]
    assert compiler.calls == 3
    assert len({first.digest, other.digest, newer.digest}) == 3


def test_the_summary_of_engines_says_what_came_from_the_cache(monkeypatch):
    told(monkeypatch, (True, GOOD))
    claims = [Claim("a", "s", "here", lambda: conclude(decide(less(3, sympy.pi))))]
    lines = []
    for _ in range(2):
        with one_run():
            lines += engine_summary(prove_results([claim.run() for claim in claims], FAKE, jobs=1))
    assert lines == [
        "Coq 0.0: 1 finding (1 inequality)",
        "Coq 0.0: 1 finding (1 inequality); 1 from the cache (--no-cache computes them again)",
    ]


@pytest.mark.parametrize(
    "forge",
    [
        lambda good: b"",
        lambda good: b"\xff nonsense",
        lambda good: b"[" * 100_000,
        lambda good: b"[]",
        lambda good: json.dumps(good | {"format": 1}).encode(),
        lambda good: json.dumps(good | {"began": -1}).encode(),
        lambda good: json.dumps(good | {"digest": "0" * 64}).encode(),
        lambda good: json.dumps(good | {"outcome": "holds"}).encode(),
        lambda good: json.dumps(good | {"assumptions": []}).encode(),
        lambda good: json.dumps(good | {"assumptions": ["Mine.cheat"]}).encode(),
        lambda good: json.dumps(good | {"assumptions": [["x"]]}).encode(),
        lambda good: json.dumps(good | {"reason": "proved, trust me"}).encode(),
        lambda good: json.dumps(good | {"seconds": "1"}).encode(),
        lambda good: json.dumps(good | {"seconds": float("nan")}).encode(),
        lambda good: json.dumps(good | {"more": 1}).encode(),
        lambda good: json.dumps({key: good[key] for key in good if key != "reason"}).encode(),
        lambda good: json.dumps(good | {"reason": "x" * 100_000, "outcome": "open", "assumptions": []}).encode(),
    ],
)
def test_a_cache_of_another_form_counts_as_none(monkeypatch, forge):
    compiler = told(monkeypatch, (True, GOOD))
    ask()
    (file,) = cache_folder().glob("inequality-*.json")
    file.write_bytes(forge(json.loads(file.read_bytes())))
    assert ask().outcome == "proved"
    assert compiler.calls == 2


def test_a_cache_that_cannot_be_written_is_no_error(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    compiler = told(monkeypatch, (True, GOOD))
    assert [ask().outcome, ask().outcome] == ["proved", "proved"]
    assert compiler.calls == 2
    assert not write_cache("a", b"b")
    assert read_cache("a") is None


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            GOOD.replace("Axioms:", "Axioms:\ncheat : False"),
            "the proof has assumptions that are not on the allow-list: cheat",
        ),
        (GOOD.replace("classic", "classic2"), "not on the allow-list"),
        (GOOD.replace("Axioms:", "Nothing:"), "not an output of Print Assumptions"),
        (GOOD.replace("assumptions end", ""), "coqc printed no assumptions"),
        ("", "coqc printed no assumptions"),
    ],
)
def test_an_accepted_file_is_believed_only_for_its_assumptions(monkeypatch, said, reason):
    told(monkeypatch, (True, said))
    proof = ask()
    assert proof.outcome == "open"
    assert reason in proof.reason


@pytest.mark.parametrize("limit", ["stopped after 140 s", "more than 4096 MiB of memory needed"])
def test_a_limit_is_said_and_not_remembered(monkeypatch, limit):
    compiler = told(monkeypatch, (False, limit))
    assert (ask().outcome, ask().reason) == ("open", limit)
    assert compiler.calls == 2


def test_without_coq_interval_the_way_out_is_said(monkeypatch):
    lacks = "Cannot find a physical path bound to logical path Tactic with prefix Interval."
    told(monkeypatch, (False, f'coqc exited with code 1\nFile "./a.v", line 2, characters 0-36:\nError: {lacks}'))
    assert "apt-get install libcoq-interval" in ask().reason


def test_a_failing_lemma_does_not_take_the_others_along(monkeypatch):
    lemmas = [written(less(number, sympy.pi)) for number in (1, 2, 3)]
    first = coq._CoqFile.of(lemmas).source.splitlines().index("  2 < PI.") + 1
    failed = f'coqc exited with code 1\nFile "./a.v", line {first + 3}, characters 2-9:\nError: Tactic failure'
    told(monkeypatch, (False, failed), (True, "trial 1 fails"), (True, GOOD))
    found = prove_lemmas(lemmas, coqc=FAKE)
    assert [found[lemma].outcome for lemma in lemmas] == ["proved", "open", "proved"]


def test_a_verdict_is_as_strong_as_its_weakest_finding(monkeypatch):
    """An inequality that two claims need is asked for once; one that Coq cannot prove keeps its claim decided."""
    easy, hard = decide(less(3, sympy.pi)), decide(less(0, sympy.sqrt(n)), Integers(n, 1))
    claims = [
        Claim("both", "s", "here", lambda: conclude(easy, hard)),
        Claim("easy", "s", "here", lambda: conclude(easy, checks=[hard])),
        Claim("derived", "s", "here", lambda: conclude(easy, identity(x, x, {x: (0, 1)}))),
        Claim("false", "s", "here", lambda: conclude(decide(less(sympy.pi, 3)))),
    ]
    compiler = told(monkeypatch, (True, "trial 0 fails"), (True, GOOD))
    both, alone, derived, false = prove_results([claim.run() for claim in claims], FAKE, jobs=1)
    assert compiler.calls == 2
    kinds = [result.verdict.kind for result in (both, alone, derived, false)]
    assert kinds == ["decided", "proved", "derived", "refuted"]
    assert both.verdict.engine.startswith("Coq 0.0 + Arb (python-flint")
    notes = [fact.evidence["coq"] for fact in both.verdict.facts]
    assert notes[0]["assumptions"] == ["Coq.Logic.Classical_Prop.classic"]
    assert notes[1]["reason"] == "interval failed (unbounded domain)"
    assert alone.verdict.margin.startswith("≥ 0.14159")
    assert alone.verdict.facts[0].evidence["margin_engine"].startswith("Arb")
    assert "coq" not in false.verdict.facts[0].evidence
