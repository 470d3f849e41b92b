"""study.yaml: what a user says of the files in a study folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from interplay.study.formats.form import Form

FILE = "study.yaml"
TimeUnit = Literal["s", "ms", "us", "ns", "min", "h", "d", "excel", "datetime"]
Bin = Literal["last", "mean", "sum", "count", "stats"]
TargetKind = Literal["series", "intervals", "entity"]
NEEDED: dict[TargetKind, tuple[str, ...]] = {
    "series": ("time",),
    "intervals": ("start", "stop"),
    "entity": (),
}
"""Time columns that each kind of target must name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lookup:
    """A table that says whose recording it is, where files are named after recordings alone.

    Attributes
    ----------
    file : str
    recording : name of the column that holds the recordings, as files are named
    entity : name of the column that says whose they are
    """

    file: str
    recording: str
    entity: str


class _Files:
    """Whatever is read from files, with a `format`: the name of a preset, or how they are written."""

    __slots__ = ()
    format: str | Form

    @property
    def form(self) -> Form:
        """How the files are written."""
        return Form(preset=self.format) if isinstance(self.format, str) else self.format


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamSpec(_Files):
    """Where the samples of one modality are.

    Attributes
    ----------
    files : str
        A pattern with ``{entity}``, one file each; and ``{recording}`` where an entity has several; or long tables
        of all, which then need `entity`. ``*`` stands for anything within a name, ``**/`` for any folders.
    columns : names of the channels' columns; none for events that count as 1 whenever they happen
    units : a unit for each column
    time : name of the time column, or of several that make a date together; may be left out when `rate_hz` is given
    time_unit : "s", "ms", "us", "ns", "min", "h", "d", "excel" (days of a spreadsheet), or "datetime"
    time_from : "file", or "start" if times count from the first sample of the other streams
    rate_hz : float, Hz, of a regular stream
    resample_hz : float, Hz, at which an irregular stream, or one that does not fit into steps, is read anew
    bin : what stands for the samples of a step: "last", "mean", "sum", "count" or "stats"
    entity : name of the column that says whose row it is, in a long table; or a table to look it up by recording
    recording : name of the column that tells recordings of an entity apart
    where : column -> value, or values, to take only the rows that have it
    format : how the files are written: the name of a preset, or a `Form`
    """

    files: str
    columns: Sequence[str] = ()
    units: Sequence[str] = ()
    time: str | Sequence[str] | None = None
    time_unit: TimeUnit = "s"
    time_from: Literal["file", "start"] = "file"
    rate_hz: float | None = None
    resample_hz: float | None = None
    bin: Bin | None = None
    entity: str | Lookup | None = None
    recording: str | None = None
    where: Mapping[str, Any] = field(default_factory=dict)
    format: str | Form = field(default_factory=Form)

    @property
    def all_columns(self) -> tuple[str, ...]:
        """Names of all columns that are read."""
        return (*self.columns, *_columns(self.time), *self.where)


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetSpec(_Files):
    """Where the outcome is.

    Attributes
    ----------
    files : str, as of a stream
    column : name of the column with labels or numbers
    classes : the labels, in the order of their numbers; none for a number
    rename : word in the file -> the label that it is
    kind : "series", a label for each row, in force until the next; "intervals", with `start` and `stop`; or
        "entity", one for each, at `time` or at the end of the recording
    time, start, stop : names of columns
    time_unit, time_from, rate_hz, entity, recording, where, format : as of a stream
    """

    files: str
    column: str
    classes: Sequence[str] = ()
    rename: Mapping[str, str] = field(default_factory=dict)
    kind: TargetKind = "series"
    time: str | Sequence[str] | None = None
    start: str | Sequence[str] | None = None
    stop: str | Sequence[str] | None = None
    time_unit: TimeUnit = "s"
    time_from: Literal["file", "start"] = "file"
    rate_hz: float | None = None
    entity: str | Lookup | None = None
    recording: str | None = None
    where: Mapping[str, Any] = field(default_factory=dict)
    format: str | Form = field(default_factory=Form)

    @property
    def all_columns(self) -> tuple[str, ...]:
        """Names of all columns that are read."""
        times = (*_columns(self.time), *_columns(self.start), *_columns(self.stop))
        return (self.column, *times, *self.where)


def _columns(time: str | Sequence[str] | None) -> tuple[str, ...]:
    """The columns of a time: none, one, or several that make a date together."""
    return () if time is None else (time,) if isinstance(time, str) else tuple(time)


@dataclass(frozen=True, kw_only=True, slots=True)
class StaticSpec(_Files):
    """A table with a row for each entity, of what does not change.

    Attributes
    ----------
    file : str
    entity : name of the column that says whose row it is
    columns : names of columns of numbers
    categories : column of texts -> its values, each of which becomes an input of 0 or 1
    format : as of a stream
    """

    file: str
    entity: str
    columns: Sequence[str] = ()
    categories: Mapping[str, Sequence[str]] = field(default_factory=dict)
    format: str | Form = field(default_factory=Form)


@dataclass(frozen=True, kw_only=True, slots=True)
class WindowSpec:
    """How to cut windows, see `interplay.data.make_windows`."""

    step_s: float
    steps: int
    stride: int = 1
    min_steps: int | None = None
    fill: str | None = None
    max_gap_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StudySpec:
    """All that study.yaml says.

    Attributes
    ----------
    entity : a table to look up whose recording it is, for all streams that do not say so themselves
    format : how files are written that say nothing else
    """

    streams: Mapping[str, StreamSpec]
    target: TargetSpec
    windows: WindowSpec
    static: StaticSpec | None = None
    entity: Lookup | None = None
    format: str | Form = field(default_factory=Form)
    title: str = "a study"
    licence: str = "not stated"
    citation: str = "not stated"
