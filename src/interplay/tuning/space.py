"""Which values of which settings a search may try."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from interplay.errors import InvalidInput
from interplay.files.plain_yaml import read_plain_yaml
from interplay.files.reading import whole
from interplay.train import Recipe, make_recipe

if TYPE_CHECKING:
    from optuna import Trial

DEFAULT_SPACE: Mapping[str, object] = {
    "model.width": [32, 48, 64],
    "model.layers": {"low": 1, "high": 3},
    "model.dropout": {"low": 0.0, "high": 0.4},
    "optimiser.learning_rate": {"low": 1e-3, "high": 1e-2, "log": True},
    "optimiser.weight_decay": {"low": 0.01, "high": 0.5, "log": True},
    "optimiser.input_noise": {"low": 0.0, "high": 1.0},
}
"""What is searched unless told otherwise: size and shrinkage of the network, and how it learns."""


Plain = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Choices:
    """One of a few values."""

    values: tuple[Plain, ...]

    @property
    def ends(self) -> tuple[object, ...]:
        """Values that must be valid for all to be."""
        return self.values

    def draw(self, trial: "Trial", name: str) -> object:
        return trial.suggest_categorical(name, self.values)


@dataclass(frozen=True, slots=True)
class Range:
    """A number between two, both included; whole where both are."""

    low: float
    high: float
    log: bool = False

    @property
    def ends(self) -> tuple[object, ...]:
        return self.low, self.high

    def draw(self, trial: "Trial", name: str) -> object:
        whole_numbers = isinstance(self.low, int) and isinstance(self.high, int)
        suggest = trial.suggest_int if whole_numbers else trial.suggest_float
        return suggest(name, self.low, self.high, log=self.log)  # pyrefly: ignore[bad-argument-type]


Space = Mapping[str, Choices | Range]


def read_space(space: Mapping | str | Path | None, recipe: Recipe) -> Space:
    """A space to search, each value of which the recipe can take.

    Parameters
    ----------
    space : mapping of dotted name to values, or path of a YAML file of one; None for `DEFAULT_SPACE`
        Values are a list to choose from, or a mapping of ``low``, ``high`` and, for a search over orders of magnitude,
        ``log: true``.
    recipe : Recipe
        What is not searched.
    """
    values = DEFAULT_SPACE if space is None else space
    if isinstance(values, (str, Path)):
        values = _read(Path(values))
    if not isinstance(values, Mapping) or not values:
        raise InvalidInput(
            f"a space to search must be a mapping of settings to values, such as {dict(DEFAULT_SPACE)}; got {values!r}."
        )
    read = {str(name): _values(str(name), given) for name, given in values.items()}
    for name, given in read.items():
        for value in given.ends:
            make_recipe(recipe, {name: value})
    return read


def _values(name: str, given: object) -> Choices | Range:
    if isinstance(given, (list, tuple)) and given and all(isinstance(value, Plain) for value in given):
        return Choices(tuple(given))
    if isinstance(given, Mapping) and {"low", "high"} <= set(given) <= {"low", "high", "log"}:
        low, high, log = given["low"], given["high"], given.get("log", False)
        numbers = all(isinstance(end, (int, float)) and not isinstance(end, bool) for end in (low, high))
        if numbers and low < high and isinstance(log, bool) and (low > 0 or not log):
            return Range(low, high, log)
    raise InvalidInput(
        f"{name} must be searched in a list of plain values, or between numbers low < high (above 0 with log: true); "
        f"got {given!r}."
    )


def _read(path: Path) -> object:
    if not path.is_file():
        raise InvalidInput(f"a space to search must be a YAML file that exists; there is no {path}.")
    try:
        with whole(path, "a space to search", "Save it as UTF-8 text."):
            return read_plain_yaml(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise InvalidInput(f"space {path} must be YAML: {' '.join(str(error).split())}") from error
