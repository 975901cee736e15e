"""Interpreters share no code with the compilation, and the compilation uses them as oracles only."""

import ast
from pathlib import Path

import pytest

import ntkproofs

ROOT = Path(ntkproofs.__file__).parent
ORACLES = {"AutomatonOracle", "ClockedNetlist", "MachineOracle", "NetlistOracle", "TapeRun", "simulate"}


def imported(file):
    """Return the names that a file imports from modules of the package, ``{module: names}``."""
    modules = {}
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        sources = [node.module or "."] if isinstance(node, ast.ImportFrom) else names
        for module in sources:
            if module.startswith(("ntkproofs", ".")):
                modules.setdefault(module, set()).update(names)
    return modules


@pytest.mark.parametrize("file", sorted((ROOT / "interpreters").glob("*.py")), ids=lambda file: file.name)
def test_interpreters_import_sources_only(file):
    own = {module for module in imported(file) if module.startswith("ntkproofs.interpreters.")}
    assert set(imported(file)) - own <= {"ntkproofs.formats.sources", "ntkproofs.errors", "ntkproofs.truth"}


@pytest.mark.parametrize("file", sorted((ROOT / "compilation").glob("*.py")), ids=lambda file: file.name)
def test_compilation_imports_programs_sources_and_oracles(file):
    modules = imported(file)
    assert modules.pop("ntkproofs.interpreters", set()) <= ORACLES
    allowed = ("ntkproofs.compilation.", "ntkproofs.programs", "ntkproofs.formats.sources", "ntkproofs.errors")
    assert all(module.startswith((*allowed, "ntkproofs.validation")) for module in modules), modules
