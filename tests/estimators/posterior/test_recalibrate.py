"""What is said of a window never rests on its label, nor on any of its fold."""

import numpy as np
import pytest
import torch

from interplay.estimators.posterior.recalibrate import best_elsewhere, evidence, mixed, recalibrated

FOLDS = np.arange(300) % 3


def said(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits (2, N, 3) of two heads, of which the first tells something, and labels (N,)."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, 300)
    logits = rng.normal(size=(2, 300, 3))
    logits[0, np.arange(300), y] += 1.5
    return torch.from_numpy(logits).float(), torch.from_numpy(y)


@pytest.fixture
def prior():
    return torch.log(torch.full((3,), 1 / 3))


def test_labels_of_a_fold_change_nothing_in_it_and_something_in_the_others(prior):
    logits, y = said()
    other = torch.where(torch.from_numpy(FOLDS == 1), (y + 1) % 3, y)
    one, changed = (recalibrated(logits, labels, prior, FOLDS) for labels in (y, other))
    inside = torch.from_numpy(FOLDS == 1)
    assert torch.equal(one[:, inside], changed[:, inside])
    assert (one[0, ~inside] - changed[0, ~inside]).abs().min() > 0


def test_weights_and_choices_of_a_fold_come_from_the_others():
    scores = torch.randn(300, 2, generator=torch.Generator().manual_seed(0))
    inside = torch.from_numpy(FOLDS == 1)
    # one predictor is better on the other folds, the other on this one
    scores[~inside, 0] += 1.0
    scores[inside, 1] += 3.0
    best = best_elsewhere(scores.T, FOLDS)
    assert (best[inside] == 0).all()
    other = scores.clone()
    other[inside, 0] -= 5.0
    one, changed = mixed(scores, FOLDS), mixed(other, FOLDS)
    # the weight of what got worse here is as it was: the mixture loses what that predictor lost, times its share
    share = torch.exp(one - changed)[inside]
    assert (share > 1).all()
    weight = (torch.exp(one) - torch.exp(changed))[inside] / (
        torch.exp(scores[:, 0]) - torch.exp(other[:, 0])
    )[inside]
    # float64 logarithms and back
    assert float(weight.max() - weight.min()) < 1e-5


def test_scale_offsets_and_noise_are_mended(prior):
    logits, y = said()
    clean = recalibrated(logits, y, prior, FOLDS)
    bent = recalibrated(4 * logits + torch.tensor([1.0, 0.0, -1.0]), y, prior, FOLDS)
    score, of_bent = (log_p[0, torch.arange(300), y].mean() for log_p in (clean, bent))
    # two fits of five numbers to 200 windows: 5 / 2 / 200 nats is what either may lose
    assert abs(float(score - of_bent)) < 0.0125
    assert float(score) > float(prior[0]) + 0.3
    raw = torch.log_softmax(4 * logits[0], -1)[torch.arange(300), y].mean()
    assert float(of_bent) > float(raw) + 0.1
    # of noise hardly anything is left
    assert (clean[1] - prior).abs().mean() < 0.1


def test_probabilities_of_zero_and_one_stay_finite(prior):
    logits = evidence(torch.eye(3)[None], prior)
    assert torch.isfinite(logits).all()
    assert (logits.argmax(-1) == torch.arange(3)).all()
