(** Training by gradient descent, definitions only: full-batch gradient descent with a fixed step on the squared loss,
    for a network that is governed by its kernel (infinite width). *)

From Coq Require Import Reals Arith.
From NtkProofs Require Import Kernels Templates.

Local Open Scope R_scope.

(** The weights of the K samples after T steps of size [eta], from 0: each step adds eta times the error, target minus
    output, at each sample. The output of the network at an input is the sum of the weights times the kernel of the
    input and the samples. Unit: the kernel as defined in Kernels, without the factor 1/n0. *)
Fixpoint trained (r : regime) (K : nat) (eta : R) (target : nat -> R) (T : nat) (i : nat) : R :=
  match T with
  | O => 0
  | S k => trained r K eta target k i
           + eta * (target i - sum K (fun j => kernel r (dot K (basis i) (basis j)) * trained r K eta target k j))
  end.

(** The output after T steps at the state whose matching samples are [M]. *)
Definition output_after (r : regime) (K : nat) (eta : R) (target : nat -> R) (T : nat) (M : nat -> bool) : R :=
  sum K (fun i => kernel r (dot K (basis i) (encoded K M)) * trained r K eta target T i).

(** The two eigenvalues of the Gram matrix: on vectors with sum 0, and on constant vectors. *)
Definition small_eigenvalue (r : regime) : R := own r - other r.
Definition large_eigenvalue (r : regime) (K : nat) : R := own r + (INR K - 1) * other r.

(** The factor by which the error decreases in T steps, in the two eigenspaces. *)
Definition small_left (r : regime) (eta : R) (T : nat) : R := (1 - eta * small_eigenvalue r) ^ T.
Definition large_left (r : regime) (K : nat) (eta : R) (T : nat) : R := (1 - eta * large_eigenvalue r K) ^ T.
