"""The exceptions of this package, one family: each message names the value, the rule and what would be valid.

Everything raised on purpose derives from :class:`NtkProofsError`; :class:`EnginesDisagree` does not, since it reports
a bug of the package and not an error of the caller.
"""

from __future__ import annotations

__all__ = [
    "NtkProofsError",
    "InputError",
    "NotInGrammar",
    "Undecided",
    "DomainError",
    "NotExact",
    "OrderTooLow",
    "NoMargin",
    "ProofRefused",
    "EnginesDisagree",
]


class NtkProofsError(Exception):
    """Base class of every exception that this package raises on purpose."""


class InputError(NtkProofsError, ValueError):
    """Invalid argument or invalid input; nothing was changed."""


class NotInGrammar(InputError):
    """An expression contains something that the grammar of formulas does not; a claim that raises it is undecided."""


class Undecided(NtkProofsError, ArithmeticError):
    """An enclosure is too wide to decide a question; a higher precision or smaller boxes may help."""


class DomainError(NtkProofsError, ArithmeticError):
    """A function is undefined on the whole interval of its argument, so the statement itself is invalid there."""


class NotExact(NtkProofsError, ArithmeticError):
    """A value is not known to lie in the field in which exact arithmetic is done, Q(pi)."""


class OrderTooLow(Undecided):
    """All computed coefficients of an expansion are zero; an expansion of higher order may help."""


class NoMargin(NtkProofsError):
    """The margin of some output bit is not positive: no ensemble size makes the rounding of that bit reliable."""


class ProofRefused(NtkProofsError):
    """Coq rejects a proof, or a theory contains a forbidden construct or assumes an axiom that is not allowed."""


class EnginesDisagree(Exception):
    """Two engines return contradictory results, so at least one of them has a bug."""
