(** The adder that addition and multiplication share, as columns of bits and as templates.

    One step turns the columns p, q, c into [next_p], [next_q], [next_c]. It keeps p + q + 2c ([total_kept]).
    Every two steps clear one more position of q and c ([first_half], [second_half]), so that after 2w - 1 steps the
    whole sum is in p and the last carry ([carries_settle]). The second part says that the templates of [adder] do
    exactly this to a state, inside any program ([step_in_adder]); the last counts those that match a state
    ([adder_matches]) and those that write a bit ([adder_writers_at_most]). *)

From Coq Require Import List String Arith Bool Lia.
From NtkProofs Require Import Kernels Templates Programs Counting.
Import ListNotations.
Local Open Scope nat_scope.

Local Arguments Nat.eqb : simpl never.
Local Arguments Nat.ltb : simpl never.

(** * Numbers in columns of bits *)

Fixpoint value (w : nat) (f : nat -> bool) : nat :=
  match w with O => 0 | S k => value k f + if f k then 2 ^ k else 0 end.

Lemma value_ext : forall w f g, (forall i, i < w -> f i = g i) -> value w f = value w g.
Proof.
  induction w as [|w IH]; intros f g same; simpl.
  - reflexivity.
  - rewrite (same w) by lia. now rewrite (IH f g) by (intros; apply same; lia).
Qed.

Lemma value_of_clear : forall w f, (forall i, i < w -> f i = false) -> value w f = 0.
Proof.
  induction w as [|w IH]; intros f clear; simpl.
  - reflexivity.
  - rewrite (clear w), IH by (intros; try apply clear; lia). reflexivity.
Qed.

Lemma value_below : forall w f, value w f < 2 ^ w.
Proof.
  induction w as [|w IH]; intros f; simpl.
  - lia.
  - specialize (IH f). destruct (f w); lia.
Qed.

(** A column moved up by one position, with a new lowest bit. *)
Lemma value_of_low_bit : forall w f,
  value (S w) f = (if f 0 then 1 else 0) + 2 * value w (fun i => f (S i)).
Proof.
  induction w as [|w IH]; intros f.
  - simpl. destruct (f 0); reflexivity.
  - change (value (S (S w)) f) with (value (S w) f + if f (S w) then 2 ^ S w else 0).
    rewrite IH. simpl. destruct (f (S w)); lia.
Qed.

Lemma value_testbit : forall w x, x < 2 ^ w -> value w (Nat.testbit x) = x.
Proof.
  induction w as [|w IH]; intros x small.
  - simpl in *. lia.
  - rewrite value_of_low_bit.
    rewrite (value_ext w (fun i => Nat.testbit x (S i)) (Nat.testbit (x / 2))).
    + rewrite IH.
      * rewrite Nat.bit0_odd, <- Nat.div2_div. pose proof (Nat.div2_odd x) as halves.
        unfold Nat.b2n in halves. destruct (Nat.odd x); lia.
      * apply Nat.div_lt_upper_bound; simpl in small; lia.
    + intros i _. now rewrite <- Nat.div2_div.
Qed.

Definition column (s : state) (field : string) : nat -> bool := fun i => s (field, i).

Lemma number_is_value : forall s field w, number s field w = value w (column s field).
Proof.
  intros s field w. unfold number, column.
  assert (shifted : forall k rest, fold_right (fun i rest => (if s (field, i) then 2 ^ i else 0) + rest) rest (seq 0 k)
                                 = value k (fun i => s (field, i)) + rest).
  { induction k as [|k IH]; intros rest.
    - reflexivity.
    - rewrite seq_S, fold_right_app, IH. simpl. lia. }
  rewrite shifted. lia.
Qed.

(** * One step of the adder on columns *)

Definition next_p (p q : nat -> bool) (i : nat) : bool := xorb (p i) (q i).
Definition next_q (c : nat -> bool) (i : nat) : bool := match i with O => false | S j => c j end.
Definition next_c (w : nat) (p q c : nat -> bool) (i : nat) : bool := (p i && q i) || ((S i =? w) && c i).

Definition total (w : nat) (p q c : nat -> bool) : nat := value w p + value w q + 2 * value w c.

Lemma total_ext : forall w p q c p' q' c',
  (forall i, i < w -> p i = p' i /\ q i = q' i /\ c i = c' i) -> total w p q c = total w p' q' c'.
Proof.
  intros w p q c p' q' c' same. unfold total.
  now rewrite (value_ext w p p'), (value_ext w q q'), (value_ext w c c') by (intros; now apply same).
Qed.

(** Half adders at all positions: the sum without carries and the carries. *)
Lemma half_adders : forall w p q,
  value w p + value w q = value w (next_p p q) + 2 * value w (fun i => p i && q i).
Proof.
  induction w as [|w IH]; intros p q; simpl.
  - reflexivity.
  - specialize (IH p q). unfold next_p at 2. destruct (p w), (q w); simpl; lia.
Qed.

Lemma carries_move_up : forall w c, value (S w) (next_q c) = 2 * value w c.
Proof. intros w c. now rewrite value_of_low_bit. Qed.

(** The last carry stays where it is. It would be lost only if a second one arrived; then the total has an extra bit. *)
Lemma total_kept : forall w p q c, 1 <= w -> total w p q c < 2 ^ S w ->
  total w (next_p p q) (next_q c) (next_c w p q c) = total w p q c.
Proof.
  intros [|w] p q c positive small; [lia|].
  pose proof (half_adders (S w) p q) as sums.
  pose proof (carries_move_up w c) as moved.
  assert (lower : value w (next_c (S w) p q c) = value w (fun i => p i && q i)).
  { apply value_ext. intros i below. unfold next_c.
    rewrite (proj2 (Nat.eqb_neq (S i) (S w))) by lia. apply orb_false_r. }
  assert (top : next_c (S w) p q c w = (p w && q w) || c w) by (unfold next_c; now rewrite Nat.eqb_refl).
  unfold total in *. rewrite moved. simpl in *. rewrite lower, top in *.
  destruct (p w), (q w), (c w); simpl in *; lia.
Qed.

(** * Two steps clear one more position *)

Definition q_clear (k : nat) (q : nat -> bool) : Prop := forall i, i < k -> q i = false.
Definition c_clear (w k : nat) (c : nat -> bool) : Prop := forall i, i < k -> S i < w -> c i = false.

Lemma q_stays_clear : forall w k c, k <= w -> c_clear w (k - 1) c -> q_clear k (next_q c).
Proof. intros w k c inside clear [|i] below; simpl; [reflexivity | apply clear; lia]. Qed.

Lemma c_becomes_clear : forall w k p q c, q_clear k q -> c_clear w k (next_c w p q c).
Proof.
  intros w k p q c clear i below inner. unfold next_c. rewrite clear by assumption.
  rewrite andb_false_r, orb_false_l. now rewrite (proj2 (Nat.eqb_neq (S i) w)) by lia.
Qed.

Lemma c_clear_below : forall w k k' c, k' <= k -> c_clear w k c -> c_clear w k' c.
Proof. intros w k k' c lower clear i below inner. apply clear; lia. Qed.

Lemma first_half : forall w k p q c, q_clear k q -> c_clear w k c -> k < w ->
  q_clear (S k) (next_q c) /\ c_clear w k (next_c w p q c).
Proof.
  intros w k p q c q_low c_low inside. split.
  - apply (q_stays_clear w); [lia | apply (c_clear_below w k); [lia | assumption]].
  - now apply c_becomes_clear.
Qed.

Lemma second_half : forall w k p q c, q_clear (S k) q -> c_clear w k c -> k < w ->
  q_clear (S k) (next_q c) /\ c_clear w (S k) (next_c w p q c).
Proof.
  intros w k p q c q_low c_low inside. split.
  - apply (q_stays_clear w); [lia | apply (c_clear_below w k); [lia | assumption]].
  - now apply c_becomes_clear.
Qed.

Lemma stays_settled : forall w p q c, q_clear w q -> c_clear w w c ->
  q_clear w (next_q c) /\ c_clear w w (next_c w p q c).
Proof.
  intros w p q c q_low c_low. split.
  - apply (q_stays_clear w); [lia | apply (c_clear_below w w); [lia | assumption]].
  - now apply c_becomes_clear.
Qed.

(** Nothing but the last carry can be left outside p. *)
Lemma settled : forall w p q c, 1 <= w -> q_clear w q -> c_clear w w c ->
  value w p + (if c (w - 1) then 2 ^ w else 0) = total w p q c.
Proof.
  intros [|w] p q c positive q_low c_low; [lia|].
  unfold total. rewrite (value_of_clear (S w) q q_low). simpl value at 3.
  rewrite (value_of_clear w c) by (intros i below; apply c_low; lia).
  replace (S w - 1) with w by lia. destruct (c w); simpl; lia.
Qed.

(** * From step to step *)

(** The columns [p', q', c'] follow [p, q, c], as far as [w] positions show it. *)
Definition follows (w : nat) (p q c p' q' c' : nat -> bool) : Prop :=
  forall i, i < w -> p' i = next_p p q i /\ q' i = next_q c i /\ c' i = next_c w p q c i.

Section Settling.

(** [p j], [q j], [c j] are the columns at time [j]; up to time [T] the adder alone acts on them. *)
Variables (w T : nat) (p q c : nat -> nat -> bool).
Hypothesis positive : 1 <= w.
Hypothesis steps : forall j, j < T -> follows w (p j) (q j) (c j) (p (S j)) (q (S j)) (c (S j)).

Let clear (j k k' : nat) : Prop := q_clear k (q j) /\ c_clear w k' (c j).

Lemma total_kept_throughout : total w (p 0) (q 0) (c 0) < 2 ^ S w -> forall j, j <= T ->
  total w (p j) (q j) (c j) = total w (p 0) (q 0) (c 0).
Proof.
  intros small. induction j as [|j IH]; intros before.
  - reflexivity.
  - rewrite (total_ext w _ _ _ _ _ _ (steps j before)). rewrite total_kept by (rewrite ?IH; lia). apply IH. lia.
Qed.

Lemma clear_follows : forall j k k', j < T -> k <= w ->
  q_clear k (next_q (c j)) /\ c_clear w k' (next_c w (p j) (q j) (c j)) -> clear (S j) k k'.
Proof.
  intros j k k' before inside [q_low c_low]. split.
  - intros i below. destruct (steps j before i) as (_ & same & _); [lia|]. rewrite same. now apply q_low.
  - intros i below inner. destruct (steps j before i) as (_ & _ & same); [lia|]. rewrite same. now apply c_low.
Qed.

Lemma clear_by_pairs : forall k, k < w -> 2 * k <= T -> clear (2 * k) k k.
Proof.
  induction k as [|k IH]; intros inside before.
  - split; intros i below; lia.
  - destruct IH as [q_low c_low]; [lia | lia |].
    assert (half : clear (S (2 * k)) (S k) k).
    { apply clear_follows; [lia | lia | apply first_half; (assumption || lia)]. }
    destruct half as [q_half c_half].
    replace (2 * S k) with (S (S (2 * k))) by lia.
    apply clear_follows; [lia | lia | apply second_half; (assumption || lia)].
Qed.

Lemma clear_from_then_on : forall d, 2 * w - 1 + d <= T -> clear (2 * w - 1 + d) w w.
Proof.
  induction d as [|d IH]; intros before.
  - destruct (clear_by_pairs (w - 1)) as [q_low c_low]; [lia | lia |].
    replace (2 * w - 1 + 0) with (S (2 * (w - 1))) by lia.
    apply clear_follows; [lia | lia |].
    destruct (first_half w (w - 1) (p (2 * (w - 1))) _ _ q_low c_low) as [q_all c_all]; [lia|].
    replace (S (w - 1)) with w in q_all by lia.
    split; [assumption | intros i below inner; apply c_all; lia].
  - destruct IH as [q_low c_low]; [lia|].
    replace (2 * w - 1 + S d) with (S (2 * w - 1 + d)) by lia.
    apply clear_follows; [lia | lia | now apply stays_settled].
Qed.

Theorem carries_settle : total w (p 0) (q 0) (c 0) < 2 ^ S w -> 2 * w - 1 <= T ->
  value w (p T) + (if c T (w - 1) then 2 ^ w else 0) = total w (p 0) (q 0) (c 0)
  /\ q_clear w (q T) /\ c_clear w w (c T).
Proof.
  intros small enough.
  pose proof (clear_from_then_on (T - (2 * w - 1))) as clear_now.
  replace (2 * w - 1 + (T - (2 * w - 1))) with T in clear_now by lia.
  destruct clear_now as [q_low c_low]; [lia|]. split; [|now split].
  rewrite (settled w (p T) (q T) (c T)) by assumption. now apply total_kept_throughout.
Qed.

(** A sum that fits into p leaves no carry at all. *)
Theorem carries_settle_inside : total w (p 0) (q 0) (c 0) < 2 ^ w -> 2 * w - 1 <= T ->
  value w (p T) = total w (p 0) (q 0) (c 0) /\ (forall i, i < w -> q T i = false) /\ (forall i, i < w -> c T i = false).
Proof.
  intros small enough.
  destruct carries_settle as (sum & q_low & c_low); [simpl; lia | assumption |].
  destruct (c T (w - 1)) eqn:top; [lia|]. split; [lia|]. split; [assumption|].
  intros i below. destruct (Nat.eq_dec (S i) w) as [last|inner].
  - now replace i with (w - 1) by lia.
  - apply c_low; lia.
Qed.

End Settling.

(** * The templates of the adder inside a program *)

(** What a list of templates writes: [step] of a program is this for all its templates. *)
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

(** Rules that are stated position by position. *)
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

(** Four rules at a position: unfold what they require and write. *)
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
    multiplication do), a step is the step of the adder on columns, or'ed in q with what the others write there. *)
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
      [ [off (p, i); on (q, i)]  ==> [(p, i)]; [on (p, i);  off (q, i)] ==> [(p, i)];
        [on (p, i);  on (q, i)]  ==> [(c, i)];
        [on (c, i)] ==> [if S i <? w then (q, S i) else (c, i)] ]))
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
