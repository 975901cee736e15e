"""Three false claims of different kinds; each must be refuted."""

import sympy

from ntkproofs.bounds import matches_outweigh
from ntkproofs.claims import Verdict, claim, conclude, confirm
from ntkproofs.execution import Machine
from ntkproofs.kernels import two_layer_relu
from ntkproofs.predictor import MATCHES
from ntkproofs.programs import addition_task
from ntkproofs.rigor import Integers, decide, less

SOURCE = "invented for the tests"


@claim("n F(n) > D for all n >= 1 (false: equality at n = 1)", source=SOURCE)
def outweighs_from_one() -> Verdict:
    inequality, _ = matches_outweigh(two_layer_relu())
    return conclude(decide(inequality, Integers(MATCHES, start=1)))


@claim("B(n) < 1.6816 sqrt(n) for all n >= 1 (false for large n only)", source=SOURCE)
def balance_stays_small() -> Verdict:
    bound = sympy.Rational(16816, 10000) * sympy.sqrt(MATCHES)
    return conclude(decide(less(two_layer_relu().balance(MATCHES), bound), Integers(MATCHES)))


@claim("l steps are sufficient to add two l-bit numbers (false for l = 3)", source=SOURCE)
def half_the_steps() -> Verdict:
    task = addition_task(3)
    machine = Machine(task.program)

    def right(pair: tuple[int, int]) -> bool:
        return task.read(machine.run(task.start(*pair), steps=3).final) == sum(pair)

    return conclude(confirm("all pairs", [(x, y) for x in range(8) for y in range(8)], right, exhaustive=True))
