"""Intervals of predicted numbers hold for entities never seen."""

import math

import numpy as np
import pytest

from interplay.errors import InvalidInput
from interplay.metrics import conformal_radius, interval_metrics


def test_one_window_each_is_the_order_statistic_of_split_conformal():
    error = np.random.default_rng(0).permutation(np.arange(1.0, 100.0))  # 99 entities
    # the ceil(0.9 * 100) = 90th smallest
    assert conformal_radius(error, np.zeros(99), entity=np.arange(99), coverage=0.9) == 90.0


def test_an_entity_counts_once_however_many_windows_it_has():
    y = np.r_[np.full(1000, 5.0), np.arange(1.0, 20.0)]
    entity = np.r_[np.zeros(1000), np.arange(1, 20)]
    # 20 entities of weight 1/21: errors 1 to 19, and 5 once more; 0.8 of 21 is 16.8, so the 17th: 16
    assert conformal_radius(y, np.zeros_like(y), entity=entity, coverage=0.8) == 16.0


def test_too_few_entities_promise_nothing():
    y = np.arange(8.0)
    assert conformal_radius(y, np.zeros(8), entity=np.arange(8), coverage=0.9) == math.inf
    assert conformal_radius(y, np.zeros(8), entity=np.arange(8), coverage=0.88) == 7.0


def test_new_entities_are_covered_as_promised_where_windows_counted_alone_are_not():
    rng = np.random.default_rng(1)
    inside, naive = [], []
    for _ in range(400):
        spread = np.exp(rng.normal(size=40))  # what differs from one entity to the next
        windows = np.where(spread > 2, 2, 40)  # those who are hard to predict have few
        entity = np.repeat(np.arange(40), windows)
        error = rng.normal(size=len(entity)) * spread[entity]
        radius = conformal_radius(error, np.zeros_like(error), entity=entity, coverage=0.9)
        new = rng.normal(size=50) * np.exp(rng.normal())
        inside.append((np.abs(new) <= radius).mean())
        naive.append((np.abs(new) <= np.quantile(np.abs(error), 0.9)).mean())
    standard_error = np.std(inside) / 20
    # at least 0.9, at most 1/(K + 1) more by the theorem; three standard errors of 400 draws
    assert 0.9 - 3 * standard_error < np.mean(inside) < 0.9 + 1 / 41 + 3 * standard_error
    assert np.mean(naive) < 0.9 - 3 * np.std(naive) / 20


def test_scores_of_intervals_by_hand():
    scores = interval_metrics([0, 1, 2, 3], [0, 2, 1, 2.5], [1, 3, 3, 3.5], entity=[0, 0, 1, 1])
    assert scores["coverage"] == 0.75  # ends count as within
    assert scores["width"] == (1 + 1 + 2 + 1) / 4
    assert scores["n_entities"] == 2


def test_what_cannot_be_is_told():
    with pytest.raises(InvalidInput, match="coverage must lie between 0 and 1; got 90"):
        conformal_radius([1.0], [1.0], entity=[0], coverage=90)
    with pytest.raises(InvalidInput, match=r"entity must have one entry per window \(2\)"):
        conformal_radius([1.0, 2.0], [1.0, 2.0], entity=[0])
    with pytest.raises(InvalidInput, match="some are NaN"):
        conformal_radius([1.0, math.nan], [1.0, 2.0], entity=[0, 1])
