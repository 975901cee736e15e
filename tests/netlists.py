"""Random and-inverter graphs, files that describe them, and the simulation of a netlist on many inputs at once."""

from hypothesis import strategies as st


def values(netlist, planes, mask, state=None):
    """Return the value of every signal; bit k of a plane is the value in case k, and `mask` has a bit for each case."""
    result = dict(zip(netlist.inputs, planes, strict=True))
    result.update(state or {})
    for name, cover in netlist.covers:
        result[name] = function(cover, result, mask)
    return result


def function(cover, signals, mask):
    hit = 0
    for cube in cover.cubes:
        match = mask
        for source, char in zip(cover.inputs, cube, strict=True):
            match &= {"1": signals[source], "0": ~signals[source], "-": mask}[char]
        hit |= match
    return hit if cover.value else mask & ~hit


def truth_table(netlist):
    """Return the outputs on all inputs: for each output an integer whose bit k is its value on the inputs k."""
    cases = 1 << len(netlist.inputs)
    planes = [sum((k >> i & 1) << k for k in range(cases)) for i in range(len(netlist.inputs))]
    signals = values(netlist, planes, (1 << cases) - 1)
    return tuple(signals[name] for name in netlist.outputs)


@st.composite
def graphs(draw):
    """Draw an and-inverter graph: inputs, latches (next, initial), outputs and ANDs (two literals), ordered."""
    inputs, latches = draw(st.integers(0, 4)), draw(st.integers(0, 2))
    first = inputs + latches + 1
    gates = []
    for index in range(draw(st.integers(0, 8))):
        operand = st.integers(0, 2 * (first + index) - 1)
        gates.append(tuple(sorted((draw(operand), draw(operand)), reverse=True)))
    literal = st.integers(0, 2 * (first + len(gates)) - 1)
    outputs = draw(st.lists(literal, min_size=1, max_size=3))
    return inputs, [(draw(literal), draw(st.integers(0, 1))) for _ in range(latches)], outputs, gates


def ascii_aiger(graph):
    inputs, latches, outputs, gates = graph
    largest = inputs + len(latches) + len(gates)
    lines = [f"aag {largest} {inputs} {len(latches)} {len(outputs)} {len(gates)}"]
    lines += [str(2 * i + 2) for i in range(inputs)]
    lines += [f"{2 * (inputs + i) + 2} {source} {initial}" for i, (source, initial) in enumerate(latches)]
    lines += [str(literal) for literal in outputs]
    first = inputs + len(latches) + 1
    lines += [f"{2 * (first + i)} {a} {b}" for i, (a, b) in enumerate(gates)]
    return ("\n".join(lines) + "\n").encode()


def binary_aiger(graph):
    inputs, latches, outputs, gates = graph
    largest = inputs + len(latches) + len(gates)
    lines = [f"aig {largest} {inputs} {len(latches)} {len(outputs)} {len(gates)}"]
    lines += [f"{source} {initial}" for source, initial in latches] + [str(literal) for literal in outputs]
    first = inputs + len(latches) + 1
    differences = [d for i, (a, b) in enumerate(gates) for d in (2 * (first + i) - a, a - b)]
    return ("\n".join(lines) + "\n").encode() + b"".join(map(_bytes_of, differences))


def _bytes_of(number):
    result = b""
    while number > 127:
        result += bytes([number & 127 | 128])
        number >>= 7
    return result + bytes([number])


def simulate_graph(graph, row, state):
    """Return (outputs, next state) of a graph on one row of input bits, by the definition of a literal."""
    _, latches, outputs, gates = graph
    bits = [0, *row, *state]
    for a, b in gates:
        bits.append((bits[a >> 1] ^ a & 1) & (bits[b >> 1] ^ b & 1))

    def value(literal):
        return bits[literal >> 1] ^ literal & 1

    return [value(literal) for literal in outputs], [value(source) for source, _ in latches]


def blif(netlist):
    """Write a netlist as BLIF, the covers in reverse order."""
    lines = [".model test", ".inputs " + " ".join(netlist.inputs), ".outputs " + " ".join(netlist.outputs)]
    lines += [f".latch {latch.input} {latch.output} {latch.initial}" for latch in netlist.latches]
    for name, cover in reversed(netlist.covers):
        lines += [" ".join((".names", *cover.inputs, name)), *(f"{cube} {cover.value}".strip() for cube in cover.cubes)]
        if cover.value == 0 and not cover.cubes:
            raise ValueError("BLIF has no off-set without cubes")
    return ("\n".join(lines) + "\n.end\n").encode()
