"""The claims, notebooks and programs that come with the package: in a clone at its top level, else in the wheel."""

from __future__ import annotations

from pathlib import Path

from ntkproofs.errors import InputError

__all__ = ["FOLDERS", "claims_folder", "example_folders"]

PACKAGE = Path(__file__).resolve().parent
FOLDERS = ("paper_checks", "notebooks")
SBN = "sbn_programs"  # the name of the SBN programs among the examples


def example_folders() -> dict[str, Path]:
    """Return the folders of the examples, each by its name: claims with their Coq theory, notebooks, SBN programs.

    Raises InputError if they were not installed.

    >>> sorted(example_folders())
    ['notebooks', 'paper_checks', 'sbn_programs']
    """
    for parent in (PACKAGE.parent, PACKAGE / "examples"):  # a clone, an installed wheel
        folders = {name: parent / name for name in FOLDERS}
        if all((folder / marker).is_file() for folder, marker in zip(folders.values(), MARKERS, strict=True)):
            return {**folders, SBN: PACKAGE / "programs" / "sbn" / "examples"}
    raise InputError("the claims and notebooks of ntkproofs are not installed: install its wheel, or use a clone")


MARKERS = ("check_01_kernels.py", "1_gaussian_integrals_to_kernels.ipynb")  # a file of each folder, so that it is ours


def claims_folder() -> Path:
    """Return the folder of the claims about the paper."""
    return example_folders()["paper_checks"]
