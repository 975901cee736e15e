"""An Exhaustion prints as the table of the command line, in Jupyter as a table of two columns."""

import re
from dataclasses import replace

import pytest

from ntkproofs.cli import main
from ntkproofs.execution import Exhaustion, exhaust, explore
from ntkproofs.kernels import as_kernel
from ntkproofs.programs import Stream, Task, TemplateProgram, addition_task, permutation, permutation_task


def alarm(padding=0, oracle=lambda sensor, log: int(sensor > 0)):
    program = TemplateProgram("alarm", fields={"sensor": 8, "log[]": 8, "alarm": 1})
    for i in range(8):
        program.template(when={("sensor", i): 1}, write=[("log[]", i), ("alarm", 0)])
        program.template(when={("log[]", i): 1}, write=[("log[]", i)])
    program.pad(padding)
    return Task(program, ("sensor", "log[]"), 1, (("alarm", 0),), oracle)


def timeless(text):
    return re.sub(r"(seconds|cases/second) +[0-9.,]+", r"\1 #", text)


@pytest.mark.parametrize(
    ("arguments", "task", "options"),
    [
        (["addition", "--bits", "4"], addition_task(4), {"condition": False}),
        (["addition", "--bits", "4", "--condition", "--regime", "nngp"], addition_task(4), {"kernel": "nngp"}),
        (["permutation", "--bits", "3"], permutation_task([2, 1, 0]), {"condition": False}),
    ],
)
def test_the_table_is_that_of_the_command_line(arguments, task, options, capsys):
    assert main(["exhaust", *arguments]) == 0
    assert timeless(capsys.readouterr().out) == timeless(f"{exhaust(task, **options)}\n")


def test_the_table_says_what_is_wrong():
    result = exhaust(alarm(oracle=lambda sensor, log: int(sensor > 1)))
    rows = [tuple(re.split(r"  +", line, maxsplit=1)) for line in str(result).split("\n")]
    assert rows[:2] == [("cases", "65,536"), ("wrong", "256")]
    assert ("first wrong", "inputs 1, 0: got 1, expected 0") in rows
    places = [text for name, text in rows if name == "rounded wrong"]
    assert len(places) == 3
    assert all(text.endswith(", step 1, bit alarm_0") for text in places)
    quoted = exhaust(Task(alarm().program, ("sensor",), 1, (("log[]", 0),), lambda sensor: sensor & 1))
    assert re.search(r"inputs [0-9]+, step 1, bit '?[a-z\[\]]+'?_[0-9]", str(quoted))


def test_a_table_of_a_run_that_was_stopped():
    task = addition_task(4)
    assert str(Exhaustion(task, as_kernel("ntk"), 256)) == "not complete     0 of 256 cases were run"
    half = replace(exhaust(task), cases=128)
    assert str(half).startswith(
        "not complete     128 of 256 cases were run\ncases            128\nwrong            0 so far\n"
    )


def test_in_jupyter_a_table_has_the_same_rows():
    result = exhaust(alarm())
    html = result._repr_html_()
    cells = re.findall(r"<td[^>]*>(.*?)</td>", html)
    assert len(cells) == str(result).count("\n") + 1
    assert "alarm: all inputs" in html
    assert "<script" not in html
    stream = Stream(permutation([1, 0]), ("bits",), 1, (("bits", 0),), lambda state, word: (None, word >> 1))
    explored = explore(stream)
    assert "all sequences of inputs" in explored._repr_html_()
    assert len(re.findall("<td", explored._repr_html_())) == str(explored).count("\n") + 1
