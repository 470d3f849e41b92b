"""Routings that the tests of `losses` share."""

import torch

from interplay.types import Routing


def routing_of_logits(logits, *, observed=None, top_k: int = 1, synergy_experts: int = 1) -> Routing:
    """Routing of logits (B, M, T, E), everything observed by default."""
    observed = torch.ones(logits.shape[:-1], dtype=torch.bool) if observed is None else observed
    log_probs = torch.log_softmax(logits, dim=-1)
    chosen, expert_ids = log_probs.topk(top_k, dim=-1)
    return Routing(
        logits=logits,
        log_probs=log_probs,
        expert_ids=expert_ids,
        expert_weights=torch.softmax(chosen, dim=-1) * observed[..., None],
        observed=observed,
        synergy_experts=synergy_experts,
    )


def routing_of_probs(probs, **kwargs) -> Routing:
    """Routing of probabilities (B, M, T, E), in float64."""
    return routing_of_logits(torch.log(torch.as_tensor(probs, dtype=torch.float64)), **kwargs)


def random_logits(shape, n_experts: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits (*shape, E) of float64 with gradient, and what is observed, about two thirds."""
    generator = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(*shape, n_experts, generator=generator, dtype=torch.float64)
    return logits.requires_grad_(), torch.rand(shape, generator=generator) > 0.3
