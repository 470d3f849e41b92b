"""How far predictions were off on entities that were held out, and what that says of a new one.

Split conformal prediction with entities instead of windows as what is exchangeable (Vovk, Gammerman and Shafer, 2005;
Dunn, Wasserman and Ramdas, JASA 2023): every entity weighs the same, and one more stands for the new one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from interplay.errors import InvalidInput
from interplay.metrics import conformal_radius
from interplay.types import Schema

CLASSES, NUMBER = "classes", "number"


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldOutErrors:
    """What a prediction of a new entity may be off.

    Attributes
    ----------
    level : float, share of windows of new entities that are to be covered, on average over entities
    entities : int, that were held out
    largest : name of an output -> error that is exceeded by at most 1 - level; infinite where entities are too few. Of
        one of several classes 1 - p of the true one, under "classes"; of labels abs(label - p) of each; of a number its
        absolute error, under "number"
    """

    level: float
    entities: int
    largest: Mapping[str, float]

    @classmethod
    def of(cls, predictions: pd.DataFrame, schema: Schema, level: float) -> "HeldOutErrors":
        """From the table of an evaluation, see `interplay.train.Run.predict`."""
        if not 0 < level < 1:
            raise InvalidInput(f"level must be above 0 and below 1; got {level!r}.")
        errors = _errors(predictions, schema)
        entity = predictions["entity"].to_numpy()
        return cls(
            level=level,
            entities=len(np.unique(entity)),
            largest={name: _quantile(error, entity, level) for name, error in errors.items()},
        )

    def interval(self, predicted: float) -> tuple[float, float]:
        """From where to where a number may be."""
        return predicted - self.largest[NUMBER], predicted + self.largest[NUMBER]

    def possible(self, probabilities: Mapping[str, float]) -> tuple[str, ...]:
        """Classes or labels that may hold: any other would be an error larger than the largest."""
        of_classes = self.largest.get(CLASSES)
        return tuple(
            name
            for name, p in probabilities.items()
            if 1.0 - p <= (self.largest[name] if of_classes is None else of_classes)
        )


def _errors(predictions: pd.DataFrame, schema: Schema) -> dict[str, np.ndarray]:
    """By output, one for each window; NaN where the label is not known."""
    if schema.kind == "number":
        return {NUMBER: (predictions["label"] - predictions["predicted"]).abs().to_numpy(dtype=float)}
    p = predictions[[f"p_{name}" for name in schema.classes]].to_numpy(dtype=float)
    if schema.kind == "labels":
        y = predictions[[f"label_{name}" for name in schema.classes]].to_numpy(dtype=float)
        return dict(zip(schema.classes, np.abs(y - p).T, strict=True))
    label = pd.Categorical(predictions["label"], categories=list(schema.classes)).codes
    return {CLASSES: np.where(label >= 0, 1.0 - p[np.arange(len(p)), label], np.nan)}


def _quantile(error: np.ndarray, entity: np.ndarray, level: float) -> float:
    """What so many windows of entities, and of a new one, do not exceed; infinite where no error is known."""
    known = np.isfinite(error)
    if not known.any():
        return float("inf")
    return conformal_radius(error[known], np.zeros(known.sum()), entity=entity[known], coverage=level)
