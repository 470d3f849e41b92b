"""BatchPID: the BATCH estimator, trained anew for every lag."""

import numpy as np
import xarray as xr

from interplay.data import Windows
from interplay.estimators.base import BaseRUS
from interplay.estimators.multiscale_batch import estimate_batch
from interplay.progress import Tell, silent


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

    def estimate(self, windows: Windows, lags: np.ndarray, progress: Tell = silent) -> xr.Dataset:
        """See `BaseRUS.estimate`."""
        return estimate_batch(self, windows, [np.array([lag]) for lag in lags], 0, progress)
