"""The losses and the router written as loops, as one would write them down first: what ours are timed against."""

import math

import torch

from interplay.losses import jensen_shannon
from interplay.nn import InteractionContext, InteractionRouter
from interplay.types import Routing


def divergence_by_loop(routing: Routing, weight: torch.Tensor) -> torch.Tensor:
    """Weighted mean Jensen-Shannon divergence of pairs (i, j), one pair after the other."""
    return _mean_by_loop(jensen_shannon, routing.log_probs, weight, routing.observed)


def log_mean_by_loop(routing: Routing, weight: torch.Tensor) -> torch.Tensor:
    """Weighted mean log of a pair's mean probability of synergy experts, one pair after the other."""
    log_s = torch.logsumexp(routing.log_probs[..., : routing.synergy_experts], -1)
    return _mean_by_loop(lambda a, b: torch.logaddexp(a, b) - math.log(2.0), log_s, weight, routing.observed)


def _mean_by_loop(compare, values, weight, observed) -> torch.Tensor:
    total, weights = values.new_zeros(()), values.new_zeros(())
    n_m = values.shape[1]
    for i in range(n_m):
        for j in range(i + 1, n_m):
            w = weight[:, i, j] * (observed[:, i] & observed[:, j])
            total = total + (w * compare(values[:, i], values[:, j])).sum()
            weights = weights + w.sum()
    return total / weights.clamp_min(1e-12)


def interaction_logits_by_loop(
    router: InteractionRouter, h: torch.Tensor, context: InteractionContext, observed: torch.Tensor
) -> torch.Tensor:
    """Logits of the interaction router, one modality after the other; its partners at once."""
    n_b, n_m = h.shape[:2]
    features, unique = context.pair_features, context.unique_to_all()
    logits = []
    for m in range(n_m):
        partners = [j for j in range(n_m) if j != m]
        u = torch.relu(router.token(h[:, m])) * observed[:, m, :, None]
        pairs = features[:, m, partners].transpose(1, 2).expand(n_b, -1, -1, -1)
        seen = observed[:, partners].transpose(1, 2)
        scores = (
            torch.einsum("bta,btja->btj", router.query(u), router.key(pairs)) / router.query.out_features**0.5
        )
        weights = torch.softmax(scores.masked_fill(~seen, -1e9), -1) * seen
        told = torch.einsum("btj,btja->bta", weights, router.value(pairs))
        state = router.gru(torch.cat([unique[:, m, :, None].expand(n_b, -1, -1), told], -1))
        logits.append(router.score(torch.cat([u, state], -1)))
    return torch.stack(logits, 1)
