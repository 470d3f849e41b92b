"""Calibration of held-out logits, and mixtures of held-out predictors.

A head's posterior is sharpened or softened by one scale and shifted by one offset per class, then mixed
with the class prior by one weight, which takes the sting out of confident errors, then scaled and shifted
once more; all fitted on held-out log-loss. At the optimum of the last step the expected and the observed
label frequencies agree, and so do the expected and the observed mean of log p(y|x) / p(y): information
read from the posteriors equals information read from the log-loss. A head without information falls back
to the prior exactly.

Letters: any leading axes are heads; N windows, C classes, K predictors.
"""

import torch

from interplay.probe.calibration import Calibration, posterior, scaled

LARGEST_SCORE = 30.0
"""Log-ratios beyond this overflow what is made of them, and are as sure."""


def fit_calibration(logits: torch.Tensor, y: torch.Tensor, log_prior: torch.Tensor) -> Calibration:
    """Fit the calibration of held-out logits.

    Parameters
    ----------
    logits : (..., N, C) float, held-out, relative to the prior
    y : (N,) int64
    log_prior : (C,) or (N, C) float, log-frequencies of the classes, in each window's context

    Returns
    -------
    Calibration
    """
    log_prior = log_prior.to(logits.dtype)
    of_prior = of_label(log_prior.expand(len(y), -1), y)
    scale, offset = _fit_scale(logits, y, log_prior)
    log_p = scaled(logits, scale, offset, log_prior)
    weight = prior_mixing_weight(of_label(log_p, y), of_prior)
    mixing = weight[..., None, None]
    mixed = torch.logaddexp(torch.log(mixing) + log_p, torch.log1p(-mixing) + log_prior)
    last_scale, last_offset = _fit_scale(mixed - log_prior, y, log_prior)
    return Calibration(
        scale=scale, offset=offset, weight=weight, last_scale=last_scale, last_offset=last_offset
    )


def prior_mixing_weight(log_p: torch.Tensor, log_prior: torch.Tensor, steps: int = 30) -> torch.Tensor:
    """Weight w in [0, 1) of a posterior against the prior that gives the least log-loss.

    The mean of log(w p + (1 - w) p0) is concave in w; its derivative is followed to its root by bisection.

    Parameters
    ----------
    log_p : (..., N) log-posterior of the true label
    log_prior : (N,) log-prior of the true label
    """
    gain = torch.expm1((log_p - log_prior).clamp_max(LARGEST_SCORE))
    low, high = torch.zeros(gain.shape[:-1]), torch.full(gain.shape[:-1], 1.0 - 1e-6)
    low, high = low.to(gain), high.to(gain)
    for _ in range(steps):
        middle = 0.5 * (low + high)
        rising = (gain / (1.0 + middle[..., None] * gain)).mean(-1) > 0
        low, high = torch.where(rising, middle, low), torch.where(rising, high, middle)
    return torch.where(gain.mean(-1) > 0, 0.5 * (low + high), 0.0)


def _fit_scale(
    evidence: torch.Tensor, y: torch.Tensor, log_prior: torch.Tensor, steps: int = 25
) -> tuple[torch.Tensor, torch.Tensor]:
    """Scale >= 0 (...) and offsets (..., C), by Newton steps and marginal fitting together.

    Heads without evidence, most of them where many lags tell nothing, get scale 0 and are left out of the work.
    """
    heads = evidence.shape[:-2]
    evidence = (evidence - evidence.mean(-1, keepdim=True)).reshape(-1, *evidence.shape[-2:])
    speaks = (evidence.abs() >= 1e-6).flatten(1).any(1)
    all_scales = torch.zeros(len(speaks), dtype=evidence.dtype, device=evidence.device)
    all_offsets = torch.zeros(len(speaks), evidence.shape[-1], dtype=evidence.dtype, device=evidence.device)
    if speaks.any():
        all_scales[speaks], all_offsets[speaks] = _newton_scale(evidence[speaks], y, log_prior, steps)
    return all_scales.view(heads), all_offsets.view(*heads, evidence.shape[-1])


def _newton_scale(evidence: torch.Tensor, y: torch.Tensor, log_prior: torch.Tensor, steps: int):
    """The same of centred evidence (H, N, C) that is nowhere 0 throughout."""
    frequency = torch.log(torch.exp(log_prior).expand(len(y), -1).mean(0))
    scale = torch.ones(evidence.shape[:-2], dtype=evidence.dtype, device=evidence.device)
    offset = torch.zeros(*evidence.shape[:-2], evidence.shape[-1], dtype=evidence.dtype, device=scale.device)
    observed = of_label(evidence, y).mean(-1)
    squared = evidence**2
    for _ in range(steps):
        p = torch.exp(posterior(evidence, scale, offset, log_prior))
        expected = (p * evidence).sum(-1)
        slope = observed - expected.mean(-1)
        curve = ((p * squared).sum(-1) - expected**2).mean(-1)
        shift = frequency - torch.log(p.mean(-2))
        scale = (scale + (slope / curve.clamp_min(1e-12)).clamp(-0.5, 0.5)).clamp_min(0.0)
        offset = offset + shift
        if max(float((slope.abs() * (scale > 0)).max()), float(shift.abs().max())) < 1e-5:
            break
    return scale, offset


SETTLED = 1e-5
"""A weight that moves by less in a step has come to rest; the log-loss is flat there to its square."""


def mixture_weights(likelihood: torch.Tensor, steps: int = 60) -> torch.Tensor:
    """Weights of K predictors with the least log-loss of their mixture, by expectation maximisation.

    Parameters
    ----------
    likelihood : (..., N, K), each predictor's probability of the true label

    Returns
    -------
    (..., K), non-negative, summing to 1
    """
    weights = torch.full_like(likelihood[..., 0, :], 1.0 / likelihood.shape[-1])
    # where all say the same, as where nothing is told, any weights will do
    differ = (likelihood.amax(-1) > (1 + 1e-6) * likelihood.amin(-1)).any(-1)
    some, of_some = likelihood[differ], weights[differ]
    for _ in range(steps):
        share = some * of_some[..., None, :]
        before, of_some = of_some, (share / share.sum(-1, keepdim=True)).mean(-2)
        if torch.allclose(of_some, before, rtol=0.0, atol=SETTLED):
            break
    weights[differ] = of_some
    return weights


def of_label(values: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Entries (..., N) of values (..., N, C) at the labels (N,)."""
    return values.gather(-1, y.expand(values.shape[:-1])[..., None])[..., 0]
