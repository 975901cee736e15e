"""Honest certificates about one finite network, and forged ones: each with the message that it gets."""

import copy
import json
from fractions import Fraction
from functools import cache
from pathlib import Path

from forgery import DECLINED, Forgeries, sign, small_run

from ntkproofs import checker
from ntkproofs.certificates import Run, issue_network
from ntkproofs.programs import TemplateProgram, addition_task, permutation_task

# refused for their reason where the supremum of a deviation is computed in all its parts only
BOUNDARY = {
    "another_program",
    "a_smaller_step",
    "failure_of_just_the_sum",
    "failure_slightly_less_than_the_sum",
    "one_neuron_fewer",
    "one_neuron_fewer_of_an_addition",
    "one_neuron_fewer_at_visited_states",
    "one_step_fewer",
}
HONEST = json.loads(Path(__file__).with_name("honest_networks.json").read_text("utf-8"))


def full_run():
    """Two samples, both of which write a bit: a column without zeros; two bits with the same column."""
    program = TemplateProgram("full", fields={"a": 2, "b": 1})
    program.template(when={("a", 0): 1}, write=[("a", 0)])
    program.template(when={("a", 1): 1}, write=[("a", 0), ("a", 1), ("b", 0)])
    return Run(program, free=(0, 1), ones=(), steps=2)


def honest():
    """Return fresh copies of honest certificates, by name."""
    return copy.deepcopy(HONEST)


def issued():
    """Issue the honest certificates anew, which takes seconds: `python network_forgeries.py` prints them as JSON."""
    certificates = {
        "permutation": issue_network(permutation_task([1, 2, 0]), failure="1/10"),
        "addition": issue_network(addition_task(2), failure="1/2"),
        "visited": issue_network(small_run(), failure="1/3", states="reachable"),
        "full": issue_network(full_run(), failure="1/20"),
    }
    return {name: json.loads(certificate.data) for name, certificate in certificates.items()}


FORGERIES = forgery = Forgeries(honest)


# --- what is claimed does not follow


@forgery("permutation", "the union bound exceeds the failure probability, its largest term at n = ")
def one_neuron_fewer(c):
    c["claim"]["width"] -= 1


@forgery("addition", "the union bound exceeds the failure probability, its largest term at n = ")
def one_neuron_fewer_of_an_addition(c):
    c["claim"]["width"] -= 1


@forgery("visited", "the union bound exceeds the failure probability")
def one_neuron_fewer_at_visited_states(c):
    c["claim"]["width"] -= 1


@forgery("permutation", "the union bound exceeds the failure probability")
def one_step_fewer(c):
    c["claim"]["steps"] -= 1


@forgery("full", "an output at a sample may be on the wrong side of the threshold")
def fewer_steps_than_samples_need(c):
    c["claim"]["steps"] = c["claim"]["steps"] * 4 // 5


@forgery("permutation", "is too large for eigenvalues up to K (1 + rise)/2")
def a_larger_step(c):
    top, bottom = map(int, c["claim"]["step"].split("/"))
    c["claim"]["step"] = f"{top * 10**6 + 1}/{bottom * 10**6}"


@forgery("permutation", "the union bound exceeds the failure probability")
def a_smaller_step(c):
    top, bottom = map(int, c["claim"]["step"].split("/"))
    c["claim"]["step"] = f"{top * 49}/{bottom * 50}"


@forgery("permutation", "one term of the union bound exceeds the failure probability")
def far_narrower(c):
    c["claim"]["width"] //= 3


@forgery("permutation", "the union bound exceeds")
def failure_halved(c):
    c["claim"]["failure"] = "1/20"


@forgery("permutation", "the union bound is too close to the failure probability", DECLINED)
def failure_of_just_the_sum(c):
    c["claim"]["failure"] = str(_sum())


@forgery("permutation", "the union bound exceeds the failure probability")
def failure_slightly_less_than_the_sum(c):
    c["claim"]["failure"] = str(_sum() * (1 - Fraction(1, 10**60)))


@cache
def _sum():
    """Return a number between the bounds of the sum of the probabilities, as the checker encloses it."""
    said, unlikely = [], checker.unlikely
    checker.unlikely = lambda chances, failure: said.extend(chances)
    try:
        checker.check(sign(honest()["permutation"]))
    finally:
        checker.unlikely = unlikely
    shares = [log.exp().times(number) for _, log, number in said]
    return Fraction(sum(share.low + share.high for share in shares), 2 * checker.ONE)


@forgery("full", "the limit of the output is not clearly on the program's side of the threshold at n = 2, p = 1, t = 1")
def threshold_above_the_ones(c):
    c["claim"]["threshold"] = "99/100"


@forgery("permutation", "the union bound exceeds")
def threshold_moved_up(c):
    top, bottom = map(int, c["claim"]["threshold"].split("/"))
    c["claim"]["threshold"] = f"{top * 101}/{bottom * 100}"


@forgery("permutation", "the union bound exceeds")
def threshold_moved_down(c):
    top, bottom = map(int, c["claim"]["threshold"].split("/"))
    c["claim"]["threshold"] = f"{top * 99}/{bottom * 100}"


@forgery("visited", "the class n = ")
def every_state_instead_of_visited_ones(c):
    c["claim"]["states"] = "arbitrary"


@forgery("addition", "the union bound exceeds the failure probability, its largest term at n = 4")
def another_program(c):
    c["claim"]["program"]["templates"][0][1].append(2)


@forgery("permutation", "is too large for eigenvalues")
def one_sample_more(c):
    c["claim"]["program"]["padding"] = 1


@forgery("visited", "the class n = 2, p = 0, t = 2 is missing")
def more_inputs(c):
    c["claim"]["states"]["free"] += [2, 4]


# --- what is no claim about such a network

forgery.set_keys(
    "permutation",
    "trained is not one of output, all: ",
    trained_both=("trained", "both"),
    trained_nothing=("trained", ""),
    trained_as_a_list=("trained", ["output"]),
)
forgery.set_keys(
    "permutation",
    "start is not one of zero, gaussian: ",
    pairs_that_are_not_trained=("start", "antisymmetric"),
    no_start=("start", None),
)
forgery.set_keys("permutation", "networks is out of range", two_networks=("networks", 2), no_network=("networks", 0))
forgery.set_keys("permutation", "width is out of range", no_neuron=("width", 0), negative_width=("width", -5))
forgery.set_keys(
    "permutation", "width is not an integer", width_as_text=("width", "300"), width_of_many=("width", [300])
)
forgery.set_keys("permutation", "steps is out of range", no_step=("steps", 0))
forgery.set_keys("permutation", "rise or step is not above 0", step_zero=("step", "0"), step_negative=("step", "-1/4"))
forgery.set_keys(
    "permutation",
    "failure or threshold is not between 0 and 1",
    threshold_zero=("threshold", "0"),
    threshold_one=("threshold", "1"),
    threshold_negative=("threshold", "-1/8"),
    failure_zero=("failure", "0"),
    failure_one=("failure", 1),
)


@forgery("permutation", "start is not one of antisymmetric: 'zero'")
def all_layers_from_zero(c):
    c["claim"]["trained"] = "all"


@forgery("permutation", "evidence lacks the key columns")
def all_layers_with_the_same_evidence(c):
    c["claim"] |= {"trained": "all", "start": "antisymmetric"}


@forgery("permutation", "inputs: there are only 2^3")
def more_inputs_than_there_are(c):
    c["claim"]["inputs"] = 9


@forgery("visited", "inputs: there are only 2^")
def more_runs_than_there_are(c):
    c["claim"]["inputs"] = 1 << 20


forgery.set_keys("permutation", "inputs is out of range", no_input=("inputs", 0))
forgery.set_keys("permutation", "inputs is not an integer", inputs_in_words=("inputs", "all"))


@forgery("permutation", "the claim lacks the key start")
def start_left_out(c):
    del c["claim"]["start"]


@forgery("permutation", "the claim has the unknown key 'kernel'")
def a_kernel(c):
    c["claim"]["kernel"] = "ntk"


@forgery("full", "a network with fewer than 2 samples")
def one_sample(c):
    del c["claim"]["program"]["templates"][1]


@forgery("visited", "states: steps is out of range")
def no_step_of_the_run(c):
    c["claim"]["states"]["steps"] = 0


# --- the evidence


@forgery("permutation", "occurs twice")
def a_class_doubled(c):
    c["evidence"]["classes"].append(c["evidence"]["classes"][0])


@forgery("permutation", "the class n = 3, p = 1, t = 1 is missing")
def a_class_left_out(c):
    del c["evidence"]["classes"][-1]


@forgery("permutation", "the class n = 9, p = 0, t = 1 does not occur")
def an_unknown_class(c):
    c["evidence"]["classes"].append([9, *c["evidence"]["classes"][0][1:]])


@forgery("permutation", "n is out of range")
def a_class_of_one_match(c):
    c["evidence"]["classes"][0][0] = 1


@forgery("permutation", "the deviations do not list each number of ones in a column exactly once")
def deviations_left_out(c):
    c["evidence"]["deviations"] = []


@forgery("addition", "the deviations do not list each number of ones in a column exactly once")
def a_deviation_doubled(c):
    c["evidence"]["deviations"].append(c["evidence"]["deviations"][0])


@forgery("permutation", "the deviations do not list each number of ones in a column exactly once")
def a_deviation_of_other_columns(c):
    c["evidence"]["deviations"].append([2, *c["evidence"]["deviations"][0][1:]])


@forgery(
    "permutation", "one term of the union bound exceeds the failure probability: the deviation of columns with 1 ones"
)
def a_smaller_deviation(c):
    c["evidence"]["deviations"][0][1] = "1/50"


@forgery("permutation", "the deviation of columns with 1 ones: e or z is too small")
def no_deviation(c):
    c["evidence"]["deviations"][0][1] = 0


@forgery("permutation", "a tilt that is not above 0")
def a_tilt_of_nothing(c):
    c["evidence"]["deviations"][0][2] = 0


@forgery("permutation", "is not between 0 and 1/(2 M)")
def a_deviation_with_l_negative(c):
    c["evidence"]["deviations"][0][3] = "-1/10"


@forgery("permutation", "is not between 0 and 1/(2 M)")
def l_too_large(c):
    c["evidence"]["classes"][0][3] = 1000


@forgery("permutation", "is not between 0 and 1/(2 M)")
def l_negative(c):
    c["evidence"]["classes"][0][3] = "-1/100"


@forgery("permutation", "a tilt that is not above 0")
def z_negative(c):
    c["evidence"]["classes"][0][4] = -3


@forgery("permutation", "a quadratic form that is not positive definite at n = 2, p = 0, t = 1")
def q_negative(c):
    c["evidence"]["classes"][0][5] = -5


@forgery("permutation", "the cover does not end in ")
def a_cover_left_out(c):
    c["evidence"]["classes"][0][6] = []


@forgery("permutation", "the cover does not end in ")
def a_block_left_out(c):
    del c["evidence"]["classes"][0][6][-1]


@forgery("permutation", "the blocks of the cover do not increase, or a mu is not between 0 and 1,")
def a_block_doubled(c):
    c["evidence"]["classes"][0][6].append(c["evidence"]["classes"][0][6][-1])


@forgery("permutation", "the blocks of the cover do not increase, or a mu is not between 0 and 1,")
def a_block_beyond(c):
    c["evidence"]["classes"][0][6].append([99, "1/2"])


@forgery("permutation", "the blocks of the cover do not increase, or a mu is not between 0 and 1,")
def mu_above_one(c):
    c["evidence"]["classes"][0][6][0][1] = "65/64"


@forgery("permutation", "the blocks of the cover do not increase, or a mu is not between 0 and 1,")
def mu_negative(c):
    c["evidence"]["classes"][0][6][0][1] = "-1/64"


@forgery("permutation", "rise or step is not above 0, or drop not between 0 and 1")
def drop_one(c):
    c["evidence"]["descent"]["drop"] = 1


@forgery("permutation", "one term of the union bound exceeds the failure probability: the least eigenvalue")
def drop_nearly_nothing(c):
    c["evidence"]["descent"]["drop"] = "1/1000"


@forgery("permutation", "one term of the union bound exceeds the failure probability: the trace")
def rise_nearly_nothing(c):
    c["evidence"]["descent"]["rise"] = "1/1000000"


@forgery("permutation", "the tilt of the trace is not between 0 and 1/2")
def a_tilt_of_the_trace_beyond_its_moments(c):
    c["evidence"]["descent"]["tilts"][0] = "1/2"


@forgery("permutation", "the tilt of the eigenvalue is not above 0")
def a_tilt_of_the_eigenvalue_below_0(c):
    c["evidence"]["descent"]["tilts"][1] = "-1"


@forgery("permutation", "tilts is not a list of 2")
def a_third_tilt(c):
    c["evidence"]["descent"]["tilts"].append("1/3")


@forgery("permutation", "evidence has the unknown key 'groups'")
def groups_too(c):
    c["evidence"]["groups"] = []


@forgery("permutation", "evidence: descent lacks the key drop")
def no_drop(c):
    del c["evidence"]["descent"]["drop"]


@forgery("permutation", "a class is not a list of 7")
def a_short_class(c):
    del c["evidence"]["classes"][0][-1]


# --- sizes


@forgery("permutation", "a tilt of more than 16384", DECLINED)
def a_huge_tilt(c):
    c["evidence"]["classes"][0][4] = 10**40


@forgery("permutation", "an exponential of more than", DECLINED)
def a_huge_power(c):
    c["claim"]["program"]["padding"] = 10**9
    c["claim"]["step"] = "1/10000000000"
    c["claim"]["steps"] = 10**14


@forgery("permutation", "templates that tie more than 16 bits together", DECLINED)
def many_bits_tied_together(c):
    c["claim"]["program"]["fields"] = [["a", 17]]
    c["claim"]["program"]["templates"] = [[[[i, 1] for i in range(17)], [0]], [[[0, 0]], [1]]]


@forgery("visited", "an execution on 29 free bits", DECLINED)
def many_free_bits(c):
    c["claim"]["program"]["fields"].append(["more", 40])
    c["claim"]["states"]["free"] = list(range(5, 34))


if __name__ == "__main__":
    print(json.dumps(issued(), indent=1))
