"""Quantiles of intervals by hand and against NumPy, and a class that only one moment tells."""

import numpy as np
import pytest
import torch

import interplay as ip
from interplay.data import Scaler
from interplay.readers import READERS, Folds, Sight, View, cross_fit, targets
from interplay.readers.intervals import interval_quantiles
from interplay.readers.magnitude import with_magnitude
from interplay.readers.quantiles import observed_quantiles
from interplay.readers.scoring import loss_of_windows


def sight_of(values, observed=None) -> Sight:
    """One modality of one channel, a sample a step, values (B, n)."""
    x = torch.as_tensor(values, dtype=torch.float32)[:, :, None, None]
    seen = torch.ones(len(x), 1, x.shape[1], dtype=torch.bool) if observed is None else observed
    return Sight(
        x={"a": torch.cat([x, torch.zeros_like(x)], dim=-1)}, observed=seen, static=torch.zeros(len(x), 0)
    )


def test_intervals_by_hand():
    values = [[0.0, 4.0, 1.0, 3.0, 9.0, 7.0, 8.0, 8.0]]
    found = interval_quantiles(sight_of(values))
    # all eight: the least, and the largest about the mean of 5; of fours from 0, 2 and 4 the middle
    of_values = [0.0, 9.0 - 5.0, 2.0, 5.0, 8.0]
    # 4, -3, 2, 6, -2, 1, 0 with a mean of 8 / 7; half of seven is too short
    of_changes = [-3.0, 6.0 - 8.0 / 7]
    np.testing.assert_allclose(found[0], [1.0, *of_values, *of_changes], atol=1e-6)


def test_samples_that_were_not_observed_count_for_nobody():
    values = [[0.0, 4.0, 1.0, 3.0, 9.0, 7.0, 8.0, 99.0]]
    observed = torch.tensor([[[True] * 7 + [False]]])
    found = interval_quantiles(sight_of(values, observed))
    # the last four are 9, 7 and 8; changes end with 1
    expected = [7 / 8, 0.0, 9.0 - 32.0 / 7, 2.0, 5.0, 8.0, -3.0, 6.0 - 8.0 / 6]
    np.testing.assert_allclose(found[0], expected, atol=1e-6)
    nothing = interval_quantiles(sight_of(values, torch.zeros(1, 1, 8, dtype=torch.bool)))
    assert nothing[0, 0] == 0.0
    assert nothing[0, 1:].isnan().all()


def test_intervals_are_of_the_newest_samples():
    values = np.arange(11.0)[None]
    found = interval_quantiles(sight_of(values))[0]
    # of eleven: three quantiles, every second about the mean; of fives, of which the oldest sample is left out,
    # two quantiles each
    np.testing.assert_allclose(found[1:4], [0.0, 0.0, 10.0], atol=1e-6)
    np.testing.assert_allclose(found[4:12], [0.0, 2.0, 2.0, 2.0, 4.0, 2.0, 6.0, 2.0], atol=1e-6)


def test_quantiles_are_those_of_numpy():
    rng = np.random.default_rng(0)
    values, levels = (
        rng.normal(size=(5, 3, 12)).astype(np.float32),
        np.array([0.0, 0.2, 0.5, 0.9, 1.0], dtype=np.float32),
    )
    known = rng.random((5, 1, 12)) < 0.7
    found = observed_quantiles(torch.from_numpy(values), torch.from_numpy(known), torch.from_numpy(levels))
    for b in range(5):
        expected = np.quantile(values[b][:, known[b, 0]].astype(np.float64), levels, axis=-1).T
        # float32 against float64
        np.testing.assert_allclose(found[b], expected, atol=1e-6)


def test_a_magnitude_does_not_care_how_a_sensor_is_turned():
    rng = np.random.default_rng(0)
    samples = torch.from_numpy(rng.normal(size=(4, 5, 3)))
    turned = samples @ torch.from_numpy(np.linalg.qr(rng.normal(size=(3, 3)))[0])
    seen, again = with_magnitude(samples), with_magnitude(turned)
    assert seen.shape == (4, 5, 4)
    torch.testing.assert_close(seen[..., :3], samples)
    torch.testing.assert_close(seen[..., 3], again[..., 3])
    assert with_magnitude(torch.tensor([3.0, 4.0]))[-1] == 5.0


@pytest.mark.parametrize("channels", [1, 7])
def test_one_channel_and_many_have_no_magnitude(channels):
    assert with_magnitude(torch.ones(2, channels)).shape == (2, channels)


def test_a_class_that_only_one_moment_tells_is_read():
    """A jump up or down at one moment, among louder ones at any other: of the whole window nothing tells them apart."""
    rng = np.random.default_rng(0)
    n, length = 240, 64
    y = rng.integers(0, 2, n)
    jumps = rng.choice([-2.0, 2.0], size=(n, length)) * (rng.random((n, length)) < 0.1)
    jumps[:, 20:24] = 0.0
    jumps[:, 22] = np.where(y, 1.0, -1.0)
    x = jumps.cumsum(1)[..., None] + 0.05 * rng.normal(size=(n, length, 1))
    windows = ip.windows_from_arrays({"a": x}, y, entity=np.arange(n) % 12)
    scaler, folds = Scaler.fit(windows), Folds.make(windows, 4)
    (one,) = cross_fit(READERS.choose("interval_trees"), [View(modalities=("a",))], windows, scaler, folds)
    # the prior loses 0.69 nats
    assert loss_of_windows(one.out_of_fold, targets(windows, scaler), "classes").mean() < 0.35
