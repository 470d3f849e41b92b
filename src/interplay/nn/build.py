"""The model that a configuration asks for."""

from interplay.nn.adapted import Adapted
from interplay.nn.baselines import EarlyFusion
from interplay.nn.context import InteractionContext
from interplay.nn.model import InteractionMoE, ModelConfig
from interplay.nn.two_levels import TwoLevels
from interplay.types import Schema

Network = InteractionMoE | EarlyFusion
TrainedModel = Network | TwoLevels
"""What a training gives."""
Model = TrainedModel | Adapted


def build_model(schema: Schema, config: ModelConfig, context: InteractionContext) -> Network:
    """The network that a configuration asks for."""
    kind = EarlyFusion if config.fusion == "early" else InteractionMoE
    return kind(schema, config, context)
