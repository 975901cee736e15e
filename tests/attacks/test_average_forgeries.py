"""Forged certificates about averages of networks with a Gaussian start, and mistakes put into the rules for them."""

import math
from fractions import Fraction

import battery
import network_oracle
import numpy as np
import pytest
from average_forgeries import AVERAGES, honest
from battery_averages import AVERAGE_FACTS
from forgery import ACCEPTED, REJECTED, sign
from mutants import module_of

from ntkproofs import checker


def test_honest_certificates_are_accepted():
    for name, document in honest().items():
        code, text = checker.judge(sign(document))
        assert code == ACCEPTED, (name, text)


@pytest.mark.parametrize("name", AVERAGES)
def test_a_forged_average_is_refused_with_its_reason(name):
    make, code, message = AVERAGES[name]
    got, text = checker.judge(make())
    assert message in text
    assert got == code
    assert "\n" not in text


@pytest.mark.parametrize("name", ["permutation", "visited", "full"])
def test_the_claimed_width_and_steps_are_least_for_this_evidence(name):
    for key in ("width", "steps"):
        document = honest()[name]
        document["claim"][key] -= 1
        assert checker.judge(sign(document))[0] == REJECTED


def middle(interval):
    return float(Fraction(interval.low + interval.high, 2 * checker.ONE))


def length(K, W, most, width, tail, networks):
    """Return the log of the bound of a mean vector's length, by matrices of all samples, W by quadrature."""
    value, l, z, q = map(float, tail)
    p, divergence = network_oracle.tilted(K, z)
    root = network_oracle.samples(K).root
    values = np.linalg.eigvalsh(root @ W @ root)
    C = network_oracle.bennett(K, l, most / math.sqrt(network_oracle.LAM))
    average = q - np.log(1 + 2 * q / K - 2 * width * C * values / K).sum() / 2
    return networks * (divergence + average - width * l * p * value)


TAIL = (Fraction(1, 4), Fraction(1, 40), Fraction(9), Fraction(2))


def second_moment(K, n, beta):
    """Return ``E v v' (h - beta . v)^2`` by quadrature."""
    samples = network_oracle.samples(K)
    square = samples.with_h(n, 2) - 2 * samples.with_h(n, 1) @ beta
    return square + np.einsum("ijkl,k,l->ij", samples.fourth, beta, beta)


@pytest.mark.parametrize(("K", "n"), [(4, 2), (6, 3), (5, 5)])
def test_shifts_agree_with_matrices_of_all_samples(K, n):
    samples, state = network_oracle.samples(K), checker.Residual(checker.Hidden(K), n)
    beta = np.linalg.solve(samples.gram, samples.first(n))
    assert middle(state.mean_square) == pytest.approx(0.5 - beta @ samples.first(n), rel=1e-9)
    W = second_moment(K, n, beta)
    expected = length(K, W, middle(state.most), 900, TAIL, 7)
    assert middle(state.longer(900, TAIL, 7)) == pytest.approx(expected, rel=1e-8)
    source = np.random.default_rng(K)
    u = source.standard_normal((200_000, K))
    u /= np.linalg.norm(u, axis=1)[:, None]
    largest = abs(np.maximum(u[:, :n].sum(axis=1) / n**0.5, 0) - np.maximum(u, 0) @ beta).max()
    assert largest <= middle(state.most) < 2 * largest


@pytest.mark.parametrize(("K", "t"), [(4, 1), (6, 2), (5, 5)])
def test_deviations_agree_with_matrices_of_all_samples(K, t):
    samples, deviation = network_oracle.samples(K), checker.GramDeviation(checker.Column(checker.Hidden(K), t))
    alpha = network_oracle.Column(K, 0, 0, t).alpha
    W = np.einsum("ijkl,k,l->ij", samples.fourth, alpha, alpha)
    assert middle(deviation.longer(90, TAIL, 1)) == pytest.approx(
        length(K, W, middle(deviation.most), 90, TAIL, 1), rel=1e-8
    )
    assert middle(deviation.most) == pytest.approx(
        max(math.sqrt(t) * alpha[0], -math.sqrt(K - t) * min(alpha)), rel=1e-9
    )


@pytest.mark.parametrize(("n", "p", "t"), [(2, 0, 1), (3, 1, 2), (3, 3, 3), (2, 1, 3)])
def test_the_variance_of_first_order_agrees_with_matrices_of_all_samples(n, p, t):
    K = 6
    alpha = network_oracle.Column(K, n, p, t).alpha
    beta = np.linalg.solve(network_oracle.samples(K).gram, network_oracle.samples(K).first(n))
    hidden = checker.Hidden(K)
    found = checker.Residual(hidden, n).variance(checker.Column(hidden, t), p)
    assert middle(found) == pytest.approx(alpha @ second_moment(K, n, beta) @ alpha, rel=1e-8)


MISTAKES = {
    "longer: no divergence": ("log = divergence + self.everywhere(", "log = self.everywhere("),
    "longer: no average": ("divergence + self.everywhere(C.times(width), q) - (p", "divergence - (p"),
    "longer: no tilt": ("- (p * Interval.of(l * value)).times(width)", "- Interval.of(l * value).times(width)"),
    "longer: one dimension less": ("p, divergence = Hidden(hidden.K + 1).tilted(z)", "p, divergence = hidden.tilted(z)"),
    "longer: a smaller supremum": ("hidden.bennett(l, self.most / hidden.lam.sqrt())", "hidden.bennett(l, self.most)"),
    "longer: one network": ("        return log.times(networks)\n", "        return log\n"),
    "everywhere: matching samples alone": ("((0, 1, 0, 0), (0, 0, 0, 1))[: 1 + (self.sizes[3] > 0)]", "((0, 1, 0, 0),)"),
    "everywhere: no differences": ("total = self._within_groups(base, scale) + log_determinant(form", "total = log_determinant(form"),
    "everywhere: q for nothing": ("return Interval.of(q) - (total - log_determinant(limit", "return -(total - log_determinant(limit"),
    "everywhere: no metric": ("(total - log_determinant(limit, self.where)) / Interval.of(2)", "total / Interval.of(2)"),
    "deviation: one side": ("self.most = largest(column.top * Interval.of(t).sqrt(), column.a", "self.most = least(column.top * Interval.of(t).sqrt(), column.a"),
    "deviation: samples not free": ("            free[group] -= 1\n        return self._square(base, free)", "            free[group] -= 0\n        return self._square(base, free)"),
    "residual: any weight": ("if inside.low < 0 or inside.high > self.root.low:", "if False:"),
    "residual: above alone": ("self.most = largest(above, below).sqrt()", "self.most = above.sqrt()"),
    "residual: below alone": ("self.most = largest(above, below).sqrt()", "self.most = below.sqrt()"),
    "residual: no others above": (" + _positive(-outside).power(2).times(rest)\n", "\n"),
    "residual: less is explained": ("Interval.of(Fraction(1, 2)) - explained - (self.b[3]", "Interval.of(Fraction(1, 2)) - explained.times(2) - (self.b[3]"),
    "square: any tilt": ("x = one - (Interval.of(l) * M).times(2)\n        if x.low <= 0:", "x = one - (Interval.of(l) * M).times(2)\n        if False:"),
    "square: a longer chord": ("- one) / M.times(K)\n", "- one) / M.times(K + 1)\n"),
    "square: one neuron": ("(one + self.mean_square * chord).log() - Interval.of(l * value)).times(neurons)", "(one + self.mean_square * chord).log() - Interval.of(l * value))"),
    "variance: pairs forgotten": ("total = total + squares * (self.own[g] - self.pair[g][g])", "total = total + squares * self.own[g]"),
    "variance: groups apart": ("return total + (sums[0] * sums[1] * self.pair[1][3]).times(2)", "return total"),
    "variance: others do not count": ("sums.append(top.times(writing) - a.times(others))", "sums.append(top.times(writing))"),
    "events: deviations of one network": ("network.columns[t] * network.networks,\n", "network.columns[t],\n"),
    "events: one state": ("(f\"the {name} {state.where}\", log, numbers[n]) for", "(f\"the {name} {state.where}\", log, 1) for"),
    "events: the shift of one network": ("shift = state.longer(width, tails[\"shift\"], network.networks)", "shift = state.longer(width, tails[\"shift\"], network.networks + 1)"),
    "wrong: no second order": ("(-1 if p else 1) - second\n", "(-1 if p else 1)\n"),
    "wrong: eigenvalues near 0": ("self.states[n][\"shift\"][0] / (1 - drop))", "self.states[n][\"shift\"][0])"),
    "wrong: no remainder": ("left = left - self.descent.remainder(t, network.steps) - Interval.of(d)", "left = left - Interval.of(d)"),
    "wrong: the margin twice": ("self.descent.remainder(t, network.steps) - Interval.of(d)\n", "self.descent.remainder(t, network.steps)\n"),
    "wrong: one side": ("- mean).times(-1 if p else 1) - second", "- mean).times(1) - second"),
    "wrong: no margin": ("        if left.low <= 0:\n            raise Rejected(f\"nothing is left", "        if False:\n            raise Rejected(f\"nothing is left"),
    "wrong: a smaller supremum of first order": ("C = state.hidden.bennett(l, deviation.most * state.most)", "C = state.hidden.bennett(l, state.most)"),
    "wrong: no variance": ("C * state.variance(deviation.column, p)).log() -", "C).log() -"),
    "wrong: the neurons of one network": ("return rate.times(network.width * network.networks), self.gaussian", "return rate.times(network.width), self.gaussian"),
    "gaussian: nothing is left of the start": ("variance = (Interval.of(square) + self.leftover) /", "variance = Interval.of(square) /"),
    "gaussian: no square": ("if n > 1 else Fraction(0)", "if n > 9 else Fraction(0)"),
    "gaussian: more networks": ("/ Interval.of(self.network.networks)\n", "/ Interval.of(self.network.networks + 1)\n"),
    "simple: the remainder": ("return self.gaussian(nearest(self.network.threshold) - remainder, n)", "return self.gaussian(nearest(self.network.threshold), n)"),
    "leftover: once": ("return self.decay(steps).power(2) * self.trace", "return self.decay(steps).power(3) * self.trace"),
    "claim: simple pairs forgotten": ("chances.append((f\"the Gaussian term at n = {n}", "_ = ((f\"the Gaussian term at n = {n}"),
    "claim: an event of one network": ("[(what, log, network.networks) for what, log, _ in events]", "[(what, log, 1) for what, log, _ in events]"),
    "claim: samples not looked at": ("    at_samples(network.threshold, [descent.remainder(t, network.steps) for t in deviations])\n", ""),
    "claim: states of samples": ("if count[0] == 1 or count[2] == 0}", "if count[0] == 1}"),
    "claim: bits not counted": ("{count: min(number, room * bits[count[2]]) for count, number in simple.items()}", "{count: min(number, room) for count, number in simple.items()}"),
    "claim: over the hidden weights": ("\"gaussian\": \"all initial weights\"", "\"gaussian\": \"the hidden weights\""),
}  # fmt: skip


@pytest.mark.parametrize("fact", AVERAGE_FACTS, ids=lambda fact: fact.__name__)
def test_the_checker_passes_the_facts_about_averages(fact):
    fact(checker)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_the_rules_for_averages_is_noticed(name):
    assert battery.first_wrong(module_of(*MISTAKES[name]), AVERAGE_FACTS) is not None
