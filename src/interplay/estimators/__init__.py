"""Estimators of interactions, and their temporal wrapper."""

from interplay.estimators.base import BaseRUS
from interplay.estimators.batch import BatchPID
from interplay.estimators.checks import check_estimator
from interplay.estimators.discrete import DiscretePID
from interplay.estimators.gaussian import GaussianPID
from interplay.estimators.multiscale_batch import MultiScaleBatchPID
from interplay.estimators.posterior import PosteriorPID
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
