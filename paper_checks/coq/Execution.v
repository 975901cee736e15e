(** Execution of a program on the trained network.

    If the rounding condition holds at every state of the ideal run, the run of the network is the ideal run, in every
    bit of every step ([rounded_run_is_run]), also with one positive threshold ([one_threshold_runs]). States are
    functions, so equality of states is equality at every bit, and every step respects it ([step_ext]). *)

From Coq Require Import Reals List Arith Bool Lia.
From NtkProofs Require Import Kernels Templates Counting Rounding.
Import ListNotations.
Local Open Scope R_scope.

(** * Equal states have equal successors *)

Definition same_state (s s' : state) : Prop := forall b, s b = s' b.

Lemma matches_ext : forall s s' T, same_state s s' -> matches s T = matches s' T.
Proof.
  intros s s' T same. unfold matches. induction (requires T) as [| requirement rest IH]; simpl; [reflexivity |].
  now rewrite same, IH.
Qed.

Lemma step_ext : forall P s s', same_state s s' -> same_state (step P s) (step P s').
Proof.
  intros P s s' same b. unfold step. induction (templates P) as [| T rest IH]; simpl; [reflexivity |].
  now rewrite (matches_ext s s' T same), IH.
Qed.

Lemma n_of_ext : forall P s s', same_state s s' -> n_of P s = n_of P s'.
Proof.
  intros P s s' same. unfold n_of. f_equal. apply filter_ext. intros T. now apply matches_ext.
Qed.

Lemma p_of_ext : forall P s s' b, same_state s s' -> p_of P s b = p_of P s' b.
Proof.
  intros P s s' b same. unfold p_of. f_equal. apply filter_ext. intros T. now rewrite (matches_ext s s' T same).
Qed.

Lemma rounded_step_ext : forall r tau P s s', same_state s s' ->
  same_state (rounded_step r tau P s) (rounded_step r tau P s').
Proof.
  intros r tau P s s' same b. unfold rounded_step, answer. now rewrite (n_of_ext P s s'), (p_of_ext P s s').
Qed.

(** * Runs *)

Lemma run_plus : forall next first second s, run next (first + second) s = run next second (run next first s).
Proof. intros next first second. induction first as [| first IH]; intros s; simpl; [reflexivity | apply IH]. Qed.

Lemma run_last : forall next steps s, run next (S steps) s = next (run next steps s).
Proof. intros next steps s. replace (S steps) with (steps + 1)%nat by lia. apply run_plus. Qed.

(** Two step functions that agree at the states of a run have the same run. *)
Lemma runs_agree : forall (next next' : state -> state) steps s,
  (forall s1 s2, same_state s1 s2 -> same_state (next' s1) (next' s2)) ->
  (forall j, (j < steps)%nat -> same_state (next' (run next j s)) (next (run next j s))) ->
  same_state (run next' steps s) (run next steps s).
Proof.
  intros next next' steps s respects. induction steps as [| steps IH]; intros agree b.
  - reflexivity.
  - rewrite !run_last, <- (agree steps) by lia. apply respects. apply IH. intros j before. apply agree. lia.
Qed.

Lemma run_ext : forall P steps s s', same_state s s' -> same_state (run (step P) steps s) (run (step P) steps s').
Proof.
  intros P. induction steps as [| steps IH]; intros s s' same; simpl; [exact same |]. now apply IH, step_ext.
Qed.

(** * States that no template matches *)

Lemma nothing_matches : forall r P s b, n_of P s = 0%nat -> answer r P s b = 0 /\ step P s b = false.
Proof.
  intros r P s b none. split.
  - unfold answer. now rewrite none.
  - rewrite step_counts. apply Nat.leb_gt. pose proof (p_of_at_most_n_of P s b). lia.
Qed.

(** * The condition, and runs that satisfy it *)

(** A sufficient condition in integers: t n <= p K. *)
Lemma condition_of_counts : forall r P s b,
  (p_of P s b >= 1 -> t_of P b * n_of P s <= p_of P s b * samples P)%nat -> condition r P s b.
Proof.
  intros r P s b few. apply condition_is_positive_answer. intros writer.
  apply few_matches_suffice; [| exact writer | now apply few].
  pose proof (p_of_at_most_n_of P s b). lia.
Qed.

Theorem rounded_step_is_step : forall r P s, (forall b, condition r P s b) ->
  forall b, rounded_step r 0 P s b = step P s b.
Proof. intros r P s holds b. now apply rounded_right_iff_condition. Qed.

Theorem rounded_run_is_run : forall r P steps s,
  (forall j, (j < steps)%nat -> forall b, condition r P (run (step P) j s) b) ->
  forall b, run (rounded_step r 0 P) steps s b = run (step P) steps s b.
Proof.
  intros r P steps s holds. apply runs_agree; [apply rounded_step_ext |].
  intros j before b. now apply rounded_step_is_step, holds.
Qed.

(** One positive threshold is sufficient for all runs whose states match at most [n_max] samples. *)
Theorem one_threshold_runs : forall r P n_max,
  (forall s b, (n_of P s <= n_max)%nat -> condition r P s b) ->
  exists tau, 0 < tau /\ forall steps s,
    (forall j, (j < steps)%nat -> (n_of P (run (step P) j s) <= n_max)%nat) ->
    forall b, run (rounded_step r tau P) steps s b = run (step P) steps s b.
Proof.
  intros r P n_max holds. destruct (positive_threshold_exists r P n_max holds) as [tau [positive right]].
  exists tau. split; [exact positive |]. intros steps s few. apply runs_agree; [apply rounded_step_ext |].
  intros j before b. now apply right, few.
Qed.

(** A program that satisfies the condition at all states is executed with the threshold 0 and with a positive one. *)
Corollary rounded_run_everywhere : forall r P, (forall s b, condition r P s b) ->
  forall steps s b, run (rounded_step r 0 P) steps s b = run (step P) steps s b.
Proof. intros r P holds steps s. apply rounded_run_is_run. intros j _ b. apply holds. Qed.

Corollary one_threshold_runs_everywhere : forall r P, (forall s b, condition r P s b) ->
  exists tau, 0 < tau /\ forall steps s b, run (rounded_step r tau P) steps s b = run (step P) steps s b.
Proof.
  intros r P holds. destruct (one_threshold_runs r P (length (templates P))) as [tau [positive same]].
  - intros s b _. apply holds.
  - exists tau. split; [exact positive |]. intros steps s. apply same. intros j _. apply n_of_at_most.
Qed.
