"""The strongest interactions in words."""

import math

import numpy as np

from interplay.profile.dataset import RATE
from interplay.profile.ranking import strongest
from interplay.profile.significance import Z_95
from interplay.profile.since_event import clear_stretch, stretches

WORDS = {
    "redundancy": "{i} and {j} tell the same {bits}",
    "unique": "{i} tells {bits} that {j} does not",
    "synergy": "{i} and {j} together tell {bits} that neither tells alone",
    "mi": "{i} alone tells {bits}",
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
        Bits with 95 % intervals, the lag or time since the event at which each is largest, or of a rate the lags that
        it is over, what of the target's own past was known, and the q-value.
    """
    rows = strongest(profile, atom)
    given = given_in_words(profile)
    return [given + _sentence(profile, row) for row in rows[rows["significant"]].head(n).itertuples()]


def stretch_sentences(profile, n: int, atom: str | None = None) -> list[str]:
    """One sentence for each of the n strongest stretches of time since an event that are significant.

    Parameters
    ----------
    profile : InteractionProfile
        From `EventResolved`.
    n : int
    atom : "redundancy", "unique", "synergy" or "mi", optional
        All by default; "mi" is what a modality tells alone.

    Returns
    -------
    list of str
        From when to when, the bits of the largest bin with their 95 % interval, and the q-value of the cluster.
    """
    rows = stretches(profile, atom)
    return [_of_stretch(profile, row) for row in rows[rows["significant"]].head(n).itertuples()]


def _of_stretch(profile, row) -> str:
    axis = profile.axis
    first, last = (
        axis.columns[f"{end}_s"].tolist().index(time_s)
        for end, time_s in (("start", row.start_s), ("stop", row.stop_s))
    )
    most = "" if first == last else "up to "
    bits = f"{most}{with_interval(row.bits, row.stderr)} bits"
    fact = WORDS[row.atom].format(i=row.source_i, j=row.source_j, bits=bits)
    after = f"from {axis.stretch(first, last)} after {profile.dataset.attrs['event']}"
    return f"{given_in_words(profile)}{fact}, {after}{in_brackets(row.q_value)}."


def given_in_words(profile) -> str:
    """What sentences about a profile begin with: its confounders, or nothing."""
    return f"Given {' and '.join(profile.given)}: " if profile.given else ""


def _sentence(profile, row) -> str:
    unit = "bits per step" if profile.kind == RATE else "bits"
    bits = f"{with_interval(row.bits, row.stderr)} {unit}"
    fact = WORDS[row.atom].format(i=row.source_i, j=row.source_j, bits=bits)
    if profile.kind == RATE:
        where = f"over all lags together ({_lags(profile, row.source_i, row.source_j)})"
    else:
        where = f"most {profile.axis.when[row.moment]}{clear_stretch(profile, row)}"
    return f"{', '.join(filter(None, (fact, where, given_past(profile))))}{in_brackets(row.q_value)}."


def with_interval(bits: float, stderr: float) -> str:
    """A number with half of its 95 % interval, where there is one."""
    return f"{bits:.2f}" + ("" if math.isnan(stderr) else f" ± {Z_95 * stderr:.2f}")


def in_brackets(q_value: float) -> str:
    """A q-value at the end of a sentence; nothing where there is none."""
    return "" if math.isnan(q_value) else f" (q = {q_value:.2g})"


def given_past(profile) -> str:
    """What was known of the target's own past; nothing where it was not asked."""
    history = int(profile.dataset.attrs.get("target_history", 0))
    if history == 0:
        return ""
    what = "label" if profile.dataset.attrs.get("classes") else "value"
    return f"given the last {what}" if history == 1 else f"given the last {history} {what}s"


def _lags(profile, *names: str) -> str:
    """Which lags of each modality were looked at."""
    lags_s = profile.dataset.attrs["lags_s"]
    return "; ".join(f"{name} at {_listed(lags_s[name])} s" for name in names)


def _listed(lags_s) -> str:
    """Lags one after the other, or from the first to the last of more than three with equal steps between them."""
    if len(lags_s) > 3 and np.allclose(np.diff(lags_s), lags_s[1] - lags_s[0]):
        return f"{lags_s[0]:g} to {lags_s[-1]:g}"
    return ", ".join(f"{lag:g}" for lag in lags_s)


def headline(profile) -> str:
    """What a profile is about, on one line."""
    entropy = f"target entropy {profile.h_y_bits:.3f} bits"
    measure = profile.dataset.attrs.get("measure")
    by = f"; redundancy by {measure}" if measure else ""
    by += f"; given {', '.join(profile.given)}" if profile.given else ""
    return (
        f"InteractionProfile of {len(profile.modalities)} modalities over {profile.axis.span}; {entropy}{by}"
    )
