"""Differences between two predictors on the same windows, against values worked out by hand."""

import numpy as np
import pytest

from interplay.errors import InvalidInput
from interplay.metrics.paired import paired_scores, smallest_p_value


def mean(sums):
    """Of parts that are (value, 1)."""
    return {"mean": sums[..., 0] / sums[..., 1]}


def parts(values):
    return np.stack([values, np.ones(len(values))], axis=1)


def test_three_entities_by_hand():
    entity = np.repeat(["x", "y", "z"], [2, 1, 1])
    a, b = np.array([0.0, 1.0, 0.0, 1.0]), np.array([1.0, 1.0, 1.0, 1.0])
    score = paired_scores(mean, parts(a), parts(b), entity=entity)["mean"]
    assert (score.a, score.b, score.difference) == (0.5, 1.0, 0.5)
    # sums apart by (1, 1, 0): of the 8 signs those with the first two alike, 4, lead as far
    assert score.p_value == 0.5


def test_the_test_is_the_sign_flip_of_differences():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 10))
    score = paired_scores(mean, parts(a), parts(b + 0.5), entity=np.arange(10))["mean"]
    signs = 1 - 2 * (np.arange(2**10)[:, None] >> np.arange(10) & 1)
    flipped = signs @ (b + 0.5 - a) / 10
    assert score.p_value == np.mean(np.abs(flipped) >= abs(score.difference) - 1e-12)


def test_one_that_is_better_everywhere_is_as_clear_as_entities_allow():
    ones, zeros = np.ones(12), np.zeros(12)
    few = paired_scores(mean, parts(zeros[:4]), parts(ones[:4]), entity=np.arange(4))["mean"]
    assert few.p_value == smallest_p_value(4) == 0.125
    assert (few.low, few.high) == (1.0, 1.0)
    many = paired_scores(mean, parts(np.zeros(40)), parts(np.ones(40)), entity=np.arange(40))["mean"]
    # of 10,000 random ways the observed one alone
    assert many.p_value == 1 / 10_001


def test_equal_predictors_do_not_differ():
    values = np.random.default_rng(1).normal(size=30)
    score = paired_scores(mean, parts(values), parts(values), entity=np.arange(30) % 7)["mean"]
    assert (score.difference, score.low, score.high, score.p_value) == (0.0, 0.0, 0.0, 1.0)


def test_p_values_of_nothing_are_spread_evenly():
    """At 5 %, of 400 comparisons of equals 20 are expected; 4 standard deviations of a binomial are 17."""
    rng = np.random.default_rng(2)
    p = [paired_scores(mean, parts(rng.normal(size=10)), parts(rng.normal(size=10)), entity=np.arange(10),
                       n_bootstrap=2)["mean"].p_value for _ in range(400)]  # fmt: skip
    assert abs(np.sum(np.array(p) <= 0.05) - 20) <= 17


def test_other_windows_are_refused():
    with pytest.raises(InvalidInput, match="one entry per window"):
        paired_scores(mean, parts(np.ones(3)), parts(np.ones(3)), entity=np.arange(4))
