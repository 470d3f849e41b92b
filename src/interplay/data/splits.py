"""Splits by entity: no entity is ever on both sides."""

import numpy as np

from interplay.data.windows import Windows
from interplay.errors import InvalidInput


def split_by_entity(
    windows: Windows, *, test: float | list[str] = 0.3, seed: int = 0
) -> tuple[Windows, Windows]:
    """Split windows into training and test windows of different entities.

    Parameters
    ----------
    windows : Windows
    test : float or list of str
        Share of the entities to test on (at least one), or their names.
    seed : int
        Which entities are drawn.

    Returns
    -------
    train, test : Windows
    """
    names = np.array(windows.entities)
    if len(names) < 2:
        raise InvalidInput(
            f"a split by entity must have at least two entities; got {len(names)} ({names[0]!r}). "
            "Pass entity= when the windows are made, or take test windows from another recording."
        )
    if isinstance(test, (list, tuple, np.ndarray)):
        unknown = sorted(set(test) - set(names))
        if unknown or not len(test) or len(set(test)) == len(names):
            raise InvalidInput(
                f"test must name some, not all, of the {len(names)} entities; got {list(test)}"
                + (f", of which {unknown} are unknown." if unknown else ".")
            )
        chosen = np.asarray(list(test))
    else:
        if not 0 < test < 1:
            raise InvalidInput(f"test must be a share between 0 and 1, or names of entities; got {test!r}.")
        count = min(len(names) - 1, max(1, round(test * len(names))))
        chosen = np.random.default_rng(seed).permutation(names)[:count]
    is_test = np.isin(np.array(windows.steps.entities), chosen)[windows.entity]
    return windows.select(~is_test), windows.select(is_test)


def cross_folds(windows: Windows, folds: int, *, seed: int = 0) -> np.ndarray:
    """Fold of each window for cross-fitting, (N,) int64 in 0 .. folds-1.

    With at least `folds` entities a fold is a group of entities of about equal total size. With fewer, each
    entity's windows are cut into contiguous blocks that are dealt to the folds in turn, several per fold, so
    that labels which come in long runs reach every fold. See `apart` for what must be left out between them.
    """
    entity = windows.entity
    present, code, count = np.unique(entity, return_inverse=True, return_counts=True)
    rng = np.random.default_rng(seed)
    if len(present) >= folds:
        shuffled = rng.permutation(len(present))
        order = shuffled[np.argsort(-count[shuffled], kind="stable")]
        return _dealt(order, count, folds)[code]
    block_length = max(8 * windows.length, len(windows) // (10 * folds), 1)
    segment = windows.steps.segment[windows.last]
    start = np.r_[True, segment[1:] != segment[:-1]]
    place = np.arange(len(windows)) - np.maximum.accumulate(np.where(start, np.arange(len(windows)), 0))
    block = np.cumsum(start | (place % block_length == 0)) - 1
    turn = (np.arange(block[-1] + 1) + rng.integers(folds)) % folds
    return turn[block]


def _dealt(order: np.ndarray, count: np.ndarray, folds: int) -> np.ndarray:
    """Deal entities, in this order, each to the fold that has least so far."""
    fold, load = np.zeros(len(order), dtype=np.int64), np.zeros(folds)
    for entity in order:
        fold[entity] = np.argmin(load)
        load[fold[entity]] += count[entity]
    return fold


def apart(windows: Windows, held_out: np.ndarray) -> np.ndarray:
    """Which windows share no step with any held-out window, (N,) bool; held-out windows are False."""
    touched = np.zeros(len(windows.steps), dtype=bool)
    touched[windows.select(held_out).used_rows()] = True
    before = np.concatenate([[0], np.cumsum(touched)])
    return before[windows.last + 1] == before[windows.last - windows.length + 1]
