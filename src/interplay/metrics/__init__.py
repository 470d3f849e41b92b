"""Scores of predictions, of probabilities and of routing: arrays in, flat mappings out."""

from interplay.metrics.calibration import brier_score, expected_calibration_error, reliability
from interplay.metrics.classification import classification_metrics, confusion, confusion_scores
from interplay.metrics.routing import routing_agreement

__all__ = [
    "brier_score",
    "classification_metrics",
    "confusion",
    "confusion_scores",
    "expected_calibration_error",
    "reliability",
    "routing_agreement",
]
