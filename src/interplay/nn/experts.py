"""Experts, and the movement of tokens to them and back. Dropless: every assignment is computed.

Letters: N tokens, K chosen experts, A = N K assignments, E experts, S synergy experts, D width, F expert
width; B, M, T as everywhere.
"""

import math
from dataclasses import dataclass

import torch
from torch import nn

from interplay.nn.attention import hide
from interplay.types import Routing


@dataclass(frozen=True, slots=True)
class Assignments:
    """Assignments sorted by expert.

    Unobserved tokens are assigned like others, with weight 0, but to the last expert, so that no synergy
    expert meets them.

    Attributes
    ----------
    token, expert : (A,) int64
    weight : (A,) float32, 0 for unobserved tokens
    ends : (E,) int32, where the rows of each expert end
    """

    token: torch.Tensor
    expert: torch.Tensor
    weight: torch.Tensor
    ends: torch.Tensor


def sort_by_expert(routing: Routing) -> Assignments:
    """Assignments of a routing, sorted by expert; tokens in order within each."""
    n_experts, top_k = routing.logits.shape[-1], routing.expert_ids.shape[-1]
    expert = torch.where(routing.observed[..., None], routing.expert_ids, n_experts - 1).flatten()
    order = torch.argsort(expert, stable=True)
    expert = expert[order]
    ends = torch.searchsorted(expert, torch.arange(n_experts, device=expert.device), right=True)
    return Assignments(order // top_k, expert, routing.expert_weights.flatten()[order], ends.to(torch.int32))


class FeedForwardExperts(nn.Module):
    """E two-layer networks with stacked parameters."""

    def __init__(self, num_experts: int, width: int, expert_width: int):
        super().__init__()
        self.up = _stacked(num_experts, width, expert_width)
        self.down = _stacked(num_experts, expert_width, width)

    def forward(self, x_AD: torch.Tensor, ends_E: torch.Tensor) -> torch.Tensor:
        """Outputs (A, D) of inputs that are sorted by expert."""
        hidden = nn.functional.gelu(grouped_matmul(x_AD, self.up, ends_E))
        return grouped_matmul(hidden, self.down, ends_E)


class SynergyAttention(nn.Module):
    """For each synergy expert, attention among the tokens of one sample and step that are routed to it."""

    def __init__(self, num_experts: int, width: int):
        super().__init__()
        self.qkv = _stacked(num_experts, width, 3 * width)
        self.out = _stacked(num_experts, width, width)

    def forward(self, x_RD: torch.Tensor, place_R: torch.Tensor, ends_S: torch.Tensor, shape) -> torch.Tensor:
        """What attention adds to the R rows of synergy experts, (R, D).

        `place_R` numbers each row's (expert, token); `shape` is (B, M, T). Rows are laid into a table
        (S, B, M, T), attend over M to members of the same expert, and are read back.
        """
        n_s, size = len(self.qkv), len(self.qkv) * math.prod(shape)
        qkv = grouped_matmul(x_RD, self.qkv, ends_S)
        table = qkv.new_zeros(size, qkv.shape[1]).index_copy_(0, place_R, qkv)
        member = torch.zeros(size, dtype=torch.bool, device=x_RD.device).index_fill_(0, place_R, True)
        q, k, v = table.view(n_s, *shape, -1).transpose(2, 3).chunk(3, dim=-1)
        bias = hide(member.view(n_s, *shape).transpose(2, 3), qkv.dtype)[..., 0, :, :]
        mixed = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        # autocast lowers the precision of attention, but not that of grouped products
        mixed = mixed.to(x_RD.dtype).transpose(2, 3).reshape(size, -1)
        return grouped_matmul(mixed.index_select(0, place_R), self.out, ends_S)


class Experts(nn.Module):
    """All experts of one layer: the first S combine the tokens of a step before they feed forward."""

    def __init__(self, num_experts: int, synergy_experts: int, width: int, expert_width: int):
        super().__init__()
        self.feed_forward = FeedForwardExperts(num_experts, width, expert_width)
        self.synergy = SynergyAttention(synergy_experts, width) if synergy_experts else None

    def forward(self, h_BMTD: torch.Tensor, routing: Routing) -> torch.Tensor:
        """Weighted sum over the chosen experts, (B, M, T, D); 0 for unobserved tokens."""
        rows = sort_by_expert(routing)
        h_ND = h_BMTD.flatten(0, 2)
        x_AD = h_ND.index_select(0, rows.token)
        if self.synergy is not None:
            ends = rows.ends[: routing.synergy_experts]
            n_rows = int(ends[-1])
            place = rows.expert[:n_rows] * len(h_ND) + rows.token[:n_rows]
            combined = x_AD[:n_rows] + self.synergy(x_AD[:n_rows], place, ends, h_BMTD.shape[:3])
            x_AD = torch.cat([combined, x_AD[n_rows:]])
        y_AD = self.feed_forward(x_AD, rows.ends) * rows.weight[:, None].to(x_AD.dtype)
        return torch.zeros_like(h_ND).index_add(0, rows.token, y_AD).view_as(h_BMTD)


def grouped_matmul(x_AD: torch.Tensor, weight_EDF: torch.Tensor, ends_E: torch.Tensor) -> torch.Tensor:
    """Rows of x up to ends[0] times weight[0], the next up to ends[1] times weight[1], and so on: (A, F)."""
    if len(x_AD) and x_AD.dtype in (torch.float32, torch.bfloat16) and _aligned(weight_EDF):
        return _Dense.apply(nn.functional.grouped_mm(x_AD, weight_EDF, offs=ends_E))
    return grouped_matmul_by_loop(x_AD, weight_EDF, ends_E)


class _Dense(torch.autograd.Function):
    """Identity whose gradient is dense: grouped products cannot take the expanded one of a sum."""

    @staticmethod
    def forward(ctx, x):
        return x.view_as(x)

    @staticmethod
    def backward(ctx, grad):
        return grad.contiguous()


def grouped_matmul_by_loop(
    x_AD: torch.Tensor, weight_EDF: torch.Tensor, ends_E: torch.Tensor
) -> torch.Tensor:
    """The same, one expert after the other: the reference, and the path for float64 and odd widths."""
    sizes = torch.diff(ends_E, prepend=ends_E.new_zeros(1)).tolist()
    return torch.cat([part @ w for part, w in zip(x_AD.split(sizes), weight_EDF, strict=True)])


def _aligned(weight: torch.Tensor) -> bool:
    """Grouped products need rows of a multiple of 16 bytes."""
    return all(size * weight.element_size() % 16 == 0 for size in weight.shape[1:])


def _stacked(count: int, inputs: int, outputs: int) -> nn.Parameter:
    bound = 1.0 / math.sqrt(inputs)
    return nn.Parameter(bound * (2 * torch.rand(count, inputs, outputs) - 1))
