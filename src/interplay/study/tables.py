"""Opening tables: CSV, Parquet and NPZ, a file for each entity or one long table of all, never more than is needed."""

import gzip
import re
import tempfile
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from interplay.datasets.files import DAMAGE, open_npz
from interplay.errors import DamagedFile, InvalidInput

ROW = "__row__"
"""Row of the file as an editor counts it, with the header as row 1."""
WHOLE_BELOW = 256 * 1024**2
"""Bytes up to which a long text table is held in memory."""
UNREADABLE = (*DAMAGE, pd.errors.ParserError, pd.errors.EmptyDataError, pa.ArrowException)


def open_table(path: Path) -> pd.DataFrame:
    """All rows of a file, with their numbers in ROW; texts stay texts."""
    if not path.is_file():
        raise InvalidInput(f"{path} must be a file; there is none.")
    try:
        table = _opened(path)
    except UnicodeDecodeError as error:
        raise DamagedFile(
            f"{path} must be UTF-8 throughout; byte {error.start} is not. Save it again as UTF-8."
        ) from error
    except UNREADABLE as error:
        reason = " ".join(str(error).split())[:160]
        raise DamagedFile(f"{path} cannot be read to its end ({reason}). Copy or export it again.") from error
    table[ROW] = np.arange(len(table)) + 2
    return table


def _opened(path: Path) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as file:
            names = file.files
        arrays = open_npz(path, names)
        lengths = {name: array.shape for name, array in arrays.items() if array.ndim != 1}
        if lengths or len({len(array) for array in arrays.values()}) > 1:
            raise DamagedFile(
                f"{path} must hold arrays of one axis and equal lengths, one for each column; it does not."
            )
        return pd.DataFrame(arrays)
    table = pd.read_csv(path, low_memory=False, skipinitialspace=True, encoding="utf-8")
    if table.shape[1] == 1 and (found := re.search(r"[;\t|]", str(table.columns[0]))):
        raise DamagedFile(
            f"{path} must be separated by commas; its header has {found[0]!r}. Save it with commas."
        )
    return table


class EntityFiles:
    """A file for each entity, found by a pattern with {entity}."""

    def __init__(self, root: Path, pattern: str) -> None:
        self.root, self.pattern = root, pattern
        before, after = pattern.split("{entity}", 1)
        ends = re.escape(after).replace(re.escape("{entity}"), r"(?P=entity)").replace(r"\*", "[^/]*")
        form = re.compile(re.escape(before) + r"(?P<entity>[^/]+?)" + ends + "$")
        found = {}
        for path in sorted(root.glob(pattern.replace("{entity}", "*"))):
            if match := form.match(path.relative_to(root).as_posix()):
                found[match["entity"]] = path
        self.files: Mapping[str, Path] = found
        if not found:
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
        return open_table(self.files[entity]) if entity in self.files else None


class LongTable:
    """One table of all entities; a large one of text is turned into a temporary Parquet file first."""

    def __init__(self, root: Path, file: str, column: str) -> None:
        self.path, self.file, self.column = root / file, file, column
        if not self.path.is_file():
            raise InvalidInput(f"{self.path} must be a file; there is none.")

    @cached_property
    def _groups(self) -> Mapping[str, pd.DataFrame] | None:
        """Rows by entity, of a table that is small enough."""
        if self.path.stat().st_size >= WHOLE_BELOW:
            return None
        table = open_table(self.path)
        self._check_column(list(table.columns))
        return {str(name): rows for name, rows in table.groupby(table[self.column].map(_plain), sort=True)}

    @cached_property
    def _dataset(self) -> ds.Dataset:
        if self.path.suffix == ".parquet":
            return ds.dataset(self.path)
        self._kept = tempfile.TemporaryDirectory(prefix="interplay-")
        part = Path(self._kept.name) / "table.parquet"
        try:
            with pacsv.open_csv(self.path) as batches:
                _write_parquet(part, batches)
        except (pa.ArrowException, OSError, gzip.BadGzipFile) as error:
            reason = " ".join(str(error).split())[:160]
            raise DamagedFile(
                f"{self.path} cannot be read to its end ({reason}). Export it again."
            ) from error
        return ds.dataset(part)

    @cached_property
    def _values(self) -> Mapping[str, Any]:
        """Entity -> what stands in the column for it, of a table that is read in parts."""
        self._check_column(self._dataset.schema.names)
        batches = self._dataset.to_batches(columns=[self.column])
        values = {value for batch in batches for value in batch.column(0).unique().to_pylist()}
        return {str(_plain(value)): value for value in sorted(values - {None}, key=str)}

    @property
    def entities(self) -> tuple[str, ...]:
        return tuple(sorted(self._groups if self._groups is not None else self._values))

    def name(self, entity: str) -> str:
        return self.file

    def rows(self, entity: str) -> pd.DataFrame | None:
        """Its rows; None without any."""
        if self._groups is not None:
            return self._groups.get(entity)
        if entity not in self._values:
            return None
        some = self._dataset.to_table(filter=ds.field(self.column) == self._values[entity]).to_pandas()
        return some if ROW in some else some.assign(**{ROW: np.arange(len(some)) + 2})

    def _check_column(self, columns: list[str]) -> None:
        if self.column not in columns:
            raise InvalidInput(
                f"{self.path} must have the column {self.column!r} that says whose row it is; it has {columns[:8]}."
            )


def _plain(value: Any) -> str | None:
    """An entity's name: 7.0, as a column with gaps reads, is 7."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _write_parquet(path: Path, batches: Iterator[pa.RecordBatch]) -> None:
    writer, row = None, 2
    for batch in batches:
        numbers = pa.array(np.arange(row, row + len(batch)))
        table = pa.Table.from_batches([batch]).append_column(ROW, numbers)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
        row += len(batch)
    if writer is not None:
        writer.close()
