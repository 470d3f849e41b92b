"""Whether a router does what a profile suggests."""

import math

import numpy as np

from interplay.errors import InvalidInput

N_BOOTSTRAP = 1000
AT_ONCE = 2_000_000
"""Numbers that are ranked at a time, which bounds memory."""


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
    known = np.isfinite(a[i, j]) & np.isfinite(b[i, j])
    pair = np.nonzero(known)[0]
    one, two = (_Sorted(side[i, j][known]) for side in (a, b))
    low = high = math.nan
    if len(i) >= 3 and len(pair):
        rng = np.random.default_rng(random_state)
        at_once = max(1, AT_ONCE // len(pair))
        drawn = rng.multinomial(len(i), np.full(len(i), 1 / len(i)), N_BOOTSTRAP)
        found = np.concatenate(
            [_spearman(one, two, drawn[k : k + at_once][:, pair]) for k in range(0, N_BOOTSTRAP, at_once)]
        )
        if not np.isnan(found).all():
            low, high = np.nanquantile(found, [0.025, 0.975])
    whole = float(_spearman(one, two, np.ones((1, len(pair))))[0]) if len(pair) else math.nan
    return {"correlation": whole, "low": float(low), "high": float(high), "n": len(pair)}


class _Sorted:
    """Numbers sorted once, so that their ranks in any resample are sums of how often each was drawn."""

    def __init__(self, numbers: np.ndarray):
        _, self.place = np.unique(numbers, return_inverse=True)
        self.order = np.argsort(self.place, kind="stable")
        self.starts = np.flatnonzero(np.diff(self.place[self.order], prepend=-1))

    def centred_ranks(self, times: np.ndarray) -> np.ndarray:
        """Ranks less their mean where each number (n,) is there so many times (R, n); ties share theirs."""
        alike = np.add.reduceat(times[:, self.order], self.starts, axis=1)
        # of the N numbers of a resample the mean rank is (N + 1) / 2
        ranks = np.cumsum(alike, axis=1) - alike / 2 - times.sum(1, keepdims=True) / 2
        return ranks[:, self.place]


def _spearman(a: _Sorted, b: _Sorted, times: np.ndarray) -> np.ndarray:
    """Rank correlation of each resample (R, n); NaN where one side is constant."""
    one, two = a.centred_ranks(times), b.centred_ranks(times)
    spread = np.sqrt((times * one**2).sum(1) * (times * two**2).sum(1))
    together = (times * one * two).sum(1)
    return np.divide(together, spread, out=np.full(len(times), np.nan), where=spread > 0)
