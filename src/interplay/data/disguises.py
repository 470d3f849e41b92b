"""The target among the channels in disguise: of another time, with noise, or by what is missing."""

from collections.abc import Iterator
from math import comb

import numpy as np

from interplay.data.leaks import ENOUGH, follows, is_target, tells
from interplay.data.targets import is_labelled

CHANCE = 0.02
"""Probability at which stretches of one class agree with a channel by chance."""
CHANGES = 4
"""Changes of the label with which a channel must agree before it is called that of another time."""
FARTHEST = 1000
"""Rows by which labels may be shifted."""
SHIFTS = 24
"""Rows by which a continuous target may be shifted."""
APART = 3.3
"""Standard deviations of the noise between two classes of labels that noise was added to."""
AT_CODE = 0.1
"""How far the mean of a class may lie from its number, in steps between numbers."""
WHITE = 0.1
"""Correlation of neighbouring samples that noise may have by chance; sensors have more."""
ALIKE = 1.5
"""Times by which the spread of noise may differ between classes."""
FLIPPED = 0.2
"""Share of labels that may be drawn anew."""
STRETCH = 5.0
"""Rows that a label typically lasts before a channel that follows it nearly always is called a copy."""
ROWS = 50_000
"""Rows that are looked at for what is not exact."""


def disguises(
    values: np.ndarray, labels: np.ndarray, run: np.ndarray, entity: np.ndarray
) -> Iterator[tuple[int | None, str]]:
    """Channels that give the target away, and how, in words that follow a channel's name; None is all of them.

    Parameters
    ----------
    values : (n, d) float, NaN where missing
    labels : (n,) int64 of classes, -1 is unlabelled, or float64 of a number, NaN is unlabelled
    run : (n,) int
        Rows of one number follow each other in time.
    entity : (n,) int
        Whose rows these are.
    """
    known = is_labelled(labels)
    of_all = _of_whole_entities(labels, known, entity)
    versions = [(values[known], labels[known], run[known])] + (
        [] if of_all is None else [(values, of_all, entity)]
    )
    ways: dict[int | None, str] = {}
    for rows, classes, together in versions:
        absent = np.isnan(rows)
        if (
            len(rows)
            and (absent == absent[:, :1]).all()
            and _is_missing_by_label(absent[:, 0], classes, together)
        ):
            ways.setdefault(None, "is missing exactly where the target is of some classes")
        for channel, column in enumerate(rows.T):
            how = _way(column, classes, together)
            if how:
                ways.setdefault(channel, how)
    if None in ways:
        ways = {channel: how for channel, how in ways.items() if channel is None or how != ways[None]}
    yield from ways.items()


def _of_whole_entities(labels: np.ndarray, known: np.ndarray, entity: np.ndarray) -> np.ndarray | None:
    """Classes (n,) of all rows, where each entity has one and not all its rows say so."""
    if labels.dtype.kind == "f" or known.all() or not known.any():
        return None
    kinds, who = np.unique(entity, return_inverse=True)
    first, last = np.full(len(kinds), labels.max() + 1), np.full(len(kinds), -1)
    np.minimum.at(first, who[known], labels[known])
    np.maximum.at(last, who[known], labels[known])
    return first[who] if (first == last).all() else None


def _way(column: np.ndarray, labels: np.ndarray, run: np.ndarray) -> str:
    """How a channel gives the target away; nothing where it does not."""
    missing = np.isnan(column)
    if _is_missing_by_label(missing, labels, run):
        return "is missing exactly where the target is of some classes"
    column, labels, run = column[~missing], labels[~missing], run[~missing]
    if len(column) < ENOUGH or column.min() == column.max():
        return ""
    if labels.dtype.kind == "f":
        return (
            "tells the target without error"
            if is_target(column, labels)
            else _number_ahead(column, labels, run)
        )
    if is_target(column, labels):
        return "" if _by_chance(labels, run) else "tells the target without error"
    column, labels, run = column[:ROWS], labels[:ROWS], run[:ROWS]
    if len(np.unique(column)) <= 2 * len(np.unique(labels)):
        return _class_of_another_time(column, labels, run) or _flipped(column, labels, run)
    return _noisy(column, labels, run)


def _is_missing_by_label(missing: np.ndarray, labels: np.ndarray, run: np.ndarray) -> bool:
    """Whether what is missing (n,) depends on the class alone, all of it or nothing, too often to be chance."""
    if labels.dtype.kind == "f" or min(missing.sum(), (~missing).sum()) < ENOUGH:
        return False
    share = np.bincount(labels, missing) / np.maximum(np.bincount(labels), 1)
    return bool(np.isin(share, (0.0, 1.0)).all()) and not _by_chance(missing.astype(np.int64), run)


def _by_chance(labels: np.ndarray, run: np.ndarray) -> bool:
    """Whether so few stretches of classes would agree as well in another order."""
    first = (np.diff(run, prepend=run[0] - 1) != 0) | (np.diff(labels, prepend=labels[0] - 1) != 0)
    count = np.unique(labels[first], return_counts=True)[1]
    n, others = int(count.sum()), int(count.sum() - count.max())
    # there are at least n orders
    return others == 0 or (n * CHANCE < 1 and comb(n, others) * CHANCE < 1)


def _number_ahead(column: np.ndarray, labels: np.ndarray, run: np.ndarray) -> str:
    """A continuous target of a few rows later; of earlier rows it is a forecast from what is known."""
    column, labels, run = column[:ROWS], labels[:ROWS], run[:ROWS]
    for rows in range(1, min(SHIFTS, len(column) - 1) + 1):
        same = run[rows:] == run[:-rows]
        if follows(column[:-rows][same], labels[rows:][same]):
            return _at(rows)
    return ""


def _class_of_another_time(column: np.ndarray, labels: np.ndarray, run: np.ndarray) -> str:
    """A class of some rows later or earlier, or of the next stretch of one class."""
    within = np.diff(run) == 0
    change = np.flatnonzero((np.diff(labels) != 0) & within) + 1
    if len(change) < CHANGES:
        return ""
    own = np.flatnonzero((np.diff(column) != 0) & within) + 1
    # where a channel changes, the label does so some rows later or earlier
    shifts = {int(c - o) for o in own[:5] for c in _around(change, int(o))} | {-3, -2, -1, 1, 2, 3}
    for rows in sorted(shifts - {0}, key=abs):
        if abs(rows) <= min(FARTHEST, len(column) - 1) and _agrees(column, labels, run, rows):
            return _at(rows)
    # the class of the next stretch, for rows before the last change in their run
    at = np.searchsorted(change, np.arange(len(column)), side="right")
    following = change[np.minimum(at, len(change) - 1)]
    follows_one = (at < len(change)) & (run[following] == run)
    return (
        "tells the next class without error"
        if tells(column[follows_one], labels[following[follows_one]])
        else ""
    )


def _around(change: np.ndarray, row: int) -> np.ndarray:
    k = int(np.searchsorted(change, row))
    return change[max(0, k - 20) : k + 20]


def _agrees(column: np.ndarray, labels: np.ndarray, run: np.ndarray, rows: int) -> bool:
    """Whether a channel tells the class of so many rows later, or earlier."""
    n = abs(rows)
    same = run[n:] == run[:-n]
    if rows > 0:
        column, labels, run = column[:-n][same], labels[n:][same], run[n:][same]
    else:
        column, labels, run = column[n:][same], labels[:-n][same], run[n:][same]
    return tells(column, labels) and not _by_chance(labels, run)


def _at(rows: int) -> str:
    n = abs(rows)
    return f"tells the target of {n} row{'s' * (n > 1)} {'later' if rows > 0 else 'earlier'} without error"


def _flipped(column: np.ndarray, labels: np.ndarray, run: np.ndarray) -> str:
    """The class with some labels drawn anew, each row on its own; what follows a class itself errs for a while."""
    kinds, code = np.unique(column, return_inverse=True)
    classes, of_class = np.unique(labels, return_inverse=True)
    if len(kinds) != len(classes) or len(labels) < STRETCH * (1 + np.sum(np.diff(labels) != 0)):
        return ""
    table = np.bincount(code * len(classes) + of_class, minlength=len(kinds) * len(classes))
    best = table.reshape(len(kinds), -1).argmax(axis=1)
    wrong = best[code] != of_class
    share = float(wrong.mean())
    if (
        len(np.unique(best)) < len(classes)
        or wrong.sum() < ENOUGH
        or share > FLIPPED
        or _by_chance(labels, run)
    ):
        return ""
    within = (np.diff(run) == 0) & (np.diff(labels) == 0)
    both, expected = int((wrong[1:] & wrong[:-1] & within).sum()), share**2 * within.sum()
    # counts scatter by their root
    return "is the class with some labels changed" if both <= expected + 3 * max(1.0, expected**0.5) else ""


def _noisy(column: np.ndarray, labels: np.ndarray, run: np.ndarray) -> str:
    """The numbers of the classes with noise: as no sensor's, means lie at them, and noise is white and alike in all."""
    kinds, code, count = np.unique(labels, return_inverse=True, return_counts=True)
    if len(kinds) < 2 or count.min() < ENOUGH or _by_chance(labels, run):
        return ""
    mean = np.bincount(code, column) / count
    rest = column - mean[code]
    spread = np.sqrt(np.bincount(code, rest**2) / count)
    noise = spread.max()
    if (
        noise == 0
        or noise > ALIKE * spread.min()
        or np.diff(mean).min() < APART * noise
        or not _at_codes(mean, kinds)
    ):
        return ""
    within = (np.diff(run) == 0) & (np.diff(code) == 0)
    if within.sum() < ENOUGH:
        return ""
    neighbours = np.corrcoef(rest[:-1][within], rest[1:][within])[0, 1]
    white = abs(neighbours) <= WHITE + 3.0 / np.sqrt(within.sum())
    return "is the number of the class with a little noise" if white else ""


def _at_codes(mean: np.ndarray, kinds: np.ndarray) -> bool:
    """Whether means of classes lie at 0, 1, 2 ..., at 1, 2, 3 ..., or at -1 and 1."""
    codes = [kinds, kinds + 1] + ([np.array([-1, 1])] if len(kinds) == 2 else [])
    return any(np.abs(mean - numbers).max() < AT_CODE for numbers in codes)
