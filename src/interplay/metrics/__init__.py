"""Scores of predictions, of probabilities and of routing: arrays in, flat mappings out."""

from interplay.metrics.calibration import brier_score, expected_calibration_error, reliability
from interplay.metrics.classification import classification_metrics, confusion, confusion_scores
from interplay.metrics.conformal import conformal_radius, interval_metrics
from interplay.metrics.multilabel import multilabel_metrics
from interplay.metrics.regression import regression_metrics
from interplay.metrics.routing_agreement import Agreement, routing_agreement

__all__ = [
    "Agreement",
    "brier_score",
    "classification_metrics",
    "conformal_radius",
    "confusion",
    "confusion_scores",
    "expected_calibration_error",
    "interval_metrics",
    "multilabel_metrics",
    "regression_metrics",
    "reliability",
    "routing_agreement",
]
