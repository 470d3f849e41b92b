"""Whether a router does what a profile suggests."""

import math

import numpy as np
from scipy.stats import rankdata

from interplay.errors import InvalidInput

N_BOOTSTRAP = 1000
AT_ONCE = 2_000_000
"""Numbers that are ranked at a time."""


def routing_agreement(of_router, of_profile, *, random_state: int = 0) -> dict[str, float]:
    """Rank correlation, over pairs and steps, of what a router does with what a profile found.

    Parameters
    ----------
    of_router : (M, M, T) float
        For instance the divergence between the routings of a pair; NaN where unknown.
    of_profile : (M, M, T) float
        For instance redundancy.
    random_state : int

    Returns
    -------
    dict of str to float
        ``correlation`` (Spearman) over pairs i < j and steps; ``low`` and ``high``, a 95 % percentile
        interval from resampling pairs; ``n``, numbers compared. NaN where one side is constant, and for the
        interval where there are fewer than three pairs.
    """
    a, b = np.asarray(of_router, dtype=np.float64), np.asarray(of_profile, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 3 or a.shape[0] != a.shape[1]:
        raise InvalidInput(f"both sides must be of one shape (M, M, T); got {a.shape} and {b.shape}.")
    i, j = np.triu_indices(len(a), 1)
    a, b = a[i, j], b[i, j]
    low = high = math.nan
    if len(a) >= 3:
        rng = np.random.default_rng(random_state)
        drawn = rng.integers(0, len(a), (N_BOOTSTRAP, len(a)))
        found = np.concatenate([
            _spearman(a[rows].reshape(len(rows), -1), b[rows].reshape(len(rows), -1))
            for rows in np.array_split(drawn, math.ceil(drawn.size * a.shape[1] / AT_ONCE))
        ])  # fmt: skip
        if not np.isnan(found).all():
            low, high = np.nanquantile(found, [0.025, 0.975])
    known = np.isfinite(a) & np.isfinite(b)
    whole = float(_spearman(a.reshape(1, -1), b.reshape(1, -1))[0])
    return {"correlation": whole, "low": float(low), "high": float(high), "n": int(known.sum())}


def _spearman(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Rank correlation of each row of (R, n), over what both know; NaN where one side is constant."""
    known = np.isfinite(a) & np.isfinite(b)
    ranks = [rankdata(np.where(known, side, np.nan), axis=1, nan_policy="omit") for side in (a, b)]
    count = known.sum(1, keepdims=True)
    # ranks of n numbers, ties shared, have the mean (n + 1) / 2
    centred = [np.where(known, side - (count + 1) / 2, 0.0) for side in ranks]
    spread = np.sqrt((centred[0] ** 2).sum(1) * (centred[1] ** 2).sum(1))
    together = (centred[0] * centred[1]).sum(1)
    return np.divide(together, spread, out=np.full(len(a), np.nan), where=spread > 0)
