"""The template language: invalid arguments, and the arrays of a program."""

import re
import warnings

import numpy as np
import pytest

from ntkproofs.errors import InputError
from ntkproofs.programs import (
    DuplicateTemplate,
    TemplateProgram,
    addition,
    addition_task,
    permutation,
    permutation_task,
)


@pytest.fixture
def program():
    program = TemplateProgram("mine", fields={"p": 4, "q": 3})
    program.template(when={("p", 0): 1, ("q", 0): 0}, write=[("q", 1)])
    return program


# --- building


@pytest.mark.parametrize(
    ("when", "write", "message"),
    [
        ({("r", 0): 1}, [("q", 1)], "unknown field 'r'"),
        ({("p", 0): 1}, [("r", 1)], "unknown field 'r'"),
        ({("p", 4): 1}, [("q", 1)], "indices from 0 to 3"),
        ({("p", -1): 1}, [("q", 1)], "indices from 0 to 3"),
        ({("p", 0.0): 1}, [("q", 1)], "indices from 0 to 3"),
        ({("p", "0"): 1}, [("q", 1)], "indices from 0 to 3"),
        ({("p", 0): 1}, [("q", 3)], "indices from 0 to 2"),
        ({("p", 0): 2}, [("q", 1)], "must be required to be 0 or 1"),
        ({("p", 0): -1}, [("q", 1)], "must be required to be 0 or 1"),
        ({("p", 0): 1.0}, [("q", 1)], "must be required to be 0 or 1"),
        ({("p", 0): "1"}, [("q", 1)], "must be required to be 0 or 1"),
        ({("p", 0): None}, [("q", 1)], "must be required to be 0 or 1"),
        ([(("p", 0), 1), (("p", 0), 0)], [("q", 1)], "contradictory"),
        ({("p", 0): 1}, [("q", 1), ("q", 1)], "listed twice in write="),
        ([("p", 0)], [("q", 1)], "a bit must be"),
        ({"p": 1}, [("q", 1)], "a bit must be"),
        ({("p", 0): 1}, ["q"], "a bit must be"),
        ({("p", 0): 1}, ("q", 1), "a bit must be"),
        ([(("p", 0), 1, 1)], [("q", 1)], "a requirement must be"),
        ({("p", 0, 1): 1}, [("q", 1)], "a bit must be"),
    ],
)
def test_an_invalid_template_is_refused_and_not_added(program, when, write, message):
    before = (program.templates, program.samples, program.labels.tolist(), program.writers.tolist())
    with pytest.raises(InputError, match=message):
        program.template(when=when, write=write)
    assert (program.templates, program.samples, program.labels.tolist(), program.writers.tolist()) == before
    program.template(when={("p", 3): 1}, write=[("p", 3)])
    assert program.samples == 2


def test_the_same_requirements_with_other_writes_are_no_duplicate(program):
    program.template(when={("p", 0): 1, ("q", 0): 0}, write=[("q", 2)])
    program.template(when={("p", 0): 1, ("q", 0): 1}, write=[("q", 1)])
    program.template(when=[(("p", 1), 1), (("p", 1), 1)], write=[("q", 1)])
    assert program.samples == 4


@pytest.mark.parametrize(
    "fields", [{}, None, [], {"p": 0}, {"p": -1}, {"p": 1.5}, {"p": "4"}, {"": 1}, {3: 1}, {"p": 1 << 21}]
)
def test_invalid_fields_are_refused(fields):
    with pytest.raises(InputError):
        TemplateProgram("x", fields=fields)


BAD_PROGRAMS = [
    "",
    "the right sum of any two numbers with probability 1",
    "summe\n",
    None,
    3,
    b"x",
    "the right sum of any two numbers",
    ".x",
    "-x",
    "x\n",
    "x y",
    "µ",
    "x" * 65,
    "x\x1b[2J",
]
BAD_FIELDS = [
    "",
    "a b",
    "a'",
    "a`b",
    'a"',
    "\u00b5",
    "\u03bc",
    "a\n",
    "a\t",
    "\x7f",
    "a\x00",
    "\u202e",
    "ａ",
    "x" * 201,
]


@pytest.mark.parametrize("name", BAD_PROGRAMS)
def test_a_programs_name_is_an_ascii_identifier(name):
    with pytest.raises(InputError, match="the name of a program must be 1 to 64 ASCII letters") as caught:
        TemplateProgram(name, fields={"p": 1})
    assert str(caught.value).isascii()


@pytest.mark.parametrize("name", BAD_FIELDS)
def test_a_fields_name_is_printable_ascii(name):
    """Python turns a keyword into its NFKC form: two names that look the same could be two fields."""
    with pytest.raises(InputError, match="the name of a field must be 1 to 200 printable ASCII characters") as caught:
        TemplateProgram("x", fields={name: 1})
    assert str(caught.value).isascii()


@pytest.mark.parametrize("name", ["addition", "_", "0", "rule110", "5xp1.pla", "a-b_c.d", "x" * 64])
def test_names_of_programs(name):
    assert TemplateProgram(name, fields={"p": 1}).name == name


@pytest.mark.parametrize("name", ["a[0]", "$abc$20", "<b>&", "\\x", "x" * 200, "self", "!#%~"])
def test_names_of_fields(name):
    assert TemplateProgram("x", fields={name: 2}).state(**{name: 1}) == {name: [1, 0]}


def test_text_fields_must_exist():
    with pytest.raises(InputError, match="unknown field"):
        TemplateProgram("x", fields={"p": 1}, text=["q"])


@pytest.mark.parametrize("count", [-1, 1.0, "3", None])
def test_padding_must_be_a_nonnegative_integer(program, count):
    with pytest.raises(InputError, match="padding"):
        program.pad(count)
    assert program.padding == 0


@pytest.mark.parametrize(("when", "write"), [(None, [("q", 1)]), ({("p", 0): 1}, None), (3, [("q", 1)])])
def test_arguments_that_are_not_iterable_raise_input_error(program, when, write):
    with pytest.raises(InputError):
        program.template(when=when, write=write)


# --- arrays


def test_labels_have_a_row_for_each_sample_and_zeros_for_padding(program):
    program.template(when={("p", 3): 1}, write=[("p", 0), ("q", 2)])
    program.pad(2)
    program.pad(1)
    assert program.samples == 5
    assert program.labels.tolist() == [
        [0, 0, 0, 0, 0, 1, 0],
        [1, 0, 0, 0, 0, 0, 1],
        [0] * 7,
        [0] * 7,
        [0] * 7,
    ]
    assert program.labels.dtype == np.uint8


def test_returned_objects_cannot_modify_the_program(program):
    program.labels[:] = 1
    assert program.labels.sum() == 1
    with pytest.raises(TypeError):
        program.fields["p"] = 9
    assert isinstance(program.templates, tuple)


def test_templates_added_after_a_step_are_used(program):
    state = program.state(p=1)
    assert program.step(state) == program.state(q=2)
    assert program.writers.tolist() == [0, 0, 0, 0, 0, 1, 0]
    program.template(when={("p", 1): 0}, write=[("q", 2), ("q", 1)])
    assert program.step(state) == program.state(q=6)
    assert program.writers.tolist() == [0, 0, 0, 0, 0, 2, 1]
    program.pad(5)
    assert program.labels.shape == (7, 7)
    assert len(program.encode(state)) == 7


def test_positions_and_bits_are_inverse(program):
    indices = [program.position(program.bit(index)) for index in range(program.output_bits)]
    assert indices == list(range(7))
    assert program.bit(4) == ("q", 0)
    for index in (-1, 7):
        with pytest.raises(InputError):
            program.bit(index)


# --- states


def test_numbers_become_bits_least_significant_first(program):
    assert program.state(p=0b1101, q=0b011) == {"p": [1, 0, 1, 1], "q": [1, 1, 0]}
    assert program.state() == {"p": [0, 0, 0, 0], "q": [0, 0, 0]}
    assert program.state(p=np.int64(8)) == {"p": [0, 0, 0, 1], "q": [0, 0, 0]}


@pytest.mark.parametrize("numbers", [{"p": 16}, {"p": -1}, {"q": 8}, {"r": 0}, {"p": 1.0}, {"p": "1"}])
def test_numbers_that_do_not_fit_are_refused(program, numbers):
    with pytest.raises(InputError):
        program.state(**numbers)


@pytest.mark.parametrize(
    "state",
    [
        {"p": [0] * 4},
        {"p": [0] * 4, "q": [0] * 3, "r": [0]},
        {"p": [0] * 3, "q": [0] * 3},
        {"p": [0] * 5, "q": [0] * 3},
        {"p": [0, 0, 0, 2], "q": [0] * 3},
        {"p": [0, 0, 0, -1], "q": [0] * 3},
        {"p": [0, 0, 0, 256], "q": [0] * 3},
        {"p": [0, 0, 0, 0.5], "q": [0] * 3},
        {"p": [0, 0, 0, 1.0], "q": [0] * 3},
        {"p": "0001", "q": [0] * 3},
        {"p": [0, 0, 0, None], "q": [0] * 3},
        [0] * 7,
        None,
    ],
)
def test_a_state_must_have_exactly_the_fields_of_the_program(program, state):
    for use in (program.row, program.match, program.step, program.encode):
        with pytest.raises(InputError):
            use(state)


def test_booleans_and_library_integers_are_bits(program):
    plain = program.step({"p": [1, 0, 0, 0], "q": [0, 0, 0]})
    assert program.step({"p": [True, False, False, False], "q": (0, 0, 0)}) == plain
    assert program.step({"p": np.array([1, 0, 0, 0]), "q": np.zeros(3, dtype=np.uint8)}) == plain


def test_fields_are_displayed_as_numbers_or_as_text():
    program = TemplateProgram("x", fields={"a": 4, "b": 4}, text=["b"])
    row = program.row(program.state(a=0b0011, b=0b0011))
    assert program.field_digits(row) == {"a": "0011", "b": "1100"}


def test_a_program_without_templates_writes_nothing():
    program = TemplateProgram("empty", fields={"p": 2})
    assert program.step({"p": [1, 1]}) == {"p": [0, 0]}
    assert program.match({"p": [1, 1]}).tolist() == []
    assert program.labels.shape == (0, 2)


# --- large programs


def test_matching_thousands_of_templates():
    size = 4000
    program = TemplateProgram("large", fields={"p": size, "q": size})
    for index in range(size):
        program.template(when={("p", index): 1, ("q", (7 * index) % size): 0}, write=[("q", index)])
    source = np.random.default_rng(5)
    p, q = source.integers(0, 2, size), source.integers(0, 2, size)
    state = {"p": p.tolist(), "q": q.tolist()}
    expected = (p == 1) & (q[(7 * np.arange(size)) % size] == 0)
    assert program.match(state).tolist() == np.flatnonzero(expected).tolist()
    assert program.step(state) == {"p": [0] * size, "q": expected.astype(int).tolist()}


def test_addition_of_a_thousand_bits():
    program = addition(bits=1000)
    assert (program.samples, program.output_bits) == (4000, 3000)
    assert int(program.writers.max()) == 2
    x, y = 3**600, 5**400
    after = program.step(program.state(p=x, q=y))
    xor, carry = x ^ y, x & y
    assert after == program.state(p=xor, c=carry)


# --- the two programs


def test_addition_has_the_templates_of_the_paper():
    assert [str(template) for template in addition(bits=2).templates] == [
        "p_0=0, q_0=1 -> p_0",
        "p_0=1, q_0=0 -> p_0",
        "p_0=1, q_0=1 -> c_0",
        "c_0=1 -> q_1",
        "p_1=0, q_1=1 -> p_1",
        "p_1=1, q_1=0 -> p_1",
        "p_1=1, q_1=1 -> c_1",
        "c_1=1 -> c_1",
    ]


@pytest.mark.parametrize("bits", [0, -1, 1.0, "8", None, 1 << 20])
def test_addition_refuses_an_invalid_number_of_bits(bits):
    with pytest.raises(InputError):
        addition(bits=bits)


@pytest.mark.parametrize("order", [[], [1], [0, 0], [0, 2], [0, -1], [0.0, 1], ["0", "1"], [0, None]])
def test_permutation_refuses_an_invalid_order(order):
    with pytest.raises(InputError, match="must contain each of"):
        permutation(order)


def test_a_permutation_sends_input_bit_order_i_to_output_bit_i():
    order = [2, 0, 3, 1]
    program = permutation(order)
    for index in range(4):
        bits = [int(index == other) for other in range(4)]
        assert program.step({"bits": bits})["bits"] == [bits[source] for source in order]


def test_tasks_start_and_read():
    task = addition_task(bits=5)
    assert (task.steps, task.input_bits) == (10, 10)
    assert task.start(19, 7) == {"p": [1, 1, 0, 0, 1], "q": [1, 1, 1, 0, 0], "c": [0] * 5}
    assert task.read({"p": [1, 0, 0, 0, 0], "q": [1] * 5, "c": [1, 1, 1, 1, 0]}) == 1
    assert task.read({"p": [0, 0, 0, 0, 0], "q": [1] * 5, "c": [0, 0, 0, 0, 1]}) == 32
    state = task.program.state(p=21, c=16)
    assert task.read_row(task.program.row(state)) == task.read(state) == 53
    assert task.oracle(19, 7) == 26
    for values in ((1,), (1, 2, 3), (32, 0), (-1, 0)):
        with pytest.raises(InputError):
            task.start(*values)
    swapped = permutation_task([1, 2, 0])
    assert [swapped.oracle(value) for value in range(8)] == [0, 4, 1, 5, 2, 6, 3, 7]


# --- constants, templates that write nothing, duplicates


def test_a_constant_matches_every_state_and_a_silent_template_is_counted():
    program = TemplateProgram("x", fields={"p": 2, "q": 2})
    program.template(when={("p", 0): 1}, write=[])
    program.template(when={}, write=[("q", 1)])
    program.template(when=[], write=[])
    assert [str(template) for template in program.templates] == [
        "p_0=1 -> (nothing)",
        "(always) -> q_1",
        "(always) -> (nothing)",
    ]
    assert program.match(program.state(p=3)).tolist() == [0, 1, 2]
    assert program.match(program.state(p=2)).tolist() == [1, 2]
    assert program.step(program.state(p=1)) == program.state(q=2)
    assert program.labels.tolist() == [[0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]]
    assert (program.samples, program.writers.tolist()) == (3, [0, 0, 0, 1])


@pytest.mark.parametrize("place", range(4))
def test_a_constant_matches_wherever_it_stands_in_the_list(place):
    """The ranges of requirements of a constant are empty, at the beginning, in the middle and at the end."""
    rules = [({("p", 0): 1, ("p", 1): 0}, [("q", 0)]), ({("p", 1): 1}, [("q", 1)]), ({("p", 2): 0}, [("q", 2)])]
    rules.insert(place, ({}, [("p", 0)]))
    program = TemplateProgram("x", fields={"p": 3, "q": 3})
    for when, write in rules:
        program.template(when, write)
    for p in range(8):
        q = int(p & 3 == 1) | int(p & 2 > 0) << 1 | int(p & 4 == 0) << 2
        assert program.step(program.state(p=p)) == program.state(p=1, q=q)


def test_a_duplicate_is_a_warning_and_a_sample(program):
    with pytest.warns(DuplicateTemplate, match="template 1: duplicate of an earlier template: q_0=0, p_0=1 -> q_1"):
        program.template(when=[(("q", 0), 0), (("p", np.int64(0)), True)], write=[("q", np.int32(1))])
    assert (program.samples, program.writers.tolist()) == (2, [0, 0, 0, 0, 0, 2, 0])
    assert program.match(program.state(p=1)).tolist() == [0, 1]


def test_a_duplicate_is_an_error_if_the_filter_says_so(program):
    with warnings.catch_warnings():
        warnings.simplefilter("error", DuplicateTemplate)
        with pytest.raises(InputError, match="duplicate"):
            program.template(when={("q", 0): 0, ("p", 0): 1}, write=[("q", 1)])
    assert program.samples == 1


def test_names_of_fields_are_quoted_where_a_bit_is_shown():
    program = TemplateProgram("x", fields={"a[0]": 1, "$abc$20": 2})
    program.template(when={("a[0]", 0): 1}, write=[("$abc$20", 1)])
    assert str(program.templates[0]) == "'a[0]'_0=1 -> '$abc$20'_1"
    assert "&#x27;a[0]&#x27;_0=1" in program._repr_html_()
    assert "&#x27;$abc$20&#x27; (2)" in program._repr_html_()
    with pytest.raises(InputError, match=re.escape("the fields are 'a[0]', '$abc$20'")):
        program.position(("b", 0))
