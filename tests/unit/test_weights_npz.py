"""Files .npz: every forged one is refused with one line that says why; nothing is unpickled or inflated in vain."""

import struct
import zipfile
from fractions import Fraction

import numpy as np
import pytest
from weights_local import archive, described, message, npy, raw

from ntkproofs.errors import InputError
from ntkproofs.weights import npz, read_networks, stored

HIDDEN = ("hidden.weight.npy", npy(np.arange(1, 7, dtype=np.float32).reshape(2, 3)))
OUTPUT = ("output.weight.npy", npy(np.array([[7, 8]], dtype=np.float32)))


def with_hidden(data, compression=zipfile.ZIP_STORED):
    return archive([("hidden.weight.npy", data), OUTPUT], compression)


def changed(data, old, new):
    assert data.count(old)
    return data.replace(old, new)


NO_HEADER = "'hidden.weight' is not an array of NumPy with a header of version 1.0"
NPZ = {
    "empty": (b"", "not an .npz file, or truncated: it must end as a zip archive without a comment does"),
    "pickle": (b"\x80\x04N.", "not an .npz file, or truncated"),
    "truncated": (archive([HIDDEN, OUTPUT])[:-1], "not an .npz file, or truncated"),
    "comment": (archive([HIDDEN, OUTPUT])[:-2] + b"\1\0", "it must end as a zip archive without a comment does"),
    "trailing": (archive([HIDDEN, OUTPUT]) + b"x", "not an .npz file, or truncated"),
    "no members": (archive([]), "it has no arrays hidden.weight"),
    "member of another kind": (archive([("a.txt", b"")]), "the member 'a.txt' is not an array: its name does not end"),
    "of torch": (archive([("archive/data.pkl", b"N.")]), "pickles are not opened, since they can run any code"),
    "unknown": (archive([("bias.npy", HIDDEN[1])]), "unknown array 'bias': the arrays of a two-layer network are"),
    "folder": (archive([("a/hidden.weight.npy", HIDDEN[1]), OUTPUT]), "unknown array 'a/hidden.weight'"),
    "both": (archive([HIDDEN, ("2.weight.npy", OUTPUT[1])]), "it has arrays of both layouts"),
    "missing": (archive([HIDDEN]), "the array output.weight is missing"),
    "objects": (
        with_hidden(npy(np.array([[1, None]]), allow_pickle=True)),
        "'hidden.weight' has the dtype object, which would be unpickled: weights are float16, float32, float64",
    ),
    "integers": (with_hidden(npy(np.eye(2, 3, dtype=np.int32))), "has the dtype <i4: weights are float16, float32"),
    "bfloat16": (with_hidden(raw(described("<V2"), bytes(12))), "<V2 (NumPy has no bfloat16: convert to float32)"),
    "long double": (with_hidden(raw(described("<f16"), bytes(96))), "'hidden.weight' has the dtype <f16"),
    "native order": (with_hidden(raw(described("=f4"), bytes(24))), "'hidden.weight' has the dtype =f4"),
    "records": (with_hidden(npy(np.zeros(2, "f4,f4"))), NO_HEADER),
    "version 2": (with_hidden(npy(np.eye(2, 3), version=(2, 0))), NO_HEADER),
    "no header": (with_hidden(b""), NO_HEADER),
    "magic": (with_hidden(b"x" + HIDDEN[1][1:]), NO_HEADER),
    "code": (with_hidden(raw("__import__('os')")), NO_HEADER),
    "deep": (with_hidden(raw("(" * 60_000)), NO_HEADER),
    "negative shape": (with_hidden(raw(described(shape="(-2, 3)"), bytes(24))), NO_HEADER),
    "shape a number": (with_hidden(raw(described(shape="(6)"), bytes(24))), NO_HEADER),
    "order a number": (with_hidden(raw(described(order="1"), bytes(24))), NO_HEADER),
    "header cut": (with_hidden(HIDDEN[1][:60]), NO_HEADER),
    "long name of a member": (
        changed(archive([HIDDEN, OUTPUT]), b"\x11\0\0\0hidden.weight.npy\x93", b"\xff\xff\0\0hidden.weight.npy\x93"),
        "not a valid .npz file: File name in directory 'hidden.weight.npy' and header b",
    ),
    "array cut": (
        with_hidden(HIDDEN[1][:-1]),
        "'hidden.weight' has 23 bytes of data; for the dtype <f4 and the shape (2, 3) they must be 24",
    ),
    "array with more": (with_hidden(HIDDEN[1] + b"\0"), "'hidden.weight' has 25 bytes of data"),
    "shape of a bomb": (with_hidden(raw(described(shape="(1000000000, 1000000000)"))), "has 0 bytes of data; for the"),
    "empty axis": (with_hidden(raw(described(shape="(0, 3)"))), "hidden.weight is empty: its shape is (0, 3)"),
    "five axes": (
        with_hidden(npy(np.ones((1, 1, 1, 2, 3)))),
        "hidden.weight has 5 axes; arrays of weights have 1 to 4",
    ),
    "no axes": (with_hidden(npy(np.float32(1))), "hidden.weight has 0 axes"),
    "encrypted": (
        changed(archive([HIDDEN, OUTPUT]), b"PK\1\2\x14\3\x14\0\0", b"PK\1\2\x14\3\x14\0\1"),
        "must be stored or deflated, and not encrypted",
    ),
    "lzma": (
        archive([HIDDEN, OUTPUT], zipfile.ZIP_LZMA),
        "the member 'hidden.weight.npy' must be stored or deflated, and not encrypted",
    ),
    "one byte of the data": (
        changed(archive([HIDDEN, OUTPUT]), struct.pack("<2f", 7, 8), struct.pack("<2f", 7, 9)),
        "not a valid .npz file: Bad CRC-32 for file 'output.weight.npy'",
    ),
    "metadata with axes": (
        archive([HIDDEN, OUTPUT, ("axes.npy", npy(np.array(["bit"])))]),
        "'axes' must be a text without axes, of at most 65,536 characters",
    ),
    "metadata long": (archive([HIDDEN, OUTPUT, ("a.npy", npy(np.array("x" * 65_537)))]), "'a' must be a text without"),
    "metadata of bytes": (archive([HIDDEN, OUTPUT, ("a.npy", npy(np.array(b"x")))]), "'a' has the dtype |S1: weights"),
    "metadata no text": (
        archive([HIDDEN, OUTPUT, ("a.npy", raw(described("<U1", shape="()"), b"\xff" * 4))]),
        "'a' is not text",
    ),
    "axes": (archive([HIDDEN, OUTPUT, ("axes.npy", npy(np.array("bits")))]), "axes must be one of 'network', 'bit'"),
    "threshold": (archive([HIDDEN, OUTPUT, ("threshold.npy", npy(np.array("1/0")))]), "must be a rational number such"),
    "NaN": (with_hidden(npy(np.full((2, 3), np.nan, ">f8"))), "hidden.weight is nan at [0, 0]"),
    "directory": (
        archive([(f"{'x' * 1000}{index}.npy", b"") for index in range(70)]),
        "bytes, at most 65,536 are supported",
    ),
}


@pytest.mark.parametrize("name", NPZ)
def test_forged_npz_are_refused(tmp_path, name):
    data, expected = NPZ[name]
    assert expected in message(tmp_path / "a.npz", data)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_there_twice_is_refused(tmp_path):
    """Also if it is a text."""
    text = ("axes.npy", npy(np.array("network")))
    for members in ([HIDDEN, HIDDEN, OUTPUT], [HIDDEN, OUTPUT, text, text]):
        assert "is there twice" in message(tmp_path / "a.npz", archive(members))


def test_what_an_array_inflates_to_is_limited_before_it_is_inflated(tmp_path, monkeypatch):
    """2 MiB of zeros make some kilobytes; reading stops at the header."""
    data = with_hidden(npy(np.zeros((1 << 9, 1 << 9))), zipfile.ZIP_DEFLATED)
    assert len(data) < 10_000
    monkeypatch.setattr(stored, "MAX_BYTES", 1 << 20)
    monkeypatch.setattr(npz, "_array", None)
    (tmp_path / "a.npz").write_bytes(data)
    with pytest.raises(InputError, match=r"hidden.weight is too large: it has 2,097,152 bytes, and 1,048,576 are left"):
        npz.read_npz(str(tmp_path / "a.npz"), most=1 << 20)


def test_a_directory_of_more_than_2_gib_is_read_where_it_is(tmp_path, monkeypatch):
    """The ending that archives of more than 2 GiB have; the size in it counts, and where it says that it is."""
    path = tmp_path / "a.npz"
    with monkeypatch.context() as patch:
        patch.setattr(zipfile, "ZIP64_LIMIT", 10)
        path.write_bytes(archive([HIDDEN, OUTPUT]))
    assert b"PK\6\6" in path.read_bytes()
    assert read_networks(path).output.tolist() == [[[[7, 8]]]]
    data = bytearray(path.read_bytes())
    data[-34:-26] = struct.pack("<Q", 0)
    assert "the end of its directory is not where" in message(path, bytes(data))
    data = bytearray(archive([HIDDEN, OUTPUT]))
    wide = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 2, 2, 1 << 40, 0)
    data[-22:-22] = wide + struct.pack("<4sLQL", b"PK\6\7", 0, len(data) - 22, 1)
    assert "its directory has 1,099,511,627,776 bytes" in message(path, bytes(data))


@pytest.mark.parametrize("dtype", ["<f2", ">f2", "<f4", ">f4", "<f8", ">f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_byte_orders_and_memory_orders_are_those_of_numpy(tmp_path, dtype, order):
    hidden = np.random.default_rng(1).standard_normal((2, 3, 4, 5)).astype(dtype, order=order)
    output = np.random.default_rng(2).standard_normal((2, 3, 1, 4)).astype(np.float64)
    path = tmp_path / "a.npz"
    np.savez_compressed(path, **{"0.weight": hidden, "2.weight": output}, axes="network,bit", threshold="1/8", a="ü")
    networks = read_networks(path)
    assert networks.hidden.tolist() == hidden.tolist()
    assert networks.output.tolist() == output.tolist()
    assert networks.hidden.dtype == np.dtype(dtype).newbyteorder("=")
    assert networks.hidden.flags.c_contiguous
    assert (networks.threshold, networks.metadata) == (Fraction(1, 8), {"a": "ü"})
