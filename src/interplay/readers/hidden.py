"""Training windows of which something is hidden: what tells whom to rely on where something is missing.

Letters: n windows, M modalities, T steps.
"""

from dataclasses import dataclass

import numpy as np
import torch

from interplay.arrays import evenly
from interplay.data import Windows

LOOKED_AT = 200
"""Windows of which something is hidden, evenly drawn: they fit a few weights."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """Some of the training windows, each without what was drawn for it.

    Attributes
    ----------
    rows : (n,) int64, which windows
    left : (n, M, T) bool, what is left of them
    """

    rows: torch.Tensor
    left: torch.Tensor

    @classmethod
    def modalities(cls, windows: Windows, seed: int) -> "Hidden | None":
        """Any number of modalities hidden, each number as often; None of a single modality."""
        n_m = len(windows.modalities)
        if n_m < 2:
            return None
        rng = np.random.default_rng(seed)
        rows = evenly(len(windows), LOOKED_AT)
        order = rng.permuted(np.tile(np.arange(n_m), (len(rows), 1)), axis=1)
        left = order >= rng.integers(1, n_m, len(rows))[:, None]
        return cls(torch.from_numpy(rows), torch.from_numpy(left)[..., None].repeat(1, 1, windows.length))

    @classmethod
    def stretch(cls, windows: Windows, seed: int) -> "Hidden | None":
        """A stretch of steps hidden of all modalities, of any length and anywhere; None of a single step."""
        n_t = windows.length
        if n_t < 2:
            return None
        rng = np.random.default_rng(seed)
        rows = evenly(len(windows), LOOKED_AT)
        length = rng.integers(1, n_t, len(rows))
        start = rng.integers(0, n_t - length + 1)
        place = np.arange(n_t)[None] - start[:, None]
        left = (place < 0) | (place >= length[:, None])
        return cls(
            torch.from_numpy(rows), torch.from_numpy(left)[:, None].repeat(1, len(windows.modalities), 1)
        )
