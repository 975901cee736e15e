"""The report: the page shows every claim and escapes its texts, the file is written atomically; the figures."""

import json
import re
import sys
from fractions import Fraction as Q
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import sympy

import ntkproofs.commands.report
from ntkproofs.bounds import choose_threshold, ensemble_size
from ntkproofs.certificates import issue_ensemble
from ntkproofs.claims import Claim, Verdict, collect, conclude, confirm
from ntkproofs.cli import main
from ntkproofs.counts import arbitrary_counts
from ntkproofs.errors import InputError
from ntkproofs.files import write_atomically
from ntkproofs.kernels import RHO, two_layer_relu
from ntkproofs.predictor import Predictor
from ntkproofs.programs import permutation, permutation_task
from ntkproofs.report.evidence import shortened
from ntkproofs.report.page import html_page
from ntkproofs.report.plots import FIGURES, figure
from ntkproofs.report.plots.published import expected_error, published_errors
from ntkproofs.report.plots.svg import inline_svg
from ntkproofs.report.versions import versions

CLAIMS = Path(__file__).resolve().parents[1] / "claims"
HOSTILE = "</td></tr></table></script><script>alert(1)</script><img src=http://example.org/x onerror='alert(1)'>&amp;\""
REMOTE = re.compile(
    r"(?:src|href|action|data|poster|srcset)\s*=\s*[\"']?(?!#)|url\((?!#)|@import|<(?:link|base|iframe|img)"
)


class Read(HTMLParser):
    """The tags of a page, the names in the first column of its table, and all of its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.names: list[str] = []
        self.text = ""
        self.link = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "a" and dict(attrs).get("href", "").startswith("#claim-"):
            self.names.append("")
            self.link = True

    def handle_endtag(self, tag):
        self.link &= tag != "a"

    def handle_data(self, data):
        self.text += data
        if self.link:
            self.names[-1] += data


def tried(limit: int) -> Verdict:
    return conclude(confirm("below five", range(limit), lambda case: case < 5, exhaustive=True))


def run(capsys, *arguments):
    code = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture
def no_figures(monkeypatch):
    monkeypatch.setattr(ntkproofs.commands.report, "_figures", lambda: iter(()))


# --- the page


def test_the_page_holds_every_claim_with_its_verdict_and_reason():
    results = [claim.run() for claim in collect([CLAIMS])]
    page = html_page(results, versions={"ntkproofs": "1.2.3"})
    read = Read(page)
    assert read.names == [result.claim.name for result in results]
    for result in results:
        assert result.claim.statement in read.text
        assert result.verdict.reason in read.text
        assert result.claim.source in read.text
    assert re.findall(r'<tr data-kind="(\w+)"', page) == [result.verdict.kind for result in results]
    assert "3 of 8 claims hold: 3 refuted, 2 undecided" in read.text
    assert "ntkproofs 1.2.3" in read.text


def test_the_page_holds_the_digests_and_what_was_printed(capsys, tmp_path, no_figures):
    (tmp_path / "helper.py").write_text("VALUE = 1\n")
    text = (CLAIMS / "true_claims.py").read_text() + "\nfrom helper import VALUE\n"
    (tmp_path / "mine.py").write_text(text.replace("    cases =", '    print("<seen>")\n    cases ='))
    assert run(capsys, "report", tmp_path / "mine.py", "-o", tmp_path / "r.html")[0] == 0
    page = (tmp_path / "r.html").read_text("utf-8")
    for file in ("mine.py", "helper.py"):
        assert sha256((tmp_path / file).read_bytes()).hexdigest() in page
    assert page.count("&lt;seen&gt;") == 2


def test_a_report_is_written_relative_to_the_working_directory(capsys, tmp_path, monkeypatch, no_figures):
    (tmp_path / "mine.py").write_text("import os\nos.chdir('/')\n" + (CLAIMS / "true_claims.py").read_text())
    monkeypatch.chdir(tmp_path)
    assert run(capsys, "report", "mine.py", "-o", "r.html")[0] == 0
    assert (tmp_path / "r.html").exists()


def test_the_heading_says_that_all_claims_hold():
    page = html_page([Claim("a", "b", "c", lambda: tried(3)).run()] * 2)
    assert "<h1>All 2 claims hold</h1>" in page


def test_the_command_of_a_claim_evaluates_that_claim(capsys):
    results = [claim.run() for claim in collect([CLAIMS / "true_claims.py"])]
    text = Read(html_page(results)).text
    commands = re.findall(r"ntkproofs check (\S+) -k (\S+)", text)
    assert len(commands) == len(results)
    for (file, name), result in zip(commands, results, strict=True):
        code, out, _ = run(capsys, "check", file, "-k", name.strip("'"), "--json")
        assert code == 0
        assert [item["name"] for item in json.loads(out)["claims"]] == [result.claim.name]


def test_markup_in_texts_of_claims_is_escaped():
    def broken():
        raise RuntimeError(HOSTILE)

    def fails():
        return conclude(confirm(HOSTILE, [HOSTILE], lambda case: False, exhaustive=True))

    file = Path(f"{HOSTILE.replace('/', '')}.py")
    results = [Claim(HOSTILE, HOSTILE, HOSTILE, function, file).run() for function in (broken, fails)]
    harmless = [Claim("n", "s", "o", function, Path("f.py")).run() for function in (lambda: 1, lambda: tried(7))]
    page = html_page(results, versions={HOSTILE: HOSTILE})
    assert Read(page).names == [HOSTILE] * 2
    assert "<script>alert" not in page
    assert set(Read(page).tags) == set(Read(html_page(harmless)).tags)


@pytest.mark.parametrize("name", FIGURES)
def test_the_page_loads_nothing(name):
    page = html_page([Claim("a", "b", "c", lambda: tried(3)).run()], figures=[(name, inline_svg(name))])
    body = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert not REMOTE.findall(re.sub(r'xlink:href="#[^"]*"|href="#[^"]*"', "", body))
    assert "default-src 'none'" in page
    assert "http" not in page.replace('http-equiv="', "")


def test_long_evidence_is_cut_with_a_note():
    evidence = {"cells": [{"box": number} for number in range(1000)], "text": "x" * 5000, "nested": [[1] * 100] * 100}
    text = shortened(evidence)
    assert len(text) < 6100
    assert "… and 992 more" in text
    assert "… and 4,600 more characters" in text
    assert len(shortened({str(number): "y" * 300 for number in range(500)})) < 6100
    assert json.loads(shortened({"small": [1, 2, {"a": None}]})) == {"small": [1, 2, {"a": None}]}


def test_versions_are_those_of_the_running_software():
    result = versions()
    assert result["ntkproofs"] == ntkproofs.__version__
    assert result["Python"] == ".".join(map(str, sys.version_info[:3]))
    assert result["NumPy"] == np.__version__


# --- the command


@pytest.mark.parametrize(("file", "code"), [("true_claims.py", 0), ("false_claims.py", 1), ("open_claims.py", 2)])
def test_the_exit_code_is_that_of_check(capsys, tmp_path, no_figures, file, code):
    goal = tmp_path / "r.html"
    assert run(capsys, "report", CLAIMS / file, "-o", goal)[:2] == (code, "")
    assert run(capsys, "check", CLAIMS / file)[0] == code
    assert goal.read_text("utf-8").startswith("<!DOCTYPE html>")


def test_a_claim_that_is_an_error(capsys, tmp_path, no_figures):
    (tmp_path / "broken.py").write_text("1 / 0")
    assert run(capsys, "report", tmp_path / "broken.py", "-o", tmp_path / "r.html")[0] == 3
    assert "ZeroDivisionError" in (tmp_path / "r.html").read_text("utf-8")


def test_report_has_the_options_of_check(capsys, tmp_path, no_figures):
    code, _, err = run(capsys, "report", CLAIMS, "-k", "squares", "--jobs", 1, "-o", tmp_path / "r.html")
    assert code == 0
    assert "2 claims" in err.splitlines()[-1]
    assert "pi_is_more" not in (tmp_path / "r.html").read_text("utf-8")


@pytest.mark.parametrize("where", [".", "nowhere/r.html"])
def test_an_output_that_cannot_be_written_is_refused_before_the_work(capsys, tmp_path, where):
    code, out, err = run(capsys, "report", CLAIMS, "-o", tmp_path / where)
    assert (code, out) == (3, "")
    assert re.fullmatch(r"ntkproofs: .* cannot be written: .*\n", err)


def test_without_claims_no_page_is_written(capsys, tmp_path, no_figures):
    assert run(capsys, "report", CLAIMS, "-k", "no such thing", "-o", tmp_path / "r.html")[0] == 3
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_report_keeps_the_old_page(capsys, tmp_path, monkeypatch, no_figures):
    def stop(*_arguments, **_options):
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr("ntkproofs.commands.workers.run_claims", stop)
    goal = tmp_path / "r.html"
    goal.write_text("old")
    code, _, err = run(capsys, "report", CLAIMS, "-o", goal)
    assert code == 2
    assert "was not written" in err
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]


def test_a_failed_write_keeps_the_old_file(tmp_path, monkeypatch):
    goal = tmp_path / "page"
    write_atomically(goal, b"old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(InputError, match="No space left"):
        write_atomically(goal, b"new")
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"old"]


def test_without_matplotlib_the_message_names_the_package(capsys, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    for arguments in (("report", CLAIMS, "-o", tmp_path / "r.html"), ("plot", "balance", "-o", tmp_path / "b.svg")):
        code, out, err = run(capsys, *arguments)
        assert (code, out) == (3, "")
        assert err == "ntkproofs: figures need matplotlib: pip install 'ntkproofs[plots]' (or matplotlib itself)\n"
    assert list(tmp_path.iterdir()) == []


# --- figures


@pytest.mark.parametrize("name", FIGURES)
def test_each_figure_has_title_label_and_caption(name):
    axes = figure(name)()
    assert axes.get_title(loc="left")
    assert axes.get_xlabel()
    assert FIGURES[name].reading.endswith(".")


def test_a_figure_draws_on_axes_of_the_caller():
    from matplotlib.figure import Figure

    mine = Figure().subplots(1, 2)
    assert figure("balance")(mine[1]) is mine[1]
    assert not mine[0].lines


@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_a_figure_as_a_file_has_the_same_bytes_each_time(capsys, tmp_path, kind):
    files = [tmp_path / f"{index}.{kind}" for index in "ab"]
    for file in files:
        assert run(capsys, "plot", "balance", "-o", file) == (0, "", "")
    assert files[0].read_bytes() == files[1].read_bytes()
    assert files[0].read_bytes()[:5] in (b"<?xml", b"\x89PNG\r", b"%PDF-")
    assert str(tmp_path).encode() not in files[0].read_bytes()


def test_an_unknown_figure_is_refused_with_all_names(capsys, tmp_path):
    code, out, err = run(capsys, "plot", "balanse", "-o", tmp_path / "b.svg")
    assert (code, out) == (3, "")
    assert all(name in err for name in FIGURES)
    assert run(capsys, "plot", "balance", "-o", tmp_path / "b.gif")[0] == 3
    assert list(tmp_path.iterdir()) == []


def test_the_help_lists_every_figure(capsys):
    out = run(capsys, "plot", "--help")[1]
    assert all(re.search(rf"^  {name} ", out, re.MULTILINE) for name in FIGURES)


def test_the_ids_of_two_figures_on_a_page_differ():
    first, second = (set(re.findall(r' id="([^"]*)"', inline_svg(name))) for name in ("balance", "published"))
    assert first
    assert not first & second


@pytest.mark.parametrize("regime", ["ntk", "nngp"])
def test_the_expected_error_is_that_of_the_dense_solve(regime):
    """At one word with two ones: mean and variance from the whole Gram matrix, in floats."""
    k, networks = 7, 5
    kernel = two_layer_relu(regime)
    prior = kernel.prior or kernel
    word = np.zeros(k)
    word[[1, 4]] = 2**-0.5

    def gram(one, left, right):
        value = sympy.lambdify(RHO, one.angular)
        return np.array([[float(value(min(1, float(a @ b)))) for b in right] for a in left])

    samples = np.eye(k)
    a = np.linalg.solve(gram(kernel, samples, samples), gram(kernel, samples, [word]))
    variance = (
        gram(prior, [word], [word]) + a.T @ gram(prior, samples, samples) @ a - 2 * a.T @ gram(prior, samples, [word])
    ) / k
    error = float(variance[0, 0]) / networks + float(((a[:, 0] - word) ** 2).mean())
    assert expected_error(k, networks, regime) == pytest.approx(error, rel=1e-9)


def test_the_published_errors_are_nearer_to_the_nngp_kernel_everywhere_from_six_bits_on():
    errors = published_errors()
    for k in range(6, 31):
        most = max(networks for bits, networks in errors if bits == k)
        nngp, ntk = (expected_error(k, most, regime) for regime in ("nngp", "ntk"))
        assert abs(np.log(errors[k, most] / nngp)) < abs(np.log(errors[k, most] / ntk))


def test_the_figure_of_sizes_shows_the_sizes():
    axes = figure("ensemble-sizes")(bits=(5, 30))
    drawn = [line.get_ydata()[-1] for line in axes.lines]
    counts = arbitrary_counts(permutation(range(30)))
    for networks, choice in zip(drawn[1:4], ("zero", "half", "best"), strict=True):
        threshold = choose_threshold(two_layer_relu(), counts, choice)
        size = ensemble_size(
            two_layer_relu(), counts, output_bits=30, steps=1, inputs=2**30, failure=Q(1, 100), threshold=threshold
        )
        assert size.networks == networks
    assert drawn[0] > drawn[1] > drawn[2] > drawn[3] > drawn[4]
    assert drawn[4] == issue_ensemble(permutation_task(range(30)), failure=Q(1, 100)).networks


def test_the_figure_of_the_margins_shows_the_margins():
    axes = figure("margins")(bits=10)
    zeros = axes.lines[1]  # threshold 0, bits that should be 0
    assert list(zeros.get_xdata()) == list(range(2, 10))
    predictor = Predictor(two_layer_relu(), 10)
    for n, z in zip(zeros.get_xdata(), zeros.get_ydata(), strict=True):
        assert z == pytest.approx(-float(predictor.mean(n, 0, 1)) / float(predictor.variance(n)) ** 0.5)
