"""What chance does: the same scores where a source shows what it showed at other times.

A source is rearranged in time within each entity, so that it goes on as before and has nothing to do with the
label, nor with the other source. What is then told of the labels, after the mixing that the value itself went
through, is what the value has to exceed:

* information of one source, and with it redundancy and uniqueness: the source rearranged against the label;
* synergy: either partner rearranged against the other source and the label; both must matter.

Gains by chance are few and small, so that tails are exponential: in nats, summed over windows, a gain g of one weight
has odds of about exp(-g). Letters: D rearrangements, M modalities, L lags, N windows, C classes.
"""

import numpy as np
import torch

from interplay.estimators.posterior.calibrate import LARGEST_SCORE, of_label, prior_mixing_weight
from interplay.estimators.posterior.crossfit import HELD_OUT
from interplay.estimators.posterior.pair_head import PairHead
from interplay.estimators.posterior.scoring import Scored

NULL_BYTES = 64e6
"""Memory that posteriors of rearranged windows may take at once."""

MIXING_STEPS = 14
"""Bisections that find a mixing weight to 1e-4."""


def single_nulls(scored: Scored, rearranged: np.ndarray) -> torch.Tensor:
    """Gains (M, L, D), nats summed over windows, of sources that are rearranged against the labels.

    Parameters
    ----------
    scored : Scored
    rearranged : (D, N) int64, the window that each shows instead
    """
    gains = torch.zeros(*scored.tells.shape, len(rearranged))
    window = torch.from_numpy(rearranged)
    for m, lag in torch.nonzero(scored.tells).tolist():
        gains[m, lag] = mixed_gain(_shown(scored, m, lag, window))
    return gains


def synergy_null(
    scored: Scored, head: PairHead, calibration, members: tuple[int, int], lag: int, rearranged: np.ndarray
) -> torch.Tensor:
    """Gains (2, D) of a pair's head over its better single source, with the first or the second source rearranged.

    Parameters
    ----------
    scored : Scored
    head : PairHead, of the pair at this lag
    calibration : Calibration of the pair's head at this lag, of shape (1,)
    members : numbers of the two modalities
    lag : int, number of the lag
    rearranged : (D, N) int64
    """
    at_once = max(1, int(NULL_BYTES // (4 * scored.log_prior.numel())))
    some = np.array_split(rearranged, -(-len(rearranged) // at_once))
    return torch.cat([_synergy_gains(scored, head, calibration, members, lag, draws) for draws in some], -1)


def _synergy_gains(scored, head, calibration, members, lag: int, rearranged: np.ndarray) -> torch.Tensor:
    """The same of some rearrangements, all at once."""
    as_it_is = np.tile(np.arange(rearranged.shape[1]), (len(rearranged), 1))
    gains = []
    for moved in (0, 1):
        shown = [rearranged if k == moved else as_it_is for k in (0, 1)]
        logits = head.logits(*shown)
        log_p = calibration.apply(logits.flatten(0, 1)[None], scored.log_prior.repeat(len(rearranged), 1))[0]
        log_p = log_p.unflatten(0, logits.shape[:2])
        of_head = of_label(log_p, scored.y) - scored.of_prior
        one, other = (
            _shown(scored, m, lag, torch.from_numpy(window)) for m, window in zip(members, shown, strict=True)
        )
        better = torch.where((one.mean(-1) >= other.mean(-1))[:, None], one, other)
        gains.append(mixed_gain(of_head - better))
    return torch.stack(gains)


def mixed_gain(score: torch.Tensor) -> torch.Tensor:
    """Largest gain of mixing a predictor into what it is compared with, nats summed over windows.

    Parameters
    ----------
    score : (..., N) log-ratio of the two at the label

    Returns
    -------
    (...), at least 0: the mean of log(1 - w + w exp(score)) is concave in the weight w, and 0 at none
    """
    weight = prior_mixing_weight(score, torch.zeros(()), steps=MIXING_STEPS)
    gain = torch.log1p(weight[..., None] * torch.expm1(score.clamp_max(LARGEST_SCORE)))
    return gain.double().sum(-1).clamp_min(0.0).float()


def _shown(scored: Scored, m: int, lag: int, window: torch.Tensor) -> torch.Tensor:
    """Scores (D, N) of the labels where modality m shows what it shows in the windows (D, N)."""
    ratio = scored.log_p(m, lag)[HELD_OUT] - scored.log_prior
    return ratio.flatten()[window * ratio.shape[1] + scored.y]
