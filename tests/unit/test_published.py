"""The statistical test of the published experiment distinguishes the two kernels on data of known origin."""

from pathlib import Path

import numpy as np
import pytest

from ntkproofs.claims import collect

FILE = Path(__file__).parents[2] / "paper_checks" / "check_15_published.py"


@pytest.fixture(scope="module")
def claims():
    return {item.name.split(".")[1]: item.function for item in collect([FILE])}


def made_up(names, regime, *, factor=1.0):
    """Return errors of ensembles drawn from a kernel's limit, at the powers of two that the published runs reached."""
    rows = {}
    for bits in range(4, 31):
        model, total, drawn = names["limit"](bits, regime), 0.0, 0
        source, rows[bits] = np.random.default_rng((5, bits)), {}
        for size in names["sizes"](bits):
            total = total + model.draw(source, size - drawn) * (size - drawn)
            drawn = size
            rows[bits][size] = (factor * float(((total / size - model.trials.targets) ** 2).mean()), 0.0)
    return rows


@pytest.mark.parametrize(
    ("truth", "ntk_is_rejected", "nngp_agrees", "likelihood_ratio"),
    [("nngp", "confirmed", "confirmed", "confirmed"), ("ntk", "refuted", "refuted", "refuted")],
)
def test_data_of_known_origin(claims, monkeypatch, truth, ntk_is_rejected, nngp_agrees, likelihood_ratio):
    names = claims["ntk_is_rejected"].__globals__
    rows = made_up(names, truth)
    monkeypatch.setitem(names, "published", lambda: rows)
    assert claims["ntk_is_rejected"]().kind == ntk_is_rejected
    assert claims["nngp_agrees"]().kind == nngp_agrees
    assert claims["likelihood_ratio"]().kind == likelihood_ratio


@pytest.mark.parametrize("factor", [0.93, 1.07])
def test_errors_seven_per_cent_off_do_not_pass_for_the_nngp(claims, monkeypatch, factor):
    names = claims["nngp_agrees"].__globals__
    rows = made_up(names, "nngp", factor=factor)
    monkeypatch.setitem(names, "published", lambda: rows)
    assert claims["nngp_agrees"]().kind == "refuted"


def test_the_data_are_complete(claims):
    rows = claims["ntk_is_rejected"].__globals__["published"]()
    assert list(rows) == list(range(2, 31))
    assert sum(map(len, rows.values())) == 2673
    assert rows[30][175] == (0.0004682397120632231, 0.903)
