"""Reading one recording of a study: its streams and its target on one clock."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from interplay.data.targets import label_at
from interplay.data.warn import warn_of_data
from interplay.errors import InterplayError
from interplay.study.checks.clocks import on_another_clock
from interplay.study.issues import ERROR, Issue, error, has_errors
from interplay.study.patterns import Key
from interplay.study.rows import Rows, listed
from interplay.study.spec import StreamSpec, TargetSpec
from interplay.study.static import static_names
from interplay.study.streams import (
    ReadStream,
    cut,
    empty_stream,
    moved,
    pauses,
    read_stream,
    start_of,
    stop_of,
)
from interplay.study.target import ReadTarget, clipped, no_target, outside, read_target
from interplay.types import Recording, Stream, Target

if TYPE_CHECKING:
    from interplay.study.study import Study

SHOWN = 5
"""Names that a sentence lists."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityData:
    """What was read of one recording; times in s on the clock of its files.

    Attributes
    ----------
    streams : by name
    target : None where it has none
    rows : name of a stream -> the rows of its samples; None of one that was not read
    target_rows : the rows of the labels; None where they were not read, or are of other recordings, too
    """

    streams: dict[str, Stream]
    target: Target | None
    rows: dict[str, Rows | None]
    target_rows: Rows | None


def read_entity(study: "Study", key: Key) -> tuple[EntityData, list[Issue]]:
    """Streams and target of one recording, as far as they can be read, and all that is wrong with them."""
    read = {name: _stream(study, name, key) for name in study.spec.streams}
    files = {name: study.file(spec, key) for name, spec in study.spec.streams.items()}
    issues = [issue for one in read.values() for issue in one.issues]
    read = _on_one_clock(study, key, read)
    streams = {name: one.stream for name, one in read.items()}
    if not any(len(stream.values) for stream in streams.values()) and not has_errors(issues):
        sentence = (
            f"{str(key)!r} must have at least one sample; all its streams are empty.{_nowhere(study, key)}"
        )
        issues.append(error(next(iter(files.values())), sentence))
    file = study.file(study.spec.target, key)
    labels = _labels(study, key, file, streams)
    issues += labels.issues
    if not has_errors(issues):
        issues += _zones({files[name]: one.zoned for name, one in read.items()} | {file: labels.zoned})
    target, target_rows = labels.target, labels.rows
    if not has_errors(issues) and target is not None:
        target, of_target = _placed(study, key, target, streams, file)
        target_rows = None if study.shared(study.spec.target, key) else target_rows
        issues += of_target
        max_gap_s = study.spec.windows.max_gap_s
        if target is not None and max_gap_s is not None:
            target = outside(target, pauses(streams, max_gap_s))
    if not has_errors(issues):
        issues += on_another_clock(streams, files, target, file)
    rows = {name: one.rows for name, one in read.items()}
    return EntityData(streams=streams, target=target, rows=rows, target_rows=target_rows), issues


def recording_of(
    study: "Study", key: Key, data: EntityData, static: Mapping[str, Mapping[str, float]]
) -> Recording:
    """The recording, its clock at 0 with its first sample or label."""
    origin = min(start_of(stream) for stream in data.streams.values() if len(stream.values))
    target = data.target or label_at(-1 if study.spec.target.classes else float("nan"), origin)
    names = static_names(study.spec.static)
    return Recording(
        entity=key.entity,
        name=key.recording,
        streams={name: moved(stream, origin) for name, stream in data.streams.items()},
        target=Target(values=target.values, start_s=target.start_s - origin, stop_s=target.stop_s - origin),
        classes=tuple(study.spec.target.classes),
        static={name: static.get(key.entity, {}).get(name, float("nan")) for name in names},
    )


def _stream(study: "Study", name: str, key: Key) -> ReadStream:
    spec, file = study.spec.streams[name], study.file(study.spec.streams[name], key)
    rows, unreadable = _rows(study, spec, key)
    if unreadable:
        return ReadStream(empty_stream(name, spec), None, unreadable)
    return read_stream(rows, name, spec, key, file)


def _labels(study: "Study", key: Key, file: str, streams: Mapping[str, Stream]) -> ReadTarget:
    rows, unreadable = _rows(study, study.spec.target, key)
    labels = (
        ReadTarget(None, None, unreadable)
        if unreadable
        else read_target(rows, study.spec.target, key, file, streams)
    )
    if study.labelled or (labels.target is not None and not has_errors(labels.issues)):
        return labels
    if rows is not None and study.spec.target.column in rows.names:
        warn_of_data(f"labels are left out: {issue}" for issue in labels.issues if issue.level == ERROR)
    return no_target(study.spec.target, streams)


def not_there(study: "Study") -> Iterator[str]:
    """Streams that nobody or not everybody has, and people of whom there are labels alone: what predictions lack."""
    for name, spec in study.spec.streams.items():
        if not study.table(spec).keys:
            yield f"{name!r} has no file {spec.files} in {study.folder}: it counts as never observed."
        elif without := sorted(set(study.entities) - {key.entity for key in study.table(spec).keys}):
            yield f"{name!r} has nothing of {listed(without, SHOWN)}: it counts as never observed there."
    try:
        labelled = {key.entity for key in study.table(study.spec.target).keys}
    except InterplayError:
        return
    if missing := sorted(labelled - set(study.entities)):
        yield f"{listed(missing, SHOWN)} {'has' if len(missing) == 1 else 'have'} labels and no samples: left out."


def _rows(study: "Study", spec: StreamSpec | TargetSpec, key: Key) -> tuple[Rows | None, list[Issue]]:
    """A recording's rows, None without any; and what keeps them from being read."""
    try:
        return study.table(spec).rows(study.own(spec, key)), []
    except InterplayError as failure:
        file = study.file(spec, key)
        # the issue names the file already
        return None, [error(file, str(failure).removeprefix(f"{study.folder / file} "))]


def _nowhere(study: "Study", key: Key) -> str:
    """What the columns hold by which `where` takes no row."""
    for spec in study.spec.streams.values():
        rows, _ = _rows(study, spec, key)
        columns = [] if rows is None or not len(rows) else [name for name in spec.where if name in rows.names]
        if rows is not None and columns:
            words = list(dict.fromkeys(text for text in rows.texts(columns[0]) if text is not None))
            return f" where takes rows by {columns[0]!r}, which holds {listed(words, SHOWN)}."
    return ""


def _span(streams: Mapping[str, Stream]) -> tuple[float, float] | None:
    filled = [stream for stream in streams.values() if len(stream.values)]
    return (min(map(start_of, filled)), max(map(stop_of, filled))) if filled else None


def _on_one_clock(study: "Study", key: Key, read: dict[str, ReadStream]) -> dict[str, ReadStream]:
    """Streams whose times count from the start moved there; of those of all recordings what is of this one."""
    specs, read = study.spec.streams, dict(read)
    counted = {name for name, spec in specs.items() if spec.time_from == "start"}
    shared = {name for name, spec in specs.items() if study.shared(spec, key)}
    if span := _span({name: one.stream for name, one in read.items() if name not in counted}):
        for name in counted:
            read[name] = read[name]._replace(stream=moved(read[name].stream, -span[0]))
    if span := _span({name: one.stream for name, one in read.items() if name not in shared}):
        for name in shared:
            stream, inside = cut(read[name].stream, *span)
            rows = read[name].rows
            rows = rows if rows is None else rows.select(np.arange(len(rows))[inside])
            read[name] = read[name]._replace(stream=stream, rows=rows)
    return read


def _placed(
    study: "Study", key: Key, target: Target, streams: Mapping[str, Stream], file: str
) -> tuple[Target | None, list[Issue]]:
    """The target on the clock of the streams; of labels for all recordings of an entity those of this one."""
    span, spec = _span(streams), study.spec.target
    if span is None:
        return target, []
    if spec.time_from == "start" and spec.kind != "entity":
        target = replace(target, start_s=target.start_s + span[0], stop_s=target.stop_s + span[0])
    if not study.shared(spec, key) or (spec.kind == "entity" and spec.time is None):
        return target, []
    if other := study.overlapping(key, span):
        sentence = (
            f"labels must say which recording they are of, as {str(key)!r} and {str(other)!r} lie at the same "
            "times; write {recording} in files of the target, or say recording: NAME of a column."
        )
        return None, [error(file, sentence)]
    return clipped(target, *span), []


def _zones(zoned: Mapping[str, bool | None]) -> list[Issue]:
    """Files that name no time zone beside others that do."""
    known = [file for file, one in zoned.items() if one]
    return [
        error(
            file,
            f"times must be of one clock; here they name no time zone, and those of {known[0]} are known to "
            "be of one, or count from 1970 in UTC. Say format: {time_zone: ...} here, a place such as "
            "Europe/Berlin, or UTC.",
        )
        for file, one in zoned.items()
        if one is False and known
    ]
