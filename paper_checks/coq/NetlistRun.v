(** The trained network evaluates every acyclic netlist, from every state that holds the inputs, in both regimes.

    Every bit has at most one writer, so t n <= K, and the rounding condition holds at every state. A gate of rank k is
    right after k steps if the inputs are held ([settled]); the levels of a netlist in topological order are such ranks
    ([levels_are_ranks]). *)

From Coq Require Import Reals List String Arith Bool Lia.
From NtkProofs Require Import Kernels Templates Programs Netlists Counting Execution.
Import ListNotations.
Local Open Scope list_scope.
Local Open Scope nat_scope.

Lemma same_bit_spec : forall a b, reflect (a = b) (same_bit a b).
Proof.
  intros [f i] [g j]. unfold same_bit. simpl.
  destruct (String.eqb_spec f g) as [-> | fields], (Nat.eqb_spec i j) as [-> | indices]; simpl; constructor; congruence.
Qed.

(** * One writer for each bit *)

Definition template_of (g : gate) : template := Template (literals g) [output g].

Lemma writes_output : forall b g, writes_bit b (template_of g) = same_bit b (output g).
Proof. intros b g. apply orb_false_r. Qed.

Lemma outputs_of_nodes : forall N, map output (nodes N) = signals N.
Proof. intros N. unfold nodes, signals. rewrite map_app, map_map. simpl. now rewrite map_id. Qed.

Lemma no_writer : forall l s b, ~ In b (map output l) ->
  existsb (fun T => matches s T && writes_bit b T) (map template_of l) = false
  /\ List.length (filter (writes_bit b) (map template_of l)) = 0.
Proof.
  intros l s b. induction l as [| g l IH]; cbn [map existsb filter In]; intros fresh; [split; reflexivity |].
  rewrite writes_output. destruct (same_bit_spec b (output g)) as [same | _]; [exfalso; apply fresh; auto |].
  rewrite andb_false_r. apply IH. auto.
Qed.

Lemma one_writer : forall l s, NoDup (map output l) -> forall g, In g l ->
  existsb (fun T => matches s T && writes_bit (output g) T) (map template_of l) = conjunction s (literals g).
Proof.
  intros l s. induction l as [| first l IH]; cbn [map existsb]; intros distinct g among; [destruct among |].
  inversion distinct as [| ? ? fresh distinct_rest]; subst. rewrite writes_output.
  destruct among as [-> | among].
  - destruct (same_bit_spec (output g) (output g)) as [_ | different]; [| congruence].
    destruct (no_writer l s (output g) fresh) as [-> _]. rewrite andb_true_r. apply orb_false_r.
  - destruct (same_bit_spec (output g) (output first)) as [same | _].
    + exfalso. apply fresh. rewrite <- same. now apply in_map.
    + rewrite andb_false_r. now apply IH.
Qed.

Lemma at_most_one_writer : forall l b, NoDup (map output l) ->
  List.length (filter (writes_bit b) (map template_of l)) <= 1.
Proof.
  intros l b. induction l as [| g l IH]; cbn [map filter]; intros distinct; [auto |].
  inversion distinct as [| ? ? fresh distinct_rest]; subst. rewrite writes_output.
  destruct (same_bit_spec b (output g)) as [-> | _]; [| now apply IH].
  cbn [List.length]. destruct (no_writer l (fun _ => true) (output g) fresh) as [_ ->]. auto.
Qed.

Section Netlist.

Variable N : and_netlist.
Hypothesis distinct : NoDup (signals N).

Let distinct_nodes : NoDup (map output (nodes N)).
Proof. rewrite outputs_of_nodes. exact distinct. Qed.

Theorem netlist_counts : forall r s b,
  (samples (compiled N) = List.length (signals N) /\ n_of (compiled N) s <= samples (compiled N) /\
   t_of (compiled N) b <= 1) /\ condition r (compiled N) s b.
Proof.
  intros r s b. assert (one := at_most_one_writer (nodes N) b distinct_nodes : t_of (compiled N) b <= 1).
  pose proof (n_of_at_most_samples (compiled N) s) as few. repeat split; try assumption.
  - rewrite <- outputs_of_nodes. unfold samples, compiled. simpl. rewrite !map_length. lia.
  - apply condition_of_counts. intros writer. nia.
Qed.

(** * One step *)

Lemma step_holds_inputs : forall s b, In b (inputs N) -> step (compiled N) s b = s b.
Proof.
  intros s b among. transitivity (conjunction s (literals (hold b))).
  - apply (one_writer (nodes N) s distinct_nodes (hold b)). apply in_or_app. left. now apply in_map.
  - unfold conjunction. simpl. destruct (s b); reflexivity.
Qed.

Lemma step_of_gate : forall s g, In g (gates N) -> step (compiled N) s (output g) = conjunction s (literals g).
Proof.
  intros s g among. apply (one_writer (nodes N) s distinct_nodes g). apply in_or_app. now right.
Qed.

(** A bit that is no signal becomes 0. *)
Theorem zero_elsewhere : forall r s b, ~ In b (signals N) -> rounded_step r 0 (compiled N) s b = false.
Proof.
  intros r s b fresh. rewrite rounded_step_is_step by (intros; apply netlist_counts).
  rewrite <- outputs_of_nodes in fresh. exact (proj1 (no_writer (nodes N) s b fresh)).
Qed.

Lemma signal_cases : forall b, In b (signals N) ->
  In b (inputs N) \/ exists g, In g (gates N) /\ b = output g.
Proof.
  intros b among. apply in_app_or in among. destruct among as [input | among]; [now left | right].
  apply in_map_iff in among. destruct among as (g & <- & among). now exists g.
Qed.

Lemma inputs_are_held : forall steps s b, In b (inputs N) -> run (step (compiled N)) steps s b = s b.
Proof.
  intros steps s b input. induction steps as [| steps IH]; [reflexivity |].
  now rewrite run_last, step_holds_inputs.
Qed.

End Netlist.

Lemma list_max_bounds : forall x l, In x l -> x <= list_max l.
Proof.
  intros x l among. pose proof (proj1 (list_max_le l (list_max l)) (le_n _)) as all.
  rewrite Forall_forall in all. now apply all.
Qed.

Lemma conjunction_agrees : forall s s' l, (forall b, In b (map fst l) -> s b = s' b) ->
  conjunction s l = conjunction s' l.
Proof.
  intros s s' l. unfold conjunction. induction l as [| literal l IH]; cbn [map forallb In]; intros same;
    [reflexivity |].
  rewrite same by now left. rewrite IH; [reflexivity |]. intros b among. apply same. now right.
Qed.

(** * Runs: a signal has its value after as many steps as its rank *)

Section Ranks.

Variables (N : and_netlist) (rank : bit -> nat).
Hypothesis increasing : ranked N rank.

(** Two runs that start with the same inputs agree, also after different numbers of steps. *)
Lemma settled : forall rounds s s', (forall b, In b (inputs N) -> s b = s' b) ->
  forall b first second, In b (signals N) -> rank b <= rounds -> rank b <= first -> rank b <= second ->
  run (step (compiled N)) first s b = run (step (compiled N)) second s' b.
Proof.
  destruct increasing as [distinct below]. intros rounds s s' same.
  induction rounds as [| rounds IH]; intros b first second signal small early late;
    (destruct (signal_cases N b signal) as [input | (g & among & ->)];
      [now rewrite !inputs_are_held, same |]); destruct (below g among) as [positive operands]; [lia |].
  destruct first as [| first], second as [| second]; try lia.
  rewrite !run_last, !step_of_gate by assumption.
  apply conjunction_agrees. intros b operand. destruct (operands b operand). apply IH; (assumption || lia).
Qed.

Lemma consistent_is_fixed : forall v, consistent N v -> forall steps b, In b (signals N) ->
  run (step (compiled N)) steps v b = v b.
Proof.
  destruct increasing as [distinct below]. intros v right.
  induction steps as [| steps IH]; intros b signal; [reflexivity |].
  destruct (signal_cases N b signal) as [input | (g & among & ->)]; [now apply inputs_are_held |].
  rewrite run_last, step_of_gate, right by assumption.
  apply conjunction_agrees. intros b operand. apply IH. now apply (below g among).
Qed.

Theorem ranked_run : forall v, consistent N v -> forall s, (forall b, In b (inputs N) -> s b = v b) ->
  forall b steps, In b (signals N) -> rank b <= steps -> run (step (compiled N)) steps s b = v b.
Proof.
  intros v right s same b steps signal late.
  rewrite <- (consistent_is_fixed v right steps b signal). now apply (settled (rank b)).
Qed.

(** There are such values: those after sufficiently many steps. *)
Theorem consistent_exists : forall assignment, exists v,
  (forall b, In b (inputs N) -> v b = assignment b) /\ consistent N v.
Proof.
  destruct increasing as [distinct below]. intros assignment.
  set (most := list_max (map rank (signals N))).
  assert (bound : forall b, In b (signals N) -> rank b <= most).
  { intros b signal. now apply list_max_bounds, in_map. }
  exists (run (step (compiled N)) most assignment). split.
  - intros b input. now apply inputs_are_held.
  - intros g among.
    assert (signal : In (output g) (signals N)) by (apply in_or_app; right; now apply in_map).
    rewrite <- (step_of_gate N distinct), <- run_last by assumption. specialize (bound (output g) signal).
    apply (settled most); auto.
Qed.

Theorem ranked_netlist_executes : forall assignment, exists v,
  (forall b, In b (inputs N) -> v b = assignment b) /\ consistent N v /\
  forall r s, (forall b, In b (inputs N) -> s b = assignment b) -> forall b steps, In b (signals N) ->
  rank b <= steps -> run (rounded_step r 0 (compiled N)) steps s b = v b.
Proof.
  intros assignment. destruct (consistent_exists assignment) as (v & start & right).
  exists v. split; [exact start |]. split; [exact right |]. intros r s same b steps signal late.
  rewrite rounded_run_everywhere by (intros; apply netlist_counts, increasing).
  apply ranked_run; [assumption | | assumption | assumption]. intros input among. now rewrite start, same.
Qed.

End Ranks.

(** * Netlists in topological order *)

Lemma update_elsewhere : forall A f b a other, other <> b -> update A f b a other = f other.
Proof. intros A f b a other different. unfold update. destruct (same_bit_spec b other); congruence. Qed.

Lemma along_elsewhere : forall A at_gate l f b, ~ In b (map output l) -> along A at_gate l f b = f b.
Proof.
  intros A at_gate. induction l as [| g l IH]; cbn [map along In]; intros f b fresh; [reflexivity |].
  rewrite IH by auto. apply update_elsewhere. auto.
Qed.

(** The result at a gate depends on the bits of its literals only. *)
Definition local (A : Type) (at_gate : (bit -> A) -> list (bit * bool) -> A) : Prop := forall f f' literals,
  (forall b, In b (map fst literals) -> f b = f' b) -> at_gate f literals = at_gate f' literals.

(** What is computed gate after gate satisfies the equation of every gate. *)
Lemma along_satisfies : forall A (at_gate : (bit -> A) -> list (bit * bool) -> A),
  local A at_gate ->
  forall l known f, ordered l known -> NoDup (map output l) -> (forall b, In b known -> ~ In b (map output l)) ->
  forall g, In g l -> along A at_gate l f (output g) = at_gate (along A at_gate l f) (literals g).
Proof.
  intros A at_gate limited. induction l as [| first l IH]; cbn [map along ordered];
    intros known f in_order distinct aside g among; [destruct among |]. destruct in_order as [operands later].
  inversion distinct as [| ? ? fresh distinct_rest]; subst.
  destruct among as [-> | among].
  - rewrite along_elsewhere by assumption. unfold update at 1.
    destruct (same_bit_spec (output g) (output g)) as [_ | different]; [| congruence].
    apply limited. intros b operand. pose proof (aside b (operands b operand)) as other. cbn [In] in other.
    rewrite along_elsewhere by auto. symmetry. apply update_elsewhere. intros ->. auto.
  - apply (IH (output first :: known)); [assumption | assumption | | assumption].
    intros b [<- | old]; [assumption |]. intros again. apply (aside b old). now right.
Qed.

Lemma operands_known : forall l known, ordered l known -> forall g b, In g l -> In b (map fst (literals g)) ->
  In b known \/ In b (map output l).
Proof.
  induction l as [| first l IH]; cbn [map ordered In]; intros known in_order g b among operand; [destruct among |].
  destruct in_order as [operands later].
  destruct among as [-> | among]; [auto |].
  destruct (IH (output first :: known) later g b among operand) as [[|] |]; auto.
Qed.

Section Ordered.

Variable N : and_netlist.
Hypothesis proper : well_formed N.

Lemma inputs_apart : forall b, In b (inputs N) -> ~ In b (map output (gates N)).
Proof.
  destruct proper as [distinct _]. unfold signals in distinct. revert distinct.
  induction (inputs N) as [| first rest IH]; simpl; intros distinct b input; [destruct input |].
  inversion distinct as [| ? ? fresh others]; subst. destruct input as [-> | input]; [| now apply IH].
  intros again. apply fresh, in_or_app. now right.
Qed.

Lemma gates_distinct : NoDup (map output (gates N)).
Proof.
  destruct proper as [distinct _]. unfold signals in distinct. revert distinct.
  induction (inputs N) as [| first rest IH]; simpl; intros distinct; [assumption |]. inversion distinct. auto.
Qed.

Lemma along_netlist : forall A (at_gate : (bit -> A) -> list (bit * bool) -> A) f,
  local A at_gate ->
  forall g, In g (gates N) ->
  along A at_gate (gates N) f (output g) = at_gate (along A at_gate (gates N) f) (literals g).
Proof.
  intros A at_gate f limited. destruct proper as [distinct in_order].
  apply (along_satisfies A at_gate limited (gates N) (inputs N)).
  - assumption.
  - now apply gates_distinct.
  - now apply inputs_apart.
Qed.

Theorem levels_are_ranks : ranked N (level N).
Proof.
  split; [apply proper |]. intros g among. unfold level. rewrite (along_netlist nat next_level) by
    (assumption || (unfold local, next_level; intros; do 2 f_equal; now apply map_ext_in)).
  split; [apply Nat.lt_0_succ |]. intros b operand. split.
  - apply in_or_app. now apply (operands_known (gates N) (inputs N) (proj2 proper) g).
  - apply Nat.lt_succ_r. now apply list_max_bounds, in_map.
Qed.

Theorem values_are_consistent : forall assignment,
  (forall b, In b (inputs N) -> value N assignment b = assignment b) /\ consistent N (value N assignment).
Proof.
  intros assignment. split.
  - intros b input. now apply along_elsewhere, inputs_apart.
  - intros g. exact (along_netlist bool conjunction assignment conjunction_agrees g).
Qed.

Theorem values_and_levels : forall assignment,
  (forall b, In b (inputs N) -> value N assignment b = assignment b) /\ consistent N (value N assignment) /\
  ranked N (level N).
Proof.
  intros assignment. destruct (values_are_consistent assignment). split; [| split]; auto using levels_are_ranks.
Qed.

Lemma netlist_run : forall assignment s, (forall b, In b (inputs N) -> s b = assignment b) ->
  forall steps, depth N <= steps -> forall b, In b (signals N) ->
  run (step (compiled N)) steps s b = value N assignment b.
Proof.
  intros assignment s same steps deep b signal. destruct (values_are_consistent assignment) as [start right].
  apply (ranked_run N (level N)); [apply levels_are_ranks | assumption | | assumption |].
  - intros input among. now rewrite start, same.
  - apply Nat.le_trans with (depth N); [now apply list_max_bounds, in_map | assumption].
Qed.

Theorem netlist_executes : forall r assignment s, (forall b, In b (inputs N) -> s b = assignment b) ->
  forall steps, depth N <= steps -> forall b, In b (signals N) ->
  run (rounded_step r 0 (compiled N)) steps s b = value N assignment b.
Proof.
  intros r assignment s same steps deep b signal.
  rewrite rounded_run_everywhere by (intros; apply netlist_counts, proper). now apply netlist_run.
Qed.

Theorem netlist_executes_above : forall r, exists tau, (0 < tau)%R /\ forall assignment s,
  (forall b, In b (inputs N) -> s b = assignment b) -> forall steps, depth N <= steps -> forall b, In b (signals N) ->
  run (rounded_step r tau (compiled N)) steps s b = value N assignment b.
Proof.
  intros r. destruct (one_threshold_runs_everywhere r (compiled N)) as (tau & positive & runs).
  { intros s b. apply netlist_counts, proper. }
  exists tau. split; [exact positive |]. intros assignment s same steps deep b signal.
  rewrite runs. now apply netlist_run.
Qed.

End Ordered.
