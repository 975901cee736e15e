"""Reports of verdicts: tables for the terminal, JSON documents, figures, and an HTML page.

The modules are imported on first use: listing the figures imports neither SymPy nor matplotlib.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ntkproofs.report.terminal import document, engine_summary, show_evidence, show_results, show_summary

__all__ = ["document", "engine_summary", "show_evidence", "show_results", "show_summary"]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("ntkproofs.report.terminal"), name)
