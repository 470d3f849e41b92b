"""Window summaries against NumPy, sample by sample."""

import numpy as np
import pytest
import torch

from interplay.readers import Sight, window_summaries
from interplay.readers.intervals import interval_quantiles
from interplay.readers.summaries import step_means


def of_one(values, observed):
    """Summaries of one modality, values (B, T, r, 2 d)."""
    return window_summaries(
        Sight(
            x={"m": torch.from_numpy(values)},
            observed=torch.from_numpy(observed)[:, None],
            static=torch.zeros(len(values), 0),
        )
    ).numpy()


def test_they_are_what_they_are_called():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(4, 5, 3, 2)).astype(np.float32)
    observed = np.ones((4, 5), dtype=bool)
    observed[1, 2:4] = False
    found = of_one(values, observed)
    for b in range(4):
        v, rank = values[b][observed[b]].reshape(-1, 2).T.astype(np.float64)
        quantiles = np.quantile(v, [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1])
        levels = [v.mean(), rank.mean(), v.std(), rank.std(), *quantiles, v[-1], rank[-1], np.median(rank)]
        # float32 against float64
        np.testing.assert_allclose(found[b, : len(levels)], levels, atol=1e-5)
    v = values[0, :, :, 0].ravel().astype(np.float64)
    slope = np.polyfit(np.linspace(-1, 1, 15), v, 1)[0]
    steps = np.diff(v)
    crossed = np.mean((v - v.mean())[1:] * (v - v.mean())[:-1] < 0)
    thirds = [v[:5].mean(), v[5:10].mean(), v[10:].mean()]
    shapes = [slope, np.abs(steps).mean(), np.sqrt((steps**2).mean()), crossed, *thirds, 1.0, 0.0]
    np.testing.assert_allclose(found[0, -len(shapes) :], shapes, atol=1e-5)
    # three of five steps observed, the newest of them the last
    np.testing.assert_allclose(found[1, -2:], [0.6, 0.0])


def test_nothing_observed_is_not_a_number():
    found = of_one(np.ones((2, 4, 2, 4), dtype=np.float32), np.array([[True] * 4, [False] * 4]))
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1, :-2]).all()
    # no step observed; the newest one a whole window ago
    np.testing.assert_array_equal(found[1, -2:], [0.0, 1.0])


def test_means_of_steps_are_those_of_scaled_samples():
    x = torch.arange(24.0).reshape(2, 3, 2, 2)
    observed = torch.ones(2, 1, 3, dtype=torch.bool)
    observed[1, 0, 2] = False
    # scaled values stand first, ranks second
    expected = torch.tensor([[1.0, 5.0, 9.0], [13.0, 17.0, torch.nan]])
    seen = Sight(x={"a": x}, observed=observed, static=torch.zeros(2, 0))
    torch.testing.assert_close(step_means(seen), expected, equal_nan=True)


@pytest.mark.parametrize("of", [window_summaries, interval_quantiles])
def test_modalities_of_one_length_are_each_what_they_are_alone(of):
    generator = torch.Generator().manual_seed(0)
    shapes = {"a": (5, 3, 2), "slow": (5, 1, 2), "b": (5, 3, 6), "c": (5, 3, 4)}
    x = {name: torch.randn(6, *shape, generator=generator) for name, shape in shapes.items()}
    observed = torch.rand(6, len(x), 5, generator=generator) > 0.3
    none, shares = torch.zeros(6, 0), observed.float().mean(-1)
    each = [
        of(Sight(x={name: values}, observed=observed[:, [m]], static=none))
        for m, (name, values) in enumerate(x.items())
    ]
    if of is interval_quantiles:
        # shares of steps come first
        each = [shares, *(columns[:, 1:] for columns in each)]
    together = of(Sight(x=x, observed=observed, static=none))
    # float32 sums in another order
    torch.testing.assert_close(together, torch.cat(each, dim=1), atol=1e-5, rtol=1e-5, equal_nan=True)
