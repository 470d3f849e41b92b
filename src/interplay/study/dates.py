"""Dates as seconds since 1970: formats, time zones, and the nights in which clocks are changed."""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

ZONED = r"(?:\d{2}|\.\d+)\s*(?:Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)$"
"""End of a time that names its zone."""
DAY_S = 86400.0
DATES = (
    "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%y", "%m/%d/%y", "%d/%m/%y",
    "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%b %d, %Y", "%b %d %Y", "%d%b%Y", "%d %B %Y", "%B %d, %Y", "%Y-%m-%d",
    "%Y%m%d",
)  # fmt: skip
TIMES = (
    " %H:%M:%S", " %H:%M", " %H:%M:%S.%f", " %I:%M:%S %p", " %I:%M %p", "T%H:%M:%S", ", %H:%M:%S", ":%H:%M:%S",
    "_%H%M%S", " %H:%M:%S %z", " %I:%M:%S %p %z", "",
)  # fmt: skip
CLOCKS = ("%H:%M:%S", "%H:%M:%S.%f", "%I:%M:%S %p", "%I:%M %p", "%H:%M")
"""Times of a day without a date."""
DIGITS = ("%Y%m%d%H%M%S", "%Y%m%d%H%M")
"""Dates without a sign between their parts."""
SAMPLE = 5000
"""Texts that decide how dates are written."""


class Dates(NamedTuple):
    """Times of dates.

    Attributes
    ----------
    seconds : (n,) float64, since 1970; NaN where there is no date
    zoned : whether they are of a known time zone
    mixed : a row that differs from the first in whether it names a zone; None if none does
    twice : rows at an hour that the clock showed twice, which nothing tells apart
    never : rows at an hour that the clock skipped
    """

    seconds: np.ndarray
    zoned: bool
    mixed: int | None
    twice: np.ndarray
    never: np.ndarray


def as_seconds(column: pd.Series, time_format: str | None, zone: str | None) -> Dates:
    """Seconds of a column of dates, texts or of its own type."""
    none = np.zeros(0, np.int64)
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return Dates(_since(column.dt.tz_convert("UTC")), True, None, none, none)
    if column.dtype.kind == "M":
        return _localised(column, zone)
    texts = column.astype(str).str.strip().where(column.notna(), "")
    zoned = texts.str.contains(ZONED, regex=True).to_numpy(bool) & (texts.str.contains(":")).to_numpy(bool)
    zoned = zoned | ("%z" in (time_format or ""))
    if zoned.any() and not zoned.all():
        return Dates(np.full(len(texts), np.nan), False, int(np.argmax(zoned != zoned[0])), none, none)
    parsed = parse(texts, time_format)
    if zoned.any():
        return Dates(_since(parsed), True, None, none, none)
    naive = parsed.dt.tz_localize(None)
    if is_clock(time_format):
        return Dates(_over_midnight(_since(parsed) % DAY_S), False, None, none, none)
    return _localised(naive, zone)


def parse(texts: pd.Series, time_format: str | None) -> pd.Series:
    """Dates of texts, as UTC where they name no zone; none where they are not so written."""
    try:
        return pd.to_datetime(texts, utc=True, errors="coerce", format=time_format or "ISO8601")
    except (ValueError, OverflowError, pd.errors.OutOfBoundsDatetime):
        return pd.Series(pd.NaT, index=texts.index, dtype="datetime64[ns, UTC]")


def is_clock(time_format: str | None) -> bool:
    """Whether a format names times of a day and no date."""
    return time_format is not None and not any(f"%{part}" in time_format for part in "dmyYbBjUWcxGs")


def date_formats(texts: Sequence[str]) -> list[str]:
    """Ways in which all of some texts are dates; none if they are ISO 8601 already."""
    some = pd.Series(list(dict.fromkeys(text.strip() for text in texts if text.strip()))[:SAMPLE], dtype=str)
    if not len(some) or parse(some, None).notna().all():
        return []
    ways = [*CLOCKS, *DIGITS, *map("".join, itertools.product(DATES, TIMES))]
    possible = [way for way in ways if parse(some[:1], way).notna().all()]
    return [way for way in possible if parse(some, way).notna().all()]


def _since(times: pd.Series) -> np.ndarray:
    """Seconds since 1970 of dates in UTC; in microseconds all years from 1 on can be told."""
    since = times.dt.tz_localize(None).dt.as_unit("us").to_numpy("datetime64[us]")
    return np.where(np.isnat(since), np.nan, since.astype(np.int64) / 1e6)


def _localised(naive: pd.Series, zone: str | None) -> Dates:
    """Times of a place, where a zone is said."""
    none = np.zeros(0, np.int64)
    if zone is None:
        return Dates(_since(naive.dt.tz_localize("UTC")), False, None, none, none)
    first = naive.dt.tz_localize(zone, ambiguous=np.ones(len(naive), bool), nonexistent="NaT")
    second = naive.dt.tz_localize(zone, ambiguous=np.zeros(len(naive), bool), nonexistent="NaT")
    never = np.flatnonzero((first.isna() & naive.notna()).to_numpy())
    early, late = _since(first.dt.tz_convert("UTC")), _since(second.dt.tz_convert("UTC"))
    open_ = np.flatnonzero(early != late)
    open_ = open_[~np.isnan(early[open_])]
    seconds, twice = _chosen(early, late, open_)
    return Dates(seconds, True, None, twice, never)


def _chosen(early: np.ndarray, late: np.ndarray, open_: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of rows in an hour that comes twice the second time once they go back; and rows that nothing tells apart."""
    seconds = early.copy()
    twice = []
    for block in np.split(open_, np.flatnonzero(np.diff(open_) > 1) + 1):
        if not len(block):
            continue
        back = np.flatnonzero(np.diff(early[block]) < 0)
        if len(back):
            later = block[back[0] + 1 :]
        elif block[0] > 0 and early[block[0]] < seconds[block[0] - 1]:
            later = block
        else:
            later, twice = block[:0], [*twice, *block]
        seconds[later] = late[later]
    return seconds, np.array(twice, dtype=np.int64)


def _over_midnight(seconds: np.ndarray) -> np.ndarray:
    """Seconds since the midnight before the first of some times of a day, which go on after the next."""
    return seconds + DAY_S * np.cumsum(np.r_[0.0, np.diff(seconds) < -DAY_S / 2])
