"""Named, causal policies for samples that are missing. Nothing is filled without one of them.

A policy gets the samples of one modality laid on steps, NaN where there is none, and returns the same
with some of them filled. What is still NaN afterwards makes its step unobserved.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from interplay.errors import InvalidInput


@dataclass(frozen=True, kw_only=True, slots=True)
class LastSeen:
    """What was last seen of each channel before some steps.

    Attributes
    ----------
    value : (d,) float, NaN where nothing was
    ago : (d,) int64, samples ago; 1 is the sample just before
    """

    value: np.ndarray
    ago: np.ndarray

    @classmethod
    def nothing(cls, channels: int) -> "LastSeen":
        return cls(value=np.full(channels, np.nan), ago=np.zeros(channels, dtype=np.int64))

    def after(self, samples: np.ndarray) -> "LastSeen":
        """The same after samples (n, d) more."""
        row, value = _last_seen(samples, self)
        ago = np.where(row[-1] == NEVER, 0, len(samples) - row[-1])
        return LastSeen(value=value[-1].astype(self.value.dtype), ago=ago)


NEVER = np.iinfo(np.int64).min // 2
"""Row of a sample that there is not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """Fill nothing: a step with any missing sample is unobserved."""

    def apply(
        self, values: np.ndarray, segment: np.ndarray, sample_s: float, before: LastSeen | None = None
    ) -> np.ndarray:
        return values


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """Repeat the last sample of each channel, at most for `max_s` seconds and never across a gap.

    Attributes
    ----------
    max_s : float, s
        How long a sample may stand for those after it; without limit by default.
    """

    max_s: float = np.inf

    def apply(
        self, values: np.ndarray, segment: np.ndarray, sample_s: float, before: LastSeen | None = None
    ) -> np.ndarray:
        """Fill values (n_steps, r, d).

        Parameters
        ----------
        values : (n_steps, r, d)
        segment : (n_steps,)
        sample_s : float, s
            Spacing of samples.
        before : LastSeen, optional
            What the first segment has from before these steps.
        """
        n_steps, r, d = values.shape
        last, held = _last_seen(values.reshape(n_steps * r, d), before)
        row = np.arange(n_steps * r)[:, None]
        first = np.searchsorted(segment, segment, side="left").repeat(r)[:, None] * r
        first = np.where(first > 0, first, NEVER + 1)
        known = (last >= first) & ((row - last) * sample_s <= self.max_s * (1 + 1e-9))
        return np.where(known, held, np.nan).astype(values.dtype).reshape(values.shape)


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldAge(Hold):
    """As `Hold`, and one more channel says how old the values are: log(1 + age in s) of the oldest.

    What was measured rarely, such as a lab value, is known to be old; that it was not measured again tells as well.
    """

    @property
    def adds(self) -> tuple[str, ...]:
        """Names of the channels that come after those of the stream."""
        return ("age",)

    def apply(
        self, values: np.ndarray, segment: np.ndarray, sample_s: float, before: LastSeen | None = None
    ) -> np.ndarray:
        """Filled values and their age, (n_steps, r, d + 1)."""
        held = Hold.apply(self, values, segment, sample_s, before)
        n_steps, r, d = values.shape
        row = np.arange(n_steps * r)[:, None]
        last, _ = _last_seen(values.reshape(-1, d), before)
        known = ~np.isnan(held).any(-1, keepdims=True)
        samples = np.where(known.reshape(-1), (row - last).max(1), 0)
        age = np.log1p(samples * sample_s).reshape(n_steps, r, 1)
        return np.concatenate([held, np.where(known, age, np.nan)], axis=-1).astype(values.dtype)


def _last_seen(samples: np.ndarray, before: LastSeen | None) -> tuple[np.ndarray, np.ndarray]:
    """Row and value of the last sample that is no NaN, up to each of samples (n, d).

    Rows before the first are negative, and `NEVER` where there is none.
    """
    row = np.arange(len(samples))[:, None]
    rows = np.where(np.isnan(samples), NEVER, row)
    if before is not None:
        earlier = np.where(np.isnan(before.value), NEVER, -before.ago)
        rows, samples = np.vstack([earlier, rows]), np.vstack([before.value, samples])
    last = np.maximum.accumulate(rows, axis=0)
    if before is None:
        return last, np.take_along_axis(samples, np.maximum(last, 0), axis=0)
    held = np.take_along_axis(samples, np.where(last >= 0, last + 1, 0), axis=0)
    return last[1:], held[1:]


FILLS = {"mark": Mark, "hold": Hold, "hold_age": HoldAge}


def fill_policy(fill):
    """The policy object for a name, or the object itself; None stays None."""
    if isinstance(fill, str):
        if fill not in FILLS:
            raise InvalidInput(f"fill must be one of {sorted(FILLS)} or a policy object; got {fill!r}.")
        return FILLS[fill]()
    return fill


def added_channels(fill, name: str) -> tuple[str, ...]:
    """Names of channels that the policy of a modality adds to those of its stream."""
    policy = fill_policy(fill.get(name) if isinstance(fill, Mapping) else fill)
    return getattr(policy, "adds", ())
