(** The programs for permutation, addition and multiplication: definitions only. They are compared with the Python
    programs in a generated file. *)

From Coq Require Import List String Arith Bool.
From NtkProofs Require Import Templates.
Import ListNotations.
Local Open Scope string_scope.
Local Open Scope list_scope.
Local Open Scope nat_scope.

(** [Template [on a; off b] [c; d]] matches if a is 1 and b is 0, and writes c and d. *)
Definition on (b : bit) : bit * bool := (b, true).
Definition off (b : bit) : bit * bool := (b, false).

(** * Permutation of k bits: output bit i is input bit [order i]. *)
Definition permutation (k : nat) (order : nat -> nat) : program :=
  Program (map (fun i => Template [on ("bits", order i)] [("bits", i)]) (seq 0 k)) 0.

(** [order] permutes the numbers below k. *)
Definition permutes (k : nat) (order : nat -> nat) : Prop :=
  (forall i, i < k -> order i < k) /\ (forall i j, i < k -> j < k -> order i = order j -> i = j).

(** * Addition: a ripple-carry adder on the fields [p], [q], [c] of [width] bits, with four rules for each position. *)
Definition adder (p q c : string) (width : nat) : list template :=
  flat_map (fun i =>
    [ Template [off (p, i); on (q, i)] [(p, i)];
      Template [on (p, i); off (q, i)] [(p, i)];
      Template [on (p, i); on (q, i)] [(c, i)];
      Template [on (c, i)] [if S i <? width then (q, S i) else (c, i)] ])
    (seq 0 width).

Definition addition (l : nat) : program := Program (adder "p" "q" "c" l) 0.

(** The initial state: x in [p], y in [q], all other bits 0. *)
Definition addition_start (x y : nat) : state :=
  fun b => let (field, i) := b in
    if String.eqb field "p" then Nat.testbit x i
    else if String.eqb field "q" then Nat.testbit y i
    else false.

(** The sum: the number in [p], with the last carry as its top bit. *)
Definition sum_of (l : nat) (s : state) : nat := number s "p" l + (if s ("c", l - 1) then 2 ^ l else 0).

(** * Multiplication of two l-bit numbers by shift and add. *)
Section Multiplication.

Variable l : nat.

Definition check : bit := ("to_check_lsb", 0).
Definition copy : list bit := map (fun i => ("to_copy_to_sum_q", i)) (seq 0 (2 * l)).
Definition shift : list bit :=
  map (fun i => ("to_shift_right", i)) (seq 0 l) ++ map (fun i => ("to_shift_left", i)) (seq 0 (2 * l)).

(** The lowest bit of the multiplier determines whether the multiplicand is copied to the sum before the shift. *)
Definition look_at_lowest_bit : list template :=
  [ Template [on check; on ("multiplier", 0)] copy;
    Template [on check; off ("multiplier", 0)] shift ].

Definition keep_or_shift_multiplier : list template :=
  flat_map (fun i =>
    (Template [on ("multiplier", i); off ("to_shift_right", i)] [("multiplier", i)])
    :: (if 0 <? i then [ Template [on ("multiplier", i); on ("to_shift_right", i)] [("multiplier", i - 1)] ] else []))
    (seq 0 l)
  ++ [ Template [on ("to_shift_right", 0)] [check] ].

Definition keep_copy_or_shift_multiplicand : list template :=
  flat_map (fun i =>
    [ Template [on ("multiplicand", i); off ("to_shift_left", i); off ("to_copy_to_sum_q", i)]
        [("multiplicand", i)];
      Template [on ("multiplicand", i); off ("to_shift_left", i); on ("to_copy_to_sum_q", i)]
        [("multiplicand", i); ("sum_q", i)] ]
    ++ (if S i <? 2 * l
        then [ Template [on ("multiplicand", i); on ("to_shift_left", i)] [("multiplicand", S i)] ]
        else []))
    (seq 0 (2 * l)).

(** A token passes through 4 l cells while the carries propagate; then the shift is broadcast. *)
Definition wait_for_carries : list template :=
  (Template [on ("to_copy_to_sum_q", 0)] [("sum_counter", 0)])
  :: map (fun j => Template [on ("sum_counter", j)] [("sum_counter", S j)]) (seq 0 (4 * l - 1))
  ++ [ Template [on ("sum_counter", 4 * l - 1)] shift ].

Definition multiplication : program :=
  Program (look_at_lowest_bit ++ keep_or_shift_multiplier ++ keep_copy_or_shift_multiplicand ++ wait_for_carries
           ++ adder "sum_p" "sum_q" "sum_c" (2 * l)) 0.

End Multiplication.

(** The initial state: x in [multiplier], y in [multiplicand], the bit [check] set, all other bits 0. *)
Definition multiplication_start (x y : nat) : state :=
  fun b => let (field, i) := b in
    if String.eqb field "multiplier" then Nat.testbit x i
    else if String.eqb field "multiplicand" then Nat.testbit y i
    else if String.eqb field "to_check_lsb" then Nat.eqb i 0
    else false.
