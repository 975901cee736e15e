"""A printed statement is the statement that is decided: text is read back, names cannot mislead."""

import random

import pytest
import sympy
from sympy import Add, E, Mul, Pow, acos, cos, exp, log, pi, sin, sqrt

from ntkproofs.arithmetic import notation
from ntkproofs.arithmetic.notation import latex, read, same_formula, written
from ntkproofs.errors import InputError, NtkProofsError
from ntkproofs.facts import as_fact
from ntkproofs.rigor import Box, Integers, Point, at_most, combination, decide, identity, less

R = sympy.Rational
x, y, z, n = sympy.symbols("x y z n")
half = R(1, 2)
PLAIN = {"evaluate": False}


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (Add(1, -Pow(half, -1, **PLAIN), **PLAIN), "1 - 1/(1/2)"),
        (Mul(x, Pow(Mul(y, 1 / z), -1, **PLAIN), **PLAIN), "x/(y/z)"),
        (Mul(2, Pow(Mul(3, x, **PLAIN), -1, **PLAIN), **PLAIN), "2/(3*x)"),
        (Pow(-2, 2, **PLAIN), "(-2)**2"),
        (Mul(-1, Pow(2, 2, **PLAIN), **PLAIN), "-2**2"),
        (Pow(half, 2, **PLAIN), "(1/2)**2"),
        (Add(x, Mul(-1, y - 1, **PLAIN), **PLAIN), "x - (y - 1)"),
        (Mul(-1, x + 1, **PLAIN), "-(x + 1)"),
        (Pow(Pow(x, 2), 3, **PLAIN), "(x**2)**3"),
        (Pow(Pow(x, -1), -1, **PLAIN), "1/(1/x)"),
        (Mul(0, 1 / x, **PLAIN), "0/x"),
        (x**-2, "x**(-2)"),
        (sqrt(x) ** 3 / 2, "x**(3/2)/2"),
        (exp(1) * x, "E*x"),
        (sympy.sqrt(n) / 2 - pi, "sqrt(n)/2 - pi"),
    ],
    ids=str,
)
def test_text(expression, text):
    assert written(expression) == text
    assert same_formula(text, expression)


def test_expressions_that_sympy_prints_alike_are_distinguished():
    expression = Add(1, -Pow(half, -1, **PLAIN), **PLAIN)
    assert str(expression) == "1 - 1/1/2"  # that is 1/2, and the expression is -1
    assert not same_formula(str(expression), expression)
    decision = decide(less(expression, 0))
    assert str(decision).startswith("holds: 1 - 1/(1/2) < 0 for constants")
    assert as_fact(decision).text == "1 - 1/(1/2) < 0 for constants"


def test_a_wrong_printer_is_detected(monkeypatch):
    monkeypatch.setattr(notation._Printer, "_at", lambda self, node, level: self.top(node))  # no brackets
    written.cache_clear()
    with pytest.raises(NtkProofsError, match="does not read back"):
        written(x * (y + 1))
    with pytest.raises(NtkProofsError, match="does not read back"):
        decide(less(x * (y + 2), 5), Box({x: (0, 1), y: (0, 1)}))
    written.cache_clear()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x +",
        "2x",
        "x ** -y",
        "x**y*",
        "f(x",
        "f(x)",
        "exp(x, y)",
        "Max()",
        "(x, y)",
        "x**y**z",
        "x)",
        "x # 1",
        "1..2",
        "x**0",
        "a b",
        "é",
    ],
)
def test_texts_that_are_not_expressions_are_refused(text):
    with pytest.raises(InputError):
        same_formula(text, x)


def test_reading_keeps_brackets_apart():
    assert read("x/y*z") != read("x/(y*z)")
    for text, expression in (("x/(y/z)", x * z / y), ("x - y - z", x - (y - z)), ("-x**2", (-x) ** 2), ("0/x", 0 * x)):
        assert not same_formula(text, sympy.sympify(expression))


# --- ten thousand expressions


NEW_FUNCTIONS = [
    *(
        (getattr(sympy, name), 1)
        for name in ("tan", "sinh", "tanh", "asinh", "gamma", "loggamma", "erf", "erfc", "sec", "coth")
    ),
    (sympy.Abs, 1),
    (sympy.Max, 2),
    (sympy.Min, 3),
    (sympy.factorial, 1),
    (sympy.binomial, 2),
]


def _random(source, depth, evaluate):
    if depth == 0 or source.random() < 0.15:
        number = R(source.randint(-4, 4), source.randint(1, 3))
        return source.choice([x, y, n, pi, E, number, number])
    part = lambda: _random(source, depth - 1, evaluate)  # noqa: E731
    small = lambda: _random(source, min(depth - 1, 1), evaluate)  # noqa: E731  # else mpmath computes towers of powers
    kind = source.randrange(7)
    if kind == 5:
        function, count = source.choice(NEW_FUNCTIONS)
        return function(*(small() for _ in range(count)), evaluate=evaluate)
    if kind == 6:
        exponent = source.choice([R(1, 3), R(-2, 7), small(), n, -n])
        return Pow(small(), exponent, evaluate=evaluate)
    if kind == 0:
        return Add(*(part() for _ in range(source.randint(2, 3))), evaluate=evaluate)
    if kind == 1:
        return Mul(*(part() for _ in range(source.randint(2, 3))), evaluate=evaluate)
    if kind == 2:
        return Pow(part(), source.choice([-2, -1, 2, 3, half, -half, 3 * half]), evaluate=evaluate)
    if kind == 3:
        return Mul(part(), Pow(part(), -1, evaluate=evaluate), evaluate=evaluate)
    return source.choice([exp, log, sin, cos, acos])(part(), evaluate=evaluate)


@pytest.mark.parametrize("evaluate", [False, True])
def test_random_expressions_read_back(evaluate):
    """`written` compares by itself; here the text is also evaluated by Python, at points, beside the expression."""
    source = random.Random(2025)
    count = tried = 0
    while tried < 5000:
        try:
            expression = _random(source, 4, evaluate)
            text = written(expression)
        except (
            NtkProofsError,
            RecursionError,
            ZeroDivisionError,
            ValueError,  # SymPy, at Max(zoo, ...)
        ):  # complex numbers, undefined powers: not in the grammar
            continue
        tried += 1
        count += _same_values(text, expression)
    assert count > 200


EVALUATED = (
    "sqrt", "exp", "log", "sin", "cos", "acos", "pi", "tan", "sinh", "tanh", "cosh", "asinh", "acosh", "atanh", "gamma",
    "loggamma", "erf", "erfc", "factorial", "binomial", "asin", "atan", "sec", "csc", "cot",
    "sech", "csch", "coth",
)  # fmt: skip


def _same_values(text, expression):
    """Compare values by mpmath, of Python's reading of the text and of the formula; False where one is undefined."""
    import mpmath

    names = {name: getattr(mpmath, name) for name in EVALUATED}
    names |= {"Abs": abs, "Max": max, "Min": min}
    at = {x: mpmath.mpf(3) / 7, y: mpmath.mpf(-5) / 4, n: mpmath.mpf(2)}
    with mpmath.workdps(60):
        names |= {"E": mpmath.e, **{symbol.name: value for symbol, value in at.items()}}
        exact = notation.re.sub(r"\d+", lambda digits: f"mpf({digits[0]})", text).replace("**mpf", "**mpf")
        try:
            got = eval(exact, {"mpf": mpmath.mpf, **names})
            expected = notation.formula(expression).evaluate({s: _Mp(v) for s, v in at.items()}, _Mp).value
        except (ZeroDivisionError, OverflowError, ValueError, mpmath.libmp.libhyper.NoConvergence):
            return False
        except TypeError:  # Max and Min of complex numbers
            return False
        if not (mpmath.isfinite(got) and mpmath.isfinite(expected)):
            return False
        if max(abs(got), abs(expected)) > mpmath.mpf(10) ** 25:  # a division by sin(pi), say, computed as 10^-61
            return False
        close = abs(got - expected) <= mpmath.mpf(10) ** -30 * max(1, abs(expected))
    with mpmath.workdps(75):
        again = notation.formula(expression).evaluate({s: _Mp(v) for s, v in at.items()}, _Mp).value
        stable = abs(again - expected) <= mpmath.mpf(10) ** -31 * max(1, abs(expected))  # unlike the sine of 10^100
    assert close or not stable, text
    return close


class _Mp:
    """mpmath numbers, complex where need be, as an arithmetic for formulas."""

    def __init__(self, value):
        self.value = value

    @staticmethod
    def rational(value):
        import mpmath

        return _Mp(mpmath.mpf(value.numerator) / value.denominator)

    @staticmethod
    def pi():
        import mpmath

        return _Mp(+mpmath.pi)

    def __add__(self, other):
        return _Mp(self.value + other.value)

    def __mul__(self, other):
        return _Mp(self.value * other.value)

    def __truediv__(self, other):
        return _Mp(self.value / other.value)

    def __pow__(self, exponent):
        return _Mp(self.value**exponent)

    def __abs__(self):
        return _Mp(abs(self.value))

    def maximum(self, other):
        return _Mp(max(self.value, other.value))

    def minimum(self, other):
        return _Mp(min(self.value, other.value))

    def real_power(self, exponent):
        return _Mp(self.value**exponent.value)

    def rational_power(self, exponent):
        return _Mp(self.value ** _Mp.rational(exponent).value)

    def __getattr__(self, name):
        import mpmath

        return lambda: _Mp(getattr(mpmath, name)(self.value))


# --- names


NOT_IDENTIFIERS = ["n - 1", "", "1", "a b", "x\n", "\x1b[2K", "µ", "λ", "x'", "P_(m)", "_x", "a.b", "ｘ"]
WITH_A_MEANING = ["pi", "E", "I", "sqrt", "log", "oo", "whenever", "for", "all", "integers", "ln", "exp"]


@pytest.mark.parametrize("name", [*NOT_IDENTIFIERS, *WITH_A_MEANING])
def test_a_symbol_is_an_identifier_that_means_nothing_else(name):
    symbol = sympy.Symbol(name)
    makers = (
        lambda: less(symbol, 5),
        lambda: at_most(0, symbol**2),
        lambda: identity(symbol, symbol, {symbol: (0, 1)}),
        lambda: Point({symbol: 1}),
        lambda: Box({symbol: (0, 2)}),
        lambda: Integers(symbol),
        lambda: combination(at_most(0, x), {symbol: x}, symbol),
        lambda: written(symbol),
    )
    for make in makers:
        with pytest.raises(InputError, match=r"not the name of a symbol|is reserved"):
            make()


@pytest.mark.parametrize("maker", [sympy.Wild, lambda name: sympy.MatrixSymbol(name, 1, 1)])
def test_only_plain_symbols(maker):
    with pytest.raises((InputError, TypeError)):
        Point({maker("w"): 1})
    with pytest.raises(InputError):
        less(0, maker("w"))


def test_functions_are_known_by_what_they_are():
    for name in ("log", "exp", "sqrt", "acos"):
        with pytest.raises(InputError, match="not in the grammar"):
            less(sympy.Function(name)(x), 1)

    class Forged(sympy.Function):
        nargs = 1

    Forged.__name__ = "exp"
    with pytest.raises(InputError, match="not in the grammar"):
        less(Forged(x), 1)


def test_symbols_of_one_name_are_refused():
    positive = sympy.Symbol("x", positive=True)
    for make in (
        lambda: less(positive, x + 1),
        lambda: decide(less(x, x + 1), Box({positive: (1, 2)})),
        lambda: identity(x, positive, {x: (1, 2), positive: (1, 2)}),
        lambda: Box({x: (1, 2), positive: (1, 2)}),
        lambda: Point({x: 1, positive: 1}),
        lambda: combination(at_most(0, x), {n: positive}, n),
        lambda: decide(less(0, sympy.Dummy("x")), Box({x: (1, 2)})),
    ):
        with pytest.raises(InputError, match="two different symbols have the name x"):
            make()


# --- LaTeX


def test_latex_has_the_brackets_of_the_text():
    expression = Add(1, -Pow(half, -1, **PLAIN), **PLAIN)
    assert latex(expression) == r"1 - \frac{1}{\frac{1}{2}}"
    assert less(expression, 0)._repr_latex_() == r"$\displaystyle 1 - \frac{1}{\frac{1}{2}} < 0$"
    assert latex(Mul(-1, x + 1, **PLAIN)) == r"-\left(x + 1\right)"
    assert latex((x + 1) ** 2) == r"\left(x + 1\right)^{2}"
    assert latex(2 * 3 ** x.subs(x, 2) * sympy.Symbol("log_delta")) == r"18 \mathrm{log\_delta}"
    assert identity(x, x, {x: (0, 1)})._repr_latex_() == r"$\displaystyle x = x$"


def test_a_quotient_below_a_fraction_is_printed_as_a_division_of_its_own() -> None:
    x = sympy.Symbol("x")
    quotient = sympy.Mul(x, sympy.Pow(x, -1), evaluate=False)
    half = sympy.Mul(sympy.pi, sympy.Rational(-1, 2), evaluate=False)
    below = sympy.Pow(quotient, -1, evaluate=False)
    for above, text in ((half, "(-pi/2)/(x/x)"), (sympy.Rational(-1, 2), "-1/2/(x/x)")):
        printed = written(sympy.Mul(above, below, evaluate=False))
        assert printed == text
        assert same_formula(printed, sympy.Mul(above, below, evaluate=False))
    assert written(x / 2 / (x + 1)) == "x/(2*(x + 1))"
