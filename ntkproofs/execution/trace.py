"""Trace: the states of a run and their counts, displayed as a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ntkproofs.bounds.rounding import enclose_mean
from ntkproofs.counts import Counts
from ntkproofs.display import counted, escaped
from ntkproofs.kernels import Kernel
from ntkproofs.kernels.definite import FIRST_PRECISION
from ntkproofs.programs import Rows, State, TemplateProgram
from ntkproofs.programs.language import field_name
from ntkproofs.training_time import CONVERGED, UNIT, TrainingTime

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["Trace"]

MAX_ROWS = 80  # of a longer trace only the first and last steps are displayed
MAX_DIGITS = 64  # of a longer field only the first and last digits are displayed
MAX_WIDTH = 120  # characters; a wider table gets headings of several lines


@dataclass(frozen=True)
class _Row:
    """A row of the table: the step, the digits of each field with marks for changes, n and the two means."""

    step: str
    fields: tuple[tuple[str, str], ...]  # digits, and '^' below the digits that changed
    numbers: tuple[str, str, str]


class Trace:
    """The states of a run and the counts of every step; printed as a table with each field as a binary number.

    ``len(trace)`` is the number of steps; ``trace.states`` has one more entry; ``trace.counts[i]`` are the counts that
    occurred at step i + 1. The digits that a step changed are marked, in Jupyter by colour.

    >>> from ntkproofs.execution import Machine
    >>> from ntkproofs.programs import permutation
    >>> program = permutation([2, 0, 1])
    >>> print(Machine(program).run(program.state(bits=3), steps=1))
    step  bits  matching  least 1-bit mean  greatest 0-bit mean
       0   110
       1   011         2             0.557               -0.018
           ^ ^
    """

    headings: ClassVar = ("step", "matching", "least 1-bit mean", "greatest 0-bit mean")

    def __init__(
        self,
        program: TemplateProgram,
        kernel: Kernel,
        packed: Rows,
        counts: tuple[frozenset[Counts], ...],
        at: TrainingTime = CONVERGED,
        threshold: Fraction = Fraction(0),
    ) -> None:
        self.program, self.kernel, self.counts, self.at, self.threshold = program, kernel, counts, at, threshold
        self._packed = packed

    def __len__(self) -> int:
        return len(self.counts)

    def row(self, step: int) -> Rows:
        """Return the state after `step` steps as one row of bits."""
        return np.unpackbits(self._packed[step], count=self.program.output_bits)

    @property
    def states(self) -> list[State]:
        """All states, beginning with the initial state."""
        return list(self)

    def __iter__(self) -> Iterator[State]:
        return (self.program.unrow(self.row(step)) for step in range(len(self) + 1))

    @property
    def final(self) -> State:
        """The last state."""
        return self.program.unrow(self.row(len(self)))

    @property
    def largest_matches(self) -> int:
        """The largest n of the run (0 for a run of no steps)."""
        return max((item.matches for counts in self.counts for item in counts), default=0)

    # --- display

    @property
    def executor(self) -> str:
        """What executed the program, for the title of a table."""
        return self.kernel.name + ("" if self.at.converged else f", {self.at.phrase} ({UNIT})")

    @property
    def value_name(self) -> str:
        """What is compared with the threshold: the mean of a bit, or the output of networks."""
        return "mean"

    def values(self, step: int) -> list[float]:
        """Return the mean of every bit, as floats for display, ``(bits,)``, at the step from state number `step`."""
        program = self.program
        match = program.match_rows(self.row(step)[None, :])
        n, matched = int(match.sum()), program.matched_writers_rows(match)[0]
        pairs = list(zip(matched.tolist(), program.writers.tolist(), strict=True))
        means = {(p, t): self._mean(Counts(n, p, t, program.samples)) for p, t in set(pairs)}
        return [means[pair] for pair in pairs]

    def _margins(self, step: int) -> tuple[str, str, str]:
        """Return n and the two means nearest to the threshold, for the step that leads to state number `step`."""
        if step == 0:
            return "", "", ""
        counts = self.counts[step - 1]
        means = [(item.matched_writers > 0, self._mean(item)) for item in counts]
        ones = [mean for is_one, mean in means if is_one]
        zeros = [mean for is_one, mean in means if not is_one]
        return (
            str(next(iter(counts)).matches),
            f"{min(ones):.3g}" if ones else "",
            f"{max(zeros):.2g}" if zeros else "",
        )

    def _mean(self, counts: Counts) -> float:
        """Return the mean as a float, for display only."""
        return float(enclose_mean(self.kernel, counts, precision=FIRST_PRECISION, at=self.at).middle)

    def _displayed_steps(self) -> list[int | None]:
        """Return the numbers of the steps to display; None stands for the omitted ones."""
        if len(self) < MAX_ROWS:
            return list(range(len(self) + 1))
        half = MAX_ROWS // 2
        return [*range(half), None, *range(len(self) + 1 - half, len(self) + 1)]

    def _rows(self) -> Iterator[_Row]:
        for step in self._displayed_steps():
            if step is None:
                omitted = len(self) + 1 - 2 * (MAX_ROWS // 2)
                yield _Row("…", tuple(("…", "") for _ in self.program.fields), (f"{omitted} more steps", "", ""))
                continue
            digits = self.program.field_digits(self.row(step))
            before = self.program.field_digits(self.row(step - 1)) if step else digits
            marks = {
                field: "".join("^" if a != b else " " for a, b in zip(digits[field], before[field], strict=True))
                for field in digits
            }
            fields = tuple(_shorten(digits[field], marks[field]) for field in digits)
            yield _Row(str(step), fields, self._margins(step))

    def _headings(self, rows: list[_Row]) -> list[list[str]]:
        """Return the lines of the heading of each column: one line, or several if the table would be too wide."""
        names = (self.headings[0], *map(field_name, self.program.fields), *self.headings[1:])
        columns = list(
            zip(*([row.step, *(digits for digits, _ in row.fields), *row.numbers] for row in rows), strict=True)
        )
        widths = [max(map(len, column)) for column in columns]
        if sum(max(len(name), width) + 2 for name, width in zip(names, widths, strict=True)) <= MAX_WIDTH:
            return [[name] for name in names]
        return [_break_heading(name, width) for name, width in zip(names, widths, strict=True)]

    def __str__(self) -> str:
        rows = list(self._rows())
        headings = self._headings(rows)
        height = max(map(len, headings))
        stacked = ([""] * (height - len(lines)) + lines for lines in headings)
        table = [list(line) for line in zip(*stacked, strict=True)]
        for row in rows:
            table.append([row.step, *(digits for digits, _ in row.fields), *row.numbers])
            if any("^" in marks for _, marks in row.fields):
                table.append(["", *(marks for _, marks in row.fields), "", "", ""])
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = ("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in table)
        return "\n".join(line.rstrip() for line in lines)

    def __repr__(self) -> str:
        return f"<Trace of {self.program.name!r}: {counted(len(self), 'step')}>"

    def __rich__(self) -> Table:
        """Return a table for rich, with the changed digits in bold colour."""
        from rich.table import Table
        from rich.text import Text

        table, rows = Table(box=None, pad_edge=False), list(self._rows())
        for lines in self._headings(rows):
            table.add_column(Text("\n".join(lines)), justify="right", vertical="bottom", no_wrap=True)
        for row in rows:
            cells: list[Any] = [Text(row.step, style="dim")]
            for digits, marks in row.fields:
                text = Text(digits)
                for index, mark in enumerate(marks):
                    if mark == "^":
                        text.stylize("bold green" if digits[index] == "1" else "bold magenta", index, index + 1)
                cells.append(text)
            table.add_row(*cells, *row.numbers)
        return table

    def _repr_html_(self) -> str:
        names = (self.headings[0], *map(field_name, self.program.fields), *self.headings[1:])
        headings = "".join(f"<th>{escaped(name)}</th>" for name in names)
        body = []
        for row in self._rows():
            cells = [f"<td>{escaped(row.step)}</td>"]
            cells += [f"<td><code>{_html_digits(digits, marks)}</code></td>" for digits, marks in row.fields]
            cells += [f"<td>{escaped(number)}</td>" for number in row.numbers]
            body.append(f"<tr>{''.join(cells)}</tr>")
        title = f"{escaped(self.program.name)}: {counted(len(self), 'step')}, {escaped(self.executor)}"
        return (
            f'<table class="ntkproofs-trace"><caption>{title}</caption>'
            f"<thead><tr>{headings}</tr></thead><tbody>{''.join(body)}</tbody></table>"
        )


def _break_heading(name: str, width: int) -> list[str]:
    """Break a heading at spaces and after underscores into lines no longer than its column or its longest part."""
    parts = name.replace("_", "_ ").split(" ")
    width = max([width, *map(len, parts)])
    lines = [parts[0]]
    for part in parts[1:]:
        joined = lines[-1] + ("" if lines[-1].endswith("_") else " ") + part
        if len(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(part)
    return lines


def _shorten(digits: str, marks: str) -> tuple[str, str]:
    """Omit the middle of more than ``MAX_DIGITS`` digits, and of their marks."""
    if len(digits) <= MAX_DIGITS:
        return digits, marks
    half = MAX_DIGITS // 2 - 1
    return f"{digits[:half]}…{digits[-half:]}", f"{marks[:half]} {marks[-half:]}"


def _html_digits(digits: str, marks: str) -> str:
    """Return the digits as HTML; changed ones in ``<b>``, in a colour that is legible on light and dark backgrounds."""
    marks = marks.ljust(len(digits))
    return "".join(
        f'<b style="color:#c2410c">{escaped(digit)}</b>' if mark == "^" else escaped(digit)
        for digit, mark in zip(digits, marks, strict=True)
    )
