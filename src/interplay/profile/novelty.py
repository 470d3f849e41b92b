"""What a lag adds to all more recent lags of the same sources: when it is really there, and in words."""

import numpy as np
import pandas as pd
import xarray as xr

from interplay.profile.sentences import given_past, in_brackets, with_interval
from interplay.profile.significance import significant

ALONE, JOINT = "novel", "novel_joint"


def significant_novel(dataset: xr.Dataset, variable: str = ALONE) -> np.ndarray:
    """The rule of `interplay.profile.significance` asked of ``novel`` or ``novel_joint``, (..., L) bool."""
    bits, stderr, p_value, q_value = (
        dataset[f"{variable}{part}"].values for part in ("", "_stderr", "_p_value", "_q_value")
    )
    return significant(bits, stderr, p_value, q_value)


def news(profile) -> pd.DataFrame:
    """What arrives when, the most first: one row for each modality and lag that adds something significant.

    Parameters
    ----------
    profile : InteractionProfile

    Returns
    -------
    pandas.DataFrame
        Columns ``source, lag_s, bits, stderr, q_value``; no rows of a profile in which it was not measured.
    """
    columns = ["source", "lag_s", "bits", "stderr", "q_value"]
    if ALONE not in profile.dataset:
        return pd.DataFrame(columns=columns)
    d = profile.dataset.transpose(..., "lag")
    source, lag = np.nonzero(significant_novel(d))
    values = (d[f"{ALONE}{part}"].values[source, lag] for part in ("", "_stderr", "_q_value"))
    names = np.array(profile.modalities, dtype=object)[source]
    table = pd.DataFrame(dict(zip(columns, (names, profile.lag_s[lag], *values), strict=True)))
    return table.sort_values("bits", ascending=False, kind="stable").reset_index(drop=True)


def novel_sentences(profile, n: int = 5) -> list[str]:
    """One sentence for each of the n largest news that are significant.

    Parameters
    ----------
    profile : InteractionProfile
    n : int

    Returns
    -------
    list of str
    """
    return [_sentence(profile, row) for row in news(profile).head(n).itertuples()]


def _sentence(profile, row) -> str:
    bits = f"{with_interval(row.bits, row.stderr)} bits"
    known = "" if (words := given_past(profile)) == "" else f", {words}"
    if row.lag_s == profile.lag_s[0]:
        return f"{row.source} tells {bits} at the most recent lag, {row.lag_s:g} s{known}{in_brackets(row.q_value)}."
    return (
        f"{row.source} tells {bits} at a lag of {row.lag_s:g} s that it does not tell more recently"
        f"{known}{in_brackets(row.q_value)}."
    )
