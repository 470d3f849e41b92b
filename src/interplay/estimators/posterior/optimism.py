"""Optimism and regret: what a predictor's scores are worth on windows that it was trained on, and on others."""

import math
from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True)
class Corrected:
    """Scores (..., N) freed from regret, and by how much (...) that moved their mean.

    The move is a judgement, not a measurement: the regret may be none or twice as much. Sums and differences of
    corrected scores are taken as if their moves erred alike, since their predictors learned from the same windows.
    """

    score: torch.Tensor
    moved: torch.Tensor

    def __add__(self, other: "Corrected") -> "Corrected":
        return Corrected(self.score + other.score, self.moved + other.moved)

    def __sub__(self, other: "Corrected") -> "Corrected":
        return Corrected(self.score - other.score, self.moved - other.moved)

    def __getitem__(self, which: torch.Tensor) -> "Corrected":
        return Corrected(self.score[which], self.moved[which])

    @property
    def move_std(self) -> torch.Tensor:
        """Standard deviation (...) of the move, as if anything between none and twice as much were as likely."""
        return self.moved.abs() / math.sqrt(3.0)


def without_regret(sides: torch.Tensor, trained: torch.Tensor) -> Corrected:
    """Scores (..., N) freed from what training on a sample costs, from scores (2, ..., N) held out and seen.

    `trained` (N,) says of which windows the second side is by a probe that was trained on them.

    Held-out scores are too low by the regret of a predictor that was trained on a sample, seen ones too high by its
    optimism. Where training stops at the best held-out score both are equal to first order, and the mean of the two
    sides is right: a linear predictor shrunk by s = a^2 / (a^2 + v) has a regret of s v and an optimism of 2 s v
    over its held-out score. Chance findings are nearly all optimism: no score is raised to more than its double.
    """
    held_out, seen = sides
    score, excess = held_out.mean(-1), (seen - held_out) * trained
    optimism = excess.sum(-1) / trained.sum().clamp_min(1)
    share = torch.where(optimism > 0, score / optimism.clamp_min(1e-12), 0.5).clamp(0.0, 0.5)
    # where no probe was trained on a window, the others stand for its optimism
    each = torch.where(trained, excess, optimism[..., None])
    return Corrected(held_out + share[..., None] * each, share * optimism)
