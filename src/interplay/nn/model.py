"""InteractionMoE: a mixture of experts on multimodal windows, guided by interactions.

Letters: B windows, M modalities, T steps, D width, C outputs, S side inputs.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn

from interplay.errors import InvalidInput
from interplay.nn.allocation import TokenAllocation
from interplay.nn.attention import CrossModalAttention, TemporalAttention
from interplay.nn.config import AUTO, ModelConfig
from interplay.nn.context import InteractionContext, attention_guidance, pooling_guidance
from interplay.nn.encoders import TokenPlaces
from interplay.nn.experts import Experts
from interplay.nn.packed import Packed
from interplay.nn.pooling import GuidedPooling, LatePooling, StaticInputs
from interplay.nn.routers import packed_logits
from interplay.nn.routing import LoadBias, route
from interplay.types import Routing, Schema


@dataclass(frozen=True, kw_only=True)
class Output:
    """What the model returns.

    Attributes
    ----------
    logits : (B, C), of the last step; of a continuous target (B, 1), the target in its own scale
    routings : one Routing per mixture-of-experts layer
    pooling : (B, M, T), share of each token in the prediction; sums to 1
    allocated : (B, M, T) bool, the tokens that were attended to, routed and fed forward; all that are observed, unless
        the model has a budget
    step_logits : (B, T, C) where the model was asked for every step, or None
    """

    logits: torch.Tensor
    routings: tuple[Routing, ...]
    pooling: torch.Tensor
    allocated: torch.Tensor
    step_logits: torch.Tensor | None = None


class MoELayer(nn.Module):
    """Route tokens to experts and combine what they return."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.top_k, self.synergy_experts, self.jitter = config.top_k, config.synergy_experts, config.jitter
        self.load_bias = LoadBias(config.num_experts, config.balance_rate) if config.balance_rate else None
        self.router = config.router.build(config.width, config.num_experts)
        self.experts: nn.Module = Experts(
            config.num_experts, config.synergy_experts, config.width, config.expert_width
        )

    def forward(
        self,
        h: torch.Tensor,
        context: InteractionContext,
        observed_BMT: torch.Tensor,
        packed: Packed | None = None,
    ) -> tuple[torch.Tensor, Routing]:
        """What experts make of tokens (B, M, T, D), or of packed ones (B, K, D), and how all (B, M, T) are routed."""
        if packed is None:
            routing = self._route(self.router(h, context, observed_BMT), observed_BMT)
            return self.experts(h, routing), routing
        logits_BKE = packed_logits(self.router, h, context, observed_BMT, packed)
        routing = self._route(logits_BKE[:, :, None], packed.seen[:, :, None])
        return self.experts(h[:, :, None], routing, packed)[:, :, 0], packed.routing_of_all(routing)

    def _route(self, logits: torch.Tensor, observed: torch.Tensor) -> Routing:
        return route(
            logits,
            observed,
            self.top_k,
            self.synergy_experts,
            jitter=self.jitter if self.training else 0.0,
            bias=None if self.load_bias is None else self.load_bias.bias,
        )


class FeedForward(nn.Sequential):
    """The dense counterpart of a mixture-of-experts layer, of equal active width."""

    def __init__(self, config: ModelConfig):
        hidden = config.top_k * config.expert_width
        super().__init__(nn.Linear(config.width, hidden), nn.GELU(), nn.Linear(hidden, config.width))


class Block(nn.Module):
    """Attention over steps, attention over modalities, and feed-forward or experts, each pre-normalised."""

    def __init__(self, config: ModelConfig, *, has_experts: bool):
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(config.width) for _ in range(3))
        self.temporal = TemporalAttention(config.width, config.heads, causal=config.each_step)
        self.cross_modal = (
            CrossModalAttention(config.width, config.heads) if config.fusion == "cross" else None
        )
        self.feed_forward = MoELayer(config) if has_experts else FeedForward(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self, h, observed_BMT, context, guidance_BMMT, packed: Packed | None = None
    ) -> tuple[torch.Tensor, Routing | None]:
        """Tokens (B, M, T, D), or packed ones (B, K, D), and how they were routed."""
        seen = (observed_BMT if packed is None else packed.seen)[..., None]
        h = h + self.dropout(self.temporal(self.norms[0](h), observed_BMT, packed)) * seen
        if self.cross_modal is not None:
            met = self.cross_modal(self.norms[1](h), observed_BMT, guidance_BMMT, packed)
            h = h + self.dropout(met) * seen
        routing = None
        if isinstance(self.feed_forward, MoELayer):
            out, routing = self.feed_forward(self.norms[2](h), context, observed_BMT, packed)
        else:
            out = self.feed_forward(self.norms[2](h))
        return h + self.dropout(out) * seen, routing


class InteractionMoE(nn.Module):
    """Predictor of windows, a plain module for any training loop.

    Parameters
    ----------
    schema : Schema
        Modalities with their shapes, steps and target.
    config : ModelConfig
    context : InteractionContext
        Kept as buffers; an empty one makes the model its own unguided control.
    """

    encoder: nn.Module
    redundancy: torch.Tensor
    unique: torch.Tensor
    synergy: torch.Tensor
    attention_guidance: torch.Tensor
    pooling_guidance: torch.Tensor

    def __init__(self, schema: Schema, config: ModelConfig, context: InteractionContext):
        super().__init__()
        self.config = config
        n_m, n_t = len(schema.modalities), schema.steps
        for name in ("redundancy", "unique", "synergy", "attention_guidance"):
            self.register_buffer(name, torch.zeros(1, n_m, n_m, n_t))
        self.register_buffer("pooling_guidance", torch.zeros(1, n_m, n_t))
        self.set_context(context)
        self.encoder = config.build_encoder(schema.shapes)
        self.places = TokenPlaces(n_m, n_t, config.width, from_start=config.each_step)
        self.blocks = nn.ModuleList(
            Block(config, has_experts=config.moe_every > 0 and k % config.moe_every == 0)
            for k in range(config.layers)
        )
        late = config.fusion == "late"
        self.pooling = LatePooling(config.width) if late else GuidedPooling(config.width)
        self.static_inputs = StaticInputs(len(schema.static), config.width) if schema.static else None
        self.norm = nn.Identity() if late else nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, schema.n_outputs)
        self.allocation = TokenAllocation(config.width, _share(config)) if config.token_budget != 1 else None

    def set_context(self, context: InteractionContext) -> None:
        """Lay another context over the same weights."""
        if context.synergy.shape != self.synergy.shape:
            _, n_m, _, n_t = self.synergy.shape
            raise InvalidInput(
                f"the context must be of {n_m} modalities and {n_t} steps; "
                f"got shape {tuple(context.synergy.shape)}."
            )
        for name in ("redundancy", "unique", "synergy"):
            getattr(self, name).copy_(getattr(context, name))
        if self.config.guided:
            self.attention_guidance.copy_(attention_guidance(self._of_blocks(context)))
            self.pooling_guidance.copy_(pooling_guidance(context))

    def _of_blocks(self, context: InteractionContext) -> InteractionContext:
        """What blocks may know of interactions: nothing of the distance from the end where every step is predicted."""
        return context.over_lags() if self.config.each_step else context

    @property
    def moe_layers(self) -> list[MoELayer]:
        """The layers with experts, in the order of `Output.routings`."""
        return [block.feed_forward for block in self.blocks if isinstance(block.feed_forward, MoELayer)]

    @property
    def context(self) -> InteractionContext:
        return InteractionContext(redundancy=self.redundancy, unique=self.unique, synergy=self.synergy)

    def forward(
        self,
        x: Mapping[str, torch.Tensor],
        observed: torch.Tensor,
        context: InteractionContext | None = None,
        static: torch.Tensor | None = None,
    ) -> Output:
        """Predict windows.

        Parameters
        ----------
        x : modality name -> (B, T, r, d), scaled; T may be less than the schema's
        observed : (B, M, T) bool; values where it is False are never looked at
        context : InteractionContext of these windows, (B, M, M, T); the model's own if None
        static : (B, S) side inputs, scaled, NaN where unknown; needed if the schema has any

        Returns
        -------
        Output
        """
        n_t = observed.shape[2]
        towards, tokens = self.attention_guidance[..., -n_t:], self.pooling_guidance[..., -n_t:]
        if context is not None and self.config.guided:
            towards, tokens = attention_guidance(self._of_blocks(context)), pooling_guidance(context)
        of_blocks = self._of_blocks(self.context if context is None else context).last(n_t)
        h = self.places(self.encoder(x, observed), observed)
        packed = None
        if self.allocation is not None:
            h, packed = self.allocation(h, observed, pooling_guidance(of_blocks))
        routings = []
        for block in self.blocks:
            h, routing = block(h, observed, of_blocks, towards, packed)
            if routing is not None:
                routings.append(routing)
        pooled, weights = self.pooling(h, observed, tokens, packed)
        pooled_by_step = None
        if self.config.each_step and isinstance(self.pooling, GuidedPooling):
            pooled_by_step = self.pooling.of_each_step(h, observed, tokens)
        if self.static_inputs is not None:
            if static is None:
                raise InvalidInput(
                    f"static must be given, (B, {self.static_inputs.inputs}), as the model was made for; got none. "
                    "Write NaN where an input is unknown."
                )
            pooled = self.static_inputs(pooled, static)
            if pooled_by_step is not None:
                of_steps = static[:, None].expand(-1, pooled_by_step.shape[1], -1)
                pooled_by_step = self.static_inputs(pooled_by_step, of_steps)
        return Output(
            logits=self.head(self.norm(pooled)),
            routings=tuple(routings),
            pooling=weights,
            allocated=observed if packed is None else packed.observed,
            step_logits=None if pooled_by_step is None else self.head(self.norm(pooled_by_step)),
        )


def _share(config: ModelConfig) -> float:
    """The budget as a number."""
    if config.token_budget == AUTO:
        raise InvalidInput(
            f"token_budget {AUTO!r} must be found in a training: interplay.fit does so. Give a network a share, "
            "such as 0.25."
        )
    return float(config.token_budget)
