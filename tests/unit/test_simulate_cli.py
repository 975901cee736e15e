"""``ntkproofs simulate``: measured values within four standard errors, progress, interruption, bad input."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from ntkproofs.cli import main
from ntkproofs.simulation import networks

QUANTITIES = ("mean_squared_error", "accuracy", "mean_of_ones", "mean_of_zeros", "variance")


def run(capsys, *arguments):
    code = main(["simulate", "permutation", *map(str, arguments)])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.parametrize(("bits", "size", "seed"), [(2, 1, 0), (4, 10, 5), (10, 69, 1), (12, 4000, 2)])
@pytest.mark.parametrize("parametrisation", ["ntk", "standard"])
def test_the_document_of_the_limit(capsys, bits, size, seed, parametrisation):
    options = ("--bits", bits, "--networks", size, "--seed", seed, "--parametrisation", parametrisation, "--json")
    code, out, err = run(capsys, *options)
    document = json.loads(out)
    assert (code, err, document["format"], document["complete"]) == (0, "", 1, True)
    assert (document["bits"], document["networks"], document["seed"]) == (bits, size, seed)
    for name in QUANTITIES:
        if bits > 2 or name != "mean_of_zeros":
            value = document[name]
            assert value["standard_error"] > 0
            assert abs(value["measured"] - value["predicted"]) < 4 * value["standard_error"]
    assert (document["mean_of_zeros"] is None) == (bits == 2)


def test_the_published_error_at_ten_bits_is_that_of_the_standard_parametrisation(capsys):
    """69 networks, error 0.002114: 0.0 deviations from the NNGP's, 23 from the NTK's."""
    for parametrisation, near in (("standard", True), ("ntk", False)):
        options = ("--bits", 10, "--networks", 69, "--repetitions", 1, "--parametrisation", parametrisation, "--json")
        error = json.loads(run(capsys, *options)[1])["mean_squared_error"]
        assert (abs(0.002114386996 - error["predicted"]) < error["standard_error"]) == near


@pytest.mark.parametrize("model", ["linearised", "trained"])
def test_networks_of_finite_width(capsys, model):
    code, out, _ = run(capsys, "--bits", 5, "--networks", 20, "--model", model, "--width", 300, "--json")
    document = json.loads(out)
    assert (code, document["width"], document["model"], document["networks_drawn"]) == (0, 300, model, 20)
    assert (document["descent_steps"] is None) == (model == "linearised")
    code, out, _ = run(capsys, "--bits", 5, "--networks", 20, "--model", model, "--width", 300)
    assert code == 0
    for text in ("1 ensemble of 20 networks; width 300, ntk parametrisation", "mean squared error", "predicted"):
        assert text in out


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("--bits", 1, "--networks", 5), "--bits must be an integer from 2 to 256, got '1'"),
        (("--bits", 5, "--networks", 0), "--networks must be an integer from 1"),
        (("--bits", 5, "--networks", 5, "--ones", 6), "--ones must be an integer from 2 to 5"),
        (("--bits", 5, "--networks", 5, "--width", 99), "--width is an option of networks of finite width"),
        (("--bits", 5, "--networks", 5, "--model", "trained", "--width", 4), "--width must be an integer from 5"),
        (("--bits", 5, "--networks", 5, "--model", "trained", "--width", 10**7 + 1), "--width must be"),
        (("--bits", 256, "--networks", 5, "--model", "trained", "--width", 10**6), "may have at most"),
        (("--bits", 5, "--networks", 5, "--seed", "x"), "--seed must be a nonnegative integer"),
        (("--bits", 5, "--networks", 5, "--repetitions", 0), "--repetitions must be an integer from 1"),
        (("--bits", 5, "--networks", 5, "--model", "deep"), "invalid choice"),
        (("--bits", 5), "required: --networks"),
    ],
)
def test_bad_input_is_three_and_one_line(capsys, options, text):
    code, out, err = run(capsys, *options)
    assert (code, out, len(err.splitlines())) == (3, "", 1)
    assert text in err


def test_an_interrupted_run_reports_what_it_has(capsys, monkeypatch):
    original = networks.Progress.draw_networks

    def interrupted(self, chunk):
        for index, state in enumerate(original(self, 1)):
            if index == 4:
                raise KeyboardInterrupt
            yield state

    monkeypatch.setattr(networks.Progress, "draw_networks", interrupted)
    options = ("--bits", 4, "--networks", 9, "--model", "trained", "--width", 50, "--json")
    code, out, err = run(capsys, *options)
    document = json.loads(out)
    assert (code, document["complete"], document["networks"], document["networks_drawn"]) == (2, False, 5, 5)
    assert "interrupted after 5 of 9 networks" in err


def test_control_c_stops_a_run_with_two_and_no_traceback():
    options = ("--bits", "30", "--networks", "100000", "--model", "trained", "--width", "2000")
    process = subprocess.Popen(
        [sys.executable, "-m", "ntkproofs", "simulate", "permutation", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    line = process.stderr.readline()  # the first progress line
    assert "of 100,000 networks" in line
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "interrupted after" in err
    assert "Traceback" not in err
    assert "mean squared error" in out
