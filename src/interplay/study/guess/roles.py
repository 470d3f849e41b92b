"""What the columns of a table seem to be: times, names of people, labels, channels."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from interplay.study.checks.persons import holds_persons
from interplay.study.formats.form import Form
from interplay.study.guess.cells import distinct, mostly_numbers
from interplay.study.guess.clocks import Time, clock_of, looks_timed, with_its_day
from interplay.study.guess.names import (
    COUNTERS,
    LABELS,
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
    label = first_named(low, LABELS)
    start, stop = first_named(low, STARTS), first_named(low, STOPS)
    measured = label is None and any(spoken(name) in VALUES for name in rows.names)
    time = (
        first_named(low, TIMES) or looks_timed(rows) if not (start and stop) else start if measured else None
    )
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
    numbers = [n for n in rest if mostly_numbers(rows, n, form)]
    numbers = [n for n in numbers if not (n in people and len(numbers) > 1)]
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
        doubts=doubts + _joined(named[0]),
    )


def _joined(time: Time | None) -> tuple[tuple[str, str], ...]:
    """That several columns are taken for one time."""
    return () if time is None or isinstance(time, str) else (("time", f"{listed(time)} are one together"),)


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
