"""prove: prove theorems of a Coq theory, and compare programs of a theory with those of this package."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ntkproofs.coq.theory import Proof, Theory

if TYPE_CHECKING:
    from ntkproofs.coq.agreement import CircuitPair, Pair

__all__ = ["prove", "prove_equal"]


def prove(theory: Theory, theorem: str) -> Proof:
    """Check a theorem stated in ``Statements.v`` of a theory with Coq, and return the result.

    Raises InputError if ``Statements.v`` states no such theorem, and ProofRefused, with the location, if the audit or
    Coq rejects the theory or this theorem.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "Lemmas.v").write_text("")
    ...     prove(Theory(Path(folder)), "small")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ntkproofs.errors.InputError: ... has no Statements.v
    """
    return theory.proof(theorem)


def prove_equal(theory: Theory, words: str, pairs: Sequence[Pair | CircuitPair]) -> Proof:
    """Prove with Coq that programs of a theory equal Python programs; see :mod:`ntkproofs.coq.agreement`.

    `words`: the statement; `pairs`: the programs of the theory, each with its Python program. Raises InputError if
    there are no pairs, and ProofRefused if the programs of the theory are rejected.
    """
    from ntkproofs.coq.agreement import agree  # imports NumPy

    return agree(theory, words, pairs)
