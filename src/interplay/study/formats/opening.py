"""The one opener of a study's files: for reading, checking and guessing alike."""

from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from interplay.errors import InvalidInput
from interplay.files.unpacked import PACKED
from interplay.study.formats.arrays import npz_parts, parquet_bytes, parquet_names, parquet_parts
from interplay.study.formats.delimited import ROW, Delimited
from interplay.study.formats.devices import LAYOUTS
from interplay.study.formats.form import Form
from interplay.study.formats.phones import apple_health, fitbit_json
from interplay.study.formats.table import Table
from interplay.study.formats.waveforms import EDF, is_wfdb, open_edf, open_wfdb

__all__ = ["ROW", "column_names", "open_table", "table_parts"]


def open_table(path: Path, form: Form | None = None, columns: Collection[str] | None = None) -> Table:
    """All of a file.

    Parameters
    ----------
    path : Path
        Its ending says what it is: .parquet, .npz, .edf and .bdf, .hea and what lies beside it, .xml of Apple Health,
        .json of Fitbit. All else is delimited text.
    form : Form, optional
        How a text is written.
    columns : names, optional
        What is asked for, of files whose columns may have several rates.

    Raises
    ------
    InvalidInput, DamagedFile
        One sentence that names the cause, with its row where it has one.
    """
    path = _there(path)
    if path.suffix.lower() in EDF:
        return open_edf(path, columns)
    if is_wfdb(path):
        return open_wfdb(path)
    if path.suffix == ".xml":
        return Table(rows=apple_health(path))
    if path.suffix == ".json":
        return Table(rows=fitbit_json(path))
    parts, units, rate_hz = _parts(path, form or Form())
    return Table(rows=_joined(list(parts)), units=units, rate_hz=rate_hz)


def table_parts(path: Path, form: Form | None = None) -> Iterator[pd.DataFrame]:
    """Rows of a file, some hundred thousand at a time."""
    path = _there(path)
    whole = path.suffix.lower() in (*EDF, ".xml", ".json") or is_wfdb(path)
    if whole:
        yield open_table(path, form).rows
    else:
        yield from _parts(path, form or Form())[0]


def column_names(path: Path, form: Form | None = None) -> list[str]:
    """Names of the columns of a file; of a large one without reading all of it."""
    if _there(path).suffix == ".parquet":
        return parquet_names(path)
    first = next(table_parts(path, form), pd.DataFrame())
    return [str(name) for name in first.columns if name != ROW]


def is_small(path: Path, below: int, packed: int) -> bool:
    """Whether a file is small enough to be held; compressed texts grow `packed` times."""
    if path.suffix == ".parquet":
        return parquet_bytes(path) < below
    return path.suffix == ".npz" or path.stat().st_size * (packed if path.suffix in PACKED else 1) < below


def _there(path: Path) -> Path:
    if not path.is_file():
        raise InvalidInput(f"{path} must be a file; there is none.")
    return path


def _parts(path: Path, form: Form) -> tuple[Iterator[pd.DataFrame], dict[str, str], float | None]:
    if path.suffix == ".parquet":
        return parquet_parts(path), {}, None
    if path.suffix == ".npz":
        return npz_parts(path), {}, None
    if form.preset not in LAYOUTS:
        text = Delimited(path, form)
        return text.parts(), text.units, None
    layout = LAYOUTS[form.preset](path, form)
    text = Delimited(path, layout.form)
    parts = (layout.finish(part, ROW) for part in text.parts())
    return parts, dict(layout.units) | text.units, layout.rate_hz


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    if not parts:
        return pd.DataFrame({ROW: np.zeros(0, dtype=np.int64)})
    return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)
