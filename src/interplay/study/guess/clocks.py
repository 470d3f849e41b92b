"""Columns of time: which they are, on what clock, and how their dates are written."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from interplay.study.dates import CLOCKS as CLOCK_FORMATS
from interplay.study.dates import SAMPLE, as_seconds, date_formats, parse
from interplay.study.formats.form import Form
from interplay.study.guess.cells import mostly_numbers
from interplay.study.guess.names import TIMES, UNIT, spoken, unit_in, words_in
from interplay.study.numbers import as_numbers
from interplay.study.rows import Rows, as_texts
from interplay.study.times import CLOCKS, time_column

EPOCHS = {"s": (3e8, 4.2e9), "ms": (3e11, 4.2e12), "us": (3e14, 4.2e15), "ns": (3e17, 4.2e18)}
"""Numbers since 1970 that are between 1979 and 2103, by their unit."""
DATE_IN_DIGITS = re.compile(r"(19|20)\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])(\d{4}(\d{2})?)?")
SHEET_DAYS = (20_000.0, 80_000.0)
"""Days in the count of spreadsheets that are between 1954 and 2119."""
LOOKED_AT = 50
"""Cells that say whether a column holds dates."""
CLOSER = 5.0
"""Times by which dates must lie closer together in one way of reading them than in others."""
OF_DAYS = re.compile(r"date|day|datum|tag|fecha|dia|jour")
OF_BIRTHS = re.compile(r"birth|born|dob|geburt")
OF_CLOCKS = re.compile(r"\b(time|clock|zeit|uhrzeit|hora|heure)\b")
SIDES = {"start", "begin", "from", "end", "stop", "to"}
"""Words by which the time of a start is told from that of a stop."""

Time = str | tuple[str, ...]
"""A column of times, or several that are one together."""


def times_of(rows: Rows, time: Time, unit: str) -> np.ndarray:
    """Times of a column, or of several that are one, in s; NaN where there is none."""
    _, column = time_column(rows, time)
    if unit == "datetime":
        return as_seconds(column, rows.form.time_format, rows.form.time_zone).seconds
    return as_numbers(column, rows.form).values * CLOCKS[unit]


def looks_timed(rows: Rows) -> str | None:
    """A column of dates; or of numbers that never go back and are named after time or are those of a clock."""
    for name in rows.names:
        column = rows.table[name]
        if _of_dates(column):
            return name
        if len(column) and not mostly_numbers(rows, name, rows.form):
            texts = _first_texts(column)
            dated = (
                bool(texts) and np.isfinite(as_seconds(pd.Series(texts, dtype=str), None, None).seconds).all()
            )
            if texts and ((dated and len(texts[0]) > 7) or date_formats(texts)):
                return name
    for name in rows.names:
        if mostly_numbers(rows, name, rows.form):
            values = as_numbers(rows.table[name], rows.form).values
            values = values[~np.isnan(values)]
            rising = len(values) > 2 and bool((np.diff(values) >= 0).mean() > 0.95) and values[-1] > values[0]
            if rising and (re.search(r"time|stamp|date|clock", name.lower()) or _epoch(values)):
                return name
    return None


def with_its_day(rows: Rows, name: str) -> Time:
    """A column of times with the one that its day, or its time of the day, stands in; alone if it needs none."""
    others = [other for other in rows.names if SIDES & {*words_in(other)} <= {*words_in(name)}]
    if _holds_clocks(rows.table[name]):
        days = [other for other in others if _named_day(other) and _holds_days(rows.table[other])]
        return (_nearest(rows, name, days), name) if days else name
    if _holds_days(rows.table[name]) and _comes_again_at_once(rows.table[name]):
        clocks = [
            other
            for other in others
            if OF_CLOCKS.search(" ".join(words_in(other))) and _holds_clocks(rows.table[other])
        ]
        return (name, _nearest(rows, name, clocks)) if clocks else name
    return name


def clock_of(rows: Rows, times: Sequence[Time]) -> tuple[Form, str, tuple[tuple[str, str], ...]]:
    """The form with the dates that times need, their unit, and what is open about them."""
    form = rows.form
    if not times:
        return form, "s", ()
    _, column = time_column(rows, times[0])
    name = times[0] if isinstance(times[0], str) else None
    if name is None or _of_dates(column) or not mostly_numbers(rows, name, form) or _in_digits(column):
        texts = [] if _of_dates(column) else [text for text in as_texts(column) if text]
        ways = date_formats(texts) if form.time_format is None else []
        if not ways:
            return form, "datetime", ()
        best, doubts = _likely(pd.Series(texts[:SAMPLE], dtype=str), ways)
        return replace(form, time_format=best), "datetime", doubts
    values = as_numbers(column, form).values
    values = values[~np.isnan(values)]
    if unit := _epoch(values):
        doubts = (
            () if unit == "s" else (("time_unit", f"numbers near {values[0]:.3g} count from 1970 in {unit}"),)
        )
        return form, unit, doubts
    sheet = len(values) and SHEET_DAYS[0] < values.min() and values.max() < SHEET_DAYS[1]
    if sheet and re.search("date|time|datum", name.lower()) and np.any(values % 1):
        return form, "excel", (("time_unit", f"{values[0]:g} is a day in the count of spreadsheets"),)
    said = unit_in(name) or UNIT.get(rows.units.get(name, "").lower(), "")
    return form, said or TIMES.get(spoken(name), "s"), ()


def _likely(texts: pd.Series, ways: Sequence[str]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Of ways to read some dates the one by which they lie closest together; and that others are possible."""
    if len(ways) == 1:
        return ways[0], ()
    spans = [float(np.ptp(as_seconds(texts, way, None).seconds)) for way in ways]
    best = ways[int(np.argmin(spans))]
    others = " or ".join(way for way in ways[:3] if way != best)
    if CLOSER * min(spans) < min(span for way, span in zip(ways, spans, strict=True) if way != best):
        return best, (("format", f"dates lie closest together as {best}; {others} is possible, too"),)
    return ways[0], (("time_format", f"whether dates are {' or '.join(ways[:3])}"),)


def _of_dates(column: pd.Series) -> bool:
    """Whether a column has the type of dates."""
    return column.dtype.kind == "M" or isinstance(column.dtype, pd.DatetimeTZDtype)


def _first_texts(column: pd.Series) -> list[str]:
    return [text for text in as_texts(column.iloc[:LOOKED_AT]) if text]


def _holds_clocks(column: pd.Series) -> bool:
    """Whether cells are times of a day, as 20:50:00 is, and no dates."""
    texts = [] if _of_dates(column) else _first_texts(column)
    return bool(texts) and any(way in CLOCK_FORMATS for way in date_formats(texts))


def _holds_days(column: pd.Series) -> bool:
    """Whether cells are dates without a time of the day."""
    texts = [] if _of_dates(column) else _first_texts(column)
    if not texts or any(":" in text or len(text) < len("1/1/20") for text in texts):
        return False
    iso = bool(parse(pd.Series(texts, dtype=str), None).notna().all())
    return iso or any("%H" not in way and "%I" not in way for way in date_formats(texts))


def _named_day(name: str) -> bool:
    small = " ".join(words_in(name))
    return bool(OF_DAYS.search(small)) and not OF_BIRTHS.search(small)


def _comes_again_at_once(column: pd.Series) -> bool:
    """Whether some day is that of the row above."""
    texts = as_texts(column)
    return any(text is not None and text == above for above, text in itertools.pairwise(texts))


def _nearest(rows: Rows, name: str, others: Sequence[str]) -> str:
    """Of several columns the one whose name has most in common with another's, and stands nearest to it."""
    words = set(words_in(name))
    place = rows.names.index(name)
    return min(
        others,
        key=lambda other: (-len(words & set(words_in(other))), abs(rows.names.index(other) - place)),
    )


def _in_digits(column: pd.Series) -> bool:
    """Whether whole numbers are dates, as 20240301 or 20240301123000 are."""
    texts = [text for text in as_texts(column) if text]
    alike = bool(texts) and all(DATE_IN_DIGITS.fullmatch(text) for text in texts)
    return alike and (
        bool(date_formats(texts)) or bool(np.isfinite(as_seconds(column, None, None).seconds).all())
    )


def _epoch(values: np.ndarray) -> str | None:
    """The unit in which numbers count since 1970."""
    middle = float(np.median(np.abs(values))) if len(values) else 0.0
    return next((unit for unit, (low, high) in EPOCHS.items() if low < middle < high), None)
