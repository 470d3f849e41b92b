"""Events from a table of one's own: who, when and, of several kinds, what."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from interplay.data.events import Events, steps_of
from interplay.data.steps import Steps
from interplay.data.windows import Windows
from interplay.errors import InvalidInput
from interplay.files.reading import whole
from interplay.files.unpacked import opened
from interplay.settings import near_first
from interplay.study.formats.form import Form
from interplay.study.patterns import Key
from interplay.study.spec import StreamSpec, TargetSpec
from interplay.study.study import Study

COLUMNS = ("entity", "time")
KIND = "kind"


class StudyWithEvents(Study):
    """A study with a table of events as one stream more, whose samples count as 1.

    Events outside of a recording are left out, as are those of another recording of the same entity; what else is read
    stays as it was.

    Attributes
    ----------
    events : str, the name of that stream
    """

    def __init__(self, study: Study, events: str, stream: StreamSpec) -> None:
        more = replace(study.spec, streams={**study.spec.streams, events: stream})
        super().__init__(study.folder, labelled=study.labelled, spec=more)
        self.events = events

    def shared(self, spec: StreamSpec | TargetSpec, key: Key) -> bool:
        return spec is self.spec.streams[self.events] or super().shared(spec, key)


def with_events(
    study: Study, file: str | Path, *, kind: str | None = None, name: str | None = None
) -> StudyWithEvents:
    """The study with a table of events.

    Parameters
    ----------
    study : Study
    file : str or Path
        A CSV file in its folder with a row for each event: columns ``entity``; ``time``, in the unit and time zone of
        the study's first stream that has times; and, if it holds several kinds of event, ``kind``.
    kind : str, optional
        Which of the kinds; may be left out where there is one.
    name : str, optional
        That of the stream: by default the kind, or the name of the file.

    Raises
    ------
    InvalidInput
        If a column is missing, the kind is not there or not chosen, or somebody is not in the study.
    DamagedFile
        If the file is no table.
    """
    file = Path(file)
    table = _table(file)
    kind, name = _chosen(table, file, kind, name)
    spec, folder = study.spec, study.folder.resolve()
    if not file.resolve().is_relative_to(folder):
        raise InvalidInput(
            f"a table of events must lie in the folder of its study, {folder}; {file} does not. Copy it there."
        )
    if name in spec.streams:
        raise InvalidInput(
            f"events must have a name of their own beside the streams; {name!r} is one. Give another name."
        )
    _check_entities(table, file, study.entities)
    timed = next((stream for stream in spec.streams.values() if stream.time is not None), None)
    stream = StreamSpec(
        files=file.resolve().relative_to(folder).as_posix(),
        entity="entity",
        time="time",
        time_unit="s" if timed is None else timed.time_unit,
        time_from="file" if timed is None else timed.time_from,
        where={} if kind is None else {KIND: kind},
        format=Form(
            sort=True,
            time_format=None if timed is None else timed.form.time_format,
            time_zone=None if timed is None else timed.form.time_zone,
        ),
    )
    return StudyWithEvents(study, name, stream)


def read_events(
    file: str | Path, steps: Steps | Windows, *, kind: str | None = None, name: str | None = None
) -> Events:
    """Events of a table, of data that are no study.

    Parameters
    ----------
    file : str or Path
        As of `with_events`; ``time`` in seconds on the clock of the entity's recording.
    steps : Steps or Windows
        Of windows, the steps of their entities; times outside of recordings are left out.
    kind, name
        As of `with_events`.

    Raises
    ------
    InvalidInput
        As `with_events`; or if a time is no number, or no event lies in the steps.
    DamagedFile
        If the file is no table.

    Examples
    --------
    >>> import numpy as np
    >>> import interplay as ip
    >>> from interplay.study import read_events
    >>> x = np.arange(8.0)[:, None]
    >>> windows = ip.windows_from_arrays({"x": x}, x[:, 0], steps=1, entity=["ann"] * 4 + ["bob"] * 4, classes=())
    >>> with open("alarms.csv", "w") as file:
    ...     print("entity,time", "ann,2", "bob,1", sep="\\n", file=file)
    >>> len(read_events("alarms.csv", windows))
    2
    """
    file = Path(file)
    table = _table(file)
    kind, name = _chosen(table, file, kind, name)
    table = table if kind is None else table[table[KIND] == kind].reset_index(drop=True)
    _check_entities(table, file, steps_of(steps)[0].entities)
    times_s = pd.to_numeric(table["time"], errors="coerce").to_numpy(dtype=np.float64)
    if not np.isfinite(times_s).all():
        wrong = ~np.isfinite(times_s)
        raise InvalidInput(
            "the time of an event must be a number, seconds on the clock of its recording; "
            f"{_row(file, wrong)} has {table['time'][wrong.argmax()]!r}. Write seconds."
        )
    of_entities = {str(who): times_s[rows] for who, rows in table.groupby("entity").indices.items()}
    return Events.at(steps, of_entities, name=name)


def _table(file: Path) -> pd.DataFrame:
    if not file.is_file():
        raise InvalidInput(f"events must be in a file that is there; there is no {file}.")
    with whole(file, "a table of events", "Write it again as CSV."), opened(file) as text:
        table = pd.read_csv(text, dtype=str, skipinitialspace=True)
    if [name for name in COLUMNS if name not in table]:
        raise InvalidInput(
            "a table of events must have the columns 'entity' and 'time', and 'kind' if it holds several kinds; "
            f"{file} has {list(table.columns)}."
        )
    empty = table[[name for name in (*COLUMNS, KIND) if name in table]].isna().any(axis=1).to_numpy()
    if empty.any():
        raise InvalidInput(
            f"every event must have all of its cells; {_row(file, empty)} lacks one. Fill it in."
        )
    return table


def _chosen(table: pd.DataFrame, file: Path, kind: str | None, name: str | None) -> tuple[str | None, str]:
    """The kind of event, None where the table tells none, and what it is called."""
    kinds = sorted(set(table[KIND])) if KIND in table else []
    if kind is None and len(kinds) > 1:
        raise InvalidInput(f"a kind must be chosen where a table holds several; {file} has {kinds}.")
    if kind is not None and kind not in kinds:
        raise InvalidInput(
            f"the kind must be one of {near_first(kind, kinds)}, which {file} has; got {kind!r}."
        )
    kind = kind or (kinds[0] if kinds else None)
    return kind, name or kind or file.stem


def _check_entities(table: pd.DataFrame, file: Path, known: tuple[str, ...]) -> None:
    if unknown := sorted(set(table["entity"]) - set(known)):
        raise InvalidInput(
            f"{file} must name entities of the data, such as {known[0]!r}; it has {unknown[0]!r}. Correct it, or "
            "delete such rows."
        )


def _row(file: Path, wrong: np.ndarray) -> str:
    """The first row that is wrong, counted with the header as a spreadsheet does."""
    return f"row {int(wrong.argmax()) + 2} of {file}"
