"""Two true claims, one of them with several values of a parameter."""

import sympy

from ntkproofs.claims import Verdict, claim, conclude, confirm
from ntkproofs.rigor import decide, less


@claim("3 < pi", source="Archimedes")
def pi_is_more_than_three() -> Verdict:
    return conclude(decide(less(3, sympy.pi)))


@claim("squares of {number} and its neighbours are not negative", source="school", each={"number": (2, 5)})
def squares(number: int) -> Verdict:
    cases = range(number - 1, number + 2)
    return conclude(confirm("three squares", cases, lambda x: x * x >= 0, exhaustive=True))
