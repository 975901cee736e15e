"""Showing verdicts to people: tables for the terminal, documents for programs."""

from ntkproofs.report.terminal import census, document, show_results

__all__ = ["census", "document", "show_results"]
