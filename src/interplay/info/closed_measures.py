"""Measures of redundancy in closed form beside BROJA: I_min and I_mmi, from the tables of each source with the target.

Either credits two sources with potentials alpha(x1, y) + beta(x2, y), as BROJA does (`interplay.info.broja`). Letters:
B pairs of tables, I and J cells of the two sources, C classes.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch

from interplay.info.broja import entries_at
from interplay.info.entropy import mutual_information_nats
from interplay.info.interior_point import log_posterior


@dataclass(frozen=True, kw_only=True, slots=True)
class Potentials:
    """A `UnionInformation` that is known in closed form.

    Attributes
    ----------
    alpha, beta : (B, I, C), (B, J, C), nats
    """

    alpha: torch.Tensor
    beta: torch.Tensor

    @property
    def gap_bits(self) -> torch.Tensor:
        """Nothing is left open, (B,)."""
        return self.alpha.new_zeros(len(self.alpha))

    def log_score(self, cell1: torch.Tensor, cell2: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """alpha(cell1, y) + beta(cell2, y) of each event, (B, N) nats; -inf where a cell rules its label out."""
        return entries_at(self.alpha, cell1, y) + entries_at(self.beta, cell2, y)


@dataclass(frozen=True, slots=True)
class Immi:
    """I_mmi: redundancy is what the source that tells less tells, R = min(I1, I2).

    References
    ----------
    Barrett, Exploration of synergistic and redundant information sharing in static and dynamical Gaussian systems,
    Physical Review E 2015.
    """

    name: ClassVar[str] = "I_mmi"

    def union_information(self, p1: torch.Tensor, p2: torch.Tensor) -> Potentials:
        """What the stronger source tells, see `RedundancyMeasure.union_information`."""
        first = (mutual_information_nats(p1) >= mutual_information_nats(p2))[:, None, None]
        return Potentials(
            alpha=torch.where(first, log_posterior(p1), 0.0), beta=torch.where(first, 0.0, log_posterior(p2))
        )


@dataclass(frozen=True, slots=True)
class Imin:
    """I_min: redundancy is the mean over classes of the smaller specific information.

    It compares how much sources tell of each class, not whether they tell the same: two independent bits have a
    redundancy of 1 bit about their copy.

    References
    ----------
    Williams and Beer, Nonnegative decomposition of multivariate information, arXiv 1004.2515, 2010.
    """

    name: ClassVar[str] = "I_min"

    def union_information(self, p1: torch.Tensor, p2: torch.Tensor) -> Potentials:
        """What both tell, counted once where either tells it; see `RedundancyMeasure.union_information`."""
        log_prior = torch.log(p1.sum(1))[:, None]
        specific = [
            torch.where(p > 0, p * (log_posterior(p) - log_prior), 0.0).sum(1, keepdim=True) for p in (p1, p2)
        ]
        prior = p1.sum(1, keepdim=True)
        shared = torch.where(prior > 0, torch.minimum(*specific) / prior + log_prior, 0.0)
        return Potentials(alpha=log_posterior(p1) - shared, beta=log_posterior(p2))
