"""Scaling of channels by statistics of training windows only."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from interplay.data.windows import Windows


@dataclass(frozen=True, kw_only=True, slots=True)
class Scaler:
    """Mean and standard deviation of each channel.

    Attributes
    ----------
    mean, std : modality name -> (d,) float32; a channel that never varies has std 1
    """

    mean: Mapping[str, np.ndarray]
    std: Mapping[str, np.ndarray]

    @classmethod
    def fit(cls, windows: Windows) -> "Scaler":
        """Statistics of the observed samples in the steps that these windows use."""
        rows = windows.used_rows()
        mean, std = {}, {}
        for m, (name, array) in enumerate(windows.steps.values.items()):
            seen = array[rows[windows.steps.observed[rows, m]]]
            samples = seen.reshape(-1, seen.shape[-1]).astype(np.float64)
            if len(samples) == 0:
                samples = np.zeros((1, array.shape[-1]))
            deviation = samples.std(axis=0)
            floor = 1e-6 * np.maximum(1e-6, np.abs(samples).max(axis=0))
            mean[name] = samples.mean(axis=0).astype(np.float32)
            std[name] = np.where(deviation > floor, deviation, 1.0).astype(np.float32)
        return cls(mean=mean, std=std)

    def apply(self, values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Scale arrays (..., d) by modality; NaN stays NaN."""
        return {name: (array - self.mean[name]) / self.std[name] for name, array in values.items()}
