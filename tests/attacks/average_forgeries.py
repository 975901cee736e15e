"""Honest certificates about averages of networks with a Gaussian start, and forged ones: each with its message."""

import copy
import json
from fractions import Fraction
from pathlib import Path

from forgery import DECLINED, Forgeries, small_run
from network_forgeries import full_run

from ntkproofs.certificates import issue_network
from ntkproofs.programs import permutation_task

HONEST = json.loads(Path(__file__).with_name("honest_averages.json").read_text("utf-8"))


def honest():
    """Return fresh copies of honest certificates, by name."""
    return copy.deepcopy(HONEST)


def issued():
    """Issue the honest certificates anew, which takes seconds: `python average_forgeries.py` prints them as JSON."""
    start = {"start": "gaussian"}
    certificates = {
        "permutation": issue_network(permutation_task([1, 2, 0]), failure="1/10", networks=30, **start),
        "wide": issue_network(permutation_task([1, 2, 0]), failure="1/10", width=1000, **start),
        "visited": issue_network(small_run(), failure="1/3", states="reachable", networks=40, inputs=1, **start),
        "full": issue_network(full_run(), failure="1/20", networks=12, **start),
    }
    return {name: json.loads(certificate.data) for name, certificate in certificates.items()}


AVERAGES = forgery = Forgeries(honest)
EXCEEDS = "the union bound exceeds the failure probability, its largest term "


# --- what is claimed does not follow


@forgery("permutation", EXCEEDS)
def one_network_fewer(c):
    c["claim"]["networks"] -= 1


@forgery("wide", EXCEEDS)
def one_network_fewer_of_the_least_number(c):
    c["claim"]["networks"] -= 1


@forgery("permutation", EXCEEDS)
def one_neuron_fewer_in_each_network(c):
    c["claim"]["width"] -= 1


@forgery("visited", EXCEEDS)
def one_neuron_fewer_at_visited_states(c):
    c["claim"]["width"] -= 1


@forgery("permutation", EXCEEDS)
def one_step_fewer(c):
    c["claim"]["steps"] -= 1


@forgery("full", EXCEEDS)
def one_step_fewer_for_a_column_of_ones(c):
    c["claim"]["steps"] -= 1


@forgery("permutation", "an output at a sample may be on the wrong side of the threshold")
def far_fewer_steps(c):
    c["claim"]["steps"] //= 9


@forgery("permutation", "is too large for eigenvalues up to K (1 + rise)/2")
def a_larger_step(c):
    c["claim"]["step"] = str(Fraction(c["claim"]["step"]) * (1 + Fraction(1, 10**6)))


@forgery("permutation", EXCEEDS)
def a_smaller_step(c):
    c["claim"]["step"] = str(Fraction(c["claim"]["step"]) * Fraction(99, 100))


@forgery("permutation", EXCEEDS)
def threshold_moved_up(c):
    c["claim"]["threshold"] = str(Fraction(c["claim"]["threshold"]) * Fraction(101, 100))


@forgery("permutation", EXCEEDS)
def threshold_moved_down(c):
    c["claim"]["threshold"] = str(Fraction(c["claim"]["threshold"]) * Fraction(99, 100))


@forgery("permutation", "nothing is left of the margin for the term of first order at n = 2, p = 1, t = 1")
def threshold_above_the_ones(c):
    c["claim"]["threshold"] = "9/10"


@forgery("permutation", EXCEEDS)
def failure_slightly_smaller(c):
    c["claim"]["failure"] = "99/1000"


@forgery("permutation", "one term of the union bound exceeds the failure probability: the shift at n = 2")
def a_single_network(c):
    c["claim"]["networks"] = 1


@forgery("permutation", "one term of the union bound exceeds the failure probability: ")
def far_more_networks_that_are_narrower(c):
    c["claim"]["networks"] *= 1000
    c["claim"]["width"] //= 4


@forgery("visited", EXCEEDS)
def more_inputs(c):
    c["claim"]["inputs"] = 4


@forgery("visited", "a state (3,) is missing")
def every_state_instead_of_visited_ones(c):
    c["claim"]["states"] = "arbitrary"


@forgery("permutation", "is too large for eigenvalues")
def one_sample_more(c):
    c["claim"]["program"]["padding"] = 1


# --- another start, or another training


@forgery("permutation", "networks is out of range")
def the_start_zero(c):
    c["claim"]["start"] = "zero"


@forgery("permutation", "evidence lacks the key deviations")
def one_network_from_zero(c):
    c["claim"] |= {"start": "zero", "networks": 1}


@forgery("permutation", "start is not one of antisymmetric: 'gaussian'")
def all_layers_from_a_gaussian_start(c):
    c["claim"]["trained"] = "all"


forgery.set_keys("permutation", "networks is out of range", no_network=("networks", 0), a_debt=("networks", -30))
forgery.set_keys("permutation", "networks is not an integer", half_a_network=("networks", "1/2"))


forgery.set_keys("permutation", "failure or threshold is not between 0 and 1", threshold_zero=("threshold", "0"))


# --- the evidence


@forgery("permutation", "evidence has the unknown key 'deviations'")
def deviations_too(c):
    c["evidence"]["deviations"] = []


@forgery("permutation", "a class (2, 0, 1) occurs twice")
def a_class_doubled(c):
    c["evidence"]["classes"].append(c["evidence"]["classes"][0])


@forgery("permutation", "a class (2, 0, 1) is missing")
def a_class_left_out(c):
    del c["evidence"]["classes"][0]


@forgery("permutation", "a class (9, 0, 1) does not occur")
def an_unknown_class(c):
    c["evidence"]["classes"].append([9, *c["evidence"]["classes"][0][1:]])


@forgery("permutation", "a state (3,) is missing")
def a_state_left_out(c):
    del c["evidence"]["states"][-1]


@forgery("full", "a column (1,) is missing")
def a_column_left_out(c):
    c["evidence"]["columns"] = [row for row in c["evidence"]["columns"] if row[0] != 1]


@forgery("permutation", "a class: split: a number that is not above 0")
def no_margin_for_the_gaussian_term(c):
    c["evidence"]["classes"][0][3]["split"][0] = "0"


@forgery("permutation", "a class: split: a number that is not above 0")
def a_negative_tilt(c):
    c["evidence"]["classes"][0][3]["split"][1] = "-1/9"


@forgery("permutation", "nothing is left of the margin for the term of first order at n = 2, p = 0, t = 1")
def the_whole_margin_for_the_gaussian_term(c):
    c["evidence"]["classes"][0][3]["split"][0] = "1"


@forgery("permutation", "is not between 0 and 1/(2 M)")
def a_tilt_of_first_order_beyond_the_moments(c):
    c["evidence"]["classes"][0][3]["split"][1] = "99"


@forgery("permutation", "is not between 0 and 1/(2 M) at n = 2")
def a_tilt_of_the_square_beyond_the_moments(c):
    c["evidence"]["states"][0][1]["square"][1] = "99"


@forgery("permutation", "one term of the union bound exceeds the failure probability: the square at n = 2")
def a_smaller_square(c):
    c["evidence"]["states"][0][1]["square"][0] = "1/100"


@forgery("permutation", "one term of the union bound exceeds the failure probability: the shift at n = 2")
def a_smaller_shift(c):
    _halved(c["evidence"]["states"][0][1]["shift"])


@forgery(
    "permutation", "one term of the union bound exceeds the failure probability: the deviation in columns with 1 ones"
)
def a_smaller_deviation(c):
    _halved(c["evidence"]["columns"][0][1]["deviation"])


def _halved(tail):
    tail[0] = str(Fraction(tail[0]) / 2)


@forgery("permutation", "a quadratic form that is not positive definite at n = 2")
def q_negative(c):
    c["evidence"]["states"][0][1]["shift"][3] = -5


@forgery("permutation", "a tilt of more than 16384", DECLINED)
def a_huge_tilt(c):
    c["evidence"]["columns"][0][1]["deviation"][2] = 10**40


@forgery("permutation", "a column: deviation is not a list of 4")
def a_short_deviation(c):
    del c["evidence"]["columns"][0][1]["deviation"][-1]


if __name__ == "__main__":
    print(json.dumps(issued(), indent=1))
