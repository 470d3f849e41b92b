"""A model for a new person, ward or machine: the one that it started from, frozen, and little beside it.

Letters: B windows, M modalities, T steps, K readers, C outputs.
"""

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import nn

from interplay.nn.baselines import EarlyFusion
from interplay.nn.config import ModelConfig
from interplay.nn.context import InteractionContext
from interplay.nn.model import InteractionMoE, MoELayer, Output
from interplay.nn.two_levels import TwoLevels, logit_size
from interplay.readers import Mixture, Sight
from interplay.readers.scoring import normalised
from interplay.types import Schema


class Adapted(nn.Module):
    """What a frozen model says, weighted and offset, and what readers say who learned from the new windows alone.

    Parameters
    ----------
    source : InteractionMoE, EarlyFusion or TwoLevels
        Its weights do not change.
    own : Mixture or None
        Readers of the new windows; None where these are too few.
    schema : Schema
        Of scaled windows.
    """

    weight: torch.Tensor
    """(2,) what the source and the readers of the new windows count."""
    offset: torch.Tensor
    """(C,) what is added to every output."""

    def __init__(self, source: InteractionMoE | EarlyFusion | TwoLevels, own: Mixture | None, schema: Schema):
        super().__init__()
        self.source, self.own, self.kind = source, own, schema.kind
        self.register_buffer("weight", torch.tensor([1.0, 0.0]))
        self.register_buffer("offset", torch.zeros(schema.n_outputs))

    @property
    def config(self) -> ModelConfig:
        """That of the source."""
        return self.source.config

    @property
    def moe_layers(self) -> list[MoELayer]:
        """Those of the source, in the order of `Output.routings`."""
        return self.source.moe_layers

    @property
    def context(self) -> InteractionContext:
        """What the source knows of interactions."""
        return self.source.context

    def set_context(self, context: InteractionContext) -> None:
        """Lay another context over the same weights."""
        self.source.set_context(context)

    def forward(
        self,
        x: Mapping[str, torch.Tensor],
        observed: torch.Tensor,
        context: InteractionContext | None = None,
        static: torch.Tensor | None = None,
    ) -> Output:
        """See `TwoLevels.forward`."""
        before = self.source(x, observed, context, static)
        of_source = self.weight[0] * normalised(before.logits, self.kind)
        if self.own is None:
            logits = normalised(of_source + self.offset, self.kind)
            return replace(before, logits=logits, step_logits=None)
        of_own = self.weight[1] * self.own(Sight.of(x, observed, static))
        share = logit_size(of_own) / (logit_size(of_own) + logit_size(of_source)).clamp_min(1e-9)
        return Output(
            logits=normalised(of_source + of_own + self.offset, self.kind),
            routings=before.routings,
            pooling=torch.lerp(before.pooling, self.own.shares(observed), share[..., None]),
            allocated=before.allocated,
        )
