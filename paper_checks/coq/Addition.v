(** The trained network adds any two numbers of l bits exactly, for every l, in both regimes.

    The program has 4 l templates. On every state at most 2 l of them match, and no bit has more than two writers
    ([addition_counts]): t n <= 4 l = K. So the rounding condition holds at every state and bit, and the network runs
    the adder. After 2 l - 1 steps the sum is complete ([addition_executes_from]); 2 l - 2 steps are not sufficient for
    all pairs of numbers ([addition_needs_all_steps]). *)

From Coq Require Import Reals List String Arith Bool Lia.
From NtkProofs Require Import Kernels Templates Programs Adder Execution.
Import ListNotations.
Local Open Scope string_scope.
Local Open Scope list_scope.
Local Open Scope nat_scope.

Local Arguments Nat.eqb : simpl never.
Local Arguments Nat.ltb : simpl never.

(** * Counts and the rounding condition *)

Theorem addition_counts : forall l s b,
  samples (addition l) = 4 * l /\ n_of (addition l) s <= 2 * l /\ t_of (addition l) b <= 2.
Proof.
  intros l s b. repeat split.
  - unfold samples, addition. simpl templates. rewrite adder_size. simpl. lia.
  - apply adder_matches_at_most.
  - now apply adder_writers_at_most.
Qed.

Theorem addition_condition : forall r l s b, condition r (addition l) s b.
Proof.
  intros r l s b. destruct (addition_counts l s b) as (size & few & two).
  apply condition_of_counts. intros writer. rewrite size. nia.
Qed.

(** * The columns along a run *)

Lemma addition_follows : forall l s,
  follows l (column s "p") (column s "q") (column s "c")
    (column (step (addition l) s) "p") (column (step (addition l) s) "q") (column (step (addition l) s) "c").
Proof.
  intros l s. apply (step_follows_adder "p" "q" "c") with (others := []); try discriminate.
  - reflexivity.
  - intros T i [].
  - intros i _. reflexivity.
Qed.

Lemma addition_run_follows : forall l s j,
  let before := run (step (addition l)) j s in
  let after := run (step (addition l)) (S j) s in
  follows l (column before "p") (column before "q") (column before "c")
    (column after "p") (column after "q") (column after "c").
Proof. intros l s j before after. unfold after. rewrite run_last. apply addition_follows. Qed.

Lemma sum_of_columns : forall l s,
  sum_of l s = value l (column s "p") + (if column s "c" (l - 1) then 2 ^ l else 0).
Proof. intros l s. unfold sum_of. now rewrite number_is_value. Qed.

Lemma sum_of_ext : forall l s s', same_state s s' -> sum_of l s = sum_of l s'.
Proof.
  intros l s s' same. rewrite !sum_of_columns. unfold column. rewrite same. f_equal.
  apply value_ext. intros i _. apply same.
Qed.

Lemma start_total : forall l x y, x < 2 ^ l -> y < 2 ^ l ->
  total l (column (addition_start x y) "p") (column (addition_start x y) "q") (column (addition_start x y) "c") = x + y.
Proof.
  intros l x y x_small y_small. unfold total.
  change (column (addition_start x y) "p") with (Nat.testbit x).
  change (column (addition_start x y) "q") with (Nat.testbit y).
  rewrite !value_testbit by assumption. rewrite value_of_clear by reflexivity. lia.
Qed.

(** The program computes the sum; additional steps do not change it. *)
Theorem addition_computes : forall l x y steps, 1 <= l -> x < 2 ^ l -> y < 2 ^ l -> 2 * l - 1 <= steps ->
  sum_of l (run (step (addition l)) steps (addition_start x y)) = x + y.
Proof.
  intros l x y steps positive x_small y_small enough. rewrite sum_of_columns.
  pose proof (start_total l x y x_small y_small) as start.
  rewrite <- start.
  apply (carries_settle l steps
    (fun j => column (run (step (addition l)) j (addition_start x y)) "p")
    (fun j => column (run (step (addition l)) j (addition_start x y)) "q")
    (fun j => column (run (step (addition l)) j (addition_start x y)) "c")); try assumption.
  - intros j _. apply addition_run_follows.
  - simpl run. rewrite start. simpl. lia.
Qed.

(** * The network adds *)

Theorem addition_executes_from : forall r l x y steps, 1 <= l -> x < 2 ^ l -> y < 2 ^ l -> 2 * l - 1 <= steps ->
  sum_of l (run (rounded_step r 0 (addition l)) steps (addition_start x y)) = x + y.
Proof.
  intros r l x y steps positive x_small y_small enough.
  rewrite <- (addition_computes l x y steps) by assumption. apply sum_of_ext.
  intros b. apply rounded_run_everywhere, addition_condition.
Qed.

Theorem addition_executes : forall r l x y, 1 <= l -> x < 2 ^ l -> y < 2 ^ l ->
  sum_of l (run (rounded_step r 0 (addition l)) (2 * l) (addition_start x y)) = x + y.
Proof. intros r l x y positive x_small y_small. apply addition_executes_from; (assumption || lia). Qed.

(** The same result with one positive threshold for all numbers of l bits. *)
Theorem addition_executes_above : forall r l, 1 <= l -> exists tau, (0 < tau)%R /\
  forall x y, x < 2 ^ l -> y < 2 ^ l ->
  sum_of l (run (rounded_step r tau (addition l)) (2 * l) (addition_start x y)) = x + y.
Proof.
  intros r l positive.
  destruct (one_threshold_runs_everywhere r (addition l) (addition_condition r l)) as (tau & above & same).
  exists tau. split; [exact above |]. intros x y x_small y_small.
  rewrite <- (addition_computes l x y (2 * l)) by (assumption || lia). apply sum_of_ext. intros b. apply same.
Qed.

(** * No fewer steps *)

(** All ones plus one: the carry passes every position, two steps for each. After 2 k steps p has its ones from
    position k on, q has a one at k, and there is no carry. *)
Section Longest.

Variable l : nat.
Let at_time (j : nat) : state := run (step (addition l)) j (addition_start (2 ^ l - 1) 1).

Lemma all_ones_testbit : forall i, i < l -> Nat.testbit (2 ^ l - 1) i = true.
Proof.
  intros i inside. replace (2 ^ l - 1) with (Nat.ones l).
  - now apply Nat.ones_spec_low.
  - rewrite Nat.ones_equiv. lia.
Qed.

Lemma moves : forall j,
  follows l (column (at_time j) "p") (column (at_time j) "q") (column (at_time j) "c")
    (column (at_time (S j)) "p") (column (at_time (S j)) "q") (column (at_time (S j)) "c").
Proof. intros j. apply addition_run_follows. Qed.

Lemma carry_passes : forall k, k < l -> forall i, i < l ->
  at_time (2 * k) ("p", i) = (k <=? i) /\ at_time (2 * k) ("q", i) = (k =? i) /\ at_time (2 * k) ("c", i) = false.
Proof.
  induction k as [| k IH]; intros inside i below.
  - unfold at_time. simpl. rewrite all_ones_testbit by assumption.
    destruct i as [| i]; [now repeat split |]. repeat split. simpl. now rewrite Nat.bits_0.
  - specialize (IH ltac:(lia)). replace (2 * S k) with (S (S (2 * k))) by lia.
    pose proof (moves (2 * k)) as first. pose proof (moves (S (2 * k))) as second.
    unfold follows, column, next_p, next_q, next_c in *.
    assert (half : forall i, i < l -> at_time (S (2 * k)) ("p", i) = (S k <=? i)
      /\ at_time (S (2 * k)) ("q", i) = false /\ at_time (S (2 * k)) ("c", i) = (k =? i)).
    { intros j j_below. destruct (first j j_below) as (-> & -> & ->).
      destruct (IH j j_below) as (-> & -> & ->). repeat split.
      - destruct (Nat.leb_spec k j), (Nat.eqb_spec k j), (Nat.leb_spec (S k) j); simpl; (reflexivity || lia).
      - destruct j as [| j]; [reflexivity |]. apply IH. lia.
      - rewrite andb_false_r, orb_false_r.
        destruct (Nat.leb_spec k j), (Nat.eqb_spec k j); simpl; (reflexivity || lia). }
    destruct (second i below) as (-> & -> & ->). destruct (half i below) as (-> & -> & ->). repeat split.
    + apply xorb_false_r.
    + destruct i as [| i]; [reflexivity |]. apply half. lia.
    + rewrite andb_false_r, orb_false_l. destruct (Nat.eqb_spec (S i) l), (Nat.eqb_spec k i); (reflexivity || lia).
Qed.

Lemma sum_not_there_yet : 1 <= l -> sum_of l (at_time (2 * l - 2)) < 2 ^ l.
Proof.
  intros positive. rewrite sum_of_columns. replace (2 * l - 2) with (2 * (l - 1)) by lia.
  unfold column at 2. destruct (carry_passes (l - 1) ltac:(lia) (l - 1)) as (_ & _ & ->); [lia |].
  pose proof (value_below l (column (at_time (2 * (l - 1))) "p")). lia.
Qed.

End Longest.

Theorem addition_needs_all_steps : forall r l, 1 <= l -> exists x y, x < 2 ^ l /\ y < 2 ^ l /\
  sum_of l (run (rounded_step r 0 (addition l)) (2 * l - 2) (addition_start x y)) <> x + y.
Proof.
  intros r l positive. pose proof (Nat.pow_gt_lin_r 2 l ltac:(lia)) as large.
  exists (2 ^ l - 1), 1. split; [lia |]. split; [lia |].
  rewrite (sum_of_ext l _ (run (step (addition l)) (2 * l - 2) (addition_start (2 ^ l - 1) 1))).
  - pose proof (sum_not_there_yet l positive). lia.
  - intros b. apply rounded_run_everywhere, addition_condition.
Qed.
