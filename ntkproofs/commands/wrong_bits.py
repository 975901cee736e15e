"""The first wrong bit of given networks: where it is, and its output against the threshold, as text and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ntkproofs.commands.common import make_console
from ntkproofs.printable import printable
from ntkproofs.programs.language import bit_name, field_name

if TYPE_CHECKING:
    from ntkproofs.execution.network_exhaustion import ThresholdInterval
    from ntkproofs.execution.wrong_bits import WrongOutput
    from ntkproofs.inference import Surd

__all__ = [
    "interval_json",
    "interval_text",
    "print_table",
    "surd_json",
    "surd_text",
    "wrong_bit_json",
    "wrong_bit_lines",
]

MAX_EXACT = 48  # characters of an exact number in a table
MAX_DIGITS = 24  # of a longer field only the first and last digits are shown
HEADINGS = 17  # characters of the first column of a table, as of other commands


def print_table(lines: Iterable[tuple[str, str]]) -> None:
    """Print rows on stdout in two columns, the second wrapped at the width of the console."""
    width, indent = make_console().width, " " * HEADINGS
    for name, value in lines:
        first = f"{name:<{HEADINGS - 1}} "
        text = textwrap.fill(
            printable(value),
            max(width, 2 * HEADINGS),
            initial_indent=first,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        print(text.rstrip() if value else first.rstrip())


def surd_json(value: Surd) -> dict[str, str]:
    """Return an exact number as entries of a JSON document: its exact form, and its leading decimal digits.

    >>> from ntkproofs.inference import Surd
    >>> surd_json(Surd(1, 1, 2))
    {'exact': '1 + sqrt(2)', 'value': '2.4142135…'}
    """
    return {"exact": f"{value}", "value": value.decimal()}


def surd_text(value: Surd) -> str:
    """Return an exact number as text: decimal digits, and its exact form unless that is long.

    >>> from ntkproofs.inference import Surd
    >>> surd_text(Surd(1, 1, 2))
    '2.4142135… = 1 + sqrt(2)'
    """
    exact, digits = f"{value}", value.decimal()
    return digits if exact == digits or len(exact) > MAX_EXACT else f"{digits} = {exact}"


def interval_json(interval: ThresholdInterval, reason: str) -> dict[str, Any]:
    """Return the thresholds that are right, those above one output and below another, as entries of a document."""
    return {
        "outcome": interval.outcome,
        "above": None if interval.low is None else surd_json(interval.low),
        "below": None if interval.high is None else surd_json(interval.high),
        "reason": reason,
    }


def interval_text(interval: ThresholdInterval) -> str:
    """Return the thresholds that are right at the steps of one run, or two outputs that prove that there are none."""
    if interval.outcome != "none":
        return f"{interval}"
    zero, one = interval.exhaustion.greatest_zero, interval.exhaustion.least_one
    assert one is not None
    assert interval.low is not None
    where = (
        "" if zero is None or zero.value != interval.low else f" (step {zero.place.step + 1}, bit {bit_name(zero.bit)})"
    )
    return (
        f"no threshold is right: a bit that should be 0 has the output {surd_text(interval.low)}{where}, and one that "
        f"should be 1 has {surd_text(one.value)} (step {one.place.step + 1}, bit {bit_name(one.bit)})"
    )


def wrong_bit_json(wrong: WrongOutput) -> dict[str, Any]:
    """Return the entries of a JSON document that describe a wrong bit."""
    return {
        "state": wrong.program.field_digits(wrong.program.row(wrong.state)),
        "bit": list(wrong.bit),
        "counts": f"{wrong.counts}",
        "output": surd_json(wrong.value),
        "expected": wrong.expected,
    }


def wrong_bit_lines(wrong: WrongOutput) -> Iterator[tuple[str, str]]:
    """Yield the rows of a table that describe a wrong bit, after one that names it."""
    digits = wrong.program.field_digits(wrong.program.row(wrong.state))
    yield "  state", " ".join(f"{field_name(name)}={_short(text)}" for name, text in digits.items())
    yield "  counts", f"{wrong.counts}"
    equal = ", exactly the threshold" if wrong.value.compare(wrong.threshold) == 0 else ""
    yield "  output", surd_text(wrong.value) + equal
    yield "  expected", f"{'above' if wrong.expected else 'below'} the threshold {wrong.threshold}"


def _short(digits: str) -> str:
    return digits if len(digits) <= MAX_DIGITS else f"{digits[:8]}…({len(digits)} bits)…{digits[-8:]}"
