"""Multiplication: counts, every product, the steps really needed, and what padding is for."""

from collections.abc import Iterator

import numpy as np
import sympy
from numpy.typing import NDArray

from ntkproofs.bounds import (
    contrast_positive,
    excess_positive,
    gap_increases,
    least_padding,
    matches_outweigh,
    rounding_condition,
)
from ntkproofs.claims import Verdict, claim, conclude, confirm, confirm_batches, decide, derive
from ntkproofs.counts import arbitrary_counts, bound_matches, counts_of
from ntkproofs.execution import Machine, RoundingFailure, exhaust
from ntkproofs.facts import Finding
from ntkproofs.kernels import REGIMES, Kernel, two_layer_relu
from ntkproofs.predictor import MATCHED_WRITERS, MATCHES, WRITERS
from ntkproofs.programs import Rows, State, Template, TemplateProgram, multiplication, multiplication_task
from ntkproofs.rigor import Integers, less
from ntkproofs.simulation.streams import stream

SOURCE = "abstract; validation scripts"
SEED = 20250218
PAIRS, STATES = 20, 21  # purposes of random streams
NUMBERS = ("multiplier", "multiplicand", "sum_p", "sum_q", "sum_c")
FLAGS = ("to_shift_right", "to_shift_left", "to_copy_to_sum_q")
n, p, t = MATCHES, MATCHED_WRITERS, WRITERS
l = sympy.Symbol("l", positive=True, integer=True)
longer = sympy.Symbol("longer", positive=True)  # l - 1

Numbers = NDArray[np.int64]


def _all_pairs(bits: int) -> tuple[Numbers, Numbers]:
    pairs = np.arange(4**bits)
    return pairs & (2**bits - 1), pairs >> bits


def _random_pairs(bits: int, cases: int) -> tuple[Numbers, Numbers]:
    """Draw pairs, the extreme one first."""
    source = stream(SEED, PAIRS, bits)
    x, y = source.integers(2**bits, size=(2, cases))
    x[0] = y[0] = 2**bits - 1
    return x, y


def _full(program: TemplateProgram, **others: int) -> State:
    """Return the state in which all bits of the five numbers are 1, with further fields as given."""
    ones = {field: 2 ** program.fields[field] - 1 for field in NUMBERS}
    return program.state(**ones, **others)


# --- counts and products


@claim(
    "20 l + 2 samples, 18 l + 1 output bits, each with 1 to 3 writers; 11 l + 2 is the largest number of templates "
    "that match one state: l = 1..32",
    source=SOURCE,
)
def counts() -> Verdict:
    def check(bits: int) -> bool:
        program = multiplication(bits)
        return (
            program.samples == 20 * bits + 2
            and program.output_bits == 18 * bits + 1
            and (int(program.writers.min()), int(program.writers.max())) == (1, 3)
            and bound_matches(program).bound == 11 * bits + 2  # no state matches more
            and len(program.match(_everything(program))) == 11 * bits + 2  # and one does
        )

    return conclude(confirm("every l from 1 to 32", range(1, 33), check, exhaustive=True))


@claim(
    "run through the predictor for 4 l^2 + 3 l steps without padding, every pair gives its product: l = 1..4 "
    "({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def exact(regime: str) -> Verdict:
    batches = (_products(bits, *_all_pairs(bits), two_layer_relu(regime)) for bits in range(1, 5))
    return conclude(confirm_batches("all pairs of l-bit numbers, l = 1..4", batches, exhaustive=True))


@claim(
    "every pair gives its product after 4 l^2 + 3 l steps without padding, the rounding condition holds at every "
    "visited state and bit, and at most 3 l + 1 templates match one, which x = y = 2^l - 1 reaches: l = 1..8 "
    "({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def exhaustive(regime: str) -> Verdict:
    def check(bits: int) -> tuple[int, str | None]:
        found = exhaust(multiplication_task(bits), kernel=two_layer_relu(regime))
        most = found.largest_matches
        reached = {found.inputs_of(visit.case) for counts, visit in found.visited.items() if counts.matches == most}
        good = found.holds and most == 3 * bits + 1 and (2**bits - 1,) * 2 in reached
        return found.cases, None if good else f"l = {bits}: {found.wrong} wrong, {found.unsound}, n up to {most}"

    return conclude(confirm_batches("all pairs of l-bit numbers, l = 1..8", map(check, range(1, 9)), exhaustive=True))


@claim(
    "run through the predictor for 4 l^2 + 3 l steps without padding, random pairs give their products: l = 8, 12, 16 "
    "({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def exact_sampled(regime: str) -> Verdict:
    batches = (_products(bits, *_random_pairs(bits, 8), two_layer_relu(regime)) for bits in (8, 12, 16))
    return conclude(confirm_batches("8 pairs for each l", batches, exhaustive=False, seed=SEED))


def _products(bits: int, x: Numbers, y: Numbers, kernel: Kernel) -> tuple[int, str | None]:
    """Run pairs through the machine: how many, and the first whose product is wrong or whose rounding fails."""
    task = multiplication_task(bits)
    machine, rows = Machine(task.program, kernel), task.start_rows(x, y)
    try:
        for _ in range(task.steps):
            rows, _ = machine.step_rows(rows)
    except RoundingFailure as failure:
        return len(x), str(failure)
    return len(x), _first(task.read_rows(rows) != x * y, x, y)


def _first(wrong: NDArray[np.bool_], x: Numbers, y: Numbers) -> str | None:
    """Name the first pair that is wrong."""
    places = np.flatnonzero(wrong)
    return f"x = {x[places[0]]}, y = {y[places[0]]}" if len(places) else None


# --- why no padding is needed where runs go


@claim(
    "with K = 20 l + 2, t <= 3, n <= 3 l + 1 every bit is rounded right, for every l at once ({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def condition(regime: str) -> Verdict:
    return conclude(*_no_failure(two_layer_relu(regime), 20 * l + 2, 3 * l + 1, 10 * l + longer, 0))


def _no_failure(kernel: Kernel, K: sympy.Expr, most: sympy.Expr, spare: object, contrast: int) -> Iterator[Finding]:
    """Find that every bit is right if t <= 3 and n <= `most`, with ``K + contrast = 3 most + spare`` and D > contrast.

    p (K + D) - t (n - B) is (p - 1)(K + D) + (K + contrast - 3 most) + 3 (most - n) + (3 - t) n + (D - contrast) + t B.
    """
    B, D, above, more, fewer, room = sympy.symbols("B D above more fewer room")
    given = {above: kernel.contrast - contrast, more: p - 1, fewer: 3 - t, room: most - n, longer: l - 1}
    given |= {symbol: symbol for symbol in (n, t, l)} | {B: kernel.balance(n), D: kernel.contrast}
    balance = decide(less(0, kernel.balance(n)), Integers(n, start=1))
    terms = more * (K + D) + spare + 3 * room + fewer * n + above + t * B
    yield derive(rounding_condition(kernel, K=K), given, terms, positive=(above,), findings=[balance])
    yield balance
    yield decide(less(contrast, kernel.contrast))
    yield decide(*contrast_positive(kernel))
    yield decide(*excess_positive(kernel))
    yield decide(*matches_outweigh(kernel))  # 0-bits


# --- steps


@claim(
    "4 l^2 + l steps are enough for every pair and needed by one, x = 2^l - 1, y = 2^(l-1) + 1, and the product then "
    "stays: l = 2..6 (3 steps for l = 1) - so 2 l of the 4 l^2 + 3 l steps are spare",
    source=SOURCE + " (which run 4 l^2 + 3 l steps)",
)
def steps_needed() -> Verdict:
    batches = (_last_steps(bits, *_all_pairs(bits)) for bits in range(1, 7))
    return conclude(confirm_batches("all pairs of l-bit numbers, l = 1..6", batches, exhaustive=True))


@claim(
    "4 l^2 + l steps are enough for x = 2^l - 1 and every y, and needed by y = 2^(l-1) + 1 only: l = 2..9 (no other x "
    "needs as many: it starts one addition less)",
    source=SOURCE,
)
def steps_of_all_ones() -> Verdict:
    batches = (
        _last_steps(bits, np.full(2**bits, 2**bits - 1, dtype=np.int64), np.arange(2**bits)) for bits in range(2, 10)
    )
    return conclude(confirm_batches("every y of l bits, l = 2..9", batches, exhaustive=True))


def _last_steps(bits: int, x: Numbers, y: Numbers) -> tuple[int, str | None]:
    """Run pairs for the declared steps and compare the last of their products to stand with 4 l^2 + l."""
    task = multiplication_task(bits)
    rows, since = task.start_rows(x, y), np.zeros(len(x), dtype=np.int64)
    for step in range(task.steps + 1):
        since[task.read_rows(rows) != x * y] = step + 1
        rows = task.program.step_rows(rows)
    wanted = 4 * bits**2 + bits if bits > 1 else 3
    slowest = [(int(x[case]), int(y[case])) for case in np.flatnonzero(since == since.max())]
    good = since.max() == wanted and slowest == [(2**bits - 1, 2 ** (bits - 1) + 1 if bits > 1 else 1)]
    return len(x), None if good else f"l = {bits}: {since.max()} steps for {slowest}"


@claim(
    "x is used up, and the lowest bit checked anew, after 2 l + (4 l + 1) (number of ones of x) steps - 4 l^2 + 3 l if "
    "all are ones: l = 1..5",
    source=SOURCE,
)
def steps_of_phases() -> Verdict:
    def check(bits: int) -> tuple[int, str | None]:
        task = multiplication_task(bits)
        x, y = _all_pairs(bits)
        rows, check_bit = task.start_rows(x, y), task.program.position(("to_check_lsb", 0))
        multiplier, checks = np.array(task.input_positions[0]), np.zeros(len(x), dtype=np.int64)
        end = 2 * bits + (4 * bits + 1) * (x[:, None] >> np.arange(bits) & 1).sum(axis=1)
        good = np.zeros(len(x), dtype=np.bool_)
        for step in range(task.steps + 1):
            checks += rows[:, check_bit]
            used_up = (rows[:, check_bit] == 1) & (checks == bits + 1) & ~rows[:, multiplier].any(axis=1)
            good |= (step == end) & used_up
            rows = task.program.step_rows(rows)
        return len(x), _first(~good, x, y)

    return conclude(confirm_batches("all pairs of l-bit numbers, l = 1..5", map(check, range(1, 6)), exhaustive=True))


# --- padding: any numbers in the fields, one control token


def _with_token(program: TemplateProgram, cases: int, source: np.random.Generator) -> Rows:
    """Return random states with one control token: check, all of C, all of R and S, or one cell of the counter."""
    rows = source.integers(2, size=(cases, program.output_bits), dtype=np.uint8)
    for field in (*FLAGS, "sum_counter", "to_check_lsb"):
        rows[:, _places(program, field)] = 0
    cells = program.fields["sum_counter"]
    for row in rows:
        token = source.integers(cells + 3)
        if token < cells:
            row[program.position(("sum_counter", int(token)))] = 1
        else:
            for field in (("to_check_lsb",), FLAGS[:2], FLAGS[2:])[token - cells]:
                row[_places(program, field)] = 1
    return rows


def _places(program: TemplateProgram, field: str) -> list[int]:
    return [program.position((field, index)) for index in range(program.fields[field])]


def _tokens(program: TemplateProgram, rows: Rows) -> Numbers:
    """Count the control tokens of each row; -1 where a flag is not the same at every position."""
    right, left, copy = (rows[:, _places(program, field)] for field in FLAGS)
    single = rows[:, _places(program, "sum_counter") + _places(program, "to_check_lsb")].sum(axis=1, dtype=np.int64)
    flags = np.stack([np.concatenate([right, left], axis=1).mean(axis=1), copy.mean(axis=1)])
    return np.where(np.isin(flags, (0, 1)).all(axis=0), single + flags.sum(axis=0).astype(np.int64), -1)


@claim(
    "a state with any numbers and one control token is followed by such a state; at most 7 l + 1 templates match it, "
    "and so many can: l = 1..32",
    source=SOURCE,
)
def matches_of_any_numbers() -> Verdict:
    def stays(bits: int) -> bool:
        program = multiplication(bits)
        rows = _with_token(program, 64, stream(SEED, STATES, bits))
        given, after = _tokens(program, rows), _tokens(program, program.step_rows(rows))
        return bool((given == 1).all() and (after == 1).all())

    def check(bits: int) -> bool:
        program = multiplication(bits)
        numbers, control = _parts(program)
        rest = {frozenset(template.when[:1]) for template in control}  # check=1 starts two rules, for M_0 = 0 and 1
        return (
            bound_matches(numbers).bound == 7 * bits
            and len(control) == len(rest) + 1 == 4 * bits + 4
            and len(program.match(_full(program, to_check_lsb=1))) == 7 * bits + 1
        )

    return conclude(
        confirm("7 l groups and one control rule for each token, l to 32", range(1, 33), check, exhaustive=True),
        confirm("64 random states for each l from 1 to 32", range(1, 33), stays, exhaustive=False, seed=SEED),
    )


def _parts(program: TemplateProgram) -> tuple[TemplateProgram, list[Template]]:
    """Split the templates: those of the numbers, as a program, and those that start with a control bit."""
    numbers = TemplateProgram("numbers", fields=program.fields)
    control = []
    for template in program.templates:
        (field, _), _ = template.when[0]
        if field in NUMBERS:
            numbers.template(template.when, template.write)
        else:
            control.append(template)
    return numbers, control


@claim(
    "l padding samples are enough for any numbers with one control token: with K = 21 l + 2, t <= 3, n <= 7 l + 1 "
    "every bit is rounded right, for every l at once ({regime})",
    source=SOURCE + " (which add l padding samples)",
    each={"regime": REGIMES},
)
def padding_enough(regime: str) -> Verdict:
    return conclude(*_no_failure(two_layer_relu(regime), 21 * l + 2, 7 * l + 1, 0, 1))


NEEDED_FROM = {"ntk": 183, "nngp": 117}  # the first l at which some state with one control token needs padding


@claim(
    "padding is needed for any numbers with one control token from l = 183 (ntk), l = 117 (nngp) on, and not before: "
    "for all l ({regime})",
    source=SOURCE + " (which add l padding samples)",
    each={"regime": REGIMES},
)
def padding_needed(regime: str) -> Verdict:
    kernel, first = two_layer_relu(regime), NEEDED_FROM[regime]
    needs, provides = 3 * (n - kernel.balance(n)), 20 * (n - 1) / 7 + 2 + kernel.contrast  # n = 7 l + 1, t = 3, p = 1

    def fails(bits: int) -> bool:
        program = multiplication(bits)
        return _fails(program, _full(program, to_check_lsb=1), kernel)

    return conclude(
        decide(less(needs, provides), Integers(n, start=8, stop=7 * (first - 1) + 1)),
        decide(*gap_increases(kernel)),  # fewer matches are better
        decide(*matches_outweigh(kernel)),  # B(n) < n: fewer writers are better
        decide(less(provides, needs), Integers(n, start=7 * first + 1)),
        checks=[
            confirm("the machine, first l that fails", [first], fails, exhaustive=True),
            confirm("the machine, last l that does not", [first - 1], lambda bits: not fails(bits), exhaustive=True),
        ],
    )


def _fails(program: TemplateProgram, state: State, kernel: Kernel) -> bool:
    """Tell whether the machine refuses the step from `state`, at a bit of the multiplicand that should become 1."""
    try:
        Machine(program, kernel).step(state)
    except RoundingFailure as failure:
        return failure.bit[0] == "multiplicand" and failure.counts.matched_writers >= 1
    return False


# --- padding: arbitrary states

LEAST_PADDING = {  # for arbitrary states, l = 1..12
    "ntk": (0, 3, 11, 19, 28, 38, 48, 58, 68, 78, 89, 99),
    "nngp": (2, 10, 18, 28, 38, 48, 58, 69, 80, 90, 101, 112),
}


def _everything(program: TemplateProgram) -> State:
    """Return a state that as many templates as possible match: all numbers, a full counter, copy and check raised."""
    cells = program.fields["sum_counter"]
    return _full(program, sum_counter=2**cells - 1, to_copy_to_sum_q=1, to_check_lsb=1)


@claim(
    "least padding for arbitrary states: 0, 3, 11, 19, 28, 38, 48, 58, ... (ntk), 2, 10, 18, 28, 38, 48, 58, 69, ... "
    "(nngp), l = 1..12; with one sample less the machine refuses a bit of the multiplicand ({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def padding_for_arbitrary_states(regime: str) -> Verdict:
    kernel = two_layer_relu(regime)

    def check(bits: int) -> bool:
        least, program = LEAST_PADDING[regime][bits - 1], multiplication(bits)
        state = _everything(program)
        possible, occurs = arbitrary_counts(program), counts_of(program, state).values()
        if not least_padding(kernel, possible) == least_padding(kernel, occurs) == least:
            return False
        enough, short = multiplication(bits), multiplication(bits)
        enough.pad(least)
        short.pad(max(least - 1, 0))
        return not _fails(enough, state, kernel) and (least == 0 or _fails(short, state, kernel))

    return conclude(confirm("every l from 1 to 12", range(1, 13), check, exhaustive=True))


@claim(
    "l padding samples are not enough for arbitrary states, for every l >= 2 (ntk), l >= 1 (nngp); 13 l + 4 are, for "
    "every l ({regime})",
    source=SOURCE + " (which add l padding samples)",
    each={"regime": REGIMES},
)
def padding_not_enough(regime: str) -> Verdict:
    kernel, first = two_layer_relu(regime), {"ntk": 2, "nngp": 1}[regime]
    needs, provides = 3 * (n - kernel.balance(n)), 21 * (n - 2) / 11 + 2 + kernel.contrast  # n = 11 l + 2, t = 3, p = 1

    def check(bits: int) -> bool:
        program = multiplication(bits)
        state = _everything(program)
        counts = counts_of(program, state)[("multiplicand", 1)]
        program.pad(bits)
        reached = (counts.matches, counts.matched_writers, counts.writers) == (11 * bits + 2, 1, 3)
        return reached and _fails(program, state, kernel)

    return conclude(
        decide(less(provides, needs), Integers(n, start=11 * first + 2)),
        confirm("n = 11 l + 2, p = 1, t = 3 occurs and fails, l to 32", range(first, 33), check, exhaustive=True),
        *_no_failure(kernel, 33 * l + 6, 11 * l + 2, 0, 0),
    )
