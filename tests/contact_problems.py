"""Statements whose two sides are equal somewhere inside the domain, or nearly: what is true and what is false."""

import sympy
from sympy import acos, asin, atan, cos, exp, log, pi, sin, sqrt

from ntkproofs.rigor import at_most, less

R = sympy.Rational
x, y, z, w, p, q, t = sympy.symbols("x y z w p q t")
n = sympy.Symbol("n", positive=True)

ONE_VARIABLE = [  # true, with equality at a point that nobody names
    (at_most(0, x**2), {x: (-1, 1)}),
    (at_most(6 * x, 9 * x**2 + 1), {x: (-1, 1)}),
    (at_most(0, sympy.expand((x - R(1, 3)) ** 4)), {x: (-1, 1)}),
    (at_most(0, (49 * x**2 - 28 * x + 4) * exp(x)), {x: (-1, 1)}),
    (at_most(cos(x), 1), {x: (-1, 1)}),
    (at_most(cos(x), 1), {x: (1, 7)}),
    (at_most(sin(x), 1), {x: (0, 3)}),
    (at_most(-1, sin(3 * x)), {x: (0, 2)}),
    (at_most(4 * x**2, x**4 + 4), {x: (0, 3)}),
    (at_most(4 * x**2, x**4 + 4), {x: (-2, 3)}),
    (at_most(2 * sqrt(2) * x, x**2 + 2), {x: (1, 2)}),
    (at_most(0, sympy.expand((x**2 - x - 1) ** 2)), {x: (1, 2)}),
    (at_most(4 * exp(x), exp(2 * x) + 4), {x: (0, 1)}),
    (at_most(1 + x, exp(x)), {x: (-1, 2)}),
    (at_most(log(x), x - 1), {x: (R(1, 2), 3)}),
    (at_most(2, x + 1 / x), {x: (R(1, 3), 3)}),
    (at_most(2 * x * cos(1), x**2 + cos(1) ** 2), {x: (0, 1)}),
    (at_most(x * (1 - x), R(1, 4)), {x: (0, R(2, 3))}),
    (at_most(0, (81 * x**4 - 18 * x**2 + 1) * (2 + sin(x))), {x: (-1, 1)}),
    (at_most(0, (x**3 - 3 * x + 2) * (x + 3)), {x: (-2, 3)}),
    (at_most(exp(1) * x, exp(x)), {x: (0, 2)}),
    (at_most(pi * x, sqrt(1 - x**2) + x * (pi - acos(x))), {x: (-1, 1)}),
    (at_most(sqrt(1 - x**2) + x * (pi - acos(x)), pi * (1 + x) / 2), {x: (-1, 1)}),
    (at_most(1 + pi * x / 2, sqrt(1 - x**2) + x * (pi - acos(x))), {x: (-1, 1)}),
    (at_most(asin(x), pi / 2), {x: (0, 1)}),
    (at_most(log(x) / x, exp(-1)), {x: (1, 5)}),
]

SEVERAL_VARIABLES = [  # true, with equality at a point, on a line, a curve or a face
    (at_most(2 * x * y, x**2 + y**2), {x: (-1, 1), y: (-1, 1)}),
    (at_most(0, x**2 + y**2), {x: (-1, 1), y: (-1, 2)}),
    (at_most(2 * x / 3 + 2 * y / 5 - R(34, 225), x**2 + y**2), {x: (0, 1), y: (0, 1)}),
    (at_most(x * y, x), {x: (0, 1), y: (0, 1)}),
    (at_most(x * y * z, x * y), {x: (0, 1), y: (0, 1), z: (0, 1)}),
    (at_most(sqrt(x * y), (x + y) / 2), {x: (R(1, 10), 1), y: (R(1, 10), 1)}),
    (
        at_most(2 * (p - q) ** 2, p * log(p / q) + (1 - p) * log((1 - p) / (1 - q))),
        {p: (R(1, 10), R(9, 10)), q: (R(1, 10), R(9, 10))},
    ),
    (at_most(log(1 - p + p * exp(t)), p * t + t**2 / 8), {p: (0, 1), t: (-1, 1)}),
    (at_most(3 * x * y * z, x**3 + y**3 + z**3), {x: (R(1, 2), 1), y: (R(1, 2), 1), z: (R(1, 2), 1)}),
    (at_most(x * y + y * z + z * x, x**2 + y**2 + z**2), {x: (-1, 1), y: (-1, 1), z: (-1, 1)}),
    (at_most(2, x * y + 1 / (x * y)), {x: (R(1, 2), 2), y: (R(1, 2), 2)}),
    (at_most(0, sympy.expand((x + y - 1) ** 2) * (1 + x)), {x: (0, 1), y: (0, 1)}),
    (at_most(0, sympy.expand((x**2 + y**2 - 1) ** 2)), {x: (0, R(4, 5)), y: (R(1, 2), 1)}),
    (at_most(2 * y * x**2, y**2 + x**4), {x: (-1, 1), y: (-1, 1)}),
    (at_most(exp((x + y) / 2), (exp(x) + exp(y)) / 2), {x: (-1, 1), y: (-1, 1)}),
    (at_most(2 / (1 / x + 1 / y), (x + y) / 2), {x: (R(1, 2), 2), y: (R(1, 2), 2)}),
    (at_most(log(x) + log(y), 2 * log((x + y) / 2)), {x: (R(1, 2), 2), y: (R(1, 2), 2)}),
    (at_most(x * y, x**2 / 2 + y**2 / 2 + z**2), {x: (-1, 1), y: (-1, 1), z: (-1, 1)}),
    (at_most(cos(x) * cos(y), 1), {x: (-1, 1), y: (-1, 1)}),
    (at_most(1 - x - y, exp(-x) * exp(-y)), {x: (-1, 1), y: (-1, 1)}),
    (at_most(x * log(x / y), x * (x / y - 1)), {x: (R(1, 2), 2), y: (R(1, 2), 2)}),
    (at_most(0, x**2 * y**2 * (x**2 + y**2 - 3) + 1), {x: (-2, 2), y: (-2, 2)}),
    (at_most(2 * sin(x) * y, sin(x) ** 2 + y**2), {x: (-1, 1), y: (-1, 1)}),
    (at_most((x + y + z + w) ** 2, 4 * (x**2 + y**2 + z**2 + w**2)), {x: (0, 1), y: (0, 1), z: (0, 1), w: (0, 1)}),
]

THIN = [  # true with a small margin: Taylor polynomials, tangent planes and faces
    (less(x - x**3 / 6 + x**5 / 120 - sin(x), R(1, 300)), {x: (-R(3, 2), R(3, 2))}),
    (less(sin(x) - (x - x**3 / 6 + x**5 / 120 - x**7 / 5040), R(1, 9000)), {x: (-R(3, 2), R(3, 2))}),
    (less(-R(1, 10**6), cos(x) - (1 - x**2 / 2 + x**4 / 24 - x**6 / 720)), {x: (-R(1, 2), R(1, 2))}),
    (less(exp(x) - (1 + x + x**2 / 2 + x**3 / 6), R(1, 10**4)), {x: (-R(1, 5), R(1, 5))}),
    (less(sin(x) ** 2 + cos(x) ** 2, 1 + R(1, 10**6)), {x: (-2, 2)}),
    (less(0, x**2 + R(1, 10**20)), {x: (-1, 1)}),
    (less(2 * x * y, x**2 + y**2 + R(1, 10**9)), {x: (-1, 1), y: (-1, 1)}),
    (less(atan(x) - (x - x**3 / 3 + x**5 / 5), R(1, 10**6)), {x: (-R(1, 8), R(1, 8))}),
    (less(x * y * z * w, 1 + R(1, 10**8)), {x: (-1, 1), y: (-1, 1), z: (-1, 1), w: (-1, 1)}),
    (less(sin(x + y), sin(x) * cos(y) + cos(x) * sin(y) + R(1, 10**3)), {x: (0, 1), y: (0, 1)}),
]

FALSE = [  # false at one point, nearly true, or false by equality alone
    (less(0, x**2), {x: (-1, 2)}),
    (less(0, (x - R(1, 3)) ** 2), {x: (0, 1)}),
    (less(0, (x - R(5, 17)) ** 2 * exp(x)), {x: (0, 1)}),
    (at_most(0, (x - R(1, 3)) ** 2 - R(1, 10**9)), {x: (0, 1)}),
    (at_most(0, (x**2 - 2) ** 2 - R(1, 10**12)), {x: (0, 3)}),
    (less(x**2, 2 * x + R(1, 10**7)), {x: (0, R(200001, 100000))}),
    (less(2 * x * y, x**2 + y**2), {x: (0, 1), y: (0, 1)}),
    (less(0, (x - R(1, 3)) ** 2 + (y - R(1, 5)) ** 2), {x: (0, 1), y: (0, 1)}),
    (less(0, (x - y**2) ** 2 + (y - 1) ** 2 + (x - 1) ** 2), {x: (-10, 10), y: (-10, 10)}),
    (
        less(0, (x - y**2) ** 2 + (y - 1) ** 2 + (x - z**2) ** 2 + (z - 1) ** 2),
        {x: (-10, 10), y: (-10, 10), z: (-10, 10)},
    ),
    (less(-3, -x - y - z - 0 * w), {x: (0, 1), y: (0, 1), z: (0, 1)}),
    (less(x + y + z + w, R(399999, 100000)), {x: (0, 1), y: (0, 1), z: (0, 1), w: (0, 1)}),
    (at_most(x * y * (1 - x) * (1 - y), R(1, 16) - R(1, 10**8)), {x: (0, 1), y: (0, 1)}),
    (
        less(
            -R(31800, 10000),
            -x * z**3
            + 4 * y * z**2 * w
            + 4 * x * z * w**2
            + 2 * y * w**3
            + 4 * x * z
            + 4 * z**2
            - 10 * y * w
            - 10 * w**2
            + 2,
        ),
        {x: (-R(1, 2), R(1, 2)), y: (-R(1, 2), R(1, 2)), z: (-R(1, 2), R(1, 2)), w: (-R(1, 2), R(1, 2))},
    ),
    (less(cos(x), 1), {x: (-1, 2)}),
    (at_most(sqrt(x * y), (x + y) / 2 - (x - y) ** 2 / 2), {x: (R(1, 10), 1), y: (R(1, 10), 1)}),
    (at_most(3 * x * y * z, x**3 + y**3 + z**3 - R(1, 10**6)), {x: (R(1, 2), 1), y: (R(1, 2), 1), z: (R(1, 2), 1)}),
    (less(x * y + z, 2), {x: (0, 1), y: (0, 1), z: (0, 1)}),
    (at_most(4 * x * (1 - x) * sin(pi * y), 1 - R(1, 10**10)), {x: (0, 1), y: (0, 1)}),
    (at_most(x**2 * y**2 * (x**2 + y**2 - 3) + 1, -R(1, 10**9)), {x: (-2, 2), y: (-2, 2)}),
]
