(* Where a fixpoint stands inside of another, the guard checker of Coq 8.16 to 9.0.0 can reduce across it
   (rocq-prover/rocq, issue 20555). This is the shape; 8.16.1 happens to refuse this one. *)
Fixpoint absurd (t : unit) : False :=
  (fix wait (n : nat) : unit -> False := match n with O => absurd | S k => wait k end) 1 t.
