"""The strongest finding of each kind in one sentence; that there is no evidence is a finding."""

import numpy as np

from interplay.profile import PAIR_ATOMS, InteractionProfile
from interplay.profile.dataset import RATE
from interplay.profile.sentences import given_in_words, given_past
from interplay.profile.significance import Z_95
from interplay.profile.time_axis import is_since_event
from interplay.report.profile_data import AtomTable, atom_table
from interplay.report.text import counted

SENTENCES = {
    "redundancy": "{i} and {j} tell the same about the target",
    "unique": "{i} tells of the target what {j} does not",
    "synergy": "{i} and {j} tell together what neither tells alone",
}
NOTHING = {
    "redundancy": "two modalities tell the same",
    "unique": "one modality tells what another does not",
    "synergy": "two modalities tell together what neither tells alone",
}
STEADY = 0.8
"""A value that stays above this share of its peak at every lag is told as one for all lags."""


def summary_sentences(profile: InteractionProfile) -> list[str]:
    """One sentence for each of redundancy, uniqueness and synergy; none without pairs."""
    if len(profile.modalities) < 2:
        return []
    given = given_in_words(profile)
    return [given + finding(profile, atom) for atom in PAIR_ATOMS]


def finding(profile: InteractionProfile, atom: str) -> str:
    """The strongest interaction of one kind that stands clear of chance, or that there is none."""
    table = atom_table(profile, atom)
    if not table.clear.any():
        return _no_evidence(profile, table, atom)
    best = np.where(table.clear, table.bits, -np.inf).argmax()
    row, lag = (int(k) for k in np.unravel_index(best, table.bits.shape))
    i, j = (profile.modalities[side[row]] for side in (table.first, table.second))
    joint = float(profile.dataset["joint_mi"].values[table.first[row], table.second[row], lag])
    sentence = (
        f"{SENTENCES[atom].format(i=i, j=j)}: {table.bits[row, lag]:.2f} of the {joint:.2f} bits that the two tell"
        f"{_interval(table, row, lag)}, {_when(profile, table, row, lag)}."
    )
    return f"{sentence} {_rank(int(table.clear.any(1).sum()), len(table.bits), atom)}"


def _no_evidence(profile: InteractionProfile, table: AtomTable, atom: str) -> str:
    n, lags = table.bits.shape
    row, lag = np.unravel_index(np.nan_to_num(table.bits, nan=-np.inf).argmax(), table.bits.shape)
    half = Z_95 * table.stderr[row, lag]
    error = "" if np.isnan(half) else f" ± {half:.3f}"
    return (
        f"No evidence that {NOTHING[atom]}: of {_pairs(n, atom)} {profile.axis.counted(lags)} none stands clear "
        f"of chance; the largest estimate is {table.bits[row, lag]:.3f}{error} bits."
    )


def _interval(table: AtomTable, row: int, lag: int) -> str:
    half = Z_95 * table.stderr[row, lag]
    if np.isnan(half):
        return ""
    return f" (95 % interval {table.bits[row, lag] - half:.2f} to {table.bits[row, lag] + half:.2f})"


def _when(profile: InteractionProfile, table: AtomTable, row: int, lag: int) -> str:
    """At which lags: everywhere alike, or where most and over which range it is clear."""
    axis, lag_s, clear, bits = profile.axis, profile.lag_s, table.clear[row], table.bits[row]
    if profile.kind == RATE:
        return ", ".join(filter(None, ("per step, over all lags together", given_past(profile))))
    if is_since_event(profile.dataset):
        return f"most {axis.when[lag]}, clear in {clear.sum()} of {counted(len(clear), 'bin')} of time"
    if len(lag_s) == 1:
        return f"at the one lag measured, {lag_s[0]:g} s"
    if clear.all() and bits.min() >= STEADY * bits.max():
        return f"at any lag from {lag_s[0]:g} to {lag_s[-1]:g} s"
    seen = np.flatnonzero(clear)
    most = f"most {axis.when[lag]}"
    if len(seen) == 1:
        return f"{most}, and clear at no other"
    how_many = "all" if clear.all() else f"{len(seen)} of"
    return f"{most}, clear at {how_many} {len(lag_s)} lags from {lag_s[seen[0]]:g} to {lag_s[seen[-1]]:g} s"


def _rank(clear: int, n: int, atom: str) -> str:
    if n == 1:
        return "There is no other pair."
    if clear == 1:
        return f"Of {_pairs(n, atom)} no other is clear of chance."
    return f"Of {_pairs(n, atom)}, {clear:,} are clear of chance; this is the strongest."


def _pairs(n: int, atom: str) -> str:
    return counted(n, "ordered pair" if atom == "unique" else "pair")
