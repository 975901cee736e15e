"""Forged certificates about one finite network, and mistakes put into the rules for it: each must be noticed."""

import copy
import json
import sys
import types
from functools import cache
from pathlib import Path

import pytest
from forgery import ACCEPTED, DECLINED, REJECTED, sign, small_run

from ntkproofs import checker
from ntkproofs.certificates import Run, issue_network
from ntkproofs.programs import TemplateProgram, addition_task, permutation_task

TEXT = Path(checker.__file__).read_text()
FORGERIES = {}


def full_run():
    """Two samples, both of which write a bit: a column without zeros; two bits with the same column."""
    program = TemplateProgram("full", fields={"a": 2, "b": 1})
    program.template(when={("a", 0): 1}, write=[("a", 0)])
    program.template(when={("a", 1): 1}, write=[("a", 0), ("a", 1), ("b", 0)])
    return Run(program, free=(0, 1), ones=(), steps=2)


@cache
def _honest():
    certificates = {
        "permutation": issue_network(permutation_task([1, 2, 0]), failure="1/10"),
        "addition": issue_network(addition_task(2), failure="1/2"),
        "visited": issue_network(small_run(), failure="1/3", states="reachable"),
        "full": issue_network(full_run(), failure="1/20"),
    }
    return {name: json.loads(certificate.data) for name, certificate in certificates.items()}


def honest():
    """Return fresh copies of honest certificates, by name."""
    return copy.deepcopy(_honest())


def forgery(base, message, code=REJECTED):
    """Register a forgery: the decorated function changes an honest document, which is signed afterwards."""

    def register(function):
        def make():
            document = honest()[base]
            function(document)
            return sign(document)

        FORGERIES[function.__name__] = (make, code, message)
        return function

    return register


def each(base, message, **changes):
    """Register forgeries that set one key of a claim each."""
    for name, (key, value) in changes.items():

        def change(document, key=key, value=value):
            document["claim"][key] = value

        change.__name__ = name
        forgery(base, message)(change)


# --- what is claimed does not follow


@forgery("permutation", "the probabilities of failures are too large together, the largest at n = ")
def one_neuron_fewer(c):
    c["claim"]["width"] -= 1


@forgery("addition", "the probabilities of failures are too large together, the largest at n = ")
def one_neuron_fewer_of_an_addition(c):
    c["claim"]["width"] -= 1


@forgery("visited", "the probabilities of failures are too large together")
def one_neuron_fewer_at_visited_states(c):
    c["claim"]["width"] -= 1


@forgery("permutation", "the probabilities of failures are too large together")
def one_step_fewer(c):
    c["claim"]["steps"] -= 1


@forgery("full", "an output at a sample may be on the wrong side of the threshold")
def fewer_steps_than_samples_need(c):
    c["claim"]["steps"] = c["claim"]["steps"] * 4 // 5


@forgery("permutation", "is too large for eigenvalues up to K (1 + rise)/2")
def a_larger_step(c):
    top, bottom = map(int, c["claim"]["step"].split("/"))
    c["claim"]["step"] = f"{top * 10**6 + 1}/{bottom * 10**6}"


@forgery("permutation", "the probabilities of failures are too large together")
def a_smaller_step(c):
    top, bottom = map(int, c["claim"]["step"].split("/"))
    c["claim"]["step"] = f"{top * 49}/{bottom * 50}"


@forgery("permutation", "the probability of a failure is too large")
def far_narrower(c):
    c["claim"]["width"] //= 3


@forgery("permutation", "the probabilit")
def failure_halved(c):
    c["claim"]["failure"] = "1/20"


@forgery("full", "the limit of the output is not on its side of the threshold at n = 2, p = 1, t = 1")
def threshold_above_the_ones(c):
    c["claim"]["threshold"] = "99/100"


@forgery("permutation", "the probabilit")
def threshold_moved_up(c):
    top, bottom = map(int, c["claim"]["threshold"].split("/"))
    c["claim"]["threshold"] = f"{top * 101}/{bottom * 100}"


@forgery("permutation", "the probabilit")
def threshold_moved_down(c):
    top, bottom = map(int, c["claim"]["threshold"].split("/"))
    c["claim"]["threshold"] = f"{top * 99}/{bottom * 100}"


@forgery("visited", "the class n = ")
def every_state_instead_of_visited_ones(c):
    c["claim"]["states"] = "arbitrary"


@forgery("addition", "the probabilities of failures are too large together, the largest at n = 4")
def another_program(c):
    c["claim"]["program"]["templates"][0][1].append(2)


@forgery("permutation", "is too large for eigenvalues")
def one_sample_more(c):
    c["claim"]["program"]["padding"] = 1


@forgery("visited", "the class n = 2, p = 0, t = 2 is missing")
def more_inputs(c):
    c["claim"]["states"]["free"] += [2, 4]


# --- what is no claim about such a network

each(
    "permutation",
    "trained is not one of output, all: ",
    trained_both=("trained", "both"),
    trained_nothing=("trained", ""),
    trained_as_a_list=("trained", ["output"]),
)
each("permutation", "start is not one of zero: ", gaussian_start=("start", "gaussian"), no_start=("start", None))
each("permutation", "networks is out of range", two_networks=("networks", 2), no_network=("networks", 0))
each("permutation", "width is out of range", no_neuron=("width", 0), negative_width=("width", -5))
each("permutation", "width is not an integer", width_as_text=("width", "300"), width_of_many=("width", [300]))
each("permutation", "steps is out of range", no_step=("steps", 0))
each("permutation", "rise or step is not above 0", step_zero=("step", "0"), step_negative=("step", "-1/4"))
each(
    "permutation",
    "failure or threshold is not between 0 and 1",
    threshold_zero=("threshold", "0"),
    threshold_one=("threshold", "1"),
    threshold_negative=("threshold", "-1/8"),
    failure_zero=("failure", "0"),
    failure_one=("failure", 1),
)


@forgery("permutation", "start is not one of antisymmetric: 'zero'")
def all_layers_from_zero(c):
    c["claim"]["trained"] = "all"


@forgery("permutation", "evidence lacks the key columns")
def all_layers_with_the_same_evidence(c):
    c["claim"] |= {"trained": "all", "start": "antisymmetric"}


@forgery("permutation", "inputs: there are only 2^3")
def more_inputs_than_there_are(c):
    c["claim"]["inputs"] = 9


@forgery("visited", "inputs: there are only 2^")
def more_runs_than_there_are(c):
    c["claim"]["inputs"] = 1 << 20


each("permutation", "inputs is out of range", no_input=("inputs", 0))
each("permutation", "inputs is not an integer", inputs_in_words=("inputs", "all"))


@forgery("permutation", "the claim lacks the key start")
def start_left_out(c):
    del c["claim"]["start"]


@forgery("permutation", "the claim has the unknown key 'kernel'")
def a_kernel(c):
    c["claim"]["kernel"] = "ntk"


@forgery("full", "a network with fewer than 2 samples")
def one_sample(c):
    del c["claim"]["program"]["templates"][1]


@forgery("visited", "states: steps is out of range")
def no_step_of_the_run(c):
    c["claim"]["states"]["steps"] = 0


# --- the evidence


@forgery("permutation", "occurs twice")
def a_class_doubled(c):
    c["evidence"]["classes"].append(c["evidence"]["classes"][0])


@forgery("permutation", "the class n = 3, p = 1, t = 1 is missing")
def a_class_left_out(c):
    del c["evidence"]["classes"][-1]


@forgery("permutation", "the class n = 9, p = 0, t = 1 does not occur")
def an_unknown_class(c):
    c["evidence"]["classes"].append([9, *c["evidence"]["classes"][0][1:]])


@forgery("permutation", "n is out of range")
def a_class_of_one_match(c):
    c["evidence"]["classes"][0][0] = 1


@forgery("permutation", "the deviations are not those of each number of ones in a column, once")
def deviations_left_out(c):
    c["evidence"]["deviations"] = []


@forgery("addition", "the deviations are not those of each number of ones in a column, once")
def a_deviation_doubled(c):
    c["evidence"]["deviations"].append(c["evidence"]["deviations"][0])


@forgery("permutation", "the deviations are not those of each number of ones in a column, once")
def a_deviation_of_other_columns(c):
    c["evidence"]["deviations"].append([2, *c["evidence"]["deviations"][0][1:]])


@forgery("permutation", "the probability of a failure is too large the deviation of columns with 1 ones")
def a_smaller_deviation(c):
    c["evidence"]["deviations"][0][1] = "1/50"


@forgery("permutation", "the deviation of columns with 1 ones: e or z is too small")
def no_deviation(c):
    c["evidence"]["deviations"][0][1] = 0


@forgery("permutation", "a tilt that is not above 0")
def a_tilt_of_nothing(c):
    c["evidence"]["deviations"][0][2] = 0


@forgery("permutation", "is not between 0 and 1/(2 M)")
def a_deviation_with_l_negative(c):
    c["evidence"]["deviations"][0][3] = "-1/10"


@forgery("permutation", "is not between 0 and 1/(2 M)")
def l_too_large(c):
    c["evidence"]["classes"][0][3] = 1000


@forgery("permutation", "is not between 0 and 1/(2 M)")
def l_negative(c):
    c["evidence"]["classes"][0][3] = "-1/100"


@forgery("permutation", "a tilt that is not above 0")
def z_negative(c):
    c["evidence"]["classes"][0][4] = -3


@forgery("permutation", "a quadratic form that is not positive definite at n = 2, p = 0, t = 1")
def q_negative(c):
    c["evidence"]["classes"][0][5] = -5


@forgery("permutation", "the cover does not end in ")
def a_cover_left_out(c):
    c["evidence"]["classes"][0][6] = []


@forgery("permutation", "the cover does not end in ")
def a_block_left_out(c):
    del c["evidence"]["classes"][0][6][-1]


@forgery("permutation", "a block of the cover that is none")
def a_block_doubled(c):
    c["evidence"]["classes"][0][6].append(c["evidence"]["classes"][0][6][-1])


@forgery("permutation", "a block of the cover that is none")
def a_block_beyond(c):
    c["evidence"]["classes"][0][6].append([99, "1/2"])


@forgery("permutation", "a block of the cover that is none")
def mu_above_one(c):
    c["evidence"]["classes"][0][6][0][1] = "65/64"


@forgery("permutation", "a block of the cover that is none")
def mu_negative(c):
    c["evidence"]["classes"][0][6][0][1] = "-1/64"


@forgery("permutation", "rise or step is not above 0, or drop not between 0 and 1")
def drop_one(c):
    c["evidence"]["descent"]["drop"] = 1


@forgery("permutation", "the probability of a failure is too large the least eigenvalue")
def drop_nearly_nothing(c):
    c["evidence"]["descent"]["drop"] = "1/1000"


@forgery("permutation", "the probability of a failure is too large the trace")
def rise_nearly_nothing(c):
    c["evidence"]["descent"]["rise"] = "1/1000000"


@forgery("permutation", "the tilt of the trace is not between 0 and 1/2")
def a_tilt_of_the_trace_beyond_its_moments(c):
    c["evidence"]["descent"]["tilts"][0] = "1/2"


@forgery("permutation", "the tilt of the eigenvalue is not above 0")
def a_tilt_of_the_eigenvalue_below_0(c):
    c["evidence"]["descent"]["tilts"][1] = "-1"


@forgery("permutation", "tilts is not a list of 2")
def a_third_tilt(c):
    c["evidence"]["descent"]["tilts"].append("1/3")


@forgery("permutation", "evidence has the unknown key 'groups'")
def groups_too(c):
    c["evidence"]["groups"] = []


@forgery("permutation", "evidence: descent lacks the key drop")
def no_drop(c):
    del c["evidence"]["descent"]["drop"]


@forgery("permutation", "a class is not a list of 7")
def a_short_class(c):
    del c["evidence"]["classes"][0][-1]


# --- sizes


@forgery("permutation", "a tilt of more than 16384", DECLINED)
def a_huge_tilt(c):
    c["evidence"]["classes"][0][4] = 10**40


@forgery("permutation", "an exponential of more than", DECLINED)
def a_huge_power(c):
    c["claim"]["program"]["padding"] = 10**9
    c["claim"]["step"] = "1/10000000000"
    c["claim"]["steps"] = 10**14


@forgery("permutation", "templates that tie more than 16 bits together", DECLINED)
def many_bits_tied_together(c):
    c["claim"]["program"]["fields"] = [["a", 17]]
    c["claim"]["program"]["templates"] = [[[[i, 1] for i in range(17)], [0]], [[[0, 0]], [1]]]


@forgery("visited", "an execution on 21 free bits", DECLINED)
def many_free_bits(c):
    c["claim"]["program"]["fields"].append(["more", 40])
    c["claim"]["states"]["free"] = list(range(5, 26))


# --- tests


def test_honest_certificates_are_accepted_in_these_words():
    for name, document in honest().items():
        code, text = checker.judge(sign(document))
        assert code == ACCEPTED, (name, text)
        claim = document["claim"]
        assert f"one two-layer ReLU network of width {claim['width']} with all outputs" in text
        assert f"trained from zero by {claim['steps']} steps of size {claim['step']} of full-batch" in text
        assert f"with probability at least 1 - {claim['failure']} over the hidden weights" in text
        assert ("at every state whatever at once" in text) == (claim["states"] == "arbitrary")


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_network_is_refused_with_its_reason(name):
    make, code, message = FORGERIES[name]
    got, text = checker.judge(make())
    assert message in text
    assert got == code
    assert "\n" not in text


@pytest.mark.parametrize("name", ["permutation", "addition", "visited"])
def test_the_claimed_width_and_steps_are_least_for_this_evidence(name):
    for key in ("width", "steps"):
        document = honest()[name]
        document["claim"][key] -= 1
        assert checker.judge(sign(document))[0] == REJECTED


MISTAKES = {
    "moments: a variance for a density": ("density = Interval.of(R[i][k]) * (self.apart", "density = Interval.of(R[k][k]) * (self.apart"),
    "moments: arcsines of one sign": ("if R[i][k] > 0 else -self._angles[square])", "if True else -self._angles[square])"),
    "moments: powers not counted": ("factor = Interval.of(R[i][k] * lowered[k])", "factor = Interval.of(R[i][k])"),
    "moments: no condition": ("R[a][b] - R[a][k] * R[k][b] / R[k][k] for b", "R[a][b] for b"),
    "series: half of the terms": ("bottom * k * (self.N + 2 * k - 2)\n                low", "bottom * k * (self.N + k - 2)\n                low"),
    "series: half a slope": ("slope_low + 2 * k * low, slope_high + 2 * k * high", "slope_low + k * low, slope_high + k * high"),
    "bennett: one degree of freedom": ("(power - one - x.times(K)) / M.power(2).times(K * (K + 2))", "(power - one - x.times(K)) / M.power(2).times(K * (K + 3))"),
    "bennett: first order twice": ("(power - one - x.times(K))", "(power - one - x.times(K).times(2))"),
    "bennett: any l": ("if l <= 0 or M.low <= 0 or (one - x.times(2)).low <= 0:", "if False:"),
    "column: no deviation": ("t0 = self.factor(l, M, g, b) * V - Interval.of(l) * p * Interval.of(e)", "t0 = -Interval.of(l) * p * Interval.of(e)"),
    "column: a smaller square": ("V = (self.supremum(g).sqrt() + g * b * self.fourth_moment().sqrt()).power(2)", "V = self.supremum(g)"),
    "column: supremum at the middle": ("most = max(self.second_moment(g, y, side).high for y in parts", "most = max(self.second_moment(g, y, side).high for y in parts[CELLS // 2 :]"),
    "column: one side of the samples": ("sides = (-self.a,) if self.t == 1", "sides = (-self.a,) if self.t"),
    "column: no cubes": ("+ largest(odd, -odd) * cube", ""),
    "column: no divergence": ("return divergence + (one + t0).log().times(width)", "return (one + t0).log().times(width)"),
    "bit: a slack ignored": (".times(self.sign) - slack\n", ".times(self.sign)\n"),
    "bit: the wrong side": ("-1 if p else 1\n", "1\n"),
    "bit: margin not looked at": ("        if self.margin.low <= 0:", "        if False:"),
    "bit: W of two samples alike": ("self.pair[g][k] = self.pair[k][g] = self.entry(g, k)", "self.pair[g][k] = self.pair[k][g] = self.entry(g)"),
    "bit: cross terms once": ("- (cross * self.root).times(2) +", "- cross * self.root +"),
    "bit: a square forgotten": ("+ self._square([group for group, _ in base], free)", ""),
    "bit: a variance forgotten": ("S2 = S.power(2) + self.hidden.variance *", "S2 = S.power(2) + self.hidden.apart *"),
    "sup: blocks anywhere": ("if not (first <= last <= self.sizes[1] and 0 <= mu <= 1):", "if False:"),
    "sup: cover not to the end": ("if first != self.sizes[1] + 1:", "if False:"),
    "sup: above for zeros only": ("self.above_of_zero(reach) if self.sign > 0 else self.above_of_one(reach)", "self.above_of_zero(reach)"),
    "sup: no negative ones": ("third = pulled * Interval.of(negative + p - writing).sqrt()", "third = pulled * Interval.of(0)"),
    "sup: no reach": ("return sums + reach * ((square + other).sqrt() + square.sqrt()) / Interval.of(2)", "return sums"),
    "sup: half a product": ("return ((dot(a, a) * dot(b, b)).sqrt() + dot(a, b)) / Interval.of(2)", "return dot(a, b)"),
    "wrong: no tilt": ("r = Interval.of(e) / p\n", "r = Interval.of(e)\n"),
    "wrong: no divergence": ("return base.log().times(width) + divergence +", "return base.log().times(width) +"),
    "wrong: no averages": (" + self.averaged(C.times(width) / base, r, q)", ""),
    "averaged: no linear term": ("scale * self._weight(x, y) + linear * self._pulled(x) * self._pulled(y)", "scale * self._weight(x, y)"),
    "averaged: q for nothing": ("return Interval.of(q) - total / Interval.of(2)", "return -total / Interval.of(2)"),
    "averaged: no differences": ("        for k, size in enumerate(self.sizes):\n            if size > 1:", "        for k, size in enumerate(self.sizes):\n            if size > 99:"),
    "determinant: any sign": ("if pivot[i].low <= 0:", "if False:"),
    "descent: any step": ("if step * hidden.K * (1 + rise) > 2:", "if False:"),
    "descent: one writer": ("(Interval.of(t) * self.trace / self.least).sqrt()", "(self.trace / self.least).sqrt()"),
    "descent: no decay": ("shrinking.log().times(steps).exp()", "shrinking.log().times(steps + 9).exp()"),
    "descent: trace of one sample": ("times(width * self.hidden.K)\n", "times(width)\n"),
    "descent: one eigenvalue": ("exponent.times(width) + Interval.of(self.hidden.K).log()", "exponent.times(width)"),
    "descent: the least second moment": ("return largest(across, (own + pair.times(K - 1)) / along)", "return (own + pair.times(K - 1)) / along"),
    "samples: not looked at": ("if any(remainder.high >= nearest.low for remainder in slack):", "if False:"),
    "samples: the far side": ("Interval.of(min(threshold, 1 - threshold))", "Interval.of(max(threshold, 1 - threshold))"),
    "states: bits that nothing requires": ("bits << unbound}", "bits}"),
    "states: one bit for all": ("{(0, 0): bits << unbound}", "{(0, 0): 1 << unbound}"),
    "states: marked everywhere": ("(mask & marked).bit_count()", "mask.bit_count()"),
    "states: values ignored": ("for place, value in when if value)))", "for place, value in when)))"),
    "states: components not joined": ("for group in [group for group in groups if group[0] & bits]:", "for group in []:"),
    "states: no limit of a component": ("if len(bits) > MAX_COMPONENT:", "if len(bits) > 60:"),
    "states: a step of the run": ("    for _ in range(steps):\n        matches, writing", "    for _ in range(steps - 1):\n        matches, writing"),
    "states: standing runs counted": ("bits = _classes(planes, moving)", "bits = _classes(planes, every)"),
    "claim: any training": ('_choice(given["trained"], tuple(STARTS), "trained")', '"output"'),
    "claim: any start": ('_choice(given["start"], (STARTS[trained],), "start")', ""),
    "claim: any number of networks": ('_integer(given["networks"], 1, 1, "networks")', ""),
    "claim: any failure": ("if not (0 < failure < 1 and 0 < threshold < 1):", "if False:"),
    "claim: columns counted once for each bit": ("{tuple(column) for column in written if column}", "[tuple(column) for column in written if column]"),
    "claim: one column of each kind": ("columns[t].event(network.width, *events[t]), number)", "columns[t].event(network.width, *events[t]), 1)"),
    "claim: one state of each class": ("bit.wrong(network.width, e, *hints), classes[count]))", "bit.wrong(network.width, e, *hints), 1))"),
    "claim: few classes": ("if count[0] > 1 and count[2] and number}\n", "if count[0] > 2 and count[2] and number}\n"),
    "claim: an event forgotten": ("descent, chances = descent_of(", "descent, _ = descent_of("),
    "evidence: a class twice": ("        if count in found:\n", "        if False:\n"),
    "evidence: a class missing": ("if missing or unknown:", "if unknown:"),
    "evidence: a class unknown": ("if missing or unknown:", "if missing:"),
    "evidence: deviations of some columns": ("if len(found) < len(rows) or set(found) != set(columns):", "if len(found) < len(rows):"),
    "evidence: deviations twice": ("if len(found) < len(rows) or set(found) != set(columns):", "if set(found) != set(columns):"),
    "union: not added up": ("        total, most = total + share, max(most", "        total, most = share, max(most"),
    "union: not compared": ("    if total.low > ONE:\n        raise Rejected(f\"the probab", "    if False:\n        raise Rejected(f\"the probab"),
}  # fmt: skip


def mutated(old, new):
    """Return the checker's module with one piece of its text replaced."""
    assert TEXT.count(old) == 1, (TEXT.count(old), old)
    module = types.ModuleType("mutated_network_checker")
    sys.modules["mutated_network_checker"] = module  # where dataclasses look up their annotations
    exec(compile(TEXT.replace(old, new), "mutated_network_checker", "exec"), module.__dict__)
    return module


def first_wrong(module):
    """Return the first fact about networks that does not hold of a module, None if all do."""
    from battery_network import NETWORK_FACTS  # which takes the forgeries from here

    for fact in NETWORK_FACTS:
        try:
            fact(module)
        except Exception as problem:  # whatever a mutant raises
            return f"{fact.__name__}: {problem!r}"
    return None


def test_the_checker_itself_passes_the_facts():
    assert first_wrong(checker) is None


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_the_rules_for_networks_is_noticed(name):
    assert first_wrong(mutated(*MISTAKES[name])) is not None
