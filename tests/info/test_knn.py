"""Nearest-neighbour information against closed forms, scikit-learn's, and what must not pass for information."""

import numpy as np
import pytest
from scipy import stats
from sklearn.feature_selection import mutual_info_classif

from interplay import info
from interplay.errors import InvalidInput

N = 2000


def two_gaussians(apart: float) -> float:
    """I(X;Y) in bits of a fair class and a number of unit variance around one of two means."""
    grid = np.linspace(-10, 10 + apart, 20_001)
    one, other = stats.norm.pdf(grid), stats.norm.pdf(grid - apart)
    mixed = (one + other) / 2
    return float(np.trapezoid(0.5 * one * np.log2(one / mixed) + 0.5 * other * np.log2(other / mixed), grid))


@pytest.mark.parametrize("apart", [0.0, 1.0, 2.0, 4.0])
def test_a_class_told_by_a_gaussian(apart):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, N)
    x = rng.normal(size=(N, 3))
    x[:, 0] += apart * y
    # pointwise values deviate by about one nat: 4 standard errors of 0.032 bits
    assert info.knn_information(x[:, 0], y) == pytest.approx(two_gaussians(apart), abs=0.09)
    assert info.knn_information(x, np.array(["no", "yes"])[y]) == pytest.approx(
        two_gaussians(apart), abs=0.12
    )


@pytest.mark.parametrize("rho", [0.0, 0.6, 0.95])
def test_a_number_told_by_a_gaussian(rho):
    rng = np.random.default_rng(1)
    x, noise = rng.normal(size=(2, N))
    y = rho * x + np.sqrt(1 - rho**2) * noise
    truth = -0.5 * np.log2(1 - rho**2)
    assert info.knn_information(x, y) == pytest.approx(truth, abs=0.08)
    # what keeps the order of every column keeps its normal scores
    assert info.knn_information(np.exp(x), y**3) == info.knn_information(x, y)


def test_it_is_the_estimate_of_scikit_learn_where_that_looks_at_one_column():
    rng = np.random.default_rng(2)
    y = rng.integers(0, 3, 1000)
    x = stats.norm.ppf((stats.rankdata(rng.normal(size=1000) + y) - 0.5) / 1000)
    theirs = mutual_info_classif(x[:, None], y, random_state=0)[0] / np.log(2)
    # both shake values by a billionth, which decides no neighbour
    assert info.knn_information(x, y) == pytest.approx(theirs, abs=1e-9)


def test_stripes_that_few_models_learn_and_ties():
    x = np.random.default_rng(3).uniform(size=N)
    # of 16 stripes of 125 rows each k = 3 neighbours blur the borders by some hundredths
    assert info.knn_information(x, (16 * x).astype(int) % 2) == pytest.approx(1.0, abs=0.05)
    tied = np.round(x, 1)
    assert info.knn_information(tied, np.round(10 * tied).astype(int) % 2) == pytest.approx(1.0, abs=0.02)


def test_neighbours_of_the_same_group_pass_for_information_unless_folds_keep_them_apart():
    rng = np.random.default_rng(4)
    person = np.repeat(np.arange(40), 25)
    place = rng.normal(size=(40, 3))
    x, y = place[person] + 0.01 * rng.normal(size=(1000, 3)), (rng.permutation(40) % 2)[person]
    assert info.knn_information(x, y) > 0.8
    # nothing is told of people who were not seen: 40 of them, a nat of scatter each, 3 standard errors
    assert info.knn_information(x, y, fold=person % 5) < 3 / np.log(2) / np.sqrt(40)


def test_what_cannot_be_looked_at_is_told():
    with pytest.raises(InvalidInput, match="as many as y has"):
        info.knn_information(np.zeros((10, 1)), np.zeros(9, dtype=int))
    with pytest.raises(InvalidInput, match="finite numbers"):
        info.knn_information(np.full((10, 1), np.nan), np.zeros(10, dtype=int))
