(** The theorems of this theory, restated in terms of the definitions alone. A reviewer reads this file and the
    definitions that it imports (Kernels, Templates, Programs, Netlists, Chance, Training); the kernel of Coq checks the
    proofs. A theorem about a regime [r] holds for both kernels, NTK and NNGP. *)

From Coq Require Import Reals Arith List String Bool.
From NtkProofs Require Import Kernels Templates Programs Netlists Chance Training.
From NtkProofs Require Balance Gram Rounding Execution Permutation Addition Multiplication.
From NtkProofs Require NetlistRun CircuitRun.
From NtkProofs Require Ensembles PermutationVariance PermutationEnsembles ByClass ByClassGrowth GradientDescent.
Import ListNotations.
Local Open Scope string_scope.
Local Open Scope R_scope.

(** * The analysis *)

(** Proved for both regimes: the kernel of a training sample with itself is 1 (NTK) or 1/2 (NNGP), and the kernel of
    two different samples is 1/(2 pi). *)
Theorem own_and_other : forall r, own r = match r with NTK => 1 | NNGP => 1 / 2 end /\ other r = 1 / (2 * PI).
Proof. exact (fun r => conj (Balance.own_value r) (Balance.other_value r)). Qed.

(** Proved: D is 2 pi - 1 (NTK) or pi - 1 (NNGP), and F(1) = D. *)
Theorem contrast : forall r, D r = match r with NTK => 2 * PI - 1 | NNGP => PI - 1 end /\ F r 1 = D r.
Proof. exact (fun r => conj (Balance.D_value r) (Balance.F_at_one r)). Qed.

(** Proved: F(n) > 0 for every n >= 1. *)
Theorem excess_is_positive : forall r n, (1 <= n)%nat -> 0 < F r n.
Proof. exact Balance.F_positive. Qed.

(** Proved: n F(n) > D for every n >= 2. *)
Theorem excess_of_all_exceeds_contrast : forall r n, (2 <= n)%nat -> D r < INR n * F r n.
Proof. exact Balance.nF_exceeds_D. Qed.

(** Proved: n - B(n) increases with n. *)
Theorem balance_gap_increases : forall r n, (1 <= n)%nat -> INR n - B r n < INR (S n) - B r (S n).
Proof. exact Balance.balance_gap_increases. Qed.

(** Proved: sqrt n <= B(n) < c sqrt n for every n >= 1, c = (2 pi - 1)/pi (NTK) or (pi - 1)/(pi/2) (NNGP). *)
Theorem balance_grows_like_the_root : forall r n, (1 <= n)%nat ->
  sqrt (INR n) <= B r n /\ B r n < D r / (match r with NTK => PI | NNGP => PI / 2 end) * sqrt (INR n).
Proof. exact Balance.balance_grows_like_sqrt. Qed.

(** * The predictor *)

(** Proved for every number of samples and every set of matching samples: the weights m of the matching samples and u
    of the others solve the Gram system of the kernel. *)
Theorem weights_solve_the_gram_system : forall r K M, (1 <= count K M)%nat ->
  solves r K M (fun i => if M i then m r K (count K M) else u r K (count K M)).
Proof. exact Gram.weights_solve. Qed.

(** Proved: the Gram system has no other solution. *)
Theorem gram_system_has_one_solution : forall r K M w w', solves r K M w -> solves r K M w' ->
  forall i, (i < K)%nat -> w i = w' i.
Proof. exact Gram.weights_unique. Qed.

(** Proved: at every state of every program that some template matches, the mean of an output bit, the weighted sum of
    its targets, is p F/D + t u, which depends on the counts of the state only. *)
Theorem predicted_mean : forall r P s b w, (1 <= n_of P s)%nat -> solves r (samples P) (sample_matches P s) w ->
  sum (samples P) (fun i => w i * label P b i)
  = INR (p_of P s b) * (F r (n_of P s) / D r) + INR (t_of P b) * u r (samples P) (n_of P s).
Proof.
  exact (fun r P s b w some solved =>
    eq_trans (Gram.program_mean r P s b w some solved) (Gram.answer_in_counts r P s b some)).
Qed.

(** Proved: the variance of every output bit is given by the closed form in n and K. *)
Theorem predicted_variance : forall r P s a, (1 <= n_of P s)%nat -> solves r (samples P) (sample_matches P s) a ->
  variance_of (samples P) (sample_matches P s) a = variance r (samples P) (n_of P s).
Proof. exact Gram.program_variance. Qed.

(** Proved: the variance is never negative. *)
Theorem variance_is_not_negative : forall r K n, (1 <= n <= K)%nat -> 0 <= variance r K n.
Proof. exact Gram.variance_non_negative. Qed.

(** Proved: the variance is 0 at n = 1, and positive for every n >= 2. *)
Theorem variance_vanishes_at_samples_only : forall r K n, (1 <= n <= K)%nat -> variance r K n = 0 <-> n = 1%nat.
Proof. exact Gram.variance_zero. Qed.

(** * The rounding theorem *)

(** Proved, both directions: the mean of a bit that should be 1 (p >= 1) is positive iff t (n - B(n)) < p (K + D). *)
Theorem rounding_of_ones : forall r K n p t, (1 <= n)%nat -> (1 <= p)%nat ->
  (0 < mean r K n p t <-> INR t * (INR n - B r n) < INR p * (D r + INR K)).
Proof. exact Rounding.mean_sign. Qed.

(** Proved: the mean of a bit that should be 0 (p = 0) is at most 0, and exactly 0 iff n = 1 or t = 0. *)
Theorem rounding_of_zeros : forall r K n t, (1 <= n)%nat ->
  mean r K n 0 t <= 0 /\ (mean r K n 0 t = 0 <-> n = 1%nat \/ t = 0%nat).
Proof. exact Rounding.mean_of_zero_bit. Qed.

(** Proved: t n <= p K is sufficient for a positive mean. *)
Theorem few_matches_suffice : forall r K n p t, (1 <= n)%nat -> (1 <= p)%nat -> (t * n <= p * K)%nat ->
  0 < mean r K n p t.
Proof. exact Rounding.few_matches_suffice. Qed.

(** Proved for every program, state and bit: the mean rounded at threshold 0 is the next bit of the program iff the
    rounding condition holds. *)
Theorem rounded_right_iff_condition : forall r P s b, rounded_step r 0 P s b = step P s b <-> condition r P s b.
Proof. exact Rounding.rounded_right_iff_condition. Qed.

(** Proved: if the rounding condition holds at all states that at most n_max templates match, one positive threshold
    rounds every bit of all these states correctly. *)
Theorem positive_threshold : forall r P n_max, (forall s b, (n_of P s <= n_max)%nat -> condition r P s b) ->
  exists tau, 0 < tau /\ forall s b, (n_of P s <= n_max)%nat -> rounded_step r tau P s b = step P s b.
Proof. exact Rounding.positive_threshold_exists. Qed.

(** Proved: if the rounding condition holds at every state of a run, the run of the rounded network is the same. *)
Theorem rounded_run_is_the_run : forall r P steps s,
  (forall j, (j < steps)%nat -> forall b, condition r P (run (step P) j s) b) ->
  forall b, run (rounded_step r 0 P) steps s b = run (step P) steps s b.
Proof. exact Execution.rounded_run_is_run. Qed.

(** * The programs *)

(** Proved for every k, permutation and input: the rounded network permutes the bits in one step. *)
Theorem permutation_is_executed : forall r k order, permutes k order -> forall s i, (i < k)%nat ->
  rounded_step r 0 (permutation k order) s ("bits", i) = s ("bits", order i).
Proof. exact (fun r k order _ s => proj1 (Permutation.permutation_executes r k order s)). Qed.

(** Proved: the program for permutation has k samples, at most k matches and at most one writer of a bit. *)
Theorem permutation_counts : forall k order s b, (samples (permutation k order) = k /\
  n_of (permutation k order) s <= k /\ t_of (permutation k order) b <= 1)%nat.
Proof. exact Permutation.permutation_counts. Qed.

(** Proved for every l and all x, y < 2^l: 2 l steps of the rounded network compute x + y, including the carry. *)
Theorem addition_is_executed : forall r l x y, (1 <= l)%nat -> (x < 2 ^ l)%nat -> (y < 2 ^ l)%nat ->
  sum_of l (run (rounded_step r 0 (addition l)) (2 * l) (addition_start x y)) = (x + y)%nat.
Proof. exact Addition.addition_executes. Qed.

(** Proved: addition is computed with one positive threshold for all numbers of l bits. *)
Theorem addition_is_executed_above : forall r l, (1 <= l)%nat -> exists tau, 0 < tau /\ forall x y,
  (x < 2 ^ l)%nat -> (y < 2 ^ l)%nat ->
  sum_of l (run (rounded_step r tau (addition l)) (2 * l) (addition_start x y)) = (x + y)%nat.
Proof. exact Addition.addition_executes_above. Qed.

(** Proved for every l: 2 l - 1 steps are sufficient for addition, and 2 l - 2 steps are not. *)
Theorem addition_takes_one_step_less : forall r l, (1 <= l)%nat ->
  (forall x y, (x < 2 ^ l)%nat -> (y < 2 ^ l)%nat ->
    sum_of l (run (rounded_step r 0 (addition l)) (2 * l - 1) (addition_start x y)) = (x + y)%nat) /\
  (exists x y, (x < 2 ^ l)%nat /\ (y < 2 ^ l)%nat /\
    sum_of l (run (rounded_step r 0 (addition l)) (2 * l - 2) (addition_start x y)) <> (x + y)%nat).
Proof.
  exact (fun r l some => conj
    (fun x y small small' => Addition.addition_executes_from r l x y _ some small small' (le_n _))
    (Addition.addition_needs_all_steps r l some)).
Qed.

(** Proved: the program for addition has 4 l samples, at most 2 l matches at every state, reachable or not, and at most
    2 writers of a bit. *)
Theorem addition_counts : forall l s b, (samples (addition l) = 4 * l /\
  n_of (addition l) s <= 2 * l /\ t_of (addition l) b <= 2)%nat.
Proof. exact Addition.addition_counts. Qed.

(** Proved for every l and all x, y < 2^l: 4 l^2 + 3 l steps of the rounded network compute x y, without padding. *)
Theorem multiplication_is_executed : forall r l x y, (1 <= l)%nat -> (x < 2 ^ l)%nat -> (y < 2 ^ l)%nat ->
  number (run (rounded_step r 0 (multiplication l)) (4 * l * l + 3 * l) (multiplication_start x y)) "sum_p" (2 * l)
  = (x * y)%nat.
Proof. exact Multiplication.multiplication_executes. Qed.

(** Proved: multiplication is computed with one positive threshold for all numbers of l bits. *)
Theorem multiplication_is_executed_above : forall r l, (1 <= l)%nat -> exists tau, 0 < tau /\ forall x y,
  (x < 2 ^ l)%nat -> (y < 2 ^ l)%nat ->
  number (run (rounded_step r tau (multiplication l)) (4 * l * l + 3 * l) (multiplication_start x y)) "sum_p" (2 * l)
  = (x * y)%nat.
Proof. exact Multiplication.multiplication_executes_above. Qed.

(** Proved: the product is complete after 4 l^2 + l steps of the rounded network and does not change afterwards; for
    l >= 2, one step less is not sufficient. *)
Theorem multiplication_takes_fewer_steps : forall r l, (1 <= l)%nat ->
  (forall x y steps, (x < 2 ^ l)%nat -> (y < 2 ^ l)%nat -> (4 * l * l + l <= steps)%nat ->
    number (run (rounded_step r 0 (multiplication l)) steps (multiplication_start x y)) "sum_p" (2 * l)
    = (x * y)%nat) /\
  ((2 <= l)%nat -> exists x y, (x < 2 ^ l)%nat /\ (y < 2 ^ l)%nat /\
    number (run (rounded_step r 0 (multiplication l)) (4 * l * l + l - 1) (multiplication_start x y)) "sum_p" (2 * l)
    <> (x * y)%nat).
Proof.
  exact (fun r l some => conj
    (fun x y steps small small' => Multiplication.multiplication_executes_from r l x y steps some small small')
    (fun more => Multiplication.multiplication_needs_its_steps r l more)).
Qed.

(** Proved: the program for multiplication has 20 l + 2 samples, at most 3 writers of a bit, and at most 3 l + 1 matches
    at the states of its runs; so the rounding condition holds at these states. *)
Theorem multiplication_counts : forall r l x y j b, (1 <= l)%nat -> (x < 2 ^ l)%nat -> (y < 2 ^ l)%nat ->
  let s := run (step (multiplication l)) j (multiplication_start x y) in
  (samples (multiplication l) = 20 * l + 2 /\ t_of (multiplication l) b <= 3 /\
   n_of (multiplication l) s <= 3 * l + 1)%nat /\ condition r (multiplication l) s b.
Proof. exact Multiplication.multiplication_counts_of_runs. Qed.

(** Proved for every l: the bound of 3 l + 1 matches is attained in the run of some pair of numbers. *)
Theorem multiplication_counts_are_reached : forall l, (1 <= l)%nat -> exists x y j,
  (x < 2 ^ l)%nat /\ (y < 2 ^ l)%nat /\
  n_of (multiplication l) (run (step (multiplication l)) j (multiplication_start x y)) = (3 * l + 1)%nat.
Proof. exact Multiplication.multiplication_most_matches. Qed.

(** * Netlists *)

(** Proved for every netlist of ANDs in topological order, assignment of its inputs, and state that holds the
    assignment, whatever its other bits are: after as many steps of the rounded network as the depth of the
    netlist, or more, every signal has its value. *)
Theorem netlist : forall N, well_formed N -> forall r assignment s, (forall b, In b (inputs N) -> s b = assignment b) ->
  forall steps, (depth N <= steps)%nat -> forall b, In b (signals N) ->
  run (rounded_step r 0 (compiled N)) steps s b = value N assignment b.
Proof. exact NetlistRun.netlist_executes. Qed.

(** Proved for every netlist of ANDs in topological order: one positive threshold gives every signal its value, for all
    assignments, all states that hold them, and all numbers of steps from the depth of the netlist on. *)
Theorem netlist_above : forall N, well_formed N -> forall r, exists tau, 0 < tau /\ forall assignment s,
  (forall b, In b (inputs N) -> s b = assignment b) -> forall steps, (depth N <= steps)%nat ->
  forall b, In b (signals N) -> run (rounded_step r tau (compiled N)) steps s b = value N assignment b.
Proof. exact NetlistRun.netlist_executes_above. Qed.

(** Proved for every netlist whose signals are different bits, in any order and with cycles: the program has a sample
    for each signal, without padding, and at most one writer of a bit, so the rounding condition holds everywhere. *)
Theorem netlist_counts : forall N, NoDup (signals N) -> forall r s b,
  (samples (compiled N) = List.length (signals N) /\ n_of (compiled N) s <= samples (compiled N) /\
   t_of (compiled N) b <= 1)%nat /\ condition r (compiled N) s b.
Proof. exact NetlistRun.netlist_counts. Qed.

(** Proved: every bit that is no signal is 0 after each step, so such a bit can serve as the constant 0. *)
Theorem netlist_writes_no_other_bit : forall N, NoDup (signals N) -> forall r s b, ~ In b (signals N) ->
  rounded_step r 0 (compiled N) s b = false.
Proof. exact NetlistRun.zero_elsewhere. Qed.

(** Proved for gates in any order without cycles (a rank increases from the literals of a gate to its output): for
    every assignment there are values with which every gate is right, and a signal has its value after as many steps
    as its rank. *)
Theorem netlist_in_any_order : forall N rank, ranked N rank -> forall assignment, exists v,
  (forall b, In b (inputs N) -> v b = assignment b) /\ consistent N v /\
  forall r s, (forall b, In b (inputs N) -> s b = assignment b) -> forall b steps, In b (signals N) ->
  (rank b <= steps)%nat -> run (rounded_step r 0 (compiled N)) steps s b = v b.
Proof. exact NetlistRun.ranked_netlist_executes. Qed.

(** Proved for every netlist in topological order: with the computed values every gate is right, they are those of
    the assignment at the inputs, and the computed level is such a rank. *)
Theorem netlist_values : forall N, well_formed N -> forall assignment,
  (forall b, In b (inputs N) -> value N assignment b = assignment b) /\ consistent N (value N assignment) /\
  ranked N (level N).
Proof. exact NetlistRun.values_and_levels. Qed.

(** Proved for every circuit whose signals are ANDs, NORs, NANDs or ORs, and assignment of its inputs: there are values
    with which every cover is right, and every result has its value after as many steps of the rounded network as the
    depth of the compiled netlist, or more, from every state that holds the assignment. *)
Theorem circuit_is_executed : forall C, well_formed_circuit C -> forall assignment, exists w,
  (forall b, In b (arguments C) -> w b = assignment b) /\ correct C w /\
  forall r s, (forall b, In b (arguments C) -> s b = assignment b) ->
  forall steps, (depth (ands C) <= steps)%nat -> forall b, In b (results C) ->
  run (rounded_step r 0 (compiled_circuit C)) steps s b = w b.
Proof. exact CircuitRun.circuit_computes. Qed.

(** Proved: six NANDs of five inputs are such a circuit, and 4 steps compute its two results from every state. *)
Theorem six_nands_are_executed : well_formed_circuit six_nands /\ depth (ands six_nands) = 4%nat /\
  forall r s steps, (4 <= steps)%nat ->
  let s' := run (rounded_step r 0 (compiled_circuit six_nands)) steps s in
  let nand x y := negb (x && y) in
  let v := nand (s ("c", 0%nat)) (s ("d", 0%nat)) in
  let w := nand (s ("b", 0%nat)) v in
  s' ("y", 0%nat) = nand (nand (s ("a", 0%nat)) (s ("c", 0%nat))) w /\
  s' ("z", 0%nat) = nand w (nand (s ("e", 0%nat)) v).
Proof.
  exact (conj CircuitRun.six_nands_well_formed (conj CircuitRun.six_nands_depth CircuitRun.six_nands_execute)).
Qed.

(** * Ensembles *)

(** Proved, if averages of N networks satisfy the Gaussian tail bound: the failure probability is at most delta if
    N z2 >= 2 ln (2 cases / delta), where z2 is a lower bound of all squared standardised margins. *)
Theorem margin_decides_the_ensemble : forall (Omega case : Type) (P : probability Omega) (cases : list case)
  (mu var : case -> R) (wanted : case -> bool) (tau : R) (average : case -> nat -> Omega -> R),
  (forall c, In c cases -> 0 <= var c) ->
  (forall c, In c cases -> gaussian_average P (mu c) (var c) (average c)) ->
  forall z2 N delta,
  (forall c, In c cases -> rounds_to tau (mu c) (wanted c)) ->
  (forall c, In c cases -> z2 * var c <= (mu c - tau) ^ 2) ->
  0 < delta -> (1 <= N)%nat -> 2 * ln (2 * INR (List.length cases) / delta) <= INR N * z2 ->
  P (some_wrong cases wanted tau average N) <= delta.
Proof. exact Ensembles.margin_suffices. Qed.

(** Proved, if averages of N networks satisfy the Gaussian tail bound: the failure probability is at most delta for the
    published ensemble size N >= 8 max (var/mean^2) ln (2 bits inputs steps / delta); where the mean is 0, twice the
    threshold takes its place. *)
Theorem published_size_suffices : forall (Omega case : Type) (P : probability Omega) (cases : list case)
  (mu var : case -> R) (wanted : case -> bool) (tau : R) (average : case -> nat -> Omega -> R),
  (forall c, In c cases -> 0 <= var c) ->
  (forall c, In c cases -> gaussian_average P (mu c) (var c) (average c)) ->
  forall bits inputs steps V N delta,
  (List.length cases <= bits * inputs * steps)%nat -> 0 <= tau ->
  (forall c, In c cases -> if wanted c then 0 < mu c /\ 2 * tau <= mu c else mu c <= 0) ->
  (forall c, In c cases -> mu c <> 0 -> var c / mu c ^ 2 <= V) ->
  (forall c, In c cases -> mu c = 0 -> var c <= V * (2 * tau) ^ 2) ->
  0 < delta -> (1 <= N)%nat -> 8 * V * ln (2 * INR bits * INR inputs * INR steps / delta) <= INR N ->
  P (some_wrong cases wanted tau average N) <= delta.
Proof. exact Ensembles.published_size_suffices. Qed.

(** Proved for every number K of bits (NTK): var/mean^2 <= 22.54 K for every bit of a permutation that should be 1. *)
Theorem variance_of_ones : forall K n, (1 <= n <= K)%nat ->
  answer_variance NTK K n <= 22.54 * INR K * mean NTK K n 1 1 ^ 2.
Proof. exact PermutationVariance.one_bit_variance. Qed.

(** Proved for every number K of bits (NTK): var/mean^2 <= 22.54 K for every bit of a permutation that should be 0. *)
Theorem variance_of_zeros : forall K n, (1 <= n < K)%nat ->
  answer_variance NTK K n <= 22.54 * INR K * mean NTK K n 0 1 ^ 2.
Proof. exact PermutationVariance.zero_bit_variance. Qed.

(** Proved: 22.53 is too small (K = 3, n = 2), and var/mean^2 > 2.8036 K at n = 2 for every K >= 2. *)
Theorem variance_grows_with_the_samples : 22.53 * INR 3 * mean NTK 3 2 0 1 ^ 2 < answer_variance NTK 3 2 /\
  forall K, (2 <= K)%nat -> 2.8036 * INR K * mean NTK K 2 0 1 ^ 2 < answer_variance NTK K 2.
Proof. exact (conj PermutationVariance.constant_is_sharp PermutationVariance.ratio_grows_linearly). Qed.

(** Proved, if averages of N networks satisfy the Gaussian tail bound: N >= 180.4 k ln (2 k / delta) networks permute
    the k bits of any one input correctly at threshold 0, with probability at least 1 - delta. *)
Theorem permutation_of_one_input : forall (Omega : Type) (P : probability Omega) k order average delta,
  (1 <= k)%nat -> 0 < delta <= 1 -> forall s N, trained_ensemble P (permutation k order) k [s] average ->
  180.4 * INR k * ln (2 * INR k / delta) <= INR N -> P (step_fails (permutation k order) k [s] average N) <= delta.
Proof. exact PermutationEnsembles.permutation_ensemble_one_input. Qed.

(** Proved, if averages of N networks satisfy the Gaussian tail bound: N >= 250 k^2 + 180.4 k ln (1 / delta) networks
    permute the k bits of all 2^k inputs correctly at threshold 0, with probability at least 1 - delta. *)
Theorem permutation_of_all_inputs : forall (Omega : Type) (P : probability Omega) k order average delta N,
  (1 <= k)%nat -> 0 < delta <= 1 -> trained_ensemble P (permutation k order) k (every_input k) average ->
  250 * INR k ^ 2 + 180.4 * INR k * ln (1 / delta) <= INR N ->
  P (step_fails (permutation k order) k (every_input k) average N) <= delta.
Proof. exact PermutationEnsembles.permutation_ensemble_all_inputs. Qed.

(** * Ensembles, by class *)

(** Proved, if averages of N networks satisfy the Gaussian tail bound: the failure probability is at most delta if
    every case has a share that its tail 2 exp (- N z^2 / 2) does not exceed, and the shares add up to at most delta. *)
Theorem shares_decide_the_ensemble : forall (Omega case : Type) (P : probability Omega) (cases : list case)
  (mu var : case -> R) (wanted : case -> bool) (tau : R) (average : case -> nat -> Omega -> R),
  (forall c, In c cases -> 0 <= var c) ->
  (forall c, In c cases -> gaussian_average P (mu c) (var c) (average c)) ->
  forall share N delta,
  (forall c, In c cases -> rounds_to tau (mu c) (wanted c)) -> (1 <= N)%nat ->
  (forall c, In c cases -> 0 <= share c) ->
  (forall c, In c cases -> 0 < var c -> 2 * exp (- (INR N * (mu c - tau) ^ 2 / (2 * var c))) <= share c) ->
  fold_right (fun c rest => share c + rest) 0 cases <= delta ->
  P (some_wrong cases wanted tau average N) <= delta.
Proof. exact ByClass.shares_suffice. Qed.

(** Proved for every k and permutation: among the pairs of one of the 2^k states and an output bit, those with n ones
    in the state and the next bit 1 are C(k, n) n, and those with the next bit 0 are C(k, n) (k - n). *)
Theorem permutation_class_counts : forall k order, permutes k order -> forall n value, (n <= k)%nat ->
  INR (List.length (filter (fun c => (n_of (permutation k order) (fst c) =? n)%nat
      && Bool.eqb (step (permutation k order) (fst c) ("bits", snd c)) value)
    (list_prod (every_input k) (seq 0 k))))
  = C k n * (if value then INR n else INR k - INR n).
Proof. exact ByClass.class_counts. Qed.

(** Proved for every k, permutation and threshold from 0 on, if averages of N networks satisfy the Gaussian tail bound:
    the bits of all 2^k inputs are permuted correctly with probability at least 1 - delta if the tails of the classes,
    C(k, n) times n bits that should be 1 and k - n bits that should be 0, add up to at most delta over n = 2..k. *)
Theorem permutation_by_class :
  forall (Omega : Type) (P : probability Omega) k order average delta tau N,
  permutes k order -> (1 <= N)%nat -> 0 <= tau < 1 ->
  trained_ensemble P (permutation k order) k (every_input k) average ->
  (forall n, (2 <= n <= k)%nat -> tau < mean NTK k n 1 1) ->
  let tail n p := 2 * exp (- (INR N * (mean NTK k n p 1 - tau) ^ 2 / (2 * answer_variance NTK k n))) in
  sum (k - 1) (fun i => let n := (i + 2)%nat in
    C k n * (INR n * tail n 1%nat + (INR k - INR n) * tail n 0%nat)) <= delta ->
  P (some_wrong (list_prod (every_input k) (seq 0 k))
       (fun c => step (permutation k order) (fst c) ("bits", snd c)) tau average N) <= delta.
Proof. exact ByClass.permutation_by_class. Qed.

(** Proved for every k >= 6 and permutation, if averages of N networks satisfy the Gaussian tail bound:
    N >= 32 k sqrt k ln (6 k / delta) networks permute the bits of all 2^k inputs correctly at the threshold 1 / (2 k),
    with probability at least 1 - delta. *)
Theorem permutation_of_all_inputs_by_class :
  forall (Omega : Type) (P : probability Omega) k order average delta N,
  (6 <= k)%nat -> permutes k order -> 0 < delta <= 1 ->
  trained_ensemble P (permutation k order) k (every_input k) average ->
  32 * INR k * sqrt (INR k) * ln (6 * INR k / delta) <= INR N ->
  P (some_wrong (list_prod (every_input k) (seq 0 k))
       (fun c => step (permutation k order) (fst c) ("bits", snd c)) (/ (2 * INR k)) average N) <= delta.
Proof. exact ByClassGrowth.permutation_by_class_for_all_sizes. Qed.

(** * Training time *)

(** Proved for every number of samples: the Gram matrix multiplies vectors with sum 0 by own - other, and constant
    vectors by own + (K - 1) other. *)
Theorem gram_eigenvalues : forall r K i, (i < K)%nat ->
  (forall w, sum K w = 0 ->
    sum K (fun j => kernel r (dot K (basis i) (basis j)) * w j) = small_eigenvalue r * w i) /\
  (forall c, sum K (fun j => kernel r (dot K (basis i) (basis j)) * c) = large_eigenvalue r K * c).
Proof.
  exact (fun r K i below => conj
    (fun w balanced => GradientDescent.gram_on_deviations r K w i below balanced)
    (fun c => GradientDescent.gram_on_constants r K c i below)).
Qed.

(** Proved for all targets and every number T of steps of every size: the error at the samples is the sum of its initial
    deviations from the mean and of its initial mean, each times the T-th power of 1 minus eta times its eigenvalue. *)
Theorem gradient_descent_error : forall r K eta, (1 <= K)%nat -> forall target T i, (i < K)%nat ->
  target i - sum K (fun j => kernel r (dot K (basis i) (basis j)) * trained r K eta target T j)
  = small_left r eta T * (target i - sum K target / INR K) + large_left r K eta T * (sum K target / INR K).
Proof. exact GradientDescent.descent_error. Qed.

(** Proved for every program, state that some template matches, bit, step size and number T of steps: the mean of the
    output bit after T steps in closed form, with the two powers and the mean at convergence. *)
Theorem gradient_descent_mean : forall r P s b eta T, (1 <= n_of P s)%nat ->
  output_after r (samples P) eta (label P b) T (sample_matches P s)
  = (1 - small_left r eta T) * answer r P s b
    + (small_left r eta T - large_left r (samples P) eta T) * (INR (t_of P b) / INR (samples P))
      * (1 - D r * u r (samples P) (n_of P s)).
Proof. exact GradientDescent.program_mean_after. Qed.

(** Proved: the variance after T steps in closed form, from the two values a and b that the weights of the samples have
    then; the weights are those of T steps with the kernel of state and samples as targets. *)
Theorem gradient_descent_variance : forall r P s eta T, (1 <= n_of P s)%nat ->
  let n := n_of P s in
  let K := samples P in
  let c := (1 - D r * u r K n) / INR K in
  let a := (1 - small_left r eta T) * (m r K n - c) + (1 - large_left r K eta T) * c in
  let b := (1 - small_left r eta T) * (u r K n - c) + (1 - large_left r K eta T) * c in
  let S1 := INR n * a + (INR K - INR n) * b in
  let S2 := INR n * a ^ 2 + (INR K - INR n) * b ^ 2 in
  variance_of K (sample_matches P s)
    (trained r K eta (fun i => kernel r (dot K (basis i) (encoded K (sample_matches P s)))) T)
  = own NNGP + (own NNGP - other NNGP) * S2 + other NNGP * S1 ^ 2
    - 2 * (INR n * a * matched NNGP n + (INR K - INR n) * b * other NNGP).
Proof. exact GradientDescent.program_variance_after. Qed.

(** Proved: with every step size below 2 divided by the larger eigenvalue, the mean converges to that of the
    predictor. *)
Theorem gradient_descent_converges : forall r P s b eta, (1 <= n_of P s)%nat ->
  0 < eta -> eta * large_eigenvalue r (samples P) < 2 ->
  forall eps, 0 < eps -> exists T0, forall T, (T0 <= T)%nat ->
  Rabs (output_after r (samples P) eta (label P b) T (sample_matches P s) - answer r P s b) < eps.
Proof. exact GradientDescent.descent_converges. Qed.
