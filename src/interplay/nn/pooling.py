"""Pooling: which tokens a prediction rests on.

Letters: B windows, M modalities, T steps, D width; s the step that a token is of, t the step that is predicted; K
packed tokens.
"""

import torch
from torch import nn

from interplay.nn.attention import HIDDEN
from interplay.nn.packed import Packed


class GuidedPooling(nn.Module):
    """Weighted mean over all observed tokens; the guidance (B', M, T) enters with a learned weight."""

    def __init__(self, width: int):
        super().__init__()
        self.score = nn.Linear(width, 1, bias=False)
        self.gamma = nn.Parameter(torch.ones(()))

    def forward(
        self, h, observed_BMT, guidance_BMT, packed: Packed | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Pooled (B, D) and the weights (B, M, T); a window without any observation pools to 0.

        Tokens are (B, M, T, D), or packed ones (B, K, D); the others then weigh nothing.
        """
        if packed is None:
            return self._of_all(h, observed_BMT, guidance_BMT)
        guidance_BK1 = packed.take(guidance_BMT)[..., None]
        pooled, weights = self._of_all(h[:, :, None], packed.seen[..., None], guidance_BK1)
        return pooled, packed.lay(weights[..., 0])

    def _of_all(self, h_BMTD, observed_BMT, guidance_BMT) -> tuple[torch.Tensor, torch.Tensor]:
        scores = self.score(h_BMTD)[..., 0] + self.gamma * guidance_BMT
        scores = scores.masked_fill(~observed_BMT, HIDDEN)
        weights = torch.softmax(scores.flatten(1), dim=-1).view_as(scores) * observed_BMT
        return torch.einsum("bmtd,bmt->bd", h_BMTD, weights), weights

    def of_each_step(self, h_BMTD, observed_BMT, guidance_BMT) -> torch.Tensor:
        """Pooled (B, T, D): for each step the tokens up to it, guided by how far before it they are.

        The last step is what `forward` gives.
        """
        n_t = h_BMTD.shape[2]
        step = torch.arange(n_t, device=h_BMTD.device)
        # the guidance of a token s steps in, for a prediction at t, is that of lag t - s
        place = step[:, None] + (n_t - 1) - step
        up_to = step[:, None] <= step
        guidance = guidance_BMT[:, :, place.clamp(max=n_t - 1)]
        scores = self.score(h_BMTD) + self.gamma * guidance
        seen = observed_BMT[..., None] & up_to
        scores = scores.masked_fill(~seen, HIDDEN)
        weights = torch.softmax(scores.flatten(1, 2), dim=1).view_as(scores) * seen
        return torch.einsum("bmsd,bmst->btd", h_BMTD, weights)


class LatePooling(nn.Module):
    """Each modality pools its own steps; the mean over observed modalities of their normalised pools.

    Under a linear head it is the mean of the modalities' predictions.
    """

    def __init__(self, width: int):
        super().__init__()
        self.score = nn.Linear(width, 1, bias=False)
        self.norm = nn.LayerNorm(width)

    def forward(
        self, h_BMTD, observed_BMT, guidance_BMT, packed: None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Pooled (B, D) and the weights (B, M, T); the guidance is not for it, and no tokens are packed."""
        scores = self.score(h_BMTD)[..., 0].masked_fill(~observed_BMT, HIDDEN)
        weights = torch.softmax(scores, dim=-1) * observed_BMT
        seen = observed_BMT.any(-1)
        share = seen / seen.sum(-1, keepdim=True).clamp_min(1)
        pooled = self.norm(torch.einsum("bmtd,bmt->bmd", h_BMTD, weights))
        return torch.einsum("bmd,bm->bd", pooled, share), weights * share[..., None]


class StaticInputs(nn.Module):
    """What side inputs, NaN where unknown, add to the pooled state in the light of that state."""

    def __init__(self, inputs: int, width: int):
        super().__init__()
        self.inputs = inputs
        self.norm = nn.LayerNorm(width)
        self.layers = nn.Sequential(nn.Linear(width + 2 * inputs, width), nn.GELU(), nn.Linear(width, width))

    def forward(self, pooled: torch.Tensor, static: torch.Tensor) -> torch.Tensor:
        """pooled (..., D), static (..., S) -> (..., D)."""
        unknown = static.isnan()
        known = [self.norm(pooled), static.masked_fill(unknown, 0.0), unknown.to(static)]
        return pooled + self.layers(torch.cat(known, dim=-1))
