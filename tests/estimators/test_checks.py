"""Every estimator keeps the contract, and the contract catches those that do not."""

import numpy as np
import pytest
import torch
from sklearn.base import clone

from interplay.estimators import DensityPID, DiscretePID, PosteriorPID, check_estimator
from interplay.estimators.checks import CHECKS

ESTIMATORS = [
    (DiscretePID(n_rotations=19), False),
    (DiscretePID(cells="quantile", n_cells=2, correction="shuffle", n_rotations=19), False),
    (PosteriorPID(n_rotations=19, epochs=12), True),
    (DensityPID(n_rotations=19), True),
]
"""Estimators, and whether they learn."""


# a probe takes seconds for what counting does in no time; what is only its own is tested beside it
LEARNED_FEW = (
    "finds_the_gate",
    "finds_nothing_in_noise",
    "obeys_the_sum_rules",
    "keeps_scikit_learn_manners",
)
CONTRACT = [
    pytest.param(
        estimator,
        check,
        marks=pytest.mark.slow if learned and check.__name__ not in LEARNED_FEW else (),
        id=f"{type(estimator).__name__}-{check.__name__}",
    )
    for estimator, learned in ESTIMATORS
    for check in CHECKS
]


@pytest.mark.parametrize(("estimator", "check"), CONTRACT)
def test_the_contract(estimator, check):
    check(clone(estimator))


class Clipped(DiscretePID):
    """Hides negative values, which breaks the sum rules."""

    def fit(self, x1, x2, y, groups=None):
        super().fit(x1, x2, y, groups)
        self.unique1_ = max(self.unique1_, 0.0) + 0.01
        return self


class Careless(DiscretePID):
    """Draws from the global random states and scales its input in place."""

    def fit(self, x1, x2, y, groups=None):
        np.random.random()
        torch.rand(1)
        x1 *= 2
        return super().fit(x1, x2, y, groups)


class Fickle(DiscretePID):
    """Answers differently each time."""

    def fit(self, x1, x2, y, groups=None):
        super().fit(x1, x2, y, groups)
        self.synergy_ += 1e-3 * np.random.default_rng().random()
        return self


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (Clipped, r"R \+ U1 \+ U2 \+ S must be I12"),
        (Careless, "fit must not change its inputs"),
        (Fickle, "synergy must be the same in a second run"),
    ],
)
def test_the_contract_catches(broken, message):
    with pytest.raises(AssertionError, match=f"{broken.__name__} breaks its contract.*{message}"):
        check_estimator(broken(n_rotations=3))


def test_a_good_estimator_passes():
    check_estimator(DiscretePID(n_rotations=3))
