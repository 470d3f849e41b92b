"""Optimism and regret: what a predictor's scores are worth on windows that it was trained on, and on others."""

import math
from dataclasses import dataclass, fields

import numpy as np
import torch

from interplay.estimators.posterior.crossfit import HALVED, HELD_OUT, SEEN, Folds
from interplay.estimators.resampling import cluster_sums


@dataclass(frozen=True, slots=True)
class Corrected:
    """Scores (..., N) freed from regret, with what is known of it, nats (...).

    The move is a judgement, not a measurement. Sums and differences of corrected scores are taken as if their moves
    erred alike, since their predictors learned from the same windows.

    Attributes
    ----------
    score : (..., N)
    moved : (...), by how much the correction moved the mean
    regret : (...), what the held-out score falls short, as learning from half as much tells, or the last part of the
        training
    choice : (...), standard deviation over the predictors that may be the best, see `chance_of_best`
    """

    score: torch.Tensor
    moved: torch.Tensor
    regret: torch.Tensor
    choice: torch.Tensor

    def __add__(self, other: "Corrected") -> "Corrected":
        return Corrected(*(one + two for one, two in zip(astuple(self), astuple(other), strict=True)))

    def __sub__(self, other: "Corrected") -> "Corrected":
        less = Corrected(-other.score, -other.moved, -other.regret, other.choice)
        return self + less

    def __getitem__(self, which: torch.Tensor) -> "Corrected":
        return Corrected(*(each[which] for each in astuple(self)))

    def replaced(self, where: torch.Tensor, other: "Corrected") -> "Corrected":
        """The same with those of another at the heads where a mask is True."""
        parts = []
        for one, two in zip(astuple(self), astuple(other), strict=True):
            parts.append(one.clone())
            parts[-1][where] = two.to(one.dtype)
        return Corrected(*parts)

    @property
    def doubt(self) -> torch.Tensor:
        """Standard deviation (...) of what is still wrong, as if any regret from none to twice the larger of the
        move and what was measured were as likely."""
        largest = torch.where(self.regret.abs() > self.moved.abs(), self.regret, self.moved)
        return torch.sqrt((largest - self.moved) ** 2 + largest**2 / 3.0 + self.choice**2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Learned:
    """Which windows tell what of learning.

    Attributes
    ----------
    trained : (N,) bool, whose seen side is by a probe that was trained on them: not those that lay too near to what it
        was held out of
    halved : (N,) bool, that have a side by a probe that learned from less
    share : float, how much it learned from, as a share of what the others did
    """

    trained: torch.Tensor
    halved: torch.Tensor
    share: float

    @classmethod
    def of(cls, folds: Folds) -> "Learned":
        """From what each fold's probe learns from, and is asked about by the next."""
        trained, halved = torch.zeros(2, len(folds.fold), dtype=torch.bool)
        for part, asked in zip(folds.parts, (*folds.parts[1:], folds.parts[0]), strict=True):
            trained[np.intersect1d(part.fit, asked.out)] = True
        halved[folds.half.out] = True
        # the windows that the halved side is not of are those that its probe learned from, and their neighbours
        learned_from = np.mean([len(part.fit) for part in folds.parts])
        return cls(trained=trained, halved=halved, share=int((~halved).sum()) / float(learned_from))


def without_regret(sides: torch.Tensor, learned: Learned, late: torch.Tensor) -> Corrected:
    """Scores (..., N) freed from what training on a sample costs, from scores (3, ..., N) by side.

    Held-out scores are too low by the regret of a predictor that was trained on a sample, seen ones too high by its
    optimism. Where training stops at the best held-out score both are equal to first order, and the mean of the two
    sides is right: a linear predictor shrunk by s = a^2 / (a^2 + v) has a regret of s v and an optimism of 2 s v
    over its held-out score. Chance findings are nearly all optimism: no score is raised to more than its double.

    What a predictor is too stiff to learn is no optimism. It shows in what learning from less costs: in proportion to
    1 / n where there are parameters to learn, to about 1 / sqrt(n) where boundaries are sharp; the larger is taken. A
    head that still learned when training ended would go on, by about `late` (...), nats.
    """
    held_out, seen, halved = sides[HELD_OUT], sides[SEEN], sides[HALVED]
    score, excess = held_out.mean(-1), (seen - held_out) * learned.trained
    optimism = excess.sum(-1) / learned.trained.sum().clamp_min(1)
    share = torch.where(optimism > 0, score / optimism.clamp_min(1e-12), 0.5).clamp(0.0, 0.5)
    # where no probe was trained on a window, the others stand for its optimism
    each = torch.where(learned.trained, excess, optimism[..., None])
    lost = ((held_out - halved) * learned.halved).sum(-1) / learned.halved.sum().clamp_min(1)
    factor = 1.0 / (learned.share**-0.5 - 1.0) if learned.share < 0.9 else 0.0
    regret = torch.minimum(torch.maximum(factor * lost, late).clamp_min(0.0), score.clamp_min(0.0))
    corrected = held_out + share[..., None] * each
    return Corrected(corrected, share * optimism, regret, torch.zeros_like(regret))


def astuple(scores: Corrected) -> tuple[torch.Tensor, ...]:
    """Its tensors, not copied."""
    return tuple(getattr(scores, f.name) for f in fields(scores))


def chance_of_best(scores: torch.Tensor, cluster: np.ndarray) -> torch.Tensor:
    """Weights (K, ...) of predictors by how likely each is the best, of scores (K, ..., N).

    The best of several equals seems better than any of them is. With z standard errors, by clusters (N,), between the
    best and another its true lead is about sqrt(z^2 - 1), not z; weights are such that the mean leads by as much.
    """
    mean = scores.mean(-1)
    best = mean.argmax(0, keepdim=True)
    lead = scores.gather(0, best[..., None].expand(1, *scores.shape[1:])) - scores
    lead_mean = lead.double().mean(-1)
    spread = cluster_sums(lead - lead_mean[..., None], cluster).square().sum(-1).sqrt() / scores.shape[-1]
    z = lead_mean / spread.clamp_min(1e-12)
    weights = 1.0 - torch.sqrt((1.0 - z.clamp_min(1e-6) ** -2.0).clamp_min(0.0))
    return (weights / weights.sum(0)).float()


def between_folds(score: torch.Tensor, fold: np.ndarray, cluster: np.ndarray) -> torch.Tensor:
    """Standard deviation (...) of the mean of scores (..., N) that is due to probes which did not learn alike.

    That is by how much the means of folds (N,) differ beyond twice what chance explains, of which clusters (N,) tell. A
    probe that never leaves the plateau before an exclusive or stands out by far.
    """
    off = score - score.mean(-1, keepdim=True)
    of_fold = cluster_sums(off, fold) / torch.from_numpy(np.bincount(fold))
    by_chance = (cluster_sums(off, cluster) ** 2).sum(-1) / len(fold) ** 2
    return torch.sqrt((of_fold.var(-1) / of_fold.shape[-1] - 2.0 * by_chance).clamp_min(0.0)).float()


def unseen_nats(n_windows: int, freedom: int) -> float:
    """What could be wrong unseen: one exception that none of the windows shows costs log(n) / n, and the share of
    each class, `freedom` numbers, is known to one part in n."""
    return (math.log(n_windows) + 0.5 * freedom) / n_windows


def unlearned_nats(effective: torch.Tensor, freedom: int) -> torch.Tensor:
    """What may be there and is too little to be learned, of effective windows (...).

    A weight costs 1 / 2n in the mean, and whatever is worth less than one weight for each free number is not found: a
    source whose entities differ by more than what it tells is a sample of as many as there are entities.
    """
    return 0.5 * freedom / effective
