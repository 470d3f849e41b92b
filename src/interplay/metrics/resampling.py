"""Resampling of entities, which intervals of scores rest on."""

import math
from collections.abc import Callable

import numpy as np

from interplay.errors import InvalidInput

LOW, HIGH = 0.025, 0.975


def scores_with_intervals(
    scores: Callable[[np.ndarray], dict[str, np.ndarray]],
    parts: np.ndarray,
    *,
    entity,
    n_bootstrap: int,
    random_state: int,
) -> dict[str, float]:
    """Scores of all windows, each with a 95 % percentile interval from drawing entities with replacement.

    Parameters
    ----------
    scores : callable
        Scores by name of sums (..., *) over windows.
    parts : (N, *) what each window adds to the sums
    entity : (N,) int or str, or None
        Who each window belongs to; None makes each its own.
    n_bootstrap, random_state : int

    Returns
    -------
    dict of str to float
        Each score with ``_low`` and ``_high``, NaN with a single entity or where nothing is defined; then ``n_windows``
        and ``n_entities``.
    """
    n = len(parts)
    by_entity = sums_by_entity(parts, np.arange(n) if entity is None else entity)
    n_entities = len(by_entity)
    drawn = draws(n_entities, n_bootstrap, random_state)
    whole, resampled = scores(by_entity.sum(0)), scores(np.tensordot(drawn, by_entity, axes=1))
    named: dict[str, float] = {}
    for name, value in whole.items():
        low, high = interval(resampled[name], n_entities)
        named |= {name: float(value), f"{name}_low": low, f"{name}_high": high}
    return {**named, "n_windows": n, "n_entities": n_entities}


def sums_by_entity(parts: np.ndarray, entity) -> np.ndarray:
    """Sums over the windows of each of G entities, in sorted order, (G, *) float64.

    Parameters
    ----------
    parts : (N, *)
    entity : (N,) int or str
    """
    entity = np.asarray(entity)
    if entity.shape != parts.shape[:1]:
        raise InvalidInput(f"entity must have one entry per window ({len(parts)}); got shape {entity.shape}.")
    names, code = np.unique(entity, return_inverse=True)
    sums = np.zeros((len(names), *parts.shape[1:]))
    np.add.at(sums, code, parts)
    return sums


def draws(n_entities: int, n_bootstrap: int, random_state: int) -> np.ndarray:
    """(n_bootstrap, n_entities) int64, how often each entity is drawn with replacement."""
    share = np.full(n_entities, 1.0 / n_entities)
    return np.random.default_rng(random_state).multinomial(n_entities, share, size=n_bootstrap)


def interval(resampled: np.ndarray, n_entities: int) -> tuple[float, float]:
    """95 % percentile interval of a score over draws; NaN with a single entity or where nothing is defined."""
    if n_entities < 2 or np.isnan(resampled).all():
        return math.nan, math.nan
    low, high = np.nanquantile(resampled, [LOW, HIGH])
    return float(low), float(high)
