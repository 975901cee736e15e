(** The multiplication program computes products, and the trained network executes it exactly.

    For numbers of l >= 1 bits: [multiplication_counts] (20 l + 2 templates, at most three writers of a bit),
    [multiplication_few_matches] (at most 3 l + 1 templates match a state of a run), [multiplication_computes] (the
    product is complete after 4 l^2 + 3 l steps, and even after 4 l^2 + l), and [multiplication_executes] (the same on
    the trained network with either kernel, without padding). After 4 l^2 + l - 1 steps the product of some pair is not
    complete ([multiplication_needs_its_steps]). *)

From Coq Require Import List String Arith Bool Lia Reals.
From NtkProofs Require Import Kernels Templates Programs Counting Rounding Execution.
From NtkProofs Require Import MultiplicationRules MultiplicationSteps MultiplicationRun MultiplicationMatches.
From NtkProofs Require Import MultiplicationLongest.
Import ListNotations.
Local Open Scope string_scope.
Local Open Scope nat_scope.

(** Three templates write a bit only where the multiplicand is kept, copied and shifted. *)
Theorem multiplication_counts : forall l, 1 <= l ->
  samples (multiplication l) = 20 * l + 2
  /\ forall b, t_of (multiplication l) b <= 3
               /\ (t_of (multiplication l) b = 3 <-> exists i, 0 < i < 2 * l /\ b = ("multiplicand", i)).
Proof. exact counts_of_rules. Qed.

Theorem multiplication_few_matches : forall l x y j, 1 <= l -> x < 2 ^ l -> y < 2 ^ l ->
  n_of (multiplication l) (run (step (multiplication l)) j (multiplication_start x y)) <= 3 * l + 1.
Proof. intros l x y j l_positive x_small y_small. now apply few_matches_along_a_run. Qed.

(** The bound is attained when 2^l - 1 is multiplied by itself. *)
Theorem multiplication_most_matches : forall l, 1 <= l -> exists x y j, x < 2 ^ l /\ y < 2 ^ l /\
  n_of (multiplication l) (run (step (multiplication l)) j (multiplication_start x y)) = 3 * l + 1.
Proof.
  intros l l_positive. pose proof (Nat.pow_nonzero 2 l).
  exists (2 ^ l - 1), (2 ^ l - 1), 2. split; [lia |]. split; [lia |]. now apply most_matches.
Qed.

(** Two steps for every bit of x, and 4 l + 1 more for every bit that is 1. *)
Theorem multiplication_computes_when_done : forall l x y steps, 1 <= l -> x < 2 ^ l -> y < 2 ^ l ->
  2 * l + (4 * l + 1) * count l (Nat.testbit x) <= steps ->
  number (run (step (multiplication l)) steps (multiplication_start x y)) "sum_p" (2 * l) = x * y.
Proof. intros l x y steps l_positive x_small y_small enough. now apply product_stands. Qed.

(** For all pairs of numbers the product is complete after 4 l^2 + l steps and does not change afterwards. *)
Theorem multiplication_computes_from : forall l x y steps, 1 <= l -> x < 2 ^ l -> y < 2 ^ l ->
  4 * l * l + l <= steps ->
  number (run (step (multiplication l)) steps (multiplication_start x y)) "sum_p" (2 * l) = x * y.
Proof. intros l x y steps l_positive x_small y_small enough. now apply product_stands_early. Qed.

Theorem multiplication_computes : forall l x y, 1 <= l -> x < 2 ^ l -> y < 2 ^ l ->
  number (run (step (multiplication l)) (4 * l * l + 3 * l) (multiplication_start x y)) "sum_p" (2 * l) = x * y.
Proof. intros l x y l_positive x_small y_small. apply multiplication_computes_from; (assumption || lia). Qed.

(** * On the trained network *)

(** Three writers, few matches: t n <= 9 l + 3 <= K. *)
Theorem multiplication_condition : forall r l s b, 1 <= l -> n_of (multiplication l) s <= 3 * l + 1 ->
  condition r (multiplication l) s b.
Proof.
  intros r l s b l_positive few. apply condition_of_counts. intros matched.
  destruct (multiplication_counts l l_positive) as [size writers]. destruct (writers b) as [three _].
  rewrite size. nia.
Qed.

(** The rounded run equals the ideal run for any number of steps. *)
Theorem multiplication_runs : forall r l x y, 1 <= l -> x < 2 ^ l -> y < 2 ^ l -> forall steps b,
  run (rounded_step r 0 (multiplication l)) steps (multiplication_start x y) b
  = run (step (multiplication l)) steps (multiplication_start x y) b.
Proof.
  intros r l x y l_positive x_small y_small steps. apply rounded_run_is_run. intros j _ b.
  apply multiplication_condition; [assumption | now apply multiplication_few_matches].
Qed.

Lemma number_of_same : forall s s' field w, same_state s s' -> number s field w = number s' field w.
Proof.
  intros s s' field w same. rewrite !AdderColumns.number_is_value. apply AdderColumns.value_ext. intros i _. apply same.
Qed.

Theorem multiplication_executes_from : forall r l x y steps, 1 <= l -> x < 2 ^ l -> y < 2 ^ l ->
  4 * l * l + l <= steps ->
  number (run (rounded_step r 0 (multiplication l)) steps (multiplication_start x y)) "sum_p" (2 * l) = x * y.
Proof.
  intros r l x y steps l_positive x_small y_small enough.
  rewrite <- (multiplication_computes_from l x y steps) by assumption. apply number_of_same.
  intros b. now apply multiplication_runs.
Qed.

Theorem multiplication_executes : forall r l x y, 1 <= l -> x < 2 ^ l -> y < 2 ^ l ->
  number (run (rounded_step r 0 (multiplication l)) (4 * l * l + 3 * l) (multiplication_start x y)) "sum_p" (2 * l)
  = x * y.
Proof. intros r l x y l_positive x_small y_small. apply multiplication_executes_from; (assumption || lia). Qed.

(** The same result with one positive threshold for all numbers of l bits. *)
Theorem multiplication_executes_above : forall r l, 1 <= l -> exists tau, (0 < tau)%R /\
  forall x y, x < 2 ^ l -> y < 2 ^ l ->
  number (run (rounded_step r tau (multiplication l)) (4 * l * l + 3 * l) (multiplication_start x y)) "sum_p" (2 * l)
  = x * y.
Proof.
  intros r l l_positive.
  destruct (one_threshold_runs r (multiplication l) (3 * l + 1)) as (tau & above & same).
  - intros s b. now apply multiplication_condition.
  - exists tau. split; [exact above |]. intros x y x_small y_small.
    rewrite <- (multiplication_computes l x y) by assumption. apply number_of_same. intros b. apply same.
    intros j _. now apply multiplication_few_matches.
Qed.

(** The counts at the states of a run, and the rounding condition that follows from them. *)
Corollary multiplication_counts_of_runs : forall r l x y j b, 1 <= l -> x < 2 ^ l -> y < 2 ^ l ->
  let s := run (step (multiplication l)) j (multiplication_start x y) in
  (samples (multiplication l) = 20 * l + 2 /\ t_of (multiplication l) b <= 3 /\
   n_of (multiplication l) s <= 3 * l + 1) /\ condition r (multiplication l) s b.
Proof.
  intros r l x y j b l_positive x_small y_small s. destruct (multiplication_counts l l_positive) as [size writers].
  assert (few : n_of (multiplication l) s <= 3 * l + 1) by now apply multiplication_few_matches.
  repeat split; [exact size | apply writers | exact few |]. now apply multiplication_condition.
Qed.

(** 4 l^2 + l steps are necessary. *)
Theorem multiplication_needs_its_steps : forall r l, 2 <= l -> exists x y, x < 2 ^ l /\ y < 2 ^ l /\
  number (run (rounded_step r 0 (multiplication l)) (4 * l * l + l - 1) (multiplication_start x y)) "sum_p" (2 * l)
  <> x * y.
Proof.
  intros r l at_least_2. pose proof (longest_x_small l at_least_2) as x_small.
  pose proof (longest_y_small l at_least_2) as y_small.
  exists (2 ^ l - 1), (2 ^ (l - 1) + 1). split; [exact x_small |]. split; [exact y_small |].
  rewrite (number_of_same _ (run (step (multiplication l)) (4 * l * l + l - 1)
    (multiplication_start (2 ^ l - 1) (2 ^ (l - 1) + 1)))).
  - pose proof (product_not_there_yet l at_least_2). lia.
  - intros b. apply multiplication_runs; (assumption || lia).
Qed.
