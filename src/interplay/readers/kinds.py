"""The readers by name, and which of them a recipe asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from interplay.errors import InvalidInput
from interplay.readers.base import Reader
from interplay.readers.ridge import Hydra, Rockets, SummaryRidge
from interplay.readers.trees import BoostedTrees, ExtraTrees, IntervalTrees
from interplay.registry import Choice, Registry
from interplay.settings import RAW

READERS = Registry(
    "reader",
    {
        "extra_trees": ExtraTrees,
        "interval_trees": IntervalTrees,
        "boosted_trees": BoostedTrees,
        "rockets": Rockets,
        "hydra": Hydra,
        "ridge": SummaryRidge,
    },
    Reader,
)


@dataclass(frozen=True, kw_only=True)
class ReadersConfig:
    """Which readers look at what, and how they are mixed.

    Attributes
    ----------
    of_all : str
        Readers of all modalities together, names with commas between them; none for none. A name is one of `kinds`, or
        an import path.
    of_each : str
        Readers of every modality alone, likewise.
    of_pairs : str
        Readers of every pair that the profile says is synergistic, likewise.
    kinds : mapping of str to Choice
        Readers with their settings. What is given is laid over all of `READERS`.
    network : bool
        Whether a network adds to what readers say.
    folds : int
        Folds of entities in which readers are held out.
    shrinkage : float
        Nats that weights of readers cost which are as far from the parts of readers as none at all.
    """

    of_all: str = "extra_trees, interval_trees, rockets, hydra, ridge"
    of_each: str = "extra_trees, rockets"
    of_pairs: str = "extra_trees, rockets"
    kinds: Mapping[str, Any] = field(default_factory=dict, metadata=RAW)
    network: bool = True
    folds: int = 5
    shrinkage: float = 0.01

    def __post_init__(self):
        given = {name: {} for name in READERS} | dict(self.kinds)
        kinds = {
            name: READERS.choose(
                settings, default=name if name in READERS else None, where=f"readers.kinds.{name}"
            )
            for name, settings in given.items()
        }
        object.__setattr__(self, "kinds", kinds)
        if self.folds < 2:
            raise InvalidInput(f"readers.folds must be at least 2; got {self.folds}.")
        if not self.shrinkage >= 0:
            raise InvalidInput(f"readers.shrinkage must be at least 0; got {self.shrinkage}.")
        for group in ("of_all", "of_each", "of_pairs"):
            self.chosen(group)
        if not self.network and not self.any:
            raise InvalidInput(
                "a recipe must have readers or a network; readers.network is false, and there are none."
            )

    def chosen(self, group: str) -> tuple[Choice, ...]:
        """The readers of "of_all", "of_each" or "of_pairs", with their settings."""
        names = [name.strip() for name in getattr(self, group).split(",") if name.strip()]
        return tuple(
            self.kinds[name] if name in self.kinds else READERS.choose(name, where=f"readers.{group}")
            for name in names
        )

    @property
    def any(self) -> bool:
        """Whether there are readers at all."""
        return bool(self.chosen("of_all") or self.chosen("of_each") or self.chosen("of_pairs"))
