"""Forged certificates about one finite network, and mistakes put into the rules for it: each must be noticed."""

from fractions import Fraction

import battery
import network_oracle
import pytest
from battery_network import NETWORK_FACTS
from forgery import ACCEPTED, REJECTED, sign
from mutants import module_of
from network_forgeries import FORGERIES, honest

from ntkproofs import checker


def test_honest_certificates_are_accepted_in_these_words():
    for name, document in honest().items():
        code, text = checker.judge(sign(document))
        assert code == ACCEPTED, (name, text)
        claim = document["claim"]
        assert f"one two-layer ReLU network of width {claim['width']} with all outputs" in text
        assert f"trained from zero by {claim['steps']} steps of size {claim['step']} of full-batch" in text
        assert f"with probability at least 1 - {claim['failure']} over the hidden weights" in text
        assert ("at every state simultaneously" in text) == (claim["states"] == "arbitrary")


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


CLASSES = ((2, 0, 1), (2, 1, 1), (3, 0, 2), (3, 1, 2), (3, 2, 2), (2, 1, 2))


@pytest.mark.parametrize("count", CLASSES)
def test_the_rules_agree_with_matrices_of_all_samples(count):
    """Mean, margin, second moments, the average over directions: by quadrature and matrices; suprema by ascent."""
    K, width, slack, e, z, q = 6, 2000, Fraction(1, 1000), Fraction(1, 2), Fraction(15), Fraction(7)
    threshold = Fraction(1, 20) if count[1] else Fraction(3, 4)
    bit = checker.OutputBit(checker.Column(checker.Hidden(K), count[2]), count, threshold, checker.Interval.of(slack))
    other = network_oracle.Bit(K, count, float(threshold), float(slack))

    def near(found, expected):
        assert float(Fraction(found.low, checker.ONE)) == pytest.approx(expected, rel=1e-8)

    near(bit.mean, other.mean)
    near(bit.margin, other.margin)
    near(bit.spread, other.column.alpha @ other.W @ other.column.alpha)
    cover, (p, divergence) = [(k, Fraction(1, 2)) for k in range(bit.sizes[1] + 1)], bit.hidden.tilted(z)
    near(p, network_oracle.tilted(K - 1, float(z))[0])
    near(divergence, network_oracle.tilted(K - 1, float(z))[1])
    r = float(e) / network_oracle.tilted(K - 1, float(z))[0]
    most, true = float(Fraction(bit.supremum(checker.Interval.of(e) / p, cover).low, checker.ONE)), other.supremum(r)
    assert true < most < 5 * true
    l = Fraction(1, 20)
    expected = other.log_wrong(width, float(e), float(l), float(z), float(q), more=most / true)
    near(bit.wrong(width, e, l, z, q, cover), expected)


@pytest.mark.parametrize(("K", "t"), [(2, 1), (2, 2), (5, 1), (5, 2), (7, 3)])
def test_deviations_agree_with_matrices_of_all_samples(K, t):
    column, other = checker.Column(checker.Hidden(K), t), network_oracle.Column(K, 0, 0, t)
    assert float(Fraction(column.fourth_moment().low, checker.ONE)) == pytest.approx(other.fourth_moment(), rel=1e-9)
    for g in (1, 5):
        most, true = Fraction(column.supremum(checker.Interval.of(g)).low, checker.ONE), other.second_moment(float(g))
        assert true < most < (1.15 if t == 1 else 2.1) * true


MISTAKES = {
    "states: one part of the runs": ("        _count_pairs(program, state, lanes, steps, result)\n", "        _count_pairs(program, state, lanes, steps, result)\n        break\n"),
    "moments: a variance for a density": ("density = Interval.of(r) * (self.apart", "density = Interval.of(R[k][k]) * (self.apart"),
    "moments: arcsines of one sign": ("if R[i][k] > 0 else -self._angles[square])", "if True else -self._angles[square])"),
    "moments: powers not counted": ("factor = Interval.of(r * exponents[k])", "factor = Interval.of(r)"),
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
    "bit: W of two samples alike": ("pair[g][k] = pair[k][g] = self.entry(g, k)", "pair[g][k] = pair[k][g] = self.entry(g)"),
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
    "samples: not looked at": ("if any(remainder.high >= nearest(threshold).low for remainder in slack):", "if False:"),
    "samples: the far side": ("Interval.of(min(threshold, 1 - threshold))", "Interval.of(max(threshold, 1 - threshold))"),
    "states: bits that nothing requires": ("bits << unbound}", "bits}"),
    "states: one bit for all": ("{(0, 0): bits << unbound}", "{(0, 0): 1 << unbound}"),
    "states: marked everywhere": ("(mask & marked).bit_count()", "mask.bit_count()"),
    "states: values ignored": ("for bit, value in when if value)))", "for bit, value in when)))"),
    "states: components not joined": ("for group in [group for group in groups if group[0] & bits]:", "for group in []:"),
    "states: no limit of a component": ("if len(bits) > MAX_COMPONENT:", "if len(bits) > 60:"),
    "states: a step of the run": ("    for _ in range(steps):\n        matches, writing", "    for _ in range(steps - 1):\n        matches, writing"),
    "states: standing runs counted": ("bits = _classes(planes, moving)", "bits = _classes(planes, every)"),
    "claim: any training": ('_choice(entries["trained"], tuple(STARTS), "trained")', '"output"'),
    "claim: any start": ('_choice(entries["start"], STARTS[trained], "start")', 'entries["start"]'),
    "claim: any number of networks": ('None if start == "gaussian" else 1, "networks")', 'None, "networks")'),
    "claim: any failure": ("if not (0 < failure < 1 and 0 < threshold < 1):", "if False:"),
    "claim: columns counted once for each bit": ("{tuple(column) for column in written if column}", "[tuple(column) for column in written if column]"),
    "claim: one column of each kind": ("columns[t].event(network.width, *events[t]), number)", "columns[t].event(network.width, *events[t]), 1)"),
    "claim: one state of each class": ("bit.wrong(network.width, e, *hints), classes[count]))", "bit.wrong(network.width, e, *hints), 1))"),
    "claim: few classes": ("if count[0] > 1 and count[2] and number}\n", "if count[0] > 2 and count[2] and number}\n"),
    "claim: an event forgotten": ("descent, chances = descent_of(", "descent, _ = descent_of("),
    "evidence: a class twice": ("        if count in result:\n", "        if False:\n"),
    "evidence: a class missing": ("if missing or unknown:", "if unknown:"),
    "evidence: a class unknown": ("if missing or unknown:", "if missing:"),
    "evidence: deviations of some columns": ("if len(result) < len(rows) or set(result) != set(columns):", "if len(result) < len(rows):"),
    "evidence: deviations twice": ("if len(result) < len(rows) or set(result) != set(columns):", "if set(result) != set(columns):"),
    "union: not added up": ("        total, most = total + share, max(most", "        total, most = share, max(most"),
    "union: not compared": ("    if total.low > ONE:\n        raise Rejected(f\"the union", "    if False:\n        raise Rejected(f\"the union"),
}  # fmt: skip


@pytest.mark.parametrize("fact", NETWORK_FACTS, ids=lambda fact: fact.__name__)
def test_the_checker_passes_the_facts_about_networks(fact):
    fact(checker)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_the_rules_for_networks_is_noticed(name):
    assert battery.first_wrong(module_of(*MISTAKES[name]), NETWORK_FACTS) is not None
