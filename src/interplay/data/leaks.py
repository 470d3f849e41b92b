"""Channels that give the target away."""

from collections.abc import Sequence

import numpy as np

from interplay.data.targets import is_labelled
from interplay.types import Recording, Stream, Target

ENOUGH = 20
"""Samples of a value that never differ in class by chance."""
SAME = 0.9999
"""Correlation from which a channel is a continuous target on another scale; single precision alone costs less."""


def giveaways(recordings: Sequence[Recording], name: str) -> list[int]:
    """Channels of a stream that are the target under another name, of the same time.

    A label holds over (start, stop]; where it stands in the same row as the sample, over [start, stop). Both are tried.
    """
    channels: set[int] = set()
    for at_start in (False, True) if lasting(recordings) else (False,):
        values, labels = beside_labels(recordings, name, at_start=at_start)
        channels |= {k for k in range(values.shape[1]) if is_target(values[:, k], labels)}
    return sorted(channels)


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
    return follows(values, labels) if labels.dtype.kind == "f" else tells(values, labels)


def lasting(recordings: Sequence[Recording]) -> bool:
    """Whether labels hold for some time, so that a row of the target is beside two samples."""
    return any(np.any(r.target.stop_s > r.target.start_s) for r in recordings)


def _pairs(when: np.ndarray, target: Target, at_start: bool) -> tuple[np.ndarray, np.ndarray]:
    """Which samples are beside which labels, as indices."""
    k = np.searchsorted(target.start_s, when, side="right" if at_start else "left") - 1
    held = (k >= 0) & ((when < target.stop_s[k]) if at_start else (when <= target.stop_s[k]))
    instant = np.flatnonzero(target.start_s == target.stop_s)
    last = np.searchsorted(when, np.asarray(target.start_s)[instant], side="right") - 1
    return np.r_[np.flatnonzero(held), last[last >= 0]], np.r_[k[held], instant[last >= 0]]


def tells(values: np.ndarray, labels: np.ndarray) -> bool:
    """Whether few distinct values (n,) stand for one class each, often enough not to be chance."""
    # most channels have too many values, which a few of them show
    if len(np.unique(values[:1000])) > 2 * len(np.unique(labels)):
        return False
    kinds, code, count = np.unique(values, return_inverse=True, return_counts=True)
    classes, of_class = np.unique(labels, return_inverse=True)
    if len(classes) < 2 or len(kinds) > 2 * len(classes) or count.min() < ENOUGH:
        return False
    return len(np.unique(code * len(classes) + of_class)) == len(kinds)


def follows(values: np.ndarray, labels: np.ndarray) -> bool:
    """Whether values (n,) are a straight line of a continuous target, over enough of its values."""
    if len(values) < ENOUGH or values.min() == values.max() or labels.min() == labels.max():
        return False
    if abs(np.corrcoef(values.astype(np.float64), labels)[0, 1]) <= SAME:
        return False
    return min(len(np.unique(values)), len(np.unique(labels))) >= ENOUGH
