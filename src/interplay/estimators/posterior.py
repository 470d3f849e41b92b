"""PosteriorPID: all pairs and all lags from one cross-fitted probe.

Every part of the decomposition is the held-out score of a predictor of the target, relative to the prior:

* I1, I2: the calibrated posterior of one modality; I12: a mixture of predictors that see both;
* I_Q: the predictor exp(alpha(c1, y) + beta(c2, y)) from the dual potentials of the exact solver, run on
  tables of quantised posteriors. Its expected score is I_Q for every joint table with those marginals, by
  duality, so it can be scored on the data although the data do not follow Q.

All are therefore lower bounds of what they estimate, come with pointwise values, and obey the sum rules
exactly. Redundancy and uniqueness depend on a source through its posterior only, which is why quantised
posteriors suffice; what quantising loses is reported.
"""

import numpy as np
import torch
import xarray as xr

from interplay.data import Windows
from interplay.estimators.base import BaseRUS
from interplay.estimators.calibrate import calibrated_log_probs, mixture_weights
from interplay.estimators.crossfit import Training, out_of_fold_logits
from interplay.estimators.findings import Findings
from interplay.estimators.quantise import cell_tables, cells_of_posteriors
from interplay.estimators.uncertainty import rotation_p_values
from interplay.info.atoms import couple
from interplay.progress import Tell, silent
from interplay.units import bits

TRAINING_SHARE = 0.8
"""Share of the work that progress assigns to training."""


class PosteriorPID(BaseRUS):
    """Interactions about a categorical target from calibrated, cross-fitted posteriors.

    Parameters
    ----------
    folds : int
        Cross-fitting folds: groups of entities, or interleaved blocks where there are few entities.
    epochs, batch_size, learning_rate, weight_decay, patience
        Training of the probe; early stopping is per modality, pair and lag.
    n_cells : int
        Cells that posteriors are quantised to for the exact solver.
    tol_bits : float
        Certified accuracy of the solver.
    n_bootstrap : int
        Resamplings of entities behind each standard error.
    n_rotations : int
        Label rotations behind each p-value.
    device : str
    random_state : int

    References
    ----------
    BROJA: Bertschinger et al., Entropy 2014. Cross-fitting: Chernozhukov et al., Econometrics J. 2018.
    """

    def __init__(
        self,
        *,
        folds: int = 5,
        epochs: int = 20,
        batch_size: int = 512,
        learning_rate: float = 5e-3,
        weight_decay: float = 0.3,
        patience: int = 4,
        n_cells: int = 24,
        tol_bits: float = 1e-4,
        n_bootstrap: int = 200,
        n_rotations: int = 999,
        device: str = "cpu",
        random_state: int = 0,
    ):
        self.folds = folds
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.patience = patience
        self.n_cells = n_cells
        self.tol_bits = tol_bits
        self.n_bootstrap = n_bootstrap
        self.n_rotations = n_rotations
        self.device = device
        self.random_state = random_state

    def estimate(self, windows: Windows, lags: np.ndarray, progress: Tell = silent) -> xr.Dataset:
        """See `BaseRUS.estimate`."""
        rng = np.random.default_rng(self.random_state)
        found = Findings(windows, lags, n_bootstrap=self.n_bootstrap, rng=rng)
        training = Training(
            folds=self.folds,
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            patience=self.patience,
            device=self.device,
        )
        alone, together = out_of_fold_logits(
            windows,
            lags,
            found.pairs,
            training,
            self.random_state,
            lambda done: progress(TRAINING_SHARE * done),
        )
        scored = _Scored(self, windows, alone, rng)
        found.file("mi", scored.alone_score)
        found.file("quantisation_loss", scored.alone_score - scored.cell_score)
        found.keep("mi_p_value", scored.p_values(alone, len(lags)))
        for k, (i, j) in enumerate(found.pairs):
            atoms, gap = scored.pair(int(i), int(j), together[k])
            for name, pointwise in atoms.items():
                found.file(name, pointwise)
            found.keep("gap_bits", bits(gap))
            found.keep("p_value", scored.p_values(alone[i] + alone[j] + together[k], len(lags)))
            progress(TRAINING_SHARE + (1 - TRAINING_SHARE) * (k + 1) / len(found.pairs))
        return found.dataset()


class _Scored:
    """Held-out scores of every modality, ready for its pairs. Pointwise values are (L, N), in nats."""

    def __init__(
        self, estimator: PosteriorPID, windows: Windows, alone: torch.Tensor, rng: np.random.Generator
    ):
        self.estimator, self.rng = estimator, rng
        self.y_np, self.entity = windows.y, windows.entity
        self.y = torch.from_numpy(self.y_np)
        count = torch.bincount(self.y, minlength=len(windows.classes)).double()
        self.prior = count / count.sum()
        self.log_prior = torch.log(self.prior).float()
        generator = torch.Generator().manual_seed(estimator.random_state)
        log_p = calibrated_log_probs(alone, self.y, self.prior.float())
        n_m, n_l, n, n_c = log_p.shape
        flat = log_p.reshape(n_m * n_l, n, n_c)
        cell = cells_of_posteriors(flat, estimator.n_cells, generator)
        table = cell_tables(flat, cell, estimator.n_cells, self.prior)
        self.cell = cell.view(n_m, n_l, n)
        self.table = table.view(n_m, n_l, estimator.n_cells, n_c)
        self.alone_log_ratio = log_p - self.log_prior
        self.alone_score = self._of_label(self.alone_log_ratio)
        posterior = torch.log(self.table) - torch.log(self.table.sum(-1, keepdim=True).clamp_min(1e-300))
        self.cell_score = self._of_label(self._by_cell(posterior, self.cell).float() - self.log_prior)

    def pair(self, i: int, j: int, together: torch.Tensor):
        """Pointwise atoms of one pair and the solver's gap (L,), in nats."""
        coupling = couple(self.table[i], self.table[j], tol_bits=self.estimator.tol_bits)
        log_q = self._by_cell(coupling.alpha, self.cell[i]) + self._by_cell(coupling.beta, self.cell[j])
        log_q = log_q.float()
        predictors = torch.stack(
            [
                calibrated_log_probs(together, self.y, self.prior.float()),
                self.alone_log_ratio[i] + self.log_prior,
                self.alone_log_ratio[j] + self.log_prior,
                torch.log_softmax(log_q, -1),
            ],
            dim=-1,
        )
        likelihood = torch.exp(self._of_label(predictors.movedim(-1, 0)).movedim(0, -1)).double()
        mixed = (likelihood * mixture_weights(likelihood)[:, None]).sum(-1)
        joint = torch.log(mixed) - self.log_prior[self.y]
        least = self._of_label(log_q - self.log_prior)
        one, two = self.cell_score[i], self.cell_score[j]
        atoms = {
            "redundancy": one + two - least,
            "unique_ij": least - two,
            "unique_ji": least - one,
            "synergy": joint - least,
            "joint_mi": joint,
        }
        return atoms, coupling.gap_nats

    def p_values(self, logits: torch.Tensor, lags: int) -> np.ndarray:
        """p-values of held-out logits (..., N, C), relative to the prior, as they are.

        Nothing fitted to the labels may enter here: calibration and mixing choose what suits these labels,
        and rearranged ones had no such choice.
        """
        log_ratio = torch.log_softmax(logits + self.log_prior, -1) - self.log_prior
        flat = log_ratio.flatten(0, -3)
        p = rotation_p_values(
            flat,
            np.eye(len(self.prior))[self.y_np],
            self.entity,
            lags=lags,
            draws=self.estimator.n_rotations,
            rng=self.rng,
        )
        return p.view(log_ratio.shape[:-2]).cpu().numpy()

    def _of_label(self, values: torch.Tensor) -> torch.Tensor:
        return values.gather(-1, self.y.expand(values.shape[:-1])[..., None])[..., 0]

    @staticmethod
    def _by_cell(rows: torch.Tensor, cell: torch.Tensor) -> torch.Tensor:
        """Rows (..., K, C) of the cells (..., N), as (..., N, C)."""
        return rows.gather(-2, cell[..., None].expand(*cell.shape, rows.shape[-1]))
