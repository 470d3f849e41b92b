"""A number as a target of posteriors: fine bins of it, and the few smooth curves that heads bend its density by.

A head gives a number for each curve, and p(bin | x) is p(bin) times the exponential of their sum, normalised: a
log-linear density with the target's own distribution as its base (Efron and Tibshirani, Annals of Statistics 1996).
So bins may be fine, and cost no more to learn than curves. Letters: N windows, C bins, O curves, G groups of bins.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.stats import norm, rankdata

from interplay.data import Windows
from interplay.probe.fine_bins import FineBins
from interplay.types import UNLABELLED

MOST_BINS = 56
"""Of a width of a ninth of a deviation of a normal number: of one bit, 0.003 is lost within bins, of skewed numbers
0.006."""

LEAST_WINDOWS = 8
"""Windows in each tail, beyond which there are no more bins."""

LEAST_NORM = 1e-3
"""Of what a curve has that those before it lack."""

WAVES = 2
"""Curves over the ranks of the number, beside powers of its normal score and of itself."""

GROUPS = 12
"""Of about as many windows each, that couplings of two sources tell apart: they take the cube of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberBins(FineBins):
    """Bins of a continuous target.

    Attributes
    ----------
    of : Windows, with the number
    """

    of: Windows

    @classmethod
    def cut(cls, windows: Windows) -> tuple["NumberBins", Windows]:
        """Bins of a number, and windows whose classes they are."""
        y = windows.y
        score = norm.ppf((rankdata(y) - 0.5) / len(y))
        farthest = -norm.ppf(min(0.25, LEAST_WINDOWS / len(y)))
        edges = np.linspace(-farthest, farthest, MOST_BINS - 1)
        present, code = np.unique(np.searchsorted(edges, score, side="right"), return_inverse=True)
        count = np.bincount(code)
        curves = _curves(y, score, code, count)
        rank = (np.cumsum(count) - 0.5 * count) / len(y)
        group = np.unique((rank * GROUPS).astype(np.int64), return_inverse=True)[1]
        target = np.full(len(windows.steps), UNLABELLED)
        target[windows.last] = code
        steps = replace(windows.steps, target=target, classes=tuple(map(str, range(len(present)))))
        bins = cls(of=windows, curves=curves, group=torch.from_numpy(group))
        return bins, replace(windows, steps=steps)


def _curves(y: np.ndarray, score: np.ndarray, code: np.ndarray, count: np.ndarray) -> torch.Tensor:
    """Powers of the normal score and of the number itself, and waves over ranks, as means of bins, orthonormal."""
    spread = (y - y.mean()) / y.std()
    rank = norm.cdf(score)
    waves = [np.cos(np.pi * k * rank) for k in range(1, WAVES + 1)]
    shapes = np.stack([np.ones_like(score), score, score**2, spread, spread**2, *waves])
    of_bins = np.stack([np.bincount(code, weights=shape) for shape in shapes]) / count
    weight = np.sqrt(count / len(y))
    basis, size = np.linalg.qr((of_bins * weight).T)
    # the first is the constant, which a density does not have; shapes that few bins cannot tell apart are left out
    worth = np.abs(np.diag(size)) > LEAST_NORM
    return torch.from_numpy((basis[:, worth].T / weight)[1:]).float()
