"""Splits by entity: no entity is ever on both sides."""

import warnings

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

    Examples
    --------
    >>> import interplay as ip
    >>> windows = ip.make_windows(ip.load_dataset("hapt_sample"), step_s=0.5, steps=8, stride=64)
    >>> train, test = ip.split_by_entity(windows, test=0.3, seed=0)
    >>> len(train.entities), len(test.entities), set(train.entities) & set(test.entities)
    (17, 8, set())
    >>> train, test = ip.split_by_entity(windows, test=["subject01", "subject02"])
    >>> test.entities
    ('subject01', 'subject02')
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
    return windows.of_entities(np.setdiff1d(names, chosen)), windows.of_entities(chosen)


def cross_folds(windows: Windows, folds: int, *, seed: int = 0, within_entities: bool = False) -> np.ndarray:
    """Fold of each window for cross-fitting, (N,) int64 in 0 .. folds-1.

    With at least `folds` entities a fold is a group of entities. With fewer, or `within_entities`, it is a group of
    blocks of consecutive windows of one entity; see `purged` for what must be left out between blocks. Classes are
    shared out as evenly as the groups allow: a fold of unusual labels leaves its training part leaning the
    other way, and a model trained there half tells what was held out.
    """
    entity = np.unique(windows.entity, return_inverse=True)[1]
    by_entity = entity.max() + 1 >= folds and not within_entities
    group = entity if by_entity else consecutive_blocks(windows, _block_length(windows, folds))
    n_groups = group.max() + 1
    if n_groups < folds:
        raise InvalidInput(
            f"cross-fitting must have at least {folds} entities, or windows for {folds} blocks; {len(windows)} windows "
            f"of {entity.max() + 1} entities make {n_groups}. Use fewer folds or more data."
        )
    # scikit-learn loads for seconds, which who only lists or checks data need not wait for
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    kind = StratifiedKFold if n_groups == len(windows) else StratifiedGroupKFold
    fold = np.empty(len(windows), dtype=np.int64)
    with warnings.catch_warnings():
        # a class with fewer groups than folds is the caller's to judge: only the training parts must have it
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        warnings.filterwarnings("ignore", message="The groups parameter is ignored", category=UserWarning)
        strata = _strata(windows)
        # where even the largest class has fewer windows than folds, nothing can be shared out evenly
        strata = strata if np.unique(strata, return_counts=True)[1].max() >= folds else np.zeros_like(strata)
        parts = kind(folds, shuffle=True, random_state=seed).split(strata, strata, group)
        for k, (_, held_out) in enumerate(parts):
            fold[held_out] = k
    return fold


def consecutive_blocks(windows: Windows, length: int) -> np.ndarray:
    """Number of the block of each window, (N,) int64: `length` consecutive windows of one segment."""
    segment = windows.steps.segment[windows.last]
    row = np.arange(len(windows))
    new = np.r_[True, segment[1:] != segment[:-1]]
    place = row - np.maximum.accumulate(np.where(new, row, 0))
    return np.cumsum(new | (place % length == 0)) - 1


def _strata(windows: Windows) -> np.ndarray:
    """Classes, or fifths of a continuous target, or whether any of several labels holds."""
    if windows.kind == "classes":
        return windows.y
    if windows.kind == "labels":
        return (windows.y == 1).any(1)
    return np.searchsorted(np.quantile(windows.y, [0.2, 0.4, 0.6, 0.8]), windows.y)


def _block_length(windows: Windows, folds: int) -> int:
    """Long enough that little is lost between blocks, short enough for ten blocks a fold."""
    return max(8 * windows.length, len(windows) // (10 * folds), 1)


def purged(windows: Windows, held_out: np.ndarray) -> np.ndarray:
    """Training windows, purged of all that is too near to held-out ones.

    They share no step with any held-out window, and lie further from those of the same entity than the
    target remembers: of two slow signals that have nothing to do with each other, neighbours look as if they had.

    Parameters
    ----------
    windows : Windows
    held_out : (N,) bool
        Windows to be tested.

    Returns
    -------
    (N,) bool
        Windows that may train what is tested on those; held-out windows are False.

    References
    ----------
    López de Prado M. (2018) Advances in Financial Machine Learning, chapter 7: purging and embargo.
    """
    steps = windows.steps
    touched = np.zeros(len(steps), dtype=bool)
    touched[windows.select(held_out).used_rows()] = True
    run = held_out.sum() / max(1, np.count_nonzero(np.diff(held_out, prepend=False) & held_out))
    touched = _within(touched, steps.entity, target_memory(windows, longest=int(run) // 3))
    before = np.concatenate([[0], np.cumsum(touched)])
    return before[windows.last + 1] == before[windows.last - windows.length + 1]


ALIKE = 0.1
"""Autocorrelation from which on two targets count as unalike."""


def target_memory(windows: Windows, longest: int) -> int:
    """Windows after which the target of an entity no longer resembles itself, at most `longest`."""
    targets = windows.y[:, None] if windows.continuous else np.eye(len(windows.classes))[windows.y]
    targets = targets - targets.mean(0)
    variance = (targets**2).sum(1).mean()
    for k in range(1, min(longest, len(targets) - 1) + 1):
        same = windows.entity[k:] == windows.entity[:-k]
        if not same.any() or (targets[k:] * targets[:-k]).sum(1)[same].mean() < ALIKE * variance:
            return k - 1
    return longest


def _within(touched: np.ndarray, entity: np.ndarray, gap: int) -> np.ndarray:
    """Rows at most `gap` away from touched ones of the same entity."""
    if gap == 0:
        return touched
    row = np.arange(len(touched))
    before = np.maximum.accumulate(np.where(touched, row, 0))
    after = np.minimum.accumulate(np.where(touched, row, len(row) - 1)[::-1])[::-1]
    near = [touched[k] & (np.abs(row - k) <= gap) & (entity[k] == entity) for k in (before, after)]
    return near[0] | near[1]
