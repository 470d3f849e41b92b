"""When an atom is a finding: larger than it is exact, and of a pair that tells more than shuffled labels would.

Few windows are why both are asked. Where predictors fall back on the prior, atoms are rounding noise that hardly varies
from one resampling to the next; and an atom that happens to be large resamples as if it were there.
"""

import numpy as np
import xarray as xr

RESOLUTION_BITS = 1e-4
"""Atoms are certified to this; below it nothing can be told from nothing."""

CHANCE = 0.05
"""Largest p-value of a pair, at a lag, whose atoms may count."""


def may_count(dataset: xr.Dataset, atom: str) -> np.ndarray:
    """(M, M, L) bool: whether an atom is above the resolution and its pair's p-value, if known, at most `CHANCE`."""
    values = dataset[atom].values
    chance = dataset["p_value"].values > CHANCE if "p_value" in dataset else np.zeros(values.shape, bool)
    return (values > RESOLUTION_BITS) & ~chance
