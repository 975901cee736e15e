"""``python -m ntkproofs.commands.theory FOLDER``: compile a theory and say what its statements rest on.

``--record`` writes down what the statements and the definitions say now, after a person has read them;
``--recheck`` has ``coqchk``, Coq's separate checker, look at the compiled files of the theory.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ntkproofs.commands.common import HOLDS, REFUTED, UNDECIDED, USAGE, remark
from ntkproofs.errors import InputError, NtkProofsError
from ntkproofs.rigor.audit import OWN
from ntkproofs.rigor.builds import place
from ntkproofs.rigor.coqc import find_coqc
from ntkproofs.rigor.restated import RECORD
from ntkproofs.rigor.theorems import Theory, in_words

__all__ = ["main"]

SECONDS = 1200  # for coqchk


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns 0 if everything is proved, 1 if something is refused, 2 if open, 3 for bad input."""
    parser = argparse.ArgumentParser(prog="python -m ntkproofs.commands.theory", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the folder of the Coq files")
    parser.add_argument("--record", action="store_true", help=f"write {RECORD}: these statements, these definitions")
    parser.add_argument("--recheck", action="store_true", help="have coqchk check the compiled files as well")
    options = parser.parse_args(arguments)
    try:
        theory = Theory(options.folder)
        if options.record:
            (options.folder / RECORD).write_text(theory.found().to_json(), encoding="utf-8")
            theory = Theory(options.folder)
            proofs = {each.name: theory.proof(each.name) for each in theory.statements}
            if all(proof.outcome == "holds" for proof in proofs.values()):
                assumed = {name: in_words(proof.assumptions) for name, proof in proofs.items()}
                (options.folder / RECORD).write_text(theory.found(assumed).to_json(), encoding="utf-8")
        return _show(theory) or (_recheck(theory) if options.recheck else HOLDS)
    except InputError as problem:
        remark(f"ntkproofs: {problem}")
        return USAGE
    except NtkProofsError as problem:
        remark(f"ntkproofs: {problem}")
        return REFUTED


def _show(theory: Theory) -> int:
    """Print the seconds of every file and the assumptions of every statement."""
    for statement in theory.statements:
        proof = theory.proof(statement.name)
        if proof.outcome != "holds":
            print(f"{statement.name}: {proof.reason}")
            return UNDECIDED
        print(f"{statement.name}: proved, assumes {in_words(proof.assumptions)}")
    parts = theory.compiled(*theory.sources)
    if not isinstance(parts, str):
        for part in parts.values():
            print(f"{part.seconds:8.1f} s  {part.name}.v")
    return HOLDS


def _recheck(theory: Theory) -> int:
    """Have coqchk check the theory's own compiled files; what they use of libraries is taken as compiled."""
    parts, coqc = theory.compiled(*theory.sources), find_coqc()
    checker = shutil.which("coqchk", path=str(Path(coqc.path).parent)) if coqc else None
    if isinstance(parts, str) or checker is None:
        print("coqchk not found")
        return UNDECIDED
    with tempfile.TemporaryDirectory() as folder:
        place(parts, Path(folder))
        alone = [text for name in parts for text in ("-norec", f"{OWN}.{name}")]
        command = [checker, "-silent", "-Q", folder, OWN, *alone]
        try:
            answer = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            print(f"coqchk: stopped after {SECONDS} s")
            return UNDECIDED
    if answer.returncode:
        print(f"coqchk refuses: {' '.join((answer.stdout + answer.stderr).split())[-400:]}")
        return REFUTED
    print(f"coqchk accepts {', '.join(parts)}")
    return HOLDS


if __name__ == "__main__":
    sys.exit(main())
