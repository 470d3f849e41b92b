"""The target's own past: what is known of a label before the sources are looked at."""

from dataclasses import replace

import numpy as np

from interplay.data import Windows
from interplay.data.targets import is_labelled
from interplay.errors import InvalidInput
from interplay.types import UNLABELLED


def past_labels(windows: Windows, history: int) -> tuple[Windows, np.ndarray]:
    """Windows whose last `history` labels before their own are known, and which context each is in.

    Parameters
    ----------
    windows : Windows
    history : int
        h, steps of the target's past; 0 puts all windows into one context.

    Returns
    -------
    windows : Windows
        Those with h labelled steps before their last, in the same segment.
    context : (N,) int64
        Numbers the distinct pasts (y of t-1, ..., t-h), from 0 on.

    Raises
    ------
    InvalidInput
        If `history` is negative, or no window has such a past.
    """
    windows, rows = with_past(windows, history)
    if history == 0:
        return windows, np.zeros(len(windows), dtype=np.int64)
    _, context = np.unique(windows.steps.target[rows], axis=0, return_inverse=True)
    return windows, context.reshape(-1)


def past_values(windows: Windows, history: int) -> tuple[Windows, np.ndarray]:
    """The same of a continuous target: windows with a past, and that past, (N, h) float64, newest first."""
    windows, rows = with_past(windows, history)
    return windows, windows.steps.target[rows]


def with_past(windows: Windows, history: int) -> tuple[Windows, np.ndarray]:
    """Windows with `history` labelled steps before their last, in the same segment, and the rows (N, h) of these."""
    if not isinstance(history, (int, np.integer)) or history < 0:
        raise InvalidInput(f"target_history must be a whole number of at least 0; got {history!r}.")
    steps = windows.steps
    rows = windows.last[:, None] - np.arange(1, history + 1)
    inside = rows >= 0
    rows = np.maximum(rows, 0)
    known = inside & (steps.segment[rows] == steps.segment[windows.last][:, None])
    known &= is_labelled(steps.target)[rows]
    complete = known.all(axis=1)
    if not complete.any():
        raise InvalidInput(
            f"target_history = {history} asks for {history} labelled steps before each window's label; no window "
            "has them. Use target_history = 0 for one label per window."
        )
    return (windows if complete.all() else windows.select(complete)), rows[complete]


def of_context(windows: Windows, context: np.ndarray, number: int) -> tuple[Windows, np.ndarray, np.ndarray]:
    """The windows of one context, as if only the classes existed that occur in it.

    Returns
    -------
    windows : Windows, whose classes are renumbered
    members : (n,) int64, their numbers among all windows
    present : (c,) int64, the classes' numbers among all classes
    """
    members = np.flatnonzero(context == number)
    present = np.unique(windows.y[members])
    target = np.full(len(windows.steps), UNLABELLED)
    rows = windows.last[members]
    target[rows] = np.searchsorted(present, windows.steps.target[rows])
    classes = tuple(windows.classes[k] for k in present)
    steps = replace(windows.steps, target=target, classes=classes)
    return replace(windows, steps=steps, last=rows), members, present


def prior_in_context(y: np.ndarray, context: np.ndarray, n_classes: int) -> np.ndarray:
    """Share of each class among the windows of each context, (G, C) float64."""
    count = np.zeros((context.max() + 1, n_classes))
    np.add.at(count, (context, y), 1.0)
    return count / count.sum(1, keepdims=True)
