"""Named, causal policies for samples that are missing. Nothing is filled without one of them.

A policy gets the samples of one modality laid on steps, NaN where there is none, and returns the same
with some of them filled. What is still NaN afterwards makes its step unobserved.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from interplay.errors import InvalidInput


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """Fill nothing: a step with any missing sample is unobserved."""

    def apply(self, values: np.ndarray, segment: np.ndarray, sample_s: float) -> np.ndarray:
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

    def apply(self, values: np.ndarray, segment: np.ndarray, sample_s: float) -> np.ndarray:
        """Fill values (n_steps, r, d); `segment` (n_steps,), `sample_s` the spacing of samples in s."""
        n_steps, r, d = values.shape
        flat = values.reshape(n_steps * r, d)
        row = np.arange(n_steps * r)[:, None]
        last = np.maximum.accumulate(np.where(np.isnan(flat), -1, row), axis=0)
        first = np.searchsorted(segment, segment, side="left").repeat(r)[:, None] * r
        known = (last >= first) & ((row - last) * sample_s <= self.max_s * (1 + 1e-9))
        held = np.take_along_axis(flat, np.maximum(last, 0), axis=0)
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

    def apply(self, values: np.ndarray, segment: np.ndarray, sample_s: float) -> np.ndarray:
        """Filled values and their age, (n_steps, r, d + 1)."""
        held = Hold.apply(self, values, segment, sample_s)
        n_steps, r, d = values.shape
        row = np.arange(n_steps * r)[:, None]
        last = np.maximum.accumulate(np.where(np.isnan(values.reshape(-1, d)), -1, row), axis=0)
        age = np.log1p((row - last).max(1) * sample_s).reshape(n_steps, r, 1)
        known = ~np.isnan(held).any(-1, keepdims=True)
        return np.concatenate([held, np.where(known, age, np.nan)], axis=-1).astype(values.dtype)


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
