"""``python -m ntkproofs.commands.theory FOLDER``: compile a Coq theory and show what its statements assume.

Every compiled file is also checked by ``coqchk``, Coq's separate checker. ``--record`` records the current statements
and definitions, after a person has read them; ``--no-cache`` ignores cached results.
"""

from __future__ import annotations

from ntkproofs.startup import leave_current_folder

if __name__ == "__main__":
    leave_current_folder()

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from ntkproofs.cli import guarded
from ntkproofs.commands.common import HOLDS, UNDECIDED, Parser
from ntkproofs.coq.compiler import one_run
from ntkproofs.coq.statements import RECORD
from ntkproofs.coq.theory import Theory, in_words
from ntkproofs.files import check_writable, write_atomically
from ntkproofs.printable import printable

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 if everything is proved, 1 if rejected, 2 if undecided, 3 for invalid input."""
    return guarded(partial(_run, arguments))


def _run(arguments: Sequence[str] | None, options: argparse.Namespace) -> int:
    parser = Parser(prog="python -m ntkproofs.commands.theory", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the folder with the Coq files")
    parser.add_argument(
        "--record", action="store_true", help=f"write {RECORD}, the record of the statements and definitions"
    )
    parser.add_argument(
        "--no-cache", action="store_true", help="ignore cached results: compile and check everything again"
    )
    parser.parse_args(arguments, options)
    with one_run(cache=not options.no_cache):
        theory = Theory(options.folder)
        if options.record:
            theory = _recorded(theory)
        return _show(theory)


def _recorded(theory: Theory) -> Theory:
    """Record the statements and definitions of a theory, with assumptions if all are proved; return it, read again."""
    target = theory.folder / RECORD
    check_writable(target)
    write_atomically(target, theory.current_record(theory.recorded_assumptions).to_json().encode())
    theory = Theory(theory.folder)
    proofs = {statement.name: theory.proof(statement.name) for statement in theory.statements}
    if all(proof.outcome == "holds" for proof in proofs.values()):
        assumptions = {name: in_words(proof.assumptions) for name, proof in proofs.items()}
        write_atomically(target, theory.current_record(assumptions).to_json().encode())
        theory = Theory(theory.folder)
    return theory


def _show(theory: Theory) -> int:
    """Print the assumptions of every statement and the seconds of every file, marking cached results."""
    for statement in theory.statements:
        proof = theory.proof(statement.name)
        if proof.outcome != "holds":
            print(printable(f"{statement.name}: {proof.reason}"))
            return UNDECIDED
        note = " (from the cache)" if proof.cached else ""
        print(printable(f"{statement.name}: proved, assumes {in_words(proof.assumptions)}{note}"))
    files = theory.compiled(*theory.sources)
    if not isinstance(files, str):
        for file in files.values():
            print(printable(f"{file.seconds:8.1f} s  {file.name}.v{' (from the cache)' if file.cached else ''}"))
        print(printable(f"coqchk accepts {', '.join(files)}"))
    return HOLDS


if __name__ == "__main__":
    sys.exit(main())
