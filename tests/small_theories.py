"""A small Coq theory, to be used as it is or modified, for the tests of the audit."""

import os

import pytest

from ntkproofs.coq.compiler import MISSING, find_coqc
from ntkproofs.coq.theory import Theory

FILES = {
    "Terms.v": "Definition twice (n : nat) : nat := n + n.\n",
    "Lemmas.v": """\
From NtkProofs Require Import Terms.
Lemma twice_zero : twice 0 = 0.
Proof. reflexivity. Qed.
Lemma twice_grows : forall n, 0 <= twice n.
Proof. intros n. apply le_0_n. Qed.
""",
    "Statements.v": """\
From NtkProofs Require Import Terms.
From NtkProofs Require Lemmas.
(** Twice 0 is 0. *)
Theorem twice_zero : twice 0 = 0.
Proof. exact Lemmas.twice_zero. Qed.
(** Twice a number is no less than 0. *)
Theorem twice_grows : forall n, 0 <= twice n.
Proof. exact Lemmas.twice_grows. Qed.
""",
}


def write(folder, files, *, record=True):
    """Write a theory, with the record of its statements unless `record` is False."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in files.items():
        (folder / name).write_text(source)
    if record:
        (folder / "statements.json").write_text(Theory(folder).current_record().to_json())
    return folder


def needs_coq():
    """Skip a test if coqc is not installed; in CI this is a failure."""
    if find_coqc() is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)


@pytest.fixture(scope="session")
def coq_cache(tmp_path_factory):
    """Provide a cache of compiled files for this session, so that no earlier result is used."""
    needs_coq()
    before = os.environ.get("XDG_CACHE_HOME")
    folder = tmp_path_factory.mktemp("cache")
    os.environ["XDG_CACHE_HOME"] = str(folder)
    yield folder / "ntkproofs" / "coq"
    if before is None:
        del os.environ["XDG_CACHE_HOME"]
    else:
        os.environ["XDG_CACHE_HOME"] = before
