"""Screening: a short training says which modalities and pairs are worth a long one."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from interplay.data import Windows
from interplay.estimators.posterior.fold_probe import Promising, Training, fold_probes

SCREENING_EPOCHS, SCREENING_FOLDS = 4, 2
LEAST_GAIN_NATS, LEAST_GAIN_SHARE = 2.0, 0.01
"""Of a head over what is known without it, summed over held-out windows: what one weight gains by chance; and for a
pair a share of what its better modality tells, which further training of that modality's head gains as well."""


def screen(
    windows: Windows,
    context: np.ndarray,
    lags: np.ndarray,
    pairs: np.ndarray,
    training: Training,
    random_state: int,
    progress: Callable[[float], None],
) -> Promising:
    """What is worth a long training, from a short one of two folds with all heads at once and no logits kept.

    Pairs (P, 2) that say more together than either modality alone at some lag, and modalities that say more than the
    class prior or are in such a pair. Of the other pairs the joint posterior is made of what each modality says.
    """
    short = replace(training, epochs=min(SCREENING_EPOCHS, training.epochs))
    everything = Promising.all(len(windows.modalities), len(pairs))
    probes = fold_probes(windows, context, lags, pairs, everything, short, random_state)[:SCREENING_FOLDS]
    prior = torch.stack([probe.prior_loss for probe in probes]).sum()
    i, j = torch.from_numpy(pairs).unbind(1)
    modalities = torch.zeros(len(windows.modalities), dtype=torch.bool)
    found = torch.zeros(len(pairs), dtype=torch.bool)
    for epoch in range(short.epochs):
        for k, probe in enumerate(probes):
            probe.train_epoch()
            progress((epoch + (k + 1) / len(probes)) / short.epochs)
        losses = zip(*(probe.held_out_losses() for probe in probes), strict=True)
        alone, together = (torch.stack(kind).sum(0) for kind in losses)
        modalities |= (prior - alone > LEAST_GAIN_NATS).any(1)
        least = torch.minimum(alone[i], alone[j]).clamp_max(prior)
        demanded = LEAST_GAIN_NATS + LEAST_GAIN_SHARE * (prior - least)
        found |= (least - together > demanded).any(1)
    modalities[torch.cat([i[found], j[found]])] = True
    return Promising(modalities.numpy(), found.numpy())
