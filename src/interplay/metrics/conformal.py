"""Intervals around predicted numbers that hold for entities never seen. Arrays in, numbers out.

Letters: N windows, K entities.
"""

import math

import numpy as np

from interplay.errors import InvalidInput
from interplay.metrics.resampling import scores_with_intervals


def conformal_radius(y, predicted, *, entity, coverage: float = 0.9) -> float:
    """How far to either side of a prediction an interval must reach to hold the truth as often as asked.

    A window of a new entity lies within ``predicted ± radius`` with at least the probability `coverage`, whatever the
    model and the distribution, if calibration entities and the new one are drawn alike and the model has learned from
    neither. Each entity counts as one however many windows it has: windows of one patient are no independent
    examples, and counted as such the interval would be too narrow for the next patient.

    Parameters
    ----------
    y, predicted : (N,) float
        Truth and prediction of windows that the model has not learned from, in the unit of the target.
    entity : (N,) int or str
        Whose window each is.
    coverage : float
        Between 0 and 1.

    Returns
    -------
    float
        In the unit of the target; infinite if there are too few entities to promise as much (K + 1 must be at least
        1 / (1 - coverage)).

    References
    ----------
    Lee Y., Barber R. F., Willett R. (2024) Distribution-free inference with hierarchical data, section 3: the quantile
    of the errors with weight 1 / ((K + 1) n_k) each, the new entity's weight lying at infinity.

    Examples
    --------
    >>> import numpy as np
    >>> from interplay.metrics import conformal_radius
    >>> conformal_radius(np.arange(1.0, 20.0), np.zeros(19), entity=np.arange(19), coverage=0.9)
    18.0
    """
    if not 0 < coverage < 1:
        raise InvalidInput(f"coverage must lie between 0 and 1; got {coverage}.")
    truth, said = _pair(y, predicted)
    error = np.abs(truth - said)
    entity = np.asarray(entity)
    if entity.shape != error.shape:
        raise InvalidInput(f"entity must have one entry per window ({len(error)}); got shape {entity.shape}.")
    _, code, counts = np.unique(entity, return_inverse=True, return_counts=True)
    order = np.argsort(error)
    reached = np.cumsum(1.0 / ((len(counts) + 1) * counts[code[order]]))
    # sums of weights are not exact: what falls short by rounding has been reached
    enough = np.flatnonzero(reached >= coverage - 1e-9)
    return float(error[order][enough[0]]) if len(enough) else math.inf


def interval_metrics(
    y, low, high, *, entity=None, n_bootstrap: int = 1000, random_state: int = 0
) -> dict[str, float]:
    """How often intervals hold the truth, and how wide they are.

    Parameters
    ----------
    y, low, high : (N,) float
        Truth and the ends of the intervals, in the unit of the target.
    entity : (N,) int or str, optional
        Who each window belongs to; intervals of the scores resample entities, or windows without it.
    n_bootstrap : int
    random_state : int

    Returns
    -------
    dict of str to float
        ``coverage``, the share of windows whose truth lies within, ``width`` in the unit of the target, each with
        ``_low`` and ``_high``, a 95 % percentile interval; ``n_windows``, ``n_entities``.
    """
    (y, low), (_, high) = _pair(y, low), _pair(y, high)
    parts = np.stack([np.ones_like(y), (low <= y) & (y <= high), high - low], axis=1)
    return scores_with_intervals(
        _means, parts, entity=entity, n_bootstrap=n_bootstrap, random_state=random_state
    )


def _means(sums: np.ndarray) -> dict[str, np.ndarray]:
    n, inside, width = np.moveaxis(sums, -1, 0)
    return {"coverage": inside / n, "width": width / n}


def _pair(y, other) -> tuple[np.ndarray, np.ndarray]:
    y, other = np.asarray(y, dtype=np.float64), np.asarray(other, dtype=np.float64)
    if y.ndim != 1 or y.shape != other.shape or len(y) == 0:
        raise InvalidInput(
            f"truth and predictions must both be (N,), with N at least 1; got {y.shape} and {other.shape}."
        )
    if np.isnan(y).any() or np.isnan(other).any():
        raise InvalidInput("truth and predictions must be numbers; some are NaN.")
    return y, other
