"""Large CSV tables read part by part, with only the columns and rows that are needed."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from interplay.datasets.formats.files import DAMAGE, in_one_line
from interplay.errors import DamagedFile, InvalidInput
from interplay.files.unpacked import opened

ID, NUMBER, TEXT, TIME = pa.int64(), pa.float64(), pa.string(), pa.timestamp("s")
PART_BYTES = 1 << 25


def find_table(folder: Path, name: str) -> Path | None:
    """The file of a table, in lower or upper case, compressed or not; None if there is none."""
    names = [case + ending for case in (name, name.upper()) for ending in (".csv", ".csv.gz")]
    return next((folder / file for file in names if (folder / file).is_file()), None)


def csv_parts(
    folder: Path,
    name: str,
    columns: Mapping[str, pa.DataType],
    only: Mapping[str, Collection[int]] | None = None,
) -> Iterator[pd.DataFrame]:
    """Parts of a table, one after the other, so that a table of any size fits.

    Parameters
    ----------
    folder : Path
    name : str
        Of the file in lower case, without ending.
    columns : name in lower case -> type
        Other columns are not read. Upper case in the file is the same.
    only : column -> collection of ids, optional
        Rows with other ids are left out.

    Raises
    ------
    InvalidInput
        If there is no such file.
    DamagedFile
        If a column is missing, or the file cannot be read to its end.
    """
    path = find_table(folder, name)
    if path is None:
        raise InvalidInput(f"{name}.csv or {name}.csv.gz must lie in {folder}; neither does.")
    try:
        for batch in _batches(path, columns):
            table = pa.Table.from_batches([batch]).rename_columns([n.lower() for n in batch.schema.names])
            for column, ids in (only or {}).items():
                table = table.filter(pc.field(column).isin([int(k) for k in ids]))
            if len(table):
                yield table.to_pandas()
    except DamagedFile:
        raise
    except (
        *DAMAGE,
        pa.ArrowInvalid,
        UnicodeDecodeError,
        pd.errors.ParserError,
        pd.errors.EmptyDataError,
    ) as error:
        raise DamagedFile(
            f"{path} cannot be read to its end ({in_one_line(error)}). Copy or download it again."
        ) from error


def read_csv(folder: Path, name: str, columns: Mapping[str, pa.DataType]) -> pd.DataFrame:
    """All rows of a table that fits into memory."""
    parts = list(csv_parts(folder, name, columns))
    if not parts:
        raise DamagedFile(f"{find_table(folder, name)} must have rows; it has none.")
    return pd.concat(parts, ignore_index=True)


def _batches(path: Path, columns: Mapping[str, pa.DataType]) -> Iterator[pa.RecordBatch]:
    with opened(path) as file:
        spelled = {str(column).lower(): str(column) for column in pd.read_csv(file, nrows=0).columns}
    missing = [column for column in columns if column not in spelled]
    if missing:
        raise DamagedFile(
            f"{path} must have the column {missing[0]!r}; it has {list(spelled)[:8]}. Is it separated by commas?"
        )
    with opened(path) as file:
        yield from csv.open_csv(
            file,
            read_options=csv.ReadOptions(block_size=PART_BYTES),
            parse_options=csv.ParseOptions(newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                include_columns=[spelled[column] for column in columns],
                column_types={spelled[column]: kind for column, kind in columns.items()},
            ),
        )
