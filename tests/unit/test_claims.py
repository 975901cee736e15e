"""Verdicts follow from findings; claims that prove nothing are errors; files are collected without collisions."""

import asyncio
import contextlib
import os
import py_compile
import re
import site
import sys
from fractions import Fraction as Q
from hashlib import sha256
from pathlib import Path

import mpmath
import pytest
import sympy

import ntkproofs
from ntkproofs.claims import (
    VERDICTS,
    Claim,
    ClaimFamily,
    Tally,
    Verdict,
    claim,
    collect,
    conclude,
    confirm,
    confirm_batches,
    estimate,
    importing,
)
from ntkproofs.claims.registry import imported_claims
from ntkproofs.commands.workers import list_claims
from ntkproofs.errors import InputError, NotInGrammar
from ntkproofs.facts import amended, as_fact
from ntkproofs.rigor import Ball, Box, at_most, combination, decide, identity, less
from ntkproofs.rigor import Inequality as Statement

CLAIMS = Path(__file__).resolve().parents[1] / "claims"
x, a = sympy.symbols("x a")
TRUE = decide(less(3, sympy.pi))
FALSE = decide(less(sympy.pi, 3))
OPEN = decide(Statement(sympy.cos(2 * sympy.erf(1)), 1 - 2 * sympy.sin(sympy.erf(1)) ** 2, strict=False))
SAME = identity(x, x, {x: (0, 1)})
PROOF = combination(at_most(1, x), {a: x - 1}, a)
TRIED = confirm("small", range(5), lambda case: case < 5, exhaustive=True)
PI = Ball.pi(precision=100)
AGREES = estimate("pi", mpmath.mp.pi + 0, PI, digits=10)
DIFFERS = estimate("pi", mpmath.mpf("3.14"), PI, digits=10)


# --- verdicts


@pytest.mark.parametrize(
    "finding", [True, False, None, "holds", 1, 1.0, [], {}, sympy.true, (TRUE,), less(3, sympy.pi)]
)
def test_a_verdict_is_made_of_findings_only(finding):
    with pytest.raises(InputError, match="consists of findings"):
        conclude(finding)
    with pytest.raises(InputError, match="consists of findings"):
        conclude(TRUE, checks=[finding])
    with pytest.raises(InputError, match="consists of findings"):
        as_fact(finding)


def test_a_verdict_needs_a_finding():
    for attempt in (lambda: conclude(), lambda: Verdict(()), lambda: conclude(checks=[TRUE]), lambda: Verdict((), ())):
        with pytest.raises(InputError, match="nothing was decided"):
            attempt()


def test_an_estimate_alone_decides_nothing():
    for attempt in (
        lambda: conclude(AGREES),
        lambda: conclude(AGREES, AGREES),
        lambda: conclude(AGREES, checks=[TRUE]),
    ):
        with pytest.raises(InputError, match="not an estimate"):
            attempt()


@pytest.mark.parametrize(
    ("findings", "checks", "kind"),
    [
        ([TRUE], [], "decided"),
        ([SAME], [], "derived"),
        ([PROOF], [], "derived"),
        ([TRIED], [], "confirmed"),
        ([TRUE, SAME], [], "derived"),
        ([SAME, TRUE], [], "derived"),
        ([TRUE, TRIED], [], "confirmed"),
        ([TRIED, SAME, TRUE], [], "confirmed"),
        ([TRUE], [TRIED], "decided"),
        ([TRUE], [AGREES], "decided"),
        ([TRUE, AGREES], [], "decided"),
        ([FALSE], [], "refuted"),
        ([TRUE, FALSE], [], "refuted"),
        ([TRUE], [FALSE], "refuted"),
        ([OPEN], [], "undecided"),
        ([TRUE, OPEN], [], "undecided"),
        ([TRUE], [OPEN], "undecided"),
        ([OPEN, FALSE], [], "refuted"),
        ([TRUE], [DIFFERS], "error"),
        ([TRUE, DIFFERS], [], "error"),
        ([OPEN], [DIFFERS], "error"),
        ([FALSE], [DIFFERS], "refuted"),
    ],
)
def test_the_weakest_finding_determines_the_verdict(findings, checks, kind):
    verdict = conclude(*findings, checks=checks)
    assert verdict.kind == kind
    assert kind in VERDICTS
    assert (verdict.reason == "") == (kind in ("decided", "derived", "confirmed"))


def test_a_proof_is_as_strong_as_its_weakest_part():
    proof = amended(as_fact(TRUE), kind="proved", engine="Coq")
    assert conclude(proof).kind == "proved"
    assert conclude(proof, TRUE).kind == "decided"


def test_the_verdict_names_engines_margin_and_reason():
    verdict = conclude(TRUE, SAME, checks=[TRIED])
    assert verdict.engines[0].startswith("Arb (python-flint")
    assert "execution" not in verdict.engine
    assert verdict.margin.startswith("≥ 0.14159")
    refuted = conclude(decide(less(x, Q(1, 2)), Box({x: (0, 1)})))
    assert "x = 1/2" in refuted.reason
    assert refuted.evidence["findings"][0]["counterexample"]["point"] == {"x": "1/2"}


def test_verdicts_cannot_be_changed_afterwards():
    verdict = conclude(FALSE)
    with pytest.raises(AttributeError):
        verdict.kind = "decided"
    with pytest.raises(AttributeError):
        verdict.facts = (as_fact(TRUE),)


# --- findings by execution and by estimate


def test_no_cases_confirm_nothing():
    with pytest.raises(InputError, match="no case"):
        confirm("nothing", [], lambda _: True, exhaustive=True)
    with pytest.raises(InputError, match="no case"):
        confirm_batches("nothing", [(0, None)], exhaustive=True)


def test_a_confirmation_without_cases_supports_no_verdict():
    with pytest.raises(InputError):
        conclude(Tally("nothing", cases=0, exhaustive=True, seed=None, wrong=None))


def test_samples_need_a_seed():
    with pytest.raises(InputError, match="seed"):
        confirm("some", [1], lambda _: True, exhaustive=False)


@pytest.mark.parametrize("answer", [1, None, "yes", sympy.true])
def test_a_check_answers_true_or_false(answer):
    with pytest.raises(InputError, match="True or False"):
        confirm("some", [1], lambda _: answer, exhaustive=True)


def test_the_first_wrong_case_is_named_and_ends_the_search():
    seen = []
    result = confirm("small", range(10), lambda case: seen.append(case) or case < 4, exhaustive=True)
    assert (result.cases, result.wrong) == (5, "4")
    assert seen == [0, 1, 2, 3, 4]
    assert conclude(result).kind == "refuted"


@pytest.mark.parametrize(
    ("digits", "agrees"), [(5, True), (10, True), (11, False), (30, False)]
)  # 3.14159265359 differs from pi by 2.1e-13
def test_an_estimate_agrees_to_its_digits_only(digits, agrees):
    near = mpmath.mpf("3.14159265359") + mpmath.mpf("1.5e-11")
    assert estimate("pi", near, PI, digits=digits).agrees is agrees


@pytest.mark.parametrize("sign", [1, -1])
def test_an_estimate_with_the_wrong_sign_disagrees(sign):
    assert estimate("-pi", -mpmath.mp.pi * sign, -1 * PI, digits=10).agrees is (sign == 1)


@pytest.mark.parametrize("value", [mpmath.nan, mpmath.inf, -mpmath.inf], ids=str)
def test_an_estimate_that_is_not_a_number_disagrees(value):
    with contextlib.suppress(InputError):
        assert not estimate("zero", value, Ball(0, precision=53), digits=30).agrees


# --- claims


def run(function, **options):
    return claim("a statement", source="here", **options)(function).run().verdict


def test_a_claim_that_raises_is_an_error():
    def broken():
        raise ValueError("two\n lines")

    verdict = run(broken)
    assert verdict.kind == "error"
    assert re.fullmatch(
        r'ValueError: two lines \(.*test_claims\.py, line \d+: raise ValueError\("two\\n lines"\)\)', verdict.reason
    )


@pytest.mark.parametrize("value", [None, True, TRUE, "holds", 0])
def test_a_claim_that_returns_no_verdict_is_an_error(value):
    verdict = run(lambda: value)
    assert verdict.kind == "error"
    assert type(value).__name__ in verdict.reason


@pytest.mark.parametrize(
    "function",
    [
        lambda: conclude(),
        lambda: conclude(True),
        lambda: conclude(AGREES),
        lambda: conclude(confirm("nothing", [], lambda _: True, exhaustive=True)),
        lambda: conclude(decide(less(0, x), Box({x: (1, 1)}))),
        lambda: conclude(decide(less(0, x))),
        lambda: conclude(decide(less(-1, sympy.log(x)), Box({x: (-2, -1)}))),
        lambda: conclude(identity(sympy.sqrt(x), sympy.sqrt(x), {x: (-2, -1)})),
    ],
)
def test_a_claim_without_cases_is_an_error(function):
    assert run(function).kind == "error"


@pytest.mark.parametrize("text", ["", "  ", None, 3])
def test_a_claim_has_a_statement_and_a_source_in_words(text):
    with pytest.raises(InputError, match="a statement, a nonempty string"):
        claim(text, source="here")
    with pytest.raises(InputError, match="a source, a nonempty string"):
        claim("something", source=text)


def test_a_family_of_claims():
    @claim("{size} is small", source="here", each={"size": (1, 9)})
    def small(size):
        return conclude(confirm("small", [size], lambda case: case < 5, exhaustive=True))

    assert isinstance(small, ClaimFamily)
    assert [(each.name, each.statement) for each in small.claims] == [
        ("small[1]", "1 is small"),
        ("small[9]", "9 is small"),
    ]
    assert [each.run().verdict.kind for each in small.claims] == ["confirmed", "refuted"]


@pytest.mark.parametrize(
    ("each", "message"),
    [
        ({"size": ()}, "claim <lambda>: there are no values for size"),
        ({"size": iter([])}, "there are no values for size"),
        ({"size": "12"}, r"the values of size are the string '12'; write a tuple: \('12',\)"),
        ({"size": bytearray(b"12")}, r"the values of size are the string bytearray\(b'12'\)"),
        ({"size": 3}, "the values of size must be a tuple or list, got 3"),
        ({"size": (1,), "width": (2,)}, "must have one parameter"),
        ({}, "must have one parameter"),
        ([("size", (1,))], "must have one parameter"),
    ],
)
def test_a_family_needs_one_parameter_with_values(each, message):
    with pytest.raises(InputError, match=message):
        claim("x", source="y", each=each)(lambda size: None)


def test_two_families_cannot_share_an_iterator():
    sizes = map(int, "123")
    family = claim("{size}", source="y", each={"size": sizes})(lambda size: None)
    assert [each.name for each in family.claims] == ["<lambda>[1]", "<lambda>[2]", "<lambda>[3]"]
    with pytest.raises(InputError, match="an iterator can be consumed only once"):
        claim("{size}", source="y", each={"size": sizes})(lambda size: None)


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError


@pytest.mark.parametrize(
    "exception", [pytest.skip.Exception("no"), asyncio.CancelledError(), GeneratorExit(), SystemExit(0), Unprintable()]
)
def test_every_exception_of_a_claim_is_its_error(exception):
    def raises():
        raise exception

    verdict = run(raises)
    assert verdict.kind == "error"
    assert verdict.reason.startswith(type(exception).__name__)


def test_ctrl_c_ends_what_runs_in_this_process():
    def stopped():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(stopped)


class Mine(Verdict):
    kind = "proved"


def test_a_verdict_of_another_class_is_an_error():
    fact = as_fact(FALSE)
    assert Mine((fact,)).kind == "proved"
    assert run(lambda: Mine((fact,))).kind == "error"


# --- collecting


def test_claims_of_a_file_in_the_order_in_which_they_stand():
    claims = collect([CLAIMS / "true_claims.py"])
    assert [item.name for item in claims] == [
        "true_claims.pi_is_more_than_three",
        "true_claims.squares[2]",
        "true_claims.squares[5]",
    ]
    assert [item.source for item in claims] == ["Archimedes", "school", "school"]


def test_a_directory_is_all_its_files():
    names = {item.name.split(".")[0] for item in collect([CLAIMS])}
    assert names == {"true_claims", "false_claims", "open_claims"}


def test_filtering_by_name_or_statement_in_any_case():
    assert [item.name for item in collect([CLAIMS], matching="MORE_THAN")] == ["true_claims.pi_is_more_than_three"]
    assert [item.name for item in collect([CLAIMS], matching="squares of 5")] == ["true_claims.squares[5]"]


def test_missing_files_and_empty_selections_are_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "empty.py").write_text("")
    for paths, options in (
        ([tmp_path / "missing"], {}),
        ([tmp_path / "missing.py"], {}),
        ([tmp_path / "notes.txt"], {}),
        ([tmp_path / "empty.py"], {}),
        ([tmp_path], {}),
        ([], {}),
        ([CLAIMS], {"matching": "no such claim"}),
    ):
        with pytest.raises(InputError):
            collect(paths, **options)


@pytest.mark.parametrize("text", ["1/0", "import no_such_module", "def f(:", "raise OSError"])
def test_a_file_that_cannot_be_imported_is_an_error(tmp_path, text):
    file = tmp_path / "broken.py"
    file.write_text(text + "\n")
    (only,) = collect([file])
    assert isinstance(only, Claim)
    assert only.run().verdict.kind == "error"
    assert "broken.py" in only.statement


def test_a_file_that_cannot_be_collected_is_not_filtered_out(tmp_path):
    (tmp_path / "broken.py").write_text("1 / 0\n")
    (tmp_path / "good.py").write_text((CLAIMS / "true_claims.py").read_text())
    expected = ["broken", "good.pi_is_more_than_three"]
    assert [item.name for item in collect([tmp_path], matching="more_than")] == expected
    assert [item.name for item in list_claims([tmp_path], matching="more_than").claims] == expected


HELPED = """
from ntkproofs.claims import claim, conclude
from ntkproofs.facts import confirm
from helper import VALUE

@claim(f"the helper says {VALUE}", source="here")
def helped():
    return conclude(confirm("value", [VALUE], lambda v: v == VALUE, exhaustive=True))
"""


def test_folders_with_helpers_of_the_same_name_do_not_collide(tmp_path):
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "helper.py").write_text(f"VALUE = {name!r}\n")
        (folder / "checks.py").write_text(HELPED)
    path = list(sys.path)
    claims = collect([tmp_path / "one", tmp_path / "two"])
    assert [item.statement for item in claims] == ["the helper says one", "the helper says two"]
    assert [item.run().verdict.kind for item in claims] == ["confirmed", "confirmed"]
    assert sys.path == path
    assert "helper" not in sys.modules


def test_an_imported_claim_is_collected_where_it_stands_only(tmp_path):
    (tmp_path / "a.py").write_text(HELPED.replace("from helper import VALUE", "VALUE = 1"))
    (tmp_path / "b.py").write_text("from a import helped\n" + HELPED.replace("from helper import VALUE", "VALUE = 2"))
    claims = collect([tmp_path])
    assert [item.name for item in claims] == ["a.helped", "b.helped"]


def test_private_files_are_left_out_and_leading_numbers_only_order(tmp_path):
    text = HELPED.replace("from helper import VALUE", "VALUE = 1")
    for name in ("_private.py", "02_second.py", "10_first.py", "7.py"):
        (tmp_path / name).write_text(text)
    assert [item.name for item in collect([tmp_path])] == ["second.helped", "first.helped", "7.helped"]


# --- registering

TOP = """
from ntkproofs.claims import claim, conclude
from ntkproofs.facts import confirm

def tried(*_, **__):
    return conclude(confirm("one", [1], lambda v: v == 1, exhaustive=True))
"""
WRAPPED = """
def bare(function):
    def wrapper():
        return function()
    return wrapper
"""


def names_of(tmp_path, **files):
    for name, text in files.items():
        (tmp_path / f"{name}.py").write_text(TOP + text)
    claims = collect([tmp_path / "mine.py"])
    return [item.name for item in claims], {item.name: item.run().verdict for item in claims}


@pytest.mark.parametrize(
    ("text", "helper", "names"),
    [
        ("from helper import make\nmade = make()", "def make():\n    return claim('s', source='h')(tried)", ["tried"]),
        ("import helper\nhelper.make()", "def make():\n    claim('s', source='h')(tried)", ["tried"]),
        (WRAPPED + "@bare\n@claim('s', source='h')\ndef f(): return tried()", "", ["f"]),
        (WRAPPED + "@claim('s', source='h')\n@bare\ndef f(): return tried()", "", ["wrapper"]),
        ("kept = [claim('s', source='h')(tried)]", "", ["tried"]),
        ("kept = {'a': [claim('{x}', source='h', each={'x': (1, 2)})(tried)]}", "", ["tried[1]", "tried[2]"]),
        ("class Kept:\n    one = claim('s', source='h')(tried)", "", ["tried"]),
        ("for n in range(2):\n    claim(f'{n}', source='h', each={'n': (n,)})(tried)", "", ["tried[0]", "tried[1]"]),
        ("claim('s', source='h')(tried)\ndel claim", "", ["tried"]),
    ],
)
def test_every_claim_that_is_made_is_collected(tmp_path, text, helper, names):
    result, verdicts = names_of(tmp_path, mine=text, helper=helper)
    assert result == [f"mine.{name}" for name in names]
    assert {verdict.kind for verdict in verdicts.values()} == {"confirmed"}


@pytest.mark.parametrize(
    "text",
    [
        "@claim('one', source='h')\ndef f(): return tried()\n@claim('two', source='h')\ndef f(): return tried()",
        WRAPPED + "for n in range(2):\n    claim(f'{n}', source='h')(bare(tried))",
        "claim('{x}', source='h', each={'x': (1, '1')})(tried)",
        "claim('s', source='h')(tried)\nf = tried\ntry:\n    claim('s', source='h')(f)\nfinally:\n    del f",
    ],
)
def test_two_claims_of_one_name_are_an_error(tmp_path, text):
    result, verdicts = names_of(tmp_path, mine=text + "\nclaim('alone', source='h', each={'y': (5,)})(tried)")
    assert len(result) == 2
    assert verdicts.pop("mine.tried[5]").kind == "confirmed"
    (verdict,) = verdicts.values()
    assert verdict.kind == "error"
    assert re.search(r"2 claims of mine\.py have the name \S+ \(line \d+, line \d+\)", verdict.reason)


def test_claims_of_a_helper_that_is_not_collected_are_an_error(tmp_path):
    own = "from _helper import lost\nclaim('s', source='h')(tried)"
    result, verdicts = names_of(tmp_path, mine=own, _helper="lost = claim('s', source='h', each={'n': (7,)})(tried)")
    assert result == ["mine.tried", "mine._helper"]
    assert verdicts["mine._helper"].kind == "error"
    assert "_helper.py, imported by mine.py, constructs claims that are not collected: tried[7]" in (
        verdicts["mine._helper"].reason
    )


def test_a_claim_made_in_a_thread_belongs_to_the_file(tmp_path):
    text = "import threading\nt = threading.Thread(target=claim('s', source='h'), args=(tried,))\nt.start()\nt.join()"
    assert names_of(tmp_path, mine=text)[0] == ["mine.tried"]


def test_the_same_file_named_twice_is_read_once(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(TOP + "claim('s', source='h')(tried)")
    (tmp_path / "same.py").symlink_to(file)
    names = [item.name for item in collect([file, tmp_path, file, tmp_path / "same.py"])]
    assert names == ["mine.tried"]


def test_files_of_one_name_are_told_apart(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.py").write_text(TOP + "claim('s', source='h')(tried)")
    for number in (1, 2):
        (tmp_path / f"{number}_sums.py").write_text(TOP + "claim('s', source='h')(tried)")
    names = [item.name for item in collect([tmp_path / "one", tmp_path / "two", tmp_path])]
    assert names == ["one/mine.tried", "two/mine.tried", "1_sums.tried", "2_sums.tried"]


# --- importing


def test_a_helper_that_has_the_name_of_a_standard_module_is_taken_and_said(tmp_path):
    (tmp_path / "statistics.py").write_text("VALUE = 'mine'\n")
    (tmp_path / "mine.py").write_text(HELPED.replace("helper", "statistics"))
    before = sys.modules.get("statistics")
    with imported_claims(tmp_path / "mine.py") as result:
        assert [item.statement for item in result.claims] == ["the statistics says mine"]
        assert result.imports.shadowed == ["statistics"]
    assert sys.modules.get("statistics") is before


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sympy", "sympy.py has the name of the package sympy, on which verdicts rest: rename the file"),
        ("numpy", "numpy.py has the name of the package numpy"),
        ("sys", "sys.py has the name of a module built into Python"),
        ("os", "os.py has the name of a module built into Python"),
    ],
)
def test_a_helper_cannot_take_the_name_of_an_engine_or_of_a_built_in_module(tmp_path, name, message):
    (tmp_path / f"{name}.py").write_text("VALUE = 'mine'\n")
    (tmp_path / "mine.py").write_text(HELPED.replace("helper", name))
    (only,) = collect([tmp_path / "mine.py"])
    assert message in only.run().verdict.reason


def test_claims_may_lie_beside_the_package_and_beside_an_environment(tmp_path, monkeypatch):
    (tmp_path / "ntkproofs").symlink_to(Path(ntkproofs.__file__).parent)
    environment = tmp_path / ".venv" / "site-packages"
    environment.mkdir(parents=True)
    (environment / "installed_thing.py").write_text("VALUE = 'installed'\n")
    (tmp_path / "mine.py").write_text(HELPED.replace("helper", "installed_thing"))
    monkeypatch.setattr(site, "getsitepackages", lambda: [str(environment)])
    monkeypatch.syspath_prepend(environment)
    clear_caches()
    with imported_claims(tmp_path / "mine.py") as result:
        assert [item.statement for item in result.claims] == ["the installed_thing says installed"]
        assert list(result.imports.sources) == [tmp_path / "mine.py"]
    clear_caches()
    del sys.modules["installed_thing"]


def clear_caches():
    importing._installed.cache_clear()
    importing._resolved.cache_clear()


def test_no_byte_code_is_read_or_written(tmp_path):
    """The source is replaced by one of the same size and time, as rsync and tar can do."""
    helper, file = tmp_path / "helper.py", tmp_path / "mine.py"
    file.write_text(HELPED)
    helper.write_text("VALUE = 'old'\n")
    py_compile.compile(str(helper))
    py_compile.compile(str(file))
    before = helper.stat()
    helper.write_text("VALUE = 'new'\n")
    os.utime(helper, ns=(before.st_atime_ns, before.st_mtime_ns))
    kept = sorted(tmp_path.rglob("*.pyc"))
    assert [item.statement for item in collect([file])] == ["the helper says new"]
    for item in kept:
        item.unlink()
    collect([file])
    assert list(tmp_path.rglob("*.pyc")) == []


def test_the_digests_are_those_of_the_sources_that_ran(tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "bounds.py").write_text("VALUE = 1\n")
    (tmp_path / "mine.py").write_text(HELPED.replace("from helper", "from lib.bounds"))
    with imported_claims(tmp_path / "mine.py") as result:
        assert result.imports.sources == {
            file: sha256(file.read_bytes()).hexdigest()
            for file in (tmp_path / "mine.py", tmp_path / "lib" / "bounds.py")
        }
    assert not [name for name in sys.modules if name == "lib" or name.startswith("lib.")]


# --- statements outside the grammar


def test_a_claim_outside_the_grammar_is_undecided_and_says_how_to_write_it():
    @claim("the floor", source="test")
    def floor():
        return conclude(TRUE, decide(at_most(sympy.floor(x), x), Box({x: (0, 1)})))

    @claim("a value error of the claim itself", source="test")
    def wrong():
        raise InputError("floor(x) is not in the grammar")

    verdict = floor.run().verdict
    assert verdict.kind == "undecided"
    assert "x - 1 < floor(x) <= x" in verdict.reason
    assert wrong.run().verdict.kind == "error"


@pytest.mark.parametrize(
    ("expression", "rewrite"),
    [
        (sympy.Piecewise((x, x > 0), (0, True)), "state each case"),
        (sympy.sign(x), "state each case"),
        (sympy.asec(x + 1), "write acos(1/(x + 1))"),
        (sympy.atan2(x, a), "write atan(x/a) where a > 0"),
        (sympy.LambertW(x), "w*exp(w) = x"),
        (x + sympy.Float("0.1"), "Rational(1, 10)"),
        (sympy.beta(x, a + 1), "gamma(x)*gamma(a + 1)/gamma(x + a + 1)"),
        (sympy.GoldenRatio + x, "(1 + sqrt(5))/2"),
        (sympy.I * x, "complex"),
        (sympy.Sum(a, (a, 1, x)), "closed form"),
        (sympy.zeta(x), "exact rationals, pi"),
        (sympy.Function("floor")(x), "exact rationals, pi"),
    ],
    ids=str,
)
def test_the_message_names_the_part_and_its_rewrite(expression, rewrite):
    with pytest.raises(NotInGrammar, match=re.escape(rewrite)):
        less(expression, 1)


def test_rewrites_are_in_the_grammar_and_equal():
    """Where a message offers a formula, it is one that can be decided, with the values of the function."""
    at = {x: sympy.Rational(7, 3), a: sympy.Rational(3, 2)}
    arguments = {"atan2": (x, a), "beta": (x, a), "RisingFactorial": (x, a), "FallingFactorial": (x, a)}
    names = ("acot", "asec", "acsc", "acoth", "asech", "acsch", "sinc", "catalan", *arguments)
    for name in names:
        expression = getattr(sympy, name)(*arguments.get(name, (1 / x if name == "asech" else x,)))
        with pytest.raises(NotInGrammar) as caught:
            less(expression, 1)
        text = re.search(r"write (.*?)(?: where|$)", str(caught.value))[1]
        rewritten = sympy.sympify(text, locals={"x": x, "a": a})
        less(rewritten, 1)
        assert abs(sympy.N((expression - rewritten).subs(at), 30)) < Q(1, 10**20), name
