"""Reading networks from weights files, by suffix, and writing them.

``.safetensors`` (:mod:`ntkproofs.weights.safetensors`) and ``.npz`` (:mod:`ntkproofs.weights.npz`) hold arrays by name
(:mod:`ntkproofs.weights.stored`), ``.onnx`` a graph (:mod:`ntkproofs.weights.onnx`). Pickles are never opened.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

from ntkproofs.errors import InputError
from ntkproofs.files import write_atomically
from ntkproofs.printable import clipped
from ntkproofs.weights.networks import Networks
from ntkproofs.weights.npz import read_npz
from ntkproofs.weights.onnx import read_onnx
from ntkproofs.weights.pickles import PICKLES, pickled
from ntkproofs.weights.safetensors import read_safetensors, safetensors_bytes
from ntkproofs.weights.stored import MAX_BYTES, Array, Stored, refused

__all__ = ["SUFFIXES", "read_networks", "write_networks"]

PathLike: TypeAlias = str | os.PathLike[str]

_READERS: Mapping[str, Callable[..., Stored]] = {".safetensors": read_safetensors, ".npz": read_npz}
SUFFIXES = (*_READERS, ".onnx")
_ARRAYS = ("hidden", "output", "hidden_bias", "output_bias")


def read_networks(paths: PathLike | Sequence[PathLike], *, axes: str | None = None) -> Networks:
    """Return the networks of a weights file, or of several, which are then one ensemble.

    `axes` names the leading axes of the arrays if the files do not: ``network``, ``bit`` or ``network,bit``. Several
    files must agree in everything but the number of networks and dtypes; of their metadata, common entries are kept.
    Raises InputError, as ``FILE: what is wrong``.

    >>> read_networks("model.pth")
    Traceback (most recent call last):
    ntkproofs.errors.InputError: model.pth: pickles are not opened, since they can run any code. If you trust ...
    >>> read_networks("model.h5")
    Traceback (most recent call last):
    ntkproofs.errors.InputError: model.h5: the suffix of a weights file must be one of .safetensors .npz .onnx
    """
    names = [os.fspath(path) for path in ([paths] if isinstance(paths, (str, os.PathLike)) else paths)]
    _check_names(names)
    left, result = MAX_BYTES, list[Networks]()
    for name in names:
        result.append(_read(name, axes, left))
        left -= sum(array.nbytes for array in _arrays(result[-1]).values())
    return result[0] if len(result) == 1 else _ensemble(result)


def write_networks(path: PathLike, networks: Networks) -> None:
    """Write networks to a file ``.safetensors``, atomically; its bytes depend on arrays, threshold and metadata only.

    The dtypes are kept. Raises InputError for another suffix, or if the file cannot be written.
    """
    name = os.fspath(path)
    if Path(name).suffix.lower() != ".safetensors":
        raise refused(name, "networks are written to files with the suffix .safetensors")
    write_atomically(name, safetensors_bytes(networks, name))


def _check_names(names: Sequence[str]) -> None:
    """Raise InputError unless there are files, each named once, of formats that are read."""
    if not names:
        raise InputError("no weights file is given: at least one is needed")
    seen = set[str]()
    for name in names:
        suffix = Path(name).suffix.lower()
        if "\0" in name:
            raise refused(name, "the name of a file has no null character")
        if suffix in PICKLES:
            raise pickled(name, suffix)
        if suffix not in SUFFIXES:
            raise refused(name, f"the suffix of a weights file must be one of {' '.join(SUFFIXES)}")
        real = os.path.realpath(name)
        if real in seen:
            raise refused(name, "the file is given twice; each network of an ensemble counts once")
        seen.add(real)


def _read(name: str, axes: str | None, most: int) -> Networks:
    suffix = Path(name).suffix.lower()
    if suffix != ".onnx":
        return _READERS[suffix](name, most=most).networks(axes)
    if axes is not None:
        raise refused(name, f"a graph has no leading axes that {clipped(axes)} could name")
    return read_onnx(name)


def _arrays(networks: Networks) -> dict[str, Array]:
    return {name: array for name in _ARRAYS if (array := getattr(networks, name)) is not None}


def _ensemble(parts: list[Networks]) -> Networks:
    """Return all networks of several files as one ensemble; dtypes are promoted, which is exact."""
    first, rest = parts[0], parts[1:]
    for other in rest:
        _check_alike(first, other)
    joined = {name: np.concatenate([_arrays(part)[name] for part in parts]) for name in _arrays(first)}
    metadata = {key: text for key, text in first.metadata.items() if all(o.metadata.get(key) == text for o in rest)}
    source = f"{first.source}, ..., {parts[-1].source} ({len(parts)} files)"
    return Networks(**joined, threshold=first.threshold, metadata=metadata, source=source)


def _check_alike(first: Networks, other: Networks) -> None:
    """Raise InputError unless two files hold networks of one kind."""
    mine, others = _arrays(first), _arrays(other)
    if mine.keys() != others.keys():
        raise InputError(
            f"{other.source}: its biases are not those of {first.source}: either all files have them or none"
        )
    for name, array in mine.items():
        if array.shape[1:] != others[name].shape[1:]:
            raise InputError(
                f"{other.source}: {name} has the axes {others[name].shape} (networks, blocks, ...), and that of "
                f"{first.source} {array.shape}: all but the first must agree"
            )
    if first.threshold != other.threshold:
        own, that = ("none" if item.threshold is None else f"{item.threshold}" for item in (other, first))
        raise InputError(
            f"{other.source}: the threshold of the file is {own}, that of {first.source} {that}: all must agree"
        )
