(** One step of multiplication, field by field. [s] is any state, [l >= 1] is the number of bits.

    Every lemma gives a bit of the next state as a formula in the bits of this one. They follow from the
    table of writers. The fields of the sum follow the adder on columns, and the copied multiplicand enters [sum_q]. *)

From Coq Require Import List String Arith Bool Lia.
From NtkProofs Require Import Templates Programs AdderColumns MultiplicationRules.
Import ListNotations.
Local Open Scope string_scope.
Local Open Scope list_scope.
Local Open Scope nat_scope.

Section Steps.

Variable l : nat.
Variable s : state.
Hypothesis l_positive : 1 <= l.

Definition next : state := step (multiplication l) s.

Lemma any_of_given : forall c T Ts, existsb (matches s) (given c T ++ Ts) = c && matches s T || existsb (matches s) Ts.
Proof. intros [] T Ts; cbn; [reflexivity | reflexivity]. Qed.

Lemma any_of_one : forall c T, existsb (matches s) (given c T) = c && matches s T.
Proof. intros [] T; cbn; [apply orb_false_r | reflexivity]. Qed.

Lemma is_on : forall b, Bool.eqb b true = b.
Proof. now intros []. Qed.

Lemma is_off : forall b, Bool.eqb b false = negb b.
Proof. now intros []. Qed.

(** The writers of a bit of a named field, and their requirements. *)
Ltac look_up_writers :=
  unfold next; rewrite step_of_writers, writers_of by assumption; cbv zeta; unfold shift_flag;
  rewrite !any_of_given, any_of_one;
  cbn [String.eqb Ascii.eqb Bool.eqb andb orb]; rewrite ?orb_false_r.
Ltac see_requirements :=
  unfold matches; cbn [requires forallb on off fst snd bit_is_1 bit_is_0 keep_multiplier shift_multiplier check_again
    keep_multiplicand copy_multiplicand shift_multiplicand start_counter count_on counted add_right add_left carry
    pass_carry hold_carry];
  rewrite ?is_on, ?is_off, ?andb_true_r.
Ltac below H := rewrite (proj2 (Nat.ltb_lt _ _) H).

(** * Control *)

Lemma next_check : next check = s ("to_shift_right", 0).
Proof. unfold check at 1. look_up_writers. see_requirements. reflexivity. Qed.

Lemma next_copy : forall i, i < 2 * l -> next ("to_copy_to_sum_q", i) = s check && s ("multiplier", 0).
Proof. intros i inside. look_up_writers. see_requirements. below inside. reflexivity. Qed.

(** The shift is broadcast when the tested bit is 0, or at the end of the counter. *)
Definition broadcast_shift : bool := s check && negb (s ("multiplier", 0)) || s ("sum_counter", 4 * l - 1).

Lemma next_shift_right : forall i, i < l -> next ("to_shift_right", i) = broadcast_shift.
Proof. intros i inside. look_up_writers. see_requirements. below inside. reflexivity. Qed.

Lemma next_shift_left : forall i, i < 2 * l -> next ("to_shift_left", i) = broadcast_shift.
Proof. intros i inside. look_up_writers. see_requirements. below inside. reflexivity. Qed.

Lemma next_counter_start : next ("sum_counter", 0) = s ("to_copy_to_sum_q", 0).
Proof. look_up_writers. see_requirements. reflexivity. Qed.

Lemma next_counter : forall j, S j < 4 * l -> next ("sum_counter", S j) = s ("sum_counter", j).
Proof.
  intros j inside. look_up_writers. see_requirements. below inside. replace (S j - 1) with j by lia. reflexivity.
Qed.

(** * The two numbers *)

Lemma next_multiplier : forall i, i < l ->
  next ("multiplier", i) = s ("multiplier", i) && negb (s ("to_shift_right", i))
                           || (S i <? l) && (s ("multiplier", S i) && s ("to_shift_right", S i)).
Proof.
  intros i inside. look_up_writers. see_requirements. below inside.
  replace (i <? l - 1) with (S i <? l)
    by (destruct (Nat.ltb_spec i (l - 1)), (Nat.ltb_spec (S i) l); lia || reflexivity).
  reflexivity.
Qed.

(** A copied multiplicand is kept as well: a bit remains at its position unless it is shifted. *)
Lemma next_multiplicand : forall i, i < 2 * l ->
  next ("multiplicand", i) = s ("multiplicand", i) && negb (s ("to_shift_left", i))
                             || match i with O => false
                                | S j => s ("multiplicand", j) && s ("to_shift_left", j) end.
Proof.
  intros i inside. look_up_writers. see_requirements. below inside. rewrite andb_true_r, !andb_true_l.
  replace (match i with O => false | S j => s ("multiplicand", j) && s ("to_shift_left", j) end)
    with ((0 <? i) && (s ("multiplicand", i - 1) && s ("to_shift_left", i - 1)))
    by (destruct i as [| j]; [reflexivity | now replace (S j - 1) with j by lia]).
  now destruct (s ("multiplicand", i)), (s ("to_shift_left", i)), (s ("to_copy_to_sum_q", i)).
Qed.

(** * The sum *)

Lemma next_sum_p : forall i, i < 2 * l -> next ("sum_p", i) = next_p (column s "sum_p") (column s "sum_q") i.
Proof.
  intros i inside. look_up_writers. see_requirements. below inside. unfold next_p, column.
  now destruct (s ("sum_p", i)), (s ("sum_q", i)).
Qed.

(** The bits of the multiplicand that are copied to the sum. *)
Definition copied (i : nat) : bool :=
  s ("multiplicand", i) && (negb (s ("to_shift_left", i)) && s ("to_copy_to_sum_q", i)).

Lemma next_sum_q : forall i, i < 2 * l -> next ("sum_q", i) = copied i || next_q (column s "sum_c") i.
Proof.
  intros i inside. look_up_writers. see_requirements. below inside. unfold copied, next_q, column.
  rewrite andb_true_r. f_equal.
  destruct i as [| j]; [reflexivity |]. now replace (S j - 1) with j by lia.
Qed.

Lemma next_sum_c : forall i, i < 2 * l ->
  next ("sum_c", i) = next_c (2 * l) (column s "sum_p") (column s "sum_q") (column s "sum_c") i.
Proof.
  intros i inside. look_up_writers. see_requirements. below inside. unfold next_c, column.
  destruct (Nat.eqb_spec i (2 * l - 1)) as [-> | inner].
  - now replace (S (2 * l - 1)) with (2 * l) by lia; rewrite Nat.eqb_refl.
  - destruct (Nat.eqb_spec (S i) (2 * l)); [lia | reflexivity].
Qed.

End Steps.
