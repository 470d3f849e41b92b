"""Training, judging and keeping of guided models."""

from interplay.train.control import train_control
from interplay.train.evaluation import Evaluation
from interplay.train.export import Exported, export_run
from interplay.train.fit import fit
from interplay.train.recipe import RECIPES, DecisionConfig, OptimiserConfig, Recipe, make_recipe
from interplay.train.run import Run, TrainingData, load_run
from interplay.train.run_folder import check_run_folder
from interplay.train.trackers import TRACKERS, JsonLines, MLflow, TensorBoard, Tracker, make_trackers

__all__ = [
    "RECIPES",
    "TRACKERS",
    "DecisionConfig",
    "Evaluation",
    "Exported",
    "JsonLines",
    "MLflow",
    "OptimiserConfig",
    "Recipe",
    "Run",
    "TensorBoard",
    "Tracker",
    "TrainingData",
    "check_run_folder",
    "export_run",
    "fit",
    "load_run",
    "make_recipe",
    "make_trackers",
    "train_control",
]
