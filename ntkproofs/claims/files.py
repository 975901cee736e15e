"""Claim files: finding them among paths, and the prefix of the names of each file's claims."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from ntkproofs.errors import InputError

__all__ = ["claim_files", "claim_prefixes", "skipped_paths"]

_ORDER = re.compile(r"^(check_)?[0-9]+_")  # orders the files; not part of the names of their claims


def claim_files(paths: Iterable[Path]) -> list[Path]:
    """Return the claim files of paths, in order and without duplicates.

    A path is a Python file, or a folder, which stands for its ``*.py`` files in alphabetical order except those whose
    name begins with an underscore. Raises InputError for any other path.
    """
    files: dict[Path, Path] = {}
    for path in paths:
        for file in _files(path):
            files.setdefault(file.resolve(), file)
    return list(files.values())


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.glob("*.py") if not file.name.startswith("_"))
    if path.is_file() and path.suffix == ".py":
        return [path]
    raise InputError(f"{path}: {'not a Python file' if path.exists() else 'no such file or directory'}")


def skipped_paths(paths: Iterable[Path]) -> list[Path]:
    """Return what :func:`claim_files` skips in folders: ``_*.py``, ``*.pyw``, and subfolders with Python files."""
    skipped: list[Path] = []
    for folder in filter(Path.is_dir, paths):
        included = _files(folder)
        skipped += sorted(
            file
            for file in folder.iterdir()
            if file.is_file() and file.suffix.lower() in (".py", ".pyw") and file not in included
        )
        skipped += sorted(
            subfolder
            for subfolder in folder.iterdir()
            if subfolder.is_dir()
            and subfolder.name != "__pycache__"
            and next(subfolder.rglob("*.py"), None) is not None
        )
    return list(dict.fromkeys(skipped))


def claim_prefixes(files: Sequence[Path]) -> dict[Path, str]:
    """Return the prefix of the names of each file's claims: the file's name without ``check_`` and a leading number.

    Where prefixes would coincide, the full name is used, with as many parent folders as make the prefixes distinct.

    >>> claim_prefixes([Path("02_gram.py"), Path("check_03_mean.py"), Path("a/sums.py"), Path("b/sums.py")]).values()
    dict_values(['gram', 'mean', 'a/sums', 'b/sums'])
    """
    prefixes = {file: _ORDER.sub("", file.stem) or file.stem for file in files}
    for depth in range(1, max((len(file.resolve().parts) for file in files), default=0) + 1):
        count = Counter(prefixes.values())
        if max(count.values(), default=1) == 1:
            break
        for file in files:
            if count[prefixes[file]] > 1:
                prefixes[file] = "/".join((*file.resolve().parent.parts[1 - depth :][: depth - 1], file.stem))
    return prefixes
