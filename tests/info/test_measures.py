"""BROJA and a measure in closed form as objects: shapes, batches, and that their mean score gives I_Q."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from interplay import info
from interplay.info.atoms import couple

TOL_BITS = 1e-6


@dataclass(frozen=True)
class StrongerSource:
    """I_mmi, R = min(I1, I2): both together are credited with what the stronger source tells."""

    log_posterior1: torch.Tensor
    log_posterior2: torch.Tensor
    first: torch.Tensor

    @property
    def gap_bits(self) -> torch.Tensor:
        return torch.zeros(len(self.first), dtype=torch.float64)

    def log_score(self, cell1, cell2, y):
        row = torch.arange(len(self.first))[:, None]
        return torch.where(
            self.first[:, None], self.log_posterior1[row, cell1, y], self.log_posterior2[row, cell2, y]
        )


def joint_tables(n=5, shape=(4, 6, 3), seed=0) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.dirichlet(np.full(np.prod(shape), 0.5), n).reshape(n, *shape))


def stronger_source(joint: torch.Tensor) -> StrongerSource:
    p1, p2 = joint.sum(2), joint.sum(1)
    first = info.mutual_information(p1) >= info.mutual_information(p2)
    return StrongerSource(*(torch.log(p / p.sum(-1, keepdim=True)) for p in (p1, p2)), first)


def broja_measure(joint: torch.Tensor) -> info.RedundancyMeasure:
    return couple(joint.sum(2), joint.sum(1), tol_bits=TOL_BITS)


def every_event(shape: tuple[int, int, int]) -> list[torch.Tensor]:
    """Cells and labels (1, N) of all events of a table."""
    return [axis.reshape(1, -1) for axis in torch.meshgrid(*map(torch.arange, shape), indexing="ij")]


def credited(measure: info.RedundancyMeasure, joint: torch.Tensor) -> torch.Tensor:
    """I_Q (B,) in bits: the mean of the score over the table, less the mean of log p(y)."""
    cell1, cell2, y = every_event(joint.shape[1:])
    prior = joint.sum((1, 2))[:, y[0]]
    score = measure.log_score(cell1, cell2, y) - torch.log(prior)
    return (joint.flatten(1) * score).sum(-1) / math.log(2)


@pytest.mark.parametrize("measure", [broja_measure, stronger_source])
def test_the_mean_score_is_what_the_measure_credits(measure):
    joint = joint_tables()
    measure = measure(joint)
    assert isinstance(measure, info.RedundancyMeasure)
    assert measure.gap_bits.shape == (5,)
    assert (measure.gap_bits <= TOL_BITS).all()
    i1, i2 = info.mutual_information(joint.sum(2)), info.mutual_information(joint.sum(1))
    if isinstance(measure, StrongerSource):
        expected = torch.maximum(i1, i2)
    else:
        expected = i1 + i2 - info.decompose(joint, tol_bits=TOL_BITS).redundancy
    torch.testing.assert_close(credited(measure, joint), expected, rtol=0, atol=2 * TOL_BITS)


def test_scores_are_the_sums_of_potentials_at_the_events():
    joint = joint_tables()
    coupling = broja_measure(joint)
    rng = np.random.default_rng(1)
    cell1, cell2, y = (torch.from_numpy(rng.integers(0, size, (5, 7))) for size in joint.shape[1:])
    score = coupling.log_score(cell1, cell2, y)
    assert score.shape == (5, 7)
    for b in range(5):
        for n in range(7):
            alpha, beta = coupling.alpha[b, cell1[b, n], y[b, n]], coupling.beta[b, cell2[b, n], y[b, n]]
            assert score[b, n] == alpha + beta
    shared = coupling.log_score(cell1[:1], cell2[:1], y[:1])
    torch.testing.assert_close(shared[0], score[0], rtol=0, atol=0)
    assert shared.shape == (5, 7)


def test_an_impossible_label_scores_minus_infinity():
    joint = joint_tables(1)
    joint[:, 0, :, 2] = 0
    joint /= joint.sum()
    cell1, cell2, y = every_event(joint.shape[1:])
    score = broja_measure(joint).log_score(cell1, cell2, y)
    torch.testing.assert_close(torch.isneginf(score), (cell1 == 0) & (y == 2))


def test_something_without_scores_is_no_measure():
    assert not isinstance(info.decompose(joint_tables()), info.RedundancyMeasure)
