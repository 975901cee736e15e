(** Multiplication needs its 4 l^2 + l steps (l >= 2): one step earlier, the product
    (2^l - 1) (2^(l-1) + 1) is not complete.

    Every bit of x = 2^l - 1 is 1, so that the last addition starts as late as possible. Before it the sum is
    2^(2l-2) - 1, all ones; y 2^(l-1) causes a carry at position l - 1, which passes l positions, two steps each. *)

From Coq Require Import List String Arith Bool Lia.
From NtkProofs Require Import Kernels Templates Programs Counting AdderColumns Execution.
From NtkProofs Require Import MultiplicationRules MultiplicationSteps MultiplicationRun MultiplicationMatches.
Local Open Scope string_scope.
Local Open Scope nat_scope.

Local Arguments Nat.eqb : simpl never.
Local Arguments Nat.ltb : simpl never.
Local Arguments Nat.mul : simpl never.
Local Arguments Nat.pow : simpl never.
Local Arguments Nat.testbit : simpl never.

Lemma bits_of_value : forall w f g i, value w f = value w g -> i < w -> f i = g i.
Proof.
  induction w as [| w IH]; intros f g i same inside; [lia |]. cbn [value] in same.
  pose proof (value_below w f). pose proof (value_below w g).
  destruct (Nat.eq_dec i w) as [-> | lower].
  - destruct (f w), (g w); lia || reflexivity.
  - apply IH; [destruct (f w), (g w); lia | lia].
Qed.

Lemma power_plus_one : forall m i, 1 <= m -> Nat.testbit (2 ^ m + 1) i = (i =? 0) || (i =? m).
Proof.
  intros [| m] i m_positive; [lia |]. replace (2 ^ S m + 1) with (2 * 2 ^ m + 1) by (rewrite Nat.pow_succ_r'; lia).
  destruct i as [| i]; [apply Nat.testbit_odd_0 |]. rewrite Nat.testbit_odd_succ by lia.
  rewrite Nat.pow2_bits_eqb, Nat.eqb_sym. reflexivity.
Qed.

Section Longest.

Variable l : nat.
Hypothesis l_at_least_2 : 2 <= l.

Let x : nat := 2 ^ l - 1.
Let y : nat := 2 ^ (l - 1) + 1.
Let at_time (j : nat) : state := run (step (multiplication l)) j (multiplication_start x y).

(** The last copy is broadcast at this time. *)
Let last_copy : nat := (l - 1) * (4 * l + 3) + 1.

Let l_positive : 1 <= l. Proof. lia. Qed.

Lemma longest_x_small : x < 2 ^ l.
Proof. pose proof (Nat.pow_nonzero 2 l). unfold x. lia. Qed.

Lemma longest_y_small : y < 2 ^ l.
Proof.
  replace l with (S (l - 1)) at 1 by lia. rewrite Nat.pow_succ_r'. unfold y.
  pose proof (Nat.pow_gt_lin_r 2 (l - 1) ltac:(lia)). lia.
Qed.

Lemma last_copy_comes : reached l x y (l - 1) Copying (at_time last_copy).
Proof.
  destruct (run_reaches l x y l_positive longest_x_small longest_y_small last_copy) as (k & ph & here & on_time).
  assert (ones : count k (Nat.testbit x) = Nat.min k l)
    by (rewrite <- count_prefix; apply count_agrees; intros; apply all_ones).
  assert (next_one : Nat.testbit x k = (k <? l)) by apply all_ones.
  unfold time, last_copy in on_time. rewrite ones, next_one in on_time.
  assert (token_inside : forall j, ph = Adding j -> j < 4 * l) by (intros j ->; apply here).
  assert (last_bit : k = l - 1).
  { destruct (Nat.ltb_spec k l); [rewrite Nat.min_l in on_time by lia | rewrite Nat.min_r in on_time by lia; nia].
    match type of on_time with _ + ?within = _ => assert (short : within <= 4 * l + 2) end.
    { destruct ph as [| | j |]; try pose proof (token_inside j eq_refl); lia. }
    destruct (Nat.eq_dec k (l - 1)) as [same | other]; [exact same |].
    pose proof (Nat.mul_le_mono_r (k + 1) (l - 1) (4 * l + 3) ltac:(lia)). lia. }
  subst k. rewrite Nat.min_l in on_time by lia. rewrite (proj2 (Nat.ltb_lt (l - 1) l)) in on_time by lia.
  destruct ph as [| | j |]; [lia | exact here | lia | lia].
Qed.

(** The columns j steps after the last multiplicand is copied to the sum. *)
Let landed (j : nat) : state := at_time (S (last_copy + j)).

Lemma last_addition : forall j, j < 4 * l -> reached l x y (l - 1) (Adding j) (landed j).
Proof.
  unfold landed, at_time. induction j as [| j IH]; intros inside; rewrite run_last.
  - rewrite Nat.add_0_r.
    exact (reached_next l x y l_positive longest_x_small longest_y_small _ _ _ last_copy_comes).
  - pose proof (reached_next l x y l_positive longest_x_small longest_y_small _ _ _ (IH ltac:(lia))) as here.
    cbn [next_phase next_shifts] in here. rewrite (proj2 (Nat.ltb_lt (S j) (4 * l)) inside) in here.
    now replace (last_copy + S j) with (S (last_copy + j)) by lia.
Qed.

Lemma last_addition_follows : forall j, j < 4 * l ->
  follows (2 * l) (column (landed j) "sum_p") (column (landed j) "sum_q") (column (landed j) "sum_c")
    (column (landed (S j)) "sum_p") (column (landed (S j)) "sum_q") (column (landed (S j)) "sum_c").
Proof.
  intros j inside. destruct (last_addition j inside) as (flags & _).
  pose proof (adder_alone l l_positive (Adding j) (landed j) flags eq_refl) as same.
  replace (landed (S j)) with (next l (landed j)); [exact same |].
  unfold landed, at_time. replace (last_copy + S j) with (S (last_copy + j)) by lia. now rewrite (run_last _ (S _)).
Qed.

(** All ones are added to a 1 at position l - 1; the other 1 of y is directly above them. *)
Lemma at_landing : forall i, i < 2 * l ->
  column (landed 0) "sum_p" i = (i <? 2 * l - 2)
  /\ column (landed 0) "sum_q" i = (i =? l - 1) || (i =? 2 * l - 2)
  /\ column (landed 0) "sum_c" i = false.
Proof.
  intros i inside. pose proof last_copy_comes as (flags & both & _ & p_is & q_is & c_is).
  assert (before : forall i, i < 2 * l -> column (at_time last_copy) "sum_p" i = (i <? 2 * l - 2)).
  { intros j j_inside. rewrite <- all_ones. apply (bits_of_value (2 * l)); [| assumption].
    rewrite p_is, value_testbit.
    - unfold partial. rewrite (value_ext (l - 1) _ (Nat.testbit (2 ^ (l - 1) - 1))).
      2:{ intros m m_inside. unfold x. rewrite !all_ones.
          now rewrite !(proj2 (Nat.ltb_lt m _)) by lia. }
      rewrite value_testbit by (pose proof (Nat.pow_nonzero 2 (l - 1)); lia).
      replace (2 * l - 2) with ((l - 1) + (l - 1)) by lia. rewrite Nat.pow_add_r. unfold y.
      pose proof (Nat.pow_nonzero 2 (l - 1)). nia.
    - pose proof (Nat.pow_nonzero 2 (2 * l - 2)). pose proof (Nat.pow_le_mono_r 2 (2 * l - 2) (2 * l)). lia. }
  unfold landed. rewrite Nat.add_0_r. unfold column at 1 2 3. unfold at_time at 1 2 3. rewrite run_last.
  fold (at_time last_copy) (next l (at_time last_copy)).
  rewrite next_sum_p, next_sum_q, next_sum_c by assumption. repeat split.
  - unfold next_p. now rewrite q_is, before, xorb_false_r.
  - unfold copied. rewrite (multiplicand_bits _ _ _ _ _ both), (left_flags _ _ _ flags) by assumption.
    rewrite (copy_flags _ _ _ flags) by assumption. cbn [shifting copying negb andb]. rewrite andb_true_r.
    replace (next_q (column (at_time last_copy) "sum_c") i) with false.
    2:{ destruct i as [| j]; [reflexivity | cbn; now rewrite c_is by lia]. }
    rewrite orb_false_r. unfold y. destruct (Nat.le_gt_cases (l - 1) i) as [high | low].
    + rewrite Nat.mul_pow2_bits_high, power_plus_one by lia.
      destruct (Nat.eqb_spec (i - (l - 1)) 0), (Nat.eqb_spec (i - (l - 1)) (l - 1)), (Nat.eqb_spec i (l - 1)),
        (Nat.eqb_spec i (2 * l - 2)); lia || reflexivity.
    + rewrite Nat.mul_pow2_bits_low by lia.
      destruct (Nat.eqb_spec i (l - 1)), (Nat.eqb_spec i (2 * l - 2)); lia || reflexivity.
  - unfold next_c. now rewrite q_is, c_is, !andb_false_r.
Qed.

(** The carry leaves position l - 1 + m after 2 m + 1 steps; above it, p still has its ones. *)
Lemma carry_moves_on : forall m, m <= l - 1 -> forall i, i < 2 * l ->
  (l - 1 + m < i -> i <= 2 * l - 2 -> column (landed (2 * m + 1)) "sum_p" i = true)
  /\ column (landed (2 * m + 1)) "sum_q" i = false
  /\ column (landed (2 * m + 1)) "sum_c" i = (i =? l - 1 + m).
Proof.
  induction m as [| m IH]; intros on_the_way i inside.
  - change (2 * 0 + 1) with 1.
    destruct (last_addition_follows 0 ltac:(lia) i inside) as (-> & -> & ->).
    destruct (at_landing i inside) as (p_is & q_is & c_is). unfold next_p, next_c. rewrite p_is, q_is, c_is.
    repeat split.
    + intros above top.
      destruct (Nat.ltb_spec i (2 * l - 2)), (Nat.eqb_spec i (l - 1)), (Nat.eqb_spec i (2 * l - 2)); lia || reflexivity.
    + destruct i as [| j]; [reflexivity |]. apply at_landing. lia.
    + rewrite andb_false_r, orb_false_r.
      destruct (Nat.ltb_spec i (2 * l - 2)), (Nat.eqb_spec i (l - 1)), (Nat.eqb_spec i (2 * l - 2)),
        (Nat.eqb_spec i (l - 1 + 0)); lia || reflexivity.
  - specialize (IH ltac:(lia)).
    assert (half : forall i, i < 2 * l ->
      column (landed (2 * m + 2)) "sum_p" i = column (landed (2 * m + 1)) "sum_p" i
      /\ column (landed (2 * m + 2)) "sum_q" i = (i =? l - 1 + S m)
      /\ column (landed (2 * m + 2)) "sum_c" i = false).
    { intros j j_inside. replace (2 * m + 2) with (S (2 * m + 1)) by lia.
      destruct (last_addition_follows (2 * m + 1) ltac:(lia) j j_inside) as (-> & -> & ->).
      destruct (IH j j_inside) as (_ & q_is & c_is). unfold next_p, next_c. rewrite q_is, c_is. repeat split.
      - apply xorb_false_r.
      - destruct j as [| j]; cbn [next_q].
        + destruct (Nat.eqb_spec 0 (l - 1 + S m)); lia || reflexivity.
        + destruct (IH j ltac:(lia)) as (_ & _ & ->).
          destruct (Nat.eqb_spec j (l - 1 + m)), (Nat.eqb_spec (S j) (l - 1 + S m)); lia || reflexivity.
      - rewrite andb_false_r.
        destruct (Nat.eqb_spec (S j) (2 * l)), (Nat.eqb_spec j (l - 1 + m)); lia || reflexivity. }
    replace (2 * S m + 1) with (S (2 * m + 2)) by lia.
    destruct (last_addition_follows (2 * m + 2) ltac:(lia) i inside) as (-> & -> & ->).
    destruct (half i inside) as (p_is & q_is & c_is). destruct (IH i inside) as (ones & _).
    unfold next_p, next_c. rewrite p_is, q_is, c_is. repeat split.
    + intros above top. rewrite ones by lia. destruct (Nat.eqb_spec i (l - 1 + S m)); lia || reflexivity.
    + destruct i as [| j]; [reflexivity |]. apply half. lia.
    + rewrite andb_false_r, orb_false_r. destruct (Nat.eqb_spec i (l - 1 + S m)); [| apply andb_false_r].
      rewrite ones by lia. reflexivity.
Qed.

Theorem product_not_there_yet :
  number (run (step (multiplication l)) (4 * l * l + l - 1) (multiplication_start x y)) "sum_p" (2 * l) < x * y.
Proof.
  replace (4 * l * l + l - 1) with (S (last_copy + 2 * l)) by (unfold last_copy; nia).
  fold (at_time (S (last_copy + 2 * l))) (landed (2 * l)). rewrite number_is_value.
  assert (carry_left : column (landed (2 * l)) "sum_q" (2 * l - 1) = true).
  { replace (2 * l) with (S (2 * (l - 1) + 1)) at 1 by lia.
    destruct (last_addition_follows (2 * (l - 1) + 1) ltac:(lia) (2 * l - 1) ltac:(lia)) as (_ & -> & _).
    replace (2 * l - 1) with (S (2 * l - 2)) by lia. cbn [next_q].
    destruct (carry_moves_on (l - 1) ltac:(lia) (2 * l - 2) ltac:(lia)) as (_ & _ & ->). apply Nat.eqb_eq. lia. }
  destruct (last_addition (2 * l) ltac:(lia)) as (_ & _ & _ & _ & total_is & _).
  rewrite (partial_is_product l x y longest_x_small) in total_is by lia.
  rewrite <- total_is. unfold total. enough (0 < value (2 * l) (column (landed (2 * l)) "sum_q")) by lia.
  replace (2 * l) with (S (2 * l - 1)) at 1 by lia. cbn [value]. rewrite carry_left.
  pose proof (Nat.pow_nonzero 2 (2 * l - 1)). lia.
Qed.

End Longest.
