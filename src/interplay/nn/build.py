"""The model that a configuration asks for."""

from interplay.nn.baselines import EarlyFusion
from interplay.nn.context import InteractionContext
from interplay.nn.model import InteractionMoE, ModelConfig
from interplay.types import Schema

Model = InteractionMoE | EarlyFusion


def build_model(schema: Schema, config: ModelConfig, context: InteractionContext) -> Model:
    """The model that a configuration asks for."""
    kind = EarlyFusion if config.fusion == "early" else InteractionMoE
    return kind(schema, config, context)
