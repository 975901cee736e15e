"""Weights files: what is read is what was written, several files are one ensemble, and pickles are not opened."""

import os
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
import safetensors.numpy
import sympy
from weights_local import FIELDS, KEYS, example, same

from ntkproofs.errors import InputError
from ntkproofs.weights import Networks, read_networks, write_networks


@pytest.mark.parametrize(("count", "blocks"), [(1, 1), (3, 1), (1, 2), (3, 2)])
@pytest.mark.parametrize("biased", [False, True])
def test_files_of_the_library_are_read_with_both_layouts(tmp_path, count, blocks, biased):
    networks = example(count, blocks, biased=biased)
    write_networks(tmp_path / "a.safetensors", networks)
    same(read_networks(tmp_path / "a.safetensors"), networks)
    arrays = safetensors.numpy.load_file(tmp_path / "a.safetensors")
    with safetensors.safe_open(tmp_path / "a.safetensors", framework="numpy") as file:
        metadata = file.metadata()
    torch = dict(zip(KEYS, ("0.weight", "2.weight", "0.bias", "2.bias"), strict=True))
    safetensors.numpy.save_file(
        {torch[name]: array for name, array in arrays.items()}, tmp_path / "b.safetensors", metadata
    )
    same(read_networks(tmp_path / "b.safetensors"), networks)
    np.savez(tmp_path / "c.npz", **arrays, **(metadata or {}))
    same(read_networks(tmp_path / "c.npz"), networks)


def test_files_are_those_of_the_library_byte_by_byte(tmp_path):
    """With one entry of metadata at most, whose order the library leaves open."""
    parts = (example(2, 2, dtype=dtype) for dtype in (np.float32, np.float64, np.float16, np.float64))
    networks = Networks(*(getattr(part, name) for part, name in zip(parts, FIELDS, strict=True)))
    write_networks(tmp_path / "a.safetensors", networks)
    arrays = safetensors.numpy.load_file(tmp_path / "a.safetensors")
    safetensors.numpy.save_file(arrays, tmp_path / "b.safetensors", {"axes": "network,bit"})
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_bytes_depend_on_the_networks_only(tmp_path):
    first = example(threshold=Fraction(1, 8), metadata={"b": "ü", "a": "x"}, source="one")
    second = example(threshold=Fraction(1, 8), metadata={"a": "x", "b": "ü"}, source="two")
    write_networks(tmp_path / "a.safetensors", first)
    write_networks(str(tmp_path / "b.safetensors"), second)
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"metadata": {"axes": "bit"}}, "the metadata entry axes is written from the networks, and cannot be given"),
        ({"metadata": {"threshold": "1"}}, "the metadata entry threshold is written from the networks"),
        ({"metadata": {"seed": 1}}, "the metadata entry 'seed' must be text, got 1"),
        ({"metadata": {1: "a"}}, "the metadata entry 1 must be text, got 'a'"),
        ({"metadata": {"a": "\ud800"}}, "the metadata must be text that UTF-8 can represent"),
        (
            {"metadata": {"a": "x" * 65_537}},
            "the metadata are too long: at most 65,536 characters each, 1,048,576 bytes",
        ),
        ({"metadata": {f"{i}": "x" * 65_000 for i in range(20)}}, "the metadata are too long"),
        ({"threshold": Fraction(1, 10**1001)}, "the metadata entry threshold must be a rational number"),
    ],
)
def test_what_could_not_be_read_is_not_written(tmp_path, options, text):
    with pytest.raises(InputError, match=text):
        write_networks(tmp_path / "a.safetensors", example(**options))
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("threshold", [0.5, "1/8", np.float64(1)])
def test_a_threshold_is_rational(threshold):
    with pytest.raises(InputError, match=r"the threshold must be a rational number \(an int or a Fraction\), got"):
        example(threshold=threshold)


@pytest.mark.parametrize("threshold", [10**4000, -(10**4000), Fraction(1, 10**5000)])
def test_a_threshold_can_be_printed(threshold):
    """Python converts integers of at most 4,300 digits to text."""
    with pytest.raises(InputError, match="the threshold must be a fraction of integers of at most 4,000 digits"):
        example(threshold=threshold)
    assert len(str(example(threshold=10**4000 - 1).threshold)) == 4000


@pytest.mark.parametrize("threshold", [2, np.int64(2), sympy.Rational(2), Fraction(2)])
def test_a_threshold_becomes_a_fraction_of_integers(threshold):
    result = example(threshold=threshold).threshold
    assert (type(result), type(result.numerator), result) == (Fraction, int, 2)


def test_networks_are_written_as_safetensors_only(tmp_path):
    with pytest.raises(InputError, match=r"a.npz: networks are written to files with the suffix .safetensors"):
        write_networks(tmp_path / "a.npz", example())


@pytest.mark.parametrize("axes", ["network", "bit"])
def test_axes_are_those_of_the_file_or_given(tmp_path, axes):
    path = tmp_path / "a.safetensors"
    arrays = {"0.weight": np.ones((2, 5, 3)), "2.weight": np.ones((2, 1, 5))}
    safetensors.numpy.save_file(arrays, path)
    assert (read_networks(path).count, read_networks(path).output_bits) == (2, 1)
    given = read_networks(path, axes=axes)
    assert (given.count, given.output_bits) == ((2, 1) if axes == "network" else (1, 2))
    safetensors.numpy.save_file(arrays, path, {"axes": axes})
    assert read_networks(path, axes=axes).count == given.count
    other = "bit" if axes == "network" else "network"
    with pytest.raises(InputError, match=f"the axes of the file are '{axes}', which differ from '{other}'"):
        read_networks(path, axes=other)
    safetensors.numpy.save_file(arrays, path)
    with pytest.raises(InputError, match="axes must be one of 'network'"):
        read_networks(path, axes="networks")


def test_several_files_are_one_ensemble_promoted_exactly(tmp_path):
    parts = [example(2, seed=1), example(1, seed=2, dtype=np.float64), example(3, seed=3, dtype=np.float16)]
    for index, part in enumerate(parts):
        metadata = {"trained": "all", "seed": f"{index}"}
        write_networks(
            tmp_path / f"{index}.safetensors", Networks(**{n: getattr(part, n) for n in FIELDS}, metadata=metadata)
        )
    networks = read_networks([tmp_path / f"{index}.safetensors" for index in range(3)])
    assert networks.count == 6
    for name in FIELDS:
        assert getattr(networks, name).dtype == np.float64
        assert getattr(networks, name).tolist() == [item for part in parts for item in getattr(part, name).tolist()]
    assert networks.metadata == {"trained": "all"}
    assert networks.source.endswith("2.safetensors (3 files)")


@pytest.mark.parametrize(
    ("other", "text"),
    [
        (example(width=5), r"b.safetensors: hidden has the axes \(1, 1, 5, 3\) .* all but the first must agree"),
        (example(bits=3), r"b.safetensors: output has the axes \(1, 1, 3, 4\)"),
        (example(1, 2), r"b.safetensors: hidden has the axes \(1, 2, 4, 3\)"),
        (
            example(biased=False),
            "b.safetensors: its biases are not those of .*a.safetensors: either all files have them",
        ),
        (
            example(threshold=Fraction(1, 3)),
            "b.safetensors: the threshold of the file is 1/3, that of .*a.safetensors none",
        ),
    ],
)
def test_files_that_differ_are_no_ensemble(tmp_path, other, text):
    write_networks(tmp_path / "a.safetensors", example())
    write_networks(tmp_path / "b.safetensors", other)
    with pytest.raises(InputError, match=text):
        read_networks([tmp_path / "a.safetensors", tmp_path / "b.safetensors"])


def test_all_files_share_one_limit(tmp_path, monkeypatch):
    write_networks(tmp_path / "a.safetensors", example())
    write_networks(tmp_path / "b.safetensors", example(seed=2))
    size = os.path.getsize(tmp_path / "a.safetensors")
    monkeypatch.setattr("ntkproofs.weights.files.MAX_BYTES", size + 10)
    assert read_networks(tmp_path / "a.safetensors").count == 1
    with pytest.raises(InputError, match=r"b.safetensors cannot be read: it has"):
        read_networks([tmp_path / "a.safetensors", tmp_path / "b.safetensors"])


def test_no_files_and_files_given_twice_are_refused(tmp_path):
    write_networks(tmp_path / "a.safetensors", example())
    os.symlink("a.safetensors", tmp_path / "b.safetensors")
    with pytest.raises(InputError, match="no weights file is given"):
        read_networks([])
    with pytest.raises(InputError, match=r"b.safetensors: the file is given twice"):
        read_networks([tmp_path / "a.safetensors", tmp_path / "b.safetensors"])
    with pytest.raises(InputError, match="the name of a file has no null character"):
        read_networks("a\0.safetensors")


# --- files that are not opened


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle", ".npy"])
def test_pickles_are_refused_unopened_with_a_command_that_is_python(tmp_path, suffix):
    """The file is a pipe: opening it would wait."""
    path = tmp_path / f"it's $HOME{suffix}"
    os.mkfifo(path)
    with pytest.raises(InputError, match="pickles are not opened, since they can run any code") as problem:
        read_networks(path)
    command = str(problem.value).split("convert it: python -c ")[1]
    printed = subprocess.run(["sh", "-c", f"printf %s {command}"], capture_output=True, text=True, check=True).stdout
    compile(printed, "command", "exec")
    assert repr(os.fspath(path)) in printed


@pytest.mark.parametrize("suffix", [".pkl", ".npy"])
def test_the_command_converts(tmp_path, suffix):
    arrays = {name: array for name, array in zip(KEYS, [np.eye(2), np.ones((1, 2))], strict=False)}
    path = tmp_path / f"a{suffix}"
    if suffix == ".pkl":
        import pickle

        path.write_bytes(pickle.dumps(arrays))
    else:
        np.save(path, arrays, allow_pickle=True)
    with pytest.raises(InputError) as problem:
        read_networks(path)
    command = str(problem.value).split("convert it: ")[1].replace("python -c", f"{sys.executable} -c")
    subprocess.run(["sh", "-c", command], check=True)
    assert read_networks(tmp_path / "a.npz").hidden.tolist() == [[[[1, 0], [0, 1]]]]


def test_the_command_for_torch_converts(tmp_path):
    torch = pytest.importorskip("torch")
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    torch.save(model.state_dict(), tmp_path / "a.pt")
    with pytest.raises(InputError) as problem:
        read_networks(tmp_path / "a.pt")
    command = str(problem.value).split("convert it: ")[1].replace("python -c", f"{sys.executable} -c")
    subprocess.run(["sh", "-c", command], check=True)
    assert read_networks(tmp_path / "a.safetensors").hidden[0, 0].tolist() == model[0].weight.tolist()


@pytest.mark.parametrize("name", ["a", "a.h5", "a.json", "a.safetensors.gz"])
def test_other_suffixes_are_refused(name):
    with pytest.raises(InputError, match=r"the suffix of a weights file must be one of .safetensors .npz .onnx"):
        read_networks(name)


def test_files_that_cannot_be_read_are_refused(tmp_path):
    for suffix in (".safetensors", ".npz"):
        with pytest.raises(InputError, match="cannot be read: there is no such file"):
            read_networks(tmp_path / f"a{suffix}")
        os.mkfifo(tmp_path / f"b{suffix}")
        with pytest.raises(InputError, match="cannot be read: it is not a regular file"):
            read_networks(tmp_path / f"b{suffix}")


def test_axes_of_a_graph_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"a.onnx: a graph has no leading axes that 'bit' could name"):
        read_networks(tmp_path / "a.onnx", axes="bit")


def test_without_the_extra_one_line_says_what_is_missing(tmp_path, monkeypatch):
    """NumPy's own format is read and networks are written without it."""
    write_networks(tmp_path / "a.safetensors", example())
    np.savez(tmp_path / "a.npz", **{"0.weight": np.eye(2), "2.weight": np.eye(2)})
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(InputError, match=r"needs? the package safetensors: pip install 'ntkproofs\[weights\]'"):
        read_networks(tmp_path / "a.safetensors")
    assert read_networks(tmp_path / "a.npz").count == 1
    write_networks(tmp_path / "a.safetensors", example(seed=2))
