"""Random netlists, and their evaluation in plain Python, which shares no code with the package."""

from hypothesis import strategies as st

from ntkproofs.formats import Cover, Latch, Netlist

CONSTANTS = ("zero", "one")


@st.composite
def covers(draw, signals, most_inputs=4):
    """Draw a cover: inputs may repeat, and cubes may be empty, contradictory or equal."""
    inputs = tuple(draw(st.lists(st.sampled_from(signals), max_size=most_inputs)))
    cubes = draw(st.lists(st.text("01-", min_size=len(inputs), max_size=len(inputs)), max_size=4))
    return Cover(inputs, tuple(cubes), draw(st.integers(0, 1)))


@st.composite
def netlists(draw, *, most_inputs=4, most_covers=8, latches=0):
    """Draw a netlist; outputs may be inputs, latches, and the same signal twice."""
    inputs = tuple(f"x{i}" for i in range(draw(st.integers(1, most_inputs))))
    registers = tuple(f"q{i}" for i in range(draw(st.integers(1, latches)) if latches else 0))
    names = draw(st.permutations([f"s{i}" for i in range(most_covers - 4)] + ["~s0", "cubes", "~x0", "phase"]))
    signals, defined = [*inputs, *registers], []
    for name in names[: draw(st.integers(0, most_covers))]:
        defined.append((name, draw(covers(signals))))
        signals.append(name)
    outputs = tuple(draw(st.lists(st.sampled_from(signals), min_size=1, max_size=5)))
    kept = tuple(Latch(name, draw(st.sampled_from(signals)), draw(st.integers(0, 1))) for name in registers)
    return Netlist("random", inputs, outputs, tuple(defined), kept)


def value_of(cover, values):
    """Return the value of a cover, a truth table row at a time."""
    for cube in cover.cubes:
        if all(wanted == "-" or values[name] == int(wanted) for name, wanted in zip(cover.inputs, cube, strict=True)):
            return cover.value
    return 1 - cover.value


def evaluate(netlist, inputs, registers=()):
    """Return all signals of a netlist as a dictionary, from the values of the inputs and of the latches."""
    values = dict(zip(netlist.inputs, inputs, strict=True))
    values.update(zip([latch.output for latch in netlist.latches], registers, strict=True))
    for name, cover in netlist.covers:
        values[name] = value_of(cover, values)
    return values


def answer_of(netlist, inputs):
    """Return the outputs of a netlist without latches as one integer."""
    values = evaluate(netlist, inputs)
    return sum(values[name] << weight for weight, name in enumerate(netlist.outputs))
