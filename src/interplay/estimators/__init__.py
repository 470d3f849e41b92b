"""Estimators of interactions, and their temporal wrapper."""

from interplay.estimators.base import BaseRUS
from interplay.estimators.batch.estimators import BatchPID, MultiScaleBatchPID
from interplay.estimators.checks import check_estimator
from interplay.estimators.discrete import DiscretePID
from interplay.estimators.gaussian import GaussianPID
from interplay.estimators.posterior.estimator import PosteriorPID
from interplay.estimators.temporal import TemporalRUS

__all__ = [
    "BaseRUS",
    "BatchPID",
    "DiscretePID",
    "GaussianPID",
    "MultiScaleBatchPID",
    "PosteriorPID",
    "TemporalRUS",
    "check_estimator",
]
