"""Names from ``ntkproofs`` itself: imported on first use, the same objects as in their subpackages, typed."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import ntkproofs

ROOT = Path(ntkproofs.__file__).parent.parent
HEAVY = ("numpy", "sympy", "flint", "mpmath", "hypothesis", "rich")


def run(code):
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_importing_the_package_imports_nothing_large():
    loaded = run(f"import sys, ntkproofs; print([name for name in {HEAVY} if name in sys.modules])")
    assert loaded == "[]\n"
    own = run("import sys, ntkproofs; print(sorted(name for name in sys.modules if 'ntkproofs' in name))")
    assert own == "['ntkproofs']\n"


@pytest.mark.parametrize("name", sorted(ntkproofs._HOMES))
def test_a_name_is_that_of_its_subpackage(name):
    home = importlib.import_module(f"ntkproofs.{ntkproofs._HOMES[name]}")
    assert getattr(ntkproofs, name) is getattr(home, name)
    assert name in dir(ntkproofs)
    assert name in home.__all__
    assert ntkproofs.__doc__.count(f"ntkproofs.{ntkproofs._HOMES[name]}.{name}`") == 1


def test_the_submodules_are_modules_still():
    code = "import ntkproofs; print([getattr(ntkproofs, name).__name__ for name in ntkproofs._SUBMODULES])"
    assert run(code) == f"{[f'ntkproofs.{name}' for name in ntkproofs._SUBMODULES]}\n"
    with pytest.raises(AttributeError, match="module 'ntkproofs' has no attribute 'nothing'"):
        ntkproofs.nothing  # noqa: B018


def test_from_ntkproofs_import_all_names():
    names = ", ".join(ntkproofs._HOMES)
    assert run(f"from ntkproofs import {names}; print(less.__module__)") == "ntkproofs.rigor.statements\n"


def test_ten_lines_with_one_import():
    code = """
from ntkproofs import Task, TemplateProgram, exhaust, find_failure, issue_ensemble
program = TemplateProgram("majority", fields={"x": 3, "y": 1})
for a, b in ((0, 1), (0, 2), (1, 2)):
    program.template(when={("x", a): 1, ("x", b): 1}, write=[("y", 0)])
program.pad(6)
task = Task(program, ("x",), 1, (("y", 0),), lambda x: int(x.bit_count() > 1))
print(exhaust(task).holds, find_failure(task).outcome, issue_ensemble(task, failure="1e-6").networks)
"""
    assert run(code) == "True none 1\n"


def test_the_imports_for_type_checkers_are_the_names():
    """Each is imported as itself, which exports it, from the subpackage at which it is found when the program runs."""
    tree = ast.parse(Path(ntkproofs.__file__).read_text("utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and "ntkproofs" in node.module]
    imported = {alias.name: node.module for node in imports for alias in node.names if alias.asname == alias.name}
    assert imported == {name: f"ntkproofs.{home}" for name, home in ntkproofs._HOMES.items()}
