"""Predictions of anybody's models, scored: what each and each pair says of the labels, window by window.

As `interplay.estimators.posterior.scoring`, of predictions that were not trained here and so have no side but the
held-out one. Letters: M modalities, P pairs, L lags, N windows, C classes, K cells, D rearrangements, H heads, which
are pairs at lags. Pointwise values are in nats.
"""

from dataclasses import dataclass

import numpy as np
import torch

from interplay.estimators.collect import pair_atoms
from interplay.estimators.posterior.calibrate import LARGEST_SCORE, of_label
from interplay.estimators.posterior.nulls import mixed_gain
from interplay.estimators.posterior.quantise import cell_centres, cell_tables, filled, nearest_cell
from interplay.estimators.posterior.recalibrate import best_elsewhere, evidence, mixed, recalibrated
from interplay.estimators.posterior.scoring import CellDecoder
from interplay.estimators.resampling import tail_p_values
from interplay.info import RedundancyMeasure
from interplay.units import nats


@dataclass(frozen=True, kw_only=True, slots=True)
class Predictions:
    """What models say of windows, and how windows belong together.

    Attributes
    ----------
    alone : (M, L, N, C) float, probabilities by models that see one modality
    together : (P, L, N, C) float, by models that see two; NaN throughout for pairs without such a model
    pairs : (P, 2) int64, numbers of the modalities
    y : (N,) int64
    fold : (N,) int64, what calibrations are fitted without
    rearranged : (D, N) int64, windows that predictions are taken from where they shall tell nothing
    """

    alone: torch.Tensor
    together: torch.Tensor
    pairs: torch.Tensor
    y: torch.Tensor
    fold: np.ndarray
    rearranged: np.ndarray


@dataclass(frozen=True, kw_only=True, slots=True)
class PredictionScores:
    """What is said of every window.

    Attributes
    ----------
    alone : (M, L, N), nats
    alone_p : (M, L) p-values
    atoms : name -> (P, L, N), nats; synergy and the joint information are NaN where no model saw both
    p_value : atom -> (P, L), but for the joint information
    gap_nats : (P, L), of the solver
    quantisation_loss : (M, L), nats
    """

    alone: torch.Tensor
    alone_p: torch.Tensor
    atoms: dict[str, torch.Tensor]
    p_value: dict[str, torch.Tensor]
    gap_nats: torch.Tensor
    quantisation_loss: torch.Tensor


def score_predictions(
    given: Predictions, measure: RedundancyMeasure, decoder: CellDecoder
) -> PredictionScores:
    """Recalibrate predictions out of fold, couple them, and score all on labels that no fit has seen."""
    alone = _Alone(given, decoder)
    nulls = alone.nulls(given.rearranged)
    i, j = given.pairs.unbind(1)
    shape = (len(given.pairs), given.alone.shape[1])
    lag = torch.arange(shape[1]).repeat(shape[0])
    pair = torch.arange(shape[0]).repeat_interleave(shape[1])
    least = _Least(alone, i[pair], j[pair], lag, measure, given.fold)
    both = _together(given, alone, least, pair, lag)
    first, second = (alone.score[m].flatten(0, 1).double() for m in (i, j))
    atoms = pair_atoms(first, second, least.score, both.score)
    one, two = (nulls[m].flatten(0, 1) for m in (i, j))
    gain = {name: value.sum(-1).float() for name, value in atoms.items()}
    p_value = {
        "redundancy": torch.maximum(*(tail_p_values(gain["redundancy"], null) for null in (one, two))),
        "unique_ij": tail_p_values(gain["unique_ij"], one),
        "unique_ji": tail_p_values(gain["unique_ji"], two),
        "synergy": both.p_value(gain["synergy"], given, least),
    }
    return PredictionScores(
        alone=alone.score,
        alone_p=tail_p_values(alone.score.sum(-1), nulls),
        atoms={name: value.unflatten(0, shape) for name, value in atoms.items()},
        p_value={name: value.unflatten(0, shape) for name, value in p_value.items()},
        gap_nats=least.gap_nats.unflatten(0, shape),
        quantisation_loss=(alone.score - alone.of_cell).double().mean(-1),
    )


class _Alone:
    """Modalities one by one: calibrated, scored, and cut into cells, each in the same way whatever else there is.

    Attributes
    ----------
    log_p : (M, L, N, C)
    score, of_cell : (M, L, N) log-ratio of the label, by the posterior and by its cell
    cell : (M, L, N) int64
    table : (M, L, K, C)
    """

    def __init__(self, given: Predictions, decoder: CellDecoder):
        self.y = given.y
        prior = torch.bincount(given.y, minlength=given.alone.shape[-1]).double() / len(given.y)
        self.log_prior = torch.log(prior).float()
        self.of_prior = self.log_prior[self.y]
        logits = evidence(given.alone.float(), self.log_prior)
        log_p = recalibrated(logits, self.y, self.log_prior, given.fold)
        # what misleads where it was not calibrated says nothing: of few groups calibration learns by heart
        tells = (of_label(log_p, self.y) - self.of_prior).mean(-1) > 0
        self.log_p = torch.where(tells[..., None, None], log_p, self.log_prior)
        self.score = of_label(self.log_p, self.y) - self.of_prior
        n_cells = min(decoder.cells_for(len(prior)), len(self.y))
        parts = [self._cells(head, n_cells, prior, decoder) for head in self.log_p.flatten(0, 1)]
        heads = self.log_p.shape[:2]
        self.cell, self.table = (torch.stack(each).unflatten(0, heads) for each in zip(*parts, strict=True))
        posterior = torch.log(self.table) - torch.log(self.table.sum(-1, keepdim=True).clamp_min(1e-300))
        index = (self.cell * len(prior) + self.y).flatten(0, 1)
        at_label = posterior.flatten(2).flatten(0, 1).gather(1, index).unflatten(0, heads)
        self.of_cell = at_label.float() - self.of_prior

    @staticmethod
    def _cells(log_p: torch.Tensor, n_cells: int, prior: torch.Tensor, decoder: CellDecoder):
        """Cell (N,) and table (K, C) of one head; alike for heads that say the same, which copies have to be."""
        generator = torch.Generator().manual_seed(decoder.random_state)
        centres = filled(cell_centres(log_p[None], n_cells, generator), log_p[None])
        cell = nearest_cell(log_p[None], centres)
        return cell[0], cell_tables(log_p[None], cell, n_cells, prior)[0]

    def nulls(self, rearranged: np.ndarray) -> torch.Tensor:
        """Gains (M, L, D), nats summed over windows, of predictions about other windows."""
        index = torch.from_numpy(rearranged) * len(self.log_prior) + self.y
        heads = (self.log_p - self.log_prior).flatten(0, 1).flatten(1)
        return torch.stack([mixed_gain(head[index]) for head in heads]).unflatten(0, self.log_p.shape[:2])


class _Least:
    """What a measure credits to two sources without their synergy.

    Attributes
    ----------
    score : (H, N) of the label, relative to the prior
    log_p : (H, N, C), the normalised predictor of the same
    of_coupling : (H, N), that of the coupling, normalised
    """

    def __init__(self, alone: _Alone, i, j, lag, measure: RedundancyMeasure, fold: np.ndarray):
        self.i, self.j, self.lag = i, j, lag
        tables = (alone.table[i, lag], alone.table[j, lag])
        union = measure.union_information(*tables)
        self.gap_nats = nats(union.gap_bits)
        one, two = alone.cell[i, lag], alone.cell[j, lag]
        every = torch.arange(len(alone.log_prior))
        log_q = torch.stack([union.log_score(one, two, c.expand(1, len(alone.y))) for c in every], -1)
        coupled = of_label(log_q, alone.y) - alone.of_prior
        normalised = torch.log_softmax(log_q.clamp_min(-50.0), -1)
        self.of_coupling = of_label(normalised, alone.y) - alone.of_prior
        predictors = torch.stack([coupled, alone.score[i, lag].double(), alone.score[j, lag].double()])
        each = torch.stack([normalised, alone.log_p[i, lag].double(), alone.log_p[j, lag].double()])
        # unquantised, a source says more than its cells do; no coupling of both may say less than either
        best = best_elsewhere(predictors, fold)
        self.score = predictors.gather(0, best[None])[0]
        self.log_p = each.gather(0, best[None, ..., None].expand(1, *each.shape[1:]))[0]


@dataclass(frozen=True, slots=True)
class _Together:
    """Scores (H, N) of what sees both, and its calibrated log-posteriors (H, N, C); NaN where nothing does."""

    score: torch.Tensor
    log_p: torch.Tensor

    def p_value(self, gain: torch.Tensor, given: Predictions, least: _Least) -> torch.Tensor:
        """How often what it adds to the sources says as much of other windows, (H,); NaN where nothing sees both."""
        known = ~torch.isnan(gain)
        p = torch.full(gain.shape, torch.nan, dtype=torch.float64)
        window = torch.from_numpy(given.rearranged)
        for h in torch.nonzero(known)[:, 0].tolist():
            adds = (self.log_p[h] - least.log_p[h]).float().clamp(-LARGEST_SCORE, LARGEST_SCORE)
            null = torch.stack(
                [mixed_gain(_added(adds[row], least.log_p[h].float(), given.y)) for row in window]
            )
            p[h] = tail_p_values(gain[h], null)
        return p


def _added(adds: torch.Tensor, log_p: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Gain (N,) at the label of a predictor (N, C) from evidence (N, C) that is added to it."""
    return of_label(adds, y) - torch.logsumexp(log_p + adds, -1)


def _together(
    given: Predictions, alone: _Alone, least: _Least, pair: torch.Tensor, lag: torch.Tensor
) -> _Together:
    """Models that see both, mixed with what single sources and their coupling say, so that a weak one cannot fall below
    them."""
    known = ~torch.isnan(given.together[pair, lag]).flatten(1).any(1)
    score = torch.full(least.score.shape, torch.nan, dtype=torch.float64)
    log_p = torch.full(least.log_p.shape, torch.nan, dtype=torch.float64)
    if known.any():
        logits = evidence(given.together[pair, lag][known].float(), alone.log_prior)
        seen = recalibrated(logits, alone.y, alone.log_prior, given.fold)
        one, two = (alone.score[m[known], lag[known]].double() for m in (least.i, least.j))
        predictors = [of_label(seen, alone.y).double() - alone.of_prior, one, two, least.of_coupling[known]]
        score[known], log_p[known] = mixed(torch.stack(predictors, -1), given.fold), seen.double()
    return _Together(score, log_p)
