"""A study folder as a data set: recordings of entities, read when they are asked for."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from interplay.data.warn import warn_of_data
from interplay.datasets.card import Card
from interplay.errors import InterplayError, InvalidInput
from interplay.study.issues import ERROR, Issue
from interplay.study.patterns import Key, natural
from interplay.study.reading import not_there, read_entity, recording_of
from interplay.study.spec import Lookup, StreamSpec, StudySpec, TargetSpec
from interplay.study.static import static_inputs
from interplay.study.tables import NoTables, Tables, has_files, tables_of
from interplay.study.written import read_spec
from interplay.types import Recording


class Study:
    """What a study folder holds; a `DataSet`.

    Parameters
    ----------
    folder : str or Path
        Folder with study.yaml.
    labelled : bool
        Whether there must be labels and files of all streams, as there must to learn; to predict they may be missing.
    spec : StudySpec, optional
        Instead of what study.yaml says.

    Attributes
    ----------
    card : Card
    spec : StudySpec
    """

    def __init__(self, folder: str | Path, *, labelled: bool = True, spec: StudySpec | None = None) -> None:
        self.folder, self.labelled = Path(folder), labelled
        self.spec = read_spec(self.folder, labelled=labelled) if spec is None else spec
        self.card = _card(self.spec, self.folder)
        self._tables: dict[str, Tables] = {}
        self._spans: dict[Key, tuple[float, float]] = {}

    @property
    def entities(self) -> tuple[str, ...]:
        """Entities with rows in any stream, sorted."""
        return tuple(dict.fromkeys(key.entity for key in self.keys))

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """Recordings with rows in any stream: entities sorted, each with its recordings in natural order."""
        if not self.labelled and not any(has_files(self.folder, s.files) for s in self.spec.streams.values()):
            tables_of(self.folder, next(iter(self.spec.streams.values())))
        tables = [self.table(stream) for stream in self.spec.streams.values()]
        recordings: dict[str, set[str]] = {}
        for table in tables:
            for key in table.keys:
                recordings.setdefault(key.entity, set()).update({key.recording} if table.by_recording else ())
        return tuple(
            Key(entity, recording)
            for entity in sorted(recordings)
            for recording in sorted(recordings[entity], key=natural) or [""]
        )

    def table(self, spec: StreamSpec | TargetSpec) -> Tables:
        """The tables behind a stream or the target; streams of the same files share them."""
        columns = spec.all_columns if spec.files.lower().endswith((".edf", ".bdf")) else ()
        key = repr((spec.files, spec.entity, spec.recording, spec.format, columns))
        if key not in self._tables:
            absent = (
                isinstance(spec, StreamSpec) and not self.labelled and not has_files(self.folder, spec.files)
            )
            self._tables[key] = NoTables(spec) if absent else tables_of(self.folder, spec, self._files)
        return self._tables[key]

    @cached_property
    def _files(self) -> set[str]:
        """All files that study.yaml names, as it names them."""
        spec = self.spec
        parts = [part.files for part in (*spec.streams.values(), spec.target)]
        tables = [part.entity for part in (*spec.streams.values(), spec.target)]
        lookups = [table.file for table in (*tables, spec.entity) if isinstance(table, Lookup)]
        return {*parts, *lookups, *([] if spec.static is None else [spec.static.file])}

    def shared(self, spec: StreamSpec | TargetSpec, key: Key) -> bool:
        """Whether what a stream or the target has of an entity is of all its recordings."""
        try:
            return bool(key.recording) and not self.table(spec).by_recording
        except InterplayError:
            return False  # told when its rows are read

    def own(self, spec: StreamSpec | TargetSpec, key: Key) -> Key:
        """The key by which the tables of a stream or the target know a recording."""
        return Key(key.entity) if self.shared(spec, key) else key

    def file(self, spec: StreamSpec | TargetSpec, key: Key) -> str:
        """The file of a recording in a stream or the target, as messages call it."""
        try:
            return self.table(spec).name(self.own(spec, key))
        except InterplayError:
            return spec.files

    def overlapping(self, key: Key, span: tuple[float, float]) -> Key | None:
        """Another recording of the entity, read before, that lies at the same times, s."""
        self._spans[key] = span
        for other, (start, stop) in self._spans.items():
            if other.entity == key.entity and other != key and start < span[1] and span[0] < stop:
                return other
        return None

    def recordings(self, root: str | Path | None = None, *, first: int = 0) -> Iterator[Recording]:
        """One recording after the other, in order of names, from number `first` on; `root` is not needed.

        Raises
        ------
        InvalidInput
            At the first thing that is wrong, with its file and row; `check_study` tells all of them.
        DamagedFile
            If a file cannot be read.
        """
        static, issues = static_inputs(self.spec.static, self.folder)
        refuse(issues)
        if not self.labelled:
            warn_of_data(not_there(self))
        for key in self.keys[first:]:
            data, issues = read_entity(self, key)
            refuse(issues)
            yield recording_of(self, key, data, static)


def read_study(folder: str | Path) -> Study:
    """The study in a folder with study.yaml; nothing but that is read yet."""
    return Study(folder)


def refuse(issues: Sequence[Issue]) -> None:
    """Raise the first error."""
    for issue in issues:
        if issue.level == ERROR:
            raise InvalidInput(str(issue))


def _card(spec: StudySpec, folder: Path) -> Card:
    rates = {name: _rate(stream) for name, stream in spec.streams.items()}
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
        max_gap_s=spec.windows.max_gap_s,
        files="study.yaml and the files that it names",
    )


def _rate(stream: StreamSpec) -> str:
    if stream.resample_hz:
        return f"read at {stream.resample_hz:g} Hz"
    return f"{stream.rate_hz:g} Hz" if stream.rate_hz else "events"
