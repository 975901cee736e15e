"""The checker's inequalities attacked: forged certificates, enclosures against mpmath, mistakes put into its code.

The oracle is mpmath with 400 bits, on formulas written here; nothing of the package but the checker is imported.
"""

import copy
import hashlib
import json
import random
from collections import Counter
from fractions import Fraction

import mpmath
import pytest
from mutants import module_of

from ntkproofs import checker

ACCEPTED, REJECTED, DECLINED = 0, 1, 2
N, X, PI = ["var", "n"], ["var", "x"], ["pi"]
INVERSE, ROOT = ["div", 1, N], ["sqrt", ["div", 1, N]]
BALANCE = [  # root(1 - 1/n) - 1 + (2 pi - 2 acos(1/root n)) / root n, which is 0 at infinity
    "add",
    ["sub", ["sqrt", ["sub", 1, INVERSE]], 1],
    ["mul", ["sub", ["mul", 2, PI], ["mul", 2, ["acos", ROOT]]], ROOT],
]
HALVED = ["split", "x", "1/2", ["low", "x", 3], ["high", "x", 3]]


def integers(left, relation, right, first, last, tree):
    return _document(left, relation, right, {"n": ["integers", first, last]}, tree)


def reals(left, relation, right, low, high, tree):
    return _document(left, relation, right, {"x": [low, high]}, tree)


def _document(left, relation, right, domain, tree):
    claim = {"kind": "inequality", "left": left, "relation": relation, "right": right, "domain": domain}
    return {"format": 1, "producer": "a forger", "claim": claim, "evidence": {"tree": tree}}


VALID = {
    "balance": integers(0, "<", BALANCE, 1, None, ["split", "n", 2, ["leaf"], ["high", "n", 5]]),
    "root": integers(["sqrt", N], "<", ["add", N, "1/4"], 1, None, ["split", "n", 2, ["leaf"], ["high", "n", 3]]),
    "finite": integers(["mul", 3, N], "<", 31, 3, 10, ["split", "n", 9, ["low", "n", 2], ["leaf"]]),
    "points": integers(["pow", N, 2], "<=", 4, 1, 2, ["split", "n", 2, ["leaf"], ["leaf"]]),
    "sine": reals(["sin", X], "<=", X, 0, "8/5", ["low", "x", 5]),
    "parabola": reals(["pow", X, 2], "<=", X, 0, 1, HALVED),
    "constant": _document(["sin", ["div", PI, 6]], "<", "501/1000", {}, ["leaf"]),
    "equal": _document(["div", PI, ["add", 1, PI]], "<=", ["sub", 1, ["div", 1, ["add", 1, PI]]], {}, ["leaf"]),
    "two": _document(
        ["mul", X, N],
        "<=",
        ["mul", X, ["add", N, X]],
        {"x": [0, 2], "n": ["integers", 1, None]},
        ["split", "n", 5, ["low", "x", 3], ["split", "n", 9, ["low", "x", 3], ["high", "n", 3]]],
    ),
}


def sign(document):
    document = copy.deepcopy(document)
    document["claim_sha256"] = hashlib.sha256(checker.canonical(document["claim"])).hexdigest()
    return json.dumps(document).encode()


def judge(document, module=checker):
    return module.judge(sign(document))


WORDS = {
    "balance": "for all integers n >= 1",
    "finite": "for all integers 3 <= n <= 10",
    "sine": '["sin",["var","x"]] <= ["var","x"] for all 0 <= x <= 8/5',
    "two": "for all 0 <= x <= 2, integers n >= 1",
}


@pytest.mark.parametrize("name", VALID)
def test_true_inequalities_are_accepted_in_the_words_of_the_claim(name):
    code, text = judge(VALID[name])
    if name == "two":  # x (n + x) - x n is x^2: a box with n to infinity and x to 0, where no series in n knows that
        assert (code, "does not follow" in text) == (REJECTED, True)
        return
    assert code == ACCEPTED, text
    assert WORDS.get(name, "") in text


FORGERIES = {}


def forgery(of, reason, code=REJECTED):
    def register(function):
        FORGERIES[function.__name__] = (function, of, reason, code)
        return function

    return register


def claims(document, **changes):
    document["claim"] |= changes


def tree(document, value):
    document["evidence"]["tree"] = value


# --- false claims


@forgery("balance", "does not follow on the leaf 'n' in 2 to None")
def a_little_more_than_the_limit(c):
    claims(c, left="1/1000000")


@forgery("balance", "the inequality is false on the leaf 'n' in 1 to 1")
def the_other_side(c):
    claims(c, left=BALANCE, right=0)


@forgery("root", "does not follow on the leaf 'n' in 2 to None")
def false_from_seventeen_on(c):
    claims(c, right=4)


@forgery("finite", "the inequality is false on the leaf 'n' in 11 to 11")
def one_integer_more(c):
    c["claim"]["domain"]["n"][2] = 11
    tree(c, ["split", "n", 11, ["split", "n", 9, ["low", "n", 2], ["leaf"]], ["leaf"]])


@forgery("finite", "does not follow")
def one_integer_more_in_a_series(c):
    c["claim"]["domain"]["n"][2] = 11
    tree(c, ["low", "n", 2])


@forgery("finite", "does not follow")
def true_inside_of_a_series_and_false_at_its_end(c):
    claims(c, left=["sub", 20, N], right=17)
    tree(c, ["low", "n", 3])


@forgery("points", "does not follow on the leaf 'n' in 2 to 2")
def strict_at_an_integer_of_equality(c):
    claims(c, relation="<")


@forgery("sine", "does not follow")
def strict_where_they_touch(c):
    claims(c, relation="<")


@forgery("sine", "the inequality is false on the leaf 'x' in 0 to 8/5")
def the_other_way_where_they_touch(c):
    claims(c, left=X, right=["sin", X])


@forgery("sine", "the inequality is false on the leaf 'x' in -1/1000000 to 8/5")
def beyond_the_place_where_they_touch(c):
    c["claim"]["domain"]["x"] = ["-1/1000000", "8/5"]


@forgery("parabola", "the inequality is false on the leaf 'x' in 1/2 to 1000001/1000000")
def beyond_the_other_end(c):
    c["claim"]["domain"]["x"] = [0, "1000001/1000000"]


@forgery("equal", "does not follow")
def strict_where_equal(c):
    claims(c, relation="<")


@forgery("equal", "does not follow")
def equal_but_for_a_hundred_digits(c):
    claims(c, left=["add", c["claim"]["left"], f"1/1{'0' * 100}"])


@forgery("constant", "the inequality is false on the leaf (constants)")
def sine_of_half_a_quarter(c):
    claims(c, left=["sin", ["div", PI, 4]], right=0)


@forgery("constant", "the inequality is false on the leaf (constants)")
def root_of_pi_is_one(c):
    claims(c, left=["sqrt", PI], relation="<=", right=1)


@forgery("constant", "the inequality is false on the leaf (constants)")
def sine_of_another_quarter(c):
    claims(c, left=["sin", ["div", ["mul", 5, PI], 2]])


# --- undefined claims


@forgery("parabola", "a division by an interval that contains 0")
def undefined_where_they_touch(c):
    claims(c, left=["div", ["pow", X, 2], X])
    tree(c, ["low", "x", 3])


@forgery("parabola", "a division by an interval that contains 0")
def a_quotient_that_is_cancelled(c):
    claims(c, left=["div", ["sub", X, "1/2"], ["sub", X, "1/2"]], right=1)
    tree(c, ["low", "x", 3])


@forgery("parabola", "a square root of an interval that reaches below 0")
def a_root_of_less_than_nothing(c):
    claims(c, left=["sqrt", ["sub", ["pow", X, 4], ["pow", X, 2]]], right=1)
    tree(c, ["low", "x", 3])


@forgery("balance", "an arcsine of an interval that reaches beyond 1")
def an_arcsine_beyond_one(c):
    claims(c, left=["asin", N], right=2)
    tree(c, ["split", "n", 2, ["leaf"], ["split", "n", 3, ["leaf"], ["high", "n", 3]]])


@forgery("balance", "a square root of an interval that reaches below 0")
def an_arcsine_beyond_one_in_a_series(c):
    claims(c, left=["asin", ["div", 2, N]], right=2)
    tree(c, ["high", "n", 3])


@forgery("parabola", "a logarithm of an interval that reaches to 0")
def a_logarithm_of_nothing(c):
    claims(c, left=["log", X], right=9)


@forgery("parabola", "a logarithm of a series that may reach to 0")
def a_logarithm_of_nothing_in_a_series(c):
    claims(c, left=["log", ["sub", 1, X]], right=9)
    tree(c, ["low", "x", 3])


@forgery("balance", "a function of a series that has no limit")
def a_sine_without_a_limit(c):
    claims(c, left=["sin", N], right=2)


@forgery("balance", "a square root of a series that begins with an odd power")
def a_root_that_is_no_series(c):
    claims(c, left=["neg", ["sqrt", ROOT]], right=1)


@forgery("sine", "an arctangent too far from its limit")
def an_arctangent_across_a_quarter(c):
    claims(c, left=["atan", ["sub", ["mul", 9, X], 3]], right=2)


# --- the evidence does not cover the domain, or is none


@forgery("balance", "a leaf on which the domain has no end of 'n'")
def an_infinite_leaf(c):
    tree(c, ["leaf"])


@forgery("balance", "a leaf on which the domain has no end of 'n'")
def a_series_at_the_low_end_of_infinity(c):
    tree(c, ["low", "n", 3])


@forgery("root", "a series of 'n' that begins below 1")
def infinity_from_zero_on(c):
    c["claim"]["domain"]["n"][1] = 0
    tree(c, ["high", "n", 3])


@forgery("finite", "a split of 'n' at 19/2, which is not in its domain")
def an_integer_between_two(c):
    tree(c, ["split", "n", "19/2", ["low", "n", 2], ["leaf"]])


@forgery("finite", "a split of 'n' at 12, which is not in its domain")
def a_split_beyond_the_end(c):
    tree(c, ["split", "n", 12, ["low", "n", 2], ["leaf"]])


@forgery("finite", "a split of 'n' at 2, which is not in its domain")
def a_split_below_the_beginning(c):
    tree(c, ["split", "n", 2, ["leaf"], ["low", "n", 2]])


@forgery("parabola", "a split of 'x' at 2, which is not in its domain")
def a_real_split_beyond_the_end(c):
    tree(c, ["split", "x", 2, ["low", "x", 3], ["leaf"]])


@forgery("parabola", "neither leaf nor split: ['split', 'y']")
def a_split_of_no_variable(c):
    tree(c, ["split", "y", "1/2", ["low", "x", 3], ["high", "x", 3]])


@forgery("parabola", "neither leaf nor split: ['low', ['x']]")
def a_series_of_no_text(c):
    tree(c, ["low", ["x"], 3])


@forgery("parabola", "neither leaf nor split: ['middle', 'x']")
def a_series_from_nowhere(c):
    tree(c, ["middle", "x", 3])


@forgery("parabola", "the terms of a series is out of range")
def a_series_without_terms(c):
    tree(c, ["low", "x", 0])


@forgery("parabola", "the terms of a series is out of range")
def a_series_of_a_thousand_terms(c):
    tree(c, ["low", "x", 1000])


@forgery("parabola", "a node of the tree is not a list")
def no_tree(c):
    tree(c, "leaf")


@forgery("finite", "the domain is empty: 'n' from 3 to 2")
def no_integers(c):
    c["claim"]["domain"]["n"][2] = 2


@forgery("finite", "a side of the domain is not a list of 2")
def integers_without_a_beginning(c):
    c["claim"]["domain"]["n"] = ["integers", 10]


@forgery("finite", "the first integer is not an integer")
def integers_from_a_half_on(c):
    c["claim"]["domain"]["n"][1] = "1/2"


@forgery("parabola", "an end of the domain is not a number")
def reals_to_infinity(c):
    c["claim"]["domain"]["x"][1] = None


@forgery("constant", "unknown operation 'acos' of 2 arguments")
def an_arccosine_of_two(c):
    claims(c, left=["acos", 1, 2])


@forgery("constant", "unknown operation 'value_of' of 1 arguments")
def a_name_of_the_checker(c):
    claims(c, left=["value_of", 1])


# --- more work than is done


@forgery("balance", "a power of the variable beyond 1024", DECLINED)
def a_power_of_a_thousand(c):
    claims(c, left=["pow", N, 1000])


@forgery("constant", "a sine of more than 64", DECLINED)
def a_sine_of_a_million(c):
    claims(c, left=["sin", 10**6])


@pytest.mark.parametrize("name", FORGERIES)
def test_forgery_is_refused_with_its_reason(name):
    change, of, reason, code = FORGERIES[name]
    document = copy.deepcopy(VALID[of])
    change(document)
    got, text = judge(document)
    assert (got, reason in text) == (code, True), text


# --- enclosures

EXPRESSIONS = [
    ["sqrt", ["add", 1, ROOT]],
    ["mul", N, ["sub", ["sqrt", ["add", 4, INVERSE]], 2]],
    ["sqrt", ["div", ["pow", PI, 2], ["mul", 9, N]]],
    ["mul", N, ["sub", ["exp", INVERSE], 1]],
    ["exp", ["sub", ROOT, 1]],
    ["mul", N, ["log", ["add", 1, INVERSE]]],
    ["log", ["add", 3, ROOT]],
    ["atan", ROOT],
    ["mul", N, ["sub", ["atan", ROOT], ROOT]],
    ["atan", ["add", 2, ROOT]],
    ["atan", N],
    ["atan", ["neg", N]],
    ["asin", ["div", ROOT, 2]],
    ["acos", ["add", "1/3", ["div", ROOT, 3]]],
    ["acos", ["div", ROOT, 2]],
    ["sin", ROOT],
    ["mul", N, ["sub", 1, ["cos", ROOT]]],
    ["sin", ["add", ["div", ["mul", 3, PI], 2], ROOT]],
    ["cos", ["add", PI, ROOT]],
    ["sin", ["add", 2, ROOT]],
    ["pow", ["add", 1, ROOT], 5],
    ["pow", ["add", 1, ROOT], -2],
    ["div", ["add", 1, N], ["sub", ["mul", 2, N], ["sqrt", N]]],
    ["mul", N, ["sub", ["div", 1, ["sub", 1, ["div", 1, PI]]], ["div", ["add", PI, ROOT], ["sub", PI, 1]]]],
    ["sub", ["sqrt", ["add", N, 1]], ["sqrt", N]],
    ["mul", ["sub", ["div", 1, PI], ["div", 1, PI]], N],
    BALANCE,
]
PLACES = [  # first, last (None: infinity), end
    (Fraction(4), None, "high"),
    (Fraction(4), Fraction(5), "low"),
    (Fraction(4), Fraction(5), "high"),
]
SAMPLES = [Fraction(1, 1000), Fraction(1, 3), Fraction(1)]  # of the way from the end


def true_value(expression, n):
    if not isinstance(expression, list):
        number = Fraction(expression)
        return mpmath.mpf(number.numerator) / number.denominator
    name, *arguments = expression
    if name == "var":
        return n
    if name == "pi":
        return +mpmath.mp.pi
    if name == "pow":
        return true_value(arguments[0], n) ** arguments[1]
    a, *b = (true_value(argument, n) for argument in arguments)
    two = {"add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "div": lambda a, b: a / b}
    return two[name](a, *b) if b else -a if name == "neg" else getattr(mpmath, name)(a)


def rational(value):
    return mpmath.mpf(value.numerator) / value.denominator


def encloses(module, terms=5):
    """Tell whether the series contain the true values, and exact constants lie in their intervals."""
    with mpmath.workprec(400):
        return all(  # by the series, and by the sine and the arcsine of an interval
            _encloses(module, expression, place, m)
            for expression in EXPRESSIONS
            for place in PLACES
            for m in (1, terms)
        ) and all(_sine_encloses(module, Fraction(k, 7)) for k in range(-200, 200, 9))


def _series(module, expression, place, m):
    """Return the series, or None where it has too few terms."""
    low, high, end = place
    caught = []
    original = module.Series.reduced

    def reduced(self):
        caught.append(original(self))
        return caught[-1]

    module.Series.reduced = reduced
    try:
        box = {"n": (low, high, False)}
        steps = {}
        module.compiled(expression, box, steps)
        list(module.bounds_on(steps, box, [end, "n", m]))
    except module.Rejected:
        return None
    finally:
        module.Series.reduced = original
    return caught[-1]


def _encloses(module, expression, place, m):
    series = _series(module, expression, place, m)
    if series is None:
        return m < 5
    low, high, end = place
    unit = mpmath.mpf(2) ** checker.FRACTION_BITS
    for sample in SAMPLES:
        s = rational(sample) / mpmath.sqrt(rational(low)) if high is None else rational(sample * (high - low))
        n = 1 / s**2 if high is None else rational(low) + s if end == "low" else rational(high) - s
        ends = [
            sum(getattr(c.value, side) / unit * s**k for k, c in enumerate(series.terms))
            + getattr(series.rest, side) / unit * s ** len(series.terms)
            for side in ("low", "high")
        ]
        slack = mpmath.mpf(2) ** -300
        if not ends[0] - slack <= true_value(expression, n) / s**series.valuation <= ends[1] + slack:
            return False
    return all(_consistent(c, unit) for c in series.terms)


def _consistent(number, unit):
    if number.exact is None:
        return True
    top, bottom = (
        sum((rational(q) * mpmath.mp.pi**k for k, q in each.items()), mpmath.mpf(0)) for each in number.exact
    )
    return number.value.low <= top / bottom * unit + 2**-30 and top / bottom * unit - 2**-30 <= number.value.high


def _sine_encloses(module, angle):
    unit, true = mpmath.mpf(2) ** checker.FRACTION_BITS, mpmath.sin(rational(angle))
    point, ratio = module.Interval.of(angle), module.Interval.of(angle / 30)
    between = module.Interval(ratio.low, module.Interval.of((angle + 1) / 30).high)
    wide = module.Interval(point.low - (1 << 250), point.high)
    return all(
        found.low <= value * unit <= found.high
        for found, value in [
            (module.sine(point), true),
            (module.sine(wide), true),
            (module.sine(wide), mpmath.sin(rational(angle) - mpmath.mpf(2) ** -6)),
            (module.arcsine(between), mpmath.asin(rational(angle / 30))),
            (module.arcsine(between), mpmath.asin(rational((angle + 1) / 30))),
        ]
    )


def test_series_contain_the_true_values():
    assert encloses(checker)


TREES = [["leaf"], ["low", "n", 1], ["low", "n", 6], ["high", "n", 1], ["high", "n", 6]]


@pytest.mark.parametrize("seed", range(4))
def test_no_false_inequality_is_accepted(seed):
    """An expression is said to stay below a little less than its greatest value at some points, by random trees."""
    source = random.Random(seed)
    accepted = Counter()
    for _ in range(80):
        expression = source.choice(EXPRESSIONS)
        first = source.choice([3, 4, 7, 50])
        last = source.choice([None, first + source.randint(0, 9)])
        integer = last is None or source.random() < 0.5
        points = [first + k for k in range(10)] + [10**k * first for k in (2, 4, 8)]
        points = [k for k in points if last is None or k <= last]
        with mpmath.workprec(400):
            greatest = max(true_value(expression, mpmath.mpf(n)) for n in points)
            away = mpmath.mpf(10) ** -source.choice([3, 8, 30])
            for sign_of, truth in ((-1, False), (1, True)):
                scaled = int(mpmath.floor((greatest + sign_of * away * (1 + abs(greatest))) * 10**60))
                tree = source.choice(TREES)
                if last is None or last > first:
                    at = source.randint(first + 1, first + 9 if last is None else last)
                    tree = source.choice([tree, ["split", "n", at, source.choice(TREES), tree]])
                domain = ["integers", first, last] if integer else [first, last]
                claim = _document(expression, "<=", str(Fraction(scaled, 10**60)), {"n": domain}, tree)
                accepted[truth] += judge(claim)[0] == ACCEPTED
    assert accepted[False] == 0
    assert accepted[True] >= 10


@pytest.mark.parametrize("end", [1, -1])
def test_arcsine_up_to_its_ends(end):
    with mpmath.workprec(600):
        unit = mpmath.mpf(2) ** checker.FRACTION_BITS
        for away in (0, 1, 2, 10**20, 1 << 255, 1 << 256):
            point = end * (checker.ONE - away)
            found = checker.arcsine(checker.Interval(point, point))
            true = mpmath.asin(point / unit) * unit
            assert found.low <= true <= found.high
            assert found.high - found.low < 1 << 16


# --- mistakes


MISTAKES = {
    "arcsine: one end for both": ("return Interval(below.low, above.high)", "return Interval(below.low, below.high)"),
    "sine: no width": ("Interval(-reach - 2, reach + 2)", "Interval(-2, 2)"),
    "sine: a wrong sign": ("term, k = -(term * m * m)", "term, k = (term * m * m)"),
    "sine: a wrong factorial": ("Interval.of((k + 1) * (k + 2)), k + 2", "Interval.of(k * (k + 1)), k + 2"),
    "exact: powers of pi not added": ("(j + k, p * q) for j, p in a.items()", "(j, p * q) for j, p in a.items()"),
    "exact: bottom not scaled": ("for part in (top, bottom))\n    size", "for part in (top, top))\n    size"),
    "exact: everything is 0": ("return self.exact is not None and not self.exact[0]", "return self.exact is None or not self.exact[0]"),
    "exact: sums of different bottoms": ("            if b != d:", "            if False:"),
    "exact: negation": ("({k: -q for k, q in self.exact[0].items()}, self.exact[1])", "self.exact"),
    "exact: quotient": ("_quotient(_times(a, d), _times(b, c))", "_quotient(_times(a, c), _times(b, d))"),
    "exact: root of any number": ("if root * root == q and k % 2 == 0 else None", ""),
    "exact: root of pi": ("if root * root == q and k % 2 == 0 else None", "if root * root == q else None"),
    "exact: logarithm of everything": ("return ZERO if (self - Number.of(1)).is_zero() else Number(self.value.log())", "return ZERO if self.exact is not None else Number(self.value.log())"),
    "exact: exponential of everything": ("return Number.of(1) if self.is_zero() else Number(self.value.exp())", "return Number.of(1) if self.exact is not None else Number(self.value.exp())"),
    "exact: sine at quarters": ("(0, 1, 0, -1)[int(q) % 4]", "(0, 1, 0, 1)[int(q) % 4]"),
    "exact: sine between quarters": ("            if q.denominator == 1:\n", "            if True:\n"),
    "cosine is sine": ("return (self + Number.pi(Fraction(1, 2))).sin()", "return self.sin()"),
    "series: terms beyond dropped": ("self.terms, self.rest = list(terms[:m]), _horner(terms[m:], rest, s)", "self.terms, self.rest = list(terms[:m]), rest"),
    "series: valuation without terms": ("return self._written(self.valuation + zeros, self.terms[zeros:], len(self.terms))", "return self._written(self.valuation + zeros, self.terms, len(self.terms))"),
    "series: reduced by any terms": ("if not c.is_zero()), len(self.terms))", "if not c.value.low <= 0 <= c.value.high), len(self.terms))"),
    "series: raised without zeros": ("[ZERO] * gap + self.terms, gap + len(self.terms)", "self.terms, gap + len(self.terms)"),
    "series: sum of rests": ("strict=True)], a.rest + b.rest, m)", "strict=True)], a.rest, m)"),
    "series: difference": ("[-c for c in self.terms], -self.rest, len", "[-c for c in self.terms], self.rest, len"),
    "series: product of one rest": ("product.rest + a.rest * b.bounds() + b.rest * a.polynomial()", "product.rest + a.rest * b.bounds()"),
    "series: product without the rests' product": ("product.rest + a.rest * b.bounds() + b.rest * a.polynomial()", "product.rest + a.rest * b.polynomial() + b.rest * a.polynomial()"),
    "series: valuation of a product": ("Series(self.s, a.valuation + b.valuation, _product", "Series(self.s, a.valuation, _product"),
    "series: quotient without e": ("quotient.rest = (a.rest - e - b.rest", "quotient.rest = (a.rest - b.rest"),
    "series: quotient without t": ("(a.rest - e - b.rest * quotient.polynomial()) / b.bounds()", "(a.rest - e) / b.bounds()"),
    "series: quotient's divisor": ("quotient.polynomial()) / b.bounds()", "quotient.polynomial()) / b.terms[0].value if b.terms else b.bounds()"),
    "series: quotient's valuation": ("quotient = Series(self.s, a.valuation - b.valuation", "quotient = Series(self.s, a.valuation"),
    "series: root without e": ("root.rest = (f.rest - e) /", "root.rest = f.rest /"),
    "series: root's divisor": ("(f.bounds().sqrt() + root.polynomial())", "f.bounds().sqrt()"),
    "series: root of odd powers": ("        if f.valuation % 2:\n", "        if False:\n"),
    "series: root's valuation": ("f.valuation // 2, h", "f.valuation, h"),
    "series: limit that is none": ("        if f.valuation < 0:\n            raise Rejected(\"a function", "        if False:\n            raise Rejected(\"a function"),
    "series: last term": ("total.rest = total.rest + last * _horner", "total.rest = total.rest + Interval.of(0) * _horner"),
    "series: power of the last term": ("self.rest, self.s).power(m)", "self.rest, self.s)"),
    "exp: last at 0": ("last = _with(0, u.bounds()).exp()", "last = Interval.of(1)"),
    "exp: last without the factorial": (".exp() / Interval.of(factorial(m))", ".exp() / Interval.of(factorial(m + 1))"),
    "exp: limit forgotten": (" * u.constant(c.exp())", ""),
    "log: last at 0": ("/ base.power(m).times(m))", "/ Interval.of(m))"),
    "log: reaches to 0": ("        if base.low <= 0:\n            raise Rejected(\"a log", "        if False:\n            raise Rejected(\"a log"),
    "log: limit forgotten": ("first, u = c.log(), difference / difference.constant(c)", "first, u = c.log(), difference"),
    "atan: a smaller last term": ("Interval(-ONE, ONE) / Interval.of(m))", "Interval(0, 0) / Interval.of(m))"),
    "atan: too far": ("        if below.bounds().low <= 0:", "        if False:"),
    "atan: the wrong quarter": ("Fraction(1 if f.bounds().low > 0 else -1, 2)", "Fraction(1, 2)"),
    "atan: signs": ("Fraction((-1) ** (k // 2), k) if k % 2", "Fraction(1, k) if k % 2"),
    "asin: no root": ("(self.constant(Number.of(1)) - self * self).sqrt()", "(self.constant(Number.of(1)) - self * self)"),
    "sin: cycle": ("cycle = (sin, cos, -sin, -cos)", "cycle = (sin, cos, -sin, cos)"),
    "sin: last": ("Interval(-ONE, ONE) / Interval.of(factorial(m))", "Interval(0, ONE) / Interval.of(factorial(m))"),
    "steps: acos is asin": ('["sub", ["div", ["pi"], 2], ["asin", arguments[0]]]', '["asin", arguments[0]]'),
    "steps: equal ones not told apart": ('return ("pow", compiled(arguments[0], box, steps), exponent)', 'return ("pow", compiled(arguments[0], box, steps), exponent % 7)'),
    "leaves: below forgotten": ("        if not integers or at > low:\n", "        if not integers:\n"),
    "leaves: above forgotten": ("        stack.append((here | {name: (at, high, integers)}, above))\n", ""),
    "leaves: a gap of integers": ("(low, at - integers, integers)", "(low, at - 2 * integers, integers)"),
    "leaves: integers between": (" or (integers and at.denominator > 1)", ""),
    "leaves: beyond": ("if at < low or (high is not None and at > high)", "if at < low"),
    "leaves: before": ("if at < low or (high is not None and at > high)", "if high is not None and at > high"),
    "end: not looked at": ("        yield value_of(steps, {**others, name: Number.of(at)}, _itself).value\n", ""),
    "end: the other": ('(low, one) if end == "low" or high is None', '(low, one) if end == "high" or high is None'),
    "reach: half": ("reach = over.high - over.low", "reach = (over.high - over.low) // 2"),
    "reach: at infinity": ("reach = Interval.of(1 / low).sqrt().high", "reach = Interval.of(1 / low).high // 2"),
    "infinity: below 1": ("    if low < 1:\n", "    if False:\n"),
    "infinity: n is 1/s": ("Series(Interval(0, reach), -2, [Number", "Series(Interval(0, reach), -1, [Number"),
    "no end is the beginning": ("    if high is None:\n        raise Rejected(f\"a leaf on which", "    if high is None:\n        high = low\n    if False:\n        raise Rejected(f\"a leaf on which"),
    "low end of a side": ("Number(Interval(Interval.of(low).low, Interval.of(high).high))", "Number(Interval.of(low))"),
    "empty domain": ("    if high is not None and low > high:\n", "    if False:\n"),
    "touching is less": ('if value.low < 0 or (value.low == 0 and relation == "<"):', "if value.low < 0:"),
    "one leaf is enough": ("        facts += 1\n", "        facts += 1\n        if facts > 1:\n            break\n"),
    "false is true": ("if value.low < 0 or", "if value.high < 0 or"),
    "sides exchanged": ('["sub", entries["right"], entries["left"]]', '["sub", entries["left"], entries["right"]]'),
}  # fmt: skip


def wrong(module):
    """Tell whether a certificate gets another outcome, or another reason, than it must."""
    for name, document in VALID.items():
        if judge(document, module)[0] != (REJECTED if name == "two" else ACCEPTED):
            return True
    for change, of, reason, code in FORGERIES.values():
        document = copy.deepcopy(VALID[of])
        change(document)
        got, text = judge(document, module)
        if got != code or reason not in text:
            return True
    return False


def test_the_checker_itself_passes():
    assert not wrong(checker)


@pytest.mark.usefixtures("alarm")
@pytest.mark.parametrize("name", MISTAKES)
def test_the_mistake_is_noticed(name):
    module = module_of(*MISTAKES[name])
    try:
        noticed = wrong(module) or not encloses(module)
    except (AttributeError, IndexError, TimeoutError, ValueError, ZeroDivisionError, module.Rejected, module.Declined):
        noticed = True
    assert noticed
