"""Claim files: which files of the named paths they are, and the prefix of each file's claims."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from ntkproofs.errors import InputError

__all__ = ["claim_files", "left_out", "titles_of"]

_ORDER = re.compile(r"^(check_)?[0-9]+_")  # what orders files, and is no part of their claims' names


def claim_files(paths: Iterable[Path]) -> list[Path]:
    """Return the claim files that the paths name, each once, in order; raises InputError for what is none."""
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


def left_out(paths: Iterable[Path]) -> list[Path]:
    """Return what lies in the named folders and is not looked at: ``_*.py``, ``*.pyw``, folders with Python files."""
    out: list[Path] = []
    for folder in filter(Path.is_dir, paths):
        read = _files(folder)
        out += sorted(
            file
            for file in folder.iterdir()
            if file.is_file() and file.suffix.lower() in (".py", ".pyw") and file not in read
        )
        out += sorted(
            each
            for each in folder.iterdir()
            if each.is_dir() and each.name != "__pycache__" and next(each.rglob("*.py"), None) is not None
        )
    return list(dict.fromkeys(out))


def titles_of(files: Sequence[Path]) -> dict[Path, str]:
    """Return the prefix of each file's claims: its name without ``check_`` and the number that orders it.

    Files that would have the same one keep their number, and then as many of their folders as tell them apart.

    >>> titles_of([Path("02_gram.py"), Path("check_03_mean.py"), Path("a/sums.py"), Path("b/sums.py")]).values()
    dict_values(['gram', 'mean', 'a/sums', 'b/sums'])
    """
    titles = {file: _ORDER.sub("", file.stem) or file.stem for file in files}
    for depth in range(1, max((len(file.resolve().parts) for file in files), default=0) + 1):
        count = Counter(titles.values())
        if max(count.values(), default=1) == 1:
            break
        for file in files:
            if count[titles[file]] > 1:
                titles[file] = "/".join((*file.resolve().parent.parts[1 - depth :][: depth - 1], file.stem))
    return titles
