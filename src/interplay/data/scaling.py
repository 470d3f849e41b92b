"""Scaling of channels, side inputs and continuous targets by statistics of training windows only."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from interplay.data.windows import Windows


@dataclass(frozen=True, kw_only=True, slots=True)
class Scaler:
    """Mean and standard deviation of each channel.

    Attributes
    ----------
    mean, std : modality name -> (d,) float32; a channel that never varies has std 1
    static : (2, S) float32, mean and standard deviation of each side input
    target : (2,) float32, those of a continuous target; 0 and 1 of any other
    """

    mean: Mapping[str, np.ndarray]
    std: Mapping[str, np.ndarray]
    static: np.ndarray = field(default_factory=lambda: np.zeros((2, 0), dtype=np.float32))
    target: np.ndarray = field(default_factory=lambda: np.array([0.0, 1.0], dtype=np.float32))

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
            mean[name], std[name] = _moments(samples)
        target = windows.y[:, None] if windows.continuous else np.array([[-1.0], [1.0]])
        return cls(
            mean=mean,
            std=std,
            static=np.stack(_moments(_known(windows.static.astype(np.float64)))),
            target=np.concatenate(_moments(target)),
        )

    def apply(self, values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Scale arrays (..., d) by modality; NaN stays NaN."""
        return {name: (array - self.mean[name]) / self.std[name] for name, array in values.items()}

    def apply_static(self, values: np.ndarray) -> np.ndarray:
        """Scale side inputs (..., S); NaN stays NaN."""
        return (values - self.static[0]) / self.static[1]

    def apply_target(self, y: np.ndarray) -> np.ndarray:
        """Scale a continuous target to float32; other targets stay as they are."""
        return ((y - self.target[0]) / self.target[1]).astype(np.float32) if y.dtype.kind == "f" else y

    def restore_target(self, y: np.ndarray) -> np.ndarray:
        """The inverse, for predictions of a continuous target."""
        return y * float(self.target[1]) + float(self.target[0])


def _moments(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of columns, float32; 1 where a column does not vary."""
    deviation = samples.std(axis=0)
    floor = 1e-6 * np.maximum(1e-6, np.abs(samples).max(axis=0))
    std = np.where(deviation > floor, deviation, 1.0)
    return samples.mean(axis=0).astype(np.float32), std.astype(np.float32)


def _known(columns: np.ndarray) -> np.ndarray:
    """Columns with the mean of what is known in place of NaN; 0 where nothing is."""
    known = ~np.isnan(columns)
    mean = np.where(known, columns, 0.0).sum(0) / np.maximum(known.sum(0), 1)
    return np.where(known, columns, mean)
