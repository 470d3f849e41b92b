"""Screening: a short training says which modalities and pairs are worth a long one."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from interplay.data import cross_folds
from interplay.estimators.posterior.batches import STEPS_PER_EPOCH, size_of_batches
from interplay.estimators.posterior.fold_probe import FoldProbes, Screened, Training, fold_parts, prior_losses
from interplay.estimators.posterior.pair_look import promising
from interplay.estimators.posterior.problem import Problem

SCREENING_EPOCHS = 4
LEAST_STEPS = 32
"""However few the windows."""

SHORT = {"width": 32, "pair_width": 16, "input_noise": 0.0}
"""Half the width: whether there is anything to learn shows in less. No noise: see `SLOW`."""

SLOW = 5e-3
"""Learning rate: what two sources tell only together, and weakly, drowns in the noise of quick steps (four regimes of
an exclusive or each: 8 of 40 pairs are seen, or 39)."""

UNREAD = 2
"""Epochs at the beginning after which heads are not judged."""

SURE_NATS = 3.0
"""Gain of a head over what is known without it, summed over held-out windows, that is asked beyond the logarithm of
how many are tried and, beyond those of much data, how often: a gain of g nats by chance has odds of about exp(-g)."""

LEAST_GAIN_SHARE = 0.01
"""Share of what its better modality tells that a pair must add: further training of that modality's head gains as
well."""


def screen(
    problem: Problem,
    pairs: np.ndarray,
    training: Training,
    random_state: int,
    progress: Callable[[float], None],
) -> Screened:
    """What is worth a long training, from a short one of two halves with all heads at once and no logits kept.

    Pairs (P, 2) that say more together than either modality alone at some lag, and modalities that say more than the
    class prior or are in such a pair. Of the other pairs the joint posterior is made of what each modality says.
    Of very many pairs only those are trained that a quick look finds most in, see `pair_look`.
    """
    windows, n_l = problem.shared_out, len(problem.lags)
    n_m = len(windows.modalities)
    fold = cross_folds(windows, 2, seed=random_state, within_entities=problem.within_entities)
    parts = fold_parts(windows, fold)
    epochs, rate = pace(max(len(part.fit) for part in parts), training.batch_size)
    short = replace(training, epochs=min(epochs, training.epochs), learning_rate=rate, **SHORT)
    looked_at = promising(problem, pairs)
    tried = Screened(np.ones(n_m, dtype=bool), looked_at)
    probes = FoldProbes(problem, pairs, tried, short, random_state, parts)
    prior = prior_losses(problem, parts).sum()
    i, j = torch.from_numpy(pairs[looked_at]).unbind(1)
    looks = max(1.0, short.epochs / SCREENING_EPOCHS)
    sure, sure_of_pairs = (SURE_NATS + math.log(max(1, n) * n_l * looks) for n in (n_m, len(pairs)))
    modalities, worth = torch.zeros(n_m, dtype=torch.bool), torch.zeros(len(i), dtype=torch.bool)
    alone, together = torch.tensor(torch.inf), torch.tensor(torch.inf)
    for epoch in range(short.epochs):
        probes.train_epoch()
        progress((epoch + 1) / short.epochs)
        if epoch + 1 <= min(UNREAD, short.epochs - 1):
            continue
        # each head at its best so far: of few windows one learns by heart while another is still to learn
        alone, together = map(torch.minimum, (alone, together), probes.held_out_losses())
        modalities |= (prior - alone > sure).any(1)
        least = torch.minimum(alone[i], alone[j]).clamp_max(prior)
        gain = least - together
        demanded = (
            sure_of_pairs + LEAST_GAIN_SHARE * (prior - least) + usual_gain(gain, i, j, n_m).clamp_min(0.0)
        )
        worth |= (gain > demanded).any(1)
    modalities[torch.cat([i[worth], j[worth]])] = True
    of_all = np.zeros(len(pairs), dtype=bool)
    of_all[looked_at] = worth.numpy()
    return Screened(modalities.numpy(), of_all)


def pace(n_windows: int, batch_size: int) -> tuple[int, float]:
    """Epochs and learning rate for so many training windows.

    A step moves each weight by about the learning rate, whatever the slope: with few windows four epochs of slow steps
    end before anything that takes two sources is learned. Where an epoch has fewer steps than one of much data, the
    rate is as many times larger, and there are at least `LEAST_STEPS`.
    """
    steps = math.ceil(n_windows / size_of_batches(n_windows, batch_size))
    epochs = max(SCREENING_EPOCHS, math.ceil(LEAST_STEPS / steps))
    return epochs, SLOW * max(1.0, STEPS_PER_EPOCH / steps)


def usual_gain(gain: torch.Tensor, i: torch.Tensor, j: torch.Tensor, n_modalities: int) -> torch.Tensor:
    """What pairs gain whoever the partner is, (P, L): the larger of their two modalities' medians over partners.

    That is further learning about the one modality, which any pair with it has room for. With two partners at the most
    nobody can tell it from what the pair says, and it is 0.
    """
    square = gain.new_full((n_modalities, n_modalities, gain.shape[1]), torch.nan)
    square[i, j] = square[j, i] = gain
    usual = torch.nan_to_num(square.nanmedian(1).values)
    few = (~square.isnan()).any(-1).sum(1) <= 2
    usual[few] = 0.0
    return torch.maximum(usual[i], usual[j])
