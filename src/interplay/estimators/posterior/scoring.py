"""Held-out posteriors, scored: what each modality and each pair says of the labels, window by window.

Letters: M modalities, P pairs, L lags, N windows, K cells, C classes, G contexts of the target's past.
Pointwise values are in nats.
"""

from dataclasses import dataclass

import numpy as np
import torch

from interplay.data import Windows
from interplay.errors import InvalidInput
from interplay.estimators.posterior.calibrate import fit_calibration, mixture_weights, of_label
from interplay.estimators.posterior.crossfit import HELD_OUT
from interplay.estimators.posterior.fold_probe import log_prior_of_windows
from interplay.estimators.posterior.optimism import Corrected, without_regret
from interplay.estimators.posterior.quantise import cell_centres, cell_tables, filled, nearest_cell
from interplay.estimators.resampling import context_p_values, rotation_p_values
from interplay.info.atoms import couple
from interplay.info.broja import Coupling
from interplay.probe.calibration import Calibration
from interplay.probe.instance import by_cell


@dataclass(frozen=True, slots=True)
class CellDecoder:
    """How posteriors are quantised and coupled."""

    n_cells: int
    tol_bits: float
    random_state: int

    def __post_init__(self):
        if self.n_cells < 2:
            raise InvalidInput(f"n_cells must be at least 2, or nothing is told apart; got {self.n_cells}.")


@dataclass(frozen=True, kw_only=True, slots=True)
class PairScores:
    """Of P pairs: atoms (P, L, N) by name, solver gap (P, L), and what they were read with."""

    atoms: dict[str, Corrected]
    gap_nats: torch.Tensor
    calibration: Calibration
    mixture: torch.Tensor
    couplings: list[Coupling | None]


class Scored:
    """Scores of every modality, ready for its pairs.

    Parameters
    ----------
    windows : Windows
    context : (N,) int64
    alone : (2, M, L, N, C) float32, logits relative to the prior, held out and seen
    trained : (N,) bool, of which windows the seen side is by a probe that was trained on them
    decoder : CellDecoder
    """

    def __init__(
        self,
        windows: Windows,
        context: np.ndarray,
        alone: torch.Tensor,
        trained: torch.Tensor,
        decoder: CellDecoder,
    ):
        self.windows, self.context, self.alone, self.trained = windows, context, alone[HELD_OUT], trained
        self.y = torch.from_numpy(windows.y)
        self.log_prior = log_prior_of_windows(windows.y, context, len(windows.classes))
        self.of_prior = of_label(self.log_prior, self.y)
        self.calibration = fit_calibration(self.alone, self.y, self.log_prior)
        log_p = self.calibration.apply(alone, self.log_prior)
        self.of_alone = of_label(log_p, self.y) - self.of_prior
        self.parts = [
            _Cells(log_p, self.y, np.flatnonzero(context == g), decoder) for g in range(context.max() + 1)
        ]
        self.of_cell = torch.zeros_like(self.of_alone)
        for part in self.parts:
            self.of_cell[..., part.rows] = part.score
        self.alone_score = self.corrected(self.of_alone)
        self.cell_score = self.corrected(self.of_cell)

    def corrected(self, sides: torch.Tensor) -> Corrected:
        """Scores (2, ..., N) freed from regret."""
        return without_regret(sides, self.trained)

    def pairs(self, pairs: torch.Tensor, together: torch.Tensor) -> PairScores:
        """Score pairs (P, 2) from the logits of their heads (2, P, L, N, C)."""
        i, j = pairs.unbind(1)
        calibration = fit_calibration(together[HELD_OUT], self.y, self.log_prior)
        coupled = torch.zeros(together.shape[:-1])
        normalised = torch.zeros_like(coupled)
        gap = torch.zeros(together.shape[1:3], dtype=torch.float64)
        couplings = []
        for part in self.parts:
            coupling = part.couple(i, j)
            couplings.append(coupling)
            if coupling is not None:
                coupled[..., part.rows], normalised[..., part.rows] = part.read(coupling, i, j)
                gap += coupling.gap_nats.view(gap.shape) * (len(part.rows) / len(self.y))
        of_head = of_label(calibration.apply(together, self.log_prior), self.y) - self.of_prior
        one, two = self.of_alone[:, i], self.of_alone[:, j]
        least = _best(torch.stack([coupled, one, two]))
        gains = torch.stack([of_head, one, two, normalised], -1)
        likelihood = torch.exp(gains).double()
        mixture = mixture_weights(likelihood[HELD_OUT])
        joint = self.corrected(torch.log((likelihood * mixture[..., None, :]).sum(-1)))
        least, one, two = self.corrected(least), self.alone_score[i], self.alone_score[j]
        atoms = {
            "redundancy": one + two - least,
            "unique_ij": least - two,
            "unique_ji": least - one,
            "synergy": joint - least,
            "joint_mi": joint,
        }
        return PairScores(
            atoms=atoms,
            gap_nats=gap,
            calibration=calibration,
            mixture=mixture,
            couplings=couplings,
        )

    def p_values(self, logits: torch.Tensor, draws: int, rng: np.random.Generator) -> np.ndarray:
        """p-values of held-out logits (H, L, N, C), relative to the prior, as they are.

        Nothing fitted to the labels may enter here: calibration and mixing choose what suits these labels,
        and rearranged ones had no such choice.
        """
        score = (torch.log_softmax(logits + self.log_prior, -1) - self.log_prior).flatten(0, 1)
        if len(self.parts) > 1:
            p = context_p_values(score, self.windows.y, self.context, draws=draws, rng=rng)
        else:
            label = np.eye(score.shape[-1])[self.windows.y]
            lags = logits.shape[1]
            p = rotation_p_values(score, label, self.windows.entity, lags=lags, draws=draws, rng=rng)
        return p.view(logits.shape[:2]).numpy()


def _best(predictors: torch.Tensor) -> torch.Tensor:
    """Of scores (K, 2, P, L, N) those of the predictor with the best held-out mean, for each pair and lag."""
    best = predictors[:, HELD_OUT].mean(-1).argmax(0)
    return predictors.gather(0, best[None, None, ..., None].expand(1, *predictors.shape[1:]))[0]


class _Cells:
    """Quantised posteriors of the windows of one context; classes that never occur in it are left out."""

    def __init__(self, log_p: torch.Tensor, y: torch.Tensor, rows: np.ndarray, decoder: CellDecoder):
        self.rows, self.tol_bits = torch.from_numpy(rows), decoder.tol_bits
        present, self.y = torch.unique(y[self.rows], return_inverse=True)
        count = torch.bincount(self.y).double()
        self.prior = count / count.sum()
        self.of_prior = torch.log(self.prior).float()[self.y]
        heads = log_p.shape[1:3]
        held_out, seen = log_p[..., self.rows, :][..., present].flatten(1, 2)
        n_cells = min(decoder.n_cells, len(rows))
        generator = torch.Generator().manual_seed(decoder.random_state)
        centres = filled(cell_centres(held_out, n_cells, generator), held_out)
        cell = torch.stack([nearest_cell(side, centres) for side in (held_out, seen)])
        table = cell_tables(held_out, cell[HELD_OUT], n_cells, self.prior)
        self.centres, self.cell = centres.unflatten(0, heads), cell.unflatten(1, heads)
        self.table = table.unflatten(0, heads)
        posterior = torch.log(self.table) - torch.log(self.table.sum(-1, keepdim=True).clamp_min(1e-300))
        self.log_posterior = posterior.clamp_min(-50.0).float()
        self.score = of_label(self._at_cells(self.log_posterior, self.cell), self.y) - self.of_prior

    def couple(self, i: torch.Tensor, j: torch.Tensor) -> Coupling | None:
        """Couplings of pairs at all lags, flattened; None where the context leaves nothing to tell."""
        if len(self.prior) == 1:
            return None
        return couple(self.table[i].flatten(0, 1), self.table[j].flatten(0, 1), tol_bits=self.tol_bits)

    def read(self, coupling: Coupling, i: torch.Tensor, j: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Score of each label by the coupling's predictor, and by the same normalised, (2, P, L, n) each."""
        shape = (len(i), self.table.shape[1])
        log_q = self._at_cells(coupling.alpha.unflatten(0, shape), self.cell[:, i])
        log_q = (log_q + self._at_cells(coupling.beta.unflatten(0, shape), self.cell[:, j])).float()
        chosen = of_label(log_q, self.y) - self.of_prior
        return chosen, chosen - torch.logsumexp(log_q, -1)

    @staticmethod
    def _at_cells(rows: torch.Tensor, cell: torch.Tensor) -> torch.Tensor:
        """Rows (..., K, C) of cells (2, ..., n), as (2, ..., n, C)."""
        return by_cell(rows.expand(len(cell), *rows.shape), cell)
