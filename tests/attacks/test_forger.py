"""The forger against the checker: nothing false is accepted; and the forger notices checkers that are wrong."""

import random
from fractions import Fraction

import forge
import honest
import pytest
import remembered
from claim_oracle import FALSE, IMPLIED, Ensemble, moments
from forge import KINDS, Table, attack
from forgery import CONTROLS
from mpmath import mp
from mutants import module_of

from ntkproofs import checker

NUMBERS = {kind: 120 if kind == "network" else 300 for kind in KINDS}  # mutants of every kind, in the suite


COARSE = (  # of a search for evidence by other suprema than the checker's
    "one term of the union bound exceeds the failure probability",
    "the union bound exceeds the failure probability",
    "a quadratic form that is not positive definite",
)


@pytest.mark.parametrize("kind", KINDS)
def test_no_mutant_is_accepted_whose_claim_is_not_implied(kind):
    table = Table()
    attack(kind, NUMBERS[kind], "suite", table)
    assert not table.wrong
    assert not table.mute
    assert sum(table.numbers.values()) == NUMBERS[kind]
    assert table.numbers[kind, "accepted", IMPLIED] > NUMBERS[kind] / 10
    assert table.numbers[kind, "rejected", FALSE] > NUMBERS[kind] / 10


@pytest.mark.parametrize("kind", KINDS)
def test_honest_certificates_are_implied_and_accepted(kind):
    documents = honest.stream(KINDS[kind].make, "honest")
    outcomes = []
    number = NUMBERS[kind] // 8
    for _ in range(number):
        document = next(documents)
        code, text = forge.judge_of(kind)(honest.sign(document))
        fact = forge.decide(document, document)
        outcomes.append((code == checker.ACCEPTED, fact == IMPLIED))
        # nothing matches; too coarse
        modest = any(words in text for words in ("nothing is claimed", "does not follow on the leaf", *COARSE))
        modest = modest or (kind == "rounding" and not honest.groups_round(document["claim"]))
        assert outcomes[-1] in ((True, True), (False, False)) or modest, (text, document)
    assert outcomes.count((True, True)) > number / 2


def test_a_checker_that_remembers_says_what_the_checker_says():
    source, documents = random.Random(0), honest.stream(KINDS["network"].make, "remembered")
    mutants = [
        forge.mutant(KINDS["network"], document, source)[0] for document in 3 * [next(documents)] for _ in "1234"
    ]
    twice = remembered.checker()
    for _ in range(2):  # from the second time on all is remembered
        found = [twice.judge(honest.sign(document)) for document in mutants]
    assert found == [checker.judge(honest.sign(document)) for document in mutants]
    assert {code for code, _ in found} >= {checker.ACCEPTED, checker.REJECTED}


def test_what_is_remembered_depends_on_all_that_the_answer_does():
    """Each of the functions, asked of different numbers in turn, answers as the checker's own."""
    module = remembered.checker()

    def asked(of):
        for K, t, e in ((3, 1, 1), (4, 1, 1), (4, 2, 1), (4, 2, 2), (3, 1, 2)):
            hidden = of.Hidden(K)
            column = of.Column(hidden, t)
            interval = of.Interval.of(Fraction(e, 7))
            yield column.supremum(interval), column.fourth_moment(), hidden.tilted(Fraction(e))
            yield of.Descent(hidden, Fraction(1, 9), Fraction(1), Fraction(1, 2)).second_moment()
            yield hidden.matched(t + 1), hidden.moment(3, 1, (t, e)), of.Tangent(K).matched(t + 1)

    ends = [[_ends(values) for values in asked(of)] for of in (checker, module, module)]
    assert ends[0] == ends[1] == ends[2]


def _ends(value):
    """Return the ends of the intervals in nested tuples."""
    if isinstance(value, tuple):
        return tuple(map(_ends, value))
    return value if isinstance(value, int) else (value.low, value.high)


def test_the_oracles_moments_are_those_of_the_linear_system():
    """Kernel regression by a direct solve of K equations, with the kernels as functions of the angle."""
    K, t = 6, 3
    with mp.workdps(40):

        def kernel(weight, rho):
            theta = mp.acos(rho)
            return (mp.sin(theta) + weight * (mp.pi - theta) * mp.cos(theta)) / (2 * mp.pi) / K

        for name, weight in (("ntk", 2), ("nngp", 1)):
            for n, p in ((1, 0), (1, 1), (2, 0), (3, 1), (4, 2), (6, 3)):
                gram = mp.matrix(K, K)
                prior = mp.matrix(K, K)
                for i in range(K):
                    for j in range(K):
                        gram[i, j], prior[i, j] = kernel(weight, int(i == j)), kernel(1, int(i == j))
                cosines = [1 / mp.sqrt(n) if i < n else mp.mpf(0) for i in range(K)]
                a = mp.lu_solve(gram, mp.matrix([kernel(weight, c) for c in cosines]))
                k = mp.matrix([kernel(1, c) for c in cosines])
                labels = mp.matrix([int(i < p or n <= i < n + t - p) for i in range(K)])
                mean = (a.T * labels)[0]
                variance = kernel(1, 1) + (a.T * prior * a)[0] - 2 * (a.T * k)[0]
                found = moments(name, K, n, p, int(sum(labels)))
                assert abs(found[0] - mean) < mp.mpf(10) ** -35
                assert abs(found[1] - variance) < mp.mpf(10) ** -35


def test_the_oracles_bounds_of_the_failure_probability_are_in_order():
    """What occurs in one state a bit, the union over what occurs, the stated bound: each is at most the next."""
    source = random.Random(0)
    for _ in range(60):
        document = honest.random_ensemble(source)
        document["claim"]["networks"] = max(1, document["claim"]["networks"] // source.randint(1, 9))
        ensemble = Ensemble.of(document["claim"])
        with mp.workdps(50):
            lower, union, stated = ensemble.certain_failure(), ensemble.union(), ensemble.stated_bound()
        assert 0 <= lower <= union * (1 + mp.mpf(10) ** -12)
        assert union <= stated * (1 + mp.mpf(10) ** -12)


PLANTED = {
    "unwritten 1-bits for dropped ones": ("part.t or not dropped", "part.least or not dropped", "ensemble"),
    "one case": ("enough(ensemble.networks, z, cases,", "enough(ensemble.networks, z, 1,", "ensemble"),
    "one pair of each class": ("min(number, cases)))", "min(1, cases)))", "ensemble"),
    "groups not looked at": ("if not contradictory(program.templates, group):", "if False:", "ensemble"),
    "padding twice": ("len(self.templates) + self.padding\n", "len(self.templates) + 2 * self.padding\n", "ensemble"),
    "first state only": ("for number in range(1, steps + 1):", "for number in range(1, 2):", "ensemble"),
    "a gap of any sign": (" (Interval.of(threshold) - mean)\n", " 0\n    distance = Interval.of(1)\n", "rounding"),
    "failure not compared": ("        total, most = total + share", "        total, most = total", "network"),
    "classes left out": ("    if missing or unknown:", "    if unknown:", "network"),
    "any step": ("if step * hidden.K * (1 + rise) > 2:", "if False:", "network"),
    "no decay": ("shrinking.log().times(steps).exp()", "shrinking.log().times(steps + 500).exp()", "network"),
    "half of the box": ("        if not integers or at > low:\n", "        if False:\n", "inequality"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_the_forger_notices_a_wrong_checker(name):
    old, new, kind = PLANTED[name]
    table = Table()
    wrong = remembered.remembering(module_of(old, new))
    for part in range(60):
        attack(kind, 25, f"planted {part}", table, wrong.judge)
        if table.wrong:
            break
    assert table.wrong


@pytest.mark.parametrize("kind", KINDS)
def test_the_forger_notices_control_checkers(kind):
    table = Table()
    attack(kind, 60, "suite", table, CONTROLS["always-accept"])
    assert table.wrong
    attack(kind, 20, "suite", table, CONTROLS["always-reject"])
    assert table.mute


def test_the_command_prints_a_table(capsys):
    assert forge.main(["--number", "24", "--kind", "rounding"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["kind", "outcome", "implied", "true", "unknown", "false", "too", "large"]
    assert [line.split()[:2] for line in lines[1:5]] == [["rounding", word] for word in forge.OUTCOMES.values()]
    assert sum(int(number) for line in lines[1:5] for number in line.split()[2:]) == 24
