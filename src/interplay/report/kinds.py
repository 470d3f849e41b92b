"""How each kind of target stands in a report: its words, its tables and its drawings, one class a kind.

To add a kind: a class here beside the one in `interplay.train.target_kinds`, and what the page's script says of it in
``web/kinds.js``.

Letters: N windows, C classes or labels.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from interplay.metrics import confusion
from interplay.report.prediction_data import (
    binned,
    calls_of_classes,
    confidence,
    dots,
    means_by_entity,
    one_output,
)
from interplay.report.text import listed
from interplay.types import Schema

Output = tuple[str, np.ndarray, np.ndarray, np.ndarray]
"""Name of a class or label, whether it holds, bool, its probability and whose it is; of windows where that is known."""


class ReportedKind(ABC):
    """What a report asks about a kind of target.

    Attributes
    ----------
    figures : names of the figures for papers that it has, see `interplay.report.figures`
    entity_score : what is told of each entity, on an axis
    entity_words : the same in a sentence; empty where it is told by the axis alone
    """

    figures: tuple[str, ...]
    entity_score = "share right"
    entity_words = ""

    @abstractmethod
    def heading(self, schema: Schema) -> str:
        """What the target is, in the sentence under the title."""

    @abstractmethod
    def predicts(self, schema: Schema) -> str:
        """What the model predicts, in the model card."""

    @abstractmethod
    def data(self, predictions: pd.DataFrame, schema: Schema) -> dict[str, Any]:
        """Tables and curves of the predictions, for the page's script."""

    def outputs(self, predictions: pd.DataFrame, schema: Schema) -> list[Output]:
        """Truth and probability of each class or label."""
        return []

    def calibration(self, predictions: pd.DataFrame, schema: Schema) -> dict[str, dict[str, np.ndarray]]:
        """Curves of `binned` by their names in a legend."""
        return {}

    @abstractmethod
    def sums_by_window(self, predictions: pd.DataFrame, schema: Schema) -> tuple[Any, Any]:
        """Of each window: sum of the entities' score, and how many it sums over, both (N,) or one number."""

    def entities(self, predictions: pd.DataFrame, schema: Schema) -> dict[str, Any]:
        """The score of each entity, lowest first; see `means_by_entity`."""
        sums, n = self.sums_by_window(predictions, schema)
        return means_by_entity(pd.DataFrame({"sum": sums, "n": n, "entity": predictions["entity"]}))

    def output_of(self, example: xr.Dataset) -> str:
        """Name of the output that is explained of one window of `Evaluation.examples`."""
        return str(example.attrs["outputs"][int(example["output"])])

    @abstractmethod
    def bands(self, predictions: pd.DataFrame, schema: Schema) -> dict[str, Any]:
        """What is drawn of each window along time: what is so, what was called, and how likely it was said to be."""

    @abstractmethod
    def sureness(self, predictions: pd.DataFrame, schema: Schema) -> np.ndarray:
        """(N,) by what windows are ranked when someone asks why, the least sure first."""

    @abstractmethod
    def verdict(self, row: pd.Series, output: str) -> dict[str, Any]:
        """What is true of the window of a row of predictions, and what was predicted."""


class ReportedClasses(ReportedKind):
    """One of several classes."""

    figures = ("confusion", "roc", "pr", "calibration")
    entity_words = "share of windows right"

    def heading(self, schema: Schema) -> str:
        return f"{len(schema.classes)} classes"

    def predicts(self, schema: Schema) -> str:
        return f"one of {len(schema.classes)} classes: {listed(schema.classes)}"

    def data(self, predictions: pd.DataFrame, schema: Schema) -> dict[str, Any]:
        number = {name: c for c, name in enumerate(schema.classes)}
        y, called = (predictions[column].map(number).to_numpy() for column in ("label", "predicted"))
        (curve,) = self.calibration(predictions, schema).values()
        return {
            "outputs": [
                one_output(*output) | calls
                for output, calls in zip(
                    self.outputs(predictions, schema),
                    calls_of_classes(y, called, predictions["entity"].to_numpy(), len(schema.classes)),
                    strict=True,
                )
            ],
            "confusion": confusion(y, called, len(schema.classes)),
            "calibration": curve,
        }

    def outputs(self, predictions: pd.DataFrame, schema: Schema) -> list[Output]:
        return [
            (
                name,
                (predictions["label"] == name).to_numpy(),
                _probability(predictions, name),
                predictions["entity"].to_numpy(),
            )
            for name in schema.classes
        ]

    def calibration(self, predictions: pd.DataFrame, schema: Schema) -> dict[str, dict[str, np.ndarray]]:
        right = (predictions["label"] == predictions["predicted"]).to_numpy()
        return {"": binned(confidence(predictions, schema), right, predictions["entity"].to_numpy())}

    def sums_by_window(self, predictions: pd.DataFrame, schema: Schema) -> tuple[Any, Any]:
        return (predictions["label"] == predictions["predicted"]).astype(float), 1

    def bands(self, predictions: pd.DataFrame, schema: Schema) -> dict[str, Any]:
        label, called = (
            pd.Index(schema.classes).get_indexer(pd.Index(predictions[name]))
            for name in ("label", "predicted")
        )
        probs = predictions[[f"p_{name}" for name in schema.classes]].to_numpy()
        of_label = np.where(label >= 0, probs[np.arange(len(probs)), label], np.nan)
        return {
            "label": label,
            "called": called,
            "p": confidence(predictions, schema),
            "p_label": of_label,
            "wrong": (label >= 0) & (label != called),
        }

    def sureness(self, predictions: pd.DataFrame, schema: Schema) -> np.ndarray:
        return predictions[[f"p_{name}" for name in schema.classes]].to_numpy().max(1)

    def verdict(self, row: pd.Series, output: str) -> dict[str, Any]:
        return {
            "label": str(row["label"]),
            "right": bool(row["label"] == output),
            "p": float(row[f"p_{output}"]),
        }


class ReportedLabels(ReportedKind):
    """Any of several labels, some of which may be unknown."""

    figures = ("roc", "pr", "calibration")

    def heading(self, schema: Schema) -> str:
        return f"{len(schema.classes)} labels"

    def predicts(self, schema: Schema) -> str:
        return f"any of {len(schema.classes)} labels: {listed(schema.classes)}"

    def data(self, predictions: pd.DataFrame, schema: Schema) -> dict[str, Any]:
        return {"outputs": [_label_output(*output) for output in self.outputs(predictions, schema)]}

    def outputs(self, predictions: pd.DataFrame, schema: Schema) -> list[Output]:
        rows = []
        for name in schema.classes:
            truth, p = predictions[f"label_{name}"].to_numpy(), _probability(predictions, name)
            known = truth >= 0
            rows.append((name, truth[known] == 1, p[known], predictions["entity"].to_numpy()[known]))
        return rows

    def calibration(self, predictions: pd.DataFrame, schema: Schema) -> dict[str, dict[str, np.ndarray]]:
        return {
            name: binned(p, truth, entity)
            for name, truth, p, entity in self.outputs(predictions, schema)
            if len(truth)
        }

    def sums_by_window(self, predictions: pd.DataFrame, schema: Schema) -> tuple[Any, Any]:
        truth = predictions[[f"label_{name}" for name in schema.classes]].to_numpy()
        called = predictions[[f"p_{name}" for name in schema.classes]].to_numpy() >= 0.5
        known = truth >= 0
        return ((called == (truth == 1)) & known).sum(1), known.sum(1)

    def bands(self, predictions: pd.DataFrame, schema: Schema) -> dict[str, Any]:
        truth = predictions[[f"label_{name}" for name in schema.classes]].fillna(-1).to_numpy()
        p = predictions[[f"p_{name}" for name in schema.classes]].to_numpy()
        wrong = (truth >= 0) & ((p >= 0.5) != (truth == 1))
        return {"labels": truth.T.astype(int), "ps": p.T, "wrongs": wrong.T, "wrong": wrong.any(1)}

    def sureness(self, predictions: pd.DataFrame, schema: Schema) -> np.ndarray:
        p = predictions[[f"p_{name}" for name in schema.classes]].to_numpy()
        return np.abs(p - 0.5).min(1)

    def verdict(self, row: pd.Series, output: str) -> dict[str, Any]:
        truth = int(row[f"label_{output}"])
        words = {1: "it holds", 0: "it does not hold", -1: "not known"}
        verdict: dict[str, Any] = {"label": words[truth], "p": float(row[f"p_{output}"])}
        return verdict if truth < 0 else verdict | {"right": (row[f"p_{output}"] >= 0.5) == (truth == 1)}


class ReportedNumber(ReportedKind):
    """A number."""

    figures = ("predicted",)
    entity_score = entity_words = "mean absolute error"

    def heading(self, schema: Schema) -> str:
        return "the target is a number"

    def predicts(self, schema: Schema) -> str:
        return "a number"

    def data(self, predictions: pd.DataFrame, schema: Schema) -> dict[str, Any]:
        return {"dots": dots(predictions)}

    def sums_by_window(self, predictions: pd.DataFrame, schema: Schema) -> tuple[Any, Any]:
        return (predictions["predicted"] - predictions["label"]).abs(), 1

    def output_of(self, example: xr.Dataset) -> str:
        return "the number"

    def bands(self, predictions: pd.DataFrame, schema: Schema) -> dict[str, Any]:
        numbers = {
            name: predictions[column].to_numpy()
            for name, column in (("number", "label"), ("told", "predicted"))
        }
        return {**numbers, "wrong": np.zeros(len(predictions), dtype=bool)}

    def sureness(self, predictions: pd.DataFrame, schema: Schema) -> np.ndarray:
        return -(predictions["predicted"] - predictions["label"]).abs().to_numpy()

    def verdict(self, row: pd.Series, output: str) -> dict[str, Any]:
        return {"label": float(row["label"]), "predicted": float(row["predicted"])}


REPORTED: Mapping[str, ReportedKind] = {
    "classes": ReportedClasses(),
    "labels": ReportedLabels(),
    "number": ReportedNumber(),
}
"""By the kind of a `Schema`."""


def _label_output(name: str, truth: np.ndarray, p: np.ndarray, entity: np.ndarray) -> dict[str, Any]:
    output = one_output(name, truth, p, entity)
    if not len(truth):
        return output
    # a label and its absence are two classes; that it holds is the second
    return output | calls_of_classes(truth.astype(int), (p >= 0.5).astype(int), entity, 2)[1]


def _probability(predictions: pd.DataFrame, name: str) -> np.ndarray:
    return predictions[f"p_{name}"].to_numpy(dtype=np.float64)
