"""The tables of a study, a file for each entity or one long table of all; never more than is needed."""

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from interplay.errors import InvalidInput
from interplay.study.partition import Parts
from interplay.study.table_files import ROW, UNREADABLE, check_header, damaged, entity_names, open_table

WHOLE_BELOW = 256 * 1024**2
"""Bytes up to which a long table is held in memory."""
UNPACKED = 8
"""Times that a compressed file is thought to grow when it is read."""


class EntityFiles:
    """A file for each entity, found by a pattern with {entity}; the one that was read last is kept."""

    nameless: tuple[int, ...] = ()

    def __init__(self, root: Path, pattern: str) -> None:
        self.root, self.pattern = root, pattern
        before, after = pattern.split("{entity}", 1)
        ends = re.escape(after).replace(re.escape("{entity}"), r"(?P=entity)").replace(r"\*", "[^/]*")
        form = re.compile(re.escape(before) + r"(?P<entity>[^/]+?)" + ends + "$")
        files = {}
        for path in sorted(root.glob(pattern.replace("{entity}", "*"))):
            if match := form.fullmatch(path.relative_to(root).as_posix()):
                files[match["entity"]] = path
        self.files: Mapping[str, Path] = files
        self._last: tuple[str, pd.DataFrame] | None = None
        if not files:
            raise InvalidInput(f"files {pattern!r} must match at least one file in {root}; none does.")

    @property
    def entities(self) -> tuple[str, ...]:
        return tuple(sorted(self.files))

    def name(self, entity: str) -> str:
        """The entity's file, as messages call it."""
        path = self.files.get(entity)
        return (
            self.pattern.replace("{entity}", entity)
            if path is None
            else path.relative_to(self.root).as_posix()
        )

    def rows(self, entity: str) -> pd.DataFrame | None:
        """Its table; None without a file."""
        if entity not in self.files:
            return None
        if self._last is None or self._last[0] != entity:
            self._last = (entity, open_table(self.files[entity]))
        return self._last[1]


class LongTable:
    """One table of all entities; a large one is sorted by entity into temporary files first."""

    def __init__(self, root: Path, file: str, column: str) -> None:
        self.path, self.file, self.column = root / file, file, column
        if not self.path.is_file():
            raise InvalidInput(f"{self.path} must be a file; there is none.")

    @property
    def entities(self) -> tuple[str, ...]:
        return self._parts.entities if self._parts else tuple(sorted(self._groups))

    @property
    def nameless(self) -> list[int]:
        """Rows of the file that name no entity."""
        if self._parts:
            return self._parts.nameless
        return self._whole.loc[entity_names(self._whole[self.column]).isna(), ROW].tolist()

    def name(self, entity: str) -> str:
        return self.file

    def rows(self, entity: str) -> pd.DataFrame | None:
        """Its rows; None without any."""
        if self._parts:
            return self._parts.rows(entity)
        places = self._groups.get(entity)
        return None if places is None else self._whole.iloc[places]

    @cached_property
    def _parts(self) -> Parts | None:
        """The table in parts, if it is too large to be held; arrays of an NPZ file can only be read whole."""
        size = self.path.stat().st_size
        packed = self.path.suffix in (".parquet", ".gz")
        if self.path.suffix == ".npz" or size * (UNPACKED if packed else 1) < WHOLE_BELOW:
            return None
        self._check_column(self._names())
        return Parts(self.path, self.column)

    @cached_property
    def _whole(self) -> pd.DataFrame:
        table = open_table(self.path)
        self._check_column([name for name in table.columns if name != ROW])
        return table

    @cached_property
    def _groups(self) -> Mapping[str, np.ndarray]:
        """Places of each entity's rows in a table that is held."""
        return self._whole.groupby(entity_names(self._whole[self.column]), sort=True).indices

    def _names(self) -> list[str]:
        try:
            return (
                pq.read_schema(self.path).names if self.path.suffix == ".parquet" else check_header(self.path)
            )
        except (*UNREADABLE, UnicodeDecodeError) as error:
            raise damaged(self.path, error) from error

    def _check_column(self, columns: list[str]) -> None:
        if self.column not in columns:
            raise InvalidInput(
                f"{self.path} must have the column {self.column!r} that says whose row it is; it has {columns[:8]}."
            )
