"""Generators against their own truth: tables by hand and by counting."""

import numpy as np
import pytest

from interplay import info
from interplay.errors import InvalidInput
from interplay.synthetic import (
    GATES,
    Term,
    lagged_streams,
    planted,
    planted_ceiling,
    planted_truth,
    planted_windows,
)


def h(p):
    return -p * np.log2(p) - (1 - p) * np.log2(1 - p)


@pytest.mark.parametrize("name", GATES)
def test_gate_samples_follow_their_table(name):
    gate = GATES[name]
    counts = np.zeros(gate.table.shape)
    np.add.at(counts, gate.sample(40_000), 1)
    # five standard errors of a share: 5 sqrt(p (1 - p) / n) <= 0.0125
    np.testing.assert_allclose(counts / 40_000, gate.table, atol=0.0125)
    assert info.mutual_information(gate.table.reshape(-1, gate.table.shape[-1])) == pytest.approx(
        gate.joint_mi
    )


def test_planted_streams_have_the_known_atoms():
    atoms = info.decompose(lagged_streams(100).tables)
    # a bit of y differs from its source where a redrawn label got it wrong: 0.05 / 2
    told = 1 - h(0.025)
    expected = np.zeros((4, 4, 6))
    expected[0, 2, 1] = expected[2, 0, 1] = told
    np.testing.assert_allclose(np.where(np.eye(4)[..., None], 0, atoms.redundancy), expected, atol=1e-6)
    expected = np.zeros((4, 4, 6))
    expected[1, 3, 3] = expected[3, 1, 3] = told
    np.testing.assert_allclose(atoms.synergy, expected, atol=1e-6)
    assert atoms.unique1[0, 1, 1] == pytest.approx(told, abs=1e-6)
    assert atoms.unique1[0, 2, 1] == pytest.approx(0, abs=1e-6)


def test_planted_streams_can_be_read_back_and_counted():
    streams = lagged_streams(20_000, random_state=3)
    x = streams.arrays["m0"]
    first_axis = np.linalg.svd(x - x.mean(0), full_matrices=False)[2][0]
    bit = (x @ first_axis > 0).astype(int)
    table = np.zeros((2, 4))
    np.add.at(table, (bit[:-1], streams.y[1:]), 1)
    table = table[:, :] / table.sum()
    # standard error of the plug-in estimate about 0.006; four of them
    assert info.mutual_information(table) == pytest.approx(1 - h(0.025), abs=0.024)
    assert (streams.y[:3] == -1).all()
    assert streams.y[3:].min() == 0


def test_other_terms_and_modalities_that_see_several_bits():
    streams = lagged_streams(
        50, sees={"a": ("A", "B"), "b": ("B",)}, terms=(Term(1, (("A", 0), ("B", 0))),), lags=2, redraw=0.0
    )
    atoms = info.decompose(streams.tables[0, 1, 0])
    # a sees both bits, so it tells their parity alone
    assert atoms.unique1 == pytest.approx(1.0, abs=1e-6)
    assert atoms.synergy == pytest.approx(0.0, abs=1e-6)


def test_truth_of_planted_windows_against_simulation():
    unique, synergy = planted_truth()
    rng = np.random.default_rng(0)
    n = 400_000
    z = 2.0 * rng.integers(0, 2, (2, n)) - 1
    mean = np.tanh(4 * z + 2 * rng.normal(size=(2, n)))
    sign = np.where(rng.random(n) < 0.025, -1, 1)
    p_single = 0.5 * (1 + 0.95 * mean[0] * z[0] * sign)
    p_pair = 0.5 * (1 + 0.95 * mean[0] * mean[1] * z[0] * z[1] * sign)
    # the mean of log2 p + 1 has standard deviation below 1.3: four standard errors are 0.009
    assert unique == pytest.approx(np.mean(1 + np.log2(p_single)), abs=0.009)
    assert synergy == pytest.approx(np.mean(1 + np.log2(p_pair)), abs=0.009)


def test_planted_windows_hold_what_was_planted():
    windows = planted_windows(4000, random_state=1)
    other = planted_windows(10, random_state=2)
    assert len(windows.arrays) == 12
    assert windows.arrays["m00"].shape == (4000, 10, 4)
    w = np.random.default_rng([0, 77]).normal(size=(12, 4))

    def sign(m, lag):
        return np.sign(windows.arrays[f"m{m:02d}"][:, 9 - lag] @ w[m])

    single, pair = sign(planted.SINGLE, 2) > 0, sign(5, 4) * sign(8, 4) > 0
    # a sign is misread with probability Phi(-2) = 0.023, a label bit is wrong with 0.025
    assert np.mean((windows.y >= 2) == single) == pytest.approx(1 - 0.0467, abs=0.015)
    assert np.mean((windows.y % 2 == 1) == pair) == pytest.approx(0.931, abs=0.02)
    assert not np.array_equal(other.arrays["m00"][:10], windows.arrays["m00"][:10])


def test_same_seed_same_draw_and_bad_sizes():
    a, b = planted_windows(5, random_state=4), planted_windows(5, random_state=4)
    np.testing.assert_array_equal(a.arrays["m05"], b.arrays["m05"])
    with pytest.raises(InvalidInput, match="more than 8 modalities"):
        planted_windows(5, modalities=8)
    with pytest.raises(InvalidInput, match="exceed the longest lag of terms"):
        lagged_streams(100, lags=3)


def test_nobody_does_better_on_planted_windows_than_their_ceiling():
    n, world = 100_000, 3
    drawn = planted_windows(n, modalities=9, steps=5, random_state=1, world=world)
    w = np.random.default_rng([world, 77]).normal(size=(9, 4))

    def sign(m, lag):
        return drawn.arrays[f"m{m:02d}"][:, 4 - lag] @ w[m] > 0

    told = 2 * sign(3, 2) + (sign(5, 4) == sign(8, 4))
    # four standard errors of a share of 0.9 in 100,000
    assert np.mean(told == drawn.y) == pytest.approx(planted_ceiling(), abs=0.004)
