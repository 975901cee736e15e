(* The guard checker of Coq 8.16 to 9.0.0 takes a match on a match for a part of the argument where one branch alone is
   one (rocq-prover/rocq, issue 20455). Here the other branch is 2, whatever the argument is. *)
Definition positive (n : nat) : Prop := match n with O => False | S _ => True end.
Definition above_one (n : nat) : Prop := match n with O => False | S k => positive k end.
Fixpoint absurd (n : nat) : positive n -> False.
Proof.
  refine (match n with
  | O => fun nothing => nothing
  | S k => fun _ =>
    let descend (b : bool) (is_true : b = true) (m : nat) (large : above_one m) :=
      absurd (match (if b then m else k) with O => k | S j => j end) _ in
    descend true eq_refl 2 I
  end).
  subst b. destruct m as [|j]; [destruct large | exact large].
Defined.
Lemma contradiction : False.
Proof. exact (absurd 1 I). Qed.
