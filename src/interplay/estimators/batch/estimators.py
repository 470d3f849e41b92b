"""MultiScaleBatchPID and BatchPID: the BATCH estimator for all lags together and for each alone, read out on held-out
windows.

I1, I2 and I12 are held-out scores of discriminators. I_Q is the score of one source plus what the other tells
beyond it under the alignment, whose marginals are the discriminators' posteriors. Departures from the published
algorithm, for its known failings:

* read-out on random batches of windows that nothing was trained on, never in order of time or class;
* the part log p(y|x1) / p(y) of I_Q is scored on the held-out label, as I1 is, instead of averaged under
  the model: an overconfident discriminator would otherwise pass for uniqueness;
* I_Q is the mean of starting from the first and from the second source, so that their order does not matter;
* every posterior is mixed with the class prior by the one weight that suits the held-out labels; p-values,
  which must not have seen them, take posteriors as they are;
* one discriminator for each modality serves all its pairs, so that I1 is one number and the sum rules hold;
* signed values in bits.
"""

from collections.abc import Sequence

import numpy as np
import torch
import xarray as xr

from interplay.data import Windows, cross_folds, purged
from interplay.estimators.base import BaseRUS
from interplay.estimators.batch.alignment import ALIGNMENT_COST, Alignment, BatchTraining
from interplay.estimators.collect import ProfileBuilder
from interplay.estimators.posterior.calibrate import of_label
from interplay.estimators.posterior.fold_probe import check_fold
from interplay.estimators.resampling import rearranged_p_values, rearrangements
from interplay.estimators.target_history import of_context, past_labels
from interplay.progress import Progress, silent


class MultiScaleBatchPID(BaseRUS):
    """Interactions about a categorical target from discriminators and alignments shared by all lags.

    For comparison with the literature: one alignment is trained for each pair. `PosteriorPID` is faster,
    calibrated and certified.

    Parameters
    ----------
    target_history : int
        h, how many of the target's own last labels are conditioned on; each past has networks of its own.
    discriminator_epochs : int
        Passes over the training windows for the discriminators; every step of the optimiser draws one lag.
    alignment_epochs : int
        The same for the alignment.
    batch_size : int
        Windows per step, and most windows that are aligned with one another at read-out.
    learning_rate : float
        Of Adam.
    hidden : int
        Width of the hidden layers of every network.
    layers : int
        Number of the hidden layers of every network.
    embedding : int
        Width of the embeddings whose products are the alignment, for each class.
    lag_embedding : int
        Width of the embedding that tells networks the lag.
    folds : int
        One of so many parts is held out for read-out: a group of entities, or of blocks where there are few.
    n_bootstrap : int
        Resamplings of entities behind each standard error.
    n_rotations : int
        Label rotations behind each p-value.
    random_state : int
        Seed of all that is drawn.

    References
    ----------
    Han et al., arXiv 2509.25678, Algorithms 1-3. BATCH: Liang et al., NeurIPS 2023, arXiv 2302.12247.
    """

    def __init__(
        self,
        *,
        target_history: int = 0,
        discriminator_epochs: int = 30,
        alignment_epochs: int = 20,
        batch_size: int = 512,
        learning_rate: float = 1e-3,
        hidden: int = 64,
        layers: int = 3,
        embedding: int = 20,
        lag_embedding: int = 8,
        folds: int = 5,
        n_bootstrap: int = 200,
        n_rotations: int = 999,
        random_state: int = 0,
    ):
        self.target_history = target_history
        self.discriminator_epochs = discriminator_epochs
        self.alignment_epochs = alignment_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.hidden = hidden
        self.layers = layers
        self.embedding = embedding
        self.lag_embedding = lag_embedding
        self.folds = folds
        self.n_bootstrap = n_bootstrap
        self.n_rotations = n_rotations
        self.random_state = random_state

    def estimate(self, windows: Windows, lags: np.ndarray, progress: Progress = silent) -> xr.Dataset:
        """See `BaseRUS.estimate`."""
        return estimate_batch(self, windows, [np.asarray(lags)], self.lag_embedding, progress)


class BatchPID(BaseRUS):
    """Interactions about a categorical target from discriminators and alignments of each lag.

    For comparison with the literature; see `MultiScaleBatchPID` for what departs from the published
    algorithm, and why.

    Parameters
    ----------
    target_history : int
        h, how many of the target's own last labels are conditioned on; each past has networks of its own.
    discriminator_epochs : int
        Passes over the training windows for the discriminators, at every lag.
    alignment_epochs : int
        Passes over the training windows for the alignment, at every lag.
    batch_size : int
        Windows per step, and most windows that are aligned with one another at read-out.
    learning_rate : float
        Of Adam.
    hidden : int
        Width of the hidden layers of every network.
    layers : int
        Number of the hidden layers of every network.
    embedding : int
        Width of the embeddings whose products are the alignment, for each class.
    folds : int
        One of so many parts is held out for read-out: a group of entities, or of blocks where there are few.
    n_bootstrap : int
        Resamplings of entities behind each standard error.
    n_rotations : int
        Label rotations behind each p-value.
    random_state : int
        Seed of all that is drawn.

    References
    ----------
    Liang et al., NeurIPS 2023, arXiv 2302.12247.
    """

    def __init__(
        self,
        *,
        target_history: int = 0,
        discriminator_epochs: int = 30,
        alignment_epochs: int = 20,
        batch_size: int = 512,
        learning_rate: float = 1e-3,
        hidden: int = 64,
        layers: int = 3,
        embedding: int = 20,
        folds: int = 5,
        n_bootstrap: int = 200,
        n_rotations: int = 999,
        random_state: int = 0,
    ):
        self.target_history = target_history
        self.discriminator_epochs = discriminator_epochs
        self.alignment_epochs = alignment_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.hidden = hidden
        self.layers = layers
        self.embedding = embedding
        self.folds = folds
        self.n_bootstrap = n_bootstrap
        self.n_rotations = n_rotations
        self.random_state = random_state

    def estimate(self, windows: Windows, lags: np.ndarray, progress: Progress = silent) -> xr.Dataset:
        """See `BaseRUS.estimate`."""
        return estimate_batch(self, windows, [np.array([lag]) for lag in lags], 0, progress)


def estimate_batch(
    estimator, windows: Windows, groups: Sequence[np.ndarray], lag_embedding: int, progress: Progress
) -> xr.Dataset:
    """Atoms of all pairs, from networks that share the lags of each group.

    Parameters
    ----------
    estimator : MultiScaleBatchPID or BatchPID
        Whose parameters are read.
    windows : Windows
    groups : sequence of (L_g,) int, steps
        All lags in order, cut into those that are learned together.
    lag_embedding : int
    progress : callable

    Returns
    -------
    xarray.Dataset
        See `BaseRUS.estimate`.
    """
    windows, context = past_labels(windows, estimator.target_history)
    held_out = cross_folds(windows, estimator.folds, seed=estimator.random_state) == 0
    rng = np.random.default_rng(estimator.random_state)
    read = windows.select(held_out)
    builder = ProfileBuilder(
        read, np.concatenate(groups), n_bootstrap=estimator.n_bootstrap, rng=rng, pairs=estimator.pairs
    )
    training = BatchTraining(
        discriminator_epochs=estimator.discriminator_epochs,
        alignment_epochs=estimator.alignment_epochs,
        batch_size=estimator.batch_size,
        learning_rate=estimator.learning_rate,
        hidden=estimator.hidden,
        layers=estimator.layers,
        embedding=estimator.embedding,
        lag_embedding=lag_embedding,
    )
    generator = torch.Generator().manual_seed(estimator.random_state)
    tick = _ticker(builder, training, len(groups) * (int(context.max()) + 1), progress)

    def read_out(part: Windows, fit: np.ndarray, out: np.ndarray) -> list[torch.Tensor]:
        """`_read_out` of the windows of one context, at all lags."""
        parts = [
            _read_out(Alignment(part, lags, fit, out, training, generator, tick), builder) for lags in groups
        ]
        return [torch.cat(kind, dim=1) for kind in zip(*parts, strict=True)]

    log_ratio, score, surplus = _in_contexts(windows, context, held_out, builder, read_out)
    label = np.eye(len(windows.classes))[read.y]
    p_values = rearranged_p_values(
        log_ratio, label, rearrangements(read, log_ratio.shape[1], estimator.n_rotations, rng)
    )
    _add(builder, score, surplus, p_values)
    progress(1.0)
    return builder.dataset()


def _in_contexts(
    windows: Windows, context: np.ndarray, held_out: np.ndarray, builder: ProfileBuilder, read_out
):
    """What `read_out` reads out of the windows of each context, put together for all held-out windows.

    A context in which one class occurs leaves nothing to tell.
    """
    n_m, n_p, n_l, n = len(builder.names), len(builder.pairs), len(builder.lags), int(held_out.sum())
    log_ratio = torch.zeros(n_m + n_p, n_l, n, len(windows.classes))
    score = torch.zeros(n_m + n_p, n_l, n, dtype=torch.float64)
    surplus = torch.zeros(n_p, n_l, n, dtype=torch.float64)
    train, place = purged(windows, held_out), np.cumsum(held_out) - 1
    for number in range(context.max() + 1):
        part, members, present = of_context(windows, context, number)
        fit, out = np.flatnonzero(train[members]), np.flatnonzero(held_out[members])
        if len(present) == 1 or len(out) == 0:
            continue
        check_fold(part, fit)
        here = place[members[out]]
        log_ratio[:, :, here[:, None], present], score[:, :, here], surplus[:, :, here] = read_out(
            part, fit, out
        )
    return log_ratio, score, surplus


def _add(builder: ProfileBuilder, score: torch.Tensor, surplus: torch.Tensor, p_values: torch.Tensor) -> None:
    n_m = len(builder.names)
    builder.add_modality(score[:n_m], p_value=p_values[:n_m])
    for k, (i, j) in enumerate(builder.pairs):
        least = 0.5 * (score[i] + score[j]) + surplus[k]
        builder.add_pair(score[i], score[j], least, score[n_m + k], p_value=p_values[n_m + k])


def _read_out(
    networks: Alignment, builder: ProfileBuilder
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Train on the one part of the windows, read out the other; every modality first, then every pair.

    Returns
    -------
    log_ratio : (M + P, L, n_out, C), held-out log p(y | x) / p(y) as the discriminators give it
    score : (M + P, L, n_out), nats, that of the label after mixing
    surplus : (P, L, n_out), nats, what one source tells beyond the other under the alignment
    """
    sources = [(m,) for m in range(len(builder.names))] + [(int(i), int(j)) for i, j in builder.pairs]
    posteriors = [networks.log_posterior(*modalities) for modalities in sources]
    mixed = [networks.mixed(log_p) for log_p in posteriors]
    out, y = networks.out, networks.y[networks.out]
    log_ratio = torch.stack([log_p[:, out] for log_p in posteriors]) - networks.log_prior
    score = torch.stack([of_label(log_p[:, out] - networks.log_prior, y) for log_p in mixed])
    surplus = score.new_empty(len(builder.pairs), *score.shape[1:])
    for k, (i, j) in enumerate(builder.pairs):
        surplus[k] = networks.surplus(int(i), int(j), mixed[i], mixed[j])
    return log_ratio, score.double(), surplus.double()


def _ticker(builder: ProfileBuilder, training: BatchTraining, groups: int, progress: Progress):
    """Turn costs of epochs into the share of the work that is done."""
    n_m, n_p = len(builder.names), len(builder.pairs)
    total = (n_m + n_p) * training.discriminator_epochs + n_p * training.alignment_epochs * ALIGNMENT_COST
    done = 0.0

    def tick(cost: float) -> None:
        nonlocal done
        done += cost
        progress(min(1.0, done / (groups * total)))

    return tick
