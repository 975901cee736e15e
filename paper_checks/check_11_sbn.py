"""SBN (subtract and branch if negative): counts, rounding at reachable states, instructions, and universality.

The machine has W words of b bits and P instructions; A bits address a word, C bits a target, and N_m is the number of
nodes of a gathering tree over m leaves, without its root (:mod:`ntkproofs.programs.sbn.layout`).
"""

from collections.abc import Iterable, Iterator
from itertools import chain, product
from random import Random

import numpy as np
import sympy

from ntkproofs.bounds import contrast_positive, excess_positive, matches_outweigh, rounding_condition
from ntkproofs.claims import Verdict, claim, conclude, confirm, confirm_batches, decide, derive
from ntkproofs.counts import bound_matches
from ntkproofs.execution import Machine, execute_sbn, run_sbn
from ntkproofs.kernels import REGIMES, two_layer_relu
from ntkproofs.predictor import MATCHED_WRITERS, MATCHES, WRITERS
from ntkproofs.programs import Rows, TemplateProgram, sbn
from ntkproofs.programs.partial import UNKNOWN, step_partial
from ntkproofs.programs.sbn import (
    EXAMPLES,
    Assembly,
    Instruction,
    Layout,
    assemble,
    configurations,
    example,
    interpret,
    load,
)
from ntkproofs.programs.sbn.interpreter import successor
from ntkproofs.programs.sbn.minsky import (
    CounterInstruction,
    Decrement,
    Increment,
    compile_minsky,
    counter_steps,
    sbn_addresses,
)
from ntkproofs.rigor import Integers, less

SOURCE = "abstract (SBN); the templates are this project's"
SEED = 20250220
SIZES = list(product((1, 2, 3, 4, 5, 8, 13, 16), (1, 2, 3, 8), (1, 2, 3, 4, 7, 8, 16)))
SMALL = [*product(range(1, 5), range(1, 4), range(1, 5)), (2, 8, 2), (5, 1, 6), (8, 2, 3)]
TINY = [(1, 1, 1), (1, 6, 2), (2, 1, 3), (2, 3, 2), (2, 4, 1), (3, 2, 3)]
LARGE = (16, 8, 16)


@claim(
    "W words of b bits, P instructions, A and C bits in an address and a target, N_m inner nodes of a gathering tree "
    "over m leaves: K = 2P(2A+C) + 4P + N_P(2A+C+1) + 3Wb + N_W b + 3W + 5b + 4A + 2C + 5 samples, no padding, at most "
    "2 writers of a bit, for all W in {1..5, 8, 13, 16}, b in {1, 2, 3, 8}, P in {1..4, 7, 8, 16}",
    source=SOURCE,
)
def counts() -> Verdict:
    def check(size: tuple[int, int, int]) -> bool:
        program = sbn(*size)
        no_padding = program.padding == 0 and program.samples == Layout(*size).templates
        return no_padding and int(program.writers.max()) == 2

    return conclude(confirm("all combinations of these sizes", SIZES, check, exhaustive=True))


# --- one instruction, on partial rows: all other instructions, and the memory unless stated, are unknown


class _Instructions:
    """Cases ``(j, a, b, c)`` on one machine: instruction j, with the operands a, b, c, is the next to start."""

    def __init__(self, size: tuple[int, int, int], cases: Iterable[tuple[int, int, int, int]] | None = None) -> None:
        self.layout, self.program = Layout(*size), sbn(*size)
        P, W = self.layout.instructions, self.layout.words
        all_cases = product(range(P), range(W), range(W), range(P + 1))
        self.cases = np.array(list(all_cases if cases is None else cases))

    def start(self) -> Rows:
        """Return the partial rows ``(cases, bits)`` before the instruction starts."""
        layout, rows = self.layout, np.zeros((len(self.cases), self.program.output_bits), dtype=np.uint8)
        for field in ("memory", "program_a", "program_b", "program_c"):
            rows[:, self.columns(field)] = UNKNOWN
        for row, (j, a, b, c) in zip(rows, self.cases.tolist(), strict=True):
            for which, number in (("a", a), ("b", b), ("c", c)):
                for index in range(layout.target_bits if which == "c" else layout.address_bits):
                    row[self.program.position(layout.operand(which, j, index))] = number >> index & 1
        return self.at(rows, self.cases[:, 0])

    def at(self, rows: Rows, counter: np.ndarray) -> Rows:
        """Return the rows with the program counter set to `counter`."""
        rows = rows.copy()
        rows[:, self.columns("counter")] = np.eye(self.layout.instructions + 1, dtype=np.uint8)[counter]
        return rows

    def columns(self, field: str) -> slice:
        first = self.program.position((field, 0))
        return slice(first, first + self.program.fields[field])


def _instructions_end_correctly(
    size: tuple[int, int, int], cases: Iterable[tuple[int, int, int, int]] | None = None
) -> bool:
    """Return whether, at every memory, each instruction leads to the correct next one, with n within its bound."""
    these = _Instructions(size, cases)
    layout, program = these.layout, these.program
    groups = bound_matches(program).groups  # at most one template of a group matches a state
    order, first = np.array(list(chain(*groups))), np.cumsum([0, *map(len, groups[:-1])])
    rows, most = these.start(), 0
    for step in range(layout.steps_per_instruction):
        if step == layout.steps_per_instruction - 1:  # the result is in p: continue with both signs
            rows = np.concatenate([rows, rows])
            rows[:, program.position(("p", layout.bits - 1))] = np.repeat([0, 1], len(these.cases))
        may = np.logical_or.reduceat(program.may_match_rows(rows)[:, order], first, axis=1)
        most = max(most, int(may.sum(axis=1).max()))
        rows = step_partial(program, rows)
    j, c = these.cases[:, 0], these.cases[:, 3]
    expected = np.concatenate([these.at(these.start(), j + 1), these.at(these.start(), c)])
    correct = ((rows == expected) | (expected == UNKNOWN)).all()
    return bool(correct) and _program_is_kept(program) and most <= layout.largest_matches


def _program_is_kept(program: TemplateProgram) -> bool:
    """Return whether each bit of the stored SBN program has one writer, which keeps its value."""
    keepers = [rule for rule in program.templates if any(field.startswith("program_") for field, _ in rule.write)]
    stored = sum(program.fields[field] for field in ("program_a", "program_b", "program_c"))
    kept = all(rule.when == ((bit, 1),) for rule in keepers for bit in rule.write)
    return kept and len({bit for rule in keepers for bit in rule.write}) == len(keepers) == stored


def _full(layout: Layout) -> dict[str, int]:
    """Return the fields of memory and program with all bits 1."""
    return {field: 2**width - 1 for field, width in layout.fields.items() if field.startswith(("memory", "program"))}


def _attained(case: tuple[int, int, int]) -> bool:
    """Return whether n attains its bound on the machine with W = 2^A, P = 2^C - 1 when all stored bits are 1."""
    A, b, C = case
    layout = Layout(2**A, b, 2**C - 1)
    program = sbn(layout.words, layout.bits, layout.instructions)
    state, most = program.state(counter=1, **_full(layout)), 0
    for _ in range(layout.steps_per_instruction):
        most = max(most, len(program.match(state)))
        state = program.step(state)
    return most == layout.largest_matches


def _halts(size: tuple[int, int, int]) -> bool:
    """Return whether the last cell of the counter halts the machine: a fixed point with memory and program kept."""
    layout, program = Layout(*size), sbn(*size)
    full = _full(layout)
    halted = program.step(program.state(counter=2**layout.instructions, **full))
    most = max(len(program.match(halted)), len(program.match(program.state(counter=2**layout.instructions, **full))))
    return halted == program.step(halted) == program.state(halted=1, **full) and most <= layout.largest_matches


@claim(
    "n <= Wb + P(2A+C) + max(2A+C+3, A+C+2+2b) at every state that an instruction visits, for all programs and "
    "memories: all instructions for W, P <= 4, b <= 3 and three larger machines, 500 random ones for W = P = 16, b = "
    "8; equality if W = 2^A, P = 2^C - 1 (A, C <= 4, b = 1, 2, 8) and all stored bits are 1; a halted machine with all "
    "stored bits 1 does not change",
    source=SOURCE,
)
def reachable_states() -> Verdict:
    random = Random(SEED)
    W, _, P = LARGE
    sampled = [tuple(map(random.randrange, (P, W, W, P + 1))) for _ in range(500)]
    return conclude(
        confirm(
            "every instruction, for all memories and programs", SMALL, _instructions_end_correctly, exhaustive=True
        ),
        confirm(
            f"500 instructions of the machine {LARGE}, for all memories and programs",
            [sampled[first : first + 100] for first in range(0, 500, 100)],
            lambda cases: _instructions_end_correctly(LARGE, cases),
            exhaustive=False,
            seed=SEED,
        ),
        confirm(
            "equality, A and C from 1 to 4, b in {1, 2, 8}",
            product(range(1, 5), (1, 2, 8), range(1, 5)),
            _attained,
            exhaustive=True,
        ),
        confirm("halted machines, all stored bits 1", [*SMALL, LARGE], _halts, exhaustive=True),
    )


@claim(
    "for all W, b, P, with this K (no padding): the sign of the mean is the next bit wherever t <= 2 and n is at most "
    "this bound, Wb + P(2A+C) + max(2A+C+3, A+C+2+2b) ({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def condition(regime: str) -> Verdict:
    kernel = two_layer_relu(regime)
    n, p, t = MATCHES, MATCHED_WRITERS, WRITERS
    W, b, P, A, C = sympy.symbols("W b P A C", positive=True)
    B, D = sympy.symbols("B D")
    balance_positive = decide(less(0, kernel.balance(n)), Integers(n, start=1))
    N_P, N_W, bits, more, fewer, slack, samples = sympy.symbols("N_P N_W bits more fewer slack K_", nonnegative=True)
    stored = W * b + P * (2 * A + C)
    width = 2 * A + C + 1
    K = 2 * P * (2 * A + C) + 4 * P + N_P * width + 3 * W * b + N_W * b + 3 * W + 5 * b + 4 * A + 2 * C + 5
    rest = 4 * P + N_P * width + 3 * W + W * b + N_W * b  # part of K - 2 bound
    certificates = [
        # n is at most one of the two bounds: K - 2 n = K - 2 bound + 2 slack
        (stored + 2 * A + C + 3, rest + 5 * bits + 4),
        (stored + A + C + 2 + 2 * b, rest + 2 * A + b + 1),
    ]
    proofs = []
    for bound, left in certificates:
        quantities = {more: p - 1, fewer: 2 - t, slack: bound - n, samples: K, bits: b - 1, n: n, t: t}
        quantities |= {N_P: N_P, N_W: N_W}
        quantities |= {symbol: symbol for symbol in (W, b, P, A, C)} | {B: kernel.balance(n), D: kernel.contrast}
        # p (K + D) - t (n - B) = (p - 1) K + (K - 2 n) + (2 - t) n + p D + t B
        terms = more * samples + left + 2 * slack + fewer * n + (more + 1) * D + t * B
        proofs.append(
            derive(rounding_condition(kernel, K=K), quantities, terms, positive=(D,), findings=[balance_positive])
        )
    return conclude(
        *proofs,
        balance_positive,
        decide(*excess_positive(kernel)),
        decide(*contrast_positive(kernel)),
        decide(*matches_outweigh(kernel)),  # 0-bits
    )


# --- instructions and programs


@claim(
    "six machines with up to 8 bits of memory: from every memory, with every instruction and for all other "
    "instructions, the templates give y := y - x and the branch that SBN defines",
    source=SOURCE,
)
def every_configuration() -> Verdict:
    def check(size: tuple[int, int, int]) -> tuple[int, str | None]:
        these = _Instructions(size)
        W, b, _ = size
        values = np.arange(2 ** (W * b))
        rows = np.repeat(these.start(), len(values), axis=0)
        memories = (values[:, None] >> np.arange(W * b) & 1).astype(np.uint8)
        rows[:, these.columns("memory")] = np.tile(memories, (len(these.cases), 1))
        before = rows
        for _ in range(these.layout.steps_per_instruction):
            rows = step_partial(these.program, rows)
        words = before[:, these.columns("memory")].reshape(-1, W, b).astype(np.int64) @ (1 << np.arange(b))
        j, a_word, b_word, c = np.repeat(these.cases, len(values), axis=0).T
        index = np.arange(len(rows))
        result = (words[index, b_word] - words[index, a_word]) % 2**b
        words[index, b_word] = result
        expected = these.at(before, np.where(result >= 2 ** (b - 1), c, j + 1))
        expected[:, these.columns("memory")] = (words[:, :, None] >> np.arange(b) & 1).reshape(len(rows), -1)
        wrong = np.flatnonzero((rows != expected).any(axis=1))
        return len(rows), f"case {wrong[0]} of the machine {size}" if len(wrong) else None

    return conclude(confirm_batches("all configurations of the six machines", map(check, TINY), exhaustive=True))


@claim(
    "all pairs of 6-bit words: executed by the predictor, one instruction subtracts them and branches on the sign "
    "({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def every_subtraction(regime: str) -> Verdict:
    layout, program = Layout(2, 6, 1), sbn(2, 6, 1)
    machine = Machine(program, two_layer_relu(regime))

    def batches() -> Iterator[tuple[int, str | None]]:
        start = program.row(load(layout, Assembly(6, ("x", "y"), (0, 0), (Instruction(0, 1, 0),))))
        pairs = np.arange(2**12)
        x, y = pairs & 63, pairs >> 6
        rows = np.repeat(start[None, :], len(pairs), axis=0)
        rows[:, :12] = pairs[:, None] >> np.arange(12) & 1
        for _ in range(layout.steps_per_instruction):
            rows, _ = machine.step_rows(rows)
        difference = (y - x) % 64
        goes_back = rows[:, program.position(("counter", 0))] == (difference >= 32)
        correct = goes_back & (rows[:, :12] @ (1 << np.arange(12)) == x + (difference << 6))
        yield len(pairs), None if correct.all() else f"x = {x[~correct][0]}, y = {y[~correct][0]}"

    return conclude(confirm_batches("all pairs of 6-bit words", batches(), exhaustive=True))


def _random_program(random: Random) -> Assembly:
    words, bits, instructions = random.randint(1, 6), random.choice((1, 2, 4, 8)), random.randint(1, 8)
    operand = range(words), range(words), range(instructions + 1)
    return Assembly(
        bits,
        tuple(f"w{index}" for index in range(words)),
        tuple(random.randrange(-(1 << bits - 1), 1 << bits - 1) for _ in range(words)),
        tuple(Instruction(*map(random.choice, operand)) for _ in range(instructions)),
    )


@claim(
    "100 random programs, up to 40 instructions of each: the machine, executed by the predictor (NTK or NNGP at "
    "random), and the interpreter agree after every instruction",
    source=SOURCE,
)
def random_programs() -> Verdict:
    def check(seed: int) -> bool:
        random = Random(seed)
        program = _random_program(random)
        unused = random.randint(0, 3)
        layout = Layout(len(program.names) + unused, program.bits, len(program.instructions) + unused)
        kernel = two_layer_relu(random.choice(REGIMES))
        pairs = zip(execute_sbn(program, layout, kernel=kernel), configurations(program), strict=False)
        for boundary, expected in pairs:
            if boundary.configuration != expected:
                return False
            if successor(program, expected) is None or boundary.executed == 40:
                break
        return True

    seeds = range(SEED, SEED + 100)
    return conclude(confirm("100 programs, up to 40 instructions each", seeds, check, exhaustive=False, seed=SEED))


@claim(
    "one machine with 8 words of 8 bits and 27 instructions executes every example program, with the result and the "
    "number of instructions of the interpreter",
    source=SOURCE,
)
def one_machine() -> Verdict:
    def check(name: str) -> bool:
        program = example(name)
        run = run_sbn(program, words=8, instructions=27)
        expected, executed = interpret(program, max_instructions=1000)
        return run.halted and run.executed == executed and tuple(run.memory.values()) == expected.memory

    return conclude(confirm("the examples", EXAMPLES, check, exhaustive=True))


# Three nested loops of 50, 100 and 100 rounds: each counts down from its constant until it is negative. "zero minus L"
# always branches to L, as -1 - 0 is negative; "y y" sets y to 0, and "less_100 y" adds 100.
LOOPS = """
x: .word 49
y: .word 0
z: .word 0
one: .word 1
minus: .word -1
zero: .word 0
less_99: .word -99
rounds: .word 0
outer:  sbn y y
        sbn less_99 y
middle: sbn z z
        sbn less_99 z
inner:  sbn one z done_z
        sbn zero minus inner
done_z: sbn one y done_y
        sbn zero minus middle
done_y: sbn minus rounds halt
        sbn one x halt
        sbn zero minus outer
"""


@claim(
    "the 1,015,199 instructions of three nested loops, on 16 words of 8 bits: the machine, executed by the predictor "
    "(NTK), has the configuration of the interpreter after every 1,000 instructions, and halts when it does",
    source=SOURCE,
    slow=True,
)
def million_instructions() -> Verdict:
    def check(program: Assembly) -> bool:
        boundaries = execute_sbn(program, Layout(*LARGE), every=1000)
        boundary = next(boundaries)
        for executed, configuration in enumerate(configurations(program)):
            if executed == boundary.executed:
                if configuration != boundary.configuration:
                    return False
                boundary = next(boundaries, boundary)
        return executed == boundary.executed == 1_015_199

    return conclude(confirm("three nested loops", [assemble(LOOPS)], check, exhaustive=True))


# --- Turing completeness

COUNTER_MACHINES: dict[str, tuple[list[CounterInstruction], tuple[int, int]]] = {
    "add": ([Decrement(1, 1, 2), Increment(0, 0)], (3, 4)),
    "double": ([Decrement(0, 1, 3), Increment(1, 2), Increment(1, 0)], (5, 0)),
    "halve": ([Decrement(0, 1, 3), Decrement(0, 2, 3), Increment(1, 0)], (9, 0)),
    "times three, back": (
        [Decrement(0, 1, 4), Increment(1, 2), Increment(1, 3), Increment(1, 0), Decrement(1, 5, 6), Increment(0, 4)],
        (4, 0),
    ),
    "parity": ([Decrement(0, 1, 3), Decrement(0, 0, 2), Increment(1, 3)], (11, 0)),
}


@claim(
    "five two-counter machines (a Turing-complete model), compiled to SBN and executed by the predictor: the two "
    "counters are correct before every counter instruction",
    source=SOURCE,
)
def counter_machines() -> Verdict:
    def check(name: str) -> bool:
        source, counters = COUNTER_MACHINES[name]
        program = compile_minsky(source, counters, bits=8)
        numbers = {entry: number for number, entry in enumerate(sbn_addresses(source))}
        visited: list[tuple[int, tuple[int, ...]]] = []
        for boundary in execute_sbn(program, Layout(5, 8, len(program.instructions))):
            now = boundary.configuration
            if now.counter in numbers:
                visited.append((numbers[now.counter], now.memory[:2]))
        return visited == list(counter_steps(source, counters))

    return conclude(confirm("five counter machines", COUNTER_MACHINES, check, exhaustive=True))
