"""``ntkproofs copy-examples``: copy the claims, notebooks and programs that come with the package into a folder."""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from ntkproofs.commands.common import HOLDS, print_json
from ntkproofs.display import counted
from ntkproofs.errors import InputError
from ntkproofs.printable import file_name

__all__ = ["register"]

LEFT_OUT = shutil.ignore_patterns("__pycache__", ".*", "*.vo", "*.vok", "*.vos", "*.glob", "*.aux")


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "copy-examples",
        help="copy the claims about the paper, the notebooks and the example programs into a new folder",
        description="Copy what comes with the package into a new folder, to read and to change: the claims about the "
        "paper with their Coq theory (paper_checks), the notebooks, and programs of the SBN machine (sbn_programs).",
        epilog="Example: ntkproofs copy-examples examples && cd examples && ntkproofs check -k rounding",
    )
    parser.add_argument("folder", metavar="DIR", help="the new folder; an empty one is taken too")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.set_defaults(function=_copy)


def _copy(options: argparse.Namespace) -> int:
    from ntkproofs.installed import example_folders

    folders, target = example_folders(), Path(options.folder)
    _check(target, options.folder)
    copied = _copy_all(folders, target, options.folder)
    if options.json:
        print_json({"format": 1, "folder": options.folder, "files": copied})
        return HOLDS
    for name, count in copied.items():
        print(f"{file_name(target / name)}: {counted(count, 'file')}")
    return HOLDS


def _check(target: Path, shown: str) -> None:
    """Raise InputError unless the folder can be made, or is empty."""
    if not shown or not target.name:
        raise InputError("DIR must name a new folder")
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise InputError(f"{shown} is not a folder")
    if target.is_dir() and any(target.iterdir()):
        raise InputError(f"{shown} is not empty: choose a new folder, so that nothing is overwritten")
    if not target.parent.is_dir():
        raise InputError(f"there is no folder {target.parent}")


def _copy_all(folders: dict[str, Path], target: Path, shown: str) -> dict[str, int]:
    """Copy all folders beside the target and move them there together; return the number of files of each."""
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".ntkproofs-") as beside:
            new = Path(beside) / target.name
            for name, source in folders.items():
                shutil.copytree(source, new / name, ignore=LEFT_OUT)
            copied = {name: sum(file.is_file() for file in (new / name).rglob("*")) for name in folders}
            os.replace(new, target)  # an empty folder is replaced
    except OSError as problem:
        raise InputError(f"{shown} cannot be written: {problem.strerror or problem}") from problem
    return copied
