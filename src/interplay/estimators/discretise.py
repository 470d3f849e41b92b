"""Cells of steps: what a modality shows, cut into a few kinds without a look at any label."""

import numpy as np
import torch
from sklearn.cluster import KMeans

from interplay.data import Scaler, Windows
from interplay.errors import InvalidInput

MOST_GIVEN = 256
"""Distinct steps of a modality that may be cells of their own."""


def cells_at_lags(windows: Windows, lags: np.ndarray, how: str, n_cells: int, seed: int) -> torch.Tensor:
    """Cell of every modality at every lag of every window.

    Parameters
    ----------
    windows : Windows
    lags : (L,) int, steps
    how : "kmeans", "quantile" or "given"
    n_cells : int
    seed : int

    Returns
    -------
    (M, L, N) int64, from 0 on; unobserved steps are a cell of their own
    """
    used = windows.used_rows()
    scaler = Scaler.fit(windows)
    scaled = {n: scaler.channels[n].robust(v[used]) for n, v in windows.steps.values.items()}
    place = np.zeros(len(windows.steps), dtype=np.int64)
    place[used] = np.arange(len(used))
    codes = []
    for m, (name, array) in enumerate(scaled.items()):
        seen = windows.steps.observed[used, m]
        code = np.full(len(used), -1, dtype=np.int64)
        alike = _of_one_variance(array[seen]).reshape(int(seen.sum()), -1)
        code[seen] = _cells(alike, how, n_cells, seed, name)
        codes.append(code + 1 if (code < 0).any() else code)
    rows = place[windows.last - np.asarray(lags)[:, None]]
    return torch.from_numpy(np.stack([code[rows] for code in codes]))


def _of_one_variance(x: np.ndarray) -> np.ndarray:
    """Samples (n, r, d) with every channel at variance 1: between quartiles, a channel that switches between two levels
    would weigh less than one of noise, and the centres of k-means would follow the noise."""
    deviation = x.std(axis=(0, 1), dtype=np.float64)
    return x / np.where(deviation > 0, deviation, 1.0)


def _cells(x: np.ndarray, how: str, n_cells: int, seed: int, name: str) -> np.ndarray:
    """Cell of each observed step (n, F) of one modality."""
    distinct, code = np.unique(x, axis=0, return_inverse=True)
    code = code.reshape(-1)
    if how == "given":
        if len(distinct) > MOST_GIVEN:
            raise InvalidInput(
                f"cells='given' takes at most {MOST_GIVEN} distinct steps of a modality; {name!r} has "
                f"{len(distinct)}. Use cells='kmeans'."
            )
        return code
    if len(distinct) <= n_cells:
        return code
    if how == "quantile":
        if x.shape[1] != 1:
            raise InvalidInput(
                f"cells='quantile' takes modalities of one channel and one sample per step; {name!r} has "
                f"{x.shape[1]} numbers per step. Use cells='kmeans'."
            )
        edges = np.quantile(x[:, 0], np.linspace(0, 1, n_cells + 1)[1:-1])
        return np.unique(np.searchsorted(edges, x[:, 0], side="right"), return_inverse=True)[1]
    return KMeans(n_cells, n_init=3, random_state=seed).fit_predict(x)
