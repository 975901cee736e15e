r"""BLIF, the Berkeley logic interchange format: one flat model of ``.names`` and ``.latch``.

::

    .model majority            # a comment; a \ at the end of a line joins it with the next
    .inputs a b c
    .outputs m
    .names a b c m             # the function of m: a cube and the value on each line
    11- 1
    1-1 1
    -11 1
    .end

All lines of a cover have the same value: 1 (on-set) or 0 (off-set); a cover without lines is the constant 0. Covers may
be in any order. After ``.exdc``, covers over inputs say where an output may have either value.

Latches: all are triggered by the same edge of one clock, so that a step of the netlist is a period of the clock; the
clock is not an input of the netlist. The initial values 2 (any) and 3 (unknown, the default) are read as 0, which is
one of the values that they permit. ``.end`` is required, because a truncated file would be another circuit. Timing and
area directives do not affect functions and are skipped; hierarchy and gates of a library are refused.
"""

from __future__ import annotations

from collections.abc import Callable

from ntkproofs.errors import InputError
from ntkproofs.formats.netlists import Circuit, distinct
from ntkproofs.formats.sources import Cover, Latch, Netlist
from ntkproofs.formats.text import Text, quoted

__all__ = ["read_blif"]

_TIMES = ("input_arrival", "output_required", "input_drive", "max_input_load", "output_load")
_SKIPPED = {".area", ".delay", ".wire_load_slope", ".wire", ".attr", ".cname"}.union(
    *({f".{word}", f".default_{word}"} for word in _TIMES)
)
_HIERARCHY = frozenset((".subckt", ".gate", ".mlatch", ".search", ".blackbox"))
_FLATTEN = "only one flat model of .names and .latch is read; flatten and map the circuit, for example with Yosys"
_EDGES = ("re", "fe")
_LEVELS = ("ah", "al", "as")
_KNOWN = ".model .inputs .outputs .clock .names .latch .exdc .end"


def read_blif(data: bytes, file: str = "text") -> Netlist:
    r"""Return the netlist of a BLIF text; raises InputError, with file and line, if the text is invalid.

    >>> nand = read_blif(b".model nand\n.inputs a b\n.outputs y\n.names a b y\n11 0\n.end\n")
    >>> nand.covers
    (('y', Cover(inputs=('a', 'b'), cubes=('11',), value=0)),)
    """
    return _Reader(Text(data, file)).read()


class _Reader:
    """What was read so far; `_signals`, `_cubes` and `_value` belong to the cover whose lines are being read."""

    def __init__(self, text: Text) -> None:
        self._text, self._circuit = text, Circuit(text)
        self._name: str | None = None
        self._signals: list[str] | None = None
        self._cubes: list[str] = []
        self._value, self._value_line, self._names_line = "", 0, 0
        self._in_dont_care = self._ended = False
        self._clocks: dict[str, int] = {}
        self._triggers: dict[tuple[str, str], int] = {}  # (edge, clock) of latches -> line of the first
        self._directives: dict[str, Callable[[int, list[str]], None]] = {
            ".model": self._model,
            ".inputs": self._inputs,
            ".outputs": self._outputs,
            ".clock": self._clock,
            ".names": self._names,
            ".latch": self._latch,
            ".exdc": self._exdc,
            ".end": self._end,
        }

    def read(self) -> Netlist:
        for line, words in self._text.statements(continued=True):
            if words[0][0] != "." and not self._ended:
                self._cube(line, words)
                continue
            self._finish_cover()
            directive = self._directives.get(words[0])
            if self._ended:
                raise self._text.error(line, f"{quoted(words[0])} after .end; {_FLATTEN}")
            if directive is not None:
                directive(line, words[1:])
            elif words[0] not in _SKIPPED:
                raise self._unknown(line, words[0])
        if not self._ended:
            raise self._text.error(
                self._text.last_line,
                "the file does not end with .end: it may be truncated (add .end if it is complete)",
            )
        self._remove_clock()
        return self._circuit.netlist(self._name or self._text.stem)

    def _unknown(self, line: int, word: str) -> InputError:
        if word in _HIERARCHY:
            return self._text.error(line, f"{word} is not read: {_FLATTEN}")
        if word == ".start_kiss":
            return self._text.error(line, f"{word} is not read here: a state machine stands alone in a file .kiss2")
        return self._text.error(line, f"unknown directive {quoted(word)}; the directives are {_KNOWN}")

    # --- covers

    def _names(self, line: int, names: list[str]) -> None:
        if not names:
            raise self._text.error(line, ".names needs the name of a signal: .names INPUT... OUTPUT")
        self._signals, self._names_line = names, line
        self._cubes, self._value = [], ""

    def _cube(self, line: int, words: list[str]) -> None:
        if self._signals is None:
            raise self._text.error(line, f"{quoted(words[0])} is neither a directive nor a line of a .names cover")
        width = len(self._signals) - 1
        cube, value = words if len(words) == 2 else ("", words[0]) if not width else (words[0], "")
        if len(words) != (2 if width else 1) or value not in ("0", "1") or cube.strip("01-"):
            form = f"a cube of {width} characters 0, 1, - and the value 0 or 1" if width else "the value 0 or 1"
            raise self._text.error(line, f"a line of this cover must be {form}, got {quoted(' '.join(words))}")
        if len(cube) != width:
            got = f"{len(cube)} characters for {width} inputs (.names on line {self._names_line})"
            raise self._text.error(line, f"the cube {quoted(cube)} has {got}")
        if self._value != value:
            if self._value:
                first = f"{self._value} on line {self._value_line} and {value} here"
                raise self._text.error(line, f"mixed cover: {first}; all lines of a cover have the same value")
            self._value, self._value_line = value, line
        self._cubes.append(cube)

    def _finish_cover(self) -> None:
        if self._signals is None:
            return
        *inputs, output = self._signals
        cover = Cover(tuple(inputs), tuple(self._cubes), int(self._value or 1))
        if self._in_dont_care:
            self._add_dont_care(output, cover)
        else:
            self._circuit.add_cover(output, cover, self._names_line)
        self._signals = None

    def _add_dont_care(self, output: str, cover: Cover) -> None:
        line, circuit = self._names_line, self._circuit
        if output not in circuit.outputs:
            raise self._text.error(line, f"the don't-care function of {quoted(output)}, which is not an output")
        if output in circuit.dont_care:
            raise self._text.error(line, f"{quoted(output)} has two don't-care functions; it may have one")
        for name in cover.inputs:
            if name not in circuit.inputs:
                raise self._text.error(line, f"{quoted(name)} is not an input; a don't-care cover is one of inputs")
        circuit.dont_care[output] = distinct(cover)

    # --- other directives

    def _model(self, line: int, words: list[str]) -> None:
        if self._name is not None:
            raise self._text.error(line, f"a second .model; {_FLATTEN}")
        if len(words) > 1:
            raise self._text.error(line, f".model needs one name, got {quoted(' '.join(words))}")
        self._name = words[0] if words else self._text.stem

    def _inputs(self, line: int, names: list[str]) -> None:
        for name in names:
            if not self._in_dont_care:
                self._circuit.add_input(name, line)
            elif name not in self._circuit.inputs:
                raise self._text.error(line, f"{quoted(name)} after .exdc is not an input of the model")

    def _outputs(self, line: int, names: list[str]) -> None:
        for name in names:
            if not self._in_dont_care:
                self._circuit.add_output(name, line)
            elif name not in self._circuit.outputs:
                raise self._text.error(line, f"{quoted(name)} after .exdc is not an output of the model")

    def _clock(self, line: int, names: list[str]) -> None:
        self._clocks.update((name, line) for name in names)

    def _exdc(self, line: int, words: list[str]) -> None:
        if words or self._in_dont_care:
            raise self._text.error(line, ".exdc stands once, alone on its line")
        self._in_dont_care = True

    def _end(self, line: int, words: list[str]) -> None:
        if words:
            raise self._text.error(line, f".end stands alone on its line, got {quoted(' '.join(words))}")
        self._ended = True

    # --- latches

    def _latch(self, line: int, words: list[str]) -> None:
        if self._in_dont_care:
            raise self._text.error(line, "a latch after .exdc; a don't-care cover is one of inputs")
        if not 2 <= len(words) <= 5:
            raise self._text.error(line, ".latch needs INPUT OUTPUT [re|fe CLOCK] [0|1|2|3]")
        initial = words.pop() if len(words) in (3, 5) else "3"
        if initial not in ("0", "1", "2", "3"):
            raise self._text.error(line, f"the initial value of a latch is 0, 1, 2 or 3, got {quoted(initial)}")
        self._trigger(line, *(words[2:] or ("re", "NIL")))
        self._circuit.add_latch(Latch(words[1], words[0], int(initial == "1")), line)

    def _trigger(self, line: int, edge: str, clock: str) -> None:
        if edge not in _EDGES:
            reason = f"{edge!r}: level-sensitive and asynchronous latches are" if edge in _LEVELS else quoted(edge)
            right = "only latches triggered by an edge, re or fe, are read"
            raise self._text.error(line, f"{reason} not read; {right}" if edge in _LEVELS else f"{reason}: {right}")
        self._triggers.setdefault((edge, clock), line)
        if len(self._triggers) > 1:
            first = next(iter(self._triggers.values()))
            raise self._text.error(line, f"the latch on line {first} has another clock or edge; all must have the same")

    def _remove_clock(self) -> None:
        """Remove the clock from the inputs; the circuit refuses every use of it as a signal."""
        clocks = {clock: line for (_, clock), line in self._triggers.items() if clock != "NIL"}
        for clock, line in clocks.items():
            if clock not in self._circuit.inputs and clock not in self._clocks:
                raise self._text.error(line, f"the clock {quoted(clock)} must be listed in .inputs or .clock")
        self._circuit.clocks = {*self._clocks, *clocks}
        for clock in self._circuit.clocks:
            if self._circuit.inputs.pop(clock, None) is not None:
                del self._circuit.drivers[clock]
