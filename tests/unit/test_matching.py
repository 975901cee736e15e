"""The text of -k, and the options of `check` that say how much is shown and when it stops."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntkproofs.claims import Claim
from ntkproofs.claims.matching import Matching
from ntkproofs.cli import main
from ntkproofs.errors import InputError

NAMES = ("balance.gap[ntk]", "balance.gap[nngp]", "rounding.exact[ntk]", "slowly.grows")


def claim(name: str, statement: str = "B(n) <= n and K >= 2", *, slow: bool = False) -> Claim:
    return Claim(name, statement, "here", lambda: None, slow=slow)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", NAMES),
        ("gap", NAMES[:2]),
        ("GAP", NAMES[:2]),
        ("gap and not nngp", NAMES[:1]),
        ("gap and nngp or exact", (NAMES[1], NAMES[2])),
        ("gap and (nngp or exact)", NAMES[1:2]),
        ("not gap", NAMES[2:]),
        ("not (gap or exact)", NAMES[3:]),
        ("not not gap", NAMES[:2]),
        ("(gap)", ()),  # without an operator it is one text
        ("[ntk]", (NAMES[0], NAMES[2])),
        ("'n and K' and gap", NAMES[:2]),
        ('"n or K" or exact', NAMES[2:3]),
        ("'and'", NAMES),
        ("<= n and gap", NAMES[:2]),
    ],
)
def test_what_a_text_selects(text, expected):
    matching = Matching.of(text)
    assert tuple(name for name in NAMES if matching.selects(claim(name))) == expected


@pytest.mark.parametrize(
    "text", ["and", "not", "a and", "or a", "a and or b", "(a and b", "a) or b", "'a and b", "a not b"]
)
def test_what_cannot_be_read_is_refused_in_one_line(text):
    with pytest.raises(InputError, match="-k ") as refused:
        Matching.of(text)
    assert "\n" not in str(refused.value)


def test_the_size_of_a_text_is_limited():
    with pytest.raises(InputError, match="at most 1,000"):
        Matching.of("x" * 1001)
    with pytest.raises(InputError, match="nested too deeply"):
        Matching.of("not " * 60 + "x")


def test_slow_is_asked_for_by_its_text_alone():
    for text, asked in {
        "slow": True,
        "slow and a": True,
        "a or SLOW": True,
        "not slow": False,
        "slowly": False,
    }.items():
        assert Matching.of(text).asks_for_slow == asked, text
    assert Matching.of("slow and gap").selects(claim("gap", slow=True))
    assert not Matching.of("slow and gap").selects(claim("gap"))


WORDS = st.sampled_from(["gap", "exact", "ntk", "nngp", "grows"])
EXPRESSIONS = st.recursive(
    WORDS.map(lambda word: (word, lambda name: word in name)),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(
            lambda two: (f"({two[0][0]}) and ({two[1][0]})", lambda name: two[0][1](name) and two[1][1](name))
        ),
        st.tuples(inner, inner).map(
            lambda two: (f"({two[0][0]}) or ({two[1][0]})", lambda name: two[0][1](name) or two[1][1](name))
        ),
        inner.map(lambda one: (f"not ({one[0]})", lambda name: not one[1](name))),
    ),
    max_leaves=6,
)


@given(EXPRESSIONS)
def test_expressions_mean_what_python_would_make_of_them(expression):
    text, meaning = expression
    matching = Matching.of(text)
    for name in NAMES:
        assert matching.selects(claim(name, "")) == meaning(name), text


# --- the options of check

CLAIMS = """
from ntkproofs.claims import claim, conclude, confirm


@claim("numbers are small", source="here", each={"limit": (3, 9, 4)})
def small(limit):
    return conclude(confirm("below five", range(limit), lambda case: case < 5, exhaustive=True))
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(CLAIMS)
    return f"{path}"


def test_quiet_prints_a_line_for_each_file_and_what_does_not_hold(file, capsys):
    assert main(["check", file, "-q", "--jobs", "1"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("mine.py  3 claims: 2 confirmed, 1 refuted in ")
    assert any(line.startswith("refuted mine.small[9]: ") for line in lines)
    assert not any("numbers are small" in line for line in lines)


def test_verbose_prints_the_findings(file, capsys):
    assert main(["check", file, "-v", "-k", "small[3]", "--jobs", "1"]) == 0
    out = capsys.readouterr().out
    assert "numbers are small" in out
    assert "confirmed, holds, execution, 3 cases, exhaustive: below five" in out


def test_x_stops_at_the_first_claim_that_does_not_hold(file, capsys):
    assert main(["check", file, "-x", "--jobs", "1", "--json"]) == 1
    said = capsys.readouterr()
    document = json.loads(said.out)
    assert (document["done"], document["total"], document["complete"]) == (2, 3, False)
    assert "stopped at the first claim that does not hold (-x), after 2 of 3 claims" in said.err
    assert main(["check", file, "-x", "--jobs", "1", "-k", "not small[9]"]) == 0
    assert "stopped" not in capsys.readouterr().out
