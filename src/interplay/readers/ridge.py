"""Readers by ridge regression, on window summaries, on random convolutions and on such that compete.

Scores of ridge regression on indicators of classes order windows well and are no probabilities: their scale is fitted
to scores of windows whose group was left out, and so is the penalty chosen.

Letters: N windows, B batch, F features, C outputs.
"""

from collections.abc import Callable, Sequence

import torch

from interplay.readers.base import Reader, Sight, mixed_with_prior, prior_logits
from interplay.readers.hydra import draw_groups, wins
from interplay.readers.rockets import draw_patterns, shares_above
from interplay.readers.scoring import loss_of_windows, minimised
from interplay.readers.summaries import step_means, window_summaries
from interplay.types import Schema

PENALTIES = (0.01, 0.1, 1.0)
"""Shares of the mean square of all features that are added to it."""

LIGHT = (0.001, *PENALTIES)
"""Those of a number, which a few features may foretell nearly without error."""

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
    prior: torch.Tensor

    def fit(self, features: torch.Tensor, y: torch.Tensor, group: torch.Tensor) -> None:
        self.learn(_standards(features))
        x, targets = self._standardised(features), _indicators(y, self.schema)
        some = torch.linspace(0, len(x) - 1, min(len(x), CHOSEN_BY)).long()
        losses, scales = [], []
        penalties = LIGHT if self.schema.kind == "number" else PENALTIES
        for scores in _held_out_scores(x[some], targets[some], group[some], penalties):
            scales.append(_fitted_scale(scores, y[some], self.schema))
            logits = scales[-1] * _about_middle(scores, self.schema)
            losses.append(float(loss_of_windows(logits, y[some], self.schema.kind).mean()))
        best = min(range(len(penalties)), key=losses.__getitem__)
        ((weight, intercept),) = _solved(x, targets, penalties[best : best + 1])
        prior = prior_logits(y, self.schema)
        self.learn({"weight": weight, "intercept": intercept, "scale": scales[best], "prior": prior})

    def read(self, features: torch.Tensor) -> torch.Tensor:
        scores = _about_middle(self._standardised(features) @ self.weight + self.intercept, self.schema)
        logits = self.scale * scores
        return mixed_with_prior(logits, self.prior) if self.schema.kind == "classes" else logits

    def _standardised(self, features: torch.Tensor) -> torch.Tensor:
        """Features in deviations, 0 where unknown: that a modality was not observed is a feature of its own."""
        z = (features - self.mean) / self.deviation
        return torch.nan_to_num(z, nan=0.0).clamp(-BEYOND, BEYOND)


class SummaryRidge(_Ridge):
    """Ridge regression on window summaries; of a number also on every step, which forecasts are often linear in.

    Parameters
    ----------
    schema, seed
        See `Reader`.
    """

    def features(self, seen: Sight) -> torch.Tensor:
        summaries = window_summaries(seen)
        return torch.cat([summaries, step_means(seen)], dim=1) if self.schema.kind == "number" else summaries


class _Convolutions(_Ridge):
    """What those on random convolutions share: patterns that are drawn once, from windows without labels."""

    draw: Callable[[Sight, int, torch.Generator], dict[str, torch.Tensor]]

    def __init__(self, schema: Schema, seed: int, *, patterns: int = 4000):
        super().__init__(schema, seed)
        self.patterns = patterns

    def prepare(self, seen: Sight) -> None:
        generator = torch.Generator().manual_seed(self.seed)
        self.learn(self.draw(seen, self.patterns, generator), "drawn_")


class Rockets(_Convolutions):
    """Ridge regression on random convolutions beside window summaries.

    Parameters
    ----------
    schema, seed
        See `Reader`.
    patterns : int
        About how many features the convolutions give.
    """

    draw = staticmethod(draw_patterns)

    def features(self, seen: Sight) -> torch.Tensor:
        shares = shares_above(seen, self.learned("drawn_"))
        return torch.cat([window_summaries(seen), shares], dim=1)


class Hydra(_Convolutions):
    """Ridge regression on convolutions that compete.

    Parameters
    ----------
    schema, seed
        See `Reader`.
    patterns : int
        About how many features they give.
    """

    draw = staticmethod(draw_groups)

    def features(self, seen: Sight) -> torch.Tensor:
        return wins(seen, self.learned("drawn_"))


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


def _held_out_scores(
    x: torch.Tensor, targets: torch.Tensor, group: torch.Tensor, penalties: Sequence[float]
) -> torch.Tensor:
    """(penalties, N, C) scores of each group by the others; of all by all where there is only one."""
    scores = torch.zeros(len(penalties), *targets.shape)
    groups = group.unique()
    for g in groups:
        inside = group == g
        rows = ~inside if len(groups) > 1 else inside
        for k, (weight, intercept) in enumerate(_solved(x[rows], targets[rows], penalties)):
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


def _fitted_scale(scores: torch.Tensor, y: torch.Tensor, schema: Schema) -> torch.Tensor:
    """Scale () that makes logits of scores about the middle; a number is its score.

    No offsets: scores know how frequent classes are from their intercept, and entities differ in that.
    """
    if schema.kind == "number":
        return torch.tensor(1.0)
    fixed = _about_middle(scores, schema).double()
    return minimised(lambda scale: loss_of_windows(scale * fixed, y, schema.kind).mean(), torch.tensor(4.0))[
        0
    ].float()


def _about_middle(scores: torch.Tensor, schema: Schema) -> torch.Tensor:
    """Scores of labels as logits have them, 0 where either side is as likely; others as they are."""
    return scores - 0.5 if schema.kind == "labels" else scores
