"""A long table too large for memory, sorted by entity on disk in two passes, so that each entity is one read."""

import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from interplay.files.scratch import Scratch
from interplay.study.formats.form import Form
from interplay.study.formats.opening import table_parts
from interplay.study.keys import Keys, nameless_rows
from interplay.study.patterns import Key
from interplay.study.rows import FILE

PART_BYTES = 64 * 1024**2
"""Bytes of the tables that one part holds, about."""


class Parts:
    """The rows of each recording, in temporary files that go when this object goes.

    Parameters
    ----------
    paths : files, of the same columns
    form : how they are written
    keys_of : rows -> whose they are

    Attributes
    ----------
    keys : sorted
    nameless : (number of the file, row) of rows without a key
    """

    def __init__(self, paths: Sequence[Path], form: Form, keys_of: Callable[[pd.DataFrame], Keys]) -> None:
        self._scratch = Scratch()
        self._place: dict[Key, tuple[Path, int]] = {}
        self.nameless: list[tuple[int, int]] = []
        n = 1 + sum(path.stat().st_size for path in paths) // PART_BYTES
        k = 0
        for number, path in enumerate(paths):
            for chunk in table_parts(path, form):
                rows = chunk.assign(**{FILE: number})
                self._scatter(rows, keys_of(rows), n, k)
                k += 1
        for part in sorted(self._scratch.path.iterdir()):
            self._gather(part, keys_of)
        self.keys = tuple(sorted(self._place))

    def rows(self, key: Key) -> pd.DataFrame | None:
        """Its rows, in the order of the files; None without any."""
        if key not in self._place:
            return None
        path, group = self._place[key]
        with pa.memory_map(str(path)) as file:
            return pa.ipc.open_file(file).get_batch(group).to_pandas()

    def _scatter(self, chunk: pd.DataFrame, keys: Keys, n: int, k: int) -> None:
        """Rows into a folder for each of n parts; all rows of an entity go into the same."""
        self.nameless += nameless_rows(chunk, keys)
        parts = [zlib.crc32(key.entity.encode()) % n for key in keys.names]
        part = np.array([*parts, -1], dtype=np.int64)[keys.code]
        for number in np.unique(part[part >= 0]):
            folder = self._scratch.path / f"{int(number):05d}"
            folder.mkdir(exist_ok=True)
            _write(folder / f"{k:06d}.arrow", [_arrow(chunk[part == number])])

    def _gather(self, part: Path, keys_of: Callable[[pd.DataFrame], Keys]) -> None:
        """One part as one file, in which every recording is a group of rows."""
        pieces = sorted(part.iterdir())
        table = pd.concat([_read(piece) for piece in pieces], ignore_index=True)
        for piece in pieces:
            piece.unlink()
        path, whole = part / "entities.arrow", _arrow(table)
        places = keys_of(table).places()
        _write(path, (whole.take(pa.array(rows)) for rows in places.values()))
        self._place |= {key: (path, k) for k, key in enumerate(places)}


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
