"""Readers by trees on window summaries, grown by scikit-learn, walked as arrays.

Letters: N windows, B batch, F features, C outputs.
"""

from collections.abc import Iterator

import numpy as np
import torch
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)

from interplay.readers.base import Reader, Sight, mixed_with_prior, prior_logits
from interplay.readers.forest import Tree, joined, of_boosting, of_forest, summed_leaves
from interplay.readers.intervals import interval_quantiles
from interplay.readers.summaries import window_summaries
from interplay.types import Schema

MOST_CANDIDATES, LOOKED_AT = 500, 1_000_000
"""Features that a question is chosen from where these are many, and numbers that are looked at for it."""


class _SummaryTrees(Reader):
    """What trees share: their features, and where they end."""

    prior: torch.Tensor

    def features(self, seen: Sight) -> torch.Tensor:
        return window_summaries(seen)

    def fit(self, features: torch.Tensor, y: torch.Tensor, group: torch.Tensor) -> None:
        x = features.numpy()
        trees = list(self.grown(x, y.numpy())) or [_stump(self.schema.n_outputs)]
        self.learn(joined(trees), "forest_")
        self.learn({"prior": prior_logits(y, self.schema)})

    def grown(self, x: np.ndarray, y: np.ndarray) -> Iterator[Tree]:
        """The trees that features (N, F) and targets make."""
        raise NotImplementedError


class ExtraTrees(_SummaryTrees):
    """Extremely randomised trees (Geurts, Ernst and Wehenkel, 2006).

    Parameters
    ----------
    schema, seed
        See `Reader`.
    trees : int
        Trees of a forest; of several labels, of the forest of each.
    """

    def __init__(self, schema: Schema, seed: int, *, trees: int = 200):
        super().__init__(schema, seed)
        self.trees = trees

    def candidates(self, n_windows: int, n_features: int) -> int:
        """How many features a question is chosen from."""
        return max(1, int(n_features**0.5))

    def grown(self, x: np.ndarray, y: np.ndarray) -> Iterator[Tree]:
        n_outputs = self.schema.n_outputs
        grow = {
            "n_estimators": self.trees,
            "max_features": self.candidates(*x.shape),
            "random_state": self.seed,
            # threads, which share the features; a tree is the same whichever grows it
            "n_jobs": torch.get_num_threads(),
        }
        if self.schema.kind == "classes":
            forest = ExtraTreesClassifier(**grow).fit(x, y)
            for one in forest.estimators_:
                yield of_forest(one.tree_, _spread(one.tree_.value[:, 0], forest.classes_, n_outputs))
            return
        columns = y[:, None] if self.schema.kind == "number" else np.where(y >= 0, y, np.nan)
        for c, column in enumerate(columns.T):
            known = np.isfinite(column)
            forest = ExtraTreesRegressor(min_samples_leaf=2, **grow)
            for one in forest.fit(x[known], column[known]).estimators_ if known.any() else ():
                yield of_forest(one.tree_, _spread(one.tree_.value[:, 0], np.array([c]), n_outputs))

    def read(self, features: torch.Tensor) -> torch.Tensor:
        """Votes, with one more tree that votes the prior: no probability is 0."""
        votes = summed_leaves(features, self.learned("forest_"))
        if self.schema.kind == "number":
            return votes / self.trees
        prior = self.prior.exp() if self.schema.kind == "classes" else torch.sigmoid(self.prior)
        p = (votes + prior) / (self.trees + 1)
        return p.log() if self.schema.kind == "classes" else torch.logit(p.clamp(1e-4, 1 - 1e-4))


class IntervalTrees(ExtraTrees):
    """Extremely randomised trees on quantiles of intervals, see `interplay.readers.intervals`.

    Few of so many features tell anything, so that a question is chosen from more of them than their root, as far as
    that does not take long.

    Parameters
    ----------
    schema, seed
        See `Reader`.
    trees : int
        See `ExtraTrees`.
    """

    def __init__(self, schema: Schema, seed: int, *, trees: int = 100):
        super().__init__(schema, seed, trees=trees)

    def features(self, seen: Sight) -> torch.Tensor:
        return interval_quantiles(seen)

    def candidates(self, n_windows: int, n_features: int) -> int:
        many = min(n_features // 10, MOST_CANDIDATES, LOOKED_AT // n_windows)
        return max(many, super().candidates(n_windows, n_features))


class BoostedTrees(_SummaryTrees):
    """Gradient boosting of trees on histograms of features.

    Parameters
    ----------
    schema, seed
        See `Reader`.
    rounds : int
        Trees of each output.
    learning_rate : float
        Share of what a tree would correct that it is let correct.
    leaves : int
        Largest number of leaves of a tree.
    """

    windows: torch.Tensor

    def __init__(
        self, schema: Schema, seed: int, *, rounds: int = 60, learning_rate: float = 0.1, leaves: int = 15
    ):
        super().__init__(schema, seed)
        self.rounds, self.learning_rate, self.leaves = rounds, learning_rate, leaves

    def grown(self, x: np.ndarray, y: np.ndarray) -> Iterator[Tree]:
        n_outputs = self.schema.n_outputs
        grow = {
            "max_iter": self.rounds,
            "learning_rate": self.learning_rate,
            "max_leaf_nodes": self.leaves,
            "l2_regularization": 1.0,
            "max_features": 0.3,
            "early_stopping": False,
            "random_state": self.seed,
        }
        if self.schema.kind == "labels":
            for c, column in enumerate(y.T):
                known = column >= 0
                if len(np.unique(column[known])) == 2:
                    boosted = HistGradientBoostingClassifier(**grow).fit(_binnable(x[known]), column[known])
                    yield from _boosted(boosted, [c], n_outputs)
            return
        if self.schema.kind == "number":
            known = np.isfinite(y)
            boosted = HistGradientBoostingRegressor(**grow).fit(_binnable(x[known]), y[known])
            yield from _boosted(boosted, [0], n_outputs)
            return
        if len(np.unique(y)) > 1:
            boosted = HistGradientBoostingClassifier(**grow).fit(_binnable(x), y)
            yield from _boosted(boosted, boosted.classes_[-boosted.n_trees_per_iteration_ :], n_outputs)

    def read(self, features: torch.Tensor) -> torch.Tensor:
        """What trees add up to; of classes mixed with the prior."""
        logits = summed_leaves(features, self.learned("forest_"))
        if self.schema.kind != "classes":
            return logits
        return mixed_with_prior(logits.masked_fill(self._absent(), -torch.inf), self.prior)

    def _absent(self) -> torch.Tensor:
        """(C,) classes that no training window had."""
        return self.prior.exp() * self.windows < 1.0

    def fit(self, features: torch.Tensor, y: torch.Tensor, group: torch.Tensor) -> None:
        super().fit(features, y, group)
        self.learn({"windows": torch.tensor(float(len(y)) + 0.5 * self.schema.n_outputs)})


def _binnable(x: np.ndarray) -> np.ndarray:
    """Features whose columns all have a value: scikit-learn cannot bin one without, and on a constant none splits."""
    return np.where(np.isnan(x).all(0), 0.0, x)


def _boosted(boosted, columns, n_outputs: int) -> Iterator[Tree]:
    """Trees of one booster; where it starts from is a tree of one leaf."""
    start = np.zeros((1, n_outputs))
    start[0, list(columns)] = np.ravel(boosted._baseline_prediction)
    yield _leaf(start)
    for trees in boosted._predictors:
        for column, tree in zip(columns, trees, strict=True):
            yield of_boosting(tree.nodes, column, n_outputs)


def _stump(n_outputs: int) -> Tree:
    return _leaf(np.zeros((1, n_outputs)))


def _leaf(value: np.ndarray) -> Tree:
    none = np.zeros(1, dtype=np.int64)
    return Tree(
        feature=np.array([-1]),
        threshold=np.zeros(1),
        missing_left=none > 0,
        left=none,
        right=none,
        value=value,
    )


def _spread(value: np.ndarray, columns: np.ndarray, n_outputs: int) -> np.ndarray:
    """Values (V, c) of some outputs among all of them (V, C)."""
    full = np.zeros((len(value), n_outputs), dtype=np.float32)
    full[:, columns] = value
    return full
