"""Scaling of channels, side inputs and continuous targets by statistics of training windows only.

A channel comes out twice: robustly scaled, centred between its quartiles in float64 and with tails squashed, and as its
rank among training samples. Information does not change under monotone maps of a channel, and what reads it should not
either: five glitches or a heavy tail leave the ranks as they are, while the scaled value keeps distances.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

import numpy as np

from interplay.data.windows import Windows
from interplay.types import Schema

COPIES = 2
"""Numbers that a channel becomes: scaled value and rank."""

KNOTS = 65
"""Quantiles of training samples between which ranks are linear."""

SAMPLES = 1 << 18
"""At most so many samples of a modality, evenly drawn, are looked at: a quantile is known to a thousandth of a rank."""

NUMBERS_AT_ONCE = 1 << 19
"""That are scaled together."""

SPREADS = ((0.25, 0.75, 1.349), (0.05, 0.95, 3.290), (0.005, 0.995, 5.152), (0.0, 1.0, 2.0))
"""Pairs of quantiles and how many standard deviations of a normal channel lie between them: the first pair that differs
sets scale and centre, the others serve channels that rest most of the time. The middle of two quartiles is as robust as
the median, and lies between the two levels of a channel that switches."""

SQUASHED_FROM = 3.0
"""Scaled values beyond this grow like their logarithm."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelScale:
    """How the d channels of a modality are scaled.

    Attributes
    ----------
    centre, spread : (d,) float64, in the unit of each channel; a channel that never varies has spread 1
    knots : (d, K) float64, increasing quantiles
    ranks : (d, K) float64 in [0, 1], of the knots; equal knots share the mean of theirs
    """

    centre: np.ndarray
    spread: np.ndarray
    knots: np.ndarray
    ranks: np.ndarray

    @classmethod
    def fit(cls, samples: np.ndarray) -> "ChannelScale":
        """From samples (n, d); without any, values stay as they are."""
        samples = np.asarray(samples, dtype=np.float64)
        if len(samples) == 0:
            samples = np.zeros((1, samples.shape[1]))
        level = np.linspace(0.0, 1.0, KNOTS)
        knots = np.ascontiguousarray(np.quantile(samples, level, axis=0).T)
        centre, spread = knots[:, 0].copy(), np.zeros(len(knots))
        for low, high, deviations in SPREADS:
            ends = np.quantile(samples, [low, high], axis=0)
            first = (spread == 0) & (ends[1] > ends[0])
            centre = np.where(first, ends[0] + 0.5 * (ends[1] - ends[0]), centre)
            spread = np.where(first, (ends[1] - ends[0]) / deviations, spread)
        return cls(
            centre=centre,
            spread=np.where(spread > 0, spread, 1.0),
            knots=knots,
            ranks=_shared(knots, level),
        )

    def robust(self, values: np.ndarray) -> np.ndarray:
        """Scaled values (..., d) float32 with squashed tails; NaN stays NaN."""
        z = (values - self.centre) / self.spread
        return squashed(z).astype(np.float32)

    def rank(self, values: np.ndarray) -> np.ndarray:
        """Ranks (..., d) float32 in [0, 1]; NaN stays NaN."""
        # torch loads for seconds, which who only lists or checks data need not wait for
        import torch

        flat = torch.from_numpy(
            np.ascontiguousarray(values.reshape(-1, values.shape[-1]).T, dtype=np.float64)
        )
        knots, ranks = torch.from_numpy(self.knots), torch.from_numpy(self.ranks)
        right = torch.searchsorted(knots, flat).clamp(1, knots.shape[1] - 1)
        q0, q1 = knots.gather(1, right - 1), knots.gather(1, right)
        r0, r1 = ranks.gather(1, right - 1), ranks.gather(1, right)
        share = ((flat - q0) / (q1 - q0).clamp_min(1e-300)).clamp(0.0, 1.0)
        return torch.lerp(r0, r1, share).T.reshape(values.shape).float().numpy()

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Both, (..., d) -> (..., 2 d) float32; ranks as a channel of mean 0 and variance 1."""
        d = values.shape[-1]
        scaled = np.empty((*values.shape[:-1], COPIES * d), dtype=np.float32)
        samples, both = values.reshape(-1, d), scaled.reshape(-1, COPIES * d)
        # a piece at a time: what is worked out between, in float64, would take ten times the memory
        at_once = max(1, NUMBERS_AT_ONCE // max(1, d))
        for k in range(0, len(samples), at_once):
            piece = samples[k : k + at_once]
            both[k : k + at_once, :d] = self.robust(piece)
            both[k : k + at_once, d:] = centred_rank(self.rank(piece))
        return scaled


def scaled_schema(schema: Schema) -> Schema:
    """The schema of scaled windows: every channel twice."""
    shapes = {name: (r, COPIES * d) for name, (r, d) in schema.shapes.items()}
    return replace(schema, shapes=shapes)


def squashed(z: np.ndarray) -> np.ndarray:
    """Values beyond `SQUASHED_FROM` in their logarithm, smoothly."""
    beyond = np.maximum(np.abs(z) - SQUASHED_FROM, 0.0)
    return np.sign(z) * (np.abs(z) - beyond + np.log1p(beyond))


def centred_rank(rank: np.ndarray) -> np.ndarray:
    """Ranks in [0, 1] as values of mean 0 and variance 1."""
    return np.float32(12.0**0.5) * (rank - np.float32(0.5))


def _shared(knots: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Ranks of knots (d, K), equal ones with the mean of their levels."""
    group = np.cumsum(np.diff(knots, axis=1, prepend=-np.inf) > 0, axis=1) - 1
    rows = np.arange(len(knots))[:, None]
    total, count = np.zeros(knots.shape), np.zeros(knots.shape)
    np.add.at(total, (rows, group), np.broadcast_to(level, knots.shape))
    np.add.at(count, (rows, group), 1.0)
    return (total / np.maximum(count, 1.0))[rows, group]


@dataclass(frozen=True, kw_only=True, slots=True)
class Scaler:
    """Scales of all channels.

    Attributes
    ----------
    channels : modality name -> ChannelScale
    static : (2, S) float32, mean and standard deviation of each side input
    target : (2,) float64, those of a continuous target; 0 and 1 of any other
    """

    channels: Mapping[str, ChannelScale]
    static: np.ndarray = field(default_factory=lambda: np.zeros((2, 0), dtype=np.float32))
    target: np.ndarray = field(default_factory=lambda: np.array([0.0, 1.0]))

    @classmethod
    def fit(cls, windows: Windows) -> "Scaler":
        """Statistics of the observed samples in the steps that these windows use."""
        rows = windows.used_rows()
        channels = {}
        for m, (name, array) in enumerate(windows.steps.values.items()):
            seen = rows[windows.steps.observed[rows, m]]
            stride = max(1, -(-len(seen) * array.shape[1] // SAMPLES))
            samples = array[seen[::stride]]
            channels[name] = ChannelScale.fit(samples.reshape(-1, samples.shape[-1]))
        target = windows.y[:, None] if windows.continuous else np.array([[-1.0], [1.0]])
        return cls(
            channels=channels,
            static=np.stack(_moments(_known(windows.static.astype(np.float64)))).astype(np.float32),
            target=np.concatenate(_moments(target)),
        )

    def apply(self, values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Arrays (..., d) by modality as (..., 2 d) float32, scaled values and ranks; NaN stays NaN."""
        return {name: self.channels[name].apply(array) for name, array in values.items()}

    def apply_static(self, values: np.ndarray) -> np.ndarray:
        """Scale side inputs (..., S); NaN stays NaN."""
        return (values - self.static[0]) / self.static[1]

    def apply_target(self, y: np.ndarray) -> np.ndarray:
        """Scale a continuous target to float32; other targets stay as they are."""
        return ((y - self.target[0]) / self.target[1]).astype(np.float32) if y.dtype.kind == "f" else y

    def restore_target(self, y: np.ndarray) -> np.ndarray:
        """The inverse, for predictions of a continuous target."""
        return y * float(self.target[1]) + float(self.target[0])

    def arrays(self) -> dict[str, np.ndarray]:
        """All statistics by name, for a file."""
        parts = {
            f"{f.name}.{name}": getattr(scale, f.name)
            for name, scale in self.channels.items()
            for f in fields(ChannelScale)
        }
        return parts | {"static": self.static, "target": self.target}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], modalities) -> "Scaler":
        """From what `arrays` gave."""
        channels = {
            name: ChannelScale(**{f.name: arrays[f"{f.name}.{name}"] for f in fields(ChannelScale)})
            for name in modalities
        }
        return cls(channels=channels, static=arrays["static"], target=arrays["target"])


def _moments(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of columns, float64; 1 where a column does not vary."""
    mean = samples.mean(axis=0)
    deviation = (samples - mean).std(axis=0)
    return mean, np.where(deviation > 0, deviation, 1.0)


def _known(columns: np.ndarray) -> np.ndarray:
    """Columns with the mean of what is known in place of NaN; 0 where nothing is."""
    known = ~np.isnan(columns)
    mean = np.where(known, columns, 0.0).sum(0) / np.maximum(known.sum(0), 1)
    return np.where(known, columns, mean)
