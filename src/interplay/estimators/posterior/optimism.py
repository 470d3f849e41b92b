"""Optimism and regret: what a predictor's scores are worth on windows that it was trained on, and on others."""

import math
from dataclasses import dataclass

import torch

from interplay.estimators.posterior.crossfit import HALVED, HELD_OUT, SEEN


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
    """

    score: torch.Tensor
    moved: torch.Tensor
    regret: torch.Tensor

    def __add__(self, other: "Corrected") -> "Corrected":
        return Corrected(self.score + other.score, self.moved + other.moved, self.regret + other.regret)

    def __sub__(self, other: "Corrected") -> "Corrected":
        return Corrected(self.score - other.score, self.moved - other.moved, self.regret - other.regret)

    def __getitem__(self, which: torch.Tensor) -> "Corrected":
        return Corrected(self.score[which], self.moved[which], self.regret[which])

    def replaced(self, where: torch.Tensor, other: "Corrected") -> "Corrected":
        """The same with those of another at the heads where a mask is True."""
        parts = []
        for name in ("score", "moved", "regret"):
            parts.append(getattr(self, name).clone())
            parts[-1][where] = getattr(other, name).to(parts[-1].dtype)
        return Corrected(*parts)

    @property
    def doubt(self) -> torch.Tensor:
        """Standard deviation (...) of what is still wrong, as if any regret from none to twice the larger of the
        move and what was measured were as likely."""
        largest = torch.where(self.regret.abs() > self.moved.abs(), self.regret, self.moved)
        return torch.sqrt((largest - self.moved) ** 2 + largest**2 / 3.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Learned:
    """Which windows tell what of learning.

    Attributes
    ----------
    trained : (N,) bool, whose seen side is by a probe that was trained on them
    halved : (N,) bool, that have a side by a probe that learned from less
    share : float, how much it learned from, as a share of what the others did
    """

    trained: torch.Tensor
    halved: torch.Tensor
    share: float


def without_regret(sides: torch.Tensor, learned: Learned, late: torch.Tensor) -> Corrected:
    """Scores (..., N) freed from what training on a sample costs, from scores (3, ..., N) by side.

    Held-out scores are too low by the regret of a predictor that was trained on a sample, seen ones too high by its
    optimism. Where training stops at the best held-out score both are equal to first order, and the mean of the two
    sides is right: a linear predictor shrunk by s = a^2 / (a^2 + v) has a regret of s v and an optimism of 2 s v
    over its held-out score. Chance findings are nearly all optimism: no score is raised to more than its double.

    What a predictor is too stiff to learn is no optimism. A regret in proportion to 1 / n, as that of boundaries and of
    parameters is, shows in what learning from less costs: with a share of the windows it is 1 / share as large. A head
    that still learned when training ended would go on, by about `late` (...), nats.
    """
    held_out, seen, halved = sides[HELD_OUT], sides[SEEN], sides[HALVED]
    score, excess = held_out.mean(-1), (seen - held_out) * learned.trained
    optimism = excess.sum(-1) / learned.trained.sum().clamp_min(1)
    share = torch.where(optimism > 0, score / optimism.clamp_min(1e-12), 0.5).clamp(0.0, 0.5)
    # where no probe was trained on a window, the others stand for its optimism
    each = torch.where(learned.trained, excess, optimism[..., None])
    lost = ((held_out - halved) * learned.halved).sum(-1) / learned.halved.sum().clamp_min(1)
    factor = learned.share / (1.0 - learned.share) if learned.share < 0.9 else 0.0
    regret = torch.minimum(torch.maximum(factor * lost, late).clamp_min(0.0), score.clamp_min(0.0))
    return Corrected(held_out + share[..., None] * each, share * optimism, regret)


def unseen_nats(n_windows: int, n_classes: int) -> float:
    """What could be wrong unseen: one exception that none of the windows shows costs log(n) / n, and the share of
    each class is known to one part in n."""
    return (math.log(n_windows) + 0.5 * (n_classes - 1)) / n_windows
