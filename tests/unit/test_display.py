"""What objects look like in a notebook: well formed, escaped, capped, and saying what the objects say."""

from fractions import Fraction
from html.parser import HTMLParser

import pytest
import sympy

from ntkproofs.bounds import Margins, ensemble_size
from ntkproofs.certificates import Certificate, issue_ensemble
from ntkproofs.claims import Verdict, conclude
from ntkproofs.counts import Counts, arbitrary_counts
from ntkproofs.display import CODE, MAX_CHARACTERS, MAX_ROWS, facts, table
from ntkproofs.execution import run_sbn
from ntkproofs.kernels import Kernel, two_layer_relu
from ntkproofs.predictor import SAMPLES, Predictor
from ntkproofs.programs import TemplateProgram, permutation, permutation_task
from ntkproofs.programs.sbn import assemble, example
from ntkproofs.rigor import Integers, decide, less

n = sympy.Symbol("n", positive=True)


class Cells(HTMLParser):
    """Collects the texts of the cells of a table by rows; refuses tags that do not match."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()
        self.caption = ""

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "caption" in self.open:
            self.caption += data
        elif self.open[-1] in ("td", "th", "code"):
            self.rows[-1][-1] += data


def parsed(shown: object) -> Cells:
    cells = Cells()
    cells.feed(shown if isinstance(shown, str) else shown._repr_html_())
    assert not cells.open
    assert cells.tags <= {"table", "caption", "thead", "tbody", "tr", "th", "td", "code"}
    return cells


def test_names_are_escaped_and_come_back_as_they_were():
    evil = "<script>alert(1)</script>&co"
    program = TemplateProgram("x", fields={evil: 1})
    program.template(when={(evil, 0): 1}, write=[(evil, 0)])
    assert "<script" not in program._repr_html_()
    assert parsed(program).caption.endswith(f"bits: '{evil}' (1)")
    assert parsed(program).rows[1] == ["0", f"'{evil}'_0=1", f"'{evil}'_0"]
    assert parsed(table([evil], [[evil]], caption=evil)).rows == [[evil], [evil]]
    assert parsed(facts([(evil, CODE + evil)], caption="")).rows == [[evil, evil]]


def test_long_tables_and_long_texts_are_cut_and_say_so():
    program = permutation(range(1000))
    cells = parsed(program)
    assert len(cells.rows) == 1 + MAX_ROWS + 1
    assert cells.rows[-1] == [f"… and {1000 - MAX_ROWS} more"]
    assert parsed(table(["x"], [[i] for i in range(100)], caption="")).rows[MAX_ROWS:] == [["15"], ["… and 84 more"]]
    text = parsed(facts([("long", "x" * 10**6)], caption="y" * 10**6))
    assert [len(cell) for row in text.rows for cell in row] == [4, MAX_CHARACTERS]
    assert len(text.caption) == MAX_CHARACTERS


@pytest.mark.parametrize("total", [None, MAX_ROWS])
def test_a_table_of_just_the_most_rows_says_nothing_of_more(total):
    assert len(parsed(table(["x"], [[i] for i in range(MAX_ROWS)], caption="", total=total)).rows) == 1 + MAX_ROWS


def test_a_program_shows_its_templates_as_they_print():
    program = permutation([2, 0, 1])
    rows = parsed(program).rows[1:]
    assert [f"{when} -> {write}" for _, when, write in rows] == [str(item) for item in program.templates]


def test_a_decision_shows_outcome_and_margin_or_counterexample():
    holds = decide(less(sympy.sqrt(n), n + 1), Integers(n))
    assert parsed(holds).caption.startswith("holds, by ball arithmetic at ")
    shown = dict(map(tuple, parsed(holds).rows))
    assert shown["statement"] == "sqrt(n) < n + 1"
    assert shown["right - left"] == holds.margin_text()
    fails = decide(less(sympy.sqrt(n), n), Integers(n))
    assert parsed(fails).caption.startswith("fails")
    assert dict(map(tuple, parsed(fails).rows))["counterexample"] == (
        "n = 1, the least integer at which it is false: right - left is exactly 0"
    )


def test_a_verdict_shows_every_finding_and_check():
    good, bad = decide(less(3, sympy.pi)), decide(less(sympy.pi, 3))
    cells = parsed(conclude(good, checks=[bad]))
    assert cells.caption == "verdict: refuted"
    assert [row[:3] for row in cells.rows[1:]] == [
        ["finding", "holds", "3 < pi for constants"],
        ["check", "fails", "pi < 3 for constants"],
    ]
    assert parsed(Verdict((), failure="broken <b>")).caption == "verdict: error (broken <b>)"


def test_margins_show_a_row_for_each_count():
    margins = Margins.of(two_layer_relu(), arbitrary_counts(permutation(range(4))))
    rows = parsed(margins).rows[1:]
    assert len(rows) == len(margins.moments)
    assert rows[0][:5] == ["0", "0", "1", "4", "0"]
    assert rows[1][:5] == ["1", "0", "1", "4", "0"]
    assert {row[6] for row in rows if row[0] in ("0", "1")} == {"0"}
    smallest = margins.smallest(Fraction(1, 10))
    assert dict(map(tuple, parsed(smallest).rows)) == {
        "threshold": "1/10",
        "z": smallest.z.digits(10),
        "at": str(smallest.counts),
    }
    certain = Margins.of(two_layer_relu(), [Counts(1, 1, 1, 4)]).smallest(0)
    assert parsed(certain).caption == "nothing varies"


def test_sizes_show_their_numbers():
    counts = arbitrary_counts(permutation(range(30)))
    size = ensemble_size(
        two_layer_relu(),
        counts,
        output_bits=30,
        steps=1,
        inputs=2**30,
        failure=Fraction(1, 100),
        threshold=Fraction(3, 238),
    )
    shown = dict(map(tuple, parsed(size).rows))
    assert shown["networks"] == "390 (not even the tail itself allows one less)"
    assert shown["union over"] == "1,073,741,824 inputs, 1 step, 30 output bits"


def test_a_certificate_shows_whether_the_checker_accepts_it():
    good = issue_ensemble(permutation_task(range(5)), failure="1/100")
    cells = parsed(good)
    assert cells.caption == "certificate: accepted by the checker"
    assert dict(map(tuple, cells.rows))["claim"] == good.verified.claim[: MAX_CHARACTERS - 1] + (
        "…" if len(good.verified.claim) > MAX_CHARACTERS else good.verified.claim[MAX_CHARACTERS - 1 :]
    )
    forged = Certificate({**good.claim, "networks": 1}, good.evidence)
    cells = parsed(forged)
    assert cells.caption == "certificate: not accepted by the checker"
    assert cells.rows[0][0] == "reason"


def test_an_sbn_run_shows_its_memory():
    program = example("addition").with_data({"x": 20, "y": -3})
    cells = parsed(run_sbn(program))
    assert ["z", "17"] in cells.rows
    assert cells.caption.startswith("halted after 3 instructions, 48 network steps")
    assert parsed(run_sbn(program, max_instructions=1)).caption.startswith("not halted after 1 instruction")


@pytest.mark.parametrize("regime", ["ntk", "nngp"])
def test_the_predictor_shows_formulas_in_display_style(regime):
    kernel = two_layer_relu(regime)
    for shown in (Predictor(kernel, SAMPLES)._repr_latex_(), Predictor(kernel, 10)._repr_latex_()):
        assert shown.startswith(r"$\displaystyle ")
        assert shown.endswith("$")
        assert shown.count("{") == shown.count("}")
        assert all(f"{name} &= " in shown for name in ("g", "u", "m", r"\mu", r"n_0 \sigma^2"))


def test_the_predictor_of_a_kernel_without_interaction_shows_no_weight_on_other_samples():
    linear = Kernel("linear", sympy.Symbol("rho", real=True))
    assert r"u &= 0 \\" in Predictor(linear, SAMPLES)._repr_latex_()


def test_a_decision_and_a_kernel_have_formulas_in_display_style():
    for shown in (less(0, n)._repr_latex_(), two_layer_relu()._repr_latex_()):
        assert shown.startswith(r"$\displaystyle ")


def test_an_assembly_shows_its_instructions_and_where_they_branch():
    program = assemble("x: .word 5\none: .word 1\nagain: sbn one x halt\n sbn x one\n sbn one one again")
    cells = parsed(program)
    assert cells.caption == "words of 8 bits: x = 5, one = 1"
    assert cells.rows[1:] == [
        ["0", "sbn one x", "x := x - one", "halt"],
        ["1", "sbn x one", "one := one - x", ""],
        ["2", "sbn one one", "one := one - one", "go to 0"],
    ]
