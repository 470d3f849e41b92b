"""What a lag adds to all more recent lags of the same sources: when it is really there, and in words."""

import numpy as np
import pandas as pd
import xarray as xr

from interplay.profile.sentences import given_past, in_brackets, with_interval
from interplay.profile.significance import familywise, larger_p_value, significant

ALONE, JOINT = "novel", "novel_joint"

MOST_PAIRS = 3
"""Pairs that sentences name beside single modalities."""


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
    return _most_first(columns, (names, profile.lag_s[lag], *values))


def joint_news(profile) -> pd.DataFrame:
    """What arrives only with two modalities together, the most first.

    One row for each pair and lag that adds significantly more than both modalities add there by themselves, the sum of
    which two that tell different things reach, and two that tell the same do not.

    Parameters
    ----------
    profile : InteractionProfile
        Of ``TemporalRUS(novel="pairs")``.

    Returns
    -------
    pandas.DataFrame
        Columns ``source_i, source_j, lag_s, bits, stderr, q_value``; ``bits`` is by how much it is more, and
        ``q_value`` is adjusted over all pairs and lags. No rows of a profile in which pairs were not measured.
    """
    columns = ["source_i", "source_j", "lag_s", "bits", "stderr", "q_value"]
    if JOINT not in profile.dataset:
        return pd.DataFrame(columns=columns)
    d = profile.dataset.transpose(..., "lag")
    i, j = np.triu_indices(len(profile.modalities), 1)
    bits = d[JOINT].values[i, j] - d[ALONE].values[i] - d[ALONE].values[j]
    errors = (d[f"{JOINT}_stderr"].values[i, j], *(d[f"{ALONE}_stderr"].values[m] for m in (i, j)))
    stderr = np.sqrt(np.square(errors).sum(0))
    # by chance the pair adds nothing, or no more than its modalities
    p_value = larger_p_value(bits, stderr, d[f"{JOINT}_p_value"].values[i, j])
    q_value = familywise(p_value)
    pair, lag = np.nonzero(significant(bits, stderr, p_value, q_value))
    names = np.array(profile.modalities, dtype=object)
    values = (each[pair, lag] for each in (bits, stderr, q_value))
    return _most_first(columns, (names[i[pair]], names[j[pair]], profile.lag_s[lag], *values))


def novel_sentences(profile, n: int = 5) -> list[str]:
    """One sentence for each of the n largest significant news of single modalities, then of pairs that add more.

    Parameters
    ----------
    profile : InteractionProfile
    n : int
        Of the pairs, at most `MOST_PAIRS` are named.

    Returns
    -------
    list of str
    """
    alone = [_of_modality(profile, row) for row in news(profile).head(n).itertuples()]
    pairs = [_of_pair(profile, row) for row in joint_news(profile).head(min(n, MOST_PAIRS)).itertuples()]
    return alone + pairs


def _of_modality(profile, row) -> str:
    fact = f"{row.source} tells {with_interval(row.bits, row.stderr)} bits"
    return f"{fact} {_arrival(profile, row, 'it does')}{in_brackets(row.q_value)}."


def _of_pair(profile, row) -> str:
    fact = f"{row.source_i} and {row.source_j} together tell {with_interval(row.bits, row.stderr)} bits"
    arrival = _arrival(profile, row, "they do")
    return f"{fact} {arrival}, beyond what each brings there alone{in_brackets(row.q_value)}."


def _arrival(profile, row, who: str) -> str:
    known = f", {words}" if (words := given_past(profile)) else ""
    if row.lag_s == profile.lag_s[0]:
        return f"at the most recent lag, {row.lag_s:g} s{known}"
    return f"{profile.axis.when[profile.axis.nearest(row.lag_s)]} that {who} not tell more recently{known}"


def _most_first(columns: list[str], values) -> pd.DataFrame:
    table = pd.DataFrame(dict(zip(columns, values, strict=True)))
    return table.sort_values("bits", ascending=False, kind="stable").reset_index(drop=True)
