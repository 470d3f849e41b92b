"""interplay for scikit-learn users: estimators with `fit`, `predict` and `score`."""

from interplay.sklearn.estimators import InteractionClassifier, InteractionRegressor

__all__ = ["InteractionClassifier", "InteractionRegressor"]
