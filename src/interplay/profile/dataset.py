"""The data set behind a profile: what it must hold, and how its attributes travel."""

import json
from collections.abc import Mapping

import numpy as np
import xarray as xr

from interplay.errors import InvalidInput

PAIR_ATOMS = ("redundancy", "unique", "synergy")
PAIR_DIMS = ("source_i", "source_j", "lag")
OVER_LAGS, RATE = "lags", "rate"
"""Kinds of profile: of each lag by itself, or of all lags together."""
NOBODY = "of_nobody"
"""Attribute of a profile of which it was said that its values come from no data."""
REQUIRED = (*PAIR_ATOMS, "joint_mi", "mi")


def square_of(values, n_m: int, name: str) -> np.ndarray:
    """Values (M, M, L) of pairs, NaN where a modality meets itself."""
    values = np.array(values, dtype=np.float64)
    if values.ndim != 3 or values.shape[:2] != (n_m, n_m):
        raise InvalidInput(
            f"{name} must be ({n_m}, {n_m}, lags), one row per modality; got shape {values.shape}."
        )
    values[np.arange(n_m), np.arange(n_m)] = np.nan
    return values


def check_dataset(dataset: xr.Dataset) -> None:
    """Refuse what is no profile."""
    if not isinstance(dataset, xr.Dataset):
        raise InvalidInput(f"a profile must be made from an xarray.Dataset; got {type(dataset).__name__}.")
    missing = [name for name in REQUIRED if name not in dataset]
    if missing:
        raise InvalidInput(f"a profile must hold {list(REQUIRED)}; {missing} are missing.")
    for name in (*PAIR_ATOMS, "joint_mi"):
        if dataset[name].dims != PAIR_DIMS:
            raise InvalidInput(f"{name} of a profile must have dims {PAIR_DIMS}; got {dataset[name].dims}.")
    if "lag_s" not in dataset.coords:
        raise InvalidInput("a profile must have the coordinate 'lag_s', seconds per lag.")
    if dataset["lag_s"].min() < 0 or (np.diff(dataset["lag_s"]) <= 0).any():
        raise InvalidInput(f"lag_s must be non-negative and increasing; got {dataset['lag_s'].values}.")
    absent = [name for name in ("step_s", "h_y_bits", "entities") if name not in dataset.attrs]
    if absent:
        raise InvalidInput(
            f"a profile must have the attributes step_s, h_y_bits and entities; {absent} are missing."
        )


def plain(value):
    """NetCDF holds numbers and strings; lists and mappings travel as JSON."""
    if isinstance(value, (str, int, float)):
        return value
    return json.dumps(value, default=_listed)


def _listed(value):
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return dict(value)
    raise InvalidInput(f"attributes of a profile must be plain values; got {type(value).__name__}.")


def of_plain(value):
    """The value of an attribute as `plain` wrote it."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, str) and value[:1] in "[{":
        return json.loads(value)
    return value
