"""Cells of steps: what a modality shows, cut into a few kinds without a look at any label."""

from collections.abc import Sequence
from dataclasses import replace

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
    rows = windows.last - np.asarray(lags)[:, None]
    codes = _of_steps(windows, windows.modalities, how, n_cells, seed)
    return torch.from_numpy(np.stack([code[rows] for code in codes.values()]))


def in_cells(windows: Windows, names: Sequence[str], how: str, n_cells: int, seed: int) -> Windows:
    """The same windows, some modalities of which show the number of their cell and nothing else; an unobserved step is
    a cell and so observed. Parameters are those of `cells_at_lags`."""
    steps, observed = windows.steps, windows.steps.observed.copy()
    codes = _of_steps(windows, names, how, n_cells, seed)
    observed[:, [steps.modalities.index(name) for name in names]] = True
    return replace(
        windows,
        steps=replace(
            steps,
            values={**steps.values, **{n: c[:, None, None].astype(np.float32) for n, c in codes.items()}},
            observed=observed,
            channels={**steps.channels, **dict.fromkeys(names, ("cell",))},
            units={},
        ),
    )


def _of_steps(
    windows: Windows, names: Sequence[str], how: str, n_cells: int, seed: int
) -> dict[str, np.ndarray]:
    """Cell of every step that windows use, (n_steps,) int64; 0 of others."""
    used, scaler, codes = windows.used_rows(), Scaler.fit(windows), {}
    for name in names:
        array = scaler.channels[name].robust(windows.steps.values[name][used])
        seen = windows.steps.observed[used, windows.modalities.index(name)]
        code = np.full(len(used), -1, dtype=np.int64)
        alike = _of_one_variance(array[seen]).reshape(int(seen.sum()), -1)
        code[seen] = _cells(alike, how, n_cells, seed, name)
        codes[name] = np.zeros(len(windows.steps), dtype=np.int64)
        codes[name][used] = code + 1 if (code < 0).any() else code
    return codes


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
