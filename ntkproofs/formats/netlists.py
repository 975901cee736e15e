"""The netlist that a reader builds: every signal has one driver, every used signal has one, and nothing is cyclic."""

from __future__ import annotations

from ntkproofs.errors import InputError
from ntkproofs.formats.sources import Cover, Latch, Netlist
from ntkproofs.formats.text import MAX_SIGNALS, Text, quoted

__all__ = ["Circuit", "distinct", "unused_name"]

_SHOWN = 8  # signals of a cycle that a message shows


class Circuit:
    """A netlist under construction; the line of each definition and use is kept for messages."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.drivers: dict[str, int] = {}  # signal -> the line that defines it
        self.inputs: dict[str, int] = {}
        self.outputs: dict[str, int] = {}
        self.latches: dict[str, Latch] = {}
        self.covers: dict[str, Cover] = {}
        self.dont_care: dict[str, Cover] = {}
        self.clocks: set[str] = set()

    def _drive(self, name: str, line: int) -> None:
        if name in self.drivers:
            first = self.drivers[name]
            raise self.text.error(
                line, f"{quoted(name)} is driven twice, first on line {first}; a signal has one driver"
            )
        self.drivers[name] = line
        if len(self.drivers) > MAX_SIGNALS:
            raise self.text.error(line, f"too many signals: a netlist has at most {MAX_SIGNALS:,}")

    def add_input(self, name: str, line: int) -> None:
        """Add an input; raises InputError if another line defines `name`, as the following methods do."""
        self._drive(name, line)
        self.inputs[name] = line

    def add_output(self, name: str, line: int) -> None:
        """Add an output, which may be defined later."""
        if name in self.outputs:
            first = self.outputs[name]
            raise self.text.error(line, f"the output {quoted(name)} is listed twice, first on line {first}")
        self.outputs[name] = line

    def add_latch(self, latch: Latch, line: int) -> None:
        """Add a latch."""
        self._drive(latch.output, line)
        self.latches[latch.output] = latch

    def add_cover(self, name: str, cover: Cover, line: int) -> None:
        """Add the function of a signal."""
        self._drive(name, line)
        self.covers[name] = distinct(cover)

    def netlist(self, name: str) -> Netlist:
        """Return the netlist; raises InputError if a signal has no driver or depends on itself."""
        self._check_uses()
        order = self._topological_order()
        return Netlist(
            name=name,
            inputs=tuple(self.inputs),
            outputs=tuple(self.outputs),
            covers=tuple((signal, self.covers[signal]) for signal in order),
            latches=tuple(self.latches.values()),
            dont_care=tuple(self.dont_care.items()),
            file=self.text.file,
            text=self.text.data,
        )

    def _check_uses(self) -> None:
        """Raise InputError for the first signal that is used and has no driver."""
        if not self.outputs:
            raise self.text.error(self.text.last_line, "the circuit has no outputs; list at least one")
        for name, cover in self.covers.items():
            for source in cover.inputs:
                self._check_driven(source, self.drivers[name])
        for name, latch in self.latches.items():
            self._check_driven(latch.input, self.drivers[name])
        for name, line in self.outputs.items():
            self._check_driven(name, line)
            for source in self.dont_care[name].inputs if name in self.dont_care else ():
                self._check_driven(source, line)

    def _check_driven(self, name: str, line: int) -> None:
        if name in self.clocks and name not in self.drivers:
            raise self.text.error(line, f"the clock {quoted(name)} is used as a signal; it may only trigger latches")
        if name not in self.drivers:
            raise self.text.error(
                line, f"nothing drives {quoted(name)}: it must be an input, a latch or a defined signal"
            )

    def _topological_order(self) -> list[str]:
        """Return the signals of `covers`, each after those that it depends on, in the order of the file if possible."""
        done = {*self.inputs, *self.latches}
        order: list[str] = []
        for root, cover in self.covers.items():
            if root not in done and not done.issuperset(cover.inputs):
                self._visit(root, done, order)
            elif root not in done:
                done.add(root)
                order.append(root)
        return order

    def _visit(self, root: str, done: set[str], order: list[str]) -> None:
        """Append `root` to `order` after everything that it depends on: a depth-first search without recursion."""
        path = {root: iter(self.covers[root].inputs)}
        while path:
            name, sources = path.popitem()
            source = next((source for source in sources if source not in done), None)
            if source is None:
                done.add(name)
                order.append(name)
                continue
            path[name] = sources
            if source in path:
                raise self._cyclic(source, list(path))
            path[source] = iter(self.covers[source].inputs)

    def _cyclic(self, name: str, path: list[str]) -> InputError:
        cycle = [*path[path.index(name) :], name]
        shown = cycle if len(cycle) <= _SHOWN else [*cycle[: _SHOWN - 1], "...", name]
        names = " <- ".join(item if item == "..." else quoted(item) for item in shown)
        return self.text.error(
            self.drivers[name], f"a cycle of {len(cycle) - 1:,} signals without a latch: {names}; a latch must break it"
        )


def distinct(cover: Cover) -> Cover:
    """Return the same function with every argument once; cubes that require both values of one never match.

    >>> distinct(Cover(("a", "b", "a"), ("1-1", "0-1", "-01"), 1))
    Cover(inputs=('a', 'b'), cubes=('1-', '10'), value=1)
    """
    if len(set(cover.inputs)) == len(cover.inputs):
        return cover
    names = tuple(dict.fromkeys(cover.inputs))
    positions: dict[str, list[int]] = {name: [] for name in names}
    for i, name in enumerate(cover.inputs):
        positions[name].append(i)
    cubes = []
    for cube in cover.cubes:
        required = [{cube[i] for i in same} - {"-"} for same in positions.values()]
        if all(len(values) <= 1 for values in required):
            cubes.append("".join(next(iter(values), "-") for values in required))
    return Cover(names, tuple(cubes), cover.value)


def unused_name(name: str, taken: set[str]) -> str:
    """Return `name`, with ``_`` appended until it is not in `taken`.

    >>> unused_name("i0", {"i0", "a"})
    'i0_'
    """
    while name in taken:
        name += "_"
    return name
