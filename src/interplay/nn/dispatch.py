"""Where tokens go: assignments of a routing, sorted by expert. Dropless: every assignment is computed.

Letters: N tokens, K chosen experts, A = N K assignments, E experts.
"""

from dataclasses import dataclass

import torch

from interplay.types import Routing


@dataclass(frozen=True, slots=True)
class Assignments:
    """Assignments sorted by expert; those of unobserved tokens come last and belong to none.

    Attributes
    ----------
    token : (A,) int64
    expert : (A,) int64, E for unobserved tokens
    weight : (A,) float32, 0 for unobserved tokens
    ends : (E,) int32, where the rows of each expert end
    top_k : K
    """

    token: torch.Tensor
    expert: torch.Tensor
    weight: torch.Tensor
    ends: torch.Tensor
    top_k: int


def sort_by_expert(routing: Routing) -> Assignments:
    """Assignments of a routing, sorted by expert; tokens in order within each."""
    n_experts, top_k = routing.logits.shape[-1], routing.expert_ids.shape[-1]
    expert = routing.expert_ids.masked_fill(~routing.observed[..., None], n_experts).flatten()
    expert, order = torch.sort(expert, stable=True)
    ends = torch.searchsorted(expert, torch.arange(n_experts, device=expert.device), right=True)
    weight = routing.expert_weights.flatten()[order]
    return Assignments(order // top_k, expert, weight, ends.to(torch.int32), top_k)
