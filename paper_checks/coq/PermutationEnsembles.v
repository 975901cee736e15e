(** Sufficient ensemble sizes for a permutation of k bits: NTK, threshold 0, explicit constants.

    If the outputs of the networks have the mean and the variance of the trained predictor and the tail of a Gaussian
    ([gaussian_average]), then, with probability at least 1 - delta, the average of N networks rounds every bit
    correctly

      of one input,    if N >= 180.4 k ln (2 k / delta)               ([permutation_ensemble_one_input]),
      of all inputs,   if N >= 250 k^2 + 180.4 k ln (1 / delta)       ([permutation_ensemble_all_inputs]).

    Both follow from the published size with V = 22.54 k ([PermutationVariance]). A bit has mean 0 only at an input with
    at most one 1, where the variance is 0. [order] need not be a permutation: a program that copies bit [order i] to
    bit i has one writer for every bit, for any [order]. *)

From Coq Require Import Reals List String Arith Bool Lia Lra.
From Interval Require Import Tactic.
From NtkProofs Require Import Kernels Templates Programs Balance Counting Gram Chance Ensembles PermutationVariance.
Import ListNotations.
Local Open Scope R_scope.

(** * Counts of a permutation *)

Lemma filter_of_map : forall (A B : Type) (f : B -> bool) (g : A -> B) l,
  List.length (filter f (map g l)) = List.length (filter (fun x => f (g x)) l).
Proof.
  intros A B f g l. induction l as [| x l IH]; [reflexivity |].
  simpl. destruct (f (g x)); simpl; now rewrite IH.
Qed.

Lemma filter_one : forall k i (M : nat -> bool),
  List.length (filter (fun j => M j && (i =? j)%nat) (seq 0 k)) = if (i <? k)%nat && M i then 1%nat else 0%nat.
Proof.
  intros k i M. induction k as [| k IH]; [reflexivity |].
  rewrite seq_S, filter_app, app_length, IH. simpl.
  destruct (Nat.eqb_spec i k) as [<- | other].
  - rewrite Nat.ltb_irrefl. replace (i <? S i)%nat with true by (symmetry; apply Nat.ltb_lt; lia).
    destruct (M i); reflexivity.
  - rewrite andb_false_r. simpl. rewrite Nat.add_0_r.
    destruct (Nat.ltb_spec i k), (Nat.ltb_spec i (S k)); try reflexivity; lia.
Qed.

(** The number of templates that match or write the bit is at most the number of templates: n + t - p <= K. *)
Lemma match_or_write : forall P s b, (n_of P s + t_of P b <= samples P + p_of P s b)%nat.
Proof.
  intros P s b. unfold n_of, t_of, p_of, samples. induction (templates P) as [| T rest IH]; simpl; [lia |].
  destruct (matches s T), (writes_bit b T); simpl; lia.
Qed.

Section Counts.

Variables (k : nat) (order : nat -> nat) (s : state) (i : nat).
Hypothesis inside : (i < k)%nat.

Let P := permutation k order.

Lemma permutation_samples : samples P = k.
Proof. unfold samples, P. simpl. rewrite map_length, seq_length. lia. Qed.

Lemma one_writer : t_of P ("bits"%string, i) = 1%nat.
Proof.
  unfold t_of, P. simpl. rewrite filter_of_map.
  rewrite (filter_ext _ (fun j => true && (i =? j)%nat)).
  - rewrite filter_one. now replace (i <? k)%nat with true by (symmetry; now apply Nat.ltb_lt).
  - intros j. unfold writes_bit, same_bit. simpl. apply orb_false_r.
Qed.

Lemma matching_writer : p_of P s ("bits"%string, i) = if s ("bits"%string, order i) then 1%nat else 0%nat.
Proof.
  unfold p_of, P. simpl. rewrite filter_of_map.
  rewrite (filter_ext _ (fun j => s ("bits"%string, order j) && (i =? j)%nat)).
  - rewrite filter_one. replace (i <? k)%nat with true by (symmetry; now apply Nat.ltb_lt). reflexivity.
  - intros j. unfold matches, writes_bit, same_bit. simpl.
    rewrite andb_true_r, orb_false_r. now destruct (s _).
Qed.

Lemma permutation_step : step P s ("bits"%string, i) = s ("bits"%string, order i).
Proof. rewrite step_counts, matching_writer. now destruct (s _). Qed.

(** A bit that should be 1 has a match, and a bit that should be 0 leaves one sample unmatched. *)
Lemma permutation_matches : if s ("bits"%string, order i) then (1 <= n_of P s <= k)%nat else (n_of P s < k)%nat.
Proof.
  pose proof (match_or_write P s ("bits"%string, i)) as together.
  pose proof (p_of_at_most_n_of P s ("bits"%string, i)) as few.
  pose proof (n_of_at_most_samples P s) as most.
  rewrite permutation_samples in *. rewrite one_writer, matching_writer in *. destruct (s _); lia.
Qed.

(** * Mean and variance of one bit *)

Let mu := answer NTK P s ("bits"%string, i).
Let var := answer_variance NTK (samples P) (n_of P s).

Lemma permutation_mean : mu = mean NTK k (n_of P s) (if s ("bits"%string, order i) then 1 else 0) 1.
Proof. unfold mu, answer. now rewrite permutation_samples, one_writer, matching_writer. Qed.

Lemma one_bit_is_positive : s ("bits"%string, order i) = true -> 0 < mu.
Proof.
  intros one. rewrite permutation_mean. pose proof permutation_matches as sizes. rewrite one in *.
  eapply Rlt_le_trans; [| apply one_bit_mean, sizes].
  apply Rinv_0_lt_compat. pose proof (D_positive NTK). pose proof (pos_INR k). lra.
Qed.

(** A bit that should be 0 has a negative mean, or a variance of 0. *)
Lemma zero_bit_is_negative : s ("bits"%string, order i) = false -> mu < 0 \/ mu = 0 /\ var = 0.
Proof.
  intros zero. rewrite permutation_mean. unfold var. rewrite permutation_samples, zero.
  destruct (n_of P s) as [| [| n]].
  - right. split; reflexivity.
  - right. rewrite zero_bit_weight, u_at_one by lia. unfold answer_variance. rewrite variance_at_one by lia.
    split; [reflexivity | unfold Rdiv; ring].
  - left. rewrite zero_bit_weight by lia. apply u_negative. lia.
Qed.

Lemma permutation_sides : if step P s ("bits"%string, i) then 0 < mu /\ 2 * 0 <= mu else mu <= 0.
Proof.
  rewrite permutation_step. pose proof one_bit_is_positive as one. pose proof zero_bit_is_negative as zero.
  destruct (s _); [specialize (one eq_refl) | specialize (zero eq_refl)]; lra.
Qed.

Lemma permutation_variance : 0 <= var.
Proof.
  unfold var. rewrite permutation_samples. pose proof permutation_matches as sizes.
  destruct (n_of P s) as [| n]; [simpl; lra |]. unfold answer_variance.
  apply Rmult_le_pos; [apply variance_non_negative; destruct (s _); lia |].
  left. apply Rinv_0_lt_compat, lt_0_INR. lia.
Qed.

Lemma permutation_ratio : mu <> 0 -> var / mu ^ 2 <= 22.54 * INR k.
Proof.
  intros nonzero. assert (square : 0 < mu ^ 2) by (rewrite <- Rsqr_pow2; now apply Rsqr_pos_lt).
  apply (Rmult_le_reg_r (mu ^ 2)); [exact square |].
  replace (var / mu ^ 2 * mu ^ 2) with var by (field; exact nonzero).
  revert nonzero square. unfold var. rewrite permutation_mean, permutation_samples.
  pose proof permutation_matches as sizes. intros nonzero _. destruct (s _).
  - now apply one_bit_variance.
  - apply zero_bit_variance. destruct (n_of P s); [now elim nonzero | lia].
Qed.

Lemma permutation_at_zero : mu = 0 -> var <= 22.54 * INR k * (2 * 0) ^ 2.
Proof.
  intros none. pose proof one_bit_is_positive as one. pose proof zero_bit_is_negative as zero.
  destruct (s _); [specialize (one eq_refl) | specialize (zero eq_refl)]; lra.
Qed.

End Counts.

(** * Ensembles *)

Section Permutation.

Variables (Omega : Type) (P : probability Omega) (k : nat) (order : nat -> nat).
Variables (average : state * nat -> nat -> Omega -> R) (delta : R).

Hypothesis some_bits : (1 <= k)%nat.
Hypothesis chance_of_failure : 0 < delta <= 1.

Theorem permutation_ensemble : forall inputs N,
  trained_ensemble P (permutation k order) k inputs average -> (1 <= N)%nat ->
  8 * (22.54 * INR k) * ln (2 * INR k * INR (List.length inputs) / delta) <= INR N ->
  P (step_fails (permutation k order) k inputs average N) <= delta.
Proof.
  intros inputs N trained networks enough. unfold step_fails.
  assert (case : forall c, In c (list_prod inputs (seq 0 k)) -> In (fst c) inputs /\ (snd c < k)%nat).
  { intros [s i] given. apply in_prod_iff in given. rewrite in_seq in given. simpl. split; [easy | lia]. }
  apply published_size_suffices with (bits := k) (inputs := List.length inputs) (steps := 1%nat) (V := 22.54 * INR k)
    (mu := fun c => answer NTK (permutation k order) (fst c) ("bits"%string, snd c))
    (var := fun c => answer_variance NTK (samples (permutation k order)) (n_of (permutation k order) (fst c))).
  - intros c given. now apply permutation_variance with (i := snd c), case.
  - intros [s i] given. destruct (case _ given) as [input bit]. now apply trained.
  - rewrite prod_length, seq_length. lia.
  - lra.
  - intros c given. now apply permutation_sides, case.
  - intros c given. now apply permutation_ratio, case.
  - intros c given. now apply permutation_at_zero, case.
  - lra.
  - exact networks.
  - simpl INR. rewrite Rmult_1_r. exact enough.
Qed.

Lemma samples_at_least_one : 1 <= INR k.
Proof. now apply (le_INR 1). Qed.

Lemma logarithm_of_chance : 0 <= ln (1 / delta).
Proof.
  unfold Rdiv. rewrite Rmult_1_l, ln_Rinv by lra.
  destruct (Rle_lt_or_eq_dec delta 1) as [less | ->]; [lra | | rewrite ln_1; lra].
  pose proof (ln_increasing delta 1 ltac:(lra) less) as negative. rewrite ln_1 in negative. lra.
Qed.

Lemma logarithm_of_cases : forall cases, 0 < cases -> ln (cases / delta) = ln cases + ln (1 / delta).
Proof.
  intros cases positive. rewrite <- ln_mult by (try apply Rdiv_lt_0_compat; lra). f_equal. field. lra.
Qed.

Theorem permutation_ensemble_one_input : forall s N,
  trained_ensemble P (permutation k order) k [s] average ->
  180.4 * INR k * ln (2 * INR k / delta) <= INR N ->
  P (step_fails (permutation k order) k [s] average N) <= delta.
Proof.
  intros s N trained enough. pose proof samples_at_least_one as samples. pose proof logarithm_of_chance.
  assert (two : 0.69 <= ln 2) by interval with (i_prec 60).
  assert (positive : 0.69 <= ln (2 * INR k / delta)).
  { rewrite logarithm_of_cases, ln_mult by lra. pose proof (ln_grows 1 (INR k) ltac:(lra) samples) as grows.
    rewrite ln_1 in grows. lra. }
  apply permutation_ensemble; [exact trained | |].
  - apply INR_le. simpl INR. nra.
  - simpl List.length. simpl (INR 1). rewrite Rmult_1_r. nra.
Qed.

End Permutation.

(** * All inputs *)

Lemma number_of_inputs : forall k, List.length (every_input k) = (2 ^ k)%nat.
Proof.
  assert (twice : forall i inputs,
    List.length (flat_map (fun s => [with_bit i false s; with_bit i true s]) inputs) = (2 * List.length inputs)%nat).
  { intros i inputs. induction inputs as [| s rest IH]; simpl in *; lia. }
  induction k as [| k IH]; [reflexivity |]. simpl every_input. now rewrite twice, IH.
Qed.

(** Every state agrees with one of these inputs on its first k bits. *)
Lemma every_input_occurs : forall k (s : state), exists s', In s' (every_input k) /\
  forall i, (i < k)%nat -> s' ("bits"%string, i) = s ("bits"%string, i).
Proof.
  intros k s. induction k as [| k (s' & among & agrees)].
  - exists (fun _ => false). split; [now left | lia].
  - exists (with_bit k (s ("bits"%string, k)) s'). split.
    + simpl. apply in_flat_map. exists s'. split; [exact among |]. destruct (s _); simpl; auto.
    + intros i below. unfold with_bit. simpl.
      destruct (Nat.eqb_spec i k) as [-> | other]; [reflexivity | apply agrees; lia].
Qed.

Lemma twice_at_most_power : forall k, (1 <= k)%nat -> (2 * k <= 2 ^ k)%nat.
Proof. intros k some. induction some as [| k some IH]; simpl in *; lia. Qed.

Theorem permutation_ensemble_all_inputs :
  forall (Omega : Type) (P : probability Omega) k order average delta N,
  (1 <= k)%nat -> 0 < delta <= 1 ->
  trained_ensemble P (permutation k order) k (every_input k) average ->
  250 * INR k ^ 2 + 180.4 * INR k * ln (1 / delta) <= INR N ->
  P (step_fails (permutation k order) k (every_input k) average N) <= delta.
Proof.
  intros Omega P k order average delta N some_bits chance_of_failure trained enough.
  pose proof (samples_at_least_one k some_bits) as samples.
  pose proof (logarithm_of_chance delta chance_of_failure) as chance.
  apply permutation_ensemble; auto.
  - apply INR_le. simpl INR. nra.
  - rewrite number_of_inputs, pow_INR. change (INR 2) with (1 + 1). replace (1 + 1) with 2 by ring.
    assert (power : 0 < 2 ^ k) by (apply pow_lt; lra).
    assert (twice : 2 * INR k <= 2 ^ k).
    { pose proof (le_INR _ _ (twice_at_most_power k some_bits)) as le. rewrite mult_INR, pow_INR in le. simpl INR in le.
      replace (1 + 1) with 2 in le by ring. exact le. }
    rewrite logarithm_of_cases by (try exact chance_of_failure; nra).
    assert (both : ln (2 * INR k * 2 ^ k) <= 2 * INR k * ln 2).
    { apply Rle_trans with (ln (2 ^ k * 2 ^ k)); [apply ln_grows; nra |].
      rewrite ln_mult, ln_pow by lra. lra. }
    assert (two : ln 2 <= 0.69315) by interval with (i_prec 60).
    apply Rle_trans with (8 * (22.54 * INR k) * (2 * INR k * 0.69315 + ln (1 / delta))); [| nra].
    apply Rmult_le_compat_l; nra.
Qed.
