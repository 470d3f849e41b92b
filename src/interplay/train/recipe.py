"""Recipes: every setting of a training run, typed, with the values of the default recipe as defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from interplay.errors import InvalidInput
from interplay.files.plain_yaml import read_plain_yaml
from interplay.files.reading import whole
from interplay.losses import LOSSES, PairThresholds
from interplay.nn import ModelConfig
from interplay.readers import ReadersConfig
from interplay.registry import NAME, Choice
from interplay.settings import near_first, read_settings

RULES = ("auto", "likeliest", "balanced")
SCHEDULES = ("one_cycle", "constant")
STRATEGIES = ("ddp", "fsdp")
RECIPES = (
    "default",
    "network",
    "readers",
    "guided_dense",
    "paper",
    "vanilla_moe",
    "laplace_moe",
    "dense",
    "early_fusion",
    "late_fusion",
)
DEFAULT_LOSSES = ("uniqueness", "redundancy", "synergy", "load_balance", "router_z")


@dataclass(frozen=True, kw_only=True)
class OptimiserConfig:
    """AdamW under a schedule.

    Attributes
    ----------
    epochs : int
        Times that every training window is seen, at most.
    least_steps : int
        Where windows are few, as many more times as make so many steps, at most.
    held_out : float
        Share of the training entities (of blocks of time where entities are few) that are kept apart, to keep the
        weights under which the loss on them is least. 0 trains on all of them to the end without looking.
    batch_size : int
        Windows at a time.
    learning_rate : float
        Peak of the schedule.
    schedule : str
        "one_cycle", or "constant".
    weight_decay : float
        Of weights; biases, norms, embeddings of places and weights of guidance are exempt.
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
    least_steps: int = 240
    held_out: float = 0.2
    batch_size: int = 64
    learning_rate: float = 3e-3
    schedule: str = "one_cycle"
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
        for name in ("least_steps", "weight_decay", "input_noise", "level_noise"):
            _at_least(f"optimiser.{name}", getattr(self, name), 0)
        if not 0 <= self.modality_dropout < 1:
            raise InvalidInput(
                f"optimiser.modality_dropout must be at least 0 and below 1; got {self.modality_dropout}."
            )
        if not 0 <= self.held_out <= 0.5:
            raise InvalidInput(f"optimiser.held_out must be between 0 and 0.5; got {self.held_out}.")
        if self.schedule not in SCHEDULES:
            raise InvalidInput(f"optimiser.schedule must be one of {list(SCHEDULES)}; got {self.schedule!r}.")


@dataclass(frozen=True, kw_only=True)
class DevicesConfig:
    """On what the network is trained; readers are fitted on the processor.

    Attributes
    ----------
    accelerator : str
        "auto" takes a GPU where there is one; "cpu", "gpu", "mps" and what else Lightning knows.
    count : int
        Devices of a machine, a process each. Batches are shared among them, so that steps stay what they are.
    num_nodes : int
        Machines that train together, with so many devices each. Each is given the same command, and MASTER_ADDR,
        MASTER_PORT and NODE_RANK in its environment.
    strategy : str
        Of several processes: "ddp", each has all weights; or "fsdp", each holds a share of weights, gradients and what
        the optimiser remembers, for networks that one device cannot hold while they learn.
    precision : str
        "32-true", "bf16-mixed", "16-mixed" and what else Lightning knows.
    """

    accelerator: str = "auto"
    count: int = 1
    num_nodes: int = 1
    strategy: str = "ddp"
    precision: str = "32-true"

    def __post_init__(self):
        for name in ("count", "num_nodes"):
            _at_least(f"devices.{name}", getattr(self, name), 1)
        if self.strategy not in STRATEGIES:
            raise InvalidInput(f"devices.strategy must be one of {list(STRATEGIES)}; got {self.strategy!r}.")

    @property
    def sharded(self) -> bool:
        """Whether weights lie in shares."""
        return self.processes > 1 and self.strategy == "fsdp"

    @property
    def processes(self) -> int:
        """Of all machines together."""
        return self.count * self.num_nodes


@dataclass(frozen=True, kw_only=True)
class DecisionConfig:
    """How a class is called from the probabilities, which stay what they are.

    Attributes
    ----------
    rule : str
        "likeliest" calls the class of the largest probability; "balanced" that of the largest probability over its
        share in the training windows, so that rare classes are called, too. "auto" takes the one under which readers
        have the larger macro-F1 out of fold, and "likeliest" where there are none; a run says which it is.
    """

    rule: str = "auto"

    def __post_init__(self):
        if self.rule not in RULES:
            raise InvalidInput(f"decision.rule must be one of {list(RULES)}; got {self.rule!r}.")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All settings of a run.

    Attributes
    ----------
    model : ModelConfig
    losses : mapping of str to Choice
        Losses of the routing beside that of the target, each with its weight and what else it has. What is given is
        laid over the `DEFAULT_LOSSES`: a number is a weight; a name, class, import path or mapping chooses another
        loss.
    pairs : PairThresholds
        Which pairs count in the losses of pairs.
    optimiser : OptimiserConfig
    decision : DecisionConfig
    readers : ReadersConfig
        Readers of whole windows, which the network is weighed against.
    devices : DevicesConfig
    """

    model: ModelConfig = field(default_factory=ModelConfig)
    losses: Mapping[str, Any] = field(default_factory=dict)
    pairs: PairThresholds = field(default_factory=PairThresholds)
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)
    decision: DecisionConfig = field(default_factory=DecisionConfig)
    readers: ReadersConfig = field(default_factory=ReadersConfig)
    devices: DevicesConfig = field(default_factory=DevicesConfig)

    def __post_init__(self):
        given = {name: {} for name in DEFAULT_LOSSES} | dict(self.losses)
        chosen = {name: _loss(name, value) for name, value in given.items()}
        object.__setattr__(self, "losses", chosen)

    def with_model(self, **settings: Any) -> "Recipe":
        """The same recipe with other settings of the model."""
        return replace(self, model=replace(self.model, **settings))

    def for_windows(self, n: int) -> "Recipe":
        """The recipe as n windows are trained: without experts where these are too few for them."""
        return self.with_model(moe_every=0) if n < self.model.experts_from else self

    def to_dict(self) -> dict[str, Any]:
        """Plain nested mappings, from which `make_recipe` makes the recipe again."""
        return _as_plain(self)


def make_recipe(
    recipe: "str | Path | Mapping | Recipe" = "default", settings: Mapping[str, object] | None = None
) -> Recipe:
    """A recipe by name, from a YAML file, from nested mappings, or as it is, with some settings changed.

    Parameters
    ----------
    recipe : str, Path, mapping or Recipe
        One of `RECIPES`, or the path of a YAML file; what it leaves out is as in the default recipe.
    settings : mapping of dotted name to value, optional
        For instance ``{"model.width": 128, "model.router": "my_lab.nets.MyRouter", "losses.synergy": 0}``.

    Raises
    ------
    InvalidInput
        If a name is unknown or a value is not what the setting takes.
    """
    values: dict = recipe.to_dict() if isinstance(recipe, Recipe) else _read(recipe)
    for name, value in (settings or {}).items():
        _set(values, name.split("."), value)
    return read_settings(Recipe, values)


def _set(values: dict, path: list[str], value: object) -> None:
    """Set a dotted setting; a part chosen by its name alone, or a loss by its weight, becomes a group that has it."""
    for name in path[:-1]:
        within = values.get(name, {})
        if isinstance(within, (str, type)):
            within = {NAME: within}
        elif not isinstance(within, Mapping):
            within = {"weight": within}
        values[name] = dict(within)
        values = values[name]
    values[path[-1]] = value


def _loss(name: str, value: Any) -> Choice:
    weighed = isinstance(value, (int, float)) and not isinstance(value, bool)
    given: Any = {"weight": value} if weighed else value
    chosen = LOSSES.choose(given, default=name if name in LOSSES else None, where=f"losses.{name}")
    chosen.build()
    return chosen


def _as_plain(value: Any) -> Any:
    if isinstance(value, Choice):
        return value.to_dict()
    if is_dataclass(value):
        return {f.name: _as_plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {name: _as_plain(part) for name, part in value.items()}
    return value


def _read(recipe: str | Path | Mapping) -> dict:
    if isinstance(recipe, Mapping):
        return {name: dict(part) if isinstance(part, Mapping) else part for name, part in recipe.items()}
    if str(recipe) in RECIPES:
        text = files("interplay.recipes").joinpath(f"{recipe}.yaml").read_text("utf-8")
    elif Path(recipe).suffix in (".yaml", ".yml"):
        if not Path(recipe).is_file():
            raise InvalidInput(f"recipe must be a file that exists; there is no {recipe}.")
        with whole(Path(recipe), "a recipe", "Save it as UTF-8 text."):
            text = Path(recipe).read_text("utf-8")
    else:
        known = near_first(str(recipe), RECIPES)
        raise InvalidInput(f"recipe must be one of {known} or a YAML file; got {str(recipe)!r}.")
    try:
        values = read_plain_yaml(text) or {}
    except yaml.YAMLError as error:
        raise InvalidInput(f"recipe {recipe} must be YAML: {' '.join(str(error).split())}") from error
    if not isinstance(values, dict):
        raise InvalidInput(f"recipe {recipe} must be a mapping of settings; got {type(values).__name__}.")
    return values


def _at_least(name: str, value: float, least: float) -> None:
    if not value >= least:
        raise InvalidInput(f"{name} must be at least {least}; got {value}.")


def _above(name: str, value: float, limit: float) -> None:
    if not value > limit:
        raise InvalidInput(f"{name} must be above {limit}; got {value}.")
