"""AUROC over draws of entities: against scikit-learn's own, drawn by hand."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from interplay.metrics import classification_metrics, multilabel_metrics
from interplay.metrics.ranking import weighted_auroc


def test_each_draw_is_what_scikit_learn_says_of_the_windows_drawn():
    rng = np.random.default_rng(0)
    true, score, code = rng.random(60) < 0.4, rng.integers(8, size=60) / 8, rng.integers(9, size=60)
    drawn = rng.multinomial(9, np.full(9, 1 / 9), size=20)
    by_hand = []
    for times in drawn:
        rows = np.repeat(np.arange(60), times[code])
        by_hand.append(roc_auc_score(true[rows], score[rows]))
    np.testing.assert_allclose(weighted_auroc(true, score, drawn, code), by_hand, rtol=1e-12)


def test_intervals_hold_the_score_and_narrow_with_entities():
    rng = np.random.default_rng(1)
    widths = []
    for entities in (10, 160):
        entity = np.repeat(np.arange(entities), 10)
        y = rng.integers(3, size=len(entity))
        probs = rng.dirichlet(np.ones(3), size=len(y)) + 0.3 * np.eye(3)[y]
        probs /= probs.sum(1, keepdims=True)
        found = classification_metrics(y, probs, entity=entity)
        assert found["auroc"] == pytest.approx(roc_auc_score(y, probs, multi_class="ovr"), abs=1e-12)
        assert found["auroc_low"] < found["auroc"] < found["auroc_high"]
        widths.append(found["auroc_high"] - found["auroc_low"])
    # sixteen times the entities: a quarter of the width, give or take the noise of percentiles
    assert widths[1] < widths[0] / 2


def test_what_is_unknown_or_one_sided_does_not_count():
    rng = np.random.default_rng(2)
    y, probs = rng.integers(2, size=(50, 2)), rng.random((50, 2))
    y[:10, 0], y[:, 1] = -1, 1
    found = multilabel_metrics(y, probs)
    assert found["auroc"] == pytest.approx(roc_auc_score(y[10:, 0], probs[10:, 0]), abs=1e-12)
    one_class = classification_metrics(np.zeros(4, dtype=int), np.full((4, 2), 0.5))
    assert np.isnan([one_class["auroc"], one_class["auroc_low"]]).all()
