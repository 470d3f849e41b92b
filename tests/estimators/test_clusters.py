"""Cluster statistics over time: by hand, against a slow twin, and exact where nothing is there."""

import numpy as np
import pytest

from interplay.estimators.clusters import LEAST_SPREAD, cluster_masses, cluster_test, ranked
from interplay.estimators.rearranged_moments import rearranged_moments


def slow_twin(values: np.ndarray, level: float):
    """The same with loops and lists: values (A, K, B) to three lists of (A, B) p-values."""
    n_a, n_k, n_b = values.shape

    def p_of(a, k, b):
        return sum(values[a, other, b] >= values[a, k, b] - 1e-12 for other in range(n_k)) / n_k

    def clusters(a, k):
        """Bins and mass of every cluster of one draw."""
        found, bins = [], []
        for b in range(n_b + 1):
            inside = b < n_b and p_of(a, k, b) <= level
            if inside:
                bins.append(b)
            elif bins:
                z = [
                    (values[a, k, c] - values[a, :, c].mean()) / max(values[a, :, c].std(), LEAST_SPREAD)
                    for c in bins
                ]
                found.append((bins, sum(z)))
                bins = []
        return found

    heaviest = [[max([mass for _, mass in clusters(a, k)] + [0.0]) for k in range(n_k)] for a in range(n_a)]
    p_bin = [[p_of(a, 0, b) for b in range(n_b)] for a in range(n_a)]
    p_cluster = [[1.0] * n_b for _ in range(n_a)]
    p_any = [[1.0] * n_b for _ in range(n_a)]
    for a in range(n_a):
        for bins, mass in clusters(a, 0):
            enough = mass * (1 - 1e-12)
            for b in bins:
                p_cluster[a][b] = sum(m >= enough for m in heaviest[a]) / n_k
                p_any[a][b] = sum(max(h[k] for h in heaviest) >= enough for k in range(n_k)) / n_k
    return p_bin, p_cluster, p_any


@pytest.mark.parametrize("seed", range(5))
def test_a_slow_twin_says_the_same(seed):
    rng = np.random.default_rng(seed)
    values = np.cumsum(rng.normal(size=(3, 40, 7)), axis=-1)
    values[0, 0, 2:4] += 6
    if seed == 4:
        values = values.round()  # ties
    test = cluster_test(values, level=0.1)
    for fast, slow in zip((test.p_bin, test.p_cluster, test.p_any), slow_twin(values, 0.1), strict=True):
        np.testing.assert_allclose(fast, slow, atol=1e-12)


def test_by_hand():
    # 20 draws, level 0.05: only the largest value of a bin may belong to a cluster
    values = np.tile(np.arange(20.0), (1, 4, 1)).transpose(0, 2, 1)
    values[0, 0] = [0.5, 30, 30, 0.5]
    test = cluster_test(values, level=0.05)
    assert test.p_bin[0].tolist() == [1.0, 0.05, 0.05, 1.0]
    # the draw of 19 is the largest in bins 0 and 3, which do not touch: two clusters lighter than the one observed
    assert test.p_cluster[0].tolist() == [1.0, 0.05, 0.05, 1.0]


def test_masses_are_sums_of_runs():
    assert cluster_masses(np.array([[1.0, 2, 0, 3, 0, 0, 4]])).tolist() == [[3.0, 3, 0, 3, 0, 0, 4]]


def test_what_never_varies_is_no_cluster():
    test = cluster_test(np.zeros((2, 20, 3)))
    assert (test.p_bin == 1).all()
    assert (test.p_cluster == 1).all()


def test_ranks_count_ties_against_the_finding():
    assert ranked(np.array([[1.0], [1.0], [0.0], [2.0]]))[:, 0].tolist() == [0.75, 0.75, 1.0, 0.25]


def test_by_chance_no_more_clusters_than_the_level_says():
    """Smooth noise, 4 series: 5 % of profiles may have any cluster; of 2,000 up to 122 are within 2.3 deviations."""
    rng = np.random.default_rng(0)
    noise = rng.chisquare(1, size=(2000, 4, 40, 8))
    smooth = noise[..., 1:] + noise[..., :-1]
    hits = sum((cluster_test(values).p_any <= 0.05).any() for values in smooth)
    assert hits <= 122


def moments_of(sizes):
    return np.repeat(np.arange(len(sizes)), sizes)


def test_sources_are_rotated_within_entities_alike_in_all_bins():
    entity = moments_of([4, 3, 5])
    source = np.arange(12.0)
    bins = [np.arange(12), np.arange(12), np.array([0, 1, 5, 7, 8, 9])]
    first, second, third = rearranged_moments(entity, bins, source, 200, np.random.default_rng(0))
    np.testing.assert_array_equal(first, second)
    for draws, moments in ((first, bins[0]), (third, bins[2])):
        np.testing.assert_array_equal(entity[draws], np.tile(entity[moments], (200, 1)))
        np.testing.assert_array_equal(np.sort(draws, axis=1), np.tile(moments, (200, 1)))
    # every rotation of the four moments, the identity among them, about equally often
    counts = np.bincount(first[:, 0], minlength=4)
    assert counts.min() > 30
    assert all((row[:4] == (np.arange(4) + row[0]) % 4).all() for row in first)


def test_entities_exchange_what_does_not_differ_within_them():
    entity = moments_of([2, 2, 2, 2])
    source = entity.astype(float)
    (draws,) = rearranged_moments(entity, [np.arange(8)], source, 50, np.random.default_rng(0))
    for row in draws:
        assert (source[row][::2] == source[row][1::2]).all()
        assert sorted(source[row][::2]) == [0, 1, 2, 3]
    assert len({tuple(row) for row in draws}) > 15  # of 24


@pytest.mark.parametrize(("differing", "stays"), [(1, False), (2, True)])
def test_what_differs_within_half_of_the_entities_stays_within_them(differing, stays):
    entity = moments_of([2, 2, 2, 2])
    source = np.zeros(8)
    source[[2 * k for k in range(differing)]] = 1
    (draws,) = rearranged_moments(entity, [np.arange(8)], source, 50, np.random.default_rng(0))
    assert (entity[draws] == entity).all() == stays
