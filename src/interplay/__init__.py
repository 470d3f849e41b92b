"""Measure how modalities act together over time, and train models guided by what was found.

Public names are loaded when they are first used, so that ``import interplay`` stays quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING

_HOME = {
    "Recording": "types",
    "Stream": "types",
    "Target": "types",
    "Events": "data",
    "Hold": "data",
    "HoldAge": "data",
    "Mark": "data",
    "TargetBins": "data",
    "Windows": "data",
    "label_at": "data",
    "label_intervals": "data",
    "label_series": "data",
    "make_steps": "data",
    "make_windows": "data",
    "read_steps": "data",
    "split_by_entity": "data",
    "windows_around": "data",
    "windows_from_arrays": "data",
    "InteractionProfile": "profile",
    "TripleProfile": "profile",
    "BatchPID": "estimators",
    "DirectedInformation": "estimators",
    "DiscretePID": "estimators",
    "DensityPID": "estimators",
    "EventResolved": "estimators",
    "GaussianPID": "estimators",
    "MultiScaleBatchPID": "estimators",
    "PosteriorPID": "estimators",
    "PredictionsPID": "estimators",
    "TemporalRUS": "estimators",
    "beyond_pairs": "estimators",
    "decompose_predictions": "estimators",
    "load_dataset": "datasets",
    "prepare": "study",
    "read_folder": "study",
    "InteractionClassifier": "sklearn",
    "InteractionRegressor": "sklearn",
    "compare": "comparison",
    "list_runs": "comparison",
    "select_modalities": "selection",
    "fit": "train",
    "load_run": "train",
    "tune": "tuning",
    "write_figures": "report",
    "write_report": "report",
}
_MODULES = (
    "comparison",
    "data",
    "datasets",
    "errors",
    "estimators",
    "info",
    "losses",
    "metrics",
    "nn",
    "report",
    "selection",
    "sklearn",
    "study",
    "synthetic",
    "text",
    "train",
    "tuning",
    "types",
)

if TYPE_CHECKING:
    from interplay import (
        comparison,
        data,
        datasets,
        errors,
        estimators,
        info,
        losses,
        metrics,
        nn,
        report,
        selection,
        sklearn,
        study,
        synthetic,
        text,
        train,
        tuning,
        types,
    )
    from interplay.comparison import compare, list_runs
    from interplay.data import (
        Events,
        Hold,
        HoldAge,
        Mark,
        TargetBins,
        Windows,
        label_at,
        label_intervals,
        label_series,
        make_steps,
        make_windows,
        read_steps,
        split_by_entity,
        windows_around,
        windows_from_arrays,
    )
    from interplay.datasets import load_dataset
    from interplay.estimators import (
        BatchPID,
        DensityPID,
        DirectedInformation,
        DiscretePID,
        EventResolved,
        GaussianPID,
        MultiScaleBatchPID,
        PosteriorPID,
        PredictionsPID,
        TemporalRUS,
        beyond_pairs,
        decompose_predictions,
    )
    from interplay.profile import InteractionProfile, TripleProfile
    from interplay.report import write_figures, write_report
    from interplay.selection import select_modalities
    from interplay.sklearn import InteractionClassifier, InteractionRegressor
    from interplay.study import prepare, read_folder
    from interplay.train import fit, load_run
    from interplay.tuning import tune
    from interplay.types import Recording, Stream, Target

__all__ = [*_HOME, *_MODULES]


def __getattr__(name: str):
    if name in _HOME:
        return getattr(import_module(f"interplay.{_HOME[name]}"), name)
    if name in _MODULES:
        return import_module(f"interplay.{name}")
    raise AttributeError(f"module 'interplay' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
