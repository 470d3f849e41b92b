"""Channels that give the target away: the target itself, shifted, with noise, or by what is missing."""

from collections.abc import Iterator, Sequence

import numpy as np

from interplay.data.targets import is_labelled
from interplay.types import Recording, Stream, Target

ENOUGH = 20
"""Samples of a value that never differ in class by chance."""
SAME = 0.9999
"""Correlation from which a channel is a continuous target on another scale; single precision alone costs less."""
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
ROWS = 50_000
"""Rows that are looked at for what is not exact."""


def giveaways(recordings: Sequence[Recording], name: str) -> list[int]:
    """Channels of a stream that are the target under another name, of the same time.

    A label holds over (start, stop]; where it stands in the same row as the sample, over [start, stop). Both are tried.
    """
    channels: set[int] = set()
    for at_start in (False, True) if _lasting(recordings) else (False,):
        values, labels = beside_labels(recordings, name, at_start=at_start)
        channels |= {k for k in range(values.shape[1]) if is_target(values[:, k], labels)}
    return sorted(channels)


def ways(recordings: Sequence[Recording], name: str) -> dict[int, str]:
    """Channels of a stream that give the target away, and how, in words that follow the channel's name."""
    sentences: dict[int, str] = {}
    for at_start in (False, True) if _lasting(recordings) else (False,):
        parts = [beside_labels([recording], name, at_start=at_start) for recording in recordings]
        parts = [(values, labels) for values, labels in parts if len(labels)]
        if parts:
            run = np.repeat(np.arange(len(parts)), [len(labels) for _, labels in parts])
            values, labels = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
            sentences = dict(ways_of_rows(values, labels, run)) | sentences
    return dict(sorted(sentences.items()))


def ways_of_rows(values: np.ndarray, labels: np.ndarray, run: np.ndarray) -> Iterator[tuple[int, str]]:
    """Channels that give labels away, and how.

    Parameters
    ----------
    values : (n, d) float, NaN where missing
    labels : (n,) of each row, all known
    run : (n,) int
        Rows of one number follow each other in time.
    """
    for channel in range(values.shape[1]):
        column = values[:, channel]
        how = _way(column, labels, run)
        if how:
            yield channel, how


def beside_labels(
    recordings: Sequence[Recording], name: str, *, at_start: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Samples (n, d) of one stream and the label (n,) in force at each; only samples that have one.

    Beside the label of an instant is the last sample until then.
    """
    values, labels = [], []
    for recording in recordings:
        stream, target = recording.streams[name], recording.target
        if len(stream.values) == 0 or np.ndim(target.values) > 1 or len(target.values) == 0:
            continue
        sample, label = _pairs(sample_times(stream), target, at_start)
        known = is_labelled(np.asarray(target.values)[label])
        values.append(stream.values[sample[known]])
        labels.append(np.asarray(target.values)[label[known]])
    return (np.concatenate(values), np.concatenate(labels)) if values else (np.zeros((0, 0)), np.zeros(0))


def sample_times(stream: Stream) -> np.ndarray:
    """(n,) s, when each sample was taken."""
    if stream.times_s is not None:
        return np.asarray(stream.times_s)
    assert stream.rate_hz is not None
    return stream.start_s + np.arange(len(stream.values)) / stream.rate_hz


def is_target(values: np.ndarray, labels: np.ndarray) -> bool:
    """Whether a channel (n,) is the class, or the continuous target, of each of its samples."""
    seen = ~np.isnan(values)
    values, labels = values[seen], labels[seen]
    return _follows(values, labels) if labels.dtype.kind == "f" else _tells(values, labels)


def is_missing_by_label(missing: np.ndarray, labels: np.ndarray) -> bool:
    """Whether what is missing (n,) depends on the class alone, all of it or nothing, often enough not to be chance."""
    if labels.dtype.kind == "f" or min(missing.sum(), (~missing).sum()) < ENOUGH:
        return False
    share = np.bincount(labels, missing) / np.maximum(np.bincount(labels), 1)
    return bool(np.isin(share, (0.0, 1.0)).all())


def _lasting(recordings: Sequence[Recording]) -> bool:
    return any(np.any(r.target.stop_s > r.target.start_s) for r in recordings)


def _pairs(when: np.ndarray, target: Target, at_start: bool) -> tuple[np.ndarray, np.ndarray]:
    """Which samples are beside which labels, as indices."""
    k = np.searchsorted(target.start_s, when, side="right" if at_start else "left") - 1
    held = (k >= 0) & ((when < target.stop_s[k]) if at_start else (when <= target.stop_s[k]))
    instant = np.flatnonzero(target.start_s == target.stop_s)
    last = np.searchsorted(when, np.asarray(target.start_s)[instant], side="right") - 1
    return np.r_[np.flatnonzero(held), last[last >= 0]], np.r_[k[held], instant[last >= 0]]


def _way(column: np.ndarray, labels: np.ndarray, run: np.ndarray) -> str:
    """How a channel gives the target away; nothing where it does not."""
    missing = np.isnan(column)
    if is_missing_by_label(missing, labels):
        return "is missing exactly where the target is of some classes"
    column, labels, run = column[~missing], labels[~missing], run[~missing]
    if len(column) < ENOUGH or column.min() == column.max():
        return ""
    if is_target(column, labels):
        return "tells the target without error"
    if labels.dtype.kind == "f":
        return _number_ahead(column[:ROWS], labels[:ROWS], run[:ROWS])
    if len(np.unique(column[:ROWS])) <= 2 * len(np.unique(labels)):
        return _class_ahead(column, labels, run)
    return _noisy(column[:ROWS], labels[:ROWS], run[:ROWS])


def _number_ahead(column: np.ndarray, labels: np.ndarray, run: np.ndarray) -> str:
    """A continuous target of a few rows later."""
    for rows in range(1, min(SHIFTS, len(column) - 1) + 1):
        same = run[rows:] == run[:-rows]
        if _follows(column[:-rows][same], labels[rows:][same]):
            return f"tells the target of {rows} row{'s' * (rows > 1)} later without error"
    return ""


def _class_ahead(column: np.ndarray, labels: np.ndarray, run: np.ndarray) -> str:
    """A class of some rows later, or of the next stretch of one class."""
    new_run = np.diff(run) != 0
    change = np.flatnonzero((np.diff(labels) != 0) & ~new_run) + 1
    if len(change) < CHANGES:
        return ""
    own = np.flatnonzero((np.diff(column) != 0) & ~new_run) + 1
    ahead = {int(c - o) for o in own[:5] for c in change[np.searchsorted(change, o) :][:20]}
    for rows in sorted(r for r in ahead | {1, 2, 3} if 0 < r <= min(FARTHEST, len(column) - 1)):
        same = run[rows:] == run[:-rows]
        if _tells(column[:-rows][same], labels[rows:][same]):
            return f"tells the target of {rows} row{'s' * (rows > 1)} later without error"
    # the class of the next stretch, for rows before the last change in their run
    at = np.searchsorted(change, np.arange(len(column)), side="right")
    follows = at < len(change)
    following = change[np.minimum(at, len(change) - 1)]
    follows &= run[following] == run
    if _tells(column[follows], labels[following[follows]]):
        return "tells the next class without error"
    return ""


def _noisy(column: np.ndarray, labels: np.ndarray, run: np.ndarray) -> str:
    """The numbers of the classes with noise: as no sensor's, means lie at them, and noise is white and alike in all."""
    kinds, code, count = np.unique(labels, return_inverse=True, return_counts=True)
    if len(kinds) < 2 or count.min() < ENOUGH:
        return ""
    mean = np.bincount(code, column) / count
    rest = column - mean[code]
    spread = np.sqrt(np.bincount(code, rest**2) / count)
    if not _at_codes(mean, kinds):
        return ""
    noise = spread.max()
    if noise == 0 or spread.max() > ALIKE * spread.min() or np.diff(mean).min() < APART * noise:
        return ""
    follows = (np.diff(run) == 0) & (np.diff(code) == 0)
    if follows.sum() < ENOUGH:
        return ""
    neighbours = np.corrcoef(rest[:-1][follows], rest[1:][follows])[0, 1]
    if abs(neighbours) > WHITE + 3.0 / np.sqrt(follows.sum()):
        return ""
    return "is the number of the class with a little noise"


def _at_codes(mean: np.ndarray, kinds: np.ndarray) -> bool:
    """Whether means of classes lie at 0, 1, 2 ..., at 1, 2, 3 ..., or at -1 and 1."""
    codes = [kinds, kinds + 1] + ([np.array([-1, 1])] if len(kinds) == 2 else [])
    return any(np.abs(mean - numbers).max() < AT_CODE for numbers in codes)


def _tells(values: np.ndarray, labels: np.ndarray) -> bool:
    """Whether few distinct values (n,) stand for one class each, often enough not to be chance."""
    # most channels have too many values, which a few of them show
    if len(np.unique(values[:1000])) > 2 * len(np.unique(labels)):
        return False
    kinds, code, count = np.unique(values, return_inverse=True, return_counts=True)
    classes, of_class = np.unique(labels, return_inverse=True)
    if len(classes) < 2 or len(kinds) > 2 * len(classes) or count.min() < ENOUGH:
        return False
    return len(np.unique(code * len(classes) + of_class)) == len(kinds)


def _follows(values: np.ndarray, labels: np.ndarray) -> bool:
    """Whether values (n,) are a straight line of a continuous target, over enough of its values."""
    if len(values) < ENOUGH or values.min() == values.max() or labels.min() == labels.max():
        return False
    if abs(np.corrcoef(values.astype(np.float64), labels)[0, 1]) <= SAME:
        return False
    return min(len(np.unique(values)), len(np.unique(labels))) >= ENOUGH
