(** Netlists, their values and levels, and their compilation to template programs: definitions only. The programs are
    compared with the Python programs in a generated file. *)

From Coq Require Import List String Ascii Arith Bool.
From NtkProofs Require Import Templates Programs.
Import ListNotations.
Local Open Scope string_scope.
Local Open Scope list_scope.
Local Open Scope nat_scope.

(** Every gate is the AND of literals, [on b] (b is 1) or [off b] (b is 0). A signal is a bit. *)
Record gate := Gate { output : bit; literals : list (bit * bool) }.
Record and_netlist := AndNetlist { inputs : list bit; gates : list gate }.

Definition signals (N : and_netlist) : list bit := inputs N ++ map output (gates N).

Definition conjunction (s : state) (literals : list (bit * bool)) : bool :=
  forallb (fun literal => Bool.eqb (s (fst literal)) (snd literal)) literals.

(** The compiler: one template for each signal. An input is the AND of itself, which holds it. *)
Definition hold (b : bit) : gate := Gate b [on b].
Definition nodes (N : and_netlist) : list gate := map hold (inputs N) ++ gates N.
Definition compiled (N : and_netlist) : program :=
  Program (map (fun g => Template (literals g) [output g]) (nodes N)) 0.

(** In topological order: the literals of a gate are inputs and outputs of earlier gates. *)
Fixpoint ordered (gates : list gate) (known : list bit) : Prop :=
  match gates with
  | [] => True
  | g :: rest => (forall b, In b (map fst (literals g)) -> In b known) /\ ordered rest (output g :: known)
  end.

(** A netlist in topological order; no two of its inputs and gates have the same bit. *)
Definition well_formed (N : and_netlist) : Prop := NoDup (signals N) /\ ordered (gates N) (inputs N).

(** The function that differs from f at the outputs of the gates, where it is computed gate after gate. *)
Definition update (A : Type) (f : bit -> A) (b : bit) (a : A) : bit -> A :=
  fun other => if same_bit b other then a else f other.
Fixpoint along (A : Type) (at_gate : (bit -> A) -> list (bit * bool) -> A) (gates : list gate) (f : bit -> A)
  : bit -> A :=
  match gates with
  | [] => f
  | g :: rest => along A at_gate rest (update A f (output g) (at_gate f (literals g)))
  end.

(** The value of every signal, for values of the inputs. *)
Definition value (N : and_netlist) (assignment : state) : state := along bool conjunction (gates N) assignment.

(** The level of a gate is one more than the largest of its literals; inputs have level 0. *)
Definition next_level (level : bit -> nat) (literals : list (bit * bool)) : nat :=
  S (list_max (map level (map fst literals))).
Definition level (N : and_netlist) : bit -> nat := along nat next_level (gates N) (fun _ => 0).
Definition depth (N : and_netlist) : nat := list_max (map (level N) (signals N)).

(** Gates in any order, without cycles: a rank that increases from the literals of a gate to its output. *)
Definition ranked (N : and_netlist) (rank : bit -> nat) : Prop :=
  NoDup (signals N) /\ forall g, In g (gates N) ->
    0 < rank (output g) /\ forall b, In b (map fst (literals g)) -> In b (signals N) /\ rank b < rank (output g).

(** Values of the signals in which every gate is right. *)
Definition consistent (N : and_netlist) (v : state) : Prop :=
  forall g, In g (gates N) -> v (output g) = conjunction v (literals g).

(** * Circuits: every signal or its inverse is an AND, as in AND, NOR, NAND and OR *)

(** The value of a signal is [positive] where all literals of its cube hold, and the other value elsewhere. *)
Record cover := Cover { signal : bit; positive : bool; cube : list (bit * bool) }.
Record circuit := Circuit { arguments : list bit; covers : list cover; results : list bit }.

(** Values of the signals in which every cover is right. *)
Definition correct (C : circuit) (w : state) : Prop :=
  forall c, In c (covers C) -> w (signal c) = Bool.eqb (conjunction w (cube c)) (positive c).

(** The compiler: a signal that is not positive is held as its inverse, in the field with a tilde before its name; if
    it is a result, one more gate inverts it. *)
Definition inverse (b : bit) : bit := (String (Ascii false true true true true true true false) (fst b), snd b).
Definition inverted (C : circuit) (b : bit) : bool :=
  existsb (fun c => same_bit b (signal c) && negb (positive c)) (covers C).
Definition held (C : circuit) (literal : bit * bool) : bit * bool :=
  if inverted C (fst literal) then (inverse (fst literal), negb (snd literal)) else literal.
Definition gate_of (C : circuit) (c : cover) : gate :=
  Gate (if positive c then signal c else inverse (signal c)) (map (held C) (cube c)).
Definition ands (C : circuit) : and_netlist :=
  AndNetlist (arguments C)
    (map (gate_of C) (covers C) ++ map (fun b => Gate b [off (inverse b)]) (filter (inverted C) (results C))).
Definition compiled_circuit (C : circuit) : program := compiled (ands C).

(** The covers are in topological order, no two signals have the same bit, also after the compilation, and every
    result is a signal. *)
Definition unsigned (C : circuit) : and_netlist :=
  AndNetlist (arguments C) (map (fun c => Gate (signal c) (cube c)) (covers C)).
Definition well_formed_circuit (C : circuit) : Prop :=
  well_formed (unsigned C) /\ well_formed (ands C) /\ forall b, In b (results C) -> In b (signals (unsigned C)).

(** An example: six NANDs of the inputs a to e, with the results y and z. *)
Definition nand (y first second : string) : cover := Cover (y, 0) false [on (first, 0); on (second, 0)].
Definition six_nands : circuit :=
  Circuit [("a", 0); ("b", 0); ("c", 0); ("d", 0); ("e", 0)]
    [nand "u" "a" "c"; nand "v" "c" "d"; nand "w" "b" "v"; nand "x" "e" "v"; nand "y" "u" "w"; nand "z" "w" "x"]
    [("y", 0); ("z", 0)].
