"""Standard errors from whole entities, and a null from rotated labels.

Every estimate here is a mean over windows of pointwise values that are the influence function of the
quantity (log-ratios for information; the dual potentials for I_Q, by the envelope theorem). Resampling
their sums per cluster is therefore the cluster bootstrap of the estimate to first order, at the cost of
one matrix product.
"""

import numpy as np
import torch

from interplay.data import Windows
from interplay.data.splits import consecutive_blocks

FEW_ENTITIES = 10
"""With fewer entities than this, blocks of consecutive windows are resampled instead."""


def clusters_of(windows: Windows) -> np.ndarray:
    """Cluster of each window, (N,) int64: its entity, or a block of consecutive windows."""
    entity = np.unique(windows.entity, return_inverse=True)[1]
    if entity.max() + 1 >= FEW_ENTITIES:
        return entity
    return consecutive_blocks(windows, max(2 * windows.length, -(-len(windows) // 100)))


def cluster_sums(pointwise: torch.Tensor, cluster: np.ndarray) -> torch.Tensor:
    """Sums of pointwise values (..., N) per cluster, (..., G) float64."""
    index = torch.from_numpy(cluster).to(pointwise.device)
    sums = torch.zeros(
        *pointwise.shape[:-1], int(cluster.max()) + 1, dtype=torch.float64, device=pointwise.device
    )
    return sums.index_add_(-1, index, pointwise.double())


def bootstrap_std_error(sums: torch.Tensor, counts: np.ndarray, draws: int, rng: np.random.Generator):
    """Standard deviation of means over resampled clusters.

    Parameters
    ----------
    sums : (..., G) float64
    counts : (G,) windows per cluster
    draws : int
    rng : numpy Generator

    Returns
    -------
    (...) float64
    """
    n_g = len(counts)
    times = torch.from_numpy(rng.multinomial(n_g, np.full(n_g, 1.0 / n_g), size=draws).astype(np.float64))
    total = times @ torch.from_numpy(counts.astype(np.float64))
    means = (sums @ times.T.to(sums.device)) / total.to(sums.device)
    # 1 / (G - 1) instead of 1 / G: few clusters would otherwise look too certain
    return means.std(-1) * np.sqrt(n_g / max(n_g - 1, 1))


def rotation_p_values(
    score: torch.Tensor,
    label: np.ndarray,
    entity: np.ndarray,
    *,
    lags: int,
    draws: int,
    rng: np.random.Generator,
) -> torch.Tensor:
    """How often rearranged labels fit a predictor as well as the labels themselves.

    Where labels change within at least half of the entities, they are rotated in time within each entity.
    Rotation keeps the runs of labels, so slow signals under slow labels do not pass for information. The
    statistic, the sum of score times label, is computed for all rotations at once as a circular correlation.
    Otherwise, as for one label per stay, entities exchange their labels.

    Parameters
    ----------
    score : (H, N, C), held-out log p(y|x) / p(y) for every class; or a centred prediction, C = 1
    label : (N, C), one-hot labels; or a centred continuous target, C = 1
    entity : (N,) int64, windows of one entity lie together
    lags : int
        Rotations by fewer steps than this, in either direction, are left out.
    draws : int
    rng : numpy Generator

    Returns
    -------
    (H,) float64, (1 + rearrangements that fit as well) / (1 + draws)
    """
    starts = np.flatnonzero(np.r_[True, entity[1:] != entity[:-1]])
    new = np.r_[0, (label[1:] != label[:-1]).any(axis=1)]
    changes = np.add.reduceat(new * (entity == np.r_[-1, entity[:-1]]), starts) > 0
    told = torch.from_numpy(label.astype(np.float64)).to(score.device)
    if 2 * changes.sum() >= len(starts):
        seen, null = _rotated(score.double(), told, starts, lags, draws, rng)
    else:
        seen, null = _exchanged(score.double(), told, starts, draws, rng)
    # rounding of the transforms is about 1e-12 of the sums; ties count against the finding
    slack = 1e-9 * (1.0 + seen.abs())
    return (1.0 + (null >= (seen - slack)[:, None]).sum(1).double()) / (1.0 + draws)


def _rotated(score, label, starts, lags: int, draws: int, rng):
    seen = torch.zeros(len(score), dtype=torch.float64, device=score.device)
    null = torch.zeros(len(score), draws, dtype=torch.float64, device=score.device)
    for run in np.split(np.arange(len(label)), starts[1:]):
        fit = _fit_of_rotations(score[:, run], label[run])
        margin = min(lags, (len(run) - 1) // 2)
        shift = rng.integers(margin, max(len(run) - margin, margin + 1), draws)
        seen += fit[:, 0]
        null += fit[:, torch.from_numpy(shift)]
    return seen, null


def _exchanged(score, label, starts, draws: int, rng):
    """Each entity counts with the label of its first window; entities exchange these labels."""
    label = label[torch.from_numpy(starts)]
    run = torch.from_numpy(np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, score.shape[1]])))
    fit = torch.zeros(
        len(score), len(starts), score.shape[2], dtype=torch.float64, device=score.device
    ).index_add_(1, run.to(score.device), score)
    # as products: temporary sums in turn with small results leave holes in the heap, once of 15 GB
    fit, null = fit.flatten(1), []
    for k in range(0, draws, at_once := _draws_at_once(fit.shape[1])):
        order = rng.permuted(np.tile(np.arange(len(starts)), (min(at_once, draws - k), 1)), axis=1)
        null.append(fit @ label[torch.from_numpy(order)].flatten(1).T)
    return fit @ label.flatten(), torch.cat(null, dim=1)


def _draws_at_once(n_numbers: int) -> int:
    """So many rearrangements of so many numbers fit into 64 MB."""
    return max(1, int(64e6 // (8 * n_numbers)))


def _fit_of_rotations(score: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
    """Sum over t and c of score[t, c] * label[t + k, c] for every k, (H, n) float64."""
    spectrum = torch.fft.rfft(score.double().mT, dim=-1)
    product = (spectrum.conj() * torch.fft.rfft(label.T, dim=-1)).sum(-2)
    return torch.fft.irfft(product, n=len(label), dim=-1)


def permuted_within(y: np.ndarray, context: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Labels permuted among the windows of each context, (draws, N)."""
    order = np.argsort(context, kind="stable")
    starts = np.flatnonzero(np.diff(context[order], prepend=-1))
    permuted = np.tile(y, (draws, 1))
    for members in np.split(order, starts[1:]):
        permuted[:, members] = rng.permuted(permuted[:, members], axis=1)
    return permuted


def context_p_values(
    score: torch.Tensor, y: np.ndarray, context: np.ndarray, *, draws: int, rng: np.random.Generator
) -> torch.Tensor:
    """How often labels permuted within contexts fit as well as the labels themselves.

    Given the target's past the labels of a context are exchangeable where that past is all that matters.

    Parameters
    ----------
    score : (H, N, C), held-out log p(y|x) / p(y)
    y : (N,) int64
    context : (N,) int64
    draws : int
    rng : numpy Generator

    Returns
    -------
    (H,) float64, (1 + rearrangements that fit as well) / (1 + draws)
    """
    flat = score.double().flatten(1)
    place = np.arange(len(y)) * score.shape[2]

    def fit(labels: np.ndarray) -> torch.Tensor:
        chosen = torch.zeros(flat.shape[1], len(labels), dtype=torch.float64)
        chosen.scatter_(0, torch.from_numpy((place + labels).T), 1.0)
        return flat @ chosen

    seen = fit(y[None])
    worse = torch.zeros(len(flat), dtype=torch.float64)
    for k in range(0, draws, at_once := _draws_at_once(flat.shape[1])):
        null = fit(permuted_within(y, context, min(at_once, draws - k), rng))
        worse += (null >= seen - 1e-9 * (1.0 + seen.abs())).sum(1)
    return (1.0 + worse) / (1.0 + draws)
