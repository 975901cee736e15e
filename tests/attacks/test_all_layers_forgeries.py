"""Forged certificates about networks all of whose layers are trained, and mistakes put into the rules for them."""

import copy
import json
from functools import cache
from pathlib import Path

import pytest
from forgery import ACCEPTED, DECLINED, REJECTED, sign, small_run

from ntkproofs import checker
from ntkproofs.certificates import Run, issue_network
from ntkproofs.programs import TemplateProgram, permutation_task

TEXT = Path(checker.__file__).read_text()
FORGERIES = {}


def shared_run():
    """A bit with two writers, one with one, and a sample of padding."""
    program = TemplateProgram("shared", fields={"a": 2, "b": 1})
    program.template(when={("a", 0): 1}, write=[("a", 0)])
    program.template(when={("a", 1): 1}, write=[("a", 0), ("a", 1)])
    program.pad(1)
    return Run(program, free=(0, 1), ones=(), steps=2)


@cache
def _honest():
    certificates = {
        "permutation": issue_network(permutation_task([1, 2, 0]), failure="1/10", trained="all"),
        "shared": issue_network(shared_run(), failure="1/5", trained="all"),
        "visited": issue_network(small_run(), failure="1/3", trained="all", states="reachable"),
        "one": issue_network(permutation_task([1, 2, 0]), failure="1/10", trained="all", inputs=1),
    }
    return {name: json.loads(certificate.data) for name, certificate in certificates.items()}


def honest():
    """Return fresh copies of honest certificates, by name."""
    return copy.deepcopy(_honest())


def forgery(base, message, code=REJECTED):
    """Register a forgery: the decorated function changes an honest document, which is signed afterwards."""

    def register(function):
        def make():
            document = honest()[base]
            function(document)
            return sign(document)

        assert function.__name__ not in FORGERIES
        FORGERIES[function.__name__] = (make, code, message)
        return function

    return register


NARROWER = ("the probabilities of failures are too large together", "the outputs vary more than the path allows")


def claims(base, message, **changes):
    """Register forgeries that set one key of a claim each."""
    for name, (key, value) in changes.items():

        def change(document, key=key, value=value):
            document["claim"][key] = value

        change.__name__ = name
        forgery(base, message)(change)


def hints(message, **changes):
    """Register forgeries that set one number of the evidence each: a path and the value."""
    for name, (path, value) in changes.items():

        def change(document, path=path, value=value):
            target = document["evidence"]
            for key in path[:-1]:
                target = target[key]
            target[path[-1]] = value

        change.__name__ = name
        forgery("permutation", message)(change)


def scaled(text, factor):
    """Return a fraction times a quotient of integers."""
    top, _, bottom = text.partition("/")
    return f"{int(top) * factor[0]}/{int(bottom or 1) * factor[1]}"


# --- what is claimed does not follow


@forgery("permutation", NARROWER)
def one_pair_fewer(c):
    c["claim"]["width"] -= 2


@forgery("shared", NARROWER)
def one_pair_fewer_with_two_writers(c):
    c["claim"]["width"] -= 2


@forgery("visited", NARROWER)
def one_pair_fewer_at_visited_states(c):
    c["claim"]["width"] -= 2


@forgery("permutation", "a width that is odd: a start of pairs has an even number of neurons")
def one_neuron_more(c):
    c["claim"]["width"] += 1


@forgery("permutation", "the probabilities of failures are too large together")
def one_step_fewer(c):
    c["claim"]["steps"] -= 1


@forgery("permutation", "an output at a sample may be on the wrong side of the threshold")
def few_steps(c):
    c["claim"]["steps"] = 2


@forgery("permutation", "the step is too large for the eigenvalues of H")
def a_larger_step(c):
    c["claim"]["step"] = scaled(c["claim"]["step"], (1001, 1000))


@forgery("permutation", "the probabilities of failures are too large together")
def a_smaller_step(c):
    c["claim"]["step"] = scaled(c["claim"]["step"], (9, 10))


@forgery("permutation", "the residual does not decay")
def a_step_below_zero(c):
    c["claim"]["step"] = "-1/4"


@forgery("permutation", "the probabilit")
def failure_halved(c):
    c["claim"]["failure"] = "1/20"


@forgery("permutation", "the probabilit")
def threshold_moved_up(c):
    c["claim"]["threshold"] = scaled(c["claim"]["threshold"], (101, 100))


@forgery("permutation", "the probabilit")
def threshold_moved_down(c):
    c["claim"]["threshold"] = scaled(c["claim"]["threshold"], (99, 100))


@forgery("permutation", "the limit of the output is not on its side of the threshold at n = ")
def threshold_below_the_zeros(c):
    c["claim"]["threshold"] = "1/1000"


@forgery("permutation", "the outputs vary more than the path allows")
def far_narrower(c):
    c["claim"]["width"] = c["claim"]["width"] // 8 * 2


@forgery("one", NARROWER)
def every_input_where_one_is_claimed(c):
    del c["claim"]["inputs"]


@forgery("visited", "a regression (2,) is missing")
def every_state_instead_of_visited_ones(c):
    c["claim"]["states"] = "arbitrary"
    c["evidence"]["regressions"] = []


@forgery("permutation", "kinks (2, 0, 1) does not occur")
def a_program_without_pairs_of_matches(c):
    for template in c["claim"]["program"]["templates"]:
        template[0] = [[0, 1], [1, 1], [2, 1]]
    c["evidence"]["regressions"] = c["evidence"]["regressions"][1:]


@forgery("permutation", "a column of targets without a 0")
def a_bit_that_every_sample_writes(c):
    for template in c["claim"]["program"]["templates"]:
        template[1] = [0]


# --- what is no claim about such networks

claims(
    "permutation",
    "start is not one of antisymmetric: ",
    zero_start=("start", "zero"),
    gaussian_start=("start", "gaussian"),
    no_start=("start", None),
)
claims("permutation", "start is not one of zero: 'antisymmetric'", output_layer_from_pairs=("trained", "output"))
claims("permutation", "networks is out of range", two_networks=("networks", 2))
claims("permutation", "width is out of range", no_neuron=("width", 0), negative_width=("width", -8))
claims("permutation", "steps is out of range", no_step=("steps", 0))
claims(
    "permutation",
    "failure or threshold is not between 0 and 1",
    threshold_zero=("threshold", "0"),
    threshold_one=("threshold", "1"),
    failure_one=("failure", 1),
)
claims("permutation", "the residual does not decay", step_zero=("step", "0"))
claims("one", "inputs is out of range", no_input=("inputs", 0))
claims("one", "inputs: there are only 2^3", nine_inputs=("inputs", 9))

# --- the evidence


@forgery("permutation", "the class n = 2, p = 0, t = 1 occurs twice")
def a_class_doubled(c):
    c["evidence"]["classes"].append(c["evidence"]["classes"][0])


@forgery("permutation", "the class n = 3, p = 1, t = 1 is missing")
def a_class_left_out(c):
    del c["evidence"]["classes"][-1]


@forgery("permutation", "the class n = 9, p = 0, t = 1 does not occur")
def a_class_renamed(c):
    c["evidence"]["classes"].append([9, *c["evidence"]["classes"][0][1:]])


@forgery("permutation", "kinks (2, 0, 1) occurs twice")
def kinks_doubled(c):
    c["evidence"]["kinks"].append(c["evidence"]["kinks"][0])


@forgery("permutation", "kinks (3, 1, 1) is missing")
def kinks_left_out(c):
    del c["evidence"]["kinks"][-1]


@forgery("permutation", "a regression (2,) occurs twice")
def a_regression_doubled(c):
    c["evidence"]["regressions"].append(c["evidence"]["regressions"][0])


@forgery("permutation", "a regression (3,) is missing")
def a_regression_left_out(c):
    del c["evidence"]["regressions"][-1]


@forgery("permutation", "a regression (4,) does not occur")
def a_regression_renamed(c):
    c["evidence"]["regressions"].append([4, c["evidence"]["regressions"][0][1]])


@forgery("shared", "a column (1,) occurs twice")
def a_column_doubled(c):
    c["evidence"]["columns"].append(c["evidence"]["columns"][0])


@forgery("shared", "a column (2,) is missing")
def a_column_left_out(c):
    del c["evidence"]["columns"][1]


@forgery("permutation", "a column (2,) does not occur")
def a_column_renamed(c):
    c["evidence"]["columns"].append([2, c["evidence"]["columns"][0][1]])


@forgery("permutation", "a column lacks the key turn")
def no_turn(c):
    del c["evidence"]["columns"][0][1]["turn"]


@forgery("permutation", "evidence has the unknown key 'descent'")
def descent_too(c):
    c["evidence"]["descent"] = {}


@forgery("permutation", "a column is not a list of 2")
def a_short_column(c):
    del c["evidence"]["columns"][0][1]


@forgery("permutation", "a column: pull is not a list of 4")
def a_short_vector(c):
    del c["evidence"]["columns"][0][1]["pull"][-1]


COLUMN = ("columns", 0, 1)
for _name in ("deviation", "pull", "bulk", "label", "open", "share", *checker.CLOSED):
    hints(
        f"a column: {_name}: a number that is not above 0",
        **{
            f"{_name}_of_nothing": ((*COLUMN, _name, 0), 0),
            f"{_name}_with_a_negative_tilt": ((*COLUMN, _name, 1), "-1/10"),
        },
    )
for _name in ("deviation", "pull", "bulk", "label", "open", "share", "writer", "other", "turn", "echo"):
    hints("the probabilit", **{f"{_name}_too_small": ((*COLUMN, _name, 0), "1/100000")})
hints("a column: rest: a number that is not above 0", no_rest=((*COLUMN, "rest", 0), 0))
hints("the outputs vary more than the path allows", a_smaller_rest=((*COLUMN, "rest", 0), "1/1000"))
hints("the output weights may change sign", a_rest_too_large=((*COLUMN, "rest", 0), "1"))
hints(
    "evidence: drop: a number that is not above 0",
    no_drop=(("start", "drop", 0), 0),
    a_drop_with_a_negative_tilt=(("start", "drop", 1), -1),
)
hints("the drop of the least eigenvalue is not between 0 and 1", drop_one=(("start", "drop", 0), 1))
hints("the probability of a failure is too large the least eigenvalue", a_small_drop=(("start", "drop", 0), "1/1000"))
hints("the probability of a failure is too large the Gram matrix", a_small_gram=(("start", "gram", 0), "1/2"))
hints("is not between 0 and 1/(2 M)", a_gram_beyond_its_moments=(("start", "gram", 1), "1/2"))
hints("levels that do not increase", longest_below_the_levels=(("start", "longest", 0), "1/5"))
hints("a tilt of |v| is not between 0 and 1/2", longest_beyond_its_moments=(("start", "longest", 1), "1/2"))
hints("a level: a number that is not above 0", a_level_below_zero=(("start", "levels", 0, 0), "-1"))
hints("levels that do not increase", levels_in_disorder=(("start", "levels", 0, 0), "19/10"))
hints("kinks: kinks: a number that is not above 0", no_kinks=(("kinks", 0, 3, "kinks", 0), 0))
hints("the probability of a failure is too large of kinks at n = 2", few=(("kinks", 0, 3, "kinks", 0), "1/100000"))
hints("the square of the regression at n = 2", a_small_square=(("regressions", 0, 1, "square", 0), "1/1000"))
hints("the shift of the regression at n = 2", a_small_shift=(("regressions", 0, 1, "shift", 0), "1/1000"))
hints("is not between 0 and 1/(2 M)", square_beyond_its_moments=(("regressions", 0, 1, "square", 1), 9))
hints("is not between 0 and 1/(2 M)", a_class_with_l_negative=(("classes", 0, 3), "-1/100"))
hints("a tilt that is not above 0", a_class_with_z_negative=(("classes", 0, 4), -3))
hints("a quadratic form that is not positive definite at n = 2, p = 0, t = 1", q_negative=(("classes", 0, 5), -5))
hints("the cover does not end in ", no_cover=(("classes", 0, 6), []))
hints("a quadratic form that is not positive definite for the pull", q_of_the_pull=((*COLUMN, "pull", 3), -9))


@forgery("permutation", "the probabilit")
def a_short_longest(c):
    c["evidence"]["start"]["longest"][0] = scaled(c["evidence"]["start"]["longest"][0], (22, 25))


# --- sizes


@forgery("permutation", "a tilt of more than 16384", DECLINED)
def a_huge_tilt(c):
    c["evidence"]["columns"][0][1]["bulk"][2] = 10**40


@forgery("permutation", "more work than", DECLINED)
def many_levels(c):
    c["evidence"]["start"]["levels"] = [[f"{i}/1000000", "1/4"] for i in range(1, 100_000)]


@forgery("permutation", "an exponential of more than", DECLINED)
def a_huge_echo(c):
    c["evidence"]["columns"][0][1]["echo"][1] = 10**30


# --- tests


def test_honest_certificates_are_accepted_in_these_words():
    for name, document in honest().items():
        code, text = checker.judge(sign(document))
        assert code == ACCEPTED, (name, text)
        claim = document["claim"]
        assert f"one scalar two-layer ReLU network of width {claim['width']} for each output bit" in text
        assert f"antisymmetric start of {claim['width'] // 2} pairs of neurons (a, u) = (1, u), (-1, u)" in text
        assert f"by {claim['steps']} steps of size {claim['step']} of full-batch gradient descent" in text
        assert f"with probability at least 1 - {claim['failure']} over the one draw of the pairs" in text
        assert ("at every state whatever at once" in text) == (name in ("permutation", "shared"))
        assert ("at any one state chosen beforehand at once" in text) == (name == "one")


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_network_is_refused_with_its_reason(name):
    make, code, message = FORGERIES[name]
    got, text = checker.judge(make())
    assert any(each in text for each in ([message] if isinstance(message, str) else message)), text
    assert got == code
    assert "\n" not in text
