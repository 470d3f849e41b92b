"""A study folder as a data set: one recording an entity, read when it is asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from interplay.data.targets import label_at, label_intervals
from interplay.datasets.card import Card
from interplay.errors import InterplayError, InvalidInput
from interplay.study import columns as read
from interplay.study.checks.clocks import on_another_clock
from interplay.study.issues import ERROR, Issue, error, has_errors, warning
from interplay.study.spec import StaticSpec, StreamSpec, StudySpec, TargetSpec, read_spec
from interplay.study.table_files import open_table
from interplay.study.tables import EntityFiles, LongTable
from interplay.types import Recording, Stream, Target


class Study:
    """What a study folder holds; a `DataSet`.

    Parameters
    ----------
    folder : str or Path
        Folder with study.yaml.

    Attributes
    ----------
    card : Card
    spec : StudySpec
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.spec = read_spec(self.folder)
        self.card = _card(self.spec, self.folder)
        self._tables: dict[tuple[str, str | None], EntityFiles | LongTable] = {}

    @property
    def entities(self) -> tuple[str, ...]:
        """Entities with rows in any stream, sorted."""
        of_streams = (self.table(stream).entities for stream in self.spec.streams.values())
        return tuple(sorted({entity for entities in of_streams for entity in entities}))

    def table(self, spec: StreamSpec | TargetSpec) -> EntityFiles | LongTable:
        """The tables behind a stream or the target; streams of one file share it."""
        key = (spec.files, spec.entity)
        if key not in self._tables:
            self._tables[key] = (
                EntityFiles(self.folder, spec.files)
                if spec.entity is None
                else LongTable(self.folder, spec.files, spec.entity)
            )
        return self._tables[key]

    def recordings(self, root: str | Path | None = None) -> Iterator[Recording]:
        """One recording an entity, in order of names; `root` is not needed.

        Raises
        ------
        InvalidInput
            At the first thing that is wrong, with its file and row; `check_study` tells all of them.
        DamagedFile
            If a file cannot be read.
        """
        static, issues = static_inputs(self.spec.static, self.folder)
        refuse(issues)
        for entity in self.entities:
            data, issues = read_entity(self, entity)
            refuse(issues)
            yield recording_of(self, entity, data, static)


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityData:
    """What was read of one entity; times in s on the clock of its files."""

    streams: dict[str, Stream]
    target: Target | None


def read_study(folder: str | Path) -> Study:
    """The study in a folder with study.yaml; nothing but that is read yet."""
    return Study(folder)


def refuse(issues: Sequence[Issue]) -> None:
    """Raise the first error."""
    for issue in issues:
        if issue.level == ERROR:
            raise InvalidInput(str(issue))


def read_entity(study: Study, entity: str) -> tuple[EntityData, list[Issue]]:
    """Streams and target of one entity, as far as they can be read, and all that is wrong with them."""
    streams, issues = {}, []
    for name, spec in study.spec.streams.items():
        streams[name], further = _stream(study, name, spec, entity)
        issues += further
    if not any(len(stream.values) for stream in streams.values()) and not has_errors(issues):
        issues.append(error(study.table(next(iter(study.spec.streams.values()))).name(entity),
                           f"{entity!r} must have at least one sample; all its streams are empty."))  # fmt: skip
    target, further = _target(study, entity, streams)
    issues += further
    if not has_errors(issues):
        files = {name: study.table(spec).name(entity) for name, spec in study.spec.streams.items()}
        issues += on_another_clock(streams, files, target, study.table(study.spec.target).name(entity))
    return EntityData(streams=streams, target=target), issues


def recording_of(
    study: Study, entity: str, data: EntityData, static: dict[str, dict[str, float]]
) -> Recording:
    """The recording, its clock at 0 with its first sample or label."""
    starts = [float(t) for stream in data.streams.values() if len(stream.values) for t in [_start(stream)]]
    origin = min(starts)
    target = data.target or _unlabelled(study.spec.target, origin)
    names = static_names(study.spec.static)
    return Recording(
        entity=entity,
        streams={name: _moved(stream, origin) for name, stream in data.streams.items()},
        target=Target(values=target.values, start_s=target.start_s - origin, stop_s=target.stop_s - origin),
        classes=tuple(study.spec.target.classes),
        static={name: static.get(entity, {}).get(name, float("nan")) for name in names},
    )


def _stream(study: Study, name: str, spec: StreamSpec, entity: str) -> tuple[Stream, list[Issue]]:
    table = study.table(spec)
    file = table.name(entity)
    channels = tuple(spec.columns) or (name,)
    units = tuple(spec.units) or ("",) * len(channels)
    empty = Stream(
        values=np.zeros((0, len(channels)), np.float32), times_s=np.zeros(0), channels=channels, units=units
    )
    if spec.rate_hz is not None:
        empty = Stream(values=empty.values, rate_hz=spec.rate_hz, channels=channels, units=units)
    try:
        rows = table.rows(entity)
    except InterplayError as failure:
        return empty, [error(file, _without_path(study, file, failure))]
    if rows is None:
        return empty, [
            warning(file, f"{entity!r} has nothing in stream {name!r}; it counts as never observed.")
        ]
    issues = read.missing_columns(rows, [*spec.columns, spec.time, *spec.where], file)
    if issues:
        return empty, issues
    rows = read.rows_that(rows, spec.where)
    if not len(rows):
        return empty, [] if spec.where else [warning(file, f"stream {name!r} should have rows; it has none.")]
    values, issues = _values(rows, spec, file)
    times, more = (None, []) if spec.time is None else read.seconds(rows, spec.time, spec.time_unit, file)
    issues += more
    if times is not None and has_errors(more):
        return empty, issues
    if spec.rate_hz is None:
        return Stream(values=values, times_s=times, channels=channels, units=units), issues
    start = 0.0 if times is None else float(times[0])
    issues += (
        [] if times is None else read.rate_contradiction(times, rows[read.ROW].to_numpy(), spec.rate_hz, file)
    )
    return Stream(values=values, rate_hz=spec.rate_hz, start_s=start, channels=channels, units=units), issues


def _without_path(study: Study, file: str, failure: InterplayError) -> str:
    """What a failure says, without the path that its issue names already."""
    return str(failure).removeprefix(f"{study.folder / file} ")


def _values(rows: pd.DataFrame, spec: StreamSpec, file: str) -> tuple[np.ndarray, list[Issue]]:
    if not spec.columns:
        return np.ones((len(rows), 1), np.float32), []
    read_columns = [read.numbers(rows, name, file) for name in spec.columns]
    return np.stack([v for v, _ in read_columns], axis=1), [f for _, issues in read_columns for f in issues]


def _target(study: Study, entity: str, streams: dict[str, Stream]) -> tuple[Target | None, list[Issue]]:
    spec = study.spec.target
    file = spec.files
    try:
        table = study.table(spec)
        file = table.name(entity)
        rows = table.rows(entity)
    except InterplayError as failure:
        return None, [error(file, _without_path(study, file, failure))]
    if rows is None or not len(rows):
        return None, [warning(file, f"{entity!r} has no labels; it gives no windows.")]
    issues = read.missing_columns(rows, [spec.column, spec.time, spec.start, spec.stop], file)
    if issues:
        return None, issues
    values, issues = read.labels(rows, spec.column, spec.classes, file)
    if has_errors(issues):
        return None, issues
    kind = {"series": _series, "intervals": _intervals, "entity": _one}[spec.kind]
    target, more = kind(rows, values, spec, file, streams)
    return target, issues + more


def _series(rows, values, spec: TargetSpec, file: str, streams) -> tuple[Target | None, list[Issue]]:
    if spec.time is None:
        assert spec.rate_hz is not None
        times, issues = np.arange(len(values)) / spec.rate_hz, []
    else:
        times, issues = read.seconds(rows, spec.time, spec.time_unit, file)
    if has_errors(issues):
        return None, issues
    # a label holds until the next; the last as long as the one before
    last = times[-1] + (np.median(np.diff(times)) if len(times) > 1 else 0.0)
    return label_intervals(values, times, np.r_[times[1:], last]), issues


def _intervals(rows, values, spec: TargetSpec, file: str, streams) -> tuple[Target | None, list[Issue]]:
    assert spec.start is not None
    assert spec.stop is not None
    start, issues = read.seconds(rows, spec.start, spec.time_unit, file)
    stop, more = read.seconds(rows, spec.stop, spec.time_unit, file)
    issues += [f for f in more if f.level == ERROR]
    if has_errors(issues):
        return None, issues
    row = rows[read.ROW].to_numpy()
    for bad, sentence in (
        (np.flatnonzero(stop < start), f"an interval must not stop ({spec.stop!r}) before it starts "
                                       f"({spec.start!r}); it does."),
        (np.flatnonzero(start[1:] < stop[:-1]) + 1, "intervals must not overlap; this one starts before the one "
                                                    "above stops."),
    ):  # fmt: skip
        if len(bad):
            return None, [*issues, error(file, sentence, int(row[bad[0]]))]
    return label_intervals(values, start, stop), issues


def _one(rows, values, spec: TargetSpec, file: str, streams) -> tuple[Target | None, list[Issue]]:
    if len(rows) > 1:
        return None, [
            error(file, "an entity must have one label; it has more than one.", int(rows[read.ROW].iloc[1]))
        ]
    ends = [_stop(stream) for stream in streams.values() if len(stream.values)]
    if spec.time is None:
        return (label_at(values[0], max(ends)) if ends else None), []
    times, issues = read.seconds(rows, spec.time, spec.time_unit, file)
    return (None if has_errors(issues) else label_at(values[0], float(times[0]))), issues


def static_names(spec: StaticSpec | None) -> tuple[str, ...]:
    """Names of the static inputs: columns, and a name for each value of a category."""
    if spec is None:
        return ()
    return (
        *spec.columns,
        *(f"{name}={value}" for name, values in spec.categories.items() for value in values),
    )


def static_inputs(spec: StaticSpec | None, folder: Path) -> tuple[dict[str, dict[str, float]], list[Issue]]:
    """entity -> name -> value; NaN where unknown."""
    if spec is None:
        return {}, []
    table = open_table(folder / spec.file)
    issues = read.missing_columns(table, [spec.entity, *spec.columns, *spec.categories], spec.file)
    if issues:
        return {}, issues
    inputs = {}
    for name in spec.columns:
        inputs[name], more = read.numbers(table, name, spec.file)
        issues += more
    for name, values in spec.categories.items():
        code, more = read.labels(table, name, tuple(map(str, values)), spec.file)
        issues += more
        for k, value in enumerate(values):
            inputs[f"{name}={value}"] = np.where(code < 0, np.nan, code == k)
    who = [read.as_text(value) for value in table[spec.entity]]
    twice = table[spec.entity].duplicated().to_numpy()
    if twice.any():
        k = int(np.argmax(twice))
        issues.append(error(spec.file, f"{who[k]!r} must have one row; it has another above.", k + 2))
    return {str(name): {key: float(v[k]) for key, v in inputs.items()} for k, name in enumerate(who)}, issues


def _card(spec: StudySpec, folder: Path) -> Card:
    rates = {name: f"{s.rate_hz:g} Hz" if s.rate_hz else "events" for name, s in spec.streams.items()}
    units = {name: ", ".join(dict.fromkeys(u for u in s.units if u)) for name, s in spec.streams.items()}
    return Card(
        name=folder.resolve().name,
        title=spec.title,
        source=str(folder),
        licence=spec.licence,
        citation=spec.citation,
        entities="as many as its files have",
        modalities={
            name: f"{max(1, len(s.columns))} channels, {rates[name]}{', ' + units[name] if units[name] else ''}"
            for name, s in spec.streams.items()
        },
        target=f"{spec.target.column}: {', '.join(spec.target.classes) or 'a number'}",
        step_s=spec.windows.step_s,
        steps=spec.windows.steps,
        stride=spec.windows.stride,
        min_steps=spec.windows.min_steps,
        fill=spec.windows.fill,
        files="study.yaml and the files that it names",
    )


def _unlabelled(spec: TargetSpec, at: float) -> Target:
    return label_at(-1 if spec.classes else float("nan"), at)


def _start(stream: Stream) -> float:
    return stream.start_s if stream.times_s is None else stream.times_s[0]


def _stop(stream: Stream) -> float:
    if stream.rate_hz is not None:
        return stream.start_s + len(stream.values) / stream.rate_hz
    assert stream.times_s is not None
    return float(stream.times_s[-1])


def _moved(stream: Stream, origin: float) -> Stream:
    samples = {"values": stream.values, "channels": stream.channels, "units": stream.units}
    if stream.rate_hz is not None:
        return Stream(**samples, rate_hz=stream.rate_hz, start_s=stream.start_s - origin)
    assert stream.times_s is not None
    return Stream(**samples, times_s=stream.times_s - origin)
