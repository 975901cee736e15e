r"""Trusted checker of sources: decide whether the program of a certificate computes what the file named in it says.

    python -I -S ntkproofs/source_checker.py FILE

Exit codes: 0 accepted, 1 rejected, 2 declined (a limit stated below is exceeded, or the rules below decide nothing), 3
usage error or unreadable file, 70 internal error; the output gives the statement or the reason. It relies on this file
and Python's integers only; floats, hints and random draws decide nothing. What networks do with the program is decided
by ``ntkproofs/checker.py``: this checker reads `claim.program` and `claim.source` only, and requires that the rest of
the claim is about the same runs.

The entry `source` of a claim
-----------------------------
``name``, ``format``, ``text``: the file (``aig`` in base64, all others a character a byte). ``inputs``: the position of
each input in a state of the program, in the file's order; ``outputs``: likewise; ``ones``: the other positions that are
1 at the start. ``steps``: after how many steps the outputs are read. ``period``: instead of it, for files with
registers or states: again and again, the inputs are set to any values, the program runs `period` steps, and the outputs
are read. ``head``: for a Turing machine, the number of the cell at which the head starts; it may
have one input, which is 1 to start it.

A program is a list of templates ``(when, write)``. A step of it: a bit is 1 if and only if a template writes it all
of whose requirements are met.

Rules and readers
-----------------
::

    check(bytes) -> Verified                      the entry point: raises Rejected or Declined, with the reason
    program_of, source_of, same_runs              the parts of the claim
    blif, pla, ascii_aiger, binary_aiger, kiss, turing    text -> Circuit, Table or Tape: one strict reader a format
    Program.run(start, steps, algebra)            execution of the templates on many inputs at once, or on expressions
    by_simulation(circuit, ...)                   all inputs are executed
    by_structure(circuit, ...)                    all inputs: each output bit is the same expression as in the file
    by_induction(circuit, ...)                    all sequences of inputs: the same with registers, over one clock
    by_states(machine, ...)                       all sequences: all inputs are executed in every pair of states
    by_tape(machine, ...)                         a Turing machine is executed beside the program
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol, TypeAlias, TypeVar

ACCEPTED, REJECTED, DECLINED, UNREADABLE, BROKEN = 0, 1, 2, 3, 70
MAX_BYTES = 1 << 23  # of a certificate
MAX_BITS, MAX_SIGNALS = 1 << 17, 1 << 18  # of a state; of a file
MAX_WORK = 1 << 33  # word operations of a whole check, at most half a minute (see spend)
MAX_CLASSES = 16  # inputs of a file with states, all of which are executed in each state
LANES, TRIED = 16, 10  # 2^LANES inputs are executed at once; 2^TRIED are tried where there are too many
CLOCKS, SEQUENCES = 64, 64  # of the sequences that are tried on a file with registers
CALL = 150  # overhead of one Python operation, in word operations

Value = TypeVar("Value")
Template: TypeAlias = tuple[tuple[tuple[int, int], ...], tuple[int, ...]]  # ((position, value), ...), (position, ...)
Clock: TypeAlias = tuple[list[int], list[int], list[tuple[int, Any]]]  # outputs, where they are free; (lanes, state)


class Rejected(Exception):
    """The certificate or the file is malformed, or the program does not compute what the file says."""


class Declined(Exception):
    """A limit of this checker is exceeded, or no rule decides the question."""


_left = [MAX_WORK]  # of the check under way


def spend(operations: int, what: str) -> None:
    """Deduct operations on 64-bit words from the budget of the whole check; Declined when it is exhausted."""
    _left[0] -= operations
    if _left[0] < 0:
        raise Declined(f"{what}: more work than {MAX_WORK} word operations")


class Algebra(Protocol[Value]):
    """Values of bits in an execution: of many inputs at once (:class:`Planes`), or expressions (:class:`Signals`)."""

    def match(self, pairs: Sequence[tuple[Value, int]]) -> Value:
        """Return whether all bits have their required values, from pairs (value of the bit, required value)."""

    def union(self, values: Sequence[Value]) -> Value:
        """Return whether some template matches."""


# -------------------------------------------------------------------------------------------------------- certificate
def canonical(value: Any) -> bytes:
    """Return the bytes of a JSON value whose SHA-256 identifies it: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def claim_of(data: bytes) -> tuple[dict[str, Any], str]:
    """Return the claim of a certificate, with its digest; the values inside are still unchecked."""
    if len(data) > MAX_BYTES:
        raise Declined(f"a file of {len(data)} bytes, at most {MAX_BYTES} are read")
    try:
        value = json.loads(
            data.decode("utf-8"), parse_float=_no_float, parse_constant=_no_float, object_pairs_hook=_unique
        )
    except (ValueError, RecursionError) as problem:
        raise Rejected(
            f"the file is not JSON of numbers, strings, lists and objects: {type(problem).__name__}"
        ) from None
    if type(value) is not dict or type(value.get("claim")) is not dict or value.get("format") != 1:
        raise Rejected("the file is not a certificate of format 1 with a claim")
    digest = hashlib.sha256(canonical(value["claim"])).hexdigest()
    if value.get("claim_sha256") != digest:
        raise Rejected("claim_sha256 is not the SHA-256 of the claim")
    return value["claim"], digest


def _no_float(text: str) -> NoReturn:
    raise ValueError(text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        raise ValueError("a key occurs twice in one object")
    return result


def shown(value: object) -> str:
    """Return a value as short ASCII text in quotation marks."""
    text = ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _entry(value: Any, key: str, kind: type, where: str) -> Any:
    """Return an entry of an object if it has the type."""
    if type(value) is not dict or type(value.get(key)) is not kind:
        raise Rejected(f"{where}: {key} is missing or of a wrong type")
    return value[key]


def _number(value: Any, low: int, high: int | None, where: str) -> int:
    if type(value) is not int or value < low or (high is not None and value > high):
        raise Rejected(f"{where} is not an integer in its range: {shown(value)}")
    return value


def _positions(value: Any, bits: int, where: str) -> tuple[int, ...]:
    """Return a list of different positions of a state."""
    if type(value) is not list:
        raise Rejected(f"{where} is not a list")
    positions = tuple(_number(position, 0, bits - 1, where) for position in value)
    if len(set(positions)) < len(positions):
        raise Rejected(f"{where} names a position twice")
    return positions


@dataclass(frozen=True)
class Program:
    """The templates of a claim; `digest` is the SHA-256 of the canonical JSON of the program without its name.

    `readers[b]` and `writers[b]` are the templates that require a value of bit b, and that write it.
    """

    digest: str
    templates: tuple[Template, ...]
    readers: list[list[int]]
    writers: list[list[int]]

    @property
    def bits(self) -> int:
        """The number of bits of a state."""
        return len(self.writers)

    @property
    def entries(self) -> int:
        """The number of operations of a step: requirements and written bits."""
        return sum(20 + 2 * len(when) + len(write) for when, write in self.templates)

    def run(self, start: Sequence[Value], steps: int, algebra: Algebra[Value]) -> list[Value]:
        """Return the values of all bits after `steps` steps.

        A step computes again what depends on a bit that changed in the step before; everything else stays as it is.
        """
        state, matches = list(start), dict[int, Value]()
        touched, written = set(range(len(self.templates))), set(range(self.bits))
        for _ in range(steps):
            spend(20 * CALL + 2 * CALL * (len(touched) + len(written)), "the execution of the program")
            for index in touched:
                matches[index] = algebra.match([(state[p], value) for p, value in self.templates[index][0]])
            after = {p: algebra.union([matches[index] for index in self.writers[p]]) for p in written}
            changed = {p: value for p, value in after.items() if value != state[p]}
            if not changed:
                break
            for p, value in changed.items():
                state[p] = value
            touched, written = self._affected(changed)
        return state

    def _affected(self, changed: Iterable[int]) -> tuple[set[int], set[int]]:
        """Return the templates that read one of the bits, and the bits that these templates write."""
        touched = set().union(*(self.readers[p] for p in changed))
        return touched, set().union(*(self.templates[index][1] for index in touched))


@dataclass(frozen=True)
class Planes:
    """Values on many inputs at once: an integer with one bit for each, all of which are 1 in `every`."""

    every: int

    @property
    def cost(self) -> int:
        """The word operations of one operation."""
        return CALL + (self.every.bit_length() >> 6)

    def match(self, pairs: Sequence[tuple[int, int]]) -> int:
        """Return where all bits have their required values."""
        spend(4 * CALL + 2 * self.cost * len(pairs), "the execution of the program")
        lanes = self.every
        for plane, value in pairs:
            lanes &= plane if value else ~plane
        return lanes

    def union(self, planes: Sequence[int]) -> int:
        """Return where some template that writes the bit matches."""
        spend(4 * CALL + self.cost * len(planes), "the execution of the program")
        lanes = 0
        for plane in planes:
            lanes |= plane
        return lanes


def program_of(claim: dict[str, Any]) -> Program:
    """Read the program of a claim: positions in range, no template with two requirements of one bit."""
    value = _entry(claim, "program", dict, "the claim")
    bits = sum(_width(row) for row in _entry(value, "fields", list, "program"))
    if bits > MAX_BITS:
        raise Declined(f"more than {MAX_BITS} bits")
    templates = tuple(_template(row, bits) for row in _entry(value, "templates", list, "program"))
    content = {key: value.get(key) for key in ("fields", "padding", "templates")}
    readers = _having(bits, [[position for position, _ in when] for when, _ in templates])
    writers = _having(bits, [write for _, write in templates])
    return Program(hashlib.sha256(canonical(content)).hexdigest(), templates, readers, writers)


def _having(bits: int, positions: Sequence[Iterable[int]]) -> list[list[int]]:
    """Return for each bit the indices of the templates whose positions contain it."""
    result = [list[int]() for _ in range(bits)]
    for index, members in enumerate(positions):
        for position in members:
            result[position].append(index)
    return result


def _width(row: Any) -> int:
    """Return how many bits a field has."""
    if type(row) is not list or len(row) != 2:
        raise Rejected("a field is not a list of a name and a width")
    return _number(row[1], 1, None, "a field's width")


def _template(row: Any, bits: int) -> Template:
    if type(row) is not list or len(row) != 2 or type(row[0]) is not list:
        raise Rejected("a template is not a list of requirements and written bits")
    if not all(type(pair) is list and len(pair) == 2 for pair in row[0]):
        raise Rejected("a requirement is not a list of a position and a value")
    required = _positions([pair[0] for pair in row[0]], bits, "a template's requirements")
    values = [_number(pair[1], 0, 1, "a required value") for pair in row[0]]
    return tuple(zip(required, values, strict=True)), _positions(row[1], bits, "a template's written bits")


@dataclass(frozen=True)
class Source:
    """The entry `source` of a claim: the bytes of the file, and how the program is connected with it."""

    name: str
    format: str
    data: bytes
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    ones: tuple[int, ...]
    steps: int | None
    period: int | None
    head: int | None

    def start(self, program: Program, every: int, inputs: Sequence[int]) -> list[int]:
        """Return the planes of the initial states with the given planes of the inputs."""
        state = [0] * program.bits
        for position in self.ones:
            state[position] = every
        for position, plane in zip(self.inputs, inputs, strict=True):
            state[position] = plane
        return state


def source_of(claim: dict[str, Any], bits: int) -> Source:
    """Read the entry `source` of a claim about a program of so many bits."""
    if "source" not in claim:
        raise Declined("the claim names no source")
    value = _entry(claim, "source", dict, "the claim")
    name, form = _identity(value)
    numbers = {"head": 0} if form == "turing" else {}
    numbers["period" if "period" in value else "steps"] = 1  # with their least values
    names = sorted({"format", "inputs", "name", "ones", "outputs", "text", *numbers})
    if sorted(value) != names:
        raise Rejected(f"source has not exactly the keys {', '.join(names)}")
    inputs, ones = (_positions(value[key], bits, f"source: {key}") for key in ("inputs", "ones"))
    if set(inputs) & set(ones):
        raise Rejected("source: a position is both an input and 1 at the start")
    outputs = tuple(_number(item, 0, bits - 1, "source: outputs") for item in _entry(value, "outputs", list, "source"))
    found = {key: _number(value[key], least, None, f"source: {key}") for key, least in numbers.items()}
    data = _bytes(_entry(value, "text", str, "source"), form)
    return Source(name, form, data, inputs, outputs, ones, found.get("steps"), found.get("period"), found.get("head"))


def _identity(value: dict[str, Any]) -> tuple[str, str]:
    """Return the name and the format of a source."""
    name, form = _entry(value, "name", str, "source"), _entry(value, "format", str, "source")
    if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}", name, re.ASCII) is None:
        raise Rejected(f"the source's name is {shown(name)}: it is not the base name of a file")
    if form not in READERS:
        raise Rejected(f"the source's format is not one of {', '.join(sorted(READERS))}: {shown(form)}")
    return name, form


def _bytes(text: str, form: str) -> bytes:
    """Return the bytes of the file."""
    try:
        return base64.b64decode(text.encode("ascii"), validate=True) if form == "aig" else text.encode("latin-1")
    except (UnicodeEncodeError, binascii.Error):
        raise Rejected("source: text is not base64, or has a character that is no byte") from None


def same_runs(claim: dict[str, Any], source: Source) -> None:
    """Require that runs, if the claim is about runs, are those from the source's inputs for the source's steps."""
    if claim.get("kind") not in ("ensemble", "network", "rounding"):
        raise Rejected("the claim is not about a program")
    runs = [claim[key] for key in ("states", "inputs") if type(claim.get(key)) is dict]
    if claim["kind"] == "ensemble":
        _same_steps(claim.get("steps"), source)
        if source.period is not None and not runs:
            raise Rejected("the claim is about runs without inputs from outside, which the source has")
    for run in runs:
        _same_start(run, source)


def _same_steps(number: Any, source: Source) -> None:
    if number != (source.steps or source.period):
        raise Rejected(f"the claim is about {shown(number)} steps, the source about {source.steps or source.period}")


def _same_start(run: dict[str, Any], source: Source) -> None:
    """Require that a family of runs in a claim has the source's initial states, and its steps, if it names them."""
    key = "free" if source.period is None else "ports"
    if not (_same(run.get(key), source.inputs) and _same(run.get("ones"), source.ones)):
        raise Rejected("the claim is about other initial states, or other inputs, than the source")
    if "steps" in run:
        _same_steps(run["steps"], source)


def _same(value: Any, positions: tuple[int, ...]) -> bool:
    """Tell whether a value is a list of the positions, in any order."""
    return type(value) is list and all(type(item) is int for item in value) and sorted(value) == sorted(positions)


# ----------------------------------------------------------------------------------------------------------- circuits
@dataclass(frozen=True)
class Gate:
    """A function in two levels: `value` where a cube matches, else ``1 - value``; cubes are strings of 0, 1 and -."""

    arguments: tuple[str, ...]
    cubes: tuple[str, ...]
    value: int

    def plane(self, values: dict[str, int], planes: Planes) -> int:
        """Return the values of the function on many inputs."""
        arguments = [values[name] for name in self.arguments]
        matched = planes.union([lanes_of(cube, arguments, planes) for cube in self.cubes])
        return matched if self.value else planes.every ^ matched

    def literal(self, literals: dict[str, int], signals: Signals) -> int:
        """Return the expression of the function."""
        arguments, cubes = [literals[name] for name in self.arguments], []
        for cube in self.cubes:
            pairs = zip(arguments, cube, strict=True)
            cubes.append(signals.conjunction(literal ^ (value == "0") for literal, value in pairs if value != "-"))
        return signals.disjunction(cubes) ^ (1 - self.value)


def lanes_of(cube: str, arguments: Sequence[int], planes: Planes) -> int:
    """Return where a cube matches."""
    pairs = zip(arguments, cube, strict=True)
    return planes.match([(plane, int(value)) for plane, value in pairs if value != "-"])


@dataclass
class Circuit:
    """A netlist: `outputs` are signals; `free[y]` is a signal that is 1 where the output y may have either value.

    A register ``(signal, next, initial)`` takes the value of the signal `next` at every clock.
    """

    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    gates: dict[str, Gate] = field(default_factory=dict)
    registers: list[tuple[str, str, int]] = field(default_factory=list)
    free: dict[str, str] = field(default_factory=dict)

    @property
    def variables(self) -> list[str]:
        """The signals that no gate defines."""
        return [*self.inputs, *(signal for signal, _, _ in self.registers)]

    @property
    def entries(self) -> int:
        """The number of operations of an evaluation."""
        return sum(2 + 2 * len(gate.cubes) * len(gate.arguments) for gate in self.gates.values())

    def add(self, name: str, gate: Gate) -> None:
        """Define a signal; Rejected if it is defined already."""
        if name in self.gates:
            raise Rejected(f"{shown(name)} is defined twice")
        self.gates[name] = gate

    def ordered(self) -> Circuit:
        """Put gates after those that they depend on; Rejected: undefined, defined twice, or dependent on itself."""
        done = dict.fromkeys(self.variables)
        if len(done) < len(self.variables) or done.keys() & self.gates.keys():
            raise Rejected("a signal is defined twice")
        if len(done) + len(self.gates) > MAX_SIGNALS:
            raise Declined(f"more than {MAX_SIGNALS} signals")
        order: dict[str, Gate] = {}
        for root in (*self.gates, *self.outputs, *(following for _, following, _ in self.registers)):
            self._visit(root, done, order)
        self.gates = order
        return self

    def _visit(self, root: str, done: dict[str, None], order: dict[str, Gate]) -> None:
        """Append a signal to `order` after everything that it depends on: a depth-first search without recursion."""
        stack, opened = [root], set[str]()
        while stack:
            name = stack[-1]
            if name in done:
                stack.pop()
                continue
            if name not in self.gates:
                raise Rejected(f"{shown(name)} is used and not defined")
            spend(CALL * len(self.gates[name].arguments), "the order of the gates")
            waiting = [argument for argument in self.gates[name].arguments if argument not in done]
            if not waiting:
                done[name], order[name] = None, self.gates[name]
            elif name in opened:  # what it depends on was visited, and depends on it
                raise Rejected(f"{shown(name)} depends on itself")
            opened.add(name)
            stack += waiting

    def values(self, inputs: Sequence[int], registers: Sequence[int], planes: Planes) -> dict[str, int]:
        """Return the values of all signals on many inputs."""
        values = dict(zip(self.variables, (*inputs, *registers), strict=True))
        for name, gate in self.gates.items():
            values[name] = gate.plane(values, planes)
        return values

    def literals(self, inputs: Sequence[int], registers: Sequence[int], signals: Signals) -> dict[str, int]:
        """Return the expressions of all signals, from those of inputs and registers."""
        literals = dict(zip(self.variables, (*inputs, *registers), strict=True))
        for name, gate in self.gates.items():
            literals[name] = gate.literal(literals, signals)
        return literals

    def answers(self, values: dict[str, int]) -> tuple[list[int], list[int]]:
        """Return the values of the outputs, and where each may have either value."""
        free = [values[self.free[name]] if name in self.free else 0 for name in self.outputs]
        return [values[name] for name in self.outputs], free

    @property
    def initial(self) -> int:
        """The initial values of the registers, as the digits of a number, the last one lowest."""
        return joined(initial for _, _, initial in self.registers)

    def clock(self, state: Any, inputs: Sequence[int], planes: Planes) -> Clock:
        """Return the outputs, where they are free, and the next states, each with the inputs that lead to it."""
        values = self.values(inputs, spread(state, len(self.registers), planes), planes)
        following = split(planes.every, [values[signal] for _, signal, _ in self.registers])
        return *self.answers(values), following


def joined(values: Iterable[int]) -> int:
    """Return values as the digits of a number, the last one lowest."""
    return int("0" + "".join(map(str, values)), 2)


def split(lanes: int, planes: Iterable[int]) -> list[tuple[int, int]]:
    """Divide lanes by the values of planes: (lanes, values) for each combination, as the digits of a number."""
    classes = [(lanes, 0)]
    for plane in planes:
        spend(8 * CALL * len(classes), "the states that follow")
        sides = [(some & (plane if value else ~plane), 2 * key + value) for some, key in classes for value in (0, 1)]
        classes = [(some, key) for some, key in sides if some]
    return classes


def spread(values: int, count: int, planes: Planes) -> list[int]:
    """Return so many planes that are constant, from the values that :func:`split` returns."""
    return [planes.every * (values >> k & 1) for k in reversed(range(count))]


@dataclass
class Table:
    """A state machine: ``rows[state]`` is a list of (cube of inputs, next state, outputs of 0, 1 and -)."""

    inputs: list[str]
    outputs: list[str]
    initial: str
    rows: dict[str, list[tuple[str, str, str]]]

    def clock(self, state: Any, inputs: Sequence[int], planes: Planes) -> Clock:
        """Return the outputs, where they are free, and the next states, each with the inputs that lead to it.

        Where no row matches, nothing is specified from there on. Rejected if two rows that match the same inputs
        contradict each other.
        """
        ones, zeros, following = [0] * len(self.outputs), [0] * len(self.outputs), dict[str, int]()
        for cube, after, outputs in self.rows.get(state, ()):
            spend(planes.cost * len(outputs), "the evaluation of the table")
            lanes = lanes_of(cube, inputs, planes)
            for k, value in enumerate(outputs):
                ones[k] |= lanes * (value == "1")
                zeros[k] |= lanes * (value == "0")
            following[after] = following.get(after, 0) | lanes
        if _overlap([*following.values()]) or any(map(_overlap, zip(ones, zeros, strict=True))):
            raise Rejected(f"two rows of the state {shown(state)} contradict each other")
        free = [planes.every & ~(one | zero) for one, zero in zip(ones, zeros, strict=True)]
        return ones, free, [(lanes, after) for after, lanes in following.items() if lanes]


def _overlap(planes: Iterable[int]) -> bool:
    """Tell whether two planes have a lane in common."""
    union = 0
    for plane in planes:
        if union & plane:
            return True
        union |= plane
    return False


@dataclass(frozen=True)
class Tape:
    """A Turing machine: ``rules[state][symbol]`` is (symbol, move, next state or -1 to halt), or None to halt."""

    rules: tuple[tuple[tuple[int, int, int] | None, ...], ...]

    @property
    def width(self) -> int:
        """The number of bits of a symbol."""
        return max(1, (len(self.rules[0]) - 1).bit_length())

    def run(self, cells: list[int], head: int, steps: int) -> tuple[int, bool]:
        """Execute at most so many steps on the cells; return their number, and whether the machine has halted."""
        state = 0
        for number in range(steps):
            if not 0 <= head < len(cells):
                raise Rejected(f"the head is beyond the {len(cells)} cells after step {number}: the tape is too short")
            spend(4 * CALL, "the execution of the machine")
            rule = self.rules[state][cells[head]]
            if rule is None:
                return number, True
            cells[head], move, state = rule
            if state < 0:
                return number + 1, True
            head += move
        return steps, False


# ------------------------------------------------------------------------------------------------------------- readers
def lines_of(data: bytes, joined: bool = False) -> Iterator[tuple[int, list[str]]]:
    r"""Yield the number and the words of each line, without comments; `joined`: a ``\`` at its end continues a line."""
    try:
        text = re.sub(r"#[^\n]*", "", data.decode("latin-1")).encode("ascii").decode()
    except UnicodeEncodeError:
        raise Rejected("the text has a character that is not ASCII") from None
    words, first = list[str](), 1
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.rstrip()
        words += stripped.removesuffix("\\").split() if joined else stripped.split()
        if joined and stripped.endswith("\\"):
            continue
        if words:
            yield first, words
        words, first = [], number + 1
    if words:
        raise Rejected("the text ends within a line that is continued")


def _at(line: int, problem: str) -> Rejected:
    return Rejected(f"line {line}: {problem}")


def _count(words: Sequence[str], line: int) -> int:
    """Return the integer of a directive such as ``.i 4``."""
    if len(words) != 2 or re.fullmatch("[0-9]{1,9}", words[1], re.ASCII) is None:
        raise _at(line, f"{shown(words[0])} needs one integer")
    return int(words[1])


def _different(names: Iterable[str], what: str) -> None:
    names = list(names)
    if len(set(names)) < len(names):
        raise Rejected(f"two {what} have the same name")


IGNORED = re.compile(
    r"\.(area|attr|cname|delay|wire|wire_load_slope|(default_)?(input_arrival|output_required|input_drive|"
    r"max_input_load|output_load))"
)  # directives of BLIF that do not change functions


def blif(data: bytes) -> Circuit:
    """Read one flat model of ``.names`` and ``.latch``; after ``.exdc``, covers of don't-cares of outputs.

    All registers have one clock, which is no input; initial values 2 and 3 (any, unknown) are taken to be 0.
    """
    reader = Blif()
    for line, words in lines_of(data, joined=True):
        reader.line(line, words)
    return reader.finished()


class Blif:
    """The reader of BLIF: `names` are the signals of the cover that is being read, `rows` its lines."""

    def __init__(self) -> None:
        self.circuit, self.names, self.rows = Circuit(), list[str](), list[list[str]]()
        self.clocks, self.unspecified = set[str](), False
        self.ended = self.modelled = False
        self.trigger: tuple[str, str] | None = None  # edge and clock of all registers

    def line(self, line: int, words: list[str]) -> None:
        """Read one line."""
        if self.ended:
            raise _at(line, "text after .end: only one flat model is read")
        if words[0][0] != ".":
            self.row(line, words)
            return
        self.finish_cover()
        handlers: dict[str, Callable[[int, list[str]], None]] = {
            ".model": self.model,
            ".inputs": self.inputs,
            ".outputs": self.outputs,
            ".clock": lambda _, names: self.clocks.update(names),
            ".names": self.cover,
            ".latch": self.latch,
            ".exdc": self.exdc,
            ".end": self.end,
        }
        if words[0] in handlers:
            handlers[words[0]](line, words[1:])
        elif IGNORED.fullmatch(words[0]) is None:
            raise _at(line, f"unknown directive {shown(words[0])}")

    def model(self, line: int, words: list[str]) -> None:
        """Read ``.model NAME``, once."""
        if self.modelled or len(words) > 1:
            raise _at(line, "a second .model, or one with several names")
        self.modelled = True

    def inputs(self, line: int, names: list[str]) -> None:
        """Read ``.inputs NAME...``; after ``.exdc``, inputs of the model."""
        if not self.unspecified:
            self.circuit.inputs += names
        elif not set(names) <= set(self.circuit.inputs):
            raise _at(line, "an input of .exdc that the model lacks")

    def outputs(self, line: int, names: list[str]) -> None:
        """Read ``.outputs NAME...``; after ``.exdc``, outputs of the model."""
        if not self.unspecified:
            self.circuit.outputs += names
        elif not set(names) <= set(self.circuit.outputs):
            raise _at(line, "an output of .exdc that the model lacks")

    def cover(self, line: int, names: list[str]) -> None:
        """Read ``.names INPUT... OUTPUT``, which lines of cubes and values follow."""
        if not names:
            raise _at(line, ".names without a name")
        self.names, self.rows = names, []

    def row(self, line: int, words: list[str]) -> None:
        """Read a line of a cover: a cube, if the function has arguments, and a value."""
        width = len(self.names) - 1
        cube, value = ("", *words) if len(words) == 1 else (*words, "", "")[:2]
        if not self.names or len(words) != (2 if width else 1) or value not in ("0", "1"):
            raise _at(line, f"{shown(' '.join(words))} is not a line of a cover")
        if len(cube) != width or not set(cube) <= set("01-"):
            raise _at(line, f"{shown(cube)} is not a cube of {width} characters 0, 1 and -")
        if self.rows and self.rows[0][1] != value:
            raise _at(line, "lines of one cover with different values")
        self.rows.append([cube, value])

    def finish_cover(self) -> None:
        """Define the signal of the cover that was read."""
        if not self.names:
            return
        *arguments, name = self.names
        if self.unspecified:
            spend(CALL * (len(self.circuit.inputs) + len(self.circuit.outputs)), "the don't-cares")
        gate = Gate(tuple(arguments), tuple(cube for cube, _ in self.rows), int(self.rows[0][1]) if self.rows else 1)
        if not self.unspecified:
            self.circuit.add(name, gate)
        elif name not in self.circuit.outputs or not set(arguments) <= set(self.circuit.inputs):
            raise Rejected(f".exdc: {shown(name)} is not an output as a function of inputs")
        else:
            self.circuit.add(f"free {name}", gate)
            self.circuit.free[name] = f"free {name}"
        self.names = []

    def latch(self, line: int, words: list[str]) -> None:
        """Read ``.latch INPUT OUTPUT [re|fe CLOCK] [0|1|2|3]``; all have the same edge and clock."""
        initial = words.pop() if len(words) in (3, 5) else "3"
        if len(words) not in (2, 4) or initial not in ("0", "1", "2", "3") or self.unspecified:
            raise _at(line, ".latch needs INPUT OUTPUT [re|fe CLOCK] [0|1|2|3]")
        edge, clock = words[2:] or ["re", "NIL"]
        if edge not in ("re", "fe") or self.trigger not in (None, (edge, clock)):
            raise _at(line, "only registers that are triggered by one edge, re or fe, of one clock are read")
        self.trigger = edge, clock
        self.clocks |= {clock} - {"NIL"}
        self.circuit.registers.append((words[1], words[0], int(initial == "1")))

    def exdc(self, line: int, words: list[str]) -> None:
        """Read ``.exdc``: don't-cares follow."""
        if words or self.unspecified:
            raise _at(line, ".exdc stands once, alone on its line")
        self.unspecified = True

    def end(self, line: int, words: list[str]) -> None:
        """Read ``.end``."""
        if words:
            raise _at(line, ".end stands alone on its line")
        self.ended = True

    def finished(self) -> Circuit:
        """Return the circuit; the clock is no input."""
        if not self.ended:
            raise Rejected("the text does not end with .end: it is truncated")
        circuit = self.circuit
        _different(circuit.inputs, "inputs")
        _different(circuit.outputs, "outputs")
        circuit.inputs = [name for name in circuit.inputs if name not in self.clocks]
        return circuit.ordered()


def table_of(data: bytes, lists: Sequence[str], ends: Sequence[str]) -> tuple[dict[str, list[str]], list[list[str]]]:
    """Return the words of each directive, and those of each row, of a file in PLA or KISS2.

    The number of rows is that of ``.p``; without it, an end is needed.
    """
    found, rows = dict[str, list[str]](), list[list[str]]()
    for line, words in lines_of(data):
        if found.keys() & set(ends):
            raise _at(line, "text after the end")
        if words[0][0] != ".":
            rows.append(words)
        elif words[0] in found or words[0] not in (".i", ".o", ".p", *lists, *ends):
            raise _at(line, f"{shown(words[0])} is unknown or stands twice")
        else:
            found[words[0]] = [str(_count(words, line))] if words[0] in (".i", ".o", ".p") else words[1:]
    if not {".i", ".o"} <= found.keys():
        raise Rejected("the number of inputs .i or of outputs .o is missing")
    announced = found.get(".p", [str(len(rows))] if found.keys() & set(ends) else ["?"])
    if announced != [str(len(rows))]:
        raise Rejected(f"there are {len(rows)} rows, .p announces {announced[0]}: the text is truncated")
    return found, rows


def _names(found: dict[str, list[str]], key: str, count: int, what: str) -> list[str]:
    if count > MAX_SIGNALS:
        raise Declined(f"more than {MAX_SIGNALS} columns")
    names = found.get(key, [f"{what} {k}" for k in range(count)])
    if len(names) != count:
        raise Rejected(f"{key} lists {len(names)} names for {count} columns")
    _different(names, f"{what}s")
    return names


MEANING = {  # of a character of a row, by the type of the table: 1, 0, - (either value), ~ (nothing)
    "f": dict(zip("01234~-", "~1~~1~~", strict=True)),
    "fd": dict(zip("01234~-", "~1-~1~-", strict=True)),
    "fr": dict(zip("01234~-", "01~~1~~", strict=True)),
    "fdr": dict(zip("01234~-", "01-~1~-", strict=True)),
}


def pla(data: bytes) -> Circuit:
    """Read a table of espresso: cubes, with a character for each output.

    An output is 1 where a row with 1 matches. In the types f and fd it is 0 elsewhere, or free where a row with - does;
    in the types fr and fdr it is 0 where a row with 0 matches, and free elsewhere.
    """
    found, rows = table_of(data, (".type", ".ilb", ".ob"), (".e", ".end"))
    inputs, outputs = int(found[".i"][0]), int(found[".o"][0])
    (form,) = found.get(".type", ["fd"])[:1] or [""]
    circuit = Circuit(_names(found, ".ilb", inputs, "input"), _names(found, ".ob", outputs, "output"))
    if form not in MEANING or len(found.get(".type", [form])) != 1:
        raise Rejected(f"the type of a table is one of {', '.join(MEANING)}")
    sets = [{"0": list[str](), "1": list[str](), "-": list[str](), "~": list[str]()} for _ in range(outputs)]
    for words in rows:
        cube, values = _row(words, inputs, outputs)
        for k, value in enumerate(values):
            sets[k][MEANING[form][value]].append(cube)
    circuit.outputs = [f"output {k}" for k in range(outputs)]
    for k, cubes in enumerate(sets):
        _add_output(circuit, k, cubes, form.endswith("r"))
    return circuit.ordered()


def _row(words: list[str], inputs: int, outputs: int) -> tuple[str, str]:
    """Return the cube and the characters of the outputs of a row, which may be separated by spaces or ``|``."""
    row = "".join(words).replace("|", "")
    cube, values = row[:inputs].replace("2", "-"), row[inputs:]
    if len(row) != inputs + outputs or not set(cube) <= set("01-") or not set(values) <= set("01234~-"):
        raise Rejected(f"{shown(' '.join(words))} is not a row of {inputs} inputs and {outputs} outputs")
    return cube, values


def _add_output(circuit: Circuit, k: int, cubes: dict[str, list[str]], given: bool) -> None:
    """Define an output of a table; `given`: the table gives its zeros. Rejected if a row with 1 meets one with 0."""
    spend(CALL * len(circuit.inputs), "the reading of the table")
    inputs = tuple(circuit.inputs)
    if _meet(cubes["1"], cubes["0"]):
        raise Rejected(f"rows with 1 and with 0 for output {k} match the same inputs")
    circuit.add(f"output {k}", Gate(inputs, tuple(cubes["1"]), 1))
    if given:
        circuit.add(f"free {k}", Gate(inputs, (*cubes["1"], *cubes["0"]), 0))
        circuit.free[f"output {k}"] = f"free {k}"
    elif cubes["-"]:
        circuit.add(f"either {k}", Gate(inputs, tuple(cubes["-"]), 1))
        circuit.add(f"free {k}", Gate((f"output {k}", f"either {k}"), ("01",), 1))
        circuit.free[f"output {k}"] = f"free {k}"


def _meet(first: list[str], second: list[str]) -> bool:
    """Tell whether a cube of one list and one of the other match the same inputs."""
    spend(4 * CALL * len(first) * len(second), "the comparison of rows")
    others = [_masks(cube) for cube in second]
    return any(not (ones & b or zeros & a) for ones, zeros in map(_masks, first) for a, b in others)


def _masks(cube: str) -> tuple[int, int]:
    """Return where a cube has a 1, and where it has a 0, as sets of bits."""
    return int("0" + cube.replace("-", "0"), 2), int("0" + cube.translate(str.maketrans("01-", "100")), 2)


def _numbers(line: str) -> list[int]:
    """Return the numbers of a line of AIGER."""
    words = line.rstrip("\r").split(" ")
    if any(re.fullmatch("[0-9]{1,9}", word, re.ASCII) is None for word in words):
        raise Rejected(f"{shown(line)} is not a line of numbers")
    return [int(word) for word in words]


def _header(line: str, kind: str) -> list[int]:
    """Return M, I, L, O, A of a header ``aag M I L O A``; further numbers must be 0."""
    numbers = _numbers(line.removeprefix(kind + " ")) if line.startswith(kind + " ") else []
    if not 5 <= len(numbers) <= 9 or any(numbers[5:]):
        raise Rejected(f"the header is not {kind} M I L O A")
    if sum(numbers[:5]) > 2 * MAX_SIGNALS:
        raise Declined(f"a header with more than {MAX_SIGNALS} signals")
    return numbers[:5]


def ascii_aiger(data: bytes) -> Circuit:
    """Read an and-inverter graph in ASCII: inputs, registers, outputs, and conjunctions in any order."""
    lines = data.decode("latin-1").removesuffix("\n").split("\n")
    M, I, L, O, A = _header(lines[0], "aag")
    rows = [_numbers(line) for line in lines[1 : 1 + I + L + O + A]]
    if len(rows) < I + L + O + A:
        raise Rejected("the text is truncated")
    inputs, latches, outputs, gates = rows[:I], rows[I : I + L], rows[I + L : I + L + O], rows[I + L + O :]
    _only_symbols(lines[1 + I + L + O + A :])
    return _graph(M, inputs, latches, outputs, gates)


def binary_aiger(data: bytes) -> Circuit:
    """Read an and-inverter graph in binary: the inputs are 2, 4, ..., conjunctions are pairs of differences."""
    lines = data.split(b"\n", 1)
    M, I, L, O, A = _header(lines[0].decode("latin-1"), "aig")
    if M != I + L + A:
        raise Rejected("the header of a binary file has M = I + L + A")
    lines = data.split(b"\n", 1 + L + O)
    if len(lines) < 2 + L + O:
        raise Rejected("the text is truncated")
    rows = [_numbers(line.decode("latin-1")) for line in lines[1:-1]]
    latches = [[2 * (I + k + 1), *row] for k, row in enumerate(rows[:L])]
    gates, rest = _differences(lines[-1], range(2 * (I + L + 1), 2 * (M + 1), 2))
    _only_symbols(rest.decode("latin-1").split("\n"))
    return _graph(M, [[2 * (k + 1)] for k in range(I)], latches, rows[L:], gates)


def _differences(data: bytes, results: range) -> tuple[list[list[int]], bytes]:
    """Decode conjunctions ``r = a AND b``: r - a and a - b, seven bits a byte, lowest first; return also the rest."""
    gates, values, value, shift, used = list[list[int]](), list[int](), 0, 0, 0
    for byte in data:
        if len(gates) == len(results):
            break
        used, value, shift = used + 1, value | (byte & 127) << shift, shift + 7
        if byte > 127 and shift < 35:
            continue
        values, value, shift = [*values, value], 0, 0
        if len(values) == 2:
            result = results[len(gates)]
            gates.append([result, result - values[0], result - values[0] - values[1]])
            values = []
    if len(gates) < len(results):
        raise Rejected("the text is truncated")
    return gates, data[used:]


def _only_symbols(lines: Sequence[str]) -> None:
    """Require that nothing but names of inputs, registers and outputs, and a comment follow."""
    for line in lines:
        if line.rstrip("\r") == "c":
            return
        if line and re.match(r"[ilo][0-9]{1,9} ", line, re.ASCII) is None:
            raise Rejected(f"{shown(line)} after the last conjunction is neither a name nor a comment")


def _graph(
    M: int, inputs: list[list[int]], latches: list[list[int]], outputs: list[list[int]], gates: list[list[int]]
) -> Circuit:
    """Build the circuit; a literal is 2 v, or 2 v + 1 for the negation, and v = 0 is the constant 0."""
    for rows, lengths in ((inputs, (1,)), (latches, (2, 3)), (outputs, (1,)), (gates, (3,))):
        _check_literals(M, rows, lengths)
    if any(row[0] % 2 for row in (*inputs, *latches, *gates)):
        raise Rejected("a negated literal is defined")
    circuit = Circuit([f"v{row[0] // 2}" for row in inputs], [f"output {k}" for k in range(len(outputs))])
    circuit.add("v0", Gate((), (), 1))
    for result, a, b in gates:
        circuit.add(f"v{result // 2}", Gate((f"v{a // 2}", f"v{b // 2}"), ("10"[a % 2] + "10"[b % 2],), 1))
    for name, (literal,) in zip(circuit.outputs, outputs, strict=True):
        circuit.add(name, _literal(literal))
    for k, row in enumerate(latches):
        circuit.add(f"next {k}", _literal(row[1]))
        circuit.registers.append((f"v{row[0] // 2}", f"next {k}", _reset(row)))
    return circuit.ordered()


def _check_literals(M: int, rows: list[list[int]], lengths: tuple[int, ...]) -> None:
    if any(len(row) not in lengths or not 0 <= min(row) <= max(row) <= 2 * M + 1 for row in rows):
        raise Rejected("a line with too many or too few numbers, or a literal out of range")


def _literal(literal: int) -> Gate:
    return Gate((f"v{literal // 2}",), ("10"[literal % 2],), 1)


def _reset(row: list[int]) -> int:
    """Return the initial value of a register, 0 where it is not specified."""
    initial = row[2] if len(row) == 3 else 0
    if initial not in (0, 1, row[0]):
        raise Rejected("the initial value of a register is neither 0 nor 1 nor unspecified")
    return int(initial == 1)


def kiss(data: bytes) -> Table:
    """Read a state machine in KISS2: rows of inputs, state, next state and outputs; ``.r`` is the initial state.

    A row of the state ``*`` or ``ANY`` is one of every state.
    """
    found, rows = table_of(data, (".s", ".r", ".start_kiss", ".ilb", ".ob"), (".e", ".end", ".end_kiss"))
    inputs, outputs = int(found[".i"][0]), int(found[".o"][0])
    states: dict[str, list[tuple[str, str, str]]] = {}
    for row in rows:
        _check_row(row, inputs, outputs)
        states |= {state: [] for state in row[1:3] if state not in ("*", "ANY")}
    for cube, state, after, values in rows:
        spend(CALL * len(states), "the reading of the rows")
        for one in states if state in ("*", "ANY") else (state,):
            states[one].append((cube, after, values))
    initial = found.get(".r", [row[1] for row in rows[:1]])
    if len(initial) != 1 or initial[0] not in states:
        raise Rejected("the initial state is missing, or no row is about it")
    names = (_names(found, ".ilb", inputs, "input"), _names(found, ".ob", outputs, "output"))
    return Table(*names, initial[0], states)


def _check_row(row: list[str], inputs: int, outputs: int) -> None:
    if len(row) != 4 or (len(row[0]), len(row[3])) != (inputs, outputs) or not set(row[0] + row[3]) <= set("01-"):
        raise Rejected(f"{shown(' '.join(row))} is not a row of {inputs} inputs and {outputs} outputs")
    if row[2] in ("*", "ANY", "-"):
        raise Rejected(f"{shown(row[2])} is not the name of a next state")


def turing(data: bytes) -> Tape:
    """Read a Turing machine, ``1RB1LC_...``: a group for each state A, B, ...

    A group has three characters for each symbol 0, 1, ...: the symbol to write, the move L or R, and the next state.
    The machine halts at Z or H, if there is no such state, and where it reaches ``---``.
    """
    text = " ".join(word for _, words in lines_of(data) for word in words)
    groups = text.split("_")
    symbols = len(groups[0]) // 3
    form = f"(---|[0-9][LR][A-Z]){{{symbols}}}"
    if not 2 <= symbols <= 10 or any(re.fullmatch(form, group, re.ASCII) is None for group in groups):
        raise Rejected(f"{shown(text)} is not a Turing machine such as 1RB1LB_1LA1RZ")
    if len(groups) > 26:
        raise Rejected("a Turing machine has at most 26 states")
    return Tape(
        tuple(
            tuple(_rule(group[k : k + 3], symbols, len(groups)) for k in range(0, 3 * symbols, 3)) for group in groups
        )
    )


def _rule(text: str, symbols: int, states: int) -> tuple[int, int, int] | None:
    """Return the symbol, the move and the next state of three characters."""
    if text == "---":
        return None
    symbol, state = int(text[0]), ord(text[2]) - ord("A")
    if symbol >= symbols or (state >= states and text[2] not in "ZH"):
        raise Rejected(f"{shown(text)} writes a symbol that no rule reads, or goes to a state that does not exist")
    return symbol, 1 if text[1] == "R" else -1, state if state < states else -1


READERS: dict[str, Callable[[bytes], Circuit | Table | Tape]] = {
    "aag": ascii_aiger,
    "aig": binary_aiger,
    "blif": blif,
    "kiss": kiss,
    "pla": pla,
    "turing": turing,
    "yosys-blif": blif,
}


# --------------------------------------------------------------------------------------------------------- expressions
FALSE, TRUE = 0, 1


class Signals:
    """Expressions: a literal is ``2 n``, or ``2 n + 1`` for the negation, of a variable or a conjunction of literals.

    Equal literals denote equal functions of the variables. FALSE and TRUE are the literals of n = 0.
    """

    def __init__(self) -> None:
        self._known = dict[tuple[int, ...], int]()
        self._last = 0

    def variable(self) -> int:
        """Return a new literal."""
        self._last += 2
        return self._last

    def conjunction(self, literals: Iterable[int]) -> int:
        """Return the literal of a conjunction: x and x is x, x and not x is FALSE."""
        terms = set(literals) - {TRUE}
        spend(CALL * (4 + len(terms)), "the comparison of expressions")
        if FALSE in terms or any(term ^ 1 in terms for term in terms):
            return FALSE
        if len(terms) < 2:
            return next(iter(terms), TRUE)
        key = tuple(sorted(terms))
        if key not in self._known:
            self._known[key] = self.variable()
        return self._known[key]

    def disjunction(self, literals: Iterable[int]) -> int:
        """Return the literal of a disjunction."""
        return self.conjunction(literal ^ 1 for literal in literals) ^ 1

    def match(self, pairs: Sequence[tuple[int | None, int]]) -> int | None:
        """Return the expression of a match; None, not known, if it depends on a bit that is not known."""
        spend(4 * CALL * (1 + len(pairs)), "the comparison of expressions")
        known = [literal ^ (1 - value) for literal, value in pairs if literal is not None]
        if FALSE in known:
            return FALSE
        return self.conjunction(known) if len(known) == len(pairs) else None

    def union(self, values: Sequence[int | None]) -> int | None:
        """Return the expression of a bit, from those of the templates that write it."""
        spend(4 * CALL * (1 + len(values)), "the comparison of expressions")
        known = [literal for literal in values if literal is not None]
        if TRUE in known:
            return TRUE
        return self.disjunction(known) if len(known) == len(values) else None


def held(program: Program, source: Source) -> dict[int, int]:
    """Return the bits, other than inputs, that stay as they are at the start, because only they write themselves."""
    result, ones, inputs = {}, set(source.ones), set(source.inputs)
    for position, writers in enumerate(program.writers):
        if writers and all(program.templates[index][0] == ((position, 1),) for index in writers):
            result[position] = TRUE if position in ones else FALSE
    return {position: literal for position, literal in result.items() if position not in inputs}


# --------------------------------------------------------------------------------------------------------------- rules
def patterns(count: int) -> list[int]:
    """Return planes of 2^count lanes that hold all assignments of so many bits: bit i of the lane's number."""
    lanes, planes = 1 << count, []
    for i in range(count):
        plane, width = ((1 << (1 << i)) - 1) << (1 << i), 2 << i
        while width < lanes:
            plane, width = plane | plane << width, 2 * width
        planes.append(plane)
    return planes


def tried(count: int, lanes: int, seed: str) -> list[int]:
    """Return planes of arbitrary assignments, the same at every call; they look for a difference and decide nothing."""
    mask = (1 << lanes) - 1
    texts = (f"{seed} {i}".encode() for i in range(count))
    return [int.from_bytes(hashlib.shake_256(text).digest(lanes // 8 + 1), "little") & mask for text in texts]


def compare(
    machine: Circuit | Table,
    source: Source,
    state: list[int],
    answers: tuple[list[int], list[int]],
    inputs: Sequence[int],
    context: str = "",
) -> None:
    """Require that states of the program have the file's outputs in every lane; Rejected, with the first difference."""
    for k, (position, value, free) in enumerate(zip(source.outputs, *answers, strict=True)):
        wrong = (state[position] ^ value) & ~free
        if wrong:
            lane = (wrong & -wrong).bit_length() - 1
            name = machine.outputs[k] if machine.outputs[k] == f"output {k}" else f"output {shown(machine.outputs[k])}"
            digits = "".join(str(plane >> lane & 1) for plane in inputs)
            right = value >> lane & 1
            raise Rejected(
                f"{name} is {right} by the file and {1 - right} by the program at the inputs {digits[:200]}{context}"
            )


def by_simulation(circuit: Circuit, program: Program, source: Source, steps: int) -> str:
    """Conclude by execution on all inputs: those of one chunk at once, whose further inputs are constant."""
    n, low = len(circuit.inputs), min(len(circuit.inputs), LANES)
    planes, varying = Planes((1 << (1 << low)) - 1), patterns(low)
    for number in range(1 << (n - low)):
        inputs = [*varying, *(planes.every * (number >> k & 1) for k in range(n - low))]
        on_inputs(circuit, program, source, steps, inputs, planes)
    return f"by simulation of all 2^{n} inputs"


def cost_of_simulation(circuit: Circuit, program: Program, steps: int, free: int) -> int:
    """Return an upper bound of the word operations of an execution on 2^free inputs."""
    low = min(free, LANES)
    return (steps * program.entries + circuit.entries << (free - low)) * Planes((1 << (1 << low)) - 1).cost


def on_inputs(
    circuit: Circuit, program: Program, source: Source, steps: int, inputs: list[int], planes: Planes
) -> None:
    """Require that the program is right on some inputs, by execution of the program and of the circuit."""
    state = program.run(source.start(program, planes.every, inputs), steps, planes)
    compare(circuit, source, state, circuit.answers(circuit.values(inputs, (), planes)), inputs)


def by_structure(circuit: Circuit, program: Program, source: Source, steps: int) -> str:
    """Conclude, for all inputs, that each output bit is the same expression of the inputs as in the file.

    Bits other than the inputs and those that only hold themselves are unknown at the start: the conclusion does not
    depend on them. Some inputs are tried first, to reject with an example.
    """
    if cost_of_simulation(circuit, program, steps, TRIED) <= MAX_WORK // 4:
        planes = Planes((1 << (1 << TRIED)) - 1)
        on_inputs(circuit, program, source, steps, tried(len(circuit.inputs), 1 << TRIED, "inputs"), planes)
    signals, start = Signals(), list[int | None]([None] * program.bits)
    inputs = [signals.variable() for _ in source.inputs]
    for position, literal in (*held(program, source).items(), *zip(source.inputs, inputs, strict=True)):
        start[position] = literal
    after = program.run(start, steps, signals)
    _same_expressions(circuit, source, circuit.literals(inputs, (), signals), after)
    return f"by structure: {len(source.outputs)} expressions of the {len(circuit.inputs)} inputs"


def _same_expressions(circuit: Circuit, source: Source, literals: dict[str, int], after: Sequence[int | None]) -> None:
    for k, (name, position) in enumerate(zip(circuit.outputs, source.outputs, strict=True)):
        if after[position] != literals[name]:
            raise Declined(f"output {k} is not the same expression by the program as by the file, which proves nothing")


def by_induction(circuit: Circuit, program: Program, source: Source, period: int) -> str:
    """Conclude, for every sequence of inputs, from an invariant at the beginning of all clocks but the first.

    The invariant: the bits of the program and the registers of the file fall into classes of equal or opposite values,
    one of which is constant. Classes are those that are equal expressions of the inputs after the first clock; they are
    divided until one clock, from any values that satisfy the invariant and with any inputs, preserves it. In the first
    clock, and in one from the invariant, the outputs are the same expressions as in the file.
    """
    try_sequences(circuit, program, source, period)
    ones = set(source.ones)
    start = [TRUE if p in ones else FALSE for p in range(program.bits)]
    initial = [initial for _, _, initial in circuit.registers]
    after = one_clock(circuit, program, source, period, [*start, *initial], Signals(), last=True)
    signs, classes = [literal & 1 for literal in after], list[int]()
    refined = _numbered([(0, literal & ~1) for literal in after])
    while refined != classes:
        classes = refined
        after = one_clock(circuit, program, source, period, *_representatives(classes, signs))
        refined = _numbered([(c, literal ^ sign) for c, literal, sign in zip(classes, after, signs, strict=True)])
    one_clock(circuit, program, source, period, *_representatives(classes, signs), last=True)
    return f"by induction over the clocks, with an invariant of {len(set(classes))} classes of bits and registers"


def one_clock(
    circuit: Circuit,
    program: Program,
    source: Source,
    period: int,
    literals: Sequence[int],
    signals: Signals,
    last: bool = False,
) -> list[int]:
    """Return the expressions of the program's bits and the file's registers after a clock, from those before it.

    `last`: require that the outputs are the same expressions.
    """
    spend(CALL * len(literals), "the induction over the clocks")
    start, registers = list[int | None](literals[: program.bits]), literals[program.bits :]
    inputs = [signals.variable() for _ in source.inputs]
    for position, literal in zip(source.inputs, inputs, strict=True):
        start[position] = literal
    values = circuit.literals(inputs, registers, signals)
    after = program.run(start, period, signals)
    if last:
        _same_expressions(circuit, source, values, after)
    return [*map(_known, after), *(values[name] for _, name, _ in circuit.registers)]


def _known(literal: int | None) -> int:
    if literal is None:  # never: all expressions before the clock are known
        raise Declined("an expression that is not known")
    return literal


def _numbered(keys: Sequence[tuple[int, int]]) -> list[int]:
    """Return the numbers of classes, in the order in which their keys occur; that of what stays constant is 0."""
    numbers = {(0, FALSE): 0}
    return [numbers.setdefault(key, len(numbers)) for key in keys]


def _representatives(classes: Sequence[int], signs: Sequence[int]) -> tuple[list[int], Signals]:
    """Return literals that satisfy the invariant: a variable, or its negation, for each class, and constants for 0."""
    signals = Signals()
    literals = {number: signals.variable() if number else FALSE for number in sorted(set(classes))}
    return [literals[number] ^ sign for number, sign in zip(classes, signs, strict=True)], signals


def try_sequences(circuit: Circuit, program: Program, source: Source, period: int) -> None:
    """Reject with an example if an output is wrong in some sequences; they prove nothing else."""
    planes, n = Planes((1 << SEQUENCES) - 1), len(circuit.inputs)
    state = source.start(program, planes.every, [0] * n)
    registers = spread(circuit.initial, len(circuit.registers), planes)
    for clock in range(CLOCKS):
        inputs = tried(n, SEQUENCES, f"clock {clock}")
        for position, plane in zip(source.inputs, inputs, strict=True):
            state[position] = plane
        state = program.run(state, period, planes)
        values = circuit.values(inputs, registers, planes)
        compare(circuit, source, state, circuit.answers(values), inputs, f" of clock {clock} of a sequence")
        registers = [values[name] for _, name, _ in circuit.registers]


def by_states(machine: Circuit | Table, program: Program, source: Source, period: int) -> str:
    """Conclude, for every sequence of inputs, by execution of all inputs in every pair of states that is reached.

    A pair: a state of the file, and the bits of the program at the beginning of a clock that some template requires,
    apart from inputs. Where the file leaves the next state open, nothing is required from there on.
    """
    n = len(machine.inputs)
    if n > MAX_CLASSES:
        raise Declined(f"{n} inputs of a file with states: at most {MAX_CLASSES} are executed in each state")
    planes, inputs = Planes((1 << (1 << n)) - 1), patterns(n)
    live = sorted({position for when, _ in program.templates for position, _ in when} - set(source.inputs))
    ones = set(source.ones)
    pairs: list[tuple[Any, int]] = [(machine.initial, joined(int(p in ones) for p in live))]
    known = set(pairs)
    for here, bits in pairs:  # it grows
        state = [0] * program.bits
        for position, plane in zip((*live, *source.inputs), (*spread(bits, len(live), planes), *inputs), strict=True):
            state[position] = plane
        state = program.run(state, period, planes)
        values, free, following = machine.clock(here, inputs, planes)
        compare(machine, source, state, (values, free), inputs, f" in the state {shown(here)}")
        new = [pair for pair in _following(following, [state[p] for p in live]) if pair not in known]
        pairs += new
        known.update(new)
    return f"by simulation of all 2^{n} inputs in each of {len(pairs)} pairs of states"


def _following(following: list[tuple[int, Any]], planes: list[int]) -> dict[tuple[Any, int], None]:
    """Return the pairs of a next state of the file and the values of planes that occur together."""
    return {(after, key): None for lanes, after in following for _, key in split(lanes, planes)}


def by_tape(tape: Tape, program: Program, source: Source, steps: int) -> str:
    """Conclude by execution of the machine, from a blank tape, and of the program, whose step is one of the machine.

    There may be one input, which is 1 to start the machine: with 0, there is no head, and the tape stays blank.
    """
    width, cells = tape.width, [0] * (len(source.outputs) // tape.width)
    if len(source.inputs) > 1 or width * len(cells) != len(source.outputs):
        raise Rejected(f"a Turing machine has at most one input, and this one {width} output bits a cell")
    number, halted = tape.run(cells, _extent(source.head, "head"), steps)
    planes, started = (Planes(3), 2) if source.inputs else (Planes(1), 1)
    after = program.run(source.start(program, planes.every, [started] * len(source.inputs)), steps, planes)
    for k, position in enumerate(source.outputs):
        right = started * (cells[k // width] >> k % width & 1)
        if after[position] != right:
            raise Rejected(
                f"bit {k % width} of cell {k // width} is {int(right > 0)} by the file and not by the program"
            )
    what = "halts" if halted else "has not halted"
    return f"by execution of the machine, which {what} after {number} steps with {sum(map(bool, cells))} cells not 0"


def decide(program: Program, source: Source) -> tuple[str, str]:
    """Decide by the rule for the file: return for which inputs the outputs are right, and how it was decided."""
    machine = READERS[source.format](source.data)
    if isinstance(machine, Tape):
        return "from the blank tape", by_tape(machine, program, source, _extent(source.steps, "steps"))
    if len(source.inputs) != len(machine.inputs) or len(source.outputs) != len(machine.outputs):
        raise Rejected(
            f"the file has {len(machine.inputs)} inputs and {len(machine.outputs)} outputs, the source names positions "
            f"of {len(source.inputs)} and {len(source.outputs)}"
        )
    if isinstance(machine, Table) or machine.registers:
        return "for every sequence of inputs", _sequential(machine, program, source)
    steps = _extent(source.steps, "steps")
    simulated = cost_of_simulation(machine, program, steps, len(machine.inputs)) <= MAX_WORK // 2
    rule = by_simulation if simulated else by_structure
    return f"for all 2^{len(machine.inputs)} inputs", rule(machine, program, source, steps)


def _sequential(machine: Circuit | Table, program: Program, source: Source) -> str:
    """Decide about a file with registers or states."""
    period = _extent(source.period, "period")
    if isinstance(machine, Circuit):
        try:
            return by_induction(machine, program, source, period)
        except Declined:
            pass
    return by_states(machine, program, source, period)


def _extent(number: int | None, key: str) -> int:
    """Return the number of steps, or the period, that a file of this kind needs."""
    if number is None:
        raise Rejected(f"source: a file of this kind needs {key}")
    return number


# ---------------------------------------------------------------------------------------------------------------- main
@dataclass(frozen=True)
class Verified:
    """The verified statement in words, the digest of the claim, and how it was decided."""

    statement: str
    digest: str
    details: str


def check(data: bytes) -> Verified:
    """Verify the source of a certificate: the entry point. Raises Rejected or Declined with the reason."""
    _left[0] = MAX_WORK
    try:
        claim, digest = claim_of(data)
        program = program_of(claim)
        source = source_of(claim, program.bits)
        same_runs(claim, source)
        inputs, details = decide(program, source)
    finally:
        _left[0] = MAX_WORK
    return Verified(statement(program, source, inputs), digest, details)


def statement(program: Program, source: Source, inputs: str) -> str:
    """Return what was decided."""
    made = "the BLIF that Yosys made of " if source.format == "yosys-blif" else ""
    run = f"run for {_counted(source.steps, 'step')} from the initial states of the source"
    if source.period is not None:
        run = f"run for {_counted(source.period, 'step')} after each setting of the inputs"
    return (
        f"the {_counted(len(program.templates), 'template')} with SHA-256 {program.digest}, {run}, compute the "
        f"{_counted(len(source.outputs), 'output bit')} of {made}{source.name!a} ({source.format}, "
        f"{len(source.data)} bytes, SHA-256 {hashlib.sha256(source.data).hexdigest()}), where the file specifies them, "
        f"{inputs}"
    )


def _counted(number: int | None, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


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
    text = f"accepted\nsource: {verified.statement}\nclaim_sha256: {verified.digest}\nverified: {verified.details}"
    return ACCEPTED, text


def main(arguments: Sequence[str]) -> int:
    """Check the one file named on the command line; print the outcome, return the exit code."""
    try:
        (path,) = arguments
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as problem:
        print(f"unreadable: {type(problem).__name__}: {shown(arguments)}; usage: python -I -S source_checker.py FILE")
        return UNREADABLE
    except MemoryError:
        code, text = NO_MEMORY
    else:
        code, text = judge(data)
    print(text.encode("ascii", "backslashreplace").decode("ascii"))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
