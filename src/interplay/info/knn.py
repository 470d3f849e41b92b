"""Mutual information from nearest neighbours: no model, no bins, any shape of dependence that a few numbers can show.

Letters: N rows, d columns, T rows that neighbours are looked for in.
"""

import numpy as np
from scipy.spatial import KDTree
from scipy.special import digamma, ndtri
from scipy.stats import rankdata

from interplay.arrays import as_array, as_floats
from interplay.errors import InvalidInput
from interplay.units import bits

JITTER = 1e-9
"""Equal values lie this far apart, in standard deviations, in no particular order: ties have no nearest neighbour."""


def knn_information(x, y, *, neighbours: int = 3, fold=None) -> float:
    """Mutual information I(X;Y) by nearest neighbours.

    Every column is replaced by its normal scores, which changes no information, and distance is the largest difference
    of any column. With more than a few columns, or little dependence spread over many, the estimate falls short.

    Parameters
    ----------
    x : (N,) or (N, d) array_like
    y : (N,) array_like
        Floats are a continuous target (Kraskov and others), all else are classes (Ross).
    neighbours : int
        k; few mean little bias and much variance.
    fold : (N,) int array_like, optional
        Neighbours are looked for in other folds only. Rows of one person, or near in time, are alike for reasons of
        their own and would pass for information; of small samples this falls short rather.

    Returns
    -------
    float, bits; negative where chance has it so

    References
    ----------
    Kraskov, Stögbauer, Grassberger, Estimating mutual information, Physical Review E 2004. Ross, Mutual information
    between discrete and continuous data sets, PLoS ONE 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from interplay import info
    >>> x = np.random.default_rng(0).uniform(size=2000)
    >>> bool(abs(info.knn_information(x, (8 * x).astype(int) % 2) - 1.0) < 0.05)  # eight stripes tell one bit
    True
    """
    fold = None if fold is None else as_array(fold, "fold")
    x, y = as_floats(x, "x"), as_array(y, "y")
    parts = (
        None
        if fold is None
        else [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in np.unique(fold)]
    )
    return float(bits(knn_scores(x, y, neighbours=neighbours, parts=parts).mean()))


def knn_scores(x: np.ndarray, y: np.ndarray, *, neighbours: int = 3, parts=None) -> np.ndarray:
    """What each row contributes to the estimate of `knn_information`, (N,) nats.

    Parameters
    ----------
    x : (N,) or (N, d) float
    y : (N,) float or classes
    neighbours : int
    parts : list of (T,) and (n,) int, optional
        Rows to look for neighbours in, and rows to do it for; together the latter are all rows. Without them every
        row looks at all others.
    """
    x = x.reshape(len(x), -1)
    if not (len(x) == len(y) and np.isfinite(x).all() and x.shape[1] and len(x) > neighbours):
        raise InvalidInput(
            f"x must be (N, d) finite numbers of N > {neighbours} rows, as many as y has; got shape {x.shape} and "
            f"{len(y)} labels."
        )
    x = _normal_scores(x)
    scores = np.full(len(x), np.nan)
    of_number = y.dtype.kind == "f"
    target = _normal_scores(y[:, None].astype(float)) if of_number else np.unique(y, return_inverse=True)[1]
    for fit, asked in parts or [(np.arange(len(x)),) * 2]:
        itself = int(parts is None)
        of_part = _of_number if of_number else _of_classes
        scores[asked] = of_part(x[fit], target[fit], x[asked], target[asked], neighbours, itself)
    return scores


def _normal_scores(x: np.ndarray) -> np.ndarray:
    """Columns as quantiles of a normal distribution, ties shaken apart."""
    scores = ndtri((rankdata(x, axis=0) - 0.5) / len(x))
    return scores + JITTER * np.random.default_rng(0).normal(size=x.shape)


def _of_classes(x, y, asked_x, asked_y, k: int, itself: int) -> np.ndarray:
    """Ross: how many rows are as near as the k-th of the same class; `itself` is 1 where rows look at one another."""
    scores = np.zeros(len(asked_x))
    everyone = KDTree(x)
    for c in np.unique(asked_y):
        members, asked = x[y == c], np.flatnonzero(asked_y == c)
        k_c = min(k, len(members) - itself)
        if k_c < 1:
            # a class of which nobody else is known tells nothing either way
            continue
        distance = _kth(KDTree(members), asked_x[asked], k_c + itself)
        near = _counts(everyone, asked_x[asked], distance) - itself
        n, n_c = len(x) + 1 - itself, len(members) + 1 - itself
        scores[asked] = digamma(n) - digamma(n_c) + digamma(k_c) - digamma(near)
    return scores


def _of_number(x, y, asked_x, asked_y, k: int, itself: int) -> np.ndarray:
    """Kraskov and others, first algorithm: how many rows are nearer in x, and in y, than the k-th is in both."""
    distance = _kth(KDTree(np.hstack([x, y])), np.hstack([asked_x, asked_y]), k + itself)
    inside = np.nextafter(distance, 0)
    near = [_counts(KDTree(values), asked, inside) - itself for values, asked in ((x, asked_x), (y, asked_y))]
    n = len(x) + 1 - itself
    return digamma(k) + digamma(n) - digamma(near[0] + 1) - digamma(near[1] + 1)


def _kth(tree: KDTree, points: np.ndarray, k: int) -> np.ndarray:
    """Distance of each point from its k-th neighbour."""
    return tree.query(points, k=[k], p=np.inf)[0][:, 0]


def _counts(tree: KDTree, points: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """How many neighbours each point has within its distance."""
    return tree.query_ball_point(points, distance, p=np.inf, return_length=True)
