"""Confounders by name: what is known of each window before the sources are looked at.

A name is a modality, which then is no source; a static input; or one of `SPECIAL`. Letters: N windows, L lags,
F columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from interplay.data import Windows
from interplay.errors import InvalidInput

SPECIAL = {
    "clock": "seconds since the first step of the window's entity, by the clock of its recordings",
    "time_of_day": "that clock modulo 24 hours, for recordings whose times count from a midnight",
    "entity": "who it is: what is told within entities",
}
"""Names that every window knows; a modality or static input of the same name goes before."""

DAY_S = 86_400.0

MOST_VALUES = 32
"""Distinct values up to which each is a stratum of its own."""

LEAST_WINDOWS = 20
"""Windows of a stratum in the mean, below which it says nothing of chance within it."""

TAILS = (0.05, 0.95)
"""Quantiles of an entity's samples beyond which they do not count for its level."""


def names_given(given: str | Sequence[str] | None) -> tuple[str, ...]:
    """Names of confounders, none where nothing is given."""
    if given is None:
        return ()
    return (given,) if isinstance(given, str) else tuple(given)


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """What is conditioned on.

    Attributes
    ----------
    names : confounders
    windows : Windows
        Without the modalities that are given, and within entities centred where the entity is.
    group : (N,) int64, strata in which nothing more is known, from 0 on
    columns : (N, F) float64, what else is known; F = 0 where the groups say all
    within_entities : bool, whether the entity is given
    """

    names: tuple[str, ...]
    windows: Windows
    group: np.ndarray
    columns: np.ndarray
    within_entities: bool = False

    @classmethod
    def of(cls, windows: Windows, given: str | Sequence[str] | None, lags: np.ndarray) -> "Given":
        """Look names up.

        Parameters
        ----------
        windows : Windows
        given : name or names, or None
        lags : (L,) int, steps
            At which a modality that is given is known.

        Raises
        ------
        InvalidInput
            If a name is unknown, no source is left, or entities have too few windows to look within.
        """
        names = names_given(given)
        own = (*windows.modalities, *windows.steps.static)
        if unknown := [name for name in names if name not in own and name not in SPECIAL]:
            known = sorted({*own, *SPECIAL})
            raise InvalidInput(f"given must name confounders among {known}; got {unknown[0]!r}.")
        within = "entity" in names and "entity" not in own
        read = [_columns(windows, name, lags) for name in names if not (within and name == "entity")]
        columns = np.concatenate(read, axis=1) if read else np.zeros((len(windows), 0))
        group = np.unique(windows.entity, return_inverse=True)[1] if within else np.zeros(len(windows), int)
        if set(windows.modalities) <= set(names):
            raise InvalidInput(
                f"given must leave at least one source; {list(windows.modalities)} are all modalities there are."
            )
        sources = windows.without(names) if set(names) & set(windows.modalities) else windows
        made = cls(
            names=names,
            windows=_centred(sources) if within else sources,
            group=group,
            columns=columns,
            within_entities=within,
        )
        return made._by_value() if names else made

    def beside(self, columns: np.ndarray) -> "Given":
        """The same with more that is known of each window, (N, F)."""
        return replace(self, columns=np.hstack([self.columns, columns]))

    def _by_value(self) -> "Given":
        """The same with a group for each value, where these are few."""
        n, given = len(self.group), self
        _, group = np.unique(np.column_stack([self.group, self.columns]), axis=0, return_inverse=True)
        n_groups, n_values = self.group.max() + 1, group.max() + 1
        if n_values <= MOST_VALUES * n_groups and n_values * LEAST_WINDOWS <= n:
            given = replace(self, group=group.reshape(-1), columns=self.columns[:, :0])
        if n < LEAST_WINDOWS * n_groups:
            raise InvalidInput(
                f"what is given must leave at least {LEAST_WINDOWS} windows in a stratum, in the mean; {n} windows "
                f"make {n_groups} strata. Give less, or use more windows of each."
            )
        return given


def _columns(windows: Windows, name: str, lags: np.ndarray) -> np.ndarray:
    """What is known of each window under a name, (N, F) float64 without NaN."""
    steps = windows.steps
    if name in windows.modalities:
        rows = windows.last[:, None] - np.asarray(lags)
        shown = steps.values[name][rows].astype(np.float64).mean(2).reshape(len(windows), -1)
        seen = steps.observed[rows, windows.modalities.index(name)]
        return _complete(np.where(np.repeat(seen, shown.shape[1] // len(lags), axis=1), shown, np.nan))
    if name in steps.static:
        values = steps.static[name][steps.segment[windows.last]]
        return _complete(values.astype(np.float64)[:, None])
    if name == "clock":
        first = np.full(len(steps.entities), np.inf)
        np.minimum.at(first, steps.entity, steps.time_s)
        return (steps.time_s[windows.last] - first[windows.entity])[:, None]
    # whole milliseconds, so that the same time of another day is the same value
    share = np.round(np.mod(steps.time_s[windows.last], DAY_S), 3) / DAY_S
    return np.round(np.column_stack([np.cos(2 * np.pi * share), np.sin(2 * np.pi * share)]), 9)


def _complete(columns: np.ndarray) -> np.ndarray:
    """Columns with their median for NaN, beside columns that tell where that is, if anywhere."""
    missing = np.isnan(columns)
    if not missing.any():
        return columns
    known = ~missing.all(0)
    columns, missing = columns[:, known], missing[:, known]
    return np.column_stack([np.where(missing, np.nanmedian(columns, axis=0), columns), missing])


def _centred(windows: Windows) -> Windows:
    """Windows with the level of each entity taken off every channel: a probe that all share need not learn it anew."""
    steps, values = windows.steps, {}
    used = windows.used_rows()
    for name, array in steps.values.items():
        values[name] = array.copy()
        for k in np.unique(steps.entity[used]):
            rows = np.flatnonzero(steps.entity == k)
            values[name][rows] -= _level(array[rows]).astype(array.dtype)
    return replace(windows, steps=replace(steps, values=values))


def _level(samples: np.ndarray) -> np.ndarray:
    """Mean of each channel of samples (n, r, d), whose tails are pulled in, (d,); 0 where nothing is observed."""
    flat = samples.reshape(-1, samples.shape[-1]).astype(np.float64)
    level = np.zeros(flat.shape[1])
    for c, channel in enumerate(flat.T):
        seen = channel[~np.isnan(channel)]
        if len(seen):
            level[c] = np.clip(seen, *np.quantile(seen, TAILS)).mean()
    return level
