"""Outcomes of intensive-care stays: how a laboratory value changes next, and death in hospital."""

import numpy as np
import pandas as pd

from interplay.data.targets import label_intervals
from interplay.datasets.icu.doses import HOUR_S
from interplay.datasets.icu.events import news
from interplay.types import Target

CHANGES = ("falls", "steady", "rises")


def hourly_changes(
    rows: pd.DataFrame, n_hours: int, *, least: float, within_s: float, oldest_s: float
) -> Target:
    """How the next value differs from the last one known, told at the end of each hour of a stay.

    A label names an instant: steps that do not end at a whole hour have none, so the next value is never among what
    a model reads.

    Parameters
    ----------
    rows : measurements of one concept in one stay, columns taken_s, known_s, value
    n_hours : int
    least : float
        Change from which on a value falls or rises, in its unit.
    within_s : float, s
        How soon the next value must be taken; hours without one are unlabelled.
    oldest_s : float, s
        How long ago the last value may have been taken.
    """
    at_s = HOUR_S * np.arange(1, n_hours + 1)
    change = _changes(rows, at_s, within_s=within_s, oldest_s=oldest_s)
    # 1e-4 of leeway: values are single precision
    label = np.where(change <= -least + 1e-4, 0, np.where(change >= least - 1e-4, 2, 1))
    label = label[~np.isnan(change)].astype(np.int64)
    at_s = at_s[~np.isnan(change)]
    # a second before the hour: a label holds over (start, stop]
    return label_intervals(label, at_s - 1.0, at_s)


def _changes(rows: pd.DataFrame, at_s: np.ndarray, *, within_s: float, oldest_s: float) -> np.ndarray:
    """Next value minus last one known, (n,); NaN where either is missing."""
    known = rows.iloc[news(rows)]
    taken = rows.sort_values(["taken_s", "known_s"], kind="stable")
    last = np.searchsorted(known["known_s"].to_numpy(), at_s, side="right") - 1
    following = np.searchsorted(taken["taken_s"].to_numpy(), at_s, side="right")
    both = np.flatnonzero((last >= 0) & (following < len(taken)))
    before, after = known.iloc[last[both]], taken.iloc[following[both]]
    fresh = at_s[both] - before["taken_s"].to_numpy() <= oldest_s
    soon = after["taken_s"].to_numpy() - at_s[both] <= within_s
    change = np.full(len(at_s), np.nan)
    difference = after["value"].to_numpy(float) - before["value"].to_numpy(float)
    change[both] = np.where(fresh & soon, difference, np.nan)
    return change
