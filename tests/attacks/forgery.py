"""What the attacks share: valid certificates, ways to sign forged ones, an oracle, and control checkers."""

import copy
import hashlib
import json
import warnings
from collections import Counter
from fractions import Fraction
from functools import cache

import numpy as np
import sympy
from mpmath import mp

from ntkproofs import checker
from ntkproofs.bounds import rounds_right
from ntkproofs.certificates import Run, SourceClaim, issue_ensemble, issue_inequality, issue_rounding, issue_stream
from ntkproofs.counts import Counts
from ntkproofs.kernels import two_layer_relu
from ntkproofs.predictor import MATCHED_WRITERS, MATCHES, SAMPLES, WRITERS, Predictor
from ntkproofs.programs import (
    DuplicateTemplate,
    Stream,
    TemplateProgram,
    addition_task,
    multiplication_task,
    permutation_task,
)
from ntkproofs.rigor import Box, at_most, enclose, less
from ntkproofs.training_time import TrainingTime

ACCEPTED, REJECTED, DECLINED = 0, 1, 2


class Forgeries(dict):
    """Forged certificates, ``{name: (make, exit code, message)}``; `honest` returns documents to forge, by name."""

    def __init__(self, honest):
        super().__init__()
        self.honest = honest

    def __call__(self, base, message, code=REJECTED):
        """Register a forgery: the decorated function changes a document, which is then signed, or returns bytes."""

        def register(function):
            def make():
                document = self.honest()[base]
                result = function(document)
                return result if isinstance(result, bytes) else sign(document)

            assert function.__name__ not in self, f"two forgeries of one name: {function.__name__}"
            self[function.__name__] = (make, code, message)
            return function

        return register

    def set_keys(self, base, message, **changes):
        """Register forgeries, ``name=(key, value)``, of which each sets one key of a claim."""
        for name, (key, value) in changes.items():

            def change(document, key=key, value=value):
                document["claim"][key] = value

            change.__name__ = name
            self(base, message)(change)


STEPS = TrainingTime(steps=30, step=Fraction(1, 10))
SWAP = SourceClaim("swap.blif", "blif", b".model swap\n.inputs a b\n.outputs b a\n.end\n", (0, 1), (0, 1), (), steps=1)


def one_hot_run():
    """A program of which one template matches every state: nothing varies, one network is enough."""
    program = TemplateProgram("one_hot", fields={"a": 1, "b": 1})
    program.template(when={("a", 0): 0}, write=[("b", 0)])
    program.template(when={("a", 0): 1}, write=[("a", 0)])
    return Run(program, free=(0, 1), ones=(), steps=2)


def small_run(steps=3, padding=4):
    """A program of five bits whose templates overlap: groups of two, of one, a bit with two writers, one with none."""
    program = TemplateProgram("small", fields={"a": 3, "b": 2})
    program.template(when={("a", 0): 0, ("a", 1): 1}, write=[("a", 0)])
    program.template(when={("a", 0): 1, ("a", 1): 0}, write=[("a", 0), ("a", 2)])
    program.template(when={("a", 2): 1}, write=[("a", 1)])
    program.template(when={("b", 0): 1}, write=[("a", 2)])
    program.pad(padding)
    return Run(program, free=(0, 1), ones=(3,), steps=steps)


def parity_stream():
    """A program that tells whether an odd number of ones has arrived at its port; a constant and an idle template."""
    program = TemplateProgram("parity", fields={"bit": 1, "odd": 1, "rest": 3})
    program.template(when={("bit", 0): 1, ("odd", 0): 0}, write=[("odd", 0)])
    program.template(when={("bit", 0): 0, ("odd", 0): 1}, write=[("odd", 0)])
    program.template(when={}, write=[("rest", 0)])
    program.template(when={("rest", 1): 1}, write=[])
    program.pad(2)
    return Stream(program, ("bit",), 1, (("odd", 0),), lambda odd, bit: ((odd or 0) ^ bit, (odd or 0) ^ bit))


@cache
def _valid():
    x, y = sympy.symbols("x y")
    certificates = {
        "rounding arbitrary": issue_rounding(addition_task(3), states="arbitrary"),
        "rounding reachable": issue_rounding(multiplication_task(2), states="reachable", kernel="nngp"),
        "rounding small": issue_rounding(small_run(), states="reachable"),
        "rounding one step": issue_rounding(small_run(steps=1), states="reachable"),
        "rounding source": issue_rounding(permutation_task([1, 0]), source=SWAP),
        "ensemble arbitrary": issue_ensemble(addition_task(3), failure="1/1000000", by_class=False),
        "ensemble reachable": issue_ensemble(
            small_run(), failure=Fraction(1, 10**60), states="reachable", inputs=1, by_class=False
        ),
        "ensemble zero": issue_ensemble(permutation_task([2, 0, 1]), failure="1/50", threshold="zero", by_class=False),
        "ensemble certain": issue_ensemble(one_hot_run(), failure="1/10", by_class=False),
        "ensemble padded": issue_ensemble(
            small_run(padding=19), failure="1/100", inputs=2, kernel="nngp", by_class=False
        ),
        "ensemble dropped": issue_ensemble(
            addition_task(2),
            failure="1/7",
            threshold="zero",
            drop_unwritten=True,
            inputs=1,
            kernel="nngp",
            by_class=False,
        ),
        "classes arbitrary": issue_ensemble(addition_task(3), failure="1/1000000"),
        "classes reachable": issue_ensemble(small_run(), failure=Fraction(1, 10**60), states="reachable", inputs=1),
        "classes certain": issue_ensemble(one_hot_run(), failure="1/10"),
        "classes few": issue_ensemble(small_run(padding=19), failure=Fraction(1, 10**30), inputs=2, kernel="nngp"),
        "rounding steps": issue_rounding(
            permutation_task([2, 0, 3, 1]), at=TrainingTime(steps=20, step=Fraction(13, 10))
        ),
        "ensemble steps": issue_ensemble(addition_task(2), failure="1/1000", at=STEPS, kernel="nngp", by_class=False),
        "classes steps": issue_ensemble(permutation_task([2, 0, 3, 1]), failure="1/1000", at=STEPS),
        "classes time": issue_ensemble(
            small_run(), failure=Fraction(1, 10**9), states="reachable", at=TrainingTime(time=Fraction(7, 4))
        ),
        "ensemble stream": issue_stream(parity_stream(), failure="1/1000", clocks=2, by_class=False),
        "inequality box": issue_inequality(
            less(sympy.atan(x) * y, 1 + sympy.sqrt(x) + sympy.log(y) ** 2 / 5), Box({x: (0, 2), y: (1, Fraction(3, 2))})
        ),
        "inequality line": issue_inequality(less(x * (1 - x), sympy.Rational(13, 50)), Box({x: (0, 1)})),
        "inequality uneven": issue_inequality(
            less(sympy.sin(5 * x) * sympy.cos(7 * x), sympy.Rational(6, 5)), Box({x: (Fraction(-1, 200), 1)})
        ),
        "inequality constant": issue_inequality(at_most(sympy.exp(1), sympy.pi - sympy.Rational(2, 5))),
    }
    return {name: json.loads(certificate.data) for name, certificate in certificates.items()}


def valid():
    """Return fresh copies of a valid certificate of every kind, by name."""
    return copy.deepcopy(_valid())


def sign(document):
    """Return the bytes of a document, with the digest that belongs to its claim."""
    text = json.dumps(document["claim"], sort_keys=True, separators=(",", ":")).encode()
    return json.dumps(document | {"claim_sha256": hashlib.sha256(text).hexdigest()}).encode()


# --- control checkers: what the suite must be able to tell from the real one


def always_accept(_data):
    return ACCEPTED, "accepted"


def always_reject(_data):
    return REJECTED, "rejected: always"


def parse_only(data):
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return REJECTED, "rejected: not JSON"
    return (ACCEPTED, "accepted") if isinstance(document, dict) else (REJECTED, "rejected: no object")


CONTROLS = {"always-accept": always_accept, "always-reject": always_reject, "parse-only": parse_only}
judge = checker.judge


# --- an oracle: is the claim true? By brute force, the package's own balls, and mpmath; nothing of the checker


def program_of(value):
    """Build the program that a claim states."""
    program = TemplateProgram("claimed", fields={"bits": sum(width for _, width in value["fields"])})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DuplicateTemplate)  # a claim may state a template twice
        for when, write in value["templates"]:
            program.template(
                when=[(("bits", place), bit) for place, bit in when], write=[("bits", place) for place in write]
            )
    program.pad(value["padding"])
    return program


def states_of(program, states, inputs=None):
    """Return the rows of all states that a claim speaks of."""
    if states == "arbitrary":
        return _assignments(program.output_bits, range(program.output_bits), ())
    rows = _assignments(program.output_bits, states["free"], states["ones"])
    seen = [rows]
    for _ in range(min(states["steps"], 200) - 1):
        rows = np.unique(program.step_rows(rows), axis=0)
        seen.append(rows)
    return np.unique(np.concatenate(seen), axis=0)


def visits(program, states):
    """Return the rows of arbitrary states, or for each run those of its steps until its state stays the same."""
    if states == "arbitrary":
        return states_of(program, states)
    rows = _assignments(program.output_bits, states["free"], states["ones"])
    seen = []
    for _ in range(states["steps"]):
        seen.append(rows)
        after = program.step_rows(rows)
        rows = after[(after != rows).any(axis=1)]
    return np.concatenate(seen)


def _assignments(bits, free, ones):
    rows = np.zeros((1 << len(free), bits), dtype=np.uint8)
    rows[:, list(ones)] = 1
    for number, place in enumerate(free):
        rows[:, place] = np.arange(1 << len(free)) >> number & 1
    return rows


def counts_at(program, rows):
    match = program.match_rows(rows)
    matched = program.matched_writers_rows(match)
    n = match.sum(axis=1)
    triples = {
        (int(a), int(b), int(t))
        for row, a in zip(matched, n, strict=True)
        for b, t in {*zip(row.tolist(), program.writers.tolist(), strict=True)}
    }
    return {Counts(n, p, t, program.samples) for n, p, t in triples}


def is_true(claim):
    """Tell whether a claim is true (an inequality: whether it holds at many points)."""
    return {"rounding": _rounding_true, "ensemble": _ensemble_true, "inequality": _inequality_true}[claim["kind"]](
        claim
    )


def _rounding_true(claim):
    program = program_of(claim["program"])
    kernel, at = two_layer_relu(claim["kernel"]), training_of(claim)
    counts = counts_at(program, states_of(program, claim["states"]))
    return all(rounds_right(kernel, each, at=at) for each in counts)


def training_of(claim):
    """Return the time of training of a claim."""
    training = claim.get("training", {})
    return TrainingTime(**{key: value if key == "steps" else Fraction(value) for key, value in training.items()})


def first_of(claim):
    """Return the least n at which outputs have a variance."""
    return 1 if "training" in claim else 2


def failure_bound(claim, counts):
    """Return the union bound of the claim at these counts as an mpmath number; None if a mean is on the wrong side."""
    threshold = Fraction(claim["threshold"])
    program = program_of(claim["program"])
    dropped = claim["drop_unwritten"]
    bits = sum(1 for t in program.writers if t or not dropped)
    inputs = number_of(claim["inputs"], program.output_bits)
    worst = mp.inf
    for c in counts:
        if c.matches == 0 or (dropped and c.writers == 0):
            continue
        if c.matches < first_of(claim):
            continue
        gap, deviation = _gap(claim, c, threshold)
        if gap <= 0:
            return None
        worst = min(worst, gap / deviation)
    cases = inputs * claim["steps"] * bits
    x = mp.sqrt(claim["networks"]) * worst
    return cases * mp.erfc(x / mp.sqrt(2)) / 2


def number_of(inputs, bits):
    """Return how many initial states a claim speaks of: those of every clock, if it is about sequences of inputs."""
    if isinstance(inputs, int):
        return inputs
    if "ports" in inputs:
        return min(1 << bits, sum(1 << len(inputs["ports"]) * clock for clock in range(1, inputs["clocks"] + 1)))
    return 1 << len(inputs["free"])


@cache
def _formulas(kernel, at):
    predictor = Predictor(two_layer_relu(kernel), SAMPLES, time=at)
    return predictor.mean(MATCHES, MATCHED_WRITERS, WRITERS), predictor.variance(MATCHES)


@cache
def _moments(kernel, c, at):
    values = {MATCHES: c.matches, MATCHED_WRITERS: c.matched_writers, WRITERS: c.writers, SAMPLES: c.samples}
    balls = (enclose(formula, values, precision=200) for formula in _formulas(kernel, at))
    middles = [(ball.lower + ball.upper) / 2 for ball in balls]
    return tuple(mp.mpf(middle.numerator) / middle.denominator for middle in middles)


def _gap(claim, counts, threshold):
    mean, variance = _moments(claim["kernel"], counts, training_of(claim))
    gap = mean - mp.mpf(threshold.numerator) / threshold.denominator
    return (gap if counts.matched_writers else -gap), mp.sqrt(variance)


def _ensemble_true(claim):
    program = program_of(claim["program"])
    rows = states_of(program, claim["states"])
    bound = failure_bound(claim, counts_at(program, rows))
    failure = Fraction(claim["failure"])
    sound = 0 < failure < 1 and 0 <= Fraction(claim["threshold"]) < 1 and not claim.keys() & {"width", "outputs"}
    if not sound or bound is None:
        return False
    return bool(min(bound, union(claim, program, rows)) <= mp.mpf(failure.numerator) / failure.denominator)


def union(claim, program, rows):
    """Return the sum of the chances of errors over the pairs of a state and an output bit, the likeliest first."""
    match = program.match_rows(rows)
    matched, dropped = program.matched_writers_rows(match), claim["drop_unwritten"]
    written = [index for index, t in enumerate(program.writers) if t or not dropped]
    inputs = number_of(claim["inputs"], program.output_bits)
    left, pairs = inputs * claim["steps"] * len(written), Counter()
    for n, row in zip(match.sum(axis=1), matched, strict=True):
        pairs.update(
            (int(n), int(row[index]), int(program.writers[index])) for index in written if n >= first_of(claim)
        )
    chances = []
    for (n, p, t), number in pairs.items():
        gap, deviation = _gap(claim, Counts(n, p, t, program.samples), Fraction(claim["threshold"]))
        chances.append((mp.erfc(mp.sqrt(claim["networks"] / mp.mpf(2)) * gap / deviation) / 2, number))
    total = mp.mpf(0)
    for chance, number in sorted(chances, reverse=True):
        total += chance * min(left, number)
        left -= min(left, number)
    return total


def _value(expression, point):
    if not isinstance(expression, list):
        number = Fraction(expression)
        return mp.mpf(number.numerator) / number.denominator
    name, *arguments = expression
    if name == "pi":
        return +mp.pi
    if name == "var":
        return point[arguments[0]]
    if name == "pow":
        return _value(arguments[0], point) ** arguments[1]
    values = [_value(argument, point) for argument in arguments]
    unary = {
        "sqrt": mp.sqrt,
        "atan": mp.atan,
        "exp": mp.exp,
        "log": mp.log,
        "sin": mp.sin,
        "cos": mp.cos,
        "neg": lambda a: -a,
    }
    if name in unary:
        return unary[name](*values)
    a, b = values
    return {"add": lambda: a + b, "sub": lambda: a - b, "mul": lambda: a * b, "div": lambda: a / b}[name]()


def _inequality_true(claim):
    names = list(claim["domain"])
    sides = [[Fraction(end) for end in claim["domain"][name]] for name in names]
    if any(low > high for low, high in sides):
        return False
    grid = np.array(np.meshgrid(*[np.arange(9)] * len(names))).reshape(len(names), -1).T if names else [[]]
    for places in grid:
        point = {}
        for name, (low, high), place in zip(names, sides, places, strict=True):
            value = low + (high - low) * Fraction(int(place), 8)
            point[name] = mp.mpf(value.numerator) / value.denominator
        left, right = _value(claim["left"], point), _value(claim["right"], point)
        if not (left < right if claim["relation"] == "<" else left <= right):
            return False
    return True
