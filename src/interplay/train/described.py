"""What the texts of a run folder say, typed: read as anybody's, and refused where it cannot be so."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from interplay.files.plain_yaml import read_plain_yaml
from interplay.metrics import Agreement
from interplay.nn.config import NONE
from interplay.profile import InteractionProfile
from interplay.settings import read_settings, typed
from interplay.train.adaptation import Adaptation
from interplay.train.target_kinds import TARGETS
from interplay.types import Schema

Numbers = Mapping[str, int | float | None]
"""Scores, or what is logged of an epoch; None where a number is not defined."""
MOST_STEPS, MOST_SAMPLES, MOST_CELLS = 10**6, 10**7, 10**8
"""What windows of a run may have: steps, samples in one step of a modality, and cells of their context."""


def guided_by(profile: InteractionProfile | None, level: str) -> str:
    """What guides a run with this profile and this level of context, in words."""
    if profile is None:
        return "nothing"
    return "nothing: not given the profile" if level == NONE else "an interaction profile"


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingData:
    """What a run remembers of its training windows.

    Attributes
    ----------
    entities : names
    n_windows : int
    class_counts : windows of each class or label; empty for a number
    channels : modality name -> names of its channels
    units : modality name -> their units, "" where one is not known; nothing where none is
    card : mapping of str, or None
        What the data set says of itself: name, licence, citation and so on.
    """

    entities: tuple[str, ...]
    n_windows: int
    class_counts: tuple[int, ...]
    channels: Mapping[str, tuple[str, ...]]
    card: Mapping[str, object] | None = None
    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Settings of a run, ``config.yaml``; its recipe is read by `make_recipe`."""

    format: str
    recipe: Mapping[str, Any]
    seed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Description:
    """What a run was trained on, ``data.json``; files written before sums were kept have none."""

    schema: Schema
    train: TrainingData
    sha256: Mapping[str, str] = field(default_factory=dict)
    adaptation: Adaptation | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Metrics:
    """Scores of a run, ``metrics.json``; see `interplay.train.Evaluation`."""

    test: Numbers
    compared: Numbers
    without_context: Numbers | None
    without: Mapping[str, Numbers]
    agreement: Mapping[str, Agreement]
    control: Numbers | None = None
    rivals: Mapping[str, Numbers] = field(default_factory=dict)
    ahead: Mapping[str, Numbers] = field(default_factory=dict)
    lost: Mapping[str, Numbers] = field(default_factory=dict)
    sha256: Mapping[str, str] = field(default_factory=dict)


def read_config(path: Path) -> Config:
    """Settings, of a file whose format was looked at."""
    return read_settings(Config, read_plain_yaml(path.read_text("utf-8")), path.name)


def read_description(path: Path) -> Description:
    """What a run was trained on.

    Raises
    ------
    ValueError
        If no windows can be so, or no memory can hold them.
    """
    description = read_settings(Description, json.loads(path.read_text("utf-8")), path.name)
    _check_schema(description.schema)
    _check_train(description.train, description.schema)
    return description


def read_metrics(path: Path) -> Metrics:
    """Scores."""
    return read_settings(Metrics, json.loads(path.read_text("utf-8")), path.name)


def read_log(path: Path) -> list[dict[str, Any]]:
    """A mapping of each epoch."""
    lines = path.read_text("utf-8").splitlines()
    return [
        dict(typed(Numbers, json.loads(line), f"{path.name}, line {k}")) for k, line in enumerate(lines, 1)
    ]


def check_state(model: torch.nn.Module, state: Mapping[str, torch.Tensor]) -> None:
    """Refuse weights that are not those of a model, which may be one that takes no memory (on the device "meta")."""
    wanted = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    have = {name: tuple(value.shape) for name, value in state.items()}
    for name in [*wanted, *have]:
        if wanted.get(name) != have.get(name):
            raise ValueError(
                f"its settings want weights {name!r} of {wanted.get(name)}, and it has {have.get(name)}"
            )


def _check_schema(schema: Schema) -> None:
    """Refuse a kind of target that nobody knows, and windows that cannot be or that no memory holds."""
    _check(
        schema.kind in TARGETS,
        f"its kind of target must be one of {list(TARGETS)}, and is {schema.kind[:100]!r}",
    )
    _check(
        1 <= schema.steps <= MOST_STEPS,
        f"its windows must have 1 to {MOST_STEPS} steps, and have {schema.steps}",
    )
    _check(0 < schema.step_s < math.inf, f"its steps must last some time, and last {schema.step_s} s")
    _check(bool(schema.shapes), "it must have modalities, and has none")
    cells = len(schema.shapes) ** 2 * schema.steps
    _check(cells <= MOST_CELLS, f"its context must have at most {MOST_CELLS} cells, and has {cells}")
    for name, shape in schema.shapes.items():
        fits = len(shape) == 2 and min(shape) >= 1 and math.prod(shape) <= MOST_SAMPLES
        _check(
            fits,
            f"{name!r} must have samples and channels, {MOST_SAMPLES} in a step at most, and has {shape}",
        )
    _check(_each_once(schema.classes), "its classes must have a name each, and do not")
    enough = len(schema.classes) >= {"classes": 2, "labels": 1}.get(schema.kind, 0)
    _check(
        enough and (schema.kind != "number" or not schema.classes), f"its classes do not suit {schema.kind!r}"
    )


def _check_train(train: TrainingData, schema: Schema) -> None:
    """Refuse entities, counts and channels that cannot be of those windows."""
    _check(
        bool(train.entities) and _each_once(train.entities),
        "its entities must be named, each once, and are not",
    )
    _check(train.n_windows >= 1, f"it must be of some windows, and is of {train.n_windows}")
    counts = train.class_counts
    counted = len(counts) == len(schema.classes) and all(0 <= n <= train.n_windows for n in counts)
    _check(counted, f"it must say how many windows have each of its classes, and says {list(counts)}")
    n_channels = {name: len(channels) for name, channels in train.channels.items()}
    wanted = {name: shape[1] for name, shape in schema.shapes.items()}
    _check(n_channels == wanted, f"its modalities must have {wanted} channels, and {n_channels} are named")


def _each_once(names: Sequence[str]) -> bool:
    return len(set(names)) == len(names)


def _check(holds: bool, sentence: str) -> None:
    if not holds:
        raise ValueError(sentence)
