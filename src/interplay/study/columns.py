"""Columns to numbers, times and labels; whatever cannot be read is told with its row, and with the line that helps."""

import difflib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from interplay.study.dates import DAY_S, as_seconds, date_formats
from interplay.study.formats.dialect import IN_THOUSANDS, WITH_COMMA, is_number
from interplay.study.formats.form import Form, as_yaml
from interplay.study.issues import Issue, error, has_errors
from interplay.study.numbers import as_numbers
from interplay.study.rows import Rows, as_texts, listed, plain
from interplay.types import UNLABELLED

UNKNOWN = -2
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
LARGEST = float(np.finfo(np.float32).max)
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


def missing_columns(rows: Rows, names: Sequence[str | None]) -> list[Issue]:
    """Columns that the study names and the table lacks."""
    issues = []
    for name in names:
        if name is not None and name not in rows.names:
            lower = {other.lower(): other for other in rows.names}
            close = difflib.get_close_matches(name.lower(), lower, n=1)
            hint = (
                f"did you mean {lower[close[0]]!r}?"
                if close
                else f"it has {', '.join(map(repr, [other[:40] for other in rows.names[:8]]))}."
            )
            issues.append(error(rows.file(), f"the column {name!r} must be there; {hint}", 1))
    return issues


def numbers(rows: Rows, name: str) -> tuple[np.ndarray, list[Issue]]:
    """(n,) float64 of a column, NaN where there is no value, and what is unreadable."""
    read, issues = as_numbers(rows.table[name], rows.form), []
    if len(read.bad):
        words = list(dict.fromkeys(str(word).strip() for word in rows.table[name].iloc[read.bad]))
        bounds = {str(word).strip() for word in rows.table[name].iloc[read.bounds]}
        are = "is none" if len(words) == 1 else "are none"
        sentence = f"{name!r} must hold numbers; {listed(words, 3)} {are}{more(read.bad)}. "
        issues.append(rows.error(sentence + _way_out(rows, read.bad, words, bounds), int(read.bad[0])))
    infinite = np.flatnonzero(np.isinf(read.values))
    large = np.flatnonzero(np.abs(np.nan_to_num(read.values, posinf=0, neginf=0)) > LARGEST)
    if len(infinite):
        issues.append(
            rows.error(
                f"{name!r} must be finite; it is infinite{more(infinite)}. Leave the cell empty where a value "
                "is missing.",
                int(infinite[0]),
            )
        )
    elif len(large):
        issues.append(
            rows.error(
                f"{name!r} must be less than {LARGEST:.2g}; it is {read.values[large[0]]:g}{more(large)}. "
                "Leave the cell "
                f"empty where a value is wrong.",
                int(large[0]),
            )
        )
    return read.values, issues


def _way_out(rows: Rows, bad: np.ndarray, words: Sequence[str], bounds: set[str]) -> str:
    """What to do about words among numbers."""
    if rows.form.decimal is None and any(map(WITH_COMMA.fullmatch, words)):
        grouped = all(map(IN_THOUSANDS.fullmatch, words))
        other = ', or format: {thousands: ","}, whichever it is' if grouped else ""
        return f'Write decimals with a point, or say format: {{decimal: ","}}{other}.'
    if all(map(IN_THOUSANDS.fullmatch, words)):
        return 'Say format: {thousands: ","}.'
    if list(bad) == [0] and len(rows) > 1 and rows.form.units_row is None and not is_number(words[0]):
        return "If these are units, say format: {units_row: true}."
    if len(bad) == len(rows) and not bounds:
        return "A column of words is no channel; take rows apart by it with where, or leave it out."
    others = tuple(word for word in words if word not in bounds)[:8]
    said = Form(missing=others, censored="value" if bounds else None)
    policy = ' (or "half" of a bound, or "missing")' if bounds else ""
    return f"If that is what they are, say {as_yaml(said)}{policy}."


def seconds(
    rows: Rows, time: str | Sequence[str], unit: str, *, again: bool = True
) -> tuple[Times, list[Issue]]:
    """Times of a column, or of several that stand for one date, and what is wrong with them.

    `again` is whether a time that comes again is to be warned of.
    """
    name, column = _time_column(rows, time)
    times, issues = _dates(rows, column, name) if unit == "datetime" else _counted(rows, column, name, unit)
    if not issues or not has_errors(issues):
        issues += _order(times.seconds, rows, name, again, naive=unit == "datetime" and not times.zoned)
    return times, issues


def _time_column(rows: Rows, time: str | Sequence[str]) -> tuple[str, pd.Series]:
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
    zoned = None if unit == "excel" or not len(times) or np.nanmin(np.abs(times)) < SINCE_1970 else True
    if unit == "excel":
        zoned = False
    return Times(times, zoned), _unreadable(
        rows, column, bad, name, "a number; for dates say time_unit: datetime"
    )


def _dates(rows: Rows, column: pd.Series, name: str) -> tuple[Times, list[Issue]]:
    said, zone = rows.form.time_format, rows.form.time_zone
    dates = as_seconds(column, said, zone)
    if dates.mixed is not None:
        text = str(column.iloc[dates.mixed])
        return Times(dates.seconds, None), [
            rows.error(
                f"{name!r} must name a time zone in all rows or in none; {text!r} differs from the first row.",
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
                "when summer "
                f"time begins{more(dates.never)}. If the clock was never changed, say time_zone: Etc/GMT-1, or "
                "whatever it "
                "was behind or before UTC, with the sign turned.",
                k,
            )
        ]
    form = f"a date such as {said}" if said else "a date such as 2024-03-01 12:30:00"
    issues = _unreadable(rows, column, bad, name, form)
    if issues and said is None and len(bad) > 0.5 * len(column):
        ways = date_formats([text for text in texts if text.strip()])
        hint = " or ".join(f'"{way}"' for way in ways[:3])
        tail = (
            f" Say format: {{time_format: {hint}}}{', whichever it is' if len(ways) > 1 else ''}."
            if ways
            else ""
        )
        issues = [rows.error(issues[0].sentence + tail, int(bad[0]))]
    if len(dates.twice) and not issues:
        k = int(dates.twice[0])
        issues = [
            rows.warning(
                f"the time {name!r} should be told apart from the same an hour later; {texts.iloc[k]} comes "
                f"twice in {zone} "
                f"when summer time ends{more(dates.twice)}, and is taken for the first. Write offsets such as "
                "+02:00 if it "
                "is not.",
                k,
            )
        ]
    return zoned, issues


def _unreadable(rows: Rows, column: pd.Series, bad: np.ndarray, name: str, kind: str) -> list[Issue]:
    if not len(bad):
        return []
    k = int(bad[0])
    value = column.iloc[k]
    empty = pd.isna(value) or not str(value).strip()
    what = "it is empty" if empty else f"{str(value)!r} is not"
    return [rows.error(f"the time {name!r} must be {kind}; {what}{more(bad)}.", k)]


def _order(times: np.ndarray, rows: Rows, name: str, again: bool, naive: bool) -> list[Issue]:
    back = np.flatnonzero(np.diff(times) < 0) + 1
    if len(back) and not rows.form.sort:
        k = int(back[0])
        by = times[k - 1] - times[k]
        hint = (
            "Sort the rows, or say format: {sort: true}; where sessions follow one another, tell them apart by "
            "{recording} in files, or by recording: NAME of a column."
        )
        if naive and len(back) < 3 and HOUR_S * 0.5 < by <= HOUR_S * 1.01:
            hint = "Do clocks end summer time there? Say format: {time_zone: ...}, a place such as Europe/Berlin."
        return [
            rows.error(f"the time {name!r} must not go back; it does, by {by:g} s{more(back)}. {hint}", k)
        ]
    same = np.flatnonzero(np.diff(times) == 0) + 1
    if len(same) and again:
        sentence = (
            f"the time {name!r} should be new in each row; it is that of the row before{more(same)}. The last of them "
            "counts; say bin: sum for amounts that add up, or mean."
        )
        return [rows.warning(sentence, int(same[0]))]
    return []


def rate_contradiction(times: np.ndarray, rows: Rows, rate_hz: float) -> list[Issue]:
    """Whether a regular stream's times say another rate than the study does, or leave rows out."""
    if len(times) < 3 or times[-1] <= times[0]:
        return []
    late = times - times[0] - np.arange(len(times)) / rate_hz
    # what is late by then and never catches up, as samples that only arrive in bursts do
    lost = np.minimum.accumulate(late[::-1])[::-1][1:] - np.maximum.accumulate(late)[:-1]
    paused = np.flatnonzero(lost > PAUSE / rate_hz) + 1
    if 0 < len(paused) < len(times) / 10:
        k = int(paused[0])
        return [
            rows.error(
                f"a regular stream must not pause; it does, for {times[k] - times[k - 1]:.6g} s{more(paused)}, "
                "and what "
                f"follows would be taken for earlier. Leave rate_hz out, say resample_hz: {rate_hz:g} in its "
                "place, or write "
                "the rows that are missing.",
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


def labels(
    rows: Rows, name: str, classes: Sequence[str], rename: Mapping[str, str] | None = None
) -> tuple[np.ndarray, list[Issue]]:
    """(n,) int64 class numbers, -1 where empty; without `classes` (n,) float64, NaN where empty."""
    if not classes:
        return numbers(rows, name)
    code = {plain(str(label)): k for k, label in enumerate(classes)}
    renamed = {
        plain(str(word)): code.get(plain(str(label)), UNKNOWN) for word, label in (rename or {}).items()
    }
    code |= renamed
    missing = rows.form.missing_words - set(code)
    texts = [None if text in missing else text for text in as_texts(rows.table[name])]
    values = np.array(
        [UNLABELLED if text is None else code.get(plain(text), UNKNOWN) for text in texts], dtype=np.int64
    )
    unknown = np.flatnonzero(values == UNKNOWN)
    if not len(unknown):
        return values, []
    words = list(dict.fromkeys(str(texts[k]) for k in unknown))
    lower = {label.lower(): label for label in map(str, classes)}
    close = {word: difflib.get_close_matches(word.lower(), lower, n=1) for word in words}
    same = ", ".join(f"{word}: {lower[near[0]]}" for word, near in close.items() if near)
    hint = "Add it to classes, leave the cell empty, or say format: {missing: [...]} for labels to leave out."
    if len(words) == 1 and close[words[0]]:
        hint = f"Did you mean {lower[close[words[0]][0]]!r}? Then say rename: {{{same}}}."
    elif same:
        hint = f"Say rename: {{{same}}} if that is what they are."
    are = "is not" if len(words) == 1 else "are not"
    sentence = f"{name!r} must be one of {', '.join(map(str, classes))}; {listed(words)} {are}{more(unknown)}. {hint}"
    return values, [rows.error(sentence, int(unknown[0]))]


def more(rows: np.ndarray) -> str:
    """How many more rows are like it."""
    return "" if len(rows) == 1 else f" (and in {len(rows) - 1} more rows)"
