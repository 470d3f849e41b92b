"""Parquet files read within bounds: a few of their bytes may stand for a million equal rows."""

from collections.abc import Collection, Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from interplay.files.unpacked import check_unpacked

CELLS = 2_000_000
"""Cells that are read at a time."""
NUMBER = 8
"""Bytes of a number in memory, at most."""


def parquet_bytes(path: Path) -> int:
    """What the columns of a file take in memory, texts as if each were a number."""
    about = pq.read_metadata(path)
    groups = range(about.num_row_groups)
    return sum(
        about.row_group(g).column(k).num_values * max(NUMBER, about.schema.column(k).length or 0)
        for g in groups
        for k in range(about.num_columns)
    )


def parquet_parts(path: Path) -> Iterator[pd.DataFrame]:
    """Rows of a file, some at a time.

    Raises
    ------
    DamagedFile
        If it stands for far more than its bytes hold.
    OSError, ValueError, pyarrow.ArrowException
        Whatever pyarrow says of a damaged file.
    """
    numbers = parquet_bytes(path)
    check_unpacked(path, numbers)
    names, texts = _texts(path), 0
    # a text of a dictionary is held once until it is known how often it stands there
    with pq.ParquetFile(path, read_dictionary=names) as file:
        for batch in file.iter_batches(batch_size=max(1, CELLS // max(1, file.metadata.num_columns))):
            texts += sum(map(_text_bytes, batch.columns))
            check_unpacked(path, numbers + texts)
            columns = [
                _spelled(column) if name in names else column
                for name, column in zip(batch.schema.names, batch.columns, strict=True)
            ]
            table = pa.table(columns, names=batch.schema.names)
            yield table.to_pandas(ignore_metadata=True, integer_object_nulls=True)


def read_parquet(path: Path) -> pd.DataFrame:
    """All of a file."""
    parts = list(parquet_parts(path))
    if parts:
        return pd.concat(parts, ignore_index=True)
    return pq.read_schema(path).empty_table().to_pandas(ignore_metadata=True)


def _spelled(texts: pa.DictionaryArray) -> pa.Array:
    """Each text in its own place; together they may be more than small offsets reach."""
    binary = pa.types.is_binary(texts.type.value_type)
    return texts.cast(pa.large_binary() if binary else pa.large_string())


def _texts(path: Path) -> Collection[str]:
    """Paths of columns of texts."""
    schema = pq.read_metadata(path).schema
    return [
        schema.column(k).path for k in range(len(schema)) if schema.column(k).physical_type == "BYTE_ARRAY"
    ]


def _text_bytes(values: pa.Array) -> int:
    """Bytes of the texts in a column, as many times as they stand there."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        lengths = pc.call_function("binary_length", [values.dictionary])
        return pc.call_function("sum", [lengths.take(values.indices)]).as_py() or 0
    if pa.types.is_map(kind):
        return _text_bytes(values.keys) + _text_bytes(values.items)
    if pa.types.is_nested(kind):
        inner = values.flatten()
        return sum(map(_text_bytes, inner if isinstance(inner, list) else [inner]))
    return 0
