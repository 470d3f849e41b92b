"""Area under the ROC curve with an interval over entities.

Letters: N windows, C columns (classes against the rest, or labels), R draws of entities.
"""

import math

import numpy as np

from interplay.metrics.resampling import draws, interval

AT_ONCE = 4_000_000
"""Weights of draws that are held at a time."""


def auroc_with_interval(
    true: np.ndarray, score: np.ndarray, known: np.ndarray, *, entity, n_bootstrap: int, random_state: int
) -> dict[str, float]:
    """Mean over columns that take both values, with a 95 % percentile interval from drawing entities.

    Parameters
    ----------
    true, known : (N, C) bool
        What holds, and where that is known.
    score : (N, C) float
    entity : (N,) int or str, or None
        Who each window belongs to; None makes each its own.
    n_bootstrap, random_state : int

    Returns
    -------
    dict of str to float
        ``auroc``, ``auroc_low`` and ``auroc_high``; NaN where no column takes both values, the interval also with a
        single entity.
    """
    code = np.unique(np.arange(len(true)) if entity is None else np.asarray(entity), return_inverse=True)[1]
    n_entities = int(code.max()) + 1
    columns = [c for c in range(true.shape[1]) if len(np.unique(true[known[:, c], c])) == 2]
    if not columns:
        return {"auroc": math.nan, "auroc_low": math.nan, "auroc_high": math.nan}
    drawn = np.concatenate(
        [np.ones((1, n_entities), dtype=np.int64), draws(n_entities, n_bootstrap, random_state)]
    )
    areas = []
    for c in columns:
        rows = known[:, c]
        areas.append(weighted_auroc(true[rows, c], score[rows, c], drawn, code[rows]))
    # a draw that lacks one side of a column says nothing of that column
    each = np.ma.masked_invalid(areas).mean(0).filled(np.nan)
    low, high = interval(each[1:], n_entities)
    return {"auroc": float(each[0]), "auroc_low": low, "auroc_high": high}


def weighted_auroc(true: np.ndarray, score: np.ndarray, drawn: np.ndarray, code: np.ndarray) -> np.ndarray:
    """Chance that a window where `true` holds scores above one where not, ties counting half, for each draw, (R,).

    Parameters
    ----------
    true : (N,) bool
    score : (N,) float
    drawn : (R, G) int, weights of entities
    code : (N,) int, entity of each window
    """
    order = np.argsort(score, kind="stable")
    first = np.flatnonzero(np.diff(score[order], prepend=-np.inf) != 0)
    areas = []
    for part in np.array_split(drawn, math.ceil(drawn.shape[0] * len(score) / AT_ONCE)):
        weight = part[:, code[order]].astype(np.float64)
        yes = np.add.reduceat(weight * true[order], first, axis=1)
        no = np.add.reduceat(weight * ~true[order], first, axis=1)
        won = (yes * (np.cumsum(no, axis=1) - no / 2)).sum(1)
        pairs = yes.sum(1) * no.sum(1)
        areas.append(np.divide(won, pairs, out=np.full(len(part), np.nan), where=pairs > 0))
    return np.concatenate(areas)
