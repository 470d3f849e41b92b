"""The model and its parts: plain torch modules that work in anyone's training loop."""

from interplay.nn.attention import CrossModalAttention, TemporalAttention
from interplay.nn.context import InteractionContext, empty_context, interaction_context
from interplay.nn.encoders import StepEncoder
from interplay.nn.experts import Experts, FeedForwardExperts, SynergyAttention
from interplay.nn.model import GuidedPooling, InteractionMoE, ModelConfig, MoELayer, Output
from interplay.nn.router_checks import check_router
from interplay.nn.routers import (
    InteractionRouter,
    LaplaceRouter,
    Router,
    SoftmaxRouter,
    UniformRouter,
)
from interplay.nn.routing import LoadBias, route

__all__ = [
    "CrossModalAttention",
    "Experts",
    "FeedForwardExperts",
    "GuidedPooling",
    "InteractionContext",
    "InteractionMoE",
    "InteractionRouter",
    "LaplaceRouter",
    "LoadBias",
    "MoELayer",
    "ModelConfig",
    "Output",
    "Router",
    "SoftmaxRouter",
    "StepEncoder",
    "SynergyAttention",
    "TemporalAttention",
    "UniformRouter",
    "check_router",
    "empty_context",
    "interaction_context",
    "route",
]
