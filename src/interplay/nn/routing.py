"""The choice of experts by a router's scores, and what may bend it towards equal loads.

Letters: B windows, M modalities, T steps, E experts, K chosen experts.
"""

import torch
from torch import nn

from interplay.errors import InvalidInput
from interplay.types import Routing


def route(
    logits: torch.Tensor,
    observed: torch.Tensor,
    top_k: int,
    synergy_experts: int,
    *,
    jitter: float = 0.0,
    bias: torch.Tensor | None = None,
) -> Routing:
    """Choose the K experts of highest probability and renormalise their weights; float32 throughout.

    Parameters
    ----------
    logits : (B, M, T, E)
    observed : (B, M, T) bool; unobserved tokens get weight 0, and their logits are not read
    top_k : int
    synergy_experts : int
    jitter : float, at least 0 and below 1
        Every logit is multiplied by a number drawn from 1 - jitter to 1 + jitter (after Fedus et al., JMLR
        2022, who do so to the router's inputs): for training only.
    bias : (E,), optional
        Added to probabilities for the choice and not for the weights, see `LoadBias`.

    Returns
    -------
    Routing

    Raises
    ------
    InvalidInput
        If `top_k` or `jitter` is out of its range.
    """
    if not 1 <= top_k <= logits.shape[-1]:
        raise InvalidInput(
            f"top_k must be between 1 and num_experts ({logits.shape[-1]}); got {top_k}. "
            "Choose fewer, or build more experts."
        )
    if not 0 <= jitter < 1:
        raise InvalidInput(f"jitter must be at least 0 and below 1; got {jitter}. A usual value is 0.01.")
    with torch.autocast(logits.device.type, enabled=False):
        logits = logits.float().masked_fill(~observed[..., None], 0.0)
        if jitter:
            logits = logits * (1.0 + jitter * (2.0 * torch.rand_like(logits) - 1.0))
        log_probs = torch.log_softmax(logits, dim=-1)
        preferred = log_probs if bias is None else log_probs.exp() + bias
        expert_ids = preferred.topk(top_k, dim=-1).indices
        weights = torch.softmax(log_probs.gather(-1, expert_ids), dim=-1) * observed[..., None]
    return Routing(
        logits=logits,
        log_probs=log_probs,
        expert_ids=expert_ids,
        expert_weights=weights,
        observed=observed,
        synergy_experts=synergy_experts,
    )


class LoadBias(nn.Module):
    """Balance of loads without a loss (Wang et al., 2024): a bias of each expert, for the choice alone.

    After each training step an expert of less than mean load is raised by `rate`, one of more is lowered.
    No gradient passes, so that balance does not compete with the task.

    Parameters
    ----------
    num_experts : int
    rate : float, above 0
        In units of probability; the published value is 0.001.

    Raises
    ------
    InvalidInput
        If `rate` is not above 0.
    """

    bias: torch.Tensor

    def __init__(self, num_experts: int, rate: float = 0.001):
        super().__init__()
        if not rate > 0:
            raise InvalidInput(f"rate must be above 0; got {rate}. Leave the bias out for no balancing.")
        self.rate = rate
        self.register_buffer("bias", torch.zeros(num_experts))

    @torch.no_grad()
    def update(self, routing: Routing) -> None:
        """Move every bias by `rate` towards equal loads of this batch, over observed tokens."""
        seen = routing.observed[..., None].expand_as(routing.expert_ids)
        load = torch.zeros_like(self.bias).index_add_(
            0, routing.expert_ids.flatten(), seen.flatten().to(self.bias)
        )
        self.bias += self.rate * torch.sign(load.mean() - load)
