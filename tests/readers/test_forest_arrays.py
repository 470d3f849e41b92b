"""Trees as arrays say what scikit-learn says, missing values included."""

import numpy as np
import pytest
import torch
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier

from interplay.readers.forest import joined, of_boosting, of_forest, summed_leaves


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 5)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] > 0).astype(int) + (x[:, 2] > 1)
    x[rng.random(x.shape) < 0.1] = np.nan
    x[:, 4] = x[:, 4].round(1)  # thresholds between equal values
    return x, y


def test_a_forest(data):
    x, y = data
    forest = ExtraTreesClassifier(15, random_state=0).fit(x, y)
    trees = joined([of_forest(tree.tree_, tree.tree_.value[:, 0]) for tree in forest.estimators_])
    ours = summed_leaves(torch.from_numpy(x), trees) / 15
    # float32 sums of 15 shares
    np.testing.assert_allclose(ours.numpy(), forest.predict_proba(x), atol=1e-6)


def test_boosting(data):
    x, y = data
    boosted = HistGradientBoostingClassifier(max_iter=20, early_stopping=False).fit(x, y)
    trees = [of_boosting(one.nodes, c, 3) for round_ in boosted._predictors for c, one in enumerate(round_)]
    ours = summed_leaves(torch.from_numpy(x), joined(trees)).numpy() + np.ravel(boosted._baseline_prediction)
    # float32 sums of 20 values
    np.testing.assert_allclose(ours, boosted.decision_function(x), atol=1e-4)
