(** Multiplication: at most 3 l + 1 templates match a state of a run.

    One control rule matches. The rules that keep or shift a number match once for each of its ones: after k shifts at
    most l - k times for the multiplier and l times for the multiplicand. The rules of addition match [busy] times: once
    for every position at which p or q is 1, and once for every carry. When y 2^k is added to the sum, all bits are
    below position l + k; and a step of the adder never increases [busy]. *)

From Coq Require Import List String Arith Bool Lia.
From NtkProofs Require Import Kernels Templates Programs Counting AdderColumns Execution.
From NtkProofs Require Import MultiplicationRules MultiplicationSteps MultiplicationRun.
Import ListNotations.
Local Open Scope string_scope.
Local Open Scope list_scope.
Local Open Scope nat_scope.

Local Arguments Nat.eqb : simpl never.
Local Arguments Nat.ltb : simpl never.
Local Arguments Nat.mul : simpl never.
Local Arguments Nat.pow : simpl never.
Local Arguments Nat.testbit : simpl never.

(** * Counting *)

Lemma count_monotone : forall n f g, (forall i, i < n -> f i = true -> g i = true) -> count n f <= count n g.
Proof.
  induction n as [| n IH]; intros f g more; cbn; [lia |].
  assert (count n f <= count n g) by (apply IH; auto).
  destruct (f n) eqn:at_n; [rewrite (more n); auto; lia | destruct (g n); lia].
Qed.

Lemma count_below : forall n m f, (forall i, m <= i -> i < n -> f i = false) -> count n f <= m.
Proof.
  induction n as [| n IH]; intros m f none; cbn; [lia |].
  destruct (Nat.le_gt_cases (S n) m) as [all_inside | some_above].
  - pose proof (count_at_most n f). destruct (f n); lia.
  - rewrite (none n) by lia. rewrite Nat.add_0_r. apply IH. intros i above below. apply none; lia.
Qed.

Lemma count_last : forall n f, 1 <= n -> count n f = count (n - 1) f + one (f (n - 1)).
Proof. intros [| n] f n_positive; [lia |]. now replace (S n - 1) with n by lia. Qed.

Lemma count_all_but_first : forall n f, 1 <= n -> count n f = one (f 0) + count (n - 1) (fun i => f (S i)).
Proof. intros [| n] f n_positive; [lia |]. rewrite count_from_the_front. now replace (S n - 1) with n by lia. Qed.

Lemma count_single : forall n j, j < n -> count n (fun i => i =? j) = 1.
Proof.
  induction n as [| n IH]; intros j inside; [lia |]. cbn [count]. destruct (Nat.eqb_spec n j) as [<- | other].
  - enough (count n (fun i => i =? n) <= 0) by lia. apply count_below. intros i _ below. apply Nat.eqb_neq. lia.
  - rewrite IH by lia. reflexivity.
Qed.

Lemma count_split : forall n f g, count n (fun i => f i && g i) + count n (fun i => f i && negb (g i)) = count n f.
Proof.
  induction n as [| n IH]; intros f g; cbn; [reflexivity |].
  rewrite <- (IH f g). destruct (f n), (g n); cbn; lia.
Qed.

Lemma count_or : forall n f g, count n (fun i => f i || g i) <= count n f + count n g.
Proof. induction n as [| n IH]; intros f g; cbn; [lia |]. specialize (IH f g). destruct (f n), (g n); cbn; lia. Qed.

Lemma count_either : forall n f g,
  count n (fun i => f i || g i) = count n (fun i => xorb (f i) (g i)) + count n (fun i => f i && g i).
Proof. induction n as [| n IH]; intros f g; cbn; [reflexivity |]. rewrite IH. destruct (f n), (g n); cbn; lia. Qed.

(** * Rules and bits *)

Section Matches.

Variable l : nat.
Hypothesis l_positive : 1 <= l.

(** The work of the adder: positions at which p or q is 1, and carries. *)
Definition busy (w : nat) (p q c : nat -> bool) : nat := count w (fun i => p i || q i) + count w c.

Lemma never_busier : forall w p q c, busy w (next_p p q) (next_q c) (next_c w p q c) <= busy w p q c.
Proof.
  intros [| w] p q c; [cbn; lia |]. unfold busy.
  assert (sums : count (S w) (fun i => next_p p q i || next_q c i)
    <= count (S w) (fun i => xorb (p i) (q i)) + count w c).
  { etransitivity; [apply count_or |]. apply Nat.add_le_mono_l.
    now rewrite (count_from_the_front w (next_q c)). }
  assert (carries : count (S w) (next_c (S w) p q c) <= count (S w) (fun i => p i && q i) + one (c w)).
  { etransitivity; [apply count_or |]. apply Nat.add_le_mono_l. cbn [count].
    assert (inner : count w (fun i => (S i =? S w) && c i) <= 0).
    { apply count_below. intros i _ inside. now rewrite (proj2 (Nat.eqb_neq (S i) (S w))) by lia. }
    rewrite Nat.eqb_refl. unfold one. cbn [andb]. lia. }
  rewrite (count_either (S w) p q).
  change (count (S w) c) with (count w c + one (c w)). lia.
Qed.

Definition busy_in (s : state) : nat := busy (2 * l) (column s "sum_p") (column s "sum_q") (column s "sum_c").

(** The rules with flags: how many match. *)
Definition control_matches (s : state) : nat :=
  how_many (matches s) (control_rules l) + count (4 * l - 1) (column s "sum_counter").

Ltac see_requirements :=
  unfold matches; cbn [requires forallb on off fst snd keep_multiplier shift_multiplier
    keep_multiplicand copy_multiplicand shift_multiplicand add_right add_left carry pass_carry hold_carry];
  rewrite ?is_on, ?is_off, ?andb_true_r.

(** The ones that a shift removes. *)
Definition moved_out (s : state) : nat :=
  one (s ("multiplier", 0) && s ("to_shift_right", 0))
  + one (s ("multiplicand", 2 * l - 1) && s ("to_shift_left", 2 * l - 1)).

(** Every other 1 of a number is kept or shifted by one rule. *)
Lemma matches_exactly : forall s,
  n_of (multiplication l) s + moved_out s
  = control_matches s + count l (column s "multiplier") + count (2 * l) (column s "multiplicand") + busy_in s.
Proof.
  intros s. rewrite matches_of_rules by assumption. unfold rules.
  rewrite !how_many_app, !how_many_map, how_many_cons, how_many_nil. fold (how_many (matches s) (control_rules l)).
  assert (counter : count (4 * l - 1) (fun j => matches s (count_on j)) = count (4 * l - 1) (column s "sum_counter")).
  { apply count_agrees. intros j _. unfold matches. cbn. now rewrite is_on, andb_true_r. }
  assert (multiplier : count l (fun i => matches s (keep_multiplier i))
      + count (l - 1) (fun i => matches s (shift_multiplier i)) + one (s ("multiplier", 0) && s ("to_shift_right", 0))
    = count l (column s "multiplier")).
  { rewrite <- (count_split l (column s "multiplier") (column s "to_shift_right")).
    rewrite (count_agrees l (fun i => matches s (keep_multiplier i))
      (fun i => column s "multiplier" i && negb (column s "to_shift_right" i)))
      by (intros i _; see_requirements; reflexivity).
    rewrite (count_agrees (l - 1) (fun i => matches s (shift_multiplier i))
      (fun i => column s "multiplier" (S i) && column s "to_shift_right" (S i)))
      by (intros i _; see_requirements; reflexivity).
    rewrite (count_all_but_first l (fun i => column s "multiplier" i && column s "to_shift_right" i)) by assumption.
    unfold column. lia. }
  assert (multiplicand : count (2 * l) (fun i => matches s (keep_multiplicand i))
      + count (2 * l) (fun i => matches s (copy_multiplicand i))
      + count (2 * l - 1) (fun i => matches s (shift_multiplicand i))
      + one (s ("multiplicand", 2 * l - 1) && s ("to_shift_left", 2 * l - 1))
    = count (2 * l) (column s "multiplicand")).
  { rewrite <- (count_split (2 * l) (column s "multiplicand") (column s "to_shift_left")).
    rewrite <- (count_split (2 * l) (fun i => column s "multiplicand" i && negb (column s "to_shift_left" i))
      (column s "to_copy_to_sum_q")).
    rewrite (count_agrees (2 * l) (fun i => matches s (keep_multiplicand i))
      (fun i => column s "multiplicand" i && negb (column s "to_shift_left" i) && negb (column s "to_copy_to_sum_q" i)))
      by (intros i _; see_requirements; unfold column; now rewrite andb_assoc).
    rewrite (count_agrees (2 * l) (fun i => matches s (copy_multiplicand i))
      (fun i => column s "multiplicand" i && negb (column s "to_shift_left" i) && column s "to_copy_to_sum_q" i))
      by (intros i _; see_requirements; unfold column; now rewrite andb_assoc).
    rewrite (count_agrees (2 * l - 1) (fun i => matches s (shift_multiplicand i))
      (fun i => column s "multiplicand" i && column s "to_shift_left" i))
      by (intros i _; see_requirements; reflexivity).
    rewrite (count_last (2 * l) (fun i => column s "multiplicand" i && column s "to_shift_left" i)) by lia.
    unfold column. lia. }
  assert (sums : count (2 * l) (fun i => matches s (add_right i)) + count (2 * l) (fun i => matches s (add_left i))
      + count (2 * l) (fun i => matches s (carry i))
    = count (2 * l) (fun i => column s "sum_p" i || column s "sum_q" i)).
  { rewrite count_either.
    rewrite (count_agrees (2 * l) (fun i => matches s (carry i)) (fun i => column s "sum_p" i && column s "sum_q" i))
      by (intros i _; see_requirements; reflexivity).
    f_equal.
    rewrite <- (count_split (2 * l) (fun i => xorb (column s "sum_p" i) (column s "sum_q" i)) (column s "sum_q")).
    f_equal; apply count_agrees; intros i _; see_requirements; unfold column;
      now destruct (s ("sum_p", i)), (s ("sum_q", i)). }
  assert (carries : count (2 * l - 1) (fun i => matches s (pass_carry i)) + one (matches s (hold_carry l))
      = count (2 * l) (column s "sum_c")).
  { rewrite (count_last (2 * l)) by lia.
    apply f_equal2; [apply count_agrees; intros i _; see_requirements; reflexivity |].
    unfold matches. cbn. now rewrite is_on, andb_true_r. }
  unfold moved_out, control_matches, busy_in, busy. lia.
Qed.

(** * Along a run *)

Variables x y : nat.
Hypothesis x_small : x < 2 ^ l.
Hypothesis y_small : y < 2 ^ l.

Lemma one_control_rule : forall k ph s, reached l x y k ph s -> control_matches s = 1.
Proof.
  intros k ph s (flags & _ & sums). unfold control_matches, control_rules.
  rewrite !how_many_cons, how_many_nil. unfold matches. cbn [requires forallb on off fst snd bit_is_1 bit_is_0
    check_again start_counter counted]. rewrite !is_on, is_off, !andb_true_r.
  rewrite (check_flag _ _ _ flags), (right_flags _ _ _ flags), (copy_flags _ _ _ flags) by lia.
  pose proof (count_last (4 * l) (column s "sum_counter") ltac:(lia)) as cells.
  rewrite (count_agrees (4 * l) _ (fun j => adding j ph)) in cells by apply (counter_cells _ _ _ flags).
  change (s ("sum_counter", 4 * l - 1)) with (column s "sum_counter" (4 * l - 1)).
  assert (token : count (4 * l) (fun j => adding j ph) = match ph with Adding _ => 1 | _ => 0 end).
  { destruct ph as [| | j |]; try apply count_none. apply count_single, sums. }
  destruct ph as [| | j |]; cbn [checking copying shifting andb one] in *; destruct (s ("multiplier", 0));
    cbn [negb one]; lia.
Qed.

Lemma ones_of_multiplier : forall k s, numbers l x y k s -> count l (column s "multiplier") <= l - k.
Proof.
  intros k s both. apply count_below. intros i above below. unfold column.
  rewrite (multiplier_bits _ _ _ _ _ both) by assumption. apply (high_bit l); [assumption | lia].
Qed.

Lemma ones_of_multiplicand : forall k s, numbers l x y k s -> count (2 * l) (column s "multiplicand") <= l.
Proof.
  intros k s both.
  rewrite (count_agrees _ _ (Nat.testbit (y * 2 ^ k)))
    by (intros i inside; now apply (multiplicand_bits _ _ _ _ _ both)).
  clear both. generalize (2 * l). intros w. transitivity (count w (Nat.testbit y)).
  - induction k as [| k IH]; [now rewrite Nat.mul_1_r |].
    etransitivity; [| exact IH]. destruct w as [| w]; [cbn; lia |].
    rewrite count_from_the_front, (count_agrees w _ (Nat.testbit (y * 2 ^ k))) by (intros i _; apply bit_of_shifted).
    rewrite bit_of_shifted. cbn. lia.
  - apply count_below. intros i above _. now apply (high_bit l).
Qed.

Lemma partial_below : forall k, partial x y k < 2 ^ (l + k).
Proof. intros k. unfold partial. rewrite Nat.pow_add_r. apply Nat.mul_lt_mono; [assumption | apply value_below]. Qed.

Lemma shifted_below : forall k, y * 2 ^ k < 2 ^ (l + k).
Proof.
  intros k. rewrite Nat.pow_add_r. apply Nat.mul_lt_mono_pos_r; [| assumption].
  assert (2 ^ k <> 0) by now apply Nat.pow_nonzero. lia.
Qed.

Lemma busy_at_rest : forall v m s, at_rest l v s -> v < 2 ^ m -> busy_in s <= m.
Proof.
  intros v m s (p_is & q_is & c_is) small. unfold busy_in, busy.
  rewrite (count_agrees _ (column s "sum_c") (fun _ => false)), count_none by assumption.
  enough (count (2 * l) (fun i => column s "sum_p" i || column s "sum_q" i) <= m) by lia.
  apply count_below. intros i high inside. rewrite q_is, orb_false_r by assumption.
  apply (high_bit_of_column (2 * l) _ m); [now rewrite p_is | assumption | assumption].
Qed.

(** [busy] is at most l + k at the start of an addition, and therefore until its end. *)
Definition light (k : nat) (ph : phase) (s : state) : Prop := reached l x y k ph s /\ busy_in s <= l + k.

Lemma light_next : forall k ph s, light k ph s -> light (next_shifts k ph) (next_phase l x k ph) (next l s).
Proof.
  intros k ph s [here busy_here]. split; [now apply reached_next |].
  destruct here as (flags & both & sums). destruct (copying ph) eqn:copy_now.
  - destruct ph; try discriminate. cbn in sums. destruct sums as [the_bit (p_is & q_is & c_is)]. cbn [next_shifts].
    unfold busy_in, busy. 
    assert (no_carry : count (2 * l) (column (next l s) "sum_c") <= 0).
    { apply count_below. intros i _ inside. unfold column at 1. rewrite next_sum_c by assumption. unfold next_c.
      now rewrite q_is, c_is, !andb_false_r. }
    enough (count (2 * l) (fun i => column (next l s) "sum_p" i || column (next l s) "sum_q" i) <= l + k) by lia.
    apply count_below. intros i high inside. unfold column at 1 2. rewrite next_sum_p, next_sum_q by assumption.
    assert (p_low : column s "sum_p" i = false).
    { apply (high_bit_of_column (2 * l) _ (l + k)); [rewrite p_is; apply partial_below | assumption | assumption]. }
    unfold next_p, copied. rewrite p_low, q_is, (multiplicand_bits _ _ _ _ _ both) by assumption.
    rewrite (high_bit (l + k)) by (assumption || apply shifted_below).
    destruct i as [| i]; cbn; [reflexivity | apply c_is; lia].
  - transitivity (busy_in s); [| destruct ph; cbn [next_shifts]; lia].
    pose proof (adder_alone l l_positive ph s flags copy_now) as same.
    etransitivity; [| apply never_busier]. unfold busy_in, busy.
    apply Nat.add_le_mono; apply count_monotone; intros i inside.
    + now destruct (same i inside) as (-> & -> & _).
    + now destruct (same i inside) as (_ & _ & ->).
Qed.

Lemma light_at_start : light 0 Checking (multiplication_start x y).
Proof.
  pose proof (reached_at_start l x y l_positive x_small y_small) as here. split; [exact here |].
  apply (busy_at_rest (partial x y 0)); [apply here | apply partial_below].
Qed.

Lemma run_stays_light : forall j, exists k ph,
  light k ph (run (step (multiplication l)) j (multiplication_start x y)).
Proof.
  induction j as [| j (k & ph & there)].
  - exists 0, Checking. exact light_at_start.
  - exists (next_shifts k ph), (next_phase l x k ph). rewrite run_last. now apply light_next.
Qed.

(** Before the last shift the smaller number of remaining bits of x compensates for the longer sum; after it no bits
    remain. *)
Theorem few_matches_along_a_run : forall j,
  n_of (multiplication l) (run (step (multiplication l)) j (multiplication_start x y)) <= 3 * l + 1.
Proof.
  intros j. destruct (run_stays_light j) as (k & ph & here & light_here).
  set (s := run (step (multiplication l)) j (multiplication_start x y)) in *.
  pose proof (matches_exactly s). pose proof (one_control_rule k ph s here).
  pose proof (ones_of_multiplier k s (proj1 (proj2 here))).
  pose proof (ones_of_multiplicand k s (proj1 (proj2 here))).
  enough (busy_in s <= 2 * l) by lia.
  destruct (Nat.le_gt_cases k l) as [before | after]; [lia |].
  destruct here as (flags & both & sums). clearbody s. destruct ph as [| | i |]; cbn in sums.
  - apply (busy_at_rest (partial x y k)); [assumption | now apply partial_small].
  - destruct sums as [the_bit _]. rewrite (high_bit l) in the_bit by (assumption || lia). discriminate.
  - destruct sums as [the_bit _]. rewrite (high_bit l) in the_bit by (assumption || lia). discriminate.
  - apply (busy_at_rest (partial x y (S k))); [assumption | now apply partial_small].
Qed.

End Matches.

(** * The bound is attained *)

Lemma count_prefix : forall n m, count n (fun i => i <? m) = Nat.min n m.
Proof.
  induction n as [| n IH]; intros m; [reflexivity |].
  cbn [count]. rewrite IH. destruct (Nat.ltb_spec n m); lia.
Qed.

Lemma all_ones : forall l i, Nat.testbit (2 ^ l - 1) i = (i <? l).
Proof.
  intros l i. replace (2 ^ l - 1) with (Nat.ones l) by (rewrite Nat.ones_equiv; lia).
  destruct (Nat.ltb_spec i l); [now apply Nat.ones_spec_low | now apply Nat.ones_spec_high].
Qed.

(** If all bits are 1, the first copy is complete after two steps: l ones in each number and in the sum, and a token. *)
Theorem most_matches : forall l, 1 <= l ->
  n_of (multiplication l) (run (step (multiplication l)) 2 (multiplication_start (2 ^ l - 1) (2 ^ l - 1))) = 3 * l + 1.
Proof.
  intros l l_positive. set (x := 2 ^ l - 1).
  assert (x_small : x < 2 ^ l) by (pose proof (Nat.pow_nonzero 2 l); unfold x; lia).
  change (run (step (multiplication l)) 2 (multiplication_start x x)) with (next l (next l (multiplication_start x x))).
  pose proof (reached_at_start l x x l_positive x_small x_small) as start.
  pose proof (reached_next l x x l_positive x_small x_small _ _ _ start) as landing. cbn in landing.
  unfold x at 3 in landing. rewrite all_ones, (proj2 (Nat.ltb_lt 0 l)) in landing by lia.
  pose proof (reached_next l x x l_positive x_small x_small _ _ _ landing) as landed. cbn in landed.
  set (s1 := next l (multiplication_start x x)) in *. set (s2 := next l s1) in *.
  pose proof (matches_exactly l l_positive s2) as total.
  rewrite (one_control_rule l l_positive x x x_small x_small _ _ _ landed) in total.
  destruct landed as (flags & both & _). destruct landing as (flags1 & both1 & _ & p_is & q_is & c_is).
  assert (none_moved_out : moved_out l s2 = 0).
  { unfold moved_out. now rewrite (right_flags _ _ _ flags), (left_flags _ _ _ flags), !andb_false_r by lia. }
  assert (multiplier : count l (column s2 "multiplier") = l).
  { rewrite (count_agrees _ _ (fun i => i <? l)), count_prefix, Nat.min_id; [reflexivity |].
    intros i inside. unfold column. rewrite (multiplier_bits _ _ _ _ _ both), Nat.add_0_r by assumption.
    apply all_ones. }
  assert (multiplicand : count (2 * l) (column s2 "multiplicand") = l).
  { rewrite (count_agrees _ _ (fun i => i <? l)), count_prefix; [lia |].
    intros i inside. unfold column. rewrite (multiplicand_bits _ _ _ _ _ both), Nat.mul_1_r by assumption.
    apply all_ones. }
  assert (sum : busy_in l s2 = l).
  { unfold busy_in, busy. rewrite (count_agrees _ (column s2 "sum_c") (fun _ => false)), count_none.
    2:{ intros i inside. unfold column, s2. rewrite next_sum_c by assumption. unfold next_c.
        now rewrite q_is, c_is, !andb_false_r. }
    rewrite (count_agrees _ _ (fun i => i <? l)), count_prefix; [lia |].
    intros i inside. unfold column, s2. rewrite next_sum_p, next_sum_q by assumption.
    assert (p_clear : column s1 "sum_p" i = false)
      by (apply (high_bit_of_column (2 * l) _ 0); [rewrite p_is; change (x * 0 < 1); lia | assumption | lia]).
    unfold next_p, copied. rewrite p_clear, q_is by assumption.
    rewrite (multiplicand_bits _ _ _ _ _ both1), (left_flags _ _ _ flags1), (copy_flags _ _ _ flags1) by assumption.
    rewrite Nat.mul_1_r. unfold x. rewrite all_ones. cbn. rewrite andb_true_r.
    destruct i as [| i]; cbn [next_q]; rewrite ?c_is, ?orb_false_r by lia; reflexivity. }
  lia.
Qed.
