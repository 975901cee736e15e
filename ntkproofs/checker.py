"""Trusted checker: decide whether the claim of a certificate holds. It relies on this file and Python's integers only.

    python -I -S ntkproofs/checker.py FILE

Exit codes: 0 accepted, 1 rejected, 2 declined (a limit stated below is exceeded, or a comparison is undecided at this
precision), 3 usage error or unreadable file, 70 internal error; the output gives the claim or the reason. No floats:
every real number is an :class:`Interval` with integer end points over ``2**FRACTION_BITS``, rounded outward. The
conclusion is read from `claim` alone; `evidence` only proposes parameters, each of which is verified. A program is
identified by the digest of its templates; its name is chosen by the issuer and only quoted.

Signature
---------
::

    check(bytes) -> Verified                     the entry point: raises Rejected or Declined, with the reason
    spend(operations, what)                      deduct work from the budget of the whole check
    read(bytes) -> certificate                   JSON without floats, duplicate keys, deep nesting, huge numbers
    Interval  + - * /  power sqrt atan exp log pi    enclosures; each function's docstring derives its error bound
    contradictory(templates, group)              no state matches two templates of the group
    at_most_groups(program, groups) -> G         at every state, at most G templates match
    arbitrary(program, G) -> ranges of counts    the worst (n, p, t) of all states, given that n <= G
    visited(program, starts, steps) -> counts    the (n, p, t) of all states visited by the runs, by execution
    Predictor(kernel, K, training).mean(n, p, t), .deviation(n)  output of a trained network (formulas in its docstring)
    StoppedTraining.left(l)                      what training leaves of the errors on an eigenspace of the kernel
    gap(mean, threshold, n, p, t)                distance of a mean from the threshold, on the correct side
    correct(predictor, ranges)                   every mean lies on the correct side of the threshold 0
    margin(predictor, threshold, ranges)         minimum of |mean - threshold| / deviation over the counts
    tail(x) -> log U                             log of an upper bound of the Gaussian tail probability
    enough(networks, z, cases, failure)          union bound over all cases <= the failure probability
    pairs_at_arbitrary(program), pairs_visited(...)      number of pairs (state, bit) in each class (n, p, t)
    Column(hidden, t).event(width, e, z, l)      log of a bound: P(the weights of a target column deviate by e)
    OutputBit(column, count, ...).wrong(width, ...)      log of a bound: P(an output bit is rounded incorrectly)
    Descent(hidden, step, rise, drop).remainder(t, T)    distance of T steps of gradient descent from their limit
    GramDeviation(column), Residual(hidden, n).longer(...)   log of a bound: P(a mean vector is longer than a value)
    Average(network, descent, ...).wrong(...)            logs of bounds: P(an average of networks is on the wrong side)
    Path(start, column, ...).distance(...), Windows(path, levels)    distance of full training from linearised training
    leaves(domain, tree) -> (part, leaf)         a subdivision of the domain into parts that cover it
    Number  Series  + - * /  power sqrt atan ... enclosures that recognise exact zeros; expansions at an end of a domain
    bounds_on(right - left, part, leaf)          enclosures of the same sign: the inequality holds on the part

Symbols: K samples (templates and padding); n templates match a state; t templates write an output bit, p of these
match. The program's next bit is 1 if and only if p >= 1. A network's output is rounded to 1 if and only if it exceeds
the threshold.
"""

from __future__ import annotations

import hashlib
import json
import operator
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from heapq import heappop, heappush
from itertools import combinations, pairwise, product
from math import factorial, isqrt
from typing import Any, NoReturn, TypeAlias, TypeVar

FORMAT = 1
FALSE = "the inequality is false"  # disproved, as opposed to not proved
EXECUTION = "the execution of the program"  # named when the budget of work is exhausted
ACCEPTED, REJECTED, DECLINED, UNREADABLE, BROKEN = 0, 1, 2, 3, 70

FRACTION_BITS, GUARD_BITS = 256, 64  # of the end points; extra bits inside the functions
SOURCES = ("aag", "aig", "blif", "kiss", "pla", "turing", "yosys-blif")  # formats of the files that claims name
CONVERGENT = 41  # order of the continued fraction that bounds the Gaussian tail; odd

MAX_BYTES, MAX_DEPTH, MAX_DIGITS, MAX_TEXT = (
    1 << 25,
    100,
    4000,
    200,
)  # file; nesting; digits of a number; characters of a name
MAX_BITS, MAX_TEMPLATES, MAX_ENTRIES = 1 << 17, 1 << 17, 1 << 20  # of a state; requirements and written bits together
MAX_SIZE = 1 << 17  # bits of an interval's end
MAX_FREE, MAX_WORK = 28, 1 << 34  # input bits of an execution; word operations of a whole check (see spend)
LANE_BITS = 18  # input bits whose assignments are executed together, in the bits of one integer
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
Cover: TypeAlias = list[tuple[int, Fraction]]  # see OutputBit.supremum
Term = TypeVar("Term", "Number", "Series")


class Rejected(Exception):
    """The certificate is malformed, or what it claims does not follow."""


class Declined(Exception):
    """A limit of this checker is exceeded, or a comparison is undecided at its precision."""


# --------------------------------------------------------------------------------------------------------------- work
CALL = 150  # overhead of one Python operation, in word operations
_left = [MAX_WORK]  # of the check under way


def spend(operations: int, what: str) -> None:
    """Deduct operations on 64-bit words from the budget of the whole check; Declined, naming `what`, when exhausted.

    Every computation whose number or size is determined by the file is charged: executed steps, groups, interval
    operations and thereby the leaves of an inequality. An operation takes about 1 ns, a whole check at most a minute.
    """
    _left[0] -= operations
    if _left[0] < 0:
        raise Declined(f"{what}: more work than {MAX_WORK} word operations")


def _words(number: int) -> int:
    return (number.bit_length() >> 6) + 1


# ---------------------------------------------------------------------------------------------------------- intervals
ONE, WIDE = 1 << FRACTION_BITS, FRACTION_BITS + GUARD_BITS
FUNCTION = 1 << 17  # cost of a power series in word operations: about 100 products and quotients of WIDE bits


class Interval:
    """The closed interval from ``low / 2**FRACTION_BITS`` to ``high / 2**FRACTION_BITS``; a *unit* is the last bit.

    Every operation returns an interval that contains the result for every choice of arguments in the operands. Its cost
    is linear in the number of words for a sum, and quadratic for products, quotients and roots.
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
        """The number of words of the longer end point."""
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
        return base.squared_repeatedly(exponent)

    def squared_repeatedly(self, exponent: int) -> Interval:
        """Raise to an integer power from 0 on, of any size: squares and products, each rounded outward."""
        result = Interval.of(1)
        for digit in bin(exponent)[2:]:
            result = result * result
            if digit == "1":
                result = result * self
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
    """Enclose all numbers within `error` of `value`, both over ``2**WIDE``; each end is off by less than 2 units.

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
    if not _text(certificate["producer"], "producer").isascii():  # it is never printed
        raise Rejected("producer is not ASCII")
    digest = hashlib.sha256(canonical(certificate["claim"])).hexdigest()
    if certificate["claim_sha256"] != digest:
        raise Rejected("claim_sha256 is not the SHA-256 of the claim")
    return certificate


def _shallow(text: str) -> None:
    """Decline brackets nested deeper than MAX_DEPTH, before any recursive function reads them."""
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
        raise Rejected(f"{where} is not a non-empty string of printable characters")
    if len(value) > MAX_TEXT:
        raise Declined(f"{where} is longer than {MAX_TEXT} characters")
    return value


def _name(value: Any, where: str) -> str:
    """Return an identifier; free text could be mistaken for a statement of the checker."""
    if type(value) is not str or re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}", value, re.ASCII) is None:
        raise Rejected(
            f"{where} is {_shown(value)}: a name is 1 to 64 letters, digits and _ . - and does not begin with . or -"
        )
    return value


def _field_name(value: Any) -> str:
    if type(value) is not str or re.fullmatch(r"[!#-&(-_a-~]{1,200}", value, re.ASCII) is None:
        raise Rejected(
            f"a field's name is {_shown(value)}: a name is 1 to 200 printable ASCII characters, no quotes or spaces"
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


def _positions(value: Any, bits: int, where: str) -> tuple[int, ...]:
    """Return a list of different positions of a state."""
    positions = tuple(_integer(position, 0, bits - 1, where) for position in _list(value, where))
    if len(set(positions)) < len(positions):
        raise Rejected(f"{where} names a position twice")
    return positions


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
    """Read a program; Rejected: no fields, no templates, positions out of range, two requirements of one bit.

    A template that requires nothing matches every state. One that writes nothing has the target zero and counts in n
    and K. A template may occur twice: each occurrence is a sample.
    Its digest is the SHA-256 of the canonical JSON of the object without the key `name`.
    """
    entries = _keys(value, ("fields", "name", "padding", "templates"), "program")
    name, bits = _name(entries["name"], "the program's name"), _bits_of(entries["fields"])
    templates = _templates(entries["templates"], bits)
    padding = _integer(entries["padding"], 0, None, "padding")
    writers = Counter(position for _, write in templates for position in write)
    digest = hashlib.sha256(canonical({key: entries[key] for key in ("fields", "padding", "templates")})).hexdigest()
    return Program(name, digest, bits, templates, padding, tuple(writers[position] for position in range(bits)))


def _bits_of(value: Any) -> int:
    """Return how many bits the fields have together."""
    fields = [_list(field, "a field", 2) for field in _list(value, "fields")]
    names = [_field_name(field[0]) for field in fields]
    if not names:
        raise Rejected("the program has no fields")
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
    positions = _positions([pair[0] for pair in pairs], bits, "a template's requirements")
    values = [_integer(pair[1], 0, 1, "a required value") for pair in pairs]
    written = _positions(write, bits, "a template's written bits")
    return tuple(zip(positions, values, strict=True)), written


# ------------------------------------------------------------------------------------------------- which counts occur
def contradictory(templates: Sequence[Template], group: Sequence[int]) -> bool:
    """Tell whether any two templates of the group require different values of some bit, hence exclude each other.

    For each member, the members that require the opposite of one of its values must be all the others.
    """
    requirements = sum(len(templates[index][0]) for index in group)
    different = len({requirement for index in group for requirement in templates[index][0]})
    if len(group) * different > MAX_MEMORY:
        raise Declined(f"a group of {len(group)} templates with {different} requirements, too large to look through")
    spend((1 + 2 * requirements) * _plane_cost(len(group)), "looking for contradictions within groups")
    requiring: dict[tuple[int, int], int] = {}  # (position, value) -> members, as a set of bits
    for member, index in enumerate(group):
        for requirement in templates[index][0]:
            requiring[requirement] = requiring.get(requirement, 0) | 1 << member
    everyone = (1 << len(group)) - 1
    for member, index in enumerate(group):
        opposed = 0
        for position, value in templates[index][0]:
            opposed |= requiring.get((position, 1 - value), 0)
        if opposed | 1 << member != everyone:
            return False
    return True


def at_most_groups(program: Program, evidence: Any) -> int:
    """Conclude ``n <= G`` at every state from a partition of the templates into G contradictory groups."""
    groups = _list(_keys(evidence, ("groups",), "evidence")["groups"], "groups")
    last = len(program.templates) - 1
    members = [_integer(member, 0, last, "a group's member") for group in groups for member in _list(group, "a group")]
    if sorted(members) != list(range(len(program.templates))):
        raise Rejected("the groups are not a partition of the templates")
    for number, group in enumerate(groups):
        if not contradictory(program.templates, group):
            raise Rejected(f"two templates of group {number} can match the same state")
    return len(groups)


@dataclass(frozen=True, order=True)
class Range:
    """The counts (n, p, t) for ``first <= n <= last``, where ``p = max(least, n - others)``."""

    first: int
    last: int
    least: int
    others: int
    t: int

    @classmethod
    def of(cls, count: Count) -> Range:
        """Return the range of one triple."""
        n, p, t = count
        return cls(n, n, p, n, t)

    @property
    def count(self) -> Count:
        """The first triple."""
        return self.first, self.matched(self.first), self.t

    def __len__(self) -> int:
        return self.last - self.first + 1

    def matched(self, n: int) -> int:
        """Return p, which does not decrease with n."""
        return max(self.least, n - self.others)

    def halves(self) -> tuple[Range, Range]:
        """Split a range of two or more counts in two."""
        middle = (self.first + self.last) // 2
        return replace(self, last=middle), replace(self, first=middle + 1)


def arbitrary(program: Program, groups: int) -> list[Range]:
    """Return counts that include the worst case of every state, given that ``n <= groups``.

    For each n and t: p = 0 (if n templates that do not write the bit exist), and the smallest possible p >= 1, which is
    ``n - others`` if more than the others match. The mean increases with p (``mean = p F/D + t u``, where F > 0 is
    checked), so a larger p moves it away from the threshold.
    """
    ranges, most = [], min(groups, len(program.templates))
    for t in sorted(set(program.writers)):
        others = len(program.templates) - t  # templates that do not write the bit
        ranges.append(Range(1, min(most, others), 0, others, t))
        if t:
            ranges.append(Range(1, most, 1, others, t))
    return [part for part in ranges if part.first <= part.last]


def _plane_cost(lanes: int) -> int:
    """Return the word operations of one operation on planes."""
    return CALL + (lanes >> 6)


def visited(program: Program, free: Sequence[int], ones: Sequence[int], steps: int) -> frozenset[Count]:
    """Return the counts at all states visited from all assignments of the free bits, by bit-sliced execution.

    One integer, a *plane*, holds one bit of all runs of a part (*lanes*; see :func:`_parts`). Each step records the
    states before it, so `steps` steps record all inputs of the network. A part stops early when the states of all its
    runs repeat: they are compared with the previous states and with those saved at the last power of 2 (Brent's cycle
    detection).
    """
    counts = set[Count]()
    for lanes, state in _parts(program, free, ones):
        kept = state
        for number in range(1, steps + 1):
            after = _look_and_step(program, state, (1 << lanes) - 1, counts)
            if after in (state, kept):
                break
            state = after
            if number & (number - 1) == 0:
                kept = state
    return frozenset(counts)


def _parts(program: Program, free: Sequence[int], ones: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
    """Yield the numbers of lanes and the initial states of parts that together have all assignments of the free bits.

    The first LANE_BITS free bits have all values within a part; each assignment of the others is a part of its own.
    """
    lanes, planes = 1 << min(len(free), LANE_BITS), _planes(program)
    if len(free) > MAX_FREE or lanes * planes > MAX_MEMORY:
        raise Declined(f"an execution on {len(free)} free bits with {planes} planes")
    for values in product((0, 1), repeat=len(free[LANE_BITS:])):
        chosen = [position for position, value in zip(free[LANE_BITS:], values, strict=True) if value]
        spend((1 + (lanes >> 6)) * program.bits, EXECUTION)
        yield lanes, _initial(program.bits, free[:LANE_BITS], [*ones, *chosen])


def _planes(program: Program) -> int:
    """Return an upper bound of the number of planes in memory."""
    return sum(1 + len(write) for _, write in program.templates) + 4 * program.bits


def _initial(bits: int, free: Sequence[int], ones: Sequence[int]) -> list[int]:
    """Return the planes of the initial states: free bit i is bit i of the lane number."""
    lanes, state = 1 << len(free), [0] * bits
    for position in ones:
        state[position] = (1 << lanes) - 1
    for number, position in enumerate(free):
        run = 1 << number  # zeros, then as many ones, and so on
        plane, width = ((1 << run) - 1) << run, 2 * run
        while width < lanes:
            plane, width = plane | plane << width, 2 * width
        state[position] = plane
    return state


def _look_and_step(program: Program, state: list[int], every: int, counts: set[Count]) -> list[int]:
    """Add the counts at the current states to `counts`; return the next states."""
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
        counts.update((n, p, t) for (p, t), lanes in bits.items() if (n, p, t) not in counts and where & lanes)
    return after


def _matches(program: Program, state: list[int], every: int) -> tuple[list[int], list[list[int]]]:
    """Return the planes of the templates that match in some lane, and for each bit the planes of its writers."""
    matches: list[int] = []
    writing: list[list[int]] = [[] for _ in state]
    for when, write in program.templates:
        spend(_plane_cost(every.bit_length()) * (1 + 2 * len(when)) + CALL * len(write), EXECUTION)
        match = every
        for position, value in when:
            match &= state[position] if value else every ^ state[position]
        if match:
            matches.append(match)
            for position in write:
                writing[position].append(match)
    return matches, writing


def _classes(planes: Sequence[int], every: int) -> list[tuple[int, int]]:
    """Group the lanes by the number of planes that contain them: ``(number, lanes)`` for each number that occurs."""
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
        for index, digit in enumerate(digits):
            digits[index], carry = digit ^ carry, digit & carry
        if carry:
            digits.append(carry)
    return digits


# ---------------------------------------------------------------------------------------------------------- predictor
SQUARED_ERRORS = "(unit: the kernel with own entry 1) on half the sum of squared errors over"


@dataclass(frozen=True)
class StoppedTraining:
    """Gradient descent by a number of steps, or gradient flow for a time (`steps` None), from random initial weights.

    `size`: of a step, or the time; its unit is that of the kernel divided by its own entry. On an eigenspace of that
    kernel, with eigenvalue l, each step multiplies the errors at the samples by ``1 - size l``, and a flow by
    ``exp(-size l)``.
    """

    steps: int | None
    size: Fraction

    @classmethod
    def of(cls, claim: dict[str, Any]) -> StoppedTraining | None:
        """Read the entry of a claim about infinitely wide networks; without one they are trained to convergence."""
        if "training" not in claim:
            return None
        value = claim["training"]
        if type(value) is dict and "time" in value:
            steps, name = None, "time"
            _keys(value, ("time",), "training")
        else:
            name = "step"
            steps = _integer(_keys(value, ("step", "steps"), "training")["steps"], 1, None, "training: steps")
        size = _fraction(value[name], f"training: {name}")
        if size <= 0:
            raise Rejected(f"training: {name} is not above 0")
        return cls(steps, size)

    def left(self, eigenvalue: Interval) -> Interval:
        """Enclose the factor by which training multiplies the errors on an eigenspace; refused unless below 1."""
        exponent = Interval.of(self.size) * eigenvalue
        if self.steps is None:
            return (-exponent).exp()
        if exponent.low >= 2 * ONE:
            raise Rejected(f"the step {_shown(self.size)} is not below 2 divided by the largest eigenvalue")
        if exponent.high >= 2 * ONE:
            raise Declined("whether the step is below 2 divided by the largest eigenvalue is not certain")
        return (Interval.of(1) - exponent).squared_repeatedly(self.steps)


def trained_words(training: StoppedTraining | None) -> str:
    """Describe how long networks are trained; the samples follow."""
    if training is None:
        return "trained to convergence on"
    if training.steps is None:
        return f"after the time {training.size} of gradient flow {SQUARED_ERRORS}"
    steps = _counted(training.steps, "step")
    return f"after {steps} of size {training.size} of full-batch gradient descent {SQUARED_ERRORS}"


class Predictor:
    """Mean and standard deviation of an output of an infinitely wide two-layer ReLU network trained on K basis vectors.

    Kernel values, times 2 pi: of a sample with itself ``own`` (NTK 2 pi, NNGP pi), of two samples 1, and of a state
    with one of its n matching samples, where ``pi - arccos(n^-1/2) = pi/2 + atan(1/sqrt(n-1))``::

        matched(n) = sqrt(1 - 1/n) + c (pi/2 + atan(1/sqrt(n-1))) / sqrt(n)     c = 2 (NTK) or 1 (NNGP)

    With ``D = own - 1`` and ``F = matched(n) - 1`` (at n = 1 it is D), the K values at a state have the mean
    ``1 + n F/K``. The kernel's matrix has the eigenvalues D + K (of the vector 1) and D (across it); training leaves of
    the errors at the samples f along the vector 1, g across it, both between -1 and 1 (0 at convergence). So the
    targets get this mean ``(1 - f)/(D + K)`` times, and the deviations from it ``(1 - g)/D`` times: u at a sample that
    does not match, m at one that does::

        along = (1 - f)/(D + K)    across = (1 - g)/D    slope = (along - across)/K
        u = along + slope n F      m = u + across F      mean = p across F + t u
        S1 = n m + (K - n) u = along (K + n F)           S2 = n m^2 + (K - n) u^2
        2 pi K variance = own + (own - 1) S2 + S1^2 - 2 (n m matched(n) + (K - n) u)

    where the last line uses own and matched of the NNGP kernel: the initial function has this kernel, and training
    subtracts its values at the samples with the same weights. At convergence ``u = (D - n F)/(D (D + K))``, and at
    n = 1, where the state is a sample, the mean is p and the variance 0.
    """

    def __init__(self, kernel: str, samples: int, training: StoppedTraining | None = None) -> None:
        self.angle = {"ntk": 2, "nngp": 1}[kernel]
        self.samples = samples
        self.first = 2 if training is None else 1  # the least n from which on outputs have a variance
        one, own = Interval.of(1), pi().times(self.angle)
        self.contrast = own - one
        total = self.contrast + Interval.of(samples)
        self.along, self.across = one / total, one / self.contrast
        if training is not None:
            self.along = self.along * (one - training.left(total / own))
            self.across = self.across * (one - training.left(self.contrast / own))
        self.slope = (self.along - self.across) / Interval.of(samples)
        self._rows: dict[int, tuple[Interval, Interval, Interval, Interval]] = {}

    def row(self, n: int) -> tuple[Interval, Interval, Interval, Interval]:
        """Return ``F, u, S1`` and the NNGP's ``matched(n)``; checks ``F > 0``, by which p = 1 is the worst case."""
        if n not in self._rows:
            excess, matched = self._excess(n) if n > 1 else (self.contrast, pi())
            if excess.low <= 0:
                raise Declined(f"F({n}) > 0 is not certain")
            sum_ = excess.times(n)
            u, S1 = self.along + self.slope * sum_, self.along * (Interval.of(self.samples) + sum_)
            self._rows[n] = (excess, u, S1, matched)
        return self._rows[n]

    def _excess(self, n: int) -> tuple[Interval, Interval]:
        """Enclose F and the NNGP's ``matched(n)`` at n >= 2."""
        root = Interval.of(Fraction(n - 1, n)).sqrt()
        angle = pi() / Interval.of(2) + Interval.of(Fraction(1, n - 1)).sqrt().atan()
        angle = angle * Interval.of(Fraction(1, n)).sqrt()
        return root + angle.times(self.angle) - Interval.of(1), root + angle

    def mean(self, n: int, p: int, t: int) -> Interval:
        """Enclose the mean at n >= 1 (exact where no output varies, and at t = 0)."""
        if n < self.first or t == 0:
            return Interval.of(p)
        excess, u, _, _ = self.row(n)
        return (self.across * excess).times(p) + u.times(t)

    def deviation(self, n: int) -> Interval:
        """Enclose the standard deviation, which is positive; at n = 1, where it tends to 0, an upper bound of it."""
        excess, u, S1, matched = self.row(n)
        K, own, m = self.samples, pi(), u + self.across * excess
        S2 = m.power(2).times(n) + u.power(2).times(K - n)
        cross = (m * matched).times(n) + u.times(K - n)
        total = own + (own - Interval.of(1)) * S2 + S1.power(2) - cross.times(2)
        variance = total / pi().times(2 * K)
        if n == 1:
            return Interval(variance.high, variance.high).sqrt()
        if variance.low <= 0:
            raise Declined(f"a positive variance at n = {n} is not certain")
        return variance.sqrt()

    def rows(self, first: int, last: int) -> tuple[Interval, Interval, Interval, Interval]:
        """Enclose F, u, S1 and the NNGP's matched(n) for all n from `first` >= 2 to `last`: all are monotone in n.

        Let ``r = n^-1/2``, ``s = sqrt(1 - r^2)``, ``A = pi - arccos r = pi/2 + asin r``: ``matched = s + c r A``, whose
        derivative in r is A (c = 1) or ``2 A + r/s`` (c = 2), positive: F and matched decrease with n. *u and S1* are
        linear in n F. ``n F = F/r^2`` increases with n iff ``2 F - r F'`` is not negative (F' in r), which is
        ``c r A - 2 (1 - s) - (c - 1) r^2/s``; as ``r <= s`` and ``r <= 1/sqrt 2``, ``r^2/s <= r`` and
        ``1 - s = r^2/(1 + s) <= r^2 <= r/sqrt 2``; as ``A >= pi/2``, it is at least r times ``pi/2 - sqrt 2`` (c = 1)
        or ``pi - sqrt 2 - 1`` (c = 2).
        """
        left, right = self.row(first), self.row(last)
        excess, u, S1, matched = map(_hull, left, right)
        return excess, u, S1, matched

    def means(self, part: Range) -> Interval:
        """Enclose the means at all counts of a range with n >= 2: ``F (across p + slope t n) + t along``."""
        excess, u, _, _ = self.rows(part.first, part.last)
        if not part.matched(part.last):
            return u.times(part.t)
        p = Interval(part.matched(part.first) * ONE, part.matched(part.last) * ONE)
        n = Interval(part.first * ONE, part.last * ONE)
        return excess * (self.across * p + (self.slope * n).times(part.t)) + self.along.times(part.t)

    def deviations(self, part: Range) -> Interval:
        """Enclose an upper bound of the standard deviations at all counts of a range with n >= 2.

        As ``n m + (K - n) u = S1``, the formula of the variance above is equal to::

            2 pi K variance = (own - 1) (1 + n m^2 + (K - n) u^2) + (1 - S1)^2 - 2 n m (matched(n) - 1)
        """
        excess, u, S1, matched = self.rows(part.first, part.last)
        m = u + self.across * excess
        n, one = Interval(part.first * ONE, part.last * ONE), Interval.of(1)
        squares = one + n * m.power(2) + (Interval.of(self.samples) - n) * u.power(2)
        total = (pi() - one) * squares + (one - S1).power(2) - (n * m * (matched - one)).times(2)
        bound = total / pi().times(2 * self.samples)
        return Interval(max(0, bound.high), max(0, bound.high)).sqrt()


def _hull(a: Interval, b: Interval) -> Interval:
    """Return the least interval around two."""
    return Interval(min(a.low, b.low), max(a.high, b.high))


def gap(mean: Interval, threshold: Fraction, n: int, p: int, t: int) -> Interval:
    """Enclose the distance of a mean from the threshold: above it if p >= 1, else below; Rejected on the wrong side.

    At t = 0, and at convergence at n = 1, the mean is exactly p, so rounding the mean is correct without this check.
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


def distance(predictor: Predictor, threshold: Fraction, part: Range) -> Interval:
    """Enclose the distances from the threshold at all counts of a range, positive on the correct side."""
    means = predictor.means(part)
    return (means - Interval.of(threshold)) if part.matched(part.first) else (Interval.of(threshold) - means)


def correct(predictor: Predictor, ranges: Iterable[Range]) -> None:
    """Conclude that every mean is on the correct side of 0 where t >= 1 and outputs vary (else it is p: correct).

    A range is halved until the enclosure of its means is on that side, at the latest at a single n.
    """
    left = [part for part in _varying(ranges, predictor.first) if part.t][::-1]
    while left:
        part = left.pop()
        if len(part) == 1:
            n, p, t = part.first, part.matched(part.first), part.t
            gap(predictor.mean(n, p, t), Fraction(0), n, p, t)
        elif distance(predictor, Fraction(0), part).low <= 0:
            left.extend(part.halves()[::-1])


def margin(predictor: Predictor, threshold: Fraction, ranges: Iterable[Range]) -> Interval | None:
    """Return the minimum of ``|mean - threshold| / deviation`` over counts where outputs vary (None if none do).

    Rejected unless every mean lies on the correct side of the threshold. At n = 1, at convergence, the output is
    exactly p. The range with the least lower bound is halved, until it is a single n: no other margin is less.
    """
    queue: list[tuple[int, Range, int, Interval]] = []  # lower bound, range, number of the entry, margin
    new, entries = _varying(ranges, predictor.first), 0
    while True:
        for part in new:
            z = standardised(predictor, threshold, part)
            entries += 1
            heappush(queue, (z.low, part, entries, z))
        if not queue:
            return None
        _, part, _, z = heappop(queue)
        if len(part) == 1:
            return z
        new = part.halves()


def _varying(ranges: Iterable[Range], first: int) -> Sequence[Range]:
    """Return the parts of ranges with ``n >= first`` (1 or 2); n = 1 is a range of its own."""
    result = []
    for part in ranges:
        if part.first == first == 1:
            result.append(replace(part, last=1))
        if part.last > 1:
            result.append(replace(part, first=max(2, part.first)))
    return result


def standardised(predictor: Predictor, threshold: Fraction, part: Range) -> Interval:
    """Enclose the margin of a single n (see :func:`gap`), or return a lower bound of those of several, 0 or more.

    A distance that may be negative gives 0, which is less than the margin of any single n.
    """
    if len(part) == 1:
        n, p, t = part.first, part.matched(part.first), part.t
        return gap(predictor.mean(n, p, t), threshold, n, p, t) / predictor.deviation(n)
    least, most = distance(predictor, threshold, part).low, predictor.deviations(part)
    return Interval(max(0, least), max(0, least)) / most if most.low > 0 else Interval.of(0)


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
    """Conclude by a union bound: with probability at least 1 - failure, all cases are correct.

    One case (an output bit at a step from an input) is wrong with probability at most ``Q(sqrt(N) z) <= U(sqrt(N) z)``,
    as averaging N networks divides the deviation by ``sqrt(N)``; ``cases U <= failure`` is compared as logarithms.
    """
    needed = Interval.of(cases / failure).log()
    attained = -tail(Interval(z.low, z.low) * Interval.of(networks).sqrt())
    if needed.low > attained.high:
        raise Rejected(f"{networks} networks are too few: the union bound exceeds the failure probability")
    if needed.high > attained.low:
        raise Declined(f"whether {networks} networks suffice is too close to tell")


# ------------------------------------------------------------------------------------------------------ finite networks
# One network of width w: hidden weights u ~ N(0, I) in R^K for each neuron, not trained; output weights start at 0. Let
# v = relu(u), h = relu(x . u), and let "mean" average over the neurons. Training on the K basis vectors with the 0/1
# targets y converges to
#
#     f(x) = k' G^-1 y,    G = mean v v',    k = mean h v.
#
# A state x is the indicator vector of its n matching samples divided by root n; t samples have target 1, p of them are
# among the n. Only u is random; the bounds hold for this finite w, without a limit.
CELLS = 256  # subintervals of [-1, 1] over which a supremum is taken
MAX_TILT = 1 << 14  # of a distribution of directions; bounds the number of terms of its series
MAX_COMPONENT = 16  # bits of one connected component of templates, when states are counted


class Hidden:
    """Constants for K samples, and moments of ``v_i = relu(u_i)`` for independent standard normal u_i.

    ``E v_i^e = m[e]``, e up to 4; ``E v v' = Gbar = lam I + 1 1'/(2 pi)``, ``lam = 1/2 - 1/(2 pi)``. With ``D = pi -
    1`` the inverse of Gbar is ``(I - 1 1'/(D + K))/lam``; `apart` is ``1/(2 pi)``.
    """

    def __init__(self, samples: int) -> None:
        if samples < 2:
            raise Rejected("a network with fewer than 2 samples")
        one = Interval.of(1)
        self.K, self.N = samples, samples - 1
        self.apart, self.D = one / pi().times(2), pi() - one
        self.lam = self.variance = Interval.of(Fraction(1, 2)) - self.apart  # the variance of v_i
        self.layers = 1  # that are trained
        first = self.apart.sqrt()
        self.m = (one, first, Interval.of(Fraction(1, 2)), first.times(2), Interval.of(Fraction(3, 2)))
        self._known: dict[tuple[int, int, tuple[int, ...]], Interval] = {}
        self._tilts: dict[Fraction, tuple[Interval, Interval]] = {}
        self._angles: dict[Fraction, Interval] = {}

    def moment(self, n: int, q: int, exponents: tuple[int, ...]) -> Interval:
        """Enclose ``E v_1^(e_1) ... v_s^(e_s) H^q``, ``H = relu(u_1 + ... + u_n)``, for ``s <= n``, s + q at most 4.

        If s = n, every u_i is positive and H is their sum, which is expanded.
        """
        key = (n, q, tuple(sorted(exponents)))
        if key not in self._known:
            if q == 0:
                value = _multiplied(self.m[e] for e in exponents)
            elif len(exponents) == n:
                more = (tuple(e + (i == k) for i, e in enumerate(exponents)) for k in range(n))
                value = _added(self.moment(n, q - 1, raised) for raised in more)
            else:
                s, one = len(exponents), Fraction(1)
                rows = [[Fraction(i == k) for k in range(s)] + [one] for i in range(s)]
                value = self.by_parts((*key[2], q), (*rows, [one] * s + [Fraction(n)]))
            self._known[key] = value
        return self._known[key]

    def by_parts(self, exponents: Sequence[int], R: Sequence[Sequence[Fraction]]) -> Interval:
        """Enclose ``E prod x_i^(e_i) [x_i > 0]`` for a centred Gaussian vector x of covariance R, which is regular.

        Integration by parts, ``E x_i F = sum over k of R_ik E dF/dx_k``: a power of x_k is lowered; where none is left,
        the indicator's derivative is the density ``(2 pi R_kk)^(-1/2)`` at ``x_k = 0``, times E of the rest there.
        """
        spend(64 * CALL, "moments of a hidden layer")
        if not any(exponents):
            return self.orthant(R)
        i = min((k for k, e in enumerate(exponents) if e), key=lambda k: sum(map(bool, R[k])))
        lowered = [e - (j == i) for j, e in enumerate(exponents)]
        return _added(self._derivative(lowered, R, k, r) for k, r in enumerate(R[i]) if r)

    def _derivative(self, exponents: Sequence[int], R: Sequence[Sequence[Fraction]], k: int, r: Fraction) -> Interval:
        """Enclose ``r E d/dx_k prod x_i^(e_i) [x_i > 0]``; the indicator's derivative is a density at 0.

        Given ``x_k = 0`` the others have the covariance ``R_ab - R_ak R_kb/R_kk``.
        """
        if exponents[k]:
            factor = Interval.of(r * exponents[k])
            return factor * self.by_parts([e - (j == k) for j, e in enumerate(exponents)], R)
        others = [j for j in range(len(R)) if j != k]
        at_zero = [[R[a][b] - R[a][k] * R[k][b] / R[k][k] for b in others] for a in others]
        density = Interval.of(r) * (self.apart * Interval.of(1 / R[k][k])).sqrt()
        return density * self.by_parts([exponents[j] for j in others], at_zero)

    def orthant(self, R: Sequence[Sequence[Fraction]]) -> Interval:
        """Enclose the probability that all of at most 3 coordinates are positive: ``2^-d (1 + 2/pi sum of arcsines)``.

        Sheppard's formula, of the correlations of all pairs (for d = 3 by inclusion and exclusion); the arcsine of c is
        ``atan(c/root(1 - c^2))``, and ``c^2/(1 - c^2) = R_ik^2/(R_ii R_kk - R_ik^2)``.
        """
        if len(R) > 3:
            raise Declined("an orthant of more than 3 dimensions")
        total = Interval.of(0)
        for i, k in combinations(range(len(R)), 2):
            square = R[i][k] ** 2 / (R[i][i] * R[k][k] - R[i][k] ** 2)
            if square not in self._angles:
                self._angles[square] = Interval.of(square).sqrt().atan()
            total = total + (self._angles[square] if R[i][k] > 0 else -self._angles[square])
        return (Interval.of(1) + total.times(2) / pi()) * Interval.of(Fraction(1, 2 ** len(R)))

    def tilted(self, z: Fraction) -> tuple[Interval, Interval]:
        """Enclose the mean p and the divergence ``z p - log Psi`` of the uniform distribution tilted by ``exp(z w_1)``.

        On the unit sphere of N dimensions; ``Psi = E exp(z w_1)`` is the sum of ``c_k``, ``c_0 = 1``, ``c_k = c_(k-1)
        z^2/(2 k (N + 2 k - 2))``, and ``p = Psi'/Psi``, ``z Psi' = sum of 2 k c_k``. p increases from 0 to 1, the
        divergence from 0. Where the quotients have come below 1/2 and c_k below a unit, the rest is at most ``c_k`` and
        ``(2 k + 4) c_k``.
        """
        if z <= 0:
            raise Rejected("a tilt that is not above 0")
        if z > MAX_TILT:
            raise Declined(f"a tilt of more than {MAX_TILT}")
        if z not in self._tilts:
            top, bottom = z.numerator**2, 2 * z.denominator**2
            low = high = value_low = value_high = ONE
            slope_low = slope_high = k = 0
            while high > 1 or k == 0 or 2 * top > bottom * k * (self.N + 2 * k - 2):
                k += 1
                spend(16 * CALL + 8 * _words(high) * _words(bottom), "the series of a tilted distribution")
                divisor = bottom * k * (self.N + 2 * k - 2)
                low, high = low * top // divisor, -(-high * top // divisor)
                value_low, value_high = value_low + low, value_high + high
                slope_low, slope_high = slope_low + 2 * k * low, slope_high + 2 * k * high
            value = Interval(value_low, value_high + high)
            p = Interval(slope_low, slope_high + (2 * k + 4) * high) / value / Interval.of(z)
            self._tilts[z] = p, p * Interval.of(z) - value.log()
        return self._tilts[z]

    def matched(self, n: int) -> Interval:
        """Enclose the limit kernel of a state with n matches and one of its samples."""
        root = Interval.of(Fraction(1, n)).sqrt()
        angle = pi() / Interval.of(2) + Interval.of(Fraction(1, n - 1)).sqrt().atan()  # pi - arccos(root)
        return (Interval.of(Fraction(n - 1, n)).sqrt() + (angle * root).times(self.layers)) * self.apart

    def limits(self, n: int) -> tuple[Interval, Interval]:
        """Enclose beta, the limit kernel times its inverse at the samples: at matching ones, and at the others."""
        matched = self.matched(n)
        shift = (matched.times(n) + self.apart.times(self.K - n)) / (self.D + Interval.of(self.K))
        return (matched - shift) / self.lam, (self.apart - shift) / self.lam

    def bennett(self, l: Fraction, M: Interval) -> Interval:
        """Enclose C: ``E exp(l X) <= 1 + l E X + C E X^2``, X homogeneous of degree 2 in u, ``X <= M`` at ``|u| = 1``.

        ``C = ((1 - 2 l M)^(-K/2) - 1 - K l M)/(K (K + 2) M^2)``: given the direction, ``|u|^2`` has K degrees of
        freedom, and ``((1 - 2 y)^(-K/2) - 1 - K y)/y^2`` is a second divided difference, increasing in y = l X.
        """
        x, K, one = Interval.of(l) * M, self.K, Interval.of(1)
        if l <= 0 or M.low <= 0 or (one - x.times(2)).low <= 0:
            raise Rejected(f"l = {_shown(l)} is not between 0 and 1/(2 M)")
        power = (-(one - x.times(2)).log() * Interval.of(Fraction(K, 2))).exp()
        return (power - one - x.times(K)) / M.power(2).times(K * (K + 2))


def _added(numbers: Iterable[Interval]) -> Interval:
    total = Interval.of(0)
    for number in numbers:
        total = total + number
    return total


def _multiplied(numbers: Iterable[Interval]) -> Interval:
    total = Interval.of(1)
    for number in numbers:
        total = total * number
    return total


def largest(*numbers: Interval) -> Interval:
    """Enclose the maximum of the numbers."""
    return Interval(max(number.low for number in numbers), max(number.high for number in numbers))


def dot(a: Sequence[Interval], b: Sequence[Interval]) -> Interval:
    """Enclose ``a . b``."""
    return _added(x * y for x, y in zip(a, b, strict=True))


def product_bound(a: Sequence[Interval], b: Sequence[Interval]) -> Interval:
    """Enclose ``(|a| |b| + a . b)/2``, the supremum of ``(a . e)(b . e)`` over unit vectors e."""
    return ((dot(a, a) * dot(b, b)).sqrt() + dot(a, b)) / Interval.of(2)


def log_determinant(matrix: Sequence[Sequence[Interval]], where: str) -> Interval:
    """Enclose the log-determinant of a symmetric matrix; Rejected unless all pivots are positive.

    Gaussian elimination without exchanges: positive pivots prove that the matrix is positive definite.
    """
    rows, total = [list(row) for row in matrix], Interval.of(0)
    for i, pivot in enumerate(rows):
        if pivot[i].low <= 0:
            raise Rejected(f"a quadratic form that is not positive definite {where}")
        total = total + pivot[i].log()
        for row in rows[i + 1 :]:
            factor = row[i] / pivot[i]
            row[:] = [value - factor * above for value, above in zip(row, pivot, strict=True)]
    return total


class Column:
    """A column y of targets with t ones: limit weights ``alpha = Gbar^-1 y`` and the deviation of the trained weights.

    ``alpha`` is `top` where y is 1, else ``-a``: ``a = t/(lam (D + K))``, ``top = 1/lam - a``; ``A0 = alpha . y = t
    top``. Let c minimise ``c' G c`` over ``y . c = A0``, and ``c = alpha + Gbar^(-1/2) delta``: delta is orthogonal to
    ``Gbar^(-1/2) y``, in N = K - 1 dimensions. The *event* is ``|delta| >= e``; it does not depend on states.
    """

    def __init__(self, hidden: Hidden, t: int) -> None:
        self.hidden, self.t = hidden, t
        self.a = Interval.of(t) / (hidden.lam * (hidden.D + Interval.of(hidden.K)))
        self.top = Interval.of(1) / hidden.lam - self.a
        self.A0 = self.top.times(t)
        m = hidden.m
        self.third = m[3] - (m[2] * m[1]).times(3) + m[1].power(3).times(2)  # cumulants of v_i
        fourth = m[4] - (m[3] * m[1]).times(4) + (m[2] * m[1].power(2)).times(6) - m[1].power(4).times(3)
        self.kurtosis = fourth - hidden.lam.power(2).times(3)

    def event(self, width: int, e: Fraction, z: Fraction, l: Fraction) -> Interval:
        """Enclose the logarithm of a bound of ``P(|delta| >= e)``, for any tilt z > 0 and any l > 0 with 2 l M < 1.

        On the event ``w = delta/|delta|`` has ``mean[-(w.V)(alpha.v) - e (w.V)^2] >= 0``, ``V = Gbar^(-1/2) v``. That
        is the mean over directions, tilted towards w by z, of ``X/p``, ``X = -(d.V)(alpha.v) - g (d.V)^2 + g b |P
        V|^2``, p the tilted mean, ``b = p/z``, ``g = p e/(1 - N b)``, P the projection to the N dimensions. By Donsker
        and Varadhan ``P <= exp(divergence) sup E exp(l X) to the w``, over directions d that do not depend on u. ``E X
        = -p e``; ``root E X^2 <= root E2 + g b root T2`` (:meth:`second_moment`, :meth:`fourth_moment`); on the unit
        sphere ``X <= M = max((root(g^2 (1 - b)^2 + A0) - g (1 - b))/2, g b)/lam``, since ``(alpha.v)^2/A0 + |P V|^2 <=
        1/lam``.
        """
        hidden, one = self.hidden, Interval.of(1)
        p, divergence = hidden.tilted(z)
        b = p / Interval.of(z)
        if e <= 0 or (one - b.times(hidden.N)).low <= 0:
            raise Rejected(f"the deviation of columns with {self.t} ones: e or z is too small")
        g = p * Interval.of(e) / (one - b.times(hidden.N))
        inner = g * (one - b)
        M = largest(((inner.power(2) + self.A0).sqrt() - inner) / Interval.of(2), g * b) / hidden.lam
        V = (self.supremum(g).sqrt() + g * b * self.fourth_moment().sqrt()).power(2)
        t0 = self.factor(l, M, g, b) * V - Interval.of(l) * p * Interval.of(e)
        return divergence + (one + t0).log().times(width)

    def factor(self, l: Fraction, M: Interval, g: Interval, b: Interval) -> Interval:
        """Enclose Bennett's C for X at the supremum M."""
        return self.hidden.bennett(l, M)

    def supremum(self, g: Interval) -> Interval:
        """Enclose E2 from above, the supremum of :meth:`second_moment` over ``-1 <= y <= 1`` in CELLS parts."""
        sides = (-self.a,) if self.t == 1 else (-self.a, self.top)
        ends = [Interval.of(Fraction(2 * i - CELLS, CELLS)) for i in range(CELLS + 1)]
        parts = [Interval(low.low, high.high) for low, high in pairwise(ends)]
        most = max(self.second_moment(g, y, side).high for y in parts for side in sides)
        return Interval(most, most)

    def second_moment(self, g: Interval, y: Interval, side: Interval) -> Interval:
        """Enclose a bound of ``E (Y A + g Y^2)^2``, ``Y = c.v``, ``A = alpha.v``, ``y_j.c = 0``, ``c' Gbar c = 1``.

        Y has mean ``y = m1 sum c``, so ``|c|^2 = (1 - y^2)/lam``, and ``alpha . c = -a y/m1``. Expanded in cumulants of
        v_i. What else it depends on is the share of ``|c|^2`` where the target is 1: third powers of c are bounded by
        ``|c|^3`` on either part, fourth ones by ``|c|^4``, and the sum is convex in the share, hence largest where all
        of c is on one part, with alpha = `side`. The share is 0 if t = 1.
        """
        hidden, lam, K, one = self.hidden, self.hidden.lam, self.hidden.K, Interval.of(1)
        square = (one - y.power(2)) / lam  # |c|^2
        square = Interval(max(0, square.low), square.high)
        variance, cube = one - y.power(2), square * square.sqrt()
        alpha2 = self.top.power(2).times(self.t) + self.a.power(2).times(K - self.t)
        A1 = hidden.m[1] * (self.A0 - self.a.times(K - self.t))
        c_alpha = -self.a * y / hidden.m[1]
        YYA, YAA = self.third * side * square, self.third * self.a.power(2) * y / hidden.m[1]
        YYAA = self.kurtosis * side.power(2) * square + lam.power(2) * (square * alpha2 + c_alpha.power(2).times(2))
        two = y.power(2) * (A1.power(2) + lam * alpha2) + A1.power(2) * variance + YYAA
        two = two + (y * A1 * lam * c_alpha).times(4) + (A1 * YYA + y * YAA).times(2)
        three = A1 * (y.power(3) + (y * variance).times(3)) + (y.power(2) * lam * c_alpha).times(3)
        three = three + (y * YYA).times(3) + (lam.power(2) * square * c_alpha).times(3)
        four = (
            y.power(4) + (y.power(2) * variance).times(6) + variance.power(2).times(3) + self.kurtosis * square.power(2)
        )
        odd = (self.third * (A1 + (g * y).times(2)) + self.kurtosis * side).times(2) * g
        return two + (three * g).times(2) + four * g.power(2) + largest(odd, -odd) * cube

    def fourth_moment(self) -> Interval:
        """Enclose ``T2 = E |P V|^4``: ``lam |P V|^2`` is the sum of two forms, over targets 1 and over the others."""
        t, others, hidden = self.t, self.hidden.K - self.t, self.hidden
        first, first_square = self._form(others, hidden.D + Interval.of(others))
        second, second_square = self._form(t, Interval.of(t))
        return (first_square + (first * second).times(2) + second_square) / hidden.lam.power(2)

    def _form(self, size: int, divisor: Interval) -> tuple[Interval, Interval]:
        """Enclose mean and mean square of ``A - S^2/divisor``, A the sum of v_i^2 and S of v_i over `size` samples."""
        _, m1, m2, m3, m4 = self.hidden.m
        two = size * (size - 1)
        three, four = two * (size - 2), two * (size - 2) * (size - 3)
        A, S2 = m2.times(size), m2.times(size) + m1.power(2).times(two)
        AA = m4.times(size) + m2.power(2).times(two)
        ASS = AA + (m3 * m1).times(2 * two) + (m2 * m1.power(2)).times(three)
        S4 = m4.times(size) + (m3 * m1).times(4 * two) + m2.power(2).times(3 * two)
        S4 = S4 + (m2 * m1.power(2)).times(6 * three) + m1.power(4).times(four)
        return A - S2 / divisor, AA - ASS.times(2) / divisor + S4 / divisor.power(2)


class OutputBit:
    """One output bit at a state with n >= 2 matches, t writers, p of them matching: bounds its error probability.

    ``beta = Gbar^-1 E h v``, the limit of the output is ``mu = beta . y``; `sign` s is -1 if the bit should be 1, else
    1. With ``m = s (threshold - mu) - slack`` the output leaves its side by training to the end, or comes within
    `slack` of it, only if ``s (f - mu) >= m``. *Exactly*: with ``b = beta + s (m/A0) alpha`` and ``zeta = s (h - b .
    v)`` this is ``mean[(c . v) zeta] >= 0`` (or G is singular, then it is 0), c of :class:`Column`; and ``E v zeta =
    -(m/A0) y``. Groups of samples: matching writers, other matching samples, other writers, the rest; every quantity
    is constant on each group.
    """

    def __init__(self, column: Column, count: Count, threshold: Fraction, slack: Interval) -> None:
        (n, p, t), hidden = count, column.hidden
        self.n, self.p, self.t, self.column, self.hidden = n, p, t, column, hidden
        self.where = f"at n = {n}, p = {p}, t = {t}"
        self.sizes, self.sign = (p, n - p, t - p, hidden.K - n - t + p), -1 if p else 1
        self.root = Interval.of(Fraction(1, n)).sqrt()
        inside, outside = hidden.limits(n)
        self.mean = inside.times(p) + outside.times(t - p)
        self.margin = (Interval.of(threshold) - self.mean).times(self.sign) - slack
        if self.margin.low <= 0:
            raise Rejected(
                f"the limit of the output is not clearly on the program's side of the threshold {self.where}"
            )
        move = self.margin.times(self.sign) / column.A0
        self.alpha = (column.top, -column.a, column.top, -column.a)
        limits = (inside, inside, outside, outside)
        self.b = tuple(limit + move * alpha for limit, alpha in zip(limits, self.alpha, strict=True))
        self._weigh()

    # --- the second moments W = E v v' zeta^2

    def _weigh(self) -> None:
        """Compute W: `own` (a sample with itself), `pair` (two different ones), ``W alpha``, ``alpha' W alpha``."""
        zero = Interval.of(0)
        self.own = [self.entry(g) if self.sizes[g] else zero for g in range(4)]
        self.pair = self._pairs()
        sums = [alpha.times(size) for alpha, size in zip(self.alpha, self.sizes, strict=True)]
        self.pull = [
            self.alpha[g] * (self.own[g] - self.pair[g][g]) + dot(self.pair[g], sums) if self.sizes[g] else zero
            for g in range(4)
        ]
        self.spread = dot(self.pull, sums)

    def _pairs(self) -> list[list[Interval]]:
        """Enclose ``E v_i v_k zeta^2`` for two different samples of the groups g and k; 0 where there are no two."""
        groups, pair = [g for g in range(4) if self.sizes[g]], [[Interval.of(0)] * 4 for _ in range(4)]
        for g, k in ((g, k) for g in groups for k in groups if k < g or (k == g and self.sizes[g] > 1)):
            pair[g][k] = pair[k][g] = self.entry(g, k)
        return pair

    def entry(self, g: int, k: int | None = None) -> Interval:
        """Enclose ``E v_i v_k (h - b . v)^2`` for i = k in group g, or different samples of the groups g and k."""
        base = [(g, 2)] if k is None else [(g, 1), (k, 1)]
        cross, free = Interval.of(0), list(self.sizes)
        for index, (group, exponent) in enumerate(base):
            free[group] -= 1
            raised = [*base[:index], (group, exponent + 1), *base[index + 1 :]]
            cross = cross + self.b[group] * self._with_h(raised, 1)
        for group in (group for group in range(4) if free[group]):
            cross = cross + self.b[group].times(free[group]) * self._with_h([*base, (group, 1)], 1)
        h2 = self._with_h(base, 2) * Interval.of(Fraction(1, self.n))
        return h2 - (cross * self.root).times(2) + self._square([group for group, _ in base], free)

    def _with_h(self, powers: Sequence[tuple[int, int]], q: int) -> Interval:
        """Enclose ``E prod v_i^e (root n h)^q`` for different samples i, each given by its group and exponent e."""
        inner = tuple(e for group, e in powers if group < 2)
        return _multiplied(self.hidden.m[e] for group, e in powers if group >= 2) * self.hidden.moment(self.n, q, inner)

    def _square(self, base: Sequence[int], free: Sequence[int]) -> Interval:
        """Enclose ``E v_i v_k (b . v)^2`` for a sample (i = k) or two of the groups `base`; all others are `free`.

        The free ones have a sum S independent of v_i and v_k, with ``E S = m1 sum b`` and variance ``lam sum b^2``.
        """
        _, m1, m2, m3, m4 = self.hidden.m
        S = m1 * _added(b.times(size) for b, size in zip(self.b, free, strict=True))
        squares = _added(b.power(2).times(size) for b, size in zip(self.b, free, strict=True))
        S2 = S.power(2) + self.hidden.variance * squares
        b = [self.b[group] for group in base]
        if len(b) == 1:
            return b[0].power(2) * m4 + (b[0] * m3 * S).times(2) + m2 * S2
        ends = (b[0].power(2) + b[1].power(2)) * m3 * m1 + (b[0] * b[1] * m2.power(2)).times(2)
        return ends + ((b[0] + b[1]) * m2 * m1 * S).times(2) + m1.power(2) * S2

    # --- the supremum of (alpha.v) zeta + r |P V| |zeta| on the unit sphere of u

    def supremum(self, r: Interval, cover: Sequence[tuple[int, Fraction]]) -> Interval:
        """Enclose M from above: ``(alpha.v) zeta + r |P V| |zeta| <= M`` for every u with ``|u| = 1``.

        Y is the sum of v over the writers, over root t, Z over the others, R the length of v without its part Y, and
        ``reach = r/root lam``: ``alpha . v = root t top Y - a Z`` and ``|P V|^2 = (R^2 - Z^2/(D + K - t))/lam``. Zeta
        has either sign, and so has s. `cover` parts the possible numbers of matching samples that do
        not write and have u > 0, from 0 to ``sizes[1]``, into blocks: the last number of each, and a mu between 0 and
        1.
        """
        reach, first = r / self.hidden.lam.sqrt(), 0
        bounds = [self.above_of_zero(reach) if self.sign > 0 else self.above_of_one(reach)]
        for last, mu in cover:
            if not (first <= last <= self.sizes[1] and 0 <= mu <= 1):
                raise Rejected(f"the blocks of the cover do not increase, or a mu is not between 0 and 1, {self.where}")
            below = self.below_of_zero if self.sign > 0 else self.below_of_one
            bounds.append(below(reach, self.sizes[1] - first, last, Interval.of(mu) * self.root))
            first = last + 1
        if first != self.sizes[1] + 1:
            raise Rejected(f"the cover does not end in {self.sizes[1]} {self.where}")
        return largest(*bounds)

    def _writers(self, first: Interval, second: Interval, p: int) -> tuple[Interval, Interval]:
        """Enclose a form on p matching writers and all further ones: along their mean; across it, squared."""
        size, further = p + self.sizes[2], self.sizes[2]
        if size == 0:
            return Interval.of(0), Interval.of(0)
        along = (first.times(p) + second.times(further)) / Interval.of(size).sqrt()
        return along, (first - second).power(2) * Interval.of(Fraction(p * further, size))

    def above_of_zero(self, reach: Interval) -> Interval:
        """``h > b.v`` and s = 1: ``(root t top Y + reach R)(h - b.v)``, ``h <= x.v``: both are forms in Y and R."""
        _, others, _, rest = self.sizes
        along, _ = self._writers(-self.b[2], -self.b[2], 0)
        inner, outer = _positive(self.root - self.b[1]), _positive(-self.b[3])
        across = (inner.power(2).times(others) + outer.power(2).times(rest)).sqrt()
        return product_bound((self.column.top * Interval.of(self.t).sqrt(), reach), (along, across))

    def above_of_one(self, reach: Interval) -> Interval:
        """``h > b.v`` and s = -1: ``(a Z - root t top Y + reach rho)(line Y + most Z)``, ``rho^2 = R^2 - Z^2/E``.

        ``E = D + K - t``; ``(a Z + reach rho) most Z <= G R^2`` and what has a factor Y is at most ``cross Y R``; so
        the supremum is ``(G + root(G^2 + cross^2))/2``.
        """
        (p, others, further, rest), t, a = self.sizes, self.t, self.column.a
        E, root_t, zero = self.hidden.D + Interval.of(self.hidden.K - t), Interval.of(t).sqrt(), Interval.of(0)
        most = largest(zero, *[self.root - self.b[1]] * bool(others), *[-self.b[3]] * bool(rest))
        line = largest(zero, *[self.root - self.b[0]] * bool(p), *[-self.b[2]] * bool(further)) * root_t
        G = most * (a * E + ((a * E).power(2) + reach.power(2) * E).sqrt()) / Interval.of(2)
        turned = _positive(line * a - self.column.top * root_t * most)
        cross = line * reach + Interval.of(others + rest).sqrt() * turned
        return (G + (G.power(2) + cross.power(2)).sqrt()) / Interval.of(2)

    def below_of_zero(self, reach: Interval, negative: int, positive: int, pulled: Interval) -> Interval:
        """``h < b.v`` and s = 1: ``(a Z + reach R)(b.v - h)`` with ``h >= mu x.u``, `pulled` is ``mu/root n``.

        At most so many of the other matching samples have u > 0 (`positive`), and at most so many u < 0 (`negative`).
        """
        rest, a, zero = self.sizes[3], self.column.a, Interval.of(0)
        inner, outer = _positive(self.b[1] - pulled), _positive(self.b[3])
        along, _ = self._writers(self.b[2], self.b[2], 0)
        roots = [Interval.of(positive).sqrt(), Interval.of(rest).sqrt()]
        form = [inner * roots[0], outer * roots[1]]
        square = dot(form, form)
        other = _positive(along).power(2) + pulled.power(2).times(negative)
        sums = product_bound((a * roots[0], a * roots[1], zero), (*form, other.sqrt()))
        return sums + reach * ((square + other).sqrt() + square.sqrt()) / Interval.of(2)

    def below_of_one(self, reach: Interval, negative: int, positive: int, pulled: Interval) -> Interval:
        """``h < b.v`` and s = -1: ``(root t top Y + reach R)(b.v - h)``, by the number of matching writers with u > 0.

        With those and the further writers, `support` of them, Y is ``root(support/t)`` times their mean part, and ``R
        <= root((t - support)/t)`` times it plus the length of what is left; so both are forms in two lengths and a
        third one, of the samples with u < 0.
        """
        (p, _, further, rest), t, bounds = self.sizes, self.t, []
        inner, outer = _positive(self.b[1] - pulled), _positive(self.b[3])
        for writing in range(p + 1):
            support = writing + further
            slope = self.column.top * Interval.of(support).sqrt() + reach * Interval.of(Fraction(t - support, t)).sqrt()
            along, across = self._writers(self.b[0] - pulled, self.b[2], writing)
            across = across + inner.power(2).times(positive) + outer.power(2).times(rest)
            third = pulled * Interval.of(negative + p - writing).sqrt()
            bounds.append(product_bound((slope, reach, Interval.of(0)), (along, across.sqrt(), third)))
        return largest(*bounds)

    # --- the bound

    def wrong(
        self, width: int, e: Fraction, l: Fraction, z: Fraction, q: Fraction, cover: Sequence[tuple[int, Fraction]]
    ) -> Interval:
        """Enclose the logarithm of a bound of ``P(wrong side, |delta| < e)``, for any l, z > 0, q and cover that serve.

        With ``X = ((alpha + r Gbar^(-1/2) d) . v) zeta``, ``r = e/p``, averaged over directions d tilted by z or less,
        ``mean X >= 0``; by Donsker and Varadhan ``P <= exp(divergence)`` times the average over all directions of ``(E
        exp(l X))^w``. There ``E X = -m`` and ``E X^2 = alpha' W alpha +`` terms of d; so with Bennett's C, ``t0 = C
        alpha' W alpha - l m`` and ``g = w C/(1 + t0)`` it is at most ``(1 + t0)^w`` times the average of ``exp(d' Q
        d)``, see :meth:`averaged`.
        """
        p, divergence = self.hidden.tilted(z)
        r = Interval.of(e) / p
        C = self.factor(l, r, self.supremum(r, cover))
        base = Interval.of(1) + C * self.spread - Interval.of(l) * self.margin
        if base.low <= 0:
            raise Rejected(f"a bound of an expectation that is not positive {self.where}")
        return base.log().times(width) + divergence + self.averaged(C.times(width) / base, r, q)

    def factor(self, l: Fraction, r: Interval, M: Interval) -> Interval:
        """Enclose Bennett's C for X at the supremum M."""
        return self.hidden.bennett(l, M)

    def averaged(self, g: Interval, r: Interval, q: Fraction) -> Interval:
        """Enclose ``q - log det((1 + 2 q/N) I - 2/N Q)/2``, a bound of the log of the average of ``exp(d' Q d)``.

        ``Q = r^2 g W + 2 (r g)^2 (W alpha)(W alpha)'`` on ``y . c = 0``, relative to Gbar: the linear term of d goes by
        ``cosh x <= exp(x^2/2)``. If d is uniform, rho^2 has mean 1 and rho d is Gaussian of covariance I/N, then
        ``exp(d' (Q - q) d) <= E exp(rho^2 d' (Q - q) d)``, by convexity. On differences within a group the operator is
        a number; besides there are vectors that are constant on groups.
        """
        N = self.hidden.N
        base = Interval.of(1 + Fraction(2 * q, N))
        scale, linear = (g * r.power(2)).times(2) / Interval.of(N), (g * r).power(2).times(4) / Interval.of(N)
        total, limit, matrix = self._within_groups(base, scale), [], []
        for x in self.vectors():
            limit.append([self._inside(x, y) for y in self.vectors()])
            quadratic = [
                scale * self._weight(x, y) + linear * self._pulled(x) * self._pulled(y) for y in self.vectors()
            ]
            matrix.append([base * one - other for one, other in zip(limit[-1], quadratic, strict=True)])
        total = total + log_determinant(matrix, self.where) - log_determinant(limit, self.where)
        return Interval.of(q) - total / Interval.of(2)

    def _within_groups(self, base: Interval, scale: Interval) -> Interval:
        """Enclose the log of the determinant of ``base - scale W``, relative to Gbar, on differences within groups."""
        total = Interval.of(0)
        for k, size in enumerate(self.sizes):
            if size > 1:
                ratio = base - scale * (self.own[k] - self.pair[k][k]) / self.hidden.lam
                total = total + log_determinant([[ratio]], self.where).times(size - 1)
        return total

    def vectors(self) -> list[tuple[int, ...]]:
        """Return a basis of ``y . c = 0`` among the vectors that are constant on groups: the value on each."""
        p, others, further, rest = self.sizes
        basis = (((0, 1, 0, 0), others), ((0, 0, 0, 1), rest), ((further, 0, -p, 0), p * further))
        return [vector for vector, exists in basis if exists]

    def _sums(self, x: Sequence[int]) -> list[int]:
        return [value * size for value, size in zip(x, self.sizes, strict=True)]

    def _inside(self, x: Sequence[int], y: Sequence[int]) -> Interval:
        """Enclose ``x' Gbar y``."""
        inner = sum(total * value for total, value in zip(self._sums(x), y, strict=True))
        return self.hidden.lam.times(inner) + self.hidden.apart.times(sum(self._sums(x)) * sum(self._sums(y)))

    def _weight(self, x: Sequence[int], y: Sequence[int]) -> Interval:
        """Enclose ``x' W y``."""
        first, second, size = self._sums(x), self._sums(y), range(4)
        total = _added(self.pair[g][k].times(first[g] * second[k]) for g in size for k in size)
        return total + _added((self.own[g] - self.pair[g][g]).times(first[g] * y[g]) for g in size)

    def _pulled(self, x: Sequence[int]) -> Interval:
        """Enclose ``x' W alpha``."""
        return _added(pull.times(total) for pull, total in zip(self.pull, self._sums(x), strict=True))


def _positive(number: Interval) -> Interval:
    return largest(number, Interval.of(0))


class Descent:
    """Training with a step on half the sum of squares, on two events: how far T steps are from its end.

    With targets y of t ones, ``f_T = k' G^-1 (I - (I - step G)^T) y``. If no eigenvalue of G exceeds 1/step, the least
    is at least `least` and the trace at most `trace`, then ``|f_T - f| <= root t root(trace/least) (1 - step
    least)^T``: by Bessel's inequality ``k' G^-1 k <= mean h^2``, and ``h <= x . v`` makes that at most the largest
    eigenvalue. The events: the trace exceeds ``K (1 + rise)/2``, and ``G >= (1 - drop) Gbar`` fails, where Gbar's least
    is lam.
    """

    def __init__(self, hidden: Hidden, step: Fraction, rise: Fraction, drop: Fraction) -> None:
        if not (rise > 0 and 0 < drop < 1 and step > 0):
            raise Rejected("rise or step is not above 0, or drop not between 0 and 1")
        if step * hidden.K * (1 + rise) > 2:
            raise Rejected(f"the step {_shown(step)} is too large for eigenvalues up to K (1 + rise)/2")
        self.hidden, self.step, self.rise, self.drop = hidden, step, rise, drop
        self.trace, self.least = Interval.of(hidden.K * (1 + rise) / 2), hidden.lam * Interval.of(1 - drop)

    def remainder(self, t: int, steps: int) -> Interval:
        """Enclose the bound of ``|f_T - f|``, at a sample of ``|f_T - y|``."""
        return (Interval.of(t) * self.trace / self.least).sqrt() * self.decay(steps)

    def decay(self, steps: int) -> Interval:
        """Enclose ``(1 - step least)^T``, the largest eigenvalue of ``R = (I - step G)^T``."""
        shrinking = Interval.of(1) - Interval.of(self.step) * self.least
        decay = shrinking.log().times(steps).exp()
        return Interval(max(0, decay.low), decay.high)

    def leftover(self, steps: int) -> Interval:
        """Enclose ``(1 - step least)^(2 T) trace``, which bounds ``k' G^-1 R^2 k``, and ``e' R G R e`` at a sample."""
        return self.decay(steps).power(2) * self.trace

    def trace_event(self, width: int, l: Fraction) -> Interval:
        """Enclose the log of Chernoff's bound, 0 < l < 1/2: ``exp(-w l K (1 + rise)/2) E[exp(l v_i^2)]^(w K)``.

        ``E exp(l v_i^2) = 1/2 + (1 - 2 l)^(-1/2)/2``, and the trace is the mean over w neurons of ``sum v_i^2``.
        """
        if not 0 < 2 * l < 1:
            raise Rejected("the tilt of the trace is not between 0 and 1/2")
        moment = (Interval.of(1) + Interval.of(1) / Interval.of(1 - 2 * l).sqrt()) / Interval.of(2)
        return (moment.log() - Interval.of(l * (1 + self.rise) / 2)).times(width * self.hidden.K)

    def eigenvalue_event(self, width: int, l: Fraction) -> Interval:
        """Enclose the log of ``K exp(w (l (1 - drop) + log(1 - l + l^2 Lam/2)))``, l > 0: the matrix Laplace transform.

        With ``exp(-x) <= 1 - x + x^2/2`` for ``x = l V V'``; Lam is the largest eigenvalue of ``E |V|^2 V V'``.
        """
        if l <= 0:
            raise Rejected("the tilt of the eigenvalue is not above 0")
        bound = Interval.of(1 - l) + Interval.of(l * l / 2) * self.second_moment()
        exponent = Interval.of(l * (1 - self.drop)) + bound.log()
        return exponent.times(width) + Interval.of(self.hidden.K).log()

    def second_moment(self) -> Interval:
        """Enclose Lam: ``lam |V|^2 = |v|^2 - (sum v)^2/(D + K)``; all but the vector 1 have one eigenvalue."""
        hidden, K = self.hidden, self.hidden.K
        _, m1, m2, m3, m4 = hidden.m
        m11 = m1.power(2)
        own = m4 + m2.power(2).times(K - 1)  # E v_i^2 |v|^2, then E v_i v_k |v|^2; the same with (sum v)^2
        pair = (m3 * m1).times(2) + (m2 * m11).times(K - 2)
        own_sum = m4 + (m3 * m1).times(2 * (K - 1)) + m2.power(2).times(K - 1) + (m2 * m11).times((K - 1) * (K - 2))
        pair_sum = (m3 * m1).times(2) + m2.power(2).times(2) + (m2 * m11).times(5 * (K - 2))
        pair_sum = pair_sum + m11.power(2).times((K - 2) * (K - 3))
        divisor = (hidden.D + Interval.of(K)) * hidden.lam
        own, pair = own / hidden.lam - own_sum / divisor, pair / hidden.lam - pair_sum / divisor
        across, along = (own - pair) / hidden.lam, hidden.lam + hidden.apart.times(K)
        return largest(across, (own + pair.times(K - 1)) / along)


# --------------------------------------------------------------------------------------- averages from a Gaussian start
# N independent networks of width w, averaged. Each starts with output weights a ~ N(0, I), independent for every output
# bit; the hidden weights are those of "finite networks". With phi = relu(x . u)/root w, Phi its values at the samples
# and R = (I - step G)^T, T steps give exactly
#
#     f_T = k' G^-1 (I - R) y + (phi - Phi G^-1 (I - R) k) . a.
#
# The first term is that of the start 0. Given all u the second one is Gaussian with mean 0; as phi - Phi G^-1 k is
# orthogonal to the columns of Phi and G^-1 k minimises mean (h - b.v)^2 over b, its variance is
#
#     |phi - Phi G^-1 k|^2 + k' G^-1 R^2 k <= mean rho^2 + leftover,    rho = h - beta.v,    beta = Gbar^-1 E h v.
#
# The average of N such terms has a variance of at most (V + leftover)/N, if mean rho^2 <= V over the N w neurons. With
# V = Gbar^(-1/2) v (a vector; the number V is the one of the evidence), S = mean V rho, and Delta = mean V (alpha.v) -
# Gbar^(1/2) alpha, both of expectation 0, exactly
#
#     k' G^-1 y - mu = mean (alpha.v) rho - Delta' (Gbar^(1/2) G^-1 Gbar^(1/2)) S,
#
# and the last term is at most |Delta| |S|/(1 - drop) if G >= (1 - drop) Gbar. |Delta| is bounded in every network, |S|
# on average over the networks, and the term of first order is a mean over all N w neurons.
class MeanVector(OutputBit):
    """The mean of w independent vectors ``xi v``, xi a number, in the metric of Gbar: bounds its length.

    Groups of samples: the first `size` (1) and the rest (3), with the coefficients b. ``W = E v v' xi^2``. `most`
    bounds ``|xi|`` on the unit sphere of u.
    """

    most: Interval

    def __init__(self, hidden: Hidden, size: int, b: tuple[Interval, Interval], where: str) -> None:
        self.hidden, self.n, self.where, self.b = hidden, size, where, (b[0], b[0], b[1], b[1])
        self.sizes, self.alpha = (0, size, 0, hidden.K - size), (Interval.of(0),) * 4
        self.root = Interval.of(Fraction(1, size)).sqrt()
        self._weigh()

    def longer(self, width: int, tail: Tail, networks: int) -> Interval:
        """Enclose the log of a bound of ``P(average length of N independent mean vectors >= value)``.

        The length is the mean of ``d . mean`` over directions d tilted towards it by z, over p. By Donsker and Varadhan
        ``E exp(w l p length) <= exp(divergence)`` times the average over all d of ``E exp(w l d . mean)``, which is at
        most ``exp(w C d' W d)``: with ``X = d . Gbar^(-1/2) v xi``, ``E exp(l (X - E X)) <= exp(-l E X) (1 + l E X + C
        E X^2) <= exp(C E X^2)``. On the unit sphere ``|Gbar^(-1/2) v| <= 1/root lam``. N networks: the N-th power.
        """
        (value, l, z, q), hidden = tail, self.hidden
        p, divergence = Hidden(hidden.K + 1).tilted(z)  # K dimensions
        C = hidden.bennett(l, self.most / hidden.lam.sqrt())
        log = divergence + self.everywhere(C.times(width), q) - (p * Interval.of(l * value)).times(width)
        return log.times(networks)

    def everywhere(self, g: Interval, q: Fraction) -> Interval:
        """Enclose ``q - log det((1 + 2 q/K) I - 2 g/K W)/2``, as in :meth:`OutputBit.averaged`, in all K dimensions."""
        K, vectors = self.hidden.K, ((0, 1, 0, 0), (0, 0, 0, 1))[: 1 + (self.sizes[3] > 0)]
        base, scale = Interval.of(1 + Fraction(2 * q, K)), g.times(2) / Interval.of(K)
        limit = [[self._inside(x, y) for y in vectors] for x in vectors]
        form = [[base * self._inside(x, y) - scale * self._weight(x, y) for y in vectors] for x in vectors]
        total = self._within_groups(base, scale) + log_determinant(form, self.where)
        return Interval.of(q) - (total - log_determinant(limit, self.where)) / Interval.of(2)


class GramDeviation(MeanVector):
    """Delta of a column with t ones: ``xi = alpha.v``, which lies between ``-a root(K - t)`` and ``root t top``."""

    def __init__(self, column: Column) -> None:
        hidden, t = column.hidden, column.t
        super().__init__(hidden, t, (column.top, -column.a), f"in columns with {t} ones")
        self.column = column
        self.most = largest(column.top * Interval.of(t).sqrt(), column.a * Interval.of(hidden.K - t).sqrt())

    def entry(self, g: int, k: int | None = None) -> Interval:
        """Enclose ``E v_i v_k (alpha.v)^2`` for i = k in group g, or different samples of the groups g and k."""
        base, free = [g] if k is None else [g, k], list(self.sizes)
        for group in base:
            free[group] -= 1
        return self._square(base, free)


class Residual(MeanVector):
    """S of a state with n matches: ``xi = rho``, and the events of ``rho^2``.

    ``rho <= (x - beta)+.v`` as ``h <= x.v``; and as ``h >= x.u mu/root n`` for any mu between 0 and 1, here half of
    beta over x, ``-rho <= sum of beta_i |u_i|/2`` over the matching samples ``+ beta+.v`` over the others.
    """

    def __init__(self, hidden: Hidden, n: int) -> None:
        inside, outside = hidden.limits(n)
        super().__init__(hidden, n, (inside, outside), f"at n = {n}")
        if inside.low < 0 or inside.high > self.root.low:
            raise Rejected(f"the weight of a matching sample is not clearly between 0 and x {self.where}")
        rest, half = hidden.K - n, inside / Interval.of(2)
        above = (self.root - inside).power(2).times(n) + _positive(-outside).power(2).times(rest)
        below = half.power(2).times(n) + _positive(outside).power(2).times(rest)
        self.most = largest(above, below).sqrt()

    @property
    def mean_square(self) -> Interval:
        """``E rho^2 = E h^2 - beta . E h v``."""
        explained = (self.b[1] * self.hidden.matched(self.n)).times(self.n)
        return Interval.of(Fraction(1, 2)) - explained - (self.b[3] * self.hidden.apart).times(self.sizes[3])

    def square_event(self, neurons: int, tail: Tail) -> Interval:
        """Enclose the log of a bound of ``P(mean rho^2 > value)`` over so many neurons, for ``0 < 2 l M < 1``.

        ``M = most^2``. At a direction of u with ``rho^2 = r |u|^2``, ``E exp(l rho^2) = (1 - 2 l r)^(-K/2)``, which is
        convex in r: at most its chord from 0 to M. The mean of r is ``E rho^2/K``.
        """
        (value, l), K, one, M = tail, self.hidden.K, Interval.of(1), self.most.power(2)
        x = one - (Interval.of(l) * M).times(2)
        if x.low <= 0:
            raise Rejected(f"l = {_shown(l)} is not between 0 and 1/(2 M) {self.where}")
        chord = ((-x.log() * Interval.of(Fraction(K, 2))).exp() - one) / M.times(K)
        return ((one + self.mean_square * chord).log() - Interval.of(l * value)).times(neurons)

    def variance(self, column: Column, p: int) -> Interval:
        """Enclose ``E ((alpha.v) rho)^2 = alpha' W alpha``, p of the t writers being among the n matching samples."""
        top, a, total = column.top, column.a, Interval.of(0)
        writers, sums = (p, column.t - p), []
        for g, writing in zip((1, 3), writers, strict=True):
            others = self.sizes[g] - writing
            sums.append(top.times(writing) - a.times(others))
            squares = top.power(2).times(writing) + a.power(2).times(others)
            total = total + squares * (self.own[g] - self.pair[g][g])
        total = total + sums[0].power(2) * self.pair[1][1] + sums[1].power(2) * self.pair[3][3]
        return total + (sums[0] * sums[1] * self.pair[1][3]).times(2)


class Average:
    """The average of N networks from a Gaussian start; `deviations`, `states`: the events of columns and of states."""

    def __init__(
        self, network: Network, descent: Descent, deviations: dict[int, Tail], states: dict[int, dict[str, Tail]]
    ) -> None:
        self.network, self.descent, hidden = network, descent, descent.hidden
        self.deviations, self.states = deviations, states
        self.columns = {t: GramDeviation(Column(hidden, t)) for t in deviations}
        self.residuals = {n: Residual(hidden, n) for n in states}
        self.leftover = descent.leftover(network.steps)

    def events(self, numbers: dict[int, int]) -> list[Chance]:
        """Return the terms of the union bound for the columns, in each network, and for the states with n matches."""
        network, width = self.network, self.network.width
        chances = [
            (
                f"the deviation {deviation.where}",
                deviation.longer(width, self.deviations[t], 1),
                network.columns[t] * network.networks,
            )
            for t, deviation in self.columns.items()
        ]
        for n, state in self.residuals.items():
            tails = self.states[n]
            shift = state.longer(width, tails["shift"], network.networks)
            square = state.square_event(width * network.networks, tails["square"])
            chances += [
                (f"the {name} {state.where}", log, numbers[n]) for name, log in (("shift", shift), ("square", square))
            ]
        return chances

    def wrong(self, count: Count, d: Fraction, l: Fraction) -> tuple[Interval, Interval]:
        """Enclose the logs of bounds that the first-order term, or the Gaussian one, is too large for an output bit.

        The bit is right if the Gaussian term is below d and the first-order one below what is left of the margin: ``s
        (threshold - mu)`` less d, ``|Delta| |S|/(1 - drop)`` and the remainder. X, with ``|X| <= M`` on the unit
        sphere, has expectation 0, so ``E exp(l X) <= 1 + C E X^2``.
        """
        (n, p, t), network, drop = count, self.network, self.descent.drop
        deviation, state, where = self.columns[t], self.residuals[n], f"at n = {n}, p = {p}, t = {t}"
        mean = state.b[1].times(p) + state.b[3].times(t - p)
        second = Interval.of(self.deviations[t][0] * self.states[n]["shift"][0] / (1 - drop))
        left = (Interval.of(network.threshold) - mean).times(-1 if p else 1) - second
        left = left - self.descent.remainder(t, network.steps) - Interval.of(d)
        if left.low <= 0:
            raise Rejected(f"nothing is left of the margin for the term of first order {where}")
        C = state.hidden.bennett(l, deviation.most * state.most)
        rate = (Interval.of(1) + C * state.variance(deviation.column, p)).log() - Interval.of(l) * left
        return rate.times(network.width * network.networks), self.gaussian(Interval.of(d), n)

    def gaussian(self, margin: Interval, n: int) -> Interval:
        """Enclose the log of a bound that the Gaussian term of a state with n matches, 1 or more, exceeds `margin`.

        Its variance is at most ``(V + leftover)/N``; at a sample, where n = 1, ``leftover/N``.
        """
        square = self.states[n]["square"][0] if n > 1 else Fraction(0)
        variance = (Interval.of(square) + self.leftover) / Interval.of(self.network.networks)
        return tail(margin / Interval(variance.high, variance.high).sqrt())

    def simple(self, n: int, t: int) -> Interval:
        """Enclose the log of the same bound at a sample (n = 1), or for a bit that no template writes (t = 0).

        The mean is off the target by the remainder at most; it is exactly 0 if t = 0, as is the remainder.
        """
        remainder = self.descent.remainder(t, self.network.steps)
        return self.gaussian(nearest(self.network.threshold) - remainder, n)


# ------------------------------------------------------------------------------------------ finite networks, all layers
# One scalar network for each output bit, all from one start: m pairs of neurons (a, u) = (1, u), (-1, u), u ~ N(0, I)
# in R^K, so w = 2 m neurons and
#
#     f(x) = w^(-1/2) sum a relu(u . x),    f = 0 at the start.
#
# T steps of gradient descent of size eta train all weights on the K basis vectors with a column y of targets. "mean" is
# over the pairs. At the start, with v = relu(u), 1_i = [u_i > 0], h = relu(x . u) and gamma = [x . u > 0],
#
#     N_r = diag(1_i) + v v',    H = mean N_r,    k = mean (v_i h + 1_i gamma x_i),    bh = H^-1 k,
#     E H = Hbar = lam I + 1 1'/(2 pi),    lam = 1 - 1/(2 pi).
#
# The network linearised at its start converges to y . bh. Only u is random. With the residual e(k) = f(X) - y after k
# steps, c(k) = eta e(k)/root w and E(k) = c(0) + ... + c(k-1), a step is
#
#     u_i -= a c_i [u_i > 0],    a -= c . relu(u).
#
# D_k(x) = f_k(x) + root w k . E(k) is 0 if training stays linear. Exactly,
#
#     e(k+1) = (I - eta H) e(k) + D_(k+1)(X) - D_k(X),
#     f(x) - y . bh = D(x) - bh . D(X) + bh . e(T)    after T steps.
#
# Start bounds the events about u alone, Path what follows for a column y, Windows the events of coordinates near a
# kink, Regression those of a state, TangentColumn and TangentBit the linearised network.
Term4: TypeAlias = tuple[str, int, int]  # a sum over samples of c_i^a alpha_i^b times v_i ("v") or 1_i ("1")
Powers: TypeAlias = dict[tuple[int, ...], Interval]  # a polynomial, see TangentColumn
Moment: TypeAlias = Callable[[Sequence[tuple[int, int]]], Interval]
SHARES = 12  # parts of [0, 1]: the share of |c|^2 on the writers


class Tangent(Hidden):
    """Constants of K samples where all layers are trained: lam = 1 - 1/(2 pi), ``D = 2 pi - 1``."""

    def __init__(self, samples: int) -> None:
        super().__init__(samples)
        self.lam, self.D, self.layers = Interval.of(1) - self.apart, pi().times(2) - Interval.of(1), 2
        self.everywhere = Hidden(samples + 1)  # whose directions have K dimensions

    def positive(self, exponent: int) -> Interval:
        """Enclose ``E 1_i u_i^e``."""
        return self.m[exponent] if exponent else Interval.of(Fraction(1, 2))

    def gated(self, n: int, q: int, exponents: tuple[int, ...]) -> Interval:
        """Enclose ``E gamma H^q prod 1_i u_i^(e_i)``, H the sum of n coordinates, s <= n of them named, e_i >= 0.

        Where s = n all are positive, gamma is 1 and H is multiplied out.
        """
        key = (n, -1 - q, tuple(sorted(exponents)))
        if key not in self._known:
            s, one = len(exponents), Fraction(1)
            if s < n:
                rows = [[Fraction(i == k) for k in range(s)] + [one] for i in range(s)]
                value = self.by_parts((*key[2], q), (*rows, [one] * s + [Fraction(n)]))
            elif q == 0:
                value = _multiplied(self.positive(e) for e in exponents)
            else:
                more = (tuple(e + (i == k) for i, e in enumerate(exponents)) for k in range(n))
                value = _added(self.gated(n, q - 1, raised) for raised in more)
            self._known[key] = value
        return self._known[key]

    def two_degrees(self, l: Fraction, M0: Interval, M2: Interval, dimension: int) -> Interval:
        """Enclose C: ``E exp(l X) <= 1 + l E X + C E X^2``, X of degrees 0, at most M0, and 2, at most ``M2 |u|^2``.

        Given the direction ``X = x0 + x2 R^2``, R^2 with K degrees of freedom, and C is ``E(exp(l X) - 1 - l X)/E X^2 =
        (exp(l x0) (1 - 2 l x2)^(-K/2) - 1 - l (x0 + K x2))/(x0^2 + 2 K x0 x2 + K (K + 2) x2^2)``, increasing in x0 and
        x2: an average over s in [0, 1] of ``E[X^2 exp(s l X)]/E X^2``, which does (K >= 2 if M0 > 0).
        """
        x, K, one = Interval.of(l) * M2, dimension, Interval.of(1)
        if l <= 0 or M2.low <= 0 or (one - x.times(2)).low <= 0:
            raise Rejected(f"l = {_shown(l)} is not between 0 and 1/(2 M)")
        x0 = Interval.of(l) * M0
        power = (x0 - (one - x.times(2)).log() * Interval.of(Fraction(K, 2))).exp()
        square = M0.power(2) + (M0 * M2).times(2 * K) + M2.power(2).times(K * (K + 2))
        return (power - one - x0 - x.times(K)) / square

    def sums(self, size: int) -> tuple[Interval, Interval]:
        """Enclose ``E T_i^2`` and ``E T_i T_k`` for ``T_i = 1_i + v_i V``, V the sum of v over `size` samples."""
        (_, m1, m2, m3, m4), s, half = self.m, size, Interval.of(Fraction(1, 2))
        m11 = m1.power(2)
        own = m4 + (m3 * m1).times(2 * (s - 1)) + m2 * (m2.times(s - 1) + m11.times((s - 1) * (s - 2)))
        own = own + (m2 + m11.times(s - 1)).times(2) + half
        pair = (m3 * m1).times(2) + m2.power(2).times(2) + (m2 * m11).times(4 * (s - 2))
        pair = pair + m11 * (m2.times(s - 2) + m11.times((s - 2) * (s - 3)))
        return own, pair + m11.times(2) + m2 + m11.times(s - 2) + half * half

    def fourth(self) -> tuple[Interval, Interval]:
        """Enclose ``E v_i^2 |v|^2`` and ``E v_i v_k |v|^2``."""
        K, (_, m1, m2, m3, m4) = self.K, self.m
        return m4 + m2.power(2).times(K - 1), (m3 * m1).times(2) + (m2 * m1.power(2)).times(K - 2)

    def chi(self, l: Fraction) -> Interval:
        """Enclose ``log E exp(l |v|^2)``, 0 < l < 1/2."""
        if not 0 < 2 * l < 1:
            raise Rejected("a tilt of |v| is not between 0 and 1/2")
        root = Interval.of(1 - 2 * l).sqrt()
        return ((Interval.of(1) + Interval.of(1) / root) / Interval.of(2)).log().times(self.K)

    def vector_event(
        self, pairs: int, tail: Tail, values: Sequence[tuple[int, Interval]], M0: Interval, M2: Interval, where: str
    ) -> Interval:
        """Enclose the log of a bound of ``P(|mean xi| >= value)``, xi centred in N dimensions of known covariance.

        Its eigenvalues, with multiplicities, are `values`; ``d . xi`` has parts of degree 0 and 2 at most M0 and M2 for
        every unit vector d. Donsker and Varadhan with d tilted by z towards the mean of xi; ``E exp(l d . xi) <= exp(C
        d' V d)``, and its power m averaged as in :meth:`OutputBit.averaged`.
        """
        value, l, z, q = tail
        p, divergence = self.tilted(z)
        C, total = self.two_degrees(l, M0, M2, self.K).times(2 * pairs) / Interval.of(self.N), Interval.of(0)
        for times, eigenvalue in (item for item in values if item[0]):
            factor = Interval.of(1 + Fraction(2 * q, self.N)) - C * eigenvalue
            total = total + log_determinant([[factor]], where).times(times)
        return divergence + Interval.of(q) - total / Interval.of(2) - (p * Interval.of(l * value)).times(pairs)


Tail: TypeAlias = tuple[Fraction, ...]  # what an event keeps a number below, its tilt l; for lengths z and q too


def power_trace(along: Interval, across: Interval, times: int, dimension: int, where: str) -> Interval:
    """Enclose the log of the trace of a matrix to a power: one eigenvalue `along`, all the others `across`."""
    first, second = (log_determinant([[value]], where) for value in (along, across))
    return first.times(times) + (Interval.of(1) + (second - first).times(times).exp().times(dimension - 1)).log()


class Start:
    """Events about u alone: that ``H >= (1 - drop) Hbar``, ``mean v v' <= gram I`` or ``|v| <= longest`` fails.

    Further levels s with a bound of ``P(|v| > s)`` for one neuron.
    """

    def __init__(self, tangent: Tangent, width: int, drop: Fraction, gram: Fraction, longest: Fraction) -> None:
        if width % 2:
            raise Rejected("a width that is odd: a start of pairs has an even number of neurons")
        if not 0 < drop < 1:
            raise Rejected("the drop of the least eigenvalue is not between 0 and 1")
        self.tangent, self.pairs, self.root = tangent, width // 2, Interval.of(width).sqrt()
        self.drop, self.gram, self.longest = drop, gram, longest
        self.inverse = Interval.of(1 / (1 - drop))
        self.least = tangent.lam * Interval.of(1 - drop)
        self.L = Interval.of(gram).sqrt()  # |mean d v| <= L rms d for numbers d of the pairs

    def eigenvalue_event(self, l: Fraction) -> Interval:
        """Enclose the log of ``exp(l m (1 - drop)) tr(E exp(-l X))^m``, ``X = Hbar^(-1/2) N_r Hbar^(-1/2)``, E X = I.

        The matrix Laplace transform; ``exp(-s) <= 1 - a s + b s^2`` for s >= 0, the parabola that agrees at 0 and
        touches at any x > 0 (the difference has no more zeros: its third derivative is ``exp(-s)``).
        """
        along, across = self.second_moments()
        x, one = Interval.of(l) * largest(along, across), Interval.of(1)
        end = (-x).exp()
        b = (one - end - end * x) / x.power(2)
        a = (b * x).times(2) + end
        first, second = (one - a * Interval.of(l) + b * Interval.of(l * l) * value for value in (along, across))
        trace = power_trace(first, second, self.pairs, self.tangent.K, "for the least eigenvalue")
        return trace + Interval.of(l * self.pairs * (1 - self.drop))

    def second_moments(self) -> tuple[Interval, Interval]:
        """Enclose the eigenvalues of ``E X^2`` along and across the vector 1: of ``E N Hbar^-1 N`` over those of Hbar.

        ``N^2 = diag(1_i) + 2 v v' + |v|^2 v v'`` and ``(N 1)_i = 1_i + v_i V``, V the sum of all v_i.
        """
        tangent, K, (_, m1, m2, _, _) = self.tangent, self.tangent.K, self.tangent.m
        (own, pair), (own_sum, pair_sum) = tangent.fourth(), tangent.sums(K)
        divisor = tangent.D + Interval.of(K)
        own = own + m2.times(2) + Interval.of(Fraction(1, 2)) - own_sum / divisor
        pair = pair + m1.power(2).times(2) - pair_sum / divisor
        along = (own + pair.times(K - 1)) / tangent.lam / (tangent.lam + tangent.apart.times(K))
        return along, (own - pair) / tangent.lam / tangent.lam

    def gram_event(self, l: Fraction) -> Interval:
        """Enclose the log of ``exp(-l m gram) tr(E exp(l v v'))^m``.

        ``E exp(l v v') <= I + l E v v' + C E |v|^2 v v'``, C Bennett's with M2 = 1: ``exp(l v v') = I + l v v' + l^2
        |v|^2 v v' (exp(y) - 1 - y)/y^2`` with ``y = l |v|^2 <= l |u|^2``, the quotient increases, and ``|u|`` is
        integrated out.
        """
        tangent, K, m2 = self.tangent, self.tangent.K, self.tangent.m[2]
        (own, pair), C = tangent.fourth(), tangent.two_degrees(l, Interval.of(0), Interval.of(1), K)
        one, rate = Interval.of(1), Interval.of(l)
        along = one + rate * (m2 + tangent.apart.times(K - 1)) + C * (own + pair.times(K - 1))
        across = one + rate * (m2 - tangent.apart) + C * (own - pair)
        trace = power_trace(along, across, self.pairs, K, "for the Gram matrix")
        return trace - Interval.of(l * self.pairs * self.gram)

    def longest_event(self, l: Fraction) -> Interval:
        """Enclose the log of ``m E exp(l |v|^2) exp(-l longest^2)``."""
        return self.level(self.longest, l) + Interval.of(self.pairs).log()

    def level(self, size: Fraction, l: Fraction) -> Interval:
        """Enclose the log of a bound of ``P(|v| > size)``."""
        return self.tangent.chi(l) - Interval.of(l * size**2)


class TangentColumn(Column):
    """A column y of targets with t ones where all layers are trained; ``c = alpha + Hbar^(-1/2) delta`` of H, not G.

    The event ``|delta| >= e`` is bounded as for :class:`Column`, with the mean over pairs and ``N~ = Hbar^(-1/2) N_r
    Hbar^(-1/2)`` in place of ``V V'``. For ``d = Hbar^(1/2) c`` the variable is ``X = -(c.v)(alpha.v) - n1 - g
    ((c.v)^2 + n2) + g b tr`` with ``n1 = sum c_i alpha_i 1_i``, ``n2 = sum c_i^2 1_i`` and tr the trace of N~ on the
    complement of y; n1, n2 and a part of tr come from the gates 1_i.
    """

    hidden: Tangent

    def factor(self, l: Fraction, M: Interval, g: Interval, b: Interval) -> Interval:
        """Enclose Bennett's C for X, which has a part of degree 0 too."""
        return self.hidden.two_degrees(l, self.constant(g, b), M, self.hidden.K)

    def constant(self, g: Interval, b: Interval) -> Interval:
        """Enclose the supremum of the part of degree 0 of X, ``-n1 - g n2 + g b tr``, from above.

        On the o = K - t samples with target 0, ``-n1 - g n2`` is at most ``a root o x - g x^2``, where x is the length
        of c there, at most ``1/root lam``. On the writers, where the c_i add up to 0, it is at most half of ``top root
        t/root lam``. The gates' part of tr is at most ``(t - 1 + o - o/(D + o))/lam``.
        """
        hidden, t, others = self.hidden, self.t, self.hidden.K - self.t
        slope, end = self.a * Interval.of(others).sqrt(), Interval.of(1) / hidden.lam.sqrt()
        total = least(slope.power(2) / g.times(4), slope * end)
        if t > 1:
            total = total + self.top * Interval.of(t).sqrt() * end / Interval.of(2)
        free = Interval.of(others) - Interval.of(others) / (hidden.D + Interval.of(others))
        return total + g * b * (Interval.of(t - 1) + free) / hidden.lam

    def fourth_moment(self) -> Interval:
        """Enclose ``T2 = E tr^2``: lam tr is the sum of two independent parts, over targets 1 and over targets 0."""
        parts = [self._trace(self.t, Interval.of(self.t))]
        others = self.hidden.K - self.t
        parts.append(self._trace(others, self.hidden.D + Interval.of(others)))
        (first, square), (second, other) = parts
        return (square + (first * second).times(2) + other) / self.hidden.lam.power(2)

    def _trace(self, size: int, divisor: Interval) -> tuple[Interval, Interval]:
        """Enclose mean and mean square of ``F + (1 - 1/divisor) J``, F of ``Column._form``, J the sum of the 1_i."""
        (_, m1, m2, _, _), s = self.hidden.m, size
        form, square = self._form(size, divisor)
        weight = Interval.of(1) - Interval.of(1) / divisor
        all_squares = m2.times(s + 1) / Interval.of(2)  # E 1_1 sum v_i^2
        all_sums = all_squares + m1.power(2).times(2 * (s - 1)) + m1.power(2).times((s - 1) * (s - 2)) / Interval.of(2)
        product = (all_squares - all_sums / divisor).times(s)  # E F J
        mean = form + weight * Interval.of(Fraction(s, 2))
        return mean, square + (weight * product).times(2) + weight.power(2) * Interval.of(Fraction(s * (s + 1), 4))

    # --- events of y and the start: P projects on y.c = 0, y^ = y/root t, b = P 1 is the indicator of the zeros

    def pull_event(self, pairs: int, tail: Tail) -> Interval:
        """Enclose the log of a bound of ``P(|P (H - Hbar) y^| >= value)``.

        The vector is the mean of ``xi = Y P v + P (1_i y^_i)``, ``Y = y^.v``, less its expectation. For every unit
        vector d, ``d.P v Y <= |v|^2/2``, as P d and y^ are orthogonal. The part of degree 0 is at most ``root(t (K -
        t))/(2 pi)``, from the expectation, plus 1/2 from the writers if t > 1, where the entries of d add up to 0.
        The covariance is ``E[Y^2] E[v v']`` less the outer square of the expectation on the zeros, and that of ``(v_i V
        + 1_i)/root t`` on the writers, where V is the sum of v over the writers.
        """
        tangent, t, zeros = self.hidden, self.t, self.hidden.K - self.t
        own, pair = tangent.sums(t)
        square, apart = self.label_mean(), tangent.apart
        along = square * (tangent.variance + apart.times(zeros)) - apart.power(2).times(t * zeros)
        values = [(1, along), (zeros - 1, square * tangent.variance), (t - 1, (own - pair) / Interval.of(t))]
        M0 = Interval.of(t * zeros).sqrt() * apart + Interval.of(Fraction(int(t > 1), 2))
        return tangent.vector_event(pairs, tail, values, M0, Interval.of(Fraction(1, 2)), "for the pull")

    def bulk_event(self, pairs: int, tail: Tail) -> Interval:
        """Enclose the log of a bound of ``P(|P (H - Hbar) b| >= value)``.

        The vector is the mean of ``xi = 1_i b_i + V P v``, V the sum of v over the r zeros, less its expectation mu b.
        For every unit vector d, ``d.P v V <= root r |v|^2``, and the part of degree 0, the sum over the zeros of ``d_i
        (1_i - mu)``, is at most ``root r max(mu, 1 - mu)``. The covariance is that of ``v_i V + 1_i`` on the zeros, and
        ``E V^2`` times that of v on the writers.
        """
        tangent, r = self.hidden, self.hidden.K - self.t
        (own, pair), (_, m1, m2, _, _) = tangent.sums(r), tangent.m
        mu, one = tangent.lam + tangent.apart.times(r), Interval.of(1)
        square = m2.times(r) + m1.power(2).times(r * (r - 1))
        along = own + pair.times(r - 1) - mu.power(2).times(r)
        values = [(1, along), (r - 1, own - pair), (self.t - 1, square * tangent.variance)]
        root = Interval.of(r).sqrt()
        return tangent.vector_event(pairs, tail, values, root * largest(mu, one - mu), root, "for the bulk")

    def label_mean(self) -> Interval:
        """Enclose ``E (y^.v)^2``."""
        return self.hidden.m[2] + self.hidden.m[1].power(2).times(self.t - 1)

    def label_event(self, pairs: int, tail: Tail) -> Interval:
        """Enclose the log of a bound of ``P(mean (y^.v)^2 > value)``: ``exp(-l m value) (1 + l E X + C E X^2)^m``.

        ``X = (y^.v)^2`` is at most ``|v|^2``; C is :meth:`Tangent.two_degrees` in the t dimensions of the writers.
        """
        (value, l), t, (_, m1, m2, m3, m4) = tail, self.t, self.hidden.m
        two, three = t * (t - 1), t * (t - 1) * (t - 2)
        fourth = m4.times(t) + (m3 * m1).times(4 * two) + m2.power(2).times(3 * two)
        fourth = fourth + (m2 * m1.power(2)).times(6 * three) + m1.power(4).times(three * (t - 3))
        C = self.hidden.two_degrees(l, Interval.of(0), Interval.of(1), t)
        moment = Interval.of(1) + Interval.of(l) * self.label_mean() + C * fourth / Interval.of(t * t)
        return moment.log().times(pairs) - Interval.of(l * pairs * value)

    def open_event(self, pairs: int, tail: Tail) -> Interval:
        """Enclose the log of Chernoff's bound of P(more than the share `value` of pairs has an open writer).

        A pair has ``u_i > 0`` for some writer i with probability ``1 - 2^-t``, so the bound is ``exp(-l m value) (1 +
        (exp(l) - 1)(1 - 2^-t))^m``.
        """
        value, l = tail
        shut = Interval(ONE >> self.t, -(-ONE >> self.t))
        chance = (Interval.of(l).exp() - Interval.of(1)) * (Interval.of(1) - shut)
        return (Interval.of(1) + chance).log().times(pairs) - Interval.of(l * pairs * value)

    # --- the supremum: polynomials in 7 power sums of c: all c_i; then squares of writers, squares of zeros, cubes of
    # --- writers, cubes of zeros, fourth powers of writers, fourth powers of zeros; a key lists the 7 exponents

    def supremum(self, g: Interval) -> Interval:
        """Enclose from above the supremum of ``E (Y A + n1 + g (Y^2 + n2))^2``, ``Y = c.v``, ``A = alpha.v``.

        y.c = 0 and ``c' Hbar c = 1``, so with the mean ``y = m1 sum c`` of Y, -1 <= y <= 1, ``|c|^2 = (1 - y^2)/lam``,
        of which a share lies on the writers (none if t = 1). Third powers add up to ``|c|^3`` on either part at most,
        fourth ones to between 0 and ``|c|^4``.
        """
        Y, Y2 = [("v", 1, 0), ("v", 0, 1)], [("v", 1, 0), ("v", 1, 0)]
        n1, n2 = [("1", 1, 1)], [("1", 2, 0)]
        total: Powers = {}
        for factor, left, right in (
            (Interval.of(1), (Y, n1), (Y, n1)),
            (g.times(2), (Y, n1), (Y2, n2)),
            (g.power(2), (Y2, n2), (Y2, n2)),
        ):
            for one, other in ((one, other) for one in left for other in right):
                for powers, value in self.expectation((*one, *other)).items():
                    total[powers] = total.get(powers, Interval.of(0)) + value * factor
        if self.t == 1:
            return self._largest(total, Interval.of(0))
        parts = [Interval(i * ONE // SHARES, -(-(i + 1) * ONE // SHARES)) for i in range(SHARES)]
        return largest(*(self._largest(total, share) for share in parts))

    def expectation(self, factors: tuple[Term4, ...]) -> Powers:
        """Enclose the expectation of a product of sums over independent samples, a polynomial.

        It is the sum over all subsets of the other factors of the joint cumulant of the first factor and the subset,
        times the expectation of the product of the remaining factors. The joint cumulant of sums over independent
        samples is the sum over samples of the joint cumulants of their terms.
        """
        if not factors:
            return {(0,) * 7: Interval.of(1)}
        first, rest, result = factors[0], factors[1:], Powers()
        for chosen in range(1 << len(rest)):
            block = [first, *(factor for i, factor in enumerate(rest) if chosen >> i & 1)]
            others = tuple(factor for i, factor in enumerate(rest) if not chosen >> i & 1)
            weight, sums = self._joint_cumulant(block)
            for powers, value in _terms_of_product(self.expectation(others), sums):
                result[powers] = result.get(powers, Interval.of(0)) + value * weight
        return result

    def _joint_cumulant(self, block: Sequence[Term4]) -> tuple[Interval, Powers]:
        """Return the joint cumulant of the sums in a block: a cumulant of one sample's v_i and 1_i, and a power sum."""
        kinds, c_powers, alpha_powers = zip(*block, strict=True)
        return self.cumulant(kinds.count("v"), kinds.count("1")), self._power_sum(sum(c_powers), sum(alpha_powers))

    def cumulant(self, values: int, gates: int) -> Interval:
        """Enclose the joint cumulant of `values` copies of v_i and `gates` copies of 1_i, from their moments."""

        def moment(v: int, one: int) -> Interval:
            return self.hidden.positive(v) if v or one else Interval.of(1)

        total = moment(values, gates)
        first = (1, 0) if values else (0, 1)
        for v in range(values - first[0] + 1):
            for one in range(gates - first[1] + 1):
                rest = (values - first[0] - v, gates - first[1] - one)
                if rest != (0, 0):
                    ways = _choices(values - first[0], v) * _choices(gates - first[1], one)
                    total = total - (self.cumulant(v + first[0], one + first[1]) * moment(*rest)).times(ways)
        return total

    def _power_sum(self, c: int, alpha: int) -> Powers:
        """Return ``sum c_i^c alpha_i^alpha`` as a polynomial; the c_i of the writers add up to 0."""
        writers, others = self.top.power(alpha), (-self.a).power(alpha)
        if c == 0:
            return {(0,) * 7: writers.times(self.t) + others.times(self.hidden.K - self.t)}
        index = max(0, 2 * c - 3)
        result = {tuple(int(i == 2 * c - 2) for i in range(7)): others}
        return result if c == 1 else {tuple(int(i == index) for i in range(7)): writers} | result

    def _largest(self, total: Powers, share: Interval) -> Interval:
        """Enclose from above the polynomial's supremum over y in [-1, 1], where `share` of ``|c|^2`` is on the writers.

        [-1, 1] is divided into CELLS parts. The terms are first collected by the powers of y and of ``|c|^2``; terms
        with third or fourth powers are collected by the power of y, separately for the writers and the zeros.
        """
        parts, plain, high = (share, Interval.of(1) - share), dict[tuple[int, int], Interval](), Powers()
        for powers, value in total.items():
            first, square = powers[0], powers[1] + powers[2]
            value = value * parts[0].power(powers[1]) * parts[1].power(powers[2]) / self.hidden.m[1].power(first)
            if any(powers[3:]):
                index = powers.index(1, 3)
                high[index, first] = high.get((index, first), Interval.of(0)) + value
            else:
                plain[first, square] = plain.get((first, square), Interval.of(0)) + value
        ends = [Interval.of(Fraction(2 * i - CELLS, CELLS)) for i in range(CELLS + 1)]
        cells = [Interval(low.low, up.high) for low, up in pairwise(ends)]
        most = max(self._at(y, parts, plain, high).high for y in cells)
        return Interval(most, most)

    def _at(
        self, y: Interval, parts: Sequence[Interval], plain: dict[tuple[int, int], Interval], high: Powers
    ) -> Interval:
        """Enclose an upper bound of the polynomial for every y in the interval, with ``|c|^2 = (1 - y^2)/lam``."""
        square = (Interval.of(1) - y.power(2)) / self.hidden.lam
        square = Interval(max(0, square.low), square.high)
        y_powers, squares = [y.power(i) for i in range(5)], [square.power(i) for i in range(3)]
        total = _added(value * y_powers[i] * squares[k] for (i, k), value in plain.items())
        for index in {index for index, _ in high}:
            slope = _added(value * y_powers[i] for (other, i), value in high.items() if other == index)
            part = parts[(index - 3) % 2] * square
            if index < 5:
                total = total + largest(slope, -slope) * part * part.sqrt()
            else:
                total = total + _positive(slope) * part.power(2)
        return total


def _terms_of_product(a: Powers, b: Powers) -> Iterator[tuple[tuple[int, ...], Interval]]:
    """Yield the terms of the product of two polynomials; several may have the same powers."""
    for powers, value in a.items():
        for more, times in b.items():
            yield tuple(x + y for x, y in zip(powers, more, strict=True)), value * times


def _choices(number: int, chosen: int) -> int:
    return factorial(number) // factorial(chosen) // factorial(number - chosen)


def least(*numbers: Interval) -> Interval:
    """Enclose the minimum of the numbers."""
    return Interval(min(number.low for number in numbers), min(number.high for number in numbers))


class TangentBit(OutputBit):
    """One output bit of the linearised network: bounds P(it is not on the correct side by more than `slack`).

    As for :class:`OutputBit` with ``rho = s (k_r - N_r b)``, ``rho_i = v_i zeta + s 1_i (gamma x_i - b_i)``, for ``v
    zeta``: ``s (f - mu) >= m`` is ``mean c . rho >= 0``, and ``E rho = -(m/A0) y``.
    """

    hidden: Tangent

    def entry(self, g: int, k: int | None = None) -> Interval:
        """Enclose ``E rho_i rho_k`` for i = k in group g, or different samples of the groups g and k.

        ``rho_i rho_k`` is ``v_i v_k zeta^2`` and, where both are open, ``u_i (h - b.v)(gamma x_k - b_k)``, the same
        with i and k exchanged, and ``(gamma x_i - b_i)(gamma x_k - b_k)``; ``gamma h = h``.
        """
        other = g if k is None else k
        gates = [(g, 0)] if k is None else [(g, 0), (k, 0)]
        if k is None:
            crossed = self._crossed([(g, 1)], g).times(2)
        else:
            crossed = self._crossed([(g, 1), (k, 0)], k) + self._crossed([(g, 0), (k, 1)], g)
        x, z, b, c = self._x(g), self._x(other), self.b[g], self.b[other]
        closed = (x * z - x * c - z * b) * self._gated(gates, 0) + b * c * self._open(gates)
        return super().entry(g, k) + crossed + closed

    def _crossed(self, powers: Sequence[tuple[int, int]], far: int) -> Interval:
        """Enclose ``E prod 1_i u_i^e (h - b.v)(gamma x_k - b_k)``, k in the group `far`."""
        x, b = self._x(far), self.b[far]
        total = (x - b) * self.root * self._gated(powers, 1) + b * self._along(powers, self._open)
        return total - x * self._along(powers, lambda raised: self._gated(raised, 0))

    def _x(self, group: int) -> Interval:
        return self.root if group < 2 else Interval.of(0)

    def _open(self, powers: Sequence[tuple[int, int]]) -> Interval:
        """Enclose ``E prod 1_i u_i^e``."""
        return _multiplied(self.hidden.positive(e) for _, e in powers)

    def _gated(self, powers: Sequence[tuple[int, int]], q: int) -> Interval:
        """Enclose ``E gamma (root n h)^q prod 1_i u_i^e``."""
        inner = tuple(e for group, e in powers if group < 2)
        return self._open([item for item in powers if item[0] >= 2]) * self.hidden.gated(self.n, q, inner)

    def _along(self, powers: Sequence[tuple[int, int]], moment: Moment) -> Interval:
        """Enclose ``E (b . v) ...`` for the product whose moments are given."""
        total, free = Interval.of(0), list(self.sizes)
        for index, (group, e) in enumerate(powers):
            free[group] -= 1
            total = total + self.b[group] * moment([*powers[:index], (group, e + 1), *powers[index + 1 :]])
        for group in (group for group in range(4) if free[group]):
            total = total + self.b[group].times(free[group]) * moment([*powers, (group, 1)])
        return total

    def factor(self, l: Fraction, r: Interval, M: Interval) -> Interval:
        """Enclose Bennett's C for X at the suprema of both degrees."""
        M0, spread = self.constants()
        return self.hidden.two_degrees(l, M0 + r * spread, M, self.hidden.K)

    def constants(self) -> tuple[Interval, Interval]:
        """Enclose the suprema of ``s alpha . tau`` and of ``d' Hbar^(-1/2) tau``, ``tau_i = 1_i (gamma x_i - b_i)``.

        The second over unit vectors d orthogonal to ``Hbar^(-1/2) y``: the length of tau over root lam, on the writers
        less its mean, where t numbers of a range have a sum of squares about their mean of at most floor(t^2/4)/t times
        its square.
        """
        taus = [[self._x(group).times(gamma) - self.b[group] for group in range(4)] for gamma in (0, 1)]
        square = self._writers_spread(taus)
        for group in (1, 3):
            square = square + largest(*(row[group].power(2) for row in taus)).times(self.sizes[group])
        return largest(*(self._gain(row) for row in taus)), (square / self.hidden.lam).sqrt()

    def _gain(self, tau: Sequence[Interval]) -> Interval:
        """Enclose the sum over samples of ``(s alpha_i tau_i)+``."""
        gains = [_positive((alpha * value).times(self.sign)) for alpha, value in zip(self.alpha, tau, strict=True)]
        return _added(gain.times(size) for gain, size in zip(gains, self.sizes, strict=True))

    def _writers_spread(self, taus: Sequence[Sequence[Interval]]) -> Interval:
        """Enclose a bound of the writers' sum of squares of tau about their mean; a tau is 0 where 1_i is."""
        t, writing = self.t, [Interval.of(0), *(row[g] for row in taus for g in (0, 2) if self.sizes[g])]
        span = largest(*writing) + largest(*(-tau for tau in writing))
        return span.power(2) * Interval.of(Fraction(t * t // 4, t))


class Regression(TangentBit):
    """A state with n matches: how far bh, the regression of its kernel row on the samples' rows, is from its limit.

    bh minimises ``Q(b) = mean[(h - b.v)^2 + |tau_b|^2]``, ``tau_b,i = 1_i (gamma x_i - b_i)``. Its limit is ``beta =
    Hbar^-1 E k``, which has one value on the n matching samples and one on the others. With ``rho = k_r - N_r beta``,
    ``mean rho = H (bh - beta)`` and ``E rho = 0``.
    """

    def __init__(self, tangent: Tangent, n: int) -> None:
        self.n, self.hidden, self.where = n, tangent, f"of the regression at n = {n}"
        self.root, (inside, outside) = Interval.of(Fraction(1, n)).sqrt(), tangent.limits(n)
        self.sizes, self.b = (0, n, 0, tangent.K - n), (inside, inside, outside, outside)
        self.alpha = (Interval.of(0),) * 4
        self._weigh()
        gaps = [(b, self._x(g) - b) for g, b in ((1, inside), (3, outside))]
        self.weights = [largest(b, -b, gap, -gap) for b, gap in gaps]  # max(|x_i - beta_i|, |beta_i|)
        squares = [weight.power(2) for weight in self.weights]
        self.reach = (squares[0].times(n) + squares[1].times(tangent.K - n)).sqrt()

    @property
    def length(self) -> Interval:
        """``|beta|``."""
        return (self.b[1].power(2).times(self.n) + self.b[3].power(2).times(self.sizes[3])).sqrt()

    def sides(self) -> tuple[Interval, Interval]:
        """Enclose bounds of ``|zeta|`` and of ``|zeta| lam^(1/2) |Hbar^(-1/2) v|`` on the unit sphere of u.

        ``zeta = h - beta.v <= (x - beta)+.v``; and ``-zeta <= beta+.v`` or, as ``h >= x.u/2``, at most the sum of
        ``max((beta_i - x_i/2)+, x_i/2) |u_i|``. ``lam |Hbar^(-1/2) v|^2 = |v|^2 - V^2/E``, V the sum of v and E = D +
        K; ``V (1 - V^2/E)^(1/2) <= E^(1/2)/2``.
        """
        half = (self.hidden.D + Interval.of(self.hidden.K)).sqrt() / Interval.of(2)
        lengths, white = [], []
        up = [_positive(self._x(g) - self.b[g]) for g in (1, 3)]
        pulled = [self._x(g) / Interval.of(2) for g in (1, 3)]
        down = [largest(self.b[g] - x, x) for g, x in zip((1, 3), pulled, strict=True)]
        for coefficients, most in ((up, up), (down, [_positive(self.b[g]) for g in (1, 3)])):
            square = _added(x.power(2).times(self.sizes[g]) for x, g in zip(coefficients, (1, 3), strict=True))
            tops = [x for x, g in zip(most, (1, 3), strict=True) if self.sizes[g]]
            lengths.append(square.sqrt())
            white.append(least(square.sqrt(), largest(*tops) * half))
        return largest(*lengths), largest(*white)

    def square_event(self, pairs: int, tail: Tail) -> Interval:
        """Enclose the log of a bound of ``P(Q(beta) > value)``: ``exp(-l m value) (1 + r E Q(beta))^m``.

        For X >= 0 with a part of degree 0, at most M0, and one of degree 2, at most ``M2 |u|^2``: ``E exp(l X) <= 1 + r
        E X`` with ``r = (exp(l M0) (1 - 2 l M2)^(-K/2) - 1)/(M0 + K M2)``. Given the direction of u, ``E[exp(l X) -
        1]/E X`` is l times an average over s in [0, 1] of ``E[X exp(s l X)]/E X``, which increases in both parts for K
        >= 2. ``E Q(beta) = E h^2 + P(u_i > 0, gamma = 1) - beta . E k`` for a matching sample i.
        """
        (value, l), hidden, n, one = tail, self.hidden, self.n, Interval.of(1)
        M0, M2, K = self.reach.power(2), self.sides()[0].power(2), hidden.K
        x = one - (M2 * Interval.of(l)).times(2)
        if x.low <= 0:
            raise Rejected(f"l = {_shown(l)} is not between 0 and 1/(2 M)")
        power = (M0 * Interval.of(l) - x.log() * Interval.of(Fraction(K, 2))).exp()
        angle = pi() / Interval.of(2) + Interval.of(Fraction(1, n - 1)).sqrt().atan()
        mean = Interval.of(Fraction(1, 2)) + angle * hidden.apart
        mean = mean - (self.b[1] * hidden.matched(n)).times(n) - (self.b[3] * hidden.apart).times(K - n)
        return (one + mean * (power - one) / (M0 + M2.times(K))).log().times(pairs) - Interval.of(l * pairs * value)

    def shift_event(self, pairs: int, tail: Tail) -> Interval:
        """Enclose the log of a bound of ``P(|mean Hbar^(-1/2) rho| >= value)``, a centred vector of K dimensions.

        The bound is that of :meth:`Tangent.vector_event`. The determinant factors into the differences within the
        matching samples, those within the other samples, and the vectors that are constant on both groups.
        """
        (value, l, z, q), hidden, K = tail, self.hidden, self.hidden.K
        root, (_, white) = hidden.lam.sqrt(), self.sides()
        p, divergence = hidden.everywhere.tilted(z)
        C = hidden.two_degrees(l, self.reach / root, white / root, K).times(2 * pairs) / Interval.of(K)
        base = Interval.of(1 + Fraction(2 * q, K))
        vectors = [vector for vector, size in (((0, 1, 0, 0), self.n), ((0, 0, 0, 1), self.sizes[3])) if size]
        limit = [[self._inside(x, y) for y in vectors] for x in vectors]
        form = [[self._weight(x, y) for y in vectors] for x in vectors]
        matrix = [[base * x - C * y for x, y in zip(*rows, strict=True)] for rows in zip(limit, form, strict=True)]
        total = self._within_groups(base, C) + log_determinant(matrix, self.where)
        total = total - log_determinant(limit, self.where)
        return divergence + Interval.of(q) - total / Interval.of(2) - (p * Interval.of(l * value)).times(pairs)


class Path:
    """Lengths of the paths of training for a column y with t ones and K - t zeros, and bounds of the outputs' movement.

    A path is the sum over the steps of the absolute value of a component of c(k).

    *Linear path.* ``e'(k) = -(I - eta H)^k y`` has ``y.e' <= 0``, as ``eta H <= I``. With ``y^ = y/root t``, R = 1/(1 -
    drop) and ``y' H^-1 y <= R A0``, the sum of ``eta |y^.e'|`` is at most R A0/root t. P projects on y.c = 0, and b = P
    1 is the indicator of the zeros; ``P Hbar P b = mu b`` with ``mu = lam + (K - t)/(2 pi)``, and ``P Hbar y^ = root t
    b/(2 pi)``. The component ``q = P e'`` obeys ``q(k+1) = (I - eta P H P) q(k) - eta (y^.e'(k)) P H y^``. Compared
    with the same recursion for Hbar, whose solution is a multiple >= 0 of b, each coordinate of which has a path of
    ``ratio = root t/(2 pi mu)`` times that of y^.e', q differs by at most ``dev = (|P (H - Hbar) y^| + ratio |P (H -
    Hbar) b|)/l0`` times that path, l0 = lam (1 - drop); the events pull and bulk bound the two lengths.

    *True path.* The sum of ``eta |e - e'|`` is at most V/l0 if V bounds the sum over steps of ``|D_(k+1)(X) -
    D_k(X)|``. So if `rest` exceeds V/(l0 root w), then with ``pace = R A0/root(t w)`` the paths of c are at most sy
    (along y), st (across y), S (both together), `one` (a coordinate with target 1), `back` (its part with c_i > 0) and
    `zero` (a coordinate with target 0). The bound V up to a step uses the sums before that step only, so this follows
    by induction over the steps.
    """

    def __init__(self, start: Start, column: TangentColumn, rest: Fraction, tails: dict[str, Any]) -> None:
        self.start, self.column, self.t, self.rest = start, column, column.t, Interval.of(rest)
        tangent, t = start.tangent, column.t
        self.zeros, self.root_t = tangent.K - t, Interval.of(t).sqrt()
        self.label, self.share = Interval.of(tails["label"][0]).sqrt(), Interval.of(tails["open"][0])
        self.mu = tangent.lam + tangent.apart.times(self.zeros)
        ratio = self.root_t * tangent.apart / self.mu
        dev = (Interval.of(tails["pull"][0]) + ratio * Interval.of(tails["bulk"][0])) / start.least
        pace = start.inverse * column.top * self.root_t / start.root
        self.sy = pace + self.rest
        self.st = pace * (ratio * Interval.of(self.zeros).sqrt() + dev) + self.rest
        self.S, across = self.sy + self.st, pace * dev + self.rest
        self.zero = pace * ratio + across
        self.one, self.back = (self.sy, self.rest) if t == 1 else (pace / self.root_t + across, across)
        self.C, self.sinh = hyperbolic(self.S)
        self.be = self.S.power(2)

    # --- one pair of neurons

    def nu(self, size: Interval) -> Interval:
        """Enclose a bound of the sum over steps of ``|c.v|``, if ``|v| <= size``."""
        return size * (self.sy.power(2) + self.st.power(2)).sqrt()

    def amax(self, size: Interval) -> Interval:
        """Enclose a bound of ``|a|``: ``C (1 + nu + 2 be)``, C = cosh S, if ``|v| <= size``.

        Let a be A + s (1 + B) in the member of sign s = +-1, ``u_i + p_i + s d_i`` what u_i would be if no coordinate
        that is open at first (`c^` are theirs) ever closed, and o_i = oA + s oB what relu(u_i) has more. Then ``A -=
        c.(v + p + oA)``, ``p -= A c^``, ``B -= c.(d + oB)``, ``d -= (1 + B) c^``: sums over impulses, ``|c.v| +
        |c.oA|`` into A and 1 and ``|c.oB|`` into 1 + B, carried on by products of ``[[1, x], [x, 1]]``, ``x = |c|``,
        with entries of at most cosh and sinh of the sum of x: ``|A| <= C (nu + be)``, ``|1 + B| <= C (1 + be)``.
        *Closings.* A coordinate that closes, with an overshoot z and a path y of c_i to come, has used ``u_i + z`` of
        its path times amax, so ``z + amax y <= b_i = (amax path - u_i)+``, and ``|o_i| <= b_i``. The second member to
        close has used 2 u_i, as a keeps its sign if amax < 2. The sum of ``|c_i o_i|`` is at most ``z y + amax y^2/2 <=
        b_i^2/(2 amax)``; over members and coordinates ``be <= amax S^2/2 <= S^2``.
        """
        return self.C * (Interval.of(1) + self.nu(size) + self.be.times(2))

    def blur(self, size: Interval) -> Interval:
        """Enclose a bound of ``|p| + |d + E^|``, the movement of x.u except for ``-s E^.x``, if ``|v| <= size``.

        ``|p| <= C (P0 + be S)``, where P0, the sum of ``|c(j).v| |c(k)|`` over steps j < k, is at most ``|y^.v| sy
        (sy/2 + st) + |P v| st (st/2 + sy)``. The first-order term of d is -E^, so ``|d + E^| <= (1 + be) sinh S - S``.
        """
        sy, st, half = self.sy, self.st, Interval.of(Fraction(1, 2))
        P0 = size * ((sy * (sy * half + st)).power(2) + (st * (st * half + sy)).power(2)).sqrt()
        return self.C * (P0 + self.be * self.S) + (Interval.of(1) + self.be) * self.sinh - self.S

    def kappa(self, size: Interval) -> Interval:
        """Enclose kappa: the closings of a pair, with sum be, add ``2 be kappa reach/root w`` to :meth:`smooth`."""
        S, C, be, one = self.S, self.C, self.be, Interval.of(1)
        first = size * (one + C * S.power(2) / Interval.of(2)) + C.power(2) * S * (self.nu(size).times(2) + be)
        return first + (one + one + be) * self.sinh * C

    # --- root mean squares over the pairs

    def squares(self) -> tuple[Interval, Interval, Interval]:
        """Enclose bounds of the root mean squares of nu, of P0 and of T0.

        T0 is the sum of ``|c(i).v| |c(j)| |c(k)|`` over steps i < j < k. In every step c is the same for all pairs,
        so the root mean square of ``P c.v`` is at most ``|P c| L``; the event label bounds that of ``y^.v``.
        """
        sy, st, y, L, half, sixth = self.sy, self.st, self.label, self.start.L, Fraction(1, 2), Fraction(1, 6)
        two, three = Interval.of(half), Interval.of(sixth)
        T0 = y * sy * (sy.power(2) * three + sy * st * two + st.power(2) * two)
        T0 = T0 + L * st * (st.power(2) * three + st * sy * two + sy.power(2) * two)
        P0 = y * sy * (sy * two + st) + L * st * (st * two + sy)
        return sy * y + st * L, P0, T0

    def bent(self, power: int) -> Interval:
        """Enclose a bound of the mean of ``|(1 + B) d + E^|^power``, without the contribution of be.

        A pair contributes at most ``sinh S cosh S - S``. If no coordinate with target 1 is open at first, c^ has a
        path of st only, which replaces S; the event open bounds the share of the other pairs.
        """
        cosh, sinh = hyperbolic(self.st)
        first, second = self.sinh * self.C - self.S, sinh * cosh - self.st
        return self.share * first.power(power) + second.power(power)

    def smooth(self, theta: Interval, reach: Interval, echo: Interval) -> Interval:
        """Enclose a bound of ``|D(x) - bh.D(X)|`` without closings and kinks, where ``Q(bh) <= theta``.

        A pair contributes ``2/root w`` times ``(A + v.E)(h - bh.v) + (A p + (1 + B) d + E^).tau`` with ``tau_i = 1_i
        (gamma x_i - bh_i)``. Without the contribution of be, ``|A + v.E| <= C T0`` and ``|A p| <= C^2 nu P0``. Q(bh) is
        the mean of ``(h - bh.v)^2 + |tau|^2``, so the Cauchy-Schwarz inequality applies to all terms but A p, for which
        `reach` bounds ``|tau|``. It bounds ``|h - bh.v|/|v|`` as well; be contributes at most echo times reach.
        """
        nu, P0, T0 = self.squares()
        first = (theta * ((self.C * T0).power(2) + self.bent(2))).sqrt()
        return self.start.root * (first + reach * self.C.power(2) * nu * P0) + reach * echo

    # --- closings: sums over the pairs, over root w, that the events of Windows bound, with each coordinate's path

    def zeros_path(self) -> Interval:
        """Enclose st/zero, the length of the vector of the paths of coordinates with target 0, divided by `zero`."""
        return self.st / self.zero

    def echo(self, closed: dict[str, Interval]) -> Interval:
        """Enclose a bound of the sum over pairs of ``2 be kappa/root w``.

        It is a sum over coordinates, with paths t_i, of ``t_i kappa/2 (b_i+ + b_i-)``, for the two members of the pair.
        As ``(x - u)+ <= x/X (X - u)+`` for ``0 <= x <= X``, a smaller path counts by its square.
        """
        return closed["echo"].times(self.t) + closed["far_echo"] * self.zeros_path().power(2)

    def variation(self, closed: dict[str, Interval]) -> Interval:
        """Enclose V, a bound of the sum over steps of ``|D_(k+1)(X) - D_k(X)|``.

        The total variation of a product of increasing bounds that start at 0 is at most its last value. For a closing
        coordinate ``a o_i`` varies by at most ``amax b_i + (amax - 1) b_i``. Different coordinates may vary in
        different steps, so these bounds add up; over the zeros to at most ``root(K - t)`` times the length of their
        paths.
        """
        nu, P0, T0 = self.squares()
        L, amax = self.start.L, self.amax(Interval.of(self.start.longest))
        smooth = self.start.root * (self.C * L * T0 + self.C.power(2) * nu * P0 + self.bent(1))
        both = (closed["writer"] + closed["cross"]).times(self.t)
        far = closed["other"] * self.zeros_path() * Interval.of(self.zeros).sqrt()
        return smooth + self.echo(closed) + (both + far) * (Interval.of(2) - Interval.of(1) / amax)

    def lipschitz(self, closed: dict[str, Interval], share: Interval) -> Interval:
        """Enclose Lip: ``|D_(k+1)(X) - D_k(X)| <= eta |e(k)| Lip``, by one step of each term.

        o bounds the root mean squares of ``|oA|`` and ``|oB|``: ``o^2 <= mean of sum b_i^2 <= sum of amax path_i
        G_i/root w``, G_i the bound of the closings. In one step a coordinate in its window moves by at most ``amax^2
        |c_i|``, and at most the given share of the pairs has coordinate i in its window.
        """
        (nu, P0, _), C, be, L, one = self.squares(), self.C, self.be, self.start.L, Interval.of(1)
        amax, p, A = self.amax(Interval.of(self.start.longest)), C * (P0 + be * self.S), C * (nu + be)
        d, v = (one + be) * self.sinh, L * Interval.of(self.start.tangent.K).sqrt()
        weight = (self.one * (closed["writer"] + closed["cross"])).times(self.t)
        weight = weight + self.st * self.zeros_path() * closed["other"]
        o = (amax * weight / self.start.root).sqrt()
        first = L * (p + o) + (v + p + o) * p + A.power(2) + ((one + be) * C).power(2) - one
        return first + (d + o) * d + (v + self.S.times(2)) * o + amax.power(2) * share

    # --- after T steps

    def residual(self, rate: Interval, steps: int) -> Interval:
        """Enclose ``root t (1 - rate)^T``, a bound of ``|e(T)|`` at a rate of ``eta (l0 - Lip)``."""
        if rate.low <= 0 or (Interval.of(1) - rate).low <= 0:
            raise Rejected(f"columns with {self.t} ones: the residual does not decay")
        return self.root_t * (Interval.of(1) - rate).log().times(steps).exp()

    def moves(self, n: int, p: int, e: Fraction, late: Interval, size: Interval) -> tuple[Interval, ...]:
        """Enclose bounds of how far x.u moves towards 0: from above 0; so if no matching writer is open; from below 0.

        As relu is convex, kinks lower the output by members with a < 0 only, which matters if the bit should be 1, and
        raise it by members with a > 0 only, which matters if it should be 0. ``E(T)`` differs from ``-H^-1 y/root w``
        by at most rest + late, and ``H^-1 y`` is at most R times ``alpha + Hbar^(-1/2) delta``, ``|delta| < e``.
        """
        start, column, root = self.start, self.column, Interval.of(Fraction(1, n)).sqrt()
        scale = start.inverse / start.root
        base = scale * Interval.of(e) / start.tangent.lam.sqrt() + self.rest + late + self.blur(size)
        rise, fall = base + (scale * column.top * root).times(p), base + (scale * column.a * root).times(n - p)
        if p == 0:
            return fall, fall, base
        return rise, base if p == 1 else rise, fall

    def distance(
        self, count: Count, state: Regression, threshold: Fraction, known: tuple[Interval, Interval, Interval],
        closed: dict[str, Interval], residual: Interval,
    ) -> Interval:  # fmt: skip
        """Enclose a bound of the distance of ``f(x)`` from ``y.bh`` towards the threshold.

        `known` holds the bounds of the kinks, of Q(beta) and of ``|bh - beta|``. The closing of a coordinate changes
        ``f(x) - bh.f(X)`` by at most ``amax b_i max(|x_i - bh_i|, |bh_i|)``. If t = 1, the writer j closes only where a
        < 0, and the factor is at most ``(x_j - threshold)+`` if the bit should be 1 and the threshold if it should be
        0, as bh_j lies on the correct side of the threshold; the event turn bounds the rest.
        """
        (n, p, t), (kinks, theta, shift) = count, known
        inside, outside = state.weights
        wide = state.reach + shift
        writing = inside.times(p) + outside.times(t - p) + shift * self.root_t
        near = (inside.power(2).times(n - p) + outside.power(2).times(self.zeros - n + p)).sqrt() + shift
        closing = writing
        if self.t == 1:
            closing = _positive(state.root - Interval.of(threshold)) if p else Interval.of(threshold)
        closing = closing * (closed["writer"] + closed["cross"]) + writing * closed["turn"]
        closing = closing + near * closed["other"] * self.zeros_path()
        return kinks + self.smooth(theta, wide, self.echo(closed)) + closing + (state.length + shift) * residual


def hyperbolic(x: Interval) -> tuple[Interval, Interval]:
    """Enclose cosh x and sinh x."""
    up, down, half = x.exp(), (-x).exp(), Interval.of(Fraction(1, 2))
    return (up + down) * half, (up - down) * half


class Windows:
    """Events of pairs near a kink: sums over the pairs of X, which is 0 unless u_i (or z = x.u) is in a window at 0.

    ``E exp(l X) - 1`` is at most ``(2 pi)^(-1/2)``, a bound of the density of u_i and z, times the integral of ``exp(l
    X) - 1`` over the window. X increases with ``|v|``, and ``|v| <= s + width of the window`` if the rest of v, which
    is independent of u_i, has length at most s. For z the rest is relu of the part of u orthogonal to x; as ``exp(l
    |v|^2)`` is convex in u, Chernoff's bound of ``P(|v| > s)`` holds for it too. So the expectation is at most the
    value at the first level plus, for each level s, the increment to the next level times the bound of ``P(|v| > s)``.
    """

    def __init__(self, path: Path, levels: Sequence[Tail]) -> None:
        start = path.start
        sizes = [size for size, _ in levels] + [start.longest]
        if sizes != sorted(sizes) or sizes[0] <= 0:
            raise Rejected("the levels are not positive and increasing up to the longest")
        self.path, self.pairs, self.root = path, start.pairs, start.root
        self.sizes, self.peak = [Interval.of(size) for size in sizes], start.tangent.apart.sqrt()
        self.chances = [start.level(size, l).exp() for size, l in levels]

    def layered(self, value: Callable[[Interval], Interval], near: Interval, weight: Interval) -> Interval:
        """Enclose a bound of the expectation of ``value(|v|)`` on an event of probability `weight`.

        `near` is the width of the window. The last level is the longest ``|v|``, to which no width is added.
        """
        values = [value(size) for size in (*(size + near for size in self.sizes[:-1]), self.sizes[-1])]
        total = values[0] * weight
        for (low, high), chance in zip(pairwise(values), self.chances, strict=True):
            total = total + _positive(high - low) * least(chance, weight)
        return total

    def event(self, tail: Tail, moment: Interval) -> Interval:
        """Enclose the log of a bound of ``P(sum X/root w > value)``: ``exp(-l root w value) (1 + peak moment)^m``.

        `peak` is ``(2 pi)^(-1/2)``; `moment` bounds the integral of ``exp(l X) - 1`` over the window.
        """
        value, l = tail  # above 0, as all tails that are read
        return (Interval.of(1) + self.peak * moment).log().times(self.pairs) - self.root * Interval.of(l * value)

    def closing(self, tail: Tail, length: Interval, *, twice: bool, echo: bool) -> Interval:
        """Enclose the log of a bound of the event of the closings of a coordinate with a path of this length.

        ``X = f (a length - u)+`` with f = a, or f = length kappa/2 for their contribution to :meth:`Path.echo`. With
        `twice`, for both members, X has the further term ``f (a length - 2 u)+``, so that it is ``f (2 a length - 3
        u)`` up to half of the window.
        """
        rate, half = Interval.of(tail[1]), Interval.of(Fraction(1, 2))

        def value(size: Interval) -> Interval:
            a = self.path.amax(size)
            end, k = a * length, rate * (length * self.path.kappa(size) * half if echo else a)
            one = Interval.of(1)
            if not twice:
                return ((k * end).exp() - one) / k - end
            total = (k * end).times(2).exp() + (k * end * half).exp().times(2) - one.times(3)
            return total / k.times(3) - end

        return self.event(tail, self.layered(value, length.times(2), Interval.of(1)))

    def cross(self, tail: Tail, length: Interval, back: Interval) -> Interval:
        """Enclose the log of a bound of the event of closings against the direction of training.

        ``X = a (a length - u)+`` if ``u < a back``, else 0.
        """
        rate, back = Interval.of(tail[1]), least(back, length)

        def value(size: Interval) -> Interval:
            a = self.path.amax(size)
            k = rate * a
            return (k * a * length).exp() * (Interval.of(1) - (-(k * a * back)).exp()) / k - a * back

        return self.event(tail, self.layered(value, length.times(2), Interval.of(1)))

    def turn(self, tail: Tail, length: Interval, back: Interval) -> Interval:
        """Enclose the log of a bound of the event of movement back after a closing.

        ``X = a^2 back`` if ``u < a length``, and twice that if ``u < a back``.
        """
        rate, short = Interval.of(tail[1]), least(back, length)

        def value(size: Interval) -> Interval:
            a, one = self.path.amax(size), Interval.of(1)
            rise = (rate * a.power(2) * back).exp()
            return (rise - one) * a * (length - short) + (rise.power(2) - one) * a * short

        return self.event(tail, self.layered(value, length.times(2), Interval.of(1)))

    def share(self, tail: Tail) -> Interval:
        """Enclose the log of Chernoff's bound of P(more than the share `value` of pairs has ``0 < u_i < amax path``).

        With ``p = (2 pi)^(-1/2) amax path`` it is ``exp(-l m value) (1 + p (exp(l) - 1))^m``.
        """
        (value, l), path = tail, self.path
        window = path.amax(self.sizes[-1]) * largest(path.one, path.zero)
        chance = self.peak * window * (Interval.of(l).exp() - Interval.of(1))
        return (Interval.of(1) + chance).log().times(self.pairs) - Interval.of(l * value * self.pairs)

    def kinks(self, tail: Tail, n: int, p: int, e: Fraction, late: Interval) -> Interval:
        """Enclose the log of a bound of the event of kinks at a state: ``X = a (move - |z|)+``.

        If p = 1, z > 0 is split by whether the one matching writer j is open, which has different moves:
        ``P(u_j > 0 | z) <= 1/2 + (2 pi)^(-1/2) z/root(n - 1)``.
        """
        path, rate, one, half = self.path, Interval.of(tail[1]), Interval.of(1), Interval.of(Fraction(1, 2))
        longest = path.moves(n, p, e, late, self.sizes[-1])
        near = largest(*longest)

        def side(index: int, weight: Interval) -> Interval:
            def value(size: Interval) -> Interval:
                k, move = rate * path.amax(size), path.moves(n, p, e, late, size)[index]
                return ((k * move).exp() - one) / k - move

            return self.layered(value, near, weight)

        if p == 1:
            more = self.peak * longest[0] / Interval.of(n - 1).sqrt()
            above = side(0, half + more) + side(1, half)
        else:
            above = side(0, one)
        return self.event(tail, above + side(2, one))


# ------------------------------------------------------------------------------------------------------ counting states
Component: TypeAlias = tuple[list[int], Counter[int]]  # templates, and how often each set of them matches
Pieces: TypeAlias = tuple[tuple[tuple[int, int], int], ...]  # ((n, p), how many)
Kind: TypeAlias = tuple[int, tuple[tuple[Pieces, Pieces], ...]]  # T, and two series of each component that writes


def pairs_at_arbitrary(program: Program) -> Counter[Count]:
    """Return the number of pairs of a state (any of ``2**bits``) and an output bit in each class (n, p, t).

    Components of templates (:func:`components`) match independently, so the generating functions of their counts in n
    and p, ``{(n, p): states}``, are multiplied. Bits with equal generating functions are counted together.
    """
    tables = components(program)
    plain = [_series(masks, 0) for _, masks in tables]
    unbound = program.bits - len({position for when, _ in program.templates for position, _ in when})
    result: Counter[Count] = Counter()
    for (t, parts), bits in _kinds(program, tables, plain).items():
        series: Pairs = {(0, 0): bits << unbound}
        others = Counter(plain) - Counter(unmarked for unmarked, _ in parts)
        for factor in [*(marked for _, marked in parts), *others.elements()]:
            series = _convolved(series, factor)
        for (n, p), pairs in series.items():
            result[n, p, t] += pairs
    return result


def _kinds(program: Program, tables: Sequence[Component], plain: Sequence[Pieces]) -> Counter[Kind]:
    """Return how many output bits have the same t and the same generating functions of the components that write them.

    A component with a writer of the bit has two: its `plain` one, and one with the bit's writers marked.
    """
    home = {member: index for index, (members, _) in enumerate(tables) for member in members}
    writers: list[Counter[int]] = [Counter() for _ in range(program.bits)]  # component -> its members that write it
    for index, (_, write) in enumerate(program.templates):
        for position in write:
            writers[position][home[index]] |= 1 << tables[home[index]][0].index(index)
    return Counter(
        (t, tuple(sorted((plain[index], _series(tables[index][1], mask)) for index, mask in masks.items())))
        for t, masks in zip(program.writers, writers, strict=True)
    )


def components(program: Program) -> list[Component]:
    """Return the connected components of templates that require common bits, and how often each set of members matches.

    A set is an integer, bit i for member i; all assignments of the required bits are enumerated.
    """
    groups: list[tuple[set[int], list[int]]] = []  # required bits, members
    for index, (when, _) in enumerate(program.templates):
        bits, members = {position for position, _ in when}, [index]
        spend(4 * CALL * (1 + len(groups)), "counting states")
        for group in [group for group in groups if group[0] & bits]:
            groups.remove(group)
            bits, members = bits | group[0], group[1] + members
        if len(bits) > MAX_COMPONENT:
            raise Declined(f"templates that tie more than {MAX_COMPONENT} bits together")
        groups.append((bits, members))
    return [(members, _matching(program, sorted(bits), members)) for bits, members in groups]


def _matching(program: Program, bits: Sequence[int], members: Sequence[int]) -> Counter[int]:
    """Return, for each set of members, the number of assignments that exactly these members match."""
    spend(CALL * len(members) << len(bits), "counting states")
    digit = {bit: 1 << index for index, bit in enumerate(bits)}
    required = []
    for index in members:
        when = program.templates[index][0]
        required.append((sum(digit[bit] for bit, _ in when), sum(digit[bit] for bit, value in when if value)))
    return Counter(
        sum(1 << i for i, (mask, value) in enumerate(required) if state & mask == value)
        for state in range(1 << len(bits))
    )


Pairs: TypeAlias = dict[tuple[int, int], int]  # (n, p) -> how many


def _series(masks: Counter[int], marked: int) -> Pieces:
    """Return the number of assignments with n matching templates, p of them marked, by (n, p)."""
    spend(CALL * len(masks), "counting states")
    result: Counter[tuple[int, int]] = Counter()
    for mask, times in masks.items():
        result[mask.bit_count(), (mask & marked).bit_count()] += times
    return tuple(sorted(result.items()))


def _convolved(series: Pairs, factor: Iterable[tuple[tuple[int, int], int]]) -> Pairs:
    """Multiply two generating functions."""
    result: Counter[tuple[int, int]] = Counter()
    for (n, p), times in factor:
        spend(2 * CALL * len(series), "counting states")
        for (m, q), states in series.items():
            result[n + m, p + q] += times * states
    return result


def pairs_visited(program: Program, free: Sequence[int], ones: Sequence[int], steps: int) -> Counter[Count]:
    """Return the number of pairs of a step of a run and an output bit in each class (n, p, t), by executing all runs.

    Bit-sliced as in :func:`visited`. A run is `moving` until a step leaves its state unchanged.
    """
    result = Counter[Count]()
    for lanes, state in _parts(program, free, ones):
        _count_pairs(program, state, lanes, steps, result)
    return result


def _count_pairs(program: Program, state: list[int], lanes: int, steps: int, result: Counter[Count]) -> None:
    """Add the pairs of the runs of one part to the result."""
    moving = every = (1 << lanes) - 1
    for _ in range(steps):
        matches, writing = _matches(program, state, every)
        rows, after = _classes(matches, every), [_union(planes) for planes in writing]
        for t, planes in zip(program.writers, writing, strict=True):
            bits = _classes(planes, moving)
            spend(_plane_cost(lanes) * (len(planes) + 2 + 2 * len(bits) * len(rows)), EXECUTION)
            for (p, here), (n, there) in product(bits, rows):
                result[n, p, t] += (here & there).bit_count()
        moving &= _union(old ^ new for old, new in zip(state, after, strict=True))
        if not moving:
            break
        state = after


def _union(planes: Iterable[int]) -> int:
    result = 0
    for plane in planes:
        result |= plane
    return result


# ------------------------------------------------------------------------------------------------------------- claims
@dataclass(frozen=True)
class Verified:
    """The verified claim in words, the digest of its JSON text, and the number of facts that were decided.

    `source`: a remark about the file that the claim names as the source of its program, if any.
    """

    claim: str
    digest: str
    facts: int
    details: str
    source: str = ""


def check(data: bytes) -> Verified:
    """Verify a certificate: the entry point. Raises Rejected or Declined with the reason."""
    _left[0] = MAX_WORK
    try:
        return _verified(read(data))
    finally:
        _left[0] = MAX_WORK


def _verified(certificate: dict[str, Any]) -> Verified:
    for function in (pi, _atan, _exp, _log, _log_mantissa):  # so that the cost does not depend on earlier checks
        function.cache_clear()
    claim, evidence = certificate["claim"], certificate["evidence"]
    if type(claim) is not dict:
        raise Rejected("the claim is not an object")
    rules = {
        "ensemble": check_ensemble,
        "inequality": check_inequality,
        "network": check_network,
        "rounding": check_rounding,
    }
    kind = _choice(claim.get("kind"), tuple(rules), "the claim's kind")
    words, facts, details = rules[kind](claim, evidence)
    if facts < 1:
        raise Rejected("nothing is claimed: no template matches at any of the states")
    return Verified(words, certificate["claim_sha256"], facts, details, source_words(claim))


def _entries(claim: Any, names: Sequence[str], optional: Sequence[str] = ("source",)) -> dict[str, Any]:
    """Read the keys of a claim about a program, which may name the source of the program."""
    return _keys(claim, (*names, *(name for name in optional if name in claim)), "the claim")


def source_words(claim: dict[str, Any]) -> str:
    """Name the source of a claim's program, if any. Only the form of the entry is checked, nothing that it states."""
    if "source" not in claim:
        return ""
    source, bits = claim["source"], _bits_of(claim["program"]["fields"])
    if type(source) is not dict:
        raise Rejected("source is not an object")
    numbers = {"head": 0} if source.get("format") == "turing" else {}
    numbers["period" if "period" in source else "steps"] = 1  # with their least values
    _keys(source, ("format", "inputs", "name", "ones", "outputs", "text", *numbers), "source")
    name, form = _name(source["name"], "the source's name"), _choice(source["format"], SOURCES, "the source's format")
    if type(source["text"]) is not str or not source["text"]:
        raise Rejected("source: text is not a non-empty string")
    _starts({"free": source["inputs"], "ones": source["ones"]}, bits, ("free", "ones"), "source: inputs, ones")
    for position in _list(source["outputs"], "source: outputs"):
        _integer(position, 0, bits - 1, "source: outputs")
    for key, least in numbers.items():
        _integer(source[key], least, None, f"source: {key}")
    return f"the claim names {name!a} ({form}); that the templates compute what it says is not checked by this program"


def _starts(value: Any, bits: int, names: Sequence[str], where: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Read a family of initial states: the free positions and those that are 1; all others are 0."""
    entries = _keys(value, names, where)
    free, ones = (_positions(entries[name], bits, f"{where}: {name}") for name in ("free", "ones"))
    if set(free) & set(ones):
        raise Rejected(f"{where}: a position is both free and 1")
    return free, ones


@dataclass(frozen=True)
class States:
    """The states of a claim: their counts, a description, how the counts were obtained, and the runs, if executed."""

    counts: list[Range]
    words: str
    source: str
    steps: int | None = None
    starts: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    pairs: Counter[Count] | None = None  # of a state and an output bit in each class, if they are counted


def states_of(program: Program, value: Any, evidence: Any) -> States:
    """Return the counts of the claimed states: arbitrary states by groups in the evidence, visited by execution."""
    if value == "arbitrary":
        groups = at_most_groups(program, evidence)
        return States(arbitrary(program, groups), "every state", f"n <= {groups} by contradictory groups")
    free, ones = _starts(value, program.bits, ("free", "ones", "steps"), "states")
    steps = _integer(value["steps"], 1, None, "states: steps")
    _keys(evidence, (), "evidence")
    counts = [Range.of(count) for count in sorted(visited(program, free, ones, steps))]
    run = _counted(steps, "step")
    words = f"every state visited in {run} from the 2^{len(free)} assignments of the input bits"
    return States(counts, words, f"{run} executed on 2^{len(free)} inputs", steps, (free, ones))


def counted_states_of(program: Program, value: Any) -> States:
    """Return the claimed states with the number of pairs of a state and an output bit in each class."""
    if value == "arbitrary":
        pairs, source = pairs_at_arbitrary(program), f"counted over 2^{program.bits} states"
        return States(_ranges(pairs), "every state", source, pairs=pairs)
    free, ones = _starts(value, program.bits, ("free", "ones", "steps"), "states")
    steps = _integer(value["steps"], 1, None, "states: steps")
    pairs, run = pairs_visited(program, free, ones, steps), _counted(steps, "step")
    source = f"counted over {run} executed on 2^{len(free)} inputs"
    return States(_ranges(pairs), "", source, steps, (free, ones), pairs)


def _ranges(pairs: Counter[Count]) -> list[Range]:
    return [Range.of(count) for count, number in sorted(pairs.items()) if number]


INFINITE = ("source", "training")  # optional keys of claims about infinitely wide networks


def check_rounding(claim: Any, evidence: Any) -> tuple[str, int, str]:
    """Conclude: at the claimed states, the mean of every output bit is positive if and only if the bit is 1."""
    entries = _entries(claim, ("kernel", "kind", "program", "states"), INFINITE)
    kernel, program = _choice(entries["kernel"], ("ntk", "nngp"), "kernel"), program_of(entries["program"])
    training, states = StoppedTraining.of(claim), states_of(program, entries["states"], evidence)
    predictor = Predictor(kernel, program.samples, training)
    counts = [part for part in states.counts if part.first]  # no match: the output is exactly 0, as the bit
    correct(predictor, counts)
    words = (
        f"at {states.words} the mean of every output bit of an infinitely wide two-layer ReLU network "
        f"({kernel.upper()}), {trained_words(training)} the samples of {program}, is positive if and only if the "
        f"templates' next bit is 1"
    )
    number = sum(map(len, counts))
    return words, number, f"{_counted(number, 'count')} (n, p, t), from {states.source}"


@dataclass(frozen=True)
class Ensemble:
    """The content of a claim about an ensemble, read and validated."""

    kernel: str
    program: Program
    networks: int
    steps: int
    failure: Fraction
    threshold: Fraction
    dropped: bool
    training: StoppedTraining | None

    @property
    def bits(self) -> int:
        """The number of output bits that the claim covers."""
        return sum(1 for t in self.program.writers if t or not self.dropped)


def ensemble_of(claim: Any) -> Ensemble:
    """Read a claim about an ensemble; the states and inputs that it names are still unread."""
    names = ("drop_unwritten", "failure", "inputs", "kernel", "kind", "networks", "program", "states", "steps")
    if "width" in claim or "outputs" in claim:
        raise Rejected(
            "an ensemble with a width, a withdrawn wording: it was about kernel regressions, without the functions "
            "that networks start with; a claim of the kind network is about one network of finite width, trained"
        )
    entries = _entries(claim, (*names, "threshold"), INFINITE)
    kernel, program = _choice(entries["kernel"], ("ntk", "nngp"), "kernel"), program_of(entries["program"])
    networks, steps = _integer(entries["networks"], 1, None, "networks"), _integer(entries["steps"], 1, None, "steps")
    failure, threshold = _fraction(entries["failure"], "failure"), _fraction(entries["threshold"], "threshold")
    if not (0 < failure < 1 and 0 <= threshold < 1):
        raise Rejected("failure is not between 0 and 1, or threshold not at least 0 and below 1")
    if type(entries["drop_unwritten"]) is not bool:
        raise Rejected("drop_unwritten is not true or false")
    dropped, training = entries["drop_unwritten"], StoppedTraining.of(claim)
    return Ensemble(kernel, program, networks, steps, failure, threshold, dropped, training)


def check_ensemble(claim: Any, evidence: Any) -> tuple[str, int, str]:
    """Conclude: with probability >= 1 - failure, the rounded average of N networks executes the program correctly."""
    ensemble = ensemble_of(claim)
    program, steps, dropped = ensemble.program, ensemble.steps, ensemble.dropped
    if evidence == {"union": "classes"}:
        states = counted_states_of(program, claim["states"])
    else:
        states = states_of(program, claim["states"], evidence)
    if states.steps is not None and states.steps != steps:
        raise Rejected(f"the states are those of {states.steps} steps, the claim is about {steps}")
    inputs, inputs_words = _inputs(claim["inputs"], program, states)
    counts = [part for part in states.counts if part.first and (part.t or not dropped)]
    predictor = Predictor(ensemble.kernel, program.samples, ensemble.training)
    cases = inputs * steps * ensemble.bits
    number = sum(map(len, counts))
    if states.pairs is None:
        details = f"{_counted(number, 'count')} (n, p, t), from {states.source}"
        details += union_by_margin(ensemble, predictor, counts, cases)
    else:
        details = f"{_counted(number, 'class', 'classes')} (n, p, t), {states.source}"
        pairs = {part.count: states.pairs[part.count] for part in counts}
        details += union_by_class(ensemble, predictor, pairs, cases)
    words = (
        f"the average of {ensemble.networks} independent infinitely wide two-layer ReLU networks "
        f"({ensemble.kernel.upper()}), each {trained_words(ensemble.training)} the samples of {program}, rounded at "
        f"the threshold {claim['threshold']}, equals the templates' next state"
        f"{' (bits that no template writes taken as 0)' * dropped} at {'each of ' * (steps > 1)}"
        f"{_counted(steps, 'step')} {inputs_words}, with probability at least 1 - {claim['failure']}"
    )
    return words, number, details


def union_by_margin(ensemble: Ensemble, predictor: Predictor, counts: Iterable[Range], cases: int) -> str:
    """Conclude by a union bound in which every case has the least margin; returns what it runs over, in words."""
    z = margin(predictor, ensemble.threshold, counts)
    if z is not None:  # else nothing has a variance
        enough(ensemble.networks, z, cases, ensemble.failure)
    return f"; union over {_counted(ensemble.bits, 'output bit')}"


def union_by_class(ensemble: Ensemble, predictor: Predictor, pairs: dict[Count, int], cases: int) -> str:
    """Conclude by a union bound over classes: with probability at least 1 - failure, all cases are correct.

    A case in the class (n, p, t) is wrong with probability at most ``U(sqrt(N) z)``, as in :func:`enough`. At most
    `cases` pairs of a state and an output bit occur, and at most ``pairs[n, p, t]`` of them in a class, so the union is
    largest if the pairs are taken from the likeliest classes first. Returns what the union runs over, in words.
    """
    root, chances = Interval.of(ensemble.networks).sqrt(), list[tuple[str, Interval, int]]()
    for (n, p, t), number in pairs.items():
        if n >= predictor.first:  # else the output is exactly p
            z = gap(predictor.mean(n, p, t), ensemble.threshold, n, p, t) / predictor.deviation(n)
            chances.append((f"n = {n}, p = {p}, t = {t}", tail(z * root), number))
    taken = likeliest(chances, cases)
    unlikely(taken, ensemble.failure)
    words = f"; union over {_pairs(sum(number for _, _, number in taken))} of a state and an output bit"
    return words + (f"; the least margin ({taken[0][0]}) has {_pairs(taken[0][2])}" if taken else "")


def _pairs(number: int) -> str:
    return _counted(number, "pair") if number < 10**12 else f"fewer than 2^{number.bit_length()} pairs"


def likeliest(chances: Iterable[tuple[str, Interval, int]], cases: int) -> list[tuple[str, Interval, int]]:
    """Return the terms (what, log, number) with the largest sum ``number exp(log)``, at most `cases` by number."""
    result = []
    for what, log, number in sorted(chances, key=lambda chance: chance[1].high, reverse=True):
        if cases:
            result.append((what, log, min(number, cases)))
        cases -= min(number, cases)
    return result


def _inputs(value: Any, program: Program, states: States) -> tuple[int, str]:
    """Read the number of inputs of the claim: an integer, or all assignments of the free bits; and describe them.

    Or all sequences of inputs at ports (:func:`_sequences`).
    """
    if type(value) is dict and "ports" in value:
        return _sequences(value, program, states)
    if type(value) is dict:
        starts = _starts(value, program.bits, ("free", "ones"), "inputs")
        if states.starts is not None and starts != states.starts:
            raise Rejected("the inputs are not those whose states are claimed")
        free = len(starts[0])
        words = f"from all 2^{free} assignments of {_counted(free, 'input bit')} simultaneously"
        return 1 << free, words if free else "from the initial state that the claim names"
    count = _integer(value, 1, None, "inputs")
    free, kind = (program.bits, "state") if states.starts is None else (len(states.starts[0]), "assignment")
    if count > 1 << free:
        raise Rejected(f"inputs: there are only 2^{free}")
    return count, f"from any {_counted(count, f'initial {kind}')} chosen beforehand"


def _sequences(value: Any, program: Program, states: States) -> tuple[int, str]:
    """Read the claim about all sequences of inputs of T clocks: before each clock the b ports are set from outside.

    The state at which the network begins clock c is determined by the first c inputs, so the clocks of all sequences
    begin at no more than ``2^b + 2^(2b) + ... + 2^(Tb)`` states, nor at more than all ``2^bits``. If the network is
    correct in the steps from all these states, every sequence is executed correctly, by induction over the clocks.
    """
    entries = _keys(value, ("clocks", "ones", "ports"), "inputs")
    ports, ones = (_positions(entries[name], program.bits, f"inputs: {name}") for name in ("ports", "ones"))
    clocks, bits = _integer(entries["clocks"], 1, None, "inputs: clocks"), len(ports)
    if not ports or set(ports) & set(ones):
        raise Rejected("inputs: no ports, or a port with an initial value")
    if states.starts is not None:
        raise Rejected("sequences of inputs are claimed at visited states; they are supported at arbitrary states")
    words = (
        f"of each clock simultaneously for all 2^{bits * clocks} sequences of {_counted(clocks, 'input')} of "
        f"{_counted(bits, 'bit')}, where each input replaces the bits at the port positions "
        f"{', '.join(map(str, ports))} before its clock, and the first clock begins at the initial state that the "
        f"claim names"
    )
    if bits * clocks >= program.bits:
        return 1 << program.bits, words
    return sum(1 << bits * clock for clock in range(1, clocks + 1)), words


STARTS = {"output": ("zero", "gaussian"), "all": ("antisymmetric",)}  # by which layers are trained
OVER = {"zero": "the hidden weights", "gaussian": "all initial weights", "antisymmetric": "the random initial pairs"}
Chance: TypeAlias = tuple[str, Interval, int]  # what, the log of its probability, how often


@dataclass(frozen=True)
class Network:
    """The content of a claim about networks of finite width, read and validated.

    `networks`: how many are averaged for each output bit.
    """

    program: Program
    trained: str
    start: str
    networks: int
    width: int
    steps: int
    step: Fraction
    threshold: Fraction
    failure: Fraction
    inputs: int | None  # None: all

    @property
    def columns(self) -> Counter[int]:
        """How many different columns of targets there are with each number of ones (from 1 on)."""
        written: list[list[int]] = [[] for _ in range(self.program.bits)]
        for index, (_, write) in enumerate(self.program.templates):
            for position in write:
                written[position].append(index)
        return Counter(len(column) for column in {tuple(column) for column in written if column})


def network_of(claim: Any) -> Network:
    """Read a claim about one network; the states that it names are still unread."""
    names = (
        "failure",
        "kind",
        "networks",
        "program",
        "start",
        "states",
        "step",
        "steps",
        "threshold",
        "trained",
        "width",
    )
    entries = _entries(claim, names, ("inputs", "source"))
    trained = _choice(entries["trained"], tuple(STARTS), "trained")
    start = _choice(entries["start"], STARTS[trained], "start")
    networks = _integer(entries["networks"], 1, None if start == "gaussian" else 1, "networks")
    width, steps = _integer(entries["width"], 1, None, "width"), _integer(entries["steps"], 1, None, "steps")
    step, failure = _fraction(entries["step"], "step"), _fraction(entries["failure"], "failure")
    threshold = _fraction(entries["threshold"], "threshold")
    if not (0 < failure < 1 and 0 < threshold < 1):
        raise Rejected("failure or threshold is not between 0 and 1")
    inputs = _integer(entries["inputs"], 1, None, "inputs") if "inputs" in entries else None
    program = program_of(entries["program"])
    return Network(program, trained, start, networks, width, steps, step, threshold, failure, inputs)


def pairs_of(network: Network, value: Any) -> tuple[dict[Count, int], dict[int, int], dict[Count, int], str, str]:
    """Return the numbers of pairs (claimed state, output bit) in each class, and of states with n matches.

    Of those that need a bound: n >= 2, t >= 1. Then the numbers of pairs at samples or of bits that no template writes,
    a description of the states, and what was counted.
    """
    program, inputs = network.program, network.inputs
    if value == "arbitrary":
        pairs, steps, most = pairs_at_arbitrary(program), 1, program.bits
        words = "every state" if inputs is None else f"any {_counted(inputs, 'state')} chosen beforehand"
        source = f"counted over 2^{program.bits} states"
    else:
        free, ones = _starts(value, program.bits, ("free", "ones", "steps"), "states")
        steps, most = _integer(value["steps"], 1, None, "states: steps"), len(free)
        pairs = pairs_visited(program, free, ones, steps)
        words = f"every state visited in {_counted(steps, 'step')} from "
        if inputs is None:
            words += f"the 2^{most} assignments of the input bits"
        else:
            words += f"any {_counted(inputs, 'assignment')} of {_counted(most, 'input bit')} chosen beforehand"
        source = f"{_counted(steps, 'step')} executed on 2^{most} inputs"
    if inputs is not None and inputs > 1 << most:
        raise Rejected(f"inputs: there are only 2^{most}")
    room = None if inputs is None else inputs * steps
    return *chosen_of(pairs, program, room), simple_of(pairs, program, room), words, source


def _counted(number: int, noun: str, plural: str = "") -> str:
    """Return the number with the noun, in the singular for one."""
    return f"one {noun}" if number == 1 else f"{number} {plural or noun + 's'}"


def chosen_of(pairs: Counter[Count], program: Program, room: int | None) -> tuple[dict[Count, int], dict[int, int]]:
    """Return pairs by class and states by n, of which no more than `room` states are chosen (None: all of them)."""
    counts = {count: number for count, number in sorted(pairs.items()) if count[0] > 1 and count[2] and number}
    states = _states_by_matches(pairs, program.bits)
    states = {n: states[n] for n in sorted({n for n, _, _ in counts})}
    if room is None:
        return counts, states
    bits = Counter(program.writers)
    counts = {count: min(number, room * bits[count[2]]) for count, number in counts.items()}
    return counts, {n: min(number, room) for n, number in states.items()}


def simple_of(pairs: Counter[Count], program: Program, room: int | None) -> dict[Count, int]:
    """Return pairs by class that the start zero gets right: at samples (n = 1), or of bits that nothing writes (t = 0).

    No more than `room` states are chosen (None: all of them).
    """
    bits = Counter(program.writers)
    counts = {count: number for count, number in sorted(pairs.items()) if number and count[0]}
    simple = {count: number for count, number in counts.items() if count[0] == 1 or count[2] == 0}
    return simple if room is None else {count: min(number, room * bits[count[2]]) for count, number in simple.items()}


def _states_by_matches(pairs: Counter[Count], bits: int) -> dict[int, int]:
    """Return how many states have n matches, for each n: each state is in as many pairs as there are bits."""
    result = Counter[int]()
    for (n, _, _), number in pairs.items():
        result[n] += number
    return {n: number // bits for n, number in result.items()}


def check_network(claim: Any, evidence: Any) -> tuple[str, int, str]:
    """Conclude: with probability >= 1 - failure, the trained networks are correct at all claimed states."""
    network = network_of(claim)
    classes, numbers, simple, states, source = pairs_of(network, claim["states"])
    if network.start == "gaussian":
        chances, words = (
            averaged_networks(network, classes, numbers, simple, evidence),
            averaged_networks_words(network, claim),
        )
    elif network.trained == "output":
        chances, words = output_layer(network, classes, evidence), output_layer_words(network, claim)
    else:
        chances, words = all_layers(network, classes, numbers, evidence), all_layers_words(network, claim)
    unlikely(chances, network.failure)
    words += (
        f" the templates' next state at {states} simultaneously, where a state is encoded as the indicator vector of "
        f"its matching templates divided by its Euclidean norm, with probability at least 1 - {claim['failure']} over "
    )
    words += OVER[network.start]
    words += "; this holds at the finite width: no limit, linearisation or Gaussian approximation is used"
    kinds = _counted(len(network.columns), "kind of target column", "kinds of target columns")
    details = f"{_counted(len(classes), 'class', 'classes')} (n, p, t), {source}; {kinds}"
    return (
        words,
        len(chances),
        f"{details}, union bound over {_counted(len(chances), 'kind of event', 'kinds of events')}",
    )


def output_layer_words(network: Network, claim: Any) -> str:
    """Describe the network of a claim with a trained output layer."""
    program = network.program
    return (
        f"one two-layer ReLU network of width {network.width} with all outputs of {program}, f(x) = "
        f"{network.width}^(-1/2) sum over r of a_r relu(u_r . x): hidden weights u_r drawn from N(0, I), independent "
        f"and not trained, output weights a_r trained from zero by {network.steps} steps of size {claim['step']} of "
        f"full-batch gradient descent on half the sum of squared errors over its {program.samples} samples (basis "
        f"vectors); rounded at the threshold {claim['threshold']}, it computes"
    )


def averaged_networks_words(network: Network, claim: Any) -> str:
    """Describe the networks of a claim with a Gaussian start, averaged for each output bit."""
    program, many = network.program, f"the average of {network.networks} independent two-layer ReLU networks, each"
    if network.networks == 1:
        many = "one two-layer ReLU network"
    return (
        f"{many} of width {network.width} with all outputs of {program}, f(x) = "
        f"{network.width}^(-1/2) sum over r of a_r relu(u_r . x): hidden weights u_r drawn from N(0, I), independent "
        f"and not trained, output weights a_r of each output drawn from N(0, 1), independent, and trained by "
        f"{network.steps} steps of size {claim['step']} of full-batch gradient descent on half the sum of squared "
        f"errors over its {program.samples} samples (basis vectors); rounded at the threshold {claim['threshold']}, it "
        f"computes"
    )


def all_layers_words(network: Network, claim: Any) -> str:
    """Describe the networks of a claim with all layers trained."""
    program = network.program
    return (
        f"one scalar two-layer ReLU network of width {network.width} for each output bit of {program}, f(x) = "
        f"{network.width}^(-1/2) sum over r of a_r relu(u_r . x), all from one antisymmetric start of "
        f"{network.width // 2} pairs of neurons (a, u) = (1, u), (-1, u), u drawn from N(0, I), independent, where "
        f"every output is 0; all a_r and u_r of each network trained, on the targets of its bit, by {network.steps} "
        f"steps of size {claim['step']} of full-batch gradient descent on half the sum of squared errors over the "
        f"{program.samples} samples (basis vectors); rounded at the threshold {claim['threshold']}, they compute"
    )


def output_layer(network: Network, classes: dict[Count, int], evidence: Any) -> list[Chance]:
    """Return the terms of the union bound of one network whose output layer is trained."""
    entries = _keys(evidence, ("classes", "descent", "deviations"), "evidence")
    hidden = Hidden(network.program.samples)
    descent, chances = descent_of(hidden, network, entries["descent"])
    events = deviations_of(network.columns, entries["deviations"])
    slack = {t: descent.remainder(t, network.steps) for t in events}
    at_samples(network.threshold, slack.values())
    columns = {t: Column(hidden, t) for t in events}
    chances += [
        (f"the deviation of columns with {t} ones", columns[t].event(network.width, *events[t]), number)
        for t, number in network.columns.items()
    ]
    for count, hints in classes_of(classes, entries["classes"]).items():
        e, t = events[count[2]][0], count[2]
        bit = OutputBit(columns[t], count, network.threshold, Interval(slack[t].high, slack[t].high))
        chances.append((bit.where, bit.wrong(network.width, e, *hints), classes[count]))
    return chances


def averaged_networks(
    network: Network, classes: dict[Count, int], numbers: dict[int, int], simple: dict[Count, int], evidence: Any
) -> list[Chance]:
    """Return the terms of the union bound of an average of networks with a Gaussian start."""
    entries = _keys(evidence, ("classes", "columns", "descent", "states"), "evidence")
    descent, events = descent_of(Hidden(network.program.samples), network, entries["descent"])
    columns = tails_of(entries["columns"], "a column", [(t,) for t in network.columns], {"deviation": 4})
    states = tails_of(entries["states"], "a state", [(n,) for n in numbers], {"shift": 4, "square": 2})
    deviations = {t: tails["deviation"] for (t,), tails in columns.items()}
    at_samples(network.threshold, [descent.remainder(t, network.steps) for t in deviations])
    average = Average(network, descent, deviations, {n: tails for (n,), tails in states.items()})
    chances = [(what, log, network.networks) for what, log, _ in events] + average.events(numbers)
    for (n, p, t), tails in tails_of(entries["classes"], "a class", list(classes), {"split": 2}).items():
        logs, where = average.wrong((n, p, t), *tails["split"]), f"at n = {n}, p = {p}, t = {t}"
        names = (f"the term of first order {where}", f"the Gaussian term {where}")
        chances += [(name, log, classes[n, p, t]) for name, log in zip(names, logs, strict=True)]
    for (n, p, t), number in simple.items():
        chances.append((f"the Gaussian term at n = {n}, p = {p}, t = {t}", average.simple(n, t), number))
    return chances


def all_layers(network: Network, classes: dict[Count, int], numbers: dict[int, int], evidence: Any) -> list[Chance]:
    """Return the terms of the union bound of networks all of whose layers are trained."""
    entries = _keys(evidence, ("classes", "columns", "kinks", "regressions", "start"), "evidence")
    tangent = Tangent(network.program.samples)
    if max(network.columns, default=0) == tangent.K:
        raise Rejected("a column of targets without a 0")
    start, levels, chances = start_of(tangent, network, entries["start"])
    rows = tails_of(entries["columns"], "a column", [(t,) for t in network.columns], COLUMN)
    columns = {t: TrainedColumn(network, start, levels, t, tails) for (t,), tails in rows.items()}
    for t, number in network.columns.items():
        chances += columns[t].chances(number)
    regressions, more = regressions_of(tangent, start, numbers, entries["regressions"])
    kinks = tails_of(entries["kinks"], "kinks", classes, {"kinks": 2})
    for count, hints in classes_of(classes, entries["classes"]).items():
        n, p, t = count
        column, (tail,) = columns[t], kinks[count].values()
        state, theta, shift = regressions[n]
        crossing = column.windows.kinks(tail, n, p, column.e, column.late)
        known = (Interval.of(tail[0]), theta, shift)
        slack = column.path.distance(count, state, network.threshold, known, column.closed, column.residual)
        bit = TangentBit(column.column, count, network.threshold, Interval(slack.high, slack.high))
        wrong = bit.wrong(start.pairs, column.e, *hints)
        chances += [(f"kinks {bit.where}", crossing, classes[count]), (bit.where, wrong, classes[count])]
    return chances + more


# The events of a column: how many numbers each has, a value and the parameters of its bound
CLOSED = ("writer", "cross", "turn", "other", "echo", "far_echo")
COLUMN = {"deviation": 3, "pull": 4, "bulk": 4, "label": 2, "open": 2, "rest": 1, "share": 2} | dict.fromkeys(CLOSED, 2)


class TrainedColumn:
    """Networks for columns with t ones after training: the path, its conditions, and the bounds that states use."""

    def __init__(self, network: Network, start: Start, levels: Sequence[Tail], t: int, tails: dict[str, Any]) -> None:
        self.start, self.tails, self.column = start, tails, TangentColumn(start.tangent, t)
        self.e, self.path = tails["deviation"][0], Path(start, self.column, tails["rest"][0], tails)
        self.windows, self.closed = Windows(self.path, levels), {name: Interval.of(tails[name][0]) for name in CLOSED}
        path, step, one, where = self.path, Interval.of(network.step), Interval.of(1), f" in columns with {t} ones"
        less(path.amax(Interval.of(start.longest)), one + one, "the output weights may change sign" + where)
        less(step * (one + Interval.of(start.gram)), one, "the step is too large for the eigenvalues of H")
        less(step * path.mu, one, "the step is too large for the eigenvalue of the limit" + where)
        limit = path.rest * start.least * start.root
        less(path.variation(self.closed), limit, "the outputs vary more than the path allows" + where)
        rate = step * (start.least - path.lipschitz(self.closed, Interval.of(tails["share"][0])))
        self.residual = path.residual(rate, network.steps)
        at_samples(network.threshold, [self.residual])
        self.late = path.residual(step * start.least, network.steps) / start.least / start.root

    def chances(self, number: int) -> list[Chance]:
        """Return the terms of the union bound: `number` columns; of closings, each coordinate for all of them."""
        t, tails, windows, K = self.path.t, self.tails, self.windows, self.start.tangent.K
        where = f"of columns with {t} ones"
        far = [("the share of closings", windows.share(tails["share"]), K)]
        far += [(f"the closings {name}", log, K) for name, log in self.closings()]
        near = [("the deviation", self.column.event(self.start.pairs, *tails["deviation"]), number)]
        near += [(name, log, number) for name, log in self.vectors()]
        return [(f"{name} {where}", log, times) for name, log, times in near + far]

    def closings(self) -> list[tuple[str, Interval]]:
        """Enclose the logs of the events of one coordinate."""
        windows, path, tails = self.windows, self.path, self.tails
        return [
            ("writer", windows.closing(tails["writer"], path.one, twice=False, echo=False)),
            ("cross", windows.cross(tails["cross"], path.one, path.back)),
            ("turn", windows.turn(tails["turn"], path.one, path.back)),
            ("other", windows.closing(tails["other"], path.zero, twice=True, echo=False)),
            ("echo", windows.closing(tails["echo"], path.one, twice=True, echo=True)),
            ("far_echo", windows.closing(tails["far_echo"], path.zero, twice=True, echo=True)),
        ]

    def vectors(self) -> list[tuple[str, Interval]]:
        """Enclose the logs of the events of one column: see :class:`TangentColumn`."""
        column, pairs, tails = self.column, self.start.pairs, self.tails
        return [
            ("the pull", column.pull_event(pairs, tails["pull"])),
            ("the bulk", column.bulk_event(pairs, tails["bulk"])),
            ("the label", column.label_event(pairs, tails["label"])),
            ("open pairs", column.open_event(pairs, tails["open"])),
        ]


def less(first: Interval, second: Interval, what: str) -> None:
    """Conclude ``first < second``; Rejected, with the message `what`, unless the intervals prove it."""
    if first.high >= second.low:
        raise Rejected(what)


def tails_of(
    value: Any, where: str, required: Iterable[tuple[int, ...]], sizes: dict[str, int]
) -> dict[tuple[int, ...], dict[str, Tail]]:
    """Read ``[*key, {name: [value, parameter, ...], ...}]`` for each required key, once; numbers but q are above 0."""
    result: dict[tuple[int, ...], dict[str, Tail]] = {}
    required = list(required)
    for row in _list(value, where):
        *numbers, tails = _list(row, where, len(required[0]) + 1 if required else None)
        key = tuple(_integer(number, 0, None, where) for number in numbers)
        if key in result:
            raise Rejected(f"{where} {key} occurs twice")
        entries = _keys(tails, tuple(sizes), where)
        result[key] = {name: _tail(entries[name], size, f"{where}: {name}") for name, size in sizes.items()}
    absent, strange = set(required) - set(result), set(result) - set(required)
    if absent or strange:
        raise Rejected(f"{where} {min(absent or strange)} {'is missing' if absent else 'does not occur'}")
    return result


def _tail(value: Any, size: int, where: str) -> tuple[Fraction, ...]:
    numbers = tuple(_fraction(number, where) for number in _list(value, where, size))
    if min(numbers[:3]) <= 0:
        raise Rejected(f"{where}: a number that is not above 0")
    return numbers


def start_of(tangent: Tangent, network: Network, value: Any) -> tuple[Start, list[Tail], list[Chance]]:
    """Read the events about the start alone; return it, the levels of ``|v|``, and the terms of the union bound."""
    entries = _keys(value, ("drop", "gram", "levels", "longest"), "evidence: start")
    drop, gram, longest = (_tail(entries[name], 2, f"evidence: {name}") for name in ("drop", "gram", "longest"))
    levels = [_tail(level, 2, "a level") for level in _list(entries["levels"], "the levels")]
    start = Start(tangent, network.width, drop[0], gram[0], longest[0])
    chances = [
        ("the least eigenvalue", start.eigenvalue_event(drop[1]), 1),
        ("the Gram matrix", start.gram_event(gram[1]), 1),
        ("the longest neuron", start.longest_event(longest[1]), 1),
    ]
    return start, levels, chances


def regressions_of(
    tangent: Tangent, start: Start, numbers: dict[int, int], value: Any
) -> tuple[dict[int, tuple[Regression, Interval, Interval]], list[Chance]]:
    """Read the events of states with n matches; return regression, Theta and a bound of ``|bh - beta|``, and terms.

    ``bh - beta = H^-1 mean rho``, at most ``|mean Hbar^(-1/2) rho|/((1 - drop) root lam)`` long.
    """
    rows = tails_of(value, "a regression", [(n,) for n in numbers], {"square": 2, "shift": 4})
    result, chances, scale = {}, list[Chance](), start.inverse / tangent.lam.sqrt()
    for (n,), tails in rows.items():
        state = Regression(tangent, n)
        square, shift = tails["square"], tails["shift"]
        chances.append((f"the square {state.where}", state.square_event(start.pairs, square), numbers[n]))
        chances.append((f"the shift {state.where}", state.shift_event(start.pairs, shift), numbers[n]))
        result[n] = state, Interval.of(square[0]), Interval.of(shift[0]) * scale
    return result, chances


def descent_of(hidden: Hidden, network: Network, value: Any) -> tuple[Descent, list[tuple[str, Interval, int]]]:
    """Read rise, drop and tilts of gradient descent; return it, with the logarithms of its events' probabilities."""
    entries = _keys(value, ("drop", "rise", "tilts"), "evidence: descent")
    rise, drop = _fraction(entries["rise"], "rise"), _fraction(entries["drop"], "drop")
    first, second = (_fraction(tilt, "a tilt") for tilt in _list(entries["tilts"], "tilts", 2))
    descent = Descent(hidden, network.step, rise, drop)
    trace, least = descent.trace_event(network.width, first), descent.eigenvalue_event(network.width, second)
    return descent, [("the trace", trace, 1), ("the least eigenvalue", least, 1)]


def deviations_of(columns: Iterable[int], value: Any) -> dict[int, tuple[Fraction, Fraction, Fraction]]:
    """Read ``[t, e, z, l]`` for each number t of ones in a column."""
    rows = [_list(row, "a deviation", 4) for row in _list(value, "deviations")]
    result = {_integer(row[0], 1, None, "t"): _three(row[1:], "a deviation") for row in rows}
    if len(result) < len(rows) or set(result) != set(columns):
        raise Rejected("the deviations do not list each number of ones in a column exactly once")
    return result


def classes_of(classes: Iterable[Count], value: Any) -> dict[Count, tuple[Fraction, Fraction, Fraction, Cover]]:
    """Read ``[n, p, t, l, z, q, cover]`` for each class; cover: ``[[number, mu], ...]``."""
    result: dict[Count, tuple[Fraction, Fraction, Fraction, Cover]] = {}
    for row in _list(value, "classes"):
        n, p, t, l, z, q, cover = _list(row, "a class", 7)
        count = (_integer(n, 2, None, "n"), _integer(p, 0, None, "p"), _integer(t, 1, None, "t"))
        if count in result:
            raise Rejected(f"the class n = {n}, p = {p}, t = {t} occurs twice")
        blocks = [_list(block, "a block", 2) for block in _list(cover, "a cover")]
        parts = [(_integer(last, 0, None, "a block's last number"), _fraction(mu, "mu")) for last, mu in blocks]
        result[count] = (*_three([l, z, q], "a class"), parts)
    missing, unknown = set(classes) - set(result), set(result) - set(classes)
    if missing or unknown:
        n, p, t = min(missing or unknown)
        raise Rejected(f"the class n = {n}, p = {p}, t = {t} {'is missing' if missing else 'does not occur'}")
    return result


def _three(values: Sequence[Any], where: str) -> tuple[Fraction, Fraction, Fraction]:
    first, second, third = (_fraction(value, where) for value in values)
    return first, second, third


def nearest(threshold: Fraction) -> Interval:
    """Enclose the distance of the threshold from the nearer one of the targets 0 and 1."""
    return Interval.of(min(threshold, 1 - threshold))


def at_samples(threshold: Fraction, slack: Iterable[Interval]) -> None:
    """Conclude that outputs at samples (n = 1) are rounded correctly despite the remainder; at n = 0 they are 0."""
    if any(remainder.high >= nearest(threshold).low for remainder in slack):
        raise Rejected("after these steps an output at a sample may be on the wrong side of the threshold")


def unlikely(chances: Iterable[tuple[str, Interval, int]], failure: Fraction) -> None:
    """Conclude by a union bound that ``sum of number exp(log) <= failure`` over the terms (what, log, number).

    The sum of ``exp(log + log(number/failure))`` is compared with 1.
    """
    total, most = Interval.of(0), (0, "")
    for where, log, number in chances:
        exponent = log + Interval.of(number / failure).log()
        if exponent.low > 0:
            raise Rejected(f"one term of the union bound exceeds the failure probability: {where}")
        share = exponent.exp()
        total, most = total + share, max(most, (share.high, where))
    if total.low > ONE:
        raise Rejected(f"the union bound exceeds the failure probability, its largest term {most[1]}")
    if total.high > ONE:
        raise Declined("the union bound is too close to the failure probability to decide")


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
    """Enclose the sine: its value at the midpoint m, plus or minus the radius of x, since ``|cos| <= 1``.

    The series ``m - m^3/3! + ...`` is truncated at a term below one unit; the remainder is smaller than the next term
    for ``|m| < 64``, since the derivatives of the sine are at most 1. Declined for larger m.
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
    """Return a quotient with the lowest term of its denominator normalised to 1, or None if it exceeds MAX_EXACT."""
    if not top:
        return {}, UNIT
    if bottom != UNIT:
        k, q = min(bottom.items())
        top, bottom = ({j - k: p / q for j, p in part.items()} for part in (top, bottom))
    size = sum(p.numerator.bit_length() + p.denominator.bit_length() for part in (top, bottom) for p in part.values())
    return None if size > MAX_EXACT else (top, bottom)


class Number:
    """A real number: an enclosing interval and, if known, its `exact` value as a quotient of polynomials in pi.

    The exact value is only used to recognise 0, where two sides are equal; comparisons use the intervals.
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
        """Return the constant series with the same number of terms."""
        m = len(self.terms)
        return Series(self.s, 0, [value, *[ZERO] * m], Interval.of(0), m)

    def _written(self, valuation: int, terms: Sequence[Number], m: int) -> Series:
        """Return the same function, represented by equivalent terms and valuation."""
        return Series(self.s, valuation, terms, self.rest, m)

    def reduced(self) -> Series:
        """Return the same function without leading terms that are exactly 0; the valuation increases accordingly."""
        zeros = next((k for k, c in enumerate(self.terms) if not c.is_zero()), len(self.terms))
        return self._written(self.valuation + zeros, self.terms[zeros:], len(self.terms))

    def raised(self, valuation: int) -> Series:
        """Return the same function with a smaller or equal valuation, padded with leading zeros."""
        gap = self.valuation - valuation
        return self._written(valuation, [ZERO] * gap + self.terms, gap + len(self.terms))

    def _alike(self, other: Series) -> tuple[int, Series, Series]:
        """Return the smaller number of terms m, and both series truncated to m terms."""
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
            raise Rejected("a function of a series that has no limit")
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

        ``|r| <= 1/m``: the derivative 1/(1 + x^2) is the imaginary part of 1/(x - i), so the m-th derivative is (m-1)!
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
        """With f = c + u and ``|r| <= 1``: ``sin c + u cos c - u^2/2 sin c - ... + r u^m/m!``."""
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
    """Compile an integer, "a/b" or [operation, argument, ...] into steps without duplicates; return its step number.

    ``acos x`` is read as ``pi/2 - asin x``.
    """
    if type(expression) is not list:
        return steps.setdefault(("rational", _fraction(expression, "a constant")), len(steps))
    if not expression or type(expression[0]) is not str:
        raise Rejected(f"an expression that does not begin with an operation: {_shown(expression)}")
    name, *arguments = expression
    if name == "acos" and len(arguments) == 1:
        return compiled(["sub", ["div", ["pi"], 2], ["asin", arguments[0]]], box, steps)
    step = _step(name, arguments, box, steps)
    return steps.setdefault(step, len(steps))


def _step(name: str, arguments: list[Any], box: Box, steps: dict[Step, int]) -> Step:
    """Compile the arguments of an operation into steps; return the step of the operation."""
    form = name, len(arguments)
    if form == ("var", 1):
        if _text(arguments[0], "a variable") not in box:
            raise Rejected(f"the domain does not name the variable {_shown(arguments[0])}")
        return ("var", arguments[0])
    if form == ("pi", 0):
        return ("pi",)
    if form == ("pow", 2):
        exponent = _integer(arguments[1], -(10**MAX_DIGITS), None, "an exponent")
        return ("pow", compiled(arguments[0], box, steps), exponent)
    if name in OPERATIONS and len(arguments) == 1 + (name in BINARY):
        return (name, *(compiled(argument, box, steps) for argument in arguments))
    raise Rejected(f"unknown operation {_shown(name)} of {len(arguments)} arguments")


def value_of(steps: Iterable[Step], variables: dict[str, Term], constant: Callable[[Number], Term]) -> Term:
    """Evaluate the steps in their order; return the last value."""
    values: list[Term] = []
    for name, *arguments in steps:
        if name == "rational":
            values.append(constant(Number.of(arguments[0])))
        elif name == "pi":
            values.append(constant(Number.pi()))
        elif name == "var":
            values.append(variables[arguments[0]])
        elif name == "pow":
            values.append(values[arguments[0]].power(arguments[1]))
        else:
            values.append(OPERATIONS[name](*(values[index] for index in arguments)))
    return values[-1]


def leaves(box: Box, tree: Any) -> Iterator[tuple[Box, list[Any]]]:
    """Yield the leaves of a subdivision with their boxes; ``["split", variable, at, below, above]`` bisects a box.

    Real parts share the point `at`; integers >= `at` belong to `above`. Hence the leaves cover the box.
    """
    stack = [(box, tree)]
    while stack:
        here, node = stack.pop()
        if len(_list(node, "a node of the tree")) != 5 or node[0] != "split" or node[1] not in list(here):
            yield here, node
            continue
        _, name, value, below, above = node
        low, high, integers = here[name]
        at = _split_at(name, here[name], value)
        stack.append((here | {name: (at, high, integers)}, above))
        if not integers or at > low:
            stack.append((here | {name: (low, at - integers, integers)}, below))


def _split_at(name: str, side: Side, value: Any) -> Fraction:
    """Read the point at which a side is split: it lies on the side, and is an integer where the side is."""
    low, high, integers = side
    at = _fraction(value, "the point of a split")
    if at < low or (high is not None and at > high) or (integers and at.denominator > 1):
        raise Rejected(f"a split of {_shown(name)} at {_shown(at)}, which is not in its domain")
    return at


def bounds_on(steps: Iterable[Step], box: Box, leaf: list[Any]) -> Iterator[Interval]:
    """Enclose the last of the steps, times a positive factor, on parts that cover the box.

    ``["leaf"]``: by interval arithmetic on the sides. ``["low", variable, m]``, ``["high", variable, m]``: by a series
    of m terms in the distance s from that end of the variable, and at the end itself; in ``s = n^(-1/2)`` if unbounded.
    """
    if leaf == ["leaf"]:
        yield value_of(steps, {name: _over(name, side) for name, side in box.items()}, _itself).value
        return
    end, name, m = _expansion(box, leaf)
    low, high, _ = box[name]
    others = {other: _over(other, side) for other, side in box.items() if other != name}
    if end == "high" and high is None:
        variable = _near_infinity(name, low, m)
    else:
        at, variable = _near_end(name, box[name], end, m)
        yield value_of(steps, {**others, name: Number.of(at)}, _itself).value
        if low == high:
            return
    series = {other: variable.constant(number) for other, number in others.items()}
    yield value_of(steps, {**series, name: variable}, variable.constant).reduced().bounds()


def _expansion(box: Box, leaf: list[Any]) -> tuple[str, str, int]:
    """Read a leaf with a series expansion: the end, the variable and the number of terms."""
    if len(leaf) != 3 or leaf[0] not in ("low", "high") or leaf[1] not in list(box):
        raise Rejected(f"a node of the tree is neither leaf nor split: {_shown(leaf[:2])}")
    return leaf[0], leaf[1], _integer(leaf[2], 1, MAX_TERMS, "the terms of a series")


def _near_infinity(name: str, low: Fraction, m: int) -> Series:
    """Return the variable from `low` on as a series in ``s = n^(-1/2)``: ``n = s^-2``."""
    if low < 1:
        raise Rejected(f"a series of {_shown(name)} that begins below 1")
    reach = Interval.of(1 / low).sqrt().high
    return Series(Interval(0, reach), -2, [Number.of(1), *[ZERO] * m], Interval.of(0), m)


def _near_end(name: str, side: Side, end: str, m: int) -> tuple[Fraction, Series]:
    """Return an end point of a side, and the variable as a series in the distance from it."""
    low, high, _ = side
    over, one = _over(name, side).value, Number.of(1)
    at, sign = (low, one) if end == "low" or high is None else (high, -one)
    reach = over.high - over.low
    return at, Series(Interval(0, reach), 0, [Number.of(at), sign, *[ZERO] * m], Interval.of(0), m)


def _itself(number: Number) -> Number:
    return number


def _over(name: str, side: Side) -> Number:
    """Return a number that encloses a side; Rejected if the side is unbounded."""
    low, high, _ = side
    if high is None:
        raise Rejected(f"a leaf on which the domain has no end of {_shown(name)}")
    return Number.of(low) if low == high else Number(Interval(Interval.of(low).low, Interval.of(high).high))


def side_of(name: str, value: Any) -> Side:
    """Read the real side ``[low, high]`` or ``["integers", low, high]``, unbounded if high is null."""
    integers = type(value) is list and value[:1] == ["integers"]
    ends = _list(value[1:] if integers else value, "a side of the domain", 2)
    if integers:
        low = Fraction(_integer(ends[0], -(10**MAX_DIGITS), None, "the first integer"))
        high = None if ends[1] is None else Fraction(_integer(ends[1], -(10**MAX_DIGITS), None, "the last integer"))
    else:
        low, high = (_fraction(end, "an end of the domain") for end in ends)
    if high is not None and low > high:
        raise Rejected(f"the domain is empty: {_shown(name)} from {_shown(low)} to {_shown(high)}")
    return low, high, integers


def _side_words(name: str, side: Side) -> str:
    low, high, integers = side
    prefix = "integers " * integers
    return f"{prefix}{name} >= {low}" if high is None else f"{prefix}{low} <= {name} <= {high}"


def check_inequality(claim: Any, evidence: Any) -> tuple[str, int, str]:
    """Conclude ``left < right`` (or ``<=``) on a domain: ``right - left`` is enclosed on leaves that cover it."""
    entries = _keys(claim, ("domain", "kind", "left", "relation", "right"), "the claim")
    relation = _choice(entries["relation"], ("<", "<="), "relation")
    if type(entries["domain"]) is not dict:
        raise Rejected("domain is not an object")
    box: Box = {_text(name, "a variable"): side_of(name, side) for name, side in entries["domain"].items()}
    steps: dict[Step, int] = {}
    compiled(["sub", entries["right"], entries["left"]], box, steps)
    facts = 0
    for part, leaf in leaves(box, _keys(evidence, ("tree",), "evidence")["tree"]):
        facts += 1
        _check_leaf(steps, part, leaf, relation)
    sides = ", ".join(_side_words(name, side) for name, side in box.items())
    left, right = (canonical(entries[side]).decode("ascii") for side in ("left", "right"))
    words = f"{left} {relation} {right}" + (f" for all {sides}" if sides else "")
    return words, facts, f"{_counted(facts, 'box', 'boxes')} decided"


def _check_leaf(steps: Iterable[Step], part: Box, leaf: list[Any], relation: str) -> None:
    """Conclude that the last of the steps is positive (nonnegative for ``<=``) on one leaf."""
    for value in bounds_on(steps, part, leaf):
        if value.low < 0 or (value.low == 0 and relation == "<"):
            where = ", ".join(f"{n!a} in {_shown(low)} to {_shown(high)}" for n, (low, high, _) in part.items())
            failing = FALSE if value.high < 0 else "the inequality does not follow"
            raise Rejected(f"{failing} on the leaf {where or '(constants)'}")


# --------------------------------------------------------------------------------------------------------------- main
NO_MEMORY = DECLINED, "declined: the memory of this process is exhausted"


def judge(data: bytes) -> tuple[int, str]:
    """Return the exit code and the output for the bytes of one certificate; never raises."""
    try:
        verified = check(data)
    except Rejected as problem:
        return REJECTED, f"rejected: {problem}"
    except Declined as problem:
        return DECLINED, f"declined: {problem}"
    except MemoryError:
        return NO_MEMORY
    except Exception as problem:  # a defect of this file: no verdict
        return BROKEN, f"failed: an error in the checker ({type(problem).__name__})"
    text = f"accepted\nclaim: {verified.claim}\nclaim_sha256: {verified.digest}\n"
    text += f"facts: {verified.facts}\nverified: {verified.details}"
    return ACCEPTED, text + f"\nsource: {verified.source}" if verified.source else text


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
