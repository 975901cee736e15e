"""One family of errors: every message names the value, the rule, and the way out."""

from __future__ import annotations

__all__ = [
    "NtkProofsError",
    "InputError",
    "Undecided",
    "DomainError",
    "NotExact",
    "NoMargin",
    "ProofRefused",
    "EnginesDisagree",
]


class NtkProofsError(Exception):
    """Base of every error that this package raises on purpose."""


class InputError(NtkProofsError, ValueError):
    """The caller passed something that cannot be meant; nothing was changed."""


class Undecided(NtkProofsError, ArithmeticError):
    """An enclosure is too wide to answer; more precision or smaller boxes may help."""


class DomainError(NtkProofsError, ArithmeticError):
    """A function is undefined at every point of the given ball: the statement itself is wrong there."""


class NotExact(NtkProofsError, ArithmeticError):
    """A value lies outside the field in which exact arithmetic is done."""


class NoMargin(NtkProofsError):
    """A threshold leaves some output bit no margin: no ensemble, however large, rounds that bit reliably."""


class ProofRefused(NtkProofsError):
    """A proof that Coq does not accept, or a theory that holds or assumes what it may not."""


class EnginesDisagree(Exception):
    """Two engines contradict each other: one of them has a bug. No NtkProofsError, since nobody's input is at fault."""
