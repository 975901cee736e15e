"""Networks that are written are read again, bit by bit, whatever their axes, dtypes, threshold and metadata."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from weights_local import FIELDS, KEYS, same

from ntkproofs.weights import Networks, read_networks, write_networks

SIZES = st.integers(1, 3)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
THRESHOLDS = (
    st.none() | st.fractions() | st.floats(-1e100, 1e100).filter(lambda x: not 0 < abs(x) < 1e-100).map(Fraction)
)


@st.composite
def networks(draw):
    axes = draw(st.sampled_from([None, "network", "bit", "network,bit"]))
    leading = tuple(draw(SIZES) for _ in (axes or "").split(",") if axes)
    width, inputs, outputs = draw(SIZES), draw(SIZES), 1 if axes and "bit" in axes else draw(SIZES)

    def array(*own):
        dtype = draw(st.sampled_from(["f2", "f4", "f8"]))
        elements = st.floats(allow_nan=False, allow_infinity=False, width=int(dtype[1]) * 8)
        return draw(arrays.arrays(dtype, leading + own, elements=elements))

    return Networks.of(
        array(width, inputs),
        array(outputs, width),
        array(width) if draw(st.booleans()) else None,
        array(outputs) if draw(st.booleans()) else None,
        axes=axes,
        threshold=draw(THRESHOLDS),
        metadata=draw(st.dictionaries(TEXT.filter(lambda name: name not in ("axes", "threshold")), TEXT, max_size=3)),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("weights")


@given(networks())
def test_what_is_written_is_read(folder, original):
    write_networks(folder / "a.safetensors", original)
    same(read_networks(folder / "a.safetensors"), original)
    first = (folder / "a.safetensors").read_bytes()
    write_networks(folder / "a.safetensors", read_networks(folder / "a.safetensors"))
    assert (folder / "a.safetensors").read_bytes() == first


@given(networks(), st.booleans(), st.sampled_from("<>"), st.sampled_from("CF"))
def test_what_numpy_writes_is_read(folder, original, compressed, byte_order, memory_order):
    stored = {
        name: np.asarray(
            array if original.scalar else array[:, 0], array.dtype.newbyteorder(byte_order), order=memory_order
        )
        for name, field in zip(KEYS, FIELDS, strict=True)
        if (array := getattr(original, field)) is not None
    }
    texts = {"axes": "network,bit" if original.scalar else "network"}
    if original.threshold is not None:
        texts["threshold"] = str(original.threshold)
    (np.savez_compressed if compressed else np.savez)(folder / "a.npz", **stored, **texts)
    same(read_networks(folder / "a.npz"), replace(original, metadata={}))
