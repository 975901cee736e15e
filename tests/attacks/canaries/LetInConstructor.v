(* Where a constructor's type holds local definitions that have no bearing on equality, Coq 8.14 to 9.2.0 compares
   branches of a match in the wrong context: arguments count as equal that are not (rocq-prover/rocq, issue 22378). *)
Inductive trivial : SProp := only.
Inductive couple : Type := join (a b : nat) (c : trivial := only) (d : trivial := only).
Definition first_of (p : couple) : nat := match p with join a b c d => a end.
Definition second_of (p : couple) : nat := match p with join a b c d => b end.
Definition same (p : couple) : first_of p = second_of p := eq_refl.
Lemma contradiction : False.
Proof. discriminate (same (join 0 1)). Qed.
