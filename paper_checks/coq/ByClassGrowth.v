(** The union by class for all k: N >= 32 k sqrt k ln (6 k / delta) networks are sufficient at the threshold 1 / (2 k),
    for a permutation of k >= 6 bits.

    With q = delta / (6 k), the tail of a bit that should be 1 at a state with j zeros is at most 2 q^(j + 1), and that
    of a bit that should be 0 at a state with n ones at most 2 q^(n + 1). Both sums over the classes are at most
    2 k q (1 + q)^k. *)

From Coq Require Import Reals List String Arith Lia Lra.
From Interval Require Import Tactic.
From NtkProofs Require Import Kernels Templates Programs Balance Counting Gram Chance Ensembles PermutationVariance.
From NtkProofs Require Import PermutationEnsembles ByClass.
From NtkProofs Require Rounding.
Local Open Scope R_scope.

(** * The sums *)

Lemma sum_of_powers : forall k q, sum (S k) (fun n => C k n * q ^ n) = (1 + q) ^ k.
Proof.
  induction k as [| k IH]; intros q.
  - simpl. rewrite C_at_zero. ring.
  - change (sum (S (S k)) (fun n => C (S k) n * q ^ n)) with
      (sum (S k) (fun n => C (S k) n * q ^ n) + C (S k) (S k) * q ^ S k).
    pose proof (one_more_bit k (fun n => q ^ n) k (le_n k)) as step. rewrite C_of_all in *.
    assert (sum (S k) (fun n => C k n * (q ^ n + q ^ S n)) = (1 + q) * sum (S k) (fun n => C k n * q ^ n)) as twice.
    { rewrite <- sum_times. apply sum_agrees. intros n _. simpl. ring. }
    rewrite twice, IH in step. change ((1 + q) ^ S k) with ((1 + q) * (1 + q) ^ k). lra.
Qed.

Lemma sum_of_reversed_powers : forall k q, 0 < q -> sum (S k) (fun n => C k n * q ^ (k - n)) = (1 + q) ^ k.
Proof.
  intros k q positive. pose proof (sum_of_powers k (/ q)) as sums.
  replace ((1 + q) ^ k) with (q ^ k * (1 + / q) ^ k).
  - rewrite <- sums, <- sum_times. apply sum_agrees. intros n below.
    replace (q ^ k) with (q ^ (k - n) * q ^ n) by (rewrite <- pow_add; f_equal; lia).
    rewrite pow_inv by lra. field. apply pow_nonzero. lra.
  - rewrite <- Rpow_mult_distr. f_equal. field. lra.
Qed.

Lemma sum_grows : forall K f g, (forall i, (i < K)%nat -> f i <= g i) -> sum K f <= sum K g.
Proof.
  induction K as [| K IH]; intros f g less; simpl; [lra |].
  apply Rplus_le_compat; [apply IH; auto with arith | apply less; lia].
Qed.

Lemma powers_small : forall q k, 0 < q -> (1 + q) ^ k <= exp (INR k * q).
Proof.
  intros q k positive. induction k as [| k IH].
  - simpl. rewrite Rmult_0_l, exp_0. lra.
  - rewrite S_INR. replace ((INR k + 1) * q) with (q + INR k * q) by ring. rewrite exp_plus.
    change ((1 + q) ^ S k) with ((1 + q) * (1 + q) ^ k). apply Rmult_le_compat; [lra | apply pow_le; lra | | exact IH].
    left. apply exp_ineq1. lra.
Qed.

Lemma C_positive : forall k n, 0 <= C k n.
Proof.
  intros k n. unfold C. left. apply Rdiv_lt_0_compat; [apply lt_0_INR, lt_O_fact |].
  apply Rmult_lt_0_compat; apply lt_0_INR, lt_O_fact.
Qed.

Lemma exp_of_multiple : forall L k, exp (- (INR k * L)) = exp (- L) ^ k.
Proof.
  intros L k. induction k as [| k IH]; [simpl; rewrite Rmult_0_l, Ropp_0, exp_0; reflexivity |].
  rewrite S_INR. replace (- ((INR k + 1) * L)) with (- L + - (INR k * L)) by ring. rewrite exp_plus, IH. reflexivity.
Qed.

Lemma answer_variance_some : forall K n, (1 <= n)%nat -> answer_variance NTK K n = variance NTK K n / INR K.
Proof. intros K [| n] some; [lia | reflexivity]. Qed.

(** * One class *)

Section OneClass.

Variables (k n : nat) (N : nat) (L : R).
Hypothesis bits : (6 <= k)%nat.
Hypothesis matching : (2 <= n <= k)%nat.
Hypothesis positive : 0 <= L.
Hypothesis enough : 32 * INR k * sqrt (INR k) * L <= INR N.

Let tau := / (2 * INR k).
Let W := D NTK + INR k.

Lemma six : 6 <= INR k.
Proof. pose proof (le_INR 6 k bits) as six. simpl in six. lra. Qed.

Lemma variance_is_positive : 0 < answer_variance NTK k n.
Proof.
  pose proof six. rewrite answer_variance_some by lia.
  apply Rdiv_lt_0_compat; [apply variance_positive; exact matching | lra].
Qed.

Lemma variance_at_most : answer_variance NTK k n <= 3 / 5 / INR k.
Proof.
  pose proof six. rewrite answer_variance_some by lia. apply Rmult_le_compat_r.
  - left. apply Rinv_0_lt_compat. lra.
  - eapply Rle_trans; [apply variance_small; lia | lra].
Qed.

(** A lower bound of the squared margin that is sufficient for a tail of at most 2 q^share, q = exp (- L). *)
Lemma tail_of_margin : forall p share,
  INR share * (6 / 5) <= 32 * INR k ^ 2 * sqrt (INR k) * (mean NTK k n p 1 - tau) ^ 2 ->
  class_tail k N tau n p <= 2 * exp (- L) ^ share.
Proof.
  intros p share margin. unfold class_tail. rewrite <- exp_of_multiple. apply Rmult_le_compat_l; [lra |].
  apply exp_grows, Ropp_le_contravar. pose proof variance_is_positive as varies. pose proof variance_at_most as most.
  pose proof six as large. pose proof (pow2_ge_0 (mean NTK k n p 1 - tau)) as square.
  set (v := answer_variance NTK k n) in *. set (s := (mean NTK k n p 1 - tau) ^ 2) in *.
  apply (Rmult_le_reg_r (2 * v)); [lra |].
  replace (INR N * s / (2 * v) * (2 * v)) with (INR N * s) by (field; lra).
  apply Rle_trans with (INR share * L * (2 * (3 / 5 / INR k))).
  { pose proof (pos_INR share). apply Rmult_le_compat_l; [now apply Rmult_le_pos | lra]. }
  apply Rle_trans with (32 * INR k * sqrt (INR k) * L * s); [| now apply Rmult_le_compat_r].
  apply (Rmult_le_reg_r (INR k)); [lra |].
  replace (INR share * L * (2 * (3 / 5 / INR k)) * INR k) with (INR share * (6 / 5) * L) by (field; lra).
  replace (32 * INR k * sqrt (INR k) * L * s * INR k) with (32 * INR k ^ 2 * sqrt (INR k) * s * L) by ring.
  now apply Rmult_le_compat_r.
Qed.

(** Roots of n and k. *)
Let x := sqrt (INR n).
Let y := sqrt (INR k).

Lemma roots : x * x = INR n /\ y * y = INR k /\ 1.4 <= x /\ 2.4 <= y /\ x <= y.
Proof.
  pose proof six. pose proof (pos_INR n). destruct matching as [two few].
  apply le_INR in two as many. apply le_INR in few.
  simpl in many.
  unfold x, y. rewrite !sqrt_sqrt by lra. repeat split; try reflexivity.
  - rewrite <- (sqrt_square 1.4) by lra. apply sqrt_le_1_alt. lra.
  - rewrite <- (sqrt_square 2.4) by lra. apply sqrt_le_1_alt. lra.
  - now apply sqrt_le_1_alt.
Qed.

(** [F n > pi / sqrt n]. *)
Lemma excess_over_root : 3.14 <= F NTK n * x.
Proof.
  destruct (balance_grows_like_sqrt NTK n ltac:(lia)) as [_ above]. pose proof (F_positive NTK n ltac:(lia)).
  pose proof (D_positive NTK). pose proof roots as (_ & _ & root & _).
  assert (pi : 3.14 <= PI) by interval with (i_prec 60). unfold B in above. fold x in above.
  apply Rmult_lt_compat_r with (r := F NTK n * PI / D NTK) in above.
  - replace (D NTK / F NTK n * (F NTK n * PI / D NTK)) with PI in above by (field; lra).
    replace (D NTK / PI * x * (F NTK n * PI / D NTK)) with (F NTK n * x) in above by (field; lra). lra.
  - apply Rdiv_lt_0_compat; [nra | lra].
Qed.

Lemma zero_margin : INR (n + 1) * (6 / 5) <= 32 * INR k ^ 2 * sqrt (INR k) * (mean NTK k n 0 1 - tau) ^ 2.
Proof.
  pose proof roots as (nn & kk & rx & ry & order). pose proof excess_over_root as root. pose proof D_digits as digits.
  pose proof (nF_exceeds_D NTK n ltac:(lia)) as exceeds. pose proof six as large. fold y.
  rewrite zero_bit_weight by lia. unfold u. fold W.
  set (g := 1 / 2 + (INR n * F NTK n - D NTK) / D NTK).
  assert (g_large : INR n + 1 <= 16 * g ^ 2).
  { destruct (Nat.le_gt_cases n 3) as [few | many].
    - apply le_INR in few. simpl in few. assert (1 / 2 <= g); [| nra]. unfold g.
      assert (0 <= (INR n * F NTK n - D NTK) / D NTK); [| lra]. apply Rmult_le_pos; [lra |].
      left. apply Rinv_0_lt_compat. lra.
    - assert (two : 2 <= x).
      { unfold x. rewrite <- (sqrt_square 2) by lra. apply sqrt_le_1_alt.
        apply (le_INR 4) in many. simpl in many. lra. }
      assert (0.594 * x - 1 / 2 <= g); [| nra].
      unfold g. apply (Rmult_le_reg_r (D NTK)); [lra |].
      replace ((1 / 2 + (INR n * F NTK n - D NTK) / D NTK) * D NTK) with (INR n * F NTK n - D NTK / 2) by (field; lra).
      assert (3.14 * x <= INR n * F NTK n) by (rewrite <- nn; nra). nra. }
  assert (least : 0 <= g).
  { unfold g. assert (0 <= (INR n * F NTK n - D NTK) / D NTK); [| lra]. apply Rmult_le_pos; [lra |].
    left. apply Rinv_0_lt_compat. lra. }
  assert (width : 0 < W <= 1.8806 * INR k) by (unfold W; lra).
  assert (margin : g / W <= tau - (D NTK - INR n * F NTK n) / (D NTK * W)).
  { unfold g, tau. apply (Rmult_le_reg_r W); [lra |].
    replace ((1 / 2 + (INR n * F NTK n - D NTK) / D NTK) / W * W)
      with (1 / 2 + (INR n * F NTK n - D NTK) / D NTK) by (field; lra).
    replace ((/ (2 * INR k) - (D NTK - INR n * F NTK n) / (D NTK * W)) * W)
      with (W / (2 * INR k) + (INR n * F NTK n - D NTK) / D NTK) by (field; lra).
    apply Rplus_le_compat_r. apply (Rmult_le_reg_r (2 * INR k)); [lra |].
    replace (W / (2 * INR k) * (2 * INR k)) with W by (field; lra). unfold W. lra. }
  replace (((D NTK - INR n * F NTK n) / (D NTK * W) - tau) ^ 2)
    with ((tau - (D NTK - INR n * F NTK n) / (D NTK * W)) ^ 2) by ring.
  apply Rle_trans with (32 * INR k ^ 2 * y * (g / W) ^ 2).
  2: { apply Rmult_le_compat_l; [nra |]. apply pow_incr. split; [| exact margin].
       apply Rmult_le_pos; [exact least |]. left. apply Rinv_0_lt_compat. lra. }
  apply (Rmult_le_reg_r (W ^ 2)); [nra |].
  replace (32 * INR k ^ 2 * y * (g / W) ^ 2 * W ^ 2) with (2 * INR k ^ 2 * y * (16 * g ^ 2)) by (field; lra).
  rewrite plus_INR. simpl (INR 1).
  apply Rle_trans with (2 * INR k ^ 2 * y * (INR n + 1)); [| apply Rmult_le_compat_l; nra].
  replace ((INR n + 1) * (6 / 5) * W ^ 2) with (6 / 5 * W ^ 2 * (INR n + 1)) by ring.
  pose proof (pos_INR n). apply Rmult_le_compat_r; [lra |].
  assert (W ^ 2 <= 3.5367 * INR k ^ 2) by nra. nra.
Qed.

Lemma one_margin : INR (k - n + 1) * (6 / 5) <= 32 * INR k ^ 2 * sqrt (INR k) * (mean NTK k n 1 1 - tau) ^ 2.
Proof.
  pose proof roots as (nn & kk & rx & ry & order). pose proof excess_over_root as root. pose proof D_digits as digits.
  pose proof six as large. pose proof (F_positive NTK n ltac:(lia)) as some. fold y.
  assert (zeros : INR (k - n) = INR k - INR n) by (apply minus_INR; lia). set (j := INR (k - n)) in *.
  assert (j_positive : 0 <= j) by apply pos_INR.
  assert (width : 0 < W <= 1.8806 * INR k) by (unfold W; lra).
  rewrite one_bit_weight by lia. unfold m, u. fold W.
  set (f := F NTK n / D NTK).
  assert (f_large : 0.594 / y <= f).
  { unfold f. apply (Rmult_le_reg_r (D NTK * y)); [nra |].
    replace (0.594 / y * (D NTK * y)) with (0.594 * D NTK) by (field; lra).
    replace (F NTK n / D NTK * (D NTK * y)) with (F NTK n * y) by (field; lra). nra. }
  assert (margin : (1 / 2 + 0.594 * j * INR k / (y * W)) / INR k <=
    (D NTK - INR n * F NTK n) / (D NTK * W) + f - tau).
  { apply (Rmult_le_reg_r (INR k)); [lra |].
    replace ((1 / 2 + 0.594 * j * INR k / (y * W)) / INR k * INR k) with (1 / 2 + 0.594 * j * INR k / (y * W))
      by (field; lra).
    replace (((D NTK - INR n * F NTK n) / (D NTK * W) + f - tau) * INR k)
      with ((1 + (D NTK + j) * f) * INR k / W - 1 / 2)
      by (unfold f, tau, W; rewrite zeros; field; unfold W in width; lra).
    apply (Rmult_le_reg_r W); [lra |].
    replace ((1 / 2 + 0.594 * j * INR k / (y * W)) * W) with (W / 2 + j * (0.594 / y) * INR k) by (field; lra).
    replace (((1 + (D NTK + j) * f) * INR k / W - 1 / 2) * W) with ((1 + (D NTK + j) * f) * INR k - W / 2)
      by (field; lra).
    assert (j * (0.594 / y) * INR k <= j * f * INR k) by (apply Rmult_le_compat_r; [lra |]; nra).
    assert (D NTK <= D NTK * f * INR k); [| unfold W; lra].
    assert (1 <= f * INR k); [| nra]. apply Rle_trans with (0.594 / y * INR k); [| apply Rmult_le_compat_r; lra].
    rewrite <- kk. replace (0.594 / y * (y * y)) with (0.594 * y) by (field; lra). lra. }
  set (beta := 0.594 * INR k / (y * W)).
  assert (beta_positive : 0 < beta) by (unfold beta; apply Rdiv_lt_0_compat; nra).
  assert (beta_small : beta <= 1 / 4).
  { unfold beta. apply (Rmult_le_reg_r (y * W)); [nra |].
    replace (0.594 * INR k / (y * W) * (y * W)) with (0.594 * INR k) by (field; lra).
    assert (0.594 * y <= W / 4); [unfold W; nra |]. nra. }
  replace (0.594 * j * INR k / (y * W)) with (beta * j) in margin by (unfold beta; field; lra).
  apply Rle_trans with (32 * INR k ^ 2 * y * ((1 / 2 + beta * j) / INR k) ^ 2).
  2: { apply Rmult_le_compat_l; [nra |]. apply pow_incr. split; [| exact margin].
       apply Rmult_le_pos; [nra |]. left. apply Rinv_0_lt_compat. lra. }
  replace (32 * INR k ^ 2 * y * ((1 / 2 + beta * j) / INR k) ^ 2) with (32 * y * (1 / 2 + beta * j) ^ 2)
    by (field; lra).
  rewrite plus_INR. fold j. simpl (INR 1).
  apply Rle_trans with (32 * y * (beta * (j + 1))); [| apply Rmult_le_compat_l; nra].
  replace (32 * y * (beta * (j + 1))) with (32 * (y * beta) * (j + 1)) by ring.
  assert (some_share : 6 / 5 <= 32 * (y * beta)).
  { replace (y * beta) with (0.594 * INR k / W) by (unfold beta; field; lra).
    apply (Rmult_le_reg_r W); [lra |].
    replace (32 * (0.594 * INR k / W) * W) with (32 * (0.594 * INR k)) by (field; lra). lra. }
  nra.
Qed.

Theorem tails_of_class : class_tail k N tau n 1 <= 2 * exp (- L) ^ (k - n + 1) /\
  class_tail k N tau n 0 <= 2 * exp (- L) ^ (n + 1).
Proof. split; apply tail_of_margin; [exact one_margin | exact zero_margin]. Qed.

Theorem one_is_above : tau < mean NTK k n 1 1.
Proof.
  pose proof (one_bit_mean k n ltac:(lia)) as above. pose proof D_digits as digits. pose proof six as large.
  eapply Rlt_le_trans; [| exact above]. unfold tau. apply Rinv_lt_contravar; nra.
Qed.

End OneClass.

(** * All classes *)

Theorem permutation_by_class_for_all_sizes :
  forall (Omega : Type) (P : probability Omega) k order average delta N,
  (6 <= k)%nat -> permutes k order -> 0 < delta <= 1 ->
  trained_ensemble P (permutation k order) k (every_input k) average ->
  32 * INR k * sqrt (INR k) * ln (6 * INR k / delta) <= INR N ->
  P (some_wrong (list_prod (every_input k) (seq 0 k))
       (fun c => step (permutation k order) (fst c) ("bits"%string, snd c)) (/ (2 * INR k)) average N) <= delta.
Proof.
  intros Omega P k order average delta N bits permuted chance trained enough.
  pose proof (six k bits) as large. set (L := ln (6 * INR k / delta)) in *.
  assert (ratio : 6 * INR k <= 6 * INR k / delta).
  { apply (Rmult_le_reg_r delta); [lra |]. replace (6 * INR k / delta * delta) with (6 * INR k) by (field; lra). nra. }
  assert (L_large : 1 <= L).
  { unfold L. apply Rle_trans with (ln 36); [interval with (i_prec 60) | apply ln_grows; lra]. }
  assert (root : 2.4 <= sqrt (INR k)).
  { rewrite <- (sqrt_square 2.4) by lra. apply sqrt_le_1_alt. lra. }
  assert (networks : (1 <= N)%nat).
  { apply INR_le. simpl (INR 1). eapply Rle_trans; [| exact enough].
    assert (1 <= 32 * INR k * sqrt (INR k)); nra. }
  set (q := exp (- L)). assert (q_value : q = delta / (6 * INR k)).
  { unfold q, L. rewrite exp_Ropp, exp_ln by (apply Rdiv_lt_0_compat; lra). field. lra. }
  assert (q_positive : 0 < q) by apply exp_pos.
  apply permutation_by_class with (order := order); try assumption.
  - split; [left; apply Rinv_0_lt_compat; lra |]. rewrite <- Rinv_1. apply Rinv_lt_contravar; lra.
  - intros n sizes. now apply one_is_above.
  - set (most := fun n => 2 * INR k * q * (C k n * q ^ (k - n) + C k n * q ^ n)).
    set (f := fun n => match n with O => 0 | S O => 0 | _ =>
      C k n * (INR n * class_tail k N (/ (2 * INR k)) n 1 + (INR k - INR n) * class_tail k N (/ (2 * INR k)) n 0) end).
    apply Rle_trans with (sum (S k) f).
    { right. rewrite sum_from_two by reflexivity. apply sum_agrees. intros i _. unfold f.
      replace (i + 2)%nat with (S (S i)) by lia. reflexivity. }
    apply Rle_trans with (sum (S k) most).
    { apply sum_grows. intros n below.
      assert (nonnegative : 0 <= most n).
      { unfold most. pose proof (C_positive k n). pose proof (pow_lt q (k - n) q_positive).
        pose proof (pow_lt q n q_positive). apply Rmult_le_pos; [nra |]. apply Rplus_le_le_0_compat; nra. }
      unfold f. destruct n as [| [| n']]; [exact nonnegative | exact nonnegative |]. set (n := S (S n')) in *.
      destruct (tails_of_class k n N L bits ltac:(lia) ltac:(lra) enough) as [ones zeros]. fold q in ones, zeros.
      rewrite pow_add, pow_1 in ones, zeros. unfold most.
      replace (2 * INR k * q * (C k n * q ^ (k - n) + C k n * q ^ n))
        with (C k n * (INR k * (2 * (q ^ (k - n) * q)) + INR k * (2 * (q ^ n * q)))) by ring.
      apply Rmult_le_compat_l; [apply C_positive |].
      assert (few : INR n <= INR k) by (apply le_INR; lia). pose proof (pos_INR n).
      assert (0 <= class_tail k N (/ (2 * INR k)) n 1).
      { unfold class_tail. match goal with |- 0 <= 2 * exp ?z => pose proof (exp_pos z) end. lra. }
      assert (0 <= class_tail k N (/ (2 * INR k)) n 0).
      { unfold class_tail. match goal with |- 0 <= 2 * exp ?z => pose proof (exp_pos z) end. lra. }
      apply Rplus_le_compat; apply Rmult_le_compat; lra. }
    unfold most. rewrite sum_times, sum_plus, sum_of_powers, sum_of_reversed_powers by exact q_positive.
    pose proof (powers_small q k q_positive) as power.
    assert (share : INR k * q = delta / 6) by (rewrite q_value; field; lra). rewrite share in power.
    assert (bounded : exp (delta / 6) <= 1.2).
    { apply Rle_trans with (exp (1 / 6)); [apply exp_grows; lra | interval with (i_prec 60)]. }
    replace (2 * INR k * q) with (2 * (delta / 6)) by (rewrite <- share; ring). nra.
Qed.
