"""What a lag adds to all more recent lags of the same sources: when does the information arrive?

A source that changes slowly shows at every lag what it showed at another, and what it tells of the target is smeared
over them. New at a lag is what is told there and by no more recent step, I(Y; X at the lag | X since). For that, the
step at the lag and the steps since are made two modalities, and an estimator is asked what the one adds to the other.
It scores both together by a held-out mixture with what the recent steps tell alone, so that the longer past starts
from the shorter one, and rearranges the lag's steps against the rest to see what chance adds.

A slow source helps a predictor of the longer past in another way: it shows again what the shorter one had not fully
learned. Therefore the step at the lag is given as what a linear prediction from the steps since leaves of it. No
information is lost by that, since both are there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import torch
import xarray as xr
from sklearn.base import clone

from interplay.data import Scaler, Windows
from interplay.data.pasts import pasts
from interplay.estimators.base import BaseRUS
from interplay.profile.significance import familywise, larger_p_value
from interplay.progress import Progress

Groups = Mapping[str, tuple[str, ...]]
"""Name of what is looked at as one source -> its modalities."""

NEW, SINCE = "at the lag: ", "since: "

RIDGE = 1e-6
"""Of the prediction from the steps since, relative to the variance of a channel."""

Entry = tuple[float, float, float]
"""Bits, standard error, p-value."""


def with_novel(
    dataset: xr.Dataset,
    estimator: BaseRUS,
    windows: Windows,
    lags: np.ndarray,
    progress: Progress,
    *,
    pairs: bool,
) -> xr.Dataset:
    """What was measured at each lag by itself, and beside it what is new there.

    Parameters
    ----------
    dataset : xarray.Dataset
        What `estimator` gave of these windows and lags; nothing is more recent than its first lag.
    estimator : BaseRUS
    windows : Windows
    lags : (L,) int, steps, increasing
    progress : callable
    pairs : bool
        Whether pairs are looked at as well, of which there may be many.

    Returns
    -------
    xarray.Dataset
        With ``novel (source, lag)`` and, of pairs, ``novel_joint (source_i, source_j, lag)``, in bits, and of each
        ``_stderr``, ``_p_value`` and ``_q_value``.
    """
    names = tuple(dataset["source"].values.tolist())
    groups = {name: (name,) for name in names}
    if pairs:
        groups |= {_joined(pair): pair for pair in combinations(names, 2)}
    entries = {name: [_first(dataset, group)] for name, group in groups.items()}
    for k in range(1, len(lags)):
        for name, entry in _new_at(estimator, windows, groups, lags[: k + 1]).items():
            entries[name].append(entry)
        progress(k / (len(lags) - 1))
    alone = np.array([entries[name] for name in names])
    dataset = dataset.assign(_variables("novel", ("source", "lag"), alone, np.True_))
    if not pairs:
        return dataset
    square = np.full((len(names), len(names), len(lags), 3), np.nan)
    for (i, one), (j, two) in combinations(enumerate(names), 2):
        square[i, j] = square[j, i] = entries[_joined((one, two))]
    upper = np.triu(np.ones(square.shape[:2], dtype=bool), 1)[..., None]
    return dataset.assign(_variables("novel_joint", ("source_i", "source_j", "lag"), square, upper))


def _joined(pair: tuple[str, ...]) -> str:
    return " and ".join(pair)


def _variables(name: str, dims: tuple[str, ...], entries: np.ndarray, once) -> dict[str, tuple]:
    """Values, errors and p-values (..., L, 3) as variables; q-values over those that are there `once`."""
    value, stderr, p = np.moveaxis(entries, -1, 0)
    q = familywise(np.where(once, p, np.nan))
    if q.ndim == 3:
        q = np.where(once, q, q.swapaxes(0, 1))
    parts = {"": value, "_stderr": stderr, "_p_value": p, "_q_value": q}
    return {f"{name}{suffix}": (dims, part) for suffix, part in parts.items()}


def _first(dataset: xr.Dataset, group: tuple[str, ...]) -> Entry:
    """At the most recent lag everything is new: what one source tells, or of two either of them or only both."""
    at = dataset.isel(lag=0)
    chance = [at["mi_p_value"].sel(source=name) for name in group if "mi_p_value" in at]
    if len(group) == 1:
        return _entry(at.sel(source=group[0]), "mi", chance)
    pair = at.sel(source_i=group[0], source_j=group[1])
    return _entry(pair, "joint_mi", chance + [pair[name] for name in ("synergy_p_value",) if name in at])


def _new_at(estimator: BaseRUS, windows: Windows, groups: Groups, lags: np.ndarray) -> dict[str, Entry]:
    """What the last of these lags adds to the others."""
    asked = clone(estimator)
    asked.pairs = [(f"{NEW}{name}", f"{SINCE}{name}") for name in groups]
    split = split_past(windows, groups, lags, not asked.counts_cells)
    d = with_additions(asked.estimate(split, np.array([0])).isel(lag=0))
    entries = {}
    for name, (one, two) in zip(groups, asked.pairs, strict=True):
        at = d.sel(source_i=one, source_j=two)
        chance = [at[each] for each in ("unique_p_value", "synergy_p_value") if each in at]
        entries[name] = _entry(at, "adds", chance)
    return entries


def with_additions(d: xr.Dataset) -> xr.Dataset:
    """What one source adds to the other; of an estimator that says only what it consists of, with an error to match."""
    if "adds" in d:
        return d
    stderr = np.hypot(d["unique_stderr"], d["synergy_stderr"])
    return d.assign(adds=d["unique"] + d["synergy"], adds_stderr=stderr)


def _entry(at: xr.Dataset, variable: str, chance: Sequence[xr.DataArray]) -> Entry:
    """A value with its error, and the larger of two p-values: by chance, of any of several, and by its error."""
    value, stderr = float(at[variable]), float(at[f"{variable}_stderr"])
    by_chance = min(1.0, len(chance) * min(map(float, chance))) if chance else 0.0
    return value, stderr, float(larger_p_value(value, stderr, by_chance))


def split_past(windows: Windows, groups: Groups, lags: np.ndarray, as_news: bool) -> Windows:
    """Windows of two modalities for each group: its step at the last of these lags, and its steps at the others.

    Of modalities in no group, which are given, there are the steps at all these lags.

    Parameters
    ----------
    windows : Windows
    groups : Groups
    lags : (k,) int, steps, increasing, at least two
    as_news : bool
        Whether the step at the last lag is given as what the steps since do not foretell of it.
    """
    members = {}
    for name, group in groups.items():
        members[f"{NEW}{name}"] = [(each, int(lags[-1])) for each in group]
        members[f"{SINCE}{name}"] = [(each, int(lag)) for each in group for lag in lags[-2::-1]]
    sources = {each for group in groups.values() for each in group}
    for name in windows.modalities:
        if name not in sources:
            members[name] = [(name, int(lag)) for lag in lags[::-1]]
    split = pasts(windows, members)
    if not as_news:
        return split
    scaled = _scaled(split)
    news = {f"{NEW}{name}": _news(scaled, name, windows.last) for name in groups}
    return replace(split, steps=replace(split.steps, values={**split.steps.values, **news}))


def _scaled(windows: Windows) -> Callable[[str], np.ndarray]:
    """Robustly scaled values (n_steps, r, d) of a modality, 0 where nothing is observed."""
    scaler, steps = Scaler.fit(windows), windows.steps

    def of(name: str) -> np.ndarray:
        seen = steps.observed[:, steps.modalities.index(name)][:, None, None]
        return np.where(seen, scaler.channels[name].robust(steps.values[name]), np.float32(0.0))

    return of


def _news(scaled: Callable[[str], np.ndarray], name: str, last: np.ndarray) -> np.ndarray:
    """What a ridge regression on the steps since leaves of the step at the lag, at every step, (n_steps, r, d)."""
    step = scaled(f"{NEW}{name}")
    x = torch.from_numpy(scaled(f"{SINCE}{name}")).flatten(1).double()
    y = torch.from_numpy(step).flatten(1).double()
    rows = torch.from_numpy(last)
    x, y = x - x[rows].mean(0), y - y[rows].mean(0)
    gram = x[rows].T @ x[rows]
    ridge = RIDGE * (gram.diagonal().mean() + 1e-12) * torch.eye(len(gram))
    left = y - x @ torch.linalg.solve(gram + ridge, x[rows].T @ y[rows])
    return left.float().view(step.shape).numpy()
