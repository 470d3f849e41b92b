"""Training, judging and keeping of guided models.

Public names are loaded when they are first used: what only reads recipes or runs does not wait for Lightning.
"""

from importlib import import_module
from typing import TYPE_CHECKING

_HOME = {
    "Adaptation": "adaptation",
    "DecisionConfig": "recipe",
    "Evaluation": "evaluation",
    "EntityStream": "stream",
    "Exported": "export",
    "JsonLines": "trackers",
    "MLflow": "trackers",
    "OptimiserConfig": "recipe",
    "RECIPES": "recipe",
    "Recipe": "recipe",
    "Run": "run",
    "StreamPrediction": "stream",
    "TRACKERS": "trackers",
    "TensorBoard": "trackers",
    "Tracker": "trackers",
    "TrainingData": "run",
    "check_run_folder": "run_folder",
    "export_run": "export",
    "fit": "training",
    "load_run": "run",
    "make_recipe": "recipe",
    "make_trackers": "trackers",
    "rehearse": "rehearsal",
    "train_control": "control",
}

if TYPE_CHECKING:
    from interplay.train.adaptation import Adaptation
    from interplay.train.control import train_control
    from interplay.train.evaluation import Evaluation
    from interplay.train.export import Exported, export_run
    from interplay.train.recipe import RECIPES, DecisionConfig, OptimiserConfig, Recipe, make_recipe
    from interplay.train.rehearsal import rehearse
    from interplay.train.run import Run, TrainingData, load_run
    from interplay.train.run_folder import check_run_folder
    from interplay.train.stream import EntityStream, StreamPrediction
    from interplay.train.trackers import TRACKERS, JsonLines, MLflow, TensorBoard, Tracker, make_trackers
    from interplay.train.training import fit

__all__ = [
    "RECIPES",
    "TRACKERS",
    "Adaptation",
    "DecisionConfig",
    "EntityStream",
    "Evaluation",
    "Exported",
    "JsonLines",
    "MLflow",
    "OptimiserConfig",
    "Recipe",
    "Run",
    "StreamPrediction",
    "TensorBoard",
    "Tracker",
    "TrainingData",
    "check_run_folder",
    "export_run",
    "fit",
    "load_run",
    "make_recipe",
    "make_trackers",
    "rehearse",
    "train_control",
]


def __getattr__(name: str):
    if name in _HOME:
        return getattr(import_module(f"interplay.train.{_HOME[name]}"), name)
    raise AttributeError(f"module 'interplay.train' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
