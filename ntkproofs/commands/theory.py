"""``python -m ntkproofs.commands.theory FOLDER``: compile a theory and say what its statements rest on.

Every compiled file is checked once more by ``coqchk``, Coq's separate checker. ``--record`` writes down what the
statements and the definitions say now, after a person has read them; ``--no-cache`` believes nothing from before.
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
from ntkproofs.files import check_writable, write_whole
from ntkproofs.printable import printable

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns 0 if everything is proved, 1 if something is refused, 2 if open, 3 for bad input."""
    return guarded(partial(_run, arguments))


def _run(arguments: Sequence[str] | None, options: argparse.Namespace) -> int:
    parser = Parser(prog="python -m ntkproofs.commands.theory", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the folder of the Coq files")
    parser.add_argument("--record", action="store_true", help=f"write {RECORD}: these statements, these definitions")
    parser.add_argument("--no-cache", action="store_true", help="compile and check everything anew")
    parser.parse_args(arguments, options)
    with one_run(cache=not options.no_cache):
        theory = Theory(options.folder)
        if options.record:
            theory = _recorded(theory)
        return _show(theory)


def _recorded(theory: Theory) -> Theory:
    """Record a theory as it is, with what its statements assume if all are proved; return it as it was read again."""
    target = theory.folder / RECORD
    check_writable(target)
    write_whole(target, theory.current_record(theory.recorded_assumptions).to_json().encode())
    theory = Theory(theory.folder)
    proofs = {each.name: theory.proof(each.name) for each in theory.statements}
    if all(proof.outcome == "holds" for proof in proofs.values()):
        assumed = {name: in_words(proof.assumptions) for name, proof in proofs.items()}
        write_whole(target, theory.current_record(assumed).to_json().encode())
        theory = Theory(theory.folder)
    return theory


def _show(theory: Theory) -> int:
    """Print what every statement assumes and the seconds of every file, with a mark at what came from the cache."""
    for statement in theory.statements:
        proof = theory.proof(statement.name)
        if proof.outcome != "holds":
            print(printable(f"{statement.name}: {proof.reason}"))
            return UNDECIDED
        mark = " (from the cache)" if proof.kept else ""
        print(printable(f"{statement.name}: proved, assumes {in_words(proof.assumptions)}{mark}"))
    parts = theory.compiled(*theory.sources)
    if not isinstance(parts, str):
        for part in parts.values():
            print(printable(f"{part.seconds:8.1f} s  {part.name}.v{' (from the cache)' if part.cached else ''}"))
        print(printable(f"coqchk accepts {', '.join(parts)}"))
    return HOLDS


if __name__ == "__main__":
    sys.exit(main())
