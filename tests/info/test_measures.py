"""Measures as objects: BROJA, and two in closed form written as a user would, by what they credit to known gates."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from interplay import info
from interplay.errors import ConvergenceWarning
from interplay.info.atoms import couple

TOL_BITS = 1e-6
ROUNDING = 1e-12
"""Sums of some hundred terms of size at most 10."""


@dataclass(frozen=True)
class TableOfScores:
    """Union information that is known in closed form, with its scores (B, I, J, C) in nats."""

    score: torch.Tensor

    @property
    def gap_bits(self) -> torch.Tensor:
        return torch.zeros(len(self.score), dtype=torch.float64)

    def log_score(self, cell1, cell2, y):
        return self.score[torch.arange(len(self.score))[:, None], cell1, cell2, y]


class Mmi:
    """I_mmi, R = min(I1, I2): both sources together are credited with what the stronger tells."""

    def union_information(self, p1, p2):
        one, two = log_posterior(p1)[:, :, None], log_posterior(p2)[:, None]
        first = info.mutual_information(p1) >= info.mutual_information(p2)
        return TableOfScores(torch.where(first[:, None, None, None], one, two).expand(shape_of(p1, p2)))


class Imin:
    """I_min of Williams and Beer: R is the mean over labels of the smaller specific information."""

    def union_information(self, p1, p2):
        prior = p1.sum(1)
        specific = []
        for p in (p1, p2):
            of_label = torch.where(p > 0, p * (log_posterior(p) - torch.log(prior)[:, None]), 0.0).sum(1)
            specific.append(of_label / prior)
        shared = torch.minimum(*specific) + torch.log(prior)
        return TableOfScores(
            log_posterior(p1)[:, :, None] + log_posterior(p2)[:, None] - shared[:, None, None]
        )


MEASURES = [info.Broja(tol_bits=TOL_BITS), Mmi(), Imin()]


def log_posterior(p: torch.Tensor) -> torch.Tensor:
    return torch.log(p) - torch.log(p.sum(-1, keepdim=True))


def shape_of(p1: torch.Tensor, p2: torch.Tensor) -> tuple[int, ...]:
    return (*p1.shape[:2], *p2.shape[1:])


def joint_tables(n=5, shape=(4, 6, 3), seed=0) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.dirichlet(np.full(np.prod(shape), 0.5), n).reshape(n, *shape))


def every_event(shape: tuple[int, int, int]) -> list[torch.Tensor]:
    """Cells and labels (1, N) of all events of a table."""
    return [axis.reshape(1, -1) for axis in torch.meshgrid(*map(torch.arange, shape), indexing="ij")]


def solve(measure: info.RedundancyMeasure, joint: torch.Tensor) -> info.UnionInformation:
    return measure.union_information(joint.sum(2), joint.sum(1))


def redundancy(measure: info.RedundancyMeasure, joint: torch.Tensor) -> torch.Tensor:
    """R (B,) in bits: I1 + I2, less the mean of the score over the table, plus the mean of log p(y)."""
    cell1, cell2, y = every_event(joint.shape[1:])
    probability, prior = joint.flatten(1), joint.sum((1, 2))[:, y[0]]
    score = solve(measure, joint).log_score(cell1, cell2, y) - torch.log(prior)
    union = torch.where(probability > 0, probability * score, 0.0).sum(-1) / math.log(2)
    return info.mutual_information(joint.sum(2)) + info.mutual_information(joint.sum(1)) - union


def gate(label) -> torch.Tensor:
    """Two fair bits and the label that they make, (1, 2, 2, C)."""
    joint = torch.zeros(1, 2, 2, 4, dtype=torch.float64)
    for a in range(2):
        for b in range(2):
            joint[0, a, b, label(a, b)] = 0.25
    return joint[..., joint.sum((0, 1, 2)) > 0]


@pytest.mark.parametrize("measure", MEASURES)
def test_a_measure_has_the_shape_that_estimators_ask_for(measure):
    assert isinstance(measure, info.RedundancyMeasure)
    union = solve(measure, joint_tables())
    assert isinstance(union, info.UnionInformation)
    assert union.gap_bits.shape == (5,)
    assert (union.gap_bits <= TOL_BITS).all()
    cell1, cell2, y = (torch.zeros(5, 7, dtype=torch.int64) for _ in range(3))
    assert union.log_score(cell1, cell2, y).shape == (5, 7)
    assert union.log_score(cell1[:1], cell2[:1], y[:1]).shape == (5, 7)


# Williams and Beer 2010 for I_min; Bertschinger et al. 2014 for the copy that tells the measures apart
@pytest.mark.parametrize(
    ("label", "expected"),
    [
        pytest.param(lambda a, b: a ^ b, (0.0, 0.0, 0.0), id="xor"),
        pytest.param(lambda a, b: a & b, (0.311278, 0.311278, 0.311278), id="and"),
        pytest.param(lambda a, b: 2 * a + b, (0.0, 1.0, 1.0), id="copy of both"),
        pytest.param(lambda a, b: a, (0.0, 0.0, 0.0), id="first alone"),
    ],
)
def test_gates_have_the_redundancy_that_each_measure_is_known_for(label, expected):
    for measure, value in zip(MEASURES, expected, strict=True):
        assert redundancy(measure, gate(label)).item() == pytest.approx(value, abs=2 * TOL_BITS)


def test_scores_average_to_the_redundancy_of_a_table():
    joint = joint_tables()
    i1, i2 = info.mutual_information(joint.sum(2)), info.mutual_information(joint.sum(1))
    broja, mmi, _ = (redundancy(measure, joint) for measure in MEASURES)
    torch.testing.assert_close(broja, info.decompose(joint).redundancy, rtol=0, atol=2 * TOL_BITS)
    torch.testing.assert_close(mmi, torch.minimum(i1, i2), rtol=0, atol=ROUNDING)


def test_scores_are_the_sums_of_potentials_at_the_events():
    joint = joint_tables()
    coupling = couple(joint.sum(2), joint.sum(1), tol_bits=TOL_BITS)
    rng = np.random.default_rng(1)
    cell1, cell2, y = (torch.from_numpy(rng.integers(0, size, (5, 7))) for size in joint.shape[1:])
    score = coupling.log_score(cell1, cell2, y)
    for b in range(5):
        for n in range(7):
            alpha, beta = coupling.alpha[b, cell1[b, n], y[b, n]], coupling.beta[b, cell2[b, n], y[b, n]]
            assert score[b, n] == alpha + beta
    shared = coupling.log_score(cell1[:1], cell2[:1], y[:1])
    torch.testing.assert_close(shared[0], score[0], rtol=0, atol=0)


def test_an_impossible_label_scores_minus_infinity():
    joint = joint_tables(1)
    joint[:, 0, :, 2] = 0
    joint /= joint.sum()
    cell1, cell2, y = every_event(joint.shape[1:])
    score = solve(info.Broja(), joint).log_score(cell1, cell2, y)
    torch.testing.assert_close(torch.isneginf(score), (cell1 == 0) & (y == 2))


def test_settings_of_broja_reach_its_solver():
    joint = joint_tables(shape=(6, 6, 4))
    fine, coarse = (solve(info.Broja(tol_bits=tol), joint).gap_bits for tol in (1e-9, 1e-3))
    assert (fine <= 1e-9).all()
    assert (coarse > 1e-9).any()
    with pytest.warns(ConvergenceWarning, match="in 1 steps"):
        solve(info.Broja(max_steps=1), joint)


def test_something_without_scores_is_no_measure():
    assert not isinstance(info.decompose(joint_tables()), info.UnionInformation)
    assert not isinstance(info.decompose, info.RedundancyMeasure)
