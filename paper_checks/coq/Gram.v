(** The predictor: the stated weights solve the Gram system of the trained kernel, are its only solution, and give mean
    and variance in closed form.

    On the training samples the kernel takes two values: [own] on the diagonal, [other] elsewhere. So the Gram matrix is
    (own - other) I + other 1 1^T, and it maps [w] to (own - other) w_i + other (sum of w). The kernel vector of an
    encoded state also takes two values: [matched n] at the samples that match it, [other] elsewhere. *)

From Coq Require Import Reals Arith Bool Lia Lra.
From NtkProofs Require Import Kernels Templates Balance Counting.
Local Open Scope R_scope.

(** * The three numbers in units of [other] *)

Lemma other_not_zero : forall r, other r <> 0.
Proof. intros r. generalize (other_positive r). lra. Qed.

Lemma own_from_D : forall r, own r = other r * (D r + 1).
Proof. intros r. unfold D. field. apply other_not_zero. Qed.

Lemma matched_from_F : forall r n, matched r n = other r * (F r n + 1).
Proof. intros r n. unfold F. field. apply other_not_zero. Qed.

Lemma D_not_zero : forall r, D r <> 0.
Proof. intros r. generalize (D_positive r). lra. Qed.

Lemma DK_positive : forall r K, 0 < D r + INR K.
Proof. intros r K. generalize (D_positive r) (pos_INR K). lra. Qed.

(** * Samples and encoded states as vectors *)

Lemma samples_orthonormal : forall K i j, (i < K)%nat -> dot K (basis i) (basis j) = if Nat.eqb i j then 1 else 0.
Proof.
  intros K i j below. unfold dot, basis.
  rewrite (sum_agrees K _ (fun l => if Nat.eqb i l then (if Nat.eqb j l then 1 else 0) else 0)).
  - rewrite sum_picks. destruct (Nat.ltb_spec i K); [| lia]. now rewrite Nat.eqb_sym.
  - intros l _. destruct (Nat.eqb i l); ring.
Qed.

Lemma sample_with_state : forall K M i, (i < K)%nat ->
  dot K (basis i) (encoded K M) = if M i then / sqrt (INR (count K M)) else 0.
Proof.
  intros K M i below. unfold dot, basis.
  rewrite (sum_agrees K _ (fun l => if Nat.eqb i l then encoded K M l else 0)).
  - rewrite sum_picks. destruct (Nat.ltb_spec i K); [reflexivity | lia].
  - intros l _. destruct (Nat.eqb i l); ring.
Qed.

Lemma encoded_is_unit : forall K M, (1 <= count K M)%nat -> dot K (encoded K M) (encoded K M) = 1.
Proof.
  intros K M some. assert (0 < INR (count K M)) as positive by (apply lt_0_INR; lia).
  unfold dot, encoded.
  rewrite (sum_agrees K _ (fun i => if M i then / INR (count K M) else 0)).
  - rewrite sum_two_values. field. lra.
  - intros i _. destruct (M i); [| ring].
    rewrite <- Rinv_mult, sqrt_sqrt; lra.
Qed.

Lemma kernel_of_samples : forall r K i j, (i < K)%nat ->
  kernel r (dot K (basis i) (basis j)) = if Nat.eqb i j then own r else other r.
Proof. intros r K i j below. rewrite samples_orthonormal by exact below. now destruct (Nat.eqb i j). Qed.

Lemma kernel_of_state : forall r K M i, (i < K)%nat ->
  kernel r (dot K (basis i) (encoded K M)) = if M i then matched r (count K M) else other r.
Proof. intros r K M i below. rewrite sample_with_state by exact below. now destruct (M i). Qed.

(** Row [i] of the Gram matrix times [w]. *)
Lemma gram_row : forall r K w i, (i < K)%nat ->
  sum K (fun j => kernel r (dot K (basis i) (basis j)) * w j) = (own r - other r) * w i + other r * sum K w.
Proof.
  intros r K w i below.
  rewrite (sum_agrees K _ (fun j => (if Nat.eqb i j then (own r - other r) * w j else 0) + other r * w j)).
  - rewrite sum_plus, sum_times, sum_picks. destruct (Nat.ltb_spec i K); [reflexivity | lia].
  - intros j _. rewrite kernel_of_samples by exact below. destruct (Nat.eqb i j); ring.
Qed.

(** * The weights *)

Definition stated_weights (r : regime) (K : nat) (M : nat -> bool) (i : nat) : R :=
  if M i then m r K (count K M) else u r K (count K M).

Theorem weights_solve : forall r K M, (1 <= count K M)%nat ->
  solves r K M (fun i => if M i then m r K (count K M) else u r K (count K M)).
Proof.
  intros r K M _ i below.
  rewrite gram_row, kernel_of_state, sum_two_values by exact below.
  rewrite own_from_D, matched_from_F. unfold m, u.
  pose proof (D_not_zero r). pose proof (DK_positive r K).
  destruct (M i); field; split; lra.
Qed.

(** The difference [d] of two solutions has (own - other) d_i + other S = 0 with S its sum. Summed over [i] that is
    (own - other + K other) S = 0, so S = 0 and every d_i = 0. *)
Theorem weights_unique : forall r K M w w', solves r K M w -> solves r K M w' -> forall i, (i < K)%nat -> w i = w' i.
Proof.
  intros r K M w w' first second.
  set (S := sum K (fun i => w i - w' i)).
  assert (difference_of_sums : S = sum K w - sum K w').
  { unfold S, Rminus. rewrite sum_plus. f_equal.
    rewrite (sum_agrees K _ (fun i => -1 * w' i)) by (intros; ring).
    rewrite sum_times. ring. }
  assert (own r - other r = D r * other r) as apart by (rewrite own_from_D; ring).
  pose proof (other_not_zero r). pose proof (D_not_zero r). pose proof (DK_positive r K).
  assert (rows : forall i, (i < K)%nat -> D r * (w i - w' i) + S = 0).
  { intros i below.
    specialize (first i below). specialize (second i below).
    rewrite gram_row in first, second by exact below.
    apply Rmult_eq_reg_l with (other r); [| assumption].
    rewrite difference_of_sums, apart in *. lra. }
  assert (S = 0) as none.
  { apply Rmult_eq_reg_l with (D r + INR K); [| lra].
    transitivity (sum K (fun i => D r * (w i - w' i) + S)).
    - rewrite sum_plus, sum_times, sum_constant. fold S. ring.
    - rewrite (sum_agrees K _ (fun _ => 0)) by exact rows. rewrite sum_constant. ring. }
  intros i below. specialize (rows i below).
  apply Rminus_diag_uniq. apply Rmult_eq_reg_l with (D r); [| assumption]. lra.
Qed.

Corollary weights_known : forall r K M w, (1 <= count K M)%nat -> solves r K M w ->
  forall i, (i < K)%nat -> w i = stated_weights r K M i.
Proof. intros r K M w some given. apply (weights_unique r K M); [exact given | now apply weights_solve]. Qed.

(** * The mean *)

(** The targets of one output bit are 1 at the samples [writers] and 0 elsewhere. *)
Theorem predicted_mean : forall r K M (writers : nat -> bool) w, (1 <= count K M)%nat -> solves r K M w ->
  sum K (fun i => w i * (if writers i then 1 else 0))
  = mean r K (count K M) (count K (fun i => M i && writers i)) (count K writers).
Proof.
  intros r K M writers w some given.
  rewrite (sum_agrees K _ (fun i => F r (count K M) / D r * (if M i && writers i then 1 else 0)
                                    + u r K (count K M) * (if writers i then 1 else 0))).
  - rewrite sum_plus, !sum_times, !sum_two_values. unfold mean.
    destruct (count K M) as [| n]; [lia | ring].
  - intros i below. rewrite (weights_known r K M w some given i below). unfold stated_weights, m.
    destruct (M i), (writers i); simpl; ring.
Qed.

(** The mean that the network trained on the samples of a program predicts for a bit is [answer]. *)
Theorem program_mean : forall r P s b w, (1 <= n_of P s)%nat -> solves r (samples P) (sample_matches P s) w ->
  sum (samples P) (fun i => w i * label P b i) = answer r P s b.
Proof.
  intros r P s b w some given. unfold answer.
  rewrite <- (matching_samples P s), <- (writing_samples P b), <- (matching_writing_samples P s b).
  rewrite <- (predicted_mean r (samples P) (sample_matches P s) (sample_writes P b) w).
  - apply sum_agrees. intros i _. now rewrite label_is_indicator.
  - now rewrite matching_samples.
  - exact given.
Qed.

(** * The variance *)

Theorem variance_closed_form : forall r K M a, (1 <= count K M)%nat -> solves r K M a ->
  variance_of K M a = variance r K (count K M).
Proof.
  intros r K M a some given. unfold variance_of, variance.
  pose proof (weights_known r K M a some given) as known. unfold stated_weights in known.
  set (n := count K M) in *.
  rewrite encoded_is_unit by exact some. change (kernel NNGP 1) with (own NNGP).
  assert (sum K a = INR n * m r K n + (INR K - INR n) * u r K n) as total.
  { rewrite (sum_agrees K _ _ known). apply sum_two_values. }
  assert (sum K (fun i => a i * sum K (fun j => kernel NNGP (dot K (basis i) (basis j)) * a j))
    = sum K (fun i => (own NNGP - other NNGP) * (if M i then m r K n ^ 2 else u r K n ^ 2)
                      + other NNGP * sum K a * a i)) as ->.
  { apply sum_agrees. intros i below. rewrite gram_row, (known i) by exact below. destruct (M i); ring. }
  assert (sum K (fun i => a i * kernel NNGP (dot K (basis i) (encoded K M)))
    = sum K (fun i => if M i then m r K n * matched NNGP n else u r K n * other NNGP)) as ->.
  { apply sum_agrees. intros i below. rewrite kernel_of_state, (known i) by exact below. fold n. now destruct (M i). }
  rewrite sum_plus, !sum_times, !sum_two_values, total. fold n. ring.
Qed.

(** Completing the square: in units of [other], and with D' and F' the numbers of the NNGP kernel, the variance is
    D' - n F'^2 / D' plus three squares, for all weights. *)
Lemma variance_squares : forall r K n,
  let S1 := INR n * m r K n + (INR K - INR n) * u r K n in
  variance r K n = other NNGP * ((D NNGP ^ 2 - INR n * F NNGP n ^ 2) / D NNGP + (S1 - 1) ^ 2
    + D NNGP * (INR n * (m r K n - F NNGP n / D NNGP) ^ 2 + (INR K - INR n) * u r K n ^ 2)).
Proof.
  intros r K n. unfold variance. cbv zeta. rewrite (own_from_D NNGP), (matched_from_F NNGP).
  field. apply D_not_zero.
Qed.

(** The sum of the weights is 1 - D u. *)
Lemma sum_of_weights : forall r K n, INR n * m r K n + (INR K - INR n) * u r K n = 1 - D r * u r K n.
Proof.
  intros r K n. unfold m, u. pose proof (D_not_zero r). pose proof (DK_positive r K). field. split; lra.
Qed.

(** [sqrt n <= B n], without division and root. *)
Lemma excess_below_contrast : forall r n, (1 <= n)%nat -> INR n * F r n ^ 2 <= D r ^ 2.
Proof.
  intros r n some. destruct (balance_grows_like_sqrt r n some) as [below _].
  pose proof (F_positive r n some) as positive.
  assert (sqrt (INR n) * F r n <= D r) as bound.
  { replace (D r) with (B r n * F r n) by (unfold B; field; lra). apply Rmult_le_compat_r; lra. }
  replace (INR n * F r n ^ 2) with ((sqrt (INR n) * F r n) ^ 2).
  - apply pow_incr. split; [| exact bound]. apply Rmult_le_pos; [apply sqrt_pos | lra].
  - rewrite Rpow_mult_distr, pow2_sqrt; [reflexivity | apply pos_INR].
Qed.

(** So the variance is at least the square of the middle term, and that is 0 only where u is. *)
Lemma variance_at_least : forall r K n, (1 <= n <= K)%nat -> other NNGP * (D r * u r K n) ^ 2 <= variance r K n.
Proof.
  intros r K n [some enough]. rewrite variance_squares, sum_of_weights.
  pose proof (excess_below_contrast NNGP n some) as gap. pose proof (D_positive NNGP) as positive.
  apply le_INR in enough. pose proof (pos_INR n).
  apply Rmult_le_compat_l; [apply Rlt_le, other_positive |].
  replace ((1 - D r * u r K n - 1) ^ 2) with ((D r * u r K n) ^ 2) by ring.
  assert (0 <= (D NNGP ^ 2 - INR n * F NNGP n ^ 2) / D NNGP).
  { apply Rmult_le_pos; [lra | apply Rlt_le, Rinv_0_lt_compat, positive]. }
  assert (0 <= D NNGP * (INR n * (m r K n - F NNGP n / D NNGP) ^ 2 + (INR K - INR n) * u r K n ^ 2)).
  { apply Rmult_le_pos; [lra |]. apply Rplus_le_le_0_compat; apply Rmult_le_pos; try apply pow2_ge_0; lra. }
  lra.
Qed.

Theorem variance_non_negative : forall r K n, (1 <= n <= K)%nat -> 0 <= variance r K n.
Proof.
  intros r K n sizes. eapply Rle_trans; [| exact (variance_at_least r K n sizes)].
  apply Rmult_le_pos; [apply Rlt_le, other_positive | apply pow2_ge_0].
Qed.

(** The weight of an unmatched sample: 0 at a training sample, negative where two or more samples match. *)
Lemma u_at_one : forall r K, u r K 1 = 0.
Proof.
  intros r K. unfold u. rewrite F_at_one. simpl INR.
  pose proof (D_not_zero r). pose proof (DK_positive r K). field. split; lra.
Qed.

Lemma m_at_one : forall r K, m r K 1 = 1.
Proof. intros r K. unfold m. rewrite u_at_one, F_at_one. field. apply D_not_zero. Qed.

Lemma u_negative : forall r K n, (2 <= n)%nat -> u r K n < 0.
Proof.
  intros r K n two. pose proof (nF_exceeds_D r n two).
  pose proof (D_positive r). pose proof (DK_positive r K).
  assert (0 < (INR n * F r n - D r) / (D r * (D r + INR K))) as gap.
  { apply Rdiv_lt_0_compat; [lra | now apply Rmult_lt_0_compat]. }
  apply Ropp_lt_cancel. rewrite Ropp_0. eapply Rlt_le_trans; [exact gap |].
  apply Req_le. unfold u. field. split; lra.
Qed.

Theorem variance_positive : forall r K n, (2 <= n <= K)%nat -> 0 < variance r K n.
Proof.
  intros r K n sizes. eapply Rlt_le_trans; [| apply variance_at_least; lia].
  pose proof (u_negative r K n (proj1 sizes)). pose proof (D_positive r).
  apply Rmult_lt_0_compat; [apply other_positive |].
  rewrite <- Rsqr_pow2. apply Rsqr_pos_lt. nra.
Qed.

(** At a training sample the variance is 0. *)
Theorem variance_at_one : forall r K, (1 <= K)%nat -> variance r K 1 = 0.
Proof.
  intros r K _. unfold variance. rewrite u_at_one, m_at_one, matched_from_F, F_at_one, own_from_D. simpl INR. ring.
Qed.

(** * The variance at a state of a program *)

Corollary program_variance : forall r P s a, (1 <= n_of P s)%nat -> solves r (samples P) (sample_matches P s) a ->
  variance_of (samples P) (sample_matches P s) a = variance r (samples P) (n_of P s).
Proof.
  intros r P s a some given. rewrite <- (matching_samples P s) in *. now apply variance_closed_form.
Qed.

Corollary program_variance_non_negative : forall r P s, (1 <= n_of P s)%nat ->
  0 <= variance r (samples P) (n_of P s).
Proof. intros r P s some. apply variance_non_negative. pose proof (n_of_at_most_samples P s). lia. Qed.

(** The variance is 0 at a training sample only. *)
Corollary variance_zero : forall r K n, (1 <= n <= K)%nat -> variance r K n = 0 <-> n = 1%nat.
Proof.
  intros r K n sizes. split.
  - intros zero. destruct (Nat.eq_dec n 1) as [one | more]; [exact one |].
    assert (0 < variance r K n) by (apply variance_positive; lia). lra.
  - intros ->. now apply variance_at_one.
Qed.

(** The mean of an output bit in terms of the counts. *)
Lemma answer_in_counts : forall r P s b, (1 <= n_of P s)%nat ->
  answer r P s b = INR (p_of P s b) * (F r (n_of P s) / D r) + INR (t_of P b) * u r (samples P) (n_of P s).
Proof. intros r P s b some. unfold answer, mean. destruct (n_of P s); [lia | reflexivity]. Qed.
