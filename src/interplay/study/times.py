"""Columns of times to seconds; what cannot be read, goes back or says another rate is told with its row."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from interplay.study.columns import more
from interplay.study.dates import DAY_S, as_seconds, date_formats
from interplay.study.issues import Issue, error, has_errors
from interplay.study.numbers import as_numbers
from interplay.study.rows import Rows, as_texts

CLOCKS = {
    "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "min": 60.0, "h": 3600.0, "d": 86400.0, "excel": DAY_S,
}  # fmt: skip
"""Units of a time column of numbers, in seconds."""
EXCEL_1970 = 25569
"""The day 1970-01-01 in the count of spreadsheets."""
PAUSE = 2.5
"""Intervals of a regular stream after which samples are missing."""
RATE_AGREES = 0.02
"""Share by which times may contradict the stated rate."""
SINCE_1970 = 1e8
"""Seconds from which numbers count since 1970 and not since a recording began."""
HOUR_S = 3600.0


class Times(NamedTuple):
    """A column of times.

    Attributes
    ----------
    seconds : (n,) float64, s; since 1970 of dates
    zoned : whether it is known when that was: dates with a zone, numbers since 1970; False of dates without a zone;
        None of numbers that count from anywhere
    """

    seconds: np.ndarray
    zoned: bool | None


def seconds(
    rows: Rows, time: str | Sequence[str], unit: str, *, in_order: bool = True, again: str = ""
) -> tuple[Times, list[Issue]]:
    """Times of a column, or of several that stand for one date, and what is wrong with them.

    Parameters
    ----------
    rows : Rows
    time : name of a column, or of several
    unit : as study.yaml names it
    in_order : whether they must not go back
    again : what to say of a time that comes again; nothing by default
    """
    name, column = time_column(rows, time)
    times, issues = _dates(rows, column, name) if unit == "datetime" else _counted(rows, column, name, unit)
    if not has_errors(issues):
        naive = unit == "datetime" and not times.zoned
        issues += _back(times.seconds, rows, name, naive) if in_order and not rows.form.sort else []
        issues += _again(times.seconds, rows, name, again) if again and not has_errors(issues) else []
    return times, issues


def time_column(rows: Rows, time: str | Sequence[str]) -> tuple[str, pd.Series]:
    """Name and cells of a time, those of several columns with a blank in between."""
    if isinstance(time, str):
        return time, rows.table[time]
    parts = [rows.table[name].astype(str).str.strip() for name in time]
    column = parts[0]
    for part in parts[1:]:
        column = column + " " + part
    return " ".join(time), column


def _counted(rows: Rows, column: pd.Series, name: str, unit: str) -> tuple[Times, list[Issue]]:
    values = as_numbers(column, rows.form).values
    times = (values - EXCEL_1970) * DAY_S if unit == "excel" else values * CLOCKS[unit]
    bad = np.flatnonzero(~np.isfinite(times))
    known = np.abs(times[np.isfinite(times)])
    zoned = False if unit == "excel" else True if len(known) and known.min() >= SINCE_1970 else None
    return Times(times, zoned), _unreadable(rows, column, bad, name, "a number", _clock_of(rows, column, bad))


def _clock_of(rows: Rows, column: pd.Series, bad: np.ndarray) -> str:
    """What to do about times that are no numbers."""
    texts = [text for text in as_texts(column.iloc[bad]) if text is not None]
    if list(bad) == [0] and len(column) > 1 and texts and rows.form.units_row is None:
        return "If the row holds units, say format: {units_row: true}."
    if not texts:
        return "Fill it in, or delete such rows."
    if np.isfinite(as_seconds(pd.Series(texts, dtype=str), None, None).seconds).all():
        return "Of dates say time_unit: datetime."
    ways = date_formats(texts)
    return (
        f"Say time_unit: datetime and {_written_as(ways)}"
        if ways
        else "Write numbers, or dates that are all alike."
    )


def _written_as(ways: Sequence[str]) -> str:
    """How dates seem to be written, as study.yaml says it."""
    hint = " or ".join(f'"{way}"' for way in ways[:3])
    return f"format: {{time_format: {hint}}}{', whichever it is' if len(ways) > 1 else ''}."


def _dates(rows: Rows, column: pd.Series, name: str) -> tuple[Times, list[Issue]]:
    said, zone = rows.form.time_format, rows.form.time_zone
    dates = as_seconds(column, said, zone)
    if dates.mixed is not None:
        text = str(column.iloc[dates.mixed])
        return Times(dates.seconds, None), [
            rows.error(
                f"{name!r} must name a time zone in all rows or in none; {text!r} differs from the first row. "
                "Write it in all of them.",
                dates.mixed,
            )
        ]
    bad, texts = np.flatnonzero(~np.isfinite(dates.seconds)), column.astype(str)
    zoned = Times(dates.seconds, dates.zoned)
    if len(dates.never):
        k = int(dates.never[0])
        return zoned, [
            rows.error(
                f"the time {name!r} must be one that clocks in {zone} show; {texts.iloc[k]} is skipped there "
                f"when summer time begins{more(dates.never)}. If the clock was never changed, say time_zone: "
                "Etc/GMT-1, or whatever it was behind or before UTC, with the sign turned.",
                k,
            )
        ]
    form = f"a date such as {said}" if said else "a date such as 2024-03-01 12:30:00"
    many = said is None and len(bad) > 0.5 * len(column)
    ways = date_formats([text for text in texts if text.strip()]) if many else []
    way_out = f"Say {_written_as(ways)}" if ways else "Correct it, or delete the row."
    issues = _unreadable(rows, column, bad, name, form, way_out)
    if len(dates.twice) and not issues:
        k = int(dates.twice[0])
        issues = [
            rows.warning(
                f"the time {name!r} should be told apart from the same an hour later; {texts.iloc[k]} comes "
                f"twice in {zone} when summer time ends{more(dates.twice)}, and is taken for the first. Write "
                "offsets such as +02:00 if it is not.",
                k,
            )
        ]
    return zoned, issues


def _unreadable(
    rows: Rows, column: pd.Series, bad: np.ndarray, name: str, kind: str, way_out: str
) -> list[Issue]:
    if not len(bad):
        return []
    k = int(bad[0])
    value = column.iloc[k]
    empty = pd.isna(value) or not str(value).strip()
    what = "it is empty" if empty else f"{str(value)!r} is not"
    return [rows.error(f"the time {name!r} must be {kind}; {what}{more(bad)}. {way_out}".rstrip(), k)]


def _back(times: np.ndarray, rows: Rows, name: str, naive: bool) -> list[Issue]:
    back = np.flatnonzero(np.diff(times) < 0) + 1
    if not len(back):
        return []
    k = int(back[0])
    by = times[k - 1] - times[k]
    hint = (
        "Sort the rows, or say format: {sort: true}; where sessions follow one another, tell them apart by "
        "{recording} in files, or by recording: NAME of a column."
    )
    if naive and len(back) < 3 and HOUR_S * 0.5 < by <= HOUR_S * 1.01:
        hint = "Do clocks end summer time there? Say format: {time_zone: ...}, a place such as Europe/Berlin."
    return [rows.error(f"the time {name!r} must not go back; it does, by {by:g} s{more(back)}. {hint}", k)]


def _again(times: np.ndarray, rows: Rows, name: str, hint: str) -> list[Issue]:
    same = np.flatnonzero(np.diff(times) == 0) + 1
    if not len(same):
        return []
    sentence = (
        f"the time {name!r} should be new in each row; it is that of the row before{more(same)}. {hint}"
    )
    return [rows.warning(sentence, int(same[0]))]


def rate_contradiction(times: np.ndarray, rows: Rows, rate_hz: float, *, naive: bool) -> list[Issue]:
    """Whether a regular stream's times say another rate than the study does, or leave rows out."""
    if len(times) < 3 or times[-1] <= times[0]:
        return []
    late = times - times[0] - np.arange(len(times)) / rate_hz
    # what is late by then and never catches up, as samples that only arrive in bursts do
    lost = np.minimum.accumulate(late[::-1])[::-1][1:] - np.maximum.accumulate(late)[:-1]
    paused = np.flatnonzero(lost > PAUSE / rate_hz) + 1
    if 0 < len(paused) < len(times) / 10:
        k = int(paused[0])
        of_summer = naive and len(paused) == 1 and abs(times[k] - times[k - 1] - 1 / rate_hz - HOUR_S) < 1
        hint = " Did clocks begin summer time then? Say format: {time_zone: ...}." if of_summer else ""
        return [
            rows.error(
                f"a regular stream must not pause; it does, for {times[k] - times[k - 1]:.6g} "
                f"s{more(paused)}, and what follows would be taken for earlier. Leave rate_hz out, say "
                f"resample_hz: {rate_hz:g} in its place, or write the rows that are missing.{hint}",
                k,
            )
        ]
    measured = (len(times) - 1) / (times[-1] - times[0])
    if abs(measured / rate_hz - 1) <= RATE_AGREES:
        return []
    return [
        error(
            rows.file(),
            f"rate_hz must be what the times say; they say {measured:.4g} Hz, the study {rate_hz:g} Hz. Correct it, or "
            "leave rate_hz out for an irregular stream.",
        )
    ]
