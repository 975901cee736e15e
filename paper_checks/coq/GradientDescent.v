(** Gradient descent in closed form. The Gram matrix has two eigenvalues, so that after T steps the error has decreased
    by one power in the mean over the samples, and by another power in the deviations from it. *)

From Coq Require Import Reals Arith Bool Lia Lra.
From NtkProofs Require Import Kernels Templates Training Balance Counting Gram.
Local Open Scope R_scope.

Definition average (K : nat) (v : nat -> R) : R := sum K v / INR K.

Section Descent.

Variables (r : regime) (K : nat) (eta : R).
Hypothesis some_samples : (1 <= K)%nat.

Lemma samples_positive : 0 < INR K.
Proof. apply lt_0_INR. lia. Qed.

(** The two eigenvalues. *)
Lemma gram_on_deviations : forall w i, (i < K)%nat -> sum K w = 0 ->
  sum K (fun j => kernel r (dot K (basis i) (basis j)) * w j) = small_eigenvalue r * w i.
Proof. intros w i below balanced. rewrite gram_row, balanced by exact below. unfold small_eigenvalue. ring. Qed.

Lemma gram_on_constants : forall c i, (i < K)%nat ->
  sum K (fun j => kernel r (dot K (basis i) (basis j)) * c) = large_eigenvalue r K * c.
Proof.
  intros c i below. rewrite (gram_row r K (fun _ => c)), sum_constant by exact below.
  unfold large_eigenvalue. ring.
Qed.

Lemma small_positive : 0 < small_eigenvalue r.
Proof.
  unfold small_eigenvalue. rewrite own_from_D. pose proof (D_positive r). pose proof (other_positive r). nra.
Qed.

Lemma large_positive : 0 < large_eigenvalue r K.
Proof.
  unfold large_eigenvalue. rewrite own_from_D. pose proof (D_positive r). pose proof (other_positive r).
  pose proof samples_positive. nra.
Qed.

(** The weights after T steps: in the mean over the samples and in the deviations from it, 1 minus a power, over the
    eigenvalue. *)
Definition after (target : nat -> R) (T : nat) (i : nat) : R :=
  (1 - small_left r eta T) / small_eigenvalue r * (target i - average K target)
  + (1 - large_left r K eta T) / large_eigenvalue r K * average K target.

Lemma sum_after : forall target T,
  sum K (after target T) = INR K * ((1 - large_left r K eta T) / large_eigenvalue r K * average K target).
Proof.
  intros target T. unfold after. rewrite sum_plus, sum_times, sum_constant. unfold Rminus at 2.
  rewrite sum_plus, sum_constant. unfold average. pose proof samples_positive. field.
  repeat split; apply Rgt_not_eq; try exact small_positive; try exact large_positive; assumption.
Qed.

Theorem trained_closed_form : forall target T i, (i < K)%nat -> trained r K eta target T i = after target T i.
Proof.
  intros target T. induction T as [| T IH]; intros i below.
  - simpl. unfold after, small_left, large_left. simpl. unfold Rdiv. ring.
  - simpl. rewrite (sum_agrees K _ (fun j => kernel r (dot K (basis i) (basis j)) * after target T j)).
    2: { intros j small. now rewrite IH. }
    rewrite gram_row, sum_after, IH by exact below. unfold after, small_left, large_left. simpl.
    pose proof small_positive as small. pose proof large_positive as large. pose proof samples_positive.
    assert (other r = (large_eigenvalue r K - small_eigenvalue r) / INR K) as ->.
    { unfold large_eigenvalue, small_eigenvalue. field. lra. }
    assert (own r = (large_eigenvalue r K - small_eigenvalue r) / INR K + small_eigenvalue r) as ->.
    { unfold large_eigenvalue, small_eigenvalue. field. lra. }
    generalize dependent (small_eigenvalue r). generalize dependent (large_eigenvalue r K). intros.
    field. lra.
Qed.

(** The error at the samples: [(I - eta Theta)^T] applied to the targets. *)
Theorem descent_error : forall target T i, (i < K)%nat ->
  target i - sum K (fun j => kernel r (dot K (basis i) (basis j)) * trained r K eta target T j)
  = small_left r eta T * (target i - sum K target / INR K) + large_left r K eta T * (sum K target / INR K).
Proof.
  intros target T i below.
  rewrite (sum_agrees K _ (fun j => kernel r (dot K (basis i) (basis j)) * after target T j)).
  2: { intros j small. now rewrite trained_closed_form. }
  rewrite gram_row, sum_after by exact below. unfold after, average.
  pose proof small_positive as small. pose proof large_positive as large. pose proof samples_positive.
  assert (other r = (large_eigenvalue r K - small_eigenvalue r) / INR K) as ->.
  { unfold large_eigenvalue, small_eigenvalue. field. lra. }
  assert (own r = (large_eigenvalue r K - small_eigenvalue r) / INR K + small_eigenvalue r) as ->.
  { unfold large_eigenvalue, small_eigenvalue. field. lra. }
  generalize dependent (small_eigenvalue r). generalize dependent (large_eigenvalue r K). intros. field. lra.
Qed.

(** * The predictor after T steps *)

Section State.

Variables (M : nat -> bool) (w : nat -> R).
Hypothesis solved : solves r K M w.

Lemma kernel_vector : forall i, (i < K)%nat ->
  kernel r (dot K (basis i) (encoded K M)) = small_eigenvalue r * w i + other r * sum K w.
Proof. intros i below. rewrite <- (solved i below), gram_row by exact below. reflexivity. Qed.

Lemma sum_of_kernel_vector :
  sum K (fun i => kernel r (dot K (basis i) (encoded K M))) = large_eigenvalue r K * sum K w.
Proof.
  rewrite (sum_agrees K _ (fun i => small_eigenvalue r * w i + other r * sum K w)) by exact kernel_vector.
  rewrite sum_plus, sum_times, sum_constant. unfold large_eigenvalue, small_eigenvalue. ring.
Qed.

Theorem descent_weights : forall T i, (i < K)%nat ->
  trained r K eta (fun j => kernel r (dot K (basis j) (encoded K M))) T i
  = (1 - small_left r eta T) * (w i - sum K w / INR K) + (1 - large_left r K eta T) * (sum K w / INR K).
Proof.
  intros T i below. rewrite trained_closed_form by exact below. unfold after, average.
  rewrite sum_of_kernel_vector, kernel_vector by exact below.
  pose proof small_positive as small. pose proof large_positive as large. pose proof samples_positive.
  assert (other r = (large_eigenvalue r K - small_eigenvalue r) / INR K) as ->.
  { unfold large_eigenvalue, small_eigenvalue. field. lra. }
  field. lra.
Qed.

Theorem descent_mean : forall target T,
  output_after r K eta target T M
  = (1 - small_left r eta T) * sum K (fun i => w i * target i)
    + (small_left r eta T - large_left r K eta T) * (sum K target / INR K) * sum K w.
Proof.
  intros target T. unfold output_after.
  rewrite (sum_agrees K _ (fun i => (1 - small_left r eta T) * (w i * target i)
    + (other r * sum K w * ((1 - small_left r eta T) / small_eigenvalue r)) * target i
    + ((1 - large_left r K eta T) / large_eigenvalue r K - (1 - small_left r eta T) / small_eigenvalue r)
      * average K target * kernel r (dot K (basis i) (encoded K M)))).
  - rewrite !sum_plus, !sum_times, sum_of_kernel_vector. unfold average.
    pose proof small_positive as small. pose proof large_positive as large. pose proof samples_positive.
    assert (other r = (large_eigenvalue r K - small_eigenvalue r) / INR K) as ->.
    { unfold large_eigenvalue, small_eigenvalue. field. lra. }
    field. lra.
  - intros i below. rewrite trained_closed_form by exact below. unfold after.
    rewrite kernel_vector by exact below. pose proof small_positive. pose proof large_positive. field. lra.
Qed.

End State.

End Descent.

(** * Programs *)

Theorem program_mean_after : forall r P s b eta T, (1 <= n_of P s)%nat ->
  output_after r (samples P) eta (label P b) T (sample_matches P s)
  = (1 - small_left r eta T) * answer r P s b
    + (small_left r eta T - large_left r (samples P) eta T) * (INR (t_of P b) / INR (samples P))
      * (1 - D r * u r (samples P) (n_of P s)).
Proof.
  intros r P s b eta T some. pose proof (n_of_at_most_samples P s) as most.
  set (w := stated_weights r (samples P) (sample_matches P s)).
  assert (solved : solves r (samples P) (sample_matches P s) w).
  { apply weights_solve. now rewrite matching_samples. }
  rewrite (descent_mean r (samples P) eta ltac:(lia) _ w solved), (program_mean r P s b w some solved).
  f_equal. rewrite <- sum_of_weights. f_equal; [f_equal; f_equal |].
  - rewrite (sum_agrees _ _ (fun i => if sample_writes P b i then 1 else 0)) by (intros; apply label_is_indicator).
    rewrite sum_two_values, writing_samples. ring.
  - unfold w, stated_weights. rewrite sum_two_values, matching_samples. ring.
Qed.

(** The variance, at the two values of the weights after T steps. *)
Definition matched_after (r : regime) (K n : nat) (eta : R) (T : nat) : R :=
  (1 - small_left r eta T) * (m r K n - (1 - D r * u r K n) / INR K)
  + (1 - large_left r K eta T) * ((1 - D r * u r K n) / INR K).

Definition unmatched_after (r : regime) (K n : nat) (eta : R) (T : nat) : R :=
  (1 - small_left r eta T) * (u r K n - (1 - D r * u r K n) / INR K)
  + (1 - large_left r K eta T) * ((1 - D r * u r K n) / INR K).

Lemma weights_after : forall r K M eta T i, (1 <= count K M)%nat -> (i < K)%nat ->
  trained r K eta (fun j => kernel r (dot K (basis j) (encoded K M))) T i
  = if M i then matched_after r K (count K M) eta T else unmatched_after r K (count K M) eta T.
Proof.
  intros r K M eta T i some below.
  rewrite (descent_weights r K eta ltac:(lia) M _ (weights_solve r K M some)) by exact below.
  rewrite sum_two_values, sum_of_weights. unfold matched_after, unmatched_after. now destruct (M i).
Qed.

Theorem variance_after : forall r K M eta T, (1 <= count K M)%nat ->
  let n := count K M in
  let a := matched_after r K n eta T in
  let b := unmatched_after r K n eta T in
  let S1 := INR n * a + (INR K - INR n) * b in
  let S2 := INR n * a ^ 2 + (INR K - INR n) * b ^ 2 in
  variance_of K M (trained r K eta (fun j => kernel r (dot K (basis j) (encoded K M))) T)
  = own NNGP + (own NNGP - other NNGP) * S2 + other NNGP * S1 ^ 2
    - 2 * (INR n * a * matched NNGP n + (INR K - INR n) * b * other NNGP).
Proof.
  intros r K M eta T some n a b S1 S2. unfold variance_of.
  set (v := trained r K eta (fun j => kernel r (dot K (basis j) (encoded K M))) T).
  assert (known : forall i, (i < K)%nat -> v i = if M i then a else b).
  { intros i below. now apply weights_after. }
  rewrite encoded_is_unit by exact some. change (kernel NNGP 1) with (own NNGP).
  assert (sum K v = S1) as total by (rewrite (sum_agrees K _ _ known); apply sum_two_values).
  assert (sum K (fun i => v i * sum K (fun j => kernel NNGP (dot K (basis i) (basis j)) * v j))
    = sum K (fun i => (own NNGP - other NNGP) * (if M i then a ^ 2 else b ^ 2) + other NNGP * S1 * v i)) as ->.
  { apply sum_agrees. intros i below. rewrite gram_row, total, (known i) by exact below. destruct (M i); ring. }
  assert (sum K (fun i => v i * kernel NNGP (dot K (basis i) (encoded K M)))
    = sum K (fun i => if M i then a * matched NNGP n else b * other NNGP)) as ->.
  { apply sum_agrees. intros i below. rewrite kernel_of_state, (known i) by exact below. now destruct (M i). }
  rewrite sum_plus, !sum_times, !sum_two_values, total. fold n. unfold S2. ring.
Qed.

Theorem program_variance_after : forall r P s eta T, (1 <= n_of P s)%nat ->
  let n := n_of P s in
  let K := samples P in
  let c := (1 - D r * u r K n) / INR K in
  let a := (1 - small_left r eta T) * (m r K n - c) + (1 - large_left r K eta T) * c in
  let b := (1 - small_left r eta T) * (u r K n - c) + (1 - large_left r K eta T) * c in
  let S1 := INR n * a + (INR K - INR n) * b in
  let S2 := INR n * a ^ 2 + (INR K - INR n) * b ^ 2 in
  variance_of K (sample_matches P s)
    (trained r K eta (fun i => kernel r (dot K (basis i) (encoded K (sample_matches P s)))) T)
  = own NNGP + (own NNGP - other NNGP) * S2 + other NNGP * S1 ^ 2
    - 2 * (INR n * a * matched NNGP n + (INR K - INR n) * b * other NNGP).
Proof.
  intros r P s eta T some.
  pose proof (variance_after r (samples P) (sample_matches P s) eta T) as closed.
  rewrite matching_samples in closed. exact (closed some).
Qed.

(** * Convergence *)

Lemma powers_vanish : forall x eps, Rabs x < 1 -> 0 < eps ->
  exists N, forall T, (N <= T)%nat -> Rabs (x ^ T) < eps.
Proof. intros x eps small positive. destruct (pow_lt_1_zero x small eps positive) as [N bound]. now exists N. Qed.

(** Every step size below 2 divided by the large eigenvalue is small enough. *)
Theorem descent_converges : forall r P s b eta, (1 <= n_of P s)%nat ->
  0 < eta -> eta * large_eigenvalue r (samples P) < 2 ->
  forall eps, 0 < eps -> exists T0, forall T, (T0 <= T)%nat ->
  Rabs (output_after r (samples P) eta (label P b) T (sample_matches P s) - answer r P s b) < eps.
Proof.
  intros r P s b eta some positive step eps precision. pose proof (n_of_at_most_samples P s) as most.
  assert (samples_at_least : 1 <= INR (samples P)) by (apply (le_INR 1); lia).
  pose proof (small_positive r) as small.
  assert (order : small_eigenvalue r <= large_eigenvalue r (samples P)).
  { unfold large_eigenvalue, small_eigenvalue. pose proof (other_positive r). nra. }
  set (c := INR (t_of P b) / INR (samples P) * (1 - D r * u r (samples P) (n_of P s))).
  set (bound := 1 + Rabs (c - answer r P s b) + Rabs c).
  assert (bounded : 0 < bound).
  { unfold bound. pose proof (Rabs_pos (c - answer r P s b)). pose proof (Rabs_pos c). lra. }
  assert (share : 0 < eps / (2 * bound)) by (apply Rdiv_lt_0_compat; lra).
  destruct (powers_vanish (1 - eta * small_eigenvalue r) (eps / (2 * bound))) as [N1 first];
    [apply Rabs_def1; nra | exact share |].
  destruct (powers_vanish (1 - eta * large_eigenvalue r (samples P)) (eps / (2 * bound))) as [N2 second];
    [apply Rabs_def1; nra | exact share |].
  exists (Nat.max N1 N2). intros T enough. rewrite program_mean_after by exact some.
  specialize (first T ltac:(lia)). specialize (second T ltac:(lia)).
  change ((1 - eta * small_eigenvalue r) ^ T) with (small_left r eta T) in first.
  change ((1 - eta * large_eigenvalue r (samples P)) ^ T) with (large_left r (samples P) eta T) in second.
  replace (_ - answer r P s b) with (small_left r eta T * (c - answer r P s b) - large_left r (samples P) eta T * c)
    by (unfold c; ring).
  eapply Rle_lt_trans; [apply Rabs_triang |]. rewrite Rabs_Ropp, !Rabs_mult.
  assert (half : eps / (2 * bound) * bound = eps / 2) by (field; lra).
  pose proof (Rabs_pos (c - answer r P s b)). pose proof (Rabs_pos c).
  pose proof (Rabs_pos (small_left r eta T)). pose proof (Rabs_pos (large_left r (samples P) eta T)).
  assert (Rabs (small_left r eta T) * Rabs (c - answer r P s b) <= eps / (2 * bound) * Rabs (c - answer r P s b)).
  { apply Rmult_le_compat_r; lra. }
  assert (Rabs (large_left r (samples P) eta T) * Rabs c <= eps / (2 * bound) * Rabs c).
  { apply Rmult_le_compat_r; lra. }
  assert (eps / (2 * bound) * (Rabs (c - answer r P s b) + Rabs c) < eps / 2); [| lra].
  rewrite <- half. apply Rmult_lt_compat_l; [exact share |]. unfold bound. lra.
Qed.

(** The hypotheses about the step can be met. *)
Lemma some_step : forall r K, (1 <= K)%nat -> exists eta, 0 < eta /\ eta * large_eigenvalue r K < 2.
Proof.
  intros r K some. pose proof (large_positive r K some) as positive. exists (/ large_eigenvalue r K).
  split; [now apply Rinv_0_lt_compat |]. rewrite Rinv_l; lra.
Qed.
