(** The rounding theorem: the sign of the mean gives the bit if and only if the rounding condition holds.

    A bit that should be 0 never has a positive mean. A bit that should be 1 has a positive mean iff
    t (n - B(n)) < p (D + K). So one positive threshold rounds every bit of every state correctly. *)

From Coq Require Import Reals List Arith Bool Lia Lra.
From NtkProofs Require Import Kernels Templates Balance Counting Gram.
Import ListNotations.
Local Open Scope R_scope.

(** * The sign of the mean *)

(** The mean is the slack of the condition times the positive factor F / (D (D + K)). *)
Lemma mean_is_slack : forall r K n p t, (1 <= n)%nat ->
  mean r K n p t = F r n / (D r * (D r + INR K)) * (INR p * (D r + INR K) - INR t * (INR n - B r n)).
Proof.
  intros r K n p t some. pose proof (F_positive r n some). pose proof (D_not_zero r). pose proof (DK_positive r K).
  destruct n as [| n]; [lia |]. unfold mean, u, B. field. repeat split; lra.
Qed.

Theorem mean_sign : forall r K n p t, (1 <= n)%nat -> (1 <= p)%nat ->
  (0 < mean r K n p t <-> INR t * (INR n - B r n) < INR p * (D r + INR K)).
Proof.
  intros r K n p t some _. rewrite mean_is_slack by exact some.
  assert (0 < F r n / (D r * (D r + INR K))) as factor.
  { apply Rdiv_lt_0_compat; [now apply F_positive |].
    apply Rmult_lt_0_compat; [apply D_positive | apply DK_positive]. }
  split; intros holds.
  - apply Rminus_gt_0_lt. apply Rmult_lt_reg_l with (1 := factor). lra.
  - apply Rmult_lt_0_compat; lra.
Qed.

Theorem mean_of_zero_bit : forall r K n t, (1 <= n)%nat ->
  mean r K n 0 t <= 0 /\ (mean r K n 0 t = 0 <-> n = 1%nat \/ t = 0%nat).
Proof.
  intros r K n t some.
  assert (mean r K n 0 t = INR t * u r K n) as -> by (destruct n; [lia |]; simpl; ring).
  destruct (Nat.eq_dec n 1) as [-> | more].
  { rewrite u_at_one. split; [lra |]. split; intros _; [now left | ring]. }
  assert (u r K n < 0) as negative by (apply u_negative; lia).
  destruct t as [| t].
  { simpl INR. split; [lra |]. split; intros _; [now right | ring]. }
  assert (0 < INR (S t)) as positive by (apply lt_0_INR; lia).
  assert (INR (S t) * u r K n < 0) by nra.
  split; [lra |]. split; [lra | lia].
Qed.

(** A sufficient condition in integers. *)
Theorem few_matches_suffice : forall r K n p t, (1 <= n)%nat -> (1 <= p)%nat -> (t * n <= p * K)%nat ->
  0 < mean r K n p t.
Proof.
  intros r K n p t some writer few. apply mean_sign; [exact some | exact writer |].
  apply le_INR in few. rewrite !mult_INR in few.
  assert (0 <= INR t * B r n).
  { apply Rmult_le_pos; [apply pos_INR |].
    apply Rlt_le, Rdiv_lt_0_compat; [apply D_positive | now apply F_positive]. }
  assert (0 < INR p * D r) by (apply Rmult_lt_0_compat; [apply lt_0_INR; lia | apply D_positive]).
  lra.
Qed.

(** * Programs *)

Lemma one_bit_has_matches : forall P s b, (1 <= p_of P s b)%nat -> (1 <= n_of P s)%nat.
Proof. intros P s b. pose proof (p_of_at_most_n_of P s b). lia. Qed.

(** The condition of a bit is: if the bit should be 1, its answer is positive. *)
Lemma condition_is_positive_answer : forall r P s b,
  condition r P s b <-> ((1 <= p_of P s b)%nat -> 0 < answer r P s b).
Proof.
  intros r P s b. unfold condition, answer.
  split; intros holds writer; apply mean_sign; eauto using one_bit_has_matches.
Qed.

Lemma answer_of_zero_bit : forall r P s b, p_of P s b = 0%nat -> answer r P s b <= 0.
Proof.
  intros r P s b none. unfold answer. rewrite none. destruct (n_of P s) as [| n].
  - simpl. lra.
  - apply mean_of_zero_bit. lia.
Qed.

(** A threshold that is not negative and below the answer of a bit that should be 1 rounds the bit correctly. *)
Lemma bit_rounded_right : forall r tau P s b, 0 <= tau ->
  ((1 <= p_of P s b)%nat -> tau < answer r P s b) -> rounded_step r tau P s b = step P s b.
Proof.
  intros r tau P s b not_negative above. unfold rounded_step. rewrite step_counts.
  destruct (Nat.leb_spec 1 (p_of P s b)) as [writer | none], (Rlt_dec tau (answer r P s b)) as [up | down];
    try reflexivity.
  - now elim down; apply above.
  - assert (answer r P s b <= 0) by (apply answer_of_zero_bit; lia). lra.
Qed.

(** With the threshold 0 the condition is exact: it holds iff the bit is rounded correctly. *)
Theorem rounded_right_iff_condition : forall r P s b, rounded_step r 0 P s b = step P s b <-> condition r P s b.
Proof.
  intros r P s b. rewrite condition_is_positive_answer. split.
  - unfold rounded_step. rewrite step_counts. intros same writer.
    apply Nat.leb_le in writer. rewrite writer in same.
    now destruct (Rlt_dec 0 (answer r P s b)).
  - intros positive. apply bit_rounded_right; [lra | exact positive].
Qed.

(** * One positive threshold for all states *)

(** There is a positive number below all positive ones of finitely many numbers. *)
Lemma below_all_positive : forall l : list R, exists tau, 0 < tau /\ forall x, In x l -> 0 < x -> tau < x.
Proof.
  induction l as [| y l [tau [positive below]]].
  - exists 1. split; [lra | intros x []].
  - destruct (Rlt_dec 0 y) as [up | down].
    + exists (Rmin (y / 2) tau). pose proof (Rmin_l (y / 2) tau). pose proof (Rmin_r (y / 2) tau).
      split; [apply Rmin_glb_lt; lra |].
      intros x [<- | among] above; [lra |]. specialize (below x among above). lra.
    + exists tau. split; [exact positive |].
      intros x [<- | among] above; [contradiction | now apply below].
Qed.

(** The means of all counts up to [size]. *)
Definition means_up_to (r : regime) (K size : nat) : list R :=
  flat_map (fun n => flat_map (fun p => map (mean r K n p) (seq 0 (S size))) (seq 0 (S size))) (seq 0 (S size)).

Lemma mean_among : forall r K size n p t, (n <= size)%nat -> (p <= size)%nat -> (t <= size)%nat ->
  In (mean r K n p t) (means_up_to r K size).
Proof.
  intros r K size n p t n_small p_small t_small. unfold means_up_to.
  apply in_flat_map. exists n. split; [apply in_seq; lia |].
  apply in_flat_map. exists p. split; [apply in_seq; lia |].
  apply in_map, in_seq. lia.
Qed.

Theorem positive_threshold_exists : forall r P n_max,
  (forall s b, (n_of P s <= n_max)%nat -> condition r P s b) ->
  exists tau, 0 < tau /\ forall s b, (n_of P s <= n_max)%nat -> rounded_step r tau P s b = step P s b.
Proof.
  intros r P n_max conditions.
  destruct (below_all_positive (means_up_to r (samples P) (length (templates P)))) as [tau [positive below]].
  exists tau. split; [exact positive |]. intros s b few.
  apply bit_rounded_right; [lra |]. intros writer.
  apply below.
  - pose proof (n_of_at_most P s). pose proof (p_of_at_most_n_of P s b). pose proof (t_of_at_most P b).
    apply mean_among; lia.
  - now apply condition_is_positive_answer; [apply conditions |].
Qed.
