"""Forged theories: each must be refused, with the message that says what is wrong with it."""

from pathlib import Path

import pytest
from small_theories import FILES, coq_cache, write  # noqa: F401  (a fixture)

from ntkproofs.coq import theory as theorems
from ntkproofs.coq.audit import forbidden
from ntkproofs.coq.compiler import find_coqc
from ntkproofs.coq.recheck import RecheckResult
from ntkproofs.coq.text import without_comments
from ntkproofs.coq.theory import Theory
from ntkproofs.errors import InputError, NtkProofsError, ProofRefused

GROWS = "Lemma twice_grows : forall n, 0 <= twice n.\nProof. intros n. apply le_0_n. Qed."
ZERO = "Lemma twice_zero : twice 0 = 0.\nProof. reflexivity. Qed."


def forged(folder, changes, *, record="genuine"):
    """Write the theory with changes ``(file, old, new)``; recorded before them, or after if `record` is "forged"."""
    write(folder, FILES)
    files = dict(FILES)
    for file, old, new in changes:
        source = files.get(file, "")
        assert old in source, f"{old!r} is not in {file}"
        files[file] = source.replace(old, new, 1) if old else source + new
    write(folder, files, record=record == "forged")
    return Theory(folder)


def prove_all(theory):
    return [theory.proof(each.name) for each in theory.statements]


def lemma(old, new):
    return [("Lemmas.v", old, new)]


def statement(old, new):
    return [("Statements.v", old, new)]


# --- refused before Coq runs

HIDDEN = (Path(__file__).parent / "canaries" / "HiddenCommand.v").read_text()

READ = {
    "an admitted lemma": (
        lemma("intros n. apply le_0_n. Qed.", "Admitted."),
        "Lemmas.v, line 5: `Admitted` leaves a goal without a proof",
    ),
    "an admitted goal": (
        lemma("intros n. apply le_0_n. Qed.", "admit. Qed."),
        "Lemmas.v, line 5: `admit` leaves a goal without a proof",
    ),
    "an extra axiom": (
        lemma(GROWS, "Axiom twice_grows : forall n, 0 <= twice n."),
        "Lemmas.v, line 4: `Axiom` introduces an assumption",
    ),
    "an axiom under an attribute": (
        lemma(GROWS, "#[local] Axiom twice_grows : forall n, 0 <= twice n."),
        "Lemmas.v, line 4: `Axiom` introduces an assumption",
    ),
    "a parameter": (
        lemma(GROWS, "Module Type T.\nParameter twice_grows : forall n, 0 <= twice n.\nEnd T.\nDeclare Module M : T."),
        "Lemmas.v, line 4: `Module` uses a feature of the kernel that theories may not use (and 3 more)",
    ),
    "a declared module": (
        lemma(GROWS, "Declare Module M : T."),
        "Lemmas.v, line 4: `Declare Module` introduces an assumption",
    ),
    "an instance without a body": (
        lemma(GROWS, "Declare Instance twice_grows : forall n, 0 <= twice n."),
        "Lemmas.v, line 4: `Declare Instance` introduces an assumption",
    ),
    "an axiom in a file that another imports": (
        [
            ("Hidden.v", "", "Axiom grows : forall n, 0 <= n.\n"),
            ("Lemmas.v", "From", "From NtkProofs Require Hidden. From"),
            ("Lemmas.v", "apply le_0_n", "apply Hidden.grows"),
        ],
        "Hidden.v, line 1: `Axiom` introduces an assumption",
    ),
    "a variable outside of a section": (
        lemma(GROWS, "Section S. End S.\nVariable twice_grows : forall n, 0 <= twice n."),
        "Lemmas.v, line 5: `Variable` introduces an assumption outside of a section",
    ),
    "a context outside of a section": (
        lemma(GROWS, "Section S. End S.\nContext (twice_grows : forall n, 0 <= twice n)."),
        "Lemmas.v, line 5: `Context` introduces an assumption outside of a section",
    ),
    "no check of recursion": (
        lemma(GROWS, "Unset  Guard Checking.\n" + GROWS),
        "Lemmas.v, line 4: `Guard Checking` bypasses checks of the kernel",
    ),
    "no check of inductive types": (
        lemma(GROWS, "Unset Positivity\nChecking."),
        "Lemmas.v, line 4: `Positivity Checking` bypasses checks of the kernel",
    ),
    "no check of universes": (
        lemma(GROWS, "Unset Universe Checking."),
        "Lemmas.v, line 4: `Universe Checking` bypasses checks of the kernel",
    ),
    "a check left out by an attribute": (
        lemma(GROWS, "#[bypass_check(guard)]\n" + GROWS),
        "Lemmas.v, line 4: `bypass_check` bypasses checks of the kernel",
    ),
    "native_compute": (
        lemma("reflexivity", "native_compute; reflexivity"),
        "Lemmas.v, line 3: `native_compute` bypasses checks of the kernel",
    ),
    "a cast that is not checked": (
        lemma("reflexivity", "vm_cast_no_check (eq_refl 0)"),
        "Lemmas.v, line 3: `vm_cast_no_check` bypasses checks of the kernel",
    ),
    "a native cast": (
        lemma("reflexivity", "exact (eq_refl <<: twice 0 = 0)"),
        "Lemmas.v, line 3: `<<:` bypasses checks of the kernel",
    ),
    "a plugin": (
        lemma(GROWS, 'Declare ML Module "evil".'),
        "Lemmas.v, line 4: `Declare ML` introduces an assumption",
    ),
    "a file that is loaded": (
        lemma(GROWS, 'Load "evil".'),
        "Lemmas.v, line 4: `Load` depends on state outside the file",
    ),
    "a file that is written": (
        lemma(GROWS, 'Redirect "evil" Print nat.'),
        "Lemmas.v, line 4: `Redirect` depends on state outside the file",
    ),
    "a library that is not on the list": (
        lemma("From NtkProofs", "From Elsewhere Require Import All.\nFrom NtkProofs"),
        "Lemmas.v, line 1: `Require` of Elsewhere.All: the allowed libraries are Coq, Coquelicot",
    ),
    "a library by its short name": (
        lemma("From NtkProofs", "Require Import All.\nFrom NtkProofs"),
        "Lemmas.v, line 1: `Require` of All: the allowed libraries are",
    ),
    "a comment that seems to begin in a string": (
        lemma(GROWS, GROWS.replace("intros n. apply le_0_n. Qed", 'idtac "(*". Admitted') + "\n(* *)"),
        "Lemmas.v, line 5: `Admitted` leaves a goal without a proof",
    ),
    "a comment that seems to go on": (
        lemma(GROWS, '(* "*)" (* *) *) Axiom a : True. (* *)\n' + GROWS),
        "Lemmas.v, line 4: `Axiom` introduces an assumption",
    ),
    "a notation whose token begins a comment": (
        lemma(GROWS, HIDDEN + GROWS),
        "Lemmas.v, line 5: `Notation` changes the syntax of Coq",
    ),
    "a notation for what every statement says": (
        lemma(GROWS, 'Notation "x = y" := (@eq _ x x) : type_scope.\n' + GROWS),
        "Lemmas.v, line 4: `Notation` changes the syntax of Coq",
    ),
    "a comment without an end": (lemma(GROWS, GROWS + "\n(* (* *)"), "Lemmas.v, line 6: a comment that is not closed"),
    "a string without an end": (lemma(GROWS, GROWS + '\n"'), "Lemmas.v, line 6: a string that is not closed"),
    "a weakened statement": (
        statement("forall n, 0 <= twice n.\nProof. exact Lemmas.twice_grows.", "0 <= 0.\nProof. exact (le_n 0)."),
        "statement twice_grows differs from the record; review it, then record it",
    ),
    "a statement read in another scope": (
        statement("(** Twice a number", "Local Open Scope type_scope.\n(** Twice a number"),
        "statement twice_grows differs from the record",
    ),
    "a missing statement": (
        statement(FILES["Statements.v"][FILES["Statements.v"].index("(** Twice 0") :].split("(** Twice a")[0], ""),
        "statement twice_zero is in the record but does not exist",
    ),
    "an extra statement": (
        [("Statements.v", "", "(** More. *) Theorem twice_grows_too : True.\nProof. exact I. Qed.\n")],
        "statement twice_grows_too is not in the record",
    ),
    "other words": (
        statement("(** Twice a number is no less than 0. *)", "(** P is not NP. *)"),
        "statement twice_grows differs from the record",
    ),
    "other words inside of a statement": (
        statement("forall n, 0 <= twice n", "forall n, (* not *) 0 <= twice n"),
        "statement twice_grows differs from the record",
    ),
    "other words in a definition file": (
        [("Terms.v", "Definition", "(** Half of a number. *)\nDefinition")],
        "definition file Terms.v differs from the record",
    ),
    "another definition": (
        [("Terms.v", "n + n", "n * 0")],
        "definition file Terms.v differs from the record",
    ),
    "a definition file that another one imports": (
        [
            ("More.v", "", "Definition more (n : nat) : nat := n.\n"),
            ("Terms.v", "Definition", "From NtkProofs Require Export More.\nDefinition"),
        ],
        "definition file More.v is not in the record",
    ),
    "lemmas imported as definitions": (
        statement("Require Lemmas", "Require Import Lemmas"),
        "definition file Lemmas.v is not in the record",
    ),
    "a file that is missing": (statement("Require Lemmas", "Require Lost Lemmas"), "Lost.v not found"),
}

SHAPE = {
    "a proof that is no exact": (
        statement("exact Lemmas.twice_zero", "reflexivity"),
        "line 5: theorem twice_zero is not proved by `Proof. exact lemma. Qed.` but by `Proof. reflexivity. Qed.`",
    ),
    "a proof that runs tactics inside exact": (
        statement("exact Lemmas.twice_zero", "exact (ltac:(reflexivity))"),
        "line 5: theorem twice_zero is not proved by",
    ),
    "a proof left open": (
        statement("exact Lemmas.twice_zero. Qed", "exact Lemmas.twice_zero. Abort"),
        "line 5: theorem twice_zero is not proved by",
    ),
    "a notation": (
        statement("(** Twice a", 'Notation "a <= b" := (a = a) (at level 70).\n(** Twice a'),
        'line 6: `Notation "a <= b" := (a = a) (at level 70)` is not allowed',
    ),
    "a definition": (
        statement("(** Twice a", "Definition twice (n : nat) := 0.\n(** Twice a"),
        "line 6: `Definition twice (n : nat) := 0` is not allowed",
    ),
    "an import of a lemma file's module": (
        statement("(** Twice a", "Import Lemmas.\n(** Twice a"),
        "line 6: `Import Lemmas` is not allowed",
    ),
    "a theorem with binders": (
        statement("twice_grows : forall n, 0", "twice_grows (n : nat) : 0"),
        "line 7: `Theorem twice_grows (n : nat) : 0 <= twice n` is not allowed",
    ),
    "no words": (
        statement("(** Twice a number is no less than 0. *)\n", ""),
        "line 6: the theorem twice_grows has no comment",
    ),
    "the same name twice": (
        statement("Theorem twice_grows", "Theorem twice_zero"),
        "line 7: the theorem twice_zero occurs twice",
    ),
}


@pytest.mark.parametrize("name", READ)
def test_what_is_read_is_refused(name, tmp_path):
    changes, message = READ[name]
    theory = forged(tmp_path, changes)
    with pytest.raises(NtkProofsError) as refusal:
        prove_all(theory)
    assert message in str(refusal.value)


@pytest.mark.parametrize("name", SHAPE)
def test_a_statement_file_of_another_shape_is_refused(name, tmp_path):
    changes, message = SHAPE[name]
    with pytest.raises(InputError) as refusal:
        forged(tmp_path, changes).statements  # noqa: B018
    assert f"Statements.v, {message}" in str(refusal.value)


def test_without_a_record_nothing_is_proved(tmp_path):
    theory = Theory(write(tmp_path, FILES, record=False))
    with pytest.raises(ProofRefused, match=r"has no statements\.json"):
        theory.proof("twice_zero")


# --- refused by Coq

BROKEN = {
    "a lemma that does not hold": (
        lemma("0 <= twice n", "1 <= twice n"),
        "Lemmas.v, line 5 (lemma twice_grows): Coq rejects it: ",
    ),
    "a lemma in a section that stays open": (
        lemma(GROWS, "Section S.\nVariable twice_grows : forall n, 0 <= twice n."),
        "Lemmas.v: Coq rejects it: The section S needs to be closed",
    ),
    "a statement that its lemma does not prove": (
        statement("0 <= twice n", "1 <= twice n"),
        'Statements.v, line 8 (theorem twice_grows): Coq rejects it: The term "Lemmas.twice_grows" has type',
    ),
    "a statement in words of a lemma file": (
        [*statement("twice 0 = 0", "Lemmas.nothing = 0"), ("Lemmas.v", "", "Definition nothing := 0.\n")],
        "statement twice_zero of Statements.v: with only its definitions in scope, Coq rejects it: "
        "The reference Lemmas.nothing was not found",
    ),
}


@pytest.mark.usefixtures("coq_cache")
@pytest.mark.parametrize("name", BROKEN)
def test_what_coq_does_not_accept_is_refused_with_its_place(name, tmp_path):
    changes, message = BROKEN[name]
    theory = forged(tmp_path, changes, record="forged")
    with pytest.raises(ProofRefused) as refusal:
        prove_all(theory)
    assert message in str(refusal.value)


INSTANCE = (
    [
        ("Terms.v", "", "Class Number := number : nat.\n#[export] Instance seven : Number := 7.\n"),
        (
            "Lemmas.v",
            "",
            "#[global] Instance zero : Number := 0.\nLemma small : number = 0.\nProof. reflexivity. Qed.\n",
        ),
        ("Statements.v", "", "(** The number is 0. *) Theorem small : number = 0.\nProof. exact Lemmas.small. Qed.\n"),
    ],
    "statement small of Statements.v: with only its definitions in scope, Coq rejects it: "
    'The term "Statements.small" has type "number = 0" while it is expected to have type "meaning_of_small"',
)


@pytest.mark.usefixtures("coq_cache")
def test_an_instance_that_escapes_the_reader_changes_no_statement(tmp_path, monkeypatch):
    changes, message = INSTANCE
    with pytest.raises(ProofRefused, match="Instance zero : Number := 0` is not among the allowed commands"):
        prove_all(forged(tmp_path, changes, record="forged"))
    monkeypatch.setattr(theorems, "forbidden", lambda source, file: [])
    with pytest.raises(ProofRefused) as refusal:
        prove_all(forged(tmp_path, changes, record="forged"))
    assert message in str(refusal.value)


UNCHECKED = "Fixpoint f (n : nat) {struct n} : 0 <= twice n := f n.\nDefinition twice_grows := f."

ASSUMED = {
    "an axiom": (
        lemma(GROWS, "Axiom twice_grows : forall n, 0 <= twice n."),
        "not on the allow-list: Lemmas.twice_grows",
    ),
    "an admitted lemma": (
        lemma("intros n. apply le_0_n. Qed", "Admitted"),
        "not on the allow-list: Lemmas.twice_grows",
    ),
    "a variable outside of a section": (
        lemma(GROWS, "Variable twice_grows : forall n, 0 <= twice n."),
        "not on the allow-list: Lemmas.twice_grows",
    ),
    "an axiom that bears an allowed name": (
        lemma(
            GROWS,
            "Module Classical_Prop. Axiom classic : forall n, 0 <= twice n. End Classical_Prop.\n"
            "Definition twice_grows := Classical_Prop.classic.",
        ),
        "not on the allow-list: Lemmas.Classical_Prop.classic",
    ),
    "a file that bears an allowed name": (
        [
            ("Classical_Prop.v", "", "Axiom classic : forall n, 0 <= n.\n"),
            ("Lemmas.v", "From", "From NtkProofs Require Classical_Prop. From"),
            ("Lemmas.v", "apply le_0_n", "apply Classical_Prop.classic"),
        ],
        "not on the allow-list: Classical_Prop.classic",
    ),
    "recursion without end": (
        lemma(GROWS, f"Unset Guard Checking.\n{UNCHECKED}"),
        "not on the allow-list: Lemmas.f is assumed to be guarded.",
    ),
    "primitive floats": (
        lemma(
            GROWS,
            "From Coq Require Import Floats.\nLemma twice_grows : forall n, 0 <= twice n.\n"
            "Proof. pose proof (FloatAxioms.eqb_spec zero zero) as E. intros n. revert E. intros _. "
            "exact (match FloatAxioms.eqb_spec zero zero with eq_refl => le_0_n (twice n) end). Qed.",
        ),
        "FloatAxioms.eqb_spec",
    ),
}


@pytest.mark.usefixtures("coq_cache")
@pytest.mark.parametrize("name", ASSUMED)
def test_what_escapes_the_reader_is_still_assumed(name, tmp_path, monkeypatch):
    monkeypatch.setattr(theorems, "forbidden", lambda source, file: [])
    monkeypatch.setattr(theorems, "recheck", lambda *_: RecheckResult())
    changes, message = ASSUMED[name]
    theory = forged(tmp_path, changes)
    assert theory.proof("twice_zero").assumptions == ()
    with pytest.raises(
        ProofRefused, match=r"theorem twice_grows has assumptions that are not on the allow-list"
    ) as refusal:
        theory.proof("twice_grows")
    assert message in str(refusal.value)


@pytest.mark.usefixtures("coq_cache")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("an axiom", "coqchk lists NtkProofs.Lemmas.twice_grows among: Axioms"),
        ("a file that bears an allowed name", "coqchk lists NtkProofs.Classical_Prop.classic among: Axioms"),
        ("recursion without end", "among: Constants/Inductives relying on unsafe (co)fixpoints"),
    ],
)
def test_what_escapes_the_reader_is_seen_by_coqchk(name, message, tmp_path, monkeypatch):
    monkeypatch.setattr(theorems, "forbidden", lambda source, file: [])
    with pytest.raises(ProofRefused) as refusal:
        forged(tmp_path, ASSUMED[name][0]).proof("twice_zero")
    assert message in str(refusal.value)


# --- canaries: proofs of False that Coq 8.16.1 and its coqchk accept, or that Coq's reader hides

CANARIES = Path(__file__).parent / "canaries"
ACCEPTED = ("MatchOnMatch.v", "BareCall.v", "LetInConstructor.v")  # by compiler and checker, up to version 9.0.0


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("MatchOnMatch.v", "the recursion of absurd is not plain"),
        ("BareCall.v", "a recursive call of grow whose argument n is not a variable of the pattern"),
        ("LetInConstructor.v", "without local definitions"),
        ("InnerFixpoint.v", "`fix` defines recursion other than by a plain Fixpoint"),
        ("HiddenCommand.v", "`Notation` changes the syntax of Coq"),
    ],
)
def test_the_audit_refuses_a_canary(file, message):
    assert any(message in offence for offence in forbidden((CANARIES / file).read_text(), file))


@pytest.mark.usefixtures("coq_cache")
@pytest.mark.parametrize("file", ACCEPTED)
def test_coq_itself_accepts_the_canaries(file, tmp_path, monkeypatch):
    """If this fails, the installed Coq has been mended: then the rule of plain recursion may be looked at again."""
    coqc = find_coqc()
    if not coqc.version.startswith(("8.16", "8.17", "8.18", "8.19", "8.20", "9.0.0")):
        pytest.skip(f"{coqc.engine} is said to be mended")
    monkeypatch.setattr(theorems, "forbidden", lambda source, file: [])
    statements = (
        "From NtkProofs Require Lemmas.\n(** False. *) Theorem a : False.\nProof. exact Lemmas.contradiction. Qed.\n"
    )
    files = {"Lemmas.v": (CANARIES / file).read_text(), "Statements.v": statements}
    theory = Theory(write(tmp_path, files))
    assert theory.rechecked(theory.compiled("Statements")) == RecheckResult()
    if file == "LetInConstructor.v":  # the list of assumptions sees that one, as it needs SProp
        with pytest.raises(ProofRefused, match="relies on definitional UIP"):
            theory.proof("a")
        return
    assert (theory.proof("a").outcome, theory.proof("a").assumptions) == ("holds", ())


@pytest.mark.usefixtures("coq_cache")
def test_coq_reads_what_a_notation_hides_and_coqchk_sees_it(tmp_path, monkeypatch):
    monkeypatch.setattr(theorems, "forbidden", lambda source, file: [])
    assert "Unset" not in without_comments(HIDDEN)
    theory = Theory(write(tmp_path, {**FILES, "Lemmas.v": FILES["Lemmas.v"] + HIDDEN}))
    with pytest.raises(ProofRefused, match="among: Constants/Inductives relying on type-in-type"):
        theory.proof("twice_zero")


# --- and the genuine ones are accepted

GENUINE = {
    "as it is": [],
    "words in comments": lemma(GROWS, f"(* Admitted. Axiom (* x *) *)\n{GROWS} (* native_compute *)"),
    "a variable in a section": lemma(
        GROWS, "Section S.\nVariable n : nat.\nLemma twice_grows : 0 <= twice n.\nProof. apply le_0_n. Qed.\nEnd S."
    ),
    "another proof": lemma(ZERO, ZERO.replace("reflexivity", "exact eq_refl")),
    "another proof of a statement": statement("exact Lemmas.twice_zero", "exact (eq_trans eq_refl Lemmas.twice_zero)"),
}


@pytest.mark.usefixtures("coq_cache")
@pytest.mark.parametrize("name", GENUINE)
def test_genuine_theories_are_proved(name, tmp_path):
    theory = forged(tmp_path, GENUINE[name])
    assert [proof.outcome for proof in prove_all(theory)] == ["holds", "holds"]
