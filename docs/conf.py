"""Configuration of Sphinx: pages in Markdown, reference from docstrings, no resources from the network."""

import re
from types import ModuleType

from sphinx.util.inspect import TypeAliasForwardRef

from ntkproofs import __version__

project = "ntkproofs"
copyright = "The ntkproofs developers, MIT licence"
author = "The ntkproofs developers"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.doctest", "sphinx.ext.viewcode"]
exclude_patterns = ["_build"]
default_role = "code"  # docstrings write `name`
nitpicky = False

myst_enable_extensions = ["deflist", "colon_fence"]
myst_heading_anchors = 3

autodoc_default_options = {"members": True}
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_type_aliases = {name: name for name in ("Bit", "Counterexample", "Rows", "State")}
maximum_signature_line_length = 90
add_module_names = False
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = f"ntkproofs {version}"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_copy_source = False
html_show_sourcelink = False
pygments_style = "default"
pygments_dark_style = "github-dark"


def _separate_doctests(_app, _what, name, obj, _options, lines):
    """Put the doctests of each docstring in a group of their own, with the names of its module, as pytest does."""
    function = getattr(obj, "fget", None) or getattr(obj, "func", None) or obj
    module = name if isinstance(obj, ModuleType) else getattr(function, "__module__", None)
    if not any(line.lstrip().startswith(">>>") for line in lines):
        return
    result, inside = [], False
    for line in lines:
        begins = line.lstrip().startswith(">>>") and not inside
        inside = bool(line.strip()) and (inside or begins)
        margin = line[: len(line) - len(line.lstrip())]
        result += [f"{margin}.. doctest:: {name}", ""] * begins + [f"   {line}" if inside else line]
    names = f"globals().update(vars(__import__('importlib').import_module({module!r})))"
    lines[:] = [*result, "", f".. testsetup:: {name}", "", f"   {names}", ""]


TypeAliasForwardRef.__repr__ = lambda self: self.name  # Sphinx shows the alias inside list[...] by its repr


def _shorten_types(_app, _what, _name, _obj, _options, signature, returned):
    """Remove module names from the types of a signature."""

    def plain(text):
        text = text.replace("ndarray[tuple[Any, ...], dtype[uint8]]", "Rows").replace("<factory>", "...")
        return re.sub(r"~?\b(?:[a-z_]+\.)+([A-Z]\w*)", r"\1", text)

    return (signature and plain(signature), returned and plain(returned))


def setup(app):
    """Connect the functions of this file to Sphinx."""
    app.connect("autodoc-process-signature", _shorten_types)
    app.connect("autodoc-process-docstring", _separate_doctests)
