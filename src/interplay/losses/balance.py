"""Losses that keep experts in use and router logits small; functions of a Routing."""

from dataclasses import dataclass

import torch

from interplay.losses.base import RoutingLoss
from interplay.losses.pairs import PairWeights
from interplay.types import Routing


@dataclass(frozen=True, kw_only=True)
class LoadBalance(RoutingLoss):
    """Wants experts used alike; 1 at uniform use."""

    weight: float = 0.02

    def __call__(self, routing: Routing, pairs: PairWeights) -> torch.Tensor:
        return load_balance_loss(routing)


@dataclass(frozen=True, kw_only=True)
class RouterZ(RoutingLoss):
    """Keeps router logits small."""

    weight: float = 1e-3

    def __call__(self, routing: Routing, pairs: PairWeights) -> torch.Tensor:
        return router_z_loss(routing)


def load_balance_loss(routing: Routing) -> torch.Tensor:
    """E times the sum over experts of load times mean probability (Fedus et al., JMLR 2022, eq. 4).

    Loads are shares of assignments and sum to 1 for any K, so that the loss is 1 at uniform routing.
    Observed tokens only; 0 where there are none.
    """
    seen = routing.observed[..., None]
    count = seen.sum().clamp_min(1)
    n_experts = routing.log_probs.shape[-1]
    chosen = torch.nn.functional.one_hot(routing.expert_ids, n_experts).sum(-2) * seen
    load = chosen.sum((0, 1, 2)) / (count * routing.expert_ids.shape[-1])
    mean_prob = routing.log_probs.exp().masked_fill(~seen, 0.0).sum((0, 1, 2)) / count
    return n_experts * (load * mean_prob).sum()


def router_z_loss(routing: Routing) -> torch.Tensor:
    """Mean squared log-sum-exp of the router's logits (Zoph et al., 2022, eq. 5), over observed tokens."""
    z = torch.logsumexp(routing.logits, dim=-1) ** 2
    return z.masked_fill(~routing.observed, 0.0).sum() / routing.observed.sum().clamp_min(1)
