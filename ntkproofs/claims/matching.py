"""Which claims the text of ``-k`` selects: a text, or texts joined by ``and``, ``or``, ``not`` and parentheses.

A text matches a claim whose name or statement contains it, upper and lower case alike; the text ``slow`` also matches
the claims that are marked slow. Without an operator the whole is one text. Words that follow each other are one text,
and so is everything between quotes: ``'gap is' and not nngp``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from ntkproofs.claims.claim import Claim, ListedClaim
from ntkproofs.errors import InputError

__all__ = ["SLOW", "Matching"]

SLOW = "slow"  # the text that selects the claims that are marked so
MAX_LENGTH = 1000  # characters
MAX_DEPTH = 50  # of parentheses and of not
_TOKEN = re.compile(r"""\s*(?:'([^']*)'|"([^"]*)"|([()])|([^\s()'"]+))""")
_OPERATORS = frozenset({"and", "or", "not"})

AnyClaim: TypeAlias = Claim | ListedClaim
Test: TypeAlias = Callable[[AnyClaim], bool]


@dataclass(frozen=True)
class Matching:
    """What selects claims: a test, and whether the slow claims are asked for, by the text ``slow`` without ``not``.

    >>> both = Matching.of("balance and not (nngp or 'all n')")
    >>> [both.selects(Claim(name, "for all x", "here", lambda: None)) for name in ("balance[ntk]", "balance[nngp]")]
    [True, False]
    >>> Matching.of("slow and bb5").asks_for_slow, Matching.of("not slow").asks_for_slow
    (True, False)
    """

    text: str
    selects: Test
    asks_for_slow: bool

    @classmethod
    def of(cls, text: str) -> Matching:
        """Return the matching of the text of ``-k``; raises InputError if it cannot be read."""
        if len(text) > MAX_LENGTH:
            raise InputError(f"-k takes at most {MAX_LENGTH:,} characters, got {len(text):,}")
        plain = re.search(r"""(?<!\S)\(*(?:and|or|not)\)*(?!\S)|['"]""", text) is None
        return cls(text, _contains(text), text.casefold() == SLOW) if plain else _Parser(text).matching()


def _contains(text: str) -> Test:
    searched = text.casefold()

    def test(claim: AnyClaim) -> bool:
        return (
            searched in claim.name.casefold()
            or searched in claim.statement.casefold()
            or (searched == SLOW and claim.slow)
        )

    return test


class _Parser:
    """Recursive descent over the tokens of an expression."""

    def __init__(self, text: str) -> None:
        self.text, self.tokens, self.slow = text, _tokens(text), False
        self.depth = 0

    def matching(self) -> Matching:
        test = self._either(positive=True)
        if self.tokens:
            raise self._refused(f"{self.tokens[0][0]!r} is not expected")
        return Matching(self.text, test, self.slow)

    def _refused(self, reason: str) -> InputError:
        return InputError(f"-k {self.text!r}: {reason}; texts are joined by and, or, not and parentheses")

    def _takes(self, token: str) -> bool:
        if self.tokens and self.tokens[0] == (token, False):
            self.tokens.pop(0)
            return True
        return False

    def _either(self, *, positive: bool) -> Test:
        tests = [self._all(positive=positive)]
        while self._takes("or"):
            tests.append(self._all(positive=positive))
        return tests[0] if len(tests) == 1 else lambda claim: any(test(claim) for test in tests)

    def _all(self, *, positive: bool) -> Test:
        tests = [self._one(positive=positive)]
        while self._takes("and"):
            tests.append(self._one(positive=positive))
        return tests[0] if len(tests) == 1 else lambda claim: all(test(claim) for test in tests)

    def _one(self, *, positive: bool) -> Test:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self._refused("it is nested too deeply")
        try:
            if self._takes("not"):
                test = self._one(positive=not positive)
                return lambda claim: not test(claim)
            if self._takes("("):
                inner = self._either(positive=positive)
                if not self._takes(")"):
                    raise self._refused("a parenthesis is not closed")
                return inner
            return self._phrase(positive=positive)
        finally:
            self.depth -= 1

    def _phrase(self, *, positive: bool) -> Test:
        words = []
        while self.tokens and (self.tokens[0][1] or self.tokens[0][0] not in _OPERATORS | {"(", ")"}):
            words.append(self.tokens.pop(0)[0])
        text = " ".join(words)
        if not text:
            found = repr(self.tokens[0][0]) if self.tokens else "the end"
            raise self._refused(f"a text is expected before {found}")
        self.slow |= positive and text.casefold() == SLOW
        return _contains(text)


def _tokens(text: str) -> list[tuple[str, bool]]:
    """Return the tokens of an expression, each with whether it was quoted."""
    tokens, position, end = [], 0, len(text.rstrip())
    while position < end:
        found = _TOKEN.match(text, position)
        if found is None:
            raise InputError(f"-k {text!r}: a quote is not closed")
        quoted = found[1] if found[1] is not None else found[2]
        tokens.append((found[3] or found[4], False) if quoted is None else (quoted, True))
        position = found.end()
    return tokens
