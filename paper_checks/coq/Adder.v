(** The templates of the adder, inside any program.

    Their effect on a state is that of [AdderColumns] on columns of bits ([step_in_adder]). At each position at most two
    of them match ([adder_matches]), and no bit has more than two writers among them ([adder_writers_at_most]). *)

From Coq Require Import List String Arith Bool Lia.
From NtkProofs Require Import Kernels Templates Programs Counting.
From NtkProofs Require Export AdderColumns.
Import ListNotations.
Local Open Scope nat_scope.

Local Arguments Nat.eqb : simpl never.
Local Arguments Nat.ltb : simpl never.

(** * What the templates write *)

(** The bits that a list of templates writes; for all templates of a program this is [step]. *)
Definition written (Ts : list template) (s : state) (b : bit) : bool :=
  existsb (fun T => matches s T && writes_bit b T) Ts.

Lemma step_written : forall P s b, step P s b = written (templates P) s b.
Proof. reflexivity. Qed.

Lemma written_app : forall Ts Us s b, written (Ts ++ Us) s b = written Ts s b || written Us s b.
Proof. intros. apply existsb_app. Qed.

Lemma not_written : forall Ts s b, (forall T, In T Ts -> writes_bit b T = false) -> written Ts s b = false.
Proof.
  intros Ts s b none. unfold written. induction Ts as [|T Ts IH]; simpl.
  - reflexivity.
  - rewrite (none T), andb_false_r by now left. apply IH. intros U inside. apply none. now right.
Qed.

(** Lists of templates given by a function of the position. *)
Lemma existsb_flat_map : forall (A B : Type) (f : B -> bool) (g : A -> list B) l,
  existsb f (flat_map g l) = existsb (fun x => existsb f (g x)) l.
Proof.
  intros A B f g l. induction l as [|x l IH]; simpl; [reflexivity|]. now rewrite existsb_app, IH.
Qed.

Lemma existsb_positions : forall w i (f g : nat -> bool), (forall j, j < w -> f j = (i =? j) && g j) ->
  existsb f (seq 0 w) = (i <? w) && g i.
Proof.
  intros w i f g local. apply eq_iff_eq_true.
  rewrite existsb_exists, andb_true_iff, Nat.ltb_lt. split.
  - intros (j & inside & true_there). apply in_seq in inside. rewrite local in true_there by lia.
    apply andb_true_iff in true_there. destruct true_there as [here true_here]. apply Nat.eqb_eq in here.
    subst j. split; [lia | assumption].
  - intros [below true_here]. exists i. split; [apply in_seq; lia|]. rewrite local, Nat.eqb_refl; assumption.
Qed.

Section Templates.

Variables p q c : string.
Hypothesis p_q : p <> q.
Hypothesis p_c : p <> c.
Hypothesis q_c : q <> c.

Lemma same_field : forall f i j, same_bit (f, i) (f, j) = (i =? j).
Proof. intros. unfold same_bit. simpl. now rewrite String.eqb_refl. Qed.

Lemma other_field : forall f g i j, f <> g -> same_bit (f, i) (g, j) = false.
Proof. intros f g i j different. unfold same_bit. simpl. now rewrite (proj2 (String.eqb_neq f g) different). Qed.

(** Unfolds the requirements and the written bits of the four rules at a position. *)
Ltac at_position := unfold matches, writes_bit, on, off; simpl.
Ltac compare_bits :=
  rewrite ?same_field, ?(other_field p q), ?(other_field q p), ?(other_field p c), ?(other_field c p),
    ?(other_field q c), ?(other_field c q) by (congruence || auto).

Lemma adder_writes_p : forall w s i,
  written (adder p q c w) s (p, i) = (i <? w) && next_p (column s p) (column s q) i.
Proof.
  intros w s i. unfold written, adder. rewrite existsb_flat_map. apply existsb_positions. intros j _.
  at_position. unfold next_p, column. destruct (S j <? w); at_position; compare_bits;
    destruct (s (p, j)), (s (q, j)), (i =? j); simpl; rewrite ?andb_false_r; reflexivity.
Qed.

Lemma adder_writes_c : forall w s i,
  written (adder p q c w) s (c, i) = (i <? w) && next_c w (column s p) (column s q) (column s c) i.
Proof.
  intros w s i. unfold written, adder. rewrite existsb_flat_map. apply existsb_positions. intros j inside.
  at_position. unfold next_c, column. destruct (Nat.ltb_spec (S j) w) as [inner|last]; at_position; compare_bits.
  - rewrite (proj2 (Nat.eqb_neq (S j) w)) by lia.
    destruct (s (p, j)), (s (q, j)), (s (c, j)), (i =? j); reflexivity.
  - rewrite (proj2 (Nat.eqb_eq (S j) w)) by lia.
    destruct (s (p, j)), (s (q, j)), (s (c, j)), (i =? j); reflexivity.
Qed.

Lemma adder_writes_q : forall w s i,
  written (adder p q c w) s (q, i) = (i <? w) && next_q (column s c) i.
Proof.
  intros w s i. unfold written, adder. rewrite existsb_flat_map.
  transitivity ((i - 1 <? w) && ((0 <? i) && (i <? w) && column s c (i - 1))).
  - apply (existsb_positions w (i - 1) _ (fun j => (0 <? i) && (i <? w) && column s c j)). intros j inside.
    at_position. unfold column. destruct (Nat.ltb_spec (S j) w) as [inner|last]; at_position; compare_bits.
    + destruct i as [|i]; simpl.
      * rewrite !andb_false_r. destruct (s (p, j)), (s (q, j)); reflexivity.
      * rewrite Nat.sub_0_r. change (S i =? S j) with (i =? j). destruct (Nat.eqb_spec i j) as [here|elsewhere].
        -- subst j. rewrite (proj2 (Nat.ltb_lt (S i) w)) by lia.
           destruct (s (p, i)), (s (q, i)), (s (c, i)); reflexivity.
        -- destruct (s (p, j)), (s (q, j)), (s (c, j)); reflexivity.
    + rewrite !andb_false_r. destruct (Nat.eqb_spec (i - 1) j) as [here|elsewhere].
      * destruct i as [|i]; simpl; [reflexivity|]. rewrite (proj2 (Nat.ltb_ge (S i) w)) by lia. reflexivity.
      * reflexivity.
  - unfold next_q. destruct i as [|i]; simpl.
    + now rewrite !andb_false_r.
    + rewrite Nat.sub_0_r. destruct (Nat.ltb_spec (S i) w) as [inner|last]; simpl.
      * now rewrite (proj2 (Nat.ltb_lt i w)) by lia.
      * now rewrite andb_false_r.
Qed.

Lemma adder_writes_its_fields_only : forall w s f i, f <> p -> f <> q -> f <> c ->
  written (adder p q c w) s (f, i) = false.
Proof.
  intros w s f i f_p f_q f_c. apply not_written. intros T inside.
  unfold adder in inside. apply in_flat_map in inside. destruct inside as (j & _ & inside).
  simpl in inside. unfold writes_bit.
  destruct inside as [<-|[<-|[<-|[<-|[]]]]]; simpl; [| | |destruct (S j <? w)]; simpl; now rewrite other_field.
Qed.

(** In a program whose other templates write nothing to p and c (they may write to q, as the copy rules of
    multiplication do), a step is the step of the adder on columns, where q is the disjunction with the bits that the
    others write. *)
Theorem step_in_adder : forall P others w,
  templates P = others ++ adder p q c w ->
  (forall T i, In T others -> writes_bit (p, i) T = false /\ writes_bit (c, i) T = false) ->
  forall s i, i < w ->
  step P s (p, i) = next_p (column s p) (column s q) i
  /\ step P s (q, i) = written others s (q, i) || next_q (column s c) i
  /\ step P s (c, i) = next_c w (column s p) (column s q) (column s c) i.
Proof.
  intros P others w parts aside s i inside. rewrite !step_written, parts, !written_app.
  rewrite adder_writes_p, adder_writes_q, adder_writes_c, (proj2 (Nat.ltb_lt i w) inside).
  rewrite (not_written others s (p, i)) by (intros; now apply aside).
  rewrite (not_written others s (c, i)) by (intros; now apply aside).
  now repeat split.
Qed.

(** Where the others write nothing to q either, the three columns follow the adder. *)
Corollary step_follows_adder : forall P others w s,
  templates P = others ++ adder p q c w ->
  (forall T i, In T others -> writes_bit (p, i) T = false /\ writes_bit (c, i) T = false) ->
  (forall i, i < w -> written others s (q, i) = false) ->
  follows w (column s p) (column s q) (column s c)
    (column (step P s) p) (column (step P s) q) (column (step P s) c).
Proof.
  intros P others w s parts aside quiet i inside.
  destruct (step_in_adder P others w parts aside s i inside) as (at_p & at_q & at_c).
  unfold column at 1 4 6. rewrite at_p, at_q, at_c, quiet by assumption. now repeat split.
Qed.

End Templates.

(** * Counts *)

(** A sum of natural numbers over positions. *)
Fixpoint tally (w : nat) (f : nat -> nat) : nat := match w with O => 0 | S k => tally k f + f k end.

Lemma tally_ext : forall w f g, (forall i, i < w -> f i = g i) -> tally w f = tally w g.
Proof.
  induction w as [|w IH]; intros f g same; simpl; [reflexivity|].
  rewrite (same w), (IH f g) by (intros; try apply same; lia). reflexivity.
Qed.

Lemma tally_at : forall w i a, tally w (fun j => if i =? j then a else 0) = if i <? w then a else 0.
Proof.
  induction w as [|w IH]; intros i a; simpl.
  - reflexivity.
  - rewrite IH. destruct (Nat.ltb_spec i w), (Nat.ltb_spec i (S w)), (Nat.eqb_spec i w); lia.
Qed.

Lemma length_filter_positions : forall (A : Type) (f : A -> bool) (g : nat -> list A) w,
  List.length (filter f (flat_map g (seq 0 w))) = tally w (fun i => List.length (filter f (g i))).
Proof.
  intros A f g. induction w as [|w IH].
  - reflexivity.
  - rewrite seq_S, flat_map_app, filter_app, app_length, IH. simpl. now rewrite app_nil_r.
Qed.

Lemma adder_size : forall p q c w, List.length (adder p q c w) = 4 * w.
Proof.
  intros p q c w. rewrite <- (seq_length w 0) at 2. unfold adder.
  induction (seq 0 w) as [|i rest IH]; simpl in *; lia.
Qed.

(** At every position one of the first three rules matches iff p or q is set there, and the fourth iff c is. *)
Theorem adder_matches : forall p q c w s,
  List.length (filter (matches s) (adder p q c w))
  = count w (fun i => s (p, i) || s (q, i)) + count w (fun i => s (c, i)).
Proof.
  intros p q c w s. unfold adder. rewrite length_filter_positions.
  enough (every : forall k, tally k (fun i => List.length (filter (matches s)
      [ Template [off (p, i); on (q, i)] [(p, i)]; Template [on (p, i); off (q, i)] [(p, i)];
        Template [on (p, i); on (q, i)] [(c, i)];
        Template [on (c, i)] [if S i <? w then (q, S i) else (c, i)] ]))
    = count k (fun i => s (p, i) || s (q, i)) + count k (fun i => s (c, i))) by apply every.
  induction k as [|k IH]; [reflexivity|].
  change (tally (S k) ?f) with (tally k f + f k). rewrite IH.
  unfold matches; simpl. destruct (s (p, k)), (s (q, k)), (s (c, k)); simpl; lia.
Qed.

Corollary adder_matches_at_most : forall p q c w s, List.length (filter (matches s) (adder p q c w)) <= 2 * w.
Proof.
  intros p q c w s. rewrite adder_matches.
  pose proof (count_at_most w (fun i => s (p, i) || s (q, i))).
  pose proof (count_at_most w (fun i => s (c, i))). lia.
Qed.

Section Writers.

Variables p q c : string.
Hypothesis p_q : p <> q.
Hypothesis p_c : p <> c.
Hypothesis q_c : q <> c.

Ltac at_position := unfold writes_bit; simpl.
Ltac compare_bits :=
  rewrite ?same_field, ?(other_field p q), ?(other_field q p), ?(other_field p c), ?(other_field c p),
    ?(other_field q c), ?(other_field c q) by (congruence || auto).

Lemma writers_of_p : forall w i,
  List.length (filter (writes_bit (p, i)) (adder p q c w)) = if i <? w then 2 else 0.
Proof.
  intros w i. unfold adder. rewrite length_filter_positions, <- tally_at. apply tally_ext. intros j _.
  at_position. destruct (S j <? w); at_position; compare_bits; destruct (i =? j); reflexivity.
Qed.

Lemma writers_of_q : forall w i,
  List.length (filter (writes_bit (q, i)) (adder p q c w)) = if (0 <? i) && (i <? w) then 1 else 0.
Proof.
  intros w i. unfold adder. rewrite length_filter_positions.
  rewrite (tally_ext w _ (fun j => if i - 1 =? j then (if (0 <? i) && (i <? w) then 1 else 0) else 0)).
  - rewrite tally_at. destruct (Nat.ltb_spec 0 i), (Nat.ltb_spec i w), (Nat.ltb_spec (i - 1) w); simpl; lia.
  - intros j inside. at_position. destruct (Nat.ltb_spec (S j) w); at_position; compare_bits.
    + destruct (Nat.eqb_spec i (S j)), (Nat.eqb_spec (i - 1) j), (Nat.ltb_spec 0 i), (Nat.ltb_spec i w);
        simpl; lia.
    + destruct (Nat.eqb_spec (i - 1) j), (Nat.ltb_spec 0 i), (Nat.ltb_spec i w); simpl; lia.
Qed.

Lemma writers_of_c : forall w i,
  List.length (filter (writes_bit (c, i)) (adder p q c w)) = if i <? w then (if S i =? w then 2 else 1) else 0.
Proof.
  intros w i. unfold adder. rewrite length_filter_positions, <- tally_at. apply tally_ext. intros j inside.
  at_position. destruct (Nat.ltb_spec (S j) w); at_position; compare_bits;
    destruct (Nat.eqb_spec i j), (Nat.eqb_spec (S i) w); simpl; lia.
Qed.

Lemma writers_elsewhere : forall w f i, f <> p -> f <> q -> f <> c ->
  List.length (filter (writes_bit (f, i)) (adder p q c w)) = 0.
Proof.
  intros w f i f_p f_q f_c. unfold adder. rewrite length_filter_positions.
  rewrite (tally_ext w _ (fun j => if i =? j then 0 else 0)).
  - rewrite tally_at. now destruct (i <? w).
  - intros j _. at_position. destruct (S j <? w); at_position; rewrite !other_field by assumption;
      now destruct (i =? j).
Qed.

Theorem adder_writers_at_most : forall w b, List.length (filter (writes_bit b) (adder p q c w)) <= 2.
Proof.
  intros w [f i].
  destruct (string_dec f p) as [->|f_p]; [|destruct (string_dec f q) as [->|f_q];
    [|destruct (string_dec f c) as [->|f_c]]].
  - rewrite writers_of_p. destruct (i <? w); lia.
  - rewrite writers_of_q. destruct ((0 <? i) && (i <? w)); lia.
  - rewrite writers_of_c. destruct (i <? w), (S i =? w); lia.
  - rewrite writers_elsewhere by assumption. lia.
Qed.

End Writers.
