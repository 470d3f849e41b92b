"""What is known at a step, and in a span of steps after it, without crossing into another segment.

Letters: n steps, k rows asked about.
"""

from dataclasses import dataclass

import numpy as np

from interplay.data.steps import Steps
from interplay.data.targets import unlabelled


@dataclass(frozen=True, slots=True)
class Span:
    """Rows (row + first, row + last] after each of some rows, as far as their segments reach.

    Attributes
    ----------
    row : (k,) int64
    start, stop : (k,) int64, half-open rows of the span; start is at most stop
    """

    row: np.ndarray
    start: np.ndarray
    stop: np.ndarray

    @classmethod
    def after(cls, steps: Steps, row: np.ndarray, first: int, last: int) -> "Span":
        ends = np.searchsorted(steps.segment, steps.segment[row], side="right")
        stop = np.minimum(row + last + 1, ends)
        return cls(row=row, start=np.minimum(row + first + 1, stop), stop=stop)

    def means(self, values: np.ndarray, known: np.ndarray) -> np.ndarray:
        """Means of known steps of values (n, ...), (k, ...) float64; NaN where none is known."""
        sums = _running(np.where(known.reshape(-1, *[1] * (values.ndim - 1)), values, 0.0))
        counts = _running(known.astype(np.float64))
        count = (counts[self.stop] - counts[self.start]).reshape(-1, *[1] * (values.ndim - 1))
        return np.where(count > 0, sums[self.stop] - sums[self.start], np.nan) / np.maximum(count, 1.0)

    def last(self, labels: np.ndarray) -> np.ndarray:
        """The last known of class numbers (n,), (k,) int64; -1 where none is known."""
        seen = _last_true(labels >= 0)[np.maximum(self.stop - 1, 0)]
        inside = (seen >= self.start) & (self.stop > self.start)
        return np.where(inside, labels[seen], unlabelled((len(seen),), labels))


def last_known(steps: Steps, known: np.ndarray, row: np.ndarray, back: int) -> np.ndarray:
    """The last known row at each row or at most `back` steps before it, (k,) int64; -1 where there is none.

    Parameters
    ----------
    steps : Steps
    known : (n,) bool
    row : (k,) int64
    back : int, steps
    """
    begins = np.searchsorted(steps.segment, steps.segment[row], side="left")
    seen = _last_true(known)[row]
    return np.where(seen >= np.maximum(row - back, begins), seen, -1)


def _last_true(known: np.ndarray) -> np.ndarray:
    """Row of the last True at or before each row; -1 before the first."""
    return np.maximum.accumulate(np.where(known, np.arange(len(known)), -1))


def _running(values: np.ndarray) -> np.ndarray:
    """Sums of the first 0, 1, ..., n rows, float64."""
    return np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0, dtype=np.float64)])
