(** Template programs and their semantics: definitions only. *)

From Coq Require Import Reals List String Arith Bool.
From NtkProofs Require Import Kernels.
Import ListNotations.

(** A bit is identified by its field and its index in the field (index 0 is the least significant bit of a number). *)
Definition bit : Type := string * nat.
Definition state : Type := bit -> bool.

Definition same_bit (a b : bit) : bool := String.eqb (fst a) (fst b) && Nat.eqb (snd a) (snd b).

(** A template requires some bits to have stated values and writes (sets to 1) some bits. *)
Record template := Template { requires : list (bit * bool); writes : list bit }.

(** A program: its templates, and the number of samples with all-zero targets that are added to the training set. *)
Record program := Program { templates : list template; padding : nat }.

Definition matches (s : state) (T : template) : bool :=
  forallb (fun requirement => Bool.eqb (s (fst requirement)) (snd requirement)) (requires T).

Definition writes_bit (b : bit) (T : template) : bool := existsb (same_bit b) (writes T).

(** The counts: training samples, templates that match, writers of a bit, and writers of a bit that match. *)
Definition samples (P : program) : nat := List.length (templates P) + padding P.
Definition n_of (P : program) (s : state) : nat := List.length (filter (matches s) (templates P)).
Definition t_of (P : program) (b : bit) : nat := List.length (filter (writes_bit b) (templates P)).
Definition p_of (P : program) (s : state) (b : bit) : nat :=
  List.length (filter (fun T => matches s T && writes_bit b T) (templates P)).

(** The ideal semantics: a bit of the next state is 1 iff a matching template writes it. *)
Definition step (P : program) (s : state) : state :=
  fun b => existsb (fun T => matches s T && writes_bit b T) (templates P).

(** The output of the trained network: the mean of the output bit, rounded to 1 iff it is above the threshold. *)
Definition answer (r : regime) (P : program) (s : state) (b : bit) : R :=
  mean r (samples P) (n_of P s) (p_of P s b) (t_of P b).

Definition rounded_step (r : regime) (threshold : R) (P : program) (s : state) : state :=
  fun b => if Rlt_dec threshold (answer r P s b) then true else false.

(** The training set: whether a sample matches a state (padding never does), and the target of a sample for a bit. *)
Definition sample_matches (P : program) (s : state) (i : nat) : bool :=
  match nth_error (templates P) i with Some T => matches s T | None => false end.
Definition label (P : program) (b : bit) (i : nat) : R :=
  match nth_error (templates P) i with Some T => if writes_bit b T then 1%R else 0%R | None => 0%R end.

Fixpoint run (next : state -> state) (steps : nat) (s : state) : state :=
  match steps with O => s | S k => run next k (next s) end.

(** The number that a field contains. *)
Definition number (s : state) (field : string) (width : nat) : nat :=
  fold_right (fun i rest => (if s (field, i) then 2 ^ i else 0) + rest) 0 (seq 0 width).

(** The rounding condition of a bit at a state, without division; it determines the sign of the mean. *)
Definition condition (r : regime) (P : program) (s : state) (b : bit) : Prop :=
  p_of P s b >= 1 ->
  (INR (t_of P b) * (INR (n_of P s) - B r (n_of P s)) < INR (p_of P s b) * (D r + INR (samples P)))%R.
