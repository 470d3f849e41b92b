"""Out-of-fold logits: one probe per fold, trained without it and read out on it.

The probes of all folds advance together, epoch by epoch. When a head is read out for good is decided by
the held-out loss of the *other* folds' probes: no training window is spent on validation, and the labels
of a fold bear on its own logits only through that one choice of epoch, by probes that are not its own. A
head that never beats the class prior keeps logits of zero, which is the prior.

Letters: M modalities, P pairs, L lags, N windows, C classes, G contexts of the target's past.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from interplay.data import Windows
from interplay.estimators.posterior.fold_probe import FoldProbe, Promising, Training, features_of, fold_probes
from interplay.probe.features import StepFeatures
from interplay.probe.network import Probe

LATE = 0.9
"""Share of all information that was read out by the epoch at which the final probe stops."""


HELD_OUT, SEEN = 0, 1
"""Sides of logits: by a probe that was not trained on the window, and by one that was."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BothSides:
    """What the probes said of windows they were not trained on, and of windows they were trained on.

    Attributes
    ----------
    alone : (2, M, L, N, C) float32, relative to the prior of each window's context; held out, then seen
    together : (2, P, L, N, C) float32, likewise, of promising pairs
    trained : (N,) bool, of which windows the second side is by a probe that was trained on them: not of those that lay
        too near to what it was held out of
    epochs : after which heads that tell much were read out, for a probe that is trained on all windows
    """

    alone: torch.Tensor
    together: torch.Tensor
    trained: torch.Tensor
    epochs: int


def cross_fitted_logits(
    windows: Windows,
    context: np.ndarray,
    lags: np.ndarray,
    pairs: np.ndarray,
    promising: Promising,
    training: Training,
    random_state: int,
    progress: Callable[[float], None],
) -> BothSides:
    """Logits of promising heads for every window, held out and seen.

    Parameters
    ----------
    windows : Windows
    context : (N,) int64, contexts of the target's past
    lags : (L,) int, steps
    pairs : (P, 2) int, modality numbers
    promising : Promising
        Heads of other modalities say nothing; there are none of other pairs.
    training : Training
    random_state : int
    progress : callable
        Told the share of the work that is done.

    Returns
    -------
    BothSides
    """
    n_m, n_l, n, n_c = len(windows.modalities), len(lags), len(windows), len(windows.classes)
    n_some, n_p = int(promising.modalities.sum()), int(promising.pairs.sum())
    alone, *best = (torch.zeros(2, heads, n_l, n, n_c) for heads in (n_m, n_some, n_p))
    if n_some == 0:
        nothing = torch.zeros(n, dtype=torch.bool)
        return BothSides(alone=alone, together=best[1], trained=nothing, epochs=0)
    probes = fold_probes(windows, context, lags, pairs, promising, training, random_state)
    chosen = [torch.zeros(len(probes), kept.shape[1], n_l, dtype=torch.int64) for kept in best]
    of_prior = torch.stack([probe.prior_loss for probe in probes])
    lowest = [_of_others(of_prior[:, None, None].expand(-1, kept.shape[1], n_l), probes) for kept in best]
    idle = 0
    for epoch in range(training.epochs):
        sums = ([], [])
        read_outs = []
        for k, probe in enumerate(probes):
            probe.train_epoch()
            seen = probes[(k + 1) % len(probes)].out
            read_outs.append((probe.read_out(probe.out), probe.read_out(seen)))
            for kind, logits in enumerate(read_outs[-1][HELD_OUT]):
                sums[kind].append(probe.summed_loss(logits))
            progress((epoch + (k + 1) / len(probes)) / training.epochs)
        improved = False
        for kind, kept in enumerate(best):
            loss = _of_others(torch.stack(sums[kind]), probes)
            margin = 0.5 / torch.tensor([n - len(probe.out) for probe in probes])[:, None, None]
            better = loss < lowest[kind] - margin
            lowest[kind] = torch.where(better, loss, lowest[kind])
            improved |= bool(better.any())
            chosen[kind][better] = epoch + 1
            for k, probe in enumerate(probes):
                heads, at = torch.nonzero(better[k], as_tuple=True)
                for side, about in enumerate((probe, probes[(k + 1) % len(probes)])):
                    new = read_outs[k][side][kind][better[k]].cpu()
                    kept[side, heads[:, None], at[:, None], torch.from_numpy(about.out)] = new
        idle = 0 if improved else idle + 1
        if idle >= training.patience:
            break
    progress(1.0)
    alone[:, torch.from_numpy(promising.modalities)] = best[0]
    trained = torch.zeros(n, dtype=torch.bool)
    for k, probe in enumerate(probes):
        trained[np.intersect1d(probe.fit, probes[(k + 1) % len(probes)].out)] = True
    epochs = _typical_epoch(chosen, lowest, of_prior, n)
    return BothSides(alone=alone, together=best[1], trained=trained, epochs=epochs)


def _typical_epoch(chosen, lowest, of_prior, n: int) -> int:
    """Epochs that heads were trained for, by what they tell: one that tells much and learns late decides."""
    prior = of_prior.sum() / n
    gain = torch.cat([(prior - loss).clamp_min(0.0).flatten() for loss in lowest])
    epochs = torch.cat([kind.flatten() for kind in chosen]).float()
    weight = torch.where(epochs > 0, gain, 0.0)
    if not weight.any():
        return 0
    order = epochs.argsort()
    share = weight[order].cumsum(0) / weight.sum()
    return int(epochs[order][torch.searchsorted(share, torch.tensor([LATE]))[0].clamp_max(len(order) - 1)])


def final_probe(
    windows: Windows,
    features: StepFeatures,
    lags: np.ndarray,
    pairs: np.ndarray,
    promising: Promising,
    training: Training,
    random_state: int,
    epochs: int,
) -> Probe:
    """A probe of all pairs (P, 2) trained on all windows, as long as the held-out ones needed.

    Modalities and pairs that are not promising keep heads that say nothing.
    """
    nothing = np.zeros(len(windows), dtype=bool)
    x, some = features_of(windows, features, promising, training), promising.renumbered(pairs)
    fold = FoldProbe(windows, nothing.astype(np.int64), x, lags, some, training, random_state, nothing)
    for _ in range(epochs):
        fold.train_epoch()
    masks = (torch.from_numpy(mask) for mask in (promising.modalities, promising.pairs))
    return fold.averaged.cpu().spread(torch.from_numpy(pairs), *masks).eval()


def _of_others(sums: torch.Tensor, probes: list["FoldProbe"]) -> torch.Tensor:
    """Mean held-out loss of the other folds, (folds, heads, L), from sums per fold."""
    sizes = torch.tensor([float(len(probe.out)) for probe in probes])[:, None, None]
    return (sums.sum(0) - sums) / (sizes.sum() - sizes)
