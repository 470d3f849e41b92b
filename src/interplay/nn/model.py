"""InteractionMoE: a mixture of experts on multimodal windows, guided by interactions.

Letters: B windows, M modalities, T steps, D width, C outputs, S side inputs.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn

from interplay.errors import InvalidInput
from interplay.nn.attention import CrossModalAttention, TemporalAttention
from interplay.nn.context import InteractionContext, attention_guidance, pooling_guidance
from interplay.nn.encoders import StepEncoder
from interplay.nn.experts import Experts
from interplay.nn.pooling import GuidedPooling, LatePooling, StaticInputs
from interplay.nn.routers import ROUTERS
from interplay.nn.routing import LoadBias, route
from interplay.types import Routing, Schema

LEVELS = ("profile", "instance", "token")
FUSIONS = ("cross", "early", "late")


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Sizes and parts of the model.

    Attributes
    ----------
    width : int
        D, numbers that stand for a token; a multiple of `heads`.
    layers : int
        Blocks of attention and experts, one after the other.
    heads : int
        Heads of attention.
    moe_every : int
        Every so many blocks, counted from the first, feed forward through experts; 0 for none, a dense model.
    num_experts : int
        E, experts of a block, synergy experts among them.
    synergy_experts : int
        How many of the experts combine the tokens of a step.
    top_k : int
        K, experts that work on a token.
    expert_width : int
        Hidden width of an expert.
    router : str
        Who chooses the experts: "interaction", "softmax", "laplace" or "uniform".
    jitter : float
        By how much router logits vary in training, a share; see `interplay.nn.route`.
    balance_rate : float
        Step of the bias that evens out loads without a loss, see `interplay.nn.LoadBias`; 0 for none.
    guided : bool
        Whether attention and pooling are guided by the context.
    context : str
        What the context knows: "profile", the same of every window; "instance", what the profile's probe says of
        each window; "token", both.
    fusion : str
        How modalities meet: "cross", by attention; or of unguided dense baselines "early", all modalities of a step
        are one token, or "late", modalities meet in the prediction only.
    each_step : bool
        Whether training asks for the label of every step of a window, from what is known by then, instead of the
        last one alone.
    probe_encoder : bool
        Whether tokens also get the hidden states of the profile's probe, which `fit` starts them from.
    dropout : float
        Share of numbers that are dropped at random in training.
    """

    width: int = 48
    layers: int = 2
    heads: int = 4
    moe_every: int = 1
    num_experts: int = 8
    synergy_experts: int = 2
    top_k: int = 2
    expert_width: int = 96
    router: str = "interaction"
    jitter: float = 0.0
    balance_rate: float = 0.0
    guided: bool = True
    context: str = "profile"
    fusion: str = "cross"
    each_step: bool = False
    probe_encoder: bool = False
    dropout: float = 0.2

    def __post_init__(self):
        for name in ("moe_every", "balance_rate"):
            if getattr(self, name) < 0:
                raise InvalidInput(f"{name} must be at least 0; got {getattr(self, name)}.")
        for name, known in (("context", LEVELS), ("fusion", FUSIONS)):
            if getattr(self, name) not in known:
                raise InvalidInput(f"{name} must be one of {list(known)}; got {getattr(self, name)!r}.")
        if self.fusion != "cross" and (self.moe_every or self.guided):
            raise InvalidInput(
                f"fusion {self.fusion!r} must come with moe_every 0 and guided false: it has no pairs of modalities to "
                f"route or guide; got moe_every {self.moe_every} and guided {self.guided}."
            )
        if self.fusion == "late" and self.each_step:
            raise InvalidInput(
                "fusion 'late' must come with each_step false: it pools whole windows; got true."
            )
        if self.fusion == "early" and self.probe_encoder:
            raise InvalidInput(
                "fusion 'early' must come with probe_encoder false: it has no modalities; got true."
            )
        for name in ("width", "layers", "heads", "expert_width"):
            if getattr(self, name) < 1:
                raise InvalidInput(f"{name} must be at least 1; got {getattr(self, name)}.")
        for name in ("dropout", "jitter"):
            if not 0 <= getattr(self, name) < 1:
                raise InvalidInput(f"{name} must be at least 0 and below 1; got {getattr(self, name)}.")
        if self.width % self.heads:
            raise InvalidInput(f"width must be a multiple of heads ({self.heads}); got {self.width}.")
        if self.router not in ROUTERS:
            raise InvalidInput(f"router must be one of {sorted(ROUTERS)}; got {self.router!r}.")
        if not 0 <= self.synergy_experts < self.num_experts:
            raise InvalidInput(
                f"synergy_experts must be at least 0 and below num_experts ({self.num_experts}); "
                f"got {self.synergy_experts}."
            )
        if not 1 <= self.top_k <= self.num_experts:
            raise InvalidInput(
                f"top_k must be between 1 and num_experts ({self.num_experts}); got {self.top_k}."
            )


@dataclass(frozen=True, kw_only=True)
class Output:
    """What the model returns.

    Attributes
    ----------
    logits : (B, C), of the last step; of a continuous target (B, 1), the target in its own scale
    routings : one Routing per mixture-of-experts layer
    pooling : (B, M, T), share of each token in the prediction; sums to 1
    step_logits : (B, T, C) where the model was asked for every step, or None
    """

    logits: torch.Tensor
    routings: tuple[Routing, ...]
    pooling: torch.Tensor
    step_logits: torch.Tensor | None = None


class MoELayer(nn.Module):
    """Route tokens to experts and combine what they return."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.top_k, self.synergy_experts, self.jitter = config.top_k, config.synergy_experts, config.jitter
        self.load_bias = LoadBias(config.num_experts, config.balance_rate) if config.balance_rate else None
        self.router = ROUTERS[config.router](config.width, config.num_experts)
        self.experts: nn.Module = Experts(
            config.num_experts, config.synergy_experts, config.width, config.expert_width
        )

    def forward(
        self, h_BMTD: torch.Tensor, context: InteractionContext, observed_BMT: torch.Tensor
    ) -> tuple[torch.Tensor, Routing]:
        logits = self.router(h_BMTD, context, observed_BMT)
        routing = route(
            logits,
            observed_BMT,
            self.top_k,
            self.synergy_experts,
            jitter=self.jitter if self.training else 0.0,
            bias=None if self.load_bias is None else self.load_bias.bias,
        )
        return self.experts(h_BMTD, routing), routing


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
        self.temporal = TemporalAttention(config.width, config.heads)
        self.cross_modal = (
            CrossModalAttention(config.width, config.heads) if config.fusion == "cross" else None
        )
        self.feed_forward = MoELayer(config) if has_experts else FeedForward(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, h_BMTD, observed_BMT, context, guidance_BMMT) -> tuple[torch.Tensor, Routing | None]:
        seen = observed_BMT[..., None]
        h_BMTD = h_BMTD + self.dropout(self.temporal(self.norms[0](h_BMTD), observed_BMT)) * seen
        if self.cross_modal is not None:
            met = self.cross_modal(self.norms[1](h_BMTD), observed_BMT, guidance_BMMT)
            h_BMTD = h_BMTD + self.dropout(met) * seen
        routing = None
        if isinstance(self.feed_forward, MoELayer):
            out, routing = self.feed_forward(self.norms[2](h_BMTD), context, observed_BMT)
        else:
            out = self.feed_forward(self.norms[2](h_BMTD))
        return h_BMTD + self.dropout(out) * seen, routing


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

    encoder: StepEncoder
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
        self.encoder = StepEncoder(schema.shapes, n_t, config.width, beside_probe=config.probe_encoder)
        self.blocks = nn.ModuleList(
            Block(config, has_experts=config.moe_every > 0 and k % config.moe_every == 0)
            for k in range(config.layers)
        )
        late = config.fusion == "late"
        self.pooling = LatePooling(config.width) if late else GuidedPooling(config.width)
        self.static_inputs = StaticInputs(len(schema.static), config.width) if schema.static else None
        self.norm = nn.Identity() if late else nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, schema.n_outputs)

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
            self.attention_guidance.copy_(attention_guidance(context))
            self.pooling_guidance.copy_(pooling_guidance(context))

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
        x : modality name -> (B, T, r, d), scaled
        observed : (B, M, T) bool; values where it is False are never looked at
        context : InteractionContext of these windows, (B, M, M, T); the model's own if None
        static : (B, S) side inputs, scaled, NaN where unknown; needed if the schema has any

        Returns
        -------
        Output
        """
        towards, tokens = self.attention_guidance, self.pooling_guidance
        if context is not None and self.config.guided:
            towards, tokens = attention_guidance(context), pooling_guidance(context)
        h_BMTD = self.encoder(x, observed)
        routings = []
        for block in self.blocks:
            h_BMTD, routing = block(h_BMTD, observed, context or self.context, towards)
            if routing is not None:
                routings.append(routing)
        pooled, weights = self.pooling(h_BMTD, observed, tokens)
        pooled_by_step = None
        if self.config.each_step and isinstance(self.pooling, GuidedPooling):
            pooled_by_step = self.pooling.of_each_step(h_BMTD, observed, tokens)
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
            step_logits=None if pooled_by_step is None else self.head(self.norm(pooled_by_step)),
        )
