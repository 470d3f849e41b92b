"""What each window of a table of predictions adds to the scores of a run, one class for each kind of target.

Letters: N windows, C classes or labels.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from interplay.metrics.classification import counts_of_calls, scores_of_calls, surprise_bits
from interplay.metrics.multilabel import counts_of_labels, scores_of_labels
from interplay.metrics.regression import scores_of_errors, sums_of_errors
from interplay.types import UNLABELLED


class WindowScores(ABC):
    """Scores that follow from sums over windows."""

    @abstractmethod
    def parts(self, predictions: pd.DataFrame, classes: Sequence[str]) -> np.ndarray:
        """What each row of `Evaluation.predictions` adds to the sums, (N, *)."""

    @abstractmethod
    def scores(self, sums: np.ndarray) -> dict[str, np.ndarray]:
        """Scores by name of sums (..., *)."""


class ClassScores(WindowScores):
    """One of C classes: counts of calls, and the surprise at the truth in the last row of the sums."""

    def parts(self, predictions: pd.DataFrame, classes: Sequence[str]) -> np.ndarray:
        y, called = (
            pd.Index(classes).get_indexer(pd.Index(predictions[name])) for name in ("label", "predicted")
        )
        probs = _columns(predictions, "p_", classes)
        surprise = np.zeros((len(y), 1, len(classes)))
        surprise[np.arange(len(y)), 0, y] = surprise_bits(y, probs)
        return np.concatenate([counts_of_calls(y, called, len(classes)), surprise], axis=1)

    def scores(self, sums: np.ndarray) -> dict[str, np.ndarray]:
        counts, surprise = sums[..., :3, :], sums[..., 3, :]
        n_windows = counts[..., 1, :].sum(-1)
        return {**scores_of_calls(counts), "log_loss_bits": surprise.sum(-1) / n_windows}


class LabelScores(WindowScores):
    """Any of C labels."""

    def parts(self, predictions: pd.DataFrame, classes: Sequence[str]) -> np.ndarray:
        truth = _columns(predictions, "label_", classes)
        y = np.where(np.isnan(truth), UNLABELLED, truth).astype(np.int64)
        return counts_of_labels(y, _columns(predictions, "p_", classes))

    def scores(self, sums: np.ndarray) -> dict[str, np.ndarray]:
        return scores_of_labels(sums)


class NumberScores(WindowScores):
    """A number."""

    def parts(self, predictions: pd.DataFrame, classes: Sequence[str]) -> np.ndarray:
        y, predicted = (predictions[name].to_numpy(dtype=np.float64) for name in ("label", "predicted"))
        return sums_of_errors(y, predicted)

    def scores(self, sums: np.ndarray) -> dict[str, np.ndarray]:
        return scores_of_errors(sums)


WINDOW_SCORES: Mapping[str, WindowScores] = {
    "classes": ClassScores(),
    "labels": LabelScores(),
    "number": NumberScores(),
}
"""By the kind of a `Schema`."""


def _columns(predictions: pd.DataFrame, before: str, classes: Sequence[str]) -> np.ndarray:
    return predictions[[f"{before}{name}" for name in classes]].to_numpy(dtype=np.float64)
