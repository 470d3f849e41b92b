"""Whether probabilities mean what they say."""

import numpy as np


def reliability(y, probs, bins: int = 15) -> dict[str, np.ndarray]:
    """Confidence against accuracy of the predicted class, in bins of equal width (Guo et al., ICML 2017).

    Parameters
    ----------
    y : (N,) int
    probs : (N, C) float
    bins : int

    Returns
    -------
    dict of str to (bins,) array
        ``confidence``: mean probability of the predicted class, ``accuracy``, NaN in empty bins; ``count``.
    """
    probs = np.asarray(probs)
    confidence = probs.max(axis=1)
    right = probs.argmax(axis=1) == np.asarray(y)
    which = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    count = np.bincount(which, minlength=bins)
    with np.errstate(invalid="ignore"):
        return {
            "confidence": np.bincount(which, weights=confidence, minlength=bins) / count,
            "accuracy": np.bincount(which, weights=right, minlength=bins) / count,
            "count": count,
        }


def expected_calibration_error(y, probs, bins: int = 15) -> float:
    """Mean distance between confidence and accuracy, weighted by the windows of each bin."""
    curve = reliability(y, probs, bins)
    apart = np.abs(curve["confidence"] - curve["accuracy"])
    return float(np.nansum(apart * curve["count"]) / curve["count"].sum())


def brier_score(y, probs) -> float:
    """Mean squared distance between probabilities and the true class, summed over classes (Brier, 1950)."""
    probs = np.asarray(probs)
    truth = np.eye(probs.shape[1])[np.asarray(y)]
    return float(((probs - truth) ** 2).sum(axis=1).mean())
