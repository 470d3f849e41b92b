"""Standard errors against closed forms, p-values against their slow twin, Benjamini-Hochberg by hand."""

import numpy as np
import pytest
import torch

import interplay as ip
from interplay.data import windows_from_arrays
from interplay.errors import InvalidInput
from interplay.estimators.resampling import (
    bootstrap_std_error,
    cluster_sums,
    clusters_of,
    effective_windows,
    rearranged_p_values,
    rearrangements,
)


def test_standard_error_of_independent_values():
    rng = np.random.default_rng(0)
    value = torch.from_numpy(rng.normal(size=(3, 4000)))
    cluster = np.arange(4000) // 40
    error = bootstrap_std_error(cluster_sums(value, cluster), np.bincount(cluster), 2000, rng)
    # 1 / sqrt(4000) = 0.0158; from 100 clusters and 2,000 draws it is known to about 8 %
    np.testing.assert_allclose(error, 1 / np.sqrt(4000), rtol=0.25)


def test_values_shared_by_a_cluster_count_once():
    rng = np.random.default_rng(1)
    cluster = np.arange(4000) // 40
    value = torch.from_numpy(rng.normal(size=100)[cluster])[None]
    error = bootstrap_std_error(cluster_sums(value, cluster), np.bincount(cluster), 2000, rng)
    assert error.item() == pytest.approx(0.1, rel=0.25)


def test_clusters_are_entities_or_blocks():
    x = {"x": np.zeros((600, 1))}
    many = windows_from_arrays(x, np.arange(600) % 2, steps=2, entity=np.arange(600) // 30)
    assert clusters_of(many).max() == 19
    few = windows_from_arrays(x, np.arange(600) % 2, steps=3)
    cluster = clusters_of(few)
    assert (np.diff(cluster) >= 0).all()
    assert 45 <= cluster.max() + 1 <= 51


def one_stream(y, entity=None):
    return windows_from_arrays({"x": np.zeros((len(y), 1))}, y, steps=1, entity=entity)


def p_values(log_ratio, y, *, margin, draws, rng, entity=None):
    order = rearrangements(one_stream(y, entity), margin, draws, rng)
    return rearranged_p_values(log_ratio, np.eye(y.max() + 1)[y], order)


def test_rotation_p_value_equals_its_slow_twin():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 40)
    log_ratio = rng.normal(size=(2, 40, 3))
    log_ratio[1, np.arange(40), y] += 2.0
    fast = p_values(torch.from_numpy(log_ratio), y, margin=1, draws=4000, rng=np.random.default_rng(1))
    for head in range(2):
        fit = [log_ratio[head, (np.arange(40) + k) % 40, y].mean() for k in range(40)]
        exact = np.mean([value >= fit[0] for value in fit[1:40]])
        # 4,000 draws: four standard errors are 0.032
        assert fast[head] == pytest.approx(exact, abs=0.033)
    assert fast[1] < 0.01


def test_rotations_keep_the_course_within_an_entity():
    y = np.arange(60) % 2
    entity = np.repeat(["one", "other"], [25, 35])
    for order in rearrangements(one_stream(y, entity), 3, 50, np.random.default_rng(0)):
        for start, size in ((0, 25), (25, 35)):
            inside = order[start : start + size] - start
            assert sorted(inside) == list(range(size))
            assert set((np.diff(inside) % size).tolist()) == {1}
            # by at least the margin in either direction
            assert 3 <= inside[0] <= size - 3


def test_slow_signal_under_slow_labels_is_no_finding():
    rng = np.random.default_rng(2)
    p = []
    for _ in range(60):
        y = np.repeat(rng.integers(0, 2, 20), 25)
        drift = np.cumsum(rng.normal(size=500)) / 10
        drift -= drift.mean()
        log_ratio = torch.from_numpy(np.stack([-drift, drift], axis=1))[None]
        p.append(p_values(log_ratio, y, margin=5, draws=199, rng=rng).item())
    # uniform p-values: of 60, at most 8 below 0.05 with probability 0.995
    assert np.mean(np.array(p) < 0.05) <= 8 / 60


def test_entities_with_one_label_each_exchange_their_labels():
    # six entities of unequal length, three of each class, told apart perfectly: 1 of 20 arrangements fits
    # as well, and 20 draws out of 20 possible arrangements of the labels fit exactly so with probability 1/20
    label = np.array([0, 0, 0, 1, 1, 1])
    entity = np.repeat(np.arange(6), [1, 4, 2, 3, 5, 2])
    y = label[entity]
    log_ratio = torch.zeros(1, len(y), 2, dtype=torch.float64)
    log_ratio[0, np.arange(len(y)), y] = 1.0
    p = p_values(log_ratio, y, margin=1, draws=4000, rng=np.random.default_rng(0), entity=entity)
    # four standard errors: 4 sqrt(0.05 * 0.95 / 4000) = 0.014
    assert p.item() == pytest.approx(0.05, abs=0.014)


def test_effective_windows_are_as_many_as_there_are_independent_values():
    rng = np.random.default_rng(0)
    cluster = np.repeat(np.arange(200), 25)
    shared, own = torch.from_numpy(rng.normal(size=(2, 5000)))
    shared = shared[torch.from_numpy(cluster)]
    # a share s of the variance that 25 windows have in common: 5,000 / (1 + 24 s)
    values = torch.stack([own, shared, 0.5**0.5 * (own + shared), torch.zeros(5000)])
    exact = [5000, 200, 5000 / 13, 5000]
    # a variance of 200 clusters is known to 1 in 10
    np.testing.assert_allclose(effective_windows(values, cluster), exact, rtol=0.25)


@pytest.mark.parametrize("estimator", [ip.DiscretePID, ip.PosteriorPID, ip.GaussianPID])
@pytest.mark.parametrize(("setting", "value"), [("n_rotations", 0), ("n_bootstrap", 1)])
def test_too_few_draws_are_refused_before_any_work(estimator, setting, value):
    rng = np.random.default_rng(0)
    y = rng.normal(size=60) if estimator is ip.GaussianPID else rng.integers(0, 2, 60)
    x = {name: rng.normal(size=(60, 1)) for name in "ab"}
    classes = () if estimator is ip.GaussianPID else (0, 1)
    windows = ip.windows_from_arrays(x, y, steps=1, classes=classes)
    with pytest.raises(InvalidInput, match=f"{setting} must be at least {value + 1}"):
        ip.TemporalRUS(estimator(**{setting: value})).fit(windows)
