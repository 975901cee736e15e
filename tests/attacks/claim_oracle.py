"""An independent oracle for claims about programs: what is true of them, by brute force over states and by mpmath.

It shares no code with the package: the formulas are those of two-layer ReLU networks on orthonormal samples (own, other
and matched entries of the kernel), written out once more; states are enumerated one by one; Gaussian tails are `erfc`
at many digits. :func:`truth` answers with one of

=========  ============================================================================================
implied    a union bound of the checker gives it: certificates with good evidence may be accepted
true       that union does not give it, but the union over the events that really occur does
unknown    between the two: the union bound exceeds the failure probability, no single event does
false      some event alone is more likely than the failure probability, or the claim is malformed
=========  ============================================================================================

Only `implied` may be accepted. Claims too large for brute force raise :class:`TooLarge`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from typing import Any, TypeAlias

from mpmath import mp, mpf

IMPLIED, TRUE, UNKNOWN, FALSE = "implied", "true", "unknown", "false"
DIGITS = 110  # of every number, beside the digits of K: more than an interval of the checker has
NAME = re.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")  # of a program
FIELD = re.compile("[!#-&(-_a-~]{1,200}")  # printable ASCII without quotes and spaces
MAX_FREE, MAX_VISITS = 10, 1 << 16  # free bits; states times inputs

Count: TypeAlias = tuple[int, int, int]  # (n, p, t): matches, matched writers, writers


class TooLarge(Exception):
    """The claim speaks of more states than are enumerated here."""


# --- programs


@dataclass(frozen=True)
class Program:
    """A program as a claim states it: each template as bit masks (required positions, required ones, written bits)."""

    bits: int
    templates: tuple[tuple[int, int, int], ...]
    samples: int

    @classmethod
    def of(cls, value: dict[str, Any]) -> Program:
        """Read a program; raises ValueError, KeyError or TypeError if it is malformed."""
        names, bits = [name for name, _ in value["fields"]], sum(width for _, width in value["fields"])
        if (
            not NAME.fullmatch(value["name"])
            or not all(map(FIELD.fullmatch, names))
            or len(set(names)) < len(names)
            or not names
        ):
            raise ValueError("a name that is none")
        templates = []
        for when, write in value["templates"]:
            places = [place for place, _ in when]
            if len(set(places)) < len(places) or len(set(write)) < len(write):
                raise ValueError("a template that is none")
            if not all(type(place) is int and 0 <= place < bits for place in (*places, *write)):
                raise ValueError("a position that does not exist")
            if not all(type(bit) is int and bit in (0, 1) for _, bit in when):
                raise ValueError("a requirement of neither 0 nor 1")
            templates.append((_mask(places), _mask(place for place, bit in when if bit), _mask(write)))
        padding = value["padding"]
        if type(padding) is not int or padding < 0 or not templates or any(w < 1 for _, w in value["fields"]):
            raise ValueError("a program that is none")
        return cls(bits, tuple(templates), len(templates) + padding)

    def writers(self, bit: int) -> int:
        """Return t: how many templates write the bit."""
        return sum(write >> bit & 1 for _, _, write in self.templates)

    def matching(self, state: int) -> list[int]:
        """Return the written bits of each template that matches a state."""
        return [write for mask, ones, write in self.templates if state & mask == ones]

    def step(self, state: int) -> int:
        """Return the program's next state."""
        after = 0
        for write in self.matching(state):
            after |= write
        return after

    def counts(self, state: int) -> list[Count]:
        """Return (n, p, t) of every bit at a state."""
        matching = self.matching(state)
        return [
            (len(matching), sum(write >> bit & 1 for write in matching), self.writers(bit)) for bit in range(self.bits)
        ]


def _mask(places: Iterable[int]) -> int:
    return sum(1 << place for place in places)


def starts(free: Sequence[int], ones: Sequence[int]) -> Iterator[int]:
    """Yield the initial states: any values of the free positions, 1 at `ones`."""
    if len(free) > MAX_FREE:
        raise TooLarge(f"{len(free)} free bits")
    for number in range(1 << len(free)):
        yield _mask(ones) | _mask(place for index, place in enumerate(free) if number >> index & 1)


def trajectory(program: Program, state: int, steps: int) -> set[int]:
    """Return the states at which the network is asked when a run of so many steps begins at `state`."""
    visited: set[int] = set()
    while len(visited) < steps and state not in visited:
        visited.add(state)
        state = program.step(state)
    return visited


# --- moments: the closed form on orthonormal samples, one output bit of one network


@dataclass(frozen=True)
class Kernel:
    """The entries of a kernel, times n0: own, other, and a state with one of its n matching samples."""

    own: mpf
    other: mpf
    matched: Callable[[int], mpf]


def kernel_of(name: str) -> Kernel:
    """Return the NTK or the NNGP kernel of a two-layer ReLU network at the present precision."""
    weight, own = {"ntk": (2, mpf(1)), "nngp": (1, mpf(1) / 2)}[name]

    def matched(n: int) -> mpf:
        s = 1 / mp.sqrt(n)
        return (mp.sqrt(1 - s * s) + weight * s * (mp.pi - mp.acos(s))) / (2 * mp.pi)

    return Kernel(own, 1 / (2 * mp.pi), matched)


@dataclass(frozen=True)
class Weights:
    """The weights ``Theta^-1 k`` of one state: `m` for each sample that matches, `u` for each other one."""

    m: mpf
    u: mpf


Training: TypeAlias = tuple[int | None, Fraction] | None  # steps and their size; None and a time; None: to convergence


def training_of(claim: dict[str, Any]) -> Training:
    """Read how long the networks of a claim are trained; raises ValueError, KeyError or TypeError if malformed."""
    if "training" not in claim:
        return None
    value = dict(claim["training"])
    steps = None if "time" in value else value.pop("steps")
    (size,) = (Fraction(each) for name, each in value.items() if name == ("time" if steps is None else "step"))
    if len(value) != 1 or size <= 0 or (steps is not None and (type(steps) is not int or steps < 1)):
        raise ValueError("a training that is none")
    return steps, size


def largest_eigenvalue(kernel: str, samples: int) -> mpf:
    """Return the eigenvalue of the vector 1 of the kernel divided by its own entry."""
    k = kernel_of(kernel)
    return 1 + (samples - 1) * k.other / k.own


@cache
def trained_weights(kernel: str, samples: int, n: int, training: tuple[int | None, Fraction]) -> Weights:
    """Return the weights of the targets after training from 0 on, by gradient descent itself.

    At a state with kernel values k the output's weights begin at 0 and follow ``a <- a - size (Theta a - k)``, or
    ``a' = k - Theta a``, with Theta divided by its own entry. They stay equal at all samples that match, and at all
    others, so a 3 x 3 matrix (those two numbers, and 1) is raised to a power, or exponentiated.
    """
    k, (steps, size) = kernel_of(kernel), training
    own, other, matched = mpf(1), k.other / k.own, k.matched(n) / k.own if n > 1 else mpf(1)
    rest, eta = samples - n, number(size)
    if steps is not None and not eta * largest_eigenvalue(kernel, samples) < 2:
        raise ValueError("a step that is too large")
    theta = [[own + (n - 1) * other, rest * other], [n * other, own + (rest - 1) * other]]
    flow = mp.matrix([[-theta[0][0], -theta[0][1], matched], [-theta[1][0], -theta[1][1], other], [0, 0, 0]]) * eta
    whole = mp.expm(flow) if steps is None else (mp.eye(3) + flow) ** steps
    return Weights(whole[0, 2], whole[1, 2])


def weights(kernel: str, samples: int, n: int) -> Weights:
    """Solve the two equations of a Gram matrix with two different entries."""
    k = kernel_of(kernel)
    # rows of Theta a = k: (own - other) a_i + other * sum(a) = matched or other
    rest = k.own - k.other
    total = (n * k.matched(n) + (samples - n) * k.other) / (rest + samples * k.other)
    return Weights((k.matched(n) - k.other * total) / rest, (k.other - k.other * total) / rest)


@cache
def moments(kernel: str, samples: int, n: int, p: int, t: int, training: Training = None) -> tuple[mpf, mpf]:
    """Return mean and variance: exactly (p, 0) at a sample at convergence, and at the zero vector."""
    if n < 1 or (n == 1 and training is None):
        return mpf(p), mpf(0)
    with mp.workdps(DIGITS + 3 * len(str(samples))):
        prior = kernel_of("nngp")
        a = weights(kernel, samples, n) if training is None else trained_weights(kernel, samples, n, training)
        mean = p * a.m + (t - p) * a.u
        total, squares = n * a.m + (samples - n) * a.u, n * a.m**2 + (samples - n) * a.u**2
        # a^T K a - 2 a^T K(X, x) + K(x, x)
        quadratic = (prior.own - prior.other) * squares + prior.other * total**2
        cross = n * a.m * prior.matched(n) + (samples - n) * a.u * prior.other
        return mean, (prior.own + quadratic - 2 * cross) / samples


def standardised(kernel: str, samples: int, count: Count, threshold: Fraction, training: Training = None) -> mpf:
    """Return (mean - threshold) / deviation of one network, positive on the program's side; infinite without variance.

    The variance at a sample tends to 0: below all digits it counts as 0.
    """
    n, p, t = count
    mean, variance = moments(kernel, samples, *count, training)
    with mp.workdps(DIGITS + 3 * len(str(samples))):
        gap = (mean - number(threshold)) * (1 if p else -1)
        if n and t == 0:
            gap = number(threshold)  # the mean is 0
        if n < 1 or (n == 1 and variance < mpf(10) ** -(DIGITS - 10)):
            return mp.inf if gap > 0 or (not p and gap == 0 and training is None) else -mp.inf
        return gap / mp.sqrt(variance)


def number(value: Fraction | int) -> mpf:
    """Return a rational as an mpmath number."""
    return mpf(value.numerator) / value.denominator


def wrong(networks: int, z: mpf) -> mpf:
    """Return the probability that the average of so many networks is rounded wrong: ``Q(sqrt(N) z)``."""
    if mp.isinf(z):
        return mpf(0) if z > 0 else mpf(1)
    with mp.workdps(DIGITS + len(str(networks))):
        return mp.erfc(mp.sqrt(networks) * z / mp.sqrt(2)) / 2


# --- claims of the kind rounding


def rounding_truth(claim: dict[str, Any]) -> str:
    """Decide a rounding claim: at every state, each bit's mean is above 0 just where the program's bit is 1."""
    program, training = Program.of(claim["program"]), training_of(claim)
    for n, p, t in counts_of(program, claimed_states(program, claim["states"])):
        if t and (n > 1 or training):
            mean, _ = moments(claim["kernel"], program.samples, n, p, t, training)
            if (mean > 0) != (p > 0):
                return FALSE
    return IMPLIED


def claimed_states(program: Program, value: Any) -> set[int]:
    """Return the states of a claim: every one, or those that the stated runs visit."""
    if value == "arbitrary":
        if program.bits > MAX_FREE:
            raise TooLarge(f"{program.bits} bits")
        return set(range(1 << program.bits))
    return {state for run in runs(program, value, value["steps"]) for state in run}


def runs(program: Program, value: dict[str, Any], steps: int) -> list[set[int]]:
    """Return for each initial state the states at which the network is asked."""
    free, ones = value["free"], value["ones"]
    if set(free) & set(ones) or not all(0 <= place < program.bits for place in (*free, *ones)):
        raise ValueError("initial states that are none")
    return [trajectory(program, state, steps) for state in starts(free, ones)]


def visits(program: Program, value: Any) -> Counter[int]:
    """Return the claimed states, each with the number of steps of all runs that begin there while the state changes."""
    if value == "arbitrary":
        return Counter(claimed_states(program, value))
    result: Counter[int] = Counter()
    for state in starts(value["free"], value["ones"]):
        for _ in range(value["steps"]):
            result[state] += 1
            before, state = state, program.step(state)
            if state == before:
                break
    return result


def clocked(program: Program, value: dict[str, Any], steps: int) -> tuple[tuple[frozenset[int], ...], int]:
    """Return the states at which the network is asked, for each state at which a clock begins, and their stated number.

    Before each clock the ports get any values; the runs begin at the state in which the bits of `ones` are 1.
    """
    ports, ones, clocks = value["ports"], value["ones"], value["clocks"]
    places = [*ports, *ones]
    if not ports or len(set(places)) < len(places) or not all(0 <= place < program.bits for place in places):
        raise ValueError("ports that are none")
    if type(clocks) is not int or clocks < 1 or set(value) != {"ports", "ones", "clocks"}:
        raise ValueError("clocks that are none")
    asked: dict[int, frozenset[int]] = {}
    memory, number = {_mask(ones)}, 0
    for clock in range(1, clocks + 1):
        number = min(number + (1 << len(ports) * clock), 1 << program.bits)
        begun = {rest & ~_mask(ports) | given for rest in memory for given in starts(ports, ())}
        if number == 1 << program.bits and begun <= set(asked):
            break
        asked |= {state: frozenset(trajectory(program, state, steps)) for state in begun}
        memory = {after(program, state, steps) for state in begun}
    return tuple(asked.values()), number


def after(program: Program, state: int, steps: int) -> int:
    """Return the state after so many steps."""
    for _ in range(steps):
        state = program.step(state)
    return state


def counts_of(program: Program, states: Iterable[int]) -> set[Count]:
    """Return the (n, p, t) at the states where something matches."""
    return {count for state in states for count in program.counts(state) if count[0]}


# --- claims of the kind ensemble


@dataclass(frozen=True)
class Ensemble:
    """What an ensemble's claim says, read; `asked` holds for each of its inputs the states that it visits."""

    program: Program
    kernel: str
    networks: int
    failure: Fraction
    threshold: Fraction
    steps: int
    inputs: int
    asked: tuple[frozenset[int], ...]
    states: frozenset[int]
    dropped: bool
    visits: Counter[int]
    training: Training

    @classmethod
    def of(cls, claim: dict[str, Any]) -> Ensemble:
        """Read a claim; raises ValueError, KeyError or TypeError if it is malformed."""
        program, steps, inputs = Program.of(claim["program"]), claim["steps"], claim["inputs"]
        failure, threshold = Fraction(claim["failure"]), Fraction(claim["threshold"])
        if not (0 < failure < 1 and 0 <= threshold < 1 and steps >= 1 and claim["networks"] >= 1):
            raise ValueError("a number out of range")
        states = claim["states"]
        if isinstance(inputs, dict) and "ports" in inputs:
            if states != "arbitrary":
                raise ValueError("sequences of inputs at visited states")
            asked, many = clocked(program, inputs, steps)
            numbers = program, claim["kernel"], claim["networks"], failure, threshold, steps, many, asked
            stated = frozenset(claimed_states(program, states))
            return cls(*numbers, stated, claim["drop_unwritten"], visits(program, states), training_of(claim))
        family = inputs if isinstance(inputs, dict) else states
        if states != "arbitrary" and (
            states["steps"] != steps or (family["free"], family["ones"]) != (states["free"], states["ones"])
        ):
            raise ValueError("inputs or steps that are not those of the states")
        if family == "arbitrary":
            family = {"free": list(range(program.bits)), "ones": []}
        asked = tuple(frozenset(run) for run in runs(program, family, steps))
        many = len(asked) if isinstance(inputs, dict) else inputs
        if not 1 <= many <= len(asked):
            raise ValueError("more inputs than there are")
        return cls(
            program,
            claim["kernel"],
            claim["networks"],
            failure,
            threshold,
            steps,
            many,
            asked,
            frozenset(claimed_states(program, states)),
            claim["drop_unwritten"],
            visits(program, states),
            training_of(claim),
        )

    @property
    def bits(self) -> list[int]:
        """The output bits that the claim speaks of."""
        return [bit for bit in range(self.program.bits) if self.program.writers(bit) or not self.dropped]

    def z(self, count: Count) -> mpf:
        """Return the standardised margin of a count."""
        return standardised(self.kernel, self.program.samples, count, self.threshold, self.training)

    def least_margin(self) -> mpf:
        """Return the least standardised margin at the claimed states."""
        counts = counts_of(self.program, self.states)
        return min((self.z(count) for count in counts if count[2] or not self.dropped), default=mp.inf)

    def stated_bound(self) -> mpf:
        """Return the bound that the claim states: cases times the worst tail."""
        return self.cases * wrong(self.networks, self.least_margin())

    def class_bound(self, networks: int | None = None) -> mpf:
        """Return the union over the pairs of a state and a bit, each with its own tail: the likeliest of those asked.

        Of arbitrary states each counts once, of visited ones each step until the state stays the same. `networks`:
        another number than that of the claim.
        """
        left, total = self.cases, mpf(0)
        for z, number in self.classes:
            total += wrong(networks or self.networks, z) * min(left, number)
            left -= min(left, number)
        return total

    @cached_property
    def classes(self) -> list[tuple[mpf, int]]:
        """The standardised margins and numbers of pairs of the classes where something matches, the least first."""
        return sorted((self.z(count), number) for count, number in self.pairs.items() if count[0])

    @property
    def cases(self) -> int:
        """Inputs times steps times output bits."""
        return self.inputs * self.steps * len(self.bits)

    @cached_property
    def pairs(self) -> Counter[Count]:
        """The number of pairs of a state and a claimed output bit with each count."""
        result: Counter[Count] = Counter()
        for state, times in self.visits.items():
            counts = self.program.counts(state)
            for bit in self.bits:
                result[counts[bit]] += times
        return result

    def errors(self, state: int) -> list[mpf]:
        """Return for each claimed bit the probability that it is rounded wrong at a state."""
        counts = self.program.counts(state)
        return [self.error(counts[bit]) for bit in self.bits]

    def error(self, count: Count) -> mpf:
        """Return the probability that a bit is rounded wrong; never where no template matches (the output is 0)."""
        return wrong(self.networks, self.z(count)) if count[0] else mpf(0)

    def union(self) -> mpf:
        """Return an upper bound of the true failure probability: the sum over the events that occur."""
        if self.inputs == len(self.asked):
            return mp.fsum(sum(self.errors(state)) for state in frozenset().union(*self.asked))
        sums = sorted((mp.fsum(sum(self.errors(state)) for state in run) for run in self.asked), reverse=True)
        return mp.fsum(sums[: self.inputs])

    def certain_failure(self) -> mpf:
        """Return a lower bound of the true failure probability: output bits are independent, one state for each."""
        choices = [frozenset().union(*self.asked)] if self.inputs == len(self.asked) else list(self.asked)
        return max(self._one_state_a_bit(states) for states in choices)

    def _one_state_a_bit(self, states: Iterable[int]) -> mpf:
        right = mpf(1)
        for column in zip(*(self.errors(state) for state in states), strict=True):
            right *= 1 - max(column)
        return 1 - right


def ensemble_truth(claim: dict[str, Any]) -> str:
    """Decide an ensemble's claim: see the table at the head of this module. One with a width is a withdrawn wording."""
    if claim.keys() & {"width", "outputs"}:
        return FALSE
    ensemble = Ensemble.of(claim)
    if len(ensemble.asked) * len(ensemble.states) > MAX_VISITS:
        raise TooLarge("too many states")
    failure = number(ensemble.failure)
    if ensemble.least_margin() > 0 and ensemble.class_bound() <= failure:
        return IMPLIED
    if ensemble.union() <= failure:
        return TRUE
    return FALSE if ensemble.certain_failure() > failure else UNKNOWN


def truth(claim: dict[str, Any], kinds: dict[str, Callable[[dict[str, Any]], str]] | None = None) -> str:
    """Decide a claim of a kind that is known here; whatever cannot be read as a claim is false."""
    known = {"rounding": rounding_truth, "ensemble": ensemble_truth} | (kinds or {})
    try:
        with mp.workdps(DIGITS):
            return known[claim["kind"]](claim)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, ZeroDivisionError, OverflowError):
        return FALSE
