"""Scores of numbers and of several labels: hand-counted cases, scikit-learn, and intervals over entities."""

import math

import numpy as np
import pytest
from sklearn import metrics as sk

from interplay.errors import InvalidInput
from interplay.metrics import multilabel_metrics, regression_metrics


def test_numbers_counted_by_hand():
    # errors 1, -1, 0, 2; the target has mean 3 and squared distances 4 + 1 + 1 + 4
    scores = regression_metrics([1.0, 2.0, 4.0, 5.0], [2.0, 1.0, 4.0, 7.0])
    assert scores["mae"] == pytest.approx(1.0)
    assert scores["rmse"] == pytest.approx(math.sqrt(6 / 4))
    assert scores["r2"] == pytest.approx(1 - 6 / 10)


def test_numbers_agree_with_scikit_learn_far_from_zero():
    rng = np.random.default_rng(0)
    y = 1e4 + rng.normal(size=500)
    predicted = y + 0.3 * rng.normal(size=500)
    scores = regression_metrics(y, predicted, entity=rng.integers(0, 20, 500))
    # sums of squares of 1e8 lose 8 of 16 digits
    assert scores["r2"] == pytest.approx(sk.r2_score(y, predicted), abs=1e-5)
    assert scores["mae"] == pytest.approx(sk.mean_absolute_error(y, predicted))
    assert scores["rmse_low"] < scores["rmse"] < scores["rmse_high"]


def test_numbers_that_do_not_vary_have_no_share_of_variance():
    scores = regression_metrics(np.full(5, 0.1), np.arange(5.0), n_bootstrap=10)
    assert math.isnan(scores["r2"])
    assert scores["mae"] == pytest.approx(np.abs(np.arange(5.0) - 0.1).mean())


def test_an_interval_of_one_entity_is_unknown():
    scores = regression_metrics([0.0, 1.0], [0.0, 0.5], entity=["a", "a"])
    assert math.isnan(scores["mae_low"])


@pytest.mark.parametrize(
    ("y", "predicted", "message"),
    [
        ([[1.0]], [[1.0]], r"must both be \(N,\)"),
        ([1.0], [1.0, 2.0], r"must both be \(N,\)"),
        ([math.nan], [1.0], "must be finite"),
    ],
)
def test_bad_numbers_are_refused(y, predicted, message):
    with pytest.raises(InvalidInput, match=message):
        regression_metrics(y, predicted)


def test_labels_counted_by_hand():
    # first label: one hit, one miss, one false call; second: two hits, and one unknown
    y = np.array([[1, 1], [1, 1], [0, -1]])
    probs = np.array([[0.9, 0.6], [0.2, 0.7], [0.8, 0.1]])
    scores = multilabel_metrics(y, probs)
    assert scores["accuracy"] == pytest.approx(3 / 5)
    assert scores["macro_f1"] == pytest.approx((2 / (2 + 1 + 1) + 1.0) / 2)
    # the second label never changes among the known, and has no ranking: true 0.9, 0.2 against 0.8
    assert scores["auroc"] == pytest.approx(0.5)


def test_labels_agree_with_scikit_learn():
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, (300, 3))
    probs = np.clip(0.3 * y + rng.random((300, 3)) * 0.7, 0, 1)
    scores = multilabel_metrics(y, probs, entity=rng.integers(0, 12, 300))
    assert scores["auroc"] == pytest.approx(sk.roc_auc_score(y, probs, average="macro"))
    assert scores["auprc"] == pytest.approx(sk.average_precision_score(y, probs, average="macro"))
    assert scores["macro_f1"] == pytest.approx(sk.f1_score(y, probs >= 0.5, average="macro"))
    assert scores["macro_f1_low"] < scores["macro_f1"] < scores["macro_f1_high"]


def test_labels_without_two_values_have_no_ranking():
    assert math.isnan(multilabel_metrics(np.ones((4, 2), int), np.full((4, 2), 0.7), n_bootstrap=10)["auroc"])


def test_bad_labels_are_refused():
    with pytest.raises(InvalidInput, match=r"must both be \(N, labels\)"):
        multilabel_metrics(np.zeros(3, int), np.zeros(3))
    with pytest.raises(InvalidInput, match="between 0 and 1"):
        multilabel_metrics(np.zeros((3, 1), int), np.full((3, 1), 1.5))
