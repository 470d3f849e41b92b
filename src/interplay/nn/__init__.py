"""The model and its parts: plain torch modules that work in anyone's training loop."""

from interplay.nn.attention import CrossModalAttention, TemporalAttention
from interplay.nn.context import InteractionContext, empty_context, interaction_context
from interplay.nn.encoders import StepEncoder
from interplay.nn.experts import Experts, FeedForwardExperts, SynergyAttention
from interplay.nn.model import GuidedPooling, InteractionMoE, ModelConfig, MoELayer, Output
from interplay.nn.routers import InteractionRouter, SoftmaxRouter, route

__all__ = [
    "CrossModalAttention",
    "Experts",
    "FeedForwardExperts",
    "GuidedPooling",
    "InteractionContext",
    "InteractionMoE",
    "InteractionRouter",
    "MoELayer",
    "ModelConfig",
    "Output",
    "SoftmaxRouter",
    "StepEncoder",
    "SynergyAttention",
    "TemporalAttention",
    "empty_context",
    "interaction_context",
    "route",
]
