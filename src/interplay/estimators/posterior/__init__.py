"""PosteriorPID: all pairs and all lags from cross-fitted probes."""

from interplay.estimators.posterior.estimator import PosteriorPID

__all__ = ["PosteriorPID"]
