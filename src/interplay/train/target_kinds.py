"""What each kind of target asks of training and testing: a loss, predictions, a table and scores.

To add a kind: a class here, named in `TARGETS`, and how it stands in a report, see `interplay.report.kinds`.

Letters: N windows, C classes or labels.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812

from interplay.data import Scaler, Windows
from interplay.errors import InvalidInput
from interplay.metrics import classification_metrics, multilabel_metrics, regression_metrics
from interplay.types import UNLABELLED, Schema


class TargetKind(ABC):
    """One kind of target.

    Attributes
    ----------
    name : its key in `TARGETS`, and the kind of a `Schema`
    loss_name : what its loss is called in a log
    main_score : the score by which runs are compared; larger is better
    prediction : what is predicted, in words
    """

    name: str
    prediction: str
    loss_name = "cross_entropy"
    main_score = "macro_f1"

    @abstractmethod
    def loss(self, logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Mean loss of logits (..., C) under targets (...) or (..., C); those that are unlabelled do not count."""

    @abstractmethod
    def fitted(self, logits: torch.Tensor, y: torch.Tensor) -> dict[str, torch.Tensor]:
        """How well the training batch is predicted, by name; of labelled targets."""

    @abstractmethod
    def read(self, logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """What logits (N, C) say: probabilities (N, C), or numbers (N,) in the unit of the target.

        A number was scaled by its mean and deviation, `target` (2,). Plain operations, which other runtimes have.
        """

    def predicted(self, logits: torch.Tensor, scaler: Scaler) -> np.ndarray:
        """What logits (N, C) say, float64; see `read`."""
        return self.read(logits.double(), torch.from_numpy(scaler.target).double()).numpy()

    @abstractmethod
    def called(self, predicted: np.ndarray) -> np.ndarray:
        """Number of the output that each prediction is about, (N,) int."""

    @abstractmethod
    def ranking(self, windows: Windows, predicted: np.ndarray) -> np.ndarray:
        """By what windows are ranked when examples are drawn from all of their range: how sure, or how wrong, (N,)."""

    @abstractmethod
    def sureness(self, windows: Windows, predicted: np.ndarray) -> np.ndarray:
        """By what windows are ranked when someone asks why, the least sure first, (N,)."""

    def wrong(self, windows: Windows, predicted: np.ndarray) -> np.ndarray:
        """Windows of which something else was called than is so, (N,) bool."""
        return np.zeros(len(windows), dtype=bool)

    @abstractmethod
    def label_columns(self, windows: Windows) -> dict[str, object]:
        """Columns of the table of predictions that say what is so; empty cells where that is unknown."""

    @abstractmethod
    def predicted_columns(self, windows: Windows, predicted: np.ndarray) -> dict[str, object]:
        """Columns of the table of predictions that say what was predicted, and how surely."""

    @abstractmethod
    def scores(self, windows: Windows, predicted: np.ndarray, n_bootstrap: int) -> dict[str, float]:
        """Scores of predictions, with intervals over entities."""

    @abstractmethod
    def counts(self, windows: Windows) -> tuple[int, ...]:
        """Windows of each class or label; empty where there are none."""

    def calling(self, rule: str, counts: Sequence[int]) -> "TargetKind":
        """The same kind, with its classes called by a rule; see `make_target`."""
        if rule != "likeliest":
            raise InvalidInput(
                f"decision.rule {rule!r} must come with a target of one of several classes; this target is of kind "
                f"{self.name!r}. Leave the rule 'likeliest'."
            )
        return self

    def call_rule(self) -> Mapping[str, object]:
        """How a class is called from its probabilities, for other programs; empty where that is the likeliest."""
        return {}

    def classes_of_profile(self, schema: Schema) -> tuple[str, ...] | None:
        """Classes that a profile must be about to guide a model of this target; None where any will do."""
        return None

    def outputs(self, schema: Schema) -> tuple[str, ...]:
        """Names of what is predicted."""
        return schema.classes

    def groups(self, schema: Schema) -> tuple[str, ...]:
        """Names of the groups by which insight is told apart."""
        return ("all",)

    def group_of(self, y: torch.Tensor) -> torch.Tensor:
        """Group of each window, (N,) int64."""
        return torch.zeros(len(y), dtype=torch.int64)


class Classes(TargetKind):
    """One of C classes: cross-entropy.

    The class is called whose probability is the largest share of what it is before a window is looked at: under equal
    shares the likeliest; under those of the training windows the call that is right most often if classes are equally
    frequent (Elkan, IJCAI 2001; Menon et al., ICLR 2021).

    Parameters
    ----------
    shares : (C,) float, optional
        Of the classes among training windows; a class of share 0 is never called. By default they are equal.
    """

    name = "classes"
    prediction = "probability of each class"

    def __init__(self, shares: np.ndarray | None = None):
        self.shares = shares

    def loss(self, logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(logits.flatten(0, -2), y.flatten(), ignore_index=UNLABELLED)

    def fitted(self, logits: torch.Tensor, y: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"accuracy": (logits.argmax(-1) == y).float().mean()}

    def read(self, logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return torch.softmax(logits, dim=-1)

    def called(self, predicted: np.ndarray) -> np.ndarray:
        if self.shares is None:
            return predicted.argmax(1)
        return (predicted / np.where(self.shares > 0, self.shares, np.inf)).argmax(1)

    def calling(self, rule: str, counts: Sequence[int]) -> TargetKind:
        return self if rule == "likeliest" else Classes(np.asarray(counts) / np.sum(counts))

    def call_rule(self) -> Mapping[str, object]:
        if self.shares is None:
            return {}
        return {
            "call": "the class of the largest probability / share; none of share 0",
            "shares": self.shares.tolist(),
        }

    def ranking(self, windows: Windows, predicted: np.ndarray) -> np.ndarray:
        return predicted.max(1)

    def sureness(self, windows: Windows, predicted: np.ndarray) -> np.ndarray:
        return predicted.max(1)

    def wrong(self, windows: Windows, predicted: np.ndarray) -> np.ndarray:
        return self.called(predicted) != windows.y

    def label_columns(self, windows: Windows) -> dict[str, object]:
        # the last name stands for -1, unlabelled
        names = np.array([*windows.classes, None], dtype=object)
        return {"label": names[windows.y]}

    def predicted_columns(self, windows: Windows, predicted: np.ndarray) -> dict[str, object]:
        names = np.array(windows.classes, dtype=object)
        probs = {f"p_{name}": predicted[:, c] for c, name in enumerate(windows.classes)}
        return {"predicted": names[self.called(predicted)], **probs}

    def scores(self, windows: Windows, predicted: np.ndarray, n_bootstrap: int) -> dict[str, float]:
        return classification_metrics(
            windows.y,
            predicted,
            called=self.called(predicted),
            entity=windows.entity,
            n_bootstrap=n_bootstrap,
        )

    def counts(self, windows: Windows) -> tuple[int, ...]:
        return tuple(np.bincount(windows.y, minlength=len(windows.classes)).tolist())

    def classes_of_profile(self, schema: Schema) -> tuple[str, ...] | None:
        return schema.classes

    def groups(self, schema: Schema) -> tuple[str, ...]:
        return schema.classes

    def group_of(self, y: torch.Tensor) -> torch.Tensor:
        return y


class Labels(TargetKind):
    """Any of C labels: binary cross-entropy of each that is known."""

    name = "labels"
    prediction = "probability of each label"

    def loss(self, logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        known = y != UNLABELLED
        each = F.binary_cross_entropy_with_logits(logits, y.clamp_min(0).to(logits), reduction="none")
        return (each * known).sum() / known.sum().clamp_min(1)

    def fitted(self, logits: torch.Tensor, y: torch.Tensor) -> dict[str, torch.Tensor]:
        known = y != UNLABELLED
        right = ((logits >= 0) == (y == 1)) & known
        return {"accuracy": right.sum() / known.sum().clamp_min(1)}

    def read(self, logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(logits)

    def called(self, predicted: np.ndarray) -> np.ndarray:
        return predicted.argmax(1)

    def ranking(self, windows: Windows, predicted: np.ndarray) -> np.ndarray:
        return predicted.max(1)

    def sureness(self, windows: Windows, predicted: np.ndarray) -> np.ndarray:
        return np.abs(predicted - 0.5).min(1)

    def wrong(self, windows: Windows, predicted: np.ndarray) -> np.ndarray:
        y = windows.y
        return ((y >= 0) & ((predicted >= 0.5) != (y == 1))).any(1)

    def label_columns(self, windows: Windows) -> dict[str, object]:
        y = windows.y
        known = y if (y >= 0).all() else np.where(y >= 0, y, np.nan)
        return {f"label_{name}": known[:, c] for c, name in enumerate(windows.classes)}

    def predicted_columns(self, windows: Windows, predicted: np.ndarray) -> dict[str, object]:
        return {f"p_{name}": predicted[:, c] for c, name in enumerate(windows.classes)}

    def scores(self, windows: Windows, predicted: np.ndarray, n_bootstrap: int) -> dict[str, float]:
        return multilabel_metrics(windows.y, predicted, entity=windows.entity, n_bootstrap=n_bootstrap)

    def counts(self, windows: Windows) -> tuple[int, ...]:
        return tuple((windows.y == 1).sum(0).tolist())


class Number(TargetKind):
    """A number: squared error of the scaled target."""

    name = "number"
    prediction = "the number, in the unit of the target"
    loss_name = "squared_error"
    main_score = "r2"

    def loss(self, logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        known = ~y.isnan()
        error = torch.where(known, logits[..., 0] - y, 0.0)
        return error.square().sum() / known.sum().clamp_min(1)

    def fitted(self, logits: torch.Tensor, y: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"absolute_error": (logits[..., 0] - y).abs().mean()}

    def read(self, logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return logits[:, 0] * target[1] + target[0]

    def called(self, predicted: np.ndarray) -> np.ndarray:
        return np.zeros(len(predicted), dtype=np.int64)

    def ranking(self, windows: Windows, predicted: np.ndarray) -> np.ndarray:
        return np.abs(predicted - windows.y)

    def sureness(self, windows: Windows, predicted: np.ndarray) -> np.ndarray:
        # a number is told without a probability: whoever asks, asks of the largest errors
        return -np.abs(predicted - windows.y)

    def label_columns(self, windows: Windows) -> dict[str, object]:
        return {"label": windows.y}

    def predicted_columns(self, windows: Windows, predicted: np.ndarray) -> dict[str, object]:
        return {"predicted": predicted}

    def scores(self, windows: Windows, predicted: np.ndarray, n_bootstrap: int) -> dict[str, float]:
        return regression_metrics(windows.y, predicted, entity=windows.entity, n_bootstrap=n_bootstrap)

    def counts(self, windows: Windows) -> tuple[int, ...]:
        return ()

    def outputs(self, schema: Schema) -> tuple[str, ...]:
        return ("number",)


TARGETS: Mapping[str, TargetKind] = {kind.name: kind for kind in (Classes(), Labels(), Number())}


def make_target(kind: str, rule: str, counts: Sequence[int]) -> TargetKind:
    """A kind of target that calls classes by a rule.

    Parameters
    ----------
    kind : str, one of `TARGETS`
    rule : str
        See `interplay.train.DecisionConfig`; "auto" calls the likeliest until a training says otherwise.
    counts : sequence of int
        Training windows of each class.

    Raises
    ------
    InvalidInput
        If a rule about classes meets another kind of target.
    """
    return TARGETS[kind].calling("likeliest" if rule == "auto" else rule, counts)
