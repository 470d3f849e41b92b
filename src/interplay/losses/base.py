"""What a loss of a routing is: a setting or two, and a value."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch

from interplay.errors import InvalidInput
from interplay.losses.pairs import PairWeights
from interplay.types import Routing


@dataclass(frozen=True, kw_only=True)
class RoutingLoss(ABC):
    """A loss of the routing of one layer, beside that of the target.

    Attributes
    ----------
    weight : float, at least 0
        Of the loss in the sum; one of weight 0 is not evaluated.
    """

    weight: float = 0.0

    needs_synergy_experts = False
    """Whether it means nothing where there are none."""

    def __post_init__(self):
        if not self.weight >= 0:
            raise InvalidInput(f"weight of {type(self).__name__} must be at least 0; got {self.weight}.")

    @abstractmethod
    def __call__(self, routing: Routing, pairs: PairWeights) -> torch.Tensor:
        """Scalar; 0 with a gradient of 0 where nothing counts.

        Parameters
        ----------
        routing : Routing
        pairs : PairWeights, how much each pair counts at each step
        """
