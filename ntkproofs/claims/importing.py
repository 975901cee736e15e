"""Importing claim files from source, with their folder first on ``sys.path``, and restoring the previous state.

Byte code of a claim file or of a helper is neither read nor written, since stale byte code can differ from the source;
the SHA-256 of every executed source is recorded. Installed packages and the standard library are imported as usual.
"""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.util
import site
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from ntkproofs.errors import InputError

__all__ = ["Imports", "imports_from", "prepare"]

PREFIX = "claims_"
ENGINES = (
    "ntkproofs",
    "sympy",
    "mpmath",
    "flint",
    "numpy",
)  # verdicts rest on these packages: claim files must not replace them


@dataclass
class Imports:
    """The source files that were executed while a claim file was imported.

    `folder`: the folder of the claim file; `sources`: the SHA-256 of each executed source; `shadowed`: the modules in
    the folder that were imported instead of another module of the same name.
    """

    folder: Path
    sources: dict[Path, str] = field(default_factory=dict)
    shadowed: list[str] = field(default_factory=list)
    _replaced: dict[str, ModuleType] = field(default_factory=dict)

    def run(self, file: Path) -> ModuleType:
        """Execute a claim file as a module with a unique name; passes on any exception that it raises."""
        resolved = file.resolve()
        name = f"{PREFIX}{resolved.stem}_{sha256(str(resolved).encode(errors='surrogateescape')).hexdigest()[:12]}"
        loader = _SourceLoader(self, name, str(resolved))
        spec = importlib.util.spec_from_file_location(name, resolved, loader=loader)
        if spec is None:
            raise InputError(f"{file}: cannot be imported as Python")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        loader.exec_module(module)
        return module

    def prefer_folder(self, name: str) -> None:
        """Make ``import name`` find the module of that name in the folder, if there is one.

        Raises InputError for the name of an engine's package or of a module built into Python.
        """
        local = self._local(name)
        present = sys.modules.get(name)
        if local is None or name in self.shadowed or (present is not None and self._is(present, local)):
            return
        _check_name(name, local.relative_to(self.folder))
        if present is not None:
            self._set_aside(name)
        elsewhere = [entry for entry in sys.path if entry != str(self.folder)]
        if present is not None or importlib.machinery.PathFinder.find_spec(name, elsewhere) is not None:
            self.shadowed.append(name)

    def _local(self, name: str) -> Path | None:
        """Return the file of the module or package of that name in the folder."""
        files = (self.folder / f"{name}.py", self.folder / name / "__init__.py")
        return next((file for file in files if file.is_file()), None)

    def _set_aside(self, name: str) -> None:
        """Remove a module and its submodules from ``sys.modules`` until :meth:`restore` is called."""
        for other in [key for key in sys.modules if key == name or key.startswith(f"{name}.")]:
            self._replaced[other] = sys.modules.pop(other)

    def restore(self) -> None:
        """Remove the modules imported from the folder from ``sys.modules``, and restore those that they replaced.

        The claim files themselves stay, since their names are unique and their functions may still be called.
        """
        for name, module in list(sys.modules.items()):
            if not name.startswith(PREFIX) and self._holds(module):
                del sys.modules[name]
        sys.modules.update(self._replaced)

    @staticmethod
    def _is(module: ModuleType, file: Path) -> bool:
        own = getattr(module, "__file__", None)
        return isinstance(own, str) and Path(own).resolve() == file.resolve()

    def _holds(self, module: ModuleType) -> bool:
        file = getattr(module, "__file__", None)
        if isinstance(file, str):
            return Path(file) in self.sources
        try:  # a folder without __init__.py
            return any(Path(entry).is_relative_to(self.folder) for entry in getattr(module, "__path__", ()))
        except Exception:  # sys.modules may contain arbitrary objects
            return False


def _check_name(name: str, file: Path) -> None:
    """Raise InputError for the name of a module that a helper of a claim file must not, or cannot, replace."""
    if name in ENGINES:
        raise InputError(f"{file} has the name of the package {name}, on which verdicts rest: rename the file")
    if name in sys.builtin_module_names or importlib.machinery.FrozenImporter.find_spec(name) is not None:
        raise InputError(
            f"{file} has the name of a module built into Python, which would be imported instead: rename the file"
        )


class _SourceLoader(importlib.machinery.SourceFileLoader):
    """A loader that always compiles the source, ignoring byte code, and keeps assertions also under ``python -O``."""

    def __init__(self, imports: Imports, fullname: str, path: str) -> None:
        super().__init__(fullname, path)
        self._imports = imports

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        data = self.get_data(path)
        self._imports.sources[Path(path)] = sha256(data).hexdigest()
        tree = ast.parse(data, path)
        for name in sorted(_imported(tree)):
            self._imports.prefer_folder(name)
        code: CodeType = compile(tree, path, "exec", dont_inherit=True, optimize=0)
        return code


def _imported(tree: ast.AST) -> set[str]:
    """Return the top-level names of the modules that a source imports."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names.add(node.module.partition(".")[0])
    return names


@contextmanager
def imports_from(folder: Path, *, dedicated: bool = False) -> Iterator[Imports]:
    """Import from source, with `folder` first on ``sys.path``, within the context; restore the state afterwards.

    `dedicated`: whether this process exists for this import only, so that nothing needs to be restored.
    """
    folder = folder.resolve()
    imports = Imports(folder)
    path, hook = list(sys.path), partial(_finder, imports)
    sys.path[:] = [str(folder), *(entry for entry in path if entry not in ("", str(folder)))]
    sys.path_hooks.insert(0, hook)
    _drop_finders(imports)
    try:
        yield imports
    finally:
        if not dedicated:
            sys.path[:] = path
            sys.path_hooks.remove(hook)
            _drop_finders(imports)
            imports.restore()


def _finder(imports: Imports, entry: str) -> importlib.machinery.FileFinder:
    """Return a finder that imports from source; raises ImportError for folders to which the usual finder applies."""
    if not _from_source(imports, entry) or not Path(entry).is_dir():
        raise ImportError(entry)
    extensions = (importlib.machinery.ExtensionFileLoader, importlib.machinery.EXTENSION_SUFFIXES)
    loader: Any = partial(_SourceLoader, imports)
    return importlib.machinery.FileFinder(entry, extensions, (loader, importlib.machinery.SOURCE_SUFFIXES))


def _drop_finders(imports: Imports) -> None:
    """Drop cached finders of folders that are imported from source, since they may have cached other files."""
    for entry in [entry for entry in list(sys.path_importer_cache) if _from_source(imports, entry)]:
        del sys.path_importer_cache[entry]


def _from_source(imports: Imports, entry: str) -> bool:
    """Return whether a folder is imported from source: it is not installed, unless inside the claim file's folder."""
    folder, roots = _resolved(entry)  # a folder of claims may contain a virtual environment, or lie in one
    return all(imports.folder.is_relative_to(root) and folder.is_relative_to(imports.folder) for root in roots)


@lru_cache(maxsize=10_000)
def _resolved(entry: str) -> tuple[Path, tuple[Path, ...]]:
    """Return a folder with links resolved, and the installation folders that contain it."""
    folder = Path(entry).resolve()
    return folder, tuple(root for root in _installed() if folder.is_relative_to(root))


@lru_cache
def _installed() -> tuple[Path, ...]:
    """Return the folders of the standard library, of installed packages and of this package."""
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    entries = [*map(sysconfig.get_path, names), *site.getsitepackages(), site.getusersitepackages()]
    return (*(Path(entry).resolve() for entry in entries), Path(__file__).resolve().parent)


def prepare() -> None:
    """Fill the cache of installed folders before child processes are forked."""
    for entry in list(sys.path_importer_cache):
        _resolved(entry)
