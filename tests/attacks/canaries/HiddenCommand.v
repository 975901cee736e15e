(* To Coq the marks below are parts of two operators. To a reader who does not know that, they enclose a comment. *)
Notation "x #(* y" := (x + y) (at level 50).
Notation "x *)# y" := (x + y) (at level 50).
Definition two := 1 #(* 1. Unset Universe Checking. Definition kind : Type := Type. Definition three := 2 *)# 1.
