"""Whether a router does what a profile suggests."""

import math

import numpy as np
from scipy.stats import spearmanr

from interplay.errors import InvalidInput

N_BOOTSTRAP = 1000


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
        found = np.array([_spearman(a[rows], b[rows]) for rows in drawn])
        if not np.isnan(found).all():
            low, high = np.nanquantile(found, [0.025, 0.975])
    known = np.isfinite(a) & np.isfinite(b)
    return {"correlation": _spearman(a, b), "low": float(low), "high": float(high), "n": int(known.sum())}


def _spearman(a: np.ndarray, b: np.ndarray) -> float:
    known = np.isfinite(a) & np.isfinite(b)
    a, b = a[known], b[known]
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return math.nan
    return float(spearmanr(a, b).statistic)
