"""Competing convolutions: what wins where, by hand, and a class that only shapes tell."""

import numpy as np
import pytest
import torch

import interplay as ip
from interplay.data import Scaler
from interplay.readers import READERS, Folds, Sight, View, cross_fit, targets
from interplay.readers.hydra import draw_groups, wins
from interplay.readers.scoring import loss_of_windows


def sight_of(values, observed=None) -> Sight:
    """One modality of one channel, a sample a step; values (B, n) and the ages that lie beside them."""
    x = torch.as_tensor(values, dtype=torch.float32)[:, :, None, None]
    seen = torch.ones(len(x), 1, x.shape[1], dtype=torch.bool) if observed is None else observed
    return Sight(
        x={"a": torch.cat([x, torch.zeros_like(x)], dim=-1)}, observed=seen, static=torch.zeros(len(x), 0)
    )


def middle(*taps: float) -> torch.Tensor:
    """A group of patterns that look at one sample each, with these weights."""
    weight = torch.zeros(1, len(taps), 1, 9)
    weight[0, :, 0, 4] = torch.tensor(taps)
    return weight


def test_wins_by_hand():
    # of -x and x the first wins where x is negative, by |x|; the other loses there
    values = [[-4.0, 1.0, 2.0, -1.0, 1.0, 1.0, 3.0, 1.0, 0.5, 0.5]]
    found = wins(sight_of(values), {"group_0_0": middle(-1.0, 1.0)})
    expected = [1.0, (5.0 / 10) ** 0.5, (10.0 / 10) ** 0.5, (8 / 10) ** 0.5, (2 / 10) ** 0.5]
    np.testing.assert_allclose(found[0], expected, rtol=1e-6)


def test_samples_that_were_not_observed_count_for_nobody():
    values = [[-4.0, 1.0, 2.0, -1.0, 1.0, 1.0, 3.0, 1.0, 7.0, 7.0]]
    observed = torch.tensor([[[True] * 8 + [False] * 2]])
    found = wins(sight_of(values, observed), {"group_0_0": middle(-1.0, 1.0)})
    expected = [0.8, (5.0 / 8) ** 0.5, (9.0 / 8) ** 0.5, (6 / 8) ** 0.5, (2 / 8) ** 0.5]
    np.testing.assert_allclose(found[0], expected, rtol=1e-6)


def test_patterns_do_not_see_the_level():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(5, 40))
    drawn = draw_groups(sight_of(values), 400, torch.Generator().manual_seed(0))
    for weight in drawn.values():
        # sums of at most nine float32 numbers of size 1
        np.testing.assert_allclose(weight.sum(-1), 0.0, atol=1e-6)
        np.testing.assert_allclose(weight.abs().sum((2, 3)), 1.0, atol=1e-6)


@pytest.mark.parametrize("patterns", [200, 2000])
def test_about_as_many_features_as_are_asked_for(patterns):
    seen = sight_of(np.zeros((3, 65)))
    drawn = draw_groups(seen, patterns, torch.Generator().manual_seed(0))
    # beside them the share that was observed; groups are whole
    assert wins(seen, drawn).shape[1] == pytest.approx(patterns, rel=0.35)


def test_a_class_that_only_the_order_of_samples_tells_is_read():
    """Pulses up and down, or down and up, somewhere: levels, extremes and movement are the same."""
    rng = np.random.default_rng(0)
    n, length = 240, 40
    y = rng.integers(0, 2, n)
    x = 0.1 * rng.normal(size=(n, length, 1))
    start = rng.integers(4, length - 8, n)
    for k in range(n):
        up = np.array([1.0, 2.0, 1.0, -1.0, -2.0, -1.0])
        x[k, start[k] : start[k] + 6, 0] += up if y[k] else -up
    windows = ip.windows_from_arrays({"a": x}, y, entity=np.arange(n) % 12)
    scaler, folds = Scaler.fit(windows), Folds.make(windows, 4)
    choice = READERS.choose({"name": "hydra", "patterns": 1000})
    (one,) = cross_fit(choice, [View(modalities=("a",))], windows, scaler, folds)
    # the prior loses 0.69 nats; patterns that look like either pulse tell them apart
    assert loss_of_windows(one.out_of_fold, targets(windows, scaler), "classes").mean() < 0.1
