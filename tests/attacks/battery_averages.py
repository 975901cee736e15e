"""Facts about the rules for averages of networks with a Gaussian start, in the order of what they cost.

Pieces are compared with balls (``ntkproofs.bounds.finite.gaussian_start``, which shares no code with the checker).
"""

from __future__ import annotations

import hashlib
import json
import types
from fractions import Fraction
from functools import cache
from typing import Any

from average_forgeries import AVERAGES, honest
from battery import Fact, expect, refuses
from battery_network import BALLS, bounded, chosen_states, close, ends, interval, replaced, setting
from forgery import sign

from ntkproofs.bounds.finite import descent
from ntkproofs.bounds.finite.gaussian_start import FirstOrder, GramDeviation, Length, Shift, log_tail
from ntkproofs.bounds.finite.output_layer import BitClass

AVERAGE_FACTS: list[Fact] = [chosen_states]


def average_fact(function: Fact) -> Fact:
    """Register a fact, asked of the mutants of the rules for networks."""
    AVERAGE_FACTS.append(bounded(function))
    return AVERAGE_FACTS[-1]


STATES = ((4, 2), (5, 5), (7, 3), (10, 5))
COLUMNS = ((2, 2), (4, 1), (6, 3), (5, 5))
TAIL = (Fraction(3, 8), Fraction(1, 30), Fraction(9), Fraction(2))


@cache
def _shift(K: int, n: int) -> Shift:
    return Shift(setting(K), n)


@cache
def _gram(K: int, t: int) -> GramDeviation:
    return GramDeviation(setting(K), t)


@cache
def _longer(name: str, K: int, size: int, width: int, networks: int) -> Any:
    bound = _shift(K, size) if name == "shift" else _gram(K, size)
    return bound.log_exceeds(width, Length(*TAIL), networks=networks)


@average_fact
def residuals_of_states(module: types.ModuleType) -> None:
    for K, n in STATES:
        state, other = module.Residual(module.Hidden(K), n), _shift(K, n)
        expect(state.where == f"at n = {n}", state.where)
        close(module, state.mean_square, other.mean_square, "E rho^2", K, n)
        close(module, state.most * state.most, other.square, "M", K, n)
        for width, networks in ((40, 1), (31, 3)):
            close(module, state.longer(width, TAIL, networks), _longer("shift", K, n, width, networks), "S", K, n)
        tail = (Fraction(1, 7), Fraction(1, 9))
        close(module, state.square_event(60, tail), _square(K, n, 60, *tail), "the square", K, n)
        most = Fraction(state.most.high, module.ONE)
        for l in (1 / (2 * most * most), 3 / most**2):
            words = f"is not between 0 and 1/(2 M) {state.where}"
            refuses(module, "Rejected", words, state.square_event, 5, (Fraction(1, 7), l))
        refuses(module, "Rejected", "not positive definite at n = ", state.longer, 5, (*TAIL[:3], Fraction(-2 * K)), 1)
    hidden, words = module.Hidden(4), "the weight of a matching sample is not clearly between 0 and x at n = 2"
    half = module.Interval.of(Fraction(1, 2)).sqrt()
    for inside in (interval(module, -1, 0), half + module.Interval(0, 1), half + module.Interval(1, 2)):
        with replaced(hidden, limits=lambda n, inside=inside: (inside, inside)):
            refuses(module, "Rejected", words, module.Residual, hidden, 2)
    for inside in (module.Interval.of(0), module.Interval(half.low, half.low)):
        with replaced(hidden, limits=lambda n, inside=inside: (inside, inside)):
            module.Residual(hidden, 2)
    for outside, expected in ((Fraction(3, 10), Fraction(26, 100)), (Fraction(-1, 2), Fraction(688629, 10**6))):
        limits = module.Interval.of(Fraction(2, 5)), module.Interval.of(outside)  # below is larger, then above
        with replaced(hidden, limits=lambda n, limits=limits: limits):
            most = module.Residual(hidden, 2).most
        (low, high), size = ends(module, most * most), abs(expected)
        expect(abs(low - expected) < size / 10**5 and abs(high - expected) < size / 10**5, outside, float(low))


@cache
def _square(K: int, n: int, neurons: int, value: Fraction, l: Fraction) -> Any:
    return _shift(K, n).log_square(neurons, BALLS.of(value), BALLS.of(l))


@average_fact
def deviations_of_columns(module: types.ModuleType) -> None:
    for K, t in COLUMNS:
        deviation, other = module.GramDeviation(module.Column(module.Hidden(K), t)), _gram(K, t)
        expect(deviation.where == f"in columns with {t} ones", deviation.where)
        close(module, deviation.most, other.reach, "alpha . v", K, t)
        for width, networks in ((40, 1), (31, 3)):
            close(
                module,
                deviation.longer(width, TAIL, networks),
                _longer("deviation", K, t, width, networks),
                "Delta",
                K,
                t,
            )


CLASSES = ((4, 2, 0, 1), (4, 2, 1, 1), (7, 3, 1, 2), (7, 3, 0, 3), (6, 6, 2, 2), (5, 3, 3, 5))


@cache
def _first(K: int, n: int, p: int, t: int) -> FirstOrder:
    return FirstOrder(setting(K), BitClass(n, p, t))


@average_fact
def variances_of_first_order(module: types.ModuleType) -> None:
    for K, n, p, t in CLASSES:
        hidden = module.Hidden(K)
        found = module.Residual(hidden, n).variance(module.Column(hidden, t), p)
        close(module, found, _first(K, n, p, t).spread, "E X^2", K, n, p, t)


@average_fact
def what_training_leaves(module: types.ModuleType) -> None:
    step, rise, drop = Fraction(1, 12), Fraction(1, 5), Fraction(1, 3)
    found = module.Descent(module.Hidden(5), step, rise, drop)
    decay = 1 - BALLS.of(step) * BALLS.of(1 - drop) * setting(5).lam
    for steps in (1, 40):
        close(module, found.decay(steps), decay**steps, "decay", steps)
        close(module, found.leftover(steps), decay ** (2 * steps) * BALLS.of(5 * (1 + rise) / 2), "leftover", steps)
    with replaced(module.Interval, exp=lambda self: module.Interval(-5, 3)):
        expect(found.decay(1).low == 0 and found.decay(1).high == 3)


# --- whole certificates


@cache
def chances(name: str) -> list[Any]:
    """Return the logarithms of the terms of an honest certificate, in the checker's order, by balls."""
    claim, evidence = honest()[name]["claim"], honest()[name]["evidence"]
    K = len(claim["program"]["templates"]) + claim["program"]["padding"]
    here, N, width, of = setting(K), claim["networks"], claim["width"], BALLS.of
    first, second = (of(Fraction(tilt)) for tilt in evidence["descent"]["tilts"])
    step, rise, drop = (
        Fraction(text) for text in (claim["step"], evidence["descent"]["rise"], evidence["descent"]["drop"])
    )
    result = [descent.log_trace(here, width, of(rise), first)]
    result.append(descent.log_small_eigenvalue(here, width, of(drop), second))
    deviations = {t: _length(tails["deviation"]) for t, tails in evidence["columns"]}
    result += [_gram(K, t).log_exceeds(width, deviation) for t, deviation in deviations.items()]
    shifts, squares = {}, {}
    for n, tails in evidence["states"]:
        shifts[n], (squares[n], l) = _length(tails["shift"]), map(Fraction, tails["square"])
        result.append(_shift(K, n).log_exceeds(width, shifts[n], networks=N))
        result.append(_shift(K, n).log_square(N * width, of(squares[n]), of(l)))
    shrunk = (1 - of(step) * of(1 - drop) * here.lam) ** claim["steps"]
    leftover, threshold = shrunk * shrunk * of(K * (1 + rise) / 2), Fraction(claim["threshold"])

    def remainder(t: int) -> Any:
        return descent.remainder(here, t, claim["steps"], of(step), of(rise), of(drop))

    def gaussian(margin: Any, square: Fraction) -> Any:
        return log_tail(BALLS, margin * BALLS.sqrt(of(N) / (of(square) + leftover)))

    for n, p, t, tails in evidence["classes"]:
        d, l = map(Fraction, tails["split"])
        term = _first(K, n, p, t)
        lost = of(deviations[t].value * shifts[n].value / (1 - drop) + d) + remainder(t)
        x = (of(threshold) - term.mean) * (-1 if p else 1) - lost
        result += [term.log_exceeds(N * width, x, of(l)), gaussian(of(d), squares[n])]
    for n, t in SIMPLE[name]:
        margin = of(min(threshold, 1 - threshold)) - (remainder(t) if t else 0)
        result.append(gaussian(margin, Fraction(0) if n == 1 else squares[n]))
    return result


def _length(tail: list[Any]) -> Length:
    return Length(*map(Fraction, tail))


# by hand: the (n, t) of samples and of bits that nothing writes, in the order of (n, p, t); and how often each term is
# counted: trace, eigenvalue, columns, states twice each, classes twice each, then those
SIMPLE = {
    "permutation": [(1, 1), (1, 1)],
    "wide": [(1, 1), (1, 1)],
    "full": [(1, 1), (1, 1), (1, 2)],
    "visited": [(1, 0), (1, 1), (1, 2), (1, 1), (1, 2), (2, 0)],
}
NUMBERS = {
    "permutation": [30, 30, 90, 3, 3, 1, 1, 3, 3, 6, 6, 3, 3, 6, 3],
    "wide": [15, 15, 45, 3, 3, 1, 1, 3, 3, 6, 6, 3, 3, 6, 3],
    "full": [12, 12, 12, 12, 2, 2, 4, 4, 2, 2, 4, 4, 4],
    "visited": [40, 40, 40, 80, 3, 3, 2, 2, 2, 2, 6, 6, 1, 1, 6, 3, 6, 3, 4, 6],
}
SENTENCE = (
    "accepted\nclaim: the average of {networks} independent two-layer ReLU networks, each of width {width} with all "
    "outputs of the {templates} templates with SHA-256 {digest} ({padding} padding, {bits} bits; the issuer calls them "
    "'{name}'), f(x) = {width}^(-1/2) sum over r of a_r relu(u_r . x): hidden weights u_r drawn from N(0, I), "
    "independent and not trained, output weights a_r of each output drawn from N(0, 1), independent, and trained by "
    "{steps} steps of size {step} of full-batch gradient descent on half the sum of squared errors over its {samples} "
    "samples (basis vectors); rounded at the threshold {threshold}, it computes the templates' next state at {states} "
    "simultaneously, where a state is encoded as the indicator vector of its matching templates divided by its "
    "Euclidean norm, with probability at least 1 - {failure} over all initial weights; this holds at the finite width: "
    "no limit, linearisation or Gaussian approximation is used\n"
)


def said(name: str) -> str:
    """Return what the checker must say of an honest certificate, up to its digest."""
    claim, program = honest()[name]["claim"], honest()[name]["claim"]["program"]
    rest = {key: program[key] for key in ("fields", "padding", "templates")}
    number, runs, words = len(program["templates"]), claim["states"], "every state"
    if runs != "arbitrary":
        words = "every state visited in 3 steps from any one assignment of 2 input bits chosen beforehand"
    values = {key: claim[key] for key in ("networks", "width", "steps", "step", "threshold", "failure")}
    return SENTENCE.format(
        templates=number,
        digest=hashlib.sha256(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode()).hexdigest(),
        padding=program["padding"],
        bits=sum(width for _, width in program["fields"]),
        name=program["name"],
        samples=number + program["padding"],
        states=words,
        **values,
    )


@average_fact
def honest_averages(module: types.ModuleType) -> None:
    heard: list[list[Any]] = []
    for name, document in honest().items():
        with replaced(module, unlikely=lambda given, failure: heard.append(list(given))):
            code, text = module.judge(sign(document))
        expect(code == 0 and text.startswith(said(name)), name, text)
        found, evidence = heard.pop(), document["evidence"]
        expect([number for _, _, number in found] == NUMBERS.get(name, [number for _, _, number in found]), name)
        for (where, log, _), expected in zip(found, chances(name), strict=True):
            around = (
                module.Interval(log.low - (1 << 80), log.high + (1 << 80)) if "Gaussian" in where else log
            )  # of a larger variance
            close(module, around, expected, name, where)
        words = ["the trace", "the least eigenvalue"]
        words += [f"the deviation in columns with {t} ones" for t, _ in evidence["columns"]]
        words += [f"the {kind} at n = {n}" for n, _ in evidence["states"] for kind in ("shift", "square")]
        for n, p, t, _ in evidence["classes"]:
            words += [f"the {kind} at n = {n}, p = {p}, t = {t}" for kind in ("term of first order", "Gaussian term")]
        expect([where for where, _, _ in found[: len(words)]] == words, name)
        expect(f"union bound over {len(found)} kinds of events" in text, text)
    code, text = module.judge(sign(honest()["permutation"]))
    expect(code == 0, text)


@average_fact
def a_single_network_is_called_one(module: types.ModuleType) -> None:
    claim = honest()["permutation"]["claim"] | {"networks": 1}
    with replaced(module, averaged_networks=lambda *_: []):
        words = module.check_network(claim, {})[0]
    expect(words.startswith("one two-layer ReLU network of width 556 with all outputs of the 3 templates"), words)
    many = module.network_of(claim | {"networks": 10**9})
    expect((many.networks, many.start) == (10**9, "gaussian"))


@average_fact
def forged_averages(module: types.ModuleType) -> None:
    for name, (make, code, message) in AVERAGES.items():
        got, text = module.judge(make())
        expect(got == code and message in text, name, text)
