"""GaussianPID: linear predictions of a continuous target, and the Gaussian decomposition of what they tell.

For a scalar target the best linear prediction is all that a Gaussian source says, so each source and each
pair is replaced by its out-of-fold ridge prediction; information is the held-out Gaussian log-score relative
to the target's own mean and spread. The least joint information is that of the stronger source alone
(Barrett, Phys. Rev. E 2015): one of the two uniquenesses is zero.

Letters: M modalities, P pairs, L lags, N windows, F features of a step, D = M F, K predictions.
"""

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr

from interplay.data import Scaler, Windows, cross_folds, purged
from interplay.errors import DataWarning
from interplay.estimators.base import BaseRUS
from interplay.estimators.collect import ProfileBuilder
from interplay.estimators.given import Given
from interplay.estimators.posterior.fold_probe import Part, fold_parts
from interplay.estimators.resampling import rearranged_p_values, rearrangements, tail_p_values
from interplay.estimators.strata import explained, strata_of_numbers
from interplay.estimators.target_history import past_values
from interplay.probe.features import plain_features
from interplay.progress import Progress, silent

RIDGES = torch.logspace(-6, 1, 8, dtype=torch.float64)
"""Candidates, relative to channels of unit variance; chosen by generalised cross-validation."""

NOISELESS = 1e-4
"""Share of the target's variance, that of noise of 1 % of its deviation, under which it counts as without noise."""

TAIL_DRAWS = 199
"""Rearrangements from which the tail of what chance gains from one atom is told."""

LEAST_GAIN_NATS = 0.5
"""What one free weight gains by chance in one of six draws of windows that have nothing to do with one another."""

WORK_BYTES = 256 * 2**20
"""Memory that a block of pairs may take."""


class GaussianPID(BaseRUS):
    """Interactions about a continuous target, as far as linear prediction shows them.

    Parameters
    ----------
    target_history : int
        h, how many of the target's own last values are conditioned on: target and sources are what a regression on them
        leaves.
    given : str or list of str, optional
        Confounders, see `interplay.estimators.given`; what curves of them explain is taken off target and sources.
    folds : int
        Cross-fitting folds: groups of entities, or blocks where there are few entities.
    n_bootstrap : int
        Resamplings of entities behind each standard error.
    n_rotations : int
        Rearrangements in time, or between entities, behind each p-value; atoms' own take the first 199.
    random_state : int
        Seed of all that is drawn.

    Notes
    -----
    What a source tells by its spread or by a curve stays unseen: `DensityPID` sees that.

    References
    ----------
    Barrett A. B., Phys. Rev. E 91 (2015) 052802. Golub, Heath, Wahba, Technometrics 1979 (the ridge).
    """

    continuous_target = True

    def __init__(
        self,
        *,
        target_history: int = 0,
        given: str | list[str] | None = None,
        folds: int = 5,
        n_bootstrap: int = 200,
        n_rotations: int = 999,
        random_state: int = 0,
    ):
        self.target_history = target_history
        self.given = given
        self.folds = folds
        self.n_bootstrap = n_bootstrap
        self.n_rotations = n_rotations
        self.random_state = random_state

    def estimate(self, windows: Windows, lags: np.ndarray, progress: Progress = silent) -> xr.Dataset:
        """See `BaseRUS.estimate`."""
        rng = np.random.default_rng(self.random_state)
        windows, past = past_values(windows, self.target_history)
        given = Given.of(windows, self.given, lags)
        windows = given.windows
        builder = ProfileBuilder(windows, lags, n_bootstrap=self.n_bootstrap, rng=rng, pairs=self.pairs)
        ridge = _Ridge(given, lags, past, self.folds, self.random_state)
        y = ridge.y - ridge.y.mean()
        rearranged = rearrangements(windows, windows.length, self.n_rotations, rng, ridge.stratum)
        few = torch.from_numpy(rearranged[:TAIL_DRAWS])
        per_parameter = 0.5 / len(windows)
        shifts = {"redundancy": -per_parameter, "synergy": -2 * per_parameter, "joint_mi": -3 * per_parameter}

        def p_values(prediction: torch.Tensor) -> torch.Tensor:
            centred = prediction - prediction.mean(-1, keepdim=True)
            return rearranged_p_values(centred[..., None], y.numpy()[:, None], rearranged)

        alone = ridge.predict(torch.arange(ridge.n_modalities)[:, None])
        p_alone = regression_p_values(alone, y, few)
        score = gaussian_score(alone[..., None], y)
        builder.add_modality(score, p_value=p_values(alone), shift=-per_parameter)
        names = list(windows.modalities)
        exact = {(names[m],) for m in torch.nonzero(_leaves_nothing(alone, y).any(-1))[:, 0].tolist()}
        pairs = torch.from_numpy(builder.pairs)
        done = 0
        for block in pairs.split(ridge.block_size()):
            together = ridge.predict(block)
            p = p_values(together)
            exact_pairs = block[_leaves_nothing(together, y).any(-1)].tolist()
            exact |= {
                (names[i], names[j]) for i, j in exact_pairs if exact.isdisjoint({(names[i],), (names[j],)})
            }
            one, two = score[block[:, 0]], score[block[:, 1]]
            # of one continuous target I_Q is the larger of the two
            first = (one.mean(-1) >= two.mean(-1))[..., None]
            stronger = torch.where(first, alone[block[:, 0]], alone[block[:, 1]])
            p_synergy = regression_p_values(without(together, stronger), without(y, stronger), few)
            for k, (i, j) in enumerate(block.tolist()):
                joint = gaussian_score(torch.stack([together[k], alone[i], alone[j]], dim=-1), y)
                least = torch.where(first[k], score[i], score[j])
                atoms = {
                    "redundancy": torch.maximum(p_alone[i], p_alone[j]),
                    "unique_ij": p_alone[i],
                    "unique_ji": p_alone[j],
                    "synergy": p_synergy[k],
                }
                builder.add_pair(
                    score[i], score[j], least, joint, p_value=p[k], p_values=atoms, shifts=shifts
                )
            done += len(block)
            progress(done / max(1, len(pairs)))
        if exact:
            _warn_unbounded(exact)
        return builder.dataset()


def _leaves_nothing(prediction: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Whether held-out predictions (..., N) leave less of the target than `NOISELESS` of its variance, (...)."""
    return ((y - prediction + prediction.mean(-1, keepdim=True)) ** 2).mean(-1) < NOISELESS * (y**2).mean()


def _warn_unbounded(exact: Iterable[tuple[str, ...]]) -> None:
    sources = ", ".join(sorted(" with ".join(names) for names in exact))
    warnings.warn(
        f"a target should have noise of its own, or information about it is unbounded; {sources} foretell all but "
        f"{NOISELESS:.2%} of its variance. If it was computed from them, leave it or them out: bits are then those of "
        "rounding and of the ridge, and only say which sources it comes from.",
        DataWarning,
        stacklevel=2,
    )


def gaussian_score(prediction: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Log-density of y under its regression on predictions, less that under its own mean and variance.

    Parameters
    ----------
    prediction : (..., N, K) float64
    y : (N,) float64, of mean 0

    Returns
    -------
    (..., N) float64, nats; its mean is -1/2 log(1 - R2), and the K weights are fitted, an upward bias of K / 2N
    """
    x = prediction - prediction.mean(-2, keepdim=True)
    gram = x.mT @ x
    # predictions that repeat one another, or are constant, share their weight
    weight = torch.linalg.pinv(gram, hermitian=True, rtol=1e-9) @ (x.mT @ y[:, None])
    fitted = (x @ weight)[..., 0]
    against = (fitted * y).sum(-1, keepdim=True) <= 0
    fitted = torch.where(against, 0.0, fitted)
    rest = y - fitted
    variance, of_rest = (y**2).mean(), (rest**2).mean(-1, keepdim=True)
    return 0.5 * (torch.log(variance / of_rest) + y**2 / variance - rest**2 / of_rest)


def beyond_past(past: np.ndarray) -> Callable[[torch.Tensor], torch.Tensor]:
    """What takes from columns (..., N, D) all that a regression on the target's own past (N, h) tells of them.

    Of Gaussians, information given the past is that of what is left. The h weights of each column are of all windows:
    they are too few to learn a window by heart.
    """
    if past.shape[1] == 0:
        return lambda columns: columns
    basis = torch.linalg.qr(torch.from_numpy(past - past.mean(0)))[0]

    def beyond(columns: torch.Tensor) -> torch.Tensor:
        return columns - basis @ (basis.T @ columns)

    return beyond


def without(x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
    """What is left of x (..., N) after its regression on z (..., N)."""
    x, z = (each - each.mean(-1, keepdim=True) for each in (x, z))
    slope = (x * z).sum(-1, keepdim=True) / (z * z).sum(-1, keepdim=True).clamp_min(1e-300)
    return x - slope * z


def regression_p_values(prediction: torch.Tensor, y: torch.Tensor, rearranged: torch.Tensor) -> torch.Tensor:
    """How often chance gains as much by a regression on one prediction.

    Parameters
    ----------
    prediction, y : (..., N) float64
    rearranged : (D, N) int64, windows that predictions are taken from in turn

    Returns
    -------
    (...); 1 below `LEAST_GAIN_NATS`, where nothing is worth asking
    """
    prediction, y = (each - each.mean(-1, keepdim=True) for each in torch.broadcast_tensors(prediction, y))
    scale = prediction.norm(dim=-1) * y.norm(dim=-1)

    def gains(product: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
        """-N/2 log(1 - r^2), nats summed over windows, and 0 where the correlation r is not positive."""
        r = (product / scale.clamp_min(1e-300)).clamp(0.0, 1.0 - 1e-12)
        return -0.5 * y.shape[-1] * torch.log1p(-(r**2))

    gain = gains((prediction * y).sum(-1), scale)
    p, worth = torch.ones_like(gain), gain >= LEAST_GAIN_NATS
    if not worth.any():
        return p
    x, label = prediction[worth], y[worth]
    by_chance = torch.stack([(x[:, window] * label).sum(-1) for window in rearranged], dim=-1)
    p[worth] = tail_p_values(gain[worth], gains(by_chance, scale[worth][:, None]))
    return p


@dataclass(frozen=True, slots=True)
class _Fold:
    """Moments of one training part: means (L, D) and (), covariances (L, D, D) and (L, D), and variance of y."""

    out: torch.Tensor
    mean: torch.Tensor
    mean_y: torch.Tensor
    gram: torch.Tensor
    cross: torch.Tensor
    variance: torch.Tensor
    size: int


class _Ridge:
    """Out-of-fold ridge predictions from any sets of modalities, from moments that are taken once."""

    def __init__(self, given: Given, lags: np.ndarray, past: np.ndarray, folds: int, seed: int):
        windows = given.windows
        x = plain_features(Scaler.fit(windows), windows.steps.values, windows.steps.observed).double()
        self.n_modalities, _, self.n_features = x.shape
        rows = torch.from_numpy(windows.last - np.asarray(lags)[:, None])
        self.x = x.transpose(0, 1).flatten(1)[rows]
        self.y = torch.from_numpy(windows.y)
        fold = cross_folds(windows, folds, seed=seed, within_entities=given.within_entities)
        self.stratum = None
        if given.names:
            past = self._partial_out(given, past, fold_parts(windows, fold), seed)
        beyond = beyond_past(past)
        self.x, self.y = beyond(self.x), beyond(self.y[:, None])[:, 0]
        self.folds = [self._moments(windows, fold == k) for k in np.unique(fold)]

    def _partial_out(self, given: Given, past: np.ndarray, parts: list[Part], seed: int) -> np.ndarray:
        """Leave of target and sources what is not explained by what is given; returns the same of the past (N, h)."""
        explained_y = explained(given, self.y[:, None].numpy(), parts, seed)
        self.stratum = strata_of_numbers(given, explained_y / self.y.std().item(), seed)
        self.y = self.y - torch.from_numpy(explained_y[:, 0])
        flat = self.x.transpose(0, 1).flatten(1)
        flat = flat - torch.from_numpy(explained(given, flat.numpy(), parts, seed))
        self.x = flat.unflatten(1, (self.x.shape[0], -1)).transpose(0, 1).contiguous()
        return past - explained(given, past, parts, seed) if past.shape[1] else past

    def _moments(self, windows: Windows, held_out: np.ndarray) -> _Fold:
        fit = torch.from_numpy(np.flatnonzero(purged(windows, held_out)))
        x, y = self.x[:, fit], self.y[fit]
        mean, mean_y = x.mean(1), y.mean()
        x, y = x - mean[:, None], y - mean_y
        return _Fold(
            out=torch.from_numpy(np.flatnonzero(held_out)),
            mean=mean,
            mean_y=mean_y,
            gram=x.mT @ x / len(fit),
            cross=(x.mT @ y) / len(fit),
            variance=(y**2).mean(),
            size=len(fit),
        )

    def block_size(self) -> int:
        """Pairs that fit into the memory of a block."""
        n_l, n, _ = self.x.shape
        wide = 2 * self.n_features
        return max(1, int(WORK_BYTES // (8 * n_l * (n * (wide + 6) + 4 * wide**2))))

    def predict(self, sets: torch.Tensor) -> torch.Tensor:
        """Predictions (S, L, N) of the target from sets of modalities (S, m) int64."""
        columns = (sets[..., None] * self.n_features + torch.arange(self.n_features)).flatten(1)
        predicted = torch.empty(len(sets), *self.x.shape[:2], dtype=torch.float64)
        for fold in self.folds:
            weight = _ridge_weights(
                fold.gram[:, columns[..., None], columns[:, None]].transpose(0, 1),
                fold.cross[:, columns].transpose(0, 1),
                fold.variance,
                fold.size,
            )
            x = (self.x[:, fold.out] - fold.mean[:, None])[:, :, columns]
            predicted[:, :, fold.out] = torch.einsum("lnsf,slf->sln", x, weight) + fold.mean_y
        return predicted


def _ridge_weights(gram, cross, variance, size: int) -> torch.Tensor:
    """Weights (..., F) of the ridge with the least generalised cross-validation error."""
    level, basis = torch.linalg.eigh(gram)
    level = level.clamp_min(0.0)[..., None]
    turned = (basis.mT @ cross[..., None]) / (level + RIDGES)
    explained = 2 * (turned * (basis.mT @ cross[..., None])).sum(-2) - (turned**2 * level).sum(-2)
    freedom = (level / (level + RIDGES)).sum(-2)
    error = (variance - explained) / (1 - (1 + freedom) / size).clamp_min(1e-6) ** 2
    best = error.argmin(-1)[..., None, None].expand(*turned.shape[:-1], 1)
    return (basis @ turned.gather(-1, best))[..., 0]
