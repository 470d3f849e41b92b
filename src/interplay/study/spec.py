"""study.yaml: what a user says of the files in a study folder, checked word by word."""

import difflib
import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import yaml

from interplay.errors import DamagedFile, InvalidInput

FILE = "study.yaml"
CLOCKS = {"s": 1.0, "ms": 1e-3, "min": 60.0, "h": 3600.0, "d": 86400.0}
"""Units of a time column, in seconds; or "datetime"."""


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
    time_unit: str = "s"
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
    kind: str = "series"
    time: str | None = None
    start: str | None = None
    stop: str | None = None
    time_unit: str = "s"
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
    spec = _made(StudySpec, values, str(path))
    _check_words(spec, path)
    return spec


def _check_words(spec: StudySpec, path: Path) -> None:
    if not spec.streams:
        raise InvalidInput(f"streams in {path} must name at least one stream; there is none.")
    windows = spec.windows
    _check_positive(
        f"windows in {path}",
        step_s=windows.step_s,
        steps=windows.steps,
        stride=windows.stride,
        min_steps=windows.min_steps,
    )
    for name, stream in spec.streams.items():
        where = f"streams.{name} in {path}"
        if stream.time is None and stream.rate_hz is None:
            raise InvalidInput(f"{where} must have a time column or rate_hz; it has neither.")
        if stream.units and len(stream.units) != max(1, len(stream.columns)):
            raise InvalidInput(
                f"units of {where} must be one for each of the {len(stream.columns)} columns; got {len(stream.units)}."
            )
        _check_files(stream, where)
    target = spec.target
    where = f"target in {path}"
    _check_files(target, where)
    needs = {"series": ("time",), "intervals": ("start", "stop"), "entity": ()}
    if target.kind not in needs:
        raise InvalidInput(f"kind of {where} must be one of {', '.join(needs)}; got {target.kind!r}.")
    for name in needs[target.kind]:
        if getattr(target, name) is None and not (name == "time" and target.rate_hz):
            raise InvalidInput(
                f"{where} must name the column of its {name} (kind {target.kind}); it does not."
            )
    if len(target.classes) == 1:
        raise InvalidInput(
            f"classes of {where} must be at least two, or none for a number; got {list(target.classes)}."
        )


def _check_positive(where: str, **numbers: float | None) -> None:
    for name, value in numbers.items():
        if value is not None and not value > 0:
            raise InvalidInput(f"{name} of {where} must be more than 0; got {value:g}.")


def _check_files(spec: StreamSpec | TargetSpec, where: str) -> None:
    _check_positive(where, rate_hz=spec.rate_hz)
    if spec.time_unit not in (*CLOCKS, "datetime"):
        raise InvalidInput(
            f"time_unit of {where} must be one of {', '.join(CLOCKS)} or datetime; got {spec.time_unit!r}."
        )
    if "{entity}" not in spec.files and spec.entity is None:
        raise InvalidInput(
            f"files of {where} must hold {{entity}}, a file for each, or come with entity: the column that says "
            f"whose row "
            f"it is; got {spec.files!r} alone."
        )


def _made(kind: type, told: Any, where: str) -> Any:
    """A dataclass from nested mappings, every name and type checked."""
    if not isinstance(told, Mapping):
        raise InvalidInput(f"{where} must hold names and values; got {type(told).__name__}.")
    known = {f.name: f for f in fields(kind)}
    for name in told:
        if name not in known:
            close = difflib.get_close_matches(str(name), known, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else f" Known are {', '.join(known)}."
            raise InvalidInput(f"{where} must use known words; {name!r} is none.{hint}")
    for name, f in known.items():
        if f.default is MISSING and f.default_factory is MISSING and name not in told:
            raise InvalidInput(f"{where} must say {name!r}; it does not.")
    hints = get_type_hints(kind)
    return kind(**{name: _value(hints[name], value, f"{name} in {where}") for name, value in told.items()})


def _value(hint: Any, value: Any, where: str) -> Any:
    if get_origin(hint) is types.UnionType:
        if value is None:
            return None
        hint = next(part for part in get_args(hint) if part is not type(None))
    if isinstance(hint, type) and hasattr(hint, "__dataclass_fields__"):
        return _made(hint, value, where)
    origin, args = get_origin(hint), get_args(hint)
    if origin is Mapping:
        if not isinstance(value, Mapping):
            raise InvalidInput(f"{where} must hold names and values; got {value!r}.")
        return {str(name): _value(args[1], each, f"{where}: {name}") for name, each in value.items()}
    if origin is Sequence:
        if isinstance(value, (str, Mapping)) or not isinstance(value, Sequence):
            raise InvalidInput(f"{where} must be a list, such as [a, b]; got {value!r}.")
        return tuple(_value(args[0], each, where) for each in value)
    if hint is str and isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is not Any and (not isinstance(value, hint) or (hint is int and isinstance(value, bool))):
        raise InvalidInput(f"{where} must be {_said(hint)}; got {value!r}.")
    return value


def _said(hint: type) -> str:
    return {str: "a text", float: "a number", int: "a whole number"}.get(hint, hint.__name__)
