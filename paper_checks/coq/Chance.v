(** Probability and ensembles, definitions only: the assumptions about probability and about the average of N networks,
    and the event that an ensemble fails. *)

From Coq Require Import Reals List String Arith.
From NtkProofs Require Import Kernels Templates.
Import ListNotations.
Local Open Scope R_scope.

(** The three laws of probability that are assumed. An event is any set of outcomes; the laws hold for the outer measure
    of a probability space, so that measurability is not needed. *)
Record probability (Omega : Type) := Probability {
  chance :> (Omega -> Prop) -> R;
  chance_of_nothing : chance (fun _ => False) = 0;
  chance_grows : forall A B : Omega -> Prop, (forall w, A w -> B w) -> chance A <= chance B;
  chance_of_either : forall A B : Omega -> Prop, chance (fun w => A w \/ B w) <= chance A + chance B }.

Arguments chance {Omega}.
Arguments chance_of_nothing {Omega}.
Arguments chance_grows {Omega}.
Arguments chance_of_either {Omega}.

(** The assumption about the average of N networks whose outputs have the mean [mu] and the variance [var]: the
    two-sided tail bound of a Gaussian with variance [var / N] (it holds for all sub-Gaussian variables), and no
    deviation from the mean if the variance is 0. *)
Definition gaussian_average {Omega : Type} (P : probability Omega) (mu var : R) (average : nat -> Omega -> R) : Prop :=
  forall N, (1 <= N)%nat ->
  (0 < var -> forall distance, 0 <= distance ->
    P (fun w => distance <= Rabs (average N w - mu)) <= 2 * exp (- (INR N * distance ^ 2 / (2 * var)))) /\
  (var = 0 -> P (fun w => average N w <> mu) = 0).

(** A number is rounded to 1 iff it is above the threshold. *)
Definition rounds_to (tau x : R) (wanted : bool) : Prop := if wanted then tau < x else x <= tau.

(** The event that the average of N networks is rounded incorrectly in some case. A case is an output bit at a step of
    an input; only the number of cases matters. *)
Definition some_wrong {Omega case : Type} (cases : list case) (wanted : case -> bool) (tau : R)
    (average : case -> nat -> Omega -> R) (N : nat) : Omega -> Prop :=
  fun w => exists c, In c cases /\ ~ rounds_to tau (average c N w) (wanted c).

(** The assumption about an ensemble: at every input of a list and for every output bit, the average of N networks
    satisfies the tail bound of a Gaussian with the mean of the trained predictor and its variance divided by N. This is
    known for infinitely wide networks; here it is an assumption. *)
Definition trained_ensemble {Omega : Type} (P : probability Omega) (program : program) (bits : nat)
    (inputs : list state) (average : state * nat -> nat -> Omega -> R) : Prop :=
  forall s i, In s inputs -> (i < bits)%nat ->
  gaussian_average P (answer NTK program s ("bits"%string, i))
    (answer_variance NTK (samples program) (n_of program s)) (average (s, i)).

(** The event that some output bit of some input is incorrect. *)
Definition step_fails {Omega : Type} (program : program) (bits : nat) (inputs : list state)
    (average : state * nat -> nat -> Omega -> R) : nat -> Omega -> Prop :=
  some_wrong (list_prod inputs (seq 0 bits)) (fun c => step program (fst c) ("bits"%string, snd c)) 0 average.

Definition with_bit (i : nat) (value : bool) (s : state) : state :=
  fun b => if (snd b =? i)%nat then value else s b.

(** All states of k bits. *)
Fixpoint every_input (k : nat) : list state :=
  match k with
  | O => [fun _ => false]
  | S i => flat_map (fun s => [with_bit i false s; with_bit i true s]) (every_input i)
  end.
