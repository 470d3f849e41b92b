"""Training, judging and keeping of guided models."""

from interplay.train.config import RECIPES, LossConfig, OptimiserConfig, Recipe, make_recipe
from interplay.train.evaluation import Evaluation
from interplay.train.fit import fit
from interplay.train.run import Run, TrainingData, load_run

__all__ = [
    "RECIPES",
    "Evaluation",
    "LossConfig",
    "OptimiserConfig",
    "Recipe",
    "Run",
    "TrainingData",
    "fit",
    "load_run",
    "make_recipe",
]
