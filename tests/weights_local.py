"""Weights files of the tests: valid and forged ones, and networks with random weights."""

import io
import json
import struct
import zipfile

import numpy as np
import pytest

from ntkproofs.errors import InputError
from ntkproofs.weights import Networks, read_networks

KEYS = ("hidden.weight", "output.weight", "hidden.bias", "output.bias")
FIELDS = ("hidden", "output", "hidden_bias", "output_bias")


def tensor(shape=(2, 3), dtype="F32", begin=0, end=24, **more):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end], **more}


def forged(header, data=b"", length=None):
    """Return the bytes of a safetensors file; `header` is an object, or text."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def archive(members, compression=zipfile.ZIP_STORED):
    """Return the bytes of a zip archive with these members, a list of (name, bytes)."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as file:
        for name, data in members:
            file.writestr(zipfile.ZipInfo(name), data, compression)
    return stream.getvalue()


def npy(array, **options):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asarray(array), **options)
    return stream.getvalue()


def raw(header, data=b"", version=b"\1\0"):
    text = header.encode("latin-1")
    return b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text + data


def described(descr="<f4", order="False", shape="(2, 3)"):
    return f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n"


def example(count=1, blocks=1, width=4, inputs=3, bits=2, dtype=np.float32, biased=True, seed=0, **options):
    draw = np.random.default_rng(seed).standard_normal
    shape, outputs = (count, blocks), bits if blocks == 1 else 1
    axes = options.pop("axes", "network,bit" if blocks > 1 else "network")
    if axes == "network":
        shape = (count,)
    arrays = [
        draw((*shape, width, inputs)),
        draw((*shape, outputs, width)),
        draw((*shape, width)),
        draw((*shape, outputs)),
    ]
    return Networks.of(*(array.astype(dtype) for array in arrays[: 4 if biased else 2]), axes=axes, **options)


def message(path, data, **options):
    path.write_bytes(data)
    with pytest.raises(InputError) as problem:
        read_networks(path, **options)
    text = str(problem.value)
    assert text.startswith(f"{path}: ")
    assert text.isprintable()
    assert len(text) < 600 + len(str(path))
    return text.removeprefix(f"{path}: ")


def same(first, second):
    """Fail unless both have equal arrays, bit by bit, of equal shapes and dtypes, and equal texts."""
    for name in FIELDS:
        mine, other = getattr(first, name), getattr(second, name)
        assert (mine is None) == (other is None)
        if mine is not None:
            assert mine.dtype == other.dtype
            assert mine.shape == other.shape
            assert mine.tobytes() == other.tobytes()
    assert (first.threshold, dict(first.metadata)) == (second.threshold, dict(second.metadata))
