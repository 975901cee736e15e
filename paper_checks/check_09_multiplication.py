"""Multiplication of two l-bit numbers: counts, products, the number of steps, and the padding that states require."""

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
PAIRS, STATES = 20, 21  # identifiers of random streams
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
    """Return random pairs, except the first, in which all bits are 1."""
    source = stream(SEED, PAIRS, bits)
    x, y = source.integers(2**bits, size=(2, cases))
    x[0] = y[0] = 2**bits - 1
    return x, y


def _full(program: TemplateProgram, **others: int) -> State:
    """Return the state in which all bits of the five number fields are 1, and other fields have the given values."""
    ones = {field: 2 ** program.fields[field] - 1 for field in NUMBERS}
    return program.state(**ones, **others)


# --- counts and products


@claim(
    "l = 1..32: 20 l + 2 samples, 18 l + 1 output bits, each with 1 to 3 writers, and 11 l + 2 is the largest number "
    "of templates that match one state, reachable or not",
    source=SOURCE,
)
def counts() -> Verdict:
    def check(bits: int) -> bool:
        program = multiplication(bits)
        return (
            program.samples == 20 * bits + 2
            and program.output_bits == 18 * bits + 1
            and (int(program.writers.min()), int(program.writers.max())) == (1, 3)
            and bound_matches(program).bound == 11 * bits + 2  # an upper bound for all states
            and len(program.match(_largest_state(program))) == 11 * bits + 2  # attained
        )

    return conclude(confirm("every l from 1 to 32", range(1, 33), check, exhaustive=True))


@claim(
    "l = 1..4, without padding: 4 l^2 + 3 l steps of the predictor, each bit the sign of its mean, compute x y for all "
    "pairs ({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def exact(regime: str) -> Verdict:
    batches = (_products(bits, *_all_pairs(bits), two_layer_relu(regime)) for bits in range(1, 5))
    return conclude(confirm_batches("all pairs of l-bit numbers, l = 1..4", batches, exhaustive=True))


@claim(
    "l = 1..8, all pairs, without padding: 4 l^2 + 3 l steps of the templates compute x y, the rounding condition "
    "holds at every bit of every visited state, and 3 l + 1 is the largest number of templates that match a visited "
    "state; it occurs in the run from x = y = 2^l - 1 ({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def exhaustive(regime: str) -> Verdict:
    def check(bits: int) -> tuple[int, str | None]:
        task, kernel, last = multiplication_task(bits), two_layer_relu(regime), 2**bits - 1
        result = exhaust(task, kernel=kernel)
        most = result.largest_matches
        reached = Machine(task.program, kernel).run(task.start(last, last), steps=task.steps).largest_matches
        good = result.holds and most == 3 * bits + 1 == reached
        return result.cases, None if good else f"l = {bits}: {result.wrong} wrong, {result.unsound}, n up to {most}"

    return conclude(confirm_batches("all pairs of l-bit numbers, l = 1..8", map(check, range(1, 9)), exhaustive=True))


@claim(
    "l = 12, all 16,777,216 pairs, without padding: 612 steps of the templates compute x y, the rounding condition "
    "(NTK) holds at every bit of every visited state, and 37 is the largest number of templates that match one",
    source=SOURCE,
    slow=True,
)
def all_pairs_of_12_bits() -> Verdict:
    def check(bits: int) -> tuple[int, str | None]:
        result = exhaust(multiplication_task(bits))
        good = result.holds and result.largest_matches == 37 and result.steps == 612
        return (
            result.cases,
            None if good else f"{result.wrong} wrong, {result.unsound}, n up to {result.largest_matches}",
        )

    return conclude(confirm_batches("all pairs of 12-bit numbers", map(check, [12]), exhaustive=True))


@claim(
    "l = 8, 12, 16, without padding: 4 l^2 + 3 l steps of the predictor, each bit the sign of its mean, compute x y "
    "for x = y = 2^l - 1 and 7 random pairs ({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def exact_sampled(regime: str) -> Verdict:
    batches = (_products(bits, *_random_pairs(bits, 8), two_layer_relu(regime)) for bits in (8, 12, 16))
    return conclude(confirm_batches("8 pairs for each l", batches, exhaustive=False, seed=SEED))


def _products(bits: int, x: Numbers, y: Numbers, kernel: Kernel) -> tuple[int, str | None]:
    """Execute pairs through the predictor; return their number and the first failure, if any."""
    task = multiplication_task(bits)
    machine, rows = Machine(task.program, kernel), task.start_rows(x, y)
    try:
        for _ in range(task.steps):
            rows, _ = machine.step_rows(rows)
    except RoundingFailure as failure:
        return len(x), str(failure)
    return len(x), _first(task.read_rows(rows) != x * y, x, y)


def _first(wrong: NDArray[np.bool_], x: Numbers, y: Numbers) -> str | None:
    """Return the first pair that is marked as wrong, as text."""
    cases = np.flatnonzero(wrong)
    return f"x = {x[cases[0]]}, y = {y[cases[0]]}" if len(cases) else None


# --- the rounding condition at reachable states, without padding


@claim(
    "for all l, with K = 20 l + 2 samples (no padding): the sign of the mean is the next bit wherever t <= 3 and n <= "
    "3 l + 1 ({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def condition(regime: str) -> Verdict:
    return conclude(*_no_failure(two_layer_relu(regime), 20 * l + 2, 3 * l + 1, 10 * l + longer, 0))


def _no_failure(kernel: Kernel, K: sympy.Expr, most: sympy.Expr, rest: object, contrast: int) -> Iterator[Finding]:
    """Yield the findings that prove: the sign of the mean is the next bit wherever t <= 3 and n <= `most`.

    The arguments satisfy ``K + contrast = 3 most + rest``, ``rest >= 0`` and ``D > contrast``. The certificate is ::

        p (K + D) - t (n - B) = (p - 1) (K + D) + rest + 3 (most - n) + (3 - t) n + (D - contrast) + t B
    """
    B, D, above, more, fewer, slack = sympy.symbols("B D above more fewer slack")
    quantities = {above: kernel.contrast - contrast, more: p - 1, fewer: 3 - t, slack: most - n, longer: l - 1}
    quantities |= {symbol: symbol for symbol in (n, t, l)} | {B: kernel.balance(n), D: kernel.contrast}
    balance_positive = decide(less(0, kernel.balance(n)), Integers(n, start=1))
    terms = more * (K + D) + rest + 3 * slack + fewer * n + above + t * B
    yield derive(rounding_condition(kernel, K=K), quantities, terms, positive=(above,), findings=[balance_positive])
    yield balance_positive
    yield decide(less(contrast, kernel.contrast))
    yield decide(*contrast_positive(kernel))
    yield decide(*excess_positive(kernel))
    yield decide(*matches_outweigh(kernel))  # 0-bits


# --- steps


@claim(
    "l = 2..6, all pairs, 4 l^2 + 3 l steps of the templates: the product is complete after 4 l^2 + l steps (l = 1: 3 "
    "steps) and then does not change; only the pair x = 2^l - 1, y = 2^(l-1) + 1 (l = 1: x = y = 1) needs all of them",
    source=SOURCE + " (which run 4 l^2 + 3 l steps)",
)
def steps_needed() -> Verdict:
    batches = (_last_steps(bits, *_all_pairs(bits)) for bits in range(1, 7))
    return conclude(confirm_batches("all pairs of l-bit numbers, l = 1..6", batches, exhaustive=True))


@claim(
    "l = 2..9, x = 2^l - 1, every y, 4 l^2 + 3 l steps of the templates: the product is complete after 4 l^2 + l steps "
    "and then does not change; only y = 2^(l-1) + 1 needs all of them",
    source=SOURCE,
)
def steps_of_all_ones() -> Verdict:
    batches = (
        _last_steps(bits, np.full(2**bits, 2**bits - 1, dtype=np.int64), np.arange(2**bits)) for bits in range(2, 10)
    )
    return conclude(confirm_batches("every y of l bits, l = 2..9", batches, exhaustive=True))


def _last_steps(bits: int, x: Numbers, y: Numbers) -> tuple[int, str | None]:
    """Compare the step after which all products remain complete, and the pairs that need it, with the claim."""
    task = multiplication_task(bits)
    rows, complete_from = task.start_rows(x, y), np.zeros(len(x), dtype=np.int64)
    for step in range(task.steps + 1):
        complete_from[task.read_rows(rows) != x * y] = step + 1
        rows = task.program.step_rows(rows)
    expected = 4 * bits**2 + bits if bits > 1 else 3
    slowest = [(int(x[case]), int(y[case])) for case in np.flatnonzero(complete_from == complete_from.max())]
    good = complete_from.max() == expected and slowest == [(2**bits - 1, 2 ** (bits - 1) + 1 if bits > 1 else 1)]
    return len(x), None if good else f"l = {bits}: {complete_from.max()} steps for {slowest}"


@claim(
    "l = 1..5, all pairs, w the number of ones of x: after 2 l + (4 l + 1) w steps of the templates the multiplier is "
    "0, and its lowest bit is checked for the (l + 1)-th time; 4 l^2 + 3 l steps for x = 2^l - 1",
    source=SOURCE,
)
def steps_of_phases() -> Verdict:
    def check(bits: int) -> tuple[int, str | None]:
        task = multiplication_task(bits)
        x, y = _all_pairs(bits)
        rows, check_bit = task.start_rows(x, y), task.program.position(("to_check_lsb", 0))
        multiplier, checks = np.array(task.input_positions[0]), np.zeros(len(x), dtype=np.int64)
        end = 2 * bits + (4 * bits + 1) * (x[:, None] >> np.arange(bits) & 1).sum(axis=1)
        seen = np.zeros(len(x), dtype=np.bool_)
        for step in range(task.steps + 1):
            checks += rows[:, check_bit]
            finished = (rows[:, check_bit] == 1) & (checks == bits + 1) & ~rows[:, multiplier].any(axis=1)
            seen |= (step == end) & finished
            rows = task.program.step_rows(rows)
        return len(x), _first(~seen, x, y)

    return conclude(confirm_batches("all pairs of l-bit numbers, l = 1..5", map(check, range(1, 6)), exhaustive=True))


# --- padding for states with arbitrary numbers and one control token


def _with_token(program: TemplateProgram, cases: int, source: np.random.Generator) -> Rows:
    """Return random states with one control token: the check bit, all copy or all shift flags, or a counter cell."""
    rows = source.integers(2, size=(cases, program.output_bits), dtype=np.uint8)
    for field in (*FLAGS, "sum_counter", "to_check_lsb"):
        rows[:, _positions(program, field)] = 0
    cells = program.fields["sum_counter"]
    for row in rows:
        token = source.integers(cells + 3)
        if token < cells:
            row[program.position(("sum_counter", int(token)))] = 1
        else:
            for field in (("to_check_lsb",), FLAGS[:2], FLAGS[2:])[token - cells]:
                row[_positions(program, field)] = 1
    return rows


def _positions(program: TemplateProgram, field: str) -> list[int]:
    return [program.position((field, index)) for index in range(program.fields[field])]


def _tokens(program: TemplateProgram, rows: Rows) -> Numbers:
    """Return the number of control tokens of each row, or -1 where a flag differs between positions."""
    right, left, copy = (rows[:, _positions(program, field)] for field in FLAGS)
    single = rows[:, _positions(program, "sum_counter") + _positions(program, "to_check_lsb")].sum(
        axis=1, dtype=np.int64
    )
    flags = np.stack([np.concatenate([right, left], axis=1).mean(axis=1), copy.mean(axis=1)])
    return np.where(np.isin(flags, (0, 1)).all(axis=0), single + flags.sum(axis=0).astype(np.int64), -1)


@claim(
    "l = 1..32: 7 l + 1 is the largest number of templates that match a state with arbitrary numbers and one control "
    "token; at 64 random such states for each l, the next state is of this kind as well",
    source=SOURCE,
)
def matches_of_any_numbers() -> Verdict:
    def is_kept(bits: int) -> bool:
        program = multiplication(bits)
        rows = _with_token(program, 64, stream(SEED, STATES, bits))
        before, after = _tokens(program, rows), _tokens(program, program.step_rows(rows))
        return bool((before == 1).all() and (after == 1).all())

    def check(bits: int) -> bool:
        program = multiplication(bits)
        numbers, control = _parts(program)
        tokens = {frozenset(template.when[:1]) for template in control}  # two templates read check=1: M_0 = 0 and 1
        return (
            bound_matches(numbers).bound == 7 * bits
            and len(control) == len(tokens) + 1 == 4 * bits + 4
            and len(program.match(_full(program, to_check_lsb=1))) == 7 * bits + 1
        )

    return conclude(
        confirm("7 l groups and one control template for each token, l = 1..32", range(1, 33), check, exhaustive=True),
        confirm("64 random states for each l from 1 to 32", range(1, 33), is_kept, exhaustive=False, seed=SEED),
    )


def _parts(program: TemplateProgram) -> tuple[TemplateProgram, list[Template]]:
    """Return the templates that read a number first, as a program, and those that read a control bit first."""
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
    "for all l, with l padding samples (K = 21 l + 2): the sign of the mean is the next bit wherever t <= 3 and n <= 7 "
    "l + 1, the bound for arbitrary numbers with one control token ({regime})",
    source=SOURCE + " (which add l padding samples)",
    each={"regime": REGIMES},
)
def padding_enough(regime: str) -> Verdict:
    return conclude(*_no_failure(two_layer_relu(regime), 21 * l + 2, 7 * l + 1, 0, 1))


NEEDED_FROM = {"ntk": 183, "nngp": 117}  # smallest l for which a state with one control token requires padding


@claim(
    "without padding (K = 20 l + 2), for all l: the rounding condition holds for all t <= 3 and n <= 7 l + 1 iff l <= "
    "182 (NTK), l <= 116 (NNGP); the step from the state with all numbers 1 and the check bit is executed for this l "
    "and refused for l + 1 ({regime})",
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
        decide(*gap_increases(kernel)),  # so the condition holds for fewer matches
        decide(*matches_outweigh(kernel)),  # B(n) < n, so it holds for fewer writers
        decide(less(provides, needs), Integers(n, start=7 * first + 1)),
        checks=[
            confirm("the machine refuses the step at the smallest such l", [first], fails, exhaustive=True),
            confirm(
                "the machine executes the step at l - 1", [first - 1], lambda bits: not fails(bits), exhaustive=True
            ),
        ],
    )


def _fails(program: TemplateProgram, state: State, kernel: Kernel) -> bool:
    """Return whether the machine refuses the step from `state` at a bit of the multiplicand that should become 1."""
    try:
        Machine(program, kernel).step(state)
    except RoundingFailure as failure:
        return failure.bit[0] == "multiplicand" and failure.counts.matched_writers >= 1
    return False


# --- padding for arbitrary states

LEAST_PADDING = {  # for arbitrary states, l = 1..12
    "ntk": (0, 3, 11, 19, 28, 38, 48, 58, 68, 78, 89, 99),
    "nngp": (2, 10, 18, 28, 38, 48, 58, 69, 80, 90, 101, 112),
}


def _largest_state(program: TemplateProgram) -> State:
    """Return a state that 11 l + 2 templates match: numbers and counter cells 1, one copy flag, and the check bit."""
    cells = program.fields["sum_counter"]
    return _full(program, sum_counter=2**cells - 1, to_copy_to_sum_q=1, to_check_lsb=1)


@claim(
    "l = 1..12: the least padding for all counts that arbitrary states allow is 0, 3, 11, 19, 28, 38, 48, 58, 68, 78, "
    "89, 99 (NTK), 2, 10, 18, 28, 38, 48, 58, 69, 80, 90, 101, 112 (NNGP); at one state it is required: with one "
    "sample fewer the machine refuses the step at a bit of the multiplicand ({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def padding_for_arbitrary_states(regime: str) -> Verdict:
    kernel = two_layer_relu(regime)

    def check(bits: int) -> bool:
        least, program = LEAST_PADDING[regime][bits - 1], multiplication(bits)
        state = _largest_state(program)
        possible, occurring = arbitrary_counts(program), counts_of(program, state).values()
        if not least_padding(kernel, possible) == least_padding(kernel, occurring) == least:
            return False
        sufficient, short = multiplication(bits), multiplication(bits)
        sufficient.pad(least)
        short.pad(max(least - 1, 0))
        return not _fails(sufficient, state, kernel) and (least == 0 or _fails(short, state, kernel))

    return conclude(confirm("every l from 1 to 12", range(1, 13), check, exhaustive=True))


@claim(
    "arbitrary states: with l padding samples the rounding condition fails at n = 11 l + 2, p = 1, t = 3 for all l >= "
    "2 (NTK), l >= 1 (NNGP), counts that occur at a state of every l <= 32; with 13 l + 4 it holds wherever t <= 3 and "
    "n <= 11 l + 2, for all l ({regime})",
    source=SOURCE + " (which add l padding samples)",
    each={"regime": REGIMES},
)
def padding_not_enough(regime: str) -> Verdict:
    kernel, first = two_layer_relu(regime), {"ntk": 2, "nngp": 1}[regime]
    needs, provides = 3 * (n - kernel.balance(n)), 21 * (n - 2) / 11 + 2 + kernel.contrast  # n = 11 l + 2, t = 3, p = 1

    def check(bits: int) -> bool:
        program = multiplication(bits)
        state = _largest_state(program)
        counts = counts_of(program, state)[("multiplicand", 1)]
        program.pad(bits)
        reached = (counts.matches, counts.matched_writers, counts.writers) == (11 * bits + 2, 1, 3)
        return reached and _fails(program, state, kernel)

    return conclude(
        decide(less(provides, needs), Integers(n, start=11 * first + 2)),
        confirm("n = 11 l + 2, p = 1, t = 3 occurs and is refused, l <= 32", range(first, 33), check, exhaustive=True),
        *_no_failure(kernel, 33 * l + 6, 11 * l + 2, 0, 0),
    )
