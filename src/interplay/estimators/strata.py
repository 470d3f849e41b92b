"""Strata of what is given, and what it tells by itself: p(y | c) out of fold, or the part of a number that it explains.

Within a bin of a continuous confounder the confounder goes on. So the base that sources have to exceed is not the share
of a class in a bin but a reading of the confounder itself, and bins, within which chance is asked, are of the
confounder and of that reading together: given p(y | c) the target knows no more of c (Rosenbaum and Rubin, Biometrika
1983).

Letters: N windows, F columns, C classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from interplay.estimators.given import Given

MOST_STRATA = 12
"""Strata of a confounder with many values."""

STRATA_OF_PAST = 4
"""Of the target's own past alone, the mean by which is taken off: heads of more strata would learn from few windows."""

WINDOWS_PER_STRATUM = 150
"""Windows for each of these, at least, where there are fewer in all."""

WEIGHT_OF_READING = 4.0
"""Of square roots of probabilities, in bins, beside ranks of the confounder's columns, which together have a spread of
1: a reading that goes from 0.2 to 0.8 then counts as much as the columns, and one of chance for little."""

KNOTS = 8
"""Of the smooth curve in each column."""

MOST_CURVES = 8
"""Columns up to which each has a curve of its own."""

COMPONENTS = 40
"""Landmarks of a smooth function of several columns at once."""

LEAF_SHARE = 0.01
"""Windows in a leaf of the forest, as a share of all, and at least 5."""

RIDGES = np.logspace(-3, 3, 7)
"""Candidates of the penalty on curves, chosen by generalised cross-validation."""

LEVELLING_STEPS = 20
"""Rounds in which posteriors are shifted to the shares of their contexts."""

LEAST_SHARE = 1e-4
"""Of the shares of classes in what is read, so that no class is thought impossible."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What is known of each window before its sources are looked at.

    Attributes
    ----------
    context : (N,) int64, in each of which heads have a part of their own and sources are coupled by themselves
    stratum : (N,) int64 or None, within which sources change places by chance; None where nothing is given
    log_prior : (N, C) float32 or None, of each class; None where that is its share in the context
    """

    context: np.ndarray
    stratum: np.ndarray | None = None
    log_prior: torch.Tensor | None = None

    @classmethod
    def of(cls, given: Given, past: np.ndarray, parts: Sequence, n_classes: int, seed: int) -> "Known":
        """Of what is given, beside contexts (N,) of the target's own past; `parts` are those of cross-fitting."""
        if not given.names:
            return cls(context=past)
        together = _crossed(given.group, past)
        if not given.columns.shape[1]:
            return cls(context=together, stratum=given.group)
        log_p = read_classes(given.columns, together, given.windows.y, parts, n_classes, seed)
        reading = WEIGHT_OF_READING * np.exp(0.5 * log_p.numpy())
        stratum = strata(given.group, given.columns, reading, seed)
        context = _crossed(stratum, past)
        return cls(context=context, stratum=stratum, log_prior=levelled(log_p, context, given.windows.y))


def strata(
    group: np.ndarray, columns: np.ndarray, reading: np.ndarray, seed: int, most: int = MOST_STRATA
) -> np.ndarray:
    """Windows that know about the same, within their groups.

    Parameters
    ----------
    group : (N,) int64
    columns : (N, F) float64
    reading : (N, S) float64, what the columns tell of the target, beside their ranks that together have a spread of 1
    seed : int
    most : int, strata of each group at most

    Returns
    -------
    (N,) int64, from 0 on
    """
    from sklearn.cluster import KMeans

    each = len(group) // (WINDOWS_PER_STRATUM * (group.max() + 1))
    n_strata = int(np.clip(each, 2, most))
    place = np.hstack([_ranks(columns) / np.sqrt(columns.shape[1]), reading])
    cell = KMeans(n_strata, n_init=2, random_state=seed).fit_predict(place)
    return _crossed(group, cell)


def levelled(log_p: torch.Tensor, context: np.ndarray, y: np.ndarray) -> torch.Tensor:
    """Posteriors (N, C) whose mean in each context is the share of each class there, shifted by one number a class.

    Heads have a part of each context, and would take a level that is off for something that sources tell.
    """
    n_contexts, n_classes = int(context.max()) + 1, log_p.shape[1]
    log_p, at = log_p.double(), torch.from_numpy(context)
    counts = np.zeros((n_contexts, n_classes))
    np.add.at(counts, (context, y), 1.0)
    for _ in range(LEVELLING_STEPS):
        expected = torch.zeros(n_contexts, n_classes, dtype=torch.float64).index_add(0, at, log_p.exp())
        n = expected.sum(1, keepdim=True)
        # one window more of what was expected, so that no class becomes impossible
        observed = (torch.from_numpy(counts) + expected / n) * n / (n + 1.0)
        log_p = (log_p + torch.log(observed / expected)[at]).log_softmax(-1)
    return log_p.float()


def strata_of_numbers(given: Given, reading: np.ndarray, seed: int) -> np.ndarray:
    """Strata (N,) of what is given, where it tells `reading` (N, S) of a number, in its standard deviations."""
    if not given.columns.shape[1]:
        return given.group
    most = MOST_STRATA if given.names else STRATA_OF_PAST
    return strata(given.group, given.columns, reading, seed, most)


def read_classes(
    columns: np.ndarray, group: np.ndarray, y: np.ndarray, parts: Sequence, n_classes: int, seed: int
) -> torch.Tensor:
    """Log-share of each class given columns and group, by readers that were not trained on the window, (N, C) float32.

    Smooth curves and a forest, mixed with the share of each class by weights of the least held-out loss, then
    calibrated.

    Parameters
    ----------
    columns : (N, F) float64
    group : (N,) int64
    y : (N,) int64
    parts : sequence with `fit` and `out`, numbers of windows
    n_classes : int
    seed : int
    """
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.linear_model import LogisticRegression

    # not above: the package of PosteriorPID takes this module up itself
    from interplay.estimators.posterior.calibrate import fit_calibration, mixture_weights

    plain = np.hstack([columns, _one_hot(group)])
    curved = np.hstack([smooth_basis(columns, seed), _one_hot(group)])
    shares = np.zeros((3, len(y), n_classes))
    for part in parts:
        leaf = max(5, int(LEAF_SHARE * len(part.fit)))
        forest = ExtraTreesClassifier(100, min_samples_leaf=leaf, max_features=1.0, random_state=seed)
        curves = LogisticRegression(C=10.0, max_iter=300)
        for k, (reader, x) in enumerate(((curves, curved), (forest, plain))):
            reader.fit(x[part.fit], y[part.fit])
            shares[k][np.ix_(part.out, reader.classes_)] = reader.predict_proba(x[part.out])
        shares[2][part.out] = np.bincount(y[part.fit], minlength=n_classes) / len(part.fit)
    share = np.bincount(y, minlength=n_classes) / len(y)
    shares = (1.0 - LEAST_SHARE) * shares + LEAST_SHARE * share
    weights = mixture_weights(torch.from_numpy(shares[:, np.arange(len(y)), y].T)).numpy()
    log_share = torch.from_numpy(np.log(np.maximum(share, LEAST_SHARE)))
    evidence = torch.from_numpy(np.log(np.tensordot(weights, shares, 1))) - log_share
    # a mixture is less sure than it may be, and any source would seem to tell what scaling it tells
    calibration = fit_calibration(evidence, torch.from_numpy(y), log_share)
    return calibration.apply(evidence, log_share).float()


def explained(given: Given, values: np.ndarray, parts: Sequence, seed: int) -> np.ndarray:
    """What is given explains of values (N, V), (N, V) float64: the mean of each group, and of what is left of values,
    curves of the columns by ridge regressions that did not see the window."""
    from sklearn.linear_model import RidgeCV

    level = np.zeros((given.group.max() + 1, values.shape[1]))
    np.add.at(level, given.group, values)
    level = (level / np.bincount(given.group)[:, None])[given.group]
    if not given.columns.shape[1]:
        return level
    curved = smooth_basis(given.columns, seed)
    by_curves = np.zeros(values.shape)
    for part in parts:
        ridge = RidgeCV(RIDGES).fit(curved[part.fit], (values - level)[part.fit])
        by_curves[part.out] = ridge.predict(curved[part.out]).reshape(len(part.out), -1)
    return level + by_curves


def smooth_basis(columns: np.ndarray, seed: int) -> np.ndarray:
    """Functions of columns (N, F) whose sums are smooth curves in each and smooth surfaces in all, (N, Q)."""
    from sklearn.kernel_approximation import Nystroem
    from sklearn.preprocessing import SplineTransformer

    scaled = _standard(columns)
    parts = [scaled]
    if columns.shape[1] <= MOST_CURVES:
        curves = SplineTransformer(
            n_knots=KNOTS, knots="quantile", extrapolation="linear", include_bias=False
        )
        varied = [c for c in range(columns.shape[1]) if len(np.unique(columns[:, c])) > KNOTS]
        parts += [curves.fit_transform(scaled[:, varied])] if varied else []
    if columns.shape[1] > 1:
        landmarks = min(COMPONENTS, len(columns) // 10)
        surface = Nystroem(n_components=landmarks, gamma=0.5 / columns.shape[1], random_state=seed)
        parts.append(surface.fit_transform(scaled))
    return np.hstack(parts)


def _crossed(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Numbers of the pairs of two groupings (N,), from 0 on."""
    return np.unique(np.column_stack([one, other]), axis=0, return_inverse=True)[1].reshape(-1)


def _one_hot(group: np.ndarray) -> np.ndarray:
    """(N, G), or nothing where all are one group."""
    return np.eye(group.max() + 1)[group][:, int(group.max() == 0) :]


def _standard(columns: np.ndarray) -> np.ndarray:
    spread = columns.std(0)
    return (columns - columns.mean(0)) / np.where(spread > 0, spread, 1.0)


def _ranks(columns: np.ndarray) -> np.ndarray:
    """Columns as standardised ranks, ties alike."""
    from scipy.stats import rankdata

    return _standard(rankdata(columns, axis=0))
