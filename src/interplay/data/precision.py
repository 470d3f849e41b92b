"""Which samples float32 holds, and which need float64."""

import numpy as np

LOOKED_AT = 10_000
"""Samples that decide whether a stream needs float64."""

BLURRED = 1e-3
"""Share of the range of the middle half of a channel that rounding may take."""


def as_samples(values: np.ndarray) -> np.ndarray:
    """Values (n, ...) as float32, or as float64 where float32 would blur a channel.

    A pressure of 100,000 Pa that moves by tenths has its signal in digits that float32 rounds.
    """
    values = np.asarray(values)
    if values.dtype in (np.float32, np.float16) or values.size == 0:
        return values.astype(np.float32, copy=False)
    some = values[:: max(1, len(values) // LOOKED_AT)].astype(np.float64).reshape(-1, values.shape[-1])
    return values.astype(np.float64 if needs_float64(some) else np.float32)


def needs_float64(samples: np.ndarray) -> bool:
    """Whether float32 would blur a channel of samples (n, d)."""
    known = samples[~np.isnan(samples).any(axis=1)]
    if len(known) == 0:
        return False
    low, high = np.quantile(known, [0.25, 0.75], axis=0)
    rounding = np.finfo(np.float32).eps * np.median(np.abs(known), axis=0)
    return bool((rounding > BLURRED * (high - low)).any())
