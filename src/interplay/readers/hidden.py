"""Training windows with modalities hidden: what tells how far each reader can be relied on where something is missing.

Letters: n windows, M modalities.
"""

from dataclasses import dataclass

import numpy as np
import torch

from interplay.arrays import evenly
from interplay.data import Windows

LOOKED_AT = 200
"""Windows of which modalities are hidden, evenly drawn: they fit a few weights."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """Some of the training windows, each without modalities that were drawn for it.

    Attributes
    ----------
    rows : (n,) int64, which windows
    left : (n, M) bool, the modalities that are left; one at least
    """

    rows: torch.Tensor
    left: torch.Tensor

    @classmethod
    def draw(cls, windows: Windows, seed: int) -> "Hidden | None":
        """Any number of modalities hidden, each number as often; None of a single modality."""
        n_m = len(windows.modalities)
        if n_m < 2:
            return None
        rng = np.random.default_rng(seed)
        rows = evenly(len(windows), LOOKED_AT)
        order = rng.permuted(np.tile(np.arange(n_m), (len(rows), 1)), axis=1)
        gone = order < rng.integers(1, n_m, len(rows))[:, None]
        return cls(torch.from_numpy(rows), torch.from_numpy(~gone))
