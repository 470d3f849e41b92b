"""Batches of scaled windows, as the model reads them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch.utils.data import Dataset

from interplay.data import Scaler, Windows
from interplay.nn import InteractionContext
from interplay.train.window_contexts import WindowContexts


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """Windows on their way into the model.

    Attributes
    ----------
    x : modality name -> (B, T, r, d) float32, scaled
    observed : (B, M, T) bool
    y : targets, see `interplay.types.WindowBatch`, a continuous one scaled; (B, T) or (B, T, C) of each step
    static : (B, S) float32, scaled, NaN where unknown
    context : InteractionContext of these windows; None where the model's own is meant
    """

    x: dict[str, torch.Tensor]
    observed: torch.Tensor
    y: torch.Tensor
    static: torch.Tensor
    context: InteractionContext | None = None

    def to(self, device, **kwargs) -> "Batch":
        return Batch(
            x={name: values.to(device, **kwargs) for name, values in self.x.items()},
            observed=self.observed.to(device, **kwargs),
            y=self.y.to(device, **kwargs),
            static=self.static.to(device, **kwargs),
            context=None if self.context is None else self.context.to(device, **kwargs),
        )


class ScaledWindows(Dataset):
    """Windows by lists of indices; a batch is cut out and scaled at once, if asked with the targets of each step."""

    def __init__(
        self,
        windows: Windows,
        scaler: Scaler,
        contexts: WindowContexts | None = None,
        *,
        each_step: bool = False,
    ):
        self.windows, self.scaler, self.contexts, self.each_step = windows, scaler, contexts, each_step

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, which) -> Batch:
        which = np.asarray(which)
        cut = self.windows.batch(which)
        y = self.windows.labels_of_steps(which) if self.each_step else cut.y
        return Batch(
            x={name: torch.from_numpy(values) for name, values in self.scaler.apply(cut.x).items()},
            observed=torch.from_numpy(cut.observed),
            y=torch.from_numpy(self.scaler.apply_target(y)),
            static=torch.from_numpy(self.scaler.apply_static(cut.static)),
            context=None if self.contexts is None else self.contexts[which],
        )

    def select(self, which: np.ndarray) -> "ScaledWindows":
        """Some of the windows, by index."""
        contexts = None if self.contexts is None else self.contexts.select(which)
        return ScaledWindows(self.windows.select(which), self.scaler, contexts, each_step=self.each_step)

    def without_contexts(self) -> "ScaledWindows":
        """The same, for a model that uses its own context."""
        return ScaledWindows(self.windows, self.scaler)

    def in_order(self, batch_size: int) -> Iterator[Batch]:
        for start in range(0, len(self), batch_size):
            yield self[np.arange(start, min(start + batch_size, len(self)))]
