"""The strongest interactions in words."""

import math

from interplay.profile.significance import Z_95
from interplay.profile.since_event import clear_stretch, when

WORDS = {
    "redundancy": "{i} and {j} tell the same {bits}",
    "unique": "{i} tells {bits} that {j} does not",
    "synergy": "{i} and {j} together tell {bits} that neither tells alone",
}


def sentences(profile, n: int, atom: str | None = None) -> list[str]:
    """One sentence for each of the n strongest interactions that are significant (`interplay.profile.significance`).

    Parameters
    ----------
    profile : InteractionProfile
    n : int
    atom : "redundancy", "unique" or "synergy", optional
        All three by default.

    Returns
    -------
    list of str
        Bits with 95 % intervals, the lag or time since the event at which each is largest, and the q-value there.
    """
    n_m = len(profile.modalities)
    rows = profile.top(3 * n_m * n_m, atom=atom)
    given = given_in_words(profile)
    return [given + _sentence(profile, row) for row in rows[rows["significant"]].head(n).itertuples()]


def given_in_words(profile) -> str:
    """What sentences about a profile begin with: its confounders, or nothing."""
    return f"Given {' and '.join(profile.given)}: " if profile.given else ""


def _sentence(profile, row) -> str:
    known = not math.isnan(row.stderr)
    bits = f"{row.bits:.2f}" + (f" ± {Z_95 * row.stderr:.2f}" if known else "") + " bits"
    fact = WORDS[row.atom].format(i=row.source_i, j=row.source_j, bits=bits)
    q = "" if math.isnan(row.q_value) else f" (q = {row.q_value:.2g})"
    return f"{fact}, most {when(profile, row.lag_s)}{clear_stretch(profile, row)}{q}."
