"""The experts of a layer worked out densely: every expert on every token, weighted by the routing.

Costs E / K times as much as `interplay.nn.Experts` and needs nothing but plain products, which other runtimes have.
Letters: B windows, M modalities, T steps, E experts, S synergy experts, D width.
"""

import torch
from torch import nn

from interplay.nn.attention import hide
from interplay.nn.experts import Experts, SynergyAttention
from interplay.types import Routing


class DenseExperts(nn.Module):
    """The same function as some `Experts`, whose parameters it shares.

    Parameters
    ----------
    experts : Experts
    """

    def __init__(self, experts: Experts):
        super().__init__()
        self.experts = experts

    def forward(self, h_BMTD: torch.Tensor, routing: Routing) -> torch.Tensor:
        """See `Experts.forward`; h must be finite where it is unobserved, too."""
        zeros = torch.zeros_like(routing.logits)
        chosen = zeros.scatter(-1, routing.expert_ids, torch.ones_like(routing.expert_weights))
        member = chosen.bool() & routing.observed[..., None]
        weight = zeros.scatter(-1, routing.expert_ids, routing.expert_weights)
        x = h_BMTD.expand(routing.logits.shape[-1], *h_BMTD.shape)
        if self.experts.synergy is not None:
            n_s = self.experts.synergy_experts
            combined = _combined(self.experts.synergy, h_BMTD, member[..., :n_s].movedim(-1, 0))
            x = torch.cat([combined, x[n_s:]])
        parts = self.experts.feed_forward
        hidden = nn.functional.gelu(torch.bmm(x.flatten(1, 3), parts.up))
        y = torch.bmm(hidden, parts.down).view(x.shape)
        return (y * weight.movedim(-1, 0)[..., None]).sum(0)


def _combined(synergy: SynergyAttention, h_BMTD: torch.Tensor, member_SBMT: torch.Tensor) -> torch.Tensor:
    """Tokens (S, B, M, T, D) with what attention among the members of each step adds to them."""
    h = h_BMTD.transpose(1, 2)
    qkv = torch.einsum("btmd,sde->sbtme", h, synergy.qkv)
    q, k, v = qkv.chunk(3, dim=-1)
    bias = hide(member_SBMT.transpose(2, 3), qkv.dtype)[..., 0, :, :]
    mixed = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=bias)
    return (h + torch.einsum("sbtmd,sde->sbtme", mixed, synergy.out)).transpose(2, 3)
