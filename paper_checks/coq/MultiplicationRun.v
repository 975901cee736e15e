(** The phases of a run of the multiplication program: which flags are set, and the values of the numbers.

    Every state of a run is [reached] in one of four phases, after [k] shifts: it tests a bit of x, copies the
    multiplicand, adds (the token is at cell [j] of the counter), or shifts. The lowest [k] bits of x are processed: the
    sum is y times the number that they form. While the token passes through its [4 l] cells, the carries propagate.
    Every state of a run is of this kind ([run_reaches]), and [time] says when: a bit of x that is 0 takes 2 steps, one
    that is 1 takes 4 l + 3. When all bits of x are processed, the product is complete ([product_stands]); for all pairs
    of numbers it is complete after 4 l^2 + l steps ([product_stands_early]). *)

From Coq Require Import List String Arith Bool Lia.
From NtkProofs Require Import Kernels Templates Programs Counting AdderColumns Execution.
From NtkProofs Require Import MultiplicationRules MultiplicationSteps.
Import ListNotations.
Local Open Scope string_scope.
Local Open Scope list_scope.
Local Open Scope nat_scope.

Local Arguments Nat.eqb : simpl never.
Local Arguments Nat.ltb : simpl never.
Local Arguments Nat.div : simpl never.
Local Arguments Nat.mul : simpl never.
Local Arguments Nat.pow : simpl never.
Local Arguments Nat.testbit : simpl never.

(** * Bits of numbers *)

(** A number below 2^w has no 1 at position w or above. *)
Lemma high_bit : forall w x i, x < 2 ^ w -> w <= i -> Nat.testbit x i = false.
Proof.
  intros w x i small high. rewrite <- (Nat.mod_small x (2 ^ w)) by assumption.
  now apply Nat.mod_pow2_bits_high.
Qed.

(** The same for a number in a column of bits. *)
Lemma high_bit_of_column : forall w f m i, value w f < 2 ^ m -> i < w -> m <= i -> f i = false.
Proof.
  induction w as [| w IH]; intros f m i small inside high; [lia |]. cbn [value] in small.
  destruct (Nat.eq_dec i w) as [-> | lower].
  - destruct (f w); [| reflexivity]. pose proof (Nat.pow_le_mono_r 2 m w ltac:(lia) high). lia.
  - apply (IH f m); lia.
Qed.

Lemma all_bits : forall w k x, x < 2 ^ w -> w <= k -> value k (Nat.testbit x) = x.
Proof.
  intros w k x small enough. apply value_testbit. apply Nat.lt_le_trans with (2 ^ w); [assumption |].
  now apply Nat.pow_le_mono_r.
Qed.

Lemma low_bits_at_most : forall k x, value k (Nat.testbit x) <= x.
Proof.
  intros k x. rewrite (value_ext k _ (Nat.testbit (x mod 2 ^ k))).
  - rewrite value_testbit; [apply Nat.mod_le | apply Nat.mod_upper_bound]; now apply Nat.pow_nonzero.
  - intros i inside. now rewrite Nat.mod_pow2_bits_low.
Qed.

(** A number shifted up by one position. *)
Lemma bit_of_shifted : forall y k i,
  Nat.testbit (y * 2 ^ S k) i = match i with O => false | S j => Nat.testbit (y * 2 ^ k) j end.
Proof.
  intros y k i. replace (y * 2 ^ S k) with (2 * (y * 2 ^ k)) by (rewrite Nat.pow_succ_r'; lia).
  destruct i as [| j]; [apply Nat.testbit_even_0 | apply Nat.double_bits_succ].
Qed.

(** * Phases *)

Inductive phase := Checking | Copying | Adding (j : nat) | Shifting.

Definition checking ph := match ph with Checking => true | _ => false end.
Definition copying ph := match ph with Copying => true | _ => false end.
Definition adding j ph := match ph with Adding j' => j =? j' | _ => false end.
Definition shifting ph := match ph with Shifting => true | _ => false end.

Section Run.

Variables l x y : nat.
Hypothesis l_positive : 1 <= l.
Hypothesis x_small : x < 2 ^ l.
Hypothesis y_small : y < 2 ^ l.

(** The flags determine the phase. *)
Record control (ph : phase) (s : state) : Prop := {
  check_flag : s check = checking ph;
  copy_flags : forall i, i < 2 * l -> s ("to_copy_to_sum_q", i) = copying ph;
  right_flags : forall i, i < l -> s ("to_shift_right", i) = shifting ph;
  left_flags : forall i, i < 2 * l -> s ("to_shift_left", i) = shifting ph;
  counter_cells : forall j, j < 4 * l -> s ("sum_counter", j) = adding j ph }.

(** x is shifted down by k positions, y is shifted up. *)
Record numbers (k : nat) (s : state) : Prop := {
  multiplier_bits : forall i, i < l -> s ("multiplier", i) = Nat.testbit x (i + k);
  multiplicand_bits : forall i, i < 2 * l -> s ("multiplicand", i) = Nat.testbit (y * 2 ^ k) i }.

(** The product of y and the lowest k bits of x. *)
Definition partial (k : nat) : nat := y * value k (Nat.testbit x).

Lemma partial_next : forall k, partial (S k) = partial k + if Nat.testbit x k then y * 2 ^ k else 0.
Proof. intros k. unfold partial. cbn [value]. destruct (Nat.testbit x k); lia. Qed.

Lemma product_small : forall a b, a < 2 ^ l -> b < 2 ^ l -> a * b < 2 ^ (2 * l).
Proof.
  intros a b a_small b_small. replace (2 * l) with (l + l) by lia. rewrite Nat.pow_add_r.
  now apply Nat.mul_lt_mono.
Qed.

Lemma partial_small : forall k, partial k < 2 ^ (2 * l).
Proof. intros k. apply product_small; [assumption |]. pose proof (low_bits_at_most k x). lia. Qed.

Definition at_rest (v : nat) (s : state) : Prop :=
  value (2 * l) (column s "sum_p") = v
  /\ (forall i, i < 2 * l -> column s "sum_q" i = false) /\ (forall i, i < 2 * l -> column s "sum_c" i = false).

(** j steps of the adder after y 2^k is copied, which has no 1 below position k: every two steps clear one more
    position. *)
Definition in_progress (k j v : nat) (s : state) : Prop :=
  total (2 * l) (column s "sum_p") (column s "sum_q") (column s "sum_c") = v
  /\ q_clear (Nat.min (2 * l) (k + S j / 2)) (column s "sum_q") /\ c_clear (2 * l) (k + j / 2) (column s "sum_c").

Definition sum_so_far (k : nat) (ph : phase) (s : state) : Prop :=
  match ph with
  | Checking => at_rest (partial k) s
  | Copying => Nat.testbit x k = true /\ at_rest (partial k) s
  | Adding j => Nat.testbit x k = true /\ j < 4 * l /\ in_progress k j (partial (S k)) s
  | Shifting => at_rest (partial (S k)) s
  end.

Definition reached (k : nat) (ph : phase) (s : state) : Prop := control ph s /\ numbers k s /\ sum_so_far k ph s.

(** The next phase, and the number of shifts before it. *)
Definition next_phase (k : nat) (ph : phase) : phase :=
  match ph with
  | Checking => if Nat.testbit x k then Copying else Shifting
  | Copying => Adding 0
  | Adding j => if S j <? 4 * l then Adding (S j) else Shifting
  | Shifting => Checking
  end.
Definition next_shifts (k : nat) (ph : phase) : nat := match ph with Shifting => S k | _ => k end.

(** The number of steps that a run takes to a phase: 2 for every shift, 4 l + 1 more for every addition. *)
Definition time (k : nat) (ph : phase) : nat :=
  2 * k + (4 * l + 1) * count k (Nat.testbit x)
  + match ph with
    | Checking => 0
    | Copying => 1
    | Adding j => 2 + j
    | Shifting => 1 + if Nat.testbit x k then 4 * l + 1 else 0
    end.

(** * One step *)

Section Step.

Variables (k : nat) (ph : phase) (s : state).
Hypothesis flags : control ph s.
Hypothesis both : numbers k s.
Hypothesis token_inside : forall j, ph = Adding j -> j < 4 * l.

Lemma lowest_bit : s ("multiplier", 0) = Nat.testbit x k.
Proof. now rewrite (multiplier_bits _ _ both) by lia. Qed.

Lemma shift_comes : broadcast_shift l s = shifting (next_phase k ph).
Proof.
  unfold broadcast_shift. rewrite (check_flag _ _ flags), (counter_cells _ _ flags), lowest_bit by lia.
  destruct ph as [| | j |]; cbn.
  - now destruct (Nat.testbit x k).
  - reflexivity.
  - pose proof (token_inside j eq_refl).
    destruct (Nat.eqb_spec (4 * l - 1) j), (Nat.ltb_spec (S j) (4 * l)); lia || reflexivity.
  - reflexivity.
Qed.

Lemma control_next : control (next_phase k ph) (next l s).
Proof.
  constructor.
  - rewrite next_check, (right_flags _ _ flags) by lia.
    destruct ph as [| | j |]; cbn; [now destruct (Nat.testbit x k) | reflexivity | | reflexivity].
    now destruct (S j <? 4 * l).
  - intros i inside. rewrite next_copy, (check_flag _ _ flags), lowest_bit by assumption.
    destruct ph as [| | j |]; cbn; [now destruct (Nat.testbit x k) | reflexivity | | reflexivity].
    now destruct (S j <? 4 * l).
  - intros i inside. rewrite next_shift_right by assumption. apply shift_comes.
  - intros i inside. rewrite next_shift_left by assumption. apply shift_comes.
  - intros [| j] inside.
    + rewrite next_counter_start, (copy_flags _ _ flags) by lia.
      destruct ph as [| | j |]; cbn; [now destruct (Nat.testbit x k) | reflexivity | | reflexivity].
      now destruct (S j <? 4 * l).
    + rewrite next_counter, (counter_cells _ _ flags) by lia.
      destruct ph as [| | j' |]; cbn; [now destruct (Nat.testbit x k) | reflexivity | | reflexivity].
      destruct (Nat.ltb_spec (S j') (4 * l)); cbn; [reflexivity |]. apply Nat.eqb_neq. lia.
Qed.

Lemma numbers_next : numbers (next_shifts k ph) (next l s).
Proof.
  constructor.
  - intros i inside. rewrite next_multiplier by assumption.
    rewrite (right_flags _ _ flags), (multiplier_bits _ _ both) by assumption.
    destruct (Nat.ltb_spec (S i) l) as [inner | last].
    + rewrite (right_flags _ _ flags), (multiplier_bits _ _ both) by assumption.
      destruct ph; cbn; rewrite ?andb_true_r, ?andb_false_r, ?orb_false_r, ?orb_false_l; try reflexivity.
      f_equal; lia.
    + destruct ph; cbn; rewrite ?andb_true_r, ?andb_false_r, ?orb_false_r, ?orb_false_l; try reflexivity.
      symmetry. apply (high_bit l); [assumption | lia].
  - intros i inside. rewrite next_multiplicand by assumption.
    rewrite (left_flags _ _ flags), (multiplicand_bits _ _ both) by assumption.
    assert (moves : next_shifts k ph = if shifting ph then S k else k) by now destruct ph.
    rewrite moves. destruct (shifting ph) eqn:moving.
    + rewrite bit_of_shifted, andb_false_r. destruct i as [| j]; [reflexivity |].
      now rewrite (left_flags _ _ flags), (multiplicand_bits _ _ both), moving, andb_true_r by lia.
    + destruct i as [| j]; [now rewrite andb_true_r, orb_false_r |].
      now rewrite (left_flags _ _ flags), moving, andb_false_r, orb_false_r, andb_true_r by lia.
Qed.

Lemma nothing_copied : copying ph = false -> forall i, i < 2 * l -> copied s i = false.
Proof.
  intros not_copying i inside. unfold copied.
  now rewrite (copy_flags _ _ flags), not_copying, !andb_false_r by assumption.
Qed.

Lemma adder_alone : copying ph = false ->
  follows (2 * l) (column s "sum_p") (column s "sum_q") (column s "sum_c")
    (column (next l s) "sum_p") (column (next l s) "sum_q") (column (next l s) "sum_c").
Proof.
  intros not_copying i inside. unfold column at 1 4 6. cbv beta.
  rewrite next_sum_p, next_sum_q, next_sum_c, nothing_copied by assumption. now repeat split.
Qed.

(** A sum without carries does not change. *)
Lemma rest_kept : forall v, copying ph = false -> at_rest v s -> at_rest v (next l s).
Proof.
  intros v not_copying (p_is & q_is & c_is). pose proof (adder_alone not_copying) as same. repeat split.
  - rewrite <- p_is. apply value_ext. intros i inside. destruct (same i inside) as (-> & _ & _).
    unfold next_p. now rewrite q_is, xorb_false_r.
  - intros i inside. destruct (same i inside) as (_ & -> & _). destruct i as [| j]; [reflexivity | apply c_is; lia].
  - intros i inside. destruct (same i inside) as (_ & _ & ->).
    unfold next_c. now rewrite q_is, c_is, !andb_false_r.
Qed.

(** The multiplicand is copied to the empty [sum_q]. *)
Lemma copy_lands : ph = Copying -> Nat.testbit x k = true -> at_rest (partial k) s ->
  in_progress k 0 (partial (S k)) (next l s).
Proof.
  intros copying_now bit_is_1 (p_is & q_is & c_is).
  assert (k_inside : k < l).
  { destruct (Nat.lt_ge_cases k l) as [inside | outside]; [assumption |].
    now rewrite (high_bit l) in bit_is_1 by assumption. }
  assert (shifted_small : y * 2 ^ k < 2 ^ (2 * l))
    by (apply product_small; [assumption | apply Nat.pow_lt_mono_r; lia]).
  assert (q_now : forall i, i < 2 * l -> column (next l s) "sum_q" i = Nat.testbit (y * 2 ^ k) i).
  { intros i inside. unfold column at 1. rewrite next_sum_q by assumption. unfold copied.
    rewrite (left_flags _ _ flags), (copy_flags _ _ flags), (multiplicand_bits _ _ both), copying_now by assumption.
    cbn. rewrite andb_true_r. destruct i as [| j]; cbn; [apply orb_false_r |]. rewrite c_is by lia. apply orb_false_r. }
  assert (c_now : forall i, i < 2 * l -> column (next l s) "sum_c" i = false).
  { intros i inside. unfold column at 1. rewrite next_sum_c by assumption. unfold next_c.
    now rewrite q_is, c_is, !andb_false_r. }
  split; [| split; [| intros i _ inner; apply c_now; lia]].
  2:{ intros i below. change (1 / 2) with 0 in below. rewrite q_now by lia. apply Nat.mul_pow2_bits_low. lia. }
  rewrite partial_next, bit_is_1, <- p_is, <- (value_testbit (2 * l) (y * 2 ^ k)) by assumption. unfold total.
  rewrite (value_of_clear (2 * l) _ c_now), (value_ext (2 * l) _ _ q_now).
  rewrite (value_ext (2 * l) (column (next l s) "sum_p") (column s "sum_p")); [lia |].
  intros i inside. unfold column at 1. rewrite next_sum_p by assumption. unfold next_p.
  now rewrite q_is, xorb_false_r.
Qed.

Lemma progress_kept : forall k' j v, copying ph = false -> v < 2 ^ (2 * l) ->
  in_progress k' j v s -> in_progress k' (S j) v (next l s).
Proof.
  intros k' j v not_copying v_small (total_is & q_low & c_low). pose proof (adder_alone not_copying) as same.
  repeat split.
  - rewrite (total_ext _ _ _ _ _ _ _ same), total_kept; [assumption | lia |]. rewrite Nat.pow_succ_r'. lia.
  - intros i below. destruct (same i) as (_ & -> & _); [lia |].
    assert (half : S (S j) / 2 = S (j / 2)) by (change (S (S j)) with (2 + j); apply (Nat.div_add_l 1 2 j); lia).
    apply (q_stays_clear (2 * l) (Nat.min (2 * l) (S (k' + j / 2)))); [lia | | lia].
    apply (c_clear_below _ (k' + j / 2)); [lia | assumption].
  - intros i below inner. destruct (same i) as (_ & _ & ->); [lia |].
    apply (c_becomes_clear (2 * l) (Nat.min (2 * l) (k' + S j / 2))); [assumption | lia | assumption].
Qed.

(** The sum is complete when the carries have passed the [2 l - k] positions from [k] on. *)
Lemma progress_ends : forall k' j v, v < 2 ^ (2 * l) -> 2 * (2 * l - k') - 1 <= j ->
  in_progress k' j v s -> at_rest v s.
Proof.
  intros k' j v v_small enough (total_is & q_low & c_low).
  assert (q_all : q_clear (2 * l) (column s "sum_q")).
  { intros i inside. apply q_low. enough (2 * l - k' <= S j / 2) by lia. apply Nat.div_le_lower_bound; lia. }
  assert (c_all : c_clear (2 * l) (2 * l) (column s "sum_c")).
  { intros i inside inner. apply c_low; [| assumption]. enough (2 * l - k' - 1 <= j / 2) by lia.
    apply Nat.div_le_lower_bound; lia. }
  pose proof (settled (2 * l) (column s "sum_p") _ _ ltac:(lia) q_all c_all) as result.
  destruct (column s "sum_c" (2 * l - 1)) eqn:top; [lia |].
  split; [lia |]. split; [assumption |]. intros i inside.
  destruct (Nat.eq_dec i (2 * l - 1)) as [-> | inner]; [assumption | apply c_all; lia].
Qed.

End Step.

Lemma sum_next : forall k ph s, control ph s -> numbers k s -> sum_so_far k ph s ->
  sum_so_far (next_shifts k ph) (next_phase k ph) (next l s).
Proof.
  intros k ph s flags both. destruct ph as [| | j |]; cbn.
  - intros rest. destruct (Nat.testbit x k) eqn:the_bit; cbn.
    + split; [assumption |]. now apply (rest_kept Checking).
    + rewrite partial_next, the_bit, Nat.add_0_r. now apply (rest_kept Checking).
  - intros [the_bit rest]. split; [assumption |]. split; [lia |]. now apply (copy_lands k Copying).
  - intros (the_bit & inside & progress). destruct (Nat.ltb_spec (S j) (4 * l)) as [more | last]; cbn.
    + repeat (split; [assumption |]). now apply (progress_kept (Adding j)); [.. | apply partial_small |].
    + apply (rest_kept (Adding j)); [assumption | reflexivity |].
      apply (progress_ends s k j); [apply partial_small | lia | assumption].
  - intros rest. now apply (rest_kept Shifting).
Qed.

Lemma reached_next : forall k ph s, reached k ph s -> reached (next_shifts k ph) (next_phase k ph) (next l s).
Proof.
  intros k ph s (flags & both & sums).
  assert (token_inside : forall j, ph = Adding j -> j < 4 * l) by (intros j ->; apply sums).
  split; [now apply control_next |]. split; [now apply numbers_next | now apply sum_next].
Qed.

(** A token in the counter means that the bit is 1. *)
Lemma time_next : forall k ph s, sum_so_far k ph s -> time (next_shifts k ph) (next_phase k ph) = S (time k ph).
Proof.
  intros k ph s sums. unfold time.
  destruct ph as [| | j |]; cbn [next_shifts next_phase count].
  - destruct (Nat.testbit x k); lia.
  - lia.
  - destruct sums as (the_bit & inside & _). destruct (Nat.ltb_spec (S j) (4 * l)); rewrite ?the_bit; lia.
  - destruct (Nat.testbit x k); lia.
Qed.

(** * The whole run *)

Lemma reached_at_start : reached 0 Checking (multiplication_start x y).
Proof.
  split; [| split].
  - constructor; intros; reflexivity.
  - constructor; intros i inside; cbn; f_equal; rewrite ?Nat.mul_1_r; lia.
  - unfold sum_so_far, at_rest, partial. rewrite value_of_clear by reflexivity. cbn [value].
    repeat split; lia.
Qed.

Theorem run_reaches : forall j, exists k ph,
  reached k ph (run (step (multiplication l)) j (multiplication_start x y)) /\ time k ph = j.
Proof.
  induction j as [| j (k & ph & there & on_time)].
  - exists 0, Checking. split; [exact reached_at_start | unfold time; cbn [count]; lia].
  - exists (next_shifts k ph), (next_phase k ph). rewrite run_last. split; [now apply reached_next |].
    rewrite <- on_time. eapply time_next, there.
Qed.

(** The time at which all bits of x are processed. *)
Definition all_done : nat := 2 * l + (4 * l + 1) * count l (Nat.testbit x).

Lemma ones_so_far : forall k k', k <= k' -> count k (Nat.testbit x) <= count k' (Nat.testbit x).
Proof. intros k k' more. induction more as [| k' more IH]; [lia | cbn [count]; destruct (Nat.testbit x k'); lia]. Qed.

Lemma done_in_time : all_done <= 4 * l * l + 3 * l.
Proof. unfold all_done. pose proof (count_at_most l (Nat.testbit x)). nia. Qed.

Lemma partial_is_product : forall k, l <= k -> partial k = x * y.
Proof. intros k done. unfold partial. rewrite (all_bits l) by assumption. apply Nat.mul_comm. Qed.

Lemma product_after_last_bit : forall k ph s, l <= k -> sum_so_far k ph s -> value (2 * l) (column s "sum_p") = x * y.
Proof.
  intros k ph s done sums. pose proof (high_bit l x k x_small done) as zero.
  destruct ph as [| | i |]; cbn in sums.
  - destruct sums as (-> & _). now apply partial_is_product.
  - destruct sums as [the_bit _]. congruence.
  - destruct sums as [the_bit _]. congruence.
  - destruct sums as (-> & _). apply partial_is_product. lia.
Qed.

(** After that only shifts occur, and the sum is the product. *)
Theorem product_stands : forall j, all_done <= j ->
  number (run (step (multiplication l)) j (multiplication_start x y)) "sum_p" (2 * l) = x * y.
Proof.
  intros j late. destruct (run_reaches j) as (k & ph & (_ & _ & sums) & on_time). rewrite number_is_value.
  apply (product_after_last_bit k ph); [| assumption].
  destruct (Nat.le_gt_cases l k) as [done | before]; [assumption | exfalso].
  pose proof (ones_so_far (S k) l before) as more. cbn [count] in more. unfold time, all_done in *.
  destruct ph as [| | i |]; cbn in sums; [| destruct sums as [the_bit _] | destruct sums as (the_bit & inside & _) |];
    rewrite ?the_bit in *; try destruct (Nat.testbit x k); nia.
Qed.

(** The product is complete earlier: the last multiplicand is y 2^(l-1), whose carries pass only l + 1 positions. *)
Theorem product_stands_early : forall j, 4 * l * l + l <= j ->
  number (run (step (multiplication l)) j (multiplication_start x y)) "sum_p" (2 * l) = x * y.
Proof.
  intros j late. destruct (run_reaches j) as (k & ph & (_ & _ & sums) & on_time). rewrite number_is_value.
  destruct (Nat.le_gt_cases l k) as [done | before]; [now apply (product_after_last_bit k ph) |].
  pose proof (count_at_most k (Nat.testbit x)) as few_ones. unfold time in on_time.
  assert (last_bit : k = l - 1).
  { destruct ph as [| | i |]; [| | destruct sums as (_ & inside & _) | destruct (Nat.testbit x k)]; nia. }
  rewrite <- (partial_is_product (S k)) by lia.
  destruct ph as [| | i |]; [nia | nia | | now destruct sums].
  destruct sums as (_ & _ & progress). apply (progress_ends _ k i); [apply partial_small | nia | assumption].
Qed.

End Run.
