(** Multiplication, rule by rule: how many templates there are and which of them write a bit.

    The program lists its templates position by position. Here they are listed rule by rule ([rules]), where a rule is a
    family of templates; [writers_of] is the table of the templates that write a bit. From it follow the counts
    ([counts_of_rules]), and what one step does to each field (MultiplicationSteps). *)

From Coq Require Import List String Arith Bool Lia.
From NtkProofs Require Import Kernels Templates Programs.
Import ListNotations.
Local Open Scope string_scope.
Local Open Scope list_scope.
Local Open Scope nat_scope.

(** * Lists of templates, rule by rule *)

Definition one (b : bool) : nat := if b then 1 else 0.

Fixpoint tally (n : nat) (h : nat -> nat) : nat := match n with O => 0 | S k => tally k h + h k end.

Lemma tally_plus : forall n g h, tally n (fun i => g i + h i) = tally n g + tally n h.
Proof. induction n as [| n IH]; intros g h; cbn; [reflexivity | rewrite IH; lia]. Qed.

Lemma tally_one : forall n M, tally n (fun i => one (M i)) = count n M.
Proof. induction n as [| n IH]; intros M; cbn; [reflexivity | rewrite IH; reflexivity]. Qed.

Lemma tally_ext : forall n g h, (forall i, i < n -> g i = h i) -> tally n g = tally n h.
Proof. induction n as [| n IH]; intros g h E; cbn; [reflexivity | rewrite (IH g h), (E n); auto]. Qed.

(** A rule without a template at the first position, and one without a template at the last position. *)
Lemma tally_but_first : forall n h, tally n (fun i => if 0 <? i then h (i - 1) else 0) = tally (n - 1) h.
Proof.
  intros [| n] h; [reflexivity |]. replace (S n - 1) with n by lia.
  induction n as [| n IH]; [reflexivity |].
  change (tally (S n) (fun i => if 0 <? i then h (i - 1) else 0) + h (S n - 1) = tally n h + h n).
  rewrite IH. f_equal. f_equal. lia.
Qed.

Lemma tally_but_last : forall n g h, 1 <= n ->
  tally n (fun i => if S i <? n then g i else h i) = tally (n - 1) g + h (n - 1).
Proof.
  intros [| n] g h n_positive; [lia |]. replace (S n - 1) with n by lia. cbn [tally].
  f_equal.
  - apply tally_ext. intros i i_below. now destruct (Nat.ltb_spec (S i) (S n)); [| lia].
  - now rewrite Nat.ltb_irrefl.
Qed.

Definition how_many {A} (f : A -> bool) (L : list A) : nat := List.length (filter f L).

Lemma how_many_cons : forall A (f : A -> bool) a L, how_many f (a :: L) = one (f a) + how_many f L.
Proof. intros A f a L. unfold how_many. cbn. now destruct (f a). Qed.

Lemma how_many_app : forall A (f : A -> bool) L L', how_many f (L ++ L') = how_many f L + how_many f L'.
Proof. intros. unfold how_many. now rewrite filter_app, app_length. Qed.

Lemma how_many_nil : forall A (f : A -> bool), how_many f [] = 0.
Proof. reflexivity. Qed.

Lemma how_many_if : forall A (f : A -> bool) (c : bool) L L',
  how_many f (if c then L else L') = if c then how_many f L else how_many f L'.
Proof. now intros A f [] L L'. Qed.

Lemma seq_last : forall n, seq 0 (S n) = seq 0 n ++ [n].
Proof. intros n. now rewrite seq_S. Qed.

Lemma how_many_flat_map : forall A (f : A -> bool) g n,
  how_many f (flat_map g (seq 0 n)) = tally n (fun i => how_many f (g i)).
Proof.
  intros A f g n. induction n as [| n IH]; [reflexivity |].
  rewrite seq_last, flat_map_app, how_many_app, IH. cbn. now rewrite app_nil_r.
Qed.

Lemma how_many_map : forall A (f : A -> bool) g n,
  how_many f (map g (seq 0 n)) = count n (fun i => f (g i)).
Proof.
  intros A f g n. rewrite <- tally_one. induction n as [| n IH]; [reflexivity |].
  rewrite seq_last, map_app, how_many_app, IH. cbn [map tally]. rewrite how_many_cons, how_many_nil. lia.
Qed.

Lemma exists_is_how_many : forall A (f : A -> bool) L, existsb f L = (0 <? how_many f L).
Proof.
  intros A f L. induction L as [| a L IH]; [reflexivity |].
  rewrite how_many_cons. cbn. rewrite IH. now destruct (f a).
Qed.

Lemma filter_filter : forall A (f g : A -> bool) L, filter (fun a => f a && g a) L = filter f (filter g L).
Proof.
  intros A f g L. induction L as [| a L IH]; [reflexivity |]. cbn.
  destruct (g a), (f a) eqn:fa; cbn; rewrite ?fa, ?IH; reflexivity.
Qed.

Lemma exists_filter : forall A (f g : A -> bool) L, existsb (fun a => f a && g a) L = existsb f (filter g L).
Proof.
  intros A f g L. induction L as [| a L IH]; [reflexivity |]. cbn.
  destruct (g a), (f a) eqn:fa; cbn; rewrite ?fa, ?IH; reflexivity.
Qed.

(** * The rules *)

Section Rules.

Variable l : nat.

Definition bit_is_1 := Template [on check; on ("multiplier", 0)] (copy l).
Definition bit_is_0 := Template [on check; off ("multiplier", 0)] (shift l).
Definition keep_multiplier i := Template [on ("multiplier", i); off ("to_shift_right", i)] [("multiplier", i)].
Definition shift_multiplier i := Template [on ("multiplier", S i); on ("to_shift_right", S i)] [("multiplier", i)].
Definition check_again := Template [on ("to_shift_right", 0)] [check].
Definition keep_multiplicand i :=
  Template [on ("multiplicand", i); off ("to_shift_left", i); off ("to_copy_to_sum_q", i)] [("multiplicand", i)].
Definition copy_multiplicand i :=
  Template [on ("multiplicand", i); off ("to_shift_left", i); on ("to_copy_to_sum_q", i)]
    [("multiplicand", i); ("sum_q", i)].
Definition shift_multiplicand i := Template [on ("multiplicand", i); on ("to_shift_left", i)] [("multiplicand", S i)].
Definition start_counter := Template [on ("to_copy_to_sum_q", 0)] [("sum_counter", 0)].
Definition count_on j := Template [on ("sum_counter", j)] [("sum_counter", S j)].
Definition counted := Template [on ("sum_counter", 4 * l - 1)] (shift l).
Definition add_right i := Template [off ("sum_p", i); on ("sum_q", i)] [("sum_p", i)].
Definition add_left i := Template [on ("sum_p", i); off ("sum_q", i)] [("sum_p", i)].
Definition carry i := Template [on ("sum_p", i); on ("sum_q", i)] [("sum_c", i)].
Definition pass_carry i := Template [on ("sum_c", i)] [("sum_q", S i)].
Definition hold_carry := Template [on ("sum_c", 2 * l - 1)] [("sum_c", 2 * l - 1)].

Definition control_rules : list template := [bit_is_1; bit_is_0; check_again; start_counter; counted].

Definition rules : list template :=
  control_rules
  ++ map count_on (seq 0 (4 * l - 1))
  ++ map keep_multiplier (seq 0 l)
  ++ map shift_multiplier (seq 0 (l - 1))
  ++ map keep_multiplicand (seq 0 (2 * l))
  ++ map copy_multiplicand (seq 0 (2 * l))
  ++ map shift_multiplicand (seq 0 (2 * l - 1))
  ++ map add_right (seq 0 (2 * l))
  ++ map add_left (seq 0 (2 * l))
  ++ map carry (seq 0 (2 * l))
  ++ map pass_carry (seq 0 (2 * l - 1))
  ++ [hold_carry].

Hypothesis l_positive : 1 <= l.

(** The program and the rules have the same templates, in another order. *)
Lemma rules_are_the_program : forall f, how_many f (templates (multiplication l)) = how_many f rules.
Proof.
  intros f. unfold multiplication, rules, control_rules. cbn [templates].
  unfold look_at_lowest_bit, keep_or_shift_multiplier, keep_copy_or_shift_multiplicand, wait_for_carries, adder.
  rewrite ?how_many_app, ?how_many_cons, ?how_many_app, ?how_many_flat_map, ?how_many_map, ?how_many_cons,
    ?how_many_nil.
  (* multiplier *)
  rewrite (tally_ext l _ (fun i => one (f (keep_multiplier i))
    + (if 0 <? i then one (f (shift_multiplier (i - 1))) else 0))).
  2:{ intros i _. rewrite how_many_cons, how_many_if, how_many_cons, !how_many_nil.
      destruct (Nat.ltb_spec 0 i); [| reflexivity].
      unfold keep_multiplier, shift_multiplier. replace (S (i - 1)) with i by lia. lia. }
  rewrite tally_plus, (tally_but_first l (fun i => one (f (shift_multiplier i)))).
  (* multiplicand *)
  rewrite (tally_ext (2 * l) _ (fun i => one (f (keep_multiplicand i)) + (one (f (copy_multiplicand i))
    + (if S i <? 2 * l then one (f (shift_multiplicand i)) else 0)))).
  2:{ intros i _. rewrite how_many_app, how_many_if, !how_many_cons, !how_many_nil.
      fold (keep_multiplicand i) (copy_multiplicand i) (shift_multiplicand i). destruct (S i <? 2 * l); lia. }
  rewrite !tally_plus, (tally_but_last (2 * l) _ (fun _ => 0)) by lia.
  (* sum *)
  rewrite (tally_ext (2 * l) (fun i => how_many f [_; _; _; _])
    (fun i => one (f (add_right i)) + (one (f (add_left i)) + (one (f (carry i))
    + (if S i <? 2 * l then one (f (pass_carry i))
       else one (f (Template [on ("sum_c", i)] [("sum_c", i)]))))))).
  2:{ intros i _. rewrite !how_many_cons, !how_many_nil.
      fold (add_right i) (add_left i) (carry i). destruct (S i <? 2 * l); fold (pass_carry i); lia. }
  rewrite !tally_plus, tally_but_last, !tally_one by lia.
  change (Template [on ("sum_c", 2 * l - 1)] [("sum_c", 2 * l - 1)]) with hold_carry.
  change (Template [on check; on ("multiplier", 0)] (copy l)) with bit_is_1.
  change (Template [on check; off ("multiplier", 0)] (shift l)) with bit_is_0.
  change (Template [on ("to_shift_right", 0)] [check]) with check_again.
  change (Template [on ("to_copy_to_sum_q", 0)] [("sum_counter", 0)]) with start_counter.
  change (Template [on ("sum_counter", 4 * l - 1)] (shift l)) with counted.
  change (fun i => f (Template [on ("sum_counter", i)] [("sum_counter", S i)])) with (fun i => f (count_on i)).
  lia.
Qed.

Definition writers (b : bit) : list template := filter (writes_bit b) rules.

Lemma step_of_writers : forall s b, step (multiplication l) s b = existsb (matches s) (writers b).
Proof.
  intros s b. unfold step, writers.
  now rewrite <- exists_filter, !exists_is_how_many, rules_are_the_program.
Qed.

Lemma matches_of_rules : forall s, n_of (multiplication l) s = how_many (matches s) rules.
Proof. intros s. exact (rules_are_the_program (matches s)). Qed.

Lemma writers_counted : forall b, t_of (multiplication l) b = List.length (writers b).
Proof. intros b. exact (rules_are_the_program (writes_bit b)). Qed.

(** * The writers of each bit *)

Lemma writers_in_family : forall (g : template -> bool) R (c : bool) i n, (forall j, g (R j) = c && (i =? j)) ->
  filter g (map R (seq 0 n)) = if c && (i <? n) then [R i] else [].
Proof.
  intros g R c i n local. induction n as [| n IH].
  - now rewrite andb_false_r.
  - rewrite seq_last, map_app, filter_app, IH. cbn [map filter]. rewrite local.
    destruct c; cbn [andb]; [| reflexivity].
    destruct (Nat.ltb_spec i n), (Nat.ltb_spec i (S n)), (Nat.eqb_spec i n); try lia; subst; reflexivity.
Qed.

Lemma writers_one_place_up : forall (g : template -> bool) R (c : bool) i n, 1 <= n ->
  (forall j, g (R j) = c && (i =? S j)) ->
  filter g (map R (seq 0 (n - 1))) = if c && ((0 <? i) && (i <? n)) then [R (i - 1)] else [].
Proof.
  intros g R c [| i] n n_positive local.
  - rewrite (writers_in_family g R false 0) by (intros j; now rewrite local, andb_false_r).
    now rewrite andb_false_r.
  - rewrite (writers_in_family g R c i) by (intros j; apply local).
    replace (S i - 1) with i by lia. change (0 <? S i) with true. rewrite andb_true_l.
    destruct (Nat.ltb_spec i (n - 1)), (Nat.ltb_spec (S i) n); lia || reflexivity.
Qed.

Lemma in_field : forall f i g n,
  existsb (same_bit (f, i)) (map (fun j => (g, j) : bit) (seq 0 n)) = String.eqb f g && (i <? n).
Proof.
  intros f i g n. induction n as [| n IH].
  - now rewrite andb_false_r.
  - rewrite seq_last, map_app, existsb_app, IH. unfold same_bit. cbn [map existsb fst snd].
    destruct (String.eqb f g); cbn [andb orb]; [| reflexivity].
    destruct (Nat.ltb_spec i n), (Nat.ltb_spec i (S n)), (Nat.eqb_spec i n); try lia; reflexivity.
Qed.

(** The flags that a broadcast shift sets. *)
Definition shift_flag (f : string) (i : nat) : bool :=
  String.eqb f "to_shift_right" && (i <? l) || String.eqb f "to_shift_left" && (i <? 2 * l).

Definition given (c : bool) (T : template) : list template := if c then [T] else [].

Theorem writers_of : forall f i, writers (f, i) =
  let is g := String.eqb f g in
  given (is "to_copy_to_sum_q" && (i <? 2 * l)) bit_is_1
  ++ given (shift_flag f i) bit_is_0
  ++ given (is "to_check_lsb" && (i =? 0)) check_again
  ++ given (is "sum_counter" && (i =? 0)) start_counter
  ++ given (shift_flag f i) counted
  ++ given (is "sum_counter" && ((0 <? i) && (i <? 4 * l))) (count_on (i - 1))
  ++ given (is "multiplier" && (i <? l)) (keep_multiplier i)
  ++ given (is "multiplier" && (i <? l - 1)) (shift_multiplier i)
  ++ given (is "multiplicand" && (i <? 2 * l)) (keep_multiplicand i)
  ++ given ((is "multiplicand" || is "sum_q") && (i <? 2 * l)) (copy_multiplicand i)
  ++ given (is "multiplicand" && ((0 <? i) && (i <? 2 * l))) (shift_multiplicand (i - 1))
  ++ given (is "sum_p" && (i <? 2 * l)) (add_right i)
  ++ given (is "sum_p" && (i <? 2 * l)) (add_left i)
  ++ given (is "sum_c" && (i <? 2 * l)) (carry i)
  ++ given (is "sum_q" && ((0 <? i) && (i <? 2 * l))) (pass_carry (i - 1))
  ++ given (is "sum_c" && (i =? 2 * l - 1)) hold_carry.
Proof.
  intros f i. unfold writers, rules, given. rewrite !filter_app.
  assert (family : forall j (R : nat -> template) g, (forall j, writes (R j) = [(g, j)]) ->
    writes_bit (f, i) (R j) = String.eqb f g && (i =? j)).
  { intros j R g same. unfold writes_bit. rewrite same. unfold same_bit. cbn. apply orb_false_r. }
  assert (family_up : forall j (R : nat -> template) g, (forall j, writes (R j) = [(g, S j)]) ->
    writes_bit (f, i) (R j) = String.eqb f g && (i =? S j)).
  { intros j R g same. unfold writes_bit. rewrite same. unfold same_bit. cbn. apply orb_false_r. }
  rewrite (writers_one_place_up _ count_on (String.eqb f "sum_counter") i) by (lia || now intros; apply family_up).
  rewrite (writers_in_family _ keep_multiplier (String.eqb f "multiplier") i) by (now intros; apply family).
  rewrite (writers_in_family _ shift_multiplier (String.eqb f "multiplier") i) by (now intros; apply family).
  rewrite (writers_in_family _ keep_multiplicand (String.eqb f "multiplicand") i) by (now intros; apply family).
  rewrite (writers_in_family _ copy_multiplicand (String.eqb f "multiplicand" || String.eqb f "sum_q") i).
  2:{ intros j. unfold writes_bit, same_bit. cbn. now rewrite orb_false_r, andb_orb_distrib_l. }
  rewrite (writers_one_place_up _ shift_multiplicand (String.eqb f "multiplicand") i)
    by (lia || now intros; apply family_up).
  rewrite (writers_in_family _ add_right (String.eqb f "sum_p") i) by (now intros; apply family).
  rewrite (writers_in_family _ add_left (String.eqb f "sum_p") i) by (now intros; apply family).
  rewrite (writers_in_family _ carry (String.eqb f "sum_c") i) by (now intros; apply family).
  rewrite (writers_one_place_up _ pass_carry (String.eqb f "sum_q") i) by (lia || now intros; apply family_up).
  rewrite !app_assoc. repeat apply f_equal2; try reflexivity.
  - unfold control_rules. cbn [filter].
    assert (shifts : existsb (same_bit (f, i)) (shift l) = shift_flag f i)
      by (unfold shift; now rewrite existsb_app, !in_field).
    assert (copies : existsb (same_bit (f, i)) (copy l) = String.eqb f "to_copy_to_sum_q" && (i <? 2 * l))
      by apply in_field.
    unfold bit_is_1, bit_is_0, counted, check_again, start_counter, check.
    unfold writes_bit; cbn [writes existsb]. rewrite shifts, copies. unfold same_bit. cbn [fst snd].
    rewrite !orb_false_r.
    now destruct (String.eqb f "to_copy_to_sum_q" && _), (shift_flag f i), (String.eqb f "to_check_lsb" && _),
      (String.eqb f "sum_counter" && (i =? 0)).
  - cbn [filter]. unfold writes_bit, same_bit. cbn. rewrite orb_false_r. reflexivity.
Qed.

End Rules.

(** * Counts: templates, and writers of a bit *)

Lemma how_many_all : forall A (L : list A), how_many (fun _ => true) L = List.length L.
Proof. intros A L. induction L as [| a L IH]; [reflexivity |]. rewrite how_many_cons, IH. reflexivity. Qed.

Lemma length_given : forall c T, List.length (given c T) = one c.
Proof. now intros [] T. Qed.

(** 20 l + 2 templates; at most three write a bit, and three only where the multiplicand is kept, copied and shifted. *)
Theorem counts_of_rules : forall l, 1 <= l ->
  samples (multiplication l) = 20 * l + 2
  /\ forall b, t_of (multiplication l) b <= 3
               /\ (t_of (multiplication l) b = 3 <-> exists i, 0 < i < 2 * l /\ b = ("multiplicand", i)).
Proof.
  intros l l_positive. split.
  - unfold samples. rewrite <- how_many_all, rules_are_the_program, how_many_all by assumption.
    unfold rules, control_rules. cbn [padding multiplication].
    rewrite !app_length, !map_length, !seq_length. cbn [List.length]. lia.
  - intros [f i]. rewrite writers_counted, writers_of by assumption. cbv zeta.
    rewrite !app_length, !length_given. unfold shift_flag.
    assert (in_multiplicand : (exists j, 0 < j < 2 * l /\ (f, i) = ("multiplicand", j))
      <-> f = "multiplicand" /\ 0 < i < 2 * l).
    { split; [intros (j & inside & same); inversion same; now subst | intros [-> inside]; now exists i]. }
    rewrite in_multiplicand.
    destruct (String.eqb_spec f "multiplicand") as [-> | not_multiplicand].
    + cbn [String.eqb Ascii.eqb Bool.eqb andb orb one].
      destruct (Nat.ltb_spec 0 i), (Nat.ltb_spec i (2 * l)); cbn [andb one];
        (split; [lia | split; [split; [reflexivity | lia] | intros [_ inside]; lia]]).
    + match goal with |- ?t <= 3 /\ _ => enough (at_most_two : t <= 2) by (split; [lia | split; [lia | tauto]]) end.
      repeat match goal with |- context [String.eqb f ?g] =>
        destruct (String.eqb_spec f g) as [-> |]; cbn [String.eqb Ascii.eqb Bool.eqb andb orb one] end.
      all: repeat match goal with |- context [one ?c] => destruct c; cbn [one] end; lia.
Qed.
