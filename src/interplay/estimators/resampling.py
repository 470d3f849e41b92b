"""Standard errors from whole entities, and a null from sources that are rearranged in time.

Every estimate here is a mean over windows of pointwise values that are the influence function of the
quantity (log-ratios for information; the dual potentials for I_Q, by the envelope theorem). Resampling
their sums per cluster is therefore the cluster bootstrap of the estimate to first order, at the cost of
one matrix product.
"""

import numpy as np
import torch

from interplay.data import Windows
from interplay.data.splits import consecutive_blocks
from interplay.errors import InvalidInput

WORK_BYTES = 64e6
"""Memory that rearranged labels may take at once."""

FEW_ENTITIES = 10
"""With fewer entities than this, blocks of consecutive windows are resampled instead."""

BLOCKS = 50
"""So many at most. Blocks of a hundredth of the windows are shorter than what slow streams remember: errors came out a
fifth too small."""

LEAST_SCALE_NATS = 1.0
"""A chance gain of one free weight is half a chi-square, the tail of which falls by e for each nat."""

LEAST_P_VALUE = 1e-12
"""No extrapolated tail is believed beyond this."""


def clusters_of(windows: Windows) -> np.ndarray:
    """Cluster of each window, (N,) int64: its entity, or a block of consecutive windows."""
    entity = np.unique(windows.entity, return_inverse=True)[1]
    if entity.max() + 1 >= FEW_ENTITIES:
        return entity
    return consecutive_blocks(windows, max(2 * windows.length, -(-len(windows) // BLOCKS)))


def cluster_sums(pointwise: torch.Tensor, cluster: np.ndarray) -> torch.Tensor:
    """Sums of pointwise values (..., N) per cluster, (..., G) float64."""
    index = torch.from_numpy(cluster).to(pointwise.device)
    sums = torch.zeros(
        *pointwise.shape[:-1], int(cluster.max()) + 1, dtype=torch.float64, device=pointwise.device
    )
    return sums.index_add_(-1, index, pointwise.double())


def effective_windows(values: torch.Tensor, cluster: np.ndarray) -> torch.Tensor:
    """How many independent windows are worth as much as these are for what is read from values that clusters share.

    Parameters
    ----------
    values : (..., N)
    cluster : (N,) int64

    Returns
    -------
    (...) float64, N over the design effect (Kish, 1965), which is 1 where the windows of a cluster have nothing in
    common, and their number where they are all alike
    """
    off = values.double() - values.double().mean(-1, keepdim=True)
    design = (cluster_sums(off, cluster) ** 2).sum(-1) / (off**2).sum(-1).clamp_min(1e-300)
    return values.shape[-1] / design.clamp_min(1.0)


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


def rearrangements(
    windows: Windows, lags: int, draws: int, rng: np.random.Generator, stratum: np.ndarray | None = None
) -> np.ndarray:
    """For every window another that it may show the sources of, if they have nothing to do with its label.

    Where labels change within at least half of the entities, sources are rotated in time within each entity.
    Rotation keeps their course and that of the labels, so that slow signals under slow labels do not pass for
    information.
    Otherwise, as for one label per stay, entities exchange their sources.

    Parameters
    ----------
    windows : Windows
        Those of one entity lie together.
    lags : int
        Rotations by fewer windows than this, in either direction, are left out.
    draws : int
    rng : numpy Generator
    stratum : (N,) int64, optional
        Within which windows change places; each stratum of an entity is rotated by the same share of its windows, so
        that what is near in time stays so.

    Returns
    -------
    (draws, N) int64, numbers of windows
    """
    check_rotations(draws)
    starts = np.flatnonzero(np.r_[True, windows.entity[1:] != windows.entity[:-1]])
    sizes = np.diff(np.r_[starts, len(windows)])
    if stratum is not None:
        return _within_strata(changes_within(windows, starts), starts, sizes, stratum, lags, draws, rng)
    place = np.arange(len(windows)) - np.repeat(starts, sizes)
    if changes_within(windows, starts):
        margin = np.minimum(lags, (sizes - 1) // 2)
        shift = rng.integers(margin, np.maximum(sizes - margin, margin + 1), (draws, len(starts)))
        moved = (place + np.repeat(shift, sizes, axis=1)) % np.repeat(sizes, sizes)
        return np.repeat(starts, sizes) + moved
    return exchanged(starts, sizes, draws, rng)


def check_rotations(draws: int) -> None:
    """Refuse p-values of no draws."""
    if draws < 1:
        raise InvalidInput(f"n_rotations must be at least 1, since p-values come from them; got {draws}.")


def exchanged(starts: np.ndarray, sizes: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Rearrangements (draws, N) of entities that exchange what they show, each of so many windows (G,) from its first
    window (G,) on."""
    place = np.arange(sizes.sum()) - np.repeat(starts, sizes)
    order = rng.permuted(np.tile(np.arange(len(starts)), (draws, 1)), axis=1)
    other = np.repeat(order, sizes, axis=1)
    return starts[other] + place % sizes[other]


def _within_strata(rotate: bool, starts, sizes, stratum, lags: int, draws: int, rng) -> np.ndarray:
    """Rearrangements (draws, N) of windows within strata (N,): rotated within entities, which begin at `starts`, or
    exchanged between them."""
    entity = np.repeat(np.arange(len(starts)), sizes)
    moved = np.empty((draws, len(stratum)), dtype=np.int64)
    margin = np.minimum(lags, (sizes - 1) // 2)
    share = rng.integers(margin, np.maximum(sizes - margin, margin + 1), (draws, len(starts))) / sizes
    for number in np.unique(stratum):
        rows = np.flatnonzero(stratum == number)
        first = np.flatnonzero(np.r_[True, np.diff(entity[rows]) != 0])
        size = np.diff(np.r_[first, len(rows)])
        place = np.arange(len(rows)) - np.repeat(first, size)
        if rotate:
            shift = np.round(share[:, entity[rows[first]]] * size).astype(np.int64)
            other = (place + np.repeat(shift, size, axis=1)) % np.repeat(size, size)
            moved[:, rows] = rows[np.repeat(first, size) + other]
        else:
            order = rng.permuted(np.tile(np.arange(len(first)), (draws, 1)), axis=1)
            shown = np.repeat(order, size, axis=1)
            moved[:, rows] = rows[first[shown] + place % size[shown]]
    return moved


def changes_within(windows: Windows, starts: np.ndarray) -> bool:
    """Whether the target changes within at least half of the entities, which begin at `starts`."""
    y = windows.y.reshape(len(windows), -1)
    new = np.r_[0, (y[1:] != y[:-1]).any(axis=1)]
    new[starts] = 0
    return bool(2 * np.count_nonzero(np.add.reduceat(new, starts)) >= len(starts))


def rearranged_p_values(score: torch.Tensor, label: np.ndarray, rearranged: np.ndarray) -> torch.Tensor:
    """How often sources of other windows fit the labels as well as the windows' own.

    Parameters
    ----------
    score : (..., N, C), held-out log p(y|x) / p(y) for every class; or a centred prediction, C = 1
    label : (N, C), one-hot labels; or a centred continuous target, C = 1
    rearranged : (D, N) int64
        From `rearrangements`.

    Returns
    -------
    (...) float64, (1 + rearrangements that fit as well) / (1 + D)
    """
    flat = score.double().flatten(-2)
    labels = torch.from_numpy(label.astype(np.float64))
    n, n_c = labels.shape
    seen = flat @ labels.flatten()
    worse = torch.zeros_like(seen)
    at_once = max(1, int(WORK_BYTES // (8 * n * n_c)))
    for draws in np.array_split(rearranged, max(1, -(-len(rearranged) // at_once))):
        # the sum over n of score[draw[n]] . label[n], as one product for all heads
        met = labels.new_zeros(len(draws), n, n_c)
        for each, window in zip(met, torch.from_numpy(draws), strict=True):
            each.index_add_(0, window, labels)
        null = flat @ met.flatten(1).T
        # rounding of the sums is about 1e-12 of them; ties count against the finding
        worse += (null >= (seen - 1e-9 * (1.0 + seen.abs()))[..., None]).sum(-1)
    return (1.0 + worse) / (1.0 + len(rearranged))


def tail_p_values(gain: torch.Tensor, null: torch.Tensor) -> torch.Tensor:
    """How often chance gains as much.

    Parameters
    ----------
    gain : (...), nats summed over windows
    null : (..., D), what chance gained

    Returns
    -------
    (...), in (0, 1]: the share of draws, or where none of them gains as much, the exponential tail beyond their upper
    quartile
    """
    n_d = null.shape[-1]
    counted = (1.0 + (null >= gain[..., None]).sum(-1)) / (1.0 + n_d)
    quartile = null.quantile(0.75, dim=-1)
    beyond = (null - quartile[..., None]).clamp_min(0.0).sum(-1) / max(1, n_d // 4)
    scale = beyond.clamp_min(LEAST_SCALE_NATS)
    tail = 0.25 * torch.exp(-(gain - quartile).clamp_min(0.0) / scale)
    none_as_large = (null < gain[..., None]).all(-1)
    # nothing is gained: chance does as well whatever it does
    p = torch.where(none_as_large, torch.minimum(counted, tail), counted)
    return torch.where(gain > 0, p, 1.0).double().clamp_min(LEAST_P_VALUE)
