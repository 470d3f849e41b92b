"""Recipes: every setting of a training run, typed, with the values of the default recipe as defaults."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from importlib.resources import files
from pathlib import Path

import yaml
from jsonargparse import ArgumentError, ArgumentParser

from interplay.errors import InvalidInput
from interplay.nn import ModelConfig

RULES = ("likeliest", "balanced")
RECIPES = ("default", "paper", "vanilla_moe", "laplace_moe", "dense", "early_fusion", "late_fusion")


@dataclass(frozen=True, kw_only=True)
class LossConfig:
    """Weights of the losses beside cross-entropy, and the thresholds of the interaction losses.

    A loss of weight 0 is not evaluated. Thresholds are shares of the target's entropy.

    Attributes
    ----------
    uniqueness : float
        Weight of the loss that wants unique pairs routed apart.
    redundancy : float
        Weight of the loss that wants redundant pairs routed alike.
    synergy : float
        Weight of the loss that wants synergistic pairs routed to synergy experts.
    load_balance : float
        Weight of the loss that wants experts used alike; 1 at uniform use.
    router_z : float
        Weight of the loss that keeps router logits small.
    uniqueness_from : float
        Threshold above 0 from which both uniquenesses of a pair count.
    redundancy_from : float
        Threshold above 0 from which the redundancy of a pair counts.
    synergy_from : float
        Threshold above 0 from which the synergy of a pair counts.
    hard : bool
        Whether a pair counts fully from the threshold on, instead of rising to full at twice the threshold.
    """

    uniqueness: float = 0.1
    redundancy: float = 0.1
    synergy: float = 0.1
    load_balance: float = 0.02
    router_z: float = 1e-3
    uniqueness_from: float = 0.05
    redundancy_from: float = 0.05
    synergy_from: float = 0.05
    hard: bool = False

    def __post_init__(self):
        for name in ("uniqueness", "redundancy", "synergy", "load_balance", "router_z"):
            _at_least(f"losses.{name}", getattr(self, name), 0)
        for name in ("uniqueness_from", "redundancy_from", "synergy_from"):
            _above(f"losses.{name}", getattr(self, name), 0)


@dataclass(frozen=True, kw_only=True)
class OptimiserConfig:
    """AdamW under a one-cycle schedule.

    Attributes
    ----------
    epochs : int
        Times that every training window is seen.
    batch_size : int
        Windows at a time.
    learning_rate : float
        Peak of the cycle.
    weight_decay : float
        Of matrices; biases, norms and guidance weights are exempt.
    clip_norm : float
        Largest gradient norm.
    input_noise : float
        Normal noise added to scaled inputs in training, in standard deviations of each channel within its
        window. It keeps the model from learning the training windows by heart.
    level_noise : float
        One normal shift of each channel of a window in training, in standard deviations of that channel over all
        windows. It keeps the model from telling entities apart by their levels where few entities were seen.
    modality_dropout : float
        Probability with which a modality of a training window is hidden, so that the model learns to do
        without any; never all of them.
    """

    epochs: int = 15
    batch_size: int = 64
    learning_rate: float = 3e-3
    weight_decay: float = 0.1
    clip_norm: float = 1.0
    input_noise: float = 0.5
    level_noise: float = 0.0
    modality_dropout: float = 0.0

    def __post_init__(self):
        for name in ("epochs", "batch_size"):
            _at_least(f"optimiser.{name}", getattr(self, name), 1)
        for name in ("learning_rate", "clip_norm"):
            _above(f"optimiser.{name}", getattr(self, name), 0)
        for name in ("weight_decay", "input_noise", "level_noise"):
            _at_least(f"optimiser.{name}", getattr(self, name), 0)
        if not 0 <= self.modality_dropout < 1:
            raise InvalidInput(
                f"optimiser.modality_dropout must be at least 0 and below 1; got {self.modality_dropout}."
            )


@dataclass(frozen=True, kw_only=True)
class DecisionConfig:
    """How a class is called from the probabilities, which stay what they are.

    Attributes
    ----------
    rule : str
        "likeliest" calls the class of the largest probability; "balanced" that of the largest probability over its
        share in the training windows, so that rare classes are called, too.
    """

    rule: str = "likeliest"

    def __post_init__(self):
        if self.rule not in RULES:
            raise InvalidInput(f"decision.rule must be one of {list(RULES)}; got {self.rule!r}.")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All settings of a run.

    Attributes
    ----------
    model : ModelConfig
    losses : LossConfig
    optimiser : OptimiserConfig
    decision : DecisionConfig
    """

    model: ModelConfig = field(default_factory=ModelConfig)
    losses: LossConfig = field(default_factory=LossConfig)
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)
    decision: DecisionConfig = field(default_factory=DecisionConfig)

    def to_dict(self) -> dict[str, dict[str, object]]:
        return asdict(self)


def make_recipe(
    recipe: "str | Path | Mapping | Recipe" = "default", settings: Mapping[str, object] | None = None
) -> Recipe:
    """A recipe by name, from a YAML file, from nested mappings, or as it is, with some settings changed.

    Parameters
    ----------
    recipe : str, Path, mapping or Recipe
        One of `RECIPES`, or the path of a YAML file; what it leaves out is as in the default recipe.
    settings : mapping of dotted name to value, optional
        For instance ``{"model.width": 128, "optimiser.epochs": 30}``.

    Raises
    ------
    InvalidInput
        If a name is unknown or a value is not what the setting takes.
    """
    values: dict = recipe.to_dict() if isinstance(recipe, Recipe) else _read(recipe)
    for name, value in (settings or {}).items():
        group, dot, last = name.partition(".")
        within = values.get(group, {})
        values[group] = {**within, last: value} if dot and isinstance(within, dict) else value
    _check_names(values, Recipe)
    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(Recipe)
    try:
        return Recipe(**vars(parser.instantiate(parser.parse_object(values))))
    except ArgumentError as error:
        raise InvalidInput(_about_setting(_in_one_line(error))) from error


def _read(recipe: str | Path | Mapping) -> dict:
    if isinstance(recipe, Mapping):
        return {name: dict(part) if isinstance(part, Mapping) else part for name, part in recipe.items()}
    if str(recipe) in RECIPES:
        text = files("interplay.recipes").joinpath(f"{recipe}.yaml").read_text("utf-8")
    elif Path(recipe).suffix in (".yaml", ".yml"):
        if not Path(recipe).is_file():
            raise InvalidInput(f"recipe must be a file that exists; there is no {recipe}.")
        text = Path(recipe).read_text("utf-8")
    else:
        raise InvalidInput(f"recipe must be one of {list(RECIPES)} or a YAML file; got {str(recipe)!r}.")
    try:
        values = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise InvalidInput(f"recipe {recipe} must be YAML: {_in_one_line(error)}") from error
    if not isinstance(values, dict):
        raise InvalidInput(f"recipe {recipe} must be a mapping of settings; got {type(values).__name__}.")
    return values


def _check_names(values: Mapping, config: type, prefix: str = "") -> None:
    known: dict = {f.name: f.type for f in fields(config)}
    for name, value in values.items():
        if name not in known:
            close = difflib.get_close_matches(str(name), known, n=1)
            hint = f"Did you mean {prefix}{close[0]}?" if close else f"There are {', '.join(known)}."
            raise InvalidInput(f"settings must be known; got {prefix}{name}. {hint}")
        if is_dataclass(known[name]):
            if not isinstance(value, Mapping):
                raise InvalidInput(f"{prefix}{name} must be a group of settings; got {value!r}.")
            _check_names(value, known[name], f"{prefix}{name}.")


def _about_setting(message: str) -> str:
    """What is wrong with the value of a setting, from the parser's words."""
    found = re.search(r'key "([\w.]+)": Expected a <class \'(\w+)\'>\.? Got value: (.*?)\.?$', message)
    if found is None:
        return f"a setting of the recipe cannot be used: {message}"
    return f"{found[1]} must be of type {found[2]}; got {found[3]!r}."


def _in_one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _at_least(name: str, value: float, least: float) -> None:
    if not value >= least:
        raise InvalidInput(f"{name} must be at least {least}; got {value}.")


def _above(name: str, value: float, limit: float) -> None:
    if not value > limit:
        raise InvalidInput(f"{name} must be above {limit}; got {value}.")
