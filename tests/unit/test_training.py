"""Starts and training: laws of what is drawn, symmetries, names, and what goes together."""

import numpy as np
import pytest

from ntkproofs.errors import InputError
from ntkproofs.training import LAYERS, STARTS, Training, starts_of

PAIRS = [(layers, start) for layers in LAYERS for start in starts_of(layers)]
NORMAL = [pair for pair in PAIRS if pair[1] != "sphere"]


def drawn(trained, start, width=24, samples=3, bits=2, seed=1):
    return STARTS[start].draw(trained, np.random.default_rng(seed), width=width, samples=samples, bits=bits)


@pytest.mark.parametrize(("trained", "start"), PAIRS)
def test_shapes_and_the_same_seed_draws_the_same_weights(trained, start):
    hidden, outer = drawn(trained, start)
    assert (hidden.shape, outer.shape) == ((24, 3), (24, 2))
    again = drawn(trained, start)
    assert (hidden == again[0]).all()
    assert (outer == again[1]).all()


@pytest.mark.parametrize(("trained", "start"), NORMAL)
def test_every_hidden_row_is_standard_normal_by_itself(trained, start):
    """Mean, covariance and fourth moments of the first and of the last row, over 4,000 draws."""
    rows = np.array([drawn(trained, start, width=8, seed=seed)[0][[0, -1]] for seed in range(4000)])
    for u in rows.transpose(1, 0, 2):
        assert np.abs(u.mean(axis=0)).max() < 5 / 4000**0.5
        assert np.abs(u.T @ u / 4000 - np.eye(3)).max() < 8 / 4000**0.5
        assert np.abs((u**4).mean(axis=0) - 3).max() < 5 * 96**0.5 / 4000**0.5
        length = (u**2).sum(axis=1)  # chi-squared with 3 degrees of freedom
        assert abs(length.var() - 6) < 1


@pytest.mark.parametrize("trained", LAYERS)
def test_rows_of_the_sphere_are_uniform_on_it(trained):
    """Radius, mean, covariance, and fourth moments 3 K/(K + 2) = 9/5 of independent rows, over 40,000 of them."""
    u, outer = drawn(trained, "sphere", width=80_000 if trained == "all" else 40_000)
    assert np.abs((u**2).sum(axis=1) - 3).max() < 1e-12
    assert outer.any() == (trained == "all")
    u = u[:40_000]
    assert np.abs(u.mean(axis=0)).max() < 5 / 40_000**0.5
    assert np.abs(u.T @ u / 40_000 - np.eye(3)).max() < 5 / 40_000**0.5
    assert np.abs((u**4).mean(axis=0) - 9 / 5).max() < 5 * 3 / 40_000**0.5
    assert abs((u[:-1] * u[1:]).sum(axis=1).mean()) < 5 * 3**0.5 / 40_000**0.5


def test_the_sphere_has_the_kernels_of_normal_rows():
    """Averages of relu(u.x) relu(u.y), for x, y of length 1 and correlation 0, 1/2, 1, agree with the NNGP kernel."""
    u, _ = drawn("output", "sphere", width=400_000, samples=4)
    x = np.array([1.0, 0.0, 0.0, 0.0])
    for rho in (0.0, 0.5, 1.0):
        y = np.array([rho, (1 - rho**2) ** 0.5, 0.0, 0.0])
        angle = np.arccos(rho)
        products = np.maximum(u @ x, 0) * np.maximum(u @ y, 0)
        assert products.mean() == pytest.approx((np.sin(angle) + (np.pi - angle) * rho) / (2 * np.pi), abs=0.006)
        gates = ((u @ x > 0) & (u @ y > 0)).mean()
        assert gates == pytest.approx((np.pi - angle) / (2 * np.pi), abs=0.004)


@pytest.mark.parametrize(("trained", "start"), [pair for pair in PAIRS if pair[1] != "gaussian"])
def test_starts_other_than_gaussian_give_the_zero_function(trained, start):
    hidden, outer = drawn(trained, start)
    states = np.random.default_rng(2).standard_normal((50, 3))
    assert np.abs(np.maximum(states @ hidden.T, 0) @ outer).max() < 1e-12


@pytest.mark.parametrize(("trained", "copies"), [("output", 1), ("all", 2)])
def test_blocks_of_orthogonal_starts_are_orthogonal_and_lengths_vary(trained, copies):
    hidden, _ = drawn(trained, "orthogonal", width=12 * copies)
    for block in hidden[:12].reshape(4, 3, 3):
        gram = block @ block.T
        assert np.abs(gram - np.diag(np.diag(gram))).max() < 1e-12
    assert len(np.unique((hidden[:12] ** 2).sum(axis=1).round(9))) == 12
    part, _ = drawn(trained, "orthogonal", width=10 * copies)
    assert part.shape == (10 * copies, 3)  # the last block is cut


def test_directions_of_orthogonal_blocks_are_uniform():
    """The first entry of the direction of each row of a block has the same distribution, with mean square 1/3."""
    rows = np.array([drawn("output", "orthogonal", width=3, seed=seed)[0] for seed in range(3000)])
    directions = rows / np.linalg.norm(rows, axis=2, keepdims=True)
    assert np.abs((directions**2).mean(axis=0) - 1 / 3).max() < 0.03
    assert np.abs(directions.mean(axis=0)).max() < 0.06


def test_pairs_and_opposites():
    hidden, outer = drawn("all", "antisymmetric")
    assert (hidden[:12] == hidden[12:]).all()
    assert (outer[:12] == 1).all()
    assert (outer[12:] == -1).all()
    hidden, outer = drawn("output", "orthogonal-opposite")
    assert (hidden[:12] == -hidden[12:]).all()
    assert not outer.any()
    hidden, outer = drawn("all", "orthogonal-opposite")
    assert (hidden[:6] == -hidden[6:12]).all()
    assert (hidden[:12] == hidden[12:]).all()
    assert set(outer[:12].ravel()) == {1.0}


def test_defaults_are_those_of_the_commands():
    assert [(name, item.kernel, item.start, item.scalar) for name, item in LAYERS.items()] == [
        ("output", "nngp", "zero", False),
        ("all", "ntk", "antisymmetric", True),
    ]
    assert starts_of("all")[0] == "antisymmetric"
    assert {name for layers in LAYERS for name in starts_of(layers)} == set(STARTS)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Training.of("hidden"), "one of output, all; got 'hidden'"),
        (
            lambda: Training.of("all", "zero"),
            "the start 'zero' is not available for training 'all': choose one of antisymmetric",
        ),
        (lambda: Training.of("output", "antisymmetric"), "not available for training 'output': choose one of zero"),
        (lambda: Training.of("output", "ones"), "there is no start with the name 'ones': choose one of zero, gaussian"),
        (lambda: Training.of("output", steps=0), "steps must be a positive integer, got 0"),
        (lambda: Training.of("output", steps=True), "steps must be a positive integer, got True"),
        (lambda: Training.of("output", step=0), "a step must be a positive number, got 0"),
        (lambda: Training.of("output", step=float("nan")), "a step must be a positive number, got nan"),
        (lambda: drawn("all", "antisymmetric", width=5), "the width must be a multiple of 2 for this start, got 5"),
        (lambda: drawn("all", "orthogonal-opposite", width=6), "a multiple of 4"),
        (lambda: drawn("output", "zero", width=0), "a multiple of 1"),
    ],
)
def test_incompatible_options_are_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
