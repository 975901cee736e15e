(** The adder of addition and multiplication, as a function on columns of bits.

    One step turns the columns p, q, c into [next_p], [next_q], [next_c]. It keeps p + q + 2c ([total_kept]).
    Every two steps clear one more position of q and c ([first_half], [second_half]), so that after 2w - 1 steps
    the sum is complete in p and the last carry ([carries_settle]). *)

From Coq Require Import List String Arith Bool Lia.
From NtkProofs Require Import Templates.
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

(** The last carry is kept. It would be lost only if a second carry arrived there, and then the total had an extra bit.
    *)
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

(** Outside of p, only the last carry can remain. *)
Lemma settled : forall w p q c, 1 <= w -> q_clear w q -> c_clear w w c ->
  value w p + (if c (w - 1) then 2 ^ w else 0) = total w p q c.
Proof.
  intros [|w] p q c positive q_low c_low; [lia|].
  unfold total. rewrite (value_of_clear (S w) q q_low). simpl value at 3.
  rewrite (value_of_clear w c) by (intros i below; apply c_low; lia).
  replace (S w - 1) with w by lia. destruct (c w); simpl; lia.
Qed.

(** * From step to step *)

(** The columns [p', q', c'] are the successors of [p, q, c] at the first [w] positions. *)
Definition follows (w : nat) (p q c p' q' c' : nat -> bool) : Prop :=
  forall i, i < w -> p' i = next_p p q i /\ q' i = next_q c i /\ c' i = next_c w p q c i.

Section Settling.

(** [p j], [q j], [c j] are the columns at time [j]; up to time [T] only the adder changes them. *)
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

(** If the sum fits into p, no carry remains. *)
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
