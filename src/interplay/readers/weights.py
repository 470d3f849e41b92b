"""What readers count in a mixture: parts known from what each loses alone, and weights of the least loss.

Letters: N windows, M modalities, K readers, C outputs.
"""

import torch

from interplay.readers.scoring import loss_of_windows, mean_nats, minimised

LESS_LIKELY = 5.0
"""Part of a reader is less by this power of e for every nat a window that it loses more than the best one."""

LEAST_PART = 1e-4
"""Of the largest one: weights are held against parts."""

NEXT_TO_NOTHING = 0.05
"""Share of all weights that those of readers which are not asked may have together."""


def parts_by_loss(evidence: torch.Tensor, y: torch.Tensor, kind: str, even: torch.Tensor) -> torch.Tensor:
    """(K,) float64 parts of readers that sum to 1, from even ones (K,) and what each loses alone (N, K, C)."""
    loss = torch.stack([mean_nats(one, y, kind) for one in evidence.double().unbind(1)])
    part = even * torch.exp(-LESS_LIKELY * (loss - loss.min()))
    part = part.clamp_min(LEAST_PART * part.max())
    return part / part.sum()


def counted_by(weight: torch.Tensor, presence: torch.Tensor) -> torch.Tensor:
    """(B, K) what readers count that are present (B, K) only in part: the rest of their weights (..., K) goes to the
    others."""
    counted = presence * weight
    total = counted.sum(1, keepdim=True)
    sum_of_all = weight.sum(-1, keepdim=True)
    return torch.where(total > 0, counted * (sum_of_all / total.clamp_min(1e-9)), 0.0)


def mixture_weights(
    evidence: torch.Tensor,
    y: torch.Tensor,
    kind: str,
    even: torch.Tensor,
    shrinkage: float,
    presence: torch.Tensor | None = None,
) -> torch.Tensor:
    """(K,) float64, none below 0, of the least loss of the weighted sum, shrunk to others (K,) that sum to 1.

    Readers are present (N, K), by default wholly, see `counted_by`.
    """
    fixed = evidence.double()
    there = torch.ones(fixed.shape[:2]).double() if presence is None else presence.double()

    def loss(root: torch.Tensor) -> torch.Tensor:
        weight = root.square()
        logits = torch.einsum("nkc,nk->nc", fixed, counted_by(weight, there))
        # of weights of 0 this is 1
        away = ((weight - even).square() / even).sum()
        return mean_nats(logits, y, kind) + shrinkage * away

    (root,) = minimised(loss, even.sqrt())
    return root.square()


def worth_asking(weight: torch.Tensor, of_readers: torch.Tensor) -> torch.Tensor:
    """(K,) bool: all but the lightest ones, which together have next to nothing of the weights (K,).

    Of each modality one is left at least, the heaviest of those that look at it (K, M): the others may be missing.
    """
    order = weight.argsort()
    light = torch.empty_like(of_readers[:, 0])
    light[order] = weight[order].cumsum(0) < NEXT_TO_NOTHING * weight.sum()
    heaviest = torch.where(of_readers, weight[:, None], -1.0).argmax(0)
    light[heaviest] = False
    return ~light


def calibration(logits: torch.Tensor, y: torch.Tensor, kind: str) -> torch.Tensor:
    """Scale () after which logits lose least. No offsets: how frequent classes are differs from entity to entity."""
    (scale,) = minimised(lambda scale: loss_of_windows(scale * logits, y, kind).mean(), torch.tensor(1.0))
    return scale.clamp_min(0.0)
