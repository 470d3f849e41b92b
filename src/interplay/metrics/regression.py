"""How good predictions of numbers are, with intervals over entities. Arrays in, flat mapping out.

Letters: N windows.
"""

import math

import numpy as np

from interplay.errors import InvalidInput
from interplay.metrics.resampling import scores_with_intervals


def regression_metrics(
    y, predicted, *, entity=None, n_bootstrap: int = 1000, random_state: int = 0
) -> dict[str, float]:
    """Scores of predicted numbers.

    Parameters
    ----------
    y, predicted : (N,) float
        In the unit of the target.
    entity : (N,) int or str, optional
        Who each window belongs to; intervals resample entities, or windows without it.
    n_bootstrap : int
    random_state : int

    Returns
    -------
    dict of str to float
        ``mae`` and ``rmse`` in the unit of the target and ``r2``, the share of variance explained, each with
        ``_low`` and ``_high``, a 95 % percentile interval (NaN with a single entity); ``n_windows``,
        ``n_entities``. R2 of a target that does not vary is NaN.
    """
    y, predicted = np.asarray(y, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    if y.ndim != 1 or y.shape != predicted.shape or len(y) == 0:
        raise InvalidInput(
            f"y and predicted must both be (N,), with N at least 1; got {y.shape} and {predicted.shape}."
        )
    if not (np.isfinite(y).all() and np.isfinite(predicted).all()):
        raise InvalidInput("y and predicted must be finite; some are not.")
    return scores_with_intervals(
        scores_of_errors,
        sums_of_errors(y, predicted),
        entity=entity,
        n_bootstrap=n_bootstrap,
        random_state=random_state,
    )


def sums_of_errors(y: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """What each window adds to the sums from which every score follows, (N, 5)."""
    error = predicted - y
    return np.stack([np.ones_like(y), np.abs(error), error**2, y, y**2], axis=1)


def scores_of_errors(sums: np.ndarray) -> dict[str, np.ndarray]:
    n, absolute, squared, total, of_squares = np.moveaxis(sums, -1, 0)
    spread = of_squares - total**2 / n
    # what is left of a difference of large sums is rounding where the target does not vary
    varies = spread > 1e-12 * of_squares
    return {
        "mae": absolute / n,
        "rmse": np.sqrt(squared / n),
        "r2": np.where(varies, 1.0 - squared / np.where(varies, spread, 1.0), math.nan),
    }
