"""``python -m ntkproofs.commands.theory FOLDER``: compile a theory and say what its statements rest on.

Every compiled file is checked once more by ``coqchk``, Coq's separate checker. ``--record`` writes down what the
statements and the definitions say now, after a person has read them; ``--no-cache`` believes nothing from before.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ntkproofs.commands.common import HOLDS, REFUTED, UNDECIDED, USAGE, remark
from ntkproofs.errors import InputError, NtkProofsError
from ntkproofs.rigor.coqc import one_run
from ntkproofs.rigor.restated import RECORD
from ntkproofs.rigor.theorems import Theory, in_words

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns 0 if everything is proved, 1 if something is refused, 2 if open, 3 for bad input."""
    parser = argparse.ArgumentParser(prog="python -m ntkproofs.commands.theory", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the folder of the Coq files")
    parser.add_argument("--record", action="store_true", help=f"write {RECORD}: these statements, these definitions")
    parser.add_argument("--no-cache", action="store_true", help="compile and check everything anew")
    options = parser.parse_args(arguments)
    try:
        with one_run(cache=not options.no_cache):
            theory = Theory(options.folder)
            if options.record:
                theory = _recorded(theory)
            return _show(theory)
    except InputError as problem:
        remark(f"ntkproofs: {problem}")
        return USAGE
    except NtkProofsError as problem:
        remark(f"ntkproofs: {problem}")
        return REFUTED


def _recorded(theory: Theory) -> Theory:
    """Record a theory as it is, with what its statements assume if all are proved; return it as it was read again."""
    target = theory.folder / RECORD
    target.write_text(theory.found(theory.expected).to_json(), encoding="utf-8")
    theory = Theory(theory.folder)
    proofs = {each.name: theory.proof(each.name) for each in theory.statements}
    if all(proof.outcome == "holds" for proof in proofs.values()):
        assumed = {name: in_words(proof.assumptions) for name, proof in proofs.items()}
        target.write_text(theory.found(assumed).to_json(), encoding="utf-8")
        theory = Theory(theory.folder)
    return theory


def _show(theory: Theory) -> int:
    """Print what every statement assumes and the seconds of every file, with a mark at what came from the cache."""
    for statement in theory.statements:
        proof = theory.proof(statement.name)
        if proof.outcome != "holds":
            print(f"{statement.name}: {proof.reason}")
            return UNDECIDED
        mark = " (from the cache)" if proof.kept else ""
        print(f"{statement.name}: proved, assumes {in_words(proof.assumptions)}{mark}")
    parts = theory.compiled(*theory.sources)
    if not isinstance(parts, str):
        for part in parts.values():
            print(f"{part.seconds:8.1f} s  {part.name}.v{' (from the cache)' if part.kept else ''}")
        print(f"coqchk accepts {', '.join(parts)}")
    return HOLDS


if __name__ == "__main__":
    sys.exit(main())
