"""Fine bins of a number, which heads bend the density of by a few curves, and coarser groups of them.

Letters: C bins, O curves, G groups of bins.
"""

from dataclasses import dataclass

import torch


@dataclass(frozen=True, kw_only=True, slots=True)
class FineBins:
    """What turns numbers of heads into log-probabilities of bins, and these into those of groups.

    Attributes
    ----------
    curves : (O, C) float32, orthonormal where windows are
    group : (C,) int64, coarser bins
    """

    curves: torch.Tensor
    group: torch.Tensor

    def logits(self, outputs: torch.Tensor) -> torch.Tensor:
        """Logits (..., C) from numbers (..., O) of heads."""
        return outputs @ self.curves.to(outputs)

    def grouped(self, log_p: torch.Tensor) -> torch.Tensor:
        """Log-probabilities (..., G) of groups of bins, from those of bins (..., C)."""
        member = torch.nn.functional.one_hot(self.group).to(log_p.dtype)
        return torch.log((torch.exp(log_p) @ member).clamp_min(1e-30))

    def refined(self, log_q: torch.Tensor, log_p: torch.Tensor) -> torch.Tensor:
        """Predictors of groups (..., G) as those of bins (..., C), in each group shared out as log_p (..., C) does."""
        return log_q[..., self.group] + log_p - self.grouped(log_p)[..., self.group]
