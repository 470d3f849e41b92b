"""Scores against hand-counted cases, scikit-learn, and a slow twin of the bootstrap."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from interplay.errors import InvalidInput
from interplay.metrics import (
    brier_score,
    classification_metrics,
    confusion,
    expected_calibration_error,
    reliability,
)


def random_case(seed: int, n: int = 200, n_classes: int = 4):
    rng = np.random.default_rng(seed)
    probs = rng.dirichlet(np.full(n_classes, 0.5), n)
    y = np.where(rng.random(n) < 0.6, probs.argmax(1), rng.integers(0, n_classes, n))
    return y, probs


def test_a_case_counted_by_hand():
    # true 0 0 1 1, predicted 0 1 1 1: accuracy 3/4; F1 of 0 is 2/3, of 1 is 4/5
    probs = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.3, 0.7]])
    y = np.array([0, 0, 1, 1])
    scores = classification_metrics(y, probs)
    assert scores["accuracy"] == pytest.approx(0.75)
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert scores["balanced_accuracy"] == pytest.approx(0.75)
    # every true 1 is ranked above every true 0
    assert scores["auroc"] == 1.0
    # -log2 of .9, .4, .8, .7
    assert scores["log_loss_bits"] == pytest.approx(-np.log2([0.9, 0.4, 0.8, 0.7]).mean())
    # twice the squared error of the true class: .01, .36, .04, .09
    assert scores["brier"] == pytest.approx(2 * (0.01 + 0.36 + 0.04 + 0.09) / 4)
    assert (scores["n_windows"], scores["n_entities"]) == (4, 4)
    np.testing.assert_array_equal(confusion(y, probs.argmax(1), 2), [[1, 1], [0, 2]])


def test_calibration_by_hand():
    # confidences .9 (right), .6 (wrong), .8 (right), .7 (right); bins of width 1/2: all in the upper one
    probs = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.3, 0.7]])
    y = np.array([0, 0, 1, 1])
    found = reliability(y, probs, bins=2)
    np.testing.assert_array_equal(found["count"], [0, 4])
    assert found["confidence"][1] == pytest.approx(0.75)
    assert found["accuracy"][1] == pytest.approx(0.75)
    assert np.isnan(found["accuracy"][0])
    assert expected_calibration_error(y, probs, bins=2) == pytest.approx(0.0)
    # in bins of width 1/10 each is alone: |.9 - 1|, |.6 - 0|, |.8 - 1|, |.7 - 1|
    assert expected_calibration_error(y, probs, bins=10) == pytest.approx((0.1 + 0.6 + 0.2 + 0.3) / 4)
    assert brier_score(y, np.eye(2)[y]) == 0.0


@pytest.mark.parametrize("seed", range(5))
def test_scores_agree_with_scikit_learn(seed):
    y, probs = random_case(seed)
    if seed == 4:
        y[y == 3] = 0  # a class that never occurs but is predicted
    predicted = probs.argmax(1)
    scores = classification_metrics(y, probs, n_bootstrap=2)
    assert scores["macro_f1"] == pytest.approx(sk.f1_score(y, predicted, average="macro"))
    assert scores["accuracy"] == pytest.approx(sk.accuracy_score(y, predicted))
    assert scores["log_loss_bits"] == pytest.approx(sk.log_loss(y, probs, labels=range(4)) / math.log(2))
    if seed < 4:
        assert scores["balanced_accuracy"] == pytest.approx(sk.balanced_accuracy_score(y, predicted))
        assert scores["auroc"] == pytest.approx(sk.roc_auc_score(y, probs, multi_class="ovr"))


@pytest.mark.parametrize("seed", range(3))
def test_scores_of_calls_agree_with_scikit_learn(seed):
    y, probs = random_case(seed)
    called = np.random.default_rng(seed).integers(0, 4, len(y))
    scores = classification_metrics(y, probs, called=called, n_bootstrap=2)
    assert scores["macro_f1"] == pytest.approx(sk.f1_score(y, called, average="macro"))
    assert scores["accuracy"] == pytest.approx(sk.accuracy_score(y, called))
    assert scores["balanced_accuracy"] == pytest.approx(sk.balanced_accuracy_score(y, called))
    assert scores["ece"] == classification_metrics(y, probs, n_bootstrap=2)["ece"]


@pytest.mark.parametrize("called", [[0, 1], [0, 1, 4], [0.0, 1.0, 1.0], [-1, 0, 1]])
def test_calls_must_be_class_numbers(called):
    with pytest.raises(
        InvalidInput, match="called must hold a class number from 0 to 3 for each of 3 windows"
    ):
        classification_metrics([0, 1, 2], random_case(0, 3)[1], called=called)


def test_intervals_resample_entities():
    y, probs = random_case(0)
    entity = np.repeat(np.arange(10), 20)
    scores = classification_metrics(y, probs, entity=entity, n_bootstrap=300, random_state=3)
    counts = np.random.default_rng(3).multinomial(10, np.full(10, 0.1), size=300)
    slow = []
    for count in counts:
        rows = np.concatenate([np.flatnonzero(entity == g) for g in range(10) for _ in range(count[g])])
        slow.append(sk.f1_score(y[rows], probs[rows].argmax(1), average="macro"))
    low, high = np.quantile(slow, [0.025, 0.975])
    assert scores["macro_f1_low"] == pytest.approx(low)
    assert scores["macro_f1_high"] == pytest.approx(high)
    assert scores["n_entities"] == 10


def test_a_single_entity_has_no_interval():
    y, probs = random_case(0)
    scores = classification_metrics(y, probs, entity=np.zeros(200))
    assert math.isnan(scores["accuracy_low"])
    assert math.isnan(scores["macro_f1_high"])


def test_what_one_class_leaves_undefined_is_nan():
    _, probs = random_case(0)
    scores = classification_metrics(np.zeros(200, dtype=int), probs)
    assert math.isnan(scores["auroc"])
    assert math.isnan(scores["auprc"])


@given(st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_the_order_of_windows_does_not_matter(seed):
    y, probs = random_case(seed, n=40, n_classes=3)
    order = np.random.default_rng(seed + 1).permutation(40)
    entity = np.arange(40) % 5
    first = classification_metrics(y, probs, entity=entity, n_bootstrap=20)
    second = classification_metrics(y[order], probs[order], entity=entity[order], n_bootstrap=20)
    assert first == pytest.approx(second, nan_ok=True)


@pytest.mark.parametrize(
    ("y", "probs", "message"),
    [
        ([0, 1], [[1.0, 0.0]], r"y must be \(N,\) and probs \(N, classes\)"),
        ([], np.zeros((0, 2)), "with N at least 1"),
        ([0, 2], [[1.0, 0.0], [0.5, 0.5]], "y must hold class numbers from 0 to 1"),
        ([0.0, 1.0], [[1.0, 0.0], [0.5, 0.5]], "got float64"),
        ([0, 1], [[1.0, 0.1], [0.5, 0.5]], "sum to 1"),
        ([0, 1], [[np.nan, 1.0], [0.5, 0.5]], "hold NaN"),
    ],
)
def test_bad_input_is_refused(y, probs, message):
    with pytest.raises(InvalidInput, match=message):
        classification_metrics(np.array(y), np.array(probs))


def test_entities_must_match_windows():
    y, probs = random_case(0)
    with pytest.raises(InvalidInput, match=r"one entry per window \(200\)"):
        classification_metrics(y, probs, entity=np.zeros(3))
