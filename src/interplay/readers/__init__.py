"""Readers: what learns p(y | some modalities of a window), cross-fitted, for estimators and models alike."""

from interplay.readers.base import Reader, Sight, View
from interplay.readers.crossfit import CrossFitted, Folds, cross_fit, sight, targets
from interplay.readers.ridge import Rockets, SummaryRidge
from interplay.readers.summaries import window_summaries
from interplay.readers.trees import BoostedTrees, ExtraTrees
from interplay.registry import Registry

__all__ = [
    "READERS",
    "BoostedTrees",
    "CrossFitted",
    "ExtraTrees",
    "Folds",
    "Reader",
    "Rockets",
    "Sight",
    "SummaryRidge",
    "View",
    "cross_fit",
    "sight",
    "targets",
    "window_summaries",
]

READERS = Registry(
    "reader",
    {
        "extra_trees": ExtraTrees,
        "boosted_trees": BoostedTrees,
        "rockets": Rockets,
        "ridge": SummaryRidge,
    },
)
