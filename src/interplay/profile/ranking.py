"""The strongest interactions of a profile, each at the moment where it is largest."""

import numpy as np
import pandas as pd

from interplay.errors import InvalidInput
from interplay.profile.dataset import PAIR_ATOMS
from interplay.profile.significance import Z_95


def strongest(profile, atom: str | None = None) -> pd.DataFrame:
    """Every pair and atom at the lag, or the bin of time, where it is largest; significant ones first.

    Parameters
    ----------
    profile : InteractionProfile
    atom : "redundancy", "unique" or "synergy", optional
        All three by default.

    Returns
    -------
    pandas.DataFrame
        Columns ``atom, source_i, source_j, moment, bits, low, high, stderr, p_value, q_value, significant``; ``moment``
        is the number of the lag or bin, of the largest significant value where there is one, ``low`` and ``high`` are
        the ends of a 95 % interval.
    """
    tables = [_peaks(profile, name) for name in (PAIR_ATOMS if atom is None else (atom,))]
    rows = pd.concat(tables).sort_values(["significant", "bits"], ascending=False, kind="stable")
    return rows.reset_index(drop=True)


def check_atom(atom: str) -> None:
    """Refuse what is no atom of pairs."""
    if atom not in PAIR_ATOMS:
        raise InvalidInput(f"atom must be one of {list(PAIR_ATOMS)}; got {atom!r}.")


def _peaks(profile, atom: str) -> pd.DataFrame:
    """The largest value of one atom, of every pair that has one."""
    check_atom(atom)
    values, clear = profile.dataset[atom].values, profile.significant(atom)
    off = ~np.eye(len(values), dtype=bool)
    i, j = np.nonzero(off if atom == "unique" else np.triu(off))
    series = np.where(np.isnan(values[i, j]), -np.inf, values[i, j])
    asked = np.where(clear[i, j].any(-1, keepdims=True) & ~clear[i, j], -np.inf, series)
    peak = asked.argmax(-1) if len(i) else np.zeros(0, dtype=np.int64)
    names = np.array(profile.modalities, dtype=object)

    def at_peak(*variables: str) -> np.ndarray:
        """Values of the first of some variables that the profile has."""
        variable = next((name for name in variables if name in profile.dataset), None)
        return np.full(len(i), np.nan) if variable is None else profile.dataset[variable].values[i, j, peak]

    bits, stderr = values[i, j, peak], at_peak(f"{atom}_stderr")
    return pd.DataFrame(
        {
            "atom": np.full(len(i), atom, dtype=object),
            "source_i": names[i],
            "source_j": names[j],
            "moment": peak,
            "bits": bits,
            "low": bits - Z_95 * stderr,
            "high": bits + Z_95 * stderr,
            "stderr": stderr,
            "p_value": at_peak(f"{atom}_p_value", "p_value"),
            "q_value": at_peak(f"{atom}_q_value", "q_value"),
            "significant": clear[i, j, peak],
        }
    )
