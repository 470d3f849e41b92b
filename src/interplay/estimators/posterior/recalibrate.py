"""Calibration and mixtures fitted out of fold: what is said of a window never rests on its label or its group's.

Letters: any leading axes are heads; N windows, C classes, K predictors.
"""

import numpy as np
import torch

from interplay.estimators.posterior.calibrate import fit_calibration, mixture_weights

SUREST = 30.0
"""Log-probabilities below minus this are as sure; a probability of 0 has none of its own."""


def evidence(p: torch.Tensor, log_prior: torch.Tensor) -> torch.Tensor:
    """Logits (..., N, C) relative to the prior (C,) of probabilities (..., N, C)."""
    return torch.log(p).clamp_min(-SUREST) - log_prior


def recalibrated(
    logits: torch.Tensor, y: torch.Tensor, log_prior: torch.Tensor, fold: np.ndarray
) -> torch.Tensor:
    """Log-posteriors that are calibrated on the other folds.

    Parameters
    ----------
    logits : (..., N, C) float, relative to the prior
    y : (N,) int64
    log_prior : (C,) float
        That of all windows: with the prior of each training part, what nothing is known of would be foretold by what
        the other folds lack.
    fold : (N,) int64

    Returns
    -------
    (..., N, C)
    """
    log_p = torch.empty_like(logits)
    for fit, held_out in _sides(fold):
        calibration = fit_calibration(logits[..., fit, :], y[fit], log_prior)
        log_p[..., held_out, :] = calibration.apply(logits[..., held_out, :], log_prior)
    return log_p


def mixed(scores: torch.Tensor, fold: np.ndarray) -> torch.Tensor:
    """Scores of the mixture of predictors that does best on the other folds.

    Parameters
    ----------
    scores : (..., N, K) log p(y|x) / p(y) of the label, by predictor
    fold : (N,) int64

    Returns
    -------
    (..., N)
    """
    likelihood = torch.exp(scores.double())
    mixture = torch.empty_like(likelihood[..., 0])
    for fit, held_out in _sides(fold):
        weights = mixture_weights(likelihood[..., fit, :])
        mixture[..., held_out] = (likelihood[..., held_out, :] * weights[..., None, :]).sum(-1)
    return torch.log(mixture)


def best_elsewhere(scores: torch.Tensor, fold: np.ndarray) -> torch.Tensor:
    """Number (..., N) of the predictor that does best on the other folds, of scores (K, ..., N).

    Chosen by its own score the best of several equals would seem better than any of them is.
    """
    best = torch.empty(scores.shape[1:], dtype=torch.int64)
    for fit, held_out in _sides(fold):
        best[..., held_out] = scores[..., fit].mean(-1).argmax(0)[..., None]
    return best


def _sides(fold: np.ndarray):
    """Numbers of the windows to fit on and of those to apply it to, for each fold."""
    for k in np.unique(fold):
        yield torch.from_numpy(np.flatnonzero(fold != k)), torch.from_numpy(np.flatnonzero(fold == k))
