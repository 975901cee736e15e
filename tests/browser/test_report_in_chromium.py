"""The report in a browser: the script runs without errors, the table shows every claim, the page fits its window."""

import json
import re
from html.parser import HTMLParser

import pytest
from chromium import load, needed_width, skip_without_chromium, with_probe

from ntkproofs.claims import Claim, Verdict, conclude, confirm
from ntkproofs.report.page import html_page
from ntkproofs.report.plots.svg import inline_svg

skip_without_chromium()

HOSTILE = "</td></table><script>document.title = 'taken'</script><img src=x onerror=\"document.title='taken'\">"


def claims() -> list[Claim]:
    def tried(limit: int) -> Verdict:
        return conclude(confirm("below five", range(limit), lambda case: case < 5, exhaustive=True))

    def broken() -> Verdict:
        raise RuntimeError(HOSTILE)

    many = [Claim(f"small.case_{number}", "numbers are small", "here", lambda: tried(5)) for number in range(30)]
    return [
        *many,
        Claim("small.false", "seven numbers are below five", "here", lambda: tried(7)),
        Claim(HOSTILE, HOSTILE, HOSTILE, broken),
        Claim("x" * 400, "y" * 400, "z" * 400, lambda: tried(2)),
    ]


class Rendered(HTMLParser):
    """What the browser's document holds: the names in the table, attributes of the root, the title."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.root: dict[str, str | None] = {}
        self.title = self.result = ""
        self.inside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "html":
            self.root = given
        self.inside.append(f"{tag}#{given.get('id') or ''}.{given.get('class') or ''}")
        if tag == "a" and "tbody#." in self.inside:
            self.names.append("")
        if tag in ("meta", "input", "img", "br", "link"):
            self.inside.pop()

    def handle_endtag(self, tag: str) -> None:
        while self.inside and not self.inside.pop().startswith(f"{tag}#"):
            pass

    def handle_data(self, data: str) -> None:
        if not self.inside:
            return
        if self.inside[-1].startswith("a#") and "tbody#." in self.inside:
            self.names[-1] += data
        if self.inside[-1] == "title#.":
            self.title += data
        if self.inside[-1].startswith("pre#result"):
            self.result += data


def browse(folder, page: str, *more: str) -> tuple[Rendered, str]:
    """Load the page, let its script run, and return the document and what the console said."""
    document, said = load(folder, page, *more)
    return Rendered(document), said


@pytest.fixture(scope="module")
def results():
    return [claim.run() for claim in claims()]


@pytest.fixture(scope="module")
def page(results):
    return html_page(results, figures=[(name, inline_svg(name)) for name in ("balance", "published")])


def test_the_script_runs_and_the_table_holds_every_claim(page, results, tmp_path):
    shown, said = browse(tmp_path, page)
    assert said == ""
    assert shown.root["data-ready"] == "yes"
    assert shown.names == [result.claim.name for result in results]
    assert shown.title == f"ntkproofs: verdicts of {len(results)} claims"


def ask(folder, page: str, probe: str) -> object:
    shown, said = browse(folder, with_probe(page, probe))
    assert said == ""
    return json.loads(shown.result)


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wider_than_the_window(page, tmp_path, width):
    """Every claim is unfolded."""
    unfold = "document.querySelectorAll('details').forEach(each => each.open = true)"
    assert needed_width(tmp_path, page, width, unfold) <= width


def test_words_and_verdicts_filter_the_table(page, tmp_path):
    left = "[...document.querySelectorAll('.verdicts tbody tr')].filter(row => !row.hidden).length"
    kind = "document.querySelector('.controls button[value=refuted]').click()"
    words = "(box => { box.value = 'case_1'; box.dispatchEvent(new Event('input')) })(document.querySelector('input'))"
    assert ask(tmp_path, page, left) == 33
    assert ask(tmp_path, page, f"({kind}, {left})") == 1
    assert ask(tmp_path, page, f"({words}, {left})") == 11


def test_a_column_sorts_both_ways(page, tmp_path):
    first = "document.querySelector('.verdicts tbody tr').dataset.kind"
    click = "document.querySelectorAll('.verdicts th button')[1].click()"
    assert ask(tmp_path, page, f"[{first}, ({click}, {first}), ({click}, {first})]") == [
        "confirmed",
        "confirmed",
        "error",
    ]


def test_a_script_error_would_be_noticed(page, tmp_path):
    _, said = browse(tmp_path, page.replace('root.dataset.ready = "yes";', "nothing.here();"))
    assert "nothing is not defined" in said


def test_both_colour_schemes_have_contrast(page, tmp_path):
    """Text and muted text against the page: at least 4.5 to 1 (WCAG AA) in light and in dark."""
    probe = """['light', 'dark'].flatMap(theme => {
      document.documentElement.dataset.theme = theme;
      const colour = name => { const box = document.createElement('i'); box.style.color = `var(--${name})`;
        document.body.append(box); return getComputedStyle(box).color };
      const names = ['ink', 'muted', 'link', 'holds', 'tried', 'fails', 'open', 'purple'];
      return names.map(name => [theme, name, colour(name), colour('page')])
    })"""
    for theme, name, *colours in ask(tmp_path, page, probe):
        light, dark = sorted((luminance(colour) for colour in colours), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (theme, name)


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
