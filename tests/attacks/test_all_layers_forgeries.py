"""Forged certificates about networks all of whose layers are trained, and mistakes put into the rules for them."""

import copy
import json
from functools import cache

import battery
import pytest
from forgery import ACCEPTED, DECLINED, Forgeries, sign, small_run
from mutants import module_of

from ntkproofs import checker
from ntkproofs.certificates import Run, issue_network
from ntkproofs.programs import TemplateProgram, permutation_task


def shared_run():
    """A bit with two writers, one with one, and a sample of padding."""
    program = TemplateProgram("shared", fields={"a": 2, "b": 1})
    program.template(when={("a", 0): 1}, write=[("a", 0)])
    program.template(when={("a", 1): 1}, write=[("a", 0), ("a", 1)])
    program.pad(1)
    return Run(program, free=(0, 1), ones=(), steps=2)


@cache
def runs():
    """Return the runs of the honest certificates, by name."""
    permutation = Run.of(permutation_task([1, 2, 0]))
    return {"permutation": permutation, "shared": shared_run(), "visited": small_run(), "one": permutation}


ASKED = {
    "permutation": {"failure": "1/10"},
    "shared": {"failure": "1/5"},
    "visited": {"failure": "1/3", "states": "reachable"},
    "one": {"failure": "1/10", "inputs": 1},
}


@cache
def _honest():
    certificates = {name: issue_network(runs()[name], trained="all", **asked) for name, asked in ASKED.items()}
    return {name: json.loads(certificate.data) for name, certificate in certificates.items()}


def honest():
    """Return fresh copies of honest certificates, by name."""
    return copy.deepcopy(_honest())


FORGERIES = forgery = Forgeries(honest)


NARROWER = ("the union bound exceeds the failure probability", "the outputs vary more than the path allows")


def claims(base, message, **changes):
    """Register forgeries that set one key of a claim each."""
    for name, (key, value) in changes.items():

        def change(document, key=key, value=value):
            document["claim"][key] = value

        change.__name__ = name
        forgery(base, message)(change)


def hints(message, **changes):
    """Register forgeries that set one number of the evidence each: a path and the value."""
    for name, (path, value) in changes.items():

        def change(document, path=path, value=value):
            target = document["evidence"]
            for key in path[:-1]:
                target = target[key]
            target[path[-1]] = value

        change.__name__ = name
        forgery("permutation", message)(change)


def scaled(text, factor):
    """Return a fraction times a quotient of integers."""
    top, _, bottom = text.partition("/")
    return f"{int(top) * factor[0]}/{int(bottom or 1) * factor[1]}"


# --- what is claimed does not follow


@forgery("permutation", NARROWER)
def one_pair_fewer(c):
    c["claim"]["width"] -= 2


@forgery("shared", NARROWER)
def one_pair_fewer_with_two_writers(c):
    c["claim"]["width"] -= 2


@forgery("visited", NARROWER)
def one_pair_fewer_at_visited_states(c):
    c["claim"]["width"] -= 2


@forgery("permutation", "a width that is odd: a start of pairs has an even number of neurons")
def one_neuron_more(c):
    c["claim"]["width"] += 1


@forgery("permutation", "the union bound exceeds the failure probability")
def one_step_fewer(c):
    c["claim"]["steps"] -= 1


@forgery("permutation", "an output at a sample may be on the wrong side of the threshold")
def few_steps(c):
    c["claim"]["steps"] = 2


@forgery("permutation", "the step is too large for the eigenvalues of H")
def a_larger_step(c):
    c["claim"]["step"] = scaled(c["claim"]["step"], (1001, 1000))


@forgery("permutation", "the union bound exceeds the failure probability")
def a_smaller_step(c):
    c["claim"]["step"] = scaled(c["claim"]["step"], (9, 10))


@forgery("permutation", "the residual does not decay")
def a_step_below_zero(c):
    c["claim"]["step"] = "-1/4"


@forgery("permutation", "the union bound exceeds")
def failure_halved(c):
    c["claim"]["failure"] = "1/20"


@forgery("permutation", "the union bound exceeds")
def threshold_moved_up(c):
    c["claim"]["threshold"] = scaled(c["claim"]["threshold"], (105, 100))


@forgery("permutation", "the union bound exceeds")
def threshold_moved_down(c):
    c["claim"]["threshold"] = scaled(c["claim"]["threshold"], (95, 100))


@forgery("permutation", "the limit of the output is not clearly on the program's side of the threshold at n = ")
def threshold_below_the_zeros(c):
    c["claim"]["threshold"] = "1/50"


@forgery("permutation", "the outputs vary more than the path allows")
def far_narrower(c):
    c["claim"]["width"] = c["claim"]["width"] // 8 * 2


@forgery("one", NARROWER)
def every_input_where_one_is_claimed(c):
    del c["claim"]["inputs"]


@forgery("visited", "a regression (2,) is missing")
def every_state_instead_of_visited_ones(c):
    c["claim"]["states"] = "arbitrary"
    c["evidence"]["regressions"] = []


@forgery("permutation", "kinks (2, 0, 1) does not occur")
def a_program_without_pairs_of_matches(c):
    for template in c["claim"]["program"]["templates"]:
        template[0] = [[0, 1], [1, 1], [2, 1]]
    c["evidence"]["regressions"] = c["evidence"]["regressions"][1:]


@forgery("permutation", "a column of targets without a 0")
def a_bit_that_every_sample_writes(c):
    for template in c["claim"]["program"]["templates"]:
        template[1] = [0]


# --- what is no claim about such networks

claims(
    "permutation",
    "start is not one of antisymmetric: ",
    zero_start=("start", "zero"),
    gaussian_start=("start", "gaussian"),
    no_start=("start", None),
)
claims(
    "permutation", "start is not one of zero, gaussian: 'antisymmetric'", output_layer_from_pairs=("trained", "output")
)
claims("permutation", "networks is out of range", two_networks=("networks", 2))
claims("permutation", "width is out of range", no_neuron=("width", 0), negative_width=("width", -8))
claims("permutation", "steps is out of range", no_step=("steps", 0))
claims(
    "permutation",
    "failure or threshold is not between 0 and 1",
    threshold_zero=("threshold", "0"),
    threshold_one=("threshold", "1"),
    failure_one=("failure", 1),
)
claims("permutation", "the residual does not decay", step_zero=("step", "0"))
claims("one", "inputs is out of range", no_input=("inputs", 0))
claims("one", "inputs: there are only 2^3", nine_inputs=("inputs", 9))

# --- the evidence


@forgery("permutation", "the class n = 2, p = 0, t = 1 occurs twice")
def a_class_doubled(c):
    c["evidence"]["classes"].append(c["evidence"]["classes"][0])


@forgery("permutation", "the class n = 3, p = 1, t = 1 is missing")
def a_class_left_out(c):
    del c["evidence"]["classes"][-1]


@forgery("permutation", "the class n = 9, p = 0, t = 1 does not occur")
def a_class_renamed(c):
    c["evidence"]["classes"].append([9, *c["evidence"]["classes"][0][1:]])


@forgery("permutation", "kinks (2, 0, 1) occurs twice")
def kinks_doubled(c):
    c["evidence"]["kinks"].append(c["evidence"]["kinks"][0])


@forgery("permutation", "kinks (3, 1, 1) is missing")
def kinks_left_out(c):
    del c["evidence"]["kinks"][-1]


@forgery("permutation", "a regression (2,) occurs twice")
def a_regression_doubled(c):
    c["evidence"]["regressions"].append(c["evidence"]["regressions"][0])


@forgery("permutation", "a regression (3,) is missing")
def a_regression_left_out(c):
    del c["evidence"]["regressions"][-1]


@forgery("permutation", "a regression (4,) does not occur")
def a_regression_renamed(c):
    c["evidence"]["regressions"].append([4, c["evidence"]["regressions"][0][1]])


@forgery("shared", "a column (1,) occurs twice")
def a_column_doubled(c):
    c["evidence"]["columns"].append(c["evidence"]["columns"][0])


@forgery("shared", "a column (2,) is missing")
def a_column_left_out(c):
    del c["evidence"]["columns"][1]


@forgery("permutation", "a column (2,) does not occur")
def a_column_renamed(c):
    c["evidence"]["columns"].append([2, c["evidence"]["columns"][0][1]])


@forgery("permutation", "a column lacks the key turn")
def no_turn(c):
    del c["evidence"]["columns"][0][1]["turn"]


@forgery("permutation", "evidence has the unknown key 'descent'")
def descent_too(c):
    c["evidence"]["descent"] = {}


@forgery("permutation", "a column is not a list of 2")
def a_short_column(c):
    del c["evidence"]["columns"][0][1]


@forgery("permutation", "a column: pull is not a list of 4")
def a_short_vector(c):
    del c["evidence"]["columns"][0][1]["pull"][-1]


COLUMN = ("columns", 0, 1)
for _name in ("deviation", "pull", "bulk", "label", "open", "share", *checker.CLOSED):
    hints(
        f"a column: {_name}: a number that is not above 0",
        **{
            f"{_name}_of_nothing": ((*COLUMN, _name, 0), 0),
            f"{_name}_with_a_negative_tilt": ((*COLUMN, _name, 1), "-1/10"),
        },
    )
for _name in ("deviation", "pull", "bulk", "label", "open", "share", "writer", "other", "turn", "echo"):
    hints("the union bound exceeds", **{f"{_name}_too_small": ((*COLUMN, _name, 0), "1/100000")})
hints("a column: rest: a number that is not above 0", no_rest=((*COLUMN, "rest", 0), 0))
hints("the outputs vary more than the path allows", a_smaller_rest=((*COLUMN, "rest", 0), "1/1000"))
hints("the output weights may change sign", a_rest_too_large=((*COLUMN, "rest", 0), "1"))
hints(
    "evidence: drop: a number that is not above 0",
    no_drop=(("start", "drop", 0), 0),
    a_drop_with_a_negative_tilt=(("start", "drop", 1), -1),
)
hints("the drop of the least eigenvalue is not between 0 and 1", drop_one=(("start", "drop", 0), 1))
hints(
    "one term of the union bound exceeds the failure probability: the least eigenvalue",
    a_small_drop=(("start", "drop", 0), "1/1000"),
)
hints(
    "one term of the union bound exceeds the failure probability: the Gram matrix",
    a_small_gram=(("start", "gram", 0), "1/2"),
)
hints("is not between 0 and 1/(2 M)", a_gram_beyond_its_moments=(("start", "gram", 1), "1/2"))
hints("the levels are not positive and increasing", longest_below_the_levels=(("start", "longest", 0), "1/5"))
hints("a tilt of |v| is not between 0 and 1/2", longest_beyond_its_moments=(("start", "longest", 1), "1/2"))
hints("a level: a number that is not above 0", a_level_below_zero=(("start", "levels", 0, 0), "-1"))
hints("the levels are not positive and increasing", levels_in_disorder=(("start", "levels", 0, 0), "19/10"))
hints("kinks: kinks: a number that is not above 0", no_kinks=(("kinks", 0, 3, "kinks", 0), 0))
hints(
    "one term of the union bound exceeds the failure probability: kinks at n = 2",
    few=(("kinks", 0, 3, "kinks", 0), "1/100000"),
)
hints("the square of the regression at n = 2", a_small_square=(("regressions", 0, 1, "square", 0), "1/1000"))
hints("the shift of the regression at n = 2", a_small_shift=(("regressions", 0, 1, "shift", 0), "1/1000"))
hints("is not between 0 and 1/(2 M)", square_beyond_its_moments=(("regressions", 0, 1, "square", 1), 9))
hints("is not between 0 and 1/(2 M)", a_class_with_l_negative=(("classes", 0, 3), "-1/100"))
hints("a tilt that is not above 0", a_class_with_z_negative=(("classes", 0, 4), -3))
hints("a quadratic form that is not positive definite at n = 2, p = 0, t = 1", q_negative=(("classes", 0, 5), -5))
hints("the cover does not end in ", no_cover=(("classes", 0, 6), []))
hints("a quadratic form that is not positive definite for the pull", q_of_the_pull=((*COLUMN, "pull", 3), -9))


@forgery("permutation", "the union bound exceeds")
def a_short_longest(c):
    c["evidence"]["start"]["longest"][0] = scaled(c["evidence"]["start"]["longest"][0], (22, 25))


# --- sizes


@forgery("permutation", "a tilt of more than 16384", DECLINED)
def a_huge_tilt(c):
    c["evidence"]["columns"][0][1]["bulk"][2] = 10**40


@forgery("permutation", "more work than", DECLINED)
def many_levels(c):
    c["evidence"]["start"]["levels"] = [[f"{i}/1000000", "1/4"] for i in range(1, 100_000)]


@forgery("permutation", "an exponential of more than", DECLINED)
def a_huge_echo(c):
    c["evidence"]["columns"][0][1]["echo"][1] = 10**30


# --- tests


def test_honest_certificates_are_accepted_in_these_words():
    for name, document in honest().items():
        code, text = checker.judge(sign(document))
        assert code == ACCEPTED, (name, text)
        claim = document["claim"]
        assert f"one scalar two-layer ReLU network of width {claim['width']} for each output bit" in text
        assert f"antisymmetric start of {claim['width'] // 2} pairs of neurons (a, u) = (1, u), (-1, u)" in text
        assert f"by {claim['steps']} steps of size {claim['step']} of full-batch gradient descent" in text
        assert f"with probability at least 1 - {claim['failure']} over the random initial pairs" in text
        assert ("at every state simultaneously" in text) == (name in ("permutation", "shared"))
        assert ("at any one state chosen beforehand simultaneously" in text) == (name == "one")


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_network_is_refused_with_its_reason(name):
    make, code, message = FORGERIES[name]
    got, text = checker.judge(make())
    assert any(each in text for each in ([message] if isinstance(message, str) else message)), text
    assert got == code
    assert "\n" not in text


MISTAKES = {
    "constants: of the other kernel": ("Interval.of(1) - self.apart, pi().times(2) - Interval.of(1), 2", "Interval.of(1) - self.apart, pi().times(2) - Interval.of(1), 1"),
    "constants: another D": ("pi().times(2) - Interval.of(1), 2", "pi() - Interval.of(1), 2"),
    "gates: half a probability": ("return self.m[exponent] if exponent else Interval.of(Fraction(1, 2))", "return self.m[exponent]"),
    "two degrees: the first ignored": ("power = (x0 - (one - x.times(2)).log()", "power = (-(one - x.times(2)).log()"),
    "two degrees: no cross term": ("square = M0.power(2) + (M0 * M2).times(2 * K) +", "square = M0.power(2) + (M0 * M2).times(3 * K) +"),
    "two degrees: any l": ("        if l <= 0 or M2.low <= 0 or", "        if M2.low <= 0 or"),
    "sums: one more": ("own = own + (m2 + m11.times(s - 1)).times(2) + half", "own = own + (m2 + m11.times(s - 1)) + half"),
    "sums: no probability of both": ("return own, pair + m11.times(2) + m2 + m11.times(s - 2) + half * half", "return own, pair + m11.times(2) + m2 + m11.times(s - 2)"),
    "fourth: a product": ("return m4 + m2.power(2).times(K - 1), (m3", "return m4, (m3"),
    "chi: of one coordinate": (".log().times(self.K)\n", ".log()\n"),
    "chi: any tilt": ('        if not 0 < 2 * l < 1:\n            raise Rejected("a tilt of |v|', '        if False:\n            raise Rejected("a tilt of |v|'),
    "vector: no divergence": ("return divergence + Interval.of(q) - total / Interval.of(2) - (p * Interval.of(l * value)).times(pairs)\n\n\nTail", "return Interval.of(q) - total / Interval.of(2) - (p * Interval.of(l * value)).times(pairs)\n\n\nTail"),
    "vector: once each": ("total = total + log_determinant([[factor]], where).times(times)", "total = total + log_determinant([[factor]], where)"),
    "trace: one eigenvalue": (".exp().times(dimension - 1)).log()", ".exp()).log()"),
    "start: odd widths": ("        if width % 2:\n", "        if False:\n"),
    "start: any drop": ("        if not 0 < drop < 1:\n            raise Rejected(\"the drop of", "        if False:\n            raise Rejected(\"the drop of"),
    "start: nothing dropped": ("self.inverse = Interval.of(1 / (1 - drop))", "self.inverse = Interval.of(1)"),
    "start: the least of the limit": ("self.least = tangent.lam * Interval.of(1 - drop)", "self.least = tangent.lam"),
    "start: a parabola": ("a = (b * x).times(2) + end", "a = b * x + end"),
    "start: no drop in the exponent": ("return trace + Interval.of(l * self.pairs * (1 - self.drop))", "return trace"),
    "start: no gates in N^2": ("own = own + m2.times(2) + Interval.of(Fraction(1, 2)) - own_sum / divisor", "own = own + Interval.of(Fraction(1, 2)) - own_sum / divisor"),
    "start: a Gram matrix without pairs": ("across = one + rate * (m2 - tangent.apart) + C * (own - pair)", "across = one + rate * (m2 - tangent.apart) + C * own"),
    "start: one neuron": ("return self.level(self.longest, l) + Interval.of(self.pairs).log()", "return self.level(self.longest, l)"),
    "start: sizes not squared": ("return self.tangent.chi(l) - Interval.of(l * size**2)", "return self.tangent.chi(l) - Interval.of(l * size)"),
    "deviation: no constant": ("return self.hidden.two_degrees(l, self.constant(g, b), M, self.hidden.K)", "return self.hidden.two_degrees(l, Interval.of(0), M, self.hidden.K)"),
    "deviation: no trace": ("return total + g * b * (Interval.of(t - 1) + free) / hidden.lam", "return total"),
    "deviation: gates outside of the trace": ("mean = form + weight * Interval.of(Fraction(s, 2))", "mean = form"),
    "pull: one writer": ("M0 = Interval.of(t * zeros).sqrt() * apart + Interval.of(Fraction(int(t > 1), 2))", "M0 = Interval.of(t * zeros).sqrt() * apart"),
    "pull: the mean not taken off": (" - apart.power(2).times(t * zeros)\n", "\n"),
    "bulk: the mean not taken off": (" - mu.power(2).times(r)\n", "\n"),
    "bulk: a smaller supremum": ("values, root * largest(mu, one - mu), root,", "values, root * (one - mu), root,"),
    "label: three dimensions": ("C = self.hidden.two_degrees(l, Interval.of(0), Interval.of(1), t)", "C = self.hidden.two_degrees(l, Interval.of(0), Interval.of(1), t + 2)"),
    "open: never shut": ("chance = (Interval.of(l).exp() - Interval.of(1)) * (Interval.of(1) - shut)", "chance = (Interval.of(l).exp() - Interval.of(1)) * shut * shut"),
    "E2: no gates": ('n1, n2 = [("1", 1, 1)], [("1", 2, 0)]', 'n1, n2 = [("1", 1, 1)], [("1", 1, 1)]'),
    "E2: no cumulants": ("total = total - (self.cumulant(v + first[0], one + first[1]) * moment(*rest)).times(ways)", "pass"),
    "E2: cubes on one side": ("total = total + largest(slope, -slope) * part * part.sqrt()", "total = total + slope * part * part.sqrt()"),
    "bit: no crossed terms": ("return super().entry(g, k) + crossed + closed", "return super().entry(g, k) + closed"),
    "bit: no closed terms": ("return super().entry(g, k) + crossed + closed", "return super().entry(g, k) + crossed"),
    "bit: gates everywhere": ("closed = (x * z - x * c - z * b) * self._gated(gates, 0)", "closed = (x * z - x * c - z * b) * self._open(gates)"),
    "bit: no degree 0": ("return self.hidden.two_degrees(l, M0 + r * spread, M, self.hidden.K)", "return self.hidden.two_degrees(l, Interval.of(0), M, self.hidden.K)"),
    "bit: no spread": ("return self.hidden.two_degrees(l, M0 + r * spread, M, self.hidden.K)", "return self.hidden.two_degrees(l, M0, M, self.hidden.K)"),
    "bit: writers without a range": ("return span.power(2) * Interval.of(Fraction(t * t // 4, t))", "return Interval.of(0)"),
    "regression: a shorter reach": ("self.weights = [largest(b, -b, gap, -gap) for b, gap in gaps]", "self.weights = [largest(gap, -gap) for b, gap in gaps]"),
    "regression: one side of zeta": ("return largest(*lengths), largest(*white)", "return lengths[0], white[0]"),
    "square: half a mean": ("mean = Interval.of(Fraction(1, 2)) + angle * hidden.apart", "mean = Interval.of(Fraction(1, 2))"),
    "shift: directions of one dimension less": ("p, divergence = hidden.everywhere.tilted(z)", "p, divergence = hidden.tilted(z)"),
    "shift: no differences": ("total = self._within_groups(base, C) + log_determinant(matrix, self.where)", "total = log_determinant(matrix, self.where)"),
    "path: along y alone": ("self.sy = pace + self.rest", "self.sy = pace"),
    "path: no deviation across": ("self.st = pace * (ratio * Interval.of(self.zeros).sqrt() + dev) + self.rest", "self.st = pace * ratio * Interval.of(self.zeros).sqrt() + self.rest"),
    "path: zeros only as in the limit": ("self.zero = pace * ratio + across", "self.zero = pace * ratio"),
    "path: no way back": ("(self.sy, self.rest) if t == 1 else", "(self.sy, Interval.of(0)) if t == 1 else"),
    "path: no echo in a": ("return self.C * (Interval.of(1) + self.nu(size) + self.be.times(2))", "return self.C * (Interval.of(1) + self.nu(size))"),
    "path: no blur of the other half": (" + (Interval.of(1) + self.be) * self.sinh - self.S", ""),
    "path: kappa without nu": ("C.power(2) * S * (self.nu(size).times(2) + be)", "C.power(2) * S * be"),
    "path: third order halved": ("two, three = Interval.of(half), Interval.of(sixth)", "two, three = Interval.of(sixth), Interval.of(sixth)"),
    "path: all pairs shut": ("return self.share * first.power(power) + second.power(power)", "return second.power(power)"),
    "smooth: no echo": ("return self.start.root * (first + reach * self.C.power(2) * nu * P0) + reach * echo", "return self.start.root * (first + reach * self.C.power(2) * nu * P0)"),
    "smooth: no second term": ("return self.start.root * (first + reach * self.C.power(2) * nu * P0) + reach * echo", "return self.start.root * first + reach * echo"),
    "variation: closings of one coordinate at a time": ("far = closed[\"other\"] * self.zeros_path() * Interval.of(self.zeros).sqrt()", "far = closed[\"other\"] * self.zeros_path()"),
    "variation: a closing once": ("(both + far) * (Interval.of(2) - Interval.of(1) / amax)", "(both + far)"),
    "lipschitz: no windows": ("(v + self.S.times(2)) * o + amax.power(2) * share", "(v + self.S.times(2)) * o"),
    "lipschitz: no closings": ("o = (amax * weight / self.start.root).sqrt()", "o = Interval.of(0)"),
    "residual: later": ("return self.root_t * (Interval.of(1) - rate).log().times(steps).exp()", "return self.root_t * (Interval.of(1) - rate).log().times(2 * steps).exp()"),
    "moves: no deviation": ("base = scale * Interval.of(e) / start.tangent.lam.sqrt() + self.rest", "base = self.rest"),
    "moves: the writer apart": ("rise, fall = base + (scale * column.top * root).times(p)", "rise, fall = base"),
    "distance: no closings of zeros": ("closing = closing + near * closed[\"other\"] * self.zeros_path()", "closing = closing"),
    "distance: no turns": ("(closed[\"writer\"] + closed[\"cross\"]) + writing * closed[\"turn\"]", "(closed[\"writer\"] + closed[\"cross\"])"),
    "distance: no residual": ("+ closing + (state.length + shift) * residual", "+ closing"),
    "distance: no kinks": ("return kinks + self.smooth(theta, wide, self.echo(closed))", "return self.smooth(theta, wide, self.echo(closed))"),
    "windows: levels in any order": ("        if sizes != sorted(sizes) or sizes[0] <= 0:", "        if False:"),
    "windows: the first level for all": ("total = total + _positive(high - low) * least(chance, weight)", "pass"),
    "windows: sizes as they are": ("(*(size + near for size in self.sizes[:-1]), self.sizes[-1])", "self.sizes"),
    "closings: one member": ("return total / k.times(3) - end", "return ((k * end).exp() - one) / k - end"),
    "closings: kappa for half": ("rate * (length * self.path.kappa(size) * half if echo else a)", "rate * (length * self.path.kappa(size) * half * half if echo else a)"),
    "closings: across at no time": ("return (k * a * length).exp() * (Interval.of(1) - (-(k * a * back)).exp()) / k - a * back", "return (k * a * back).exp() / k"),
    "turns: once": ("(rise - one) * a * (length - short) + (rise.power(2) - one) * a * short", "(rise - one) * a * length"),
    "share: a smaller window": ("window = path.amax(self.sizes[-1]) * largest(path.one, path.zero)", "window = path.zero"),
    "kinks: above 0 alone": ("return self.event(tail, above + side(2, one))", "return self.event(tail, above)"),
    "kinks: the writer always shut": ("above = side(0, half + more) + side(1, half)", "above = side(1, one)"),
    "claim: a sign of a": ('less(path.amax(Interval.of(start.longest)), one + one, "the output weights may change sign" + where)', "pass"),
    "claim: any step": ('less(step * (one + Interval.of(start.gram)), one, "the step is too large for the eigenvalues of H")', "pass"),
    "claim: any variation": ('less(path.variation(self.closed), limit, "the outputs vary more than the path allows" + where)', "pass"),
    "claim: samples not looked at": ("        at_samples(network.threshold, [self.residual])\n", ""),
    "claim: one coordinate": ('far += [(f"the closings {name}", log, K) for name, log in self.closings()]', 'far += [(f"the closings {name}", log, 1) for name, log in self.closings()]'),
    "claim: no kinks": ('chances += [(f"kinks {bit.where}", crossing, classes[count]), (bit.where, wrong, classes[count])]', "chances += [(bit.where, wrong, classes[count])]"),
    "claim: no margin for training": ("bit = TangentBit(column.column, count, network.threshold, Interval(slack.high, slack.high))", "bit = TangentBit(column.column, count, network.threshold, Interval.of(0))"),
    "claim: no regressions": ("    return chances + more\n", "    return chances\n"),
    "claim: columns without zeros": ("if max(network.columns, default=0) == tangent.K:", "if False:"),
    "claim: a shift not scaled": ("result[n] = state, Interval.of(square[0]), Interval.of(shift[0]) * scale", "result[n] = state, Interval.of(square[0]), Interval.of(shift[0])"),
    "evidence: tails below 0": ("    if min(numbers[:3]) <= 0:\n", "    if False:\n"),
    "evidence: twice": ("        if key in result:\n", "        if False:\n"),
    "evidence: missing": ("    if absent or strange:\n", "    if strange:\n"),
    "evidence: unknown": ("    if absent or strange:\n", "    if absent:\n"),
    "inputs: more than there are": ("if inputs is not None and inputs > 1 << most:", "if False:"),
    "inputs: one bit": ("min(number, room * bits[count[2]]) for count, number in counts.items()", "min(number, room) for count, number in counts.items()"),
    "inputs: all states": ("return counts, {n: min(number, room) for n, number in states.items()}", "return counts, {n: 1 for n, number in states.items()}"),
    "states: a state for each bit": ("return {n: number // bits for n", "return {n: number // (bits + 1) for n"),
}  # fmt: skip


def first_wrong(module):
    """Return the first fact about these networks that does not hold of a module, None if all do."""
    from battery_all_layers import ALL_LAYERS_FACTS  # which takes the forgeries from here

    return battery.first_wrong(module, ALL_LAYERS_FACTS)


def test_the_checker_itself_passes_the_facts():
    assert first_wrong(checker) is None


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_the_rules_for_all_layers_is_noticed(name):
    assert first_wrong(module_of(*MISTAKES[name])) is not None
