"""How good predictions of classes are, with intervals over entities. Arrays in, flat mappings out.

Letters: N windows, C classes, G entities, R resamplings.
"""

import math

import numpy as np
from sklearn.metrics import average_precision_score

from interplay.errors import InvalidInput
from interplay.metrics.calibration import brier_score, expected_calibration_error
from interplay.metrics.ranking import auroc_with_interval
from interplay.metrics.resampling import scores_with_intervals
from interplay.units import bits


def classification_metrics(
    y, probs, *, called=None, entity=None, n_bootstrap: int = 1000, random_state: int = 0
) -> dict[str, float]:
    """Scores of class probabilities, and of the classes called from them.

    Parameters
    ----------
    y : (N,) int
        True class numbers.
    probs : (N, C) float, rows sum to 1
    called : (N,) int, optional
        Numbers of the classes that were called; by default the likeliest.
    entity : (N,) int or str, optional
        Who each window belongs to; intervals resample entities, or windows without it.
    n_bootstrap : int
    random_state : int

    Returns
    -------
    dict of str to float
        ``accuracy``, ``balanced_accuracy`` and ``macro_f1``, each with ``_low`` and ``_high``, a 95 %
        percentile interval (NaN with a single entity); ``auroc``, likewise, and ``auprc``, one class against the
        rest, mean over the classes that occur; ``log_loss_bits``, ``brier``, ``ece`` (of the likeliest class);
        ``n_windows``, ``n_entities``. What is not defined, such as AUROC with one class, is NaN.
    """
    y, probs = check_probabilities(y, probs)
    called = probs.argmax(axis=1) if called is None else _check_called(called, probs)
    counts = counts_of_calls(y, called, probs.shape[1])
    return {
        **scores_with_intervals(
            scores_of_calls, counts, entity=entity, n_bootstrap=n_bootstrap, random_state=random_state
        ),
        **auroc_with_interval(
            np.eye(probs.shape[1], dtype=bool)[y],
            probs,
            np.ones(probs.shape, bool),
            entity=entity,
            n_bootstrap=n_bootstrap,
            random_state=random_state,
        ),
        "auprc": _one_against_rest(average_precision_score, y, probs),
        "log_loss_bits": float(surprise_bits(y, probs).mean()),
        "brier": brier_score(y, probs),
        "ece": expected_calibration_error(y, probs),
    }


def confusion(y, predicted, n_classes: int) -> np.ndarray:
    """Counts (C, C), rows true, columns predicted."""
    table = np.zeros((n_classes, n_classes), dtype=np.int64)
    np.add.at(table, (np.asarray(y), np.asarray(predicted)), 1)
    return table


def confusion_scores(tables: np.ndarray) -> dict[str, np.ndarray]:
    """Accuracy, balanced accuracy and macro-F1 of confusion tables (..., C, C), rows true.

    A class counts towards macro-F1 if it is true or predicted at least once, towards balanced accuracy if it
    is true at least once, as in scikit-learn.
    """
    right = np.diagonal(tables, axis1=-2, axis2=-1)
    return scores_of_calls(np.stack([right, tables.sum(-1), tables.sum(-2)], axis=-2))


def surprise_bits(y: np.ndarray, probs: np.ndarray) -> np.ndarray:
    """What each window's true class comes as, (N,) bits: minus the logarithm of its probability."""
    of_label = probs[np.arange(len(y)), y]
    return bits(-np.log(np.maximum(of_label, np.finfo(float).tiny)))


def counts_of_calls(y: np.ndarray, called: np.ndarray, n_classes: int) -> np.ndarray:
    """Whether each class is rightly called, true and called in each window, (N, 3, C) bool."""
    one_hot = np.eye(n_classes, dtype=bool)
    return np.stack([one_hot[y] & one_hot[called], one_hot[y], one_hot[called]], axis=1)


def scores_of_calls(counts: np.ndarray) -> dict[str, np.ndarray]:
    """Scores of how often each class was right, true and called (..., 3, C)."""
    right, true, called = np.moveaxis(np.asarray(counts, dtype=np.float64), -2, 0)
    f1 = 2 * right / np.maximum(true + called, 1)
    recall = right / np.maximum(true, 1)
    return {
        "accuracy": right.sum(-1) / true.sum(-1),
        "balanced_accuracy": recall.sum(-1) / (true > 0).sum(-1),
        "macro_f1": f1.sum(-1) / (true + called > 0).sum(-1),
    }


def _one_against_rest(score, y: np.ndarray, probs: np.ndarray) -> float:
    """Mean over the classes that occur; NaN if only one does."""
    classes = np.unique(y)
    if len(classes) < 2:
        return math.nan
    return float(np.mean([score(y == c, probs[:, c]) for c in classes]))


def _check_called(called, probs: np.ndarray) -> np.ndarray:
    called = np.asarray(called)
    right = called.shape == probs.shape[:1] and called.dtype.kind in "iu"
    if not right or called.min() < 0 or called.max() >= probs.shape[1]:
        raise InvalidInput(
            f"called must hold a class number from 0 to {probs.shape[1] - 1} for each of {len(probs)} windows; got "
            f"{called.dtype} of shape {called.shape}, {np.unique(called)[:5]}."
        )
    return called


def check_probabilities(y, probs) -> tuple[np.ndarray, np.ndarray]:
    """Class numbers and probabilities as arrays, or a sentence about what is wrong with them."""
    y, probs = np.asarray(y), np.asarray(probs, dtype=np.float64)
    if probs.ndim != 2 or y.shape != probs.shape[:1] or len(y) == 0:
        raise InvalidInput(
            f"y must be (N,) and probs (N, classes), with N at least 1; got {y.shape} and {probs.shape}."
        )
    if y.dtype.kind not in "iu" or y.min() < 0 or y.max() >= probs.shape[1]:
        raise InvalidInput(
            f"y must hold class numbers from 0 to {probs.shape[1] - 1}; got {y.dtype} {np.unique(y)[:5]}."
        )
    if not (np.abs(probs.sum(axis=1) - 1.0) <= 1e-4).all() or probs.min() < 0:
        raise InvalidInput("every row of probs must be non-negative and sum to 1; some do not, or hold NaN.")
    return y, probs
