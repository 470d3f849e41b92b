"""Factorised attention: over the steps of one modality, and over the modalities of one step.

Cost is M T^2 + T M^2 instead of (M T)^2. Unobserved tokens are never attended to.
Of packed tokens, few are held against one another in one table; many are laid back on modalities and steps for it,
whichever table is smaller.
Letters: B windows, M modalities, T steps, D width, H heads, K tokens that are packed.
"""

import torch
from torch import nn

from interplay.nn.packed import Packed

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
        return self.out(self.mix(self.qkv(h), bias))

    def mix(self, qkv: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """Values (..., n, D) mixed by how queries meet keys; all three in (..., n, 3 D)."""
        q, k, v = qkv.unflatten(-1, (3, self.heads, -1)).movedim(-3, 0).transpose(-3, -2)
        mixed = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        return mixed.transpose(-3, -2).flatten(-2)


class TemporalAttention(nn.Module):
    """Attention among the steps of each modality; a causal one sees no step after its own."""

    def __init__(self, width: int, heads: int, *, causal: bool = False):
        super().__init__()
        self.attention, self.causal = Attention(width, heads), causal

    def forward(
        self, h: torch.Tensor, observed_BMT: torch.Tensor, packed: Packed | None = None
    ) -> torch.Tensor:
        """Of tokens (B, M, T, D), or of packed ones (B, K, D)."""
        return self._of_all(h, observed_BMT) if packed is None else self._of_packed(h, packed)

    def _of_all(self, h_BMTD: torch.Tensor, observed_BMT: torch.Tensor) -> torch.Tensor:
        bias = hide(observed_BMT, h_BMTD.dtype)
        if self.causal:
            n_t = h_BMTD.shape[2]
            later = torch.ones(n_t, n_t, dtype=torch.bool, device=h_BMTD.device).triu(1)
            bias = bias + torch.zeros_like(later, dtype=h_BMTD.dtype).masked_fill(later, HIDDEN)
        return self.attention(h_BMTD, bias)

    def _of_packed(self, h_BKD: torch.Tensor, packed: Packed) -> torch.Tensor:
        if packed.place.shape[1] ** 2 <= packed.modalities * packed.steps**2:
            return self.attention(h_BKD, _only(packed.among_steps(), h_BKD.dtype))
        qkv_BMTA = packed.lay(self.attention.qkv(h_BKD))
        mixed = self.attention.mix(qkv_BMTA, hide(packed.observed, h_BKD.dtype))
        return self.attention.out(packed.take(mixed))


class CrossModalAttention(nn.Module):
    """Attention among the modalities of each step, drawn towards partners that the guidance names.

    The guidance (B', M, M, T) enters every head with a learned weight that starts at 1.
    """

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.attention = Attention(width, heads)
        self.gamma = nn.Parameter(torch.ones(heads))

    def forward(
        self,
        h: torch.Tensor,
        observed_BMT: torch.Tensor,
        guidance_BMMT: torch.Tensor,
        packed: Packed | None = None,
    ) -> torch.Tensor:
        """Of tokens (B, M, T, D), or of packed ones (B, K, D)."""
        if packed is not None:
            return self._of_packed(h, guidance_BMMT, packed)
        bias = self._bias(observed_BMT, guidance_BMMT, h.dtype)
        return self.attention(h.transpose(1, 2), bias).transpose(1, 2)

    def _of_packed(self, h_BKD: torch.Tensor, guidance_BMMT: torch.Tensor, packed: Packed) -> torch.Tensor:
        if packed.place.shape[1] ** 2 <= packed.steps * packed.modalities**2:
            towards = packed.of_pairs(guidance_BMMT)[:, None] * self.gamma[:, None, None]
            return self.attention(h_BKD, _only(packed.among_modalities(), h_BKD.dtype) + towards)
        bias = self._bias(packed.observed, guidance_BMMT, h_BKD.dtype)
        qkv_BTMA = packed.lay(self.attention.qkv(h_BKD)).transpose(1, 2)
        return self.attention.out(packed.take(self.attention.mix(qkv_BTMA, bias).transpose(1, 2)))

    def _bias(self, observed_BMT, guidance_BMMT, dtype: torch.dtype) -> torch.Tensor:
        """(B, T, H, M, M)."""
        towards = guidance_BMMT.permute(0, 3, 1, 2)[:, :, None] * self.gamma[:, None, None]
        return hide(observed_BMT.transpose(1, 2), dtype) + towards


def hide(observed: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Bias (..., 1, 1, n) that hides unobserved tokens (..., n)."""
    zero = torch.zeros((), dtype=dtype, device=observed.device)
    return torch.where(observed, zero, HIDDEN)[..., None, None, :]


def _only(may: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Bias (B, 1, K, K) that leaves those (B, K, K) that may be seen."""
    zero = torch.zeros((), dtype=dtype, device=may.device)
    return torch.where(may, zero, HIDDEN)[:, None]
