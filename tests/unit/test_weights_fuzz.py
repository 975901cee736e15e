"""Any bytes whatever are networks of finite weights or an InputError of one line, in memory near the file size."""

import io
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from weights_local import FIELDS, KEYS, example, message

from ntkproofs.errors import InputError
from ntkproofs.weights import Networks, read_networks, write_networks
from ntkproofs.weights.safetensors import safetensors_bytes

ROOT = Path(__file__).resolve().parents[2]


def valid_files():
    networks = example(2, 2, threshold=Fraction(1, 8), metadata={"trained": "all"})
    arrays = {name: getattr(networks, field) for name, field in zip(KEYS, FIELDS, strict=True)}
    stream, deflated = io.BytesIO(), io.BytesIO()
    np.savez(stream, **arrays, axes="network,bit", threshold="1/8")
    np.savez_compressed(deflated, **arrays, axes="network,bit", threshold="1/8")
    pieces = safetensors_bytes(networks, "a")
    return {
        "a.safetensors": b"".join(pieces),
        "stored.npz": stream.getvalue(),
        "deflated.npz": deflated.getvalue(),
    }


VALID = valid_files()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("weights")


def check(path, data):
    """Either an error of one line, or networks of the shape of the file that was changed."""
    path.write_bytes(data)
    try:
        networks = read_networks(path)
    except InputError as problem:
        text = str(problem)
    else:
        text = str(networks)
        assert networks.hidden.size == 2 * 2 * 4 * 3
        assert all(np.isfinite(getattr(networks, name)).all() for name in FIELDS if getattr(networks, name) is not None)
    assert text.isprintable()
    assert len(text) < 800


@pytest.mark.parametrize("name", VALID)
def test_every_truncation_is_refused(folder, name):
    for length in range(0, len(VALID[name]), 1 + len(VALID[name]) // 500):
        message(folder / name, VALID[name][:length])


@pytest.mark.parametrize("name", VALID)
@given(data=st.data())
def test_changed_bytes(folder, name, data):
    changed = bytearray(VALID[name])
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    check(folder / name, bytes(changed))


@pytest.mark.parametrize("name", VALID)
@given(data=st.data())
def test_pieces_put_in_and_left_out(folder, name, data):
    changed = bytearray(VALID[name])
    start = data.draw(st.integers(0, len(changed)))
    piece = data.draw(
        st.binary(max_size=8) | st.sampled_from([b"PK\5\6", b"PK\6\7", b"\xff" * 8, b'"', b"{", b"9" * 9])
    )
    changed[start : start + data.draw(st.integers(0, 8))] = piece
    check(folder / name, bytes(changed))


@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
@given(data=st.binary(max_size=200))
def test_random_bytes(folder, suffix, data):
    check(folder / f"a{suffix}", data)


MEASURE = """
import resource, sys
import numpy, safetensors
from ntkproofs.weights import read_networks
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
networks = read_networks(sys.argv[1])
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
def test_memory_is_that_of_the_arrays(tmp_path, suffix):
    """A fork of this process would start with its peak, so the new one is started by a shell."""
    path = tmp_path / f"a{suffix}"
    networks = Networks.of(np.ones((24, 100_000, 10), np.float32), np.ones((24, 1, 100_000), np.float32))
    if suffix == ".npz":
        np.savez(path, **{"0.weight": networks.hidden[:, 0], "2.weight": networks.output[:, 0]})
    else:
        write_networks(path, networks)
    command = ["sh", "-c", 'exec "$0" "$@"', sys.executable, "-c", MEASURE, str(path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    used = int(subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout)
    assert used < 1.35 * os.path.getsize(path)
