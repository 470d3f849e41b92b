"""Estimators of interactions, and their temporal wrapper."""

from interplay.estimators.base import BaseRUS
from interplay.estimators.batch.estimators import BatchPID, MultiScaleBatchPID
from interplay.estimators.beyond_pairs import beyond_pairs
from interplay.estimators.checks import check_estimator
from interplay.estimators.collect import ProfileBuilder
from interplay.estimators.decompose import PredictedAtoms, decompose_predictions
from interplay.estimators.directed import DirectedInformation
from interplay.estimators.discrete import DiscretePID
from interplay.estimators.event_resolved import EventResolved
from interplay.estimators.gaussian import GaussianPID
from interplay.estimators.measured import default_estimator, measured_profile
from interplay.estimators.model_free import add_knn_information
from interplay.estimators.posterior.density import DensityPID
from interplay.estimators.posterior.estimator import PosteriorPID
from interplay.estimators.predictions import PredictionsPID
from interplay.estimators.temporal import TemporalRUS
from interplay.registry import Registry

__all__ = [
    "ESTIMATORS",
    "BaseRUS",
    "BatchPID",
    "DensityPID",
    "DirectedInformation",
    "DiscretePID",
    "EventResolved",
    "GaussianPID",
    "MultiScaleBatchPID",
    "PosteriorPID",
    "PredictedAtoms",
    "PredictionsPID",
    "ProfileBuilder",
    "TemporalRUS",
    "add_knn_information",
    "beyond_pairs",
    "check_estimator",
    "decompose_predictions",
    "default_estimator",
    "measured_profile",
]

ESTIMATORS = Registry(
    "estimator",
    {
        kind.__name__: kind
        for kind in (
            PosteriorPID,
            DiscretePID,
            GaussianPID,
            DensityPID,
            PredictionsPID,
            MultiScaleBatchPID,
            BatchPID,
        )
    },
)
