"""The checker: decides from a certificate's claim alone whether the claim holds. Trust this file and Python's integers.

    python -I -S ntkproofs/checker.py FILE

Exit code 0 accepted, 1 rejected, 2 declined (beyond a limit stated below, or too close to tell), 3 usage or unreadable,
70 an error in this file; one line says why. No floats: every real number is an :class:`Interval` of integers over
``2**FRACTION_BITS``, rounded outward. Only `claim` says what is concluded; `evidence` is a hint whose every part is
checked. What is checked of a program are its templates, named by a digest: its name is the issuer's and shown quoted.

Signature
---------
::

    check(bytes) -> Verified                     the whole: raises Rejected or Declined, with the reason
    spend(operations, what)                      one budget of work for the whole check
    read(bytes) -> certificate                   JSON without floats, duplicate keys, deep nesting, huge numbers
    Interval  + - * /  power sqrt atan exp log pi    enclosures; each function's docstring counts its error
    contradictory(templates, group)              no state matches two templates of the group
    at_most_groups(program, groups) -> G         every state whatever is matched by n <= G templates
    visited(program, starts, steps) -> counts    the (n, p, t) of all states that the runs visit, by execution
    Predictor(kernel, K).mean(n, p, t), .deviation(n)        what a trained network answers (formulas in its docstring)
    gap(mean, threshold, n, p, t)                how far a mean lies on the right side of the threshold
    margin(predictor, threshold, counts)         least |mean - threshold| / deviation, all on the right side
    tail(x) -> log U                             log of an upper bound of the Gaussian tail
    enough(networks, z, cases, failure)          the union bound over all cases is at most the failure probability
    moved_means(...), entries_off(...)           at this width the means of linearised networks are on their sides
    leaves(domain, tree) -> (part, leaf)         parts of a domain that cover it
    Number  Series  + - * /  power sqrt atan ... enclosures with exact zeros; of functions near an end of their domain
    bounds_on(right - left, part, leaf)          enclosures of something of the same sign: an inequality holds on a part

Symbols: K samples (templates and padding); at one state n templates match; t templates write a given bit, p of them
match; the program's next bit is 1 iff p >= 1. A network's output is rounded to 1 iff it lies above the threshold.
"""

from __future__ import annotations

import hashlib
import json
import operator
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import factorial, isqrt
from typing import Any, NoReturn, TypeAlias, TypeVar

FORMAT = 1
SCALAR = "one scalar network for each output bit"  # what a claim with a width says of its networks
FALSE = "the inequality is false"  # and not only: does not follow
EXECUTION = "the execution of the program"  # what spends, in a message
ACCEPTED, REJECTED, DECLINED, UNREADABLE, BROKEN = 0, 1, 2, 3, 70

FRACTION_BITS, GUARD_BITS = 256, 64  # of every interval's ends; further ones inside the functions
CONVERGENT = 41  # order of the continued fraction that bounds the Gaussian tail; odd

MAX_BYTES, MAX_DEPTH, MAX_DIGITS, MAX_TEXT = 1 << 23, 100, 4000, 200  # of a file; brackets; of a number; of a name
MAX_BITS, MAX_TEMPLATES, MAX_ENTRIES = 1 << 17, 1 << 16, 1 << 20  # of a state; requirements and written bits together
MAX_COUNTS, MAX_SIZE = 1 << 18, 1 << 17  # different (n, p, t); bits of an interval's end
MAX_FREE, MAX_WORK = 20, 1 << 34  # input bits of an execution; word operations of a whole check (see spend)
MAX_EXPONENT, MAX_ARGUMENT = 1 << 10, 1 << 12  # of the grammar's power; of exp
MAX_TERMS, MAX_EXACT = 12, 1 << 12  # of a series; bits of an exact constant
MAX_MEMORY = 1 << 33  # bits of planes or a look-up table

Count: TypeAlias = tuple[int, int, int]  # (n, p, t)
Template: TypeAlias = tuple[tuple[tuple[int, int], ...], tuple[int, ...]]  # ((position, value), ...), (position, ...)
Side: TypeAlias = tuple[Fraction, Fraction | None, bool]  # low, high (None: no end), integers only
Box: TypeAlias = dict[str, Side]
Polynomial: TypeAlias = dict[int, Fraction]  # the sum of all q pi^k, by k; no q is 0
Exact: TypeAlias = tuple[Polynomial, Polynomial]  # a quotient
Step: TypeAlias = tuple[Any, ...]  # of an expression: (operation, number of an earlier step, ...)
Term = TypeVar("Term", "Number", "Series")


class Rejected(Exception):
    """The certificate is malformed, or what it claims does not follow."""


class Declined(Exception):
    """The certificate is beyond a limit of this checker, or a comparison too close to be told at its precision."""


# --------------------------------------------------------------------------------------------------------------- work
CALL = 150  # word operations that one operation of Python costs, however short its numbers are
_left = [MAX_WORK]  # of the check under way


def spend(operations: int, what: str) -> None:
    """Take operations on 64-bit words from the one budget of the whole check; declined, naming `what`, at its end.

    Everything whose number or size a file decides spends: executed steps, groups, interval operations and through them
    the leaves of an inequality. About a nanosecond each, so that a check ends within a minute.
    """
    _left[0] -= operations
    if _left[0] < 0:
        raise Declined(f"{what}: more work than {MAX_WORK} word operations")


def _words(number: int) -> int:
    return (number.bit_length() >> 6) + 1


# ---------------------------------------------------------------------------------------------------------- intervals
ONE, WIDE = 1 << FRACTION_BITS, FRACTION_BITS + GUARD_BITS
FUNCTION = 1 << 17  # word operations of the series of a function: some 100 products and quotients of WIDE bits


class Interval:
    """All real numbers from ``low / 2**FRACTION_BITS`` to ``high / 2**FRACTION_BITS``; a *unit* is the last bit.

    Every operation returns an interval that contains the result for every choice of arguments in the given ones, and
    spends work: a sum in proportion to the words of its ends, products, quotients and roots to the square of them.
    """

    __slots__ = ("high", "low")

    def __init__(self, low: int, high: int) -> None:
        if low > high:
            raise Rejected("an interval with its ends in the wrong order")
        if low.bit_length() > MAX_SIZE or high.bit_length() > MAX_SIZE:
            raise Declined(f"a number of more than {MAX_SIZE} bits")
        spend(8 * CALL + _words(low) + _words(high), "interval arithmetic")
        self.low, self.high = low, high

    @property
    def size(self) -> int:
        """The words of the longer end."""
        return max(_words(self.low), _words(self.high))

    @classmethod
    def of(cls, value: int | Fraction) -> Interval:
        """Enclose a rational: exact if its denominator divides ``2**FRACTION_BITS``, else one unit wide."""
        top, bottom = value.numerator << FRACTION_BITS, value.denominator
        return cls(top // bottom, -(-top // bottom))

    def __add__(self, other: Interval) -> Interval:
        """Exact."""
        return Interval(self.low + other.low, self.high + other.high)

    def __neg__(self) -> Interval:
        """Exact."""
        return Interval(-self.high, -self.low)

    def __sub__(self, other: Interval) -> Interval:
        """Exact."""
        return Interval(self.low - other.high, self.high - other.low)

    def __mul__(self, other: Interval) -> Interval:
        """Each end off by less than 1 unit: a product is extreme at two ends; a shift rounds down."""
        spend(16 * self.size * other.size, "products of intervals")
        products = (self.low * other.low, self.low * other.high, self.high * other.low, self.high * other.high)
        return Interval(min(products) >> FRACTION_BITS, -(-max(products) >> FRACTION_BITS))

    def __truediv__(self, other: Interval) -> Interval:
        """Each end off by less than 1 unit; refused if the divisor may be 0. A quotient is extreme at two ends."""
        if other.low <= 0 <= other.high:
            raise Rejected("a division by an interval that contains 0")
        spend(16 * (self.size + _words(ONE)) * other.size, "quotients of intervals")
        ends = [(top << FRACTION_BITS, bottom) for top in (self.low, self.high) for bottom in (other.low, other.high)]
        return Interval(min(top // bottom for top, bottom in ends), max(-(-top // bottom) for top, bottom in ends))

    def times(self, number: int) -> Interval:
        """Multiply by an integer: exact."""
        low, high = self.low * number, self.high * number
        return Interval(min(low, high), max(low, high))

    def power(self, exponent: int) -> Interval:
        """Raise to an integer power: products, each rounded outward; even powers are not negative."""
        if abs(exponent) > MAX_EXPONENT:
            raise Declined(f"an exponent beyond {MAX_EXPONENT}")
        if exponent < 0:
            return Interval.of(1) / self.power(-exponent)
        base = self
        if exponent % 2 == 0:  # of |x|, which is least at 0 if that is inside
            ends = (abs(self.low), abs(self.high))
            base = Interval(0 if self.low <= 0 <= self.high else min(ends), max(ends))
        result = Interval.of(1)
        for digit in bin(exponent)[2:]:
            result = result * result
            if digit == "1":
                result = result * base
        return result

    def sqrt(self) -> Interval:
        """Each end off by less than 1 unit (``isqrt(a) <= root of a < isqrt(a) + 1``); increasing; refused below 0."""
        if self.low < 0:
            raise Rejected("a square root of an interval that reaches below 0")
        spend(16 * (self.size + _words(ONE)) ** 2, "roots of intervals")
        low, top = isqrt(self.low << FRACTION_BITS), self.high << FRACTION_BITS
        high = isqrt(top)
        return Interval(low, high if high * high == top else high + 1)

    def atan(self) -> Interval:
        """Each end off by less than 2 units (see :func:`_atan`); increasing."""
        spend(FUNCTION + 64 * self.size**2, "arctangents of intervals")
        return Interval(_atan(self.low).low, _atan(self.high).high)

    def log(self) -> Interval:
        """Each end off by less than 2 units (see :func:`_log`); refused at 0 and below; increasing."""
        if self.low <= 0:
            raise Rejected("a logarithm of an interval that reaches to 0")
        spend(FUNCTION, "logarithms of intervals")
        return Interval(_log(self.low).low, _log(self.high).high)

    def exp(self) -> Interval:
        """Each end off by less than 2 units and ``2**-256`` of it (see :func:`_exp`); increasing."""
        spend(2 * FUNCTION, "exponentials of intervals")
        return Interval(_exp(self.low).low, _exp(self.high).high)


def _narrowed(value: int, error: int) -> Interval:
    """Enclose a number within `error` of `value` (both over ``2**WIDE``) by units: less than 2 away from it each side.

    The ends are rounded by less than 1 unit each, and `error` is at most ``2**GUARD_BITS``, which is 1 unit.
    """
    return Interval((value - error) >> GUARD_BITS, -((-value - error) >> GUARD_BITS))


@lru_cache(maxsize=4096)
def _atan(end: int) -> Interval:
    """Enclose the arctangent of ``end / 2**FRACTION_BITS``, in error by at most ``2**20`` of the last of WIDE bits.

    *Halve* 8 times: ``tan(a/2) = x / (1 + sqrt(1 + x^2))``, x = tan a. The root comes out less than 1 too small, which
    makes the quotient at most 1 too large, and the division rounds down by less than 1; an error in x is halved (the
    derivative is at most 1/2). So errors stay below ``1 + 1/2 + 1/4 + ... = 2``. *Series* ``y - y^3/3 + y^5/5 - ...``,
    ``y <= tan(pi/512) < 2**-7``: the computed powers are less than 2 too small, each quotient less than 3; there are
    fewer than 40 terms (each is less than ``2**-14`` of the last, WIDE is 320), and what is left out is smaller than
    the next term, less than 3. In all less than ``2 + 3 * 40 + 3 < 2**7``; undoing the halving makes it ``2**15``.
    """
    if end < 0:
        return -_atan(-end)
    one = 1 << WIDE
    x = end << GUARD_BITS
    for _ in range(8):
        x = (x << WIDE) // (one + isqrt((one << WIDE) + x * x))
    square, power, total, divisor = x * x >> WIDE, x, 0, 1
    while power:
        total += power // divisor if divisor % 4 == 1 else -(power // divisor)
        power, divisor = power * square >> WIDE, divisor + 2
    return _narrowed(total << 8, 1 << 20)


@lru_cache(maxsize=4096)
def pi() -> Interval:
    """Enclose pi as ``4 atan 1``: each end off by less than 8 units."""
    return _atan(ONE).times(4)


@lru_cache(maxsize=4096)
def _log_mantissa(mantissa: int) -> int:
    """Return, over ``2**WIDE``, the logarithm of ``1 <= mantissa / 2**WIDE <= 2``, in error by at most ``2**16``.

    *Root* 6 times: each root is less than 1 too small, earlier errors are halved (derivative at most 1/2): less than 2
    in all. *Series* ``log m = 2 (z + z^3/3 + z^5/5 + ...)``, ``z = (m - 1)/(m + 1) <= 2**-7``: z inherits less than 1
    (derivative ``2/(m+1)^2 <= 1/2``) and is rounded by less than 1; powers are less than 2 too small, quotients less
    than 3, fewer than 40 terms, the rest is less than twice the next term, 6. In all less than ``2 + 120 + 6 < 2**8``;
    doubled, and the six roots undone, ``2**15``.
    """
    one = 1 << WIDE
    for _ in range(6):
        mantissa = isqrt(mantissa << WIDE)
    z = ((mantissa - one) << WIDE) // (mantissa + one)
    square, power, total, divisor = z * z >> WIDE, z, 0, 1
    while power:
        total += power // divisor
        power, divisor = power * square >> WIDE, divisor + 2
    return total << 7


@lru_cache(maxsize=4096)
def _log(end: int) -> Interval:
    """Enclose the logarithm of ``end / 2**FRACTION_BITS > 0``, in error by at most ``2**40`` of the last of WIDE bits.

    ``log(m 2^e) = log m + e log 2`` with ``1 <= m < 2``: m is exact or less than 1 too small, which the logarithm does
    not enlarge; then ``2**16`` of error for each of ``1 + |e|`` logarithms, and ``|e| < 2**18`` (see MAX_SIZE).
    """
    exponent = end.bit_length() - 1 - FRACTION_BITS
    shift = WIDE - (end.bit_length() - 1)
    mantissa = end << shift if shift >= 0 else end >> -shift
    value = _log_mantissa(mantissa) + exponent * _log_mantissa(2 << WIDE)
    return _narrowed(value, 1 << 40)


@lru_cache(maxsize=4096)
def _exp(end: int) -> Interval:
    """Enclose the exponential of ``end / 2**FRACTION_BITS``; declined beyond MAX_ARGUMENT, 0 to 1 unit far below 0.

    For x >= 0: divide by ``2**20`` (so ``r <= 2**-8``), sum ``1 + r + r^2/2 + ...``, square 20 times. r is less than 1
    too small, each term less than 2, there are fewer than 40, the rest is less than twice the last: the sum is too
    small by less than 128. From there both ends are squared, rounded outward: a relative error ``2**(7 - WIDE)`` that
    at most doubles (and gains ``2**-WIDE``) each time, ``2**(28 - WIDE)`` in the end. For x < 0: ``1 / exp(-x)``.
    """
    if end < 0:
        return Interval(0, 1) if -end > ONE * MAX_ARGUMENT else Interval.of(1) / _exp(-end)
    if end > ONE * MAX_ARGUMENT:
        raise Declined(f"an exponential of more than {MAX_ARGUMENT}")
    r = (end << GUARD_BITS) >> 20
    term = total = 1 << WIDE
    divisor = 1
    while term:
        term = (term * r >> WIDE) // divisor
        total, divisor = total + term, divisor + 1
    low, high = total, total + 128
    for _ in range(20):
        low, high = low * low >> WIDE, -(-high * high >> WIDE)
    return Interval(low >> GUARD_BITS, -(-high >> GUARD_BITS))


# ------------------------------------------------------------------------------------------------------------ reading
def canonical(value: Any) -> bytes:
    """Return the bytes of a JSON value whose SHA-256 identifies it: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def read(data: bytes) -> dict[str, Any]:
    """Parse a certificate's bytes and check its outer form and digest; the values inside are still unchecked."""
    if len(data) > MAX_BYTES:
        raise Declined(f"a file of {len(data)} bytes, at most {MAX_BYTES} are read")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Rejected("the file is not UTF-8") from None
    _shallow(text)
    try:
        value = json.loads(
            text, parse_int=_short_integer, parse_float=_no_float, parse_constant=_no_float, object_pairs_hook=_unique
        )
    except ValueError as problem:
        raise Rejected(f"the file is not JSON: {problem}") from None
    certificate = _keys(value, ("claim", "claim_sha256", "evidence", "format", "producer"), "the certificate")
    _integer(certificate["format"], FORMAT, FORMAT, "format")
    if not _text(certificate["producer"], "producer").isascii():  # and it is never shown
        raise Rejected("producer is not ASCII")
    digest = hashlib.sha256(canonical(certificate["claim"])).hexdigest()
    if certificate["claim_sha256"] != digest:
        raise Rejected("claim_sha256 is not the SHA-256 of the claim")
    return certificate


def _shallow(text: str) -> None:
    """Refuse brackets nested deeper than MAX_DEPTH, before anything recursive sees them."""
    depth, quoted = 0, False
    for token in re.finditer(r'\\.|["\[\]{}]', text, re.DOTALL):
        sign = token.group()
        if sign == '"':
            quoted = not quoted
        elif quoted or sign[0] == "\\":
            continue
        elif sign in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise Declined(f"brackets nested deeper than {MAX_DEPTH}")
        else:
            depth -= 1


def _short_integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise Declined(f"a number of {len(digits)} digits, at most {MAX_DIGITS} are read")
    return int(digits)


def _no_float(text: str) -> NoReturn:
    raise Rejected(f"{text[:20]} is a float: numbers are integers, or strings such as 1/3")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        twice = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        raise Rejected(f"the key {_shown(twice)} occurs twice in one object")
    return result


def _shown(value: object) -> str:
    """Return a value as short ASCII text."""
    text = str(value) if type(value) is Fraction else ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _keys(value: Any, names: Sequence[str], where: str) -> dict[str, Any]:
    if type(value) is not dict:
        raise Rejected(f"{where} is not an object")
    for name in names:
        if name not in value:
            raise Rejected(f"{where} lacks the key {name}")
    for key in value:
        if key not in names:
            raise Rejected(f"{where} has the unknown key {_shown(key)}")
    return value


def _list(value: Any, where: str, length: int | None = None) -> list[Any]:
    if type(value) is not list or (length is not None and len(value) != length):
        raise Rejected(f"{where} is not a list" + ("" if length is None else f" of {length}"))
    return value


def _integer(value: Any, low: int, high: int | None, where: str) -> int:
    if type(value) is not int:
        raise Rejected(f"{where} is not an integer: {_shown(value)}")
    if value < low or (high is not None and value > high):
        raise Rejected(f"{where} is out of range")
    return value


def _text(value: Any, where: str) -> str:
    if type(value) is not str or not value or not value.isprintable():
        raise Rejected(f"{where} is not a text")
    if len(value) > MAX_TEXT:
        raise Declined(f"{where} is longer than {MAX_TEXT} signs")
    return value


def _program_name(value: Any) -> str:
    """Return an identifier, which cannot pass for a statement."""
    if type(value) is not str or re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}", value, re.ASCII) is None:
        raise Rejected(
            f"the program's name is {_shown(value)}: a name is 1 to 64 letters, digits and _ . - and begins with "
            f"none of the last two"
        )
    return value


def _field_name(value: Any) -> str:
    if type(value) is not str or re.fullmatch(r"[!#-&(-_a-~]{1,200}", value, re.ASCII) is None:
        raise Rejected(
            f"a field's name is {_shown(value)}: a name is 1 to 200 printable ASCII signs without quotes and spaces"
        )
    return value


def _fraction(value: Any, where: str) -> Fraction:
    """Return an integer, or a string such as ``-3/4``, as a fraction."""
    if type(value) is int:
        return Fraction(value)
    if type(value) is not str:
        raise Rejected(f"{where} is not a number")
    if len(value) > MAX_DIGITS:
        raise Declined(f"{where} has {len(value)} digits, at most {MAX_DIGITS} are read")
    if re.fullmatch(r"-?[0-9]+(/[0-9]*[1-9][0-9]*)?", value, re.ASCII) is None:
        raise Rejected(f"{where} is not a number: {_shown(value)}")
    return Fraction(value)


def _choice(value: Any, choices: Sequence[str], where: str) -> str:
    if type(value) is not str or value not in choices:
        raise Rejected(f"{where} is not one of {', '.join(choices)}: {_shown(value)}")
    return value


def _places(value: Any, bits: int, where: str) -> tuple[int, ...]:
    """Return a list of different positions of a state."""
    places = tuple(_integer(place, 0, bits - 1, where) for place in _list(value, where))
    if len(set(places)) < len(places):
        raise Rejected(f"{where} names a position twice")
    return places


# ----------------------------------------------------------------------------------------------------------- programs
@dataclass(frozen=True)
class Program:
    """A template program: `writers[b]` is how many templates write bit b, `samples` K, `digest` of all but the name."""

    name: str
    digest: str
    bits: int
    templates: tuple[Template, ...]
    padding: int
    writers: tuple[int, ...]

    @property
    def samples(self) -> int:
        """K: templates and padding."""
        return len(self.templates) + self.padding

    def __str__(self) -> str:
        return (
            f"the {len(self.templates)} templates with SHA-256 {self.digest} ({self.padding} padding, {self.bits} "
            f"bits; the issuer calls them {self.name!a})"
        )


def program_of(value: Any) -> Program:
    """Read a program; refused: positions that do not exist, requirements of one bit twice, templates that are empty.

    Its digest is the SHA-256 of the canonical JSON of the object without the key `name`.
    """
    given = _keys(value, ("fields", "name", "padding", "templates"), "program")
    name, bits = _program_name(given["name"]), _bits_of(given["fields"])
    templates = _templates(given["templates"], bits)
    padding = _integer(given["padding"], 0, None, "padding")
    writers = Counter(place for _, write in templates for place in write)
    digest = hashlib.sha256(canonical({key: given[key] for key in ("fields", "padding", "templates")})).hexdigest()
    return Program(name, digest, bits, templates, padding, tuple(writers[place] for place in range(bits)))


def _bits_of(value: Any) -> int:
    """Return how many bits the fields have together."""
    fields = [_list(field, "a field", 2) for field in _list(value, "fields")]
    names = [_field_name(field[0]) for field in fields]
    if len(set(names)) < len(names):
        raise Rejected("two fields have the same name")
    return sum(_integer(field[1], 1, None, "a field's width") for field in fields)


def _templates(value: Any, bits: int) -> tuple[Template, ...]:
    if bits > MAX_BITS or len(_list(value, "templates")) > MAX_TEMPLATES:
        raise Declined(f"more than {MAX_BITS} bits or {MAX_TEMPLATES} templates")
    templates = tuple(_template(template, bits) for template in value)
    if not templates:
        raise Rejected("the program has no templates")
    if sum(len(when) + len(write) for when, write in templates) > MAX_ENTRIES:
        raise Declined(f"templates with more than {MAX_ENTRIES} entries")
    return templates


def _template(value: Any, bits: int) -> Template:
    when, write = _list(value, "a template", 2)
    pairs = [_list(pair, "a requirement", 2) for pair in _list(when, "a template's requirements")]
    places = _places([pair[0] for pair in pairs], bits, "a template's requirements")
    values = [_integer(pair[1], 0, 1, "a required value") for pair in pairs]
    written = _places(write, bits, "a template's written bits")
    if not places or not written:
        raise Rejected("a template that requires nothing or writes nothing")
    return tuple(zip(places, values, strict=True)), written


# ------------------------------------------------------------------------------------------------- which counts occur
def contradictory(templates: Sequence[Template], group: Sequence[int]) -> bool:
    """Tell whether every two templates of the group require different values of some bit, so that no state has both.

    Looks up, for each member, who requires the opposite of one of its values: that must be all the others.
    """
    requirements = sum(len(templates[index][0]) for index in group)
    if len(group) * requirements > MAX_MEMORY:
        raise Declined(f"a group of {len(group)} templates with {requirements} requirements, too large to look through")
    spend(2 * requirements * _plane_cost(len(group)), "looking for contradictions within groups")
    requiring: dict[tuple[int, int], int] = {}  # (position, value) -> members, as a set of bits
    for member, index in enumerate(group):
        for requirement in templates[index][0]:
            requiring[requirement] = requiring.get(requirement, 0) | 1 << member
    everyone = (1 << len(group)) - 1
    for member, index in enumerate(group):
        opposed = 0
        for place, value in templates[index][0]:
            opposed |= requiring.get((place, 1 - value), 0)
        if opposed | 1 << member != everyone:
            return False
    return True


def at_most_groups(program: Program, evidence: Any) -> int:
    """Conclude ``n <= G`` at every state whatever from a partition of the templates into G contradictory groups."""
    groups = _list(_keys(evidence, ("groups",), "evidence")["groups"], "groups")
    last = len(program.templates) - 1
    members = [_integer(member, 0, last, "a group's member") for group in groups for member in _list(group, "a group")]
    if sorted(members) != list(range(len(program.templates))):
        raise Rejected("the groups do not hold every template once")
    for number, group in enumerate(groups):
        if not contradictory(program.templates, group):
            raise Rejected(f"two templates of group {number} can match the same state")
    return len(groups)


def arbitrary(program: Program, groups: int) -> frozenset[Count]:
    """Return counts among which are the worst of every state whatever, given that ``n <= groups``.

    For each n and t: p = 0 (where n templates that do not write the bit exist), and the least p >= 1 that can be; the
    mean grows with p (``mean = p F/D + t u``, and F > 0 is checked), so a larger p only takes it further up.
    """
    kinds = sorted(set(program.writers))
    if groups * len(kinds) > MAX_COUNTS:
        raise Declined(f"more than {MAX_COUNTS} different counts")
    counts = set()
    for t in kinds:
        others = len(program.templates) - t  # templates that do not write the bit
        for n in range(1, groups + 1):
            if n <= others:
                counts.add((n, 0, t))
            p = max(1, n - others)
            if p <= min(n, t):
                counts.add((n, p, t))
    return frozenset(counts)


def _plane_cost(lanes: int) -> int:
    """Return the word operations of one operation on planes."""
    return CALL + (lanes >> 6)


def visited(program: Program, free: Sequence[int], ones: Sequence[int], steps: int) -> frozenset[Count]:
    """Return the counts at every state that a run visits, for all assignments of the free bits, by running them all.

    One integer, a *plane*, holds one bit of all ``2**len(free)`` runs (*lanes*). Each step looks at the states before
    it, so `steps` steps look at all states at which the network is asked. Stops early where the states of all runs
    repeat earlier ones, since what follows was then looked at: the last ones, or those kept, which are replaced when
    the number of steps is a power of 2 (Brent), so that every cycle is noticed in the end.
    """
    lanes, found = 1 << len(free), set[Count]()
    if len(free) > MAX_FREE or lanes * _planes(program) > MAX_MEMORY:
        raise Declined(f"an execution on {len(free)} free bits with {_planes(program)} planes")
    state = kept = _initial(program.bits, free, ones)
    for number in range(1, steps + 1):
        after = _look_and_step(program, state, (1 << lanes) - 1, found)
        if after in (state, kept):
            break
        state = after
        if number & (number - 1) == 0:
            kept = state
    return frozenset(found)


def _planes(program: Program) -> int:
    """Return how many planes are held at once, and a few more."""
    return sum(1 + len(write) for _, write in program.templates) + 4 * program.bits


def _initial(bits: int, free: Sequence[int], ones: Sequence[int]) -> list[int]:
    """Return the planes of the initial states: a free bit number i is bit i of the number of the lane."""
    lanes, state = 1 << len(free), [0] * bits
    for place in ones:
        state[place] = (1 << lanes) - 1
    for number, place in enumerate(free):
        run = 1 << number  # zeros, then as many ones, and so on
        plane, width = ((1 << run) - 1) << run, 2 * run
        while width < lanes:
            plane, width = plane | plane << width, 2 * width
        state[place] = plane
    return state


def _look_and_step(program: Program, state: list[int], every: int, found: set[Count]) -> list[int]:
    """Add the counts at the present states to `found`, and return the next states."""
    cost = _plane_cost(every.bit_length())
    matches, writing = _matches(program, state, every)
    bits: dict[tuple[int, int], int] = {}  # (p, t) -> lanes in which some bit has them
    after = []
    for t, planes in zip(program.writers, writing, strict=True):
        plane = 0
        for match in planes:
            plane |= match
        after.append(plane)
        spend(cost * (len(planes) + 2), EXECUTION)
        for p, where in _classes(planes, every):
            bits[p, t] = bits.get((p, t), 0) | where
    for n, where in _classes(matches, every):
        spend(cost * len(bits), EXECUTION)
        found.update((n, p, t) for (p, t), lanes in bits.items() if (n, p, t) not in found and where & lanes)
    return after


def _matches(program: Program, state: list[int], every: int) -> tuple[list[int], list[list[int]]]:
    """Return the lanes in which each template matches (if in any), and for each bit those of its writers."""
    matches: list[int] = []
    writing: list[list[int]] = [[] for _ in state]
    for when, write in program.templates:
        spend(_plane_cost(every.bit_length()) * (1 + 2 * len(when)) + CALL * len(write), EXECUTION)
        match = every
        for place, value in when:
            match &= state[place] if value else every ^ state[place]
        if match:
            matches.append(match)
            for place in write:
                writing[place].append(match)
    return matches, writing


def _classes(planes: Sequence[int], every: int) -> list[tuple[int, int]]:
    """Sort the lanes by how many of the planes have them: ``(number, lanes)``, only numbers that occur."""
    classes, cost = [(0, every)], _plane_cost(every.bit_length())
    digits = _sum(planes)
    spend(3 * cost * len(planes) * len(digits), EXECUTION)
    for weight, digit in reversed(list(enumerate(digits))):
        spend(3 * cost * len(classes), EXECUTION)
        halves = ((number + (b << weight), x & (digit if b else ~digit)) for number, x in classes for b in (0, 1))
        classes = [(number, lanes) for number, lanes in halves if lanes]
    return classes


def _sum(planes: Sequence[int]) -> list[int]:
    """Add planes lane by lane; return the digits of the sums, lowest first."""
    digits: list[int] = []
    for carry in planes:
        for place, digit in enumerate(digits):
            digits[place], carry = digit ^ carry, digit & carry
        if carry:
            digits.append(carry)
    return digits


# ---------------------------------------------------------------------------------------------------------- predictor
class Predictor:
    """Mean and deviation of one output bit of one infinitely wide two-layer ReLU network trained on K basis vectors.

    Kernels, times 2 pi: a sample with itself ``own`` (NTK 2 pi, NNGP pi), with another one 1, a state that n templates
    match with one of them ``matched(n) = sqrt(1 - 1/n) + c (pi/2 + atan(1/sqrt(n-1)))/sqrt(n)`` (NTK c = 2, NNGP 1;
    ``pi - arccos(n^-1/2)`` is ``pi/2 + atan(1/sqrt(n-1))``). With ``D = own - 1``, ``F = matched(n) - 1``::

        u = (D - n F) / (D (D + K))     m = u + F/D      mean = p F/D + t u
        S1 = n m + (K - n) u            S2 = n m^2 + (K - n) u^2
        2 pi K variance = own + (own - 1) S2 + S1^2 - 2 (n m matched(n) + (K - n) u)

    the last line with the NNGP's own and matched. At n = 1 the state is a sample: mean p, variance 0.
    """

    def __init__(self, kernel: str, samples: int) -> None:
        self.angle = {"ntk": 2, "nngp": 1}[kernel]
        self.samples = samples
        self.contrast = pi().times(self.angle) - Interval.of(1)
        self.scale = self.contrast * (self.contrast + Interval.of(samples))
        self._rows: dict[int, tuple[Interval, Interval, Interval]] = {}

    def row(self, n: int) -> tuple[Interval, Interval, Interval]:
        """Return ``F/D``, ``u`` and ``matched(n)`` of the NNGP; checks ``F > 0``, which makes p = 1 worst."""
        if n not in self._rows:
            root = Interval.of(Fraction(n - 1, n)).sqrt()
            angle = pi() / Interval.of(2) + Interval.of(Fraction(1, n - 1)).sqrt().atan()
            angle = angle * Interval.of(Fraction(1, n)).sqrt()
            excess = root + angle.times(self.angle) - Interval.of(1)
            if excess.low <= 0:
                raise Declined(f"F({n}) > 0 is not certain")
            u = (self.contrast - excess.times(n)) / self.scale
            self._rows[n] = (excess / self.contrast, u, root + angle)
        return self._rows[n]

    def mean(self, n: int, p: int, t: int) -> Interval:
        """Enclose the mean at n >= 1 (exact at n = 1)."""
        if n == 1 or t == 0:
            return Interval.of(p)
        gain, u, _ = self.row(n)
        return gain.times(p) + u.times(t)

    def deviation(self, n: int) -> Interval:
        """Enclose the standard deviation at n >= 2, which is positive."""
        gain, u, matched = self.row(n)
        K, own, m = self.samples, pi(), u + gain
        S1 = m.times(n) + u.times(K - n)
        S2 = m.power(2).times(n) + u.power(2).times(K - n)
        cross = (m * matched).times(n) + u.times(K - n)
        total = own + (own - Interval.of(1)) * S2 + S1.power(2) - cross.times(2)
        variance = total / pi().times(2 * K)
        if variance.low <= 0:
            raise Declined(f"a positive variance at n = {n} is not certain")
        return variance.sqrt()


def gap(mean: Interval, threshold: Fraction, n: int, p: int, t: int) -> Interval:
    """Enclose how far a mean lies on its side of the threshold: above it if p >= 1, else below; refused if it does not.

    At n = 1, and where t = 0, the mean is p exactly: whoever rounds means alone, without a variance, need not ask.
    """
    distance = (mean - Interval.of(threshold)) if p else (Interval.of(threshold) - mean)
    where = f"at n = {n}, p = {p}, t = {t}"
    if t == 0 and threshold == 0:
        raise Rejected(f"a bit that no template writes has mean 0 and positive variance: threshold 0 fails {where}")
    if distance.high <= 0:
        raise Rejected(f"the mean of a bit that should be {min(p, 1)} lies beyond the threshold {where}")
    if distance.low <= 0:
        raise Declined(f"on which side of the threshold the mean lies is not certain {where}")
    return distance


def margin(predictor: Predictor, threshold: Fraction, counts: Iterable[Count]) -> Interval | None:
    """Return the least ``|mean - threshold| / deviation`` over counts with n >= 2 (None: all have n = 1).

    Refused unless every mean lies on its side of the threshold. At n = 1 the output is exactly p, without variance.
    """
    least: Interval | None = None
    for n, p, t in counts:
        if n > 1:
            z = gap(predictor.mean(n, p, t), threshold, n, p, t) / predictor.deviation(n)
            least = z if least is None else Interval(min(least.low, z.low), min(least.high, z.high))
    return least


# -------------------------------------------------------------------------------------------------- failure probability
def tail(x: Interval) -> Interval:
    """Return the logarithm of ``U(x) = phi(x) C(x)``, an upper bound of ``Q(x)`` for x > 0 (phi the normal density).

    C is the convergent of order 41 of ``1/(x + 1/(x + 2/(x + 3/...)))``. *Proof* that ``Q/phi <= C``: let
    ``J_k = integral of u^k exp(-x u - u^2/2) du`` over u > 0; these are positive and ``Q/phi = J_0``. Integrating the
    derivative of ``u^k exp(-x u - u^2/2)`` gives ``1 = x J_0 + J_1`` and ``k J_(k-1) = x J_k + J_(k+1)``; so with
    ``r_k = J_k / J_(k-1) > 0``: ``J_0 = 1/(x + r_1)`` and ``r_k = k/(x + r_(k+1))``. Thus J_0 is a function of r_41
    made of 41 decreasing maps, an odd number, hence decreasing: putting 0 for r_41 makes it larger.
    """
    if x.low <= 0:
        raise Declined("a margin that is not certainly positive")
    rest = Interval.of(0)
    for k in range(CONVERGENT - 1, 0, -1):
        rest = Interval.of(k) / (x + rest)
    return -(x + rest).log() - (x * x + pi().times(2).log()) / Interval.of(2)


def enough(networks: int, z: Interval, cases: int, failure: Fraction) -> None:
    """Conclude by a union bound: all cases go right together with probability 1 - failure or more.

    One case (an output bit at a step of an input) goes wrong with probability at most ``Q(sqrt(N) z) <= U(sqrt(N) z)``,
    as averaging N networks divides the deviation by ``sqrt(N)``; ``cases U <= failure`` is compared as logarithms.
    """
    needed = Interval.of(cases / failure).log()
    given = -tail(Interval(z.low, z.low) * Interval.of(networks).sqrt())
    if needed.low > given.high:
        raise Rejected(f"{networks} networks are too few: the union bound exceeds the failure probability")
    if needed.high > given.low:
        raise Declined(f"whether {networks} networks suffice is too close to tell")


# ------------------------------------------------------------------------------------------------------- finite width
def quadrant(x: Interval) -> Interval:
    """Enclose the probability that two standard normal numbers of correlation x are both positive; refused at +-1."""
    angle = (x / (Interval.of(1) - x.power(2)).sqrt()).atan()
    return (Interval.of(1) + angle.times(2) / pi()) / Interval.of(4)


def rate(n: int, error: Interval, tilt: Fraction) -> Interval:
    """Enclose an I: a kernel entry of a network of width w is off by the error with probability at most ``exp(-w I)``.

    Too large if the tilt L is positive, else too small. The entry (times K) of a state and one of its n matching
    samples (n = 0: of two different samples, n = 1: of a sample and itself) is the mean of w copies of ``[g, h > 0] (g
    h + a^2 rho)``; a, g, h are standard normal, g and h of correlation ``rho = n^(-1/2)`` (n = 0: 0). By Chernoff ``I =
    L (E copy +- error) - log M(L)``, where ``E copy = sqrt(1 - rho^2)/(2 pi) + 2 rho q(rho)`` with q the quadrant, and
    ``M(L) = E exp(L copy) = 1 - q(rho) + q(r) sqrt((1 - rho^2)/(1 - r^2)) / sqrt(1 - 2 L rho)``, ``r = rho + L (1 -
    rho^2)``; for rho = 1 they are 1 and ``1/2 + 1/(2 - 4 L)``. Where M is infinite some root or quotient is refused.
    """
    L, one = Interval.of(tilt), Interval.of(1)
    entry, moments = one, one
    if n == 1:
        moments = (one + one / (one - L.times(2)).sqrt().power(2)) / Interval.of(2)
    else:
        square = Interval.of(Fraction(1, n) if n else 0)
        rho, rest = square.sqrt(), one - square
        r = rho + L * rest
        entry = rest.sqrt() / pi().times(2) + (rho * quadrant(rho)).times(2)
        density = rest.sqrt() / (one - r.power(2)).sqrt() / (one - (L * rho).times(2)).sqrt()
        moments = one - quadrant(rho) + density * quadrant(r)
    return L * (entry + (error if tilt > 0 else -error)) - moments.log()


def moved_means(predictor: Predictor, threshold: Fraction, counts: Iterable[Count], error: Interval) -> None:
    """Conclude: if no kernel entry (times K) is off its limit by more than the error, all means are on their sides.

    The Gram matrix ``G`` moves to ``G + E``, a state's row ``g`` to ``g + e``, the weights ``a = G^-1 g`` by ``(G +
    E)^-1 (e - E a)``, and the mean, of t labels 1, by at most ``sqrt(t K) error (1 + |a|_1) / (1 - 1/(2 pi) - K
    error)``: no entry of ``e - E a`` exceeds ``error (1 + |a|_1)``, the divisor is below the least eigenvalue of ``G +
    E``. At n = 1 the state is a sample and the mean its label, and for t = 0 all labels are 0: those means do not move.
    """
    K, one = predictor.samples, Interval.of(1)
    rest = one - one / pi().times(2) - error.times(K)
    if error.low <= 0 or rest.low <= 0:
        raise Rejected("the error of an entry is not above 0, or too large for the Gram matrix")
    for n, p, t in counts:
        if n > 1 and t:
            gain, u, _ = predictor.row(n)
            length = (u + gain).power(2).sqrt().times(n) + u.power(2).sqrt().times(K - n)
            move = Interval.of(t * K).sqrt() * error * (one + length) / rest
            gap(predictor.mean(n, p, t) + (-move if p else move), threshold, n, p, t)


def entries_off(samples: int, states: int, rates: dict[int, tuple[Interval, Interval]]) -> list[tuple[int, Interval]]:
    """Return how many entries one network has, and the rates at which the probability falls that one of them is off.

    `rates`: for a number n of matches (0: two different samples, or a state and a sample that does not match; 1: a
    sample with itself) those of an entry too large and too small. A state that is no sample has at least 2 and at most
    ``max(n)`` matches: of its entries with the samples so many, at the least rate, and ``K - 2`` others.
    """
    K, matching = samples, [n for n in rates if n > 1]
    numbers = {1: K, 0: K * (K - 1) // 2}
    entries = []
    if matching:
        numbers[0] += states * (K - 2)
        least = [min((rates[n][side] for n in matching), key=lambda rate: rate.low) for side in (0, 1)]
        entries = [(states * max(matching), rate) for rate in least]
    return entries + [(number, rate) for n, number in numbers.items() if number for rate in rates[n]]


def wide_enough(width: int, entries: Sequence[tuple[int, Interval]], chance: Fraction) -> None:
    """Conclude by a union bound: no entry of any network is off, but for this chance; so it is for larger widths, too.

    Each of `number` entries is off with probability at most ``exp(-width rate)``. Compared is ``1`` with the sum of
    ``number exp(-width rate) / chance``, each as the exponential of its logarithm.
    """
    total = Interval.of(0)
    for number, rate in entries:
        exponent = Interval.of(number / chance).log() - Interval(rate.low, rate.low).times(width)
        if exponent.low > 0:
            raise Rejected(f"the width {_shown(width)} is too small: the union bound exceeds the failure probability")
        total = total + exponent.exp()
    if total.low > ONE:
        raise Rejected(f"the width {_shown(width)} is too small: the union bound exceeds the failure probability")
    if total.high > ONE:
        raise Declined(f"whether the width {_shown(width)} suffices is too close to tell")


def rates_of(counts: Iterable[Count], error: Fraction, tilts: Any) -> dict[int, tuple[Interval, Interval]]:
    """Return the rates for every number of matches, with two tilts for each from the evidence: above 0 and below."""
    kinds = [0, 1, *sorted({n for n, _, _ in counts if n > 1})]
    rates = {}
    for n, pair in zip(kinds, _list(tilts, "tilts", len(kinds)), strict=True):
        up, down = (_fraction(tilt, "a tilt") for tilt in _list(pair, "a pair of tilts", 2))
        if not down < 0 < up:
            raise Rejected(f"the tilts for n = {n} are not one above 0 and one below")
        rates[n] = rate(n, Interval.of(error), up), rate(n, Interval.of(error), down)
        if min(rates[n][0].low, rates[n][1].low) <= 0:
            raise Rejected(f"a tilt for n = {n} does not bound how likely an entry is to be off by the error")
    return rates


# ------------------------------------------------------------------------------------------------------------- claims
@dataclass(frozen=True)
class Verified:
    """What was verified: the claim in words, the digest of its text, and how many facts were decided for it."""

    claim: str
    digest: str
    facts: int
    details: str


def check(data: bytes) -> Verified:
    """Verify a certificate; raises Rejected or Declined with the reason. The one entry point."""
    _left[0] = MAX_WORK
    try:
        return _verified(read(data))
    finally:
        _left[0] = MAX_WORK


def _verified(certificate: dict[str, Any]) -> Verified:
    for function in (pi, _atan, _exp, _log, _log_mantissa):  # what it costs depends on nothing that went before
        function.cache_clear()
    claim, evidence = certificate["claim"], certificate["evidence"]
    if type(claim) is not dict:
        raise Rejected("the claim is not an object")
    rules = {"ensemble": check_ensemble, "inequality": check_inequality, "rounding": check_rounding}
    kind = _choice(claim.get("kind"), tuple(rules), "the claim's kind")
    words, facts, details = rules[kind](claim, evidence)
    if facts < 1:
        raise Rejected("nothing is claimed: no template matches at any of the states")
    return Verified(words, certificate["claim_sha256"], facts, details)


def _starts(value: Any, bits: int, names: Sequence[str], where: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Read a family of initial states: the free positions and those that are 1; all others are 0."""
    given = _keys(value, names, where)
    free, ones = (_places(given[name], bits, f"{where}: {name}") for name in ("free", "ones"))
    if set(free) & set(ones):
        raise Rejected(f"{where}: a position is both free and 1")
    return free, ones


@dataclass(frozen=True)
class States:
    """The states that a claim speaks of: their counts, in words, what the counts are from; the runs, if executed."""

    counts: frozenset[Count]
    words: str
    source: str
    steps: int | None = None
    starts: tuple[tuple[int, ...], tuple[int, ...]] | None = None


def states_of(program: Program, value: Any, evidence: Any) -> States:
    """Return the counts of the claimed states: arbitrary ones by groups in the evidence, visited ones by execution."""
    if value == "arbitrary":
        groups = at_most_groups(program, evidence)
        return States(arbitrary(program, groups), "every state whatever", f"n <= {groups} by contradictory groups")
    free, ones = _starts(value, program.bits, ("free", "ones", "steps"), "states")
    steps = _integer(value["steps"], 1, None, "states: steps")
    _keys(evidence, (), "evidence")
    counts = visited(program, free, ones, steps)
    words = f"every state visited in {steps} steps from the 2^{len(free)} assignments of the input bits"
    return States(counts, words, f"{steps} steps executed on 2^{len(free)} inputs", steps, (free, ones))


def check_rounding(claim: Any, evidence: Any) -> tuple[str, int, str]:
    """Conclude that at the claimed states every output bit's mean, rounded at 0, is the program's bit."""
    given = _keys(claim, ("kernel", "kind", "program", "states"), "the claim")
    kernel, program = _choice(given["kernel"], ("ntk", "nngp"), "kernel"), program_of(given["program"])
    states, predictor = states_of(program, given["states"], evidence), Predictor(kernel, program.samples)
    counts = [count for count in sorted(states.counts) if count[0]]  # no match: the output is exactly 0, as the bit
    for n, p, t in counts:
        if n > 1 and t:
            gap(predictor.mean(n, p, t), Fraction(0), n, p, t)
    words = (
        f"at {states.words} the mean of every output bit of an infinitely wide two-layer ReLU network "
        f"({kernel.upper()}), trained to convergence on the samples of {program}, is above 0 just where the "
        f"templates' next bit is 1"
    )
    return words, len(counts), f"{len(counts)} counts (n, p, t), from {states.source}"


@dataclass(frozen=True)
class Ensemble:
    """What a claim about an ensemble says, read and within its ranges; `width` is None if it claims none."""

    kernel: str
    program: Program
    networks: int
    steps: int
    failure: Fraction
    threshold: Fraction
    dropped: bool
    width: int | None

    @property
    def bits(self) -> int:
        """The output bits of which something is claimed."""
        return sum(1 for t in self.program.writers if t or not self.dropped)


def ensemble_of(claim: Any) -> Ensemble:
    """Read a claim about an ensemble; the states and inputs that it names are still unread."""
    names = ("drop_unwritten", "failure", "inputs", "kernel", "kind", "networks", "program", "states", "steps")
    if "width" in claim and "outputs" not in claim:
        raise Rejected(
            "a width without the key outputs, a withdrawn wording: a network with several outputs has kernel entries "
            "between them, of which nothing is known here"
        )
    given = _keys(claim, (*names, "threshold") + ("width", "outputs") * ("width" in claim), "the claim")
    kernel, program = _choice(given["kernel"], ("ntk", "nngp"), "kernel"), program_of(given["program"])
    networks, steps = _integer(given["networks"], 1, None, "networks"), _integer(given["steps"], 1, None, "steps")
    failure, threshold = _fraction(given["failure"], "failure"), _fraction(given["threshold"], "threshold")
    if not (0 < failure < 1 and 0 <= threshold < 1):
        raise Rejected("failure is not between 0 and 1, or threshold not at least 0 and below 1")
    if type(given["drop_unwritten"]) is not bool:
        raise Rejected("drop_unwritten is not true or false")
    width = _width(given, kernel) if "width" in given else None
    return Ensemble(kernel, program, networks, steps, failure, threshold, given["drop_unwritten"], width)


def _width(claim: dict[str, Any], kernel: str) -> int:
    """Read a width, of networks with one output each: a network with several has kernel entries between outputs."""
    if claim["outputs"] != SCALAR:
        raise Rejected(f"a width is claimed of networks whose outputs are not {SCALAR!r}: {_shown(claim['outputs'])}")
    if kernel != "ntk":
        raise Rejected("a width is claimed of another kernel than the NTK")
    return _integer(claim["width"], 1, None, "width")


def check_ensemble(claim: Any, evidence: Any) -> tuple[str, int, str]:
    """Conclude that N networks' average, rounded at the threshold, runs the program right with 1 - failure or more."""
    ensemble = ensemble_of(claim)
    program, steps, dropped = ensemble.program, ensemble.steps, ensemble.dropped
    hints, evidence = _width_hints(evidence, ensemble.width)
    states = states_of(program, claim["states"], evidence)
    if states.steps is not None and states.steps != steps:
        raise Rejected(f"the states are those of {states.steps} steps, the claim is about {steps}")
    inputs, inputs_words = _inputs(claim["inputs"], program, states)
    counts = [count for count in sorted(states.counts) if count[0] and (count[2] or not dropped)]
    predictor = Predictor(ensemble.kernel, program.samples)
    z = margin(predictor, ensemble.threshold, counts)
    if z is not None:  # else nothing has a variance
        enough(ensemble.networks, z, inputs * steps * ensemble.bits, ensemble.failure)
    words = (
        f"the average of {ensemble.networks} independent infinitely wide two-layer ReLU networks "
        f"({ensemble.kernel.upper()}), each trained to convergence on the samples of {program}, rounded at the "
        f"threshold {claim['threshold']}, gives the templates' next state"
        f"{' (bits that no template writes taken as 0)' * dropped} at each of {steps} steps {inputs_words}, with "
        f"probability at least 1 - {claim['failure']}"
    )
    if ensemble.width is not None:
        words += _width_conclusion(ensemble, ensemble.width, predictor, counts, inputs * steps, hints)
    details = f"{len(counts)} counts (n, p, t), from {states.source}; union over {ensemble.bits} output bits"
    return words, len(counts), details


def _width_hints(evidence: Any, width: int | None) -> tuple[Any, Any]:
    """Take the hints for a claim with a width out of the evidence."""
    if width is None or type(evidence) is not dict:
        return None, evidence
    rest = {key: value for key, value in evidence.items() if key != "width"}
    return _keys(evidence.get("width"), ("error", "tilts"), "evidence: width"), rest


def _width_conclusion(
    ensemble: Ensemble, width: int, predictor: Predictor, counts: Sequence[Count], states: int, hints: Any
) -> str:
    """Conclude that the means of linearised networks are on their sides, of N scalar networks for each output bit.

    Each is a network with a kernel of its own, so that each has an equal part of the failure probability.
    """
    error, many = _fraction(hints["error"], "the error"), ensemble.networks * ensemble.bits
    moved_means(predictor, ensemble.threshold, counts, Interval.of(error))
    rates = rates_of(counts, error, hints["tilts"])
    wide_enough(width, entries_off(predictor.samples, states, rates), ensemble.failure / many)
    return (
        f"; and if each output bit has {ensemble.networks} scalar networks of its own (one output each, {many} "
        f"networks in all, independent of each other), of width {width} and linearised at their initialisation, then "
        f"with the same probability the mean of each (its kernel regression, without the random function that it "
        f"starts with) lies on the side of the threshold that the templates say for its bit, at every such step"
    )


def _inputs(value: Any, program: Program, states: States) -> tuple[int, str]:
    """Read for how many inputs the claim is: a count, or every assignment of stated free bits."""
    if type(value) is dict:
        starts = _starts(value, program.bits, ("free", "ones"), "inputs")
        if states.starts is not None and starts != states.starts:
            raise Rejected("the inputs are not those whose states are claimed")
        words = f"from all 2^{len(starts[0])} assignments of {len(starts[0])} input bits together"
        return 1 << len(starts[0]), words if starts[0] else "from the one initial state that it states"
    count = _integer(value, 1, None, "inputs")
    free, kind = (program.bits, "states") if states.starts is None else (len(states.starts[0]), "assignments")
    if count > 1 << free:
        raise Rejected(f"inputs: there are only 2^{free}")
    return count, f"from any {count} initial {kind} chosen beforehand"


# ------------------------------------------------------------------------------------------------------- inequalities
def arcsine(x: Interval) -> Interval:
    """Enclose the arcsine: ``atan(x / (root(1 - x) root(1 + x)))``, half of pi at 1; refused beyond 1; increasing."""
    if x.low < -ONE or x.high > ONE:
        raise Rejected("an arcsine of an interval that reaches beyond 1")
    ends, one = [Interval(x.low, x.low), Interval(x.high, x.high)], Interval.of(1)
    below, above = (
        pi().times(end.low // ONE) / Interval.of(2)
        if abs(end.low) == ONE
        else (end / ((one - end).sqrt() * (one + end).sqrt())).atan()
        for end in ends
    )
    return Interval(below.low, above.high)


def sine(x: Interval) -> Interval:
    """Enclose the sine: that of the middle, and no further from it than x reaches (the derivative is at most 1).

    The series ``m - m^3/3! + ...`` is cut off where a term is below a unit; the rest is less than the next term, for
    ``|m| < 64``, since the sine's derivatives are at most 1. Declined beyond.
    """
    middle = (x.low + x.high) >> 1
    if abs(middle) >= ONE << 6:
        raise Declined("a sine of more than 64")
    m, reach = Interval(middle, middle), x.high - middle
    term, total, k = m, m, 1
    while max(-term.low, term.high) > 1:
        term, k = -(term * m * m) / Interval.of((k + 1) * (k + 2)), k + 2
        total = total + term
    return total + Interval(-reach - 2, reach + 2)


UNIT: Polynomial = {0: Fraction(1)}


def _collected(terms: Iterable[tuple[int, Fraction]]) -> Polynomial:
    """Add up terms ``q pi^k``."""
    total: Polynomial = {}
    for k, q in terms:
        total[k] = total.get(k, Fraction(0)) + q
    return {k: q for k, q in total.items() if q}


def _times(a: Polynomial, b: Polynomial) -> Polynomial:
    if UNIT in (a, b):
        return a if b == UNIT else b
    spend(64 * CALL * len(a) * len(b), "exact constants")
    return _collected((j + k, p * q) for j, p in a.items() for k, q in b.items())


def _quotient(top: Polynomial, bottom: Polynomial) -> Exact | None:
    """Return a quotient whose bottom begins with 1, or None if it is long; the bottom is not 0."""
    if not top:
        return {}, UNIT
    if bottom != UNIT:
        k, q = min(bottom.items())
        top, bottom = ({j - k: p / q for j, p in each.items()} for each in (top, bottom))
    size = sum(p.numerator.bit_length() + p.denominator.bit_length() for each in (top, bottom) for p in each.values())
    return None if size > MAX_EXACT else (top, bottom)


class Number:
    """A real number in an interval; `exact`, where it is known: a quotient of sums ``q pi^k`` to which it is equal.

    What is exact only recognises 0, where two sides are equal; every comparison is one of intervals.
    """

    __slots__ = ("exact", "value")

    def __init__(self, value: Interval, exact: Exact | None = None) -> None:
        self.exact = exact
        self.value = Interval(0, 0) if self.is_zero() else value

    @classmethod
    def of(cls, value: int | Fraction) -> Number:
        """Return a rational."""
        return cls(Interval.of(value), _quotient({0: Fraction(value)} if value else {}, UNIT))

    @classmethod
    def pi(cls, factor: Fraction = Fraction(1)) -> Number:
        """Return pi times a rational that is not 0."""
        return cls(pi() * Interval.of(factor), ({1: factor}, UNIT))

    def is_zero(self) -> bool:
        """Tell whether this is known to be exactly 0."""
        return self.exact is not None and not self.exact[0]

    def __add__(self, other: Number) -> Number:
        exact = None
        if self.exact is not None and other.exact is not None:
            (a, b), (c, d) = self.exact, other.exact
            if b != d:
                a, c, b = _times(a, d), _times(c, b), _times(b, d)
            exact = _quotient(_collected([*a.items(), *c.items()]), b)
        return Number(self.value + other.value, exact)

    def __neg__(self) -> Number:
        exact = None if self.exact is None else ({k: -q for k, q in self.exact[0].items()}, self.exact[1])
        return Number(-self.value, exact)

    def __sub__(self, other: Number) -> Number:
        return self + -other

    def __mul__(self, other: Number) -> Number:
        """Multiply; 0 times any number is 0."""
        if self.is_zero() or other.is_zero():
            return ZERO
        exact = None
        if self.exact is not None and other.exact is not None:
            exact = _quotient(*(_times(a, b) for a, b in zip(self.exact, other.exact, strict=True)))
        return Number(self.value * other.value, exact)

    def __truediv__(self, other: Number) -> Number:
        """Divide; 0 divided by a number that is not 0 is 0."""
        value = self.value / other.value  # refused if the divisor may be 0
        if self.is_zero() or self.exact is None or other.exact is None:
            return Number(value, self.exact if self.is_zero() else None)
        (a, b), (c, d) = self.exact, other.exact
        return Number(value, _quotient(_times(a, d), _times(b, c)))

    def power(self, exponent: int) -> Number:
        """Raise to an integer power; even powers are not negative."""
        product = _power(self, exponent, Number.of(1))
        return Number(self.value.power(exponent), product.exact)

    def sqrt(self) -> Number:
        """Return the root; exact for 0 and the square of ``q pi^k``."""
        exact = self.exact if self.is_zero() else None
        if self.exact is not None and len(self.exact[0]) == len(self.exact[1]) == 1:  # so the bottom is 1
            ((k, q),) = self.exact[0].items()
            root = Fraction(isqrt(abs(q.numerator)), isqrt(q.denominator))
            exact = ({k // 2: root}, self.exact[1]) if root * root == q and k % 2 == 0 else None
        return Number(self.value.sqrt(), exact)

    def atan(self) -> Number:
        """Return the arctangent; exact at 0."""
        return Number(self.value.atan(), self.exact if self.is_zero() else None)

    def asin(self) -> Number:
        """Return the arcsine; exact at 0."""
        return Number(arcsine(self.value), self.exact if self.is_zero() else None)

    def exp(self) -> Number:
        """Return the exponential; exact at 0."""
        return Number.of(1) if self.is_zero() else Number(self.value.exp())

    def log(self) -> Number:
        """Return the logarithm; exact at 1."""
        return ZERO if (self - Number.of(1)).is_zero() else Number(self.value.log())

    def sin(self) -> Number:
        """Return the sine; exact at the multiples of half of pi."""
        quarters = self / Number.pi(Fraction(1, 2))
        if quarters.is_zero():
            return ZERO
        if quarters.exact is not None and set(quarters.exact[0]) == set(quarters.exact[1]) == {0}:
            q = quarters.exact[0][0]
            if q.denominator == 1:
                return Number.of((0, 1, 0, -1)[int(q) % 4])
        return Number(sine(self.value))

    def cos(self) -> Number:
        """Return the cosine, ``sin(x + pi/2)``."""
        return (self + Number.pi(Fraction(1, 2))).sin()


ZERO = Number.of(0)


def _power(base: Term, exponent: int, one: Term) -> Term:
    """Raise to an integer power by products, or divide 1 by them."""
    if abs(exponent) > MAX_EXPONENT:
        raise Declined(f"an exponent beyond {MAX_EXPONENT}")
    result = one
    for digit in bin(abs(exponent))[2:]:
        result = result * result
        if digit == "1":
            result = result * base
    return result if exponent >= 0 else one / result


class Series:
    """A function of s in (0, reach]: ``s^valuation (c[0] + c[1] s + ... + c[m-1] s^(m-1) + r(s) s^m)``.

    Each c is a constant, enclosed by a Number; `rest` encloses r(s) for every s. Each operation is an identity that
    holds for every s by itself; terms beyond the first m are enclosed for all of `s` = [0, reach], and go to the rest.
    """

    __slots__ = ("rest", "s", "terms", "valuation")

    def __init__(self, s: Interval, valuation: int, terms: Sequence[Number], rest: Interval, m: int) -> None:
        """Keep the first m terms, at most; the others go into the rest."""
        if abs(valuation) > MAX_EXPONENT:
            raise Declined(f"a power of the variable beyond {MAX_EXPONENT}")
        self.s, self.valuation = s, valuation
        self.terms, self.rest = list(terms[:m]), _horner(terms[m:], rest, s)

    def constant(self, value: Number) -> Series:
        """Return a constant with as many terms as this series."""
        m = len(self.terms)
        return Series(self.s, 0, [value, *[ZERO] * m], Interval.of(0), m)

    def _written(self, valuation: int, terms: Sequence[Number], m: int) -> Series:
        """Return the same function with other terms and another valuation, which belong together."""
        return Series(self.s, valuation, terms, self.rest, m)

    def reduced(self) -> Series:
        """Return the same function with the terms that are exactly 0 at the beginning moved into the valuation."""
        zeros = next((k for k, c in enumerate(self.terms) if not c.is_zero()), len(self.terms))
        return self._written(self.valuation + zeros, self.terms[zeros:], len(self.terms))

    def raised(self, valuation: int) -> Series:
        """Return the same function with a valuation that is not greater, and zeros at the beginning."""
        gap = self.valuation - valuation
        return self._written(valuation, [ZERO] * gap + self.terms, gap + len(self.terms))

    def _alike(self, other: Series) -> tuple[int, Series, Series]:
        """Return the number of terms of the shorter of two series, and both with so many."""
        m = min(len(self.terms), len(other.terms))
        return m, self._written(self.valuation, self.terms, m), other._written(other.valuation, other.terms, m)

    def bounds(self) -> Interval:
        """Enclose this over ``s^valuation``, for every s."""
        return _horner(self.terms, self.rest, self.s)

    def polynomial(self) -> Interval:
        """Enclose its terms without the rest, over ``s^valuation``, for every s."""
        return _horner(self.terms, Interval.of(0), self.s)

    def __add__(self, other: Series) -> Series:
        low = min(self.valuation, other.valuation)
        m, a, b = self.raised(low)._alike(other.raised(low))
        return Series(self.s, low, [x + y for x, y in zip(a.terms, b.terms, strict=True)], a.rest + b.rest, m)

    def __neg__(self) -> Series:
        return Series(self.s, self.valuation, [-c for c in self.terms], -self.rest, len(self.terms))

    def __sub__(self, other: Series) -> Series:
        return self + -other

    def __mul__(self, other: Series) -> Series:
        """``(p + r s^m)(q + t s^m) = p q + (r (q + t s^m) + t p) s^m``."""
        m, a, b = self._alike(other)
        product = Series(self.s, a.valuation + b.valuation, _product(a.terms, b.terms), Interval.of(0), m)
        product.rest = product.rest + a.rest * b.bounds() + b.rest * a.polynomial()
        return product

    def __truediv__(self, other: Series) -> Series:
        """``(p + r s^m)/g = h + (r - e - t h)/g s^m`` with ``g = q + t s^m``, where ``q h = p + e s^m``."""
        m, a, b = self._alike(other.reduced())
        h: list[Number] = []
        for k in range(m):
            h.append((a.terms[k] - _total(h[j] * b.terms[k - j] for j in range(k))) / b.terms[0])
        quotient = Series(self.s, a.valuation - b.valuation, h, Interval.of(0), m)
        e = _horner(_product(h, b.terms)[m:], Interval.of(0), self.s)
        quotient.rest = (a.rest - e - b.rest * quotient.polynomial()) / b.bounds()
        return quotient

    def power(self, exponent: int) -> Series:
        """Raise to an integer power."""
        return _power(self, exponent, self.constant(Number.of(1)))

    def sqrt(self) -> Series:
        """``root f = h + (r - e)/(root f + h) s^m`` with ``f = p + r s^m``, where ``h^2 = p + e s^m``."""
        f = self.reduced()
        if f.valuation % 2:
            raise Rejected("a square root of a series that begins with an odd power")
        h: list[Number] = []
        for k, c in enumerate(f.terms):
            twice = c - _total(h[j] * h[k - j] for j in range(1, k))
            h.append(twice / (h[0] * Number.of(2)) if h else c.sqrt())
        root = Series(self.s, f.valuation // 2, h, Interval.of(0), len(h))
        e = _horner(_product(h, h)[len(h) :], Interval.of(0), self.s)
        root.rest = (f.rest - e) / (f.bounds().sqrt() + root.polynomial())
        return root

    def _limit(self) -> tuple[Number, Series]:
        """Return the limit c at s = 0, and f - c, whose first term is exactly 0."""
        f = self.reduced() if self.valuation < 0 else self
        if f.valuation < 0:
            raise Rejected("a function of a series without a limit")
        f = f.raised(0)
        if not f.terms:
            raise Rejected("a series with too few terms")
        return f.terms[0], f._written(0, [ZERO, *f.terms[1:]], len(f.terms))

    def _substituted(self, coefficients: Sequence[Number], last: Interval) -> Series:
        """Return ``a[0] + a[1] u + ... + a[m-1] u^(m-1) + last u^m``: u is this series of m terms, its first one 0."""
        m = len(coefficients)
        total = self.constant(coefficients[-1])
        for a in reversed(coefficients[:-1]):
            total = total * self + self.constant(a)
        total.rest = total.rest + last * _horner(self.terms[1:], self.rest, self.s).power(m)  # (u / s)^m
        return total

    def exp(self) -> Series:
        """``e^(c + u) = e^c (1 + u + ... + u^(m-1)/(m-1)! + e^v u^m/m!)`` for a v between 0 and u."""
        c, u = self._limit()
        m = len(u.terms)
        last = _with(0, u.bounds()).exp() / Interval.of(factorial(m))
        return u._substituted([Number.of(Fraction(1, factorial(k))) for k in range(m)], last) * u.constant(c.exp())

    def log(self) -> Series:
        """With f = c (1 + u), 1 + v > 0, v between 0 and u: ``log c + u - u^2/2 + ... -+ u^m/(m (1 + v)^m)``."""
        c, difference = self._limit()
        first, u = c.log(), difference / difference.constant(c)
        m, base = len(u.terms), _with(0, u.bounds()) + Interval.of(1)
        if base.low <= 0:
            raise Rejected("a logarithm of a series that may reach to 0")
        coefficients = [Number.of(Fraction(-((-1) ** k), k)) if k else first for k in range(m)]
        return u._substituted(coefficients, Interval.of(-((-1) ** m)) / base.power(m).times(m))

    def atan(self) -> Series:
        """With ``u = (f - c)/(1 + c f)``, where 1 + c f > 0: ``atan c + u - u^3/3 + ... + r u^m``.

        |r| <= 1/m: the derivative 1/(1 + x^2) is the imaginary part of 1/(x - i), so the m-th derivative is (m-1)!
        times that of ``+-(x - i)^-m``. Where f has no limit, but one sign, ``atan f = +-pi/2 - atan(1/f)``.
        """
        f = self.reduced() if self.valuation < 0 else self
        if f.valuation < 0:
            half = Number.pi(Fraction(1 if f.bounds().low > 0 else -1, 2))
            return f.constant(half) - (f.constant(Number.of(1)) / f).atan()  # refused if f may be 0
        c, difference = f._limit()
        below = difference.constant(Number.of(1) + c * c) + difference * difference.constant(c)
        if below.bounds().low <= 0:
            raise Rejected("an arctangent too far from its limit")
        u = difference / below
        m = len(u.terms)
        coefficients = [Number.of(Fraction((-1) ** (k // 2), k) if k % 2 else 0) if k else c.atan() for k in range(m)]
        return u._substituted(coefficients, Interval(-ONE, ONE) / Interval.of(m))

    def asin(self) -> Series:
        """``asin f = atan(f / root(1 - f^2))``; refused where f^2 may be 1."""
        return (self / (self.constant(Number.of(1)) - self * self).sqrt()).atan()

    def sin(self) -> Series:
        """With f = c + u and |r| <= 1: ``sin c + u cos c - u^2/2 sin c - ... + r u^m/m!``."""
        c, u = self._limit()
        m, (sin, cos) = len(u.terms), (c.sin(), c.cos())
        cycle = (sin, cos, -sin, -cos)
        coefficients = [cycle[k % 4] * Number.of(Fraction(1, factorial(k))) for k in range(m)]
        return u._substituted(coefficients, Interval(-ONE, ONE) / Interval.of(factorial(m)))

    def cos(self) -> Series:
        """``cos f = sin(f + pi/2)``."""
        return (self + self.constant(Number.pi(Fraction(1, 2)))).sin()


def _horner(terms: Sequence[Number], rest: Interval, s: Interval) -> Interval:
    """Enclose ``c[0] + c[1] s + ... + c[m-1] s^(m-1) + rest s^m`` for every s."""
    for c in reversed(terms):
        rest = rest * s + c.value
    return rest


def _total(numbers: Iterable[Number]) -> Number:
    total = ZERO
    for number in numbers:
        if not number.is_zero():
            total = number if total is ZERO else total + number
    return total


def _product(a: Sequence[Number], b: Sequence[Number]) -> list[Number]:
    """Return all terms of the product of two polynomials of m terms."""
    m = len(a)
    return [_total(a[j] * b[k - j] for j in range(max(0, k - m + 1), min(k, m - 1) + 1)) for k in range(2 * m - 1)]


def _with(number: int, value: Interval) -> Interval:
    """Return the least interval around an interval and an integer."""
    return Interval(min(value.low, number * ONE), max(value.high, number * ONE))


BINARY = dict(add=operator.add, div=operator.truediv, mul=operator.mul, sub=operator.sub)
UNARY = ("asin", "atan", "cos", "exp", "log", "sin", "sqrt")  # methods of Number and of Series
OPERATIONS: dict[str, Callable[..., Any]] = {
    **BINARY,
    "neg": operator.neg,
    **{name: operator.methodcaller(name) for name in UNARY},
}


def compiled(expression: Any, box: Box, steps: dict[Step, int]) -> int:
    """Read an integer, "a/b" or [operation, argument, ...] into steps, equal ones once; return the number of its step.

    ``acos x`` is read as ``pi/2 - asin x``.
    """
    if type(expression) is not list:
        return steps.setdefault(("rational", _fraction(expression, "a constant")), len(steps))
    if not expression or type(expression[0]) is not str:
        raise Rejected(f"an expression that does not begin with an operation: {_shown(expression)}")
    name, *given = expression
    if name == "acos" and len(given) == 1:
        return compiled(["sub", ["div", ["pi"], 2], ["asin", given[0]]], box, steps)
    if name == "var" and len(given) == 1:
        if _text(given[0], "a variable") not in box:
            raise Rejected(f"the domain does not name the variable {_shown(given[0])}")
        step: Step = ("var", given[0])
    elif name == "pi" and not given:
        step = ("pi",)
    elif name == "pow" and len(given) == 2:
        exponent = _integer(given[1], -(10**MAX_DIGITS), None, "an exponent")
        step = ("pow", compiled(given[0], box, steps), exponent)
    elif name in OPERATIONS and len(given) == 1 + (name in BINARY):
        step = (name, *(compiled(argument, box, steps) for argument in given))
    else:
        raise Rejected(f"unknown operation {_shown(name)} of {len(given)} arguments")
    return steps.setdefault(step, len(steps))


def value_of(steps: Iterable[Step], variables: dict[str, Term], constant: Callable[[Number], Term]) -> Term:
    """Evaluate the steps in their order; return the last value."""
    values: list[Term] = []
    for name, *given in steps:
        if name == "rational":
            values.append(constant(Number.of(given[0])))
        elif name == "pi":
            values.append(constant(Number.pi()))
        elif name == "var":
            values.append(variables[given[0]])
        elif name == "pow":
            values.append(values[given[0]].power(given[1]))
        else:
            values.append(OPERATIONS[name](*(values[place] for place in given)))
    return values[-1]


def leaves(box: Box, tree: Any) -> Iterator[tuple[Box, list[Any]]]:
    """Yield the leaves of a subdivision with their boxes; ``["split", variable, at, below, above]`` parts one in two.

    Real parts share the point `at`; of integers, those from `at` on are above. So the leaves cover the box.
    """
    stack = [(box, tree)]
    while stack:
        here, node = stack.pop()
        if len(_list(node, "a node of the tree")) != 5 or node[0] != "split" or node[1] not in list(here):
            yield here, node
            continue
        _, name, given, below, above = node
        low, high, whole = here[name]
        at = _fraction(given, "the place of a split")
        if at < low or (high is not None and at > high) or (whole and at.denominator > 1):
            raise Rejected(f"a split of {_shown(name)} at {_shown(at)}, which is not in its domain")
        stack.append((here | {name: (at, high, whole)}, above))
        if not whole or at > low:
            stack.append((here | {name: (low, at - whole, whole)}, below))


def bounds_on(steps: Iterable[Step], box: Box, leaf: list[Any]) -> Iterator[Interval]:
    """Enclose the last of the steps, times something positive, on parts of a box that cover it.

    ``["leaf"]``: by the intervals of its sides. ``["low", variable, m]``, ``["high", variable, m]``: by a series of m
    terms in the distance s from that end of the variable, and the end by itself; in ``s = n^(-1/2)`` if n has no end.
    """
    if leaf == ["leaf"]:
        yield value_of(steps, {name: _over(name, side) for name, side in box.items()}, _itself).value
        return
    if len(leaf) != 3 or leaf[0] not in ("low", "high") or leaf[1] not in list(box):
        raise Rejected(f"a node of the tree is neither leaf nor split: {_shown(leaf[:2])}")
    end, name, m = leaf[0], leaf[1], _integer(leaf[2], 1, MAX_TERMS, "the terms of a series")
    low, high, _ = box[name]
    others = {other: _over(other, side) for other, side in box.items() if other != name}
    one, zeros = Number.of(1), [ZERO] * m
    if end == "high" and high is None:
        if low < 1:
            raise Rejected(f"a series of {_shown(name)} that begins below 1")
        reach = Interval.of(1 / low).sqrt().high
        variable = Series(Interval(0, reach), -2, [one, *zeros], Interval.of(0), m)
    else:
        side = _over(name, box[name]).value
        at, sign = (low, one) if end == "low" or high is None else (high, -one)
        yield value_of(steps, {**others, name: Number.of(at)}, _itself).value
        if low == high:
            return
        reach = side.high - side.low
        variable = Series(Interval(0, reach), 0, [Number.of(at), sign, *zeros], Interval.of(0), m)
    series = {other: variable.constant(number) for other, number in others.items()}
    yield value_of(steps, {**series, name: variable}, variable.constant).reduced().bounds()


def _itself(number: Number) -> Number:
    return number


def _over(name: str, side: Side) -> Number:
    """Return a number that may be anywhere on a side, which must have an end."""
    low, high, _ = side
    if high is None:
        raise Rejected(f"a leaf without an end of {_shown(name)}")
    return Number.of(low) if low == high else Number(Interval(Interval.of(low).low, Interval.of(high).high))


def side_of(name: str, value: Any) -> Side:
    """Read ``[low, high]``, real, or ``["integers", low, high]``, where high null is no end."""
    whole = type(value) is list and value[:1] == ["integers"]
    given = _list(value[1:] if whole else value, "a side of the domain", 2)
    if whole:
        low = Fraction(_integer(given[0], -(10**MAX_DIGITS), None, "the first integer"))
        high = None if given[1] is None else Fraction(_integer(given[1], -(10**MAX_DIGITS), None, "the last integer"))
    else:
        low, high = (_fraction(end, "an end of the domain") for end in given)
    if high is not None and low > high:
        raise Rejected(f"the domain is empty: {_shown(name)} from {_shown(low)} to {_shown(high)}")
    return low, high, whole


def _side_words(name: str, side: Side) -> str:
    low, high, whole = side
    integers = "integers " * whole
    return f"{integers}{name} >= {low}" if high is None else f"{integers}{low} <= {name} <= {high}"


def check_inequality(claim: Any, evidence: Any) -> tuple[str, int, str]:
    """Conclude ``left < right`` (or ``<=``) on a domain: ``right - left`` is enclosed on leaves that cover it."""
    given = _keys(claim, ("domain", "kind", "left", "relation", "right"), "the claim")
    relation = _choice(given["relation"], ("<", "<="), "relation")
    if type(given["domain"]) is not dict:
        raise Rejected("domain is not an object")
    box: Box = {_text(name, "a variable"): side_of(name, side) for name, side in given["domain"].items()}
    steps: dict[Step, int] = {}
    compiled(["sub", given["right"], given["left"]], box, steps)
    facts = 0
    for part, leaf in leaves(box, _keys(evidence, ("tree",), "evidence")["tree"]):
        facts += 1
        for value in bounds_on(steps, part, leaf):
            if value.low < 0 or (value.low == 0 and relation == "<"):
                where = ", ".join(f"{n!a} in {_shown(low)} to {_shown(high)}" for n, (low, high, _) in part.items())
                failing = FALSE if value.high < 0 else "the inequality does not follow"
                raise Rejected(f"{failing} on the leaf {where or '(constants)'}")
    sides = ", ".join(_side_words(name, side) for name, side in box.items())
    left, right = (canonical(given[side]).decode("ascii") for side in ("left", "right"))
    words = f"{left} {relation} {right}" + (f" for all {sides}" if sides else "")
    return words, facts, f"{facts} boxes decided"


# --------------------------------------------------------------------------------------------------------------- main
NO_MEMORY = DECLINED, "declined: the memory of this process is exhausted"


def judge(data: bytes) -> tuple[int, str]:
    """Return the exit code and what to print for the bytes of one certificate; never raises."""
    try:
        verified = check(data)
    except Rejected as problem:
        return REJECTED, f"rejected: {problem}"
    except Declined as problem:
        return DECLINED, f"declined: {problem}"
    except MemoryError:
        return NO_MEMORY
    except Exception as problem:  # a mistake in this file: no verdict
        return BROKEN, f"failed: an error in the checker ({type(problem).__name__})"
    text = f"accepted\nclaim: {verified.claim}\nclaim_sha256: {verified.digest}\n"
    return ACCEPTED, text + f"facts: {verified.facts}\nverified: {verified.details}"


def main(arguments: Sequence[str]) -> int:
    """Check the one file named on the command line; print the outcome, return the exit code."""
    try:
        (path,) = arguments
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as problem:
        print(f"unreadable: {type(problem).__name__}: {_shown(arguments)}; usage: python -I -S checker.py FILE")
        return UNREADABLE
    except MemoryError:
        code, text = NO_MEMORY
    else:
        code, text = judge(data)
    print(text.encode("ascii", "backslashreplace").decode("ascii"))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
