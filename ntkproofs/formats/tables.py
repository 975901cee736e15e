"""The frame that espresso PLA and KISS2 share: directives with numbers or names, rows, and the end of the file."""

from __future__ import annotations

from collections.abc import Mapping

from ntkproofs.formats.conflicts import first_conflict, most_rows
from ntkproofs.formats.text import Text, count, quoted

__all__ = ["MAX_COLUMNS", "MAX_ROWS", "Table"]

MAX_COLUMNS = 2_048  # inputs or outputs
MAX_ROWS = 1 << 17


class Table:
    """The directives and rows of a table, in words; their meaning is up to the reader of the format.

    `numbers`: the directives with one integer, and its smallest and largest value. `lists`: those with words. `ends`:
    those that end the table. `refused`: those that are known and not read, each with what to do instead.
    """

    def __init__(
        self,
        text: Text,
        *,
        numbers: Mapping[str, tuple[int, int]],
        lists: tuple[str, ...],
        ends: tuple[str, ...],
        refused: Mapping[str, str],
    ) -> None:
        self.text = text
        self._expected, self._lists, self._ends, self._refused = numbers, lists, ends, refused
        self.numbers: dict[str, int] = {}
        self.lists: dict[str, list[str]] = {}
        self.lines: dict[str, int] = {}  # directive -> its line
        self.rows: list[tuple[int, list[str]]] = []
        self._end = 0
        for line, words in text.statements():
            if self._end:
                raise text.error(line, f"{quoted(words[0])} after the end of the table on line {self._end}")
            if words[0][0] == ".":
                self._directive(line, words)
            else:
                self._require_widths(line)
                self.rows.append((line, words))
            if len(self.rows) > MAX_ROWS:
                raise text.error(line, f"too many rows: at most {MAX_ROWS:,}")
        self._check_frame()

    def _directive(self, line: int, words: list[str]) -> None:
        word, text = words[0], self.text
        if self.lines.setdefault(word, line) != line:
            raise text.error(line, f"{quoted(word)} stands twice, first on line {self.lines[word]}")
        if word in self._expected:
            self.numbers[word] = count(text, line, words, *self._expected[word])
        elif word in self._lists:
            self.lists[word] = words[1:]
        elif word in self._refused:
            raise text.error(line, f"{word} is not read: {self._refused[word]}")
        elif word not in self._ends:
            known = " ".join((*self._expected, *self._lists, *self._ends))
            raise text.error(line, f"unknown directive {quoted(word)}; the directives are {known}")
        elif len(words) > 1:
            raise text.error(line, f"{word} stands alone on its line, got {quoted(' '.join(words[1:]))}")
        else:
            self._end = line

    def _require_widths(self, line: int) -> None:
        for word, what in ((".i", "inputs"), (".o", "outputs")):
            if word not in self.numbers:
                raise self.text.error(line, f"{word}, the number of {what}, is missing; it must stand before the rows")

    def _check_frame(self) -> None:
        text, end = self.text, self.text.last_line
        self._require_widths(end)
        announced = self.numbers.get(".p")
        if announced is not None and announced != len(self.rows):
            line, found = self.lines[".p"], f"{len(self.rows):,} in the file"
            raise text.error(line, f".p announces {announced:,} rows and there are {found}: it may be truncated")
        if announced is None and not self._end:
            raise text.error(end, "neither .p, the number of rows, nor an end .e: the file may be truncated")

    def names(self, word: str, width: int) -> list[str] | None:
        """Return the names that the directive `word` lists, None without it; raises InputError unless as many."""
        names = self.lists.get(word)
        if names is not None and len(names) != width:
            raise self.text.error(self.lines[word], f"{word} lists {len(names):,} names for {width:,} columns")
        return names

    def refuse_conflicts(self, rows: list[tuple[int, str, str]], what: str) -> None:
        """Raise InputError, with both lines, for the first row (line, cube, result) that contradicts an earlier one."""
        distinct: dict[tuple[str, str], int] = {}
        for line, cube, result in rows:
            distinct.setdefault((cube, result), line)
        compared = list(distinct)
        if not compared:
            return
        most = most_rows(len(compared[0][0]) + len(compared[0][1]))
        if len(compared) > most:
            line = distinct[compared[most]]
            raise self.text.error(line, f"too many rows to compare with each other: at most {most:,} of this width")
        conflict = first_conflict(compared)
        if conflict is not None:
            first, second = (distinct[compared[index]] for index in conflict)
            raise self.text.error(second, f"the row contradicts that on line {first}: {what}")
