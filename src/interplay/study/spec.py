"""study.yaml: what a user says of the files in a study folder, checked word by word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from interplay.errors import DamagedFile, InvalidInput
from interplay.settings import dotted, read_settings

FILE = "study.yaml"
TimeUnit = Literal["s", "ms", "min", "h", "d", "datetime"]
CLOCKS = {"s": 1.0, "ms": 1e-3, "min": 60.0, "h": 3600.0, "d": 86400.0}
"""Units of a time column of numbers, in seconds."""
TargetKind = Literal["series", "intervals", "entity"]
NEEDED: dict[TargetKind, tuple[str, ...]] = {
    "series": ("time",),
    "intervals": ("start", "stop"),
    "entity": (),
}
"""Time columns that each kind of target must name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamSpec:
    """Where the samples of one modality are.

    Attributes
    ----------
    files : str
        A pattern with ``{entity}``, one file each; or one long table of all, which then needs `entity`.
    columns : names of the channels' columns; none for events that count as 1 whenever they happen
    units : a unit for each column
    time : name of the time column; may be left out when `rate_hz` is given
    time_unit : "s", "ms", "min", "h", "d", or "datetime"
    rate_hz : float, Hz, of a regular stream
    entity : name of the column that says whose row it is, in a long table
    where : column -> value, to take only the rows that have it
    """

    files: str
    columns: Sequence[str] = ()
    units: Sequence[str] = ()
    time: str | None = None
    time_unit: TimeUnit = "s"
    rate_hz: float | None = None
    entity: str | None = None
    where: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetSpec:
    """Where the outcome is.

    Attributes
    ----------
    files : str, as of a stream
    column : name of the column with labels or numbers
    classes : the labels, in the order of their numbers; none for a number
    kind : "series", a label for each row, in force until the next; "intervals", with `start` and `stop`; or
        "entity", one for each, at `time` or at the end of the recording
    time, start, stop : names of columns
    time_unit, rate_hz, entity : as of a stream
    """

    files: str
    column: str
    classes: Sequence[str] = ()
    kind: TargetKind = "series"
    time: str | None = None
    start: str | None = None
    stop: str | None = None
    time_unit: TimeUnit = "s"
    rate_hz: float | None = None
    entity: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StaticSpec:
    """A table with a row for each entity, of what does not change.

    Attributes
    ----------
    file : str
    entity : name of the column that says whose row it is
    columns : names of columns of numbers
    categories : column of texts -> its values, each of which becomes an input of 0 or 1
    """

    file: str
    entity: str
    columns: Sequence[str] = ()
    categories: Mapping[str, Sequence[Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class WindowSpec:
    """How to cut windows, see `interplay.data.make_windows`."""

    step_s: float
    steps: int
    stride: int = 1
    min_steps: int | None = None
    fill: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StudySpec:
    """All that study.yaml says."""

    streams: Mapping[str, StreamSpec]
    target: TargetSpec
    windows: WindowSpec
    static: StaticSpec | None = None
    title: str = "a study"
    licence: str = "not stated"
    citation: str = "not stated"


def read_spec(folder: Path) -> StudySpec:
    """The study.yaml of a folder.

    Raises
    ------
    InvalidInput
        If there is none, or a word in it is unknown, missing or of the wrong kind.
    DamagedFile
        If it is not YAML.
    """
    path = folder / FILE
    if not path.is_file():
        raise InvalidInput(
            f"{folder} must hold a {FILE}; it does not. Write one with `interplay init-study {folder}`."
        )
    try:
        values = yaml.safe_load(path.read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise DamagedFile(f"{path} must be UTF-8 text ({error}). Save it as UTF-8.") from error
    except yaml.YAMLError as error:
        raise DamagedFile(
            f"{path} is not YAML: {' '.join(str(error).split())}. Mind spaces and colons there."
        ) from error
    try:
        spec = read_settings(StudySpec, values)
        _check_together(spec)
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {error}") from error
    return spec


def _check_together(spec: StudySpec) -> None:
    """Check what must hold between settings, each of which is of the right type."""
    if not spec.streams:
        raise InvalidInput("streams must name at least one stream; there is none.")
    for name, stream in spec.streams.items():
        _check_stream(stream, dotted("streams", name))
    _check_target(spec.target)
    _check_positive("windows", spec.windows, "step_s", "steps", "stride", "min_steps")


def _check_stream(stream: StreamSpec, where: str) -> None:
    _check_files(stream, where)
    if stream.time is None and stream.rate_hz is None:
        raise InvalidInput(f"{where} must have a time column or rate_hz; it has neither.")
    if stream.units and len(stream.units) != max(1, len(stream.columns)):
        raise InvalidInput(
            f"{where}.units must be one for each of the {len(stream.columns)} columns; got {len(stream.units)}."
        )


def _check_target(target: TargetSpec) -> None:
    _check_files(target, "target")
    for name in NEEDED[target.kind]:
        if getattr(target, name) is None and not (name == "time" and target.rate_hz):
            raise InvalidInput(
                f"target must name the column of its {name} (kind {target.kind}); it does not."
            )
    if len(target.classes) == 1:
        raise InvalidInput(
            f"target.classes must be at least two, or none for a number; got {list(target.classes)}."
        )


def _check_files(spec: StreamSpec | TargetSpec, where: str) -> None:
    _check_positive(where, spec, "rate_hz")
    if "{entity}" not in spec.files and spec.entity is None:
        raise InvalidInput(
            f"{where}.files must hold {{entity}}, a file for each, or come with entity: the column that says whose row "
            f"it is; got {spec.files!r} alone."
        )


def _check_positive(where: str, spec: StreamSpec | TargetSpec | WindowSpec, *names: str) -> None:
    for name in names:
        value = getattr(spec, name)
        if value is not None and not value > 0:
            raise InvalidInput(f"{dotted(where, name)} must be more than 0; got {value:g}.")
