"""Estimators of interactions, and their temporal wrapper."""

from interplay.estimators.base import BaseRUS
from interplay.estimators.checks import check_estimator
from interplay.estimators.discrete import DiscretePID
from interplay.estimators.gaussian import GaussianPID
from interplay.estimators.posterior import PosteriorPID
from interplay.estimators.temporal import TemporalRUS

__all__ = ["BaseRUS", "DiscretePID", "GaussianPID", "PosteriorPID", "TemporalRUS", "check_estimator"]
