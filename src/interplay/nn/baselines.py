"""Early fusion, a baseline: all modalities of a step are one token."""

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import nn

from interplay.nn.context import InteractionContext, empty_context
from interplay.nn.model import InteractionMoE, ModelConfig, MoELayer, Output
from interplay.types import Schema


class EarlyFusion(nn.Module):
    """A model of one modality, the channels of which are the samples of all modalities and what is observed.

    Parameters
    ----------
    schema : Schema
    config : ModelConfig
    context : InteractionContext
        Not used: there are no pairs. Accepted so that models can be exchanged.
    """

    def __init__(self, schema: Schema, config: ModelConfig, context: InteractionContext):
        super().__init__()
        self.moe_layers: list[MoELayer] = []
        self.config, self.names = config, schema.modalities
        self.context = empty_context(len(schema.modalities), schema.steps)
        features = sum(r * d for r, d in schema.shapes.values()) + len(schema.modalities)
        one = replace(schema, shapes={"all": (1, features)})
        self.model = InteractionMoE(one, config, empty_context(1, schema.steps))

    def set_context(self, context: InteractionContext) -> None:
        """Nothing to do."""

    def forward(
        self,
        x: Mapping[str, torch.Tensor],
        observed: torch.Tensor,
        context: InteractionContext | None = None,
        static: torch.Tensor | None = None,
    ) -> Output:
        """See `InteractionMoE.forward`; a step's share in the prediction is shared by its observed modalities."""
        seen = observed.transpose(1, 2)
        parts = [
            torch.where(seen[..., m, None], x[name].flatten(2), 0.0) for m, name in enumerate(self.names)
        ]
        together = torch.cat([*parts, seen.to(parts[0].dtype)], dim=-1)
        output = self.model({"all": together[:, :, None]}, observed.any(1, keepdim=True), static=static)
        share = observed / observed.sum(1, keepdim=True).clamp_min(1)
        return replace(output, pooling=output.pooling * share, allocated=observed)
