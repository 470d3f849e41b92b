"""Streams, target, static inputs and windows that the files of a folder seem to hold; what is guessed, what is open."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from interplay.errors import InterplayError, InvalidInput
from interplay.study.checks.persons import holds_persons
from interplay.study.dates import is_clock
from interplay.study.formats.form import Form
from interplay.study.formats.presets import PRESETS
from interplay.study.guess.cells import distinct, ending
from interplay.study.guess.everywhere import roles_in, rows_of
from interplay.study.guess.kinds import Kind
from interplay.study.guess.lookup import lookup_of
from interplay.study.guess.measurements import label_rows, value_and_quantity
from interplay.study.guess.roles import Roles, first_rows, roles
from interplay.study.guess.seen import GUESSED, OPEN, Note, Seen
from interplay.study.guess.streams import first_times, rate, streams_of
from interplay.study.guess.target import label_of, score, target_of
from interplay.study.guess.windows import binned, windows_of
from interplay.study.patterns import of_recordings
from interplay.study.rows import Rows
from interplay.study.times import SINCE_1970

MOST_SHOWN = 5
KNOWN = ("meds", "apple_health", "fitbit")
"""Presets whose other columns are known to hold no channels."""
SHARDS = re.compile(r"\{(entity|recording)\}")


@dataclass(slots=True)
class Parts:
    """The parts of a study.yaml.

    Attributes
    ----------
    entity : a table to look up whose recording it is
    notes : what is guessed or left open
    patterns : pattern of a kind of file -> the one that study.yaml has for it
    """

    entity: dict[str, Any] = field(default_factory=dict)

    streams: dict[str, dict[str, Any]] = field(default_factory=dict)
    target: dict[str, Any] = field(default_factory=dict)
    static: dict[str, Any] = field(default_factory=dict)
    windows: dict[str, Any] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    patterns: dict[str, str] = field(default_factory=dict)


def parts_of(folder: Path, kinds: Iterable[Kind]) -> Parts:
    """What the kinds of files in a folder seem to be."""
    parts, seen = Parts(), []
    for kind in kinds:
        try:
            seen.append(_seen(folder, kind))
        except InterplayError as failure:
            parts.notes.append(Note(OPEN, kind.pattern, str(failure)))
    parts.entity, seen = lookup_of(folder, seen)
    if parts.entity:
        why = f"{parts.entity['file']} says whose each recording is"
        parts.notes.append(Note(GUESSED, "entity", why))
    parts.patterns = {one.kind.pattern: one.pattern for one in seen}
    best = max(seen, key=lambda one: score(one.roles), default=None)
    best = best if best is not None and score(best.roles) > 0 else None
    times = _add_streams(parts, seen, best)
    if best is None:
        parts.notes.append(Note(OPEN, "target", "no column is named like a label"))
    else:
        _add_target(parts, best, times)
    _add_static(parts, seen, best)
    _add_windows(parts, times)
    _add_left_out(parts, seen, best)
    return parts


def _seen(folder: Path, kind: Kind) -> Seen:
    """A kind of file, looked at by the reader."""
    whole, pattern = _first_of(folder, kind), kind.pattern
    by_name = "{entity}" in pattern
    of_columns = roles_in(folder, kind, whole, by_name=by_name)
    if by_name:
        inside = roles(first_rows(whole), by_name=False)
        people = inside.entity and len(kind.paths) > 1 and inside.entity not in of_columns.numbers
        named = people and _is_name_of_person(inside, kind)
        if named and len(distinct(inside.rows, inside.entity or "")) > 1:
            return Seen(kind, SHARDS.sub("*", pattern), roles_in(folder, kind, whole, by_name=False))
        if named:
            return Seen(kind, of_recordings(pattern), roles_in(folder, kind, whole, by_name=False))
    return Seen(kind, pattern, of_columns)


def _first_of(folder: Path, kind: Kind) -> Rows:
    """Rows of the first file that has some."""
    tables = (rows_of(folder, path, kind) for path in kind.paths)
    whole = next((rows for rows in tables if len(rows)), None)
    if whole is None:
        raise InvalidInput("files must have rows below their names; none has, and they are left out.")
    return whole


def _is_name_of_person(inside: Roles, kind: Kind) -> bool:
    """Whether the column of a file says whose it is otherwise than its name does."""
    people = distinct(inside.rows, inside.entity or "")
    return holds_persons(inside.entity or "") and not (len(people) == 1 and people[0] in kind.paths[0].stem)


def _add_streams(parts: Parts, seen: list[Seen], best: Seen | None) -> dict[str, np.ndarray]:
    """All streams, and their times in a first recording."""
    times: dict[str, np.ndarray] = {}
    names = Counter()
    proposed = []
    for one in seen:
        by_name = "{entity}" in one.pattern or "{recording}" in one.pattern
        uncounted = one.roles.time is None and not (by_name and one.roles.numbers)
        spans = one.roles.start is not None and one.roles.time is None
        if uncounted or spans or (one is best and not one.roles.numbers):
            continue
        of_kind = list(streams_of(_name(one.pattern), _entry(one), one.roles))
        if one is best and (labels := label_rows(one.roles)):
            of_kind = [stream for stream in of_kind if stream[1].get("where") != {labels.key: labels.kind}]
        names.update(name for name, *_ in of_kind)
        proposed += [(one, *stream) for stream in of_kind]
    for one, name, entry, when in proposed:
        full = name if names[name] == 1 else f"{_name(one.pattern)}_{name}"
        while full in parts.streams:
            full += "_2"
        entry = entry | _clock(one.roles)
        rate_hz = _rate(one, when)
        if rate_hz is not None and "columns" in entry and not entry.get("where"):
            entry["rate_hz"] = rate_hz
        if one.roles.time is None and one.roles.rows.rate_hz is None:
            entry["rate_hz"], when = 1.0, np.arange(len(one.roles.rows), dtype=np.float64)
            why = "there is no time column; write how many samples a second there are"
            parts.notes.append(Note(OPEN, f"streams.{full}.rate_hz", why))
        parts.streams[full], times[full] = entry, when
        parts.notes += [_note(f"streams.{full}", setting, why) for setting, why in one.roles.doubts]
    if not parts.streams:
        parts.notes.append(Note(OPEN, "streams", "no file has a time column and numbers"))
    return times


def _add_target(parts: Parts, best: Seen, times: dict[str, np.ndarray]) -> None:
    settings, doubts = target_of(_entry(best), best.roles)
    if (
        best.roles.time is None
        and "{entity}" in best.pattern
        and len(best.roles.rows) > 1
        and not best.roles.start
    ):
        settings = {name: value for name, value in settings.items() if name != "kind"} | {"rate_hz": 1.0}
        parts.notes.append(
            Note(OPEN, "target.rate_hz", "there is no time column; write how many labels a second there are")
        )
    when = first_times(best.roles)
    start = best.roles.start
    if start is not None:
        when = first_times(replace(best.roles, time=start))
    since = [some[0] for some in times.values() if len(some)]
    least = 0.0 if any(_of_day(stream) for stream in parts.streams.values()) else SINCE_1970
    if (
        settings.get("kind") != "entity"
        and len(when)
        and since
        and np.median(since) > max(least, np.max(np.abs(when)))
        and np.max(np.abs(when)) < SINCE_1970
    ):
        settings["time_from"] = "start"
        counted = "since 1970" if least else "since midnight"
        doubts.append(("time_from", f"its times are small, and those of the streams count {counted}"))
    parts.target = settings
    parts.notes.append(Note(GUESSED, "target.column", _why(best.roles)))
    parts.notes += [_note("target", setting, why) for setting, why in (*best.roles.doubts, *doubts)]


def _of_day(stream: dict[str, Any]) -> bool:
    """Whether times of a stream are those of a day, without a date."""
    form = stream.get("format")
    return (
        isinstance(form, dict) and is_clock(form.get("time_format")) and stream.get("time_unit") == "datetime"
    )


def _why(one: Roles) -> str:
    """Why a column is taken for that of labels."""
    if one.label is not None:
        return f"{one.label!r} is named like a label"
    labels = label_rows(one)
    return f"{label_of(one)!r} has few words" if labels is None else f"{labels.kind!r} is named like a label"


def _note(where: str, setting: str, why: str) -> Note:
    """What is guessed of a setting; how dates and numbers are meant that may be read in two ways is open."""
    if setting in ("time_format", "commas"):
        return Note(OPEN, f"{where}.format", why)
    return Note(GUESSED, f"{where}.{setting}", why)


def _add_static(parts: Parts, seen: list[Seen], best: Seen | None) -> None:
    for one in seen:
        named = one.roles.entity is not None and len(distinct(one.roles.rows, one.roles.entity)) == len(
            one.roles.rows
        )
        numbers = [name for name in one.roles.numbers if one is not best or name != one.roles.label]
        if named and numbers and one.roles.time is None and one.roles.start is None and not parts.static:
            parts.static = {"file": one.pattern, "entity": one.roles.entity, "columns": numbers}
            parts.notes.append(
                Note(GUESSED, "static", f"{one.pattern} has a row for each; delete the # to use it")
            )


def _add_windows(parts: Parts, times: dict[str, np.ndarray]) -> None:
    rates = [stream.get("rate_hz") for stream in parts.streams.values()]
    parts.windows = windows_of(list(times.values()), rates)
    if times:
        parts.notes.append(Note(GUESSED, "windows.step_s", "about a hundredth of a recording"))
    for name, stream in parts.streams.items():
        if (
            "columns" in stream
            and "rate_hz" not in stream
            and (settings := binned(times[name], parts.windows["step_s"]))
        ):
            stream |= settings
            (setting,) = settings
            parts.notes.append(
                Note(GUESSED, f"streams.{name}.{setting}", "it is irregular, and a step has several samples")
            )


def _add_left_out(parts: Parts, seen: list[Seen], best: Seen | None) -> None:
    """Columns that are neither channels nor anything else."""
    for one in seen:
        used = {*value_and_quantity(one.roles), label_of(one.roles) if one is best else None}
        words = [name for name in one.roles.words if name not in used]
        ended = {name: end for name in words if (end := ending(one.roles.rows, name)) is not None}
        for name, end in ended.items():
            why = f"{name!r} has {end!r} after each number, and is left out; write the numbers alone"
            parts.notes.append(Note(OPEN, one.pattern, why))
        words = [name for name in words if name not in ended]
        of_streams = any(stream["files"] == one.pattern for stream in parts.streams.values())
        if words and of_streams and one.kind.form.preset not in KNOWN:
            verb = "holds no numbers, and is" if len(words) == 1 else "hold no numbers, and are"
            shown = ", ".join(map(repr, words[:MOST_SHOWN]))
            parts.notes.append(Note(OPEN, one.pattern, f"{shown} {verb} left out"))


def _entry(one: Seen) -> dict[str, Any]:
    """What streams and target of a kind of file have in common."""
    entry: dict[str, Any] = {"files": one.pattern}
    if "{entity}" not in one.pattern and one.roles.entity is not None:
        entry["entity"] = one.roles.entity
    if "{recording}" not in one.pattern and one.roles.recording is not None:
        entry["recording"] = one.roles.recording
    form = one.roles.form.said()
    if preset := PRESETS.get(form.get("preset", "")):
        known = preset.forms.get(PurePosixPath(one.pattern).suffix, Form()).said()
        form = {name: value for name, value in form.items() if known.get(name) != value}
    if form:
        entry["format"] = form["preset"] if list(form) == ["preset"] else form
    return entry


def _rate(one: Seen, when: np.ndarray) -> float | None:
    """Samples per second, as the file says it or its times do."""
    if one.roles.rows.rate_hz is not None:
        return float(one.roles.rows.rate_hz)
    return None if one.kind.form.preset == "empatica_e4" else rate(when)


def _clock(one: Roles) -> dict[str, Any]:
    if one.time is None:
        return {}
    return {"time": one.time} | ({} if one.time_unit == "s" else {"time_unit": one.time_unit})


def _name(pattern: str) -> str:
    plain = SHARDS.sub("", pattern).split(".")[0].replace("*", "")
    name = re.sub(r"\W+", "_", plain).strip("_").lower()
    return name if name and not name[0].isdigit() else "stream"
