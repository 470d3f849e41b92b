"""How well evidence says a target, and the few numbers that are fitted to it.

Letters: N windows, C outputs.
"""

from collections.abc import Callable

import torch
from torch.nn import functional as F  # noqa: N812

from interplay.types import UNLABELLED

TINY = 1e-12
"""Mean squared error of a scaled number below which nothing is gained."""


def loss_of_windows(logits: torch.Tensor, y: torch.Tensor, kind: str) -> torch.Tensor:
    """(N,) nats of each window, or squared errors of a number; 0 where nothing is known.

    Parameters
    ----------
    logits : (N, C)
    y : (N,) int64 class numbers; (N, C) int64 of labels; or (N,) float
    kind : "classes", "labels" or "number"
    """
    if kind == "classes":
        return F.cross_entropy(logits, y, reduction="none", ignore_index=UNLABELLED)
    if kind == "labels":
        known = y >= 0
        each = F.binary_cross_entropy_with_logits(logits, y.clamp_min(0).to(logits), reduction="none")
        return (each * known).sum(1) / known.sum(1).clamp_min(1)
    known = ~y.isnan()
    return torch.where(known, logits[:, 0] - torch.nan_to_num(y).to(logits), 0.0).square()


def mean_nats(logits: torch.Tensor, y: torch.Tensor, kind: str) -> torch.Tensor:
    """() nats of a window on average; those of a number are of a Gaussian as wide as its errors, up to a constant.

    What weights cost is in nats. A squared error is not: where a number is foretold well, all of it is less than what
    the worst weights cost.
    """
    loss = loss_of_windows(logits, y, kind)
    if kind != "number":
        return loss.mean()
    return 0.5 * (loss.sum() / (~y.isnan()).sum().clamp_min(1)).clamp_min(TINY).log()


def normalised(logits: torch.Tensor, kind: str) -> torch.Tensor:
    """Logits of classes as log-probabilities; others as they are."""
    return logits.log_softmax(-1) if kind == "classes" else logits


def minimised(loss: Callable[..., torch.Tensor], *start: torch.Tensor, steps: int = 60) -> list[torch.Tensor]:
    """Where a smooth function of a few numbers is least, by L-BFGS in float64; detached."""
    numbers = [first.detach().double().clone().requires_grad_() for first in start]
    optimiser = torch.optim.LBFGS(numbers, max_iter=steps, line_search_fn="strong_wolfe", tolerance_grad=1e-7)

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        value = loss(*numbers)
        value.backward()
        return value

    with torch.enable_grad():
        optimiser.step(closure)
    return [number.detach() for number in numbers]
