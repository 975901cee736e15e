(** Kernels and the trained predictor: definitions only.

    All inputs are unit vectors, and the common factor 1/n0 is omitted. A kernel is a function of the inner product of
    two unit vectors. A sum runs over the indices below a number: [sum K f = f 0 + ... + f (K - 1)]. *)

From Coq Require Import Reals Arith.

Local Open Scope R_scope.

(** The kernel that governs training: the neural tangent kernel, or the covariance of the initial network. *)
Inductive regime := NTK | NNGP.

(** The kernels of a two-layer ReLU network at two unit vectors with inner product [c] (Cho & Saul 2009; Jacot et al.
    2018), in closed form: (sin theta + b (pi - theta) cos theta) / (2 pi), c = cos theta, b = 2 or 1. *)
Definition kernel (r : regime) (c : R) : R :=
  let b := match r with NTK => 2 | NNGP => 1 end in
  (sqrt (1 - c * c) + b * c * (PI - acos c)) / (2 * PI).

Fixpoint sum (K : nat) (f : nat -> R) : R :=
  match K with O => 0 | S k => sum k f + f k end.

Definition dot (K : nat) (x y : nat -> R) : R := sum K (fun i => x i * y i).

(** Sample [i] of the training set is the basis vector [e_i]. *)
Definition basis (i : nat) : nat -> R := fun j => if Nat.eqb i j then 1 else 0.

(** The number of indices below [K] at which [M] is true. *)
Fixpoint count (K : nat) (M : nat -> bool) : nat :=
  match K with O => O | S k => (count k M + if M k then 1 else 0)%nat end.

(** A state is encoded as the indicator vector [M] of the samples that match it, divided by the square root of their
    number. *)
Definition encoded (K : nat) (M : nat -> bool) : nat -> R :=
  fun i => if M i then / sqrt (INR (count K M)) else 0.

(** All results depend on three kernel values, [own], [other] and [matched n], through [D], [F n] and the balance
    [B n]. *)
Definition own (r : regime) : R := kernel r 1.
Definition other (r : regime) : R := kernel r 0.
Definition matched (r : regime) (n : nat) : R := kernel r (/ sqrt (INR n)).

Definition D (r : regime) : R := own r / other r - 1.
Definition F (r : regime) (n : nat) : R := matched r n / other r - 1.
Definition B (r : regime) (n : nat) : R := D r / F r n.

(** The weight of a sample that does not match, [u], and of a sample that matches, [m]. *)
Definition u (r : regime) (K n : nat) : R := (D r - INR n * F r n) / (D r * (D r + INR K)).
Definition m (r : regime) (K n : nat) : R := u r K n + F r n / D r.

(** [w] solves the Gram system of the trained kernel at the state whose matching samples are [M]. *)
Definition solves (r : regime) (K : nat) (M : nat -> bool) (w : nat -> R) : Prop :=
  forall i, (i < K)%nat ->
  sum K (fun j => kernel r (dot K (basis i) (basis j)) * w j) = kernel r (dot K (basis i) (encoded K M)).

(** The mean of an output bit that [t] templates write, [p] of which match, at a state that [n] of [K] samples match. If
    no sample matches, the input is the zero vector, and the output is exactly 0. *)
Definition mean (r : regime) (K n p t : nat) : R :=
  match n with O => 0 | _ => INR p * (F r n / D r) + INR t * u r K n end.

(** The variance of every output bit, times n0 = K: [K(x,x) + a^T K(X,X) a - 2 a^T K(X,x)], where K is the covariance
    of the initial network (NNGP) and [a] are the weights of the trained kernel. *)
Definition variance_of (K : nat) (M : nat -> bool) (a : nat -> R) : R :=
  kernel NNGP (dot K (encoded K M) (encoded K M))
  + sum K (fun i => a i * sum K (fun j => kernel NNGP (dot K (basis i) (basis j)) * a j))
  - 2 * sum K (fun i => a i * kernel NNGP (dot K (basis i) (encoded K M))).

(** The variance times n0 in closed form. *)
Definition variance (r : regime) (K n : nat) : R :=
  let S1 := INR n * m r K n + (INR K - INR n) * u r K n in
  let S2 := INR n * m r K n ^ 2 + (INR K - INR n) * u r K n ^ 2 in
  own NNGP + (own NNGP - other NNGP) * S2 + other NNGP * S1 ^ 2
  - 2 * (INR n * m r K n * matched NNGP n + (INR K - INR n) * u r K n * other NNGP).

(** The variance of one output bit of one network. If no sample matches, the input is the zero vector, and the output of
    a network without bias is exactly 0. *)
Definition answer_variance (r : regime) (K n : nat) : R :=
  match n with O => 0 | _ => variance r K n / INR K end.
