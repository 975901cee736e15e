"""Espresso PLA: the meaning of each character in each type, conflicts, names, and what malformed files are told."""

from itertools import product

import pytest
from netlists import function, truth_table

from ntkproofs.errors import InputError
from ntkproofs.formats import read_pla
from ntkproofs.formats.conflicts import first_conflict, most_rows


def table(rows, kind="", inputs=2, outputs=1):
    head = f".i {inputs}\n.o {outputs}\n" + (f".type {kind}\n" if kind else "")
    return f"{head}{rows}\n.e\n".encode()


def refused(data):
    with pytest.raises(InputError) as problem:
        read_pla(data, "f.pla")
    message = str(problem.value)
    assert message.startswith("f.pla:")
    assert "\n" not in message
    return message.removeprefix("f.pla:")


def may_be_either(netlist, output=0):
    """The inputs, as an integer with a bit for each, on which an output may have either value."""
    covers = dict(netlist.dont_care)
    name = netlist.outputs[output]
    planes = {"i0": 0b1010, "i1": 0b1100}
    return function(covers[name], planes, 0b1111) if name in covers else 0


@pytest.mark.parametrize("kind", ["", "f", "fd", "fr", "fdr"])
@pytest.mark.parametrize("char", "01-~24")
def test_every_character_in_every_type(kind, char):
    # the row 11 has the character, the rows 01 and 00 have 1 and, where the type has off-sets, 0
    rows = f"11 {char}\n01 1" + ("\n00 0" if "r" in kind else "")
    netlist = read_pla(table(rows, kind))
    ones, either = truth_table(netlist)[0], may_be_either(netlist)
    on, off = char in "14", char == "0" and "r" in kind
    assert ones == 0b0100 | on << 3
    if "r" in kind:  # 10 is not mentioned
        assert either == 0b0010 | (not on and not off) << 3
    else:
        assert either == (char in "-2" and kind != "f") << 3


def test_names_separators_comments_and_digits():
    text = b"# table\n.i 2\n.o 2\n.ilb a b\n.ob f g\n.p 2\n1 2 | 1 0 # row\r\n0-01\n"
    netlist = read_pla(text, "t.pla")
    assert (netlist.name, netlist.inputs, netlist.outputs) == ("t", ("a", "b"), ("f", "g"))
    assert [cover.cubes for _, cover in netlist.covers] == [("1-",), ("0-",)]


def test_default_names_avoid_those_of_the_file():
    assert read_pla(table(".ob i0", inputs=1)).inputs == ("i0_",)
    assert read_pla(table("")).inputs == ("i0", "i1")
    assert read_pla(table("")).outputs == ("o0",)


def test_an_empty_table_is_the_constant_0():
    assert truth_table(read_pla(table(""))) == (0,)


@pytest.mark.parametrize(
    ("data", "line", "part"),
    [
        (table("1 1"), 3, "the row '1 1' has 2 characters; .i 2 and .o 1 require 3"),
        (table("111 1"), 3, "has 4 characters"),
        (table("1x 1"), 3, "the inputs '1x' must consist of 0, 1, - and 2"),
        (table("11 x"), 3, "the outputs 'x' must consist of 0, 1, -, ~, 2, 3 and 4"),
        (table("11 1\n1- 0", "fr"), 5, "the row contradicts that on line 4"),
        (table("1- 0\n\n-1 1", "fdr"), 6, "the row contradicts that on line 4"),
        (table("", "x"), 3, ".type must be f, fd, fr or fdr, got 'x'"),
        (table(".type f\n.type f"), 4, "'.type' stands twice, first on line 3"),
        (table(".foo"), 3, "unknown directive '.foo'; the directives are .i .o .p .ilb .ob .type .e"),
        (table(".phase 1"), 3, ".phase is not read: complement the outputs"),
        (table(".mv 3 2 1"), 3, ".mv is not read"),
        (table(".ilb a"), 3, ".ilb lists 1 names for 2 columns"),
        (table(".ilb a a"), 3, "'a' is driven twice, first on line 3"),
        (table(".ilb a b\n.ob a"), 4, "'a' is driven twice, first on line 3"),
        (table(".p 2\n11 1"), 3, ".p announces 2 rows and there are 1 in the file: it may be truncated"),
        (table(".e\n11 1"), 4, "'11' after the end of the table on line 3"),
        (table(".e 1"), 3, ".e stands alone on its line, got '1'"),
        (b"11 1\n.e", 1, ".i, the number of inputs, is missing"),
        (b".i 2\n.e", 2, ".o, the number of outputs, is missing"),
        (b"", 1, ".i, the number of inputs, is missing"),
        (b".i 2\n.o 1\n11 1\n", 3, "neither .p, the number of rows, nor an end .e: the file may be truncated"),
        (b".i 0\n.o 1\n.e", 1, ".i needs one integer from 1 to 2,048, got '0'"),
        (b".i 99999999999999999999\n.o 1\n.e", 1, ".i needs one integer from 1 to 2,048, got '99999999999999999999'"),
        (b".i -1\n.o 1\n.e", 1, ".i needs one integer"),
        (b".i 2 2\n.o 1\n.e", 1, ".i needs one integer"),
        (b".i 2\n.o 1\n1\xb2 1\n.e", 3, "the byte 0xb2 is not a printable ASCII character"),
    ],
)
def test_each_malformed_file_is_told_the_line_and_what_would_be_right(data, line, part):
    message = refused(data)
    assert message.startswith(f"{line}: ")
    assert part in message


def test_rows_that_agree_do_not_contradict_each_other():
    assert read_pla(table("11 10\n1- -0\n-1 1-", "fr", outputs=2))


def test_conflicts_of_all_small_tables():
    rows = ["".join(row) for row in product("01-", repeat=3)]

    def contradict(first, second):
        meet = all("".join(sorted(pair)) != "01" for pair in zip(first[:2], second[:2], strict=True))
        return meet and "".join(sorted(first[2] + second[2])) == "01"

    for first in rows:
        for second in rows:
            split = [(row[:2], row[2]) for row in (first, second)]
            assert first_conflict(split) == ((0, 1) if contradict(first, second) else None)


def test_the_first_conflict_of_many_rows():
    rows = [(f"{k:08b}", "1") for k in range(256)]
    assert first_conflict(rows) is None
    assert first_conflict([*rows, ("0000011-", "0")]) == (6, 256)
    assert first_conflict([]) is None


def test_too_many_rows_to_compare_are_refused():
    rows = "\n".join(f"{k:020b} {k & 1}" for k in range(most_rows(21) + 1))
    assert f"too many rows to compare with each other: at most {most_rows(21):,}" in refused(table(rows, "fr", 20))
