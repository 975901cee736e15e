"""The page of a run in a browser: no errors, every state reachable by keys, buttons and the slider, the right bits."""

from fractions import Fraction

import numpy as np
import pytest
from chromium import answer, load, needed_width, skip_without_chromium, with_probe

from ntkproofs.execution import Machine, NetworkMachine
from ntkproofs.programs import TemplateProgram, addition_task, multiplication_task, permutation
from ntkproofs.report.player import player_page
from ntkproofs.weights import Networks

skip_without_chromium()

HOSTILE = "</script><script>document.title='taken'</script>"


@pytest.fixture(scope="module")
def trace():
    task = addition_task(bits=9)
    return Machine(task.program).run(task.start(300, 77), steps=task.steps)


@pytest.fixture(scope="module")
def page(trace):
    return player_page([trace], facts={"inputs": "300, 77", "result": HOSTILE})


def ask(folder, page: str, probe: str) -> object:
    document, said = load(folder, with_probe(page, probe))
    assert said == ""
    return answer(document)


KEY = "(key => document.dispatchEvent(new KeyboardEvent('keydown', {key})))"
BITS = "[...document.querySelectorAll('.cell:not(.next)')].map(cell => cell.textContent).join('')"


def bits(trace, step: int) -> str:
    return "".join(trace.program.field_digits(trace.row(step)).values())


def test_every_state_is_reached_by_the_arrow_key_and_shown_as_executed(trace, page, tmp_path):
    shown = ask(
        tmp_path, page, f"Array.from({{length: {len(trace) + 1}}}, (_, i) => (i && {KEY}('ArrowRight'), {BITS}))"
    )
    assert shown == [bits(trace, step) for step in range(len(trace) + 1)]


def test_keys_buttons_and_slider_lead_to_the_same_states(trace, page, tmp_path):
    now = "document.querySelector('.player').dataset.now"
    moves = {
        f"{KEY}('End')": len(trace),
        f"({KEY}('End'), {KEY}('ArrowLeft'))": len(trace) - 1,
        f"({KEY}('End'), {KEY}('ArrowRight'))": len(trace),
        f"({KEY}('End'), {KEY}('Home'))": 0,
        "document.querySelector('[data-go=last]').click()": len(trace),
        "(s => (s.value = 3, s.dispatchEvent(new Event('input'))))(document.querySelector('.player input'))": 3,
    }
    for move, step in moves.items():
        assert ask(tmp_path, page, f"({move}, {now})") == f"{step}", move


def test_playing_ends_at_the_last_state(trace, page, tmp_path):
    play = "document.querySelector('[data-go=play]').click()"
    fast = "(s => (s.value = 30, s.dispatchEvent(new Event('change'))))(document.querySelector('select'))"
    document, said = load(tmp_path, page.replace("</body>", f"<script>{fast};{play}</script></body>"))
    assert said == ""
    assert f'data-now="{len(trace)}"' in document


def test_the_templates_and_the_means_of_a_state(trace, page, tmp_path):
    """The listed templates are those that match; the greatest mean of a 0-bit is that of the table of the trace."""
    listed = "[...document.querySelectorAll('.templates li')].map(item => item.textContent)"
    shown, margins = ask(tmp_path, page, f"[{listed}, document.querySelector('.margins').textContent]")
    program = trace.program
    assert shown == [f"{program.templates[index]}" for index in program.match(trace.states[0])]
    least, greatest = (float(text.split("(")[0].split(": ")[1]) for text in margins.split(";")[:2])
    values = list(zip(trace.values(0), trace.row(1), strict=True))
    assert least == pytest.approx(min(value for value, bit in values if bit), rel=1e-3)
    assert greatest == pytest.approx(max(value for value, bit in values if not bit), rel=1e-3)


def test_text_of_a_run_is_text(page, tmp_path):
    document, said = load(tmp_path, page)
    assert said == ""
    assert "<title>addition: " in document
    assert 'data-ready="yes"' in document


def test_names_of_a_program_are_text(tmp_path):
    program = TemplateProgram("mine", fields={HOSTILE.replace("'", ""): 2})
    program.template(when={(HOSTILE.replace("'", ""), 0): 1}, write=[(HOSTILE.replace("'", ""), 1)])
    program.pad(3)
    trace = Machine(program).run({HOSTILE.replace("'", ""): [1, 0]}, steps=1)
    document, said = load(tmp_path, player_page([trace], facts={}))
    assert said == ""
    assert "<title>mine: 1 step</title>" in document


def test_outputs_of_networks_are_shown(tmp_path):
    machine = NetworkMachine(permutation([1, 0]), Networks.of(np.eye(2), np.eye(2)), Fraction(1, 4))
    trace = machine.run({"bits": [1, 0]}, steps=1)
    heading = ask(tmp_path, player_page([trace], facts={}), "document.querySelector('h2.values').textContent")
    assert heading == "Outputs of the bits in the next step"


@pytest.mark.parametrize("width", [1280, 400])
def test_nothing_is_wider_than_the_window(tmp_path, width):
    task = multiplication_task(bits=12)
    trace = Machine(task.program).run(task.start(4095, 4094), steps=30)
    assert needed_width(tmp_path, player_page([trace], facts={"inputs": "1" * 300}), width) <= width


def test_a_script_error_would_be_noticed(page, tmp_path):
    _, said = load(tmp_path, page.replace("go(0);\n  document", "nothing.here();\n  document"))
    assert "nothing is not defined" in said
