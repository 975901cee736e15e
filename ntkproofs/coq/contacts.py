"""Proofs, in Coq, of statements about all integers whose two sides approach each other at infinity.

The tactic ``interval`` cannot prove ``f(n) > 0`` for all n if f tends to 0. With ``s = 1/sqrt(n)``, as in
:mod:`ntkproofs.arithmetic.germs`, ``f(n) = s**j * g(s)`` where g is smooth on ``[0, h]``. If ``g(0) = g'(0) = ... = 0``
and ``interval`` proves that a derivative is positive on ``[0, r]``, then so is g on ``(0, r]``, by the mean value
theorem; on ``[r, h]`` it is proved by ``interval``. Coq proves the substitution, by ``field``, and each derivative, by
``auto_derive``; so an error in this file makes a proof fail and never proves a false statement.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from math import isqrt
from typing import Any, TypeAlias

import sympy

from ntkproofs.arithmetic.expressions import formula
from ntkproofs.arithmetic.functions import Functions
from ntkproofs.errors import DomainError, NtkProofsError
from ntkproofs.rigor.decide import decide
from ntkproofs.rigor.statements import Box, less

__all__ = ["PREAMBLE", "NoExpansion", "Text", "contact_proof"]

MAX_ORDER = 8  # derivatives
HALVINGS = 8
INTERVAL = "interval with (i_prec 60)"

PREAMBLE = """
Lemma positive_by_derivative : forall (f f1 : R -> R) (h : R),
  (forall x, 0 <= x <= h -> is_derive f x (f1 x)) -> 0 <= f 0 -> (forall x, 0 < x <= h -> 0 < f1 x) ->
  forall x, 0 < x <= h -> 0 < f x.
Proof.
  intros f f1 h derivative start slope x [low high].
  destruct (MVT_cor2 f f1 0 x low) as [c [difference [after before]]].
  - intros c inside. apply is_derive_Reals. apply derivative. lra.
  - assert (0 < f1 c * (x - 0)) by (apply Rmult_lt_0_compat; [apply slope | ]; lra). lra.
Qed.

Lemma scaled_root : forall e p g : R, 0 < p -> 0 <= g -> p * p * g = e -> sqrt e = p * sqrt g.
Proof.
  intros e p g positive radicand <-. rewrite sqrt_mult by (try apply Rmult_le_pos; lra).
  rewrite sqrt_square by lra. reflexivity.
Qed.

Lemma inverse_root : forall n : R, 0 < n -> n = / (/ sqrt n * / sqrt n).
Proof. intros n H. rewrite <- Rinv_mult. rewrite sqrt_sqrt by lra. rewrite Rinv_inv. reflexivity. Qed.

Lemma root_of_one : forall e : R, e = 1 -> sqrt e = 1.
Proof. intros e ->. apply sqrt_1. Qed.

Ltac at_zero :=
  cbv beta; repeat match goal with
  | |- context [sqrt ?e] => replace (sqrt e) with 1 by (symmetry; apply root_of_one; field)
  | |- context [exp ?e] => replace (exp e) with 1 by (replace e with 0 by field; rewrite exp_0; reflexivity)
  | |- context [ln ?e] => replace (ln e) with 0 by (replace e with 1 by field; rewrite ln_1; reflexivity)
  | |- context [sin ?e] => replace (sin e) with 0 by (replace e with 0 by field; rewrite sin_0; reflexivity)
  | |- context [cos ?e] => replace (cos e) with 1 by (replace e with 0 by field; rewrite cos_0; reflexivity)
  | |- context [atan ?e] => replace (atan e) with 0 by (replace e with 0 by field; rewrite atan_0; reflexivity)
  end; right; field.

Ltac power_positive := first [lra | apply pow_lt; lra | apply Rinv_0_lt_compat; first [lra | apply pow_lt; lra]].
Ltac nonzero := repeat match goal with |- _ /\\ _ => split end;
  first [exact I | lra | interval with (i_prec 60) | apply Rgt_not_eq; power_positive].
Ltac equal_fields := cbv beta; field; nonzero.
Ltac equal_derivatives := cbv beta; cbn [pow]; field; nonzero.  (* auto_derive expands powers *)
"""


class NoExpansion(NtkProofsError):
    """The statement has no form ``s**j * g(s)`` that this module can find."""


Text: TypeAlias = Any  # a term of ``lemmas``: text of Coq, on which formulas can be evaluated


@dataclass
class _Near(Functions):
    """The number ``s**power * factor``; its equations are tactics that prove what Coq needs to know about `term`.

    `term`: the number as text in n; `factor`: a smooth expression in `s`; `show`: prints an expression in `s`.
    """

    term: Text
    power: int
    factor: sympy.Expr
    shared: _Shared

    def _make(self, term: Text, power: int, factor: sympy.Expr) -> _Near:
        polynomial = factor.as_poly(self.shared.s)
        if polynomial is not None and not polynomial.is_zero:
            low = min(exponents[0] for exponents in polynomial.monoms())
            power, factor = power + low, sympy.expand(factor / self.shared.s**low)
        return _Near(term, power, factor, self.shared)

    def constant(self, value: Fraction | int) -> _Near:
        """Return a rational constant."""
        return self.shared.rational(Fraction(value))

    def _add(self, other: _Near, sign: int, term: Text) -> _Near:
        low = min(self.power, other.power)
        first, second = (x.factor * self.shared.s ** (x.power - low) for x in (self, other))
        return self._make(term, low, first + sign * second)

    def __add__(self, other: _Near) -> _Near:
        return self._add(other, 1, self.term + other.term)

    def __sub__(self, other: _Near) -> _Near:
        return self._add(other, -1, self.term - other.term)

    def __mul__(self, other: _Near) -> _Near:
        return self._make(self.term * other.term, self.power + other.power, self.factor * other.factor)

    def __truediv__(self, other: _Near) -> _Near:
        if other.factor.subs(self.shared.s, 0) == 0:
            raise NoExpansion("a divisor is 0 at infinity")
        return self._make(self.term / other.term, self.power - other.power, self.factor / other.factor)

    def __pow__(self, exponent: int) -> _Near:
        return self._make(self.term**exponent, self.power * exponent, self.factor**exponent)

    def sqrt(self) -> _Near:
        """Return the square root, with the equation ``sqrt e = s**j * sqrt g``."""
        scale = self.factor.subs(self.shared.s, 0)
        if self.power % 2 or not (scale.is_Rational and scale > 0 and sympy.sqrt(scale).is_Rational):
            raise NoExpansion("a root has no expansion with rational coefficients")
        term = self.term.sqrt()
        inside = sympy.expand(self.factor / scale)
        half = self.power // 2
        shared, root = self.shared, sympy.sqrt(scale)
        prefactor = f"({shared.show(root)} * {shared.power(half)})"
        shared.equation(
            f"{term.text} = {prefactor} * sqrt ({shared.show(inside)})",
            f"apply scaled_root; [apply Rmult_lt_0_compat; power_positive | {INTERVAL} | {{}}]",
        )
        return self._make(term, half, root * sympy.sqrt(inside))

    def _analytic(self, name: str, function: Callable[[sympy.Expr], sympy.Expr]) -> _Near:
        if self.power < 0:
            raise NoExpansion(f"{name} of a function that is unbounded at infinity")
        term = getattr(self.term, name)()
        argument = sympy.expand(self.shared.s**self.power * self.factor)
        image = function(argument)
        self.shared.equation(f"{term.text} = {self.shared.show(image)}", "f_equal; {}")
        return self._make(term, 0, image)

    def exp(self) -> _Near:
        """Return the exponential."""
        return self._analytic("exp", sympy.exp)

    def log(self) -> _Near:
        """Return the natural logarithm."""
        return self._analytic("log", sympy.log)

    def sin(self) -> _Near:
        """Return the sine."""
        return self._analytic("sin", sympy.sin)

    def cos(self) -> _Near:
        """Return the cosine."""
        return self._analytic("cos", sympy.cos)

    def atan(self) -> _Near:
        """Return the arc tangent."""
        return self._analytic("atan", sympy.atan)

    def __getattr__(self, name: str) -> object:
        raise NoExpansion(f"{name} is not supported near infinity")


@dataclass
class _Shared:
    """What all numbers of one statement share: the symbol, the printer, the constants, and the equations so far."""

    s: sympy.Symbol
    print_term: Callable[[sympy.Expr, sympy.Symbol], str]
    constant_term: Callable[[Fraction], Text]
    equations: list[tuple[str, str]] = field(default_factory=list)

    def show(self, expression: sympy.Expr) -> str:
        """Return an expression in s as text of Coq."""
        return self.print_term(expression, self.s)

    def power(self, exponent: int) -> str:
        """Return ``s**exponent`` as text of Coq."""
        name = self.s.name
        return "1" if exponent == 0 else f"{name} ^ {exponent}" if exponent > 0 else f"/ {name} ^ {-exponent}"

    def rational(self, value: Fraction) -> _Near:
        """Return a rational constant."""
        number = sympy.Rational(value.numerator, value.denominator)
        return _Near(self.constant_term(value), 0, number, self)

    def pi(self) -> _Near:
        """Raise NoExpansion: values at 0 must be rational, so that Coq can compute them."""
        raise NoExpansion("pi is not supported near infinity")

    def equation(self, statement: str, proof: str) -> None:
        """Record an equation and its proof, in which ``{}`` stands for the tactic that proves an identity in s."""
        if statement not in (known for known, _ in self.equations):
            self.equations.append((statement, proof))

    def identity(self, count: int) -> str:
        """Return the tactic that rewrites by the first `count` equations, replaces n and proves an identity."""
        rewriting = "".join(f"try rewrite Q{number}; " for number in range(count, 0, -1))
        return f"{rewriting}try rewrite E; rewrite ?sqrt_1; equal_fields"


def contact_proof(
    left: sympy.Expr,
    right: sympy.Expr,
    symbol: sympy.Symbol,
    start: int,
    variable: Text,
    *,
    print_term: Callable[[sympy.Expr, sympy.Symbol], str],
    constant_term: Callable[[Fraction], Text],
) -> str:
    """Return a tactic that proves ``left < right`` for all real numbers ``n >= start``, where start >= 1.

    `variable`: the symbol as text of Coq. Raises NoExpansion if there is no expansion in s, or no derivative that is
    positive at 0.
    """
    if start < 1:
        raise NoExpansion("the integers start at 0")
    s = sympy.Symbol("s" if variable.text != "s" else "t")
    shared = _Shared(s, print_term, constant_term)
    near = {symbol: _Near(variable, -2, sympy.Integer(1), shared)}
    sides = [formula(side).evaluate(near, shared) for side in (left, right)]
    difference = sides[1] - sides[0]
    reach = Fraction(1) if start == 1 else Fraction(isqrt(10**6 // start) + 1, 1000)
    n, name = variable.text, s.name
    steps = [
        f"assert (N : 0 < {n}) by lra",
        f"assert (S : 0 < / sqrt {n} <= {_rational(reach)}) by (split; [apply Rinv_0_lt_compat, sqrt_lt_R0; exact N | "
        f"{INTERVAL}])",
        f"pose proof (inverse_root {n} N) as E; revert S E; generalize (/ sqrt {n}); intros {name} S E",
    ]
    for index, (statement, proof) in enumerate(shared.equations):
        steps.append(f"assert (Q{index + 1} : {statement}) by ({proof.format(shared.identity(index))})")
    product = f"({shared.power(difference.power)}) * ({shared.show(difference.factor)})"
    steps += [
        f"match goal with |- ?sign 0 ?d => replace d with ({product}) "
        f"by ({shared.identity(len(shared.equations))}) end",
        "try apply Rlt_le",
        "apply Rmult_lt_0_compat; [power_positive | "
        f"clear -S; revert {name} S; {_positive(shared, difference.factor, reach)}]",
    ]
    return "; ".join(steps)


def _rational(value: Fraction) -> str:
    return f"{value.numerator} / {value.denominator}" if value.denominator > 1 else f"{value.numerator}"


def _positive(shared: _Shared, factor: sympy.Expr, reach: Fraction) -> str:
    """Return a tactic that proves ``0 < factor`` for all ``0 < s <= reach``."""
    s = shared.s
    chain = [factor]
    while chain[-1].subs(s, 0) == 0:
        if len(chain) > MAX_ORDER or chain[-1] == 0:
            raise NoExpansion(f"the first {len(chain)} derivatives are 0 at infinity")
        chain.append(sympy.diff(chain[-1], s))
    near = _reach_of_positivity(chain[-1], s, reach)
    bisect = f"interval with (i_prec 60, i_bisect {s.name}, i_depth 14)"
    tactic = f"intros {s.name} S; first [{INTERVAL} | {bisect}]"
    for before, after in reversed(list(pairwise(chain))):
        functions = " ".join(f"(fun {s.name} => {shared.show(part)})" for part in (before, after))
        derivative = "intros x X; auto_derive; [nonzero | equal_derivatives]"
        tactic = f"apply (positive_by_derivative {functions} ({_rational(near)})); [{derivative} | at_zero | {tactic}]"
    if near == reach:
        return tactic
    claim = f"forall {s.name}, 0 < {s.name} <= {_rational(near)} -> 0 < {shared.show(factor)}"
    return (
        f"assert (near : {claim}) by ({tactic}); intros {s.name} S; "
        f"destruct (Rle_lt_dec {s.name} ({_rational(near)})) as [low | high]; "
        f"[apply near; lra | clear near; {bisect}]"
    )


def _reach_of_positivity(expression: sympy.Expr, s: sympy.Symbol, reach: Fraction) -> Fraction:
    """Return ``reach / 2**k`` such that `expression`, which is not 0 at 0, is positive up to there."""
    for _ in range(HALVINGS):
        with suppress(DomainError):  # at s = 1, say
            if decide(less(0, expression), Box({s: (0, reach)}), max_cells=200).outcome == "holds":
                return reach
        reach /= 2
    raise NoExpansion("the first derivative that is not 0 at infinity is not known to be positive near it")
