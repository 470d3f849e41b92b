"""Which of very many pairs are trained at all: a quick look at signs and their products.

A short training of all pairs at once, which `screening` judges by, grows with their number. Of more pairs than
`MOST_PAIRS` those are trained in which a look finds most, by two rules that share the places. *Product*: the product of
one sign of each of both modalities goes along with what is left of the target when all signs are known. *Both*: each of
the two goes along with the target by itself.

Of each modality two signs are looked at, of the leading principal components of its features, at one lag for both.
Letters: N windows, M modalities, P pairs, L lags, F signs of a modality, C columns of the target.
"""

import numpy as np
import torch

from interplay.arrays import evenly
from interplay.estimators.lag_choice import MULTIPLIED, reduced
from interplay.estimators.linear_rest import rest, standard, with_ones
from interplay.estimators.posterior.problem import Problem

MOST_PAIRS = 2048
"""Pairs that are trained for screening at once: bounds its memory and its time."""

MOST_WINDOWS = 4096
"""That are looked at, evenly spread."""


def promising(problem: Problem, pairs: np.ndarray) -> np.ndarray:
    """Which pairs are worth a short training.

    Parameters
    ----------
    problem : Problem
    pairs : (P, 2) int64

    Returns
    -------
    (P,) bool, at most `MOST_PAIRS` of them
    """
    chosen = np.ones(len(pairs), dtype=bool)
    if len(pairs) <= MOST_PAIRS:
        return chosen
    alone, product = _scores(problem)
    i, j = pairs.T
    by_product, by_both = product[i, j], np.minimum(alone[i], alone[j])
    half = MOST_PAIRS // 2
    chosen[:] = False
    chosen[np.argsort(-by_product, kind="stable")[:half]] = True
    others = np.flatnonzero(~chosen)
    chosen[others[np.argsort(-by_both[others], kind="stable")[: MOST_PAIRS - half]]] = True
    return chosen


def _scores(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Squared scores, the largest over lags: of signs of each modality alone (M,), of products of two (M, M)."""
    some = evenly(len(problem.windows), MOST_WINDOWS)
    signs, target = _signs(problem), _target(problem)[some]
    n_m, n_f = signs.shape[1:]
    alone, product = torch.zeros(n_m), torch.zeros(n_m, n_m)
    for rows in torch.from_numpy(problem.rows[some].T):
        z = standard(signs[rows].flatten(1), 0)
        met = z.T @ target
        spread = z.square().T @ target.square()
        each = (met.square() / spread.clamp_min(1e-9)).amax(1)
        alone = torch.maximum(alone, each.view(n_m, n_f).amax(1))
        for column in rest(target, with_ones(z)).unbind(1):
            by_sign = _squared_scores(z, column)
            product = torch.maximum(product, by_sign.view(n_m, n_f, n_m, n_f).amax((1, 3)))
    return alone.numpy(), product.numpy()


def _squared_scores(z: torch.Tensor, column: torch.Tensor) -> torch.Tensor:
    """How far the product of any two of signs (N, S) goes along with a column (N,), (S, S): 1 in the mean by chance."""
    along = (z * column[:, None]).T @ z
    spread = (z * column[:, None]).square().T @ z.square()
    return along.square() / spread.clamp_min(1e-9)


def _signs(problem: Problem) -> torch.Tensor:
    """(U, M, F) signs of the leading components of each step."""
    n_u, n_m, _ = problem.features.shape
    steps = np.arange(n_u)
    signs = torch.zeros(n_u, n_m, MULTIPLIED)
    for m in range(n_m):
        leading = reduced(problem.features.at(steps, np.array([m]))[:, 0], MULTIPLIED).sign()
        signs[:, m, : leading.shape[1]] = leading.float()
    return signs


def _target(problem: Problem) -> torch.Tensor:
    """(N, C) what of the target is not known before any source is looked at, of variance 1."""
    y, prior = torch.from_numpy(problem.windows.y), problem.log_prior.exp()
    left = torch.nn.functional.one_hot(y, prior.shape[1]).float() - prior
    if problem.bins is not None:
        left = left @ problem.bins.curves.float().mT
    return left / left.std(0).clamp_min(1e-6)
