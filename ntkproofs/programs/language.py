"""The template language: fields, templates, and programs made of them.

A *state* is a vector of bits grouped in named fields; inside a field, bits run from least significant (index 0). A
*template* requires some bits to be 0 or 1 and writes some bits. One *step* of a program maps a state to the OR of what
the templates that match it write. A network is trained on one sample for each template; *padding* adds samples with
all-zero targets. Nothing here knows of kernels.

States have two forms: ``{field: [bits]}`` at every public border, and rows of a ``uint8`` matrix inside (methods that
end in ``_rows``: many states at once).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.display import CODE, table
from ntkproofs.errors import InputError
from ntkproofs.validation import as_integer, integer

__all__ = ["Bit", "Rows", "State", "Template", "TemplateProgram"]

Bit: TypeAlias = tuple[str, int]
State: TypeAlias = dict[str, list[int]]
Rows: TypeAlias = NDArray[np.uint8]  # (states, bits), 0/1

MAX_BITS = 1 << 20
PROGRAM_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
FIELD_NAME = re.compile(r"[!#-&(-_a-~]{1,200}")  # printable ASCII without spaces and quotation marks
SHOWN = 12
MOST_FIELDS = 8  # named one by one in a notebook


@dataclass(frozen=True)
class Template:
    """One rule: when every bit of `when` has its value, every bit of `write` becomes 1 in the next state."""

    when: tuple[tuple[Bit, int], ...]
    write: tuple[Bit, ...]

    def contradicts(self, other: Template) -> bool:
        """Tell whether no state matches both templates (they require different values of one bit).

        >>> low, high = Template(((("p", 0), 0),), (("q", 0),)), Template(((("p", 0), 1),), (("q", 0),))
        >>> low.contradicts(high)
        True
        """
        mine = dict(self.when)
        return any(mine.get(bit, value) != value for bit, value in other.when)

    def __str__(self) -> str:
        requirements = ", ".join(f"{_name(bit)}={value}" for bit, value in self.when)
        return f"{requirements} -> {_written(self.write)}"


def _name(bit: Bit) -> str:
    return f"{bit[0]}_{bit[1]}"


@dataclass(frozen=True)
class _Tables:
    """The program as flat index arrays, for matching and counting many states at once.

    Requirement ``j`` says that bit ``required[j]`` has value ``value[j]``; those of template ``i`` start at
    ``first_requirement[i]``. Bit ``written[k]`` is written by the templates
    ``writer[first_writer[k]:first_writer[k+1]]``.
    """

    required: NDArray[np.intp]
    value: Rows
    first_requirement: NDArray[np.intp]
    written: NDArray[np.intp]
    writer: NDArray[np.intp]
    first_writer: NDArray[np.intp]
    writers: NDArray[np.int32]


class TemplateProgram:
    """A list of templates over named fields, with padding.

    Parameters: `name`, 1 to 64 letters, digits and ``_.-`` that start with a letter, a digit or ``_``; `fields`,
    ``{name: number of bits}``, each name 1 to 200 printable ASCII characters other than spaces and quotation marks
    (:meth:`state` takes such names as keywords by ``**``); `text`, the fields that read left to right as typed (index 0
    first) where they are shown, and not as binary numbers. Raises InputError for other names and for no bits.

    >>> program = TemplateProgram("and", fields={"p": 2, "q": 1})
    >>> program.template(when={("p", 0): 1, ("p", 1): 1}, write=[("q", 0)])
    >>> program.step({"p": [1, 1], "q": [0]})
    {'p': [0, 0], 'q': [1]}
    """

    def __init__(self, name: str, fields: Mapping[str, int], *, text: Iterable[str] = ()) -> None:
        if not isinstance(name, str) or not PROGRAM_NAME.fullmatch(name):
            raise InputError(
                f"a program's name is 1 to 64 ASCII letters, digits, '_', '.' and '-', not starting with '.' or '-', "
                f"got {name!a}"
            )
        if not isinstance(fields, Mapping) or not fields:
            raise InputError(f"program {name!r}: fields must be a non-empty {{name: number of bits}}, got {fields!r}")
        self.name = name
        self._fields = {self._field_name(field): self._field_width(field, width) for field, width in fields.items()}
        widths = list(self._fields.values())
        self._offsets = dict(zip(self._fields, accumulate([0, *widths[:-1]]), strict=True))
        self.output_bits = sum(widths)
        if self.output_bits > MAX_BITS:
            raise InputError(f"program {name!r}: {self.output_bits} bits, at most {MAX_BITS} are supported")
        self.text = frozenset(text)
        for field in self.text:
            self._known_field(field)
        self._templates: list[Template] = []
        self._seen: set[tuple[frozenset[tuple[Bit, int]], frozenset[Bit]]] = set()
        self._padding = 0

    # --- building

    def template(self, when: Mapping[Bit, int] | Iterable[tuple[Bit, int]], write: Iterable[Bit]) -> None:
        """Add a template: `when` maps bits ``(field, index)`` to the values they must have, `write` lists bits to set.

        Raises InputError, and adds nothing, if a field or index is unknown, a value is not 0 or 1, two requirements
        contradict each other, nothing is required or written, or the same template is there already.
        """
        where = f"program {self.name!r}, template {len(self._templates)}"
        if not isinstance(when, Iterable) or not isinstance(write, Iterable):
            raise InputError(f"{where}: when= and write= are collections of bits, got {when!r} and {write!r}")
        pairs = list(when.items()) if isinstance(when, Mapping) else list(when)
        required: dict[Bit, int] = {}
        for pair in pairs:
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise InputError(f"{where}: a requirement is ((field, index), value), got {pair!r}")
            bit, value = self._known_bit(pair[0], where), pair[1]
            if as_integer(value) not in (0, 1):
                raise InputError(f"{where}: {_name(bit)} is required to be {value!r}; a bit is 0 or 1")
            if required.setdefault(bit, int(value)) != int(value):
                raise InputError(f"{where}: contradictory requirements, {_name(bit)} = 0 and {_name(bit)} = 1")
        written = [self._known_bit(bit, where) for bit in write]
        if not required:
            raise InputError(f"{where}: empty, it requires nothing; name at least one bit in when=")
        if not written:
            raise InputError(f"{where}: empty, it writes nothing; name at least one bit in write= (or use pad())")
        if len(set(written)) < len(written):
            raise InputError(f"{where}: a bit is written twice in {', '.join(map(_name, written))}")
        template = Template(tuple(required.items()), tuple(written))
        key = (frozenset(template.when), frozenset(template.write))
        if key in self._seen:
            raise InputError(f"{where}: duplicate of an earlier template: {template}")
        self._seen.add(key)
        self._templates.append(template)
        self._forget()

    def pad(self, count: int) -> None:
        """Add `count` (0 or more) samples with all-zero targets; they come after the templates' samples."""
        self._padding += integer(count, f"program {self.name!r}: padding", low=0)
        self._forget()

    def _forget(self) -> None:
        self.__dict__.pop("_tables", None)

    # --- what it consists of

    @property
    def fields(self) -> Mapping[str, int]:
        """The fields and their numbers of bits, in order."""
        return MappingProxyType(self._fields)

    @property
    def templates(self) -> tuple[Template, ...]:
        """The templates, in the order in which they were added."""
        return tuple(self._templates)

    @property
    def padding(self) -> int:
        """The number of samples with all-zero targets."""
        return self._padding

    @property
    def samples(self) -> int:
        """K, the number of training samples: templates and padding."""
        return len(self._templates) + self._padding

    @property
    def labels(self) -> Rows:
        """The training targets, ``(samples, output bits)``, 0/1: what each template writes; padding rows are zero."""
        labels = np.zeros((self.samples, self.output_bits), dtype=np.uint8)
        for row, template in enumerate(self._templates):
            labels[row, [self.position(bit) for bit in template.write]] = 1
        return labels

    @property
    def writers(self) -> NDArray[np.int32]:
        """T for every output bit: how many templates write it."""
        return self._tables.writers

    def position(self, bit: Bit) -> int:
        """Return the place of a bit in a row.

        >>> TemplateProgram("x", fields={"p": 4, "q": 4}).position(("q", 1))
        5
        """
        field, index = self._known_bit(bit, f"program {self.name!r}")
        return self._offsets[field] + index

    def bit(self, position: int) -> Bit:
        """Return the bit that stands at a place of a row."""
        for field, offset in self._offsets.items():
            if offset <= position < offset + self._fields[field]:
                return field, position - offset
        raise InputError(f"program {self.name!r} has {self.output_bits} bits, there is no bit {position}")

    # --- states

    def state(self, /, **numbers: int) -> State:
        """Return a state from numbers: each field's value as an integer; fields not named are zero.

        >>> TemplateProgram("x", fields={"p": 4, "q": 2}).state(p=6)
        {'p': [0, 1, 1, 0], 'q': [0, 0]}
        """
        for field in numbers:
            self._known_field(field)
        return {field: self._bits_of(field, numbers.get(field, 0)) for field in self._fields}

    def _bits_of(self, field: str, number: int) -> list[int]:
        width, value = self._fields[field], as_integer(number)
        if value is None or not 0 <= value < 1 << width:
            raise InputError(f"field {field!r}: {number!r} does not fit in {width} bits (0 to {(1 << width) - 1})")
        return [int(digit) for digit in reversed(format(value, f"0{width}b"))]

    def row(self, state: Mapping[str, Sequence[int]]) -> Rows:
        """Return a state as one row of bits; raises InputError unless it has just the fields, each of its length."""
        if not isinstance(state, Mapping) or set(state) != set(self._fields):
            got = list(state) if isinstance(state, Mapping) else state
            raise InputError(f"program {self.name!r}: a state has the fields {list(self._fields)}, got {got!r}")
        row = np.empty(self.output_bits, dtype=np.uint8)
        for field, width in self._fields.items():
            bits = list(state[field])
            if len(bits) != width or any(as_integer(bit) not in (0, 1) for bit in bits):
                raise InputError(
                    f"program {self.name!r}: field {field!r} is {width} bits of 0 or 1, got {state[field]!r}"
                )
            row[self._offsets[field] : self._offsets[field] + width] = bits
        return row

    def unrow(self, row: Rows) -> State:
        """Return a row of bits as a state."""
        return {
            field: [int(bit) for bit in row[self._offsets[field] : self._offsets[field] + width]]
            for field, width in self._fields.items()
        }

    def written(self, row: Rows) -> dict[str, str]:
        """Return each field of a row as people write it: a binary number, or as typed for text fields."""
        shown = {}
        for field, width in self._fields.items():
            digits = "".join("1" if bit else "0" for bit in row[self._offsets[field] : self._offsets[field] + width])
            shown[field] = digits if field in self.text else digits[::-1]
        return shown

    # --- running

    def match(self, state: Mapping[str, Sequence[int]]) -> NDArray[np.intp]:
        """Return the indices of the templates that match `state`, ascending."""
        return np.flatnonzero(self.match_rows(self.row(state)[None, :])[0])

    def step(self, state: Mapping[str, Sequence[int]]) -> State:
        """Return the next state: the OR of what the matching templates write (the ideal semantics)."""
        return self.unrow(self.step_rows(self.row(state)[None, :])[0])

    def encode(self, state: Mapping[str, Sequence[int]]) -> NDArray[np.float64]:
        """Return the network's input, ``(samples,)``.

        The indicator of the matching templates over the root of their number; zeros if none matches. Floats, for
        networks; everything exact is computed from :meth:`match`.
        """
        code = np.zeros(self.samples)
        matching = self.match(state)
        if len(matching):
            code[matching] = 1 / np.sqrt(len(matching))
        return code

    def match_rows(self, rows: Rows) -> NDArray[np.bool_]:
        """Return which templates match which states: ``(states, templates)``."""
        tables = self._tables
        if not self._templates:
            return np.zeros((len(rows), 0), dtype=np.bool_)
        met = rows[:, tables.required] == tables.value
        return np.logical_and.reduceat(met, tables.first_requirement, axis=1)

    def may_match_rows(self, rows: Rows) -> NDArray[np.bool_]:
        """Return which templates match some completion of each partial row, ``(rows, templates)``.

        A bit that is neither 0 nor 1 is unknown (:mod:`ntkproofs.programs.partial`): it refuses no requirement.
        """
        tables = self._tables
        if not self._templates:
            return np.zeros((len(rows), 0), dtype=np.bool_)
        refused = rows[:, tables.required] == 1 - tables.value
        return ~np.logical_or.reduceat(refused, tables.first_requirement, axis=1)

    def matched_writers_rows(self, match: NDArray[np.bool_]) -> NDArray[np.int32]:
        """Return p for every state and output bit, ``(states, output bits)``, from :meth:`match_rows`."""
        tables = self._tables
        counts = np.zeros((len(match), self.output_bits), dtype=np.int32)
        if len(tables.written):
            hits = match[:, tables.writer]
            counts[:, tables.written] = np.add.reduceat(hits, tables.first_writer, axis=1, dtype=np.int32)
        return counts

    def step_rows(self, rows: Rows) -> Rows:
        """Return the next states (the ideal semantics), ``(states, bits)``."""
        return (self.matched_writers_rows(self.match_rows(rows)) > 0).astype(np.uint8)

    @cached_property
    def _tables(self) -> _Tables:
        required = [(self.position(bit), value) for template in self._templates for bit, value in template.when]
        lengths = [len(template.when) for template in self._templates]
        pairs = sorted(
            (self.position(bit), row) for row, template in enumerate(self._templates) for bit in template.write
        )
        positions = np.array([position for position, _ in pairs], dtype=np.intp)
        written, first_writer = np.unique(positions, return_index=True)
        return _Tables(
            required=np.array([position for position, _ in required], dtype=np.intp),
            value=np.array([value for _, value in required], dtype=np.uint8),
            first_requirement=np.array([0, *accumulate(lengths[:-1])], dtype=np.intp),
            written=written,
            writer=np.array([row for _, row in pairs], dtype=np.intp),
            first_writer=first_writer.astype(np.intp),
            writers=np.bincount(positions, minlength=self.output_bits).astype(np.int32),
        )

    # --- checking names

    def _field_name(self, field: object) -> str:
        if not isinstance(field, str) or not FIELD_NAME.fullmatch(field):
            raise InputError(
                f"program {self.name!r}: a field's name is 1 to 200 printable ASCII characters without spaces and "
                f"quotation marks, got {field!a}"
            )
        return field

    def _field_width(self, field: str, width: Any) -> int:
        return integer(width, f"program {self.name!r}: the number of bits of field {field!r}", low=1)

    def _known_field(self, field: object) -> str:
        if not isinstance(field, str) or field not in self._fields:
            raise InputError(f"program {self.name!r}: unknown field {field!r}; there are {', '.join(self._fields)}")
        return field

    def _known_bit(self, bit: object, where: str) -> Bit:
        if not isinstance(bit, tuple) or len(bit) != 2:
            raise InputError(f"{where}: a bit is (field, index), got {bit!r}")
        if not isinstance(bit[0], str) or bit[0] not in self._fields:
            raise InputError(f"{where}: unknown field {bit[0]!r}; there are {', '.join(self._fields)}")
        field, index = bit[0], as_integer(bit[1])
        if index is None or not 0 <= index < self._fields[field]:
            raise InputError(f"{where}: field {field!r} has the bits 0 to {self._fields[field] - 1}, got {bit[1]!r}")
        return field, index

    def __repr__(self) -> str:
        return (
            f"<TemplateProgram {self.name!r}: {len(self._templates)} templates, {self._padding} padding, "
            f"{self.output_bits} bits>"
        )

    def __str__(self) -> str:
        shown = [f"  {template}" for template in self._templates[:SHOWN]]
        more = len(self._templates) - len(shown)
        return "\n".join([repr(self), *shown, *([f"  ... and {more} more"] if more else [])])

    def _repr_html_(self) -> str:
        rows = (
            (index, CODE + ", ".join(f"{_name(bit)}={value}" for bit, value in each.when), CODE + _written(each.write))
            for index, each in enumerate(self._templates)
        )
        fields = ", ".join(f"{name} ({width})" for name, width in self._fields.items())
        if len(self._fields) > MOST_FIELDS:
            fields = f"{self.output_bits:,} in {len(self._fields)} fields"
        return table(
            ["template", "when", "write"],
            rows,
            caption=f"{self.name}: {len(self._templates):,} templates, {self._padding:,} padding; bits: {fields}",
            total=len(self._templates),
        )


def _written(bits: tuple[Bit, ...]) -> str:
    return ", ".join(map(_name, bits))
