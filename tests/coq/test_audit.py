"""Reading Coq: what an audit sees, what assumptions are read as, what a statement file says."""

import pytest

from ntkproofs.coq.audit import allowed, forbidden, groups_of, parse_assumptions, requirements
from ntkproofs.coq.recursion import recursion_error
from ntkproofs.coq.statements import Record, definition_digest, statements
from ntkproofs.coq.text import sentences, without_comments
from ntkproofs.errors import InputError


def test_characters_keep_their_places():
    source = 'a (* "*)" (* b *)\n *) c "d (* ""e""" f'
    bare = without_comments(source)
    assert len(bare) == len(source)
    assert bare.index("f") == source.index("f")
    assert bare.split() == ["a", "c", '"', '"', "f"]


def test_a_sentence_ends_with_a_dot_and_white_space():
    source = 'Check (a.b).(* c. *) Notation "x .. y" := 1.0. Proof with auto... (** last *) Qed.'
    found = sentences(source)
    assert [each.code for each in found] == [
        "Check (a.b)",
        'Notation "      " := 1.0',
        "Proof with auto",
        "Qed",
    ]
    assert found[1].text == 'Notation "x .. y" := 1.0'
    assert found[3].comment == "(** last *)"


def test_text_after_the_last_dot_is_refused():
    with pytest.raises(InputError, match="line 2: no dot at the end of 'Admitted'"):
        sentences("Qed.\nAdmitted")


@pytest.mark.parametrize(
    "source",
    [
        "Definition Admitted_later := 1. Definition axiom := 2. Lemma my_admit' : True. Proof. exact I. Qed.",
        "Section S. Variable n : nat. Section T. Hypothesis h : n = n. End T. Context (m : nat). End S.",
        "From Coq Require Import Reals Lra. From Interval Require Import Tactic. Local Open Scope R_scope.",
        "Require Import Coq.Reals.Reals. From NtkProofs Require Export Kernels. Import ListNotations.",
        'Definition s := "Admitted. Axiom". (* Parameter *)',
        "Let l_positive : 1 <= l. Proof. lia. Qed. Definition coin : nat. Proof. exact 1. Defined.",
        "Ltac below H := rewrite H. Lemma a : True. Proof. - { below H. } + 2:{ now below H. } all: lia. } Qed.",
        "Lemma a : match 0 with O => True | S _ => False end. Proof. exact I. Qed.",
        "Inductive phase := Checking | Adding (j : nat). Record pair := Pair { left : nat; right : nat }.",
        "Local Arguments Nat.eqb : simpl never. Arguments chance {Omega}.",
    ],
)
def test_honest_sources_are_not_refused(source):
    assert forbidden(source, "A.v") == []


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("Section S. End S. Variable n : nat.", 1),
        ("Section S. Section T. End T. End S. Hypotheses (a : True) (b : True).", 1),
        ("Section S. Module M. End M. End S.", 1),
        ("Axiom a : True. Lemma b : True. Proof. admit. Admitted.", 3),
        ("From Coq Require Import -(notations) Reals.", 1),
        ("From Coq.Reals Require Import Reals. From Evil Require Import A B.", 1),
        ("From mathcomp Require Import ssreflect. From Coq Require Import Floats. From Coq Require Import Uint63.", 3),
        ("From NtkProofs.Deep Require Import A. From Coq Require.", 2),
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
    assert parse_assumptions(PRINTED) == {
        "section variable long_name_of_a_variable",
        "section variable n",
        "T relies on an unsafe hierarchy.",
        "L is assumed to be positive.",
        "ClassicalDedekindReals.sig_forall_dec",
        "PrimInt63.int",
    }


@pytest.mark.parametrize("text", ["", "Error: no such theorem", "Axioms", "x\nClosed under the global context"])
def test_text_that_is_no_list_of_assumptions_is_refused(text):
    with pytest.raises(InputError, match="not an output of Print Assumptions"):
        parse_assumptions(text)


def test_primitive_floats_are_not_allowed_and_primitive_integers_are():
    assert not [name for name in allowed() if "Float" in name]
    assert groups_of(["Coq.Numbers.Cyclic.Int63.PrimInt63.int"]) == ("primitive integers",)
    with pytest.raises(InputError, match="not on the allow-list"):
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
        ("Require Gram", "Require Gram Rounding", True),
        ("exact Gram.first", "exact Gram.other", True),
        ("About numbers", "About integers", True),
        ("in two lines", "in three lines", False),
        ("any", "each", False),
        ("x   =\n", "x =", False),
        ('"a  b"', '"a b"', False),
        ("forall x", "exists x", False),
        ("Local Open Scope R_scope", "Local Open Scope nat_scope", False),
        ("Import Kernels", "Import Templates", False),
    ],
)
def test_the_digest_follows_the_words_the_statement_and_its_context(old, new, same):
    assert old in TWO
    assert (statements(TWO)[0].digest == statements(TWO.replace(old, new, 1))[0].digest) is same


@pytest.mark.parametrize("source", ["", "From Coq Require Import Reals.", "(** Words. *)"])
def test_a_file_that_states_nothing_is_refused(source):
    with pytest.raises(InputError, match="contains no theorem"):
        statements(source)


def test_a_heading_is_no_statement_in_words():
    with pytest.raises(InputError, match="the theorem a has no comment"):
        statements("(** * Heading *) Theorem a : True. Proof. exact I. Qed.")


def test_a_definition_file_is_known_by_its_text_as_it_stands():
    digests = {
        definition_digest(f"Definition{blank}a := {value}.{end}")
        for blank in (" ", "  ")
        for value in "12"
        for end in ("", " (* One. *)")
    }
    assert len(digests) == 8


# --- what is not on the lists


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("Unset Strict Implicit.", "`Unset` is not among the allowed commands: Arguments, Close"),
        ("Set Implicit Arguments.", "`Set` is not among the allowed commands: Arguments, Close"),
        ("Goal True.", "`Goal` is not among the allowed commands"),
        ("Local Lemma a : True.", "`Local Lemma` is not among the allowed commands"),
        ("Existing Instance a.", "`Existing` is not among the allowed commands"),
        ("Hint Resolve a : core.", "`Hint` is not among the allowed commands"),
        ("Coercion f : nat >-> bool.", "`Coercion` is not among the allowed commands"),
        ("Canonical Structure s := t.", "`Canonical` is not among the allowed commands"),
        ("Import Nat.", "`Import Nat` is not of the form `Import ListNotations`"),
        ("Open Scope R_scope R_scope.", "is not of the form `Open Scope name`"),
        ("Arguments f {n} & m.", "is not of the form `Arguments name"),
        ("Arguments f : clear implicits.", "is not of the form `Arguments name"),
        ("Theorem a : nat -> False with b : nat -> False.", "mutual definitions (`with`) are not allowed"),
        ("Inductive a := A (b : c) with c := C (d : a).", "mutual definitions (`with`) are not allowed"),
        ("Inductive a := A (n := 1).", "without local definitions"),
        ("Record a := A { n : nat := 1 }.", "without local definitions"),
        ("Inductive a := A (_ : let n := 1 in n = 1).", "without local definitions"),
        ("Definition a := ltac:(exact 1).", "tactics inside a term"),
        ("Definition a@{u} := Type@{u}.", "`@{` uses a feature of the kernel"),
        ("Definition a : SProp := b.", "`SProp` uses a feature of the kernel"),
        ("Definition a := (eq_refl <: 1 = 1).", "`<:` bypasses checks of the kernel"),
        ("Section S. Variable n := 1. End S.", "`Variable n := 1` contains a definition"),
        ("Definition a := fix f (n : nat) := n.", "`fix` defines recursion other than by a plain Fixpoint"),
        ("CoFixpoint a := a.", "`CoFixpoint` defines recursion other than by a plain Fixpoint"),
        ("Lemma a : True. Proof using. exact I. Qed.", "expected `Proof.` after a statement, got `Proof using`"),
        ("Lemma a : True. exact I. Qed.", "expected `Proof.` after a statement, got `exact I`"),
        ("Lemma a : True. Proof. Set Printing All. Qed.", "`Set` is not among the allowed tactics"),
        ("Lemma a : True. Proof. - Axiom b : False. Qed.", "`Axiom` introduces an assumption"),
        ("Lemma a : True. Proof. vm_compute. Qed.", "`vm_compute` uses a feature of the kernel"),
        ("Lemma a : True. Proof. cofix a. Qed.", "`cofix` defines recursion other"),
        ("Lemma a : True. Proof. now abstract lia. Qed.", "`abstract` uses a feature of the kernel"),
        ("Lemma a : True. Proof. par: lia. Qed.", "`par` is not among the allowed tactics"),
        ("Ltac a := unsafe_thing.", "`unsafe_thing` is not among the allowed tactics"),
        ("Ltac2 a := b.", "`Ltac2` is not among the allowed commands"),
        ("Definition x\t:= 1.", "the character '\\t' (U+0009) is not allowed outside of comments"),
        ("Definition x := 1.\r", "the character '\\r' (U+000D) is not allowed"),
        ("Definition x := `{1}.", "the character '`' (U+0060) is not allowed"),
        ("#[local] Definition x := 1.", "`#[local] Definition x := 1` is not among the allowed commands"),
        ("Definition \u03b1 := 1.", "(U+03B1) is not allowed outside of comments and strings"),
        ("(* \u202e *)", "(U+202E) is not allowed in a comment"),
        ('(* "*)" *) Definition x := 1.', "is not allowed in a comment (a quotation mark"),
        ('Definition x := "(*".', "the character '(' (U+0028) is not allowed in a string"),
        ('Infix "(* +" := plus.', "`Infix` changes the syntax of Coq"),
        ('Tactic Notation "(*" := idtac.', "`Notation` changes the syntax of Coq"),
        (
            'Fixpoint f (n : nat) : nat := match n with O => 0 | S k => f k end where "x !" := (f x).',
            "`where` changes",
        ),
    ],
)
def test_what_is_not_on_the_lists_is_refused(source, message):
    assert message in (forbidden(source, "A.v") or [""])[0]


PLAIN = "Fixpoint f (a : nat) (n : nat) : nat := match n with O => a | S k => f (S a) k end"


@pytest.mark.parametrize(
    "source",
    [
        PLAIN,
        "Fixpoint f (n : nat) : list nat := match n with | O => [] | S k => map (fun i => i + k) (f k) ++ f k end",
        "Fixpoint f (n : nat) : nat := match n with O => 0 | S k => if k =? 0 then f k else S (f k) end",
        "Fixpoint f (l : list nat) : nat := match l with [] => 0 | x :: rest => x + f rest end",
        "Fixpoint f (t : tree) : nat := match t with Leaf => 0 | Node left right => f left + f right end",
    ],
)
def test_plain_recursion_is_accepted(source):
    assert recursion_error(source) == ""


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("Fixpoint f (n : nat) : nat := f n", "its body is not a match on one of its arguments"),
        ("Fixpoint f (n : nat) : nat := match g n with O => 0 | S k => f k end", "its body is not a match"),
        ("Fixpoint f (n : nat) {struct n} : nat := match n with O => 0 | S k => f k end", "its arguments are not"),
        ("Fixpoint f {n : nat} : nat := match n with O => 0 | S k => f k end", "its arguments are not"),
        ("Fixpoint f n : nat := match n with O => 0 | S k => f k end", "its arguments are not"),
        ("Fixpoint f (n : nat) : nat", "it has no body"),
        (
            "Fixpoint f (n : nat) : nat := match n with O => 0 | S (S k) => f k | S k => 0 end",
            "the pattern `S ( S k )`",
        ),
        (
            PLAIN.replace("f (S a) k", "f k a"),
            "a recursive call of f whose argument n is not a variable of the pattern",
        ),
        (PLAIN.replace("f (S a) k", "f k"), "a recursive call of f"),
        (PLAIN.replace("f (S a) k", "f (f a n) k"), "a recursive call of f"),
        (PLAIN.replace("f (S a) k", "f (g f) k"), "a recursive call of f"),
        (PLAIN.replace("f (S a) k", "g f"), "a recursive call of f"),
        (PLAIN.replace("f (S a) k", "f a%nat k"), "a recursive call of f"),
        (PLAIN.replace("f (S a) k", "f x%k k"), "a recursive call of f"),
        (PLAIN.replace("f (S a) k", "f (n := k) a"), "`:=` inside it"),
        (PLAIN.replace("f (S a) k", "f a + k"), "a recursive call of f"),
        (PLAIN.replace("f (S a) k", "(if b then f a else k) a"), "a recursive call of f"),
        (PLAIN.replace("f (S a) k", "f a (match k with O => k | S j => j end)"), "`match` inside it"),
        (PLAIN.replace("f (S a) k", "(fun k => f a k) n"), "a name is bound again: k"),
        (PLAIN.replace("f (S a) k", "(fun f => f a n) g"), "a name is bound again: f"),
        (PLAIN.replace("f (S a) k", "(let k := n in f a k)"), "`let` inside it"),
        (PLAIN.replace("f (S a) k", "(fix g (i : nat) : nat := f a k) k"), "`fix` inside it"),
        (PLAIN + " with g (n : nat) : nat := match n with O => 0 | S k => f k k end", "`match` inside it"),
    ],
)
def test_recursion_that_is_not_plain_is_refused(source, message):
    assert message in recursion_error(source)
    assert "Fixpoint" in source
    assert forbidden(f"{source}.", "A.v") != []


@pytest.mark.parametrize("text", ["", "[]", '{"statements": {}}', '{"statements": {}, "definitions": {"a": 1}}'])
def test_a_broken_record_is_refused(text):
    with pytest.raises(InputError, match=r"statements\.json"):
        Record.from_json(text)


def test_a_record_reads_as_it_was_written():
    record = Record({"a": "1"}, {"B.v": "2"})
    assert Record.from_json(record.to_json()) == record
