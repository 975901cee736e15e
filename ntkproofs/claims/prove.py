"""prove: theorems of a Coq theory, and programs of a theory compared with those of this package."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ntkproofs.coq.theory import Proof, Theory

if TYPE_CHECKING:
    from ntkproofs.coq.agreement import Pair

__all__ = ["prove", "prove_equal"]


def prove(theory: Theory, theorem: str) -> Proof:
    """Return what Coq says about a theorem that ``Statements.v`` of the theory states.

    Raises InputError if it states no such theorem, and ProofRefused, with the place, if the audit or Coq refuses the
    theory or this theorem.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "Lemmas.v").write_text("")
    ...     prove(Theory(Path(folder)), "small")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ntkproofs.errors.InputError: ... has no Statements.v
    """
    return theory.proof(theorem)


def prove_equal(theory: Theory, words: str, pairs: Sequence[Pair]) -> Proof:
    """Have Coq prove that programs of a theory are the Python programs beside them; see :mod:`ntkproofs.coq.agreement`.

    `words`: the statement; `pairs`: the programs. Raises InputError if there are no pairs, and ProofRefused if the
    theory's programs are refused.
    """
    from ntkproofs.coq.agreement import agree  # which imports NumPy

    return agree(theory, words, pairs)
