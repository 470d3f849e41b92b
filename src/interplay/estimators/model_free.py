"""A column without a model: nearest-neighbour information of each modality, beside what was learned of it."""

import numpy as np
import torch

from interplay.data import Windows, cross_folds
from interplay.data.check import check_labelled
from interplay.errors import InvalidInput
from interplay.estimators.posterior.fold_probe import fold_parts
from interplay.estimators.resampling import bootstrap_std_error, cluster_sums, clusters_of
from interplay.info.knn import knn_scores
from interplay.profile import InteractionProfile
from interplay.units import bits

FEWEST = 20
"""Of fewer windows that show a modality nothing is said."""


def add_knn_information(
    profile: InteractionProfile,
    windows: Windows,
    *,
    neighbours: int = 3,
    folds: int = 5,
    most: int = 4000,
    n_bootstrap: int = 200,
    random_state: int = 0,
) -> InteractionProfile:
    """A profile with the information of each modality at each lag by nearest neighbours beside `mi`.

    Where `mi_knn` is clearly above `mi`, there is something in the modality that its predictor did not learn: try
    another form of it, or another estimator. Where it is below, nothing follows: neighbours are blind where channels
    are many.

    Parameters
    ----------
    profile : InteractionProfile
    windows : Windows
        That it was estimated from. A step is read by its values, or where it has several samples by their mean and
        the log of their deviation.
    neighbours : int
        k of `interplay.info.knn_information`.
    folds : int
        Neighbours are looked for in other folds: other entities, or distant blocks of time where these are few.
    most : int
        Windows that are looked at; of more, some are drawn.
    n_bootstrap : int
        Resamplings of entities behind each standard error.
    random_state : int
        Seed of all that is drawn.

    Returns
    -------
    InteractionProfile
        With ``mi_knn`` and ``mi_knn_stderr``, dims ``source, lag``, bits.
    """
    least = int(profile.dataset["lag"].max()) + 1
    if windows.modalities != profile.modalities or windows.length < least:
        raise InvalidInput(
            f"windows must be those that the profile was estimated from, of modalities {list(profile.modalities)} and "
            f"at least {least} steps; got {list(windows.modalities)} and {windows.length}."
        )
    check_labelled(windows, what="windows to look for neighbours in")
    if windows.kind == "labels":
        raise InvalidInput("windows must have one class or number each; take windows.of_label(name) first.")
    rng = np.random.default_rng(random_state)
    if len(windows) > most:
        windows = windows.select(np.sort(rng.choice(len(windows), most, replace=False)))
    parts = fold_parts(windows, cross_folds(windows, folds, seed=random_state))
    cluster = clusters_of(windows)
    shape = (len(profile.modalities), profile.dataset.sizes["lag"])
    value, error = np.full((2, *shape), np.nan)
    for m, lag in np.ndindex(shape):
        rows = windows.last - int(profile.dataset["lag"][lag])
        shows = windows.steps.observed[rows, m]
        if shows.sum() < FEWEST:
            continue
        number = np.cumsum(shows) - 1
        apart = [(number[p.fit[shows[p.fit]]], number[p.out[shows[p.out]]]) for p in parts]
        x = _columns(windows.steps.values[profile.modalities[m]][rows[shows]])
        scores = knn_scores(x, windows.y[shows], neighbours=neighbours, parts=apart)
        value[m, lag], error[m, lag] = _mean(scores, cluster[shows], n_bootstrap, rng)
    dims = ("source", "lag")
    return InteractionProfile(
        profile.dataset.assign(mi_knn=(dims, value), mi_knn_stderr=(dims, error)), profile.probe
    )


def _columns(steps: np.ndarray) -> np.ndarray:
    """Numbers (n, d) of steps (n, r, d): their values, or mean and log-deviation of several samples."""
    if steps.shape[1] == 1:
        return steps[:, 0].astype(np.float64)
    steps = steps.astype(np.float64)
    return np.hstack([steps.mean(1), np.log(steps.std(1) + np.finfo(float).tiny)])


def _mean(
    scores: np.ndarray, cluster: np.ndarray, draws: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Mean and standard error of scores, bits."""
    cluster = np.unique(cluster, return_inverse=True)[1]
    sums = cluster_sums(torch.from_numpy(scores), cluster)
    error = bootstrap_std_error(sums, np.bincount(cluster), draws, rng)
    return float(bits(scores.mean())), float(bits(error))
