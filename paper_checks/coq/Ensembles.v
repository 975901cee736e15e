(** Sufficient ensemble sizes.

    The output bit of an ensemble is the average of N independent networks, rounded at a threshold. If the mean of every
    bit has a distance from the threshold, measured in standard deviations, then the probability that any bit of any
    step of any input is rounded incorrectly is at most delta for every sufficiently large N; first in terms of the
    squared standardised distance ([margin_suffices]), then in the published form
    N >= 8 max (var / mean^2) ln (2 bits inputs steps / delta) ([published_size_suffices]).

    The published form is about nonzero means only. For a bit with mean 0 the ratio var / mean^2 is undefined; it is
    rounded correctly only with a positive threshold or a variance of 0, which is a separate hypothesis of the theorem.
    The hypothesis is necessary: [mean_at_the_threshold_fails] is a bit with mean 0 and threshold 0 for which no N is
    sufficient. *)

From Coq Require Import Reals List Lia Lra ClassicalDedekindReals.
From NtkProofs Require Import Chance.
Import ListNotations.
Local Open Scope R_scope.

Lemma ln_grows : forall x y, 0 < x -> x <= y -> ln x <= ln y.
Proof. intros x y positive [less | ->]; [left; now apply ln_increasing | lra]. Qed.

Lemma exp_grows : forall x y, x <= y -> exp x <= exp y.
Proof. intros x y [less | ->]; [left; now apply exp_increasing | lra]. Qed.

(** * The union bound *)

Lemma union_bound : forall (Omega case : Type) (P : probability Omega) (A : case -> Omega -> Prop) each cases,
  (forall c, In c cases -> P (A c) <= each) ->
  P (fun w => exists c, In c cases /\ A c w) <= INR (length cases) * each.
Proof.
  intros Omega case P A each cases. induction cases as [| c cases IH]; intros bound.
  - change (INR (length (@nil case))) with 0. rewrite Rmult_0_l, <- (chance_of_nothing P).
    apply chance_grows. now intros w (c & none & _).
  - apply Rle_trans with (P (fun w => A c w \/ exists d, In d cases /\ A d w)).
    + apply chance_grows. intros w (d & [<- | inside] & wrong); [now left | right; now exists d].
    + eapply Rle_trans; [apply chance_of_either |].
      change (length (c :: cases)) with (S (length cases)). rewrite S_INR.
      specialize (bound c (or_introl eq_refl)) as first.
      assert (rest : P (fun w => exists d, In d cases /\ A d w) <= INR (length cases) * each).
      { apply IH. intros d inside. apply bound. now right. }
      lra.
Qed.

(** * One case *)

(** A value on the wrong side of the threshold is at least as far from the mean as the threshold. *)
Lemma wrong_is_far : forall tau mu x wanted,
  rounds_to tau mu wanted -> ~ rounds_to tau x wanted -> Rabs (mu - tau) <= Rabs (x - mu).
Proof.
  intros tau mu x [|]; unfold rounds_to; intros right wrong.
  - apply Rnot_lt_le in wrong. rewrite (Rabs_right (mu - tau)), (Rabs_left1 (x - mu)); lra.
  - apply Rnot_le_lt in wrong. rewrite (Rabs_left1 (mu - tau)), (Rabs_right (x - mu)); lra.
Qed.

Lemma one_case : forall (Omega : Type) (P : probability Omega) mu var average tau wanted z2 N share,
  (1 <= N)%nat -> 0 < share -> 0 <= var -> gaussian_average P mu var average ->
  rounds_to tau mu wanted -> z2 * var <= (mu - tau) ^ 2 -> 2 * ln (2 / share) <= INR N * z2 ->
  P (fun w => ~ rounds_to tau (average N w) wanted) <= share.
Proof.
  intros Omega P mu var average tau wanted z2 N share networks some nonnegative gaussian right margin enough.
  destruct (gaussian N networks) as [tail certain].
  destruct (Rle_lt_or_eq_dec 0 var nonnegative) as [varies | constant].
  - apply Rle_trans with (P (fun w => Rabs (mu - tau) <= Rabs (average N w - mu))).
    { apply chance_grows. intros w. now apply wrong_is_far. }
    eapply Rle_trans; [apply (tail varies), Rabs_pos |].
    replace (Rabs (mu - tau) ^ 2) with ((mu - tau) ^ 2) by (symmetry; apply pow2_abs).
    assert (exponent : ln (2 / share) <= INR N * (mu - tau) ^ 2 / (2 * var)).
    { apply Rle_trans with (INR N * z2 / 2); [lra |].
      apply (Rmult_le_reg_r (2 * var)); [lra |].
      replace (INR N * (mu - tau) ^ 2 / (2 * var) * (2 * var)) with (INR N * (mu - tau) ^ 2) by (field; lra).
      replace (INR N * z2 / 2 * (2 * var)) with (INR N * (z2 * var)) by field.
      apply Rmult_le_compat_l; [apply pos_INR | exact margin]. }
    apply Rle_trans with (2 * exp (- ln (2 / share))).
    + apply Rmult_le_compat_l; [lra |].
      apply exp_grows. lra.
    + rewrite exp_Ropp, exp_ln; [right; field; lra |]. apply Rdiv_lt_0_compat; lra.
  - apply Rle_trans with (P (fun w => average N w <> mu)).
    { apply chance_grows. intros w wrong same. now rewrite same in wrong. }
    rewrite (certain (eq_sym constant)). lra.
Qed.

(** * All cases *)

Section Ensemble.

Variables (Omega case : Type) (P : probability Omega) (cases : list case).
Variables (mu var : case -> R) (wanted : case -> bool) (tau : R) (average : case -> nat -> Omega -> R).

Hypothesis nonnegative : forall c, In c cases -> 0 <= var c.
Hypothesis gaussian : forall c, In c cases -> gaussian_average P (mu c) (var c) (average c).

Lemma no_case_no_failure : forall N, length cases = 0%nat -> P (some_wrong cases wanted tau average N) <= 0.
Proof.
  intros N none. rewrite <- (chance_of_nothing P). apply chance_grows. intros w (c & inside & _).
  destruct cases; [contradiction | discriminate].
Qed.

(** [z2] is a lower bound of the squared standardised margin (mu - tau)^2 / var of every case. *)
Theorem margin_suffices : forall z2 N delta,
  (forall c, In c cases -> rounds_to tau (mu c) (wanted c)) ->
  (forall c, In c cases -> z2 * var c <= (mu c - tau) ^ 2) ->
  0 < delta -> (1 <= N)%nat ->
  2 * ln (2 * INR (length cases) / delta) <= INR N * z2 ->
  P (some_wrong cases wanted tau average N) <= delta.
Proof.
  intros z2 N delta right margin some networks enough.
  destruct (Nat.eq_dec (length cases) 0) as [none | nonempty].
  - eapply Rle_trans; [now apply no_case_no_failure | lra].
  - assert (positive : 0 < INR (length cases)) by (apply lt_0_INR; lia).
    replace delta with (INR (length cases) * (delta / INR (length cases))) by (field; lra).
    apply union_bound. intros c inside. apply one_case with (mu := mu c) (var := var c) (z2 := z2); auto.
    + now apply Rdiv_lt_0_compat.
    + replace (2 / (delta / INR (length cases))) with (2 * INR (length cases) / delta) by (field; lra).
      exact enough.
Qed.

(** The same with 8 in place of 2: the published formula with the margin in place of the mean. *)
Corollary published_logarithm_suffices : forall z2 N delta,
  (forall c, In c cases -> rounds_to tau (mu c) (wanted c)) ->
  (forall c, In c cases -> z2 * var c <= (mu c - tau) ^ 2) ->
  0 < delta <= 1 -> (1 <= N)%nat ->
  8 * ln (2 * INR (length cases) / delta) <= INR N * z2 ->
  P (some_wrong cases wanted tau average N) <= delta.
Proof.
  intros z2 N delta right margin some networks enough.
  destruct (Nat.eq_dec (length cases) 0) as [none | nonempty].
  - eapply Rle_trans; [now apply no_case_no_failure | lra].
  - apply margin_suffices with (z2 := z2); auto; [lra |].
    assert (at_least_one : 1 <= INR (length cases)) by (apply (le_INR 1); lia).
    assert (positive : 0 <= ln (2 * INR (length cases) / delta)); [| lra].
    rewrite <- ln_1. apply ln_grows; [lra |].
    apply (Rmult_le_reg_r delta); [lra |].
    replace (2 * INR (length cases) / delta * delta) with (2 * INR (length cases)) by (field; lra). lra.
Qed.

(** The published form. A bit that should be 1 has a mean of at least twice the threshold (which holds for half the
    smallest such mean, and for the threshold 0), a bit that should be 0 has a mean of at most 0; [V] bounds var /
    mean^2 wherever the mean is not 0. Then the distance from the threshold is at least half the mean, and 8 is 2 times
    4. Where the mean is 0 the distance is the threshold itself, and twice the threshold takes the place of the mean. *)
Theorem published_size_suffices : forall bits inputs steps V N delta,
  (length cases <= bits * inputs * steps)%nat ->
  0 <= tau ->
  (forall c, In c cases -> if wanted c then 0 < mu c /\ 2 * tau <= mu c else mu c <= 0) ->
  (forall c, In c cases -> mu c <> 0 -> var c / mu c ^ 2 <= V) ->
  (forall c, In c cases -> mu c = 0 -> var c <= V * (2 * tau) ^ 2) ->
  0 < delta -> (1 <= N)%nat ->
  8 * V * ln (2 * INR bits * INR inputs * INR steps / delta) <= INR N ->
  P (some_wrong cases wanted tau average N) <= delta.
Proof.
  intros bits inputs steps V N delta number threshold sides ratio at_zero some networks enough.
  assert (right : forall c, In c cases -> rounds_to tau (mu c) (wanted c)).
  { intros c inside. specialize (sides c inside). unfold rounds_to. destruct (wanted c); lra. }
  assert (distance : forall c, In c cases -> var c <= V * (4 * (mu c - tau) ^ 2)).
  { intros c inside. specialize (nonnegative c inside). specialize (ratio c inside). specialize (at_zero c inside).
    specialize (sides c inside). destruct (Req_dec (mu c) 0) as [zero | nonzero].
    - specialize (at_zero zero). rewrite zero. lra.
    - specialize (ratio nonzero). assert (square : 0 < mu c ^ 2) by (rewrite <- Rsqr_pow2; now apply Rsqr_pos_lt).
      apply (Rmult_le_compat_r (mu c ^ 2)) in ratio; [| lra].
      replace (var c / mu c ^ 2 * mu c ^ 2) with (var c) in ratio by (field; lra).
      assert (V_nonnegative : 0 <= V) by nra.
      assert (half : mu c ^ 2 <= 4 * (mu c - tau) ^ 2) by (destruct (wanted c); nra).
      nra. }
  destruct (Nat.eq_dec (length cases) 0) as [none | nonempty].
  { eapply Rle_trans; [now apply no_case_no_failure | lra]. }
  assert (logarithm : ln (2 * INR (length cases) / delta) <= ln (2 * INR bits * INR inputs * INR steps / delta)).
  { assert (positive : 0 < 2 * INR (length cases) / delta).
    { apply Rdiv_lt_0_compat; [| exact some]. assert (0 < INR (length cases)) by (apply lt_0_INR; lia). lra. }
    assert (fewer : 2 * INR (length cases) / delta <= 2 * INR bits * INR inputs * INR steps / delta).
    { apply Rmult_le_compat_r; [left; now apply Rinv_0_lt_compat |].
      apply le_INR in number. rewrite !mult_INR in number. lra. }
    now apply ln_grows. }
  destruct (Rlt_le_dec 0 V) as [V_positive | V_zero].
  - apply margin_suffices with (z2 := / (4 * V)); auto.
    + intros c inside. specialize (distance c inside). apply (Rmult_le_reg_l (4 * V)); [lra |].
      rewrite <- Rmult_assoc, Rinv_r, Rmult_1_l by lra. lra.
    + apply (Rmult_le_reg_r (4 * V)); [lra |].
      replace (INR N * / (4 * V) * (4 * V)) with (INR N) by (field; lra). nra.
  - (* the variance is 0, so every margin is infinite *)
    apply margin_suffices with (z2 := 2 * Rabs (ln (2 * INR (length cases) / delta))); auto.
    + intros c inside. specialize (distance c inside). specialize (nonnegative c inside).
      pose proof (pow2_ge_0 (mu c - tau)). assert (constant : var c = 0) by nra. rewrite constant. lra.
    + pose proof (Rle_abs (ln (2 * INR (length cases) / delta))). apply (le_INR 1) in networks. simpl in networks.
      pose proof (Rabs_pos (ln (2 * INR (length cases) / delta))). nra.
Qed.

End Ensemble.

(** * The hypothesis about means at the threshold is necessary *)

(** A fair coin: two outcomes of probability 1/2. *)
Definition half_if (A : Prop) : R := if sig_not_dec A then 1 / 2 else 0.

Lemma half_if_grows : forall A B : Prop, (A -> B) -> half_if A <= half_if B.
Proof. intros A B implies. unfold half_if. destruct (sig_not_dec A), (sig_not_dec B); try lra. exfalso. tauto. Qed.

Lemma half_if_either : forall A B : Prop, half_if (A \/ B) <= half_if A + half_if B.
Proof.
  intros A B. unfold half_if. destruct (sig_not_dec (A \/ B)), (sig_not_dec A), (sig_not_dec B); try lra.
  exfalso. tauto.
Qed.

Definition coin : probability bool.
Proof.
  refine (Probability bool (fun A => half_if (A true) + half_if (A false)) _ _ _).
  - unfold half_if. destruct (sig_not_dec False); [exfalso; tauto | lra].
  - intros A B implies. apply Rplus_le_compat; now apply half_if_grows, implies.
  - intros A B. pose proof (half_if_either (A true) (B true)). pose proof (half_if_either (A false) (B false)). lra.
Defined.

(** Averages with mean [mu] and variance [var] that lie above or below [mu] with equal probability. So the assumptions
    of this file can be satisfied for all [mu] and [var]. *)
Definition either_side (mu var : R) (N : nat) (heads : bool) : R :=
  mu + (if heads then 1 else -1) * sqrt (2 * ln 2 * var / INR N).

Lemma ln_two_positive : 0 < ln 2.
Proof. rewrite <- ln_1. apply ln_increasing; lra. Qed.

Theorem assumptions_can_be_met : forall mu var, 0 <= var -> gaussian_average coin mu var (either_side mu var).
Proof.
  intros mu var nonnegative N networks. pose proof ln_two_positive as two.
  assert (positive : 0 < INR N) by (apply lt_0_INR; lia).
  assert (size : 0 <= 2 * ln 2 * var / INR N).
  { apply Rmult_le_pos; [nra | left; now apply Rinv_0_lt_compat]. }
  assert (far : forall heads, Rabs (either_side mu var N heads - mu) = sqrt (2 * ln 2 * var / INR N)).
  { intros heads. unfold either_side. replace (mu + _ - mu) with (if heads then 1 * sqrt (2 * ln 2 * var / INR N)
      else - (1 * sqrt (2 * ln 2 * var / INR N))) by (destruct heads; ring).
    pose proof (sqrt_pos (2 * ln 2 * var / INR N)). destruct heads; [rewrite Rabs_right | rewrite Rabs_left1]; lra. }
  split.
  - intros varies distance Hdistance. simpl chance. rewrite !far. unfold half_if.
    destruct (sig_not_dec _) as [within | beyond].
    + assert (reach : distance ^ 2 <= 2 * ln 2 * var / INR N).
      { rewrite <- (pow2_sqrt (2 * ln 2 * var / INR N)) by exact size. apply pow_incr. split; [exact Hdistance |].
        apply Rnot_lt_le. intros beyond. apply within. lra. }
      apply (Rmult_le_compat_l (INR N)) in reach; [| lra].
      replace (INR N * (2 * ln 2 * var / INR N)) with (ln 2 * (2 * var)) in reach by (field; lra).
      replace (1 / 2 + 1 / 2) with (2 * exp (- ln 2)) by (rewrite exp_Ropp, exp_ln by lra; field).
      apply Rmult_le_compat_l; [lra |]. apply exp_grows, Ropp_le_contravar.
      apply (Rmult_le_reg_r (2 * var)); [lra |].
      replace (INR N * distance ^ 2 / (2 * var) * (2 * var)) with (INR N * distance ^ 2) by (field; lra). exact reach.
    + pose proof (exp_pos (- (INR N * distance ^ 2 / (2 * var)))). lra.
  - intros constant. assert (same : forall heads, either_side mu var N heads = mu).
    { intros heads. unfold either_side. rewrite constant. replace (2 * ln 2 * 0 / INR N) with 0 by (field; lra).
      rewrite sqrt_0. ring. }
    simpl chance. rewrite !same. unfold half_if. destruct (sig_not_dec _) as [differs | _]; [exfalso; tauto | lra].
Qed.

(** A bit that should be 0, with mean 0 and variance 1, at the threshold 0: its mean is rounded correctly, but every
    ensemble fails with probability 1/2. *)
Theorem mean_at_the_threshold_fails :
  gaussian_average coin 0 1 (either_side 0 1) /\ rounds_to 0 0 false /\
  forall N, (1 <= N)%nat -> 1 / 2 <= coin (some_wrong [tt] (fun _ => false) 0 (fun _ => either_side 0 1) N).
Proof.
  split; [apply assumptions_can_be_met; lra | split; [unfold rounds_to; lra |]].
  intros N networks. pose proof ln_two_positive as two.
  set (fails := some_wrong _ _ _ _ _). simpl.
  assert (wrong : fails true).
  { exists tt. split; [now left |]. unfold rounds_to, either_side.
    assert (0 < sqrt (2 * ln 2 * 1 / INR N)); [| lra].
    apply sqrt_lt_R0, Rdiv_lt_0_compat; [lra | apply lt_0_INR; lia]. }
  unfold half_if. destruct (sig_not_dec (fails true)), (sig_not_dec (fails false)); try lra; now elim n.
Qed.
