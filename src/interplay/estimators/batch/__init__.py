"""The BATCH estimators of the literature."""

from interplay.estimators.batch.estimators import BatchPID, MultiScaleBatchPID

__all__ = ["BatchPID", "MultiScaleBatchPID"]
