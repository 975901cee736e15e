"""The template language: fields, templates, and programs that consist of them.

A *state* is a vector of bits, grouped in named fields; index 0 of a field is its least significant bit. A *template*
requires some bits to be 0 or 1, and writes some bits. A *step* of a program sets exactly those bits that a template
that matches the state writes. A network is trained on one sample for each template; *padding* adds samples with
all-zero targets.

A template that requires nothing is a *constant*: it matches every state. A template that writes nothing has an all-zero
target, like padding, but is counted among the matching templates. A program may have the same template twice: both are
samples, and both are counted (see :class:`DuplicateTemplate`).

Public methods take a state as ``{field: [bits]}``. Methods whose names end in ``_rows`` take many states at once, as
the rows of a ``uint8`` matrix.
"""

from __future__ import annotations

import re
import warnings
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.display import CODE, counted, table
from ntkproofs.errors import InputError
from ntkproofs.validation import as_integer, integer

__all__ = ["Bit", "DuplicateTemplate", "Rows", "State", "Template", "TemplateProgram", "bit_name", "field_name"]

Bit: TypeAlias = tuple[str, int]
State: TypeAlias = dict[str, list[int]]
Rows: TypeAlias = NDArray[np.uint8]  # (states, bits), 0/1

MAX_BITS = 1 << 20
PROGRAM_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
FIELD_NAME = re.compile(r"[!#-&(-_a-~]{1,200}")  # printable ASCII without spaces and quotation marks
PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")  # of a field, shown without quotation marks
MAX_PRINTED = 12  # templates that are printed
MAX_FIELDS_LISTED = 8  # fields that are listed in a notebook


class DuplicateTemplate(InputError, UserWarning):
    """The warning that a program already has the same template; both are samples of the network, and both are counted.

    The standard filters of Python apply: after ``warnings.simplefilter("error", DuplicateTemplate)`` it is raised, an
    InputError, and the template is not added; ``"ignore"`` suppresses it.
    """


@dataclass(frozen=True)
class Template:
    """A rule: if every bit of `when` has its required value, every bit of `write` is 1 in the next state.

    >>> print(Template((), (("q", 0),)), Template(((("a[0]", 1), 1),), ()), sep="; ")
    (always) -> q_0; 'a[0]'_1=1 -> (nothing)
    """

    when: tuple[tuple[Bit, int], ...]
    write: tuple[Bit, ...]

    def contradicts(self, other: Template) -> bool:
        """Return whether the templates require different values of a bit, so that no state matches both.

        >>> low, high = Template(((("p", 0), 0),), (("q", 0),)), Template(((("p", 0), 1),), (("q", 0),))
        >>> low.contradicts(high)
        True
        """
        required = dict(self.when)
        return any(required.get(bit, value) != value for bit, value in other.when)

    def __str__(self) -> str:
        return f"{_requirements(self.when)} -> {_names(self.write)}"


def field_name(field: str) -> str:
    """Return the name of a field for display: quoted unless it consists of letters, digits and ``_``.

    >>> field_name("log"), field_name("a[0]")
    ('log', "'a[0]'")
    """
    return field if PLAIN_NAME.fullmatch(field) else f"'{field}'"


def bit_name(bit: Bit) -> str:
    """Return the name of a bit for display: the name of its field and its index.

    >>> bit_name(("p", 3)), bit_name(("$abc$20", 0))
    ('p_3', "'$abc$20'_0")
    """
    return f"{field_name(bit[0])}_{bit[1]}"


def _requirements(when: tuple[tuple[Bit, int], ...]) -> str:
    return ", ".join(f"{bit_name(bit)}={value}" for bit, value in when) or "(always)"


def _names(bits: tuple[Bit, ...]) -> str:
    return ", ".join(map(bit_name, bits)) or "(nothing)"


@dataclass(frozen=True)
class _Tables:
    """The program as flat index arrays, for matching and counting many states at once.

    Requirement j is that the bit at position ``required[j]`` has the value ``value[j]``; the requirements of template
    ``requiring[i]`` start at ``first_requirement[i]``, and the templates not in ``requiring`` require nothing. The bit
    at position ``written[k]`` is written by the templates ``writer[first_writer[k]:first_writer[k+1]]``. ``writers[b]``
    is the number of writers of the bit at position b.
    """

    required: NDArray[np.intp]
    value: Rows
    requiring: NDArray[np.intp]
    first_requirement: NDArray[np.intp]
    written: NDArray[np.intp]
    writer: NDArray[np.intp]
    first_writer: NDArray[np.intp]
    writers: NDArray[np.int32]


class TemplateProgram:
    """A list of templates over named fields, with padding.

    Parameters: `name`, 1 to 64 ASCII letters, digits, ``_``, ``.`` and ``-``, beginning with a letter, a digit or
    ``_``; `fields`, ``{name: number of bits}``, where a name is 1 to 200 printable ASCII characters other than spaces
    and quotation marks (:meth:`state` takes such names as ``**`` keywords); `text`, the names of fields that are
    displayed as a string, with index 0 first, and not as a binary number. Raises InputError for invalid names and
    numbers of bits.

    >>> program = TemplateProgram("and", fields={"p": 2, "q": 1})
    >>> program.template(when={("p", 0): 1, ("p", 1): 1}, write=[("q", 0)])
    >>> program.step({"p": [1, 1], "q": [0]})
    {'p': [0, 0], 'q': [1]}
    """

    def __init__(self, name: str, fields: Mapping[str, int], *, text: Iterable[str] = ()) -> None:
        if not isinstance(name, str) or not PROGRAM_NAME.fullmatch(name):
            raise InputError(
                "the name of a program must be 1 to 64 ASCII letters, digits, '_', '.' and '-', and not start with '.' "
                f"or '-', got {name!a}"
            )
        if not isinstance(fields, Mapping) or not fields:
            raise InputError(f"program {name!r}: fields must be {{name: number of bits}}, not empty, got {fields!r}")
        self.name = name
        self._fields = {self._field_name(field): self._field_width(field, width) for field, width in fields.items()}
        widths = list(self._fields.values())
        self._offsets = dict(zip(self._fields, accumulate([0, *widths[:-1]]), strict=True))
        self._names, self._starts = list(self._offsets), list(self._offsets.values())  # in order, for `bit`
        self.output_bits = sum(widths)
        if self.output_bits > MAX_BITS:
            raise InputError(f"program {name!r}: {self.output_bits} bits; at most {MAX_BITS} are supported")
        self.text = frozenset(text)
        for field in self.text:
            self._known_field(field)
        self._templates: list[Template] = []
        self._seen: set[tuple[frozenset[tuple[Bit, int]], frozenset[Bit]]] = set()
        self._padding = 0

    # --- building

    def template(self, when: Mapping[Bit, int] | Iterable[tuple[Bit, int]], write: Iterable[Bit]) -> None:
        """Append a template: `when` maps bits ``(field, index)`` to required values, `write` lists the bits to set.

        Either may be empty: a template that requires nothing matches every state, and one that writes nothing is only
        counted. Warns :class:`DuplicateTemplate` if the program already has the same template. Raises InputError, and
        appends nothing, if a field or an index is unknown, a value is not 0 or 1, two requirements contradict each
        other, or a bit is written twice.
        """
        where = f"program {self.name!r}, template {len(self._templates)}"
        if not isinstance(when, Iterable) or not isinstance(write, Iterable):
            raise InputError(f"{where}: when= and write= must be collections of bits, got {when!r} and {write!r}")
        pairs = list(when.items()) if isinstance(when, Mapping) else list(when)
        required: dict[Bit, int] = {}
        for pair in pairs:
            bit, value = self._requirement(pair, where)
            if required.setdefault(bit, value) != value:
                raise InputError(f"{where}: contradictory requirements, {bit_name(bit)} = 0 and {bit_name(bit)} = 1")
        written = [self._known_bit(bit, where) for bit in write]
        if len(set(written)) < len(written):
            raise InputError(f"{where}: a bit is listed twice in write=: {_names(tuple(written))}")
        template = Template(tuple(required.items()), tuple(written))
        key = (frozenset(template.when), frozenset(template.write))
        if key in self._seen:
            warnings.warn(f"{where}: duplicate of an earlier template: {template}", DuplicateTemplate, stacklevel=2)
        self._seen.add(key)
        self._templates.append(template)
        self._forget()

    def _requirement(self, pair: object, where: str) -> tuple[Bit, int]:
        """Return a valid requirement of a template."""
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise InputError(f"{where}: a requirement must be ((field, index), value), got {pair!r}")
        bit, value = self._known_bit(pair[0], where), as_integer(pair[1])
        if value not in (0, 1):
            raise InputError(f"{where}: {bit_name(bit)} must be required to be 0 or 1, got {pair[1]!r}")
        return bit, value

    def pad(self, count: int) -> None:
        """Append `count` samples with all-zero targets; raises InputError unless `count` is a nonnegative integer."""
        self._padding += integer(count, f"program {self.name!r}: padding", low=0)
        self._forget()

    def _forget(self) -> None:
        """Discard the cached tables."""
        for name in ("_tables", "_all_templates"):
            self.__dict__.pop(name, None)

    # --- contents

    @property
    def fields(self) -> Mapping[str, int]:
        """The fields in order, each with its number of bits."""
        return MappingProxyType(self._fields)

    @property
    def templates(self) -> tuple[Template, ...]:
        """The templates, in the order in which they were added."""
        return self._all_templates

    @cached_property
    def _all_templates(self) -> tuple[Template, ...]:
        return tuple(self._templates)

    @property
    def padding(self) -> int:
        """The number of samples with all-zero targets."""
        return self._padding

    @property
    def samples(self) -> int:
        """K, the number of training samples: those of the templates and the padding."""
        return len(self._templates) + self._padding

    @property
    def labels(self) -> Rows:
        """The training targets, ``(samples, output bits)``: 1 where a template writes a bit; padding rows are zero."""
        labels = np.zeros((self.samples, self.output_bits), dtype=np.uint8)
        for row, template in enumerate(self._templates):
            labels[row, [self.position(bit) for bit in template.write]] = 1
        return labels

    @property
    def writers(self) -> NDArray[np.int32]:
        """The number t of templates that write each output bit, ``(output bits,)``."""
        return self._tables.writers

    def position(self, bit: Bit) -> int:
        """Return the position of a bit in a row; raises InputError for an unknown bit.

        >>> TemplateProgram("x", fields={"p": 4, "q": 4}).position(("q", 1))
        5
        """
        field, index = self._known_bit(bit, f"program {self.name!r}")
        return self._offsets[field] + index

    def bit(self, position: int) -> Bit:
        """Return the bit ``(field, index)`` at a position of a row; raises InputError for a position out of range."""
        index = as_integer(position)
        if index is None or not 0 <= index < self.output_bits:
            raise InputError(f"program {self.name!r} has {self.output_bits} bits; there is no position {position!r}")
        field = self._names[bisect_right(self._starts, index) - 1]
        return field, index - self._offsets[field]

    # --- states

    def state(self, /, **numbers: int) -> State:
        """Return the state whose fields have the given integer values; fields that are not named are zero.

        >>> TemplateProgram("x", fields={"p": 4, "q": 2}).state(p=6)
        {'p': [0, 1, 1, 0], 'q': [0, 0]}
        """
        for field in numbers:
            self._known_field(field)
        return {field: self._bits_of(field, numbers.get(field, 0)) for field in self._fields}

    def _bits_of(self, field: str, number: int) -> list[int]:
        """Return the bits of a number, least significant first, as many as the field has."""
        width, value = self._fields[field], as_integer(number)
        if value is None or not 0 <= value < 1 << width:
            raise InputError(
                f"field {field!r}: {number!r} does not fit in {counted(width, 'bit')} (0 to {(1 << width) - 1})"
            )
        return [int(digit) for digit in reversed(format(value, f"0{width}b"))]

    def row(self, state: Mapping[str, Sequence[int]]) -> Rows:
        """Return a state as one row of bits; raises InputError unless it has exactly the fields of the program."""
        if not isinstance(state, Mapping) or set(state) != set(self._fields):
            got = list(state) if isinstance(state, Mapping) else state
            raise InputError(f"program {self.name!r}: a state must have the fields {list(self._fields)}, got {got!r}")
        row = np.empty(self.output_bits, dtype=np.uint8)
        for field, width in self._fields.items():
            bits = list(state[field])
            if len(bits) != width or any(as_integer(bit) not in (0, 1) for bit in bits):
                raise InputError(
                    f"program {self.name!r}: field {field!r} must be {counted(width, 'bit')}, "
                    f"0 or 1, got {state[field]!r}"
                )
            row[self._offsets[field] : self._offsets[field] + width] = bits
        return row

    def unrow(self, row: Rows) -> State:
        """Return a row of bits as a state."""
        return {
            field: [int(bit) for bit in row[self._offsets[field] : self._offsets[field] + width]]
            for field, width in self._fields.items()
        }

    def field_digits(self, row: Rows) -> dict[str, str]:
        """Return the digits of each field of a row: a binary number, or index 0 first for text fields."""
        texts = {}
        for field, width in self._fields.items():
            digits = "".join("1" if bit else "0" for bit in row[self._offsets[field] : self._offsets[field] + width])
            texts[field] = digits if field in self.text else digits[::-1]
        return texts

    # --- running

    def match(self, state: Mapping[str, Sequence[int]]) -> NDArray[np.intp]:
        """Return the indices of the templates that match `state`, in increasing order."""
        return np.flatnonzero(self.match_rows(self.row(state)[None, :])[0])

    def step(self, state: Mapping[str, Sequence[int]]) -> State:
        """Return the next state (the ideal semantics): a bit is 1 if and only if a matching template writes it."""
        return self.unrow(self.step_rows(self.row(state)[None, :])[0])

    def encode(self, state: Mapping[str, Sequence[int]]) -> NDArray[np.float64]:
        """Return the encoding of `state`, the input of a network: ``(samples,)``.

        It is the indicator vector of the matching templates divided by the square root of their number, and zero if no
        template matches. These floating-point numbers are for simulations only; exact results use :meth:`match`.
        """
        code = np.zeros(self.samples)
        matching = self.match(state)
        if len(matching):
            code[matching] = 1 / np.sqrt(len(matching))
        return code

    def match_rows(self, rows: Rows) -> NDArray[np.bool_]:
        """Return for every state and template whether they match, ``(states, templates)``."""
        tables = self._tables
        return self._all_met(rows[:, tables.required] == tables.value)

    def may_match_rows(self, rows: Rows) -> NDArray[np.bool_]:
        """Return for every partial row and template whether some completion of the row matches, ``(rows, templates)``.

        A bit that is neither 0 nor 1 is unknown (:mod:`ntkproofs.programs.partial`) and violates no requirement.
        """
        tables = self._tables
        return self._all_met(rows[:, tables.required] != 1 - tables.value)

    def _all_met(self, met: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return for every state and template whether all its requirements are met; ``met`` has a column for each.

        The result of ``reduceat`` for an empty range is not True but an element of the next, so templates that require
        nothing are left out of it.
        """
        tables = self._tables
        match = np.ones((len(met), len(self._templates)), dtype=np.bool_)
        if len(tables.requiring):
            match[:, tables.requiring] = np.logical_and.reduceat(met, tables.first_requirement, axis=1)
        return match

    def matched_writers_rows(self, match: NDArray[np.bool_]) -> NDArray[np.int32]:
        """Return p for every state and output bit, ``(states, output bits)``, from the result of :meth:`match_rows`."""
        tables = self._tables
        counts = np.zeros((len(match), self.output_bits), dtype=np.int32)
        if len(tables.written):
            hits = match[:, tables.writer]
            counts[:, tables.written] = np.add.reduceat(hits, tables.first_writer, axis=1, dtype=np.int32)
        return counts

    def step_rows(self, rows: Rows) -> Rows:
        """Return the next states, ``(states, bits)``, by the ideal semantics."""
        return (self.matched_writers_rows(self.match_rows(rows)) > 0).astype(np.uint8)

    @cached_property
    def _tables(self) -> _Tables:
        required = [(self.position(bit), value) for template in self._templates for bit, value in template.when]
        requiring = [row for row, template in enumerate(self._templates) if template.when]
        lengths = [len(self._templates[row].when) for row in requiring]
        pairs = sorted(
            (self.position(bit), row) for row, template in enumerate(self._templates) for bit in template.write
        )
        positions = np.array([position for position, _ in pairs], dtype=np.intp)
        written, first_writer = np.unique(positions, return_index=True)
        return _Tables(
            required=np.array([position for position, _ in required], dtype=np.intp),
            value=np.array([value for _, value in required], dtype=np.uint8),
            requiring=np.array(requiring, dtype=np.intp),
            first_requirement=np.array([0, *accumulate(lengths[:-1])][: len(lengths)], dtype=np.intp),
            written=written,
            writer=np.array([row for _, row in pairs], dtype=np.intp),
            first_writer=first_writer.astype(np.intp),
            writers=np.bincount(positions, minlength=self.output_bits).astype(np.int32),
        )

    # --- validation

    @property
    def _field_names(self) -> str:
        """The names of the fields, for messages."""
        return ", ".join(map(field_name, self._fields))

    def _field_name(self, field: object) -> str:
        if not isinstance(field, str) or not FIELD_NAME.fullmatch(field):
            raise InputError(
                f"program {self.name!r}: the name of a field must be 1 to 200 printable ASCII characters other than "
                f"spaces and quotation marks, got {field!a}"
            )
        return field

    def _field_width(self, field: str, width: Any) -> int:
        return integer(width, f"program {self.name!r}: the number of bits of field {field!r}", low=1)

    def _known_field(self, field: object) -> str:
        if not isinstance(field, str) or field not in self._fields:
            raise InputError(f"program {self.name!r}: unknown field {field!r}; the fields are {self._field_names}")
        return field

    def _known_bit(self, bit: object, where: str) -> Bit:
        if not isinstance(bit, tuple) or len(bit) != 2:
            raise InputError(f"{where}: a bit must be (field, index), got {bit!r}")
        if not isinstance(bit[0], str) or bit[0] not in self._fields:
            raise InputError(f"{where}: unknown field {bit[0]!r}; the fields are {self._field_names}")
        field, index = bit[0], as_integer(bit[1])
        if index is None or not 0 <= index < self._fields[field]:
            raise InputError(
                f"{where}: field {field!r} has indices from 0 to {self._fields[field] - 1}, got {bit[1]!r}"
            )
        return field, index

    def __repr__(self) -> str:
        return (
            f"<TemplateProgram {self.name!r}: {counted(len(self._templates), 'template')}, {self._padding:,} padding, "
            f"{counted(self.output_bits, 'bit')}>"
        )

    def __str__(self) -> str:
        lines = [f"  {template}" for template in self._templates[:MAX_PRINTED]]
        omitted = len(self._templates) - len(lines)
        return "\n".join([repr(self), *lines, *([f"  ... and {omitted} more"] if omitted else [])])

    def _repr_html_(self) -> str:
        rows = (
            (
                index,
                CODE + _requirements(template.when),
                CODE + _names(template.write),
            )
            for index, template in enumerate(self._templates)
        )
        fields = ", ".join(f"{field_name(name)} ({width})" for name, width in self._fields.items())
        if len(self._fields) > MAX_FIELDS_LISTED:
            fields = f"{self.output_bits:,} in {len(self._fields)} fields"
        return table(
            ["template", "when", "write"],
            rows,
            caption=f"{self.name}: {counted(len(self._templates), 'template')}, {self._padding:,} padding; "
            f"bits: {fields}",
            total=len(self._templates),
        )
