"""Held-out posteriors, scored: what each modality and each pair says of the labels, window by window.

Letters: M modalities, P pairs, L lags, N windows, K cells, C classes, G contexts of the target's past.
Pointwise values are in nats.
"""

from dataclasses import dataclass

import numpy as np
import torch

from interplay.data import Windows
from interplay.estimators.calibrate import fit_calibration, mixture_weights, of_label
from interplay.estimators.crossfit import log_prior_of_windows
from interplay.estimators.quantise import cell_centres, cell_tables, nearest_cell
from interplay.estimators.uncertainty import context_p_values, rotation_p_values
from interplay.info.atoms import couple
from interplay.info.broja import Coupling
from interplay.profile.calibration import Calibration
from interplay.profile.instance import by_cell


@dataclass(frozen=True, slots=True)
class CellDecoder:
    """How posteriors are quantised and coupled."""

    n_cells: int
    tol_bits: float
    random_state: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PairScores:
    """Of P pairs: pointwise atoms (P, L, N) by name, solver gap (P, L), and what they were read with."""

    atoms: dict[str, torch.Tensor]
    gap_nats: torch.Tensor
    calibration: Calibration
    mixture: torch.Tensor
    couplings: list[Coupling | None]


PSEUDO_COUNTS = (2.0, 16.0)
"""Weights of a pair's head in its table of counts; which one suits is for the mixture to say."""

COARSE_CELLS = 8
"""Kinds of steps of a modality in that table: few, so that most pairs of them are met often."""


class FoldCounts:
    """How often labels go with pairs of kinds of steps, in the folds that a window is not in.

    Where sources have a few distinct states, counting them finds at once what a pair's head takes long to learn.

    Parameters
    ----------
    cell : (M, L, N) int64, kinds of steps
    y, fold, context : (N,) int64
    """

    def __init__(self, cell: torch.Tensor, y: torch.Tensor, fold: torch.Tensor, context: torch.Tensor):
        self.cell, self.y, self.fold, self.context = cell, y, fold, context
        self.n_cells = int(cell.max()) + 1

    def log_probs(self, i: torch.Tensor, j: torch.Tensor, of_head: torch.Tensor) -> list[torch.Tensor]:
        """Log-probability of each label (P, L, N), for each of `PSEUDO_COUNTS`; these follow the head (P, L, N)."""
        n_c, n_g = int(self.y.max()) + 1, int(self.context.max()) + 1
        problem = torch.arange(of_head[..., 0].numel()).view(*of_head.shape[:2], 1)
        kind = (problem * n_g + self.context) * self.n_cells + self.cell[i]
        kind = kind * self.n_cells + self.cell[j]
        size = problem.numel() * n_g * self.n_cells**2
        hits, seen = self._others(kind * n_c + self.y, size * n_c), self._others(kind, size)
        return [torch.log((hits + extra * of_head) / (seen + extra)) for extra in PSEUDO_COUNTS]

    def _others(self, index: torch.Tensor, size: int) -> torch.Tensor:
        """How many windows of other folds share the index of each."""
        n_f = int(self.fold.max()) + 1
        total = torch.bincount(index.flatten(), minlength=size)
        own = torch.bincount((index * n_f + self.fold).flatten(), minlength=size * n_f)
        return (total[index] - own[index * n_f + self.fold]).float()


class Scored:
    """Scores of every modality, ready for its pairs.

    Parameters
    ----------
    windows : Windows
    context : (N,) int64
    alone : (M, L, N, C) float32, held-out logits relative to the prior
    counts : FoldCounts
    decoder : CellDecoder
    """

    def __init__(
        self,
        windows: Windows,
        context: np.ndarray,
        alone: torch.Tensor,
        counts: FoldCounts,
        decoder: CellDecoder,
    ):
        self.windows, self.context, self.alone, self.counts = windows, context, alone, counts
        self.y = torch.from_numpy(windows.y)
        self.log_prior = log_prior_of_windows(windows.y, context, len(windows.classes))
        self.of_prior = of_label(self.log_prior, self.y)
        self.calibration = fit_calibration(alone, self.y, self.log_prior)
        self.log_p = self.calibration.apply(alone, self.log_prior)
        self.alone_score = of_label(self.log_p, self.y) - self.of_prior
        self.parts = [
            _Cells(self.log_p, self.y, np.flatnonzero(context == g), decoder)
            for g in range(context.max() + 1)
        ]
        self.cell_score = torch.zeros_like(self.alone_score)
        for part in self.parts:
            self.cell_score[:, :, part.rows] = part.score

    def pairs(self, pairs: torch.Tensor, together: torch.Tensor) -> PairScores:
        """Score pairs (P, 2) from the held-out logits of their heads (P, L, N, C)."""
        i, j = pairs.unbind(1)
        calibration = fit_calibration(together, self.y, self.log_prior)
        least = torch.zeros(together.shape[:-1])
        coupled = torch.zeros_like(least)
        gap = torch.zeros(together.shape[:2], dtype=torch.float64)
        couplings = []
        for part in self.parts:
            coupling = part.couple(i, j)
            couplings.append(coupling)
            if coupling is not None:
                least[:, :, part.rows], coupled[:, :, part.rows] = part.read(coupling, i, j)
                gap += coupling.gap_nats.view(gap.shape) * (len(part.rows) / len(self.y))
        of_head = of_label(calibration.apply(together, self.log_prior), self.y)
        told = [
            of_head,
            self.alone_score[i] + self.of_prior,
            self.alone_score[j] + self.of_prior,
            coupled + self.of_prior,
            *self.counts.log_probs(i, j, torch.exp(of_head)),
        ]
        likelihood = torch.exp(torch.stack(told, -1)).double()
        mixture = self._mixture(likelihood)
        joint = torch.log((likelihood * mixture[..., None, :]).sum(-1)) - self.of_prior
        one, two = self.cell_score[i], self.cell_score[j]
        atoms = {
            "redundancy": one + two - least,
            "unique_ij": least - two,
            "unique_ji": least - one,
            "synergy": joint - least,
            "joint_mi": joint,
        }
        return PairScores(
            atoms=atoms, gap_nats=gap, calibration=calibration, mixture=mixture, couplings=couplings
        )

    def _mixture(self, likelihood: torch.Tensor) -> torch.Tensor:
        """Weights (P, L, K); counts get some only where they gain more than their weights cost (Akaike)."""
        n, n_tables = likelihood.shape[-2], len(PSEUDO_COUNTS)
        weights = mixture_weights(likelihood)
        without = mixture_weights(likelihood[..., :-n_tables])
        without = torch.nn.functional.pad(without, (0, n_tables))
        score = [torch.log((likelihood * w[..., None, :]).sum(-1)).mean(-1) for w in (weights, without)]
        worth = score[0] - score[1] > 2 * n_tables / n
        return torch.where(worth[..., None], weights, without)

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


class _Cells:
    """Quantised posteriors of the windows of one context; classes that never occur in it are left out."""

    def __init__(self, log_p: torch.Tensor, y: torch.Tensor, rows: np.ndarray, decoder: CellDecoder):
        self.rows, self.tol_bits = torch.from_numpy(rows), decoder.tol_bits
        present, self.y = torch.unique(y[self.rows], return_inverse=True)
        count = torch.bincount(self.y).double()
        self.prior = count / count.sum()
        self.of_prior = torch.log(self.prior).float()[self.y]
        n_m, n_l = log_p.shape[:2]
        here = log_p[:, :, self.rows][..., present].flatten(0, 1)
        n_cells = min(decoder.n_cells, len(rows))
        generator = torch.Generator().manual_seed(decoder.random_state)
        centres = cell_centres(here, n_cells, generator)
        cell = nearest_cell(here, centres)
        table = cell_tables(here, cell, n_cells, self.prior)
        self.centres, self.cell = centres.unflatten(0, (n_m, n_l)), cell.unflatten(0, (n_m, n_l))
        self.table = table.unflatten(0, (n_m, n_l))
        posterior = torch.log(self.table) - torch.log(self.table.sum(-1, keepdim=True).clamp_min(1e-300))
        self.log_posterior = posterior.clamp_min(-50.0).float()
        self.score = of_label(by_cell(self.log_posterior, self.cell), self.y) - self.of_prior

    def couple(self, i: torch.Tensor, j: torch.Tensor) -> Coupling | None:
        """Couplings of pairs at all lags, flattened; None where the context leaves nothing to tell."""
        if len(self.prior) == 1:
            return None
        return couple(self.table[i].flatten(0, 1), self.table[j].flatten(0, 1), tol_bits=self.tol_bits)

    def read(self, coupling: Coupling, i: torch.Tensor, j: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Score of each label by the coupling's predictor, and by the same normalised, (P, L, n) each."""
        shape = (len(i), self.table.shape[1])
        log_q = by_cell(coupling.alpha.unflatten(0, shape), self.cell[i])
        log_q = (log_q + by_cell(coupling.beta.unflatten(0, shape), self.cell[j])).float()
        chosen = of_label(log_q, self.y) - self.of_prior
        return chosen, chosen - torch.logsumexp(log_q, -1)
