(** Permutation of K bits, NTK, threshold 0: how the variance of an output bit compares with the square of its mean.

    Every output bit has one writer, so its mean is [mean NTK K n 0 1] if it should be 0 and [mean NTK K n 1 1] if it
    should be 1. At every state that n >= 1 of K samples match,

      var <= 22.54 K mean^2          ([zero_bit_variance], n < K, and [one_bit_variance], n <= K),

    and the constant is nearly optimal for the 0-bit at n = 2, which has the largest ratio of all bits if K >= 3
    ([thinnest_margin]): var > 2.8036 K mean^2 for every K ([ratio_grows_linearly]), and 22.53 in place of 22.54 fails
    at K = 3 ([constant_is_sharp]). Where n = K there is no bit that should be 0; [mean NTK 2 2 0 1] would break the
    bound.

    [variance] leaves out the common factor 1 / n0 (see Kernels), the mean does not have it. A training set of K basis
    vectors has n0 = K, so the variance of a network's answer is [variance NTK K n / INR K].

    The method: let W = D + K and, with the half-angle tangent t of Balance and its sine 1 / sqrt n, lift = slope - D
    sine. The mean of the 0-bit is - sqrt n lift / (D W), and the ratio [variance / mean^2] is other times a quadratic
    in W whose coefficients depend on n alone ([zero_bit_ratio]). At n = 2 they are numbers; for n >= 3 simple bounds of
    them on 0 <= t <= sqrt 3 - sqrt 2 are sufficient. For the 1-bits simple bounds are sufficient for every n. *)

From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Rcomplements.
From Interval Require Import Tactic.
From NtkProofs Require Import Kernels Balance Gram.

Local Open Scope R_scope.

(** * The variance as a function of t and W *)

(** The difference [n F n - D] divided by sqrt n, which is positive for n >= 2. *)
Definition lift (t : R) : R := slope NTK t - D NTK * sine t.

(** The deviation of the two kernels from proportionality. *)
Definition twist (t : R) : R := D NTK * slope NNGP t - D NNGP * slope NTK t.

(** The limit of the variance as K grows, in units of other / D^2. *)
Definition limit (t : R) : R :=
  D NNGP * slope NTK t ^ 2 - 2 * D NTK * slope NTK t * slope NNGP t + D NNGP * D NTK ^ 2.

(** The two kinds of bits: their means are the weights of an unmatched sample and of a matched one. *)
Lemma zero_bit_weight : forall r K n, (1 <= n)%nat -> mean r K n 0 1 = u r K n.
Proof. intros r K [| n] some; [lia |]. unfold mean. simpl INR. ring. Qed.

Lemma one_bit_weight : forall r K n, (1 <= n)%nat -> mean r K n 1 1 = m r K n.
Proof. intros r K [| n] some; [lia |]. unfold mean, m. simpl INR. ring. Qed.

Section OneState.

Variables K n : nat.
Hypothesis some : (1 <= n)%nat.

Let t := half_tangent n.
Let W := D NTK + INR K.

Lemma root_positive : 0 < sqrt (INR n).
Proof. pose proof (root_at_least_one n some). lra. Qed.

Lemma root_squared : sqrt (INR n) * sqrt (INR n) = INR n.
Proof. apply sqrt_sqrt, pos_INR. Qed.

Lemma sine_is_root : sine t = / sqrt (INR n).
Proof.
  unfold t. rewrite sine_is_inverse_root, root_of_half_tangent; auto. now apply half_tangent_positive.
Qed.

Lemma width_positive : 0 < W.
Proof. unfold W. pose proof (D_positive NTK). pose proof (pos_INR K). lra. Qed.

Lemma zero_bit_mean : mean NTK K n 0 1 = - (sqrt (INR n) * lift t / (D NTK * W)).
Proof.
  pose proof root_positive. pose proof (D_positive NTK). pose proof width_positive.
  rewrite zero_bit_weight by exact some. unfold u. fold W. unfold lift. rewrite sine_is_root, F_is_slope by exact some.
  fold t. pose proof root_squared as square. set (q := sqrt (INR n)) in *. rewrite <- square. field. repeat split; lra.
Qed.

Lemma variance_split : variance NTK K n =
  other NNGP / D NTK ^ 2 *
  (limit t + INR n * lift t * (2 * twist t + D NNGP * lift t) / W
   + INR n * lift t ^ 2 * (D NTK * (D NTK - D NNGP)) / W ^ 2).
Proof.
  pose proof root_positive. pose proof (D_positive NTK). pose proof width_positive. pose proof root_squared as square.
  pose proof (other_value NNGP) as value. pose proof PI_RGT_0.
  assert (other_nonzero : other NNGP <> 0) by (rewrite value; apply Rgt_not_eq, Rdiv_lt_0_compat; lra).
  assert (own_is : own NNGP = other NNGP * (1 + D NNGP)) by (unfold D; field; exact other_nonzero).
  assert (matched_is : matched NNGP n = other NNGP * (1 + F NNGP n)) by (unfold F; field; exact other_nonzero).
  unfold variance, m, u. cbv zeta. fold W. rewrite own_is, matched_is, !F_is_slope by exact some. fold t.
  unfold limit, lift, twist. rewrite sine_is_root.
  replace (INR K) with (W - D NTK) by (unfold W; ring).
  set (q := sqrt (INR n)) in *. rewrite <- square. field. repeat split; lra.
Qed.

(** The variance of the 0-bit in units of the square of its mean. *)
Lemma zero_bit_ratio : 0 < lift t ->
  variance NTK K n = other NNGP * mean NTK K n 0 1 ^ 2 *
  (limit t * sine t ^ 2 / lift t ^ 2 * W ^ 2 + (2 * twist t + D NNGP * lift t) / lift t * W
   + D NTK * (D NTK - D NNGP)).
Proof.
  intros rises. pose proof root_positive. pose proof (D_positive NTK). pose proof width_positive.
  pose proof root_squared as square. rewrite variance_split, zero_bit_mean, sine_is_root.
  set (q := sqrt (INR n)) in *. rewrite <- square. field. repeat split; lra.
Qed.

End OneState.

(** * n = 2: numbers *)

Lemma half_tangent_two : half_tangent 2 = sqrt 2 - 1.
Proof. unfold half_tangent. simpl INR. replace (1 + 1 - 1) with 1 by ring. now rewrite sqrt_1. Qed.

(** Unfold a function of t to numbers, roots and arc tangents. *)
Ltac numbers := rewrite ?other_value; unfold limit, twist, lift; rewrite !D_value; unfold slope, angle_factor, sine.

Lemma lift_at_two : 0 < lift (sqrt 2 - 1).
Proof. numbers. interval with (i_prec 60). Qed.

Lemma alpha_at_two : 2.803629 <=
  other NNGP * (limit (sqrt 2 - 1) * sine (sqrt 2 - 1) ^ 2 / lift (sqrt 2 - 1) ^ 2) <= 2.80363.
Proof. numbers. interval with (i_prec 60). Qed.

Lemma beta_at_two : 0.937905 <=
  other NNGP * ((2 * twist (sqrt 2 - 1) + D NNGP * lift (sqrt 2 - 1)) / lift (sqrt 2 - 1)) <= 0.93791.
Proof. numbers. interval with (i_prec 60). Qed.

Lemma gamma_value : 2.641592 <= other NNGP * (D NTK * (D NTK - D NNGP)) <= 2.6416.
Proof. numbers. interval with (i_prec 60). Qed.

Lemma D_digits : 5.283185 <= D NTK <= 5.283186.
Proof. rewrite D_value. interval with (i_prec 60). Qed.

Lemma zero_bit_at_two : forall K, exists alpha beta gamma,
  2.803629 <= alpha <= 2.80363 /\ 0.937905 <= beta <= 0.93791 /\ 2.641592 <= gamma <= 2.6416 /\
  variance NTK K 2 = mean NTK K 2 0 1 ^ 2 * (alpha * (D NTK + INR K) ^ 2 + beta * (D NTK + INR K) + gamma).
Proof.
  intros K. pose proof (zero_bit_ratio K 2 ltac:(lia)) as ratio. rewrite half_tangent_two in ratio.
  do 3 eexists. split; [exact alpha_at_two |]. split; [exact beta_at_two |]. split; [exact gamma_value |].
  rewrite (ratio lift_at_two). ring.
Qed.

Lemma zero_bit_at_two_is_not_zero : forall K, 0 < mean NTK K 2 0 1 ^ 2.
Proof.
  intros K. pose proof (nF_exceeds_D NTK 2 ltac:(lia)) as exceeds. pose proof (D_positive NTK). pose proof (pos_INR K).
  rewrite <- Rsqr_pow2. apply Rsqr_pos_lt. rewrite zero_bit_weight by lia. unfold u.
  intros zero. apply (f_equal (fun x => x * (D NTK * (D NTK + INR K)))) in zero.
  replace (_ / _ * _) with (D NTK - INR 2 * F NTK 2) in zero by (field; lra). lra.
Qed.

(** * n >= 3: bounds on the whole range of t *)

Lemma half_tangent_from_three : forall n, (3 <= n)%nat -> 0 <= half_tangent n <= sqrt 3 - sqrt 2.
Proof.
  intros n three. split; [left; apply half_tangent_positive; lia |].
  induction three as [| n three IH].
  - unfold half_tangent. simpl INR. replace (1 + 1 + 1 - 1) with (1 + 1) by ring.
    replace (1 + 1 + 1) with 3 by ring. replace (1 + 1) with 2 by ring. lra.
  - pose proof (half_tangent_decreases n ltac:(lia)). lra.
Qed.

Section ThreeMatches.

Variable t : R.
Hypothesis range : 0 <= t <= sqrt 3 - sqrt 2.

Lemma lift_from_three : 0.9 <= lift t.
Proof. numbers. interval with (i_bisect t, i_prec 60). Qed.

Lemma alpha_from_three : limit t * sine t ^ 2 / lift t ^ 2 <= 6.
Proof. numbers. interval with (i_bisect t, i_prec 60). Qed.

Lemma beta_from_three : (2 * twist t + D NNGP * lift t) / lift t <= 5.
Proof. numbers. interval with (i_bisect t, i_prec 60). Qed.

End ThreeMatches.

Lemma zero_bit_from_three : forall K n, (3 <= n)%nat ->
  variance NTK K n <= mean NTK K n 0 1 ^ 2 * (0.955 * (D NTK + INR K) ^ 2 + 0.8 * (D NTK + INR K) + 2.6416).
Proof.
  intros K n three. pose proof (half_tangent_from_three n three) as range.
  pose proof (lift_from_three _ range) as rises.
  rewrite zero_bit_ratio by (lia || lra).
  pose proof (alpha_from_three _ range) as alpha. pose proof (beta_from_three _ range) as beta. pose proof gamma_value.
  assert (0 < other NNGP <= 0.15916) by (rewrite other_value; split; interval with (i_prec 60)).
  pose proof D_digits. pose proof (pos_INR K).
  set (A := limit _ * _ / _) in *. set (C := (2 * twist _ + _) / _) in *. clearbody A C.
  rewrite (Rmult_comm (other NNGP)), Rmult_assoc. apply Rmult_le_compat_l; [apply pow2_ge_0 |].
  assert (other NNGP * A <= 0.955) by nra. assert (other NNGP * C <= 0.8) by nra.
  assert (0 <= (D NTK + INR K) ^ 2) by apply pow2_ge_0.
  nra.
Qed.

(** * The two bounds *)

(** One factor K of [variance <= 22.54 K^2 mean^2] is the missing 1 / n0. *)
Lemma common_factor : forall K n c square, (1 <= n <= K)%nat ->
  (variance NTK K n <= square * (c * INR K ^ 2) -> answer_variance NTK K n <= c * INR K * square) /\
  (square * (c * INR K ^ 2) < variance NTK K n -> c * INR K * square < answer_variance NTK K n).
Proof.
  intros K [| n] c square sizes; [lia |].
  assert (positive : 0 < INR K) by (apply lt_0_INR; lia).
  unfold answer_variance. set (v := variance NTK K (S n)).
  replace v with (v / INR K * INR K) at 1 3 by (field; lra). split; intros bound.
  - apply (Rmult_le_reg_r (INR K)); [exact positive | lra].
  - apply (Rmult_lt_reg_r (INR K)); [exact positive | lra].
Qed.

Theorem zero_bit_variance : forall K n, (1 <= n < K)%nat ->
  answer_variance NTK K n <= 22.54 * INR K * mean NTK K n 0 1 ^ 2.
Proof.
  intros K n sizes. apply common_factor; [lia |].
  pose proof (pow2_ge_0 (mean NTK K n 0 1)) as square. pose proof D_digits as digits.
  assert (cases : (n = 1 \/ n = 2 /\ 3 <= K \/ 3 <= n /\ 4 <= K)%nat) by lia.
  destruct cases as [-> | [[-> three] | [three four]]].
  - rewrite variance_at_one by lia. apply Rmult_le_pos; [exact square | nra].
  - apply (le_INR 3) in three. simpl in three.
    destruct (zero_bit_at_two K) as (alpha & beta & gamma & A & B & C & ->).
    apply Rmult_le_compat_l; [exact square |].
    apply Rle_trans with (2.80363 * (5.283186 + INR K) ^ 2 + 0.93791 * (5.283186 + INR K) + 2.6416); [| nra].
    assert ((D NTK + INR K) ^ 2 <= (5.283186 + INR K) ^ 2) by nra.
    assert (0 <= (D NTK + INR K) ^ 2) by apply pow2_ge_0.
    nra.
  - apply (le_INR 4) in four. simpl in four.
    eapply Rle_trans; [apply (zero_bit_from_three K n three) |].
    apply Rmult_le_compat_l; [exact square | nra].
Qed.

(** A bit that should be 1 has a mean of at least 1 / W; for every n, simple bounds on 0 <= t <= 1 are sufficient. *)
Lemma one_bit_mean : forall K n, (1 <= n <= K)%nat -> / (D NTK + INR K) <= mean NTK K n 1 1.
Proof.
  intros K n [some enough]. pose proof (F_positive NTK n some). pose proof (D_positive NTK).
  pose proof (pos_INR K). apply le_INR in enough.
  rewrite one_bit_weight by exact some. unfold m, u. apply Rminus_le_0.
  replace (_ - _) with (F NTK n * (D NTK + (INR K - INR n)) / (D NTK * (D NTK + INR K))) by (field; lra).
  apply Rmult_le_pos; [nra | left; apply Rinv_0_lt_compat; nra].
Qed.

Section AnyMatches.

Variable t : R.
Hypothesis range : 0 <= t <= 1.

Lemma limit_bound : limit t <= 32.
Proof. numbers. interval with (i_bisect t, i_prec 60). Qed.

Lemma middle_bound : lift t * (2 * twist t + D NNGP * lift t) <= 40.
Proof. numbers. interval with (i_bisect t, i_prec 60). Qed.

Lemma lift_bound : lift t ^ 2 <= 12.
Proof. numbers. interval with (i_bisect t, i_prec 60). Qed.

End AnyMatches.

Lemma variance_any : forall K n, (1 <= n <= K)%nat ->
  variance NTK K n <= (/ (D NTK + INR K)) ^ 2 * (0.42 * INR K ^ 2 + 4.3 * INR K + 5.2).
Proof.
  intros K n [some enough].
  rewrite variance_split by exact some.
  assert (range : 0 <= half_tangent n <= 1).
  { split; [left; now apply half_tangent_positive | now apply half_tangent_at_most_one]. }
  pose proof (limit_bound _ range) as A. pose proof (middle_bound _ range) as B. pose proof (lift_bound _ range) as C.
  pose proof D_digits. apply le_INR in enough as matches. assert (samples : 1 <= INR K) by (apply (le_INR 1); lia).
  pose proof (pos_INR n). set (t := half_tangent n) in *.
  assert (scale : 0 < other NNGP / D NTK ^ 2 <= 0.00571).
  { rewrite other_value, D_value. split; interval with (i_prec 60). }
  assert (last : 0 <= D NTK * (D NTK - D NNGP) <= 16.6) by (rewrite !D_value; split; interval with (i_prec 60)).
  set (W := D NTK + INR K). assert (width : 1 < W <= 5.283186 + INR K) by (unfold W; lra).
  apply (Rmult_le_reg_r (W ^ 2)); [nra |].
  set (goal := 0.42 * INR K ^ 2 + 4.3 * INR K + 5.2).
  replace ((/ W) ^ 2 * goal * W ^ 2) with goal by (field; lra).
  set (c := other NNGP / D NTK ^ 2) in *. set (e := D NTK * (D NTK - D NNGP)) in *.
  set (h := 2 * twist t + D NNGP * lift t) in *.
  replace (c * (limit t + INR n * lift t * h / W + INR n * lift t ^ 2 * e / W ^ 2) * W ^ 2)
    with (c * (limit t * W ^ 2 + INR n * ((lift t * h) * W + lift t ^ 2 * e))) by (field; lra).
  set (most := 32 * (5.283186 + INR K) ^ 2 + INR K * (40 * (5.283186 + INR K) + 12 * 16.6)).
  apply Rle_trans with (0.00571 * most); [| unfold most, goal; nra].
  assert (first : limit t * W ^ 2 <= 32 * (5.283186 + INR K) ^ 2).
  { apply Rle_trans with (32 * W ^ 2); [apply Rmult_le_compat_r; [apply pow2_ge_0 | exact A] | nra]. }
  assert (second : INR n * ((lift t * h) * W + lift t ^ 2 * e) <= INR K * (40 * (5.283186 + INR K) + 12 * 16.6)).
  { apply Rle_trans with (INR n * (40 * (5.283186 + INR K) + 12 * 16.6)); [| nra].
    apply Rmult_le_compat_l; [lra |].
    assert ((lift t * h) * W <= 40 * (5.283186 + INR K)) by nra.
    assert (lift t ^ 2 * e <= 12 * 16.6) by (pose proof (pow2_ge_0 (lift t)); nra).
    lra. }
  apply Rle_trans with (c * most); [apply Rmult_le_compat_l; unfold most; lra |].
  apply Rmult_le_compat_r; [unfold most; nra | lra].
Qed.

Lemma one_bit_any : forall K n, (1 <= n <= K)%nat ->
  variance NTK K n <= mean NTK K n 1 1 ^ 2 * (0.42 * INR K ^ 2 + 4.3 * INR K + 5.2).
Proof.
  intros K n sizes. eapply Rle_trans; [now apply variance_any |]. pose proof (pos_INR K) as samples.
  apply Rmult_le_compat_r; [nra |]. apply pow_incr. split; [| now apply one_bit_mean].
  left. apply Rinv_0_lt_compat. pose proof (D_positive NTK). lra.
Qed.

Lemma variance_small : forall K n, (1 <= n <= K)%nat -> variance NTK K n <= 0.6.
Proof.
  intros K n sizes. eapply Rle_trans; [now apply variance_any |]. pose proof (pos_INR K). pose proof D_digits.
  apply (Rmult_le_reg_r ((D NTK + INR K) ^ 2)); [nra |].
  replace ((/ (D NTK + INR K)) ^ 2 * (0.42 * INR K ^ 2 + 4.3 * INR K + 5.2) * (D NTK + INR K) ^ 2)
    with (0.42 * INR K ^ 2 + 4.3 * INR K + 5.2) by (field; lra).
  nra.
Qed.

Theorem one_bit_variance : forall K n, (1 <= n <= K)%nat ->
  answer_variance NTK K n <= 22.54 * INR K * mean NTK K n 1 1 ^ 2.
Proof.
  intros K n sizes. apply common_factor; [exact sizes |].
  eapply Rle_trans; [now apply one_bit_any |]. apply Rmult_le_compat_l; [apply pow2_ge_0 |].
  assert (samples : 1 <= INR K) by (apply (le_INR 1); lia). nra.
Qed.

(** * Bounds from below *)

Theorem ratio_grows_linearly : forall K, (2 <= K)%nat ->
  2.8036 * INR K * mean NTK K 2 0 1 ^ 2 < answer_variance NTK K 2.
Proof.
  intros K two. apply common_factor; [lia |]. apply (le_INR 2) in two. simpl in two. pose proof D_digits.
  destruct (zero_bit_at_two K) as (alpha & beta & gamma & A & B & C & ->).
  apply Rmult_lt_compat_l; [apply zero_bit_at_two_is_not_zero |].
  assert (2.8036 * (D NTK + INR K) ^ 2 <= alpha * (D NTK + INR K) ^ 2).
  { apply Rmult_le_compat_r; [apply pow2_ge_0 | lra]. }
  nra.
Qed.

Theorem constant_is_sharp : 22.53 * INR 3 * mean NTK 3 2 0 1 ^ 2 < answer_variance NTK 3 2.
Proof.
  apply common_factor; [lia |]. pose proof D_digits.
  destruct (zero_bit_at_two 3) as (alpha & beta & gamma & A & B & C & ->).
  apply Rmult_lt_compat_l; [apply zero_bit_at_two_is_not_zero |]. simpl INR.
  apply Rlt_le_trans with (2.803629 * (5.283185 + 3) ^ 2 + 0.937905 * (5.283185 + 3) + 2.641592); [lra | nra].
Qed.

(** * The smallest margin *)

(** Of all bits of all states the 0-bit at n = 2 has the largest var / mean^2. Multiplied out: at n = 1 the 0-bit has
    neither mean nor variance. *)
Theorem thinnest_margin : forall K n, (3 <= K)%nat ->
  ((1 <= n < K)%nat ->
    answer_variance NTK K n * mean NTK K 2 0 1 ^ 2 <= answer_variance NTK K 2 * mean NTK K n 0 1 ^ 2) /\
  ((1 <= n <= K)%nat ->
    answer_variance NTK K n * mean NTK K 2 0 1 ^ 2 <= answer_variance NTK K 2 * mean NTK K n 1 1 ^ 2).
Proof.
  intros K n three. pose proof (le_INR 3 K three) as samples. simpl in samples. pose proof D_digits as digits.
  destruct (zero_bit_at_two K) as (alpha & beta & gamma & A & B & C & two).
  set (W := D NTK + INR K) in *. set (largest := alpha * W ^ 2 + beta * W + gamma) in *.
  assert (least : 2.8 * W ^ 2 + 0.9 * W + 2.641592 <= largest).
  { assert (2.8 * W ^ 2 <= alpha * W ^ 2) by (apply Rmult_le_compat_r; [apply pow2_ge_0 | lra]).
    assert (0.9 * W <= beta * W) by (apply Rmult_le_compat_r; unfold W; lra).
    unfold largest. lra. }
  assert (compare : forall square, 0 <= square -> variance NTK K n <= square * largest ->
    (1 <= n)%nat -> answer_variance NTK K n * mean NTK K 2 0 1 ^ 2 <= answer_variance NTK K 2 * square).
  { intros square nonnegative bound some. destruct n as [| k]; [lia |]. unfold answer_variance. rewrite two.
    apply Rle_trans with (square * largest / INR K * mean NTK K 2 0 1 ^ 2); [| right; field; lra].
    apply Rmult_le_compat_r; [apply pow2_ge_0 |].
    apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat; lra | exact bound]. }
  split; intros sizes; apply compare; try apply pow2_ge_0; try lia.
  - assert (cases : (n = 1 \/ n = 2 \/ 3 <= n)%nat) by lia. destruct cases as [-> | [-> | many]].
    + rewrite variance_at_one by lia. apply Rmult_le_pos; [apply pow2_ge_0 | unfold W in least; nra].
    + rewrite two. lra.
    + eapply Rle_trans; [now apply zero_bit_from_three |]. fold W. apply Rmult_le_compat_l; [apply pow2_ge_0 |].
      assert (8 <= W) by (unfold W; lra). nra.
  - eapply Rle_trans; [now apply one_bit_any |]. apply Rmult_le_compat_l; [apply pow2_ge_0 |].
    apply Rle_trans with (2.8 * W ^ 2 + 0.9 * W + 2.641592); [unfold W; nra | exact least].
Qed.
