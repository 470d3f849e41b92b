"""Which lags of each modality tell something: chosen one after the other, by what each adds on held-out windows.

A quick reader says what lags tell together: ridge regressions of the target on features of the steps. It learns curves
of single steps. What only two modalities tell together is looked for in products of their steps, and the lags where
they tell something are added to both. A modality of which nothing is learned alone gets all lags: nothing is known
then of which to leave out.

Letters: N windows, L lags, F features of a step, C columns of the target.
"""

import math
from collections.abc import Callable
from itertools import combinations

import numpy as np
import torch

from interplay.data import Windows, cross_folds, purged
from interplay.estimators.gaussian import beyond_past
from interplay.estimators.resampling import cluster_sums, clusters_of
from interplay.estimators.target_history import past_labels, past_values
from interplay.probe.features import StepFeatures

Beyond = Callable[[torch.Tensor], torch.Tensor]

FOLDS = 3

SURE_NATS = 3.0
"""Held-out gain, summed over windows, that is asked beyond the logarithm of how many lags of how many modalities are
tried. A gain of g nats by chance has odds of about exp(-g): in one of twenty data sets without anything to find one lag
is chosen wrongly. That is what choosing on the windows that are measured afterwards costs."""

SURE_ERRORS = 2.0
"""Standard errors, over entities or blocks, that a gain must be beyond: slow signals gain by chance for long."""

MOST_FEATURES = 32
"""Of wider steps the principal components."""

MULTIPLIED = 2
"""Principal components of a step whose products with those of another modality are looked at."""

MOST_LAGS = 32
"""Of one modality, or of one pair."""


def greedy_lags(windows: Windows, lags: np.ndarray, history: int, seed: int) -> dict[str, np.ndarray]:
    """Lags of each modality that add to what its lags chosen before tell of the target.

    Parameters
    ----------
    windows : Windows
        Of classes or of a continuous target.
    lags : (L,) int, steps, to choose from
    history : int
        How many of the target's own last labels are known already.
    seed : int

    Returns
    -------
    modality name -> (l,) int64, increasing; all lags of a modality that seems to tell nothing
    """
    windows, beyond = beyond_history(windows, history)
    shown = windows.y[:, None] if windows.continuous else np.eye(len(windows.classes))[windows.y]
    target = whitened(beyond(torch.from_numpy(shown)))
    features = StepFeatures.fit(windows).apply(windows.steps.values, windows.steps.observed)
    rows = torch.from_numpy(windows.last[:, None] - np.asarray(lags))
    fold, cluster = cross_folds(windows, FOLDS, seed=seed), clusters_of(windows)
    parts = [(purged(windows, fold == k), fold == k) for k in range(FOLDS)]
    tries = math.log(len(features) * len(lags))
    readers = [_Reader(beyond(reduced(each, MOST_FEATURES)[rows]), target, parts) for each in features]
    chosen = [_chosen(reader, len(lags), cluster, SURE_NATS + tries) for reader in readers]
    leading = [beyond(reduced(each, MULTIPLIED)[rows]) for each in features]
    pairs = list(combinations(range(len(features)), 2))
    tries = math.log(max(1, len(pairs)) * len(lags) ** 2)
    together: list[list[int]] = [[] for _ in features]
    for i, j in pairs:
        # modalities that keep all lags need no others
        if not chosen[i] and not chosen[j]:
            continue
        products = (
            (leading[i][:, :, None, :, None] * leading[j][:, None, :, None, :]).flatten(3).flatten(1, 2)
        )
        shown = torch.cat([readers[k].x[:, chosen[k]].flatten(1) for k in (i, j)], 1)
        by_either = _Reader(shown[:, None], target, parts).foretold([0])
        reader = _Reader(products, target - by_either, parts)
        for both in _chosen(reader, len(lags) ** 2, cluster, SURE_NATS + tries):
            together[i].append(both // len(lags))
            together[j].append(both % len(lags))
    return {
        name: np.asarray(lags)[sorted({*order, *more})] if order else np.asarray(lags)
        for name, order, more in zip(windows.modalities, chosen, together, strict=True)
    }


def _chosen(reader: "_Reader", n_lags: int, cluster: np.ndarray, sure_nats: float) -> list[int]:
    """Places of lags, in the order in which they were chosen."""
    chosen: list[int] = []
    before = reader.left([])
    while len(chosen) < min(n_lags, MOST_LAGS):
        open_lags = [k for k in range(n_lags) if k not in chosen]
        left = torch.stack([reader.left([*chosen, k]) for k in open_lags])
        best = int(left.sum(1).argmin())
        # of a Gaussian, half of what the squared error falls by in units of its mean
        gain = 0.5 * reader.freedom * (before - left[best]) / left[best].mean()
        sums = cluster_sums(gain, cluster)
        if gain.sum() < sure_nats or sums.sum() < SURE_ERRORS * sums.square().sum().sqrt():
            break
        chosen.append(open_lags[best])
        before = left[best]
    return chosen


class _Reader:
    """Out-of-fold ridge regressions of a target (N, C) on features (N, L, F) of any lags, by moments taken once."""

    def __init__(self, x: torch.Tensor, target: torch.Tensor, parts: list[tuple[np.ndarray, np.ndarray]]):
        self.x, self.y, self.freedom = x.double(), target, target.shape[1]
        self.parts = []
        for fit, out in parts:
            rows = torch.from_numpy(np.flatnonzero(fit))
            some = self.x[rows].flatten(1)
            mean = some.mean(0)
            centred = some - mean
            moments = centred.T @ centred / len(rows), centred.T @ self.y[rows] / len(rows)
            self.parts.append((torch.from_numpy(np.flatnonzero(out)), mean, *moments, len(rows)))

    def left(self, lags: list[int]) -> torch.Tensor:
        """Squared error (N,) of what is foretold from these lags, places among all."""
        return (self.y - self.foretold(lags)).square().sum(1)

    def foretold(self, lags: list[int]) -> torch.Tensor:
        """The target (N, C) as these lags foretell it; 0, its mean, of none."""
        n_f = self.x.shape[2]
        columns = torch.tensor([k * n_f + f for k in lags for f in range(n_f)], dtype=torch.int64)
        foretold = torch.zeros_like(self.y)
        for out, mean, gram, cross, n in self.parts if lags else ():
            some = gram[columns[:, None], columns]
            # as if all features together were worth as much as the noise
            ridge = some.diagonal().sum() / n + 1e-9
            weight = torch.linalg.solve(some + ridge * torch.eye(len(columns)), cross[columns])
            shown = self.x[out].flatten(1)[:, columns] - mean[columns]
            foretold[out] = shown @ weight
        return foretold


def beyond_history(windows: Windows, history: int) -> tuple[Windows, Beyond]:
    """Windows with a past, and what takes from columns (N, ...) all that this past tells of them: the means of its
    contexts, or of a number the regression on it."""
    if windows.continuous:
        windows, past = past_values(windows, history)
        linear = beyond_past(past)
        return windows, lambda columns: linear(columns.flatten(1)).view(columns.shape)
    windows, context = past_labels(windows, history)
    number = torch.from_numpy(context)

    def beyond(columns: torch.Tensor) -> torch.Tensor:
        total = columns.new_zeros(context.max() + 1, *columns.shape[1:]).index_add_(0, number, columns)
        count = torch.bincount(number).to(columns).view(-1, *[1] * (columns.ndim - 1))
        return columns - (total / count)[number]

    return windows, beyond


def whitened(columns: torch.Tensor) -> torch.Tensor:
    """Columns (N, C) of a target as uncorrelated ones of variance 1, as many as vary."""
    columns = columns - columns.mean(0)
    level, basis = torch.linalg.eigh(columns.T @ columns / len(columns))
    varies = level > 1e-6 * level.max()
    return columns @ basis[:, varies] / level[varies].sqrt()


def reduced(x: torch.Tensor, most: int) -> torch.Tensor:
    """Features (U, F) of steps, of variance 1; as many principal components where there are more."""
    x = x.double() - x.double().mean(0)
    x = x / x.std(0).clamp_min(1e-6)
    if x.shape[1] <= most:
        return x
    _, basis = torch.linalg.eigh(x.T @ x)
    return x @ basis[:, -most:]
