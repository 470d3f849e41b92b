"""Factorised attention: over the steps of one modality, and over the modalities of one step.

Cost is M T^2 + T M^2 instead of (M T)^2. Unobserved tokens are never attended to.
Letters: B windows, M modalities, T steps, D width, H heads.
"""

import torch
from torch import nn

HIDDEN = -1e9
"""Added to the logits of unobserved tokens. Finite, so that a query that may attend to nothing gives no
NaN; exp(HIDDEN) is exactly 0, so one that may attend to something gives it no weight."""


class Attention(nn.Module):
    """Multi-head self-attention over the axis before the last, with an additive bias."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, h: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """h (..., n, D); `bias` broadcasts to (..., H, n, n)."""
        q, k, v = self.qkv(h).unflatten(-1, (3, self.heads, -1)).movedim(-3, 0).transpose(-3, -2)
        mixed = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        return self.out(mixed.transpose(-3, -2).flatten(-2))


class TemporalAttention(nn.Module):
    """Attention among the steps of each modality; a causal one sees no step after its own."""

    def __init__(self, width: int, heads: int, *, causal: bool = False):
        super().__init__()
        self.attention, self.causal = Attention(width, heads), causal

    def forward(self, h_BMTD: torch.Tensor, observed_BMT: torch.Tensor) -> torch.Tensor:
        bias = hide(observed_BMT, h_BMTD.dtype)
        if self.causal:
            n_t = h_BMTD.shape[2]
            later = torch.ones(n_t, n_t, dtype=torch.bool, device=h_BMTD.device).triu(1)
            bias = bias + torch.zeros_like(later, dtype=h_BMTD.dtype).masked_fill(later, HIDDEN)
        return self.attention(h_BMTD, bias)


class CrossModalAttention(nn.Module):
    """Attention among the modalities of each step, drawn towards partners that the guidance names.

    The guidance (B', M, M, T) enters every head with a learned weight that starts at 1.
    """

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.attention = Attention(width, heads)
        self.gamma = nn.Parameter(torch.ones(heads))

    def forward(
        self, h_BMTD: torch.Tensor, observed_BMT: torch.Tensor, guidance_BMMT: torch.Tensor
    ) -> torch.Tensor:
        towards = guidance_BMMT.permute(0, 3, 1, 2)[:, :, None] * self.gamma[:, None, None]
        bias = hide(observed_BMT.transpose(1, 2), h_BMTD.dtype) + towards
        return self.attention(h_BMTD.transpose(1, 2), bias).transpose(1, 2)


def hide(observed: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Bias (..., 1, 1, n) that hides unobserved tokens (..., n)."""
    zero = torch.zeros((), dtype=dtype, device=observed.device)
    return torch.where(observed, zero, HIDDEN)[..., None, None, :]
