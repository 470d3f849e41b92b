"""A study folder as a data set: one recording an entity, read when it is asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from interplay.data.targets import label_at
from interplay.datasets.card import Card
from interplay.errors import InterplayError, InvalidInput
from interplay.study.checks.clocks import on_another_clock
from interplay.study.issues import ERROR, Issue, error, has_errors
from interplay.study.spec import StreamSpec, StudySpec, TargetSpec, read_spec
from interplay.study.static import static_inputs, static_names
from interplay.study.streams import empty_stream, moved, read_stream, start_of
from interplay.study.tables import EntityFiles, LongTable
from interplay.study.target import read_target
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
    streams, files, issues = {}, {}, []
    for name, spec in study.spec.streams.items():
        rows, files[name], unreadable = _rows(study, spec, entity)
        if unreadable:
            streams[name], of_stream = empty_stream(name, spec), unreadable
        else:
            streams[name], of_stream = read_stream(rows, name, spec, entity, files[name])
        issues += of_stream
    if not any(len(stream.values) for stream in streams.values()) and not has_errors(issues):
        sentence = f"{entity!r} must have at least one sample; all its streams are empty."
        issues.append(error(next(iter(files.values())), sentence))
    rows, file, unreadable = _rows(study, study.spec.target, entity)
    target, of_target = (
        (None, unreadable) if unreadable else read_target(rows, study.spec.target, entity, file, streams)
    )
    issues += of_target
    if not has_errors(issues):
        issues += on_another_clock(streams, files, target, file)
    return EntityData(streams=streams, target=target), issues


def recording_of(
    study: Study, entity: str, data: EntityData, static: dict[str, dict[str, float]]
) -> Recording:
    """The recording, its clock at 0 with its first sample or label."""
    origin = min(start_of(stream) for stream in data.streams.values() if len(stream.values))
    target = data.target or label_at(-1 if study.spec.target.classes else float("nan"), origin)
    names = static_names(study.spec.static)
    return Recording(
        entity=entity,
        streams={name: moved(stream, origin) for name, stream in data.streams.items()},
        target=Target(values=target.values, start_s=target.start_s - origin, stop_s=target.stop_s - origin),
        classes=tuple(study.spec.target.classes),
        static={name: static.get(entity, {}).get(name, float("nan")) for name in names},
    )


def _rows(
    study: Study, spec: StreamSpec | TargetSpec, entity: str
) -> tuple[pd.DataFrame | None, str, list[Issue]]:
    """An entity's rows, None without any; the file that they are in; and what keeps them from being read."""
    file = spec.files
    try:
        table = study.table(spec)
        file = table.name(entity)
        return table.rows(entity), file, []
    except InterplayError as failure:
        # the issue names the file already
        return None, file, [error(file, str(failure).removeprefix(f"{study.folder / file} "))]


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
