"""Channels that give the target away."""

from collections.abc import Sequence

import numpy as np

from interplay.data.targets import is_labelled
from interplay.types import Recording, Stream, Target

ENOUGH = 20
"""Samples of a value that never differ in class by chance."""
SAME = 0.9999
"""Correlation from which a channel is a continuous target on another scale; single precision alone costs less."""


def sample_times(stream: Stream) -> np.ndarray:
    """(n,) s, when each sample was taken."""
    if stream.times_s is not None:
        return np.asarray(stream.times_s)
    assert stream.rate_hz is not None
    return stream.start_s + np.arange(len(stream.values)) / stream.rate_hz


def giveaways(recordings: Sequence[Recording], name: str) -> list[int]:
    """Channels of a stream that are the target under another name.

    A label holds over (start, stop]; where it stands in the same row as the sample, over [start, stop). Both are tried.
    """
    channels: set[int] = set()
    lasting = any(np.any(r.target.stop_s > r.target.start_s) for r in recordings)
    for at_start in (False, True) if lasting else (False,):
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


def is_target(values: np.ndarray, labels: np.ndarray) -> bool:
    """Whether a channel (n,) is the class, or the continuous target, of each of its samples."""
    seen = ~np.isnan(values)
    values, labels = values[seen], labels[seen]
    return _follows(values, labels) if labels.dtype.kind == "f" else _tells(values, labels)


def _pairs(when: np.ndarray, target: Target, at_start: bool) -> tuple[np.ndarray, np.ndarray]:
    """Which samples are beside which labels, as indices."""
    k = np.searchsorted(target.start_s, when, side="right" if at_start else "left") - 1
    held = (k >= 0) & ((when < target.stop_s[k]) if at_start else (when <= target.stop_s[k]))
    instant = np.flatnonzero(target.start_s == target.stop_s)
    last = np.searchsorted(when, np.asarray(target.start_s)[instant], side="right") - 1
    return np.r_[np.flatnonzero(held), last[last >= 0]], np.r_[k[held], instant[last >= 0]]


def _tells(values: np.ndarray, labels: np.ndarray) -> bool:
    """Whether few distinct values (n,) stand for one class each, often enough not to be chance."""
    kinds, code, count = np.unique(values, return_inverse=True, return_counts=True)
    n_classes = len(np.unique(labels))
    if n_classes < 2 or len(kinds) > 2 * n_classes or count.min() < ENOUGH:
        return False
    return len(np.unique(np.stack([code, labels]), axis=1).T) == len(kinds)


def _follows(values: np.ndarray, labels: np.ndarray) -> bool:
    """Whether values (n,) are a straight line of a continuous target, over enough of its values."""
    if min(len(np.unique(values)), len(np.unique(labels))) < ENOUGH:
        return False
    return abs(np.corrcoef(values.astype(np.float64), labels)[0, 1]) > SAME
