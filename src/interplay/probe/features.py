"""Inputs of the probe: what each step of a modality shows, in numbers that glitches and monotone maps leave alone.

Letters: M modalities, U steps, r samples per step, d channels, Q numbers of a step, F features.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
import torch

from interplay.data import Scaler, Windows
from interplay.data.pieces import pieces as pieces_of
from interplay.data.scaling import SAMPLES, ChannelScale, centred_rank

SUMMARISED_FROM = 4
"""Samples per step from which a step is told by summaries beside its samples."""

MOST_PIECES = 32
"""Pieces into which the ranks of one number are cut where a modality has few."""

PIECES = 32
"""Pieces of all numbers of a modality together, about; where there would be fewer than four each there are none."""


@dataclass(frozen=True, kw_only=True)
class StepFeatures:
    """How steps become features, fitted to training windows.

    Attributes
    ----------
    scaler : Scaler, of samples
    summaries : modality name -> ChannelScale of the summaries of its steps; for modalities of many samples per step
    """

    scaler: Scaler
    summaries: Mapping[str, ChannelScale]

    @classmethod
    def fit(cls, windows: Windows, scaler: Scaler | None = None) -> "StepFeatures":
        """Statistics of the steps that these windows use."""
        scaler = Scaler.fit(windows) if scaler is None else scaler
        rows, summaries = windows.used_rows(), {}
        for m, (name, array) in enumerate(windows.steps.values.items()):
            if array.shape[1] >= SUMMARISED_FROM:
                seen = rows[windows.steps.observed[rows, m]]
                some = seen[:: max(1, -(-len(seen) // SAMPLES))]
                scale = scaler.channels[name]
                numbers = [summary(scale.robust(piece)) for piece in pieces_of(array, some)]
                summaries[name] = ChannelScale.fit(np.concatenate([summary(array[:0]), *numbers]))
        return cls(scaler=scaler, summaries=summaries)

    def arrays(self) -> dict[str, np.ndarray]:
        """All statistics by name, for a file."""
        return {f"samples.{name}": value for name, value in self.scaler.arrays().items()} | {
            f"summaries.{f.name}.{name}": getattr(scale, f.name)
            for name, scale in self.summaries.items()
            for f in fields(ChannelScale)
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], rates: Mapping[str, int]) -> "StepFeatures":
        """From what `arrays` gave, and samples per step by modality."""
        samples = {name.removeprefix("samples."): value for name, value in arrays.items()}
        summaries = {
            name: ChannelScale(**{f.name: arrays[f"summaries.{f.name}.{name}"] for f in fields(ChannelScale)})
            for name, rate in rates.items()
            if rate >= SUMMARISED_FROM
        }
        return cls(scaler=Scaler.from_arrays(samples, rates), summaries=summaries)

    def apply(self, values: Mapping[str, np.ndarray], observed: np.ndarray) -> torch.Tensor:
        """Features of all steps, (M, U, F) float32, padded with zeros to the modality with most.

        Parameters
        ----------
        values : modality name -> (U, r, d); anything where unobserved
        observed : (U, M) bool

        Returns
        -------
        (M, U, F)
            0 for unobserved steps; the last feature of a modality, before the padding, tells observed steps apart.
        """
        return _padded(
            [self._of_modality(name, array, observed[:, m]) for m, (name, array) in enumerate(values.items())]
        )

    def _of_modality(self, name: str, values: np.ndarray, seen: np.ndarray) -> torch.Tensor:
        scale = self.scaler.channels[name]
        values = np.where(seen[:, None, None], values, scale.centre)
        samples = scale.robust(values)
        parts = [samples.reshape(len(values), -1)]
        if name in self.summaries:
            numbers = summary(samples)
            parts.append(self.summaries[name].robust(numbers))
            ranks = self.summaries[name].rank(numbers)
        else:
            ranks = scale.rank(values).reshape(len(values), -1)
        parts += [centred_rank(ranks), pieces(ranks)]
        return _flagged(parts, seen)


def plain_features(scaler: Scaler, values: Mapping[str, np.ndarray], observed: np.ndarray) -> torch.Tensor:
    """Scaled samples and their summaries alone, (M, U, F) float32: for what is linear, or compared as published.

    Parameters are those of `StepFeatures.apply`.
    """
    parts = []
    for m, (name, array) in enumerate(values.items()):
        scale, seen = scaler.channels[name], observed[:, m]
        samples = scale.robust(np.where(seen[:, None, None], array, scale.centre))
        numbers = [samples.reshape(len(samples), -1)]
        numbers += [summary(samples)] if array.shape[1] >= SUMMARISED_FROM else []
        parts.append(_flagged(numbers, seen))
    return _padded(parts)


def _flagged(parts: list[np.ndarray], seen: np.ndarray) -> torch.Tensor:
    """Numbers of a modality beside the flag of what is observed; 0 where nothing is."""
    flag = seen[:, None].astype(np.float32)
    return torch.from_numpy(np.concatenate([np.concatenate(parts, axis=1) * flag, flag], axis=1))


def _padded(parts: list[torch.Tensor]) -> torch.Tensor:
    widest = max(part.shape[1] for part in parts)
    return torch.stack([torch.nn.functional.pad(part, (0, widest - part.shape[1])) for part in parts])


def summary(samples: np.ndarray) -> np.ndarray:
    """Mean, deviation, mean absolute change, least and largest of each channel: (U, r, d) -> (U, 5 d)."""
    change = np.abs(np.diff(samples, axis=1)).mean(1)
    parts = [samples.mean(1), samples.std(1), change, samples.min(1), samples.max(1)]
    return np.concatenate(parts, axis=1)


def pieces(ranks: np.ndarray) -> np.ndarray:
    """Ranks (U, Q) cut into pieces, each linear within and constant outside: (U, Q B), or nothing for many numbers.

    A linear layer on pieces is any curve with as many corners, where it would have to learn each from a straight line
    (piecewise linear encoding, Gorishniy et al., NeurIPS 2022).
    """
    n = min(MOST_PIECES, PIECES // ranks.shape[1])
    if n < 4:
        return ranks[:, :0]
    cut = np.clip(ranks[..., None] * n - np.arange(n, dtype=np.float32), 0.0, 1.0) - 0.5
    return cut.reshape(len(ranks), -1)
