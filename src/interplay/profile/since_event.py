"""Profiles of time since an event: the stretches of it that stand out."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from interplay.errors import InvalidInput
from interplay.profile.significance import significant
from interplay.profile.time_axis import is_since_event

COLUMNS = [
    "atom", "source_i", "source_j", "start_s", "stop_s", "bits", "stderr", "p_value", "q_value", "significant",
]  # fmt: skip
STRETCHES = ("redundancy", "unique", "synergy", "mi")


def stretches(profile, atom: str | None = None) -> pd.DataFrame:
    """Clusters of neighbouring bins in which an atom is larger than chance has it, significant ones first.

    Parameters
    ----------
    profile : InteractionProfile
        From `EventResolved`.
    atom : "redundancy", "unique", "synergy" or "mi", optional
        All by default; "mi" is what source_i tells alone.

    Returns
    -------
    pandas.DataFrame
        Columns ``atom, source_i, source_j``; ``start_s, stop_s``, s since the event; ``bits`` and ``stderr`` of the
        largest bin; ``p_value`` of the cluster among all bins of this atom, ``q_value`` among those of all atoms and
        pairs; and ``significant``: whether that counts, in bins that are also clear of their own error. Of these the
        first and the last are the ends of a significant stretch.
    """
    if not is_since_event(profile.dataset) or atom not in (None, *STRETCHES):
        raise InvalidInput(
            f"stretches must be asked of a profile of EventResolved, and of one of {list(STRETCHES)}; got {atom!r}."
        )
    rows = [row for name in STRETCHES if atom in (None, name) for row in _of_atom(profile, name)]
    table = pd.DataFrame(rows, columns=COLUMNS).astype({"significant": bool})
    return table.sort_values(["significant", "bits"], ascending=False, kind="stable").reset_index(drop=True)


def _of_atom(profile, atom: str) -> Iterator[tuple]:
    d, edges = profile.dataset, profile.dataset.attrs["bins_s"]
    for place in np.ndindex(d[atom].shape[:-1]):
        if len(place) == 2 and place[0] >= place[1] and (atom != "unique" or place[0] == place[1]):
            continue
        i, j = [*(profile.modalities[m] for m in place), ""][:2]
        bits, stderr, p, q = (
            d[name].values[place]
            for name in (atom, f"{atom}_stderr", f"{atom}_cluster_p_value", f"{atom}_q_value")
        )
        for start, stop, clear in _clusters(bits, stderr, p, q):
            peak = start + int(bits[start:stop].argmax())
            yield atom, i, j, edges[start], edges[stop], bits[peak], stderr[peak], p[peak], q[peak], clear


def _clusters(bits, stderr, p, q) -> Iterator[tuple[int, int, bool]]:
    """First bin of each cluster, the bin after its last, and whether it is significant."""
    clear = significant(bits, stderr, q_value=q)
    for start, stop in runs(p < 1.0):
        seen = start + np.flatnonzero(clear[start:stop])
        if len(seen):
            yield int(seen[0]), int(seen[-1]) + 1, True
        else:
            yield start, stop, False


def significant_stretches(profile, atom: str, i: int, j: int) -> list[tuple[int, int]]:
    """First bin of each significant stretch of an atom of a pair, by modality numbers, and the bin after its last."""
    bits, stderr, p, q = (
        profile.dataset[name].values[i, j]
        for name in (atom, f"{atom}_stderr", f"{atom}_cluster_p_value", f"{atom}_q_value")
    )
    return [(start, stop) for start, stop, clear in _clusters(bits, stderr, p, q) if clear]


def clear_stretch(profile, row) -> str:
    """The cluster that a row of `interplay.profile.ranking` lies in, in words; "" of one bin, and of plain lags."""
    if not is_since_event(profile.dataset):
        return ""
    i, j = (profile.modalities.index(name) for name in (row.source_i, row.source_j))
    known = significant_stretches(profile, row.atom, i, j)
    start, stop = next(((a, b) for a, b in known if a <= row.moment < b), (row.moment, row.moment + 1))
    return "" if stop - start == 1 else f", and clear of chance from {profile.axis.stretch(start, stop - 1)}"


def runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """Half-open stretches of True in (n,) bool."""
    change = np.flatnonzero(np.diff(np.r_[False, flags, False].astype(int)))
    return list(zip(change[::2].tolist(), change[1::2].tolist(), strict=True))
