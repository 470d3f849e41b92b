"""Cells: quantised posteriors of the windows of one context, and the couplings of two sources' cells.

Letters: M modalities, L lags, T heads that say anything, N windows, n of one context, K cells, C classes. Pointwise
values are in nats.
"""

from dataclasses import dataclass

import numpy as np
import torch

from interplay.errors import InvalidInput
from interplay.estimators.posterior.calibrate import of_label
from interplay.estimators.posterior.crossfit import HELD_OUT
from interplay.estimators.posterior.quantise import (
    OUT_OF_REACH,
    cell_centres,
    cell_tables,
    filled,
    nearest_cell,
)
from interplay.info.atoms import couple
from interplay.info.broja import Coupling
from interplay.probe.instance import by_cell


@dataclass(frozen=True, slots=True)
class CellDecoder:
    """How posteriors are quantised and coupled."""

    n_cells: int
    tol_bits: float
    random_state: int

    def cells_for(self, n_classes: int) -> int:
        """Cells of posteriors over so many classes: a quarter more than classes, which may each have a posterior."""
        return max(self.n_cells, n_classes + n_classes // 4)

    def __post_init__(self):
        if self.n_cells < 2:
            raise InvalidInput(f"n_cells must be at least 2, or nothing is told apart; got {self.n_cells}.")


class Cells:
    """Quantised posteriors of the windows of one context; classes that never occur in it are left out.

    Parameters
    ----------
    log_p : (3, T, N, C), log-posteriors of the heads that say anything, by side
    tells : (M, L) bool, which heads these are
    y : (N,) int64
    rows : (n,) int64, windows of the context
    decoder : CellDecoder
    tilt : (N, C), optional
        By how much what is known of each window by itself differs from the shares in its context, in logs. Cells are of
        what sources add to either, and a coupling is a predictor beside it.
    """

    def __init__(
        self,
        log_p: torch.Tensor,
        tells: torch.Tensor,
        y: torch.Tensor,
        rows: np.ndarray,
        decoder: CellDecoder,
        tilt: torch.Tensor | None = None,
    ):
        self.rows, self.tol_bits, self.tells = torch.from_numpy(rows), decoder.tol_bits, tells
        self.place = tells.flatten().long().cumsum(0).view(tells.shape)
        present, self.y = torch.unique(y[self.rows], return_inverse=True)
        count = torch.bincount(self.y).double()
        self.prior = count / count.sum()
        self.of_prior = torch.log(self.prior).float()[self.y]
        sides = log_p[..., self.rows, :][..., present]
        self.tilt = None if tilt is None else tilt[self.rows][:, present]
        if self.tilt is not None:
            sides = torch.log_softmax(sides - self.tilt, -1)
        held_out = sides[HELD_OUT]
        self.n_cells = min(decoder.cells_for(log_p.shape[-1]), len(rows))
        generator = torch.Generator().manual_seed(decoder.random_state)
        self.centres = filled(cell_centres(held_out, self.n_cells, generator), held_out)
        cell = torch.stack([nearest_cell(side, self.centres) for side in sides])
        table = cell_tables(held_out, cell[HELD_OUT], self.n_cells, self.prior)
        # number 0 stands for all heads that say nothing: one cell, with the prior in it
        silent = (
            torch.zeros_like(table[:1])
            if len(table)
            else torch.zeros(1, self.n_cells, len(self.prior)).double()
        )
        silent[:, 0] = self.prior
        self.table = torch.cat([silent, table])
        self.cell = torch.cat([torch.zeros(3, 1, len(rows), dtype=torch.int64), cell], 1)
        posterior = torch.log(self.table) - torch.log(self.table.sum(-1, keepdim=True).clamp_min(1e-300))
        self.log_posterior = posterior.clamp_min(-50.0).float()
        at_cells = self._at_cells(self.log_posterior, self.cell)
        self.score = (of_label(at_cells, self.y) - self.of_prior - self._mass(at_cells))[:, 1:]

    def full(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Centres and log-posteriors of the cells of all heads, (M, L, K, C) each."""
        n_c = len(self.prior)
        centres = torch.full((1, self.n_cells, n_c), OUT_OF_REACH)
        centres[:, 0] = self.prior.sqrt().float()
        number = torch.where(self.tells, self.place, 0)
        return torch.cat([centres, self.centres])[number], self.log_posterior[number]

    def couple(self, i: torch.Tensor, j: torch.Tensor, lag: torch.Tensor) -> Coupling | None:
        """Couplings of heads (H,); None where the context leaves nothing to tell."""
        if len(self.prior) == 1 or len(i) == 0:
            return None
        one, two = (self.table[self._number(m, lag)] for m in (i, j))
        return couple(one, two, tol_bits=self.tol_bits)

    def read(self, coupling: Coupling, i, j, lag) -> tuple[torch.Tensor, torch.Tensor]:
        """Score of each label by the coupling's predictor, and by the same normalised, (3, H, n) each."""
        log_q = self._at_cells(coupling.alpha, self.cell[:, self._number(i, lag)])
        log_q = (log_q + self._at_cells(coupling.beta, self.cell[:, self._number(j, lag)])).float()
        chosen, total = (
            of_label(log_q, self.y) - self.of_prior - self._mass(log_q),
            torch.logsumexp(log_q, -1),
        )
        return chosen, chosen - total

    def _mass(self, log_q: torch.Tensor) -> torch.Tensor | float:
        """Logarithm of what a predictor (..., n, C) adds up to beside each window's own prior, as a multiple of what it
        adds up to beside the shares of the context."""
        if self.tilt is None:
            return 0.0
        return torch.logsumexp(log_q + self.tilt, -1) - torch.logsumexp(log_q, -1)

    def _number(self, m: torch.Tensor, lag: torch.Tensor) -> torch.Tensor:
        return torch.where(self.tells[m, lag], self.place[m, lag], 0)

    @staticmethod
    def _at_cells(rows: torch.Tensor, cell: torch.Tensor) -> torch.Tensor:
        """Rows (..., K, C) of cells (3, ..., n), as (3, ..., n, C)."""
        return by_cell(rows.expand(len(cell), *rows.shape), cell)
