"""Reading Coq: what an audit sees, what assumptions are read as, what a statement file says."""

import pytest

from ntkproofs.errors import InputError
from ntkproofs.rigor.audit import allowed, assumptions, forbidden, groups_of, requirements
from ntkproofs.rigor.coq_text import sentences, without_comments
from ntkproofs.rigor.restated import Record, definition_digest, statements


def test_characters_keep_their_places():
    source = 'a (* "*)" (* b *)\n *) c "d (* ""e""" f'
    bare = without_comments(source)
    assert len(bare) == len(source)
    assert bare.index("f") == source.index("f")
    assert bare.split() == ["a", "c", '"', '"', "f"]


def test_a_sentence_ends_with_a_dot_and_white_space():
    source = 'Check (a.b).(* c. *) Notation "x .. y" := 1.0. Proof with auto... (** last *) Qed.'
    found = sentences(source)
    assert [each.bare for each in found] == [
        "Check (a.b)",
        'Notation "      " := 1.0',
        "Proof with auto",
        "Qed",
    ]
    assert found[1].text == 'Notation "x .. y" := 1.0'
    assert found[3].comment == "(** last *)"


def test_text_after_the_last_dot_is_refused():
    with pytest.raises(InputError, match="line 2: no dot ends 'Admitted'"):
        sentences("Qed.\nAdmitted")


@pytest.mark.parametrize(
    "source",
    [
        "Definition Admitted_later := 1. Definition axiom := 2. Lemma my_admit' : True. Proof. exact I. Qed.",
        "Section S. Variable n : nat. Section T. Hypothesis h : n = n. End T. Context (m : nat). End S.",
        "Module M. Section S. Variables a b : nat. End S. End M.",
        "Module N := M. Section S. Variables a b : nat. End S.",
        "Declare Scope my_scope. From Coq Require Import Reals Lra. From Interval Require Import Tactic.",
        "Require Import Coq.Reals.Reals. From NtkProofs Require Export Kernels.",
        'Definition s := "Admitted. Axiom". (* Parameter *)',
        'Set Warnings "-all". Local Open Scope R_scope. Unset Printing Notations. Goal True. Abort.',
    ],
)
def test_honest_sources_are_not_refused(source):
    assert forbidden(source, "A.v") == []


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("Section S. End S. Variable n : nat.", 1),
        ("Section S. Module M. End M. End S. Hypotheses (a : True) (b : True).", 1),
        ("Axiom a : True. Lemma b : True. Proof. admit. Admitted.", 3),
        ("From Coq Require Import -(notations) Reals.", 1),
        ("From Coq.Reals Require Import Reals. From Evil Require Import A B.", 2),
        ("Set Definitional UIP.", 1),
        ('Extraction plus. Recursive Extraction plus. Add LoadPath "x". Cd "x". Drop.', 5),
    ],
)
def test_every_offence_is_found(source, count):
    assert len(forbidden(source, "A.v")) == count


def test_an_offence_is_placed_on_its_own_line():
    assert forbidden("Lemma a :\n  True.\nProof. exact\n\n admit.", "A.v")[0].startswith("A.v, line 5: `admit`")


def test_requirements_are_full_names():
    assert requirements("From NtkProofs Require A B") == [("NtkProofs.A", False), ("NtkProofs.B", False)]
    assert requirements("Lemma a : True") == []


PRINTED = """\
Section Variables:
long_name_of_a_variable
: forall x y z : nat, x + y + z = x + y + z
n : nat
Axioms:
T relies on an unsafe hierarchy.
L is assumed to be positive.
ClassicalDedekindReals.sig_forall_dec
  : forall P : nat -> Prop,
    (forall n : nat, {P n} + {~ P n}) ->
    {n : nat | ~ P n} + {forall n : nat, P n}
PrimInt63.int : Set
"""


def test_assumptions_are_names_and_what_has_no_name_is_a_whole_line():
    assert assumptions(PRINTED) == {
        "section variable long_name_of_a_variable",
        "section variable n",
        "T relies on an unsafe hierarchy.",
        "L is assumed to be positive.",
        "ClassicalDedekindReals.sig_forall_dec",
        "PrimInt63.int",
    }


@pytest.mark.parametrize("text", ["", "Error: no such theorem", "Axioms", "x\nClosed under the global context"])
def test_text_that_is_no_list_of_assumptions_is_refused(text):
    with pytest.raises(InputError, match="no output of Print Assumptions"):
        assumptions(text)


def test_primitive_floats_are_not_allowed_and_primitive_integers_are():
    assert not [name for name in allowed() if "Float" in name]
    assert groups_of(["Coq.Numbers.Cyclic.Int63.PrimInt63.int"]) == ("primitive integers",)
    with pytest.raises(InputError, match="not on the list"):
        groups_of(["Coq.Floats.PrimFloat.float"])


TWO = """\
(** About numbers. *)
From Coq Require Import Reals.
From NtkProofs Require Import Kernels.
From NtkProofs Require Gram.
Local Open Scope R_scope.

(** * A heading *)

(** The first,
    in two lines. *)
Theorem first : forall x, (* any *) x   =
  "a  b".
Proof. exact Gram.first. Qed.
Close Scope R_scope.
(** The [second]. *)
Theorem second : 1 = 1. Proof. exact (@eq_refl nat 1). Qed.
"""


def test_a_statement_is_its_text_its_words_and_the_scopes_it_is_read_in():
    first, second = statements(TWO)
    assert (first.text, first.words, first.line) == ('forall x, x = "a  b"', "The first, in two lines", 11)
    assert (second.text, second.words) == ("1 = 1", "The [second]")
    common = ("From Coq Require Import Reals", "From NtkProofs Require Import Kernels", "Local Open Scope R_scope")
    assert first.context == common
    assert second.context == (*common, "Close Scope R_scope")


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("x   =\n", "x =", True),
        ("Require Gram", "Require Gram Rounding", True),
        ("in two lines", "in three lines", True),
        ('"a  b"', '"a b"', False),
        ("forall x", "exists x", False),
        ("Local Open Scope R_scope", "Local Open Scope nat_scope", False),
        ("Import Kernels", "Import Templates", False),
    ],
)
def test_the_digest_follows_the_meaning(old, new, same):
    assert old in TWO
    assert (statements(TWO)[0].digest == statements(TWO.replace(old, new))[0].digest) is same


@pytest.mark.parametrize("source", ["", "From Coq Require Import Reals.", "(** Words. *)"])
def test_a_file_that_states_nothing_is_refused(source):
    with pytest.raises(InputError, match="states nothing"):
        statements(source)


def test_a_heading_is_no_statement_in_words():
    with pytest.raises(InputError, match="theorem a is not said in words"):
        statements("(** * Heading *) Theorem a : True. Proof. exact I. Qed.")


def test_a_definition_file_is_known_by_what_coq_reads_in_it():
    assert definition_digest("Definition a := 1.") == definition_digest("(** One. *)\nDefinition  a := 1.")
    assert definition_digest("Definition a := 1.") != definition_digest("Definition a := 2.")


@pytest.mark.parametrize("text", ["", "[]", '{"statements": {}}', '{"statements": {}, "definitions": {"a": 1}}'])
def test_a_broken_record_is_refused(text):
    with pytest.raises(InputError, match=r"statements\.json"):
        Record.from_json(text)


def test_a_record_reads_as_it_was_written():
    record = Record({"a": "1"}, {"B.v": "2"})
    assert Record.from_json(record.to_json()) == record
