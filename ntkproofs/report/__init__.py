"""Showing verdicts to people: tables for the terminal, documents for programs, figures, one page for the browser.

Its parts load on first use: naming the figures loads neither SymPy nor matplotlib.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ntkproofs.report.terminal import census, document, show_results

__all__ = ["census", "document", "show_results"]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("ntkproofs.report.terminal"), name)
