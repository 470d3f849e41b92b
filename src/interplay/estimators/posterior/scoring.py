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
        """Log-probability of each label (2, P, L, N) for each of `PSEUDO_COUNTS`; these follow the head.

        From windows of other folds, and from all windows.
        """
        n_c, n_g = int(self.y.max()) + 1, int(self.context.max()) + 1
        problem = torch.arange(of_head[0, ..., 0].numel()).view(*of_head.shape[1:3], 1)
        kind = (problem * n_g + self.context) * self.n_cells + self.cell[i]
        kind = kind * self.n_cells + self.cell[j]
        size = problem.numel() * n_g * self.n_cells**2
        hits, met = self._sharing(kind * n_c + self.y, size * n_c), self._sharing(kind, size)
        return [torch.log((hits + extra * of_head) / (met + extra)) for extra in PSEUDO_COUNTS]

    def _sharing(self, index: torch.Tensor, size: int) -> torch.Tensor:
        """How many windows share the index of each: those of other folds, and all."""
        n_f = int(self.fold.max()) + 1
        total = torch.bincount(index.flatten(), minlength=size)[index]
        own = torch.bincount((index * n_f + self.fold).flatten(), minlength=size * n_f)
        return torch.stack([total - own[index * n_f + self.fold], total]).float()


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
        self.windows, self.context, self.alone, self.counts = windows, context, alone[HELD_OUT], counts
        self.y = torch.from_numpy(windows.y)
        self.log_prior = log_prior_of_windows(windows.y, context, len(windows.classes))
        self.of_prior = of_label(self.log_prior, self.y)
        self.calibration = fit_calibration(self.alone, self.y, self.log_prior)
        log_p = self.calibration.apply(alone, self.log_prior)
        self.of_alone = of_label(log_p, self.y)
        self.parts = [
            _Cells(log_p, self.y, np.flatnonzero(context == g), decoder) for g in range(context.max() + 1)
        ]
        self.of_cell = torch.zeros_like(self.of_alone)
        for part in self.parts:
            self.of_cell[..., part.rows] = part.score
        self.alone_score = without_regret(self.of_alone - self.of_prior)
        self.cell_score = without_regret(self.of_cell)

    def pairs(self, pairs: torch.Tensor, together: torch.Tensor) -> PairScores:
        """Score pairs (P, 2) from the logits of their heads (2, P, L, N, C)."""
        i, j = pairs.unbind(1)
        calibration = fit_calibration(together[HELD_OUT], self.y, self.log_prior)
        least = torch.zeros(together.shape[:-1])
        coupled = torch.zeros_like(least)
        gap = torch.zeros(together.shape[1:3], dtype=torch.float64)
        couplings = []
        for part in self.parts:
            coupling = part.couple(i, j)
            couplings.append(coupling)
            if coupling is not None:
                least[..., part.rows], coupled[..., part.rows] = part.read(coupling, i, j)
                gap += coupling.gap_nats.view(gap.shape) * (len(part.rows) / len(self.y))
        of_head = of_label(calibration.apply(together, self.log_prior), self.y)
        told = [
            of_head,
            self.of_alone[:, i],
            self.of_alone[:, j],
            coupled + self.of_prior,
            *self.counts.log_probs(i, j, torch.exp(of_head)),
        ]
        likelihood = torch.exp(torch.stack(told, -1)).double()
        mixture = self._mixture(likelihood[HELD_OUT])
        joint = torch.log((likelihood * mixture[..., None, :]).sum(-1)) - self.of_prior
        joint, least = without_regret(joint), without_regret(least)
        one, two = self.cell_score[i], self.cell_score[j]
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

    def _mixture(self, likelihood: torch.Tensor) -> torch.Tensor:
        """Weights (P, L, K); counts get some only where they gain more than their weights cost (Akaike)."""
        n_tables = len(PSEUDO_COUNTS)
        cost = 2 * n_tables / likelihood.shape[-2]
        others, of_counts = likelihood[..., :-n_tables], likelihood[..., -n_tables:]
        weights = mixture_weights(others)
        mixed = (others * weights[..., None, :]).sum(-1)
        weights = torch.nn.functional.pad(weights, (0, n_tables))
        # the log-score is concave in the weights, so that its slope at none bounds what counts can gain
        hopeful = (of_counts / mixed[..., None]).mean(-2).amax(-1) - 1 > cost
        tried = likelihood[hopeful]
        found = mixture_weights(tried)
        gain = torch.log((tried * found[..., None, :]).sum(-1)) - torch.log(mixed[hopeful])
        weights[hopeful] = torch.where((gain.mean(-1) > cost)[..., None], found, weights[hopeful])
        return weights

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
