"""Held-out posteriors, scored: what each modality and each pair says of the labels, window by window.

Letters: M modalities, P pairs, L lags, N windows, K cells, C classes, G contexts of the target's past.
Pointwise values are in nats.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch

from interplay.estimators.collect import pair_atoms
from interplay.estimators.posterior.calibrate import fit_calibration, mixture_weights, of_label
from interplay.estimators.posterior.cells import CellDecoder, Cells
from interplay.estimators.posterior.crossfit import HALVED, HELD_OUT, SEEN
from interplay.estimators.posterior.optimism import Corrected, Learned, chance_of_best, without_regret
from interplay.estimators.posterior.problem import Problem
from interplay.info.broja import Coupling
from interplay.probe.calibration import Calibration
from interplay.probe.instance import PairReading


@dataclass(frozen=True, kw_only=True, slots=True)
class PairScores:
    """Of P pairs what is told of every window, and what it was read with.

    Attributes
    ----------
    atoms : Corrected (P, L, N) by name, nats
    held_out_synergy : (P, L), mean of the held-out scores, nats
    gap_nats : (P, L), of the solver
    reading : PairReading, of pairs in one context; None of several
    """

    atoms: dict[str, Corrected]
    held_out_synergy: torch.Tensor
    gap_nats: torch.Tensor
    calibration: Calibration
    reading: PairReading | None


class Scored:
    """Scores of every modality, ready for its pairs.

    Parameters
    ----------
    problem : Problem
    trained : (M,) bool, modalities that have heads; the others say nothing
    alone : (3, S, L, N, C) float32, logits of these relative to the prior, by side
    late : (M, L), what heads would still learn, nats
    learned : Learned
    cluster : (N,) int64, what is resampled together
    decoder : CellDecoder

    Attributes
    ----------
    tells : (M, L) bool, heads that say anything at all
    """

    def __init__(
        self,
        problem: Problem,
        trained: torch.Tensor,
        alone: torch.Tensor,
        late: torch.Tensor,
        learned: Learned,
        cluster: np.ndarray,
        decoder: CellDecoder,
    ):
        self.learned, self.late, self.cluster, self.log_prior = learned, late, cluster, problem.log_prior
        self.y = torch.from_numpy(problem.windows.y)
        self.of_prior = of_label(self.log_prior, self.y)
        calibration, self._log_p = self.calibrated(alone)
        # what modalities without heads say need not be held
        self._row = trained.cumsum(0) - 1
        self.calibration = _spread(calibration, trained)
        self.tells = self.calibration.scale != 0
        self.of_alone = torch.zeros(3, *self.tells.shape, len(self.y))
        self.of_alone[:, trained] = of_label(self._log_p, self.y) - self.of_prior
        context, tilt = problem.context, problem.within_context()
        coarse, coarse_y = self._in_groups(problem, self._log_p[:, self.tells[trained]])
        self.parts = [
            Cells(coarse, self.tells, coarse_y, np.flatnonzero(context == g), decoder, tilt)
            for g in range(context.max() + 1)
        ]
        self.one_prior = len(self.parts) == 1 and tilt is None
        of_cell = torch.zeros_like(self.of_alone)
        for part in self.parts:
            at = torch.zeros(3, int(self.tells.sum()), len(self.y))
            at[..., part.rows] = part.score
            of_cell[:, self.tells] += at
        of_cell += self.within
        self.alone_score, self.cell_score = (
            without_regret(sides, learned, late) for sides in (self.of_alone, of_cell)
        )

    def _in_groups(self, problem: Problem, log_p: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What cells and couplings are of: log-posteriors (3, T, N, C) and labels, of groups of bins where the target
        is a number. Beyond the group, `within` tells what each source says of the bin in it."""
        self.within = torch.zeros_like(self.of_alone)
        self.prior_of_cells = self.log_prior[0]
        if problem.bins is None:
            return log_p, self.y
        y = problem.bins.group[self.y]
        coarse, prior = problem.bins.grouped(log_p), problem.bins.grouped(self.log_prior)
        of_group = of_label(coarse, y) - of_label(prior, y)
        self.prior_of_cells = prior[0]
        self.within[:, self.tells] = self.of_alone[:, self.tells] - of_group
        return coarse, y

    def log_p(self, m: torch.Tensor | int, lag: torch.Tensor | int) -> torch.Tensor:
        """Calibrated log-posteriors (3, ..., N, C) of modalities that have heads at some lags, by side."""
        return self._log_p[:, self._row[m], lag]

    def calibrated(self, logits: torch.Tensor) -> tuple[Calibration, torch.Tensor]:
        """Calibration of held-out logits, and log-posteriors (3, ..., N, C) of logits by side.

        The side that learned from less has a calibration of its own, on the windows that it is of.
        """
        calibration = fit_calibration(logits[HELD_OUT], self.y, self.log_prior)
        log_p = torch.empty_like(logits)
        log_p[[HELD_OUT, SEEN]] = calibration.apply(logits[[HELD_OUT, SEEN]], self.log_prior)
        some = self.learned.halved
        log_p[HALVED] = self.log_prior
        if some.any():
            less, prior = logits[HALVED][..., some, :], self.log_prior[some]
            log_p[HALVED][..., some, :] = fit_calibration(less, self.y[some], prior).apply(less, prior)
        return calibration, log_p

    def pairs(
        self, pairs: torch.Tensor, together: torch.Tensor, late: torch.Tensor, worth: torch.Tensor
    ) -> PairScores:
        """Score pairs.

        Where neither the head nor both sources say anything, nothing has to be worked out: all that is told is unique.

        Parameters
        ----------
        pairs : (P, 2) int64
        together : (3, W, L, N, C), logits of the heads of screened pairs
        late : (W, L), what these would still learn, nats
        worth : (P,) bool, which pairs these are
        """
        i, j = pairs.unbind(1)
        calibration, log_p = self.calibrated(together)
        calibration = _spread(calibration, worth)
        head = torch.zeros(len(pairs), 3, *self.of_alone.shape[2:])
        head[worth] = (of_label(log_p, self.y) - self.of_prior).movedim(1, 0)
        active = (calibration.scale != 0) | (self.tells[i] & self.tells[j])
        p, lag = torch.nonzero(active, as_tuple=True)
        one, two = self.of_alone[:, i[p], lag], self.of_alone[:, j[p], lag]
        joined = self._coupled(i[p], j[p], lag)
        within, weights, _ = self._best(torch.stack([self.within[:, m[p], lag] for m in (i, j)]))
        joined = joined.beside(within, weights)
        of_pair = head[p, :, lag].movedim(0, 1)
        product = self._product(i[p], j[p], lag, one, two)
        mixture, joint = self._mixed(torch.stack([of_pair, one, two, joined.normalised, product], -1))
        least, least_by, choice = self._best(torch.stack([joined.score, one, two]))
        first, second = self.alone_score[i], self.alone_score[j]
        unchanged = first + second
        of_head = torch.zeros(active.shape)
        of_head[worth] = late
        of_one, of_two = self.late[i[p], lag], self.late[j[p], lag]
        of_either = torch.maximum(of_one, of_two)
        late_joint = (
            (mixture * torch.stack([of_head[active], of_one, of_two, of_either, of_either], -1))
            .sum(-1)
            .float()
        )
        late_least = (torch.stack([of_either, of_one, of_two]) * least_by).sum(0)
        joint_all, least_all = (
            unchanged.replaced(active, without_regret(sides, self.learned, still))
            for sides, still in ((joint, late_joint), (least, late_least))
        )
        least_all.choice[active] = choice
        gain, gap = torch.zeros(2, *active.shape, dtype=torch.float64)
        best = torch.stack([joined.score, one, two])[:, HELD_OUT].mean(-1).amax(0)
        gain[active] = (joint[HELD_OUT].mean(-1) - best).double()
        gap[active] = joined.gap_nats
        return PairScores(
            atoms=pair_atoms(first, second, least_all, joint_all),
            held_out_synergy=gain,
            gap_nats=gap,
            calibration=calibration,
            reading=self._reading(i, j, active, calibration, mixture, least_by, joined)
            if self.one_prior
            else None,
        )

    def _coupled(self, i: torch.Tensor, j: torch.Tensor, lag: torch.Tensor) -> "_Coupled":
        """Scores by the least informative couplings of heads (H,), put together from all contexts."""
        score = torch.zeros(3, len(i), len(self.y))
        normalised, gap = torch.zeros_like(score), torch.zeros(len(i), dtype=torch.float64)
        coupling = None
        for part in self.parts:
            coupling = part.couple(i, j, lag)
            if coupling is not None:
                score[..., part.rows], normalised[..., part.rows] = part.read(coupling, i, j, lag)
                gap += coupling.gap_nats * (len(part.rows) / len(self.y))
        return _Coupled(score, normalised, gap, coupling, torch.zeros(2, len(i)))

    def _mixed(self, gains: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Weights (H, K) of predictors, and scores (3, H, N) of their mixture, from scores (3, H, N, K)."""
        likelihood = torch.exp(gains).double()
        weights = mixture_weights(likelihood[HELD_OUT])
        mixed = (likelihood * weights[..., None, :]).sum(-1)
        some = self.learned.halved
        if some.any():
            of_less = mixture_weights(likelihood[HALVED][..., some, :])
            mixed[HALVED] = (likelihood[HALVED] * of_less[..., None, :]).sum(-1)
        return weights, torch.log(mixed)

    def _product(self, i: torch.Tensor, j: torch.Tensor, lag: torch.Tensor, one, two) -> torch.Tensor:
        """Scores (3, H, N) of what two sources say that err apart from each other, given the label; where one of them
        alone does better, as where one repeats the other, none."""
        product = torch.full_like(one, -torch.inf)
        both = self.tells[i, lag] & self.tells[j, lag]
        log_p = self.log_p(i[both], lag[both]) + self.log_p(j[both], lag[both]) - self.log_prior
        score = of_label(log_p, self.y) - torch.logsumexp(log_p, -1) - self.of_prior
        alone = torch.maximum(one[HELD_OUT, both].mean(-1), two[HELD_OUT, both].mean(-1))
        product[:, both] = torch.where((score[HELD_OUT].mean(-1) > alone)[:, None], score, -torch.inf)
        return product

    def _best(self, predictors: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Of scores (K, 3, H, N) the mean of those that may be the best, see `chance_of_best`; the weights (K, H) of
        each; and the standard deviation (H,) of their held-out means."""
        held_out = predictors[:, HELD_OUT]
        weights = chance_of_best(held_out, self.cluster)
        mean = held_out.mean(-1)
        choice = (weights * (mean - (weights * mean).sum(0)) ** 2).sum(0).sqrt()
        return torch.einsum("kshn,kh->shn", predictors, weights), weights, choice

    def _reading(self, i, j, active, calibration, mixture, least_by, joined: "_Coupled") -> PairReading:
        """How new windows are read; where nothing was worked out, the source that tells anything speaks for the
        pair."""
        _, posterior = self.parts[0].full()
        alpha, beta = posterior[i], posterior[j] - self.prior_of_cells
        if joined.coupling is not None:
            for potential, exact in ((alpha, joined.coupling.alpha), (beta, joined.coupling.beta)):
                potential[active] = exact.clamp_min(-50.0).float()
        nobody = torch.zeros(active.shape)
        weights = torch.stack([nobody, self.tells[i].float(), self.tells[j].float(), nobody, nobody], -1)
        weights[active] = mixture.float()
        weights += 1e-6
        of_least = torch.stack([torch.ones(active.shape), nobody, nobody], -1)
        within = torch.stack([torch.ones(active.shape), nobody], -1)
        of_least[active], within[active] = least_by.T, joined.within.T
        return PairReading(
            together=calibration,
            alpha=alpha,
            beta=beta,
            mixture=weights / weights.sum(-1, keepdim=True),
            least=of_least,
            within=within,
        )


@dataclass(frozen=True, slots=True)
class _Coupled:
    """Scores (3, H, n) of labels by couplings, the same of normalised predictors, the solver's gap (H,), the coupling
    of the last context, and weights (2, H) of the sources within groups."""

    score: torch.Tensor
    normalised: torch.Tensor
    gap_nats: torch.Tensor
    coupling: Coupling | None
    within: torch.Tensor

    def beside(self, within: torch.Tensor, weights: torch.Tensor) -> "_Coupled":
        """The same with what the one or the other source, whichever tells more, says within groups: as feasible."""
        return replace(self, score=self.score + within, normalised=self.normalised + within, within=weights)


def _spread(calibration: Calibration, worth: torch.Tensor) -> Calibration:
    """Calibration of some pairs or modalities as that of all (P,), of which the others say nothing."""
    spread = {}
    for name, value in calibration.tensors().items():
        spread[name] = value.new_zeros(len(worth), *value.shape[1:])
        spread[name][worth] = value
    return Calibration(**spread)
