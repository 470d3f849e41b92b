"""Channels come out scaled robustly and as ranks: by hand, under monotone maps, glitches, ties and large offsets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

import interplay as ip
from interplay.data import Scaler, scaled_schema
from interplay.data.precision import as_samples
from interplay.data.scaling import KNOTS, SAMPLES, ChannelScale, squashed

RNG = np.random.default_rng(0)
NORMAL = RNG.standard_normal((4000, 1))


def test_the_quartiles_set_the_scale():
    # of 0 .. 100 the quartiles are 25 and 75, around 50 and 50 apart, 1.349 standard deviations of a normal channel
    scale = ChannelScale.fit(np.arange(101.0)[:, None])
    assert scale.centre[0] == 50.0
    assert scale.spread[0] == pytest.approx(50 / 1.349)
    robust, rank = scale.apply(np.array([[50.0], [75.0], [100.0], [-20.0]])).T
    np.testing.assert_allclose(robust[:2], [0.0, 25 * 1.349 / 50], rtol=1e-6)
    # ranks 0.5, 0.75, 1 and, below all, 0; as values of variance 1
    np.testing.assert_allclose(rank, np.sqrt(12) * np.array([0.0, 0.25, 0.5, -0.5]), atol=1e-6)


def test_tails_are_squashed_and_the_middle_is_not():
    np.testing.assert_allclose(squashed(np.array([0.5, -3.0])), [0.5, -3.0])
    np.testing.assert_allclose(squashed(np.array([1e6 + 3, -(np.e - 1) - 3])), [3 + np.log1p(1e6), -4.0])


@pytest.mark.parametrize(
    "move", [lambda x: x**3, lambda x: np.exp(3 * x), lambda x: -x, lambda x: 1e6 + 0.05 * x]
)
def test_ranks_do_not_change_under_monotone_maps(move):
    moved = move(NORMAL)
    sign = np.sign(move(np.ones(1)) - move(np.zeros(1)))
    before = ChannelScale.fit(NORMAL).rank(NORMAL) - 0.5
    after = ChannelScale.fit(moved).rank(moved) - 0.5
    # exact at the knots; between two of them a curve is taken for a straight line
    np.testing.assert_allclose(after, sign * before, atol=1 / (KNOTS - 1))
    np.testing.assert_allclose(before[:, 0] + 0.5, rankdata(NORMAL) / len(NORMAL), atol=1 / (KNOTS - 1))


def test_five_glitches_move_nothing():
    spiky = NORMAL.copy()
    spiky[:5] = 1e6
    clean, bent = ChannelScale.fit(NORMAL), ChannelScale.fit(spiky)
    # five of 4,000 samples move a quantile by an eighth of a percent of ranks; within the last piece ranks are lost
    assert bent.spread[0] == pytest.approx(clean.spread[0], rel=0.01)
    np.testing.assert_allclose(bent.apply(NORMAL[5:]), clean.apply(NORMAL[5:]), atol=12**0.5 / (KNOTS - 1))
    assert np.abs(bent.apply(spiky[:5])).max() < 3 + np.log1p(2e6)


def test_channels_that_mostly_rest_keep_their_events():
    rests = np.where(np.arange(1000) % 50 == 0, 2.0, 0.0)[:, None]
    robust, rank = ChannelScale.fit(rests).apply(np.array([[0.0], [2.0]])).T
    # the middle is that of the quantiles 0.005 and 0.995, which lie 5.152 deviations apart
    np.testing.assert_allclose(robust, [-2.576, 2.576], rtol=1e-6)
    # 980 of 1,000 share the ranks from 0 to 0.98
    np.testing.assert_allclose(rank / np.sqrt(12) + 0.5, [0.49, 0.99], atol=0.5 / (KNOTS - 1))


def test_a_channel_that_never_varies_stays_finite():
    scale = ChannelScale.fit(np.full((4, 1), 7.0))
    np.testing.assert_allclose(
        scale.apply(np.array([[7.0], [8.0], [np.nan]])), [[0, 0], [1, 0], [np.nan, np.nan]]
    )
    np.testing.assert_allclose(ChannelScale.fit(np.zeros((0, 1))).apply(np.zeros((1, 1))), [[0.0, 0.0]])


@pytest.mark.parametrize("size", [1e-13, 1e13])
def test_no_signal_is_too_small_or_too_large(size):
    np.testing.assert_allclose(
        ChannelScale.fit(size * NORMAL).apply(size * NORMAL),
        ChannelScale.fit(NORMAL).apply(NORMAL),
        rtol=1e-4,
        atol=1e-4,
    )


def test_a_small_signal_on_a_large_offset_survives():
    y = np.arange(200) % 2
    windows = ip.windows_from_arrays({"pa": 1e6 + 0.05 * y[:, None]}, y, steps=1)
    assert windows.steps.values["pa"].dtype == np.float64
    scaled = Scaler.fit(windows).apply(windows.batch(np.arange(200)).x)["pa"][:, 0, 0]
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(
        scaled[y == 1] - scaled[y == 0], np.broadcast_to(scaled[1] - scaled[0], (100, 2)), atol=1e-3
    )
    assert (scaled[1] - scaled[0] > 0.5).all()
    # what float32 tells as well takes no more memory than it needs
    assert as_samples(np.random.default_rng(0).standard_normal((50, 2))).dtype == np.float32
    assert as_samples(np.full((50, 1), np.nan)).dtype == np.float32


def test_statistics_are_of_training_windows_alone_and_come_back_from_a_file():
    x = np.r_[NORMAL[:10], 100 + NORMAL[:10]]
    windows = ip.windows_from_arrays({"x": x}, np.arange(20) % 2, steps=2, entity=np.repeat(["a", "b"], 10))
    train, _ = ip.split_by_entity(windows, test=["b"])
    scaler = Scaler.fit(train)
    assert abs(scaler.channels["x"].centre[0]) < 3
    again = Scaler.from_arrays(scaler.arrays(), ["x"])
    np.testing.assert_array_equal(again.apply({"x": x})["x"], scaler.apply({"x": x})["x"])
    assert scaled_schema(train.schema).shapes == {"x": (1, 2)}


def test_long_recordings_are_sampled():
    n = 3 * SAMPLES
    x = np.arange(n, dtype=np.float32)[:, None]
    scaler = Scaler.fit(ip.windows_from_arrays({"x": x}, np.arange(n) % 2, steps=1))
    # every third sample, from the first on
    assert scaler.channels["x"].centre[0] == pytest.approx(n / 2, rel=1e-4)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=40))
def test_ranks_grow_with_values_and_stay_between_0_and_1(values):
    x = np.array(values)[:, None]
    rank = ChannelScale.fit(x).rank(x)[:, 0]
    order = np.argsort(x[:, 0], kind="stable")
    assert ((rank >= 0) & (rank <= 1)).all()
    assert (np.diff(rank[order]) >= -1e-6).all()
