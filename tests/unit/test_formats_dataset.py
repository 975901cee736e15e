"""Data sets of instructions: JSON and NumPy arrays give the same, and what each malformed file is told."""

import contextlib
import io
import json
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntkproofs.errors import InputError
from ntkproofs.formats import Instruction, read_data_set

SAMPLE = {"flag": 0, "message": [[0, 0], [0, 0]]}
INPUTS = [{"message": {"1": {"0": 1}}}, {"message": {"0": {"1": 0}}, "flag": 1}, {}]
LABELS = [[1, 0, 0, 0, 0], [0, 1, 0, 0, 1], [0, 0, 0, 0, 0]]


def content(**changed):
    return json.dumps({"sample": SAMPLE, "inputs": INPUTS, "labels": LABELS, **changed}).encode()


def read(tmp_path, data, name="d.json"):
    path = tmp_path / name
    path.write_bytes(data)
    return read_data_set(path)


def refused(tmp_path, data, name="d.json"):
    with pytest.raises(InputError) as problem:
        read(tmp_path, data, name)
    message = str(problem.value)
    assert f"/{name}:" in message
    assert message.isprintable()
    return message.split(f"/{name}:", 1)[1]


def arrays(**items):
    file = io.BytesIO()
    np.savez_compressed(file, **items)
    return file.getvalue()


MATRICES = {"inputs": [[-1, -1, -1, 1, -1], [1, -1, 0, -1, -1], [-1] * 5], "labels": LABELS}


def test_positions_count_as_in_a_flattened_state(tmp_path):
    data = read(tmp_path, content(), "flood.json")
    assert (data.name, data.file, data.text) == ("flood", "flood.json", content())
    assert data.fields == (("flag", ()), ("message", (2, 2)))
    assert data.instructions == (
        Instruction(((3, 1),), (0,)),
        Instruction(((2, 0), (0, 1)), (1, 4)),
        Instruction((), ()),
    )


def test_arrays_say_the_same(tmp_path):
    data = read(tmp_path, arrays(**MATRICES, fields=["flag", "message"], widths=[1, 4]), "d.npz")
    assert data.fields == (("flag", (1,)), ("message", (4,)))
    expected = read(tmp_path, content()).instructions
    assert [(set(item.requires), item.writes) for item in data.instructions] == [
        (set(item.requires), item.writes) for item in expected
    ]
    assert read(tmp_path, arrays(**MATRICES), "d.npz").fields == (("bits", (5,)),)


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"", "1: not JSON: Expecting value (column 1)"),
        (b'{"sample": 1,\n"inputs"', "2: not JSON"),
        (b"\xff", "1: not UTF-8 text (byte 0)"),
        (b"[" * 100_000, "not a data set: RecursionError"),
        (b"1" * 10_000, "not a data set: ValueError"),
        (b'{"a": NaN}', "NaN is not a number of JSON"),
        (b'{"a": 1, "a": 2}', "the key 'a' stands twice in an object"),
        (b"[]", "a data set is an object with the keys sample, inputs, labels"),
        (content(more=1), "a data set is an object with the keys sample, inputs, labels"),
        (content(sample={}), 'sample must be an object of fields, such as {"bits": [0, 0]}'),
        (content(sample={"a": "x"}), "sample.a must be a number or nested lists of numbers of one regular shape"),
        (content(sample={"a": []}), "sample.a must be a number or nested lists of one regular shape, none empty"),
        (content(sample={"a": [[0], [0, 0]]}), "sample.a must be a number or nested lists of one regular shape"),
        (content(sample={"a": [[0], 0]}), "sample.a must be a number or nested lists of one regular shape"),
        (content(sample={"a": [0, [0]]}), "sample.a must be a number or nested lists of numbers"),
        (content(inputs=INPUTS[1:]), "inputs and labels must be lists of the same length, not empty"),
        (content(inputs=[], labels=[]), "inputs and labels must be lists of the same length, not empty"),
        (content(inputs=[[], {}, {}]), "inputs[0] must be an object of fields, got '[]'"),
        (content(inputs=[{}, {"x": 1}, {}]), "inputs[1] has the field 'x', which sample does not have"),
        (content(inputs=[{}, {"flag": 2}, {}]), "inputs[1].flag must be 0 or 1, got '2'"),
        (content(inputs=[{}, {"flag": True}, {}]), "inputs[1].flag must be 0 or 1, got 'True'"),
        (content(inputs=[{}, {"flag": {"0": 1}}, {}]), "inputs[1].flag must be 0 or 1"),
        (content(inputs=[{"message": 1}, {}, {}]), "inputs[0].message must be an object of indices, 2 deep, got '1'"),
        (
            content(inputs=[{"message": {"2": {}}}, {}, {}]),
            "inputs[0].message has the index '2'; it must be from 0 to 1",
        ),
        (content(inputs=[{"message": {"-1": {}}}, {}, {}]), "inputs[0].message has the index '-1'"),
        (content(inputs=[{"message": {"1": 1}}, {}, {}]), "inputs[0].message[1] must be an object of indices, 1 deep"),
        (
            content(labels=[[1], [], []]),
            "labels[0] must be a list of 5 labels, as many as sample has bits; got 1 items",
        ),
        (
            content(labels=[LABELS[0], 7, []]),
            "labels[1] must be a list of 5 labels, as many as sample has bits; got '7'",
        ),
        (content(labels=[[2, 0, 0, 0, 0], [], []]), "labels[0] has the label '2'; labels are 0 or 1"),
    ],
)
def test_malformed_json(tmp_path, data, part):
    assert part in refused(tmp_path, data)


def npy(header, data=b""):
    """An .npz file whose array `inputs` has a header of our own."""
    file = io.BytesIO()
    text = header.encode().ljust(117) + b"\n"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("inputs.npy", b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"", "not an .npz file"),
        (b"PK\x03\x04", "not an .npz file"),
        (arrays(labels=LABELS), "inputs must be a matrix of the values -1, 0, 1, a row for each instruction"),
        (arrays(inputs=[1], labels=LABELS), "inputs must be a matrix of the values -1, 0, 1"),
        (arrays(inputs=[["1"]], labels=LABELS), "inputs must be a matrix"),
        (arrays(inputs=[[1, 2]], labels=[[1, 0]]), "inputs[0, 1] is 2; it must be one of -1, 0, 1"),
        (arrays(inputs=[[1, 0]], labels=[[1, -1]]), "labels[0, 1] is -1; it must be one of 0, 1"),
        (arrays(inputs=[[1, np.nan]], labels=[[1, 0]]), "inputs[0, 1] is nan"),
        (arrays(inputs=[[1, 0]], labels=[[1]]), "inputs and labels must have the same shape, got (1, 2) and (1, 1)"),
        (arrays(**MATRICES, fields=["a"]), "fields must be a vector of different names, and widths one of positive"),
        (arrays(**MATRICES, fields=["a", "a"], widths=[1, 4]), "fields must be a vector of different names"),
        (arrays(**MATRICES, fields=["a", "b"], widths=[1, 3]), "widths one of positive sizes with the sum 5"),
        (arrays(**MATRICES, fields=["a", "b"], widths=[0, 5]), "widths one of positive sizes with the sum 5"),
        (arrays(**MATRICES, more=[1]), "the array 'more': expected inputs, labels, fields, widths, each once"),
        (
            npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", b"cos\nsystem\n"),
            "the array inputs must have as",
        ),
        (npy("{'descr': '<i8', 'fortran_order': False, 'shape': (99999999999, 9)}"), "as much data as its header"),
        (npy("{'descr': '<i8', 'fortran_order': False, 'shape': (-1, 9)}"), "as much data as its header"),
        (npy("{'descr': '<i8'}"), "not an .npz file"),
        (npy("__import__('os')"), "not an .npz file"),
    ],
)
def test_malformed_arrays(tmp_path, data, part):
    assert part in refused(tmp_path, data, "d.npz")


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("inputs.npy", "w") as item:
        for _ in range(129):
            item.write(bytes(1 << 20))
    assert "the array inputs is too large: at most 134,217,728 bytes" in refused(tmp_path, file.getvalue(), "d.npz")


def test_suffixes(tmp_path):
    assert "the suffix of a data set must be .json or .npz" in refused(tmp_path, b"", "d.pkl")


@given(changes=st.lists(st.tuples(st.integers(0, 10_000), st.binary(min_size=1, max_size=2)), min_size=1, max_size=4))
@pytest.mark.parametrize("name", ["f.json", "f.npz"])
def test_random_changes(tmp_path_factory, name, changes):
    data = bytearray(content() if name == "f.json" else arrays(**MATRICES, fields=["a", "b"], widths=[1, 4]))
    for place, piece in changes:
        data[place % len(data)] = piece[0]
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(data)
    with contextlib.suppress(InputError):
        assert read_data_set(path).instructions
