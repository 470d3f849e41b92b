"""What the columns of a table seem to be: times, names of people, labels, channels."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from interplay.study.checks.persons import holds_persons
from interplay.study.formats.dialect import comma_in, is_number
from interplay.study.formats.form import Form
from interplay.study.formats.presets import PRESETS
from interplay.study.guess.cells import distinct, mostly_numbers
from interplay.study.guess.clocks import Time, clock_of, looks_timed, with_its_day
from interplay.study.guess.names import (
    COUNTERS,
    LABELS,
    LASTING,
    PEOPLE,
    SESSIONS,
    STARTS,
    STOPS,
    TIMES,
    VALUES,
    first_named,
    spoken,
)
from interplay.study.rows import Rows, as_texts, listed

LOOKED_AT = 20_000
"""Rows of a table that are looked at."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Roles:
    """Columns of a table by what they seem to be.

    Attributes
    ----------
    rows : the first rows of a first file
    form : how it is written, with the words and dates that columns need
    time, start, stop : a column, or several that are one time together
    labels : the words of the label, in all files
    doubts : what the form leaves open, in words
    """

    rows: Rows
    form: Form
    time: Time | None = None
    time_unit: str = "s"
    start: Time | None = None
    stop: Time | None = None
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
    label = _label(rows, low)
    start, stop = first_named(low, STARTS), first_named(low, STOPS)
    measured = label is None and any(spoken(name) in VALUES for name in rows.names)
    spans = start is not None and stop is not None
    time = (start if measured else None) if spans else _time(rows, low)
    named = [with_its_day(rows, name) if name else None for name in (time, start, stop)]
    form, unit, doubts = clock_of(rows, [one for one in named if one])
    times = [name for one in named if one for name in ((one,) if isinstance(one, str) else one)]
    label = None if label in times else label
    people = [n for n in rows.names if n not in times and n != label and _of_people(n)]
    entity = None if by_name else _person(rows, people, {*times, label})
    recording = first_named(low, SESSIONS)
    recording = recording if recording not in {entity, label, *times} and _differs(rows, recording) else None
    rest = [
        n for n in rows.names if n not in {*times, label, entity, recording} and spoken(n) not in COUNTERS
    ]
    rest = [n for n in rest if label is None or spoken(n) not in LASTING]
    numbers = [n for n in rest if mostly_numbers(rows, n, form)]
    numbers = [n for n in numbers if not (n in people and len(numbers) > 1)]
    doubts += (*_joined(named[0]), *_commas(rows, numbers))
    words = tuple(n for n in rest if n not in numbers)
    return Roles(
        rows=replace(rows, form=form),
        form=form,
        time=named[0],
        time_unit=unit,
        start=named[1] if stop else None,
        stop=named[2] if start else None,
        entity=entity,
        recording=recording,
        label=label,
        numbers=tuple(numbers),
        words=words,
        doubts=doubts,
    )


def _time(rows: Rows, low: Mapping[str, str]) -> str | None:
    """The column of times: what the preset says, or is named so, or looks so."""
    preset = PRESETS.get(rows.form.preset or "")
    known = None if preset is None else preset.stream.get("time")
    return known if known in rows.names else first_named(low, TIMES) or looks_timed(rows)


def _joined(time: Time | None) -> tuple[tuple[str, str], ...]:
    """That several columns are taken for one time."""
    return () if time is None or isinstance(time, str) else (("time", f"{listed(time)} are one together"),)


def _commas(rows: Rows, numbers: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """That commas in numbers may be decimals or group thousands."""
    if rows.form.decimal != "," and rows.form.thousands != ",":
        return ()
    cells = [text for name in numbers for text in as_texts(rows.table[name]) if text and is_number(text)]
    example = next((cell for cell in cells if "," in cell), None)
    if example is None or comma_in(cells) is not None:
        return ()
    other = "decimal" if rows.form.thousands else "thousands"
    shown = example.replace(",", "" if rows.form.thousands else ".")
    return (("commas", f'whether {example} is {shown}; if not, say {other}: "," instead'),)


def _label(rows: Rows, low: Mapping[str, str]) -> str | None:
    """The column that is named like a label; of several one of words, if the first holds mere signs."""
    name = first_named(low, LABELS)
    if name is None or any(sign.isalnum() for text in distinct(rows, name) for sign in text):
        return name
    return _label(rows, {small: other for small, other in low.items() if other != name}) or name


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


def of_first_recording(roles: Roles, which: np.ndarray | None = None) -> np.ndarray:
    """(n,) bool, rows of the first entity and recording of a table, or of some of its rows."""
    same = np.ones(len(roles.rows), dtype=bool) if which is None else which.copy()
    for name in (roles.entity, roles.recording):
        if name is not None and same.any():
            texts = np.array([text or "" for text in as_texts(roles.rows.table[name])], dtype=object)
            same &= texts == texts[int(np.argmax(same))]
    return same
