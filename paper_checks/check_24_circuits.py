"""Circuits, a table, a counter, a state machine and Turing machines, compiled from files: sizes, answers, rounding.

The files are written here. K samples train the networks, t of the templates write a bit at most, and n of them match a
state at most. Two-layer ReLU networks of infinite width, trained to convergence.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import sympy

from ntkproofs.bounds import contrast_positive, excess_positive, matches_outweigh, rounding_condition
from ntkproofs.certificates import Run, issue_ensemble, issue_stream
from ntkproofs.claims import Verdict, claim, conclude, confirm, confirm_batches, decide, derive
from ntkproofs.compilation import compile_source
from ntkproofs.compilation.turing import compile_turing
from ntkproofs.counts import bound_matches
from ntkproofs.execution import Machine, exhaust, explore
from ntkproofs.formats import Source, read_blif, read_kiss, read_pla, read_turing
from ntkproofs.kernels import two_layer_relu
from ntkproofs.predictor import MATCHED_WRITERS, MATCHES, SAMPLES, WRITERS, Predictor
from ntkproofs.programs import Stream, Task
from ntkproofs.rigor import Integers, at_most, less
from ntkproofs.summary import summarise

SOURCE = "the engine of the paper; files and compilation are this project's"
NTK = two_layer_relu()
n, p, t, K = MATCHES, MATCHED_WRITERS, WRITERS, SAMPLES
FAILURE = "1e-6"
CLOCKS = 100

# --- the files


def nands() -> bytes:
    """Return six NANDs of two signals each, as covers that list where a signal is 0."""
    gates = (("u", "a", "c"), ("v", "c", "d"), ("w", "b", "v"), ("x", "v", "e"), ("y", "u", "w"), ("z", "w", "x"))
    covers = [f".names {first} {second} {signal}\n11 0" for signal, first, second in gates]
    return "\n".join([".model nands", ".inputs a b c d e", ".outputs y z", *covers, ".end"]).encode()


def adder(bits: int) -> bytes:
    """Return a ripple-carry adder: inputs a0, a1, ... and b0, b1, ..., outputs s0, s1, ... and the carry."""
    lines = [".names c0"]  # a constant 0
    for i in range(bits):
        lines += [f".names a{i} b{i} c{i} s{i}", "100 1", "010 1", "001 1", "111 1"]
        lines += [f".names a{i} b{i} c{i} c{i + 1}", "11- 1", "1-1 1", "-11 1"]
    inputs = [f"{operand}{i}" for operand in "ab" for i in range(bits)]
    outputs = [f"s{i}" for i in range(bits)] + [f"c{bits}"]
    head = [f".model adder{bits}", f".inputs {' '.join(inputs)}", f".outputs {' '.join(outputs)}"]
    return "\n".join([*head, *lines, ".end"]).encode()


def comparator() -> bytes:
    """Return the comparison of two numbers of three bits: less and equal."""
    lines = [".names l0", ".names e0", "1"]
    for i in range(3):
        lines += [f".names a{i} b{i} l{i} l{i + 1}", "01- 1", "001 1", "111 1"]
        lines += [f".names a{i} b{i} e{i} e{i + 1}", "001 1", "111 1"]
    head = [".model comparator", ".inputs a0 a1 a2 b0 b1 b2", ".outputs l3 e3"]
    return "\n".join([*head, *lines, ".end"]).encode()


def lines_table() -> bytes:
    """Return a table: whether exactly one of seven lines is 1, and the inverse of each line."""
    one = [f"{'0' * i}1{'0' * (6 - i)} 1{'0' * 7}" for i in range(7)]
    inverses = [f"{'-' * i}0{'-' * (6 - i)} 0{'0' * i}1{'0' * (6 - i)}" for i in range(7)]
    return "\n".join([".i 7", ".o 8", *one, *inverses, ".e"]).encode()


COUNTER = b"""\
.model counter
.inputs up
.outputs q0 q1
.latch d0 q0 0
.latch d1 q1 0
.names up q0 d0
10 1
01 1
.names up q0 q1 d1
110 1
0-1 1
-01 1
.end
"""

LOCK = b"""\
.i 1
.o 1
.s 3
.p 6
.r idle
0 idle idle 0
1 idle one 0
0 one idle 0
1 one two 0
0 two idle 0
1 two two 1
.e
"""


# --- what they should compute, on integers; bit i of an answer is output i


def _nands(a: int, b: int, c: int, d: int, e: int) -> int:
    v = 1 - c * d
    w, x = 1 - b * v, 1 - v * e
    return (1 - (1 - a * c) * w) + 2 * (1 - w * x)


def _numbers(operation: Callable[[int, int], int], *bits: int) -> int:
    """Return the operation on the two numbers whose bits are the inputs, the least significant first."""
    half = len(bits) // 2
    first, second = (sum(bit << i for i, bit in enumerate(part)) for part in (bits[:half], bits[half:]))
    return operation(first, second)


def _lines(*bits: int) -> int:
    return int(sum(bits) == 1) + sum(1 - bit << i for i, bit in enumerate(bits, 1))


def _counter(state: int | None, up: int) -> tuple[int, int]:
    """Return the next state and the answer: the number before the clock."""
    return ((state or 0) + up) % 4, state or 0


def _lock(state: int | None, key: int) -> tuple[int, int]:
    """Return the next state and the answer, which is 1 from the third 1 in succession on."""
    ones = (state or 0) + 1 if key else 0
    return min(ones, 2), int(ones > 2)


# --- the table


@dataclass(frozen=True)
class Circuit:
    """A file and what it should compute; its sizes; networks, and the padding with which one network is sufficient."""

    name: str
    source: Source
    oracle: Callable[..., Any]
    samples: int
    steps: int
    writers: int
    matches: int
    networks: int
    padding: int

    def __str__(self) -> str:
        return f"{self.name} {self.samples}, {self.steps}, {self.writers}, {self.matches}"

    def task(self, padding: int = 0) -> Task | Stream:
        """Return the program compiled from the file, with the oracle of this page."""
        task = compile_source(self.source)
        task.program.pad(padding)
        return replace(task, oracle=self.oracle)


BB3, BB4 = "1RB1RZ_1LB0RC_1LC1LA", "1RB1LB_1LA0LC_1RZ1LD_1RD0RA"


def _sum(*bits: int) -> int:
    return _numbers(int.__add__, *bits)


def _compared(*bits: int) -> int:
    return _numbers(lambda a, b: (a < b) + 2 * (a == b), *bits)


TABLE = (
    Circuit("six NANDs", read_blif(nands()), _nands, 13, 4, 1, 13, 96, 497),
    Circuit("adder of 2 bits", read_blif(adder(2)), _sum, 20, 4, 1, 15, 64, 612),
    Circuit("adder of 3 bits", read_blif(adder(3)), _sum, 32, 6, 1, 24, 100, 1208),
    Circuit("adder of 4 bits", read_blif(adder(4)), _sum, 44, 8, 1, 33, 137, 1940),
    Circuit("comparison of two numbers of 3 bits", read_blif(comparator()), _compared, 26, 7, 1, 18, 65, 819),
    Circuit("table of seven lines", read_pla(lines_table()), _lines, 23, 3, 1, 11, 24, 406),
    Circuit("counter of 2 bits", read_blif(COUNTER), _counter, 20, 4, 1, 14, 62, 665),
    Circuit("state machine with 6 rows", read_kiss(LOCK), _lock, 6, 1, 5, 1, 1, 0),
    Circuit(f"Turing machine {BB3}", read_turing(BB3.encode()), lambda head: head * 0b11111, 34, 21, 6, 5, 8, 126),
    Circuit(
        f"Turing machine {BB4}",
        read_turing(BB4.encode()),
        lambda head: head * 0b11111111111101,
        124,
        107,
        7,
        14,
        16,
        642,
    ),
)


BUSY_BEAVER = b"1RB1LC_1RC1RB_1RD0LE_1LA1LD_1RZ0LA"


@claim(
    "the busy beaver of five states (Marxen and Buntrock 1989), compiled to 135,177 templates on 12,289 cells, is "
    "executed by the predictor through all 47,176,870 steps, each rounded right, and then halts with 4,098 ones",
    source=SOURCE,
    slow=True,
)
def busy_beaver_of_five_states() -> Verdict:
    def check(steps: int) -> bool:
        task = compile_turing(read_turing(BUSY_BEAVER), cells=12_289, steps=steps)
        run = Machine(task.program).begin(task.start(1))
        run.advance(steps - 1)
        running = any(run.state["head"])
        run.advance(1)
        halted = not any(run.state["head"]) and run.constant
        return running and halted and sum(run.state["tape"]) == 4098 and task.program.samples == 135_177

    return conclude(confirm("one machine", [47_176_870], check, exhaustive=True))


@claim(
    "sizes K, steps (a clock), largest t, bound of n, without padding, and the answers on all inputs (all sequences "
    f"of inputs): {'; '.join(map(str, TABLE))}",
    source=SOURCE,
)
def executed() -> Verdict:
    def run(circuit: Circuit) -> tuple[int, str | None]:
        task = circuit.task()
        program = task.program
        steps = task.period if isinstance(task, Stream) else task.steps
        sizes = program.samples, steps, int(program.writers.max()), bound_matches(program).bound
        if program.padding or sizes != (circuit.samples, circuit.steps, circuit.writers, circuit.matches):
            return 1, f"the sizes of {circuit.name} are {sizes}"
        if isinstance(task, Stream):
            explored = explore(task)
            return explored.runs, None if explored.holds else circuit.name
        result = exhaust(task)
        return result.cases, None if result.holds else circuit.name

    return conclude(
        *(
            confirm_batches(f"{circuit.name}: sizes and all inputs", [run(circuit)], exhaustive=True)
            for circuit in TABLE
        )
    )


# --- rounding


@claim(
    "the mean of every bit has the sign of its next value at every state whose counts have these K, at most these t, "
    f"and at most these n (K, t, n): {'; '.join(f'{c.name} {c.samples}, {c.writers}, {c.matches}' for c in TABLE)}",
    source=SOURCE,
)
def rounded() -> Verdict:
    T, N, B, D, one, more, fewer, room, spare = sympy.symbols("T N B D p_ more fewer room spare")
    quantities = {spare: K - T * N, more: p - 1, fewer: T - t, room: N - n, one: p, t: t, N: N, K: K}
    quantities |= {B: NTK.balance(n), D: NTK.contrast}
    balance_positive = decide(less(0, NTK.balance(n)), Integers(n, start=1))
    terms = spare + more * K + fewer * N + t * room + one * D + t * B
    return conclude(
        derive(rounding_condition(NTK), quantities, terms, positive=(one, D), findings=[balance_positive]),
        *(decide(at_most(sympy.Integer(item.writers * item.matches), item.samples)) for item in TABLE),
        decide(*contrast_positive(NTK)),
        decide(*excess_positive(NTK)),
        decide(*matches_outweigh(NTK)),  # 0-bits
    )


NAIVE = 7, 1, 7  # n, p, t, with K = 14


@claim(
    "the table of seven lines with a template for each row (K = 14): the templates are right on all 128 inputs, and "
    "the bit `one` is rounded wrong where one line is 1: n = 7, p = 1, t = 7; with 4 samples of padding (9 for "
    "arbitrary states) all means have the right sign, with one sample fewer not",
    source=SOURCE,
)
def naive_reading() -> Verdict:
    task: Any = replace(compile_source(read_pla(lines_table()), naive=True), oracle=_lines)

    def least(states: str) -> bool:
        summary = summarise(Run.of(task), task)
        return getattr(summary, states).least_padding == {"reachable": 4, "arbitrary": 9}[states]

    result = exhaust(task)
    found = [(counts.matches, counts.matched_writers, counts.writers) for counts in result.unsound]
    right = result.complete and result.wrong == 0 and found == [NAIVE] and task.program.samples == 14
    return conclude(
        decide(less(Predictor(NTK, 14).mean(*NAIVE), 0)),
        decide(less(Predictor(NTK, 14 + 3).mean(*NAIVE), 0)),
        decide(less(0, Predictor(NTK, 14 + 4).mean(*NAIVE))),
        confirm_batches("all inputs", [(result.cases, None if right else f"{found}")], exhaustive=True),
        confirm("the least padding", ["reachable", "arbitrary"], least, exhaustive=True),
    )


# --- networks


@claim(
    "all inputs (all sequences of 100 inputs), failure at most 1e-6, arbitrary states; networks that are certified "
    "without padding, and the samples of padding with which one network is certified, by the checker: "
    f"{'; '.join(f'{c.name} {c.networks:,}, {c.padding:,}' for c in TABLE)}",
    source=SOURCE,
)
def certified() -> Verdict:
    def check(circuit: Circuit) -> bool:
        return _networks(circuit.task()) == circuit.networks and _networks(circuit.task(circuit.padding)) == 1

    return conclude(confirm("certificates that the checker accepts", TABLE, check, exhaustive=True))


def _networks(task: Task | Stream) -> int:
    """Return the number of networks of a certificate, which the checker has accepted."""
    if isinstance(task, Stream):
        return issue_stream(task, failure=FAILURE, clocks=CLOCKS).networks
    return issue_ensemble(task, failure=FAILURE).networks
