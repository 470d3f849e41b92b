"""Targets of a recording, in the forms that studies have them, and their labels on a grid of steps."""

import numpy as np

from interplay.arrays import as_array, as_floats
from interplay.errors import InvalidInput
from interplay.types import UNLABELLED, Schema, Target


def label_series(values, *, rate_hz: float, start_s: float = 0.0) -> Target:
    """Target from one label per sample of a regular series.

    Parameters
    ----------
    values : (n,) int or float, or (n, C) int
        Class numbers, -1 is unlabelled; or a continuous target, NaN is unlabelled; or whether each of C labels
        holds, -1 is unknown. Label k holds for 1 / rate_hz seconds from its own time on.
    rate_hz : float, Hz
    start_s : float, s
        Time of the first label.
    """
    values = target_values(values, name="label series")
    if len(values) == 0:
        raise InvalidInput("a label series must have at least one label; got none.")
    changed = values[1:] != values[:-1]
    first = np.flatnonzero(np.r_[True, changed.any(1) if values.ndim == 2 else changed])
    edges = start_s + np.r_[first, len(values)] / rate_hz
    return Target(values=values[first], start_s=edges[:-1], stop_s=edges[1:])


def label_intervals(values, start_s, stop_s) -> Target:
    """Target from labelled intervals; time outside every interval is unlabelled.

    Parameters
    ----------
    values : (n,) int, class numbers, or float of a continuous target; or (n, C) int of labels
    start_s, stop_s : (n,) float, s, in order and without overlap
    """
    values = target_values(values, name="labels of intervals")
    start_s, stop_s = as_floats(start_s, "start_s"), as_floats(stop_s, "stop_s")
    if not len(values) == len(start_s) == len(stop_s):
        raise InvalidInput(
            "intervals must have one start and one stop per label; "
            f"got {len(values)} labels, {len(start_s)} starts, {len(stop_s)} stops."
        )
    if np.any(stop_s < start_s):
        k = int(np.argmax(stop_s < start_s))
        raise InvalidInput(
            f"interval {k} must not end before it starts; got {start_s[k]:g} to {stop_s[k]:g} s."
        )
    if np.any(start_s[1:] < stop_s[:-1]):
        k = int(np.argmax(start_s[1:] < stop_s[:-1]))
        raise InvalidInput(
            f"intervals must be in order and must not overlap; interval {k + 1} starts at {start_s[k + 1]:g} s, "
            f"before {stop_s[k]:g} s, where interval {k} ends."
        )
    return Target(values=values, start_s=start_s, stop_s=stop_s)


def label_at(value, time_s: float) -> Target:
    """Target of one label with its prediction time: nothing after `time_s` belongs to its window."""
    return label_intervals([value], [time_s], [time_s])


def target_values(values, *, name: str) -> np.ndarray:
    """Check labels: class numbers or (n, C) labels as int64, or a continuous target as float64."""
    values = as_array(values, name)
    if values.ndim == 2:
        return label_table(values, name=name)
    if values.dtype.kind != "f":
        return class_numbers(values, name=name)
    if values.ndim != 1:
        raise InvalidInput(f"{name} must be one-dimensional; got shape {values.shape}.")
    if np.isinf(values).any():
        raise InvalidInput(
            f"{name} must be finite, or NaN where unlabelled; {np.isinf(values).sum()} are infinite."
        )
    return values.astype(np.float64)


def is_labelled(target: np.ndarray) -> np.ndarray:
    """Where there is a label, (n,) bool; of several labels at least one."""
    if target.dtype.kind == "f":
        return ~np.isnan(target)
    known = target != UNLABELLED
    return known.any(1) if target.ndim == 2 else known


def unlabelled(shape: tuple[int, ...], like: np.ndarray) -> np.ndarray:
    """An array of `shape` without any label, of the kind of the labels `like` (n,) or (n, C)."""
    if like.dtype.kind == "f":
        return np.full(shape, np.nan)
    return np.full((*shape, *like.shape[1:]), UNLABELLED, dtype=np.int64)


def no_labels(schema: Schema, n: int) -> np.ndarray:
    """The target of n steps of which no label is known, of the kind of a schema."""
    if schema.kind == "number":
        return np.full(n, np.nan)
    shape = (n, len(schema.classes)) if schema.kind == "labels" else (n,)
    return np.full(shape, UNLABELLED, dtype=np.int64)


def label_table(values, *, name: str) -> np.ndarray:
    """Check which of C labels hold, (n, C): 1, 0, or -1 where it is unknown."""
    values = np.asarray(values)
    if values.ndim != 2 or values.shape[1] == 0 or not np.isin(values, (UNLABELLED, 0, 1)).all():
        raise InvalidInput(
            f"{name} of several labels must be (n, labels) of 1, 0, or -1 where unknown; got shape {values.shape} with "
            f"values {np.unique(values)[:5]}."
        )
    return values.astype(np.int64)


def class_numbers(values, *, name: str) -> np.ndarray:
    """Check an array of class numbers: integers of at least -1, in one dimension."""
    values = np.asarray(values)
    if values.ndim != 1:
        raise InvalidInput(f"{name} must be one-dimensional; got shape {values.shape}.")
    if values.dtype == bool:
        return values.astype(np.int64)
    if not np.issubdtype(values.dtype, np.integer):
        raise InvalidInput(
            f"{name} must be whole class numbers (-1 for unlabelled); got an array of {values.dtype}. "
            "Use .astype(int) for class codes, or classes=() for a continuous target."
        )
    if len(values) and values.min() < UNLABELLED:
        raise InvalidInput(f"{name} must be -1 (unlabelled) or more; the smallest is {values.min()}.")
    return values.astype(np.int64)


def labels_on_grid(target: Target, start_s: float, step_s: float, n_steps: int) -> np.ndarray:
    """Label in force at the end of each step, (n_steps,) or (n_steps, C); -1 or NaN where there is none.

    Step k covers (start_s + k step_s, start_s + (k + 1) step_s]. A label that is an instant goes to the step
    that contains it.
    """
    labels = unlabelled((n_steps,), target.values)
    if len(target.values) == 0:
        return labels
    tolerance = 1e-6 * step_s
    ends = start_s + step_s * np.arange(1, n_steps + 1)
    k = np.searchsorted(target.start_s, ends - tolerance, side="left") - 1
    holds = (k >= 0) & (ends <= target.stop_s[k] + tolerance)
    labels[holds] = target.values[k[holds]]
    instant = np.flatnonzero(target.stop_s == target.start_s)
    step = np.ceil((target.start_s[instant] - start_s) / step_s - 1e-6).astype(np.int64) - 1
    inside = (step >= 0) & (step < n_steps)
    labels[step[inside]] = target.values[instant[inside]]
    return labels
