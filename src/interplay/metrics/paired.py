"""Two predictors scored on the same windows: the difference, its interval and a paired test, over entities.

Letters: N windows, G entities, R resamplings.
"""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from interplay.errors import InvalidInput
from interplay.metrics.resampling import draws, interval, sums_by_entity

EXACT = 12
"""Up to so many entities, all 2**G ways to swap the two predictors are looked at."""

ROUNDING = 1e-12
"""Differences that are nearer than this are equal."""

Scores = Callable[[np.ndarray], dict[str, np.ndarray]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """How far one score of two predictors is apart on the same windows.

    Attributes
    ----------
    a, b : float
        The score of all windows.
    difference : float, b - a
    low, high : float
        95 % percentile interval of the difference from drawing entities with replacement; NaN with one entity.
    """

    a: float
    b: float
    difference: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class PairedScore(Difference):
    """The same, with a test.

    Attributes
    ----------
    p_value : float
        Share of all ways to swap the two predictors in whole entities that lead at least as far apart; NaN where the
        score is not defined.
    """

    p_value: float


def differences(
    scores: Scores,
    parts_a: np.ndarray,
    parts_b: np.ndarray,
    *,
    entity,
    n_bootstrap: int,
    random_state: int = 0,
) -> dict[str, Difference]:
    """How far scores of two predictors are apart, by name; see `paired_scores` for what is passed."""
    a, b = _sums_of_both(parts_a, parts_b, entity)
    return _differences(scores, a, b, n_bootstrap, random_state)


def paired_scores(
    scores: Scores,
    parts_a: np.ndarray,
    parts_b: np.ndarray,
    *,
    entity,
    n_bootstrap: int = 1000,
    n_permutations: int = 10_000,
    random_state: int = 0,
) -> dict[str, PairedScore]:
    """Compare two predictors on the same windows.

    The test swaps the predictors within whole entities, which changes nothing but chance if neither is better. For a
    score that is a mean over entities it is the sign-flip test of their differences (Fisher, The Design of
    Experiments, 1935).

    Parameters
    ----------
    scores : callable
        Scores by name of sums (..., *) over windows.
    parts_a, parts_b : (N, *) what each window adds to the sums of either predictor
    entity : (N,) int or str
        Who each window belongs to.
    n_bootstrap : int
    n_permutations : int
        Random ways to swap, where entities are more than `EXACT`.
    random_state : int

    Returns
    -------
    dict of str to PairedScore
    """
    a, b = _sums_of_both(parts_a, parts_b, entity)
    swaps = _swaps(len(a), n_permutations, random_state)
    moved = np.tensordot(swaps, b - a, axes=1)
    swapped_a, swapped_b = scores(a.sum(0) + moved), scores(b.sum(0) - moved)
    compared = {}
    for name, apart in _differences(scores, a, b, n_bootstrap, random_state).items():
        by_chance = swapped_b[name] - swapped_a[name]
        p_value = _share_as_far(by_chance, apart.difference, exact=len(a) <= EXACT)
        compared[name] = PairedScore(**asdict(apart), p_value=p_value)
    return compared


def _sums_of_both(parts_a: np.ndarray, parts_b: np.ndarray, entity) -> tuple[np.ndarray, np.ndarray]:
    """Sums over the windows of each entity, (G, *) of either predictor."""
    a, b = (sums_by_entity(parts, entity) for parts in (parts_a, parts_b))
    if a.shape != b.shape:
        raise InvalidInput(
            f"parts_a and parts_b must be of the same windows; got {np.shape(parts_a)} and {np.shape(parts_b)}."
        )
    return a, b


def _differences(
    scores: Scores, a: np.ndarray, b: np.ndarray, n_bootstrap: int, random_state: int
) -> dict[str, Difference]:
    whole_a, whole_b = scores(a.sum(0)), scores(b.sum(0))
    drawn = draws(len(a), n_bootstrap, random_state)
    drawn_a, drawn_b = (scores(np.tensordot(drawn, sums, axes=1)) for sums in (a, b))
    apart = {}
    for name in whole_a:
        low, high = interval(drawn_b[name] - drawn_a[name], len(a))
        of_a, of_b = float(whole_a[name]), float(whole_b[name])
        apart[name] = Difference(a=of_a, b=of_b, difference=of_b - of_a, low=low, high=high)
    return apart


def smallest_p_value(n_entities: int) -> float:
    """The least that the test can say of so many entities: all on one side, or all on the other."""
    return 2.0 ** (1 - n_entities)


def _swaps(n_entities: int, n_permutations: int, random_state: int) -> np.ndarray:
    """Ways to swap, (R, G) of 0 and 1: all of them where entities are few."""
    if n_entities <= EXACT:
        return np.arange(2**n_entities)[:, None] >> np.arange(n_entities) & 1
    return np.random.default_rng(random_state).integers(0, 2, (n_permutations, n_entities))


def _share_as_far(by_chance: np.ndarray, difference: float, *, exact: bool) -> float:
    if math.isnan(difference):
        return math.nan
    as_far = int((np.abs(by_chance) >= abs(difference) - ROUNDING).sum())
    # the observed way is one of all; among random ones it is counted with them
    return as_far / len(by_chance) if exact else (as_far + 1) / (len(by_chance) + 1)
