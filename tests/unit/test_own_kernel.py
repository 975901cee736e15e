"""A kernel of one's own, as the maintainers' page shows it: a file outside the package, in Python and in commands."""

import json
import os
import subprocess
import sys
from fractions import Fraction as Q
from pathlib import Path

import mpmath
import pytest
from strategies_local import as_exact

from ntkproofs.cli import main
from ntkproofs.execution import Machine, exhaust
from ntkproofs.kernels import RHO, Kernel, as_kernel, plane_expectation
from ntkproofs.programs import addition_task, permutation_task
from ntkproofs.rigor import enclose

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "maintaining.md").read_text(encoding="utf-8")
CORRELATIONS = [Q(1), Q(0), Q(1, 3), Q(-4, 5)]


def on_the_page(name):
    """Return the code that the page titles with the name of a file."""
    code = PAGE.split(f":caption: {name}\n", 1)[1].split("\n```", 1)[0]
    return code.strip() + "\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    (folder / "gelu.py").write_text(on_the_page("gelu.py"), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def gelu(folder):
    names = {}
    exec(compile((folder / "gelu.py").read_text(encoding="utf-8"), "gelu.py", "exec"), names)
    return names["gelu"]


def value(kernel, correlation):
    return (
        enclose(kernel.angular, {RHO: correlation}, precision=120)
        if correlation != 1
        else enclose(kernel.own, precision=120)
    )


def close(ball, estimate):
    return abs(ball.middle - as_exact(estimate)) < Q(1, 10**20)


def activation(x):
    return x * mpmath.ncdf(x)


def slope(x):
    return mpmath.ncdf(x) + x * mpmath.npdf(x)


def test_the_code_on_the_page_is_short():
    assert len([line for line in on_the_page("gelu.py").splitlines() if line.strip()]) <= 8


@pytest.mark.parametrize("correlation", CORRELATIONS)
def test_both_kernels_are_the_gaussian_integrals_to_twenty_digits(gelu, correlation):
    product = plane_expectation(activation, correlation, digits=24)
    slopes = plane_expectation(slope, correlation, digits=24)
    assert close(value(gelu("nngp"), correlation), product)
    with mpmath.workdps(40):
        ntk = product + slopes * correlation.numerator / correlation.denominator
    assert close(value(gelu(), correlation), ntk)


@pytest.mark.parametrize("regime", ["ntk", "nngp"])
def test_it_is_the_kernel_that_the_package_calls_gelu(gelu, regime):
    own, named = gelu(regime), as_kernel("gelu" if regime == "ntk" else "gelu-nngp")
    for correlation in CORRELATIONS:
        assert value(own, correlation).overlaps(value(named, correlation))
    assert own.zero == named.zero == (0, 0)
    assert own.vanishes
    assert not own.homogeneous


def test_it_runs_programs_in_python(gelu):
    task = addition_task(bits=3)
    assert task.read(Machine(task.program, kernel=gelu()).run(task.start(3, 5), steps=task.steps).final) == 8
    for regime in ("ntk", "nngp"):
        done = exhaust(permutation_task([2, 0, 3, 1]), kernel=gelu(regime))
        assert (done.cases, done.wrong, done.holds, done.kernel) == (16, 0, True, gelu(regime))


def test_the_means_are_those_of_a_dense_solve(gelu):
    """At the three values alone: Theta(x, X) Theta(X, X)^-1 Y, with mpmath."""
    from ntkproofs.bounds import enclose_mean
    from ntkproofs.counts import Counts

    n, p, t, K = 3, 1, 2, 5
    with mpmath.workdps(40):
        own, other, matched = (
            mpmath.mpf(ball.middle.numerator) / ball.middle.denominator for ball in gelu().enclosed(n, precision=130)
        )
        gram = mpmath.matrix(K, K)
        for row in range(K):
            for column in range(K):
                gram[row, column] = own if row == column else other
        state = mpmath.matrix([matched if index < n else other for index in range(K)])
        labels = mpmath.matrix([int(index < p or n <= index < n + t - p) for index in range(K)])
        mean = (state.T * mpmath.lu_solve(gram, labels))[0]
    assert close(enclose_mean(gelu(), Counts(n, p, t, K), precision=120), mean)


COMMANDS = [
    ("run", "permutation", "1010", "--order", "3,2,1,0"),
    ("run", "addition", "5", "3", "--bits", "4"),
    ("exhaust", "addition", "--bits", "3"),
    ("simulate", "permutation", "--bits", "4", "--networks", "5", "--repetitions", "20"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_every_command_with_kernels_takes_it(folder, capsys, command):
    assert main([*command, "--json", "--regime", f"{folder}/gelu.py:gelu"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document.get("kernel", document.get("predicted_by")) == "GELU, NTK"


def test_an_sbn_program_runs_with_it(folder, capsys):
    example = ROOT / "ntkproofs" / "programs" / "sbn" / "examples" / "addition.sbn"
    command = ["run", "sbn", str(example), "--data", "x=3", "--data", "y=-5", "--json"]
    assert main([*command, "--regime", f"{folder}/gelu.py:gelu"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["memory"]["z"], document["kernel"]) == (-2, "GELU, NTK")


def test_certify_names_the_kernels_that_the_checker_knows(folder, capsys):
    for regime in (f"{folder}/gelu.py:gelu", "gelu"):
        assert main(["certify", "permutation", "--bits", "3", "--failure", "0.1", "--regime", regime]) == 3
        out, err = capsys.readouterr()
        assert out == ""
        assert err.count("\n") == 1
        assert "the checker knows the kernels ntk and nngp only" in err


def test_the_installed_command_finds_a_file_in_the_current_folder(folder):
    """As a user calls it: a process of its own, in the folder of the file."""
    command = [sys.executable, "-m", "ntkproofs", "run", "permutation", "110", "--order", "2,1,0"]
    done = subprocess.run(
        [*command, "--regime", "gelu.py:gelu"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (0, "011\n")


@pytest.mark.parametrize(
    "options",
    [
        ("--parametrisation", "ntk"),
        ("--model", "trained"),
        ("--trained", "output"),
        ("--trained", "all"),
    ],
    ids=" ".join,
)
def test_simulate_refuses_a_kernel_beside_options_that_determine_another(capsys, options):
    command = ["simulate", "permutation", "--bits", "4", "--networks", "2", "--regime", "gelu"]
    assert main([*command, *options]) == 3
    assert "--regime" in capsys.readouterr().err


# --- what is no kernel


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("missing", "x = 1", "does not define missing at module level"),
        ("x", "x = 1", "x must be a Kernel or a function that returns one, got int '1'"),
        ("make", "def make(): return 3", "must be a Kernel or a function that returns one, got int"),
        ("make", "def make(n): return 3", "TypeError: make() missing 1 required positional argument: 'n'"),
        ("k", "k = 1 +", "SyntaxError"),
        ("k", "import nowhere_to_be_found", "ModuleNotFoundError"),
        ("k", "raise SystemExit(0)", "SystemExit"),
        ("k", "from ntkproofs.kernels import *\nk = Kernel('k', 0.5)", "line 2: k = Kernel('k', 0.5)"),
        ("k", "from ntkproofs.kernels import *\nk = Kernel('k', -RHO)", "'k' is no kernel on 8 samples"),
        (
            "k",
            "from ntkproofs.kernels import *\nk = Kernel('k', 1/(1 - RHO))",
            "is undefined at a correlation from 0 to 1",
        ),
    ],
)
def test_what_is_no_kernel_is_refused_in_one_line(tmp_path, capsys, name, code, message):
    (tmp_path / "mine.py").write_text("print('printed on import')\n" + code, encoding="utf-8")
    assert main(["run", "addition", "1", "2", "--bits", "2", "--json", "--regime", f"{tmp_path}/mine.py:{name}"]) == 3
    out, err = capsys.readouterr()
    lines = [line for line in err.splitlines() if line != "printed on import"]
    assert out == ""
    assert len(lines) == 1
    assert message.replace("line 2", "line 3") in lines[0]


@pytest.mark.parametrize(
    "regime", ["lazy", "erf-ntk", "depth-0", "depth-25", "GELU", "", "nngp-nngp", "mine.py", "a.py:"]
)
def test_unknown_names_are_refused(capsys, regime):
    assert main(["exhaust", "addition", "--bits", "2", "--regime", regime]) == 3
    assert capsys.readouterr().err.count("\n") == 1


def test_a_missing_file_is_named(capsys):
    assert main(["exhaust", "addition", "--bits", "2", "--regime", "nowhere.py:gelu"]) == 3
    assert "nowhere.py" in capsys.readouterr().err


def test_a_kernel_for_which_rounding_fails_is_refuted(capsys):
    """The cosine does not vanish at the zero vector: the bits of a state without matches are rounded to 1."""
    assert main(["run", "addition", "1", "2", "--bits", "3", "--regime", "cosine"]) == 1
    assert "the bit p_2 would be rounded" in capsys.readouterr().err


def test_a_kernel_object_is_returned_as_it_is():
    kernel = Kernel("linear", RHO)
    assert as_kernel(kernel) is kernel
