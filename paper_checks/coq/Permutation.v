(** The trained network executes every permutation of k bits, in one step, on every state, in both regimes.

    Every template requires one bit and writes one bit, so at most k templates match and every bit has at most one
    writer: t n <= K, and the rounding condition holds. These results do not need [order] to be a permutation (bits may
    also be copied or dropped); if it is one, the number of matching templates is the number of ones in the input
    ([permutation_matches_ones]). *)

From Coq Require Import Reals List String Arith Bool Lia.
From Coq Require Permutation.
From NtkProofs Require Import Kernels Templates Programs Counting Adder Execution.
Import ListNotations.
Local Open Scope string_scope.
Local Open Scope list_scope.
Local Open Scope nat_scope.

Local Arguments Nat.eqb : simpl never.

(** One rule for each position. *)
Lemma existsb_map_positions : forall (A : Type) (f : A -> bool) (g : nat -> A) w,
  existsb f (map g (seq 0 w)) = existsb (fun i => f (g i)) (seq 0 w).
Proof. intros A f g w. induction (seq 0 w) as [| i rest IH]; simpl; [| rewrite IH]; reflexivity. Qed.

Lemma length_filter_map_positions : forall (A : Type) (f : A -> bool) (g : nat -> A) w,
  List.length (filter f (map g (seq 0 w))) = count w (fun i => f (g i)).
Proof.
  intros A f g. induction w as [| w IH]; [reflexivity |].
  rewrite seq_S, map_app, filter_app, app_length, IH. simpl. destruct (f (g w)); reflexivity.
Qed.

Lemma count_position : forall w i, count w (fun j => i =? j) = if i <? w then 1 else 0.
Proof.
  induction w as [| w IH]; intros i; simpl; [reflexivity |].
  rewrite IH. destruct (Nat.ltb_spec i w), (Nat.ltb_spec i (S w)), (Nat.eqb_spec i w); lia.
Qed.

(** * Counts *)

Lemma permutation_samples : forall k order, samples (permutation k order) = k.
Proof. intros k order. unfold samples, permutation. simpl. rewrite map_length, seq_length. lia. Qed.

Lemma permutation_matches : forall k order s,
  n_of (permutation k order) s = count k (fun i => s ("bits", order i)).
Proof.
  intros k order s. unfold n_of, permutation. simpl templates. rewrite length_filter_map_positions.
  apply count_agrees. intros i _. unfold matches, on. simpl. now destruct (s ("bits", order i)).
Qed.

Lemma permutation_writers : forall k order i, t_of (permutation k order) ("bits", i) = if i <? k then 1 else 0.
Proof.
  intros k order i. unfold t_of, permutation. simpl templates. rewrite length_filter_map_positions.
  rewrite <- count_position. apply count_agrees. intros j _. unfold writes_bit. simpl.
  rewrite same_field. apply orb_false_r.
Qed.

Lemma permutation_writers_elsewhere : forall k order f i, f <> "bits" -> t_of (permutation k order) (f, i) = 0.
Proof.
  intros k order f i different. unfold t_of, permutation. simpl templates. rewrite length_filter_map_positions.
  rewrite <- (count_none k). apply count_agrees. intros j _. unfold writes_bit. simpl.
  now rewrite other_field.
Qed.

Theorem permutation_counts : forall k order s b,
  samples (permutation k order) = k /\ n_of (permutation k order) s <= k /\ t_of (permutation k order) b <= 1.
Proof.
  intros k order s [f i]. split; [apply permutation_samples |]. split.
  - rewrite permutation_matches. apply count_at_most.
  - destruct (string_dec f "bits") as [-> | different].
    + rewrite permutation_writers. destruct (i <? k); lia.
    + rewrite permutation_writers_elsewhere by assumption. lia.
Qed.

Lemma permutation_condition : forall r k order s b, condition r (permutation k order) s b.
Proof.
  intros r k order s b. destruct (permutation_counts k order s b) as (size & few & one).
  apply condition_of_counts. intros writer. rewrite size. nia.
Qed.

(** * Execution *)

(** Output bit i is input bit [order i]; no other bit is set. *)
Definition permuted (k : nat) (order : nat -> nat) (s s' : state) : Prop :=
  (forall i, i < k -> s' ("bits", i) = s ("bits", order i))
  /\ (forall b, (forall i, i < k -> b <> ("bits", i)) -> s' b = false).

Lemma permutation_step : forall k order s, permuted k order s (step (permutation k order) s).
Proof.
  intros k order s. split.
  - intros i inside. unfold step, permutation. simpl templates. rewrite existsb_map_positions.
    rewrite (existsb_positions k i _ (fun j => s ("bits", order j))).
    + now rewrite (proj2 (Nat.ltb_lt i k) inside).
    + intros j _. unfold matches, writes_bit, on. simpl. rewrite same_field.
      destruct (i =? j), (s ("bits", order j)); reflexivity.
  - intros b aside. apply not_written. unfold permutation. simpl templates. intros T among.
    apply in_map_iff in among. destruct among as (i & <- & among). apply in_seq in among.
    unfold writes_bit. simpl. rewrite orb_false_r. destruct b as [f j].
    destruct (string_dec f "bits") as [-> | different]; [| now apply other_field].
    rewrite same_field. apply Nat.eqb_neq. intros ->. now apply (aside i); [lia |].
Qed.

Theorem permutation_executes : forall r k order s,
  permuted k order s (rounded_step r 0 (permutation k order) s).
Proof.
  intros r k order s. pose proof (permutation_step k order s) as [inside aside].
  pose proof (rounded_step_is_step r _ s (permutation_condition r k order s)) as same.
  split; intros; rewrite same; auto.
Qed.

(** The same with one positive threshold for all states. *)
Theorem permutation_executes_above : forall r k order, exists tau, (0 < tau)%R /\ forall s,
  permuted k order s (rounded_step r tau (permutation k order) s).
Proof.
  intros r k order.
  destruct (one_threshold_runs_everywhere r _ (permutation_condition r k order)) as (tau & positive & same).
  exists tau. split; [exact positive |]. intros s. pose proof (permutation_step k order s) as [inside aside].
  pose proof (same 1 s) as once. simpl in once. split; intros; rewrite once; auto.
Qed.

(** * The number of ones *)

Lemma distinct_after : forall k (order : nat -> nat) l, (forall i j, i < k -> j < k -> order i = order j -> i = j) ->
  (forall i, In i l -> i < k) -> NoDup l -> NoDup (map order l).
Proof.
  intros k order l different. induction l as [| i l IH]; intros below distinct; simpl; [constructor |].
  inversion distinct as [| ? ? fresh distinct_rest]; subst. constructor.
  - intros among. apply in_map_iff in among. destruct among as (j & same & among).
    apply fresh. rewrite <- (different j i); [assumption | | | assumption]; apply below; simpl; auto.
  - apply IH; [| assumption]. intros j among. apply below. now right.
Qed.

Lemma reordered_filter : forall (M : nat -> bool) l l', Permutation.Permutation l l' ->
  List.length (filter M l) = List.length (filter M l').
Proof.
  intros M l l' reordered. induction reordered as [| x l l' _ IH | x y l | l l' l'' _ first _ second]; simpl.
  - reflexivity.
  - destruct (M x); simpl; now rewrite IH.
  - destruct (M x), (M y); reflexivity.
  - now rewrite first.
Qed.

(** A permutation preserves the number of ones. *)
Lemma permuted_count : forall k order M, permutes k order -> count k (fun i => M (order i)) = count k M.
Proof.
  intros k order M [inside different].
  rewrite <- (length_filter_map_positions _ M order), <- (length_filter_map_positions _ M (fun i => i)), map_id.
  assert (reordered : Permutation.Permutation (map order (seq 0 k)) (seq 0 k)).
  { apply Permutation.NoDup_Permutation_bis.
    - apply (distinct_after k); [assumption | intros i among; apply in_seq in among; lia | apply seq_NoDup].
    - rewrite map_length, seq_length. lia.
    - intros j among. apply in_map_iff in among. destruct among as (i & <- & among).
      apply in_seq in among. apply in_seq. split; [lia |]. apply inside. lia. }
  now apply reordered_filter.
Qed.

Theorem permutation_matches_ones : forall k order s, permutes k order ->
  n_of (permutation k order) s = count k (fun i => s ("bits", i)).
Proof.
  intros k order s shuffled. rewrite permutation_matches.
  exact (permuted_count k order (fun i => s ("bits", i)) shuffled).
Qed.
