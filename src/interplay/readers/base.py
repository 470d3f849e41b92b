"""What a reader is: something that learns p(y | what it looks at of a window), and says it of windows it never saw.

Letters: N windows, B batch, M modalities, T steps, r samples of a step, d channels, F features, C outputs.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import nn

from interplay.errors import InvalidInput, NotFitted
from interplay.types import Schema


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """What a reader looks at.

    Attributes
    ----------
    modalities : names
    lags : steps before the newest one, or None for the whole window
    static : whether side inputs are looked at, too
    """

    modalities: tuple[str, ...]
    lags: tuple[int, ...] | None = None
    static: bool = False

    def schema(self, schema: Schema) -> Schema:
        """The schema of what is left of windows."""
        missing = [name for name in self.modalities if name not in schema.shapes]
        if missing or not self.modalities:
            raise InvalidInput(
                f"a view must be of modalities of the windows, {list(schema.modalities)}; got {list(self.modalities)}."
            )
        if self.lags is not None and (
            not self.lags or not 0 <= min(self.lags) <= max(self.lags) < schema.steps
        ):
            raise InvalidInput(
                f"lags of a view must be steps of the windows, 0 to {schema.steps - 1}; got {list(self.lags)}."
            )
        return replace(
            schema,
            shapes={name: schema.shapes[name] for name in self.modalities},
            steps=schema.steps if self.lags is None else len(self.lags),
            static=schema.static if self.static else (),
        )

    def cut(self, seen: "Sight", schema: Schema) -> "Sight":
        """What the reader sees of windows of `schema`, oldest step first."""
        which = [schema.modalities.index(name) for name in self.modalities]
        observed = seen.observed[:, which]
        x = {name: seen.x[name] for name in self.modalities}
        if self.lags is not None:
            steps = sorted(schema.steps - 1 - lag for lag in self.lags)
            observed = observed[:, :, steps]
            x = {name: values[:, steps] for name, values in x.items()}
        static = seen.static if self.static else seen.static[:, :0]
        summaries = seen.summaries if self.lags is None else {}
        return Sight(x=x, observed=observed, static=static, summaries=summaries)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sight:
    """Scaled windows as readers get them.

    Attributes
    ----------
    x : modality name -> (B, T, r, 2 d) float32, scaled values and, in the second half, their ranks; what is not
        observed is never looked at, whatever number stands there
    observed : (B, M, T) bool
    static : (B, S) float32, scaled, NaN where unknown
    summaries : modality name -> (B, F), what readers have summarised of these windows so far, for each other
    """

    x: Mapping[str, torch.Tensor]
    observed: torch.Tensor
    static: torch.Tensor
    summaries: dict[str, torch.Tensor] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(
        cls, x: Mapping[str, torch.Tensor], observed: torch.Tensor, static: torch.Tensor | None
    ) -> "Sight":
        """Scaled windows as a model is given them, without side inputs if there are none."""
        if static is None:
            static = observed.new_zeros(observed.shape[0], 0, dtype=torch.float)
        return cls(x=x, observed=observed, static=static)

    def __len__(self) -> int:
        return len(self.observed)

    def with_only(self, left: torch.Tensor) -> "Sight":
        """The same windows with nothing observed but what is left (B, M, T), and no summaries yet."""
        return Sight(x=self.x, observed=self.observed & left, static=self.static)

    def to(self, device: torch.device) -> "Sight":
        """The same windows there, with no summaries yet; these themselves where they are there."""
        if self.observed.device == device:
            return self
        x = {name: values.to(device) for name, values in self.x.items()}
        return Sight(x=x, observed=self.observed.to(device), static=self.static.to(device))


class Reader(nn.Module, ABC):
    """Features of a view, and a head that learns from them.

    What is learned lies in buffers, so that the state of a model holds it and no pickle is needed; a reader that was
    just made takes them up from such a state as they come.

    Parameters
    ----------
    schema : Schema
        Of the scaled windows that it looks at, cut by its view.
    seed : int
        Of all that is drawn.
    **settings
        Keyword-only parameters of the class.
    """

    def __init__(self, schema: Schema, seed: int):
        super().__init__()
        self.schema, self.seed = schema, seed

    def prepare(self, seen: Sight) -> None:
        """Look at windows without their labels, before features are asked for; by default there is nothing to learn."""

    @abstractmethod
    def features(self, seen: Sight) -> torch.Tensor:
        """(B, F) float32 of windows, each on its own; NaN where nothing was observed."""

    @abstractmethod
    def fit(self, features: torch.Tensor, y: torch.Tensor, group: torch.Tensor) -> None:
        """Learn from features (N, F).

        Parameters
        ----------
        features : (N, F) float32
        y : (N,) int64 class numbers; (N, C) int64 of labels, -1 is unknown; or (N,) float32, scaled
        group : (N,) int64
            Windows of one group belong together: whatever is chosen by held-out windows holds out whole groups.
        """

    @abstractmethod
    def read(self, features: torch.Tensor) -> torch.Tensor:
        """(B, C) float32: log-probabilities of classes, logits of labels, or the scaled number."""

    def forward(self, seen: Sight) -> torch.Tensor:
        """`read` the `features`, (B, C)."""
        if not self.fitted:
            raise NotFitted(f"{type(self).__name__} must be fitted before it reads; call fit first.")
        return self.read(self.features(seen))

    @property
    def fitted(self) -> bool:
        """Whether anything was learned."""
        return any(True for _ in self.buffers())

    def learn(self, tensors: Mapping[str, torch.Tensor], prefix: str = "") -> None:
        """Keep what was learned, in place of what was before."""
        for name, tensor in tensors.items():
            self.register_buffer(prefix + name, tensor.contiguous())

    def forget(self) -> None:
        """Drop all that was learned."""
        for name in [name for name, _ in self.named_buffers()]:
            delattr(self, name)

    def learned(self, prefix: str) -> dict[str, torch.Tensor]:
        """What was kept under a prefix."""
        return {name.removeprefix(prefix): t for name, t in self.named_buffers() if name.startswith(prefix)}

    def _load_from_state_dict(self, state_dict, prefix, *_) -> None:
        """Take up whatever a state holds under this reader's name: only the data told how large it is."""
        for key, tensor in state_dict.items():
            name = key.removeprefix(prefix)
            if key.startswith(prefix) and "." not in name:
                self.register_buffer(name, tensor.clone())


def prior_logits(y: torch.Tensor, schema: Schema) -> torch.Tensor:
    """(C,) what is said before a window is looked at; half a window is added to every class and side of a label."""
    if schema.kind == "number":
        return y[~y.isnan()].mean().reshape(1).float()
    if schema.kind == "labels":
        yes, known = (y == 1).sum(0) + 0.5, (y >= 0).sum(0) + 1.0
        return torch.logit(yes / known).float()
    counts = torch.bincount(y, minlength=schema.n_outputs) + 0.5
    return (counts / counts.sum()).log().float()


UNSURE = 0.01
"""Share of the prior in what a reader says of classes: a linear score, or a sum of trees, may be sure of anything."""


def mixed_with_prior(logits: torch.Tensor, prior: torch.Tensor) -> torch.Tensor:
    """Log-probabilities (B, C) of logits, with a share of the prior (C,) that makes none impossible."""
    return ((1.0 - UNSURE) * logits.softmax(-1) + UNSURE * prior.softmax(-1)).log()
