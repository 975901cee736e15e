(** The union bound by class for a permutation: of the 2^k states, [C k n] have n ones, and the tail of a bit depends
    on n and on its value only. So the sum of the tails over all states and bits is a sum over n. *)

From Coq Require Import Reals List String Arith Bool Permutation Lia Lra.
From NtkProofs Require Import Kernels Templates Programs Balance Counting Gram Chance Ensembles PermutationVariance.
From NtkProofs Require Import PermutationEnsembles.
From NtkProofs Require Rounding.
Import ListNotations.
Local Open Scope R_scope.

(** * Sums over lists *)

Definition total {A : Type} (f : A -> R) (l : list A) : R := fold_right (fun x rest => f x + rest) 0 l.

Lemma total_app : forall (A : Type) (f : A -> R) l l', total f (l ++ l') = total f l + total f l'.
Proof. intros A f l l'. unfold total. induction l as [| x l IH]; simpl; [ring | rewrite IH; ring]. Qed.

Lemma total_agrees : forall (A : Type) (f g : A -> R) l, (forall x, In x l -> f x = g x) -> total f l = total g l.
Proof.
  intros A f g l. unfold total. induction l as [| x l IH]; intros same; simpl; [reflexivity |].
  rewrite (same x), IH; [reflexivity | | now left]. intros y inside. apply same. now right.
Qed.

Lemma total_map : forall (A B : Type) (f : B -> R) (g : A -> B) l, total f (map g l) = total (fun x => f (g x)) l.
Proof. intros A B f g l. unfold total. induction l as [| x l IH]; simpl; [reflexivity | now rewrite IH]. Qed.

Lemma total_seq : forall f k, total f (seq 0 k) = sum k f.
Proof.
  intros f k. induction k as [| k IH]; [reflexivity |].
  rewrite seq_S, total_app, IH. unfold total. simpl. ring.
Qed.

Lemma total_of_pairs : forall (A B : Type) (f : A * B -> R) l l',
  total f (list_prod l l') = total (fun x => total (fun y => f (x, y)) l') l.
Proof.
  intros A B f l l'. induction l as [| x l IH]; [reflexivity |].
  simpl list_prod. rewrite total_app, total_map, IH. reflexivity.
Qed.

Lemma total_of_both : forall (A B : Type) (f : B -> R) (g h : A -> B) l,
  total f (flat_map (fun x => [g x; h x]) l) = total (fun x => f (g x) + f (h x)) l.
Proof. intros A B f g h l. unfold total. induction l as [| x l IH]; simpl; [reflexivity |]. rewrite IH. ring. Qed.

Lemma length_of_filter : forall (A : Type) (f : A -> bool) l,
  INR (List.length (filter f l)) = total (fun x => if f x then 1 else 0) l.
Proof.
  intros A f l. unfold total. induction l as [| x l IH]; [reflexivity |]. simpl filter. simpl fold_right.
  rewrite <- IH. destruct (f x); [| ring]. change (List.length (x :: filter f l)) with (S (List.length (filter f l))).
  rewrite S_INR. ring.
Qed.

(** * States by their number of ones *)

Definition ones (k : nat) (s : state) : nat := count k (fun i => s ("bits"%string, i)).

Lemma ones_below : forall k v s, ones k (with_bit k v s) = ones k s.
Proof.
  intros k v s. apply count_agrees. intros i below. unfold with_bit. simpl.
  destruct (Nat.eqb_spec i k); [lia | reflexivity].
Qed.

Lemma ones_with_bit : forall k v s, ones (S k) (with_bit k v s) = (ones k s + if v then 1 else 0)%nat.
Proof.
  intros k v s. change (ones (S k) (with_bit k v s)) with
    (ones k (with_bit k v s) + if with_bit k v s ("bits"%string, k) then 1 else 0)%nat.
  rewrite ones_below. unfold with_bit. simpl. now rewrite Nat.eqb_refl.
Qed.

Lemma C_at_zero : forall k, C k 0 = 1.
Proof. intros k. unfold C. rewrite Nat.sub_0_r. simpl (fact 0). simpl INR. field. apply INR_fact_neq_0. Qed.

Lemma C_of_all : forall k, C k k = 1.
Proof. intros k. unfold C. rewrite Nat.sub_diag. simpl (fact 0). simpl INR. field. apply INR_fact_neq_0. Qed.

Lemma one_more_bit : forall k G m, (m <= k)%nat ->
  sum (S m) (fun n => C k n * (G n + G (S n))) = sum (S m) (fun n => C (S k) n * G n) + C k m * G (S m).
Proof.
  intros k G m. induction m as [| m IH]; intros few.
  - simpl. rewrite !C_at_zero. ring.
  - change (sum (S (S m)) (fun n => C k n * (G n + G (S n)))) with
      (sum (S m) (fun n => C k n * (G n + G (S n))) + C k (S m) * (G (S m) + G (S (S m)))).
    change (sum (S (S m)) (fun n => C (S k) n * G n)) with
      (sum (S m) (fun n => C (S k) n * G n) + C (S k) (S m) * G (S m)).
    rewrite IH by lia. rewrite <- (pascal k m) by lia. ring.
Qed.

(** A sum over all states of a function of the number of ones. *)
Theorem total_over_inputs : forall k (G : nat -> R),
  total (fun s => G (ones k s)) (every_input k) = sum (S k) (fun n => C k n * G n).
Proof.
  induction k as [| k IH]; intros G.
  - unfold total, ones. simpl. rewrite C_at_zero. ring.
  - simpl every_input. rewrite total_of_both.
    transitivity (total (fun s => G (ones k s) + G (S (ones k s))) (every_input k)).
    2: rewrite (IH (fun n => G n + G (S n))), one_more_bit by lia.
    2: {
      change (sum (S (S k)) (fun n => C (S k) n * G n)) with
        (sum (S k) (fun n => C (S k) n * G n) + C (S k) (S k) * G (S k)).
      rewrite !C_of_all. ring. }
    apply total_agrees. intros s _. rewrite !ones_with_bit, Nat.add_0_r, Nat.add_1_r. reflexivity.
Qed.

(** * Permutations *)

Lemma count_in_order : forall k M, count k M = List.length (filter M (seq 0 k)).
Proof.
  intros k M. induction k as [| k IH]; [reflexivity |].
  rewrite seq_S, filter_app, app_length, <- IH. simpl. destruct (M k); reflexivity.
Qed.

Lemma filter_permuted : forall (f : nat -> bool) l l', Permutation l l' ->
  List.length (filter f l) = List.length (filter f l').
Proof.
  intros f l l' same. induction same as [| x l l' _ IH | x y l | l l' l'' _ IH _ IH']; simpl; [reflexivity | | | lia].
  - destruct (f x); simpl; now rewrite IH.
  - destruct (f x), (f y); reflexivity.
Qed.

Lemma NoDup_of_map : forall (f : nat -> nat) l, (forall x y, In x l -> In y l -> f x = f y -> x = y) -> NoDup l ->
  NoDup (map f l).
Proof.
  intros f l. induction l as [| x l IH]; intros injective different; simpl; [constructor |].
  inversion different as [| x' l' new rest]. subst. constructor.
  - intros inside. apply in_map_iff in inside. destruct inside as (y & same & among).
    apply new. replace x with y; [exact among |]. apply injective; [now right | now left | exact same].
  - apply IH; [| exact rest]. intros y z first second. apply injective; now right.
Qed.

Lemma order_permutes : forall k order, permutes k order -> Permutation (map order (seq 0 k)) (seq 0 k).
Proof.
  intros k order (inside & injective). apply NoDup_Permutation_bis.
  - apply NoDup_of_map; [| apply seq_NoDup]. intros x y first second. rewrite in_seq in *. apply injective; lia.
  - rewrite map_length. lia.
  - intros y among. apply in_map_iff in among. destruct among as (x & <- & given). rewrite in_seq in *.
    pose proof (inside x). lia.
Qed.

Section Classes.

Variables (k : nat) (order : nat -> nat).
Hypothesis permuted : permutes k order.

Lemma matches_are_ones : forall s, n_of (permutation k order) s = ones k s.
Proof.
  intros s. unfold ones. rewrite count_in_order, <- (filter_permuted _ _ _ (order_permutes k order permuted)).
  unfold n_of, permutation. simpl templates. rewrite !filter_of_map. f_equal. apply filter_ext. intros i.
  unfold matches. simpl. rewrite andb_true_r. now destruct (s _).
Qed.

Lemma written_ones : forall s, count k (fun i => s ("bits"%string, order i)) = ones k s.
Proof.
  intros s. unfold ones. rewrite !count_in_order.
  rewrite <- (filter_permuted (fun i => s ("bits"%string, i)) _ _ (order_permutes k order permuted)).
  now rewrite filter_of_map.
Qed.

(** A sum over all states and output bits of a function of the number of matches and the value of the bit. *)
Theorem total_by_class : forall G : nat -> bool -> R,
  total (fun c => G (n_of (permutation k order) (fst c)) (step (permutation k order) (fst c) ("bits"%string, snd c)))
    (list_prod (every_input k) (seq 0 k))
  = sum (S k) (fun n => C k n * (INR n * G n true + (INR k - INR n) * G n false)).
Proof.
  intros G. rewrite total_of_pairs, <- total_over_inputs. apply total_agrees. intros s _. cbv beta.
  rewrite <- matches_are_ones. set (n := n_of (permutation k order) s).
  rewrite (total_agrees _ _ (fun i => if s ("bits"%string, order i) then G n true else G n false)).
  - rewrite total_seq, sum_two_values, written_ones, <- matches_are_ones. reflexivity.
  - intros i inside. rewrite in_seq in inside. simpl fst. simpl snd. rewrite permutation_step by lia.
    fold n. now destruct (s _).
Qed.

(** The number of pairs of a state with n ones and an output bit of one value. *)
Theorem class_counts : forall n value, (n <= k)%nat ->
  INR (List.length (filter (fun c => (n_of (permutation k order) (fst c) =? n)%nat
      && Bool.eqb (step (permutation k order) (fst c) ("bits"%string, snd c)) value)
    (list_prod (every_input k) (seq 0 k))))
  = C k n * (if value then INR n else INR k - INR n).
Proof.
  intros n value few. rewrite length_of_filter.
  rewrite (total_by_class (fun matching bit => if (matching =? n)%nat && Bool.eqb bit value then 1 else 0)).
  rewrite (sum_agrees _ _ (fun i => if Nat.eqb n i then C k i * (if value then INR i else INR k - INR i) else 0)).
  - rewrite sum_picks. replace (n <? S k)%nat with true by (symmetry; apply Nat.ltb_lt; lia). reflexivity.
  - intros i _. rewrite (Nat.eqb_sym i n). destruct (Nat.eqb n i), value; simpl; ring.
Qed.

End Classes.

(** * The union bound with a share for each case *)

Lemma union_of_shares : forall (Omega case : Type) (P : probability Omega) (A : case -> Omega -> Prop) share cases,
  (forall c, In c cases -> P (A c) <= share c) ->
  P (fun w => exists c, In c cases /\ A c w) <= total share cases.
Proof.
  intros Omega case P A share cases. induction cases as [| c cases IH]; intros bound.
  - unfold total. simpl. rewrite <- (chance_of_nothing P). apply chance_grows. now intros w (c & none & _).
  - apply Rle_trans with (P (fun w => A c w \/ exists d, In d cases /\ A d w)).
    + apply chance_grows. intros w (d & [<- | inside] & wrong); [now left | right; now exists d].
    + eapply Rle_trans; [apply chance_of_either |]. unfold total. simpl.
      apply Rplus_le_compat; [apply bound; now left |]. apply IH. intros d inside. apply bound. now right.
Qed.

Section Shares.

Variables (Omega case : Type) (P : probability Omega) (cases : list case).
Variables (mu var : case -> R) (wanted : case -> bool) (tau : R) (average : case -> nat -> Omega -> R).

Hypothesis nonnegative : forall c, In c cases -> 0 <= var c.
Hypothesis gaussian : forall c, In c cases -> gaussian_average P (mu c) (var c) (average c).

Theorem shares_suffice : forall share N delta,
  (forall c, In c cases -> rounds_to tau (mu c) (wanted c)) -> (1 <= N)%nat ->
  (forall c, In c cases -> 0 <= share c) ->
  (forall c, In c cases -> 0 < var c -> 2 * exp (- (INR N * (mu c - tau) ^ 2 / (2 * var c))) <= share c) ->
  total share cases <= delta ->
  P (some_wrong cases wanted tau average N) <= delta.
Proof.
  intros share N delta right networks positive enough sum_of_shares.
  eapply Rle_trans; [| exact sum_of_shares]. apply union_of_shares. intros c inside.
  destruct (gaussian c inside N networks) as [tail certain].
  specialize (right c inside). specialize (positive c inside). specialize (enough c inside).
  destruct (Rle_lt_or_eq_dec 0 (var c) (nonnegative c inside)) as [varies | constant].
  - apply Rle_trans with (P (fun w => Rabs (mu c - tau) <= Rabs (average c N w - mu c))).
    { apply chance_grows. intros w. now apply wrong_is_far. }
    eapply Rle_trans; [apply (tail varies), Rabs_pos |].
    replace (Rabs (mu c - tau) ^ 2) with ((mu c - tau) ^ 2) by (symmetry; apply pow2_abs). now apply enough.
  - apply Rle_trans with (P (fun w => average c N w <> mu c)).
    { apply chance_grows. intros w wrong same. now rewrite same in wrong. }
    now rewrite (certain (eq_sym constant)).
Qed.

End Shares.

(** * The union bound by class *)

(** The bound of the tail of a bit that should be 1 (p = 1) or 0 (p = 0) at a state with n ones. *)
Definition class_tail (k N : nat) (tau : R) (n p : nat) : R :=
  2 * exp (- (INR N * (mean NTK k n p 1 - tau) ^ 2 / (2 * answer_variance NTK k n))).

Lemma sum_from_two : forall k f, f O = 0 -> f 1%nat = 0 -> sum (S k) f = sum (k - 1) (fun i => f (i + 2)%nat).
Proof.
  intros k f zero one. destruct k as [| k]; [simpl; lra |]. simpl Nat.sub. rewrite Nat.sub_0_r.
  induction k as [| k IH]; [simpl; lra |].
  change (sum (S (S (S k))) f) with (sum (S (S k)) f + f (S (S k))). rewrite IH. simpl. f_equal. f_equal. lia.
Qed.

Theorem permutation_by_class :
  forall (Omega : Type) (P : probability Omega) k order average delta tau N,
  permutes k order -> (1 <= N)%nat -> 0 <= tau < 1 ->
  trained_ensemble P (permutation k order) k (every_input k) average ->
  (forall n, (2 <= n <= k)%nat -> tau < mean NTK k n 1 1) ->
  sum (k - 1) (fun i => let n := (i + 2)%nat in
    C k n * (INR n * class_tail k N tau n 1 + (INR k - INR n) * class_tail k N tau n 0)) <= delta ->
  P (some_wrong (list_prod (every_input k) (seq 0 k))
       (fun c => step (permutation k order) (fst c) ("bits"%string, snd c)) tau average N) <= delta.
Proof.
  intros Omega P k order average delta tau N permuted networks threshold trained right enough.
  assert (case : forall c, In c (list_prod (every_input k) (seq 0 k)) -> In (fst c) (every_input k) /\ (snd c < k)%nat).
  { intros [s i] given. apply in_prod_iff in given. rewrite in_seq in given. simpl. split; [easy | lia]. }
  set (G := fun n (bit : bool) =>
    match n with O => 0 | S O => 0 | _ => class_tail k N tau n (if bit then 1 else 0) end).
  apply shares_suffice with (share := fun c => G (n_of (permutation k order) (fst c))
      (step (permutation k order) (fst c) ("bits"%string, snd c)))
    (mu := fun c => answer NTK (permutation k order) (fst c) ("bits"%string, snd c))
    (var := fun c => answer_variance NTK (samples (permutation k order)) (n_of (permutation k order) (fst c))).
  - intros c given. now apply permutation_variance with (i := snd c), case.
  - intros [s i] given. destruct (case _ given) as [input bit]. now apply trained.
  - intros [s i] given. destruct (case _ given) as [_ bit]. simpl in bit. simpl fst. simpl snd.
    rewrite permutation_step by exact bit. rewrite permutation_mean by exact bit.
    pose proof (permutation_matches k order s i bit) as sizes.
    destruct (s ("bits"%string, order i)); unfold rounds_to.
    + destruct (Nat.eq_dec (n_of (permutation k order) s) 1) as [-> | more]; [| apply right; lia].
      unfold mean. rewrite u_at_one, F_at_one. pose proof (D_positive NTK). simpl INR.
      replace (1 * (D NTK / D NTK) + 1 * 0) with 1 by (field; lra). lra.
    + apply Rle_trans with 0; [| lra]. destruct (n_of (permutation k order) s) as [| n]; [simpl; lra |].
      apply (Rounding.mean_of_zero_bit NTK k (S n) 1). lia.
  - exact networks.
  - intros c _. unfold G. destruct (n_of _ _) as [| [| n]]; try lra. unfold class_tail.
    match goal with |- 0 <= 2 * exp ?x => pose proof (exp_pos x) end. lra.
  - intros [s i] given varies. destruct (case _ given) as [_ bit]. simpl in bit. simpl fst in *. simpl snd in *.
    rewrite permutation_step by exact bit. rewrite permutation_mean by exact bit.
    rewrite (permutation_samples k order i bit) in varies |- *.
    pose proof (permutation_matches k order s i bit) as sizes. unfold G.
    destruct (n_of (permutation k order) s) as [| [| n]].
    + simpl in varies. lra.
    + unfold answer_variance in varies. rewrite variance_at_one in varies by lia. unfold Rdiv in varies. lra.
    + unfold class_tail. destruct (s ("bits"%string, order i)); apply Rle_refl.
  - rewrite (total_by_class k order permuted G). eapply Rle_trans; [| exact enough]. right.
    rewrite sum_from_two by (unfold G; ring). apply sum_agrees. intros i _. unfold G.
    replace (i + 2)%nat with (S (S i)) by lia. reflexivity.
Qed.

(** The hypotheses can be met, for every k and N, at the threshold 0. *)
Theorem by_class_can_be_met : forall k N, (1 <= k)%nat -> (1 <= N)%nat ->
  permutes k (fun i => i) /\
  trained_ensemble coin (permutation k (fun i => i)) k (every_input k)
    (fun c => let same := permutation k (fun i => i) in
      either_side (answer NTK same (fst c) ("bits"%string, snd c))
        (answer_variance NTK (samples same) (n_of same (fst c)))) /\
  (forall n, (2 <= n <= k)%nat -> 0 < mean NTK k n 1 1).
Proof.
  intros k N some networks. split; [| split].
  - split; auto.
  - intros s i input bit. simpl fst. simpl snd. apply assumptions_can_be_met.
    now apply permutation_variance with (i := i).
  - intros n sizes. apply Rounding.few_matches_suffice; lia.
Qed.
