"""Columns to numbers, times and labels; whatever cannot be read is told with its row."""

import difflib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from interplay.study.issues import Issue, error, warning
from interplay.study.spec import CLOCKS
from interplay.study.table_files import ROW
from interplay.types import UNLABELLED

UNKNOWN = -2
PAUSE = 2.5
"""Intervals of a regular stream after which samples are missing."""
RATE_AGREES = 0.02
"""Share by which times may contradict the stated rate."""


def missing_columns(table: pd.DataFrame, names: Sequence[str | None], file: str) -> list[Issue]:
    """Columns that the study names and the table lacks."""
    there, issues = [name for name in table.columns if name != ROW], []
    for name in names:
        if name is not None and name not in table.columns:
            close = difflib.get_close_matches(name, there, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(map(repr, there[:8]))}."
            issues.append(error(file, f"the column {name!r} must be there; {hint}", 1))
    return issues


def rows_that(table: pd.DataFrame, where: Mapping[str, object]) -> pd.DataFrame:
    """Rows that have the values of `where`."""
    for column, value in where.items():
        cells = table[column]
        if cells.dtype.kind in "iuf" and isinstance(value, (int, float)):
            table = table[cells == value]
        else:
            table = table[cells.astype(str).str.strip() == str(value)]
    return table


def numbers(table: pd.DataFrame, name: str, file: str) -> tuple[np.ndarray, list[Issue]]:
    """(n,) float32 of a column, NaN where empty or unreadable, and what is unreadable."""
    column = table[name]
    values = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    issues, row = [], table[ROW].to_numpy()
    texts = np.flatnonzero(np.isnan(values) & column.notna().to_numpy())
    if len(texts):
        value = column.iloc[texts[0]]
        comma = " Write decimals with a point." if isinstance(value, str) and "," in value else ""
        issues.append(
            error(
                file,
                f"{name!r} must hold numbers; {value!r} is none{more(texts)}.{comma}",
                int(row[texts[0]]),
            )
        )
    infinite = np.flatnonzero(np.isinf(values))
    if len(infinite):
        issues.append(
            error(
                file,
                f"{name!r} must be finite; it is infinite{more(infinite)}. Leave the cell empty where a value "
                f"is missing.",
                int(row[infinite[0]]),
            )
        )
    return values.astype(np.float32), issues


def seconds(table: pd.DataFrame, name: str, unit: str, file: str) -> tuple[np.ndarray, list[Issue]]:
    """(n,) float64 s of a time column, since 1970 of dates, and what is wrong with it."""
    row = table[ROW].to_numpy()
    if unit == "datetime":
        times, issues = _dates(table[name], row, name, file)
    else:
        times = (
            pd.to_numeric(table[name], errors="coerce").to_numpy(np.float64, na_value=np.nan) * CLOCKS[unit]
        )
        issues = _unreadable(
            table[name], times, row, name, file, "a number; for dates say time_unit: datetime"
        )
    if not issues:
        issues = _order(times, row, name, file)
    return times, issues


def _dates(column: pd.Series, row, name: str, file: str) -> tuple[np.ndarray, list[Issue]]:
    if isinstance(column.dtype, pd.DatetimeTZDtype) or column.dtype.kind == "M":
        parsed = pd.to_datetime(column, utc=True)
    else:
        texts = column.astype(str).str.strip()
        zoned = texts.str.contains(r"(?:Z|[+-]\d{2}:?\d{2})$", regex=True).to_numpy()
        if zoned.any() and not zoned.all():
            k = int(np.argmax(zoned != zoned[0]))
            return np.full(len(texts), np.nan), [
                error(file, f"{name!r} must name a time zone in all rows or in none; {texts.iloc[k]!r} differs "
                            f"from the "
                            "first row.", int(row[k]))
            ]  # fmt: skip
        parsed = pd.to_datetime(texts, utc=True, errors="coerce", format="ISO8601")
    times = (parsed - pd.Timestamp(0, tz="UTC")).dt.total_seconds().to_numpy(np.float64, na_value=np.nan)
    return times, _unreadable(column, times, row, name, file, "a date such as 2024-03-01 12:30:00")


def _unreadable(column: pd.Series, times, row, name: str, file: str, kind: str) -> list[Issue]:
    bad = np.flatnonzero(~np.isfinite(times))
    if not len(bad):
        return []
    value = column.iloc[bad[0]]
    what = "it is empty" if pd.isna(value) else f"{str(value)!r} is not"
    return [error(file, f"the time {name!r} must be {kind}; {what}{more(bad)}.", int(row[bad[0]]))]


def _order(times: np.ndarray, row, name: str, file: str) -> list[Issue]:
    back = np.flatnonzero(np.diff(times) < 0) + 1
    if len(back):
        return [
            error(file, f"the time {name!r} must not go back; it does, by {times[back[0] - 1] - times[back[0]]:g} s"
                        f"{more(back)}. Sort the rows, or split sessions into entities.", int(row[back[0]]))
        ]  # fmt: skip
    again = np.flatnonzero(np.diff(times) == 0) + 1
    if len(again):
        sentence = (
            f"the time {name!r} should be new in each row; it is that of the row before{more(again)}. The last "
            "of them counts."
        )
        return [warning(file, sentence, int(row[again[0]]))]
    return []


def rate_contradiction(times: np.ndarray, row: np.ndarray, rate_hz: float, file: str) -> list[Issue]:
    """Whether a regular stream's times say another rate than the study does, or leave rows out."""
    if len(times) < 3 or times[-1] <= times[0]:
        return []
    late = times - times[0] - np.arange(len(times)) / rate_hz
    # what is late by then and never catches up, as samples that only arrive in bursts do
    lost = np.minimum.accumulate(late[::-1])[::-1][1:] - np.maximum.accumulate(late)[:-1]
    paused = np.flatnonzero(lost > PAUSE / rate_hz) + 1
    if 0 < len(paused) < len(times) / 10:
        return [
            error(file, f"a regular stream must not pause; it does, for {times[paused[0]] - times[paused[0] - 1]:.6g} s"
                        f"{more(paused)}, and what follows would be taken for earlier. Leave rate_hz out, or write the "
                        f"rows that are missing.", int(row[paused[0]]))
        ]  # fmt: skip
    measured = (len(times) - 1) / (times[-1] - times[0])
    if abs(measured / rate_hz - 1) <= RATE_AGREES:
        return []
    return [
        error(file, f"rate_hz must be what the times say; they say {measured:.4g} Hz, the study {rate_hz:g} Hz. "
                    f"Correct it, or "
                    "leave rate_hz out for an irregular stream.")
    ]  # fmt: skip


def labels(
    table: pd.DataFrame, name: str, classes: Sequence[str], file: str
) -> tuple[np.ndarray, list[Issue]]:
    """(n,) int64 class numbers, -1 where empty; without `classes` (n,) float64, NaN where empty."""
    if not classes:
        values, issues = numbers(table, name, file)
        return values.astype(np.float64), issues
    code = {str(label): k for k, label in enumerate(classes)}
    texts = [as_text(value) for value in table[name]]
    values = np.array(
        [UNLABELLED if text is None else code.get(text, UNKNOWN) for text in texts], dtype=np.int64
    )
    unknown = np.flatnonzero(values == UNKNOWN)
    if not len(unknown):
        return values, []
    text = str(texts[unknown[0]])
    close = difflib.get_close_matches(text, code, n=1)
    hint = f"Did you mean {close[0]!r}?" if close else "Add it to classes, or leave the cell empty."
    sentence = f"{name!r} must be one of {', '.join(code)}; {text!r} is not{more(unknown)}. {hint}"
    return values, [error(file, sentence, int(table[ROW].iloc[unknown[0]]))]


def as_text(value: object) -> str | None:
    if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def more(rows: np.ndarray) -> str:
    return "" if len(rows) == 1 else f" (and in {len(rows) - 1} more rows)"
