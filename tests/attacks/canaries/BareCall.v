(* The guard checker of Coq 8.16 to 9.0.0 forgets to look at the arguments of a recursive call that are not the one on
   which the recursion is (rocq-prover/rocq, issue 20413). Here one of them holds the function itself. *)
Lemma once_more : {call : (nat -> nat -> nat) -> nat | forall f, call f = f 1 0}.
Proof. exists (fun f => f 1 0). reflexivity. Qed.
Fixpoint grow (n m : nat) : nat :=
  match n with O => m | S k => grow k (S (proj1_sig once_more grow)) end.
Lemma no_number_is_its_successor : forall n, n <> S n.
Proof. induction n as [|n IH]; intros E; [discriminate E | injection E as E; exact (IH E)]. Qed.
Lemma contradiction : False.
Proof.
  apply (no_number_is_its_successor (grow 1 0)).
  change (grow 1 0) with (S (proj1_sig once_more grow)) at 1.
  f_equal. exact (proj2_sig once_more grow).
Qed.
