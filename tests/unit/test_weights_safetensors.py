"""Files .safetensors: every forged one is refused with one line that says why; the library is the second reader."""

import io
import json
import struct

import numpy as np
import pytest
import safetensors
from weights_local import forged, message, tensor

from ntkproofs.weights import read_networks
from ntkproofs.weights import safetensors as reader

H, O = tensor(), tensor((1, 2), begin=24, end=32)
PAIR = {"hidden.weight": H, "output.weight": O}
DATA = np.arange(1, 9, dtype="<f4").tobytes()
TEXT = json.dumps(PAIR).encode()


def test_the_pair_that_forgeries_start_from_is_valid(tmp_path):
    path = tmp_path / "a.safetensors"
    path.write_bytes(forged(PAIR, DATA))
    assert read_networks(path).hidden.tolist() == [[[[1, 2, 3], [4, 5, 6]]]]
    assert read_networks(path).output.tolist() == [[[[7, 8]]]]


def without(name):
    return {key: value for key, value in PAIR.items() if key != name}


def with_metadata(**entries):
    return forged({"__metadata__": entries, **PAIR}, DATA)


BAD_NUMBERS = [
    "",
    "x",
    "1/0",
    "1/00",
    "1e9",
    "1e999999999",
    "nan",
    " 1",
    "1/2\n",
    "1_0",
    "-",
    ".5",
    "1.",
    "1/2/3",
    "1/-2",
    "0x1",
    "\u0663",
]
NOT = "not a safetensors file: "
SAFETENSORS = {
    "empty": (b"", NOT + "the first 8 bytes are the length of its header, from 2 to 1,048,576"),
    "short": (b"\2\0\0", NOT + "the first 8 bytes are the length"),
    "long header": (forged(b"{}", length=1 << 60), NOT + "the first 8 bytes are the length"),
    "header over the limit": (forged(b"{}", length=(1 << 20) + 1), NOT + "the first 8 bytes are the length"),
    "truncated header": (forged(TEXT, length=1 << 20), "truncated: its header has 1,048,576 bytes, but only"),
    "list": (forged(b"[]"), NOT + "its header is not an object of JSON"),
    "no JSON": (forged(TEXT[:-1], DATA), NOT + "its header is not JSON: Expecting ','"),
    "no UTF-8": (forged(b'{"\xff":1}'), NOT + "its header is not JSON: 'utf-8' codec"),
    "NaN": (forged(b'{"a":NaN}'), NOT + "its header is not JSON: NaN is not a number of JSON"),
    "deep": (forged(b'{"a":' + b"[" * 200_000), NOT + "its header is nested too deeply"),
    "long integer": (forged(b'{"a":' + b"9" * 10_000 + b"}"), NOT + "its header is not JSON: Exceeds the limit"),
    "name twice": (forged(TEXT[:-1] + b"," + TEXT[1:], DATA), "the name 'hidden.weight' stands twice in the header"),
    "key twice": (
        forged(TEXT.replace(b'"dtype"', b'"dtype": "F64", "dtype"'), DATA),
        "the name 'dtype' stands twice in the header",
    ),
    "metadata twice": (
        forged(b'{"__metadata__":{"a":"1","a":"2"},' + TEXT[1:], DATA),
        "the name 'a' stands twice in the header",
    ),
    "metadata null": (forged({"__metadata__": None, **PAIR}, DATA), "the metadata must be an object of texts"),
    "metadata number": (with_metadata(seed=1), "the metadata entry 'seed' must be a text of at most 65,536 characters"),
    "metadata long": (with_metadata(a="x" * 65_537), "the metadata entry 'a' must be a text of at most 65,536"),
    "surrogate": (
        forged(b'{"__metadata__":{"a":"\\ud800"},' + TEXT[1:], DATA),
        "the library safetensors does not accept the file: Error while deserializing header: invalid JSON",
    ),
    "entry a number": (forged({**PAIR, "hidden.weight": 1}), "the entry 'hidden.weight' of the header must have dtype"),
    "entry a list": (forged({**PAIR, "hidden.weight": ["F32", [2, 3], [0, 24]]}, DATA), "must have dtype, shape and"),
    "entry with more": (forged({**PAIR, "hidden.weight": tensor(x=1)}, DATA), "dtype, shape and data_offsets only"),
    "float shape": (forged({**PAIR, "hidden.weight": tensor((2, 3.0))}, DATA), "must be nonnegative integers below"),
    "boolean shape": (
        forged({**PAIR, "output.weight": tensor((True, 2), begin=24, end=32)}, DATA),
        "'output.weight': ",
    ),
    "negative shape": (forged({**PAIR, "hidden.weight": tensor((-2, -3))}, DATA), "must be nonnegative integers below"),
    "large shape": (forged({**PAIR, "hidden.weight": tensor((1 << 63, 3))}, DATA), "nonnegative integers below 2^63"),
    "three offsets": (
        forged({**PAIR, "hidden.weight": {**H, "data_offsets": [0, 24, 24]}}, DATA),
        "shape and data_offsets, which are two, must be",
    ),
    "integers": (
        forged({**PAIR, "hidden.weight": tensor(dtype="I32")}, DATA),
        "'hidden.weight' has the dtype 'I32': weights are F16, BF16, F32 or F64 (floats)",
    ),
    "float8": (forged({**PAIR, "hidden.weight": tensor(dtype="F8_E4M3", end=6)}, DATA), "has the dtype 'F8_E4M3'"),
    "dtype a list": (forged({**PAIR, "hidden.weight": tensor(dtype=["F32"])}, DATA), "has the dtype \"['F32']\""),
    "no axes": (forged({**PAIR, "hidden.weight": tensor((), end=4)}, DATA), "hidden.weight has 0 axes"),
    "five axes": (forged({**PAIR, "hidden.weight": tensor((1, 1, 1, 2, 3))}, DATA), "hidden.weight has 5 axes"),
    "empty axis": (forged({**PAIR, "hidden.weight": tensor((0, 1 << 62), end=0)}, DATA), "hidden.weight is empty"),
    "a bomb": (
        forged({**PAIR, "hidden.weight": tensor((1 << 31, 3))}, DATA),
        "hidden.weight is too large: it has 25,769,803,776 bytes, and 4,294,967,296 are left of the 4,294,967,296",
    ),
    "both large": (
        forged({"hidden.weight": tensor((700_000_000,), end=2_800_000_000), "output.weight": tensor((1 << 30,))}, DATA),
        "output.weight is too large: it has 4,294,967,296 bytes, and 1,494,967,296 are left",
    ),
    "bfloat16 takes the memory of float32": (
        forged({**PAIR, "hidden.weight": tensor((1 << 30, 1), "BF16", end=1 << 31), "output.weight": O}, DATA),
        "output.weight is too large: it has 8 bytes, and 0 are left",
    ),
    "hole": (
        forged({**PAIR, "output.weight": tensor((1, 2), begin=28, end=36)}, DATA + bytes(4)),
        "the data_offsets of output.weight are 28 and 36; for the dtype F32 and the shape (1, 2) after 24 bytes they "
        "must be 24 and 32",
    ),
    "overlap": (
        forged({**PAIR, "output.weight": tensor((1, 2), begin=16, end=24)}, DATA[:24]),
        "the data_offsets of output.weight are 16 and 24; for the dtype F32 and the shape (1, 2) after 24 bytes",
    ),
    "hole at the start": (forged({**PAIR, "hidden.weight": tensor(begin=4, end=28)}, DATA), "must be 0 and 24"),
    "offsets of another size": (forged({**PAIR, "hidden.weight": tensor(end=20)}, DATA), "they must be 0 and 24"),
    "truncated": (forged(PAIR, DATA[:-1]), "the file is truncated: its tensors have 32 bytes, but only 31 are there"),
    "trailing": (forged(PAIR, DATA + b"\0"), "1 bytes follow the last tensor, where the file should end"),
    "no arrays": (forged({}), "it has no arrays hidden.weight, output.weight, hidden.bias, output.bias"),
    "only metadata": (forged({"__metadata__": {}}), "it has no arrays hidden.weight"),
    "missing": (forged(without("output.weight"), DATA[:24]), "the array output.weight is missing"),
    "missing of torch": (forged({"0.weight": H, "0.bias": O}, DATA), "the array 2.weight is missing"),
    "both layouts": (
        forged({"hidden.weight": H, "0.weight": O}, DATA),
        "it has arrays of both layouts: either hidden.weight, output.weight, hidden.bias, output.bias, or 0.weight, ",
    ),
    "prefix": (
        forged({"net.0.weight": H, "net.2.weight": O}, DATA),
        "unknown array 'net.0.weight': the arrays of a two-layer network are hidden.weight, output.weight",
    ),
    "three layers": (forged({"0.weight": H, "2.weight": O, "4.weight": O}, DATA), "unknown array '4.weight'"),
    "axes": (with_metadata(axes="bits"), "axes must be one of 'network', 'bit', 'network,bit', or absent, got 'bits'"),
    "axes empty": (
        with_metadata(axes="bit"),
        "hidden.weight must have 2 axes after the axes bit, got the shape (2, 3)",
    ),
    **{
        f"threshold {text[:9]!r}": (with_metadata(threshold=text), "the metadata entry threshold must be a rational")
        for text in [*BAD_NUMBERS, "9" * 1001]
    },
    "NaN entry": (
        forged(PAIR, DATA[:4] + struct.pack("<f", float("nan")) + DATA[8:]),
        "hidden.weight is nan at [0, 1]: every weight must be a finite number",
    ),
    "infinite": (forged(PAIR, DATA[:28] + struct.pack("<f", float("-inf"))), "output.weight is -inf at [0, 1]"),
    "infinity": (forged(PAIR, DATA[:28] + struct.pack("<f", float("inf"))), "output.weight is inf at [0, 1]"),
    "another number of networks": (
        forged(
            {"hidden.weight": tensor((1, 2, 3)), "output.weight": tensor((2, 1, 2), begin=24, end=40)}, DATA + bytes(8)
        ),
        "output.weight has the shape (2, 1, 2); with hidden.weight (1, 2, 3) it must be (1, 1, 2)",
    ),
    "two outputs for one bit": (
        forged(
            {
                "__metadata__": {"axes": "bit"},
                "hidden.weight": tensor((1, 2, 3)),
                "output.weight": tensor((1, 2, 2), begin=24, end=40),
            },
            DATA + bytes(8),
        ),
        "output.weight has the shape (1, 2, 2); with hidden.weight (1, 2, 3) and one output for each bit it must be "
        "(1, 1, 2)",
    ),
    "wrong width": (
        forged({**PAIR, "output.weight": tensor((1, 8), begin=24, end=56)}, DATA + bytes(24)),
        "output.weight has the shape (1, 8); with hidden.weight (2, 3) it must be (1, 2)",
    ),
    "output transposed": (
        forged({**PAIR, "output.weight": tensor((2, 1), begin=24, end=32)}, DATA),
        "output.weight looks transposed: hidden.weight (2, 3) must be (..., width, inputs), and output.weight (2, 1) "
        "(..., outputs, width), as torch.nn.Linear has them",
    ),
    "hidden transposed": (
        forged({"hidden.weight": tensor((3, 2)), "output.weight": O}, DATA),
        "hidden.weight looks transposed: hidden.weight (3, 2)",
    ),
    "both transposed": (
        forged({"hidden.weight": tensor((3, 2)), "output.weight": tensor((2, 1), begin=24, end=32)}, DATA),
        "both matrices look transposed",
    ),
    "bias of another width": (
        forged({**PAIR, "hidden.bias": tensor((3,), begin=32, end=44)}, DATA + bytes(12)),
        "hidden.bias has the shape (3,); with hidden.weight (2, 3) it must be (2,)",
    ),
    "bias with two axes": (
        forged({**PAIR, "output.bias": tensor((1, 1), begin=32, end=36)}, DATA + bytes(4)),
        "output.bias must have one axis, got the shape (1, 1)",
    ),
}


@pytest.mark.parametrize("name", SAFETENSORS)
def test_forged_safetensors_are_refused(tmp_path, name):
    data, expected = SAFETENSORS[name]
    assert expected in message(tmp_path / "a.safetensors", data)


@pytest.mark.parametrize("name", ["name twice", "metadata twice", "entry a list", "entry with more", "metadata null"])
def test_the_library_lets_some_forgeries_through(tmp_path, name):
    """So the header is read here too; if this fails, the library has become stricter."""
    path = tmp_path / "a.safetensors"
    path.write_bytes(SAFETENSORS[name][0])
    with safetensors.safe_open(path, framework="numpy") as file:
        assert "hidden.weight" in file.keys()  # noqa: SIM118


def test_a_file_that_only_the_library_refuses_is_refused(tmp_path, monkeypatch):
    """Without the library the reader would take this file; so the library is indeed asked."""
    path = tmp_path / "a.safetensors"
    path.write_bytes(SAFETENSORS["surrogate"][0])

    class Lenient:
        SafetensorError = safetensors.SafetensorError

        def safe_open(self, *_, **__):
            return io.BytesIO()

    monkeypatch.setattr(reader, "_library", lambda _: Lenient())
    assert read_networks(path).metadata == {"a": "\ud800"}


def test_bfloat16_is_read_exactly(tmp_path):
    """Every finite bfloat16 is the float32 whose lower half is zero."""
    bits = np.arange(1 << 16, dtype=np.uint16)
    bits = bits[(bits & 0x7F80) != 0x7F80]
    data = bits.astype("<u2").tobytes() + np.ones(len(bits), "<f8").tobytes()
    size = len(bits)
    header = {
        "hidden.weight": tensor((size, 1), "BF16", end=2 * size),
        "output.weight": tensor((1, size), "F64", begin=2 * size, end=10 * size),
    }
    path = tmp_path / "a.safetensors"
    path.write_bytes(forged(header, data))
    networks = read_networks(path)
    assert networks.hidden.dtype == np.float32
    for code, value in zip(bits.tolist(), networks.hidden.ravel().tolist(), strict=True):
        sign, exponent, fraction = -1 if code >> 15 else 1, code >> 7 & 0xFF, code & 0x7F
        expected = sign * (fraction * 2.0**-133 if exponent == 0 else (128 + fraction) * 2.0 ** (exponent - 134))
        assert value == expected
