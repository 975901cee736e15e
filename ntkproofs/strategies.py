"""Tests of your own programs and networks: strategies of Hypothesis, and ``assert_executes`` for given networks.

A property test with them is a few lines::

    @given(strategies.states(my_program))
    def test_one_step(state):
        assert Machine(my_program).step(state) == my_program.step(state)

All shrink towards simple values: zeros, few templates, few required bits.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Mapping
from fractions import Fraction

from hypothesis import strategies as st

from ntkproofs.bounds.rounding import least_padding, rounds_right
from ntkproofs.counts import arbitrary_counts, counts_of
from ntkproofs.errors import InputError, NoMargin
from ntkproofs.execution import exhaust_networks
from ntkproofs.kernels import Kernel, KernelLike, as_kernel
from ntkproofs.programs import Bit, DuplicateTemplate, State, Stream, Task, Template, TemplateProgram
from ntkproofs.programs.sbn import Assembly, Instruction
from ntkproofs.weights import Networks

__all__ = ["assert_executes", "bit_vectors", "dyadics", "sbn_programs", "states", "template_programs"]


def assert_executes(
    networks: Networks,
    program: Task | TemplateProgram | Stream,
    *,
    threshold: Fraction | int | None = None,
    sample: int | None = None,
    seed: int = 0,
) -> None:
    """Raise AssertionError, with the first wrong bit, unless `networks` execute `program` exactly on all inputs.

    Of a program without a task, one step from every state. `threshold`: a fraction (default: that of the networks'
    file, else the balanced one for the program); `sample`: so many random inputs, determined by `seed`, in place of
    all, and the wrong one that is named is then small. Every output is decided exactly
    (:func:`ntkproofs.execution.exhaust_networks`, whose InputErrors it raises).

    >>> import numpy
    >>> from ntkproofs.programs import permutation_task
    >>> networks = Networks.of(numpy.eye(2), numpy.array([[1.0, 0.5], [0.0, 1.0]]))
    >>> assert_executes(networks, permutation_task([0, 1]), threshold=Fraction(2, 3))
    >>> try:
    ...     assert_executes(networks, permutation_task([0, 1]), threshold=Fraction(1, 2))
    ... except AssertionError as problem:
    ...     print(str(problem).partition(": ")[2][:89])
    inputs 2, step 1: at the state bits=01 the output of bit bits_0 is 1/2 = 0.5, exactly the
    """
    result = exhaust_networks(program, networks, threshold=threshold, sample=sample, seed=seed)
    problem = result.problem()
    if problem:
        raise AssertionError(f"{networks.source} do not execute {result.source.program.name!r}: {problem}")


def bit_vectors(length: int) -> st.SearchStrategy[list[int]]:
    """Return lists of `length` bits.

    >>> from hypothesis import find
    >>> find(bit_vectors(3), lambda bits: sum(bits) == 1)
    [0, 0, 1]
    """
    return st.lists(st.integers(0, 1), min_size=length, max_size=length)


def dyadics(*, bits: int = 8, largest: int = 4) -> st.SearchStrategy[Fraction]:
    """Return dyadic fractions ``m / 2**e`` with ``0 <= e <= bits`` and absolute value at most `largest`."""
    return st.integers(0, bits).flatmap(
        lambda exponent: st.integers(-largest << exponent, largest << exponent).map(
            lambda numerator: Fraction(numerator, 1 << exponent)
        )
    )


@st.composite
def states(draw: st.DrawFn, program: TemplateProgram) -> State:
    """Return states of `program`, ``{field: [bits]}``; about three in four are drawn towards extreme counts.

    In those states a writer of a bit matches, other writers of this bit do not, and as many of the other templates as
    possible do: rounding fails at such states first. The state that shrinks furthest is zero.
    """
    state = {name: draw(bit_vectors(width)) for name, width in program.fields.items()}
    pairs = [(bit, index) for index, template in enumerate(program.templates) for bit in template.write]
    number = draw(st.integers(0, (1 << 32) - 1))  # one number, so that Hypothesis varies all choices together
    if number % 4 and pairs:
        source = random.Random(number)
        for (field, position), value in _crowded(program, *source.choice(pairs), source).items():
            state[field][position] = value
    return state


def _crowded(program: TemplateProgram, bit: Bit, index: int, source: random.Random) -> dict[Bit, int]:
    """Return values of bits with which a template matches, other writers of `bit` do not, and many others do."""
    required = dict(program.templates[index].when)

    def compatible(template: Template) -> bool:
        return all(required.get(where, value) == value for where, value in template.when)

    order = source.sample(program.templates, len(program.templates))
    for template in order:
        free = [(where, 1 - value) for where, value in template.when if where not in required]
        if bit in template.write and free and compatible(template):
            required.update([free[0]])  # contradicts the template
    for template in order:
        if bit not in template.write and compatible(template):
            required.update(template.when)
    return required


@st.composite
def template_programs(
    draw: st.DrawFn,
    *,
    fields: Mapping[str, int] | None = None,
    max_templates: int = 8,
    max_padding: int = 4,
    rounds: bool | None = None,
    kernel: KernelLike = "ntk",
) -> TemplateProgram:
    """Return random template programs, with constants, templates that write nothing, and duplicates among them.

    `fields`: the fields of the programs (default: one to three small ones, drawn). `rounds`: True for programs of which
    every bit is rounded correctly at every state, by padding; False for programs with a state at which a bit is rounded
    wrong (of one construction, with at least 17 templates); None for either. `kernel`: the kernel that determines
    this, a Kernel or the name of one. Raises InputError where `rounds` is True and no padding is enough for this kernel
    (two hidden ReLU layers).
    """
    if rounds not in (True, False, None):
        raise InputError(f"rounds must be True, False or None, got {rounds!r}")
    if rounds is False:
        if fields is not None:
            raise InputError("rounds=False determines the fields of the program: leave out fields=")
        return _failing(draw, as_kernel(kernel))
    if fields is None:
        widths = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
        fields = dict(zip("pqr", widths, strict=False))
    program = TemplateProgram("random", fields=fields)
    bits = [(name, index) for name, width in fields.items() for index in range(width)]
    for _ in range(draw(st.integers(1, max_templates))):
        when = draw(st.dictionaries(st.sampled_from(bits), st.integers(0, 1), max_size=3))
        write = draw(st.lists(st.sampled_from(bits), max_size=3, unique=True))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DuplicateTemplate)
            program.template(when=when, write=write)
    program.pad(draw(st.integers(0, max_padding)))
    if rounds is True:
        _pad(program, as_kernel(kernel))
    return program


@st.composite
def sbn_programs(draw: st.DrawFn, *, most_words: int = 6, most_bits: int = 8, most_instructions: int = 8) -> Assembly:
    """Return SBN programs with their data; most run forever. They shrink to few words and instructions, small values.

    >>> from hypothesis import find
    >>> smallest = find(sbn_programs(), lambda program: len(program.instructions) > 1)
    >>> len(smallest.names), len(smallest.instructions)
    (1, 2)
    """
    bits, words, length = (draw(st.integers(1, most)) for most in (most_bits, most_words, most_instructions))
    values = st.integers(-(1 << bits - 1), (1 << bits - 1) - 1)
    instruction = st.builds(Instruction, st.integers(0, words - 1), st.integers(0, words - 1), st.integers(0, length))
    return Assembly(
        bits,
        tuple(f"w{index}" for index in range(words)),
        tuple(draw(st.lists(values, min_size=words, max_size=words))),
        tuple(draw(st.lists(instruction, min_size=length, max_size=length))),
    )


def _pad(program: TemplateProgram, kernel: Kernel) -> None:
    """Pad a program so that every bit is rounded correctly at every state."""
    try:
        program.pad(least_padding(kernel, arbitrary_counts(program)))
    except NoMargin as problem:
        raise InputError(f"rounds=True is impossible for some programs: {problem}") from problem


def _failing(draw: st.DrawFn, kernel: Kernel) -> TemplateProgram:
    """Return a program of which a bit is rounded wrong at the state ``p = 1``.

    There one of the many writers of ``q_0`` matches, so the bit should be 1, but its mean is negative: the other
    writers do not match, and one more template for each bit of ``a`` raises n.
    """
    writers = draw(st.integers(8, 12))
    program = TemplateProgram("failing", fields={"p": writers, "a": writers, "q": 2})
    program.template(when={("p", 0): 1}, write=[("q", 0)])
    for index in range(writers):
        program.template(when={("a", index): 1}, write=[("q", 0)])
        program.template(when={("p", 0): 1, ("a", index): 0}, write=[("q", 1)])
    if rounds_right(kernel, counts_of(program, program.state(p=1))[("q", 0)]):
        raise InputError(f"no program that is rounded wrong is known for the kernel {kernel.name!r}")
    return program
