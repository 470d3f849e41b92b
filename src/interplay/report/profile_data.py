"""What was measured, for the page: the profile as flat arrays, and which atoms stand clear of chance.

Letters: M modalities, P pairs i < j in row order, L lags.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from interplay.estimators.resampling import false_discovery_rates
from interplay.profile import PAIR_ATOMS, InteractionProfile
from interplay.profile.figures import Z_95
from interplay.profile.significance import CHANCE, RESOLUTION_BITS, may_count

FALSE_SHARE = 0.05
"""Among the atoms that are called clear, at most this share is expected to be chance."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AtomTable:
    """One atom of every pair at every lag.

    Attributes
    ----------
    first, second : (R,) int64, modality numbers; for "unique" all ordered pairs, else i < j
    bits, stderr : (R, L) float64, bits; `stderr` is NaN where the profile has none
    clear : (R, L) bool
    """

    first: np.ndarray
    second: np.ndarray
    bits: np.ndarray
    stderr: np.ndarray
    clear: np.ndarray


def atom_table(profile: InteractionProfile, atom: str) -> AtomTable:
    """One atom as rows; `clear` says which values chance does not explain, see `cutoff` and `may_count`."""
    d = profile.dataset
    off = ~np.eye(len(profile.modalities), dtype=bool)
    i, j = np.nonzero(off if atom == "unique" else np.triu(off))
    values = d[atom].values[i, j]
    name = f"{atom}_stderr"
    error = d[name].values[i, j] if name in d else np.full_like(values, np.nan)
    cut = cutoff(profile, atom)
    # errors of 0, as where a modality is never observed, have no infinite multiple
    clear = values > (cut * np.nan_to_num(error) if np.isfinite(cut) else np.inf)
    clear &= may_count(values, d["p_value"].values[i, j] if "p_value" in d else np.nan)
    return AtomTable(first=i, second=j, bits=values, stderr=error, clear=clear)


def cutoff(profile: InteractionProfile, atom: str) -> float:
    """Standard errors above zero from which on an atom counts as clear.

    One-sided normal tests of all pairs and lags, with false discoveries controlled (Benjamini and Hochberg, J. R.
    Stat. Soc. B 1995): just below the smallest z that is kept, and at least that of a 95 % interval. Infinite where
    nothing is kept; 0 for a profile without errors, of which nothing is known.
    """
    d = profile.dataset
    name = f"{atom}_stderr"
    if name not in d:
        return 0.0
    values, error = d[atom].values, d[name].values
    known = np.isfinite(values) & np.isfinite(error)
    if atom != "unique":
        known &= np.triu(np.ones(values.shape[:2], dtype=bool), 1)[..., None]
    z = values[known] / np.hypot(error[known], RESOLUTION_BITS)
    kept = false_discovery_rates(norm.sf(z)) <= FALSE_SHARE
    if not kept.any():
        return float("inf")
    # half way to the next that is not kept: rounding cannot move a value across
    next_below = z[~kept].max(initial=-np.inf)
    return max(Z_95, (float(z[kept].min()) + float(next_below)) / 2)


def profile_data(profile: InteractionProfile) -> dict[str, object]:
    """The profile as the page reads it: arrays over pairs i < j, then lags; None where it has no such values."""
    d = profile.dataset
    i, j = np.triu_indices(len(profile.modalities), 1)
    sides = {
        "r": ("redundancy", i, j),
        "u1": ("unique", i, j),
        "u2": ("unique", j, i),
        "s": ("synergy", i, j),
        "joint": ("joint_mi", i, j),
    }
    told: dict[str, object] = {
        "lags": profile.lag_s,
        "entropy": profile.h_y_bits,
        "cutoff": {atom: _finite(cutoff(profile, atom)) for atom in (*PAIR_ATOMS, "joint_mi")},
        "resolution": RESOLUTION_BITS,
        "chance": CHANCE,
        "mi": d["mi"].transpose("source", "lag").values,
        "mi_error": d["mi_stderr"].transpose("source", "lag").values if "mi_stderr" in d else None,
    }
    for key, (name, a, b) in sides.items():
        told[key] = d[name].values[a, b].ravel()
        told[f"{key}_error"] = d[f"{name}_stderr"].values[a, b].ravel() if f"{name}_stderr" in d else None
    for key in ("p", "q"):
        told[key] = d[f"{key}_value"].values[i, j].ravel() if f"{key}_value" in d else None
    return told


def groups_of(names) -> dict[str, list[int]]:
    """Modality numbers by the part of their names before the first "_"; empty where that joins none of them."""
    found: dict[str, list[int]] = {}
    for k, name in enumerate(names):
        found.setdefault(name.split("_", 1)[0], []).append(k)
    return found if 1 < len(found) < len(names) else {}


def _finite(value: float) -> float:
    # JSON knows no infinity; no estimate is a million standard errors from zero
    return min(value, 1e6)
