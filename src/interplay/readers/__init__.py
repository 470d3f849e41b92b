"""Readers: what learns p(y | some modalities of a window), cross-fitted, for estimators and models alike."""

from interplay.readers.base import Reader, Sight, View
from interplay.readers.crossfit import CrossFitted, Folds, cross_fit, sight, targets
from interplay.readers.hidden import Hidden
from interplay.readers.kinds import READERS, ReadersConfig
from interplay.readers.mixture import Mixture, fit_mixture, out_of_fold_logits
from interplay.readers.ridge import Hydra, Rockets, SummaryRidge
from interplay.readers.summaries import window_summaries
from interplay.readers.trees import BoostedTrees, ExtraTrees, IntervalTrees

__all__ = [
    "READERS",
    "BoostedTrees",
    "CrossFitted",
    "ExtraTrees",
    "Folds",
    "Hidden",
    "Hydra",
    "IntervalTrees",
    "Mixture",
    "Reader",
    "ReadersConfig",
    "Rockets",
    "Sight",
    "SummaryRidge",
    "View",
    "cross_fit",
    "fit_mixture",
    "out_of_fold_logits",
    "sight",
    "targets",
    "window_summaries",
]
