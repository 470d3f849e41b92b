"""The model and its parts: plain torch modules that work in anyone's training loop."""

from interplay.nn.adapted import Adapted
from interplay.nn.attention import CrossModalAttention, TemporalAttention
from interplay.nn.baselines import EarlyFusion
from interplay.nn.build import Model, Network, TrainedModel, build_model
from interplay.nn.checks import check_router
from interplay.nn.config import ModelConfig
from interplay.nn.context import (
    ATOMS,
    InteractionContext,
    empty_context,
    instance_context,
    interaction_context,
    placement,
    token_context,
)
from interplay.nn.encoders import ENCODERS, StepEncoder, TokenPlaces
from interplay.nn.experts import DenseExperts, Experts, FeedForwardExperts, SynergyAttention
from interplay.nn.model import InteractionMoE, MoELayer, Output
from interplay.nn.pooling import GuidedPooling, LatePooling, StaticInputs
from interplay.nn.routers import (
    ROUTERS,
    InteractionRouter,
    LaplaceRouter,
    PublishedRouter,
    Router,
    SoftmaxRouter,
    UniformRouter,
)
from interplay.nn.routing import LoadBias, route
from interplay.nn.two_levels import TwoLevels

__all__ = [
    "ATOMS",
    "ENCODERS",
    "ROUTERS",
    "Adapted",
    "CrossModalAttention",
    "DenseExperts",
    "EarlyFusion",
    "Experts",
    "FeedForwardExperts",
    "GuidedPooling",
    "InteractionContext",
    "InteractionMoE",
    "InteractionRouter",
    "LaplaceRouter",
    "LatePooling",
    "LoadBias",
    "MoELayer",
    "Model",
    "ModelConfig",
    "Network",
    "Output",
    "PublishedRouter",
    "Router",
    "SoftmaxRouter",
    "StaticInputs",
    "StepEncoder",
    "SynergyAttention",
    "TemporalAttention",
    "TokenPlaces",
    "TrainedModel",
    "TwoLevels",
    "UniformRouter",
    "build_model",
    "check_router",
    "empty_context",
    "instance_context",
    "interaction_context",
    "placement",
    "route",
    "token_context",
]
