(** The analysis behind the rounding condition, for both regimes at once.

    What is proved: the values of [own], [other] and [D]; [F r n > 0] for all n >= 1; [n F r n > D r] for all n >= 2;
    [n - B r n] increases with n; [B r n] lies between two explicit multiples of the square root of n.

    The method: let t(n) = sqrt n - sqrt (n - 1), the tangent of half the angle whose sine is 1 / sqrt n. In terms of t
    the kernel, which contains a root and an arc cosine, is a rational function of t and [atan t]:

      F r n = slope r t(n) / sqrt n,   slope r t = b (PI / 2 + 2 atan t) - t,   b = 2 (NTK) or 1 (NNGP).

    As n increases from 1, t(n) decreases from 1 to 0, and every inequality becomes one about [slope] on 0 <= t <= 1.
    Two of them, for n >= 2, where they are strict, are proved by interval arithmetic; the others follow since [slope]
    increases with t. *)

From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Rcomplements Hierarchy Derive AutoDerive.
From Interval Require Import Tactic.
From NtkProofs Require Import Kernels.

Local Open Scope R_scope.

(** * The kernel in terms of t *)

(** The factor [b] in the definition of the kernel. *)
Definition angle_factor (r : regime) : R := match r with NTK => 2 | NNGP => 1 end.

Definition slope (r : regime) (t : R) : R := angle_factor r * (PI / 2 + 2 * atan t) - t.

(** The sine of twice the angle [atan t]. *)
Definition sine (t : R) : R := 2 * t / (1 + t * t).

Lemma sqrt_of_square : forall x y, 0 <= y -> x = y * y -> sqrt x = y.
Proof. intros x y Hy ->. now apply sqrt_square. Qed.

Lemma acos_of_sine : forall t, 0 <= t <= 1 -> acos (sine t) = PI / 2 - 2 * atan t.
Proof.
  intros t Ht.
  assert (Hpos : 0 < 1 + t * t) by nra.
  assert (Hatan : 0 <= atan t <= PI / 4).
  { split.
    - rewrite <- atan_0. destruct (Rle_lt_or_eq_dec 0 t (proj1 Ht)) as [H | <-]; [| lra].
      left. now apply atan_increasing.
    - rewrite <- atan_1. destruct (Rle_lt_or_eq_dec t 1 (proj2 Ht)) as [H | ->]; [| lra].
      left. now apply atan_increasing. }
  rewrite <- (acos_cos (PI / 2 - 2 * atan t)) by lra.
  f_equal. unfold sine. rewrite cos_shift, sin_2a, sin_atan, cos_atan.
  replace (t ^ 2) with (t * t) by ring.
  assert (Hroot : sqrt (1 + Rsqr t) * sqrt (1 + Rsqr t) = 1 + t * t) by (apply sqrt_sqrt; unfold Rsqr; lra).
  assert (Hne : sqrt (1 + Rsqr t) <> 0) by (intro E; rewrite E in Hroot; lra).
  rewrite <- Hroot. field. exact Hne.
Qed.

Lemma kernel_of_sine : forall r t, 0 <= t <= 1 -> kernel r (sine t) = (1 + sine t * slope r t) / (2 * PI).
Proof.
  intros r t Ht.
  assert (Hpos : 0 < 1 + t * t) by nra.
  unfold kernel. rewrite acos_of_sine by exact Ht. unfold sine.
  rewrite (sqrt_of_square _ ((1 - t * t) / (1 + t * t))).
  - unfold slope, angle_factor. pose proof PI_RGT_0. destruct r; field; lra.
  - apply Rdiv_le_0_compat; nra.
  - field. lra.
Qed.

Lemma kernel_at_zero_one : forall r,
  kernel r 0 = 1 / (2 * PI) /\ kernel r 1 = match r with NTK => 1 | NNGP => 1 / 2 end.
Proof.
  intro r. pose proof PI_RGT_0. split.
  - replace 0 with (sine 0) at 1 by (unfold sine; field).
    rewrite kernel_of_sine by lra. unfold sine. field. lra.
  - replace 1 with (sine 1) at 1 by (unfold sine; field).
    rewrite kernel_of_sine by lra.
    unfold sine, slope, angle_factor. rewrite atan_1. destruct r; field; lra.
Qed.

Theorem own_value : forall r, own r = match r with NTK => 1 | NNGP => 1/2 end.
Proof. intro r. apply kernel_at_zero_one. Qed.

Theorem other_value : forall r, other r = 1 / (2 * PI).
Proof. intro r. apply kernel_at_zero_one. Qed.

Theorem D_value : forall r, D r = match r with NTK => 2 * PI - 1 | NNGP => PI - 1 end.
Proof.
  intro r. unfold D. rewrite own_value, other_value. pose proof PI_RGT_0. destruct r; field; lra.
Qed.

Theorem D_positive : forall r, 0 < D r.
Proof. intro r. rewrite D_value. pose proof PI2_1. destruct r; lra. Qed.

Lemma other_positive : forall r, 0 < other r.
Proof. intro r. rewrite other_value. pose proof PI_RGT_0. apply Rdiv_lt_0_compat; lra. Qed.

(** [matched] in terms of [other] and [F], by the definition of [F]. *)
Lemma matched_value : forall r n, (1 <= n)%nat -> matched r n = other r * (1 + F r n).
Proof. intros r n _. unfold F. pose proof (other_positive r). field. lra. Qed.

(** * The tangent t(n) *)

Definition half_tangent (n : nat) : R := sqrt (INR n) - sqrt (INR n - 1).

Lemma at_least_one : forall n, (1 <= n)%nat -> 1 <= INR n.
Proof. intros n Hn. now apply (le_INR 1). Qed.

Lemma root_at_least_one : forall n, (1 <= n)%nat -> 1 <= sqrt (INR n).
Proof. intros n Hn. rewrite <- sqrt_1. apply sqrt_le_1_alt. now apply at_least_one. Qed.

Lemma half_tangent_one : half_tangent 1 = 1.
Proof. unfold half_tangent. simpl. rewrite Rminus_eq_0, sqrt_0, sqrt_1. ring. Qed.

Lemma half_tangent_positive : forall n, (1 <= n)%nat -> 0 < half_tangent n.
Proof.
  intros n Hn. pose proof (at_least_one n Hn).
  unfold half_tangent. apply Rlt_Rminus, sqrt_lt_1_alt. lra.
Qed.

Lemma half_tangent_inverse : forall n, (1 <= n)%nat -> / half_tangent n = sqrt (INR n) + sqrt (INR n - 1).
Proof.
  intros n Hn. pose proof (at_least_one n Hn). pose proof (half_tangent_positive n Hn) as Hpos.
  apply (Rmult_eq_reg_l (half_tangent n)); [| lra].
  rewrite Rinv_r by lra. unfold half_tangent.
  transitivity (sqrt (INR n) * sqrt (INR n) - sqrt (INR n - 1) * sqrt (INR n - 1)); [| ring].
  rewrite !sqrt_sqrt by lra. ring.
Qed.

Lemma half_tangent_decreases : forall n, (1 <= n)%nat -> half_tangent (S n) < half_tangent n.
Proof.
  intros n Hn. pose proof (at_least_one n Hn).
  apply Rinv_lt_cancel; [now apply half_tangent_positive |].
  rewrite !half_tangent_inverse by lia. rewrite S_INR.
  apply Rplus_lt_compat; apply sqrt_lt_1_alt; lra.
Qed.

Lemma half_tangent_at_most_one : forall n, (1 <= n)%nat -> half_tangent n <= 1.
Proof.
  intros n Hn. induction Hn as [| n Hn IH].
  - rewrite half_tangent_one. lra.
  - pose proof (half_tangent_decreases n Hn). lra.
Qed.

(** For n >= 2 the angle is at most pi/4. *)
Lemma half_tangent_from_two : forall n, (2 <= n)%nat -> half_tangent n <= sqrt 2 - 1.
Proof.
  intros n Hn. induction Hn as [| n Hn IH].
  - unfold half_tangent. change (INR 2) with 2. replace (2 - 1) with 1 by ring. rewrite sqrt_1. lra.
  - pose proof (half_tangent_decreases n ltac:(lia)). lra.
Qed.

(** The square root of n in terms of t. *)
Definition root (t : R) : R := (t + / t) / 2.

Lemma sine_is_inverse_root : forall t, 0 < t -> sine t = / root t.
Proof. intros t Ht. unfold sine, root. field. split; nra. Qed.

Lemma root_of_half_tangent : forall n, (1 <= n)%nat -> root (half_tangent n) = sqrt (INR n).
Proof. intros n Hn. unfold root. rewrite half_tangent_inverse by exact Hn. unfold half_tangent. lra. Qed.

Lemma F_is_slope : forall r n, (1 <= n)%nat -> F r n = slope r (half_tangent n) / sqrt (INR n).
Proof.
  intros r n Hn.
  pose proof (half_tangent_positive n Hn). pose proof (half_tangent_at_most_one n Hn).
  pose proof (root_at_least_one n Hn).
  assert (Hsine : / sqrt (INR n) = sine (half_tangent n)).
  { now rewrite sine_is_inverse_root, root_of_half_tangent. }
  unfold F, matched, Rdiv at 2. rewrite other_value, Hsine, kernel_of_sine, <- Hsine by lra.
  pose proof PI_RGT_0. field. lra.
Qed.

(** * The slope increases from t = 0 to t = 1 *)

Lemma slope_zero : forall r, slope r 0 = match r with NTK => PI | NNGP => PI / 2 end.
Proof. intro r. unfold slope, angle_factor. rewrite atan_0. destruct r; field. Qed.

Lemma slope_one : forall r, slope r 1 = D r.
Proof. intro r. unfold slope, angle_factor. rewrite D_value, atan_1. destruct r; field. Qed.

Definition slope_derivative (r : regime) (t : R) : R := 2 * angle_factor r / (1 + t * t) - 1.

Lemma slope_is_derive : forall r t, is_derive (slope r) t (slope_derivative r t).
Proof.
  intros r t. unfold slope, slope_derivative.
  auto_derive; [exact I |]. field. nra.
Qed.

Lemma slope_increases : forall r x y, 0 <= x -> x < y -> y <= 1 -> slope r x < slope r y.
Proof.
  intros r x y Hx Hxy Hy.
  destruct (MVT_cor2 (slope r) (slope_derivative r) x y Hxy) as (c & Hc & Hin).
  - intros c _. apply is_derive_Reals, slope_is_derive.
  - assert (0 < slope_derivative r c).
    { unfold slope_derivative. apply Rlt_Rminus, Rlt_div_r; [nra |].
      unfold angle_factor. destruct r; nra. }
    nra.
Qed.

Lemma slope_bounds : forall r t, 0 < t <= 1 -> slope r 0 < slope r t <= D r.
Proof.
  intros r t Ht. split.
  - apply slope_increases; lra.
  - rewrite <- slope_one. destruct (Rle_lt_or_eq_dec t 1 (proj2 Ht)) as [H | ->]; [| lra].
    left. apply slope_increases; lra.
Qed.

Lemma slope_positive : forall r t, 0 < t <= 1 -> 0 < slope r t.
Proof.
  intros r t Ht. destruct (slope_bounds r t Ht) as [Hlow _]. rewrite slope_zero in Hlow.
  pose proof PI_RGT_0. destruct r; lra.
Qed.

Lemma slope_at_half_tangent : forall r n, (1 <= n)%nat -> slope r 0 < slope r (half_tangent n) <= D r.
Proof.
  intros r n Hn. apply slope_bounds. split; [now apply half_tangent_positive | now apply half_tangent_at_most_one].
Qed.

Theorem F_at_one : forall r, F r 1 = D r.
Proof. intro r. rewrite F_is_slope, half_tangent_one, slope_one by lia. simpl. rewrite sqrt_1. field. Qed.

Theorem F_positive : forall r n, (1 <= n)%nat -> 0 < F r n.
Proof.
  intros r n Hn. rewrite F_is_slope by exact Hn. pose proof (root_at_least_one n Hn).
  apply Rdiv_lt_0_compat; [| lra]. apply slope_positive.
  split; [now apply half_tangent_positive | now apply half_tangent_at_most_one].
Qed.

Lemma F_below_D_over_root : forall r n, (1 <= n)%nat -> sqrt (INR n) * F r n <= D r.
Proof.
  intros r n Hn. rewrite F_is_slope by exact Hn. pose proof (root_at_least_one n Hn).
  replace (sqrt (INR n) * (slope r (half_tangent n) / sqrt (INR n))) with (slope r (half_tangent n)) by (field; lra).
  now apply slope_at_half_tangent.
Qed.

Lemma F_below_sqrt : forall n, (1 <= n)%nat -> sqrt (INR n) * F NNGP n <= D NNGP.
Proof. exact (F_below_D_over_root NNGP). Qed.

Lemma B_is_root_over_slope : forall r n, (1 <= n)%nat -> B r n = D r * sqrt (INR n) / slope r (half_tangent n).
Proof.
  intros r n Hn. pose proof (F_positive r n Hn) as HF. pose proof (root_at_least_one n Hn).
  unfold B. rewrite F_is_slope in * by exact Hn. field.
  split; [| lra]. intro E. rewrite E in HF. unfold Rdiv in HF. lra.
Qed.

Theorem balance_grows_like_sqrt : forall r n, (1 <= n)%nat ->
  sqrt (INR n) <= B r n /\ B r n < D r / (match r with NTK => PI | NNGP => PI / 2 end) * sqrt (INR n).
Proof.
  intros r n Hn. rewrite <- slope_zero, B_is_root_over_slope by exact Hn.
  pose proof (root_at_least_one n Hn). pose proof (D_positive r).
  destruct (slope_at_half_tangent r n Hn) as [Hlow Hhigh].
  assert (Hzero : 0 < slope r 0) by (rewrite slope_zero; pose proof PI_RGT_0; destruct r; lra).
  split.
  - apply Rle_div_r; [lra |]. nra.
  - replace (D r / slope r 0 * sqrt (INR n)) with (D r * sqrt (INR n) / slope r 0) by (field; lra).
    apply Rmult_lt_compat_l; [nra |]. apply Rinv_lt_contravar; nra.
Qed.

(** * For n >= 2: t <= sqrt 2 - 1 *)

(** [n F n > D] in terms of t. It is strict on this range, including t = 0, so interval arithmetic proves it. *)
Lemma slope_exceeds_D_sine : forall r t, 0 <= t <= sqrt 2 - 1 -> 0 < slope r t - D r * sine t.
Proof.
  intros r t Ht. rewrite D_value. unfold slope, angle_factor, sine.
  destruct r; interval with (i_bisect t, i_prec 60).
Qed.

Theorem nF_exceeds_D : forall r n, (2 <= n)%nat -> D r < INR n * F r n.
Proof.
  intros r n Hn. assert (Hone : (1 <= n)%nat) by lia.
  pose proof (root_at_least_one n Hone) as Hroot. pose proof (half_tangent_positive n Hone) as Hpos.
  pose proof (half_tangent_from_two n Hn) as Hsmall.
  pose proof (slope_exceeds_D_sine r (half_tangent n) ltac:(lra)) as Hslope.
  rewrite sine_is_inverse_root, root_of_half_tangent in Hslope by assumption.
  rewrite F_is_slope by exact Hone.
  rewrite <- (sqrt_sqrt (INR n)) at 1 by apply pos_INR.
  apply (Rmult_lt_compat_l (sqrt (INR n))) in Hslope; [| lra].
  rewrite Rmult_0_r in Hslope.
  replace (sqrt (INR n) * (slope r (half_tangent n) - D r * / sqrt (INR n)))
    with (sqrt (INR n) * slope r (half_tangent n) - D r) in Hslope by (field; lra).
  replace (sqrt (INR n) * sqrt (INR n) * (slope r (half_tangent n) / sqrt (INR n)))
    with (sqrt (INR n) * slope r (half_tangent n)) by (field; lra).
  lra.
Qed.

(** * The gap n - B n *)

Definition gap (r : regime) (t : R) : R := root t * root t - D r * root t / slope r t.

Lemma gap_of_half_tangent : forall r n, (1 <= n)%nat -> gap r (half_tangent n) = INR n - B r n.
Proof.
  intros r n Hn. unfold gap. rewrite B_is_root_over_slope, root_of_half_tangent by exact Hn.
  now rewrite sqrt_sqrt by apply pos_INR.
Qed.

(** The derivative of the gap is a negative multiple of this. *)
Definition gap_fall (r : regime) (t : R) : R :=
  (1 - t * t) * (2 * slope r t - D r * sine t) * slope r t - 2 * (t * t) * D r * slope_derivative r t.

Lemma gap_fall_positive : forall r t, 0 <= t <= sqrt 2 - 1 -> 0 < gap_fall r t.
Proof.
  intros r t Ht. unfold gap_fall. rewrite D_value. unfold slope, slope_derivative, angle_factor, sine.
  destruct r; interval with (i_bisect t, i_prec 60).
Qed.

Lemma gap_is_derive : forall r t, 0 < t <= 1 ->
  is_derive (gap r) t (- (root t / (2 * (t * t) * (slope r t * slope r t))) * gap_fall r t).
Proof.
  intros r t Ht. pose proof (slope_positive r t Ht). pose proof (slope_is_derive r t) as Hslope.
  unfold gap, root. auto_derive.
  - repeat split; try lra. now exists (slope_derivative r t).
  - replace (Derive (fun x => slope r x) t) with (slope_derivative r t) by (symmetry; now apply is_derive_unique).
    unfold gap_fall, root, sine. field. repeat split; nra.
Qed.

Lemma gap_decreases : forall r x y, 0 < x -> x < y -> y <= sqrt 2 - 1 -> gap r y < gap r x.
Proof.
  intros r x y Hx Hxy Hy.
  assert (Hone : sqrt 2 - 1 <= 1) by interval with (i_prec 60).
  destruct (MVT_cor2 (gap r) (fun t => - (root t / (2 * (t * t) * (slope r t * slope r t))) * gap_fall r t) x y Hxy)
    as (c & Hc & Hin).
  - intros c Hc. apply is_derive_Reals, gap_is_derive. lra.
  - pose proof (gap_fall_positive r c ltac:(lra)) as Hfall.
    pose proof (slope_positive r c ltac:(lra)) as Hslope.
    assert (Hscale : 0 < root c / (2 * (c * c) * (slope r c * slope r c))).
    { apply Rdiv_lt_0_compat; [| repeat apply Rmult_lt_0_compat; lra].
      unfold root. pose proof (Rinv_0_lt_compat c ltac:(lra)). lra. }
    pose proof (Rmult_lt_0_compat _ _ Hscale Hfall). nra.
Qed.

(** For n = 1 the statement is 0 < 2 - B 2, which is [nF_exceeds_D] at n = 2. *)
Theorem balance_gap_increases : forall r n, (1 <= n)%nat -> INR n - B r n < INR (S n) - B r (S n).
Proof.
  intros r n Hn. destruct (Nat.eq_dec n 1) as [-> | Hne].
  - pose proof (D_positive r) as HD. pose proof (F_positive r 2 ltac:(lia)) as HF.
    assert (Hone : B r 1 = 1) by (unfold B; rewrite F_at_one; field; lra).
    assert (Htwo : B r 2 < INR 2) by (apply Rlt_div_l; [exact HF | now apply nF_exceeds_D]).
    rewrite Hone. change (INR 1) with 1. lra.
  - rewrite <- !gap_of_half_tangent by lia.
    apply gap_decreases.
    + apply half_tangent_positive. lia.
    + now apply half_tangent_decreases.
    + apply half_tangent_from_two. lia.
Qed.
