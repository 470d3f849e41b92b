"""The tables of a study: files by their names, or long tables by their columns; never more than is needed."""

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from interplay.errors import InvalidInput
from interplay.study.formats.form import Form
from interplay.study.formats.opening import ROW, column_names, is_small, open_table
from interplay.study.formats.table import Table
from interplay.study.keys import Keys, nameless_rows
from interplay.study.lookup import read_lookup
from interplay.study.partition import Parts
from interplay.study.patterns import Key, Match, matching, named_parts, without_others
from interplay.study.rows import FILE, Rows, name_codes, run_together
from interplay.study.spec import Lookup, StreamSpec, TargetSpec

WHOLE_BELOW = 256 * 1024**2
"""Bytes up to which a long table is held in memory."""
UNPACKED = 8
"""Times that a compressed file is thought to grow when it is read."""


class Tables(Protocol):
    """The tables behind a stream or the target.

    Attributes
    ----------
    by_recording : whether they tell recordings of an entity apart
    """

    by_recording: bool

    @property
    def keys(self) -> Sequence[Key]:
        """Entities and recordings that have rows."""
        ...

    @property
    def nameless(self) -> Sequence[tuple[str, int]]:
        """File and row of each row that names no entity."""
        ...

    def name(self, key: Key) -> str:
        """The file of a recording, as messages call it."""
        ...

    def rows(self, key: Key) -> Rows | None:
        """Its rows; None without any."""
        ...


def tables_of(root: Path, spec: StreamSpec | TargetSpec, others: Collection[str] = ()) -> Tables:
    """The tables behind a stream or the target; `others` are the patterns of all other files of the study."""
    if isinstance(spec.entity, str) or spec.recording is not None:
        return LongTables(root, spec, others)
    return NamedFiles(root, spec, others)


class NamedFiles:
    """Files whose names say whose they are; those that were read last are kept."""

    nameless: Sequence[tuple[str, int]] = ()

    def __init__(self, root: Path, spec: StreamSpec | TargetSpec, others: Collection[str] = ()) -> None:
        self.root, self.spec, self._columns = root, spec, spec.all_columns
        self.by_recording = "recording" in named_parts(spec.files)
        whose = read_lookup(root, spec.entity, Form()) if isinstance(spec.entity, Lookup) else None
        self.files: dict[Key, list[Path]] = {}
        for match in without_others(_matching(root, spec.files), root, spec.files, others):
            self.files.setdefault(_key(match, whose, spec), []).append(match.path)
        self.keys = tuple(sorted(self.files))
        self._last: tuple[Key, Rows] | None = None

    def name(self, key: Key) -> str:
        """The first file of a recording, as messages call it."""
        paths = self.files.get(key)
        if paths is None:
            pattern = self.spec.files.replace("{entity}", key.entity)
            return pattern.replace("{recording}", key.recording) if key.recording else pattern
        return paths[0].relative_to(self.root).as_posix()

    def rows(self, key: Key) -> Rows | None:
        """Its rows, file after file; None without a file."""
        if key not in self.files:
            return None
        if self._last is None or self._last[0] != key:
            self._last = (key, _opened(self.root, self.files[key], self.spec.form, self._columns))
        return self._last[1]


class LongTables:
    """Tables of many entities, one or several files; large ones are sorted by entity into temporary files first."""

    def __init__(self, root: Path, spec: StreamSpec | TargetSpec, others: Collection[str] = ()) -> None:
        self.root, self.spec = root, spec
        matches = _matching(root, spec.files)
        # tables that are named by * alone may well be those of the target, too
        named = named_parts(spec.files)
        self.matches = without_others(matches, root, spec.files, others) if named else matches
        self.by_recording = spec.recording is not None or "recording" in named_parts(spec.files)
        self.files = tuple(match.path.relative_to(root).as_posix() for match in self.matches)

    @property
    def keys(self) -> tuple[Key, ...]:
        return self._parts.keys if self._parts else tuple(sorted(self._groups))

    @property
    def nameless(self) -> list[tuple[str, int]]:
        """Files and rows that name no entity."""
        rows = self._parts.nameless if self._parts else nameless_rows(self._whole[0].table, self._whole[1])
        return [(self.files[number], row) for number, row in rows]

    def name(self, key: Key) -> str:
        """The file of a recording, as messages call it."""
        return self.files[0] if len(self.files) == 1 else self.spec.files

    def rows(self, key: Key) -> Rows | None:
        """Its rows; None without any."""
        if self._parts:
            table = self._parts.rows(key)
            return None if table is None else Rows(table=table, files=self.files, form=self.spec.form)
        places = self._groups.get(key)
        return None if places is None else self._whole[0].select(places)

    @cached_property
    def _parts(self) -> Parts | None:
        """The tables in parts, if they are too large to be held; arrays of an NPZ file can only be read whole."""
        paths = [match.path for match in self.matches]
        if sum(not is_small(path, WHOLE_BELOW // len(paths), UNPACKED) for path in paths) == 0:
            return None
        for path in paths:
            self._check_columns(path, column_names(path, self.spec.form))
        return Parts(paths, self.spec.form, self._keys)

    @cached_property
    def _whole(self) -> tuple[Rows, Keys]:
        paths = [match.path for match in self.matches]
        rows = _opened(self.root, paths, self.spec.form, None)
        self._check_columns(paths[0], rows.names)
        return rows, self._keys(rows.table)

    @cached_property
    def _groups(self) -> Mapping[Key, np.ndarray]:
        """Places of the rows of each recording in tables that are held."""
        return self._whole[1].places()

    def _keys(self, table: pd.DataFrame) -> Keys:
        """Whose row each is."""
        recording, recordings = self._named(table, self.spec.recording, "recording")
        if isinstance(self.spec.entity, Lookup):
            whose = read_lookup(self.root, self.spec.entity, Form())
            names = [whose.get(name) for name in recordings]
            entities = list(dict.fromkeys(name for name in names if name is not None))
            known = np.array(
                [-1 if name is None else entities.index(name) for name in names] + [-1], np.int64
            )
            return Keys.paired(known[recording], entities, recording, recordings)
        entity, entities = self._named(table, self.spec.entity, "entity")
        return Keys.paired(entity, entities, recording, recordings)

    def _named(
        self, table: pd.DataFrame, column: str | Lookup | None, part: str
    ) -> tuple[np.ndarray, list[str]]:
        """Which of some names each row has, in a column or, without one, in the name of its file."""
        if isinstance(column, str):
            self._check_sure(table, column)
            return name_codes(table[column])
        said = [getattr(match, part) or "" for match in self.matches]
        names = list(dict.fromkeys(said))
        of_file = np.array([names.index(name) for name in said], dtype=np.int64)
        return of_file[table[FILE].to_numpy()], names

    def _check_sure(self, table: pd.DataFrame, column: str) -> None:
        """Refuse names that are large numbers and were rounded."""
        if (k := run_together(table[column])) is not None:
            raise InvalidInput(
                f"{self.root / self.files[int(table[FILE].iloc[k])]} must hold names in {column!r} as they "
                f"are; row {table[ROW].iloc[k]} has {str(table[column].iloc[k])!r}, a number that was rounded, so "
                "that several may be one. Export the column as text."
            )

    def _check_columns(self, path: Path, columns: Sequence[str]) -> None:
        for column, what in (
            (self.spec.entity, "says whose row it is"),
            (self.spec.recording, "tells recordings apart"),
        ):
            if isinstance(column, str) and column not in columns:
                raise InvalidInput(
                    f"{path} must have the column {column!r} that {what}; it has {list(columns)[:8]}."
                )


def has_files(root: Path, pattern: str) -> bool:
    """Whether any file matches a pattern."""
    try:
        return bool(_matching(root, pattern))
    except InvalidInput:
        return False


class NoTables:
    """What a stream has of which no file is there."""

    by_recording = False
    keys: Sequence[Key] = ()
    nameless: Sequence[tuple[str, int]] = ()

    def __init__(self, spec: StreamSpec | TargetSpec) -> None:
        self.spec = spec

    def name(self, key: Key) -> str:
        return self.spec.files

    def rows(self, key: Key) -> None:
        return None


def _matching(root: Path, pattern: str) -> list[Match]:
    if not named_parts(pattern) and "*" not in pattern:
        path = root / pattern
        if not path.is_file():
            raise InvalidInput(f"{path} must be a file; there is none.")
        return [Match(path, None, None)]
    matches = matching(root, pattern)
    if not matches:
        raise InvalidInput(f"files {pattern!r} must match at least one file in {root}; none does.")
    return matches


def _key(match: Match, whose: Mapping[str, str] | None, spec: StreamSpec | TargetSpec) -> Key:
    recording = match.recording or ""
    if whose is None:
        return Key(match.entity or "", recording)
    assert isinstance(spec.entity, Lookup)
    entity = whose.get(recording, whose.get(plain_number(recording)))
    if entity is None:
        raise InvalidInput(
            f"{spec.entity.file} must say whose recording {recording!r} is, in {spec.entity.recording!r}; it "
            "does not. Add a row, or take the file out of the folder."
        )
    return Key(entity, recording)


def plain_number(text: str) -> str:
    """A number without zeros in front, as spreadsheets write it."""
    return str(int(text)) if text.isdecimal() else text


def _opened(root: Path, paths: Sequence[Path], form: Form, columns: Sequence[str] | None) -> Rows:
    """Rows of some files, one after the other."""
    tables = [open_table(path, form, columns) for path in paths]
    frames = [table.rows.assign(**{FILE: number}) for number, table in enumerate(tables)]
    _check_alike(root, paths, tables)
    first = tables[0]
    whole = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
    files = tuple(path.relative_to(root).as_posix() for path in paths)
    return Rows(table=whole, files=files, form=form, units=first.units, rate_hz=first.rate_hz)


def _check_alike(root: Path, paths: Sequence[Path], tables: Sequence[Table]) -> None:
    """Refuse files of one pattern with other columns than the first."""
    first = set(tables[0].rows.columns)
    for path, table in zip(paths, tables, strict=True):
        if lacking := sorted(map(str, first ^ set(table.rows.columns))):
            raise InvalidInput(
                f"{path} must have the columns of {paths[0].relative_to(root)}, which is read with it; "
                f"{lacking[0]!r} is in one of them only. Say which files by a longer pattern."
            )
