"""Opening one table, CSV, Parquet or NPZ; a damaged one gives one sentence, with its row where it has one."""

import csv
import gzip
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from interplay.datasets.formats.files import DAMAGE, in_one_line, open_npz
from interplay.errors import DamagedFile, InvalidInput

ROW = "__row__"
"""Row of the file as an editor counts it, with the header as row 1."""
UNREADABLE = (*DAMAGE, pd.errors.ParserError, pd.errors.EmptyDataError, pa.ArrowException)
OFFICE = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""First bytes of Excel files, new and old."""
PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")
TAIL = 1 << 16
CSV = {"skipinitialspace": True, "encoding": "utf-8"}
"""How CSV is read everywhere."""


def open_table(path: Path) -> pd.DataFrame:
    """All rows of a file, with their numbers in ROW; texts stay texts."""
    if not path.is_file():
        raise InvalidInput(f"{path} must be a file; there is none.")
    try:
        table = _opened(path)
    except (*UNREADABLE, UnicodeDecodeError) as error:
        raise damaged(path, error) from error
    table[ROW] = np.arange(len(table)) + 2
    return table


def entity_names(column: pd.Series) -> pd.Series:
    """Names of entities, missing where there is none: 7.0, as a column with gaps reads, is 7."""
    return column.map({value: _plain(value) for value in column.dropna().unique()})


def damaged(path: Path, error: Exception) -> DamagedFile:
    """What to say of a file that cannot be read."""
    if isinstance(error, UnicodeDecodeError):
        return DamagedFile(
            f"{path} must be UTF-8 throughout; row {_odd_row(path)} is not. Save it again as UTF-8."
        )
    return DamagedFile(f"{path} cannot be read to its end ({in_one_line(error)}). Copy or export it again.")


def check_header(path: Path) -> list[str]:
    """Names of a CSV file's columns, each there once, with commas in between."""
    with path.open("rb") as file:
        if path.suffix not in PACKED and file.read(4) in OFFICE:
            raise DamagedFile(
                f"{path} must be CSV, Parquet or NPZ; it is an Excel or ZIP file. Save it as CSV."
            )
    names = [str(name) for name in pd.read_csv(path, header=None, nrows=1, dtype=str, **CSV).iloc[0]]
    if len(names) == 1 and (separator := re.search(r"[;\t|]", names[0])):
        raise DamagedFile(
            f"{path} must be separated by commas; its header has {separator[0]!r}. Save it with commas."
        )
    twice = [name for name in dict.fromkeys(names) if name != "nan" and names.count(name) > 1]
    if twice:
        raise DamagedFile(
            f"{path} must name each column once; row 1 has {twice[0]!r} twice. Rename one of them."
        )
    return names


def check_cells(path: Path, table: pd.DataFrame, names: list[str]) -> None:
    """Rows with more cells than the header are cut wrongly, as those of numbers with decimal commas are."""
    if not isinstance(table.index, pd.RangeIndex):
        cells = len(names) + table.index.nlevels
        raise DamagedFile(
            f"{path} must have a name for each cell of a row; row 2 has {cells} cells, the header {len(names)} names. "
            "Write decimals with a point."
        )


def check_end(path: Path, names: list[str]) -> None:
    """A last row without its end and with fewer cells than the header was cut off."""
    if path.suffix in PACKED:
        return  # an archive that was cut cannot be unpacked
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL))
        last = file.read().rsplit(b"\n", 1)[-1].decode("utf-8", "replace")
    cells = len(next(csv.reader([last]), []))
    if last and cells < len(names):
        raise DamagedFile(
            f"{path} is cut off: its last row has {cells} of {len(names)} cells. Copy or export it again."
        )


def _plain(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _opened(path: Path) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    if path.suffix == ".npz":
        return _npz(path)
    names = check_header(path)
    table = pd.read_csv(path, low_memory=False, **CSV)
    check_cells(path, table, names)
    check_end(path, names)
    return table


def _npz(path: Path) -> pd.DataFrame:
    with zipfile.ZipFile(path) as file:
        names = [name.removesuffix(".npy") for name in file.namelist()]
    arrays = open_npz(path, names)
    lengths = {name: array.shape for name, array in arrays.items() if array.ndim != 1}
    if lengths or len({len(array) for array in arrays.values()}) > 1:
        raise DamagedFile(
            f"{path} must hold arrays of one axis and equal lengths, one for each column; it does not."
        )
    return pd.DataFrame(arrays)


def _odd_row(path: Path) -> int:
    """The first row that is not UTF-8."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        for row, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return row
    return 1
