"""Finite width: how far the kernel of a network of width w is from its limit, and what that does to the mean.

At initialisation an entry of the (scaled) NTK of a two-layer ReLU network, at two unit vectors of correlation rho, is
the average of w independent copies of ``relu(g) relu(h) + a**2 rho step(g) step(h)``, with (g, h) standard normal of
correlation rho and a standard normal. Its moment generating function is elementary (:func:`moment_generating`), so the
Cramer-Chernoff bound ``P(average >= mean + eps) <= (exp(-L (mean + eps)) M(L))**w`` is exact for every L and certified
by balls.

A network with several outputs has kernel entries *between* outputs, too, of which nothing is known here. So all of this
is about *scalar* networks: networks for one output bit each, with a kernel of their own.

If every entry is within eps of its limit, the mean of the *linearised* network moves by at most
``sqrt(t) sqrt(K) eps (1 + |a|_1) / (lambda_min - K eps)``: with E the error of the Gram matrix, e that of the vector
and ``a`` the limiting weights, the weights move by ``(e - E a) (Theta + E)^-1``, of which the first factor is at most
``sqrt(K) eps (1 + |a|_1)`` long, and ``|E| <= K eps``. Nothing is claimed about features that training changes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import sympy

from ntkproofs.arithmetic.balls import as_fraction
from ntkproofs.bounds.rounding import enclose_mean
from ntkproofs.bounds.search import least_integer
from ntkproofs.counts import Counts
from ntkproofs.display import counted, facts
from ntkproofs.errors import InputError, Undecided
from ntkproofs.kernels import RHO, two_layer_relu
from ntkproofs.predictor import MATCHES, SAMPLES, Predictor
from ntkproofs.rigor import Ball, enclose
from ntkproofs.validation import integer

__all__ = ["TILT", "Width", "entry_rate", "least_width", "moment_generating", "perturbation"]

TILT = sympy.Symbol("L", real=True)
PRECISION = 160


def moment_generating(correlation: sympy.Expr = RHO) -> sympy.Expr:
    """Return M(L), the moment generating function of one copy of an entry; an expression in ``TILT``.

    Where not both of g, h are positive the copy is 0. Where they are, ``E exp(L a**2 rho) = (1 - 2 L rho)**(-1/2)``,
    and ``exp(L g h)`` tilts the bivariate normal density to one of correlation ``r = rho + L (1 - rho**2)``, of which
    the quadrant holds ``1/4 + asin(r)/(2 pi)``. For rho = 1 (an entry of a sample with itself) g = h: ``1/2 + 1/(2 (1
    - 2 L))``. Defined for ``2 L rho < 1`` and ``-1 < r < 1``.

    >>> print(moment_generating(sympy.Integer(0)).subs(TILT, 0), moment_generating(sympy.Integer(1)))
    1 1/2 + 1/(2 - 4*L)
    """
    if correlation == 1:
        return sympy.Rational(1, 2) + 1 / (2 * (1 - 2 * TILT))
    quadrant = sympy.Rational(1, 4) + sympy.asin(correlation) / (2 * sympy.pi)
    tilted = correlation + TILT * (1 - correlation**2)
    held = sympy.Rational(1, 4) + sympy.asin(tilted) / (2 * sympy.pi)
    density = sympy.sqrt(1 - correlation**2) / sympy.sqrt(1 - tilted**2)
    return 1 - quadrant + density * held / sympy.sqrt(1 - 2 * TILT * correlation)


def entry_rate(matches: int | None, error: Fraction, *, above: bool) -> Ball:
    """Return a certified rate I > 0: an entry of width w is off by `error` or more with probability at most exp(-w I).

    `matches` says which entry: n for a state with one of its n matching samples (0: any two different samples, or a
    state with a sample that it does not match), 1 for a sample with itself. `above` says on which side. The tilt is
    searched for with floats; whatever it is, the bound holds, and balls evaluate it. Raises Undecided if no positive
    rate was found.

    >>> print(entry_rate(0, Fraction(1, 10), above=True).digits(3))
    0.0167…
    """
    error = as_fraction(error, "error")
    if error <= 0:
        raise InputError(f"the error of an entry must be positive, got {error}")
    rho = _correlation(matches)
    goal = enclose(two_layer_relu().at(rho), precision=PRECISION) + (error if above else -error)
    if goal.upper < 0:  # the copies are not negative: their average cannot lie below 0
        raise InputError(f"an entry of mean {float(goal.upper + error):.6g} cannot be too small by {error}")
    return _rate(matches, error, above=above)[1]


def _rate(matches: int | None, error: Fraction, *, above: bool) -> tuple[Fraction, Ball]:
    """Return a tilt and the rate that it certifies; raises Undecided if that is not positive."""
    rho = _correlation(matches)
    goal = enclose(two_layer_relu().at(rho), precision=PRECISION) + (error if above else -error)
    tilt = _best_tilt(rho, float(goal.middle), above=above)
    generating = enclose(moment_generating(rho), {TILT: tilt}, precision=PRECISION)
    rate = goal * tilt - generating.log()
    if not rate.is_positive():
        raise Undecided(f"no positive rate for an entry with {matches} matches and error {error}")
    return tilt, rate


def _correlation(matches: int | None) -> sympy.Expr:
    number = integer(matches, "matches", low=0)
    return sympy.Integer(0) if number == 0 else 1 / sympy.sqrt(sympy.Integer(number))


def _best_tilt(rho: sympy.Expr, goal: float, *, above: bool) -> Fraction:
    """Search for the tilt that makes ``L goal - log M(L)`` largest; concave in L, so thirds close in on it."""
    generating = _as_float(rho)
    r = float(rho)
    low, high = (0.0, 1 / (1 + r)) if above else (-1 / (1 - r) if r < 1 else -64.0, 0.0)
    if r == 1:
        high = min(high, 0.5) if above else 0.0

    def gain(tilt: float) -> float:
        return tilt * goal - math.log(generating(tilt))

    low, high = low + 1e-12 * (high - low), high - 1e-12 * (high - low)
    for _ in range(120):
        third = (high - low) / 3
        if gain(low + third) < gain(high - third):
            low += third
        else:
            high -= third
    return Fraction((low + high) / 2).limit_denominator(10**12)


@lru_cache(maxsize=4096)
def _as_float(rho: sympy.Expr) -> Callable[[float], float]:
    """Return M as a function of floats, for searching only."""
    r = float(rho)
    if r == 1:
        return lambda tilt: 0.5 + 0.5 / (1 - 2 * tilt)

    def generating(tilt: float) -> float:
        tilted = r + tilt * (1 - r * r)
        held = 0.25 + math.asin(tilted) / (2 * math.pi)
        density = math.sqrt((1 - r * r) / ((1 - tilted) * (1 + tilted)))
        return 0.75 - math.asin(r) / (2 * math.pi) + density * held / math.sqrt(1 - 2 * tilt * r)

    return generating


def perturbation(counts: Counts, error: Fraction) -> Ball | None:
    """Bound how far the mean of a scalar network moves if every entry is off by at most `error`; None if without bound.

    >>> print(perturbation(Counts(2, 1, 1, 10), Fraction(1, 1000)).digits(3))
    0.00841…
    """
    K = counts.samples
    if counts.matches == 0 or counts.writers == 0:
        return Ball(0, precision=PRECISION)
    smallest = enclose(two_layer_relu().own - two_layer_relu().other, precision=PRECISION)
    gap = smallest - Ball(error * K, precision=PRECISION)
    if not gap.is_positive():
        return None
    return _moved(counts) * error / gap


def _moved(counts: Counts) -> Ball:
    """Return ``sqrt(t) sqrt(K) (1 + |a|_1)``."""
    n, t, K = counts.matches, counts.writers, counts.samples
    m, u = (enclose(weight, {MATCHES: n, SAMPLES: K}, precision=PRECISION) for weight in _weights())
    return Ball(t * K, precision=PRECISION).sqrt() * (abs(m) * n + abs(u) * (K - n) + 1)


@lru_cache(maxsize=1)
def _weights() -> tuple[sympy.Expr, sympy.Expr]:
    return Predictor(two_layer_relu(), SAMPLES).weights(MATCHES)


@dataclass(frozen=True)
class Width:
    """A sufficient width: see :func:`least_width`.

    `error`: of a kernel entry; `tilts`, ``{matches: (above, below)}``: those of the Chernoff bounds; `entries`: of one
    network; `networks` for each of `output_bits`.
    """

    width: int
    error: Fraction
    tilts: dict[int, tuple[Fraction, Fraction]]
    entries: int
    failure: Fraction
    networks: int
    output_bits: int

    @property
    def scalar_networks(self) -> int:
        """How many networks with one output there are: `networks` for each output bit."""
        return self.networks * self.output_bits

    def __str__(self) -> str:
        return (
            f"width {self.width:,}: all {self.entries:,} kernel entries of each of "
            f"{counted(self.scalar_networks, 'linearised scalar network')} are within {float(self.error):.3g} of their "
            f"limits with probability at least 1 - {self.failure}"
        )

    def _repr_html_(self) -> str:
        rows: list[tuple[str, object]] = [
            ("width", self.width),
            ("error of a kernel entry", f"at most {float(self.error):.3g}"),
            (
                "union over",
                f"{self.entries:,} entries of each of {counted(self.networks, 'network')} for each of "
                f"{counted(self.output_bits, 'output bit')}",
            ),
            ("probability of failure", f"at most {self.failure}"),
        ]
        return facts(rows, caption="enough width of linearised scalar networks, Cramér-Chernoff")


def least_width(
    counts: Iterable[Counts],
    *,
    threshold: Fraction,
    failure: Fraction,
    states: int,
    output_bits: int,
    networks: int = 1,
) -> Width:
    """Return the least width for which these bounds make the means of linearised scalar networks round right.

    `networks` scalar networks for each output bit, all drawn independently: with probability at least ``1 - failure``
    over their initialisation, the kernel-regression mean of each lies on the right side of `threshold` for its bit
    with these `counts`, at up to `states` states. NTK regime. The mean only: the random function that a network starts
    with is not part of it (its average over an ensemble is what the ensemble size is for). Raises InputError if a
    limiting mean is not on the right side.

    >>> width = least_width([Counts(1, 1, 1, 4), Counts(2, 1, 1, 4), Counts(2, 0, 1, 4)], threshold=Fraction(1, 20),
    ...     failure=Fraction(1, 100), states=16, output_bits=4)
    >>> width.entries, width.width > 10**5
    (74, True)
    """
    threshold, failure = as_fraction(threshold, "threshold"), as_fraction(failure, "failure")
    distinct = _of_one_program(counts)
    if not 0 < failure < 1 or min(states, networks, output_bits) < 1:
        raise InputError(
            f"failure must lie between 0 and 1, states, networks and output_bits be at least 1, got {failure}, "
            f"{states}, {networks} and {output_bits}"
        )
    error = _largest_error(distinct, threshold)
    matching = sorted({each.matches for each in distinct if each.matches > 1})  # n = 1: the state is a sample
    searched = {n: (_rate(n, error, above=True), _rate(n, error, above=False)) for n in (0, 1, *matching)}
    sides = [
        _entries(distinct[0].samples, states, {n: pair[side][1] for n, pair in searched.items()}) for side in (0, 1)
    ]

    def enough(width: int) -> bool:
        tails = ((rate * -width).exp() * number for entries in sides for number, rate in entries)
        total = sum(tails, start=Ball(0, precision=PRECISION))
        return (total * (networks * output_bits)).upper <= failure

    return Width(
        width=least_integer(enough, most=10**60, what="width"),
        error=error,
        tilts={n: (up[0], down[0]) for n, (up, down) in searched.items()},
        entries=sum(number for number, _ in sides[0]),
        failure=failure,
        networks=networks,
        output_bits=output_bits,
    )


def _of_one_program(counts: Iterable[Counts]) -> list[Counts]:
    """Return the distinct counts in order; raises InputError unless there are some, all with the same K."""
    distinct = sorted(set(counts))
    if not distinct:
        raise InputError("no counts given: there is nothing to decide")
    if len({each.samples for each in distinct}) != 1:
        raise InputError("the counts must be of one program: they differ in the number of samples")
    return distinct


def _entries(K: int, states: int, rates: dict[int, Ball]) -> list[tuple[int, Ball]]:
    """Return the numbers of entries of one network, each with its rate: own, other, and the matched ones at the least.

    A state that is no sample has at least 2 matches, and so at most ``K - 2`` entries with samples that do not match.
    """
    matching = [n for n in rates if n > 1]
    if not matching:
        return [(K, rates[1]), (K * (K - 1) // 2, rates[0])]
    least = min((rates[n] for n in matching), key=lambda rate: rate.lower)
    return [(K, rates[1]), (K * (K - 1) // 2 + states * (K - 2), rates[0]), (states * max(matching), least)]


def _largest_error(counts: list[Counts], threshold: Fraction) -> Fraction:
    """Return nearly the largest error that no mean crosses the threshold by, a short rational.

    A mean moves by ``c e/(g - K e)`` (:func:`perturbation`) and has a gap: ``e < gap g/(c + K gap)``.
    """
    g = enclose(two_layer_relu().own - two_layer_relu().other, precision=PRECISION)
    K = counts[0].samples
    largest = (g / K).lower
    for each in counts:
        mean = enclose_mean(two_layer_relu(), each, precision=PRECISION)
        gap = (mean - threshold) if each.matched_writers else (Ball(threshold, precision=PRECISION) - mean)
        if each.matches <= 1 or each.writers == 0:  # the mean is exact, and does not move
            if gap.lower < 0 or (each.matched_writers and gap.lower == 0):
                raise InputError(f"threshold {threshold}: the mean {mean.digits(6)} at {each} is on its wrong side")
            continue
        if not gap.is_positive():
            raise InputError(f"threshold {threshold}: the mean {mean.digits(6)} at {each} is on its wrong side")
        largest = min(largest, (gap * g / (_moved(each) + gap * K)).lower)
    if largest <= 0:
        raise Undecided("no error of the kernel entries is small enough: the margins are too thin")
    return _short(largest)


def _short(value: Fraction) -> Fraction:
    """Return a rational below a positive one that agrees with it to about six digits."""
    scale = 10 ** max(0, 7 + len(str(value.denominator // max(1, value.numerator))))
    return Fraction(value * (1 - Fraction(1, 10**6)) * scale // 1, scale)
