"""Channels that give the target away."""

from collections.abc import Sequence

import numpy as np

from interplay.types import Recording, Stream

ENOUGH = 20
"""Samples of a value that never differ in class by chance."""


def sample_times(stream: Stream) -> np.ndarray:
    """(n,) s, when each sample was taken."""
    if stream.times_s is not None:
        return np.asarray(stream.times_s)
    assert stream.rate_hz is not None
    return stream.start_s + np.arange(len(stream.values)) / stream.rate_hz


def beside_labels(recordings: Sequence[Recording], name: str) -> tuple[np.ndarray, np.ndarray]:
    """Samples (n, d) of one stream and the class (n,) in force at each; only samples that have one."""
    values, labels = [], []
    for recording in recordings:
        stream, target = recording.streams[name], recording.target
        if len(stream.values) == 0 or np.ndim(target.values) > 1 or len(target.values) == 0:
            continue
        when = sample_times(stream)
        # label k holds over (start, stop]
        k = np.searchsorted(target.start_s, when, side="left") - 1
        held = (k >= 0) & (when <= target.stop_s[k]) & (np.asarray(target.values)[k] >= 0)
        values.append(stream.values[held])
        labels.append(np.asarray(target.values)[k[held]])
    return (np.concatenate(values), np.concatenate(labels)) if values else (np.zeros((0, 0)), np.zeros(0))


def tells(values: np.ndarray, labels: np.ndarray) -> bool:
    """Whether few distinct values (n,) stand for one class each, often enough not to be chance."""
    seen = ~np.isnan(values)
    values, labels = values[seen], labels[seen]
    kinds, code, count = np.unique(values, return_inverse=True, return_counts=True)
    n_classes = len(np.unique(labels))
    if n_classes < 2 or len(kinds) > 2 * n_classes or count.min() < ENOUGH:
        return False
    return len(np.unique(np.stack([code, labels]), axis=1).T) == len(kinds)
