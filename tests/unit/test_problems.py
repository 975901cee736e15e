"""The problems for `decide`: strict readers, expected answers that mpmath confirms, wrong answers that are seen."""

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import mpmath
import pytest
import sympy

from benchmarks.deciding import attempt as attempts
from benchmarks.deciding.coq import goal
from benchmarks.deciding.expressions import expression
from benchmarks.deciding.infix import Tokens, read_sum
from benchmarks.deciding.oracle import Undefined, contradiction, samples, value
from benchmarks.deciding.plain import read_plain, read_problem, text
from benchmarks.deciding.problem import Problem
from benchmarks.deciding.smtlib import read_smtlib_text
from benchmarks.deciding.tptp import read_tptp_text
from benchmarks.deciding.trees import names
from ntkproofs.errors import InputError

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks" / "problems"
PROBLEMS = [problem for file in sorted(FOLDER.glob("*.txt")) for problem in read_plain(file)]


def tree(text):
    tokens = Tokens(text)
    result = read_sum(tokens)
    tokens.end()
    return result


def tptp(formula):
    (problem,) = read_tptp_text(f"fof(a, conjecture, {formula}).", "a")
    return problem


# --- the problems


def test_there_are_200_problems():
    assert len(PROBLEMS) == 200
    assert sum(problem.expected == "fails" for problem in PROBLEMS) >= 25


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: f"{problem.group}-{problem.name}")
def test_high_precision_agrees_with_the_expected_answer(problem):
    if problem.expected == "fails":
        assert contradiction(problem, problem.point, holds=False) == ""
        assert attempts.outside(problem, problem.point) == ""
    else:
        points = list(samples(problem))
        assert len(points) >= 4
        assert [contradiction(problem, at, holds=True) for at in points if contradiction(problem, at, holds=True)] == []


# --- formulas


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-2^2", -4),
        ("2^-1", Fraction(1, 2)),
        ("2^3^2", 512),
        ("1 - 2 - 3", -4),
        ("12/2/3", 2),
        ("2*-3", -6),
        ("1.5e-3", Fraction(3, 2000)),
        ("-1/2*4", -2),
        ("max(1, 2)", 2),
    ],
)
def test_formulas_have_the_usual_precedence(text, expected):
    assert value(tree(text), {}) == mpmath.mpf(Fraction(expected).numerator) / Fraction(expected).denominator


def test_expressions_are_not_simplified():
    x = sympy.Symbol("x")
    assert expression(tree("x/x"), {"x": x}) != 1
    assert expression(tree("0*log(x)"), {"x": x}) != 0
    assert expression(tree("exp(log(x))"), {"x": x}) != x
    assert expression(tree("sqrt(x)^2"), {"x": x}) != x
    assert expression(tree("x*x"), {"x": x}) == x**2  # which is defined where x is


def test_sympy_and_mpmath_agree_on_every_problem():
    for problem in PROBLEMS:
        symbols = {item.name: sympy.Symbol(item.name, real=True) for item in problem.ranges}
        at = problem.point or next(iter(samples(problem)))
        for side in (problem.left, problem.right):
            exact = {symbols[name]: sympy.Rational(q.numerator, q.denominator) for name, q in at.items()}
            by_sympy = expression(side, symbols).subs(exact).evalf(40)
            with mpmath.workdps(40):
                assert abs(value(side, at) - mpmath.mpf(str(by_sympy))) <= abs(value(side, at)) * mpmath.mpf(10) ** -35


def test_undefined_formulas_have_no_value():
    for formula in ("log(0)", "1/0", "sqrt(-1)", "asin(2)", "(-8)^(1/3)", "0^-1"):
        with pytest.raises(Undefined):
            value(tree(formula), {})


# --- the plain format


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a | x in [0, 1] | x < 2", "got 3 fields"),
        ("a b | x in [0, 1] | x < 2 | holds", "the name of a problem"),
        ("a | x in [0, 1] | x + y < 2 | holds", "no range for y"),
        ("a | x in [0, 1] | x = 2 | holds", "expected <, <=, > or >="),
        ("a | x in [0, 1] | x < 2 < 3 | holds", "expected nothing more"),
        ("a | x in [0, oo] | x < 2 | holds", "cannot contain infinity"),
        ("a | x in [0, y], y in [0, 1] | x < 2 | holds", "has no range before it"),
        ("a | x in [0, 1], x in [0, 2] | x < 2 | holds", "two ranges for x"),
        ("a | x in [0, 1 | x < 2 | holds", "expected ')' or ']'"),
        ("a | x in [0, 1] | f(x) < 2 | holds", "f is not a function"),
        ("a | x in [0, 1] | max(x) < 2 | holds", "max takes 2 arguments"),
        ("a | x in [0, 1] | sin < 2 | holds", "sin is a function"),
        ("a | x in [0, 1] | x.real < 2 | holds", "expected"),
        ("a | x in [0, 1] | __import__('os') < 2 | holds", "expected"),
        ("a | x in [0, 1] | x[0] < 2 | holds", "expected"),
        ("a | x in [0, 1] | x < 2 | maybe", "expected is: holds"),
        ("a | x in [0, 1] | x < 2 | fails", "expected is: holds"),
        ("a | x in [0, 1] | x < 2 | fails at y = 1", "a value for each variable"),
        ("a | x in [0, 1] | x < 2 | fails at x = pi", "rational coordinates"),
        ("a | x in [0, 1] | x < 1e99999 | holds", "digits"),
        ("a | x in [0, 1] | x < " + "9" * 500 + " | holds", "digits"),
        ("a | x in [0, 1] | " + "(" * 5000 + "x" + ")" * 5000 + " < 2 | holds", "inside one another"),
        ("a | x in [0, 1] | x" + "^2" * 5000 + " < 2 | holds", "operations"),
        ("a | x in [0, 1] | " + "-" * 5000 + "x < 2 | holds", "operations"),
        ("a | x in [0, 1] | " + "x + " * 60_000 + "x < 2 | holds", "characters"),
        ("a | x in [0, 1] | " + "x + " * 20_000 + "x < 2 | holds", "operations"),
    ],
)
def test_malformed_problems_are_refused_in_one_line(line, message):
    with pytest.raises(InputError) as refusal:
        read_problem(line)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 200


def test_errors_of_files_name_the_line(tmp_path):
    file = tmp_path / "mine.txt"
    file.write_text("# mine\na | x in [0, 1] | x < 2 | holds\na | x in [0, 1] | x < 3 | holds\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 3: there are two problems a"):
        read_plain(file)
    with pytest.raises(InputError, match="cannot read"):
        read_plain(tmp_path / "missing.txt")
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="cannot read"):
        read_plain(file)


def test_problems_are_printed_as_they_are_read():
    for problem in PROBLEMS:
        again = read_problem(text(problem), problem.group)
        assert (again.strict, again.expected, again.point) == (problem.strict, problem.expected, problem.point)
        assert len(again.ranges) == len(problem.ranges)
        for at in [problem.point or next(iter(samples(problem)))]:
            assert value(again.left, at) == value(problem.left, at)
            assert value(again.right, at) == value(problem.right, at)


# --- TPTP


def test_tptp_bounds_and_conclusion():
    problem = tptp("! [X,Y] : ((0 < X & X < pi/2 & 1 <= Y & 2*Y < 9 & X < 100) => sin(X)/X >= 1 - Y)")
    assert [(item.name, item.low_open, item.high_open) for item in problem.ranges] == [
        ("X", True, True),
        ("Y", False, True),
    ]
    assert problem.ranges[0].high == ("/", ("pi",), ("number", Fraction(2)))
    assert not problem.strict
    assert problem.right[0] == "/"


def test_tptp_equations_are_substituted():
    problem = tptp("! [X] : (X = 57/128 => X < 1)")
    assert list(names(problem.left)) == []
    assert tptp("! [X,Y] : ((0 < X & Y = X^2) => Y > 0)").right[0] == "^"


def test_tptp_intervals_and_absolute_values():
    problem = tptp("! [X] : (X : (=1, 2) => X < 3)")
    assert (problem.ranges[0].low_open, problem.ranges[0].high_open) == (False, True)
    problem = tptp("! [X] : (abs(X) <= 2 => X < 3)")
    assert (problem.ranges[0].low_open, problem.ranges[0].high_open) == (False, False)


def test_tptp_ordered_variables():
    first, second = tptp("! [X,Y] : ((0 < X & X < Y & Y < 1) => log(X) < log(Y))").ranges
    assert (first.name, second.low, second.low_open) == ("X", ("name", "X"), True)
    assert first.high == ("number", Fraction(1))  # otherwise there is no y for some x


def test_metitarskis_log_is_to_the_base_10():
    assert abs(value(tptp("log(1000) < 4").left, {}) - 3) < 1e-12


@pytest.mark.parametrize(
    ("formula", "reason"),
    [
        ("! [X] : ((X < 1 | X > 2) => X < 3)", "a disjunction"),
        ("! [X] : (0 < X => (X < 3 & X > -1))", "a disjunction"),
        ("? [X] : X < 3", "an existential quantifier"),
        ("! [X] : (X != 0 => X < 3)", "the relation !="),
        ("! [X] : (X*X < 2 => X < 3)", "a hypothesis that is not a bound"),
        ("! [X,Y] : (X + Y < 2 => X < 3)", "a hypothesis that is not a bound"),
        ("! [X] : (X < 1 => X = 3)", "an equation to be proved"),
        ("! [X] : ((X < 1 & 2 < X) => X < 0)", "the hypotheses contradict one another"),
        ("! [X] : ((X < 1 & 1 <= X) => X < 0)", "the hypotheses contradict one another"),
        ("! [X] : (2 < 1 => X < 0)", "the hypotheses contradict one another"),
        ("! [X,Y] : ((X < 1 & 1/2 < Y & Y < 3 & X < Y) => X < 4)", "overlap"),
        ("! [X] : (f(X) < 1)", "the function f"),
        ("! [X] : (a < X)", "the constant a"),
        ("! [X] : (erf(X) < 1)", "the function erf"),
        ("! [X] : (X < )", "expected"),
        ("! [X] : (X < 1", "a parenthesis is not closed"),
        ("(" * 3000 + "X < 1" + ")" * 3000, "inside one another"),
        ("(" * 39 + "X < 1" + ")" * 39, ""),
        ("~" * 3000 + "(X < 1)", "nested too deeply"),
        ("! [X] : " * 3000 + "(X < 1)", "nested too deeply"),
    ],
)
def test_tptp_that_is_not_taken_says_why(formula, reason):
    assert reason in tptp(formula).reason
    assert "\n" not in tptp(formula).reason


def test_nothing_is_a_conjecture_in_a_text_without_one():
    assert read_tptp_text("cnf(a, axiom, X < 1). % fof(b, conjecture, 1 < 2)", "a")[0].reason == "no conjecture"


# --- SMT-LIB


def smtlib(*asserted, declared="xy"):
    lines = [f"(declare-fun {name} () Real)" for name in declared] + [f"(assert {text})" for text in asserted]
    return read_smtlib_text("(set-logic QF_NRA)" + "".join(lines) + "(check-sat)", "a")


def test_smtlib_bounds_and_negated_inequality():
    problem = smtlib("(<= 0 x 1)", "(and (< y 2.5) (> y (- 1)))", "(not (<= (sin x) (+ x y 2)))")
    assert [(item.name, item.low_open, item.high_open) for item in problem.ranges] == [
        ("x", False, False),
        ("y", True, True),
    ]
    assert not problem.strict
    assert problem.left == ("sin", ("name", "x"))
    assert smtlib("(> x 0)", "(>= (sin x) x)").strict  # to be excluded: so sin x < x


def test_smtlib_let_and_definitions_are_expanded():
    problem = smtlib("(< 0 x)", "(let ((z (* x x)) (x 3)) (< (+ z x) 3))", declared="x")
    assert problem.reason == ""
    assert value(problem.right, {"x": Fraction(2)}) == 7
    script = "(declare-fun x () Real)(define-fun f () Real (* 2 x))(assert (< 0 x 1))(assert (> (sin f) f))"
    assert value(read_smtlib_text(script, "a").left, {"x": Fraction(0)}) == 0


def test_smtlib_status_is_the_expected_answer():
    text = "(set-info :status {})(declare-fun x () Real)(assert (< 0 x 1))(assert (> (exp x) 3))"
    assert read_smtlib_text(text.format("unsat"), "a").expected == "holds"
    assert read_smtlib_text(text.format("sat"), "a").expected == "fails"


@pytest.mark.parametrize(
    ("asserted", "reason"),
    [
        ("(or (< x 1) (< 2 x))", "a disjunction"),
        ("(and (< (sin x) y) (< (cos x) y))", "2 inequalities that are not bounds"),
        ("(= (sin x) (cos x))", "an equation"),
        ("(< (f x) 1)", "the function f"),
        ("(< z 1)", "the name z"),
        ("(distinct x 1)", "the connective distinct"),
        ("(forall ((z Real)) (< x z))", "the connective forall"),
        ("(< x #b101)", "the name #b101"),
        ("x", "the formula x"),
        ("(< x (((y))))", "a term that is not"),
        ("(let x (< x 1))", "let takes"),
        ("(< x 1e999999)", "digits"),
    ],
)
def test_smtlib_that_is_not_taken_says_why(asserted, reason):
    problem = smtlib(asserted)
    assert reason in problem.reason
    assert "\n" not in problem.reason


@pytest.mark.parametrize(
    "text",
    [
        "",
        ")",
        "(",
        "((((",
        '"',
        "(assert)",
        "()",
        "(check-sat",
        "(declare-fun x (Real) Real)",
        "(push 1)",
        "\x00",
        "|a",
    ],
)
def test_malformed_scripts_are_not_taken(text):
    assert read_smtlib_text(text, "a").reason


def test_expanding_definitions_is_bounded():
    lets = "".join(f"(define-fun a{k + 1} () Real (+ a{k} a{k}))" for k in range(60))
    problem = read_smtlib_text(f"(declare-fun a0 () Real){lets}(assert (< 0 a60))", "a")
    assert "operations" in problem.reason
    assert "inside one another" in read_smtlib_text("(" * 100_000, "a").reason


# --- answers


def test_a_wrong_answer_is_seen():
    """A reader that turns an inequality round, or a `decide` that errs, must not count as success."""
    true = read_problem("a | x in [1, 2] | x < 3 | holds")
    false = Problem(**{**vars(true), "left": true.right, "right": true.left})
    assert attempts.attempt(true, 20).answer == "decided"
    assert attempts.attempt(false, 20).answer == "wrong"
    unknown = Problem(**{**vars(false), "expected": "unknown"})
    assert attempts.attempt(unknown, 20).answer == "refuted"
    decision = attempts._decide(true)
    assert attempts._wrong(unknown, decision).startswith("holds, but right - left is")
    outside = Problem(**{**vars(unknown), "ranges": read_problem("a | x in [5, 6] | x < 3 | holds").ranges})
    assert "outside" in attempts._wrong(outside, attempts._decide(unknown))


def test_coq_goals_state_the_problem():
    text = goal(read_problem("a | x in (0, 2], y in [x, oo) | x^2 < exp(y)*1.5 | holds"))
    assert "forall v_x v_y : R, (0) < v_x -> v_x <= (2) -> v_x <= v_y -> (v_x ^ 2) < ((exp v_y) * (3 / 2))." in text


def test_command_prints_a_table(tmp_path):
    file = tmp_path / "mine.txt"
    file.write_text("a | x in [1, 2] | x < 3 | holds\nb | x in [1, 2] | x < 1 | fails at x = 2\n", encoding="utf-8")
    command = [sys.executable, "benchmarks/decide_problems.py", str(file)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=FOLDER.parents[1], timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[1].split()[:6] == ["mine", "2", "1", "1", "0", "0"]
    file.write_text("a | x in [1, 2] | x < 3\n", encoding="utf-8")
    run = subprocess.run(command, capture_output=True, text=True, cwd=FOLDER.parents[1], timeout=120, check=False)
    assert run.returncode == 3
    assert run.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("a | x in [0, 2] | x^(1/3) <= (x + 2)/3 | holds", "decided"),
        ("a | x in (0, oo) | log(x) <= 3*(x^(1/3) - 1) | holds", "decided"),
        ("a | x in (0, 2) | 3*x^(2/3) < 2*x + 1 | fails at x = 1", "refuted"),
    ],
)
def test_sides_with_fractional_powers_that_touch(line, answer):
    assert attempts.attempt(read_problem(line), 20).answer == answer


def test_messages_name_points_in_the_variables_of_the_statement():
    """The parameter of the ray is not the variable: the sides are equal at x = E, where the parameter is 1/E."""
    said = attempts.attempt(read_problem("a | x in (0, oo) | log(x) < x/E | unknown"), 20).detail
    assert "x = E," in said
