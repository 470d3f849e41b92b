"""How good probabilities of several labels are, with intervals over entities. Arrays in, flat mapping out.

Letters: N windows, C labels.
"""

import math

import numpy as np
from sklearn.metrics import average_precision_score

from interplay.errors import InvalidInput
from interplay.metrics.ranking import auroc_with_interval
from interplay.metrics.resampling import scores_with_intervals


def multilabel_metrics(
    y, probs, *, entity=None, n_bootstrap: int = 1000, random_state: int = 0
) -> dict[str, float]:
    """Scores of the probabilities of labels of which any may hold.

    Parameters
    ----------
    y : (N, C) int
        1 where a label holds, 0 where not, -1 where it is unknown.
    probs : (N, C) float in [0, 1]
    entity : (N,) int or str, optional
        Who each window belongs to; intervals resample entities, or windows without it.
    n_bootstrap : int
    random_state : int

    Returns
    -------
    dict of str to float
        ``accuracy`` and ``macro_f1`` (mean F1 over labels) of labels called from a probability of one half on,
        each with ``_low`` and ``_high``, a 95 % percentile interval (NaN with a single entity); so ``auroc``, and
        ``auprc``, means over the labels that take both values, NaN if none does; ``n_windows``,
        ``n_entities``.
    """
    y, probs = np.asarray(y), np.asarray(probs, dtype=np.float64)
    if y.ndim != 2 or y.shape != probs.shape or len(y) == 0:
        raise InvalidInput(
            f"y and probs must both be (N, labels), with N at least 1; got {y.shape} and {probs.shape}."
        )
    if not ((probs >= 0) & (probs <= 1)).all():
        raise InvalidInput("probs must lie between 0 and 1; some do not, or are NaN.")
    counts = counts_of_labels(y, probs)
    return {
        **scores_with_intervals(
            scores_of_labels, counts, entity=entity, n_bootstrap=n_bootstrap, random_state=random_state
        ),
        **auroc_with_interval(
            y == 1, probs, y >= 0, entity=entity, n_bootstrap=n_bootstrap, random_state=random_state
        ),
        "auprc": _mean_over_labels(average_precision_score, y, probs),
    }


def counts_of_labels(y: np.ndarray, probs: np.ndarray) -> np.ndarray:
    """Whether each label of each window is a hit, a miss, a false call, and known, (N, C, 4) bool."""
    true, called, known = y == 1, probs >= 0.5, y >= 0
    return np.stack([known & true & called, known & true & ~called, known & ~true & called, known], axis=-1)


def scores_of_labels(counts: np.ndarray) -> dict[str, np.ndarray]:
    """Scores of hits, misses, false calls and known windows (..., C, 4); a label without any of them has F1 0."""
    hits, misses, false, known = np.moveaxis(counts, -1, 0)
    f1 = 2 * hits / np.maximum(2 * hits + misses + false, 1)
    wrong = (misses + false).sum(-1)
    return {"accuracy": 1.0 - wrong / np.maximum(known.sum(-1), 1), "macro_f1": f1.mean(-1)}


def _mean_over_labels(score, y: np.ndarray, probs: np.ndarray) -> float:
    scores = []
    for truth, p in zip(y.T, probs.T, strict=True):
        known = truth >= 0
        if len(np.unique(truth[known])) == 2:
            scores.append(score(truth[known], p[known]))
    return float(np.mean(scores)) if scores else math.nan
