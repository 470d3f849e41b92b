"""Calibration and mixtures: closed forms, and the identities that the decomposition relies on."""

import numpy as np
import torch
from scipy.special import log_softmax

from interplay.estimators.posterior.calibrate import fit_calibration, mixture_weights, prior_mixing_weight


def calibrated_log_probs(logits, y, prior):
    log_prior = torch.log(prior)
    return fit_calibration(logits, y, log_prior).apply(logits, log_prior)


def draw(n=20_000, seed=0, noise=1.0):
    """Labels of three classes with evidence whose exact posterior is softmax(evidence + log prior)."""
    rng = np.random.default_rng(seed)
    prior = np.array([0.5, 0.3, 0.2])
    y = rng.choice(3, n, p=prior)
    mean = 2.0 * np.eye(3)
    x = mean[y] + noise * rng.normal(size=(n, 3))
    evidence = (x @ mean.T - 0.5 * (mean**2).sum(1)) / noise**2
    return (
        torch.from_numpy(y),
        torch.from_numpy(evidence).float(),
        torch.from_numpy(np.bincount(y) / n).float(),
    )


def mean_log_ratio(log_p, y, prior):
    return (log_p.gather(-1, y[:, None])[:, 0] - torch.log(prior)[y]).mean().item()


def test_exact_evidence_is_left_as_it_is_whatever_its_scale():
    y, evidence, prior = draw()
    exact = torch.from_numpy(log_softmax(evidence.numpy() + np.log(prior.numpy()), axis=1))
    for scale in (0.3, 1.0, 4.0):
        log_p = calibrated_log_probs(scale * evidence, y, prior)
        # four parameters fitted to 20,000 labels move a posterior by about sqrt(4 / 20000) p (1 - p) < 0.004
        assert (log_p.exp() - exact.exp()).abs().mean() < 0.004


def test_expected_and_observed_information_agree_and_so_do_frequencies():
    y, evidence, prior = draw(3000, seed=1)
    distorted = 3.0 * evidence + torch.tensor([0.0, 1.0, -1.0])
    log_p = calibrated_log_probs(distorted, y, prior)
    p = log_p.exp()
    expected = (p * (log_p - torch.log(prior))).sum(-1).mean().item()
    # both conditions are driven to 1e-5 nats
    assert abs(expected - mean_log_ratio(log_p, y, prior)) < 1e-4
    np.testing.assert_allclose(p.mean(0), prior, atol=1e-4)


def test_no_information_collapses_to_the_prior_exactly():
    y, evidence, prior = draw(2000, seed=2)
    against = -evidence
    log_p = calibrated_log_probs(torch.stack([torch.zeros_like(evidence), against]), y, prior)
    expected = torch.log(prior).expand(2, 2000, 3)
    assert torch.equal(log_p, expected)


def test_mixing_weight_solves_its_equation():
    # half of the labels get p = 0.9 from the model, half 0.2, prior 0.5:
    # d/dw mean log(0.5 + w g), g = 0.4 and -0.3, vanishes at 0.8 / (1 + 0.8 w) = 0.6 / (1 - 0.6 w), w = 0.2083
    log_p = torch.log(torch.tensor([0.9, 0.2]).double())
    weight = prior_mixing_weight(log_p, torch.log(torch.tensor([0.5, 0.5]).double()))
    assert abs(weight.item() - 0.2 / 0.96) < 1e-6


def test_mixture_weights_find_the_better_predictor():
    rng = np.random.default_rng(0)
    good = torch.from_numpy(rng.uniform(0.5, 1.0, 4000))
    weights = mixture_weights(torch.stack([good, 0.2 * torch.ones(4000)], dim=-1).double())
    assert weights[0] > 0.999
    # two predictors that are right on different halves: the best mixture is even
    half = torch.tensor([[0.9, 0.1]] * 50 + [[0.1, 0.9]] * 50).double()
    torch.testing.assert_close(mixture_weights(half), torch.tensor([0.5, 0.5]).double())


def test_mixture_is_never_worse_than_its_best_part():
    rng = np.random.default_rng(1)
    likelihood = torch.from_numpy(rng.uniform(0.01, 1.0, (5, 500, 4)))
    weights = mixture_weights(likelihood, steps=400)
    mixed = torch.log((likelihood * weights[:, None]).sum(-1)).mean(-1)
    # what is left after 400 steps of expectation maximisation
    assert (mixed >= torch.log(likelihood).mean(1).max(-1).values - 1e-6).all()
