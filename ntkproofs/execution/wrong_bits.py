"""Wrong bits: outputs of given networks that are not on the side of the threshold that the program demands."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ntkproofs.counts import Counts
from ntkproofs.errors import NtkProofsError
from ntkproofs.inference import Surd
from ntkproofs.programs import Bit, State, TemplateProgram
from ntkproofs.programs.language import bit_name, field_name

__all__ = ["WrongBit", "WrongOutput", "shown"]

MAX_SHOWN = 60  # characters of an exact number, and of the digits of a field, that are shown


@dataclass(frozen=True)
class WrongOutput:
    """An output that is not on its side of the threshold: `value`, where `expected` is the bit that the program writes.

    `state`: before the step; `bit`: (field, index); `counts`: n, p, t and K of the bit at this state.
    """

    program: TemplateProgram
    state: State
    bit: Bit
    counts: Counts
    value: Surd
    expected: int
    threshold: Fraction

    def __str__(self) -> str:
        program = self.program
        digits = program.field_digits(program.row(self.state))
        state = " ".join(f"{field_name(field)}={_short(text)}" for field, text in digits.items())
        order = self.value.compare(self.threshold)
        side = {0: "exactly the threshold", 1: "above the threshold", -1: "below the threshold"}[order]
        required = "above" if self.expected else "below"
        return (
            f"at the state {state} the output of bit {bit_name(self.bit)} is {shown(self.value)}, {side} "
            f"{self.threshold}, and must be {required} it ({self.counts})"
        )


class WrongBit(NtkProofsError):
    """A bit that the networks do not decide as the program does.

    Attributes: `state` (before the step), `bit` (field, index), `value` (exact), `counts`, `expected`, `threshold`.
    """

    def __init__(self, wrong: WrongOutput) -> None:
        self.wrong = wrong
        super().__init__(f"program {wrong.program.name!r}: {wrong}")

    def __reduce__(self) -> tuple[object, ...]:
        return WrongBit, (self.wrong,)

    @property
    def state(self) -> State:
        """The state before the step."""
        return self.wrong.state

    @property
    def bit(self) -> Bit:
        """The bit."""
        return self.wrong.bit

    @property
    def value(self) -> Surd:
        """The output, exactly."""
        return self.wrong.value

    @property
    def counts(self) -> Counts:
        """The counts of the bit at the state."""
        return self.wrong.counts

    @property
    def expected(self) -> int:
        """The bit that the program writes."""
        return self.wrong.expected

    @property
    def threshold(self) -> Fraction:
        """The threshold."""
        return self.wrong.threshold


def shown(value: Surd) -> str:
    """Return a number for display: exactly, if that is short, and by its decimal digits."""
    exact, decimal = str(value), value.decimal()
    return decimal if len(exact) > MAX_SHOWN or exact == decimal else f"{exact} = {decimal}"


def _short(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else f"{text[:8]}…({len(text)} bits)…{text[-8:]}"
