"""Readers by ridge regression, on window summaries and on random convolutions.

Scores of ridge regression on indicators of classes order windows well and are no probabilities: their scale and offsets
are fitted to scores of windows whose group was left out, and so is the penalty chosen.

Letters: N windows, B batch, F features, C outputs.
"""

from collections.abc import Sequence

import torch

from interplay.readers.base import Reader, Sight, prior_logits
from interplay.readers.rockets import draw_patterns, shares_above
from interplay.readers.scoring import loss_of_windows, minimised, normalised
from interplay.readers.summaries import window_summaries
from interplay.types import Schema

PENALTIES = (0.01, 0.1, 1.0)
"""Shares of the mean square of all features that are added to it."""

CHOSEN_BY = 1000
"""At most so many windows, evenly drawn, choose the penalty and the scale."""

BEYOND = 6.0
"""Standardised features are cut here: a linear score follows an outlier anywhere."""


class _Ridge(Reader):
    """What both share: standardised features, and scores that become logits."""

    mean: torch.Tensor
    deviation: torch.Tensor
    weight: torch.Tensor
    intercept: torch.Tensor
    scale: torch.Tensor
    offset: torch.Tensor

    def fit(self, features: torch.Tensor, y: torch.Tensor, group: torch.Tensor) -> None:
        self.learn(_standards(features))
        x, targets = self._standardised(features), _indicators(y, self.schema)
        some = torch.linspace(0, len(x) - 1, min(len(x), CHOSEN_BY)).long()
        losses, calibrations = [], []
        for scores in _held_out_scores(x[some], targets[some], group[some]):
            calibration = _calibrated(scores, y[some], self.schema)
            logits = calibration[0] * scores + calibration[1]
            losses.append(float(loss_of_windows(logits, y[some], self.schema.kind).mean()))
            calibrations.append(calibration)
        best = min(range(len(PENALTIES)), key=losses.__getitem__)
        ((weight, intercept),) = _solved(x, targets, PENALTIES[best : best + 1])
        scale, offset = calibrations[best]
        self.learn({"weight": weight, "intercept": intercept, "scale": scale, "offset": offset})

    def read(self, features: torch.Tensor) -> torch.Tensor:
        scores = self._standardised(features) @ self.weight + self.intercept
        return normalised(self.scale * scores + self.offset, self.schema.kind)

    def _standardised(self, features: torch.Tensor) -> torch.Tensor:
        """Features in deviations, 0 where unknown: that a modality was not observed is a feature of its own."""
        z = (features - self.mean) / self.deviation
        return torch.nan_to_num(z, nan=0.0).clamp(-BEYOND, BEYOND)


class SummaryRidge(_Ridge):
    """Ridge regression on window summaries.

    Parameters
    ----------
    schema, seed
        See `Reader`.
    """

    def features(self, seen: Sight) -> torch.Tensor:
        return window_summaries(seen)


class Rockets(_Ridge):
    """Ridge regression on random convolutions beside window summaries.

    Parameters
    ----------
    schema, seed
        See `Reader`.
    patterns : int
        About how many features the convolutions give.
    """

    def __init__(self, schema: Schema, seed: int, *, patterns: int = 4000):
        super().__init__(schema, seed)
        self.patterns = patterns

    def prepare(self, seen: Sight) -> None:
        generator = torch.Generator().manual_seed(self.seed)
        self.learn(draw_patterns(seen, self.patterns, generator), "drawn_")

    def features(self, seen: Sight) -> torch.Tensor:
        shares = shares_above(seen, self.learned("drawn_"))
        return torch.cat([window_summaries(seen), shares], dim=1)


def _solved(
    x: torch.Tensor, targets: torch.Tensor, penalties: Sequence[float]
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Weights (F, C) and intercept (C,) of each penalty, in whichever of windows and features is fewer.

    The intercept is free: sums are taken about the mean of those that are fitted.
    """
    centre, middle = x.mean(0), targets.mean(0)
    x, targets = x - centre, targets - middle
    n, f = x.shape
    gram = x @ x.T if n <= f else x.T @ x
    right = targets if n <= f else x.T @ targets
    ridge = n * x.square().mean().clamp_min(1e-12)
    eye = torch.eye(len(gram))
    solutions = [torch.linalg.solve(gram + penalty * ridge * eye, right) for penalty in penalties]
    weights = [x.T @ solution if n <= f else solution for solution in solutions]
    return [(weight, middle - centre @ weight) for weight in weights]


def _held_out_scores(x: torch.Tensor, targets: torch.Tensor, group: torch.Tensor) -> torch.Tensor:
    """(penalties, N, C) scores of each group by the others; of all by all where there is only one."""
    scores = torch.zeros(len(PENALTIES), *targets.shape)
    groups = group.unique()
    for g in groups:
        inside = group == g
        rows = ~inside if len(groups) > 1 else inside
        for k, (weight, intercept) in enumerate(_solved(x[rows], targets[rows], PENALTIES)):
            scores[k, inside] = x[inside] @ weight + intercept
    return scores


def _standards(features: torch.Tensor) -> dict[str, torch.Tensor]:
    """Mean and deviation of columns over what is known; of a column that does not vary infinity, so that it is 0."""
    known = ~features.isnan()
    count = known.sum(0).clamp_min(1)
    mean = torch.where(known, features, 0.0).sum(0) / count
    deviation = (torch.where(known, features - mean, 0.0).square().sum(0) / count).sqrt()
    return {"mean": mean, "deviation": torch.where(deviation > 1e-6, deviation, torch.inf)}


def _indicators(y: torch.Tensor, schema: Schema) -> torch.Tensor:
    """Targets (N, C) of the regression; what is unknown is the mean of its column, which moves nothing."""
    if schema.kind == "classes":
        return torch.nn.functional.one_hot(y, schema.n_outputs).float()
    columns = y[:, None].float() if schema.kind == "number" else torch.where(y >= 0, y.float(), torch.nan)
    return torch.where(columns.isnan(), columns.nanmean(0).nan_to_num(), columns)


def _calibrated(scores: torch.Tensor, y: torch.Tensor, schema: Schema) -> tuple[torch.Tensor, torch.Tensor]:
    """Scale () and offsets (C,) that make logits of scores; a number is its score."""
    offset = torch.zeros(schema.n_outputs)
    if schema.kind == "number":
        return torch.tensor(1.0), offset
    fixed = scores.double()

    def loss(scale: torch.Tensor, offset: torch.Tensor) -> torch.Tensor:
        # offsets of classes that nobody has would run away
        of_windows = loss_of_windows(scale * fixed + offset, y, schema.kind).mean()
        return of_windows + 1e-3 * (offset - prior).square().mean()

    prior = prior_logits(y, schema).double()
    scale, offset = minimised(loss, torch.tensor(4.0), prior)
    return scale.float(), offset.float()
