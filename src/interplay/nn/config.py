"""Sizes and parts of the model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from interplay.errors import InvalidInput
from interplay.nn.encoders import ENCODERS, EncodersByModality
from interplay.nn.routers import ROUTERS
from interplay.registry import Choice
from interplay.settings import RAW

PROFILE, NONE, AUTO = "profile", "none", "auto"
OF_WINDOWS = ("instance", "token")
"""Levels of context that differ from window to window."""
LEVELS = (PROFILE, *OF_WINDOWS, NONE, AUTO)
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
    experts_from : int
        Training windows from which on a training has experts at all; fewer train a dense network (`moe_every` 0).
    num_experts : int
        E, experts of a block, synergy experts among them.
    synergy_experts : int
        How many of the experts combine the tokens of a step.
    top_k : int
        K, experts that work on a token.
    expert_width : int
        Hidden width of an expert.
    router : name, class, import path, or mapping of its name and settings
        Who chooses the experts, see `interplay.nn.routers.ROUTERS`: "interaction", "published", "softmax", "laplace" or
        "uniform".
    encoder : likewise
        What makes tokens of samples, see `interplay.nn.encoders.ENCODERS`: "steps".
    encoders : mapping of modality name to the same
        Modalities with an encoder of their own, such as a pre-trained one.
    jitter : float
        By how much router logits vary in training, a share; see `interplay.nn.route`.
    balance_rate : float
        Step of the bias that evens out loads without a loss, see `interplay.nn.LoadBias`; 0 for none.
    guided : bool
        Whether attention and pooling are guided by the context.
    context : str
        What the context knows: "profile", the same of every window; "instance", what the profile's probe says of
        each window; "token", both; "none", nothing. "auto" trains with "profile" and with "none", and takes that with
        which held-out entities lose less.
    fusion : str
        How modalities meet: "cross", by attention; or of unguided dense baselines "early", all modalities of a step
        are one token, or "late", modalities meet in the prediction only.
    each_step : bool
        Whether training asks for the label of every step of a window, from what is known by then, instead of the
        last one alone. Attention over steps is causal then, and attention and router are guided by each pair's
        largest atom over lags, since every prediction sees a token at another lag.
    token_budget : float or "auto"
        Share of a window's tokens, above 0 and at most 1, that are attended to, routed and fed forward: those that the
        context and a learned score find to be worth most. All that is observed still counts as observed. "auto" trains
        with several and takes the smallest under which held-out entities lose nothing.
    dropout : float
        Share of numbers that are dropped at random in training.
    """

    width: int = 48
    layers: int = 2
    heads: int = 4
    moe_every: int = 1
    experts_from: int = 10_000
    num_experts: int = 8
    synergy_experts: int = 2
    top_k: int = 2
    expert_width: int = 96
    router: Choice = field(default="interaction", metadata=RAW)  # pyrefly: ignore[bad-assignment]
    encoder: Choice = field(default="steps", metadata=RAW)  # pyrefly: ignore[bad-assignment]
    encoders: Mapping[str, Any] = field(default_factory=dict, metadata=RAW)
    jitter: float = 0.0
    balance_rate: float = 0.0
    guided: bool = True
    context: str = PROFILE
    fusion: str = "cross"
    each_step: bool = False
    token_budget: float | str = 1.0
    dropout: float = 0.2

    def __post_init__(self):
        for part, known, default in (("router", ROUTERS, "interaction"), ("encoder", ENCODERS, "steps")):
            chosen = known.choose(getattr(self, part), default=default, where=f"model.{part}")
            object.__setattr__(self, part, chosen)
        own = {
            name: ENCODERS.choose(chosen, default="steps", where=f"model.encoders.{name}")
            for name, chosen in self.encoders.items()
        }
        object.__setattr__(self, "encoders", own)
        for name in ("moe_every", "experts_from", "balance_rate"):
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
        if self.each_step and self.context in OF_WINDOWS:
            raise InvalidInput(
                "each_step must come with context 'profile', 'none' or 'auto': what a window shows at its end may not "
                f"guide what is predicted before; got {self.context!r}."
            )
        self._check_budget()
        for name in ("width", "layers", "heads", "expert_width"):
            if getattr(self, name) < 1:
                raise InvalidInput(f"{name} must be at least 1; got {getattr(self, name)}.")
        for name in ("dropout", "jitter"):
            if not 0 <= getattr(self, name) < 1:
                raise InvalidInput(f"{name} must be at least 0 and below 1; got {getattr(self, name)}.")
        if self.width % self.heads:
            raise InvalidInput(f"width must be a multiple of heads ({self.heads}); got {self.width}.")
        if not 0 <= self.synergy_experts < self.num_experts:
            raise InvalidInput(
                f"synergy_experts must be at least 0 and below num_experts ({self.num_experts}); "
                f"got {self.synergy_experts}."
            )
        if not 1 <= self.top_k <= self.num_experts:
            raise InvalidInput(
                f"top_k must be between 1 and num_experts ({self.num_experts}); got {self.top_k}."
            )

    def _check_budget(self) -> None:
        budget = self.token_budget
        if budget != AUTO and (isinstance(budget, str) or not 0 < budget <= 1):
            raise InvalidInput(
                f"token_budget must be a share above 0 and at most 1, or {AUTO!r}; got {budget!r}."
            )
        if budget == 1:
            return
        if self.each_step:
            raise InvalidInput(
                "each_step must come with token_budget 1: what a window shows at its end may not choose what is read "
                f"for predictions before; got {budget!r}."
            )
        if self.fusion != "cross":
            raise InvalidInput(
                f"fusion {self.fusion!r} must come with token_budget 1: its tokens stay together; got {budget!r}."
            )

    def build_encoder(self, shapes: Mapping[str, tuple[int, int]]) -> nn.Module:
        """What makes tokens of all modalities of these shapes (r, d)."""
        if not self.encoders:
            return self.encoder.build(shapes, self.width)
        return EncodersByModality(shapes, self.width, self.encoder, self.encoders)
