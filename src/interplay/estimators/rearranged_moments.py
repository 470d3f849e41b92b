"""Sources of moments rearranged among the moments of an entity, or between entities, alike in every bin of time.

A moment has a window only in bins where its target is known, so that each bin has moments of its own; still all bins
must be rearranged by the same draw, or what neighbouring bins have in common would be lost.
"""

import numpy as np


def rearranged_moments(
    entity: np.ndarray, bins: list[np.ndarray], source: np.ndarray, draws: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """For every window of each bin the moment that it takes a source from.

    Where the source differs within at least half of the entities it is rotated among the moments of each, which keeps
    its course and that of the target; otherwise entities exchange it.

    Parameters
    ----------
    entity : (E,) int64, of each moment; those of one entity lie together, in order of time
    bins : B arrays (n_b,) int64, increasing, the moments with a window in each bin
    source : (E, ...) float, what moments show
    draws : int
    rng : numpy Generator

    Returns
    -------
    B arrays (draws, n_b) int64, moments
    """
    n_entities = int(entity.max()) + 1
    rotate = _differs_within(entity, source)
    # one number an entity and draw: how far it is rotated, or its place among others
    share = rng.random((draws, n_entities))
    return [(_rotated if rotate else _exchanged)(entity[moments], moments, share) for moments in bins]


def _differs_within(entity: np.ndarray, source: np.ndarray) -> bool:
    flat = np.nan_to_num(source.reshape(len(source), -1))
    names, first = np.unique(entity, return_index=True)
    differs = [(part != part[0]).any() for part in np.split(flat, first[1:])]
    return 2 * sum(differs) >= len(names)


def _stretches(entity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each entity begins, and how many windows it has."""
    starts = np.flatnonzero(np.r_[True, entity[1:] != entity[:-1]])
    return starts, np.diff(np.r_[starts, len(entity)])


def _rotated(entity: np.ndarray, moments: np.ndarray, share: np.ndarray) -> np.ndarray:
    starts, sizes = _stretches(entity)
    shift = (share[:, entity[starts]] * sizes).astype(np.int64)
    place = np.arange(len(entity)) - np.repeat(starts, sizes)
    moved = (place + np.repeat(shift, sizes, axis=1)) % np.repeat(sizes, sizes)
    return moments[np.repeat(starts, sizes) + moved]


def _exchanged(entity: np.ndarray, moments: np.ndarray, share: np.ndarray) -> np.ndarray:
    starts, sizes = _stretches(entity)
    place = np.arange(len(entity)) - np.repeat(starts, sizes)
    other = np.repeat(np.argsort(share[:, entity[starts]], axis=1), sizes, axis=1)
    return moments[starts[other] + place % sizes[other]]
