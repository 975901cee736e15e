(** The trained network evaluates every acyclic circuit of ANDs, NORs, NANDs and ORs, from every state that holds the
    inputs.

    A signal that is not positive is read from the bit of its inverse ([read]). What is read of the values of the
    compiled netlist is correct for the circuit ([read_is_correct]), and no other values are ([correct_is_unique]). *)

From Coq Require Import Reals List String Arith Bool Lia.
From NtkProofs Require Import Kernels Templates Programs Netlists Execution NetlistRun.
Import ListNotations.
Local Open Scope string_scope.
Local Open Scope list_scope.
Local Open Scope nat_scope.

Lemma distinct_images : forall (A B : Type) (f : A -> B) l, NoDup (map f l) ->
  forall x y, In x l -> In y l -> f x = f y -> x = y.
Proof.
  intros A B f. induction l as [| first l IH]; simpl; intros distinct x y x_in y_in same; [destruct x_in |].
  inversion distinct as [| ? ? fresh others]; subst.
  destruct x_in as [-> | x_in], y_in as [-> | y_in]; try reflexivity.
  - exfalso. apply fresh. rewrite same. now apply in_map.
  - exfalso. apply fresh. rewrite <- same. now apply in_map.
  - now apply IH.
Qed.

Section Circuit.

Variable C : circuit.
Hypothesis proper : well_formed_circuit C.

Let before : well_formed (unsigned C).
Proof. exact (proj1 proper). Qed.
Let after : well_formed (ands C).
Proof. exact (proj1 (proj2 proper)). Qed.

Lemma outputs_are_signals : map output (gates (unsigned C)) = map signal (covers C).
Proof. unfold unsigned. simpl. rewrite map_map. reflexivity. Qed.

Lemma covers_distinct : NoDup (map signal (covers C)).
Proof. rewrite <- outputs_are_signals. now apply gates_distinct. Qed.

Lemma inverted_signal : forall c, In c (covers C) -> inverted C (signal c) = negb (positive c).
Proof.
  intros c among. apply eq_true_iff_eq. unfold inverted. rewrite existsb_exists. split.
  - intros (other & other_among & both). apply andb_true_iff in both. destruct both as [same negative].
    destruct (same_bit_spec (signal c) (signal other)) as [equal |]; [| discriminate].
    now rewrite (distinct_images _ _ signal (covers C) covers_distinct c other among other_among equal).
  - intros negative. exists c. split; [assumption |].
    destruct (same_bit_spec (signal c) (signal c)); [assumption | congruence].
Qed.

Lemma argument_not_inverted : forall b, In b (arguments C) -> inverted C b = false.
Proof.
  intros b argument. apply not_true_iff_false. unfold inverted. rewrite existsb_exists.
  intros (c & among & both). apply andb_true_iff in both. destruct both as [same _].
  destruct (same_bit_spec b (signal c)) as [-> |]; [| discriminate].
  apply (inputs_apart (unsigned C) before (signal c) argument). rewrite outputs_are_signals. now apply in_map.
Qed.

(** * The values of the circuit that are read from those of the compiled netlist *)

Definition read (v : state) : state := fun b => if inverted C b then negb (v (inverse b)) else v b.

Lemma conjunction_of_held : forall v l, conjunction v (map (held C) l) = conjunction (read v) l.
Proof.
  intros v. unfold conjunction. induction l as [| [b wanted] l IH]; cbn [map forallb]; [reflexivity |].
  rewrite IH. f_equal. unfold held, read. simpl. destruct (inverted C b); simpl; [| reflexivity].
  destruct (v (inverse b)), wanted; reflexivity.
Qed.

Lemma read_is_correct : forall v, consistent (ands C) v -> correct C (read v).
Proof.
  intros v right c among. unfold read at 1. rewrite inverted_signal by assumption.
  assert (here : In (gate_of C c) (gates (ands C))) by (apply in_or_app; left; now apply in_map).
  pose proof (right _ here) as gate. unfold gate_of in gate. cbn [output literals] in gate.
  rewrite conjunction_of_held in gate.
  destruct (positive c); simpl; rewrite gate; now destruct (conjunction (read v) (cube c)).
Qed.

Lemma correct_is_unique : forall w w', correct C w -> correct C w' -> (forall b, In b (arguments C) -> w b = w' b) ->
  forall rank b, In b (signals (unsigned C)) -> level (unsigned C) b <= rank -> w b = w' b.
Proof.
  intros w w' right right' same. destruct (levels_are_ranks (unsigned C) before) as [_ below].
  induction rank as [| rank IH]; intros b signal low;
    (destruct (signal_cases (unsigned C) b signal) as [argument | (g & among & ->)]; [now apply same |]);
    destruct (below g among) as [some operands]; [lia |].
  apply in_map_iff in among. destruct among as (c & <- & among). simpl.
  rewrite right, right' by assumption. f_equal. apply conjunction_agrees.
  intros b operand. destruct (operands b operand). simpl in *. apply IH; [assumption | lia].
Qed.

(** * The results *)

Lemma result_is_held : forall b, In b (results C) -> In b (signals (ands C)).
Proof.
  intros b result. destruct (inverted C b) eqn:sign.
  - apply in_or_app. right. unfold ands. simpl. rewrite map_app. apply in_or_app. right.
    rewrite map_map. simpl. rewrite map_id. now apply filter_In.
  - destruct (signal_cases (unsigned C) b (proj2 (proj2 proper) b result)) as [argument | (g & among & ->)].
    + apply in_or_app. now left.
    + apply in_map_iff in among. destruct among as (c & <- & among). simpl in *.
      rewrite inverted_signal in sign by assumption. apply negb_false_iff in sign.
      apply in_or_app. right. unfold ands. simpl. rewrite map_app, map_map. apply in_or_app. left.
      apply in_map_iff. exists c. unfold gate_of. now rewrite sign.
Qed.

Lemma result_is_read : forall v b, consistent (ands C) v -> In b (results C) -> v b = read v b.
Proof.
  intros v b right result. unfold read. destruct (inverted C b) eqn:sign; [| reflexivity].
  transitivity (conjunction v [off (inverse b)]).
  - apply (right (Gate b [off (inverse b)])). apply in_or_app. right.
    apply (in_map (fun b => Gate b [off (inverse b)])). now apply filter_In.
  - unfold conjunction. simpl. now destruct (v (inverse b)).
Qed.

Lemma value_of_result : forall w, correct C w -> forall b, In b (results C) -> value (ands C) w b = w b.
Proof.
  intros w right b result. destruct (values_are_consistent (ands C) after w) as [start gates_right].
  rewrite result_is_read by assumption.
  apply (correct_is_unique _ _ (read_is_correct _ gates_right) right) with (level (unsigned C) b).
  - intros argument among. unfold read. now rewrite argument_not_inverted, start.
  - now apply proper.
  - apply le_n.
Qed.

Theorem circuit_executes : forall r w, correct C w -> forall s, (forall b, In b (arguments C) -> s b = w b) ->
  forall steps, depth (ands C) <= steps -> forall b, In b (results C) ->
  run (rounded_step r 0 (compiled_circuit C)) steps s b = w b.
Proof.
  intros r w right s same steps deep b result. rewrite <- (value_of_result w right b result).
  apply (netlist_executes (ands C) after); [assumption | assumption |]. now apply result_is_held.
Qed.

(** There are correct values for every assignment. *)
Theorem correct_exists : forall assignment, exists w,
  (forall b, In b (arguments C) -> w b = assignment b) /\ correct C w.
Proof.
  intros assignment. destruct (values_are_consistent (ands C) after assignment) as [start right].
  exists (read (value (ands C) assignment)). split; [| now apply read_is_correct].
  intros b argument. unfold read. now rewrite argument_not_inverted, start.
Qed.

End Circuit.

Theorem circuit_computes : forall C, well_formed_circuit C -> forall assignment, exists w,
  (forall b, In b (arguments C) -> w b = assignment b) /\ correct C w /\
  forall r s, (forall b, In b (arguments C) -> s b = assignment b) ->
  forall steps, depth (ands C) <= steps -> forall b, In b (results C) ->
  run (rounded_step r 0 (compiled_circuit C)) steps s b = w b.
Proof.
  intros C proper assignment. destruct (correct_exists C proper assignment) as (w & start & right).
  exists w. split; [exact start |]. split; [exact right |]. intros r s same.
  apply (circuit_executes C proper r w right). intros b argument. now rewrite start, same.
Qed.

(** * An example *)

Ltac absent := intros among; repeat (destruct among as [among | among]; [discriminate among |]); exact among.
Ltac present := repeat (first [now left | right]).

Lemma six_nands_well_formed : well_formed_circuit six_nands.
Proof.
  split; [split | split; [split |]].
  - cbn. repeat (constructor; [absent |]). constructor.
  - cbn. repeat split; intros b among; repeat (destruct among as [<- | among]; [present |]); destruct among.
  - cbn. repeat (constructor; [absent |]). constructor.
  - cbn. repeat split; intros b among; repeat (destruct among as [<- | among]; [present |]); destruct among.
  - cbn. intros b among; repeat (destruct among as [<- | among]; [present |]); destruct among.
Qed.

Lemma six_nands_depth : depth (ands six_nands) = 4.
Proof. reflexivity. Qed.

Theorem six_nands_execute : forall r s steps, 4 <= steps ->
  let s' := run (rounded_step r 0 (compiled_circuit six_nands)) steps s in
  let nand x y := negb (x && y) in
  let v := nand (s ("c", 0)) (s ("d", 0)) in
  let w := nand (s ("b", 0)) v in
  s' ("y", 0) = nand (nand (s ("a", 0)) (s ("c", 0))) w /\ s' ("z", 0) = nand w (nand (s ("e", 0)) v).
Proof.
  intros r s steps enough. cbv zeta. unfold compiled_circuit.
  split; rewrite (netlist_executes _ (proj1 (proj2 six_nands_well_formed)) r s s)
    by (reflexivity || (rewrite six_nands_depth; assumption) || (cbn; present)); cbn;
    destruct (s ("a", 0)), (s ("b", 0)), (s ("c", 0)), (s ("d", 0)), (s ("e", 0)); reflexivity.
Qed.
