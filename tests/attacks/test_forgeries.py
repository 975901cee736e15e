"""Forged certificates: each must be refused, with the message that says what is wrong with it."""

import ast
import copy
import hashlib
import json
import re
import subprocess
import sys
from fractions import Fraction
from functools import cache
from pathlib import Path

import jsonschema
import pytest
from forgery import ACCEPTED, CONTROLS, DECLINED, REJECTED, Forgeries, is_true, judge, sign, valid
from mpmath import mp

from ntkproofs import checker
from ntkproofs.certificates import Run, issue_ensemble, schema
from ntkproofs.programs import TemplateProgram

FORGERIES = forgery = Forgeries(valid)
CHECKER = Path(checker.__file__)


# --- what is claimed is false


@forgery("ensemble arbitrary", "networks are too few")
def one_network_fewer(c):
    c["claim"]["networks"] -= 1


@forgery("ensemble zero", "networks are too few")
def one_network_fewer_at_zero(c):
    c["claim"]["networks"] -= 1


@forgery("ensemble reachable", "networks are too few")
def one_network_fewer_reachable(c):
    c["claim"]["networks"] -= 1


@forgery("ensemble arbitrary", "networks are too few")
def delta_understated(c):
    c["claim"]["failure"] = "1/2000000"


@forgery("ensemble arbitrary", "networks are too few")
def one_step_more_often(c):
    c["claim"]["steps"] *= 2


@forgery("ensemble arbitrary", "networks are too few")
def more_inputs(c):
    c["claim"]["inputs"]["free"] += [6, 7, 8]


@forgery("ensemble zero", "networks are too few")
def less_failure_at_zero(c):
    c["claim"]["failure"] = "1/51"


@forgery("inequality line", "the claim has the unknown key 'source'")
def a_source_of_an_inequality(c):
    c["claim"]["source"] = valid()["rounding source"]["claim"]["source"]


@forgery("rounding source", "source is not an object")
def a_source_that_is_a_name(c):
    c["claim"]["source"] = "swap.blif"


@forgery("rounding source", "source lacks the key steps")
def a_source_without_steps(c):
    del c["claim"]["source"]["steps"]


@forgery("rounding source", "source lacks the key head")
def a_turing_machine_without_a_head(c):
    c["claim"]["source"]["format"] = "turing"


def _source(message, **changes):
    """Register forgeries, ``name=(key, value)``, of which each sets one key of a source."""
    for name, (key, value) in changes.items():

        def change(document, key=key, value=value):
            document["claim"]["source"][key] = value

        change.__name__ = name
        forgery("rounding source", message)(change)


_source("source has the unknown key 'steps'", steps_and_a_period=("period", 1))
_source("source has the unknown key 'head'", a_head_of_a_circuit=("head", 0))
_source("source has the unknown key 'checked'", a_source_with_a_verdict=("checked", True))
_source(
    "the source's name is ", a_source_named_by_a_statement=("name", "any program"), a_path_of_a_source=("name", "/a")
)
_source("the source's format is not one of", an_unknown_format_of_a_source=("format", "edif"))
_source("source: text is not a non-empty string", no_text_of_a_source=("text", ""), a_list_for_a_text=("text", ["x"]))
_source(
    "source: inputs, ones", inputs_of_a_source_twice=("inputs", [1, 1]), an_input_beyond_the_bits=("inputs", [0, 2])
)
_source("source: inputs, ones: a position is both free and 1", an_input_that_is_one=("ones", [1]))
_source(
    "source: outputs is out of range", an_output_beyond_the_bits=("outputs", [0, 2]), output_below_0=("outputs", [-1])
)
_source("source: outputs is not a list", outputs_that_are_a_number=("outputs", 0))
_source("source: steps is out of range", no_steps_of_a_source=("steps", 0))
_source("source: steps is not an integer", steps_of_a_source_as_text=("steps", "1"))


@forgery("rounding source", "source: period is out of range")
def no_period_of_a_source(c):
    del c["claim"]["source"]["steps"]
    c["claim"]["source"]["period"] = 0


@forgery("rounding source", "source: head is out of range")
def a_head_before_the_tape(c):
    c["claim"]["source"] |= {"format": "turing", "head": -1}


def test_a_source_is_named_and_not_checked():
    """The words of the claim are those without a source, and a line says that the source is not checked."""
    document = valid()["rounding source"]
    code, text = judge(sign(document))
    *lines, last = text.splitlines()
    assert code == ACCEPTED
    assert last == (
        "source: the claim names 'swap.blif' (blif); that the templates compute what it says is not checked by this "
        "program"
    )
    document["claim"]["source"] |= {"text": "anything", "outputs": [1, 1], "format": "turing", "head": 0}
    assert judge(sign(document))[0] == ACCEPTED
    del document["claim"]["source"]
    plain = judge(sign(document))[1].splitlines()
    assert [line for line in plain if "sha256" not in line] == [line for line in lines if "sha256" not in line]


@forgery("ensemble arbitrary", "networks are too few")
def threshold_moved(c):
    c["claim"]["threshold"] = "1/10"


EXCEEDS = "the union bound exceeds the failure probability"


@forgery("classes arbitrary", EXCEEDS)
def one_network_fewer_by_class(c):
    c["claim"]["networks"] -= 1


@forgery("classes reachable", EXCEEDS)
def one_network_fewer_by_class_at_visited_states(c):
    c["claim"]["networks"] -= 1


@forgery("classes few", EXCEEDS)
def one_network_fewer_for_two_inputs_by_class(c):
    c["claim"]["networks"] -= 1


@forgery("classes few", "there are only 2^5")
def more_inputs_than_states_by_class(c):
    c["claim"]["inputs"] = 33


@forgery("classes arbitrary", EXCEEDS)
def threshold_moved_by_class(c):
    c["claim"]["threshold"] = str(Fraction(c["claim"]["threshold"]) * Fraction(9, 10))


@forgery("classes arbitrary", "lies beyond the threshold")
def threshold_above_the_ones_by_class(c):
    c["claim"]["threshold"] = "1/3"


@forgery("classes arbitrary", "evidence lacks the key groups")
def union_of_another_name(c):
    c["evidence"] = {"union": "states"}


@forgery("classes arbitrary", "evidence lacks the key groups")
def numbers_of_pairs_in_the_evidence(c):
    c["evidence"]["pairs"] = [[2, 0, 1, 1]]


@forgery("classes reachable", "evidence has the unknown key 'union'")
def union_of_another_name_at_visited_states(c):
    c["evidence"] = {"union": "class"}


@forgery("classes reachable", "the states are those of 3 steps, the claim is about 4")
def states_of_fewer_steps_by_class(c):
    c["claim"]["steps"] = 4


@forgery("rounding arbitrary", "evidence lacks the key groups")
def rounding_by_class(c):
    c["evidence"] = {"union": "classes"}


@forgery("ensemble arbitrary", "lies beyond the threshold at n = 4, p = 1, t = 2")
def threshold_above_the_ones(c):
    c["claim"]["threshold"] = "1/3"


@forgery("ensemble arbitrary", "a bit that no template writes has mean 0 and positive variance")
def threshold_zero_with_an_unwritten_bit(c):
    c["claim"]["threshold"] = 0


@forgery("ensemble dropped", "a bit that no template writes")
def unwritten_bits_not_dropped(c):
    c["claim"]["drop_unwritten"] = False


@forgery("ensemble arbitrary", "threshold not at least 0")
def threshold_negative(c):
    c["claim"]["threshold"] = "-1/10"


@forgery("ensemble arbitrary", "failure is not between 0 and 1")
def failure_zero(c):
    c["claim"]["failure"] = 0


@forgery("ensemble arbitrary", "failure is not between 0 and 1")
def failure_above_one(c):
    c["claim"]["failure"] = "3/2"


WITHDRAWN = "an ensemble with a width, a withdrawn wording"
SCALAR = "one scalar network for each output bit"


@forgery("ensemble arbitrary", WITHDRAWN)
def width_of_networks_with_many_outputs(c):
    c["claim"]["width"] = 10**9


@forgery("ensemble arbitrary", WITHDRAWN)
def width_of_scalar_networks(c):
    c["claim"] |= {"outputs": SCALAR, "width": 10**40}
    c["evidence"]["width"] = {"error": "1/1000", "tilts": [["1/1000", "-1/1000"]] * 4}


@forgery("ensemble reachable", WITHDRAWN)
def outputs_without_a_width(c):
    c["claim"]["outputs"] = SCALAR


@forgery("ensemble arbitrary", "evidence has the unknown key 'width'")
def evidence_of_a_width(c):
    c["evidence"]["width"] = {"error": "1/1000", "tilts": []}


def one_writes_three_thousand():
    """Two templates, one of which writes all bits of a field of 3,000."""
    program = TemplateProgram("two", fields={"a": 2, "many": 3000})
    program.template(when={("a", 0): 1}, write=[("many", place) for place in range(3000)])
    program.template(when={("a", 1): 1}, write=[("a", 0)])
    return Run(program, free=(0, 1), ones=(), steps=1)


@cache
def ensemble_for_three_thousand_outputs():
    return json.loads(
        issue_ensemble(one_writes_three_thousand(), failure="1/100", drop_unwritten=True, by_class=False).data
    )


@forgery("ensemble arbitrary", WITHDRAWN)
def three_thousand_outputs_of_one_network(c):
    c.update(copy.deepcopy(ensemble_for_three_thousand_outputs()))
    c["claim"]["width"] = 10**9


@forgery("ensemble arbitrary", WITHDRAWN)
def width_for_one_of_three_thousand_outputs(c):
    c.update(copy.deepcopy(ensemble_for_three_thousand_outputs()))
    c["claim"] |= {"outputs": SCALAR, "width": 10**9}


@pytest.mark.parametrize("parts", [{"width": 10**9}, {"width": 10**9, "outputs": SCALAR}, {"outputs": SCALAR}])
def test_no_claim_of_an_ensemble_has_a_width(parts):
    """Linearised networks with 3,000 outputs have kernel entries between outputs: no wording about them is left."""
    document = copy.deepcopy(ensemble_for_three_thousand_outputs())
    assert judge(sign(document))[0] == ACCEPTED
    document["claim"] |= parts
    code, text = judge(sign(document))
    assert (code, WITHDRAWN in text) == (REJECTED, True)


@forgery("ensemble reachable", "there are only 2^2")
def more_inputs_than_there_are(c):
    c["claim"]["inputs"] = 5


@forgery("ensemble reachable", "the inputs are not those whose states are claimed")
def inputs_of_other_states(c):
    c["claim"]["inputs"] = {"free": [0, 1, 2], "ones": []}


@forgery("ensemble reachable", "the states are those of 3 steps, the claim is about 4")
def states_of_fewer_steps(c):
    c["claim"]["steps"] = 4


@forgery("ensemble arbitrary", "networks are too few")
def another_kernel(c):
    c["claim"]["kernel"] = "nngp"
    c["claim"]["failure"] = "1/10000000"


@forgery("rounding small", "the mean of a bit that should be 1 lies beyond the threshold at n = 8, p = 1, t = 7")
def too_many_writers_that_do_not_match(c):
    program = c["claim"]["program"]
    program["templates"] = [[[[3, 1]], [1]]] + [[[[3, 1]], [2]]] * 7 + [[[[0, 1]], [1]]] * 6
    program["padding"] = 0


# --- training


FEWER_NETWORKS = "the union bound exceeds the failure probability"


@forgery("classes steps", FEWER_NETWORKS)
def one_network_fewer_after_steps(c):
    c["claim"]["networks"] -= 1


@forgery("ensemble steps", "networks are too few")
def one_network_fewer_after_steps_by_margin(c):
    c["claim"]["networks"] -= 1


@forgery("classes time", FEWER_NETWORKS)
def one_network_fewer_at_a_time(c):
    c["claim"]["networks"] -= 1


@forgery("classes steps", FEWER_NETWORKS)
def fewer_steps_of_training(c):
    c["claim"]["training"]["steps"] //= 2


@forgery("rounding steps", "the mean of a bit that should be 0 lies beyond the threshold at n = 1, p = 0, t = 1")
def one_step_of_training_more(c):
    c["claim"]["training"]["steps"] += 1


@forgery("rounding steps", "the mean of a bit that should be 0 lies beyond the threshold at n = 1, p = 0, t = 1")
def smaller_steps_of_training(c):
    c["claim"]["training"]["step"] = "4/5"


@forgery("ensemble steps", "networks are too few")
def half_the_size_of_the_steps(c):
    c["claim"]["training"]["step"] = "1/20"


@forgery("classes time", FEWER_NETWORKS)
def a_shorter_time(c):
    c["claim"]["training"]["time"] = "3/2"


@forgery("classes steps", "the mean of a bit that should be 1 lies beyond the threshold")
def a_single_step(c):
    c["claim"]["training"]["steps"] = 1


@forgery("rounding steps", "the step 3/2 is not below 2 divided by the largest eigenvalue")
def steps_that_are_too_large(c):
    c["claim"]["training"]["step"] = "3/2"


@forgery("classes steps", "the step 5 is not below 2 divided by the largest eigenvalue")
def steps_that_are_too_large_for_an_ensemble(c):
    c["claim"] |= {"training": {"steps": 2, "step": 5}, "networks": 10**9}


@forgery("ensemble steps", "is not below 2 divided by the largest eigenvalue")
def steps_that_are_too_large_for_more_samples(c):
    c["claim"]["program"]["padding"] = 100
    c["claim"]["networks"] = 10**9


@forgery("rounding steps", "the mean of a bit that should be 0 lies beyond the threshold at n = 1, p = 0, t = 1")
def rounding_at_a_time(c):
    c["claim"]["training"] = {"time": 20}


@forgery("classes steps", "of a bit that should be 0 lies beyond the threshold at n = 1")
def threshold_zero_before_convergence(c):
    c["claim"] |= {"threshold": 0, "networks": 10**9}


@forgery("classes arbitrary", "the mean of a bit that should be 1 lies beyond the threshold")
def a_short_training_of_what_converged(c):
    c["claim"] |= {"training": {"steps": 1, "step": "1/20"}, "networks": 10**9}


@forgery("classes steps", "of a bit that should be 1 lies beyond the threshold")
def a_step_of_almost_nothing(c):
    c["claim"]["training"] = {"steps": 1, "step": "1/1" + "0" * 3000}


@forgery("rounding steps", "on which side of the threshold the mean lies is not certain at n = 1", DECLINED)
def rounding_after_a_step_of_almost_nothing(c):
    c["claim"]["training"] = {"steps": 2, "step": "1/1" + "0" * 3000}


@forgery("classes steps", "whether the step is below 2 divided by the largest eigenvalue is not certain", DECLINED)
def steps_that_are_perhaps_too_large(c):
    with mp.workdps(90):
        size = int(2 / (1 + 3 / (2 * mp.pi)) * 10**85)  # four samples
    c["claim"]["training"] = {"steps": 2, "step": f"{size}/1" + "0" * 85}


@forgery("classes steps", "the claim has the unknown key 'step'")
def a_step_beside_the_training(c):
    c["claim"]["step"] = "1/10"


FORGERIES.set_keys(
    "classes steps",
    "training",
    no_steps_of_training=("training", {"steps": 0, "step": "1/10"}),
    negative_steps_of_training=("training", {"steps": -30, "step": "1/10"}),
    steps_that_are_text=("training", {"steps": "30", "step": "1/10"}),
    steps_of_size_zero=("training", {"steps": 30, "step": 0}),
    steps_backwards=("training", {"steps": 30, "step": "-1/10"}),
    steps_of_a_decimal_size=("training", {"steps": 30, "step": "0.1"}),
    steps_without_a_size=("training", {"steps": 30}),
    a_size_without_steps=("training", {"step": "1/10"}),
    training_of_no_length=("training", {}),
    training_that_is_null=("training", None),
    training_that_is_a_number=("training", 30),
    steps_and_a_time=("training", {"steps": 30, "step": "1/10", "time": 3}),
    a_unit_of_training=("training", {"steps": 30, "step": "1/10", "unit": "own"}),
    a_negative_time=("training", {"time": -3}),
    no_time=("training", {"time": 0}),
)


@forgery("rounding small", "nothing is claimed")
def states_at_which_nothing_matches(c):
    c["claim"]["states"] = {"free": [], "ones": [], "steps": 1}


@forgery("inequality line", "the inequality is false")
def inequality_turned_round(c):
    claim = c["claim"]
    claim["left"], claim["right"] = claim["right"], claim["left"]


@forgery("inequality line", "does not follow on the leaf 'x'")
def widened_domain(c):
    c["claim"]["domain"]["x"] = ["0", "16"]
    c["claim"]["right"] = "1/4"


@forgery("inequality line", "does not follow")
def strict_where_the_sides_touch(c):
    c["claim"]["right"] = "1/4"


@forgery("inequality constant", "does not follow on the leaf (constants)")
def strict_where_the_sides_are_equal(c):
    c["claim"] |= {"left": ["neg", -1], "right": 1, "relation": "<"}


@forgery("inequality line", "the domain is empty: 'x' from 1 to 0")
def empty_domain(c):
    c["claim"]["domain"]["x"] = ["1", "0"]


@forgery("inequality line", "the domain does not name the variable 'x'")
def no_domain(c):
    c["claim"]["domain"] = {}
    c["evidence"]["tree"] = ["leaf"]


# --- sequences of inputs


@forgery("ensemble stream", "networks are too few")
def one_network_fewer_for_a_stream(c):
    c["claim"]["networks"] -= 1


@forgery("ensemble stream", "networks are too few")
def more_clocks(c):
    c["claim"]["inputs"]["clocks"] = 10**3000


@forgery("ensemble stream", "networks are too few")
def more_steps_of_a_clock(c):
    c["claim"]["steps"] = 9


@forgery("ensemble stream", "networks are too few")
def another_port(c):
    c["claim"]["inputs"]["ports"] = [4, 0]


@forgery("ensemble stream", "inputs: clocks is out of range")
def no_clock(c):
    c["claim"]["inputs"]["clocks"] = 0


@forgery("ensemble stream", "inputs: clocks is not an integer")
def a_clock_that_is_true(c):
    c["claim"]["inputs"]["clocks"] = True


@forgery("ensemble stream", "inputs: no ports, or a port with an initial value")
def no_ports(c):
    c["claim"]["inputs"]["ports"] = []


@forgery("ensemble stream", "inputs: no ports, or a port with an initial value")
def a_port_with_an_initial_value(c):
    c["claim"]["inputs"]["ones"] = [0, 1]


@forgery("ensemble stream", "inputs: ports names a position twice")
def a_port_twice(c):
    c["claim"]["inputs"]["ports"] = [0, 0]


@forgery("ensemble stream", "inputs: ports is out of range")
def a_port_that_does_not_exist(c):
    c["claim"]["inputs"]["ports"] = [5]


@forgery("ensemble stream", "inputs has the unknown key 'free'")
def ports_and_free_bits(c):
    c["claim"]["inputs"]["free"] = []


@forgery("ensemble stream", "inputs lacks the key clocks")
def sequences_of_no_length(c):
    del c["claim"]["inputs"]["clocks"]


@forgery("ensemble stream", "sequences of inputs are claimed at visited states; they are supported at arbitrary states")
def sequences_at_visited_states(c):
    c["claim"]["states"] = {"free": [0], "ones": [], "steps": 1}
    c["evidence"] = {}


# --- the evidence does not support it


@forgery("rounding arbitrary", "the groups are not a partition of the templates")
def a_template_removed(c):
    c["claim"]["program"]["templates"].pop(0)
    c["evidence"]["groups"] = [[i - 1 for i in g if i] for g in c["evidence"]["groups"]] + [[11]]
    c["evidence"]["groups"][-1] = [10]


@forgery("rounding arbitrary", "a group's member is out of range")
def a_template_removed_but_grouped(c):
    c["claim"]["program"]["templates"].pop()


@forgery("rounding arbitrary", "two templates of group 0 can match the same state")
def a_template_altered(c):
    c["claim"]["program"]["templates"][0][0].pop(0)


@forgery("rounding arbitrary", "two templates of group")
def wrong_groups(c):
    first, second, *rest = c["evidence"]["groups"]
    c["evidence"]["groups"] = [first + second, *rest]


@forgery("rounding arbitrary", "the groups are not a partition of the templates")
def a_template_in_no_group(c):
    c["evidence"]["groups"][0].pop()


@forgery("rounding arbitrary", "the groups are not a partition of the templates")
def a_template_in_two_groups(c):
    c["evidence"]["groups"][1].append(c["evidence"]["groups"][0][0])


@forgery("rounding arbitrary", "evidence lacks the key groups")
def evidence_of_another_claim(c):
    c["evidence"] = valid()["inequality line"]["evidence"]


@forgery("inequality box", "a node of the tree is neither leaf nor split")
def tree_of_another_claim(c):
    c["evidence"] = {"tree": ["split", "z", ["leaf"], ["leaf"]]}


@forgery("inequality line", "a node of the tree is neither leaf nor split")
def a_dropped_box(c):
    c["evidence"]["tree"] = c["evidence"]["tree"][:3]


@forgery("inequality line", "does not follow")
def boxes_not_halved(c):
    c["evidence"]["tree"] = ["leaf"]


@forgery("inequality uneven", "which is not in its domain")
def swapped_halves(c):
    tree = c["evidence"]["tree"]
    tree[3], tree[4] = tree[4], tree[3]


@forgery("rounding small", "evidence has the unknown key 'writers'")
def writers_miscounted_in_the_evidence(c):
    c["evidence"]["writers"] = [1] * 5


# --- the form


@forgery("rounding small", "claim_sha256 is not the SHA-256 of the claim")
def digest_of_other_text(c):
    c["claim"]["program"]["padding"] += 1
    return json.dumps(c).encode()


@forgery("ensemble arbitrary", "is a float")
def a_float(c):
    return sign(c).replace(b'"steps": 6', b'"steps": 6.0')


@forgery("ensemble arbitrary", "is a float")
def an_exponent(c):
    return sign(c).replace(b'"steps": 6', b'"steps": 6e1000000000')


@forgery("ensemble arbitrary", "NaN is a float")
def not_a_number(c):
    return sign(c).replace(b'"steps": 6', b'"steps": NaN')


@forgery("ensemble arbitrary", "-Infinity is a float")
def infinity(c):
    return sign(c).replace(b'"steps": 6', b'"steps": -Infinity')


@forgery("ensemble arbitrary", "failure is not a number")
def a_float_in_a_string(c):
    c["claim"]["failure"] = "1e-6"


@forgery("ensemble arbitrary", "failure is not a number")
def denominator_zero(c):
    c["claim"]["failure"] = "1/0"


@forgery("ensemble arbitrary", "the key 'steps' occurs twice")
def duplicate_key(c):
    return sign(c).replace(b'"steps": 6', b'"steps": 6, "steps": 6')


@forgery("ensemble arbitrary", "the claim has the unknown key 'depth'")
def unknown_key(c):
    c["claim"]["depth"] = 2


@forgery("ensemble arbitrary", "the claim lacks the key steps")
def missing_key(c):
    del c["claim"]["steps"]


@forgery("ensemble arbitrary", "the certificate lacks the key evidence")
def no_evidence(c):
    return json.dumps({key: value for key, value in c.items() if key != "evidence"}).encode()


@forgery("ensemble arbitrary", "format is out of range")
def another_format(c):
    c["format"] = 2


@forgery("ensemble arbitrary", "format is not an integer: True")
def true_for_one(c):
    c["format"] = True


@forgery("ensemble arbitrary", "the claim's kind is not one of")
def another_kind(c):
    c["claim"]["kind"] = "width"


@forgery("rounding small", "requirements names a position twice")
def a_contradictory_template(c):
    c["claim"]["program"]["templates"][0][0] += [[0, 1]]


@forgery("rounding small", "is out of range")
def a_position_that_does_not_exist(c):
    c["claim"]["program"]["templates"][0][1] = [5]


@forgery("rounding arbitrary", "two templates of group 0 can match the same state")
def a_constant_that_excludes_others(c):
    c["claim"]["program"]["templates"][0][0] = []


@forgery("rounding arbitrary", "two templates of group 0 can match the same state")
def duplicates_that_exclude_each_other(c):
    templates = c["claim"]["program"]["templates"]
    templates.append(templates[0])
    c["evidence"]["groups"][0].append(len(templates) - 1)


@forgery("rounding small", "the program has no fields")
def a_program_without_bits(c):
    c["claim"]["program"] |= {"fields": [], "templates": [[[], []]]}
    c["claim"]["states"] |= {"free": [], "ones": []}


@forgery("rounding small", "the program's name is 'the right sum of any two numbers with probability 1'")
def a_name_that_is_a_statement(c):
    c["claim"]["program"]["name"] = "the right sum of any two numbers with probability 1"


@forgery("rounding small", "the program's name is 'm\\xfcl'")
def a_name_that_is_not_ascii(c):
    c["claim"]["program"]["name"] = "m\u00fcl"


@forgery("rounding small", "the program's name is 'addition\\n'")
def a_name_with_a_newline(c):
    c["claim"]["program"]["name"] = "addition\n"


@forgery("rounding small", "the program's name is ['addition']")
def a_name_that_is_a_list(c):
    c["claim"]["program"]["name"] = ["addition"]


@forgery("rounding small", "a name is 1 to 64 letters")
def a_name_too_long(c):
    c["claim"]["program"]["name"] = "a" * 65


@forgery("rounding small", "a field's name is \"a' (accepted)\"")
def a_field_that_quotes(c):
    c["claim"]["program"]["fields"][0][0] = "a' (accepted)"


@forgery("rounding small", "a name is 1 to 200 printable ASCII characters, no quotes or spaces")
def a_field_without_a_name(c):
    c["claim"]["program"]["fields"][0][0] = ""


@forgery("rounding small", "a name is 1 to 200 printable ASCII characters, no quotes or spaces")
def a_field_with_a_long_name(c):
    c["claim"]["program"]["fields"][0][0] = "a" * 201


@forgery("rounding small", "two fields have the same name")
def two_fields_of_one_name(c):
    c["claim"]["program"]["fields"][1][0] = "a"


@forgery("rounding small", "producer is not ASCII")
def a_producer_in_other_letters(c):
    c["producer"] = "ntkpr\u043e\u043efs 1"


@forgery("rounding small", "padding is out of range")
def negative_padding(c):
    c["claim"]["program"]["padding"] = -1


@forgery("inequality line", "unknown operation 'eval' of 1 arguments")
def an_operation_outside_the_grammar(c):
    c["claim"]["left"] = ["eval", "1"]


@forgery("inequality line", "a division by an interval that contains 0")
def division_by_zero(c):
    c["claim"]["left"] = ["div", 1, ["sub", ["var", "x"], ["var", "x"]]]


@forgery("inequality line", "a square root of an interval that reaches below 0")
def root_of_a_negative(c):
    c["claim"]["left"] = ["sqrt", ["sub", ["var", "x"], 1]]
    c["evidence"]["tree"] = ["leaf"]


@forgery("inequality line", "a logarithm of an interval that reaches to 0")
def logarithm_of_zero(c):
    c["claim"]["left"] = ["log", ["var", "x"]]
    c["evidence"]["tree"] = ["leaf"]


@forgery("ensemble arbitrary", "at most 33554432 are read", DECLINED)
def forty_million_digits(c):
    return sign(c).replace(b'"steps": 6', b'"steps": 6' + b"0" * (4 * 10**7))


@forgery("ensemble arbitrary", "a number of 100001 digits", DECLINED)
def a_hundred_thousand_digits(c):
    return sign(c).replace(b'"steps": 6', b'"steps": 6' + b"0" * 10**5)


@forgery("inequality line", "an exponent beyond 1024", DECLINED)
def an_exponent_of_a_billion(c):
    c["claim"]["left"] = ["pow", ["var", "x"], 10**9]


@forgery("inequality line", "a number of more than 131072 bits", DECLINED)
def powers_of_powers(c):
    for _ in range(20):
        c["claim"]["left"] = ["pow", ["add", c["claim"]["left"], 7], 1000]


@forgery("inequality line", "an exponential of more than 4096", DECLINED)
def exponentials_of_exponentials(c):
    c["claim"]["left"] = ["exp", ["exp", ["exp", 5]]]


@forgery("inequality line", "brackets nested deeper than 100", DECLINED)
def deep_nesting(c):
    return b"[" * 10**6


@forgery("inequality line", "brackets nested deeper than 100", DECLINED)
def deep_objects(c):
    return b'{"a":' * 10**5


@forgery("rounding small", "an execution on 29 free bits", DECLINED)
def half_a_billion_runs(c):
    c["claim"]["program"]["fields"] = [["a", 29]]
    c["claim"]["states"]["free"] = list(range(29))
    c["claim"]["states"]["ones"] = []


@forgery("rounding small", "more than 131072 bits or", DECLINED)
def a_field_of_a_billion_bits(c):
    c["claim"]["program"]["fields"][1][1] = 10**9


@forgery("inequality line", "the file is not UTF-8")
def not_utf8(c):
    return sign(c).replace(b"ntkproofs", b"\xff\xfe")


@forgery("inequality line", "the file is not JSON")
def nothing_at_all(c):
    return b""


@forgery("inequality line", "the certificate is not an object")
def a_list(c):
    return b"[]"


@forgery("inequality line", "producer is not a non-empty string of printable characters")
def a_producer_that_moves_the_cursor(c):
    c["producer"] = "x\x1b[2Jaccepted"


@pytest.mark.parametrize("name", valid())
def test_valid_certificates_have_the_form_of_the_schema(name):
    jsonschema.validate(json.loads(sign(valid()[name])), schema())


def test_valid_certificates_are_accepted_and_true():
    for name, document in valid().items():
        code, text = judge(sign(document))
        assert code == ACCEPTED, (name, text)
        assert is_true(document["claim"]), name
        lines = text.splitlines()
        assert [line.partition(":")[0] for line in lines] == [
            "accepted",
            "claim",
            "claim_sha256",
            "facts",
            "verified",
            *["source"] * ("source" in document["claim"]),
        ]
        assert int(lines[3].partition(": ")[2]) > 0


@pytest.mark.parametrize("name", FORGERIES)
def test_forgery_is_refused_with_its_reason(name):
    make, code, message = FORGERIES[name]
    got, text = judge(make())
    assert message in text
    assert got == code
    assert "\n" not in text


def failures(check):
    """Return how many forgeries and valid certificates a checker gets wrong."""
    wrong = [name for name, (make, code, message) in FORGERIES.items() if not _refuses(check, make(), message)]
    return len(wrong) + sum(check(sign(document))[0] != ACCEPTED for document in valid().values())


def _refuses(check, data, message):
    code, text = check(data)
    return code != ACCEPTED and message in text


@pytest.mark.parametrize("name", CONTROLS)
def test_the_suite_tells_control_checkers_from_the_real_one(name):
    assert failures(CONTROLS[name]) >= 10
    assert failures(judge) == 0


def test_truncated_at_every_byte():
    data = sign(valid()["inequality constant"])
    for length in range(len(data)):
        code, text = judge(data[:length])
        assert code == REJECTED, (length, text)


@pytest.mark.parametrize("name", valid())
def test_any_digit_of_the_claim_changed(name):
    """Without a new digest, every changed digit is refused."""
    document = valid()[name]
    data = checker.canonical(document)
    start = data.index(b'"claim":{')
    end = data.index(b'"claim_sha256"')
    for place in range(start, end):
        if data[place : place + 1].isdigit():
            other = b"%d" % ((data[place] - 47) % 10)
            assert judge(data[:place] + other + data[place + 1 :])[0] in (REJECTED, DECLINED)


def test_alone_in_its_own_process_also_optimised(tmp_path):
    """The same outcomes with ``-I -S`` and with ``-O``: nothing rests on site packages or on assert."""
    driver = tmp_path / "driver.py"
    driver.write_text(
        "import importlib.util, pathlib, sys\n"
        "spec = importlib.util.spec_from_file_location('checker', sys.argv[1])\n"
        "checker = importlib.util.module_from_spec(spec)\n"
        "sys.modules['checker'] = checker\n"
        "spec.loader.exec_module(checker)\n"
        "for file in sorted(pathlib.Path(sys.argv[2]).iterdir()):\n"
        "    print(file.name, *checker.judge(file.read_bytes()), sep='|', end='|\\n')\n"
    )
    folder = tmp_path / "files"
    folder.mkdir()
    expected = []
    files = {name: make() for name, (make, _, _) in FORGERIES.items()}
    files |= {name.replace(" ", "-"): sign(document) for name, document in valid().items()}
    for name, data in sorted(files.items()):
        (folder / name).write_bytes(data)
        code, text = judge(data)
        expected.append(f"{name}|{code}|{text}|\n")
    for flags in (["-I", "-S"], ["-I", "-S", "-O"], ["-I", "-S", "-OO"]):
        done = subprocess.run(
            [sys.executable, *flags, driver, CHECKER, folder], capture_output=True, text=True, check=True
        )
        assert done.stdout == "".join(expected)


def test_exit_codes_of_the_program(tmp_path):
    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-I", "-S", CHECKER, *arguments], capture_output=True, text=True, check=False
        )
        assert done.stderr == ""
        return done.returncode, done.stdout

    good = tmp_path / "good.json"
    good.write_bytes(sign(valid()["rounding small"]))
    assert run(good)[0] == 0
    good.write_bytes(FORGERIES["one_network_fewer"][0]())
    assert run(good) == (1, "rejected: 41 networks are too few: the union bound exceeds the failure probability\n")
    good.write_bytes(FORGERIES["deep_nesting"][0]())
    assert run(good)[0] == 2
    assert run()[0] == run(good, good)[0] == run(tmp_path)[0] == run(tmp_path / "missing")[0] == 3


def test_the_checker_is_one_file_of_integers():
    text = CHECKER.read_text()
    lines = [line for line in text.splitlines() if line.startswith(("import ", "from "))]
    modules = {line.split()[1] for line in lines}
    assert modules <= {"__future__", *sys.stdlib_module_names, "collections.abc"}
    assert not {"random", "time", "os", "pickle", "subprocess", "decimal"} & modules
    tree = ast.parse(text)
    for node in ast.walk(tree):
        assert not isinstance(node, ast.Assert)
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float))
        assert not (isinstance(node, ast.Name) and node.id in ("float", "eval", "exec", "assert"))


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parent / "issued_earlier").glob("*.json")), ids=lambda p: p.stem
)
def test_certificates_issued_earlier_have_the_outcome_that_they_had(path):
    """Byte for byte; but a width of an ensemble is withdrawn."""
    code, text = judge(path.read_bytes())
    if path.stem == "width_of_one_network_for_all_outputs":
        assert (code, text[:46]) == (REJECTED, "rejected: an ensemble with a width, a withdraw")
    else:
        assert code == ACCEPTED


def test_a_name_changes_no_digest_of_the_templates_and_stands_in_quotes():
    """Another name, or another issuer, cannot make other templates look like these."""
    document = valid()["rounding small"]
    first = judge(sign(document))[1]
    document["claim"]["program"]["name"] = "multiplication"
    second = judge(sign(document))[1]
    digest = re.search(r"the 4 templates with SHA-256 ([0-9a-f]{64})", first).group(1)
    content = {key: document["claim"]["program"][key] for key in ("fields", "padding", "templates")}
    assert hashlib.sha256(checker.canonical(content)).hexdigest() == digest
    assert f"SHA-256 {digest} (4 padding, 5 bits; the issuer calls them 'multiplication')" in second
    document["claim"]["program"]["padding"] += 1
    assert digest not in judge(sign(document))[1]


def test_the_claim_in_words_leaves_nothing_out():
    """However long its numbers are, the printed claim states them."""
    document = valid()["inequality line"]
    document["claim"]["domain"]["x"] = ["1/" + "9" * 3000, 1]
    assert "for all 1/" + "9" * 3000 + " <= x <= 1" in judge(sign(document))[1]
    document = valid()["ensemble arbitrary"]
    document["claim"]["networks"] = 10**3998
    code, text = judge(sign(document))
    assert code == ACCEPTED
    assert f"the average of {10**3998} independent" in text
