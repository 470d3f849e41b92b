"""Tables whose columns have types of their own: Parquet and NPZ."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from interplay.datasets.formats.files import DAMAGE, in_one_line, open_npz
from interplay.errors import DamagedFile
from interplay.files import parquet
from interplay.study.formats.delimited import ROW
from interplay.study.formats.table import check_width

NESTED = (np.ndarray, list, dict, tuple)
"""Cells that hold several values."""
UNREADABLE = (*DAMAGE, pa.ArrowException, ValueError, TypeError, KeyError, OverflowError)


def parquet_parts(path: Path) -> Iterator[pd.DataFrame]:
    """Rows of a Parquet file, some at a time; an index that pandas wrote is a column as any other."""
    row = 2
    try:
        check_width(path, pq.read_metadata(path).num_columns)
        for table in parquet.parquet_parts(path):
            yield _plain(table).assign(**{ROW: np.arange(row, row + len(table))})
            row += len(table)
    except DamagedFile:
        raise
    except UNREADABLE as error:
        raise _unreadable(path, error) from error


def parquet_bytes(path: Path) -> int:
    """What the columns of a Parquet file take in memory, about: a million equal numbers are a few bytes in it."""
    try:
        return parquet.parquet_bytes(path)
    except UNREADABLE as error:
        raise _unreadable(path, error) from error


def parquet_names(path: Path) -> list[str]:
    """Names of the columns of a Parquet file."""
    try:
        return pq.read_schema(path).names
    except UNREADABLE as error:
        raise _unreadable(path, error) from error


def npz_parts(path: Path) -> Iterator[pd.DataFrame]:
    """The one table of an NPZ file, an array for each column."""
    try:
        with zipfile.ZipFile(path) as file:
            names = [name.removesuffix(".npy") for name in file.namelist()]
        arrays = open_npz(path, names)
        odd = any(array.ndim != 1 for array in arrays.values()) or len({len(a) for a in arrays.values()}) > 1
    except DamagedFile:
        raise
    except UNREADABLE as error:
        raise _unreadable(path, error) from error
    if odd or not arrays:
        raise DamagedFile(
            f"{path} must hold arrays of one axis and equal lengths, one for each column; it does not."
        )
    table = pd.DataFrame({name: _native(array) for name, array in arrays.items()})
    yield table.assign(**{ROW: np.arange(len(table)) + 2})


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Categories as what they stand for, lists and groups as texts, and names as texts."""
    table.columns = [str(name) for name in table.columns]
    changed = {}
    for name in table.columns:
        column = table[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            changed[name] = column.astype(column.cat.categories.dtype)
        elif column.dtype == object and isinstance(next(iter(column.dropna()), None), NESTED):
            changed[name] = column.map(str, na_action="ignore")
    return table.assign(**changed)


def _native(array: np.ndarray) -> np.ndarray:
    """In the byte order of this machine; bytes as text."""
    if array.dtype.kind == "S":
        return np.char.decode(array, "utf-8", "replace")
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _unreadable(path: Path, error: Exception) -> DamagedFile:
    return DamagedFile(f"{path} cannot be read to its end ({in_one_line(error)}). Copy or export it again.")
