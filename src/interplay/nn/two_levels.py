"""A mixture of experts at two levels: readers of whole windows and a network, weighed against each other.

Letters: B windows, M modalities, T steps, C outputs.
"""

from collections.abc import Mapping

import torch
from torch import nn

from interplay.nn.baselines import EarlyFusion
from interplay.nn.config import ModelConfig
from interplay.nn.context import InteractionContext, empty_context
from interplay.nn.model import InteractionMoE, MoELayer, Output
from interplay.readers import Mixture, Sight
from interplay.readers.scoring import normalised


class TwoLevels(nn.Module):
    """A weighted sum of what readers and a network say, in logarithms.

    Parameters
    ----------
    mixture : Mixture
    network : InteractionMoE, EarlyFusion or None
        None leaves the readers alone.
    config : ModelConfig
    """

    weight: torch.Tensor
    """(2,) what readers and the network count."""

    def __init__(self, mixture: Mixture, network: InteractionMoE | EarlyFusion | None, config: ModelConfig):
        super().__init__()
        self.mixture, self.network, self.config = mixture, network, config
        self.register_buffer("weight", torch.tensor([1.0, 0.0] if network is None else [0.5, 0.5]))

    @property
    def moe_layers(self) -> list[MoELayer]:
        """Those of the network, in the order of `Output.routings`."""
        return [] if self.network is None else self.network.moe_layers

    @property
    def context(self) -> InteractionContext:
        """What the network knows of interactions; nothing without one."""
        if self.network is not None:
            return self.network.context
        return empty_context(len(self.mixture.schema.modalities), self.mixture.schema.steps)

    def set_context(self, context: InteractionContext) -> None:
        """Lay another context over the same weights."""
        if self.network is not None:
            self.network.set_context(context)

    def forward(
        self,
        x: Mapping[str, torch.Tensor],
        observed: torch.Tensor,
        context: InteractionContext | None = None,
        static: torch.Tensor | None = None,
    ) -> Output:
        """See `InteractionMoE.forward`; `Output.pooling` says by which tokens readers and network come to their logits,
        each counted by how far it moves them."""
        with torch.no_grad():
            read = self.mixture(Sight.of(x, observed, static))
            looked_at = self.mixture.shares(observed)
        if self.network is None:
            return Output(logits=read, routings=(), pooling=looked_at, allocated=observed)
        output = self.network(x, observed, context, static)
        kind = self.mixture.schema.kind
        by_readers, by_network = self.weight[0] * read, self.weight[1] * normalised(output.logits, kind)
        share = logit_size(by_network) / (logit_size(by_network) + logit_size(by_readers)).clamp_min(1e-9)
        return Output(
            logits=normalised(by_readers + by_network, kind),
            routings=output.routings,
            pooling=torch.lerp(looked_at, output.pooling, share[..., None]),
            allocated=output.allocated,
        )


def logit_size(logits: torch.Tensor) -> torch.Tensor:
    """(B, 1) how far logits lie apart; of a single one, from 0."""
    centre = logits.mean(-1, keepdim=True) if logits.shape[-1] > 1 else 0.0
    return (logits - centre).square().mean(-1, keepdim=True).sqrt()
