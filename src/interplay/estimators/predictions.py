"""PredictionsPID: interactions from predictions that other models made, for every pair of modalities and every lag.

A modality is what one model says: its channels are the probabilities of the classes. Nothing is trained here.
"""

from collections.abc import Mapping

import numpy as np
import torch
import xarray as xr

from interplay.arrays import as_floats
from interplay.data import Windows, cross_folds
from interplay.errors import InvalidInput
from interplay.estimators.base import BaseRUS
from interplay.estimators.collect import ProfileBuilder
from interplay.estimators.posterior.fold_probe import check_fold
from interplay.estimators.posterior.optimism import unseen_nats
from interplay.estimators.posterior.predictions import Predictions, PredictionScores, score_predictions
from interplay.estimators.posterior.scoring import CellDecoder
from interplay.estimators.resampling import cluster_sums, rearrangements
from interplay.info import RedundancyMeasure
from interplay.info.measures import chosen_measure
from interplay.progress import Progress, silent
from interplay.units import bits

JOIN = "+"
"""Between the names of two modalities, in the name of what a model said that saw both."""

TOL_BITS = 1e-4
"""Certified accuracy of the solver."""

SUM_TOLERANCE = 0.01
"""Probabilities that were written with two or three decimals miss 1 by some thousandths."""


class PredictionsPID(BaseRUS):
    """Interactions about a categorical target from predictions that were made elsewhere.

    Every modality of the windows is what one model says at a step: one sample of C channels, the probabilities of the
    classes in their order. What a model said that saw both ``text`` and ``image`` is a modality ``text+image``; where
    there is none, synergy and joint information of the pair are NaN. Predictions must be of windows that their models
    were not trained on. They are recalibrated here, out of fold, with entities kept together.

    Parameters
    ----------
    folds : int
        Parts that are recalibrated by the others: groups of entities, or blocks of time where there are few.
    n_cells : int
        Cells that posteriors are quantised to for the solver.
    measure : RedundancyMeasure, optional
        What counts as redundant; BROJA by default.
    n_bootstrap : int
        Resamplings of entities behind each standard error.
    n_rotations : int
        Rearrangements of the predictions behind each p-value; tails beyond them are exponential.
    random_state : int
        Seed of all that is drawn.

    See Also
    --------
    interplay.decompose_predictions : for two sources and no time.
    """

    def __init__(
        self,
        *,
        folds: int = 5,
        n_cells: int = 24,
        measure: RedundancyMeasure | None = None,
        n_bootstrap: int = 200,
        n_rotations: int = 99,
        random_state: int = 0,
    ):
        self.folds = folds
        self.n_cells = n_cells
        self.measure = measure
        self.n_bootstrap = n_bootstrap
        self.n_rotations = n_rotations
        self.random_state = random_state

    def estimate(self, windows: Windows, lags: np.ndarray, progress: Progress = silent) -> xr.Dataset:
        """See `BaseRUS.estimate`; modalities that are named after two others are of these."""
        rng = np.random.default_rng(self.random_state)
        rearranged = rearrangements(windows, windows.length, self.n_rotations, rng)
        return self.measured(windows, lags, rearranged)[0]

    def measured(
        self, windows: Windows, lags: np.ndarray, rearranged: np.ndarray
    ) -> tuple[xr.Dataset, PredictionScores]:
        """Atoms of all pairs, and what they are the means of.

        Parameters
        ----------
        windows : Windows
        lags : (L,) int, steps
        rearranged : (D, N) int64
            Windows whose predictions each may show, if these have nothing to do with its label.
        """
        both = joint_names(windows.modalities)
        together = set(both.values())
        if set(windows.modalities) <= together:
            raise InvalidInput(
                f"there must be predictions from single modalities; got {list(windows.modalities)}."
            )
        singles = windows.without(together) if together else windows
        rng = np.random.default_rng(self.random_state)
        builder = ProfileBuilder(singles, lags, n_bootstrap=self.n_bootstrap, rng=rng)
        fold = cross_folds(windows, self.folds, seed=self.random_state)
        for k in np.unique(fold):
            check_fold(windows, np.flatnonzero(fold != k))
        said = {name: _said(windows, name, lags) for name in windows.modalities}
        nothing = torch.full_like(next(iter(said.values())), torch.nan)
        pairs = [(builder.names[i], builder.names[j]) for i, j in builder.pairs]
        scores = score_predictions(
            Predictions(
                alone=torch.stack([said[name] for name in builder.names]),
                together=torch.stack([said[both[pair]] if pair in both else nothing for pair in pairs]),
                pairs=torch.from_numpy(builder.pairs),
                y=torch.from_numpy(windows.y),
                fold=fold,
                rearranged=rearranged,
            ),
            chosen_measure(self.measure, tol_bits=TOL_BITS),
            CellDecoder(self.n_cells, TOL_BITS, self.random_state),
        )
        return _dataset(builder, scores, unseen_nats(len(windows), len(windows.classes))), scores


def joint_names(names: tuple[str, ...]) -> Mapping[tuple[str, str], str]:
    """The modality of each pair, in either order, that is named after both its modalities."""
    pairs = {f"{a}{JOIN}{b}": (a, b) for a in names for b in names if a != b}
    both = {}
    for name in names:
        if name in pairs:
            one, other = pairs[name]
            both[one, other] = both[other, one] = name
    return both


def as_probabilities(values, name: str) -> np.ndarray:
    """Rows (..., C) of probabilities that sum to 1, renormalised.

    Raises
    ------
    InvalidInput
        If a row is negative, not finite, or sums to anything else.
    """
    p = as_floats(values, name)
    bad = ~(np.isfinite(p).all(-1) & (p >= 0).all(-1))
    if bad.any():
        row = int(np.argwhere(bad)[0][0])
        raise InvalidInput(
            f"{name} must hold probabilities, finite and not negative; row {row} holds {p[bad][0].tolist()}. Apply "
            "softmax to logits, and leave out what no model answered."
        )
    total = p.sum(-1)
    off = np.abs(total - 1.0) > SUM_TOLERANCE
    if off.any():
        row = int(np.argwhere(off)[0][0])
        raise InvalidInput(
            f"rows of {name} must sum to 1, one column for each class; row {row} sums to {total[off][0]:.4g}. Divide "
            "each row by its sum, or apply softmax to logits."
        )
    return p / total[..., None]


def _said(windows: Windows, name: str, lags: np.ndarray) -> torch.Tensor:
    """Probabilities (L, N, C) of one model; the frequencies of the classes where it said nothing."""
    values, n_c = windows.steps.values[name], len(windows.classes)
    if values.shape[1:] != (1, n_c):
        raise InvalidInput(
            f"modality {name!r} must be the probabilities of the {n_c} classes, one sample a step of {n_c} channels; "
            f"got {values.shape[1]} of {values.shape[2]}."
        )
    rows = (windows.last - np.asarray(lags)[:, None]).clip(0)
    observed = windows.steps.observed[:, windows.modalities.index(name)][rows]
    prior = np.bincount(windows.y, minlength=n_c) / len(windows)
    return torch.from_numpy(as_probabilities(np.where(observed[..., None], values[rows, 0], prior), name))


def _dataset(builder: ProfileBuilder, scores: PredictionScores, doubt: float) -> xr.Dataset:
    builder.add_modality(scores.alone, p_value=scores.alone_p, doubt=doubt)
    builder.keep("quantisation_loss", bits(scores.quantisation_loss))
    i, j = torch.from_numpy(builder.pairs).unbind(1)
    each = torch.stack([scores.alone_p[i], scores.alone_p[j], scores.p_value["synergy"].nan_to_num(1.0)])
    builder.add_pair_sums(
        {name: cluster_sums(value, builder.cluster) for name, value in scores.atoms.items()},
        p_value=(3.0 * each.amin(0)).clamp_max(1.0),
        p_values=scores.p_value,
        gap_nats=scores.gap_nats,
        doubts=dict.fromkeys(scores.atoms, doubt),
    )
    return builder.dataset()
