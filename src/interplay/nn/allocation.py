"""Token allocation: which tokens of a window are worked on, where not all of them are.

Letters: B windows, B' 1 or B, M modalities, T steps, D width, K tokens of a window that are worked on.
"""

import math

import torch
from torch import nn

from interplay.nn.attention import HIDDEN
from interplay.nn.packed import Packed

SHAKEN = 0.5
"""Scale of the noise on ranks in training. Without it scores mostly stay with what they chose first; what a profile
knows for sure, log(101) above what it knows nothing of, stays in the budget."""


class TokenAllocation(nn.Module):
    """The share of a window's tokens that is worth most, by what is known of them and by what they hold.

    Observed tokens are ranked within their window by the sum of what the context says of them and a learned score of
    what they hold. The choice has no slope; in training the score gets that of a factor on the token, which is 1, and
    ranks are shaken, so that what was never read is tried, too.

    Parameters
    ----------
    width : int
        D.
    budget : float, above 0 and below 1
        Share of the M T tokens of a window.
    """

    def __init__(self, width: int, budget: float):
        super().__init__()
        self.budget = budget
        self.score = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 1, bias=False))

    def forward(
        self, h_BMTD: torch.Tensor, observed_BMT: torch.Tensor, guidance_BMT: torch.Tensor
    ) -> tuple[torch.Tensor, Packed]:
        """Tokens (B, K, D) that are worked on, 0 where a window has fewer, and where they come from.

        Parameters
        ----------
        h_BMTD : (B, M, T, D), 0 where unobserved
        observed_BMT : (B, M, T) bool
        guidance_BMT : (B', M, T), large where a token takes part in a strong interaction
        """
        n_m, n_t = observed_BMT.shape[1:]
        score_BMT = self.score(h_BMTD)[..., 0] + guidance_BMT
        rank = score_BMT.detach()
        if self.training:
            # Gumbel noise: tokens are drawn without replacement, in proportion to exp(score / SHAKEN)
            rank = rank - SHAKEN * torch.log(-torch.log(torch.rand_like(rank).clamp(1e-6, 1.0 - 1e-6)))
        rank = rank.masked_fill(~observed_BMT, HIDDEN).transpose(1, 2).flatten(1)
        place = rank.topk(math.ceil(self.budget * n_m * n_t), dim=1).indices
        unseen = rank.gather(1, place) <= HIDDEN
        # which of the unobserved were drawn is chance, and must not move the others
        place, order = torch.sort(place + unseen * (n_m * n_t), dim=1)
        packed = Packed(place % (n_m * n_t), ~unseen.gather(1, order), n_m, n_t)
        h_BKD = packed.take(h_BMTD)
        if self.training:
            gate = torch.sigmoid(packed.take(score_BMT))
            h_BKD = h_BKD * (1.0 + gate - gate.detach())[..., None]
        return h_BKD, packed
