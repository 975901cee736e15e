(** Counting over indices: finite sums, and the counts of a program as counts over its training samples.

    [Kernels] sums and counts over the indices below a number, [Templates] counts in lists of templates. This
    file proves rules for both and connects them: sample [i] is template [i], and padding follows the templates. *)

From Coq Require Import Reals List Arith Bool Lia Lra.
From NtkProofs Require Import Kernels Templates.
Import ListNotations.
Local Open Scope R_scope.

(** * Sums *)

Lemma sum_agrees : forall K f g, (forall i, (i < K)%nat -> f i = g i) -> sum K f = sum K g.
Proof.
  induction K as [| K IH]; intros f g same; simpl; [reflexivity |].
  rewrite (IH f g), (same K); auto with arith.
Qed.

Lemma sum_plus : forall K f g, sum K (fun i => f i + g i) = sum K f + sum K g.
Proof. induction K as [| K IH]; intros; simpl; [| rewrite IH]; ring. Qed.

Lemma sum_times : forall K c f, sum K (fun i => c * f i) = c * sum K f.
Proof. induction K as [| K IH]; intros; simpl; [| rewrite IH]; ring. Qed.

Lemma sum_constant : forall K c, sum K (fun _ => c) = INR K * c.
Proof.
  induction K as [| K IH]; intros c; [simpl; ring |].
  rewrite S_INR. simpl sum. rewrite IH. ring.
Qed.

(** A sum with one term only. *)
Lemma sum_picks : forall K i f,
  sum K (fun j => if Nat.eqb i j then f j else 0) = if Nat.ltb i K then f i else 0.
Proof.
  induction K as [| K IH]; intros i f; [reflexivity |].
  simpl sum. rewrite IH.
  destruct (Nat.ltb_spec i K), (Nat.ltb_spec i (S K)), (Nat.eqb_spec i K); subst; try lia; ring.
Qed.

(** A sum whose terms take two values. *)
Lemma sum_two_values : forall K (M : nat -> bool) a b,
  sum K (fun i => if M i then a else b) = INR (count K M) * a + (INR K - INR (count K M)) * b.
Proof.
  induction K as [| K IH]; intros M a b; [simpl; ring |].
  simpl sum. simpl count. rewrite IH, plus_INR, S_INR.
  destruct (M K); simpl; ring.
Qed.

(** * Counts *)

Lemma count_agrees : forall K M N, (forall i, (i < K)%nat -> M i = N i) -> count K M = count K N.
Proof.
  induction K as [| K IH]; intros M N same; simpl; [reflexivity |].
  rewrite (IH M N), (same K); auto with arith.
Qed.

Lemma count_at_most : forall K M, (count K M <= K)%nat.
Proof. induction K as [| K IH]; intros M; simpl; [lia |]. specialize (IH M). destruct (M K); lia. Qed.

Lemma count_none : forall K, count K (fun _ => false) = 0%nat.
Proof. induction K as [| K IH]; simpl; [| rewrite IH]; reflexivity. Qed.

Lemma count_from_the_front : forall K M,
  count (S K) M = ((if M O then 1 else 0) + count K (fun i => M (S i)))%nat.
Proof.
  induction K as [| K IH]; intros M; [simpl; lia |].
  change (count (S (S K)) M) with (count (S K) M + if M (S K) then 1 else 0)%nat.
  rewrite IH. simpl. lia.
Qed.

(** * From lists to indices *)

(** The property [f] of the template of sample [i]; false for padding. *)
Definition at_sample {A : Type} (l : list A) (f : A -> bool) (i : nat) : bool :=
  match nth_error l i with Some x => f x | None => false end.

Lemma count_at_samples : forall (A : Type) (l : list A) f more,
  count (length l + more) (at_sample l f) = length (filter f l).
Proof.
  intros A l f more. induction l as [| x l IH].
  - simpl. rewrite (count_agrees _ _ (fun _ => false)); [apply count_none |].
    intros [| i] _; reflexivity.
  - change (length (x :: l) + more)%nat with (S (length l + more)).
    rewrite count_from_the_front.
    change (fun i => at_sample (x :: l) f (S i)) with (at_sample l f). rewrite IH.
    cbn. destruct (f x); reflexivity.
Qed.

Lemma filter_at_most : forall (A : Type) (f : A -> bool) l, (length (filter f l) <= length l)%nat.
Proof. intros A f l. induction l as [| x l IH]; simpl; [lia |]. destruct (f x); simpl; lia. Qed.

Section Program.

Variables (P : program) (s : state) (b : bit).

(** The samples that write the bit. *)
Definition sample_writes (i : nat) : bool := at_sample (templates P) (writes_bit b) i.

Lemma label_is_indicator : forall i, label P b i = if sample_writes i then 1 else 0.
Proof.
  intros i. unfold label, sample_writes, at_sample. destruct (nth_error (templates P) i); reflexivity.
Qed.

(** The counts [n], [t], [p] of a program are counts over its samples. *)
Lemma matching_samples : count (samples P) (sample_matches P s) = n_of P s.
Proof. exact (count_at_samples _ (templates P) (matches s) (padding P)). Qed.

Lemma writing_samples : count (samples P) sample_writes = t_of P b.
Proof. exact (count_at_samples _ (templates P) (writes_bit b) (padding P)). Qed.

Lemma matching_writing_samples :
  count (samples P) (fun i => sample_matches P s i && sample_writes i) = p_of P s b.
Proof.
  unfold p_of. rewrite <- (count_at_samples _ _ _ (padding P)). apply count_agrees. intros i _.
  unfold sample_matches, sample_writes, at_sample. destruct (nth_error (templates P) i); reflexivity.
Qed.

(** Inequalities between the counts. *)
Lemma n_of_at_most : (n_of P s <= length (templates P))%nat.
Proof. apply filter_at_most. Qed.

Lemma n_of_at_most_samples : (n_of P s <= samples P)%nat.
Proof. rewrite <- matching_samples. apply count_at_most. Qed.

Lemma t_of_at_most : (t_of P b <= length (templates P))%nat.
Proof. apply filter_at_most. Qed.

Lemma p_of_at_most_n_of : (p_of P s b <= n_of P s)%nat.
Proof.
  unfold p_of, n_of. induction (templates P) as [| T rest IH]; simpl; [lia |].
  destruct (matches s T); simpl; [destruct (writes_bit b T); simpl |]; lia.
Qed.

(** The next state has the bit iff at least one writer matches. *)
Lemma step_counts : step P s b = (1 <=? p_of P s b)%nat.
Proof.
  unfold step, p_of. induction (templates P) as [| T rest IH]; simpl; [reflexivity |].
  destruct (matches s T && writes_bit b T); simpl; [reflexivity | exact IH].
Qed.

End Program.
