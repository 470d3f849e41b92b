"""A long table too large for memory, sorted by entity on disk in two passes, so that each entity is one read."""

import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from interplay.study.table_files import (
    CSV,
    ROW,
    UNREADABLE,
    check_cells,
    check_end,
    check_header,
    damaged,
    entity_names,
)

CELLS = 2_000_000
"""Cells that are read at a time."""
PART_BYTES = 64 * 1024**2
"""Bytes of the table that one part holds, about."""


class Parts:
    """The rows of each entity, in temporary files that go when this object goes.

    Parameters
    ----------
    path : Path
        CSV or Parquet.
    column : str
        That says whose row it is.

    Attributes
    ----------
    entities : names, sorted
    nameless : rows of the file without an entity
    """

    def __init__(self, path: Path, column: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="interplay-")
        self._place: dict[str, tuple[Path, int]] = {}
        self.nameless: list[int] = []
        n = 1 + path.stat().st_size // PART_BYTES
        try:
            for k, chunk in enumerate(_numbered(path)):
                self._scatter(chunk, entity_names(chunk[column]), n, k)
        except (*UNREADABLE, UnicodeDecodeError) as error:
            raise damaged(path, error) from error
        for part in sorted(Path(self._folder.name).iterdir()):
            self._gather(part, column)
        self.entities = tuple(sorted(self._place))

    def rows(self, entity: str) -> pd.DataFrame | None:
        """Its rows, in the order of the file; None without any."""
        if entity not in self._place:
            return None
        path, group = self._place[entity]
        with pa.memory_map(str(path)) as file:
            return pa.ipc.open_file(file).get_batch(group).to_pandas()

    def _scatter(self, chunk: pd.DataFrame, names: pd.Series, n: int, k: int) -> None:
        """Rows into a folder for each of n parts; all rows of an entity go into the same."""
        self.nameless += chunk.loc[names.isna(), ROW].tolist()
        part = names.map({name: zlib.crc32(name.encode()) % n for name in names.dropna().unique()})
        for number, rows in chunk.groupby(part):
            folder = Path(self._folder.name) / f"{int(number):05d}"
            folder.mkdir(exist_ok=True)
            _write(folder / f"{k:06d}.arrow", [_arrow(rows)])

    def _gather(self, part: Path, column: str) -> None:
        """One part as one file, in which every entity is a group of rows."""
        pieces = sorted(part.iterdir())
        table = pd.concat([_read(piece) for piece in pieces], ignore_index=True)
        for piece in pieces:
            piece.unlink()
        path, groups = part / "entities.arrow", table.groupby(entity_names(table[column]), sort=True)
        whole = _arrow(table)
        places = groups.indices
        _write(path, (whole.take(pa.array(rows)) for rows in places.values()))
        self._place |= {str(name): (path, k) for k, name in enumerate(places)}


def _write(path: Path, tables: Iterable[pa.Table]) -> None:
    """Tables of one schema, each as one batch."""
    writer = None
    with path.open("wb") as file:
        for table in tables:
            writer = writer or pa.ipc.new_file(file, table.schema)
            writer.write_batch(table.combine_chunks().to_batches()[0])
        if writer is not None:
            writer.close()


def _read(path: Path) -> pd.DataFrame:
    with pa.memory_map(str(path)) as file:
        return pa.ipc.open_file(file).read_pandas()


def _arrow(table: pd.DataFrame) -> pa.Table:
    """The same, its columns of several types as texts."""
    mixed = [name for name in table.columns if table[name].dtype == object]
    texts = {name: table[name].where(table[name].isna(), table[name].astype(str)) for name in mixed}
    return pa.Table.from_pandas(table.assign(**texts), preserve_index=False)


def _numbered(path: Path) -> Iterator[pd.DataFrame]:
    """The table some rows at a time, with their numbers in ROW."""
    row = 2
    for chunk in _of_parquet(path) if path.suffix == ".parquet" else _of_csv(path):
        yield chunk.assign(**{ROW: np.arange(row, row + len(chunk))})
        row += len(chunk)


def _of_parquet(path: Path) -> Iterator[pd.DataFrame]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=max(1, CELLS // file.metadata.num_columns)):
            yield batch.to_pandas()


def _of_csv(path: Path) -> Iterator[pd.DataFrame]:
    names = check_header(path)
    check_end(path, names)
    with pd.read_csv(path, low_memory=False, chunksize=max(1, CELLS // len(names)), **CSV) as chunks:
        for k, chunk in enumerate(chunks):
            if k == 0:
                check_cells(path, chunk, names)
            yield chunk.reset_index(drop=True)
