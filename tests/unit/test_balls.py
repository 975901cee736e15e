"""Balls: what they refuse, where they are exact, and that no global state leaks."""

import copy
import pickle
import threading
from fractions import Fraction as Q

import flint
import mpmath
import pytest

from ntkproofs.arithmetic.balls import as_fraction
from ntkproofs.errors import DomainError, InputError, NtkProofsError, Undecided
from ntkproofs.rigor import Ball, hull

BITS = 53


def ball(low, high=None, precision=BITS):
    return Ball.between(low, low if high is None else high, precision=precision)


# --- what is refused


def test_a_ball_has_no_truth_value():
    with pytest.raises(InputError, match="no truth value"):
        bool(ball(1))
    with pytest.raises(InputError, match="no truth value"):
        assert not ball(0)


def test_a_ball_has_no_hash():
    with pytest.raises(TypeError, match="unhashable"):
        hash(ball(1))


@pytest.mark.parametrize("value", [0.5, 1.0, True, False, "1", None, 1j, mpmath.mpf(1), [1]])
def test_only_exact_numbers_become_balls(value):
    with pytest.raises(InputError):
        Ball(value, precision=BITS)
    with pytest.raises(InputError):
        Ball.between(0, value, precision=BITS)
    with pytest.raises(InputError):
        Ball.between(value, 2, precision=BITS)
    with pytest.raises(InputError):
        as_fraction(value)


@pytest.mark.parametrize("value", [0.5, True, "1", None])
@pytest.mark.parametrize(
    "operation",
    [
        lambda x, v: x + v,
        lambda x, v: v + x,
        lambda x, v: x - v,
        lambda x, v: v - x,
        lambda x, v: x * v,
        lambda x, v: v * x,
        lambda x, v: x / v,
        lambda x, v: v / x,
        lambda x, v: x < v,
        lambda x, v: x <= v,
        lambda x, v: x > v,
        lambda x, v: x >= v,
        lambda x, v: x.contains(v),
    ],
)
def test_no_operation_takes_an_inexact_operand(operation, value):
    with pytest.raises(InputError):
        operation(ball(1, 2), value)


@pytest.mark.parametrize("exponent", [Q(1, 2), 0.5, True, "2", ball(2)])
def test_powers_are_integers(exponent):
    with pytest.raises(InputError, match=r"the power of a Ball .* must be an integer, got"):
        ball(2) ** exponent


@pytest.mark.parametrize("precision", [1, 0, -5, 1 << 17, 53.0, True, "53", None])
def test_precision_out_of_range_is_refused(precision):
    with pytest.raises(InputError, match="precision"):
        Ball(1, precision=precision)


def test_precision_is_a_required_argument():
    with pytest.raises(TypeError):
        Ball(1)


def test_ends_in_the_wrong_order_are_refused():
    with pytest.raises(InputError, match="lower <= upper"):
        Ball.between(2, 1, precision=BITS)


def test_hull_needs_a_ball_and_disjoint_balls_have_no_intersection():
    with pytest.raises(InputError):
        hull()
    with pytest.raises(InputError, match="cannot contain the same number"):
        ball(0, 1).intersection(ball(2, 3))


def test_errors_are_one_family():
    for error in (InputError, Undecided, DomainError):
        assert issubclass(error, NtkProofsError)


# --- comparisons are certain or Undecided


def test_overlapping_balls_cannot_be_compared():
    left, right = ball(0, 2), ball(1, 3)
    for compare in (
        lambda: left < right,
        lambda: left <= right,
        lambda: left > right,
        lambda: left >= right,
        lambda: left == right,
        lambda: left != right,
        lambda: left.sign(),
    ):
        with pytest.raises(Undecided):
            compare()


def test_touching_balls_decide_weak_comparisons_only():
    left, right = ball(0, 1), ball(1, 2)
    assert left <= right
    assert right >= left
    with pytest.raises(Undecided):
        assert left < right
    with pytest.raises(Undecided):
        assert right > left
    with pytest.raises(Undecided):
        assert left == right


def test_certain_comparisons_are_true_or_false():
    small, large = ball(0, 1), ball(Q(3, 2), 2)
    assert small < large
    assert not large < small
    assert small <= large
    assert not large <= small
    assert large > small
    assert not small > large
    assert large >= small
    assert not small >= large
    assert small != large
    assert ball(1) == 1
    assert ball(1) != 2
    assert ball(1) <= 1
    assert not ball(1) < 1


def test_sign():
    assert [ball(*ends).sign() for ends in ((1, 2), (-2, -1), (0, 0))] == [1, -1, 0]
    for ends in ((0, 1), (-1, 0), (-1, 1)):
        with pytest.raises(Undecided):
            ball(*ends).sign()


# --- edges of domains


@pytest.mark.parametrize(
    ("name", "inside", "across", "outside"),
    [
        ("sqrt", [(0, 0), (0, 4), (1, 2)], [(-1, 0), (-1, 4)], [(-2, -1), (-1, Q(-1, 2**40))]),
        ("log", [(1, 2), (Q(1, 2**40), 1)], [(0, 1), (-1, 1)], [(0, 0), (-1, 0), (-2, -1)]),
        ("acos", [(-1, 1), (1, 1), (-1, -1), (0, 1)], [(0, 2), (1, 2), (-2, -1), (-2, 2)], [(2, 3), (-3, -2)]),
        ("asin", [(-1, 1), (1, 1), (-1, -1), (0, 1)], [(0, 2), (1, 2), (-2, -1), (-2, 2)], [(2, 3), (-3, -2)]),
    ],
)
def test_domain_of_a_function(name, inside, across, outside):
    for ends in inside:
        assert getattr(ball(*ends), name)().lower <= getattr(ball(*ends), name)().upper
    for ends in across:
        with pytest.raises(Undecided):
            getattr(ball(*ends), name)()
    for ends in outside:
        with pytest.raises(DomainError):
            getattr(ball(*ends), name)()


@pytest.mark.parametrize("ends", [(0, 1), (-1, 0), (-1, 1)])
def test_division_by_a_ball_with_zero_is_undecided(ends):
    with pytest.raises(Undecided, match="contains zero"):
        1 / ball(*ends)
    with pytest.raises(Undecided):
        ball(*ends) ** -1


def test_division_by_zero_itself_is_a_domain_error():
    for attempt in (lambda: ball(1) / 0, lambda: ball(1, 2) / ball(0), lambda: ball(0) ** -2):
        with pytest.raises(DomainError):
            attempt()


# --- exactness


def test_a_box_that_ends_at_the_edge_of_a_domain_stays_inside():
    square = 1 - ball(Q(1, 2), 1) ** 2
    assert (square.lower, square.upper) == (0, Q(3, 4))
    assert square.sqrt().lower == 0


def test_dyadic_arithmetic_is_exact():
    x, y = ball(Q(-3, 4), Q(5, 8)), ball(Q(1, 2), Q(7, 4))
    for result, ends in (
        (x + y, (Q(-1, 4), Q(19, 8))),
        (x - y, (Q(-5, 2), Q(1, 8))),
        (x * y, (Q(-21, 16), Q(35, 32))),
        (x * x, (Q(-15, 32), Q(9, 16))),
        (x**2, (0, Q(9, 16))),
        (x**3, (Q(-27, 64), Q(125, 512))),
        (x**0, (1, 1)),
        (-x, (Q(-5, 8), Q(3, 4))),
        (abs(x), (0, Q(3, 4))),
    ):
        assert (result.lower, result.upper) == ends
    assert (ball(-3, -2) ** 2).lower == 4
    assert (ball(-3, -2) ** 2).upper == 9
    assert (ball(-3, 2) ** 4).upper == 81
    assert abs(ball(-3, -2)).upper == 3


def test_quotients_and_roots_that_are_representable_are_exact():
    assert (ball(3, 6) / ball(-2, -1)).lower == -6
    assert (ball(3, 6) / ball(-2, -1)).upper == Q(-3, 2)
    assert ball(Q(9, 4)).sqrt() == Q(3, 2)
    assert ball(0).exp() == 1
    assert ball(1).log() == 0


def test_a_rational_that_is_not_dyadic_is_enclosed_at_the_precision_asked_for():
    third = Ball(Q(1, 3), precision=20)
    assert third.lower < Q(1, 3) < third.upper
    assert third.width <= Q(1, 2**20)
    assert Ball(Q(1, 3), precision=200).width < Q(1, 2**199)


def test_middle_width_contains_overlaps_accuracy():
    x = ball(1, 2)
    assert (x.middle, x.width) == (Q(3, 2), 1)
    assert x.contains(1)
    assert x.contains(2)
    assert x.contains(Q(3, 2))
    assert not x.contains(Q(5, 2))
    assert not x.contains(Q(99, 100))
    assert x.overlaps(ball(2, 3))
    assert not x.overlaps(ball(Q(5, 2), 3))
    assert ball(1).accuracy() == BITS
    assert ball(-1, 1).accuracy() == 0
    assert ball(1023, 1024).accuracy() == 10


def test_hull_and_intersection():
    joined = hull(ball(0, 1), ball(3, 4), ball(-2, -1))
    assert (joined.lower, joined.upper) == (-2, 4)
    common = ball(0, 2).intersection(ball(1, 3))
    assert (common.lower, common.upper) == (1, 2)


@pytest.mark.parametrize("precision", [100, 500, 3000])
def test_negation_and_absolute_value_are_exact_at_any_precision(precision):
    x = Ball(Q(1, 3), precision=precision)
    assert ((-x).lower, (-x).upper) == (-x.upper, -x.lower)
    assert abs(-x).lower == x.lower
    assert abs(-x).upper == x.upper
    across = x - Q(1, 3)
    assert abs(across).upper == max(-across.lower, across.upper)


# --- precision, pickling, threads


def test_the_result_has_the_larger_precision():
    result = Ball(Q(1, 3), precision=20) * Ball(Q(1, 7), precision=90)
    assert result.precision == 90
    assert (Ball(1, precision=90) / 3).width < Q(1, 2**89)


@pytest.mark.parametrize("leftover", [2, 53, 1000])
def test_the_global_precision_is_neither_used_nor_changed(leftover):
    flint.ctx.prec = leftover
    try:
        x = Ball(Q(1, 3), precision=100)
        results = [x + x, x * x, x / 7, x.sqrt(), x.exp(), x.log(), x.sin(), x.cos(), x.atan(), x.asin(), x.acos()]
        results += [x**5, Ball.pi(precision=100), 1 - x]
        assert flint.ctx.prec == leftover
        assert all(0 < result.width < Q(1, 2**95) for result in results)
        for attempt in (lambda: Ball(-1, precision=90).sqrt(), lambda: Ball(1, precision=90) / 0):
            with pytest.raises(DomainError):
                attempt()
        assert flint.ctx.prec == leftover
    finally:
        flint.ctx.prec = 53


def test_pickle_and_copy_keep_the_ends_and_the_precision():
    for original in (ball(Q(1, 3), Q(5, 7)), Ball.pi(precision=300), ball(0), hull(ball(-1), Ball.pi(precision=90))):
        for again in (pickle.loads(pickle.dumps(original)), copy.copy(original), copy.deepcopy(original)):
            assert (again.lower, again.upper, again.precision) == (original.lower, original.upper, original.precision)


def test_threads_at_different_precisions_do_not_disturb_each_other():
    expected = {bits: Ball(2, precision=bits).sqrt().width for bits in (30, 90, 400)}
    wrong = []

    def work(bits):
        for _ in range(300):
            root = Ball(2, precision=bits).sqrt()
            if root.width != expected[bits] or not root.lower**2 < 2 < root.upper**2:
                wrong.append(bits)

    threads = [threading.Thread(target=work, args=(bits,)) for bits in expected for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# --- values from outside


def test_pi_to_fifty_digits():
    text = "3.14159265358979323846264338327950288419716939937510"
    pi = Ball.pi(precision=200)
    assert Q(text) < pi.lower
    assert pi.upper < Q(text) + Q(1, 10**50)
    assert pi.digits(51) == text[:52] + "…"


@pytest.mark.parametrize(
    ("value", "digits"),
    [
        (lambda: Ball(2, precision=120).sqrt(), "1.414213562373095048801688724209"),
        (lambda: Ball(1, precision=120).exp(), "2.718281828459045235360287471352"),
        (lambda: Ball(2, precision=120).log(), "0.693147180559945309417232121458"),
        (lambda: Ball(1, precision=120).sin(), "0.841470984807896506652502321630"),
        (lambda: Ball(1, precision=120).cos(), "0.540302305868139717400936607442"),
        (lambda: Ball(1, precision=120).atan(), "0.785398163397448309615660845819"),
        (lambda: Ball(Q(1, 2), precision=120).asin(), "0.523598775598298873077107230546"),
        (lambda: Ball(Q(1, 2), precision=120).acos(), "1.047197551196597746154214461093"),
    ],
)
def test_known_constants(value, digits):
    enclosure = value()
    assert Q(digits) <= enclosure.lower
    assert enclosure.upper <= Q(digits) + Q(1, 10**30)


def test_sine_and_cosine_over_a_turning_point_reach_it():
    assert ball(1, 2).sin().upper >= 1
    assert ball(3, 4).cos().lower <= -1
    assert ball(1, 2).sin().lower <= Q(8415, 10000)
