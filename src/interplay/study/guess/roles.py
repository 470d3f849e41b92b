"""What the columns of a table seem to be: times, names of people, labels, channels."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from interplay.study.checks.persons import holds_persons
from interplay.study.dates import as_seconds, date_formats
from interplay.study.formats.form import Form
from interplay.study.numbers import as_numbers
from interplay.study.rows import Rows, as_texts
from interplay.study.times import CLOCKS

TIMES = {
    "time": "s", "t": "s", "timestamp": "s", "seconds": "s", "second": "s", "sec": "s", "s": "s", "ms": "ms",
    "datetime": "s", "date": "s", "charttime": "s", "minute": "min", "minutes": "min", "min": "min",
    "hour": "h", "hours": "h", "day": "d", "days": "d", "startdate": "s", "zeit": "s", "datum": "s",
    "uhrzeit": "s", "temps": "s", "fecha": "s", "tiempo": "s", "unix": "s", "epoch": "s", "ts": "s",
    "onset": "s", "measured at": "s", "recorded at": "s", "activityminute": "s", "activityhour": "s",
    "storetime": "s", "starttime": "s", "timestamp unix": "s", "prediction time": "s", "clock": "s",
}  # fmt: skip
"""Names of time columns, in lower case with blanks -> unit of their numbers."""
UNIT = {
    "s": "s",
    "sec": "s",
    "ms": "ms",
    "us": "us",
    "ns": "ns",
    "min": "min",
    "h": "h",
    "d": "d",
    "µs": "us",
    "hz": "",
}
STARTS = (
    "start",
    "begin",
    "from",
    "start time",
    "start s",
    "t start",
    "startdate",
    "begin time",
    "tmin",
    "onset",
)
STOPS = (
    "stop",
    "end",
    "to",
    "stop time",
    "end time",
    "end s",
    "stop s",
    "t end",
    "enddate",
    "tmax",
    "offset",
)
LABELS = (
    "label", "labels", "class", "target", "outcome", "activity", "died", "death", "mortality", "stage",
    "sleep stage", "state", "condition", "diagnosis", "sepsislabel", "boolean value", "event label",
    "annotation", "symbol", "group", "survived", "behaviour", "description", "zustand", "klasse",
    "behavior", "task", "phase", "category",
    "posture", "hospital expire flag", "mood", "stress", "label id",
)  # fmt: skip
PEOPLE = (
    "entity", "id", "who", "subject", "patient", "participant", "person", "user", "stay", "name", "machine",
    "subj", "sub", "pid", "proband", "volunteer", "device", "unit", "station", "icustay", "stay id", "hadm id",
    "animal", "child",
)  # fmt: skip
SESSIONS = (
    "session",
    "recording",
    "visit",
    "trial",
    "run",
    "record",
    "session id",
    "recording id",
    "sitting",
    "take",
)
VALUES = ("value", "valuenum", "numeric value", "amount", "measurement", "result", "reading", "wert")
"""Names of the column of numbers in a table with a row for each measurement."""
BESIDE = ("unit", "uom", "source name")
"""Ends of names of columns that say something else of a measurement than what it is."""
COUNTERS = ("index", "row", "n", "sample", "no", "nr", "column 1", "unnamed: 0", "counter", "frame")
LOOKED_AT = 20_000
"""Rows of a table that are looked at."""
MOSTLY = 0.8
"""Share of the cells of a column of numbers that are numbers."""
EPOCHS = {"s": (3e8, 4.2e9), "ms": (3e11, 4.2e12), "us": (3e14, 4.2e15), "ns": (3e17, 4.2e18)}
"""Numbers since 1970 that are between 1979 and 2103, by their unit."""
DATE_IN_DIGITS = re.compile(r"(19|20)\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])(\d{4}(\d{2})?)?")
SHEET_DAYS = (20_000.0, 80_000.0)
"""Days in the count of spreadsheets that are between 1954 and 2119."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Roles:
    """Columns of a table by what they seem to be.

    Attributes
    ----------
    rows : the first rows of a first file
    form : how it is written, with the words and dates that columns need
    labels : the words of the label, in all files
    doubts : what the form leaves open, in words
    """

    rows: Rows
    form: Form
    time: str | None = None
    time_unit: str = "s"
    start: str | None = None
    stop: str | None = None
    entity: str | None = None
    recording: str | None = None
    label: str | None = None
    labels: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    doubts: tuple[tuple[str, str], ...] = field(default=())


def roles(rows: Rows, *, by_name: bool) -> Roles:
    """What the columns of a table seem to be; `by_name` if names of files say whose it is."""
    low = {spoken(name): name for name in reversed(rows.names)}
    start, stop = _first(low, STARTS), _first(low, STOPS)
    time = None if start and stop else _first(low, TIMES) or _looks_timed(rows)
    times = [name for name in (time, start, stop) if name]
    form, unit, doubts = _clock(rows, times)
    label = _first(low, LABELS)
    label = None if label in times else label
    people = [n for n in rows.names if n not in times and n != label and _of_people(n)]
    entity = None if by_name else _person(rows, people, {*times, label})
    recording = _first(low, SESSIONS)
    recording = recording if recording not in {entity, label, *times} and _differs(rows, recording) else None
    rest = [
        n for n in rows.names if n not in {*times, label, entity, recording} and spoken(n) not in COUNTERS
    ]
    numbers = [n for n in rest if mostly_numbers(rows, n, form)]
    numbers = [n for n in numbers if not (n in people and len(numbers) > 1)]
    words = tuple(n for n in rest if n not in numbers)
    return Roles(
        rows=replace(rows, form=form),
        form=form,
        time=time,
        time_unit=unit,
        start=start if stop else None,
        stop=stop if start else None,
        entity=entity,
        recording=recording,
        label=label,
        numbers=tuple(numbers),
        words=words,
        doubts=doubts,
    )


def spoken(name: str) -> str:
    """A name in lower case, without its unit in brackets, words apart by blanks."""
    plain = re.sub(r"[\[(].*?[\])]", "", name)
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain) if not plain.isupper() else plain
    joined = re.sub(r"[\W_]+", " ", plain.lower()).strip()
    return joined.replace(" ", "") if joined.replace(" ", "") in TIMES else joined


def unit_in(name: str) -> str:
    """The unit that a name ends with, as time_ms or Time (s)."""
    part = re.search(r"[\[(]\s*(\w+)\s*[\])]\s*$|_(\w+)$", name)
    return UNIT.get((part[1] or part[2] or "").lower(), "") if part else ""


def mostly_numbers(rows: Rows, name: str, form: Form) -> bool:
    """Whether nearly all cells of a column that hold anything hold numbers, or all true and false."""
    if isinstance(rows.table[name].dtype, pd.DatetimeTZDtype) or rows.table[name].dtype.kind == "M":
        return False
    read = as_numbers(rows.table[name], form)
    known = int((~np.isnan(read.values)).sum())
    filled = known + len(read.bad)
    return known > 0 and known + len(read.bounds) >= MOSTLY * filled


def distinct(rows: Rows, name: str) -> list[str]:
    """The texts of a column, in order of the alphabet."""
    return sorted({text for text in as_texts(rows.table[name]) if text is not None})


def times_of(rows: Rows, name: str, unit: str) -> np.ndarray:
    """Times of a column in s, NaN where there is none."""
    if unit == "datetime":
        return as_seconds(rows.table[name], rows.form.time_format, rows.form.time_zone).seconds
    return as_numbers(rows.table[name], rows.form).values * CLOCKS[unit]


def _first(low: dict[str, str], known: Sequence[str] | dict[str, str]) -> str | None:
    return next((low[small] for small in known if small in low), None) or next(
        (
            name
            for small, name in low.items()
            for word in known
            if len(word) > 3 and (small.startswith(f"{word} ") or small.endswith(f" {word}"))
        ),
        None,
    )


def _looks_timed(rows: Rows) -> str | None:
    """A column of dates; or of numbers that never go back and are named after time or are those of a clock."""
    for name in rows.names:
        column = rows.table[name]
        if column.dtype.kind == "M" or isinstance(column.dtype, pd.DatetimeTZDtype):
            return name
        if len(column) and not mostly_numbers(rows, name, rows.form):
            texts = [text for text in as_texts(column.iloc[:50]) if text]
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


def _clock(rows: Rows, times: Sequence[str]) -> tuple[Form, str, tuple[tuple[str, str], ...]]:
    """The form with the dates that times need, their unit, and what is open about them."""
    form = rows.form
    if not times:
        return form, "s", ()
    column = rows.table[times[0]]
    dated = column.dtype.kind == "M" or isinstance(column.dtype, pd.DatetimeTZDtype)
    if dated or not mostly_numbers(rows, times[0], form) or _in_digits(column):
        texts = [] if dated else [text for text in as_texts(column) if text]
        ways = date_formats(texts) if form.time_format is None else []
        if not ways:
            return form, "datetime", ()
        doubts = () if len(ways) == 1 else (("time_format", f"whether dates are {' or '.join(ways[:3])}"),)
        return replace(form, time_format=ways[0]), "datetime", doubts
    values = as_numbers(column, form).values
    values = values[~np.isnan(values)]
    if unit := _epoch(values):
        doubts = (
            () if unit == "s" else (("time_unit", f"numbers near {values[0]:.3g} count from 1970 in {unit}"),)
        )
        return form, unit, doubts
    sheet = len(values) and SHEET_DAYS[0] < values.min() and values.max() < SHEET_DAYS[1]
    if sheet and re.search("date|time|datum", times[0].lower()) and np.any(values % 1):
        return form, "excel", (("time_unit", f"{values[0]:g} is a day in the count of spreadsheets"),)
    said = unit_in(times[0]) or UNIT.get(rows.units.get(times[0], "").lower(), "")
    return form, said or TIMES.get(spoken(times[0]), "s"), ()


def _of_people(name: str) -> bool:
    small = spoken(name)
    return small in PEOPLE or small.removesuffix(" id").removesuffix(" no") in PEOPLE or small.endswith(" id")


def _person(rows: Rows, people: Sequence[str], others: set) -> str | None:
    """The column of a long table that says whose row it is: named so, or the first whose values come again."""
    if people:
        return next((name for name in people if holds_persons(name)), people[0])
    for name in rows.names:
        if (
            name not in others
            and spoken(name) not in (*COUNTERS, *SESSIONS)
            and rows.table[name].dtype.kind != "f"
        ):
            texts = [text for text in as_texts(rows.table[name]) if text is not None]
            names = set(texts)
            like_names = all(re.fullmatch(r"[\w\-]*[A-Za-z\d]", text) for text in names)
            if 1 < len(names) < len(texts) / 5 and like_names:
                return name
    return None


def _differs(rows: Rows, name: str | None) -> bool:
    return name is not None and len(distinct(rows, name)) > 1


def first_rows(rows: Rows) -> Rows:
    """The first rows of a table."""
    return rows.select(np.arange(min(len(rows), LOOKED_AT)))


def value_and_quantity(roles: Roles) -> tuple[str | None, str | None]:
    """Of a table with a row for each measurement the column of numbers, and the one that says what was measured."""
    named = [name for name in (*roles.numbers, *roles.words) if spoken(name) in VALUES]
    if not named:
        return None, None
    words = [name for name in roles.words if name != named[0] and not spoken(name).endswith(BESIDE)]
    texts = [name for name in words if roles.rows.table[name].dtype.kind not in "fM"]
    return named[0], next((name for name in texts if _come_again(roles.rows, name)), None)


def _come_again(rows: Rows, name: str) -> bool:
    """Whether a column holds few words, again and again."""
    return 1 < len(distinct(rows, name)) <= max(2, len(rows) / 5)
