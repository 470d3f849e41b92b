"""Resampling of entities, which intervals of scores rest on."""

import math

import numpy as np

from interplay.errors import InvalidInput

LOW, HIGH = 0.025, 0.975


def entity_codes(entity, n: int) -> np.ndarray:
    """Number of the entity of each of n windows; each its own without `entity`."""
    entity = np.arange(n) if entity is None else np.asarray(entity)
    if entity.shape != (n,):
        raise InvalidInput(f"entity must have one entry per window ({n}); got shape {entity.shape}.")
    return np.unique(entity, return_inverse=True)[1]


def draws_of(n: int, n_bootstrap: int, random_state: int) -> np.ndarray:
    """How often each of n entities is drawn, (R, n), with replacement."""
    return np.random.default_rng(random_state).multinomial(n, np.full(n, 1.0 / n), size=n_bootstrap)


def interval(resampled: np.ndarray, n_entities: int) -> tuple[float, float]:
    """The 95 % percentile interval of resampled scores; NaN with a single entity or where nothing is defined."""
    if n_entities < 2 or np.isnan(resampled).all():
        return math.nan, math.nan
    low, high = np.nanquantile(resampled, [LOW, HIGH])
    return float(low), float(high)
