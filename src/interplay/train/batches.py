"""Batches of scaled windows, as the model reads them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytorch_lightning as pl
import torch
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler

from interplay.data import Scaler, Windows


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """Windows on their way into the model.

    Attributes
    ----------
    x : modality name -> (B, T, r, d) float32, scaled
    observed : (B, M, T) bool
    y : (B,) int64
    """

    x: dict[str, torch.Tensor]
    observed: torch.Tensor
    y: torch.Tensor

    def to(self, device, **kwargs) -> "Batch":
        return Batch(
            x={name: values.to(device, **kwargs) for name, values in self.x.items()},
            observed=self.observed.to(device, **kwargs),
            y=self.y.to(device, **kwargs),
        )


class ScaledWindows(Dataset):
    """Windows by lists of indices; a batch is cut out and scaled at once."""

    def __init__(self, windows: Windows, scaler: Scaler):
        self.windows, self.scaler = windows, scaler

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, which) -> Batch:
        cut = self.windows.batch(np.asarray(which))
        return Batch(
            x={name: torch.from_numpy(values) for name, values in self.scaler.apply(cut.x).items()},
            observed=torch.from_numpy(cut.observed),
            y=torch.from_numpy(cut.y),
        )

    def in_order(self, batch_size: int) -> Iterator[Batch]:
        for start in range(0, len(self), batch_size):
            yield self[np.arange(start, min(start + batch_size, len(self)))]


class TrainingBatches(pl.LightningDataModule):
    """Training windows in random order, anew in every epoch."""

    def __init__(self, windows: Windows, scaler: Scaler, batch_size: int, seed: int):
        super().__init__()
        self.windows = ScaledWindows(windows, scaler)
        self.batch_size = batch_size
        self.generator = torch.Generator().manual_seed(seed)

    def train_dataloader(self) -> DataLoader:
        order = RandomSampler(self.windows, generator=self.generator)
        batches = BatchSampler(order, self.batch_size, drop_last=False)
        return DataLoader(self.windows, batch_size=None, sampler=batches)
