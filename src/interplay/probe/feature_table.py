"""Features of the steps that windows look at, in memory or, where they are many, in a file that is mapped into it.

Letters: U steps, M modalities, F features.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from interplay.data.pieces import rows_at_once
from interplay.data.steps import Steps
from interplay.files.growing import is_mapped
from interplay.files.scratch import Scratch
from interplay.probe.features import StepFeatures

IN_MEMORY_BYTES = 5e8
"""A larger table lies in a file."""

COPIES = 4
"""As many times a piece of samples is there while features are made of it, about."""


@dataclass(frozen=True, kw_only=True)
class FeatureTable:
    """Features of some steps.

    Attributes
    ----------
    array : (U, M, F) float32; those of a step lie together, since steps are drawn
    rows : (U,) int64, increasing, rows of `Steps`
    scratch : Scratch, optional
        Folder of the file, which goes with this table.
    """

    array: np.ndarray
    rows: np.ndarray
    scratch: Scratch | None = field(default=None, compare=False)

    @classmethod
    def of(
        cls, features: StepFeatures, steps: Steps, rows: np.ndarray, folder: str | Path | None = None
    ) -> "FeatureTable":
        """Features of some rows, worked out piece by piece.

        Parameters
        ----------
        features : StepFeatures
        steps : Steps
        rows : (U,) int64, increasing
        folder : str or Path, optional
            Where a file may lie; by default in the system's temporary place.
        """
        array, scratch = np.zeros((0, 0, 0), dtype=np.float32), None
        at_once = max(1, min(map(rows_at_once, steps.values.values())) // (COPIES * len(steps.values)))
        for start in range(0, len(rows), at_once):
            some = rows[start : start + at_once]
            shown = {name: values[some] for name, values in steps.values.items()}
            piece = features.apply(shown, steps.observed[some]).transpose(0, 1)
            if not start:
                array, scratch = _empty((len(rows), *piece.shape[1:]), folder)
            array[start : start + at_once] = piece.numpy()
        return cls(array=array, rows=rows, scratch=scratch)

    def __getstate__(self) -> dict:
        # the folder is that of the process which made it
        return {**self.__dict__, "scratch": None}

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    @property
    def bytes_per_step(self) -> int:
        return 4 * int(np.prod(self.array.shape[1:]))

    def place(self, rows: np.ndarray) -> np.ndarray:
        """Where rows of `Steps` are in this table."""
        return np.searchsorted(self.rows, rows)

    def reader(self, modalities: torch.Tensor, device: str) -> Callable[[torch.Tensor], torch.Tensor]:
        """What gives the features (..., m, F) of some modalities (M,) bool at places (...)."""
        values = torch.from_numpy(self.array)
        if is_mapped(self.array):
            members = torch.nonzero(modalities)[:, 0]
            return lambda places: values[places[..., None], members].to(device)
        some = values[:, modalities].to(device)
        return lambda places: some[places.to(device)]

    def at(self, places: np.ndarray, modalities: np.ndarray) -> torch.Tensor:
        """Features (n, m, F) of modalities by number, at places (n,)."""
        return torch.from_numpy(self.array[places[:, None], modalities])


def _empty(shape: tuple[int, ...], folder: str | Path | None) -> tuple[np.ndarray, Scratch | None]:
    if 4 * np.prod(shape, dtype=float) <= IN_MEMORY_BYTES:
        return np.empty(shape, dtype=np.float32), None
    scratch = Scratch(folder)
    return np.lib.format.open_memmap(scratch.path / "features.npy", "w+", np.float32, shape), scratch
