"""Estimators of interactions, and their temporal wrapper."""

from interplay.estimators.base import BaseRUS
from interplay.estimators.batch.estimators import BatchPID, MultiScaleBatchPID
from interplay.estimators.checks import check_estimator
from interplay.estimators.collect import ProfileBuilder
from interplay.estimators.discrete import DiscretePID
from interplay.estimators.event_resolved import EventResolved
from interplay.estimators.gaussian import GaussianPID
from interplay.estimators.posterior.density import DensityPID
from interplay.estimators.posterior.estimator import PosteriorPID
from interplay.estimators.temporal import TemporalRUS
from interplay.registry import Registry

__all__ = [
    "ESTIMATORS",
    "BaseRUS",
    "BatchPID",
    "DensityPID",
    "DiscretePID",
    "EventResolved",
    "GaussianPID",
    "MultiScaleBatchPID",
    "PosteriorPID",
    "ProfileBuilder",
    "TemporalRUS",
    "check_estimator",
]

ESTIMATORS = Registry(
    "estimator",
    {
        kind.__name__: kind
        for kind in (PosteriorPID, DiscretePID, GaussianPID, DensityPID, MultiScaleBatchPID, BatchPID)
    },
)
