"""The page of a run: its data are the trace, its size is limited, and `run --html` writes it for every program."""

import json
import re
from fractions import Fraction

import pytest

from ntkproofs.cli import main
from ntkproofs.errors import InputError
from ntkproofs.execution import Machine
from ntkproofs.programs import addition_task, permutation
from ntkproofs.programs.language import bit_name
from ntkproofs.report.player import MAX_CELLS, MAX_FRAMES, check_size, player_page


def data_of(page: str) -> dict:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page)
    assert found
    return json.loads(found[1])


def test_a_frame_holds_the_state_its_templates_and_the_value_of_each_bit():
    task = addition_task(bits=5)
    trace = Machine(task.program).run(task.start(19, 7), steps=task.steps)
    data = data_of(player_page([trace], facts={}))
    assert len(data["frames"]) == len(trace) + 1
    for step, frame in enumerate(data["frames"]):
        assert frame["state"] == "".join(map(str, trace.row(step)))
        assert frame["matches"] == ([] if step == len(trace) else trace.program.match(trace.states[step]).tolist())
        if step < len(trace):
            means = [frame["distinct"][index] for index in frame["values"]]
            assert [mean > 0 for mean in means] == [bit == 1 for bit in trace.row(step + 1)]
    for number, shown in data["templates"].items():
        template = trace.program.templates[int(number)]
        assert [(data["bits"][position], value) for position, value in shown["when"]] == [
            (bit_name(bit), value) for bit, value in template.when
        ]
        assert [data["bits"][position] for position in shown["write"]] == [bit_name(bit) for bit in template.write]


def test_the_size_is_limited():
    check_size(MAX_CELLS // MAX_FRAMES, MAX_FRAMES)
    with pytest.raises(InputError, match="run fewer steps"):
        check_size(1, MAX_FRAMES + 1)
    with pytest.raises(InputError, match="smaller program"):
        check_size(MAX_CELLS, 2)
    with pytest.raises(InputError, match="at least one trace"):
        player_page([], facts={})


def test_a_threshold_is_that_of_the_machine():
    machine = Machine(permutation([1, 0]), threshold=Fraction(1, 8))
    data = data_of(player_page([machine.run({"bits": [1, 0]}, steps=1)], facts={}))
    assert data["threshold"] == {"text": "1/8", "value": 0.125}
    assert data["value"] == "mean"


@pytest.mark.parametrize(
    ("arguments", "frames"),
    [
        (["addition", "13", "29", "--bits", "8"], 17),
        (["permutation", "1011", "--order", "3,2,1,0"], 2),
        (["rule110", "--cells", "16", "--steps", "7"], 8),
        (["1RB1LB_1LA1RZ", "--cells", "8"], None),
    ],
)
def test_run_writes_a_page(tmp_path, capsys, arguments, frames):
    assert main(["run", *arguments, "--html", f"{tmp_path}/a.html"]) == 0
    said = capsys.readouterr().out
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert f"<dd>{said.split()[0]}" in page
    if frames is not None:
        assert len(data_of(page)["frames"]) == frames


def test_a_page_that_cannot_be_written_stops_the_run_before_it_begins(tmp_path, capsys):
    assert main(["run", "addition", "1", "2", "--bits", "4", "--html", f"{tmp_path}/none/a.html"]) == 3
    assert "there is no folder" in capsys.readouterr().err
    assert main(["run", "rule110", "--cells", "9", "--steps", "20000", "--html", f"{tmp_path}/a.html"]) == 3
    assert "a page shows at most 10,000 states, and these are 20,001" in capsys.readouterr().err
    assert not (tmp_path / "a.html").exists()
